"""The event vocabulary and the presence statuses, as the contract's two tables state them.

Written out here and not read from the seeds, so that a slip in a seed shows as a difference; a
test holds this table and the seeds equal.
"""

from dataclasses import dataclass

AGENT = "agent"
BOT = "bot"
END_USER = "end_user"
SYSTEM = "system"
ACTOR_TYPES = frozenset({AGENT, BOT, END_USER, SYSTEM})
ACTORS_WITH_ID = frozenset({AGENT, BOT})

ANYONE = frozenset({AGENT, BOT, END_USER, SYSTEM})
ANYONE_BUT_SYSTEM = frozenset({AGENT, BOT, END_USER})
NOBODY: frozenset[str] = frozenset()

BUSINESS_MESSAGE_RANK = 41
PRESENCE_RANK = 90
KNOWN_ORIGINS = frozenset({"inbound", "agent_initiated", "triggered_outbound"})


@dataclass(frozen=True)
class EventType:
    """One row of the vocabulary.

    `sort_rank` orders events of one instant; `starting_actors` are the actor types by whom the
    event starts a session; `required_keys` are those a payload must hold.
    """

    name: str
    sort_rank: int
    starting_actors: frozenset[str]
    ends_session: bool
    is_activity: bool
    focus_effect: str | None
    required_keys: tuple[str, ...]


def _event_type(
    name: str,
    sort_rank: int,
    required_keys: str = "",
    *,
    starting_actors: frozenset[str] = NOBODY,
    ends_session: bool = False,
    is_activity: bool = False,
    focus_effect: str | None = None,
) -> EventType:
    return EventType(
        name=name,
        sort_rank=sort_rank,
        starting_actors=starting_actors,
        ends_session=ends_session,
        is_activity=is_activity,
        focus_effect=focus_effect,
        required_keys=tuple(required_keys.split()),
    )


_ALL_EVENT_TYPES = (
    _event_type("conversation_started", 10, starting_actors=ANYONE, is_activity=True),
    _event_type("work_requested", 20, "work_id", is_activity=True),
    _event_type("work_assigned", 21, "work_id agent_id", is_activity=True),
    _event_type("work_accepted", 22, "work_id", is_activity=True),
    _event_type("work_declined", 23, "work_id", is_activity=True),
    _event_type("work_push_timed_out", 24, "work_id", is_activity=True),
    _event_type("work_canceled", 25, "work_id", is_activity=True),
    _event_type("work_transferred", 26, "work_id", is_activity=True, focus_effect="ends"),
    _event_type("work_closed", 28, "work_id", focus_effect="ends"),
    _event_type(
        "message_sent",
        40,
        "message_id",
        starting_actors=ANYONE_BUT_SYSTEM,
        is_activity=True,
        focus_effect="acts",
    ),
    _event_type("message_delivered", 42, "message_id"),
    _event_type("message_read", 43, "message_id"),
    _event_type("message_failed", 44, "message_id"),
    _event_type("bot_handoff", 45, is_activity=True),
    _event_type("conversation_left", 50, focus_effect="ends"),
    _event_type("conversation_opened", 51, focus_effect="opens"),
    _event_type("topic_added", 52, "topic_id", focus_effect="acts"),
    _event_type("topic_removed", 53, "topic_id", focus_effect="acts"),
    _event_type("conversation_pended", 54, is_activity=True, focus_effect="ends"),
    _event_type("conversation_resolved", 60, is_activity=True, focus_effect="ends"),
    _event_type(
        "conversation_reopened",
        61,
        starting_actors=ANYONE,
        is_activity=True,
        focus_effect="acts",
    ),
    _event_type("after_work_started", 62, "work_id", focus_effect="acts"),
    _event_type("conversation_ended", 70, ends_session=True, is_activity=True, focus_effect="ends"),
    _event_type("csat_requested", 80, "survey_id"),
    _event_type("csat_responded", 81, "survey_id score"),
    _event_type("figure_reported", 82, "figure value"),
)
EVENT_TYPES = {event_type.name: event_type for event_type in _ALL_EVENT_TYPES}

WORK_EVENT_TYPES = frozenset(
    event_type.name for event_type in _ALL_EVENT_TYPES if "work_id" in event_type.required_keys
)
WORK_SETTLING_TYPES = frozenset(
    {
        "work_accepted",
        "work_declined",
        "work_push_timed_out",
        "work_canceled",
        "work_transferred",
        "work_closed",
    }
)

WORK_TERMINAL_STATUSES = {
    # terminal event: the status that it leaves the work in
    "work_closed": "closed",
    "work_transferred": "transferred",
    "work_declined": "declined",
    "work_push_timed_out": "declined_on_push_timeout",
    "work_canceled": "canceled",
}

OPENS = "opens"
ACTS = "acts"
ENDS = "ends"

PRESENCE_STATUSES = {
    # status: (is_online, is_available, ends_focus)
    "available": (True, True, False),
    "busy": (True, False, False),
    "away": (True, False, True),
    "offline": (False, False, True),
}
UNKNOWN_STATUS = "unknown"
