"""`messaging-warehouse doctor`: what it sees, how it judges, and what each exit code means."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from typer.testing import CliRunner

from builders import conversation, presence
from messaging_warehouse import doctor
from messaging_warehouse.cli import app
from messaging_warehouse.doctor import (
    DatabaseSighting,
    DoctorError,
    FileState,
    Finding,
    Package,
    RawSighting,
    Settings,
    Sighting,
    Verdict,
    describe,
    find_project,
    judge,
    look,
    read_project,
    verdict_of,
)
from messaging_warehouse.doctor.event_log import LogSighting, look_into_events, look_into_presence, silences
from messaging_warehouse.needs import (
    INPUTS_OF,
    UNRECORDED_WITH,
    Need,
    foretell,
    inputs_named,
    read_needs,
    read_needs_of_things,
)
from messaging_warehouse.objects import field_name, inputs_lost, read_feeds
from raw_folders import write_csv, write_csv_folder, write_ndjson, write_parquet
from reference import ConfiguredInput
from strategies import configured_streams
from warehouse import PROJECT, RAW_COLUMNS, RAW_SCHEMA, Replay, create_text_table, insert_rows

AT = datetime(2026, 3, 15, 22, tzinfo=UTC)
EVENTS, PRESENCE = "raw_conversation_events", "raw_presence_events"
THE_PROJECT = read_project(PROJECT)
# What only a build can tell of a delivery.
TOLD_BY_BUILDS = ("no_session", "conflicting_redelivery")
CLEAN = LogSighting(
    deliveries=1000,
    kinds=dict.fromkeys(THE_PROJECT.vocabulary.event_types, 40),
    event_ids=990,
    first_occurred_on=date(2026, 3, 1),
    last_occurred_on=date(2026, 3, 15),
    newest_received_at=(datetime(2026, 3, 15, 20), datetime(2026, 3, 15, 19)),
)
RAW = RawSighting("exports", tables=dict.fromkeys(THE_PROJECT.contract, frozenset({"event_id"})), size_bytes=10**6)
FINE = Sighting(
    settings=Settings(PROJECT, raw="exports"),
    project=THE_PROJECT,
    python=(3, 11, 9),
    packages=(Package("dbt-core", ">=1.11,<1.12", "1.11.16", "1.11.16", True),),
    database=DatabaseSighting(Path("warehouse.duckdb"), FileState.ABSENT, True, 10**9),
    raw=RAW,
    logs={EVENTS: CLEAN, PRESENCE: replace(CLEAN, kinds={"available": 1000})},
)


def _judged(**seen: Any) -> list[Finding]:
    """Judge what is fine but for what is given, and return what is not ok."""
    findings = judge(replace(FINE, **seen), AT, read_needs(), read_feeds())
    return [finding for finding in findings if finding.verdict is not Verdict.OK]


def _log(**seen: Any) -> dict[str, LogSighting]:
    return dict(FINE.logs) | {EVENTS: replace(CLEAN, **seen)}


def _doctor(*arguments: str) -> tuple[int, str]:
    clean: dict[str, str | None] = dict.fromkeys(
        ("MESSAGING_RAW", "MESSAGING_SOURCE", "MESSAGING_DB", "MESSAGING_ATTACH")
    )
    result = CliRunner().invoke(app, ["doctor", "--project-dir", str(PROJECT), *arguments], env=clean)
    return result.exit_code, result.output


@pytest.fixture
def seeds() -> Callable[[Path], Path]:
    """Return a function that lays the demo's seeds out as a user's folder."""

    def lay_out(root: Path) -> Path:
        for table in RAW_COLUMNS:
            (root / table).mkdir(parents=True)
            shutil.copy(PROJECT / "seeds" / "demo" / f"{table}.csv", root / table / "rows.csv")
        return root

    return lay_out


# --- judging ----------------------------------------------------------------------------------------


def test_what_is_fine_is_told_line_by_line_and_a_build_would_run() -> None:
    assert _judged() == []
    findings = judge(FINE, AT, read_needs())
    assert verdict_of(findings) is Verdict.OK
    *lines, empty, last = describe(findings).splitlines()
    assert all(line.startswith("ok       ") for line in lines)
    assert (empty, last) == ("", "dbt build would run.")


@pytest.mark.parametrize(
    ("seen", "verdict", "words"),
    [
        ({"python": (3, 10, 1)}, Verdict.ERROR, "Python 3.10.1 is running, and >=3.11 is needed"),
        (
            {"packages": (Package("duckdb", "==1.5.5", "1.5.5", None, False),)},
            Verdict.ERROR,
            "duckdb is not installed; remove .venv and run make setup.",
        ),
        (
            {"packages": (Package("duckdb", "==1.5.5", "1.5.5", "1.4.0", False),)},
            Verdict.ERROR,
            "duckdb 1.4.0 is installed, and ==1.5.5 is needed",
        ),
        (
            {"packages": (Package("typer", ">=0.16", "0.20.0", "0.19.0", True),)},
            Verdict.WARNING,
            "typer 0.19.0 is installed, and 0.20.0 is what is tested",
        ),
        ({"database": replace(FINE.database, is_writable=False)}, Verdict.ERROR, "cannot be written"),
        ({"database": replace(FINE.database, state=FileState.HELD)}, Verdict.ERROR, "another process has it open"),
        ({"database": replace(FINE.database, state=FileState.UNREADABLE)}, Verdict.ERROR, "not a DuckDB file"),
        ({"database": replace(FINE.database, state=FileState.FOREIGN)}, Verdict.WARNING, "did not make"),
        ({"database": replace(FINE.database, free_bytes=999_999)}, Verdict.WARNING, "1000.0 kB are free, less than"),
        ({"raw": replace(RAW, problems=("a file is bad.",))}, Verdict.ERROR, "a file is bad."),
        ({"raw": replace(RAW, slips=("a folder is not read.",))}, Verdict.WARNING, "a folder is not read."),
        (
            {"raw": RawSighting("s3://b", is_looked_at=False), "logs": {}},
            Verdict.WARNING,
            "buckets are not looked into",
        ),
        ({"unreadable_logs": {EVENTS: "bad bytes"}}, Verdict.ERROR, "cannot be read (bad bytes)"),
        ({"logs": _log(rejections={"missing_actor": 51})}, Verdict.ERROR, "51 of 1,000 (5.1 %) would be rejected"),
        ({"logs": _log(rejections={"missing_actor": 11})}, Verdict.WARNING, "11 of 1,000 (1.1 %) would be rejected"),
        (
            {"logs": _log(unknown_kinds={"message_edited": 3, "(null)": 1}, unknown_count=4)},
            Verdict.WARNING,
            "4 of 1,000 (0.4 %) are of a kind that the vocabulary does not have: message_edited (3), (null) (1); map",
        ),
        ({"logs": _log(unknown_kinds={"a": 3}, unknown_count=4)}, Verdict.WARNING, "a (3) …;"),
        (
            {"logs": _log(lacking_keys={"work_assigned": 2})},
            Verdict.WARNING,
            "2 of 40 (5.0 %) of work_assigned have no work_id or agent_id in their payload",
        ),
        ({"logs": _log(nulls={"channel_id": 11})}, Verdict.WARNING, "channel_id is null in 11 of 1,000 (1.1 %)"),
        ({"logs": _log(early_count=11)}, Verdict.WARNING, "were received before they occurred"),
        ({"logs": _log(event_ids=499)}, Verdict.WARNING, "only about 499 different event_ids"),
        (
            {"logs": _log(newest_received_at=(datetime(2026, 3, 15, 22, 6), datetime(2026, 3, 15, 22)))},
            Verdict.WARNING,
            "lies ahead of the clock",
        ),
        (
            {"logs": _log(silences=((date(2026, 3, 3), date(2026, 3, 6)),))},
            Verdict.WARNING,
            "no event on 4 days or more in a row: 2026-03-03 to 2026-03-06; are files missing?",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_told_in_a_sentence(seen: dict[str, Any], verdict: Verdict, words: str) -> None:
    (finding,) = _judged(**seen)
    assert finding.verdict is verdict
    assert words in finding.sentence


@pytest.mark.parametrize(
    "logs",
    [
        _log(rejections={"missing_actor": 10}),
        _log(nulls={"channel_id": 10}, early_count=10, event_ids=500),
        _log(silences=((date(2026, 3, 3), date(2026, 3, 5)),)),
        _log(newest_received_at=(datetime(2026, 3, 15, 22, 5), datetime(2026, 3, 15, 22))),
    ],
)
def test_what_is_on_its_limits_is_fine(logs: dict[str, LogSighting]) -> None:
    assert _judged(logs=logs) == []


def test_a_clock_that_jumps_stops_a_build_whichever_log_it_is_in() -> None:
    limit = timedelta(days=THE_PROJECT.tolerances.max_clock_gap_days)
    newest = CLEAN.newest_received_at[0]
    for over, expected in ((timedelta(0), []), (timedelta(milliseconds=1), [Verdict.ERROR])):
        before = (newest - limit - over,) * 2
        logs = _log(newest_received_at=(newest,)) | {
            PRESENCE: replace(CLEAN, newest_received_at=before, kinds={"busy": 1})
        }
        assert [finding.verdict for finding in _judged(logs=logs)] == expected


def test_an_empty_log_is_told_and_of_nothing_else() -> None:
    findings = [f.sentence for f in _judged(logs={EVENTS: LogSighting()}) if EVENTS in f.sentence]
    assert findings == [f"{EVENTS}: no row is in it; is this the right place?"]


def test_what_a_log_is_silent_of_is_told_with_how_to_say_that_it_is_not_recorded() -> None:
    kinds = {kind: 40 for kind in CLEAN.kinds if kind not in ("csat_requested", "csat_responded", "work_accepted")}
    assert (
        "where nothing tells of csat, work marts count 0; if it happens and is not recorded, say so, "
        "and they say null: --vars '{unrecorded: [csat, work]}'."
    ) in [finding.sentence for finding in _judged(logs=_log(kinds=kinds))]
    assert not any("unrecorded" in finding.sentence for finding in _judged(logs=_log()))


def test_what_never_occurs_is_told_with_the_marts_that_hang_on_it() -> None:
    kinds = {kind: 40 for kind in CLEAN.kinds if kind not in ("csat_requested", "csat_responded")}
    first, *marts = [finding.sentence for finding in _judged(logs=_log(kinds=kinds))]
    assert first.startswith("2 of 26 event types never occur: csat_requested, csat_responded; map them")
    assert "mart_csat_by_day: stays empty without csat_requested, csat_responded." in marts
    assert any(sentence.startswith("mart_topic_by_day: ") and "with nothing to tell" in sentence for sentence in marts)


def test_errors_and_warnings_are_counted_in_the_last_line() -> None:
    ok, warning, error = (Finding(verdict, "x") for verdict in Verdict)
    assert describe([ok, warning]).endswith("dbt build would run; 1 warning: what they name will be missing.")
    assert describe([error, ok, error, warning]).endswith("dbt build would not run through: 2 errors to mend first.")
    assert verdict_of([ok, error, warning]) is Verdict.ERROR


def test_silences_lie_between_days_the_longest_first() -> None:
    days = [date(2026, 3, day) for day in (1, 2, 4, 9, 10)]
    assert silences(days) == [
        (date(2026, 3, 5), date(2026, 3, 8)),
        (date(2026, 3, 3), date(2026, 3, 3)),
    ]
    assert silences([]) == silences(days[:2]) == []


# --- foretelling ------------------------------------------------------------------------------------


def test_a_mart_that_is_empty_has_no_columns_to_miss() -> None:
    needs = {
        "mart": [Need(frozenset("ab")), Need(frozenset("c"), ("x",)), Need(frozenset("d"), ("x", "y"))],
        "other": [],
    }
    assert foretell("a", needs) == []
    (loss,) = foretell("cd", needs)
    assert (loss.is_empty, loss.columns, loss.missing) == (False, ("x", "y"), frozenset("cd"))
    (loss,) = foretell("abcd", needs)
    assert (loss.is_empty, loss.columns, loss.missing) == (True, (), frozenset("ab"))


def test_a_mart_may_lack_what_counts_as_unrecorded() -> None:
    """What there is of it is not believed."""
    needs: dict[str, list[Need]] = {"mart_sla_by_day": [Need(frozenset({"work_accepted"}), ("x",))], "other": []}
    (loss,) = foretell((), needs, {"messages", "resolutions"})
    assert (loss.is_empty, loss.missing) == (True, frozenset({"messages", "resolutions"}))
    (loss,) = foretell((), needs, {"work", "messages"})
    assert (loss.is_empty, loss.columns) == (False, ("team_id", "x"))
    assert foretell((), needs, {"messages"}) == []


def test_the_needs_name_inputs_that_there_are() -> None:
    tables = set(THE_PROJECT.contract) - {EVENTS}
    assert inputs_named(read_needs()) <= {*THE_PROJECT.vocabulary.event_types, *tables}
    macro = (PROJECT / "macros" / "recorded.sql").read_text()
    assert set(read_needs_of_things()) <= set(read_needs())
    for thing in inputs_named(read_needs_of_things()) | set(INPUTS_OF) | set(UNRECORDED_WITH):
        assert f"'{thing}'" in macro, thing


def test_what_is_lost_of_objects_is_what_nothing_makes() -> None:
    feeds = read_feeds()["service_cloud"]
    inputs = (*THE_PROJECT.vocabulary.event_types, *RAW_COLUMNS)
    everything = {name: [field_name(column) for column in columns] for name, columns in feeds.objects.items()}
    never = inputs_lost(feeds, everything, inputs)
    assert {"conversation_resolved", "conversation_opened", "topic_added", "csat_requested"} <= never
    assert not {"conversation_started", "message_sent", "work_accepted", "raw_agents"} & never
    without_work = {name: columns for name, columns in everything.items() if name != "AgentWork"}
    assert inputs_lost(feeds, without_work, inputs) - never == {
        kind for kind in inputs if kind.startswith(("work_", "after_work_"))
    }
    of_sessions = {"AgentType", "EndedByType", "AgentMessageCount", "EndUserMessageCount"}
    of_work = {"SpeedToAnswer", "HandleTime", "ActiveTime", "AfterConversationActualTime"}
    reported = {field_name(field) for field in of_sessions | of_work}
    without_figures = {
        name: [column for column in columns if column not in reported]
        for name, columns in everything.items()
        if name != "MessagingSessionMetrics"
    }
    assert "figure_reported" in inputs_lost(feeds, without_figures, inputs) - never
    without_figures["AgentWork"].append("speed_to_answer")
    assert "figure_reported" not in inputs_lost(feeds, without_figures, inputs)
    everything["AgentWork"].remove("declinedatetime")
    assert inputs_lost(feeds, everything, inputs) - never == {"work_declined"}


def test_what_hangs_on_objects_is_told_of_what_the_adapter_reads() -> None:
    inputs = {*THE_PROJECT.vocabulary.event_types, *RAW_COLUMNS}
    macro = (PROJECT / "macros" / "raw.sql").read_text()
    for source, feeds in read_feeds().items():
        assert f"'{source}': '{feeds.required}'" in macro
        read = read_project(PROJECT, source).objects
        assert set(feeds.objects) <= set(read)
        for name, fields in feeds.objects.items():
            assert {field_name(field) for field in fields} <= {field_name(column) for column in read[name]}, name
            assert {thing.split(".")[0] for things in fields.values() for thing in things} <= inputs, name
        for way in (way for ways in feeds.ways.values() for way in ways):
            for name, _, field in (told.partition(".") for told in way):
                assert field in feeds.objects[name], way
        told, *_ = re.findall(rf"'{source}': (\[[^\]]*\])", (PROJECT / "macros/adapters/objects.sql").read_text())
        assert yaml.safe_load(told) == list(feeds.unrecorded)


# --- the project ------------------------------------------------------------------------------------


def test_the_contract_is_what_the_base_models_say() -> None:
    assert {table: tuple(THE_PROJECT.contract[table]) for table in RAW_COLUMNS} == RAW_COLUMNS
    assert {"business_hours", "sla_policies", "redactions"} < set(THE_PROJECT.contract)
    assert THE_PROJECT.schemas == {"main", "journal", "staging", "intermediate", "demo", "config"}
    assert {requirement.name: locked for requirement, locked in THE_PROJECT.packages}["duckdb"] == duckdb.__version__


def test_every_payload_key_and_tolerance_is_the_projects() -> None:
    keys = (PROJECT / "macros" / "deliveries.sql").read_text()
    assert "return(['capacity_weight', 'scale_max', 'score'])" in keys
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    assert THE_PROJECT.tolerances.max_rejected_rate == variables["max_rejected_rate"]


def test_the_project_is_found_from_below_and_only_this_one(tmp_path: Path) -> None:
    assert find_project(PROJECT / "docs" / "decisions") == PROJECT
    with pytest.raises(DoctorError, match="there is no dbt_project"):
        find_project(tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: another\n")
    with pytest.raises(DoctorError, match="is the dbt project another"):
        find_project(tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: messaging_warehouse\n")
    with pytest.raises(DoctorError, match="cannot be read"):
        read_project(find_project(tmp_path))


# --- the file to build ------------------------------------------------------------------------------


def _state(database: Path, raw: str = "") -> FileState:
    return look(Settings(PROJECT, raw=raw, database=str(database))).database.state


def test_the_file_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    database = tmp_path / "new folder" / "w.duckdb"
    assert _state(database) is FileState.ABSENT
    assert not database.parent.exists(), "looking makes nothing"
    database.parent.mkdir()
    duckdb.connect(str(database)).close()
    assert _state(database) is FileState.WITHOUT_TABLES
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema landing; create table landing.raw_conversation_events as select 1 as event_id"
        )
    assert _state(database, "schema:Landing") is FileState.WITHOUT_TABLES
    assert _state(database) is FileState.FOREIGN
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table dim_build as select 1 as build_id")
    assert _state(database) is FileState.WAREHOUSE
    database.write_text("no database " * 1000)
    assert _state(database) is FileState.UNREADABLE


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_another_process_has_open_is_held(tmp_path: Path, read_only: bool) -> None:
    database = tmp_path / "w.duckdb"
    duckdb.connect(str(database)).close()
    holder = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'True'); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(database), str(read_only)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        assert _state(database) is FileState.HELD
        process.communicate()
    assert _state(database) is FileState.WITHOUT_TABLES


# --- raw files --------------------------------------------------------------------------------------


def _looked(root: Path, **settings: str) -> RawSighting:
    raw = look(Settings(PROJECT, raw=str(root), database=str(root.parent / "w.duckdb"), **settings)).raw
    assert raw is not None
    return raw


def test_a_good_folder_is_told_with_its_tables_and_size(seeds: Callable[[Path], Path], tmp_path: Path) -> None:
    seen = _looked(seeds(tmp_path / "raw"))
    assert (seen.problems, seen.slips) == ((), ())
    assert set(seen.tables) == set(RAW_COLUMNS)
    assert seen.tables["raw_teams"] == {"team_id", "team_name"}
    assert seen.size_bytes == sum(file.stat().st_size for file in tmp_path.rglob("*.csv"))


def test_what_stops_a_build_is_what_the_build_says(tmp_path: Path) -> None:
    assert "there is no folder" in _looked(tmp_path / "nowhere").problems[0]
    root = write_csv_folder(tmp_path / "raw", {EVENTS: conversation().end_user("hi").rows})
    write_csv(root / "raw_teams" / "rows.csv", ("team_id",), [])
    assert _looked(root).problems == (
        f"{root}/raw_teams/rows.csv: column team_name is missing; add it (it may be empty), as the raw contract says.",
    )


def test_what_looks_as_if_it_was_meant_to_be_read_is_told(tmp_path: Path) -> None:
    root = write_csv_folder(tmp_path / "raw", {EVENTS: conversation().end_user("hi").rows})
    write_ndjson(root / EVENTS / "more.ndjson", conversation("c2").end_user("hi").rows)
    write_csv(root / "raw_presence_event" / "rows.csv", ("event_id",), [])
    write_csv(root / "agents" / "rows.csv", ("agent_id",), [])
    write_csv(root / "raw_teams.csv", ("team_id",), [])
    write_csv(root / EVENTS / "2026" / "rows.csv", ("event_id",), [])
    (root / "truth").mkdir()
    (root / "not_converted.csv").touch()
    slips = _looked(root).slips
    assert len(slips) == 5, slips
    for words in (
        "raw_presence_event: not read; did you mean raw_presence_events/?",
        "agents: not read; did you mean raw_agents/?",
        "raw_teams.csv: not read, because a table is a folder; move it to",
        "1 .ndjson file not read beside .csv files; keep one format per table.",
        f"{EVENTS}/2026: not read, because only files directly in {EVENTS}/ are; move them up.",
    ):
        assert sum(words in slip for slip in slips) == 1, words


def test_files_of_each_format_are_looked_into_alike(tmp_path: Path) -> None:
    rows = conversation().at("2024-03-04 10:00").end_user("hi").at("2024-03-04 10:02").agent("a1", "hello").rows
    columns = RAW_COLUMNS[EVENTS]
    types = dict.fromkeys(columns, "varchar") | {"occurred_at": "timestamptz", "received_at": "timestamp"}
    write_csv(tmp_path / "csv" / EVENTS / "1.csv", columns, rows[:1])
    write_csv(tmp_path / "csv" / EVENTS / "2.csv", ("", *columns[::-1]), rows[1:], header=("", *columns[::-1]))
    write_parquet(tmp_path / "parquet" / EVENTS / "1.parquet", types, rows[:1])
    write_parquet(tmp_path / "parquet" / EVENTS / "2.parquet", dict.fromkeys(columns, "varchar"), rows[1:])
    write_ndjson(tmp_path / "ndjson" / EVENTS / "1.ndjson", rows)
    logs = [look(Settings(PROJECT, raw=str(tmp_path / kind))).logs[EVENTS] for kind in ("csv", "parquet", "ndjson")]
    assert logs[0].kinds == {"message_sent": 2} and not logs[0].rejections
    assert logs[0] == logs[1] == logs[2]


# --- schemas ----------------------------------------------------------------------------------------


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A DuckDB file with an event log in schema `landing`."""
    database = tmp_path / "Vendor.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema landing")
        create_text_table(connection, f"landing.{EVENTS.upper()}", RAW_COLUMNS[EVENTS])
        insert_rows(connection, f"landing.{EVENTS}", RAW_COLUMNS[EVENTS], conversation().end_user("hi").rows)
    return database


def _in_schema(raw: str, database: Path, attach: str = "") -> tuple[RawSighting, dict[str, LogSighting]]:
    seen = look(Settings(PROJECT, raw=raw, database=str(database), attach=attach))
    assert seen.raw is not None
    return seen.raw, dict(seen.logs)


def test_a_schema_is_looked_into_in_the_file_or_in_the_attached_one(landing: Path, tmp_path: Path) -> None:
    for raw, database, attach in (
        ("schema:landing", landing, ""),
        ("schema:vendor.LANDING", landing, ""),
        ("schema:vendor.landing", tmp_path / "w.duckdb", str(landing)),
    ):
        seen, logs = _in_schema(raw, database, attach)
        assert (seen.problems, list(seen.tables)) == ((), [EVENTS]), raw
        assert logs[EVENTS].kinds == {"message_sent": 1}


@pytest.mark.parametrize(
    ("raw", "attach", "words"),
    [
        ("schema:nowhere", "", "there is no table raw_conversation_events in schema nowhere"),
        ("schema:staging", "", "the project writes to schema staging"),
        ("schema:vendor.landing", "missing.duckdb", "MESSAGING_ATTACH: there is no file missing.duckdb"),
        ("schema:other.landing", "", "is of another database; give its DuckDB file in MESSAGING_ATTACH"),
    ],
)
def test_a_schema_that_cannot_be_read_is_told(landing: Path, raw: str, attach: str, words: str) -> None:
    (problem,) = _in_schema(raw, landing, attach)[0].problems
    assert words in problem


def test_a_schema_is_told_its_missing_columns_and_misspelt_tables(landing: Path) -> None:
    with duckdb.connect(str(landing)) as connection:
        connection.execute(f"alter table landing.{EVENTS} drop column payload")
        connection.execute("create table landing.raw_agent as select 1 as agent_id")
    seen, _ = _in_schema("schema:landing", landing)
    assert "column payload is missing; add it (it may be null)" in seen.problems[0]
    assert seen.slips == ("schema landing: table raw_agent is not read; did you mean raw_agents?",)
    seen, _ = _in_schema("schema:mistaken.landing", landing.parent / "w.duckdb", str(landing))
    assert "the attached file is called vendor, not mistaken; write schema:vendor.landing." in seen.problems[0]


# --- the logs ---------------------------------------------------------------------------------------


def _seen_in(rows: list[dict[str, str | None]], table: str = EVENTS) -> LogSighting:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        create_text_table(connection, "log", RAW_COLUMNS[table])
        insert_rows(connection, "log", RAW_COLUMNS[table], rows)
        look_into = look_into_events if table == EVENTS else look_into_presence
        return look_into(connection, "log", RAW_COLUMNS[table], THE_PROJECT.vocabulary, THE_PROJECT.tolerances)


def test_what_is_in_a_log_is_counted() -> None:
    told = conversation().at("2024-03-04 10:00").started("inbound").end_user("hi").work("assigned", "w1", agent_id="a1")
    told.work("assigned", "w2").event("message_edited").event("message_edited").altered(event_type=None)
    told.at("2024-03-08 10:00").end_user("anybody?").received("2024-03-08 09:59").altered(channel_id=None)
    seen = _seen_in(told.rows)
    assert seen.deliveries == 7
    assert seen.kinds == {"conversation_started": 1, "message_sent": 2, "work_assigned": 2}
    assert (seen.unknown_kinds, seen.unknown_count) == ({"(null)": 1, "message_edited": 1}, 2)
    assert seen.lacking_keys == {"work_assigned": 1}
    assert seen.rejections == {"missing_payload_key": 1, "unknown_event_type": 2}
    assert seen.nulls == {"channel_id": 1}
    assert seen.early_count == 1
    assert seen.silences == ((date(2024, 3, 5), date(2024, 3, 7)),)
    assert seen.newest_received_at == (datetime(2024, 3, 8, 9, 59), datetime(2024, 3, 4, 10))


def test_what_is_in_the_presence_log_is_counted() -> None:
    told = (
        presence("a1")
        .at("10:00")
        .status("available", "3")
        .at("11:00")
        .status("lunch")
        .status("away")
        .altered(agent_id=None)
    )
    seen = _seen_in(told.rows, PRESENCE)
    assert (seen.kinds, seen.unknown_kinds) == ({"available": 1, "away": 1}, {"lunch": 1})
    assert seen.rejections == {"missing_agent_id": 1, "unknown_status": 1}
    assert seen.nulls == {"agent_id": 1}


@given(raw=configured_streams())
def test_what_the_doctor_would_reject_a_build_rejects(replay: Replay, raw: ConfiguredInput) -> None:
    replay.build(raw)
    for table, rejected, look_into in (
        (EVENTS, "rejected_events", look_into_events),
        (PRESENCE, "rejected_presence_events", look_into_presence),
    ):
        seen = look_into(
            replay.connection,
            f"{RAW_SCHEMA}.{table}",
            RAW_COLUMNS[table],
            THE_PROJECT.vocabulary,
            THE_PROJECT.tolerances,
        )
        by_build = Counter(row["rejection_reason"] for row in replay.rows(rejected, ["rejection_reason"]))
        assert seen.rejections == {reason: n for reason, n in by_build.items() if reason not in TOLD_BY_BUILDS}


# --- adapters ---------------------------------------------------------------------------------------


@pytest.fixture
def adapted(tmp_path: Path) -> Path:
    """The project's own files with an adapter `service_cloud` of two objects beside them."""
    project = tmp_path / "project"
    for name in (
        "pyproject.toml",
        "requirements.lock",
        "dbt_project.yml",
        "seeds/config",
        "models/staging/messaging/base",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, project / name)
    adapter = project / "models" / "staging" / "service_cloud"
    (adapter / "base").mkdir(parents=True)
    dates = ["start_time", "created_date", "end_time", "is_deleted", "system_modstamp", "last_modified_date"]
    objects = {
        "MessagingSession": ["id", "status", "conversation_id", *dates],
        "AgentWork": ["id", "accept_date_time"],
    }
    models = [
        {
            "name": name,
            "config": {"meta": {"raw_object": name}},
            "columns": [
                {"name": column, "data_type": "varchar"}
                | ({"config": {"meta": {"tells": ["work"]}}} if column == "accept_date_time" else {})
                for column in columns
            ],
        }
        for name, columns in objects.items()
    ]
    (adapter / "base" / "_base_service_cloud.yml").write_text(yaml.safe_dump({"models": models}))
    for table in THE_PROJECT.contract:
        if table.startswith("raw_"):
            (adapter / f"stg_service_cloud__{table}.sql").touch()
    return project


def _adapted(project: Path, raw: str = "objects", source: str = "service_cloud") -> list[str]:
    seen = look(Settings(project, raw=raw, source=source), read_feeds())
    return [
        f"{finding.verdict.name} {finding.sentence}"
        for finding in judge(seen, AT, read_needs(), read_feeds())
        if finding.verdict is not Verdict.OK
    ]


def test_objects_and_columns_that_are_not_there_are_told_with_what_hangs_on_them(adapted: Path) -> None:
    write_csv(adapted / "objects" / "messagingsession" / "1.csv", ("ID", "status", "starttime"), [])
    told = _adapted(adapted)
    assert (
        "WARNING MessagingSession.EndTime: not there, read as null; on it hangs conversation_ended; export it." in told
    )
    (work,) = [line for line in told if line.startswith("WARNING AgentWork: not there")]
    assert work.startswith("WARNING AgentWork: not there; on it hangs after_work_started, work_accepted")
    assert work.endswith("; unrecorded, so null and not 0: work; export it if the platform has it.")
    assert not any(line.startswith("ERROR") for line in told)
    assert "WARNING mart_speed_to_answer_by_day: stays empty, because nothing is recorded of work." in told


def test_without_the_object_that_everything_hangs_on_nothing_is_built(adapted: Path) -> None:
    write_csv(adapted / "objects" / "AgentWork" / "1.csv", ("Id", "AcceptDateTime"), [])
    write_csv(adapted / "objects" / "MessagingSessions" / "1.csv", ("Id",), [])
    told = _adapted(adapted)
    assert any(line.startswith("ERROR") and "there is no folder MessagingSession/" in line for line in told)
    assert any("did you mean MessagingSession/?" in line for line in told)


def test_an_adapter_that_is_not_there_or_not_whole_is_told(adapted: Path) -> None:
    (adapted / "objects").mkdir()
    assert any("there is no adapter chatterbox" in line for line in _adapted(adapted, source="chatterbox"))
    (adapted / "models/staging/service_cloud/stg_service_cloud__raw_topics.sql").unlink()
    assert any("adapter service_cloud makes no raw_topics" in line for line in _adapted(adapted))
    assert any("there is no folder" in line and "nowhere" in line for line in _adapted(adapted, raw="nowhere"))


# --- what objects say -------------------------------------------------------------------------------

SESSIONS = ("Id", "Status", "StartTime", "EndTime", "MessagingChannelId", "ConversationId", "SystemModstamp")
ON_THE_DAY = "2026-03-02T10:00:00Z"


def _told_of(place: Path, objects: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str | None]]]]) -> list[str]:
    """Say what the doctor finds wrong with the values of objects, given with their fields and records."""
    skipped = (
        "not there",
        "stays empty",
        "nothing to tell",
        "there is nothing of",
        "are told by no object",
        "there is no EndTime:",
    )
    return [
        line
        for line in _all_told_of(place, objects)
        if not any(words in line for words in skipped)
        and line.partition(" ")[2].startswith((*read_project(PROJECT, "service_cloud").objects, "of "))
    ]


def _all_told_of(place: Path, objects: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str | None]]]]) -> list[str]:
    """Say all that the doctor finds over objects, given with their fields and records."""
    for name, (fields, records) in objects.items():
        write_csv(place / name / "1.csv", fields, [dict(zip(fields, record, strict=True)) for record in records])
    seen = look(Settings(PROJECT, raw=str(place), source="service_cloud"), read_feeds())
    return [f"{finding.verdict.name} {finding.sentence}" for finding in judge(seen, AT, read_needs(), read_feeds())]


def test_values_that_cannot_be_read_stop_a_build_and_are_told_with_an_example(tmp_path: Path) -> None:
    """A report prints local times. What no event is made of may say what it likes."""
    times = [("3/2/2026, 10:00 AM", "x"), ("2026-03-02T10:00:00.000+0000", "x"), ("1772445600000", ""), ("", "")]
    told = _told_of(
        tmp_path,
        {
            "MessagingSession": (SESSIONS[:3], [("0Mw", "Ended", ON_THE_DAY)]),
            "AgentWork": (
                ("Id", "RequestDateTime", "SystemModstamp", "HandleTime", "IsDeleted"),
                [
                    (str(number), time, late, "1:30" if late else "90", late or "false")
                    for number, (time, late) in enumerate(times)
                ],
            ),
        },
    )
    assert [line for line in told if not line.startswith("OK")] == [
        "ERROR AgentWork.RequestDateTime: 1 of 4 (25.0 %) cannot be read as a time, such as '3/2/2026, 10:00 AM'; "
        "write it like 2026-03-15T18:00:00.000Z, as an export does; a report prints local times.",
        "WARNING AgentWork.system_modstamp: 2 of 4 (50.0 %) cannot be read as a time, such as 'x'; write "
        "it like 2026-03-15T18:00:00.000Z, as an export does; a report prints local times.",
        "ERROR AgentWork.HandleTime: 2 of 4 (50.0 %) cannot be read as a number, such as '1:30'; write a number.",
        "ERROR AgentWork.is_deleted: 2 of 4 (50.0 %) cannot be read as a flag, such as 'x'; write true or false.",
    ]


def test_words_that_nobody_knows_are_told_with_what_becomes_of_them(tmp_path: Path) -> None:
    records = [("1", "Closed"), ("2", "Closed"), ("3", "Ended"), ("4", "Over"), ("5", None)]
    told = _told_of(tmp_path, {"MessagingSession": (SESSIONS[:3], [(*record, ON_THE_DAY) for record in records])})
    assert told == [
        "OK MessagingSession: 5 rows",
        "WARNING MessagingSession.Status: 3 of 5 (60.0 %) say what nobody knows: Closed (2), Over (1); such a session "
        "counts as not over. Mend it if it is a slip.",
    ]


def test_ids_that_are_short_missing_or_given_twice_are_told(tmp_path: Path) -> None:
    """Of several rows of an Id the latest counts, where one is."""
    fields = ("Id", "OwnerId", "SystemModstamp", "StartTime")
    records = [
        ("0Mw000000000001AAA", "005000000000001", "2026-03-01"), ("0Mw000000000001AAA", None, "2026-03-02"),
        ("0Mw000000000002", None, "2026-03-02"), ("0Mw000000000002", "00G", "2026-03-02"), (None, None, None),
        ("0Mw000000000004AAA", None, "2026-03-02"), ("0Mw000000000004AAA", None, "2026-03-02"),
    ]  # fmt: skip
    records.append(("0Mw000000000003AAA", "00G", "2026-03-02"))
    told = _told_of(tmp_path, {"MessagingSession": (fields, [(*record, ON_THE_DAY) for record in records])})
    assert [line for line in told if "system_modstamp" not in line] == [
        "OK MessagingSession: 8 rows",
        "WARNING MessagingSession: 1 of 8 (12.5 %) have no Id, and what is made of them is rejected; export it.",
        "WARNING MessagingSession: 1 Id given more than once with the same SystemModstamp, or without: which row is "
        "the latest nobody can tell; export it, or one row for each.",
        "OK MessagingSession.Id: 2 of 8 (25.0 %) have 15 characters, and are read as those of 18",
        "OK MessagingSession.OwnerId: 1 of 8 (12.5 %) have 15 characters, and are read as those of 18",
        "WARNING of 1 of 5 (20.0 %) records that events are made of something would be rejected (1 missing_event_id); "
        "of more than 0.05 of the events (max_rejected_rate) a build stops.",
    ]


def test_what_does_not_fit_together_is_told(tmp_path: Path) -> None:
    """A schedule that nobody knows, sessions without entries, entries without a session; voice calls are no matter."""
    channels = [
        ("0Mj1", "Enhanced", "01mNOBODYKNOWS0001"),
        ("0Mj2", "Standard", "support_london"),
        ("0Mj3", None, None),
    ]
    sessions: list[tuple[str | None, ...]] = [
        ("0Mw1", "Ended", ON_THE_DAY, ON_THE_DAY, "0Mj1", "0dw1", None),
        ("0Mw2", "Ended", ON_THE_DAY, ON_THE_DAY, "0Mj1", "0dw2", None),
        ("0Mw3", "Ended", ON_THE_DAY, ON_THE_DAY, "0Mj2", None, None),
        ("0Mw4", "Ended", ON_THE_DAY, ON_THE_DAY, "0Mj2", None, None),
        ("0Mw5", "Active", ON_THE_DAY, None, "0Mj2", None, None),
    ]
    entries = [("1", "0Mw3"), ("2", "0dw1"), ("3", "0Mw9"), ("4", None), ("5", "0LQ1")]
    told = _told_of(
        tmp_path,
        {
            "MessagingChannel": (("Id", "PlatformType", "BusinessHoursId"), channels),
            "MessagingSession": (SESSIONS, sessions),
            "ConversationEntry": (
                ("Id", "EntryType", "ConversationId", "EntryTime", "ActorType", "ActorId"),
                [(number, "Text", named, ON_THE_DAY, "EndUser", None) for number, named in entries],
            ),
        },
    )  # fmt: skip
    assert [line for line in told if not line.startswith("OK")] == [
        "WARNING MessagingChannel.BusinessHoursId: 01mNOBODYKNOWS0001 of 1 channel stands in no business_hours, so "
        "that they count as open around the clock; add the schedule, or name the one that is meant in the var "
        "service_cloud_business_hours.",
        "WARNING ConversationEntry: 1 of 2 (50.0 %) ended sessions of enhanced channels have none; the platform keeps "
        "their entries elsewhere. Nothing is known of their messages, first responses and response times; the "
        "platform's own figures stand in mart_reconciliation.",
        "WARNING ConversationEntry: 1 of 2 (50.0 %) ended sessions of standard channels have none. Nothing is known of "
        "their messages, first responses and response times; the platform's own figures stand in mart_reconciliation.",
        "WARNING ConversationEntry: 2 of 4 (50.0 %) name no session and no conversation that is there, and are "
        "rejected (missing_conversation_id); export the sessions of the same time.",
        "WARNING of 2 of 9 (22.2 %) records that events are made of something would be rejected (2 "
        "missing_conversation_id); of more than 0.05 of the events (max_rejected_rate) a build stops.",
    ]


def test_records_of_which_a_build_rejects_something_are_told_and_summed_up(tmp_path: Path) -> None:
    """A session that was deleted is not there; of versions the latest counts; ids of 15 characters are those of 18.

    Work of bots, on cases and on calls is none of ours, and so is what nobody has asked for.
    """
    late, early = "2026-03-03T10:00:00Z", "1772445600000"
    told = _told_of(
        tmp_path,
        {
            "MessagingSession": (
                ("Id", "Status", "StartTime", "CreatedDate", "EndTime", "IsDeleted", "SystemModstamp"),
                [
                    ("0Mw000000000001CAA", "Ended", ON_THE_DAY, None, None, "false", late),
                    ("0Mw000000000002CAA", "Ended", None, None, early, "false", late),
                    ("0Mw000000000003CAA", "Active", None, None, None, "false", late),
                    ("0Mw000000000004CAA", "Active", None, ON_THE_DAY, None, "false", late),
                    ("0Mw000000000005CAA", "Active", ON_THE_DAY, None, None, "false", ON_THE_DAY),
                    ("0Mw000000000005CAA", "Active", ON_THE_DAY, None, None, "true", late),
                    ("0Mw000000000004CAA", "Ended", None, None, None, "false", early),
                ],
            ),
            "MessagingSessionMetrics": (
                ("Id", "MessagingSessionId", "MessagingSessionMetricType", "MessagingSessionMetricValue"),
                [("1", "0Mw000000000001", "X", "1"), ("2", "0Mw9", "X", "1"), ("3", "0Mw9", "X", None)],
            ),
            "ConversationEntry": (
                ("Id", "ConversationId", "EntryType", "ActorType", "ActorId", "EntryTime"),
                [
                    ("1", "0Mw000000000003CAA", "Text", "EndUser", None, ON_THE_DAY),
                    ("2", "0Mw000000000001CAA", "Text", "EndUser", None, None),
                    ("3", "0Mw000000000001CAA", "Text", "Martian", None, ON_THE_DAY),
                ],
            ),
            "AgentWork": (
                ("Id", "WorkItemId", "UserId", "BotId", "CapacityWeight", "AssignedDateTime", "AcceptDateTime",
                 "CloseDateTime"),
                [
                    ("1", "0Mw000000000001", "005A", None, "-1", ON_THE_DAY, None, None),
                    ("2", "0Mw000000000001CAA", "005A", None, "heavy", ON_THE_DAY, None, None),
                    ("3", "0Mw000000000005CAA", "005A", None, None, ON_THE_DAY, None, None),
                    ("4", "500000000000001AAA", "005A", None, None, ON_THE_DAY, None, None),
                    ("5", "0Mw9", "005A", "0Xx", None, ON_THE_DAY, None, None),
                    ("6", None, "005A", None, None, None, None, ON_THE_DAY),
                    ("7", "0Mw000000000001CAA", None, None, None, None, ON_THE_DAY, None),
                    ("8", "0Mw9", "005A", None, None, None, None, None),
                ],
            ),
            "UserServicePresence": (
                ("Id", "UserId", "StatusStartDate", "ConfiguredCapacity"),
                [("1", "005A", ON_THE_DAY, "5"), ("2", None, ON_THE_DAY, "5"), ("3", "005A", None, "5"),
                 ("4", "005A", ON_THE_DAY, "many")],
            ),
        },
    )  # fmt: skip
    words = (" rejected", "amount")
    assert [line for line in told if line.startswith("WARNING") and any(word in line for word in words)] == [
        "WARNING AgentWork.CapacityWeight: 2 of 8 (25.0 %) are no amount, such as '-1': what is no number is rejected "
        "(invalid_payload), what is below 0 counts as 0; write a number, or nothing.",
        "WARNING ConversationEntry.ActorType: 1 of 3 (33.3 %) say what nobody knows: Martian (1); a message of such a "
        "one is rejected (missing_actor). Mend it if it is a slip.",
        "WARNING UserServicePresence.ConfiguredCapacity: 1 of 4 (25.0 %) are no amount, such as 'many': what is no "
        "number is rejected (invalid_payload), what is below 0 counts as 0; write a number, or nothing.",
        "WARNING MessagingSession: 1 of 4 (25.0 %) have neither StartTime nor CreatedDate, and no entry says when they "
        "began: their start is rejected (invalid_timestamp); export one of the two.",
        "WARNING MessagingSession: 1 of 4 (25.0 %) have ended and no EndTime: their end is rejected "
        "(invalid_timestamp); export it.",
        "WARNING MessagingSessionMetrics: 1 of 2 (50.0 %) are of no session that is there, and are rejected "
        "(missing_conversation_id); export the sessions of the same time.",
        "WARNING ConversationEntry: 1 of 3 (33.3 %) have no EntryTime, and are rejected (invalid_timestamp); export "
        "it.",
        "WARNING AgentWork: 2 of 5 (40.0 %) are on no session that is there, and are rejected "
        "(missing_conversation_id); export the sessions of the same time.",
        "WARNING AgentWork: 1 of 5 (20.0 %) have no UserId: whose they are nobody knows, and what needs it is rejected "
        "(missing_actor); export it.",
        "WARNING UserServicePresence: 1 of 4 (25.0 %) have no UserId, and are rejected (missing_agent_id); export it.",
        "WARNING UserServicePresence: 1 of 4 (25.0 %) have no StatusStartDate: their start is rejected "
        "(invalid_timestamp); export it.",
        "WARNING of 12 of 18 (66.7 %) records that events are made of something would be rejected (4 "
        "invalid_timestamp, 3 missing_conversation_id, 2 invalid_payload, 2 missing_actor, 1 missing_agent_id); of "
        "more than 0.05 of the events (max_rejected_rate) a build stops.",
    ]


def test_an_export_that_does_not_say_when_sessions_start_stops_a_build(tmp_path: Path) -> None:
    told = _all_told_of(tmp_path, {"MessagingSession": (("Id", "Status", "OwnerId"), [("0Mw", "Ended", "00G")])})
    assert [line for line in told if line.startswith("ERROR")] == [
        "ERROR MessagingSession: there is no StartTime and no CreatedDate: no session would start; export it.",
        "ERROR MessagingSession: there is no EndTime: no session would end, and durations and what is open would be "
        "wrong; export it.",
    ]


def test_an_object_without_a_record_is_told_and_tells_marts_nothing(tmp_path: Path) -> None:
    """It counts as none: of an honest export that is so, and of another it would be a wrong 0."""
    work = list(read_feeds()["service_cloud"].objects["AgentWork"])
    objects: dict[str, tuple[Sequence[str], Sequence[Sequence[str | None]]]] = {
        "MessagingSession": (SESSIONS, [("0Mw", "Active", ON_THE_DAY, None, None, None, None)]),
        "AgentWork": (work, []),
        "Account": (("Id", "Name"), []),
    }
    told = _all_told_of(tmp_path, objects)
    assert (
        "WARNING AgentWork: has fields and no record, which counts as none: figures say 0; leave it away if it is not "
        "exported, and they say null."
    ) in told
    assert "WARNING Account: has fields and no record, which counts as none." in told
    assert "WARNING mart_speed_to_answer_by_day: stays empty without work_accepted." in told
    objects["MessagingSession"] = (SESSIONS, [])
    told = _all_told_of(tmp_path, objects)
    assert "WARNING MessagingSession: has fields and no record: there is nothing to report on." in told


def test_marts_of_what_counts_as_unrecorded_are_told_to_stay_empty(tmp_path: Path) -> None:
    """Whatever has records: focus is never recorded, and without its end neither is work, nor presence."""
    session = (SESSIONS, [("0Mw", "Active", ON_THE_DAY, None, None, None, None)])
    work = ("Id", "BotId", "WorkItemId", "UserId", "AcceptDateTime", "CloseDateTime")
    presence = ("Id", "UserId", "StatusStartDate", "StatusEndDate")
    for cut, marts in ((None, 0), (-1, 2)):
        told = _all_told_of(
            tmp_path,
            {
                "MessagingSession": session,
                "AgentWork": (work[:cut], [("0Bz", None, "0Mw", "005", ON_THE_DAY, None)[:cut]]),
                "UserServicePresence": (presence[:cut], [("0N5", "005", ON_THE_DAY, None)[:cut]]),
            },
        )
        assert "WARNING mart_efficiency_by_day: stays empty, because nothing is recorded of focus." in told
        for thing in ("work", "presence"):
            assert (
                sum(line.endswith(f"stays empty, because nothing is recorded of {thing}.") for line in told) == marts
            ), thing


def test_exports_of_connectors_are_told_of_just_the_same(tmp_path: Path) -> None:
    """In snake_case, folders and columns, they are the same objects with the same slips."""
    objects: dict[str, tuple[Sequence[str], Sequence[Sequence[str | None]]]] = {
        "MessagingSession": (
            ("Id", "Status", "StartTime", "EndTime", "MessagingChannelId", "SystemModstamp"),
            [("0Mw1", "Closed", ON_THE_DAY, "noon", "0Mj000000000001", ""), ("0Mw2", "Ended", ON_THE_DAY, "", "", "")],
        ),
        "MessagingChannel": (("Id", "PlatformType", "BusinessHoursId"), [("0Mj000000000001AAA", "Standard", "01m")]),
        "ConversationEntry": (
            ("Id", "ConversationId", "EntryType", "EntryTime", "EntryTimeMilliSecs"),
            [("1", "0Mw9", "Text", ON_THE_DAY, "few")],
        ),
        "AgentWork": (
            ("Id", "WorkItemId", "UserId", "CapacityWeight", "AssignedDateTime", "AcceptDateTime", "CloseDateTime"),
            [("1", "0Mw9", "005", "heavy", ON_THE_DAY, None, None)],
        ),
        "UserServicePresence": (("Id", "UserId", "IsAway", "StatusStartDate"), [("1", "005", "x", ON_THE_DAY)]),
    }

    def spelt(name: str) -> str:
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()

    def told_in(place: Path, objects: Any) -> list[str]:
        told = [line.replace(str(place), "") for line in _all_told_of(place, objects)]
        return [line for line in told if "of disk" not in line]  # what is free changes while one looks

    as_of_the_api = told_in(tmp_path / "api", objects)
    as_of_connectors = told_in(
        tmp_path / "connector",
        {spelt(name): (tuple(map(spelt, fields)), records) for name, (fields, records) in objects.items()},
    )
    assert as_of_connectors == as_of_the_api
    assert len([line for line in as_of_the_api if line.startswith("ERROR")]) == 3
    assert not any("conversation_started" in line for line in as_of_connectors if "told by no object" in line)


def test_an_object_under_two_names_is_one_too_many(tmp_path: Path) -> None:
    for name in ("MessagingSession", "messaging_session", "agent_work"):
        write_csv(tmp_path / name / "1.csv", ("Id", "StartTime"), [])
    seen = look(Settings(PROJECT, raw=str(tmp_path), source="service_cloud"), read_feeds()).raw
    assert seen is not None and seen.problems == (
        f"{tmp_path}: MessagingSession/ and messaging_session/ are one object, MessagingSession; keep one of them.",
    )
    database = tmp_path / "w.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema crm; create table crm.messaging_session as select '0Mw' as id; "
            "create table crm.MessagingSession as select '0Mw' as id"
        )
    settings = Settings(PROJECT, raw="schema:crm", source="service_cloud", database=str(database))
    seen = look(settings, read_feeds()).raw
    assert seen is not None and seen.problems == (
        "schema crm: tables messagingsession and messaging_session are one object, MessagingSession; keep one of them.",
    )


def test_objects_in_a_schema_are_looked_into_as_well(tmp_path: Path) -> None:
    database = tmp_path / "w.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema crm; create table crm.messaging_session as select '0Mw' as id, 'Gone' as status, "
            "now() as start_time"
        )
    seen = look(Settings(PROJECT, raw="schema:crm", source="service_cloud", database=str(database)), read_feeds())
    assert seen.objects["MessagingSession"].fields["status"].odd == {"Gone": 1}


def test_what_is_known_of_values_is_of_what_the_adapter_reads() -> None:
    for source, feeds in read_feeds().items():
        told = (feeds.numbers, feeds.flags, feeds.amounts, feeds.words)
        for name, fields in (item for of_a_kind in told for item in of_a_kind.items()):
            assert {field_name(field) for field in fields} <= {
                field_name(column) for column in read_project(PROJECT, source).objects[name]
            }, name


# --- the command ------------------------------------------------------------------------------------


def test_the_demo_gives_0(tmp_path: Path) -> None:
    code, output = _doctor("--database", str(tmp_path / "w.duckdb"))
    assert code == 0, output
    assert "the demo is read" in output and output.endswith("dbt build would run.\n")


def test_the_demos_rows_in_a_folder_give_3_and_what_is_wrong_with_them(
    seeds: Callable[[Path], Path], tmp_path: Path
) -> None:
    code, output = _doctor("--raw", str(seeds(tmp_path / "raw")), "--database", str(tmp_path / "w.duckdb"))
    assert code == 3, output
    assert "are of a kind that the vocabulary does not have" in output
    assert "1 of 26 event types never occur: figure_reported; map them if the platform" in " ".join(output.split())
    assert "dbt build would run; " in output


def test_what_would_stop_a_build_gives_4(tmp_path: Path) -> None:
    code, output = _doctor("--raw", str(tmp_path / "nowhere"), "--database", str(tmp_path / "w.duckdb"))
    assert code == 4 and "error    MESSAGING_RAW: there is no folder" in output
    assert "dbt build would not run through: 1 error to mend first." in output


def test_what_cannot_be_looked_at_gives_1_and_wrong_usage_2(tmp_path: Path) -> None:
    code, output = _doctor("--project-dir", str(tmp_path))
    assert code == 1 and len(output.splitlines()) == 1, output
    assert _doctor("--rows", "x")[0] == 2


def test_settings_are_read_as_a_build_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSAGING_RAW", str(tmp_path / "nowhere"))
    monkeypatch.setenv("MESSAGING_DB", str(tmp_path / "w.duckdb"))
    result = CliRunner().invoke(app, ["doctor", "--project-dir", str(PROJECT)])
    assert result.exit_code == 4 and "there is no folder" in result.output
    assert str(tmp_path / "w.duckdb") in result.output.replace("\n", "")
    assert doctor.Settings(PROJECT, database="x.duckdb").path("x.duckdb") == PROJECT / "x.duckdb"
