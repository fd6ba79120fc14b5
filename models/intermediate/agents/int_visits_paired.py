"""Grain: one row per visit: a stretch in which an agent had one conversation in focus."""

from messaging_warehouse.intervals import assign_focus, pair_visits


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    focus_idle_minutes = dbt.config.meta_get("focus_idle_minutes")
    idle_ms = 60_000 * focus_idle_minutes
    focus = assign_focus(dbt.ref("int_focus_events"), idle_ms=idle_ms)
    return pair_visits(focus, dbt.ref("int_build"), idle_ms=idle_ms)
