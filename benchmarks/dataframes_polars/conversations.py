"""Sessions, and what happens in them: messages, responses, topics and resolutions."""

from __future__ import annotations

import polars as pl
from benchmarks.dataframes_polars.columns import first_true, is_type, only_of, seconds_between, seconds_onward

SESSION_TIMEOUT = pl.duration(hours=24, time_unit="ms")


def cut_into_sessions(accepted: pl.DataFrame) -> pl.DataFrame:
    """Events in order, each with its place in its conversation and its session."""
    started = pl.when("is_starter").then(True).when(is_type("conversation_ended")).then(False)
    active_at = pl.when("is_activity").then("occurred_at")
    has_expired = pl.col("occurred_at") >= pl.col("last_activity_before") + SESSION_TIMEOUT
    return (
        accepted.lazy()
        .drop("payload", "rejection_reason")
        .sort("conversation_id", "occurred_at", "sort_rank", "event_id")
        .with_columns(
            position=pl.int_range(1, pl.len() + 1).over("conversation_id"),
            last_activity_before=active_at.forward_fill().shift().over("conversation_id"),
            was_started=started.forward_fill().shift().over("conversation_id"),
        )
        .with_columns(
            opens_session=pl.col("is_starter") & (pl.col("was_started").ne_missing(True) | has_expired.fill_null(False))
        )
        .with_columns(
            openings=pl.col("opens_session").cast(pl.Int64).cum_sum().over("conversation_id"),
            opened_position=pl.when("opens_session").then("position").forward_fill().over("conversation_id"),
        )
        .with_columns(session_number=pl.max_horizontal("openings", 1))
        .with_columns(
            session_id=pl.format("{}/{}", "conversation_id", "session_number"),
            position_in_session=pl.when(pl.col("openings") > 1)
            .then(pl.col("position") - pl.col("opened_position") + 1)
            .otherwise("position"),
            is_preceding=pl.col("openings") == 0,
        )
        .drop("last_activity_before", "was_started", "is_starter", "openings", "opened_position")
        .collect()
    )


def summarise_sessions(events: pl.DataFrame) -> pl.DataFrame:
    """What a session's own events say of it."""
    opening, acting = pl.col("opens_session"), pl.col("is_activity")
    stop = is_type("conversation_ended") & ~pl.col("is_preceding")
    is_message = is_type("message_sent")
    named = is_type("conversation_started") & pl.col("origin").is_in(
        ["inbound", "agent_initiated", "triggered_outbound"]
    )
    meant = {
        "end_user": "inbound", "agent": "agent_initiated", "bot": "triggered_outbound", "system": "triggered_outbound",
    }  # fmt: skip
    return (
        events.lazy()
        .group_by("session_id", "conversation_id", "session_number")
        .agg(
            pl.col("channel_id", "messaging_user_id").filter(opening).first(),
            started_at=pl.col("occurred_at").filter(opening).first(),
            last_activity_at=pl.col("occurred_at").filter(acting).last(),
            is_pended=pl.col("event_type").filter(acting).last() == "conversation_pended",
            stopped_at=pl.col("occurred_at").filter(stop).first(),
            stopped_by=pl.col("actor_type").filter(stop).first(),
            named_origin=pl.col("origin").filter(named).first(),
            first_sender=pl.col("actor_type").filter(is_message).first(),
            agent_message_count=(is_message & (pl.col("actor_type") == "agent")).sum(),
            bot_message_count=(is_message & (pl.col("actor_type") == "bot")).sum(),
            end_user_message_count=(is_message & (pl.col("actor_type") == "end_user")).sum(),
            is_handed_off=is_type("bot_handoff").any(),
        )
        .with_columns(
            pl.col("agent_message_count", "bot_message_count", "end_user_message_count").cast(pl.Int64),
            origin=pl.coalesce("named_origin", pl.col("first_sender").replace(meant)),
        )
        .drop("named_origin", "first_sender")
        .collect()
    )


def match_receipts(events: pl.DataFrame) -> pl.DataFrame:
    """Messages with what became of them; receipts of a message that never came stand for it."""
    key = ["conversation_id", "message_id"]
    receipts = (
        events.lazy()
        .filter(is_type("message_delivered", "message_read", "message_failed"))
        .group_by(key)
        .agg(
            receipt_id=pl.col("event_id").first(),
            receipt_session_id=pl.col("session_id").first(),
            delivered_at=pl.col("occurred_at").filter(is_type("message_delivered")).min(),
            read_at=pl.col("occurred_at").filter(is_type("message_read")).min(),
            has_failed=is_type("message_failed").any(),
            failure_code=pl.col("status_code").filter(is_type("message_failed")).last(),
        )
    )
    sent = (
        events.lazy()
        .filter(is_type("message_sent"))
        .select(
            *key, "event_id", "session_id", "actor_type", "actor_id", "position", "is_proactive",
            sent_at="occurred_at", message_text="text",
        )
    )  # fmt: skip
    is_read, is_delivered = pl.col("read_at").is_not_null(), pl.col("delivered_at").is_not_null()
    states = {"read": is_read, "delivered": is_delivered, "failed": pl.col("has_failed"), "sent": pl.lit(True)}
    return (
        sent.join(receipts, on=key, how="full", coalesce=True)
        .with_columns(is_orphan=pl.col("event_id").is_null())
        .select(
            "message_id", "actor_type", "actor_id", "position", "sent_at", "message_text", "is_orphan",
            event_id=pl.coalesce("event_id", "receipt_id"),
            session_id=pl.coalesce("session_id", "receipt_session_id"),
            is_proactive=pl.col("is_proactive").fill_null(False),
            delivery_status=first_true(states),
            status_code=pl.when(~is_read & ~is_delivered).then("failure_code"),
            has_clock_anomaly=(pl.col("delivered_at") < pl.col("sent_at")).fill_null(False)
            | (pl.col("read_at") < pl.col("sent_at")).fill_null(False),
        )
        .collect()
    )  # fmt: skip


def take_turns(messages: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Effective messages, and hand-offs as marks that someone waits."""
    common = ["session_id", "position"]
    effective = (
        messages.lazy()
        .filter(
            ~pl.col("is_orphan"),
            pl.col("actor_type") != "system",
            (pl.col("actor_type") == "end_user") | (pl.col("delivery_status") != "failed"),
        )
        .select(*common, happened_at="sent_at", kind="actor_type", actor_id="actor_id")
    )
    marks = (
        events.lazy()
        .filter(is_type("bot_handoff"))
        .select(*common, happened_at="occurred_at", kind=pl.lit("mark"), actor_id="actor_id")
    )
    kind, position = pl.col("kind"), pl.col("position")
    return (
        pl.concat([effective, marks])
        .sort(common)
        .with_columns(
            customer_messages=(kind == "end_user").cast(pl.Int64).cum_sum().over("session_id"),
            agent_position=pl.when(kind == "agent").then(position).forward_fill().over("session_id"),
        )
        .filter((kind != "mark") | (pl.col("customer_messages") > 0))
        .with_columns(mark_position=pl.when(kind == "mark").then(position).forward_fill().over("session_id"))
        .with_columns(
            is_customer_side=kind.is_in(["end_user", "mark"]),
            is_muted=(kind == "bot")
            & (pl.col("mark_position") > pl.col("agent_position").fill_null(0)).fill_null(False),
        )
        .collect()
    )


def pair_runs(side: pl.LazyFrame, is_customer_prompting: bool) -> pl.LazyFrame:
    """Runs of one side, each with the turn that ends it."""
    customer = pl.col("is_customer_side")
    return (
        side.with_columns(run=(customer != customer.shift()).fill_null(True).cum_sum().over("session_id"))
        .group_by("session_id", "run", maintain_order=True)
        .agg(
            customer.first(),
            prompt_count=pl.len().cast(pl.Int64),
            first_position=pl.col("position").first(),
            prompted_first_at=pl.col("happened_at").first(),
            prompted_last_at=pl.col("happened_at").last(),
            first_kind=pl.col("kind").first(),
            first_actor_id=pl.col("actor_id").first(),
        )
        .with_columns(
            answer_position=pl.col("first_position").shift(-1).over("session_id"),
            responded_at=pl.col("prompted_first_at").shift(-1).over("session_id"),
            responder_type=pl.col("first_kind").shift(-1).over("session_id"),
            responder_actor_id=pl.col("first_actor_id").shift(-1).over("session_id"),
        )
        .filter(
            customer == is_customer_prompting,
            pl.col("responded_at").is_not_null() | pl.lit(is_customer_prompting),
        )
    )


def pair_responses(turns: pl.DataFrame) -> pl.DataFrame:
    """Bursts and their answers, both ways: in the one muted bots do not exist, in the other marks do not."""
    customers = pair_runs(turns.lazy().filter(~pl.col("is_muted")), is_customer_prompting=True)
    business = pair_runs(turns.lazy().filter(pl.col("kind") != "mark"), is_customer_prompting=False)
    return (
        pl.concat([customers, business])
        .sort("session_id", "answer_position", nulls_last=True)
        .with_columns(
            response_number=pl.int_range(1, pl.len() + 1).over("session_id"),
            wait_seconds=seconds_onward("prompted_first_at", "responded_at"),
            response_seconds=seconds_onward("prompted_last_at", "responded_at"),
            has_clock_anomaly=(pl.col("responded_at") < pl.col("prompted_first_at")).fill_null(False),
        )
        .collect()
    )


def find_first_responses(turns: pl.DataFrame) -> pl.LazyFrame:
    """When the first agent answered, and since when the customer had waited: a hand-off before that starts it anew."""
    is_answer = (pl.col("kind") == "agent") & (pl.col("customer_messages") > 0)
    at, position = pl.col("happened_at"), pl.col("position")
    return (
        turns.lazy()
        .group_by("session_id")
        .agg(
            customer_at=at.filter(pl.col("kind") == "end_user").first(),
            mark_position=position.filter(pl.col("kind") == "mark").first(),
            mark_at=at.filter(pl.col("kind") == "mark").first(),
            answer_position=position.filter(is_answer).first(),
            agent_at=at.filter(is_answer).first(),
        )
        .filter(pl.col("customer_at").is_not_null())
        .select(
            "session_id",
            "agent_at",
            clock_started_at=pl.when(
                pl.col("mark_position") < pl.col("answer_position").fill_null(pl.col("mark_position") + 1)
            )
            .then("mark_at")
            .otherwise("customer_at"),
        )
    )


def set_topics(events: pl.DataFrame) -> pl.DataFrame:
    """Topics that were set, with the place in the conversation where they were removed."""
    removed = pl.when(is_type("topic_removed")).then("position")
    return (
        events.lazy()
        .filter(is_type("topic_added", "topic_removed"))
        .with_columns(removed_position=removed.shift(-1).backward_fill().over("session_id", "topic_id"))
        .filter(is_type("topic_added"))
        .select("session_id", "topic_id", "removed_position", set_position="position")
        .collect()
    )


def turn_cycles(events: pl.DataFrame) -> pl.DataFrame:
    """From a start or a reopening to the first resolve after it."""
    resolve = pl.col("is_resolve")
    return (
        events.lazy()
        .filter(
            ~pl.col("is_preceding"),
            pl.col("opens_session")
            | is_type("conversation_resolved", "conversation_reopened")
            | (is_type("message_sent") & (pl.col("actor_type") == "end_user")),
        )
        .with_columns(is_resolve=is_type("conversation_resolved"))
        .with_columns(was_resolved=resolve.shift(fill_value=False).over("session_id"))
        .with_columns(
            cycle_number=1 + (pl.col("was_resolved") & ~resolve).cast(pl.Int64).cum_sum().over("session_id"),
            resolver_id=only_of("agent", "actor_type", "actor_id"),
        )
        .group_by("session_id", "cycle_number", maintain_order=True)
        .agg(
            opened_at=pl.col("occurred_at").first(),
            resolved_position=pl.col("position").filter(resolve).first(),
            resolved_at=pl.col("occurred_at").filter(resolve).first(),
            last_resolved_at=pl.col("occurred_at").filter(resolve).last(),
            resolved_by_type=pl.col("actor_type").filter(resolve).first(),
            resolved_by_agent_id=pl.col("resolver_id").filter(resolve).first(),
        )
        .collect()
    )


def tell_resolutions(cycles: pl.DataFrame, topics: pl.DataFrame) -> pl.LazyFrame:
    """Cycles with the topic that was set when they were resolved."""
    key = ["session_id", "cycle_number"]
    removed, resolved = pl.col("removed_position"), pl.col("resolved_position")
    topics_then = (
        cycles.lazy()
        .join(topics.lazy(), on="session_id")
        .filter(pl.col("set_position") < resolved, removed.is_null() | (removed > resolved))
        .group_by(key)
        .agg(topic_id=pl.col("topic_id").sort_by("set_position").last())
    )
    return (
        cycles.lazy()
        .join(topics_then, on=key, how="left")
        .with_columns(resolution_seconds=seconds_between("opened_at", "resolved_at"))
        .drop("resolved_position", "last_resolved_at")
    )


def summarise_cycles(cycles: pl.DataFrame) -> pl.LazyFrame:
    """A session's resolves: the first, the last, who made it, and whether it stands."""
    is_resolved = pl.col("resolved_at").is_not_null()
    return (
        cycles.lazy()
        .group_by("session_id")
        .agg(
            first_resolved_at=pl.col("resolved_at").min(),
            last_resolved_at=pl.col("last_resolved_at").max(),
            last_resolver_type=pl.col("resolved_by_type").filter(is_resolved).last(),
            resolved_by_agent_id=pl.col("resolved_by_agent_id").filter(is_resolved).last(),
            standing_resolved_at=pl.col("resolved_at").last(),
        )
    )


def tell_sessions(
    sessions: pl.DataFrame, cycles: pl.DataFrame, turns: pl.DataFrame, topics: pl.DataFrame, responses: pl.DataFrame,
    works: pl.DataFrame, as_of: pl.Expr,
) -> pl.LazyFrame:  # fmt: skip
    """Sessions with their end, their status and their durations."""
    current_topics = (
        topics.lazy()
        .filter(pl.col("removed_position").is_null())
        .group_by("session_id")
        .agg(topic_id=pl.col("topic_id").sort_by("set_position").last())
    )
    unanswered = responses.lazy().filter(pl.col("responded_at").is_null()).select("session_id", is_unanswered=True)
    pending = (
        works.lazy()
        .filter(
            pl.coalesce("requested_at", "assigned_at").is_not_null(),
            pl.col("accepted_at").is_null(),
            pl.col("terminal_at").is_null(),
        )
        .select("session_id", has_pending_work=True)
        .unique()
    )
    joined = sessions.lazy().join(summarise_cycles(cycles), on="session_id")
    for other in (find_first_responses(turns), current_topics, unanswered, pending):
        joined = joined.join(other, on="session_id", how="left")
    inactive_at = pl.col("last_activity_at") + SESSION_TIMEOUT
    is_followed = pl.col("session_number") < pl.col("session_number").max().over("conversation_id")
    stopped, standing = pl.col("stopped_at").is_not_null(), pl.col("standing_resolved_at").is_not_null()
    agents, bots = pl.col("agent_message_count") > 0, pl.col("bot_message_count") > 0
    is_waiting = pl.col("has_pending_work").fill_null(False) | (
        pl.col("is_unanswered").fill_null(False) & (pl.col("is_handed_off") | agents | ~bots)
    )
    status = {
        "ended": pl.col("ended_at").is_not_null(),
        "inactive": standing,
        "waiting": is_waiting,
        "paused": pl.col("is_pended"),
        "active": pl.lit(True),
    }
    agent_type = {"bot_to_agent": agents & bots, "agent": agents, "bot": bots, "system": pl.lit(True)}
    return (
        joined.with_columns(is_silent=is_followed | (as_of >= inactive_at))
        .with_columns(
            ended_at=pl.when(stopped)
            .then("stopped_at")
            .when("is_silent")
            .then(pl.coalesce(pl.col("standing_resolved_at"), inactive_at)),
            ended_by_type=pl.when(stopped)
            .then("stopped_by")
            .when(pl.col("is_silent") & standing)
            .then("last_resolver_type")
            .when("is_silent")
            .then(pl.lit("system")),
        )
        .with_columns(closed_at=pl.min_horizontal("first_resolved_at", "ended_at"))
        .with_columns(
            status=first_true(status),
            agent_type=first_true(agent_type),
            first_response_seconds=pl.when(pl.col("origin") == "inbound").then(
                seconds_between("clock_started_at", "agent_at")
            ),
            first_resolution_seconds=seconds_between("started_at", "first_resolved_at"),
            resolution_seconds=seconds_between("started_at", "last_resolved_at"),
            duration_seconds=seconds_between("started_at", "ended_at"),
            is_bot_resolved=pl.col("closed_at").is_not_null() & bots & ~agents,
        )
    )


def measure_sessions(sessions: pl.DataFrame, responses: pl.DataFrame) -> pl.LazyFrame:
    """Six metrics of each ended session; averages are rounded to the thousandth, halves up."""

    def average(who: str) -> pl.Expr:
        answered = (pl.col("response_seconds") * 1000).round().filter(pl.col("responder_type") == who).drop_nulls()
        return (answered.sum() / answered.len() + 0.5).floor() / 1000

    def largest(who: str) -> pl.Expr:
        return pl.col("response_seconds").filter(pl.col("responder_type") == who).max()

    times = (
        responses.lazy()
        .group_by("session_id")
        .agg(
            average_agent_response_time=average("agent"),
            max_agent_response_time=largest("agent"),
            average_end_user_response_time=average("end_user"),
            max_end_user_response_time=largest("end_user"),
        )
        .with_columns(pl.selectors.starts_with("average_").fill_nan(None))
    )
    return (
        sessions.lazy()
        .filter(pl.col("ended_at").is_not_null())
        .select("session_id", pl.col("agent_message_count", "end_user_message_count").cast(pl.Float64))
        .join(times, on="session_id", how="left")
        .unpivot(index="session_id", variable_name="metric_type", value_name="metric_value")
    )
