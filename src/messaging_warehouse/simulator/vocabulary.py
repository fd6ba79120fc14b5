"""The part of the event vocabulary that actors live by: what starts a session, what keeps it alive.

Written out here and not read from the project's seeds: the simulator is a second source of truth.
"""

from typing import NamedTuple

AGENT = "agent"
BOT = "bot"
END_USER = "end_user"
SYSTEM = "system"

INBOUND = "inbound"
AGENT_INITIATED = "agent_initiated"
TRIGGERED_OUTBOUND = "triggered_outbound"


class EventKind(NamedTuple):
    """Which actors start a session by an event of this type, and whether it counts as activity."""

    starting_actors: frozenset[str] = frozenset()
    is_activity: bool = False


_ANYONE = frozenset({AGENT, BOT, END_USER, SYSTEM})
_ACTIVITY = EventKind(is_activity=True)
_NO_ACTIVITY = EventKind()

EVENT_KINDS: dict[str, EventKind] = {
    "conversation_started": EventKind(_ANYONE, True),
    "work_requested": _ACTIVITY,
    "work_assigned": _ACTIVITY,
    "work_accepted": _ACTIVITY,
    "work_declined": _ACTIVITY,
    "work_push_timed_out": _ACTIVITY,
    "work_canceled": _ACTIVITY,
    "work_transferred": _ACTIVITY,
    "work_closed": _NO_ACTIVITY,
    "message_sent": EventKind(_ANYONE - {SYSTEM}, True),
    "message_delivered": _NO_ACTIVITY,
    "message_read": _NO_ACTIVITY,
    "message_failed": _NO_ACTIVITY,
    "bot_handoff": _ACTIVITY,
    "conversation_left": _NO_ACTIVITY,
    "conversation_opened": _NO_ACTIVITY,
    "topic_added": _NO_ACTIVITY,
    "topic_removed": _NO_ACTIVITY,
    "conversation_pended": _ACTIVITY,
    "conversation_resolved": _ACTIVITY,
    "conversation_reopened": EventKind(_ANYONE, True),
    "after_work_started": _NO_ACTIVITY,
    "conversation_ended": _ACTIVITY,
    "csat_requested": _NO_ACTIVITY,
    "csat_responded": _NO_ACTIVITY,
    "figure_reported": _NO_ACTIVITY,
}
