"""Spark builds upon its builds by overwriting partitions, and equals one build by DuckDB of all that was delivered."""

import contextlib
import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.spark.session import Cursor
from pyspark.errors import PySparkException

from builders import conversation, raw_input
from engines import Model, SparkWarehouse, assert_equal
from raw_folders import BUILD, ParsedDbt, write_csv, write_ndjson, write_parquet
from reference import RawInput
from strategies import big_configuration, big_stream
from warehouse import CONFIGURATION_COLUMNS, RAW_COLUMNS, DbtRun

# Without the guards, which stand in the way of streams made to be refused; where midnight comes twice or not at all,
# and every limit of an agent's time is reached within the hour.
HOSTILE: dict[str, Any] = {
    "max_rejected_rate": 1, "max_clock_gap_days": 1_000_000,
    "reporting_timezone": "America/Havana", "focus_idle_minutes": 1, "presence_stale_hours": 1,
}  # fmt: skip
LOGS = ("raw_conversation_events", "raw_presence_events")
# The tables take the formats by turns: the events NDJSON, presence CSV.
FORMATS = ("ndjson", "csv", "parquet")
FORMAT_OF = {table: FORMATS[place % 3] for place, table in enumerate(RAW_COLUMNS | CONFIGURATION_COLUMNS)}
# Names of which Spark and Hadoop would each read something else; as many as there are builds upon one another.
FILES = ("part 1", "part 2 [late], 100%+ü", "part%203")[-int(os.environ.get("MESSAGING_TEST_SPARK_BUILDS", "3")) :]
# A conversation of another month than all others, and what its customer wrote.
QUIET_MONTH, WORD, FORGOTTEN = "2023-01", "Quokkazimtstern", "mu-wombatina"
# What a build computes for itself, and what it is told of the last one; not what intermediate models keep.
OF_ONE_BUILD = ("int_", "base_", "stg_messaging__raw_parts", "stg_messaging__definitions")
KEPT = {
    "int_conversation_deliveries_tallied", "int_conversation_ids_referenced", "int_messaging_users_resolved",
    "int_presence_events_deduplicated",
}  # fmt: skip
# What reads raw rows before they are redacted.
BEFORE_REDACTION = ("base_", "stg_messaging__conversation_events_redacted", "stg_messaging__redact")

Files = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Builds:
    """What builds upon one another have left, the last of them of all that was delivered."""

    raw: str
    # What is wrong with the first of them, which is a whole one, beside DuckDB's of the same.
    first_differs: str
    built_on_the_last: list[bool]
    # {partition: {file: when it was written}} of the events after each build.
    files: list[Files]
    # What the last of them executed.
    models: dict[str, Model]
    # One build by DuckDB of all.
    by_duckdb: DbtRun


@pytest.fixture(scope="module")
def duckdb_of_hostile() -> Iterator[Callable[[Path, str], Future[DbtRun]]]:
    """Build a folder with DuckDB while Spark does, with the project parsed once."""
    parsed = ParsedDbt(variables=HOSTILE)
    with ThreadPoolExecutor(1) as builder:
        yield lambda place, raw: builder.submit(built, parsed, place, raw)


def built(parsed: ParsedDbt, place: Path, raw: str) -> DbtRun:
    """Build with DuckDB."""
    place.mkdir(parents=True, exist_ok=True)
    run = parsed.run(BUILD, place, raw, HOSTILE)
    assert run.exit_code == 0, run.output
    return run


@pytest.fixture(scope="module")
def builds(
    spark: SparkWarehouse,
    duckdb_of_hostile: Callable[[Path, str], Future[DbtRun]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Builds:
    """Build a log in as many parts as it has files, with one more each time."""
    place = tmp_path_factory.mktemp("increments")
    raw = place / "raw"
    stream = with_a_quiet_month(big_configuration(1).applied_to(big_stream(1, 60)))
    batches = cut_into_batches(stream, random.Random(1))
    built_on_the_last, files, by_duckdb, first_differs = [], [], [], ""
    for number, name in enumerate(FILES):
        write_tables(raw, replace(stream, team_memberships=stream.team_memberships[number % 2 :]))
        for log in LOGS:
            write_rows(raw, log, batches[number][log], name)
        if name == FILES[-1]:
            die_while_a_partition_is_exchanged(spark, "fct_messages")
        if name in (FILES[0], FILES[-1]):
            by_duckdb.append(duckdb_of_hostile(place / f"duckdb{number}", str(raw)))
        spark.build(str(raw), HOSTILE)
        if number == 0:
            try:
                assert_equal(spark, by_duckdb[0].result())
            except AssertionError as error:
                first_differs = str(error)
        columns, rows = spark.rows("intermediate.int_build_scope")
        built_on_the_last.append(rows[0][columns.index("builds_on_the_last")])
        files.append(files_of(spark, "fct_conversation_events"))
    return Builds(str(raw), first_differs, built_on_the_last, files, spark.models(), by_duckdb[-1].result())


def test_a_hostile_stream_is_equal_on_both_engines(builds: Builds) -> None:
    """The first delivery, every model and seed. The rest is built whole below, where somebody is forgotten."""
    assert set(FORMAT_OF.values()) == set(FORMATS)
    assert builds.first_differs == ""


def test_builds_upon_builds_equal_one_build_of_the_other_engine(spark: SparkWarehouse, builds: Builds) -> None:
    assert builds.built_on_the_last == [False] + [True] * (len(FILES) - 1)
    without = (*OF_ONE_BUILD, "stg_messaging__conversation_events_redacted")
    assert_equal(spark, builds.by_duckdb, lambda name: name in KEPT or not name.startswith(without))


def test_what_a_dead_build_was_about_to_write_is_written_by_the_next(spark: SparkWarehouse, builds: Builds) -> None:
    """The last build found a partition without files, of which nothing was touched: nobody else restores it."""
    assert f"lies_in={QUIET_MONTH}" in files_of(spark, "fct_messages")
    assert not [row for row in spark.session.sql("show tables in journal").collect() if "__" in row["tableName"]]


def test_a_partition_that_nothing_touches_is_not_written(builds: Builds) -> None:
    quiet = f"lies_in={QUIET_MONTH}"
    assert all(files[quiet] == builds.files[0][quiet] for files in builds.files)
    *_, before, last = builds.files
    assert {name for name in before if before[name] != last.get(name)}


def test_who_reads_what_stands_comes_before_it_is_replaced(builds: Builds) -> None:
    assert late_readers(builds.models) == []
    without_edges = builds.models | {
        "fct_agent_work": replace(builds.models["fct_agent_work"], parents=frozenset()),
    }
    assert "int_open_work_delimited reads fct_agent_work" in late_readers(without_edges)


def test_what_is_redacted_between_builds_is_in_no_file(
    spark: SparkWarehouse,
    builds: Builds,
    duckdb_of_hostile: Callable[[Path, str], Future[DbtRun]],
    tmp_path: Path,
) -> None:
    """Whoever is new there has everything built anew: the whole stream is compared here, intermediate models too."""
    assert found_in_files(spark.warehouse)
    write_parquet(
        Path(builds.raw) / "redactions" / "part.parquet",
        {"messaging_user_id": "varchar", "requested_at": "varchar"},
        [{"messaging_user_id": FORGOTTEN, "requested_at": "2024-03-04T00:00:00Z"}],
    )
    by_duckdb = duckdb_of_hostile(tmp_path, builds.raw)
    spark.build(builds.raw, HOSTILE)
    assert found_in_files(spark.warehouse) == []
    assert_equal(spark, by_duckdb.result(), lambda name: not name.startswith(BEFORE_REDACTION))


def die_while_a_partition_is_exchanged(spark: SparkWarehouse, name: str) -> None:
    """Leave what a build leaves that is killed in between: the copy, no files, and what it had computed."""
    spark.session.sql(f"create table journal.changes__{name} using parquet as select '{WORD}' as message_text")
    spark.session.sql(
        f"create table journal.replacing__{name} using parquet as "
        f"select * from stored.{name} where lies_in = '{QUIET_MONTH}'"
    )
    spark.session.sql(f"alter table stored.{name} drop partition (lies_in = '{QUIET_MONTH}')")


@pytest.mark.parametrize("has_ended", [False, True])
def test_half_a_table_gives_way_and_a_whole_one_does_not(
    spark: SparkWarehouse, builds: Builds, has_ended: bool
) -> None:
    folder = spark.warehouse / "journal.db" / f"half_{has_ended}".lower()
    (folder / "_temporary").mkdir(parents=True)
    (folder / "_temporary" / "part-0.parquet").write_text("half a table")
    if has_ended:
        (folder / "_SUCCESS").touch()
    with pytest.raises(PySparkException, match="LOCATION_ALREADY_EXISTS") if has_ended else contextlib.nullcontext():
        Cursor().execute(f"create table journal.{folder.name} using parquet as select 1 as a")
        assert spark.rows(f"journal.{folder.name}") == (["a"], [(1,)])
    shutil.rmtree(folder)
    spark.session.sql(f"drop table if exists journal.{folder.name}")


def with_a_quiet_month(stream: RawInput) -> RawInput:
    """Add a conversation that ended long before all others, delivered at once."""
    quiet = (
        conversation("quiet", messaging_user_id=FORGOTTEN)
        .at(f"{QUIET_MONTH}-02 10:00")
        .end_user(f"Where is my {WORD}?")
    )
    quiet.at(f"{QUIET_MONTH}-02 10:05").agent("a-quiet", f"Your {WORD} is on its way.").resolved("a-quiet")
    rows = raw_input(quiet).conversation_events
    return replace(stream, conversation_events=[*rows, *stream.conversation_events])


def cut_into_batches(stream: RawInput, rng: random.Random) -> list[dict[str, list[Any]]]:
    """Cut the logs by receipt into as many batches as there are files: some late, some twice, all in any order."""
    batches: list[dict[str, list[Any]]] = [{log: [] for log in LOGS} for _ in FILES]
    for log in LOGS:
        rows = getattr(stream, log.removeprefix("raw_"))
        in_order = sorted(rows, key=lambda row: row["received_at"] or "")
        for place, row in enumerate(in_order):
            number = place * len(FILES) // len(in_order)
            late = rng.randrange(number, len(FILES))
            is_quiet = row.get("conversation_id") == "quiet"
            batches[late if rng.random() < 0.1 and not is_quiet else number][log].append(row)
            if rng.random() < 0.1 and not is_quiet:
                batches[late][log].append(row)
    for batch in batches:
        for delivered in batch.values():
            rng.shuffle(delivered)
    return batches


def write_tables(raw: Path, stream: RawInput) -> None:
    """Write everything but the logs, each in two files."""
    for table in FORMAT_OF.keys() - set(LOGS):
        rows = getattr(stream, table.removeprefix("raw_"))
        for number, name in enumerate(FILES[:2]):
            write_rows(raw, table, rows[number::2], name)


def write_rows(raw: Path, table: str, rows: Sequence[Any], name: str) -> None:
    """Write rows of texts as a file of a table, in the format of that table."""
    extension, columns = FORMAT_OF[table], (RAW_COLUMNS | CONFIGURATION_COLUMNS)[table]
    file = raw / table / f"{name}.{extension}"
    if extension == "ndjson":
        write_ndjson(file, rows)
    elif extension == "csv":
        write_csv(file, columns, rows)
    else:
        write_parquet(file, dict.fromkeys(columns, "varchar"), rows)


def late_readers(models: dict[str, Model]) -> list[str]:
    """Return who reads a table that it does not follow in the graph, and may do so while that is replaced."""

    def before(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            parents = models[waiting.pop()].parents - found
            found |= parents
            waiting += parents
        return found

    def executed_by(name: str) -> set[str]:
        children = {child for child, model in models.items() if name in model.parents}
        return {name}.union(*(executed_by(child) for child in children)) if models[name].is_view else {name}

    found = []
    for name, model in models.items():
        for read in model.reads - before(name) - {name}:
            tables = {reader for reader in executed_by(name) if not models[reader].is_view}
            if not tables <= before(read):
                found.append(f"{name} reads {read}")
    return sorted(found)


def files_of(spark: SparkWarehouse, name: str) -> Files:
    """Return the files of each partition of a table, with the nanosecond in which they were written."""
    partitions = (spark.warehouse / "stored.db" / name).glob("lies_in=*")
    return {
        partition.name: {file.name: file.stat().st_mtime_ns for file in partition.glob("*.parquet")}
        for partition in partitions
    }


def found_in_files(place: Path) -> list[str]:
    """Return the files in which the word or the person stands, whether they are compressed or not."""
    found = []
    for file in (file for file in place.rglob("*") if file.is_file()):
        text = file.read_bytes()
        if file.suffix == ".parquet":
            rows = duckdb.execute("select * from read_parquet(?, hive_partitioning = false)", [str(file)]).fetchall()
            text += str(rows).encode()
        if WORD.encode() in text or FORGOTTEN.encode() in text:
            found.append(str(file.relative_to(place)))
    return found
