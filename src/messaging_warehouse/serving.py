"""Publish relations of the warehouse as one file that is read while the next build is under way.

A DuckDB file has one writer and, while it writes, no reader. So readers get a file of their own, which is never written
in place: a new one is made beside it, flushed to the disk and renamed onto it. A rename is atomic, so whoever opens the
name gets all of one build; whoever has the old file open keeps it to the end.

Where the file is the last publication's own, the new one is made out of it and of what has changed since: of shared
blocks, where the file system has them; else of the copy before it, which is kept as a spare and gets the changes of two
builds; else, while somebody still reads that one, of copied bytes. The first two cost what changes, whatever the size.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb

if sys.platform == "linux":
    import fcntl

WRITE_BITS = 0o222
_NEW = "serving_copy_in_the_making"
_OLD = "serving_copy_to_replace"


class _Way(Enum):
    """What a new file was begun with."""

    BLOCKS = "the last file's blocks, which both share"
    SPARE = "the file before it"
    BYTES = "the last file's bytes"


class PublishingError(Exception):
    """The copy was not published; the message is one sentence for whoever runs the build."""


@dataclass(frozen=True)
class Publication:
    """What one publication tells the next.

    Attributes:
        build_id: the build that was published.
        file: a mark of the file, its size and time, which any write to it changes.
        form: a fingerprint of all but the rows: names, columns, constraints, descriptions and views.
        is_whole: whether every row was copied, or the file was made out of the last one.
        spare_build_id: the build whose copy this one replaced, if that is kept to make the next one of; else nothing.
        spare_file: a mark of that file.
    """

    build_id: str
    file: str
    form: str
    is_whole: bool
    spare_build_id: str = ""
    spare_file: str = ""


def publish(
    warehouse: duckdb.DuckDBPyConnection,
    location: str,
    build_id: str,
    schema: str,
    relations: Sequence[Mapping[str, Any]],
    last: Publication | None = None,
) -> Publication:
    """Replace the serving copy at `location` by the relations as they now stand in a schema of the warehouse.

    Args:
        warehouse: a connection to the warehouse, which may be in use; what it has not committed is not published.
        location: the file's name. Its folder is made where there is none.
        build_id: tells the temporary file from another's.
        schema: where the relations stand, in the warehouse and in the copy.
        relations: each with its `name` and `description`, its `columns` as {name: description}, and `view`: null for a
            table, for a view the query behind it. Each comes after those that it reads. The queries are not taken
            from the warehouse because the engine does not print every view so that it can be read again. A table may
            have `changes`: {`gone`, `came`: tables of the rows that were deleted and inserted since the last
            publication, `grain`: the columns that identify a row, if any do}. Without them it has changed altogether.
            `changes_before` are those between the last publication and the one before it.
        last: the last publication, if `changes` tells all that has happened to the tables since. If it kept a spare,
            `changes_before` tells all that had happened since that one.

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
            form = _form(connection, schema, relations)
            way = _build_on(connection, target, new, schema, relations, last) if last and last.form == form else None
            if way is None:
                remove_leftovers(target)
                _make(connection, new, schema, relations)
            publication = Publication(build_id, _mark(new), form, way is None)
            # What calls for a whole copy may be that something has to vanish; and shared blocks cost less than a spare.
            is_kept = last is not None and way in (_Way.SPARE, _Way.BYTES) and _keep_as_spare(target)
            if not is_kept:
                spare_of(target).unlink(missing_ok=True)
            elif last is not None:
                publication = replace(publication, spare_build_id=last.build_id, spare_file=last.file)
            _replace(new, target)
            return publication
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


def spare_of(target: Path) -> Path:
    """Return the file that is kept of a copy when it is replaced."""
    return target.with_name(f".{target.name}.spare")


def _refuse_other_files(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Only a serving copy is ever replaced: a name mistaken for another must not cost anybody's data."""
    if target.exists() and not _is_serving_copy(connection, target):
        raise PublishingError(
            f"MESSAGING_SERVING: {target} is there and is no serving copy, so it was left alone; name another file."
        )


def _is_serving_copy(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Tell a copy from any other file: it holds what is published, as one schema, and nothing else."""
    try:
        return _holds_what_is_published(connection, path)
    except duckdb.Error:
        # A reader who opened it for writing may have locked it, which must not stop a build. No live database of
        # somebody else's is a file that nobody may write to; but other files are such, so its bytes have to prove it.
        if not path.is_file() or path.stat().st_mode & WRITE_BITS or not _is_a_database(path):
            return False
    looked_at = path.with_name(f".{path.name}.looked_at.tmp")
    try:
        return any(
            _copied(path, looked_at, ["cp", *how, str(path), str(looked_at)])
            and _holds_what_is_published(connection, looked_at)
            for how in (["--reflink=always"], [])
        )
    except duckdb.Error:
        return False
    finally:
        looked_at.unlink(missing_ok=True)


def _holds_what_is_published(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    with _attached(connection, path, _OLD, "(read_only)"):
        found = connection.execute(
            "select count(distinct schema_name) = 1 and bool_or(table_name = 'dim_build') "
            f"from duckdb_tables() where database_name = '{_OLD}'"
        ).fetchone()
        return found == (True,)


def _is_a_database(path: Path) -> bool:
    """Whether a file begins as the engine's do. Asked of another process, for the reason that `_copied` has."""
    begin = subprocess.run(["head", "-c", "12", str(path)], capture_output=True, check=False).stdout
    return begin[8:] == b"DUCK"


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path, name: str, options: str = "") -> Iterator[None]:
    connection.execute(f"attach {_literal(str(path))} as {name} {options}")
    try:
        yield
    finally:
        connection.execute(f"detach {name}")


def _make(
    connection: duckdb.DuckDBPyConnection, new: Path, schema: str, relations: Sequence[Mapping[str, Any]]
) -> None:
    """Write all relations into a new file, with their constraints, rows and descriptions."""
    definitions = _definitions(connection, schema)
    with _attached(connection, new, _NEW), _written(connection) as warehouse:
        connection.execute(f"create schema if not exists {_name(schema)}")
        for relation in relations:
            name = f"{_name(schema)}.{_name(relation['name'])}"
            if relation["view"] is None:
                connection.execute(definitions[relation["name"]])
                connection.execute(f"insert into {name} from {warehouse}.{name}")
            else:
                connection.execute(f"create view {name} as ({relation['view']}\n)")
            connection.execute(_comments(name, relation))


def _build_on(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    new: Path,
    schema: str,
    relations: Sequence[Mapping[str, Any]],
    last: Publication,
) -> _Way | None:
    """Make the new file out of the last one or of its spare; return how, or null if that could not be done."""
    if not target.exists() or _mark(target) != last.file:
        return None
    way = _begin(target, new, last)
    if way is None or _mark(target) != last.file:  # looked at once more: whoever writes meanwhile is seen
        return None
    new.chmod(new.stat().st_mode | 0o200)
    is_spare = way is _Way.SPARE
    with _attached(connection, new, _NEW):
        if not _is_sound(connection, schema, last.spare_build_id if is_spare else last.build_id):
            return None
        with _written(connection) as warehouse:
            for relation in relations:
                if relation["view"] is None:
                    name = f"{_name(schema)}.{_name(relation['name'])}"
                    changes = [relation.get("changes_before")] if is_spare else []
                    _bring_up_to_date(connection, name, f"{warehouse}.{name}", [*changes, relation.get("changes")])
    return way


def _begin(target: Path, new: Path, last: Publication) -> _Way | None:
    """Begin the new file with what costs least: nothing is read of shared blocks, nor of a spare."""
    if _copied(target, new, ["cp", "--reflink=always", str(target), str(new)]):
        return _Way.BLOCKS
    spare = spare_of(target)
    if last.spare_file and spare.exists():
        spare.rename(new)  # from now on nobody comes in by its name
        if _is_nobodys(new) and _mark(new) == last.spare_file:
            return _Way.SPARE
        new.unlink()  # who has it open keeps it
    for command in (
        # Past the file system's cache: a fifth of the work of the other, and nothing is left to be flushed.
        ["dd", "bs=16M", "iflag=direct,fullblock", "oflag=direct", f"if={target}", f"of={new}"],
        ["cp", str(target), str(new)],
    ):
        if _copied(target, new, command):
            return _Way.BYTES
    return None


def _copied(source: Path, new: Path, command: Sequence[str]) -> bool:
    """Copy a file by a command; return whether all of it is there, and leave nothing if not."""
    # Not by this process: to close a file is to give up all of a process's locks on it, those of the engine too.
    with suppress(OSError, subprocess.CalledProcessError):  # no such file, no room, no such command or option
        subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
        if new.stat().st_size == source.stat().st_size:  # what reads less than it asked for may take that for the end
            return True
    new.unlink(missing_ok=True)
    return False


def _keep_as_spare(target: Path) -> bool:
    """Give the file that is about to be replaced a second name; return whether that could be done."""
    if sys.platform != "linux":  # it could not be told whether anybody has it open
        return False
    spare = spare_of(target)
    spare.unlink(missing_ok=True)
    try:
        os.link(target, spare)
    except OSError:  # a file system without such names
        return False
    return True


def _is_nobodys(file: Path) -> bool:
    """Whether no process has a file open, and none can by another name; false where that cannot be told."""
    if sys.platform != "linux" or file.stat().st_nlink != 1:
        return False
    descriptor = os.open(file, os.O_RDONLY)
    try:
        # Linux leases a file for writing only to who alone has it open: no driver, and no program that copies it. Who
        # opens it meanwhile has a signal sent to this process, and the usual one would end it.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _is_sound(connection: duckdb.DuckDBPyConnection, schema: str, expected: str) -> bool:
    """Whether the bytes are those of a build, and not for the greater part what others have left behind."""
    build_id = connection.execute(f"select build_id from {_NEW}.{_name(schema)}.dim_build").fetchall()
    is_compact = connection.execute(
        f"select free_blocks <= total_blocks / 2 from pragma_database_size() where database_name = '{_NEW}'"
    ).fetchall()
    return build_id == [(expected,)] and is_compact == [(True,)]


def _bring_up_to_date(
    connection: duckdb.DuckDBPyConnection, name: str, original: str, steps: Sequence[Mapping[str, Any] | None]
) -> None:
    """Bring a table of the copy from one build to a later one, step by step; null stands for one that changed all."""
    told = [
        step
        for step in steps
        if step is None or not (_is_empty(connection, step["gone"]) and _is_empty(connection, step["came"]))
    ]
    if all(step is not None and step["grain"] for step in told):
        for step in told:
            if step is not None:
                _delete(connection, name, step["gone"], step["grain"])
                _insert(connection, name, step["came"])
    else:
        connection.execute(f"delete from {name}")
        _insert(connection, name, original)


def _is_empty(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"from {table} limit 1").fetchone() is None


def _delete(connection: duckdb.DuckDBPyConnection, name: str, gone: str, grain: Sequence[str]) -> None:
    """Delete the rows that are gone; where a table lies by time, their times say which part of it to look through."""
    equal = [
        f"stands.{_name(column)} = gone.{_name(column)}" for column in _times(connection, gone) if column not in grain
    ]
    same = [f"stands.{_name(column)} is not distinct from gone.{_name(column)}" for column in grain]
    connection.execute(f"delete from {name} as stands using {gone} as gone where {' and '.join(same + equal)}")


def _times(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the columns of a table that have a date or time in each row."""
    described = connection.execute(f"describe {table}").fetchall()
    columns = [column for column, type_, *_ in described if type_ in ("DATE", "TIMESTAMP")]
    if not columns:
        return []
    counts = ", ".join(f"count({_name(column)}) = count(*)" for column in columns)
    are_full = connection.execute(f"select {counts} from {table}").fetchall()[0]
    return [column for column, is_full in zip(columns, are_full, strict=True) if is_full]


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    connection.execute(f"insert into {name} by name from {rows}")


@contextmanager
def _written(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Write to the attached copy as one transaction, and then through to its file; yield the warehouse's name."""
    (current,) = connection.execute("select current_database()").fetchone() or ("",)
    warehouse = _name(current)
    connection.execute(f"use {_NEW}")
    connection.execute("begin")
    try:
        yield warehouse
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # a full disk has ended the transaction already
            connection.execute("rollback")
        raise
    finally:
        connection.execute(f"use {warehouse}")
    connection.execute(f"checkpoint {_NEW}")  # which detaching would do, without saying what failed


def _definitions(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, str]:
    """Return the statement that creates each table of a schema of the warehouse."""
    return dict(
        connection.execute(
            "select table_name, sql from duckdb_tables() where database_name = current_database() and schema_name = ?",
            [schema],
        ).fetchall()
    )


def _form(connection: duckdb.DuckDBPyConnection, schema: str, relations: Sequence[Mapping[str, Any]]) -> str:
    definitions = _definitions(connection, schema)
    forms = sorted(
        [
            relation["name"],
            relation["view"] or definitions[relation["name"]],
            relation["description"],
            [*relation["columns"].items()],
        ]
        for relation in relations
    )
    return hashlib.md5(json.dumps(forms).encode(), usedforsecurity=False).hexdigest()


def _mark(file: Path) -> str:
    stat = file.stat()
    return f"{stat.st_size} bytes of {stat.st_mtime_ns}"


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
