"""Grain: one row per segment of an agent's time, cut wherever something begins or ends."""

from messaging_warehouse.intervals import sweep_timeline


def model(dbt, session):  # noqa: D103
    dbt.config(materialized="table")
    return sweep_timeline(
        dbt.ref("int_timeline_presence"),
        dbt.ref("int_timeline_visits"),
        dbt.ref("int_open_work_delimited"),
        dbt.ref("int_team_memberships_delimited"),
        dbt.ref("int_build"),
    )
