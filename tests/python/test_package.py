"""The project as others take it: a wheel for its Python, and a dbt package for its models."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from builders import conversation, raw_input
from conftest import GUARDS_OFF
from dbt_messaging_warehouse import places_of_code
from messaging_warehouse.fingerprints import code_fingerprint
from raw_folders import BUILD, write_csv
from warehouse import PROJECT, RAW_COLUMNS

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


@dataclass(frozen=True)
class Shop:
    """A project that has this one as a package, as the guide says; a copy of the package lies beside it."""

    place: Path
    library: Path
    raw: Path | None = None

    @property
    def folder(self) -> Path:
        """Where its dbt_project.yml is."""
        return self.place / "shop"

    @property
    def package(self) -> Path:
        """Where the package is taken from."""
        return self.place / "package"

    @classmethod
    def founded(cls, place: Path, library: Path, variables: dict[str, Any], raw: Path | None = None) -> "Shop":
        """Write the files of one whose package is installed and that has one model of its own."""
        profile, model = re.findall(r"```yaml\n   my_shop:\n.*?```|```sql\n.*?```", GUIDE, re.DOTALL)
        shop = cls(place, library, raw)
        for folder in ("analyses", "macros", "models", "seeds"):
            shutil.copytree(PROJECT / folder, shop.package / folder)
        for folder in ("generic", "singular"):
            shutil.copytree(PROJECT / "tests" / folder, shop.package / "tests" / folder)
        shutil.copy(PROJECT / "dbt_project.yml", shop.package)
        (shop.folder / "models").mkdir(parents=True)
        (shop.folder / "profiles.yml").write_text(re.sub(r"```(yaml)?\n?", "", profile))
        shop.model.write_text(re.sub(r"```(sql)?\n?", "", model) + "group by all")
        (shop.folder / "packages.yml").write_text("packages:\n  - local: ../package\n")
        shop.set_vars(variables)
        shop.dbt("deps")
        return shop

    @property
    def model(self) -> Path:
        """The model of its own."""
        return self.folder / "models" / "sessions.sql"

    def copied(self, place: Path) -> "Shop":
        """Copy it with its warehouse and its package; it reads the same raw folder."""
        shutil.copytree(self.place, place, symlinks=True)
        copy = Shop(place, self.library, self.raw)
        copy.dbt("deps")
        return copy

    def set_vars(self, variables: dict[str, Any]) -> None:
        """Write its dbt_project.yml with vars of the package."""
        (self.folder / "dbt_project.yml").write_text(
            "name: my_shop\nversion: 1.0.0\nprofile: my_shop\nmodels: {my_shop: {+materialized: table}}\n"
            f"vars: {{messaging_warehouse: {json.dumps(variables)}}}\n"
        )

    def dbt(self, *command: str, fails: bool = False) -> None:
        """Run dbt with what is in the wheel and nothing else of the checkout: to that end, and without a warning."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MESSAGING_", "DBT_"))}
        environment |= {"PYTHONPATH": str(self.library)}
        if self.raw:  # without, the demo
            environment |= {"MESSAGING_RAW": str(self.raw)}
        process = subprocess.run(
            [str(BIN / "dbt"), *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert process.returncode == int(fails), process.stdout + process.stderr
        assert "[WARNING]" not in process.stdout, process.stdout

    def ask(self, query: str, file: str = "my_shop.duckdb") -> list[Any]:
        """Return the rows of its warehouse, or of another file of its."""
        with duckdb.connect(str(self.folder / file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def built_on_the_last(self) -> bool:
        """Whether the last build computed only what was touched; it must have been completed and published."""
        assert self.ask("select build_state from dim_build") == [("complete",)]
        journalled = self.ask("select build_id from journal.builds")
        assert journalled == self.ask("select build_id from dim_build") != []
        assert journalled == self.ask("select build_id from dim_build", "my_shop_serving.duckdb")
        ((builds_on_the_last,),) = self.ask("select builds_on_the_last from intermediate.int_build_scope")
        return bool(builds_on_the_last)

    def satisfied(self) -> list[Any]:
        """Return what the package says of its one survey, in a fact and in a mart."""
        return self.ask("select is_satisfied, satisfied_survey_count from fct_csat_responses, mart_csat_by_day")


@pytest.fixture(scope="module")
def library(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's Python."""
    folder = tmp_path_factory.mktemp("library")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def built(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop with one conversation, built once; its customer gave four points of five."""
    place = tmp_path_factory.mktemp("built")
    stream = conversation("c1").at("10:00").end_user("hi").at("10:01").agent("ann", "hello").csat_requested("s1")
    rows = raw_input(stream.at("10:06").csat_responded("s1", 4, scale_max=5)).conversation_events
    raw = place / "raw"
    write_csv(raw / "raw_conversation_events" / "1.csv", RAW_COLUMNS["raw_conversation_events"], rows)
    shop = Shop.founded(place / "place", library, GUARDS_OFF, raw)
    shop.dbt(*BUILD)
    assert not shop.built_on_the_last()
    assert shop.satisfied() == [(True, 1)]
    return shop


@pytest.mark.deep
def test_another_project_builds_it_as_a_package_and_refers_to_its_marts(library: Path, tmp_path: Path) -> None:
    """As the guide says: its profile, its reference, and the wheel instead of the checkout's Python."""
    shop = Shop.founded(tmp_path, library, {"reporting_timezone": "Europe/London"})
    (shop.folder / "models" / "apart.sql").write_text("{{ config(schema='reporting') }} select 1 as one")
    shop.dbt("seed")
    shop.dbt("run", "--select", "+sessions", "dim_build", "apart")
    assert shop.ask("select one from main_reporting.apart") == [(1,)]
    told = shop.ask("select sum(session_count) from sessions")
    assert told == shop.ask("select sum(session_count) from mart_channel_traffic_by_day") != [(0,)]
    assert shop.ask("select reporting_timezone from dim_build") == [("Europe/London",)]


@pytest.mark.deep
def test_a_package_builds_on_the_last_build_until_what_it_means_changes(built: Shop, tmp_path: Path) -> None:
    """The user's own model is no part of it; a var is, and the whole build stands upon a partial one."""
    shop = built.copied(tmp_path / "place")
    shop.model.write_text(shop.model.read_text() + " having sum(session_count) > 0")
    (shop.folder / "models" / "another.sql").write_text("select 1 as one")
    shop.dbt(*BUILD)
    assert shop.built_on_the_last()
    assert shop.ask("select one from another", "my_shop_serving.duckdb") == [(1,)]
    shop.set_vars({**GUARDS_OFF, "reporting_timezone": "Europe/London"})
    shop.dbt(*BUILD)
    assert not shop.built_on_the_last()
    assert shop.ask("select reporting_timezone from dim_build") == [("Europe/London",)]
    shop.dbt(*BUILD)
    assert shop.built_on_the_last()


@pytest.mark.deep
def test_a_package_is_built_whole_over_a_whole_build(built: Shop, tmp_path: Path) -> None:
    shop = built.copied(tmp_path / "place")
    shop.dbt(*BUILD, "--full-refresh")
    assert not shop.built_on_the_last()
    assert shop.satisfied() == [(True, 1)]


@pytest.mark.deep
def test_another_version_of_the_package_makes_everything_anew(built: Shop, tmp_path: Path) -> None:
    shop = built.copied(tmp_path / "place")
    model = shop.package / "models" / "core" / "fct_csat_responses.sql"
    of_before, of_now = "surveys.score * 5 >= surveys.scale_max * 4", "surveys.score >= surveys.scale_max"
    assert of_before in model.read_text()
    model.write_text(model.read_text().replace(of_before, of_now))
    shop.dbt("deps")
    shop.dbt(*BUILD)
    assert not shop.built_on_the_last()
    assert shop.satisfied() == [(False, 0)]


@pytest.mark.deep
def test_the_models_of_the_package_alone_are_a_whole_build(built: Shop, tmp_path: Path) -> None:
    """On an empty file, and upon a build of everything; what the user's models hold stays in the warehouse."""
    shop = built.copied(tmp_path / "place")
    package = [*BUILD, "--select", "package:messaging_warehouse"]
    shop.dbt(*package)
    assert shop.built_on_the_last()
    assert shop.ask("select session_count from sessions") == [(1,)]
    published = shop.ask("select table_name from duckdb_tables()", "my_shop_serving.duckdb")
    assert ("fct_messages",) in published
    assert ("sessions",) not in published
    for file in shop.folder.glob("*.duckdb"):
        file.unlink()
    shop.dbt(*package)
    assert not shop.built_on_the_last()


@pytest.mark.deep
def test_a_model_of_the_users_that_fails_leaves_the_package_complete(built: Shop, tmp_path: Path) -> None:
    """It is told, and nothing is published, since the copy has the user's models too."""
    shop = built.copied(tmp_path / "place")
    ((build_before,),) = shop.ask("select build_id from journal.builds")
    shop.model.write_text("select error('no sessions today')")
    shop.dbt(*BUILD, fails=True)
    assert shop.ask("select build_state from dim_build") == [("complete",)]
    assert shop.ask("select build_id from journal.builds") != [(build_before,)]
    assert shop.ask("select build_id from dim_build", "my_shop_serving.duckdb") == [(build_before,)]


@pytest.fixture
def change_of_code(tmp_path: Path) -> Callable[[str], bool]:
    """Whether another file, by its path, gives another fingerprint of a package within a project."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "dbt_project.yml").touch()

    def fingerprint() -> str:
        around = [str(tmp_path / "dbt_project.yml"), str(tmp_path / "macros")]
        return code_fingerprint(str(tmp_path / "package"), around)

    def is_noticed(path: str) -> bool:
        before = fingerprint()
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
        return fingerprint() != before

    return is_noticed


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["package/models/core/x.sql", "package/macros/x.sql", "package/models/metrics/x.yml"], True),
        (["macros/deep/down.sql", "dbt_project.yml"], True),
        (["models/sessions.sql", "models/metrics/x.yml", "package/models/core/x.yml", "packages.yml"], False),
    ],
    ids=["of the package", "around it", "of no number"],
)
def test_code_is_that_of_the_package_and_what_may_change_it(
    change_of_code: Callable[[str], bool], paths: Iterable[str], expected: bool
) -> None:
    assert [change_of_code(path) for path in paths] == [expected for _ in paths]


def test_spark_is_told_where_the_code_of_a_package_lies() -> None:
    package = SimpleNamespace(project_name="messaging_warehouse", project_root="/shop/packages/x", macro_paths=["m"])
    shop = SimpleNamespace(project_name="shop", project_root="/shop", macro_paths=["macros", "more"])
    shop.load_dependencies = lambda: {"shop": shop, "messaging_warehouse": package}
    around = ["/shop/dbt_project.yml", "/shop/macros", "/shop/more"]
    assert places_of_code(shop) == ("/shop/packages/x", around)
    assert places_of_code(package) == ("/shop/packages/x", [])


def test_the_code_of_no_project_has_no_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no dbt_project"):
        code_fingerprint(str(tmp_path))
