"""Raw input as users bring it: the same rows as files of each format, builds of them, and their tables compared."""

import atexit
import csv
import functools
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from warehouse import PROJECT, RAW_COLUMNS, DbtRun, create_text_table, fetch_rows, insert_rows

RawRow = Mapping[str, Any]
Contents = dict[str, Counter[tuple[Any, ...]]]

# A build of everything but its tests, which have their own place.
BUILD = ["build", "--exclude", "resource_type:unit_test", "resource_type:test"]
# What a run leaves beside the warehouse: a test that looks at it asks for it, each costs a second.
ARTIFACTS, DEBUG_LOG = "--write-json", "--log-level-file"
ALL_THAT_IS_LEFT = [ARTIFACTS, DEBUG_LOG, "debug"]


# --- builds --------------------------------------------------------------------------------------


class ParsedDbt:
    """dbt with the project parsed once: most of the seconds of a small run go into starting and parsing.

    A server parses, and forks for each command, so that every run begins with the same fresh memory. What it parsed
    holds for rows of the user's own (the demo's seeds do not exist), for one MESSAGING_SOURCE, for a file named
    warehouse.duckdb, and for the vars of Python models: those alone are not read anew by a run.
    """

    def __init__(self, source: str = "", variables: Mapping[str, Any] | None = None) -> None:
        self._source = source
        self._place = tempfile.TemporaryDirectory()
        options = ["parse", "--no-partial-parse", "--target-path", self._place.name, "--log-path", self._place.name]
        options += ["--vars", json.dumps(dict(variables or {}))]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MESSAGING_")}
        self._server = subprocess.Popen(
            [sys.executable, "-c", "import raw_folders; raw_folders.serve_dbt()", *options],
            cwd=PROJECT,
            env=environ
            | {
                "MESSAGING_DB": str(Path(self._place.name) / "warehouse.duckdb"),
                "MESSAGING_RAW": "schema:parsed",
                "MESSAGING_SOURCE": source,
                "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(
        self,
        command: Iterable[str],
        place: Path,
        raw: str | None,
        variables: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        kill_after: float | None = None,
        file_limit: int | None = None,
    ) -> DbtRun:
        """Run dbt like `run_dbt` on rows of the user's own.

        Nothing is published unless the environment says where; artifacts and debug log are left only if the command
        asks for them. After `kill_after` seconds the run is killed (-9). No file can grow beyond `file_limit` bytes.
        """
        assert self._server.stdin and self._server.stdout
        output = place / "output.txt"
        environ = {"MESSAGING_DB": str(place / "warehouse.duckdb"), "MESSAGING_SERVING": "none"}
        environ |= {"MESSAGING_RAW": raw} if raw is not None else {}
        environ |= {"MESSAGING_SOURCE": self._source, **(environment or {})}
        options = ["--target-path", str(place / "target"), "--log-path", str(place / "logs")]
        arguments = [*command, *options, "--vars", json.dumps(dict(variables or {}))]
        arguments += ["--no-write-json"] * (ARTIFACTS not in arguments)
        arguments += [DEBUG_LOG, "none"] * (DEBUG_LOG not in arguments)
        job: dict[str, Any] = {"arguments": arguments, "environ": environ, "output": str(output)}
        job |= {"kill_after": kill_after, "file_limit": file_limit}
        print(json.dumps(job), file=self._server.stdin, flush=True)
        exit_code = int(self._server.stdout.readline())
        return DbtRun(exit_code, output.read_text(), place / "warehouse.duckdb", place / "target")


@functools.cache
def parsed_dbt(source: str = "") -> ParsedDbt:
    """Return the one of this test process for a source; its server ends with it, at the end of the pipe."""
    return ParsedDbt(source)


def serve_dbt() -> None:
    """Parse by the command line's options, then run each job that comes in by standard input in a fork."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt_common.clients.jinja import template_cache

    replies = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    gc.disable()  # nothing here lives long enough to be worth it, and a collection in a fork copies what was parsed
    manifest: Any = dbtRunner().invoke(sys.argv[1:]).result
    for macro in manifest.macros.values():
        if macro.package_name == manifest.metadata.project_name:
            template_cache.get_node_template(macro)  # once, and not in each fork
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            del os.environ["MESSAGING_RAW"]  # that of the parse
            os.environ.update(job["environ"])
            if job["arguments"][: len(BUILD)] == BUILD or job["arguments"][0] == "run":
                _leave_out_tests(manifest)
            if job["arguments"][-2:] == [DEBUG_LOG, "none"]:
                _leave_out_debug_events()
            if job["file_limit"] is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_limit"], job["file_limit"]))
            atexit._clear()  # what the server would do at its own end
            result = dbtRunner(manifest=manifest).invoke(job["arguments"])
            atexit._run_exitfuncs()  # as every process of dbt's does: a file written anew is put in its place
            connections: Any = DuckDBConnectionManager
            connections.close_all_connections()
            sys.stdout.flush()
            os._exit(0 if result.success else 1 if result.exception is None else 2)
        if job["kill_after"] is not None:
            time.sleep(job["kill_after"])
            os.kill(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=replies, flush=True)


def _leave_out_tests(manifest: Any) -> None:
    """Take the tests, none of which is to be run, out of the graph in which dbt looks for what is."""
    manifest.nodes = {name: node for name, node in manifest.nodes.items() if node.resource_type != "test"}
    manifest.unit_tests = {}


def _leave_out_debug_events() -> None:
    """Have dbt put into words only what somebody reads: an event that no log takes costs as much as one that is."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    fire, tell = EventManager.fire_event, BaseEvent.__init__

    def fire_unless_debug(self: Any, event: Any, level: Any = None, **options: Any) -> None:
        if (level or event.level_tag()) != EventLevel.DEBUG:
            fire(self, event, level=level, **options)

    def tell_unless_debug(self: Any, *arguments: Any, **told: Any) -> None:
        if self.level_tag() != EventLevel.DEBUG:
            tell(self, *arguments, **told)
        else:
            self.pb_msg = getattr(self.PROTO_TYPES_MODULE, type(self).__name__)()

    setattr(EventManager, "fire_event", fire_unless_debug)  # noqa: B010
    setattr(BaseEvent, "__init__", tell_unless_debug)  # noqa: B010


# --- files ---------------------------------------------------------------------------------------


def demo_rows(demo: DbtRun) -> dict[str, list[dict[str, Any]]]:
    """Return the demo's raw rows by table, as they were loaded."""
    with demo.connect() as connection:
        return {table: fetch_rows(connection, f"select * from demo.{table}") for table in RAW_COLUMNS}


def write_csv_folder(root: Path, tables: Mapping[str, Iterable[RawRow]]) -> Path:
    """Write each table as one plain CSV file of the contract's columns; return the folder."""
    for table, rows in tables.items():
        write_csv(root / table / "rows.csv", RAW_COLUMNS[table], rows)
    return root


def write_csv(
    file: Path,
    columns: Sequence[str],
    rows: Iterable[RawRow],
    *,
    header: Sequence[str] | None = None,
    encoding: str = "utf-8",
    newline: str = "\n",
    quote_all: bool = False,
) -> None:
    """Write rows as CSV; a column that a row does not have is empty. `header` renames the columns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding=encoding, newline="") as text:
        writer = csv.writer(text, lineterminator=newline, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
        writer.writerow(header or columns)
        writer.writerows([row.get(column) for column in columns] for row in rows)


def write_ndjson(file: Path, rows: Iterable[RawRow]) -> None:
    """Write one JSON object a line, with the keys that the row has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_parquet(file: Path, types: Mapping[str, str], rows: Iterable[RawRow]) -> None:
    """Write text rows as Parquet with the engine's `types`, in the order of the types."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # A cast straight to `timestamp` would drop the offset.
    through = {column: "timestamptz" if name.startswith("timestamp") else "varchar" for column, name in types.items()}
    casts = ", ".join(f"cast({column}::{through[column]} as {name}) as {column}" for column, name in types.items())
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        create_text_table(connection, "told", types)
        insert_rows(connection, "told", tuple(types), rows)
        connection.execute(f"create table typed as select {casts} from told")
        connection.execute(f"copy typed to '{file}' (format parquet)")


# --- tables --------------------------------------------------------------------------------------


def contents(run: DbtRun, schema: str | None = "main", columns: Mapping[str, str] | None = None) -> Contents:
    """Return the tables of a schema, or of all, each as a multiset of rows, but for id and state of the build.

    `columns` is what to select from a table instead of its columns.
    """
    about_the_run = "columns(name -> name not in ('build_id', 'build_state'))"
    selected = {"main.dim_build": about_the_run, "intermediate.int_build": about_the_run}
    selected |= {f"main.{table}": expression for table, expression in (columns or {}).items()}
    with run.connect() as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name = coalesce(?, schema_name)",
            [schema],
        ).fetchall()
        return {
            name: Counter(connection.execute(f"select {selected.get(name, '*')} from {name}").fetchall())
            for (name,) in names
        }


def without_rejections(tables: Contents) -> Contents:
    """Leave out the rejected deliveries: a guard lets them be built, to be looked at."""
    return {name: rows for name, rows in tables.items() if not name.startswith("main.rejected_")}


def assert_same(found: Contents, expected: Contents) -> None:
    """Hold tables equal, row for row, and tell the first rows that differ."""
    assert set(found) == set(expected) != set()
    for name, rows in expected.items():
        surplus, missing = found[name] - rows, rows - found[name]
        assert not surplus and not missing, f"{name}: {list(surplus)[:3]} instead of {list(missing)[:3]}"
