"""Time inside the simulator: whole milliseconds since 1970-01-01 UTC, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from messaging_warehouse.simulator.errors import SimulationError

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LONGEST = 366

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def require_few_days(days: int) -> None:
    """Raise SimulationError for no days, or more of them than one run can have."""
    if days < 1:
        raise SimulationError(f"{days} days is no time to simulate; give at least 1.")
    if days > LONGEST:
        raise SimulationError(f"More than {LONGEST} days are too many for one run; give fewer days and more tiles.")


def to_milliseconds(moment: datetime) -> int:
    """Return an aware moment, or a naive one in UTC, in milliseconds; what is finer is dropped."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(milliseconds: int) -> datetime:
    """Return the moment, aware, in UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def to_text(milliseconds: int) -> str:
    """Return the moment as the raw contract's text files hold it: `2026-02-01T09:00:00.000Z`."""
    moment = to_datetime(milliseconds)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def midnight(day: date) -> int:
    """Return the UTC midnight at which a day begins."""
    return to_milliseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def minutes_of_day(clock_time: str) -> int:
    """Return the minutes since local midnight of `HH:MM`, up to `24:00`; ValueError for anything else."""
    hours, _, minutes = clock_time.partition(":")
    if len(hours) != 2 or len(minutes) != 2 or not (hours + minutes).isdecimal():
        raise ValueError(clock_time)
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > 24 * 60:
        raise ValueError(clock_time)
    return total


def local_moment(day: date, minutes: float, timezone: ZoneInfo) -> int:
    """Return the UTC milliseconds of a wall-clock time, counted in minutes from local midnight.

    A time that a clock change skips or repeats is read as Python's `fold=0` does.
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    return to_milliseconds(wall.replace(tzinfo=timezone))
