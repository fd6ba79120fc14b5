"""MetricFlow as a second opinion: what it computes for every metric is what stands in the marts."""

import csv
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from warehouse import PROJECT, DbtRun, fetch_rows

SESSION, METRIC, MESSAGE = "messaging_session", "messaging_session_metric", "message"

TRAFFIC_METRICS = (
    "session_count", "inbound_session_count", "ended_session_count", "closed_session_count",
    "session_duration_sum_seconds", "session_duration_count", "average_session_duration_seconds",
    "p50_session_duration_seconds", "p90_session_duration_seconds", "p95_session_duration_seconds",
)  # fmt: skip
OUTCOME_METRICS = (
    "session_count", "inbound_session_count", "ended_session_count", "ended_inbound_session_count",
    "closed_session_count", "bot_resolved_session_count", "bot_resolved_rate", "abandoned_session_count",
    "abandonment_rate", "transferred_session_count", "transfer_rate", "reopened_session_count", "reopen_rate",
    "handed_off_session_count", "handoff_rate", "repeat_contact_session_count", "repeat_contact_rate",
)  # fmt: skip
MESSAGE_METRICS = ("message_count", "end_user_message_count", "agent_message_count", "bot_message_count")
USAGE_METRICS = ("unique_contacts", "active_agents", "proactive_messages", "closed_conversations")
SESSION_METRICS = (
    "covered_session_count", "session_metric_sum", "session_metric_average", "session_metric_p50",
    "session_metric_p90", "session_metric_p95", "session_metric_max",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A mart, and the MetricFlow query that asks for the same figures."""

    metrics: tuple[str, ...]
    dimensions: dict[str, str]
    entity: str
    query: str


COMPARISONS = {
    "traffic": Comparison(
        TRAFFIC_METRICS,
        {"metric_time__day": "traffic_date", f"{SESSION}__channel_id": "channel_id"},
        SESSION,
        "select * from mart_channel_traffic_by_day where session_count > 0",
    ),
    "outcomes": Comparison(
        OUTCOME_METRICS,
        {
            "metric_time__day": "session_date",
            f"{SESSION}__channel_id": "channel_id",
            f"{SESSION}__ended_by_type": "ended_by_type",
            f"{SESSION}__agent_type": "agent_type",
        },
        SESSION,
        "select * replace (nullif(ended_by_type, '(open)') as ended_by_type) from mart_session_outcomes_by_day",
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
        "select * from mart_account_usage_by_period "
        "where period_type = 'week' and channel_id != '(all)' and closed_conversations > 0",
    ),
}


def _metricflow(demo: DbtRun, *arguments: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MESSAGING_")}
    environment |= {"MESSAGING_DB": str(demo.database), "DBT_TARGET_PATH": str(demo.target)}
    environment |= {"DBT_LOG_PATH": str(demo.target.parent / "logs")}
    process = subprocess.run(
        [str(Path(sys.executable).parent / "mf"), *arguments],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr


def _number(text: object) -> float | None:
    return None if text in (None, "") else float(str(text))


def test_the_semantic_layer_is_valid(demo: DbtRun) -> None:
    _metricflow(demo, "validate-configs")


def test_every_metric_is_compared(demo: DbtRun) -> None:
    manifest = json.loads((demo.target / "manifest.json").read_text())
    compared = {metric for comparison in COMPARISONS.values() for metric in comparison.metrics}
    assert {metric["name"] for metric in manifest["metrics"].values()} == compared


@pytest.mark.parametrize("name", COMPARISONS)
def test_metricflow_computes_what_the_mart_says(demo: DbtRun, tmp_path: Path, name: str) -> None:
    comparison = COMPARISONS[name]
    answer = tmp_path / "answer.csv"
    _metricflow(
        demo, "query", "--csv", str(answer), "--metrics", ",".join(comparison.metrics),
        "--group-by", ",".join(comparison.dimensions),
        "--where", f"{{{{ Dimension('{comparison.entity}__is_test_channel') }}}} = false",
    )  # fmt: skip
    with answer.open() as text:
        found = {
            tuple(row[dimension].removesuffix(" 00:00:00") or None for dimension in comparison.dimensions): row
            for row in csv.DictReader(text)
            if row[next(iter(comparison.dimensions))]  # an orphan has no day, and counts on none
        }
    with demo.connect() as connection:
        mart = {
            tuple(None if row[column] is None else str(row[column]) for column in comparison.dimensions.values()): row
            for row in fetch_rows(connection, comparison.query)
        }
    assert set(found) == set(mart)
    assert mart
    for key, row in mart.items():
        for metric in comparison.metrics:
            ours, theirs = _number(row[metric]), _number(found[key][metric])
            if ours is None or theirs is None:
                assert ours == theirs, (key, metric)
                continue
            # Averages of seconds are exact to the millisecond, half up; MetricFlow divides doubles.
            tolerance = 0.0005001 if "average" in metric else 1e-9
            assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=tolerance), (key, metric)
