"""Where figures are taken from: the marts, and the facts where figures of several days do not add up.

A distinct count or a percentile of a mart holds for the mart's own row. Of a longer stretch it is computed by the same
definition over the rows of its fact, test channels left out as in the marts.
"""

from dashboard.queries import Source

_COUNTED = "not is_test_channel"

AGENTS = Source("mart_agent_by_day", "activity_date", {"agent": "agent_id"})
TEAMS = Source("mart_team_by_day", "activity_date", {"team": "team_id"})
RESOLUTIONS = Source(
    "mart_resolutions_by_day", "resolved_date", {"agent": "agent_id", "team": "team_id", "topic": "topic_id"}
)
EFFICIENCY = Source("mart_efficiency_by_day", "closed_date", {"channel": "channel_id", "topic": "topic_id"})
SPEED_TO_ANSWER = Source("mart_speed_to_answer_by_day", "accepted_date", {"channel": "channel_id", "team": "team_id"})

PROMISES = Source("mart_sla_by_day", "started_date", {"channel": "channel_id", "team": "team_id", "agent": "agent_id"})
# The same promises by topic, which the mart does not tell.
FACT_PROMISES = Source(
    "fct_sla_outcomes", "started_date",
    {"channel": "channel_id", "team": "team_id", "topic": "topic_id", "agent": "agent_id"}, True, _COUNTED,
    "mart_sla_by_day",
)  # fmt: skip
RESPONSE_TIMES = Source("mart_response_times_by_day", "responded_date", {"channel": "channel_id", "team": "team_id"})
SESSION_METRICS = Source("mart_session_metrics_by_day", "session_date", {"channel": "channel_id"})

SURVEYS = Source(
    "mart_csat_by_day", "survey_date",
    {"channel": "channel_id", "team": "team_id", "topic": "topic_id", "agent": "agent_id"},
)  # fmt: skip
EMOJI = Source("mart_emoji_sentiment_by_day", "sentiment_date", {"channel": "channel_id"})
RESOLUTION_TIMES = Source(
    "mart_resolution_times_by_day", "resolved_date", {"channel": "channel_id", "team": "team_id", "topic": "topic_id"}
)

TRAFFIC = Source("mart_channel_traffic_by_day", "traffic_date", {"channel": "channel_id"})
OUTCOMES = Source("mart_session_outcomes_by_day", "session_date", {"channel": "channel_id"})
TOPICS = Source("mart_topic_by_day", "activity_date", {"channel": "channel_id", "topic": "topic_id"})
WORKLOAD = Source("mart_workload_by_hour", "activity_date", {"channel": "channel_id"})
DELIVERY_REPORTS = Source("mart_delivery_reports_by_day", "message_date", {"channel": "channel_id"})
DELIVERY_FAILURES = Source("mart_delivery_failures_by_day", "message_date", {"channel": "channel_id"})
ACCOUNTS = Source("mart_account_activity_by_month", "month_start")

DATA_QUALITY = Source(
    "mart_data_quality_by_day", "received_date", {"channel": "channel_id"}, where="not is_test_channel"
)

FACT_MESSAGES = Source(
    "fct_messages", "sent_date", {"channel": "channel_id"}, True, _COUNTED, "mart_account_usage_by_period"
)
FACT_AGENT_DAYS = Source(
    "fct_agent_days", "activity_date", {"team": "team_id", "agent": "agent_id"}, True, "is_active", "mart_agent_by_day"
)
FACT_HANDLING = Source(
    "fct_agent_session_days", "activity_date",
    {"channel": "channel_id", "team": "team_id", "topic": "topic_id", "agent": "agent_id"}, True, _COUNTED,
    "mart_agent_by_day",
)  # fmt: skip
FACT_RESOLUTIONS = Source(
    "fct_resolutions", "resolved_date",
    {"channel": "channel_id", "team": "team_id", "topic": "topic_id", "agent": "resolved_by_agent_id"}, True, _COUNTED,
    "mart_agent_by_day",
)  # fmt: skip
FACT_FIRST_RESPONSES = Source(
    "fct_messaging_sessions", "first_responded_date",
    {
        "channel": "channel_id", "team": "first_response_team_id", "topic": "topic_id",
        "agent": "first_response_agent_id",
    },
    True, _COUNTED, "mart_response_times_by_day",
)  # fmt: skip
FACT_RESPONSES = Source(
    "fct_responses", "responded_date", {"channel": "channel_id", "team": "team_id", "agent": "agent_id"}, True, _COUNTED
)

# As it stands at `as_of`: no day to choose. What an agent owns is told by the team that the agent is in.
QUEUES = Source("rt_queues", "", {"team": "team_id"})
ONLINE = Source("rt_agents", "", {"team": "team_id", "agent": "agent_id"})
OWNED = Source(
    "rt_owned_sessions", "", {"channel": "channel_id", "team": "team_id", "topic": "topic_id", "agent": "agent_id"}
)
