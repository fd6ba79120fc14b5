"""Fixtures that cost a dbt run, made once for all tests, and how many random examples a test sees."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from raw_folders import parsed_dbt
from warehouse import RAW_SCHEMA, DbtRun, Replay, run_dbt, write_raw_schema

# The same examples in every run: what is red is red for everybody. `make test-deep` takes the deep profile.
_EVERY_EXAMPLE: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("quick", max_examples=10, **_EVERY_EXAMPLE)
settings.register_profile("deep", max_examples=int(os.environ.get("MESSAGING_TEST_EXAMPLES", "24")), **_EVERY_EXAMPLE)
settings.load_profile("quick")

# The guards stand in the way of streams made to be refused; tests of their own show that they work.
GUARDS_OFF: dict[str, Any] = {"max_rejected_rate": 1, "max_clock_gap_days": 1_000_000}

# Where midnight comes twice or not at all, and where every limit of an agent's time is reached within the hour.
ELSEWHERE: dict[str, Any] = {
    "reporting_timezone": "America/Havana", "focus_idle_minutes": 1, "presence_stale_hours": 1,
}  # fmt: skip


# A command that builds what is compared in a test is worth it once, whichever worker comes first.
Shared = Callable[[str, Callable[[Path], DbtRun]], DbtRun]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Shared:
    """Have something built once for all workers of this session; nobody may write to what is built."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "shared"
    root.mkdir(exist_ok=True)

    def made_once(name: str, make: Callable[[Path], DbtRun]) -> DbtRun:
        place, told = root / name, root / f"{name}.pickle"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                place.mkdir(exist_ok=True)
                told.write_bytes(pickle.dumps(make(place)))
        run: DbtRun = pickle.loads(told.read_bytes())
        assert run.exit_code == 0, run.output
        return run

    return made_once


def compiled(place: Path, run: Callable[..., DbtRun] = run_dbt, **variables: Any) -> DbtRun:
    """Load the seeds and compile the models over raw tables without rows: all that a replay takes from dbt."""
    write_raw_schema(place / "warehouse.duckdb")
    for command in (["seed"], ["compile", "--select", "resource_type:model"]):
        done = run(command, place, raw=f"schema:{RAW_SCHEMA}", variables=variables)
        if done.exit_code:
            break
    return done


@pytest.fixture(scope="session")
def replay(shared: Shared) -> Replay:
    """Replay the project's SQL at the default `as_of`."""
    return Replay(shared("replay", lambda place: compiled(place, parsed_dbt().run, **GUARDS_OFF)))


@pytest.fixture(scope="session")
def replay_as_of(shared: Shared) -> Replay:
    """Replay the project's SQL at a given `as_of`."""
    return Replay(
        shared("replay_as_of", lambda place: compiled(place, parsed_dbt().run, **GUARDS_OFF, as_of=Replay.AS_OF))
    )


@pytest.fixture(scope="session")
def replay_elsewhere(shared: Shared) -> Replay:
    """Replay the project's SQL with the vars of `ELSEWHERE`, which Python models take while dbt parses."""
    return Replay(shared("replay_elsewhere", lambda place: compiled(place, **GUARDS_OFF, **ELSEWHERE)))


@pytest.fixture(scope="session")
def demo(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """Build the demo with every test of the project; each worker has copies of its files, to open as it likes."""
    run = shared("demo", lambda place: run_dbt(["build"], place))
    copies = tmp_path_factory.mktemp("demo")
    for file in run.database.parent.glob("*.duckdb"):  # the warehouse and its serving copy
        shutil.copy(file, copies)
    return replace(run, database=copies / run.database.name)
