"""Numbers and moments as people read them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

NOTHING = "–"


def is_nothing(value: Any) -> bool:
    """Whether a figure is null: there was nothing to tell."""
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)) or value is pd.NA


def duration(seconds: float | None) -> str:
    """Write seconds with the two units that matter: `4 min 12 s`, `2 d 3 h`."""
    if is_nothing(seconds):
        return NOTHING
    assert seconds is not None
    if abs(seconds) < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    sign, whole = ("−" if whole < 0 else ""), abs(whole)
    for size, unit, rest_size, rest_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // rest_size
            return f"{sign}{whole // size:,} {unit}" + (f" {rest} {rest_unit}" if rest else "")
    return f"{sign}{whole} s"


def number(value: float | None) -> str:
    """Write an amount with thousands apart and two digits at most: 3 of 3.000, 2.5 of 2.500."""
    if is_nothing(value):
        return NOTHING
    assert value is not None
    told = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if told == "-0" else told


def share(value: float | None) -> str:
    """Write a share of one as a percentage."""
    if is_nothing(value):
        return NOTHING
    assert value is not None
    return f"{100 * value:.1f} %"


def figure(value: Any, unit: str) -> str:
    """Write a figure by its unit."""
    value = None if is_nothing(value) else float(value)
    if unit == "seconds":
        return duration(value)
    if unit == "rate":
        return share(value)
    if unit == "score":
        return NOTHING if value is None else f"{value:+.2f}".replace("-", "−")
    return number(value)


def change(now: Any, before: Any, unit: str) -> str | None:
    """Write what changed since the time before: points of a percentage, else percent; nothing without both.

    What grew more than tenfold is told by how many times as much it is.
    """
    if is_nothing(now) or is_nothing(before):
        return None
    now, before = float(now), float(before)
    if unit == "rate":
        return f"{100 * (now - before):+.1f} points"
    if unit == "score":
        return f"{now - before:+.2f}"
    if before == 0:
        return None
    percent = 100 * (now - before) / before
    return f"×{now / before:,.0f}" if percent > 1000 else f"{percent:+.0f} %"


def in_zone(moment: datetime | pd.Timestamp | None, zone: str) -> datetime | None:
    """Return a UTC moment of the warehouse as the clocks of a zone show it."""
    if is_nothing(moment):
        return None
    assert moment is not None
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def moment(value: datetime | pd.Timestamp | None, zone: str) -> str:
    """Write a UTC moment in a zone, to the minute."""
    local = in_zone(value, zone)
    return NOTHING if local is None else f"{local:%-d %b %Y, %H:%M}"


def clock(value: datetime | pd.Timestamp | None, zone: str) -> str:
    """Write a UTC moment as a time of day in a zone."""
    local = in_zone(value, zone)
    return NOTHING if local is None else f"{local:%H:%M}"


def day(value: date) -> str:
    """Write a date."""
    return f"{value:%-d %b %Y}"


def days(first: date, end: date) -> str:
    """Write the days from the first to the one before the end."""
    last = end - timedelta(days=1)
    if first == last:
        return day(first)
    start = f"{first:%-d %b}" if first.year == last.year else day(first)
    return f"{start} – {day(last)}"


def plain(text: Any) -> str:
    """Return a text that Markdown shows as it is: names come from the outside."""
    return "".join(f"\\{each}" if each in r"\`*_{}[]<>()#+-.!|~$:" else each for each in str(text))
