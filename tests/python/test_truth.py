"""The warehouse computes from the events what the simulated people remember.

Where every event is logged it is equal, to the millisecond. Where events were lost on the way, all that the loss does
not touch is equal, and what it touches differs by no more than the definitions let one event weigh.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from messaging_warehouse.simulator import (
    HOSTILITIES,
    RAW_TABLES,
    TRUTH_TABLES,
    OutputFormat,
    Rates,
    Simulation,
    default_centre,
    demo_centre,
    simulate,
    write,
)
from messaging_warehouse.simulator.tables import Kind
from raw_folders import parsed_dbt
from reference import RawInput
from warehouse import DbtRun, Replay, fetch_rows

# Where the truth of a table stands in the warehouse; what is not a column there, under its name, is left out.
FACTS = {
    "truth_sessions": "fct_messaging_sessions",
    "truth_responses": "fct_responses",
    "truth_resolutions": "fct_resolutions",
    "truth_visits": "fct_visits",
    "truth_work": "fct_agent_work",
    "truth_presence": "fct_agent_presence",
    "truth_handling": """(
        select
            session_id,
            agent_id,
            sum(case when is_handled then visit_seconds else 0 end) as handle_seconds,
            sum(case when is_handled then 0 else visit_seconds end) as viewing_seconds
        from fct_visits
        where not is_open
        group by session_id, agent_id
    )""",
    "truth_agent_days": """(
        select agent_id, activity_date, {sums}
        from fct_agent_days
        group by agent_id, activity_date
    )""".replace(
        "{sums}",
        ", ".join(
            f"sum({name}) as {name}" for name, kind in TRUTH_TABLES["truth_agent_days"].items() if kind == "duration"
        ),
    ),
}
LEFT_OUT = {
    "truth_visits": {"looked_seconds"},
    "truth_presence": {"is_recorded"},
    "truth_handling": {"message_count"},
}
COMPLETE = Rates(logout_lost=0)
IDLE_LIMIT = Decimal(15 * 60)
STALE_LIMIT = Decimal(24 * 3600)
CLOCK = "agent-clock"
Rows = Counter[tuple[Any, ...]]


def _columns(table: str, without: Iterable[str] = ()) -> list[str]:
    return [name for name in TRUTH_TABLES[table] if name not in {"is_test", *LEFT_OUT.get(table, ()), *without}]


def _value(text: str | None, kind: Kind) -> Any:
    if text is None:
        return None
    match kind:
        case Kind.INTEGER | Kind.DURATION:
            return Decimal(text)
        case Kind.BOOLEAN:
            return text == "true"
        case Kind.MOMENT:
            return datetime.fromisoformat(text).replace(tzinfo=None)
        case Kind.DAY:
            return date.fromisoformat(text)
        case Kind.TEXT:
            return text


def truth_rows(simulation: Simulation, table: str, without: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return what really happened, its values as the warehouse types them."""
    return _typed(table, simulation.rows(table), _columns(table, without))


def _typed(table: str, rows: Iterable[dict[str, str | None]], columns: Iterable[str]) -> list[dict[str, Any]]:
    kinds = TRUTH_TABLES[table]
    return [{name: _value(row[name], kinds[name]) for name in columns} for row in rows]


def raw_input(simulation: Simulation) -> RawInput:
    """Return the simulated tables as a build takes them."""
    return _raw_input({table: simulation.rows(table) for table in RAW_TABLES})


def _raw_input(tables: dict[str, list[dict[str, str | None]]]) -> RawInput:
    """Return tables as a build takes them; schedules tell nothing of the truth that is compared here."""
    raw = RawInput(**{table.removeprefix("raw_"): rows for table, rows in tables.items()})
    raw.channels = [row | {"business_hours_id": None} for row in raw.channels]
    return raw


def _multiset(rows: Iterable[dict[str, Any]]) -> Rows:
    return Counter(tuple(row.values()) for row in rows)


def _small_centre() -> Simulation:
    return simulate(default_centre(6, days=7, sessions_per_day=40, rates=COMPLETE), date(2026, 2, 1), 7, seed=11)


def _demo_centre() -> Simulation:
    until = datetime(2026, 3, 15, 20, tzinfo=UTC)
    return simulate(demo_centre(rates=COMPLETE), date(2026, 2, 14), until=until, seed=5)


@pytest.fixture(scope="module", params=[_small_centre, _demo_centre], ids=["a centre of six", "the demo's centre"])
def complete(request: pytest.FixtureRequest, replay: Replay) -> tuple[Simulation, Replay]:
    """A run in which every event is logged, and the warehouse out of it."""
    simulation: Simulation = request.param()
    replay.build(raw_input(simulation))
    return simulation, replay


@pytest.mark.parametrize("table", FACTS)
def test_the_warehouse_equals_the_truth_where_every_event_is_logged(
    complete: tuple[Simulation, Replay], table: str
) -> None:
    simulation, replay = complete
    true = truth_rows(simulation, table)
    found = replay.rows(f"{FACTS[table]} as fact", _columns(table))
    assert len(true) > 20
    assert _multiset(found) == _multiset(true)


def test_the_truth_can_disagree(replay: Replay) -> None:
    """Of a message that nobody logged the agent still knows, and the warehouse does not."""
    simulation = simulate(default_centre(4, days=2, sessions_per_day=20, rates=COMPLETE), date(2026, 2, 2), 2, seed=11)
    raw = raw_input(simulation)
    unlogged = next(
        row for row in raw.conversation_events if row["event_type"] == "message_sent" and row["actor_type"] == "agent"
    )
    raw.conversation_events.remove(unlogged)
    replay.build(raw)
    for table in ("truth_visits", "truth_sessions"):
        assert _multiset(replay.rows(FACTS[table], _columns(table))) != _multiset(truth_rows(simulation, table))


def test_the_idle_limit_is_told_apart_from_how_long_an_agent_looked() -> None:
    """Where the limit did not cut, both are equal; where it did, the agent looked for longer."""
    visits = [
        _typed("truth_visits", [row], TRUTH_TABLES["truth_visits"])[0] for row in _demo_centre().rows("truth_visits")
    ]
    assert any(visit["is_idle_capped"] for visit in visits)
    for visit in visits:
        if visit["ended_at"] is None:
            assert visit["looked_seconds"] is None
        elif visit["is_idle_capped"]:
            assert visit["looked_seconds"] > visit["visit_seconds"]
        else:
            assert visit["looked_seconds"] == visit["visit_seconds"]


# --- lost log-outs ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lossy(replay: Replay) -> tuple[Simulation, Replay]:
    """A run in which three of ten log-outs are lost, and nothing else."""
    centre = default_centre(6, days=7, sessions_per_day=24, rates=Rates(logout_lost=0.3))
    simulation = simulate(centre, date(2026, 2, 1), 7, seed=12)
    replay.build(raw_input(simulation))
    return simulation, replay


def _lost_logouts(simulation: Simulation) -> list[tuple[str, datetime]]:
    """Return who logged out, and when, without the platform learning of it."""
    rows = _typed("truth_presence", simulation.rows("truth_presence"), TRUTH_TABLES["truth_presence"])
    return [(row["agent_id"], row["started_at"]) for row in rows if not row["is_recorded"]]


@pytest.mark.parametrize("table", [table for table in FACTS if table not in ("truth_presence", "truth_agent_days")])
def test_lost_logouts_touch_nothing_but_presence(lossy: tuple[Simulation, Replay], table: str) -> None:
    """Agents have handed over, and look at nothing any more, when they log out."""
    simulation, replay = lossy
    found = replay.rows(f"{FACTS[table]} as fact", _columns(table))
    assert _multiset(found) == _multiset(truth_rows(simulation, table))


def test_a_lost_logout_is_worth_the_stale_limit_at_most(lossy: tuple[Simulation, Replay]) -> None:
    simulation, replay = lossy
    lost = Counter(agent_id for agent_id, _ in _lost_logouts(simulation))
    assert sum(lost.values()) > 5
    recorded = [row for row in truth_rows(simulation, "truth_presence") if row["presence_event_id"] is not None]
    known = f"(from {FACTS['truth_presence']} where status <> 'unknown')"
    found = replay.rows(known, _columns("truth_presence", {"ended_at"}))
    for row in recorded:
        del row["ended_at"]
    assert _multiset(found) == _multiset(recorded)
    online = _sums(replay.rows("fct_agent_days", ("agent_id", "online_seconds")), "online_seconds")
    for agent_id, seconds in _sums(truth_rows(simulation, "truth_agent_days"), "online_seconds").items():
        assert 0 <= online[agent_id] - seconds <= STALE_LIMIT * lost[agent_id], agent_id


def _sums(rows: Iterable[dict[str, Any]], name: str) -> Counter[str]:
    """Return the sum of a column for each agent."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["agent_id"]] += row[name] or 0
    return sums


# --- tiles ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiled(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Replay]:
    """Two tiles one after another, and one beside them in a layer of its own, as of the moment that the writer says."""
    centre = default_centre(2, days=182, sessions_per_day=1, rates=COMPLETE)
    simulation = simulate(centre, date(2026, 2, 1), 182, seed=3, is_tile=True)
    folder = tmp_path_factory.mktemp("tiles") / "raw"
    written = write(simulation, folder, OutputFormat.CSV, tiles=3)
    tables = {table: _read(folder / table) for table in RAW_TABLES}
    # The latest delivery makes the moment: somebody of whom nothing else is known logs out in it.
    clock = {"event_id": "clock", "agent_id": CLOCK, "status": "offline", "capacity": None}
    tables["raw_presence_events"].append({**clock, "occurred_at": written.as_of, "received_at": written.as_of})
    replay.build(_raw_input(tables))
    return folder, replay


def _read(folder: Path) -> list[dict[str, str | None]]:
    """Return the rows of all files of a table, in order."""
    rows: list[dict[str, str | None]] = []
    for path in sorted(folder.iterdir()):
        with path.open(newline="") as text:
            rows += [{name: value or None for name, value in row.items()} for row in csv.DictReader(text)]
    return rows


@pytest.mark.parametrize(
    "table",
    ["truth_sessions", "truth_responses", "truth_resolutions", "truth_visits", "truth_work", "truth_handling"],
)
def test_tiles_side_by_side_and_in_a_row_equal_their_truth(tiled: tuple[Path, Replay], table: str) -> None:
    folder, replay = tiled
    true = _typed(table, _read(folder / "truth" / table), _columns(table))
    assert len(true) > 300
    assert _multiset(replay.rows(f"{FACTS[table]} as fact", _columns(table))) == _multiset(true)


def test_days_equal_their_truth_across_the_seams_but_for_being_offline(tiled: tuple[Path, Replay]) -> None:
    """The truth tells nothing of the time before a block's first log-in, nor of the days after the last block."""
    folder, replay = tiled
    table = "truth_agent_days"
    columns = _columns(table, {"offline_seconds"})
    true = _typed(table, _read(folder / "truth" / table), _columns(table))
    days = replay.rows(FACTS[table], _columns(table))
    found = {(row["agent_id"], row["activity_date"]): row for row in days if row["agent_id"] != CLOCK}
    for day in true:
        built = found.pop((day["agent_id"], day["activity_date"]))
        assert {name: built[name] for name in columns} == {name: day[name] for name in columns}
        assert built["offline_seconds"] >= day["offline_seconds"]
    # The layer that has one tile less is offline while the other has its second; a block begins on a Sunday off.
    second = [agent_id for agent_id, day in found if date(2026, 8, 2) < day < date(2027, 1, 31)]
    assert set(second) == {"agent-01.1", "agent-02.1"}
    assert ("agent-01", date(2026, 8, 2)) in found
    for day in found.values():
        assert not any(day[name] for name in columns if name.endswith("_seconds")), day


# --- hostility --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulation, DbtRun]:
    """A run of which much goes wrong on the way, through files and a whole `dbt build` with all its data tests."""
    place = tmp_path_factory.mktemp("hostile")
    centre = default_centre(6, days=7, sessions_per_day=40, rates=COMPLETE)
    simulation = simulate(centre, date(2026, 2, 1), 7, seed=11, hostility=HOSTILITIES["wild"])
    write(simulation, place / "raw", OutputFormat.PARQUET)
    command = ["build", "--exclude", "resource_type:unit_test"]
    variables = {"as_of": simulation.as_of.isoformat()}
    run = parsed_dbt().run(command, place, raw=str(place / "raw"), variables=variables)
    assert run.exit_code == 0, run.output
    return simulation, run


def test_every_mishap_is_rejected_for_its_reason(hostile: tuple[Simulation, DbtRun]) -> None:
    simulation, run = hostile
    sessionless = ("raw_conversation_events", "no_session")
    with run.connect() as connection:
        whole = {row[0] for row in connection.execute("select conversation_id from fct_messaging_sessions").fetchall()}
        found = Counter(
            {
                (raw_table, reason): count
                for raw_table, fact in (
                    ("raw_conversation_events", "rejected_events"),
                    ("raw_presence_events", "rejected_presence_events"),
                )
                for reason, count in connection.execute(
                    f"select rejection_reason, count(*) from {fact} group by all"
                ).fetchall()
            }
        )
    # A lost starter takes the session from under events to which nothing, or something else, happened: a contradiction
    # in a conversation without a session is rejected for that.
    expected = Counter(
        sessionless
        if row["kind"] == "conflicting" and row["conversation_id"] and row["conversation_id"] not in whole
        else (row["raw_table"], row["rejection_reason"])
        for row in simulation.rows("truth_hostility")
        if row["rejection_reason"]
    )
    assert len(expected) > 10
    assert found.pop(sessionless) >= expected.pop(sessionless)
    assert found == expected


@pytest.mark.parametrize(
    ("table", "touched_elsewhere"),
    [
        ("truth_sessions", {"handle_seconds", "viewing_seconds"}),
        ("truth_responses", set()),
        ("truth_resolutions", set()),
        ("truth_work", {"active_seconds"}),
    ],
)
def test_what_lost_events_do_not_touch_is_the_truth(
    hostile: tuple[Simulation, DbtRun], table: str, touched_elsewhere: set[str]
) -> None:
    simulation, run = hostile
    lost = {row["conversation_id"] for row in simulation.rows("truth_hostility") if row["is_event_lost"] == "true"}
    columns = _columns(table, touched_elsewhere)
    conversation = "conversation_id" if "conversation_id" in columns else "session_id"

    def is_whole(row: dict[str, Any]) -> bool:
        return str(row[conversation]).split("/")[0] not in lost

    with run.connect() as connection:
        rows = fetch_rows(connection, f"select {', '.join(columns)} from {FACTS[table]}")
    found = [row for row in rows if is_whole(row)]
    assert len(rows) > len(found) > 100
    assert _multiset(found) == _multiset(
        row for row in truth_rows(simulation, table, touched_elsewhere) if is_whole(row)
    )


def test_attention_differs_by_the_idle_limit_for_each_lost_event_at_most(hostile: tuple[Simulation, DbtRun]) -> None:
    """Without one event of an agent, another's focus lasts to the next event or to the limit, or one less does."""
    simulation, run = hostile
    lost = Counter(row["agent_id"] for row in simulation.rows("truth_hostility") if row["is_event_lost"] == "true")
    true: Counter[str] = Counter()
    for row in truth_rows(simulation, "truth_visits"):
        true[row["agent_id"]] += row["visit_seconds"] or 0
    with run.connect() as connection:
        found = dict(
            connection.execute(
                "select agent_id, coalesce(sum(visit_seconds), 0) from fct_visits group by agent_id"
            ).fetchall()
        )
    assert set(found) == set(true)
    assert any(found[agent_id] != true[agent_id] for agent_id in found)
    for agent_id, seconds in found.items():
        assert abs(seconds - true[agent_id]) <= IDLE_LIMIT * lost[agent_id], agent_id


def test_presence_differs_by_the_stale_limit_for_each_lost_event_at_most(hostile: tuple[Simulation, DbtRun]) -> None:
    """A status that nobody heard of leaves the one before it standing, online for as long as the stale limit allows."""
    simulation, run = hostile
    lost = Counter(
        row["agent_id"]
        for row in simulation.rows("truth_hostility")
        if row["is_event_lost"] == "true" and row["raw_table"] == "raw_presence_events"
    )
    assert lost
    sums = ("online_seconds", "available_seconds", "away_seconds")
    with run.connect() as connection:
        days = fetch_rows(connection, f"select agent_id, {', '.join(sums)} from fct_agent_days")
        statuses = fetch_rows(
            connection,
            "select presence_event_id, agent_id, status, started_at from fct_agent_presence where status <> 'unknown'",
        )
    recorded = {row["presence_event_id"]: row for row in truth_rows(simulation, "truth_presence")}
    for row in statuses:
        known = recorded[row["presence_event_id"]]
        assert all(known[name] == value for name, value in row.items())
    assert len(recorded) - len(statuses) == sum(lost.values())
    true = truth_rows(simulation, "truth_agent_days")
    for name in sums:
        found = _sums(days, name)
        for agent_id, seconds in _sums(true, name).items():
            assert abs(found[agent_id] - seconds) <= STALE_LIMIT * lost[agent_id], (agent_id, name)


def test_days_of_attention_differ_by_the_idle_limit_for_each_lost_event_at_most(
    hostile: tuple[Simulation, DbtRun],
) -> None:
    """Of all days together; on a single day a visit may, besides, change from viewing to handling or back."""
    simulation, run = hostile
    lost = Counter(row["agent_id"] for row in simulation.rows("truth_hostility") if row["is_event_lost"] == "true")
    with run.connect() as connection:
        days = fetch_rows(
            connection, "select agent_id, handle_seconds + viewing_seconds as seconds from fct_agent_days"
        )
    found = _sums(days, "seconds")
    true = truth_rows(simulation, "truth_agent_days")
    handle, viewing = _sums(true, "handle_seconds"), _sums(true, "viewing_seconds")
    assert set(found) == set(handle)
    for agent_id, seconds in found.items():
        assert abs(seconds - handle[agent_id] - viewing[agent_id]) <= IDLE_LIMIT * lost[agent_id], agent_id


def test_the_truth_is_not_read_from_the_events(tmp_path: Path) -> None:
    """What goes wrong on the way changes nothing of what people remember."""
    centre = default_centre(6, days=7, sessions_per_day=40, rates=COMPLETE)
    calm = simulate(centre, date(2026, 2, 1), 7, seed=11)
    wild = simulate(centre, date(2026, 2, 1), 7, seed=11, hostility=HOSTILITIES["wild"])
    for table in ("truth_responses", "truth_resolutions", "truth_work"):
        assert json.dumps(calm.rows(table)) == json.dumps(wild.rows(table))
