"""Measure what business time costs: the model of responses with its business columns against the same without them.

Both are the model's own compiled SQL, so that neither can drift from what the warehouse runs; for the second, what
business time adds is taken out of the parsed query. They read the same inputs and run in turns, each in a process of
its own, into a fresh database and within a limit of memory. What they share is compared row for row, and a sample of
the business durations with the reference in `tests/python`, which counts interval by interval.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from benchmarks.intervals import (
    Comparison,
    Effort,
    SpillWatch,
    compare_table,
    connect,
    count_rows,
    seconds,
    temporary_folder,
)
from benchmarks.run import (
    DBT,
    HERE,
    PROJECT,
    Process,
    gigabytes,
    remove_database,
    render_machine,
    run,
    spread,
    times,
    write_results,
)

GENERATOR = HERE / "business_time_generate.sql"
REFERENCE = PROJECT / "tests" / "python"
MODEL = "fct_responses"
# In the order in which they are made.
INTERVAL_MODELS = (
    "int_schedule_days_listed",
    "int_opening_hours_dated",
    "int_open_intervals_merged",
    "int_open_intervals_by_date",
)
WITH, WITHOUT, INTERVALS = "with_business", "without_business", "open_intervals"
OF_BUSINESS_TIME = re.compile(r"business|int_open|open_ms|opened_at", re.IGNORECASE)
RESPONSES_PER_SESSION = 4.5
SAMPLED_RESPONSES = 20_000
EXAMPLES = 3
LIMIT = 1.5

Queries = Mapping[str, Mapping[str, str]]
"""The statements of each contender: table and query."""


@dataclass(frozen=True)
class Run:
    """One run of one contender."""

    process: Process
    effort: Effort
    spilled_bytes: int


@dataclass(frozen=True)
class Sample:
    """Responses of which both business durations were computed again."""

    row_count: int
    interrupted_count: int
    differences: tuple[tuple[object, ...], ...]


class Workspace:
    """The folder in which everything happens: the inputs, the queries and a database for each contender."""

    def __init__(self, folder: Path, memory_limit: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.memory_limit = memory_limit
        self.inputs = folder / "inputs.duckdb"
        self._queries = folder / "queries.json"

    def database(self, contender: str) -> Path:
        """Return where a contender's tables go."""
        return self.folder / f"{contender}.duckdb"

    def prepare(self, response_count: int, seed: int) -> None:
        """Compile the models, and make what they read in another process: memory used here would count for children."""
        models = compile_models(self.folder / "compiled", self.inputs.name)
        queries = {
            WITH: {MODEL: models[MODEL]},
            WITHOUT: {MODEL: without_business_time(models[MODEL])},
            INTERVALS: {name: models[name] for name in INTERVAL_MODELS},
        }
        self._queries.write_text(json.dumps(queries), encoding="utf-8")
        remove_database(self.inputs)
        self._run("generate", str(round(response_count / RESPONSES_PER_SESSION)), str(seed))

    def queries(self) -> Queries:
        """Return the queries of all contenders."""
        queries: Queries = json.loads(self._queries.read_text(encoding="utf-8"))
        return queries

    def generate(self, session_count: int, seed: int) -> None:
        """Make the inputs: the same for the same count and seed. The open intervals are the models' own."""
        with connect(self.inputs, self.memory_limit) as connection:
            connection.execute(f"set variable session_count = {session_count}")
            connection.execute(f"set variable seed = {seed}")
            connection.execute(GENERATOR.read_text(encoding="utf-8"))
            for table, query in self.queries()[INTERVALS].items():
                connection.execute(f"create table intermediate.{table} as {query}")

    def run(self, contender: str) -> Run:
        """Let a contender make its tables in a fresh database."""
        remove_database(self.database(contender))
        temporary = temporary_folder(self.database(contender))
        shutil.rmtree(temporary, ignore_errors=True)
        with SpillWatch(temporary) as spill:
            process = self._run(contender)
        return Run(process, Effort(*json.loads(self._result(contender).read_text(encoding="utf-8"))), spill.peak_bytes)

    def execute(self, contender: str) -> None:
        """Make a contender's tables in this process, and write down what they took."""
        with self._attached(contender) as connection:
            wall, cpu = time.perf_counter(), time.process_time()
            for table, query in self.queries()[contender].items():
                connection.execute(f"create table {table} as {query}")
            effort = (time.perf_counter() - wall, time.process_time() - cpu)
        self._result(contender).write_text(json.dumps(effort), encoding="utf-8")

    def compare(self) -> Comparison:
        """Compare the rows of both, over the columns that they share."""
        with connect(self.folder / "comparison.duckdb", self.memory_limit) as connection:
            for contender in (WITH, WITHOUT):
                connection.execute(f"attach '{self.database(contender)}' as {contender} (read_only)")
            return compare_table(connection, MODEL, (WITH, WITHOUT))

    def sample(self) -> Sample:
        """Compute both durations of every so-manieth response again, with the reference."""
        with self._attached(WITH) as connection:
            return compare_sample(connection)

    def count_inputs(self) -> dict[str, int]:
        """Return how many responses and schedules there are, how many open intervals, and how often they stand."""
        counted = {
            "responses": "inputs.intermediate.int_responses_paired",
            "schedules": "inputs.staging.stg_messaging__business_hours",
            "intervals": "inputs.intermediate.int_open_intervals_merged",
            "dated": "inputs.intermediate.int_open_intervals_by_date",
        }
        with self._attached(WITH) as connection:
            return {name: count_rows(connection, table) for name, table in counted.items()}

    def _attached(self, contender: str) -> duckdb.DuckDBPyConnection:
        connection = connect(self.database(contender), self.memory_limit)
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{self.inputs}' as inputs (read_only)")
        return connection

    def _run(self, *task: str) -> Process:
        options = ("--folder", str(self.folder), "--memory-limit", self.memory_limit, "--task", *task)
        return run([sys.executable, "-m", "benchmarks.business_time", *options], os.environ)

    def _result(self, contender: str) -> Path:
        return self.folder / f"{contender}.json"


def compile_models(folder: Path, database: str) -> dict[str, str]:
    """Return the SQL that dbt runs for each model, reading from a database of this file name."""
    folder.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MESSAGING_")}
    environment["MESSAGING_DB"] = str(folder / database)
    target = folder / "target"
    options = ["--target-path", str(target), "--log-path", str(folder / "logs")]
    run([str(DBT), "compile", "--select", MODEL, *INTERVAL_MODELS, *options], environment)
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    compiled = {node["name"]: node.get("compiled_code") for node in nodes if node["resource_type"] == "model"}
    return {name: compiled[name] for name in (MODEL, *INTERVAL_MODELS)}


def without_business_time(query: str) -> str:
    """Take out of a query the columns named for business time and the joins that only they need.

    Raises:
        ValueError: when the query cannot be parsed, has nothing of business time, or would keep some of it.
    """
    taken: list[str] = []

    def strip(node: Any) -> Any:
        if isinstance(node, list):
            return [strip(one) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("type") == "JOIN" and node["right"].get("table_name") in INTERVAL_MODELS:
            taken.append(node["right"]["alias"])
            return strip(node["left"])
        stripped = {key: strip(value) for key, value in node.items()}
        if "select_list" in node:
            kept = [one for one in stripped["select_list"] if not one["alias"].endswith("_business_seconds")]
            taken.extend("column" for _ in stripped["select_list"][len(kept) :])
            stripped["select_list"] = kept
        return stripped

    with duckdb.connect() as connection:
        parsed = json.loads(connection.execute("select json_serialize_sql(?)", [query]).fetchall()[0][0])
        if parsed["error"]:
            raise ValueError(f"{MODEL}: {parsed['error_message']}")
        text = json.dumps(strip(parsed))
        result = str(connection.execute("select json_deserialize_sql(cast(? as json))", [text]).fetchall()[0][0])
    if "column" not in taken or set(taken) == {"column"}:
        raise ValueError(f"{MODEL} has no business columns, or no joins for them")
    if left := OF_BUSINESS_TIME.search(result):
        raise ValueError(f"{MODEL} has more of business time than its columns and joins: {left.group()}")
    return result


def compare_sample(connection: duckdb.DuckDBPyConnection) -> Sample:
    """Compare about so many responses of the `with` contender with the reference, which must be told the schedules."""
    sys.path.insert(0, str(REFERENCE))
    from reference.business_time import BusinessClock, Calendar, read_schedules
    from reference.inputs import ConfiguredInput

    def texts(table: str, columns: str) -> list[dict[str, str | None]]:
        rows = connection.execute(f"select columns([{columns}])::varchar from inputs.staging.stg_messaging__{table}")
        names = [column[0] for column in rows.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

    schedules = read_schedules(
        ConfiguredInput(
            business_hours=texts("business_hours", "'business_hours_id', 'timezone'"),
            business_hour_intervals=texts(
                "business_hour_intervals", "'business_hours_id', 'iso_weekday', 'opens_at', 'closes_at'"
            ),
            holidays=texts("holidays", "'business_hours_id', 'holiday_date', 'opens_at', 'closes_at'"),
        )
    )
    first_date, last_date = connection.execute(
        "select min(local_date), max(local_date) from inputs.intermediate.int_schedule_days_listed"
    ).fetchall()[0]
    clocks: dict[str | None, BusinessClock] = {None: Calendar()}
    for name, schedule in schedules.items():
        clocks[name] = schedule.opening_times(first_date, last_date)

    rows = connection.execute(f"""
        select
            session_id, response_number, business_hours_id, prompted_first_at, prompted_last_at, responded_at,
            wait_business_seconds, response_business_seconds, wait_seconds
        from {MODEL} inner join inputs.intermediate.int_session_contexts using (session_id)
        where
            hash(session_id, response_number)
            % (select greatest(count(*) // {SAMPLED_RESPONSES}, 1) from {MODEL}) = 0
    """).fetchall()
    interrupted_count = 0
    differences = []
    for session_id, number, schedule_id, first_at, last_at, answered_at, wait, response, calendar_wait in rows:
        expected = tuple(
            answered_at and Decimal(clocks[schedule_id].business_milliseconds(start, answered_at)).scaleb(-3)
            for start in (first_at, last_at)
        )
        interrupted_count += wait != calendar_wait
        if (wait, response) != expected:
            differences.append((session_id, number, (wait, response), expected))
    return Sample(len(rows), interrupted_count, tuple(differences[:EXAMPLES]))


def report(comparison: Comparison, sample: Sample) -> int:
    """Print what the comparisons found and return the exit code."""
    for *row, surplus in comparison.differences:
        print(f"{MODEL}: only of {WITH if int(str(surplus)) > 0 else WITHOUT}: {tuple(row)}", file=sys.stderr)
    for difference in sample.differences:
        print(f"{MODEL}: the reference differs: {difference}", file=sys.stderr)
    if comparison.differences or sample.differences:
        return 1
    print(f"{MODEL}: {comparison.row_count:,} rows, equal; {sample.row_count:,} of them as the reference has them")
    return 0


def measure(workspace: Workspace, repetitions: int) -> list[dict[str, Run]]:
    """Run all in turns; who begins changes with each repetition."""
    runs: list[dict[str, Run]] = []
    for number in range(1, repetitions + 1):
        order = (WITH, WITHOUT, INTERVALS) if number % 2 else (WITHOUT, WITH, INTERVALS)
        runs.append({contender: workspace.run(contender) for contender in order})
        told = "; ".join(
            f"{contender} {one.effort.seconds:.1f} s, CPU {one.effort.cpu_seconds:.1f} s"
            for contender, one in runs[-1].items()
        )
        print(f"repetition {number}: {told}", flush=True)
    return runs


def render(
    memory_limit: str,
    runs: Sequence[Mapping[str, Run]],
    counts: Mapping[str, int],
    sample: Sample,
    load: tuple[float, float],
) -> str:
    """Write the results section."""

    def row(label: str, form: Callable[[float], str], value: Callable[[Run], float], has_ratio: bool = True) -> str:
        cells = [label, *(spread((value(one[contender]) for one in runs), form) for contender in (WITH, WITHOUT))]
        ratios = [value(one[WITH]) / value(one[WITHOUT]) for one in runs] if has_ratio else []
        return f"| {' | '.join([*cells, spread(ratios, times) if ratios else ''])} |"

    def of_intervals(value: Callable[[Effort], float]) -> Iterable[float]:
        return (value(one[INTERVALS].effort) for one in runs)

    return "\n".join(
        [
            render_machine(*load),
            "",
            f"{counts['responses']:,} responses, with `memory_limit` {memory_limit}; repetitions in turns: "
            f"{len(runs)}. Medians, with the smallest and the largest in brackets. Business time may cost as much as "
            f"{times(LIMIT)}.",
            "",
            f"| `{MODEL}` | with business time | without | with ÷ without |",
            "|---|---|---|---|",
            row("CPU time", seconds, lambda one: one.effort.cpu_seconds),
            row("wall time", seconds, lambda one: one.effort.seconds),
            row("whole process: CPU time", seconds, lambda one: one.process.cpu_seconds),
            row("peak memory", gigabytes, lambda one: one.process.peak_bytes),
            row("spilled, at most at a time", gigabytes, lambda one: one.spilled_bytes, has_ratio=False),
            "",
            f"The open intervals, made once for all models: {counts['intervals']:,} of {counts['schedules']} "
            f"schedules, on {counts['dated']:,} rows by the dates of three years and 400 days. CPU time "
            f"{spread(of_intervals(lambda one: one.cpu_seconds), seconds)}, wall time "
            f"{spread(of_intervals(lambda one: one.seconds), seconds)}.",
            "",
            f"All rows are equal over the columns that both have. Of {sample.row_count:,} sampled responses the "
            f"reference computes both business durations the same; the business was closed for some of "
            f"{sample.interrupted_count:,} of the waits.",
        ]
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--responses", type=int, default=5_000_000, help="about (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026, help="of the generator (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=5, help="of each contender (default: %(default)s)")
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
                workspace.generate(*(int(detail) for detail in details))
            else:
                workspace.execute(task)
            return 0
        workspace.prepare(options.responses, options.seed)
        load_before = os.getloadavg()[0]
        runs = measure(workspace, 1 if options.check else options.repetitions)
        load_after = os.getloadavg()[0]
        sample = workspace.sample()
        failed = report(workspace.compare(), sample)
        if failed or options.check:
            return failed
        section = render(options.memory_limit, runs, workspace.count_inputs(), sample, (load_before, load_after))
        print(section)
        if not options.print:
            write_results(section, "business time results")
    return 0


if __name__ == "__main__":
    sys.exit(main())
