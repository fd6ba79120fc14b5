"""The real-time views by hand: small centres whose every figure can be worked out on paper."""

from datetime import datetime
from typing import Any

import pytest

from builders import (
    ConversationBuilder,
    PresenceBuilder,
    RawRowDict,
    conversation,
    membership,
    policy,
    presence,
    raw_input,
    sandbox_channel,
)
from reference import ConfiguredInput, RawInput
from warehouse import Replay, Row

NOON = datetime(2024, 3, 4, 12)


def _agents(replay: Replay) -> dict[str, Row]:
    return {row["agent_id"]: row for row in replay.rows("rt_agents")}


def _told(row: Row, *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


def _promising(raw: RawInput, *policies: RawRowDict) -> RawInput:
    return ConfiguredInput(**vars(raw), sla_policies=list(policies))


def test_the_trailing_hours_are_clipped_at_both_ends(replay_as_of: Replay) -> None:
    """Online from before midnight, away for an hour, handling across the window's start and up to `as_of`."""
    ana = (
        presence("ana")
        .at("2024-03-03 22:00").status("available", capacity="3")
        .at("2024-03-04 06:00").status("away").at("2024-03-04 07:00").status("busy")
    )  # fmt: skip
    before = (      # in focus from 23:55 to 00:05: five of its ten minutes are within
        conversation("before")
        .at("2024-03-03 23:50").end_user().at("2024-03-03 23:55").opened("ana").agent("ana")
        .at("2024-03-04 00:05").left("ana").resolved("ana")
    )  # fmt: skip
    earlier = (     # ends with the window's first instant, and is not within
        conversation("earlier")
        .at("2024-03-03 23:30").end_user().at("2024-03-03 23:40").opened("ana").agent("ana")
        .at("2024-03-03 23:50").left("ana").at("2024-03-04 00:00").end_user()
    )  # fmt: skip
    viewed = conversation("viewed").at("08:00").end_user().at("08:01").opened("ana").at("08:04").left("ana")
    running = (     # still in focus at noon: two minutes of it have passed
        conversation("running").at("11:50").end_user().at("11:58").opened("ana").agent("ana")
    )  # fmt: skip
    replay_as_of.build_only(raw_input(ana, before, earlier, viewed, running), NOON, ["rt_agents"])
    (agent,) = _agents(replay_as_of).values()
    assert _told(agent, "trailing_started_at", "as_of") == (datetime(2024, 3, 4), NOON)
    assert _told(agent, "online_seconds", "available_seconds", "away_seconds", "working_seconds") == (
        12 * 3600,
        6 * 3600,
        3600,
        11 * 3600,
    )
    assert _told(agent, "handle_seconds", "handled_session_count", "average_handle_seconds") == (420, 2, 210)
    assert _told(agent, "p50_handle_seconds", "p95_handle_seconds") == (120, 300)
    assert agent["handle_working_seconds"] == 420
    assert agent["utilisation_rate"] == 420 / (11 * 3600)
    assert agent["resolved_session_count"] == 1
    assert _told(agent, "status", "status_since_at") == ("busy", datetime(2024, 3, 4, 7))
    assert _told(agent, "focus_conversation_id", "focus_since_at") == ("running", datetime(2024, 3, 4, 11, 58))


@pytest.mark.parametrize(
    ("resolved_at", "count"),
    [("2024-03-03 23:59:59.999", 0), ("2024-03-04 00:00", 1), ("11:59:59.999", 1), ("12:00", 0)],
)
def test_the_window_is_half_open(replay_as_of: Replay, resolved_at: str, count: int) -> None:
    ana = presence("ana").at("2024-03-03 22:00").status("available")
    stream = conversation("c1").at("2024-03-03 22:10").end_user().at(resolved_at).resolved("ana")
    replay_as_of.build_only(raw_input(ana, stream), NOON, ["rt_agents"])
    assert _agents(replay_as_of)["ana"]["resolved_session_count"] == count


def test_only_who_is_online_has_a_row(replay_as_of: Replay) -> None:
    streams: list[ConversationBuilder | PresenceBuilder] = [
        presence("gone").at("08:00").status("available").at("09:00").status("offline"),
        presence("just-now").at("12:00").status("available"),
        presence("leaving").at("08:00").status("busy").at("12:00").status("offline"),
        presence("lost").at("2024-03-02 08:00").status("available"),
        presence("resting").at("11:00").status("away"),
        conversation("c1").at("11:00").end_user().at("11:01").agent("never-logged-on"),
    ]
    replay_as_of.build_only(raw_input(*streams), NOON, ["rt_agents"])
    agents = _agents(replay_as_of)
    assert set(agents) == {"just-now", "resting"}
    assert _told(agents["just-now"], "status", "online_seconds", "handle_seconds") == ("available", None, 0)
    assert _told(agents["resting"], "status", "away_seconds", "utilisation_rate") == ("away", 3600, None)


def test_what_is_owned_is_accepted_and_not_closed(replay_as_of: Replay) -> None:
    ana = presence("ana").at("09:00").status("available", capacity="4")
    ben = presence("ben").at("09:00").status("available").at("11:00").status("offline")
    answered = (
        conversation("answered")
        .at("10:00").end_user().work("assigned", "w1", agent_id="ana", capacity_weight=1.5)
        .at("10:05").work("accepted", "w1", by="ana").at("10:06").agent("ana")
    )  # fmt: skip
    waiting = (
        conversation("waiting")
        .at("10:10").end_user().work("requested", "w1").at("10:15").work("accepted", "w1", by="ana")
        .at("10:20").work("accepted", "w2", by="ana").at("11:30").end_user()
    )  # fmt: skip
    left_behind = (
        conversation("left-behind")
        .at("10:00").end_user().work("requested", "w").at("10:30").work("accepted", "w", by="ben")
    )  # fmt: skip
    offered = conversation("offered").at("11:00").end_user().work("assigned", "w", agent_id="ana")
    closed = (
        conversation("closed").at("10:00").end_user().work("accepted", "w", by="ana").at("10:40").work("closed", "w")
    )
    over = conversation("over").at("10:00").end_user().work("accepted", "w", by="ana").at("10:40").ended("end_user")
    tried = conversation("tried", channel_id="sandbox").at("10:00").end_user().work("accepted", "w", by="ana")
    replay_as_of.build_only(
        raw_input(
            ana, ben, answered, waiting, left_behind, offered, closed, over, tried,
            channels=[sandbox_channel("sandbox")],
        ),
        NOON,
        ["rt_agents", "rt_owned_sessions"],
    )  # fmt: skip
    agent = _agents(replay_as_of)["ana"]
    assert _told(agent, "open_work_count", "open_work_weight", "owned_session_count") == (3, 3.5, 2)
    assert agent["waiting_session_count"] == 1
    owned = {row["session_id"]: row for row in replay_as_of.rows("rt_owned_sessions")}
    assert {
        session_id: _told(row, "agent_id", "owned_since_at", "open_work_count", "is_waiting", "is_agent_online")
        for session_id, row in owned.items()
    } == {
        "answered/1": ("ana", datetime(2024, 3, 4, 10, 5), 1, False, True),
        "waiting/1": ("ana", datetime(2024, 3, 4, 10, 15), 2, True, True),
        "left-behind/1": ("ben", datetime(2024, 3, 4, 10, 30), 1, True, False),
    }
    assert owned["left-behind/1"]["agent_status"] == "offline"


def test_messages_of_open_sessions_are_numbered_in_their_order(replay_as_of: Replay) -> None:
    stream = (
        conversation("c1")
        .at("10:00").end_user("hello").failed("lost").at("10:01").agent("ana", "hi").end_user("same instant")
        .at("10:02").delivered("m2")
    )  # fmt: skip
    over = conversation("over").at("10:00").end_user("bye").ended("end_user")
    replay_as_of.build_only(raw_input(stream, over), NOON, ["rt_session_messages"])
    shown = sorted(replay_as_of.rows("rt_session_messages"), key=lambda row: int(row["message_number"]))
    assert [
        _told(row, "session_id", "message_number", "message_text", "actor_type", "delivery_status") for row in shown
    ] == [
        ("c1/1", 1, "hello", "end_user", "sent"),
        ("c1/1", 2, "same instant", "end_user", "sent"),
        ("c1/1", 3, "hi", "agent", "delivered"),
    ]


def test_teams_without_anything_waiting_are_shown(replay_as_of: Replay) -> None:
    people = [
        presence("ana").at("09:00").status("available"),
        presence("ben").at("09:00").status("away"),
        presence("kim").at("09:00").status("busy"),
    ]
    memberships = [
        membership("ana", "orders", "2024-01-01", "2024-03-04T12:00:00Z"),
        membership("ana", "support", "2024-03-04T12:00:00Z"),
        membership("ben", "orders", "2024-01-01"),
    ]
    replay_as_of.build_only(raw_input(*people, team_memberships=memberships), NOON, ["rt_queues"])
    queues = {row["team_id"]: row for row in replay_as_of.rows("rt_queues")}
    counts = ("waiting_session_count", "online_agent_count", "available_agent_count", "away_agent_count")
    assert {team: _told(row, *counts) for team, row in queues.items()} == {
        "orders": (0, 1, 0, 1),
        "support": (0, 1, 1, 0),
        "(none)": (0, 1, 0, 0),
    }
    assert {row["longest_wait_seconds"] for row in queues.values()} == {None}


def test_queues_tell_who_waits_how_long_and_what_falls_due(replay_as_of: Replay) -> None:
    """A promise of half an hour to answer, and of two hours to resolve, on the calendar."""
    due = conversation("due").at("11:35").end_user().work("requested", "w", team_id="orders")
    later = conversation("later").at("11:46").end_user().work("requested", "w", team_id="orders")
    overdue = conversation("overdue").at("11:00").end_user().work("requested", "w", team_id="orders")
    moved = (  # asked for in one team, and waiting in the next; answered in time
        conversation("moved")
        .at("11:20").end_user().work("requested", "w", team_id="orders").at("11:30").work("accepted", "w", by="ana")
        .at("11:31").agent("ana").at("11:50").work("transferred", "w", by="ana", to_team_id="support")
        .work("requested", "w2", team_id="support")
    )  # fmt: skip
    nowhere = conversation("nowhere").at("11:59").end_user()
    talking = conversation("talking").at("10:10").end_user().at("10:20").agent("ana")  # due to be resolved at 12:10
    done = conversation("done").at("10:10").end_user().at("10:20").agent("ana").resolved("ana")
    over = conversation("over").at("10:00").end_user().at("11:50").ended("end_user")
    tried = conversation("tried", channel_id="sandbox").at("11:00").end_user().work("requested", "w", team_id="orders")
    raw = raw_input(
        due, later, overdue, moved, nowhere, talking, done, over, tried, channels=[sandbox_channel("sandbox")]
    )
    promised = (
        policy("answer", "first_response", 1800, clock="calendar"),
        policy("resolve", "resolution", 7200, clock="calendar"),
    )
    replay_as_of.build_only(_promising(raw, *promised), NOON, ["rt_queues"])
    queues = {row["team_id"]: row for row in replay_as_of.rows("rt_queues")}
    told = ("waiting_session_count", "longest_wait_seconds", "sla_due_count", "sla_overdue_count")
    assert {team: _told(row, *told) for team, row in queues.items()} == {
        "orders": (3, 3600, 1, 1),
        "support": (1, 600, 0, 0),
        "(none)": (1, 60, 1, 0),
    }


@pytest.mark.parametrize(
    ("asked_at", "due_count", "overdue_count"),
    [("11:29:59.999", 0, 1), ("11:30", 1, 0), ("11:45", 1, 0), ("11:45:00.001", 0, 0)],
)
def test_a_promise_is_due_from_the_moment_it_runs_out_to_a_quarter_of_an_hour_before(
    replay_as_of: Replay, asked_at: str, due_count: int, overdue_count: int
) -> None:
    raw = raw_input(conversation("c1").at(asked_at).end_user())
    replay_as_of.build_only(
        _promising(raw, policy("answer", "first_response", 1800, clock="calendar")), NOON, ["rt_queues"]
    )
    (queue,) = replay_as_of.rows("rt_queues")
    assert _told(queue, "team_id", "sla_due_count", "sla_overdue_count") == ("(none)", due_count, overdue_count)


def test_satisfaction_counts_when_it_is_told(replay_as_of: Replay) -> None:
    def asked(name: str, answered_at: str, score: int) -> ConversationBuilder:
        return (
            conversation(name)
            .at("2024-03-03 20:00").end_user().at("2024-03-03 20:10").resolved("ana").csat_requested("s")
            .at(answered_at).csat_responded("s", score)
        )  # fmt: skip

    streams: list[ConversationBuilder | PresenceBuilder] = [
        presence("ana").at("2024-03-03 18:00").status("available"),
        asked("yesterday", "2024-03-03 23:59:59.999", 5),
        asked("at-first", "2024-03-04 00:00", 4),
        asked("unhappy", "2024-03-04 09:00", 3),
        asked("absurd", "2024-03-04 09:00", 11),
        asked("this-moment", "2024-03-04 12:00", 5),
    ]
    replay_as_of.build_only(raw_input(*streams), NOON, ["rt_agents"])
    agent = _agents(replay_as_of)["ana"]
    assert _told(agent, "valid_survey_count", "satisfied_survey_count", "csat_rate") == (2, 1, 0.5)
