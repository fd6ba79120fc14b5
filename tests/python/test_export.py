"""Exports on demand: files hold the reports' rows in the zone and range that were asked for, or there is no file."""

import csv
import errno
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest
import typer.main
import yaml
from openpyxl.utils.escape import unescape
from rich.console import Console
from typer.testing import CliRunner

from messaging_warehouse.cli import app
from messaging_warehouse.export import ExportError, Format, Options, export, parts, progress
from messaging_warehouse.export.reports import REPORTS, Report
from messaging_warehouse.export.source import opened
from warehouse import PROJECT, DbtRun

GUIDE = PROJECT / "docs" / "exports.md"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
Row = Sequence[Any]
Text = tuple[str, str | None, datetime]


@pytest.fixture
def copy(demo: DbtRun) -> Path:
    """The demo's copy for readers."""
    return demo.database.with_name("warehouse_serving.duckdb")


@pytest.fixture
def handmade(tmp_path: Path) -> Callable[[Iterable[Text]], Path]:
    """Make a copy that has messages alone, of the ids, texts and times that are given."""

    def make(messages: Iterable[Text]) -> Path:
        file = tmp_path / "handmade.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(
                "create table dim_build as select 'b1' as build_id, timestamp '2026-12-01' as as_of, "
                "'UTC' as reporting_timezone, 'complete' as build_state; "
                "create table exp_messages (event_id varchar, message_text varchar, sent_at timestamp, sent_date date)"
            )
            rows = [(*message, message[2].date()) for message in messages]
            if rows:
                connection.executemany("insert into exp_messages values (?, ?, ?, ?)", rows)
        return file

    return make


def exported(file: Path, folder: Path, report: str = "messages", **options: Any) -> Path:
    """Export a report into a folder of its own and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    told = export(Options(report, folder=folder, database=file, **options), {})
    (written,) = folder.iterdir()
    assert told.startswith(f"{written}: ")
    return written


def csv_rows(file: Path) -> list[list[str]]:
    """Return the rows of a CSV, with its header."""
    with file.open(newline="", encoding="utf-8") as text:
        return list(csv.reader(text))


def sheet_rows(file: Path, sheet: str | None = None) -> list[list[Any]]:
    """Return the rows of a sheet, with its header; the first sheet if none is named."""
    book = openpyxl.load_workbook(file, read_only=True)
    rows = [list(row) for row in (book[sheet] if sheet else book.worksheets[0]).iter_rows(values_only=True)]
    book.close()
    return rows


def parquet_rows(file: Path) -> list[list[Any]]:
    """Return the rows of a Parquet file, with its header; moments are in UTC."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        result = connection.execute(f"select * from read_parquet('{file}')")
        return [[column[0] for column in result.description], *map(list, result.fetchall())]


# --- what is in the files -------------------------------------------------------------------------


def _rows_of_view(file: Path, report: Report) -> tuple[list[str], list[list[Any]]]:
    """Read a report's view, in the order that the files promise."""
    with duckdb.connect(str(file), read_only=True) as connection:
        result = connection.execute(f"select * from {report.relation}")
        columns = [column[0] for column in result.description]
        rows = [list(row) for row in result.fetchall()]
    places = [columns.index(column) for column in ((report.time,) if report.time else ()) + report.key]
    rows.sort(key=lambda row: [(row[place] is None, row[place]) for place in places])
    return columns, rows


def _in_zone(columns: list[str], rows: list[list[Any]], zone: str) -> list[list[Any]]:
    """Show times in a zone by Python's own knowledge of it, and days beside their times likewise."""

    def shown(column: str, row: list[Any], value: Any) -> Any:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        if isinstance(value, date):
            moment = row[columns.index(column.removesuffix("_date") + "_at")]
            return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
        return value

    return [[shown(column, row, value) for column, value in zip(columns, row, strict=True)] for row in rows]


def _as_csv(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case _:
            return str(value)


def _as_cell(value: Any) -> Any:
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case date():
            return datetime(value.year, value.month, value.day)
        case Decimal() | float():
            return float(f"{value:.16g}")  # more digits no cell has
        case _:
            return value


@pytest.mark.parametrize("zone", ["UTC", pytest.param("Asia/Kolkata", marks=pytest.mark.deep), "America/Havana"])
@pytest.mark.parametrize("file_format", Format)
def test_every_report_in_every_format_is_its_view(copy: Path, tmp_path: Path, file_format: Format, zone: str) -> None:
    for report in REPORTS:
        columns, rows = _rows_of_view(copy, report)
        expected = _in_zone(columns, rows, zone)
        assert expected, report.name
        if zone == "UTC":  # which is the demo's own: days are the warehouse's
            assert [[v for v in row if not isinstance(v, datetime)] for row in expected] == [
                [v for v in row if not isinstance(v, datetime)] for row in rows
            ]
        file = exported(copy, tmp_path / report.name, report.name, zone=zone, file_format=file_format)
        if file_format is Format.CSV:
            found: list[list[Any]] = list(csv_rows(file))
            expected = [[_as_csv(value) for value in row] for row in expected]
        elif file_format is Format.XLSX:
            found = sheet_rows(file)
            expected = [[_as_cell(value) for value in row] for row in expected]
        else:
            found = parquet_rows(file)
        assert found[0] == columns, report.name
        assert found[1:] == expected, report.name


PARTED = [report for report in REPORTS if report.rows_of]


def test_a_report_whose_view_joins_what_grows_as_it_does_is_fetched_in_parts(demo: DbtRun) -> None:
    """Of any other view all but the one relation that it has the rows of is small: dimensions, memberships."""
    assert PARTED
    nodes = json.loads((demo.target / "manifest.json").read_text())["nodes"].values()
    for report in REPORTS:
        (node,) = [each for each in nodes if each["name"] == report.relation]
        read = {unique_id.rsplit(".", 1)[1] for unique_id in node["depends_on"]["nodes"]}
        large = {name for name in read if name.startswith("fct_") or name == "dim_messaging_users"}
        assert report.rows_of in large if len(large) > 1 else not report.rows_of, (report.name, large)


@pytest.mark.parametrize("report", PARTED, ids=lambda report: report.name)
def test_every_row_lies_in_one_part(copy: Path, monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    monkeypatch.setattr(parts, "ROWS_OF_A_PART", 20)
    with opened(copy) as source:
        conditions = parts.conditions(source, report)
        assert len(conditions) > 1
        met = " + ".join(f"cast(({condition}) as integer)" for condition in conditions)
        counted = source.connection.execute(f"select distinct {met} from {report.rows_of}").fetchall()
        assert counted == [(1,)]
        monkeypatch.setattr(parts, "ROWS_OF_A_PART", 1_000_000)
        assert parts.conditions(source, report) == []


@pytest.mark.parametrize("report", PARTED, ids=lambda report: report.name)
def test_a_condition_on_the_key_reaches_every_large_table(copy: Path, report: Report) -> None:
    """Else each part would read and join all that there is: as the engine plans it, no scan of a fact goes without.

    But for one that fetches by their numbers the rows that another has found.
    """
    with opened(copy) as source:
        source.connection.execute("set explain_output = 'optimized_only'")
        ((_, plan),) = source.connection.execute(
            f"explain (format json) select * from {report.relation} "
            f"where {report.key[0]} >= 'm' and {report.key[0]} < 'q'"
        ).fetchall()
    scans = [scan for scan in _scans(json.loads(plan)) if re.search(r"fct_|dim_messaging_users", str(scan[0]["Table"]))]
    limited = [scan for scan, _ in scans if f"{report.key[0]}>='m'" in str(scan.get("Filters"))]
    assert len(limited) > 1
    for scan, joined_by in scans:
        assert scan in limited or "rowid" in joined_by, (scan, joined_by)
    tables = {str(scan["Table"]) for scan, _ in scans}
    assert tables == {str(scan["Table"]) for scan in limited}


def _scans(plans: list[dict[str, Any]], joined_by: str = "") -> Iterable[tuple[dict[str, Any], str]]:
    """Return what is said of each scan, and by what it is joined first."""
    for plan in plans:
        said = plan.get("extra_info", {})
        if "Table" in said:
            yield said, joined_by
        yield from _scans(plan.get("children", []), str(said.get("Conditions", joined_by)))


@pytest.mark.parametrize("file_format", ["csv", "parquet", pytest.param("xlsx", marks=pytest.mark.deep)])
def test_a_report_in_parts_is_the_same_file(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    """In a folder, too, whose name the engine might take for a pattern or a value; and with a range."""
    monkeypatch.chdir(tmp_path)
    for report in PARTED:
        for start in (None, "2026-03-01"):
            place = Path(f"{report.name} {start}")
            at_once = exported(copy, place / "at once", report.name, file_format=Format(file_format), start=start)
            with monkeypatch.context() as small:
                small.setattr(parts, "ROWS_OF_A_PART", 20)
                in_parts = exported(
                    copy,
                    place / "status=odd *[x]? it's {a,b}",
                    report.name,
                    file_format=Format(file_format),
                    start=start,
                )
            assert in_parts.read_bytes() == at_once.read_bytes(), place


def test_a_parquet_file_has_the_types_of_the_report_and_says_what_it_is(copy: Path, tmp_path: Path) -> None:
    file = exported(copy, tmp_path / "o", zone="Asia/Kolkata", file_format=Format.PARQUET, start="2026-03-02")
    promised = yaml.safe_load((PROJECT / "tests/python/exports_contract.yml").read_text())["exp_messages"]
    with duckdb.connect() as connection:
        types = dict(row[:2] for row in connection.execute(f"describe select * from read_parquet('{file}')").fetchall())
        facts = dict(
            connection.execute(f"select decode(key), decode(value) from parquet_kv_metadata('{file}')").fetchall()
        )
    assert {
        column: known.lower().replace("timestamp with time zone", "timestamp") for column, known in types.items()
    } == promised
    assert types["sent_at"] == "TIMESTAMP WITH TIME ZONE"
    assert facts["timezone"] == "Asia/Kolkata"
    assert facts["range"] == "sent from 2026-03-02"
    assert facts["as_of"] == "2026-03-15 20:00:00 UTC"


@pytest.mark.parametrize("file_format", Format)
def test_the_same_build_gives_the_same_bytes(copy: Path, tmp_path: Path, file_format: Format) -> None:
    first, second = (exported(copy, tmp_path / n, "contacts", file_format=file_format) for n in "ab")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("file_format", Format)
def test_a_report_without_rows_is_a_header(copy: Path, tmp_path: Path, file_format: Format) -> None:
    file = exported(copy, tmp_path / "o", start="2031-01-01", file_format=file_format)
    read = {Format.CSV: csv_rows, Format.XLSX: sheet_rows, Format.PARQUET: parquet_rows}[file_format]
    (header,) = read(file)  # type: ignore[operator]
    assert header[:2] == ["event_id", "message_id"]


# --- ranges and zones -----------------------------------------------------------------------------


def _every_ten_minutes(around: date) -> list[Text]:
    begin = datetime(around.year, around.month, around.day) - timedelta(days=2)
    return [(f"m{n:03}", "x", begin + timedelta(minutes=10 * n)) for n in range(4 * 144)]


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/London", SPRING),
        ("Europe/London", AUTUMN),
        ("America/Havana", date(2026, 3, 8)),  # midnight does not come
        ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour comes twice
        ("Asia/Kolkata", SPRING),
        ("Pacific/Kiritimati", SPRING),
    ],
)
def test_days_share_all_rows_out_by_the_clock_of_the_zone(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, zone: str, change: date
) -> None:
    messages = _every_ten_minutes(change)
    file = handmade(messages)
    found = {}
    for day in (change + timedelta(days=n) for n in range(-4, 5)):
        for event_id, _, sent_at, sent_date in csv_rows(
            exported(file, tmp_path / f"{day}", zone=zone, start=f"{day}", end=f"{day}")
        )[1:]:
            assert event_id not in found
            found[event_id] = sent_at
            assert sent_date == f"{day}"
    expected = {
        event_id: sent_at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds")
        for event_id, _, sent_at in messages
    }
    assert found == expected


def test_the_worked_example_is_what_a_file_says(handmade: Callable[[Iterable[Text]], Path], tmp_path: Path) -> None:
    example = (PROJECT / "docs/decisions/0051-exports-on-demand.md").read_text()
    rows = re.findall(r"^\| (2026[^|]*) \| (\w+/\w+) \| `(.*)` \| (.*) \|$", example, re.MULTILINE)
    assert len(rows) == 5
    file = handmade((f"m{n}", "x", datetime.fromisoformat(row[0])) for n, row in enumerate(rows))
    for n, (_, zone, shown, day) in enumerate(rows):
        found = csv_rows(exported(file, tmp_path / f"{n}", zone=zone, start=day, end=day))[1:]
        assert [f"m{n}", "x", shown, day] in found


@pytest.mark.parametrize(
    ("start", "end", "ids"),
    [
        (
            "2026-03-29",
            "2026-03-29",
            ["b", "c", "d", "e", "f"],
        ),  # 23 hours: the day begins at 00:00Z and ends at 23:00Z
        ("2026-03-29T00:59:59.999", "2026-03-29T02:00", ["c"]),
        ("2026-03-29T02:00", "2026-03-29T03:00", ["d"]),
        ("2026-03-29T01:00Z", "2026-03-29 04:00+02:00", ["d"]),
        ("2026-03-29", None, ["b", "c", "d", "e", "f", "g"]),
        (None, "2026-03-29T23:59:59", ["a", "b", "c", "d", "e"]),
        (None, "9999-12-31", list("abcdefg")),
        (None, None, list("abcdefg")),
    ],
)
def test_a_day_is_whole_at_both_ends_and_a_time_ends_before_itself(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, start: str | None, end: str | None, ids: list[str]
) -> None:
    times = ["28T23:59:59.999", "29T00:00", "29T00:59:59.999", "29T01:00", "29T22:59:58.999", "29T22:59:59", "29T23:00"]
    file = handmade(
        (name, "x", datetime.fromisoformat(f"2026-03-{t}")) for name, t in zip("abcdefg", times, strict=True)
    )
    rows = csv_rows(exported(file, tmp_path / "o", zone="Europe/London", start=start, end=end))[1:]
    assert [row[0] for row in rows] == ids


@pytest.mark.parametrize(
    ("zone", "start", "end", "ids"),
    [
        ("Europe/Berlin", "2026-03-29T01:30", "2026-03-29T02:30", ["a"]),
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T03:30", ["b"]),  # its first half hour is none
        ("Europe/Berlin", "2026-03-29T03:30", "2026-03-29T04:30", ["c"]),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T03:00", []),
        ("Europe/London", "2026-10-25T01:30", "2026-10-25T01:00Z", ["d"]),  # from the first half past one
        ("Europe/London", "2026-10-25T00:45Z", "2026-10-25T01:30", ["e"]),
    ],
)
def test_a_range_over_a_change_of_the_clocks_is_not_reversed(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, zone: str, start: str, end: str, ids: list[str]
) -> None:
    times = ["03-29T00:45", "03-29T01:10", "03-29T01:40", "10-25T00:40", "10-25T01:10"]
    file = handmade((name, "x", datetime.fromisoformat(f"2026-{at}")) for name, at in zip("abcde", times, strict=True))
    rows = csv_rows(exported(file, tmp_path / "o", zone=zone, start=start, end=end))[1:]
    assert [row[0] for row in rows] == ids


def test_each_report_is_judged_by_its_own_time(copy: Path, tmp_path: Path) -> None:
    for report in (report for report in REPORTS if report.time):
        with duckdb.connect(str(copy), read_only=True) as connection:
            expected = connection.execute(
                f"select count(*) from {report.relation} "
                f"where {report.time} >= timestamp '2026-03-04' and {report.time} < timestamp '2026-03-11'"
            ).fetchall()[0][0]
        rows = csv_rows(exported(copy, tmp_path / report.name, report.name, start="2026-03-04", end="2026-03-10"))[1:]
        assert len(rows) == expected > 0 or report.name == "open-conversations", report.name


def test_every_export_has_a_report_whose_key_is_its_grain() -> None:
    models = yaml.safe_load((PROJECT / "models/marts/exports/_exports.yml").read_text())["models"]
    grains = {model["name"]: tuple(model["config"]["meta"]["grain"]) for model in models}
    assert {report.relation: report.key for report in REPORTS} == grains
    contract = yaml.safe_load((PROJECT / "tests/python/exports_contract.yml").read_text())
    for report in REPORTS:
        columns = contract[report.relation]
        assert report.time is None or columns[report.time] == "timestamp"
        for column, data_type in columns.items():
            assert data_type != "date" or columns[column.removesuffix("_date") + "_at"] == "timestamp", column


# --- spreadsheets ---------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+44 20", "-5", "@cmd", " =1+1", "\t=1", "＝1+1"]
HARMLESS = ["1 = 1", "it's", "https://example.com", "007", "true", "2026-03-01", "a\x07b", "_x0041_", "😀"]
AT = datetime(2026, 3, 4, 10)


def test_a_spreadsheet_takes_no_text_for_anything_else(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path
) -> None:
    texts = [*FORMULAS, *HARMLESS]
    file = handmade((f"m{n:02}", text, AT) for n, text in enumerate(texts))
    book = openpyxl.load_workbook(exported(file, tmp_path / "o", file_format=Format.XLSX))
    cells = [row[1] for row in book["messages"].iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s"] * len(texts)
    assert [unescape(str(cell.value)) for cell in cells] == texts
    assert all(cell.quotePrefix for cell in cells[:4]) and not any(cell.quotePrefix for cell in cells[len(FORMULAS) :])
    assert all(cell.hyperlink is None for cell in cells)


def test_a_csv_is_exact_unless_it_is_for_spreadsheets(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path
) -> None:
    texts = [*FORMULAS, *HARMLESS]
    file = handmade((f"m{n:02}", text, AT) for n, text in enumerate(texts))
    exact = exported(file, tmp_path / "exact")
    assert [row[1] for row in csv_rows(exact)[1:]] == texts
    assert not exact.read_bytes().startswith(b"\xef\xbb\xbf")
    inert = exported(file, tmp_path / "inert", is_for_spreadsheets=True)
    assert inert.read_bytes().startswith(b"\xef\xbb\xbfevent_id,message_text,")
    assert [row[1] for row in csv_rows(inert)[1:]] == [
        "'" + text.replace("\t=", "\t'=") for text in FORMULAS
    ] + HARMLESS  # fmt: skip


def test_what_a_list_by_semicolons_would_take_for_a_formula_is_marked(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path
) -> None:
    """Some countries' spreadsheets read a line of commas as cells between semicolons, and know no quotes within it."""
    texts = ["hi;=cmd|'/C calc'!A0;bye", "a\n+1", "a; b", "x|@y", "1;-1", "=1;=2", "a=b, c-d; e"]
    file = handmade([(f"m{number}", text, AT) for number, text in enumerate(texts)])
    inert = [row[1] for row in csv_rows(exported(file, tmp_path / "i", is_for_spreadsheets=True))[1:]]
    assert inert == ["hi;'=cmd|'/C calc'!A0;bye", "a\n'+1", "a; b", "x|'@y", "1;'-1", "'=1;'=2", "a=b, c-d; e"]
    written = next((tmp_path / "i").iterdir()).read_text(encoding="utf-8-sig")
    assert not [cell for line in written.splitlines() for cell in line.split(";") if re.match(r"\s*[=+@]", cell)]
    assert [row[1] for row in csv_rows(exported(file, tmp_path / "e"))[1:]] == texts


def test_a_csv_quotes_what_would_break_it(handmade: Callable[[Iterable[Text]], Path], tmp_path: Path) -> None:
    texts = ['said "no", twice', "two\nlines", "two\r\nlines", "", None, "a;b\tc", '"', " spaces "]
    file = exported(handmade((f"m{n}", text, AT) for n, text in enumerate(texts)), tmp_path / "o")
    assert [row[1] for row in csv_rows(file)[1:]] == [text or "" for text in texts]
    with duckdb.connect() as connection:  # which tells an empty text from none, as the file does
        read = connection.execute(f"select message_text from read_csv('{file}', all_varchar = true)").fetchall()
    assert read[:3] == [(texts[0],), (texts[1],), (texts[2],)]
    assert '\nm3,"",' in file.read_text() and "\nm4,," in file.read_text()


def test_rows_beyond_a_sheet_go_on_in_the_next(handmade: Callable[[Iterable[Text]], Path], tmp_path: Path) -> None:
    file = handmade((f"m{n:02}", "x", AT) for n in range(25))
    place = tmp_path / "o"
    place.mkdir()
    told = export(Options("messages", folder=place, database=file, file_format=Format.XLSX, sheet_rows=11), {})
    assert "25 rows" in told and "3 sheets, because one holds 11 rows" in told
    (written,) = place.iterdir()
    book = openpyxl.load_workbook(written)
    assert book.sheetnames == ["messages", "messages (2)", "messages (3)", "About"]
    ids = []
    for sheet in book.worksheets[:3]:
        header, *rows = sheet.iter_rows(values_only=True)
        assert header == ("event_id", "message_text", "sent_at", "sent_date")
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:D{1 + len(rows)}")
        ids += [row[0] for row in rows]
    assert ids == [f"m{n:02}" for n in range(25)]
    exactly_full = exported(file, tmp_path / "full", file_format=Format.XLSX, sheet_rows=26)
    assert openpyxl.load_workbook(exactly_full).sheetnames == ["messages", "About"]


@pytest.mark.parametrize("letter", ["x", "😀"])
def test_a_text_that_no_cell_holds_says_that_it_was_cut(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, letter: str
) -> None:
    fits = letter * (32_767 // len(letter.encode("utf-16-le")) * 2)
    file = handmade([("a", fits, AT), ("b", letter * 40_000, AT)])
    place = tmp_path / "o"
    place.mkdir()
    told = export(Options("messages", folder=place, database=file, file_format=Format.XLSX), {})
    assert "1 texts are longer than the 32,767 units of a cell and were cut" in told
    (written,) = place.iterdir()
    _, (_, whole, *_), (_, cut, *_) = sheet_rows(written)
    assert whole == fits
    assert cut.startswith(letter * 16_000) and cut.endswith(" … (cut: 40,000 characters)")
    assert 32_700 < len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert "were cut" in str(sheet_rows(written, "About"))


def test_times_that_no_spreadsheet_knows_are_texts(handmade: Callable[[Iterable[Text]], Path], tmp_path: Path) -> None:
    file = handmade([("a", "x", datetime(1850, 1, 2, 3, 4, 5)), ("b", "x", datetime(1900, 3, 1))])
    _, old, first = sheet_rows(exported(file, tmp_path / "o", file_format=Format.XLSX))
    assert old[2:] == ["1850-01-02T03:04:05", "1850-01-02"]
    assert first[2:] == [datetime(1900, 3, 1), datetime(1900, 3, 1)]


def test_a_spreadsheet_says_what_it_is(copy: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"zone": "Europe/London", "start": "2026-03-01", "end": "2026-03-31"}
    file = exported(copy, tmp_path / "o", "response-times", file_format=Format.XLSX, **options)
    about = {str(row[0]): str(row[1]) for row in sheet_rows(file, "About")}
    assert (about["report"], about["timezone"]) == ("response-times", "Europe/London")
    assert about["range"] == "answered from 2026-03-01 to 2026-03-31"
    assert about["as_of"] == "2026-03-15 20:00:00 UTC" and len(about["build_id"]) == 36
    assert "**Grain:** one row per response" in about["definition"]
    assert about["response_seconds"] != "" and set(_rows_of_view(copy, REPORTS[5])[0]) < set(about)


# --- all or nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", Format)
def test_breaking_off_leaves_what_was_there(copy: Path, tmp_path: Path, file_format: Format) -> None:
    file = exported(copy, tmp_path, file_format=file_format)
    before = file.read_bytes()

    def break_off(_: str, __: float | None) -> None:
        raise KeyboardInterrupt

    options = Options("messages", folder=tmp_path, database=copy, file_format=file_format, overwrite=True)
    with pytest.raises(KeyboardInterrupt):
        export(options, {}, break_off)
    assert list(tmp_path.iterdir()) == [file] and file.read_bytes() == before
    export(options, {})
    assert file.read_bytes() == before


def _many(handmade: Callable[[Iterable[Text]], Path]) -> Path:
    file = handmade([])
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into exp_messages select 'm' || n, md5(cast(n as varchar)), "
            "timestamp '2026-03-01' + n * interval 1 second, date '2026-03-01' from range(300000) as numbers(n)"
        )
    return file


def _command(file: Path, folder: Path, *options: str) -> list[str]:
    folder.mkdir()
    command = Path(sys.executable).parent / "messaging-warehouse"
    return [str(command), "export", "messages", "--database", str(file), "--out", str(folder), *options]


@pytest.mark.parametrize(("stop", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, stop: signal.Signals, exit_code: int
) -> None:
    folder = tmp_path / "o"
    process = subprocess.Popen(_command(_many(handmade), folder, "--format", "xlsx"), stderr=subprocess.PIPE, text=True)
    give_up = time.monotonic() + 60
    while not any(folder.iterdir()) and time.monotonic() < give_up:
        time.sleep(0.01)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (exit_code, "")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("file_format", Format)
def test_a_disk_that_is_full_leaves_nothing(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, file_format: Format
) -> None:
    done = subprocess.run(
        _command(_many(handmade), tmp_path / "o", "--format", file_format),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.fullmatch(r"Error: \S+ was not written, and nothing was left behind; mend the cause .*\n", done.stderr)
    assert list((tmp_path / "o").iterdir()) == []


@pytest.mark.deep
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system tells no process's memory")
@pytest.mark.parametrize(("file_format", "row_count"), [("csv", 3_000_000), ("parquet", 3_000_000), ("xlsx", 300_000)])
def test_memory_is_bounded_whatever_the_number_of_rows(
    handmade: Callable[[Iterable[Text]], Path], tmp_path: Path, file_format: str, row_count: int
) -> None:
    """Ten million are measured in benchmarks/exports.py; these rows alone are as large as the limit."""
    file = handmade([])
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into exp_messages select 'm' || n, repeat(md5(cast(n as varchar)), 10), "
            "timestamp '2026-03-01' + (n * 7919 % 1000000) * interval 1 second, date '2026-03-01' "
            f"from range({row_count}) as numbers(n)"
        )
    with subprocess.Popen(
        _command(file, tmp_path / "o", "--format", file_format), stdout=subprocess.DEVNULL
    ) as process:
        kilobytes = 0
        while process.poll() is None:
            # Not the operating system's own maximum: that counts what this process had when it began the other.
            with suppress(FileNotFoundError, ProcessLookupError):
                told = Path(f"/proc/{process.pid}/status").read_text()
                kilobytes = max([kilobytes, *map(int, re.findall(r"VmHWM:\s+(\d+) kB", told))])
            time.sleep(0.02)
    assert process.returncode == 0
    assert 0 < kilobytes * 1024 < 1e9


# --- the command ----------------------------------------------------------------------------------


def _ran(*arguments: str, **environment: str | None) -> tuple[int, str]:
    env = {"COLUMNS": "200", "MESSAGING_DB": None, "MESSAGING_SERVING": None, **environment}
    result = CliRunner().invoke(app, ["export", *arguments], env=env)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("messages",), "messages_all_UTC.csv"),
        (
            ("exp_messages", "--from", "2026-03-01", "--to", "2026-03-31", "--timezone", "Europe/London"),
            "messages_2026-03-01_2026-03-31_Europe-London.csv",
        ),
        (("Messages", "--from", "2026-03-01T08:30"), "messages_from-2026-03-01T0830_UTC.csv"),
        (
            ("user_presence", "--to", "2026-03-01T08:30:15+01:00", "--format", "parquet"),
            "user-presence_to-2026-03-01T073015Z_UTC.parquet",
        ),
        (
            ("teams", "--timezone", "America/Argentina/Buenos_Aires", "--format", "xlsx"),
            "teams_all_America-Argentina-Buenos_Aires.xlsx",
        ),
    ],
)
def test_the_name_tells_report_range_and_zone(
    demo: DbtRun, tmp_path: Path, options: tuple[str, ...], name: str
) -> None:
    code, output = _ran(*options, "--out", str(tmp_path), MESSAGING_DB=str(demo.database))
    assert code == 0, output
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert output.startswith(str(tmp_path / name)) and "as of 2026-03-15 20:00:00 UTC" in output


def test_the_zone_is_the_warehouses_unless_told(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    other.write_bytes(copy.read_bytes())
    with duckdb.connect(str(other)) as connection:
        connection.execute("update dim_build set reporting_timezone = 'Asia/Kolkata'")
    assert exported(other, tmp_path / "o", "topics").name == "topics_all_Asia-Kolkata.csv"


def test_a_warehouse_can_be_read_as_well_as_its_copy(demo: DbtRun, copy: Path, tmp_path: Path) -> None:
    files = (exported(file, tmp_path / file.stem, "contacts") for file in (demo.database, copy))
    assert len({file.read_bytes() for file in files}) == 1


def test_a_build_that_publishes_meanwhile_disturbs_nobody(copy: Path, tmp_path: Path) -> None:
    """The copy is replaced by a rename; whoever has the last one open keeps it."""
    mine, folder = tmp_path / "copy.duckdb", tmp_path / "o"
    mine.write_bytes(copy.read_bytes())
    folder.mkdir()

    def replace_it(_: str, __: float | None) -> None:
        other = tmp_path / "other"
        other.write_bytes(b"another build's")
        other.replace(mine)

    export(Options("messages", folder=folder, database=mine, file_format=Format.XLSX), {}, replace_it)
    (file,) = folder.iterdir()
    assert len(sheet_rows(file)) == 1 + len(_rows_of_view(copy, REPORTS[4])[1])


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ("message",),
            2,
            "There is no report 'message'. Did you mean messages? The reports are resolved-conversations, ",
        ),
        (("messages", "--timezone", "Europe/Lodnon"), 2, "is not a time zone; did you mean Europe/London?"),
        (("messages", "--timezone", "BST"), 2, "'BST' is not a time zone; write an IANA name like Europe/Berlin."),
        (("messages", "--timezone", "utc"), 2, "'utc' is not a time zone; did you mean UTC?"),
        (("messages", "--database", "."), 1, ". is a folder; name the file of a warehouse"),
        (("messages", "--timezone", "x'; drop"), 2, "is not a time zone; write an IANA name like Europe/Berlin."),
        (("messages", "--from", "2026-03-02", "--to", "2026-03-01"), 2, "Nothing lies from 2026-03-02 to 2026-03-01"),
        (
            ("messages", "--from", "2026-03-01T10:00", "--to", "2026-03-01T10:00+00:00"),
            2,
            "Nothing lies from 2026-03-01 10:00:00 to 2026-03-01 10:00:00 UTC: --from has to be before --to.",
        ),
        (("messages", "--from", "March"), 2, "--from 'March' is neither a day nor a time; write it like 2026-03-31"),
        (("messages", "--from", "2026-W10", "--to", "2026-W10"), 2, "--from '2026-W10' is neither a day nor a time"),
        (("messages", "--to", "20260301"), 2, "--to '20260301' is neither a day nor a time"),
        (("messages", "--from", "2026-W10-1T08:00"), 2, "--from '2026-W10-1T08:00' is neither a day nor a time"),
        (("messages", "--to", "2026-02-29"), 2, "--to '2026-02-29' is neither a day nor a time"),
        (("teams", "--from", "2026-03-01"), 2, "teams tells what stands now and knows no ranges; leave out --from"),
        (("users", "--format", "xlsx", "--for-spreadsheets"), 2, "--for-spreadsheets is about CSV"),
        (("users", "--out", "no/such/folder"), 1, "no/such/folder is no folder; make it first"),
        (("users", "--database", "none.duckdb"), 1, "none.duckdb does not exist; name the file of a warehouse"),
    ],
)
def test_each_mistake_is_told_in_a_sentence_that_names_the_remedy(
    demo: DbtRun, tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    place = () if "--out" in arguments else ("--out", str(tmp_path))
    found, output = _ran(*arguments, *place, MESSAGING_DB=str(demo.database))
    assert (found, output[:7]) == (code, "Error: ")
    assert sentence in output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_on_demand(copy: Path, tmp_path: Path) -> None:
    arguments = ("users", "--database", str(copy), "--out", str(tmp_path))
    file = tmp_path / "users_all_UTC.csv"
    file.write_text("mine")
    code, output = _ran(*arguments)
    assert code == 1 and "is there already; --overwrite replaces it" in output and file.read_text() == "mine"
    assert _ran(*arguments, "--overwrite")[0] == 0 and file.read_text() != "mine"


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("file_format", Format)
def test_a_file_that_comes_meanwhile_is_left_as_it_is(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: Format, has_links: bool
) -> None:
    """Also where the file system knows no links, and only a name that is taken tells."""
    if not has_links:
        monkeypatch.setattr(os, "link", _no_links)
    options = Options("users", folder=tmp_path, database=copy, file_format=file_format)
    file = tmp_path / f"users_all_UTC.{file_format}"

    def come(descriptor: int) -> None:
        file.write_text("mine")
        flush(descriptor)

    flush = os.fsync
    monkeypatch.setattr(os, "fsync", come)  # the last thing before it takes its name
    with pytest.raises(ExportError, match=r"came into being while the rows were written.*--overwrite replaces it"):
        export(options, {})
    assert list(tmp_path.iterdir()) == [file] and file.read_text() == "mine"
    export(replace(options, overwrite=True), {})
    assert list(tmp_path.iterdir()) == [file] and file.read_bytes() != b"mine"
    whole = file.read_bytes()
    file.unlink()
    monkeypatch.setattr(os, "fsync", flush)
    export(options, {})
    assert list(tmp_path.iterdir()) == [file] and file.read_bytes() == whole


def _no_links(*_: Any) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_where_a_file_cannot_take_its_name_nothing_is_left(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "link", _no_links)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ExportError, match=r"was not written, and nothing was left behind; .*Input/output error"):
        export(Options("users", folder=tmp_path, database=copy), {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file_format", Format)
def test_who_takes_away_what_is_in_the_making_is_told(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: Format
) -> None:
    """Such as somebody who tidies up: whatever the library that writes makes of it, it is one sentence."""

    def tidy_up(*_: Any) -> None:
        for hidden in tmp_path.glob(".*"):
            shutil.rmtree(hidden, ignore_errors=True)

    monkeypatch.setattr(os, "fsync", tidy_up)
    watch = tidy_up if file_format is Format.XLSX else progress.unwatched  # while it is written, and at the end
    with pytest.raises(ExportError, match="was not written, and nothing was left behind"):
        export(Options("users", folder=tmp_path, database=copy, file_format=file_format), {}, watch)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("none", "/none is no folder; make it first, or name another with --out."),
        ("file", "/file is a file and no folder; name a folder with --out."),
        ("file/below/it", "/file, which is a file; name a folder with --out."),
        ("link", "/link is a link to what is not there; make that first, or name another folder with --out."),
        ("x" * 300, "cannot be looked at (File name too long); name another folder with --out."),
        ("/proc", "/proc cannot be written to (No such file or directory); name another folder with --out."),
        ("/proc/1/none", "/proc/1/none is no folder; make it first"),
        ("/dev/null", "/dev/null is a file and no folder; name a folder with --out."),
        (os.fsdecode(b"b\xe9"), "b\ufffd has a name that is not UTF-8; name another folder with --out."),
    ],
)  # fmt: skip
def test_a_folder_that_takes_no_file_is_told_with_the_remedy(
    copy: Path, tmp_path: Path, out: str, sentence: str
) -> None:
    """By what nobody may do, whoever runs the test: the superuser may write into every folder, but not into these."""
    if out.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("the system has no such folder")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    (tmp_path / os.fsdecode(b"b\xe9")).mkdir()
    before = sorted(tmp_path.rglob("*"))
    code, output = _ran("users", "--database", str(copy), "--out", str(tmp_path / out))
    assert (code, output[:7], output.count("\n")) == (1, "Error: ", 1), output
    assert sentence in output
    assert sorted(tmp_path.rglob("*")) == before and (tmp_path / "file").read_text() == "mine"


def test_a_folder_under_the_name_of_the_file_is_told(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "users_all_UTC.csv").mkdir()
    for more in ((), ("--overwrite",)):
        code, output = _ran("users", "--database", str(copy), "--out", str(tmp_path), *more)
        assert code == 1 and "users_all_UTC.csv is a folder, which no file replaces; move it" in output
    assert [path.name for path in tmp_path.iterdir()] == ["users_all_UTC.csv"]


@pytest.mark.parametrize("name", ["it's", "~", "file:", "a b\nc", "-", "*[x]?", "ü😀", "%41{i}"])
@pytest.mark.parametrize("file_format", Format)
def test_a_folder_may_be_called_anything(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file_format: Format
) -> None:
    """Named from the folder above, where the engine itself would take some for a home or an address."""
    monkeypatch.chdir(tmp_path)
    file = exported(copy, Path(name), "users", file_format=file_format)
    assert file == Path(name) / f"users_all_UTC.{file_format}" and file.stat().st_size > 100
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_where_there_is_no_copy_the_remedy_is_named(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "w.duckdb")
    code, output = _ran("users", MESSAGING_DB=nowhere)
    assert code == 1 and f"no serving copy at {tmp_path / 'w_serving.duckdb'} yet: `make build` publishes" in output
    code, output = _ran("users", MESSAGING_DB=nowhere, MESSAGING_SERVING="none")
    assert code == 1 and "MESSAGING_SERVING is none" in output and "--database" in output
    code, output = _ran("users", MESSAGING_SERVING=str(tmp_path / "there.duckdb"))
    assert code == 1 and "there.duckdb yet" in output


def test_what_is_resolved_may_go_on_and_its_exposure_says_so(copy: Path) -> None:
    with duckdb.connect(str(copy), read_only=True) as connection:
        told = connection.execute("select count(*) from exp_resolved_conversations where ended_at is null").fetchone()
    exposures = yaml.safe_load((PROJECT / "models" / "exposures" / "exports.yml").read_text())["exposures"]
    (said,) = (each["description"] for each in exposures if each["name"] == "export_resolved_conversations")
    assert told and told[0] > 0 and "Some are not over" in said and "are over" not in said


def test_what_is_no_whole_build_is_not_exported(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table mine as select 1 as one")
    code, output = _ran("users", "--database", str(other))
    assert code == 1 and "is no warehouse that this version has built; build anew" in output
    other.write_text("a letter")
    told = _ran("users", "--database", str(other))[1]
    assert "it is no database; name the file of a warehouse" in told and "if a build" not in told
    other.write_bytes(copy.read_bytes())
    with duckdb.connect(str(other)) as connection:
        connection.execute("update dim_build set build_state = 'incomplete'")
    code, output = _ran("users", "--database", str(other))
    assert code == 1 and "holds a build that is incomplete" in output and "run dbt build again" in output


def test_a_warehouse_that_is_being_built_is_not_waited_for(demo: DbtRun, tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    warehouse.write_bytes(demo.database.read_bytes())
    hold = f"import duckdb, sys; c = duckdb.connect({str(warehouse)!r}); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as builder:
        assert builder.stdin and builder.stdout and builder.stdout.readline()
        code, output = _ran("users", "--database", str(warehouse), "--out", str(tmp_path))
        builder.stdin.close()
    assert code == 1 and "if a build is writing it, wait, or take the serving copy" in output


def test_a_bar_is_shown_to_whoever_waits_at_a_terminal(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0)
    with progress.shown(Console(file=screen, force_terminal=True, width=100)) as watch:
        export(Options("messages", folder=tmp_path, database=copy, file_format=Format.XLSX), {}, watch)
    assert "messages: packing" in screen.getvalue()
    with progress.shown(Console(file=screen, force_terminal=False)) as watch:
        assert watch is progress.unwatched


# --- the guide ------------------------------------------------------------------------------------


def test_the_command_of_readme_and_guide_does_what_they_say(demo: DbtRun, tmp_path: Path) -> None:
    for document in (PROJECT / "README.md", GUIDE):
        text = document.read_text()
        ((command, name),) = re.findall(r"messaging-warehouse export (.*)\n[\s\S]{,60}?(messages_[\w-]+\.xlsx)", text)
        folder = tmp_path / document.stem
        folder.mkdir()
        code, output = _ran(*command.split(), "--out", str(folder), MESSAGING_DB=str(demo.database))
        assert code == 0 and [file.name for file in folder.iterdir()] == [name]
        for told in re.findall(rf"{name}: (.*) …", text):
            assert told in output


def test_the_guide_says_by_which_time_a_range_is_judged() -> None:
    table = re.findall(r"^\| `([a-z-]+)` \| .* \| (.*?) ?\| `?(\w+)`? \|$", GUIDE.read_text(), re.MULTILINE)
    assert table == [(report.name, report.in_range, report.time or "none") for report in REPORTS]


def test_the_options_of_the_guide_exist_and_the_help_names_every_report() -> None:
    command = typer.main.get_command(app).commands["export"]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]+", GUIDE.read_text())) <= options
    assert all(report.name in " ".join(_ran("--help")[1].split()) for report in REPORTS)
