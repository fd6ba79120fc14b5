"""Sessions, and what happens in them: messages, responses, topics and resolutions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from benchmarks.dataframes_pandas.columns import (
    Column,
    Frame,
    average,
    first_of,
    in_runs,
    last_of,
    seconds_between,
    seconds_onward,
)

SESSION_TIMEOUT = pd.Timedelta(hours=24)


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


def in_context(frame: Frame, sessions: Frame) -> Frame:
    """Add what a fact has from its session, by the session's number."""
    context = ["session_id", "conversation_id", "channel_id", "messaging_user_id", "account_id"]
    return frame.drop(columns=context, errors="ignore").join(sessions[context], on="session", how="inner")


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
