"""The serving copy: all of one build, read at any time, replaced at once or not at all."""

import dataclasses
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy
from sqlalchemy import create_engine, inspect, text

from builders import ConversationBuilder, conversation, raw_input
from messaging_warehouse import serving
from messaging_warehouse.serving import Publication, PublishingError, publish, spare_of
from raw_folders import BUILD, parsed_dbt
from serving_readers import BUILD_ID, Looks, by_driver, look, readers
from warehouse import PROJECT, DbtRun, load_raw

Relations = list[dict[str, Any]]
# Readers read while so many builds are made.
READ_BUILDS = int(os.environ.get("MESSAGING_TEST_READ_BUILDS", "4"))


def _shares_blocks() -> bool:
    with tempfile.TemporaryDirectory() as place:
        one = Path(place) / "one"
        one.write_text("some")
        return subprocess.run(["cp", "--reflink=always", one, f"{one}.again"], capture_output=True).returncode == 0


# Where the file system does, a copy costs nothing and no spare is kept.
SHARES_BLOCKS = _shares_blocks()


def _serving(place: Path) -> Path:
    return place / "warehouse_serving.duckdb"


def _relations(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the published relations of an open database, each with what kind it is."""
    return dict(
        connection.execute(
            "select table_name, table_type from information_schema.tables where table_schema = 'main' order by all"
        ).fetchall()
    )


def _assert_equal(copy: duckdb.DuckDBPyConnection, warehouse: duckdb.DuckDBPyConnection) -> None:
    """Hold every published relation equal, row for row, and all that is said of it."""
    relations = _relations(warehouse)
    assert _relations(copy) == relations
    for name in relations:
        rows = f"select * from {name}"
        assert Counter(copy.execute(rows).fetchall()) == Counter(warehouse.execute(rows).fetchall()), name
    for about in ("select sql from duckdb_tables() where schema_name = 'main' order by all",
                  "select table_name, column_name, data_type from duckdb_columns() where not internal "
                  "and schema_name = 'main' order by all"):  # fmt: skip
        assert copy.execute(about).fetchall() == warehouse.execute(about).fetchall()


def _debris(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if ".tmp" in path.name or path.name.endswith(".wal"))


# --- what is in it ------------------------------------------------------------------------------


def test_the_copy_is_core_and_marts_row_for_row(demo: DbtRun) -> None:
    with demo.connect() as warehouse, duckdb.connect(str(_serving(demo.database.parent)), read_only=True) as copy:
        assert set(_relations(warehouse).values()) == {"BASE TABLE", "VIEW"}
        _assert_equal(copy, warehouse)
        assert copy.execute("select build_state from dim_build").fetchall() == [("complete",)]


def test_the_copy_is_core_and_marts_alone_and_says_what_they_mean(demo: DbtRun) -> None:
    with duckdb.connect(str(_serving(demo.database.parent)), read_only=True) as copy:
        assert copy.execute("select distinct schema_name from duckdb_tables()").fetchall() == [("main",)]
        for undescribed in (
            "select table_name from duckdb_tables() where coalesce(comment, '') = ''",
            "select view_name from duckdb_views() where not internal and coalesce(comment, '') = ''",
            "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''",
        ):
            assert copy.execute(undescribed).fetchall() == []


def test_the_copy_is_one_file_that_stands_alone(demo: DbtRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = _serving(demo.database.parent)
    assert _debris(published.parent) == []
    assert not published.stat().st_mode & 0o222
    elsewhere = shutil.copy(published, tmp_path / "of march.duckdb")
    monkeypatch.chdir(tmp_path)
    for path in (str(published), "of march.duckdb"):
        with duckdb.connect(path, read_only=True) as copy:
            for name in _relations(copy):
                copy.execute(f"select * from {name}").fetchall()
    engine = create_engine(f"duckdb:///{elsewhere}", connect_args={"read_only": True})
    with engine.connect() as connection:
        for view in inspect(engine).get_view_names(schema="main"):
            connection.execute(text(f"select * from {view}")).fetchall()
        assert connection.execute(text("select sum(session_count) from mart_channel_traffic_by_day")).scalar_one() > 100
    engine.dispose()


def _storage_version(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute("select tags['storage_version'] from duckdb_databases() where path is not null")
        return str(found.fetchall()[0][0])


def test_the_warehouse_and_the_copy_are_files_for_drivers_since_1_3(demo: DbtRun, tmp_path: Path) -> None:
    assert {_storage_version(demo.database), _storage_version(_serving(demo.database.parent))} == {"v1.3.0+"}
    duckdb.connect(str(tmp_path / "plain.duckdb")).close()
    assert _storage_version(tmp_path / "plain.duckdb") == "v1.0.0+", "which the engine would write by itself"


def test_the_copy_opens_as_the_readme_says(demo: DbtRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo.database.parent)
    told = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    by_driver, by_sqlalchemy = told[0].splitlines()
    names = {"duckdb": duckdb, "sqlalchemy": sqlalchemy, "NullPool": sqlalchemy.NullPool}
    with eval(by_driver, names) as copy:
        assert copy.execute("select count(*) from dim_build").fetchall() == [(1,)]
    with eval(by_sqlalchemy, names).connect() as connection:
        assert connection.execute(text("select count(*) from dim_build")).scalar_one() == 1


# --- when it is published -------------------------------------------------------------------------


def _conversation(number: int) -> ConversationBuilder:
    return conversation(f"c{number}").at(f"10:{number:02}").end_user("Hello?")


def _write(root: Path, *streams: ConversationBuilder) -> str:
    """Write streams as the raw folder of a shop; return the folder."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        load_raw(connection, "raw", raw_input(*streams))
        folder = root / "raw" / "raw_conversation_events"
        folder.mkdir(parents=True, exist_ok=True)
        connection.execute(f"copy raw.raw_conversation_events to '{folder}/part.parquet'")
    return str(folder.parent)


def _build(place: Path, raw: str, command: list[str] = BUILD, **environment: str) -> DbtRun:
    return parsed_dbt().run(
        command, place, raw=raw, environment={"MESSAGING_SERVING": str(_serving(place)), **environment}
    )


@dataclasses.dataclass(frozen=True)
class Shop:
    """A small shop as it was built and built again upon that, and its copy of the first of the two builds."""

    place: Path
    older: Path
    seconds: float  # that the second took


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Build a small shop and again where nothing has changed, and keep it as it is then."""
    place = tmp_path_factory.mktemp("small") / "shop"
    place.mkdir()
    raw = _write(place, _conversation(1))
    _assert_published(_build(place, raw), is_whole=True)
    older = Path(shutil.copy2(_serving(place), place.with_name("older.duckdb")))
    started = time.monotonic()
    _assert_published(_build(place, raw, ["run"]), is_whole=False)
    seconds = time.monotonic() - started
    shutil.copytree(place, place.with_name("as built"))
    return Shop(place, older, seconds)


@pytest.fixture
def open_shop(shop: Shop) -> Path:
    """The shop as it was built, in the same place: what is read from another folder would be made anew."""
    shutil.rmtree(shop.place)
    return Path(shutil.copytree(shop.place.with_name("as built"), shop.place))


def _agents_twice(place: Path) -> None:
    folder = place / "raw" / "raw_agents"
    folder.mkdir()
    (folder / "agents.csv").write_text("agent_id,agent_name,email,is_active\na1,Ana,,true\na1,Ann,,true\n")


def _rejected_events(place: Path) -> None:
    _write(place, _conversation(1).event("telepathy"), _conversation(2))


def _another_conversation(place: Path) -> None:
    _write(place, _conversation(1), _conversation(2))


def _leave_the_copy(place: Path, command: list[str], exit_code: int, **environment: str) -> None:
    """Build what is not to be published, and hold the copy to be what it was."""
    before = _serving(place).read_bytes()
    run = _build(place, str(place / "raw"), command, **environment)
    assert run.exit_code == exit_code, run.output
    assert _serving(place).read_bytes() == before
    assert _debris(place) == []


@pytest.mark.deep
@pytest.mark.parametrize(
    ("command", "change", "exit_code"),
    [
        pytest.param(["run"], _rejected_events, 1, id="a model failed"),
        pytest.param(["run", "--empty"], _another_conversation, 2, id="no row would have been built"),
        pytest.param(["test", "--select", "dim_build"], _another_conversation, 0, id="nothing was built"),
    ],
)
def test_only_a_whole_good_build_is_published(
    open_shop: Path, command: list[str], change: Callable[[Path], None], exit_code: int
) -> None:
    change(open_shop)
    _leave_the_copy(open_shop, command, exit_code)


@pytest.mark.deep
def test_tables_without_a_row_are_not_published(tmp_path: Path) -> None:
    raw = _write(tmp_path, _conversation(1))
    for command in (["seed"], ["run", "--empty"]):
        run = _build(tmp_path, raw, command)
        assert run.exit_code == 0, run.output
    with run.connect() as warehouse:
        assert warehouse.execute("select count(*) from fct_messages").fetchall() == [(0,)]
    assert not _serving(tmp_path).exists()


@pytest.mark.deep
def test_a_copy_that_cannot_be_published_is_told_in_one_sentence_and_the_warehouse_stands(open_shop: Path) -> None:
    raw = _write(open_shop, _conversation(1), _conversation(2))
    no_place = open_shop / "raw" / "raw_conversation_events" / "part.parquet" / "copy.duckdb"
    run = _build(open_shop, raw, MESSAGING_SERVING=str(no_place))
    assert run.exit_code != 0
    sentences = [line for line in run.output.splitlines() if "MESSAGING_SERVING: the warehouse is built, but" in line]
    assert len(sentences) > 0 and "File exists" in sentences[0]
    assert "Traceback" not in run.output
    with run.connect() as warehouse:
        assert warehouse.execute("select delivery_count, build_state from dim_build").fetchall() == [(2, "complete")]


# --- made out of the last one ---------------------------------------------------------------------


def _assert_published(run: DbtRun, *, is_whole: bool) -> None:
    """The build was good, its copy is the warehouse, and was made whole or out of the last one."""
    assert run.exit_code == 0, run.output
    with run.connect() as warehouse, duckdb.connect(str(_serving(run.database.parent)), read_only=True) as copy:
        _assert_equal(copy, warehouse)
        build_id = (warehouse.execute(BUILD_ID).fetchone() or ("",))[0]
        published = warehouse.execute("select build_id, is_whole, next_build_id from journal.published").fetchall()
        assert published == [(build_id, is_whole, None)]
        tables = "select table_name from duckdb_tables() where schema_name = 'journal' and contains(table_name, '__')"
        kept = [name for (name,) in warehouse.execute(tables).fetchall()]
        has_spare = warehouse.execute("select count(*) from journal.spare").fetchall() == [(1,)]
        assert has_spare == (not is_whole and not SHARES_BLOCKS) == spare_of(_serving(run.database.parent)).exists()
        assert all(name.startswith("before__") for name in kept) and bool(kept) == has_spare


def _answered(*texts: str) -> ConversationBuilder:
    stream = _conversation(2)
    for each in texts:
        stream.after(minutes=1).agent("a1", each)
    return stream


def _agent_named(place: Path, name: str) -> None:
    folder = place / "raw" / "raw_agents"
    folder.mkdir(exist_ok=True)
    (folder / "agents.csv").write_text(f"agent_id,agent_name,email,is_active\na1,{name},,true\n")


def _named_and_written(place: Path, name: str, answers: list[str], *numbers: int) -> None:
    _agent_named(place, name)
    _write(place, _answered(*answers), *(_conversation(number) for number in numbers), _LATER)


_LATER = _conversation(30)  # so that time does not go back where rows are gone
# Rows of events, and beside them a name in a table of its own. With each the numbers that readers look at change.
CHANGES: tuple[Callable[[Path], Any], ...] = (
    lambda place: _named_and_written(place, "Ana", ["Yes?", "Hello?"], 3),  # they come
    lambda place: _named_and_written(place, "Ann", ["Yes!", "Hello!", "Well?"], 3, 4),  # change
    lambda place: _write(place, _answered("Yes!"), _LATER),  # and are gone
)


@pytest.mark.deep
def test_the_copy_made_out_of_the_last_one_is_all_there_and_readers_see_one_build_at_a_time(open_shop: Path) -> None:
    """Core and marts, row for row, while others read: each look is at one build, and none meets an error."""
    published = {}

    def look_up() -> None:
        with by_driver(_serving(open_shop)) as ask:
            build_id, numbers, _ = look(ask)
        published[build_id] = numbers

    look_up()
    with readers(_serving(open_shop)) as found:
        for change in islice(cycle(CHANGES), READ_BUILDS):
            change(open_shop)
            _assert_published(_build(open_shop, str(open_shop / "raw"), ["run"]), is_whole=False)
            look_up()
        time.sleep(1)  # for a last look
    told = list(published.values())
    for before, after in pairwise(told):
        assert all(one != other for one, other in zip(before, after, strict=True)), "or two builds are not told apart"
    for looks in found:
        assert looks.errors == []
        assert len({build_id for build_id, _, _ in looks.seen}) > 1
        assert set(looks.seen) <= {(build_id, numbers, build_id) for build_id, numbers in published.items()}
        assert looks.seen[-1][0] == list(published)[-1]

    # Nobody reads any more: the copy before the last is made use of, with what two builds have changed.
    spare = None if SHARES_BLOCKS else _inode(spare_of(_serving(open_shop)))
    CHANGES[0](open_shop)
    _assert_published(_build(open_shop, str(open_shop / "raw"), ["run"]), is_whole=False)
    assert spare in (None, _inode(_serving(open_shop)))

    # And what people wrote is not kept for a copy that can no longer be made of it.
    run = _build(open_shop, str(open_shop / "raw"), ["run", "--select", "dim_dates"])
    with run.connect() as warehouse:
        kept = "select table_name from duckdb_tables() where schema_name = 'journal' and contains(table_name, '__')"
        assert warehouse.execute(kept).fetchall() == []


@pytest.mark.deep
@pytest.mark.parametrize(
    ("command", "change", "exit_code", "environment", "mend"),
    [
        pytest.param(["run", "--select", "+fct_messages"], _another_conversation, 0, {}, None, id="a part was built"),
        pytest.param(
            ["build", "--exclude", "resource_type:unit_test"], _agents_twice, 1, {},
            lambda place: _agent_named(place, "Ana"), id="a test failed",
        ),
        pytest.param(["run"], _another_conversation, 0, {"MESSAGING_SERVING": "none"}, None, id="none was wanted"),
    ],
)  # fmt: skip
def test_what_happened_without_a_publication_leaves_the_copy_and_makes_the_next_a_whole_one(
    open_shop: Path,
    command: list[str],
    change: Callable[[Path], None],
    exit_code: int,
    environment: dict[str, str],
    mend: Callable[[Path], None] | None,
) -> None:
    change(open_shop)
    _leave_the_copy(open_shop, command, exit_code, **environment)
    if mend:
        mend(open_shop)
    _assert_published(_build(open_shop, str(open_shop / "raw"), ["run"]), is_whole=True)


@pytest.mark.deep
def test_a_killed_build_makes_the_next_publication_a_whole_one(shop: Shop, open_shop: Path) -> None:
    raw = _write(open_shop, _conversation(1), _answered("Yes?"))
    environment = {"MESSAGING_SERVING": str(_serving(open_shop))}
    for share in (0.75, 0.5, 0.25):  # it may be over sooner than the one whose seconds are known
        run = parsed_dbt().run(["run"], open_shop, raw=raw, environment=environment, kill_after=share * shop.seconds)
        if run.exit_code == -signal.SIGKILL:
            break
    assert run.exit_code == -signal.SIGKILL
    with duckdb.connect(str(open_shop / "warehouse.duckdb")) as warehouse:  # for writing: the log is read first
        begun = warehouse.execute("select next_build_id is not null from journal.published").fetchall()
    assert begun == [(True,)]
    _assert_published(_build(open_shop, raw, ["run"]), is_whole=True)


@pytest.mark.deep
def test_a_copy_that_an_older_one_was_put_in_the_place_of_is_made_whole(shop: Shop, open_shop: Path) -> None:
    Path(shutil.copy2(shop.older, open_shop / "older.duckdb")).replace(_serving(open_shop))
    raw = _write(open_shop, _conversation(1), _answered("Yes?"))
    _assert_published(_build(open_shop, raw, ["run"]), is_whole=True)


# --- the file, without dbt ------------------------------------------------------------------------


def _told(number: int) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory of which a reader's questions get this number for an answer."""
    connection = duckdb.connect()
    connection.execute(f"""
        create table dim_build as select 'build {number}' as build_id, {number} as delivery_count;
        create table fct_conversation_events as select unnest(range({number})) as conversation_id;
        create table fct_messaging_sessions as select unnest(range({number})) as session_id;
        create table mart_channel_traffic_by_day as select {number} as session_count;
        create table fct_messages as select unnest(range({number})) as message_id;
    """)
    return connection


TOLD: Relations = [
    {"name": name, "description": "It's told.", "columns": {}, "view": view}
    for name, view in {
        "dim_build": None,
        "fct_conversation_events": None,
        "fct_messaging_sessions": None,
        "mart_channel_traffic_by_day": None,
        "fct_messages": None,
        "exp_messages": "select * from main.fct_messages",
    }.items()
]


def _publish(path: Path, number: int) -> None:
    with _told(number) as warehouse:
        publish(warehouse, str(path), f"b{number}", "main", TOLD)


def _publish_and_die(path: Path, number: int, function: str) -> None:
    """Publish, and be killed where a function would have been called."""
    setattr(serving, function, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    _publish(path, number)


@pytest.mark.parametrize("before", ["_comments", "_replace"])
def test_a_killed_publication_leaves_the_last_copy_and_the_next_its_own_alone(tmp_path: Path, before: str) -> None:
    path = tmp_path / "serving.duckdb"
    _publish(path, 1)
    last = path.read_bytes()
    killed = multiprocessing.get_context("spawn").Process(target=_publish_and_die, args=(path, 2, before))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert path.read_bytes() == last
    assert _debris(tmp_path) != []

    _publish(path, 3)
    assert _debris(tmp_path) == []
    with by_driver(path) as ask:
        assert look(ask) == ("build 3", (3,) * 5, "build 3")


def test_who_has_the_last_copy_open_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "serving.duckdb"
    _publish(path, 1)
    with by_driver(path) as ask_the_last:
        _publish(path, 2)
        assert look(ask_the_last) == ("build 1", (1,) * 5, "build 1")
        with by_driver(path) as ask_in_the_same_process:
            assert ask_in_the_same_process(BUILD_ID) == "build 1"
    with by_driver(path) as ask:
        assert ask(BUILD_ID) == "build 2"


def test_a_reader_who_opens_it_for_writing_stops_no_publication(tmp_path: Path) -> None:
    path = tmp_path / "serving.duckdb"
    _publish(path, 1)
    with _held_for_writing(path):
        _publish(path, 2)
        with by_driver(path) as ask:
            assert ask(BUILD_ID) == "build 2"
    assert _debris(tmp_path) == []


@contextmanager
def _held_for_writing(path: Path) -> Iterator[None]:
    spawned = multiprocessing.get_context("spawn")
    locked, release = spawned.Event(), spawned.Event()
    rude = spawned.Process(target=_hold_for_writing, args=(path, locked, release))
    rude.start()
    try:
        assert locked.wait(60)
        yield
    finally:
        release.set()
        rude.join(60)
    assert rude.exitcode == 0


def _hold_for_writing(path: Path, locked: Any, release: Any) -> None:
    path.chmod(0o644)  # as who may write to any file
    with duckdb.connect(str(path)):
        path.chmod(0o444)
        locked.set()
        release.wait(60)


@pytest.mark.parametrize("mode", [0o644, 0o444])
@pytest.mark.parametrize("stranger", ["a database", "half a database", "another engine's", "a text", "a folder"])
def test_a_file_that_is_no_serving_copy_is_left_alone(tmp_path: Path, stranger: str, mode: int) -> None:
    """Nor does it become one by being nobody's to write, as a signed letter or an archive is."""
    path = tmp_path / "raw.duckdb"
    if stranger in ("a database", "half a database"):
        _a_strangers(path)
        path.write_bytes(path.read_bytes()[: 6000 if stranger == "half a database" else None])
    elif stranger == "another engine's":
        with closing(sqlite3.connect(path)) as other:
            other.execute("create table raw_conversation_events (event_id text)")
    elif stranger == "a text":
        path.write_text("Dear diary")
    else:
        path.mkdir()
    before = path.read_bytes() if path.is_file() else None
    if before is not None:
        path.chmod(mode)
    _is_left_alone(path, before)


def test_an_archive_that_somebody_has_locked_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "raw.duckdb"
    _a_strangers(path)
    before = path.read_bytes()
    with _held_for_writing(path):
        _is_left_alone(path, before)


def _a_strangers(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema landing; create table landing.raw_conversation_events (event_id varchar)")


def _is_left_alone(path: Path, before: bytes | None) -> None:
    with pytest.raises(PublishingError, match=r"raw\.duckdb is there and is no serving copy, so it was left alone"):
        _publish(path, 1)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert _debris(path.parent) == []


def test_a_copy_for_which_there_is_no_room_leaves_the_last(tmp_path: Path) -> None:
    path = tmp_path / "serving.duckdb"
    _publish(path, 10)
    before, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    with _told(500_000) as warehouse:
        # As a full disk, of the files of this process alone.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(
                PublishingError, match=r"is as it was; mend the cause and build again: .*File too large"
            ):
                publish(warehouse, str(path), "b2", "main", TOLD)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.read_bytes() == before and _debris(tmp_path) == []
        publish(warehouse, str(path), "b3", "main", TOLD)
    assert path.read_bytes() != before


def test_a_bucket_is_refused(tmp_path: Path) -> None:
    with _told(1) as warehouse, pytest.raises(PublishingError, match="name a local file"):
        publish(warehouse, "s3://bucket/serving.duckdb", "b1", "main", TOLD)


GRAINS = {"dim_build": [], "by_two": ["id", "part"], "by_none": []}
DESCRIBED: Relations = [
    {"name": name, "description": "It's told.", "columns": {}, "view": None} for name in GRAINS
] + [{"name": "seen", "description": "It's told.", "columns": {}, "view": "select * from main.by_two"}]  # fmt: skip


class Changing:
    """A warehouse in memory whose rows change at random, and which writes down what is gone and what came."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing, published at a path."""
        self.path = path
        self.warehouse = duckdb.connect()
        self.warehouse.execute("""
            create schema journal;
            create table dim_build (build_id varchar);
            create table by_two (id integer, part varchar, number double not null);
            create table by_none (word varchar, number double);
            create view seen as select * from main.by_two;
        """)
        self._chance = random.Random(7)
        self._build_count = 0
        self._changes_before: dict[str, dict[str, Any]] = {}
        self.last: Publication | None = None
        self.publish(DESCRIBED)

    def publish(self, relations: Relations, last: Publication | None = None) -> None:
        """Publish as the next build."""
        self._build_count += 1
        build_id = f"build {self._build_count}"
        self.warehouse.execute(f"delete from dim_build; insert into dim_build values ('{build_id}')")
        self.last = publish(self.warehouse, str(self.path), build_id, "main", relations, last)

    def change(self) -> None:
        """Replace the rows by others, of which some are the same, and publish."""
        relations = [dict(relation) for relation in DESCRIBED]
        for relation in relations:
            if relation["name"] in ("by_two", "by_none"):
                relation["changes"] = self._replace(relation["name"]) | {"grain": GRAINS[relation["name"]]}
                relation["changes_before"] = self._changes_before.get(relation["name"])
        self.publish(relations, self.last)
        self._changes_before = {
            relation["name"]: {key: self._kept(value) for key, value in relation["changes"].items()}
            for relation in relations
            if "changes" in relation
        }

    def _kept(self, value: Any) -> Any:
        """Copy the tables of what changed, which the next change replaces; what is told beside them stays."""
        if not isinstance(value, str):
            return value
        kept = value.replace("memory.journal.", "memory.journal.before__")
        self.warehouse.execute(f"create or replace table {kept} as from {value}")
        return kept

    def _replace(self, table: str) -> dict[str, str]:
        rows = {
            (self._chance.choice([1, 2, 3, None]), self._chance.choice(["a", "b", None])): self._chance.choice([0.5, 1])
            for _ in range(8)
        }
        stood, gone, came = f"journal.stood__{table}", f"memory.journal.gone__{table}", f"memory.journal.came__{table}"
        self.warehouse.execute(f"create or replace table {stood} as from {table}; delete from {table}")
        for (number, word), value in rows.items():
            if table == "by_two":
                self.warehouse.execute("insert into by_two values (?, ?, ?)", [number, word, value])
            else:
                self.warehouse.execute("insert into by_none select ?, ? from range(?)", [word, value, number or 0])
        self.warehouse.execute(f"create or replace table {gone} as from {stood} except all from {table}")
        self.warehouse.execute(f"create or replace table {came} as from {table} except all from {stood}")
        return {"gone": gone, "came": came}

    def assert_equal(self, *, is_whole: bool) -> None:
        """Hold the copy equal to the warehouse."""
        assert self.last is not None and self.last.is_whole == is_whole
        with duckdb.connect(str(self.path), read_only=True) as copy:
            _assert_equal(copy, self.warehouse)


def test_a_copy_follows_what_changes(tmp_path: Path) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    changing.assert_equal(is_whole=True)
    for _ in range(20):
        changing.change()
        changing.assert_equal(is_whole=False)
    assert _debris(tmp_path) == []


# --- the spare --------------------------------------------------------------------------------------


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """With what the copies were begun, one after the other."""
    found: list[Any] = []
    begin = serving._begin

    def begun(*told: Any) -> Any:
        found.append(begin(*told))
        return found[-1]

    monkeypatch.setattr(serving, "_begin", begun)
    return found


@pytest.fixture
def _no_shared_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = serving._copied
    monkeypatch.setattr(serving, "_copied", lambda *told: "--reflink=always" not in told[2] and copied(*told))


def _inode(path: Path) -> int:
    return path.stat().st_ino


@pytest.mark.usefixtures("_no_shared_blocks")
def test_two_files_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the second change on no byte is copied: the copy before the last is brought up to date, and was complete."""
    changing = Changing(tmp_path / "serving.duckdb")
    changing.change()
    monkeypatch.setattr(serving, "_copied", lambda *_: False)
    for _ in range(20):
        last, spare = _inode(changing.path), _inode(spare_of(changing.path))
        assert last != spare
        changing.change()
        changing.assert_equal(is_whole=False)
        assert (_inode(changing.path), _inode(spare_of(changing.path))) == (spare, last)
    assert _debris(tmp_path) == []


def _open_by_driver(path: Path, is_open: Any, release: Any) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        before = connection.execute("from by_two").fetchall()
        is_open.set()
        release.wait(60)
        connection.execute("set memory_limit = '1MB'; set memory_limit = '1GB'")  # so that it reads the file again
        assert connection.execute("from by_two").fetchall() == before


def _open_by_a_program(path: Path, is_open: Any, release: Any) -> None:
    with path.open("rb") as file:
        before = path.read_bytes()
        is_open.set()
        release.wait(60)
        assert file.read() == before


@pytest.mark.usefixtures("_no_shared_blocks")
@pytest.mark.parametrize("hold", [_open_by_driver, _open_by_a_program])
@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_spare_that_somebody_has_open_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Callable[..., None], is_guarded: bool
) -> None:
    """The reader keeps what it opened, the copy follows all the same; without the guard the reader would notice."""
    changing = Changing(tmp_path / "serving.duckdb")
    changing.change()
    spawned = multiprocessing.get_context("spawn")
    is_open, release = spawned.Event(), spawned.Event()
    reader = spawned.Process(target=hold, args=(changing.path, is_open, release))
    reader.start()
    try:
        assert is_open.wait(60)
        changing.change()  # now what the reader has open is the spare
        if not is_guarded:
            monkeypatch.setattr(serving, "_is_nobodys", lambda _: True)
        try:
            changing.change()
        except PublishingError:  # the driver's lock
            assert not is_guarded and hold is _open_by_driver
            release.set()
            return
        changing.assert_equal(is_whole=False)
    finally:
        release.set()
        reader.join(60)
    assert (reader.exitcode == 0) == is_guarded


@pytest.mark.usefixtures("_no_shared_blocks")
@pytest.mark.parametrize(
    "happens", ["it is removed", "it is written to", "another takes its place", "it has two names"]
)
def test_a_spare_that_is_not_the_copy_before_the_last_is_not_used(
    tmp_path: Path, ways: list[Any], happens: str
) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    for _ in range(2):
        changing.change()
    spare = spare_of(changing.path)
    if happens == "it is removed":
        spare.unlink()
    elif happens == "it is written to":
        _written_to(spare)
    elif happens == "another takes its place":
        shutil.copy2(changing.path, spare.with_name("another"))
        spare.with_name("another").replace(spare)
    else:
        os.link(spare, spare.with_name("another"))
    for _ in range(2):
        changing.change()
        changing.assert_equal(is_whole=False)
    assert [way.name for way in ways] == ["BYTES", "SPARE", "BYTES", "SPARE"]


def _opens(path: Path) -> None:
    while path.exists():
        with suppress(FileNotFoundError):
            path.open("rb").close()


@pytest.mark.skipif(sys.platform != "linux", reason="asked of Linux")
def test_who_opens_a_file_while_it_is_asked_whose_it_is_ends_no_build(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("some")
    opener = multiprocessing.get_context("spawn").Process(target=_opens, args=(file,))
    opener.start()
    answers: set[bool] = set()
    ends_at = time.monotonic() + 20
    while answers != {True, False} or time.monotonic() < ends_at - 17:
        answers.add(serving._is_nobodys(file))
        assert time.monotonic() < ends_at
    file.unlink()
    opener.join(20)


@pytest.mark.usefixtures("_no_shared_blocks")
def test_a_spare_of_another_build_calls_for_a_whole_copy(tmp_path: Path) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    for _ in range(2):
        changing.change()
    assert changing.last is not None and changing.last.spare_build_id == "build 2"
    changing.last = dataclasses.replace(changing.last, spare_build_id="build 1")
    changing.change()
    changing.assert_equal(is_whole=True)


@pytest.mark.usefixtures("_no_shared_blocks")
def test_a_whole_copy_leaves_no_spare(tmp_path: Path) -> None:
    """What asks for one may be that something has to vanish."""
    changing = Changing(tmp_path / "serving.duckdb")
    for _ in range(2):
        changing.change()
    assert spare_of(changing.path).exists()
    changing.publish(DESCRIBED)
    changing.assert_equal(is_whole=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [changing.path.name]
    assert changing.last is not None and not changing.last.spare_file


@pytest.mark.usefixtures("_no_shared_blocks")
def test_a_publication_that_fails_at_its_last_step_leaves_the_last_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a second name by then, and none that a later publication would write to."""
    changing = Changing(tmp_path / "serving.duckdb")
    for _ in range(2):
        changing.change()
    last, bytes_before, told = changing.last, changing.path.read_bytes(), _inode(changing.path)

    def fails(*_: Any) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(serving, "_replace", fails)
        with pytest.raises(PublishingError, match="no room"):
            changing.change()
    assert changing.path.read_bytes() == bytes_before and _inode(changing.path) == told
    changing.publish(DESCRIBED, last)  # of what has changed meanwhile nothing is known
    assert _inode(changing.path) != told
    changing.assert_equal(is_whole=False)


@pytest.mark.parametrize(
    ("failing", "code", "is_whole"),
    [
        (["--reflink=always"], 1, False),
        (["--reflink=always", "direct"], 1, False),
        (["--reflink=always", "direct"], 0, False),
        (["--reflink=always", "direct", "cp"], 1, True),
        (["--reflink=always", "direct", "cp"], 0, True),
    ],
)
def test_bytes_are_copied_by_whatever_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: list[str], code: int, is_whole: bool
) -> None:
    """Where a command fails half-way, said or unsaid, the next begins anew; where none can all rows are copied."""
    changing = Changing(tmp_path / "serving.duckdb")
    for tool in ("cp", "dd"):
        path = Path(shutil.which(tool) or "")
        words = " ".join(
            f'*{word}*) for last; do true; done; echo half > "${{last#of=}}"; exit {code};;' for word in failing
        )
        shim = tmp_path / "tools" / tool
        shim.parent.mkdir(exist_ok=True)
        shim.write_text(f'#!/bin/sh\ncase "{tool} $*" in {words} esac\nexec {path} "$@"\n')
        shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "tools"), prepend=os.pathsep)
    changing.change()
    changing.assert_equal(is_whole=is_whole)
    assert _debris(tmp_path) == []


@pytest.mark.parametrize("statement", ["_delete", "_insert", "_bring_up_to_date"])
def test_a_change_that_is_left_out_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    changing.change()
    changing.assert_equal(is_whole=False)
    monkeypatch.setattr(serving, statement, lambda *_: None)
    changing.change()
    with pytest.raises(AssertionError):
        changing.assert_equal(is_whole=False)


def _removed(path: Path) -> None:
    path.unlink()


def _written_to(path: Path) -> None:
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table mine as select 1 as one")


@pytest.mark.parametrize("happens", [_removed, _written_to])
def test_a_copy_that_is_not_the_last_one_untouched_is_made_whole(
    tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    happens(changing.path)
    changing.change()
    changing.assert_equal(is_whole=True)


def test_a_copy_of_another_build_or_form_is_made_whole(tmp_path: Path) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    assert changing.last is not None
    changing.last = dataclasses.replace(changing.last, build_id="build 0")
    changing.change()
    changing.assert_equal(is_whole=True)
    changing.warehouse.execute("alter table by_none alter column number set not null")
    changing.change()
    changing.assert_equal(is_whole=True)
    described = [{**relation, "description": "It's told otherwise."} for relation in DESCRIBED]
    changing.publish(described, changing.last)
    changing.assert_equal(is_whole=True)


def test_a_copy_that_is_for_the_greater_part_empty_is_made_whole(tmp_path: Path) -> None:
    changing = Changing(tmp_path / "serving.duckdb")
    changing.warehouse.execute(
        "insert into by_none select cast(md5(cast(range as varchar)) as varchar), 1 from range(500000)"
    )
    changing.publish(DESCRIBED, changing.last)  # without `changes`, as if every table were made anew
    changing.assert_equal(is_whole=False)
    size = changing.path.stat().st_size
    changing.change()
    assert changing.last is not None and not changing.last.is_whole
    for _ in range(2):
        changing.change()
    changing.assert_equal(is_whole=False)
    assert changing.path.stat().st_size < size / 2


# --- readers during builds --------------------------------------------------------------------------


def _assert_at_peace(found: list[Looks], builds: set[str]) -> None:
    """No reader met an error or two builds, and each saw builds come and go."""
    for looks in found:
        assert looks.errors == []
        assert looks.mixed == []
        seen = {build_id for build_id, _, _ in looks.seen}
        assert len(seen) > 1
        assert seen <= builds


def _publish_in_place(path: Path, number: int) -> None:
    """Publish as one should not: table after table, into the file that is read."""
    with _told(number) as warehouse:
        warehouse.execute(f"attach '{path}' as copy")
        for relation in TOLD:
            if relation["view"] is None:
                warehouse.execute(f"create or replace table copy.{relation['name']} as from {relation['name']}")


def _publish_by_overwriting(path: Path, number: int) -> None:
    """Publish as one should not: a good file, copied over the one that is read."""
    _publish(path.with_name("good.duckdb"), number)
    path.chmod(0o644)
    shutil.copyfile(path.with_name("good.duckdb"), path)


@pytest.mark.parametrize(
    ("how", "is_safe"), [(_publish, True), (_publish_in_place, False), (_publish_by_overwriting, False)]
)
def test_an_unsafe_publication_would_be_seen(tmp_path: Path, how: Callable[[Path, int], None], is_safe: bool) -> None:
    path = tmp_path / "serving.duckdb"
    number = 1
    _publish(path, number)
    # On a machine that has more to do a reader may not look at the wrong moment for a while.
    for _ in range(1 if is_safe else 6):
        with readers(path) as found:
            path.chmod(0o444 if is_safe else 0o644)
            ends_at = time.monotonic() + 5
            blocked = 0
            while time.monotonic() < ends_at:
                try:
                    how(path, number + 1)
                    number += 1
                except duckdb.IOException:  # a reader was in the way
                    blocked += 1
        is_seen = blocked > 0 or any(looks.errors or looks.mixed for looks in found)
        if is_seen:
            break
    if is_safe:
        assert blocked == 0
        _assert_at_peace(found, {f"build {each}" for each in range(1, number + 1)})
    else:
        assert is_seen
