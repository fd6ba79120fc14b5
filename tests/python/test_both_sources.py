"""One month, told as an event log and as Service Cloud's objects: what both can tell, marts tell alike, row by row."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from messaging_warehouse.simulator import Layout, OutputFormat, Simulation, demo_centre, simulate, write
from messaging_warehouse.simulator.service_cloud import service_cloud_tables
from raw_folders import BUILD, parsed_dbt
from warehouse import PROJECT, DbtRun, run_dbt

EXAMPLE = PROJECT / "examples" / "service_cloud"
AS_OF = {"as_of": "2026-03-15T19:59:59.000Z"}


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
)  # of enhanced sessions there are none
WHOLE_SECONDS = ("after_work",)
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
    Comparison("mart_channel_traffic_by_day", "standard"),
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
    run = parsed_dbt().run(BUILD, place, raw=str(place / "raw"), variables=AS_OF)
    assert run.exit_code == 0, run.output
    return run


@pytest.fixture(scope="module")
def told_as_objects(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """The month's objects, built from where a build looks for them by itself."""
    place = tmp_path_factory.mktemp("objects")
    run = run_dbt(BUILD, place, variables=AS_OF, environment={"MESSAGING_SOURCE": "service_cloud"})
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
        "after_work_seconds": ["equal"],
        "agent_message_count": ["equal", "not_recorded"],
        "agent_type": ["equal", "not_recorded"],
        "average_agent_response_time": ["not_recorded"],
        "average_end_user_response_time": ["not_recorded"],
        "end_user_message_count": ["equal", "not_recorded"],
        "ended_by_type": ["equal"],
        "max_agent_response_time": ["not_recorded"],
        "max_end_user_response_time": ["not_recorded"],
        "speed_to_answer_seconds": ["whole_seconds"],
        "work_handle_seconds": ["whole_seconds"],
    }


@pytest.mark.deep
def test_of_focus_the_objects_tell_nothing_and_marts_say_so(told_as_objects: DbtRun) -> None:
    with told_as_objects.connect() as connection:
        assert connection.execute(
            "select count(handle_seconds), count(handled_session_count), count(utilisation_rate), "
            "count(online_seconds) > 50 from mart_agent_by_day"
        ).fetchone() == (0, 0, 0, True)
