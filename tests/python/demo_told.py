"""The demo as the slow reference tells it, and rows that plain Python counts, averages and ranks."""

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from reference import ConfiguredInput, Settings, build
from warehouse import PROJECT


class Rows(list[dict[str, Any]]):
    """Rows, and what can be said of them without a database; a null is never counted, added or ranked."""

    def where(self, holds: Callable[[dict[str, Any]], object] | None = None, **values: Any) -> "Rows":
        """Keep the rows that hold these values, and for which something holds."""
        return Rows(
            row for row in self if all(row[k] == v for k, v in values.items()) and (holds is None or holds(row))
        )

    def one(self, *columns: str, **values: Any) -> Any:
        """Return the columns of the one row with these values: the value of a single column, else a list."""
        (row,) = self.where(**values)
        found = [row[column] for column in columns]
        return found[0] if len(found) == 1 else found

    def values(self, column: str) -> list[Any]:
        """Return what stands in a column."""
        return [row[column] for row in self if row[column] is not None]

    def count(self, column: str) -> dict[Any, int]:  # type: ignore[override]
        """Count the rows of each value."""
        return dict(Counter(self.values(column)))

    def distinct(self, *columns: str) -> int:
        """Count the different values of these columns together."""
        return len({tuple(row[column] for column in columns) for row in self})

    def sum(self, column: str) -> Decimal:
        """Add up a column."""
        return sum(self.values(column), Decimal(0))

    def ratio(self, numerator: str, denominator: str) -> float:
        """Divide one sum by another."""
        return float(self.sum(numerator)) / float(self.sum(denominator))

    def mean(self, column: str) -> Decimal:
        """Return the mean, half up at the third decimal."""
        thousandths = [int(value * 1000) for value in self.values(column)]
        count = len(thousandths)
        return Decimal((2 * sum(thousandths) + count) // (2 * count)) / 1000

    def percentile(self, percent: int, column: str) -> Any:
        """Return the smallest value that at least so many percent of them do not exceed."""
        ordered = sorted(self.values(column))
        return next(value for i, value in enumerate(ordered, start=1) if 100 * i >= percent * len(ordered))

    def share(self, holds: Callable[[dict[str, Any]], object] | None = None, **values: Any) -> float:
        """Return the share of the rows that `where` would keep."""
        return len(self.where(holds, **values)) / len(self)


class DemoTold:
    """The reference's tables over the demo, test channels left out, and the month of `as_of`."""

    def __init__(self) -> None:
        demo, config = PROJECT / "seeds" / "demo", PROJECT / "seeds" / "config"
        seeds = {
            field.name: next(p for p in (demo / f"raw_{field.name}.csv", config / f"{field.name}.csv") if p.exists())
            for field in fields(ConfiguredInput)
        }
        self.raw = ConfiguredInput(**{name: _read(path) for name, path in seeds.items()})
        told = build(self.raw, Settings(with_service_levels=True))
        assert told.as_of is not None
        self.as_of = told.as_of
        test_channels = {row["channel_id"] for row in self.raw.channels if row["is_test"] == "true"}
        self.session: dict[Any, dict[str, Any]] = {
            row["session_id"]: row for row in told.tables["fct_messaging_sessions"]
        }
        self._tables = {}
        for name, rows in told.tables.items():
            placed = [{**row, "channel_id": _channel(row, self.session.get(row.get("session_id")))} for row in rows]
            self._tables[name] = Rows(row for row in placed if row["channel_id"] not in test_channels)

    def all(self, fact: str, **values: Any) -> Rows:
        """Return the rows of a fact that hold these values, each with the channel of its session."""
        return self._tables[f"fct_{fact}"].where(**values)

    def month(self, fact: str, moment: str, **values: Any) -> Rows:
        """Return those whose moment, a time or a day, lies in the month of `as_of`; the demo's zone is UTC."""
        return self.all(fact, **values).where(lambda row: self.is_in_month(row[moment]))

    def is_in_month(self, moment: date | None) -> bool:
        """Say whether a time or a day lies in the month of `as_of`."""
        return moment is not None and (moment.year, moment.month) == (self.as_of.year, self.as_of.month)


def _read(path: Path) -> list[dict[str, str | None]]:
    with path.open(newline="", encoding="utf-8") as text:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(text)]


def _channel(row: Any, session: dict[str, Any] | None) -> Any:
    return row.get("channel_id") if session is None else session["channel_id"]
