"""Publish relations of the warehouse as one file that is read while the next build is under way.

A DuckDB file has one writer and, while it writes, no reader. So readers get a file of their own, which is never written
in place: a new one is made beside it, flushed to the disk and renamed onto it. A rename is atomic, so whoever opens the
name gets all of one build; whoever has the old file open keeps it to the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

WRITE_BITS = 0o222
_NEW = "serving_copy_in_the_making"
_OLD = "serving_copy_to_replace"


class PublishingError(Exception):
    """The copy was not published; the message is one sentence for whoever runs the build."""


def publish(
    warehouse: duckdb.DuckDBPyConnection,
    location: str,
    build_id: str,
    schema: str,
    relations: Sequence[Mapping[str, Any]],
) -> None:
    """Replace the serving copy at `location` by the relations as they now stand in a schema of the warehouse.

    Args:
        warehouse: a connection to the warehouse, which may be in use; what it has not committed is not published.
        location: the file's name. Its folder is made where there is none.
        build_id: tells the temporary file from another's.
        schema: where the relations stand, in the warehouse and in the copy.
        relations: each with its `name` and `description`, its `columns` as {name: description}, and `view`: null for a
            table, for a view the query behind it. Each comes after those that it reads. The queries are not taken
            from the warehouse because the engine does not print every view so that it can be read again.

    Raises:
        PublishingError: nothing was published. The file at `location` is as it was, and no other is left behind.
    """
    if "://" in location:
        raise PublishingError("MESSAGING_SERVING: a bucket cannot replace a file at once; name a local file.")
    target = Path(location).resolve()
    connection = warehouse.cursor()
    try:
        _refuse_other_files(connection, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(target)
        new = target.parent / f".{target.name}.{build_id}.tmp"
        try:
            with _attached(connection, new, _NEW):
                _copy(connection, schema, relations)
                connection.execute(f"checkpoint {_NEW}")  # which detaching would do, without saying what failed
            _replace(new, target)
        finally:
            remove_leftovers(target)
    except (OSError, duckdb.Error) as error:
        reason = str(error).strip().splitlines()[0]
        raise PublishingError(
            f"MESSAGING_SERVING: the warehouse is built, but {target} was not published and is as it was; "
            f"mend the cause and build again: {reason}"
        ) from error
    finally:
        connection.close()


def remove_leftovers(target: Path) -> None:
    """Remove what a publication that was killed left beside the copy."""
    for path in target.parent.iterdir():
        if path.name.startswith(f".{target.name}.") and path.name.endswith((".tmp", ".tmp.wal")):
            path.unlink(missing_ok=True)


def _refuse_other_files(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Only a serving copy is ever replaced: a name mistaken for another must not cost anybody's data."""
    if target.exists() and not _is_serving_copy(connection, target):
        raise PublishingError(
            f"MESSAGING_SERVING: {target} is there and is no serving copy, so it was left alone; name another file."
        )


def _is_serving_copy(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Tell a copy from any other file: it holds what is published, as one schema, and nothing else."""
    try:
        with _attached(connection, path, _OLD, "(read_only)"):
            found = connection.execute(
                "select count(distinct schema_name) = 1 and bool_or(table_name = 'dim_build') "
                f"from duckdb_tables() where database_name = '{_OLD}'"
            ).fetchone()
            return found == (True,)
    except duckdb.Error:
        # A reader who opened it for writing has locked it. That must not stop a build, and no live database of
        # somebody else's is a file that nobody may write to.
        return path.is_file() and not path.stat().st_mode & WRITE_BITS


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path, name: str, options: str = "") -> Iterator[None]:
    connection.execute(f"attach {_literal(str(path))} as {name} {options}")
    try:
        yield
    finally:
        connection.execute(f"detach {name}")


def _copy(connection: duckdb.DuckDBPyConnection, schema: str, relations: Sequence[Mapping[str, Any]]) -> None:
    """Create the relations in the attached copy with their constraints, rows and descriptions, as one transaction."""
    (warehouse,) = connection.execute("select current_database()").fetchone() or ("",)
    definitions = dict(
        connection.execute(
            "select table_name, sql from duckdb_tables() where database_name = ? and schema_name = ?",
            [warehouse, schema],
        ).fetchall()
    )
    connection.execute(f"use {_NEW}")
    connection.execute("begin")
    try:
        connection.execute(f"create schema if not exists {_name(schema)}")
        for relation in relations:
            name = f"{_name(schema)}.{_name(relation['name'])}"
            if relation["view"] is None:
                connection.execute(definitions[relation["name"]])
                connection.execute(f"insert into {name} select * from {_name(warehouse)}.{name}")
            else:
                connection.execute(f"create view {name} as ({relation['view']}\n)")
            connection.execute(_comments(name, relation))
        connection.execute("commit")
    except duckdb.Error:
        with suppress(duckdb.Error):  # a full disk has ended the transaction already
            connection.execute("rollback")
        raise
    finally:
        connection.execute(f"use {_name(warehouse)}")


def _comments(name: str, relation: Mapping[str, Any]) -> str:
    kind = "table" if relation["view"] is None else "view"
    comments = [f"comment on {kind} {name} is {_literal(relation['description'])};"]
    comments += [
        f"comment on column {name}.{_name(column)} is {_literal(description)};"
        for column, description in relation["columns"].items()
    ]
    return "\n".join(comments)


def _replace(new: Path, target: Path) -> None:
    """Put the new file in the place of the old, such that no crash leaves anything but one of the two."""
    # Whoever opens a file for writing locks every reader out, and their log would be replayed on another build's file.
    new.chmod(new.stat().st_mode & ~WRITE_BITS)
    _flush(new)
    target.with_name(target.name + ".wal").unlink(missing_ok=True)
    new.replace(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
