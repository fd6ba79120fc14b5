"""Raw input as users bring it: the same rows as files of each format, and a warehouse's tables to compare."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from warehouse import RAW_COLUMNS, DbtRun, fetch_rows

RawRow = Mapping[str, Any]
Contents = dict[str, Counter[tuple[Any, ...]]]

# A build of everything but its tests, which have their own place.
BUILD = ["build", "--exclude", "resource_type:unit_test", "resource_type:test"]


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
        quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
        writer = csv.writer(text, lineterminator=newline, quoting=quoting)
        writer.writerow(header or columns)
        writer.writerows([row.get(column) for column in columns] for row in rows)


def write_ndjson(file: Path, rows: Iterable[RawRow]) -> None:
    """Write one JSON object a line, with the keys that the row has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_parquet(file: Path, types: Mapping[str, str], rows: Iterable[RawRow]) -> None:
    """Write text rows as Parquet with the engine's `types`, in the order of the types."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    texts = ", ".join(f"unnest(?::varchar[]) as {column}" for column in types)
    # A cast straight to `timestamp` would drop the offset.
    through = {column: "timestamptz" if name.startswith("timestamp") else "varchar" for column, name in types.items()}
    casts = ", ".join(f"cast({column}::{through[column]} as {name}) as {column}" for column, name in types.items())
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"create table typed as select {casts} from (select {texts})",
            [[row.get(column) for row in rows] for column in types],
        )
        connection.execute(f"copy typed to '{file}' (format parquet)")


def contents(run: DbtRun, schema: str | None = "main", columns: Mapping[str, str] | None = None) -> Contents:
    """Return the tables of a schema, or of all, each as a multiset of rows, but for the id of the build.

    `columns` is what to select from a table instead of its columns.
    """
    selected = {"main.dim_build": "* exclude (build_id)", "intermediate.int_build": "* exclude (build_id)"}
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
    assert set(found) == set(expected)
    for name, rows in expected.items():
        surplus, missing = found[name] - rows, rows - found[name]
        assert not surplus and not missing, f"{name}: {list(surplus)[:3]} instead of {list(missing)[:3]}"
