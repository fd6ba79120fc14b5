"""Presence: the stretches in which an agent had one status, and those in which nobody knows any more."""

from typing import Any

import narwhals as nw

# What is known of an agent whose log-out was lost. A finding of the warehouse and not a status that a platform sends.
UNKNOWN_STATUS = "unknown"


@nw.narwhalify
def pair_presence(
    presence: nw.LazyFrame[Any], activity: nw.LazyFrame[Any], build: nw.LazyFrame[Any], *, stale_ms: int
) -> nw.LazyFrame[Any]:
    """Pair each presence event with the agent's next one, and cut off what has gone stale.

    A status lasts until the agent's next presence event. One that is online is `unknown` from `stale_ms` after the
    first event of the agent, of any kind, that more than `stale_ms` of silence follow, until the next presence event:
    whatever the agent does in between, a lost log-out must not make anybody available for days.

    Args:
        presence: Grain: one presence event. `event_id`, `agent_id`, `status`, `occurred_ms`, `is_online`.
        activity: Grain: one event by an agent in a conversation. `agent_id`, `occurred_ms`.
        build: One row: `as_of_ms`, at which the last silence is measured.
        stale_ms: How long a silent agent is still believed to be there, in milliseconds; above 0.

    Returns:
        Grain: one presence interval. `presence_event_id` (the event that began it; an unknown stretch has that of the
        status that went stale), `agent_id`, `status`, `started_ms`, `ended_ms` (null while open), `is_unknown`.
        Intervals of length zero exist.

    Source: design, *Agent timeline, availability, utilisation*.
    """
    order = ("occurred_ms", "event_id")
    intervals = presence.with_columns(
        ended_ms=nw.col("occurred_ms").shift(-1).over("agent_id", order_by=order),
    )

    # No silence can hide within a stretch no longer than the limit, so of each only its first and last event matter.
    by_stretch = (
        activity.with_columns(stretch=nw.col("occurred_ms") // stale_ms)
        .group_by("agent_id", "stretch")
        .agg(nw.col("occurred_ms").min().alias("first_ms"), nw.col("occurred_ms").max().alias("last_ms"))
    )
    no_event = nw.lit(None, dtype=nw.String).alias("event_id")
    signs = nw.concat(
        [
            presence.select("agent_id", "occurred_ms", "event_id"),
            by_stretch.select("agent_id", nw.col("first_ms").alias("occurred_ms"), no_event),
            by_stretch.select("agent_id", nw.col("last_ms").alias("occurred_ms"), no_event),
        ]
    ).with_columns(
        next_ms=nw.col("occurred_ms").shift(-1).over("agent_id", order_by=order),
        presence_event_id=nw.col("event_id").fill_null(strategy="forward").over("agent_id", order_by=order),
    )
    silences = (
        signs.join(build.select("as_of_ms"), how="cross")
        .filter(
            ~nw.col("presence_event_id").is_null()
            & (nw.coalesce("next_ms", "as_of_ms") - nw.col("occurred_ms") > stale_ms)
        )
        .group_by("presence_event_id")
        .agg((nw.col("occurred_ms").min() + stale_ms).alias("stale_ms"))
    )

    judged = (
        intervals.rename({"event_id": "presence_event_id", "occurred_ms": "started_ms"})
        .join(silences, on="presence_event_id", how="left")
        .with_columns(stale_ms=nw.when("is_online").then(nw.col("stale_ms")))
    )
    columns = ("presence_event_id", "agent_id", "status", "started_ms", "ended_ms", "is_unknown")
    known = judged.with_columns(ended_ms=nw.coalesce("stale_ms", "ended_ms"), is_unknown=nw.lit(False))
    unknown = judged.filter(~nw.col("stale_ms").is_null()).with_columns(
        status=nw.lit(UNKNOWN_STATUS), started_ms=nw.col("stale_ms"), is_unknown=nw.lit(True)
    )
    return nw.concat([known.select(*columns), unknown.select(*columns)])
