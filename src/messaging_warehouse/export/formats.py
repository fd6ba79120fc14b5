"""The kinds of files."""

from enum import StrEnum


class Format(StrEnum):
    """The kinds of files that a report is written as; each is the ending of its files, too."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"
