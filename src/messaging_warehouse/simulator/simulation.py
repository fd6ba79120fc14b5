"""Run a simulation: a centre, a time and a seed in; event logs, reference tables and the truth out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from messaging_warehouse.simulator.centre import Centre, SlaPolicy
from messaging_warehouse.simulator.clock import (
    DAY,
    LONGEST,
    SECOND,
    require_few_days,
    to_datetime,
    to_milliseconds,
    to_text,
)
from messaging_warehouse.simulator.distributions import SESSION_INACTIVITY_LIMIT, Chance
from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.hostility import Hostility, Mishaps, in_order_of_receipt
from messaging_warehouse.simulator.tables import ALL_TABLES, Kind
from messaging_warehouse.simulator.truth import Row, Truth, Value
from messaging_warehouse.simulator.world import Progress, World

_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")
# What one run may hold: about ten million events, and a few minutes.
MOST_AGENT_DAYS = 10_000
MOST_CONTACTS = 400_000
_EARLIEST = date(1971, 1, 1)
_LATEST = date(2199, 1, 1)


@dataclass(frozen=True)
class Simulation:
    """What a run produced.

    `tables` holds rows by table name, their values in the order of the table's columns: moments in milliseconds since
    1970, durations in milliseconds. The logs are in the order of receipt. `as_of` is the moment that the truth tables
    speak for; `start` and `end` bound the simulated time (UTC). `has_bad_times`: a log may hold texts that are no time.
    """

    centre: Centre
    start: datetime
    end: datetime
    as_of: datetime
    id_prefix: str
    is_tile: bool
    has_bad_times: bool
    tables: dict[str, Sequence[Row]]

    @property
    def event_count(self) -> int:
        """How many deliveries the two logs hold."""
        return len(self.tables["raw_conversation_events"]) + len(self.tables["raw_presence_events"])

    def rows(self, table: str) -> list[dict[str, str | None]]:
        """Return a table as a text file would hold it: one dict of texts per row, None for null."""
        columns = ALL_TABLES[table]
        return [
            {
                name: None if value is None else _as_text(value, kind)
                for (name, kind), value in zip(columns.items(), row, strict=True)
            }
            for row in self.tables[table]
        ]


def simulate(
    centre: Centre,
    start: date | datetime,
    days: int | None = None,
    seed: int = 1,
    *,
    until: datetime | None = None,
    hostility: Hostility | None = None,
    id_prefix: str = "sim",
    is_tile: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Simulate a centre from `start` for so many days, or `until` a moment (UTC where no zone is given).

    Nothing occurs or is received in the last second before the end, or after it. With `is_tile` every agent logs out
    at the end and the truth speaks for a time when all sessions are over, so that copies can be put one after another.
    Equal arguments give equal results. Raises SimulationError for what is impossible.
    """
    centre.require_possible()
    if seed < 0:
        raise SimulationError(f"The seed is {seed}; give 0 or more.")
    hostility = hostility or Hostility()
    hostility.require_possible()
    if not _PREFIX.fullmatch(id_prefix):
        raise SimulationError(
            f"The id prefix {id_prefix!r} will not do; give a letter and up to 15 letters, digits or underscores."
        )
    first_moment, end = _bounds(start, days, until)
    _require_little_enough(centre, -(-(end - first_moment) // DAY))
    last_moment = end - SECOND
    world = World(centre, first_moment, last_moment, seed, id_prefix)
    world.run(progress)
    if is_tile:
        for agent in world.agents:
            agent.leaves_for_good()
    mishaps = Mishaps(hostility, last_moment, Chance(seed + 1))
    journal = world.journal
    conversation_log = in_order_of_receipt(journal.conversation_deliveries)
    presence_log = in_order_of_receipt(journal.presence_deliveries)
    # The latest delivery; of a hostile run, which may have spoilt that one, the last moment of all.
    received = [row.received_at for row in conversation_log[-1:]] + [row.received_at for row in presence_log[-1:]]
    as_of = max(received, default=last_moment)
    if is_tile:
        as_of = end + 3 * SESSION_INACTIVITY_LIMIT
    elif hostility.is_active:
        as_of = last_moment
    if hostility.is_active:
        conversation_log = mishaps.befall_conversations(conversation_log)
        presence_log = mishaps.befall_presence(presence_log)
    tables: dict[str, Sequence[Row]] = {
        "raw_conversation_events": conversation_log,
        "raw_presence_events": presence_log,
        **_reference_rows(world),
        **_configuration_rows(centre),
        **Truth(world, as_of, days_until=end if is_tile else as_of).tables(),
        "truth_hostility": mishaps.notes,
    }
    return Simulation(
        centre=centre,
        start=to_datetime(first_moment),
        end=to_datetime(end),
        as_of=to_datetime(as_of),
        id_prefix=id_prefix,
        is_tile=is_tile,
        has_bad_times=hostility.is_active,
        tables=tables,
    )


def require_within_reach(day: date) -> None:
    """Raise SimulationError for a day that is too early, or too late, to simulate."""
    if not _EARLIEST <= day <= _LATEST:
        raise SimulationError(f"A start on {day} is out of reach; give a day from {_EARLIEST} to {_LATEST}.")


def _require_little_enough(centre: Centre, days: int) -> None:
    """Raise SimulationError for more than one run can hold."""
    agents = len(centre.agents)
    if agents * days > MOST_AGENT_DAYS:
        raise SimulationError(
            f"{agents:,} agents over {days} days are {agents * days:,} days of agents; "
            f"give {MOST_AGENT_DAYS:,} at most, and more tiles."
        )
    contacts = (centre.sessions_per_day + centre.outreach_per_day) * days
    if contacts > MOST_CONTACTS:
        raise SimulationError(
            f"{centre.sessions_per_day:g} sessions a day over {days} days are too many for one run; "
            f"give {MOST_CONTACTS:,} sessions in all at most, and more tiles."
        )


def _bounds(start: date | datetime, days: int | None, until: datetime | None) -> tuple[int, int]:
    """Return start and end of the simulated time in milliseconds."""
    moment = start if isinstance(start, datetime) else datetime.combine(start, time())
    require_within_reach(moment.date())
    first_moment = to_milliseconds(moment)
    if until is not None:
        end = to_milliseconds(until)
        if end <= first_moment:
            raise SimulationError(
                f"The end, {to_text(end)}, does not lie after the start, {to_text(first_moment)}; give a later one."
            )
        if end - first_moment < 3_600 * SECOND:
            raise SimulationError("The simulated time is shorter than an hour; give a later end.")
    elif days is None:
        raise SimulationError("The simulation has no end; give days or a moment until which it runs.")
    else:
        require_few_days(days)
        end = first_moment + days * DAY
    if end - first_moment > LONGEST * DAY:
        require_few_days(LONGEST + 1)
    return first_moment, end


def _reference_rows(world: World) -> dict[str, Sequence[Row]]:
    centre = world.centre
    consent = Chance(0)
    states = ("opted_in", "opted_in", "opted_in", "implicit", "implicit", "pending", "opted_out")
    return {
        "raw_agents": [(agent.agent_id, agent.agent_name, agent.email, True) for agent in centre.agents],
        "raw_teams": [(team.team_id, team.team_name) for team in centre.teams],
        "raw_team_memberships": [
            (agent.agent_id, membership.team_id, membership.valid_from.isoformat(), _iso(membership.valid_to))
            for agent in centre.agents
            for membership in agent.memberships
        ],
        "raw_channels": [
            (
                channel.channel_id,
                channel.channel_name,
                channel.channel_type,
                channel.platform_type,
                channel.business_hours_id,
                channel.is_test,
            )
            for channel in centre.channels
        ],
        "raw_messaging_users": [
            (
                customer.messaging_user_id,
                customer.channel.channel_id,
                customer.platform_key,
                customer.display_name,
                customer.contact_id,
                customer.account_id,
                consent.one_of(states),
                customer.locale,
            )
            for customer in world.customers
        ],
        "raw_accounts": [(account.account_id, account.account_name) for account in centre.accounts],
        "raw_topics": [(topic.topic_id, topic.topic_name, topic.is_active) for topic in centre.topics],
    }


def _configuration_rows(centre: Centre) -> dict[str, Sequence[Row]]:
    return {
        "business_hours": [(schedule.business_hours_id, schedule.timezone) for schedule in centre.schedules],
        "business_hour_intervals": [
            (schedule.business_hours_id, interval.iso_weekday, interval.opens_at, interval.closes_at)
            for schedule in centre.schedules
            for interval in schedule.opening_hours
        ],
        "holidays": [
            (
                schedule.business_hours_id,
                holiday.holiday_date.isoformat(),
                holiday.opens_at,
                holiday.closes_at,
                holiday.name,
            )
            for schedule in centre.schedules
            for holiday in schedule.holidays
        ],
        "sla_policies": [_policy_row(policy) for policy in centre.sla_policies],
    }


def _policy_row(policy: SlaPolicy) -> Row:
    return (
        policy.policy_id,
        policy.policy_name,
        policy.metric,
        policy.channel_id,
        policy.team_id,
        policy.topic_id,
        policy.target_seconds,
        policy.clock,
        policy.valid_from.isoformat(),
        _iso(policy.valid_to),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _as_text(value: Value, kind: Kind) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and kind is Kind.MOMENT:
        return to_text(value)
    if isinstance(value, int) and kind is Kind.DURATION:
        return f"{value // 1000}.{value % 1000:03d}"
    return str(value)
