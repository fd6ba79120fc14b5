"""Traffic and workload: what came in where, when, about what, and how it ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import charts, filters, panels, queries, sources
from dashboard.filters import Filters
from dashboard.panels import Figure
from dashboard.serving import Copy

HEADLINE = (
    Figure("session_count", sources.TRAFFIC),
    Figure("message_count", sources.TRAFFIC),
    Figure("average_session_duration_seconds", sources.TRAFFIC),
    Figure("abandonment_rate", sources.OUTCOMES, "bad"),
    Figure("transfer_rate", sources.OUTCOMES, "bad"),
    Figure("bot_resolved_rate", sources.OUTCOMES, "good"),
    Figure("repeat_contact_rate", sources.OUTCOMES, "bad"),
)
_ENDED_BY = {
    "agent": "Agent", "bot": "Bot", "end_user": "Customer", "system": "System",
    "(unknown)": "Not told by whom", "(open)": "Not ended",
}  # fmt: skip
_ACTORS = {"agent": "Agent", "bot": "Bot", "end_user": "Customer", "system": "System", "(unknown)": "Unknown"}
_BACKLOG = {"unresolved_session_count": "Unresolved", "unanswered_session_count": "Waiting for an answer"}


def show(copy: Copy) -> None:
    """Draw the page."""
    head = st.container()
    chosen = filters.choose(copy, ["channel", "topic"])
    with head:
        panels.head("Traffic and workload", "What came in, when, about what, and how did it end?", copy, chosen)
    panels.kpis(copy, HEADLINE, chosen, "traffic")
    left, right = st.columns(2)
    with left:
        _channels_over_time(copy, chosen)
    with right:
        _ends(copy, chosen)
    left, right = st.columns(2)
    with left:
        _week(copy, chosen)
    with right:
        _backlog(copy, chosen)
    _topics(copy, chosen)
    left, right = st.columns(2)
    with left:
        _channels(copy, chosen)
        _failures(copy, chosen)
    with right:
        _deliveries(copy, chosen)
    _accounts(copy, chosen)


def _channels_over_time(copy: Copy, chosen: Filters) -> None:
    source = sources.TRAFFIC
    rows = queries.figures(copy, source, ["session_count", "message_count"], chosen, by=["day", "channel"])
    names = filters.names(copy)["channel"]
    busiest = rows.groupby("channel")["session_count"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    told = busiest[:7]
    wide = rows.pivot(index="day", columns="channel", values="session_count").reset_index() if len(rows) else rows
    if len(busiest) > 7:
        wide["others"] = wide[busiest[7:]].sum(axis=1)
        told = [*told, "others"]
    wide = queries.filled(wide, chosen, told)
    series = {each: names.get(each, "All others" if each == "others" else each) for each in told}
    with panels.panel(
        copy,
        "Sessions by channel",
        panels.definitions(copy, ["session_count"], source),
        rows,
        "traffic_channels_over_time",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.over_time(wide, series, "count", chosen.period.grain, "bar"),
            wide, told, "Sessions by channel over time", "No session began in these days", ["session_count"],
        )  # fmt: skip


def _ends(copy: Copy, chosen: Filters) -> None:
    source = sources.OUTCOMES
    rows = queries.figures(
        copy, source, ["session_count", "ended_session_count"], chosen, by=["channel", "ended_by_type"]
    )
    names = filters.names(copy)["channel"]
    wide = (
        rows.pivot(index="channel", columns="ended_by_type", values="session_count").fillna(0).reset_index()
        if len(rows)
        else rows
    )
    parts = {each: label for each, label in _ENDED_BY.items() if each in wide}
    if len(wide):
        wide = wide.assign(
            name=[names.get(each, each) for each in wide["channel"]], whole=wide[list(parts)].sum(axis=1)
        )
        wide = wide.sort_values("whole", ascending=False)
    with panels.panel(
        copy,
        "Who ended sessions",
        panels.definitions(copy, ["ended_by_type", "session_count"], source),
        rows,
        "traffic_ends",
        chosen,
        source,
    ):
        panels.chart(
            lambda: charts.shares(wide, "name", _ENDED_BY),
            wide,
            list(parts),
            "Sessions by who ended them, for each channel",
            "No session began in these days",
            ["session_count"],
        )


def _week(copy: Copy, chosen: Filters) -> None:
    source = sources.WORKLOAD
    rows = queries.figures(
        copy, source, ["inbound_session_count", "handle_seconds"], chosen, by=["iso_weekday", "hour_of_day"]
    )
    with panels.panel(
        copy, "When customers come", panels.definitions(copy, ["inbound_session_count", "hour_of_day"], source), rows,
        "traffic_week", chosen, source,
    ):  # fmt: skip
        panels.chart(
            lambda: charts.week(_hours_of(chosen, rows), "inbound_session_count", "Inbound sessions in the period"),
            rows, ["inbound_session_count"], "Inbound sessions by weekday and hour", "No customer came in these days",
        )  # fmt: skip


def _hours_of(chosen: Filters, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each hour of the weekdays that lie in the period; where no customer came it is 0."""
    first = max(chosen.period.start, chosen.first_day or chosen.period.start)
    days = pd.date_range(first, chosen.period.end - timedelta(days=1))[:7]
    weekdays = sorted({int(each.isoweekday()) for each in days} | {int(each) for each in rows["iso_weekday"]})
    hours = pd.MultiIndex.from_product([weekdays, range(24)], names=["iso_weekday", "hour_of_day"]).to_frame(
        index=False
    )
    return hours.merge(rows, how="left").fillna({"inbound_session_count": 0})


def backlog(copy: Copy, chosen: Filters) -> pd.DataFrame:
    """Return what was left at the end of each hour of the period, of all chosen channels together."""
    limited = "and channel_id in (select unnest($3::varchar[]))" if chosen.channels else ""
    parameters = [chosen.period.start, chosen.period.end, *([list(chosen.channels)] if chosen.channels else [])]
    return copy.rows(
        [sources.WORKLOAD.relation],
        f"""
        select
            hour_started_at,
            activity_date,
            sum(open_session_count) as open_session_count,
            {", ".join(f"sum({name}) as {name}" for name in _BACKLOG)}
        from {sources.WORKLOAD.relation}
        where activity_date >= $1 and activity_date < $2 {limited}
        group by hour_started_at, activity_date
        order by hour_started_at
        """,
        parameters,
    )


def end_of_days(hours: pd.DataFrame) -> pd.DataFrame:
    """Return what was left at the end of each of the warehouse's days."""
    days = hours.groupby("activity_date", as_index=False).last()
    return days.assign(day=pd.to_datetime(days["activity_date"]))


def _backlog(copy: Copy, chosen: Filters) -> None:
    rows = backlog(copy, chosen)
    # A hundred days are 2,400 hours: of long periods the last hour of each of the warehouse's days is told.
    if chosen.period.length <= 15:
        hours = pd.to_datetime(rows["hour_started_at"]).dt.tz_localize("UTC").dt.tz_convert(chosen.zone)
        shown = rows.assign(day=hours.dt.tz_localize(None))
    else:
        shown = end_of_days(rows)
    with panels.panel(
        copy, "Backlog", panels.definitions(copy, list(_BACKLOG), sources.WORKLOAD),
        rows, "traffic_backlog", chosen, sources.WORKLOAD,
    ):  # fmt: skip
        st.caption(
            "At the end of each hour"
            if len(shown) == len(rows)
            else "At the end of each day; the download has every hour"
        )
        panels.chart(
            lambda: charts.over_time(
                shown, _BACKLOG, "count", "hour" if len(shown) == len(rows) else "day", height=charts.HEIGHT - 10
            ),
            shown,
            list(_BACKLOG),
            "Sessions unresolved and unanswered over time",
            "Nothing was left to do in these days",
        )


def _topics(copy: Copy, chosen: Filters) -> None:
    source = sources.TOPICS
    metrics = [
        "session_count",
        "inbound_session_count",
        "abandonment_rate",
        "bot_resolved_rate",
        "repeat_contact_rate",
        "average_first_response_seconds",
        "resolution_count",
        "average_resolution_seconds",
        "valid_survey_count",
        "csat_rate",
    ]
    names = filters.names(copy)["topic"]
    rows = queries.figures(copy, source, metrics, chosen, by=["topic"], order="session_count")
    handled = queries.figures(
        copy,
        sources.FACT_HANDLING,
        ["handled_session_count", "average_handle_seconds"],
        replace(chosen, teams=()),
        by=["topic"],
    )
    rows = rows.merge(handled, on="topic", how="left")
    rows.insert(0, "name", [names.get(each, each) for each in rows["topic"]])
    columns = [*metrics[:6], "average_handle_seconds", *metrics[6:]]
    with panels.panel(
        copy, "Contact reasons", copy.descriptions(source.relation)[""], rows, "traffic_topics", chosen, source
    ):
        panels.table(
            copy,
            rows,
            {"name": "Topic"} | dict.fromkeys(columns, ""),
            source.relation,
            "No session began in these days",
            about={"name": "topic_id"},
        )


def _channels(copy: Copy, chosen: Filters) -> None:
    source = sources.TRAFFIC
    metrics = [
        "session_count",
        "message_count",
        "end_user_message_count",
        "agent_message_count",
        "bot_message_count",
        "average_session_duration_seconds",
    ]
    names = filters.names(copy)["channel"]
    rows = queries.figures(copy, source, metrics, chosen, by=["channel", "channel_type"], order="session_count")
    rows.insert(0, "name", [names.get(each, each) for each in rows["channel"]])
    rows["kind"] = [_kind(each) for each in rows["channel_type"]]
    with panels.panel(
        copy, "Channels", panels.definitions(copy, metrics, source), rows, "traffic_channels", chosen, source
    ):
        labels = {"name": "Channel", "kind": "Type"} | dict.fromkeys(metrics, "")
        panels.table(
            copy, rows, labels, source.relation, "Nothing came in on any channel",
            about={"name": "channel_id", "kind": "channel_type"},
        )  # fmt: skip


def _kind(channel_type: object) -> str | None:
    """Write a type of channel: `web_chat` as Web chat."""
    if not isinstance(channel_type, str):
        return None
    written = {"sms": "SMS", "whatsapp": "WhatsApp", "line": "LINE", "rcs": "RCS", "in_app": "In-app"}
    return written.get(channel_type, channel_type.replace("_", " ").capitalize())


def _deliveries(copy: Copy, chosen: Filters) -> None:
    source, metrics = (
        sources.DELIVERY_REPORTS,
        ["recorded_message_count", "report_coverage_rate", "failed_message_count", "reported_failure_rate"],
    )
    rows = queries.figures(
        copy, source, metrics, chosen, by=["actor_type", "platform_type"], order="recorded_message_count"
    )
    rows.insert(0, "name", [_ACTORS.get(each, each) for each in rows["actor_type"]])
    with panels.panel(
        copy, "Delivery failures", panels.definitions(copy, metrics, source), rows, "traffic_deliveries", chosen, source
    ):
        labels = {"name": "Sender", "platform_type": "Platform"} | dict.fromkeys(metrics, "")
        panels.table(
            copy, rows, labels, source.relation, "No message in these days", about={"name": "actor_type"},
            height="content" if len(rows) < 16 else 560,
        )  # fmt: skip


def _failures(copy: Copy, chosen: Filters) -> None:
    source, metrics = sources.DELIVERY_FAILURES, ["failed_message_count"]
    rows = queries.figures(
        copy, source, metrics, chosen, by=["status_code", "actor_type"], order="failed_message_count"
    )
    rows = rows[rows["failed_message_count"] > 0]
    rows.insert(0, "name", [_ACTORS.get(each, each) for each in rows["actor_type"]])
    rows.insert(0, "code", ["No code" if each == filters.NONE else each for each in rows["status_code"]])
    with panels.panel(
        copy, "Status codes of failures", panels.definitions(copy, ["status_code", *metrics], source), rows,
        "traffic_failures", chosen, source,
    ):  # fmt: skip
        labels = {"code": "Status code", "name": "Sender", "failed_message_count": ""}
        panels.table(
            copy, rows, labels, source.relation, "No message failed in these days",
            about={"code": "status_code", "name": "actor_type"}, height="content" if len(rows) < 6 else 248,
        )  # fmt: skip


def _accounts(copy: Copy, chosen: Filters) -> None:
    relation = sources.ACCOUNTS.relation
    columns = [
        "account_name",
        "session_count",
        "inbound_session_count",
        "closed_conversations",
        "unique_contacts",
        "message_count",
        "resolution_count",
        "average_handle_seconds",
    ]
    rows = copy.rows(
        [relation],
        f"select month_start, account_id, {', '.join(columns)} from {relation} "
        "where month_start < ? and month_start > ?::date - interval 1 month "
        "order by month_start desc, session_count desc, account_id",
        [chosen.period.end, chosen.period.start],
    )
    rows["account_name"] = [
        {"(none)": "No account"}.get(id_, id_) if pd.isna(name) or name == "(unknown)" else name
        for id_, name in zip(rows["account_id"], rows["account_name"], strict=True)
    ]
    rows["month"] = [f"{each:%B %Y}" for each in rows["month_start"]]
    with panels.panel(
        copy, "Accounts, by month", copy.descriptions(relation)[""], rows, "traffic_accounts", chosen, sources.ACCOUNTS
    ):
        labels = {"month": "Month", "account_name": "Account"} | dict.fromkeys(columns[1:], "")
        panels.table(
            copy, rows, labels, relation, "No account had anything to tell in these months",
            about={"month": "month_start"}, height="content" if len(rows) < 8 else 286,
        )  # fmt: skip
