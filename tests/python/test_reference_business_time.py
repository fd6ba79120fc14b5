"""Business time in the reference: worked examples, the clocks' changes, and what holds of any schedule."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import channel, holiday, moment, opening_hours, schedule
from hostile_streams import SCHEDULE_ZONES, ConfigurationPlan, SchedulePlan, render_configuration
from reference import ConfiguredInput
from reference.business_time import (
    Calendar,
    ChannelClocks,
    ConfigurationError,
    OpeningTimes,
    Schedule,
    in_utc,
    merged,
    read_hours,
    read_schedules,
)
from reference.inputs import RawTable
from strategies import schedules

MINUTE = 60_000
HOUR = 60 * MINUTE
WORKDAYS = "12345"
EVERY_DAY = "1234567"
FRIDAY, SATURDAY, MONDAY = "2024-03-08", "2024-03-09", "2024-03-11"


def clock(*hours: RawTable, zone: str = "UTC", holidays: RawTable | None = None) -> OpeningTimes:
    """The business clock of one schedule, from New Year to the end of 2024."""
    raw = ConfiguredInput(
        business_hours=[schedule(zone)],
        business_hour_intervals=[row for rows in hours for row in rows],
        holidays=holidays or [],
    )
    return read_schedules(raw)["office"].opening_times(date(2024, 1, 1), date(2024, 12, 31))


def minutes(clock: OpeningTimes, start: str, end: str) -> float:
    """The business minutes between two moments."""
    return clock.business_milliseconds(moment(start), moment(end)) / MINUTE


NINE_TO_FIVE = clock(opening_hours(WORKDAYS, "09:00-17:00"))


# --- durations --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("10:00", "10:05", 5),  # within hours
        ("08:00", "09:20", 20),  # before opening
        ("16:50", "17:30", 10),  # beyond closing
        ("16:50", "2024-03-05 09:10", 20),  # over night
        (f"{FRIDAY} 16:45", f"{MONDAY} 09:15", 30),  # over the weekend
        (f"{SATURDAY} 10:00", f"{SATURDAY} 12:00", 0),
        ("09:00", "17:00", 480),
        ("17:00", "2024-03-05 09:00", 0),  # closed at closing, open at opening
        ("00:00", f"{MONDAY} 00:00", 5 * 480),
        ("12:00", "12:00", 0),
        ("12:00", "11:00", 0),
    ],
)
def test_business_minutes_from_nine_to_five(start: str, end: str, expected: int) -> None:
    assert minutes(NINE_TO_FIVE, start, end) == expected


def test_a_millisecond_counts() -> None:
    assert NINE_TO_FIVE.business_milliseconds(moment("16:59:59.998"), moment("17:00:00.500")) == 2


def test_without_a_schedule_all_time_is_business_time() -> None:
    assert Calendar().business_milliseconds(moment("08:00"), moment("2024-03-05 08:00")) == 24 * HOUR
    assert Calendar().business_milliseconds(moment("08:00"), moment("07:00")) == 0
    assert Calendar().due(moment("08:00"), 24 * HOUR) == moment("2024-03-05 08:00")


# --- due times --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "target", "expected"),
    [
        (f"{FRIDAY} 16:45", 30, f"{MONDAY} 09:15"),
        (f"{FRIDAY} 16:45", 15, f"{FRIDAY} 17:00"),  # used up exactly at closing: due at closing
        ("10:00", 5, "10:05"),
        ("08:00", 20, "09:20"),
        ("17:00", 1, "2024-03-05 09:01"),
        ("09:00", 480, "17:00"),
        ("09:00", 481, "2024-03-05 09:01"),
        (f"{SATURDAY} 10:00", 0, f"{SATURDAY} 10:00"),  # nothing to use up: due at once, though closed
    ],
)
def test_due_times_from_nine_to_five(start: str, target: int, expected: str) -> None:
    assert NINE_TO_FIVE.due(moment(start), target * MINUTE) == moment(expected)


def test_a_schedule_that_is_never_open_is_never_due() -> None:
    never = clock()
    assert minutes(never, "00:00", "2024-12-01 00:00") == 0
    assert never.due(moment("10:00"), 1) is None
    assert never.due(moment("10:00"), 0) == moment("10:00")


def test_a_due_time_beyond_the_table_is_not_known() -> None:
    """The table reaches 400 days past `as_of`: the last local date on which anything opens."""
    raw = ConfiguredInput(
        business_hours=[schedule()],
        business_hour_intervals=opening_hours(EVERY_DAY, "09:00-17:00"),
        channels=[channel("ch1", "office")],
    )
    office = ChannelClocks(raw, moment("09:00"), as_of=moment("18:00")).of("ch1")
    days = 401  # today and 400 more
    assert office.due(moment("09:00"), days * 8 * HOUR) == datetime(2025, 4, 8, 17)
    assert office.due(moment("09:00"), days * 8 * HOUR + 1) is None


# --- hours ------------------------------------------------------------------------------------


def test_several_intervals_a_day_and_those_that_overlap_or_touch_are_one() -> None:
    lunch = clock(opening_hours("1", "08:30-12:30", "13:30-18:00"))
    assert minutes(lunch, "12:20", "13:40") == 20
    joined = clock(opening_hours("1", "09:00-12:00", "12:00-13:00", "11:00-12:30", "09:00-12:00"))
    assert joined.intervals[0] == (datetime(2024, 1, 1, 9), datetime(2024, 1, 1, 13))
    assert minutes(joined, "00:00", "23:00") == 240


def test_past_midnight_belongs_to_the_evening_before() -> None:
    monday_night = clock(opening_hours("1", "20:00-04:00"))
    assert minutes(monday_night, "00:00", "2024-03-11 00:00") == 480
    assert minutes(monday_night, "2024-03-05 03:00", "2024-03-05 12:00") == 60


def test_the_table_holds_what_opened_on_the_evening_before_the_first_moment() -> None:
    raw = ConfiguredInput(
        business_hours=[schedule("Asia/Kolkata")],
        business_hour_intervals=opening_hours(EVERY_DAY, "20:00-16:00"),
        channels=[channel("ch1", "office")],
    )
    nights = ChannelClocks(raw, moment("09:00"), as_of=moment("18:00")).of("ch1")
    assert nights.business_milliseconds(moment("09:00"), moment("12:00")) == 90 * MINUTE


def test_midnight_as_a_closing_time_is_the_one_that_follows() -> None:
    assert minutes(clock(opening_hours("1", "22:00-24:00")), "00:00", "2024-03-06 00:00") == 120
    assert minutes(clock(opening_hours("1", "22:00-00:00")), "00:00", "2024-03-06 00:00") == 120


def test_whole_days_join_to_one_interval() -> None:
    always = clock(opening_hours(EVERY_DAY, "00:00-24:00"))
    assert always.intervals == [(datetime(2024, 1, 1), datetime(2025, 1, 1))]


@pytest.mark.parametrize(
    ("opens_at", "closes_at"),
    [("09:00", "09:00"), ("00:00", "00:00"), ("24:00", "25:00"), ("9:00", "17:00"), ("09:00", "24:01"), ("x", "y")],
)
def test_hours_that_cannot_be_meant_stop_the_build(opens_at: str, closes_at: str) -> None:
    with pytest.raises(ConfigurationError):
        read_hours(opens_at, closes_at)


def test_a_holiday_with_half_its_hours_stops_the_build() -> None:
    raw = ConfiguredInput(business_hours=[schedule()], holidays=[holiday("2024-03-04") | {"opens_at": "09:00"}])
    with pytest.raises(ConfigurationError):
        read_schedules(raw)


def test_a_channel_without_its_schedule_stops_the_build() -> None:
    with pytest.raises(ConfigurationError, match="ch1"):
        ChannelClocks(ConfiguredInput(channels=[channel("ch1", "office")]), moment("09:00"), moment("10:00"))


def test_a_channel_that_no_table_knows_is_always_open() -> None:
    clocks = ChannelClocks(ConfiguredInput(channels=[channel("ch1")]), moment("09:00"), moment("10:00"))
    for channel_id in ("ch1", "ch2", None):
        assert isinstance(clocks.of(channel_id), Calendar)


# --- holidays ---------------------------------------------------------------------------------


def test_a_holiday_replaces_the_hours_of_its_date() -> None:
    hours = opening_hours(EVERY_DAY, "09:00-17:00")
    closed = clock(hours, holidays=[holiday("2024-03-05")])
    assert minutes(closed, "16:50", "2024-03-06 09:10") == 20
    short = clock(hours, holidays=[holiday("2024-03-05", "10:00-12:00")])
    assert minutes(short, "2024-03-05 00:00", "2024-03-06 00:00") == 120


def test_several_rows_of_a_date_add_up_and_closed_adds_nothing() -> None:
    rows = [holiday("2024-03-05", "10:00-11:00"), holiday("2024-03-05"), holiday("2024-03-05", "10:30-12:00")]
    assert minutes(clock(opening_hours(EVERY_DAY, "09:00-17:00"), holidays=rows), "00:00", "2024-03-06 00:00") == 600


def test_last_evening_spills_into_a_holiday_and_a_holiday_into_the_morning_after() -> None:
    nights = opening_hours(EVERY_DAY, "20:00-04:00")
    closed = clock(nights, holidays=[holiday("2024-03-05")])
    assert minutes(closed, "2024-03-05 00:00", "2024-03-06 12:00") == 240
    late = clock(nights, holidays=[holiday("2024-03-05", "23:00-01:00")])
    assert minutes(late, "2024-03-05 04:00", "2024-03-06 12:00") == 120


def test_a_holiday_opens_what_the_week_leaves_closed() -> None:
    assert minutes(clock(holidays=[holiday("2024-03-09", "10:00-12:00")]), "00:00", f"{MONDAY} 00:00") == 120


# --- clocks that change -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        # Of a night shift from 20:00 to 04:00 an hour is missing in spring, and one is there twice in autumn.
        ("America/New_York", "2024-03-10 00:00", "2024-03-10 12:00", 7 * 60),
        ("America/New_York", "2024-11-03 00:00", "2024-11-03 12:00", 9 * 60),
        ("Europe/Berlin", "2024-03-30 12:00", "2024-03-31 12:00", 7 * 60),
        ("Europe/Berlin", "2024-10-26 12:00", "2024-10-27 12:00", 9 * 60),
        # Summer time is half an hour on Lord Howe.
        ("Australia/Lord_Howe", "2024-04-06 04:00", "2024-04-07 04:00", 8 * 60 + 30),
        ("Australia/Lord_Howe", "2024-10-05 04:00", "2024-10-06 04:00", 7 * 60 + 30),
        ("Asia/Kolkata", "2024-03-10 00:00", "2024-03-11 00:00", 8 * 60),
    ],
)
def test_a_night_shift_over_the_change(zone: str, start: str, end: str, expected: int) -> None:
    assert minutes(clock(opening_hours(EVERY_DAY, "20:00-04:00"), zone=zone), start, end) == expected


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("America/New_York", date(2024, 3, 10), "01:59", "06:59"),
        ("America/New_York", date(2024, 3, 10), "02:30", "07:30"),  # skipped: the offset before the change
        ("America/New_York", date(2024, 3, 10), "03:00", "07:00"),
        ("America/New_York", date(2024, 11, 3), "01:30", "05:30"),  # repeated: the first
        ("America/New_York", date(2024, 11, 3), "02:00", "07:00"),
        ("Europe/Berlin", date(2024, 3, 31), "02:30", "01:30"),
        ("Europe/Berlin", date(2024, 10, 27), "02:30", "00:30"),
        ("Asia/Beirut", date(2024, 3, 30), "24:00", "22:00"),  # midnight itself is skipped
    ],
)
def test_local_times_that_come_twice_or_not_at_all(zone: str, day: date, wall: str, expected: str) -> None:
    hour, minute = wall.split(":")
    found = in_utc(day, int(hour) * 60 + int(minute), ZoneInfo(zone))
    assert found.strftime("%H:%M") == expected


def test_hours_that_the_change_turns_around_are_none() -> None:
    """02:30 is skipped and read as 03:30, which is no earlier than 03:15."""
    early = clock(opening_hours("7", "02:30-03:15"), zone="America/New_York")
    assert minutes(early, "2024-03-10 00:00", "2024-03-11 00:00") == 0
    assert minutes(early, "2024-03-17 00:00", "2024-03-18 00:00") == 45


def test_a_due_time_over_the_change() -> None:
    """Nine to five in Berlin: from 08:00 UTC in winter, from 07:00 UTC in summer."""
    berlin = clock(opening_hours(EVERY_DAY, "09:00-17:00"), zone="Europe/Berlin")
    assert berlin.due(moment("2024-03-30 15:50"), 20 * MINUTE) == moment("2024-03-31 07:10")


# --- of any schedule --------------------------------------------------------------------------


def told(plan: SchedulePlan) -> Schedule:
    """The schedule that a plan describes."""
    configuration = render_configuration(ConfigurationPlan([plan]))
    raw = ConfiguredInput(
        business_hours=configuration.business_hours,
        business_hour_intervals=configuration.business_hour_intervals,
        holidays=configuration.holidays,
    )
    (only,) = read_schedules(raw).values()
    return only


def moments_of_spring() -> st.SearchStrategy[datetime]:
    """Draw moments around both changes of spring, mostly at whole minutes."""
    return st.builds(
        lambda minutes, milliseconds: datetime(2024, 3, 1) + timedelta(minutes=minutes, milliseconds=milliseconds),
        st.integers(0, 45 * 24 * 60),
        st.sampled_from((0, 0, 1, 59_999)),
    )


@given(schedules(), moments_of_spring(), moments_of_spring(), moments_of_spring())
def test_business_time_adds_up_and_never_runs_back_or_too_fast(
    plan: SchedulePlan, one: datetime, two: datetime, three: datetime
) -> None:
    clock = told(plan).opening_times(date(2024, 2, 1), date(2024, 6, 1))
    early, between, late = sorted((one, two, three))
    first = clock.business_milliseconds(early, between)
    second = clock.business_milliseconds(between, late)
    assert first + second == clock.business_milliseconds(early, late)
    assert 0 <= first <= Calendar().business_milliseconds(early, between)


@given(schedules(), moments_of_spring(), st.sampled_from((0, 1, MINUTE, 30 * MINUTE, 8 * HOUR, 100 * HOUR)))
def test_a_due_time_is_the_earliest_at_which_the_target_is_used_up(
    plan: SchedulePlan, start: datetime, target: int
) -> None:
    clock = told(plan).opening_times(date(2024, 2, 1), date(2024, 6, 1))
    due = clock.due(start, target)
    if due is None:
        assert clock.business_milliseconds(start, datetime(2024, 7, 1)) < target
        return
    assert due >= start
    assert clock.business_milliseconds(start, due) == target
    if target > 0:
        assert clock.business_milliseconds(start, due - timedelta(milliseconds=1)) == target - 1


@given(schedules(), moments_of_spring())
def test_due_inverts_the_duration_while_it_is_open(plan: SchedulePlan, start: datetime) -> None:
    clock = told(plan).opening_times(date(2024, 2, 1), date(2024, 6, 1))
    rng = random.Random(1)
    for _ in range(5):
        end = start + timedelta(minutes=rng.randint(1, 20_000))
        if any(opens < end <= closes for opens, closes in clock.intervals):
            assert clock.due(start, clock.business_milliseconds(start, end)) == end


@given(schedules())
def test_open_intervals_are_in_order_with_gaps_between_them(plan: SchedulePlan) -> None:
    intervals = told(plan).opening_times(date(2024, 2, 1), date(2024, 6, 1)).intervals
    assert all(opens < closes for opens, closes in intervals)
    assert all(one[1] < other[0] for one, other in pairwise(intervals))
    assert merged(reversed(intervals)) == intervals


def open_minutes(plan: SchedulePlan, day: date) -> Iterator[datetime]:
    """The open minutes of the hours that open on a date, by asking the wall clock at each minute.

    Only for days without a change: there every minute of the wall is one minute of time.
    """
    zone = ZoneInfo(plan.zone)
    for hours in told(plan).hours_on(day):
        for minute in range(hours.opens, hours.closes):
            yield in_utc(day, minute, zone)


@given(schedules(), st.sampled_from(SCHEDULE_ZONES))
def test_intervals_agree_with_counting_minute_by_minute(plan: SchedulePlan, zone: str) -> None:
    plan = SchedulePlan(zone, plan.intervals, plan.holidays)
    first, last = date(2024, 3, 3), date(2024, 3, 8)  # clocks change in no zone
    minute_by_minute = {minute for day in range(6) for minute in open_minutes(plan, first + timedelta(days=day))}
    clock = told(plan).opening_times(first, last)
    start = datetime(2024, 3, 1)
    assert clock.business_milliseconds(start, datetime(2024, 3, 12)) == len(minute_by_minute) * MINUTE
    for hour in range(0, 240, 7):
        end = start + timedelta(hours=hour)
        expected = sum(minute < end for minute in minute_by_minute)
        assert clock.business_milliseconds(start, end) == expected * MINUTE
