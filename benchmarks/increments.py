"""Measure what a build costs that has little or nothing new to compute, and whether that grows with history.

For each size a log is made whose length in weeks grows with it, as one file per day of receipt. The last deliveries
are held back. Then dbt runs four times on one warehouse: all of it, nothing new, as many new deliveries for every
size, and a hundredth of all deliveries. What dbt itself takes is what the same command takes on a log so small that
no model matters.
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
class Increment:
    """A build upon another one, with new deliveries."""

    new_count: int
    touched_count: int
    process: Process


@dataclass(frozen=True)
class Builds:
    """The builds of one warehouse, one upon the other.

    Attributes:
        event_count: rows of the log.
        weeks: over which they lie.
        conversation_count: of all of them.
        whole: the first build.
        unsettled_count: conversations that the next one touches though nothing is new: not final before.
        nothing: that build.
        increments: those after it.
    """

    event_count: int
    weeks: int
    conversation_count: int
    whole: Process
    unsettled_count: int
    nothing: Process
    increments: tuple[Increment, ...]


def split_by_day(made: Path, raw: Path, held_back: Path, new_counts: Sequence[int]) -> None:
    """Write the log as one file per day of receipt, all but the last deliveries; these go aside, count by count."""
    for table in sorted(path.name for path in made.iterdir()):
        if table not in LOGS:
            shutil.copytree(made / table, raw / table)
    with duckdb.connect() as connection:
        events = f"read_parquet('{made / LOGS[0]}/*.parquet')"
        cuts = [
            connection.execute(
                f"select cast(received_at as varchar) from {events} order by received_at desc offset {offset} limit 1"
            ).fetchall()[0][0]
            for offset in (sum(new_counts[number:]) for number in range(len(new_counts)))
        ]
        for table in LOGS:
            (raw / table).mkdir(parents=True)
            rows = f"select * from read_parquet('{made / table}/*.parquet')"
            for number, (after, until) in enumerate(zip(cuts, [*cuts[1:], "9999-12-31"], strict=True)):
                folder = held_back / str(number) / table
                folder.mkdir(parents=True)
                connection.execute(
                    f"copy ({rows} where received_at > '{after}' and received_at <= '{until}') "
                    f"to '{folder}/new-{number}.parquet'"
                )
            # One pass for all days. Each thread would write files of its own.
            connection.execute("set threads = 1")
            connection.execute(
                f"copy (select *, coalesce(cast(cast(received_at as date) as varchar), 'none') as day "
                f"from ({rows}) where not received_at > '{cuts[0]}' order by day) to '{raw / table}' "
                "(format parquet, partition_by (day), overwrite_or_ignore)"
            )
            connection.execute("reset threads")
            for folder in sorted((raw / table).iterdir()):
                (written,) = folder.iterdir()
                written.rename(raw / table / f"{folder.name.removeprefix('day=')}.parquet")
                folder.rmdir()


def measure(event_count: int, new_counts: Sequence[int], seed: int) -> Builds:
    """Make a log, and build it whole, with nothing new and with what was held back, count by count."""
    weeks = max(2, round(event_count / EVENTS_PER_WEEK))
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(Path(place))
        workspace.make_raw_files(event_count, seed, weeks)
        made, held_back = workspace.folder / "made", workspace.folder / "held_back"
        shutil.move(workspace.raw, made)
        split_by_day(made, workspace.raw, held_back, new_counts)
        shutil.rmtree(made)
        remove_database(workspace.warehouse)
        workspace.make_seeded_database()
        shutil.move(workspace.seeded, workspace.warehouse)
        whole = workspace.build()
        nothing = workspace.build()
        unsettled_count, _ = _reach_of_the_last_build(workspace)
        increments = []
        for number, new_count in enumerate(new_counts):
            for table in LOGS:
                shutil.copy(held_back / str(number) / table / f"new-{number}.parquet", workspace.raw / table)
            process = workspace.build()
            touched_count, conversation_count = _reach_of_the_last_build(workspace)
            increments.append(Increment(new_count, touched_count, process))
        return Builds(event_count, weeks, conversation_count, whole, unsettled_count, nothing, tuple(increments))


def _reach_of_the_last_build(workspace: Workspace) -> tuple[int, int]:
    """Return how many conversations the last build touched, and of how many."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        is_partial, touched, conversations = connection.execute(
            "select builds_on_the_last, (select count(*) from intermediate.int_conversations_touched), "
            "(select count(distinct conversation_id) from fct_messaging_sessions) from intermediate.int_build_scope"
        ).fetchall()[0]
    if not is_partial:
        raise AssertionError("the last build made everything anew")
    return touched, conversations


def render(fixed: Process, builds: Sequence[Builds]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        f"dbt itself, with nothing to compute: {fixed.seconds:.1f} s, {fixed.cpu_seconds:.1f} s of CPU.",
        "Shares are of the whole build, in CPU time, after dbt's own has been taken off the numerator alone.",
        "",
        "| deliveries | weeks | build | touched conversations | seconds | CPU seconds | less dbt's own | share |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in builds:
        told = [
            ("whole", row.conversation_count, row.whole),
            ("nothing new", row.unsettled_count, row.nothing),
            *((f"{made.new_count:,} new", made.touched_count, made.process) for made in row.increments),
        ]
        for name, touched, process in told:
            own = process.cpu_seconds - fixed.cpu_seconds
            lines.append(
                f"| {row.event_count:,} | {row.weeks} | {name} | {touched:,} | {process.seconds:.1f} "
                f"| {process.cpu_seconds:.1f} | {own:.1f} | {own / row.whole.cpu_seconds:.1%} |"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 5_000_000], help="sizes of the log")
    parser.add_argument("--new", type=int, default=10_000, help="new deliveries that are as many for every size")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--dry-run", action="store_true", help="leave README.md alone")
    options = parser.parse_args(arguments)
    fixed = measure(4_000, [40], options.seed).nothing
    builds = []
    for size in options.events:
        builds.append(measure(size, [options.new, size // 100], options.seed))
        print(render(fixed, builds[-1:]), flush=True)
    if not options.dry_run:
        write_results(render(fixed, builds), "increments")


if __name__ == "__main__":
    main()
