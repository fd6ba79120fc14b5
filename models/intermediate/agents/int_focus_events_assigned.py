"""Grain: one row per open or act of an agent, with the visit that it is part of."""

from messaging_warehouse.intervals import assign_focus


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    focus_idle_minutes = dbt.config.meta_get("focus_idle_minutes")
    return assign_focus(dbt.ref("int_focus_events"), idle_ms=60_000 * focus_idle_minutes)
