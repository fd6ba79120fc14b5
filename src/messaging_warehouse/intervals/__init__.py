"""Pairing of intervals: an agent's events become visits, presence and one timeline.

Pure functions over frames that narwhals knows: a DuckDB relation, a PySpark or a Polars frame goes in and the same
kind comes out, lazily, so that no row leaves the engine. Times are whole milliseconds since the epoch (`*_ms`),
intervals are half-open, and null is the end of what is still open. Nothing here knows of dbt; thin private models call
it, and SQL facts publish the results.
"""

from messaging_warehouse.intervals.presence import pair_presence
from messaging_warehouse.intervals.timeline import sweep_timeline
from messaging_warehouse.intervals.visits import assign_focus, pair_visits

__all__ = ["assign_focus", "pair_presence", "pair_visits", "sweep_timeline"]
