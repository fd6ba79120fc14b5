"""Where the time of agents goes: work, visits, presence and the timeline of all three."""

from __future__ import annotations

import polars as pl
from benchmarks.dataframes_polars.columns import filled, first_true, is_type, seconds_between, seconds_onward

TERMINAL = ("work_declined", "work_push_timed_out", "work_canceled", "work_transferred", "work_closed")
FOCUS_IDLE = pl.duration(minutes=15, time_unit="ms")
PRESENCE_STALE = pl.duration(hours=24, time_unit="ms")


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


def hold_presence(events: pl.DataFrame, presence: pl.DataFrame, as_of: pl.Expr) -> pl.DataFrame:
    """Intervals of presence; what an agent is who has been silent for a day is unknown until the next change."""
    # Within a day there is no silence longer than one, so its first and last event stand for all.
    days = (
        events.lazy()
        .filter(pl.col("actor_type") == "agent")
        .group_by(pl.col("occurred_at").dt.date().alias("day"), agent_id="actor_id")
        .agg(first=pl.col("occurred_at").min(), last=pl.col("occurred_at").max())
    )
    signs = pl.concat(
        [
            presence.lazy().select("agent_id", "occurred_at", "event_id", "status", "capacity"),
            days.select("agent_id", occurred_at="first"),
            days.select("agent_id", occurred_at="last"),
        ],
        how="diagonal",
    )
    at = pl.col("occurred_at")
    intervals = (
        signs.sort("agent_id", "occurred_at", "event_id", nulls_last=True)
        .with_columns(
            is_silent=at.shift(-1).over("agent_id").fill_null(as_of) > at + PRESENCE_STALE,
            change=pl.col("event_id").is_not_null().cast(pl.Int64).cum_sum().over("agent_id"),
        )
        .filter(pl.col("change") > 0)
        .group_by("agent_id", "change", maintain_order=True)
        .agg(
            pl.col("status", "capacity").first(),
            presence_event_id=pl.col("event_id").first(),
            started_at=at.first(),
            silent_at=at.filter("is_silent").first() + PRESENCE_STALE,
        )
        .with_columns(
            stale_at=pl.when(pl.col("status") != "offline").then("silent_at"),
            next_at=pl.col("started_at").shift(-1).over("agent_id"),
        )
    )
    columns = ["agent_id", "status", "started_at", "ended_at", "capacity", "presence_event_id"]
    known = intervals.with_columns(ended_at=pl.coalesce("stale_at", "next_at"))
    unknown = intervals.filter(pl.col("stale_at").is_not_null()).with_columns(
        status=pl.lit("unknown"), started_at="stale_at", ended_at="next_at", capacity=pl.lit(None, pl.Float64)
    )
    return pl.concat([known.select(columns), unknown.select(columns)]).collect()


def add_up_loads(works: pl.LazyFrame) -> pl.LazyFrame:
    """How much work each agent has from each moment on, where that changes."""
    agent, weight = pl.col("agent_id"), pl.min_horizontal("capacity_weight", 1_000_000)
    load = {"work": pl.lit(1, pl.Int64), "thousandths": (weight * 1000).round().cast(pl.Int64)}
    begun = works.select(agent, moment="accepted_at", **load)
    done = works.select(agent, moment="until_at", **{name: -amount for name, amount in load.items()})
    return (
        pl.concat([begun, done])
        .group_by("agent_id", "moment")
        .agg(pl.col("work", "thousandths").sum())
        .sort("agent_id", "moment")
        .with_columns(pl.col("work", "thousandths").cum_sum().over("agent_id"))
    )


def sweep_timelines(
    presence: pl.DataFrame, visits: pl.DataFrame, works: pl.DataFrame, teams: pl.DataFrame, as_of: pl.Expr
) -> pl.LazyFrame:
    """Segments of an agent's time in which nothing changes: presence, focus, team and open work."""

    def until(name: str) -> pl.Expr:
        return pl.coalesce(pl.col(name), pl.max_horizontal("started_at", as_of))

    presences = presence.lazy().with_columns(until_at=until("ended_at"))
    viewed = visits.lazy().with_columns(until_at=until("ended_at"))
    open_works = (
        works.lazy()
        .with_columns(started_at="accepted_at")
        .with_columns(until_at=pl.coalesce(pl.col("terminal_at"), until("session_ended_at")))
        .filter(pl.col("until_at") > pl.col("accepted_at"), pl.col("agent_id").is_not_null())
    )
    span = ["agent_id", "started_at", "until_at"]
    spans = (
        pl.concat([each.select(span) for each in (presences, viewed, open_works)])
        .group_by("agent_id")
        .agg(pl.col("started_at").min(), pl.col("until_at").max())
    )
    members = (
        teams.lazy()
        .with_columns(until=pl.col("since").shift(-1).over("agent_id"))
        .filter(pl.col("team_id").is_not_null())
        .join(spans, on="agent_id")
        .with_columns(
            started_at=pl.max_horizontal("since", "started_at"), until_at=pl.min_horizontal("until", "until_at")
        )
        .filter(pl.col("until_at") > pl.col("started_at"))
    )

    def edges(intervals: pl.LazyFrame, **marks: pl.Expr) -> list[pl.LazyFrame]:
        """Where intervals begin and end; one without length marks nothing, an end marks that there is nothing."""
        lasts = pl.col("until_at") > pl.col("started_at")
        begin = {name: pl.when(lasts).then(mark) for name, mark in marks.items()}
        nothing = {"status": "", "capacity": -1.0, "conversation_id": "", "is_handled": False, "team_id": ""}
        end = {name: pl.when(lasts).then(pl.lit(nothing[name])) for name in marks}
        return [
            intervals.select("agent_id", moment="started_at", is_start=True, **begin),
            intervals.select("agent_id", moment="until_at", is_start=False, **end),
        ]

    col = pl.col
    boundaries = pl.concat(
        [
            *edges(presences, status=col("status"), capacity=col("capacity").fill_null(-1)),
            *edges(viewed, conversation_id=col("conversation_id"), is_handled=col("message_count") > 0),
            *edges(members, team_id=col("team_id")),
            add_up_loads(open_works).with_columns(is_start=True),
        ],
        how="diagonal",
    )
    marks = ["status", "capacity", "conversation_id", "is_handled", "team_id", "work", "thousandths"]
    status = filled("status")
    return (
        boundaries.sort("agent_id", "moment", "is_start")
        .with_columns(
            pl.col(marks).forward_fill().over("agent_id"), ended_at=pl.col("moment").shift(-1).over("agent_id")
        )
        .filter(pl.col("ended_at") > pl.col("moment"))
        .select(
            "agent_id",
            "ended_at",
            status,
            filled("conversation_id"),
            filled("team_id"),
            pl.col("is_handled").fill_null(False),
            started_at="moment",
            is_online=status.is_in(["available", "busy", "away"]),
            is_available=status == "available",
            open_work_count=pl.col("work").fill_null(0),
            open_work_weight=pl.col("thousandths").fill_null(0) / 1000,
            capacity=pl.when(pl.col("capacity") >= 0).then("capacity"),
        )
    )
