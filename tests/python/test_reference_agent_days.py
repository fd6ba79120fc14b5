"""The reference on agents' focus, presence, work and time: worked examples, edges, invariants.

The numbers are worked out by hand. The demo's are those that its README prints.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from builders import (
    ConversationBuilder,
    PresenceBuilder,
    conversation,
    membership,
    moment,
    presence,
    raw_input,
    sandbox_channel,
)
from reference import RawInput, Settings, Warehouse, build
from reference.days import day_of, start_of_day
from strategies import big_stream, hostile_settings, hostile_streams
from warehouse import PROJECT

# Loosely typed: a test knows what a column holds.
Row = dict[str, Any]
Stream = ConversationBuilder | PresenceBuilder
# A step's name, by whom, and its payload.
WorkStep = tuple[str, str, dict[str, Any]]

LATER = "2024-03-04 23:00"  # the same day: sessions are open
MUCH_LATER = "2024-04-01 00:00"  # sessions have ended by inactivity


def told(*streams: Stream, as_of: str = LATER, chosen: Settings | None = None, **parts: list[Any]) -> Warehouse:
    """Build a few streams as seen at `as_of`."""
    return build(raw_input(*streams, **parts), replace(chosen or Settings(), as_of=moment(as_of)))


def rows(table: str, *streams: Stream, as_of: str = LATER, **parts: Any) -> list[Row]:
    """The rows of one table by their start or date, where they have one."""
    found: list[Row] = told(*streams, as_of=as_of, **parts).tables[table]
    return sorted(found, key=lambda row: str(row.get("started_at") or row.get("activity_date")))


def columns(found: list[Row], *names: str) -> list[tuple[Any, ...]]:
    """Some columns of rows."""
    return [tuple(row[name] for name in names) for row in found]


def visits(*streams: Stream, as_of: str = LATER, **parts: Any) -> list[tuple[Any, ...]]:
    """The visits as (conversation, start, end, seconds) by their start, times without the date."""
    return [
        (row["conversation_id"], _clock(row["started_at"]), _clock(row["ended_at"]), row["visit_seconds"])
        for row in rows("fct_visits", *streams, as_of=as_of, **parts)
    ]


def _clock(when: datetime | None) -> str | None:
    """A time of day, as short as it goes."""
    if when is None:
        return None
    text = when.time().isoformat("milliseconds")
    return text.removesuffix(".000").removesuffix(":00")


def work(*streams: Stream, as_of: str = LATER, **parts: Any) -> Row:
    """The one work item there is."""
    (only,) = rows("fct_agent_work", *streams, as_of=as_of, **parts)
    return only


# --- visits -----------------------------------------------------------------------------------


def test_example_two_visits_of_a_minute_are_two_minutes_of_handle_time() -> None:
    a = (
        conversation("A")
        .at("10:00").opened("a1").at("10:00:40").agent("a1")
        .at("10:05").end_user()
        .at("10:20").opened("a1").at("10:20:30").agent("a1")
    )  # fmt: skip
    b = conversation("B").at("09:00").end_user().at("10:01").opened("a1").at("10:21").opened("a1")
    assert visits(a, b) == [
        ("A", "10:00", "10:01", Decimal(60)),
        ("B", "10:01", "10:16", Decimal(900)),
        ("A", "10:20", "10:21", Decimal(60)),
        ("B", "10:21", "10:36", Decimal(900)),
    ]
    found = {row["conversation_id"]: row for row in rows("fct_messaging_sessions", a, b)}
    assert (found["A"]["handle_seconds"], found["A"]["viewing_seconds"]) == (Decimal(120), Decimal(0))
    assert (found["B"]["handle_seconds"], found["B"]["viewing_seconds"]) == (Decimal(0), Decimal(1800))


def test_a_visit_row_in_full() -> None:
    stream = conversation("c1", "ch1", "mu1").at("10:00").end_user()
    stream.at("10:01").opened("a1").at("10:02").agent("a1").failed("m2").agent("a1").at("10:03").left("a1")
    stream.altered(channel_id="ch2", messaging_user_id="mu2")
    found = rows("fct_visits", stream, team_memberships=[membership("a1", "red", "2024-03-01")])
    assert found == [
        {
            "visit_id": "c1-002",
            "agent_id": "a1",
            "conversation_id": "c1",
            "session_id": "c1/1",
            "channel_id": "ch1",
            "messaging_user_id": "mu1",
            "team_id": "red",
            "started_at": moment("10:01"),
            "ended_at": moment("10:03"),
            "message_count": 2,
            "event_count": 3,
            "is_handled": True,
            "is_idle_capped": False,
            "idle_tail_seconds": Decimal(0),
            "visit_seconds": Decimal(120),
        }
    ]


@pytest.mark.parametrize(
    ("next_act", "found"),
    [
        ("10:15", [("c1", "10:00", "10:20", Decimal(1200))]),
        ("10:14:59.999", [("c1", "10:00", "10:20", Decimal(1200))]),
        ("10:15:00.001", [("c1", "10:00", "10:15", Decimal(900)), ("c1", "10:15:00.001", "10:20", Decimal("299.999"))]),
    ],
)
def test_focus_survives_exactly_the_idle_limit(next_act: str, found: list[tuple[Any, ...]]) -> None:
    stream = conversation().at("10:00").agent("a1").at(next_act).agent("a1").at("10:20").left("a1")
    assert visits(stream) == found


@pytest.mark.parametrize(
    ("ends", "is_capped", "tail"),
    [("10:14:59.999", False, 0), ("10:15", False, 0), ("10:15:00.001", True, 900), ("11:00", True, 900)],
)
@pytest.mark.parametrize("how", ["left", "opened elsewhere", "away", "as_of"])
def test_what_cuts_within_the_limit_is_no_cap(ends: str, is_capped: bool, tail: int, how: str) -> None:
    streams: list[Stream] = [conversation().at("10:00").agent("a1")]
    if how == "left":
        streams.append(conversation().at(ends).left("a1").altered(event_id="left"))
    elif how == "opened elsewhere":
        streams.append(conversation("c2").at("09:00").end_user().at(ends).opened("a1"))
    elif how == "away":
        streams.append(presence("a1").at(ends).status("away"))
    (first, *_) = rows("fct_visits", *streams, as_of=ends if how == "as_of" else LATER)
    assert (first["is_idle_capped"], first["idle_tail_seconds"]) == (is_capped, Decimal(tail))
    if how == "as_of" and not is_capped:
        assert (first["ended_at"], first["visit_seconds"], first["is_handled"]) == (None, None, True)
    else:
        assert first["ended_at"] == min(moment(ends), moment("10:15"))


def test_another_idle_limit_is_another_visit() -> None:
    stream = conversation().at("10:00").agent("a1").at("10:02").agent("a1").at("10:02:30").left("a1")
    assert len(visits(stream)) == 1
    assert [seconds for *_, seconds in visits(stream, chosen=Settings(focus_idle_minutes=1))] == [60, 30]


def test_an_end_elsewhere_did_not_happen() -> None:
    a = conversation("A").at("10:00").agent("a1").at("10:05").left("a1")
    b = conversation("B").at("10:00").end_user().at("10:03").left("a1").resolved("a1").at("10:09").pended("a1")
    assert visits(a, b) == [("A", "10:00", "10:05", Decimal(300))]


def test_an_end_of_the_conversation_opened_before_did_not_happen_either() -> None:
    a = conversation("A").at("09:00").end_user().at("10:00").opened("a1").at("10:03").left("a1")
    b = conversation("B").at("10:00").end_user().at("10:01").opened("a1").at("10:04").left("a1")
    assert visits(a, b) == [("A", "10:00", "10:01", Decimal(60)), ("B", "10:01", "10:04", Decimal(180))]


def test_other_agents_and_actors_do_not_touch_an_agents_focus() -> None:
    stream = conversation().at("10:00").agent("a1").at("10:01").opened("a2").at("10:02").left("a2")
    stream.at("10:03").resolved("bot-1").reopened("end_user").at("10:04").left("a1")
    assert [seconds for *_, seconds in visits(stream)] == [240, 60]


def test_an_end_and_an_opening_of_one_millisecond_are_two_visits() -> None:
    stream = conversation().at("09:00").end_user()
    stream.at("10:00").opened("a1").at("10:01").left("a1").opened("a1").at("10:02").left("a1")
    assert visits(stream) == [("c1", "10:00", "10:01", Decimal(60)), ("c1", "10:01", "10:02", Decimal(60))]


def test_visits_of_zero_length_exist() -> None:
    a = conversation("A").at("10:00").agent("a1")
    b = conversation("B").at("10:00").opened("a1").at("09:00").end_user().at("10:01").left("a1")
    assert visits(a, b) == [("A", "10:00", "10:00", Decimal(0)), ("B", "10:00", "10:01", Decimal(60))]


def test_presence_ends_focus_after_all_conversation_events_of_its_millisecond() -> None:
    stream = conversation().at("10:00").opened("a1").at("10:05").agent("a1").at("10:06").agent("a1")
    away = presence("a1").at("10:05").status("away")
    assert visits(stream, away) == [("c1", "10:00", "10:05", Decimal(300)), ("c1", "10:06", "10:21", Decimal(900))]


@pytest.mark.parametrize(("status", "ends"), [("away", True), ("offline", True), ("busy", False), ("available", False)])
def test_only_some_statuses_end_focus(status: str, ends: bool) -> None:
    stream = conversation().at("10:00").end_user().opened("a1").at("10:09").left("a1")
    assert visits(stream, presence("a1").at("10:05").status(status)) == [
        ("c1", "10:00", "10:05" if ends else "10:09", Decimal(300 if ends else 540))
    ]


def test_after_work_takes_the_conversation_back_in_focus() -> None:
    stream = (
        conversation()
        .at("10:00").agent("a1").at("10:05").ended("a1")
        .at("10:06").after_work_started("w1", "a1").at("10:10").work("closed", "w1", "a1")
    )  # fmt: skip
    found = rows("fct_visits", stream)
    assert columns(found, "is_handled", "visit_seconds") == [(True, Decimal(300)), (False, Decimal(240))]


def test_a_visit_belongs_to_the_session_of_its_first_event() -> None:
    stream = (
        conversation()
        .at("10:00").end_user().at("10:04").agent("a1").at("10:05").ended("end_user")
        .at("10:06").agent("a1").at("10:07").left("a1")
    )  # fmt: skip
    (only,) = rows("fct_visits", stream)
    assert (only["session_id"], only["message_count"], only["visit_seconds"]) == ("c1/1", 2, Decimal(180))
    handled = columns(rows("fct_messaging_sessions", stream), "session_id", "handle_seconds")
    assert handled == [("c1/1", Decimal(180)), ("c1/2", Decimal(0))]


def test_conversations_without_a_session_give_no_focus() -> None:
    assert visits(conversation().at("10:00").opened("a1").at("10:01").left("a1")) == []


def test_the_open_visit_is_in_no_sum_yet() -> None:
    stream = conversation().at("10:00").agent("a1").at("10:05").agent("a1")
    assert visits(stream, as_of="10:20") == [("c1", "10:00", None, None)]
    assert columns(rows("fct_messaging_sessions", stream, as_of="10:20"), "handle_seconds") == [(Decimal(0),)]
    (segment,) = rows("fct_agent_timeline", stream, as_of="10:20")
    assert (segment["ended_at"], segment["is_handled"]) == (moment("10:20"), True)


def test_events_after_as_of_take_part() -> None:
    stream = conversation().at("10:00").agent("a1").at("10:04").left("a1").received("10:00")
    stream.at("10:05").opened("a1").received("10:00")
    assert visits(stream, as_of="10:00") == [("c1", "10:00", "10:04", Decimal(240)), ("c1", "10:05", None, None)]
    assert columns(rows("fct_agent_timeline", stream, as_of="10:00"), "started_at", "ended_at", "visit_id") == [
        (moment("10:00"), moment("10:04"), "c1-001"),
        (moment("10:04"), moment("10:05"), None),
    ]


# --- presence ---------------------------------------------------------------------------------


def intervals(*streams: Stream, as_of: str = LATER, **parts: Any) -> list[tuple[Any, ...]]:
    """The presence intervals as (status, start, end, seconds), by their start."""
    found = rows("fct_agent_presence", *streams, as_of=as_of, **parts)
    return columns(found, "status", "started_at", "ended_at", "presence_seconds")


def test_a_status_lasts_to_the_next_event() -> None:
    stream = presence("a1").at("09:00").status("available", "2.5").at("10:00").status("away", "2.5")
    stream.at("11:00").status("offline")
    names = ("status", "started_at", "ended_at", "capacity", "is_online", "is_available", "is_away")
    assert columns(rows("fct_agent_presence", stream), *names) == [
        ("available", moment("09:00"), moment("10:00"), Decimal("2.5"), True, True, False),
        ("away", moment("10:00"), moment("11:00"), Decimal("2.5"), True, False, True),
        ("offline", moment("11:00"), None, None, False, False, False),
    ]
    assert columns(rows("fct_agent_presence", stream), "presence_event_id", "presence_seconds") == [
        ("presence-a1-001", Decimal(3600)),
        ("presence-a1-002", Decimal(3600)),
        ("presence-a1-003", None),
    ]


def test_statuses_of_one_millisecond_follow_their_ids_and_are_kept() -> None:
    stream = presence("a1").at("09:00").status("away").status("available").status("busy")
    assert columns(rows("fct_agent_presence", stream), "presence_event_id", "presence_seconds") == [
        ("presence-a1-001", Decimal(0)),
        ("presence-a1-002", Decimal(0)),
        ("presence-a1-003", None),
    ]
    (segment,) = rows("fct_agent_timeline", stream)
    assert segment["status"] == "busy"


DAY_ONE, DAY_TWO = moment("2024-03-04 09:00"), moment("2024-03-05 09:00")


@pytest.mark.parametrize(
    ("next_event", "is_stale"),
    [("08:59:59.999", False), ("09:00", False), ("09:00:00.001", True), ("18:00", True)],
)
@pytest.mark.parametrize("how", ["presence", "as_of", "opened"])
def test_an_online_status_is_believed_for_exactly_a_day(next_event: str, is_stale: bool, how: str) -> None:
    then = f"2024-03-05 {next_event}"
    stream = presence("a1").at("09:00").status("available")
    other = conversation().at("09:00").end_user()
    if how == "presence":
        stream.at(then).status("offline")
    elif how == "opened":
        other.at(then).opened("a1")
    found = intervals(stream, other, as_of=then)
    until = moment(then) if how == "presence" else None
    if not is_stale:
        assert found[0][:3] == ("available", DAY_ONE, until)
    else:
        assert found[0] == ("available", DAY_ONE, DAY_TWO, Decimal(86_400))
        assert found[1][:3] == ("unknown", DAY_TWO, until)


@pytest.mark.parametrize(
    ("status", "is_stale"), [("available", True), ("busy", True), ("away", True), ("offline", False)]
)
def test_only_online_statuses_go_stale(status: str, is_stale: bool) -> None:
    found = intervals(presence("a1").at("09:00").status(status), as_of="2024-03-09 00:00")
    assert [row[0] for row in found] == ([status, "unknown"] if is_stale else [status])


def test_any_event_of_the_agent_keeps_its_presence_alive() -> None:
    stream = presence("a1").at("09:00").status("available", "3")
    alive = conversation().at("2024-03-05 08:00").work("accepted", "w1", "a1").agent("a2").end_user()
    alive.at("2024-03-06 07:00").event("message_read", "a1", message_id="m1")
    assert intervals(stream, alive, as_of="2024-03-08 00:00") == [
        ("available", DAY_ONE, moment("2024-03-07 07:00"), Decimal(3 * 86_400 - 7200)),
        ("unknown", moment("2024-03-07 07:00"), None, None),
    ]


def test_only_a_presence_event_ends_the_unknown() -> None:
    stream = presence("a1").at("09:00").status("available", "3").at("2024-03-06 10:00").status("busy", "3")
    active = conversation().at("2024-03-05 20:00").agent("a1").at("2024-03-06 09:00").agent("a1")
    assert intervals(stream, active, as_of="2024-03-06 12:00") == [
        ("available", DAY_ONE, DAY_TWO, Decimal(86_400)),
        ("unknown", DAY_TWO, moment("2024-03-06 10:00"), Decimal(25 * 3600)),
        ("busy", moment("2024-03-06 10:00"), None, None),
    ]
    unknown = rows("fct_agent_presence", stream, active, as_of="2024-03-06 12:00")[1]
    assert columns([unknown], "capacity", "is_online", "is_available", "is_away", "presence_event_id") == [
        (None, False, False, False, "presence-a1-001")
    ]


def test_what_others_do_keeps_nobodys_presence_alive() -> None:
    stream = presence("a1").at("09:00").status("available")
    others = conversation().at("2024-03-05 08:00").agent("a2").event("topic_added", "bot-1", topic_id="t")
    without_session = conversation("c2").at("2024-03-05 08:00").opened("a1")
    found = intervals(stream, others, without_session, as_of="2024-03-06 00:00")
    assert [row[0] for row in found] == ["available", "unknown"]


def test_presence_goes_stale_after_the_hours_set() -> None:
    found = intervals(presence("a1").at("09:00").status("busy"), chosen=Settings(presence_stale_hours=2))
    assert found[1][:2] == ("unknown", moment("11:00"))


# --- work -------------------------------------------------------------------------------------


def test_a_work_row_in_full() -> None:
    stream = (
        conversation()
        .at("10:00").end_user().work("requested", "w1", team_id="red")
        .at("10:01").work("assigned", "w1", agent_id="a1", team_id="blue", capacity_weight="2.5")
        .at("10:02").work("accepted", "w1", "a1")
        .at("10:03").opened("a1")
        .at("10:10").after_work_started("w1", "a1")
        .at("10:15").work("closed", "w1", "a1")
    )  # fmt: skip
    assert work(stream) == {
        "conversation_id": "c1",
        "work_id": "w1",
        "session_id": "c1/1",
        "agent_id": "a1",
        "team_id": "blue",
        "requested_at": moment("10:00"),
        "assigned_at": moment("10:01"),
        "accepted_at": moment("10:02"),
        "after_work_started_at": moment("10:10"),
        "terminal_at": moment("10:15"),
        "closed_at": moment("10:15"),
        "status": "closed",
        "capacity_weight": Decimal("2.5"),
        "is_first_work": True,
        "is_closed_by_session_end": False,
        "speed_to_answer_seconds": Decimal(120),
        "work_handle_seconds": Decimal(780),
        "after_work_seconds": Decimal(300),
        "active_seconds": Decimal(720),
        "has_clock_anomaly": False,
    }


def work_steps(*steps: WorkStep, as_of: str = LATER, **parts: Any) -> Row:
    """Tell one work item by its steps, a minute apart from 10:01 on."""
    stream = conversation().at("10:00").end_user()
    for name, by, payload in steps:
        stream.after(minutes=1)
        if name == "after_work_started":
            stream.after_work_started("w1", by)
        else:
            stream.work(name, "w1", by, **payload)
    return work(stream, as_of=as_of, **parts)


REQUESTED: WorkStep = ("requested", "system", {})
ACCEPTED: WorkStep = ("accepted", "a1", {})


@pytest.mark.parametrize(
    ("terminal", "status", "closed_at"),
    [
        ("closed", "closed", "10:02"),
        ("transferred", "transferred", "10:02"),
        ("declined", "declined", None),
        ("push_timed_out", "declined_on_push_timeout", None),
        ("canceled", "canceled", None),
    ],
)
def test_the_first_terminal_event_decides_for_good(terminal: str, status: str, closed_at: str | None) -> None:
    found = work_steps(REQUESTED, (terminal, "a1", {}), ("closed", "a1", {}), ("canceled", "system", {}), ACCEPTED)
    assert (found["status"], found["terminal_at"]) == (status, moment("10:02"))
    assert found["closed_at"] == (None if closed_at is None else moment(closed_at))
    assert found["accepted_at"] == moment("10:05")


def assigned(agent_id: str, **payload: Any) -> WorkStep:
    """An assignment by the system."""
    return ("assigned", "system", {"agent_id": agent_id, **payload})


@pytest.mark.parametrize(
    ("steps", "status", "agent_id"),
    [
        ([REQUESTED], "requested", None),
        ([("after_work_started", "a1", {})], "requested", None),
        ([REQUESTED, assigned("a1"), assigned("a2")], "assigned", "a2"),
        ([REQUESTED, assigned("a2"), ACCEPTED], "opened", "a1"),
        ([ACCEPTED, assigned("a2")], "opened", "a1"),
        ([ACCEPTED, ("accepted", "a2", {})], "opened", "a1"),
        ([REQUESTED, assigned("a2"), ("accepted", "system", {})], "opened", "a2"),
        ([("accepted", "bot-1", {}), ACCEPTED], "opened", None),
    ],
)
def test_status_and_agent_without_a_terminal_event(steps: list[WorkStep], status: str, agent_id: str | None) -> None:
    found = work_steps(*steps)
    assert (found["status"], found["agent_id"], found["terminal_at"], found["closed_at"]) == (
        status, agent_id, None, None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "team_id"),
    [
        ([("requested", "system", {"team_id": "asked"}), assigned("a1", team_id="given"), ACCEPTED], "given"),
        ([("requested", "system", {"team_id": "asked"}), assigned("a1", team_id="given"), assigned("a1")], "asked"),
        ([REQUESTED, ("requested", "system", {"team_id": "asked"}), assigned("a1"), ACCEPTED], "late"),
        ([REQUESTED, assigned("a1"), REQUESTED], "early"),
        ([REQUESTED], None),
    ],
)
def test_the_team_of_work(steps: list[WorkStep], team_id: str | None) -> None:
    memberships = [
        membership("a1", "early", "2024-03-01", "2024-03-04T10:03:00Z"),
        membership("a1", "late", "2024-03-04T10:03:00Z"),
    ]
    assert work_steps(*steps, team_memberships=memberships)["team_id"] == team_id


@pytest.mark.parametrize(
    ("steps", "weight"),
    [
        ([ACCEPTED], "1"),
        ([assigned("a1", capacity_weight=3), assigned("a1")], "1"),
        ([assigned("a1"), assigned("a1", capacity_weight="0.5")], "0.5"),
        ([assigned("a1", capacity_weight=1.0005)], "1.001"),
        ([assigned("a1", capacity_weight=0)], "0"),
        ([assigned("a1", capacity_weight=None)], "1"),
        ([assigned("a1"), ("accepted", "a1", {"capacity_weight": 7})], "1"),
    ],
)
def test_the_weight_is_the_last_assignments(steps: list[WorkStep], weight: str) -> None:
    assert work_steps(*steps)["capacity_weight"] == Decimal(weight)


def test_the_sessions_end_closes_accepted_work() -> None:
    stream = conversation().at("10:00").end_user().work("requested", "w1").at("10:01").work("accepted", "w1", "a1")
    found = work(stream, as_of=MUCH_LATER)
    assert columns([found], "status", "closed_at", "is_closed_by_session_end", "work_handle_seconds") == [
        ("closed", moment("2024-03-05 10:01"), True, Decimal(86_400))
    ]
    assert found["terminal_at"] is None


def test_work_accepted_after_the_sessions_end_has_no_durations() -> None:
    stream = (
        conversation().at("10:00").end_user().at("10:05").ended("end_user").at("10:06").work("accepted", "w1", "a1")
    )
    found = work(stream)
    names = ("status", "closed_at", "is_closed_by_session_end", "work_handle_seconds", "active_seconds")
    assert columns([found], *names, "has_clock_anomaly") == [("closed", moment("10:05"), True, None, None, True)]
    assert rows("fct_agent_timeline", stream) == []


def test_the_sessions_end_closes_no_work_that_nobody_accepted() -> None:
    stream = conversation().at("10:00").end_user().work("requested", "w1").at("10:05").ended("end_user")
    found = work(stream)
    assert (found["status"], found["closed_at"], found["is_closed_by_session_end"]) == ("requested", None, False)


def test_clocks_that_disagree_give_no_duration() -> None:
    found = work_steps(ACCEPTED, REQUESTED)
    assert (found["speed_to_answer_seconds"], found["has_clock_anomaly"]) == (None, True)
    found = work_steps(REQUESTED, ("closed", "a1", {}), ACCEPTED)
    assert columns([found], "work_handle_seconds", "active_seconds", "has_clock_anomaly") == [(None, None, True)]
    found = work_steps(ACCEPTED, ("closed", "a1", {}), ("after_work_started", "a1", {}))
    assert columns([found], "work_handle_seconds", "after_work_seconds", "has_clock_anomaly") == [
        (Decimal(60), None, True)
    ]


def test_active_seconds_are_the_agents_visits_clipped_to_the_work() -> None:
    stream = (
        conversation()
        .at("10:00").end_user().opened("a1").opened("a2")
        .at("10:02").work("accepted", "w1", "a1")
        .at("10:04").left("a1")
        .at("10:06").opened("a1")
        .at("10:09").work("closed", "w1")
        .at("10:12").left("a1")
    )  # fmt: skip
    other = conversation("c2").at("09:00").end_user().at("10:04:30").opened("a1").at("10:05").left("a1")
    assert work(stream, other)["active_seconds"] == Decimal(2 * 60 + 3 * 60)


def test_active_seconds_of_nobodys_work_are_zero() -> None:
    found = work_steps(("accepted", "bot-1", {}), ("closed", "bot-1", {}))
    assert (found["active_seconds"], found["agent_id"]) == (Decimal(0), None)


def test_an_open_visit_counts_as_active_up_to_as_of() -> None:
    stream = conversation().at("10:00").end_user().work("accepted", "w1", "a1").agent("a1")
    stream.at("10:12").work("closed", "w1", "system").received("10:10")
    assert work(stream, as_of="10:10")["active_seconds"] == Decimal(600)


def test_the_first_work_was_requested_first_else_assigned_else_known_first() -> None:
    stream = (
        conversation()
        .at("10:00").end_user()
        .at("10:01").work("canceled", "w1")
        .at("10:02").work("assigned", "w2", agent_id="a1")
        .at("10:03").work("requested", "w3")
        .at("10:04").work("requested", "w2").work("requested", "w1")
        .at("10:05").ended("a1").at("10:06").end_user().at("10:07").work("accepted", "w4", "a1")
    )  # fmt: skip
    found = {row["work_id"]: row for row in rows("fct_agent_work", stream)}
    assert {work_id for work_id, row in found.items() if row["is_first_work"]} == {"w3", "w4"}
    assert found["w4"]["session_id"] == "c1/2"


def test_work_ids_are_unique_within_a_conversation_only() -> None:
    streams = [conversation(name).at("10:00").end_user().work("accepted", "w1", "a1") for name in ("c1", "c2")]
    assert len(rows("fct_agent_work", *streams)) == 2


def test_a_work_id_makes_no_other_event_work() -> None:
    assert rows("fct_agent_work", conversation().at("10:00").end_user(work_id="w1")) == []


# --- timeline ---------------------------------------------------------------------------------


def test_segments_are_cut_at_every_change() -> None:
    stream = (
        conversation()
        .at("10:00").end_user()
        .at("10:05").work("assigned", "w1", agent_id="a1", capacity_weight="0.5")
        .at("10:10").work("accepted", "w1", "a1")
        .at("10:12").opened("a1").at("10:13").left("a1").at("10:14").agent("a1").left("a1")
        .at("10:20").work("closed", "w1")
    )  # fmt: skip
    shift = presence("a1").at("10:01").status("available", "3").at("10:11").status("busy", "3")
    shift.at("10:30").status("offline")
    found = rows("fct_agent_timeline", stream, shift, as_of="10:40")
    names = ("started_at", "status", "capacity", "visit_id", "open_work_count", "open_work_weight")
    assert [(_clock(row[0]), *row[1:]) for row in columns(found, *names)] == [
        ("10:01", "available", 3, None, 0, 0),
        ("10:10", "available", 3, None, 1, Decimal("0.5")),
        ("10:11", "busy", 3, None, 1, Decimal("0.5")),
        ("10:12", "busy", 3, "c1-004", 1, Decimal("0.5")),
        ("10:13", "busy", 3, None, 1, Decimal("0.5")),
        ("10:14", "busy", 3, None, 1, Decimal("0.5")),  # equal to its neighbour, and not merged with it
        ("10:20", "busy", 3, None, 0, 0),
        ("10:30", "offline", None, None, 0, 0),
    ]
    assert found[-1]["ended_at"] == moment("10:40")
    assert columns(found[3:5], "is_handled", "is_test_channel", "session_id") == [
        (False, False, "c1/1"),
        (False, False, None),
    ]


def test_a_segment_row_in_full() -> None:
    stream = conversation("c1", "sandbox").at("10:00").end_user().work("accepted", "w1", "a1").agent("a1")
    (only,) = rows(
        "fct_agent_timeline",
        stream,
        as_of="10:10",
        channels=[sandbox_channel("sandbox")],
        team_memberships=[membership("a1", "red", "2024-03-01")],
    )
    assert only == {
        "agent_id": "a1",
        "team_id": "red",
        "started_at": moment("10:00"),
        "ended_at": moment("10:10"),
        "status": None,
        "is_online": None,
        "is_available": None,
        "is_away": None,
        "capacity": None,
        "conversation_id": "c1",
        "session_id": "c1/1",
        "visit_id": "c1-003",
        "is_handled": True,
        "open_work_count": 1,
        "open_work_weight": Decimal(1),
        "test_work_count": 1,
        "test_work_weight": Decimal(1),
        "is_test_channel": True,
    }


def test_a_change_of_team_cuts_within_the_span_and_does_not_widen_it() -> None:
    memberships = [
        membership("a1", "red", "2024-03-04T09:00:00Z", "2024-03-04T10:05:00Z"),
        membership("a1", "blue", "2024-03-04T10:05:00Z", "2024-03-04T10:09:00Z"),
        membership("a1", "blue", "2024-03-04T10:07:00Z", "2024-03-04T12:00:00Z"),
        membership("a1", "amber", "2024-03-04T10:06:00Z", "2024-03-04T10:08:00Z"),
    ]
    shift = presence("a1").at("10:00").status("offline")
    found = rows("fct_agent_timeline", shift, as_of="11:00", team_memberships=memberships)
    assert [(_clock(row[0]), row[1]) for row in columns(found, "started_at", "team_id")] == [
        ("10:00", "red"),
        ("10:05", "blue"),
        ("10:06", "amber"),
        ("10:07", "blue"),  # and 10:08 and 10:09 change nothing
    ]
    assert found[-1]["ended_at"] == moment("11:00")


@pytest.mark.parametrize(
    ("end", "open_until"),
    [
        (("declined", "a1", {}), "10:02"),
        (("transferred", "a1", {}), "10:02"),
        (("after_work_started", "bot-1", {}), "10:30"),
    ],
)
def test_work_is_open_from_acceptance_to_its_end(end: WorkStep, open_until: str) -> None:
    stream = conversation().at("10:00").end_user().at("10:01").work("accepted", "w1", "a1").at("10:02")
    stream.event(end[0] if end[0].startswith("after") else f"work_{end[0]}", end[1], work_id="w1")
    found = rows("fct_agent_timeline", stream, as_of="10:30")
    assert columns(found, "started_at", "ended_at", "open_work_count")[0] == (moment("10:01"), moment(open_until), 1)


def test_a_transfer_moves_the_load_from_one_agent_to_the_other() -> None:
    stream = (
        conversation()
        .at("10:00").end_user()
        .at("10:01").work("accepted", "w1", "a1").at("10:03").work("transferred", "w1", "a1", to_agent_id="a2")
        .at("10:04").work("accepted", "w2", "a2").at("10:06").work("transferred", "w2", "a2", to_agent_id="a1")
        .at("10:07").work("accepted", "w3", "a1").at("10:09").work("closed", "w3", "a1")
    )  # fmt: skip
    found = [row for row in rows("fct_agent_timeline", stream) if row["open_work_count"]]
    assert [
        (row[0], _clock(row[1]), _clock(row[2])) for row in columns(found, "agent_id", "started_at", "ended_at")
    ] == [
        ("a1", "10:01", "10:03"),
        ("a2", "10:04", "10:06"),
        ("a1", "10:07", "10:09"),
    ]


def test_overlapping_work_counts_together_and_test_work_apart() -> None:
    web = conversation("c1").at("10:00").end_user().work("accepted", "w1", "a1").at("10:03").work("closed", "w1")
    trial = conversation("c2", "sandbox").at("10:01").end_user()
    trial.work("assigned", "w1", agent_id="a1", capacity_weight=2).work("accepted", "w1", "a1")
    trial.at("10:04").work("closed", "w1")
    found = rows("fct_agent_timeline", web, trial, channels=[sandbox_channel("sandbox")])
    names = ("open_work_count", "open_work_weight", "test_work_count", "test_work_weight")
    assert columns(found, *names) == [(1, 1, 0, 0), (2, 3, 1, 2), (1, 2, 1, 2)]


# --- days -------------------------------------------------------------------------------------


def test_a_day_row_in_full() -> None:
    stream = (
        conversation()
        .at("10:00").end_user()
        .at("10:00").work("assigned", "w1", agent_id="a1", capacity_weight="1.5").work("accepted", "w1", "a1")
        .at("10:10").agent("a1").at("10:20").work("closed", "w1", "a1")
        .at("10:55").opened("a1").at("11:05").left("a1")
    )  # fmt: skip
    other = conversation("c2").at("10:05").end_user().work("accepted", "w1", "a1").at("10:15").work("closed", "w1")
    shift = presence("a1").at("10:00").status("available", "3").at("10:30").status("busy")
    shift.at("10:40").status("away", "3").at("11:00").status("offline", "3")
    (only,) = rows(
        "fct_agent_days",
        stream,
        other,
        shift,
        as_of="11:30",
        team_memberships=[membership("a1", "red", "2024-03-01")],
    )
    assert only == {
        "agent_id": "a1",
        "team_id": "red",
        "activity_date": date(2024, 3, 4),
        "span_seconds": Decimal(90 * 60),
        "online_seconds": Decimal(60 * 60),
        "available_seconds": Decimal(30 * 60),
        "away_seconds": Decimal(20 * 60),
        "unknown_seconds": Decimal(0),
        "offline_seconds": Decimal(30 * 60),
        "working_seconds": Decimal(40 * 60),
        "handle_seconds": Decimal(10 * 60),
        "viewing_seconds": Decimal(5 * 60),  # until the agent goes offline
        "handle_working_seconds": Decimal(10 * 60),
        "occupied_seconds": Decimal(20 * 60),
        "open_work_seconds": Decimal(30 * 60),
        "open_weight_seconds": Decimal(20 * 90 + 10 * 60),
        "capacity_seconds": Decimal(50 * 60 * 3),  # while busy it was unlimited
    }


PRESENCE_COLUMNS = (
    "online_seconds", "available_seconds", "away_seconds", "unknown_seconds", "offline_seconds", "working_seconds",
    "handle_working_seconds", "occupied_seconds", "open_work_seconds",
)  # fmt: skip
CAPACITY_COLUMNS = ("open_weight_seconds", "capacity_seconds")


def test_without_any_presence_nothing_is_known_of_it() -> None:
    stream = conversation().at("10:00").agent("a1").work("accepted", "w1", "a1").at("10:05").work("closed", "w1", "a1")
    (only,) = rows("fct_agent_days", stream)
    assert {only[name] for name in PRESENCE_COLUMNS + CAPACITY_COLUMNS} == {None}
    assert (only["span_seconds"], only["handle_seconds"], only["viewing_seconds"]) == (300, 300, 0)


def test_presence_known_for_a_part_of_the_day_counts_the_rest_as_nothing() -> None:
    stream = conversation().at("10:00").agent("a1").at("10:05").left("a1")
    (only,) = rows("fct_agent_days", stream, presence("a1").at("10:04").status("offline"), as_of="10:10")
    assert [only[name] for name in PRESENCE_COLUMNS] == [0, 0, 0, 0, 6 * 60, 0, 0, 0, 0]
    assert (only["span_seconds"], only["handle_seconds"]) == (600, 240)
    assert {only[name] for name in CAPACITY_COLUMNS} == {None}


@pytest.mark.parametrize("capacity", ["0", None])
def test_a_capacity_of_nothing_is_known_and_no_capacity_is_not(capacity: str | None) -> None:
    (only,) = rows("fct_agent_days", presence("a1").at("10:00").status("busy", capacity))
    assert only["capacity_seconds"] == (None if capacity is None else Decimal(0))
    assert only["open_weight_seconds"] == (None if capacity is None else Decimal(0))


def test_unknown_is_counted_apart() -> None:
    found = rows("fct_agent_days", presence("a1").at("09:00").status("away", "3"), as_of="2024-03-06 12:00")
    names = ("activity_date", "online_seconds", "away_seconds", "unknown_seconds", "capacity_seconds")
    assert columns(found, *names) == [
        (date(2024, 3, 4), 15 * 3600, 15 * 3600, 0, 45 * 3600),
        (date(2024, 3, 5), 9 * 3600, 9 * 3600, 15 * 3600, 27 * 3600),
        (date(2024, 3, 6), 0, 0, 12 * 3600, None),
    ]


def test_days_leave_out_what_is_done_on_test_channels() -> None:
    stream = conversation("c1", "sandbox").at("10:00").end_user().work("accepted", "w1", "a1").agent("a1")
    stream.at("10:10").work("closed", "w1", "a1").at("10:20").opened("a1").at("10:25").left("a1")
    shift = presence("a1").at("10:00").status("available", "2")
    (only,) = rows("fct_agent_days", stream, shift, as_of="11:00", channels=[sandbox_channel("sandbox")])
    left_out = (
        "handle_seconds", "viewing_seconds", "handle_working_seconds", "occupied_seconds", "open_work_seconds",
        "open_weight_seconds",
    )  # fmt: skip
    assert {only[name] for name in left_out} == {0}
    assert (only["online_seconds"], only["capacity_seconds"]) == (3600, 7200)
    assert columns(rows("fct_messaging_sessions", stream), "handle_seconds", "viewing_seconds") == [(600, 300)]


def test_days_are_cut_at_midnight_of_the_reporting_timezone() -> None:
    stream = conversation().at("18:25").agent("a1").at("18:35").left("a1")
    kolkata = Settings(reporting_timezone="Asia/Kolkata")  # its midnight is 18:30 UTC
    names = ("activity_date", "handle_seconds")
    assert columns(rows("fct_agent_days", stream, chosen=kolkata), *names) == [
        (date(2024, 3, 4), 300),
        (date(2024, 3, 5), 300),
    ]
    assert columns(rows("fct_agent_days", stream), *names) == [(date(2024, 3, 4), 600)]


def test_a_day_in_two_teams_is_two_rows() -> None:
    memberships = [
        membership("a1", "red", "2024-03-01", "2024-03-04T10:05:00Z"),
        membership("a1", "blue", "2024-03-04T10:05:00Z"),
    ]
    stream = conversation().at("10:00").agent("a1").at("10:08").left("a1")
    found = rows("fct_agent_days", stream, team_memberships=memberships)
    assert sorted(columns(found, "team_id", "handle_seconds")) == [("blue", 180), ("red", 300)]


def test_weight_seconds_are_exact_until_they_are_rounded_once() -> None:
    shift = presence("a1").at("10:00").status("busy", "0.001")
    for millisecond in range(1, 8):
        shift.at(f"10:00:00.00{millisecond}").status("busy", "0.001")
    # Eight pieces: seven of a millionth of a capacity-second, and the last of a half-second's.
    (only,) = rows("fct_agent_days", shift, as_of="10:00:00.499")
    assert only["capacity_seconds"] == Decimal("0.000")
    (only,) = rows("fct_agent_days", shift, as_of="10:00:00.500")
    assert only["capacity_seconds"] == Decimal("0.001")


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", date(2024, 3, 4), datetime(2024, 3, 4)),
        ("America/New_York", date(2024, 3, 10), datetime(2024, 3, 10, 5)),
        ("America/New_York", date(2024, 3, 11), datetime(2024, 3, 11, 4)),
        # 00:00 becomes 01:00: the day begins at 01:00
        ("Asia/Beirut", date(2024, 3, 31), datetime(2024, 3, 30, 22)),
        # 00:00 becomes 23:00 of the day before: midnight is reached once, an hour later
        ("America/Asuncion", date(2024, 3, 24), datetime(2024, 3, 24, 4)),
        # 01:00 becomes 00:00: midnight comes twice, and the day begins with the first
        ("America/Havana", date(2024, 11, 3), datetime(2024, 11, 3, 4)),
        # 00:01 becomes 23:01 of the day before: the day had begun
        ("America/St_Johns", date(2010, 11, 7), datetime(2010, 11, 7, 2, 30)),
        # 23:30 becomes 00:30: the day begins with the jump
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 4, 30)),
        # a day that never was, and the day that came in its place
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10)),
    ],
)
def test_a_day_begins_at_the_earliest_instant_of_its_date(zone: str, day: date, begins: datetime) -> None:
    assert start_of_day(day, ZoneInfo(zone)) == begins
    a_moment = timedelta(milliseconds=1)
    assert day_of(begins - a_moment, ZoneInfo(zone)) < day <= day_of(begins, ZoneInfo(zone))


def test_a_day_does_not_end_when_the_clocks_are_set_back_behind_its_midnight() -> None:
    st_johns = ZoneInfo("America/St_Johns")
    for minutes in (0, 1, 30, 61):
        assert day_of(datetime(2010, 11, 7, 2, 30) + timedelta(minutes=minutes), st_johns) == date(2010, 11, 7)


# --- the demo ---------------------------------------------------------------------------------


def demo_input() -> RawInput:
    """The demo's raw rows, read as text, without the simulated month around the conversations made by hand."""
    raw = RawInput()
    for field in fields(raw):
        with open(PROJECT / "seeds" / "demo" / f"raw_{field.name}.csv", encoding="utf-8", newline="") as lines:
            rows = [dict(row) for row in csv.DictReader(lines)]
        setattr(raw, field.name, [row for row in rows if not (row.get("event_id") or "").startswith("sim-")])
    return raw


@pytest.fixture(scope="module")
def demo_told() -> Warehouse:
    """The demo as the reference tells it."""
    return build(demo_input())


@pytest.mark.parametrize(
    ("conversation_id", "agent_ids", "handled", "viewed"),
    [
        ("frt-within-hours", "ana", [228], []),
        ("refund-in-billing", "ben", [1015, 120], []),
        ("response-burst", "ben", [438], []),
        ("agent-initiated", "greta", [60, 120, 60], []),
        ("resolved-twice", "ana", [205], [30]),
        ("reopened-by-agent", "ana", [145, 90, 120], []),
        ("two-visits", "ana", [60, 60], []),
        ("two-visits-other", "ana", [240, 120], []),
        ("idle-capped", "dev", [960, 240], []),
        ("viewed-only", "ben dev", [355], [180]),
        ("three-at-once-a", "ana", [240, 240, 60], []),
        ("three-at-once-b", "ana", [180, 60], []),
        ("three-at-once-c", "ana", [480], [90]),
        ("after-work", "dev", [355], [300]),
        ("transferred", "chloe hugo", [115, 415], []),
        ("push-timed-out", "dev", [325, 30], []),
        ("paused-at-as-of", "femi", [235], []),
        ("active-at-as-of", "femi", [None], []),
    ],
)
def test_the_demos_visits(
    demo_told: Warehouse, conversation_id: str, agent_ids: str, handled: list[int | None], viewed: list[int]
) -> None:
    found: list[Row] = [row for row in demo_told.tables["fct_visits"] if row["conversation_id"] == conversation_id]
    found.sort(key=lambda row: row["started_at"])
    assert {row["agent_id"] for row in found} == {f"agent-{name}" for name in agent_ids.split()}
    assert [row["visit_seconds"] for row in found if row["is_handled"]] == handled
    assert [row["visit_seconds"] for row in found if not row["is_handled"]] == viewed
    sessions: list[Row] = demo_told.tables["fct_messaging_sessions"]
    (session,) = (row for row in sessions if row["conversation_id"] == conversation_id)
    assert session["handle_seconds"] == sum(seconds or 0 for seconds in handled)
    assert session["viewing_seconds"] == sum(viewed)


def test_the_demos_idle_caps(demo_told: Warehouse) -> None:
    found = [row for row in demo_told.tables["fct_visits"] if row["is_idle_capped"]]
    assert sorted(columns(found, "conversation_id", "idle_tail_seconds")) == [
        ("idle-capped", 900),
        ("refund-in-billing", 900),
    ]


@pytest.mark.parametrize(
    ("conversation_id", "work_id", "expected"),
    [
        ("after-work", "w1", {"work_handle_seconds": 690, "after_work_seconds": 300, "capacity_weight": 2}),
        ("transferred", "w1", {"status": "transferred", "work_handle_seconds": 120, "active_seconds": 115}),
        ("transferred", "w2", {"status": "closed", "work_handle_seconds": 450, "active_seconds": 415}),
        ("declined-then-accepted", "w1", {"status": "declined", "is_first_work": True}),
        ("declined-then-accepted", "w2", {"speed_to_answer_seconds": Decimal("117.6"), "is_first_work": False}),
        ("push-timed-out", "w1", {"status": "declined_on_push_timeout", "agent_id": "agent-ana"}),
        ("push-timed-out", "w2", {"speed_to_answer_seconds": Decimal("56.9"), "agent_id": "agent-dev"}),
        ("clocks-disagree", "w1", {"speed_to_answer_seconds": None, "has_clock_anomaly": True}),
        ("clocks-disagree", "w1", {"work_handle_seconds": 128}),
        ("ends-by-inactivity", "w1", {"is_closed_by_session_end": True, "status": "closed"}),
        ("second-session-after-24h", "w1", {"is_closed_by_session_end": True}),
        ("receipt-before-start", "w1", {"speed_to_answer_seconds": 122}),
        ("abandoned", "w1", {"status": "canceled", "agent_id": None}),
        ("reopened-by-customer", "w2", {"is_first_work": False}),
        ("waiting-at-as-of", "w1", {"status": "assigned"}),
        ("active-at-as-of", "w1", {"status": "opened"}),
    ],
)
def test_the_demos_work(demo_told: Warehouse, conversation_id: str, work_id: str, expected: Row) -> None:
    works: list[Row] = demo_told.tables["fct_agent_work"]
    (found,) = (row for row in works if (row["conversation_id"], row["work_id"]) == (conversation_id, work_id))
    assert {name: found[name] for name in expected} == expected


def test_the_demos_three_at_once(demo_told: Warehouse) -> None:
    segments: list[Row] = demo_told.tables["fct_agent_timeline"]
    works: list[Row] = demo_told.tables["fct_agent_work"]
    (accepted,) = (row for row in works if row["conversation_id"] == "three-at-once-a")
    start, end = accepted["accepted_at"], accepted["closed_at"]
    assert (_clock(start), _clock(end)) == ("14:01", "14:30")
    within = [
        row
        for row in segments
        if row["agent_id"] == "agent-ana" and start <= row["started_at"] and row["ended_at"] <= end
    ]
    spans = [((row["ended_at"] - row["started_at"]).total_seconds(), row["open_work_count"]) for row in within]
    assert sum(length * count for length, count in spans) == 3660
    assert sum(length for length, count in spans if count) == 1740
    assert max(count for _, count in spans) == 3


def test_the_demos_lost_log_off(demo_told: Warehouse) -> None:
    found: list[Row] = [row for row in demo_told.tables["fct_agent_presence"] if row["status"] == "unknown"]
    assert columns(found, "agent_id", "started_at", "ended_at") == [
        ("agent-greta", datetime(2026, 3, 7, 12, 29, 33, 934_000), datetime(2026, 3, 9, 7, 57, 10, 787_000))
    ]


def test_the_demos_presence_at_as_of(demo_told: Warehouse) -> None:
    found: list[Row] = [row for row in demo_told.tables["fct_agent_presence"] if row["ended_at"] is None]
    online = [row for row in found if row["is_online"]]
    assert sorted(columns(online, "agent_id", "status", "started_at")) == [
        ("agent-ana", "available", datetime(2026, 3, 15, 18, 53, 33, 907_000)),
        ("agent-dev", "away", datetime(2026, 3, 15, 19, 47, 48, 31_000)),
        ("agent-femi", "busy", datetime(2026, 3, 15, 19, 59, 58, 900_000)),
    ]


# --- what holds for any stream ----------------------------------------------------------------


# Of each kind of the day's sums: what it adds up of a segment's length. Work and visits without
# the test channels'.
SUMS_BY_SEGMENT: dict[str, Callable[[Row], int]] = {
    "span_seconds": lambda row: 1,
    "online_seconds": lambda row: int(row["is_online"] is True),
    "available_seconds": lambda row: int(row["is_available"] is True),
    "away_seconds": lambda row: int(row["is_away"] is True),
    "unknown_seconds": lambda row: int(row["status"] == "unknown"),
    "offline_seconds": lambda row: int(row["status"] == "offline"),
    "working_seconds": lambda row: int(row["is_online"] is True and not row["is_away"]),
    "handle_seconds": lambda row: int(row["is_handled"] and not row["is_test_channel"]),
    "viewing_seconds": lambda row: int(
        row["visit_id"] is not None and not row["is_handled"] and not row["is_test_channel"]
    ),
    "occupied_seconds": lambda row: int(row["is_online"] is True and row["open_work_count"] > row["test_work_count"]),
    "open_work_seconds": lambda row: (row["open_work_count"] - row["test_work_count"]) * bool(row["is_online"]),
}


def by_agent(found: list[Row]) -> dict[str, list[Row]]:
    """Rows of each agent by their start, then their end; what is still open comes last."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        grouped[row["agent_id"]].append(row)
    for rows_of_agent in grouped.values():
        rows_of_agent.sort(key=lambda row: (row["started_at"], row["ended_at"] or datetime.max))
    return grouped


def seconds_of(row: Row) -> Decimal:
    """The length of a row with a start and an end."""
    return Decimal((row["ended_at"] - row["started_at"]) // timedelta(milliseconds=1)) / 1000


def assert_agents_are_consistent(built: Warehouse) -> None:
    """Check all that the definitions promise of visits, presence, timeline and days."""
    tables: dict[str, list[Row]] = built.tables
    for table in ("fct_visits", "fct_agent_presence", "fct_agent_timeline"):
        for rows_of_agent in by_agent(tables[table]).values():
            for row, following in pairwise(rows_of_agent):
                assert row["ended_at"] is not None and row["ended_at"] <= following["started_at"]
                if table != "fct_visits":
                    assert row["ended_at"] == following["started_at"]
    _assert_visits_are_consistent(tables)
    _assert_work_is_consistent(tables)
    _assert_days_add_up(tables)


def _assert_visits_are_consistent(tables: dict[str, list[Row]]) -> None:
    visits_found = tables["fct_visits"]
    assert len({row["visit_id"] for row in visits_found}) == len(visits_found)
    messages = Counter(
        row["actor_id"] for row in tables["fct_messages"] if row["actor_type"] == "agent" and not row["is_orphan"]
    )
    counted: Counter[str] = Counter()
    for row in visits_found:
        counted[row["agent_id"]] += row["message_count"]
        assert row["event_count"] >= max(row["message_count"], 1)
        assert row["is_handled"] == (row["message_count"] > 0)
        assert row["is_idle_capped"] == (row["idle_tail_seconds"] > 0)
        assert (row["ended_at"] is None) == (row["visit_seconds"] is None)
        assert row["visit_seconds"] is None or row["visit_seconds"] >= row["idle_tail_seconds"]
    assert +counted == messages
    ended = [row for row in visits_found if row["visit_seconds"] is not None]
    for name, is_handled in (("handle_seconds", True), ("viewing_seconds", False)):
        of_sessions = sum((row[name] for row in tables["fct_messaging_sessions"]), Decimal(0))
        assert of_sessions == sum(row["visit_seconds"] for row in ended if row["is_handled"] is is_handled)


def _assert_work_is_consistent(tables: dict[str, list[Row]]) -> None:
    works = tables["fct_agent_work"]
    first = Counter(row["session_id"] for row in works if row["is_first_work"])
    assert first == Counter({row["session_id"] for row in works})
    for row in works:
        if row["active_seconds"] is not None:
            assert 0 <= row["active_seconds"] <= row["work_handle_seconds"]
        assert (row["status"] in ("closed", "transferred")) == (row["closed_at"] is not None)


def _assert_days_add_up(tables: dict[str, list[Row]]) -> None:
    segments, days = by_agent(tables["fct_agent_timeline"]), tables["fct_agent_days"]
    assert len({(row["agent_id"], row["team_id"], row["activity_date"]) for row in days}) == len(days)
    for agent_id, rows_of_agent in segments.items():
        span = seconds_of({**rows_of_agent[0], "ended_at": rows_of_agent[-1]["ended_at"]})
        days_of_agent = [row for row in days if row["agent_id"] == agent_id]
        assert span == sum(row["span_seconds"] for row in days_of_agent)
        for name, per_second in SUMS_BY_SEGMENT.items():
            of_days = sum((row[name] or Decimal(0) for row in days_of_agent), Decimal(0))
            of_segments = sum((seconds_of(row) * per_second(row) for row in rows_of_agent), Decimal(0))
            assert of_days == of_segments, (agent_id, name)
    for row in days:
        assert row["handle_seconds"] + row["viewing_seconds"] <= row["span_seconds"] <= 25 * 3600
        if row["online_seconds"] is not None:
            assert row["online_seconds"] == row["working_seconds"] + row["away_seconds"]
            known = row["online_seconds"] + row["offline_seconds"] + row["unknown_seconds"]
            assert known <= row["span_seconds"]


@given(hostile_streams(), hostile_settings())
def test_agents_are_consistent_on_hostile_streams(raw: RawInput, chosen: Settings) -> None:
    assert_agents_are_consistent(build(raw, chosen))


def test_the_demo_is_consistent(demo_told: Warehouse) -> None:
    assert_agents_are_consistent(demo_told)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Beirut"])
def test_agents_are_consistent_in_bulk(zone: str) -> None:
    assert_agents_are_consistent(build(big_stream(8, conversations=200), Settings(reporting_timezone=zone)))


def test_the_bulk_stream_reaches_every_rule_about_agents() -> None:
    early: dict[str, list[Row]] = build(big_stream(9, 400), Settings(as_of=datetime(2024, 3, 5, 8))).tables
    late: dict[str, list[Row]] = build(big_stream(9, 400)).tables

    def values(table: str, *names: str) -> set[Any]:
        found = columns(early[table] + late[table], *names)
        return {row[0] for row in found} if len(names) == 1 else set(found)

    assert values("fct_visits", "is_handled", "is_idle_capped", "ended_at") & {(True, False, None)}
    assert values("fct_visits", "is_handled") == values("fct_visits", "is_idle_capped") == {True, False}
    assert {Decimal("899.999"), Decimal(900), Decimal(0)} <= values("fct_visits", "visit_seconds")
    assert values("fct_agent_presence", "status") == {"available", "busy", "away", "offline", "unknown"}
    assert {86_400, Decimal("86399.999"), 0} <= values("fct_agent_presence", "presence_seconds")
    assert values("fct_agent_work", "status") == {
        "requested", "assigned", "opened", "closed", "transferred", "declined", "declined_on_push_timeout", "canceled",
    }  # fmt: skip
    for flag in ("is_first_work", "is_closed_by_session_end", "has_clock_anomaly"):
        assert values("fct_agent_work", flag) == {True, False}, flag
    assert len(values("fct_agent_work", "capacity_weight")) > 4
    assert None in values("fct_agent_work", "agent_id")
    assert max(values("fct_agent_timeline", "open_work_count")) > 4
    assert values("fct_agent_timeline", "is_test_channel") == {True, False}
    assert max(values("fct_agent_timeline", "test_work_count")) > 1
    assert len(values("fct_agent_timeline", "team_id")) > 3
    assert None in values("fct_agent_timeline", "status")
    assert {row["online_seconds"] is None for row in late["fct_agent_days"]} == {True, False}
    assert {row["capacity_seconds"] is None for row in late["fct_agent_days"]} == {True, False}
