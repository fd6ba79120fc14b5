"""Record ids as the platform writes them: which object, which record, and three letters that keep capitals apart."""

from __future__ import annotations

import string
from collections.abc import Iterable

from messaging_warehouse.simulator.truth import Row

# What the ids of an object begin with. Three objects are named by others' columns and are not written themselves.
KEY_PREFIXES = {
    "Account": "001",
    "AgentWork": "0Bz",
    "BotDefinition": "0Xx",
    "BusinessHours": "01m",
    "Contact": "003",
    "Conversation": "0dw",
    "ConversationEntry": "0Xc",
    "Group": "00G",
    "MessagingChannel": "0Mj",
    "MessagingEndUser": "0PA",
    "MessagingSession": "0Mw",
    "MessagingSessionMetrics": "0Mz",
    "ServicePresenceStatus": "0N5",
    "User": "005",
    "UserServicePresence": "0N1",
}
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK_LETTERS = string.ascii_uppercase + "012345"


def record_id(object_name: str, number: int) -> str:
    """Return the id of an object's record of this number, 18 characters long."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return with_check_letters(KEY_PREFIXES[object_name] + digits.rjust(12, "0"))


def with_check_letters(short_id: str) -> str:
    """Return the form of 18 characters of an id of 15, which differs from others' without regard to letter case.

    Each added letter says which of five characters are capitals.
    """
    capitals = [character in string.ascii_uppercase for character in short_id]
    fives = (capitals[start : start + 5] for start in range(0, 15, 5))
    return short_id + "".join(
        _CHECK_LETTERS[sum(is_capital << place for place, is_capital in enumerate(five))] for five in fives
    )


class RecordIds:
    """Numbers the things of each object in the order in which they are told, so that nothing is left to chance."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, str]] = {name: {} for name in KEY_PREFIXES}

    def tell(self, object_name: str, our_ids: Iterable[str | None]) -> None:
        """Give ids to things of an object; None is nothing, and who has an id keeps it."""
        known = self._ids[object_name]
        for our_id in our_ids:
            if our_id is not None and our_id not in known:
                known[our_id] = record_id(object_name, len(known) + 1)

    def of(self, object_name: str, our_id: str | None) -> str | None:
        """Return the id of a thing that was told of; None of nothing."""
        return None if our_id is None else self._ids[object_name][our_id]

    def rows(self) -> list[Row]:
        """Return object, id and our id of everything, in a fixed order."""
        return [(name, id_, our_id) for name, known in self._ids.items() for our_id, id_ in known.items()]
