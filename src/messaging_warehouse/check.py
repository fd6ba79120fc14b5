"""What `messaging-warehouse check` does: look at a built warehouse, by the clock, and say whether it can be trusted.

Models know no clock but `as_of`; whether that is long ago only somebody outside can tell. The warehouse is read and
never written, and only tables of the size of a calendar are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from pathlib import Path

import duckdb

# Clocks may disagree by so much before it is worth a word.
_CLOCK_TOLERANCE = timedelta(minutes=5)


class CheckError(Exception):
    """Nothing could be checked: there is no warehouse, or it cannot be read now."""


class Verdict(IntEnum):
    """What the check found, as the command's exit code; 1 and 2 are taken: could not check, and wrong usage."""

    FINE = 0
    UNUSUAL = 3
    NOT_TO_BE_TRUSTED = 4


@dataclass(frozen=True)
class Limits:
    """What is still fine. Rates are shares from 0 to 1, of the last day that was over at `as_of`."""

    age: timedelta = timedelta(hours=26)
    late_rate: float = 0.05
    rejected_rate: float = 0.01


@dataclass(frozen=True)
class Share:
    """A part of a whole, and the share that it is; of nothing the share is 0."""

    part: int
    whole: int

    @property
    def rate(self) -> float:
        """The share, from 0 to 1."""
        return self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        return f"{self.part} of {self.whole} ({100 * self.rate:.1f} %)"


@dataclass(frozen=True)
class Volume:
    """A channel's day of unusual volume."""

    channel_id: str
    status: str
    event_count: int
    usual_event_count: int


@dataclass(frozen=True)
class Sighting:
    """What was seen in a warehouse. Moments are UTC with their zone; `None` where there was nothing to see."""

    build_state: str
    as_of: datetime | None = None
    last_received_by_log: dict[str, datetime] = field(default_factory=dict)
    last_received_by_channel: dict[str, datetime] = field(default_factory=dict)
    last_full_day: date | None = None
    late: Share = Share(0, 0)
    rejected: Share = Share(0, 0)
    anomalies: tuple[Volume, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something that is not fine, in one sentence."""

    verdict: Verdict
    sentence: str


def look_at(database: Path) -> Sighting:
    """Read what there is to see in a built warehouse, or in a copy of one that was published.

    Raises CheckError where there is none, or where a build holds the file at this moment.
    """
    if not database.is_file():
        raise CheckError(f"{database} does not exist; build the warehouse first, or name its file.")
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return _look_with(connection)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise CheckError(f"{database} is no warehouse that this version has built: {_first_line(error)}") from None
    except duckdb.Error as error:
        raise CheckError(f"{database} cannot be read; a build may be writing it: {_first_line(error)}") from None


def judge(sighting: Sighting, at: datetime, limits: Limits) -> list[Finding]:
    """Say what is not fine at a moment (with its zone), the worst first."""
    return sorted(
        _about_the_build(sighting) + _about_freshness(sighting, at, limits) + _about_the_day(sighting, limits),
        key=lambda finding: -finding.verdict,
    )


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The worst of the findings; fine without any."""
    return max((finding.verdict for finding in findings), default=Verdict.FINE)


def describe(sighting: Sighting, findings: Sequence[Finding], at: datetime) -> str:
    """Lay out what was seen, and below it what is not fine."""
    lines = [
        ("build state", sighting.build_state),
        ("data as of", _moment(sighting.as_of)),
        *(
            (f"last {event_log} event", _moment_and_age(received_at, at))
            for event_log, received_at in sorted(sighting.last_received_by_log.items())
        ),
        *(
            (f"  on {channel_id}", _moment_and_age(received_at, at))
            for channel_id, received_at in sorted(sighting.last_received_by_channel.items())
        ),
        ("last full day", str(sighting.last_full_day or "–")),
        ("  late", str(sighting.late)),
        ("  rejected", str(sighting.rejected)),
        ("  unusual volumes", str(len(sighting.anomalies))),
    ]
    width = max(len(name) for name, _ in lines) + 2
    table = [f"{name.ljust(width)}{value}" for name, value in lines]
    told = [f"{finding.verdict.name.replace('_', ' ').lower()}: {finding.sentence}" for finding in findings]
    return "\n".join([*table, "", *(told or ["fine"])])


# --- looking ----------------------------------------------------------------------------------


def _look_with(connection: duckdb.DuckDBPyConnection) -> Sighting:
    build = connection.execute("select build_state, as_of from dim_build").fetchone()
    if build is None:
        return Sighting(build_state="empty")
    build_state, as_of = build
    (last_full_day,) = connection.execute(
        "select max(date_day) from dim_dates where ended_at <= (select as_of from dim_build)"
    ).fetchone() or (None,)
    by_log, by_channel = (
        {
            key: moment.replace(tzinfo=UTC)
            for key, moment in connection.execute(
                f"select {key}, max(last_received_at) from mart_data_quality_by_day "
                f"where last_received_at is not null and {condition} group by {key}"
            ).fetchall()
        }
        for key, condition in (
            ("event_log", "not is_test_channel"),
            ("channel_id", "event_log = 'conversation' and not is_test_channel"),
        )
    )
    late, accepted, rejected, delivered = connection.execute(
        "select coalesce(sum(late_event_count), 0), coalesce(sum(accepted_event_count), 0), "
        "coalesce(sum(rejected_delivery_count), 0), coalesce(sum(delivery_count), 0) "
        "from mart_data_quality_by_day where received_date = ? and not is_test_channel",
        [last_full_day],
    ).fetchone() or (0, 0, 0, 0)
    anomalies = connection.execute(
        "select channel_id, volume_status, day_event_count, usual_event_count from mart_volume_anomalies_by_day "
        "where is_anomaly and volume_date = ? order by channel_id",
        [last_full_day],
    ).fetchall()
    return Sighting(
        build_state=build_state,
        as_of=as_of and as_of.replace(tzinfo=UTC),
        last_received_by_log=by_log,
        last_received_by_channel=by_channel,
        last_full_day=last_full_day,
        late=Share(late, accepted),
        rejected=Share(rejected, delivered),
        anomalies=tuple(Volume(*row) for row in anomalies),
    )


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


# --- judging ----------------------------------------------------------------------------------


def _about_the_build(sighting: Sighting) -> list[Finding]:
    if sighting.build_state == "complete":
        return []
    return [
        Finding(
            Verdict.NOT_TO_BE_TRUSTED,
            f"the build is {sighting.build_state}: its tables may be of two builds; run dbt build again.",
        )
    ]


def _about_freshness(sighting: Sighting, at: datetime, limits: Limits) -> list[Finding]:
    """Judge each log that ever delivered. Without conversations there is nothing to read; without presence less."""
    found = []
    if "conversation" not in sighting.last_received_by_log:
        found.append(Finding(Verdict.NOT_TO_BE_TRUSTED, "no conversation event was ever accepted."))
    for event_log, last in sorted(sighting.last_received_by_log.items()):
        if at - last > limits.age:
            found.append(
                Finding(
                    Verdict.NOT_TO_BE_TRUSTED if event_log == "conversation" else Verdict.UNUSUAL,
                    f"no {event_log} event was received for {_duration(at - last)}, longer than "
                    f"{_duration(limits.age)}: the feed stands still, or nobody has built since.",
                )
            )
        elif last - at > _CLOCK_TOLERANCE:
            found.append(
                Finding(
                    Verdict.UNUSUAL,
                    f"the newest {event_log} event was received {_duration(last - at)} ahead of the clock: "
                    "a clock is wrong, there or here.",
                )
            )
    return found


def _about_the_day(sighting: Sighting, limits: Limits) -> list[Finding]:
    found = []
    for name, share, limit in (
        ("were late", sighting.late, limits.late_rate),
        ("were rejected", sighting.rejected, limits.rejected_rate),
    ):
        if share.rate > limit:
            found.append(Finding(Verdict.UNUSUAL, f"{share} {name}, more than {100 * limit:g} %."))
    for volume in sighting.anomalies:
        found.append(
            Finding(
                Verdict.UNUSUAL,
                f"channel {volume.channel_id} is {volume.status}: {volume.event_count} events "
                f"where {volume.usual_event_count} are usual.",
            )
        )
    return found


# --- telling ----------------------------------------------------------------------------------


def _moment(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _moment_and_age(moment: datetime | None, at: datetime) -> str:
    return "–" if moment is None else f"{_moment(moment)}  {_duration(at - moment)} ago"


def _duration(duration: timedelta) -> str:
    """Whole minutes below an hour, hours with one decimal below two days, else days; below zero with a minus."""
    seconds = duration.total_seconds()
    for unit, length, limit in (("min", 60, 3600), ("h", 3600, 172800)):
        if abs(seconds) < limit:
            return f"{seconds / length:.0f} {unit}" if unit == "min" else f"{seconds / length:.1f} {unit}"
    return f"{seconds / 86400:.1f} days"
