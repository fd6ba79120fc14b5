"""The pairing of intervals, each case on a DuckDB relation and on a Polars frame."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging_warehouse.intervals import assign_focus, pair_presence, pair_visits, sweep_timeline

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
IDLE = 15 * MINUTE
STALE = 24 * HOUR
LATER = 1_000 * HOUR  # a moment at which nothing is open any more

Cells = tuple[Any, ...]
Types = Mapping[str, type]
Engine = Callable[[Types, Sequence[Cells]], Any]

FOCUS_EVENT: Types = {
    "event_id": str, "occurred_ms": int, "sort_rank": int, "is_focus": bool, "is_message": bool,
    "conversation_id": str, "session_id": str, "agent_id": str,
}  # fmt: skip
PRESENCE_EVENT: Types = {"event_id": str, "agent_id": str, "status": str, "occurred_ms": int, "is_online": bool}
ACTIVITY: Types = {"agent_id": str, "occurred_ms": int}
PRESENCE: Types = {"agent_id": str, "presence_event_id": str, "started_ms": int, "ended_ms": int}
VISIT: Types = {"agent_id": str, "visit_id": str, "started_ms": int, "ended_ms": int}
WORK: Types = {
    "agent_id": str, "started_ms": int, "ended_ms": int, "weight_thousandths": int, "is_test_channel": bool,
}  # fmt: skip
MEMBERSHIP: Types = {"agent_id": str, "team_id": str, "started_ms": int, "ended_ms": int}
BUILD: Types = {"as_of_ms": int}


# --- engines -------------------------------------------------------------------------------------

CONNECTION = duckdb.connect()
DUCKDB_TYPES = {str: "varchar", int: "bigint", bool: "boolean"}
POLARS_TYPES: dict[type, Any] = {str: pl.String, int: pl.Int64, bool: pl.Boolean}


def in_duckdb(types: Types, rows: Sequence[Cells]) -> duckdb.DuckDBPyRelation:
    """Hold rows as a DuckDB relation."""
    columns = ", ".join(f"cast({name} as {DUCKDB_TYPES[kind]}) as {name}" for name, kind in types.items())
    lines = ", ".join(f"({', '.join(_literal(cell) for cell in row)})" for row in rows)
    nothing = f"({', '.join('null' for _ in types)})"
    return CONNECTION.sql(
        f"select {columns} from (values {lines or nothing}) as given({', '.join(types)}) where {bool(rows)}"
    )


def in_polars(types: Types, rows: Sequence[Cells]) -> pl.LazyFrame:
    """Hold rows as a lazy Polars frame."""
    return in_eager_polars(types, rows).lazy()


def in_eager_polars(types: Types, rows: Sequence[Cells]) -> pl.DataFrame:
    """Hold rows as an eager Polars frame."""
    return pl.DataFrame(rows, schema={name: POLARS_TYPES[kind] for name, kind in types.items()}, orient="row")


def _literal(cell: Any) -> str:
    return "null" if cell is None else f"'{cell}'" if isinstance(cell, str) else str(cell)


def told(frame: Any, columns: Sequence[str] | None = None) -> list[Cells]:
    """Return a frame's rows in order, with nulls first."""
    chosen = frame if columns is None else frame.select(*columns)
    if isinstance(chosen, duckdb.DuckDBPyRelation):
        rows = chosen.fetchall()
    else:
        rows = (chosen.collect() if isinstance(chosen, pl.LazyFrame) else chosen).rows()
    return sorted(rows, key=_nulls_first)


def _nulls_first(row: Cells) -> Cells:
    return tuple((cell is not None, cell) for cell in row)


@pytest.fixture(params=[in_duckdb, in_polars, in_eager_polars])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return request.param  # type: ignore[no-any-return]


def build(engine: Engine, as_of: int) -> Any:
    """The one row of the build."""
    return engine(BUILD, [(as_of,)])


# --- visits --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FocusEvent:
    """One event that bears on an agent's focus, in the order of `FOCUS_EVENT`."""

    event_id: str
    occurred_ms: int
    sort_rank: int
    is_focus: bool
    is_message: bool
    conversation_id: str | None
    session_id: str | None
    agent_id: str


def opened(event_id: str, at: int, conversation: str = "A", session: str = "1", agent: str = "ann") -> FocusEvent:
    """The agent opens a conversation."""
    return FocusEvent(event_id, at, 51, True, False, conversation, f"{conversation}/{session}", agent)


def wrote(event_id: str, at: int, conversation: str = "A", session: str = "1", agent: str = "ann") -> FocusEvent:
    """The agent sends a message."""
    return FocusEvent(event_id, at, 41, True, True, conversation, f"{conversation}/{session}", agent)


def left(event_id: str, at: int, conversation: str = "A", session: str = "1", agent: str = "ann") -> FocusEvent:
    """The agent leaves a conversation."""
    return FocusEvent(event_id, at, 50, False, False, conversation, f"{conversation}/{session}", agent)


def wraps_up(event_id: str, at: int, conversation: str = "A") -> FocusEvent:
    """The agent starts the after-conversation work."""
    return FocusEvent(event_id, at, 62, True, False, conversation, f"{conversation}/1", "ann")


def away(event_id: str, at: int, agent: str = "ann") -> FocusEvent:
    """The agent takes a status that ends focus."""
    return FocusEvent(event_id, at, 90, False, False, None, None, agent)


INTERVAL = ("visit_id", "started_ms", "ended_ms", "is_idle_capped")


def visits(
    engine: Engine, *events: FocusEvent, as_of: int = LATER, columns: Sequence[str] | None = INTERVAL
) -> list[Cells]:
    """Pair events to visits; the columns of the interval unless others are named."""
    focus = assign_focus(engine(FOCUS_EVENT, [astuple(event) for event in events]), idle_ms=IDLE)
    return told(pair_visits(focus, build(engine, as_of), idle_ms=IDLE), columns)


def test_focus_events_are_told_in_the_order_of_their_columns() -> None:
    assert [field.name for field in fields(FocusEvent)] == list(FOCUS_EVENT)


def test_two_visits_of_a_minute(engine: Engine) -> None:
    events = [
        opened("e1", 0), wrote("e2", 40 * SECOND), opened("e3", MINUTE, "B"), wrote("e4", 2 * MINUTE, "B"),
        opened("e5", 10 * MINUTE), wrote("e6", 10 * MINUTE + 30 * SECOND), opened("e7", 11 * MINUTE, "B"),
    ]  # fmt: skip
    found = visits(
        engine,
        *events,
        columns=("conversation_id", "started_ms", "ended_ms", "event_count", "message_count", "is_idle_capped"),
    )
    assert found == [
        ("A", 0, MINUTE, 2, 1, False),
        ("A", 10 * MINUTE, 11 * MINUTE, 2, 1, False),
        ("B", MINUTE, 10 * MINUTE, 2, 1, False),
        ("B", 11 * MINUTE, 26 * MINUTE, 1, 0, True),
    ]


def test_a_visit_in_full(engine: Engine) -> None:
    events = [opened("e1", 0), wrote("e2", MINUTE), wrote("e3", 2 * MINUTE), left("e4", 3 * MINUTE)]
    assert visits(engine, *events, columns=None) == [
        ("e1", "ann", "A", "A/1", "e3", "e4", 0, 3 * MINUTE, 3, 2, True, False),
    ]
    names = nw.from_native(
        pair_visits(assign_focus(engine(FOCUS_EVENT, []), idle_ms=IDLE), build(engine, 0), idle_ms=IDLE)
    ).collect_schema()
    assert names.names() == [
        "visit_id", "agent_id", "conversation_id", "session_id", "last_event_id", "ended_event_id", "started_ms",
        "ended_ms", "event_count", "message_count", "is_handled", "is_idle_capped",
    ]  # fmt: skip


def test_an_assigned_event_in_full(engine: Engine) -> None:
    events = [opened("e1", 0), wrote("e2", MINUTE), left("e3", 2 * MINUTE)]
    assigned = assign_focus(engine(FOCUS_EVENT, [astuple(event) for event in events]), idle_ms=IDLE)
    added = ("event_id", "visit_id", "starts_visit", "ends_visit", "next_ms", "next_event_id")
    assert told(assigned, added) == [
        ("e1", "e1", True, False, MINUTE, "e2"),
        ("e2", "e1", False, True, 2 * MINUTE, "e3"),
    ]
    assert set(nw.from_native(assigned).collect_schema().names()) == {*FOCUS_EVENT, *added}


VISITS: dict[str, tuple[list[FocusEvent], list[Cells]]] = {
    "nothing": ([], []),
    "exactly the limit between two acts is unbroken": (
        [opened("e1", 0), wrote("e2", IDLE), left("e3", IDLE + MINUTE)],
        [("e1", 0, IDLE + MINUTE, False)],
    ),
    "a millisecond more is capped, and the next act is another visit": (
        [opened("e1", 0), wrote("e2", IDLE + 1), left("e3", IDLE + MINUTE)],
        [("e1", 0, IDLE, True), ("e2", IDLE + 1, IDLE + MINUTE, False)],
    ),
    "exactly the limit to the end is not capped": (
        [opened("e1", 0), left("e2", IDLE)],
        [("e1", 0, IDLE, False)],
    ),
    "a millisecond more to the end is": (
        [opened("e1", 0), left("e2", IDLE + 1)],
        [("e1", 0, IDLE, True)],
    ),
    "the limit counts from the last act": (
        [opened("e1", 0), wrote("e2", IDLE), wrote("e3", 2 * IDLE), opened("e4", 4 * IDLE, "B"), away("e5", 4 * IDLE)],
        [("e1", 0, 3 * IDLE, True), ("e4", 4 * IDLE, 4 * IDLE, False)],
    ),
    "an end of another conversation did not happen": (
        [opened("e1", 0), left("e2", MINUTE, "B"), left("e3", 2 * MINUTE)],
        [("e1", 0, 2 * MINUTE, False)],
    ),
    "nor did one of a conversation in focus before": (
        [opened("e1", 0, "B"), opened("e2", MINUTE), left("e3", 2 * MINUTE, "B"), left("e4", 3 * MINUTE)],
        [("e1", 0, MINUTE, False), ("e2", MINUTE, 3 * MINUTE, False)],
    ),
    "nor one before anything was opened": (
        [left("e1", 0), opened("e2", MINUTE), left("e3", 2 * MINUTE)],
        [("e2", MINUTE, 2 * MINUTE, False)],
    ),
    "a second end changes nothing": (
        [opened("e1", 0), left("e2", MINUTE), left("e3", 2 * MINUTE), opened("e4", 3 * MINUTE), away("e5", 4 * MINUTE)],
        [("e1", 0, MINUTE, False), ("e4", 3 * MINUTE, 4 * MINUTE, False)],
    ),
    "an end that comes after the cap changes nothing": (
        [opened("e1", 0), left("e2", 2 * IDLE), opened("e3", 2 * IDLE + 1), left("e4", 2 * IDLE + 2)],
        [("e1", 0, IDLE, True), ("e3", 2 * IDLE + 1, 2 * IDLE + 2, False)],
    ),
    "an end and an opening of one millisecond are two visits": (
        [opened("e1", 0), left("e2", MINUTE), opened("e3", MINUTE), left("e4", 2 * MINUTE)],
        [("e1", 0, MINUTE, False), ("e3", MINUTE, 2 * MINUTE, False)],
    ),
    "presence ends focus, whichever conversation it is on": (
        [opened("e1", 0), away("e2", MINUTE), wrote("e3", 2 * MINUTE), away("e4", 3 * MINUTE)],
        [("e1", 0, MINUTE, False), ("e3", 2 * MINUTE, 3 * MINUTE, False)],
    ),
    "presence ends what was opened in its millisecond": (
        [away("e1", MINUTE), opened("e2", MINUTE), wrote("e3", 2 * MINUTE), left("e4", 3 * MINUTE)],
        [("e2", MINUTE, MINUTE, False), ("e3", 2 * MINUTE, 3 * MINUTE, False)],
    ),
    "presence where nothing is in focus ends nothing": (
        [away("e1", 0), opened("e2", MINUTE), left("e3", 2 * MINUTE), away("e4", 3 * MINUTE)],
        [("e2", MINUTE, 2 * MINUTE, False)],
    ),
    "visits of length zero exist": (
        [opened("e1", 0), opened("e2", 0, "B"), opened("e3", 0), left("e4", 0)],
        # The order within a millisecond is by rank and id: the end comes before all three openings.
        [("e1", 0, 0, False), ("e2", 0, 0, False), ("e3", 0, IDLE, True)],
    ),
    "of one millisecond and rank the smaller id comes first": (
        [opened("e2", 0, "B"), opened("e1", 0), left("e3", MINUTE, "B")],
        [("e1", 0, 0, False), ("e2", 0, MINUTE, False)],
    ),
    "after-work puts the conversation back in focus, up to the limit": (
        [wrote("e1", 0), left("e2", MINUTE), wraps_up("e3", 2 * MINUTE)],
        [("e1", 0, MINUTE, False), ("e3", 2 * MINUTE, 2 * MINUTE + IDLE, True)],
    ),
    "agents do not touch each other's focus": (
        [opened("e1", 0), opened("e2", MINUTE, agent="ben"), away("e3", 2 * MINUTE), away("e4", 3 * MINUTE, "ben")],
        [("e1", 0, 2 * MINUTE, False), ("e2", MINUTE, 3 * MINUTE, False)],
    ),
    "times before the epoch are times": (
        [opened("e1", -2 * MINUTE), left("e2", -MINUTE)],
        [("e1", -2 * MINUTE, -MINUTE, False)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", VISITS)
def test_visits(engine: Engine, case: str) -> None:
    events, expected = VISITS[case]
    assert visits(engine, *events) == expected
    assert visits(engine, *reversed(events)) == expected


def test_a_visit_has_the_session_of_its_first_event(engine: Engine) -> None:
    events = [wrote("e1", 0, session="2"), wrote("e2", MINUTE, session="1"), away("e3", 2 * MINUTE)]
    assert visits(engine, *events, columns=("visit_id", "session_id", "last_event_id")) == [("e1", "A/2", "e2")]


def test_a_visit_knows_what_ended_it_unless_the_limit_did(engine: Engine) -> None:
    events = [opened("e1", 0), opened("e2", MINUTE, "B"), wrote("e3", HOUR, "B"), away("e4", HOUR)]
    found = visits(engine, *events, columns=("visit_id", "last_event_id", "ended_event_id"))
    assert found == [("e1", "e1", "e2"), ("e2", "e2", None), ("e3", "e3", "e4")]


@pytest.mark.parametrize(
    ("as_of", "ended", "is_capped"),
    [
        (MINUTE, None, False),
        (MINUTE + IDLE, None, False),
        (MINUTE + IDLE + 1, MINUTE + IDLE, True),
        (0, None, False),  # the last act is later than as_of, by a clock ahead of ours
    ],
)
def test_without_a_next_event_a_visit_is_open_until_the_limit_has_passed(
    engine: Engine, as_of: int, ended: int | None, is_capped: bool
) -> None:
    assert visits(engine, opened("e1", 0), wrote("e2", MINUTE), as_of=as_of) == [("e1", 0, ended, is_capped)]


# --- presence ------------------------------------------------------------------------------------

ONLINE = {"available": True, "busy": True, "away": True, "offline": False}


def presence(
    engine: Engine,
    *events: tuple[str, int, str],
    activity: Iterable[int] = (),
    as_of: int,
    agent: str = "ann",
    others: Sequence[Cells] = (),
) -> list[Cells]:
    """Pair (event id, time, status) to intervals: event id, status, start, end, is unknown."""
    paired = pair_presence(
        engine(PRESENCE_EVENT, [(event_id, agent, status, at, ONLINE[status]) for event_id, at, status in events]),
        engine(ACTIVITY, [(agent, at) for at in activity] + list(others)),
        build(engine, as_of),
        stale_ms=STALE,
    )
    return told(paired, ("presence_event_id", "status", "started_ms", "ended_ms", "is_unknown"))


def test_a_status_lasts_until_the_next_and_the_last_is_open(engine: Engine) -> None:
    events = [("p1", 0, "available"), ("p2", HOUR, "away"), ("p3", 2 * HOUR, "offline")]
    assert presence(engine, *events, as_of=3 * HOUR) == [
        ("p1", "available", 0, HOUR, False),
        ("p2", "away", HOUR, 2 * HOUR, False),
        ("p3", "offline", 2 * HOUR, None, False),
    ]
    assert presence(engine, as_of=0, activity=[0]) == []


def test_a_presence_row_in_full(engine: Engine) -> None:
    paired = pair_presence(
        engine(PRESENCE_EVENT, [("p1", "ann", "busy", 0, True), ("p2", "ben", "offline", 1, False)]),
        engine(ACTIVITY, []),
        build(engine, STALE + 1),
        stale_ms=STALE,
    )
    assert told(paired, ("presence_event_id", "agent_id", "status", "started_ms", "ended_ms", "is_unknown")) == [
        ("p1", "ann", "busy", 0, STALE, False),
        ("p1", "ann", "unknown", STALE, None, True),
        ("p2", "ben", "offline", 1, None, False),
    ]


def test_of_one_millisecond_the_smaller_id_comes_first(engine: Engine) -> None:
    events = [("p2", 0, "available"), ("p1", 0, "offline"), ("p3", HOUR, "offline")]
    assert presence(engine, *events, as_of=HOUR) == [
        ("p1", "offline", 0, 0, False),
        ("p2", "available", 0, HOUR, False),
        ("p3", "offline", HOUR, None, False),
    ]


BELIEVED = [("p1", "available", 0, 2 * STALE, False)]
STALE_AFTER_A_DAY = [("p1", "available", 0, STALE, False), ("p1", "unknown", STALE, 2 * STALE, True)]
SILENCES: dict[str, tuple[list[int], list[Cells]]] = {
    "a day of silence twice": ([STALE], BELIEVED),
    "a millisecond more than a day": ([STALE + 1], STALE_AFTER_A_DAY),
    "nothing at all": ([], STALE_AFTER_A_DAY),
    "activity after going stale revives nothing": ([STALE + HOUR, STALE + 2 * HOUR], STALE_AFTER_A_DAY),
    "a silence before the status plays no part": ([-3 * STALE, HOUR, STALE], BELIEVED),
    "activity of the status's own millisecond": ([0], STALE_AFTER_A_DAY),
    "silence from the last activity on": (
        [HOUR],
        [("p1", "available", 0, STALE + HOUR, False), ("p1", "unknown", STALE + HOUR, 2 * STALE, True)],
    ),
    "activity in every stretch, twice": ([HOUR, 2 * HOUR, STALE + HOUR, STALE + 2 * HOUR], BELIEVED),
    # One stretch ends early and the next begins late: the silence spans their border.
    "a silence across two stretches of activity": (
        [HOUR, 2 * HOUR, 2 * STALE - HOUR],
        [("p1", "available", 0, STALE + 2 * HOUR, False), ("p1", "unknown", STALE + 2 * HOUR, 2 * STALE, True)],
    ),
}


@pytest.mark.parametrize("case", SILENCES)
def test_an_online_status_goes_stale_at_the_first_silence(engine: Engine, case: str) -> None:
    activity, expected = SILENCES[case]
    found = presence(
        engine, ("p1", 0, "available"), ("p2", 2 * STALE, "offline"), activity=activity, as_of=2 * STALE + 1
    )
    assert found == [*expected, ("p2", "offline", 2 * STALE, None, False)]


@pytest.mark.parametrize("status", ["busy", "away"])
@pytest.mark.parametrize(("silence", "is_stale"), [(STALE, False), (STALE + 1, True)])
def test_the_last_silence_runs_to_as_of(engine: Engine, status: str, silence: int, is_stale: bool) -> None:
    found = presence(engine, ("p1", 0, status), activity=[HOUR], as_of=HOUR + silence)
    if is_stale:
        assert found == [("p1", status, 0, HOUR + STALE, False), ("p1", "unknown", HOUR + STALE, None, True)]
    else:
        assert found == [("p1", status, 0, None, False)]


def test_only_a_presence_event_ends_the_unknown(engine: Engine) -> None:
    events = [("p1", 0, "available"), ("p2", 3 * STALE, "available")]
    assert presence(engine, *events, activity=[2 * STALE, 3 * STALE + HOUR], as_of=4 * STALE) == [
        ("p1", "available", 0, STALE, False),
        ("p1", "unknown", STALE, 3 * STALE, True),
        ("p2", "available", 3 * STALE, None, False),
    ]


def test_offline_never_goes_stale(engine: Engine) -> None:
    assert presence(engine, ("p1", 0, "offline"), as_of=LATER) == [("p1", "offline", 0, None, False)]


def test_the_activity_of_others_keeps_nobody_alive(engine: Engine) -> None:
    found = presence(engine, ("p1", 0, "available"), others=[("ben", HOUR)], as_of=STALE + 1)
    assert found == [("p1", "available", 0, STALE, False), ("p1", "unknown", STALE, None, True)]


def test_a_presence_later_than_as_of_is_open(engine: Engine) -> None:
    assert presence(engine, ("p1", HOUR, "available"), as_of=0) == [("p1", "available", HOUR, None, False)]


# --- the timeline --------------------------------------------------------------------------------


def timeline(
    engine: Engine,
    *,
    presence: Sequence[Cells] = (),
    visits: Sequence[Cells] = (),
    works: Sequence[Cells] = (),
    teams: Sequence[Cells] = (),
    as_of: int = LATER,
    columns: Sequence[str] | None = None,
) -> list[Cells]:
    """Sweep one agent's intervals, given without the agent, to segments in order of their start."""
    of_ann = ((PRESENCE, presence), (VISIT, visits), (WORK, works), (MEMBERSHIP, teams))
    frames = [engine(types, [("ann", *row) for row in rows]) for types, rows in of_ann]
    return told(sweep_timeline(*frames, build(engine, as_of)), columns)


def test_a_segment_in_full(engine: Engine) -> None:
    swept = sweep_timeline(
        engine(PRESENCE, [("ann", "p1", 0, 10), ("ben", "p2", 3, 4)]),
        engine(VISIT, [("ann", "v1", 2, 6)]),
        engine(WORK, [("ann", 4, 8, 1_500, False)]),
        engine(MEMBERSHIP, [("ann", "t1", -100, 5), ("ann", "t2", 5, 100), ("cleo", "t1", 0, 10)]),
        build(engine, LATER),
    )
    assert nw.from_native(swept).collect_schema().names() == [
        "agent_id", "started_ms", "ended_ms", "presence_event_id", "visit_id", "team_id", "open_work_count",
        "open_work_thousandths", "test_work_count", "test_work_thousandths",
    ]  # fmt: skip
    assert told(swept) == [
        ("ann", 0, 2, "p1", None, "t1", 0, 0, 0, 0),
        ("ann", 2, 4, "p1", "v1", "t1", 0, 0, 0, 0),
        ("ann", 4, 5, "p1", "v1", "t1", 1, 1_500, 0, 0),
        ("ann", 5, 6, "p1", "v1", "t2", 1, 1_500, 0, 0),
        ("ann", 6, 8, "p1", None, "t2", 1, 1_500, 0, 0),
        ("ann", 8, 10, "p1", None, "t2", 0, 0, 0, 0),
        ("ben", 3, 4, "p2", None, None, 0, 0, 0, 0),
    ]


LOAD = (
    "started_ms", "ended_ms", "open_work_count", "open_work_thousandths", "test_work_count", "test_work_thousandths",
)  # fmt: skip


def test_nested_and_overlapping_work_counts_together_and_test_work_also_apart(engine: Engine) -> None:
    works = [(0, 10, 1_000, False), (2, 4, 500, True), (3, 12, 2_000, False), (12, 13, 0, True)]
    assert timeline(engine, works=works, columns=LOAD) == [
        (0, 2, 1, 1_000, 0, 0),
        (2, 3, 2, 1_500, 1, 500),
        (3, 4, 3, 3_500, 1, 500),
        (4, 10, 2, 3_000, 0, 0),
        (10, 12, 1, 2_000, 0, 0),
        (12, 13, 1, 0, 1, 0),
    ]


VISIT_SEGMENT = ("started_ms", "ended_ms", "visit_id")


def test_a_segment_without_anything_closes_the_gap(engine: Engine) -> None:
    columns = ("started_ms", "ended_ms", "visit_id", "open_work_count")
    found = timeline(engine, visits=[("v1", 0, 1), ("v2", 5, 6)], works=[(8, 9, 1_000, False)], columns=columns)
    assert found == [
        (0, 1, "v1", 0),
        (1, 5, None, 0),
        (5, 6, "v2", 0),
        (6, 8, None, 0),
        (8, 9, None, 1),
    ]


def test_of_a_visit_and_the_next_in_one_instant_the_next_is_in_focus(engine: Engine) -> None:
    columns = ("started_ms", "ended_ms", "presence_event_id", "visit_id")
    found = timeline(
        engine,
        presence=[("p2", 0, 5), ("p1", 5, 9)],
        visits=[("v2", 0, 5), ("v1", 5, 9)],
        columns=columns,
    )
    assert found == [(0, 5, "p2", "v2"), (5, 9, "p1", "v1")]


def test_equal_neighbours_are_not_merged(engine: Engine) -> None:
    found = timeline(engine, works=[(0, 5, 1_000, False), (5, 9, 1_000, False)], columns=LOAD[:3])
    assert found == [(0, 5, 1), (5, 9, 1)]


def test_a_change_of_team_cuts_and_does_not_widen(engine: Engine) -> None:
    columns = ("started_ms", "ended_ms", "visit_id", "team_id")
    teams = [("t1", -100, 3), ("t2", 3, 5), ("t3", 7, 100), ("t4", 100, 200)]
    assert timeline(engine, visits=[("v1", 0, 10)], teams=teams, columns=columns) == [
        (0, 3, "v1", "t1"),
        (3, 5, "v1", "t2"),
        (5, 7, "v1", None),
        (7, 10, "v1", "t3"),
    ]
    assert timeline(engine, teams=teams) == []


@pytest.mark.parametrize("change", [0, 10])
def test_a_change_of_team_at_the_edge_cuts_nothing(engine: Engine, change: int) -> None:
    teams = [("t1", -100, change), ("t2", change, 100)]
    found = timeline(engine, visits=[("v1", 0, 10)], teams=teams, columns=("started_ms", "ended_ms", "team_id"))
    assert found == [(0, 10, "t2" if change == 0 else "t1")]


def test_what_is_open_runs_to_as_of(engine: Engine) -> None:
    columns = ("started_ms", "ended_ms", "presence_event_id", "visit_id", "open_work_count")
    found = timeline(
        engine,
        presence=[("p1", 0, 2), ("p2", 2, None)],
        visits=[("v1", 4, None)],
        works=[(6, None, 1_000, False)],
        as_of=8,
        columns=columns,
    )
    assert found == [(0, 2, "p1", None, 0), (2, 4, "p2", None, 0), (4, 6, "p2", "v1", 0), (6, 8, "p2", "v1", 1)]


def test_what_is_open_and_later_than_as_of_has_no_length(engine: Engine) -> None:
    columns = ("started_ms", "ended_ms", "presence_event_id", "visit_id", "open_work_count")
    # Visit and presence are boundaries all the same; work without length is no open work.
    found = timeline(
        engine,
        presence=[("p1", 0, 6), ("p2", 6, None)],
        visits=[("v1", 9, None)],
        works=[(12, None, 1_000, False)],
        as_of=5,
        columns=columns,
    )
    assert found == [(0, 6, "p1", None, 0), (6, 9, None, None, 0)]


def test_what_has_ended_after_as_of_keeps_its_end(engine: Engine) -> None:
    assert timeline(engine, visits=[("v1", 0, 9)], as_of=5, columns=VISIT_SEGMENT) == [(0, 9, "v1")]


def test_a_visit_without_length_is_a_boundary_and_no_segment(engine: Engine) -> None:
    assert timeline(engine, visits=[("v0", 0, 0), ("v1", 2, 5), ("v2", 5, 5)], columns=VISIT_SEGMENT) == [
        (0, 2, None),
        (2, 5, "v1"),
    ]
    inside = timeline(engine, presence=[("p1", 0, 9)], visits=[("v1", 4, 4)], columns=VISIT_SEGMENT)
    assert inside == [(0, 4, None), (4, 9, None)]
    between = timeline(engine, visits=[("v1", 0, 4), ("v2", 4, 4), ("v3", 4, 9)], columns=VISIT_SEGMENT)
    assert between == [(0, 4, "v1"), (4, 9, "v3")]
    assert timeline(engine, visits=[("v1", 4, 4)]) == []


def test_a_presence_without_length_is_a_boundary_and_no_segment(engine: Engine) -> None:
    found = timeline(
        engine,
        presence=[("p9", 0, 4), ("p8", 4, 4), ("p1", 4, 9)],
        columns=("started_ms", "ended_ms", "presence_event_id"),
    )
    assert found == [(0, 4, "p9"), (4, 9, "p1")]


def test_work_without_length_or_running_backwards_is_no_open_work(engine: Engine) -> None:
    found = timeline(
        engine, visits=[("v1", 0, 10)], works=[(5, 5, 1_000, False), (8, 2, 1_000, False)], columns=LOAD[:3]
    )
    assert found == [(0, 10, 0)]


# --- any input -----------------------------------------------------------------------------------

AGENTS = ("ann", "ben")


@st.composite
def focus_events(draw: st.DrawFn) -> list[FocusEvent]:
    """Events of two agents in two conversations, dense enough for ties, and with gaps around the limit."""
    kinds = st.sampled_from((opened, wrote, left, None))
    gaps = st.sampled_from((0, 0, 1, MINUTE, IDLE - 1, IDLE, IDLE + 1))
    steps = draw(st.lists(st.tuples(gaps, kinds, st.sampled_from("AB"), st.sampled_from(AGENTS)), max_size=25))
    events, now = [], 0
    for number, (gap, kind, conversation, agent) in enumerate(steps):
        now += gap
        event_id = f"e{len(steps) - number:02d}"
        events.append(away(event_id, now, agent) if kind is None else kind(event_id, now, conversation, agent=agent))
    return events


@given(events=focus_events(), rest=st.sampled_from((0, 1, IDLE, IDLE + 1, LATER)))
def test_visits_never_overlap_on_any_engine(events: list[FocusEvent], rest: int) -> None:
    as_of = max((event.occurred_ms for event in events), default=0) + rest
    in_relation = visits(in_duckdb, *events, as_of=as_of, columns=None)
    shuffled = random.Random(0).sample(events, len(events))
    assert visits(in_polars, *shuffled, as_of=as_of, columns=None) == in_relation
    assert sum(row[8] for row in in_relation) == sum(event.is_focus for event in events)
    for agent in AGENTS:
        stretches = sorted((row[6], row[7] is None, row[7]) for row in in_relation if row[1] == agent)
        for (_, is_open, ended), (next_started, _, _) in pairwise(stretches):
            assert not is_open and ended <= next_started


@given(
    statuses=st.lists(st.tuples(st.integers(0, 200), st.sampled_from(sorted(ONLINE))), max_size=8),
    activity=st.lists(st.integers(-50, 250), max_size=12),
    as_of=st.integers(200, 300),
    stale=st.integers(1, 60),
)
def test_presence_is_gap_free_on_any_engine(
    statuses: list[tuple[int, str]], activity: list[int], as_of: int, stale: int
) -> None:
    events = [(f"p{number}", "ann", status, at, ONLINE[status]) for number, (at, status) in enumerate(statuses)]

    def paired(engine: Engine) -> list[Cells]:
        frames = engine(PRESENCE_EVENT, events), engine(ACTIVITY, [("ann", at) for at in activity])
        columns = ("started_ms", "is_unknown", "ended_ms", "presence_event_id", "status")
        return told(pair_presence(*frames, build(engine, as_of), stale_ms=stale), columns)

    rows = paired(in_duckdb)
    assert paired(in_polars) == rows
    # By hand: from each online status on, the first silence that is too long.
    signs = sorted([*activity, *(at for at, _ in statuses)])
    expected = []
    in_order = sorted(events, key=lambda event: (event[3], event[0]))
    for event, following in zip(in_order, [*in_order, None][1:], strict=True):
        started, ended = event[3], following[3] if following else None
        alive = [at for at in signs if started <= at and (ended is None or at <= ended)]
        silences = zip(alive, [*alive[1:], *([as_of] if ended is None else [])], strict=False)
        went_stale = min((at + stale for at, after in silences if after - at > stale), default=None)
        if went_stale is None or not event[4]:
            expected.append((started, False, ended, event[0], event[2]))
        else:
            expected.append((started, False, went_stale, event[0], event[2]))
            expected.append((went_stale, True, ended, event[0], "unknown"))
    assert rows == sorted(expected, key=_nulls_first)


def stretches(max_size: int) -> st.SearchStrategy[list[tuple[int, int | None]]]:
    """Stretches that follow one another with gaps or none, some of length zero; the last may be open."""
    cuts = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=max_size)

    def laid_out(drawn: tuple[list[tuple[int, int]], bool]) -> list[tuple[int, int | None]]:
        laid: list[tuple[int, int | None]] = []
        now = 0
        for gap, length in drawn[0]:
            laid.append((now + gap, now + gap + length))
            now += gap + length
        if laid and drawn[1]:
            laid[-1] = (laid[-1][0], None)
        return laid

    return st.tuples(cuts, st.booleans()).map(laid_out)


@given(
    presence=stretches(5),
    visits=stretches(5),
    teams=stretches(3),
    works=st.lists(
        st.tuples(st.integers(0, 30), st.none() | st.integers(0, 40), st.integers(0, 3_000), st.booleans()), max_size=6
    ),
    as_of=st.integers(0, 40),
)
def test_the_timeline_is_gap_free_and_true_on_any_engine(
    presence: list[tuple[int, int | None]],
    visits: list[tuple[int, int | None]],
    teams: list[tuple[int, int | None]],
    works: list[tuple[int, int | None, int, bool]],
    as_of: int,
) -> None:
    known = [(f"p{9 - n}", *stretch) for n, stretch in enumerate(presence)]
    paid = [(f"v{9 - n}", *stretch) for n, stretch in enumerate(visits)]
    member = [(f"t{9 - n}", start, LATER if end is None else end) for n, (start, end) in enumerate(teams)]
    rows = timeline(in_duckdb, presence=known, visits=paid, works=works, teams=member, as_of=as_of)
    assert timeline(in_polars, presence=known, visits=paid, works=works, teams=member, as_of=as_of) == rows

    def closed(start: int, end: int | None) -> tuple[int, int]:
        return start, max(as_of, start) if end is None else end

    open_work = [(*closed(start, end), *rest) for start, end, *rest in works]
    open_work = [work for work in open_work if work[1] > work[0]]
    lived = [closed(*row[1:]) for row in (*known, *paid)] + [work[:2] for work in open_work]
    boundaries = {edge for stretch in lived for edge in stretch}
    assert sum(row[2] - row[1] for row in rows) == (max(boundaries) - min(boundaries) if boundaries else 0)
    assert all(one[2] == next_one[1] for one, next_one in pairwise(rows))
    assert not rows or (rows[0][1], rows[-1][2]) == (min(boundaries), max(boundaries))

    def covering(named: Sequence[Cells], moment: int) -> str | None:
        covers = [name for name, start, end in named if closed(start, end)[0] <= moment < closed(start, end)[1]]
        return covers[0] if covers else None

    for _, started, ended, presence_id, visit_id, team_id, count, weight, test_count, test_weight in rows:
        assert ended > started
        at_once = [work for work in open_work if work[0] <= started < work[1]]
        tested = [work for work in at_once if work[3]]
        assert (presence_id, visit_id, team_id) == tuple(covering(named, started) for named in (known, paid, member))
        assert (count, weight) == (len(at_once), sum(work[2] for work in at_once))
        assert (test_count, test_weight) == (len(tested), sum(work[2] for work in tested))
        assert not any(started < edge < ended for edge in boundaries)


# --- a span alone --------------------------------------------------------------------------------


@given(events=focus_events(), rest=st.sampled_from((0, IDLE + 1)), choice=st.integers(0, 20))
def test_an_agents_visits_can_be_paired_alone_from_any_visit_on(
    events: list[FocusEvent], rest: int, choice: int
) -> None:
    as_of = max((event.occurred_ms for event in events), default=0) + rest
    whole = visits(in_duckdb, *events, as_of=as_of, columns=None)
    if not whole:
        return
    first = whole[choice % len(whole)]
    in_order = sorted(events, key=lambda event: (event.occurred_ms, event.sort_rank, event.event_id))
    places = {event.event_id: place for place, event in enumerate(in_order)}
    since = [event for event in in_order[places[first[0]] :] if event.agent_id == first[1]]
    alone = visits(in_duckdb, *since, as_of=as_of, columns=None)
    assert alone == [row for row in whole if row[1] == first[1] and places[row[0]] >= places[first[0]]]


@given(
    presence=stretches(5),
    visits=stretches(5),
    works=st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(0, 40)), max_size=5),
    as_of=st.integers(30, 40),
    choice=st.integers(0, 20),
)
def test_an_agents_span_can_be_swept_alone_from_any_boundary_on(
    presence: list[tuple[int, int | None]],
    visits: list[tuple[int, int | None]],
    works: list[tuple[int, int | None]],
    as_of: int,
    choice: int,
) -> None:
    known = [(f"p{n}", *stretch) for n, stretch in enumerate(presence)]
    paid = [(f"v{n}", *stretch) for n, stretch in enumerate(visits)]
    load = [(*stretch, 1_000, False) for stretch in works]
    whole = timeline(in_duckdb, presence=known, visits=paid, works=load, teams=[], as_of=as_of)
    if not whole:
        return
    cut = whole[choice % len(whole)][1]

    def since(rows: Sequence[Cells], start: int) -> list[Cells]:
        """What reaches to the cut, from there on; `start` is the place of the start in a row."""
        reaching = [row for row in rows if row[start + 1] is None or row[start + 1] >= cut]
        return [(*row[:start], max(row[start], cut), *row[start + 1 :]) for row in reaching]

    # A visit without length is a boundary: the span begins at the cut, whatever begins there.
    edge = ("the cut", cut, cut)
    alone = timeline(
        in_duckdb, presence=since(known, 1), visits=[edge, *since(paid, 1)], works=since(load, 0), teams=[], as_of=as_of
    )
    assert alone == [row for row in whole if row[1] >= cut]


# --- no row leaves the engine --------------------------------------------------------------------


def test_no_row_leaves_the_engine() -> None:
    """Rows that cannot be fetched without an error are paired without one: nothing has run yet."""

    def unfetchable(types: Types) -> duckdb.DuckDBPyRelation:
        columns = ", ".join(f"cast(error('fetched') as {DUCKDB_TYPES[kind]}) as {name}" for name, kind in types.items())
        return CONNECTION.sql(f"select {columns} from range(1)")

    of_build = unfetchable(BUILD)
    focus = assign_focus(unfetchable(FOCUS_EVENT), idle_ms=IDLE)
    relations = [
        focus,
        pair_visits(focus, of_build, idle_ms=IDLE),
        pair_presence(unfetchable(PRESENCE_EVENT), unfetchable(ACTIVITY), of_build, stale_ms=STALE),
        sweep_timeline(*(unfetchable(types) for types in (PRESENCE, VISIT, WORK, MEMBERSHIP)), of_build),
    ]
    for relation in relations:
        assert isinstance(relation, duckdb.DuckDBPyRelation)
        with pytest.raises(duckdb.InvalidInputException, match="fetched"):
            relation.fetchall()


@pytest.mark.parametrize(("engine", "kind"), [(in_polars, pl.LazyFrame), (in_eager_polars, pl.DataFrame)])
def test_the_same_kind_of_frame_comes_out(engine: Engine, kind: type) -> None:
    frames = [engine(types, []) for types in (PRESENCE, VISIT, WORK, MEMBERSHIP, BUILD)]
    focus = assign_focus(engine(FOCUS_EVENT, []), idle_ms=IDLE)
    assert isinstance(focus, kind)
    assert isinstance(pair_visits(focus, frames[-1], idle_ms=IDLE), kind)
    assert isinstance(pair_presence(engine(PRESENCE_EVENT, []), engine(ACTIVITY, []), frames[-1], stale_ms=STALE), kind)
    assert isinstance(sweep_timeline(*frames), kind)


@pytest.mark.parametrize("missing", ["agent_id", "sort_rank", "is_message"])
def test_a_missing_column_is_an_error(engine: Engine, missing: str) -> None:
    types = {name: kind for name, kind in FOCUS_EVENT.items() if name != missing}
    with pytest.raises((nw.exceptions.ColumnNotFoundError, duckdb.Error, pl.exceptions.PolarsError)):
        focus = assign_focus(engine(types, []), idle_ms=IDLE)
        told(pair_visits(focus, build(engine, 0), idle_ms=IDLE))
