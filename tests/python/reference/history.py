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
    sessions_with_waiting_work,
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
    with_waiting_work = sessions_with_waiting_work(sessions)
    histories = []
    for session in sessions:
        origin = find_origin(session)
        responses = pair_responses(session, never_arrived)
        first_response = find_first_response(session, never_arrived) if origin == "inbound" else None
        resolutions = follow_resolutions(session.preceding, session.events)
        ending = find_ending(session, resolutions, as_of, settings.session_inactivity)
        status = find_status(
            session,
            ending=ending,
            resolutions=resolutions,
            has_waiting_work=session.session_id in with_waiting_work,
            has_unanswered_customer=has_unanswered_customer(responses),
        )
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
            )
        )
    return histories
