"""Messages and what became of them: delivered, read, failed, or known by receipts alone.

Source: definitions, *Messages and responses*; raw contract, *What bad input gets* (orphans).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reference.sessions import Session
from reference.validation import ConversationEvent
from reference.vocabulary import END_USER

RECEIPT_TYPES = ("message_delivered", "message_read", "message_failed")


@dataclass
class Receipts:
    """What the receipts of one `(conversation_id, message_id)` say, wherever they lie."""

    first_receipt: ConversationEvent
    first_session: Session
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None
    failure_status_code: str | None = None

    def see(self, receipt: ConversationEvent) -> None:
        """Take in the next receipt: the first delivery and read count, and the last failure."""
        if receipt.is_named("message_delivered"):
            self.delivered_at = self.delivered_at or receipt.occurred_at
        elif receipt.is_named("message_read"):
            self.read_at = self.read_at or receipt.occurred_at
        elif receipt.is_named("message_failed"):
            self.failed_at = receipt.occurred_at
            self.failure_status_code = receipt.text("status_code")

    @property
    def delivery_status(self) -> str:
        """`read` if ever read, else `delivered`, else `failed`."""
        if self.read_at is not None:
            return "read"
        return "delivered" if self.delivered_at is not None else "failed"


@dataclass(frozen=True)
class Message:
    """One `message_sent` with its receipts, or receipts without one (`sent` is None).

    `known_by` is the event it is known by: the `message_sent`, or an orphan's first receipt.
    """

    session: Session
    message_id: str
    known_by: ConversationEvent
    receipts: Receipts | None

    @property
    def sent(self) -> ConversationEvent | None:
        """The `message_sent`; None for an orphan."""
        return self.known_by if self.known_by.is_message else None

    @property
    def delivery_status(self) -> str:
        """What became of it; `sent` when no receipt ever came."""
        return "sent" if self.receipts is None else self.receipts.delivery_status

    @property
    def status_code(self) -> str | None:
        """The last failure's code; None unless the message failed."""
        if self.receipts is None or self.delivery_status != "failed":
            return None
        return self.receipts.failure_status_code


def collect_messages(sessions: Sequence[Session]) -> list[Message]:
    """Collect the messages of one conversation and the orphans its receipts leave.

    A `message_id` sent twice is two messages with the same receipts.
    """
    receipts = _collect_receipts(sessions)
    messages = []
    sent_ids = set()
    for session in sessions:
        for event in session.members:
            if event.is_message:
                message_id = event.text("message_id") or ""
                sent_ids.add(message_id)
                messages.append(Message(session, message_id, event, receipts.get(message_id)))
    for message_id, known in receipts.items():
        if message_id not in sent_ids:
            messages.append(Message(known.first_session, message_id, known.first_receipt, known))
    return messages


def _collect_receipts(sessions: Sequence[Session]) -> dict[str, Receipts]:
    """Gather the receipts of one conversation by message id, in total order."""
    by_message_id: dict[str, Receipts] = {}
    for session in sessions:
        for event in session.members:
            if event.is_named(*RECEIPT_TYPES):
                message_id = event.text("message_id") or ""
                receipts = by_message_id.setdefault(message_id, Receipts(event, session))
                receipts.see(event)
    return by_message_id


def events_that_never_arrived(messages: Sequence[Message]) -> set[str]:
    """The event ids of business messages that failed: they neither answer nor prompt."""
    return {
        message.sent.event_id
        for message in messages
        if message.sent is not None and message.sent.actor_type != END_USER and message.delivery_status == "failed"
    }
