"""The timeline: one sweep cuts an agent's presence, visits, teams and open work into segments."""

from typing import Any

import narwhals as nw

# Marks a boundary at which nothing begins: smaller than every id, so that of two at one instant the beginning wins.
NOTHING = ""

KEYS = ("presence_event_id", "visit_id", "team_id")
COUNTS = ("open_work_count", "open_work_thousandths", "test_work_count", "test_work_thousandths")


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
    spans = (
        nw.concat([frame.select("agent_id", "started_ms", "ended_ms") for frame in (presence, visits, works)])
        .group_by("agent_id")
        .agg(nw.col("started_ms").min().alias("first_ms"), nw.col("ended_ms").max().alias("last_ms"))
    )
    memberships = (
        teams.join(spans, on="agent_id")
        .with_columns(
            started_ms=nw.max_horizontal("started_ms", "first_ms"),
            ended_ms=nw.min_horizontal("ended_ms", "last_ms"),
        )
        .filter(nw.col("ended_ms") > nw.col("started_ms"))
    )
    boundaries = nw.concat(
        [
            *_boundaries(presence, "presence_event_id"),
            *_boundaries(visits, "visit_id"),
            *_boundaries(memberships, "team_id"),
            _loads(works),
        ]
    )

    def ordered(expression: nw.Expr) -> nw.Expr:
        return expression.over("agent_id", order_by=("at_ms", "begins"))

    # Of an instant's boundaries the last knows all of them.
    segments = boundaries.with_columns(
        ordered(nw.col("at_ms").shift(-1)).alias("ended_ms"),
        *(ordered(nw.col(mark).fill_null(strategy="forward")).alias(mark) for mark in (*KEYS, *COUNTS)),
    ).filter(nw.col("ended_ms") > nw.col("at_ms"))
    return segments.select(
        "agent_id",
        nw.col("at_ms").alias("started_ms"),
        "ended_ms",
        *(nw.when(nw.col(key) != NOTHING).then(nw.col(key)).alias(key) for key in KEYS),
        *(nw.col(count).fill_null(0).alias(count) for count in COUNTS),
    )


def _closed_at_as_of(intervals: nw.LazyFrame[Any], build: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Let what is open run to `as_of`; what began later, by a clock ahead of ours, has no length."""
    return intervals.join(build.select("as_of_ms"), how="cross").with_columns(
        ended_ms=nw.when(nw.col("ended_ms").is_null())
        .then(nw.max_horizontal("as_of_ms", "started_ms"))
        .otherwise(nw.col("ended_ms"))
    )


def _marks(**given: nw.Expr) -> list[nw.Expr]:
    """Return what changes at a boundary, in one order of columns: null is no change."""
    unchanged = {
        **{key: nw.lit(None, dtype=nw.String) for key in KEYS},
        **{count: nw.lit(None, dtype=nw.Int64) for count in COUNTS},
    }
    return [mark.alias(name) for name, mark in (unchanged | given).items()]


def _boundaries(intervals: nw.LazyFrame[Any], key: str) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Return where the intervals begin and where they end; at the bounds of one without length nothing changes."""
    has_length = nw.col("ended_ms") > nw.col("started_ms")

    def at(moment: str, begins: bool, mark: nw.Expr) -> nw.LazyFrame[Any]:
        return intervals.select(
            "agent_id",
            nw.col(moment).alias("at_ms"),
            nw.lit(begins).alias("begins"),
            *_marks(**{key: nw.when(has_length).then(mark)}),
        )

    return at("started_ms", True, nw.col(key)), at("ended_ms", False, nw.lit(NOTHING))


def _loads(works: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sum the open work at each instant at which it changes: of all boundaries these are few."""

    def at(moment: str, sign: int) -> nw.LazyFrame[Any]:
        change = nw.lit(sign, dtype=nw.Int64)
        weight = change * nw.col("weight_thousandths")
        nothing = nw.lit(0, dtype=nw.Int64)
        is_test = nw.when("is_test_channel")
        return works.select(
            "agent_id",
            nw.col(moment).alias("at_ms"),
            change.alias("open_work_count"),
            weight.alias("open_work_thousandths"),
            is_test.then(change).otherwise(nothing).alias("test_work_count"),
            is_test.then(weight).otherwise(nothing).alias("test_work_thousandths"),
        )

    changes = nw.concat([at("started_ms", 1), at("ended_ms", -1)]).group_by("agent_id", "at_ms")
    return changes.agg(*(nw.col(count).sum() for count in COUNTS)).select(
        "agent_id",
        "at_ms",
        nw.lit(True).alias("begins"),
        *_marks(**{c: nw.col(c).cum_sum().over("agent_id", order_by="at_ms").cast(nw.Int64) for c in COUNTS}),
    )
