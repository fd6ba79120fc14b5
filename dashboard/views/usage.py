"""Account usage: how much messaging is used, by the day, week, month or quarter."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import charts, filters, formats, panels, queries
from dashboard.catalogue import read_catalogue
from dashboard.filters import Filters
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
    _headline(copy, periods, period_type)
    columns = st.columns(2)
    for index, name in enumerate(METRICS):
        with columns[index % 2]:
            _course(copy, periods, name, chosen, period_type)
    _channels(copy, chosen, period_type)


def _choose_period_type() -> None:
    st.selectbox(
        "Told by", list(PERIOD_TYPES), index=list(PERIOD_TYPES).index("week"), format_func=PERIOD_TYPES.__getitem__,
        key="by", bind="query-params", width=130,
    )  # fmt: skip


def usage_by_period(copy: Copy, chosen: Filters, period_type: str) -> pd.DataFrame:
    """Return the four figures by period: of all channels, of one, or of several together.

    Distinct people of several channels do not add up, so those are counted over messages by the same definition.
    """
    start, end = chosen.period.start, chosen.period.end
    first = f"(select min({_START[period_type]}) from dim_dates where date_day >= ?)"
    if len(chosen.channels) <= 1:
        channel = chosen.channels[0] if chosen.channels else "(all)"
        return copy.rows(
            [RELATION, "dim_dates"],
            f"select period_start, {', '.join(METRICS)} from {RELATION} where period_type = ? and channel_id = ? "
            f"and period_start >= {first} and period_start < ? order by period_start",
            [period_type, channel, start, end],
        )
    catalogue = read_catalogue()
    adding = ", ".join(
        f"{catalogue.over_parts(name)} as {name}" for name in ("closed_conversations", "proactive_messages")
    )
    distinct = ", ".join(f"{catalogue.over_fact(name)} as {name}" for name in ("unique_contacts", "active_agents"))
    return copy.rows(
        [RELATION, "dim_dates", "fct_messages"],
        f"""
        with added as (
            select period_start, {adding} from {RELATION}
            where period_type = $1 and channel_id in (select unnest($2::varchar[])) and period_start < $4
                and period_start >= (select min({_START[period_type]}) from dim_dates where date_day >= $3)
            group by period_start
        ),
        counted as (
            select days.{_START[period_type]} as period_start, {distinct}
            from fct_messages inner join dim_dates as days on fct_messages.sent_date = days.date_day
            where not is_test_channel and {queries.named("channel_id")} in (select unnest($2::varchar[]))
            group by all
        )
        select period_start, {", ".join(f"coalesce({name}, 0) as {name}" for name in METRICS)}
        from added left join counted using (period_start)
        order by period_start
        """,
        [period_type, list(chosen.channels), start, end],
    )


def _headline(copy: Copy, periods: pd.DataFrame, period_type: str) -> None:
    """Show the last period, and under each figure what it was in the one before."""
    catalogue = read_catalogue()
    last, before = (None if len(periods) < back else periods.iloc[-back] for back in (1, 2))
    if last is not None:
        running = _is_running(copy, last["period_start"], period_type)
        st.markdown(f"**{_called(last['period_start'], period_type)}**" + (" so far" if running else ""))
    earlier = "" if before is None else _called(before["period_start"], period_type).replace("Week", "week")
    with st.container(key="kpis-short"):
        for name in METRICS:
            st.metric(
                catalogue.label(name),
                formats.NOTHING if last is None else formats.number(last[name]),
                None if before is None else f"{formats.number(before[name])} in {earlier}",
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
    grain = "month" if period_type == "quarter" else period_type
    last = data["period_start"].iloc[-1] if len(data) else None
    running = last if last is not None and _is_running(copy, last, period_type) else None
    meaning = panels.meaning_of(copy, name, relation=RELATION)
    with panels.panel(copy, label, meaning, data, f"usage_{name}", chosen):
        panels.chart(
            lambda: charts.over_time(drawn, {name: label}, "count", grain, "bar", running_from=running),
            drawn, [name], f"{label} by {period_type}", "Nothing happened in these days",
        )  # fmt: skip


def _channels(copy: Copy, chosen: Filters, period_type: str) -> None:
    names = filters.names(copy)["channel"]
    rows = copy.rows(
        [RELATION],
        f"select period_start, channel_id, {', '.join(METRICS)} from {RELATION} "
        "where period_type = ? and channel_id <> '(all)' and period_start < ? order by period_start desc, 3 desc, 2",
        [period_type, chosen.period.end],
    )
    rows = rows[rows["period_start"] == rows["period_start"].max()]
    if chosen.channels:
        rows = rows[rows["channel_id"].isin(chosen.channels)]
    rows = rows.assign(channel_name=[names.get(each, each) for each in rows["channel_id"]])
    title = "By channel" if rows.empty else f"By channel: {_called(rows['period_start'].iloc[0], period_type)}"
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
