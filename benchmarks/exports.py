"""Measure exports of millions of rows: how long each kind of file takes, and in how much memory.

The demo is built, and the rows behind two reports are written again and again into its copy for readers, each time with
ids, times and texts of their own: messages, whose view joins small tables, and resolved conversations, whose view joins
facts of the same size. Each export is the command as people give it, in a process of its own, whose peak memory counts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from benchmarks.run import Process, gigabytes, render_machine, run, seconds, write_results

BIN = Path(sys.executable).parent
# The facts behind each report, whose rows are multiplied.
FACTS: Mapping[str, Sequence[str]] = {
    "messages": ("fct_messages",),
    "resolved-conversations": (
        "fct_messaging_sessions", "fct_resolutions", "fct_sla_outcomes", "fct_csat_responses",
    ),
}  # fmt: skip
IDS = ("event_id", "message_id", "conversation_id", "session_id", "survey_id", "resolution_id")
HOURS = 3 * 365 * 24  # over which the copies are spread


@dataclass(frozen=True)
class Measured:
    """One export."""

    report: str
    file_format: str
    row_count: int
    file_bytes: int
    process: Process


def build_demo(folder: Path) -> Path:
    """Build the demo and return a copy for readers that may be written to."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MESSAGING_")}
    environment["MESSAGING_DB"] = str(folder / "warehouse.duckdb")
    places = ("--target-path", str(folder / "target"), "--log-path", str(folder / "logs"))
    run([str(BIN / "dbt"), "build", "--exclude-resource-type", "unit_test", *places], environment)
    copy = folder / "large.duckdb"
    shutil.copy(folder / "warehouse_serving.duckdb", copy)
    copy.chmod(0o644)
    return copy


def multiplied(demo: Path, copy: Path, report: str, row_count: int) -> int:
    """Make a copy with so many rows of a report, in another process: memory used here would count for children.

    Returns how many there are.
    """
    shutil.copy(demo, copy)
    run([sys.executable, "-m", "benchmarks.exports", "--task", str(copy), report, str(row_count)], os.environ)
    return int(copy.with_suffix(".rows").read_text())


def multiply(copy: Path, report: str, row_count: int) -> None:
    """Write the rows behind a report again and again, until it has so many, and how many that are beside the file."""
    with duckdb.connect(str(copy), config={"memory_limit": "6GB", "temp_directory": str(copy.parent / "spill")}) as db:
        view = f"exp_{report.replace('-', '_')}"
        ((once,),) = db.execute(f"select count(*) from {view}").fetchall()
        copies = max(row_count // once, 1)
        for table in FACTS[report]:
            columns = db.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index",
                [table],
            ).fetchall()
            shown = ", ".join(f"{_again(column, data_type)} as {column}" for column, data_type in columns)
            order = "order by sent_at" if "sent_at" in dict(columns) else ""  # as the warehouse keeps it
            db.execute(
                f"create or replace table {table} as "
                f"select {shown} from {table}, range({copies}) as copies(number) {order}"
            )
        db.execute("checkpoint")
        ((row_count,),) = db.execute(f"select count(*) from {view}").fetchall()
    copy.with_suffix(".rows").write_text(str(row_count))


def _again(column: str, data_type: str) -> str:
    """Tell a column of one more copy apart from those of the others."""
    moved = f"{column} - interval 1 hour * (number * 7 % {HOURS})"
    if data_type == "TIMESTAMP":
        return moved
    if data_type == "DATE":
        return f"cast({moved} as date)"
    if column in IDS:
        return f"{column} || '-' || number"
    if column == "message_text":  # which no two copies have in common, as no two customers do
        return "message_text || ' ' || md5(event_id || number) || md5(message_id || number)"
    return column


def measure(copy: Path, report: str, file_format: str, row_count: int, folder: Path) -> Measured:
    """Export once, and remove the file."""
    folder.mkdir()
    options = ("--database", str(copy), "--timezone", "Europe/London", "--format", file_format, "--out", str(folder))
    process = run([str(BIN / "messaging-warehouse"), "export", report, *options], os.environ)
    (file,) = folder.iterdir()
    measured = Measured(report, file_format, row_count, file.stat().st_size, process)
    shutil.rmtree(folder)
    print(f"{report}, {file_format}: {process}", flush=True)
    return measured


def render(all_measured: Sequence[Measured], load: tuple[float, float]) -> str:
    """Write the results section."""
    return "\n".join(
        [
            render_machine(*load),
            "",
            "| report | format | rows | file | wall time | CPU time | peak memory |",
            "|---|---|---|---|---|---|---|",
            *(
                f"| {one.report} | {one.file_format} | {one.row_count:,} | {gigabytes(one.file_bytes)} "
                f"| {seconds(one.process.seconds)} | {seconds(one.process.cpu_seconds)} "
                f"| {gigabytes(one.process.peak_bytes)} |"
                for one in all_measured
            ),
        ]
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of CSV and Parquet (default: %(default)s)")
    parser.add_argument("--sheet-rows", type=int, default=1_000_000, help="of a spreadsheet (default: %(default)s)")
    parser.add_argument("--reports", nargs="+", choices=FACTS, default=list(FACTS), help="(default: both)")
    parser.add_argument("--folder", type=Path, help="work in this folder (default: a temporary one)")
    parser.add_argument("--print", action="store_true", help="print the results and leave README.md as it is")
    parser.add_argument("--task", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = parse(arguments)
    if options.task:
        copy_of_demo, report, row_count = options.task
        multiply(Path(copy_of_demo), report, int(row_count))
        return 0
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        demo = build_demo(folder)
        all_measured = []
        for report in options.reports:
            for asked, formats in ((options.rows, ("csv", "parquet")), (options.sheet_rows, ("xlsx",))):
                if not asked:
                    continue
                copy = folder / f"{report}.duckdb"
                made_count = multiplied(demo, copy, report, asked)
                all_measured += [measure(copy, report, one, made_count, folder / "out") for one in formats]
                copy.unlink()
    section = render(all_measured, (load_before, os.getloadavg()[0]))
    print(section)
    if not options.print:
        write_results(section, "export results")
    return 0


if __name__ == "__main__":
    sys.exit(main())
