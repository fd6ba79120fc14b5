"""The workload by hour, held against the facts it is made of, hour by hour and without its shortcuts."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conftest import ELSEWHERE
from strategies import big_stream
from warehouse import Replay

Row = dict[str, Any]
HOUR = timedelta(hours=1)


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(milliseconds=1)) / 1000


def _by_channel(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row["is_test_channel"]:
            found[row["channel_id"] or "(none)"].append(row)
    return found


def _waiting_until(response: Row, session: Row, cycles: list[Row]) -> datetime | None:
    """When a customer's run is answered; else when what stands at the end lets nobody wait any longer."""
    standing = max(cycles, key=lambda cycle: cycle["cycle_number"])["resolved_at"]
    return min((moment for moment in (response["responded_at"], standing, session["ended_at"]) if moment), default=None)


def _stretches(replay: Replay) -> dict[str, dict[str, list[tuple[datetime, datetime | None]]]]:
    """Since when and until when sessions are in a backlog, by channel and backlog."""
    sessions = {row["session_id"]: row for row in replay.rows("fct_messaging_sessions")}
    cycles: dict[str, list[Row]] = defaultdict(list)
    for row in replay.rows("fct_resolutions"):
        cycles[row["session_id"]].append(row)
    found: dict[str, dict[str, list[tuple[datetime, datetime | None]]]] = defaultdict(lambda: defaultdict(list))
    for channel, rows in _by_channel(list(sessions.values())).items():
        found[channel]["open"] = [(row["started_at"], row["ended_at"]) for row in rows]
        for session in rows:
            for cycle in cycles[session["session_id"]]:
                ends = [moment for moment in (cycle["resolved_at"], session["ended_at"]) if moment]
                found[channel]["unresolved"].append((cycle["opened_at"], min(ends, default=None)))
    for channel, rows in _by_channel(replay.rows("fct_responses")).items():
        for row in rows:
            if row["responder_type"] != "end_user":
                session = sessions[row["session_id"]]
                until = _waiting_until(row, session, cycles[row["session_id"]])
                found[channel]["unanswered"].append((row["prompted_first_at"], until))
    return found


def _assert_every_hour_is_true(replay: Replay, zone: str) -> list[Row]:
    hours = {row["hour_started_at"]: row for row in replay.rows("dim_hours")}
    for started_at, hour in hours.items():
        local = started_at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
        assert (hour["date_day"], hour["hour_of_day"]) == (local.date(), local.hour)
        assert hour["hour_ended_at"] == started_at + HOUR
    (as_of,) = (row["as_of"] for row in replay.rows("dim_build"))
    stretches = _stretches(replay)
    visits = _by_channel(replay.rows("fct_visits"))
    messages = _by_channel(replay.rows("fct_messages"))
    unrecorded_channels = {
        row["channel_id"] or "(none)"
        for row in replay.rows("fct_messaging_sessions")
        if not row["are_messages_recorded"]
    }
    mart = replay.rows("mart_workload_by_hour")
    assert len({(row["hour_started_at"], row["channel_id"]) for row in mart}) == len(mart)
    for row in mart:
        start, end = row["hour_started_at"], hours[row["hour_started_at"]]["hour_ended_at"]
        told_at = min(end, as_of)

        # Nobody knows in which hour of its days an unrecorded session had messages, so none of them says 0.
        nothing = None if row["unrecorded_session_count"] else 0

        def unless_unrecorded(count: int, nothing: int | None = nothing) -> int | None:
            return count or nothing

        def within(moment: datetime | None, start: datetime = start, end: datetime = end) -> bool:
            return moment is not None and start <= moment < end

        backlogs = stretches[row["channel_id"]]
        assert row["session_count"] == sum(within(since) for since, _ in backlogs["open"])
        assert row["session_end_count"] == sum(within(until) for _, until in backlogs["open"])
        for backlog, spans in backlogs.items():
            inside = [
                since for since, until in spans if since < end and (until is None or until >= end) and since != until
            ]
            left = unless_unrecorded(len(inside)) if backlog == "unanswered" else len(inside)
            assert row[f"{backlog}_session_count"] == left, (backlog, row)
            if backlog != "open":
                longest = row[f"longest_{backlog}_seconds"]
                assert longest == (_seconds(told_at - min(inside)) if inside and min(inside) <= told_at else None), row
        sent = [m for m in messages[row["channel_id"]] if within(m["sent_at"])]
        assert row["agent_message_count"] == unless_unrecorded(sum(m["actor_type"] == "agent" for m in sent)), row
        assert row["unrecorded_session_count"] == 0 or row["channel_id"] in unrecorded_channels
        handled = [
            (visit["session_id"], max(visit["started_at"], start), min(visit["ended_at"] or as_of, end))
            for visit in visits[row["channel_id"]]
            if visit["is_handled"]
            and (within(visit["started_at"]) or (visit["started_at"] < start and (visit["ended_at"] or as_of) > start))
        ]
        assert row["handled_session_count"] == len({session for session, _, _ in handled}), row
        spent = sum((max(until - since, timedelta()) for _, since, until in handled), timedelta())
        assert row["handle_seconds"] == _seconds(spent), row
    return mart


CASES: dict[str, tuple[str, str, Callable[[Replay], None]]] = {
    "by default": ("replay", "UTC", lambda replay: replay.build(big_stream(11, conversations=120))),
    "while much is open": (
        "replay_as_of", "UTC",
        lambda replay: replay.build(big_stream(12, conversations=120), datetime(2024, 3, 5, 8, 20)),
    ),
    "over odd midnights": (
        "replay_elsewhere", str(ELSEWHERE["reporting_timezone"]),
        lambda replay: replay.build(big_stream(200, conversations=120)),
    ),
}  # fmt: skip


# A replay with other vars costs a parse: of the two tests that want it here, the deep ones have this.
DEEP = "over odd midnights"


@pytest.mark.parametrize("case", [pytest.param(case, marks=[pytest.mark.deep] * (case == DEEP)) for case in CASES])
def test_every_hour_tells_what_came_was_done_and_is_left(request: pytest.FixtureRequest, case: str) -> None:
    fixture, zone, run = CASES[case]
    replay: Replay = request.getfixturevalue(fixture)
    run(replay)
    mart = _assert_every_hour_is_true(replay, zone)
    assert all((row["unanswered_session_count"] or 0) <= row["open_session_count"] for row in mart)
    assert all(row["unresolved_session_count"] <= row["open_session_count"] for row in mart)
    assert any((row["unanswered_session_count"] or 0) > 1 for row in mart)
    assert any(row["handle_seconds"] for row in mart)
    assert any(row["unresolved_session_count"] < row["open_session_count"] for row in mart)
