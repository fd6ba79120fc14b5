"""The same simulation as a messaging platform's own objects, in place of the raw contract's tables.

    simulation = simulate(default_centre(agents=20), date(2026, 2, 1), days=28, seed=7)
    service_cloud_tables(simulation)["MessagingSession"]

What the platform measures itself (times to answer and to handle, counts, who ended what) is what agents and customers
remember, by way of the truth tables; no rule of the warehouse is asked. What is told in docs/simulator.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from messaging_warehouse.simulator.clock import SECOND
from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.service_cloud import entries, reference, sessions, work
from messaging_warehouse.simulator.service_cloud.ids import RecordIds
from messaging_warehouse.simulator.service_cloud.source import Record, Source
from messaging_warehouse.simulator.simulation import Simulation
from messaging_warehouse.simulator.tables import SERVICE_CLOUD_OBJECTS, Kind
from messaging_warehouse.simulator.truth import Row

# What writes the records of each object, in the order in which they get their ids.
_WRITERS: dict[str, Callable[[Source, RecordIds], Iterator[Record]]] = {
    "MessagingSession": sessions.sessions,
    "MessagingSessionMetrics": sessions.metrics,
    "MessagingEndUser": reference.end_users,
    "MessagingChannel": reference.channels,
    "AgentWork": work.works,
    "ConversationEntry": entries.entries,
    "UserServicePresence": work.presences,
    "ServicePresenceStatus": reference.presence_statuses,
    "User": reference.users,
    "Group": reference.groups,
    "Account": reference.accounts,
    "Contact": reference.contacts,
}


def service_cloud_tables(simulation: Simulation, whole_seconds: bool = False) -> dict[str, Sequence[Row]]:
    """Return the rows of the platform's objects, of the configuration by their ids, and of `service_cloud_ids`.

    Values are in the order of `SERVICE_CLOUD_OBJECTS[object]` (moments in milliseconds since 1970, durations in whole
    seconds); of the configuration and of `service_cloud_ids` in that of their tables. Equal simulations give equal
    rows. With `whole_seconds` moments are cut to the second, as the platform keeps them; those of entries are as they
    were: the platform has their milliseconds, too. Raises SimulationError for a simulation that the objects cannot tell
    of.
    """
    require_plain(is_hostile=simulation.has_bad_times, is_tile=simulation.is_tile)
    source, ids = Source(simulation), RecordIds()
    reference.tell_reference(source, ids)
    ids.tell("Conversation", (session["conversation_id"] for session in source.sessions))
    ids.tell("MessagingSession", (session["session_id"] for session in source.sessions))
    tables: dict[str, Sequence[Row]] = {
        name: [tuple(record[column] for column in columns) for record in _WRITERS[name](source, ids)]
        for name, columns in SERVICE_CLOUD_OBJECTS.items()
    }
    if whole_seconds:
        for name, columns in SERVICE_CLOUD_OBJECTS.items():
            if name != "ConversationEntry":
                tables[name] = [_cut(row, columns.values()) for row in tables[name]]
    return {**tables, **reference.configuration(source, ids), "service_cloud_ids": ids.rows()}


def _cut(row: Row, kinds: Iterable[Kind]) -> Row:
    """Return a row with its moments cut to the second."""
    return tuple(
        value - value % SECOND if kind is Kind.MOMENT and isinstance(value, int) else value
        for value, kind in zip(row, kinds, strict=True)
    )


def require_plain(is_hostile: bool, is_tile: bool) -> None:
    """Raise SimulationError for what happens to deliveries, which objects do not have, and for tiles."""
    if is_hostile:
        raise SimulationError(
            "The layout service_cloud holds objects, to whose delivery nothing happens; give hostility none."
        )
    if is_tile:
        raise SimulationError("The layout service_cloud is written once; give neither events nor tiles.")
