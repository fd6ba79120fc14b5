"""The project as others take it: a wheel for its Python, and a dbt package for its models."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT

BIN = Path(sys.executable).parent
GUIDE = (PROJECT / "docs" / "as-a-package.md").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make wheel` writes."""
    folder = tmp_path_factory.mktemp("dist")
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    process = subprocess.run([sys.executable, *command, str(PROJECT)], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    (built,) = folder.iterdir()
    return built


def test_the_wheel_holds_every_module_and_what_they_read(wheel: Path) -> None:
    source = PROJECT / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in (source / "messaging_warehouse").rglob("*")
        if path.suffix in (".py", ".yml", ".typed")
    }
    held = set(zipfile.ZipFile(wheel).namelist())
    assert files <= held, sorted(files - held)
    about = next(name for name in held if name.endswith("entry_points.txt"))
    assert "messaging-warehouse = messaging_warehouse.cli:app" in zipfile.ZipFile(wheel).read(about).decode()


@pytest.mark.deep
def test_another_project_builds_it_as_a_package_and_refers_to_its_marts(wheel: Path, tmp_path: Path) -> None:
    """As the guide says: its profile, its reference, and the wheel instead of the checkout's Python."""
    profile, model = re.findall(r"```yaml\n   my_shop:\n.*?```|```sql\n.*?```", GUIDE, re.DOTALL)
    shop, library = tmp_path / "shop", tmp_path / "library"
    (shop / "models").mkdir(parents=True)
    zipfile.ZipFile(wheel).extractall(library)
    (shop / "profiles.yml").write_text(re.sub(r"```(yaml)?\n?", "", profile))
    (shop / "models" / "sessions.sql").write_text(re.sub(r"```(sql)?\n?", "", model) + "group by all")
    (shop / "packages.yml").write_text(f"packages:\n  - local: {PROJECT}\n")
    (shop / "dbt_project.yml").write_text(
        "name: my_shop\nversion: 1.0.0\nprofile: my_shop\nmodels: {my_shop: {+materialized: table}}\n"
        "vars: {messaging_warehouse: {reporting_timezone: Europe/London}}\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MESSAGING_", "DBT_"))}
    for command in (["deps"], ["seed"], ["run", "--select", "+sessions", "dim_build"]):
        process = subprocess.run(
            [str(BIN / "dbt"), *command], cwd=shop, env=environment | {"PYTHONPATH": str(library)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert process.returncode == 0, process.stdout + process.stderr
        assert "[WARNING]" not in process.stdout, process.stdout
    with duckdb.connect(str(shop / "my_shop.duckdb"), read_only=True) as built:
        told = built.execute("select sum(session_count) from sessions").fetchall()
        assert told == built.execute("select sum(session_count) from mart_channel_traffic_by_day").fetchall() != [(0,)]
        assert built.execute("select reporting_timezone from dim_build").fetchall() == [("Europe/London",)]
