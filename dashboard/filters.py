"""What a reader may choose: the period, channels, teams and topics, and the zone in which times are shown.

Each choice stands in the address of the page, so that a view can be sent to a colleague, and goes with the reader from
page to page.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import streamlit as st

from dashboard.serving import Build, Copy

NONE = "(none)"
PERIODS = {
    "7d": "Last 7 days",
    "28d": "Last 28 days",
    "90d": "Last 90 days",
    "month": "This month",
    "last-month": "Last month",
    "quarter": "This quarter",
    "all": "All days",
    "days": "Days of my own",
}


@dataclass(frozen=True)
class Period:
    """Local dates from `start` to before `end`."""

    start: date
    end: date

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    def before(self) -> Period:
        """Return the stretch of equal length that precedes it."""
        return Period(self.start - timedelta(days=self.length), self.start)

    @property
    def grain(self) -> str:
        """The stretch of time that a chart tells apart."""
        return "day" if self.length <= 62 else "week" if self.length <= 370 else "month"


@dataclass(frozen=True)
class Filters:
    """What was chosen; no channel, team or topic means all of them. Before `first_day` the warehouse knows nothing."""

    period: Period
    channels: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    zone: str = "UTC"
    first_day: date | None = None

    def chosen(self) -> dict[str, tuple[str, ...]]:
        """Return what the figures are limited to, by the kind of thing."""
        every = {"channel": self.channels, "team": self.teams, "topic": self.topics}
        return {kind: ids for kind, ids in every.items() if ids}

    def earlier(self) -> Filters:
        """Return the same for the stretch of time before."""
        return replace(self, period=self.period.before())


def period_of(choice: str, build: Build, own: Sequence[date] = ()) -> Period:
    """Return the days that a choice means at the build's `as_of`."""
    last = build.last_day or date(1970, 1, 1)
    first = build.first_day or last
    end = last + timedelta(days=1)
    month = last.replace(day=1)
    match choice:
        case "month":
            return Period(month, end)
        case "last-month":
            return Period((month - timedelta(days=1)).replace(day=1), month)
        case "quarter":
            return Period(last.replace(month=(last.month - 1) // 3 * 3 + 1, day=1), end)
        case "all":
            return Period(first, end)
        case "days" if len(own) == 2:
            return Period(own[0], own[1] + timedelta(days=1))
        case "days" if len(own) == 1:
            return Period(own[0], own[0] + timedelta(days=1))
    days = int(choice.removesuffix("d")) if choice.endswith("d") and choice[:-1].isdigit() else 28
    return Period(end - timedelta(days=days), end)


def names(copy: Copy) -> dict[str, dict[str, str]]:
    """Return what channels, teams, topics and agents are called, by kind and id; who has no name keeps the id."""
    found: dict[str, dict[str, str]] = {}
    for kind, relation in {
        "channel": "dim_channels",
        "team": "dim_teams",
        "topic": "dim_topics",
        "agent": "dim_agents",
    }.items():
        hidden = "where not is_test" if kind == "channel" else ""
        rows = copy.rows(
            [relation], f"select {kind}_id as id, {kind}_name as name from {relation} {hidden} order by name, id"
        )
        found[kind] = {
            str(id_): str(id_) if pd.isna(name) or name == "(unknown)" else str(name)
            for id_, name in zip(rows["id"], rows["name"], strict=True)
        }
        repeated = {name for name, count in Counter(found[kind].values()).items() if count > 1}
        found[kind] = {key: f"{name} ({key})" if name in repeated else name for key, name in found[kind].items()}
        found[kind][NONE] = f"No {kind}"
    return found


@cache
def zones() -> tuple[str, ...]:
    """Return the zones that a reader may choose, UTC first."""
    return (
        "UTC",
        *sorted(
            zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))
        ),
    )


def default_zone() -> str:
    """Return the zone named by MESSAGING_DASHBOARD_TIMEZONE, else the reader's own, else UTC."""
    wanted = os.environ.get("MESSAGING_DASHBOARD_TIMEZONE") or getattr(st.context, "timezone", None) or "UTC"
    return wanted if wanted in zones() else "UTC"


def choose(copy: Copy, kinds: Sequence[str], period: str = "", more: Callable[[], None] | None = None) -> Filters:
    """Show the filters that a page has, and return what is chosen.

    Args:
        copy: the copy whose channels, teams and topics are offered.
        kinds: which of `channel`, `team` and `topic` the page's figures are told by.
        period: the days that the page speaks of, where its reader has no choice.
        more: draws what else the page lets its reader choose, before the others.
    """
    known = names(copy)
    with st.container(horizontal=True, key="filters", vertical_alignment="bottom"):
        if more:
            more()
        days = period_of(period, copy.build) if period else _choose_period(copy.build)
        chosen = {kind: _choose_ids(kind, known[kind]) for kind in kinds}
        zone = st.selectbox(
            "Times in", zones(), index=zones().index(default_zone()), key="zone", bind="query-params", width=190,
            help="The zone in which moments are shown. Days are always those of the warehouse.",
        )  # fmt: skip
    for kind in ("channel", "team", "topic"):
        # Kept from another page, which shows it again: on this one it counts for nothing, and that is said.
        if kind not in kinds and (kept := st.session_state.get(kind)):
            st.caption(
                f"Of all {kind}s: this page is not told by {', '.join(known[kind].get(each, each) for each in kept)}."
            )
    return Filters(
        days,
        chosen.get("channel", ()),
        chosen.get("team", ()),
        chosen.get("topic", ()),
        ZoneInfo(zone or "UTC").key,
        copy.build.first_day,
    )


def _choose_period(build: Build) -> Period:
    choice = st.selectbox(
        "Period", list(PERIODS), index=list(PERIODS).index("28d"), format_func=PERIODS.__getitem__, key="period",
        bind="query-params", width=190,
    )  # fmt: skip
    own: Sequence[date] = ()
    if choice == "days":
        usual = period_of("28d", build)
        first = min(build.first_day or usual.start, usual.start)
        last = usual.end - timedelta(days=1)
        own = st.date_input(
            "Days", (max(usual.start, first), last), min_value=first, max_value=last, key="days", bind="query-params",
            width=230, format="YYYY-MM-DD",
        )  # fmt: skip
    return period_of(choice or "28d", build, tuple(own))


def _choose_ids(kind: str, known: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        st.multiselect(
            f"{kind.capitalize()}s", list(known), format_func=lambda each: known.get(each, each), key=kind,
            bind="query-params", placeholder=f"All {kind}s", width=230,
        )
    )  # fmt: skip
