"""Where the time of agents goes: work, visits, presence and the timeline of all three."""

from __future__ import annotations

import numpy as np
import pandas as pd
from benchmarks.dataframes_pandas.columns import (
    Column,
    Frame,
    filled,
    first_of,
    in_runs,
    last_of,
    seconds_between,
    seconds_onward,
)
from benchmarks.dataframes_pandas.deliveries import team_of

TERMINAL = ["work_declined", "work_push_timed_out", "work_canceled", "work_transferred", "work_closed"]
FOCUS_IDLE = pd.Timedelta(minutes=15)
PRESENCE_STALE = pd.Timedelta(hours=24)


def gather_work(events: Frame) -> Frame:
    """Offers of work: who was asked, who took it and how it ended."""
    is_work = events["event_type"].str.startswith("work_") | (events["event_type"] == "after_work_started")
    steps = events[is_work & events["work_id"].notna()]
    key = ["conversation_id", "work_id"]

    def of(*types: str) -> Frame:
        return steps[steps["event_type"].isin(types)]

    offered, requested = first_of(steps, key), first_of(of("work_requested"), key)
    first_assigned, assigned = first_of(of("work_assigned"), key), last_of(of("work_assigned"), key)
    accepted, terminal = first_of(of("work_accepted"), key), first_of(of(*TERMINAL), key)
    works = offered[["session", "session_id"]].copy()
    works["requested_at"], works["assigned_at"] = requested["occurred_at"], assigned["occurred_at"]
    works["accepted_at"] = accepted["occurred_at"]
    works["after_work_started_at"] = first_of(of("after_work_started"), key)["occurred_at"]
    works["terminal_at"], works["terminal_type"] = terminal["occurred_at"], terminal["event_type"]
    works["accepting_agent_id"] = accepted["actor_id"].where(accepted["actor_type"] == "agent")
    works["assigned_agent_id"] = assigned["agent_id"]
    works["agent_id"] = works["accepting_agent_id"].fillna(works["assigned_agent_id"])
    works["assigned_team_id"], works["requested_team_id"] = assigned["team_id"], requested["team_id"]
    works["named_team_id"] = works["assigned_team_id"].fillna(works["requested_team_id"])
    works["capacity_weight"] = pd.to_numeric(assigned["capacity_weight"])
    works["capacity_weight"] = works["capacity_weight"].fillna(1.0)
    positions = pd.DataFrame(index=works.index)
    positions["requested"], positions["assigned"] = requested["position"], first_assigned["position"]
    works["offered_position"] = positions["requested"].fillna(positions["assigned"]).fillna(offered["position"])
    return works.reset_index()


def attended_seconds(works: Frame, visits: Frame, as_of: pd.Timestamp) -> Column:
    """How long the agent's visits were within the work, by the work's row."""
    views = visits[["agent_id", "session", "started_at", "ended_at"]]
    open_until = views["started_at"].clip(lower=as_of)
    views = views.assign(until_at=views["ended_at"].fillna(open_until))
    pairs = works[["agent_id", "session", "accepted_at", "closed_at"]].assign(row=works.index)
    pairs = pairs.merge(views, on=["agent_id", "session"])
    pairs = pairs[
        (pairs["closed_at"] > pairs["started_at"])
        & (pairs["accepted_at"] < pairs["until_at"])
        & (pairs["closed_at"] >= pairs["accepted_at"])
    ]
    start, end = pairs[["started_at", "accepted_at"]].max(axis=1), pairs[["until_at", "closed_at"]].min(axis=1)
    return seconds_between(start, end).groupby(pairs["row"]).sum().reindex(works.index, fill_value=0).round(3)


def tell_work(works: Frame, ended_at: Column, visits: Frame, teams: Frame, as_of: pd.Timestamp) -> Frame:
    """Work with its status and durations, and how long its agent attended to it."""
    works = works.sort_values(["session", "offered_position", "work_id"]).reset_index(drop=True)
    works["is_first_work"] = ~works.duplicated("session")
    session_ended_at = works["session"].map(ended_at)
    accepted, terminal = works["accepted_at"], works["terminal_type"]
    closes_with_session = works["terminal_at"].isna() & accepted.notna() & session_ended_at.notna()
    is_done = terminal.isin(["work_closed", "work_transferred"])
    works["is_closed_by_session_end"] = closes_with_session
    works["session_ended_at"] = session_ended_at
    works["closed_at"] = works["terminal_at"].where(is_done).mask(closes_with_session, session_ended_at)
    works["status"] = pd.Series(
        np.select(
            [terminal == "work_push_timed_out", closes_with_session, accepted.notna(), works["assigned_at"].notna()],
            ["declined_on_push_timeout", "closed", "opened", "assigned"],
            default="requested",
        ),
        dtype="str",
    ).mask(terminal.notna() & (terminal != "work_push_timed_out"), terminal.str.removeprefix("work_"))
    team = team_of(works["agent_id"], accepted.fillna(works["assigned_at"]), teams)
    works["team_id"] = works["named_team_id"].fillna(team)
    works["speed_to_answer_seconds"] = seconds_onward(works["requested_at"], accepted)
    works["work_handle_seconds"] = seconds_onward(accepted, works["closed_at"])
    works["after_work_seconds"] = seconds_onward(works["after_work_started_at"], works["closed_at"])
    attended = attended_seconds(works, visits, as_of)
    works["active_seconds"] = attended.where(works["closed_at"] >= accepted)
    return works


def pair_visits(events: Frame, presence: Frame, as_of: pd.Timestamp) -> Frame:
    """Unbroken stretches of an agent's focus on one conversation."""
    acts = events.loc[
        (events["actor_type"] == "agent") & events["focus_effect"].notna(),
        [
            "actor_id",
            "conversation_id",
            "session",
            "event_id",
            "occurred_at",
            "sort_rank",
            "focus_effect",
            "event_type",
        ],
    ].rename(columns={"actor_id": "agent_id"})
    leaves = presence.loc[presence["status"].isin(["away", "offline"]), ["agent_id", "event_id", "occurred_at"]]
    focus = pd.concat([acts, leaves.assign(sort_rank=90, focus_effect="ends")])
    focus = focus.sort_values(["agent_id", "occurred_at", "sort_rank", "event_id"]).reset_index(drop=True)
    focus["is_focus"] = focus["focus_effect"] != "ends"
    latest = focus["conversation_id"].where(focus["is_focus"]).groupby(focus["agent_id"]).ffill()
    matters = focus["is_focus"] | focus["conversation_id"].isna() | (focus["conversation_id"] == latest)
    focus = focus[matters].reset_index(drop=True)
    agent = in_runs(focus["agent_id"])
    previous = focus["conversation_id"].where(focus["is_focus"]).groupby(agent).shift()
    goes_on = (previous == focus["conversation_id"]) & (
        focus["occurred_at"] <= focus["occurred_at"].groupby(agent).shift() + FOCUS_IDLE
    )
    focus["next_at"] = focus["occurred_at"].groupby(agent).shift(-1)
    focus["visit"] = (focus["is_focus"] & ~goes_on).cumsum()
    focus = focus[focus["is_focus"]]
    last = last_of(focus, "visit")
    visits = first_of(focus, "visit")[["agent_id", "conversation_id", "session", "event_id", "occurred_at"]]
    visits = visits.rename(columns={"event_id": "visit_id", "occurred_at": "started_at"})
    visits["session"] = visits["session"].astype("int64")
    visits["message_count"] = (focus["event_type"] == "message_sent").groupby(focus["visit"]).sum()
    limit = last["occurred_at"] + FOCUS_IDLE
    visits["is_idle_capped"] = last["next_at"].fillna(as_of) > limit
    visits["ended_at"] = last["next_at"].mask(visits["is_idle_capped"], limit)
    visits["is_handled"] = visits["message_count"] > 0
    visits["idle_tail_seconds"] = np.where(visits["is_idle_capped"], 900.0, 0.0)
    visits["visit_seconds"] = seconds_between(visits["started_at"], visits["ended_at"])
    return visits.reset_index(drop=True)


def hold_presence(events: Frame, presence: Frame, as_of: pd.Timestamp) -> Frame:
    """Intervals of presence; what an agent is who has been silent for a day is unknown until the next change."""
    # Within a day there is no silence longer than one, so its first and last event stand for all.
    acts = events.loc[events["actor_type"] == "agent", ["actor_id", "occurred_at"]]
    acts = acts.rename(columns={"actor_id": "agent_id"})
    days = acts.groupby(["agent_id", acts["occurred_at"].dt.normalize().rename("day")])["occurred_at"]
    acted = days.agg(["min", "max"]).melt(ignore_index=False, value_name="occurred_at").reset_index()
    columns = ["agent_id", "occurred_at", "event_id", "status", "capacity"]
    signs = pd.concat([presence[columns], acted[["agent_id", "occurred_at"]]])
    signs = signs.sort_values(["agent_id", "occurred_at", "event_id"]).reset_index(drop=True)
    at, agent = signs["occurred_at"], in_runs(signs["agent_id"])
    is_silent = at.groupby(agent).shift(-1).fillna(as_of) > at + PRESENCE_STALE
    is_change = signs["event_id"].notna()
    change = is_change.cumsum().where(is_change.groupby(agent).cumsum() > 0)  # null before an agent's first
    intervals = signs[is_change].set_index(change[is_change]).rename(columns={"occurred_at": "started_at"})
    silent_at = at[is_silent].groupby(change[is_silent]).first() + PRESENCE_STALE
    intervals["stale_at"] = silent_at.reindex(intervals.index).where(intervals["status"] != "offline")
    intervals["next_at"] = intervals.groupby("agent_id")["started_at"].shift(-1)
    intervals = intervals.rename(columns={"event_id": "presence_event_id"})
    known = intervals.assign(ended_at=intervals["stale_at"].fillna(intervals["next_at"]))
    stale = intervals[intervals["stale_at"].notna()]
    unknown = stale.assign(status="unknown", started_at=stale["stale_at"], ended_at=stale["next_at"], capacity=np.nan)
    return pd.concat([known, unknown], ignore_index=True).drop(columns=["stale_at", "next_at"])


def add_up_loads(works: Frame) -> Frame:
    """How much work each agent has from each moment on, where that changes."""
    weight = works["capacity_weight"].clip(upper=1_000_000)
    begun = pd.DataFrame({"agent_id": works["agent_id"], "moment": works["accepted_at"], "work": 1, "weight": weight})
    done = begun.assign(moment=works["until_at"], work=-1, weight=-weight)
    loads = pd.concat([begun, done]).groupby(["agent_id", "moment"])[["work", "weight"]].sum()
    return loads.groupby("agent_id").cumsum().round(3).reset_index()


def sweep_timelines(presence: Frame, visits: Frame, works: Frame, teams: Frame, as_of: pd.Timestamp) -> Frame:
    """Segments of an agent's time in which nothing changes: presence, focus, team and open work."""

    def until(ended_at: Column, started_at: Column) -> Column:
        return ended_at.fillna(started_at.clip(lower=as_of))

    presences = presence.assign(until_at=until(presence["ended_at"], presence["started_at"]))
    viewed = visits.assign(until_at=until(visits["ended_at"], visits["started_at"]))
    works = works.assign(
        started_at=works["accepted_at"],
        until_at=works["terminal_at"].fillna(until(works["session_ended_at"], works["accepted_at"])),
    )
    works = works[(works["until_at"] > works["accepted_at"]) & works["agent_id"].notna()]
    span = ["agent_id", "started_at", "until_at"]
    spans = pd.concat([each[span] for each in (presences, viewed, works)]).groupby("agent_id")
    spans = spans.agg(first_at=("started_at", "min"), last_at=("until_at", "max"))
    stays = teams.assign(until=teams.groupby("agent_id")["since"].shift(-1)).dropna(subset="team_id")
    stays = stays.join(spans, on="agent_id", how="inner")
    stays["started_at"] = stays[["since", "first_at"]].max(axis=1)
    stays["until_at"] = stays[["until", "last_at"]].min(axis=1)
    members = stays[stays["until_at"] > stays["started_at"]]

    def edges(intervals: Frame, **marks: Column) -> list[Frame]:
        """Where intervals begin and end; one without length marks nothing, an end marks that there is nothing."""
        nothing = {"status": "", "capacity": -1.0, "conversation_id": "", "handled": 0.0, "team_id": ""}
        start = intervals[["agent_id"]].assign(moment=intervals["started_at"], is_start=True, **marks)
        end = start.assign(moment=intervals["until_at"], is_start=False, **{name: nothing[name] for name in marks})
        lasts = intervals["until_at"] > intervals["started_at"]
        for each in (start, end):
            for name in marks:
                each[name] = each[name].where(lasts)
        return [start, end]

    boundaries = pd.concat(
        [
            *edges(presences, status=presences["status"], capacity=presences["capacity"].fillna(-1)),
            *edges(viewed, conversation_id=viewed["conversation_id"], handled=viewed["is_handled"].astype(float)),
            *edges(members, team_id=members["team_id"]),
            add_up_loads(works).assign(is_start=True),
        ]
    )
    segments = boundaries.sort_values(["agent_id", "moment", "is_start"]).reset_index(drop=True)
    by_agent = segments.groupby(in_runs(segments["agent_id"]))
    marks = ["status", "capacity", "conversation_id", "handled", "team_id", "work", "weight"]
    segments["ended_at"] = by_agent["moment"].shift(-1)
    segments[marks] = by_agent[marks].ffill()
    segments = segments[segments["ended_at"] > segments["moment"]].rename(
        columns={"moment": "started_at", "work": "open_work_count", "weight": "open_work_weight"}
    )
    for name in ("status", "conversation_id", "team_id"):
        segments[name] = filled(segments[name])
    status = segments["status"]
    segments["is_online"] = status.isin(["available", "busy", "away"]).astype("boolean").mask(status.isna())
    segments["is_available"] = (status == "available").astype("boolean").mask(status.isna())
    segments["is_handled"] = segments["handled"] == 1
    segments["capacity"] = segments["capacity"].mask(segments["capacity"] < 0)
    loads = ["open_work_count", "open_work_weight"]
    segments[loads] = segments[loads].fillna(0)
    return segments.drop(columns=["handled", "is_start"])
