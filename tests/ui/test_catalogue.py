"""The dashboard computes a metric as the marts do: over the parts that add up, and over the facts where none do."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dashboard import queries, serving, sources
from dashboard.catalogue import NotAddableError, identifier, mean_seconds, read_catalogue
from dashboard.filters import Filters, Period
from dashboard.queries import Source

CATALOGUE = read_catalogue()


@pytest.fixture(scope="module")
def connection(copy_of_demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo's serving copy."""
    with duckdb.connect(str(copy_of_demo), read_only=True) as opened:
        yield opened


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe {relation}").fetchall()]


def test_over_its_own_row_a_metric_is_what_the_mart_says(connection: duckdb.DuckDBPyConnection) -> None:
    marts = [row[0] for row in connection.execute("from (show tables) where name like 'mart%'").fetchall()]
    compared = 0
    for mart in marts:
        columns = _columns(connection, mart)
        for name in columns:
            if name in CATALOGUE and CATALOGUE.adds_up(name) and set(CATALOGUE.parts(name)) <= set(columns):
                different = connection.execute(
                    f"select count(*) from (select any_value({name}) as told, {CATALOGUE.over_parts(name)} as computed "
                    f"from {mart} group by rowid) where told is distinct from computed"
                ).fetchone()
                assert different == (0,), f"{mart}.{name}"
                compared += 1
    assert compared > 200


DAILY = [
    (sources.FACT_HANDLING, "handled_session_count", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_HANDLING, "average_handle_seconds", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_HANDLING, "p90_handle_seconds", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_AGENT_DAYS, "utilisation_rate", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_AGENT_DAYS, "concurrency", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_RESOLUTIONS, "resolved_session_count", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_FIRST_RESPONSES, "p50_first_response_seconds", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_RESPONSES, "p90_agent_wait_seconds", "mart_agent_by_day", "agent_id", "activity_date"),
    (sources.FACT_MESSAGES, "unique_contacts", "mart_account_usage_by_period", "channel_id", "period_start"),
    (sources.FACT_MESSAGES, "active_agents", "mart_account_usage_by_period", "channel_id", "period_start"),
]


@pytest.mark.parametrize(("fact", "name", "mart", "key", "day"), DAILY)
def test_over_the_fact_a_metric_of_a_day_is_what_the_mart_says(
    connection: duckdb.DuckDBPyConnection, fact: Source, name: str, mart: str, key: str, day: str
) -> None:
    who = fact.columns[key.removesuffix("_id")]
    only = "where period_type = 'day' and channel_id <> '(all)'" if day == "period_start" else ""
    compared = connection.execute(
        f"""
        with told as (select {key}, {day} as day, {name} as told from {mart} {only}),
        computed as (
            select {who} as {key}, {fact.day} as day, {CATALOGUE.over_fact(name)} as computed
            from {fact.relation} where {fact.where} and {who} is not null and {fact.day} is not null group by all
        )
        select count(*), count(*) filter (where told is distinct from computed)
        from told left join computed using ({key}, day) where told <> 0
        """
    ).fetchone()
    assert compared is not None and compared[0] > 10 and compared[1] == 0


@pytest.mark.parametrize(
    ("mart", "fact", "names"),
    [
        (
            sources.PROMISES, sources.FACT_PROMISES,
            ["sla_attainment_rate", "sla_met_count", "sla_breached_count", "sla_running_count", "sla_cancelled_count"],
        ),
        (
            sources.RESPONSE_TIMES, sources.FACT_FIRST_RESPONSES,
            ["first_response_count", "average_first_response_seconds", "first_response_within_5_min_rate"],
        ),
    ],
)  # fmt: skip
def test_what_is_told_by_topic_is_the_same_in_all(
    copy_of_demo: Path, mart: Source, fact: Source, names: list[str]
) -> None:
    """A page takes the fact where topics are chosen: of all of them it says what the mart says."""
    with serving.opened(copy_of_demo) as copy:
        assert copy.build.first_day and copy.build.last_day
        period = Period(copy.build.first_day, copy.build.last_day + timedelta(days=1))
        topics = ("(none)", *copy.rows(["dim_topics"], "select topic_id from dim_topics")["topic_id"])
        keys: list[list[str]] = [[], ["day"], ["channel"], ["team"], ["metric"]]
        for by in keys[: 5 if fact is sources.FACT_PROMISES else 4]:
            told = queries.figures(copy, mart, names, Filters(period), by=by)
            computed = queries.figures(copy, fact, names, Filters(period, topics=topics), by=by)
            told = told[told[names].fillna(0).any(axis=1)].reset_index(drop=True)
            assert len(told)
            pd.testing.assert_frame_equal(computed, told, check_dtype=False)
        some = queries.figures(copy, fact, names[1:2], Filters(period, topics=("delivery",)))
        assert not some.equals(queries.figures(copy, fact, names[1:2], Filters(period)))


def test_a_period_is_no_average_of_days(copy_of_demo: Path, connection: duckdb.DuckDBPyConnection) -> None:
    with serving.opened(copy_of_demo) as copy:
        assert copy.build.first_day and copy.build.last_day
        everything = Filters(Period(copy.build.first_day, copy.build.last_day + timedelta(days=1)))
        told = queries.figures(copy, sources.SURVEYS, ["csat_rate"], everything)["csat_rate"].iloc[0]
        average = queries.figures(copy, sources.RESOLUTION_TIMES, ["average_resolution_seconds"], everything)
    facts = connection.execute(
        "select count(*) filter (where is_satisfied) / count(*) filter (where is_valid) from fct_csat_responses "
        "where not is_test_channel"
    ).fetchone()
    resolutions = connection.execute(
        "select round(avg(resolution_seconds), 3) from fct_resolutions where is_resolved and not is_test_channel"
    ).fetchone()
    assert facts is not None and told == pytest.approx(facts[0], abs=1e-12)
    assert resolutions is not None
    assert float(average["average_resolution_seconds"].iloc[0]) == pytest.approx(resolutions[0], abs=0.001)


@pytest.mark.parametrize(
    "name", ["unique_contacts", "handled_session_count", "average_handle_seconds", "p90_handle_seconds"]
)
def test_what_does_not_add_up_is_refused(name: str) -> None:
    with pytest.raises(NotAddableError):
        CATALOGUE.over_parts(name)


def test_a_mean_is_exact_and_half_up() -> None:
    told = duckdb.sql(f"select {mean_seconds('0.005::decimal(18, 3)', '2')}, {mean_seconds('1::decimal(18, 3)', '0')}")
    assert [str(each) for each in told.fetchall()[0]] == ["0.003", "None"]


@pytest.mark.parametrize("name", ["a; drop table b", "x'", 'a"b', "A", "", "1a", "a b"])
def test_only_names_of_the_project_become_sql(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        identifier(name)


def test_what_was_typed_is_a_parameter(copy_of_demo: Path) -> None:
    nasty = "web') or true --"
    with serving.opened(copy_of_demo) as copy:
        limited = Filters(Period(date(2026, 1, 1), date(2027, 1, 1)), channels=(nasty,))
        assert queries.figures(copy, sources.TRAFFIC, ["session_count"], limited, by=["channel"]).empty
