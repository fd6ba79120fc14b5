"""Who a messaging user is, and whether the same person was here a moment ago.

Source: raw contract, messaging users; definitions, *Which day, which denominator*.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reference.history import SessionHistory
from reference.inputs import RawTable, column

REPEAT_CONTACT_WINDOW = timedelta(days=7)


class MessagingUsers:
    """The messaging users' contacts and accounts; an id that no row knows has neither."""

    def __init__(self, rows: RawTable) -> None:
        """Read the raw messaging users, one row per id."""
        self._contact_ids: dict[str, str | None] = {}
        self._account_ids: dict[str, str | None] = {}
        for row in rows:
            messaging_user_id = column(row, "messaging_user_id")
            if messaging_user_id is not None:
                self._contact_ids[messaging_user_id] = column(row, "contact_id")
                self._account_ids[messaging_user_id] = column(row, "account_id")

    def account_id(self, messaging_user_id: str | None) -> str | None:
        """The account the messaging user belongs to."""
        return self._account_ids.get(messaging_user_id or "")

    def contact_key(self, messaging_user_id: str | None) -> str | None:
        """The person behind the address: its contact, else the messaging user itself."""
        return self._contact_ids.get(messaging_user_id or "") or messaging_user_id


@dataclass(frozen=True)
class _Closing:
    session_id: str
    closed_at: datetime


class RecentClosings:
    """When the sessions of each contact were closed."""

    def __init__(self, histories: Iterable[SessionHistory], users: MessagingUsers) -> None:
        """Note every closed session under its contact; no contact is nobody's repeat."""
        self._users = users
        self._by_contact: dict[str, list[_Closing]] = {}
        for history in histories:
            contact_key = self._contact_key(history)
            if contact_key is not None and history.closed_at is not None:
                closing = _Closing(history.session.session_id, history.closed_at)
                self._by_contact.setdefault(contact_key, []).append(closing)

    def is_repeat_contact(self, history: SessionHistory) -> bool:
        """Whether another session of an inbound session's contact closed in the 7 days before.

        The window is `[started_at - 7 days, started_at)`.
        """
        contact_key = self._contact_key(history)
        if not history.is_inbound or contact_key is None:
            return False
        started_at = history.session.started_at
        return any(
            closing.session_id != history.session.session_id
            and started_at - REPEAT_CONTACT_WINDOW <= closing.closed_at < started_at
            for closing in self._by_contact.get(contact_key, [])
        )

    def _contact_key(self, history: SessionHistory) -> str | None:
        return self._users.contact_key(history.session.opening.messaging_user_id)
