"""A report as a spreadsheet that opens cleanly: typed cells, a frozen header, nothing that is taken for a formula.

Rows are written as they come and never held. What does not fit is told and never dropped in silence: rows beyond a
sheet's limit go on in further sheets, and a text beyond a cell's limit says in the cell that it was cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from messaging_warehouse.export.source import Column

SHEET_ROWS = 1_048_576  # with the header
CELL_UNITS = 32_767  # of UTF-16
LARGEST_WHOLE_NUMBER = 2**53  # beyond it a cell rounds
# The first of March 1900, before which spreadsheets count a day that never was, and the last of December 9999.
FIRST_DAY, LAST_DAY = 61, 2_958_466
BEGINNING = datetime(1899, 12, 30)

_LOOKS_LIKE_A_FORMULA = re.compile(r"[=+\-@]")
_WIDTHS = {"TIMESTAMP": 23, "DATE": 11, "BOOLEAN": 10, "VARCHAR": 22}
_OTHER_WIDTH = 14


class Spreadsheet:
    """A spreadsheet in the making.

    Attributes:
        row_count: rows written.
        sheet_count: sheets of rows begun.
        cut_count: cells whose text was cut.
    """

    def __init__(
        self, file: Path, title: str, columns: Sequence[Column], made_at: datetime | None, sheet_rows: int
    ) -> None:
        """Begin one; what is in the making lies beside the file. `sheet_rows`: how many a sheet has, its header too."""
        self.row_count = self.sheet_count = self.cut_count = 0
        self._title = title
        self._columns = columns
        self._sheet_rows = sheet_rows
        # Rows go to the disk at once. No text is ever taken for a number, a link or a formula.
        options = {"constant_memory": True, "tmpdir": str(file.parent), "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(file), options)
        self._book.use_zip64()  # takes effect from four gigabytes on
        self._book.set_properties({"title": title, **({"created": made_at} if made_at else {})})
        self._header = self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4"})
        self._inert = self._book.add_format({"quote_prefix": True})
        self._formats = {
            "TIMESTAMP": self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
            "DATE": self._book.add_format({"num_format": "yyyy-mm-dd"}),
            "DECIMAL(18,3)": self._book.add_format({"num_format": "0.000"}),
        }
        self._cells: list[Callable[[int, int, Any], None]] = []
        self._line = 0
        self._begin_sheet()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows whose times and days are serial numbers, and whose other values are what their columns say."""
        for row in rows:
            if self._line == self._sheet_rows:
                self._end_sheet()
                self._begin_sheet()
            for place, value in enumerate(row):
                if value is not None:
                    self._cells[place](self._line, place, value)
            self._line += 1
            self.row_count += 1

    def close(self, about: Sequence[tuple[str, str]]) -> None:
        """End it with a sheet that says what it is, and what its columns mean."""
        self._end_sheet()
        sheet = self._book.add_worksheet("About")
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 120, self._book.add_format({"text_wrap": True}))
        line = 0
        for term, meaning in about:
            sheet.write_string(line, 0, term)
            sheet.write_string(line, 1, meaning, self._inert)
            line += 1
        line += 1
        sheet.write_string(line, 0, "column", self._header)
        sheet.write_string(line, 1, "what it means in the warehouse", self._header)
        for column in self._columns:
            line += 1
            sheet.write_string(line, 0, column.name)
            sheet.write_string(line, 1, column.meaning)
        self._book.close()

    def _begin_sheet(self) -> None:
        self.sheet_count += 1
        number = f" ({self.sheet_count})" if self.sheet_count > 1 else ""
        sheet = self._sheet = self._book.add_worksheet(f"{self._title}{number}")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            width = max(_WIDTHS.get(column.data_type, _OTHER_WIDTH), min(len(column.name) + 3, 30))
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, column.name, self._header)
        self._cells = [self._cell(sheet, column.data_type) for column in self._columns]
        self._line = 1

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(self._line - 1, 1), len(self._columns) - 1)

    def _cell(self, sheet: Any, data_type: str) -> Callable[[int, int, Any], None]:
        """Return how a value of a type is written."""
        form = self._formats.get(data_type)

        def time(line: int, place: int, serial: float) -> None:
            if FIRST_DAY <= serial < LAST_DAY:
                sheet.write_number(line, place, serial, form)
            else:
                moment = BEGINNING + timedelta(days=serial)
                sheet.write_string(line, place, (moment.date() if data_type == "DATE" else moment).isoformat())

        def number(line: int, place: int, value: float) -> None:
            if abs(value) < LARGEST_WHOLE_NUMBER:
                sheet.write_number(line, place, value, form)
            else:  # rounded, infinite or not a number
                sheet.write_string(line, place, str(value))

        def text(line: int, place: int, value: str) -> None:
            sheet.write_string(
                line, place, self._fitting(value), self._inert if _LOOKS_LIKE_A_FORMULA.match(value) else None
            )

        if data_type in ("TIMESTAMP", "DATE"):
            return time
        if data_type == "BOOLEAN":
            return lambda line, place, value: sheet.write_boolean(line, place, value)
        return text if data_type == "VARCHAR" else number

    def _fitting(self, text: str) -> str:
        """Cut a text that no cell holds, such that the cell says so."""
        if len(text) <= CELL_UNITS // 2:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * CELL_UNITS:
            return text
        self.cut_count += 1
        mark = f" … (cut: {len(text):,} characters)"
        return units[: 2 * (CELL_UNITS - len(mark))].decode("utf-16-le", errors="ignore") + mark
