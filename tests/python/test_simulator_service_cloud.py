"""The simulation as a platform's objects: every thing once, its figures the truth's, its ids the platform's."""

import csv
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from messaging_warehouse.cli import app
from messaging_warehouse.simulator import (
    CONFIGURATION_TABLES,
    HOSTILITIES,
    RAW_TABLES,
    SERVICE_CLOUD_IDS,
    SERVICE_CLOUD_OBJECTS,
    TRUTH_TABLES,
    Centre,
    Rates,
    Simulation,
    SimulationError,
    default_centre,
    demo_centre,
    service_cloud_tables,
    simulate,
)
from messaging_warehouse.simulator.service_cloud.ids import KEY_PREFIXES, with_check_letters
from messaging_warehouse.simulator.service_cloud.reference import AUTOMATED_PROCESS

START = date(2026, 2, 2)
Records = list[dict[str, Any]]
COLUMNS = SERVICE_CLOUD_OBJECTS | CONFIGURATION_TABLES | SERVICE_CLOUD_IDS | RAW_TABLES | TRUTH_TABLES
# What columns that name another record may name.
NAMED = {
    "AccountId": {"Account"},
    "ActorId": {"BotDefinition", "MessagingEndUser", "User"},
    "BotId": {"BotDefinition"},
    "BusinessHoursId": {"BusinessHours"},
    "ContactId": {"Contact"},
    "ConversationId": {"Conversation"},
    "CreatedById": {"User"},
    "EndUserAccountId": {"Account"},
    "EndUserContactId": {"Contact"},
    "MessagingChannelId": {"MessagingChannel"},
    "MessagingEndUserId": {"MessagingEndUser"},
    "MessagingSessionId": {"MessagingSession"},
    "OriginalGroupId": {"Group"},
    "OwnerId": {"Group", "User"},
    "ServicePresenceStatusId": {"ServicePresenceStatus"},
    "UserId": {"User"},
    "WorkItemId": {"MessagingSession"},
}


def _centre() -> Centre:
    """Twelve agents, more failures and forgotten work than usual, and a bot that answers text messages too."""
    rates = Rates(inbound_failed=0.1, outbound_failed=0.1, closed_by_session_end=0.4, logout_lost=0.2)
    centre = default_centre(12, start=START, days=5, rates=rates)
    channels = (replace(c, bot_id="bot-iris") if c.channel_id == "sms" else c for c in centre.channels)
    return replace(centre, channels=tuple(channels))


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(_centre(), START, 5, seed=11)


class Objects:
    """The records of a simulation, and what they are in it."""

    def __init__(self, simulation: Simulation) -> None:
        self.rows = service_cloud_tables(simulation)
        self._simulation = simulation
        self._our_ids = {row["id"]: row["our_id"] for row in self.records("service_cloud_ids")}

    def records(self, table: str) -> Records:
        """Return the records of an object, or a table of the simulation; times in milliseconds."""
        rows = self.rows.get(table, self._simulation.tables.get(table, ()))
        return [dict(zip(COLUMNS[table], row, strict=True)) for row in rows]

    def ours(self, record_id: str | None) -> str | None:
        """Return what a record is in the simulation."""
        return None if record_id is None else self._our_ids[record_id]

    def by_ours(self, object_name: str) -> dict[str, dict[str, Any]]:
        """Return an object's records by what they are."""
        return {self._our_ids[record["Id"]]: record for record in self.records(object_name)}


@pytest.fixture(scope="module")
def objects(simulation: Simulation) -> Objects:
    return Objects(simulation)


def _seconds(milliseconds: int | Fraction | None) -> int | None:
    """Round half up, in another way than the simulator does."""
    return None if milliseconds is None else int(Fraction(milliseconds) / 1000 + Fraction(1, 2))


# --- ids --------------------------------------------------------------------------------------


def test_check_letters_are_those_of_the_platform() -> None:
    assert with_check_letters("001A0000006Vm9r") == "001A0000006Vm9rIAC"
    assert with_check_letters("00000000000000Z") == "00000000000000ZAAQ"


def test_ids_are_unique_and_tell_what_they_are_of(objects: Objects) -> None:
    ids = objects.records("service_cloud_ids")
    assert len({row["id"].lower() for row in ids}) == len(ids)
    assert len({(row["object"], row["our_id"]) for row in ids}) == len(ids)
    assert all(len(row["id"]) == 18 and row["id"].startswith(KEY_PREFIXES[row["object"]]) for row in ids)
    for name in SERVICE_CLOUD_OBJECTS:
        written = [record["Id"] for record in objects.records(name) if record["Id"] != AUTOMATED_PROCESS]
        assert written == [row["id"] for row in ids if row["object"] == name]
        assert written


def test_whatever_is_named_is_there(objects: Objects) -> None:
    of_object = {row["id"]: row["object"] for row in objects.records("service_cloud_ids")}
    named = set()
    for name in SERVICE_CLOUD_OBJECTS:
        for record in objects.records(name):
            for column in {column for column in record if column.endswith("Id") and column != "Id"}:
                allowed = NAMED[column] if (name, column) != ("ConversationEntry", "ConversationId") else {
                    "MessagingSession"
                }  # fmt: skip
                if record[column] not in (None, AUTOMATED_PROCESS):
                    assert of_object[record[column]] in allowed, (name, column)
                    named.add(of_object[record[column]])
    assert named == set(KEY_PREFIXES) - {
        "AgentWork", "ConversationEntry", "MessagingSessionMetrics", "UserServicePresence",
    }  # fmt: skip


def test_equal_simulations_give_equal_rows(objects: Objects) -> None:
    assert service_cloud_tables(simulate(_centre(), START, 5, seed=11)) == objects.rows


def test_every_record_was_made_before_it_was_changed(simulation: Simulation, objects: Objects) -> None:
    for name in SERVICE_CLOUD_OBJECTS:
        for record in objects.records(name):
            assert record["CreatedDate"] <= record["LastModifiedDate"] == record["SystemModstamp"]
            assert record["LastModifiedDate"] <= simulation.as_of.timestamp() * 1000
            assert record["IsDeleted"] is False


# --- sessions ---------------------------------------------------------------------------------


def test_every_session_is_there_once_and_is_what_the_truth_says(objects: Objects) -> None:
    written = objects.by_ours("MessagingSession")
    truths = {truth["session_id"]: truth for truth in objects.records("truth_sessions")}
    assert written.keys() == truths.keys()
    accepts: dict[str, list[int]] = defaultdict(list)
    for work in objects.records("truth_work"):
        if work["accepted_at"] is not None:
            accepts[work["session_id"]].append(work["accepted_at"])
    platform = {channel["channel_id"]: channel["platform_type"] for channel in objects.records("raw_channels")}
    users = {user["messaging_user_id"]: user for user in objects.records("raw_messaging_users")}
    for session_id, session in written.items():
        truth = truths[session_id]
        user = users[truth["messaging_user_id"]]
        assert objects.ours(session["ConversationId"]) == truth["conversation_id"]
        assert objects.ours(session["MessagingChannelId"]) == truth["channel_id"]
        assert objects.ours(session["MessagingEndUserId"]) == truth["messaging_user_id"]
        assert objects.ours(session["EndUserAccountId"]) == truth["account_id"] == user["account_id"]
        assert objects.ours(session["EndUserContactId"]) == user["contact_id"]
        assert session["StartTime"] == session["CreatedDate"] == truth["started_at"]
        assert session["EndTime"] == truth["ended_at"]
        assert (session["Status"] == "Ended") == (truth["ended_at"] is not None)
        assert session["AcceptTime"] == min(accepts[session_id], default=None)
        assert session["AgentMessageCount"] == truth["agent_message_count"]
        assert session["EndUserMessageCount"] == truth["end_user_message_count"]
        assert _snake(session["AgentType"]) == truth["agent_type"]
        is_enhanced = platform[truth["channel_id"]] == "enhanced"
        assert _snake(session["EndedByType"]) == (truth["ended_by_type"] if is_enhanced else None)
        assert _snake(session["Origin"]).removesuffix("_initiated") == truth["origin"].removesuffix("_initiated")


def _snake(name: str | None) -> Any:
    """`EndUser` is end_user."""
    return name and "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def test_sessions_are_of_every_kind(objects: Objects) -> None:
    sessions = objects.records("MessagingSession")
    assert {session["Origin"] for session in sessions} == {"InboundInitiated", "AgentInitiated", "TriggeredOutbound"}
    assert {session["AgentType"] for session in sessions} == {"Agent", "Bot", "BotToAgent", "System"}
    assert {session["EndedByType"] for session in sessions} == {"Agent", "Bot", "EndUser", "System", None}
    assert {session["Status"] for session in sessions} == {"Ended", "Active", "Waiting", "Inactive"}
    assert {session["OwnerId"][:3] for session in sessions} == {"005", "00G"}


def test_a_session_belongs_to_who_had_it_last(objects: Objects) -> None:
    """Who ended it as an agent had it, and who began it as an agent made it."""
    accepted = sorted(
        (work for work in objects.records("truth_work") if work["accepted_at"]), key=lambda work: work["accepted_at"]
    )
    last = {work["session_id"]: work["agent_id"] for work in accepted}
    starters = {
        (event["conversation_id"], event["occurred_at"]): event["actor_id"]
        for event in objects.records("raw_conversation_events")
        if event["event_type"] in ("conversation_started", "message_sent")
    }
    for session_id, session in objects.by_ours("MessagingSession").items():
        owner = session["OwnerId"]
        if session_id in last:
            assert objects.ours(owner) == last[session_id]
        if session["EndedByType"] == "Agent":
            assert owner.startswith("005") and owner != AUTOMATED_PROCESS
        if session["Origin"] == "AgentInitiated":
            starter = starters[(objects.ours(session["ConversationId"]), session["StartTime"])]
            assert objects.ours(session["CreatedById"]) == starter
        else:
            assert session["CreatedById"] == AUTOMATED_PROCESS


def test_metrics_are_those_of_ended_enhanced_sessions(objects: Objects) -> None:
    waits: dict[tuple[str, str], list[int]] = defaultdict(list)
    for response in objects.records("truth_responses"):
        if response["response_seconds"] is not None:
            waits[response["session_id"], response["responder_type"]].append(response["response_seconds"])
    platform = {channel["channel_id"]: channel["platform_type"] for channel in objects.records("raw_channels")}
    expected: dict[str, int] = {}
    for truth in objects.records("truth_sessions"):
        if truth["ended_at"] is not None and platform[truth["channel_id"]] == "enhanced":
            session_id = truth["session_id"]
            expected[f"{session_id}/AgentMessageCount"] = truth["agent_message_count"]
            expected[f"{session_id}/EndUserMessageCount"] = truth["end_user_message_count"]
            for who, name in (("agent", "Agent"), ("end_user", "EndUser")):
                if durations := waits[session_id, who]:
                    mean = Fraction(sum(durations), len(durations))
                    expected[f"{session_id}/Average{name}ResponseTime"] = _seconds(mean) or 0
                    expected[f"{session_id}/Max{name}ResponseTime"] = _seconds(max(durations)) or 0
    written = objects.by_ours("MessagingSessionMetrics")
    assert {key: record["MessagingSessionMetricValue"] for key, record in written.items()} == expected
    assert len({key.rsplit("/", 1)[1] for key in expected}) == 6
    for key, record in written.items():
        session_id, metric_type = key.rsplit("/", 1)
        assert objects.ours(record["MessagingSessionId"]) == session_id
        assert record["MessagingSessionMetricType"] == metric_type


# --- work -------------------------------------------------------------------------------------


def test_all_work_that_found_an_agent_is_there_once(objects: Objects) -> None:
    written = {key: work for key, work in objects.by_ours("AgentWork").items() if work["BotId"] is None}
    truths = {
        f"{truth['conversation_id']}/{truth['work_id']}": truth
        for truth in objects.records("truth_work")
        if truth["assigned_at"] is not None
    }
    assert written.keys() == truths.keys()
    assert len(truths) < len(objects.records("truth_work"))
    for key, work in written.items():
        truth = truths[key]
        is_forgotten = truth["is_closed_by_session_end"]
        assert objects.ours(work["WorkItemId"]) == truth["session_id"]
        assert objects.ours(work["UserId"]) == truth["agent_id"]
        assert objects.ours(work["OriginalGroupId"]) == truth["team_id"]
        assert work["RequestDateTime"] == truth["requested_at"]
        assert work["AssignedDateTime"] == work["CreatedDate"] == truth["assigned_at"]
        assert work["AcceptDateTime"] == truth["accepted_at"]
        assert work["CloseDateTime"] == (None if is_forgotten else truth["closed_at"])
        assert work["CapacityWeight"] == truth["capacity_weight"]
        assert work["SpeedToAnswer"] == _seconds(truth["speed_to_answer_seconds"])
        for column, duration in (
            ("HandleTime", "work_handle_seconds"),
            ("ActiveTime", "active_seconds"),
            ("AfterConversationActualTime", "after_work_seconds"),
        ):
            assert work[column] == (None if is_forgotten else _seconds(truth[duration]))
        status = "opened" if is_forgotten else truth["status"]
        assert _snake(work["Status"]) == status
    assert sum(truth["is_closed_by_session_end"] for truth in truths.values()) >= 5


def test_what_ended_an_offer_is_told_by_its_time(objects: Objects) -> None:
    events = {
        (event["event_type"], event["conversation_id"], event["payload"].split('"')[3]): event
        for event in objects.records("raw_conversation_events")
        if event["event_type"] in ("work_declined", "work_push_timed_out", "work_canceled")
    }
    counts: Counter[str] = Counter()
    for key, work in objects.by_ours("AgentWork").items():
        if work["BotId"] is not None:
            continue
        conversation_id, work_id = key.rsplit("/", 1)
        for event_type, column, status in (
            ("work_declined", "DeclineDateTime", "Declined"),
            ("work_push_timed_out", "PushTimeoutDateTime", "DeclinedOnPushTimeout"),
            ("work_canceled", "CancelDateTime", "Canceled"),
        ):
            event = events.get((event_type, conversation_id, work_id))
            assert work[column] == (event and event["occurred_at"])
            assert (work["Status"] == status) == (event is not None)
            counts[status] += event is not None
        assert (work["DeclineReason"] is not None) == (work["Status"] == "Declined")
    assert min(counts.values()) > 0 and len(counts) == 3


def test_a_bot_has_one_work_in_each_session_in_which_it_wrote(objects: Objects) -> None:
    of_bots = {key: work for key, work in objects.by_ours("AgentWork").items() if work["BotId"] is not None}
    with_bot = [truth for truth in objects.records("truth_sessions") if truth["bot_message_count"]]
    assert of_bots.keys() == {f"{truth['session_id']}/bot-iris" for truth in with_bot}
    for key, work in of_bots.items():
        assert objects.ours(work["WorkItemId"]) == key.rsplit("/", 1)[0]
        assert objects.ours(work["BotId"]) == "bot-iris"
        assert work["AcceptDateTime"] <= (work["CloseDateTime"] or work["AcceptDateTime"])
        assert work["UserId"] == AUTOMATED_PROCESS


def test_presence_is_what_was_recorded(objects: Objects) -> None:
    recorded: dict[str, Records] = defaultdict(list)
    for event in sorted(objects.records("raw_presence_events"), key=lambda event: event["occurred_at"]):
        recorded[event["agent_id"]].append(event)
    expected = {}
    for agent_id, events in recorded.items():
        ends = [event["occurred_at"] for event in events[1:]]
        for event, until in zip(events, [*ends, None], strict=True):
            if event["status"] != "offline":
                expected[event["event_id"]] = (
                    agent_id, event["status"], event["occurred_at"], until,
                    until and _seconds(until - event["occurred_at"]), event["status"] == "away", until is None,
                    event["capacity"],
                )  # fmt: skip
    written = {
        event_id: (
            objects.ours(row["UserId"]), objects.ours(row["ServicePresenceStatusId"]), row["StatusStartDate"],
            row["StatusEndDate"], row["StatusDuration"], row["IsAway"], row["IsCurrentState"],
            row["ConfiguredCapacity"],
        )
        for event_id, row in objects.by_ours("UserServicePresence").items()
    }  # fmt: skip
    assert written == expected
    assert {status["DeveloperName"] for status in objects.records("ServicePresenceStatus")} == {
        "Available", "Busy", "Away",
    }  # fmt: skip


# --- what was said ----------------------------------------------------------------------------


def test_entries_are_what_was_said_on_standard_channels(objects: Objects) -> None:
    standard = {c["channel_id"] for c in objects.records("raw_channels") if c["platform_type"] == "standard"}
    events = {
        event["event_id"]: event
        for event in objects.records("raw_conversation_events")
        if event["channel_id"] in standard
    }
    written = objects.by_ours("ConversationEntry")
    said = {key for key, event in events.items() if event["event_type"] in ("message_sent", "bot_handoff")}
    assert said <= written.keys()
    assert {events[key]["event_type"] for key in written.keys() - said} == {"message_failed"}
    channels = {truth["session_id"]: truth["channel_id"] for truth in objects.records("truth_sessions")}
    assert {channels[objects.ours(entry["ConversationId"]) or ""] for entry in written.values()} == standard
    for key, entry in written.items():
        event = events[key]
        assert entry["EntryTime"] % 1000 == 0 and 0 <= entry["EntryTimeMilliSecs"] < 1000
        assert entry["EntryTime"] + entry["EntryTimeMilliSecs"] == event["occurred_at"]
        assert entry["EntryType"] == ("BotEscalated" if event["event_type"] == "bot_handoff" else "Text")
        if event["event_type"] != "message_failed":
            assert _snake(entry["ActorType"]) == event["actor_type"]
            assert objects.ours(entry["ActorId"]) == (
                event["messaging_user_id"] if event["actor_type"] == "end_user" else event["actor_id"]
            )
    assert {entry["ActorType"] for entry in written.values()} == {"Agent", "Bot", "EndUser", "System"}
    assert {entry["EntryType"] for entry in written.values()} == {"Text", "BotEscalated"}


def test_entries_count_what_their_sessions_count(objects: Objects) -> None:
    counts: Counter[tuple[str | None, str]] = Counter()
    for entry in objects.records("ConversationEntry"):
        is_unseen = entry["Message"] is None and not entry["HasAttachments"]
        if entry["EntryType"] == "Text" and not is_unseen:
            counts[objects.ours(entry["ConversationId"]), entry["ActorType"]] += 1
    standard = {c["channel_id"] for c in objects.records("raw_channels") if c["platform_type"] == "standard"}
    assert counts
    for truth in objects.records("truth_sessions"):
        if truth["channel_id"] in standard:
            assert counts[truth["session_id"], "Agent"] == truth["agent_message_count"]
            assert counts[truth["session_id"], "EndUser"] == truth["end_user_message_count"]
            assert counts[truth["session_id"], "Bot"] == truth["bot_message_count"]


def test_the_server_receives_one_entry_after_another(simulation: Simulation, objects: Objects) -> None:
    entries = objects.records("ConversationEntry")
    received = [entry["ServerReceivedTimestamp"] for entry in entries]
    assert all(earlier < later for earlier, later in pairwise(received))
    assert all(at >= entry["EntryTime"] for at, entry in zip(received, entries, strict=True))
    assert received[-1] <= simulation.as_of.timestamp() * 1000


def test_failures_of_messages_are_told_both_ways(objects: Objects) -> None:
    standard = {c["channel_id"] for c in objects.records("raw_channels") if c["platform_type"] == "standard"}
    conversations = {truth["conversation_id"] for truth in objects.records("truth_sessions")}
    failed = {
        (event["conversation_id"], event["payload"].split('"')[3]): event["payload"].split('"')[7]
        for event in objects.records("raw_conversation_events")
        if event["event_type"] == "message_failed"
        and event["channel_id"] in standard
        and event["conversation_id"] in conversations
    }
    written = {}
    kinds = set()
    session_of = {truth["session_id"]: truth["conversation_id"] for truth in objects.records("truth_sessions")}
    for entry in objects.records("ConversationEntry"):
        if entry["MessageStatus"] == "Error":
            conversation_id = session_of[objects.ours(entry["ConversationId"]) or ""]
            written[conversation_id, entry["MessageIdentifier"]] = entry["MessageStatusCode"]
            kinds.add((entry["ActorType"], entry["Message"] is None))
        else:
            assert entry["MessageStatus"] == ("Sent" if entry["EntryType"] == "Text" else None)
            assert entry["MessageStatusCode"] is None
    assert written == failed
    assert {("Agent", False), ("EndUser", True)} <= kinds


def test_a_receipt_makes_a_message_delivered_or_read(simulation: Simulation, objects: Objects) -> None:
    """Simulated messages of standard channels have no receipts, so some are given them here."""
    texts = [entry for entry in objects.records("ConversationEntry") if entry["MessageStatus"] == "Sent"][:2]
    log = [*simulation.tables["raw_conversation_events"]]
    sent = {row[0]: row for row in log}
    for entry, receipts in zip(texts, (("message_delivered",), ("message_read", "message_delivered")), strict=True):
        message = sent[objects.ours(entry["Id"])]
        payload = f'{{"message_id": "{entry["MessageIdentifier"]}"}}'
        for receipt in receipts:
            log.append((f"{receipt}-{message[0]}", receipt, *message[2:7], "system", None, payload))
    received = Objects(replace(simulation, tables={**simulation.tables, "raw_conversation_events": log}))
    status = {entry["Id"]: entry["MessageStatus"] for entry in received.records("ConversationEntry")}
    assert [status[entry["Id"]] for entry in texts] == ["Delivered", "Read"]


# --- who and what there is --------------------------------------------------------------------


def test_people_and_channels_are_those_of_the_raw_contract(objects: Objects) -> None:
    users = {key: (row["Name"], row["Email"]) for key, row in _of_agents(objects).items()}
    assert users == {row["agent_id"]: (row["agent_name"], row["email"]) for row in objects.records("raw_agents")}
    groups = {key: row["Name"] for key, row in objects.by_ours("Group").items()}
    assert groups == {row["team_id"]: row["team_name"] for row in objects.records("raw_teams")}
    accounts = {key: row["Name"] for key, row in objects.by_ours("Account").items()}
    assert accounts == {row["account_id"]: row["account_name"] for row in objects.records("raw_accounts")}
    channels = objects.by_ours("MessagingChannel")
    for row in objects.records("raw_channels"):
        channel = channels.pop(row["channel_id"])
        assert channel["MasterLabel"] == row["channel_name"]
        assert channel["PlatformType"].lower() == row["platform_type"]
        assert objects.ours(channel["BusinessHoursId"]) == row["business_hours_id"]
    assert not channels
    end_users = objects.by_ours("MessagingEndUser")
    contacts = objects.by_ours("Contact")
    for row in objects.records("raw_messaging_users"):
        end_user = end_users.pop(row["messaging_user_id"])
        assert objects.ours(end_user["MessagingChannelId"]) == row["channel_id"]
        assert objects.ours(end_user["ContactId"]) == row["contact_id"]
        assert objects.ours(end_user["AccountId"]) == row["account_id"]
        assert end_user["MessagingPlatformKey"] == row["platform_key"]
        assert end_user["Name"] == row["display_name"]
        if row["contact_id"] is not None and row["account_id"] is not None:
            assert objects.ours(contacts[row["contact_id"]]["AccountId"]) == row["account_id"]
    assert not end_users


def _of_agents(objects: Objects) -> dict[str, dict[str, Any]]:
    """Return the users who are agents; one user is not."""
    users = objects.records("User")
    assert [user["Id"] for user in users if user["UserType"] != "Standard"] == [AUTOMATED_PROCESS]
    return {objects.ours(user["Id"]) or "": user for user in users if user["UserType"] == "Standard"}


def test_the_configuration_names_the_records(simulation: Simulation, objects: Objects) -> None:
    for table in ("business_hours", "business_hour_intervals", "holidays"):
        ours = [(objects.ours(row["business_hours_id"]), *list(row.values())[1:]) for row in objects.records(table)]
        assert ours == [tuple(row) for row in simulation.tables[table]]
    policies = [dict(zip(CONFIGURATION_TABLES["sla_policies"], row, strict=True))
                for row in simulation.tables["sla_policies"]]  # fmt: skip
    written = [
        row | {"channel_id": objects.ours(row["channel_id"]), "team_id": objects.ours(row["team_id"])}
        for row in objects.records("sla_policies")
    ]
    assert written == [policy for policy in policies if policy["topic_id"] is None]
    assert any(policy["team_id"] for policy in written)


# --- the command ------------------------------------------------------------------------------

SMALL = ["--agents", "3", "--sessions-per-day", "30", "--seed", "7", "--days", "2", "--layout", "service_cloud"]


def _run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["simulate", *arguments])


def test_the_truth_is_the_same_in_both_layouts(tmp_path: Path) -> None:
    for name, options in (("objects", []), ("events", ["--layout", "events"])):
        result = _run(*SMALL, *options, "--format", "csv", "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.output
    for table in TRUTH_TABLES:
        file = f"truth/{table}/part-00000.csv"
        assert (tmp_path / "objects" / file).read_bytes() == (tmp_path / "events" / file).read_bytes()


def test_equal_options_give_equal_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        result = _run(*SMALL, "--format", "csv", "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.output
        assert f"build with MESSAGING_SOURCE=service_cloud and MESSAGING_RAW={tmp_path / name}." in result.output
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.csv"))
    assert files == sorted(path.relative_to(tmp_path / "other") for path in (tmp_path / "other").rglob("*.csv"))
    assert {file.parts[0] for file in files} == {*SERVICE_CLOUD_OBJECTS, *CONFIGURATION_TABLES, "truth"}
    assert {file.parts[1] for file in files if file.parts[0] == "truth"} == {*TRUTH_TABLES, *SERVICE_CLOUD_IDS}
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


@pytest.mark.parametrize("output_format", ["csv", "parquet", "ndjson"])
def test_the_demos_centre_is_written_as_objects(tmp_path: Path, output_format: str) -> None:
    out = tmp_path / "kettle"
    result = _run("--preset", "kettle", "--seed", "58", "--layout", "service_cloud", "--format", output_format,
                  "--out", str(out))  # fmt: skip
    assert result.exit_code == 0, result.output
    until = datetime(2026, 3, 15, 20, tzinfo=UTC)
    rows = service_cloud_tables(simulate(demo_centre(), date(2026, 2, 14), until=until, seed=58))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, columns in SERVICE_CLOUD_OBJECTS.items():
            files = str(out / name / f"*.{output_format}")
            reader = {"csv": "read_csv($1, header = true, all_varchar = true)", "parquet": "read_parquet($1)",
                      "ndjson": "read_json($1, format = 'newline_delimited')"}[output_format]  # fmt: skip
            relation = connection.execute(f"select * from {reader}", [files])
            assert relation.description is not None
            assert [column[0] for column in relation.description] == list(columns)
            assert len(relation.fetchall()) == len(rows[name])


def test_times_are_written_as_the_platforms_exports_write_them(tmp_path: Path) -> None:
    assert _run(*SMALL, "--format", "csv", "--out", str(tmp_path / "out")).exit_code == 0
    (file,) = (tmp_path / "out/ConversationEntry").iterdir()
    with file.open(newline="") as lines:
        entries = list(csv.DictReader(lines))
    assert entries
    assert all(entry["EntryTime"].endswith(".000Z") and "T" in entry["EntryTime"] for entry in entries)
    assert {entry["IsDeleted"] for entry in entries} == {"false"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--hostility", "mild"], "give hostility none."),
        (["--days", "7", "--tiles", "2"], "give neither events nor tiles."),
        (["--days", "7", "--events", "10"], "give neither events nor tiles."),
        (["--layout", "events", "--whole-seconds"], "give the layout service_cloud with them."),
        (["--layout", "tables"], "There is no layout 'tables'; give events, service_cloud."),
    ],
)
def test_what_the_layout_cannot_hold_is_refused(tmp_path: Path, options: list[str], sentence: str) -> None:
    result = _run(*SMALL, *options, "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert result.output.startswith("Error: ") and result.output.strip().endswith(sentence)
    assert result.output.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_in_whole_seconds_moments_are_cut_and_those_of_entries_are_not(simulation: Simulation) -> None:
    exact, cut = service_cloud_tables(simulation), service_cloud_tables(simulation, whole_seconds=True)
    cut_columns = set()
    for name, columns in SERVICE_CLOUD_OBJECTS.items():
        for row, other in zip(exact[name], cut[name], strict=True):
            for (column, kind), value, seen in zip(columns.items(), row, other, strict=True):
                if value != seen:
                    assert isinstance(value, int) and kind == "moment" and seen == value // 1000 * 1000
                    cut_columns.add((name, column))
                elif name != "ConversationEntry" and kind == "moment" and isinstance(value, int):
                    assert value % 1000 == 0
    assert {("MessagingSession", "EndTime"), ("AgentWork", "CloseDateTime")} <= cut_columns
    assert "ConversationEntry" not in {name for name, _ in cut_columns}


def test_a_simulation_that_objects_cannot_tell_of_is_refused() -> None:
    small = default_centre(3, start=START, days=7, sessions_per_day=30)
    with pytest.raises(SimulationError, match="hostility"):
        service_cloud_tables(simulate(small, START, 2, hostility=HOSTILITIES["mild"]))
    with pytest.raises(SimulationError, match="tiles"):
        service_cloud_tables(simulate(small, START, 7, is_tile=True))
