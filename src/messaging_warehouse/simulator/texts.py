"""Short sentences that people write, in a few variants; every text is JSON already, quotes and all."""

from __future__ import annotations

import json
from collections.abc import Sequence

from messaging_warehouse.simulator.distributions import Chance

# A hash sign becomes an order number.
_NUMBER = "#"


def _as_json(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(json.dumps(text, ensure_ascii=False) for text in texts)


_OPENINGS = {
    "delivery": (
        "Hi, where is order #?",
        "My parcel should have come yesterday, order #.",
        "Tracking has not moved for three days. Order #.",
        "Can you send order # to another address?",
    ),
    "damaged": (
        "Order # arrived broken 😞",
        "Two bags in order # are torn.",
        "You sent the wrong thing, order #. 😡",
        "A part is missing in order #.",
    ),
    "refund": (
        "When do I get the money back for order #?",
        "I sent order # back two weeks ago. Where is my refund? 😠",
        "I'd like to return order #.",
    ),
    "invoice": (
        "I need an invoice for order #.",
        "I was charged twice for order # 😟",
        "Could you put our VAT number on the invoice of order #?",
    ),
    "repair": (
        "The machine shows error #.",
        "It leaks again. Serial number #.",
        "The grinder makes a terrible noise 😣",
    ),
    "subscription": (
        "Please pause subscription # for a month.",
        "How do I change my plan?",
        "I want to cancel subscription #.",
    ),
    "product": (
        "Does it work with hard water?",
        "Which beans would you take for espresso? ☕",
        "Is the large one back in stock?",
    ),
    "gift-cards": ("My voucher # is not accepted.", "Can I use two gift cards at once? 🎁"),
    "account": ("I cannot log in.", "How do I change my e-mail address?", "I never got the reset link 🤔"),
}
_OTHER_OPENINGS = ("Hi, I have a question about #.", "Hello, can you help me with #?", "Good morning! A question 🙂")

OPENINGS = {topic_id: _as_json(texts) for topic_id, texts in _OPENINGS.items()}
OTHER_OPENINGS = _as_json(_OTHER_OPENINGS)
MORE = _as_json(
    (
        "My customer number is #.",
        "I could not find it on your website.",
        "And it is urgent, please.",
        "I can send a photo.",
        "Same as last time 🙄",
        'Your page only says "contact us".',
    )
)
CUSTOMER_ANSWERS = _as_json(
    (
        "Yes.",
        "No, the other one.",
        "It is #.",
        "Yes, since Monday.",
        "I did, and it still does not work 😕",
        "OK, let me check.",
        "The address is right.",
        "Both, please.",
        "Here it is.",
        "👍",
    )
)
NUDGES = _as_json(("Hello?", "Is anybody there? 😒", "Still waiting…", "Any news?", "?"))
THANKS = _as_json(
    ("Thank you! ❤️", "Great, thanks 👍", "Perfect, that worked 🎉", "Thanks.", "OK, thank you 🙏", "Well. Thanks 😐")
)
BACK_AGAIN = _as_json(
    ("It happened again 😡", "One more question:", "Sorry, me again. Still not solved 😞", "Something else: number #?")
)
OUTREACH_ANSWERS = _as_json(
    ("Yes, please!", "Oh, thanks for telling me 🙂", "No, what is this about?", "Could you say more, please?")
)

_QUESTIONS = {
    "delivery": ("Let me see. Is the address still the same?", "Was anybody at home on Tuesday?"),
    "damaged": ("I'm sorry! Could you send a photo, please? 📷", "Would you like a new one, or the money back?"),
    "refund": ("Did you pay by card?", "Do you still have the receipt of the return?"),
    "invoice": ("To which e-mail address did we send it?", "Which of the two payments do you mean?"),
    "repair": ("Did you try switching it off and on?", "Since when does it do that?", "Could you send a photo? 📷"),
    "subscription": ("From which day on?", "Shall the next delivery still come?"),
    "product": ("Which one do you have now?", "How many cups a day would that be?"),
    "account": ("Which e-mail address do you log in with?", "Do you see an error message?"),
}
_ANSWERS = {
    "delivery": (
        "It should reach you tomorrow 🚚",
        "It was held up; a new one leaves today 📦",
        "I have changed the address.",
    ),
    "damaged": ("Sorry! A new one leaves our warehouse today 📦", "Keep it, please; the money is on its way back."),
    "refund": ("The money is on its way, it takes 3 to 5 days.", "It was paid out today. Sorry for the wait!"),
    "invoice": ("The invoice is in your inbox now.", "That was our mistake; the second payment is cancelled."),
    "repair": ("Please send it in; the label is in your inbox.", "Rinse it twice, then it works again 🙂"),
    "subscription": ("I have changed that for you.", "It is paused until the end of next month."),
    "product": ("Yes, it does.", "I'd take the dark roast ☕", "It is back in stock next week."),
    "account": ("I have sent you a new link.", "Your address is changed; please log in again 🙂"),
}
QUESTIONS = {topic_id: _as_json(texts) for topic_id, texts in _QUESTIONS.items()}
ANSWERS = {topic_id: _as_json(texts) for topic_id, texts in _ANSWERS.items()}
OTHER_QUESTIONS = _as_json(("Could you tell me the number, please?", "Let me look that up. Which of the two is it?"))
OTHER_ANSWERS = _as_json(("I have changed that for you.", "Found it, and it is corrected. Sorry!"))
AGENT_ADDITIONS = _as_json(
    ("One moment…", "The reference is #.", "You will get an e-mail as well.", "Sorry for the trouble.")
)
AGENT_GOODBYES = _as_json(("You're welcome! 🙂", "Have a good day!", "Happy to help 👋"))
AGENT_CHECKS = _as_json(("Are you still there?", "Can I do anything else for you?"))
AGENT_OUTREACH = _as_json(
    (
        "Hello, about your order #: one item is delayed. Would you like to wait?",
        "Hi, your repair # is finished. When would you like it back?",
        "Following up on #: does everything work now?",
    )
)
AGENT_FOLLOW_UPS = _as_json(("I have news about #: it is settled now.", "I forgot to mention: reference #."))
BOT_QUESTIONS = _as_json(
    (
        "Hi, I'm the assistant 🤖 Is it about an order?",
        "Could you give me the order number?",
        "Which of these fits best?",
    )
)
BOT_ANSWERS = _as_json(
    ("Order # is on its way.", "You'll find that under Settings › Plan.", "This page explains it step by step.")
)
BOT_HANDOFFS = _as_json(("I'm connecting you with a colleague.", "One moment, a human takes over."))
CAMPAIGNS = _as_json(
    (
        "Your order # has been sent 📦",
        "Your subscription # renews next week.",
        "Payment # failed; please check your card.",
    )
)

RESOLVE_REASONS = ("solved", "solved", "answered")
DECLINE_REASONS = ("busy", "wrong_team", "conflict")
FAILURE_CODES = ("30003", "30005", "30007", "30008", "131026")

_COMMENTS = {
    True: _as_json(("Quick and friendly 👍", "Great help ❤️", "All good", "Solved at once 🎉")),
    False: _as_json(("Took far too long 😡", "Not solved.", "I had to ask three times 👎", "Meh 😕")),
}


def fill_in(text: str, chance: Chance) -> str:
    """Put a number where the text has room for one."""
    return text.replace(_NUMBER, str(chance.between(10_000, 99_999))) if _NUMBER in text else text


def written(texts: Sequence[str], chance: Chance) -> str:
    """Return one of the variants, filled in."""
    return fill_in(chance.one_of(texts), chance)


def opening(topic_id: str, chance: Chance) -> str:
    """Return how a customer begins about a topic."""
    return written(OPENINGS.get(topic_id, OTHER_OPENINGS), chance)


def question(topic_id: str, chance: Chance) -> str:
    """Return what an agent asks back."""
    return written(QUESTIONS.get(topic_id, OTHER_QUESTIONS), chance)


def answer(topic_id: str, chance: Chance) -> str:
    """Return what settles a matter."""
    return written(ANSWERS.get(topic_id, OTHER_ANSWERS), chance)


def survey_comment(score: int, chance: Chance) -> str:
    """Return what a customer adds to a score of one to five."""
    return chance.one_of(_COMMENTS[score >= 4])
