"""The core facts and a few metrics in Polars: what the script of SQL reads, as an analyst would read it here.

Each fact is one lazy query over the facts before it, and each is collected once: the next ones read it from memory.
A payload that is no JSON at all, and yet is in braces, stops the run: Polars decodes a column or none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

EVENT_TYPES = Path(__file__).resolve().parent.parent / "seeds" / "config" / "event_types.csv"
TEXTS = (
    "event_id", "event_type", "conversation_id", "channel_id", "messaging_user_id", "actor_type", "actor_id", "payload",
)  # fmt: skip
NEEDED_KEYS = ("message_id", "work_id", "topic_id", "survey_id", "agent_id", "score")
NUMBER_KEYS = ("score", "scale_max", "capacity_weight")
TEXT_KEYS = (
    "message_id", "work_id", "topic_id", "survey_id", "agent_id", "capacity_weight", "text", "status_code", "team_id",
)  # fmt: skip
PAYLOAD = pl.Struct(dict.fromkeys((*NEEDED_KEYS, *NUMBER_KEYS, *TEXT_KEYS, "origin", "is_proactive"), pl.String))
CONTENT = (
    "event_type", "occurred_at", "conversation_id", "channel_id", "messaging_user_id", "actor_type", "actor_id",
    "payload",
)  # fmt: skip
NUMBER = r"^-?0*[0-9]{1,15}(\.[0-9]+)?$"
MOMENT = pl.Datetime("ms")

CLOCK_SKEW = pl.duration(seconds=300, time_unit="ms")
LATEST = pl.duration(days=400, time_unit="ms")
SESSION_TIMEOUT = pl.duration(hours=24, time_unit="ms")
FOCUS_IDLE = pl.duration(minutes=15, time_unit="ms")

Facts = dict[str, pl.DataFrame]


def filled(name: str) -> pl.Expr:
    """A text, null where it is empty."""
    return pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)


def seconds_between(start: str, end: str) -> pl.Expr:
    """Seconds, to the thousandth."""
    return (pl.col(end) - pl.col(start)).dt.total_milliseconds() / 1000


def seconds_onward(start: str, end: str) -> pl.Expr:
    """Seconds, null where the clock ran backwards."""
    return pl.when(pl.col(end) >= pl.col(start)).then(seconds_between(start, end))


def is_type(*names: str) -> pl.Expr:
    """Whether the event is of one of these types."""
    return pl.col("event_type").is_in(names)


def first_true(cases: Mapping[str, pl.Expr]) -> pl.Expr:
    """The name of the first case that holds, null where none does."""
    return pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in cases.items())


# Deliveries, each validated alone -------------------------------------------------------------------------------------


def read_event_types() -> pl.LazyFrame:
    """The vocabulary, with a column for each key that a type may need."""
    keys = pl.col("required_keys").fill_null("").str.split(" ")
    return pl.scan_csv(EVENT_TYPES).select(
        "event_type",
        "sort_rank",
        pl.col("is_activity").cast(pl.Boolean),
        "focus_effect",
        *(keys.list.contains(key).alias(f"needs_{key}") for key in NEEDED_KEYS),
    )


def rejection_reason() -> pl.Expr:
    """The first reason to reject a delivery, null where there is none."""
    is_broken = pl.col("payload").is_not_null() & ~pl.col("is_object")
    is_no_number = pl.any_horizontal(~pl.col(key).str.contains(NUMBER) for key in NUMBER_KEYS).fill_null(False)
    lacks_key = pl.any_horizontal(
        pl.col(f"needs_{key}") & (pl.col(key).fill_null("") == "") for key in NEEDED_KEYS
    ).fill_null(False)
    knows_actor = pl.col("actor_type").is_in(["end_user", "system"]) | (
        pl.col("actor_type").is_in(["agent", "bot"]) & pl.col("actor_id").is_not_null()
    )
    return first_true(
        {
            "missing_event_id": pl.col("event_id").is_null(),
            "missing_conversation_id": pl.col("conversation_id").is_null(),
            "unknown_event_type": pl.col("sort_rank").is_null(),
            "invalid_timestamp": pl.col("received_at").is_null(),
            "missing_occurred_at": pl.col("occurred_at").is_null(),
            "invalid_payload": is_broken | is_no_number,
            "missing_actor": ~knows_actor.fill_null(False),
            "missing_payload_key": lacks_key,
            "occurred_after_received": pl.col("occurred_at") > pl.col("received_at") + CLOCK_SKEW,
            "received_implausibly_late": pl.col("received_at") > pl.col("occurred_at") + LATEST,
        }
    )


def read_deliveries(raw: Path) -> pl.DataFrame:
    """All deliveries of conversation events, with what their payloads hold and the reason to reject them."""
    trimmed = pl.col("payload").str.strip_chars(" \t\r\n")
    is_message = pl.col("event_type") == "message_sent"
    return (
        pl.scan_parquet(raw / "raw_conversation_events" / "*.parquet")
        .with_columns(pl.col("occurred_at", "received_at").dt.cast_time_unit("ms"), *(filled(name) for name in TEXTS))
        .with_columns(is_object=trimmed.str.starts_with("{") & trimmed.str.ends_with("}"))
        .with_columns(held=pl.when("is_object").then("payload").str.json_decode(PAYLOAD))
        .unnest("held")
        .join(read_event_types(), on="event_type", how="left")
        .with_columns(rejection_reason=rejection_reason())
        .with_columns(
            *(filled(name) for name in TEXT_KEYS),
            is_proactive=(pl.col("is_proactive") == "true").fill_null(False),
            sort_rank=pl.when(is_message & (pl.col("actor_type") != "end_user")).then(41).otherwise("sort_rank"),
            is_starter=is_type("conversation_started", "conversation_reopened")
            | (is_message & (pl.col("actor_type") != "system")),
        )
        .drop(pl.selectors.starts_with("needs_"), "is_object", "score", "scale_max")
        .collect()
    )


def read_presence(raw: Path) -> pl.DataFrame:
    """Changes of presence, without the broken ones; of what came again the first received is left."""
    return (
        pl.scan_parquet(raw / "raw_presence_events" / "*.parquet")
        .with_columns(pl.col("occurred_at", "received_at").dt.cast_time_unit("ms"))
        .filter(
            pl.col("event_id") != "",
            pl.col("agent_id") != "",
            pl.col("status").is_in(["available", "busy", "away", "offline"]),
            pl.col("occurred_at") <= pl.col("received_at") + CLOCK_SKEW,
            pl.col("received_at") <= pl.col("occurred_at") + LATEST,
        )
        .sort("received_at", "agent_id", "status", pl.col("capacity").cast(pl.String).fill_null(""), "occurred_at")
        .unique("event_id", keep="first", maintain_order=True)
        .collect()
    )


# Redeliveries: the first received wins --------------------------------------------------------------------------------


def settle(deliveries: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the accepted events, and the rejected deliveries as they came, with the reason."""
    valid = deliveries.lazy().filter(pl.col("rejection_reason").is_null())
    is_repeated = pl.col("event_id").is_duplicated()
    ranked = (
        valid.filter(is_repeated)
        .sort("event_id", "received_at", *CONTENT)
        .with_columns(
            place=pl.int_range(pl.len()).over("event_id"),
            is_conflict=pl.any_horizontal(
                pl.col(name).ne_missing(pl.col(name).first().over("event_id")) for name in CONTENT
            ),
        )
    )
    accepted = pl.concat([valid.filter(~is_repeated), ranked.filter(place=0).drop("place", "is_conflict")])
    conflicts = ranked.filter(pl.col("place") > 0, "is_conflict").drop("place", "is_conflict")
    started = accepted.filter("is_starter").select("conversation_id").unique()

    def has_started(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.join(started, on="conversation_id", how="semi")

    def has_not(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.join(started, on="conversation_id", how="anti").with_columns(rejection_reason=pl.lit("no_session"))

    rejected = pl.concat(
        [
            deliveries.lazy().filter(pl.col("rejection_reason").is_not_null()),
            has_started(conflicts).with_columns(rejection_reason=pl.lit("conflicting_redelivery")),
            has_not(conflicts),
            has_not(accepted),
        ]
    )
    events, told = pl.collect_all([has_started(accepted), tell_rejected(rejected)])
    return events, told


def tell_rejected(rejected: pl.LazyFrame) -> pl.LazyFrame:
    """Rejected deliveries as they came, moments as text."""

    def told(name: str) -> pl.Expr:
        return pl.col(name).dt.to_string("%Y-%m-%d %H:%M:%S%.3f").str.strip_chars_end("0").str.strip_chars_end(".")

    return rejected.select(
        "event_id", "event_type", told("occurred_at"), told("received_at"), "conversation_id", "channel_id",
        "messaging_user_id", "actor_type", "actor_id", "payload", "rejection_reason",
    )  # fmt: skip


# Accepted events in total order, cut into sessions --------------------------------------------------------------------


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


# Who belongs where ----------------------------------------------------------------------------------------------------


def read_users(raw: Path) -> pl.LazyFrame:
    """The account of each address."""
    users = pl.scan_parquet(raw / "raw_messaging_users" / "*.parquet")
    return users.select(filled("messaging_user_id"), filled("account_id"))


def read_teams(raw: Path) -> pl.DataFrame:
    """Every change of an agent's team: of overlapping stays the latest begun, then the smaller team id."""
    stays = pl.scan_parquet(raw / "raw_team_memberships" / "*.parquet").select(
        "agent_id",
        "team_id",
        valid_from=pl.col("valid_from").cast(MOMENT).fill_null(pl.datetime(1, 1, 1, time_unit="ms")),
        valid_to=pl.col("valid_to").cast(MOMENT).fill_null(pl.datetime(9999, 12, 31, time_unit="ms")),
    )
    moments = pl.concat(
        [stays.select("agent_id", since="valid_from"), stays.select("agent_id", since="valid_to")]
    ).unique()
    winners = (
        moments.join(stays, on="agent_id")
        .filter(pl.col("since") >= pl.col("valid_from"), pl.col("since") < pl.col("valid_to"))
        .sort(pl.col("valid_from"), "team_id", descending=[True, False])
        .unique(["agent_id", "since"], keep="first", maintain_order=True)
        .select("agent_id", "since", "team_id")
    )
    return moments.join(winners, on=["agent_id", "since"], how="left").sort("since").collect()


def with_team(frame: pl.LazyFrame, teams: pl.DataFrame, agent: pl.Expr, moment: str) -> pl.LazyFrame:
    """Add the agent's team at a moment; agents that are null have none."""
    return (
        frame.with_columns(member_id=agent.fill_null(""))
        .sort(moment)
        .join_asof(
            teams.lazy(), left_on=moment, right_on="since", by_left="member_id", by_right="agent_id",
            check_sortedness=False,
        )
        .drop("member_id", "since")
    )  # fmt: skip


def only_of(actor_type: str, kind: str, actor_id: str) -> pl.Expr:
    """An id, null unless it is one of this kind of actor."""
    return pl.when(pl.col(kind) == actor_type).then(pl.col(actor_id))


# Messages and their receipts ------------------------------------------------------------------------------------------


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


# Turns: effective messages and waiting marks, then runs of one side ---------------------------------------------------


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


# Topics and resolution cycles -----------------------------------------------------------------------------------------


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


# Pieces of work -------------------------------------------------------------------------------------------------------

TERMINAL = ("work_declined", "work_push_timed_out", "work_canceled", "work_transferred", "work_closed")


def gather_work(events: pl.DataFrame) -> pl.DataFrame:
    """Offers of work: who was asked, who took it and how it ended."""

    def of(name: str, *types: str) -> pl.Expr:
        return pl.col(name).filter(is_type(*types))

    position = pl.col("position").filter
    accepting = pl.when(pl.col("actor_type") == "agent").then("actor_id").filter(is_type("work_accepted")).first()
    return (
        events.lazy()
        .filter(
            pl.col("work_id").is_not_null(),
            is_type("after_work_started") | pl.col("event_type").str.starts_with("work_"),
        )
        .group_by("conversation_id", "work_id")
        .agg(
            session_id=pl.col("session_id").first(),
            offered_position=pl.coalesce(
                position(is_type("work_requested")).first(),
                position(is_type("work_assigned")).first(),
                pl.col("position").first(),
            ),
            requested_at=of("occurred_at", "work_requested").first(),
            assigned_at=of("occurred_at", "work_assigned").last(),
            accepted_at=of("occurred_at", "work_accepted").first(),
            after_work_started_at=of("occurred_at", "after_work_started").first(),
            terminal_at=of("occurred_at", *TERMINAL).first(),
            terminal_type=of("event_type", *TERMINAL).first(),
            agent_id=pl.coalesce(accepting, of("agent_id", "work_assigned").last()),
            named_team_id=pl.coalesce(of("team_id", "work_assigned").last(), of("team_id", "work_requested").first()),
            capacity_weight=of("capacity_weight", "work_assigned").last().fill_null("1").cast(pl.Float64),
        )
        .collect()
    )


def tell_work(works: pl.DataFrame, sessions: pl.DataFrame, visits: pl.DataFrame, as_of: pl.Expr) -> pl.LazyFrame:
    """Work with its status and durations, and how long its agent attended to it."""
    is_left_open = pl.col("terminal_at").is_null() & pl.col("accepted_at").is_not_null()
    is_done = pl.col("terminal_type").is_in(["work_closed", "work_transferred"])
    concluded = (
        works.lazy()
        .join(sessions.lazy().select("session_id", session_ended_at="ended_at"), on="session_id")
        .with_columns(is_closed_by_session_end=is_left_open & pl.col("session_ended_at").is_not_null())
        .with_columns(
            closed_at=pl.when("is_closed_by_session_end").then("session_ended_at").when(is_done).then("terminal_at")
        )
        .sort("session_id", "offered_position", "work_id")
        .with_columns(is_first_work=pl.int_range(pl.len()).over("session_id") == 0)
    )
    views = visits.lazy().select(
        "agent_id", "session_id", "started_at",
        until_at=pl.col("ended_at").fill_null(pl.max_horizontal("started_at", as_of)),
    )  # fmt: skip
    key = ["conversation_id", "work_id"]
    attended = (
        concluded.join(views, on=["agent_id", "session_id"])
        .filter(
            pl.col("closed_at") > pl.col("started_at"),
            pl.col("accepted_at") < pl.col("until_at"),
            pl.col("closed_at") >= pl.col("accepted_at"),
        )
        .group_by(key)
        .agg(
            active_ms=(pl.min_horizontal("until_at", "closed_at") - pl.max_horizontal("started_at", "accepted_at"))
            .dt.total_milliseconds()
            .sum()
        )
    )
    open_status = {
        "closed": pl.col("is_closed_by_session_end"),
        "opened": pl.col("accepted_at").is_not_null(),
        "assigned": pl.col("assigned_at").is_not_null(),
        "requested": pl.lit(True),
    }
    last_status = (
        pl.col("terminal_type").str.strip_prefix("work_").replace("push_timed_out", "declined_on_push_timeout")
    )
    return concluded.join(attended, on=key, how="left").with_columns(
        status=pl.coalesce(last_status, first_true(open_status)),
        held_from=pl.coalesce("accepted_at", "assigned_at"),
        speed_to_answer_seconds=seconds_onward("requested_at", "accepted_at"),
        work_handle_seconds=seconds_onward("accepted_at", "closed_at"),
        after_work_seconds=seconds_onward("after_work_started_at", "closed_at"),
        active_seconds=pl.when(pl.col("closed_at") >= pl.col("accepted_at")).then(
            pl.col("active_ms").fill_null(0) / 1000
        ),
    )


# Sessions, and their six metrics --------------------------------------------------------------------------------------


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


# Visits: opens and acts of one agent in one conversation, until something else or a quarter of an hour ----------------


def pair_visits(events: pl.DataFrame, presence: pl.DataFrame, as_of: pl.Expr) -> pl.DataFrame:
    """Unbroken stretches of an agent's focus on one conversation."""
    acts = (
        events.lazy()
        .filter(pl.col("actor_type") == "agent", pl.col("focus_effect").is_not_null())
        .select(
            "conversation_id", "session_id", "event_id", "occurred_at", "sort_rank",
            agent_id="actor_id", is_focus=pl.col("focus_effect") != "ends", is_message=is_type("message_sent"),
        )
    )  # fmt: skip
    leaves = (
        presence.lazy()
        .filter(pl.col("status").is_in(["away", "offline"]))
        .select("event_id", "occurred_at", "agent_id", sort_rank=pl.lit(90, pl.Int64), is_focus=False, is_message=False)
    )
    focus = pl.when("is_focus").then("conversation_id")
    conversation, at = pl.col("conversation_id"), pl.col("occurred_at")
    goes_on_before = (pl.col("previous_focus") == conversation) & (at <= pl.col("previous_at") + FOCUS_IDLE)
    limit = pl.col("last_at") + FOCUS_IDLE
    return (
        pl.concat([acts, leaves], how="diagonal")
        .sort("agent_id", "occurred_at", "sort_rank", "event_id")
        .with_columns(latest_focus=focus.forward_fill().over("agent_id"))
        .filter(pl.col("is_focus") | conversation.is_null() | (conversation == pl.col("latest_focus")))
        .with_columns(
            previous_focus=focus.shift().over("agent_id"),
            previous_at=at.shift().over("agent_id"),
            next_at=at.shift(-1).over("agent_id"),
        )
        .filter("is_focus")
        .with_columns(visit=(~goes_on_before.fill_null(False)).cum_sum())
        .group_by("visit", maintain_order=True)
        .agg(
            pl.col("agent_id", "conversation_id", "session_id").first(),
            pl.col("next_at").last(),
            visit_id=pl.col("event_id").first(),
            started_at=at.first(),
            last_at=at.last(),
            message_count=pl.col("is_message").sum().cast(pl.Int64),
        )
        .with_columns(is_idle_capped=pl.col("next_at").fill_null(as_of) > limit)
        .with_columns(ended_at=pl.when("is_idle_capped").then(limit).otherwise("next_at"))
        .with_columns(
            is_handled=pl.col("message_count") > 0,
            idle_tail_seconds=pl.when("is_idle_capped").then(900.0).otherwise(0.0),
            visit_seconds=seconds_between("started_at", "ended_at"),
        )
        .drop("visit", "last_at", "next_at")
        .collect()
    )


# Metrics by channel and day -------------------------------------------------------------------------------------------


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


# All of it ------------------------------------------------------------------------------------------------------------


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
    work = with_team(
        tell_work(works, facts["fct_messaging_sessions"], visits, as_of), teams, pl.col("agent_id"), "held_from"
    ).with_columns(team_id=pl.coalesce("named_team_id", "team_id"))
    facts["fct_agent_work"] = work.select(
        "conversation_id", "work_id", "session_id", "agent_id", "team_id", "requested_at", "assigned_at",
        "accepted_at", "closed_at", "status", "capacity_weight", "is_first_work", "is_closed_by_session_end",
        "speed_to_answer_seconds", "work_handle_seconds", "after_work_seconds", "active_seconds",
    ).collect()  # fmt: skip
    worked = {**facts, "fct_agent_work": in_context(facts["fct_agent_work"].lazy()).collect()}
    facts["metrics_by_channel_and_day"] = count_by_channel_and_day(worked, raw).collect()
    return facts


def main(raw: Path, folder: Path) -> None:
    """Write each fact as a Parquet file."""
    for name, frame in compute(raw).items():
        frame.write_parquet(folder / f"{name}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
