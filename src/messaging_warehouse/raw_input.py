"""Look at a folder of raw files before a build, so that a bad one is refused with a sentence and not half-way.

The contract is what the `base_*` views document: table name → column names. Text files are read to their end,
because a ragged line may be the last one; of a Parquet file the footer is enough.

Where an adapter makes the contract's tables of a platform's objects, the objects are what is looked for. Their API
names begin with a capital, which no table of the contract does; letter case tells neither them nor their fields apart,
and connectors write `messaging_session` for MessagingSession.
"""

from __future__ import annotations

import contextlib
import csv
import glob
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import duckdb

REQUIRED_TABLE = "raw_conversation_events"
BUCKET = "://"
COMPLAINT_LENGTH = 300
# How what the engine says of a line begins, after it has quoted the line.
COMPLAINT_OF_LINE = re.compile(
    r"^(?:Expected Number of Columns|Value with unterminated quote|Invalid unicode|Maximum line size|The CSV Parser)",
    re.MULTILINE,
)
# What other programs write between columns.
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
# Everything is said and nothing is sniffed: a sniffer reads a ragged file as one column.
CSV_OPTIONS = (
    "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true, "
    "null_padding = false, ignore_errors = false, hive_partitioning = false"
)


def find_problems(
    location: str,
    contract: Mapping[str, Sequence[str]],
    known: Mapping[str, Collection[str]] | None = None,
    required_object: str = "",
) -> list[str]:
    """Return one sentence for each thing that keeps a raw folder from being built.

    Args:
        location: a folder as `MESSAGING_RAW` names it. A bucket is not looked into: its files are the engine's to open.
        contract: for each raw table, and each object that an adapter reads, the columns that its files must have.
        known: for raw tables the names of files that an earlier build has read: they are not opened again.
        required_object: the object that the adapter in use cannot do without; without one the event log must be there.

    Returns:
        Sentences, each naming the file and the remedy; empty when the folder can be built.
    """
    if BUCKET in location:
        return []
    root = Path(location)
    if not root.is_dir():
        required = required_object or REQUIRED_TABLE
        return [f"MESSAGING_RAW: there is no folder {location}; give the folder that holds {required}/."]
    problems = [
        problem
        for table, columns in contract.items()
        for problem in (
            *_spelling_problems(root, table),
            *_table_problems(root, table, columns, frozenset((known or {}).get(table, ()))),
        )
    ]
    if required_object and not files_of(root, required_object):
        problems.insert(
            0,
            f"{root}: there is no folder {required_object}/ with *.parquet or *.csv files; "
            "put each of the platform's objects there, in a folder of its API name.",
        )
    elif not required_object and not files_of(root, REQUIRED_TABLE):
        problems.insert(
            0,
            f"{root / REQUIRED_TABLE}: no *.parquet, *.csv or *.ndjson file is there; "
            "put the event log's files into that folder.",
        )
    return problems


def file_fingerprints(folder: Path, extension: str) -> dict[str, str]:
    """Return for each file with an extension, by name, what changes when it is written anew: size and nanosecond.

    A file that goes away while it is looked at is gone.
    """
    found = {}
    for file in folder.glob(f"*.{extension}"):
        with contextlib.suppress(FileNotFoundError):
            state = file.stat()
            found[file.name] = f"{state.st_size}/{state.st_mtime_ns}"
    return found


def folder_names(folder: str) -> tuple[str, str]:
    """Return the absolute path of a local folder as it is called, and the same with all links followed."""
    return str(Path(folder).absolute()), str(Path(folder).resolve())


def _is_object(table: str) -> bool:
    return table != table.lower()


def spellings_of(table: str) -> tuple[str, ...]:
    """Return the names, in small letters, that a table may go by: an object also the one that connectors give it."""
    return tuple(dict.fromkeys((table.lower(), re.sub("(?<=[a-z])(?=[A-Z])", "_", table).lower())))


def _formats(table: str) -> Sequence[str]:
    """Return the formats that are read of a table, the first there; of objects no NDJSON, whose keys have case."""
    return ("parquet", "csv") if _is_object(table) else tuple(CHECKS)


def files_of(root: Path, table: str, pattern: str | None = None) -> tuple[str, list[Path]] | tuple[()]:
    """Return the format that is read of a table and its files."""
    folders = _folders_of(root, table)
    for extension in _formats(table):
        if files := sorted(file for folder in folders for file in folder.glob(pattern or f"*.{extension}")):
            return extension, files
    return ()


def _folders_of(root: Path, table: str) -> list[Path]:
    if not _is_object(table):
        return [root / table]
    return sorted(folder for folder in root.iterdir() if folder.name.lower() in spellings_of(table))


def relation_of(extension: str, files: Sequence[Path], columns: Sequence[str]) -> str:
    """Return what stands behind `from` to read files of one format as a build reads them.

    Args:
        extension: the format, as `files_of` tells it.
        files: files in which `find_problems` has found nothing.
        columns: the contract's columns, all of which the relation has.
    """
    if extension == "parquet":
        return f"read_parquet({_as_patterns(files)}, union_by_name = true, hive_partitioning = false)"
    if extension == "ndjson":
        return (
            f"read_json({_as_patterns(files)}, format = 'newline_delimited', ignore_errors = false, "
            f"hive_partitioning = false, columns = {_as_texts(columns)})"
        )
    files_by_header: dict[tuple[str, ...], list[Path]] = {}
    for file in files:
        files_by_header.setdefault(tuple(_csv_names(file)), []).append(file)
    reads = (
        f"select {', '.join(columns)} from read_csv({_as_patterns(group)}, {CSV_OPTIONS}, columns = {_as_texts(names)})"
        for names, group in files_by_header.items()
    )
    return f"({' union all '.join(reads)})"


def columns_of(file: Path) -> list[str]:
    """Return the names of the columns of a file of any of the formats, in small letters.

    Raises:
        duckdb.Error, OSError, UnicodeDecodeError, csv.Error: the file cannot be read.
    """
    if file.suffix == ".csv":
        return _csv_names(file)
    with duckdb.connect() as connection:
        relation = (
            connection.read_parquet(_as_pattern(file), hive_partitioning=False)
            if file.suffix == ".parquet"
            else connection.read_json(_as_pattern(file), format="newline_delimited", hive_partitioning=False)
        )
        return [name.lower() for name in relation.columns]


def _spelling_problems(root: Path, table: str) -> list[str]:
    """Two folders of one object are two exports, of which nobody says which one counts."""
    named = {
        folder.name.lower(): folder.name
        for folder in (_folders_of(root, table) if _is_object(table) else ())
        for extension in _formats(table)
        if any(folder.glob(f"*.{extension}"))
    }
    if len(named) < 2:
        return []
    return [f"{root}: {' and '.join(f'{name}/' for name in named.values())} are one object, {table}; keep one of them."]


def _table_problems(root: Path, table: str, columns: Sequence[str], known: Collection[str]) -> list[str]:
    found = files_of(root, table)
    if not found:
        *some, last = (f".{extension}" for extension in _formats(table))
        endings = f"{', '.join(some)} or {last}"
        return [
            f"{file}: not read, because its name does not end in {endings}; rename or convert it."
            for _, beside in [files_of(root, table, "*") or ("", [])]
            for file in beside
            if re.search(r"\.(parquet|csv|tsv|ndjson|jsonl?)(\.|$)", file.name, re.IGNORECASE)
        ]
    extension, files = found
    check = CHECKS[extension]
    return [
        problem
        for file in files
        if file.name not in known and (problem := _dangling_problem(file) or check(file, columns)) is not None
    ]


def _dangling_problem(file: Path) -> str | None:
    if file.exists():
        return None
    return f"{file}: a link to nothing; remove it, or put back what it points to."


def _parquet_problem(file: Path, columns: Sequence[str]) -> str | None:
    try:
        with duckdb.connect() as connection:
            names = connection.read_parquet(_as_pattern(file), hive_partitioning=False).columns
    except duckdb.Error:
        return f"{file}: not a readable Parquet file; write it again or take it out of the folder."
    return _missing_column_problem(file, names, columns)


def _csv_problem(file: Path, columns: Sequence[str]) -> str | None:
    try:
        header = _csv_header(file)
    except (OSError, UnicodeDecodeError) as error:
        return f"{file}: cannot be read as UTF-8 text ({error.__class__.__name__}); write it again as UTF-8."
    except csv.Error as error:
        return f"{file}: the header cannot be read ({error}); write a line of column names, separated by commas."
    if not header:
        return f"{file}: the first line is empty; write a header line with the column names, or remove the file."
    if any("\n" in name or "\r" in name for name in header):
        return f"{file}: the header has a line break in a column's name; write the header as one line."
    if len(header) == 1 and (separator := next((name for mark, name in SEPARATORS.items() if mark in header[0]), "")):
        return f"{file}: the header is one column, with {separator} in it; write the file with commas between columns."
    names = _named(header)
    if len(set(names)) < len(names):
        return f"{file}: the header names a column twice; give each column a name of its own."
    # Every column is counted: the engine overlooks bad text and an unclosed quotation mark in what nobody asks for.
    return _missing_column_problem(file, names, columns) or _unreadable_line_problem(
        file,
        f"select count(columns(*)) from read_csv(?, {CSV_OPTIONS}, columns = ?)",
        names,
    )


def _csv_header(file: Path) -> list[str] | None:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return next(csv.reader(text), None)


def _csv_names(file: Path) -> list[str]:
    return _named(_csv_header(file) or [])


def _named(header: Sequence[str]) -> list[str]:
    """Return each name of a header line in small letters, a nameless one by its place."""
    return [name.strip().lower() or f"column {place}" for place, name in enumerate(header, start=1)]


def _ndjson_problem(file: Path, columns: Sequence[str]) -> str | None:
    return _unreadable_line_problem(
        file,
        "select count(columns(*)) from read_json(?, format = 'newline_delimited', ignore_errors = false, "
        "hive_partitioning = false, columns = ?)",
        columns,
    )


def _missing_column_problem(file: Path, names: Sequence[str], columns: Sequence[str]) -> str | None:
    present = {name.lower() for name in names}
    missing = [column for column in columns if column not in present]
    if not missing:
        return None
    if missing == ["id"]:
        return f"{file}: column Id is missing; export the object with it."
    return f"{file}: column {', '.join(missing)} is missing; add it (it may be empty), as the raw contract says."


def _unreadable_line_problem(file: Path, query: str, columns: Sequence[str]) -> str | None:
    """Read the whole file as the build will, and put the engine's first lines of complaint into one sentence."""
    try:
        with duckdb.connect() as connection:
            connection.execute(query, [_as_pattern(file), dict.fromkeys(columns, "VARCHAR")]).fetchall()
    except duckdb.Error as error:
        return f"{file}: a line cannot be read ({_complaint(error)}); repair or remove it, then build again."
    return None


def _complaint(error: duckdb.Error) -> str:
    """Return what the engine says is wrong, without its advice, and without the line: logs outlive who is forgotten.

    The middle of a long complaint is left out.
    """
    told = re.split(r"Possible (?:fixes|Solution)|Try (?:setting|auto)|LINE 1:|\n  file = ", str(error))[0]
    before, *line = told.split("Original Line:", 1)
    after = [text[found.start() :] for text in line for found in list(COMPLAINT_OF_LINE.finditer(text))[-1:]]
    text = " ".join(" ".join([before, *after]).split())
    half = COMPLAINT_LENGTH // 2
    return text if len(text) <= COMPLAINT_LENGTH else f"{text[:half]} … {text[-half:]}"


def _as_pattern(file: Path) -> str:
    """Return a path as the engine takes it, where brackets, stars and question marks would be a pattern."""
    return glob.escape(str(file))


def _as_patterns(files: Sequence[Path]) -> str:
    return f"[{', '.join(_as_literal(_as_pattern(file)) for file in files)}]"


def _as_texts(columns: Sequence[str]) -> str:
    return "{" + ", ".join(f"{_as_literal(column)}: 'VARCHAR'" for column in columns) + "}"


def _as_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


CHECKS: dict[str, Callable[[Path, Sequence[str]], str | None]] = {
    "parquet": _parquet_problem,
    "csv": _csv_problem,
    "ndjson": _ndjson_problem,
}
