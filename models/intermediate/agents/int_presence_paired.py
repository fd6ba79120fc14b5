"""Grain: one row per presence interval; the stretch in which an online status has gone stale is one of its own."""

from messaging_warehouse.intervals import pair_presence


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    presence_stale_hours = dbt.config.meta_get("presence_stale_hours")
    return pair_presence(
        dbt.ref("int_presence_events_timed"),
        dbt.ref("int_agent_events_timed"),
        dbt.ref("int_build"),
        stale_ms=3_600_000 * presence_stale_hours,
    )
