"""Fixtures that cost a dbt run, made once for all tests, and how many random examples a test sees."""

import fcntl
import hashlib
import inspect
import os
import pickle
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from raw_folders import ARTIFACTS, ParsedDbt, parsed_dbt
from warehouse import PROJECT, RAW_SCHEMA, DbtRun, Replay, demo_of_make, run_dbt, write_raw_schema

# The same examples in every run: what is red is red for everybody. `make test-deep` takes the deep profile.
_EVERY_EXAMPLE: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("quick", max_examples=10, **_EVERY_EXAMPLE)
EXAMPLES = int(os.environ.get("MESSAGING_TEST_EXAMPLES", "24"))
settings.register_profile("deep", max_examples=EXAMPLES, **_EVERY_EXAMPLE)
settings.load_profile("quick")

# The guards stand in the way of streams made to be refused; tests of their own show that they work.
GUARDS_OFF: dict[str, Any] = {"max_rejected_rate": 1, "max_clock_gap_days": 1_000_000}

# Where midnight comes twice or not at all, and where every limit of an agent's time is reached within the hour.
ELSEWHERE: dict[str, Any] = {
    "reporting_timezone": "America/Havana", "focus_idle_minutes": 1, "presence_stale_hours": 1,
}  # fmt: skip


# A command that builds what is compared in a test is worth it once, whichever worker comes first.
Shared = Callable[[str, Callable[[Path], DbtRun]], DbtRun]
KEPT = PROJECT / "target" / "tests"
KEPT_HOURS = 12


@pytest.fixture(scope="session")
def shared() -> Shared:
    """Have something built once for all workers, and for the next session; nobody may write to what is built.

    It is kept under what it is made out of: the project as it stands, dbt as it is installed, and how it is made.
    """
    made_of = _fingerprint()

    def made_once(name: str, make: Callable[[Path], DbtRun]) -> DbtRun:
        how = hashlib.sha256((made_of + inspect.getsource(make)).encode()).hexdigest()[:16]
        place, told = KEPT / how / name, KEPT / how / f"{name}.pickle"
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                shutil.rmtree(place, ignore_errors=True)  # of a session that was stopped
                place.mkdir()
                made = make(place)
                assert made.exit_code == 0, made.output
                told.write_bytes(pickle.dumps(made))
            place.parent.touch()
        run: DbtRun = pickle.loads(told.read_bytes())
        return run

    return made_once


def _fingerprint() -> str:
    """Tell apart what dbt reads of the project, what builds it here, and what is installed."""
    folders = ("models", "macros", "seeds", "analyses", "src", "examples", "tests")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*") if file.is_file()]
    helpers = {PROJECT / "tests" / "python" / name for name in ("conftest.py", "raw_folders.py", "warehouse.py")}
    told = hashlib.sha256(sys.version.encode())
    for package in ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb"):
        told.update(version(package).encode())
    for file in sorted([*files, *PROJECT.glob("*.yml")]):
        is_compiled = "__pycache__" in file.parts
        if not is_compiled and (file.suffix != ".py" or file in helpers or "python" not in file.parts):
            told.update(f"{file.relative_to(PROJECT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remove what earlier sessions kept and nobody has asked for of late: it is of another state of the project."""
    if not hasattr(session.config, "workerinput"):
        for kept in KEPT.glob("*"):
            if time.time() - kept.stat().st_mtime > KEPT_HOURS * 3600:
                shutil.rmtree(kept, ignore_errors=True)


# Files that take minutes come first, the longest before all, lest one core wait for the other at the end; of the first
# two with quick tests one needs the demo.
LONG = (
    "test_service_cloud", "test_increments", "test_both_sources", "test_serving", "test_against_reference",
    "test_mart_needs", "test_redaction", "test_truth", "test_analyses", "test_worked_examples", "test_bad_input",
    "test_crashes",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files before the others."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def compiled(place: Path, run: Callable[..., DbtRun] = run_dbt, **variables: Any) -> DbtRun:
    """Load the seeds and compile the models over raw tables without rows: all that a replay takes from dbt."""
    write_raw_schema(place / "warehouse.duckdb")
    for command in (["seed"], ["compile", "--select", "resource_type:model", ARTIFACTS]):
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
    variables = GUARDS_OFF | ELSEWHERE
    return Replay(shared("replay_elsewhere", lambda place: compiled(place, ParsedDbt("", variables).run, **variables)))


@pytest.fixture(scope="session")
def demo(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """Build the demo with every test of the project; each worker has copies of its files, to open as it likes."""
    run = shared("demo", lambda place: demo_of_make(place) or run_dbt(["build"], place))
    copies = tmp_path_factory.mktemp("demo")
    for file in run.database.parent.glob("*.duckdb"):  # the warehouse and its serving copy
        shutil.copy(file, copies)
    return replace(run, database=copies / run.database.name)
