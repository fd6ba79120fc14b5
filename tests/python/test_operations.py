"""The guide to running it tells the truth: its commands, options, vars, tables and exit codes exist."""

import ast
import configparser
import re
import subprocess
from pathlib import Path

import pytest
import typer.main
import yaml

from messaging_warehouse.check import Limits, Verdict
from messaging_warehouse.cli import app
from raw_folders import parsed_dbt
from warehouse import PROJECT, DbtRun, run_dbt

GUIDE = PROJECT / "docs" / "operations.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def guide() -> str:
    """The guide as it stands."""
    return GUIDE.read_text()


def _blocks(guide: str, language: str) -> list[str]:
    found = [text for name, text in BLOCK.findall(guide) if name == language]
    assert found, f"the guide has no block of {language}"
    return found


def test_every_command_and_option_exists(guide: str) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name in re.findall(r"bin/messaging-warehouse (\w+)", guide):
        assert name in commands
    options = {option for parameter in commands["check"].params for option in parameter.opts}
    for line in re.findall(r"messaging-warehouse check (.*)", guide):
        assert set(re.findall(r"--[\w-]+", line)) <= options, line
    assert {"--at", "--max-age-hours"} <= options
    assert set(re.findall(r"bin/dbt (\w+)", guide)) == {"build"}


def test_the_limits_that_the_guide_prints_are_the_defaults(guide: str) -> None:
    hours, late, rejected = (
        float(*re.findall(rf"check warehouse\.duckdb.* {option} ([\d.]+)", guide))
        for option in ("--max-age-hours", "--max-late-rate", "--max-rejected-rate")
    )
    assert (hours * 3600, late, rejected) == (
        Limits.age.total_seconds(),
        Limits.late_rate,
        Limits.rejected_rate,
    )


def test_the_exit_codes_of_check_are_those_of_the_guide(guide: str) -> None:
    table = guide.split("| `check` |")[1].split("\n\n")[0]
    codes = {int(code): meaning for code, meaning in re.findall(r"^\| (\d) \| (.*?) \|", table, re.MULTILINE)}
    assert set(codes) == {1, 2, *Verdict}
    for verdict in Verdict:
        assert codes[verdict].startswith(verdict.name.replace("_", " ").lower()), verdict


@pytest.mark.deep
def test_the_exit_codes_of_a_build_are_those_of_the_guide(demo: DbtRun, tmp_path: Path) -> None:
    assert demo.exit_code == 0
    up_to_the_guards = ["build", "--select", "+int_build", "--exclude", "resource_type:unit_test"]
    stopped = run_dbt(up_to_the_guards, tmp_path / "stopped", variables={"max_rejected_rate": 0.0001})
    assert (stopped.exit_code, "that max_rejected_rate allows" in stopped.output) == (1, True)
    refused = run_dbt(up_to_the_guards, tmp_path / "refused", variables={"max_rejected_rate": "much"})
    assert (refused.exit_code, "is not a share" in refused.output) == (2, True)
    assert run_dbt(["built"], tmp_path / "wrong").exit_code == 2


def test_every_var_table_and_setting_that_the_guide_names_exists(demo: DbtRun, guide: str) -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    readme = (PROJECT / "README.md").read_text()
    assert set(re.findall(r"`(max_\w+)", guide)) <= set(variables)
    for setting in set(re.findall(r"MESSAGING_\w+", guide)):
        assert f"`{setting}`" in readme, setting
    with demo.connect() as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        quality = {name for (name, *_) in connection.execute("describe mart_data_quality_by_day").fetchall()}
    assert set(re.findall(r"`((?:mart|rejected|raw)_\w+)`", guide)) <= tables
    assert "restating_event_count" in quality and "`restating_event_count` of `mart_data_quality_by_day`" in guide
    for table in re.findall(r"^ {6}(raw_\w+)/", guide, re.MULTILINE):
        assert table in tables, table


@pytest.mark.parametrize(("limit", "told"), [("300MiB", "300.0 MiB"), ("much", "'much' is no size; write it like 4GB")])
def test_the_engine_takes_no_more_memory_than_it_is_given(tmp_path: Path, limit: str, told: str) -> None:
    shown = ["show", "--inline", "select current_setting('memory_limit') as memory_limit"]
    run = parsed_dbt().run(shown, tmp_path, raw=None, environment={"MESSAGING_MEMORY_LIMIT": limit})
    assert (run.exit_code == 0) == (limit != "much") and re.search(told, run.output), run.output


def test_every_link_of_the_guide_leads_somewhere(guide: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", guide):
        assert (GUIDE.parent / target).exists(), target


def test_what_is_to_be_copied_can_be_read(guide: str) -> None:
    for script in _blocks(guide, "sh"):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    for dag in _blocks(guide, "python"):
        ast.parse(dag)
    for unit in _blocks(guide, "ini"):
        parser = configparser.ConfigParser(strict=False)
        parser.read_string(unit)
        assert parser.sections()
    for crontab in _blocks(guide, "crontab"):
        jobs = [line for line in crontab.splitlines() if not re.match(r"[A-Z_]+=", line)]
        assert jobs
        assert all(re.match(r"[\d*]+ [\d*]+ \S+ \S+ \S+  cd /", job) for job in jobs)
