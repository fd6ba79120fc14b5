"""Charts: each from a frame with a row per mark, never with a number of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from dashboard import formats
from dashboard.theme import colour

HEIGHT = 248
_SCALES = ((86400 * 3, 86400, " d"), (7200, 3600, " h"), (180, 60, " min"), (0, 1, " s"))


def over_time(
    frame: pd.DataFrame,
    series: Mapping[str, str],
    unit: str,
    grain: str = "day",
    kind: str = "line",
    colours: Sequence[str] = (),
    height: int = HEIGHT,
    running_from: date | None = None,
) -> alt.Chart | alt.LayerChart:
    """Draw figures by `day`: a line, or a bar that stacks, for each column that `series` names and labels.

    Bars of a stretch that begins at `running_from` or later are pale: it is not over yet.
    """
    long = _long(frame, series, unit)
    scale, mark = _scaled(long["value"], unit)
    long["shown"] = long["value"] / scale
    names = list(series.values())
    axis = alt.Axis(format="%-d %b" if grain != "month" else "%b %Y", grid=False, labelOverlap=True, tickCount=8)
    if grain == "week":  # its points are Mondays, and ticks of a machine's choice are Sundays
        axis.values = _some([pd.Timestamp(each) for each in sorted(long["day"].unique())], 8)
    x = alt.X("day:T", title=None, axis=axis)
    y = alt.Y("shown:Q", title=None, axis=_axis(unit, mark), stack="zero" if kind == "bar" else None)
    tooltip = [
        alt.Tooltip(
            "day:T", title=grain.capitalize(), format="%a %-d %b, %H:%M" if grain == "hour" else "%a %-d %b %Y"
        ),
        alt.Tooltip("series:N", title="Figure"),
        alt.Tooltip("told:N", title="Value"),
    ]
    base = alt.Chart(long).properties(height=height + 18 * (_rows_of(names) - 1))
    tint = alt.Color("series:N", sort=names, title=None, scale=_scale(names, colours), legend=_legend(names))
    if kind == "bar":
        several_years = long["day"].max() - long["day"].min() >= pd.Timedelta(days=365)
        names_of_days = [_called(pd.Timestamp(each), grain, several_years) for each in long["day"]]
        running = pd.Timestamp(running_from or date.max.replace(year=2200))
        base.data = long.assign(called=names_of_days, opacity=[0.5 if each >= running else 1.0 for each in long["day"]])
        called = alt.X(
            "called:O",
            sort=list(dict.fromkeys(names_of_days)),
            title=None,
            scale=alt.Scale(paddingInner=0.3, paddingOuter=0.2),
            axis=alt.Axis(labelAngle=0, labelOverlap=True, labelSeparation=10, ticks=False, domain=False),
        )
        return base.mark_bar(cornerRadiusEnd=2 if len(names) == 1 else 0).encode(
            x=called,
            y=y,
            color=tint,
            order=alt.Order("rank:Q"),
            tooltip=tooltip,
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
        )
    dashes = alt.StrokeDash(
        "series:N", sort=names, title=None, scale=alt.Scale(domain=names, range=_dashes(names)),
        legend=_legend(names, "stroke"),
    )  # fmt: skip
    stroke = alt.Stroke(
        "series:N", sort=names, title=None, scale=_scale(names, colours), legend=_legend(names, "stroke")
    )
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, stroke=stroke, strokeDash=dashes)
    points = base.mark_point(filled=True, size=30, opacity=1).encode(
        x=x, y=y, tooltip=tooltip, color=alt.Color("series:N", sort=names, scale=_scale(names, colours), legend=None)
    )
    return lines + points


def _some(days: Sequence[pd.Timestamp], most: int) -> list[alt.DateTime]:
    """Return days for ticks, each as far from the next, and not more than that many."""
    return [alt.DateTime(year=each.year, month=each.month, date=each.day) for each in days[:: -(-len(days) // most)]]


def _called(start: pd.Timestamp, grain: str, several_years: bool) -> str:
    """Name a stretch of time below its bar, each by a name of its own."""
    match grain:
        case "quarter":
            return f"Q{start.quarter} {start.year}"
        case "month":
            return f"{start:%b %Y}"
    return f"{start:%-d %b %Y}" if several_years else f"{start:%-d %b}"


def ranking(
    frame: pd.DataFrame, label: str, value: str, title: str, unit: str, height: int | None = None
) -> alt.LayerChart:
    """Draw a bar for each thing, longest first as the frame has them, with its figure at the end."""
    frame = frame.dropna(subset=[value]).copy()
    scale, _ = _scaled(frame[value], unit)
    frame["shown"] = frame[value].astype(float) / scale
    frame["told"] = [formats.figure(each, unit) for each in frame[value]]
    frame["what"] = frame[label].astype(str)
    y = alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=170, ticks=False, domain=False))
    top = float(frame["shown"].max() or 1)
    base = alt.Chart(frame).properties(height=height or max(90, 30 * len(frame) + 12))
    x = alt.X(
        "shown:Q", title=None, axis=None, scale=alt.Scale(domain=[min(0.0, float(frame["shown"].min())), top * 1.22])
    )
    bars = base.mark_bar(orient="horizontal", cornerRadiusEnd=3, color=colour("plain"), height={"band": 0.62}).encode(
        x=x, y=y, tooltip=[alt.Tooltip("what:N", title=" "), alt.Tooltip("told:N", title=title)]
    )
    texts = base.mark_text(align="left", dx=6, color=colour("muted")).encode(x=x, y=y, text="told:N")
    return bars + texts


def shares(
    frame: pd.DataFrame, label: str, parts: Mapping[str, str], colours: Sequence[str] = (), height: int | None = None
) -> alt.Chart:
    """Draw what each thing is made of: one bar a row, as long as the others, counts in the tooltip."""
    # Parts that are nowhere keep their colour and their name: what is left of them must not look like another.
    long = _long(frame.assign(**{each: 0 for each in parts if each not in frame}), parts, "count", keep=[label])
    long = long[long["value"] > 0]
    names = list(parts.values())
    return (
        alt.Chart(long)
        .mark_bar(cornerRadius=1, height={"band": 0.62})
        .encode(
            y=alt.Y(
                f"{label}:N",
                sort=list(dict.fromkeys(frame[label])),
                title=None,
                axis=alt.Axis(labelLimit=190, ticks=False, domain=False),
            ),
            x=alt.X("value:Q", stack="normalize", title=None, axis=alt.Axis(format="%", grid=False, tickCount=5)),
            color=alt.Color("series:N", sort=names, title=None, scale=_scale(names, colours), legend=_legend(names)),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip(f"{label}:N", title=" "),
                alt.Tooltip("series:N", title="Part"),
                alt.Tooltip("told:N", title="Count"),
            ],
        )
        .properties(height=height or max(150, 30 * frame[label].nunique() + 44 + 20 * _rows_of(names)))
    )


def week(frame: pd.DataFrame, value: str, title: str) -> alt.Chart:
    """Draw a week by the hour: rows of `iso_weekday`, columns of `hour_of_day`."""
    weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    frame = frame.assign(weekday=[weekdays[int(each) - 1] for each in frame["iso_weekday"]])
    return (
        alt.Chart(frame)
        .mark_rect(cornerRadius=3, stroke=None)
        .encode(
            x=alt.X(
                "hour_of_day:O",
                title="Hour of the day",
                axis=alt.Axis(labelAngle=0, ticks=False, domain=False, labelOverlap=True),
                scale=alt.Scale(paddingInner=0.08),
            ),
            y=alt.Y(
                "weekday:O",
                sort=weekdays,
                title=None,
                axis=alt.Axis(ticks=False, domain=False, labelOverlap=False),
                scale=alt.Scale(paddingInner=0.1),
            ),
            color=alt.Color(
                f"{value}:Q", title=title, legend=alt.Legend(orient="top", gradientLength=160, titleAnchor="start")
            ),
            tooltip=[
                alt.Tooltip("weekday:O", title="Day"),
                alt.Tooltip("hour_of_day:O", title="Hour"),
                alt.Tooltip(f"{value}:Q", title=title, format=","),
            ],
        )
        .properties(height=HEIGHT + 40)
    )


def _long(frame: pd.DataFrame, series: Mapping[str, str], unit: str, keep: Sequence[str] = ("day",)) -> pd.DataFrame:
    parts = []
    for rank, (name, label) in enumerate(series.items()):
        part = frame[[*keep]].assign(series=label, rank=rank, value=frame[name].astype(float))
        parts.append(part)
    long = pd.concat(parts, ignore_index=True)
    long["told"] = [formats.figure(each, unit) for each in long["value"]]
    return long


def _scaled(values: pd.Series[float], unit: str) -> tuple[float, str]:
    """Return what to divide by so that an axis is readable, and what then to write behind its numbers."""
    if unit != "seconds":
        return 1, ""
    most = float(values.astype(float).abs().max()) if values.notna().any() else 0.0
    return next((scale, mark) for least, scale, mark in _SCALES if most >= least)


def _axis(unit: str, mark: str = "") -> alt.Axis:
    written: dict[str, Any] = {"format": ".0%"} if unit == "rate" else {"labelExpr": f"datum.label + '{mark}'"}
    if unit == "count":  # nobody counts in fifths
        written["tickMinStep"] = 1
    return alt.Axis(tickCount=5, domain=False, ticks=False, **written)


def _legend(names: Sequence[str], symbol: str = "square") -> alt.Legend | None:
    if len(names) < 2:
        return None
    more: dict[str, Any] = {} if _rows_of(names) == 1 else {"columns": 2 if max(map(len, names)) <= 20 else 1}
    if symbol == "stroke":
        more |= {"symbolStrokeWidth": 2.6, "symbolSize": 420}
    return alt.Legend(orient="top", labelLimit=260, symbolType=symbol, padding=0, columnPadding=14, **more)


def _rows_of(names: Sequence[str]) -> int:
    """Return in how many rows a legend is written so that it fits a telephone."""
    if sum(map(len, names)) + 5 * len(names) <= 44:
        return 1
    return -(-len(names) // 2) if max(map(len, names)) <= 20 else len(names)


def _scale(names: Sequence[str], colours: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=list(colours)) if colours else alt.Scale(domain=list(names))


def _dashes(names: Sequence[str]) -> list[list[int]]:
    return [[[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]][index % 4] for index in range(len(names))]


def steps(frame: pd.DataFrame, x: str, value: str, series: str, meaning: str) -> alt.LayerChart:
    """Draw a share for each step, one bar a series, its percentage above it; each bar has a meaning of its own."""
    frame = frame.dropna(subset=[value]).assign(
        told=lambda rows: [formats.figure(each, "rate") for each in rows[value]]
    )
    names, order = list(dict.fromkeys(frame[series])), list(dict.fromkeys(frame[x]))
    base = (
        alt.Chart(frame)
        .properties(height=HEIGHT)
        .encode(
            x=alt.X(
                f"{x}:N",
                sort=order,
                title=None,
                axis=alt.Axis(labelAngle=0, ticks=False, domain=False),
                scale=alt.Scale(paddingInner=0.32),
            ),
            xOffset=alt.XOffset(f"{series}:N", sort=names),
            y=alt.Y(f"{value}:Q", title=None, axis=_axis("rate"), scale=alt.Scale(domain=[0, 1.06], nice=False)),
            tooltip=[
                alt.Tooltip(f"{series}:N", title="Of"),
                alt.Tooltip(f"{x}:N", title="Within"),
                alt.Tooltip("told:N", title="Share"),
                alt.Tooltip(f"{meaning}:N", title="Means"),
            ],
        )
    )
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        color=alt.Color(f"{series}:N", sort=names, title=None, scale=_scale(names, ()), legend=_legend(names))
    )
    texts = base.transform_calculate(short=f"format(datum.{value}, '.0%')").mark_text(
        dy=-7, color=colour("muted"), fontSize=11
    )
    drawn: alt.LayerChart = bars + texts.encode(text="short:N")
    return drawn
