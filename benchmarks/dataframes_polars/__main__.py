"""The core facts and a few metrics in Polars: what the script of SQL reads, as an analyst would read it here.

Each fact is one lazy query over the facts before it, and each is collected once: the next ones read it from memory.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from benchmarks.dataframes_polars.agents import gather_work, hold_presence, pair_visits, sweep_timelines, tell_work
from benchmarks.dataframes_polars.columns import MOMENT, only_of
from benchmarks.dataframes_polars.conversations import (
    cut_into_sessions,
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
from benchmarks.dataframes_polars.deliveries import (
    read_deliveries,
    read_presence,
    read_teams,
    read_users,
    settle,
    with_team,
)

Facts = dict[str, pl.DataFrame]


def count_by_channel_and_day(facts: Mapping[str, pl.DataFrame], raw: Path) -> pl.LazyFrame:
    """A few figures of each channel and day, without channels for tests."""
    tests = pl.scan_parquet(raw / "raw_channels" / "*.parquet").filter("is_test")
    key = ["day", "channel_id"]

    def figures(fact: str, moment: str, *found: pl.Expr) -> pl.LazyFrame:
        return (
            facts[fact]
            .lazy()
            .join(tests, on="channel_id", how="anti")
            .filter(pl.col(moment).is_not_null())
            .group_by(day=pl.col(moment).dt.date(), channel_id=pl.col("channel_id").fill_null("(none)"))
            .agg(*found)
        )

    def average(seconds: str, where: pl.Expr) -> pl.Expr:
        known = (pl.col(seconds) * 1000).round().filter(where & pl.col(seconds).is_not_null())
        return ((known.sum() / known.len() + 0.5).floor() / 1000).fill_nan(None)

    is_agents = pl.col("responder_type") == "agent"
    parts = [
        figures("fct_messaging_sessions", "started_at", pl.len().alias("session_count")),
        figures(
            "fct_messages",
            "sent_at",
            (pl.col("actor_type") == "end_user").sum().alias("inbound_message_count"),
            pl.col("actor_type").is_in(["agent", "bot"]).sum().alias("outbound_message_count"),
        ),
        figures(
            "fct_agent_work",
            "accepted_at",
            average("speed_to_answer_seconds", pl.col("accepted_at").is_not_null()).alias(
                "average_speed_to_answer_seconds"
            ),
        ),
        figures(
            "fct_responses", "responded_at", average("response_seconds", is_agents).alias("average_response_seconds")
        ),
        figures("fct_visits", "started_at", pl.col("visit_seconds").filter("is_handled").sum().alias("handle_seconds")),
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, on=key, how="full", coalesce=True)
    return joined.with_columns(pl.selectors.ends_with("_count", "handle_seconds").fill_null(0))


def compute(raw: Path) -> Facts:
    """Make all facts out of a folder of raw Parquet files."""
    deliveries, presence, teams = read_deliveries(raw), read_presence(raw), read_teams(raw)
    received = pl.concat(
        [deliveries.filter(pl.col("rejection_reason").is_null())["received_at"], presence["received_at"]]
    )
    as_of = pl.lit(received.max(), MOMENT)
    accepted, rejected = settle(deliveries)
    facts: Facts = {"rejected_events": rejected}
    events = cut_into_sessions(accepted)
    del deliveries, accepted, rejected
    facts["fct_conversation_events"] = events.select(
        "event_id", "event_type", "conversation_id", "session_id", "channel_id", "messaging_user_id", "actor_type",
        "actor_id", "message_id", "work_id", "topic_id", "survey_id", "occurred_at", "received_at",
        "position_in_session",
    )  # fmt: skip
    sessions = summarise_sessions(events)
    users = read_users(raw)
    contexts = (
        sessions.lazy()
        .select("session_id", "conversation_id", "channel_id", "messaging_user_id")
        .join(users, on="messaging_user_id", how="left")
        .collect()
    )
    known = set(contexts.columns) - {"session_id"}

    def in_context(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.drop(known, strict=False).join(contexts.lazy(), on="session_id")

    messages = match_receipts(events)
    turns = take_turns(messages, events)
    responses = pair_responses(turns)
    topics, cycles = set_topics(events), turn_cycles(events)
    works, visits = gather_work(events), pair_visits(events, presence, as_of)
    sender = only_of("agent", "actor_type", "actor_id")
    responder = only_of("agent", "responder_type", "responder_actor_id")
    facts["fct_messages"] = with_team(in_context(messages.lazy().drop("position")), teams, sender, "sent_at").collect()
    facts["fct_responses"] = (
        with_team(in_context(responses.lazy()), teams, responder, "responded_at")
        .with_columns(
            responder_id=pl.when(pl.col("responder_type") == "end_user")
            .then("messaging_user_id")
            .otherwise("responder_actor_id")
        )
        .drop(
            "run", "is_customer_side", "first_position", "first_kind", "first_actor_id", "answer_position",
            "responder_actor_id",
        )
        .collect()
    )  # fmt: skip
    facts["fct_resolutions"] = with_team(
        in_context(tell_resolutions(cycles, topics)), teams, pl.col("resolved_by_agent_id"), "resolved_at"
    ).collect()
    told = tell_sessions(sessions, cycles, turns, topics, responses, works, as_of)
    facts["fct_messaging_sessions"] = (
        told.join(users, on="messaging_user_id", how="left")
        .drop(
            "last_activity_at", "is_pended", "stopped_at", "stopped_by", "is_handed_off", "last_resolver_type",
            "standing_resolved_at", "agent_at", "clock_started_at", "is_unanswered", "has_pending_work", "is_silent",
        )
        .collect()
    )  # fmt: skip
    facts["fct_messaging_session_metrics"] = measure_sessions(facts["fct_messaging_sessions"], responses).collect()
    facts["fct_visits"] = with_team(in_context(visits.lazy()), teams, pl.col("agent_id"), "started_at").collect()
    works = (
        with_team(
            tell_work(works, facts["fct_messaging_sessions"], visits, as_of), teams, pl.col("agent_id"), "held_from"
        )
        .with_columns(team_id=pl.coalesce("named_team_id", "team_id"))
        .collect()
    )
    facts["fct_agent_work"] = works.select(
        "conversation_id", "work_id", "session_id", "agent_id", "team_id", "requested_at", "assigned_at",
        "accepted_at", "closed_at", "status", "capacity_weight", "is_first_work", "is_closed_by_session_end",
        "speed_to_answer_seconds", "work_handle_seconds", "after_work_seconds", "active_seconds",
    )  # fmt: skip
    facts["fct_agent_presence"] = hold_presence(events, presence, as_of)
    facts["fct_agent_timeline"] = sweep_timelines(facts["fct_agent_presence"], visits, works, teams, as_of).collect()
    worked = {**facts, "fct_agent_work": in_context(facts["fct_agent_work"].lazy()).collect()}
    facts["metrics_by_channel_and_day"] = count_by_channel_and_day(worked, raw).collect()
    return facts


def main(raw: Path, folder: Path) -> None:
    """Write each fact as a Parquet file."""
    for name, frame in compute(raw).items():
        frame.write_parquet(folder / f"{name}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
