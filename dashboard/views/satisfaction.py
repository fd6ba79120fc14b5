"""Satisfaction: what customers said, what their emoji tell, and how long it took until they were helped."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, filters, panels, queries, sources
from dashboard.catalogue import read_catalogue
from dashboard.filters import Filters
from dashboard.panels import Figure
from dashboard.serving import Copy
from dashboard.theme import colour

HEADLINE = (
    Figure("csat_rate", sources.SURVEYS, "good"),
    Figure("survey_response_rate", sources.SURVEYS, "good"),
    Figure("valid_survey_count", sources.SURVEYS),
    Figure("message_sentiment_average", sources.EMOJI, "good"),
    Figure("sentiment_shift_average", sources.EMOJI, "good"),
    Figure("average_resolution_seconds", sources.RESOLUTION_TIMES, "bad"),
    Figure("average_first_response_seconds", sources.RESPONSE_TIMES, "bad"),
)
_FIRST = 10  # bars, beside a table of all
_BY = {"team": "Team", "agent": "User", "topic": "Topic", "channel": "Channel"}
_MOODS = {
    "positive_message_count": "Positive",
    "neutral_message_count": "Neutral",
    "negative_message_count": "Negative",
}


def show(copy: Copy) -> None:
    """Draw the page."""
    head = st.container()
    chosen = filters.choose(copy, ["channel", "team", "topic"])
    with head:
        panels.head(
            "Satisfaction", "How do customers feel about the service, and how long until they are helped?", copy, chosen
        )
    panels.kpis(copy, HEADLINE, chosen, "satisfaction")
    left, right = st.columns(2)
    with left:
        _course(copy, chosen)
    with right:
        _surveys(copy, chosen)
    _who(copy, chosen)
    left, right = st.columns(2)
    with left:
        _moods(copy, chosen)
    with right:
        _resolution_time(copy, chosen)
    _topics(copy, chosen)


def _course(copy: Copy, chosen: Filters) -> None:
    source, metrics = sources.SURVEYS, ["csat_rate", "survey_response_rate"]
    rows = queries.filled(queries.figures(copy, source, metrics, chosen, by=["day"]), chosen, [])
    catalogue = read_catalogue()
    with panels.panel(
        copy,
        "Satisfied, and asked",
        panels.definitions(copy, metrics, source),
        rows,
        "satisfaction_course",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.over_time(
                rows, {name: catalogue.label(name) for name in metrics}, "rate", chosen.period.grain
            ),
            rows,
            metrics,
            "Satisfaction and response rate over time",
            "No survey was asked or answered in these days",
        )


def _surveys(copy: Copy, chosen: Filters) -> None:
    source = sources.SURVEYS
    metrics = ["requested_survey_count", "answered_survey_count", "satisfied_survey_count"]
    rows = queries.filled(queries.figures(copy, source, metrics, chosen, by=["day"]), chosen, metrics)
    catalogue = read_catalogue()
    with panels.panel(
        copy, "Surveys", panels.definitions(copy, metrics, source), rows, "satisfaction_surveys", chosen, source
    ):
        panels.chart(
            lambda: charts.over_time(
                rows, {name: catalogue.label(name) for name in metrics}, "count", chosen.period.grain
            ),
            rows,
            metrics,
            "Surveys requested, answered and satisfied over time",
            "No survey was asked or answered in these days",
        )


def _who(copy: Copy, chosen: Filters) -> None:
    source = sources.SURVEYS
    metrics = [
        "csat_rate",
        "valid_survey_count",
        "satisfied_survey_count",
        "survey_response_rate",
        "requested_survey_count",
        "average_survey_answer_seconds",
    ]
    by = st.session_state.get("satisfaction_by", "team") or "team"
    names = filters.names(copy)[by]
    rows = queries.figures(copy, source, metrics, chosen, by=[by], order="valid_survey_count")
    rows.insert(0, "name", [names.get(each, each) for each in rows[by]])
    with panels.panel(
        copy, "Who and what customers are satisfied with", panels.definitions(copy, metrics, source), rows,
        f"satisfaction_by_{by}", chosen, source,
    ):  # fmt: skip
        st.segmented_control(
            "Told by", list(_BY), default="team", format_func=_BY.__getitem__, key="satisfaction_by", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        left, right = st.columns([2, 3], vertical_alignment="center")
        with left:
            answered = rows[rows["valid_survey_count"] > 0]
            top = answered.head(_FIRST)
            panels.chart(
                lambda: charts.ranking(top, "name", "csat_rate", "CSAT", "rate"),
                top, ["valid_survey_count"], f"CSAT by {by}", "No valid answer in these days", ["csat_rate"],
            )  # fmt: skip
            if len(answered) > _FIRST:
                st.caption(f"The {_FIRST} of {len(answered)} with most valid answers; the table has all.")
        with right:
            labels = {"name": _BY[by]} | dict.fromkeys(metrics, "")
            panels.table(copy, rows, labels, source.relation, "No survey in these days", about={"name": f"{by}_id"})


def _moods(copy: Copy, chosen: Filters) -> None:
    source = sources.EMOJI
    metrics = list(_MOODS)
    rows = queries.filled(queries.figures(copy, source, metrics, chosen, by=["day"]), chosen, metrics)
    with panels.panel(
        copy, "Mood in customers' emoji", panels.definitions(copy, [*metrics, "scored_message_rate"], source), rows,
        "satisfaction_mood", chosen, source,
    ):  # fmt: skip
        tints = [colour("good"), colour("none"), colour("bad")]
        panels.chart(
            lambda: charts.over_time(rows, _MOODS, "count", chosen.period.grain, "bar", tints),
            rows,
            metrics,
            "Messages with positive, neutral and negative emoji over time",
            "No customer used a known emoji in these days",
        )


def _resolution_time(copy: Copy, chosen: Filters) -> None:
    source, metrics = sources.FACT_RESOLUTIONS, ["p50_resolution_seconds", "p90_resolution_seconds"]
    rows = queries.filled(queries.figures(copy, source, metrics, chosen, by=["day"]), chosen, [])
    catalogue = read_catalogue()
    with panels.panel(
        copy,
        "Resolution time",
        panels.definitions(copy, metrics, source),
        rows,
        "satisfaction_resolution_time",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.over_time(
                rows, {name: catalogue.label(name) for name in metrics}, "seconds", chosen.period.grain
            ),
            rows,
            metrics,
            "Resolution time, median and 90th percentile",
            "Nothing was resolved in these days",
        )


def _topics(copy: Copy, chosen: Filters) -> None:
    source = sources.RESOLUTION_TIMES
    metrics = [
        "resolution_count",
        "average_resolution_seconds",
        "average_resolution_business_seconds",
        "average_first_resolution_seconds",
        "average_last_resolution_seconds",
    ]
    names = filters.names(copy)["topic"]
    rows = queries.figures(copy, source, metrics, chosen, by=["topic"], order="resolution_count")
    rows.insert(0, "name", [names.get(each, each) for each in rows["topic"]])
    with panels.panel(
        copy,
        "Resolution time by topic",
        panels.definitions(copy, metrics, source),
        rows,
        "satisfaction_topics",
        chosen,
        source,
    ):
        panels.table(
            copy,
            rows,
            {"name": "Topic"} | dict.fromkeys(metrics, ""),
            source.relation,
            "Nothing was resolved in these days",
            about={"name": "topic_id"},
        )
