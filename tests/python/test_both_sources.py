"""One month, told as an event log and as Service Cloud's objects: what both can tell, marts tell alike, row by row."""

import csv
import io
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from messaging_warehouse.doctor import Settings, look
from messaging_warehouse.doctor.marts import what_is_missing
from messaging_warehouse.needs import Loss, foretell, read_needs
from messaging_warehouse.objects import read_feeds
from messaging_warehouse.simulator import Layout, OutputFormat, Simulation, demo_centre, simulate, write
from messaging_warehouse.simulator.service_cloud import service_cloud_tables
from raw_folders import ARTIFACTS, BUILD, parsed_dbt
from warehouse import PROJECT, DbtRun

EXAMPLE = PROJECT / "examples" / "service_cloud"
AS_OF = {"as_of": "2026-03-15T19:59:59.000Z"}
POLICIES = """policy_id,policy_name,metric,channel_id,team_id,topic_id,target_seconds,clock,valid_from,valid_to
first,First response,first_response,,,,60,calendar,2026-01-01,
next,Next response,next_response,,,,60,calendar,2026-01-01,
done,Resolution,resolution,,,,600,calendar,2026-01-01,
"""


@pytest.fixture(scope="module")
def month() -> Simulation:
    """The simulated month of the demo."""
    return simulate(
        demo_centre(), datetime(2026, 2, 14, tzinfo=UTC), until=datetime(2026, 3, 15, 20, tzinfo=UTC), seed=58
    )


def test_the_example_is_the_month_that_the_demo_holds(month: Simulation, tmp_path: Path) -> None:
    write(month, tmp_path / "written", OutputFormat.CSV, layout=Layout.SERVICE_CLOUD)
    written = {
        file.relative_to(tmp_path / "written"): file.read_bytes()
        for file in (tmp_path / "written").rglob("*.csv")
        if "truth" not in file.parts
    }
    assert written == {file.relative_to(EXAMPLE): file.read_bytes() for file in EXAMPLE.rglob("*.csv")}


def promise(raw: Path) -> str:
    """Put promises beside raw input, the same for both sources; the simulated month has none."""
    shutil.rmtree(raw / "sla_policies", ignore_errors=True)
    (raw / "sla_policies").mkdir()
    (raw / "sla_policies" / "policies.csv").write_text(POLICIES)
    return str(raw)


# --- the marts -----------------------------------------------------------------------------------

# What one of the two cannot tell, and which columns of marts hang on it.
FOCUS = ("handle", "viewing", "handled", "viewed", "active", "utilisation")
RESOLUTIONS = ("resolution_count", "resolved_session_count")
ENTRIES = (
    "message",
    "response",
    "wait",
    "unique_contacts",
    "closed_conversations",
    "unrecorded",
)  # of enhanced sessions there are none
WHOLE_SECONDS = ("after_work",)
CLOSED = ("closed_session",)  # of a session that goes on nobody knows whether it was resolved
FLAGS = ("proactive_messages", "consent_status", "locale")  # not there, or in other words


@dataclass(frozen=True)
class Comparison:
    """A mart, on which channels it is compared, and the columns that are left out, by words in their names."""

    mart: str
    channels: str = "all"
    left_out: tuple[str, ...] = ()


COMPARISONS = (
    Comparison("mart_speed_to_answer_by_day"),
    Comparison("mart_agent_by_day", left_out=(*FOCUS, *RESOLUTIONS, *ENTRIES, *WHOLE_SECONDS)),
    Comparison("mart_account_activity_by_month", left_out=(*FOCUS, *RESOLUTIONS, *ENTRIES)),
    Comparison("mart_messaging_users_by_account", left_out=(*ENTRIES, *FLAGS)),
    Comparison("mart_rejections_by_day"),
    Comparison("mart_channel_traffic_by_day", "standard", CLOSED),
    Comparison("mart_session_metrics_by_day", "standard"),
    Comparison("mart_emoji_sentiment_by_day", "standard"),
    Comparison("mart_delivery_failures_by_day", "standard"),
    Comparison("mart_delivery_reports_by_day", "standard"),
    Comparison("mart_account_usage_by_period", "standard", FLAGS),
)

Rows = Counter[tuple[Any, ...]]


@pytest.fixture(scope="module")
def told_as_events(month: Simulation, tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """The month's event log, built."""
    place = tmp_path_factory.mktemp("events")
    write(month, place / "raw", OutputFormat.CSV)
    run = parsed_dbt().run(BUILD, place, raw=promise(place / "raw"), variables=AS_OF)
    assert run.exit_code == 0, run.output
    return run


@pytest.fixture(scope="module")
def told_as_objects(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """The month's objects, built."""
    place = tmp_path_factory.mktemp("objects")
    raw = promise(Path(shutil.copytree(EXAMPLE, place / "raw")))
    run = parsed_dbt("service_cloud").run([*BUILD, ARTIFACTS], place, raw=raw, variables=AS_OF)
    assert run.exit_code == 0, run.output
    return run


@pytest.fixture(scope="module")
def our_ids(month: Simulation) -> Mapping[str, str]:
    """What the records of the platform are called in the event log."""
    return {str(record_id): str(our_id) for _, record_id, our_id in service_cloud_tables(month)["service_cloud_ids"]}


def rows_of(run: DbtRun, comparison: Comparison, names: Mapping[str, str], channels: Collection[str]) -> Rows:
    """Return what is compared of a mart, under the ids of the event log."""
    with run.connect() as connection:
        described = connection.execute(f"describe {comparison.mart}").fetchall()
        columns = [name for name, *_ in described if not any(word in name for word in comparison.left_out)]
        found = connection.execute(f"select {', '.join(columns)} from {comparison.mart}").fetchall()
    told = (tuple(names.get(value, value) if isinstance(value, str) else value for value in row) for row in found)
    if comparison.channels == "all":
        return Counter(told)
    channel = columns.index("channel_id")
    return Counter(row for row in told if row[channel] in channels)


def standard_channels() -> set[str]:
    """Return the channels of the demo whose messages the platform hands over."""
    with (PROJECT / "seeds" / "demo" / "raw_channels.csv").open(newline="") as seed:
        return {
            row["channel_id"] for row in csv.DictReader(io.StringIO(seed.read())) if row["platform_type"] == "standard"
        }


@pytest.mark.deep
@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.mart)
def test_both_tell_the_same(
    told_as_events: DbtRun, told_as_objects: DbtRun, our_ids: Mapping[str, str], comparison: Comparison
) -> None:
    channels = standard_channels()
    events = rows_of(told_as_events, comparison, {}, channels)
    objects = rows_of(told_as_objects, comparison, our_ids, channels)
    assert events - objects == objects - events == Counter()
    assert events or comparison.mart == "mart_rejections_by_day"


@pytest.mark.deep
def test_what_only_one_of_them_can_tell_is_not_the_same(
    told_as_events: DbtRun, told_as_objects: DbtRun, our_ids: Mapping[str, str]
) -> None:
    """The comparison can fail: with nothing left out agents' days differ, and so does the traffic of all channels."""
    for comparison in (Comparison("mart_agent_by_day"), Comparison("mart_channel_traffic_by_day")):
        assert rows_of(told_as_events, comparison, {}, ()) != rows_of(told_as_objects, comparison, our_ids, ())


@pytest.mark.deep
def test_the_platforms_figures_are_ours_or_ours_are_missing(told_as_objects: DbtRun) -> None:
    with told_as_objects.connect() as connection:
        causes = connection.execute(
            "select figure, list_sort(list(distinct reconciliation_cause)) from mart_reconciliation group by figure"
        ).fetchall()
    assert dict(causes) == {
        "active_seconds": ["not_recorded"],
        "after_work_seconds": ["same_source"],
        "agent_message_count": ["equal", "not_recorded"],
        "agent_type": ["equal", "not_recorded"],
        "average_agent_response_time": ["not_recorded"],
        "average_end_user_response_time": ["not_recorded"],
        "end_user_message_count": ["equal", "not_recorded"],
        "ended_by_type": ["same_source"],
        "max_agent_response_time": ["not_recorded"],
        "max_end_user_response_time": ["not_recorded"],
        "speed_to_answer_seconds": ["whole_seconds"],
        "work_handle_seconds": ["whole_seconds"],
    }


@pytest.fixture(scope="module")
def told_in_whole_seconds(month: Simulation, tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """The month's objects as the platform keeps them, built."""
    place = tmp_path_factory.mktemp("seconds")
    write(month, place / "raw", OutputFormat.PARQUET, layout=Layout.SERVICE_CLOUD, whole_seconds=True)
    select = ["--select", *(f"+{name}" for name in (*THINGS, "mart_reconciliation", "rejected_events"))]
    run = parsed_dbt("service_cloud").run([*BUILD, *select], place, raw=str(place / "raw"), variables=AS_OF)
    assert run.exit_code == 0, run.output
    return run


# What there is one row of, whatever its times are, and what of it is a time.
THINGS = {
    "fct_messaging_sessions": ("session_id", ("started_at", "ended_at")),
    "fct_messages": ("message_id", ("sent_at",)),
    "fct_agent_work": ("work_id", ("requested_at", "accepted_at", "closed_at")),
}


@pytest.mark.deep
@pytest.mark.parametrize("fact", THINGS)
def test_whole_seconds_tell_the_same_things_within_a_second(
    told_as_objects: DbtRun, told_in_whole_seconds: DbtRun, fact: str
) -> None:
    """The same sessions, messages and work, each in its session and within a second of where it was."""
    key, times = THINGS[fact]
    columns = ", ".join({"session_id": None, key: None, **dict.fromkeys(times)})
    told = []
    for run in (told_as_objects, told_in_whole_seconds):
        with run.connect() as connection:
            found = connection.execute(f"select {columns} from {fact} order by session_id, {key}").fetchall()
        told.append(found)
    exact, cut = told
    assert len(exact) > 100
    first_time = len(exact[0]) - len(times)
    assert [row[:first_time] for row in cut] == [row[:first_time] for row in exact]
    apart = [
        (row, other)
        for row, other in zip(cut, exact, strict=True)
        for time, exact_time in zip(row[first_time:], other[first_time:], strict=True)
        if (time is None) != (exact_time is None) or (time and abs(time - exact_time) >= timedelta(seconds=1))
    ]
    assert apart == []
    assert cut != exact or fact == "fct_messages"


@pytest.mark.deep
def test_in_whole_seconds_the_platforms_figures_are_ours_to_the_second(told_in_whole_seconds: DbtRun) -> None:
    with told_in_whole_seconds.connect() as connection:
        causes = connection.execute(
            "select figure, list_sort(list(distinct reconciliation_cause)) from mart_reconciliation group by figure"
        ).fetchall()
        rejected = connection.execute("select count(*) from rejected_events").fetchone()
    assert {cause for _, told in causes for cause in told} == {"equal", "not_recorded", "same_source", "whole_seconds"}
    assert dict(causes)["speed_to_answer_seconds"] == ["equal", "whole_seconds"]
    assert dict(causes)["agent_message_count"] == ["equal", "not_recorded"]
    assert rejected == (0,)


@pytest.mark.deep
def test_of_focus_the_objects_tell_nothing_and_marts_say_so(told_as_objects: DbtRun) -> None:
    with told_as_objects.connect() as connection:
        assert connection.execute(
            "select count(handle_seconds), count(handled_session_count), count(utilisation_rate), "
            "count(online_seconds) > 50 from mart_agent_by_day"
        ).fetchone() == (0, 0, 0, True)


@pytest.mark.deep
def test_a_build_that_is_told_no_place_reads_the_example(tmp_path: Path) -> None:
    model = "base_service_cloud__messaging_sessions"
    run = parsed_dbt("service_cloud").run(["run", "--select", model], tmp_path, raw=None)
    assert run.exit_code == 0, run.output
    with run.connect() as connection:
        found = connection.execute(f"select count(*) from staging.{model}").fetchone()
    (sessions,) = (EXAMPLE / "MessagingSession").glob("*.csv")
    assert found == (len(sessions.read_text().splitlines()) - 1,)


# --- no wrong zeros --------------------------------------------------------------------------------

# They say how much is on record: 0 is what they are for.
COVERAGE = (
    "recorded_session_count", "recorded_session_rate", "recorded_ended_session_count", "recorded_closed_session_count",
    "recorded_ended_inbound_session_count", "are_messages_recorded", "measured_delay_count", "measured_delivery_count",
    "covered_session_count", "coverage_rate", "reported_session_count", "reported_agent_type_session_count",
    "is_agent_type_reported",
)  # fmt: skip
# A distance between volumes: of what is on record it may be 0 where between all volumes it is not.
DISTANCES = ("usual_distance",)
# Marts of which the objects can tell nothing: no row says anything wrong.
EMPTY = {
    "exp_resolved_conversations", "exp_topics", "mart_csat_by_day", "mart_efficiency_by_day",
    "mart_resolution_times_by_day", "mart_resolutions_by_day", "mart_topic_by_day",
}  # fmt: skip
NO_ROW_OF_BOTH = {
    *EMPTY,
    "mart_reconciliation",  # the event log reports no figures
    "mart_rejections_by_day",  # nothing was rejected
    "mart_team_by_day",  # nobody knows the agents' teams
    "rt_owned_sessions",  # at as_of nobody owns a session
}

Row = dict[str, Any]
Mart = dict[tuple[Any, ...], Row]


def marts_of(run: DbtRun) -> dict[str, tuple[str, ...]]:
    """Return every mart with the columns that tell its rows apart."""
    nodes = json.loads((run.target / "manifest.json").read_text())["nodes"].values()
    return {
        node["name"]: tuple(node["config"]["meta"]["grain"])
        for node in nodes
        if node["resource_type"] == "model" and "marts" in node["fqn"]
    }


def our_name(name: Any, names: Mapping[str, str]) -> Any:
    """Return what the event log calls a record, a session of it, or the event that it is one of."""
    if not isinstance(name, str):
        return name
    conversation, _, number = name.rpartition("/")
    if conversation in names:
        return f"{names[conversation]}/{number}"
    record, _, what = name.rpartition(":")
    return names.get(record if what in ("sent", "start") else name, name)


def read_mart(run: DbtRun, mart: str, grain: tuple[str, ...], names: Mapping[str, str]) -> Mart:
    """Return a mart's rows by their keys, under the ids of the event log."""
    with run.connect() as connection:
        relation = connection.execute(f"select * from {mart}")
        columns = [column for column, *_ in relation.description or ()]
        rows = [
            dict(zip(columns, (our_name(value, names) for value in row), strict=True)) for row in relation.fetchall()
        ]
    return {tuple(row[column] for column in grain): row for row in rows}


def is_above_0(told: Any) -> bool:
    """Return whether a value is a number above 0, or true."""
    return isinstance(told, bool | int | float | Decimal) and told > 0


def wrong_zeros(events: Mart, objects: Mart) -> set[str]:
    """Name the columns in which the objects say 0 or false, and the events, of the same thing, more than that."""
    return {
        column
        for key in events.keys() & objects.keys()
        for column, told in events[key].items()
        if column not in COVERAGE + DISTANCES
        if is_above_0(told)
        if objects[key][column] is not None and not objects[key][column]
    }


@pytest.fixture(scope="module")
def both(
    told_as_events: DbtRun, told_as_objects: DbtRun, our_ids: Mapping[str, str]
) -> Mapping[str, tuple[Mart, Mart]]:
    """Every mart as the events and as the objects tell it."""
    return {
        mart: (read_mart(told_as_events, mart, grain, {}), read_mart(told_as_objects, mart, grain, our_ids))
        for mart, grain in marts_of(told_as_objects).items()
    }


@pytest.mark.deep
def test_what_the_objects_do_not_tell_is_nowhere_0(both: Mapping[str, tuple[Mart, Mart]]) -> None:
    """Where the event log has more than 0, the objects have a number or null, in every column of every mart."""
    assert {mart: wrong_zeros(*told) for mart, told in both.items() if wrong_zeros(*told)} == {}
    assert {mart for mart, (_, objects) in both.items() if not objects} >= EMPTY
    assert {mart for mart, (events, objects) in both.items() if not events.keys() & objects.keys()} == NO_ROW_OF_BOTH


@pytest.mark.deep
def test_a_wrong_zero_is_noticed(both: Mapping[str, tuple[Mart, Mart]]) -> None:
    """Were what is not known 0, most marts would say something wrong, each in what hangs on the thing not recorded."""
    noticed: dict[str, set[str]] = defaultdict(set)
    for mart, (events, objects) in both.items():
        zeros = {
            key: {column: 0 if value is None else value for column, value in row.items()}
            for key, row in objects.items()
        }
        noticed[mart] = wrong_zeros(events, zeros)
    for mart, columns in {
        "exp_open_conversations": {"end_user_message_count"},
        "exp_unresolved_conversations": {"agent_message_count", "is_bot_resolved", "is_abandoned", "cycle_count"},
        "exp_contacts": {"closed_session_count"},
        "exp_teams": {"member_count"},
        "mart_account_activity_by_month": {"closed_conversations", "bot_message_count", "resolution_count"},
        "mart_account_usage_by_period": {"unique_contacts", "closed_conversations", "proactive_messages"},
        "mart_agent_by_day": {"agent_message_count", "first_response_count", "resolution_count", "handle_seconds"},
        "mart_channel_traffic_by_day": {"message_count"},
        "mart_data_quality_by_day": {"delay_sum_seconds"},
        "mart_emoji_sentiment_by_day": {"end_user_message_count", "scored_session_count", "negative_session_count"},
        "mart_messaging_users_by_account": {"message_count", "closed_conversations"},
        "mart_session_outcomes_by_day": {"bot_resolved_session_count", "handoff_rate", "reopened_session_count"},
        "mart_workload_by_hour": {"agent_message_count", "unresolved_session_count", "session_close_count"},
        "rt_queues": {"online_agent_count"},
    }.items():
        assert noticed[mart] >= columns, (mart, columns - noticed[mart])


# Words in the names of columns that the two tell otherwise, and why.
OF_ALL_CHANNELS = (*ENTRIES, *WHOLE_SECONDS)  # messages of enhanced sessions are among the events alone
OF_EVENTS = (
    "event_count",
    "delivery_count",
    "last_received_at",
    "measured_delay",
    "volume",
    "usual",
)  # others, and more
OF_THE_END = (
    "last_activity_at",
    "ended_by_type",
    "waiting_since_at",
)  # events name no end by silence, and tell of pends
APART: Mapping[str, tuple[str, ...]] = {
    "exp_contacts": ("locale",),  # en-GB, en_GB
    "exp_open_conversations": OF_THE_END,
    "exp_unresolved_conversations": OF_THE_END,
    "mart_account_activity_by_month": OF_ALL_CHANNELS,
    "mart_agent_by_day": OF_ALL_CHANNELS,
    "mart_data_quality_by_day": OF_EVENTS,
    "mart_messaging_users_by_account": ("locale",),
    "mart_response_times_by_day": ("response", "wait"),  # `(none)` is whoever has no team, and here everybody
    "mart_volume_anomalies_by_day": OF_EVENTS,
    "mart_workload_by_hour": ("session_close",),  # of a resolve the objects know nothing
    "rt_queues": ("unrecorded", "longest_wait"),  # a session pended waits no longer
}
# Whose rows are not the same: by team, by who ended it, of resolutions, of promises on them, and of what only one has.
ROWS_APART = {
    *EMPTY, "exp_unresolved_conversations", "exp_user_presence", "mart_data_quality_by_day", "mart_reconciliation",
    "mart_response_times_by_day", "mart_session_outcomes_by_day", "mart_sla_by_day", "mart_team_by_day",
    "rt_session_messages",
} - {"mart_csat_by_day"}  # fmt: skip


@pytest.mark.deep
def test_whatever_both_tell_of_standard_channels_they_tell_alike(both: Mapping[str, tuple[Mart, Mart]]) -> None:
    """Every column of every mart: what the objects say the events say, but for what is named above, and all of that."""
    channels = standard_channels()
    apart: dict[str, set[str]] = {}
    for mart, told in both.items():
        events, objects = (
            {key: row for key, row in rows.items() if row.get("channel_id") is None or row["channel_id"] in channels}
            for rows in told
        )
        assert (events.keys() != objects.keys()) == (mart in ROWS_APART), mart
        apart[mart] = {
            column
            for key in events.keys() & objects.keys()
            for column, value in objects[key].items()
            if value is not None and value != events[key][column]
        }
    unnamed = {
        mart: {column for column in columns if not any(word in column for word in APART.get(mart, ()))}
        for mart, columns in apart.items()
    }
    assert {mart: columns for mart, columns in unnamed.items() if columns} == {}
    assert {mart for mart, columns in apart.items() if columns} == set(APART)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("mart", "keys", "counts"),
    [
        (
            "mart_response_times_by_day", ("responded_date", "channel_id"),
            ("first_response_count", "agent_response_count"),
        ),
        (
            "mart_session_outcomes_by_day", ("session_date", "channel_id", "agent_type"),
            ("session_count", "inbound_session_count", "ended_session_count", "abandoned_session_count",
             "transferred_session_count", "handed_off_session_count", "repeat_contact_session_count"),
        ),
        ("mart_team_by_day", ("activity_date",), ("online_seconds", "available_seconds", "accepted_work_count")),
    ],
)  # fmt: skip
def test_where_the_objects_have_no_teams_and_no_enders_sums_over_them_are_the_same(
    both: Mapping[str, tuple[Mart, Mart]], mart: str, keys: tuple[str, ...], counts: tuple[str, ...]
) -> None:
    channels = standard_channels()
    sums: list[Counter[tuple[Any, ...]]] = []
    for told in both[mart]:
        summed: Counter[tuple[Any, ...]] = Counter()
        for row in told.values():
            if row.get("channel_id") is None or row["channel_id"] in channels:
                for name in counts:
                    summed[(*(row[key] for key in keys), name)] += row[name] or 0
        sums.append(summed)
    events, objects = sums
    assert (
        {key: count for key, count in events.items() if count}
        == {key: count for key, count in objects.items() if count}
        != {}
    )


@pytest.mark.deep
def test_the_platforms_figures_stand_where_ours_are_missing_and_are_counted(told_as_objects: DbtRun) -> None:
    """Who served a session and its six metrics: of enhanced sessions the platform says it, of standard ones we do."""
    with told_as_objects.connect() as connection:
        sessions = connection.execute(
            "select platform_type, are_messages_recorded, is_agent_type_reported, count(*) > 10, "
            "bool_and(agent_type is not null) from fct_messaging_sessions left join dim_channels using (channel_id) "
            "where is_ended group by all order by all"
        ).fetchall()
        assert sessions == [("enhanced", False, True, True, True), ("standard", True, False, True, True)]
        metrics = connection.execute(
            "select platform_type, sum(covered_session_count) > 0, "
            "sum(covered_session_count) = sum(reported_session_count), sum(reported_session_count) = 0 "
            "from mart_session_metrics_by_day group by all order by all"
        ).fetchall()
        assert metrics == [("enhanced", True, True, False), ("standard", True, False, True)]
        outcomes = connection.execute(
            "select sum(reported_agent_type_session_count) = sum(session_count) - sum(recorded_session_count) - "
            "sum(session_count) filter (where agent_type = '(unknown)') from mart_session_outcomes_by_day"
        ).fetchone()
        assert outcomes == (True,)


# --- objects without what others have ---------------------------------------------------------------

# Without events of work some sessions would fall silent earlier, and end: here silence ends none.
NO_SILENCE = AS_OF | {"session_inactivity_hours": 2000}
# What an export leaves out, objects or fields of them, and what counts as unrecorded then.
LEFT_OUT: Mapping[str, tuple[tuple[str, ...], set[str]]] = {
    "work": (("AgentWork",), {"work"}),
    "presence": (("UserServicePresence",), {"presence"}),
    "ends of work": (("AgentWork.CloseDateTime",), {"work"}),
    "fields": (
        (
            "AgentWork.RequestDateTime", "AgentWork.AssignedDateTime", "AgentWork.DeclineDateTime",
            "AgentWork.PushTimeoutDateTime", "AgentWork.Status", "AgentWork.AfterConversationActualTime",
            "UserServicePresence.IsAway", "ServicePresenceStatus", "MessagingChannel.BusinessHoursId",
        ),
        {
            "requests", "assignments", "declines", "push_timeouts", "transfers",
            "after_work", "away",
        },
    ),
    "bots' fields": (("AgentWork.BotId", "AgentWork.BotType"), {"work"}),
    "what became of things": (
        ("AgentWork.Status", "MessagingSession.AgentType"),
        {"transfers", "declines", "push_timeouts"},
    ),
    "fields of sessions": (
        ("MessagingSession.Origin", "MessagingSession.MessagingEndUserId", "MessagingSession.Status"),
        {"origins", "contacts"},
    ),
    "entries": (("ConversationEntry",), {"texts", "delivery", "attachments"}),
    "reference objects": (
        ("MessagingEndUser", "MessagingChannel", "User", "Group", "Account", "Contact", "MessagingSessionMetrics"),
        {"people"},
    ),
    "fields of entries": (
        ("ConversationEntry.Message", "ConversationEntry.MessageStatus", "ConversationEntry.HasAttachments"),
        {"texts", "delivery", "attachments"},
    ),
}  # fmt: skip
# Each is a build of the month. What hangs on no others is left out together with them: that no column of a mart hangs
# on two that one build leaves out is a test of its own. Entries and what became of things are apart: either of the two
# tells who served a session.
TOGETHER = (
    ("work",),
    ("ends of work",),
    ("fields",),
    ("entries",),
    ("presence", "fields of sessions"),
    ("what became of things", "reference objects"),
    ("bots' fields", "fields of entries"),
)
# They count what was delivered, and no event of work is.
VOLUMES = {"day_event_count", "usual_event_count", "volume_ratio"}
# By channel a session that has ended stands there for as long as work on it is open: nobody writes in it any more.
AFTER_THE_END = {"unrecorded_session_count"}
TOLD_BY_OTHERS = {"mart_volume_anomalies_by_day": VOLUMES, "mart_workload_by_hour": AFTER_THE_END}

OF_WORK = {
    "accepted_work_count", "closed_work_count", "work_handle_count", "speed_to_answer_count", "assigned_work_count",
    "declined_work_count", "timed_out_work_count", "transferred_work_count", "after_work_count", "occupied_seconds",
    "open_work_seconds", "open_weight_seconds", "occupancy_rate",
}  # fmt: skip


def of_agents(*columns: str) -> Mapping[str, set[str]]:
    """Return columns of the two marts of agents' days."""
    return {mart: set(columns) for mart in ("mart_agent_by_day", "mart_team_by_day")}


# By mart what is null altogether.
UNKNOWN: Mapping[str, Mapping[str, set[str]]] = {
    "work": of_agents(*OF_WORK),
    "ends of work": of_agents(*OF_WORK),
    "bots' fields": of_agents(*OF_WORK),
    "what became of things": of_agents("declined_work_count", "timed_out_work_count", "transferred_work_count"),
    "presence": of_agents(
        "online_agent_count", "online_seconds", "available_seconds", "away_seconds", "working_seconds",
        "availability_rate", "occupancy_rate", "capacity_seconds",
    ),
    "fields": of_agents(
        "speed_to_answer_count", "assigned_work_count", "declined_work_count", "timed_out_work_count",
        "transferred_work_count", "after_work_count", "available_seconds", "away_seconds", "working_seconds",
        "availability_rate",
    ),
    "fields of sessions": {
        "mart_session_outcomes_by_day": {
            "inbound_session_count", "ended_inbound_session_count", "abandoned_session_count", "abandonment_rate",
            "repeat_contact_session_count", "repeat_contact_rate",
        },
        "mart_account_usage_by_period": {"unique_contacts", "closed_conversations"},
        "mart_account_activity_by_month": {"inbound_session_count", "unique_contacts", "closed_conversations"},
        "mart_workload_by_hour": {"inbound_session_count", "first_response_count"},
        "mart_messaging_users_by_account": {"session_count", "inbound_session_count", "message_count"},
        "exp_contacts": {"session_count"},
    },
    "reference objects": {
        "mart_session_outcomes_by_day": {"repeat_contact_session_count", "repeat_contact_rate"},
        "mart_account_usage_by_period": {"unique_contacts"},
    },
    "entries": {
        "mart_account_usage_by_period": {"unique_contacts", "closed_conversations"},
        "mart_channel_traffic_by_day": {"message_count", "agent_message_count"},
    },
    "fields of entries": {
        "mart_delivery_reports_by_day": {
            "orphan_message_count", "reported_message_count", "unreported_message_count", "report_coverage_rate",
            "reached_message_count", "failed_message_count",
        },
        "mart_emoji_sentiment_by_day": {
            "scored_message_count", "scored_message_rate", "positive_message_count", "scored_session_count",
            "scored_session_rate",
        },
        "exp_messages": {"delivery_status", "has_attachments", "message_text"},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mart]:
    """Every mart of the month's objects as they all tell it."""
    return marts_without((), tmp_path_factory.mktemp("whole"))[0]


@dataclass(frozen=True)
class Lacking:
    """What is left out of the objects, where the rest is, every mart as it tells it, and what the build said."""

    names: tuple[str, ...]
    raw: Path
    marts: Mapping[str, Mart]
    output: str

    @property
    def unrecorded(self) -> set[str]:
        """What counts as unrecorded then."""
        return {thing for name in self.names for thing in LEFT_OUT[name][1]}

    @property
    def unknown(self) -> Iterator[tuple[str, set[str]]]:
        """By mart what is null altogether."""
        return (told for name in self.names for told in UNKNOWN[name].items())


@pytest.fixture(scope="module", params=TOGETHER, ids=" and ".join)
def lacking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lacking:
    """The month's objects without some of them, or without fields, built."""
    names: tuple[str, ...] = request.param
    place = tmp_path_factory.mktemp("lacking")
    return Lacking(names, place / "raw", *marts_without([of for name in names for of in LEFT_OUT[name][0]], place))


def marts_without(left_out: Collection[str], place: Path) -> tuple[dict[str, Mart], str]:
    """Build the month's objects without some objects or fields; return the marts and what the build said."""
    raw = objects_without(left_out, place)
    run = parsed_dbt("service_cloud").run([*BUILD, ARTIFACTS], place, raw=str(raw), variables=NO_SILENCE)
    assert run.exit_code == 0, run.output
    return {mart: read_mart(run, mart, grain, {}) for mart, grain in marts_of(run).items()}, run.output


def objects_without(left_out: Collection[str], place: Path) -> Path:
    """Write the month's objects but for some objects or fields; return their folder."""
    raw = Path(shutil.copytree(EXAMPLE, place / "raw"))
    promise(raw)
    for name in left_out:
        drop(raw, name)
    return raw


def drop(raw: Path, name: str) -> None:
    """Leave an object out, or a field of its files."""
    of, _, field = name.partition(".")
    if not field:
        shutil.rmtree(raw / of)
        return
    for file in (raw / of).glob("*.csv"):
        with file.open(newline="") as text:
            header, *rows = csv.reader(text)
        left_out = header.index(field)
        with file.open("w", newline="") as text:
            csv.writer(text).writerows(row[:left_out] + row[left_out + 1 :] for row in (header, *rows))


def wrong_zeros_beside(whole: Mapping[str, Mart], part: Mapping[str, Mart]) -> dict[str, set[str]]:
    """Name by mart what is 0 or false where objects are missing, and more than that where none is."""
    found = {mart: wrong_zeros(rows, part[mart]) - TOLD_BY_OTHERS.get(mart, set()) for mart, rows in whole.items()}
    return {mart: columns for mart, columns in found.items() if columns}


@pytest.mark.deep
def test_what_is_left_out_is_nowhere_0(whole: Mapping[str, Mart], lacking: Lacking) -> None:
    """Where the whole export has more than 0, one without objects or fields has a number or null, in every mart."""
    part = lacking.marts
    assert wrong_zeros_beside(whole, part) == {}
    for mart, columns in lacking.unknown:
        assert part[mart].keys() & whole[mart].keys()
        for column in columns:
            assert {row[column] for row in part[mart].values()} == {None}, (mart, column)
            assert {row[column] for row in whole[mart].values()} != {None}, (mart, column)
    assert (part["mart_speed_to_answer_by_day"] == {}) is ("work" in lacking.unrecorded)
    assert (part["rt_agents"] == {}) is (part["exp_user_presence"] == {}) is ("presence" in lacking.names)


@pytest.mark.deep
def test_a_wrong_zero_of_what_is_left_out_is_noticed(whole: Mapping[str, Mart], lacking: Lacking) -> None:
    """Were what is not known 0, marts would say something wrong of all that hangs on what is left out."""
    part = lacking.marts
    zeros = {
        mart: {
            key: {column: 0 if value is None else value for column, value in row.items()} for key, row in rows.items()
        }
        for mart, rows in part.items()
    }
    noticed = wrong_zeros_beside(whole, zeros)
    for mart, columns in lacking.unknown:
        above_0 = {column for row in whole[mart].values() for column, value in row.items() if is_above_0(value)}
        assert noticed[mart] >= columns & above_0 != set(), mart


# In this month only seconds of work differ from what the platform says of them; and how much is taken over from the
# platform is nothing that anybody needs, where it hands nothing over.
NO_LOSS = {
    ("mart_reconciliation", "figure_difference"),
    ("exp_unresolved_conversations", "is_agent_type_reported"),
    ("mart_session_outcomes_by_day", "reported_agent_type_session_count"),
}
# Where no messages are recorded, or no work, the figures that the platform has of them stand there.
TAKEN_OVER = {"mart_session_metrics_by_day", "mart_reconciliation"}
SILENT = (None, 0, False, "(none)", "(unknown)", "")


def things_told(marts: Mapping[str, Mart]) -> set[tuple[str, str | None]]:
    """Return which marts have rows, and which of their columns tell something in any."""
    told: set[tuple[str, str | None]] = {(mart, None) for mart, rows in marts.items() if rows}
    return told | {
        (mart, column)
        for mart, rows in marts.items()
        for row in rows.values()
        for column, value in row.items()
        if value not in SILENT
    }


def losses_foretold(raw: Path) -> list[Loss]:
    """Return what the doctor says of the objects in a folder."""
    missing = what_is_missing(look(Settings(PROJECT, raw=str(raw), source="service_cloud"), read_feeds()), read_feeds())
    assert missing is not None
    return foretell(missing[0], read_needs(), missing[1])


@pytest.fixture(scope="module")
def lost_of_the_whole(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """What all objects together do not tell."""
    return columns_lost((), tmp_path_factory.mktemp("told"))


def columns_lost(left_out: Collection[str], place: Path) -> set[tuple[str, str]]:
    """Return the columns that are lost without some objects or fields."""
    losses = losses_foretold(objects_without(left_out, place))
    return {(loss.mart, column) for loss in losses for column in (loss.columns or ("every column",))}


@pytest.mark.deep
@pytest.mark.parametrize("names", [names for names in TOGETHER if len(names) > 1], ids=" and ".join)
def test_no_column_hangs_on_two_that_are_left_out_together(
    names: tuple[str, str], lost_of_the_whole: set[tuple[str, str]], tmp_path: Path
) -> None:
    """What is null for want of the one cannot hide what should be null for want of the other."""
    of_the_whole = lost_of_the_whole
    one, other = (columns_lost(LEFT_OUT[name][0], tmp_path / str(number)) for number, name in enumerate(names))
    for few, many in ((one - of_the_whole, other - of_the_whole), (other - of_the_whole, one - of_the_whole)):
        assert few and not few & many
        assert not {mart for mart, _ in few} & {mart for mart, column in many if column == "every column"}


@pytest.mark.deep
def test_what_the_doctor_foretells_is_what_a_build_shows(whole: Mapping[str, Mart], lacking: Lacking) -> None:
    """Marts that stay empty and columns with nothing to tell; what is 0 of the whole month, too, is no loss."""
    before, after = things_told(whole), things_told(lacking.marts)
    told: set[tuple[str, str | None]] = set()
    for loss in losses_foretold(lacking.raw):
        of_it = {thing for thing in before if thing[0] == loss.mart}
        told |= of_it if loss.is_empty else {(loss.mart, column) for column in loss.columns}
    assert before - after - told - NO_LOSS == set()
    assert {thing for thing in told & after if thing[0] not in TAKEN_OVER} == set()


@pytest.mark.deep
def test_a_build_says_in_a_line_what_is_left_out(lacking: Lacking) -> None:
    output = lacking.output
    told = [
        line.partition("not there; ")[2].split()[0]
        for line in output.splitlines()
        if "not there; " in line and "counts as unrecorded" in line
    ]
    assert Counter(told) == Counter(lacking.unrecorded)
