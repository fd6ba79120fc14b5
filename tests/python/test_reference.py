"""The reference against the definitions: their worked examples, then each rule in one small case.

The numbers are worked out by hand. The last section holds what must be true of any stream.
"""

import csv
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import (
    ConversationBuilder,
    PresenceBuilder,
    conversation,
    membership,
    messaging_user,
    moment,
    presence,
    raw_input,
)
from reference import RawInput, Settings, Warehouse, build
from reference.durations import mean_milliseconds
from reference.reading import read_plain_decimal, read_timestamp
from reference.vocabulary import BUSINESS_MESSAGE_RANK, EVENT_TYPES, PRESENCE_STATUSES
from strategies import big_stream, hostile_settings, hostile_streams

# Loosely typed: a test knows what a column holds.
Row = dict[str, Any]

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "config"
LATER = "2024-03-04 23:00"  # the same day: sessions are open
MUCH_LATER = "2024-04-01 00:00"  # sessions have ended by inactivity


def warehouse(*streams: ConversationBuilder | PresenceBuilder, as_of: str = LATER, **parts: list[dict]) -> Warehouse:
    """Build a few streams as seen at `as_of`."""
    return build(raw_input(*streams, **parts), Settings(as_of=moment(as_of)))


def rows(table: str, *streams: ConversationBuilder | PresenceBuilder, as_of: str = LATER) -> list[Row]:
    """The rows of one table."""
    return warehouse(*streams, as_of=as_of).tables[table]


def sessions(*streams: ConversationBuilder, as_of: str = LATER) -> list[Row]:
    """The sessions by their start."""
    found = rows("fct_messaging_sessions", *streams, as_of=as_of)
    return sorted(found, key=lambda row: (row["started_at"], row["session_id"]))


def session(*streams: ConversationBuilder, as_of: str = LATER) -> Row:
    """The one session there is."""
    (only,) = sessions(*streams, as_of=as_of)
    return only


def responses(stream: ConversationBuilder) -> list[tuple]:
    """The responses as (responder, wait, response time, prompts), in their numbering."""
    found = sorted(rows("fct_responses", stream), key=lambda row: row["response_number"])
    assert [row["response_number"] for row in found] == list(range(1, len(found) + 1))
    return [(row["responder_type"], row["wait_seconds"], row["response_seconds"], row["prompt_count"]) for row in found]


def columns(found: list[Row], *names: str) -> list[tuple]:
    """Some columns of rows."""
    return [tuple(row[name] for name in names) for row in found]


def reasons(*streams: ConversationBuilder | PresenceBuilder) -> list[str]:
    """Why deliveries of either log were rejected."""
    tables = warehouse(*streams).tables
    rejected = tables["rejected_events"] + tables["rejected_presence_events"]
    return [str(row["rejection_reason"]) for row in rejected]


# --- the worked examples of the definitions ---------------------------------------------------


def test_example_wait_from_first_and_response_from_last_message_of_the_run():
    stream = (
        conversation()
        .at("10:00:00").end_user()
        .at("10:00:30").end_user()
        .at("10:02:00").agent("a1")
    )  # fmt: skip
    assert responses(stream) == [("agent", Decimal(120), Decimal(90), 2)]


def test_example_bot_that_connects_answers_nothing():
    stream = (
        conversation()
        .at("11:00").end_user()
        .at("11:01").bot()
        .at("11:02").handoff()
        .at("11:02:01").bot()
        .at("11:30").agent("a1")
    )  # fmt: skip
    assert responses(stream) == [
        ("bot", Decimal(60), Decimal(60), 1),
        ("agent", Decimal(28 * 60), Decimal(28 * 60), 1),
    ]


@pytest.mark.parametrize(
    ("stream", "minutes"),
    [
        (conversation().at("10:00").end_user().at("10:05").agent("a1"), 5),
        (conversation().at("08:00").end_user().at("09:20").agent("a1"), 80),
        (
            conversation()
            .at("11:00").end_user().at("11:01").bot().at("11:02").handoff()
            .at("11:30").agent("a1"),
            28,
        ),
    ],
)  # fmt: skip
def test_example_first_response_time(stream, minutes):
    assert session(stream)["first_response_seconds"] == Decimal(minutes * 60)


@pytest.mark.parametrize(("milliseconds", "mean"), [([1, 2], 2), ([1, 1, 2], 1), ([1, 2, 2], 2), ([0], 0), ([3, 4], 4)])
def test_means_are_half_up_at_the_millisecond(milliseconds, mean):
    assert mean_milliseconds(milliseconds) == mean


# --- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-03-04T10:00:00Z", datetime(2024, 3, 4, 10)),
        ("2024-03-04T10:00", datetime(2024, 3, 4, 10)),
        ("2024-03-04 10:00:00.5", datetime(2024, 3, 4, 10, 0, 0, 500_000)),
        ("2024-03-04T10:00:00.1239999Z", datetime(2024, 3, 4, 10, 0, 0, 123_000)),
        ("2024-03-04T10:00:00.000999999Z", datetime(2024, 3, 4, 10)),
        ("2024-03-04T10:00:00+02:00", datetime(2024, 3, 4, 8)),
        ("2024-03-04T10:00:00-0530", datetime(2024, 3, 4, 15, 30)),
        ("2024-03-04T01:00:00+02", datetime(2024, 3, 3, 23)),
        ("2024-03-04T10:00:00-14:59", datetime(2024, 3, 5, 0, 59)),
        ("2024-03-04T10:00:00+15:00", None),
        ("2024-03-04T10:00:00+02:60", None),
        ("2024-03-04", None),
        ("2024-03-04T10", None),
        ("2024-03-04T24:00:00", None),
        ("2024-03-04T10:00:60", None),
        ("2024-02-30T10:00:00", None),
        ("2024-03-04t10:00:00z", None),
        ("2024-03-04T10:00:00.0000000001Z", None),
        ("2024-03-04T10:00:00 UTC", None),
        ("2024-03-04T10:00:00Z\n", None),
        ("epoch", None),
        ("infinity", None),
    ],
)
def test_timestamps_are_read_or_refused(text, read):
    assert read_timestamp(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5", Decimal(5)),
        ("-1.5", Decimal("-1.5")),
        ("1.0005", Decimal("1.001")),
        ("999999999999999", Decimal(999999999999999)),
        ("1000000000000000", None),
        ("1e3", None),
        ("+1", None),
        (".5", None),
        ("5.", None),
        (" 5", None),
        ("5\n", None),
    ],
)
def test_decimals_are_plain_numbers_within_range(text, read):
    assert read_plain_decimal(text) == read


def test_vocabulary_is_that_of_the_seeds():
    with (SEEDS / "event_types.csv").open(encoding="utf-8", newline="") as file:
        seeded = {row["event_type"]: row for row in csv.DictReader(file)}
    assert seeded.keys() == EVENT_TYPES.keys()
    for name, event_type in EVENT_TYPES.items():
        row = seeded[name]
        assert event_type.sort_rank == int(row["sort_rank"]), name
        assert event_type.starting_actors == set(row["starting_actors"].split()), name
        assert event_type.ends_session == (row["ends_session"] == "true"), name
        assert event_type.is_activity == (row["is_activity"] == "true"), name
        assert (event_type.focus_effect or "") == row["focus_effect"], name
        assert event_type.required_keys == tuple(row["required_keys"].split()), name
    assert EVENT_TYPES["message_sent"].sort_rank + 1 == BUSINESS_MESSAGE_RANK


def test_presence_statuses_are_those_of_the_seeds():
    with (SEEDS / "presence_statuses.csv").open(encoding="utf-8", newline="") as file:
        seeded = {
            row["status"]: tuple(row[flag] == "true" for flag in ("is_online", "is_available", "ends_focus"))
            for row in csv.DictReader(file)
        }
    assert seeded == PRESENCE_STATUSES


# --- validation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event_id": None}, "missing_event_id"),
        ({"event_id": ""}, "missing_event_id"),
        ({"conversation_id": ""}, "missing_conversation_id"),
        ({"event_type": "message_seen"}, "unknown_event_type"),
        ({"event_type": "Message_Sent"}, "unknown_event_type"),
        ({"event_type": None}, "unknown_event_type"),
        ({"occurred_at": "epoch"}, "invalid_timestamp"),
        ({"occurred_at": "2024-03-04"}, "invalid_timestamp"),
        ({"received_at": "soon"}, "invalid_timestamp"),
        ({"received_at": None}, "invalid_timestamp"),
        ({"occurred_at": None, "received_at": None}, "invalid_timestamp"),
        ({"occurred_at": ""}, "missing_occurred_at"),
        ({"payload": "{"}, "invalid_payload"),
        ({"payload": "null"}, "invalid_payload"),
        ({"payload": "[]"}, "invalid_payload"),
        ({"payload": " "}, "invalid_payload"),
        ({"payload": '{"message_id": "m1", "text": NaN}'}, "invalid_payload"),
        ({"payload": '{"message_id": "m1", "score": "high"}'}, "invalid_payload"),
        ({"payload": '{"message_id": "m1", "score": true}'}, "invalid_payload"),
        ({"payload": '{"message_id": "m1", "scale_max": ""}'}, "invalid_payload"),
        ({"payload": '{"message_id": "m1", "capacity_weight": [1]}'}, "invalid_payload"),
        ({"payload": '{"message_id": "m1", "score": 1e15}'}, "invalid_payload"),
        ({"actor_type": None}, "missing_actor"),
        ({"actor_type": "robot"}, "missing_actor"),
        ({"actor_type": "agent", "actor_id": ""}, "missing_actor"),
        ({"actor_type": "bot", "actor_id": None}, "missing_actor"),
        ({"payload": None}, "missing_payload_key"),
        ({"payload": "{}"}, "missing_payload_key"),
        ({"payload": '{"message_id": null}'}, "missing_payload_key"),
        ({"payload": '{"message_id": ""}'}, "missing_payload_key"),
        ({"received_at": "2024-03-04T09:54:59.999Z"}, "occurred_after_received"),
        ({"occurred_at": "2023-01-29T09:59:59.999Z"}, "received_implausibly_late"),
    ],
)
def test_a_delivery_that_cannot_be_used_is_rejected_with_its_reason(changes, reason):
    good = conversation("good").at("10:00").end_user()
    bad = conversation("bad").at("10:00").end_user().altered(**changes)
    assert reasons(good, bad) == [reason]


@pytest.mark.parametrize(
    "changes",
    [
        {"received_at": "2024-03-04T09:55:00.000Z"},
        {"received_at": "2024-03-04T09:54:59.9999Z", "occurred_at": "2024-03-04T09:59:59.999Z"},
        {"occurred_at": "2023-01-29T10:00:00.000Z"},
        {"actor_id": None, "actor_type": "system"},
        {"payload": '{"message_id": 5}'},
        {"payload": '{"message_id": false}'},
        {"payload": '{"message_id": "m1", "score": null}'},
        {"payload": '{"message_id": "m1", "score": "4.5", "scale_max": 1e1}'},
        {"channel_id": None, "messaging_user_id": ""},
    ],
)
def test_a_delivery_at_the_edge_of_the_usable_is_accepted(changes):
    stream = conversation().at("09:00").end_user().at("10:00").end_user().altered(**changes)
    assert reasons(stream) == []


def test_the_first_reason_of_the_contract_order_wins():
    """Mend a delivery with every defect one by one: the reasons appear in the contract's order."""
    stream = conversation("bad").at("10:00").end_user()
    spoilt = stream.rows[0] | {
        "event_id": "",
        "conversation_id": "",
        "event_type": "?",
        "occurred_at": "?",
        "payload": "?",
        "actor_type": "?",
    }
    mending = [
        {},
        {"event_id": "e"},
        {"conversation_id": "c"},
        {"event_type": "message_sent"},
        {"occurred_at": None},
        {"occurred_at": "2024-03-04T20:00:00Z"},
        {"payload": "{}"},
        {"actor_type": "end_user"},
        {"payload": '{"message_id": "m1"}'},
    ]
    found = []
    for mended in mending:
        spoilt = spoilt | mended
        (row,) = build(RawInput(conversation_events=[spoilt])).tables["rejected_events"]
        found.append(row["rejection_reason"])
    assert found == [
        "missing_event_id",
        "missing_conversation_id",
        "unknown_event_type",
        "invalid_timestamp",
        "missing_occurred_at",
        "invalid_payload",
        "missing_actor",
        "missing_payload_key",
        "occurred_after_received",
    ]


def test_lateness_is_not_checked_when_switched_off():
    stream = conversation().at("2022-01-01 10:00").end_user().received("2024-03-04 10:00")
    built = build(raw_input(stream), Settings(max_lateness_days=None))
    assert built.tables["rejected_events"] == []


def test_rejected_rows_keep_their_raw_columns_with_empty_as_null():
    stream = conversation().at("10:00").end_user().altered(event_id="", channel_id=" ")
    (row,) = rows("rejected_events", stream)
    assert row == stream.rows[0] | {
        "event_id": None,
        "channel_id": " ",
        "actor_id": None,
        "rejection_reason": "missing_event_id",
    }


def test_exact_redeliveries_are_counted_at_the_millisecond():
    stream = (
        conversation()
        .at("10:00").end_user()
        .redelivered("10:05")
        .redelivered("10:06", occurred_at="2024-03-04T11:00:00.000999+01:00")
        .redelivered("10:07", actor_id="")
    )  # fmt: skip
    (event,) = rows("fct_conversation_events", stream)
    assert event["redelivery_count"] == 3
    assert event["received_at"] == moment("10:00")
    assert reasons(stream) == []


def test_the_earliest_received_delivery_wins_and_others_conflict():
    stream = (
        conversation()
        .at("10:00").end_user("later").received("10:05")
        .redelivered("10:04", payload='{"message_id": "m1", "text": "earlier"}')
        .redelivered("10:04:00.001", payload='{"text": "earlier", "message_id": "m1"}')
    )  # fmt: skip
    (message,) = rows("fct_messages", stream)
    assert message["message_text"] == "earlier"
    assert reasons(stream) == ["conflicting_redelivery"] * 2


def test_of_deliveries_received_together_the_smaller_by_columns_wins():
    smaller_type = (
        conversation()
        .at("10:00").end_user()
        .at("10:01").event("csat_requested", survey_id="s1", message_id="m9", work_id="w9")
        .redelivered("10:01", event_type="message_read", channel_id=None)
        .redelivered("10:01", channel_id="")
    )  # fmt: skip
    events = rows("fct_conversation_events", smaller_type)
    assert columns(events, "event_type", "channel_id") == [
        ("message_sent", "ch1"),
        ("csat_requested", None),
    ]
    assert reasons(smaller_type) == ["conflicting_redelivery"] * 2


def test_ties_compare_text_by_code_point():
    stream = conversation().at("10:00").agent("z").redelivered("10:00", actor_id="Z")
    stream.redelivered("10:00", actor_id="é")
    (event,) = rows("fct_conversation_events", stream)
    assert event["actor_id"] == "Z"


def test_an_unusable_delivery_is_no_redelivery():
    stream = conversation().at("10:00").end_user().received("10:05")
    stream.redelivered("10:01", payload="{")
    assert reasons(stream) == ["invalid_payload"]
    (event,) = rows("fct_conversation_events", stream)
    assert (event["received_at"], event["redelivery_count"]) == (moment("10:05"), 0)


def test_a_conversation_without_starter_is_no_session():
    stream = conversation().at("10:00").system("hello").at("10:01").handoff()
    assert reasons(stream) == ["no_session"] * 2
    assert sessions(stream) == []


def test_a_late_starter_takes_events_back():
    stream = conversation().at("10:00").system().at("10:01").handoff()
    stream.at("10:02").end_user().received("12:00")
    assert reasons(stream) == []
    before = rows("rejected_events", stream, as_of="11:00")
    assert [row["rejection_reason"] for row in before] == ["no_session"] * 2


def test_no_session_tells_of_the_deliverys_own_conversation():
    stream = conversation("c1").at("10:00").end_user()
    stream.redelivered("10:01", conversation_id="lonely").redelivered("10:02", channel_id="ch2")
    assert sorted(reasons(stream)) == ["conflicting_redelivery", "no_session"]


def test_an_exact_redelivery_is_only_counted_when_its_winner_has_no_session():
    stream = conversation().at("10:00").system().redelivered("10:01")
    assert reasons(stream) == ["no_session"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event_id": ""}, "missing_event_id"),
        ({"agent_id": ""}, "missing_agent_id"),
        ({"status": "lunch"}, "unknown_status"),
        ({"status": None}, "unknown_status"),
        ({"received_at": ""}, "invalid_timestamp"),
        ({"occurred_at": "epoch"}, "invalid_timestamp"),
        ({"occurred_at": None}, "missing_occurred_at"),
        ({"capacity": "many"}, "invalid_payload"),
        ({"capacity": "1e3"}, "invalid_payload"),
        ({"received_at": "2024-03-04T09:00:00Z"}, "occurred_after_received"),
        ({"occurred_at": "2022-03-04T09:00:00Z"}, "received_implausibly_late"),
    ],
)
def test_presence_deliveries_are_rejected_with_their_reason(changes, reason):
    stream = presence("a1").at("10:00").status("available", "3").altered(**changes)
    assert reasons(stream) == [reason]


def test_presence_capacity_is_a_decimal_or_unlimited():
    stream = presence("a1").at("10:00").status("available", "2.5").at("11:00").status("busy", "")
    found = columns(rows("presence_events", stream), "status", "capacity")
    assert found == [("available", Decimal("2.5")), ("busy", None)]


def test_presence_redeliveries_compare_capacity_as_text():
    stream = presence("a1").at("10:00").status("available", "3")
    stream.redelivered("10:01").redelivered("10:02", capacity="3.0")
    assert reasons(stream) == ["conflicting_redelivery"]


# --- as_of ------------------------------------------------------------------------------------


def test_as_of_is_the_latest_received_of_a_usable_delivery_of_either_log():
    talk = conversation().at("10:00").end_user().redelivered("10:30")
    talk.at("10:00").system().received("12:00").altered(payload="{")
    shift = presence("a1").at("09:00").status("available").received("11:00")
    assert build(raw_input(talk)).as_of == moment("10:30")
    assert build(raw_input(talk, shift)).as_of == moment("11:00")
    assert len(build(raw_input(talk, shift)).tables["rejected_events"]) == 1


def test_without_a_usable_delivery_there_is_no_as_of():
    built = build(raw_input(conversation().at("10:00").end_user().altered(event_id="")))
    assert built.as_of is None
    assert len(built.tables["rejected_events"]) == 1


def test_deliveries_received_after_as_of_do_not_exist():
    stream = conversation().at("10:00").end_user()
    stream.at("10:01").end_user().received("12:00:00.001")
    stream.at("10:02").end_user().altered(event_id="").received("12:00:00.001")
    stream.at("10:03").end_user().altered(received_at="?")
    built = warehouse(stream, as_of="12:00")
    assert len(built.tables["fct_conversation_events"]) == 1
    assert [row["rejection_reason"] for row in built.tables["rejected_events"]] == ["invalid_timestamp"]
    assert len(warehouse(stream, as_of="12:00:00.001").tables["fct_conversation_events"]) == 2


# --- total order ------------------------------------------------------------------------------


def test_events_of_one_instant_are_ordered_by_rank_then_id():
    stream = conversation().at("10:00").ended("a1").altered(event_id="a")
    stream.resolved("a1").altered(event_id="é")
    stream.agent("a1").altered(event_id="0")
    stream.end_user().altered(event_id="z")
    stream.end_user().altered(event_id="B")
    found = sorted(rows("fct_conversation_events", stream), key=lambda row: row["position_in_session"])
    assert [row["event_id"] for row in found] == ["B", "z", "0", "é", "a"]


def test_ids_are_ordered_by_code_point():
    stream = conversation().at("10:00")
    for event_id in ("9", "10", "é", "z", "\U0001f600", "\ufe4f", "B"):
        stream.end_user().altered(event_id=event_id)
    found = sorted(rows("fct_conversation_events", stream), key=lambda row: row["position_in_session"])
    assert [row["event_id"] for row in found] == ["10", "9", "B", "z", "é", "\ufe4f", "\U0001f600"]


# --- session: starts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap", "count"),
    [
        ({"hours": 24, "milliseconds": -1}, 1),
        ({"hours": 24}, 2),
        ({"hours": 24, "milliseconds": 1}, 2),
    ],
)
def test_a_starter_after_24_hours_without_activity_opens_a_session(gap, count):
    stream = conversation().at("10:00").end_user().after(**gap).end_user()
    assert len(sessions(stream, as_of=MUCH_LATER)) == count


def test_any_activity_keeps_a_session_alive():
    stream = conversation().at("10:00").end_user().after(hours=23).system()
    stream.after(hours=23).pended("a1").after(hours=23).end_user()
    assert len(sessions(stream, as_of=MUCH_LATER)) == 1


def test_what_is_no_activity_keeps_nothing_alive():
    stream = conversation().at("10:00").end_user().after(hours=23).read("m1")
    stream.opened("a1").topic_added("t").after(hours=1).end_user()
    assert len(sessions(stream, as_of=MUCH_LATER)) == 2


def test_a_starter_after_the_end_opens_a_session():
    stream = conversation().at("10:00").end_user().at("10:01").ended("a1").at("10:02").bot()
    first, second = sessions(stream)
    assert (first["session_id"], second["session_id"]) == ("c1/1", "c1/2")
    assert (second["session_number"], second["started_at"]) == (2, moment("10:02"))


@pytest.mark.parametrize("starter", ["end_user", "a1", "bot-1"])
def test_messages_by_all_but_the_system_start_sessions(starter):
    assert len(sessions(conversation().at("10:00").message(starter))) == 1


@pytest.mark.parametrize("event_type", ["conversation_started", "conversation_reopened"])
@pytest.mark.parametrize("starter", ["end_user", "a1", "bot-1", "system"])
def test_starts_and_reopenings_by_anyone_start_sessions(event_type, starter):
    assert len(sessions(conversation().at("10:00").event(event_type, starter))) == 1


def test_a_start_within_a_running_session_opens_none():
    stream = conversation().at("10:00").end_user().at("10:01").started("inbound")
    assert len(sessions(stream)) == 1


def test_an_end_before_the_previous_starter_opens_nothing_again():
    stream = conversation().at("10:00").end_user().at("10:01").ended("a1")
    stream.at("10:02").end_user().at("10:03").end_user()
    assert len(sessions(stream)) == 2


def test_wrap_up_after_the_end_belongs_to_the_ended_session():
    stream = conversation().at("10:00").end_user().at("10:01").agent("a1").at("10:02").ended("a1")
    stream.at("10:03").read("m2").csat_requested("s1").at("12:00").system().work("closed", "w1")
    (only,) = sessions(stream)
    assert only["ended_at"] == moment("10:02")
    assert len(rows("fct_conversation_events", stream)) == 7


def test_channel_and_user_of_a_session_are_its_opening_events():
    stream = conversation("c1", "ch1", "mu1").at("10:00").end_user()
    stream.at("10:01").agent("a1").altered(channel_id="ch2", messaging_user_id="mu2")
    only = session(stream)
    assert (only["channel_id"], only["messaging_user_id"]) == ("ch1", "mu1")
    messages = rows("fct_messages", stream)
    assert columns(messages, "channel_id", "messaging_user_id") == [("ch1", "mu1")] * 2
    events = rows("fct_conversation_events", stream)
    assert columns(events, "channel_id", "messaging_user_id") == [("ch1", "mu1"), ("ch2", "mu2")]


def test_what_precedes_all_sessions_belongs_to_the_first():
    stream = (
        conversation()
        .at("09:00").system().topic_added("refund").handoff().work("requested", "w1")
        .at("10:00").end_user()
    )  # fmt: skip
    only = session(stream)
    assert only["started_at"] == moment("10:00")
    assert only["topic_id"] == "refund"
    assert only["is_handed_off"] is True
    assert only["origin"] == "triggered_outbound"
    assert only["status"] == "waiting"
    positions = columns(rows("fct_conversation_events", stream), "event_type", "position_in_session")
    assert positions == [
        ("work_requested", 1),
        ("message_sent", 2),
        ("bot_handoff", 3),
        ("topic_added", 4),
        ("message_sent", 5),
    ]


def test_what_precedes_never_resolves_pends_or_ends():
    stream = conversation().at("09:00").resolved("a1").pended("a1").ended("a1")
    stream.at("10:00").end_user().at("10:01").bot()
    only = session(stream)
    assert only["status"] == "active"
    assert (only["ended_at"], only["first_resolved_at"], only["closed_at"]) == (None, None, None)
    assert len(rows("fct_resolutions", stream)) == 1


# --- session: end -----------------------------------------------------------------------------


def test_the_first_end_event_ends():
    stream = conversation().at("10:00").end_user().at("10:05").ended("bot-1")
    stream.at("10:06").ended("a1")
    only = session(stream)
    assert (only["ended_at"], only["ended_by_type"]) == (moment("10:05"), "bot")
    assert (only["status"], only["duration_seconds"]) == ("ended", Decimal(300))


def test_an_end_event_counts_even_after_a_resolve():
    stream = conversation().at("10:00").end_user().at("10:05").resolved("a1")
    stream.at("10:10").ended("system")
    only = session(stream)
    assert (only["ended_at"], only["ended_by_type"]) == (moment("10:10"), "system")
    assert only["closed_at"] == moment("10:05")


@pytest.mark.parametrize(
    ("as_of", "ended_at"),
    [("2024-03-05 09:59:59.999", None), ("2024-03-05 10:00", moment("2024-03-05 10:00"))],
)
def test_inactivity_ends_at_the_limit_by_the_system(as_of, ended_at):
    only = session(conversation().at("10:00").end_user(), as_of=as_of)
    assert only["ended_at"] == ended_at
    assert only["ended_by_type"] == (None if ended_at is None else "system")


def test_inactivity_after_a_resolve_ends_at_the_resolve_by_its_actor():
    stream = conversation().at("10:00").end_user().at("10:05").resolved("a1")
    stream.at("10:06").resolved("bot-1").at("10:07").agent("a1")
    only = session(stream, as_of=MUCH_LATER)
    assert (only["ended_at"], only["ended_by_type"]) == (moment("10:05"), "agent")
    assert only["last_resolved_at"] == moment("10:06")


def test_a_reopened_resolve_ends_nothing():
    stream = conversation().at("10:00").end_user().at("10:05").resolved("a1")
    stream.at("10:06").end_user()
    only = session(stream, as_of=MUCH_LATER)
    assert (only["ended_at"], only["ended_by_type"]) == (moment("2024-03-05 10:06"), "system")
    assert only["first_resolved_at"] == moment("10:05")


def test_activity_that_starts_nothing_still_moves_the_end_by_inactivity():
    """The last activity is the session's latest, however long after the one before it came."""
    stream = conversation().at("2024-03-01 10:00").end_user().at("2024-03-04 10:00").handoff()
    only = session(stream, as_of=MUCH_LATER)
    assert only["ended_at"] == moment("2024-03-05 10:00")
    stream.at("2024-03-04 11:00").resolved("a1")
    assert session(stream, as_of=MUCH_LATER)["ended_at"] == moment("2024-03-04 11:00")


def test_a_later_session_ends_the_one_before():
    """The clocks may disagree: as_of lies before the limit, yet the later session exists."""
    stream = conversation().at("2024-03-03 10:00").end_user()
    stream.at("2024-03-04 10:00").end_user().received("2024-03-04 09:58")
    first, second = sessions(stream, as_of="2024-03-04 09:59")
    assert (first["ended_at"], first["ended_by_type"]) == (moment("2024-03-04 10:00"), "system")
    assert second["ended_at"] is None


# --- session: origin, agent type, status ------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "origin"),
    [
        (conversation().at("10:00").end_user(), "inbound"),
        (conversation().at("10:00").agent("a1"), "agent_initiated"),
        (conversation().at("10:00").bot(), "triggered_outbound"),
        (conversation().at("10:00").started().at("10:01").system(), "triggered_outbound"),
        (conversation().at("10:00").started("agent_initiated").end_user(), "agent_initiated"),
        (conversation().at("10:00").started("pigeon").end_user(), "inbound"),
        (conversation().at("10:00").started().bot(), "triggered_outbound"),
        (
            conversation().at("10:00").started("pigeon").at("10:01").started("inbound").bot(),
            "inbound",
        ),
        (conversation().at("10:00").started("pigeon"), None),
        (conversation().at("10:00").reopened("a1"), None),
    ],
)
def test_origin(stream, origin):
    assert session(stream)["origin"] == origin


@pytest.mark.parametrize(
    ("senders", "agent_type"),
    [
        ([], "system"),
        (["end_user", "system"], "system"),
        (["a1"], "agent"),
        (["bot-1"], "bot"),
        (["a1", "bot-1"], "bot_to_agent"),
    ],
)
def test_agent_type_is_who_wrote_on_the_business_side(senders, agent_type):
    stream = conversation().at("10:00").started()
    for sender in senders:
        stream.message(sender)
    assert session(stream)["agent_type"] == agent_type


def test_failed_messages_count_as_messages_and_orphans_do_not():
    stream = conversation().at("10:00").end_user().agent("a1").bot().system()
    stream.failed("m2").failed("m3").delivered("unseen")
    only = session(stream)
    counts = ("agent_message_count", "bot_message_count", "end_user_message_count")
    assert [only[name] for name in counts] == [1, 1, 1]
    assert only["agent_type"] == "bot_to_agent"


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        (conversation().at("10:00").end_user().at("10:01").ended("a1"), "ended"),
        (conversation().at("10:00").end_user().at("10:01").resolved("a1"), "inactive"),
        # a customer waits for a human
        (conversation().at("10:00").end_user(), "waiting"),
        (conversation().at("10:00").end_user().at("10:01").bot(), "active"),
        (conversation().at("10:00").end_user().at("10:01").bot().handoff(), "waiting"),
        (conversation().at("10:00").bot().at("10:01").end_user(), "active"),
        (conversation().at("10:00").bot().agent("a1").at("10:01").end_user(), "waiting"),
        (conversation().at("10:00").end_user().at("10:01").agent("a1"), "active"),
        (conversation().at("10:00").end_user().agent("a1").failed("m2"), "waiting"),
        # work waits to be accepted
        (conversation().at("10:00").bot().work("requested", "w1"), "waiting"),
        (conversation().at("10:00").bot().work("assigned", "w1", agent_id="a1"), "waiting"),
        (conversation().at("10:00").bot().work("requested", "w1").work("accepted", "w1"), "active"),
        (conversation().at("10:00").bot().work("requested", "w1").work("declined", "w1"), "active"),
        (
            conversation().at("10:00").bot().work("requested", "w1").work("push_timed_out", "w1"),
            "active",
        ),
        (conversation().at("10:00").bot().work("requested", "w1").work("canceled", "w1"), "active"),
        (
            conversation().at("10:00").bot().work("requested", "w1").work("transferred", "w1"),
            "active",
        ),
        (conversation().at("10:00").bot().work("requested", "w1").work("closed", "w1"), "active"),
        (
            conversation().at("10:00").bot().work("accepted", "w1").at("10:01")
            .work("requested", "w1"),
            "active",
        ),
        (conversation().at("10:00").bot().after_work_started("w1", "a1"), "active"),
        (
            conversation().at("10:00").bot().work("requested", "w1").work("requested", "w2")
            .work("accepted", "w1"),
            "waiting",
        ),
        # paused
        (conversation().at("10:00").bot().at("10:01").pended("a1"), "paused"),
        (conversation().at("10:00").bot().at("10:01").pended("a1").opened("a2"), "paused"),
        (conversation().at("10:00").bot().at("10:01").pended("a1").at("10:02").bot(), "active"),
        (conversation().at("10:00").end_user().at("10:01").pended("a1"), "waiting"),
        (conversation().at("10:00").bot().at("10:01").resolved("a1").reopened("a1"), "active"),
    ],
)  # fmt: skip
def test_status(stream, status):
    assert session(stream)["status"] == status


def test_work_waits_in_the_session_of_its_first_event():
    stream = conversation().at("10:00").bot().work("requested", "w1").at("10:01").ended("a1")
    stream.at("10:02").bot().at("10:03").work("requested", "w1")
    assert [row["status"] for row in sessions(stream)] == ["ended", "active"]
    stream.work("requested", "w2")
    assert [row["status"] for row in sessions(stream)] == ["ended", "waiting"]


@pytest.mark.parametrize(
    ("stream", "since"),
    [
        (conversation().at("10:00").end_user().at("10:01").end_user(), "10:00"),
        (conversation().at("10:00").end_user().at("10:01").agent("a1").at("10:02").end_user(), "10:02"),
        # the bot answered, and the hand-off began another wait
        (conversation().at("10:00").end_user().at("10:01").bot().at("10:02").handoff(), "10:02"),
        (conversation().at("10:00").end_user().at("10:02").handoff(), "10:00"),
        # no human is due
        (conversation().at("10:00").bot().at("10:01").end_user(), None),
        (conversation().at("10:00").bot().at("10:01").end_user().at("10:02").work("requested", "w1"), "10:02"),
        # work: its first request, else its first assignment
        (
            conversation().at("10:00").bot().at("10:01").work("assigned", "w1", agent_id="a1")
            .at("10:02").work("requested", "w1").at("10:03").work("requested", "w1"),
            "10:02",
        ),
        (
            conversation().at("10:00").bot().at("10:01").work("assigned", "w1", agent_id="a1")
            .at("10:02").work("assigned", "w1", agent_id="a2"),
            "10:01",
        ),
        # of several the one that waits longest, and what was accepted waits no longer
        (
            conversation().at("10:00").bot().at("10:01").work("requested", "w1").at("10:02").work("requested", "w2")
            .at("10:03").work("requested", "w3").at("10:04").work("accepted", "w1"),
            "10:02",
        ),
        (conversation().at("10:00").work("requested", "w1").at("10:01").end_user(), "10:00"),
        # neither an inactive nor an ended session waits
        (conversation().at("10:00").end_user().at("10:01").resolved("a1"), None),
        (conversation().at("10:00").end_user().at("10:01").ended("a1"), None),
    ],
)  # fmt: skip
def test_waiting_since(stream, since):
    assert session(stream)["waiting_since_at"] == (None if since is None else moment(since))


def test_a_session_is_routed_to_the_team_named_last():
    stream = conversation().at("09:00").work("requested", "w1", team_id="t0").at("10:00").end_user()
    assert session(stream)["routed_team_id"] == "t0"
    stream.at("10:01").handoff(team_id="t1").at("10:02").work("assigned", "w1", agent_id="a1", team_id="t2")
    assert session(stream)["routed_team_id"] == "t2"
    stream.at("10:03").work("transferred", "w1", "a1", to_team_id="t3", team_id="t2").work("requested", "w2")
    assert session(stream)["routed_team_id"] == "t3"
    assert session(conversation().end_user().handoff())["routed_team_id"] is None


# --- session: topics and flags ----------------------------------------------------------------


def test_topic_is_the_latest_added_that_is_still_set():
    stream = conversation().at("10:00").end_user()
    assert session(stream)["topic_id"] is None
    stream.at("10:01").topic_added("a").at("10:02").topic_added("b")
    assert session(stream)["topic_id"] == "b"
    stream.at("10:03").topic_removed("b")
    assert session(stream)["topic_id"] == "a"
    stream.at("10:04").topic_added("b").at("10:05").topic_added("a").at("10:06").topic_removed("c")
    assert session(stream)["topic_id"] == "a"
    stream.at("10:07").topic_removed("a")
    assert session(stream)["topic_id"] == "b"


@pytest.mark.parametrize(
    ("stream", "is_bot_resolved"),
    [
        (conversation().at("10:00").end_user().bot().resolved("bot-1"), True),
        (conversation().at("10:00").end_user().bot().ended("end_user"), True),
        (conversation().at("10:00").end_user().bot(), False),
        (conversation().at("10:00").end_user().resolved("bot-1"), False),
        (conversation().at("10:00").end_user().bot().agent("a1").resolved("bot-1"), False),
    ],
)
def test_is_bot_resolved(stream, is_bot_resolved):
    assert session(stream)["is_bot_resolved"] is is_bot_resolved


@pytest.mark.parametrize(
    ("stream", "is_abandoned"),
    [
        (conversation().at("10:00").end_user().at("10:01").ended("end_user"), True),
        (conversation().at("10:00").end_user().bot().handoff().at("10:01").ended("system"), True),
        (conversation().at("10:00").end_user().bot().at("10:01").ended("end_user"), False),
        (conversation().at("10:00").end_user(), False),
        (conversation().at("10:00").agent("a1").at("10:01").end_user().ended("a1"), False),
    ],
)
def test_is_abandoned(stream, is_abandoned):
    assert session(stream)["is_abandoned"] is is_abandoned


def test_what_was_not_recorded_is_null_and_the_platform_may_say_who_served():
    for figure, agent_type in (("applause", None), ("agent_type", "bot")):
        only = session(
            conversation("c")
            .event("conversation_started", "end_user", origin="inbound", are_messages_recorded=False)
            .end_user().bot().handoff().ended("end_user").figure_reported(figure, "bot")
        )  # fmt: skip
        assert (only["agent_type"], only["is_agent_type_reported"]) == (agent_type, agent_type is not None)
        for column in ("bot_message_count", "is_handed_off", "is_abandoned", "first_response_started_at"):
            assert only[column] is None


def test_transfers_and_handoffs_are_flagged():
    plain = session(conversation().at("10:00").end_user())
    assert (plain["is_transferred"], plain["is_handed_off"]) == (False, False)
    stream = conversation().at("10:00").end_user().handoff().work("transferred", "w1")
    moved = session(stream)
    assert (moved["is_transferred"], moved["is_handed_off"]) == (True, True)


@pytest.mark.parametrize(
    ("second_start", "is_repeat"),
    [
        ("2024-03-04 10:00", False),
        ("2024-03-04 10:00:00.001", True),
        ("2024-03-11 10:00", True),
        ("2024-03-11 10:00:00.001", False),
    ],
)
def test_repeat_contact_looks_seven_days_back(second_start, is_repeat):
    first = conversation("c1", messaging_user_id="mu1").at("09:00").end_user()
    first.at("10:00").ended("a1")
    second = conversation("c2", messaging_user_id="mu2").at(second_start).end_user()
    built = warehouse(
        first,
        second,
        as_of=MUCH_LATER,
        messaging_users=[messaging_user("mu1", "kim"), messaging_user("mu2", "kim")],
    )
    found = {row["session_id"]: row for row in built.tables["fct_messaging_sessions"]}
    assert found["c2/1"]["is_repeat_contact"] is is_repeat
    assert found["c1/1"]["is_repeat_contact"] is False


def test_only_inbound_sessions_of_a_known_customer_repeat():
    first = conversation("c1", messaging_user_id="mu1").at("09:00").end_user().ended("a1")
    outbound = conversation("c2", messaging_user_id="mu1").at("10:00").bot()
    stranger = conversation("c3", messaging_user_id=None).at("09:00").end_user().ended("a1")
    stranger_again = conversation("c4", messaging_user_id=None).at("10:00").end_user()
    found = sessions(first, outbound, stranger, stranger_again)
    assert [row["is_repeat_contact"] for row in found] == [False] * 4


def test_contact_and_account_are_the_messaging_users():
    built = warehouse(
        conversation("c1", messaging_user_id="mu1").at("10:00").end_user(),
        conversation("c2", messaging_user_id="mu2").at("10:00").end_user(),
        conversation("c3", messaging_user_id="unknown").at("10:00").end_user(),
        messaging_users=[messaging_user("mu1", "kim", "acme"), messaging_user("mu2", "", "")],
    )
    found = built.tables["fct_messaging_sessions"]
    assert columns(found, "contact_key", "account_id") == [
        ("kim", "acme"),
        ("mu2", None),
        ("unknown", None),
    ]


# --- messages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "status", "code"),
    [
        (conversation().at("10:00").agent("a1"), "sent", None),
        (conversation().at("10:00").agent("a1").delivered("m1"), "delivered", None),
        (conversation().at("10:00").agent("a1").delivered("m1").read("m1"), "read", None),
        (conversation().at("10:00").agent("a1").read("m1").failed("m1", "500"), "read", None),
        (conversation().at("10:00").agent("a1").delivered("m1").failed("m1"), "delivered", None),
        (
            conversation().at("10:00").agent("a1").failed("m1", "500").failed("m1", "501"),
            "failed",
            "501",
        ),
        (conversation().at("10:00").agent("a1").failed("m1", "500").failed("m1"), "failed", None),
        (conversation().at("10:00").agent("a1").failed("m2"), "sent", None),
    ],
)
def test_delivery_status(stream, status, code):
    (message,) = [row for row in rows("fct_messages", stream) if not row["is_orphan"]]
    assert (message["delivery_status"], message["status_code"]) == (status, code)


def test_receipts_are_looked_up_across_the_conversation():
    stream = conversation().at("09:00").failed("m1", "500").at("10:00").agent("a1").ended("a1")
    stream.at("11:00").end_user().at("11:01").delivered("m1").at("11:02").delivered("m1")
    stream.at("11:03").read("m1").at("11:04").failed("m1", "501")
    first = rows("fct_messages", stream)[0]
    assert (first["delivery_status"], first["status_code"]) == ("read", None)
    assert first["delivered_at"] == moment("11:01")
    assert first["read_at"] == moment("11:03")
    assert first["failed_at"] == moment("11:04")


def test_message_ids_are_unique_within_their_conversation_only():
    one = conversation("c1").at("10:00").agent("a1").failed("m1")
    other = conversation("c2").at("10:00").agent("a1")
    statuses = columns(rows("fct_messages", one, other), "conversation_id", "delivery_status")
    assert statuses == [("c1", "failed"), ("c2", "sent")]


def test_a_message_sent_twice_is_two_messages():
    stream = conversation().at("10:00").agent("a1").agent("a1", message_id="m1").read("m1")
    assert columns(rows("fct_messages", stream), "event_id", "delivery_status") == [
        ("c1-001", "read"),
        ("c1-002", "read"),
    ]


def test_a_receipt_of_an_unseen_message_is_an_orphan():
    stream = conversation("c1", "ch1", "mu1").at("10:00").end_user().at("10:01").ended("a1")
    stream.at("10:02").failed("x", "500").at("10:03").end_user().at("10:04").failed("x", "501")
    (orphan,) = [row for row in rows("fct_messages", stream) if row["is_orphan"]]
    assert orphan == {
        "event_id": "c1-003",
        "conversation_id": "c1",
        "message_id": "x",
        "session_id": "c1/1",
        "channel_id": "ch1",
        "messaging_user_id": "mu1",
        "actor_type": None,
        "actor_id": None,
        "sent_at": None,
        "delivery_status": "failed",
        "status_code": "501",
        "is_proactive": False,
        "has_attachments": False,
        "message_text": None,
        "is_orphan": True,
        "delivered_at": None,
        "read_at": None,
        "failed_at": moment("10:04"),
    }


@pytest.mark.parametrize(
    ("value", "is_proactive"),
    [(True, True), (False, False), ("true", True), (1, False), (None, False)],
)
def test_only_true_is_proactive(value, is_proactive):
    stream = conversation().at("10:00").agent("a1", is_proactive=value, has_attachments=value)
    (message,) = rows("fct_messages", stream)
    assert message["is_proactive"] is is_proactive
    assert message["has_attachments"] is is_proactive


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('"hi \\u00fc"', "hi ü"),
        ("5", "5"),
        ("true", "true"),
        ('{"a": [1, null, "ü"]}', '{"a":[1,null,"ü"]}'),
        ("null", None),
    ],
)
def test_payload_values_are_read_as_text(text, read):
    stream = conversation().at("10:00").end_user()
    stream.altered(payload=f'{{"message_id": 7, "text": {text}}}')
    (message,) = rows("fct_messages", stream)
    assert (message["message_id"], message["message_text"]) == ("7", read)


# --- responses --------------------------------------------------------------------------------


def test_both_directions_are_responses_numbered_by_their_answers():
    stream = (
        conversation("c1", messaging_user_id="mu1")
        .at("10:00").end_user()
        .at("10:01").bot()
        .at("10:02").agent("a1")
        .at("10:05").end_user()
        .at("10:06").end_user()
    )  # fmt: skip
    found = rows("fct_responses", stream)
    assert columns(found, "response_number", "responder_type", "responder_id") == [
        (1, "bot", "bot-1"),
        (2, "end_user", "mu1"),
        (3, None, None),
    ]
    by_end_user, unanswered = found[1:]
    assert by_end_user["prompt_count"] == 2
    assert by_end_user["wait_seconds"] == Decimal(240)
    assert by_end_user["response_seconds"] == Decimal(180)
    assert unanswered["prompted_first_at"] == moment("10:05")
    assert unanswered["prompted_last_at"] == moment("10:06")
    assert unanswered["responded_at"] is None
    assert unanswered["wait_seconds"] is None
    assert unanswered["response_seconds"] is None


def test_an_unanswered_business_run_is_no_row():
    assert responses(conversation().at("10:00").agent("a1").at("10:01").agent("a1")) == []


def test_system_messages_neither_answer_nor_prompt():
    stream = conversation().at("10:00").system().at("10:01").end_user().at("10:02").system()
    stream.at("10:03").agent("a1")
    assert responses(stream) == [("agent", Decimal(120), Decimal(120), 1)]


def test_failed_business_messages_neither_answer_nor_prompt():
    stream = conversation().at("10:00").agent("a1").failed("m1")
    stream.at("10:01").end_user().at("10:02").bot().failed("m3").at("10:03").agent("a1")
    assert responses(stream) == [("agent", Decimal(120), Decimal(120), 1)]


def test_a_failed_message_that_arrived_after_all_answers():
    stream = conversation().at("10:00").end_user().at("10:01").agent("a1").failed("m2")
    stream.at("12:00").delivered("m2")
    assert responses(stream) == [("agent", Decimal(60), Decimal(60), 1)]


def test_failed_end_user_messages_still_prompt_and_answer():
    stream = conversation().at("10:00").agent("a1").at("10:01").end_user().failed("m2")
    assert responses(stream) == [("end_user", Decimal(60), Decimal(60), 1), (None, None, None, 1)]


def test_a_mark_lengthens_the_run_and_counts_as_a_prompt():
    stream = conversation().at("10:00").end_user().at("10:01").handoff().at("10:02").handoff()
    stream.at("10:05").agent("a1")
    assert responses(stream) == [("agent", Decimal(300), Decimal(180), 3)]


def test_a_handoff_before_the_customer_wrote_is_no_mark():
    stream = conversation().at("10:00").handoff().at("10:01").end_user().at("10:02").bot()
    assert responses(stream) == [("bot", Decimal(60), Decimal(60), 1)]


def test_a_handoff_by_anyone_is_a_mark():
    stream = conversation().at("10:00").end_user().at("10:01").handoff("system").at("10:02").bot()
    assert responses(stream) == [(None, None, None, 2)]


def test_a_mark_alone_is_a_run():
    stream = conversation().at("10:00").end_user().at("10:01").agent("a1").at("10:02").handoff()
    assert responses(stream) == [("agent", Decimal(60), Decimal(60), 1), (None, None, None, 1)]


def test_a_muted_bot_message_still_prompts_the_customer():
    stream = conversation().at("10:00").end_user().at("10:01").handoff().at("10:02").bot()
    stream.at("10:03").end_user().at("10:04").agent("a1")
    assert responses(stream) == [
        ("end_user", Decimal(60), Decimal(60), 1),
        ("agent", Decimal(240), Decimal(60), 3),
    ]


def test_marks_do_not_part_a_business_run():
    stream = conversation().at("10:00").end_user().at("10:01").bot().at("10:02").handoff()
    stream.at("10:03").bot().at("10:05").end_user()
    assert responses(stream) == [
        ("bot", Decimal(60), Decimal(60), 1),
        ("end_user", Decimal(240), Decimal(120), 2),
        (None, None, None, 2),
    ]


def test_a_run_does_not_cross_sessions():
    stream = conversation().at("10:00").end_user().at("10:01").ended("a1").at("10:02").agent("a1")
    found = rows("fct_responses", stream)
    assert columns(found, "session_id", "responder_type") == [("c1/1", None)]


def test_a_tie_counts_the_customer_first():
    stream = conversation().at("10:00").agent("a1").end_user()
    assert responses(stream) == [("agent", Decimal(0), Decimal(0), 1)]


# --- first response time ----------------------------------------------------------------------


FIRST_RESPONSE_COLUMNS = (
    "first_response_started_at",
    "first_responded_at",
    "first_response_seconds",
    "first_response_agent_id",
)


def first_response(stream: ConversationBuilder) -> tuple:
    """The first-response columns of the only session."""
    only = session(stream)
    return tuple(only[name] for name in FIRST_RESPONSE_COLUMNS)


def test_first_response_is_the_first_agent_message_after_the_first_of_the_customer():
    stream = conversation().at("09:00").started("inbound").agent("a0").at("10:00").end_user()
    stream.at("10:01").end_user().at("10:02").agent("a1").at("10:03").agent("a2")
    assert first_response(stream) == (moment("10:00"), moment("10:02"), Decimal(120), "a1")


def test_bots_never_stop_the_first_response_clock():
    stream = conversation().at("10:00").end_user().at("10:01").bot()
    assert first_response(stream) == (moment("10:00"), None, None, None)


def test_the_first_handoff_restarts_the_first_response_clock():
    stream = conversation().at("09:00").started("inbound").handoff().at("10:00").end_user()
    stream.at("10:01").handoff().at("10:02").handoff()
    assert first_response(stream) == (moment("10:01"), None, None, None)
    stream.at("10:05").agent("a1").at("10:06").handoff()
    assert first_response(stream) == (moment("10:01"), moment("10:05"), Decimal(240), "a1")


def test_a_handoff_after_the_answer_restarts_nothing():
    stream = conversation().at("10:00").end_user().at("10:01").agent("a1").at("10:02").handoff()
    assert first_response(stream) == (moment("10:00"), moment("10:01"), Decimal(60), "a1")


def test_a_failed_agent_message_does_not_stop_the_first_response_clock():
    stream = conversation().at("10:00").end_user().at("10:01").agent("a1").failed("m2")
    stream.at("10:02").handoff().at("10:03").agent("a2")
    assert first_response(stream) == (moment("10:02"), moment("10:03"), Decimal(60), "a2")


def test_first_response_is_for_inbound_sessions_only():
    stream = conversation().at("10:00").agent("a1").at("10:01").end_user().at("10:02").agent("a1")
    assert first_response(stream) == (None, None, None, None)


def test_an_inbound_session_without_customer_message_has_no_clock():
    stream = conversation().at("10:00").started("inbound").at("10:01").agent("a1")
    assert first_response(stream) == (None, None, None, None)


# --- session metrics --------------------------------------------------------------------------


def test_six_metrics_for_an_ended_session():
    stream = (
        conversation()
        .at("10:00:00").end_user()
        .at("10:00:10").agent("a1")
        .at("10:00:20.500").end_user()
        .at("10:00:41.501").agent("a1")
        .at("10:01:00").agent("a1").failed("m5")
        .at("10:02:00").ended("a1")
    )  # fmt: skip
    found = columns(rows("fct_messaging_session_metrics", stream), "metric_type", "metric_value")
    assert found == [
        ("agent_message_count", Decimal(3)),
        ("end_user_message_count", Decimal(2)),
        ("average_agent_response_time", Decimal("15.501")),
        ("max_agent_response_time", Decimal("21.001")),
        ("average_end_user_response_time", Decimal("10.500")),
        ("max_end_user_response_time", Decimal("10.500")),
    ]


def test_no_metrics_for_an_open_session():
    assert rows("fct_messaging_session_metrics", conversation().at("10:00").end_user()) == []


def test_metrics_are_null_where_nobody_responded():
    stream = conversation().at("10:00").bot().at("10:01").ended("bot-1")
    found = columns(rows("fct_messaging_session_metrics", stream), "metric_value")
    assert found == [(Decimal(0),), (Decimal(0),), (None,), (None,), (None,), (None,)]


# --- resolution -------------------------------------------------------------------------------


def cycles(stream: ConversationBuilder, *names: str) -> list[tuple]:
    """Some columns of the resolution cycles in their numbering."""
    found = sorted(rows("fct_resolutions", stream), key=lambda row: row["cycle_number"])
    return columns(found, *names)


def test_a_session_never_resolved_has_one_cycle_without_resolve():
    stream = conversation().at("10:00").end_user().topic_added("refund")
    assert rows("fct_resolutions", stream) == [
        {
            "session_id": "c1/1",
            "cycle_number": 1,
            "opened_at": moment("10:00"),
            "resolved_at": None,
            "resolved_by_type": None,
            "resolved_by_agent_id": None,
            "team_id": None,
            "topic_id": None,
            "resolution_seconds": None,
        }
    ]


def test_a_cycle_runs_from_start_or_reopening_to_the_next_resolve():
    stream = (
        conversation()
        .at("10:00").end_user()
        .at("10:10").resolved("a1")
        .at("10:20").end_user()
        .at("10:30").resolved("a2")
        .at("10:35").resolved("bot-1")
        .at("10:40").reopened("a1")
    )  # fmt: skip
    assert cycles(stream, "opened_at", "resolved_at", "resolved_by_agent_id") == [
        (moment("10:00"), moment("10:10"), "a1"),
        (moment("10:20"), moment("10:30"), "a2"),
        (moment("10:40"), None, None),
    ]
    assert cycles(stream, "resolution_seconds") == [(Decimal(600),), (Decimal(600),), (None,)]
    only = session(stream)
    assert only["first_resolved_at"] == moment("10:10")
    assert only["last_resolved_at"] == moment("10:35")
    assert only["first_resolution_seconds"] == Decimal(600)
    assert only["resolution_seconds"] == Decimal(35 * 60)
    assert only["resolved_by_agent_id"] == "a2"
    assert only["is_reopened"] is True


def test_the_resolver_of_the_last_resolved_cycle_gets_the_credit():
    stream = conversation().at("10:00").end_user().at("10:01").resolved("a1")
    stream.at("10:02").end_user().at("10:03").resolved("bot-1")
    assert session(stream)["resolved_by_agent_id"] is None
    assert cycles(stream, "resolved_by_type") == [("agent",), ("bot",)]


def test_a_reopening_needs_a_resolve():
    stream = conversation().at("10:00").end_user().at("10:01").reopened("a1").end_user()
    assert session(stream)["is_reopened"] is False


@pytest.mark.parametrize("actor_id", ["a1", "bot-1", "system"])
def test_only_the_end_users_messages_reopen(actor_id):
    stream = conversation().at("10:00").end_user().at("10:01").resolved("a1")
    assert session(stream.at("10:02").message(actor_id))["status"] == "inactive"


def test_a_resolve_after_the_end_counts_and_moves_no_end():
    stream = conversation().at("10:00").end_user().at("10:01").ended("end_user")
    stream.at("10:05").resolved("a1")
    only = session(stream)
    assert (only["ended_at"], only["ended_by_type"]) == (moment("10:01"), "end_user")
    assert (only["closed_at"], only["first_resolved_at"]) == (moment("10:01"), moment("10:05"))
    assert cycles(stream, "resolved_at") == [(moment("10:05"),)]


def test_closed_at_stays_when_a_resolve_is_reopened():
    stream = conversation().at("10:00").end_user().at("10:01").resolved("a1").at("10:02").end_user()
    only = session(stream)
    assert (only["closed_at"], only["status"]) == (moment("10:01"), "waiting")


def test_the_topic_of_a_resolve_is_the_one_set_then():
    stream = conversation().at("09:00").topic_added("early").at("10:00").end_user()
    stream.at("10:01").resolved("a1").at("10:02").topic_added("late").at("10:03").end_user()
    stream.at("10:04").resolved("a1").at("10:05").topic_removed("late").topic_removed("early")
    assert cycles(stream, "topic_id") == [("early",), ("late",)]
    assert session(stream)["topic_id"] is None


def team_of_resolve(when: str, memberships: list[dict]) -> str | None:
    """The team credited with a resolve by a1 at that time."""
    stream = conversation().at(f"{when[:10]} 00:00").end_user().at(when).resolved("a1")
    built = warehouse(stream, as_of=MUCH_LATER, team_memberships=memberships)
    found: list[Row] = built.tables["fct_resolutions"]
    return found[0]["team_id"]


@pytest.mark.parametrize(
    ("when", "team_id"),
    [
        ("2024-03-09 23:59:59.999", None),
        ("2024-03-10 00:00", "red"),
        ("2024-03-10 21:59:59.999", "red"),
        ("2024-03-10 22:00", "blue"),
        ("2024-03-11 23:59:59.999", "blue"),
        ("2024-03-12 00:00", None),
    ],
)
def test_the_team_is_the_resolvers_team_then(when, team_id):
    memberships = [
        membership("a1", "red", "2024-03-10", "2024-03-11T00:00:00+02:00"),
        membership("a1", "blue", "2024-03-10T22:00:00Z", "2024-03-12"),
        membership("a2", "green", "2024-01-01"),
    ]
    assert team_of_resolve(when, memberships) == team_id


def test_of_overlapping_memberships_the_latest_then_the_smaller_id_wins():
    memberships = [
        membership("a1", "a", "2024-03-01"),
        membership("a1", "c", "2024-03-02"),
        membership("a1", "b", "2024-03-02"),
    ]
    assert team_of_resolve("2024-03-04 10:00", memberships) == "b"


# --- what holds for any stream ----------------------------------------------------------------


def sorted_rows(built: Warehouse) -> dict[str, list[str]]:
    """Every table as sorted text, for comparing without regard to order."""
    return {name: sorted(map(repr, found)) for name, found in built.tables.items()}


def shuffled(raw: RawInput, seed: int) -> RawInput:
    """The same deliveries in another order."""
    rng = random.Random(seed)
    conversation_events = list(raw.conversation_events)
    presence_events = list(raw.presence_events)
    rng.shuffle(conversation_events)
    rng.shuffle(presence_events)
    return replace(raw, conversation_events=conversation_events, presence_events=presence_events)


def assert_conserved(raw: RawInput, built: Warehouse) -> None:
    """Every delivery is an event, an exact redelivery or a rejection, when all of them exist."""
    tables = built.tables
    assert len(raw.conversation_events) == (
        len(tables["fct_conversation_events"]) + built.exact_redelivery_count + len(tables["rejected_events"])
    )
    assert len(raw.presence_events) == (
        len(tables["presence_events"]) + built.exact_presence_redelivery_count + len(tables["rejected_presence_events"])
    )


@given(hostile_streams(), st.integers(min_value=0, max_value=9))
def test_arrival_order_does_not_matter(raw, seed):
    assert sorted_rows(build(raw)) == sorted_rows(build(shuffled(raw, seed)))


@given(hostile_streams())
def test_nothing_disappears(raw):
    assert_conserved(raw, build(raw))


@given(hostile_streams(), hostile_settings())
def test_facts_are_consistent(raw, chosen):
    tables = build(raw, chosen).tables
    found = {row["session_id"]: row for row in tables["fct_messaging_sessions"]}
    assert len(found) == len(tables["fct_messaging_sessions"])
    for row in found.values():
        assert (row["status"] == "ended") == (row["ended_at"] is not None)
        assert (row["ended_by_type"] is None) == (row["ended_at"] is None)
        assert row["ended_at"] is None or row["ended_at"] >= row["started_at"]
        assert row["agent_type"] in ("agent", "bot", "bot_to_agent", "system") or not row["are_messages_recorded"]
        assert row["are_messages_recorded"] is (row["agent_message_count"] is not None)
    for name, per_session in (("fct_messaging_session_metrics", 6), ("fct_resolutions", None)):
        counted = Counter(row["session_id"] for row in tables[name])
        assert counted.keys() <= found.keys()
        assert per_session is None or set(counted.values()) <= {per_session}
    for row in tables["fct_responses"]:
        assert row["responded_at"] is None or row["wait_seconds"] >= row["response_seconds"] >= 0
    positions = {}
    for row in tables["fct_conversation_events"]:
        positions.setdefault(row["session_id"], []).append(row["position_in_session"])
    assert positions.keys() == found.keys()
    assert all(sorted(p) == list(range(1, len(p) + 1)) for p in positions.values())


@given(hostile_streams())
def test_delivering_everything_once_more_changes_no_fact(raw):
    now = build(raw)
    again = build(
        replace(
            raw,
            conversation_events=raw.conversation_events * 2,
            presence_events=raw.presence_events * 2,
        )
    )
    for name in ("fct_messaging_sessions", "fct_messages", "fct_responses", "fct_resolutions"):
        assert sorted_rows(now)[name] == sorted_rows(again)[name]


def test_the_bulk_stream_reaches_every_rule():
    raw = big_stream(seed=7, conversations=400)
    assert raw == big_stream(seed=7, conversations=400)
    settings_then = Settings(as_of=datetime(2024, 3, 8))
    tables = build(raw, settings_then).tables
    assert_conserved(raw, build(raw))

    def values(table: str, name: str) -> set:
        return {row[name] for row in tables[table]}

    assert values("rejected_events", "rejection_reason") == {
        "missing_event_id",
        "missing_conversation_id",
        "unknown_event_type",
        "invalid_timestamp",
        "missing_occurred_at",
        "invalid_payload",
        "missing_actor",
        "missing_payload_key",
        "occurred_after_received",
        "no_session",
        "conflicting_redelivery",
    }
    everything = build(raw).tables["rejected_events"]
    assert "received_implausibly_late" in {row["rejection_reason"] for row in everything}
    assert values("fct_conversation_events", "event_type") == EVENT_TYPES.keys()
    assert values("fct_messaging_sessions", "status") == {
        "ended",
        "inactive",
        "waiting",
        "paused",
        "active",
    }
    assert values("fct_messaging_sessions", "origin") == {
        "inbound",
        "agent_initiated",
        "triggered_outbound",
        None,
    }
    assert values("fct_messaging_sessions", "ended_by_type") == {
        "agent",
        "bot",
        "end_user",
        "system",
        None,
        "(unknown)",
    }
    for flag in (
        "is_bot_resolved",
        "is_reopened",
        "is_transferred",
        "is_handed_off",
        "is_abandoned",
        "is_repeat_contact",
    ):
        assert values("fct_messaging_sessions", flag) - {None} == {True, False}, flag
    for flag in ("are_messages_recorded", "is_agent_type_reported"):
        assert values("fct_messaging_sessions", flag) == {True, False}, flag
    assert values("fct_messaging_session_metrics", "is_reported") == {True, False}
    assert values("fct_messages", "delivery_status") == {"sent", "delivered", "read", "failed"}
    assert values("fct_messages", "is_orphan") == {True, False}
    assert values("fct_responses", "responder_type") == {"agent", "bot", "end_user", None}
    assert len(values("fct_resolutions", "team_id")) > 2
    assert max(values("fct_resolutions", "cycle_number")) > 2
