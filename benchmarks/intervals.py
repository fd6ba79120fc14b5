"""Measure the interval functions against hand-written SQL that makes the same tables.

Both read the same inputs and run in turns, each in a process of its own, into a fresh database and within a limit of
memory. What they made is compared row for row: a faster wrong answer is no result.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from benchmarks.run import HERE, Process, gigabytes, remove_database, render_machine, run, spread, times, write_results

from messaging_warehouse.intervals import assign_focus, pair_presence, pair_visits, sweep_timeline

GENERATOR = HERE / "intervals_generate.sql"
SCRIPT = HERE / "intervals_handwritten.sql"
PART = re.compile(r"^-- (\w+) -+$", re.MULTILINE)
INPUTS = ("focus", "presence", "activity", "works", "teams", "build")
EVENTS_PER_AGENT = 19_800  # what comes out: a year of one agent
IDLE_MS = 15 * 60_000
STALE_MS = 24 * 3_600_000
FUNCTIONS, HANDWRITTEN = "functions", "handwritten"
# What is measured, and the steps of each contender that make it. Each step makes the table of its name.
PARTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "visits": {FUNCTIONS: ("visits",), HANDWRITTEN: ("visits",)},
    "presence": {FUNCTIONS: ("presence_intervals",), HANDWRITTEN: ("presence_intervals",)},
    "timeline": {FUNCTIONS: ("timeline",), HANDWRITTEN: ("timeline",)},
}
COMPARED = ("visits", "presence_intervals", "timeline")
EXAMPLES = 3


@dataclass(frozen=True)
class Effort:
    """What some work took: wall seconds, and those of all cores."""

    seconds: float
    cpu_seconds: float

    def __add__(self, other: Effort) -> Effort:
        """Return the effort of both, one after the other."""
        return Effort(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)


NO_EFFORT = Effort(0.0, 0.0)


@dataclass(frozen=True)
class Run:
    """One run of one contender."""

    contender: str
    process: Process
    spilled_bytes: int
    steps: Mapping[str, Effort]

    def effort(self, part: str | None = None) -> Effort:
        """Return what one part took, or all of them."""
        parts = PARTS if part is None else (part,)
        return sum((self.steps[step] for one in parts for step in PARTS[one][self.contender]), NO_EFFORT)


@dataclass(frozen=True)
class Comparison:
    """One table in both databases: how many rows, and examples of those that only one has."""

    table: str
    row_count: int
    differences: tuple[tuple[object, ...], ...]


class SpillWatch:
    """See how large a folder of temporary files becomes while something runs."""

    def __init__(self, folder: Path) -> None:
        self.peak_bytes = 0
        self._folder = folder
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> SpillWatch:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(0.2):
            with suppress(FileNotFoundError):
                used = sum(512 * file.stat().st_blocks for file in self._folder.iterdir())
                self.peak_bytes = max(self.peak_bytes, used)


class Workspace:
    """The folder in which everything happens: the inputs and a database for each contender."""

    def __init__(self, folder: Path, memory_limit: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.memory_limit = memory_limit
        self.inputs = folder / "inputs.duckdb"

    def database(self, contender: str) -> Path:
        """Return where a contender's tables go."""
        return self.folder / f"{contender}.duckdb"

    def generate(self, event_count: int, seed: int) -> None:
        """Make the inputs, in another process: memory used here would count for children."""
        remove_database(self.inputs)
        agent_count = max(round(event_count / EVENTS_PER_AGENT), 1)
        self._run("generate", str(agent_count), str(seed))

    def count_inputs(self) -> dict[str, int]:
        """Return the rows of each input, and the agents."""
        with duckdb.connect(str(self.inputs), read_only=True) as connection:
            counts = {table: count_rows(connection, table) for table in INPUTS}
            counts["agents"] = count_rows(connection, "(select distinct agent_id from presence)")
        return counts

    def run(self, contender: str) -> Run:
        """Let a contender make its tables in a fresh database."""
        remove_database(self.database(contender))
        temporary = temporary_folder(self.database(contender))
        shutil.rmtree(temporary, ignore_errors=True)
        with SpillWatch(temporary) as spill:
            process = self._run(contender)
        steps = json.loads(self._result(contender).read_text(encoding="utf-8"))
        return Run(contender, process, spill.peak_bytes, {step: Effort(*took) for step, took in steps.items()})

    def execute(self, contender: str) -> None:
        """Make a contender's tables in this process, and write down what each took."""
        efforts: dict[str, Effort] = {}
        with connect(self.database(contender), self.memory_limit) as connection:
            connection.execute(f"attach '{self.inputs}' as inputs (read_only)")
            for table in INPUTS:
                connection.execute(f"create temp view {table} as select * from inputs.{table}")
            for step, make in (steps_of_functions if contender == FUNCTIONS else steps_of_script)(connection):
                wall, cpu = time.perf_counter(), time.process_time()
                make()
                efforts[step] = Effort(time.perf_counter() - wall, time.process_time() - cpu)
        result = {step: (effort.seconds, effort.cpu_seconds) for step, effort in efforts.items()}
        self._result(contender).write_text(json.dumps(result), encoding="utf-8")

    def compare(self) -> tuple[Comparison, ...]:
        """Compare the tables of both as multisets of rows, both ways."""
        with connect(self.folder / "comparison.duckdb", self.memory_limit) as connection:
            for contender in (FUNCTIONS, HANDWRITTEN):
                connection.execute(f"attach '{self.database(contender)}' as {contender} (read_only)")
            return tuple(compare_table(connection, table) for table in COMPARED)

    def _run(self, *task: str) -> Process:
        options = ("--folder", str(self.folder), "--memory-limit", self.memory_limit, "--task", *task)
        return run([sys.executable, "-m", "benchmarks.intervals", *options], os.environ)

    def _result(self, contender: str) -> Path:
        return self.folder / f"{contender}.json"


def temporary_folder(database: Path) -> Path:
    """Return where DuckDB puts what does not fit into memory."""
    return database.with_suffix(".tmp")


def connect(database: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Open a database within the limit of memory and with the settings of the warehouse's profile."""
    return duckdb.connect(
        str(database),
        config={
            "memory_limit": memory_limit,
            "temp_directory": str(temporary_folder(database)),
            "checkpoint_threshold": "4GB",
        },
    )


def count_rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return how many rows a table has."""
    rows = connection.execute(f"select count(*) from {table}").fetchall()
    return int(rows[0][0])


def generate(workspace: Workspace, agent_count: int, seed: int) -> None:
    """Make the inputs of the functions: the same for the same count and seed."""
    with connect(workspace.inputs, workspace.memory_limit) as connection:
        connection.execute(f"set variable agent_count = {agent_count}")
        connection.execute(f"set variable seed = {seed}")
        connection.execute(GENERATOR.read_text(encoding="utf-8"))


Step = tuple[str, Callable[[], None]]


def visits_of(focus: Any, build: Any, *, idle_ms: int) -> Any:
    """Pair visits as the warehouse's model does: both functions, one after the other, in one query."""
    return pair_visits(assign_focus(focus, idle_ms=idle_ms), build, idle_ms=idle_ms)


def steps_of_functions(connection: duckdb.DuckDBPyConnection) -> list[Step]:
    """Return the steps of the interval functions: each result a table, as the warehouse's models have it."""

    def step(table: str, function: Callable[..., Any], *inputs: str, **limits: int) -> Step:
        def make() -> None:
            relation = function(*(connection.table(name) for name in inputs), **limits)
            connection.register("result_of_function", relation)
            connection.execute(f"create table {table} as select * from result_of_function")
            connection.unregister("result_of_function")

        return table, make

    return [
        step("visits", visits_of, "focus", "build", idle_ms=IDLE_MS),
        step("presence_intervals", pair_presence, "presence", "activity", "build", stale_ms=STALE_MS),
        step("timeline", sweep_timeline, "presence_intervals", "visits", "works", "teams", "build"),
    ]


def steps_of_script(connection: duckdb.DuckDBPyConnection) -> list[Step]:
    """Return the parts of the hand-written script, each under its heading."""
    connection.execute(f"set variable idle_ms = {IDLE_MS}")
    connection.execute(f"set variable stale_ms = {STALE_MS}")
    opening, *parts = PART.split(SCRIPT.read_text(encoding="utf-8"))
    connection.execute(opening)

    def step(table: str, statement: str) -> Step:
        def make() -> None:
            connection.execute(statement)

        return table, make

    return [step(table, statement) for table, statement in zip(parts[::2], parts[1::2], strict=True)]


def compare_table(
    connection: duckdb.DuckDBPyConnection, table: str, sides: tuple[str, str] = (FUNCTIONS, HANDWRITTEN)
) -> Comparison:
    """Return the rows that one side has more often than the other, over the columns that the second makes."""
    ours, theirs = sides
    names = connection.execute(
        "select column_name from duckdb_columns() where database_name = ? and table_name = ? order by column_index",
        [theirs, table],
    ).fetchall()
    columns = ", ".join(name for (name,) in names)
    rows = connection.execute(f"""
        select {columns}, sum(surplus) as surplus
        from (
            select {columns}, 1 as surplus from {ours}.{table}
            union all
            select {columns}, -1 from {theirs}.{table}
        )
        group by all
        having sum(surplus) != 0
        limit {EXAMPLES}
    """).fetchall()
    return Comparison(table, count_rows(connection, f"{ours}.{table}"), tuple(rows))


def report(comparisons: Sequence[Comparison]) -> int:
    """Print what the comparison found and return the exit code."""
    for one in comparisons:
        for *row, surplus in one.differences:
            side = FUNCTIONS if int(str(surplus)) > 0 else HANDWRITTEN
            print(f"{one.table}: only of {side}: {tuple(row)}", file=sys.stderr)
    if any(one.differences for one in comparisons):
        return 1
    for one in comparisons:
        print(f"{one.table}: {one.row_count:,} rows, equal")
    return 0


def measure(workspace: Workspace, repetitions: int) -> list[tuple[Run, Run]]:
    """Run both in turns; who begins changes with each repetition."""
    pairs: list[tuple[Run, Run]] = []
    for number in range(1, repetitions + 1):
        order = (FUNCTIONS, HANDWRITTEN) if number % 2 else (HANDWRITTEN, FUNCTIONS)
        runs = {contender: workspace.run(contender) for contender in order}
        pairs.append((runs[FUNCTIONS], runs[HANDWRITTEN]))
        told = "; ".join(
            f"{contender} {runs[contender].effort().seconds:.1f} s, CPU {runs[contender].effort().cpu_seconds:.1f} s"
            for contender in order
        )
        print(f"repetition {number}: {told}", flush=True)
    return pairs


def seconds(value: float) -> str:
    """Write seconds with one decimal."""
    return f"{value:.1f} s"


def render(
    memory_limit: str,
    pairs: Sequence[tuple[Run, Run]],
    counts: Mapping[str, int],
    comparisons: Sequence[Comparison],
    load: tuple[float, float],
) -> str:
    """Write the results section."""

    def row(label: str, form: Callable[[float], str], value: Callable[[Run], float], has_ratio: bool = True) -> str:
        cells = [label, *(spread([value(pair[side]) for pair in pairs], form) for side in (0, 1))]
        ratios = [value(ours) / value(theirs) for ours, theirs in pairs] if has_ratio else []
        return f"| {' | '.join([*cells, spread(ratios, times) if ratios else ''])} |"

    def rows(label: str, part: str | None) -> list[str]:
        return [
            row(f"{label}: CPU time", seconds, lambda one: one.effort(part).cpu_seconds),
            row(f"{label}: wall time", seconds, lambda one: one.effort(part).seconds),
        ]

    rows_of = {one.table: one.row_count for one in comparisons}
    event_count = counts["activity"] + counts["presence"]
    rate = statistics.median(event_count / ours.effort().seconds for ours, _ in pairs)
    return "\n".join(
        [
            render_machine(*load),
            "",
            f"{event_count:,} events of {counts['agents']:,} agents ({counts['presence']:,} of presence; "
            f"{counts['focus']:,} bear on focus) and {counts['works']:,} pieces of work, with `memory_limit` "
            f"{memory_limit}; repetitions in turns: {len(pairs)}. Medians, with the smallest and the largest in "
            "brackets.",
            "",
            "| | functions | hand-written SQL | functions ÷ SQL |",
            "|---|---|---|---|",
            *(line for part in PARTS for line in rows(part, part)),
            *rows("**all**", None),
            row("whole process: CPU time", seconds, lambda one: one.process.cpu_seconds),
            row("peak memory", gigabytes, lambda one: one.process.peak_bytes),
            row("spilled, at most at a time", gigabytes, lambda one: one.spilled_bytes, has_ratio=False),
            "",
            f"The functions took {rate / 1000:,.0f} thousand events a second.",
            "",
            f"Rows compared over all columns that the SQL makes, equal: {rows_of['visits']:,} visits, "
            f"{rows_of['presence_intervals']:,} presence intervals, {rows_of['timeline']:,} segments of the timeline.",
        ]
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000, help="of agents, about (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026, help="of the generator (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, help="of each contender (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep everything in this folder (default: a temporary one)")
    parser.add_argument("--memory-limit", default="4GB", help="of DuckDB, for both (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="run each once, compare the rows, write and time nothing")
    parser.add_argument("--print", action="store_true", help="print the results and leave README.md as it is")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Workspace((options.folder or Path(temporary)).resolve(), options.memory_limit)
        if options.task:
            task, *details = options.task
            if task == "generate":
                generate(workspace, *(int(detail) for detail in details))
            else:
                workspace.execute(task)
            return 0
        workspace.generate(options.events, options.seed)
        if options.check:
            workspace.run(FUNCTIONS)
            workspace.run(HANDWRITTEN)
            return report(workspace.compare())
        load_before = os.getloadavg()[0]
        pairs = measure(workspace, options.repetitions)
        load_after = os.getloadavg()[0]
        comparisons = workspace.compare()
        if failed := report(comparisons):
            return failed
        section = render(options.memory_limit, pairs, workspace.count_inputs(), comparisons, (load_before, load_after))
        print(section)
        if not options.print:
            write_results(section, "interval results")
    return 0


if __name__ == "__main__":
    sys.exit(main())
