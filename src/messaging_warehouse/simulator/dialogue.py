"""What is said in one conversation, in which order: answers fit the question, and nobody asks twice.

Every method returns a text as JSON. `begin_session` forgets what was asked, `begin_matter` what it was about.
"""

from __future__ import annotations

from messaging_warehouse.simulator import texts
from messaging_warehouse.simulator.distributions import Chance
from messaging_warehouse.simulator.texts import Question, as_json, unsaid

_MATTER_NUMBER = "#"
_OTHER_NUMBER = "~"


class Dialogue:
    """Remembers the number that the matter has, what was asked and what was said."""

    __slots__ = ("_answers", "_asked", "_chance", "_number", "_proposed", "_replies", "_said", "_subject", "_topic_id")

    def __init__(self, chance: Chance, topic_id: str) -> None:
        self._chance = chance
        self._asked: set[str] = set()
        self._said: set[str] = set()
        self.begin_matter(topic_id)

    def begin_session(self) -> None:
        """Forget what was asked before."""
        self._asked = set()
        self._said = set()

    def begin_matter(self, topic_id: str) -> None:
        """Be about something new."""
        self._topic_id = topic_id
        self._subject = texts.SUBJECTS.get(topic_id, texts.OTHER_SUBJECT)
        self._number: int | None = None
        self._answers: tuple[str, ...] = self._subject.matters[0].answers
        self._replies: tuple[str, ...] | None = None
        self._proposed: tuple[str, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether the customer has yet to answer what was asked, or said, last."""
        return self._replies is not None

    # --- customers ----------------------------------------------------------------------------

    def opening(self) -> str:
        """Begin."""
        matter = self._chance.one_of(self._subject.matters)
        self._answers = matter.answers
        return self._filled(self._chance.one_of(matter.openings))

    def reply(self) -> str:
        """Answer what was asked."""
        replies, self._replies = self._replies or texts.STATEMENT_REPLIES, None
        return self._filled(self._chance.one_of(replies))

    def more(self) -> str | None:
        """Add something, or have nothing to add."""
        return self._filled_or_none(unsaid(texts.MORE, self._said, self._chance))

    def back_again(self) -> str:
        """Come back about the same."""
        return self._filled(self._chance.one_of(texts.BACK_AGAIN))

    def nudge(self) -> str:
        """Ask whether anybody is there."""
        return as_json(self._chance.one_of(texts.NUDGES))

    def thanks(self) -> str:
        """Thank."""
        return as_json(self._chance.one_of(texts.THANKS))

    # --- the business -------------------------------------------------------------------------

    def question(self) -> str:
        """Ask back; whoever has nothing left to ask says that they are at it."""
        asked = self._asked
        if self._subject.is_about_an_order and self._number is None and texts.NUMBER_QUESTION[0] not in asked:
            return self._propose(texts.NUMBER_QUESTION)
        for questions in (self._subject.questions, texts.OTHER_QUESTIONS):
            left = [question for question in questions if question[0] not in asked]
            if left:
                return self._propose(self._chance.one_of(left))
        return self._propose((self._chance.one_of(texts.STATEMENTS), texts.STATEMENT_REPLIES))

    def answer(self) -> str:
        """Settle it."""
        self._proposed = ()
        text = unsaid(self._answers, self._said, self._chance) or unsaid(texts.SETTLED_AGAIN, self._said, self._chance)
        return self._filled(text or self._chance.one_of(texts.STATEMENTS))

    def check(self) -> str | None:
        """Ask whether a silent customer is still there; None when that was asked often enough."""
        left = [question for question in texts.CHECKS if question[0] not in self._asked]
        return self._propose(left[0]) if left else None

    def addition(self, is_to_answer: bool) -> str | None:
        """Add to what was asked or answered just now, if there is anything to add."""
        choices = texts.ADDITIONS_TO_ANSWERS if is_to_answer else texts.ADDITIONS_TO_QUESTIONS
        return self._filled_or_none(unsaid(choices, self._said, self._chance))

    def goodbye(self) -> str:
        """Take leave."""
        return as_json(self._chance.one_of(texts.GOODBYES))

    def follow_up(self) -> str:
        """Have news."""
        return self._filled(self._chance.one_of(texts.FOLLOW_UPS))

    def outreach(self) -> str:
        """Write first, as an agent."""
        text, replies = texts.OUTREACH.get(self._kind, texts.OTHER_OUTREACH)
        self._answers = texts.OUTREACH_ANSWERS
        return self._propose((text, replies))

    def campaign(self) -> str:
        """Write first, as the system or as a bot."""
        text, replies = texts.CAMPAIGNS.get(self._kind, texts.OTHER_CAMPAIGN)
        self._answers = texts.CAMPAIGN_ANSWERS.get(self._kind, texts.OTHER_CAMPAIGN_ANSWERS)
        return self._propose((text, replies))

    def has_arrived(self) -> None:
        """Let what was asked last reach the customer, who has an answer to it."""
        if self._proposed:
            self._replies, self._proposed = self._proposed, ()

    @property
    def _kind(self) -> str:
        return "order" if self._subject.is_about_an_order else self._topic_id

    # --- bots ---------------------------------------------------------------------------------

    def bot_question(self) -> str | None:
        """Ask what it is about, first; then one or two things more; None when all has been asked."""
        if not self._asked:
            return self._propose(self._first_bot_question())
        left = [question for question in texts.BOT_SECOND_QUESTIONS if question[0] not in self._asked]
        return self._propose(self._chance.one_of(left)) if left else None

    def _first_bot_question(self) -> Question:
        greeting = "Hi, I'm the assistant 🤖 "
        if not self._subject.is_about_an_order:
            return (f"{greeting}Is it about {self._subject.thing}?", texts.AGREEMENTS)
        if self._number is None:
            question, replies = texts.NUMBER_QUESTION
            self._asked.add(question)
            return (greeting + question, replies)
        return (f"{greeting}Is it about order #?", texts.AGREEMENTS)

    def bot_answer(self) -> str:
        """Settle it, with what the bot knows."""
        return self._filled(self._subject.bot_answer)

    def bot_goodbye(self) -> str:
        """Take leave."""
        return as_json(self._chance.one_of(texts.BOT_GOODBYES))

    def bot_handoff(self) -> str:
        """Say that a human takes over."""
        return as_json(self._chance.one_of(texts.BOT_HANDOFFS))

    # --- helpers ------------------------------------------------------------------------------

    def _propose(self, question: Question) -> str:
        text, replies = question
        self._asked.add(text)
        self._proposed = replies
        return self._filled(text)

    def _filled_or_none(self, text: str | None) -> str | None:
        return None if text is None else self._filled(text)

    def _filled(self, text: str) -> str:
        """Put numbers where the text has room for them."""
        if _MATTER_NUMBER in text:
            if self._number is None:
                self._number = self._draw_number()
            text = text.replace(_MATTER_NUMBER, str(self._number))
        if _OTHER_NUMBER in text:
            text = text.replace(_OTHER_NUMBER, str(self._draw_number()))
        return as_json(text)

    def _draw_number(self) -> int:
        return self._chance.between(10_000, 99_999)
