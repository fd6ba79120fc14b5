"""How a report's columns are told in each kind of file: the SQL that makes rows ready to be written.

Times are shown in the export's zone, and a day beside its time (`sent_date` of `sent_at`) is the day in that zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from messaging_warehouse.export.formats import Format
from messaging_warehouse.export.ranges import Range
from messaging_warehouse.export.reports import Report
from messaging_warehouse.export.source import Column

# What a spreadsheet takes for a formula when it opens a text file: https://owasp.org/www-community/attacks/CSV_Injection
BYTE_ORDER_MARK = "\ufeff"  # by which it knows UTF-8
FORMULA = r"^(\s*[=+\-@＝＋－＠]|[\t\r\n])"
# Where lists are told by semicolons a spreadsheet knows no quotes within a line of commas: more is the start of a cell.
FURTHER_FORMULA = r"([;|\t\r\n])(\s*[=+\-@＝＋－＠])"

_MARKED = r"\1'\2"


@dataclass(frozen=True)
class Rendering:
    """What becomes of a report.

    Attributes:
        file_format: the kind of file.
        zone: the time zone that times are shown in.
        is_for_spreadsheets: whether a CSV is made for people to open: nothing in it is taken for a formula.
    """

    file_format: Format
    zone: str
    is_for_spreadsheets: bool = False

    def query(self, report: Report, columns: Sequence[Column], period: Range, rows: str | None) -> str:
        """Return the SELECT of a report's rows as they are written, in order: of its view, or of `rows`, in order."""
        names = {column.name for column in columns}
        headers = [column.name for column in columns]
        if self.is_for_spreadsheets:
            headers[0] = BYTE_ORDER_MARK + headers[0]  # the first thing in the file
        shown = ", ".join(
            f"{self._shown(column, names)} as {name(header)}" for column, header in zip(columns, headers, strict=True)
        )
        if rows:  # the engine keeps the order in which it reads
            return f"select {shown} from {rows} as report"
        return (
            f"select {shown} from {report.relation} as report where {self.condition(report, period)} "
            f"order by {order(report)}"
        )

    def count(self, report: Report, period: Range, rows: str | None) -> str:
        """Return the SELECT that counts them."""
        return f"select count(*) from {rows or report.relation} as report where {self.condition(report, period)}"

    def condition(self, report: Report, period: Range) -> str:
        """Return which rows of the report lie in a range."""
        if report.time is None or not period:
            return "true"
        moment = f"report.{name(report.time)}"
        return period.condition(moment, self._wall_time(moment))

    def _shown(self, column: Column, names: set[str]) -> str:
        value = f"report.{name(column.name)}"
        if column.data_type == "TIMESTAMP":
            return self._time(value)
        if column.data_type == "DATE":
            moment = column.name.removesuffix("_date") + "_at"
            day = f"cast({self._wall_time(f'report.{name(moment)}')} as date)" if moment in names else value
            return _serial_number(f"cast({day} as timestamp)") if self.file_format is Format.XLSX else day
        if column.data_type.startswith("DECIMAL") and self.file_format is Format.XLSX:
            return f"cast({value} as double)"
        if column.data_type == "VARCHAR" and self.is_for_spreadsheets:
            inert = f"regexp_replace({value}, {literal(FURTHER_FORMULA)}, {literal(_MARKED)}, 'g')"
            return f"case when regexp_matches({value}, {literal(FORMULA)}) then '''' || {inert} else {inert} end"
        return value

    def _time(self, value: str) -> str:
        match self.file_format:
            case Format.PARQUET:
                return f"timezone('UTC', {value})"
            case Format.XLSX:
                return _serial_number(self._wall_time(value))
            case Format.CSV:
                # The session's zone is the export's. The engine leaves the minutes of a whole hour's offset out.
                told = f"strftime(timezone('UTC', {value}), '%Y-%m-%dT%H:%M:%S.%g%z')"
                return rf"regexp_replace({told}, '([+-]\d\d)$', '\1:00')"

    def _wall_time(self, moment: str) -> str:
        return f"timezone({literal(self.zone)}, timezone('UTC', {moment}))"


def order(report: Report) -> str:
    """Return by what the rows of a report are ordered."""
    return ", ".join(f"report.{name(key)}" for key in ((report.time,) if report.time else ()) + report.key)


def _serial_number(wall_time: str) -> str:
    """Days since the end of 1899, which is what a spreadsheet shows as a date."""
    return f"epoch_ms({wall_time}) / 86400000 + 25569"


def name(identifier: str) -> str:
    """Quote a name for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"
