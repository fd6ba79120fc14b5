"""Charts: each from a frame with a row per mark, never with a number of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from dashboard import formats
from dashboard.theme import colour

HEIGHT = 248
_SCALES = ((86400 * 3, 86400, "days"), (7200, 3600, "hours"), (180, 60, "minutes"), (0, 1, "seconds"))


def over_time(
    frame: pd.DataFrame,
    series: Mapping[str, str],
    unit: str,
    grain: str = "day",
    kind: str = "line",
    colours: Sequence[str] = (),
    height: int = HEIGHT,
) -> alt.Chart | alt.LayerChart:
    """Draw figures by `day`: a line, or a bar that stacks, for each column that `series` names and labels."""
    long = _long(frame, series, unit)
    scale, title = _scaled(long["value"], unit)
    long["shown"] = long["value"] / scale
    names = list(series.values())
    axis = alt.Axis(format="%-d %b" if grain != "month" else "%b %Y", grid=False, labelOverlap=True, tickCount=8)
    x = alt.X("day:T", title=None, axis=axis)
    y = alt.Y("shown:Q", title=title, axis=_axis(unit), stack="zero" if kind == "bar" else None)
    tooltip = [
        alt.Tooltip("day:T", title=grain.capitalize(), format="%a %-d %b %Y"),
        alt.Tooltip("series:N", title="Figure"),
        alt.Tooltip("told:N", title="Value"),
    ]
    base = alt.Chart(long).properties(height=height)
    tint = alt.Color("series:N", sort=names, title=None, scale=_scale(names, colours), legend=_legend(names))
    if kind == "bar":
        names_of_days = [f"{each:%b %Y}" if grain == "month" else f"{each:%-d %b}" for each in long["day"]]
        base.data = long.assign(called=names_of_days)
        called = alt.X(
            "called:O", sort=list(dict.fromkeys(names_of_days)), title=None, scale=alt.Scale(paddingInner=0.18),
            axis=alt.Axis(labelAngle=0, labelOverlap=True, labelSeparation=10, ticks=False, domain=False),
        )  # fmt: skip
        return base.mark_bar(cornerRadiusEnd=2 if len(names) == 1 else 0).encode(
            x=called, y=y, color=tint, order=alt.Order("rank:Q"), tooltip=tooltip
        )
    lines = base.mark_line(strokeWidth=2.2, interpolate="linear").encode(
        x=x, y=y, color=tint,
        strokeDash=alt.StrokeDash("series:N", sort=names, legend=None, scale=alt.Scale(domain=names, range=_dashes(names))),
    )  # fmt: skip
    points = base.mark_point(filled=True, size=34, opacity=1).encode(x=x, y=y, color=tint, tooltip=tooltip)
    return lines + points


def ranking(frame: pd.DataFrame, label: str, value: str, title: str, unit: str, height: int | None = None) -> alt.LayerChart:
    """Draw a bar for each thing, longest first as the frame has them, with its figure at the end."""
    frame = frame.dropna(subset=[value]).copy()
    scale, axis = _scaled(frame[value], unit)
    frame["shown"] = frame[value].astype(float) / scale
    frame["told"] = [formats.figure(each, unit) for each in frame[value]]
    frame["what"] = frame[label].astype(str)
    y = alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=170, ticks=False, domain=False))
    top = float(frame["shown"].max() or 1)
    base = alt.Chart(frame).properties(height=height or max(90, 30 * len(frame) + 12))
    x = alt.X("shown:Q", title=None, axis=None, scale=alt.Scale(domain=[min(0.0, float(frame["shown"].min())), top * 1.22]))
    bars = base.mark_bar(orient="vertical", cornerRadiusEnd=3, color=colour("plain"), height={"band": 0.62}).encode(
        x=x, y=y, tooltip=[alt.Tooltip("what:N", title=" "), alt.Tooltip("told:N", title=title)]
    )
    texts = base.mark_text(align="left", dx=6, color=colour("muted")).encode(x=x, y=y, text="told:N")
    return bars + texts


def shares(
    frame: pd.DataFrame, label: str, parts: Mapping[str, str], colours: Sequence[str] = (), height: int | None = None
) -> alt.Chart:
    """Draw what each thing is made of: one bar a row, as long as the others, counts in the tooltip."""
    long = _long(frame, parts, "count", keep=[label])
    long = long[long["value"] > 0]
    names = list(parts.values())
    return (
        alt.Chart(long)
        .mark_bar(cornerRadius=1, height={"band": 0.62})
        .encode(
            y=alt.Y(f"{label}:N", sort=list(dict.fromkeys(frame[label])), title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False)),
            x=alt.X("value:Q", stack="normalize", title=None, axis=alt.Axis(format="%", grid=False, tickCount=5)),
            color=alt.Color("series:N", sort=names, title=None, scale=_scale(names, colours), legend=_legend(names)),
            order=alt.Order("rank:Q"),
            tooltip=[alt.Tooltip(f"{label}:N", title=" "), alt.Tooltip("series:N", title="Part"), alt.Tooltip("told:N", title="Count")],
        )
        .properties(height=height or max(120, 32 * frame[label].nunique() + 60))
    )  # fmt: skip


def week(frame: pd.DataFrame, value: str, title: str) -> alt.Chart:
    """Draw a week by the hour: rows of `iso_weekday`, columns of `hour_of_day`."""
    weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    frame = frame.assign(weekday=[weekdays[int(each) - 1] for each in frame["iso_weekday"]])
    return (
        alt.Chart(frame)
        .mark_rect(cornerRadius=3, stroke=None)
        .encode(
            x=alt.X("hour_of_day:O", title="Hour of the day", axis=alt.Axis(labelAngle=0, ticks=False, domain=False, labelOverlap=True), scale=alt.Scale(paddingInner=0.08)),
            y=alt.Y("weekday:O", sort=weekdays, title=None, axis=alt.Axis(ticks=False, domain=False), scale=alt.Scale(paddingInner=0.1)),
            color=alt.Color(f"{value}:Q", title=title, legend=alt.Legend(orient="top", gradientLength=160, titleAnchor="start")),
            tooltip=[alt.Tooltip("weekday:O", title="Day"), alt.Tooltip("hour_of_day:O", title="Hour"), alt.Tooltip(f"{value}:Q", title=title, format=",")],
        )
        .properties(height=HEIGHT + 20)
    )  # fmt: skip


def _long(frame: pd.DataFrame, series: Mapping[str, str], unit: str, keep: Sequence[str] = ("day",)) -> pd.DataFrame:
    parts = []
    for rank, (name, label) in enumerate(series.items()):
        part = frame[[*keep]].assign(series=label, rank=rank, value=frame[name].astype(float))
        parts.append(part)
    long = pd.concat(parts, ignore_index=True)
    long["told"] = [formats.figure(each, unit) for each in long["value"]]
    return long


def _scaled(values: pd.Series[float], unit: str) -> tuple[float, str | None]:
    if unit != "seconds":
        return 1, None
    most = float(values.astype(float).abs().max()) if values.notna().any() else 0.0
    return next((scale, title) for least, scale, title in _SCALES if most >= least)


def _axis(unit: str) -> alt.Axis:
    if unit == "rate":
        return alt.Axis(format=".0%", tickCount=5, domain=False, ticks=False)
    return alt.Axis(tickCount=5, domain=False, ticks=False, titleAnchor="end", titleAngle=0, titleAlign="left", titleY=-8, titleX=0)


def _legend(names: Sequence[str]) -> alt.Legend | None:
    return None if len(names) < 2 else alt.Legend(orient="top", labelLimit=260, symbolType="square", padding=0)


def _scale(names: Sequence[str], colours: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=list(colours)) if colours else alt.Scale(domain=list(names))


def _dashes(names: Sequence[str]) -> list[list[int]]:
    return [[[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]][index % 4] for index in range(len(names))]
