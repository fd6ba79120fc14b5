"""Reports whose views join facts as large as they are: a large one is fetched part by part, and sorted in the end.

A join holds one of its sides in memory, and such a view has several at once. The engine takes a condition on the
report's key to every side of its joins, so that each part costs what it has rows, and one more look at their keys.
They are sorted before they are told as text: what writes that holds some of it beside the engine's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from messaging_warehouse.export.rendering import literal, name, order
from messaging_warehouse.export.reports import Report
from messaging_warehouse.export.source import Source

ROWS_OF_A_PART = 250_000
_SAMPLED_ROWS = 20_000


def conditions(source: Source, report: Report) -> list[str]:
    """Return conditions of which every row of the report meets one; none where it is fetched at once."""
    if not report.rows_of:
        return []
    ((row_count,),) = source.connection.execute(f"select count(*) from {report.rows_of}").fetchall()
    part_count = -(-row_count // ROWS_OF_A_PART)
    if part_count < 2:
        return []
    key = name(report.key[0])
    shares = ", ".join(f"{number / part_count}" for number in range(1, part_count))
    ((found,),) = source.connection.execute(
        f"select quantile_disc({key}, [{shares}]) "
        f"from (select {key} from {report.rows_of} using sample reservoir({_SAMPLED_ROWS} rows) repeatable (1))"
    ).fetchall()
    borders = [literal(border) for border in sorted(set(found))]
    between = [f"{key} >= {start} and {key} < {end}" for start, end in pairwise(borders)]
    return [f"{key} < {borders[0]}", *between, f"{key} >= {borders[-1]}"]


def fetch(
    source: Source, report: Report, condition: str, folder: Path, run: Callable[[str, float], None]
) -> str | None:
    """Return a file with the rows of a report, in order, in a folder that is made for it; none if its view will do.

    Args:
        source: the warehouse.
        report: the report.
        condition: which of its rows are wanted.
        folder: which is not there yet.
        run: runs a statement; it is told how much was fetched before.
    """
    parts = conditions(source, report)
    if not parts:
        return None
    folder.mkdir()
    every, in_order = [folder / f"{number}.parquet" for number in range(len(parts))], folder / "sorted.parquet"
    # A second thread would hold buffers of its own for each column, and an order that nobody needs yet would take more.
    source.connection.execute("set threads = 1; set preserve_insertion_order = false")
    for number, part in enumerate(parts):
        rows = f"select * from {report.relation} as report where {part} and {condition}"
        run(_written(rows, every[number]), number / len(parts))
    source.connection.execute("reset preserve_insertion_order")
    rows = f"select * from {_read(every)} as report order by {order(report)}"
    run(_written(rows, in_order), 1.0)
    for file in every:
        file.unlink()
    return _read([in_order])


def _written(rows: str, file: Path) -> str:
    return f"copy ({rows}) to {literal(str(file))} (format parquet, row_group_size 20480)"


def _read(files: Sequence[Path]) -> str:
    """Return a relation of files. A folder above may be called `status=open`, which is no column's value."""
    return f"read_parquet([{', '.join(literal(_exactly(file)) for file in files)}], hive_partitioning = false)"


def _exactly(file: Path) -> str:
    """Return a pattern that the name of this file alone meets."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(file))
