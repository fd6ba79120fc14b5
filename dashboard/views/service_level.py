"""Service level: what was promised, what was kept, and how long people waited."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import charts, filters, formats, panels, queries, sources
from dashboard.catalogue import read_catalogue
from dashboard.filters import Filters
from dashboard.panels import Figure
from dashboard.queries import Source
from dashboard.serving import Copy
from dashboard.theme import colour

PROMISES = {"first_response": "First response", "next_response": "Next responses", "resolution": "Resolution"}
_OUTCOMES = {
    "sla_met_count": "Met",
    "sla_breached_count": "Breached",
    "sla_running_count": "Running",
    "sla_cancelled_count": "Cancelled",
}
_SESSION_METRICS = {
    "agent_message_count": "Messages by agents",
    "end_user_message_count": "Messages by customers",
    "average_agent_response_time": "Agents' average response time",
    "max_agent_response_time": "Agents' longest response time",
    "average_end_user_response_time": "Customers' average response time",
    "max_end_user_response_time": "Customers' longest response time",
}


def show(copy: Copy) -> None:
    """Draw the page."""
    head = st.container()
    chosen = filters.choose(copy, ["channel", "team", "topic"])
    with head:
        panels.head("Service level", "What was promised, what was kept, and how long did people wait?", copy, chosen)
    panels.kpis(copy, headline(chosen), chosen, "service_level")
    left, right = st.columns(2)
    with left:
        _attainment(copy, chosen)
    with right:
        _outcomes(copy, chosen)
    left, right = st.columns(2)
    with left:
        _first_response(copy, chosen)
    with right:
        _waits(copy, chosen)
    _policies(copy, chosen)
    left, right = st.columns([3, 2])
    with left:
        _session_metrics(copy, chosen)
    with right:
        _teams(copy, chosen)


def headline(chosen: Filters) -> list[Figure]:
    """Return the headline figures, each from where what is chosen can be told."""
    promises, first_responses = _promises(chosen), _first_responses(chosen)
    kept = [
        Figure("sla_attainment_rate", _and(promises, f"metric = '{metric}'"), "good", f"{label} kept")
        for metric, label in PROMISES.items()
    ]
    return [
        *kept,
        Figure("average_first_response_seconds", first_responses, "bad"),
        Figure("first_response_within_5_min_rate", first_responses, "good"),
        Figure("average_agent_wait_seconds", sources.RESPONSE_TIMES, "bad"),
        Figure("average_agent_response_seconds", sources.RESPONSE_TIMES, "bad"),
    ]


def _promises(chosen: Filters) -> Source:
    """Return where promises are told: the mart, which knows no topics, or its fact."""
    return sources.FACT_PROMISES if chosen.topics else sources.PROMISES


def _first_responses(chosen: Filters) -> Source:
    """Return where first responses are told: the mart, which knows no topics, or their sessions."""
    return sources.FACT_FIRST_RESPONSES if chosen.topics else sources.RESPONSE_TIMES


def _and(source: Source, condition: str) -> Source:
    return replace(source, where=f"{source.where} and {condition}" if source.where else condition)


def _attainment(copy: Copy, chosen: Filters) -> None:
    source = _promises(chosen)
    rows = queries.figures(copy, source, ["sla_attainment_rate", "sla_decided_count"], chosen, by=["day", "metric"])
    wide = rows.pivot(index="day", columns="metric", values="sla_attainment_rate").reset_index() if len(rows) else rows
    wide = queries.filled(wide, chosen, [])
    series = {name: label for name, label in PROMISES.items() if name in wide}
    with panels.panel(
        copy,
        "Promises kept",
        panels.definitions(copy, ["sla_attainment_rate"], source),
        rows,
        "service_level_attainment",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.over_time(wide, series, "rate", chosen.period.grain),
            wide, list(series), "Share of promises kept, over time", "No promise was due in these days",
            ["sla_attainment_rate"],
        )  # fmt: skip


def _outcomes(copy: Copy, chosen: Filters) -> None:
    source = _promises(chosen)
    rows = queries.figures(copy, source, [*_OUTCOMES, "sla_attainment_rate"], chosen, by=["metric", "clock"])
    rows = rows.assign(promise=[f"{PROMISES.get(row.metric, row.metric)} ({row.clock})" for row in rows.itertuples()])
    with panels.panel(
        copy,
        "How promises ended",
        panels.definitions(copy, list(_OUTCOMES), source),
        rows,
        "service_level_outcomes",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.shares(
                rows, "promise", _OUTCOMES, [colour(each) for each in ("good", "bad", "open", "none")], charts.HEIGHT
            ),
            rows,
            list(_OUTCOMES),
            "Promises met, breached, running and cancelled",
            "No promise began in these days",
        )


def _first_response(copy: Copy, chosen: Filters) -> None:
    source = sources.FACT_FIRST_RESPONSES
    metrics = ["p50_first_response_seconds", "p90_first_response_seconds"]
    rows = queries.filled(
        queries.figures(copy, source, [*metrics, "first_response_count"], chosen, by=["day"]),
        chosen,
        ["first_response_count"],
    )
    catalogue = read_catalogue()
    with panels.panel(
        copy,
        "First response time",
        panels.definitions(copy, metrics, source),
        rows,
        "service_level_first_response",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.over_time(
                rows, {name: catalogue.label(name) for name in metrics}, "seconds", chosen.period.grain
            ),
            rows,
            metrics,
            "First response time, median and 90th percentile",
            "Nobody was answered for the first time in these days",
        )


def _waits(copy: Copy, chosen: Filters) -> None:
    source = sources.RESPONSE_TIMES
    steps = {"1 min": 1, "5 min": 5, "15 min": 15, "60 min": 60}
    kinds = {"first_response": "First response", "agent_wait": "Every answer, as the customer waited"}
    names = [f"{kind}_within_{minutes}_min_rate" for kind in kinds for minutes in steps.values()]
    whole = queries.figures(copy, source, names, chosen)
    meanings = {name: panels.meaning_of(copy, name, source) for name in names}
    of = [(label, step) for label in kinds.values() for step in steps]
    frame = pd.DataFrame(
        [
            {"kind": kind, "within": step, "figure": name, "rate": whole[name].iloc[0], "meaning": meanings[name]}
            for (kind, step), name in zip(of, names, strict=True)
        ]
    )
    with panels.panel(
        copy,
        "Answered within …",
        panels.definitions(copy, names, source),
        frame,
        "service_level_within",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.steps(frame, "within", "rate", "kind", "meaning"),
            frame,
            ["rate"],
            "Share of answers within one, five, fifteen and sixty minutes",
            "Nobody was answered in these days",
            names,
        )


def _policies(copy: Copy, chosen: Filters) -> None:
    source = sources.PROMISES
    metrics = [
        "sla_attainment_rate",
        "sla_decided_count",
        "sla_met_count",
        "sla_breached_count",
        "sla_running_count",
        "sla_cancelled_count",
        "average_sla_elapsed_seconds",
    ]
    keys = ["policy_name", "metric", "clock", "target_seconds"]
    rows = queries.figures(copy, source, metrics, chosen, by=keys, order="sla_decided_count")
    with panels.panel(
        copy, "Policies", copy.descriptions(source.relation)[""], rows, "service_level_policies", chosen, source
    ):
        shown = rows.assign(metric=[PROMISES.get(each, each) for each in rows["metric"]])
        labels = {"policy_name": "Policy", "metric": "Promise", "target_seconds": "Target", "clock": "Clock"}
        panels.table(
            copy, shown, labels | dict.fromkeys(metrics, ""), source.relation, "No promise began in these days"
        )


def _session_metrics(copy: Copy, chosen: Filters) -> None:
    source = sources.SESSION_METRICS
    metrics = ["session_metric_average", "session_metric_max", "covered_session_count", "coverage_rate"]
    rows = queries.figures(copy, source, metrics, chosen, by=["metric_type"])
    rows.insert(0, "name", [_SESSION_METRICS.get(each, each) for each in rows["metric_type"]])
    rows["order"] = [
        list(_SESSION_METRICS).index(each) if each in _SESSION_METRICS else 9 for each in rows["metric_type"]
    ]
    rows = rows.sort_values("order").drop(columns="order")
    with panels.panel(
        copy,
        "Six figures of a session",
        copy.descriptions(source.relation)[""],
        rows,
        "service_level_session_metrics",
        chosen,
        source,
    ):
        shown = rows.assign(
            session_metric_average=[_told(row.metric_type, row.session_metric_average) for row in rows.itertuples()],
            session_metric_max=[_told(row.metric_type, row.session_metric_max) for row in rows.itertuples()],
        )
        labels = {
            "name": "Figure",
            "session_metric_average": "Average",
            "session_metric_max": "Most",
            "covered_session_count": "",
            "coverage_rate": "",
        }
        panels.table(
            copy, shown, labels, source.relation, "No session began in these days", about={"name": "metric_type"}
        )


def _told(metric_type: str, value: float) -> str:
    """Write the figure of a metric type: three of them are counts, three are seconds."""
    return (
        formats.number(value)
        if metric_type.endswith("_count")
        else formats.duration(None if formats.is_nothing(value) else float(value))
    )


def _teams(copy: Copy, chosen: Filters) -> None:
    source = sources.RESPONSE_TIMES
    metrics = ["first_response_count", "average_first_response_seconds", "average_agent_wait_seconds"]
    names = filters.names(copy)["team"]
    rows = queries.figures(copy, source, metrics, chosen, by=["team"], order="first_response_count")
    rows.insert(0, "name", [names.get(each, each) for each in rows["team"]])
    with panels.panel(
        copy, "Waiting by team", panels.definitions(copy, metrics, source), rows, "service_level_teams", chosen, source
    ):
        panels.table(
            copy,
            rows,
            {"name": "Team"} | dict.fromkeys(metrics, ""),
            source.relation,
            "Nobody was answered in these days",
            about={"name": "team_id"},
        )
