"""What pages are put together from: a head, headline figures, panels with a definition and a download, tables."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Literal

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import formats, queries, sources
from dashboard.catalogue import MEASURED, read_catalogue
from dashboard.filters import Filters, Period
from dashboard.queries import Source
from dashboard.serving import Build, Copy, location, mark
from messaging_warehouse.export.rendering import FORMULA, FURTHER_FORMULA

# How often a page looks whether there is a newer copy.
REFRESH_SECONDS = float(os.environ.get("MESSAGING_DASHBOARD_REFRESH_SECONDS", "10"))
_DELTA_COLOURS: Mapping[str, Literal["normal", "inverse", "off"]] = {"good": "normal", "bad": "inverse", "": "off"}
# What a column that stands still may hold: half of what a telephone shows.
_PINNED_LETTERS = 20


@dataclass(frozen=True)
class Figure:
    """A headline figure.

    Attributes:
        name: the metric.
        source: where it is taken from.
        more_is: `good`, `bad`, or nothing in itself.
        label: what it is called where the metric's own label does not tell it from its neighbours.
    """

    name: str
    source: Source
    more_is: str = ""
    label: str = ""


def head(title: str, question: str, copy: Copy, filters: Filters | None = None) -> None:
    """Show what a page is about, and what its numbers are worth: as of when, how late, how complete."""
    with st.container(key="page-head", horizontal=True, vertical_alignment="bottom"):
        with st.container(gap="small", width="stretch"):
            st.title(title, anchor=False)
            st.caption(question)
        with st.container(horizontal=True, key="told", gap="small", width="content", vertical_alignment="center"):
            _tell_worth(copy, filters)
    _watch(copy.build.build_id)


def _tell_worth(copy: Copy, filters: Filters | None) -> None:
    build = copy.build
    zone = filters.zone if filters else "UTC"
    meaning = copy.descriptions("dim_build").get("as_of", "")
    if build.as_of is None:
        st.badge("No data yet", icon=":material/hourglass_empty:", color="grey", help=meaning)
        return
    day = f" Days are cut at {formats.moment(build.day_starts_at, zone)[-5:]} in {zone}." if build.day_starts_at else ""
    st.badge(
        f"As of {formats.moment(build.as_of, zone)}", icon=":material/schedule:", color="blue",
        help=f"{meaning}{day} Build `{build.build_id}`.",
    )  # fmt: skip
    if filters is None:
        return
    rows: list[tuple[Any, ...]] = []
    coverage, days = _of_ended_sessions(filters, build)
    for name, source, icon in (
        ("late_event_rate", sources.DATA_QUALITY, ":material/running_with_errors:"),
        ("coverage_rate", sources.SESSION_METRICS, ":material/data_check:"),
    ):
        told, of = (coverage, days) if name == "coverage_rate" else (filters, "Of the period and channels chosen.")
        parts = queries.figures(copy, source, [name], told, by=["metric_type"] if name == "coverage_rate" else [])
        if name == "coverage_rate":
            parts = parts[parts["metric_type"] == "agent_message_count"]
        value = parts[name].iloc[0] if len(parts) else None
        label = {"late_event_rate": "Late events", "coverage_rate": "Coverage"}[name]
        st.badge(
            f"{label} {formats.figure(value, 'rate')}", icon=icon, color="grey",
            help=f"{meaning_of(copy, name, source)} {of}",
        )  # fmt: skip
        last = told.period.end - timedelta(days=1)
        rows.append((name, label, "rate", value, told.period.start, last, build.as_of, build.build_id))
    columns = ["figure", "label", "unit", "value", "from", "to", "as_of", "build_id"]
    _download(pd.DataFrame(rows, columns=columns), "worth", filters, "What these figures are worth, as CSV")


def _of_ended_sessions(filters: Filters, build: Build) -> tuple[Filters, str]:
    """Return of which days coverage is told, and how to say so.

    Of the day of `as_of` alone it says nothing: its sessions still go on. Then it is told of the last seven full days.
    """
    today, first = build.last_day, build.first_day
    if today is None or first is None or filters.period.start != today or first == today:
        return filters, "Of the period and channels chosen."
    week = Period(max(first, today - timedelta(days=7)), today)
    days = f"the last {week.length} full days" if week.length > 1 else "the last full day"
    said = f"Of {days}, {formats.days(week.start, week.end)}: sessions of {formats.day(today)} still go on."
    return replace(filters, period=week), said


@st.fragment(run_every=REFRESH_SECONDS)
def _watch(build_id: str) -> None:
    """Run the page again once another copy stands under the name; nothing is opened to see that."""
    seen: dict[str, Any] = st.session_state.setdefault("_seen", {})
    now = mark(location())
    if seen.get("build_id") == build_id and seen.get("mark") != now and now is not None:
        seen.clear()
        st.rerun()
    seen.update(build_id=build_id, mark=now)


def meaning_of(copy: Copy, name: str, source: Source | None = None, relation: str = "") -> str:
    """Return what a figure means as the copy tells it: of the relation's column, else of a mart's of that name."""
    if source and not source.is_fact:
        relation = source.relation
    if relation and (found := copy.descriptions(relation).get(name)):
        return found
    return copy.meaning(name)


def kpis(copy: Copy, figures: Sequence[Figure], filters: Filters, name: str) -> None:
    """Show headline figures with their course, what they were in the stretch before, and all of it as downloads."""
    catalogue = read_catalogue()
    now: dict[int, Any] = {}
    before: dict[int, Any] = {}
    course: dict[int, pd.DataFrame] = {}
    stretches = len(queries.stretches_of(filters.period))
    comparable = copy.build.first_day is not None and filters.earlier().period.start >= copy.build.first_day
    for source in dict.fromkeys(figure.source for figure in figures):
        wanted = [index for index, figure in enumerate(figures) if figure.source == source]
        names = list(dict.fromkeys(figures[index].name for index in wanted))
        total = queries.figures(copy, source, names, filters)
        earlier = queries.figures(copy, source, names, filters.earlier()) if comparable else None
        daily = queries.figures(copy, source, names, filters, by=["day"])
        for index in wanted:
            metric = figures[index].name
            now[index] = total[metric].iloc[0]
            before[index] = None if earlier is None else earlier[metric].iloc[0]
            told = _course(daily, metric, catalogue.unit(metric) not in MEASURED, filters)
            course[index] = told.assign(figure=metric, label=figures[index].label or catalogue.label(metric))
    with st.container(key="kpis-tall"):
        for index, figure in enumerate(figures):
            unit = catalogue.unit(figure.name)
            st.metric(
                figure.label or catalogue.label(figure.name),
                formats.figure(now[index], unit),
                formats.change(now[index], before[index], unit),
                delta_color=_DELTA_COLOURS[figure.more_is],
                help=_help(copy, figure, before[index], unit, filters),
                border=True,
                # A line through a few points would tell of all the days between, of which nothing is known.
                chart_data=course[index]["value"].tolist() if len(course[index]) > max(1, stretches // 2) else None,
                chart_type="area",
            )
    _tell_what_is_not_limited(figures, filters)
    download_of_figures(
        [
            (
                each.name, each.label or catalogue.label(each.name), catalogue.unit(each.name), now[i], before[i],
                filters.period.start, filters.period.end - timedelta(days=1),
                ", ".join(each.source.cannot_tell(filters)),
            )
            for i, each in enumerate(figures)
        ],
        ["figure", "label", "unit", "value", "value_before", "from", "to", "not_limited_by"], name, filters,
        pd.concat([course[index][["figure", "label", "day", "value"]] for index in range(len(figures))]),
    )  # fmt: skip


def _tell_what_is_not_limited(figures: Sequence[Figure], filters: Filters) -> None:
    """Say below headline figures which of them are of more than what was chosen."""
    catalogue = read_catalogue()
    of: dict[str, list[str]] = {}
    for each in figures:
        if missing := each.source.cannot_tell(filters):
            kinds = " and ".join(f"{kind}s" for kind in missing)
            of.setdefault(kinds, []).append(each.label or catalogue.label(each.name))
    for kinds, labels in of.items():
        st.caption(f"Of all {kinds}, because not told by them: {', '.join(labels)}.")


def _course(daily: pd.DataFrame, metric: str, is_counted: bool, filters: Filters) -> pd.DataFrame:
    """Return `day` and `value` of one figure: a stretch in which nothing happened counts 0, and has no rate."""
    told = daily[["day", metric]].astype({metric: float}).dropna().rename(columns={metric: "value"})
    if not is_counted:
        return told
    whole = queries.filled(told, filters, ["value"])
    whole["day"] = pd.to_datetime(whole["day"]).dt.date
    # What has a row and no value was not recorded there, which is no 0.
    unknown = pd.to_datetime(daily["day"][daily[metric].isna()]).dt.date
    return whole[~whole["day"].isin(unknown)]


def download_of_figures(
    rows: Sequence[tuple[Any, ...]],
    columns: Sequence[str],
    name: str,
    filters: Filters,
    course: pd.DataFrame | None = None,
) -> None:
    """Offer headline figures as a download, below them, and their course as another."""
    table = pd.DataFrame(rows, columns=list(columns))
    with st.container(horizontal=True, horizontal_alignment="right", key="kpis-foot"):
        _download(table, f"{name}_figures", filters, "These figures as CSV")
        if course is not None:
            grain = filters.period.grain
            _download(course, f"{name}_over_time", filters, f"These figures by {grain}, as CSV", f"CSV by {grain}")


def _help(copy: Copy, figure: Figure, before: Any, unit: str, filters: Filters) -> str:
    text = meaning_of(copy, figure.name, figure.source)
    if not formats.is_nothing(before):
        earlier = filters.earlier().period
        text += f"\n\n{formats.days(earlier.start, earlier.end)}: {formats.figure(before, unit)}"
    return text + of_all(figure.source, filters)


def of_all(source: Source, filters: Filters) -> str:
    """Say, below a figure's definition, what was chosen that it is not told by."""
    missing = source.cannot_tell(filters)
    return f"\n\n*Of all {' and '.join(f'{kind}s' for kind in missing)}: it is not told by them.*" if missing else ""


@contextmanager
def panel(
    copy: Copy,
    title: str,
    meaning: str,
    data: pd.DataFrame | None = None,
    name: str = "",
    filters: Filters | None = None,
    source: Source | None = None,
) -> Iterator[None]:
    """Frame a chart or table: a title with its definition on hover, and its rows as a download.

    Args:
        copy: the copy that is shown.
        title: what is shown.
        meaning: metrics or columns, whose descriptions are the definition, or the definition itself.
        data: the rows behind it.
        name: of the file to download, and of the panel.
        filters: what is chosen.
        source: where the rows come from, to say what they are not told by.
    """
    key = name or hashlib.md5(title.encode(), usedforsecurity=False).hexdigest()[:8]
    with st.container(border=True, key=f"panel-{key}", height="stretch"):
        with st.container(horizontal=True, key=f"head-{key}", vertical_alignment="center", gap="small"):
            st.markdown(f"**{title}**", help=meaning, width="stretch")
            if data is not None and filters is not None:
                _download(data, name, filters)
        if source and filters and (missing := source.cannot_tell(filters)):
            st.caption(f"Of all {' and '.join(f'{kind}s' for kind in missing)}: these figures are not told by them.")
        yield


def definitions(copy: Copy, names: Sequence[str], source: Source | None = None, relation: str = "") -> str:
    """Return the definitions of several figures, each under its label."""
    catalogue = read_catalogue()
    if len(names) == 1:
        return meaning_of(copy, names[0], source, relation)
    return "\n\n".join(f"**{catalogue.label(name)}**: {meaning_of(copy, name, source, relation)}" for name in names)


def chart(
    draw: Callable[[], alt.Chart | alt.LayerChart],
    frame: pd.DataFrame,
    values: Sequence[str],
    alt_text: str,
    nothing: str,
    of: Sequence[str] = (),
) -> None:
    """Show a chart, or say in its place that there is nothing to show.

    Args:
        draw: makes the chart.
        frame: the rows behind it.
        values: the columns that it draws.
        alt_text: what it is, for whoever cannot see it.
        nothing: what to say where there is nothing.
        of: the figures that it shows, where its columns are parts of one. They go with the chart, so that it can be
            told whether its panel defines each.
    """
    if is_empty(frame, values, of):
        empty(nothing)
    else:
        drawn = draw()
        drawn.usermeta = {"figures": list(of or values)}
        st.altair_chart(drawn, width="stretch", alt=alt_text)


def is_empty(frame: pd.DataFrame, values: Sequence[str], of: Sequence[str] = ()) -> bool:
    """Whether none of the figures has anything to tell: no rows, or nothing but nulls, and noughts of what is counted.

    A share of 0 % or a mean of 0 s is told: something was there to be measured. A column that is no metric is a part of
    the figures in `of`.
    """
    catalogue = read_catalogue()

    def tells(name: str) -> bool:
        told = frame[name].dropna().astype(float)
        unit = catalogue.unit(name if name in catalogue or not of else of[0])
        return len(told) > 0 if unit in MEASURED else bool((told != 0).any())

    return frame.empty or not any(map(tells, values))


def empty(what: str, hint: str = "Choose other days, or fewer filters.") -> None:
    """Say that there is nothing to show, and what might help."""
    st.html(f'<div class="nothing"><strong>{escape(what)}</strong>{escape(hint)}</div>')


def table(
    copy: Copy,
    frame: pd.DataFrame,
    labels: Mapping[str, str],
    relation: str,
    nothing: str,
    zone: str = "UTC",
    about: Mapping[str, str] | None = None,
    **options: Any,
) -> Any:
    """Show rows: each column under the metric's label, formatted by its unit, with its definition on hover.

    Args:
        copy: the copy that is shown.
        frame: the rows.
        labels: the columns to show, in order, each with what it is called; empty for the metric's own label.
        relation: the relation whose column descriptions are the definitions.
        nothing: what to say where there are no rows.
        zone: the zone in which moments are shown.
        about: of columns that the page wrote itself, the column of the relation that they tell of.
        options: more of `st.dataframe`.
    """
    if frame.empty:
        empty(nothing)
        return None
    shown = pd.DataFrame({name: _cells(frame[name], zone) for name in labels})
    configuration = {
        name: _column(
            copy, name, label, relation, shown[name],
            pinned=index == 0 and len(labels) > 6 and _leaves_room(shown[name]),
            told_of=(about or {}).get(name, name),
        )
        for index, (name, label) in enumerate(labels.items())
    }  # fmt: skip
    return st.dataframe(
        shown, hide_index=True, column_config=configuration, placeholder=formats.NOTHING, width="stretch", **options
    )


def _cells(values: pd.Series[Any], zone: str) -> pd.Series[Any]:
    name = str(values.name)
    if name.endswith("_at") or name == "as_of":
        return pd.to_datetime(values).dt.tz_localize("UTC").dt.tz_convert(zone)
    if read_catalogue().unit(name) == "seconds" and not _are_written(values):
        return pd.to_timedelta(values.astype(float).round(), unit="s")
    if pd.api.types.is_float_dtype(values) and read_catalogue().unit(name) != "rate":
        return values.round(2)
    return values


def _leaves_room(values: pd.Series[Any]) -> bool:
    """Whether a column may stand still beside the others that scroll: on a telephone a wide one would hide them all."""
    return int(values.astype(str).str.len().max()) <= _PINNED_LETTERS


def _are_written(values: pd.Series[Any]) -> bool:
    """Whether a page has put the figures into words already."""
    return any(isinstance(value, str) for value in values)


def _column(
    copy: Copy, name: str, label: str, relation: str, values: pd.Series[Any], pinned: bool, told_of: str
) -> Any:
    catalogue = read_catalogue()
    unit = "" if _are_written(values) else catalogue.unit(name)
    about: dict[str, Any] = {
        "label": label or catalogue.label(name),
        "help": meaning_of(copy, told_of, relation=relation) or None,
        "pinned": pinned or None,
    }
    if name.endswith("_at") or name == "as_of":
        return st.column_config.DatetimeColumn(**about, format="D MMM, HH:mm")
    if unit == "seconds":
        return st.column_config.NumberColumn(**about, format="compact")
    if unit == "rate":
        return st.column_config.ProgressColumn(**about, format="percent", min_value=0, max_value=1)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return st.column_config.NumberColumn(**about, format="localized")  # with as many digits as there are
    return st.column_config.Column(**about)


def _download(
    data: pd.DataFrame, name: str, filters: Filters, help_text: str = "These rows as CSV", label: str = "CSV"
) -> None:
    last = filters.period.end - timedelta(days=1)
    st.download_button(
        label, as_csv(data, filters.zone), file_name=f"{name}_{filters.period.start}_{last}.csv", mime="text/csv",
        key=f"download-{name}", help=help_text, on_click="ignore", type="tertiary", icon=":material/download:",
        disabled=data.empty,
    )  # fmt: skip


def as_csv(data: pd.DataFrame, zone: str) -> bytes:
    """Write rows as a spreadsheet reads them: a text that it would take for a formula begins with an apostrophe.

    Moments are told by the clocks of the zone, with its offset.
    """
    safe = data.copy()
    for column in safe.columns:
        if (str(column).endswith("_at") or column == "as_of") and len(safe):
            moments = [formats.in_zone(each, zone) for each in pd.to_datetime(safe[column])]
            safe[column] = [None if each is None else each.isoformat(timespec="milliseconds") for each in moments]
    for column in safe.columns:
        if pd.api.types.is_string_dtype(safe[column]) or safe[column].dtype == object:
            safe[column] = [_inert(value) if isinstance(value, str) else value for value in safe[column]]
    return safe.to_csv(index=False).encode("utf-8-sig")


def _inert(text: str) -> str:
    return ("'" if re.match(FORMULA, text) else "") + re.sub(FURTHER_FORMULA, r"\1'\2", text)


def age(moment: datetime | None) -> timedelta | None:
    """Return how long ago a UTC moment was, by this machine's clock."""
    return None if moment is None else datetime.now(UTC) - moment.replace(tzinfo=UTC)
