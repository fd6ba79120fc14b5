"""The README and the demo's guide tell the truth."""

import csv
import re
from decimal import Decimal

import pytest

from readme_tables import EXAMPLE, with_tables
from warehouse import PROJECT, DbtRun

README = PROJECT / "README.md"
DEMO_GUIDE = PROJECT / "seeds" / "demo" / "README.md"
# `conversation` in the first cell, and the first response time that its row promises.
PROMISED_FRT = re.compile(r"^\| `([^`]+)` \|.*\| (?:.*?[^\w])?FRT ([\d,.]*\d)(?=[,; |])", re.MULTILINE)


def test_the_readme_shows_what_the_demo_gives(demo: DbtRun) -> None:
    text = README.read_text()
    assert len(EXAMPLE.findall(text)) >= 6
    with demo.connect() as connection:
        assert with_tables(text, connection) == text


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", README.read_text()):
        assert (PROJECT / target).exists(), target


def test_every_model_that_the_readme_names_exists(demo: DbtRun) -> None:
    named = set(re.findall(r"`((?:fct|mart|dim|rejected)_\w+)`", README.read_text()))
    with demo.connect() as connection:
        built = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert named <= built
    core_and_marts = {name for name in built if name.startswith(("fct_", "mart_", "rejected_"))}
    assert core_and_marts <= named, "the README leaves out a table"


@pytest.mark.parametrize(
    "command", ["build", "test", "test-deep", "test-ui", "dashboard", "docs", "wheel", "lint", "bench", "clean"]
)
def test_every_make_target_exists(command: str) -> None:
    assert f"\n{command}:" in (PROJECT / "Makefile").read_text()


def test_the_demo_guide_promises_the_first_responses_that_come(demo: DbtRun) -> None:
    promised = PROMISED_FRT.findall(DEMO_GUIDE.read_text())
    assert len(promised) > 15
    with demo.connect() as connection:
        found = dict(
            connection.execute(
                "select conversation_id, first_response_seconds from fct_messaging_sessions where session_number = 1"
            ).fetchall()
        )
    for conversation_id, seconds in promised:
        assert found[conversation_id] == Decimal(seconds.replace(",", "")), conversation_id


def test_the_demo_guide_names_every_conversation(demo: DbtRun) -> None:
    guide = DEMO_GUIDE.read_text()
    with demo.connect() as connection:
        ids = connection.execute(
            "select distinct conversation_id from demo.raw_conversation_events "
            "where conversation_id is not null and conversation_id not like 'sim-%'"
        ).fetchall()
    assert [name for (name,) in ids if f"`{name}`" not in guide] == []


def test_every_decision_names_tests_that_exist() -> None:
    python_tests = "\n".join(
        path.read_text() for place in ("python", "spark") for path in (PROJECT / "tests" / place).glob("test_*.py")
    )
    unit_tests = "\n".join(path.read_text() for path in (PROJECT / "models").rglob("*_unit_tests.yml"))
    singular_tests = {path.stem for path in (PROJECT / "tests" / "singular").glob("*.sql")}
    records = sorted((PROJECT / "docs" / "decisions").glob("0*.md"))
    assert len(records) >= 28
    for record in records:
        text = record.read_text()
        named = re.findall(r"`(test_\w+)`", text)
        named_units = re.findall(r"`((?:stg|int|fct|dim)_\w+__\w*_\w+_\w+)`", text)
        named_assertions = re.findall(r"`(assert_\w+)`", text)
        assert named or named_units or named_assertions, f"{record.name} names no test"
        for name in named:
            assert f"def {name}(" in python_tests or (PROJECT / "tests/python" / f"{name}.py").exists(), name
        for name in named_units:
            assert f"name: {name}\n" in unit_tests or any((PROJECT / "models").rglob(f"{name}.sql")), name
        assert set(named_assertions) <= singular_tests, record.name


def test_the_lexicon_is_scored_as_its_record_says() -> None:
    record = (PROJECT / "docs" / "decisions" / "0026-emoji-sentiment.md").read_text()
    with (PROJECT / "seeds" / "config" / "emoji_sentiment.csv").open() as lexicon:
        scores = {row["emoji"]: float(row["sentiment_score"]) for row in csv.DictReader(lexicon)}
    assert f"The {len(scores)} emoji" in record
    told = re.findall(r"^\| (−?[0-9.]+)(?: to (−?[0-9.]+))? \| .* \| (.*) \|$", record, re.MULTILINE)
    bands = [(sorted(float((end or low).replace("−", "-")) for end in (low, high)), who) for low, high, who in told]
    assert len(bands) == 11
    assert all(any(low <= score <= high for (low, high), _ in bands) for score in scores.values())
    for (low, high), examples in bands:
        assert all(low <= scores[emoji] <= high for emoji in examples.split())
