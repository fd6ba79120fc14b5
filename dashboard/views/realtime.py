"""Right now: the queues, who is online, what each of them owns, and what was said: all as it stands at `as_of`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import filters, formats, panels, sources
from dashboard.filters import Filters
from dashboard.queries import Source
from dashboard.serving import Copy

STATUSES = {"available": "● Available", "busy": "◐ Busy", "away": "○ Away"}
_SESSIONS = {
    "active": "Active", "waiting": "Waiting for us", "paused": "Paused", "inactive": "Resolved", "ended": "Ended",
}  # fmt: skip
_TRAILING = (
    "handled_session_count", "average_handle_seconds", "resolved_session_count", "csat_rate", "availability_rate",
    "utilisation_rate", "available_seconds", "away_seconds",
)  # fmt: skip
_STALE = timedelta(minutes=15)
_ASIDE = "agent_set_aside"
_SEEN = "last_selected_"


def show(copy: Copy) -> None:
    """Draw the page; as on every page, a newer copy is seen and drawn within seconds."""
    head = st.container()
    chosen = filters.choose(copy, ["channel", "team", "topic"], period="1d")
    with head:
        panels.head("Right now", "Who waits, who is online, and what are they busy with?", copy, chosen)
    _tell_age(copy, chosen)
    everybody = copy.rows(
        ["rt_agents"], "select * from rt_agents order by is_available desc, is_away, agent_name, agent_id"
    )
    everything = copy.rows(
        ["rt_owned_sessions", "fct_agents_now"],
        "select owned.*, agents.team_id from rt_owned_sessions as owned left join fct_agents_now as agents "
        "using (agent_id) order by owned.waiting_seconds desc nulls last, owned.owned_since_at, owned.session_id",
    )
    queues = copy.rows(["rt_queues"], "select * from rt_queues order by waiting_session_count desc, team_id")
    queues = _chosen_rows(queues, sources.QUEUES, chosen)
    agents = _chosen_rows(everybody, sources.ONLINE, chosen)
    of_the_teams = _chosen_rows(everything, sources.OWNED, replace(chosen, channels=(), topics=()))
    owned = _chosen_rows(everything, sources.OWNED, chosen)
    _headline(copy, queues, chosen)
    names = filters.names(copy)
    _queues(copy, queues, names["team"], chosen)
    people = _people(agents, of_the_teams, names["agent"])
    hidden = _set_aside(_people(everybody, everything, names["agent"]), people)
    agent = _agents(copy, agents, people, hidden, names, chosen)
    left, right = st.columns([3, 2])
    with left:
        session = _conversations(copy, owned, agent, names, chosen)
    with right:
        _messages(copy, session, chosen)


def _tell_age(copy: Copy, chosen: Filters) -> None:
    age = panels.age(copy.build.as_of)
    if age is not None and age > _STALE:
        st.caption(
            f":material/history: The board stands as it was {formats.duration(age.total_seconds())} ago: "
            f"{formats.moment(copy.build.as_of, chosen.zone)}. It moves on with the next build."
        )


def _chosen_rows(rows: pd.DataFrame, source: Source, chosen: Filters) -> pd.DataFrame:
    for kind, ids in chosen.chosen().items():
        if kind in source.columns:
            rows = rows[rows[source.columns[kind]].fillna(filters.NONE).isin(ids)]
    return rows


def _headline(copy: Copy, queues: pd.DataFrame, chosen: Filters) -> None:
    """Show the queues of the chosen teams together: a session stands in one, and an agent is of one team."""
    told: list[tuple[str, str, str, Any]] = [
        ("Waiting", "waiting_session_count", "count", _sum(queues["waiting_session_count"])),
        ("Longest wait", "longest_wait_seconds", "seconds", queues["longest_wait_seconds"].max()),
        ("Promises due soon", "sla_due_count", "count", _sum(queues["sla_due_count"])),
        ("Promises broken", "sla_overdue_count", "count", _sum(queues["sla_overdue_count"])),
        ("Agents online", "online_agent_count", "count", _sum(queues["online_agent_count"])),
        ("Available", "available_agent_count", "count", _sum(queues["available_agent_count"])),
        ("Away", "away_agent_count", "count", _sum(queues["away_agent_count"])),
    ]
    with st.container(key="kpis-short"):
        for label, name, unit, value in told:
            st.metric(
                label,
                formats.figure(value, unit),
                border=True,
                help=panels.meaning_of(copy, name, sources.QUEUES) + panels.of_all(sources.QUEUES, chosen),
            )
    panels.download_of_figures(
        [(name, label, unit, value, copy.build.as_of) for label, name, unit, value in told],
        ["figure", "label", "unit", "value", "as_of"], "now", chosen,
    )  # fmt: skip


def _sum(values: pd.Series[Any]) -> Any:
    """Add up what is told; nothing where nothing is, and not 0."""
    return values.sum(min_count=1)


def _queues(copy: Copy, queues: pd.DataFrame, names: Mapping[str, str], chosen: Filters) -> None:
    queues = queues.assign(name=[names.get(each, each) for each in queues["team_id"]])
    with panels.panel(copy, "Queues", copy.descriptions("rt_queues")[""], queues, "now_queues", chosen, sources.QUEUES):
        labels = {
            "name": "Team", "waiting_session_count": "Waiting", "longest_wait_seconds": "Longest wait",
            "longest_waiting_since_at": "Since", "sla_due_count": "Due within 15 min", "sla_overdue_count": "Overdue",
            "online_agent_count": "Online", "available_agent_count": "Available", "away_agent_count": "Away",
        }  # fmt: skip
        panels.table(copy, queues, labels, "rt_queues", "There is no team yet", chosen.zone, about={"name": "team_id"})


def _agents(
    copy: Copy,
    agents: pd.DataFrame,
    people: Mapping[str, str],
    hidden: str,
    names: Mapping[str, Mapping[str, str]],
    chosen: Filters,
) -> str | None:
    """Show who is online, and return who is chosen; `hidden`: who was, and cannot be seen among the chosen teams."""
    agents = agents.assign(
        name=[names["agent"].get(each, each) for each in agents["agent_id"]],
        team=[
            names["team"].get(each, each) if isinstance(each, str) else names["team"][filters.NONE]
            for each in agents["team_id"]
        ],
        live=[STATUSES.get(each, each) for each in agents["status"]],
    )
    with panels.panel(
        copy, "Online, and the last twelve hours", copy.descriptions("rt_agents")[""], agents, "now_agents", chosen,
        sources.ONLINE,
    ):  # fmt: skip
        agent = _choose("agent", "user", people)
        if hidden and not agent:
            teams = ", ".join(names["team"].get(each, each) for each in chosen.teams)
            st.caption(
                f":material/info: {formats.plain(hidden)} was chosen before and is not of {formats.plain(teams)}. "
                "Choose somebody else, or other teams."
            )
        labels = {
            "name": "User",
            "live": "Status",
            "status_since_at": "Since",
            "team": "Team",
            "open_work_count": "Open work",
            "capacity": "Capacity",
            "waiting_session_count": "Waiting",
        } | dict.fromkeys(_TRAILING, "")
        about = {"name": "agent_id", "live": "status", "team": "team_id"}
        _clickable(copy, agents, labels, "rt_agents", "Nobody is online", chosen, "agent", "agent_id", about)
    return agent


def _set_aside(everybody: Mapping[str, str], people: Mapping[str, str]) -> str:
    """Set aside who was chosen before while the chosen teams hide them, and return what they are called.

    They are chosen again as soon as they can be seen again and nobody else was chosen.
    """
    state = st.session_state
    if "agent" in state:
        chosen = state["agent"]
    else:  # a page that has just been opened, perhaps by an address that names both a team and a user
        told = st.query_params.get("agent")
        chosen = next((id_ for id_, name in everybody.items() if name == told), None)
    if chosen in people:
        state.pop(_ASIDE, None)
        return ""
    if chosen in everybody:
        state[_ASIDE], state["agent"] = chosen, None
    elif chosen is None and state.get(_ASIDE) in people:
        state["agent"] = state.pop(_ASIDE)
    return everybody.get(state.get(_ASIDE, ""), "")


def _people(agents: pd.DataFrame, owned: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """Return who can be looked at: who is online, and who owns a conversation though they are not."""
    ids = dict.fromkeys([*agents["agent_id"], *owned["agent_id"]])
    return {each: names.get(each, each) for each in ids}


def _choose(kind: str, label: str, options: Mapping[str, str]) -> str | None:
    """Let the reader choose by keyboard what they may also click at; the choice stands in the page's address."""
    return st.selectbox(
        f"Choose a {label}",
        list(options),
        index=None,
        format_func=lambda each: options.get(each, each),
        key=kind,
        bind="query-params",
        placeholder=f"Choose a {label}, or click one below",
        width=330,
        label_visibility="collapsed",
    )


def _conversations(
    copy: Copy, owned: pd.DataFrame, agent: str | None, names: Mapping[str, Mapping[str, str]], chosen: Filters
) -> str | None:
    rows = owned[owned["agent_id"] == agent] if agent else owned.iloc[:0]
    rows = rows.assign(
        state=[_SESSIONS.get(each, each) for each in rows["status"]],
        channel=[names["channel"].get(each, each) if isinstance(each, str) else None for each in rows["channel_id"]],
        topic=[names["topic"].get(each, each) if isinstance(each, str) else None for each in rows["topic_id"]],
    )
    who = f"Conversations of {formats.plain(names['agent'].get(agent, agent))}" if agent else "Conversations"
    session = None
    with panels.panel(
        copy, who, copy.descriptions("rt_owned_sessions")[""], rows, "now_conversations", chosen, sources.OWNED
    ):
        if not agent:
            panels.empty("No user is chosen", "Click a user above to see the conversations that they own.")
        else:
            labels = {
                "conversation_id": "Conversation",
                "state": "State",
                "waiting_seconds": "Waits",
                "next_sla_due_at": "Due",
                "sla_overdue_count": "Overdue",
                "channel": "Channel",
                "topic": "Topic",
                "owned_since_at": "Owned since",
                "last_activity_at": "Last activity",
            }
            if len(rows):
                options = dict(zip(rows["session_id"], rows["conversation_id"], strict=True))
                session = _choose("session", "conversation", options)
            limits = " and ".join(f"{kind}s" for kind in chosen.chosen() if kind != "team")
            nothing = "Owns no conversation " + (f"of these {limits} " if limits else "") + "at the moment"
            about = {"state": "status", "channel": "channel_id", "topic": "topic_id"}
            _clickable(copy, rows, labels, "rt_owned_sessions", nothing, chosen, "session", "session_id", about)
    return session


def messages(copy: Copy, session: str) -> pd.DataFrame:
    """Return what was said in a session that has not ended."""
    return copy.rows(
        ["rt_session_messages"],
        "select * from rt_session_messages where session_id = ? order by message_number",
        [session],
    )


def _messages(copy: Copy, session: str | None, chosen: Filters) -> None:
    rows = messages(copy, session) if session else None
    with panels.panel(copy, "Messages", copy.descriptions("rt_session_messages")[""], rows, "now_messages", chosen):
        if session is None or rows is None:
            panels.empty("No conversation is chosen", "Click a conversation to read it.")
        elif rows.empty:
            panels.empty("No message yet", "Nobody has written in this conversation.")
        else:
            said = "".join(_said(row, chosen.zone) for row in rows.itertuples())
            st.html(f'<div class="talk" tabindex="0" role="log">{said}</div>')


def _said(row: Any, zone: str) -> str:
    """Write a message as it was sent: as text, whatever is in it."""
    customer = row.actor_type == "end_user"
    who = {"end_user": "Customer", "bot": "Bot", "system": "System"}.get(row.actor_type)
    who = who or (str(row.agent_name) if isinstance(row.agent_name, str) else str(row.actor_id))
    told = {"failed": '<span class="failed">not delivered</span>', "read": "read", "delivered": "delivered"}.get(
        row.delivery_status, "sent"
    )
    text = escape(row.message_text) if isinstance(row.message_text, str) and row.message_text else "<em>(no text)</em>"
    side = "theirs" if customer else f"ours {escape(str(row.actor_type))}"
    about = f"{escape(who)} · {formats.clock(row.sent_at, zone)}" + ("" if customer else f" · {told}")
    return f'<div class="said {side}"><div class="who">{about}</div><div class="what">{text}</div></div>'


def _clickable(
    copy: Copy,
    rows: pd.DataFrame,
    labels: Mapping[str, str],
    relation: str,
    nothing: str,
    chosen: Filters,
    kind: str,
    column: str,
    about: Mapping[str, str],
) -> None:
    """Show rows of which one can be chosen by a click; what is chosen is remembered by its id, not by its place."""
    if rows.empty:
        panels.empty(nothing, "The board moves on with the next build.")
        return
    ids = [str(each) for each in rows[column]]
    # Rows move from build to build: so a click holds for the rows that were clicked at.
    key = f"{kind}s-{copy.build.build_id}-{hash(tuple(ids))}"
    _select(key, kind, ids)
    panels.table(
        copy, rows, labels, relation, nothing, chosen.zone, about, key=key, on_select=lambda: _clicked(key, kind, ids),
        selection_mode=["single-row", "single-cell"],
    )  # fmt: skip


def _select(key: str, kind: str, ids: Sequence[str]) -> None:
    """Have the table show who is chosen: their row is ticked, and no other row's cell is marked.

    The next click then always changes what is selected, and is heard.
    """
    ticked, cells = _selected(key)
    chosen = st.session_state.get(kind)
    row = ids.index(chosen) if chosen in ids else None
    rows = [] if row is None else [row]
    kept = [cell for cell in cells if cell[0] == row]
    if rows != ticked or kept != cells:
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": kept}}
    st.session_state[_SEEN + kind] = (key, rows, kept)


def _selected(key: str) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the ticked rows of a table, and its marked cells."""
    selection = st.session_state[key]["selection"] if key in st.session_state else {}
    return list(selection.get("rows", [])), [(cell[0], cell[1]) for cell in selection.get("cells", [])]


def _clicked(key: str, kind: str, ids: Sequence[str]) -> None:
    """Take what is new in a selection: a row stays ticked while another's cell is clicked, and the other way round."""
    ticked, cells = _selected(key)
    seen, ticked_before, cells_before = st.session_state.get(_SEEN + kind, ("", [], []))
    if seen != key:  # a table that a newer copy has just taken the place of
        ticked_before, cells_before = ticked if cells else [], []
    place: int | None
    if ticked != ticked_before:  # a tick that is taken away marks some cell by itself
        place = ticked[0] if ticked else None
    elif cells and cells != cells_before:
        place = cells[0][0]
    else:
        return
    chosen = None if place is None else ids[place]
    if chosen == st.session_state.get(kind):
        return
    st.session_state[kind] = chosen
    if kind == "agent":
        st.session_state["session"] = None
