"""Hostile raw streams and configurations: small plans, and how they become raw rows.

A plan is plain data (steps with integer times and names out of short menus), so that hypothesis
can shrink it and `random.Random` can draw it in bulk; `render` alone knows how a plan becomes
rows. The first entry of every menu is the harmless one.

Two corners are kept out because the contract does not speak of them: payloads that only a lenient
parser reads (`NaN`, trailing commas, a key given twice) and JSON numbers that change when a parser
reads and writes them (`1.50`, `1e2`) where they would become text.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reference import ConfiguredInput, RawInput
from reference.inputs import with_configuration

RawRowDict = dict[str, str | None]

BASE = datetime(2024, 3, 4, 8, 0)
# Where else a stream may begin: in the hours and days before clocks change in the schedules' zones.
CLOCK_CHANGES = (
    datetime(2024, 3, 8, 21, 30),  # New York on 10 March
    datetime(2024, 3, 10, 6, 0),  # an hour before it
    datetime(2024, 3, 29, 15, 30),  # Berlin and Beirut on 31 March
    datetime(2024, 3, 31, 0, 30),  # half an hour before Berlin
    datetime(2024, 4, 6, 14, 0),  # Lord Howe's half hour on 7 April, in an hour
    datetime(2024, 10, 5, 15, 0),  # and on 6 October
    datetime(2024, 10, 26, 23, 30),  # Berlin and Beirut on 27 October
    datetime(2024, 11, 3, 5, 0),  # New York on 3 November, in an hour
)
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FOCUS_LIMIT = 15 * MINUTE

# --- menus ------------------------------------------------------------------------------------

# Milliseconds from a conversation's previous event; whole days meet the inactivity limit, the
# staleness of presence and the window of repeat contacts exactly, one millisecond short and one
# over, quarters of an hour the limit of focus, and 16 hours midnight.
GAPS = (
    *(0,) * 5,
    *(1,) * 2,
    *(SECOND,) * 4,
    *(MINUTE,) * 5,
    FOCUS_LIMIT - 1,
    FOCUS_LIMIT,
    FOCUS_LIMIT + 1,
    *(HOUR,) * 2,
    16 * HOUR,
    DAY - 1,
    *(DAY,) * 2,
    DAY + 1,
    3 * DAY,
    7 * DAY - 1,
    7 * DAY,
    7 * DAY + 1,
)
# Milliseconds between the events of one phrase.
PACES = (0, 1, SECOND, 30 * SECOND, 7 * MINUTE, FOCUS_LIMIT, FOCUS_LIMIT + 1)
# Milliseconds between the presence events of one agent: flapping, shifts, and silences of a day.
FLAPPING_GAPS = (0, 0, 1, SECOND, MINUTE, MINUTE, 7 * MINUTE, FOCUS_LIMIT)
PRESENCE_GAPS = (
    *FLAPPING_GAPS * 2,
    *(HOUR,) * 3,
    *(8 * HOUR,) * 2,
    16 * HOUR,
    DAY - 1,
    *(DAY,) * 2,
    DAY + 1,
    3 * DAY,
)

# Milliseconds from occurring to being received, around both tolerances.
LATENESSES = (
    *(0,) * 4,
    1,
    SECOND,
    HOUR,
    2 * DAY,
    -1,
    -SECOND,
    -300 * SECOND,
)
IMPLAUSIBLE_LATENESSES = (-300 * SECOND - 1, 400 * DAY + 1)
LATEST_PLAUSIBLE = 400 * DAY

# Prefixes whose order differs between code points, locales and UTF-16.
EVENT_ID_PREFIXES = ("", "a", "B", "b", "é", "e\u0301", "-", "0", "\ufe4f", "\U0001f600")
CONVERSATION_IDS = ("c1", "c2", "C1", "c10", "c/1", "ç", "c1 ", "\U0001f600")

AGENT_IDS = ("a1", "a2", "A1", "a3", "a4")
# By number: of the agents, the fourth never tells its presence, and the fifth never does a thing.
ACTING_AGENTS = (0, 1, 2, 3)
PRESENT_AGENTS = (0, 1, 2, 4)
BOT_IDS = ("bot-1", "bot-2")
TEAM_IDS = ("t1", "t2", "T1")
TOPIC_IDS = ("refund", "delivery", "Refund")
CHANNEL_IDS = ("ch-web", "ch-sms", "ch-test", "ch-unknown")

STRANGE_COLUMNS = ("own", "own", "own", "other channel", "other user", "no channel", "no user")

PRESENCE_STATUSES = ("available", "busy", "away", "offline")
CAPACITIES = (None, "3", "2.5", "0", "-1", "1.0005", "", "many", "1e3", " 1", "+1", ".5")

MEMBERSHIP_MOMENTS = (
    "2024-03-01",
    "2024-03-04T08:00:00Z",
    "2024-03-04T10:01:00+02:00",
    "2024-03-04T08:07:30Z",
    "2024-03-04T09:00:00.001Z",
    "2024-03-05",
    "2024-03-05 08:00",
    "2024-03-12T00:00:00.0009Z",
)


@dataclass(frozen=True)
class Move:
    """One event of a phrase: who does what to which message, work, topic or survey.

    `about` names the id that the payload gets; `shift` moves on from the step's own reference.
    """

    event_type: str
    by: str
    about: str = ""
    shift: int = 0
    origin: str | None = None


def _say(by: str) -> Move:
    return Move("message_sent", by, "new message")


END_USER_WRITES = _say("end_user")
AGENT_WRITES = _say("agent")
BOT_WRITES = _say("bot")
SYSTEM_WRITES = _say("system")
HANDOFF = Move("bot_handoff", "bot")
MESSAGE_FAILS = Move("message_failed", "system", "message")
LAST_MESSAGE_FAILS = Move("message_failed", "system", "last message")

_WEIGHTED_PHRASES: tuple[tuple[int, tuple[Move, ...]], ...] = (
    # single messages
    (8, (END_USER_WRITES,)),
    (6, (AGENT_WRITES,)),
    (4, (BOT_WRITES,)),
    (2, (SYSTEM_WRITES,)),
    # starts: known, unknown and no origin
    (1, (Move("conversation_started", "end_user"),)),
    (1, (Move("conversation_started", "end_user", origin="inbound"),)),
    (1, (Move("conversation_started", "agent", origin="agent_initiated"),)),
    (1, (Move("conversation_started", "system", origin="triggered_outbound"),)),
    (1, (Move("conversation_started", "bot", origin="carrier_pigeon"),)),
    # receipts
    (2, (Move("message_delivered", "system", "message"),)),
    (2, (Move("message_read", "system", "message"),)),
    (3, (MESSAGE_FAILS,)),
    (2, (AGENT_WRITES, LAST_MESSAGE_FAILS)),
    (1, (END_USER_WRITES, LAST_MESSAGE_FAILS)),
    (1, (BOT_WRITES, LAST_MESSAGE_FAILS, Move("message_delivered", "system", "message"))),
    (1, (LAST_MESSAGE_FAILS, LAST_MESSAGE_FAILS)),
    (1, (END_USER_WRITES, AGENT_WRITES, LAST_MESSAGE_FAILS, AGENT_WRITES)),
    # hand-offs, muted bots
    (2, (HANDOFF,)),
    (1, (Move("bot_handoff", "system"),)),
    (1, (END_USER_WRITES, BOT_WRITES, HANDOFF, BOT_WRITES, AGENT_WRITES)),
    (1, (END_USER_WRITES, HANDOFF, BOT_WRITES)),
    (1, (HANDOFF, BOT_WRITES, END_USER_WRITES)),
    # resolve, reopen, resolve again, end
    (2, (Move("conversation_resolved", "agent"),)),
    (1, (Move("conversation_resolved", "bot"),)),
    (1, (Move("conversation_resolved", "end_user"),)),
    (1, (Move("conversation_resolved", "system"),)),
    (1, (Move("conversation_resolved", "agent"), END_USER_WRITES)),
    (1, (Move("conversation_resolved", "bot"), Move("conversation_resolved", "agent", shift=1))),
    (1, (Move("conversation_reopened", "agent"),)),
    (1, (Move("conversation_reopened", "system"),)),
    (
        1,
        (
            Move("conversation_resolved", "agent"),
            Move("conversation_reopened", "agent", shift=1),
            Move("conversation_resolved", "bot"),
            Move("conversation_ended", "system"),
        ),
    ),
    (1, (Move("conversation_ended", "agent"),)),
    (1, (Move("conversation_ended", "bot"),)),
    (1, (Move("conversation_ended", "end_user"),)),
    (1, (Move("conversation_ended", "system"),)),
    (1, (Move("conversation_ended", "agent"), Move("conversation_resolved", "agent"))),
    (1, (Move("conversation_ended", "agent"), SYSTEM_WRITES)),
    (
        1,
        (
            Move("conversation_ended", "agent"),
            Move("csat_requested", "system", "survey"),
            Move("csat_responded", "end_user", "survey"),
            Move("message_read", "system", "message"),
        ),
    ),
    (4, (Move("conversation_pended", "agent"),)),
    (3, (END_USER_WRITES, AGENT_WRITES, Move("conversation_pended", "agent"))),
    (1, (Move("conversation_pended", "system"),)),
    # topics
    (2, (Move("topic_added", "agent", "topic"),)),
    (1, (Move("topic_removed", "agent", "topic"),)),
    (
        1,
        (
            Move("topic_added", "bot", "topic"),
            Move("topic_added", "agent", "topic", shift=1),
            Move("topic_added", "agent", "topic"),
            Move("topic_removed", "system", "topic", shift=1),
        ),
    ),
    (1, (Move("topic_added", "agent", "topic"), Move("conversation_resolved", "agent"))),
    # topics set, removed and set again around the clocks that start with a message
    (1, (Move("topic_added", "bot", "topic"), END_USER_WRITES)),
    (1, (END_USER_WRITES, Move("topic_added", "agent", "topic"), AGENT_WRITES)),
    (1, (Move("topic_removed", "agent", "topic"), END_USER_WRITES, Move("topic_added", "bot", "topic", shift=1))),
    # routing around them
    (1, (END_USER_WRITES, Move("work_requested", "system", "work"), AGENT_WRITES)),
    (1, (AGENT_WRITES, Move("work_transferred", "agent", "work"), END_USER_WRITES)),
    (1, (END_USER_WRITES, AGENT_WRITES, HANDOFF, END_USER_WRITES)),
    # work, also in the wrong order
    (2, (Move("work_requested", "system", "work"),)),
    (1, (Move("work_assigned", "system", "work"),)),
    (2, (Move("work_accepted", "agent", "work"),)),
    (1, (Move("work_declined", "agent", "work"),)),
    (1, (Move("work_push_timed_out", "system", "work"),)),
    (1, (Move("work_canceled", "system", "work"),)),
    (1, (Move("work_transferred", "agent", "work"),)),
    (1, (Move("work_closed", "agent", "work"),)),
    (1, (Move("after_work_started", "agent", "work"),)),
    (
        1,
        (
            Move("work_requested", "system", "work"),
            Move("work_assigned", "system", "work"),
            Move("work_accepted", "agent", "work"),
            Move("after_work_started", "agent", "work"),
            Move("work_closed", "agent", "work"),
        ),
    ),
    (1, (Move("work_requested", "system", "work"), Move("work_requested", "system", "work", 1))),
    (1, (Move("work_assigned", "system", "work"), Move("work_accepted", "system", "work"))),
    (1, (Move("work_accepted", "agent", "work"), Move("work_accepted", "agent", "work", 1))),
    (1, (Move("work_accepted", "agent", "work"), Move("work_requested", "system", "work"))),
    (1, (Move("work_closed", "agent", "work"), Move("work_accepted", "agent", "work"))),
    (1, (Move("work_closed", "agent", "work"), Move("work_transferred", "agent", "work"))),
    (
        1,
        (
            Move("work_requested", "system", "work"),
            Move("work_assigned", "system", "work"),
            Move("work_declined", "agent", "work"),
            Move("work_assigned", "system", "work", 1),
            Move("work_accepted", "agent", "work", 1),
        ),
    ),
    # back and forth: the next agent's turn on the next work, and then the first agent's on a third
    (
        2,
        (
            Move("work_accepted", "agent", "work"),
            AGENT_WRITES,
            Move("work_transferred", "agent", "work"),
            Move("work_assigned", "system", "work", 1),
            Move("work_accepted", "agent", "work", 1),
            Move("message_sent", "agent", "new message", 1),
            Move("work_transferred", "agent", "work", 1),
            Move("work_accepted", "agent", "work"),
            Move("conversation_opened", "agent"),
        ),
    ),
    # wrapping up: the work of a conversation that has ended
    (
        1,
        (
            Move("work_accepted", "agent", "work"),
            AGENT_WRITES,
            Move("conversation_ended", "agent"),
            Move("after_work_started", "agent", "work"),
            Move("work_closed", "agent", "work"),
        ),
    ),
    # focus and satisfaction
    (1, (Move("conversation_opened", "agent"),)),
    (2, (Move("conversation_left", "agent"),)),
    (2, (Move("conversation_opened", "agent"), Move("conversation_opened", "agent", shift=1))),
    (1, (Move("conversation_opened", "agent"), Move("conversation_left", "agent", shift=1))),
    (1, (AGENT_WRITES, AGENT_WRITES)),
    (
        1,
        (
            Move("conversation_opened", "agent"),
            Move("conversation_left", "agent"),
            Move("conversation_left", "agent"),
            Move("conversation_opened", "agent"),
            AGENT_WRITES,
        ),
    ),
    (1, (Move("conversation_opened", "agent"), AGENT_WRITES, Move("conversation_left", "agent"))),
    (2, (Move("csat_requested", "system", "survey"),)),
    (2, (Move("csat_responded", "end_user", "survey"),)),
    (1, (Move("csat_requested", "system", "survey"), Move("csat_requested", "system", "survey"))),
    (1, (Move("csat_responded", "end_user", "survey"), Move("csat_responded", "end_user", "survey"))),
    (1, (Move("csat_requested", "system", "survey"), Move("csat_responded", "end_user", "survey", shift=1))),
    (2, (AGENT_WRITES, Move("csat_requested", "system", "survey"), Move("csat_responded", "end_user", "survey"))),
    (
        2,
        (
            AGENT_WRITES,
            Move("conversation_resolved", "agent", shift=1),
            Move("csat_requested", "system", "survey"),
            Move("csat_responded", "end_user", "survey"),
        ),
    ),
    (1, (Move("conversation_resolved", "bot"), Move("csat_responded", "end_user", "survey"))),
    # what the platform reports
    (1, (Move("figure_reported", "system", "figure"),)),
    (1, (Move("conversation_started", "end_user", "untold"), Move("figure_reported", "system", "figure", shift=3))),
    (1, (Move("conversation_ended", "agent"), Move("figure_reported", "system", "figure", shift=2))),
    (1, (Move("work_closed", "agent", "work"), Move("figure_reported", "system", "figure of work"))),
)
# Short phrases first: they are the simpler ones.
PHRASES = tuple(sorted((phrase for weight, phrase in _WEIGHTED_PHRASES for _ in range(weight)), key=len))

# How a conversation mostly begins: with what starts a session.
OPENING_PHRASES: tuple[tuple[Move, ...], ...] = (
    *((END_USER_WRITES,),) * 5,
    (AGENT_WRITES,),
    (BOT_WRITES,),
    (END_USER_WRITES, BOT_WRITES),
    (END_USER_WRITES, BOT_WRITES, HANDOFF),
    (END_USER_WRITES, AGENT_WRITES),
    (Move("conversation_started", "end_user"), END_USER_WRITES),
    (Move("conversation_started", "system", origin="inbound"), AGENT_WRITES),
)

# What a payload may hold beside its required keys; JSON text of single members.
PAYLOAD_QUIRKS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"text": "hi \U0001f642"},
    {"text": ""},
    {"text": None},
    {"text": 5},
    {"text": True},
    {"text": {"a": [1, "ü", None]}},
    {"is_proactive": True, "is_actor_unknown": True},
    {"is_proactive": "true", "is_actor_unknown": "true"},
    {"is_proactive": False, "has_attachments": True},
    {"has_attachments": 1},
    {"are_messages_recorded": False},
    {"are_messages_recorded": "false", "text": "on record all the same"},
    {"are_messages_recorded": True},
    {"capacity_weight": "2.5"},
    {"capacity_weight": 0.5, "scale_max": 10},
    {"capacity_weight": None, "score": None},
    {"capacity_weight": "1.0005"},
    {"capacity_weight": 0},
    {"team_id": "t2", "agent_id": "a2"},
    {"team_id": "", "work_id": "w1"},
    {"status_code": "30003", "reason": "spam"},
    {"status_code": 500},
    {"numeric ids": True},
    # scores on, above and beside their scales; the scale is the one of the phrase's request
    {"score": 8, "scale_max": 10},
    {"score": "7.999", "scale_max": "10"},
    {"score": 4, "comment": "fine"},
    {"score": "3.9996", "comment": ""},
    {"score": 6},
    {"score": -1},
    {"score": 0, "scale_max": 0},
    {"score": 6, "scale_max": 7.5},
    {"score": -2, "scale_max": -1},
    {"scale_max": None},
    # moods: known emoji and unknown, with what comes between them
    {"text": "\U0001f621\U0001f621 no \U0001f642"},
    {"text": "\u2764\ufe0f\U0001f44d\U0001f3fd"},
    {"text": "\U0001f9f6 \U0001f914"},
)

# --- how a delivery is spoilt -----------------------------------------------------------------


def _set_column(name: str, value: str | None) -> Callable[[RawRowDict], None]:
    def spoil(row: RawRowDict) -> None:
        row[name] = value

    return spoil


def _set_payload_key(key: str, value: object) -> Callable[[RawRowDict], None]:
    def spoil(row: RawRowDict) -> None:
        payload = _payload_of(row)
        payload[key] = value
        row["payload"] = json.dumps(payload, ensure_ascii=False)

    return spoil


def _payload_of(row: RawRowDict) -> dict[str, object]:
    """The payload to be spoilt; one that is spoilt beyond reading already begins anew."""
    try:
        payload = json.loads(row["payload"] or "{}")
    except ValueError:
        payload = {}
    return payload if isinstance(payload, dict) else {}


SESSION_FIGURES = ("agent_message_count", "end_user_message_count", "max_agent_response_time", "agent_type", "applause")

_ID_KEYS = ("message_id", "work_id", "topic_id", "survey_id")


def _blank_ids(value: object) -> Callable[[RawRowDict], None]:
    def spoil(row: RawRowDict) -> None:
        payload = _payload_of(row)
        for key in _ID_KEYS:
            if key in payload:
                payload[key] = value
        row["payload"] = json.dumps(payload, ensure_ascii=False)

    return spoil


_UNREADABLE_TIMES = (
    "yesterday",
    "epoch",
    "infinity",
    "2024-03-04",
    "2024-03-04T24:00:00Z",
    "2024-03-04T10:00:60Z",
    "2024-02-30T10:00:00Z",
    "2024-03-04t10:00:00z",
    "2024-03-04T10:00:00+15:00",
    "2024-03-04T10:00:00 UTC",
    "2024-03-04T10:00:00Z ",
    "2024-03-04 10",
    "1709546400",
)
_UNREADABLE_PAYLOADS = ("{", "null", "[]", '"x"', "7", "true", '{"a": 1} x', " ", "{'a': 1}")
_ODD_WEIGHTS: tuple[object, ...] = ([], "1.25", 1.25)
_NON_NUMERIC: tuple[object, ...] = ("abc", "", True, [], {}, "1e3", ".5", "1 ", "1000000000000000")

DEFECTS: dict[str, Callable[[RawRowDict], None]] = {
    "event_id empty": _set_column("event_id", ""),
    "event_id null": _set_column("event_id", None),
    "conversation_id empty": _set_column("conversation_id", ""),
    "conversation_id null": _set_column("conversation_id", None),
    "event_type unknown": _set_column("event_type", "message_seen"),
    "event_type in capitals": _set_column("event_type", "Message_Sent"),
    "event_type null": _set_column("event_type", None),
    "received_at null": _set_column("received_at", None),
    "received_at unreadable": _set_column("received_at", "soon"),
    "occurred_at null": _set_column("occurred_at", None),
    "occurred_at empty": _set_column("occurred_at", ""),
    "payload null": _set_column("payload", None),
    "actor_type null": _set_column("actor_type", None),
    "actor_type unknown": _set_column("actor_type", "robot"),
    "actor_type in capitals": _set_column("actor_type", "Agent"),
    "actor_id null": _set_column("actor_id", None),
    "actor_id empty": _set_column("actor_id", ""),
    "ids null": _blank_ids(None),
    "ids empty": _blank_ids(""),
    "ids zero": _blank_ids(0),
    **{f"occurred_at {text}": _set_column("occurred_at", text) for text in _UNREADABLE_TIMES},
    **{f"payload {text}": _set_column("payload", text) for text in _UNREADABLE_PAYLOADS},
    **{f"score {value!r}": _set_payload_key("score", value) for value in _NON_NUMERIC},
    **{f"scale_max {value!r}": _set_payload_key("scale_max", value) for value in ("abc", "5")},
    **{f"weight {value!r}": _set_payload_key("capacity_weight", value) for value in _ODD_WEIGHTS},
}
PRESENCE_DEFECTS: dict[str, Callable[[RawRowDict], None]] = {
    "event_id empty": _set_column("event_id", ""),
    "agent_id empty": _set_column("agent_id", ""),
    "agent_id null": _set_column("agent_id", None),
    "status unknown": _set_column("status", "lunch"),
    "status in capitals": _set_column("status", "Available"),
    "status null": _set_column("status", None),
    "received_at null": _set_column("received_at", None),
    "occurred_at unreadable": _set_column("occurred_at", "epoch"),
    "occurred_at null": _set_column("occurred_at", None),
    "capacity unreadable": _set_column("capacity", "lots"),
}
DEFECT_NAMES = tuple(DEFECTS)
PRESENCE_DEFECT_NAMES = tuple(PRESENCE_DEFECTS)


# --- how a delivery comes again ---------------------------------------------------------------


def _unchanged(row: RawRowDict) -> None:
    """An exact redelivery differs in `received_at` alone."""


def _null_for_empty(row: RawRowDict) -> None:
    """Null and empty are the same, so this is exact too."""
    for name, value in row.items():
        if value is None:
            row[name] = ""


def _another_payload(row: RawRowDict) -> None:
    payload = _payload_of(row)
    payload["again"] = 1
    row["payload"] = json.dumps(payload, ensure_ascii=False)


def _payload_with_blanks(row: RawRowDict) -> None:
    """The same JSON written otherwise is another payload: it is compared as text."""
    row["payload"] = f"{row['payload'] or '{}'} "


def _another_conversation(row: RawRowDict) -> None:
    row["conversation_id"] = "c-elsewhere" if row["conversation_id"] == "c1" else "c1"


def _a_conversation_of_its_own(row: RawRowDict) -> None:
    row["conversation_id"] = f"lonely {row['conversation_id']}"


REDELIVERIES: dict[str, Callable[[RawRowDict], None]] = {
    "exact": _unchanged,
    "null for empty": _null_for_empty,
    "another payload": _another_payload,
    "payload with blanks": _payload_with_blanks,
    "another conversation": _another_conversation,
    "conversation of its own": _a_conversation_of_its_own,
    "another type": _set_column("event_type", "conversation_left"),
    "another start": _set_column("event_type", "conversation_started"),
    "another actor": _set_column("actor_type", "end_user"),
    "another actor id": _set_column("actor_id", "a9"),
    "another channel": _set_column("channel_id", "ch-sms"),
    "another user": _set_column("messaging_user_id", "mu0"),
    "another time": _set_column("occurred_at", "2024-03-04T08:00:30Z"),
    "the same minute": _set_column("occurred_at", "2024-03-04T08:00Z"),
}
PRESENCE_REDELIVERIES: dict[str, Callable[[RawRowDict], None]] = {
    "exact": _unchanged,
    "null for empty": _null_for_empty,
    "another agent": _set_column("agent_id", "a9"),
    "another status": _set_column("status", "busy"),
    "another capacity": _set_column("capacity", "7"),
    "capacity written otherwise": _set_column("capacity", "3.0"),
    "another time": _set_column("occurred_at", "2024-03-04T08:00:30Z"),
}
# Exact redeliveries are what happens every day.
REDELIVERY_NAMES = (*("exact",) * 6, *REDELIVERIES)
PRESENCE_REDELIVERY_NAMES = (*("exact",) * 3, *PRESENCE_REDELIVERIES)
# Milliseconds from the delivery to the redelivery; a negative one arrives first.
REDELIVERY_LAGS = (0, 1, -1, HOUR, -HOUR)


# --- how a moment is written ------------------------------------------------------------------


def _write(when: datetime, zone: str, separator: str = "T", finer: str = "") -> str:
    return when.isoformat(separator, "milliseconds") + finer + zone


def _write_short(when: datetime) -> str:
    """Write no more than is needed: minutes, or seconds, or a fraction without trailing zeros."""
    if when.microsecond:
        return when.isoformat(timespec="milliseconds").rstrip("0")
    return when.isoformat(timespec="seconds" if when.second else "minutes")


TIME_FORMATS: dict[str, Callable[[datetime], str]] = {
    "utc": lambda when: _write(when, "Z"),
    "two hours east": lambda when: _write(when + timedelta(hours=2), "+02:00"),
    "half past five west": lambda when: _write(when - timedelta(hours=5, minutes=30), "-0530"),
    "fourteen hours east": lambda when: _write(when + timedelta(hours=14), "+14"),
    "no zone": lambda when: _write(when, ""),
    "blank": lambda when: _write(when, "", separator=" "),
    "microseconds": lambda when: _write(when, "Z", finer="999"),
    "nanoseconds": lambda when: _write(when, "+00:00", finer="000999"),
    "short": _write_short,
}
TIME_FORMAT_NAMES = tuple(TIME_FORMATS)


# --- plans ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trip:
    """How the delivery of an event goes; the default is a delivery without trouble.

    `slot` is its place in the arrival order; `steals_event_id` gives it the id of the event before
    it; `redelivery` names a second delivery, `redelivery_lag` milliseconds after the first;
    `defects` spoil the delivery, and `keeps_original` delivers the unspoilt one as well.
    """

    lateness: int = 0
    occurred_format: str = "utc"
    received_format: str = "utc"
    event_id_prefix: str = ""
    steals_event_id: bool = False
    redelivery: str | None = None
    redelivery_lag: int = 0
    redelivery_format: str = "utc"
    defects: tuple[str, ...] = ()
    keeps_original: bool = False
    slot: int = 0


@dataclass(frozen=True)
class Step:
    """One phrase in one conversation, `gap` milliseconds after what was last said there."""

    conversation: int = 0
    gap: int = 0
    phrase: tuple[Move, ...] = (END_USER_WRITES,)
    pace: int = 0
    actor: int = 0
    reference: int = 0
    repeats_message_id: bool = False
    quirk: int = 0
    strange_column: str = "own"
    trip: Trip = Trip()


@dataclass(frozen=True)
class PresenceStep:
    """One presence event of one agent, `gap` milliseconds after the agent's last."""

    agent: int = 0
    gap: int = 0
    status: str = "available"
    capacity: str | None = None
    trip: Trip = Trip()


@dataclass(frozen=True)
class MembershipPlan:
    """One team membership; the bounds are raw text, `valid_to` None is open."""

    agent: int = 0
    team: int = 0
    valid_from: str = MEMBERSHIP_MOMENTS[0]
    valid_to: str | None = None


@dataclass(frozen=True)
class Plan:
    """A whole stream; its conversations and agents all begin at `base`."""

    steps: Sequence[Step] = ()
    presence_steps: Sequence[PresenceStep] = ()
    memberships: Sequence[MembershipPlan] = ()
    base: datetime = BASE


# --- configurations ---------------------------------------------------------------------------

SCHEDULE_ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Asia/Kolkata",  # half-hour offset
    "Asia/Beirut",  # clocks jump over midnight
)
WEEKDAYS = range(1, 8)
# Opening and closing times. Clocks jump within 00:00 to 03:00, by half an hour or an hour.
OPENING_HOURS = (
    ("09:00", "17:00"),
    ("08:00", "12:30"),  # touches or overlaps its neighbours
    ("12:30", "18:00"),
    ("12:00", "13:00"),
    ("20:00", "04:00"),  # past midnight
    ("22:30", "00:00"),
    ("17:00", "24:00"),
    ("00:00", "24:00"),
    ("00:00", "00:01"),
    ("02:00", "02:30"),
    ("02:30", "03:15"),  # in New York's spring it would close before it opens
    ("01:15", "01:45"),
    ("01:30", "02:00"),
    ("00:30", "00:15"),  # a day but a quarter of an hour
    ("08:00", "08:01"),
)
CLOSED = (None, None)
HOLIDAY_HOURS: tuple[tuple[str | None, str | None], ...] = (CLOSED, CLOSED, *OPENING_HOURS)
# The days on which streams begin, and those on which clocks change.
HOLIDAY_DATES = (
    "2024-03-04",
    "2024-03-05",
    "2024-03-07",
    "2024-03-10",
    "2024-03-31",
    "2024-04-01",
    "2024-04-07",
    "2024-10-06",
    "2024-10-27",
    "2024-11-03",
    "2024-02-29",
)

SLA_METRICS = ("first_response", "next_response", "resolution")
SLA_CLOCKS = ("business", "calendar")
# Seconds: none, a hair, what the gaps and paces of streams reach exactly, working days, and a century.
SLA_TARGETS = (
    "1800",
    "0",
    "0.001",
    "1",
    "60",
    "420",
    "900",
    "3600",
    "14400",
    "28800",
    "57600",
    "86400",
    "259200",
    "604800",
    "1000000000",
)
EMOJI_SCORES = (
    {"emoji": "\U0001f642", "sentiment_score": "0.5"},
    {"emoji": "\U0001f621", "sentiment_score": "-0.95"},
    {"emoji": "\u2764", "sentiment_score": "1"},
    {"emoji": "\U0001f44d", "sentiment_score": "0.1"},
    {"emoji": "\U0001f914", "sentiment_score": "-0.1"},
)


@dataclass(frozen=True)
class IntervalPlan:
    """Opening hours of one weekday."""

    weekday: int = 1
    hours: tuple[str, str] = OPENING_HOURS[0]


@dataclass(frozen=True)
class HolidayPlan:
    """One row of other hours, or none, on one date."""

    date: str = HOLIDAY_DATES[0]
    hours: tuple[str | None, str | None] = CLOSED


@dataclass(frozen=True)
class SchedulePlan:
    """One schedule; without intervals and holidays it is never open."""

    zone: str = "UTC"
    intervals: Sequence[IntervalPlan] = ()
    holidays: Sequence[HolidayPlan] = ()


@dataclass(frozen=True)
class PolicyPlan:
    """One policy; a scope or bound of None is any."""

    metric: str = "first_response"
    target: str = SLA_TARGETS[0]
    clock: str = "business"
    channel: str | None = None
    team: str | None = None
    topic: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    id_prefix: str = ""


@dataclass(frozen=True)
class ConfigurationPlan:
    """A whole configuration; `schedule_of_channel` holds a schedule's number, or None, by channel.

    A number beyond the schedules counts round, and means none if there are no schedules.
    """

    schedules: Sequence[SchedulePlan] = ()
    schedule_of_channel: Sequence[int | None] = ()
    policies: Sequence[PolicyPlan] = ()


@dataclass(frozen=True)
class Configuration:
    """The configuration tables as raw rows, and the schedule that each channel is to name."""

    business_hours: list[RawRowDict]
    business_hour_intervals: list[RawRowDict]
    holidays: list[RawRowDict]
    sla_policies: list[RawRowDict]
    emoji_sentiment: list[RawRowDict]
    schedule_of_channel: dict[str, str | None]

    def applied_to(self, raw: RawInput) -> ConfiguredInput:
        """Return the stream with this configuration and its channels' schedules."""
        channels = [
            row | {"business_hours_id": self.schedule_of_channel.get(row["channel_id"] or "")} for row in raw.channels
        ]
        return replace(
            with_configuration(raw),
            channels=channels,
            business_hours=self.business_hours,
            business_hour_intervals=self.business_hour_intervals,
            holidays=self.holidays,
            sla_policies=self.sla_policies,
            emoji_sentiment=self.emoji_sentiment,
        )


def render_configuration(plan: ConfigurationPlan) -> Configuration:
    """Turn a plan into configuration rows."""
    numbered = list(enumerate(plan.schedules))
    return Configuration(
        business_hours=[
            {"business_hours_id": schedule_id(number), "timezone": schedule.zone} for number, schedule in numbered
        ],
        business_hour_intervals=[
            {
                "business_hours_id": schedule_id(number),
                "iso_weekday": str(interval.weekday),
                "opens_at": interval.hours[0],
                "closes_at": interval.hours[1],
            }
            for number, schedule in numbered
            for interval in schedule.intervals
        ],
        holidays=[
            {
                "business_hours_id": schedule_id(number),
                "holiday_date": holiday.date,
                "opens_at": holiday.hours[0],
                "closes_at": holiday.hours[1],
                "name": f"holiday {place}",
            }
            for number, schedule in numbered
            for place, holiday in enumerate(schedule.holidays)
        ],
        sla_policies=[_render_policy(number, policy) for number, policy in enumerate(plan.policies)],
        emoji_sentiment=[dict(row) for row in EMOJI_SCORES],
        schedule_of_channel={
            channel_id: None if number is None or not numbered else schedule_id(number % len(numbered))
            for channel_id, number in zip(CHANNEL_IDS, plan.schedule_of_channel, strict=False)
        },
    )


def schedule_id(number: int) -> str:
    """The id of a planned schedule; the second and third differ in case alone."""
    return ("hours", "nights", "Nights", "ü hours")[number] if number < 4 else f"hours {number}"


def _render_policy(number: int, plan: PolicyPlan) -> RawRowDict:
    return {
        "policy_id": f"{plan.id_prefix}{number}",
        "policy_name": f"policy {number}",
        "metric": plan.metric,
        "channel_id": plan.channel,
        "team_id": plan.team,
        "topic_id": plan.topic,
        "target_seconds": plan.target,
        "clock": plan.clock,
        "valid_from": plan.valid_from,
        "valid_to": plan.valid_to,
    }


# --- rendering --------------------------------------------------------------------------------


@dataclass
class _Conversation:
    """What rendering remembers of a conversation."""

    now: datetime
    sent_message_ids: list[str] = field(default_factory=list)


@dataclass
class _Deliveries:
    """The rows of one log on their way, each with its place in the arrival order."""

    defects: dict[str, Callable[[RawRowDict], None]]
    redeliveries: dict[str, Callable[[RawRowDict], None]]
    placed: list[tuple[int, RawRowDict]] = field(default_factory=list)
    event_count: int = 0
    last_event_id: str = ""

    def send(self, row: RawRowDict, occurred_at: datetime, trip: Trip) -> None:
        """Deliver an event as its trip says."""
        event_id = f"{trip.event_id_prefix}{self.event_count}"
        self.event_count += 1
        if trip.steals_event_id and self.last_event_id:
            event_id = self.last_event_id
        self.last_event_id = event_id
        received_at = occurred_at + timedelta(milliseconds=trip.lateness)
        row = row | {
            "event_id": event_id,
            "occurred_at": TIME_FORMATS[trip.occurred_format](occurred_at),
            "received_at": TIME_FORMATS[trip.received_format](received_at),
        }
        spoilt = dict(row)
        for name in trip.defects:
            self.defects[name](spoilt)
        if trip.defects and trip.keeps_original:
            self.placed.append((trip.slot, row))
        self.placed.append((trip.slot, spoilt))
        if trip.redelivery is not None:
            self._send_again(row, occurred_at, received_at, trip, trip.redelivery)

    def _send_again(
        self,
        row: RawRowDict,
        occurred_at: datetime,
        received_at: datetime,
        trip: Trip,
        redelivery: str,
    ) -> None:
        again_at = received_at + timedelta(milliseconds=trip.redelivery_lag)
        again = row | {
            "occurred_at": TIME_FORMATS[trip.redelivery_format](occurred_at),
            "received_at": TIME_FORMATS[trip.redelivery_format](again_at),
        }
        self.redeliveries[redelivery](again)
        self.placed.append((-trip.slot, again))

    def in_arrival_order(self) -> list[RawRowDict]:
        """All rows, by slot."""
        return [row for _, row in sorted(self.placed, key=lambda placed: placed[0])]


def render(plan: Plan) -> RawInput:
    """Turn a plan into raw rows."""
    return RawInput(
        conversation_events=_render_conversations(plan.steps, plan.base),
        presence_events=_render_presence(plan.presence_steps, plan.base),
        agents=[
            {"agent_id": agent_id, "agent_name": agent_id, "email": None, "is_active": "true"}
            for agent_id in AGENT_IDS[:2]
        ],
        teams=[{"team_id": team_id, "team_name": team_id} for team_id in TEAM_IDS[:2]],
        team_memberships=[_render_membership(membership) for membership in plan.memberships],
        channels=[
            {
                "channel_id": channel_id,
                "channel_name": channel_id,
                "channel_type": "custom",
                "platform_type": "standard" if channel_id == "ch-sms" else "enhanced",
                "business_hours_id": None,
                "is_test": "true" if channel_id == "ch-test" else "false",
            }
            for channel_id in CHANNEL_IDS
            if channel_id != "ch-unknown"
        ],
        messaging_users=_render_messaging_users(plan.steps),
        accounts=[{"account_id": account, "account_name": account} for account in ("acc0", "acc1")],
        topics=[{"topic_id": topic_id, "topic_name": topic_id, "is_active": "true"} for topic_id in TOPIC_IDS[:2]],
    )


def _render_conversations(steps: Sequence[Step], base: datetime) -> list[RawRowDict]:
    deliveries = _Deliveries(DEFECTS, REDELIVERIES)
    conversations: dict[int, _Conversation] = {}
    for step in steps:
        conversation = conversations.setdefault(step.conversation, _Conversation(base))
        pause = step.gap
        for number, move in enumerate(step.phrase):
            conversation.now += timedelta(milliseconds=pause)
            pause = step.pace
            is_last = number == len(step.phrase) - 1
            # Only the last event of a phrase has an eventful trip: the phrase stays recognisable.
            trip = step.trip if is_last else Trip(slot=step.trip.slot)
            row = _render_event(step, move, conversation)
            deliveries.send(row, conversation.now, trip)
    return deliveries.in_arrival_order()


def _render_event(step: Step, move: Move, conversation: _Conversation) -> RawRowDict:
    payload = _render_payload(step, move, conversation)
    row: RawRowDict = {
        "event_id": None,
        "event_type": move.event_type,
        "occurred_at": None,
        "received_at": None,
        "conversation_id": conversation_id(step.conversation),
        "channel_id": CHANNEL_IDS[step.conversation % len(CHANNEL_IDS)],
        "messaging_user_id": messaging_user_id(step.conversation),
        "actor_type": move.by,
        "actor_id": _actor_id(move.by, step.actor + move.shift),
        "payload": json.dumps(payload, ensure_ascii=False) if payload else None,
    }
    if step.strange_column == "other channel":
        row["channel_id"] = CHANNEL_IDS[(step.conversation + 1) % len(CHANNEL_IDS)]
    elif step.strange_column == "other user":
        row["messaging_user_id"] = messaging_user_id(step.conversation + 2)
    elif step.strange_column == "no channel":
        row["channel_id"] = ""
    elif step.strange_column == "no user":
        row["messaging_user_id"] = None
    return row


def conversation_id(conversation: int) -> str:
    """The id of a planned conversation: an awkward one for the first few."""
    if conversation < len(CONVERSATION_IDS):
        return CONVERSATION_IDS[conversation]
    return f"c{conversation + 100}"


def messaging_user_id(conversation: int) -> str:
    """The messaging user of a planned conversation; neighbours share one."""
    return f"mu{conversation // 2}"


def _actor_id(by: str, actor: int) -> str | None:
    if by == "agent":
        return AGENT_IDS[ACTING_AGENTS[actor % len(ACTING_AGENTS)]]
    if by == "bot":
        return BOT_IDS[actor % len(BOT_IDS)]
    return None


def _render_payload(step: Step, move: Move, conversation: _Conversation) -> dict[str, object]:
    reference = step.reference + move.shift
    payload: dict[str, object] = {}
    if move.origin is not None:
        payload["origin"] = move.origin
    if move.about == "new message":
        sent = conversation.sent_message_ids
        message_id = sent[-1] if sent and step.repeats_message_id else str(len(sent))
        sent.append(message_id)
        payload["message_id"] = message_id
    elif move.about == "message":
        payload["message_id"] = _known_message_id(conversation, step.reference)
    elif move.about == "last message":
        payload["message_id"] = _known_message_id(conversation, 0)
    elif move.about == "work":
        payload["work_id"] = f"w{reference % 3}"
    elif move.about == "topic":
        payload["topic_id"] = TOPIC_IDS[reference % len(TOPIC_IDS)]
    elif move.about == "survey":
        payload["survey_id"] = f"s{reference % 2}"
    elif move.about == "untold":
        payload["are_messages_recorded"] = False
    elif move.about == "figure":
        figure = SESSION_FIGURES[reference % len(SESSION_FIGURES)]
        payload |= {"figure": figure, "value": "bot_to_agent" if figure == "agent_type" else reference}
    elif move.about == "figure of work":
        payload |= {"figure": "work_handle_seconds", "value": f"{60 * reference}.5", "work_id": f"w{reference % 3}"}
    if move.event_type == "work_assigned":
        payload["agent_id"] = AGENT_IDS[(step.actor + reference) % len(AGENT_IDS)]
    if move.event_type in ("work_requested", "work_assigned", "bot_handoff") and reference % 2:
        payload["team_id"] = TEAM_IDS[reference % len(TEAM_IDS)]
    if move.event_type == "work_transferred" and reference % 2 == 0:
        payload["to_team_id"] = TEAM_IDS[reference % len(TEAM_IDS)]
    if move.event_type == "csat_responded":
        payload["score"] = reference * 2
    quirk = dict(PAYLOAD_QUIRKS[step.quirk])
    if quirk.pop("numeric ids", False) and "message_id" in payload:
        payload["message_id"] = _as_json_number(payload["message_id"])
    return payload | quirk


def _known_message_id(conversation: _Conversation, reference: int) -> str:
    """One of the last three messages; from reference 3, or before any message, one never sent."""
    sent = conversation.sent_message_ids
    if not sent or reference >= 3:
        return f"never sent {reference}"
    return sent[-1 - reference % len(sent)]


def _as_json_number(message_id: object) -> object:
    text = str(message_id)
    return int(text) if text.isdigit() else text


def _render_presence(steps: Sequence[PresenceStep], base: datetime) -> list[RawRowDict]:
    deliveries = _Deliveries(PRESENCE_DEFECTS, PRESENCE_REDELIVERIES)
    clocks: dict[int, datetime] = {}
    for step in steps:
        now = clocks.get(step.agent, base) + timedelta(milliseconds=step.gap)
        clocks[step.agent] = now
        row: RawRowDict = {
            "event_id": None,
            "agent_id": AGENT_IDS[step.agent % len(AGENT_IDS)],
            "status": step.status,
            "capacity": step.capacity,
            "occurred_at": None,
            "received_at": None,
        }
        deliveries.send(row, now, step.trip)
    return deliveries.in_arrival_order()


def _render_membership(plan: MembershipPlan) -> RawRowDict:
    return {
        "agent_id": AGENT_IDS[plan.agent % len(AGENT_IDS)],
        "team_id": TEAM_IDS[plan.team % len(TEAM_IDS)],
        "valid_from": plan.valid_from,
        "valid_to": plan.valid_to,
    }


def _render_messaging_users(steps: Sequence[Step]) -> list[RawRowDict]:
    """Of every four messaging users: two share a contact, one has none, one no table knows."""
    numbers = sorted({step.conversation // 2 for step in steps})
    return [
        {
            "messaging_user_id": f"mu{number}",
            "channel_id": CHANNEL_IDS[0],
            "platform_key": None,
            "display_name": None,
            "contact_id": "" if number % 4 == 3 else f"k{number // 2}",
            "account_id": None if number % 4 == 3 else f"acc{number % 2}",
            "consent_status": None,
            "locale": None,
        }
        for number in numbers
        if number % 4 != 2
    ]
