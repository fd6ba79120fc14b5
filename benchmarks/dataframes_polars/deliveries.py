"""Raw files, read; deliveries, validated one by one, of which the first received wins.

A payload that is no JSON at all, and yet is in braces, stops the run: Polars decodes a column or none of it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from benchmarks.dataframes_polars.columns import MOMENT, filled, first_true, is_type

EVENT_TYPES = Path(__file__).resolve().parents[2] / "seeds" / "config" / "event_types.csv"
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
CLOCK_SKEW = pl.duration(seconds=300, time_unit="ms")
LATEST = pl.duration(days=400, time_unit="ms")


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
        .with_columns(pl.col("occurred_at", "received_at").dt.cast_time_unit("ms"), pl.col("capacity").cast(pl.Float64))
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
    return (
        moments.join(winners, on=["agent_id", "since"], how="left")
        .sort("since")
        .filter(pl.col("team_id").ne_missing(pl.col("team_id").shift().over("agent_id")))
        .collect()
    )


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
