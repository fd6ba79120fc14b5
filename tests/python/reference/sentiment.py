"""Sentiment by emoji: of one message, and of a session from its first scored message to its last.

Source: definitions, *Customer satisfaction and sentiment*. Scores are exact inside (fractions), and
become floats where they are published.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from reference.inputs import RawTable, column
from reference.messages import Message
from reference.vocabulary import END_USER

VARIATION_SELECTORS = {chr(code) for code in range(0xFE00, 0xFE10)}
SKIN_TONES = {chr(code) for code in range(0x1F3FB, 0x1F400)}
ZERO_WIDTH_JOINER = "\u200d"
IGNORED = VARIATION_SELECTORS | SKIN_TONES | {ZERO_WIDTH_JOINER}


class Lexicon:
    """What the known emoji say, from −1 to 1."""

    def __init__(self, rows: RawTable) -> None:
        """Read the lexicon, one row per emoji."""
        self._scores: dict[str, Fraction] = {}
        for row in rows:
            emoji, score = column(row, "emoji"), column(row, "sentiment_score")
            if emoji is not None and score is not None:
                self._scores[emoji] = Fraction(score)

    def score(self, text: str | None) -> Fraction | None:
        """The mean over each occurrence of a known emoji, code point by code point; None without one."""
        found = []
        for character in text or "":
            if character not in IGNORED and character in self._scores:
                found.append(self._scores[character])
        return mean(found)


def mean(scores: Sequence[Fraction]) -> Fraction | None:
    """The exact mean; None of nothing."""
    return sum(scores, start=Fraction(0)) / len(scores) if scores else None


def message_score(message: Message, lexicon: Lexicon) -> Fraction | None:
    """The score of a message by anyone; an orphan has no text to score."""
    return None if message.sent is None else lexicon.score(message.sent.text("text"))


def scores_of_end_user(messages: Iterable[Message], lexicon: Lexicon) -> list[Fraction]:
    """The scores of a session's end-user messages that have one, in total order."""
    sent = [message.sent for message in messages if message.sent is not None]
    scores = []
    for event in sorted(sent, key=lambda event: event.total_order):
        score = lexicon.score(event.text("text"))
        if event.actor_type == END_USER and score is not None:
            scores.append(score)
    return scores


def shift(scores: Sequence[Fraction]) -> Fraction | None:
    """How the mood changed: last − first; None of nothing."""
    return scores[-1] - scores[0] if scores else None


def label(score: Fraction | None) -> str | None:
    """`positive` above 0.1, `negative` below −0.1, else `neutral`; None without a score."""
    if score is None:
        return None
    if score > Fraction("0.1"):
        return "positive"
    return "negative" if score < Fraction("-0.1") else "neutral"


def published(score: Fraction | None) -> float | None:
    """The score as tables hold it: the float that is nearest to the exact one."""
    return None if score is None else float(score)
