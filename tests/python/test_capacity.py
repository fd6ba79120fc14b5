"""The capacity note: its figures are those that were measured, and what it concludes follows from them."""

import re

from warehouse import PROJECT

RECORD = PROJECT / "docs" / "decisions" / "0055-capacity.md"
CORES, EVENTS = 2, 20_000_000  # of the machine and of the largest log that were measured
COLUMN = {"models": 2, "spilled": 7, "raw": 10, "file": 11, "copy": 12}
NIGHT_SECONDS, DISK_GB, DAYS = 8 * 3600, 1000, 365
CORE_HOUR, GB_MONTH = 0.05, 0.023  # dollars


def _rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]


def _number(cell: str) -> float:
    return float(re.sub(r"[^0-9.]", "", cell))


def derived() -> dict[str, float]:
    """Compute every figure of the note from the tables of the benchmarks."""
    text = (PROJECT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    scale = text.split("<!-- scale -->")[1].split("<!-- /scale -->")[0]
    (largest,) = [row for row in _rows(scale) if row[0] == f"{EVENTS:,}"]
    increments = text.split("<!-- increments -->")[1].split("<!-- /increments -->")[0]
    (part,) = [row for row in _rows(increments) if row[0] == f"{EVENTS:,}" and row[2] == "200,000 new"]
    millions = EVENTS / 1e6
    seconds = _number(largest[COLUMN["models"]]) / millions
    raw, file, copy, spilled = (
        _number(largest[COLUMN[name]]) / millions for name in ("raw", "file", "copy", "spilled")
    )
    room = raw + file + 2 * copy + spilled
    return {
        "seconds of the models": round(seconds, 1),
        "GB of raw Parquet": round(raw, 2),
        "GB of the warehouse": round(file, 2),
        "GB of the copy": round(copy, 2),
        "GB of room in a whole build": round(room, 2),
        "seconds of a build with 200,000 new deliveries": _number(part[4]),
        "million deliveries a day, a build every five minutes": round(0.2 * 86400 / 300, 1),
        "million events rebuilt in a night of 8 hours": round(NIGHT_SECONDS / seconds, -1),
        "million events in 1 TB": round(DISK_GB / room, -1),
        "million events a day, for a year in 1 TB": round(DISK_GB / room / DAYS, 1),
        "hours to rebuild a year of 1 million a day": round(DAYS * seconds / 3600, 1),
        "core hours a day for a billion events": round(1000 * seconds * CORES / 3600, 0),
        "TB a day for a billion events": round((raw + file) * 1000 / 1000, 2),
        "dollars a day of cores": round(1000 * seconds * CORES / 3600 * CORE_HOUR, 2),
        "dollars a month for each day kept": round((raw + file) * 1000 * GB_MONTH, 2),
    }


def test_the_capacity_note_says_what_was_measured_and_what_follows_from_it() -> None:
    told = {row[0]: _number(row[1]) for row in _rows(RECORD.read_text(encoding="utf-8")) if re.search(r"\d", row[1])}
    for name, figure in derived().items():
        assert told.get(name) == figure, f"{name}: {told.get(name)} is written, {figure} follows"
