"""Visits: the stretches in which an agent really had one conversation in focus."""

from typing import Any

import narwhals as nw

TOTAL_ORDER = ("occurred_ms", "sort_rank", "event_id")


@nw.narwhalify
def assign_focus(events: nw.LazyFrame[Any], *, idle_ms: int) -> nw.LazyFrame[Any]:
    """Assign each open or act of an agent to the visit that it is part of.

    An agent has at most one conversation in focus. What opens or acts puts its conversation in focus; what ends takes
    it out, and is as if it had not happened unless its conversation is that of the agent's latest open or act. Focus
    lasts until the agent's next event here, but never longer than `idle_ms`; exactly that long is unbroken.

    Args:
        events: Grain: one event that bears on an agent's focus. `agent_id`; `conversation_id`, null for presence that
            takes any conversation out; `session_id`; `event_id`; `occurred_ms`; `sort_rank`; `is_focus` (true: opens or
            acts, false: ends); `is_message` (true for a message that the agent sent). In any order.
        idle_ms: How long focus lasts without another event, in milliseconds.

    Returns:
        Grain: one open or act. The columns of `events`, and `visit_id` (the event id of the visit's first event),
        `starts_visit`, `ends_visit`, `next_ms` and `next_event_id` (the agent's next event here, null where none has
        come yet).

    Raises:
        narwhals.exceptions.ColumnNotFoundError: A column is missing (or the engine's own error, once it runs).

    Source: design, *Handle time (focus): the visit*.
    """

    def ordered(expression: nw.Expr) -> nw.Expr:
        return expression.over("agent_id", order_by=TOTAL_ORDER)

    latest_focus = nw.when("is_focus").then(nw.col("conversation_id")).otherwise(None).fill_null(strategy="forward")
    cutting = events.with_columns(latest_conversation_id=ordered(latest_focus)).filter(
        nw.col("is_focus")
        | nw.col("conversation_id").is_null()
        | (nw.col("conversation_id") == nw.col("latest_conversation_id"))
    )

    neighbours = cutting.with_columns(
        in_focus=nw.when("is_focus").then(nw.col("conversation_id")),
    ).with_columns(
        previous_focus=ordered(nw.col("in_focus").shift(1)),
        previous_ms=ordered(nw.col("occurred_ms").shift(1)),
        next_focus=ordered(nw.col("in_focus").shift(-1)),
        next_ms=ordered(nw.col("occurred_ms").shift(-1)),
        next_event_id=ordered(nw.col("event_id").shift(-1)),
    )

    def continues(from_ms: str, to_ms: str, other: str) -> nw.Expr:
        is_unbroken = (nw.col(other) == nw.col("conversation_id")) & (nw.col(to_ms) - nw.col(from_ms) <= idle_ms)
        return is_unbroken.fill_null(False)

    delimited = neighbours.filter("is_focus").with_columns(
        starts_visit=~continues("previous_ms", "occurred_ms", "previous_focus"),
        ends_visit=~continues("occurred_ms", "next_ms", "next_focus"),
    )
    return delimited.with_columns(
        visit_id=ordered(nw.when("starts_visit").then(nw.col("event_id")).fill_null(strategy="forward"))
    ).drop("latest_conversation_id", "in_focus", "previous_focus", "previous_ms", "next_focus")


@nw.narwhalify
def pair_visits(focus: nw.LazyFrame[Any], build: nw.LazyFrame[Any], *, idle_ms: int) -> nw.LazyFrame[Any]:
    """Pair the opens and acts of each visit into one interval.

    A visit ends with the agent's next event, where that comes within `idle_ms` of the visit's last open or act; else it
    is cut there (`is_idle_capped`). Without a next event it is open until the limit has passed at `as_of`.

    Args:
        focus: What `assign_focus` returns.
        build: One row: `as_of_ms`, the moment to speak for.
        idle_ms: As for `assign_focus`.

    Returns:
        Grain: one visit. `visit_id`, `agent_id`, `conversation_id`, `session_id` (that of the first event),
        `last_event_id` (the last open or act), `ended_event_id` (what took the conversation out of focus; null where
        the limit did, or nothing yet), `started_ms`, `ended_ms` (null while open), `event_count`, `message_count`,
        `is_handled` (it has a message), `is_idle_capped`. Visits of length zero exist.

    Source: design, *Handle time (focus): the visit*.
    """

    def the_one(expression: nw.Expr) -> nw.Expr:
        """Return what all rows of a visit have, or one of them has: found with less work than the greatest."""
        return expression.any_value(ignore_nulls=True)

    starts, ends = nw.when("starts_visit"), nw.when("ends_visit")
    visits = focus.group_by("visit_id").agg(
        the_one(nw.col("agent_id")),
        the_one(nw.col("conversation_id")),
        the_one(starts.then(nw.col("session_id"))).alias("session_id"),
        the_one(ends.then(nw.col("event_id"))).alias("last_event_id"),
        the_one(ends.then(nw.col("next_event_id"))).alias("next_event_id"),
        nw.col("occurred_ms").min().alias("started_ms"),
        nw.col("occurred_ms").max().alias("last_ms"),
        the_one(ends.then(nw.col("next_ms"))).alias("next_ms"),
        nw.len().cast(nw.Int64).alias("event_count"),
        nw.when("is_message").then(nw.lit(1)).otherwise(0).sum().cast(nw.Int64).alias("message_count"),
    )
    limit_ms = nw.col("last_ms") + idle_ms
    judged = visits.join(build.select("as_of_ms"), how="cross").with_columns(
        is_handled=nw.col("message_count") > 0,
        is_idle_capped=(nw.coalesce("next_ms", "as_of_ms") > limit_ms).fill_null(False),
    )
    return judged.with_columns(
        ended_ms=nw.when("is_idle_capped").then(limit_ms).otherwise(nw.col("next_ms")),
        ended_event_id=nw.when(~nw.col("is_idle_capped")).then(nw.col("next_event_id")),
    ).select(
        "visit_id", "agent_id", "conversation_id", "session_id", "last_event_id", "ended_event_id", "started_ms",
        "ended_ms", "event_count", "message_count", "is_handled", "is_idle_capped",
    )  # fmt: skip
