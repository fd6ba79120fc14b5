"""`dim_build.build_state` tells a whole build from one that failed or was killed; and first days build."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from builders import ConversationBuilder, conversation, raw_input
from raw_folders import ARTIFACTS, BUILD, parsed_dbt
from warehouse import PROJECT, DbtRun, load_raw


def _state(database: Path) -> str:
    with duckdb.connect(str(database), read_only=True) as connection:
        (state,) = connection.execute("select build_state from dim_build").fetchone() or ("",)
    return str(state)


def _folder(root: Path, stream: ConversationBuilder) -> Path:
    """Write a stream as a raw folder that holds nothing else; return the folder."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        load_raw(connection, "raw", raw_input(stream))
        folder = root / "raw_conversation_events"
        folder.mkdir(parents=True)
        connection.execute(f"copy raw.raw_conversation_events to '{folder}/part.parquet'")
    return root


@pytest.fixture
def rebuilt(demo: DbtRun, tmp_path: Path) -> Path:
    """A copy of the demo's warehouse, to be built over."""
    shutil.copy(demo.database, tmp_path / "warehouse.duckdb")
    return tmp_path


def test_a_good_build_is_complete(demo: DbtRun) -> None:
    assert _state(demo.database) == "complete"


@pytest.mark.deep
def test_a_failed_build_is_incomplete_until_the_next_good_one(tmp_path: Path) -> None:
    stream = conversation("c1").at("10:00").end_user("Hello?").event("telepathy")
    folder = str(_folder(tmp_path / "raw", stream))

    def run(command: list[str], max_rejected_rate: float) -> tuple[int, str]:
        variables = {"max_rejected_rate": max_rejected_rate}
        built = parsed_dbt().run(command, tmp_path, raw=folder, variables=variables)
        return built.exit_code, _state(built.database)

    assert run(BUILD, 1) == (0, "complete")
    assert run(["run"], 0.001) == (1, "incomplete")
    assert run(["run", "--select", "stg_messaging__teams"], 1) == (0, "incomplete")
    of_what_was_not_reached = ["run", "--select", "mart_accounts", "dim_teams"]
    assert run(of_what_was_not_reached, 1) == (2, "incomplete")
    assert run(["run", "--select", "+dim_build"], 1) == (0, "incomplete"), "though it writes the state itself"
    assert run(["run"], 1) == (0, "complete")
    assert run(["run", "--select", "mart_accounts", "dim_teams"], 1) == (0, "complete")
    assert run(["run", "--exclude", "mart_accounts"], 1) == (0, "complete")


@pytest.mark.deep
def test_a_selection_completes_nothing(tmp_path: Path) -> None:
    """Neither what a killed build has left nor what no build of everything has been before."""
    folder = str(_folder(tmp_path / "raw", conversation("c1").at("10:00").end_user("Hello?").handoff()))

    def run(*command: str) -> tuple[int, str]:
        built = parsed_dbt().run(command, tmp_path, raw=folder, variables={"max_rejected_rate": 1})
        return built.exit_code, _state(built.database)

    assert parsed_dbt().run(["seed"], tmp_path, raw=folder).exit_code == 0
    assert run("run", "--select", "+dim_build", "+dim_teams") == (0, "incomplete")
    assert run("run", "--select", "+fct_messages") == (0, "incomplete")
    assert run(*BUILD) == (0, "complete")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update dim_build set build_state = 'building'")  # as kill -9 leaves it
    assert run("run", "--select", "dim_teams") == (0, "incomplete")
    assert run(*BUILD) == (0, "complete")


@pytest.mark.deep
@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param({"variables": {"reporting_timezone": "Asia/Tokyo"}}, id="another var"),
        pytest.param({"raw": "elsewhere"}, id="another place"),
    ],
)
def test_nothing_is_built_on_a_selection_that_means_something_else(tmp_path: Path, otherwise: dict[str, Any]) -> None:
    """Not even where the next build means again what the last whole one did: it cannot tell which rows are whose."""
    folder = str(_folder(tmp_path / "raw", conversation("c1").at("20:30").end_user("Hello?").handoff()))

    def run(command: list[str], raw: str = folder, **options: Any) -> tuple[int, str]:
        variables = {"max_rejected_rate": 1, **options.get("variables", {})}
        built = parsed_dbt().run(command, tmp_path, raw=raw, variables=variables)
        return built.exit_code, _state(built.database)

    def ask(question: str) -> list[Any]:
        with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
            return [answer for (answer,) in connection.execute(question).fetchall()]

    shutil.copytree(folder, tmp_path / "elsewhere")
    otherwise = otherwise | ({"raw": str(tmp_path / "elsewhere")} if "raw" in otherwise else {})
    facts = ["run", "--select", "fct_messages", "fct_messaging_sessions"]
    days = "select distinct sent_date::varchar from fct_messages"

    assert run(BUILD) == (0, "complete")
    assert run(facts, variables={"as_of": "2024-03-05T00:00:00Z"}) == (0, "complete"), "when we look is no meaning"
    assert ask("select count(*) from journal.builds") == [1]
    assert run(facts, **otherwise) == (0, "incomplete")
    assert ask("select count(*) from journal.builds") == [0]
    assert ask(days) == (["2024-03-05"] if "variables" in otherwise else ["2024-03-04"])
    assert run(BUILD) == (0, "complete")
    assert ask(days) == ["2024-03-04"]


@pytest.mark.deep
def test_a_killed_build_is_not_complete(rebuilt: Path) -> None:
    database = rebuilt / "warehouse.duckdb"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MESSAGING_")}
    with subprocess.Popen(
        [
            str(Path(sys.executable).parent / "dbt"), "run", "--threads", "1", "--no-partial-parse",
            "--target-path", str(rebuilt / "target"), "--log-path", str(rebuilt / "logs"),
        ],
        cwd=PROJECT, env=environment | {"MESSAGING_DB": str(database)}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            if "OK created" in line and "fct_" in line:
                process.kill()
    assert process.returncode != 0
    assert _state(database) != "complete"


@pytest.mark.deep
@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(conversation("c1").at("10:00").end_user("Hello?"), id="one open session", marks=pytest.mark.deep),
        pytest.param(conversation("c1").at("10:00").handoff(), id="no session at all"),
    ],
)
def test_the_first_day_builds(tmp_path: Path, stream: ConversationBuilder) -> None:
    built = parsed_dbt().run(
        ["build", "--exclude", "resource_type:unit_test", ARTIFACTS],
        tmp_path,
        raw=str(_folder(tmp_path / "raw", stream)),
        variables={"max_rejected_rate": 1},
    )
    assert built.exit_code == 0, built.output
    assert _state(built.database) == "complete"
    assert json.loads((built.target / "run_results.json").read_text())["results"]
