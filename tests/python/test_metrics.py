"""MetricFlow as a second opinion: what it computes for every metric is what stands in the marts."""

import csv
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from warehouse import PROJECT, DbtRun, fetch_rows

SESSION, METRIC, MESSAGE = "messaging_session", "messaging_session_metric", "message"
OUTCOME, SURVEY = "sla_outcome", "survey"
DELIVERY, CHANNEL_DAY, UNRECORDED = "delivery", "channel_day", "unrecorded_day"
DAY, SESSION_DAY, WORK, RESPONSE, RESOLUTION = "agent_day", "agent_session_day", "agent_work", "response", "resolution"

TRAFFIC_METRICS = (
    "session_count", "inbound_session_count", "ended_session_count", "closed_session_count",
    "session_duration_sum_seconds", "session_duration_count", "average_session_duration_seconds",
    "p50_session_duration_seconds", "p90_session_duration_seconds", "p95_session_duration_seconds",
)  # fmt: skip
OUTCOME_METRICS = (
    "session_count", "recorded_session_count", "inbound_session_count", "ended_session_count",
    "ended_inbound_session_count", "recorded_ended_inbound_session_count", "closed_session_count",
    "recorded_closed_session_count", "bot_resolved_session_count", "bot_resolved_rate", "abandoned_session_count",
    "abandonment_rate", "transferred_session_count", "transfer_rate", "reopened_session_count", "reopen_rate",
    "handed_off_session_count", "handoff_rate", "repeat_contact_session_count", "repeat_contact_rate",
)  # fmt: skip
# What the mart of outcomes tells, and that of topics does not.
RECORD_METRICS = ("recorded_session_rate", "recorded_ended_session_count", "reported_agent_type_session_count")
MESSAGE_METRICS = ("message_count", "end_user_message_count", "agent_message_count", "bot_message_count")
USAGE_METRICS = ("unique_contacts", "active_agents", "proactive_messages", "closed_conversations")
SESSION_METRICS = (
    "covered_session_count", "reported_session_count", "session_metric_sum", "session_metric_average",
    "session_metric_p50", "session_metric_p90", "session_metric_p95", "session_metric_max",
)  # fmt: skip


def _duration(name: str) -> tuple[str, ...]:
    return (f"average_{name}", f"p50_{name}", f"p90_{name}", f"p95_{name}")


TIME_METRICS = (
    "online_agent_count", "online_seconds", "available_seconds", "availability_rate", "away_seconds",
    "unknown_seconds", "working_seconds",
    "handle_working_seconds", "utilisation_rate", "occupied_seconds", "occupancy_rate", "open_work_seconds",
    "concurrency", "open_weight_seconds", "capacity_seconds", "capacity_utilisation_rate",
)  # fmt: skip
HANDLING_METRICS = (
    "handled_session_count", "handle_seconds", "viewed_session_count", "viewing_seconds",
    *_duration("handle_seconds"), *_duration("viewing_seconds")[1:],
)  # fmt: skip
RESPONSE_METRICS = (
    "agent_response_count", "agent_response_sum_seconds", "max_agent_response_seconds",
    *_duration("agent_response_seconds"), "agent_wait_sum_seconds", *_duration("agent_wait_seconds"),
)  # fmt: skip
FIRST_RESPONSE_METRICS = (
    "first_response_count", "first_response_sum_seconds", *_duration("first_response_seconds"),
)  # fmt: skip
ANSWER_METRICS = (
    "accepted_work_count", "speed_to_answer_count", "speed_to_answer_sum_seconds",
    *_duration("speed_to_answer_seconds"),
)  # fmt: skip
ASSIGNMENT_METRICS = ("assigned_work_count",)
REFUSAL_METRICS = ("declined_work_count", "timed_out_work_count", "transferred_work_count")
CLOSING_METRICS = (
    "closed_work_count", "work_handle_count", "work_handle_sum_seconds", *_duration("work_handle_seconds"),
    "after_work_sum_seconds", "after_work_count", *_duration("after_work_seconds"), "active_sum_seconds",
    *_duration("active_seconds"),
)  # fmt: skip
RESOLUTION_METRICS = (
    "resolution_count", "resolved_session_count", "measured_resolution_count", "resolution_sum_seconds",
    *_duration("resolution_seconds"),
)  # fmt: skip
EFFICIENCY_METRICS = (
    "closed_handled_session_count", "served_sum_seconds", *_duration("served_seconds"),
    "session_handle_sum_seconds", *_duration("session_handle_seconds"),
    "carried_ratio", "attended_sum_seconds", *_duration("attended_seconds"),
    "saved_sum_seconds", "saved_rate",
)  # fmt: skip
DELIVERY_METRICS = (
    "recorded_message_count", "orphan_message_count", "reported_message_count", "unreported_message_count",
    "reached_message_count", "failed_message_count",
)  # fmt: skip
REPORT_METRICS = (
    *DELIVERY_METRICS, "report_coverage_rate", "reported_failure_rate", "measured_delivery_count",
    "delivery_sum_seconds", *_duration("delivery_seconds"),
)  # fmt: skip


def _shares_within(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_within_{minutes}_min_{part}" for minutes in (1, 5, 15, 60) for part in ("count", "rate"))


def _sum_and_duration(name: str, longest: bool = True) -> tuple[str, ...]:
    return (f"{name}_sum_seconds", *_duration(f"{name}_seconds"), *((f"max_{name}_seconds",) if longest else ()))


ANSWERING_METRICS = (
    "agent_response_count", *_sum_and_duration("agent_wait"), *_sum_and_duration("agent_wait_business"),
    *_shares_within("agent_wait"), *_sum_and_duration("agent_response"),
    *_sum_and_duration("agent_response_business"), *_shares_within("agent_response"),
    "bot_response_count", *_sum_and_duration("bot_response"),
    "end_user_response_count", *_sum_and_duration("end_user_response"),
)  # fmt: skip
ALL_FIRST_RESPONSE_METRICS = (
    "first_response_count", *_sum_and_duration("first_response"), *_sum_and_duration("first_response_business"),
    *_shares_within("first_response"),
)  # fmt: skip
CYCLE_METRICS = (
    "resolution_count", "measured_resolution_count", *_sum_and_duration("resolution", longest=False),
    *_sum_and_duration("resolution_business", longest=False), "first_resolution_count",
    *_sum_and_duration("first_resolution", longest=False),
    *_sum_and_duration("first_resolution_business", longest=False),
)  # fmt: skip
LAST_RESOLUTION_METRICS = (
    "last_resolution_count", *_sum_and_duration("last_resolution", longest=False),
    *_sum_and_duration("last_resolution_business", longest=False),
)  # fmt: skip
LABELS = ("positive", "neutral", "negative")
MESSAGE_SENTIMENT_METRICS = (
    "end_user_message_count", "scored_message_count", "scored_message_rate", "message_sentiment_sum",
    "message_sentiment_average",
    *(f"{label}_message_{part}" for label in LABELS for part in ("count", "rate")),
)  # fmt: skip
SESSION_SENTIMENT_METRICS = (
    "session_count", "recorded_session_count", "scored_session_count", "scored_session_rate", "session_sentiment_sum",
    "session_sentiment_average", "sentiment_shift_sum", "sentiment_shift_average",
    *(f"{label}_session_{part}" for label in LABELS for part in ("count", "rate")),
)  # fmt: skip


QUALITY_METRICS = (
    "delivery_count", "accepted_event_count", "exact_redelivery_count", "rejected_delivery_count",
    "rejected_delivery_rate", "late_event_count", "late_event_rate", "restating_event_count",
    "clock_anomaly_event_count", "measured_delay_count", *_sum_and_duration("delay"),
)  # fmt: skip
VOLUME_METRICS = ("day_event_count", "usual_event_count", "volume_ratio", "anomalous_day_count")
SLA_METRICS = (
    "sla_outcome_count", "sla_met_count", "sla_breached_count", "sla_running_count", "sla_cancelled_count",
    "sla_decided_count", "sla_attainment_rate", "sla_elapsed_count", "sla_elapsed_sum_seconds",
    *_duration("sla_elapsed_seconds"),
)  # fmt: skip
REQUEST_METRICS = ("requested_survey_count", "answered_request_count", "survey_response_rate")
CSAT_METRICS = ("answered_survey_count", "valid_survey_count", "satisfied_survey_count", "csat_rate")
SURVEY_METRICS = (
    *CSAT_METRICS, "invalid_survey_count", "survey_answer_count", "survey_answer_sum_seconds",
    *_duration("survey_answer_seconds"),
)  # fmt: skip
TOPIC_METRICS = {
    "sessions": (SESSION, tuple(metric for metric in OUTCOME_METRICS if "hand" not in metric)),
    "first responses": (SESSION, FIRST_RESPONSE_METRICS),
    "handling": (
        SESSION_DAY, ("handled_session_count", "handle_seconds", *_duration("handle_seconds")),
    ),
    "resolutions": (RESOLUTION, RESOLUTION_METRICS),
    "satisfaction": (SURVEY, CSAT_METRICS),
}  # fmt: skip
WORKLOAD_METRICS = {
    "arrivals": (SESSION, ("session_count", "inbound_session_count")),
    "ends": (SESSION, ("session_end_count", "session_close_count", "first_response_count")),
    "messages": (MESSAGE, ("end_user_message_count", "agent_message_count")),
    "resolutions": (RESOLUTION, ("resolution_count",)),
    "handle time": (SESSION_DAY, ("handle_seconds",)),
}


@dataclass(frozen=True)
class Comparison:
    """A mart, and the MetricFlow query that asks for the same figures.

    `sparse`: the mart has rows for other facts' sake, in which these figures are null or 0; and so are they in rows of
    the fact that the mart leaves out.
    """

    metrics: tuple[str, ...]
    dimensions: dict[str, str]
    entity: str
    query: str
    where: tuple[str, ...] = ("{entity}__is_test_channel = false",)
    sparse: bool = False

    @property
    def condition(self) -> str:
        """The filter, in MetricFlow's words."""
        conditions = (condition.format(entity=self.entity).split(" ", 1) for condition in self.where)
        return " and ".join(f"{{{{ Dimension('{dimension}') }}}} {is_so}" for dimension, is_so in conditions)


def _performance(by: str, entity: str, metrics: tuple[str, ...], agent: str, team: str, rows: str) -> Comparison:
    """The part of a performance mart that one fact gives, of an agent or of the team at that moment."""
    return Comparison(
        metrics,
        {"metric_time__day": "activity_date", f"{entity}__{agent if by == 'agent' else team}": f"{by}_id"},
        entity,
        f"select * replace (nullif({by}_id, '(none)') as {by}_id) from mart_{by}_by_day",
        (f"{{entity}}__{rows}", f"{{entity}}__{agent} is not null"),
        sparse=True,
    )


PERFORMANCE_FACTS = {
    "time": (DAY, TIME_METRICS, "agent_id", "team_id", "is_active = true"),
    "handling": (SESSION_DAY, HANDLING_METRICS, "agent_id", "team_id", "is_test_channel = false"),
    "messages": (MESSAGE, ("agent_message_count",), "agent_id", "team_id", "is_test_channel = false"),
    "responses": (RESPONSE, RESPONSE_METRICS, "agent_id", "team_id", "is_test_channel = false"),
    "first responses": (
        SESSION, FIRST_RESPONSE_METRICS, "first_response_agent_id", "first_response_team_id", "is_test_channel = false",
    ),
    "resolutions": (
        RESOLUTION, RESOLUTION_METRICS[:2], "resolved_by_agent_id", "team_id", "is_test_channel = false",
    ),
    "work": (
        WORK, (*ASSIGNMENT_METRICS, *ANSWER_METRICS, *CLOSING_METRICS), "agent_id", "agent_team_id",
        "is_test_channel = false",
    ),
    "refusals": (WORK, REFUSAL_METRICS, "terminal_agent_id", "terminal_team_id", "is_test_channel = false"),
}  # fmt: skip


COMPARISONS = {
    "traffic": Comparison(
        TRAFFIC_METRICS,
        {"metric_time__day": "traffic_date", f"{SESSION}__channel_id": "channel_id"},
        SESSION,
        "select * from mart_channel_traffic_by_day where session_count > 0",
    ),
    "outcomes": Comparison(
        OUTCOME_METRICS + RECORD_METRICS,
        {
            "metric_time__day": "session_date",
            f"{SESSION}__channel_id": "channel_id",
            f"{SESSION}__ended_by_type": "ended_by_type",
            f"{SESSION}__agent_type": "agent_type",
        },
        SESSION,
        "select * replace (nullif(ended_by_type, '(open)') as ended_by_type) from mart_session_outcomes_by_day",
    ),
    "what is not recorded": Comparison(
        ("unrecorded_session_count",),
        {"metric_time__day": "traffic_date", f"{UNRECORDED}__channel_id": "channel_id"},
        UNRECORDED,
        "select * from mart_channel_traffic_by_day",
        sparse=True,
    ),
    "messages": Comparison(
        MESSAGE_METRICS,
        {"metric_time__day": "traffic_date", f"{MESSAGE}__channel_id": "channel_id"},
        MESSAGE,
        "select * from mart_channel_traffic_by_day where message_count > 0",
    ),
    "session metrics": Comparison(
        SESSION_METRICS,
        {
            "metric_time__day": "session_date",
            f"{METRIC}__channel_id": "channel_id",
            f"{METRIC}__metric_type": "metric_type",
        },
        METRIC,
        "select * from mart_session_metrics_by_day where ended_session_count > 0",
    ),
    **{
        f"usage by {period}": Comparison(
            USAGE_METRICS[:3],
            {f"metric_time__{period}": "period_start"},
            MESSAGE,
            f"select * from mart_account_usage_by_period where period_type = '{period}' and channel_id = '(all)'",
        )
        for period in ("week", "quarter")
    },
    "usage by month and channel": Comparison(
        USAGE_METRICS[:3],
        {"metric_time__month": "period_start", f"{MESSAGE}__channel_id": "channel_id"},
        MESSAGE,
        "select * from mart_account_usage_by_period where period_type = 'month' and channel_id != '(all)'",
    ),
    "closed conversations": Comparison(
        USAGE_METRICS[3:],
        {"metric_time__week": "period_start", f"{SESSION}__channel_id": "channel_id"},
        SESSION,
        "select * from mart_account_usage_by_period where period_type = 'week' and channel_id != '(all)'",
        sparse=True,
    ),
    **{
        f"{name} by {by}": _performance(by, *fact)
        for by in ("agent", "team")
        for name, fact in PERFORMANCE_FACTS.items()
    },
    **{
        f"{name} by hour": Comparison(
            metrics,
            {"metric_time__day": "activity_date", f"{entity}__channel_id": "channel_id"},
            entity,
            f"select activity_date, channel_id, {', '.join(f'sum({metric}) as {metric}' for metric in metrics)} "
            "from mart_workload_by_hour group by activity_date, channel_id",
            sparse=True,
        )
        for name, (entity, metrics) in WORKLOAD_METRICS.items()
    },
    **{
        f"{name} by topic": Comparison(
            metrics,
            {
                "metric_time__day": "activity_date",
                f"{entity}__topic_id": "topic_id",
                f"{entity}__channel_id": "channel_id",
            },
            entity,
            "select * replace (nullif(topic_id, '(none)') as topic_id) from mart_topic_by_day",
            sparse=True,
        )
        for name, (entity, metrics) in TOPIC_METRICS.items()
    },
    "service levels": Comparison(
        SLA_METRICS,
        {
            "metric_time__day": "started_date",
            f"{OUTCOME}__policy_id": "policy_id",
            f"{OUTCOME}__sla_metric": "metric",
            f"{OUTCOME}__team_id": "team_id",
            f"{OUTCOME}__agent_id": "agent_id",
            f"{OUTCOME}__channel_id": "channel_id",
        },
        OUTCOME,
        "select * replace (nullif(team_id, '(none)') as team_id, nullif(agent_id, '(none)') as agent_id) "
        "from mart_sla_by_day",
    ),
    **{
        name: Comparison(
            metrics,
            {
                "metric_time__day": "survey_date",
                f"{SURVEY}__channel_id": "channel_id",
                f"{SURVEY}__agent_id": "agent_id",
                f"{SURVEY}__team_id": "team_id",
                f"{SURVEY}__topic_id": "topic_id",
            },
            SURVEY,
            "select * replace (nullif(agent_id, '(none)') as agent_id, nullif(team_id, '(none)') as team_id, "
            "nullif(topic_id, '(none)') as topic_id) from mart_csat_by_day",
            sparse=True,
        )
        for name, metrics in (("surveys asked", REQUEST_METRICS), ("surveys answered", SURVEY_METRICS))
    },
    "delivery failures": Comparison(
        DELIVERY_METRICS,
        {
            "metric_time__day": "message_date",
            f"{MESSAGE}__channel_id": "channel_id",
            f"{MESSAGE}__direction": "direction",
            f"{MESSAGE}__actor_type": "actor_type",
            f"{MESSAGE}__status_code": "status_code",
        },
        MESSAGE,
        "select * replace (nullif(direction, '(unknown)') as direction, nullif(actor_type, '(unknown)') as actor_type, "
        "nullif(status_code, '(none)') as status_code) from mart_delivery_failures_by_day",
    ),
    "delivery reports": Comparison(
        REPORT_METRICS,
        {
            "metric_time__day": "message_date",
            f"{MESSAGE}__channel_id": "channel_id",
            f"{MESSAGE}__actor_type": "actor_type",
        },
        MESSAGE,
        "select * replace (nullif(actor_type, '(unknown)') as actor_type) from mart_delivery_reports_by_day",
    ),
    **{
        f"{name} by account and month": Comparison(
            metrics,
            {"metric_time__month": "month_start", f"{entity}__account_id": "account_id"},
            entity,
            "select * replace (nullif(account_id, '(none)') as account_id) from mart_account_activity_by_month",
            sparse=True,
        )
        for name, entity, metrics in (
            ("sessions", SESSION, TRAFFIC_METRICS[:3]),
            ("closed conversations", SESSION, ("closed_conversations",)),
            ("messages", MESSAGE, (*MESSAGE_METRICS, "unique_contacts")),
            ("resolutions", RESOLUTION, RESOLUTION_METRICS[:2]),
            ("handling", SESSION_DAY, (*HANDLING_METRICS[:2], *_duration("handle_seconds"))),
        )
    },
    **{
        f"{name} by messaging user": Comparison(
            metrics,
            {f"{entity}__messaging_user_id": "messaging_user_id"},
            entity,
            "select * from mart_messaging_users_by_account",
            sparse=True,
        )
        for name, entity, metrics in (
            ("sessions", SESSION, (*TRAFFIC_METRICS[:2], "closed_conversations")),
            ("messages", MESSAGE, MESSAGE_METRICS),
        )
    },
    "data quality": Comparison(
        QUALITY_METRICS,
        {
            "metric_time__day": "received_date",
            f"{DELIVERY}__event_log": "event_log",
            f"{DELIVERY}__channel_id": "channel_id",
        },
        DELIVERY,
        "select * replace (nullif(channel_id, '(none)') as channel_id) from mart_data_quality_by_day "
        "where received_date is not null",
        ("{entity}__is_test_channel is not null",),
    ),
    "rejections": Comparison(
        ("rejected_delivery_count",),
        {
            "metric_time__day": "received_date",
            f"{DELIVERY}__event_log": "event_log",
            f"{DELIVERY}__channel_id": "channel_id",
            f"{DELIVERY}__rejection_reason": "rejection_reason",
        },
        DELIVERY,
        "select * replace (nullif(channel_id, '(none)') as channel_id) from mart_rejections_by_day "
        "where received_date is not null",
        ("{entity}__rejection_reason is not null",),
    ),
    "volumes": Comparison(
        VOLUME_METRICS,
        {"metric_time__day": "volume_date", f"{CHANNEL_DAY}__channel_id": "channel_id"},
        CHANNEL_DAY,
        "select *, cast(is_anomaly as integer) as anomalous_day_count from mart_volume_anomalies_by_day",
    ),
    "answers": Comparison(
        ANSWERING_METRICS,
        {
            "metric_time__day": "responded_date",
            f"{RESPONSE}__channel_id": "channel_id",
            f"{RESPONSE}__team_id": "team_id",
        },
        RESPONSE,
        "select * replace (nullif(team_id, '(none)') as team_id) from mart_response_times_by_day",
        sparse=True,
    ),
    "first responses by channel and team": Comparison(
        ALL_FIRST_RESPONSE_METRICS,
        {
            "metric_time__day": "responded_date",
            f"{SESSION}__channel_id": "channel_id",
            f"{SESSION}__first_response_team_id": "team_id",
        },
        SESSION,
        "select * replace (nullif(team_id, '(none)') as team_id) from mart_response_times_by_day",
        sparse=True,
    ),
    **{
        f"resolution times of {name}": Comparison(
            metrics,
            {
                "metric_time__day": "resolved_date",
                f"{entity}__channel_id": "channel_id",
                f"{entity}__{prefix}team_id": "team_id",
                f"{entity}__{prefix}topic_id": "topic_id",
            },
            entity,
            "select * replace (nullif(team_id, '(none)') as team_id, nullif(topic_id, '(none)') as topic_id) "
            "from mart_resolution_times_by_day",
            sparse=True,
        )
        for name, metrics, entity, prefix in (
            ("cycles", CYCLE_METRICS, RESOLUTION, ""),
            ("sessions", LAST_RESOLUTION_METRICS, SESSION, "resolved_"),
        )
    },
    **{
        f"sentiment of {name}": Comparison(
            metrics,
            {"metric_time__day": "sentiment_date", f"{entity}__channel_id": "channel_id"},
            entity,
            "select * from mart_emoji_sentiment_by_day",
            sparse=True,
        )
        for name, metrics, entity in (
            ("messages", MESSAGE_SENTIMENT_METRICS, MESSAGE),
            ("sessions", SESSION_SENTIMENT_METRICS, SESSION),
        )
    },
    "all resolutions": Comparison(
        RESOLUTION_METRICS,
        {
            "metric_time__day": "resolved_date",
            f"{RESOLUTION}__resolved_by_type": "resolved_by_type",
            f"{RESOLUTION}__resolved_by_agent_id": "agent_id",
            f"{RESOLUTION}__team_id": "team_id",
            f"{RESOLUTION}__topic_id": "topic_id",
        },
        RESOLUTION,
        "select * replace (nullif(agent_id, '(none)') as agent_id, nullif(team_id, '(none)') as team_id, "
        "nullif(topic_id, '(none)') as topic_id) from mart_resolutions_by_day",
    ),
    "speed to answer": Comparison(
        ANSWER_METRICS,
        {
            "metric_time__day": "accepted_date",
            f"{WORK}__team_id": "team_id",
            f"{WORK}__channel_id": "channel_id",
            f"{WORK}__work_reason": "work_reason",
        },
        WORK,
        "select * from mart_speed_to_answer_by_day",
    ),
    "efficiency": Comparison(
        EFFICIENCY_METRICS,
        {
            "metric_time__day": "closed_date",
            f"{SESSION}__channel_id": "channel_id",
            f"{SESSION}__topic_id": "topic_id",
        },
        SESSION,
        "select * replace (nullif(topic_id, '(none)') as topic_id) from mart_efficiency_by_day",
        sparse=True,
    ),
}


@pytest.fixture(scope="module")
def environment(demo: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which MetricFlow sees the demo.

    It reads the manifest in `target/` of the project and nowhere else: hence a project of links, with a copy of what is
    in the demo's target, for it may write there.
    """
    project = tmp_path_factory.mktemp("metricflow")
    for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests", "src"):
        (project / name).symlink_to(PROJECT / name)
    (project / "target").mkdir()
    for file in demo.target.glob("*.*"):
        shutil.copy(file, project / "target")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MESSAGING_", "DBT_"))}
    return environment | {
        "MESSAGING_DB": str(demo.database),
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(project),
        "DBT_LOG_PATH": str(project / "logs"),
    }


@pytest.fixture(scope="module")
def answers(environment: dict[str, str]) -> dict[str, list[dict[str, str | None]]]:
    """MetricFlow's answers by comparison."""
    questions = [
        {
            "name": name,
            "metrics": comparison.metrics,
            "group_by": list(comparison.dimensions),
            "where": comparison.condition,
        }
        for name, comparison in COMPARISONS.items()
    ]
    process = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("metricflow_answers.py"))],
        input=json.dumps(questions), env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    found: dict[str, list[dict[str, str | None]]] = json.loads(process.stdout[process.stdout.index("{") :])
    return found


def _mf(environment: dict[str, str], *arguments: str) -> None:
    process = subprocess.run(
        [str(Path(sys.executable).parent / "mf"), *arguments],
        cwd=environment["DBT_PROJECT_DIR"], env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr


def test_the_semantic_layer_is_valid(environment: dict[str, str]) -> None:
    _mf(environment, "validate-configs")


def test_the_command_line_gives_the_same_answer(
    environment: dict[str, str], answers: dict[str, list[dict[str, str | None]]], tmp_path: Path
) -> None:
    comparison = COMPARISONS["all resolutions"]
    _mf(
        environment, "query", "--csv", str(tmp_path / "answer.csv"), "--metrics", ",".join(comparison.metrics),
        "--group-by", ",".join(comparison.dimensions), "--where", comparison.condition,
    )  # fmt: skip
    with (tmp_path / "answer.csv").open() as text:
        rows = [{k: v.removesuffix(" 00:00:00") or None for k, v in row.items()} for row in csv.DictReader(text)]
    dimensions = list(comparison.dimensions)
    assert sorted(str([row[d] for d in dimensions]) for row in rows) == sorted(
        str([row[d] for d in dimensions]) for row in answers["all resolutions"]
    )
    assert sum(float(str(row["resolution_count"])) for row in rows) == sum(
        float(str(row["resolution_count"])) for row in answers["all resolutions"]
    )


def test_every_metric_is_compared(demo: DbtRun) -> None:
    manifest = json.loads((demo.target / "manifest.json").read_text())
    compared = {metric for comparison in COMPARISONS.values() for metric in comparison.metrics}
    assert {metric["name"] for metric in manifest["metrics"].values()} == compared


def _number(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))


def _says_nothing(row: Mapping[str, object], metrics: tuple[str, ...]) -> bool:
    return all(not _number(row[metric]) for metric in metrics)


@pytest.mark.parametrize("name", COMPARISONS)
def test_metricflow_computes_what_the_mart_says(
    demo: DbtRun, answers: dict[str, list[dict[str, str | None]]], name: str
) -> None:
    comparison = COMPARISONS[name]
    found = {
        tuple(row[dimension] for dimension in comparison.dimensions): row
        for row in answers[name]
        if row[next(iter(comparison.dimensions))]  # what has no day counts on none
    }
    with demo.connect() as connection:
        mart = {
            tuple(None if row[column] is None else str(row[column]) for column in comparison.dimensions.values()): row
            for row in fetch_rows(connection, comparison.query)
        }
    if comparison.sparse:
        for rows, others in ((found, mart), (mart, found)):
            for key in set(rows) - set(others):
                assert _says_nothing(rows.pop(key), comparison.metrics), key
    assert set(found) == set(mart)
    assert mart or name == "what is not recorded"  # an event log has all that was said
    for key, row in mart.items():
        for metric in comparison.metrics:
            ours, theirs = _number(row[metric]), _number(found[key][metric])
            if ours is None or theirs is None:
                assert ours == theirs or (comparison.sparse and not (ours or theirs)), (key, metric)
                continue
            # Averages of seconds are exact to the millisecond, half up; MetricFlow divides doubles.
            tolerance = 0.0005001 if "average" in metric else 1e-9
            assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=tolerance), (key, metric)
