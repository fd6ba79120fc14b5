"""The warehouse as an export sees it: one file, opened read-only, all of one build."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from messaging_warehouse.export.errors import ExportError, WrongUsageError
from messaging_warehouse.export.reports import Report

# What keeps ten million rows within a gigabyte, whatever the machine has: what does not fit is sorted on the disk.
_WITHIN: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "400MB", "threads": 2}


@dataclass(frozen=True)
class Column:
    """A column of a report: its type in the warehouse, and what it means (empty where the file does not tell)."""

    name: str
    data_type: str
    meaning: str


@dataclass(frozen=True)
class Source:
    """An open warehouse, or copy of one, and which build it is.

    Attributes:
        connection: to the file; its zone is UTC.
        build_id: the build.
        as_of: the moment it speaks for, in UTC; null where nothing usable was delivered.
        reporting_timezone: where it cuts days.
    """

    connection: duckdb.DuckDBPyConnection
    build_id: str
    as_of: datetime | None
    reporting_timezone: str

    def columns(self, report: Report) -> list[Column]:
        """Return the columns of a report, in order."""
        rows = self.connection.execute(
            "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
            "where database_name = current_database() and table_name = ? order by column_index",
            [report.relation],
        ).fetchall()
        return [Column(*row) for row in rows]

    def meaning(self, report: Report) -> str:
        """Return what a report is, if the file tells."""
        rows = self.connection.execute(
            "select coalesce(comment, '') from duckdb_views() "
            "where database_name = current_database() and view_name = ?",
            [report.relation],
        ).fetchall()
        return str(rows[0][0]) if rows else ""

    def zone(self, name: str | None) -> str:
        """Return a time zone that the engine knows: the one that is named, else the warehouse's own.

        Raises:
            WrongUsageError: it knows none of that name.
        """
        if name is None:
            return self.reporting_timezone
        known = {row[0] for row in self.connection.execute("select name from pg_timezone_names()").fetchall()}
        # The engine takes abbreviations, too, and BST for Bangladesh's time.
        names = sorted(known & available_timezones())
        if name in names:
            return name
        # Another abbreviation is no misspelt one: who means BST does not mean MST.
        as_written = {each.lower(): each for each in names if "/" in each or each.lower() == name.lower()}
        close = get_close_matches(name.lower(), as_written, n=1)
        meant = f"did you mean {as_written[close[0]]}?" if close else "write an IANA name like Europe/Berlin."
        raise WrongUsageError(f"--timezone {name!r} is not a time zone; {meant}")


def source_file(database: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the file to read: the one that is named, else the copy for readers that builds publish.

    Raises:
        ExportError: builds publish none.
    """
    if database is not None:
        return database
    warehouse = environment.get("MESSAGING_DB", "warehouse.duckdb")
    # As the macro serving_location() says it to builds.
    location = environment.get("MESSAGING_SERVING", f"{warehouse.removesuffix('.duckdb')}_serving.duckdb")
    if location in ("", "none"):
        raise ExportError(
            "MESSAGING_SERVING is none, so that builds publish no copy for readers; unset it and build again, or name "
            "the warehouse with --database."
        )
    return Path(location)


@contextmanager
def opened(file: Path, *, is_named: bool = False) -> Iterator[Source]:
    """Open a warehouse or a copy of one.

    Raises:
        ExportError: there is none, it cannot be read now, or what is in it is no whole build.
    """
    if file.is_dir():
        raise ExportError(f"{file} is a folder; name the file of a warehouse, or of its copy for readers.")
    if not file.is_file():
        raise ExportError(
            f"{file} does not exist; name the file of a warehouse, or of its copy for readers."
            if is_named
            else f"There is no serving copy at {file} yet: `make build` publishes one; --database names another."
        )
    try:
        connection = duckdb.connect(str(file), read_only=True, config=_WITHIN)
    except duckdb.Error as error:
        if "not a valid DuckDB database file" in str(error):
            raise ExportError(
                f"{file} cannot be read: it is no database; name the file of a warehouse, or of its copy for readers."
            ) from None
        raise ExportError(
            f"{file} cannot be read; if a build is writing it, wait, or take the serving copy: {first_line(error)}"
        ) from None
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield _read_build(connection, file)
    finally:
        connection.close()


def _read_build(connection: duckdb.DuckDBPyConnection, file: Path) -> Source:
    try:
        row = connection.execute("select build_id, as_of, reporting_timezone, build_state from dim_build").fetchone()
    except duckdb.Error as error:
        raise ExportError(
            f"{file} is no warehouse that this version has built; build anew, or name another file: {first_line(error)}"
        ) from None
    if row is None or row[3] != "complete":
        state = "no build" if row is None else f"a build that is {row[3]}"
        raise ExportError(
            f"{file} holds {state}: its tables may be of two builds; run dbt build again, or take the serving copy."
        )
    return Source(connection, *row[:3])


def first_line(error: Exception) -> str:
    """Return what an error says first."""
    return str(error).strip().split("\n", 1)[0]
