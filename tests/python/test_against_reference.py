"""The warehouse equals the slow reference, table by table and row by row, on hostile streams."""

import random
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ELSEWHERE
from reference import RawInput, Settings, Warehouse, build
from strategies import as_ofs, big_stream, hostile_streams
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
}
RANDOM_STREAMS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _as_multiset(rows: list[dict[str, Any]]) -> Counter[tuple[tuple[str, Any], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


def assert_equal_to_reference(replay: Replay, expected: Warehouse) -> None:
    """Compare every table of `TABLES` as a multiset of rows, on the reference's columns."""
    assert replay.rows("dim_build")[0]["as_of"] == expected.as_of
    for name, place in TABLES.items():
        rows = expected.tables[name]
        found = replay.rows(place, tuple(rows[0]) if rows else ("*",))
        surplus = _as_multiset(found) - _as_multiset(rows)
        missing = _as_multiset(rows) - _as_multiset(found)
        assert not surplus and not missing, (
            f"{name}\nonly in the warehouse:\n{_told(surplus)}\nonly in the reference:\n{_told(missing)}"
        )


def _told(rows: Counter[tuple[tuple[str, Any], ...]]) -> str:
    return "\n".join(str(dict(row)) for row in list(rows)[:3])


def test_every_table_of_the_reference_has_its_place() -> None:
    assert build(RawInput()).tables.keys() == TABLES.keys()


@RANDOM_STREAMS
@given(raw=hostile_streams())
def test_the_warehouse_equals_the_reference_on_hostile_streams(replay: Replay, raw: RawInput) -> None:
    replay.build(raw)
    assert_equal_to_reference(replay, build(raw))


@RANDOM_STREAMS
@given(
    raw=hostile_streams(),
    as_of=as_ofs()
    | st.datetimes(datetime(2024, 3, 1), datetime(2024, 3, 12)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
)
def test_the_warehouse_equals_the_reference_at_a_given_as_of(
    replay_as_of: Replay, raw: RawInput, as_of: datetime
) -> None:
    replay_as_of.build(raw, as_of)
    assert_equal_to_reference(replay_as_of, build(raw, Settings(as_of=as_of)))


def published(replay: Replay) -> dict[str, Counter[tuple[tuple[str, Any], ...]]]:
    """Return every table of core and marts as a multiset of rows."""
    names = replay.rows("duckdb_tables()", ("schema_name", "table_name"))
    return {
        row["table_name"]: _as_multiset(replay.rows(row["table_name"])) for row in names if row["schema_name"] == "main"
    }


def test_the_order_of_arrival_changes_nothing(replay: Replay) -> None:
    raw = big_stream(7, conversations=60)
    replay.build(raw)
    in_order = published(replay)
    assert len(in_order) > 15 and all(in_order[name] for name in ("fct_responses", "mart_account_usage_by_period"))
    for seed in range(3):
        shuffled = {table: random.Random(seed).sample(rows, len(rows)) for table, rows in vars(raw).items()}
        replay.build(RawInput(**shuffled))
        assert published(replay) == in_order


@pytest.mark.parametrize("seed", range(3))
def test_the_warehouse_equals_the_reference_in_bulk(replay: Replay, seed: int) -> None:
    raw = big_stream(seed, conversations=300)
    replay.build(raw)
    assert_equal_to_reference(replay, build(raw))


@pytest.mark.parametrize(
    ("seed", "as_of"), [(100, datetime(2024, 3, 8)), (101, datetime(2024, 3, 5, 8)), (102, datetime(2024, 3, 4, 8, 15))]
)
def test_the_warehouse_equals_the_reference_in_bulk_while_much_is_open(
    replay_as_of: Replay, seed: int, as_of: datetime
) -> None:
    raw = big_stream(seed, conversations=300)
    replay_as_of.build(raw, as_of)
    assert_equal_to_reference(replay_as_of, build(raw, Settings(as_of=as_of)))


def test_the_warehouse_equals_the_reference_in_bulk_with_other_limits_and_odd_midnights(
    replay_elsewhere: Replay,
) -> None:
    raw = big_stream(200, conversations=200)
    replay_elsewhere.build(raw)
    expected = build(raw, Settings(**ELSEWHERE))
    assert {row["idle_tail_seconds"] for row in expected.tables["fct_visits"]} == {0, 60}
    # The night in which the local midnight does not exist.
    assert datetime(2024, 3, 10).date() in {row["activity_date"] for row in expected.tables["fct_agent_days"]}
    assert_equal_to_reference(replay_elsewhere, expected)
