"""Measure what a build costs that has little or nothing new to compute, and whether that grows with history.

For each size a log is made whose length in weeks grows with it, as one file per day of receipt. The last deliveries
are held back, and dbt builds the rest. All these warehouses stand at the same time, and are built upon in turns, so
that a machine that gets slower meanwhile does so for all: with nothing new, and with as many new deliveries for every
size, again and again; at last with a hundredth of all deliveries. What dbt itself takes is what the same command
takes, in the same turns, on a log so small that no model matters.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from benchmarks.run import Process, Workspace, remove_database, render_machine, spread, write_results

EVENTS_PER_WEEK = 83_000  # one centre, whatever the length of its history
SMALL, SMALL_NEW = 4_000, 40  # a log on which no model matters
LOGS = ("raw_conversation_events", "raw_presence_events")


@dataclass
class Repeated:
    """Builds of one kind upon one warehouse, with how many conversations each of them touched."""

    processes: list[Process] = field(default_factory=list)
    touched_counts: list[int] = field(default_factory=list)

    @property
    def cpu_seconds(self) -> float:
        """Their median."""
        return statistics.median(process.cpu_seconds for process in self.processes)


class History:
    """A log, the warehouse that was built of it, and the builds upon that.

    Attributes:
        event_count: rows of the log.
        weeks: over which they lie.
        whole: the first build.
        conversation_count: of all of the last build.
        kinds: builds upon it, each kind by what was new: "nothing new", "10,000 new".
    """

    def __init__(self, place: Path, event_count: int, new_counts: Sequence[int], seed: int) -> None:
        self.event_count = event_count
        self.weeks = max(2, round(event_count / EVENTS_PER_WEEK))
        self.conversation_count = 0
        self.kinds: dict[str, Repeated] = {}
        self._waiting = list(enumerate(new_counts))
        self._workspace = workspace = Workspace(place)
        workspace.make_raw_files(event_count, seed, self.weeks)
        made, self._held_back = workspace.folder / "made", workspace.folder / "held_back"
        shutil.move(workspace.raw, made)
        split_by_day(made, workspace.raw, self._held_back, new_counts)
        shutil.rmtree(made)
        remove_database(workspace.warehouse)
        workspace.make_seeded_database()
        shutil.move(workspace.seeded, workspace.warehouse)
        self.whole = workspace.build()

    def build_upon(self) -> None:
        """Build upon the last build, with nothing new."""
        self._build("nothing new")

    def build_with_new(self) -> None:
        """Build upon the last build, with the next deliveries that were held back."""
        number, new_count = self._waiting.pop(0)
        for table in LOGS:
            shutil.copy(self._held_back / str(number) / table / f"new-{number}.parquet", self._workspace.raw / table)
        self._build(f"{new_count:,} new")

    def _build(self, kind: str) -> None:
        process = self._workspace.build()
        touched_count, self.conversation_count = _reach_of_the_last_build(self._workspace)
        repeated = self.kinds.setdefault(kind, Repeated())
        repeated.processes.append(process)
        repeated.touched_counts.append(touched_count)


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


def measure(
    place: Path, sizes: Sequence[int], new_count: int, repetitions: int, seed: int
) -> tuple[Repeated, list[History]]:
    """Make a warehouse of each size, and build upon all of them in turns; return what dbt itself takes, and them."""
    small = History(place / "small", SMALL, [SMALL_NEW], seed)
    histories = [
        History(place / str(size), size, [new_count] * repetitions + [size // 100] * (size // 100 != new_count), seed)
        for size in sizes
    ]
    for number in range(repetitions):
        small.build_upon()
        for history in histories:
            history.build_upon()
        for history in histories:
            history.build_with_new()
        print(f"turn {number + 1} of {repetitions}", flush=True)
    for history in histories:
        if history.event_count // 100 != new_count:
            history.build_with_new()
    return small.kinds["nothing new"], histories


def render(fixed: Repeated, histories: Sequence[History], load: tuple[float, float]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        render_machine(*load),
        "",
        f"dbt itself, with nothing to compute: {_spread(process.seconds for process in fixed.processes)} s, "
        f"{_spread(process.cpu_seconds for process in fixed.processes)} s of CPU. Of builds that were made several "
        "times it is the median, with the smallest and the largest in brackets.",
        "Shares are of the whole build, in CPU time, after dbt's own has been taken off the numerator alone.",
        "",
        "| deliveries | weeks | build | touched conversations | seconds | CPU seconds | less dbt's own | share |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for history in histories:
        whole = Repeated([history.whole], [history.conversation_count])
        for name, made in {"whole": whole, **history.kinds}.items():
            own = made.cpu_seconds - fixed.cpu_seconds
            lines.append(
                f"| {history.event_count:,} | {history.weeks} | {name} | {statistics.median(made.touched_counts):,.0f} "
                f"| {_spread(process.seconds for process in made.processes)} "
                f"| {_spread(process.cpu_seconds for process in made.processes)} "
                f"| {own:.1f} | {own / history.whole.cpu_seconds:.1%} |"
            )
    return "\n".join(lines)


def _spread(values: Iterable[float]) -> str:
    told = list(values)
    return spread(told, "{:.1f}".format) if len(told) > 1 else f"{told[0]:.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 5_000_000], help="sizes of the log")
    parser.add_argument("--new", type=int, default=10_000, help="new deliveries that are as many for every size")
    parser.add_argument("--repetitions", type=int, default=3, help="turns (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--dry-run", action="store_true", help="leave README.md alone")
    options = parser.parse_args(arguments)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        fixed, histories = measure(Path(place), options.events, options.new, options.repetitions, options.seed)
    section = render(fixed, histories, (load_before, os.getloadavg()[0]))
    print(section)
    if not options.dry_run:
        write_results(section, "increments")


if __name__ == "__main__":
    main()
