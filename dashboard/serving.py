"""The serving copy as a page sees it: all of one build, opened anew for each look and let go at once.

A build replaces the file by a rename. Each look attaches whatever stands under the name to a database of its own in
memory, so that several people's looks neither share nor hold an older file, and reads it by one connection: what a page
shows is of one build.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from dashboard.catalogue import identifier

_ALIAS = "serving"


class NothingServedError(Exception):
    """There is no copy to read; the message says what to do."""


@dataclass(frozen=True)
class Build:
    """Which build it is.

    Attributes:
        build_id: its id.
        as_of: the moment that it speaks for, in UTC; null where nothing usable was delivered.
        first_day: the first local date that is told of; null likewise.
        last_day: the local date of `as_of`.
        day_starts_at: when that day began, in UTC: where the warehouse cuts days.
    """

    build_id: str
    as_of: datetime | None
    first_day: date | None
    last_day: date | None
    day_starts_at: datetime | None


@dataclass
class Copy:
    """One look at the copy.

    Attributes:
        connection: to a database in memory, to which the file is attached; `use`d, so that names need no prefix.
        build: which build it is.
    """

    connection: duckdb.DuckDBPyConnection
    build: Build

    def rows(self, relations: Sequence[str], query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """Run a query of the relations that it names; what a build once answered is remembered."""
        READ.update(relations)
        return _remembered(self.build.build_id, query, repr(parameters), _self=self, _parameters=parameters)

    def descriptions(self, relation: str) -> dict[str, str]:
        """Return what each column of a relation means; the relation itself under an empty name."""
        return _descriptions(self.build.build_id, identifier(relation), _self=self)

    def meaning(self, column: str) -> str:
        """Return what a column of this name means in the marts, where one name means one thing."""
        return _meanings(self.build.build_id, _self=self).get(column, "")


# Relations that this process has read so far, and so what its pages rest on.
READ: set[str] = set()


def location() -> Path:
    """Return where the copy is, as the macro serving_location() says it to builds; `none` where they publish none."""
    warehouse = os.environ.get("MESSAGING_DB", "warehouse.duckdb")
    return Path(os.environ.get("MESSAGING_SERVING", f"{warehouse.removesuffix('.duckdb')}_serving.duckdb") or "none")


def mark(path: Path) -> tuple[int, int, int] | None:
    """Tell one file under the name from the next, without opening it."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


@contextmanager
def opened(path: Path | None = None) -> Iterator[Copy]:
    """Look at the copy as it is now.

    Raises:
        NothingServedError: there is none, or no database that can be read.
    """
    path = path or location()
    if path.name == "none":
        raise NothingServedError("MESSAGING_SERVING is none, so that builds publish nothing. Unset it and build again.")
    if not path.exists():
        raise NothingServedError(f"There is no serving copy at {path} yet. `make build` publishes one.")
    connection = duckdb.connect(":memory:", config={"threads": 2})
    try:
        try:
            file = str(path).replace("'", "''")
            connection.execute(f"attach '{file}' as {_ALIAS} (read_only)")
            connection.execute(f"use {_ALIAS}")
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_external_access = false")
            build = _read_build(connection)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise NothingServedError(of_another_version(error)) from error
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise NothingServedError(
                f"{path} cannot be read as a serving copy; `make build` publishes one, and MESSAGING_SERVING names "
                f"another: {reason}"
            ) from error
        yield Copy(connection, build)
    finally:
        connection.close()


def of_another_version(error: duckdb.Error) -> str:
    """Say what to do where a copy lacks a relation or a column that a page asks for."""
    reason = str(error).splitlines()[0]
    return (
        f"The copy at {location()} was built by another version of this project than the dashboard's; build the "
        f"warehouse anew (`make build`): {reason}"
    )


def _read_build(connection: duckdb.DuckDBPyConnection) -> Build:
    READ.update(("dim_build", "dim_dates"))
    row = connection.execute(
        """
        select build_id, as_of, first_day, days.date_day, days.started_at
        from dim_build
        cross join (select min(date_day) as first_day from dim_dates)
        left join dim_dates as days on as_of >= days.started_at and as_of < days.ended_at
        """
    ).fetchone()
    if row is None:
        raise NothingServedError("The serving copy names no build. `make build` publishes another.")
    return Build(*row)


@st.cache_data(show_spinner=False, max_entries=400)
def _remembered(build_id: str, query: str, parameters: str, _self: Copy, _parameters: Sequence[Any]) -> pd.DataFrame:
    return _self.connection.execute(query, list(_parameters)).df()


@st.cache_data(show_spinner=False, max_entries=400)
def _descriptions(build_id: str, relation: str, _self: Copy) -> dict[str, str]:
    columns = _self.connection.execute(
        "select column_name, comment from duckdb_columns() where database_name = ? and table_name = ?",
        [_ALIAS, relation],
    ).fetchall()
    whole = _self.connection.execute(
        """
        select comment from duckdb_tables() where database_name = $1 and table_name = $2
        union all
        select comment from duckdb_views() where database_name = $1 and view_name = $2
        """,
        [_ALIAS, relation],
    ).fetchall()
    return {name: comment or "" for name, comment in columns} | {"": (whole[0][0] or "") if whole else ""}


@st.cache_data(show_spinner=False, max_entries=4)
def _meanings(build_id: str, _self: Copy) -> dict[str, str]:
    rows = _self.connection.execute(
        """
        select column_name, min_by(comment, table_name)
        from duckdb_columns()
        where database_name = ? and comment is not null and regexp_matches(table_name, '^(mart|rt)_')
        group by column_name
        """,
        [_ALIAS],
    ).fetchall()
    return dict(rows)
