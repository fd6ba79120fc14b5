"""Builds that are killed at any moment, by the operating system and without a warning, are made good by the next."""

import os
import random
import time
from pathlib import Path

import pytest

from conftest import GUARDS_OFF
from raw_folders import BUILD, contents, demo_rows, parsed_dbt, write_csv
from warehouse import RAW_COLUMNS, DbtRun

LOGS = ("raw_conversation_events", "raw_presence_events")
KILLS = int(os.environ.get("MESSAGING_TEST_KILLS", "6"))


@pytest.mark.deep
def test_a_killed_build_is_made_good_by_the_next(demo: DbtRun, tmp_path: Path) -> None:
    """Each round delivers a file more, kills a build somewhere, and builds again; at times a whole build compares."""
    chance = random.Random(2026)
    raw, place = tmp_path / "raw", tmp_path / "built"
    place.mkdir()
    batches: list[dict[str, list[dict[str, object]]]] = [{log: [] for log in LOGS} for _ in range(KILLS + 1)]
    for table, rows in demo_rows(demo).items():
        if table not in LOGS:
            write_csv(raw / table / "rows.csv", RAW_COLUMNS[table], rows)
            continue
        ordered = sorted(rows, key=lambda row: str(row["received_at"]))
        for number, row in enumerate(ordered):  # most of it at first, then one after the other, and some late
            share = max(0, number / len(ordered) - 0.5) * 2
            late = chance.random() < 0.05
            batches[chance.randrange(KILLS + 1) if late else int(share * KILLS)][table].append(row)

    def deliver(number: int) -> None:
        for table, rows in batches[number].items():
            write_csv(raw / table / f"{number:03}.csv", RAW_COLUMNS[table], rows)

    def build(where: Path, kill_after: float | None = None) -> DbtRun:
        command = BUILD if not (where / "warehouse.duckdb").exists() else ["run"]
        return parsed_dbt().run(command, where, raw=str(raw), variables=GUARDS_OFF, kill_after=kill_after)

    deliver(0)
    started = time.monotonic()
    built = build(place)
    assert built.exit_code == 0, built.output
    seconds = time.monotonic() - started
    killed_count = 0
    for number in range(1, KILLS + 1):
        deliver(number)
        killed = build(place, kill_after=chance.uniform(0.02, 0.8) * seconds)
        killed_count += killed.exit_code == -9
        started = time.monotonic()
        built = build(place)
        assert built.exit_code == 0, built.output
        seconds = time.monotonic() - started  # a build upon the last is shorter than the first
        if number % 10 == 0 or number == KILLS:
            whole = tmp_path / f"whole-{number}"
            whole.mkdir()
            assert contents(build(whole)) == contents(built)
    assert killed_count > KILLS / 3  # a build that was done before its time has proved nothing
