"""The project built by Spark in this process and by DuckDB in another, and their tables as multisets of rows."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dbt.cli.main import dbtRunner
from duckdb import DuckDBPyConnection

from messaging_warehouse import spark_session
from messaging_warehouse.spark_session import prepare as prepare_session
from warehouse import DbtRun, demo_of_make, run_dbt

Tables = dict[str, Counter[tuple[Any, ...]]]

# Everything in one process, which is less to start; and executors in processes of their own, on this machine.
LOCAL, CLUSTER = "local[2]", "local-cluster[2,1,1024]"
# With tiny data most of the time goes into making code for each query, and into looking at it again while it runs.
WITHOUT_MADE_CODE = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
READERS = 4
WITHOUT_TESTS = ["--exclude", "resource_type:test", "resource_type:unit_test"]
# What no two builds have in common, and what engines write in their own way: hashes, and a pattern for their own use.
OF_THE_BUILD = {"build_id", "code_fingerprint", "fingerprint"}


@dataclass(frozen=True)
class Model:
    """What a build executed as one model: whom it follows in the graph, and what it reads, by ref() or as it stands."""

    parents: frozenset[str]
    reads: frozenset[str]
    is_view: bool


class SparkWarehouse:
    """What the last build with Spark has left."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.move_to(LOCAL)

    def move_to(self, master: str) -> None:
        """End the session; the next build starts another one, over the same tables, where `master` says."""
        self.stop()
        os.environ["MESSAGING_SPARK_MASTER"] = master

    def build(
        self, raw: str | None = None, variables: Mapping[str, Any] | None = None, *, makes_code: bool = False
    ) -> None:
        """Build models and seeds; `raw` is MESSAGING_RAW. `makes_code`: as Spark would, whatever time it takes."""
        os.environ.pop("MESSAGING_RAW", None)
        if raw is not None:
            os.environ["MESSAGING_RAW"] = raw

        def prepare(session: Any, location: str, project: str, around: Iterable[str] = ()) -> None:
            for setting, value in WITHOUT_MADE_CODE.items():
                session.conf.unset(setting) if makes_code else session.conf.set(setting, value)
            prepare_session(session, location, project, around)

        with patch.object(spark_session, "prepare", prepare):
            result = dbtRunner().invoke(
                [
                    "build", "--target", "spark", *WITHOUT_TESTS, "--quiet", "--log-level-file", "none",
                    "--target-path", str(self._place / "target"), "--log-path", str(self._place / "logs"),
                    "--vars", json.dumps(dict(variables or {})),
                ]
            )  # fmt: skip
        assert result.success, result.exception or [r.message for r in result.result if r.status == "error"]  # type: ignore[union-attr]

    @property
    def warehouse(self) -> Path:
        """The folder of all tables."""
        return self._place / "warehouse"

    @property
    def session(self) -> Any:
        """The session that dbt has opened."""
        from pyspark.sql import SparkSession

        return SparkSession.active()

    def rows(self, relation: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return columns and rows of a relation."""
        frame = self.session.table(relation)
        return list(frame.columns), [tuple(row) for row in frame.collect()]

    def relations(self) -> list[str]:
        """Return every model and seed of the project that is switched on."""
        manifest = json.loads((self._place / "target" / "manifest.json").read_text())
        return sorted(
            f"{node['schema']}.{node['alias']}"
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "seed")
        )

    def models(self) -> dict[str, Model]:
        """Return the models as the last build executed them."""
        nodes = {
            key: node
            for key, node in json.loads((self._place / "target" / "manifest.json").read_text())["nodes"].items()
            if node["resource_type"] == "model"
        }
        relations = {f"{node['schema']}.{node['alias']}": node["name"] for node in nodes.values()}
        found = {}
        for node in nodes.values():
            sql = self._place / "target" / "compiled" / node["package_name"] / node["original_file_path"]
            words = set(re.findall(r"\w+\.\w+", sql.read_text() if sql.suffix == ".sql" else ""))
            found[node["name"]] = Model(
                frozenset(nodes[key]["name"] for key in node["depends_on"]["nodes"] if key in nodes),
                frozenset(relations[word] for word in words & relations.keys()),
                self.session.catalog.getTable(f"{node['schema']}.{node['alias']}").tableType == "VIEW"
                and node["config"]["materialized"] != "incremental",
            )
        return found

    def stop(self) -> None:
        """End the session and its processes."""
        from pyspark.sql import SparkSession

        if session := SparkSession._instantiatedSession:
            session.stop()


def built_by_duckdb(place: Path) -> DbtRun:
    """Build the demo with DuckDB, or take what has just been built of it."""
    run = demo_of_make(place) or run_dbt(["build", *WITHOUT_TESTS], place, environment={"MESSAGING_SERVING": "none"})
    assert run.exit_code == 0, run.output
    return run


def assert_equal(spark: SparkWarehouse, duckdb: DbtRun, is_compared: Callable[[str], bool] | None = None) -> None:
    """Compare every relation, each as a multiset of rows: columns by their names, values as they are.

    A decimal is no double here, and a text no number. Arrays are compared as tuples, because a multiset needs them so.
    With `is_compared` it is those of the names of which it is true.
    """
    relations = [name for name in spark.relations() if is_compared is None or is_compared(name.split(".")[1])]
    assert len(relations) > (100 if is_compared else 190)
    # Spark thinks about the next while it computes the last.
    with duckdb.connect() as connection, ThreadPoolExecutor(READERS) as readers:
        found = [
            difference(connection, name, *rows)
            for name, rows in zip(relations, readers.map(spark.rows, relations), strict=True)
        ]
    assert not any(found), "\n".join(filter(None, found))


def difference(
    connection: DuckDBPyConnection, relation: str, there: list[str], rows: list[tuple[Any, ...]]
) -> str | None:
    """Return what one engine has of a relation and the other has not, if anything."""
    cursor = connection.execute(f"select * from {relation}")
    names = [column[0] for column in cursor.description or ()]
    if set(there) != set(names):
        return f"{relation}\ncolumns of one engine: {set(there) ^ set(names)}"
    found, expected = _as_multiset(there, rows, names), _as_multiset(names, cursor.fetchall(), names)
    if found == expected:
        return None
    surplus, missing = list((found - expected).elements())[:2], list((expected - found).elements())[:2]
    return f"{relation}\nonly by Spark: {surplus}\nonly by DuckDB: {missing}"


def _as_multiset(
    there: Sequence[str], rows: Sequence[tuple[Any, ...]], names: Sequence[str]
) -> Counter[tuple[Any, ...]]:
    places = [there.index(name) for name in names if name not in OF_THE_BUILD]
    return Counter(tuple(_hashable(row[place]) for place in places) for row in rows)


def _hashable(value: Any) -> Any:
    return (type(value).__name__, tuple(value)) if isinstance(value, list) else (isinstance(value, float), value)
