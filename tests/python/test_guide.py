"""The guide for other platforms tells the truth: its example is converted, looked at and built as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import typer.main
from typer.testing import CliRunner

from messaging_warehouse.cli import app
from messaging_warehouse.doctor import Verdict, read_project
from raw_folders import BUILD, parsed_dbt
from readme_tables import EXAMPLE, with_tables
from warehouse import PROJECT, DbtRun

GUIDE = PROJECT / "docs" / "bring-your-own-platform.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def _blocks(language: str) -> list[str]:
    found = [text for name, text in BLOCK.findall(GUIDE.read_text()) if name == language]
    assert found, f"the guide has no block of {language}"
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the guide's example was followed, up to the files that follow the contract."""
    place = tmp_path_factory.mktemp("guide")
    (place / "chatterbox").mkdir()
    (transcripts,), (script, *_) = _blocks("csv"), _blocks("sql")
    (place / "chatterbox" / "chats.csv").write_text(transcripts)
    (place / "chatterbox.sql").write_text(script)
    (python,) = _blocks("python")
    subprocess.run([sys.executable, "-c", python], cwd=place, check=True)
    return place


@pytest.fixture(scope="module")
def built(place: Path) -> DbtRun:
    """The warehouse of the example."""
    (place / "built").mkdir()
    run = parsed_dbt().run(BUILD, place / "built", raw=str(place / "exports"))
    assert run.exit_code == 0, run.output
    return run


def _doctor(place: Path, **environment: str) -> tuple[int, str]:
    clean = dict.fromkeys(("MESSAGING_RAW", "MESSAGING_SOURCE", "MESSAGING_DB", "MESSAGING_ATTACH"))
    told = clean | {"MESSAGING_DB": str(place / "w.duckdb")} | environment
    result = CliRunner().invoke(app, ["doctor", "--project-dir", str(PROJECT)], env=told)
    return result.exit_code, result.output


def test_the_tables_that_the_guide_prints_are_what_the_example_gives(built: DbtRun) -> None:
    text = GUIDE.read_text()
    assert len(EXAMPLE.findall(text)) == 2
    with built.connect() as connection:
        assert with_tables(text, connection) == text


def test_nothing_of_the_example_is_rejected_and_every_line_is_an_event(built: DbtRun) -> None:
    (transcripts,) = _blocks("csv")
    with built.connect() as connection:
        counts = "select count(*) filter (where is_accepted), count(*) from delivered_events"
        accepted, delivered = connection.execute(counts).fetchone() or (0, 0)
    assert accepted == delivered == len(transcripts.splitlines()) - 1


def test_the_doctor_says_of_the_example_what_the_guide_prints(place: Path) -> None:
    code, output = _doctor(place, MESSAGING_RAW=str(place / "exports"))
    assert code == Verdict.WARNING, output
    (printed,) = [text for name, text in BLOCK.findall(GUIDE.read_text()) if name == "text" and "warning" in text]
    for line in printed.replace("exports:", f"{place / 'exports'}:").splitlines():
        assert line in output.splitlines(), line


def test_the_doctor_names_what_the_mapping_leaves_unmapped(place: Path, tmp_path: Path) -> None:
    (tmp_path / "chatterbox").mkdir()
    (transcripts,), (script, *_) = _blocks("csv"), _blocks("sql")
    (tmp_path / "chatterbox" / "chats.csv").write_text(transcripts)
    (tmp_path / "chatterbox.sql").write_text(script.replace("when 'handover' then 'bot_handoff'\n", "\n"))
    subprocess.run([sys.executable, "-c", *_blocks("python")], cwd=tmp_path, check=True)
    code, output = _doctor(tmp_path, MESSAGING_RAW=str(tmp_path / "exports"))
    assert code == Verdict.ERROR and "handover (1); map them" in output


def test_views_in_a_schema_do_as_well(place: Path) -> None:
    views = next(text for text in _blocks("sql") if text.startswith("create schema landing;"))
    with duckdb.connect(str(place / "landing_zone.duckdb")) as connection:
        connection.execute(views.replace("'exports/", f"'{place}/exports/"))
    code, output = _doctor(
        place, MESSAGING_RAW="schema:landing_zone.landing", MESSAGING_ATTACH=str(place / "landing_zone.duckdb")
    )
    assert code == Verdict.WARNING, output
    assert "2 tables can be read: raw_conversation_events, raw_agents" in output


def test_every_command_option_and_setting_exists() -> None:
    text = GUIDE.read_text()
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"bin/messaging-warehouse (\w+)", text)) == {"doctor"}
    options = {option for parameter in commands["doctor"].params for option in parameter.opts}
    assert {"--raw", "--source", "--database", "--attach", "--project-dir"} <= options
    assert set(re.findall(r"`(--[\w-]+)`", text)) <= options
    settings = {parameter.envvar for parameter in commands["doctor"].params}
    assert set(re.findall(r"MESSAGING_\w+", text)) <= settings


def test_the_exit_codes_of_doctor_are_those_of_the_guide() -> None:
    table = GUIDE.read_text().split("| `doctor` |")[1].split("\n\n")[0]
    codes = {int(code): meaning for code, meaning in re.findall(r"^\| (\d) \| (.*?) \|", table, re.MULTILINE)}
    assert set(codes) == {1, 2, *Verdict}
    for verdict in Verdict:
        assert codes[verdict].startswith(verdict.name.lower()), verdict


def test_the_guide_speaks_of_the_contract_as_it_is() -> None:
    text, project = GUIDE.read_text(), read_project(PROJECT)
    one_of = re.search(r"\| `event_type` \| one of the (\d+) \|", text)
    assert one_of and int(one_of[1]) == len(project.vocabulary.event_types)
    first_table = text.split("| column | what to put there |")[1].split("\n\n")[0]
    named = re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in first_table.splitlines() if "`" in line))
    assert named == list(project.contract["raw_conversation_events"])
    minimal = text.split("| add | and you know |")[1].split("\n\n")[0]
    for name in re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in minimal.splitlines() if "`" in line)):
        assert name in {*project.vocabulary.event_types, *project.contract, "origin"}, name


def test_every_link_leads_somewhere() -> None:
    text = GUIDE.read_text()
    for target in re.findall(r"\]\((?!http|#)([^)#]+)", text):
        assert (GUIDE.parent / target).exists(), target
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in text.splitlines()
        if line[:1] == "#"
    }
    assert set(re.findall(r"\]\(#([^)]+)", text)) <= headings


def test_every_shell_block_can_be_read() -> None:
    for script in _blocks("sh"):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
