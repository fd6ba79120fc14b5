"""Write the warehouse's file anew, so that nothing that was deleted from its tables is left in it.

DuckDB marks what is deleted or replaced as free and keeps the bytes: until something else is written there, a text that
no query finds is still found by whoever reads the file. A copy into a new file holds what the tables hold and nothing
else; it takes the place of the old one when the connection has been closed.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import BinaryIO

import duckdb

if sys.platform != "win32":
    import fcntl

FRESH = "warehouse_written_anew"


class RewritingError(Exception):
    """The file was not written anew; the message is one sentence for whoever runs the build."""


class Rewriting:
    """A copy of the warehouse that waits for the end of the process to take its place.

    dbt keeps its connection to the end, and whoever writes through a connection whose file has been replaced writes
    into nothing. So the copy is made while the build can still fail for it, and put in place when nobody can write.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self._path = path.absolute().resolve()
        self._fresh = self._path.with_name(f".{self._path.name}.anew")
        self._copied: tuple[tuple[int, int], ...] | None = None
        self._held: BinaryIO | None = None

    def remove_leftovers(self) -> None:
        """Remove the copy of a process that was killed. Only for who has the warehouse open, and so has it alone."""
        self._fresh.unlink(missing_ok=True)
        self._wal(self._fresh).unlink(missing_ok=True)

    def copy(self, redactions: str) -> None:
        """Copy what is committed, and note in the copy alone which redactions it has left behind.

        Args:
            redactions: their fingerprint, for `journal.rewritten`.

        Raises:
            RewritingError: no copy was made, and the warehouse is as it was.
        """
        cursor = self._connection.cursor()
        self._copied = None
        try:
            self.remove_leftovers()
            (warehouse,) = cursor.execute("select current_database()").fetchone() or ("",)
            cursor.execute("attach '" + str(self._fresh).replace("'", "''") + f"' as {FRESH}")
            try:
                cursor.execute(f"copy from database {_quoted(warehouse)} to {FRESH}")
                cursor.execute(f"create schema if not exists {FRESH}.journal")
                cursor.execute(
                    f"create or replace table {FRESH}.journal.rewritten as select ? as redactions", [redactions]
                )
                _refuse_a_copy_that_lacks(cursor, warehouse)
                cursor.execute(f"checkpoint {FRESH}")
            finally:
                cursor.execute(f"detach {FRESH}")
            shutil.copymode(self._path, self._fresh)
            self._copied = self._state()
        except (OSError, duckdb.Error) as error:
            self.remove_leftovers()
            raise RewritingError(
                "redactions: the tables are without the redacted text, but the file could not be written anew without "
                f"it; mend the cause and build again: {str(error).strip().splitlines()[0]}"
            ) from error
        finally:
            cursor.close()

    def put_in_place(self) -> None:
        """Replace the file by its copy, unless somebody has written to it since, or has it open; then build again.

        Whoever would open it between the close and the change of names would write into a file without a name: so it is
        locked as the engine locks it, until this process ends.
        """
        if self._copied is None:
            return
        is_unchanged = self._copied == self._state()
        self._copied = None
        self._connection.close()
        self._held = _held_alone(self._path)
        if self._held and is_unchanged and not self._wal(self._path).exists():
            _flush(self._fresh)
            self._fresh.replace(self._path)
            _flush(self._path.parent)
            shutil.rmtree(self._path.with_name(self._path.name + ".tmp"), ignore_errors=True)
        else:
            self.remove_leftovers()
            print(
                f"redactions: {self._path} was written to or opened after it had been copied, so its free blocks may "
                "still hold redacted text; build again.",
                file=sys.stderr,
            )

    def _state(self) -> tuple[tuple[int, int], ...]:
        """Each commit writes to one of the two files."""
        files = [file.stat() for file in (self._path, self._wal(self._path)) if file.exists()]
        return tuple((file.st_size, file.st_mtime_ns) for file in files)

    @staticmethod
    def _wal(path: Path) -> Path:
        return path.with_name(path.name + ".wal")


def _held_alone(path: Path) -> BinaryIO | None:
    """Open a file and lock it as a build does that writes to it; nothing where somebody else has it open."""
    file = path.open("r+b")
    try:
        if sys.platform != "win32":
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _refuse_a_copy_that_lacks(cursor: duckdb.DuckDBPyConnection, warehouse: str) -> None:
    """Compare the copy with the warehouse, table by table; a view must be one that can be read."""
    there, here = _contents(cursor, warehouse), _contents(cursor, FRESH)
    if missing := [relation for relation, rows in there.items() if here.get(relation) != rows]:
        raise duckdb.Error(f"the copy differs in {', '.join(missing)}")


def _contents(cursor: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    """Return the number of rows of each table, and of columns of each view, which must be readable for it."""
    (current,) = cursor.execute("select current_database()").fetchone() or ("",)
    relations = cursor.execute(
        "select schema_name, table_name, 'select count(*) from {}' from duckdb_tables() "
        "where database_name = $1 and not internal and (schema_name, table_name) != ('journal', 'rewritten') union all "
        "select schema_name, view_name, 'select count(*) from (describe {})' from duckdb_views() "
        "where database_name = $1 and not internal",
        [database],
    ).fetchall()
    cursor.execute(f"use {_quoted(database)}")
    try:
        contents = {}
        for schema, name, query in relations:
            (count,) = cursor.execute(query.format(f"{_quoted(schema)}.{_quoted(name)}")).fetchone() or (0,)
            contents[f"{schema}.{name}"] = int(count)
        return contents
    finally:
        cursor.execute(f"use {_quoted(current)}")


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
