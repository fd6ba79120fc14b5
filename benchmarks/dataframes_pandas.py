"""The core facts and a few metrics in pandas: what the script of SQL reads, as an analyst would read it here.

Frames that are in order stay in order: the first or last row of something is what `drop_duplicates` leaves, and windows
are groups over a number for each conversation or session, as numbers are found faster than texts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

Frame: TypeAlias = Any  # pandas comes without types
Column: TypeAlias = Any

EVENT_TYPES = Path(__file__).resolve().parent.parent / "seeds" / "config" / "event_types.csv"
TEXTS = [
    "event_id", "event_type", "conversation_id", "channel_id", "messaging_user_id", "actor_type", "actor_id", "payload",
]  # fmt: skip
NEEDED_KEYS = ["message_id", "work_id", "topic_id", "survey_id", "agent_id", "score"]
NUMBER_KEYS = ["score", "scale_max", "capacity_weight"]
TEXT_KEYS = [
    "message_id", "work_id", "topic_id", "survey_id", "agent_id", "capacity_weight", "text", "status_code", "team_id",
]  # fmt: skip
KEYS = list(dict.fromkeys([*NEEDED_KEYS, *NUMBER_KEYS, *TEXT_KEYS, "origin", "is_proactive"]))
CONTENT = [
    "event_type", "occurred_at", "conversation_id", "channel_id", "messaging_user_id", "actor_type", "actor_id",
    "payload",
]  # fmt: skip
NUMBER = r"-?0*[0-9]{1,15}(\.[0-9]+)?"
TERMINAL = ["work_declined", "work_push_timed_out", "work_canceled", "work_transferred", "work_closed"]

CLOCK_SKEW = pd.Timedelta(seconds=300)
LATEST = pd.Timedelta(days=400)
SESSION_TIMEOUT = pd.Timedelta(hours=24)
FOCUS_IDLE = pd.Timedelta(minutes=15)


def read(raw: Path, table: str) -> Frame:
    """A raw table, its moments to the millisecond."""
    frame = pd.read_parquet(raw / table)
    for name in frame.columns:
        if name.endswith(("_at", "valid_from", "valid_to")):
            frame[name] = frame[name].astype("datetime64[ms]")
    return frame


def filled(texts: Column) -> Column:
    """Texts, null where they are empty."""
    return texts.mask(texts == "")


def seconds_between(start: Column, end: Column) -> Column:
    """Seconds, to the thousandth."""
    return (end - start) / pd.Timedelta(seconds=1)


def seconds_onward(start: Column, end: Column) -> Column:
    """Seconds, null where the clock ran backwards."""
    return seconds_between(start, end).where(end >= start)


def first_of(frame: Frame, key: str | list[str]) -> Frame:
    """The first row of each key, by that key."""
    return frame.drop_duplicates(key).set_index(key)


def last_of(frame: Frame, key: str | list[str]) -> Frame:
    """The last row of each key, by that key."""
    return frame.drop_duplicates(key, keep="last").set_index(key)


def in_runs(*keys: Column) -> Column:
    """Number the runs of equal keys of a frame in order."""
    return np.logical_or.reduce([(key != key.shift()).to_numpy() for key in keys]).cumsum()


# Deliveries, each validated alone -------------------------------------------------------------------------------------

DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def held_by(payload: str) -> dict[str, object] | None:
    """What a payload holds, null where it is no object of JSON."""
    try:
        held = DECODER.decode(payload)
    except ValueError:
        return None
    return held if isinstance(held, dict) else None


def read_payloads(payloads: Column) -> tuple[Frame, Column]:
    """The wanted keys of all payloads, and which payloads are broken."""
    present = payloads.dropna()
    held = [held_by(payload) for payload in present]
    is_broken = pd.Series([each is None for each in held], index=present.index).reindex(
        payloads.index, fill_value=False
    )
    columns = {
        key: pd.Series([None if each is None else each.get(key) for each in held], index=present.index, dtype=object)
        for key in KEYS
    }
    columns["is_proactive"] = columns["is_proactive"].map({True: "true", "true": "true"})
    texts = pd.DataFrame({key: column.astype("str") for key, column in columns.items()})
    return texts.reindex(payloads.index), is_broken


def rejection_reason(frame: Frame, is_broken: Column) -> Column:
    """The first reason to reject a delivery, null where there is none."""
    is_no_number = np.logical_or.reduce(
        [frame[key].notna() & ~frame[key].str.fullmatch(NUMBER).fillna(False).astype(bool) for key in NUMBER_KEYS]
    )
    lacks_key = np.logical_or.reduce(
        [frame[f"needs_{key}"].eq(True) & (frame[key].isna() | (frame[key] == "")) for key in NEEDED_KEYS]
    )
    knows_actor = frame["actor_type"].isin(["end_user", "system"]) | (
        frame["actor_type"].isin(["agent", "bot"]) & frame["actor_id"].notna()
    )
    occurred, received = frame["occurred_at"], frame["received_at"]
    reasons = {
        "missing_event_id": frame["event_id"].isna(),
        "missing_conversation_id": frame["conversation_id"].isna(),
        "unknown_event_type": frame["sort_rank"].isna(),
        "invalid_timestamp": received.isna(),
        "missing_occurred_at": occurred.isna(),
        "invalid_payload": is_broken | is_no_number,
        "missing_actor": ~knows_actor,
        "missing_payload_key": lacks_key,
        "occurred_after_received": occurred > received + CLOCK_SKEW,
        "received_implausibly_late": received > occurred + LATEST,
    }
    return pd.Series(
        np.select([each.to_numpy(dtype=bool) for each in map(pd.Series, reasons.values())], list(reasons), default=""),
        index=frame.index,
        dtype="str",
    )


def read_event_types() -> Frame:
    """The vocabulary, with a column for each key that a type may need."""
    types = pd.read_csv(EVENT_TYPES)
    keys = types["required_keys"].fillna("").str.split()
    for key in NEEDED_KEYS:
        types[f"needs_{key}"] = [key in each for each in keys]
    return types.drop(columns=["required_keys", "starting_actors", "ends_session"])


def read_deliveries(raw: Path) -> Frame:
    """All deliveries of conversation events, with what their payloads hold and the reason to reject them."""
    frame = read(raw, "raw_conversation_events")
    for name in TEXTS:
        frame[name] = filled(frame[name])
    held, is_broken = read_payloads(frame["payload"])
    frame = pd.concat([frame, held], axis=1).merge(read_event_types(), on="event_type", how="left")
    frame["rejection_reason"] = filled(rejection_reason(frame, is_broken))
    for name in TEXT_KEYS:
        frame[name] = filled(frame[name])
    is_message, is_activity = frame["event_type"] == "message_sent", frame["is_activity"].eq(True)
    frame["is_proactive"] = frame["is_proactive"] == "true"
    frame["is_activity"] = is_activity
    frame["sort_rank"] = frame["sort_rank"].mask(is_message & (frame["actor_type"] != "end_user"), 41)
    frame["is_starter"] = frame["event_type"].isin(["conversation_started", "conversation_reopened"]) | (
        is_message & (frame["actor_type"] != "system")
    )
    return frame.drop(columns=[*(f"needs_{key}" for key in NEEDED_KEYS), "score", "scale_max"])


def read_presence(raw: Path) -> Frame:
    """Changes of presence, without the broken ones; of what came again the first received is left."""
    frame = read(raw, "raw_presence_events")
    occurred, received = frame["occurred_at"], frame["received_at"]
    is_valid = (
        filled(frame["event_id"]).notna()
        & filled(frame["agent_id"]).notna()
        & frame["status"].isin(["available", "busy", "away", "offline"])
        & (occurred <= received + CLOCK_SKEW)
        & (received <= occurred + LATEST)
    )
    return (
        frame[is_valid]
        .sort_values(["received_at", "agent_id", "status", "capacity", "occurred_at"], na_position="first")
        .drop_duplicates("event_id")
    )


# Redeliveries: the first received wins --------------------------------------------------------------------------------


def settle(deliveries: Frame) -> tuple[Frame, Frame]:
    """Return the accepted events, and the rejected deliveries with the reason."""
    is_valid = deliveries["rejection_reason"].isna()
    valid = deliveries[is_valid]
    is_repeated = valid.duplicated("event_id", keep=False)
    repeated = valid[is_repeated]
    texts = [name for name in CONTENT if name != "occurred_at"]
    content = repeated[["event_id", "received_at", *CONTENT]].fillna(dict.fromkeys(texts, ""))
    content = content.sort_values(["event_id", "received_at", *CONTENT])
    by_event = content.groupby("event_id", sort=False)
    place = by_event.cumcount()
    differs = (content[CONTENT] != by_event[CONTENT].transform("first")).any(axis=1)
    accepted = pd.concat([valid[~is_repeated], valid.loc[place.index[place == 0]]])
    conflicts = valid.loc[place.index[(place > 0) & differs]]
    started = accepted.loc[accepted["is_starter"], "conversation_id"].unique()
    has_started = accepted["conversation_id"].isin(started)
    conflicts_reason = np.where(conflicts["conversation_id"].isin(started), "conflicting_redelivery", "no_session")
    rejected = pd.concat(
        [
            deliveries[~is_valid],
            conflicts.assign(rejection_reason=conflicts_reason),
            accepted[~has_started].assign(rejection_reason="no_session"),
        ]
    )
    return accepted[has_started], rejected


def tell_rejected(rejected: Frame) -> Frame:
    """Rejected deliveries as they came, moments as text."""
    told = rejected[
        [*(name for name in TEXTS if name != "payload"), "occurred_at", "received_at", "payload", "rejection_reason"]
    ].copy()
    for name in ("occurred_at", "received_at"):
        told[name] = told[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f").str.rstrip("0").str.rstrip(".")
    return told


# Accepted events in total order, cut into sessions --------------------------------------------------------------------


def cut_into_sessions(accepted: Frame) -> Frame:
    """Events in order, each with its place in its conversation and its session."""
    events = (
        accepted.drop(columns=["payload", "rejection_reason"])
        .sort_values(["conversation_id", "occurred_at", "sort_rank", "event_id"])
        .reset_index(drop=True)
    )
    conversation = in_runs(events["conversation_id"])

    def last_before(values: Column) -> Column:
        return values.groupby(conversation).ffill().groupby(conversation).shift()

    is_end = events["event_type"] == "conversation_ended"
    marks = pd.Series(np.select([events["is_starter"], is_end], [1.0, 0.0], default=np.nan))
    last_activity = last_before(events["occurred_at"].where(events["is_activity"]))
    was_started = last_before(marks) == 1
    events["position"] = events.groupby(conversation).cumcount() + 1
    events["opens_session"] = events["is_starter"] & (
        ~was_started | (events["occurred_at"] >= last_activity + SESSION_TIMEOUT)
    )
    openings = events["opens_session"].groupby(conversation).cumsum()
    opened = events["position"].where(events["opens_session"]).groupby(conversation).ffill()
    events["session_number"] = openings.clip(lower=1)
    events["is_preceding"] = openings == 0
    position_since = (events["position"] - opened + 1).where(openings > 1, events["position"])
    events["position_in_session"] = position_since.astype("int64")
    events["session"] = in_runs(pd.Series(conversation), events["session_number"])
    events["session_id"] = events["conversation_id"] + "/" + events["session_number"].astype("str")
    return events.drop(columns="is_starter")


def summarise_sessions(events: Frame) -> Frame:
    """What a session's own events say of it, by the session's number."""
    sessions = first_of(events[events["opens_session"]], "session")[
        ["session_id", "conversation_id", "session_number", "channel_id", "messaging_user_id", "occurred_at"]
    ].rename(columns={"occurred_at": "started_at"})
    last = last_of(events[events["is_activity"]], "session")
    sessions["last_activity_at"] = last["occurred_at"]
    sessions["is_pended"] = last["event_type"] == "conversation_pended"
    stop = first_of(events[(events["event_type"] == "conversation_ended") & ~events["is_preceding"]], "session")
    sessions["stopped_at"], sessions["stopped_by"] = stop["occurred_at"], stop["actor_type"]
    is_named = (events["event_type"] == "conversation_started") & events["origin"].isin(
        ["inbound", "agent_initiated", "triggered_outbound"]
    )
    sent = events[events["event_type"] == "message_sent"]
    meant = first_of(sent, "session")["actor_type"].map(
        {"end_user": "inbound", "agent": "agent_initiated", "bot": "triggered_outbound", "system": "triggered_outbound"}
    )
    named = first_of(events[is_named], "session")["origin"]
    sessions["origin"] = named.reindex(sessions.index).fillna(meant)
    counts = sent.groupby(["session", "actor_type"]).size().unstack(fill_value=0)
    for sender in ("agent", "bot", "end_user"):
        count = counts[sender].reindex(sessions.index, fill_value=0) if sender in counts else 0
        sessions[f"{sender}_message_count"] = count
    sessions["is_handed_off"] = sessions.index.isin(events.loc[events["event_type"] == "bot_handoff", "session"])
    return sessions


# Who belongs where ----------------------------------------------------------------------------------------------------


def read_accounts(raw: Path) -> Column:
    """The account of each address."""
    users = read(raw, "raw_messaging_users")
    users["messaging_user_id"] = filled(users["messaging_user_id"])
    return filled(users.dropna(subset="messaging_user_id").set_index("messaging_user_id")["account_id"])


def read_teams(raw: Path) -> Frame:
    """Every change of an agent's team: of overlapping stays the latest begun, then the smaller team id."""
    stays = read(raw, "raw_team_memberships")[["agent_id", "team_id", "valid_from", "valid_to"]]
    stays["valid_from"] = stays["valid_from"].fillna(pd.Timestamp(1, 1, 1).as_unit("ms"))
    stays["valid_to"] = stays["valid_to"].fillna(pd.Timestamp(9999, 12, 31).as_unit("ms"))
    since = [stays[["agent_id", name]].set_axis(["agent_id", "since"], axis=1) for name in ("valid_from", "valid_to")]
    moments = pd.concat(since).drop_duplicates()
    held = moments.merge(stays, on="agent_id")
    held = held[(held["since"] >= held["valid_from"]) & (held["since"] < held["valid_to"])]
    winners = held.sort_values(["valid_from", "team_id"], ascending=[False, True]).drop_duplicates(
        ["agent_id", "since"]
    )
    return moments.merge(winners[["agent_id", "since", "team_id"]], how="left").sort_values("since")


def team_of(agent: Column, moment: Column, teams: Frame) -> Column:
    """The team of each agent at a moment; agents that are null have none."""
    asked = pd.DataFrame({"agent_id": agent, "at": moment}).dropna().sort_values("at")
    asked["row"] = asked.index
    found = pd.merge_asof(asked, teams, left_on="at", right_on="since", by="agent_id")
    return found.set_index("row")["team_id"].reindex(agent.index)


def in_context(frame: Frame, sessions: Frame) -> Frame:
    """Add what a fact has from its session, by the session's number."""
    context = ["session_id", "conversation_id", "channel_id", "messaging_user_id", "account_id"]
    return frame.drop(columns=context, errors="ignore").join(sessions[context], on="session", how="inner")


# Messages and their receipts ------------------------------------------------------------------------------------------


def match_receipts(events: Frame) -> Frame:
    """Messages with what became of them; receipts of a message that never came stand for it."""
    key = ["conversation_id", "message_id"]
    is_receipt = events["event_type"].isin(["message_delivered", "message_read", "message_failed"])
    all_receipts = events.loc[is_receipt, [*key, "event_type", "event_id", "session", "occurred_at", "status_code"]]
    receipts = first_of(all_receipts, key)[["event_id", "session"]].add_prefix("receipt_")
    for event_type, name in (("message_delivered", "delivered_at"), ("message_read", "read_at")):
        receipts[name] = first_of(all_receipts[all_receipts["event_type"] == event_type], key)["occurred_at"]
    failures = last_of(all_receipts[all_receipts["event_type"] == "message_failed"], key)
    receipts["failure_code"] = failures["status_code"]
    receipts["has_failed"] = receipts.index.isin(failures.index)
    sent = events.loc[
        events["event_type"] == "message_sent",
        [*key, "event_id", "session", "actor_type", "actor_id", "position", "occurred_at", "text", "is_proactive"],
    ].rename(columns={"occurred_at": "sent_at", "text": "message_text"})
    messages = sent.merge(receipts.reset_index(), on=key, how="outer", sort=False)
    read_at, delivered_at = messages["read_at"], messages["delivered_at"]
    has_failed = messages["has_failed"].eq(True)
    messages["is_orphan"] = messages["event_id"].isna()
    messages["event_id"] = messages["event_id"].fillna(messages["receipt_event_id"])
    messages["session"] = messages["session"].fillna(messages["receipt_session"]).astype("int64")
    messages["is_proactive"] = messages["is_proactive"].eq(True)
    messages["delivery_status"] = np.select(
        [read_at.notna(), delivered_at.notna(), has_failed], ["read", "delivered", "failed"], default="sent"
    )
    messages["status_code"] = messages["failure_code"].where(read_at.isna() & delivered_at.isna())
    messages["has_clock_anomaly"] = (delivered_at < messages["sent_at"]) | (read_at < messages["sent_at"])
    return messages.drop(
        columns=["receipt_event_id", "receipt_session", "failure_code", "has_failed", "delivered_at", "read_at"]
    )


# Turns: effective messages and waiting marks, then runs of one side ---------------------------------------------------


def take_turns(messages: Frame, events: Frame) -> Frame:
    """Effective messages, and hand-offs as marks that someone waits."""
    sender = messages["actor_type"]
    is_effective = ~messages["is_orphan"] & (
        (sender == "end_user") | (sender.isin(["agent", "bot"]) & (messages["delivery_status"] != "failed"))
    )
    columns = ["session", "position", "happened_at", "kind", "actor_id"]
    effective = messages[is_effective].rename(columns={"sent_at": "happened_at", "actor_type": "kind"})[columns]
    marks = events[events["event_type"] == "bot_handoff"].rename(columns={"occurred_at": "happened_at"})
    turns = pd.concat([effective, marks.assign(kind="mark")[columns]])
    turns["position"] = turns["position"].astype("int64")
    turns = turns.sort_values(["session", "position"]).reset_index(drop=True)
    by_session = turns["session"].to_numpy()
    turns["customer_messages"] = (turns["kind"] == "end_user").groupby(by_session).cumsum()
    turns["agent_position"] = turns["position"].where(turns["kind"] == "agent").groupby(by_session).ffill()
    turns = turns[(turns["kind"] != "mark") | (turns["customer_messages"] > 0)].reset_index(drop=True)
    mark_position = turns["position"].where(turns["kind"] == "mark").groupby(turns["session"]).ffill()
    turns["is_customer_side"] = turns["kind"].isin(["end_user", "mark"])
    turns["is_muted"] = (turns["kind"] == "bot") & (mark_position > turns["agent_position"].fillna(0))
    return turns


def pair_runs(side: Frame, is_customer_prompting: bool) -> Frame:
    """Runs of one side, each with the turn that ends it."""
    run = in_runs(side["session"], side["is_customer_side"])
    runs = (
        side.assign(run=run)
        .drop_duplicates("run")
        .set_index("run")[["session", "is_customer_side", "position", "happened_at", "kind", "actor_id"]]
    )
    by_run = side["happened_at"].groupby(run)
    runs["prompted_last_at"], runs["prompt_count"] = by_run.last(), by_run.size()
    answers = runs.groupby("session")[["position", "happened_at", "kind", "actor_id"]].shift(-1)
    runs[["answer_position", "responded_at", "responder_type", "responder_actor_id"]] = answers
    runs = runs.rename(columns={"happened_at": "prompted_first_at"})
    is_prompt = runs["is_customer_side"] == is_customer_prompting
    return runs[is_prompt & (runs["responded_at"].notna() | is_customer_prompting)]


def pair_responses(turns: Frame) -> Frame:
    """Bursts and their answers, both ways: in the one muted bots do not exist, in the other marks do not."""
    responses = pd.concat(
        [
            pair_runs(turns[~turns["is_muted"]], is_customer_prompting=True),
            pair_runs(turns[turns["kind"] != "mark"], is_customer_prompting=False),
        ]
    )
    responses = responses.sort_values(["session", "answer_position"]).reset_index(drop=True)
    first, last, at = (responses[name] for name in ("prompted_first_at", "prompted_last_at", "responded_at"))
    responses["response_number"] = responses.groupby("session").cumcount() + 1
    responses["wait_seconds"], responses["response_seconds"] = seconds_onward(first, at), seconds_onward(last, at)
    responses["has_clock_anomaly"] = at < first
    return responses.drop(columns=["is_customer_side", "position", "kind", "actor_id", "answer_position"])


def find_first_responses(turns: Frame) -> Frame:
    """When the first agent answered, and since when the customer had waited: a hand-off before that starts it anew."""
    firsts = first_of(turns[turns["kind"] == "end_user"], "session")[["happened_at"]]
    mark = first_of(turns[turns["kind"] == "mark"], "session")[["position", "happened_at"]].reindex(firsts.index)
    is_answer = (turns["kind"] == "agent") & (turns["customer_messages"] > 0)
    answer = first_of(turns[is_answer], "session")[["position", "happened_at"]].reindex(firsts.index)
    starts_anew = mark["position"] < answer["position"].fillna(np.inf)
    firsts["clock_started_at"] = firsts["happened_at"].mask(starts_anew, mark["happened_at"])
    firsts["agent_at"] = answer["happened_at"]
    return firsts


# Topics and resolution cycles -----------------------------------------------------------------------------------------


def set_topics(events: Frame) -> Frame:
    """Topics that were set, with the place in the conversation where they were removed."""
    topics = events.loc[
        events["event_type"].isin(["topic_added", "topic_removed"]), ["session", "topic_id", "event_type", "position"]
    ].copy()
    removed = topics["position"].where(topics["event_type"] == "topic_removed")
    key = [topics["session"], topics["topic_id"]]
    topics["removed_position"] = removed.groupby(key).bfill()  # where one is set, no removal stands itself
    return topics[topics["event_type"] == "topic_added"]


def turn_cycles(events: Frame) -> Frame:
    """From a start or a reopening to the first resolve after it."""
    event_type = events["event_type"]
    is_point = ~events["is_preceding"] & (
        events["opens_session"]
        | event_type.isin(["conversation_resolved", "conversation_reopened"])
        | ((event_type == "message_sent") & (events["actor_type"] == "end_user"))
    )
    points = events[is_point]
    is_resolve = points["event_type"] == "conversation_resolved"
    was_resolved = is_resolve.groupby(points["session"]).shift(fill_value=False)
    points = points.assign(cycle_number=1 + (was_resolved & ~is_resolve).groupby(points["session"]).cumsum())
    key = ["session", "cycle_number"]
    cycles = first_of(points, key)[["occurred_at"]].rename(columns={"occurred_at": "opened_at"})
    resolves = points[is_resolve]
    first = first_of(resolves, key)
    cycles["resolved_position"], cycles["resolved_at"] = first["position"], first["occurred_at"]
    cycles["last_resolved_at"] = last_of(resolves, key)["occurred_at"]
    cycles["resolved_by_type"] = first["actor_type"]
    cycles["resolved_by_agent_id"] = first["actor_id"].where(first["actor_type"] == "agent")
    return cycles.reset_index()


def tell_resolutions(cycles: Frame, topics: Frame) -> Frame:
    """Cycles with the topic that was set when they were resolved."""
    key = ["session", "cycle_number"]
    pairs = cycles[[*key, "resolved_position"]].merge(topics, on="session")
    resolved, removed = pairs["resolved_position"], pairs["removed_position"]
    is_set = (pairs["position"] < resolved) & (removed.isna() | (removed > resolved))
    topics_then = last_of(pairs[is_set].sort_values([*key, "position"]), key)["topic_id"]
    told = cycles.join(topics_then, on=key)
    told["resolution_seconds"] = seconds_between(told["opened_at"], told["resolved_at"])
    return told.drop(columns=["resolved_position", "last_resolved_at"])


# Pieces of work -------------------------------------------------------------------------------------------------------


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


# Sessions, and their six metrics --------------------------------------------------------------------------------------


def tell_sessions(
    sessions: Frame, cycles: Frame, turns: Frame, topics: Frame, responses: Frame, works: Frame, as_of: pd.Timestamp
) -> Frame:
    """Sessions with their end, their status and their durations."""
    sessions = sessions.copy()
    resolved = cycles[cycles["resolved_at"].notna()]
    last_resolved = last_of(resolved, "session")
    sessions["first_resolved_at"] = first_of(resolved, "session")["resolved_at"]
    sessions["last_resolved_at"] = last_resolved["last_resolved_at"]
    sessions["resolved_by_agent_id"] = last_resolved["resolved_by_agent_id"]
    sessions["last_resolver_type"] = last_resolved["resolved_by_type"]
    standing = last_of(cycles, "session")["resolved_at"].reindex(sessions.index)
    current = topics[topics["removed_position"].isna()].sort_values(["session", "position"])
    sessions["topic_id"] = last_of(current, "session")["topic_id"]
    first_responses = find_first_responses(turns).reindex(sessions.index)
    is_pending = works["requested_at"].fillna(works["assigned_at"]).notna() & (
        works["accepted_at"].isna() & works["terminal_at"].isna()
    )
    has_pending_work = sessions.index.isin(works.loc[is_pending, "session"])
    is_unanswered = sessions.index.isin(responses.loc[responses["responded_at"].isna(), "session"])

    inactive_at = sessions["last_activity_at"] + SESSION_TIMEOUT
    latest = sessions.groupby("conversation_id")["session_number"].transform("max")
    is_silent = (sessions["session_number"] < latest) | (as_of >= inactive_at)
    stopped = sessions["stopped_at"].notna()
    sessions["ended_at"] = sessions["stopped_at"].fillna(standing.fillna(inactive_at).where(is_silent))
    silenced_by = sessions["last_resolver_type"].mask(standing.isna(), "system")
    sessions["ended_by_type"] = silenced_by.where(is_silent).mask(stopped, sessions["stopped_by"])
    sessions["closed_at"] = sessions[["first_resolved_at", "ended_at"]].min(axis=1)
    agents, bots = sessions["agent_message_count"] > 0, sessions["bot_message_count"] > 0
    is_waiting = has_pending_work | (is_unanswered & (sessions["is_handed_off"] | agents | ~bots))
    sessions["status"] = np.select(
        [sessions["ended_at"].notna(), standing.notna(), is_waiting, sessions["is_pended"]],
        ["ended", "inactive", "waiting", "paused"],
        default="active",
    )
    sessions["agent_type"] = np.select(
        [agents & bots, agents, bots], ["bot_to_agent", "agent", "bot"], default="system"
    )
    started = sessions["started_at"]
    sessions["first_response_seconds"] = seconds_between(
        first_responses["clock_started_at"], first_responses["agent_at"]
    ).where(sessions["origin"] == "inbound")
    sessions["first_resolution_seconds"] = seconds_between(started, sessions["first_resolved_at"])
    sessions["resolution_seconds"] = seconds_between(started, sessions["last_resolved_at"])
    sessions["duration_seconds"] = seconds_between(started, sessions["ended_at"])
    sessions["is_bot_resolved"] = sessions["closed_at"].notna() & bots & ~agents
    return sessions


def average(seconds: Column, by: Any) -> Column:
    """Averages to the thousandth, halves up."""
    found = (seconds * 1000).round().groupby(by).agg(["sum", "count"])
    return np.floor(found["sum"] / found["count"] + 0.5) / 1000


def measure_sessions(sessions: Frame, responses: Frame) -> Frame:
    """Six metrics of each ended session."""
    metrics = sessions.loc[
        sessions["ended_at"].notna(), ["session_id", "agent_message_count", "end_user_message_count"]
    ].copy()
    for who in ("agent", "end_user"):
        theirs = responses[responses["responder_type"] == who]
        metrics[f"average_{who}_response_time"] = average(theirs["response_seconds"], theirs["session"])
        metrics[f"max_{who}_response_time"] = theirs.groupby("session")["response_seconds"].max()
    return metrics.melt("session_id", var_name="metric_type", value_name="metric_value")


# Visits: opens and acts of one agent in one conversation, until something else or a quarter of an hour ----------------


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


# Metrics by channel and day -------------------------------------------------------------------------------------------


def count_by_channel_and_day(facts: dict[str, Frame], works: Frame, raw: Path) -> Frame:
    """A few figures of each channel and day, without channels for tests."""
    channels = read(raw, "raw_channels")
    tests = channels.loc[channels["is_test"], "channel_id"]

    def keyed(fact: Frame, moment: str) -> Frame:
        counted = fact[~fact["channel_id"].isin(tests) & fact[moment].notna()]
        return counted.assign(day=counted[moment].dt.normalize(), channel_id=counted["channel_id"].fillna("(none)"))

    key = ["day", "channel_id"]
    sessions, messages = keyed(facts["fct_messaging_sessions"], "started_at"), keyed(facts["fct_messages"], "sent_at")
    responses, works = keyed(facts["fct_responses"], "responded_at"), keyed(works, "accepted_at")
    responses = responses[responses["responder_type"] == "agent"]
    visits = keyed(facts["fct_visits"], "started_at")
    figures = pd.concat(
        {
            "session_count": sessions.groupby(key).size(),
            "inbound_message_count": messages[messages["actor_type"] == "end_user"].groupby(key).size(),
            "outbound_message_count": messages[messages["actor_type"].isin(["agent", "bot"])].groupby(key).size(),
            "average_speed_to_answer_seconds": average(works["speed_to_answer_seconds"], [works[name] for name in key]),
            "average_response_seconds": average(responses["response_seconds"], [responses[name] for name in key]),
            "handle_seconds": visits[visits["is_handled"]].groupby(key)["visit_seconds"].sum().round(3),
            "any": pd.concat([each[key] for each in (sessions, messages, works, visits)]).groupby(key).size(),
        },
        axis=1,
    )
    counts = ["session_count", "inbound_message_count", "outbound_message_count", "handle_seconds"]
    figures[counts] = figures[counts].fillna(0)
    return figures.drop(columns="any").reset_index()


# All of it ------------------------------------------------------------------------------------------------------------


def compute(raw: Path) -> dict[str, Frame]:
    """Make all facts out of a folder of raw Parquet files."""
    deliveries, presence, teams = read_deliveries(raw), read_presence(raw), read_teams(raw)
    received = deliveries.loc[deliveries["rejection_reason"].isna(), "received_at"]
    as_of = max(received.max(), presence["received_at"].max())
    accepted, rejected = settle(deliveries)
    facts = {"rejected_events": tell_rejected(rejected)}
    del deliveries, rejected
    events = cut_into_sessions(accepted)
    del accepted
    facts["fct_conversation_events"] = events[
        [
            "event_id", "event_type", "conversation_id", "session_id", "channel_id", "messaging_user_id", "actor_type",
            "actor_id", "message_id", "work_id", "topic_id", "survey_id", "occurred_at", "received_at",
            "position_in_session",
        ]
    ]  # fmt: skip
    sessions = summarise_sessions(events)
    sessions["account_id"] = sessions["messaging_user_id"].map(read_accounts(raw))
    messages = match_receipts(events)
    turns = take_turns(messages, events)
    responses = pair_responses(turns)
    topics, cycles = set_topics(events), turn_cycles(events)
    works, visits = gather_work(events), pair_visits(events, presence, as_of)

    told = in_context(messages.drop(columns="position"), sessions)
    told["team_id"] = team_of(told["actor_id"].where(told["actor_type"] == "agent"), told["sent_at"], teams)
    facts["fct_messages"] = told.drop(columns="session")
    told = in_context(responses, sessions)
    responder = told.pop("responder_actor_id")
    told["responder_id"] = responder.mask(told["responder_type"] == "end_user", told["messaging_user_id"])
    told["team_id"] = team_of(responder.where(told["responder_type"] == "agent"), told["responded_at"], teams)
    facts["fct_responses"] = told.drop(columns="session")
    told = in_context(tell_resolutions(cycles, topics), sessions)
    told["team_id"] = team_of(told["resolved_by_agent_id"], told["resolved_at"], teams)
    facts["fct_resolutions"] = told.drop(columns="session")
    sessions = tell_sessions(sessions, cycles, turns, topics, responses, works, as_of)
    facts["fct_messaging_sessions"] = sessions.drop(
        columns=["last_activity_at", "is_pended", "stopped_at", "stopped_by", "is_handed_off", "last_resolver_type"]
    )
    facts["fct_messaging_session_metrics"] = measure_sessions(sessions, responses)
    told = in_context(visits, sessions)
    told["team_id"] = team_of(told["agent_id"], told["started_at"], teams)
    facts["fct_visits"] = told.drop(columns="session")
    works = tell_work(works, sessions["ended_at"], visits, teams, as_of)
    facts["fct_agent_work"] = works[
        [
            "conversation_id", "work_id", "session_id", "agent_id", "team_id", "requested_at", "assigned_at",
            "accepted_at", "closed_at", "status", "capacity_weight", "is_first_work", "is_closed_by_session_end",
            "speed_to_answer_seconds", "work_handle_seconds", "after_work_seconds", "active_seconds",
        ]
    ]  # fmt: skip
    facts["metrics_by_channel_and_day"] = count_by_channel_and_day(facts, in_context(works, sessions), raw)
    return facts


def main(raw: Path, folder: Path) -> None:
    """Write each fact as a Parquet file."""
    for name, frame in compute(raw).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
