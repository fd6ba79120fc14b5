"""The core facts and a few metrics in pandas: what the script of SQL reads, as an analyst would read it here.

Frames that are in order stay in order: the first or last row of something is what `drop_duplicates` leaves, and windows
are groups over a number for each conversation or session, as numbers are found faster than texts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from benchmarks.dataframes_pandas.agents import gather_work, hold_presence, pair_visits, sweep_timelines, tell_work
from benchmarks.dataframes_pandas.columns import Frame, average
from benchmarks.dataframes_pandas.conversations import (
    cut_into_sessions,
    in_context,
    match_receipts,
    measure_sessions,
    pair_responses,
    set_topics,
    summarise_sessions,
    take_turns,
    tell_resolutions,
    tell_sessions,
    turn_cycles,
)
from benchmarks.dataframes_pandas.deliveries import (
    read,
    read_accounts,
    read_deliveries,
    read_presence,
    read_teams,
    settle,
    team_of,
    tell_rejected,
)


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
    # Answers are messages, so that days with answers are days with messages.
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
    facts["fct_agent_presence"] = hold_presence(events, presence, as_of)
    facts["fct_agent_timeline"] = sweep_timelines(facts["fct_agent_presence"], visits, works, teams, as_of)
    facts["metrics_by_channel_and_day"] = count_by_channel_and_day(facts, in_context(works, sessions), raw)
    return facts


def main(raw: Path, folder: Path) -> None:
    """Write each fact as a Parquet file."""
    for name, frame in compute(raw).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
