"""A warehouse built delivery by delivery is the one that a single build of all of them makes.

Streams are cut into deliveries in any order: late, doubled, before others that have long been built. Between them the
reference tables change, `as_of` moves on, stays or goes back, and builds die. Every table of core and marts is then
compared row for row with a build of everything anew.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import (
    ConversationBuilder,
    RawRowDict,
    channel,
    conversation,
    holiday,
    messaging_user,
    moment,
    policy,
    presence,
    raw_input,
    sandbox_channel,
    schedule,
)
from conftest import ELSEWHERE, GUARDS_OFF
from hostile_streams import BASE, CLOCK_CHANGES
from increments import (
    IncrementalReplay,
    Killed,
    Recordings,
    build_by_dbt,
    executed,
    first_difference,
    record,
    replaces_in_part,
)
from messaging_warehouse.simulator import HOSTILITIES, default_centre, simulate
from raw_folders import contents
from reference import ConfiguredInput, RawInput
from strategies import big_configuration, big_stream, configured_streams
from test_truth import raw_input as simulated_input
from warehouse import RAW_SCHEMA, load_raw

# A recording takes three builds with dbt, and a replay of each build a second or two.
pytestmark = pytest.mark.deep

LOGS = ("conversation_events", "presence_events")
REFERENCE_TABLES = (
    "agents", "teams", "team_memberships", "channels", "messaging_users", "accounts", "topics",
)  # fmt: skip
KEYS = {"agent_id", "team_id", "channel_id", "messaging_user_id", "account_id", "topic_id"}
# An example costs more than a second for each build, of which it has four or five.
FEW = settings(max_examples=max(4, settings().max_examples // 5))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    """What dbt executes, whole and in part."""
    return record(tmp_path_factory.mktemp("incremental"), **GUARDS_OFF)


@pytest.fixture(scope="module")
def incremental(recordings: Recordings) -> IncrementalReplay:
    """Replay builds upon builds."""
    return IncrementalReplay(recordings)


@pytest.fixture(scope="module")
def incremental_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> IncrementalReplay:
    """Replay builds upon builds where midnight comes twice or not at all."""
    return IncrementalReplay(record(tmp_path_factory.mktemp("elsewhere"), **GUARDS_OFF, **ELSEWHERE))


# --- deliveries ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """All raw rows that there are when a build begins, and the moment that it is to speak for."""

    raw: RawInput
    as_of: datetime | None = None


@dataclass(frozen=True)
class Cut:
    """How a stream is cut into deliveries; `seed` decides what the rest leaves open."""

    seed: int = 0
    batches: int = 2
    is_shuffled: bool = False
    has_doubles: bool = False
    changes_reference: bool = False
    changes_configuration: bool = False
    moments: tuple[float | None, ...] | None = None
    repeats_last: bool = False


def cuts() -> st.SearchStrategy[Cut]:
    """Draw a cut: mostly into two or three deliveries in the order of their receipt, and nothing else changes."""
    hours = st.sampled_from((-1.0, 0.0, 0.001, 1.0, 23.0, 24.0, 25.0, 24.0 * 8, 24.0 * 500))
    forwards = st.lists(hours, min_size=4, max_size=4).map(sorted).map(tuple)
    backwards = st.lists(st.one_of(st.none(), hours), min_size=4, max_size=4).map(tuple)
    return st.builds(
        Cut,
        seed=st.integers(min_value=0, max_value=999),
        batches=st.sampled_from((2, 3, 4)),
        is_shuffled=st.booleans(),
        has_doubles=st.sampled_from((False, False, True)),
        changes_reference=st.booleans(),
        changes_configuration=st.sampled_from((False,) * 7 + (True,)),
        moments=st.one_of(st.none(), st.none(), forwards, backwards),
        repeats_last=st.sampled_from((False, False, True)),
    )


def deliveries_of(raw: RawInput, cut: Cut, base: datetime = BASE) -> list[Delivery]:
    """Cut a stream: each delivery holds what came before it too, and the last holds it all."""
    rng = random.Random(cut.seed)
    logs = {log: list(getattr(raw, log)) for log in LOGS}
    for rows in logs.values():
        if cut.has_doubles:
            rows.extend(rng.sample(rows, len(rows) // 3))
        rows.sort(key=lambda row: row["received_at"] or "")
        if cut.is_shuffled:
            rng.shuffle(rows)
    shares = sorted(rng.random() for _ in range(cut.batches - 1))
    deliveries: list[Delivery] = []
    for number, share in enumerate([*shares, 1.0]):
        told: dict[str, Any] = {log: rows[: round(share * len(rows))] for log, rows in logs.items()}
        is_last = share == 1.0
        if cut.changes_reference and not is_last:
            told |= {table: _as_it_was(getattr(raw, table), rng) for table in REFERENCE_TABLES}
        if cut.changes_configuration and isinstance(raw, ConfiguredInput) and number == 0:
            told |= {"emoji_sentiment": raw.emoji_sentiment[1:]}
        hours = cut.moments[number] if cut.moments else None
        as_of = None if hours is None else base + timedelta(hours=hours)
        deliveries.append(Delivery(replace(raw, **told), as_of))
    return [*deliveries, deliveries[-1]] if cut.repeats_last else deliveries


def _as_it_was(rows: Sequence[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Return a reference table before it became what it is: rows are not there yet, and columns not the same."""
    before = [dict(row) for row in rows if rng.random() < 0.8]
    for row in before:
        if rng.random() < 0.4:
            # Only the first column is the key; of a membership none is.
            keys = {next(iter(row))} if "valid_from" not in row else set()
            column = rng.choice(sorted(row.keys() - keys))
            row[column] = rng.choice(rows)[column]
    return before


def streams_in_deliveries(max_steps: int = 6) -> st.SearchStrategy[list[Delivery]]:
    """Draw a hostile stream, cut into deliveries."""

    def told(base: datetime) -> st.SearchStrategy[list[Delivery]]:
        raw = configured_streams(max_steps, bases=(base,))
        return st.builds(lambda raw, cut: deliveries_of(raw, cut, base), raw, cuts())

    return st.sampled_from((BASE, *CLOCK_CHANGES)).flatmap(told)


# --- built upon what stands, and made anew ---------------------------------------------------------


def build_all(replay: IncrementalReplay, deliveries: Sequence[Delivery], order: random.Random | None = None) -> None:
    """Build one delivery upon another, the first upon nothing."""
    replay.forget()
    for number, delivery in enumerate(deliveries, 1):
        try:
            replay.build(delivery.raw, delivery.as_of, order)
        except duckdb.Error:
            # An early delivery may lack what its configuration names; such a build stops, and the next goes on from it.
            if number == len(deliveries):
                raise


def assert_as_if_made_anew(replay: IncrementalReplay, last: Delivery) -> None:
    """Compare what stands with what a build of everything makes of the last delivery."""
    found = replay.kept()
    assert {"int_presence_events_deduplicated", "int_messaging_users_resolved", "dim_build"} <= set(found)
    replay.forget()
    replay.build(last.raw, last.as_of)
    difference = first_difference(found, replay.kept())
    assert not difference, difference


@FEW
@given(deliveries=streams_in_deliveries(), order=st.integers(min_value=0, max_value=99))
def test_builds_upon_builds_equal_one_build(
    incremental: IncrementalReplay, deliveries: list[Delivery], order: int
) -> None:
    build_all(incremental, deliveries, random.Random(order))
    assert_as_if_made_anew(incremental, deliveries[-1])


@FEW
@given(deliveries=streams_in_deliveries(), order=st.integers(min_value=0, max_value=99))
def test_chains_of_builds_equal_one_build_elsewhere(
    incremental_elsewhere: IncrementalReplay, deliveries: list[Delivery], order: int
) -> None:
    """Days of 23 and 25 hours, and every limit of an agent's time is reached within the hour."""
    build_all(incremental_elsewhere, deliveries, random.Random(order))
    assert_as_if_made_anew(incremental_elsewhere, deliveries[-1])


@FEW
@given(
    deliveries=streams_in_deliveries(),
    order=st.integers(min_value=0, max_value=99),
    killed_after=st.integers(min_value=0, max_value=999),
)
def test_a_crash_between_models_is_recovered(
    incremental: IncrementalReplay, deliveries: list[Delivery], order: int, killed_after: int
) -> None:
    """The last build but one dies between two models, and the last one makes up for it, mostly with the same rows."""
    *before, killed, last = deliveries if order % 4 == 0 else [*deliveries, deliveries[-1]]
    build_all(incremental, before)
    with pytest.raises((Killed, duckdb.Error)):
        incremental.build(
            killed.raw, killed.as_of, random.Random(order), killed_after=killed_after % incremental.model_count
        )
    incremental.build(last.raw, last.as_of)
    assert_as_if_made_anew(incremental, last)


def _bulk(seed: int, conversations: int, **cut: Any) -> list[Delivery]:
    base = (BASE, *CLOCK_CHANGES)[seed % (1 + len(CLOCK_CHANGES))]
    raw = big_configuration(seed).applied_to(big_stream(seed, conversations, base))
    return deliveries_of(raw, Cut(seed, **cut), base)


IN_ORDER = {"batches": 4}
HOSTILE = {"batches": 4, "is_shuffled": True, "has_doubles": True, "changes_reference": True}
WHILE_MUCH_IS_OPEN = {"batches": 4, "moments": (0.5, 24.0, 96.0, 192.0)}


@pytest.mark.parametrize(
    ("seed", "cut"),
    [
        (1, WHILE_MUCH_IS_OPEN),
        *(
            pytest.param(seed, cut, marks=pytest.mark.deep)
            for seed in range(2, 6)
            for cut in (HOSTILE, WHILE_MUCH_IS_OPEN if seed % 2 else IN_ORDER)
        ),
    ],
)
def test_builds_upon_builds_equal_one_build_in_bulk(
    incremental: IncrementalReplay, seed: int, cut: dict[str, Any]
) -> None:
    deliveries = _bulk(seed, 60, **cut)
    build_all(incremental, deliveries, random.Random(seed))
    assert_as_if_made_anew(incremental, deliveries[-1])


# --- what is not looked through ----------------------------------------------------------------------


def rows_before_the_first_moment(replay: IncrementalReplay) -> dict[str, Any]:
    """Return rows that a build would not find which looks for their conversation from its first moment on."""
    tallied = "intermediate.int_conversation_deliveries_tallied"
    first_day = "cast(make_timestamp(1000 * first_ms) - interval 2 day as date)"
    lying = {
        table: f"{time} < {first_day}" + ("" if may_be_null else f" or {time} is null")
        for table, (time, may_be_null) in replay.times_of_conversations.items()
    }
    lying["staging.stg_messaging__conversation_event_ledger"] = "received_at < make_timestamp(1000 * first_ms)"
    found = {
        table: replay.connection.execute(
            f"select columns(rows.*) from {table} as rows left join {tallied} using (conversation_id) "
            f"where rows.conversation_id is not null and (first_ms is null or {is_before})"
        ).fetchall()
        for table, is_before in lying.items()
    }
    return {table: rows for table, rows in found.items() if rows}


@FEW
@given(deliveries=streams_in_deliveries())
def test_nothing_of_a_conversation_lies_before_its_first_moment(
    incremental: IncrementalReplay, deliveries: list[Delivery]
) -> None:
    assert len(incremental.times_of_conversations) > 10
    build_all(incremental, [replace(delivery, as_of=None) for delivery in deliveries])
    assert not rows_before_the_first_moment(incremental)


def test_a_row_before_the_first_moment_would_be_seen(incremental: IncrementalReplay) -> None:
    told = conversation("c1").at("10:00").end_user("hi")
    build_all(incremental, [Delivery(raw_input(told))])
    assert not rows_before_the_first_moment(incremental)
    incremental.connection.execute("update main.fct_messaging_sessions set started_at = started_at - interval 4 day")
    assert set(rows_before_the_first_moment(incremental)) == {"main.fct_messaging_sessions"}


def first_moments(replay: IncrementalReplay) -> dict[str, datetime]:
    """Return since when the last build looked for what it touched."""
    columns = ["conversation_id", "make_timestamp(1000 * first_ms) as first_at"]
    rows = replay.rows("intermediate.int_conversations_touched", columns)
    return {row["conversation_id"]: row["first_at"] for row in rows}


@pytest.mark.parametrize("as_of", [None, "2024-06-01 00:00"])
def test_what_comes_late_is_put_to_what_lies_far_back(incremental: IncrementalReplay, as_of: str | None) -> None:
    """To what was received first, to what happened first, and to what came with times that nobody can read."""
    old = conversation("c1").at("2024-01-04 10:00").end_user("hi").at("2024-01-04 10:05").agent("ann", "hello")
    old = old.at("2024-01-04 11:00").ended("system")
    unreadable = conversation("c1").at("2024-01-04 10:06").end_user("so")
    unreadable = unreadable.altered(received_at="soon", event_id="unreadable")
    recent = conversation("c2").at("2024-03-03 10:00").end_user("hi").at("2024-03-03 11:00").ended("system")
    newest = conversation("c3").at("2024-03-05 10:00").end_user("hi").at("2024-03-05 11:00").ended("system")
    opener = conversation("c1").at("2024-01-02 09:00").end_user("first of all").received("2024-03-05 12:00")
    opener = opener.altered(event_id="opener")
    nobody_knows = conversation("c4").at("2024-02-01 10:00").end_user("hi").altered(received_at="later")
    first = raw_input(old, unreadable, recent)
    second = raw_input(old, unreadable, recent, newest)
    third = raw_input(old, unreadable, recent, newest, opener, nobody_knows)
    until = moment(as_of) if as_of else None
    build_all(incremental, [Delivery(first, until), Delivery(second, until)])
    assert "fct_conversation_events" in incremental.partially_built
    assert first_moments(incremental)["c3"] == moment("2024-03-05 10:00")
    assert "c1" not in first_moments(incremental)
    incremental.build(third, until)
    assert first_moments(incremental)["c1"] == moment("2024-01-02 09:00")
    assert_as_if_made_anew(incremental, Delivery(third, until))


def test_a_given_moment_hides_what_a_build_without_one_rejected(incremental: IncrementalReplay) -> None:
    """What is rejected tells no time, so that a build may have seen more than the moment that it speaks for."""
    told = conversation("c1").at("2024-03-04 10:00").end_user("hi").at("2024-03-04 11:00").ended("system")
    nobody = conversation("c2").at("2024-03-06 10:00").end_user("hi").altered(actor_type="nobody", event_id="nobody's")
    raw = raw_input(told, nobody)
    build_all(incremental, [Delivery(raw)])
    assert incremental.rows("main.rejected_events", ["event_id"]) == [{"event_id": "nobody's"}]
    hidden = Delivery(raw, moment("2024-03-05 10:00"))
    incremental.build(raw, hidden.as_of)
    assert incremental.rows("main.rejected_events", ["event_id"]) == []
    assert_as_if_made_anew(incremental, hidden)
    incremental.build(raw)  # and sees it again
    assert_as_if_made_anew(incremental, Delivery(raw))


def test_what_names_no_conversation_is_of_the_day_of_its_receipt(incremental: IncrementalReplay) -> None:
    """It is rejected by itself: for one more nobody judges all anew that there have ever been."""
    told = conversation("c1").at("2024-03-04 10:00").end_user("hi").at("2024-03-04 11:00").ended("system")
    nameless = [
        conversation("none").at(f"{day} 10:00").end_user("hi").altered(conversation_id=None, event_id=f"of {day}")
        for day in ("2024-03-04", "2024-03-08")
    ]
    timeless = conversation("none").at("2024-03-04 10:00").end_user("hi")
    timeless = timeless.altered(conversation_id=None, event_id="of no day", received_at="soon")
    deliveries = [Delivery(raw_input(told, nameless[0])), Delivery(raw_input(told, *nameless, timeless))]
    build_all(incremental, deliveries)
    assert {" 2024-03-08", " soon"} <= first_moments(incremental).keys()
    assert " 2024-03-04" not in first_moments(incremental)
    assert incremental.rows("main.rejected_events", ["count(*) as count"]) == [{"count": 3}]
    assert_as_if_made_anew(incremental, deliveries[-1])


# --- contacts ---------------------------------------------------------------------------------------


def _met(number: int, user: str | None, hour: int = 10) -> ConversationBuilder:
    """One conversation of somebody, of a day of its own."""
    told = conversation(f"c{number}", messaging_user_id=user).at(f"2024-03-{number:02} {hour:02}:00").end_user("hi")
    return told.at(f"2024-03-{number:02} {hour:02}:30").ended("system")


ANN, ANN_TOO = messaging_user("ann", "anna", "acme"), messaging_user("ann too", "anna", "acme")
BO, NEVER_MET = messaging_user("bo"), messaging_user("never met", "somebody", "acme")
CONTACTS = [ANN, ANN_TOO, BO, NEVER_MET]
STREAMS = (_met(4, "ann"), _met(5, "ann too"), _met(6, "bo"), _met(7, "stranger"))
KNOWN = ["messaging_user_id", "contact_key", "account_id", "is_test", "is_inferred"]


def _contacts(*changed: Mapping[str, str | None], without: Collection[str] = ()) -> list[RawRowDict]:
    """Return the contacts, some changed, some gone, some new."""
    rows = {str(row["messaging_user_id"]): dict(row) for row in [*CONTACTS, *changed]}
    return [row for user, row in rows.items() if user not in without]


def _and(*streams: ConversationBuilder, **contacts: Any) -> RawInput:
    return raw_input(*STREAMS, *streams, messaging_users=contacts.get("messaging_users", CONTACTS))


# Of another delivery of c7's first event, received before it, the sender is not the stranger, who is no longer named.
_EARLIER = _met(7, "ann")
_EARLIER.rows[:] = [row | {"received_at": "2024-03-07T09:59:59.000Z"} for row in _EARLIER.rows[:1]]
_FIRST_OF_SEVEN = raw_input(*STREAMS[:3], messaging_users=CONTACTS)
_FIRST_OF_SEVEN.conversation_events.extend(STREAMS[3].rows[:1])
_AND_AN_EARLIER_ONE = replace(
    _FIRST_OF_SEVEN, conversation_events=[*_FIRST_OF_SEVEN.conversation_events, *_EARLIER.rows]
)
_IN_THE_SAME_HOUR = conversation("c8", messaging_user_id="somebody").at("2024-03-07 10:10").end_user("hi")
_IN_TESTS = _met(6, "bo", hour=9)
_IN_TESTS.rows[:] = [row | {"event_id": "earlier", "channel_id": "try"} for row in _IN_TESTS.rows[:1]]


@pytest.mark.parametrize(
    ("first", "then", "changed"),
    [
        pytest.param(
            _and(), _and(messaging_users=_contacts(messaging_user("bo", None, "other"))),
            {("bo", "bo", "other", False, False)}, id="another account",
        ),
        pytest.param(
            _and(), _and(messaging_users=_contacts(messaging_user("ann too", "bea", "acme"))),
            {("ann too", "bea", "acme", False, False)}, id="another person",
        ),
        pytest.param(
            _and(), _and(messaging_users=_contacts(without={"bo"})), {("bo", "bo", None, False, True)},
            id="gone, and events name it",
        ),
        pytest.param(
            _and(), _and(messaging_users=_contacts(without={"never met"})), set(), id="gone, and nothing names it",
        ),
        pytest.param(
            _and(), _and(messaging_users=[]),
            {(user, user, None, False, True) for user in ("ann", "ann too", "bo")}, id="all gone",
        ),
        pytest.param(
            _and(), _and(messaging_users=_contacts(messaging_user("stranger", "anna"), messaging_user("new"))),
            {("stranger", "anna", None, False, False), ("new", "new", None, False, False)}, id="known now, and new",
        ),
        pytest.param(
            _and(), _and(_met(8, "newcomer"), _met(9, "ann")), {("newcomer", "newcomer", None, False, True)},
            id="only a new event names it",
        ),
        pytest.param(
            _and(_IN_THE_SAME_HOUR), _and(), set(), id="the only events that named it are gone",
        ),
        pytest.param(
            _FIRST_OF_SEVEN, _AND_AN_EARLIER_ONE, set(), id="the only event that named it is rejected",
        ),
        pytest.param(_and(), _and(_IN_TESTS), {("bo", "bo", None, True, False)}, id="seen in tests alone"),
    ],
)  # fmt: skip
def test_a_contact_is_what_events_and_its_table_say_now(
    incremental: IncrementalReplay, first: RawInput, then: RawInput, changed: set[tuple[Any, ...]]
) -> None:
    """Nothing that the table says, and no event that named somebody, is left in a row that is not looked at."""
    deliveries = [Delivery(replace(raw, channels=[channel("ch1"), sandbox_channel("try")])) for raw in (first, then)]
    build_all(incremental, deliveries[:1])
    stood = {tuple(row.values()) for row in incremental.rows("main.dim_messaging_users", KNOWN)}
    incremental.build(deliveries[1].raw)
    assert {"stg_messaging__messaging_users", "int_messaging_users_resolved", "dim_messaging_users"} <= {
        node.split(".")[-1] for node in incremental.replaced_in_part
    }
    stands = {tuple(row.values()) for row in incremental.rows("main.dim_messaging_users", KNOWN)}
    assert stands != stood and stands - stood == changed
    assert_as_if_made_anew(incremental, deliveries[1])


def test_contacts_of_a_build_that_died_are_not_forgotten(incremental: IncrementalReplay) -> None:
    """They have been read, and the next build does not read them again."""
    changed = _and(messaging_users=_contacts(messaging_user("bo", "anna", "acme"), without={"never met"}))
    for killed_after in range(1, incremental.model_count, 29):  # some before they are read, some between, some behind
        build_all(incremental, [Delivery(_and())])
        with pytest.raises(Killed):
            incremental.build(changed, killed_after=killed_after)
        incremental.build(changed)
        assert_as_if_made_anew(incremental, Delivery(changed))


@pytest.mark.parametrize("again", [BO, BO | {"display_name": "Bo"}, BO | {"messaging_user_id": None}])
def test_a_contact_given_twice_stops_the_build(incremental: IncrementalReplay, again: RawRowDict) -> None:
    """Contacts are replaced by their id: of two rows of one id nobody could say which has gone."""
    for before in ([], [Delivery(_and())]):
        build_all(incremental, before)
        with pytest.raises(duckdb.Error, match=r"raw_messaging_users: messaging_user_id '(bo)?' is missing or given"):
            incremental.build(_and(messaging_users=[*CONTACTS, again]))


CONTACTS_ARE_READ_BY = (
    "stg_messaging__messaging_users", "int_messaging_users_changed", "int_messaging_users_resolved",
    "int_conversations_soon_after", "int_session_contexts", "int_sessions_repeat_contacts", "dim_messaging_users",
)  # fmt: skip
MANY = 30_000


def test_contacts_are_not_read_again(incremental: IncrementalReplay) -> None:
    """Neither their table nor what is made of it, where nothing is new; the engine stops at the first rows."""
    many = [messaging_user(f"user {number}", f"contact {number // 2}") for number in range(MANY)]
    raw = raw_input(*STREAMS, messaging_users=[*many, *CONTACTS])
    build_all(incremental, [Delivery(raw)])
    tables = {"raw_messaging_users", *CONTACTS_ARE_READ_BY}

    def read(model: str) -> int:
        return sum(count for table, count in incremental.rows_read(model).items() if table in tables)

    incremental.build(raw)
    incremental.build(raw)
    assert {model: read(model) for model in CONTACTS_ARE_READ_BY if read(model) > MANY / 2} == {}

    for source in ("stg_messaging__messaging_users", "int_messaging_users_resolved"):
        incremental.connection.execute(
            f"insert into journal.touched (unit, id, source) select 'messaging_user', messaging_user_id, '{source}' "
            "from staging.stg_messaging__messaging_users"
        )
    incremental.connection.execute("update staging.stg_messaging__raw_parts set is_to_be_read = true")
    # Whoever reads them all is seen.
    assert {model for model in CONTACTS_ARE_READ_BY if read(model) > MANY / 2} >= {
        "stg_messaging__messaging_users", "int_messaging_users_changed", "int_messaging_users_resolved",
        "dim_messaging_users",
    }  # fmt: skip


# --- presence ---------------------------------------------------------------------------------------


def _shift(*changed: Mapping[str, str | None], without: int = 0) -> list[RawRowDict]:
    """Return four presence events of one hour, but for the last ones, and more deliveries."""
    told = presence("ann").at("09:00").status("available").at("09:10").status("busy")
    told = told.at("09:20").status("available").at("09:30").status("away")
    return [*told.rows[: len(told.rows) - without], *map(dict, changed)]


FIRST_STATUS, SECOND_STATUS = _shift()[:2]


def _again(row: RawRowDict, received: str, status: str | None = None) -> RawRowDict:
    """Deliver a presence event once more, perhaps with another status."""
    return row | {"received_at": f"2024-03-04T{received}.000Z", "status": status or row["status"]}


_LATER = presence("bo").at("2024-03-06 09:00").status("available").rows


@pytest.mark.parametrize(
    ("first", "then", "changed"),
    [
        pytest.param(_shift(), _shift(*_LATER), 1, id="a new one"),
        pytest.param(_shift(without=1), _shift(), 1, id="a new one of an hour that was read"),
        pytest.param(_shift(), _shift(_again(SECOND_STATUS, "09:55:00")), 1, id="delivered again"),
        pytest.param(_shift(), _shift(_again(SECOND_STATUS, "09:09:59", "away")), 1, id="another, received before it"),
        pytest.param(_shift(_again(FIRST_STATUS, "09:08:00")), _shift(), 1, id="its redelivery is gone"),
        pytest.param(
            _shift(_again(FIRST_STATUS, "08:59:59", "away")), _shift(), None, id="what won is kept with its hour"
        ),
        pytest.param(_shift(), _shift(without=1), 0, id="gone"),
    ],
)  # fmt: skip
def test_a_presence_event_is_judged_with_all_of_its_deliveries(
    incremental: IncrementalReplay, first: list[RawRowDict], then: list[RawRowDict], changed: int | None
) -> None:
    """Those that came with earlier builds too; `changed` rows of it are new or others."""
    talk = conversation("c1").at("2024-03-05 10:00").end_user("hi")
    deliveries = [Delivery(replace(raw_input(talk), presence_events=rows)) for rows in (first, then)]
    columns = ["event_id", "status", "received_at", "redelivery_count"]
    build_all(incremental, deliveries[:1])
    stood = {tuple(row.values()) for row in incremental.rows("main.fct_presence_events", columns)}
    incremental.build(deliveries[1].raw)
    assert {"int_presence_events_deduplicated", "fct_presence_events"} <= {
        node.split(".")[-1] for node in incremental.replaced_in_part
    }
    stands = {tuple(row.values()) for row in incremental.rows("main.fct_presence_events", columns)}
    if changed is None:
        assert stands == stood
    else:
        assert stands != stood and len(stands - stood) == changed
        assert_as_if_made_anew(incremental, deliveries[1])


def test_a_presence_event_that_waited_for_its_moment_is_not_forgotten(incremental: IncrementalReplay) -> None:
    """It was read by a build that was given an earlier one."""
    talk = conversation("c1").at("2024-03-04 08:00").end_user("hi")
    raw = replace(raw_input(talk), presence_events=_shift(_again(SECOND_STATUS, "09:25:00")))
    moments = [moment(at) for at in ("09:05", "09:15", "09:28", "09:40")]
    build_all(incremental, [Delivery(raw, moments[0])])
    for number, at in enumerate(moments[1:], 2):
        incremental.build(raw, at)
        assert "fct_presence_events" in incremental.partially_built
        assert len(incremental.rows("main.fct_presence_events")) == number
    assert_as_if_made_anew(incremental, Delivery(raw, moments[-1]))


def test_presence_is_not_read_again(incremental: IncrementalReplay) -> None:
    """Nor is what is made of it compared, where nothing of it is new."""
    talk = conversation("c1").at("2024-03-28 10:00").end_user("hi")
    told = presence("ann")
    for number in range(MANY):
        minute = moment("08:00") + timedelta(minutes=number)
        told = told.at(minute.isoformat(sep=" ")).status(("available", "busy")[number % 2])
    raw = raw_input(talk, told)
    build_all(incremental, [Delivery(raw)])
    models = ("int_presence_events_deduplicated", "fct_presence_events")
    tables = {*models, "stg_messaging__presence_event_ledger"}

    def read(model: str) -> int:
        return sum(count for table, count in incremental.rows_read(model).items() if table in tables)

    incremental.build(raw)
    incremental.build(raw)
    assert {model: read(model) for model in models if read(model) > MANY / 2} == {}
    assert len(incremental.rows("main.fct_agent_presence")) > MANY / 2
    assert len(incremental.rows("intermediate.int_presence_known")) < 10

    incremental.connection.execute(
        "insert into journal.touched (unit, id) select 'presence_event', event_id from main.fct_presence_events"
    )
    assert {model for model in models if read(model) > MANY} == {*models}


# --- examples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_work", [True, False])
def test_a_late_opener_on_another_channel_changes_what_its_agents_did(
    incremental: IncrementalReplay, is_work: bool
) -> None:
    """It is the customer's, and no event of the agent's has changed: but their time was for a test, and is no work."""
    told = conversation("c1", "sms").at("10:00").end_user("hi")
    if is_work:
        told = told.at("10:04").work("assigned", "w1", agent_id="ann").work("accepted", "w1", by="ann")
    told = told.at("10:04").opened("ann").at("10:05").agent("ann", "hello").at("10:06").left("ann")
    if is_work:
        told = told.work("closed", "w1", by="ann").at("10:07").ended("ann")
    shift = presence("ann").at("09:00").status("available").at("10:30").status("offline")
    other = conversation("c2", "sms").at("2024-03-08 10:00").end_user("hi")
    opener = conversation("c1", "web").at("09:55").end_user("hello").altered(event_id="late")
    channels = [channel("sms"), sandbox_channel("web")]
    first = raw_input(told, shift, other, channels=channels)
    second = raw_input(told, shift, other, opener.received("2024-03-08 11:00"), channels=channels)
    build_all(incremental, [Delivery(first), Delivery(second)])
    assert "fct_agent_timeline" in incremental.partially_built
    assert incremental.rows("main.fct_agent_timeline", ["max(test_work_count) as most"]) == [{"most": int(is_work)}]
    assert_as_if_made_anew(incremental, Delivery(second))


def test_a_build_behind_one_that_died_leaves_none_of_its_days(incremental: IncrementalReplay) -> None:
    """It had spoken for a later day, and died when all models were done."""
    told = conversation("c1").at("10:00").end_user("hi")
    shift = presence("ann").at("09:00").status("available")
    raw = raw_input(told, shift)
    build_all(incremental, [Delivery(raw, moment("11:00"))])
    with pytest.raises(Killed):
        incremental.build(raw, moment("2024-03-05 09:00"), killed_after=incremental.model_count - 1)
    incremental.build(raw, moment("12:00"))
    assert_as_if_made_anew(incremental, Delivery(raw, moment("12:00")))


def test_a_time_due_beyond_the_known_opening_hours_is_asked_again(incremental: IncrementalReplay) -> None:
    """The only hours lie 408 days ahead: out of sight for the first build, in sight for the second."""
    told = conversation("c1", "sms").at("10:00").end_user("hi").at("10:07").ended("system")
    raw = ConfiguredInput(
        conversation_events=told.rows, channels=[channel("sms", "office")],
        business_hours=[schedule()], holidays=[holiday("2025-04-16", "09:00-12:00")],
        sla_policies=[policy("p1", "first_response", 600)],
    )  # fmt: skip
    deliveries = [Delivery(raw, moment("2024-03-05 10:00")), Delivery(raw, moment("2024-03-25 10:00"))]
    build_all(incremental, deliveries)
    assert "fct_sla_outcomes" in incremental.partially_built
    assert_as_if_made_anew(incremental, deliveries[-1])


# --- a month, day by day -----------------------------------------------------------------------------

SIXTY_DAYS = timedelta(days=60)


def _a_month_with_latecomers() -> tuple[ConfiguredInput, datetime]:
    """Simulate 30 days in which much goes wrong on the way, and one event in fifty comes up to 60 days late."""
    start, days, rng = date(2026, 2, 1), 30, random.Random(30)
    centre = default_centre(5, start, days, sessions_per_day=15)
    raw = simulated_input(simulate(centre, start, days, seed=30, hostility=HOSTILITIES["wild"]))
    for rows in (raw.conversation_events, raw.presence_events):
        for row in rng.sample(rows, len(rows) // 50):
            if row["occurred_at"] and row["received_at"]:
                late = datetime.fromisoformat(row["occurred_at"]) + rng.random() * SIXTY_DAYS
                row["received_at"] = late.isoformat(timespec="milliseconds")
    return raw, datetime.combine(start, time(), UTC)


def _received_before(rows: Sequence[dict[str, Any]], moment: datetime) -> list[dict[str, Any]]:
    """Return what a source has by then; texts of UTC moments are in the order of time."""
    return [row for row in rows if (row["received_at"] or "")[:19] < moment.isoformat()[:19]]


def test_a_month_built_day_by_day_is_the_month_built_at_once(
    incremental: IncrementalReplay, recordings: Recordings
) -> None:
    """Thirty days a build each, then what came up to sixty days late, and every table compared on the way."""
    raw, start = _a_month_with_latecomers()
    anew, rng = IncrementalReplay(recordings), random.Random(1)
    incremental.forget()
    read = 0
    for day in [*range(1, 31), 45, 60, 93]:
        logs = {log: _received_before(getattr(raw, log), start + timedelta(days=day)) for log in LOGS}
        delivered = replace(raw, **logs) if day < 93 else raw
        assert len(delivered.conversation_events) > read
        read = len(delivered.conversation_events)
        incremental.build(delivered, order=rng)
        assert bool(incremental.partially_built) == (day > 1)
        if day in (2, 3, 7, 15, 30, 60, 93):
            anew.forget()
            anew.build(delivered)
            difference = first_difference(incremental.published(), anew.published())
            assert not difference, f"day {day}: {difference}"


# --- what a build upon another leaves alone --------------------------------------------------------


def test_a_build_with_nothing_new_is_partial_and_changes_nothing(incremental: IncrementalReplay) -> None:
    (*_, last) = _bulk(3, 20)
    build_all(incremental, [last])
    assert not incremental.partially_built
    stood = incremental.published()
    incremental.build(last.raw, last.as_of)
    assert {"fct_messaging_sessions", "fct_agent_timeline", "fct_agent_days"} <= set(incremental.partially_built)
    assert not first_difference(incremental.published(), stood)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda last: replace(last, raw=replace(last.raw, sla_policies=[])), id="another configuration"),
        pytest.param(lambda last: replace(last, as_of=BASE), id="an earlier as_of"),
    ],
)
def test_what_may_not_be_built_on_is_made_anew(incremental: IncrementalReplay, change: Any) -> None:
    (*_, last) = _bulk(0, 5)
    build_all(incremental, [last])
    changed = change(last)
    incremental.build(changed.raw, changed.as_of)
    assert not [name for name in incremental.partially_built if not name.startswith(("base_", "stg_"))]
    assert_as_if_made_anew(incremental, changed)


# --- the replay is what dbt does -------------------------------------------------------------------


def test_every_raw_table_is_a_log_a_reference_table_or_configuration() -> None:
    names = {field.name for field in fields(ConfiguredInput)}
    assert names >= {*LOGS, *REFERENCE_TABLES}


@pytest.mark.deep
def test_the_replay_does_what_dbt_does(incremental: IncrementalReplay, tmp_path: Path) -> None:
    """Real builds, one upon the other, leave the tables that the replay does, and replace what it replaces."""
    cut = Cut(batches=3, is_shuffled=True, changes_reference=True)
    deliveries = deliveries_of(big_stream(0, 30), cut)
    deliveries += [replace(deliveries[-1], as_of=BASE + timedelta(days=900))]
    incremental.forget()
    for number, delivery in enumerate(deliveries):
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
            connection.execute(f"create schema if not exists {RAW_SCHEMA}")
            load_raw(connection, RAW_SCHEMA, delivery.raw)
        as_of = {"as_of": delivery.as_of.isoformat() + "Z"} if delivery.as_of else {}
        run = build_by_dbt(tmp_path, f"build {number}", **GUARDS_OFF, **as_of)
        incremental.build(delivery.raw, delivery.as_of)
        built = {name.removeprefix("main."): rows for name, rows in contents(run).items()}
        difference = first_difference(incremental.published(), built)
        assert not difference, difference
        programs = executed(run)
        assert {node for node in programs if replaces_in_part(programs[node])} == set(incremental.replaced_in_part)
