"""Measure how a whole build grows with the log: time, memory, what is spilled, and the ratio to a hand-written script.

For each size a log is made. Then `dbt run` of all models builds it into a fresh database, and the hand-written script
makes its facts of the same files, both under the same `memory_limit`; the facts of both are compared row for row. At
the sizes that `--models` names the slowest models are told, with their memory and spill, for dbt builds one at a time,
and the data tests run over what was built. Every model of the largest of these is told in `models.md`, which
`--every-model` makes by itself, without the script.

`--alone` builds logs by the warehouse alone, one after the other: for one that is so large that script and warehouse do
not fit on the disk together, and a smaller one in the same run, to see how the cost grows between them.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.run import (
    README,
    SLOWEST,
    Comparison,
    Model,
    Process,
    Workspace,
    compare,
    gigabytes,
    remove_database,
    render_machine,
    report,
    seconds,
    times,
    write_results,
)

LOOK_SECONDS = 0.2
EVERY_MODEL = README.with_name("models.md")


@dataclass(frozen=True)
class Look:
    """One look at a running process: its resident memory, what the engine had put on the disk, and what was free."""

    at: datetime
    memory_bytes: int
    spilled_bytes: int
    free_bytes: int


@dataclass
class Watched:
    """What was seen of a process while it ran."""

    looks: list[Look] = field(default_factory=list)

    def during(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Return the most memory and spill seen between two moments; what is shorter than a look may show none."""
        seen = [look for look in self.looks if start <= look.at <= end]
        return max((look.memory_bytes for look in seen), default=0), max(
            (look.spilled_bytes for look in seen), default=0
        )

    def told_of(self, process: Process) -> Process:
        """Return a process with the memory that was seen: what the system tells includes what its parent held."""
        return replace(process, peak_bytes=max((look.memory_bytes for look in self.looks), default=process.peak_bytes))

    @property
    def spilled_bytes(self) -> int:
        """The most that was on the disk at a time."""
        return max((look.spilled_bytes for look in self.looks), default=0)

    @property
    def free_bytes(self) -> int:
        """The least that was free on the disk."""
        return min((look.free_bytes for look in self.looks), default=0)


@dataclass(frozen=True)
class ModelCost:
    """One model, built while no other was."""

    name: str
    seconds: float
    memory_bytes: int
    spilled_bytes: int


@dataclass(frozen=True)
class Size:
    """Whole builds of one log.

    Attributes:
        event_count: rows of the log.
        warehouse: `dbt run` of all models.
        model_seconds: from the start of its first model to the end of its last.
        warehouse_spilled: bytes.
        script: the hand-written script; with its start.
        script_spilled: bytes.
        raw_bytes: the log and what belongs to it, as Parquet.
        database_bytes: the warehouse's file.
        copy_bytes: the copy for readers.
        comparisons: of the facts that both made.
        tests: `dbt test` of all data tests; null where that was not asked for.
        models: each on its own, slowest first; empty where that was not asked for.
    """

    event_count: int
    warehouse: Process
    model_seconds: float
    warehouse_spilled: int
    script: Process
    script_spilled: int
    raw_bytes: int
    database_bytes: int
    copy_bytes: int
    comparisons: tuple[Comparison, ...]
    tests: Process | None
    models: tuple[ModelCost, ...]


@dataclass(frozen=True)
class Alone:
    """A whole build of one log by the warehouse, with nothing beside it to compare it to.

    Attributes:
        event_count: rows of the log.
        warehouse: `dbt run` of all models.
        models: each on its own, slowest first.
        model_seconds: from the start of its first model to the end of its last.
        spilled_bytes: the most at a time.
        raw_bytes: the log and what belongs to it, as Parquet.
        database_bytes: the warehouse's file.
        copy_bytes: the copy for readers.
        free_bytes: on the disk, with the log on it and before the build.
        least_free_bytes: on the disk while it was built.
    """

    event_count: int
    warehouse: Process
    models: tuple[ModelCost, ...]
    model_seconds: float
    spilled_bytes: int
    raw_bytes: int
    database_bytes: int
    copy_bytes: int
    free_bytes: int
    least_free_bytes: int


@contextmanager
def watched(spill: Path) -> Iterator[Watched]:
    """Look at this process's child again and again, where the system tells of it (Linux)."""
    seen, done = Watched(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK_SECONDS):
            memory = sum(_memory_of(child) for child in _children())
            free = shutil.disk_usage(spill.parent).free
            seen.looks.append(Look(datetime.now(UTC).replace(tzinfo=None), memory, _size_of(spill), free))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _children() -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return []


def _memory_of(process: str) -> int:
    with suppress(OSError, IndexError, ValueError):
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def _size_of(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        for file in folder.iterdir():
            with suppress(OSError):
                total += file.stat().st_size
    return total


def measure(event_count: int, seed: int, memory_limit: str, has_models: bool, folder: Path | None) -> Size:
    """Build one log with both, compare what they made, and leave nothing behind."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        workspace = Workspace(Path(place))
        workspace.make_raw_files(event_count, seed)
        workspace.make_seeded_database()
        spill = workspace.warehouse.with_name(workspace.warehouse.name + ".tmp")
        script_spill = workspace.script_database.with_name(workspace.script_database.name + ".tmp")
        with _environment(BENCHMARK_MEMORY_LIMIT=memory_limit):
            with watched(script_spill) as script_seen:
                script = workspace.run_script().process
            with watched(spill) as seen:
                warehouse, models = workspace.run_all(memory_limit)
            comparisons = compare(workspace.warehouse, workspace.script_database)
            remove_database(workspace.script_database)
            raw_bytes = _bytes_of(workspace.raw)
            database_bytes = workspace.warehouse.stat().st_size
            copy_bytes = workspace.serving.stat().st_size
            costs: tuple[ModelCost, ...] = ()
            tests = None
            if has_models:
                costs = _by_seconds(models, seen)
                tests = workspace.run_data_tests(memory_limit)
        return Size(
            event_count, seen.told_of(warehouse), _span(models), seen.spilled_bytes, script_seen.told_of(script),
            script_seen.spilled_bytes,
            raw_bytes, database_bytes, copy_bytes, comparisons, tests, costs,
        )  # fmt: skip


def measure_alone(event_count: int, seed: int, memory_limit: str, folder: Path | None) -> Alone:
    """Build one log with the warehouse alone, and leave nothing behind."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        workspace = Workspace(Path(place))
        workspace.make_raw_files(event_count, seed)
        workspace.make_seeded_database()
        free = shutil.disk_usage(place).free
        with watched(workspace.warehouse.with_name(workspace.warehouse.name + ".tmp")) as seen:
            process, models = workspace.run_all(memory_limit)
        return Alone(
            event_count, seen.told_of(process), _by_seconds(models, seen), _span(models), seen.spilled_bytes,
            _bytes_of(workspace.raw), workspace.warehouse.stat().st_size, workspace.serving.stat().st_size,
            free, seen.free_bytes,
        )  # fmt: skip


def _bytes_of(raw: Path) -> int:
    return sum(file.stat().st_size for file in raw.rglob("*.parquet"))


def _by_seconds(models: Sequence[Model], seen: Watched) -> tuple[ModelCost, ...]:
    return tuple(sorted((_cost(model, seen) for model in models), key=lambda cost: -cost.seconds))


def _span(models: Sequence[Model]) -> float:
    first, last = min(model.started_at for model in models), max(model.completed_at for model in models)
    return (last - first).total_seconds()


def _cost(model: Model, seen: Watched) -> ModelCost:
    start, end = (moment.replace(tzinfo=None) for moment in (model.started_at, model.completed_at))
    return ModelCost(model.name, model.seconds, *seen.during(start, end))


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def exponent(costs: Sequence[tuple[int, float]]) -> float | None:
    """Return b of the curve `a · events ** b` that fits events and cost best; 1 is linear; null for one size."""
    points = [(math.log(event_count), math.log(cost)) for event_count, cost in costs]
    if len(points) < 2:
        return None
    mean_x, mean_y = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return float(sum((x - mean_x) * (y - mean_y) for x, y in points) / spread)


def render(sizes: Sequence[Size], memory_limit: str, load: tuple[float, float]) -> str:
    """Write the results section."""
    found = exponent([(size.event_count, size.model_seconds) for size in sizes])
    lines = [
        render_machine(*load),
        "",
        f"`memory_limit` {memory_limit} for both. Seconds are of the whole process, dbt's start included.",
        "",
        "| events | warehouse | of which models | script | warehouse ÷ script | CPU ÷ CPU | memory | spilled | "
        "script's memory | spilled | raw | file | copy |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {size.event_count:,} | {seconds(size.warehouse.seconds)} | {seconds(size.model_seconds)} "
            f"| {seconds(size.script.seconds)} | {times(size.warehouse.seconds / size.script.seconds)} "
            f"| {times(size.warehouse.cpu_seconds / size.script.cpu_seconds)} "
            f"| {gigabytes(size.warehouse.peak_bytes)} | {gigabytes(size.warehouse_spilled)} "
            f"| {gigabytes(size.script.peak_bytes)} | {gigabytes(size.script_spilled)} "
            f"| {gigabytes(size.raw_bytes)} | {gigabytes(size.database_bytes)} | {gigabytes(size.copy_bytes)} |"
            for size in sizes
        ),
    ]
    if found is not None:
        per_million = [size.model_seconds / size.event_count * 1e6 for size in sizes]
        names = ", ".join(f'"{size.event_count / 1e6:g} M"' for size in sizes)
        lines += [
            "",
            f"The models' seconds grow with the events to the power of {found:.2f}.",
            "",
            "```mermaid",
            "xychart-beta",
            '    title "Seconds of the models for a million events"',
            f"    x-axis [{names}]",
            f'    y-axis "seconds" 0 --> {math.ceil(1.2 * max(per_million))}',
            f"    bar [{', '.join(f'{each:.2f}' for each in per_million)}]",
            "```",
        ]
    for size in sizes:
        if size.tests:
            lines += [
                "",
                f"All data tests over {size.event_count:,} events take {seconds(size.tests.seconds)}, dbt's start "
                f"included: {size.tests.seconds / (size.warehouse.seconds + size.tests.seconds):.0%} of both.",
            ]
        if size.models:
            lines += ["", f"The slowest models at {size.event_count:,} events:", ""]
            lines += _render_models(size.models)
    return "\n".join(lines)


def render_alone(builds: Sequence[Alone], memory_limit: str, load: tuple[float, float]) -> str:
    """Write the section of builds without the script; the slowest models are those of the largest."""
    seconds_grow = exponent([(each.event_count, each.model_seconds) for each in builds])
    cpu_grows = exponent([(each.event_count, each.warehouse.cpu_seconds) for each in builds])
    largest = max(builds, key=lambda each: each.event_count)
    lines = [
        render_machine(*load),
        "",
        f"`memory_limit` {memory_limit}.",
        "",
        "| events | warehouse | of which models | CPU | memory | spilled | raw | file | copy | least disk free |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {each.event_count:,} | {seconds(each.warehouse.seconds)} | {seconds(each.model_seconds)} "
            f"| {seconds(each.warehouse.cpu_seconds)} | {gigabytes(each.warehouse.peak_bytes)} "
            f"| {gigabytes(each.spilled_bytes)} | {gigabytes(each.raw_bytes)} | {gigabytes(each.database_bytes)} "
            f"| {gigabytes(each.copy_bytes)} | {gigabytes(each.least_free_bytes)} of {gigabytes(each.free_bytes)} |"
            for each in builds
        ),
    ]
    if seconds_grow is not None and cpu_grows is not None:
        lines += [
            "",
            f"Between them the models' seconds grow with the events to the power of {seconds_grow:.2f}, "
            f"the CPU seconds of the whole to that of {cpu_grows:.2f}.",
        ]
    lines += ["", f"The slowest models at {largest.event_count:,} events:", "", *_render_models(largest.models)]
    return "\n".join(lines)


def render_every_model(
    event_count: int, models: Sequence[ModelCost], memory_limit: str, load: tuple[float, float]
) -> str:
    """Write `models.md`."""
    return "\n".join(
        [
            f"# Every model at {event_count:,} events",
            "",
            f"Written by `python -m benchmarks.scale`: a whole `dbt run` with a `memory_limit` of {memory_limit}, one "
            "model at a time.",
            "",
            render_machine(*load),
            "",
            "Memory and spill are the most that was seen while a model was built, looked at "
            f"{1 / LOOK_SECONDS:.0f} times a second: of one that took less time they may be missing. Memory is the "
            "process's, with what the models before have left in the engine's buffers.",
            "",
            *_render_models(models, len(models)),
            "",
        ]
    )


def write_every_model(event_count: int, models: Sequence[ModelCost], memory_limit: str, load_before: float) -> None:
    """Replace `models.md`."""
    text = render_every_model(event_count, models, memory_limit, (load_before, os.getloadavg()[0]))
    EVERY_MODEL.write_text(text, encoding="utf-8")


def _render_models(models: Sequence[ModelCost], count: int = SLOWEST) -> list[str]:
    total = sum(model.seconds for model in models)
    return [
        "| model | seconds | share of all | memory of the process meanwhile | spilled |",
        "|---|---|---|---|---|",
        *(
            f"| {model.name} | {seconds(model.seconds)} | {model.seconds / total:.0%} "
            f"| {gigabytes(model.memory_bytes)} | {gigabytes(model.spilled_bytes)} |"
            for model in models[:count]
        ),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 5_000_000, 20_000_000], help="sizes")
    parser.add_argument("--models", type=int, nargs="*", default=[], help="sizes whose models are told and tested")
    parser.add_argument("--memory-limit", default="4GB", help="of the engine (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--folder", type=Path, help="work in this folder (default: a temporary one)")
    parser.add_argument("--print", action="store_true", help="print the results and leave README.md as it is")
    parser.add_argument("--every-model", type=int, metavar="EVENTS", help="write models.md of a log of this size alone")
    parser.add_argument(
        "--alone", type=int, nargs="+", metavar="EVENTS", help="build logs of these sizes without the script"
    )
    options = parser.parse_args(arguments)
    load_before = os.getloadavg()[0]
    if options.every_model:
        alone = measure_alone(options.every_model, options.seed, options.memory_limit, options.folder)
        write_every_model(alone.event_count, alone.models, options.memory_limit, load_before)
        return 0
    if options.alone:
        builds = []
        for event_count in options.alone:
            builds.append(measure_alone(event_count, options.seed, options.memory_limit, options.folder))
            section = render_alone(builds, options.memory_limit, (load_before, os.getloadavg()[0]))
            print(section, flush=True)
        if not options.print:
            write_results(section, "alone")
        return 0
    sizes = []
    for event_count in options.events:
        has_models = event_count in options.models
        sizes.append(measure(event_count, options.seed, options.memory_limit, has_models, options.folder))
        print(render(sizes[-1:], options.memory_limit, (load_before, os.getloadavg()[0])), flush=True)
        if failed := report(sizes[-1].comparisons):
            return failed
    if not options.print:
        write_results(
            render(
                sorted(sizes, key=lambda size: size.event_count),
                options.memory_limit,
                (load_before, os.getloadavg()[0]),
            ),
            "scale",
        )
        if told := [size for size in sizes if size.models]:
            largest = max(told, key=lambda size: size.event_count)
            write_every_model(largest.event_count, largest.models, options.memory_limit, load_before)
    return 0


if __name__ == "__main__":
    sys.exit(main())
