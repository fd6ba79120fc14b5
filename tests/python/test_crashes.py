"""Builds that are killed at any moment, by the operating system and without a warning, are made good by the next."""

import os
import random
import time
from pathlib import Path

import duckdb
import pytest

from conftest import GUARDS_OFF
from raw_folders import BUILD, contents, demo_rows, parsed_dbt, write_csv
from warehouse import RAW_COLUMNS, DbtRun

LOGS = ("raw_conversation_events", "raw_presence_events")
KILLS = int(os.environ.get("MESSAGING_TEST_KILLS", "4"))
BATCHES = 2 * KILLS


@pytest.mark.deep
def test_a_killed_build_is_made_good_by_the_next(demo: DbtRun, tmp_path: Path) -> None:
    """Until enough builds have been killed, anywhere between their first and their last moment.

    Each is given a file more. Readers have the copy of the last good build then, and the next build is a good one, at
    times compared with a build of everything.
    """
    chance = random.Random(2026)
    raw, place = tmp_path / "raw", tmp_path / "built"
    place.mkdir()
    batches: list[dict[str, list[dict[str, object]]]] = [{log: [] for log in LOGS} for _ in range(BATCHES + 1)]
    for table, rows in demo_rows(demo).items():
        if table not in LOGS:
            write_csv(raw / table / "rows.csv", RAW_COLUMNS[table], rows)
            continue
        ordered = sorted(rows, key=lambda row: str(row["received_at"]))
        for number, row in enumerate(ordered):  # most of it at first, then one after the other, and some late
            share = max(0, number / len(ordered) - 0.5) * 2
            late = chance.random() < 0.05
            batches[chance.randrange(BATCHES + 1) if late else int(share * BATCHES)][table].append(row)

    def build(where: Path, kill_after: float | None = None) -> DbtRun:
        command = BUILD if not (where / "warehouse.duckdb").exists() else ["run"]
        serving = {"MESSAGING_SERVING": str(where / "serving.duckdb")}
        return parsed_dbt().run(
            command, where, raw=str(raw), variables=GUARDS_OFF, environment=serving, kill_after=kill_after
        )

    def published() -> tuple[str, str]:
        with duckdb.connect(str(place / "serving.duckdb"), read_only=True) as copy:
            ((build_id, build_state),) = copy.execute("select build_id, build_state from dim_build").fetchall()
        return build_id, build_state

    seconds, last_good, killed_count, number, is_killed = 0.0, "", 0, 0, False
    while killed_count < KILLS:
        for table, rows in batches.pop(0).items() if batches else ():
            write_csv(raw / table / f"{number:03}.csv", RAW_COLUMNS[table], rows)
        if number:
            is_killed = build(place, kill_after=chance.uniform(0.0, 1.05) * seconds).exit_code == -9
            killed_count += is_killed
            found, state = published()
            assert state == "complete"
            assert not is_killed or found == last_good or _is_completed(place, found)
        started = time.monotonic()
        built = build(place)
        assert built.exit_code == 0, built.output
        seconds = time.monotonic() - started  # a build upon the last is shorter than the first
        last_good, state = published()
        assert state == "complete"
        assert not _differences_of_the_copy(place)
        if is_killed and (killed_count % 10 == 0 or killed_count == KILLS):
            whole = tmp_path / f"whole-{number}"
            whole.mkdir()
            assert contents(build(whole)) == contents(built)
        number += 1


def _differences_of_the_copy(place: Path) -> list[str]:
    """Return the tables of the copy that are not those of the warehouse, row for row."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{place / 'warehouse.duckdb'}' as warehouse (read_only)")
        connection.execute(f"attach '{place / 'serving.duckdb'}' as serving (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'serving' order by all"
        ).fetchall()
        assert len(tables) > 40
        return [
            table
            for (table,) in tables
            for one, other in (("warehouse", "serving"), ("serving", "warehouse"))
            if connection.execute(f"from {one}.main.{table} except all from {other}.main.{table} limit 1").fetchall()
        ]


def _is_completed(place: Path, build_id: str) -> bool:
    """Tell whether the warehouse has completed that build: one that is killed in its last moment has published."""
    with duckdb.connect(str(place / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute("select build_id, build_state from dim_build").fetchall() == [(build_id, "complete")]
