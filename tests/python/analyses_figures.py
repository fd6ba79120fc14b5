"""For each analysis, figures out of its rows, and the same by hand or as the slow reference tells it.

A figure is a pair: what to take from the analysis's rows, and what it must be: a value that the demo's guide gives for
a conversation made by hand, or a function of `DemoTold`.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo_told import DemoTold, Rows

Figure = tuple[Callable[[Rows], Any], Any]
MARCH = date(2026, 3, 1)


def _contacts(told: DemoTold, messages: Rows) -> int:
    """Count the people behind messages; the system talks to nobody."""
    people = (told.session[m["session_id"]]["contact_key"] for m in messages if m["actor_type"] not in (None, "system"))
    return len(set(people))


def _proactive(messages: Rows) -> Rows:
    return messages.where(lambda message: message["is_proactive"] and message["actor_type"] != "end_user")


def _closed_conversations(told: DemoTold) -> int:
    closed = told.month("messaging_sessions", "closed_at", origin="inbound")
    return len(closed.where(lambda session: session["agent_message_count"] + session["bot_message_count"]))


def _handled_visits(told: DemoTold, **values: Any) -> Rows:
    visits = told.month("visits", "started_at", is_handled=True, **values)
    assert all(visit["ended_at"] is None or told.is_in_month(visit["ended_at"]) for visit in visits)
    return visits.where(lambda visit: visit["ended_at"] is not None)


def _efficiency(told: DemoTold, channel_id: str) -> list[float]:
    """Seconds served, of handling, and that one conversation at a time had taken, told visit by visit."""
    served, attended, handled = timedelta(), timedelta(), Decimal(0)
    for session in told.month("messaging_sessions", "closed_at", channel_id=channel_id):
        visits = told.all("visits", session_id=session["session_id"], is_handled=True)
        visits = visits.where(lambda visit: visit["ended_at"] is not None)
        if visits:
            served += max(visits.values("ended_at")) - session["started_at"]
            handled += visits.sum("visit_seconds")
            for agent_id in visits.count("agent_id"):
                own = visits.where(agent_id=agent_id)
                attended += max(own.values("ended_at")) - min(own.values("started_at"))
    return [served.total_seconds(), float(handled), attended.total_seconds()]


def _metric(told: DemoTold, metric_type: str) -> Rows:
    metrics = told.all("messaging_session_metrics", metric_type=metric_type)
    return metrics.where(lambda row: told.is_in_month(told.session[row["session_id"]]["started_at"]))


def _steps(told: DemoTold) -> dict[tuple[str, str | None], int]:
    """Count what follows what, walking through each session."""
    types: dict[str, list[str]] = {}
    for event in sorted(told.all("conversation_events"), key=lambda event: event["position_in_session"]):
        types.setdefault(event["session_id"], []).append(event["event_type"])
    steps: Counter[tuple[str, str | None]] = Counter()
    for session in told.month("messaging_sessions", "started_at"):
        own = types[session["session_id"]]
        steps.update(zip(own, [*own[1:], None], strict=True))
    return dict(steps)


def _promises(told: DemoTold, metric: str, channel_id: str) -> list[float]:
    """How many promises were kept, how many were decided, and the share."""
    promises = told.month("sla_outcomes", "started_at", metric=metric, channel_id=channel_id)
    decided = promises.where(lambda promise: promise["sla_status"] in ("met", "breached"))
    return [len(decided.where(is_met=True)), len(decided), decided.share(is_met=True)]


def _sentiment(told: DemoTold, channel_id: str) -> Rows:
    messages = told.month("messages", "sent_at", actor_type="end_user", channel_id=channel_id)
    return messages.where(lambda message: message["emoji_sentiment_score"] is not None)


def _is_reported(message: dict[str, Any]) -> bool:
    return any(message[receipt] is not None for receipt in ("delivered_at", "read_at", "failed_at"))


def _average(numbers: list[float]) -> float:
    return round(sum(numbers) / len(numbers), 9)


def _traced(rows: Rows, *columns: str) -> list[float]:
    """Return the numbers that a trace gives for these columns, event by event."""
    numbers = re.findall(r"(\w+_seconds) ([\d.]+)", " ".join(rows.values("concludes")))
    return [float(number) for column, number in numbers if column in columns]


FIGURES: dict[str, list[Figure]] = {
    "account_usage": [
        (
            lambda rows: rows.one("unique_contacts", period_type="quarter", period_start=date(2026, 1, 1)),
            lambda told: _contacts(told, told.all("messages")),
        ),
        (
            lambda rows: rows.where(period_type="week").sum("proactive_messages"),
            lambda told: len(_proactive(told.all("messages"))),
        ),
    ],
    "unique_monthly_contacts": [
        (
            lambda rows: rows.one("unique_contacts", month_start=MARCH, channel_id="(all)"),
            lambda told: _contacts(told, told.month("messages", "sent_at")),
        ),
        (
            lambda rows: rows.one("unique_contacts", month_start=MARCH, channel_id="web"),
            lambda told: _contacts(told, told.month("messages", "sent_at", channel_id="web")),
        ),
    ],
    "closed_conversations": [
        (lambda rows: rows.one("closed_conversations", channel_id="(all)"), _closed_conversations),
        (
            lambda rows: rows.where(lambda row: row["channel_id"] != "(all)").sum("closed_conversations"),
            _closed_conversations,
        ),
    ],
    "active_agents": [
        (
            lambda rows: rows.one("active_agents", week_start=date(2026, 3, 9)),
            lambda told: (
                told.all("messages", actor_type="agent")
                .where(lambda row: datetime(2026, 3, 9) <= row["sent_at"] < datetime(2026, 3, 16))
                .distinct("actor_id")
            ),
        ),
    ],
    "proactive_messages": [
        (
            lambda rows: rows.sum("proactive_messages"),
            lambda told: len(_proactive(told.month("messages", "sent_at"))),
        ),
        (
            lambda rows: rows.one("unique_contacts", channel_id="whatsapp", actor_type="agent"),
            lambda told: _contacts(
                told, _proactive(told.month("messages", "sent_at", channel_id="whatsapp", actor_type="agent"))
            ),
        ),
    ],
    "user_overview": [
        (
            lambda rows: rows.one("online_seconds", activity_date=date(2026, 3, 10), agent_id="agent-ana"),
            lambda told: told.all("agent_days", agent_id="agent-ana", activity_date=date(2026, 3, 10)).sum(
                "online_seconds"
            ),
        ),
        (
            lambda rows: rows.sum("agent_message_count"),
            lambda told: len(told.month("messages", "sent_at", actor_type="agent")),
        ),
        (
            lambda rows: rows.sum("accepted_work_count"),
            lambda told: len(told.month("agent_work", "accepted_at")),
        ),
    ],
    "handle_time_per_user": [
        (
            lambda rows: rows.one("handle_seconds", "handled_session_count", agent_id="agent-ana"),
            lambda told: [
                _handled_visits(told, agent_id="agent-ana").sum("visit_seconds"),
                _handled_visits(told, agent_id="agent-ana").distinct("session_id"),
            ],
        ),
        (
            lambda rows: rows.one("average_handle_seconds", agent_id="agent-karim"),
            lambda told: round(
                _handled_visits(told, agent_id="agent-karim").sum("visit_seconds")
                / _handled_visits(told, agent_id="agent-karim").distinct("session_id"),
                3,
            ),
        ),
    ],
    "handle_time_per_team": [
        (
            lambda rows: rows.sum("handle_seconds"),
            lambda told: told.month("agent_days", "activity_date").sum("handle_seconds"),
        ),
        (
            lambda rows: rows.one("handled_session_count", team_id="billing"),
            lambda told: _handled_visits(told, team_id="billing").distinct("session_id"),
        ),
    ],
    "handle_time_per_conversation": [
        (
            lambda rows: rows.one("agent_id", "visit_count", "handle_seconds", session_id="two-visits/1"),
            ["agent-ana", 2, 120],
        ),
        (lambda rows: rows.one("handle_seconds", session_id="transferred/1", agent_id="agent-hugo"), 115),
        (lambda rows: rows.one("handle_seconds", session_id="transferred/1", agent_id="agent-chloe"), 415),
        (lambda rows: rows.one("viewing_seconds", session_id="three-at-once-c/1"), 90),
        (lambda rows: rows.one("seconds_to_close", session_id="frt-within-hours/1"), 480),
        (lambda rows: rows.one("agent_id", session_id="bot-resolved/1"), None),
    ],
    "agent_availability": [
        (
            lambda rows: rows.one("unknown_seconds", agent_id="agent-greta"),
            # Stale from 2026-03-07 12:29:33.934 to 2026-03-09 07:57:10.787.
            Decimal("156456.853"),
        ),
        (
            lambda rows: rows.one("availability_rate", agent_id="agent-dev"),
            lambda told: told.month("agent_days", "activity_date", agent_id="agent-dev").ratio(
                "available_seconds", "online_seconds"
            ),
        ),
    ],
    "utilization": [
        (
            lambda rows: rows.one("utilisation_rate", "concurrency", agent_id="agent-ana"),
            lambda told: [
                told.month("agent_days", "activity_date", agent_id="agent-ana").ratio(*ratio)
                for ratio in (
                    ("handle_working_seconds", "working_seconds"), ("open_work_seconds", "occupied_seconds"),
                )
            ],
        ),
    ],
    "resolved_conversations_per_user": [
        (
            lambda rows: rows.one("resolution_count", "resolved_session_count", agent_id="agent-chloe"),
            lambda told: [
                len(told.month("resolutions", "resolved_at", resolved_by_agent_id="agent-chloe")),
                told.month("resolutions", "resolved_at", resolved_by_agent_id="agent-chloe").distinct("session_id"),
            ],
        ),
        (
            lambda rows: rows.one("resolution_count", resolved_by_type="bot"),
            lambda told: len(told.month("resolutions", "resolved_at", resolved_by_type="bot")),
        ),
    ],
    "resolved_conversations_per_team": [
        (
            lambda rows: rows.one("average_resolution_seconds", team_id="billing"),
            lambda told: told.month("resolutions", "resolved_at", team_id="billing").mean("resolution_seconds"),
        ),
        (lambda rows: rows.sum("resolution_count"), lambda told: len(told.month("resolutions", "resolved_at"))),
    ],
    "resolved_conversations_per_topic": [
        (
            lambda rows: rows.one("resolution_count", "p90_resolution_seconds", topic_id="delivery"),
            lambda told: [
                len(told.month("resolutions", "resolved_at", topic_id="delivery")),
                told.month("resolutions", "resolved_at", topic_id="delivery").percentile(90, "resolution_seconds"),
            ],
        ),
    ],
    "agent_efficiency": [
        (
            lambda rows: round(rows.one("carried_ratio", channel_id="whatsapp"), 9),
            lambda told: round(_efficiency(told, "whatsapp")[0] / _efficiency(told, "whatsapp")[1], 9),
        ),
        (
            lambda rows: float(rows.one("saved_sum_seconds", channel_id="sms")),
            lambda told: round(_efficiency(told, "sms")[2] - _efficiency(told, "sms")[1], 3),
        ),
    ],
    "average_first_response_time": [
        (
            lambda rows: [rows.sum("first_response_sum_seconds"), rows.sum("first_response_count")],
            lambda told: [
                told.month("messaging_sessions", "first_responded_at").sum("first_response_seconds"),
                len(told.month("messaging_sessions", "first_responded_at").values("first_response_seconds")),
            ],
        ),
        (
            # `unknown-agent`: who is in no team.
            lambda rows: rows.one("team_name", "first_response_count", "p50_first_response_seconds", team_id="(none)"),
            [None, 1, 118],
        ),
    ],
    "conversation_event_flow": [
        (
            lambda rows: {(row["event_type"], row["next_event_type"]): row["step_count"] for row in rows},
            _steps,
        ),
    ],
    "messages_agents_send_to_resolve": [
        (
            lambda rows: rows.one("covered_session_count", "session_metric_average", "session_metric_p50"),
            lambda told: [
                len(_metric(told, "agent_message_count")),
                _metric(told, "agent_message_count").mean("metric_value"),
                _metric(told, "agent_message_count").percentile(50, "metric_value"),
            ],
        ),
    ],
    "messages_end_users_send_before_a_session_ends": [
        (
            lambda rows: rows.one("session_metric_average", "session_metric_p90"),
            lambda told: [
                _metric(told, "end_user_message_count").mean("metric_value"),
                _metric(told, "end_user_message_count").percentile(90, "metric_value"),
            ],
        ),
    ],
    "seconds_until_agents_respond": [
        (
            lambda rows: rows.one("session_metric_average", "average_agent_response_seconds"),
            lambda told: [
                _metric(told, "average_agent_response_time").mean("metric_value"),
                told.month("responses", "responded_at", responder_type="agent").mean("response_seconds"),
            ],
        ),
    ],
    "longest_wait_for_a_response": [
        (
            lambda rows: rows.one("max_agent_response_seconds", "max_wait_seconds", session_id="over-a-holiday/1"),
            [74_400, 141_000],
        ),
        (
            lambda rows: rows[0]["max_agent_response_seconds"],
            lambda told: max(_metric(told, "max_agent_response_time").values("metric_value")),
        ),
    ],
    "sessions_ended_by_agents_versus_end_users": [
        (
            lambda rows: {row["ended_by_type"]: row["ended_session_count"] for row in rows},
            lambda told: told.month("messaging_sessions", "started_at").count("ended_by_type"),
        ),
        (
            lambda rows: rows.one("share_of_ended_rate", ended_by_type="end_user"),
            lambda told: told.month("messaging_sessions", "started_at")
            .where(lambda session: session["ended_at"])
            .share(ended_by_type="end_user"),
        ),
    ],
    "typical_session_length": [
        (
            lambda rows: rows.one("p50_work_handle_seconds", "average_active_seconds", channel_id="app"),
            lambda told: [
                told.month("agent_work", "closed_at", channel_id="app").percentile(50, "work_handle_seconds"),
                told.month("agent_work", "closed_at", channel_id="app").mean("active_seconds"),
            ],
        ),
        (
            lambda rows: rows.one("average_session_duration_seconds", channel_id="web"),
            lambda told: told.month("messaging_sessions", "started_at", channel_id="web").mean("duration_seconds"),
        ),
    ],
    "sessions_resolved_by_a_bot_alone": [
        (
            lambda rows: rows.one("bot_resolved_rate", channel_id="(all)"),
            lambda told: told.month("messaging_sessions", "closed_at").share(agent_type="bot"),
        ),
    ],
    "time_to_accept_new_sessions": [
        (
            lambda rows: rows.where(work_reason="first").sum("accepted_work_count"),
            lambda told: len(told.month("agent_work", "accepted_at", is_first_work=True)),
        ),
        (
            lambda rows: rows.one("average_speed_to_answer_seconds", work_reason="first", team_id="billing"),
            lambda told: told.month("agent_work", "accepted_at", is_first_work=True, team_id="billing").mean(
                "speed_to_answer_seconds"
            ),
        ),
    ],
    "channel_types_by_traffic": [
        (
            lambda rows: rows.one("session_count", "message_count", channel_type="web_chat"),
            lambda told: [
                len(told.month("messaging_sessions", "started_at", channel_id="web")),
                len(told.month("messages", "sent_at", channel_id="web")),
            ],
        ),
    ],
    "channels_by_traffic": [
        (
            lambda rows: {row["channel_id"]: row["session_count"] for row in rows},
            lambda told: told.month("messaging_sessions", "started_at").count("channel_id"),
        ),
        (
            lambda rows: rows.one("message_count", channel_id="sms"),
            lambda told: len(told.month("messages", "sent_at", channel_id="sms")),
        ),
    ],
    "sessions_across_channels": [
        (
            lambda rows: rows.one("status", "ended_at", session_id="exactly-24h/1"),
            ["ended", datetime(2026, 3, 14, 12, 26)],
        ),
        (lambda rows: rows.one("status", "ended_at", session_id="waiting-at-as-of/1"), ["waiting", None]),
        (len, lambda told: len(told.month("messaging_sessions", "started_at"))),
    ],
    "first_response_time": [
        (
            lambda rows: rows.one("p50_first_response_seconds", "average_first_response_seconds", channel_id="web"),
            lambda told: [
                told.month("messaging_sessions", "first_responded_at", channel_id="web").percentile(
                    50, "first_response_seconds"
                ),
                told.month("messaging_sessions", "first_responded_at", channel_id="web").mean("first_response_seconds"),
            ],
        ),
        # `night-shift` and `night-across-dst`: 5 minutes, and 7 hours and 10 minutes, of the night shift's hours.
        (
            lambda rows: rows.one("average_first_response_business_seconds", channel_id="line"),
            (300 + 25_800) / 2,
        ),
        (
            lambda rows: rows.one("sla_met_count", "sla_decided_count", "sla_attainment_rate", channel_id="whatsapp"),
            lambda told: _promises(told, "first_response", "whatsapp"),
        ),
    ],
    "conversation_response_time": [
        (
            lambda rows: rows.one("average_agent_wait_seconds", "p90_agent_response_seconds", channel_id="app"),
            lambda told: [
                told.month("responses", "responded_at", responder_type="agent", channel_id="app").mean("wait_seconds"),
                told.month("responses", "responded_at", responder_type="agent", channel_id="app").percentile(
                    90, "response_seconds"
                ),
            ],
        ),
        (
            lambda rows: rows.one("sla_met_count", "sla_decided_count", "sla_attainment_rate", channel_id="web"),
            lambda told: _promises(told, "next_response", "web"),
        ),
    ],
    "csat_insights": [
        (
            lambda rows: [rows.sum("requested_survey_count"), rows.sum("answered_request_count")],
            lambda told: [
                len(told.month("csat_responses", "requested_at")),
                len(told.month("csat_responses", "requested_at").values("responded_at")),
            ],
        ),
        (
            lambda rows: rows.one("valid_survey_count", "csat_rate", agent_id="agent-ana", team_id="support"),
            lambda told: [
                len(told.month("csat_responses", "responded_at", agent_id="agent-ana", is_valid=True)),
                told.month("csat_responses", "responded_at", agent_id="agent-ana", is_valid=True).share(
                    is_satisfied=True
                ),
            ],
        ),
        # `csat-invalid-score`: 10 of 5.
        (lambda rows: rows.sum("invalid_survey_count"), 1),
    ],
    "resolution_time": [
        (
            lambda rows: rows.one("first_resolution_count", "p50_first_resolution_seconds", channel_id="whatsapp"),
            lambda told: [
                len(told.month("messaging_sessions", "first_resolved_at", channel_id="whatsapp")),
                told.month("messaging_sessions", "first_resolved_at", channel_id="whatsapp").percentile(
                    50, "first_resolution_seconds"
                ),
            ],
        ),
        (
            lambda rows: rows.one("average_last_resolution_seconds", channel_id="app"),
            lambda told: told.month("messaging_sessions", "last_resolved_at", channel_id="app").mean(
                "resolution_seconds"
            ),
        ),
    ],
    "emoji_sentiment": [
        (
            lambda rows: round(rows.one("message_sentiment_average", channel_id="web"), 9),
            lambda told: _average(_sentiment(told, "web").values("emoji_sentiment_score")),
        ),
        (
            lambda rows: rows.one("negative_message_rate", channel_id="whatsapp"),
            lambda told: _sentiment(told, "whatsapp").share(
                lambda message: round(message["emoji_sentiment_score"], 9) < -0.1
            ),
        ),
        (
            lambda rows: round(rows.one("sentiment_shift_average", channel_id="app"), 9),
            lambda told: _average(
                told.month("messaging_sessions", "started_at", channel_id="app").values("emoji_sentiment_shift")
            ),
        ),
    ],
    "online_users_in_real_time": [
        (
            lambda rows: [
                rows.one("status", "status_since_at", agent_id=agent_id)
                for agent_id in ("agent-femi", "agent-ana", "agent-dev")
            ],
            [
                ["busy", datetime(2026, 3, 15, 19, 59, 58, 900_000)],
                ["available", datetime(2026, 3, 15, 18, 53, 33, 907_000)],
                ["away", datetime(2026, 3, 15, 19, 47, 48, 31_000)],
            ],
        ),
        (
            lambda rows: set(rows.count("agent_id")),
            lambda told: set(told.all("agent_presence", ended_at=None, is_online=True).count("agent_id")),
        ),
    ],
    "owned_conversations_of_a_user": [
        # The customer of the first has waited for 28 minutes, since 19:32.
        (
            lambda rows: rows.one("status", "waiting_seconds", session_id="answer-due-at-as-of/1"),
            ["waiting", 1_680],
        ),
        (
            lambda rows: set(zip(rows.values("agent_id"), rows.values("session_id"), strict=True)),
            lambda told: {
                (work["agent_id"], work["session_id"])
                for work in told.all("agent_work", closed_at=None, status="opened")
            },
        ),
    ],
    "messages_of_a_conversation": [
        (
            lambda rows: [
                row["sent_at"].time().isoformat("minutes")
                for row in rows.where(conversation_id="answer-due-at-as-of")
            ],
            ["18:50", "18:52", "19:32", "19:36"],
        ),
        (
            lambda rows: rows.where(conversation_id="answer-due-at-as-of").values("message_text"),
            lambda told: [
                row["message_text"]
                for row in sorted(
                    told.all("messages", session_id="answer-due-at-as-of/1"), key=lambda message: message["sent_at"]
                )
            ],
        ),
        (
            lambda rows: rows.count("session_id"),
            lambda told: (
                told.all("messages", is_orphan=False)
                .where(lambda message: told.session[message["session_id"]]["ended_at"] is None)
                .count("session_id")
            ),
        ),
    ],
    "data_exports": [
        (
            lambda rows: [
                rows.one("row_count", export=f"exp_{name}") for name in ("messages", "response_times", "users")
            ],
            lambda told: [
                len(told.all("messages")), len(told.all("responses")),
                len({row["agent_id"] for row in told.raw.agents} | {"agent-zoe"}),
            ],
        ),
        (
            lambda rows: sum(
                rows.one("row_count", export=f"exp_{kind}_conversations") for kind in ("open", "resolved", "unresolved")
            ),
            lambda told: len(told.all("messaging_sessions")),
        ),
    ],
    "sessions_per_account_this_month": [
        (
            lambda rows: {row["account_id"]: row["session_count"] for row in rows if row["account_name"]},
            lambda told: told.month("messaging_sessions", "started_at").count("account_id"),
        ),
    ],
    "messaging_users_per_account": [
        (
            lambda rows: rows.where(lambda row: row["account_name"]).count("account_id"),
            lambda told: Rows(told.raw.messaging_users).count("account_id"),
        ),
        # `unknown-user`: whom no reference table knows.
        (
            lambda rows: rows.one("session_count", messaging_user_id="mu-kiosk-munich"),
            lambda told: len(told.all("messaging_sessions", messaging_user_id="mu-kiosk-munich")),
        ),
    ],
    "delivery_failures": [
        (
            lambda rows: rows.one("failed_message_count", "orphan_message_count", status_code="30007"),
            [1, 0],
        ),
        (
            lambda rows: rows.one("failed_message_count", "orphan_message_count", status_code="30008"),
            [1, 1],
        ),
        (
            lambda rows: rows.sum("failed_message_count"),
            lambda told: len(
                told.all("messages", delivery_status="failed").where(
                    lambda message: told.is_in_month(message["sent_at"] or message["failed_at"])
                )
            ),
        ),
    ],
    "undelivered_messages": [
        # `failed-outbound`: 30007, and `failed-inbound-orphan`: a failure whose message was never seen.
        (
            lambda rows: rows.one("sent_at", "channel_id", "direction", "status_code", message_id="m2"),
            [datetime(2026, 3, 5, 10, 3), "sms", "outbound", "30007"],
        ),
        (
            lambda rows: rows.one("sent_at", "direction", "status_code", "is_orphan", message_id="m3"),
            [None, None, "30008", True],
        ),
        (
            lambda rows: rows.count("message_id"),
            lambda told: (
                told.all("messages", delivery_status="failed")
                .where(lambda message: told.is_in_month(message["sent_at"] or message["failed_at"]))
                .count("message_id")
            ),
        ),
    ],
    "delivery_report_coverage": [
        (
            lambda rows: rows.one("platform_type", "report_coverage_rate", channel_id="facebook"),
            lambda told: [
                "standard",
                told.month("messages", "sent_at", channel_id="facebook").share(_is_reported),
            ],
        ),
        (
            lambda rows: rows.sum("unreported_message_count"),
            lambda told: len(told.month("messages", "sent_at").where(lambda message: not _is_reported(message))),
        ),
    ],
    # The guide: FRT 202, the end user's response 518/138.850, handle 115 (Hugo) and 415 (Chloé), work 120 and 450.
    "trace_conversation": [
        (lambda rows: rows.values("event_id"), [f"transferred-{number:02}" for number in range(1, 24)]),
        (lambda rows: _traced(rows, "wait_seconds", "response_seconds"), [202, 202, 518, 138.85, 25, 25]),
        (lambda rows: _traced(rows, "visit_seconds", "work_handle_seconds"), [115, 120, 415, 450]),
    ],
}  # fmt: skip
