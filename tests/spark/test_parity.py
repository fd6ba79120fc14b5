"""Spark and DuckDB say the same of the demo; test_increments holds them equal on a stream made to be hard to read."""

from pathlib import Path

from engines import CLUSTER, SparkWarehouse, assert_equal, built_by_duckdb


def test_the_demo_is_equal_on_both_engines(spark: SparkWarehouse, tmp_path: Path) -> None:
    """With executors in processes of their own, for which Spark makes code as it does anywhere."""
    spark.move_to(CLUSTER)
    spark.build(makes_code=True)
    assert_equal(spark, built_by_duckdb(tmp_path))
    context = spark.session.sparkContext
    assert context.master == CLUSTER
    assert context._jsc.sc().getExecutorMemoryStatus().size() == 3  # two processes that compute, and the driver
