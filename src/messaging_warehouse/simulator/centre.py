"""A contact centre as it is configured: who works when, for whom, on which channels, and how often things happen.

`Centre.require_possible` refuses what cannot be simulated, in one sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from zoneinfo import ZoneInfo

from messaging_warehouse.simulator.clock import minutes_of_day
from messaging_warehouse.simulator.errors import SimulationError

WEEK_MINUTES = 7 * 24 * 60
MOST_AGENTS = 1_000
MOST_CAPACITY = 1_000
# What one session costs an agent, on average and with the wrap-up; used only to refuse a hopeless demand.
MINUTES_PER_SESSION = 5


@dataclass(frozen=True)
class OpeningHours:
    """One interval of a schedule, in its local time; `closes_at` before `opens_at` means past midnight."""

    iso_weekday: int
    opens_at: str
    closes_at: str


@dataclass(frozen=True)
class Holiday:
    """A date with other hours; without hours it is closed all day."""

    holiday_date: date
    name: str
    opens_at: str | None = None
    closes_at: str | None = None


@dataclass(frozen=True)
class Schedule:
    """The business hours that channels are measured by; `timezone` is an IANA name."""

    business_hours_id: str
    timezone: str
    opening_hours: tuple[OpeningHours, ...]
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True)
class Channel:
    """A way to reach the business.

    `share` is its part of all contacts, relative to the others'. On a *live* channel customers wait in front of the
    screen; on others they answer in their own time, in one conversation that is carried on for ever.
    """

    channel_id: str
    channel_name: str
    channel_type: str
    platform_type: str
    share: float
    business_hours_id: str | None = None
    timezone: str = "UTC"
    is_test: bool = False
    is_live: bool = False
    bot_id: str | None = None
    capacity_weight: int = 1


@dataclass(frozen=True)
class Team:
    """A group of agents with a queue of its own."""

    team_id: str
    team_name: str


@dataclass(frozen=True)
class Topic:
    """A reason to get in touch, and the team that answers it; `share` is relative."""

    topic_id: str
    topic_name: str
    team_id: str
    share: float = 1.0
    is_active: bool = True


@dataclass(frozen=True)
class Account:
    """A business customer that messaging users belong to."""

    account_id: str
    account_name: str


@dataclass(frozen=True)
class Shift:
    """Weekly working hours in the agent's local time; `ends_at` before `starts_at` means past midnight."""

    iso_weekdays: tuple[int, ...]
    starts_at: str
    ends_at: str

    @property
    def minutes(self) -> int:
        """The length of one shift."""
        return (minutes_of_day(self.ends_at) - minutes_of_day(self.starts_at)) % (24 * 60)

    def weekly_intervals(self) -> Iterator[tuple[int, int]]:
        """Yield start and end in minutes from Monday's midnight; the end may lie in the week after."""
        for weekday in self.iso_weekdays:
            start = (weekday - 1) * 24 * 60 + minutes_of_day(self.starts_at)
            yield start, start + self.minutes


@dataclass(frozen=True)
class Membership:
    """An agent's time in a team, in UTC days, `[valid_from, valid_to)`; None is open."""

    team_id: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class Agent:
    """A person who answers; `capacity` is the load they can carry at once, None = no limit is configured."""

    agent_id: str
    agent_name: str
    email: str
    timezone: str
    shifts: tuple[Shift, ...]
    memberships: tuple[Membership, ...]
    capacity: int | None = 4
    business_hours_id: str | None = None


@dataclass(frozen=True)
class Break:
    """A time away in every shift: begins so many minutes after its start, lasts so many minutes."""

    after_minutes: int
    minutes: int


@dataclass(frozen=True)
class SlaPolicy:
    """A row of `sla_policies`; its columns are those of the configuration table."""

    policy_id: str
    policy_name: str
    metric: str
    target_seconds: int
    clock: str
    channel_id: str | None = None
    team_id: str | None = None
    topic_id: str | None = None
    valid_from: date = date(2020, 1, 1)
    valid_to: date | None = None


@dataclass(frozen=True)
class Rates:
    """Probabilities, each in [0, 1]."""

    offer_declined: float = 0.035
    offer_timed_out: float = 0.025
    transferred_to_team: float = 0.045
    transferred_to_agent: float = 0.02
    read_without_answering: float = 0.07
    second_message: float = 0.12
    research_while_idle: float = 0.006
    left_open_when_idle: float = 0.12
    topic_set_while_talking: float = 0.7
    topic_changed: float = 0.05
    wrapped_up: float = 0.6
    ended_by_agent: float = 0.25
    closed_by_session_end: float = 0.15
    reopened_by_agent: float = 0.012
    agent_outreach_per_shift: float = 0.35
    busy_per_shift: float = 0.4
    bot_engaged: float = 0.8
    bot_resolved: float = 0.35
    ended_by_bot: float = 0.3
    customer_nudges: float = 0.3
    customer_vanishes: float = 0.04
    customer_answers_late: float = 0.02
    customer_thanks: float = 0.4
    goodbye: float = 0.93
    window_closed: float = 0.3
    customer_returns: float = 0.07
    customer_known: float = 0.3
    customer_on_two_channels: float = 0.15
    customer_of_account: float = 0.45
    outreach_answered: float = 0.35
    message_has_attachment: float = 0.05
    file_without_words: float = 0.07
    message_delivered: float = 0.97
    message_read: float = 0.72
    outbound_failed: float = 0.012
    inbound_failed: float = 0.005
    failure_noticed: float = 0.75
    survey_requested: float = 0.6
    survey_answered: float = 0.38
    survey_commented: float = 0.3
    logout_lost: float = 0.02


@dataclass(frozen=True)
class Centre:
    """Everything that a simulation needs to know; `sessions_per_day` is the mean over a week of inbound contacts.

    `outreach_per_day` messages are sent by the business unasked. `seats`, if given, is how many agents the centre
    wants at work at the same time at its best staffed moment.
    """

    channels: tuple[Channel, ...]
    teams: tuple[Team, ...]
    topics: tuple[Topic, ...]
    agents: tuple[Agent, ...]
    accounts: tuple[Account, ...]
    schedules: tuple[Schedule, ...]
    sla_policies: tuple[SlaPolicy, ...]
    sessions_per_day: float
    outreach_per_day: float = 0.0
    seats: int | None = None
    breaks: tuple[Break, ...] = (Break(120, 15), Break(240, 30), Break(370, 15))
    rates: Rates = field(default_factory=Rates)

    def require_possible(self) -> None:
        """Raise SimulationError, in one sentence, for the first thing that no centre can be."""
        _require(bool(self.agents), "The centre has no agents; give at least one.")
        require_countable_agents(len(self.agents))
        _require(
            self.sessions_per_day > 0, f"{self.sessions_per_day:g} sessions a day is no traffic; give more than 0."
        )
        _require(self.outreach_per_day >= 0, f"{self.outreach_per_day:g} outreach messages a day is less than none.")
        self._require_distinct_ids()
        self._require_references()
        for rate in fields(Rates):
            value = getattr(self.rates, rate.name)
            _require(0 <= value <= 1, f"The rate {rate.name} is {value:g}; give a number from 0 to 1.")
        for channel in self.channels:
            _require_timezone(channel.timezone, f"channel {channel.channel_id}")
            _require(channel.share >= 0, f"The share of channel {channel.channel_id} is negative; give 0 or more.")
            _require(
                channel.capacity_weight >= 1,
                f"A conversation on channel {channel.channel_id} weighs {channel.capacity_weight}; give at least 1.",
            )
        _require(any(channel.share > 0 for channel in self.channels), "No channel has a share of the contacts.")
        _require(any(topic.share > 0 for topic in self.topics), "No topic has a share of the contacts.")
        for schedule in self.schedules:
            _require_schedule(schedule)
        for agent in self.agents:
            self._require_agent(agent)
        self._require_staff()

    def _require_distinct_ids(self) -> None:
        kinds: dict[str, Iterable[str]] = {
            "channel": (channel.channel_id for channel in self.channels),
            "team": (team.team_id for team in self.teams),
            "topic": (topic.topic_id for topic in self.topics),
            "agent": (agent.agent_id for agent in self.agents),
            "account": (account.account_id for account in self.accounts),
            "schedule": (schedule.business_hours_id for schedule in self.schedules),
            "policy": (policy.policy_id for policy in self.sla_policies),
        }
        for kind, ids in kinds.items():
            twice = [name for name, count in Counter(ids).items() if count > 1]
            _require(not twice, f"The {kind} id {twice[0] if twice else ''} is given twice; give each its own.")

    def _require_references(self) -> None:
        channels = {channel.channel_id for channel in self.channels}
        teams = {team.team_id for team in self.teams}
        topics = {topic.topic_id for topic in self.topics}
        schedules = {schedule.business_hours_id for schedule in self.schedules}
        for topic in self.topics:
            _require_known("team", topic.team_id, teams, f"topic {topic.topic_id}")
        for channel in self.channels:
            _require_known("schedule", channel.business_hours_id, schedules, f"channel {channel.channel_id}")
        for agent in self.agents:
            _require_known("schedule", agent.business_hours_id, schedules, f"agent {agent.agent_id}")
            for membership in agent.memberships:
                _require_known("team", membership.team_id, teams, f"agent {agent.agent_id}")
        for policy in self.sla_policies:
            _require_known("channel", policy.channel_id, channels, f"policy {policy.policy_id}")
            _require_known("team", policy.team_id, teams, f"policy {policy.policy_id}")
            _require_known("topic", policy.topic_id, topics, f"policy {policy.policy_id}")

    def _require_agent(self, agent: Agent) -> None:
        name = f"agent {agent.agent_id}"
        _require_timezone(agent.timezone, name)
        heaviest = max(channel.capacity_weight for channel in self.channels)
        _require(
            agent.capacity is None or agent.capacity >= heaviest,
            f"The capacity of {name} is {agent.capacity}, but one conversation weighs up to {heaviest}; "
            f"give at least {heaviest}.",
        )
        _require(bool(agent.memberships), f"The {name} is in no team; give a membership.")
        for membership in agent.memberships:
            _require(
                membership.valid_to is None or membership.valid_from < membership.valid_to,
                f"A membership of {name} ends on {membership.valid_to}, before it starts on {membership.valid_from}.",
            )
        shortest = sum(pause.minutes for pause in self.breaks)
        for shift in agent.shifts:
            for clock_time in (shift.starts_at, shift.ends_at):
                _require_clock_time(clock_time, f"a shift of {name}")
            for weekday in shift.iso_weekdays:
                _require_weekday(weekday, f"a shift of {name}")
            pauses = sum(pause.minutes for pause in self.breaks if pause.after_minutes < shift.minutes)
            _require(
                shift.minutes > pauses,
                f"The shift of {name} from {shift.starts_at} to {shift.ends_at} lasts {shift.minutes} minutes, "
                f"no longer than the {pauses or shortest} minutes of breaks in it.",
            )
        self._require_carried(agent)
        intervals = sorted(interval for shift in agent.shifts for interval in shift.weekly_intervals())
        following = [*intervals[1:], *((start + WEEK_MINUTES, 0) for start, _ in intervals[:1])]
        for (start, end), (next_start, _) in zip(intervals, following, strict=True):
            _require(
                end <= next_start,
                f"Two shifts of {name} overlap on weekday {start // (24 * 60) + 1}; nobody works twice at once.",
            )

    def _require_carried(self, agent: Agent) -> None:
        """Refuse a capacity that no shift of the agent could ever fill."""
        if agent.capacity is None:
            return
        _require(
            agent.capacity <= MOST_CAPACITY,
            f"The capacity of agent {agent.agent_id} is {agent.capacity}; give {MOST_CAPACITY:,} at most.",
        )
        longest = max((shift.minutes for shift in agent.shifts), default=0)
        carried = max(1, longest // MINUTES_PER_SESSION)
        _require(
            not longest or agent.capacity <= carried,
            f"The capacity of agent {agent.agent_id} is {agent.capacity}, but at {MINUTES_PER_SESSION} minutes for a "
            f"conversation a shift of {longest} minutes has room for {carried}; give {carried} at most.",
        )

    def _require_staff(self) -> None:
        weekly = [interval for agent in self.agents for shift in agent.shifts for interval in shift.weekly_intervals()]
        _require(bool(weekly), "No agent has a shift; nobody would ever answer.")
        most = _most_at_once(weekly)
        _require(
            self.seats is None or self.seats >= 1,
            f"The centre wants {self.seats} agents at work at once; give at least 1.",
        )
        _require(
            self.seats is None or self.seats <= most,
            f"The centre wants {self.seats} agents at work at once, but its shifts put at most {most} "
            f"of its {len(self.agents)} agents on duty at any moment.",
        )
        pauses = sum(pause.minutes for pause in self.breaks)
        staffed = sum(max(0, end - start - pauses) for start, end in weekly) / 7 / 60
        wanted = self.sessions_per_day * MINUTES_PER_SESSION / 60
        _require(
            wanted <= staffed,
            f"{self.sessions_per_day:g} sessions a day take about {wanted:,.0f} hours of work, but the shifts of "
            f"{len(self.agents)} agents give {staffed:,.0f}; give fewer sessions or more agents.",
        )


def require_countable_agents(agents: int) -> None:
    """Raise SimulationError for more agents than one run can have."""
    _require(
        agents <= MOST_AGENTS,
        f"{agents:,} agents are too many for one run; give {MOST_AGENTS:,} at most, and more tiles.",
    )


def _most_at_once(weekly: Iterable[tuple[int, int]]) -> int:
    """Return how many of the weekly intervals lie over one moment at most."""
    changes: list[tuple[int, int]] = []
    for start, end in weekly:
        changes += [(start, 1), (end, -1)]
        if end > WEEK_MINUTES:
            changes += [(start - WEEK_MINUTES, 1), (end - WEEK_MINUTES, -1)]
    most = at_once = 0
    for _, change in sorted(changes):
        at_once += change
        most = max(most, at_once)
    return most


def _require(is_possible: bool, sentence: str) -> None:
    if not is_possible:
        raise SimulationError(sentence)


def _require_known(kind: str, identifier: str | None, known: set[str], place: str) -> None:
    _require(identifier is None or identifier in known, f"The {place} names {kind} {identifier}, which does not exist.")


def _require_timezone(name: str, place: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SimulationError(
            f"The time zone of {place}, {name!r}, is not known; give one like Europe/Berlin."
        ) from None


def _require_clock_time(clock_time: str, place: str) -> None:
    try:
        minutes_of_day(clock_time)
    except ValueError:
        raise SimulationError(
            f"The time {clock_time!r} in {place} is not a time of day; write it like 09:30."
        ) from None


def _require_weekday(weekday: int, place: str) -> None:
    _require(1 <= weekday <= 7, f"Weekday {weekday} in {place} is none; give 1 for Monday up to 7 for Sunday.")


def _require_schedule(schedule: Schedule) -> None:
    place = f"schedule {schedule.business_hours_id}"
    _require_timezone(schedule.timezone, place)
    hours = [(interval.opens_at, interval.closes_at) for interval in schedule.opening_hours]
    for holiday in schedule.holidays:
        _require(
            (holiday.opens_at is None) == (holiday.closes_at is None),
            f"The holiday {holiday.name} of {place} needs both an opening and a closing time, or neither.",
        )
        if holiday.opens_at is not None and holiday.closes_at is not None:
            hours.append((holiday.opens_at, holiday.closes_at))
    for opens_at, closes_at in hours:
        for clock_time in (opens_at, closes_at):
            _require_clock_time(clock_time, place)
        _require(opens_at != closes_at, f"An interval of {place} closes when it opens, at {opens_at}.")
    for interval in schedule.opening_hours:
        _require_weekday(interval.iso_weekday, place)
