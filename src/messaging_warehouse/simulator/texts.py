"""Short sentences that people write, in a few variants.

A `#` becomes the number that the matter has (of the order, the machine, the subscription …), the same whoever writes
it; a `~` becomes a number of its own. A question is told with the answers that fit it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from messaging_warehouse.simulator.distributions import Chance

Question = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Matter:
    """How customers begin about something, and what settles it."""

    openings: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """What is said about one topic: its matters, what agents ask, and how the bot makes sure what it is about."""

    matters: tuple[Matter, ...]
    questions: tuple[Question, ...]
    bot_answer: str
    thing: str
    is_about_an_order: bool = False


SUBJECTS = {
    "delivery": Subject(
        (
            Matter(
                (
                    "Hi, where is order #?",
                    "My parcel should have come yesterday, order #.",
                    "Tracking has not moved for three days. Order #.",
                    "Where is my parcel?",
                ),
                ("It should reach you tomorrow 🚚", "It was held up; a new one leaves today 📦"),
            ),
            Matter(
                ("Can you send order # to another address?", "I moved. Can my parcel still go to the new address?"),
                ("I have changed the address.", "Done, it goes to the new address 🚚"),
            ),
        ),
        (
            ("To which postcode shall it go?", ("LS6 2QB.", "EH9 1AB, please.", "To BS8 4RT.")),
            ("Will anybody be at home on Friday?", ("Yes, all day.", "No, only after five.")),
            ("May it be left with a neighbour?", ("Yes, that's fine.", "Please not 😕")),
        ),
        "Order # is on its way.",
        "a delivery",
        is_about_an_order=True,
    ),
    "damaged": Subject(
        (
            Matter(
                ("Order # arrived broken 😞", "Two bags in order # are torn.", "My parcel arrived damaged 😟"),
                ("Sorry! A new one leaves our warehouse today 📦", "Keep it, please; you get your money back."),
            ),
            Matter(
                ("You sent the wrong thing, order #. 😡", "A part is missing in order #."),
                ("I'm sorry! The right one leaves today 📦", "What was missing is on its way 🚚"),
            ),
        ),
        (
            ("I'm sorry! Could you send a photo, please? 📷", ("Here it is.", "Here, as it came.")),
            ("Would you like a new one, or the money back?", ("A new one, please.", "The money, please.")),
            ("Was the box damaged as well?", ("Yes, badly.", "No, it looked fine.")),
        ),
        "A new one for order # is on its way.",
        "something that arrived damaged",
        is_about_an_order=True,
    ),
    "refund": Subject(
        (
            Matter(
                (
                    "When do I get the money back for order #?",
                    "I sent order # back two weeks ago. Where is my refund? 😠",
                    "I am still waiting for my refund.",
                ),
                ("The money is on its way, it takes 3 to 5 days.", "It was paid out today. Sorry for the wait!"),
            ),
            Matter(
                ("I'd like to return order #.", "How can I send my order back?"),
                ("The return label is in your inbox.", "Please post it; the money follows within a week."),
            ),
        ),
        (
            ("Did you pay by card?", ("Yes, by card.", "No, by bank transfer.", "No, with PayPal.")),
            ("Is everything still in its box?", ("Yes, it is.", "All but one bag.")),
            ("Do you have the receipt of the post office?", ("Yes, I kept it.", "No, I lost it 😕")),
        ),
        "The refund for order # takes 3 to 5 days.",
        "a refund",
        is_about_an_order=True,
    ),
    "invoice": Subject(
        (
            Matter(
                ("I need an invoice for order #.", "Could you put our VAT number on the invoice of order #?"),
                ("The invoice is in your inbox now.", "I have sent you a new invoice."),
            ),
            Matter(
                ("I was charged twice for order # 😟", "Why was I charged twice?"),
                ("That was our mistake; one payment is cancelled.", "One of them was only reserved; it is released."),
            ),
        ),
        (
            ("Is it a company's account?", ("Yes, it is.", "No, my own.")),
            ("Did you pay by card?", ("Yes, by card.", "No, by direct debit.")),
            ("To which e-mail address shall I write?", ("The one of my account.", "billing@shop.example, please.")),
        ),
        "The invoice of order # is in your inbox.",
        "an invoice or a payment",
        is_about_an_order=True,
    ),
    "repair": Subject(
        (
            Matter(
                ("The machine shows error 17.", "It leaks again. Serial number #.", "The machine stays cold 🥶"),
                ("Please send it in; the label is in your inbox.", "A new part is on its way to you 📦"),
            ),
            Matter(
                ("The grinder makes a terrible noise 😣", "The pump of machine # is so loud."),
                ("That is a loose part; we will repair it.", "Clean it once, then it is quiet again 🙂"),
            ),
        ),
        (
            ("Did you try switching it off and on?", ("Yes, no change.", "I did, and it is no better 😕")),
            ("Since when does it do that?", ("Since Monday.", "For a week now.")),
            ("Could you send a photo of the label? 📷", ("Here it is.", "Here, I hope one can read it.")),
        ),
        "This page explains it step by step.",
        "a machine",
    ),
    "subscription": Subject(
        (
            Matter(
                ("Please pause subscription # for a month.", "Can I pause my plan while I am away?"),
                ("It is paused until the end of next month.", "Done, it is paused. Have a good time!"),
            ),
            Matter(
                ("How do I change my plan?", "I'd like a smaller plan than #."),
                ("I have changed the plan for you.", "Done, the new plan holds from the next delivery."),
            ),
            Matter(
                ("I want to cancel subscription #.", "How do I cancel?"),
                ("It is cancelled. Thank you for your time with us!", "Done, I have cancelled it."),
            ),
        ),
        (
            ("From which day on?", ("From the first.", "From next Monday, please.")),
            ("Shall the next delivery still come?", ("Yes, please.", "No, not that one either.")),
            ("May I ask why?", ("We drink less coffee now.", "I am away a lot.")),
        ),
        "You'll find that under Settings › Plan.",
        "your subscription",
    ),
    "product": Subject(
        (
            Matter(
                ("Does the machine work with hard water?", "Does the grinder fit below a shelf?"), ("Yes, it does.",)
            ),
            Matter(
                ("Which beans would you take for espresso? ☕", "What would you take for filter coffee?"),
                ("I'd take the dark roast ☕", "The house blend, freshly ground."),
            ),
            Matter(
                ("Is the large machine back in stock?", "When will the decaf be back?"),
                ("It is back in stock next week.", "From Monday on 🙂"),
            ),
        ),
        (
            ("Which machine do you have now?", ("The small one.", "None yet.", "An old one of another make.")),
            ("How many cups a day would that be?", ("Three or four.", "About ten, we are five.")),
            ("Is it for home or for an office?", ("For home.", "For our office.")),
        ),
        "The page of the product tells it under Questions.",
        "one of our products",
    ),
    "account": Subject(
        (
            Matter(
                ("I cannot log in.", "I never got the reset link 🤔"),
                ("I have sent you a new link.", "It was locked; please try again now 🙂"),
            ),
            Matter(("How do I change my e-mail address?",), ("I have changed it; please log in again 🙂",)),
        ),
        (
            ("Do you see an error message?", ("No, just a blank page.", "Yes: wrong password.")),
            ("Do you use the app or the website?", ("The app.", "The website.")),
            ("Did you look into the spam folder?", ("Yes, nothing there.", "I did, it is empty.")),
        ),
        "You'll find that under Settings › Account.",
        "your account",
    ),
    "gift-cards": Subject(
        (
            Matter(
                ("My voucher # is not accepted.", "Why is my voucher not accepted?"),
                ("It works now, please try again.",),
            ),
            Matter(("Can I use two gift cards at once? 🎁",), ("Yes, one after the other.",)),
        ),
        (("Where did you buy it?", ("In your shop.", "It was a present.")),),
        "Vouchers are entered on the last page.",
        "a voucher",
    ),
}
OTHER_SUBJECT = Subject(
    (
        Matter(
            ("Hi, I have a question about number #.", "Hello, can you help me?", "Good morning! A question 🙂"),
            ("I have changed that for you.", "Found it, and it is corrected. Sorry!"),
        ),
    ),
    (("Since when is that so?", ("Since Monday.", "For a week now.")),),
    "This page explains it step by step.",
    "something else",
)

NUMBER_QUESTION: Question = ("What is the order number, please?", ("It is #.", "Order #.", "#"))
# What an agent may ask about anything; asked out, they say that they are at it.
OTHER_QUESTIONS: tuple[Question, ...] = (
    ("Did you write to us about it before?", ("No, this is the first time.", "Yes, last week.")),
    ("Shall I confirm it by e-mail as well?", ("Yes, please.", "No need to.", "👍")),
    ("How urgent is it?", ("By Friday would be good.", "Not so urgent.")),
    ("Is the account in your name?", ("Yes, it is.", "No, in my partner's.")),
)
STATEMENTS = ("I am looking into it.", "I am asking a colleague.", "Still checking, one moment please.")
STATEMENT_REPLIES = ("OK.", "All right.", "OK, I'll wait.", "👍")
CHECKS: tuple[Question, ...] = (
    ("Are you still there?", ("Yes, still here.", "Yes, sorry.")),
    ("Shall I keep this open for you?", ("Yes, please.", "One more minute, please.")),
)
BOT_SECOND_QUESTIONS: tuple[Question, ...] = (
    ("Shall I look it up?", ("Yes, please.", "Yes.")),
    ("Did you write to us about it before?", ("No, this is the first time.", "Yes, last week.")),
    ("Are you in a hurry?", ("A little.", "Not really.")),
)
AGREEMENTS = ("Yes.", "Yes, it is.", "Yes, that's right.", "👍")

MORE = (
    "My customer number is ~.",
    "I could not find it on your website.",
    "It is rather urgent, please.",
    "Same as last time 🙄",
    'Your page only says "contact us".',
    "I am at work until five.",
)
NUDGES = ("Hello?", "Is anybody there? 😒", "Still waiting…", "Any news?", "?")
THANKS = ("Thank you! ❤️", "Great, thanks 👍", "Perfect 🎉", "Thanks.", "OK, thank you 🙏", "Well. Thanks 😐")
BACK_AGAIN = ("Sorry, me again. Still not solved 😞", "One more question about that.", "It is as it was before 😡")
SETTLED_AGAIN = ("I have seen to it once more, sorry!", "Now it is done. Thank you for your patience!")
ADDITIONS_TO_QUESTIONS = ("Sorry for the trouble.", "Then I can see to it at once.")
ADDITIONS_TO_ANSWERS = ("The reference is ~.", "You will get an e-mail as well.", "Sorry for the trouble.")
GOODBYES = ("You're welcome! 🙂", "Have a good day!", "Happy to help 👋")
BOT_GOODBYES = ("You're welcome! 🤖", "Glad to help.")
FOLLOW_UPS = ("I have news: it is settled for good now.", "I forgot to mention: the reference is ~.")
BOT_HANDOFFS = ("I'm connecting you with a colleague.", "One moment, a human takes over.")

# What the business writes unasked, the customer's answers to it, and what settles it.
OUTREACH: dict[str, tuple[str, tuple[str, ...]]] = {
    "order": ("Hello, one item of order # is delayed. Would you like to wait?", ("Yes, I can wait.", "How long? 🙂")),
    "repair": ("Hi, your repair # is finished. When may we bring it back?", ("On Friday, please.", "Any day 🙂")),
    "subscription": ("Hi, your plan # ends soon. Shall we renew it?", ("Yes, please!", "Could it be smaller?")),
}
OTHER_OUTREACH = ("Hello, you wrote to us last month. Is all well now?", ("Yes, thanks 🙂", "Not quite 😕"))
OUTREACH_ANSWERS = ("Thank you, I have noted that.", "Thanks, I'll see to it 🙂")
CAMPAIGNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "order": ("Your order # has been sent 📦", ("When will it be here?", "May it be left with a neighbour?")),
    "repair": ("Time to descale your machine ☕", ("How do I do that?", "Which descaler should I take?")),
    "subscription": ("Your subscription # renews next week.", ("Please skip it once.", "Could you pause it?")),
}
OTHER_CAMPAIGN = ("New in our shop: the spring roast ☕", ("What does it cost?", "Is it there as decaf?"))
CAMPAIGN_ANSWERS = {
    "order": ("It should be Friday; I have left a note for the driver 🚚",),
    "repair": ("One sachet of our descaler, then rinse twice 🙂",),
    "subscription": ("Done, the next delivery is skipped.",),
}
OTHER_CAMPAIGN_ANSWERS = ("All about it is on its page, from 9 pounds on ☕",)

# How the answers begin that come with a photo, as JSON.
PHOTO_SENT = '"Here'
RESOLVE_REASONS = ("solved", "solved", "answered")
DECLINE_REASONS = ("busy", "wrong_team", "conflict")
FAILURE_CODES = ("30003", "30005", "30007", "30008", "131026")

_COMMENTS = {
    True: ("Quick and friendly 👍", "Great help ❤️", "All good", "Solved at once 🎉"),
    False: ("Took far too long 😡", "Not solved.", "I had to ask three times 👎", "Meh 😕"),
}


def as_json(text: str) -> str:
    """Return a text as a payload holds it, quotes and all."""
    return json.dumps(text, ensure_ascii=False)


def unsaid(texts: Sequence[str], said: set[str], chance: Chance) -> str | None:
    """Return one of the texts that nobody has said yet, and take it for said; None when all have been."""
    left = [text for text in texts if text not in said]
    if not left:
        return None
    text = chance.one_of(left)
    said.add(text)
    return text


def emoji_in(text: str) -> str:
    """Return the emoji that somebody has just written, side by side."""
    return "".join(character for character in text if unicodedata.category(character) == "So")


def survey_comment(score: int, chance: Chance) -> str:
    """Return what a customer adds to a score of one to five."""
    return chance.one_of(_COMMENTS[score >= 4])
