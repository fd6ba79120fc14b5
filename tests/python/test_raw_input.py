"""The same raw rows give the same warehouse, however they are brought."""

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from builders import conversation
from raw_folders import (
    BUILD,
    Contents,
    assert_same,
    contents,
    demo_rows,
    parsed_dbt,
    write_csv,
    write_csv_folder,
    write_ndjson,
    write_parquet,
)
from warehouse import PROJECT, RAW_COLUMNS, DbtRun, create_text_table, fetch_rows, insert_rows, run_dbt

RawTables = dict[str, list[dict[str, Any]]]
EVENTS = "raw_conversation_events"
PRESENCE = "raw_presence_events"

# A typed column prints a time in another way, and where text is no time it has none.
AS_INSTANTS = dict.fromkeys(
    ("rejected_events", "rejected_presence_events"),
    "* replace ("
    "cast(try_cast(if(contains(occurred_at, ':'), occurred_at, null) as timestamptz) as varchar) as occurred_at, "
    "cast(try_cast(received_at as timestamptz) as varchar) as received_at, "
    "if(contains(occurred_at, ':'), rejection_reason, 'missing_occurred_at') as rejection_reason)",
) | {"mart_rejections_by_day": "distinct received_date, event_log, channel_id"}
# A JSON object has no blanks of its own.
AS_VALUES = {
    "rejected_events": "* replace (if(json_valid(payload), cast(json(payload) as varchar), payload) as payload)"
}


@pytest.fixture(scope="module")
def rows(demo: DbtRun) -> RawTables:
    """The demo's raw rows by table."""
    return demo_rows(demo)


@pytest.fixture(scope="module")
def expected(demo: DbtRun) -> Contents:
    """What the demo's core and marts hold."""
    return contents(demo)


def _part(rows: list[dict[str, Any]], part: int, of: int) -> list[dict[str, Any]]:
    """Return one part of a log, cut by conversation or agent, so that all deliveries of an event stay together."""
    return [row for row in rows if sum(map(ord, row.get("conversation_id") or row.get("agent_id") or "")) % of == part]


# --- files ------------------------------------------------------------------------------------


@pytest.mark.deep
def test_csv_files_give_what_the_demo_gives(rows: RawTables, expected: Contents, tmp_path: Path) -> None:
    """Files that differ in all that CSV leaves open, in a folder with an awkward name, named relatively."""
    root = tmp_path / "channel_id=web" / "Ann's exports [all] *"
    write_csv_folder(root, {table: rows[table] for table in RAW_COLUMNS if table != EVENTS})
    columns = RAW_COLUMNS[EVENTS]
    write_csv(root / EVENTS / "1.csv", columns, _part(rows[EVENTS], 0, 3), encoding="utf-8-sig", quote_all=True)
    write_csv(
        root / EVENTS / "2's [reversed].csv",
        [*columns[::-1], "note", "flag"],
        [row | {"note": 'a, "b"\nc', "flag": "'"} for row in _part(rows[EVENTS], 1, 3)],
        header=[*columns[::-1], 'note, "internal"', "it's"],
        newline="\r\n",
    )
    write_csv(
        root / EVENTS / "3.csv",
        ["line", *columns],
        _part(rows[EVENTS], 2, 3),
        header=["", *(f" {column.upper()}" for column in columns)],
    )
    write_csv(root / EVENTS / "4 without rows.csv", columns, [])

    run = run_dbt(["build", "--exclude", "resource_type:unit_test"], tmp_path, raw=os.path.relpath(root, PROJECT) + "/")

    assert run.exit_code == 0, run.output
    assert_same(contents(run), expected)
    assert not contents(run, schema="demo"), "the demo is loaded beside the user's own rows"


def test_parquet_files_give_what_the_demo_gives(rows: RawTables, demo: DbtRun, tmp_path: Path) -> None:
    """Typed columns, each file with types and an order of its own, and more columns than the contract's."""
    root = tmp_path / "exports"
    typed = [
        row | {"occurred_at": row["occurred_at"] if ":" in (row["occurred_at"] or "") else None} for row in rows[EVENTS]
    ]
    for part, time in enumerate(("timestamp", "timestamptz", "timestamp_ms")):
        types = dict.fromkeys(["exported_by", *RAW_COLUMNS[EVENTS]], "varchar") | {
            "occurred_at": time,
            "received_at": time,
        }
        write_parquet(
            root / EVENTS / f"{part}.parquet",
            dict(reversed(types.items())) if part else types,
            _part(typed, part, 3),
        )
    text = dict.fromkeys(RAW_COLUMNS[PRESENCE], "varchar")
    numbers_and_times = text | {"capacity": "integer", "occurred_at": "timestamp", "received_at": "timestamptz"}
    unreadable = [row for row in rows[PRESENCE] if row["occurred_at"] == "infinity"]
    readable = [row for row in rows[PRESENCE] if row not in unreadable]
    write_parquet(root / PRESENCE / "2 text.parquet", text, _part(readable, 0, 2) + unreadable)
    write_parquet(root / PRESENCE / "1 typed.parquet", numbers_and_times, _part(readable, 1, 2))
    types = {"is_active": "boolean", "is_test": "boolean", "valid_from": "timestamp", "valid_to": "timestamptz"}
    for table in RAW_COLUMNS.keys() - {EVENTS, PRESENCE}:
        columns = {column: types.get(column, "varchar") for column in RAW_COLUMNS[table]}
        write_parquet(root / table / "rows.parquet", columns, rows[table])

    run = parsed_dbt().run(BUILD, tmp_path, raw=str(root))

    assert run.exit_code == 0, run.output
    assert_same(contents(run, columns=AS_INSTANTS), contents(demo, columns=AS_INSTANTS))


@pytest.mark.deep
def test_ndjson_files_give_what_the_demo_gives(rows: RawTables, demo: DbtRun, tmp_path: Path) -> None:
    """Payloads as objects in one file and as text in the other; what is null is left out."""
    root = tmp_path / "exports"
    for table in RAW_COLUMNS:
        told = [{column: value for column, value in row.items() if value is not None} for row in rows[table]]
        write_ndjson(root / table / "text.ndjson", _part(told, 0, 2))
        write_ndjson(root / table / "objects.ndjson", [_with_object(row) | {"tags": [1]} for row in _part(told, 1, 2)])

    run = parsed_dbt().run(BUILD, tmp_path, raw=str(root))

    assert run.exit_code == 0, run.output
    assert_same(contents(run, columns=AS_VALUES), contents(demo, columns=AS_VALUES))


def _with_object(row: dict[str, Any]) -> dict[str, Any]:
    try:
        return row | {"payload": json.loads(row["payload"])}
    except (KeyError, ValueError):
        return row


# --- schemas ----------------------------------------------------------------------------------


def _create_schema(database: Path, schema: str, rows: RawTables) -> None:
    """Create a user's own raw tables: names in capitals, a column too many, one of them a view."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema {schema}")
        for table, columns in RAW_COLUMNS.items():
            create_text_table(connection, f"{schema}.{table.upper()}", columns[::-1])
            insert_rows(connection, f"{schema}.{table}", columns[::-1], rows[table])
            connection.execute(f"alter table {schema}.{table} add column line integer")
        connection.execute(f"alter table {schema}.raw_agents rename to agents_kept")
        connection.execute(f"create view {schema}.raw_agents as select * from {schema}.agents_kept")


# Every replay reads a schema; that the whole demo reads the same from one is told in depth.
@pytest.mark.deep
def test_a_schema_gives_what_the_demo_gives(rows: RawTables, expected: Contents, tmp_path: Path) -> None:
    """In the file that is built, which has a name of its own; the schema is named in other letter case."""
    database = tmp_path / "our file-2.duckdb"
    _create_schema(database, "Landing", rows)

    run = run_dbt(BUILD, tmp_path, raw="schema:LANDING", environment={"MESSAGING_DB": str(database)})

    assert run.exit_code == 0, run.output
    assert not run.database.exists()
    run = replace(run, database=database)
    assert_same(contents(run), expected)
    untouched = {table: Counter(tuple(row.values()) for row in rows[table]) for table in RAW_COLUMNS}
    with run.connect() as connection:
        for table, columns in RAW_COLUMNS.items():
            found = connection.execute(f"select {', '.join(columns)} from landing.{table}").fetchall()
            assert Counter(found) == untouched[table]


@pytest.mark.deep
def test_an_attached_database_gives_what_the_demo_gives(rows: RawTables, expected: Contents, tmp_path: Path) -> None:
    """Read from a second file, which stays as it is."""
    attached = tmp_path / "Vendor's" / "Exports.duckdb"
    attached.parent.mkdir()
    _create_schema(attached, "landing", rows)
    before = attached.read_bytes()

    run = parsed_dbt().run(
        BUILD, tmp_path, raw="schema:exports.Landing", environment={"MESSAGING_ATTACH": str(attached)}
    )

    assert run.exit_code == 0, run.output
    assert attached.read_bytes() == before
    assert_same(contents(run), expected)


# --- what is not there, and what is the user's own ----------------------------------------------


@pytest.mark.deep
def test_only_the_event_log_is_required_and_configuration_is_replaced(demo: DbtRun, tmp_path: Path) -> None:
    """Tables without files are empty; a configuration table that is there replaces the project's."""
    root = write_csv_folder(tmp_path / "exports", {EVENTS: conversation().at("10:00").end_user("Splendid 🦔").rows})
    (root / "raw_teams").mkdir()
    policy = {"policy_id": "ours", "metric": "first_response", "target_seconds": "60.5", "clock": "calendar"}
    columns = ("policy_id", "policy_name", "metric", "channel_id", "team_id", "topic_id", "target_seconds", "clock")
    write_csv(root / "sla_policies" / "ours.csv", (*columns, "valid_from", "valid_to"), [policy])
    write_csv(
        root / "emoji_sentiment" / "ours.csv", ("emoji", "sentiment_score"), [{"emoji": "🦔", "sentiment_score": "1"}]
    )

    run = parsed_dbt().run(BUILD, tmp_path, raw=str(root))

    assert run.exit_code == 0, run.output
    with run.connect() as connection, demo.connect() as demo_connection:
        assert fetch_rows(connection, "select policy_id, target_seconds::varchar as target from dim_sla_policies") == [
            {"policy_id": "ours", "target": "60.500"}
        ]
        (message,) = fetch_rows(connection, "select emoji_sentiment_score = 1 as is_scored from fct_messages")
        assert message["is_scored"]
        fingerprints = [
            each.execute("select config_fingerprint from dim_build").fetchall()
            for each in (connection, demo_connection)
        ]
        assert fingerprints[0] != fingerprints[1]
        members = "select channel_id, channel_name, is_inferred from dim_channels"
        assert connection.execute(members).fetchall() == [("ch1", "(unknown)", True)]
        for table in ("dim_agents", "dim_teams", "dim_accounts", "dim_topics", "rejected_presence_events"):
            assert connection.execute(f"select count(*) from {table}").fetchall() == [(0,)]
        schedules = connection.execute("select count(*) from staging.stg_messaging__business_hours").fetchall()
        assert schedules > [(0,)], "configuration that the folder does not have is the project's"
