"""The facts in data frames say the same as SQL: the hand-written script's always, the warehouse's in the deep tests.

pandas belongs to the dashboard and is not installed by `make test`: there Polars alone is held against SQL, and a
warning in the summary says so. With the dashboard's environment both are.
"""

import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from benchmarks.dataframes import FACTS, METRICS, compare_frames, report_all, run_frames
from benchmarks.run import Workspace, describe_differences

EVENTS = 6_000
SEED = 7


@pytest.fixture(params=["polars", "pandas"])
def library(request: pytest.FixtureRequest) -> str:
    """A library that is there; of one that is not the summary tells."""
    name: str = request.param
    if find_spec(name) is None:
        said = f"{name} is not installed (it comes with `make dashboard`): its facts were not compared"
        warnings.warn(said, stacklevel=1)
        pytest.skip(said)
    return name


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small log, and the facts of the hand-written script."""
    made = Workspace(tmp_path_factory.mktemp("dataframes"))
    made.make_raw_files(EVENTS, SEED)
    made.run_script()
    return made


@pytest.fixture(scope="module")
def right(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Polars makes of it."""
    made = tmp_path_factory.mktemp("right")
    run_frames("polars", workspace.raw, made)
    return made


def test_frames_have_the_facts_of_the_script(workspace: Workspace, library: str, tmp_path: Path) -> None:
    run_frames(library, workspace.raw, tmp_path)
    comparisons = compare_frames(workspace.script_database, tmp_path, has_marts=False)
    assert describe_differences(comparisons) == ""
    assert [comparison.table for comparison in comparisons] == list(FACTS)
    assert all(comparison.row_count > 0 for comparison in comparisons)


@pytest.mark.parametrize(
    ("table", "column", "changed"),
    [
        ("fct_responses", "response_seconds", pl.col("response_seconds") + 0.001),
        ("fct_agent_timeline", "is_online", ~pl.col("is_online")),
        ("fct_visits", "ended_at", pl.col("ended_at") + pl.duration(milliseconds=1)),
        ("fct_messages", "message_text", pl.col("message_text") + " "),
        ("fct_messages", "team_id", pl.lit(None, pl.String)),
        ("rejected_events", "rejection_reason", pl.lit("no_reason")),
    ],
)
def test_one_changed_value_is_noticed(
    workspace: Workspace, right: Path, tmp_path: Path, table: str, column: str, changed: pl.Expr
) -> None:
    shutil.copytree(right, tmp_path, dirs_exist_ok=True)
    file = tmp_path / f"{table}.parquet"
    frame = pl.read_parquet(file).with_row_index("row")
    at = frame.filter(pl.col(column).is_not_null())["row"][0]
    value = pl.when(pl.col("row") == at).then(changed).otherwise(column).alias(column)
    frame.with_columns(value).drop("row").write_parquet(file)
    comparisons = compare_frames(workspace.script_database, tmp_path, has_marts=False)
    assert [one.table for one in comparisons if not one.is_equal] == [table]
    (different,) = (one for one in comparisons if not one.is_equal)
    assert len(different.only_in_warehouse) == len(different.only_in_script) == 1
    assert report_all({"polars": comparisons}) == 1


def test_a_row_too_many_and_an_unknown_column_are_noticed(workspace: Workspace, right: Path, tmp_path: Path) -> None:
    shutil.copytree(right, tmp_path, dirs_exist_ok=True)
    visits, sessions = tmp_path / "fct_visits.parquet", tmp_path / "fct_messaging_sessions.parquet"
    frame = pl.read_parquet(visits)
    pl.concat([frame, frame.head(1)]).write_parquet(visits)
    pl.read_parquet(sessions).with_columns(mood=pl.lit("fine")).write_parquet(sessions)
    comparisons = compare_frames(workspace.script_database, tmp_path, has_marts=False)
    assert {one.table for one in comparisons if not one.is_equal} == {"fct_visits", "fct_messaging_sessions"}
    assert "the warehouse has no column mood" in describe_differences(comparisons)


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Path:
    """The warehouse of the same log, marts and all."""
    workspace.make_seeded_database()
    workspace.run_all("2GB")
    return workspace.warehouse


@pytest.mark.deep
def test_frames_have_the_facts_and_the_metrics_of_the_warehouse(
    workspace: Workspace, built: Path, library: str, tmp_path: Path
) -> None:
    run_frames(library, workspace.raw, tmp_path)
    comparisons = compare_frames(built, tmp_path)
    assert describe_differences(comparisons) == ""
    assert [comparison.table for comparison in comparisons] == [*FACTS, METRICS]


@pytest.mark.deep
def test_one_changed_metric_is_noticed(built: Path, right: Path, tmp_path: Path) -> None:
    shutil.copytree(right, tmp_path, dirs_exist_ok=True)
    file = tmp_path / f"{METRICS}.parquet"
    seconds = pl.when(pl.int_range(pl.len()) == 0).then(1234.567).otherwise("handle_seconds")
    pl.read_parquet(file).with_columns(handle_seconds=seconds).write_parquet(file)
    assert [one.table for one in compare_frames(built, tmp_path) if not one.is_equal] == [METRICS]
