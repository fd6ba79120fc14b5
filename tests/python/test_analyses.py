"""Every question has one analysis, and each of them runs and gives figures that somebody else comes to as well."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from analyses_figures import FIGURES
from demo_told import DemoTold, Rows
from raw_folders import ARTIFACTS, parsed_dbt
from warehouse import PROJECT, DbtRun, fetch_rows

FOLDER = PROJECT / "analyses"
FILES = {path.stem: path for path in sorted(FOLDER.rglob("*.sql"))}
HEADER = re.compile(
    r"-- (?P<question>[^\n]+\?)\n-- Source: .+\n-- Mart: (?P<marts>[^.]+)\.\n-- Answer: .+(?:\n-- .+)*"
    r"\n-- Period: .+(?:\n-- .+)*\n-- Null: .+"
)
# A row of the README's table of questions: the question, the link to its analysis, and where the answer stands.
QUESTION = re.compile(r"^\| (?P<question>.+) \| \[(?P<name>\w+)\]\((?P<path>analyses/.+)\) \| (?P<place>.+) \|$", re.M)
CLOCKS = re.compile(r"current_|now\(|today\(|getdate|run_started_at", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An analysis as dbt compiled it, the models that it reads, and its rows on the demo."""

    sql: str
    reads: list[str]
    rows: Rows

    @property
    def models(self) -> set[str]:
        """The names of those models, dimensions aside."""
        return {Path(path).stem for path in self.reads if not Path(path).stem.startswith("dim_")}


def marts_of(name: str) -> list[str]:
    """Return the marts that an analysis names; none where it tells rows of facts."""
    header = HEADER.match(FILES[name].read_text())
    assert header, "question, source, mart, answer, period and nulls, in this order"
    return [] if header["marts"] == "none" else re.findall(r"\w+", header["marts"])


@pytest.fixture(scope="module")
def manifest_and_sql(demo: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """All analyses, compiled in one go against the built demo."""
    run = parsed_dbt().run(
        ["compile", "--select", "path:analyses", ARTIFACTS],
        tmp_path_factory.mktemp("analyses"),
        raw="schema:unused",
        environment={"MESSAGING_DB": str(demo.database)},
    )
    assert run.exit_code == 0, run.output
    manifest = json.loads((run.target / "manifest.json").read_text())
    return manifest, run.target / "compiled" / manifest["metadata"]["project_name"]


@pytest.fixture(scope="module")
def answers(demo: DbtRun, manifest_and_sql: tuple[dict[str, Any], Path]) -> dict[str, Answer]:
    """Each analysis with its rows."""
    manifest, compiled = manifest_and_sql
    found = {}
    with demo.connect() as connection:
        for node in manifest["nodes"].values():
            if node["resource_type"] == "analysis":
                sql = (compiled / node["original_file_path"]).read_text()
                paths = [manifest["nodes"][parent]["original_file_path"] for parent in node["depends_on"]["nodes"]]
                found[node["name"]] = Answer(sql, paths, Rows(fetch_rows(connection, sql)))
    return found


@pytest.fixture(scope="module")
def told() -> DemoTold:
    """What the slow reference tells of the demo."""
    return DemoTold()


@pytest.mark.parametrize("name", FILES)
def test_an_analysis_begins_with_its_question(name: str) -> None:
    text = FILES[name].read_text()
    assert HEADER.match(text), "question, source, mart, answer, period and nulls, in this order"
    assert not CLOCKS.search(text), "no clock but as_of"


@pytest.mark.parametrize("name", FILES)
def test_an_analysis_names_the_marts_that_say_the_same_day_by_day(
    answers: dict[str, Answer], manifest_and_sql: tuple[dict[str, Any], Path], name: str
) -> None:
    models = {node["name"]: node for node in manifest_and_sql[0]["nodes"].values() if node["resource_type"] == "model"}
    named = set(marts_of(name))
    assert {model for model in answers[name].models if not model.startswith("fct_")} <= named
    for mart in named - answers[name].models:
        parents = {parent.rpartition(".")[2] for parent in models[mart]["depends_on"]["nodes"]}
        assert parents & answers[name].models, f"{mart} is about other facts"


@pytest.mark.parametrize("name", FILES)
def test_an_analysis_reads_core_and_marts_alone(answers: dict[str, Answer], name: str) -> None:
    assert answers[name].reads
    assert [path for path in answers[name].reads if not path.startswith(("models/core/", "models/marts/"))] == []


@pytest.mark.parametrize("name", FILES)
def test_an_analysis_has_something_to_say(answers: dict[str, Answer], name: str) -> None:
    rows = answers[name].rows
    assert rows
    assert [column for column in rows[0] if all(row[column] is None for row in rows)] == []
    for row in rows:
        for column in (column for column in row if column.endswith("_rate")):
            assert row[column] is None or 0 <= row[column] <= 1, (column, row)
        assert [column for column in row if column.endswith("_count") and row[column] is None] == []


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"trace_conversation"}))
def test_an_analysis_leaves_test_channels_out(answers: dict[str, Answer], name: str) -> None:
    shown = {value for row in answers[name].rows for value in row.values()}
    assert not shown & {"sandbox", "test-channel", "test-channel/1"}


@pytest.mark.parametrize("name", FILES)
def test_the_rows_of_an_analysis_have_one_order(answers: dict[str, Answer], name: str) -> None:
    answer = answers[name]
    if len(answer.rows) > 1:
        keys = answer.sql.rpartition("order by ")[2].split(", ")
        names = [re.sub(r"^\w+\.|( asc| desc)?( nulls last)?$", "", key.strip()) for key in keys]
        assert max(Counter(tuple(row[name] for name in names) for row in answer.rows).values()) == 1


def test_the_readme_links_every_question_once(answers: dict[str, Answer]) -> None:
    rows = [match.groupdict() for match in QUESTION.finditer((PROJECT / "README.md").read_text())]
    assert sorted(row["path"] for row in rows) == sorted(str(path.relative_to(PROJECT)) for path in FILES.values())
    for row in rows:
        assert FILES[row["name"]].read_text().startswith(f"-- {row['question']}\n")
        places = marts_of(row["name"]) or sorted(answers[row["name"]].models)
        assert row["place"] == ", ".join(f"`{place}`" for place in places), row["name"]


def test_this_month_is_that_of_as_of(
    demo: DbtRun, manifest_and_sql: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    sql = (manifest_and_sql[1] / FILES["closed_conversations"].relative_to(PROJECT)).read_text()
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(f"attach '{demo.database}' as built (read_only)")
        for table in ("dim_build", "mart_account_usage_by_period"):
            connection.execute(f"create table {table} as select * from built.{table}")
        connection.execute("detach built")
        connection.execute("update dim_build set as_of = timestamp '2026-02-28 23:59:59.999'")
        february = connection.execute(
            "select sum(closed_conversations) from mart_account_usage_by_period "
            "where period_type = 'day' and channel_id = '(all)' and period_start < date '2026-03-01'"
        ).fetchall()
        found = Rows(fetch_rows(connection, sql)).one("closed_conversations", channel_id="(all)")
    assert [(found,)] == february


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, figures in FIGURES.items() for number in range(len(figures))]
)
def test_a_figure_is_what_somebody_else_comes_to(
    answers: dict[str, Answer], told: DemoTold, name: str, number: int
) -> None:
    found, expected = FIGURES[name][number]
    assert found(answers[name].rows) == (expected(told) if callable(expected) else expected)


def test_every_analysis_has_a_figure_that_somebody_else_computes() -> None:
    assert set(FIGURES) == set(FILES)


# Facts whose numbers a trace shows, each with the number that is the fact's name there: "response 2".
TRACED = {
    "fct_messaging_sessions": None, "fct_messaging_session_metrics": None, "fct_session_topics": None,
    "fct_messages": None, "fct_responses": "response_number", "fct_visits": None, "fct_agent_work": None,
    "fct_resolutions": "cycle_number", "fct_sla_outcomes": None, "fct_csat_responses": None,
}  # fmt: skip
NUMBER = re.compile(r"(\w+) (-?\d[\d.]*(?:e-?\d+)?)(?=[,;]|$)", re.MULTILINE)


def numbers_of(row: dict[str, Any], name: str | None) -> list[tuple[str, float]]:
    """Return the numbers of a fact's row under their columns, but for the one that is its name."""
    return [
        (column, float(value))
        for column, value in row.items()
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and column != name
    ]


def test_a_trace_shows_every_event_once_and_every_number_of_the_facts(demo: DbtRun, answers: dict[str, Answer]) -> None:
    with demo.connect() as connection:
        facts = {name: Rows(fetch_rows(connection, f"select * from {name}")) for name in TRACED}
        events = Rows(fetch_rows(connection, "select * from fct_conversation_events order by position_in_conversation"))
        made_by_hand = [name for name in events.count("conversation_id") if not name.startswith("sim-")]
        assert len(made_by_hand) > 60
        for conversation_id in made_by_hand:
            sql = answers["trace_conversation"].sql.replace("'transferred'", f"'{conversation_id}'")
            trace = Rows(fetch_rows(connection, sql))
            assert trace.values("event_id") == events.where(conversation_id=conversation_id).values("event_id")
            expected = Counter(
                number
                for name, rows in facts.items()
                for row in rows.where(conversation_id=conversation_id)
                for number in numbers_of(row, TRACED[name])
            )
            found = NUMBER.findall("\n".join(trace.values("concludes")))
            columns = {column for column, _ in expected}
            assert Counter((name, float(value)) for name, value in found if name in columns) == expected, (
                conversation_id
            )


def test_a_trace_shows_no_text(demo: DbtRun, answers: dict[str, Answer]) -> None:
    shown = json.dumps(answers["trace_conversation"].rows, default=str)
    with demo.connect() as connection:
        texts = fetch_rows(
            connection,
            "select message_text from fct_messages where conversation_id = 'transferred' and length(message_text) > 10",
        )
    assert texts and not any(row["message_text"] in shown for row in texts)
