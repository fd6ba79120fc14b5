"""Account usage: how much messaging is used, by the day, week, month or quarter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, filters, formats, panels, queries
from dashboard.catalogue import read_catalogue
from dashboard.filters import Filters, Period
from dashboard.serving import Copy

RELATION = "mart_account_usage_by_period"
METRICS = ("unique_contacts", "closed_conversations", "active_agents", "proactive_messages")
PERIOD_TYPES = {"day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter"}
_START = {"day": "date_day", "week": "week_start", "month": "month_start", "quarter": "quarter_start"}


def show(copy: Copy) -> None:
    """Draw the page."""
    head = st.container()
    chosen = filters.choose(copy, ["channel"], more=_choose_period_type)
    with head:
        panels.head("Account usage", "How much is messaging used, and by how many people?", copy, chosen)
    period_type = str(st.session_state["by"])
    periods = usage_by_period(copy, chosen, period_type)
    told = _whole_periods(periods, chosen, period_type)
    _headline(copy, periods, period_type)
    if told.period != chosen.period:
        first, last = told.period.start, told.period.end
        st.caption(f"Whole {period_type}s, in which the chosen days lie: {formats.days(first, last)}.")
    columns = st.columns(2)
    for index, name in enumerate(METRICS):
        with columns[index % 2]:
            _course(copy, periods, name, told, period_type)
    _channels(copy, told, period_type, None if periods.empty else periods["period_start"].iloc[-1])


def _whole_periods(periods: pd.DataFrame, chosen: Filters, period_type: str) -> Filters:
    """Return what is really told: from the start of the first period to the end of the last."""
    if periods.empty:
        return chosen
    first, last = periods["period_start"].iloc[0], periods["period_start"].iloc[-1]
    return replace(chosen, period=Period(pd.Timestamp(first).date(), _end(last, period_type)))


def _choose_period_type() -> None:
    st.selectbox(
        "Told by", list(PERIOD_TYPES), index=list(PERIOD_TYPES).index("week"), format_func=PERIOD_TYPES.__getitem__,
        key="by", bind="query-params", width=130,
    )  # fmt: skip


def usage_by_period(copy: Copy, chosen: Filters, period_type: str) -> pd.DataFrame:
    """Return the four figures by period, a row for each: of all channels, of one, or of several together.

    In a period in which nothing happened they are 0; what the mart tells of no channel then is not recorded.
    Distinct people of several channels do not add up, so those are counted over messages by the same definition.
    """
    period_start = _START[period_type]
    relations, told = [RELATION, "dim_dates"], _of_one_row()
    if len(chosen.channels) > 1:
        relations, told = [*relations, "fct_messages"], _of_several_channels(period_start)
    nought = ", ".join(
        f"case when told.period_start is not null then told.{name} "
        f"when recorded.{name} and (whole.period_start is null or whole.{name} is not null) then 0 end as {name}"
        for name in METRICS
    )
    return copy.rows(
        relations,
        f"""
        with periods as (
            select distinct {period_start} as period_start from dim_dates
            where date_day < $4 and {period_start} >= (select min({period_start}) from dim_dates where date_day >= $3)
        ),
        mart as (select * from {RELATION} where period_type = $1),
        whole as (select * from mart where channel_id = '(all)'),
        recorded as (select {", ".join(f"bool_or({name} is not null) as {name}" for name in METRICS)} from mart),
        {told}
        select periods.period_start, {nought}
        from periods
        left join told using (period_start)
        left join whole using (period_start)
        cross join recorded
        order by period_start
        """,
        [period_type, list(chosen.channels or ["(all)"]), chosen.period.start, chosen.period.end],
    )


def _of_one_row() -> str:
    """Render the figures as a row of the mart has them."""
    return (
        f"told as (select period_start, {', '.join(METRICS)} from mart "
        "where channel_id in (select unnest($2::varchar[])))"
    )


def _of_several_channels(period_start: str) -> str:
    """Render the figures of several channels together, null where the mart knows none of any of them."""
    catalogue = read_catalogue()
    adding, distinct = ("closed_conversations", "proactive_messages"), ("unique_contacts", "active_agents")
    added = ", ".join(f"{catalogue.over_parts(name)} as {name}" for name in adding)
    known = ", ".join(f"bool_or({name} is not null) as {name}_known" for name in distinct)
    counted = ", ".join(f"{catalogue.over_fact(name)} as {name}" for name in distinct)
    told = ", ".join(f"case when {name}_known then coalesce(counted.{name}, 0) end as {name}" for name in distinct)
    return f"""
        added as (
            select period_start, {added}, {known} from mart
            where channel_id in (select unnest($2::varchar[]))
            group by period_start
        ),
        counted as (
            select days.{period_start} as period_start, {counted}
            from fct_messages inner join dim_dates as days on fct_messages.sent_date = days.date_day
            where not is_test_channel and {queries.named("channel_id")} in (select unnest($2::varchar[]))
            group by all
        ),
        told as (
            select added.period_start, {", ".join(adding)}, {told}
            from added left join counted using (period_start)
        )
    """


def _headline(copy: Copy, periods: pd.DataFrame, period_type: str) -> None:
    """Show the last period, and under each figure what it was in the one before."""
    catalogue = read_catalogue()
    last, before = (None if len(periods) < back else periods.iloc[-back] for back in (1, 2))
    if last is not None:
        running = _is_running(copy, last["period_start"], period_type)
        st.markdown(f"**{_called(last['period_start'], period_type)}**" + (" so far" if running else ""))
    earlier = "" if before is None else _called(before["period_start"], period_type).replace("Week", "week")
    is_day = period_type == "day"
    with st.container(key="kpis-short"):
        for name in METRICS:
            st.metric(
                catalogue.label(name),
                formats.NOTHING if last is None else formats.number(last[name]),
                None if before is None else f"{formats.number(before[name])} {'on' if is_day else 'in'} {earlier}",
                delta_color="off",
                delta_arrow="off",
                help=panels.meaning_of(copy, name, relation=RELATION),
                border=True,
            )


def _course(copy: Copy, periods: pd.DataFrame, name: str, chosen: Filters, period_type: str) -> None:
    """Draw a figure by period; the one that is not over yet is pale."""
    data = periods[["period_start", name]]
    drawn = data.rename(columns={"period_start": "day"})
    label = read_catalogue().label(name)
    last = data["period_start"].iloc[-1] if len(data) else None
    running = last if last is not None and _is_running(copy, last, period_type) else None
    meaning = panels.meaning_of(copy, name, relation=RELATION)
    with panels.panel(copy, label, meaning, data, f"usage_{name}", chosen):
        panels.chart(
            lambda: charts.over_time(drawn, {name: label}, "count", period_type, "bar", running_from=running),
            drawn, [name], f"{label} by {period_type}", _nothing(data[name], period_type),
        )  # fmt: skip


def _nothing(told: pd.Series[Any], period_type: str) -> str:
    """Say why there is nothing to draw: a known 0, or nothing that the source records."""
    if told.empty:
        return "Nothing happened in these days"
    if told.isna().all():
        return "The source does not record it"
    when = "on" if period_type == "day" else "in"
    return f"0 {when} " + (f"this {period_type}" if len(told) == 1 else f"each of these {period_type}s")


def _channels(copy: Copy, chosen: Filters, period_type: str, last: pd.Timestamp | None) -> None:
    """Tell the last period by channel."""
    names = filters.names(copy)["channel"]
    rows = copy.rows(
        [RELATION],
        f"select period_start, channel_id, {', '.join(METRICS)} from {RELATION} "
        "where period_type = ? and channel_id <> '(all)' and period_start = ? order by 3 desc, 2",
        [period_type, None if last is None else last.date()],
    )
    if chosen.channels:
        rows = rows[rows["channel_id"].isin(chosen.channels)]
    rows = rows.assign(channel_name=[names.get(each, each) for each in rows["channel_id"]])
    title = "By channel" if last is None else f"By channel: {_called(last, period_type)}"
    meaning = (
        f"{panels.definitions(copy, METRICS, relation=RELATION)}\n\nWho wrote on two channels is a contact of both."
    )
    with panels.panel(copy, title, meaning, rows, "usage_by_channel", chosen):
        panels.table(
            copy,
            rows,
            {"channel_name": "Channel"} | dict.fromkeys(METRICS, ""),
            RELATION,
            "Nothing happened on any channel",
        )


def _called(start: date | pd.Timestamp, period_type: str) -> str:
    match period_type:
        case "month":
            return f"{start:%B %Y}"
        case "quarter":
            return f"Q{(start.month - 1) // 3 + 1} {start.year}"
        case "week":
            return f"Week of {formats.day(start)}"
    return formats.day(start)


def _is_running(copy: Copy, start: pd.Timestamp, period_type: str) -> bool:
    """Whether a period is not over at `as_of`."""
    return copy.build.last_day is not None and _end(start, period_type) > copy.build.last_day


def _end(start: pd.Timestamp, period_type: str) -> date:
    match period_type:
        case "month":
            return (start + pd.offsets.MonthBegin(1)).date()
        case "quarter":
            return (start + pd.offsets.QuarterBegin(startingMonth=1)).date()
    return (start + timedelta(days=7 if period_type == "week" else 1)).date()
