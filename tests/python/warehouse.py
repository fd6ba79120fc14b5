"""The warehouse as tests see it: dbt runs in temporary places, and the compiled SQL replayed on a stream.

A `dbt build` takes seconds, and hypothesis wants hundreds. So dbt compiles the project once, against raw tables
in a schema, and each example runs that same compiled SQL, in the DAG's order, in a DuckDB in memory.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from reference import ConfiguredInput, RawInput

PROJECT = Path(__file__).resolve().parents[2]
RAW_SCHEMA = "raw_input"
Row = dict[str, Any]

# Reference tables whose keys are unique, and all raw tables with their columns in contract order.
RAW_COLUMNS: dict[str, tuple[str, ...]] = {
    "raw_conversation_events": (
        "event_id", "event_type", "occurred_at", "received_at", "conversation_id", "channel_id",
        "messaging_user_id", "actor_type", "actor_id", "payload",
    ),
    "raw_presence_events": (
        "event_id", "agent_id", "status", "capacity", "occurred_at", "received_at",
    ),
    "raw_agents": ("agent_id", "agent_name", "email", "is_active"),
    "raw_teams": ("team_id", "team_name"),
    "raw_team_memberships": ("agent_id", "team_id", "valid_from", "valid_to"),
    "raw_channels": (
        "channel_id", "channel_name", "channel_type", "platform_type", "business_hours_id",
        "is_test",
    ),
    "raw_messaging_users": (
        "messaging_user_id", "channel_id", "platform_key", "display_name", "contact_id",
        "account_id", "consent_status", "locale",
    ),
    "raw_accounts": ("account_id", "account_name"),
    "raw_topics": ("topic_id", "topic_name", "is_active"),
}  # fmt: skip

# Configuration that a `ConfiguredInput` brings along; without one, the project's own seeds hold.
CONFIGURATION_COLUMNS: dict[str, tuple[str, ...]] = {
    "business_hours": ("business_hours_id", "timezone"),
    "business_hour_intervals": ("business_hours_id", "iso_weekday", "opens_at", "closes_at"),
    "holidays": ("business_hours_id", "holiday_date", "opens_at", "closes_at", "name"),
    "sla_policies": (
        "policy_id", "policy_name", "metric", "channel_id", "team_id", "topic_id", "target_seconds", "clock",
        "valid_from", "valid_to",
    ),
    "emoji_sentiment": ("emoji", "sentiment_score"),
}  # fmt: skip


@dataclass(frozen=True)
class DbtRun:
    """What a dbt command said and left behind."""

    exit_code: int
    output: str
    database: Path
    target: Path

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the built database read-only, in UTC."""
        connection = duckdb.connect(str(self.database), read_only=True)
        connection.execute("set TimeZone = 'UTC'")
        return connection


def run_dbt(
    command: Iterable[str],
    place: Path,
    raw: str | None = None,
    variables: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> DbtRun:
    """Run dbt on the project with everything that it writes in `place`; `raw` is MESSAGING_RAW."""
    place.mkdir(parents=True, exist_ok=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MESSAGING_")}
    environ |= {"MESSAGING_DB": str(place / "warehouse.duckdb"), **(environment or {})}
    if raw is not None:
        environ["MESSAGING_RAW"] = raw
    process = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), *command,
            "--target-path", str(place / "target"), "--log-path", str(place / "logs"),
            "--vars", json.dumps(dict(variables or {})), "--no-partial-parse",
        ],
        cwd=PROJECT, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return DbtRun(
        process.returncode,
        process.stdout + process.stderr,
        place / "warehouse.duckdb",
        place / "target",
    )


def demo_of_make(place: Path) -> DbtRun | None:
    """Take a copy of what `make build` has just made of the demo, if MESSAGING_TEST_BUILD names what it said."""
    said = os.environ.get("MESSAGING_TEST_BUILD")
    if said is None:
        return None
    for file in ("warehouse.duckdb", "warehouse_serving.duckdb"):
        shutil.copy(PROJECT / file, place)
    shutil.copytree(PROJECT / "target", place / "target", ignore=shutil.ignore_patterns("tests", "lint"))
    return DbtRun(0, Path(said).read_text(), place / "warehouse.duckdb", place / "target")


def write_raw_schema(database: Path, schema: str = RAW_SCHEMA) -> None:
    """Create the contract's tables, empty and all text, in a schema of a DuckDB file."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema {schema}")
        create_raw_tables(connection, schema)


def create_raw_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Create or empty the contract's tables in a schema."""
    for table, columns in RAW_COLUMNS.items():
        create_text_table(connection, f"{schema}.{table}", columns)


def create_text_table(connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str]) -> None:
    """Create a table of texts without rows, or empty it."""
    definitions = ", ".join(f"{column} varchar" for column in columns)
    connection.execute(f"create or replace table {table} ({definitions})")


def load_raw(connection: duckdb.DuckDBPyConnection, schema: str, raw: RawInput) -> None:
    """Replace the rows of the raw tables by a stream's."""
    create_raw_tables(connection, schema)
    for table, columns in RAW_COLUMNS.items():
        insert_rows(connection, f"{schema}.{table}", columns, getattr(raw, table.removeprefix("raw_")))


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Insert rows of texts as one JSON document: hundreds of times faster than a parameter for each."""
    document = json.dumps([{column: row.get(column) for column in columns} for row in rows])
    shape = json.dumps([dict.fromkeys(columns, "varchar")])
    connection.execute(f"insert into {table} select unnest(from_json(?, ?), recursive := true)", [document, shape])


class Replay:
    """The project's compiled SQL, run on raw rows in memory.

    Made out of what `dbt compile` leaves over an empty raw schema; seeds are copied from it. `AS_OF` in
    the compiled SQL, where the build was given it as a var, is replaced by the example's.
    """

    AS_OF = "2199-12-31T23:59:59Z"

    def __init__(self, run: DbtRun) -> None:
        manifest = json.loads((run.target / "manifest.json").read_text())
        nodes = manifest["nodes"]
        self._models = [
            nodes[unique_id] for unique_id in _in_dag_order(manifest) if nodes[unique_id]["resource_type"] == "model"
        ]
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set threads = 1")  # a second costs such small tables a third more than it brings
        self.connection.execute("attach ':memory:' as warehouse; use warehouse")
        self.connection.execute(f"attach '{run.database}' as built (read_only)")
        for schema in {node["schema"] for node in nodes.values()} | {RAW_SCHEMA, "seeds", "journal"}:
            self.connection.execute(f"create schema if not exists warehouse.{schema}")
        for (table,) in self.connection.execute(
            "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'journal'"
        ).fetchall():  # empty: every example is the first build
            self.connection.execute(f"create table journal.{table} as from built.journal.{table} limit 0")
        for node in nodes.values():
            if node["resource_type"] == "seed":
                name = f"{node['schema']}.{node['alias']}"
                self.connection.execute(f"create table {name} as select * from built.{name}")
                if node["alias"] in CONFIGURATION_COLUMNS:
                    self.connection.execute(f"create table seeds.{node['alias']} as select * from built.{name}")
        self.connection.execute("detach built")

    @property
    def marts(self) -> list[str]:
        """The names of the marts."""
        return sorted(model["name"] for model in self._models if "marts" in model["fqn"])

    def build(self, raw: RawInput, as_of: datetime | None = None) -> None:
        """Run every model on the rows."""
        self._build_models(self._models, raw, as_of)

    def build_only(self, raw: RawInput, as_of: datetime | None, tables: Collection[str]) -> None:
        """Run on the rows the models that some tables are made of; others stand as they stood."""
        needed: set[str] = set()
        for model in reversed(self._models):
            if model["name"] in tables or model["unique_id"] in needed:
                needed |= {model["unique_id"], *model["depends_on"]["nodes"]}
        self._build_models([model for model in self._models if model["unique_id"] in needed], raw, as_of)

    def _build_models(self, models: Iterable[Mapping[str, Any]], raw: RawInput, as_of: datetime | None) -> None:
        load_raw(self.connection, RAW_SCHEMA, raw)
        self._configure(raw)
        for model in models:
            name = f"{model['schema']}.{model['alias']}"
            if model["language"] == "python":
                self._build_in_python(name, model["compiled_code"])
                continue
            sql = model["compiled_code"]
            if as_of is not None:
                sql = sql.replace(self.AS_OF, as_of.isoformat() + "Z")
            kind = "view" if model["config"]["materialized"] == "view" else "table"
            self.connection.execute(f"create or replace {kind} {name} as ({sql}\n)")

    def _configure(self, raw: RawInput) -> None:
        """Put the stream's configuration in the place of the seeds, or the seeds back where it has none."""
        is_configured = isinstance(raw, ConfiguredInput)
        for table, columns in CONFIGURATION_COLUMNS.items():
            self.connection.execute(
                f"create or replace table config.{table} as "
                f"select {', '.join(columns)} from seeds.{table} {'limit 0' if is_configured else ''}"
            )
            if is_configured:
                insert_rows(self.connection, f"config.{table}", columns, getattr(raw, table))

    def _build_in_python(self, name: str, code: str) -> None:
        """Run a Python model as dbt does: the model's code, and dbt's own that resolves its refs."""
        module: dict[str, Any] = {}
        exec(code, module)
        dbt = module["dbtObj"](lambda table: self.connection.query(f"select * from {table}"))
        module["model"](dbt, self.connection).create_view("model_in_python", replace=True)
        self.connection.execute(f"create or replace table {name} as select * from model_in_python")

    def rows(self, table: str, columns: Iterable[str] = ("*",)) -> list[Row]:
        """Return the rows of a table as dicts."""
        return fetch_rows(self.connection, f"select {', '.join(columns)} from {table}")


def fetch_rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """Return a query's rows as dicts."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _in_dag_order(manifest: Mapping[str, Any]) -> list[str]:
    """Return the ids of all nodes so that each comes after what it depends on."""
    nodes = manifest["nodes"]
    ordered: dict[str, None] = {}

    def visit(unique_id: str) -> None:
        if unique_id in nodes and unique_id not in ordered:
            for parent in nodes[unique_id]["depends_on"].get("nodes", []):
                visit(parent)
            ordered[unique_id] = None

    for unique_id in sorted(nodes):
        if nodes[unique_id]["resource_type"] in ("model", "seed"):
            visit(unique_id)
    return list(ordered)
