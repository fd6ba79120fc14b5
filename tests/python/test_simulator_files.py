"""What the `simulate` command writes, in three formats and in tiles, and what it refuses."""

import csv
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from messaging_warehouse.cli import app
from messaging_warehouse.raw_input import find_problems
from messaging_warehouse.simulator import (
    CONFIGURATION_TABLES,
    RAW_TABLES,
    TRUTH_TABLES,
    Hostility,
    OutputFormat,
    Rates,
    SimulationError,
    default_centre,
    demo_centre,
    simulate,
    write,
)
from messaging_warehouse.simulator.centre import Break, Centre, Holiday, Membership, Shift
from warehouse import PROJECT

START = date(2026, 2, 1)
SMALL = ["--agents", "3", "--sessions-per-day", "30", "--seed", "7", "--start", "2026-02-01"]
READERS = {
    "parquet": "read_parquet('{}')",
    "csv": "read_csv('{}', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')",
    "ndjson": "read_json('{}', format = 'newline_delimited', columns = {{{}}})",
}


def run(*arguments: str) -> str:
    """Run the command; return what it says, or fail with it."""
    result = CliRunner().invoke(app, ["simulate", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def refusal(*arguments: str) -> str:
    """Run the command on something impossible; return its one sentence."""
    result = CliRunner().invoke(app, ["simulate", *arguments])
    assert result.exit_code == 1, result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    return result.output.removeprefix("Error: ").strip()


def read(folder: Path, table: str, output_format: str) -> list[tuple[Any, ...]]:
    """Return a written table's rows as texts, in the order of the file."""
    files = folder / ("truth" if table in TRUTH_TABLES else "") / table / f"*.{output_format}"
    columns = (RAW_TABLES | CONFIGURATION_TABLES | TRUTH_TABLES)[table]
    types = ", ".join(f"{name}: 'varchar'" for name in columns)
    texts = ", ".join(
        f"strftime(cast({name} as timestamp), '%Y-%m-%dT%H:%M:%S.%gZ')" if kind == "moment" else f"{name}::varchar"
        for name, kind in columns.items()
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        source = READERS[output_format].format(files, types)
        return connection.execute(f"select {texts} from {source}").fetchall()


# --- formats ----------------------------------------------------------------------------------


def test_the_three_formats_hold_the_same_rows(tmp_path: Path) -> None:
    for output_format in READERS:
        said = run(*SMALL, "--days", "2", "--format", output_format, "--out", str(tmp_path / output_format))
        assert "conversation events" in said and str(tmp_path / output_format) in said
    for table in RAW_TABLES | CONFIGURATION_TABLES | TRUTH_TABLES:
        parquet = read(tmp_path / "parquet", table, "parquet")
        assert parquet or table == "truth_hostility"
        assert read(tmp_path / "csv", table, "csv") == parquet
        assert read(tmp_path / "ndjson", table, "ndjson") == parquet


@pytest.mark.parametrize("output_format", list(OutputFormat))
def test_what_is_written_is_what_was_simulated(tmp_path: Path, output_format: OutputFormat) -> None:
    simulation = simulate(default_centre(3, days=2, sessions_per_day=30), START, 2, seed=8)
    write(simulation, tmp_path / "out", output_format)
    for table in RAW_TABLES | TRUTH_TABLES:
        expected = [tuple(row.values()) for row in simulation.rows(table)]
        assert read(tmp_path / "out", table, output_format) == expected


@pytest.mark.parametrize("output_format", list(OutputFormat))
@pytest.mark.parametrize("hostility", ["none", "wild"])
def test_a_build_would_accept_the_folder(tmp_path: Path, output_format: OutputFormat, hostility: str) -> None:
    run(*SMALL, "--days", "2", "--format", output_format, "--hostility", hostility, "--out", str(tmp_path / "out"))
    contract = {table: list(columns) for table, columns in (RAW_TABLES | CONFIGURATION_TABLES).items()}
    assert find_problems(str(tmp_path / "out"), contract) == []


def test_timestamps_are_typed_in_parquet_unless_some_are_spoilt(tmp_path: Path) -> None:
    def type_of_times(folder: Path) -> str:
        with duckdb.connect() as connection:
            described = connection.execute(
                f"describe select occurred_at from read_parquet('{folder}/raw_conversation_events/*')"
            ).fetchall()
        return str(described[0][1])

    run(*SMALL, "--days", "2", "--out", str(tmp_path / "whole"))
    run(*SMALL, "--days", "2", "--hostility", "wild", "--out", str(tmp_path / "spoilt"))
    assert type_of_times(tmp_path / "whole") == "TIMESTAMP"
    assert type_of_times(tmp_path / "spoilt") == "VARCHAR"


def test_the_columns_are_those_of_the_contract_and_the_configuration() -> None:
    for table, columns in RAW_TABLES.items():
        with (PROJECT / f"seeds/demo/{table}.csv").open() as file:
            assert next(csv.reader(file)) == list(columns)
    for table, columns in CONFIGURATION_TABLES.items():
        with (PROJECT / f"seeds/config/{table}.csv").open() as file:
            assert next(csv.reader(file)) == list(columns)


def test_the_demos_centre_fits_the_demo(tmp_path: Path) -> None:
    run("--preset", "kettle", "--seed", "58", "--format", "csv", "--out", str(tmp_path / "kettle"))
    (file,) = (tmp_path / "kettle/raw_conversation_events").iterdir()
    assert file.stat().st_size < 750_000
    for table in ("channels", "teams", "topics", "accounts"):
        with (PROJECT / f"seeds/demo/raw_{table}.csv").open() as demo:
            known = {tuple(row.values()) for row in csv.DictReader(demo)}
        ours = set(read(tmp_path / "kettle", f"raw_{table}", "csv"))
        assert {row[0] for row in ours} <= {row[0] for row in known}
    with (PROJECT / "seeds/demo/raw_agents.csv").open() as demo:
        hand_made = {row["agent_id"] for row in csv.DictReader(demo)}
    # An agent of the simulation shares no id with one whose days are told by hand.
    own = {agent.agent_id for agent in demo_centre().agents}
    assert len(own) == 6
    assert own == {row[0] for row in read(tmp_path / "kettle", "raw_agents", "csv")}
    assert len(hand_made) >= 8


# --- tiles ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty-three tiles of a week: one more than a layer holds."""
    folder = tmp_path_factory.mktemp("tiled") / "out"
    run(*SMALL, "--days", "7", "--tiles", "53", "--out", str(folder))
    return folder


def _fetch(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in RAW_TABLES:
            connection.execute(f"create view {table} as from read_parquet('{folder}/{table}/*', filename = true)")
        for table in TRUTH_TABLES:
            connection.execute(f"create view {table} as from read_parquet('{folder}/truth/{table}/*')")
        return connection.execute(query).fetchall()


def test_counts_multiply_and_ids_stay_unique(tiled: Path) -> None:
    ((events, ids, conversations, users, span),) = _fetch(
        tiled,
        "select count(*), count(distinct event_id), count(distinct conversation_id), "
        "count(distinct messaging_user_id), max(occurred_at) - min(occurred_at) from raw_conversation_events",
    )
    ((first_events, first_conversations, first_users),) = _fetch(
        tiled,
        "select count(*), count(distinct conversation_id), count(distinct messaging_user_id) "
        "from raw_conversation_events where filename like '%part-00000.%'",
    )
    assert (events, conversations, users) == (53 * first_events, 53 * first_conversations, 53 * first_users)
    assert ids == events
    assert timedelta(days=363) < span < timedelta(days=364)
    for table, key in (
        ("truth_sessions", "session_id"),
        ("truth_visits", "visit_id"),
        ("raw_messaging_users", "messaging_user_id"),
        ("raw_agents", "agent_id"),
    ):
        assert _fetch(tiled, f"select count(*) - count(distinct {key}) from {table}") == [(0,)]


def test_times_move_by_whole_weeks(tiled: Path) -> None:
    moved = _fetch(
        tiled,
        "select filename[-13:-9], min(occurred_at), min(received_at), max(occurred_at) "
        "from raw_conversation_events group by all order by all",
    )
    _, *first = moved[0]
    for number, (_, *times) in enumerate(moved):
        shift = timedelta(weeks=number % 52)
        assert times == [time + shift for time in first]


def test_a_layer_has_agents_of_its_own(tiled: Path) -> None:
    agents = {row[0] for row in _fetch(tiled, "select agent_id from raw_agents")}
    assert agents == {"agent-01", "agent-02", "agent-03", "agent-01.1", "agent-02.1", "agent-03.1"}
    ((assigned,),) = _fetch(
        tiled,
        "select list(distinct payload::json->>'agent_id') from raw_conversation_events "
        "where event_type = 'work_assigned' and filename like '%part-00052.%'",
    )
    assert set(assigned) <= {agent for agent in agents if agent.endswith(".1")}
    overlapping = _fetch(
        tiled,
        "select count(*) from (select ended_at > lead(started_at) over (partition by agent_id order by started_at) "
        "as is_too_long from truth_visits) where is_too_long",
    )
    assert overlapping == [(0,)]
    ((doubled,),) = _fetch(
        tiled,
        "select count(*) - count(distinct (agent_id, activity_date)) from truth_agent_days where online_seconds > 0",
    )
    assert doubled == 0


def test_the_truth_moves_along(tiled: Path) -> None:
    unmatched = _fetch(
        tiled,
        "select count(*) from truth_visits where visit_id not in (select event_id from raw_conversation_events)",
    )
    assert unmatched == [(0,)]
    strays = _fetch(
        tiled,
        "select count(*) from truth_work work left join raw_agents using (agent_id) "
        "where raw_agents.agent_id is null and work.agent_id is not null",
    )
    assert strays == [(0,)]
    teams = _fetch(
        tiled,
        "select count(*), count(distinct team_id) from truth_visits visit inner join raw_team_memberships member "
        "using (agent_id, team_id) where started_at >= valid_from::timestamp "
        "and (valid_to is null or started_at < valid_to::timestamp)",
    )
    assert teams[0] == _fetch(tiled, "select count(*), count(distinct team_id) from truth_visits")[0]


def test_events_are_a_lower_bound(tmp_path: Path) -> None:
    run(*SMALL, "--days", "7", "--events", "20000", "--out", str(tmp_path / "out"))
    counts = Counter(path.parent.name for path in (tmp_path / "out").glob("raw_*/*.parquet"))
    assert counts["raw_conversation_events"] == counts["raw_presence_events"] > 1
    ((events,),) = _fetch(tmp_path / "out", "select count(*) from raw_conversation_events")
    ((presence,),) = _fetch(tmp_path / "out", "select count(*) from raw_presence_events")
    assert 20_000 <= events + presence < 30_000


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--days", "0"], "0 days is no time"),
        (["--days", "-3"], "-3 days is no time"),
        (["--days", "400"], "More than 366 days"),
        (["--agents", "0"], "0 agents cannot answer anybody"),
        (["--capacity", "0"], "The capacity of agent agent-01 is 0"),
        (["--capacity", "1"], "one conversation weighs up to 2"),
        (["--seats", "21"], "wants 21 agents at work at once, but its shifts put at most"),
        (["--seats", "0"], "wants 0 agents at work at once; give at least 1"),
        (["--sessions-per-day", "100000"], "give fewer sessions or more agents"),
        (["--sessions-per-day", "0"], "is no traffic"),
        (["--until", "2026-01-31"], "does not lie after the start"),
        (["--until", "2026-02-01T00:30"], "shorter than an hour"),
        (["--until", "soon"], "The until 'soon' is no date"),
        (["--start", "2026-02-30"], "The start '2026-02-30' is no date"),
        (["--start", "1066-10-14"], "out of reach"),
        (["--days", "3", "--until", "2026-02-09"], "Both days and until"),
        (["--format", "xlsx"], "There is no format 'xlsx'; give csv, parquet, ndjson."),
        (["--hostility", "some"], "There is no hostility 'some'; give none, mild, wild."),
        (["--preset", "teapot"], "There is no preset 'teapot'"),
        (["--preset", "kettle", "--agents", "4"], "has agents of its own"),
        (["--lost-logout-rate", "1.5"], "The rate logout_lost is 1.5; give a number from 0 to 1."),
        (["--lost-logout-rate", "nan"], "The rate logout_lost is nan"),
        (["--id-prefix", "a/b"], "The id prefix 'a/b' will not do"),
        (["--tiles", "0"], "0 tiles is nothing"),
        (["--tiles", "2", "--days", "10"], "Only whole weeks can be tiled"),
        (["--tiles", "2", "--events", "5"], "Both events and tiles"),
        (["--events", "0"], "0 events is nothing"),
        (["--until", "9999-12-31T23:59:59-23:59"], "The until '9999-12-31T23:59:59-23:59' is out of reach"),
        (["--until", "0001-01-01T00:00:00+23:59"], "The until '0001-01-01T00:00:00+23:59' is out of reach"),
        (["--start", "0001-01-01T00:00:00+23:59"], "The start '0001-01-01T00:00:00+23:59' is out of reach"),
        (["--until", "9999-12-31"], "More than 366 days"),
        (["--days", "99999999999"], "More than 366 days"),
        (["--start", ""], "The start '' is no date"),
        (["--preset", ""], "There is no preset ''"),
        (["--seed", "-5"], "The seed is -5; give 0 or more."),
        (["--capacity", "9999999999999999999999"], "give 1,000 at most"),
        (["--capacity", "103"], "a shift of 510 minutes has room for 102; give 102 at most"),
        (["--agents", "100000000"], "100,000,000 agents are too many for one run; give 1,000 at most"),
        (["--agents", "500", "--days", "300"], "are 150,000 days of agents; give 10,000 at most"),
        (["--agents", "1", "--until", "2026-02-01T01:00", "--sessions-per-day", "0.1"], "Nobody got in touch"),
    ],
)  # fmt: skip
def test_the_impossible_gets_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    folder = tmp_path / "out"
    assert words in refusal(*arguments, "--out", str(folder))
    assert not folder.exists()


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert "is not empty" in refusal(*SMALL, "--days", "2", "--out", str(tmp_path))
    assert "is a file" in refusal(*SMALL, "--days", "2", "--out", str(tmp_path / "notes.txt"))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_a_killed_run_left_behind_is_named(tmp_path: Path) -> None:
    (tmp_path / ".writing-a1b2").mkdir()
    assert "holds .writing-a1b2, which a run that was killed has left behind" in refusal(*SMALL, "--out", str(tmp_path))


@pytest.mark.parametrize(("stop", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("is_writing", [False, True], ids=["while simulating", "while writing"])
def test_a_run_that_is_broken_off_leaves_nothing(
    tmp_path: Path, stop: signal.Signals, exit_code: int, is_writing: bool
) -> None:
    folder = tmp_path / "new" / "out"
    # A run of a moment and far too many copies, or one that is far too long.
    much = ["--days", "7", "--tiles", "3000"] if is_writing else ["--days", "364", "--agents", "20"]
    command = [str(Path(sys.executable).parent / "messaging-warehouse"), "simulate", *SMALL, *much]
    with subprocess.Popen([*command, "--out", str(folder)], stdout=-1, stderr=subprocess.STDOUT, text=True) as process:
        for _ in range(300):
            time.sleep(0.1)
            if is_writing and any(folder.glob(".writing-*/tables/*/part-00003.*")):
                break
            if not is_writing and _handles_signals(process.pid):
                break
        process.send_signal(stop)
        said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (exit_code, "")
    assert list(tmp_path.iterdir()) == []


def _handles_signals(pid: int) -> bool:
    """Whether a process has come so far that it handles SIGTERM itself."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():  # nowhere but on Linux; wait for a while there
        time.sleep(3)
        return True
    caught = int(next(line for line in status.read_text().splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_failing_leaves_a_folder_that_was_there_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise duckdb.OutOfMemoryException("too much")

    monkeypatch.setattr("messaging_warehouse.simulator.writing._write_tile", fail)
    assert "Writing to" in refusal(*SMALL, "--days", "2", "--out", str(tmp_path))
    assert "Writing to" in refusal(*SMALL, "--days", "2", "--out", str(tmp_path / "a" / "b"))
    assert list(tmp_path.iterdir()) == []


def _agent(centre: Centre, **changes: Any) -> Centre:
    return replace(centre, agents=(replace(centre.agents[0], **changes), *centre.agents[1:]))


def _channel(centre: Centre, **changes: Any) -> Centre:
    return replace(centre, channels=(replace(centre.channels[0], **changes), *centre.channels[1:]))


CENTRE = default_centre(3)
DAY_SHIFT = Shift((1,), "09:00", "17:00")


@pytest.mark.parametrize(
    ("centre", "words"),
    [
        (replace(CENTRE, agents=()), "has no agents"),
        (_agent(CENTRE, timezone="Europe/Atlantis"), "time zone of agent agent-01, 'Europe/Atlantis', is not known"),
        (_channel(CENTRE, timezone=""), "time zone of channel web"),
        (_channel(CENTRE, business_hours_id="never"), "channel web names schedule never, which does not exist"),
        (_channel(CENTRE, channel_id="app"), "channel id app is given twice"),
        (_agent(CENTRE, memberships=(Membership("nobody", START),)), "agent agent-01 names team nobody"),
        (_agent(CENTRE, memberships=()), "is in no team"),
        (_agent(CENTRE, capacity=97, shifts=(DAY_SHIFT,)), "a shift of 480 minutes has room for 96; give 96 at most"),
        (_agent(CENTRE, memberships=(Membership("orders", START, START),)), "ends on 2026-02-01, before it starts"),
        (_agent(CENTRE, shifts=(DAY_SHIFT, Shift((1,), "16:00", "20:00"))), "Two shifts of agent agent-01 overlap"),
        (_agent(CENTRE, shifts=(Shift((7,), "22:00", "06:00"), Shift((1,), "05:00", "12:00"))), "overlap on weekday 7"),
        (_agent(CENTRE, shifts=(Shift((8,), "09:00", "17:00"),)), "Weekday 8"),
        (_agent(CENTRE, shifts=(Shift((1,), "9", "17:00"),)), "The time '9'"),
        (replace(CENTRE, breaks=(Break(0, 600),)), "no longer than the 600 minutes of breaks in it"),
        (replace(CENTRE, agents=tuple(replace(agent, shifts=()) for agent in CENTRE.agents)), "No agent has a shift"),
        (replace(CENTRE, outreach_per_day=-1), "less than none"),
        (_channel(CENTRE, share=-1), "share of channel web is negative"),
        (_channel(CENTRE, capacity_weight=0), "weighs 0"),
        (replace(CENTRE, rates=Rates(bot_resolved=-0.1)), "The rate bot_resolved is -0.1"),
        (
            replace(CENTRE, schedules=(replace(CENTRE.schedules[0], holidays=(Holiday(START, "Odd day", "09:00"),)),
                                       *CENTRE.schedules[1:])),
            "needs both an opening and a closing time",
        ),
    ],
)  # fmt: skip
def test_an_impossible_centre_gets_one_sentence(centre: Centre, words: str) -> None:
    with pytest.raises(SimulationError, match=words) as refused:
        centre.require_possible()
    assert "\n" not in str(refused.value)


def test_impossible_hostility_gets_one_sentence() -> None:
    with pytest.raises(SimulationError, match="The rate lost is 2; give a number from 0 to 1"):
        simulate(CENTRE, START, 1, hostility=Hostility(lost=2))
    with pytest.raises(SimulationError, match=r"add up to 1\.2"):
        simulate(CENTRE, START, 1, hostility=Hostility(lost=0.6, late=0.6))
    with pytest.raises(SimulationError, match="has no end"):
        simulate(CENTRE, START)
    with pytest.raises(SimulationError, match="does not lie after the start"):
        simulate(CENTRE, START, until=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_block_that_was_not_meant_to_be_tiled_is_refused(tmp_path: Path) -> None:
    simulation = simulate(default_centre(2, days=7, sessions_per_day=8), START, 7)
    with pytest.raises(SimulationError, match="cannot be tiled"):
        write(simulation, tmp_path / "out", OutputFormat.CSV, tiles=2)
