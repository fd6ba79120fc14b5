"""What a simulation is written as: the raw contract's tables, or the objects of a platform."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.service_cloud import service_cloud_tables
from messaging_warehouse.simulator.simulation import Simulation
from messaging_warehouse.simulator.tables import TRUTH_TABLES
from messaging_warehouse.simulator.truth import Row


class Layout(StrEnum):
    """Whose tables what happened is written to."""

    EVENTS = "events"
    SERVICE_CLOUD = "service_cloud"

    @classmethod
    def named(cls, name: str) -> Layout:
        """Return the layout of that name; raise SimulationError, with the names there are, if there is none."""
        try:
            return cls(name.lower())
        except ValueError:
            raise SimulationError(f"There is no layout {name!r}; give {', '.join(cls)}.") from None


def laid_out(simulation: Simulation, layout: Layout, whole_seconds: bool = False) -> dict[str, Sequence[Row]]:
    """Return the rows of all tables of a layout, the truth among them; SimulationError if it cannot hold them.

    With `whole_seconds` a platform's objects have no milliseconds where the platform keeps none; an event log has them.
    """
    require_objects(layout, whole_seconds)
    if layout is Layout.EVENTS:
        return simulation.tables
    truth = {table: simulation.tables[table] for table in TRUTH_TABLES}
    return {**service_cloud_tables(simulation, whole_seconds), **truth}


def require_objects(layout: Layout, whole_seconds: bool) -> None:
    """Raise SimulationError where whole seconds are wanted of an event log, which has milliseconds."""
    if whole_seconds and layout is Layout.EVENTS:
        raise SimulationError("Only a platform keeps whole seconds; give the layout service_cloud with them.")
