"""The warehouse equals the slow reference, table by table and row by row, on hostile streams."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ELSEWHERE, EXAMPLES
from hostile_streams import BASE, CLOCK_CHANGES
from reference import ConfiguredInput, Settings, Warehouse, build
from reference.inputs import truncated_to_millisecond
from strategies import as_ofs, big_configuration, big_stream, configured_streams
from warehouse import Replay

# Where a table of the reference stands in the warehouse.
TABLES = {
    "fct_conversation_events": "fct_conversation_events",
    "rejected_events": "rejected_events",
    "rejected_presence_events": "rejected_presence_events",
    "presence_events": "intermediate.int_presence_events_deduplicated",
    "fct_messaging_sessions": "fct_messaging_sessions",
    "fct_messages": "fct_messages",
    "fct_responses": "fct_responses",
    "fct_messaging_session_metrics": "fct_messaging_session_metrics",
    "fct_resolutions": "fct_resolutions",
    "fct_visits": "fct_visits",
    "fct_agent_presence": "fct_agent_presence",
    "fct_agent_work": "fct_agent_work",
    "fct_agent_timeline": "fct_agent_timeline",
    "fct_agent_days": "fct_agent_days",
    "fct_sla_outcomes": "fct_sla_outcomes",
    "fct_csat_responses": "fct_csat_responses",
}
# Sentiment is the mean of means, in floating point: equal to the exact one to so many places.
PLACES_OF_SENTIMENT = 9
BASES = (BASE, *CLOCK_CHANGES)


def _as_multiset(rows: list[dict[str, Any]]) -> Counter[tuple[tuple[str, Any], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


def _rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: round(value, PLACES_OF_SENTIMENT) if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]


def told(raw: ConfiguredInput, **settings: Any) -> Warehouse:
    """Return what the reference makes of a stream and its configuration."""
    return build(raw, Settings(**settings, with_service_levels=True))


def assert_equal_to_reference(replay: Replay, expected: Warehouse) -> None:
    """Compare every table of `TABLES` as a multiset of rows, on the reference's columns."""
    assert replay.rows("dim_build")[0]["as_of"] == expected.as_of
    for name, place in TABLES.items():
        rows = expected.tables[name]
        found = replay.rows(place, tuple(rows[0]) if rows else ("*",))
        there, here = _as_multiset(_rounded(found)), _as_multiset(_rounded(rows))
        surplus, missing = there - here, here - there
        assert not surplus and not missing, (
            f"{name}\nonly in the warehouse:\n{_told(surplus)}\nonly in the reference:\n{_told(missing)}"
        )


def _told(rows: Counter[tuple[tuple[str, Any], ...]]) -> str:
    return "\n".join(str(dict(row)) for row in list(rows)[:3])


def test_every_table_of_the_reference_has_its_place() -> None:
    assert told(ConfiguredInput()).tables.keys() == TABLES.keys()


@given(raw=configured_streams())
def test_the_warehouse_equals_the_reference_on_hostile_streams(replay: Replay, raw: ConfiguredInput) -> None:
    replay.build(raw)
    assert_equal_to_reference(replay, told(raw))


def streams_seen_at_a_moment() -> st.SearchStrategy[tuple[ConfiguredInput, datetime]]:
    """Draw a stream and an `as_of` from some days before it to long after it."""

    def seen(base: datetime) -> st.SearchStrategy[tuple[ConfiguredInput, datetime]]:
        around = st.datetimes(base - timedelta(days=3), base + timedelta(days=8)).map(truncated_to_millisecond)
        return st.tuples(configured_streams(bases=(base,)), as_ofs(base) | around)

    return st.sampled_from(BASES).flatmap(seen)


@given(seen=streams_seen_at_a_moment())
def test_the_warehouse_equals_the_reference_at_a_given_as_of(
    replay_as_of: Replay, seen: tuple[ConfiguredInput, datetime]
) -> None:
    raw, as_of = seen
    replay_as_of.build(raw, as_of)
    assert_equal_to_reference(replay_as_of, told(raw, as_of=as_of))


def published(replay: Replay) -> dict[str, Counter[tuple[tuple[str, Any], ...]]]:
    """Return every table of core and marts as a multiset of rows."""
    names = replay.rows("duckdb_tables()", ("schema_name", "table_name"))
    return {
        row["table_name"]: _as_multiset(replay.rows(row["table_name"])) for row in names if row["schema_name"] == "main"
    }


def test_the_order_of_arrival_changes_nothing(replay: Replay) -> None:
    raw = big_configuration(7).applied_to(big_stream(7, conversations=60))
    replay.build(raw)
    in_order = published(replay)
    assert len(in_order) > 15 and all(in_order[name] for name in ("fct_sla_outcomes", "mart_account_usage_by_period"))
    for seed in range(3):
        shuffled = {table: random.Random(seed).sample(rows, len(rows)) for table, rows in vars(raw).items()}
        replay.build(ConfiguredInput(**shuffled))
        assert published(replay) == in_order


def seeds(few: Sequence[int], many: Sequence[int]) -> list[Any]:
    """Return few seeds, and many more for the deep tests."""
    return [*few, *(pytest.param(seed, marks=pytest.mark.deep) for seed in many)]


def big_configured_stream(seed: int, conversations: int = 300) -> tuple[ConfiguredInput, datetime]:
    """Draw a large stream with its configuration, and the moment at which it begins."""
    base = BASES[seed % len(BASES)]
    return big_configuration(seed).applied_to(big_stream(seed, conversations, base)), base


# As many as hypothesis draws of the small ones: every change of the clocks comes by more than once.
@pytest.mark.parametrize("seed", seeds(range(3), range(3, 3 + EXAMPLES)))
def test_the_warehouse_equals_the_reference_in_bulk(replay: Replay, seed: int) -> None:
    raw, _ = big_configured_stream(seed)
    replay.build(raw)
    assert_equal_to_reference(replay, told(raw))


HOURS = (96, 24, 0.25, 0, -0.05)
# One stream at each of these moments; and of one at each change of the clocks two of them, by turns.
MOMENTS = [
    *((100, hours) for hours in HOURS),
    *(
        pytest.param(seed, HOURS[(seed + turn) % len(HOURS)], marks=pytest.mark.deep)
        for seed in range(101, 101 + len(BASES))
        for turn in (0, 2)
    ),
]


@pytest.mark.parametrize(("seed", "hours"), MOMENTS)
def test_the_warehouse_equals_the_reference_in_bulk_while_much_is_open(
    replay_as_of: Replay, seed: int, hours: float
) -> None:
    raw, base = big_configured_stream(seed)
    as_of = base + timedelta(hours=hours)
    replay_as_of.build(raw, as_of)
    assert_equal_to_reference(replay_as_of, told(raw, as_of=as_of))


@pytest.mark.deep
def test_the_warehouse_equals_the_reference_in_bulk_with_other_limits_and_odd_midnights(
    replay_elsewhere: Replay,
) -> None:
    raw = big_configuration(200).applied_to(big_stream(200, conversations=200))
    replay_elsewhere.build(raw)
    expected = told(raw, **ELSEWHERE)
    assert {row["idle_tail_seconds"] for row in expected.tables["fct_visits"]} == {0, 60}
    # The night in which the local midnight does not exist.
    assert datetime(2024, 3, 10).date() in {row["activity_date"] for row in expected.tables["fct_agent_days"]}
    assert_equal_to_reference(replay_elsewhere, expected)
