"""Hypothesis strategies for hostile raw streams, and the same hostility in bulk.

`hostile_streams()` gives a `RawInput` of one to eight conversations; `hostile_settings()` the
settings to build it with; `big_stream(seed, conversations)` a large `RawInput` out of a seed.
`hostile_configurations()` and `big_configuration(seed)` give schedules, holidays and policies that
fit any stream: `configuration.applied_to(raw)`; `configured_streams()` draws both together.
Everything is drawn as a list of small steps whose simplest form is a customer's message delivered
without trouble, so that a failing stream shrinks to the few events that matter.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from hostile_streams import (
    ACTING_AGENTS,
    AGENT_IDS,
    BASE,
    CAPACITIES,
    CHANNEL_IDS,
    CLOCK_CHANGES,
    CONVERSATION_IDS,
    DAY,
    DEFECT_NAMES,
    EVENT_ID_PREFIXES,
    FLAPPING_GAPS,
    GAPS,
    HOLIDAY_DATES,
    HOLIDAY_HOURS,
    HOUR,
    IMPLAUSIBLE_LATENESSES,
    LATENESSES,
    LATEST_PLAUSIBLE,
    MEMBERSHIP_MOMENTS,
    OPENING_HOURS,
    OPENING_PHRASES,
    PACES,
    PAYLOAD_QUIRKS,
    PHRASES,
    PRESENCE_DEFECT_NAMES,
    PRESENCE_GAPS,
    PRESENCE_REDELIVERY_NAMES,
    PRESENCE_STATUSES,
    PRESENT_AGENTS,
    REDELIVERY_LAGS,
    REDELIVERY_NAMES,
    SCHEDULE_ZONES,
    SLA_CLOCKS,
    SLA_METRICS,
    SLA_TARGETS,
    STRANGE_COLUMNS,
    TEAM_IDS,
    TIME_FORMAT_NAMES,
    TOPIC_IDS,
    WEEKDAYS,
    Configuration,
    ConfigurationPlan,
    HolidayPlan,
    IntervalPlan,
    MembershipPlan,
    Move,
    Plan,
    PolicyPlan,
    PresenceStep,
    SchedulePlan,
    Step,
    Trip,
    render,
    render_configuration,
)
from reference import ConfiguredInput, RawInput, Settings

MOST_CONVERSATIONS = len(CONVERSATION_IDS)
# Half-hour offsets, the far ends of the world, and clocks that jump within the streams' month.
TIMEZONES = ("UTC", "Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Asia/Beirut", "America/Asuncion")
T = TypeVar("T")


# --- for hypothesis ---------------------------------------------------------------------------


def _eventful_trips(defect_names: Sequence[str], redelivery_names: Sequence[str]) -> st.SearchStrategy[Trip]:
    """Deliveries that are late, early, rewritten, repeated, contradicted or spoilt."""
    formats = st.sampled_from(TIME_FORMAT_NAMES)
    return st.builds(
        Trip,
        lateness=st.sampled_from((*LATENESSES, *IMPLAUSIBLE_LATENESSES, LATEST_PLAUSIBLE)),
        occurred_format=formats,
        received_format=formats,
        event_id_prefix=st.sampled_from(EVENT_ID_PREFIXES),
        steals_event_id=st.sampled_from((False, False, False, True)),
        redelivery=st.none() | st.sampled_from(redelivery_names),
        redelivery_lag=st.sampled_from(REDELIVERY_LAGS),
        redelivery_format=formats,
        defects=st.just(()) | st.lists(st.sampled_from(defect_names), max_size=2).map(tuple),
        keeps_original=st.booleans(),
        slot=st.integers(min_value=-2, max_value=2),
    )


def _mild_trips() -> st.SearchStrategy[Trip]:
    """Deliveries that all arrive, in any order and with awkward ids."""
    return st.builds(
        Trip,
        lateness=st.sampled_from((0, 0, 1, HOUR, -1)),
        event_id_prefix=st.sampled_from(EVENT_ID_PREFIXES),
        slot=st.integers(min_value=-1, max_value=1),
    )


def _trips(defect_names: Sequence[str], redelivery_names: Sequence[str]) -> st.SearchStrategy[Trip]:
    return st.one_of(
        st.just(Trip()),
        _mild_trips(),
        _mild_trips(),
        _eventful_trips(defect_names, redelivery_names),
    )


def steps(phrases: Sequence[tuple[Move, ...]] = PHRASES) -> st.SearchStrategy[Step | None]:
    """Draw one phrase of a conversation, with its deliveries; at times there is none.

    The empty alternative is what hypothesis shrinks a step to that does not matter: it can then
    leave the step out at once, where it would have to shrink each of its parts first.
    """
    step = st.builds(
        Step,
        gap=st.sampled_from(GAPS),
        # By number: hypothesis would otherwise describe every phrase when it describes a step.
        phrase=st.integers(min_value=0, max_value=len(phrases) - 1).map(phrases.__getitem__),
        pace=st.sampled_from(PACES),
        actor=st.integers(min_value=0, max_value=len(ACTING_AGENTS) - 1),
        reference=st.integers(min_value=0, max_value=3),
        repeats_message_id=st.sampled_from((False, False, False, True)),
        quirk=st.integers(min_value=0, max_value=len(PAYLOAD_QUIRKS) - 1),
        strange_column=st.sampled_from(STRANGE_COLUMNS),
        trip=_trips(DEFECT_NAMES, REDELIVERY_NAMES),
    )
    return st.one_of(st.none(), step, step, step, step)


def conversations(max_steps: int) -> st.SearchStrategy[list[Step]]:
    """Draw the steps of one conversation; most begin with what starts a session."""
    openings = (*OPENING_PHRASES * 20, *PHRASES)
    return st.tuples(steps(openings), st.lists(steps(), max_size=max_steps - 1)).map(
        lambda drawn: [step for step in (drawn[0], *drawn[1]) if step is not None]
    )


def presence_steps() -> st.SearchStrategy[PresenceStep]:
    """Draw one presence event of one agent, with its deliveries."""
    return st.builds(
        PresenceStep,
        agent=st.sampled_from(PRESENT_AGENTS),
        gap=st.sampled_from(PRESENCE_GAPS),
        status=st.sampled_from(PRESENCE_STATUSES),
        capacity=st.sampled_from(CAPACITIES),
        trip=_trips(PRESENCE_DEFECT_NAMES, PRESENCE_REDELIVERY_NAMES),
    )


def memberships() -> st.SearchStrategy[MembershipPlan]:
    """Draw one team membership; they overlap, touch and end before they begin."""
    return st.builds(
        MembershipPlan,
        agent=st.integers(min_value=0, max_value=len(AGENT_IDS) - 1),
        team=st.integers(min_value=0, max_value=2),
        valid_from=st.sampled_from(MEMBERSHIP_MOMENTS),
        valid_to=st.none() | st.sampled_from(MEMBERSHIP_MOMENTS),
    )


def plans(max_steps: int, bases: Sequence[datetime] = (BASE,)) -> st.SearchStrategy[Plan]:
    """Draw the plan of a hostile stream, of at most so many steps per conversation."""
    told = st.lists(conversations(max_steps), min_size=1, max_size=MOST_CONVERSATIONS)
    return st.builds(
        Plan,
        steps=told.map(_numbered),
        presence_steps=st.lists(presence_steps(), max_size=8),
        memberships=st.lists(memberships(), max_size=6),
        base=st.sampled_from(bases),
    )


def _numbered(told: list[list[Step]]) -> list[Step]:
    """Put the conversations' steps together, each with the number of its conversation."""
    return [replace(step, conversation=number) for number, conversation in enumerate(told) for step in conversation]


def hostile_streams(max_steps: int = 12, bases: Sequence[datetime] = (BASE,)) -> st.SearchStrategy[RawInput]:
    """Draw a hostile raw input: one to eight conversations that share agents and customers."""
    return plans(max_steps, bases).map(render)


def opening_intervals() -> st.SearchStrategy[list[IntervalPlan]]:
    """Draw the week of a schedule: hours of single days, and the same hours every day."""
    hours = st.sampled_from(OPENING_HOURS)
    one = st.builds(lambda day, hours: [IntervalPlan(day, hours)], st.sampled_from(WEEKDAYS), hours)
    daily = st.builds(lambda hours: [IntervalPlan(day, hours) for day in WEEKDAYS], hours)
    return st.lists(one | daily, max_size=4).map(lambda parts: [interval for part in parts for interval in part])


def schedules() -> st.SearchStrategy[SchedulePlan]:
    """Draw one schedule; it may never be open."""
    holidays = st.builds(HolidayPlan, st.sampled_from(HOLIDAY_DATES), st.sampled_from(HOLIDAY_HOURS))
    return st.builds(
        SchedulePlan,
        zone=st.sampled_from(SCHEDULE_ZONES),
        intervals=opening_intervals(),
        holidays=st.lists(holidays, max_size=4),
    )


def policies() -> st.SearchStrategy[PolicyPlan]:
    """Draw one policy, mostly without bounds: among several, many hold for the same thing."""

    def scope(ids: Sequence[str]) -> st.SearchStrategy[str | None]:
        return st.one_of(st.none(), st.none(), st.sampled_from(ids))

    bounds = st.one_of(*(st.none(),) * 4, st.sampled_from(MEMBERSHIP_MOMENTS))
    return st.builds(
        PolicyPlan,
        metric=st.sampled_from(SLA_METRICS),
        target=st.sampled_from(SLA_TARGETS),
        clock=st.sampled_from(SLA_CLOCKS),
        channel=scope(CHANNEL_IDS),
        team=scope(TEAM_IDS),
        topic=scope(TOPIC_IDS),
        valid_from=bounds,
        valid_to=bounds,
        id_prefix=st.sampled_from(EVENT_ID_PREFIXES),
    )


def hostile_configurations() -> st.SearchStrategy[Configuration]:
    """Draw schedules, which channel has which, and policies, for any of the streams."""
    return st.builds(
        ConfigurationPlan,
        schedules=st.lists(schedules(), max_size=3),
        schedule_of_channel=st.tuples(*(st.sampled_from((0, 0, 1, 2, None)) for _ in CHANNEL_IDS)),
        policies=st.lists(policies(), min_size=1, max_size=10),
    ).map(render_configuration)


def configured_streams(
    max_steps: int = 12, bases: Sequence[datetime] = (BASE, *CLOCK_CHANGES)
) -> st.SearchStrategy[ConfiguredInput]:
    """Draw a hostile raw input with its configuration, at times where clocks are about to change."""
    return st.builds(
        lambda raw, configuration: configuration.applied_to(raw),
        hostile_streams(max_steps, bases),
        hostile_configurations(),
    )


def as_ofs(base: datetime = BASE) -> st.SearchStrategy[datetime]:
    """Draw an `as_of` at or after the events' beginning: often exactly a limit after one of them."""
    moments = st.sampled_from((0, 1, HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY, 8 * DAY, 500 * DAY))
    milliseconds = st.one_of(moments, st.lists(st.sampled_from(GAPS), min_size=1, max_size=3).map(sum))
    return milliseconds.map(lambda after: base + timedelta(milliseconds=after))


def hostile_settings() -> st.SearchStrategy[Settings]:
    """Draw settings: mostly the defaults, else an `as_of` among the events, tight tolerances."""
    return st.one_of(
        st.just(Settings()),
        st.builds(
            Settings,
            as_of=st.none() | as_ofs(),
            session_inactivity_hours=st.sampled_from((24, 24, 1, 72)),
            clock_skew_tolerance_seconds=st.sampled_from((300, 300, 0)),
            max_lateness_days=st.sampled_from((400, None, 1)),
            focus_idle_minutes=st.sampled_from((15, 15, 1)),
            presence_stale_hours=st.sampled_from((24, 24, 1)),
            reporting_timezone=st.sampled_from(TIMEZONES),
        ),
    )


# --- in bulk ----------------------------------------------------------------------------------


def big_stream(seed: int, conversations: int, base: datetime = BASE) -> RawInput:
    """Draw a large hostile raw input: the same seed gives the same rows.

    About a dozen phrases, or 20 deliveries, per conversation, which all begin at `base` and last
    from a minute to months. The usual `as_of` finds nearly all sessions ended; one some days after
    `base` finds every status.
    """
    rng = random.Random(seed)
    planned = [
        _random_step(rng, conversation) for conversation in range(conversations) for _ in range(rng.randint(1, 24))
    ]
    presence = [_random_presence_step(rng) for _ in range(2 * conversations)]
    return render(Plan(planned, presence, [_random_membership(rng) for _ in range(16)], base))


def big_configuration(seed: int) -> Configuration:
    """Draw a configuration with several schedules and some fifty policies: the same seed, the same rows.

    Each metric has a policy that holds for all, so that every measured thing has an outcome.
    """
    rng = random.Random(seed)
    planned = [_random_schedule(rng) for _ in range(5)]
    for_all = [PolicyPlan(metric, rng.choice(SLA_TARGETS), rng.choice(SLA_CLOCKS)) for metric in SLA_METRICS]
    plan = ConfigurationPlan(
        schedules=planned,
        schedule_of_channel=[rng.choice((*range(len(planned)), None)) for _ in CHANNEL_IDS],
        policies=[*for_all, *(_random_policy(rng) for _ in range(48))],
    )
    return render_configuration(plan)


def _one_in(rng: random.Random, n: int) -> bool:
    return rng.randrange(n) == 0


def _maybe(rng: random.Random, n: int, menu: Sequence[T], otherwise: T) -> T:
    """Choose from the menu once in n times."""
    return rng.choice(menu) if _one_in(rng, n) else otherwise


def _random_trip(rng: random.Random, defect_names: Sequence[str], redelivery_names: Sequence[str]) -> Trip:
    redelivery = rng.choice(redelivery_names) if _one_in(rng, 8) else None
    defects: tuple[str, ...] = ()
    if _one_in(rng, 12):
        defects = tuple(rng.choice(defect_names) for _ in range(rng.randint(1, 2)))
    return Trip(
        lateness=_maybe(rng, 60, IMPLAUSIBLE_LATENESSES, rng.choice(LATENESSES)),
        occurred_format=_maybe(rng, 2, TIME_FORMAT_NAMES, "utc"),
        received_format=_maybe(rng, 2, TIME_FORMAT_NAMES, "utc"),
        event_id_prefix=rng.choice(EVENT_ID_PREFIXES),
        steals_event_id=_one_in(rng, 60),
        redelivery=redelivery,
        redelivery_lag=rng.choice(REDELIVERY_LAGS),
        redelivery_format=_maybe(rng, 3, TIME_FORMAT_NAMES, "utc"),
        defects=defects,
        keeps_original=_one_in(rng, 2),
        slot=rng.randrange(-1000, 1000),
    )


def _random_step(rng: random.Random, conversation: int) -> Step:
    return Step(
        conversation=conversation,
        gap=rng.choice(GAPS),
        phrase=rng.choice(PHRASES),
        pace=rng.choice(PACES),
        actor=rng.choice(ACTING_AGENTS),
        reference=rng.randrange(4),
        repeats_message_id=_one_in(rng, 10),
        quirk=rng.randrange(len(PAYLOAD_QUIRKS)),
        strange_column=rng.choice(STRANGE_COLUMNS),
        trip=_random_trip(rng, DEFECT_NAMES, REDELIVERY_NAMES),
    )


def _random_presence_step(rng: random.Random) -> PresenceStep:
    return PresenceStep(
        agent=rng.choice(PRESENT_AGENTS),
        gap=_maybe(rng, 2, PRESENCE_GAPS, rng.choice(FLAPPING_GAPS)),
        status=rng.choice(PRESENCE_STATUSES),
        capacity=_maybe(rng, 4, CAPACITIES, "3"),
        trip=_random_trip(rng, PRESENCE_DEFECT_NAMES, PRESENCE_REDELIVERY_NAMES),
    )


def _random_membership(rng: random.Random) -> MembershipPlan:
    return MembershipPlan(
        agent=rng.randrange(len(AGENT_IDS)),
        team=rng.randrange(3),
        valid_from=rng.choice(MEMBERSHIP_MOMENTS),
        valid_to=rng.choice((None, *MEMBERSHIP_MOMENTS)),
    )


def _random_schedule(rng: random.Random) -> SchedulePlan:
    """Mostly a week of the same hours every day, with hours of single days beside them."""
    intervals: list[IntervalPlan] = []
    for hours in rng.sample(OPENING_HOURS, rng.randint(0, 2)):
        intervals.extend(IntervalPlan(day, hours) for day in WEEKDAYS if not _one_in(rng, 5))
    intervals.extend(IntervalPlan(rng.choice(WEEKDAYS), rng.choice(OPENING_HOURS)) for _ in range(rng.randint(0, 6)))
    holidays = [HolidayPlan(rng.choice(HOLIDAY_DATES), rng.choice(HOLIDAY_HOURS)) for _ in range(rng.randint(0, 8))]
    return SchedulePlan(rng.choice(SCHEDULE_ZONES), intervals, holidays)


def _random_policy(rng: random.Random) -> PolicyPlan:
    return PolicyPlan(
        metric=rng.choice(SLA_METRICS),
        target=rng.choice(SLA_TARGETS),
        clock=rng.choice(SLA_CLOCKS),
        channel=_maybe(rng, 2, CHANNEL_IDS, None),
        team=_maybe(rng, 2, TEAM_IDS, None),
        topic=_maybe(rng, 2, TOPIC_IDS, None),
        valid_from=_maybe(rng, 3, MEMBERSHIP_MOMENTS, None),
        valid_to=_maybe(rng, 4, MEMBERSHIP_MOMENTS, None),
        id_prefix=rng.choice(EVENT_ID_PREFIXES),
    )
