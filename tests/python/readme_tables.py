"""The README's tables, run: `python tests/python/readme_tables.py` writes them anew from the built demo."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
# A query, and the table that it prints right below it.
EXAMPLE = re.compile(r"```sql\n(?P<query>(?:(?!```).)*)```\n```text\n(?P<table>.*?)```", re.DOTALL)


def render_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lay rows out as plain text: columns two blanks apart, null as a dash."""
    cells = [list(names)] + [["–" if value is None else str(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "".join(line.rstrip() + "\n" for line in lines)


def run_example(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Run a query and return its table."""
    result = connection.execute(query)
    return render_table([column[0] for column in result.description or ()], result.fetchall())


def with_tables(text: str, connection: duckdb.DuckDBPyConnection) -> str:
    """Return the text with each example's table as the warehouse gives it today."""

    def written(match: re.Match[str]) -> str:
        query = match["query"]
        return f"```sql\n{query}```\n```text\n{run_example(connection, query)}```"

    return EXAMPLE.sub(written, text)


if __name__ == "__main__":
    readme = PROJECT / "README.md"
    database = sys.argv[1] if len(sys.argv) > 1 else str(PROJECT / "warehouse.duckdb")
    with duckdb.connect(database, read_only=True) as warehouse:
        readme.write_text(with_tables(readme.read_text(), warehouse))
