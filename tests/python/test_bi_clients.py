"""What a BI tool does by SQLAlchemy: find every mart, read what it means, and query it, a build going on or not."""

import json
import re
import shutil
import threading
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine, NullPool, create_engine, inspect, text

from raw_folders import BUILD, parsed_dbt
from readme_tables import EXAMPLE, render_table
from warehouse import PROJECT, DbtRun

README = (PROJECT / "README.md").read_text()
# Of the raw rows the copy has none.
QUERIES = [(match["query"], match["table"]) for match in EXAMPLE.finditer(README) if "demo." not in match["query"]]


def _engine(copy: Path) -> Engine:
    """Connect as the README says."""
    return create_engine(f"duckdb:///{copy}", connect_args={"read_only": True}, poolclass=NullPool)


def _ask(engine: Engine, query: str) -> str:
    with engine.connect() as connection:
        result = connection.execute(text(query))
        return render_table(list(result.keys()), [tuple(row) for row in result.fetchall()])


def test_a_client_finds_every_mart_with_its_description(demo: DbtRun) -> None:
    models = {
        node["name"]: node
        for node in json.loads((demo.target / "manifest.json").read_text())["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] in ("core", "marts")
    }
    inspector = inspect(_engine(demo.database.with_name("warehouse_serving.duckdb")))
    found = {*inspector.get_table_names(schema="main"), *inspector.get_view_names(schema="main")}
    assert found == set(models) and len([name for name in found if name.startswith("mart_")]) > 15
    for name in sorted(name for name in found if not name.startswith(("fct_", "dim_"))):
        assert inspector.get_table_comment(name, schema="main")["text"] == models[name]["description"], name
        columns = {column["name"]: column["comment"] for column in inspector.get_columns(name, schema="main")}
        assert columns == {key: told["description"] for key, told in models[name]["columns"].items()}, name


def test_a_client_gets_the_readmes_answers(demo: DbtRun) -> None:
    engine = _engine(demo.database.with_name("warehouse_serving.duckdb"))
    assert len(QUERIES) > 8
    assert {query: _ask(engine, query) for query, _ in QUERIES} == dict(QUERIES)


@pytest.mark.deep
def test_a_client_gets_the_readmes_answers_while_a_build_is_going_on(demo: DbtRun, tmp_path: Path) -> None:
    """All queries, again and again, from before a build's first statement until after it has replaced the copy."""
    copy = Path(shutil.copy(demo.database.with_name("warehouse_serving.duckdb"), tmp_path / "warehouse_serving.duckdb"))
    for file in sorted((PROJECT / "seeds" / "demo").glob("raw_*.csv")):
        (tmp_path / "raw" / file.stem).mkdir(parents=True)
        shutil.copy(file, tmp_path / "raw" / file.stem)
    before, runs = copy.stat().st_ino, list[DbtRun]()

    def build() -> None:
        environment = {"MESSAGING_SERVING": str(copy)}
        runs.append(parsed_dbt().run(BUILD, tmp_path, raw=str(tmp_path / "raw"), environment=environment))

    building, rounds, engine = threading.Thread(target=build), 0, _engine(copy)
    building.start()
    while building.is_alive() or not rounds:
        assert {query: _ask(engine, query) for query, _ in QUERIES} == dict(QUERIES)
        rounds += 1
    building.join()
    assert runs[0].exit_code == 0, runs[0].output
    assert copy.stat().st_ino != before and rounds > 3
    assert {query: _ask(engine, query) for query, _ in QUERIES} == dict(QUERIES)


def test_the_guides_recipe_writes_every_mart_as_parquet(
    demo: DbtRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (PROJECT / "docs" / "bi-clients.md").read_text()
    (recipe,) = re.findall(r"<<'PY'\n(.*?)PY\n", guide, re.DOTALL)
    shutil.copy(demo.database.with_name("warehouse_serving.duckdb"), tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(recipe, {})
    with duckdb.connect("warehouse_serving.duckdb", read_only=True) as copy:
        names = [
            name for (name,) in copy.execute("select table_name from duckdb_tables()").fetchall() if name[:5] == "mart_"
        ]
        assert {path.stem for path in (tmp_path / "marts").iterdir()} == set(names) and len(names) > 15
        for name in names:
            told = copy.sql(f"from {name}")
            written = copy.sql(f"from 'marts/{name}.parquet'")
            assert (written.columns, written.dtypes) == (told.columns, told.dtypes), name
            assert written.except_(told).fetchall() == told.except_(written).fetchall() == [], name
