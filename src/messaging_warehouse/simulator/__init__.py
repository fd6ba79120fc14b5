"""A simulated contact centre that knows the truth.

    from messaging_warehouse.simulator import default_centre, simulate, write
    simulation = simulate(default_centre(agents=20), date(2026, 2, 1), days=28, seed=7)
    simulation.rows("raw_conversation_events")   # what the platform hands over
    simulation.rows("truth_sessions")            # what really happened
    write(simulation, Path("raw"), OutputFormat.PARQUET)

How it works, and where its numbers come from, is told in docs/simulator.md.
"""

from messaging_warehouse.simulator.centre import Centre, Rates
from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.hostility import HOSTILITIES, Hostility
from messaging_warehouse.simulator.layouts import Layout
from messaging_warehouse.simulator.presets import default_centre, demo_centre
from messaging_warehouse.simulator.service_cloud import service_cloud_tables
from messaging_warehouse.simulator.simulation import Simulation, simulate
from messaging_warehouse.simulator.tables import (
    CONFIGURATION_TABLES,
    RAW_TABLES,
    SERVICE_CLOUD_IDS,
    SERVICE_CLOUD_OBJECTS,
    TRUTH_TABLES,
)
from messaging_warehouse.simulator.writing import OutputFormat, Written, write

__all__ = [
    "CONFIGURATION_TABLES",
    "HOSTILITIES",
    "RAW_TABLES",
    "SERVICE_CLOUD_IDS",
    "SERVICE_CLOUD_OBJECTS",
    "TRUTH_TABLES",
    "Centre",
    "Hostility",
    "Layout",
    "OutputFormat",
    "Rates",
    "Simulation",
    "SimulationError",
    "Written",
    "default_centre",
    "demo_centre",
    "service_cloud_tables",
    "simulate",
    "write",
]
