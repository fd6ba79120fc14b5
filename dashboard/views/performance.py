"""Users and teams: what agents and teams did, for how long, and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import charts, filters, formats, panels, queries, sources
from dashboard.catalogue import read_catalogue
from dashboard.filters import Filters
from dashboard.panels import Figure
from dashboard.queries import Source
from dashboard.serving import Copy

WHO = {"agent": "Users", "team": "Teams"}
HEADLINE = (
    Figure("online_agent_count", sources.FACT_AGENT_DAYS),
    Figure("availability_rate", sources.FACT_AGENT_DAYS, "good"),
    Figure("utilisation_rate", sources.FACT_AGENT_DAYS),
    Figure("concurrency", sources.FACT_AGENT_DAYS),
    Figure("handled_session_count", sources.FACT_HANDLING),
    Figure("average_handle_seconds", sources.FACT_HANDLING, "bad"),
    Figure("resolved_session_count", sources.FACT_RESOLUTIONS, "good"),
)
# The overview: what adds up comes from the mart, distinct counts from their facts.
_FROM_MART = (
    "online_seconds", "availability_rate", "utilisation_rate", "occupancy_rate", "concurrency", "handle_seconds",
    "agent_message_count", "average_agent_response_seconds", "average_first_response_seconds",
    "average_speed_to_answer_seconds", "declined_work_count", "timed_out_work_count", "transferred_work_count",
)  # fmt: skip
_FROM_HANDLING = ("handled_session_count", "average_handle_seconds", "p90_handle_seconds")
_FROM_RESOLUTIONS = ("resolved_session_count",)
_OVERVIEW = (
    "online_seconds", "availability_rate", "utilisation_rate", "occupancy_rate", "concurrency", "handled_session_count",
    "handle_seconds", "average_handle_seconds", "p90_handle_seconds", "resolved_session_count", "agent_message_count",
    "average_agent_response_seconds", "average_first_response_seconds", "average_speed_to_answer_seconds",
    "declined_work_count", "timed_out_work_count", "transferred_work_count",
)  # fmt: skip
FIRST = 8  # bars of a ranking
_REASONS = {"first": "First of a session", "again": "Offered again", "transfer": "Transferred"}


def show(copy: Copy) -> None:
    """Draw the page."""
    head = st.container()
    chosen = filters.choose(copy, ["channel", "team", "topic"], more=_choose_who)
    who = str(st.session_state["who"])
    with head:
        panels.head("Users and teams", "What did agents do, for how long, and how fast?", copy, chosen)
    panels.kpis(copy, HEADLINE, chosen, "performance")
    names = filters.names(copy)
    _overview(copy, chosen, who, names)
    left, right = st.columns(2)
    with left:
        _time(copy, chosen)
    with right:
        _handle_time(copy, chosen, who, names)
    left, right = st.columns(2)
    with left:
        _resolved(copy, chosen, who, names)
    with right:
        _topics(copy, chosen, names)
    left, right = st.columns(2)
    with left:
        _efficiency(copy, chosen, names)
    with right:
        _speed_to_answer(copy, chosen, names)


def _choose_who() -> None:
    st.selectbox("Told by", list(WHO), format_func=WHO.__getitem__, key="who", bind="query-params", width=130)


def overview(copy: Copy, chosen: Filters, who: str) -> pd.DataFrame:
    """Return a row for each agent or team, with all that the table shows.

    Of agents, a chosen team means those who were in it in the period, each with all of their time.
    """
    mart = sources.AGENTS if who == "agent" else sources.TEAMS
    rows = queries.figures(copy, mart, _FROM_MART, chosen, by=[who])
    if who == "agent" and chosen.teams:
        members = queries.figures(
            copy, sources.FACT_AGENT_DAYS, ["online_agent_count"], replace(chosen, channels=(), topics=()), by=["agent"]
        )
        rows = rows[rows["agent"].isin(members["agent"])]
    whole = replace(chosen, channels=(), topics=(), teams=chosen.teams if who == "team" else ())
    for source, metrics in ((sources.FACT_HANDLING, _FROM_HANDLING), (sources.FACT_RESOLUTIONS, _FROM_RESOLUTIONS)):
        rows = rows.merge(queries.figures(copy, _told(source, who), metrics, whole, by=[who]), on=who, how="left")
    counted = ["handled_session_count", "resolved_session_count"]
    told = queries.figures(copy, sources.FACT_HANDLING, counted[:1], whole).iloc[0].to_dict()
    told |= queries.figures(copy, sources.FACT_RESOLUTIONS, counted[1:], whole).iloc[0].to_dict()
    for name in counted:
        if told[name] is not None and not pd.isna(told[name]):  # else the source does not record it
            rows[name] = rows[name].fillna(0).astype("int64")
    return rows.sort_values(["handle_seconds", who], ascending=[False, True], ignore_index=True)


def _told(source: Source, who: str) -> Source:
    """Leave out what no agent did, as the performance marts do."""
    agent = source.columns["agent"]
    return replace(source, where=f"{source.where} and {agent} is not null")


def _overview(copy: Copy, chosen: Filters, who: str, names: Mapping[str, Mapping[str, str]]) -> None:
    rows = overview(copy, chosen, who)
    rows.insert(0, f"{who}_name", [names[who].get(each, each) for each in rows[who]])
    mart = sources.AGENTS if who == "agent" else sources.TEAMS
    meaning = copy.descriptions(mart.relation)[""]
    if who == "agent":  # a chosen team is told, below
        mart = replace(mart, columns={**mart.columns, "team": ""})
    with panels.panel(copy, f"{WHO[who]} at a glance", meaning, rows, f"performance_{who}s", chosen, mart):
        if who == "agent" and chosen.teams:
            st.caption("Users who were in the chosen teams in the period, each with all of their time.")
        labels = {f"{who}_name": "User" if who == "agent" else "Team"} | dict.fromkeys(_OVERVIEW, "")
        panels.table(copy, rows, labels, mart.relation, "Nobody was online in these days", height="auto")


def _time(copy: Copy, chosen: Filters) -> None:
    names = ["availability_rate", "utilisation_rate", "occupancy_rate"]
    source = sources.FACT_AGENT_DAYS
    rows = queries.filled(queries.figures(copy, source, names, chosen, by=["day"]), chosen, [])
    catalogue = read_catalogue()
    with panels.panel(
        copy,
        "How time online was used",
        panels.definitions(copy, names, source),
        rows,
        "performance_time",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.over_time(
                rows, {name: catalogue.label(name) for name in names}, "rate", chosen.period.grain
            ),
            rows,
            names,
            "Availability, utilisation and occupancy over time",
            "Nobody was online in these days",
        )


def _handle_time(copy: Copy, chosen: Filters, who: str, names: Mapping[str, Mapping[str, str]]) -> None:
    source = _told(sources.FACT_HANDLING, who)
    rows = queries.figures(
        copy, source, ["handle_seconds", "handled_session_count"], chosen, by=[who], order="handle_seconds"
    )
    rows = rows.assign(name=[names[who].get(each, each) for each in rows[who]])
    with panels.panel(
        copy,
        f"Handle time by {'user' if who == 'agent' else 'team'}",
        panels.definitions(copy, ["handle_seconds"], source),
        rows,
        "performance_handle_time",
        chosen,
        source,
    ):
        handled = rows[rows["handle_seconds"] > 0]
        top = handled.head(FIRST)
        _first_of(handled)
        panels.chart(
            lambda: charts.ranking(top, "name", "handle_seconds", "Handle time", "seconds"),
            top, ["handle_seconds"], "Handle time, most first", "Nobody handled a conversation in these days",
        )  # fmt: skip


def _resolved(copy: Copy, chosen: Filters, who: str, names: Mapping[str, Mapping[str, str]]) -> None:
    source = _told(sources.FACT_RESOLUTIONS, who)
    metrics = ["resolved_session_count", "average_resolution_seconds", "p90_resolution_seconds"]
    rows = queries.figures(copy, source, metrics, chosen, by=[who], order="resolved_session_count")
    rows.insert(0, "name", [names[who].get(each, each) for each in rows[who]])
    with panels.panel(
        copy, f"Resolved by {'user' if who == 'agent' else 'team'}", panels.definitions(copy, metrics, source), rows,
        "performance_resolved", chosen, source,
    ):  # fmt: skip
        rows = rows[rows["resolved_session_count"] > 0]
        labels = {"name": "User" if who == "agent" else "Team"} | dict.fromkeys(metrics, "")
        panels.table(
            copy, rows, labels, "mart_resolutions_by_day", "Nothing was resolved in these days",
            about={"name": f"{who}_id"}, height="content" if len(rows) < 8 else 286,
        )  # fmt: skip


def _topics(copy: Copy, chosen: Filters, names: Mapping[str, Mapping[str, str]]) -> None:
    source = sources.RESOLUTIONS
    metrics = ["resolution_count", "average_resolution_seconds"]
    rows = queries.figures(copy, source, metrics, chosen, by=["topic"], order="resolution_count")
    rows = rows.assign(name=[names["topic"].get(each, each) for each in rows["topic"]])
    with panels.panel(
        copy, "Resolved by topic", panels.definitions(copy, metrics, source), rows, "performance_topics", chosen, source
    ):
        resolved = rows[rows["resolution_count"] > 0]
        _first_of(resolved)
        panels.chart(
            lambda: charts.ranking(resolved.head(FIRST), "name", "resolution_count", "Resolutions", "count"),
            rows, ["resolution_count"], "Resolutions by topic, most first", "Nothing was resolved in these days",
        )  # fmt: skip


def _first_of(rows: pd.DataFrame) -> None:
    """Say that a ranking leaves out some, where it does."""
    if len(rows) > FIRST:
        st.caption(f"The first {FIRST} of {len(rows)}; the download has all.")


def _efficiency(copy: Copy, chosen: Filters, names: Mapping[str, Mapping[str, str]]) -> None:
    source = sources.EFFICIENCY
    metrics = [
        "closed_handled_session_count",
        "average_served_seconds",
        "average_attended_seconds",
        "average_session_handle_seconds",
        "carried_ratio",
        "saved_rate",
    ]
    rows = queries.figures(copy, source, metrics, chosen, by=["channel"], order="closed_handled_session_count")
    rows.insert(0, "name", [names["channel"].get(each, each) for each in rows["channel"]])
    whole = queries.figures(copy, source, metrics, chosen)
    if len(rows):  # the averages of all channels are none of their averages
        together = "All chosen channels" if chosen.channels else "All channels"
        rows = pd.concat([whole.assign(name=together, channel="(all)")[rows.columns], rows], ignore_index=True)
    with panels.panel(
        copy,
        "What asynchronous work saves",
        panels.definitions(copy, metrics, source),
        rows,
        "performance_efficiency",
        chosen,
        source,
    ):
        saved = whole["saved_rate"].iloc[0]
        if not formats.is_nothing(saved):
            st.markdown(
                f"From start to close it took **{formats.duration(whole['average_served_seconds'].iloc[0])}**, "
                f"and **{formats.duration(whole['average_session_handle_seconds'].iloc[0])}** of an agent's time.",
                help=panels.definitions(copy, ["average_served_seconds", "average_session_handle_seconds"], source),
            )
        panels.table(
            copy,
            rows,
            {"name": "Channel"} | dict.fromkeys(metrics, ""),
            source.relation,
            "No conversation that an agent handled was closed in these days",
            about={"name": "channel_id"},
        )


def _speed_to_answer(copy: Copy, chosen: Filters, names: Mapping[str, Mapping[str, str]]) -> None:
    source = sources.SPEED_TO_ANSWER
    metrics = ["accepted_work_count", "average_speed_to_answer_seconds"]
    rows = queries.figures(copy, source, metrics, chosen, by=["team", "work_reason"])
    rows.insert(0, "name", [names["team"].get(each, each) for each in rows["team"]])
    rows["reason"] = [_REASONS.get(each, each) for each in rows["work_reason"]]
    with panels.panel(
        copy,
        "Speed to answer",
        panels.definitions(copy, metrics, source),
        rows,
        "performance_speed_to_answer",
        chosen,
        source,
    ):
        labels = {"name": "Team", "reason": "Work"} | dict.fromkeys(metrics, "")
        panels.table(
            copy, rows, labels, source.relation, "No work was accepted in these days",
            about={"name": "team_id", "reason": "work_reason"}, height="content" if len(rows) < 8 else 286,
        )  # fmt: skip
