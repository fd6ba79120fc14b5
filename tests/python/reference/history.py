"""Everything that is known of one session at `as_of`, gathered from the rules' modules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reference.inputs import Settings
from reference.messages import Message, collect_messages, events_that_never_arrived
from reference.resolutions import Resolutions, follow_resolutions
from reference.responses import (
    FirstResponse,
    Response,
    find_first_response,
    has_unanswered_customer,
    pair_responses,
)
from reference.sessions import (
    Ending,
    Session,
    find_ending,
    find_origin,
    find_status,
    find_waiting_work,
    human_is_due,
)


@dataclass(frozen=True)
class SessionHistory:
    """One session with its messages, responses, resolutions, end and status."""

    session: Session
    origin: str | None
    messages: list[Message]
    responses: list[Response]
    first_response: FirstResponse | None
    resolutions: Resolutions
    ending: Ending | None
    status: str
    waiting_since: datetime | None

    @property
    def is_inbound(self) -> bool:
        """Whether the customer began."""
        return self.origin == "inbound"

    @property
    def ended_at(self) -> datetime | None:
        """When the session ended; None while open."""
        return None if self.ending is None else self.ending.ended_at

    @property
    def closed_at(self) -> datetime | None:
        """The earlier of first resolve and end; None without either."""
        moments = [self.resolutions.first_resolved_at, self.ended_at]
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def is_abandoned(self) -> bool:
        """Whether an inbound session ended with the customer's last run unanswered."""
        return self.is_inbound and self.ending is not None and has_unanswered_customer(self.responses)


def tell_histories(sessions: Sequence[Session], as_of: datetime, settings: Settings) -> list[SessionHistory]:
    """Tell the histories of all sessions of one conversation.

    Receipts and work are looked up across the whole conversation, which is why a conversation is
    told as one.
    """
    messages = collect_messages(sessions)
    never_arrived = events_that_never_arrived(messages)
    waiting_work = find_waiting_work(sessions)
    histories = []
    for session in sessions:
        origin = find_origin(session)
        is_measured = origin == "inbound" and session.are_messages_recorded
        responses = pair_responses(session, never_arrived)
        first_response = find_first_response(session, never_arrived) if is_measured else None
        resolutions = follow_resolutions(session.preceding, session.events)
        ending = find_ending(session, resolutions, as_of, settings.session_inactivity)
        waiting_since = find_waiting_since(session, responses, waiting_work.get(session.session_id, []))
        status = find_status(session, ending=ending, resolutions=resolutions, waiting_since=waiting_since)
        histories.append(
            SessionHistory(
                session=session,
                origin=origin,
                messages=[message for message in messages if message.session is session],
                responses=responses,
                first_response=first_response,
                resolutions=resolutions,
                ending=ending,
                status=status,
                waiting_since=waiting_since if status == "waiting" else None,
            )
        )
    return histories


def find_waiting_since(
    session: Session, responses: Sequence[Response], work_waits_since: Sequence[datetime]
) -> datetime | None:
    """The earliest moment from which work, or a customer for whom a human is due, waits still."""
    since = list(work_waits_since)
    for response in responses:
        if response.answer is None and human_is_due(session):
            since.append(response.prompted_first_at)
    return min(since, default=None)
