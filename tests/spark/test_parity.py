"""Spark and DuckDB say the same: of the demo, and of streams made to be hard to read."""

from pathlib import Path
from typing import Any

from engines import CLUSTER, SparkWarehouse, assert_equal, built_by_duckdb
from raw_folders import write_csv, write_ndjson, write_parquet
from strategies import big_configuration, big_stream
from warehouse import CONFIGURATION_COLUMNS, RAW_COLUMNS

# The guards stand in the way of streams made to be refused.
GUARDS_OFF: dict[str, Any] = {"max_rejected_rate": 1, "max_clock_gap_days": 1_000_000}
# Where midnight comes twice or not at all, and where every limit of an agent's time is reached within the hour.
ELSEWHERE: dict[str, Any] = {
    "reporting_timezone": "America/Havana", "focus_idle_minutes": 1, "presence_stale_hours": 1,
}  # fmt: skip


def test_the_demo_is_equal_on_both_engines(spark: SparkWarehouse, tmp_path: Path) -> None:
    spark.build()
    assert_equal(spark, built_by_duckdb(tmp_path))
    context = spark.session.sparkContext
    assert context.master == CLUSTER
    assert context._jsc.sc().getExecutorMemoryStatus().size() == 3  # two processes that compute, and the driver


def test_a_hostile_stream_is_equal_on_both_engines(spark: SparkWarehouse, tmp_path: Path) -> None:
    """As NDJSON and CSV; test_increments has one of Parquet, in three deliveries."""
    raw = write_hostile_stream(tmp_path / "raw", 2, ["ndjson", "csv"])
    spark.build(raw, GUARDS_OFF | ELSEWHERE)
    assert_equal(spark, built_by_duckdb(tmp_path / "duckdb", raw, GUARDS_OFF | ELSEWHERE))


def write_hostile_stream(place: Path, seed: int, extensions: list[str]) -> str:
    """Write a stream and a configuration as a folder of raw files, all text; the tables take the formats by turns."""
    raw = big_configuration(seed).applied_to(big_stream(seed, 40))
    for number, (table, columns) in enumerate((RAW_COLUMNS | CONFIGURATION_COLUMNS).items()):
        extension = extensions[number % len(extensions)]
        rows, file = getattr(raw, table.removeprefix("raw_")), place / table / f"part.{extension}"
        if extension == "parquet":
            write_parquet(file, dict.fromkeys(columns, "varchar"), rows)
        elif extension == "ndjson":
            write_ndjson(file, rows)
        else:
            write_csv(file, columns, rows)
    return str(place)
