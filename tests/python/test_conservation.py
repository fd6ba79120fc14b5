"""Each conservation test and each grain can fail: one broken row turns it red."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import PROJECT, DbtRun

# For each singular test, a way to break one row of the built warehouse that it must notice.
BREAKAGES = {
    "assert_sessions_that_are_not_recorded_stand_beside_what_is": [
        "update fct_messaging_sessions set are_messages_recorded = false where session_id = "
        "(select min(session_id) from fct_messaging_sessions where not is_test_channel)",
        *(
            f"update {mart} set unrecorded_session_count = 1 where {day} = (select max({day}) from {mart})"
            for mart, day in (
                ("mart_channel_traffic_by_day", "traffic_date"), ("mart_emoji_sentiment_by_day", "sentiment_date"),
                ("mart_response_times_by_day", "responded_date"), ("mart_topic_by_day", "activity_date"),
                ("mart_workload_by_hour", "activity_date"), ("mart_account_activity_by_month", "month_start"),
                ("mart_agent_by_day", "activity_date"), ("mart_team_by_day", "activity_date"),
            )
        ),
    ],
    "assert_every_delivery_is_accepted_repeated_or_rejected": [
        "delete from fct_conversation_events where event_id = (select min(event_id) from fct_conversation_events)",
        "delete from rejected_events where rejection_reason = 'missing_event_id'",
        "insert into rejected_presence_events select * from rejected_presence_events limit 1",
        "update dim_build set delivery_count = delivery_count + 1",
    ],
    "assert_ledgers_hold_what_was_delivered": [
        "delete from staging.stg_messaging__conversation_event_ledger where event_id is null",
        "insert into staging.stg_messaging__presence_event_ledger"
        " select * from staging.stg_messaging__presence_event_ledger limit 1",
    ],
    "assert_every_delivery_is_told_with_its_outcome": [
        "delete from repeated_events where event_id = (select min(event_id) from repeated_events)",
        "delete from repeated_presence_events",
        "delete from fct_presence_events where event_id = (select min(event_id) from fct_presence_events)",
        "update delivered_events set rejection_reason = null where rejection_reason = 'no_session'",
        "update dim_build set presence_delivery_count = presence_delivery_count + 1",
        "update dim_build set exact_redelivery_count = 0",
        "update delivered_events set is_late = true where is_repeated",
        "update delivered_events set delay_seconds = null where event_log = 'presence' and is_accepted",
    ],
    "assert_data_quality_adds_up_to_its_deliveries": [
        "delete from mart_data_quality_by_day where received_date is null",
        "update mart_data_quality_by_day set received_date = received_date + 1 where event_log = 'presence'",
        *(
            f"update mart_data_quality_by_day set {measure} = {measure} + 1 where {measure} > 0"
            for measure in (
                "delivery_count", "accepted_event_count", "exact_redelivery_count", "rejected_delivery_count",
                "late_event_count", "restating_event_count", "clock_anomaly_event_count", "measured_delay_count",
                "delay_sum_seconds",
            )
        ),
        "update mart_data_quality_by_day set last_received_at = null where channel_id = 'web'",
        "delete from fct_presence_events where occurred_date = date '2026-03-04'",
        "update mart_rejections_by_day set rejection_reason = 'no_session' where rejection_reason = 'missing_actor'",
        "delete from mart_rejections_by_day where received_date is null",
    ],
    "assert_every_reported_figure_is_compared_once": [
        "update fct_conversation_events set event_type = 'figure_reported' where event_id = "
        "(select min(event_id) from fct_conversation_events)",
    ],
    "assert_volumes_count_every_event_without_gaps": [
        "delete from fct_channel_days where channel_id = 'web' and volume_date = date '2026-03-14'",
        "update fct_channel_days set day_event_count = day_event_count + 1 where channel_id = 'sms'",
        "update fct_channel_days set is_complete_day = true",
        "update fct_channel_day_comparisons set usual_event_count = usual_event_count + 1",
        "update mart_volume_anomalies_by_day set is_anomaly = true where volume_status = 'incomplete'",
        "update mart_volume_anomalies_by_day set volume_status = 'usual' where volume_status = 'unjudged'",
        "delete from mart_volume_anomalies_by_day where day_event_count = 0",
        "update fct_channel_day_comparisons set is_test_channel = false",
    ],
    "assert_every_event_has_one_place_in_its_session": [
        "update fct_conversation_events set position_in_session = 3 "
        "where session_id = 'frt-within-hours/1' and position_in_session = 2",
        "delete from fct_messaging_sessions where session_id = 'frt-within-hours/1'",
    ],
    "assert_sessions_of_a_conversation_follow_one_another": [
        "update fct_messaging_sessions set ended_at = null where session_id = 'second-session-after-end/1'",
        "update fct_messaging_sessions set session_number = 3 where session_id = 'second-session-after-end/2'",
    ],
    "assert_every_message_event_is_one_message": [
        "delete from fct_messages where event_id = (select min(event_id) from fct_messages where not is_orphan)",
        "delete from fct_messages where is_orphan",
        "update fct_messages set is_orphan = true where session_id = 'frt-within-hours/1'",
    ],
    "assert_sessions_count_their_messages": [
        "update fct_messaging_sessions set bot_message_count = bot_message_count + 1 "
        "where session_id = 'bot-resolved/1'",
    ],
    "assert_every_ended_session_has_six_metrics": [
        "update fct_messaging_session_metrics set is_reported = true where has_value",
        "delete from fct_messaging_session_metrics "
        "where session_id = 'frt-within-hours/1' and metric_type = 'max_agent_response_time'",
        "update fct_messaging_sessions set is_ended = false where session_id = 'frt-within-hours/1'",
    ],
    "assert_every_answer_answers_once": [
        "update fct_responses set response_seconds = wait_seconds + 1 where session_id = 'response-burst/1'",
        "update fct_responses set responded_event_id = 'the same' where session_id = 'bot-then-handoff/1'",
    ],
    "assert_every_session_has_its_cycles": [
        "delete from fct_resolutions where session_id = 'frt-within-hours/1'",
        "update fct_resolutions set resolved_by_agent_id = 'somebody' where session_id = 'frt-within-hours/1'",
    ],
    "assert_traffic_and_outcomes_add_up_to_their_facts": [
        "update mart_channel_traffic_by_day set message_count = message_count + 1 where message_count > 0",
        "delete from mart_session_outcomes_by_day where channel_id = 'web'",
    ],
    "assert_hours_add_up_to_their_days": [
        "update mart_workload_by_hour set agent_message_count = agent_message_count + 1",
        "update mart_workload_by_hour set handle_seconds = handle_seconds + 0.001 where handle_seconds > 0",
        "update mart_workload_by_hour set activity_date = activity_date + 1",
        "delete from mart_workload_by_hour where session_close_count > 0",
    ],
    "assert_backlogs_balance": [
        "update mart_workload_by_hour set open_session_count = open_session_count + 1 "
        "where hour_started_at = (select max(hour_started_at) from mart_workload_by_hour)",
        "update mart_workload_by_hour set unanswered_session_count = 0, longest_unanswered_seconds = null",
        "update mart_workload_by_hour set longest_unanswered_seconds = null",
        "update mart_workload_by_hour set unresolved_session_count = open_session_count + 1",
        "delete from mart_workload_by_hour where session_count + session_end_count + open_session_count = 0",
    ],
    "assert_topics_add_up_to_their_facts": [
        "update mart_topic_by_day set topic_id = case topic_id when 'delivery' then '(none)' else 'delivery' end "
        "where topic_id in ('delivery', '(none)')",
        "update mart_topic_by_day set handle_seconds = handle_seconds + 0.001 where handle_seconds > 0",
        "update mart_topic_by_day set average_handle_seconds = average_handle_seconds + 0.002",
        "update mart_topic_by_day set satisfied_survey_count = 0 where satisfied_survey_count > 0",
        "update mart_topic_by_day set csat_rate = 0.5 where csat_rate > 0.5",
        "delete from mart_topic_by_day where resolution_count > 0",
    ],
    "assert_service_levels_add_up_to_their_fact": [
        "update mart_sla_by_day set sla_met_count = sla_met_count + 1, sla_decided_count = sla_decided_count + 1",
        "update mart_sla_by_day set sla_attainment_rate = 1 where sla_attainment_rate < 1",
        "update mart_sla_by_day set sla_cancelled_count = 0 where sla_cancelled_count > 0",
        "update mart_sla_by_day set sla_elapsed_sum_seconds = sla_elapsed_sum_seconds + 0.001",
        "update mart_sla_by_day set target_seconds = target_seconds + 1",
        "delete from mart_sla_by_day where sla_breached_count > 0",
    ],
    "assert_satisfaction_adds_up_to_its_fact": [
        "update mart_csat_by_day set survey_date = survey_date + 1",
        "update mart_csat_by_day set answered_request_count = answered_request_count + 1",
        "update mart_csat_by_day set valid_survey_count = valid_survey_count + 1, "
        "invalid_survey_count = invalid_survey_count - 1 where invalid_survey_count > 0",
        "update mart_csat_by_day set csat_rate = 1 where csat_rate < 1",
        "update mart_csat_by_day set survey_response_rate = 1 where survey_response_rate < 1",
        "delete from mart_csat_by_day where requested_survey_count > 0",
    ],
    "assert_delivery_marts_count_every_message_once": [
        "delete from mart_delivery_failures_by_day where actor_type = '(unknown)'",
        "update mart_delivery_failures_by_day set status_code = 'another' where failed_message_count > 0",
        "update mart_delivery_failures_by_day set reached_message_count = reached_message_count + 1",
        "update mart_delivery_reports_by_day set message_date = message_date + 1 where orphan_message_count > 0",
        "update mart_delivery_reports_by_day set reported_message_count = recorded_message_count "
        "where unreported_message_count > 0",
        "update fct_messages set delivery_status = 'delivered' where delivery_status = 'sent'",
        "update fct_messages set is_test_channel = false where is_test_channel",
    ],
    "assert_accounts_and_their_users_add_up_to_their_facts": [
        "delete from mart_account_activity_by_month where account_id = '(none)'",
        *(
            f"update mart_account_activity_by_month set {measure} = {measure} + 1 where account_id = 'lumen'"
            for measure in (
                "session_count", "closed_conversations", "message_count", "unique_contacts", "resolution_count",
                "handle_seconds",
            )
        ),
        "update mart_messaging_users_by_account set session_count = session_count + 1 where account_id = 'lumen'",
        "update mart_messaging_users_by_account set message_count = message_count + 1 where account_id = 'lumen'",
        "update mart_messaging_users_by_account set last_session_started_at = first_session_started_at",
        "delete from mart_messaging_users_by_account where is_inferred",
        "insert into dim_messaging_users select * replace ('never seen' as messaging_user_id) "
        "from dim_messaging_users where channel_id = 'web' limit 1",
        "update mart_messaging_users_by_account set account_id = 'lumen' where account_id = '(none)'",
    ],
    "assert_session_metrics_add_up_to_their_fact": [
        "update mart_session_metrics_by_day set session_metric_sum = session_metric_sum + 0.001",
        "update mart_session_metrics_by_day set covered_session_count = covered_session_count + 1",
    ],
    "assert_response_times_add_up_to_their_facts": [
        *(
            f"update mart_response_times_by_day set {measure} = {measure} + 1 where {measure} is not null"
            for measure in (
                "first_response_count", "first_response_sum_seconds", "first_response_business_sum_seconds",
                "first_response_within_1_min_count", "first_response_within_60_min_count", "agent_response_count",
                "bot_response_count", "end_user_response_count", "agent_response_sum_seconds",
                "bot_response_sum_seconds", "end_user_response_sum_seconds", "agent_wait_sum_seconds",
                "agent_wait_business_sum_seconds", "agent_response_business_sum_seconds",
                "agent_wait_within_5_min_count", "agent_response_within_15_min_count",
            )
        ),
        "delete from mart_response_times_by_day where team_id = '(none)'",
        "update mart_response_times_by_day set responded_date = responded_date + 1",
        "update fct_responses set response_business_seconds = null where agent_id is not null",
        "update fct_messaging_sessions set first_response_business_seconds = null "
        "where session_id = 'frt-within-hours/1'",
    ],
    "assert_resolution_times_add_up_to_their_facts": [
        *(
            f"update mart_resolution_times_by_day set {measure} = {measure} + 1 where {measure} is not null"
            for measure in (
                "resolution_count", "measured_resolution_count", "resolution_sum_seconds",
                "resolution_business_sum_seconds", "first_resolution_count", "first_resolution_sum_seconds",
                "first_resolution_business_sum_seconds", "last_resolution_count", "last_resolution_sum_seconds",
                "last_resolution_business_sum_seconds",
            )
        ),
        "update mart_resolution_times_by_day set topic_id = 'another'",
        "delete from mart_resolution_times_by_day where team_id = '(none)'",
        "update fct_messaging_sessions set first_resolution_seconds = first_resolution_seconds + 0.001 "
        "where session_id = 'frt-within-hours/1'",
    ],
    "assert_sentiment_adds_up_to_its_facts": [
        *(
            f"update mart_emoji_sentiment_by_day set {measure} = {measure} + 1 where {measure} is not null"
            for measure in (
                "end_user_message_count", "scored_message_count", "message_sentiment_sum", "positive_message_count",
                "session_count", "scored_session_count", "session_sentiment_sum", "sentiment_shift_sum",
                "neutral_session_count",
            )
        ),
        "delete from mart_emoji_sentiment_by_day where scored_message_count = 0",
        *(
            f"update mart_emoji_sentiment_by_day set positive_{what}_count = negative_{what}_count, "
            f"negative_{what}_count = positive_{what}_count where scored_{what}_count > 0"
            for what in ("message", "session")
        ),
    ],
    "assert_usage_adds_up_where_it_can": [
        "update mart_account_usage_by_period set closed_conversations = closed_conversations + 1 "
        "where period_type = 'month' and channel_id = '(all)'",
        "update mart_account_usage_by_period set unique_contacts = 0 where channel_id = '(all)'",
    ],
    "assert_contact_days_hold_every_message_sent": [
        "update fct_contact_days set message_count = message_count + 1 where agent_id is not null",
        "delete from fct_contact_days where active_contact_key is null",
        "update fct_contact_days set active_contact_key = 'somebody' where active_contact_key is not null",
    ],
    "assert_staging_knows_every_required_payload_key": [
        "update config.event_types set required_keys = 'message_id text' where event_type = 'message_sent'",
    ],
    "assert_visits_of_an_agent_never_overlap": [
        "update fct_visits set ended_at = ended_at + interval 1 millisecond where conversation_id = 'two-visits'",
        "update fct_visits set ended_at = null, is_open = true where conversation_id = 'two-visits-other'",
        "update fct_visits set ended_at = started_at - interval 1 millisecond where conversation_id = 'two-visits'",
        "update fct_visits set is_open = false where is_open",
    ],
    "assert_the_agent_timeline_is_gap_free": [
        "delete from fct_agent_timeline where visit_id is not null and conversation_id = 'two-visits'",
        "delete from fct_agent_timeline where started_at = (select min(started_at) from fct_agent_timeline)",
        "delete from fct_agent_timeline where ended_at = (select as_of from dim_build)",
        "delete from fct_agent_timeline where agent_id = 'agent-zoe'",
        "delete from fct_agent_presence where agent_id = 'agent-ana'",
        "update fct_agent_timeline set segment_seconds = segment_seconds + 0.001 where conversation_id = 'two-visits'",
        "update fct_agent_timeline set agent_id = 'agent-nobody' where agent_id = 'agent-zoe'",
    ],
    "assert_handle_and_viewing_never_exceed_the_span": [
        "update fct_visits set visit_seconds = visit_seconds + 0.001 where conversation_id = 'two-visits'",
        "update fct_visits set is_handled = not is_handled where conversation_id = 'two-visits'",
        "update fct_agent_timeline set visit_id = null where conversation_id = 'viewed-only'",
        "update fct_agent_days set viewing_seconds = span_seconds where handle_seconds > 0",
    ],
    "assert_every_agent_message_belongs_to_one_visit": [
        "update fct_visits set last_event_id = visit_id where conversation_id = 'two-visits'",
        "update fct_visits set conversation_id = 'another' where conversation_id = 'two-visits'",
        "update fct_visits set message_count = message_count + 1 where conversation_id = 'viewed-only'",
        "update fct_visits set agent_id = 'agent-nobody' where conversation_id = 'two-visits'",
        "delete from fct_visits where conversation_id = 'two-visits'",
    ],
    "assert_every_accepted_work_is_open_or_ends_once": [
        "delete from fct_agent_work where conversation_id = 'abandoned'",
        "update fct_agent_work set work_id = 'another' where conversation_id = 'abandoned'",
        "update fct_agent_work set is_closed_by_session_end = true where conversation_id = 'after-work'",
        "update fct_agent_work set status = 'closed' where status = 'opened'",
        "update fct_agent_work set is_open = not is_open",
        "update fct_agent_work set terminal_event_id = null where conversation_id = 'after-work'",
        "update fct_agent_work set is_accepted = true where status = 'declined'",
        "update fct_agent_work set is_first_work = true where conversation_id = 'transferred'",
        "update fct_agent_work set closed_at = null where conversation_id = 'after-work'",
    ],
    "assert_agent_days_sum_to_the_timeline": [
        *(
            f"update fct_agent_days set {measure}_seconds = {measure}_seconds + 1 where agent_id = 'agent-ana'"
            for measure in (
                "span", "online", "available", "away", "unknown", "offline", "working", "handle", "viewing",
                "handle_working", "occupied", "open_work", "open_weight", "capacity",
            )
        ),
        "update fct_agent_days set online_seconds = null where agent_id = 'agent-zoe'",
        "update fct_agent_days set capacity_seconds = null where agent_id = 'agent-zoe'",
        "update fct_agent_days set capacity_seconds = 0 where agent_id = 'agent-emi'",
        "delete from fct_agent_days where span_seconds = 86400",
        "update fct_agent_timeline set is_test_channel = false where is_test_channel",
    ],
    "assert_session_days_sum_to_the_timeline": [
        "update fct_agent_session_days set handle_seconds = handle_seconds + 1 where conversation_id = 'two-visits'",
        "delete from fct_agent_session_days where is_test_channel",
        "update fct_agent_session_days set is_test_channel = false where is_test_channel",
        "update fct_agent_session_days set activity_date = activity_date + 1 where conversation_id = 'two-visits'",
        "update fct_agent_days set viewing_seconds = viewing_seconds + 0.001 where viewing_seconds > 0",
    ],
    "assert_sessions_sum_their_visits": [
        "update fct_messaging_sessions set handle_seconds = handle_seconds + 0.001 where session_id = 'two-visits/1'",
        "update fct_messaging_sessions set viewing_seconds = 1 where session_id = 'bot-resolved/1'",
        "delete from fct_visits where conversation_id = 'viewed-only' and not is_handled",
        "update fct_visits set session_id = 'somewhere else' where conversation_id = 'two-visits'",
    ],
    "assert_the_source_example_is_two_visits_of_a_minute": [
        "update fct_visits set visit_seconds = 61 where conversation_id = 'two-visits'",
        "delete from fct_visits where conversation_id = 'two-visits'",
        "insert into fct_visits select * replace (started_at - interval 1 day as started_at) "
        "from fct_visits where conversation_id = 'two-visits'",
        "update fct_messaging_sessions set handle_seconds = 121 where session_id = 'two-visits/1'",
    ],
    "assert_the_demo_gives_the_printed_handle_times": [
        "update fct_messaging_sessions set viewing_seconds = 0 where session_id = 'viewed-only/1'",
        "update fct_agent_work set after_work_seconds = 0 where conversation_id = 'after-work'",
        "delete from fct_agent_work where conversation_id = 'abandoned'",
        "update fct_visits set is_idle_capped = true, idle_tail_seconds = 900 where conversation_id = 'two-visits'",
        "update fct_agent_timeline set open_work_count = open_work_count + 1 where conversation_id = 'three-at-once-b'",
    ],
    "assert_performance_marts_add_up_to_their_facts": [
        "update mart_agent_by_day set online_seconds = online_seconds + 0.001 where online_seconds > 0",
        "update mart_agent_by_day set agent_id = case agent_id when 'agent-ana' then 'agent-ben' else 'agent-ana' end "
        "where agent_id in ('agent-ana', 'agent-ben')",
        "update mart_agent_by_day set activity_date = activity_date + 1",
        "update mart_agent_by_day set utilisation_rate = 0.9 where utilisation_rate > 0",
        "update mart_agent_by_day set average_handle_seconds = average_handle_seconds + 0.001",
        "update mart_agent_by_day set after_work_sum_seconds = 0 where after_work_sum_seconds > 0",
        "update mart_team_by_day set timed_out_work_count = 0 where timed_out_work_count > 0",
        "update mart_team_by_day set agent_message_count = agent_message_count + 1 where agent_message_count > 0",
        "delete from mart_team_by_day where handle_seconds > 0",
    ],
    "assert_other_performance_marts_add_up_to_their_facts": [
        "update mart_resolutions_by_day set resolution_count = resolution_count + 1 where resolution_count > 0",
        "update mart_resolutions_by_day set topic_id = 'another'",
        "delete from mart_speed_to_answer_by_day",
        "update mart_efficiency_by_day set session_handle_sum_seconds = session_handle_sum_seconds + 0.001",
        "update mart_efficiency_by_day set attended_sum_seconds = 0 where attended_sum_seconds > 0",
    ],
    "assert_every_session_is_exported_once": [
        "delete from exp_resolved_conversations where session_id = 'frt-within-hours/1'",
        "insert into exp_open_conversations from exp_unresolved_conversations where session_id = 'abandoned/1'",
        "delete from exp_open_conversations where status = 'paused'",
        "update exp_unresolved_conversations set session_id = session_id || '0' where session_id = 'abandoned/1'",
        "update exp_resolved_conversations set status = 'active' where status = 'inactive'",
        "update exp_resolved_conversations set handle_seconds = handle_seconds + 0.001 where handle_seconds > 0",
        "update exp_open_conversations set channel_id = 'another'",
        "update exp_resolved_conversations set satisfied_survey_count = 0 where satisfied_survey_count > 0",
        "update exp_resolved_conversations set answered_survey_count = answered_survey_count + 1",
        "update exp_resolved_conversations set first_response_sla_status = 'met' "
        "where first_response_sla_status = 'breached'",
        "update exp_open_conversations set resolution_sla_status = null",
    ],
    "assert_exports_hold_every_row_of_their_facts": [
        "delete from exp_messages where is_orphan",
        "update exp_messages set message_text = 'another' where message_text is not null",
        "insert into exp_messages from exp_messages limit 1",
        "update exp_response_times set wait_seconds = wait_seconds + 0.001 where wait_seconds > 0",
        "delete from exp_response_times where not is_answered",
        "delete from exp_topics where not is_still_set",
        "update exp_contacts set display_name = 'somebody else'",
        "update exp_contacts set session_count = session_count + 1 where session_count > 0",
        "update exp_users set team_id = null where team_id = 'support'",
        "delete from exp_teams where team_id = 'support'",
        "update exp_teams set member_count = member_count - 1 where team_id = 'support'",
        "update exp_user_presence set is_current = false where is_current",
    ],
    "assert_every_topic_set_is_a_topic_of_its_session": [
        "delete from fct_session_topics where set_count = 1",
        "update fct_session_topics set set_count = set_count + 1",
        "update fct_session_topics set first_set_at = first_set_at - interval 1 millisecond",
        "update fct_session_topics set is_session_topic = not is_session_topic",
        "update fct_messaging_sessions set topic_id = null where topic_id is not null",
    ],
    "assert_an_agent_has_one_team_and_one_status_at_as_of": [
        "update fct_agent_presence set is_current = false where agent_id = 'agent-ana'",
        "update fct_agent_presence set is_current = true where agent_id = 'agent-zoe'",
        "update fct_agent_presence set is_current = ended_at is not null where agent_id = 'agent-femi'",
        "update dim_team_memberships set is_current = not is_current",
    ],
    "assert_real_time_figures_are_sums_of_their_facts": [
        *(
            f"update rt_agents set {measure}_seconds = coalesce({measure}_seconds, 0) + 0.001 "
            "where agent_id = 'agent-femi'"
            for measure in ("online", "available", "away", "unknown", "working", "handle", "handle_working")
        ),
        *(
            f"update rt_agents set {count} = {count} + 1 where agent_id = 'agent-femi'"
            for count in (
                "handled_session_count", "resolved_session_count", "valid_survey_count", "satisfied_survey_count",
                "open_work_count", "owned_session_count",
            )
        ),
        "update rt_agents set utilisation_rate = 0 where agent_id = 'agent-femi'",
        "update rt_agents set csat_rate = 0 where csat_rate > 0",
        "update rt_agents set average_handle_seconds = average_handle_seconds + 0.001",
        "delete from rt_agents where agent_id = 'agent-dev'",
        "insert into rt_agents select * replace ('agent-zoe' as agent_id) from rt_agents limit 1",
        "update fct_visits set is_handled = false where is_open",
        "update fct_agent_presence set is_away = true where is_current",
    ],
    "assert_real_time_views_show_every_open_session": [
        "update rt_queues set waiting_session_count = waiting_session_count - 1 where waiting_session_count > 0",
        "update rt_queues set longest_wait_seconds = longest_wait_seconds + 0.001",
        "delete from rt_queues where waiting_session_count > 0",
        "delete from rt_queues where waiting_session_count = 0",
        "update rt_queues set sla_due_count = sla_due_count + 1 where sla_due_count > 0",
        "update rt_queues set sla_overdue_count = 0 where sla_overdue_count > 0",
        "update rt_queues set online_agent_count = 0",
        "delete from rt_owned_sessions where is_waiting",
        "update rt_owned_sessions set is_waiting = not is_waiting",
        "update rt_owned_sessions set owned_since_at = last_activity_at",
        "update rt_owned_sessions set next_sla_due_at = next_sla_due_at + interval 1 millisecond",
        "update rt_owned_sessions set sla_overdue_count = sla_overdue_count + 1",
        "update rt_agents set waiting_session_count = 0",
        "update rt_agents set owned_session_count = owned_session_count + 1",
        "delete from rt_session_messages where message_number = 1",
        "update rt_session_messages set message_number = 3 - message_number where message_number < 3",
        "insert into rt_session_messages from rt_session_messages limit 1",
    ],
    "assert_open_intervals_are_apart_and_add_up": [
        "update intermediate.int_open_intervals_merged set closed_at = closed_at + interval 1 day",
        "update intermediate.int_open_intervals_merged set open_ms_before = 1 where open_ms_before > 0",
        "delete from intermediate.int_open_intervals_merged where opened_at = timestamp '2026-03-02 09:00:00'",
    ],
    "assert_every_open_interval_is_found_until_the_next_begins": [
        "update intermediate.int_open_intervals_by_date set next_opened_at = next_opened_at - interval 1 hour",
        "update intermediate.int_open_intervals_by_date set closed_at = closed_at - interval 1 hour",
        "update intermediate.int_open_intervals_by_date set open_ms_before = open_ms_before + 1",
        "delete from intermediate.int_open_intervals_by_date where moment_date = date '2026-03-08'",
        "insert into intermediate.int_open_intervals_by_date "
        "select * replace (moment_date + 30 as moment_date) from intermediate.int_open_intervals_by_date",
    ],
    "assert_business_time_never_exceeds_the_calendar": [
        "update fct_messaging_sessions set first_response_business_seconds = 4800.001 "
        "where session_id = 'frt-before-opening/1'",
        "update fct_responses set wait_business_seconds = null where session_id = 'over-lunch/1'",
        "update fct_resolutions set resolution_business_seconds = 0 "
        "where resolution_seconds > 0 and channel_id = 'whatsapp'",
    ],
    "assert_every_measured_thing_has_the_one_outcome_that_is_due": [
        "delete from fct_sla_outcomes where session_id = 'frt-within-hours/1' and metric = 'first_response'",
        "delete from fct_sla_outcomes where session_id = 'frt-within-hours/1' and metric = 'next_response'",
        "delete from fct_sla_outcomes where session_id = 'abandoned/1' and metric = 'resolution'",
        "update fct_sla_outcomes set response_number = 99 where metric = 'next_response'",
        "update fct_sla_outcomes set policy_id = 'frt-standard' where session_id = 'frt-within-hours/1'",
        "update fct_sla_outcomes set policy_id = 'frt-app' where policy_id = 'frt-app-until-march-8'",
        "update fct_sla_outcomes set started_at = started_at + interval 1 second where metric = 'resolution'",
    ],
    "assert_sla_outcomes_say_what_their_facts_say": [
        "update fct_sla_outcomes set elapsed_seconds = elapsed_seconds + 0.001 where session_id = 'over-lunch/1'",
        "update fct_sla_outcomes set sla_status = 'met' where sla_status = 'breached'",
        "update fct_sla_outcomes set is_met = true where sla_status = 'cancelled'",
        "update fct_sla_outcomes set agent_id = 'agent-zoe' where metric = 'next_response'",
        "update fct_sla_outcomes set due_at = stopped_at where is_breached",
        "update fct_sla_outcomes set started_event_id = stopped_event_id where metric = 'first_response' and is_met",
        "update fct_sla_outcomes set stopped_event_id = null where is_met",
    ],
    "assert_every_survey_event_is_in_its_survey": [
        "delete from fct_csat_responses where conversation_id = 'csat-without-request'",
        "update fct_csat_responses set is_valid = true where is_valid = false",
        "update fct_csat_responses set responded_event_id = null where conversation_id = 'night-shift'",
        "update fct_csat_responses set survey_id = 'another' where conversation_id = 'night-shift'",
    ],
    "assert_a_session_feels_what_its_messages_say": [
        "update fct_messaging_sessions set emoji_sentiment_score = 0 where conversation_id = 'emoji-mood'",
        "update fct_messaging_sessions set emoji_sentiment_shift = 0 where conversation_id = 'emoji-mood'",
        "update fct_messaging_sessions set emoji_sentiment_label = 'negative' where conversation_id = 'emoji-mood'",
        "update fct_messages set emoji_sentiment_score = null where conversation_id = 'night-shift'",
    ],
    "assert_every_schedule_in_use_opens": [
        "delete from intermediate.int_open_intervals_merged where business_hours_id = 'support_london'",
        "update dim_channels set business_hours_id = 'never' where channel_id = 'web'",
    ],
    "assert_no_two_policies_are_of_equal_rank": [
        "update dim_sla_policies set channel_id = null where policy_id = 'frt-web'",
        "update dim_sla_policies set valid_from = null where policy_id = 'frt-app'",
    ],
    "assert_the_demo_gives_the_printed_service_figures": [
        "update fct_messaging_sessions set first_response_business_seconds = 0 where session_id = 'night-across-dst/1'",
        "update fct_sla_outcomes set due_at = started_at where session_id = 'frt-before-opening/1'",
        "delete from fct_csat_responses where conversation_id = 'night-shift'",
        "update fct_messaging_sessions set scored_message_count = 0 where conversation_id = 'emoji-mood'",
    ],
    "assert_the_demo_gives_the_printed_numbers": [
        "update fct_messaging_sessions set first_response_seconds = 301 where session_id = 'frt-within-hours/1'",
        "delete from fct_responses where session_id = 'response-burst/1'",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def data_tests(demo: DbtRun) -> dict[str, dict[str, Any]]:
    """Compiled data tests of the project by name."""
    nodes = json.loads((demo.target / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "test"}


@pytest.fixture
def breakable(demo: DbtRun, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the demo's warehouse, to be broken."""
    copy = tmp_path / demo.database.name
    shutil.copy(demo.database, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def _break(connection: duckdb.DuckDBPyConnection, breakage: str) -> int:
    """Break rows and count them; those of a view are broken in a table that takes its place."""
    views = connection.execute("select view_name from duckdb_views() where not internal").fetchall()
    for view in {name for (name,) in views} & set(re.findall(r"\w+", breakage)):
        connection.execute(f"create table broken as from {view}")
        connection.execute(f"drop view {view}")
        connection.execute(f"alter table broken rename to {view}")
    (changed,) = connection.execute(breakage).fetchone() or (0,)
    return int(changed)


def _failures(connection: duckdb.DuckDBPyConnection, data_test: dict[str, Any]) -> int:
    return len(connection.execute(data_test["compiled_code"]).fetchall())


def test_every_singular_test_has_a_breakage() -> None:
    assert {path.stem for path in (PROJECT / "tests" / "singular").glob("*.sql")} == set(BREAKAGES)


@pytest.mark.parametrize(
    ("name", "breakage"),
    [(name, breakage) for name, breakages in BREAKAGES.items() for breakage in breakages],
)
def test_a_broken_row_turns_the_test_red(
    breakable: duckdb.DuckDBPyConnection,
    data_tests: dict[str, dict[str, Any]],
    name: str,
    breakage: str,
) -> None:
    assert _failures(breakable, data_tests[name]) == 0
    assert _break(breakable, breakage) > 0, "the breakage broke nothing"
    assert _failures(breakable, data_tests[name]) > 0


def test_a_contact_of_no_known_channel_whom_tests_alone_have_seen_is_missed_by_nobody(
    breakable: duckdb.DuckDBPyConnection, data_tests: dict[str, dict[str, Any]]
) -> None:
    inferred = "update dim_messaging_users set channel_id = null where is_test and messaging_user_id in "
    changed = breakable.execute(inferred + "(select messaging_user_id from fct_messaging_sessions)").fetchone()
    assert changed and changed[0] > 0
    assert _failures(breakable, data_tests["assert_exports_hold_every_row_of_their_facts"]) == 0


def test_a_doubled_row_turns_every_grain_red(
    breakable: duckdb.DuckDBPyConnection, data_tests: dict[str, dict[str, Any]]
) -> None:
    grains = {n: t for n, t in data_tests.items() if n.startswith("one_row_per_grain")}
    assert len(grains) > 30
    for name, grain in grains.items():
        match = re.search(r'from ("[^"]+"\."[^"]+"\."[^"]+")', grain["compiled_code"])
        assert match is not None
        relation = match.group(1)
        is_empty = not breakable.execute(f"select 1 from {relation} limit 1").fetchall()  # as what is touched is
        any_row = f"(select kept.* from (select 1) left join {relation} as kept on true limit 1)"
        doubled = f"(select * from {relation} union all {any_row}{f' union all {any_row}' if is_empty else ''})"
        broken = grain["compiled_code"].replace(f"from {relation}", f"from {doubled}")
        assert _failures(breakable, grain) == 0, name
        assert len(breakable.execute(broken).fetchall()) == 1, name
