"""Measure a whole build on Spark, with one executor and with two, and DuckDB's build of the same log beside it.

A log is made, and a second one so small that no model matters: what its build takes is fixed. `dbt build` makes all
models and seeds of each, every time into an empty folder: on DuckDB, and on Spark with executors in processes of their
own, of one core each. The facts of all builds must have as many rows, or there is no result.

It needs dbt-spark, which has an environment of its own: `.venv-spark/bin/python -m benchmarks.spark`, or
`make bench-spark`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from benchmarks.generate import DEFAULT_SEED, generate
from benchmarks.run import (
    DBT,
    PROJECT,
    SLOWEST,
    Model,
    Process,
    gigabytes,
    read_models,
    render_machine,
    seconds,
    times,
    write_results,
)

SMALL = 1_000  # events of the log whose build is all fixed cost
EXECUTOR_MB = 2048
DRIVER = "2g"
LOOK_SECONDS = 0.2
DUCKDB, ONE, TWO = "DuckDB", "Spark, 1 executor", "Spark, 2 executors"
EXECUTORS: Mapping[str, int] = {ONE: 1, TWO: 2}


@dataclass(frozen=True)
class Build:
    """One build.

    Attributes:
        process: wall time until dbt has ended; CPU time and memory of all its processes, Java's and executors' too.
        models: with the seconds that each took in its thread.
        rows: of each fact.
    """

    process: Process
    models: tuple[Model, ...]
    rows: Mapping[str, int]

    @property
    def model_seconds(self) -> float:
        """From the start of the first model to the end of the last."""
        first, last = min(one.started_at for one in self.models), max(one.completed_at for one in self.models)
        return (last - first).total_seconds()


@dataclass(frozen=True)
class Results:
    """The builds of both logs, by engine."""

    event_count: int
    partitions: int
    small: Mapping[str, Build]
    large: Mapping[str, Build]
    load: tuple[float, float]


class Watch:
    """What the processes of one session of the system take, looked at again and again (Linux)."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._cpu_seconds: dict[int, float] = {}
        self.peak_bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again)
        self._thread.start()

    @property
    def cpu_seconds(self) -> float:
        """Of all processes; what one did after the last look at it is missing."""
        return sum(self._cpu_seconds.values())

    def stop_when_all_have_ended(self) -> None:
        """Wait for what outlives the first process: Java ends a little later."""
        while self._look():
            time.sleep(LOOK_SECONDS)
        self._done.set()
        self._thread.join()

    def _look_again_and_again(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> int:
        count, memory = 0, 0
        for file in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError, IndexError):
                # Behind the name, which may hold anything: state, parent, group, session, … (man proc_pid_stat).
                words = file.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
                if int(words[3]) == self._session and words[0] != "Z":
                    ticks = int(words[11]) + int(words[12])
                    self._cpu_seconds[int(file.parent.name)] = ticks / os.sysconf("SC_CLK_TCK")
                    memory += int(words[21]) * os.sysconf("SC_PAGE_SIZE")
                    count += 1
        self.peak_bytes = max(self.peak_bytes, memory)
        return count


def run(command: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Run a command in the project's folder, and measure it with all processes that it starts.

    Raises:
        RuntimeError: with the end of its output, when it fails.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=PROJECT, env=dict(environment), stdout=output, stderr=output, start_new_session=True
        )
        watch = Watch(child.pid)
        code = child.wait()
        wall_seconds = time.perf_counter() - started
        watch.stop_when_all_have_ended()
        if code:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command[:2])} failed:\n{output.read().decode(errors='replace')[-4000:]}")
    return Process(wall_seconds, watch.cpu_seconds, watch.peak_bytes)


def build(engine: str, raw: Path, place: Path, partitions: int) -> Build:
    """Build all models and seeds into an empty folder."""
    place.mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MESSAGING_")}
    environment |= {"MESSAGING_RAW": str(raw), "MESSAGING_DB": str(place / "warehouse.duckdb")}
    environment |= {"MESSAGING_SERVING": "none", "MESSAGING_SPARK_DIR": str(place)}
    environment |= {"MESSAGING_SPARK_MEMORY": DRIVER, "MESSAGING_SPARK_PARTITIONS": str(partitions)}
    command = [str(DBT), "build", "--exclude", "resource_type:test", "resource_type:unit_test", "--no-partial-parse"]
    command += ["--target-path", str(place / "target"), "--log-path", str(place / "logs")]
    if engine in EXECUTORS:
        environment["MESSAGING_SPARK_MASTER"] = f"local-cluster[{EXECUTORS[engine]},1,{EXECUTOR_MB}]"
        command += ["--target", "spark"]
    process = run(command, environment)
    made = Build(process, read_models(place / "target"), count_rows(place, in_files=engine in EXECUTORS))
    print(
        f"{raw.parent.name} events, {engine}: {seconds(process.seconds)}, models {seconds(made.model_seconds)}, "
        f"CPU {seconds(process.cpu_seconds)}",
        flush=True,
    )
    return made


def count_rows(place: Path, *, in_files: bool) -> dict[str, int]:
    """Return the rows of each fact: of a DuckDB file, or of the Parquet files that Spark has left."""
    if not in_files:
        with duckdb.connect(str(place / "warehouse.duckdb"), read_only=True) as connection:
            names = connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'main' "
                "and table_name glob 'fct_*' order by 1"
            ).fetchall()
            return {name: connection.execute(f"select count(*) from {name}").fetchall()[0][0] for (name,) in names}
    rows = {}
    with duckdb.connect() as connection:
        # Kept tables lie in `stored.db`, behind views; tables that each build makes whole lie in `main.db`.
        for folder in sorted((place / "warehouse").glob("*.db/fct_*")):
            files = [str(file) for file in folder.rglob("*.parquet")]
            found = connection.execute("select count(*) from read_parquet(?)", [files]).fetchall() if files else [(0,)]
            rows[folder.name] = found[0][0]
    return rows


def differences(builds: Mapping[str, Build]) -> list[str]:
    """Say which facts have not as many rows in all builds."""
    names = sorted({name for made in builds.values() for name in made.rows})
    return [
        f"{name}: " + ", ".join(f"{made.rows.get(name)} rows by {engine}" for engine, made in builds.items())
        for name in names
        if len({made.rows.get(name) for made in builds.values()}) > 1
    ]


def render(results: Results) -> str:
    """Write the results section."""
    small, large = results.small, results.large

    def row(label: str, values: Sequence[float], *, is_memory: bool = False) -> str:
        cells = [gigabytes(value) if is_memory else seconds(value) for value in values]
        return f"| {label} | {' | '.join(cells)} | {times(values[2] / values[1])} |"

    def wall(builds: Mapping[str, Build]) -> list[float]:
        return [made.process.seconds for made in builds.values()]

    spark = importlib.metadata.version("pyspark")
    return "\n".join(
        [
            f"{render_machine(*results.load)} pyspark {spark}.",
            "",
            f"{results.event_count:,} raw events; {SMALL:,} in the small log. Spark shares joins and sums out to "
            f"{results.partitions} parts; its driver has {DRIVER}, each executor one core and {EXECUTOR_MB} MB.",
            "",
            f"| | {' | '.join(large)} | 2 executors ÷ 1 |",
            "|---|---|---|---|---|",
            row("whole process", wall(large)),
            row("models, from the first to the last", [made.model_seconds for made in large.values()]),
            row("CPU time of all processes", [made.process.cpu_seconds for made in large.values()]),
            row("peak memory of all processes", [made.process.peak_bytes for made in large.values()], is_memory=True),
            row(f"whole process, {SMALL:,} events", wall(small)),
            row("what the other events add", [a - b for a, b in zip(wall(large), wall(small), strict=True)]),
            "",
            "The slowest models (by DuckDB one at a time; by Spark two at a time, which share the cores):",
            "",
            *_render_slowest(large),
            "",
            "Rows of the facts, equal in all builds: "
            + ", ".join(f"{name} {count:,}" for name, count in large[DUCKDB].rows.items())
            + ".",
        ]
    )


def _render_slowest(builds: Mapping[str, Build]) -> list[str]:
    taken = {engine: {model.name: model.seconds for model in made.models} for engine, made in builds.items()}
    slowest = sorted(taken[ONE], key=lambda name: -taken[ONE][name])[:SLOWEST]
    return [
        f"| model | {' | '.join(builds)} |",
        "|---|---|---|---|",
        *(f"| {name} | {' | '.join(seconds(one[name]) for one in taken.values())} |" for name in slowest),
    ]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="raw events (default: %(default)s)")
    parser.add_argument("--partitions", type=int, default=4, help="parts of a join or a sum (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the generator (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="work in this folder (default: a temporary one)")
    parser.add_argument("--print", action="store_true", help="print the results and leave README.md as it is")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = parse(arguments)
    if importlib.util.find_spec("pyspark") is None:
        print(
            f"{sys.executable} has no Spark; `make bench-spark` takes the environment that has: "
            ".venv-spark/bin/python -m benchmarks.spark",
            file=sys.stderr,
        )
        return 1
    load_before = os.getloadavg()[0]
    all_builds: list[dict[str, Build]] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        for event_count in (SMALL, options.events):
            folder = Path(temporary).resolve() / str(event_count)
            raw = folder / "raw"
            generate(raw, event_count, options.seed)
            builds = {
                engine: build(engine, raw, folder / str(number), options.partitions)
                for number, engine in enumerate((DUCKDB, ONE, TWO))
            }
            all_builds.append(builds)
            if found := differences(builds):
                print("\n".join(found), file=sys.stderr)
                return 1
    small, large = all_builds
    section = render(Results(options.events, options.partitions, small, large, (load_before, os.getloadavg()[0])))
    print(section)
    if not options.print:
        write_results(section, "spark")
    return 0


if __name__ == "__main__":
    sys.exit(main())
