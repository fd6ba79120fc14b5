"""The demo: the named conversations, made by hand, and a simulated month around them."""

import csv
from datetime import UTC, datetime

import pytest

from messaging_warehouse.simulator import demo_centre, simulate
from warehouse import PROJECT

DEMO = PROJECT / "seeds" / "demo"
# Whose rows in a table are the simulation's: ids begin so, or they are those of its own agents.
SIMULATED = {
    "raw_conversation_events": "event_id",
    "raw_presence_events": "event_id",
    "raw_messaging_users": "messaging_user_id",
    "raw_agents": "agent_id",
    "raw_team_memberships": "agent_id",
}


@pytest.fixture(scope="module")
def month() -> dict[str, list[dict[str, str | None]]]:
    """The simulated month, by table."""
    simulation = simulate(
        demo_centre(), datetime(2026, 2, 14, tzinfo=UTC), until=datetime(2026, 3, 15, 20, tzinfo=UTC), seed=58
    )
    return {table: simulation.rows(table) for table in (*SIMULATED, "raw_channels", "raw_teams", "raw_topics")}


def _seed(table: str) -> list[dict[str, str | None]]:
    with (DEMO / f"{table}.csv").open(newline="") as text:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(text)]


@pytest.mark.parametrize("table", SIMULATED)
def test_the_demo_holds_the_simulated_month_row_for_row(
    month: dict[str, list[dict[str, str | None]]], table: str
) -> None:
    agents = {row["agent_id"] for row in month["raw_agents"]}
    rows = _seed(table)
    simulated = [row for row in rows if str(row[SIMULATED[table]]).startswith("sim-") or row.get("agent_id") in agents]
    assert simulated == month[table]
    assert len(simulated) < len(rows)  # the hand-made rows stand beside them


@pytest.mark.parametrize("table", ["raw_channels", "raw_teams", "raw_topics"])
def test_the_month_takes_place_in_the_demos_shop(month: dict[str, list[dict[str, str | None]]], table: str) -> None:
    assert {next(iter(row.values())) for row in month[table]} <= {next(iter(row.values())) for row in _seed(table)}


def test_no_seed_is_larger_than_a_megabyte() -> None:
    assert max(path.stat().st_size for path in DEMO.glob("*.csv")) < 1_000_000
