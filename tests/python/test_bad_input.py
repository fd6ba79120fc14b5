"""Bad input gets one sentence that names the file and the remedy, and nothing half-built is left as if it were good."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from builders import RawRowDict, conversation, presence
from messaging_warehouse.raw_input import file_fingerprints, find_problems
from raw_folders import (
    BUILD,
    RawRow,
    assert_same,
    contents,
    parsed_dbt,
    without_rejections,
    write_csv,
    write_csv_folder,
    write_ndjson,
    write_parquet,
)
from reference import ConfiguredInput
from warehouse import CONFIGURATION_COLUMNS, RAW_COLUMNS, DbtRun, Replay, fetch_rows, run_dbt

COLUMNS = RAW_COLUMNS | CONFIGURATION_COLUMNS
EVENTS = "raw_conversation_events"
PRESENCE = "raw_presence_events"
GUARDS_OFF = {"max_rejected_rate": 1}

Rejections = list[tuple[str, RawRowDict]]


def one_sentence(run: DbtRun, sentence: str) -> None:
    """Hold a run to have failed with a line of its own that matches, and without a trace of Python."""
    assert run.exit_code != 0
    assert "Traceback" not in run.output
    lines = [line.strip() for line in run.output.splitlines()]
    assert any(re.fullmatch(sentence, line) for line in lines), run.output


def is_empty(run: DbtRun) -> bool:
    """Whether core and marts have no table."""
    return not run.database.exists() or not contents(run)


# --- files: the sentences ----------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A raw folder with a good event log."""
    return write_csv_folder(tmp_path / "exports", {EVENTS: conversation().at("10:00").end_user("hi").rows})


def bad_line(complaint: str) -> str:
    """The sentence about a line that the engine complains about."""
    return rf"a line cannot be read \(.*{complaint}.*\); repair or remove it, then build again"


EMPTY = "the first line is empty; write a header line with the column names, or remove the file"
NOT_UTF_8 = r"cannot be read as UTF-8 text \(.*\); write it again as UTF-8"
NOT_PARQUET = "not a readable Parquet file; write it again or take it out of the folder"
NOT_READ = r"not read, because its name does not end in .parquet, .csv or .ndjson; rename or convert it"
MISSING = r"column {} is missing; add it \(it may be empty\), as the raw contract says"

HEADER = b"agent_id,agent_name,email,is_active\n"
LINE = b"a1,Ana,ana@example.org,true\n"
CHLOE = "a2,Chloé,,true\n".encode("latin-1")
BAD_FILES = {
    "empty.csv": (b"", EMPTY),
    "blank_first_line.csv": (b"\n" + HEADER, EMPTY),
    "missing_columns.csv": (b"agent_id,email\na1,x\n", MISSING.format("agent_name, is_active")),
    "other_delimiter.csv": (
        HEADER.replace(b",", b";"),
        "the header is one column, with semicolons in it; write the file with commas between columns",
    ),
    "too_few.csv": (HEADER + LINE + b"a2,Ben\n", bad_line("Line: 3 Expected Number of Columns: 4 Found: 2")),
    "too_many.csv": (HEADER + b"a2,Ben,,true,1\n", bad_line("Line: 2 Expected Number of Columns: 4 Found: 5")),
    "last_line_cut.csv": (HEADER + LINE * 100_000 + b"a2", bad_line("Line: 100002 .* Found: 1")),
    "unclosed_quote.csv": (HEADER + b'a2,"Ben,,true\n' + LINE, bad_line("Line: 2 .* unterminated quote")),
    "cut_in_a_quote.csv": (HEADER + LINE + b'a2,"Be', bad_line("Line: 3 .* unterminated quote")),
    "text_after_quote.csv": (HEADER + b'a2,"Ben" Okafor,,true\n', bad_line("Line: 2 .* unterminated quote")),
    "latin_1.csv": (HEADER + CHLOE, NOT_UTF_8),
    "latin_1_late.csv": (HEADER + LINE * 1_000 + CHLOE, bad_line("Line: 1002 .* not utf-8 encoded")),
    "utf_16.csv": ((HEADER + LINE).decode().encode("utf-16"), NOT_UTF_8),
    "same_name_twice.csv": (
        b"Agent_ID," + HEADER,
        "the header names a column twice; give each column a name of its own",
    ),
    "broken_header.csv": (
        b'"agent\n_id",' + HEADER,
        "the header has a line break in a column's name; write the header as one line",
    ),
    "endless_header.csv": (
        b"x" * 200_000 + b"," + HEADER,
        r"the header cannot be read \(.*\); write a line of column names, separated by commas",
    ),
    "endless_line.csv": (HEADER + b"a2," + b"x" * 3_000_000 + b",,true\n", bad_line("Line: 2 .{,300}bytes exceeded")),
    "mixed_line_ends.csv": (HEADER + LINE.replace(b"\n", b"\r\n") + LINE, bad_line("not RFC 4180 compliant")),
    "text.parquet": (b"no Parquet at all", NOT_PARQUET),
    "empty.parquet": (b"", NOT_PARQUET),
    "cut.ndjson": (b'{"agent_id": "a1"}\n{"agent_id": "a2', bad_line("Malformed JSON")),
    "list.ndjson": (b'{"agent_id": "a1"}\n["a2"]\n', bad_line("line 2: Expected OBJECT")),
    "one_document.ndjson": (b'[\n{"agent_id": "a1"}\n]\n', bad_line("Malformed JSON")),
    "latin_1.ndjson": ('{"agent_name": "Chloé"}\n'.encode("latin-1"), bad_line("invalid UTF-8")),
    "agents.CSV": (HEADER, NOT_READ),
    "agents.csv.gz": (b"", NOT_READ),
    "agents.jsonl": (b"", NOT_READ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_gets_one_sentence(folder: Path, name: str) -> None:
    content, sentence = BAD_FILES[name]
    file = folder / "raw_agents" / name
    file.parent.mkdir()
    file.write_bytes(content)
    (problem,) = find_problems(str(folder), RAW_COLUMNS)
    assert re.fullmatch(re.escape(f"{file}: ") + sentence + r"\.", problem), problem
    assert not re.search("Ben|Ana|Chlo|xxx", problem)  # what stands in a line does not stand in a log


def test_a_parquet_file_without_a_column_gets_one_sentence(folder: Path) -> None:
    file = folder / "raw_teams" / "teams[1].parquet"
    write_parquet(file.with_name("teams1.parquet"), {"team_id": "varchar", "team_name": "varchar"}, [{"team_id": "t1"}])
    write_parquet(file, {"team_name": "varchar"}, [{"team_name": "Support"}])
    assert find_problems(str(folder), RAW_COLUMNS) == [
        f"{file}: column team_id is missing; add it (it may be empty), as the raw contract says."
    ]


def test_a_link_to_nothing_gets_one_sentence(folder: Path) -> None:
    link = folder / EVENTS / "moved.csv"
    link.symlink_to(folder / "elsewhere.csv")
    assert find_problems(str(folder), RAW_COLUMNS) == [
        f"{link}: a link to nothing; remove it, or put back what it points to."
    ]
    assert "moved.csv" not in file_fingerprints(link.parent, "csv")


def test_each_bad_file_gets_its_own_sentence(folder: Path) -> None:
    write_csv(folder / EVENTS / "more.csv", ("event_id",), [])
    write_csv(folder / "raw_teams" / "a.csv", ("team_id",), [])
    write_csv(folder / "raw_teams" / "b.csv", ("team_name",), [])
    places = [problem.split(":")[0] for problem in find_problems(str(folder), RAW_COLUMNS)]
    assert places == [str(folder / place) for place in (f"{EVENTS}/more.csv", "raw_teams/a.csv", "raw_teams/b.csv")]


@pytest.mark.parametrize("missing", ["the folder", "the event log", "its files"])
def test_a_folder_without_an_event_log_gets_one_sentence(tmp_path: Path, missing: str) -> None:
    root = tmp_path / "exports"
    if missing != "the folder":
        write_csv(root / "raw_teams" / "teams.csv", RAW_COLUMNS["raw_teams"], [])
    if missing == "its files":
        (root / EVENTS).mkdir()
        (root / f"{EVENTS}.csv").write_text("beside the folder")
    (problem,) = find_problems(str(root), RAW_COLUMNS)
    if missing == "the folder":
        assert problem == f"MESSAGING_RAW: there is no folder {root}; give the folder that holds {EVENTS}/."
    else:
        remedy = "no *.parquet, *.csv or *.ndjson file is there; put the event log's files into that folder."
        assert problem == f"{root / EVENTS}: {remedy}"


def test_a_good_folder_and_a_bucket_get_no_sentence(folder: Path) -> None:
    write_ndjson(folder / "raw_teams" / "teams.ndjson", [{"team_id": "t1"}])
    (folder / "raw_topics").mkdir()
    (folder / "raw_topics" / "README.md").write_text("none yet")
    assert find_problems(str(folder), RAW_COLUMNS) == []
    assert find_problems("s3://bucket/exports", RAW_COLUMNS) == []


# --- deliveries --------------------------------------------------------------------------------


def _altered(event_id: str, **columns: str | None) -> RawRowDict:
    """A customer's message of 10:00, received five minutes later, with raw columns overwritten."""
    (row,) = conversation().at("10:00").end_user("hi").received("10:05").rows
    return row | {"event_id": event_id} | columns


def _altered_presence(event_id: str, **columns: str | None) -> RawRowDict:
    (row,) = presence("a1").at("10:00").status("available", capacity="3").received("10:05").rows
    return row | {"event_id": event_id} | columns


ACCEPTED = [
    _altered("good"),
    _altered("at-the-tolerance", occurred_at="2024-03-04T10:10:00.000Z"),
    _altered("at-the-lateness", occurred_at="2023-01-29T10:05:00.000Z"),
    _altered("in-another-zone", occurred_at="2024-03-04 11:00:00+01"),
    _altered("without-payload", event_type="conversation_started", payload=None),
    _altered("number-as-text", event_type="csat_responded", payload='{"survey_id": "s", "score": "4.5"}'),
]
REJECTED: Rejections = [
    ("missing_event_id", _altered("", event_type="and more is wrong", payload="[")),
    ("missing_conversation_id", _altered("r1", conversation_id="", event_type="and more is wrong")),
    ("unknown_event_type", _altered("r2", event_type="message_edited", occurred_at="yesterday")),
    ("unknown_event_type", _altered("r3", event_type=None)),
    ("invalid_timestamp", _altered("r4", occurred_at="yesterday", payload="[")),
    ("invalid_timestamp", _altered("r5", occurred_at="2024-03-04")),
    ("invalid_timestamp", _altered("r6", occurred_at="epoch")),
    ("invalid_timestamp", _altered("r7", occurred_at="2024-03-04T24:00:00Z")),
    ("invalid_timestamp", _altered("r8", occurred_at="2024-02-30T10:00:00Z")),
    ("invalid_timestamp", _altered("r9", received_at="infinity")),
    ("invalid_timestamp", _altered("r10", received_at=None, occurred_at=None)),
    ("missing_occurred_at", _altered("r11", occurred_at="", payload="[")),
    ("invalid_payload", _altered("r12", payload="message_id=m1", actor_type="robot")),
    ("invalid_payload", _altered("r13", payload='["m1"]')),
    ("invalid_payload", _altered("r14", payload='{"message_id": "m1"')),
    ("invalid_payload", _altered("r15", payload='{"message_id": "m1", "score": "five"}')),
    ("invalid_payload", _altered("r16", payload='{"message_id": "m1", "capacity_weight": true}')),
    ("missing_actor", _altered("r17", actor_type="robot", actor_id="r2", payload="{}")),
    ("missing_actor", _altered("r18", actor_type=None)),
    ("missing_actor", _altered("r19", actor_type="agent", actor_id="")),
    ("missing_payload_key", _altered("r20", payload="{}", occurred_at="2024-03-05T10:00:00Z")),
    ("missing_payload_key", _altered("r21", payload=None)),
    ("missing_payload_key", _altered("r22", payload='{"message_id": ""}')),
    ("occurred_after_received", _altered("r23", occurred_at="2024-03-04T10:10:00.001Z")),
    ("received_implausibly_late", _altered("r24", occurred_at="2023-01-29T10:04:59.999Z")),
    ("no_session", _altered("r25", event_type="message_read", actor_type="system", conversation_id="never-started")),
    ("conflicting_redelivery", _altered("good", received_at="2024-03-04T10:05:00.001Z", channel_id="another")),
    ("conflicting_redelivery", _altered("good", received_at="2024-03-04T10:06:00Z", payload='{"message_id":"m1"}')),
]  # fmt: skip
REDELIVERED = [
    _altered("good", received_at="2024-03-04T10:07:00Z"),
    _altered("good", received_at="2024-03-05T10:07:00Z"),
]

PRESENCE_ACCEPTED = [_altered_presence("good"), _altered_presence("unlimited", agent_id="a2", capacity=None)]
PRESENCE_REJECTED: Rejections = [
    ("missing_event_id", _altered_presence("", agent_id="", status="lunch")),
    ("missing_agent_id", _altered_presence("r1", agent_id="", status="lunch")),
    ("unknown_status", _altered_presence("r2", status="lunch", occurred_at="yesterday")),
    ("invalid_timestamp", _altered_presence("r3", occurred_at="yesterday")),
    ("invalid_timestamp", _altered_presence("r4", received_at="")),
    ("missing_occurred_at", _altered_presence("r5", occurred_at="", capacity="many")),
    ("invalid_payload", _altered_presence("r6", capacity="many")),
    ("occurred_after_received", _altered_presence("r7", occurred_at="2024-03-04T10:10:00.001Z")),
    ("received_implausibly_late", _altered_presence("r8", occurred_at="2023-01-29T10:04:59.999Z")),
    ("conflicting_redelivery", _altered_presence("good", received_at="2024-03-04T10:06:00Z", status="busy")),
]
PRESENCE_REDELIVERED = [_altered_presence("good", received_at="2024-03-04T10:07:00Z")]


def _rejected_rows(rejections: Rejections, columns: Iterable[str]) -> Counter[tuple[str | None, ...]]:
    return Counter((*(row[column] or None for column in columns), reason) for reason, row in rejections)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """A warehouse of every kind of bad delivery in both logs, and of some good ones beside them."""
    place = tmp_path_factory.mktemp("rejections")
    root = write_csv_folder(
        place / "exports",
        {
            EVENTS: [*ACCEPTED, *(row for _, row in REJECTED), *REDELIVERED],
            PRESENCE: [*PRESENCE_ACCEPTED, *(row for _, row in PRESENCE_REJECTED), *PRESENCE_REDELIVERED],
        },
    )
    run = parsed_dbt().run(BUILD, place, raw=str(root), variables=GUARDS_OFF)
    assert run.exit_code == 0, run.output
    return run


def test_every_reason_of_the_contract_is_tried() -> None:
    reasons = {reason for reason, _ in REJECTED}
    assert reasons == {
        "missing_event_id", "missing_conversation_id", "unknown_event_type", "invalid_timestamp", "missing_occurred_at",
        "invalid_payload", "missing_actor", "missing_payload_key", "occurred_after_received",
        "received_implausibly_late", "no_session", "conflicting_redelivery",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("log", "table", "rejections"),
    [(EVENTS, "rejected_events", REJECTED), (PRESENCE, "rejected_presence_events", PRESENCE_REJECTED)],
)
def test_a_bad_delivery_is_kept_as_it_came_with_its_reason(
    built: DbtRun, log: str, table: str, rejections: Rejections
) -> None:
    columns = RAW_COLUMNS[log]
    with built.connect() as connection:
        found = connection.execute(f"select {', '.join(columns)}, rejection_reason from {table}").fetchall()
    assert Counter(found) == _rejected_rows(rejections, columns)


@pytest.mark.parametrize(
    ("table", "accepted", "redelivered"),
    [
        ("fct_conversation_events", ACCEPTED, REDELIVERED),
        ("intermediate.int_presence_events_deduplicated", PRESENCE_ACCEPTED, PRESENCE_REDELIVERED),
    ],
)
def test_every_other_delivery_is_accepted_or_counted(
    built: DbtRun, table: str, accepted: list[RawRow], redelivered: list[RawRow]
) -> None:
    with built.connect() as connection:
        found = connection.execute(f"select event_id, redelivery_count from {table}").fetchall()
    expected = Counter(row["event_id"] for row in redelivered)
    assert sorted(found) == sorted((row["event_id"], expected[row["event_id"]]) for row in accepted)


# --- agents of whom too little is known ----------------------------------------------------------


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """A warehouse of agents told wrongly: no presence, an unknown status alone, work in every wrong way, absurd loads.

    It is built with every data test: none of it may stop a build.
    """
    place = tmp_path_factory.mktemp("agents")
    talk = conversation().at("10:00").end_user("hi")
    talk.at("10:01").opened("a1").at("10:02").agent("a1", "hello").at("10:03").left("a1")
    work = conversation("c2").at("10:00").end_user("hi")
    # Closed before it was accepted, accepted twice by two agents, assigned after all that, and asked for never.
    work.at("10:01").work("closed", "backwards", by="a1").at("10:02").work("accepted", "backwards", by="a1")
    work.at("10:03").work("accepted", "backwards", by="a2").redelivered("10:04")
    work.at("10:05").work("assigned", "backwards", agent_id="a2").work("declined", "backwards", by="a1")
    work.at("10:06").work("canceled", "nothing but its end").after_work_started("nothing but after-work", by="a1")
    for _ in range(2):
        work.at("10:07").work("requested", "twice").work("accepted", "twice", by="a1").work("closed", "twice", by="a1")
    loads = conversation("c3").at("10:00").end_user("hi").at("10:01")
    for number, weight in enumerate(("-900000000000", "99999999999999", "0.5")):
        loads.work("assigned", f"w{number}", agent_id="a3", capacity_weight=weight)
        loads.work("accepted", f"w{number}", by="a3")
    absurd = presence("a3").at("10:00").status("available", capacity="-900000000000")
    absurd.at("11:00").status("busy", capacity="99999999999999").at("12:00").status("offline")
    events = [*talk.rows, *work.rows, *loads.at("13:00").ended("end_user").rows]
    statuses = [*presence("a2").at("10:00").status("lunch").rows, *absurd.rows]
    root = write_csv_folder(place / "exports", {EVENTS: events, PRESENCE: statuses})
    run = parsed_dbt().run(
        ["build", "--exclude", "resource_type:unit_test"], place, raw=str(root), variables=GUARDS_OFF
    )
    assert run.exit_code == 0, run.output
    return run


def test_an_agent_without_presence_has_handle_time_and_no_known_availability(agents: DbtRun) -> None:
    with agents.connect() as connection:
        visits = fetch_rows(
            connection, "select agent_id, visit_seconds, is_handled from fct_visits where visit_seconds > 0"
        )
        (day,) = fetch_rows(connection, "from fct_agent_days where agent_id = 'a1'")
        (session,) = fetch_rows(connection, "from fct_messaging_sessions where conversation_id = 'c1'")
    assert {"agent_id": "a1", "visit_seconds": 120, "is_handled": True} in visits
    assert day["handle_seconds"] == session["handle_seconds"] == 120
    unknown = {
        "online",
        "available",
        "away",
        "unknown",
        "offline",
        "working",
        "handle_working",
        "occupied",
        "open_work",
    }
    assert {name for name, value in day.items() if value is None and name != "team_id"} == {
        f"{name}_seconds" for name in unknown | {"open_weight", "capacity"}
    }


def test_absurd_loads_stop_no_build_and_make_no_absurd_rates(agents: DbtRun) -> None:
    with agents.connect() as connection:
        (day,) = fetch_rows(connection, "from mart_agent_by_day where agent_id = 'a3'")
    # An hour of no capacity and one of a million; a million and a half carried for 59 and 60 minutes.
    assert day["capacity_seconds"] == 3600 * 1_000_000
    assert day["open_weight_seconds"] == Decimal("1000000.5") * (59 + 60) * 60
    assert day["capacity_utilisation_rate"] == pytest.approx(1.9833343)
    assert day["open_work_seconds"] == 3 * (59 + 60) * 60


def test_an_unknown_presence_status_is_rejected_and_tells_nothing(agents: DbtRun) -> None:
    with agents.connect() as connection:
        rejected = fetch_rows(connection, "select agent_id, rejection_reason from rejected_presence_events")
        assert fetch_rows(connection, "from fct_agent_presence where agent_id = 'a2'") == []
    assert rejected == [{"agent_id": "a2", "rejection_reason": "unknown_status"}]


def test_work_told_twice_out_of_order_or_without_a_request_is_one_row(agents: DbtRun) -> None:
    columns = (
        "work_id, agent_id, status, accepted_at is null, closed_at is null, work_handle_seconds, has_clock_anomaly"
    )
    with agents.connect() as connection:
        works = connection.execute(
            f"select {columns} from fct_agent_work where conversation_id = 'c2' order by work_id"
        ).fetchall()
    assert works == [
        ("backwards", "a1", "closed", False, False, None, True),
        ("nothing but after-work", None, "requested", True, True, None, False),
        ("nothing but its end", None, "canceled", True, True, None, False),
        ("twice", "a1", "closed", False, False, 0, False),
    ]


# --- nothing is half-built ---------------------------------------------------------------------


@pytest.fixture
def copy_of_built(built: DbtRun, tmp_path: Path) -> DbtRun:
    """A good warehouse to build over."""
    copy = tmp_path / built.database.name
    shutil.copy(built.database, copy)
    return DbtRun(0, "", copy, tmp_path / "target")


@pytest.mark.deep
def test_bad_files_leave_a_good_warehouse_as_it_was(copy_of_built: DbtRun, folder: Path, tmp_path: Path) -> None:
    (folder / EVENTS / "ragged.csv").write_text(",".join(RAW_COLUMNS[EVENTS]) + "\none,two\n")
    (folder / "raw_teams").mkdir()
    (folder / "raw_teams" / "teams.parquet").write_text("none")
    (folder / "raw_topics").mkdir()
    (folder / "raw_topics" / "topics.ndjson").write_text('{"topic_id"')
    before = contents(copy_of_built, schema=None)

    run = run_dbt(["build"], tmp_path, raw=str(folder))

    one_sentence(
        run, rf"{folder}/{EVENTS}/ragged\.csv: a line cannot be read .*; repair or remove it, then build again\."
    )
    one_sentence(run, rf"{folder}/raw_teams/teams\.parquet: not a readable Parquet file; .*\.")
    one_sentence(run, rf"{folder}/raw_topics/topics\.ndjson: a line cannot be read .*; .*\.")
    assert_same(contents(run, schema=None), before)


@pytest.mark.deep
def test_a_var_that_means_nothing_builds_nothing(folder: Path, tmp_path: Path) -> None:
    run = run_dbt(
        ["build"],
        tmp_path,
        raw=str(folder),
        variables={
            "as_of": "it's late", "reporting_timezone": "Berlin's", "session_inactivity_hours": "24",
            "repeat_contact_days": -1, "clock_skew_tolerance_seconds": True, "max_lateness_days": 0.5,
            "max_clock_gap_days": None, "max_rejected_rate": 5, "focus_idle_minutes": "a while",
            "presence_stale_hours": 1.5, "late_after_minutes": -1, "volume_distance_factor": None,
        },
        environment={"MESSAGING_DB": str(tmp_path / "staging.duckdb")},
    )  # fmt: skip
    one_sentence(run, "var as_of: 'it's late' is not a timestamp; write it like 2026-03-15T18:00:00Z, or now.")
    one_sentence(run, "var reporting_timezone: 'Berlin's' is not a time zone; write an IANA name like Europe/Berlin.")
    for name, value in {
        "session_inactivity_hours": "24", "repeat_contact_days": "-1", "clock_skew_tolerance_seconds": "True",
        "max_lateness_days": "0.5", "max_clock_gap_days": "None", "focus_idle_minutes": "a while",
        "presence_stale_hours": "1.5", "late_after_minutes": "-1", "volume_distance_factor": "None",
    }.items():  # fmt: skip
        one_sentence(run, f"var {name}: '{value}' is not a whole number; write one from 0 up, without quotes.")
    one_sentence(run, "var max_rejected_rate: '5' is not a share; write a number from 0 to 1, like 0.05.")
    one_sentence(
        run,
        "MESSAGING_DB: a file named staging.duckdb is called like a schema in it, and names would mean both; "
        "give it another name.",
    )
    assert is_empty(replace(run, database=tmp_path / "staging.duckdb"))


def test_a_comparison_with_nothing_builds_nothing(folder: Path, tmp_path: Path) -> None:
    names = ("volume_baseline_weeks", "volume_min_weeks", "volume_min_events")
    run = parsed_dbt().run(["build"], tmp_path, raw=str(folder), variables=dict.fromkeys(names, 0))
    for name in names:
        one_sentence(run, f"var {name}: 0 would compare with nothing; write a whole number from 1 up.")
    assert is_empty(run)


@pytest.mark.parametrize(
    ("given", "named"), [(["work", "weather", "focus", "age"], "weather', 'age"), ("work", "work"), (5, "5")]
)
def test_what_no_source_may_leave_out_builds_nothing(folder: Path, tmp_path: Path, given: object, named: str) -> None:
    run = parsed_dbt().run(["build"], tmp_path, raw=str(folder), variables={"unrecorded": given})
    one_sentence(
        run,
        f"var unrecorded: '{named}' is nothing that a source may leave out; write a list of focus, resolutions, csat, "
        "topics, queues, memberships, proactive, receipt, work, presence, availability, away, origins, contacts, "
        "people, delivery, receipt_times, texts, attachments, requests, assignments, declines, push_timeouts, "
        "cancellations, transfers, after_work.",
    )
    assert is_empty(run)


def test_a_limit_of_nothing_on_presence_builds_nothing(folder: Path, tmp_path: Path) -> None:
    run = parsed_dbt().run(["build"], tmp_path, raw=str(folder), variables={"presence_stale_hours": 0})
    one_sentence(run, "var presence_stale_hours: 0 would believe nobody; write a whole number from 1 up.")
    assert is_empty(run)


# --- schemas -----------------------------------------------------------------------------------


def _create_tables(database: Path, schema: str, tables: Iterable[str], leave_out: tuple[str, ...] = ()) -> None:
    """Create a user's raw tables, all text, with one row each."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema if not exists {schema}")
        for table in tables:
            columns = ", ".join(f"'ours' as {name}" for name in RAW_COLUMNS[table] if name not in leave_out)
            connection.execute(f"create table {schema}.{table} as select {columns}")


def test_a_schema_without_an_event_log_builds_nothing(tmp_path: Path) -> None:
    run = parsed_dbt().run(["build"], tmp_path, raw="schema:landing")
    remedy = (
        r"name the schema \(or <database>\.<schema>, with the file in MESSAGING_ATTACH\) that holds your event log\."
    )
    one_sentence(run, rf"MESSAGING_RAW: there is no table warehouse\.landing\.{EVENTS}; {remedy}")
    assert is_empty(run)


def test_tables_without_a_column_build_nothing(tmp_path: Path) -> None:
    attached = tmp_path / "vendor.duckdb"
    _create_tables(attached, "landing", (EVENTS, "raw_teams"), leave_out=("payload", "actor_id", "team_name"))
    run = parsed_dbt().run(
        ["build"], tmp_path, raw="schema:vendor.landing", environment={"MESSAGING_ATTACH": str(attached)}
    )
    remedy = r"is missing; add it \(it may be null\), as the raw contract says\."
    one_sentence(run, rf"vendor\.landing\.{EVENTS}: column actor_id, payload {remedy}")
    one_sentence(run, rf"vendor\.landing\.raw_teams: column team_name {remedy}")
    assert is_empty(run)


@pytest.mark.parametrize(
    ("command", "schema"),
    [
        ("build", "MAIN"),
        ("build", "Warehouse.staging"),
        pytest.param("build", "Intermediate", marks=pytest.mark.deep),
        ("build", "demo"),
        ("seed", "CONFIG"),
    ],
)
def test_a_schema_that_the_project_writes_to_is_refused(tmp_path: Path, command: str, schema: str) -> None:
    database = tmp_path / "warehouse.duckdb"
    name = schema.split(".")[-1]
    _create_tables(database, name, RAW_COLUMNS)
    run = DbtRun(0, "", database, tmp_path)
    before = contents(run, schema=None)

    run = parsed_dbt().run([command], tmp_path, raw=f"schema:{schema}")

    remedy = r"keep your raw tables in a schema of their own and name that\."
    one_sentence(run, rf"MESSAGING_RAW: the project writes to schema (?i:warehouse)\.{name}; {remedy}")
    assert_same(contents(run, schema=None), before)


def test_an_attached_file_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    attached = tmp_path / "vendor.duckdb"
    run = parsed_dbt().run(
        ["build"], tmp_path, raw="schema:vendor.landing", environment={"MESSAGING_ATTACH": str(attached)}
    )
    one_sentence(run, rf"MESSAGING_ATTACH: .*{attached}.*; .*\.")
    assert is_empty(run)


# --- reference and configuration tables ----------------------------------------------------------

Cells = dict[str, str | None]
A_POLICY: Cells = {"policy_id": "p", "metric": "resolution", "target_seconds": "60", "clock": "business"}


# The sentences alone are told of every cell below, in memory; that they stop a build, of two kinds of table.
@pytest.mark.parametrize(
    ("table", "row", "sentence"),
    [
        ("raw_channels", {"is_test": "perhaps"}, "is_test 'perhaps' cannot be read; write true or false"),
        pytest.param(
            "raw_team_memberships",
            {"valid_from": "last May"},
            "valid_from 'last May' cannot be read; write it like 2026-03-15T18:00:00Z",
            marks=pytest.mark.deep,
        ),
        pytest.param(
            "sla_policies",
            A_POLICY | {"target_seconds": "half an hour"},
            "target_seconds 'half an hour' cannot be read; write seconds, from 0 to 1000000000",
            marks=pytest.mark.deep,
        ),
        (
            "sla_policies",
            A_POLICY | {"topic_id": "refnud"},
            "topic_id 'refnud' cannot be read; there is no such topic in raw_topics and no event names one: "
            "add it there or correct it here",
        ),
        (
            "raw_channels",
            {"business_hours_id": "nights"},
            "business_hours_id 'nights' cannot be read; it stands in no business_hours: "
            "add it there or correct it here",
        ),
        pytest.param(
            "holidays",
            {"business_hours_id": "nights", "holiday_date": "2026-03-02"},
            "business_hours_id 'nights' cannot be read; it stands in no business_hours: "
            "add it there or correct it here",
            marks=pytest.mark.deep,
        ),
    ],
)
def test_an_unreadable_cell_leaves_core_as_it_was(
    copy_of_built: DbtRun, folder: Path, tmp_path: Path, table: str, row: RawRow, sentence: str
) -> None:
    write_csv(folder / table / "ours.csv", COLUMNS[table], [row])
    before = without_rejections(contents(copy_of_built))

    run = parsed_dbt().run(BUILD, tmp_path, raw=str(folder))

    one_sentence(run, rf".*{table}: {sentence}\.")
    assert_same(without_rejections(contents(run)), before)


def test_a_key_given_twice_builds_no_core(folder: Path, tmp_path: Path) -> None:
    write_csv_folder(folder, {"raw_agents": [{"agent_id": "a1", "agent_name": name} for name in ("Ana", "Ann")]})
    run = parsed_dbt().run(["build", "--exclude", "resource_type:unit_test"], tmp_path, raw=str(folder))
    assert run.exit_code != 0
    assert "Failure in test one_row_per_grain_stg_messaging__agents" in run.output
    assert "Traceback" not in run.output
    assert set(without_rejections(contents(run))) == set()


BERLIN: Cells = {"business_hours_id": "berlin", "timezone": "Europe/Berlin"}
ALL_DAY = "write it like 17:00 or 24:00, and not the time at which it opens: all day is 00:00 to 24:00"
MEANINGLESS: list[tuple[str, Cells, str]] = [
    ("business_hours", {"timezone": "Europe/Berln"}, "timezone 'Europe/Berln' cannot be read; write an IANA name"),
    ("business_hours", {"timezone": None}, "timezone is missing; write an IANA name"),
    ("business_hour_intervals", {"closes_at": "09:00"}, f"closes_at '09:00' cannot be read; {ALL_DAY}"),
    ("business_hour_intervals", {"closes_at": "9 to 5"}, f"closes_at '9 to 5' cannot be read; {ALL_DAY}"),
    ("business_hour_intervals", {"closes_at": "25:00"}, f"closes_at '25:00' cannot be read; {ALL_DAY}"),
    ("business_hour_intervals", {"closes_at": None}, f"closes_at is missing; {ALL_DAY}"),
    ("business_hour_intervals", {"opens_at": "24:00"}, "opens_at '24:00' cannot be read; write it like 09:00"),
    ("business_hour_intervals", {"opens_at": None}, "opens_at is missing; write it like 09:00"),
    ("business_hour_intervals", {"iso_weekday": "0"}, r"iso_weekday '0' cannot be read; write 1 \(Monday\) to 7"),
    ("business_hour_intervals", {"iso_weekday": "Mon"}, r"iso_weekday 'Mon' cannot be read; write 1 \(Monday\) to 7"),
    ("holidays", {"closes_at": None}, f"closes_at is missing; {ALL_DAY}"),
    ("holidays", {"opens_at": None}, "opens_at is missing; write it like 09:00"),
    ("holidays", {"closes_at": "09:00"}, f"closes_at '09:00' cannot be read; {ALL_DAY}"),
    ("holidays", {"holiday_date": "Christmas"}, "holiday_date 'Christmas' cannot be read; write it like 2026-12-25"),
    ("holidays", {"holiday_date": None}, "holiday_date is missing; write it like 2026-12-25"),
    ("sla_policies", {"metric": "handle_time"}, "metric 'handle_time' cannot be read; write one of first_response"),
    ("sla_policies", {"metric": None}, "metric is missing; write one of first_response"),
    ("sla_policies", {"clock": None}, "clock is missing; write one of business, calendar"),
    ("sla_policies", {"target_seconds": "-1"}, "target_seconds '-1' cannot be read; write seconds, from 0"),
    ("sla_policies", {"target_seconds": None}, "target_seconds is missing; write seconds, from 0"),
    ("emoji_sentiment", {"emoji": "❤\ufe0f"}, "emoji '❤\ufe0f' cannot be read; write one code point"),
    ("emoji_sentiment", {"emoji": "\U0001f3fd"}, "emoji '\U0001f3fd' cannot be read; write one code point"),
    ("emoji_sentiment", {"sentiment_score": "1.1"}, "sentiment_score '1.1' cannot be read; write a number from -1"),
    ("emoji_sentiment", {"sentiment_score": None}, "sentiment_score is missing; write a number from -1"),
]


GOOD: dict[str, Cells] = {
    "business_hours": BERLIN,
    "business_hour_intervals": {**BERLIN, "iso_weekday": "1", "opens_at": "09:00", "closes_at": "17:00"},
    "holidays": {**BERLIN, "holiday_date": "2026-03-02", "opens_at": "9:00", "closes_at": "24:00"},
    "sla_policies": A_POLICY,
    "emoji_sentiment": {"emoji": "❤", "sentiment_score": "0.95"},
}


def configured(rows: dict[str, Cells]) -> ConfiguredInput:
    """A stream of one message with one row in each table of configuration."""
    return ConfiguredInput(
        conversation().at("10:00").end_user("hi").rows, **{table: [row] for table, row in rows.items()}
    )


def test_configuration_that_can_be_meant_builds(replay: Replay) -> None:
    replay.build(configured(GOOD))


@pytest.mark.parametrize(("table", "change", "sentence"), MEANINGLESS)
def test_configuration_that_cannot_be_meant_stops_with_one_sentence(
    replay: Replay, table: str, change: Cells, sentence: str
) -> None:
    with pytest.raises(duckdb.Error, match=f"{table}: {sentence}"):
        replay.build(configured(GOOD | {table: {**GOOD[table], **change}}))
