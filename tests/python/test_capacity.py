"""The capacity note: its figures are those that were measured, and what it concludes follows from them."""

import re

from warehouse import PROJECT

RECORD = PROJECT / "docs" / "decisions" / "0055-capacity.md"
CORES, EVENTS, FEWER_EVENTS = 2, 20_000_000, 5_000_000  # of the machine, and of the two largest logs of the benchmarks
COLUMN = {"run": 1, "spilled": 7, "raw": 10, "file": 11, "copy": 12}
TOUCHED, SECONDS = 3, 4  # columns of the increments' table
NIGHT_SECONDS, BUILD_SECONDS, DISK_GB, DAYS = 8 * 3600, 300, 1000, 365
CORE_HOUR, GB_MONTH = 0.05, 0.023  # dollars


def _rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]


def _number(cell: str) -> float:
    return float(re.sub(r"[^0-9.]", "", cell))


def _section(name: str) -> str:
    text = (PROJECT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    return text.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


def _increment(event_count: int, build: str) -> list[str]:
    found = [row for row in _rows(_section("increments before")) if (row[0], row[2]) == (f"{event_count:,}", build)]
    return found[0]


def derived() -> dict[str, float]:
    """Compute every figure of the note from the tables of the benchmarks."""
    scale = _section("scale")
    (largest,) = [row for row in _rows(scale) if row[0] == f"{EVENTS:,}"]
    tests = re.search(rf"All data tests over {EVENTS:,} events take ([0-9.]+) s", scale)
    assert tests
    millions = EVENTS / 1e6
    run, raw, file, copy, spilled = (
        _number(largest[COLUMN[name]]) / millions for name in ("run", "raw", "file", "copy", "spilled")
    )
    build = run + float(tests[1]) / millions
    room = raw + 2 * file + 2 * copy + spilled
    part = _increment(EVENTS, "200,000 new")
    seconds = _number(part[SECONDS])
    few = {count: _number(_increment(count, "10,000 new")[SECONDS]) for count in (EVENTS, FEWER_EVENTS)}
    growth = (few[EVENTS] - few[FEWER_EVENTS]) / (millions - FEWER_EVENTS / 1e6)
    on_disk = DISK_GB / room
    return {
        "seconds of `dbt run`": round(run, 1),
        "seconds of `dbt build`": round(build, 1),
        "GB of raw Parquet": round(raw, 2),
        "GB of the warehouse": round(file, 2),
        "GB of the copy": round(copy, 2),
        "GB of room in a whole build": round(room, 2),
        "seconds of a build with 200,000 new deliveries": seconds,
        "conversations that they touch": _number(part[TOUCHED]),
        "seconds that a million events of history add to a build": round(growth, 2),
        "million events before such a build takes five minutes": round(
            millions + (BUILD_SECONDS - seconds) / growth, -1
        ),
        "million events in 1 TB": round(on_disk, -1),
        "million events a day, for a year in 1 TB": round(on_disk / DAYS, 1),
        "minutes of such a build when 1 TB is full": round((seconds + growth * (on_disk - millions)) / 60, 1),
        "million touched conversations a day, a build every five minutes": round(
            _number(part[TOUCHED]) * 86400 / BUILD_SECONDS / 1e6, 1
        ),
        "million events rebuilt in a night of 8 hours": round(NIGHT_SECONDS / build, -1),
        "hours to rebuild a year of 1 million a day": round(DAYS * build / 3600, 1),
        "core hours a day for a billion events": round(1000 * run * CORES / 3600, 0),
        "TB a day for a billion events": round((raw + file) * 1000 / 1000, 2),
        "dollars a day of cores": round(1000 * run * CORES / 3600 * CORE_HOUR, 2),
        "dollars a month for each day kept": round((raw + file) * 1000 * GB_MONTH, 2),
    }


def test_the_capacity_note_says_what_was_measured_and_what_follows_from_it() -> None:
    told = {row[0]: _number(row[1]) for row in _rows(RECORD.read_text(encoding="utf-8")) if re.search(r"\d", row[1])}
    for name, figure in derived().items():
        assert told.get(name) == figure, f"{name}: {told.get(name)} is written, {figure} follows"
