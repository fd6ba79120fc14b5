"""Durations: integer milliseconds inside, exact decimal(18,3) seconds outside.

Source: definitions, *Time*.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

_MILLISECOND = timedelta(milliseconds=1)


def milliseconds_between(start: datetime, end: datetime) -> int:
    """Whole milliseconds from start to end; both are cut at the millisecond."""
    return (end - start) // _MILLISECOND


def in_seconds(milliseconds: int) -> Decimal:
    """Milliseconds as exact seconds with three places."""
    return Decimal(milliseconds).scaleb(-3)


def seconds_between(start: datetime | None, end: datetime | None) -> Decimal | None:
    """Seconds from start to end; None until both exist, or if the clocks disagree (negative)."""
    if start is None or end is None or end < start:
        return None
    return in_seconds(milliseconds_between(start, end))


def mean_milliseconds(milliseconds: Sequence[int]) -> int:
    """The mean, half-up to the millisecond, from integers only: (2·sum + n) div (2·n)."""
    count = len(milliseconds)
    return (2 * sum(milliseconds) + count) // (2 * count)
