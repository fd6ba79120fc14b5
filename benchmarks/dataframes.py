"""Measure the warehouse against the same facts in pandas and in Polars, out of the same raw Parquet files.

One log is made. Then, in turns: `dbt run` of all models into a fresh database, the hand-written script of SQL, and the
two packages of data frames, `dataframes_pandas` and `dataframes_polars`, each in a process of its own. What the
frames made is compared with the warehouse's, row for row over all columns that they make, and their metrics by channel
and day with those of the marts. Seconds are cast to the warehouse's thousandths, nothing else is rounded.

The frames make all facts of the hand-written script, and leave out what it leaves out: emoji scores, all columns beyond
the published ones, the guards, a given `as_of`, other file formats, redactions, and most of the marts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb
from benchmarks.run import (
    Comparison,
    Process,
    Workspace,
    compare_table,
    describe_differences,
    gigabytes,
    render_comparisons,
    render_machine,
    report,
    run,
    seconds,
    spread,
    times,
    write_results,
)

LIBRARIES = ("pandas", "polars")
FACTS = (
    "fct_agent_presence",
    "fct_agent_timeline",
    "fct_agent_work",
    "fct_conversation_events",
    "fct_messages",
    "fct_messaging_session_metrics",
    "fct_messaging_sessions",
    "fct_resolutions",
    "fct_responses",
    "fct_visits",
    "rejected_events",
)
METRICS = "metrics_by_channel_and_day"

# What the marts have by team as well is added up; averages are rounded to the thousandth, halves up.
METRICS_OF_THE_MARTS = """
with parts as (
    select
        traffic_date as day, channel_id, session_count, end_user_message_count as inbound,
        agent_message_count + bot_message_count as outbound, 0 as answer_ms, 0 as answers, 0 as response_ms,
        0 as responses, 0 as handled
    from built.main.mart_channel_traffic_by_day
    union all
    select accepted_date, channel_id, 0, 0, 0, 1000 * speed_to_answer_sum_seconds, speed_to_answer_count, 0, 0, 0
    from built.main.mart_speed_to_answer_by_day
    union all
    select responded_date, channel_id, 0, 0, 0, 0, 0, 1000 * agent_response_sum_seconds, agent_response_count, 0
    from built.main.mart_response_times_by_day
    union all
    select
        cast(started_at as date), coalesce(channel_id, '(none)'), 0, 0, 0, 0, 0, 0, 0,
        if(is_handled, coalesce(visit_seconds, 0), 0)
    from built.main.fct_visits
    where not is_test_channel
)
select
    day, channel_id,
    cast(sum(session_count) as bigint) as session_count,
    cast(sum(inbound) as bigint) as inbound_message_count,
    cast(sum(outbound) as bigint) as outbound_message_count,
    cast(cast(2 * sum(answer_ms) + sum(answers) as bigint) // nullif(2 * sum(answers), 0) * 0.001 as decimal(18, 3))
        as average_speed_to_answer_seconds,
    cast(cast(2 * sum(response_ms) + sum(responses) as bigint) // nullif(2 * sum(responses), 0) * 0.001
        as decimal(18, 3)) as average_response_seconds,
    cast(sum(handled) as decimal(18, 3)) as handle_seconds
from parts
group by day, channel_id
"""


@dataclass(frozen=True)
class Turn:
    """One run of each."""

    warehouse: Process
    script: Process
    frames: dict[str, Process]


def run_frames(library: str, raw: Path, made: Path) -> Process:
    """Compute everything with one library, in a process of its own; a Parquet file for each fact is left in `made`."""
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    return run([sys.executable, "-m", f"benchmarks.dataframes_{library}", str(raw), str(made)], dict(os.environ))


def compare_frames(database: Path, made: Path, has_marts: bool = True) -> tuple[Comparison, ...]:
    """Compare what frames made with a database that has the same facts, row for row over the frames' columns.

    Args:
        database: the warehouse's, or that of the hand-written script.
        made: a Parquet file for each table.
        has_marts: whether the database has the marts that the metrics are held against; without, they are left out.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{database}' as built (read_only)")
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("attach ':memory:' as script")
        tables = [*FACTS, METRICS] if has_marts else list(FACTS)
        for table in tables:
            query = METRICS_OF_THE_MARTS if table == METRICS else f"select * from built.main.{table}"
            connection.execute(f"create table warehouse.main.{table} as {query}")
            _load(connection, table, made / f"{table}.parquet")
        return tuple(compare_table(connection, table) for table in tables)


def _load(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    """Read a table of frames in the types that the other side has, where it has the column."""
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where database_name = 'warehouse' and schema_name = 'main' and table_name = ?",
            [table],
        ).fetchall()
    )
    columns = [name for name, *_ in connection.execute(f"describe select * from '{file}'").fetchall()]
    told = ", ".join(f"cast({name} as {types[name]}) as {name}" if name in types else name for name in columns)
    connection.execute(f"create table script.main.{table} as select {told} from '{file}'")


def compare_all(workspace: Workspace) -> dict[str, tuple[Comparison, ...]]:
    """Compare what each library made with the warehouse's."""
    return {library: compare_frames(workspace.warehouse, workspace.folder / library / "made") for library in LIBRARIES}


def take_turn(workspace: Workspace, memory_limit: str) -> Turn:
    """Run each once."""
    warehouse, _ = workspace.run_all(memory_limit)
    script = workspace.run_script().process
    frames = {library: run_frames(library, workspace.raw, workspace.folder / library / "made") for library in LIBRARIES}
    return Turn(warehouse, script, frames)


def render(
    event_count: int, turns: Sequence[Turn], comparisons: Sequence[Comparison], load: tuple[float, float]
) -> str:
    """Write the results section."""
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    measures: dict[str, tuple[Callable[[Process], float], Callable[[float], str]]] = {
        "wall time": (lambda process: process.seconds, seconds),
        "CPU time": (lambda process: process.cpu_seconds, seconds),
        "peak memory": (lambda process: float(process.peak_bytes), gigabytes),
    }
    rows: dict[str, Callable[[Turn], Process]] = {
        "warehouse (`dbt run` of all models)": lambda turn: turn.warehouse,
        "hand-written script": lambda turn: turn.script,
        **{library: (lambda turn, library=library: turn.frames[library]) for library in LIBRARIES},  # type: ignore[misc]
    }

    def ratios(of: Callable[[Turn], Process], to: Callable[[Turn], Process]) -> str:
        return " / ".join(
            times(statistics.median(measure(of(turn)) / measure(to(turn)) for turn in turns))
            for measure, _ in measures.values()
        )

    lines = [
        f"{render_machine(*load)[:-1]}; {versions}.",
        "",
        f"{event_count:,} raw events, repetitions in turns: {len(turns)}; medians, with the smallest and largest in "
        "brackets. Ratios are of wall time / CPU time / peak memory.",
        "",
        f"| | {' | '.join(measures)} | ÷ warehouse | ÷ script |",
        f"|---|{'---|' * len(measures)}---|---|",
    ]
    for name, of in rows.items():
        cells = [spread([measure(of(turn)) for turn in turns], form) for measure, form in measures.values()]
        cells += [ratios(of, rows[other]) if name != other else "" for other in list(rows)[:2]]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(
        [*lines, "", *render_comparisons(comparisons, "all columns that the frames make, with both libraries")]
    )


def report_all(found: dict[str, tuple[Comparison, ...]]) -> int:
    """Print what the comparisons found, and return the exit code."""
    failed = 0
    for library, comparisons in found.items():
        print(f"{library}:", file=sys.stderr if describe_differences(comparisons) else sys.stdout)
        failed = max(failed, report(comparisons))
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="raw events (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026, help="of the generator (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, help="of each run (default: %(default)s)")
    parser.add_argument("--memory-limit", default="4GB", help="of the warehouse's engine (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep everything in this folder (default: a temporary one)")
    parser.add_argument("--check", action="store_true", help="run each once, compare the rows, write and time nothing")
    parser.add_argument("--print", action="store_true", help="print the results and leave README.md as it is")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Workspace((options.folder or Path(temporary)).resolve())
        load_before = os.getloadavg()[0]
        workspace.make_raw_files(options.events, options.seed)
        workspace.make_seeded_database()
        turns = [take_turn(workspace, options.memory_limit) for _ in range(1 if options.check else options.repetitions)]
        load = load_before, os.getloadavg()[0]
        found = compare_all(workspace)
        if (failed := report_all(found)) or options.check:
            return failed
        section = render(workspace.count_events(), turns, found[LIBRARIES[0]], load)
        print(section)
        if not options.print:
            write_results(section, "dataframes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
