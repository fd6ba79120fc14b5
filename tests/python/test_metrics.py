"""MetricFlow as a second opinion: what it computes for every saved query is what stands in the mart that it names."""

import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse import PROJECT, DbtRun, fetch_rows

SAVED_QUERIES = PROJECT / "models" / "metrics" / "saved_queries"
# What a mart says where a fact has null.
NO_NAME = ("(none)", "(unknown)", "(open)")

Answers = dict[str, list[dict[str, str | None]]]


@dataclass(frozen=True)
class SavedQuery:
    """A question to MetricFlow, and the mart that has the same figures.

    The mart may hold more (`mart_holds_more`): rows of other facts, in which these figures are null or 0, while rows in
    which all of them are so may be left out. Where it is finer than the question, it adds up (`mart_adds_up`).
    """

    name: str
    metrics: tuple[str, ...]
    group_by: tuple[str, ...]
    where: tuple[str, ...]
    meta: dict[str, Any]

    @property
    def dimensions(self) -> dict[str, str]:
        """The columns of the answer, each with that of the mart."""
        names = ("__".join(re.findall(r"'(\w+)'", dimension)) for dimension in self.group_by)
        return dict(zip(names, self.meta["mart_columns"], strict=True))

    @property
    def holds_more(self) -> bool:
        """Whether the mart has rows for the sake of other facts."""
        return bool(self.meta.get("mart_holds_more"))

    @property
    def sql(self) -> str:
        """What the mart says."""
        columns = ", ".join(self.meta["mart_columns"])
        told = {metric: metric for metric in self.metrics} | self.meta.get("mart_expressions", {})
        if self.meta.get("mart_adds_up"):
            told = {metric: f"sum({expression})" for metric, expression in told.items()}
        figures = ", ".join(f"{expression} as {metric}" for metric, expression in told.items())
        rows = f"select {columns}, {figures} from {self.meta['mart']} where {self.meta.get('mart_where', 'true')}"
        return f"{rows} group by {columns}" if self.meta.get("mart_adds_up") else rows


def read_saved_queries() -> dict[str, SavedQuery]:
    """Return the project's saved queries by name, as their files have them."""
    told = [
        query
        for file in sorted(SAVED_QUERIES.glob("*.yml"))
        for query in yaml.safe_load(file.read_text())["saved_queries"]
    ]
    return {
        query["name"]: SavedQuery(
            query["name"],
            tuple(query["query_params"]["metrics"]),
            tuple(query["query_params"]["group_by"]),
            tuple(query["query_params"]["where"]),
            query["config"]["meta"],
        )
        for query in told
    }


QUERIES = read_saved_queries()


@pytest.fixture(scope="module")
def environment(demo: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which MetricFlow sees the demo.

    It reads the manifest in `target/` of the project and nowhere else: hence a project of links, with a copy of what is
    in the demo's target, for it may write there.
    """
    project = tmp_path_factory.mktemp("metricflow")
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests", "src"):
        (project / name).symlink_to(PROJECT / name)
    (project / "target").mkdir()
    for file in demo.target.glob("*.*"):
        shutil.copy(file, project / "target")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MESSAGING_", "DBT_"))}
    return environment | {
        "MESSAGING_DB": str(demo.database),
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(project),
        "DBT_LOG_PATH": str(project / "logs"),
    }


@pytest.fixture(scope="module")
def answers(environment: dict[str, str]) -> Answers:
    """MetricFlow's answers by saved query."""
    process = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("metricflow_answers.py"))],
        input=json.dumps(list(QUERIES)), env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    found: Answers = json.loads(process.stdout[process.stdout.index("{") :])
    return found


def _mf(environment: dict[str, str], *arguments: str) -> None:
    process = subprocess.run(
        [str(Path(sys.executable).parent / "mf"), *arguments],
        cwd=environment["DBT_PROJECT_DIR"], env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr


def test_the_semantic_layer_is_valid(environment: dict[str, str]) -> None:
    _mf(environment, "validate-configs")


@pytest.mark.deep
def test_the_command_line_gives_the_same_answer(environment: dict[str, str], answers: Answers, tmp_path: Path) -> None:
    _mf(environment, "query", "--csv", str(tmp_path / "answer.csv"), "--saved-query", "resolutions")
    with (tmp_path / "answer.csv").open() as text:
        rows = [{k: v.removesuffix(" 00:00:00") or None for k, v in row.items()} for row in csv.DictReader(text)]
    dimensions = list(QUERIES["resolutions"].dimensions)
    assert sorted(str([row[d] for d in dimensions]) for row in rows) == sorted(
        str([row[d] for d in dimensions]) for row in answers["resolutions"]
    )
    assert sum(float(str(row["resolution_count"])) for row in rows) == sum(
        float(str(row["resolution_count"])) for row in answers["resolutions"]
    )


def test_every_metric_and_every_saved_query_is_compared(demo: DbtRun) -> None:
    manifest = json.loads((demo.target / "manifest.json").read_text())
    assert {query["name"] for query in manifest["saved_queries"].values()} == set(QUERIES)
    compared = {metric for query in QUERIES.values() for metric in query.metrics}
    assert {metric["name"] for metric in manifest["metrics"].values()} == compared


# Questions for rows, which a semantic layer does not hand out: they have an analysis, and core or a view of the moment.
ASK_FOR_ROWS = {
    "conversation_event_flow", "data_exports", "handle_time_per_conversation", "messages_of_a_conversation",
    "online_users_in_real_time", "owned_conversations_of_a_user", "sessions_across_channels", "trace_conversation",
    "undelivered_messages",
}  # fmt: skip


def test_every_question_for_figures_has_a_saved_query() -> None:
    analyses = {path.stem for path in (PROJECT / "analyses").rglob("*.sql")}
    answered = {question for query in QUERIES.values() for question in query.meta.get("questions", ())}
    assert answered | ASK_FOR_ROWS == analyses and not answered & ASK_FOR_ROWS


def test_the_guide_lists_every_saved_query() -> None:
    guide = (PROJECT / "docs" / "semantic-layer.md").read_text()
    rows = dict(re.findall(r"^\| (.*) \| `(.*)` \|$", guide, re.MULTILINE))
    told = {question: set(queries.split("`, `")) for question, queries in rows.items()}
    expected: dict[str, set[str]] = {}
    for query in QUERIES.values():
        for question in query.meta.get("questions", [f"– ({query.meta['mart']})"]):
            expected.setdefault(question, set()).add(query.name)
    assert told == expected


def _number(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))


def _says_nothing(row: Mapping[str, object], metrics: tuple[str, ...]) -> bool:
    return all(not _number(row[metric]) for metric in metrics)


@pytest.mark.parametrize("name", QUERIES)
def test_metricflow_computes_what_the_mart_says(demo: DbtRun, answers: Answers, name: str) -> None:
    query = QUERIES[name]
    found = {tuple(row[dimension] for dimension in query.dimensions): row for row in answers[name]}
    with demo.connect() as connection:
        mart = {
            tuple(
                None if row[column] in (None, *NO_NAME) else str(row[column]) for column in query.meta["mart_columns"]
            ): row
            for row in fetch_rows(connection, query.sql)
        }
    if query.holds_more:
        for rows, others in ((found, mart), (mart, found)):
            for key in set(rows) - set(others):
                assert _says_nothing(rows.pop(key), query.metrics), key
    assert set(found) == set(mart)
    assert mart or name == "unrecorded_sessions"  # an event log has all that was said
    for key, row in mart.items():
        for metric in query.metrics:
            ours, theirs = _number(row[metric]), _number(found[key][metric])
            if ours is None or theirs is None:
                assert ours == theirs or (query.holds_more and not (ours or theirs)), (key, metric)
                continue
            # Averages of seconds are exact to the millisecond, half up; MetricFlow divides doubles.
            tolerance = 0.0005001 if "average" in metric else 1e-9
            assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=tolerance), (key, metric)
