"""Measure the warehouse against a hand-written script that makes the same facts.

Both run in turns on one machine, each in a process of its own and into a fresh database. What they
made is compared row for row: a faster wrong answer is no result.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
README = HERE / "README.md"
SCRIPT = HERE / "handwritten.sql"
DBT = Path(sys.executable).parent / "dbt"
LAYERS = ("staging", "intermediate", "core")
SLOWEST = 10
EXAMPLES = 3

Row = tuple[object, ...]


@dataclass(frozen=True)
class Process:
    """What one process took: wall seconds, seconds of all its cores, and peak resident memory."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Model:
    """One model of a dbt run; its seconds are those of the thread that ran it."""

    unique_id: str
    layer: str
    started_at: datetime
    completed_at: datetime
    seconds: float

    @property
    def name(self) -> str:
        """The model's name without its package."""
        return self.unique_id.rsplit(".", 1)[-1]


@dataclass(frozen=True)
class WarehouseRun:
    """One `dbt run` of the three layers into a fresh database."""

    process: Process
    models: tuple[Model, ...]

    @property
    def model_seconds(self) -> float:
        """From the start of the first staging model to the end of the last core model."""
        return (
            max(model.completed_at for model in self.models) - min(model.started_at for model in self.models)
        ).total_seconds()

    @property
    def fixed_seconds(self) -> float:
        """What dbt needs besides the models: start, parsing, hooks and the catalogue."""
        return self.process.seconds - self.model_seconds


@dataclass(frozen=True)
class ScriptRun:
    """One run of the hand-written script; `script_seconds` leave Python's start out."""

    process: Process
    script_seconds: float

    @property
    def fixed_seconds(self) -> float:
        """What starting Python and loading DuckDB take."""
        return self.process.seconds - self.script_seconds


@dataclass(frozen=True)
class Comparison:
    """One fact in both databases, over the columns that the hand-written script makes."""

    table: str
    row_count: int
    missing_columns: tuple[str, ...]
    only_in_warehouse: tuple[Row, ...]
    only_in_script: tuple[Row, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both made the same rows."""
        return not (self.missing_columns or self.only_in_warehouse or self.only_in_script)


@dataclass(frozen=True)
class Results:
    """All that the results section tells."""

    event_count: int
    warehouse: tuple[WarehouseRun, ...]
    script: tuple[ScriptRun, ...]
    demo: tuple[Process, ...]
    demo_node_count: int
    shared_share: float
    comparisons: tuple[Comparison, ...]
    load_before: float
    load_after: float


class Workspace:
    """The folder in which everything happens: raw files, databases and dbt's artefacts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.warehouse = folder / "dbt" / "warehouse.duckdb"
        self.script_database = folder / "script" / "handwritten.duckdb"
        self.serving = folder / "dbt" / "warehouse_serving.duckdb"
        self.seeded = folder / "seeded.duckdb"
        self.target = folder / "dbt" / "target"
        self.demo = folder / "demo"
        for needed in (self.warehouse.parent, self.script_database.parent, self.demo):
            needed.mkdir(parents=True, exist_ok=True)

    def make_raw_files(self, event_count: int, seed: int, weeks: int = 12) -> None:
        """Write the event log in another process: memory used here would count for children."""
        command = [sys.executable, str(HERE / "generate.py"), str(self.raw)]
        run(
            [*command, "--events", str(event_count), "--seed", str(seed), "--weeks", str(weeks)],
            dict(os.environ),
        )

    def count_events(self) -> int:
        """Return the rows of the event log that is there."""
        with duckdb.connect() as connection:
            files = str(self.raw / "raw_conversation_events" / "*.parquet")
            rows = connection.execute("select count(*) from read_parquet(?)", [files]).fetchall()
        return int(rows[0][0])

    def make_seeded_database(self) -> None:
        """Load the configuration seeds once; every run starts from a copy."""
        remove_database(self.warehouse)
        run(self._dbt("seed", self.warehouse.parent), self._environment(self.warehouse, self.raw))
        shutil.move(self.warehouse, self.seeded)

    def run_warehouse(self) -> WarehouseRun:
        """Run the three layers into a fresh database."""
        remove_database(self.warehouse)
        shutil.copyfile(self.seeded, self.warehouse)
        command = [*self._dbt("run", self.warehouse.parent), "--select", *LAYERS]
        process = run(command, self._environment(self.warehouse, self.raw))
        return WarehouseRun(process, read_models(self.target))

    def build(self) -> Process:
        """Run all models into the database that is there."""
        return run(self._dbt("run", self.warehouse.parent), self._environment(self.warehouse, self.raw))

    def run_all(self, memory_limit: str) -> tuple[Process, tuple[Model, ...]]:
        """Run all models into a fresh database, within so much memory of the engine's."""
        remove_database(self.warehouse)
        shutil.copyfile(self.seeded, self.warehouse)
        command = self._dbt("run", self.warehouse.parent)
        environment = self._environment(self.warehouse, self.raw) | {"MESSAGING_MEMORY_LIMIT": memory_limit}
        return run(command, environment), read_models(self.target)

    def run_data_tests(self, memory_limit: str) -> Process:
        """Run all data tests over the database that is there, within so much memory of the engine's."""
        command = [*self._dbt("test", self.warehouse.parent), "--exclude", "test_type:unit"]
        environment = self._environment(self.warehouse, self.raw) | {"MESSAGING_MEMORY_LIMIT": memory_limit}
        return run(command, environment)

    def run_script(self) -> ScriptRun:
        """Run the hand-written script into a fresh database."""
        remove_database(self.script_database)
        result = self.folder / "script" / "seconds.json"
        command = [sys.executable, str(Path(__file__).resolve()), "--script-only"]
        process = run([*command, str(self.raw), str(self.script_database), str(result)], dict(os.environ))
        return ScriptRun(process, float(json.loads(result.read_text(encoding="utf-8"))))

    def run_demo_build(self) -> Process:
        """Build everything, tests included, on the demo data and without a parse to start from."""
        shutil.rmtree(self.demo)
        self.demo.mkdir()
        database = self.demo / "warehouse.duckdb"
        return run(self._dbt("build", self.demo), self._environment(database, None))

    def _dbt(self, command: str, folder: Path) -> list[str]:
        return [
            str(DBT),
            command,
            "--target-path",
            str(folder / "target"),
            "--log-path",
            str(folder / "logs"),
        ]

    def _environment(self, database: Path, raw: Path | None) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MESSAGING_")}
        environment["MESSAGING_DB"] = str(database)
        if raw is not None:
            environment["MESSAGING_RAW"] = str(raw)
        return environment


def run(command: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Run a command in the project's folder and measure it.

    Raises:
        RuntimeError: with the end of its output, when it fails.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen(command, cwd=PROJECT, env=dict(environment), stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            tail = output.read().decode(errors="replace")[-4000:]
            raise RuntimeError(f"{' '.join(command[:2])} failed:\n{tail}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Process(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def remove_database(file: Path) -> None:
    """Remove a DuckDB file and its log, if they are there."""
    for path in (file, file.with_name(file.name + ".wal")):
        with suppress(FileNotFoundError):
            path.unlink()


def read_models(target: Path) -> tuple[Model, ...]:
    """Read the models of the last dbt run, with their layer, from its artefacts."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return tuple(
        Model(
            unique_id=result["unique_id"],
            layer=manifest["nodes"][result["unique_id"]]["fqn"][1],
            started_at=min(datetime.fromisoformat(part["started_at"]) for part in result["timing"]),
            completed_at=max(datetime.fromisoformat(part["completed_at"]) for part in result["timing"]),
            seconds=result["execution_time"],
        )
        for result in results
        if result["unique_id"].startswith("model.")
    )


def ancestors_of(target: Path, names: Iterable[str]) -> set[str]:
    """Return the unique ids of these models and of all models that they are made from."""
    parents = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["parent_map"]
    wanted = set(names)
    waiting = [node for node in parents if node.startswith("model.") and node.rsplit(".", 1)[-1] in wanted]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(parents.get(node, []))
    return found


def execute_script(raw: Path, database: Path, result: Path) -> None:
    """Run `handwritten.sql` into a new database; write its seconds, closing the file included."""
    started = time.perf_counter()
    with duckdb.connect(str(database)) as connection:
        connection.execute("set timezone = 'UTC'")
        if limit := os.environ.get("BENCHMARK_MEMORY_LIMIT"):
            connection.execute(f"set memory_limit = '{limit}'")
        connection.execute(f"set variable raw = '{raw}'")
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
    result.write_text(json.dumps(time.perf_counter() - started), encoding="utf-8")


def compare(warehouse: Path, script_database: Path) -> tuple[Comparison, ...]:
    """Compare each table of the script with the warehouse's, row for row over its columns."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{script_database}' as script (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'script' order by 1"
        ).fetchall()
        return tuple(compare_table(connection, name) for (name,) in tables)


def compare_table(connection: duckdb.DuckDBPyConnection, table: str) -> Comparison:
    """Compare a table of the attached databases `warehouse` and `script`, over the columns of the latter."""

    def columns(database: str) -> list[str]:
        rows = connection.execute(
            "select column_name from duckdb_columns() where database_name = ? "
            "and schema_name = 'main' and table_name = ? order by column_index",
            [database, table],
        ).fetchall()
        return [name for (name,) in rows]

    known = set(columns("warehouse"))
    shared = ", ".join(name for name in columns("script") if name in known)
    missing = tuple(name for name in columns("script") if name not in known)
    if not shared:
        return Comparison(table, 0, missing, (), ())

    def only_in(one: str, other: str) -> tuple[Row, ...]:
        query = (
            f"select {shared} from {one}.main.{table} except all "
            f"select {shared} from {other}.main.{table} limit {EXAMPLES}"
        )
        return tuple(connection.execute(query).fetchall())

    rows = connection.execute(f"select count(*) from warehouse.main.{table}").fetchall()
    return Comparison(
        table,
        int(rows[0][0]),
        missing,
        only_in("warehouse", "script"),
        only_in("script", "warehouse"),
    )


def describe_differences(comparisons: Sequence[Comparison]) -> str:
    """Say where the two disagree, with example rows; empty when they do not."""
    lines: list[str] = []
    for comparison in comparisons:
        if comparison.missing_columns:
            missing = ", ".join(comparison.missing_columns)
            lines.append(f"{comparison.table}: the warehouse has no column {missing}")
        for side, rows in (
            ("warehouse", comparison.only_in_warehouse),
            ("script", comparison.only_in_script),
        ):
            lines += [f"{comparison.table}: only in the {side}: {row}" for row in rows]
    return "\n".join(lines)


def measure(workspace: Workspace, repetitions: int) -> Results:
    """Run the two in turns, then the demo build as often, then compare what they made."""
    load_before = os.getloadavg()[0]
    workspace.make_seeded_database()
    warehouse: list[WarehouseRun] = []
    script: list[ScriptRun] = []
    for number in range(1, repetitions + 1):
        warehouse.append(workspace.run_warehouse())
        script.append(workspace.run_script())
        print(
            f"repetition {number}: dbt {warehouse[-1].process.seconds:.1f} s "
            f"(models {warehouse[-1].model_seconds:.1f} s), "
            f"script {script[-1].process.seconds:.1f} s",
            flush=True,
        )
    demo = [workspace.run_demo_build() for _ in range(repetitions)]
    load_after = os.getloadavg()[0]
    demo_results = json.loads((workspace.demo / "target" / "run_results.json").read_text(encoding="utf-8"))
    comparisons = compare(workspace.warehouse, workspace.script_database)
    needed = ancestors_of(workspace.target, (comparison.table for comparison in comparisons))
    shares = [
        sum(model.seconds for model in one.models if model.unique_id in needed)
        / sum(model.seconds for model in one.models)
        for one in warehouse
    ]
    return Results(
        event_count=workspace.count_events(),
        warehouse=tuple(warehouse),
        script=tuple(script),
        demo=tuple(demo),
        demo_node_count=len(demo_results["results"]),
        shared_share=statistics.median(shares),
        comparisons=comparisons,
        load_before=load_before,
        load_after=load_after,
    )


def spread(values: Iterable[float], form: Callable[[float], str]) -> str:
    """Write the median and, in brackets, the smallest and the largest value."""
    ordered = sorted(values)
    return f"{form(statistics.median(ordered))} ({form(ordered[0])}–{form(ordered[-1])})"


def seconds(value: float) -> str:
    """Write seconds with one decimal."""
    return f"{value:.1f} s"


def rate(value: float) -> str:
    """Write events per second, in thousands."""
    return f"{value / 1000:.0f} k/s"


def times(value: float) -> str:
    """Write a ratio."""
    return f"{value:.2f} ×"


def gigabytes(value: float) -> str:
    """Write bytes as GB."""
    return f"{value / 1e9:.1f} GB"


def render_machine(load_before: float, load_after: float) -> str:
    """Describe the machine and the versions, without naming it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = f"{platform.system()} {platform.release()}"
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {gigabytes(memory)} of memory, {system}, "
        f"Python {platform.python_version()}, {versions}. "
        f"Load average before the start {load_before:.1f}, at the end {load_after:.1f}."
    )


def render(results: Results) -> str:
    """Write the results section."""
    pairs = list(zip(results.warehouse, results.script, strict=True))
    return "\n".join(
        [
            render_machine(results.load_before, results.load_after),
            "",
            f"{results.event_count:,} raw events, {len(pairs)} repetitions in turns; medians, with "
            "the smallest and the largest in brackets.",
            "",
            *_render_totals(results.event_count, pairs),
            "",
            f"The warehouse ran {len(results.warehouse[0].models)} models; "
            f"{results.shared_share:.0%} of their seconds went into those that the script's facts "
            "need.",
            "",
            f"A full `dbt build` of the demo data, parsed from nothing ({results.demo_node_count} "
            f"seeds, models and tests): {spread((one.seconds for one in results.demo), seconds)}.",
            "",
            *_render_slowest(results.warehouse),
            "",
            *render_comparisons(results.comparisons, "all columns that the script makes"),
        ]
    )


def _render_totals(event_count: int, pairs: Sequence[tuple[WarehouseRun, ScriptRun]]) -> list[str]:
    def row(
        label: str,
        form: Callable[[float], str],
        warehouse: Callable[[WarehouseRun], float],
        script: Callable[[ScriptRun], float],
        has_ratio: bool = True,
    ) -> str:
        ratios = [warehouse(one) / script(other) for one, other in pairs]
        cells = (
            label,
            spread((warehouse(one) for one, _ in pairs), form),
            spread((script(other) for _, other in pairs), form),
            spread(ratios, times) if has_ratio else "",
        )
        return f"| {' | '.join(cells)} |"

    return [
        "| | warehouse (`dbt run`) | hand-written script | warehouse ÷ script |",
        "|---|---|---|---|",
        row("work", seconds, lambda one: one.model_seconds, lambda one: one.script_seconds),
        row(
            "events per second of work",
            rate,
            lambda one: event_count / one.model_seconds,
            lambda one: event_count / one.script_seconds,
            has_ratio=False,
        ),
        row("fixed", seconds, lambda one: one.fixed_seconds, lambda one: one.fixed_seconds, False),
        row(
            "whole process",
            seconds,
            lambda one: one.process.seconds,
            lambda one: one.process.seconds,
        ),
        row(
            "CPU time of the process",
            seconds,
            lambda one: one.process.cpu_seconds,
            lambda one: one.process.cpu_seconds,
        ),
        row(
            "peak memory",
            gigabytes,
            lambda one: one.process.peak_bytes,
            lambda one: one.process.peak_bytes,
        ),
    ]


def _render_slowest(runs: Sequence[WarehouseRun]) -> list[str]:
    by_name: dict[str, list[float]] = {}
    for one in runs:
        for model in one.models:
            by_name.setdefault(model.name, []).append(model.seconds)
    total = sum(statistics.median(values) for values in by_name.values())
    slowest = sorted(by_name.items(), key=lambda item: -statistics.median(item[1]))[:SLOWEST]
    return [
        "The slowest models (built one at a time, each by all cores):",
        "",
        "| model | seconds | share of all |",
        "|---|---|---|",
        *(
            f"| {name} | {spread(values, seconds)} | {statistics.median(values) / total:.0%} |"
            for name, values in slowest
        ),
    ]


def render_comparisons(comparisons: Sequence[Comparison], what: str) -> list[str]:
    """Write a table of what was compared."""
    return [
        f"Rows compared, {what}:",
        "",
        "| fact | rows | equal |",
        "|---|---|---|",
        *(f"| {one.table} | {one.row_count:,} | {'yes' if one.is_equal else 'NO'} |" for one in comparisons),
    ]


def write_results(section: str, name: str = "results") -> None:
    """Replace what stands between the README's two markers of this name.

    Raises:
        ValueError: when the markers are not there, in this order.
    """
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = README.read_text(encoding="utf-8")
    before, start, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not (start and end):
        raise ValueError(f"{README.name} lacks {first} … {last}")
    README.write_text(f"{before}{first}\n\n{section}\n\n{last}{after}", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="raw events (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026, help="of the generator (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, help="of each run (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep everything in this folder (default: a temporary one)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="run each once, compare the rows, write and time nothing",
    )
    parser.add_argument("--print", action="store_true", help="print the results and leave README.md as it is")
    parser.add_argument("--script-only", nargs=3, type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def check(workspace: Workspace) -> int:
    """Run each once and return 1, with the differences printed, unless both made the same rows."""
    workspace.make_seeded_database()
    workspace.run_warehouse()
    workspace.run_script()
    comparisons = compare(workspace.warehouse, workspace.script_database)
    return report(comparisons)


def report(comparisons: Sequence[Comparison]) -> int:
    """Print what the comparison found and return the exit code."""
    if differences := describe_differences(comparisons):
        print(differences, file=sys.stderr)
        return 1
    for one in comparisons:
        print(f"{one.table}: {one.row_count:,} rows, equal")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = parse(arguments)
    if options.script_only:
        execute_script(*options.script_only)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Workspace((options.folder or Path(temporary)).resolve())
        workspace.make_raw_files(options.events, options.seed)
        if options.check:
            return check(workspace)
        results = measure(workspace, options.repetitions)
        section = render(results)
        print(section)
        if failed := report(results.comparisons):
            return failed
        if not options.print:
            write_results(section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
