"""What goes into the reference: raw rows as a text file would hold them, and the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

RawRow = Mapping[str, str | None]
RawTable = list[dict[str, str | None]]
Value = str | int | float | bool | Decimal | date | datetime | None
Row = dict[str, Value]


@dataclass
class RawInput:
    """The raw tables of the contract; one dict per row, every value text or None.

    Grain of the two logs: one *delivery* of an event. Reference tables: one row per id, memberships
    one row per agent, team and period. Tables left out are empty; so are columns left out.
    """

    conversation_events: RawTable = field(default_factory=list)
    presence_events: RawTable = field(default_factory=list)
    agents: RawTable = field(default_factory=list)
    teams: RawTable = field(default_factory=list)
    team_memberships: RawTable = field(default_factory=list)
    channels: RawTable = field(default_factory=list)
    messaging_users: RawTable = field(default_factory=list)
    accounts: RawTable = field(default_factory=list)
    topics: RawTable = field(default_factory=list)


@dataclass
class ConfiguredInput(RawInput):
    """The raw tables together with what the business configures.

    Grain: one row per schedule; per schedule × weekday × interval; per schedule × date × interval;
    per policy; per emoji. Without schedules everything is open around the clock, without policies
    nothing is due, and without a lexicon nothing is felt.
    """

    business_hours: RawTable = field(default_factory=list)
    business_hour_intervals: RawTable = field(default_factory=list)
    holidays: RawTable = field(default_factory=list)
    sla_policies: RawTable = field(default_factory=list)
    emoji_sentiment: RawTable = field(default_factory=list)


def with_configuration(raw: RawInput) -> ConfiguredInput:
    """The input with its configuration: an empty one, unless it brings its own."""
    return raw if isinstance(raw, ConfiguredInput) else ConfiguredInput(**vars(raw))


@dataclass(frozen=True)
class Settings:
    """The vars of a build.

    `as_of` (aware, or naive UTC) is the moment the warehouse speaks for; None means the latest
    `received_at` of a usable delivery. `max_lateness_days` None switches that check off.
    `reporting_timezone` is where an agent's days begin and end; no other table here knows days.
    `with_service_levels`, which is no var, adds the tables and columns about business time, service
    levels, surveys and sentiment (`SERVICE_TABLES`, `SERVICE_COLUMNS`).
    """

    as_of: datetime | None = None
    session_inactivity_hours: int = 24
    clock_skew_tolerance_seconds: int = 300
    max_lateness_days: int | None = 400
    reporting_timezone: str = "UTC"
    focus_idle_minutes: int = 15
    presence_stale_hours: int = 24
    with_service_levels: bool = False

    @property
    def session_inactivity(self) -> timedelta:
        """The gap without activity from which a session is over."""
        return timedelta(hours=self.session_inactivity_hours)

    @property
    def clock_skew_tolerance(self) -> timedelta:
        """How far `occurred_at` may lie after `received_at`."""
        return timedelta(seconds=self.clock_skew_tolerance_seconds)

    @property
    def max_lateness(self) -> timedelta | None:
        """How far `received_at` may lie after `occurred_at`; None is any distance."""
        if self.max_lateness_days is None:
            return None
        return timedelta(days=self.max_lateness_days)

    @property
    def focus_idle_limit(self) -> timedelta:
        """How long focus outlives the last open or act."""
        return timedelta(minutes=self.focus_idle_minutes)

    @property
    def presence_stale_after(self) -> timedelta:
        """The silence of an agent after which an online status is no longer believed."""
        return timedelta(hours=self.presence_stale_hours)

    @property
    def reporting_zone(self) -> ZoneInfo:
        """The zone whose midnights cut days."""
        return ZoneInfo(self.reporting_timezone)

    @property
    def given_as_of(self) -> datetime | None:
        """The given `as_of` in naive UTC at the millisecond, or None when it is not given."""
        if self.as_of is None:
            return None
        moment = self.as_of
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return truncated_to_millisecond(moment)


def truncated_to_millisecond(moment: datetime) -> datetime:
    """Drop what is finer than a millisecond, as staging does."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def column(row: RawRow, name: str) -> str | None:
    """Read a raw column: an empty text, like a column left out, is null; blanks are kept."""
    return row.get(name) or None
