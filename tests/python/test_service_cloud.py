"""Service Cloud's objects become the warehouse that their events would have made."""

import csv
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import Shared
from messaging_warehouse.doctor import Settings, look
from messaging_warehouse.objects import read_feeds
from messaging_warehouse.raw_input import find_problems
from raw_folders import ARTIFACTS, BUILD, assert_same, contents, parsed_dbt
from test_bad_input import is_empty, one_sentence
from test_personal_data import PERSONAL
from warehouse import PROJECT, DbtRun, run_dbt

OBJECTS = Path(__file__).with_name("service_cloud")
SOURCE = "service_cloud"
ANN, BOB, CY = "0dwANNWHATSAPP0001", "0PABOBSMS000000001", "0dwCYAPP0000000001"
ANA, BEN, SUE = "005ANA000000000001", "005BEN000000000001", "005SUE000000000001"
BILLING = "00GBILLING00000001"


# The unit tests of the project's other models, which give their own rows, say the same with every source.
OTHERS = [f"path:models/{folder}" for folder in ("staging/messaging", "intermediate", "core", "marts")]
UNIT_TESTS_OF_OTHERS = [f"resource_type:unit_test,{path}" for path in OTHERS]
TESTS_OF_OTHERS = [*UNIT_TESTS_OF_OTHERS, *(f"resource_type:test,{path}" for path in (*OTHERS, "path:tests/singular"))]


@pytest.fixture(scope="module")
def built(shared: Shared) -> DbtRun:
    """A build of the fixture's objects, with the adapter's own tests."""
    build = ["build", "--exclude", *TESTS_OF_OTHERS, ARTIFACTS]
    return shared(SOURCE, lambda place: parsed_dbt(SOURCE).run(build, place, raw=str(OBJECTS)))


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    """A copy of the fixture's objects, to be changed."""
    return Path(shutil.copytree(OBJECTS, tmp_path / "objects"))


def at(time: str | None) -> datetime | None:
    """Return a moment of the fixture's day."""
    return datetime.fromisoformat(f"2026-03-02 {time}") if time else None


def rows(run: DbtRun, query: str) -> list[tuple[Any, ...]]:
    """Return a query's rows."""
    with run.connect() as connection:
        return connection.execute(query).fetchall()


def rewrite(file: Path, change: Callable[[list[dict[str, str]]], Iterable[Mapping[str, str]]]) -> None:
    """Change the rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        changed = list(change(list(reader)))
        columns = reader.fieldnames or []
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed)


def build_of(*models: str) -> list[str]:
    """Return the command that builds models and all that they are made of, for a test that looks at them alone."""
    return [*BUILD, "--select", *(f"+{model}" for model in models)]


# What the adapter makes is all there: the ledgers keep every delivery as it was judged.
CONVERSATIONS, PRESENCES = "stg_messaging__conversation_event_ledger", "stg_messaging__presence_event_ledger"
LEDGERS = build_of(CONVERSATIONS, PRESENCES)


def ledgers_of(run: DbtRun) -> list[list[tuple[Any, ...]]]:
    """Return what the ledgers hold, but for where it came from."""
    assert run.exit_code == 0, run.output
    return [
        rows(run, f"select * exclude (part) from staging.{ledger} order by all")
        for ledger in (CONVERSATIONS, PRESENCES)
    ]


def spelt_by_connectors(name: str) -> str:
    """Return a name in snake_case."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


# --- what the objects say ----------------------------------------------------------------------


def test_the_build_is_whole_and_without_warnings(built: DbtRun) -> None:
    assert "WARN=0 ERROR=0 SKIP=0" in built.output
    assert rows(built, "select count(*) from rejected_events") == [(0,)]
    assert rows(built, "select count(*) from rejected_presence_events") == [(0,)]
    assert rows(built, "select as_of, build_state from dim_build") == [(at("20:01"), "complete")]


@pytest.mark.deep
def test_what_the_objects_come_to_passes_every_test_of_the_project(tmp_path: Path) -> None:
    run = parsed_dbt(SOURCE).run(["build", "--exclude", *UNIT_TESTS_OF_OTHERS], tmp_path, raw=str(OBJECTS))
    assert run.exit_code == 0, run.output
    assert "WARN=0 ERROR=0 SKIP=0" in run.output


def test_sessions_are_those_of_the_platform(built: DbtRun) -> None:
    """Ann's second starts in the second in which the first ends; Bob's first ends with his last word of that second.

    What was deleted is no session, though an earlier version of it is there.
    """
    found = rows(
        built,
        "select session_id, started_at, ended_at, status, origin, ended_by_type from fct_messaging_sessions order by 1",
    )
    assert found == [
        (f"{BOB}/1", at("10:00:00"), at("10:10:00.450"), "ended", "inbound", "(unknown)"),
        (f"{BOB}/2", at("14:00:00"), None, "active", "agent_initiated", None),
        (f"{ANN}/1", at("09:00:00"), at("09:30:00"), "ended", "inbound", "agent"),
        (f"{ANN}/2", at("09:30:00.001"), at("09:45:00"), "ended", "inbound", "end_user"),
        (f"{CY}/1", at("11:00:00"), at("11:05:00"), "ended", "inbound", "system"),
        (f"{CY}/2", at("12:00:00"), at("12:05:00"), "ended", "inbound", "bot"),
        ("0dwNOTIFIED0000001/1", at("13:20:00"), at("13:20:00"), "ended", "triggered_outbound", "system"),
    ]


def test_nobody_is_said_to_have_ended_a_standard_session(built: DbtRun) -> None:
    ended = rows(
        built,
        "select conversation_id, actor_type, actor_id, payload from staging.stg_messaging__conversation_event_ledger "
        "where event_type = 'conversation_ended' and occurred_at <= timestamp '2026-03-02 10:11' order by occurred_at",
    )
    assert ended == [
        (ANN, "agent", BEN, "{}"),
        (ANN, "end_user", None, "{}"),
        (BOB, "system", None, '{"is_actor_unknown":"true"}'),
    ]


def test_messages_are_the_entries_of_sessions(built: DbtRun) -> None:
    """Those of voice calls are left out; a supervisor is an agent, a nameless bot is one."""
    found = rows(
        built,
        "select message_id, session_id, actor_type, case when actor_type != 'end_user' then actor_id end, sent_at, "
        "delivery_status, status_code from fct_messages order by sent_at",
    )
    assert found == [
        ("msg-7", f"{ANN}/2", "end_user", None, at("09:40:00"), "sent", None),
        ("msg-1", f"{BOB}/1", "end_user", None, at("10:00:00.150"), "delivered", None),
        ("msg-2", f"{BOB}/1", "bot", "(unknown)", at("10:00:05"), "delivered", None),
        ("msg-3", f"{BOB}/1", "agent", BEN, at("10:02:00.500"), "read", None),
        ("0XcSTANDARD0000005", f"{BOB}/1", "agent", SUE, at("10:03:00"), "delivered", None),
        ("msg-4", f"{BOB}/1", "agent", BEN, at("10:04:00"), "failed", "30007"),
        ("msg-5", f"{BOB}/1", "end_user", None, at("10:10:00.450"), "sent", None),
        ("msg-6", f"{BOB}/2", "agent", ANA, at("14:00:00"), "sent", None),
    ]
    assert rows(built, "select message_text from fct_messages where message_id in ('msg-1', 'msg-2') order by 1") == [
        ('Let me see, "Bob"',), ("My bill is wrong 😡",),
    ]  # fmt: skip
    # From the hand-off at 10:00:20.007 to the first human answer.
    assert rows(built, f"select first_response_seconds from fct_messaging_sessions where session_id = '{BOB}/1'") == [
        (Decimal("100.493"),)
    ]


def test_of_a_session_without_its_entries_the_platform_says_who_served_it(built: DbtRun) -> None:
    """Of Ann's second there is the customer's word, and the agent's, which the platform counts, is missing."""
    found = rows(
        built,
        "select session_id, are_messages_recorded, is_agent_type_reported, agent_type, agent_message_count, "
        "end_user_message_count, is_abandoned from fct_messaging_sessions order by 1",
    )
    assert found == [
        (f"{BOB}/1", True, False, "bot_to_agent", 3, 2, True),
        (f"{BOB}/2", True, False, "agent", 1, 0, False),
        (f"{ANN}/1", False, True, "bot_to_agent", None, None, None),
        (f"{ANN}/2", False, True, "agent", None, None, None),
        (f"{CY}/1", False, True, "agent", None, None, None),
        (f"{CY}/2", False, True, "bot", None, None, None),
        ("0dwNOTIFIED0000001/1", False, True, "system", None, None, None),
    ]
    metrics = "select distinct session_id from fct_messaging_session_metrics where is_reported order by 1"
    assert set(rows(built, metrics)) <= {(session_id,) for session_id, is_recorded, *_ in found if not is_recorded}
    ours = (
        "select count(our_value) from mart_reconciliation where figure = 'agent_type' and session_id not like '0PABOB%'"
    )
    assert rows(built, ours) == [(0,)]


def test_a_message_was_received_when_the_platform_says_and_never_before_it_was_sent(built: DbtRun) -> None:
    found = rows(
        built,
        "select occurred_at, received_at from fct_conversation_events where message_id in ('msg-1', 'msg-3') "
        "and event_type = 'message_sent' order by 1",
    )
    assert found == [(at("10:00:00.150"), at("10:00:00.150")), (at("10:02:00.500"), at("10:02:02"))]


def test_work_is_an_assignment_and_bots_have_none(built: DbtRun) -> None:
    """A transfer is two rows; a conversation that slept has two rows without any; a case is no conversation."""
    found = rows(
        built,
        "select work_id, session_id, agent_id, team_id, status, work_reason, requested_at, accepted_at, closed_at, "
        "capacity_weight, after_work_seconds from fct_agent_work order by requested_at, work_id desc",
    )
    one, two = Decimal("1.000"), Decimal("2.000")
    assert found == [
        ("0BzTRANSFERRED0001", f"{ANN}/1", ANA, BILLING, "transferred", "first",
         at("09:01:00"), at("09:02:00"), at("09:10:00"), one, None),
        ("0BzTAKENOVER000001", f"{ANN}/1", BEN, BILLING, "closed", "transfer",
         at("09:10:00"), at("09:10:30"), at("09:30:00"), two, Decimal("120.000")),
        ("0BzTIMEDOUT0000001", f"{ANN}/2", ANA, BILLING, "declined_on_push_timeout", "again",
         at("09:30:00.001"), None, None, one, None),
        ("0BzAFTERTIMEOUT001", f"{ANN}/2", BEN, BILLING, "closed", "first",
         at("09:30:00.001"), at("09:30:40"), at("09:45:00"), one, None),
        ("0BzSTANDARD0000001", f"{BOB}/1", BEN, BILLING, "closed", "again",
         at("10:00:20"), at("10:01:00"), at("10:10:00"), one, None),
        ("0BzDECLINED0000001", f"{BOB}/1", ANA, BILLING, "declined", "first",
         at("10:00:20"), None, None, one, None),
        ("0BzBEFORESLEEP0001", f"{BOB}/2", ANA, None, "closed", "first",
         at("14:00:00"), at("14:00:00"), at("14:20:00"), one, None),
        ("0BzAFTERSLEEP00001", f"{BOB}/2", ANA, None, "opened", "again",
         at("20:00:00"), at("20:01:00"), None, one, None),
    ]  # fmt: skip


def test_presence_is_told_without_gaps_and_an_open_status_lasts(built: DbtRun) -> None:
    found = rows(built, "select agent_id, status, started_at, ended_at, capacity from fct_agent_presence order by 1, 3")
    five = Decimal("5.000")
    assert found == [
        (ANA, "available", at("08:55"), at("09:20"), five),
        (ANA, "away", at("09:20"), at("09:25"), five),
        (ANA, "available", at("09:25"), None, five),
        (BEN, "available", at("09:00"), at("12:00"), None),
        (BEN, "offline", at("12:00"), at("16:00"), None),
        (BEN, "away", at("16:00"), at("17:00"), None),
        (BEN, "offline", at("17:00"), None, None),
    ]


def test_reference_tables_are_the_objects_as_they_are_now(built: DbtRun) -> None:
    """Facebook is upgraded in place, WhatsApp by a second channel; a person's account is that of the contact."""
    channels = (
        "select channel_id, channel_type, platform_type, business_hours_id, is_test, is_inferred from dim_channels"
    )
    assert rows(built, channels + " order by 1") == [
        ("0MjAPPENHANCED0001", "in_app", "enhanced", None, False, False),
        ("0MjFACEBOOK0000001", "facebook_messenger", "enhanced", None, False, False),
        ("0MjNOCHANNELROW001", None, None, None, False, True),
        ("0MjSANDBOX00000001", "in_app", "enhanced", None, False, False),
        ("0MjSMSSTANDARD0001", "sms", "standard", "support_london", False, False),
        ("0MjWHATSENHANCED01", "whatsapp", "enhanced", None, False, False),
        ("0MjWHATSSTANDARD01", "whatsapp", "standard", None, False, False),
    ]
    users = "select messaging_user_id, contact_id, account_id, consent_status, is_inferred from dim_messaging_users"
    assert rows(built, users + " order by 1") == [
        ("0PAANNENHANCED0001", "003ANN000000000001", "001ACME00000000001", "opted_in", False),
        ("0PAANNSTANDARD0001", "003ANN000000000001", "001ACME00000000001", "implicit", False),
        (BOB, None, "001BOBS00000000001", "opted_out", False),
        ("0PACYAPP0000000001", None, None, None, False),
        ("0PANOROW0000000001", None, None, None, True),
    ]
    assert rows(built, "select team_id, team_name from dim_teams") == [(BILLING, "Billing")]
    assert rows(built, "select count(*) from dim_agents where not is_inferred") == [(3,)]


SESSION_FIELDS = "Id,Status,Origin,StartTime,EndTime,ConversationId,MessagingEndUserId,AgentMessageCount,AgentType"
ENTRY_FIELDS = "Id,ConversationId,EntryType,ActorType,ActorId,EntryTime,EntryTimeMilliSecs,Message"


def written(place: Path, name: str, fields: str, records: Iterable[Iterable[str]]) -> None:
    """Write an object's records, one a text of its fields."""
    (place / name).mkdir(parents=True, exist_ok=True)
    lines = [fields, *(",".join(record) for record in records)]
    (place / name / "records.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def on_the_day(time: str) -> str:
    """Return a time of the fixture's day in whole seconds, as exports write it."""
    return f"2026-03-02T{time}.000+0000"


# --- records that are odd, all in one build -----------------------------------------------------

THREAD, NOTICE = "0dwTHREAD000000001", "0MwNOTICE000000001"


def two_sessions_of_one_conversation(raw: Path) -> None:
    """Write two sessions of one conversation, a notice in the midst of the first, and what was said when."""
    counts = {"0MwFIRST0000000001": "2", "0MwSECOND000000001": "0", NOTICE: "0"}
    written(
        raw, "MessagingSession", SESSION_FIELDS,
        [
            (name, "Ended", origin, on_the_day(start), on_the_day(end), THREAD, "0PADAN00000000001", counts[name], kind)
            for name, origin, start, end, kind in (
                ("0MwFIRST0000000001", "InboundInitiated", "10:00:00", "10:30:00", "Agent"),
                (NOTICE, "TriggeredOutbound", "10:10:00", "10:10:00", "System"),
                ("0MwSECOND000000001", "InboundInitiated", "12:00:00", "12:10:00", ""),
            )
        ],
    )  # fmt: skip
    written(
        raw, "ConversationEntry", ENTRY_FIELDS,
        [
            (f"0Xc{number:015}", belongs_to, "Text", actor, ANA if actor == "Agent" else "", on_the_day(time), ms, "Hi")
            for number, (belongs_to, actor, time, ms) in enumerate((
                (THREAD, "EndUser", "09:59:59", "800"),
                (THREAD, "Agent", "10:20:00", "000"),
                ("0MwFIRST0000000001", "Agent", "10:30:04", "000"),
                (THREAD, "EndUser", "11:59:59", "700"),
                (THREAD, "EndUser", "18:00:00", "000"),
            ))
        ],
    )  # fmt: skip


def odd_work(raw: Path) -> None:
    """Ask for work before its session, let one be over without a time and one without a moment of its own."""
    changes = {
        "0BzAFTERSLEEP00001": {
            "RequestDateTime": "2026-03-02T13:59:58.000Z", "AssignedDateTime": "", "AcceptDateTime": "",
        },
        "0BzTIMEDOUT0000001": {
            "Status": "Unavailable", "DeclineDateTime": "", "PushTimeoutDateTime": "",
            "SystemModstamp": "2026-03-02T09:30:15.000Z",
        },
        "0BzSTANDARD0000001": {"CloseDateTime": "", "HandleTime": "540"},
    }  # fmt: skip
    rewrite(
        raw / "AgentWork" / "work.csv", lambda records: [record | changes.get(record["Id"], {}) for record in records]
    )


def work_without_an_id(raw: Path) -> None:
    """Take the id of the work on a session of Ann's."""
    rewrite(
        raw / "AgentWork" / "work.csv",
        lambda work: [row | {"Id": "" if row["Id"] == "0BzAFTERTIMEOUT001" else row["Id"]} for row in work],
    )


def platform_schedules(raw: Path) -> None:
    """Let two channels name the platform's schedules."""
    schedules = {"0MjWHATSSTANDARD01": "01mLONDON000000001", "0MjAPPENHANCED0001": "01mELSEWHERE000001"}
    rewrite(
        raw / "MessagingChannel" / "channels.csv",
        lambda channels: [
            row | {"BusinessHoursId": schedules.get(row["Id"], row["BusinessHoursId"])} for row in channels
        ],
    )


WHAT_THE_BUSINESS_SAYS = {
    "service_cloud_test_channels": ["Sandbox_Chat"],
    "service_cloud_presence_statuses": {"Training": "busy"},
    "service_cloud_business_hours": {"01mLONDON000000001": "support_london"},
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """A build of the fixture's objects with all that is odd, each of it in another conversation or channel."""
    place = tmp_path_factory.mktemp("odd")
    raw = Path(shutil.copytree(OBJECTS, place / "objects"))
    for make_odd in (two_sessions_of_one_conversation, odd_work, work_without_an_id, platform_schedules):
        make_odd(raw)
    command = build_of(
        "fct_messaging_sessions", "fct_messages", "fct_agent_work", "fct_agent_presence", "fct_reported_figures",
        "dim_channels", "rejected_events",
    )  # fmt: skip
    variables = WHAT_THE_BUSINESS_SAYS | {"max_rejected_rate": 1}
    run = parsed_dbt(SOURCE).run(command, place, raw=str(raw), variables=variables)
    assert run.exit_code == 0, run.output
    return run


@pytest.mark.deep
def test_an_entry_is_of_one_session_and_begins_none(odd: DbtRun) -> None:
    """Two sessions of one conversation, and a notice in the midst of the first; clocks disagree by moments.

    What came just before a start is of that session, what an agent said after the end is of the one that ended, the
    notice ends nothing but itself; and what was said hours away from all is rejected, without its words.
    """
    of_these = f"where split_part(session_id, '/', 1) in ('{THREAD}', '{NOTICE}')"
    sessions = f"select session_id, started_at, ended_at, origin from fct_messaging_sessions {of_these} order by 2"
    assert rows(odd, sessions) == [
        (f"{THREAD}/1", at("09:59:59.800"), at("10:30:04"), "inbound"),
        (f"{NOTICE}/1", at("10:10:00"), at("10:10:00"), "triggered_outbound"),
        (f"{THREAD}/2", at("11:59:59.700"), at("12:10:00"), "inbound"),
    ]
    said = "select session_id, sent_at from fct_messages where message_id like '0Xc000%' order by 2"
    assert rows(odd, said) == [
        (f"{THREAD}/1", at("09:59:59.800")),
        (f"{THREAD}/1", at("10:20:00")),
        (f"{THREAD}/1", at("10:30:04")),
        (f"{THREAD}/2", at("11:59:59.700")),
    ]
    rejected = "select event_id, rejection_reason, payload from rejected_events where event_id like '0Xc%'"
    assert rows(odd, rejected) == [
        ("0Xc000000000000004:sent", "missing_conversation_id", '{"message_id":"0Xc000000000000004"}')
    ]
    figures = f"select figure, reconciliation_cause, count(*) from fct_reported_figures {of_these} group by all"
    assert rows(odd, f"{figures} order by all") == [
        ("agent_message_count", "equal", 2),
        ("agent_message_count", "not_recorded", 1),
        ("agent_type", "equal", 1),
        ("agent_type", "not_recorded", 1),
    ]


@pytest.mark.deep
def test_work_is_of_the_session_that_it_names_and_over_when_nobody_was_there(odd: DbtRun) -> None:
    """Asked for two seconds before its session, work is of that one; `Unavailable` has no moment but the last change.

    And of work that is over and does not say when the platform's handle time is reported when its session ends.
    """
    works = dict(
        (work, told)
        for work, *told in rows(
            odd, "select work_id, session_id, status, requested_at, terminal_at from fct_agent_work"
        )
    )
    assert works["0BzAFTERSLEEP00001"][0] == f"{BOB}/2"
    assert works["0BzAFTERSLEEP00001"][2] == at("14:00:00")
    assert works["0BzTIMEDOUT0000001"][1:] == ["canceled", at("09:30:00.001"), at("09:30:15")]
    reported = (
        "select reported_value, reported_at from fct_reported_figures "
        "where work_id = '0BzSTANDARD0000001' and figure = 'work_handle_seconds'"
    )
    assert rows(odd, reported) == [("540", at("10:10:00.450"))]


@pytest.mark.deep
def test_what_is_not_as_it_should_be_is_told_of_and_nothing_else(odd: DbtRun) -> None:
    """An entry of no session, work that is over and does not say when, and a record without an id."""
    rejected = rows(odd, "select distinct event_id, rejection_reason from rejected_events order by all")
    assert rejected == [
        ("0BzSTANDARD0000001:closed", "invalid_timestamp"),
        ("0Xc000000000000004:sent", "missing_conversation_id"),
        (None, "missing_event_id"),
    ]


@pytest.mark.deep
def test_what_the_business_says_of_its_channels_and_statuses_holds(odd: DbtRun) -> None:
    assert rows(odd, "select channel_id from dim_channels where is_test") == [("0MjSANDBOX00000001",)]
    assert rows(odd, "select started_at from fct_agent_presence where status = 'busy'") == [(at("16:00"),)]


@pytest.mark.deep
def test_a_schedule_that_nobody_knows_stops_no_build_and_is_told(odd: DbtRun) -> None:
    """Channels name the platform's schedules: one is said to be ours, the other counts as open around the clock."""
    told = "BusinessHoursId 01mELSEWHERE000001 of 1 channel(s) stands in no business_hours"
    assert told in odd.output and "01mLONDON" not in odd.output and "support_london of" not in odd.output
    named = "select channel_id, business_hours_id from dim_channels where business_hours_id is not null order by 1"
    assert rows(odd, named) == [
        ("0MjSMSSTANDARD0001", "support_london"),
        ("0MjWHATSSTANDARD01", "support_london"),
    ]


# --- what comes later --------------------------------------------------------------------------

# Before the platform has found somebody there is no AgentWork; then there is, and the wait is over.
WAITING_FIELDS = "EndTime,Id,Status,Origin,StartTime,MessagingEndUserId,OwnerId"
WAITING = (
    ("", "0MwSILENT000000001", "Waiting", "InboundInitiated", on_the_day("10:00:00"), "0PAONE000000000001", BILLING),
    ("", "0MwOFFERED00000001", "Waiting", "InboundInitiated", on_the_day("10:05:00"), "0PATWO000000000001", BILLING),
    ("", "0MwBOT000000000001", "Active", "InboundInitiated", on_the_day("10:06:00"), "0PASIX000000000001", BILLING),
)
OFFERED_FIELDS = "Id,WorkItemId,UserId,OriginalGroupId,Status,RequestDateTime,AssignedDateTime,AcceptDateTime"
OFFERED = ("0BzOFFERED00000001", "0MwOFFERED00000001", ANA, BILLING, "Assigned", on_the_day("10:05:01"),
           on_the_day("10:06:00"), "")  # fmt: skip
ACCEPTED = ("0BzSILENT000000001", "0MwSILENT000000001", ANA, BILLING, "Opened", on_the_day("10:00:00"),
            on_the_day("10:07:00"), on_the_day("10:08:00"))  # fmt: skip


@dataclass(frozen=True)
class Grown:
    """Builds of records that change: of the first, of the later ones upon that build, and of the later ones alone."""

    raw: Path
    first: DbtRun
    upon: DbtRun
    anew: DbtRun


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """The fixture's objects without a session, and with some that wait in a queue; and what becomes of all that."""
    place = tmp_path_factory.mktemp("grown")
    raw = Path(shutil.copytree(OBJECTS, place / "objects"))
    for folder in ("first", "upon", "anew"):
        (place / folder).mkdir()

    def build(folder: str) -> DbtRun:
        run = parsed_dbt(SOURCE).run(BUILD, place / folder, raw=str(raw), variables={"max_rejected_rate": 1})
        assert run.exit_code == 0, run.output
        return run

    files = {file: file.read_text() for file in (raw / "MessagingSession").glob("*.csv")}
    for file, text in files.items():
        file.write_text("".join(line for line in text.splitlines(keepends=True) if "0MwTRANSFERRED0001" not in line))
    written(raw, "MessagingSession", WAITING_FIELDS, WAITING)
    written(raw, "AgentWork", OFFERED_FIELDS, [OFFERED])
    run = build("upon")
    first = replace(run, database=Path(shutil.copy(run.database, place / "first")))
    for file, text in files.items():
        file.write_text(text)

    def close(work: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in work:
            if row["Id"] == "0BzAFTERSLEEP00001":
                row |= {"Status": "Closed", "CloseDateTime": "2026-03-02T20:30:00.000+0000"}
            if row["Id"] == "0BzSTANDARD0000001":
                row["CapacityWeight"] = "3.00"
        return work

    def withdraw(presences: list[dict[str, str]]) -> list[dict[str, str]]:
        return [row | {"IsDeleted": str(row["Id"] == "0N5ANA000000000001").lower()} for row in presences]

    rewrite(raw / "AgentWork" / "work.csv", close)
    rewrite(raw / "UserServicePresence" / "presence.csv", withdraw)
    (raw / "MessagingSession" / "later.csv").write_text(
        "Id,Status,Origin,StartTime,EndTime,MessagingChannelId,MessagingEndUserId,OwnerId,SystemModstamp\n"
        "0MwREACTIVATED0001,Ended,AgentInitiated,2026-03-02T14:00:00Z,2026-03-02T20:30:00Z,0MjSMSSTANDARD0001,"
        f"{BOB},{ANA},2026-03-02T20:30:00Z\n"
        "0MwPROMPTED0000001,Ended,TriggeredOutbound,2026-03-02T18:00:00Z,2026-03-02T18:00:00Z,0MjSMSSTANDARD0001,"
        f"{BOB},{ANA},2026-03-02T18:00:00Z\n"
    )
    silent, *others = WAITING
    written(raw, "MessagingSession", WAITING_FIELDS, [(*silent[:2], "Active", *silent[3:6], ANA), *others])
    written(raw, "AgentWork", OFFERED_FIELDS, [OFFERED, ACCEPTED])
    return Grown(raw, first, build("upon"), build("anew"))


BUILDS_ON_THE_LAST = "select builds_on_the_last from staging.stg_messaging__definitions"


@pytest.mark.deep
def test_a_session_that_waits_in_a_queue_is_in_that_queue_and_its_work_counts_once(grown: Grown) -> None:
    """Before the platform has found somebody there is no AgentWork; then there is, and the wait is over."""
    queue = f"select waiting_session_count, longest_waiting_since_at from rt_queues where team_id = '{BILLING}'"
    works = (
        "select work_id, team_id, status, requested_at, accepted_at from fct_agent_work "
        "where work_id similar to '.*(SILENT|OFFERED).*' order by requested_at"
    )
    assert rows(grown.first, queue) == [(2, at("10:00:00"))]
    assert rows(grown.first, works) == [
        ("0MwSILENT000000001:queued", BILLING, "requested", at("10:00:00"), None),
        ("0BzOFFERED00000001", BILLING, "assigned", at("10:05:01"), None),
    ]
    assert rows(grown.upon, BUILDS_ON_THE_LAST) == [(True,)]
    assert rows(grown.upon, queue) == [(1, at("10:05:01"))]
    assert rows(grown.upon, works) == [
        ("0BzSILENT000000001", BILLING, "opened", at("10:00:00"), at("10:08:00")),
        ("0BzOFFERED00000001", BILLING, "assigned", at("10:05:01"), None),
    ]


@pytest.mark.deep
def test_a_build_upon_changed_records_equals_one_from_nothing(grown: Grown) -> None:
    """Work closes and weighs more, a session ends in another file, one is within it, an hour loses its only event.

    And what is of a session that is not there is rejected until it is: work, its figures and session metrics; not what
    bots did. The later export has the session, and all is well.
    """
    rejected = "select distinct split_part(event_id, ':', 1), rejection_reason from rejected_events order by 1"
    homeless = ("0BzTAKENOVER000001", "0BzTRANSFERRED0001", "0MzTRANSFERRED0001", "0MzTRANSFERRED0002")
    found = rows(grown.first, rejected)
    assert {reason for _, reason in found} == {"missing_conversation_id"}
    assert set(homeless) <= {record for record, _ in found}
    assert not {"0BzBOTFIRST0000001", "0BzCASE00000000001"} & {record for record, _ in found}
    for run, is_upon in ((grown.upon, True), (grown.anew, False)):
        assert rows(run, BUILDS_ON_THE_LAST) == [(is_upon,)]
        assert rows(run, rejected) == []
        assert rows(run, "select work_id from fct_agent_work where capacity_weight = 3") == [("0BzSTANDARD0000001",)]
        ended = f"select status, ended_at from fct_messaging_sessions where session_id = '{BOB}/2'"
        assert rows(run, ended) == [("ended", at("20:30:00"))]
        assert rows(run, "select min(started_at) from fct_agent_presence") == [(at("09:00"),)]
    assert_same(contents(grown.upon), contents(grown.anew))


def build_again(grown: Grown, place: Path, command: list[str]) -> DbtRun:
    """Build upon a copy of the last build."""
    shutil.copy(grown.anew.database, place)
    run = parsed_dbt(SOURCE).run(command, place, raw=str(grown.raw), variables={"max_rejected_rate": 1})
    assert run.exit_code == 0, run.output
    return run


@pytest.mark.deep
def test_nothing_is_read_where_nothing_changed(grown: Grown, tmp_path: Path) -> None:
    read = "select coalesce(bool_or(is_to_be_read), false) from staging.stg_messaging__raw_parts"
    assert rows(grown.anew, read) == [(True,)]
    assert rows(build_again(grown, tmp_path, build_of("int_build_scope")), read) == [(False,)]


@pytest.fixture
def request_of_bobs(grown: Grown) -> Iterator[None]:
    """Bob asks to be forgotten, for as long as a test lasts."""
    folder = grown.raw / "redactions"
    folder.mkdir()
    (folder / "requests.csv").write_text(f"messaging_user_id,requested_at\n{BOB},2026-03-03\n")
    yield
    shutil.rmtree(folder)


@pytest.mark.deep
@pytest.mark.usefixtures("request_of_bobs")
def test_a_person_is_forgotten_in_whatever_the_objects_said(grown: Grown, tmp_path: Path) -> None:
    """Bob asks in a later build. His id is the conversation's, too, and his words stand in no table of the file."""
    words = ("My bill is wrong", "Which one?", "+447700900002", BOB)
    assert all(word in repr(contents(grown.anew, schema=None)) for word in words)
    run = build_again(grown, tmp_path, BUILD)
    assert not [word for word in words if word in repr(contents(run, schema=None))]
    assert rows(run, "select count(*) from fct_messages where message_text = '(redacted)'") == [(6,)]


# --- what is not there, or not as it should be -------------------------------------------------


@pytest.mark.deep
def test_sessions_alone_are_enough_and_letter_case_is_free(tmp_path: Path) -> None:
    """Only MessagingSession is required, and of it what is there; times may be typed, or count milliseconds."""
    folder = tmp_path / "objects" / "messagingSESSION"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select '0MwALONE0000000001' as ID, 'InboundInitiated' as origin, 'Ended' as Status, "
            "timestamptz '2026-03-02 10:00:00+01' as STARTTIME, 1772445600000 as endtime) "
            f"to '{folder / 'sessions.parquet'}' (format parquet)"
        )
    run = parsed_dbt(SOURCE).run(BUILD, tmp_path, raw=str(tmp_path / "objects"))
    assert run.exit_code == 0, run.output
    found = rows(
        run, "select session_id, started_at, ended_at, channel_id, messaging_user_id from fct_messaging_sessions"
    )
    assert found == [("0MwALONE0000000001/1", at("09:00"), at("10:00"), None, None)]
    assert rows(run, "select count(*) from fct_agent_work") == [(0,)]


@pytest.mark.deep
def test_objects_may_be_tables(built: DbtRun, tmp_path: Path) -> None:
    """`schema:` names a schema with tables named like the objects, as the platform does it or as connectors."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema salesforce")
        for folder in OBJECTS.iterdir():
            name = spelt_by_connectors(folder.name) if folder.name.startswith("M") else folder.name
            connection.execute(
                f"create table salesforce.\"{name}\" as from read_csv('{folder}/*.csv', all_varchar = true, "
                "union_by_name = true)"
            )
    run = parsed_dbt(SOURCE).run(LEDGERS, tmp_path, raw="schema:salesforce")
    assert ledgers_of(run) == ledgers_of(built)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create table salesforce.MessagingSession as from salesforce.messaging_session")
    one_sentence(
        parsed_dbt(SOURCE).run(BUILD, tmp_path, raw="schema:salesforce"),
        r"warehouse\.salesforce: tables messagingsession and messaging_session are one object, MessagingSession; keep "
        r"one of them\.",
    )


@pytest.mark.deep
def test_ids_of_15_characters_are_those_of_18(built: DbtRun, objects: Path, tmp_path: Path) -> None:
    """Reports print 15, exports 18, and both may lie side by side.

    Ids differ by letter case alone, which is what the last three characters say.
    """

    def short(identifier: str) -> str:
        told = hashlib.sha1(identifier.encode()).hexdigest()[:12]
        return identifier[:3] + "".join(letter.upper() if place % 2 else letter for place, letter in enumerate(told))

    def full(identifier: str) -> str:
        known = short(identifier)
        chunks = (known[place : place + 5] for place in (0, 5, 10))
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
        return known + "".join(
            letters[sum(2**place for place, letter in enumerate(chunk) if letter.isupper())] for chunk in chunks
        )

    ids = "(?:0|5)[0-9A-Za-z]{17}"
    for file in sorted(objects.rglob("*.csv")):
        rewrite(
            file,
            lambda records: [
                {
                    field: (short, full)[(number + place) % 2](text) if re.fullmatch(ids, text) else text
                    for place, (field, text) in enumerate(record.items())
                }
                for number, record in enumerate(records)
            ],
        )
    run = parsed_dbt(SOURCE).run(LEDGERS, tmp_path, raw=str(objects))
    assert run.exit_code == 0, run.output
    columns = "event_id, event_type, occurred_at, conversation_id, actor_id, messaging_user_id, rejection_reason"
    ledger = f"select {columns} from staging.{CONVERSATIONS}"
    expected = Counter(
        tuple(
            re.sub(ids, lambda found: full(str(found[0])), value) if isinstance(value, str) else value for value in row
        )
        for row in rows(built, ledger)
    )
    assert Counter(rows(run, ledger)) == expected


@pytest.mark.deep
def test_a_time_that_cannot_be_read_stops_the_build(objects: Path, tmp_path: Path) -> None:
    """A report prints local times; an export does not."""
    rewrite(
        objects / "AgentWork" / "work.csv",
        lambda work: [row | {"RequestDateTime": "3/2/2026, 10:00 AM"} for row in work],
    )
    run = parsed_dbt(SOURCE).run(BUILD, tmp_path, raw=str(objects))
    assert run.exit_code != 0
    sentence = (
        "AgentWork: request_date_time '3/2/2026, 10:00 AM' cannot be read; write it like 2026-03-15T18:00:00.000Z."
    )
    assert sentence in run.output
    assert is_empty(run)


@pytest.mark.deep
def test_what_the_doctor_counts_a_build_rejects(objects: Path, tmp_path: Path) -> None:
    """Each record that lacks what the others have, by the reason, and no other."""

    def change(place: str, changes: Mapping[str, dict[str, str]]) -> None:
        rewrite(objects / place, lambda records: [record | changes.get(record["Id"], {}) for record in records])

    change("MessagingSession/2026-03-02.csv", {
        "0MwNEXTATONCE00001": {"EndTime": ""}, "0MwERROR0000000001": {"CreatedDate": ""},
    })  # fmt: skip
    change("MessagingSessionMetrics/metrics.csv", {"0MzTRANSFERRED0001": {"MessagingSessionId": "0MwGONE00000000001"}})
    change("ConversationEntry/entries.csv", {
        "0XcSTANDARD0000002": {"ActorType": "Martian"}, "0XcSTANDARD0000005": {"EntryTime": ""},
        "0XcSTANDARD0000006": {"ConversationId": "0MwGONE00000000001"},
    })  # fmt: skip
    change("AgentWork/work.csv", {
        "0BzTRANSFERRED0001": {"CapacityWeight": "heavy"}, "0BzTAKENOVER000001": {"CapacityWeight": "-2"},
        "0BzDECLINED0000001": {"WorkItemId": "0MwGONE00000000001"}, "0BzAFTERTIMEOUT001": {"WorkItemId": ""},
        "0BzBEFORESLEEP0001": {"UserId": "", "AssignedDateTime": ""},
        "0BzSTANDARD0000001": {"CloseDateTime": "", "AfterConversationActualTime": ""},
        "0BzTIMEDOUT0000001": {"Status": "Canceled", "DeclineDateTime": "", "PushTimeoutDateTime": ""},
    })  # fmt: skip
    change("UserServicePresence/presence.csv", {
        "0N5ANA000000000001": {"UserId": ""}, "0N5ANA000000000002": {"StatusStartDate": ""},
        "0N5ANA000000000003": {"ConfiguredCapacity": "many"},
    })  # fmt: skip
    seen = look(Settings(PROJECT, raw=str(objects), source=SOURCE), read_feeds())
    assert seen.misfits is not None
    counted: Counter[str] = Counter()
    for sighting in seen.misfits.flaws.values():
        for flaw, count in sighting.counts.items():
            counted[flaw.reason] += count
    command = build_of("rejected_events", "rejected_presence_events")
    run = parsed_dbt(SOURCE).run(command, tmp_path, raw=str(objects), variables={"max_rejected_rate": 1})
    assert run.exit_code == 0, run.output
    records = (
        "select distinct split_part(event_id, ':', 1), rejection_reason from (select event_id, rejection_reason from "
        "rejected_events union all select event_id, rejection_reason from rejected_presence_events) "
        "where rejection_reason != 'no_session'"
    )
    assert Counter(reason for _, reason in rows(run, records)) == counted
    assert counted.total() == 15


@pytest.fixture(scope="module")
def scant(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """A build of the fixture's objects without what messages say, without a piece of work and without an account."""
    place = tmp_path_factory.mktemp("scant")
    raw = Path(shutil.copytree(OBJECTS, place / "objects"))
    for file in (raw / "ConversationEntry").glob("*.csv"):
        _drop(file, "Message")
    for name in ("AgentWork", "Account"):
        for file in (raw / name).glob("*.csv"):
            rewrite(file, lambda _: [])
    run = parsed_dbt(SOURCE).run(build_of("fct_messages", "mart_agent_by_day"), place, raw=str(raw))
    assert run.exit_code == 0, run.output
    return run


@pytest.mark.deep
def test_without_texts_a_message_that_failed_is_a_message(built: DbtRun, scant: DbtRun) -> None:
    """Where an export leaves out what messages say, none is one that nobody saw."""
    messages = (
        "select message_id, actor_type, delivery_status, is_orphan from fct_messages where not is_orphan order by 1"
    )
    assert rows(scant, messages) == rows(built, messages) != []


@pytest.mark.deep
def test_of_an_object_without_a_record_figures_say_0_and_a_build_says_so(scant: DbtRun) -> None:
    told = " ".join(scant.output.split())
    assert "AgentWork: has fields and no record, which counts as none: figures say 0; leave it away if it is" in told
    assert "Account: has fields and no record, which counts as none." in told
    assert rows(scant, "select distinct accepted_work_count from mart_agent_by_day") == [(0,)]


@pytest.mark.deep
def test_an_unknown_source_gets_one_sentence(tmp_path: Path) -> None:
    run = run_dbt(["build"], tmp_path, raw=str(OBJECTS), environment={"MESSAGING_SOURCE": "zendesk"})
    one_sentence(
        run,
        "MESSAGING_SOURCE: there is no source 'zendesk'; write service_cloud, or leave it unset for tables of the raw "
        "contract.",
    )
    assert is_empty(run)


def test_objects_that_are_not_there_get_one_sentence(tmp_path: Path) -> None:
    run = parsed_dbt(SOURCE).run(BUILD, tmp_path, raw=str(tmp_path))
    one_sentence(
        run,
        f"{tmp_path}: there is no folder MessagingSession/ with \\*.parquet or \\*.csv files; "
        "put each of the platform's objects there, in a folder of its API name.",
    )
    run = parsed_dbt(SOURCE).run(BUILD, tmp_path, raw="schema:nowhere")
    one_sentence(
        run,
        r"MESSAGING_RAW: there is no table warehouse\.nowhere\.MessagingSession; name the schema "
        r"\(or <database>\.<schema>, with the file in MESSAGING_ATTACH\) that holds the platform's objects under their "
        r"API names\.",
    )
    assert is_empty(run)


EXPECTED = {"MessagingSession": ["id"], "AgentWork": ["id"], "sla_policies": ["policy_id"]}
BAD_OBJECTS = {
    "AgentWork/no_id.csv": ("UserId\n005\n", "column Id is missing; export the object with it."),
    "agentwork/other_case.csv": ("UserId\n005\n", "column Id is missing; export the object with it."),
    "AgentWork/semicolons.csv": (
        '"Id";"UserId"\n0Bz;005\n',
        "the header is one column, with semicolons in it; write the file with commas between columns.",
    ),
    "agent_work/tabs.csv": (
        "Id\tUserId\n0Bz\t005\n",
        "the header is one column, with tabs in it; write the file with commas between columns.",
    ),
    "agent_work/no_id.csv": ("UserId\n005\n", "column Id is missing; export the object with it."),
    "AgentWork/work.ndjson": (
        "{}\n",
        "not read, because its name does not end in .parquet or .csv; rename or convert it.",
    ),
    "sla_policies/ours.csv": (
        "name\n",
        "column policy_id is missing; add it (it may be empty), as the raw contract says.",
    ),
}


@pytest.mark.parametrize("name", BAD_OBJECTS)
def test_a_bad_object_gets_one_sentence(tmp_path: Path, name: str) -> None:
    content, sentence = BAD_OBJECTS[name]
    for file, text in (("MessagingSession/sessions.csv", "ID\n0Mw\n"), (name, content)):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(text)
    assert find_problems(str(tmp_path), EXPECTED, required_object="MessagingSession") == [
        f"{tmp_path / name}: {sentence}"
    ]


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        (("EndTime",), "there is no EndTime: no session would end, and durations and what is open would be wrong"),
        (("StartTime", "CreatedDate"), "there is no StartTime and no CreatedDate: no session would start"),
    ],
)
def test_sessions_that_would_never_start_or_end_get_one_sentence(
    objects: Path, tmp_path: Path, left_out: tuple[str, ...], sentence: str
) -> None:
    (objects / "MessagingSession" / "2026-03-02 at noon.csv").unlink()
    for field in left_out:
        _drop(objects / "MessagingSession" / "2026-03-02.csv", field)
    run = parsed_dbt(SOURCE).run(BUILD, tmp_path, raw=str(objects))
    one_sentence(run, f"MessagingSession: {sentence}; export it.")
    assert is_empty(run)


# --- the adapter's walls -----------------------------------------------------------------------


def adapter_models(run: DbtRun) -> dict[str, dict[str, Any]]:
    """Return the adapter's models by name."""
    manifest = json.loads((run.target / "manifest.json").read_text())
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and SOURCE in node["fqn"]
    }


def test_nothing_of_the_adapter_is_stored_and_what_is_personal_wears_its_tag(built: DbtRun) -> None:
    """A table would keep what somebody asked to have forgotten: redaction comes after the adapter."""
    models = adapter_models(built)
    assert {node["config"]["materialized"] for node in models.values()} == {"view"}
    untagged = [
        f"{name}.{column}"
        for name, node in models.items()
        for column, told in node["columns"].items()
        if column in PERSONAL | {"message", "messaging_platform_key"}
        and "personal" not in told["config"].get("tags", [])
    ]
    assert untagged == []


def test_every_object_is_read_once(built: DbtRun) -> None:
    models = adapter_models(built)
    readers = Counter(
        parent.split(".")[-1]
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent.split(".")[-1].startswith(f"base_{SOURCE}__")
    )
    assert readers == dict.fromkeys((name for name in models if name.startswith("base_")), 1)
    for name, node in models.items():
        if name.startswith("base_"):
            assert f"raw_object('{node['config']['meta']['raw_object']}')" in node["raw_code"]


def test_the_adapter_makes_the_tables_of_the_contract(built: DbtRun) -> None:
    """Each with the contract's columns, in its order."""
    manifest = json.loads((built.target / "manifest.json").read_text())
    contract = {
        node["config"]["meta"]["raw_table"]: [name for name, column in node["columns"].items() if column["data_type"]]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("raw_table", "").startswith("raw_")
    }
    with built.connect() as connection:
        made = {
            table: [name for name, *_ in connection.execute(f"describe staging.stg_{SOURCE}__{table}").fetchall()]
            for table in contract
        }
    assert len(made) == 9
    assert made == contract


def test_without_a_source_the_adapter_does_not_exist(demo: DbtRun) -> None:
    assert adapter_models(demo) == {}
    assert not [path for path in (PROJECT / "models").rglob("*service_cloud*.sql") if path.stem in demo.output]


# --- what an export leaves out, or spells otherwise ------------------------------------------------


def _drop(file: Path, field: str) -> None:
    with file.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        told, columns = list(reader), [column for column in reader.fieldnames or [] if column != field]
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(told)


@pytest.mark.deep
@pytest.mark.parametrize(
    "left_out",
    [
        # A field of each object: what needs the one needs none of the others.
        ["MessagingSession.Status", "ConversationEntry.EntryTime", "AgentWork.UserId", "UserServicePresence.UserId"],
        ["ConversationEntry.ActorType"],
        ["ConversationEntry.ActorId"],
        ["ConversationEntry.ConversationId"],
    ],
    ids=" and ".join,
)
def test_without_a_field_what_needs_it_is_not_told_and_the_rest_is(
    objects: Path, tmp_path: Path, left_out: list[str]
) -> None:
    for name, field in (each.split(".") for each in left_out):
        for file in (objects / name).glob("*.csv"):
            _drop(file, field)
    run = parsed_dbt(SOURCE).run(LEDGERS, tmp_path, raw=str(objects))
    assert run.exit_code == 0, run.output
    for ledger in (CONVERSATIONS, PRESENCES):
        rejected = f"select distinct rejection_reason from staging.{ledger} where rejection_reason is not null"
        assert rows(run, rejected) == []
    assert rows(run, f"select count(*) > 0 from staging.{CONVERSATIONS}") == [(True,)]


@pytest.mark.deep
def test_objects_and_fields_may_be_spelt_as_connectors_do_and_versions_dated_by_their_last_change(
    built: DbtRun, objects: Path, tmp_path: Path
) -> None:
    for file in list(objects.rglob("*.csv")):
        header, rest = file.read_text(encoding="utf-8").split("\n", 1)
        spelt = spelt_by_connectors(header.replace("SystemModstamp", "LastModifiedDate"))
        file.write_text(f"{spelt}\n{rest}", encoding="utf-8")
    for folder in list(objects.iterdir()):
        folder.rename(objects / spelt_by_connectors(folder.name))
    run = parsed_dbt(SOURCE).run(LEDGERS, tmp_path, raw=str(objects))
    assert ledgers_of(run) == ledgers_of(built)
