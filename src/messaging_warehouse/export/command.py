"""What `messaging-warehouse export` does: write a report as a file, all of it or nothing.

The engine reads, sorts and writes in a stream; what does not fit into its memory it puts beside the file in the making.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from xlsxwriter.exceptions import XlsxWriterException

from messaging_warehouse.export.errors import ExportError, WrongUsageError
from messaging_warehouse.export.formats import Format
from messaging_warehouse.export.parts import fetch
from messaging_warehouse.export.progress import Watch, unwatched
from messaging_warehouse.export.ranges import Range, read_range
from messaging_warehouse.export.rendering import Rendering, literal
from messaging_warehouse.export.reports import Report, find_report
from messaging_warehouse.export.source import Column, Source, first_line, opened, source_file
from messaging_warehouse.export.spreadsheet import CELL_UNITS, SHEET_ROWS, Spreadsheet

_ROWS_AT_A_TIME = 5_000
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Options:
    """What was asked for; see the command line's help. `sheet_rows`: so many rows to a sheet, header included."""

    report: str
    start: str | None = None
    end: str | None = None
    zone: str | None = None
    file_format: Format = Format.CSV
    folder: Path = Path()
    database: Path | None = None
    is_for_spreadsheets: bool = False
    overwrite: bool = False
    sheet_rows: int = SHEET_ROWS


@dataclass(frozen=True)
class Export:
    """An export that was asked for, and that can be made."""

    source: Source
    report: Report
    period: Range
    rendering: Rendering
    columns: list[Column]
    sheet_rows: int
    rows: str | None = None

    @property
    def file_name(self) -> str:
        """Report, range and zone."""
        zone = self.rendering.zone.replace("/", "-")
        return f"{self.report.name}_{self.period.label}_{zone}.{self.rendering.file_format}"

    @property
    def query(self) -> str:
        """The SELECT of its rows."""
        return self.rendering.query(self.report, self.columns, self.period, self.rows)

    @property
    def facts(self) -> dict[str, str]:
        """What a reader of the file has to know about it."""
        return {
            "report": self.report.name,
            "range": f"{self.report.in_range} {self.period}" if self.period else "all",
            "timezone": self.rendering.zone,
            "as_of": f"{self.source.as_of} UTC" if self.source.as_of else "",
            "build_id": self.source.build_id,
        }

    def describe(self, row_count: int) -> str:
        """Say what was exported."""
        period = f" {self.report.in_range} {self.period}" if self.period else ""
        as_of = f"; as of {self.source.as_of:%Y-%m-%d %H:%M:%S} UTC" if self.source.as_of else ""
        return f"{row_count:,} rows of {self.report.name}{period} ({self.rendering.zone}){as_of}."


def export(options: Options, environment: Mapping[str, str] = os.environ, watch: Watch = unwatched) -> str:
    """Write a report as a file, and say in a few sentences what was written.

    Raises:
        ExportError: nothing was; the message is one sentence. What was in the folder is as it was.
    """
    report = find_report(options.report)
    period = read_range(options.start, options.end)
    if period and report.time is None:
        raise WrongUsageError(f"{report.name} tells what stands now and knows no ranges; leave out --from and --to.")
    if options.is_for_spreadsheets and options.file_format is not Format.CSV:
        raise WrongUsageError(
            f"--for-spreadsheets is about CSV; {options.file_format} is read as it is, so leave it out."
        )
    _refuse_folder(options.folder)
    database = source_file(options.database, environment)
    with opened(database, is_named=options.database is not None) as source:
        made = _plan(options, source, report, period)
        target = options.folder / made.file_name
        _refuse_target(target, options.overwrite)
        try:
            with _in_the_making(target, options.overwrite) as new:
                source.connection.execute(f"set temp_directory = {literal(str(new.parent / 'sorting'))}")
                source.connection.execute(f"set TimeZone = {literal(made.rendering.zone)}")
                told = _write(_fetched(made, new.parent / "parts", watch), new, watch)
        except (OSError, duckdb.Error, XlsxWriterException) as error:
            raise ExportError(
                f"{target} was not written, and nothing was left behind; mend the cause and export again: "
                f"{first_line(error)}"
            ) from None
    return f"{target}: {told}"


def _plan(options: Options, source: Source, report: Report, period: Range) -> Export:
    zone = source.zone(options.zone)
    if period.is_reversed(zone):
        raise WrongUsageError(f"Nothing lies {period}: --from has to be before --to.")
    columns = source.columns(report)
    if not columns:
        raise ExportError(f"{report.relation} is not in the file; build the warehouse anew with this version.")
    rendering = Rendering(options.file_format, zone, options.is_for_spreadsheets)
    return Export(source, report, period, rendering, columns, options.sheet_rows)


def _refuse_folder(folder: Path) -> None:
    """Say what is wrong with a folder to write into, if anything is."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        told = os.fsencode(folder).decode("utf-8", "replace")
        raise ExportError(f"{told} has a name that is not UTF-8; name another folder with --out.") from None
    try:
        if folder.is_dir():
            problem = "" if os.access(folder, os.W_OK) else "may not be written to; name another folder with --out"
        elif folder.exists():
            problem = "is a file and no folder; name a folder with --out"
        elif above := next((each for each in folder.parents if each.is_file()), None):
            problem = f"lies below {above}, which is a file; name a folder with --out"
        elif folder.is_symlink():
            problem = "is a link to what is not there; make that first, or name another folder with --out"
        else:
            problem = "is no folder; make it first, or name another with --out"
    except OSError as error:  # what is above it may not be looked into, or the name is too long for any folder
        problem = f"cannot be looked at ({error.strerror}); name another folder with --out"
    if problem:
        raise ExportError(f"{folder} {problem}.")


def _refuse_target(target: Path, overwrite: bool) -> None:
    """Say if the file's name is taken by what is not to be replaced."""
    if target.is_dir():
        raise ExportError(f"{target} is a folder, which no file replaces; move it, or name another place with --out.")
    if os.path.lexists(target) and not overwrite:
        raise ExportError(f"{target} is there already; --overwrite replaces it, --out writes to another folder.")


@contextmanager
def _in_the_making(target: Path, overwrite: bool) -> Iterator[Path]:
    """Yield where to write; what is there at the end takes the name of the target at once, or is gone."""
    # Named before it is there: a signal may come as soon as it is.
    place = target.parent / f".{target.name}.{secrets.token_hex(4)}.tmp"
    try:
        try:
            place.mkdir(mode=0o700)
        except OSError as error:
            raise ExportError(
                f"{target.parent} cannot be written to ({error.strerror}); name another folder with --out."
            ) from None
        # From the root: the engine takes a name that begins with ~ or file: for something else.
        new = place.absolute() / target.name
        yield new
        with new.open("rb") as written:
            os.fsync(written.fileno())
        _publish(new, target, overwrite)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _publish(new: Path, target: Path, overwrite: bool) -> None:
    """Give a whole file its name; one that came under that name meanwhile is replaced only if that was asked for."""
    if overwrite:
        new.replace(target)
        return
    try:
        try:
            os.link(new, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: the name is taken by an empty file, and that is replaced
            target.touch(exist_ok=False)
            try:
                new.replace(target)
            except BaseException:
                target.unlink()
                raise
    except FileExistsError:
        raise ExportError(
            f"{target} came into being while the rows were written, and was left as it is; "
            "--overwrite replaces it, --out writes to another folder."
        ) from None


def _fetched(made: Export, folder: Path, watch: Watch) -> Export:
    """Fetch the rows first where the view is too much for the memory at once."""

    def run(statement: str, share: float) -> None:
        _run(made, statement, watch, share=share)

    condition = made.rendering.condition(made.report, made.period)
    return replace(made, rows=fetch(made.source, made.report, condition, folder, run))


def _write(made: Export, new: Path, watch: Watch) -> str:
    """Write the file and say what is in it."""
    if made.rendering.file_format is Format.XLSX:
        return _write_spreadsheet(made, new, watch)
    return made.describe(_copy(made, new, watch))


def _copy(made: Export, new: Path, watch: Watch) -> int:
    """Let the engine write the file; return the number of rows."""
    if made.rendering.file_format is Format.PARQUET:
        facts = ", ".join(f"{fact}: {literal(value)}" for fact, value in made.facts.items())
        form = f"format parquet, compression zstd, row_group_size 30720, kv_metadata {{{facts}}}"
    else:
        form = "format csv, header true"
    ((row_count,),) = _run(made, f"copy ({made.query}) to {literal(str(new))} ({form})", watch, new).fetchall()
    return int(row_count)


def _write_spreadsheet(made: Export, new: Path, watch: Watch) -> str:
    counted = _run(made, made.rendering.count(made.report, made.period, made.rows), watch).fetchall()
    total = max(counted[0][0], 1)
    rows = _run(made, made.query, watch)
    book = Spreadsheet(new, made.report.name, made.columns, made.source.as_of, made.sheet_rows)
    while batch := rows.fetchmany(_ROWS_AT_A_TIME):
        book.write(batch)
        watch(f"{made.report.name}: writing", book.row_count / total)
    watch(f"{made.report.name}: packing", None)
    notes = []
    if book.sheet_count > 1:
        notes.append(f"They stand on {book.sheet_count} sheets, because one holds {made.sheet_rows:,} rows at most.")
    if book.cut_count:
        notes.append(
            f"{book.cut_count:,} texts are longer than the {CELL_UNITS:,} units of a cell and were cut, as the cell "
            "says; CSV and Parquet have all of them."
        )
    told = " ".join([made.describe(book.row_count), *notes])
    book.close([*made.facts.items(), ("rows", told), ("definition", made.source.meaning(made.report)), *_HOW_TO_READ])
    return told


_HOW_TO_READ = (
    (
        "times and days",
        "Those of the time zone above, and the meanings below speak of the warehouse, where times are UTC.",
    ),
)


def _run(
    made: Export, statement: str, watch: Watch, file: Path | None = None, share: float | None = None
) -> duckdb.DuckDBPyConnection:
    """Run a statement such that it can be watched, by the growth of the file that it writes, and broken off.

    `share` is how much had been fetched before, where it fetches a part.
    """
    connection = made.source.connection
    failed: list[BaseException] = []

    def work() -> None:
        try:
            connection.execute(statement)
        except BaseException as error:
            failed.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(_LOOK_SECONDS)
            megabytes = file.stat().st_size // 1_000_000 if file and file.exists() else 0
            doing = f"writing, {megabytes:,} MB" if megabytes else "reading and sorting" if share is None else "reading"
            # The engine knows how far it is with reading alone, which is the lesser part.
            watch(f"{made.report.name}: {doing}", share)
    except BaseException:
        while worker.is_alive():  # again and again: what has not begun cannot be broken off
            connection.interrupt()
            worker.join(_LOOK_SECONDS)
        raise
    if failed:
        raise failed[0]
    return connection
