"""The ledgers read each part of a log once: what is new or has changed, and nothing else."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from builders import conversation, messaging_user, presence
from messaging_warehouse.raw_input import file_fingerprints, find_problems
from raw_folders import BUILD, parsed_dbt, write_csv, write_ndjson, write_parquet
from warehouse import PROJECT, RAW_COLUMNS, RAW_SCHEMA, DbtRun, insert_rows, write_raw_schema

# Each test builds with dbt, several times over.
pytestmark = pytest.mark.deep

EVENTS = "raw_conversation_events"
PRESENCE = "raw_presence_events"
LEDGER_MODEL = "stg_messaging__conversation_event_ledger"
LEDGER = f"staging.{LEDGER_MODEL}"
PRESENCE_LEDGER = "staging.stg_messaging__presence_event_ledger"
READ = ["run", "--select", f"+{LEDGER.split('.')[1]}", f"+{PRESENCE_LEDGER.split('.')[1]}"]
SCOPE = ["run", "--select", "+int_build_scope"]

Row = Mapping[str, Any]
FIRST = conversation("c1").at("10:00").end_user("hi").at("10:05").agent("a1", "hello").rows
SECOND = conversation("c2").at("2024-03-05 10:00").end_user("hi").at("2024-03-05 10:05").agent("a1", "hello").rows
SHIFT = presence("a1").at("09:00").status("available").at("17:00").status("offline").rows


# --- what the ledger holds ------------------------------------------------------------------------


def _ask(run: DbtRun, query: str) -> list[tuple[Any, ...]]:
    with run.connect() as connection:
        return connection.execute(query).fetchall()


def holds(run: DbtRun, *rows: Row, ledger: str = LEDGER) -> bool:
    """Whether a ledger holds these deliveries, as often as they were delivered, and no others."""
    columns = ["event_id", "received_at_text", "conversation_id" if ledger == LEDGER else "status"]
    names = [column.replace("_text", "") for column in columns]
    found = _ask(run, f"select {', '.join(columns)} from {ledger}")
    return Counter(found) == Counter(tuple(row[name] for name in names) for row in rows)


def rows_read(run: DbtRun) -> dict[str, int]:
    """How many rows the last build had to read of each log."""
    return {
        log: int(_ask(run, f"select count(*) from staging.base_messaging__{log.removeprefix('raw_')}")[0][0])
        for log in (EVENTS, PRESENCE)
    }


def touched(run: DbtRun, unit: str) -> set[str]:
    """What the ledgers told the models behind them."""
    found = _ask(run, f"select id from journal.touched where unit = '{unit}' and source like '%ledger'")
    return {identity for (identity,) in found}


# --- files ------------------------------------------------------------------------------------------


class Folder:
    """A raw folder and the warehouse that was built from it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.root = place / "exports"

    def run(self, command: Iterable[str] = READ, **variables: Any) -> DbtRun:
        """Run dbt on the folder as it is."""
        return parsed_dbt().run(
            command, self.place, raw=str(self.root), variables={"max_rejected_rate": 1, **variables}
        )

    def read(self) -> DbtRun:
        """Read what is new; it must succeed."""
        run = self.run()
        assert run.exit_code == 0, run.output
        return run

    def events(self, name: str, rows: Iterable[Row], columns: Iterable[str] = RAW_COLUMNS[EVENTS]) -> Path:
        """Write a file of the event log."""
        file = self.root / EVENTS / name
        write_csv(file, tuple(columns), rows)
        return file


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Two days of events as CSV, one of presence as Parquet, and a completed build of them."""
    folder = Folder(tmp_path_factory.mktemp("ledger"))
    folder.events("2024-03-04.csv", FIRST)
    folder.events("2024-03-05.csv", SECOND)
    write_parquet(folder.root / PRESENCE / "shift.parquet", dict.fromkeys(RAW_COLUMNS[PRESENCE], "varchar"), SHIFT)
    run = folder.run(BUILD)
    assert run.exit_code == 0, run.output
    shutil.copytree(folder.root, folder.place / "exports as built")
    shutil.copy(run.database, folder.place / "as built.duckdb")
    return folder


@pytest.fixture
def folder(built: Folder) -> Folder:
    """The same folder and warehouse, as they were when the build was completed."""
    shutil.rmtree(built.root)
    shutil.copytree(built.place / "exports as built", built.root)
    shutil.copy(built.place / "as built.duckdb", built.place / "warehouse.duckdb")
    return built


def _spoil(file: Path) -> None:
    """Overwrite a file with what nobody can read, of the same size and time."""
    before = file.stat()
    file.write_bytes(b"\xff" * before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_has_been_read_is_not_opened_again(folder: Folder) -> None:
    """Neither by the look at the folder beforehand nor by the build; and once it has changed, the build stops."""
    events, shift = folder.root / EVENTS / "2024-03-04.csv", folder.root / PRESENCE / "shift.parquet"
    _spoil(events)
    _spoil(shift)

    run = folder.read()

    assert rows_read(run) == {EVENTS: 0, PRESENCE: 0}
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)
    assert _ask(run, "select count(*) from journal.touched") == [(0,)]

    os.utime(shift)
    stopped = folder.run()

    sentence = f"{shift}: not a readable Parquet file; write it again or take it out of the folder."
    assert stopped.exit_code != 0 and sentence in [line.strip() for line in stopped.output.splitlines()]
    assert str(events) not in stopped.output and "Traceback" not in stopped.output
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)


def test_a_new_file_is_read_whatever_its_times_and_columns(folder: Folder) -> None:
    """It was received before all that is there, comes with a column too many, and lacks a table of its own."""
    late = conversation("c1").at("09:00").end_user("first").altered(event_id="late").rows
    folder.events("late.csv", [row | {"shard": "7"} for row in late], ("shard", *reversed(RAW_COLUMNS[EVENTS])))

    run = folder.read()

    assert rows_read(run) == {EVENTS: 1, PRESENCE: 0}
    assert holds(run, *FIRST, *SECOND, *late)
    assert touched(run, "conversation") == {"c1"} and touched(run, "event") == {"late"}


def test_a_backslash_is_a_letter_of_a_file_name(folder: Folder) -> None:
    """Taken for a separator it would have rows come from another file than is listed, which nothing replaces."""
    folder.events("late\\2024-03-04.csv", FIRST)

    assert holds(folder.read(), *FIRST, *FIRST, *SECOND)

    folder.events("late\\2024-03-04.csv", FIRST[:1])

    assert holds(folder.read(), *FIRST, *FIRST[:1], *SECOND)


def _write_typed(file: Path, ids: str, payload: str, times: str, number: int) -> None:
    """Write two deliveries, one of them of an unknown kind: ids, a payload and times in the types that are named."""
    time = f"timestamptz '2024-03-0{number} 10:05:00+00'"
    values = {
        "conversation_id": f"cast(7 as {ids})", "messaging_user_id": f"if(n = 1, cast(7 as {ids}), null)",
        "event_id": f"'{number}-' || n", "event_type": "if(n = 1, 'message', 'none of ours')",
        "actor_type": "'end_user'", "payload": payload,
        "occurred_at": f"cast({time} as {times})", "received_at": f"cast({time} as {times})",
    }  # fmt: skip
    columns = ", ".join(f"{values.get(name, 'cast(null as varchar)')} as {name}" for name in RAW_COLUMNS[EVENTS])
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"copy (select {columns} from range(1, 3) as t(n)) to '{file}'")


def test_what_is_in_a_file_does_not_depend_on_what_is_read_with_it(folder: Folder) -> None:
    """One file after the other, or all at once, and with what the ledger alone still has of others.

    Whole numbers of which one is missing come out of pandas as floating ones; an object with one key more is of another
    type.
    """
    as_told = (
        "select * exclude (occurred_at_text, received_at_text), "
        "coalesce(occurred_at_text, cast(occurred_at as varchar)), "
        f"coalesce(received_at_text, cast(received_at as varchar)) from {LEDGER} order by event_id, part"
    )
    for file in (folder.root / EVENTS).iterdir():
        file.unlink()
    for number, (ids, payload, times) in enumerate(
        [
            ("bigint", "{'text': 'one'}", "timestamptz"),
            ("double", "{'text': 'two', 'language': 'en'}", "varchar"),
            ("varchar", '\'{"text":"three"}\'', "timestamp"),
        ],
        start=1,
    ):
        _write_typed(folder.root / EVENTS / f"{number}.parquet", ids, payload, times, number)
        run = folder.read()
    bit_by_bit = _ask(run, as_told)
    of_files = "where event_id similar to '.-.'"
    found = _ask(run, f"select distinct conversation_id, messaging_user_id from {LEDGER} {of_files}")
    assert set(found) == {("7", "7"), ("7", None)}
    payloads = _ask(run, f"select payload from {LEDGER} where event_id in ('1-1', '2-1', '3-1') order by event_id")
    assert payloads == [('{"text":"one"}',), ('{"text":"two","language":"en"}',), ('{"text":"three"}',)]

    at_once = folder.run(READ, presence_stale_hours=7)

    assert at_once.exit_code == 0, at_once.output
    assert rows_read(at_once)[EVENTS] == 6 + len(FIRST) + len(SECOND)
    assert _ask(at_once, as_told) == bit_by_bit


def test_a_new_file_that_lacks_a_column_is_refused(folder: Folder) -> None:
    file = folder.events("short.csv", FIRST, RAW_COLUMNS[EVENTS][:-1])
    stopped = folder.run()
    assert stopped.exit_code != 0
    assert f"{file}: column payload is missing; add it (it may be empty), as the raw contract says." in stopped.output
    assert holds(stopped, *FIRST, *SECOND)


def test_a_file_replaced_under_its_name_replaces_its_rows(folder: Folder) -> None:
    """Even within a second and with as many bytes. What came again as it was touches nothing."""
    file = folder.root / EVENTS / "2024-03-04.csv"
    before = file.stat()
    kept, altered = FIRST[0], FIRST[1] | {"conversation_id": "c9"}
    folder.events(file.name, [altered, kept])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert file.stat().st_size == before.st_size

    run = folder.read()

    assert rows_read(run) == {EVENTS: 2, PRESENCE: 0}
    assert holds(run, kept, altered, *SECOND)
    assert touched(run, "conversation") == {"c1", "c9"} and touched(run, "event") == {altered["event_id"]}


def test_a_file_that_is_emptied_loses_its_rows_and_one_that_vanishes_does_not(folder: Folder) -> None:
    """What was taken away after it had been read stays read: raw files may live shorter than the warehouse."""
    folder.events("2024-03-05.csv", [])
    vanished = folder.root / EVENTS / "2024-03-04.csv"
    vanished.rename(folder.place / "elsewhere.csv")

    run = folder.read()

    assert holds(run, *FIRST)
    assert touched(run, "gone_event") == {row["event_id"] for row in SECOND}

    (folder.place / "elsewhere.csv").rename(vanished)

    run = folder.read()

    assert rows_read(run) == {EVENTS: 0, PRESENCE: 0}
    assert holds(run, *FIRST)


def test_a_build_of_everything_reads_what_has_vanished_out_of_the_ledger(folder: Folder) -> None:
    """Whatever brings it about, but for the one that is told to hold what is there and nothing else."""
    vanished = folder.root / EVENTS / "2024-03-04.csv"
    vanished.unlink()
    (folder.root / PRESENCE / "shift.parquet").unlink()
    late = conversation("c1").at("09:00").end_user("first").altered(event_id="late").rows
    folder.events("late.csv", late)
    for hours in (7, 8):
        run = folder.run(READ, presence_stale_hours=hours)
        assert run.exit_code == 0, run.output
        assert _ask(run, "select builds_on_the_last from staging.stg_messaging__definitions") == [(False,)]
        assert rows_read(run) == {EVENTS: 5, PRESENCE: 2}
        assert holds(run, *FIRST, *SECOND, *late) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)
        assert len(_ask(run, "from journal.parts_read")) == 4

    folder.events(vanished.name, FIRST[:1])  # and what comes back takes the place of what was kept
    run = folder.run(READ, presence_stale_hours=8)
    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST[:1], *SECOND, *late)

    vanished.unlink()
    run = folder.run([*SCOPE, "--full-refresh"])
    assert run.exit_code == 0, run.output
    assert holds(run, *SECOND, *late) and holds(run, ledger=PRESENCE_LEDGER)
    assert len(_ask(run, "from journal.parts_read")) == 2


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["run", "--full-refresh", "--select", "mart_data_quality_by_day"], id="a mart"),
        pytest.param(["run", "--full-refresh", "--select", "dim_messaging_users"], id="a dimension"),
        pytest.param(["build", "--full-refresh", "--select", "event_types"], id="a seed"),
        pytest.param(["seed", "--full-refresh"], id="all seeds"),
        pytest.param(["run", "--empty", "--select", "mart_data_quality_by_day"], id="a mart without a row"),
    ],
)
def test_what_makes_something_else_anew_forgets_nothing(folder: Folder, command: list[str]) -> None:
    """What has vanished is read out of the ledger by the next build, which is a whole one."""
    (folder.root / EVENTS / "2024-03-04.csv").unlink()
    (folder.root / PRESENCE / "shift.parquet").unlink()
    run = folder.run(command)
    assert run.exit_code == 0, run.output
    run = folder.read()
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)


@pytest.mark.parametrize(
    "selected",
    [["fct_messages"], ["int_build_scope", "fct_messages"], ["+int_build_scope", "fct_messages"], ["int_build_scope+"]],
)
def test_no_fact_is_made_anew_without_all_that_it_is_made_of(folder: Folder, selected: list[str]) -> None:
    """What lies between would still hold no more than the last build touched, or take it for what it is to do."""
    run = folder.run(["run", "--full-refresh", "--select", *selected])
    assert run.exit_code != 0
    assert re.search(
        r"--full-refresh of \w+ without all that it is made of would leave out what the last build did not touch: run "
        r"it without a selection, or select \+\w+\.",
        run.output,
    )
    assert _ask(run, "select count(*) from fct_messages") == [(4,)]
    assert _ask(run, "select build_state from dim_build") == [("complete",)]


def test_a_fact_is_made_anew_with_all_that_it_is_made_of(folder: Folder) -> None:
    assert folder.run(["run"]).exit_code == 0  # of which nothing is new
    run = folder.run(["run", "--full-refresh", "--select", "+fct_messages"])
    assert run.exit_code == 0, run.output
    assert _ask(run, "select count(*) from fct_messages") == [(4,)]


def test_no_ledger_is_emptied(folder: Folder) -> None:
    """dbt would do so without a word; where nothing is kept there is nothing to refuse."""
    run = folder.run(["run", "--empty"])
    assert run.exit_code != 0
    ledger = LEDGER.split(".")[1]
    sentence = f"--empty would leave {ledger} without what was read, of which the raw input may have nothing more: use "
    assert sentence in run.output
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)
    run.database.unlink()
    for command in (["seed"], ["run", "--empty", "--select", "+int_build_scope"]):
        run = folder.run(command)
        assert run.exit_code == 0, run.output
    run = folder.read()
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)


def test_a_folder_in_another_format_is_a_folder_of_other_files(folder: Folder) -> None:
    """Parquet goes before CSV; what came in both ways was delivered twice, until a full refresh reads what there is."""
    types = dict.fromkeys(RAW_COLUMNS[EVENTS], "varchar")
    write_parquet(folder.root / EVENTS / "all.parquet", types, [*FIRST, *SECOND])

    run = folder.read()

    assert holds(run, *FIRST, *SECOND, *FIRST, *SECOND)

    run = folder.run([*SCOPE, "--full-refresh"])

    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST, *SECOND)


def test_a_clock_that_jumps_stops_a_build_that_builds_on_the_last(folder: Folder) -> None:
    """The ledger remembers the delivery, and the mended file takes its place; what is mended elsewhere does not."""
    (bad,) = conversation("c3").at("2024-03-05 11:00").end_user("hi").received("2024-04-05 11:00").rows
    file = folder.events("2024-03-06.csv", [bad])

    stopped = folder.run(SCOPE)

    assert stopped.exit_code != 0
    assert (
        "lies more than 7 days (max_clock_gap_days) after the next, 2024-03-05 10:05:00: one bad clock"
        in stopped.output
    )
    assert holds(stopped, *FIRST, *SECOND, bad)
    assert folder.run(SCOPE).exit_code != 0, "what has been read is judged again"

    good = bad | {"received_at": bad["occurred_at"]}
    file.rename(folder.place / "taken away.csv")
    assert folder.run(SCOPE).exit_code != 0, "what has vanished is kept"

    folder.events(file.name, [good])
    run = folder.run(SCOPE)

    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST, *SECOND, good)
    assert _ask(run, "select builds_on_the_last from intermediate.int_build_scope") == [(True,)]
    assert {"c3"} <= touched(run, "conversation")


def test_an_as_of_that_moves_back_makes_the_build_whole(folder: Folder) -> None:
    """The newest file came again without its newest row. Until this build is done there is none to build on."""
    folder.events("2024-03-05.csv", SECOND[:1])

    run = folder.run(SCOPE)

    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST, *SECOND[:1])
    assert _ask(run, "select builds_on_the_last from intermediate.int_build_scope") == [(False,)]
    assert _ask(run, "select count(*) from journal.builds") == [(0,)]


def test_another_location_makes_the_build_whole_and_so_does_the_way_back(folder: Folder) -> None:
    elsewhere = folder.place / "other exports"
    write_csv(elsewhere / EVENTS / "2024-03-04.csv", RAW_COLUMNS[EVENTS], FIRST[:1])
    run = parsed_dbt().run(READ, folder.place, raw=str(elsewhere), variables={"max_rejected_rate": 1})
    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST[:1]) and holds(run, ledger=PRESENCE_LEDGER)

    run = folder.read()

    assert rows_read(run) == {EVENTS: 4, PRESENCE: 2}
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)


def _from(folder: Folder, raw: Path | str | None, command: Iterable[str] = READ) -> DbtRun:
    """Read the warehouse's logs from a place of another name, or from the demo."""
    place = str(raw) if raw is not None else None
    return parsed_dbt().run(command, folder.place, raw=place, variables={"max_rejected_rate": 1})


def test_a_folder_is_the_same_however_it_is_spelt(folder: Folder) -> None:
    """By a detour, by its way from the project, by a link; and where the journal has the name as it was given."""
    (folder.root / EVENTS / "2024-03-04.csv").unlink()
    link = folder.place / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.root)
    relative = os.path.relpath(folder.root, PROJECT)
    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute("update journal.parts_read set raw_source = ?", [relative])
    for spelling in (f"{folder.place}/./exports/", relative, link, folder.root):
        run = _from(folder, spelling)
        assert run.exit_code == 0, run.output
        assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)
    assert _ask(run, "select distinct raw_source from journal.parts_read") == [(str(folder.root),)]


def test_a_build_from_elsewhere_that_would_forget_what_has_vanished_is_refused(folder: Folder) -> None:
    """From the demo too, which is read where MESSAGING_RAW was forgotten. A full refresh says that it is meant."""
    (folder.root / EVENTS / "2024-03-04.csv").unlink()
    elsewhere = folder.place / "third exports"
    write_csv(elsewhere / EVENTS / "2024-03-04.csv", RAW_COLUMNS[EVENTS], FIRST[:1])  # called like what has vanished
    known = _ask(DbtRun(0, "", folder.place / "warehouse.duckdb", folder.place), "from journal.parts_read order by all")

    for raw, name in ((elsewhere, elsewhere), (None, r"the demo \(MESSAGING_RAW is not set\)")):
        run = _from(folder, raw)
        assert run.exit_code == 2, run.output
        assert re.search(
            rf"MESSAGING_RAW: the warehouse holds 2 deliveries of 1 part that is no longer in {folder.root}, "
            rf"and a build from {name} would forget them: build from {folder.root}, or with --full-refresh if that is "
            r"meant\.",
            run.output,
        )
        assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)
        assert _ask(run, "from journal.parts_read order by all") == known
        assert _ask(run, "select build_state from dim_build") == [("complete",)]

    run = _from(folder, elsewhere, [*SCOPE, "--full-refresh"])
    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST[:1]) and holds(run, ledger=PRESENCE_LEDGER)


def test_a_folder_that_was_moved_is_read_where_it_is_now(folder: Folder) -> None:
    """All its files are there as they were, so nothing would be forgotten."""
    moved = folder.place / "moved exports"
    shutil.rmtree(moved, ignore_errors=True)
    folder.root.rename(moved)
    run = _from(folder, moved)
    folder.root.mkdir()  # for the next test to take away
    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)


# The journal cannot say that the next file was read.
NOT_TO_BE_READ = """
    create table journal.kept (
        raw_table varchar, part varchar, fingerprint varchar, raw_source varchar, check (part <> '2024-03-06.csv')
    );
    insert into journal.kept from journal.parts_read;
    drop table journal.parts_read;
    alter table journal.kept rename to parts_read
"""


def test_a_ledger_and_what_is_known_of_it_change_together(folder: Folder) -> None:
    """Where the journal cannot be written nothing was read, and the next build reads it."""
    new = conversation("c3").at("2024-03-06 10:00").end_user("hi").rows
    folder.events("2024-03-06.csv", new)
    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute(NOT_TO_BE_READ)

    stopped = folder.run()

    assert stopped.exit_code != 0
    assert holds(stopped, *FIRST, *SECOND) and touched(stopped, "event") == set()

    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute("create or replace table journal.parts_read as from journal.parts_read")
    run = folder.read()

    assert holds(run, *FIRST, *SECOND, *new) and touched(run, "conversation") == {"c3"}


def test_a_ledger_that_reads_alone_reads_nothing_twice(folder: Folder) -> None:
    """Run twice without its parents, it puts the same rows into the same places."""
    new = conversation("c3").at("2024-03-06 10:00").end_user("hi").rows
    folder.events("2024-03-06.csv", new)
    folder.read()
    run = folder.run(["run", "--select", LEDGER.split(".")[1]])
    assert run.exit_code == 0, run.output
    assert holds(run, *FIRST, *SECOND, *new)


def test_a_ledger_dropped_by_hand_is_read_again(folder: Folder) -> None:
    """What is there; what was taken away since it was read stood in the ledger alone."""
    (folder.root / EVENTS / "2024-03-04.csv").unlink()
    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute(f"drop table {LEDGER}; drop table {PRESENCE_LEDGER}")

    run = folder.read()

    assert holds(run, *SECOND) and holds(run, *SHIFT, ledger=PRESENCE_LEDGER)
    assert rows_read(run) == {EVENTS: len(SECOND), PRESENCE: len(SHIFT)}


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([["run", "--exclude", "config.materialized:view"]], id="without the views"),
        pytest.param(
            [["run", "--select", "stg_messaging__raw_parts", LEDGER_MODEL]], id="without what reads the files"
        ),
        pytest.param(
            [["run", "--select", "stg_messaging__raw_parts"], ["run", "--select", LEDGER_MODEL]],
            id="one after the other",
        ),
        pytest.param(
            [[*READ, "--exclude", "stg_messaging__conversation_events_redacted"]],
            id="without what looks for the forgotten",
        ),
    ],
)
def test_a_ledger_reads_by_what_this_build_has_found_or_not_at_all(folder: Folder, commands: list[list[str]]) -> None:
    """Views of the build before would give it other files than those that it notes as read."""
    new = conversation("c3").at("2024-03-06 10:00").end_user("hi").rows
    folder.events("2024-03-06.csv", new)

    *before, last = (folder.run(command) for command in commands)

    assert all(run.exit_code == 0 for run in before)
    assert last.exit_code != 0 and "run it without a selection, or select +" in " ".join(last.output.split())
    assert holds(last, *FIRST, *SECOND)
    assert holds(folder.read(), *FIRST, *SECOND, *new)


def test_a_build_that_stopped_is_taken_up_where_it_stopped(folder: Folder) -> None:
    """As `dbt retry` does: what was made before it stopped is what the rest is made of."""
    new = conversation("c3").at("2024-03-06 10:00").end_user("hi").rows
    folder.events("2024-03-06.csv", new)
    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute(NOT_TO_BE_READ)
    stopped = folder.run(["run"])
    assert stopped.exit_code != 0 and holds(stopped, *FIRST, *SECOND)
    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute("create or replace table journal.parts_read as from journal.parts_read")

    taken_up = folder.run(["run", "--select", f"{LEDGER_MODEL}+"])

    assert taken_up.exit_code == 0, taken_up.output
    assert holds(taken_up, *FIRST, *SECOND, *new)


CONTACTS = "raw_messaging_users"
READ_CONTACTS = ["run", "--select", "+stg_messaging__messaging_users"]


def test_contacts_are_read_again_where_one_of_their_files_is_another(folder: Folder) -> None:
    """All of them then, and none where each file is as it was: by its size and time, whatever stands in it."""

    def told(name: str, *users: str) -> Path:
        file = folder.root / CONTACTS / name
        write_csv(file, RAW_COLUMNS[CONTACTS], [messaging_user(user) for user in users])
        return file

    def known() -> set[str]:
        run = folder.run(READ_CONTACTS)
        assert run.exit_code == 0, run.output
        assert _ask(run, "select builds_on_the_last from staging.stg_messaging__definitions") == [(True,)]
        return {user for (user,) in _ask(run, "select messaging_user_id from staging.stg_messaging__messaging_users")}

    def others(name: str, *users: str) -> None:
        """Other contacts in the file, which nobody could notice without reading it."""
        before = (folder.root / CONTACTS / name).stat()
        after = told(name, *users)
        os.utime(after, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert after.stat().st_size == before.st_size

    assert known() == set()
    first, second = told("1.csv", "ann", "bob"), told("2.csv", "cid")
    assert known() == {"ann", "bob", "cid"}
    others("1.csv", "ann", "bea")
    assert known() == {"ann", "bob", "cid"}

    os.utime(first)  # replaced under its name
    assert known() == {"ann", "bea", "cid"}
    others("2.csv", "dan")
    told("3.csv", "eve")  # and all are read for one that is new
    assert known() == {"ann", "bea", "dan", "eve"}

    first.unlink()  # gone, and not kept like a log
    assert known() == {"dan", "eve"}
    others("2.csv", "fay")
    assert known() == {"dan", "eve"}, "what is gone is told once"
    second.unlink()
    (folder.root / CONTACTS / "3.csv").unlink()
    assert known() == set()

    told("1.csv", "ann", "bea")
    assert known() == {"ann", "bea"}
    with duckdb.connect(str(folder.place / "warehouse.duckdb")) as connection:
        connection.execute("drop table staging.stg_messaging__messaging_users")
    run = folder.run(READ_CONTACTS)
    assert run.exit_code == 0, run.output
    assert _ask(run, "select count(*) from staging.stg_messaging__messaging_users") == [(2,)]


@pytest.mark.parametrize("extension", ["csv", "parquet", "ndjson"])
def test_known_files_are_not_looked_at(tmp_path: Path, extension: str) -> None:
    folder = tmp_path / EVENTS
    if extension == "parquet":
        write_parquet(folder / "1.parquet", dict.fromkeys(RAW_COLUMNS[EVENTS], "varchar"), FIRST)
    elif extension == "csv":
        write_csv(folder / "1.csv", RAW_COLUMNS[EVENTS], FIRST)
    else:
        write_ndjson(folder / "1.ndjson", FIRST)
    before = file_fingerprints(folder, extension)
    _spoil(folder / f"1.{extension}")
    assert list(before) == [f"1.{extension}"] and file_fingerprints(folder, extension) == before
    assert find_problems(str(tmp_path), {EVENTS: RAW_COLUMNS[EVENTS]}, {EVENTS: list(before)}) == []
    assert len(find_problems(str(tmp_path), {EVENTS: RAW_COLUMNS[EVENTS]}, {PRESENCE: list(before)})) == 1


# --- tables -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """Events as a table of texts, presence as one of timestamps, and a completed build of them."""
    place = tmp_path_factory.mktemp("tables")
    write_raw_schema(place / "warehouse.duckdb")
    with duckdb.connect(str(place / "warehouse.duckdb")) as connection:
        for column in ("occurred_at", "received_at"):
            connection.execute(f"alter table {RAW_SCHEMA}.{PRESENCE} alter {column} type timestamp")
        insert_rows(connection, f"{RAW_SCHEMA}.{EVENTS}", RAW_COLUMNS[EVENTS], [*FIRST, *SECOND])
        insert_rows(connection, f"{RAW_SCHEMA}.{PRESENCE}", RAW_COLUMNS[PRESENCE], SHIFT)
    run = parsed_dbt().run(BUILD, place, raw=f"schema:{RAW_SCHEMA}", variables={"max_rejected_rate": 1})
    assert run.exit_code == 0, run.output
    shutil.copy(run.database, place / "as built.duckdb")
    return run


def _read_tables(tables: DbtRun, *statements: str, **variables: Any) -> DbtRun:
    """Change the raw tables of the warehouse as it was built, and read what is new."""
    place = tables.database.parent
    shutil.copy(place / "as built.duckdb", tables.database)
    with duckdb.connect(str(tables.database)) as connection:
        connection.execute(f"use {RAW_SCHEMA}")
        for statement in statements:
            connection.execute(statement)
    run = parsed_dbt().run(READ, place, raw=f"schema:{RAW_SCHEMA}", variables={"max_rejected_rate": 1, **variables})
    assert run.exit_code == 0, run.output
    return run


def test_a_build_of_everything_reads_hours_that_have_vanished_out_of_the_ledger(tables: DbtRun) -> None:
    """Of texts and of timestamps, with the times that they had."""
    told = [
        _ask(tables, f"select event_id, occurred_at, received_at from {ledger}") for ledger in (LEDGER, PRESENCE_LEDGER)
    ]
    run = _read_tables(
        tables,
        f"delete from {EVENTS} where conversation_id = 'c1'",
        f"delete from {PRESENCE} where status = 'available'",
        presence_stale_hours=7,
    )
    assert rows_read(run) == {EVENTS: 4, PRESENCE: 2}
    assert holds(run, *FIRST, *SECOND)
    found = [
        _ask(run, f"select event_id, occurred_at, received_at from {ledger}") for ledger in (LEDGER, PRESENCE_LEDGER)
    ]
    assert list(map(Counter, found)) == list(map(Counter, told))


def test_an_hour_of_a_table_is_read_once(tables: DbtRun) -> None:
    run = _read_tables(tables)
    assert rows_read(run) == {EVENTS: 0, PRESENCE: 0}
    assert holds(run, *FIRST, *SECOND) and _ask(run, f"select count(*) from {PRESENCE_LEDGER}") == [(2,)]


def test_a_row_that_comes_late_is_read_with_its_hour(tables: DbtRun) -> None:
    """Whichever hour it names, in texts and in timestamps."""
    run = _read_tables(
        tables,
        f"insert into {EVENTS} (event_id, conversation_id, received_at) values ('late', 'c1', '2024-03-04T10:59:00Z')",
        f"insert into {PRESENCE} (event_id, received_at) values ('early', '0044-03-15 12:00')",
        f"insert into {PRESENCE} (event_id, received_at) values ('late', '2024-03-04 09:30')",
    )
    assert rows_read(run) == {EVENTS: 3, PRESENCE: 3}
    late = {"event_id": "late", "conversation_id": "c1", "received_at": "2024-03-04T10:59:00Z"}
    assert holds(run, *FIRST, *SECOND, late)
    assert _ask(run, f"select count(*) from {PRESENCE_LEDGER}") == [(4,)]
    assert touched(run, "event") == {"late"} and touched(run, "presence_event") == {"early", "late"}


def test_a_clock_that_jumps_in_a_table_is_forgotten_by_a_full_refresh_alone(tables: DbtRun) -> None:
    """The mended row is in another hour, and the hour that it was in has vanished and is kept."""
    bad = "'bad' as event_id, 'c3' as conversation_id, '2024-04-05T10:00:00Z' as received_at"
    a_row = f"from {EVENTS} where event_id = '{FIRST[0]['event_id']}'"
    _read_tables(tables, f"insert into {EVENTS} select * replace ({bad}) {a_row}")
    with duckdb.connect(str(tables.database)) as connection:
        connection.execute(f"update {RAW_SCHEMA}.{EVENTS} set received_at = occurred_at where event_id = 'bad'")
    hours: list[Any] = []
    for command, exit_code in ((SCOPE, 1), ([*SCOPE, "--full-refresh"], 0)):
        run = parsed_dbt().run(
            command, tables.database.parent, raw=f"schema:{RAW_SCHEMA}", variables={"max_rejected_rate": 1}
        )
        assert run.exit_code == exit_code, run.output
        hours.append(sorted(_ask(run, f"select part from {LEDGER} where event_id = 'bad'")))
    assert hours == [[("2024-03-04T10",), ("2024-04-05T10",)], [("2024-03-04T10",)]]


def test_rows_without_a_readable_time_have_a_part_too(tables: DbtRun) -> None:
    run = _read_tables(
        tables,
        f"insert into {EVENTS} (event_id, received_at) values ('none', null), ('empty', ''), ('noon', 'noon, or so')",
        f"insert into {PRESENCE} (event_id, received_at) values ('none', null), ('ever', 'infinity')",
    )
    assert rows_read(run) == {EVENTS: 3, PRESENCE: 2}
    assert touched(run, "event") == {"none", "empty", "noon"} and touched(run, "presence_event") == {"none", "ever"}


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(["12024-03-05 11:30:00"], id="a year of five digits"),
        pytest.param(["0100-03-05 (BC) 11:30:00", "0044-03-15 12:00:00"], id="a year before Christ"),
        pytest.param(["infinity", "-infinity", "12024-03-05 11:30:00", "0044-03-05 (BC) 11:30:00"], id="all at once"),
    ],
)
def test_rows_at_impossible_times_cost_no_other_row(tables: DbtRun, odd: list[str]) -> None:
    """As a text their hour comes before others that lie before it in time, or after others that lie after it."""
    times = ["2024-03-05 11:30", "1969-12-31 23:00", *odd]
    rows = ", ".join(f"('{number}', '{time}')" for number, time in enumerate(times))
    run = _read_tables(tables, f"insert into {PRESENCE} (event_id, received_at) values {rows}")
    assert rows_read(run)[PRESENCE] == len(times)
    assert touched(run, "presence_event") == {str(number) for number in range(len(times))}
    assert _ask(run, f"select count(*) from {PRESENCE_LEDGER}") == [(2 + len(times),)]


def test_a_row_taken_out_of_a_table_and_one_put_in_its_place_are_noticed(tables: DbtRun) -> None:
    """By its id; what is rewritten under its id is not, because a log only grows."""
    run = _read_tables(
        tables,
        f"update {EVENTS} set event_id = 'other' where event_id = '{FIRST[1]['event_id']}'",
        f"delete from {EVENTS} where conversation_id = 'c2'",
        f"update {PRESENCE} set status = 'busy'",
    )
    assert rows_read(run) == {EVENTS: 2, PRESENCE: 0}
    assert holds(run, FIRST[0], FIRST[1] | {"event_id": "other"}, *SECOND)


def test_a_table_of_which_received_at_has_another_type_is_refused(tables: DbtRun) -> None:
    """Either way: with each hour spelt otherwise all would be read once more. A full refresh reads the table anew."""
    place = tables.database.parent
    told = {
        ledger: _ask(_read_tables(tables), f"select count(*) from {ledger}") for ledger in (LEDGER, PRESENCE_LEDGER)
    }
    for log, kind, spelt in ((EVENTS, "timestamp", "2024-03-04T10"), (PRESENCE, "varchar", "2024-03-04 09:00:00")):
        shutil.copy(place / "as built.duckdb", tables.database)
        with duckdb.connect(str(tables.database)) as connection:
            connection.execute(f"alter table {RAW_SCHEMA}.{log} alter received_at type {kind}")
        for command, exit_code in ((READ, 2), ([*SCOPE, "--full-refresh"], 0)):
            run = parsed_dbt().run(command, place, raw=f"schema:{RAW_SCHEMA}", variables={"max_rejected_rate": 1})
            assert run.exit_code == exit_code, run.output
            sentence = f"{log}: the hours that were read of this table are spelt like '{spelt}', those in it now as "
            assert (sentence in run.output) == (exit_code == 2)
            assert {ledger: _ask(run, f"select count(*) from {ledger}") for ledger in told} == told


def test_parts_are_told_in_the_words_of_the_source(tables: DbtRun) -> None:
    run = _read_tables(tables)
    found = _ask(run, "select raw_table, part from journal.parts_read order by 1, 2")
    assert found == [
        (EVENTS, "2024-03-04T10"),
        (EVENTS, "2024-03-05T10"),
        (PRESENCE, "2024-03-04 09:00:00"),
        (PRESENCE, "2024-03-04 17:00:00"),
    ]
