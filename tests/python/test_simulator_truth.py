"""What the simulator knows is what the definitions make of its events, to the millisecond."""

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from messaging_warehouse.simulator import (
    HOSTILITIES,
    RAW_TABLES,
    TRUTH_TABLES,
    Rates,
    Simulation,
    default_centre,
    demo_centre,
    simulate,
)
from reference import ConfiguredInput, RawInput, Settings, Value, build
from reference.inputs import Row
from reference.resolutions import TeamMemberships
from reference.warehouse import Warehouse

COMPLETE = Rates(logout_lost=0)
# Promises for all that can be promised, so that the reference tells of each.
PROMISES: list[dict[str, str | None]] = [
    {"policy_id": metric, "metric": metric, "target_seconds": "60", "clock": "calendar"}
    for metric in ("first_response", "next_response", "resolution")
]


def raw_input(simulation: Simulation) -> RawInput:
    """Return the simulated raw tables as the reference takes them."""
    return RawInput(**{table.removeprefix("raw_"): simulation.rows(table) for table in RAW_TABLES})


def _text(value: Value) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    return str(value)


def _twelve_agents() -> Simulation:
    return simulate(default_centre(12, days=8, sessions_per_day=100, rates=COMPLETE), date(2026, 2, 1), 8, seed=3)


def _kettle() -> Simulation:
    until = datetime(2026, 3, 15, 20, tzinfo=UTC)
    return simulate(demo_centre(rates=COMPLETE), date(2026, 2, 14), until=until, seed=58)


def _tile() -> Simulation:
    centre = default_centre(5, days=7, sessions_per_day=50, rates=COMPLETE)
    return simulate(centre, date(2026, 2, 1), 7, seed=4, is_tile=True)


RUNS = {"twelve agents": _twelve_agents, "the demo's centre": _kettle, "a tile": _tile}


@pytest.fixture(scope="module", params=RUNS, ids=str)
def told(request: pytest.FixtureRequest) -> tuple[Simulation, Warehouse]:
    """A run without losses, and what the reference makes of it."""
    simulation = RUNS[request.param]()
    as_of = simulation.as_of if simulation.is_tile else None
    configured = ConfiguredInput(**vars(raw_input(simulation)), sla_policies=PROMISES)
    # What is promised here is not told in business time.
    configured.channels = [row | {"business_hours_id": None} for row in configured.channels]
    return simulation, build(configured, Settings(as_of=as_of, with_service_levels=True))


def test_every_row_is_valid(told: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = told
    assert warehouse.as_of == simulation.as_of.replace(tzinfo=None)
    assert not warehouse.tables["rejected_events"]
    assert not warehouse.tables["rejected_presence_events"]
    assert len(warehouse.tables["fct_conversation_events"]) == len(simulation.tables["raw_conversation_events"])


@pytest.mark.parametrize(
    ("truth", "fact", "key"),
    [
        ("truth_sessions", "fct_messaging_sessions", ("session_id",)),
        ("truth_responses", "fct_responses", ("session_id", "response_number")),
        ("truth_resolutions", "fct_resolutions", ("session_id", "cycle_number")),
        ("truth_visits", "fct_visits", ("visit_id",)),
        ("truth_work", "fct_agent_work", ("conversation_id", "work_id")),
        ("truth_presence", "fct_agent_presence", ("presence_event_id",)),
        ("truth_csat", "fct_csat_responses", ("conversation_id", "survey_id")),
        ("truth_promises", "fct_sla_outcomes", ("metric", "session_id", "response_number")),
    ],
)
def test_the_truth_equals_the_reference(
    told: tuple[Simulation, Warehouse], truth: str, fact: str, key: tuple[str, ...]
) -> None:
    simulation, warehouse = told
    built = warehouse.tables[fact]
    columns = [name for name in TRUTH_TABLES[truth] if name in built[0]]
    assert set(key) < set(columns)

    def identity(row: Row) -> tuple[str | None, ...]:
        return tuple(_text(row[name]) for name in key)

    known = {tuple(row[name] for name in key): {name: row[name] for name in columns} for row in simulation.rows(truth)}
    assert known == {identity(row): {name: _in_kind(name, row[name]) for name in columns} for row in built}


def _in_kind(name: str, value: Value) -> str | None:
    """Return a value of the reference as the truth writes it: some decimals are whole numbers there."""
    if name in ("capacity", "capacity_weight", "score", "scale_max") and isinstance(value, Decimal):
        return str(int(value))
    return _text(value)


def test_the_days_equal_the_reference(told: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = told
    built: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in warehouse.tables["fct_agent_days"]:
        for name, value in row.items():
            if isinstance(value, Decimal):
                built[str(row["agent_id"]), str(row["activity_date"])][name] += value
    known = simulation.rows("truth_agent_days")
    sums = [name for name in known[0] if name.endswith("_seconds")]
    # The days of a tile end with it, so that another can follow.
    assert simulation.is_tile or len(known) == len(built)
    for day in known:
        of_day = built[str(day["agent_id"]), str(day["activity_date"])]
        assert {name: day[name] for name in sums} == {name: f"{of_day[name]:.3f}" for name in sums}


def test_handling_is_the_sum_of_the_visits(told: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = told
    built: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for visit in warehouse.tables["fct_visits"]:
        if visit["is_handled"] and isinstance(visit["visit_seconds"], Decimal):
            built[str(visit["session_id"]), str(visit["agent_id"])] += visit["visit_seconds"]
    for row in simulation.rows("truth_handling"):
        assert Decimal(row["handle_seconds"] or 0) == built[str(row["session_id"]), str(row["agent_id"])]


def test_surveys_are_credited_to_who_resolved_or_wrote_last(told: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = told
    raw = raw_input(simulation)
    memberships = TeamMemberships(raw.team_memberships)
    surveys = {(row["conversation_id"], row["survey_id"]): row for row in simulation.rows("truth_csat")}
    payloads = {row["event_id"]: json.loads(row["payload"] or "{}") for row in raw.conversation_events}
    resolver: dict[Value, tuple[str, datetime]] = {}
    writer: dict[Value, tuple[str, datetime]] = {}
    seen: Counter[str] = Counter()
    for event in sorted(
        warehouse.tables["fct_conversation_events"],
        key=lambda row: (str(row["session_id"]), int(str(row["position_in_session"]))),
    ):
        session_id, kind, at = event["session_id"], event["event_type"], event["occurred_at"]
        assert isinstance(at, datetime)
        if event["actor_type"] == "agent" and kind == "conversation_resolved":
            resolver[session_id] = (str(event["actor_id"]), at)
        elif event["actor_type"] == "agent" and kind == "message_sent":
            writer[session_id] = (str(event["actor_id"]), at)
        elif kind in ("csat_requested", "csat_responded"):
            payload = payloads[str(event["event_id"])]
            survey = surveys[str(event["conversation_id"]), payload["survey_id"]]
            seen[str(kind)] += 1
            if kind == "csat_responded":
                assert (survey["responded_at"], survey["score"]) == (_text(at), str(payload["score"]))
                continue
            agent_id, since = resolver.get(session_id) or writer.get(session_id) or (None, at)
            assert (survey["session_id"], survey["requested_at"]) == (session_id, _text(at))
            assert (survey["agent_id"], survey["team_id"]) == (agent_id, memberships.team_at(agent_id, since))
    assert seen["csat_requested"] == len(surveys)
    assert seen["csat_responded"] == sum(survey["score"] is not None for survey in surveys.values()) > 0


# --- hostility --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wild() -> tuple[Simulation, Warehouse]:
    """A run in which much goes wrong on the way."""
    centre = default_centre(8, days=7, sessions_per_day=120, rates=COMPLETE)
    simulation = simulate(centre, date(2026, 2, 1), 7, seed=9, hostility=HOSTILITIES["wild"])
    return simulation, build(raw_input(simulation), Settings(as_of=simulation.as_of))


def test_every_rejection_occurs_and_stays_below_the_guard(wild: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = wild
    rejected = warehouse.tables["rejected_events"]
    reasons = {str(row["rejection_reason"]) for row in rejected}
    assert reasons == {
        "missing_event_id", "missing_conversation_id", "unknown_event_type", "invalid_timestamp", "missing_occurred_at",
        "invalid_payload", "missing_actor", "missing_payload_key", "occurred_after_received",
        "received_implausibly_late", "no_session", "conflicting_redelivery",
    }  # fmt: skip
    assert len(rejected) < 0.05 * len(simulation.tables["raw_conversation_events"])
    assert warehouse.tables["rejected_presence_events"]


def test_the_note_of_mishaps_tells_what_reaches_the_warehouse(wild: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = wild
    notes = [row for row in simulation.rows("truth_hostility") if row["raw_table"] == "raw_conversation_events"]
    assert set(Counter(row["kind"] for row in notes)) == {"late", "duplicated", "conflicting", "corrupted", "lost"}
    accepted = {str(row["event_id"]) for row in warehouse.tables["fct_conversation_events"]}
    lost = {row["event_id"] for row in notes if row["is_event_lost"] == "true"}
    assert lost and not lost & accepted
    # A conversation that lost its only starter has no session; what else happened to it is rejected for that.
    told = {str(row["conversation_id"]) for row in warehouse.tables["fct_messaging_sessions"]}
    assert {row["event_id"] for row in notes if row["is_event_lost"] == "false" and row["conversation_id"] in told} <= (
        accepted
    )
    conflicting = sum(row["kind"] == "conflicting" and row["conversation_id"] in told for row in notes)
    rejections = Counter(row["rejection_reason"] for row in warehouse.tables["rejected_events"])
    assert rejections["conflicting_redelivery"] == conflicting
    untold = {str(row["conversation_id"]) for row in notes} - told
    assert untold <= {row["conversation_id"] for row in notes if row["is_event_lost"] == "true"}
    assert warehouse.exact_redelivery_count == sum(row["kind"] == "duplicated" for row in notes)
    assert max(Decimal(row["delay_seconds"] or 0) for row in notes if row["kind"] == "late") > 86_400


def test_untouched_conversations_are_told_right_all_the_same(wild: tuple[Simulation, Warehouse]) -> None:
    simulation, warehouse = wild
    touched = {row["conversation_id"] for row in simulation.rows("truth_hostility") if row["is_event_lost"] == "true"}
    known = {row["session_id"]: row for row in simulation.rows("truth_sessions")}
    compared = 0
    for built in warehouse.tables["fct_messaging_sessions"]:
        if built["conversation_id"] not in touched:
            truth = known[str(built["session_id"])]
            for name in ("first_response_seconds", "resolution_seconds", "agent_message_count", "ended_at"):
                assert truth[name] == _text(built[name])
            compared += 1
    assert compared > len(known) / 3
