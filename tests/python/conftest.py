"""Fixtures that cost a dbt run, made once for all tests, and how many random examples a test sees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from raw_folders import BUILD, parsed_dbt
from warehouse import RAW_SCHEMA, DbtRun, Replay, run_dbt, write_raw_schema

# The same examples in every run: what is red is red for everybody. `make test-deep` takes the deep profile.
_EVERY_EXAMPLE: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("quick", max_examples=25, **_EVERY_EXAMPLE)
settings.register_profile("deep", max_examples=200, **_EVERY_EXAMPLE)
settings.load_profile("quick")

# The guards stand in the way of streams made to be refused; tests of their own show that they work.
GUARDS_OFF = {"max_rejected_rate": 1, "max_clock_gap_days": 1_000_000}

# Where midnight comes twice or not at all, and where every limit of an agent's time is reached within the hour.
ELSEWHERE: dict[str, Any] = {
    "reporting_timezone": "America/Havana", "focus_idle_minutes": 1, "presence_stale_hours": 1,
}  # fmt: skip


def _replay(place: Path, run: Callable[..., DbtRun] = run_dbt, **variables: Any) -> Replay:
    place.mkdir()
    write_raw_schema(place / "warehouse.duckdb")
    built = run(BUILD, place, raw=f"schema:{RAW_SCHEMA}", variables={**GUARDS_OFF, **variables})
    assert built.exit_code == 0, built.output
    return Replay(built)


@pytest.fixture(scope="session")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Replay the project's SQL at the default `as_of`."""
    return _replay(tmp_path_factory.mktemp("replay") / "default", parsed_dbt().run)


@pytest.fixture(scope="session")
def replay_as_of(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Replay the project's SQL at a given `as_of`."""
    return _replay(tmp_path_factory.mktemp("replay") / "given", parsed_dbt().run, as_of=Replay.AS_OF)


@pytest.fixture(scope="session")
def replay_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Replay the project's SQL with the vars of `ELSEWHERE`, which Python models take while dbt parses."""
    return _replay(tmp_path_factory.mktemp("replay") / "elsewhere", **ELSEWHERE)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """Build the demo with every test of the project."""
    run = run_dbt(["build"], tmp_path_factory.mktemp("demo"))
    assert run.exit_code == 0, run.output
    return run
