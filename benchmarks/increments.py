"""Measure what a build costs that has little or nothing new to compute, and whether that grows with history.

For each size a log is made whose length in weeks grows with it, as one file per day of receipt. The last deliveries
are held back. Then dbt runs three times on one warehouse: all of it, nothing new, and with what was held back: the
last hundredth of all deliveries, or as many as are asked for. What dbt itself takes is what the same command takes
on a log so small that no model matters.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from benchmarks.run import Process, Workspace, remove_database, write_results

EVENTS_PER_WEEK = 83_000  # one centre, whatever the length of its history
LOGS = ("raw_conversation_events", "raw_presence_events")


@dataclass(frozen=True)
class Builds:
    """The builds of one warehouse, one upon the other."""

    event_count: int
    weeks: int
    new_count: int
    touched_count: int
    conversation_count: int
    whole: Process
    nothing: Process
    new: Process


def split_by_day(made: Path, raw: Path, held_back: Path, new_count: int) -> None:
    """Write the log as one file per day of receipt, all but the last `new_count` deliveries; these go aside."""
    for table in sorted(path.name for path in made.iterdir()):
        if table not in LOGS:
            shutil.copytree(made / table, raw / table)
    with duckdb.connect() as connection:
        events = f"read_parquet('{made / LOGS[0]}/*.parquet')"
        cut = connection.execute(
            f"select cast(received_at as varchar) from {events} order by received_at desc offset {new_count} limit 1"
        ).fetchall()[0][0]
        for table in LOGS:
            (raw / table).mkdir(parents=True)
            (held_back / table).mkdir(parents=True)
            rows = f"select * from read_parquet('{made / table}/*.parquet')"
            connection.execute(f"copy ({rows} where received_at > '{cut}') to '{held_back / table}/new.parquet'")
            connection.execute(f"create or replace temp table kept as {rows} where not received_at > '{cut}'")
            days = connection.execute("select distinct cast(received_at as date) from kept").fetchall()
            for (day,) in days:
                connection.execute(
                    f"copy (from kept where cast(received_at as date) is not distinct from '{day}'::date) "
                    f"to '{raw / table}/{day}.parquet'"
                )


def measure(event_count: int, new_count: int, seed: int) -> Builds:
    """Make a log, and build it whole, with nothing new and with what was held back."""
    weeks = max(2, round(event_count / EVENTS_PER_WEEK))
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(Path(place))
        workspace.make_raw_files(event_count, seed, weeks)
        made, held_back = workspace.folder / "made", workspace.folder / "held_back"
        shutil.move(workspace.raw, made)
        split_by_day(made, workspace.raw, held_back, new_count)
        shutil.rmtree(made)
        remove_database(workspace.warehouse)
        workspace.make_seeded_database()
        shutil.move(workspace.seeded, workspace.warehouse)
        whole = workspace.build()
        nothing = workspace.build()
        for table in LOGS:
            shutil.copy(held_back / table / "new.parquet", workspace.raw / table)
        new = workspace.build()
        with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
            (is_partial,) = connection.execute(
                "select builds_on_the_last from intermediate.int_build_scope"
            ).fetchall()[0]
            (touched,) = connection.execute("select count(*) from intermediate.int_conversations_touched").fetchall()[0]
            (conversations,) = connection.execute(
                "select count(distinct conversation_id) from fct_messaging_sessions"
            ).fetchall()[0]
        if not is_partial:
            raise AssertionError("the last build made everything anew")
        return Builds(event_count, weeks, new_count, touched, conversations, whole, nothing, new)


def render(fixed: Process, builds: Sequence[Builds]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        f"dbt itself, with nothing to compute: {fixed.seconds:.1f} s, {fixed.cpu_seconds:.1f} s of CPU.",
        "Shares are of the whole build, in CPU time, after dbt's own has been taken off the numerator alone.",
        "",
        "| deliveries | weeks | whole build | nothing new | share "
        "| new deliveries | touched conversations | with them | share |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in builds:

        def share(process: Process, whole: Process = row.whole) -> str:
            return f"{(process.cpu_seconds - fixed.cpu_seconds) / whole.cpu_seconds:.1%}"

        def told(process: Process) -> str:
            return f"{process.seconds:.1f} s, CPU {process.cpu_seconds:.1f} s"

        lines.append(
            f"| {row.event_count:,} | {row.weeks} | {told(row.whole)} | {told(row.nothing)} | {share(row.nothing)} "
            f"| {row.new_count:,} | {row.touched_count:,} of {row.conversation_count:,} "
            f"| {told(row.new)} | {share(row.new)} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 5_000_000], help="sizes of the log")
    parser.add_argument("--new", type=int, default=None, help="new deliveries; a hundredth of all if not told")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--dry-run", action="store_true", help="leave README.md alone")
    options = parser.parse_args(arguments)
    fixed = measure(4_000, 40, options.seed).nothing
    builds = [measure(size, options.new or size // 100, options.seed) for size in options.events]
    results = render(fixed, builds)
    print(results)
    if not options.dry_run:
        write_results(results, "increments")


if __name__ == "__main__":
    main()
