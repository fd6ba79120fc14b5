"""The timeline: one sweep cuts an agent's presence, visits, teams and open work into segments."""

from typing import Any

import narwhals as nw

# Marks a boundary at which nothing begins: smaller than every id, so that of two at one instant the beginning wins.
NOTHING = ""


@nw.narwhalify
def sweep_timeline(
    presence: nw.LazyFrame[Any],
    visits: nw.LazyFrame[Any],
    works: nw.LazyFrame[Any],
    teams: nw.LazyFrame[Any],
    build: nw.LazyFrame[Any],
) -> nw.LazyFrame[Any]:
    """Cut each agent's time at every instant at which something begins or ends.

    What is still open runs to `as_of`. Segments are gap-free from the agent's first to the last boundary of presence,
    visits and work; teams cut within that span and do not widen it. A visit or presence without length is a boundary
    and no segment; work without length is no open work.

    Args:
        presence: Grain: one presence interval. `agent_id`, `presence_event_id`, `started_ms`, `ended_ms`. Never
            overlapping.
        visits: Grain: one visit. `agent_id`, `visit_id`, `started_ms`, `ended_ms`. Never overlapping.
        works: Grain: one stretch of open work. `agent_id`, `started_ms`, `ended_ms`, `weight_thousandths` (of the load
            that it puts on the agent), `is_test_channel`. Overlapping as it will.
        teams: Grain: one stretch of membership. `agent_id`, `team_id`, `started_ms`, `ended_ms`. Never overlapping.
        build: One row: `as_of_ms`.

    Returns:
        Grain: one segment of an agent's time, longer than zero. `agent_id`, `started_ms`, `ended_ms`,
        `presence_event_id`, `visit_id` and `team_id` (null where there is none), `open_work_count`,
        `open_work_thousandths`, and what of both is on test channels: `test_work_count`, `test_work_thousandths`. Equal
        neighbours are not merged.

    Source: design, *Agent timeline, availability, utilisation*.
    """
    presence, visits, works = (_closed_at_as_of(frame, build) for frame in (presence, visits, works))
    works = works.filter(nw.col("ended_ms") > nw.col("started_ms"))
    lived = nw.concat(
        [
            *_boundaries(presence, presence_event_id="presence_event_id"),
            *_boundaries(visits, visit_id="visit_id"),
            *_boundaries(works, is_work=True),
        ]
    )
    spans = lived.group_by("agent_id").agg(
        nw.col("at_ms").min().alias("first_ms"), nw.col("at_ms").max().alias("last_ms")
    )
    memberships = (
        teams.join(spans, on="agent_id")
        .with_columns(
            started_ms=nw.max_horizontal("started_ms", "first_ms"),
            ended_ms=nw.min_horizontal("ended_ms", "last_ms"),
        )
        .filter(nw.col("ended_ms") > nw.col("started_ms"))
    )

    keys = ("presence_event_id", "visit_id", "team_id")
    counts = ("open_work_count", "open_work_thousandths", "test_work_count", "test_work_thousandths")
    boundaries = (
        nw.concat([lived, *_boundaries(memberships, team_id="team_id")])
        .group_by("agent_id", "at_ms")
        .agg(*(nw.col(key).max() for key in keys), *(nw.col(count).sum() for count in counts))
    )

    def ordered(expression: nw.Expr) -> nw.Expr:
        return expression.over("agent_id", order_by="at_ms")

    segments = boundaries.with_columns(
        nw.col("at_ms").alias("started_ms"),
        ordered(nw.col("at_ms").shift(-1)).alias("ended_ms"),
        *(ordered(nw.col(key).fill_null(strategy="forward")).alias(key) for key in keys),
        *(ordered(nw.col(count).cum_sum()).cast(nw.Int64).alias(count) for count in counts),
    ).filter(~nw.col("ended_ms").is_null())
    return segments.select(
        "agent_id", "started_ms", "ended_ms",
        *(nw.when(nw.col(key) != NOTHING).then(nw.col(key)).alias(key) for key in keys),
        *counts,
    )  # fmt: skip


def _closed_at_as_of(intervals: nw.LazyFrame[Any], build: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Let what is open run to `as_of`; what began later, by a clock ahead of ours, has no length."""
    return intervals.join(build.select("as_of_ms"), how="cross").with_columns(
        ended_ms=nw.when(nw.col("ended_ms").is_null())
        .then(nw.max_horizontal("as_of_ms", "started_ms"))
        .otherwise(nw.col("ended_ms"))
    )


def _boundaries(
    intervals: nw.LazyFrame[Any],
    *,
    presence_event_id: str | None = None,
    visit_id: str | None = None,
    team_id: str | None = None,
    is_work: bool = False,
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Return where the intervals begin and where they end, as what changes at that instant.

    One without length is a boundary at which nothing changes.
    """
    has_length = nw.col("ended_ms") > nw.col("started_ms")

    def at(moment: str, sign: int) -> nw.LazyFrame[Any]:
        def begun(column: str | None) -> nw.Expr:
            if column is None:
                return nw.lit(None, dtype=nw.String)
            return nw.when(has_length).then(nw.col(column) if sign > 0 else nw.lit(NOTHING))

        change = nw.lit(sign if is_work else 0, dtype=nw.Int64)
        weight = change * nw.col("weight_thousandths") if is_work else change
        is_test = nw.when("is_test_channel") if is_work else nw.when(nw.lit(False))
        return intervals.select(
            "agent_id",
            nw.col(moment).alias("at_ms"),
            begun(presence_event_id).alias("presence_event_id"),
            begun(visit_id).alias("visit_id"),
            begun(team_id).alias("team_id"),
            change.alias("open_work_count"),
            weight.alias("open_work_thousandths"),
            is_test.then(change).otherwise(nw.lit(0, dtype=nw.Int64)).alias("test_work_count"),
            is_test.then(weight).otherwise(nw.lit(0, dtype=nw.Int64)).alias("test_work_thousandths"),
        )

    return at("started_ms", 1), at("ended_ms", -1)
