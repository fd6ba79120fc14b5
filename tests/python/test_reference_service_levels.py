"""Service levels, surveys and sentiment in the reference: each rule in one small case, the demo, any stream."""

import csv
import random
import re
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from builders import (
    ConversationBuilder,
    channel,
    conversation,
    membership,
    moment,
    opening_hours,
    policy,
    raw_input,
    schedule,
)
from reference import SERVICE_COLUMNS, SERVICE_TABLES, ConfiguredInput, RawInput, Settings, Warehouse, build
from reference.business_time import ConfigurationError
from reference.inputs import RawTable
from reference.sentiment import Lexicon, label
from reference.service_levels import read_policies
from strategies import big_configuration, big_stream, configured_streams

PROJECT = Path(__file__).resolve().parents[2]
# Loosely typed: a test knows what a column holds.
Row = dict[str, Any]

EVENING = "2024-03-04 20:00"
MUCH_LATER = "2024-04-01 00:00"
OFFICE: dict[str, RawTable] = {
    "business_hours": [schedule()],
    "business_hour_intervals": opening_hours("12345", "09:00-17:00"),
}
MOODS: RawTable = [
    {"emoji": "😡", "sentiment_score": "-0.95"},
    {"emoji": "🤔", "sentiment_score": "-0.1"},
    {"emoji": "❤", "sentiment_score": "0.95"},
    {"emoji": "👍", "sentiment_score": "0.7"},
]


def told(
    *streams: ConversationBuilder,
    policies: RawTable | None = None,
    memberships: RawTable | None = None,
    as_of: str = EVENING,
) -> Warehouse:
    """Build streams on a channel that is open from nine to five on workdays, as seen at `as_of`."""
    raw = raw_input(*streams, team_memberships=memberships, channels=[channel("ch1", "office"), channel("ch2")])
    configured = ConfiguredInput(**vars(raw), **OFFICE, sla_policies=policies or [], emoji_sentiment=MOODS)
    return build(configured, Settings(as_of=moment(as_of), with_service_levels=True))


def session(*streams: ConversationBuilder, as_of: str = EVENING) -> Row:
    """The one session there is."""
    (only,) = told(*streams, as_of=as_of).tables["fct_messaging_sessions"]
    return dict(only)


def outcomes(
    *streams: ConversationBuilder, policies: RawTable, memberships: RawTable | None = None, as_of: str = EVENING
) -> list[Row]:
    """The outcomes, by the start of their clocks."""
    found: list[Row] = told(*streams, policies=policies, memberships=memberships, as_of=as_of).tables[
        "fct_sla_outcomes"
    ]
    return sorted(found, key=lambda row: (row["started_at"], row["metric"]))


def outcome(*streams: ConversationBuilder, policies: RawTable, as_of: str = EVENING) -> Row:
    """The one outcome there is."""
    (only,) = outcomes(*streams, policies=policies, as_of=as_of)
    return only


def surveys(*streams: ConversationBuilder, memberships: RawTable | None = None, as_of: str = EVENING) -> dict[Any, Row]:
    """The surveys by id."""
    found = told(*streams, memberships=memberships, as_of=as_of).tables["fct_csat_responses"]
    return {row["survey_id"]: row for row in found}


def columns(rows: list[Row], *names: str) -> list[tuple[Any, ...]]:
    """Some columns of rows."""
    return [tuple(row[name] for name in names) for row in rows]


# --- what is published ------------------------------------------------------------------------


def test_service_levels_are_published_on_demand_alone() -> None:
    raw = big_configuration(1).applied_to(big_stream(1, conversations=20))
    without = build(raw).tables
    added = build(raw, Settings(with_service_levels=True)).tables
    assert added.keys() - without.keys() == set(SERVICE_TABLES)
    for name, rows in without.items():
        new_columns = SERVICE_COLUMNS.get(name, frozenset())
        for row, fuller in zip(rows, added[name], strict=True):
            assert fuller.keys() - row.keys() == new_columns
            assert {key: fuller[key] for key in row} == row


def test_without_configuration_business_time_is_all_time_and_nothing_is_due() -> None:
    tables = build(big_stream(1, conversations=20), Settings(with_service_levels=True)).tables
    for row in tables["fct_messaging_sessions"]:
        assert row["first_response_business_seconds"] == row["first_response_seconds"]
        assert row["resolution_business_seconds"] == row["resolution_seconds"]
    assert tables["fct_sla_outcomes"] == []


# --- business durations -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answered", "business", "calendar"), [("10:00", "10:05", 300, 300), ("08:00", "09:20", 1200, 4800)]
)
def test_first_response_in_business_time(asked: str, answered: str, business: int, calendar: int) -> None:
    row = session(conversation().at(asked).end_user().at(answered).agent("a1"))
    assert row["first_response_business_seconds"] == business
    assert row["first_response_seconds"] == calendar


def test_first_response_in_business_time_runs_from_the_handoff() -> None:
    stream = conversation().at("08:00").end_user().at("08:30").handoff().at("09:10").agent("a1")
    assert session(stream)["first_response_business_seconds"] == 600


def test_nothing_answered_is_null_and_a_closed_business_is_zero() -> None:
    unanswered = session(conversation().at("10:00").end_user())
    assert unanswered["first_response_business_seconds"] is None
    assert unanswered["first_resolution_business_seconds"] is None
    night = session(conversation().at("18:00").end_user().at("19:00").agent("a1").resolved("a1"))
    assert night["first_response_business_seconds"] == 0
    assert night["first_resolution_business_seconds"] == 0


def test_responses_and_resolutions_in_business_time() -> None:
    stream = (
        conversation().at("08:30").end_user().at("09:10").end_user().at("09:20").agent("a1").resolved("a1")
        .at("16:50").end_user().at("18:00").agent("a1").resolved("a1")
    )  # fmt: skip
    tables = told(stream).tables
    by_agent: list[Row] = [row for row in tables["fct_responses"] if row["responder_type"] == "agent"]
    assert columns(by_agent, "wait_business_seconds", "response_business_seconds") == [(1200, 600), (600, 600)]
    (by_end_user,) = (row for row in tables["fct_responses"] if row["responder_type"] == "end_user")
    assert by_end_user["wait_business_seconds"] == 27_000
    assert columns(tables["fct_resolutions"], "resolution_business_seconds") == [(1200,), (600,)]
    (whole,) = tables["fct_messaging_sessions"]
    assert (whole["first_resolution_business_seconds"], whole["resolution_business_seconds"]) == (1200, 28_800)


# --- outcomes ---------------------------------------------------------------------------------

HALF_AN_HOUR = [policy("p1", "first_response", 1800)]


@pytest.mark.parametrize(
    ("answered", "status"),
    [
        ("2024-03-11 09:14:59.999", "met"),
        ("2024-03-11 09:15", "met"),
        ("2024-03-11 09:15:00.001", "breached"),
    ],
)
def test_a_target_over_the_weekend_is_breached_strictly_after(answered: str, status: str) -> None:
    stream = conversation().at("2024-03-08 16:45").end_user()
    stream.at("2024-03-09 16:00").pended("a1").at("2024-03-10 15:30").pended("a1")  # else it ends by inactivity
    row = outcome(stream.at(answered).agent("a1"), policies=HALF_AN_HOUR, as_of="2024-03-11 12:00")
    assert row["due_at"] == moment("2024-03-11 09:15")
    assert (row["sla_status"], row["is_met"], row["is_breached"]) == (status, status == "met", status == "breached")


def test_a_session_that_ends_by_inactivity_over_the_weekend_is_cancelled() -> None:
    stream = conversation().at("2024-03-08 16:45").end_user().at("2024-03-11 09:10").agent("a1")
    row = outcome(stream, policies=HALF_AN_HOUR, as_of="2024-03-11 12:00")
    assert (row["session_id"], row["elapsed_seconds"], row["sla_status"]) == ("c1/1", 900, "cancelled")


def test_due_exactly_at_closing_and_met_at_the_next_opening() -> None:
    stream = conversation().at("16:30").end_user().at("2024-03-05 09:00").agent("a1")
    row = outcome(stream, policies=HALF_AN_HOUR, as_of="2024-03-05 12:00")
    assert (row["due_at"], row["elapsed_seconds"], row["sla_status"]) == (moment("17:00"), 1800, "met")
    assert row["stopped_at"] == moment("2024-03-05 09:00")


def test_on_the_calendar_the_night_counts() -> None:
    stream = conversation().at("16:45").end_user().at("2024-03-05 09:00").agent("a1")
    row = outcome(stream, policies=[policy("p1", "first_response", 1800, "calendar")], as_of="2024-03-05 12:00")
    assert (row["due_at"], row["elapsed_seconds"], row["sla_status"]) == (moment("17:15"), 58_500, "breached")
    assert (row["clock"], row["target_seconds"]) == ("calendar", 1800)


@pytest.mark.parametrize(
    ("as_of", "status", "elapsed"),
    [
        ("10:30", "running", 1800),
        ("10:30:00.001", "breached", Decimal("1800.001")),
        ("18:00", "breached", 7 * 3600),
        ("10:00", "running", 0),
    ],
)
def test_unanswered_while_the_session_is_open(as_of: str, status: str, elapsed: Decimal) -> None:
    row = outcome(conversation().at("10:00").end_user(), policies=HALF_AN_HOUR, as_of=as_of)
    assert (row["sla_status"], row["elapsed_seconds"], row["stopped_at"], row["agent_id"]) == (
        status, elapsed, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(("ended", "status"), [("10:30", "cancelled"), ("10:31", "breached")])
def test_unanswered_when_the_session_ended(ended: str, status: str) -> None:
    stream = conversation().at("10:00").end_user().at(ended).ended("end_user")
    assert outcome(stream, policies=HALF_AN_HOUR)["sla_status"] == status


def test_a_clock_that_starts_after_the_end_has_run_for_nothing() -> None:
    stream = conversation().at("10:00").end_user().at("10:01").ended("end_user").at("10:05").handoff()
    row = outcome(stream, policies=HALF_AN_HOUR)
    assert (row["started_at"], row["elapsed_seconds"], row["sla_status"]) == (moment("10:05"), 0, "cancelled")


def test_a_target_of_nothing_is_due_at_once() -> None:
    stream = conversation().at("08:00").end_user().at("09:00").agent("a1")
    row = outcome(stream, policies=[policy("p1", "first_response", 0)])
    assert (row["due_at"], row["sla_status"]) == (moment("08:00"), "met")


def test_only_inbound_sessions_have_a_first_response() -> None:
    stream = conversation().at("10:00").agent("a1").at("10:10").end_user().at("10:20").agent("a1")
    assert outcomes(stream, policies=HALF_AN_HOUR) == []
    (row,) = outcomes(stream, policies=[policy("n", "next_response", 1800)])
    assert (row["response_number"], row["elapsed_seconds"], row["agent_id"]) == (2, 600, "a1")


NEXT = [policy("n", "next_response", 300)]


def test_next_responses_leave_out_the_first_and_take_in_who_still_waits() -> None:
    stream = (
        conversation().at("10:00").end_user().at("10:01").agent("a1")
        .at("10:10").end_user().at("10:12").end_user().at("10:16").agent("a2")
        .at("10:20").end_user()
    )  # fmt: skip
    rows = outcomes(stream, policies=NEXT, as_of="10:24")
    assert columns(rows, "response_number", "started_at", "elapsed_seconds", "sla_status", "agent_id") == [
        (3, moment("10:10"), 360, "breached", "a2"),
        (5, moment("10:20"), 240, "running", None),
    ]


def test_who_waits_for_a_first_response_waits_for_no_next_one() -> None:
    assert outcomes(conversation().at("10:00").end_user(), policies=NEXT) == []
    answered_by_bot = conversation().at("10:00").end_user().at("10:01").bot().at("10:02").end_user()
    assert outcomes(answered_by_bot, policies=NEXT) == []


def test_an_agent_who_stopped_the_clock_without_answering_makes_the_rest_next() -> None:
    """The bot has answered the customer's run: the agent's message stops the clock and is no response."""
    stream = (
        conversation().at("10:00").end_user().at("10:01").bot().at("10:02").agent("a1").at("10:03").end_user()
    )  # fmt: skip
    rows = outcomes(stream, policies=NEXT, as_of="10:04")
    assert columns(rows, "response_number", "started_at", "sla_status") == [(3, moment("10:03"), "running")]


def test_resolution_is_measured_once_and_of_any_origin() -> None:
    stream = (
        conversation().at("10:00").agent("a1").at("10:30").resolved("a2").at("11:00").end_user().at("11:30").resolved("a1")
    )  # fmt: skip
    row = outcome(stream, policies=[policy("r", "resolution", 3600)])
    assert (row["elapsed_seconds"], row["agent_id"], row["stopped_at"]) == (1800, "a2", moment("10:30"))
    assert row["response_number"] is None
    by_bot = conversation().at("10:00").end_user().at("10:30").resolved("bot-1")
    assert outcome(by_bot, policies=[policy("r", "resolution", 3600)])["agent_id"] is None


# --- which policy -----------------------------------------------------------------------------


def chosen(stream: ConversationBuilder, *policies: dict[str, str | None]) -> list[Any]:
    """The policies of all outcomes."""
    return [row["policy_id"] for row in outcomes(stream, policies=list(policies))]


def test_the_most_specific_policy_wins_and_then_the_smaller_id() -> None:
    stream = conversation().at("10:00").topic_added("refund").handoff(team_id="t1").end_user()
    any_scope = policy("a", "first_response", 60)
    of_channel = policy("d", "first_response", 60, channel_id="ch1")
    of_team = policy("c", "first_response", 60, team_id="t1")
    of_both = policy("z", "first_response", 60, channel_id="ch1", topic_id="refund")
    elsewhere = policy("b", "first_response", 60, channel_id="ch2", team_id="t1", topic_id="refund")
    assert chosen(stream, any_scope, elsewhere) == ["a"]
    assert chosen(stream, any_scope, of_channel, of_team) == ["c"]
    assert chosen(stream, any_scope, of_channel, of_team, of_both, elsewhere) == ["z"]
    assert chosen(stream, elsewhere, policy("r", "resolution", 60)) == ["r"]


def test_ids_compare_by_code_point() -> None:
    names = ["a", "B", "é", "Z"]
    policies = [policy(name, "first_response", 60) for name in names]
    assert chosen(conversation().at("10:00").end_user(), *policies) == ["B"]


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({}, True),
        ({"valid_from": "2024-03-04T10:00:00Z"}, True),
        ({"valid_from": "2024-03-04T10:00:00.001Z"}, False),
        ({"valid_to": "2024-03-04T10:00:00Z"}, False),
        ({"valid_to": "2024-03-04T10:00:00.001Z"}, True),
        ({"valid_from": "2024-03-04", "valid_to": "2024-03-05"}, True),
        ({"valid_to": "2024-03-04"}, False),
    ],
)
def test_a_policy_is_valid_when_the_clock_starts(bounds: dict[str, str], holds: bool) -> None:
    stream = conversation().at("10:00").end_user()
    assert chosen(stream, policy("p1", "first_response", 60, **bounds)) == (["p1"] if holds else [])


@pytest.mark.parametrize(
    "wrong", [{"metric": "second_response"}, {"clock": "wall"}, {"target_seconds": "soon"}, {"valid_from": "soon"}]
)
def test_a_policy_that_cannot_be_meant_stops_the_build(wrong: dict[str, str | None]) -> None:
    with pytest.raises(ConfigurationError):
        read_policies([policy("p1", "first_response", 60) | wrong])


def test_the_team_is_that_of_the_last_routing_before_the_start_else_of_the_first_after() -> None:
    def team(stream: ConversationBuilder) -> Any:
        return outcome(stream, policies=HALF_AN_HOUR)["team_id"]

    assert team(conversation().at("10:00").end_user().at("10:01").agent("a1")) is None
    before = conversation().at("09:00").handoff(team_id="t1").at("09:05").work("requested", "w1", team_id="t2")
    before.at("10:00")
    assert team(before.end_user().after(minutes=1).work("assigned", "w1", agent_id="a1", team_id="t3")) == "t2"
    after = conversation().at("10:00").end_user().after(minutes=1).work("requested", "w1")
    after.after(minutes=1).work("transferred", "w1", "a1", to_team_id="t4").work("requested", "w2", team_id="t5")
    assert team(after) == "t5"  # within one instant a request ranks before a transfer
    at_the_start = conversation().at("09:00").handoff(team_id="t0").at("10:00").end_user()
    at_the_start.work("requested", "w1", team_id="t1")
    assert team(at_the_start.after(minutes=1).work("requested", "w2", team_id="t2")) == "t1"
    transferred = (
        conversation().at("08:59").handoff(team_id="t1").at("09:00").work("transferred", "w1", "a1", to_team_id="t2")
    )
    transferred.at("09:01").work("transferred", "w2", "a1", team_id="t3")  # whence, not whither
    assert team(transferred.at("10:00").end_user()) == "t2"
    later = conversation().at("10:00").end_user().at("10:01").work("transferred", "w1", "a1", to_team_id="t2")
    assert team(later) == "t2"


def test_a_handoff_routes_the_clock_that_it_starts() -> None:
    stream = conversation().at("10:00").end_user().at("10:01").handoff(team_id="t1").at("10:02").agent("a1")
    rows = outcomes(stream, policies=[*HALF_AN_HOUR, policy("r", "resolution", 60)])
    assert columns(rows, "metric", "started_at", "team_id") == [
        ("resolution", moment("10:00"), "t1"),
        ("first_response", moment("10:01"), "t1"),
    ]


def test_the_topic_is_the_latest_still_set_at_the_start_else_the_first_set_after() -> None:
    def topic(stream: ConversationBuilder) -> Any:
        return outcome(stream, policies=HALF_AN_HOUR)["topic_id"]

    assert topic(conversation().at("10:00").end_user()) is None
    early = conversation().at("09:00").topic_added("refund").topic_added("delivery").at("10:00").end_user()
    assert topic(early.at("10:01").topic_added("later")) == "delivery"
    removed = conversation().at("09:00").topic_added("refund").topic_added("delivery").topic_removed("delivery")
    assert topic(removed.at("10:00").end_user()) == "refund"
    none_left = conversation().at("09:00").topic_added("refund").topic_removed("refund").at("10:00").end_user()
    assert topic(none_left.at("10:01").topic_added("later").topic_removed("later").topic_added("last")) == "later"
    kept = conversation().at("09:00").topic_added("refund").at("10:00").end_user().at("10:01").topic_removed("refund")
    assert topic(kept) == "refund"
    at_the_start = conversation().at("09:00").topic_added("refund").at("10:00").end_user().topic_added("delivery")
    assert topic(at_the_start) == "delivery"


# --- surveys ----------------------------------------------------------------------------------


def test_the_first_request_and_the_last_answer_count() -> None:
    stream = (
        conversation().at("10:00").end_user()
        .at("10:10").csat_requested("s1", scale_max=10).at("10:11").csat_requested("s1")
        .at("10:12").csat_responded("s1", 2, comment="hm").at("10:13").csat_responded("s1", 8, comment="fine")
    )  # fmt: skip
    (row,) = surveys(stream).values()
    assert (row["requested_at"], row["responded_at"]) == (moment("10:10"), moment("10:13"))
    assert (row["requested_event_id"], row["responded_event_id"]) == ("c1-002", "c1-005")
    assert (row["score"], row["scale_max"], row["is_valid"], row["is_satisfied"]) == (8, 10, True, True)
    assert row["csat_comment"] == "fine"


def test_unanswered_and_unasked_surveys_are_rows_too() -> None:
    stream = conversation().at("10:00").end_user().csat_requested("asked").csat_responded("unasked", 4)
    found = surveys(stream)
    assert (found["asked"]["score"], found["asked"]["is_valid"], found["asked"]["is_satisfied"]) == (None, None, None)
    assert (found["unasked"]["requested_at"], found["unasked"]["scale_max"]) == (None, 5)
    assert (found["unasked"]["is_valid"], found["unasked"]["is_satisfied"]) == (True, True)


@pytest.mark.parametrize(
    ("score", "scale", "valid", "satisfied"),
    [
        (4, {}, True, True),
        (3, {}, True, False),
        ("3.999", {}, True, False),
        (5, {}, True, True),
        (6, {}, False, None),
        (-1, {}, False, None),
        (0, {}, True, False),
        (8, {"scale_max": 10}, True, True),
        ("7.999", {"scale_max": "10"}, True, False),
        (6, {"scale_max": 7.5}, True, True),
        (0, {"scale_max": 0}, True, True),
        (5, {"scale_max": None}, True, True),
    ],
)
def test_the_top_two_of_five_are_satisfied(
    score: Any, scale: dict[str, Any], valid: bool, satisfied: bool | None
) -> None:
    stream = conversation().at("10:00").end_user().csat_requested("s1", **scale).csat_responded("s1", score)
    row = surveys(stream)["s1"]
    assert (row["is_valid"], row["is_satisfied"]) == (valid, satisfied)


def test_one_survey_id_in_two_conversations_is_two_surveys() -> None:
    streams = [conversation(name).at("10:00").end_user().csat_requested("s1") for name in ("c1", "c2")]
    assert len(told(*streams).tables["fct_csat_responses"]) == 2


def test_a_survey_answered_in_a_later_session_stays_with_its_request() -> None:
    stream = conversation().at("10:00").end_user().ended("a1").csat_requested("s1")
    stream.at("12:00").end_user().csat_responded("s1", 5)
    assert surveys(stream)["s1"]["session_id"] == "c1/1"


TEAMS = [membership("a1", "t1", "2024-03-01", "2024-03-04T10:30:00Z"), membership("a1", "t2", "2024-03-04T10:30:00Z")]


def test_a_survey_credits_who_resolved_last_before_it_in_the_team_of_then() -> None:
    stream = (
        conversation().at("10:00").end_user().resolved("a1").at("10:20").agent("a2").at("10:25").resolved("bot-1")
        .at("10:40").csat_requested("s1").at("10:50").resolved("a3").csat_responded("s1", 5)
    )  # fmt: skip
    row = surveys(stream, memberships=TEAMS)["s1"]
    assert (row["agent_id"], row["team_id"]) == ("a1", "t1")


def test_without_a_resolve_a_survey_credits_who_wrote_last_even_in_vain() -> None:
    stream = conversation().at("10:00").end_user().agent("a2").at("10:40").agent("a1").failed("m3").bot()
    stream.at("10:50").csat_requested("s1").at("10:55").agent("a2")
    row = surveys(stream, memberships=TEAMS)["s1"]
    assert (row["agent_id"], row["team_id"]) == ("a1", "t2")


def test_without_a_request_what_comes_before_the_answer_is_credited() -> None:
    stream = conversation().at("10:00").end_user().at("10:10").agent("a1").csat_responded("s1", 5)
    assert surveys(stream)["s1"]["agent_id"] == "a1"
    assert surveys(conversation().at("10:00").end_user().csat_requested("s1"))["s1"]["agent_id"] is None


def test_credit_stays_within_the_session_and_precedes_nothing() -> None:
    next_day = conversation().at("10:00").end_user().resolved("a1").ended("a1").at("12:00").end_user()
    assert surveys(next_day.csat_requested("s1"))["s1"]["agent_id"] is None
    preceding = conversation().at("09:00").resolved("a1").at("10:00").end_user().csat_requested("s1")
    assert surveys(preceding)["s1"]["agent_id"] is None


# --- sentiment --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is the wrong colour 😡😡", -0.95),
        ("🤔", -0.1),
        ("You are the best ❤️👍🏽", 0.825),
        ("Which colour did you order?", None),
        ("🧶", None),
        ("", None),
        (None, None),
    ],
)
def test_the_score_of_a_message_is_the_mean_of_its_known_emoji(text: str | None, expected: float | None) -> None:
    (row,) = told(conversation().at("10:00").end_user(text)).tables["fct_messages"]
    assert row["emoji_sentiment_score"] == expected


def test_selectors_skin_tones_and_joiners_say_nothing_even_if_the_lexicon_knows_them() -> None:
    marks: RawTable = [{"emoji": mark, "sentiment_score": "-1"} for mark in "\ufe0f\U0001f3fd\u200d"]
    lexicon = Lexicon([*MOODS, *marks])
    assert lexicon.score("❤\ufe0f\u200d👍\U0001f3fd") == Lexicon(MOODS).score("❤👍")


def test_a_session_feels_what_its_end_user_feels() -> None:
    stream = conversation().at("10:00").end_user("😡😡").agent("a1", "❤").at("10:01").end_user("hm").end_user("🤔")
    row = session(stream.at("10:02").end_user("❤️👍🏽"))
    assert row["emoji_sentiment_score"] == -0.075
    assert row["emoji_sentiment_shift"] == 1.775
    assert row["scored_message_count"] == 3


def test_one_scored_message_is_no_shift_and_none_is_null() -> None:
    once = session(conversation().at("10:00").end_user("👍"))
    assert (once["emoji_sentiment_score"], once["emoji_sentiment_shift"], once["scored_message_count"]) == (0.7, 0, 1)
    never = session(conversation().at("10:00").end_user("ok").agent("a1", "👍"))
    assert (never["emoji_sentiment_score"], never["emoji_sentiment_shift"]) == (None, None)
    assert never["scored_message_count"] == 0


def test_labels_begin_beyond_a_tenth() -> None:
    lexicon = Lexicon([{"emoji": name, "sentiment_score": score} for name, score in (("a", "0.1"), ("b", "0.101"))])
    assert [label(lexicon.score(text)) for text in ("a", "b", "c")] == ["neutral", "positive", None]
    assert [label(Lexicon(MOODS).score(text)) for text in ("🤔", "😡")] == ["neutral", "negative"]


# --- the demo ---------------------------------------------------------------------------------


def read_rows(path: Path) -> RawTable:
    """The rows of a CSV file as text."""
    with open(path, encoding="utf-8", newline="") as lines:
        return [dict(row) for row in csv.DictReader(lines)]


def demo_input() -> ConfiguredInput:
    """The demo's raw rows without the simulated month, and the project's configuration."""
    raw = ConfiguredInput()
    raw_tables = {field.name for field in fields(RawInput)}
    for field in fields(raw):
        if field.name in raw_tables:
            setattr(raw, field.name, read_rows(PROJECT / "seeds" / "demo" / f"raw_{field.name}.csv"))
        else:
            setattr(raw, field.name, read_rows(PROJECT / "seeds" / "config" / f"{field.name}.csv"))
    raw.conversation_events = [
        row for row in raw.conversation_events if not (row["conversation_id"] or "").startswith("sim-")
    ]
    return raw


@pytest.fixture(scope="module")
def demo() -> Warehouse:
    """The demo as the reference tells it."""
    return build(demo_input(), Settings(as_of=datetime(2026, 3, 15, 20), with_service_levels=True))


def demo_rows(demo: Warehouse, table: str, conversation_id: str) -> list[Row]:
    """The rows of one conversation of the demo."""
    rows: list[Row] = demo.tables[table]
    return [row for row in rows if row["session_id"].rpartition("/")[0] == conversation_id]


# `conversation` in the first cell; later `FRT n`, and perhaps its business time.
PROMISED_FRT = re.compile(
    r"^\| `([^`]+)` \|.*?[| ]FRT ([\d,.]*\d)(?:, business ([\d,.]*\d))?(?! against)(?=[,; |(])", re.MULTILINE
)


def test_the_demos_guide_tells_first_responses_in_business_time(demo: Warehouse) -> None:
    guide = (PROJECT / "seeds" / "demo" / "README.md").read_text(encoding="utf-8")
    promised = PROMISED_FRT.findall(guide)
    assert len(promised) > 30
    for conversation_id, calendar, business in promised:
        first = demo_rows(demo, "fct_messaging_sessions", conversation_id)[0]
        expected = Decimal((business or calendar).replace(",", ""))
        assert first["first_response_business_seconds"] == expected, conversation_id


@pytest.mark.parametrize(
    ("conversation_id", "policy_id", "elapsed", "status", "due_at"),
    [
        ("frt-within-hours", "frt-web", 300, "met", "2026-03-02 10:10"),
        ("frt-before-opening", "frt-web", 1200, "breached", "2026-03-03 09:10"),
        ("sla-due-at-closing", "frt-web", 600, "met", "2026-03-05 17:00"),
        ("sla-exactly-on-target", "frt-web", 600, "met", None),
        ("over-a-holiday", "frt-app", 2400, "breached", None),
        ("night-across-dst", "frt-standard", 25_800, "breached", None),
        ("refund-in-billing", "frt-whatsapp-billing", 390, "breached", None),
        ("viewed-only", "frt-web", 720, "breached", None),
        ("abandoned", "frt-standard", 1200, "cancelled", None),
        ("waiting-at-as-of", "frt-standard", 1137, "running", "2026-03-15 20:11:03"),
        ("bot-chat-at-as-of", "frt-web", 0, "running", None),
    ],
)
def test_the_demos_first_responses(
    demo: Warehouse, conversation_id: str, policy_id: str, elapsed: int, status: str, due_at: str | None
) -> None:
    rows = demo_rows(demo, "fct_sla_outcomes", conversation_id)
    (row,) = (row for row in rows if row["metric"] == "first_response")
    assert (row["policy_id"], row["elapsed_seconds"], row["sla_status"]) == (policy_id, elapsed, status)
    if due_at is not None:
        assert row["due_at"] == datetime.fromisoformat(due_at)


@pytest.mark.parametrize(
    ("conversation_id", "policy_id", "elapsed", "status"),
    [
        ("refund-in-billing", "next-refund", [1200], "breached"),
        ("declined-then-accepted", "next-refund", [60, 35], "met"),
        ("answer-due-at-as-of", "next-orders", [1680], "breached"),
    ],
)
def test_the_demos_next_responses(
    demo: Warehouse, conversation_id: str, policy_id: str, elapsed: list[int], status: str
) -> None:
    rows = demo_rows(demo, "fct_sla_outcomes", conversation_id)
    found = [row for row in rows if row["metric"] == "next_response"]
    found.sort(key=lambda row: row["started_at"])
    assert columns(found, "policy_id", "elapsed_seconds", "sla_status") == [
        (policy_id, seconds, status) for seconds in elapsed
    ]


def test_the_demos_other_figures_in_business_time(demo: Warehouse) -> None:
    (burst,) = demo_rows(demo, "fct_responses", "over-a-holiday")[:1]
    assert (burst["wait_seconds"], burst["response_seconds"]) == (141_000, 74_400)
    assert (burst["wait_business_seconds"], burst["response_business_seconds"]) == (2400, 600)
    (short_day,) = demo_rows(demo, "fct_messaging_sessions", "short-day")
    assert short_day["first_resolution_seconds"] == 2100
    assert short_day["first_resolution_business_seconds"] == 600
    resolution = [
        row for row in demo_rows(demo, "fct_sla_outcomes", "repeat-contact-1") if row["metric"] == "resolution"
    ]
    assert columns(resolution, "policy_id", "elapsed_seconds", "sla_status") == [("resolution-web-damaged", 360, "met")]


@pytest.mark.parametrize(
    ("conversation_id", "score", "satisfied"),
    [
        ("frt-within-hours", 5, True),
        ("frt-before-opening", None, None),
        ("frt-bot-handoff", 3, False),
        ("night-shift", 5, True),
        ("refund-in-billing", 4, True),
        ("bot-then-handoff", None, None),
        ("emoji-mood", 5, True),
        ("quoted-texts", 5, True),
        ("repeat-contact-2", 2, False),
        ("test-channel", 1, False),
        ("resolved-then-silent", None, None),
        ("topic-changed", 4, True),
        ("after-work", 4, True),
        ("transferred", 5, True),
        ("csat-without-request", 5, True),
        ("inactive-at-as-of", 5, True),
    ],
)
def test_the_demos_surveys(demo: Warehouse, conversation_id: str, score: int | None, satisfied: bool | None) -> None:
    (row,) = demo_rows(demo, "fct_csat_responses", conversation_id)
    assert (row["score"], row["is_satisfied"]) == (score, satisfied)
    assert (row["requested_at"] is None) == (conversation_id == "csat-without-request")


def test_the_demos_surveys_in_all(demo: Warehouse) -> None:
    scales = demo_rows(demo, "fct_csat_responses", "csat-invalid-score")
    assert sorted(columns(scales, "survey_id", "score", "scale_max", "is_valid", "is_satisfied")) == [
        ("s1", 10, 5, False, None),
        ("s2", 8, 10, True, True),
    ]
    rows: list[Row] = [row for row in demo.tables["fct_csat_responses"] if row["channel_id"] != "sandbox"]
    requested = [row for row in rows if row["requested_at"] is not None]
    answered = [row for row in rows if row["responded_at"] is not None]
    assert (len(requested), sum(row["responded_at"] is not None for row in requested)) == (16, 13)
    assert len(answered) == 14
    assert sum(row["is_valid"] for row in answered) == 13
    assert sum(row["is_satisfied"] is True for row in answered) == 11


def test_the_demos_mood(demo: Warehouse) -> None:
    (row,) = demo_rows(demo, "fct_messaging_sessions", "emoji-mood")
    assert (row["emoji_sentiment_score"], row["emoji_sentiment_shift"]) == (-0.075, 1.775)


# --- of any stream ----------------------------------------------------------------------------


def assert_service_is_consistent(warehouse: Warehouse, raw: ConfiguredInput) -> None:
    """What must be true of outcomes, surveys and business durations, whatever the stream."""
    tables: dict[str, list[Row]] = warehouse.tables
    sessions = {row["session_id"]: row for row in tables["fct_messaging_sessions"]}
    policies = {row["policy_id"]: row for row in raw.sla_policies}

    measured = [(row["metric"], row["session_id"], row["response_number"]) for row in tables["fct_sla_outcomes"]]
    assert len(measured) == len(set(measured)), "a measured thing has at most one outcome"
    for row in tables["fct_sla_outcomes"]:
        assert_outcome_is_consistent(row, sessions[row["session_id"]], policies[row["policy_id"]])

    for table, twins in {
        "fct_messaging_sessions": ("first_response", "first_resolution", "resolution"),
        "fct_responses": ("wait", "response"),
        "fct_resolutions": ("resolution",),
    }.items():
        for row in tables[table]:
            for twin in twins:
                business, calendar = row[f"{twin}_business_seconds"], row[f"{twin}_seconds"]
                assert (business is None) == (calendar is None)
                assert business is None or 0 <= business <= calendar

    surveys = [(row["conversation_id"], row["survey_id"]) for row in tables["fct_csat_responses"]]
    assert len(surveys) == len(set(surveys))
    for row in tables["fct_csat_responses"]:
        assert row["session_id"] in sessions
        assert (row["is_valid"] is None) == (row["score"] is None) == (row["responded_at"] is None)
        assert (row["is_satisfied"] is None) == (row["is_valid"] is not True)


def assert_outcome_is_consistent(row: Row, session: Row, policy: dict[str, str | None]) -> None:
    """What must be true of one outcome, its session and its policy."""
    has_ended, is_answered = session["ended_at"] is not None, row["stopped_at"] is not None
    is_over = row["elapsed_seconds"] > row["target_seconds"]
    expected = "breached" if is_over else "met" if is_answered else "cancelled" if has_ended else "running"
    assert row["sla_status"] == expected
    assert (row["response_number"] is not None) == (row["metric"] == "next_response")
    assert policy["metric"] == row["metric"] and policy["clock"] == row["clock"]
    for scope in ("channel_id", "team_id", "topic_id"):
        assert policy[scope] in (None, row[scope])
    assert row["due_at"] is None or row["due_at"] >= row["started_at"]
    if is_answered and row["due_at"] is not None and row["due_at"] != row["started_at"]:
        # Answered by the due time is met; later is breached, or the business was closed in between.
        assert row["stopped_at"] > row["due_at"] or row["is_met"]
    if row["metric"] == "first_response":
        assert (row["started_at"], row["stopped_at"]) == (
            session["first_response_started_at"],
            session["first_responded_at"],
        )
    if row["metric"] == "resolution":
        assert (row["started_at"], row["stopped_at"]) == (session["started_at"], session["first_resolved_at"])


@given(configured_streams())
def test_service_is_consistent_on_hostile_streams(raw: ConfiguredInput) -> None:
    assert_service_is_consistent(build(raw, Settings(with_service_levels=True)), raw)


@pytest.mark.parametrize(("seed", "as_of"), [(1, None), (100, datetime(2024, 3, 8)), (101, datetime(2024, 3, 5, 8))])
def test_service_is_consistent_in_bulk(seed: int, as_of: datetime | None) -> None:
    raw = big_configuration(seed).applied_to(big_stream(seed, conversations=150))
    warehouse = build(raw, Settings(as_of=as_of, with_service_levels=True))
    assert_service_is_consistent(warehouse, raw)
    rows: list[Row] = warehouse.tables["fct_sla_outcomes"]
    resolutions = [row for row in rows if row["metric"] == "resolution"]
    assert len(resolutions) == len(warehouse.tables["fct_messaging_sessions"])
    assert {"met", "breached", "cancelled"} <= {row["sla_status"] for row in rows}


def test_the_order_of_arrival_and_of_configuration_changes_nothing() -> None:
    raw = big_configuration(5).applied_to(big_stream(5, conversations=60))
    expected = build(raw, Settings(with_service_levels=True)).tables
    rng = random.Random(5)
    shuffled = ConfiguredInput(**{name: rng.sample(rows, len(rows)) for name, rows in vars(raw).items()})
    found = build(shuffled, Settings(with_service_levels=True)).tables
    for name in (*SERVICE_TABLES, *SERVICE_COLUMNS):
        assert sorted(found[name], key=str) == sorted(expected[name], key=str)
