"""Worked examples of the decision records that need a whole build: marts, several moments, a late starter."""

from datetime import date, datetime

import pytest

from builders import ConversationBuilder, conversation, messaging_user, presence, raw_input
from conftest import GUARDS_OFF, Shared, compiled
from raw_folders import ParsedDbt
from warehouse import Replay, Row


def _session(replay: Replay, session_id: str) -> Row:
    (session,) = [row for row in replay.rows("fct_messaging_sessions") if row["session_id"] == session_id]
    return session


def _usage(replay: Replay, period_type: str, channel_id: str | None = None) -> list[int]:
    return [
        row["unique_contacts"]
        for row in sorted(replay.rows("mart_account_usage_by_period"), key=lambda row: str(row["period_start"]))
        if row["period_type"] == period_type
        and (row["channel_id"] == "(all)") is (channel_id is None)
        and row["unique_contacts"]  # a conversation may close on a day without messages
    ]


@pytest.mark.parametrize(
    ("as_of", "status", "ended_at"),
    [
        (datetime(2024, 3, 3), "ended", datetime(2024, 3, 2, 10)),
        (datetime(2024, 3, 4, 12), "waiting", None),
        (datetime(2024, 4, 1), "ended", datetime(2024, 3, 5, 10)),
    ],
)
def test_late_activity_counts_the_silence_anew(
    replay_as_of: Replay, as_of: datetime, status: str, ended_at: datetime | None
) -> None:
    stream = conversation("c1").at("2024-03-01 10:00").end_user().at("2024-03-04 10:00").handoff()
    replay_as_of.build(raw_input(stream), as_of)
    session = _session(replay_as_of, "c1/1")
    assert (session["status"], session["ended_at"]) == (status, ended_at)


def test_a_late_starter_cuts_the_conversation_anew(replay_as_of: Replay) -> None:
    stream = (
        conversation("c1")
        .at("2024-03-04 10:00").end_user()
        .at("2024-03-06 10:00").end_user()
        .at("2024-03-05 10:30").end_user().received("2024-03-06 12:00")
    )  # fmt: skip
    replay_as_of.build(raw_input(stream), datetime(2024, 3, 6, 11))
    assert _session(replay_as_of, "c1/2")["started_at"] == datetime(2024, 3, 6, 10)
    replay_as_of.build(raw_input(stream), datetime(2024, 3, 6, 12))
    assert _session(replay_as_of, "c1/1")["started_at"] == datetime(2024, 3, 4, 10)
    moved = _session(replay_as_of, "c1/2")
    assert (moved["started_at"], moved["end_user_message_count"]) == (datetime(2024, 3, 5, 10, 30), 2)


def test_a_person_on_two_channels_is_one_contact(replay: Replay) -> None:
    web = conversation("web-1", channel_id="web", messaging_user_id="kim-web")
    whatsapp = conversation("wa-1", channel_id="whatsapp", messaging_user_id="kim-wa")
    web.at("2024-03-03 10:00").end_user().at("2024-03-03 10:05").agent("a1")
    whatsapp.at("2024-03-09 10:00").end_user().at("2024-03-09 10:05").agent("a1").at("2024-03-15 10:00").end_user()
    users = [messaging_user("kim-web", contact_id="kim"), messaging_user("kim-wa", contact_id="kim")]
    replay.build(raw_input(web, whatsapp, messaging_users=users))
    assert _usage(replay, "day") == [1, 1, 1]
    assert _usage(replay, "month", "each") == [1, 1]
    assert _usage(replay, "month") == [1]


def test_outcomes_are_shares_of_what_has_ended(replay_as_of: Replay) -> None:
    a = conversation("a", messaging_user_id="u1").at("2024-03-04 10:00").end_user().at("2024-03-04 10:20")
    b = conversation("b", messaging_user_id="u2").at("2024-03-04 10:00").end_user().at("2024-03-04 10:01").agent("a1")
    c = conversation("c", messaging_user_id="u3").at("2024-03-04 10:00").end_user().at("2024-03-04 10:01").handoff()
    a.ended("end_user")
    b.at("2024-03-04 10:02").work("transferred", "w1", "a1").at("2024-03-04 10:03").ended("a1")
    replay_as_of.build(raw_input(a, b, c), datetime(2024, 3, 4, 12))
    rows = replay_as_of.rows("mart_session_outcomes_by_day")
    totals = {name: sum(row[name] for row in rows) for name in rows[0] if name.endswith("_count")}
    assert totals["session_count"] == totals["inbound_session_count"] == 3
    assert totals["ended_session_count"] == totals["ended_inbound_session_count"] == 2
    assert (totals["abandoned_session_count"], totals["transferred_session_count"]) == (1, 1)
    assert totals["handed_off_session_count"] == 0


def test_coverage_is_told_where_nothing_has_ended(replay_as_of: Replay) -> None:
    stream = conversation("c1").at("2024-03-04 10:00").end_user()
    replay_as_of.build(raw_input(stream), datetime(2024, 3, 4, 11))
    rows = replay_as_of.rows("mart_session_metrics_by_day")
    assert len(rows) == 6
    assert {(row["session_count"], row["covered_session_count"], row["coverage_rate"]) for row in rows} == {(1, 0, 0.0)}


def test_days_and_periods_are_cut_in_utc_by_default(replay: Replay) -> None:
    stream = conversation("c1").at("2024-03-31 23:59").end_user().at("2024-04-01 00:01").agent("a1")
    replay.build(raw_input(stream))
    months = {
        row["period_start"]: row["active_agents"]
        for row in replay.rows("mart_account_usage_by_period")
        if row["period_type"] == "month" and row["channel_id"] == "(all)"
    }
    assert months == {date(2024, 3, 1): 0, date(2024, 4, 1): 1}


def test_the_sources_example_is_two_visits_of_a_minute(replay: Replay) -> None:
    a = (
        conversation("A")
        .at("09:57:20").end_user()
        .at("10:00:00").opened("ana").at("10:00:30").agent("ana")
        .at("10:20:00").opened("ana").at("10:20:40").agent("ana").at("10:21:00").left("ana")
        .at("10:27:00").ended("end_user")
    )  # fmt: skip
    b = conversation("B").at("09:59:00").end_user().at("10:01:00").opened("ana")
    replay.build(raw_input(a, b))
    visits = sorted(replay.rows("fct_visits"), key=lambda visit: str(visit["started_at"]))
    assert [(visit["conversation_id"], visit["visit_seconds"], visit["is_handled"]) for visit in visits] == [
        ("A", 60, True),
        ("B", 900, False),
        ("A", 60, True),
    ]
    assert [visit["is_idle_capped"] for visit in visits] == [False, True, False]
    session = _session(replay, "A/1")
    assert (session["handle_seconds"], session["attended_seconds"], session["served_seconds"]) == (120, 1260, 1420)
    (efficiency,) = replay.rows("mart_efficiency_by_day")  # B was only viewed
    assert (efficiency["session_handle_sum_seconds"], efficiency["saved_sum_seconds"]) == (120, 1140)
    assert round(efficiency["carried_ratio"], 1) == 11.8
    assert round(efficiency["saved_rate"], 2) == 0.9


def test_a_lost_log_off_leaves_the_agent_unknown_until_the_next_presence_event(replay: Replay) -> None:
    greta = presence("greta").at("2024-03-01 12:29").status("available").at("2024-03-04 07:57").status("available")
    stray = conversation("c1").at("2024-03-03 10:00").agent("greta")
    for streams in ((greta,), (greta, stray)):
        replay.build(raw_input(*streams))
        intervals = sorted(replay.rows("fct_agent_presence"), key=lambda row: str(row["started_at"]))
        assert [(row["status"], row["started_at"], row["ended_at"]) for row in intervals] == [
            ("available", datetime(2024, 3, 1, 12, 29), datetime(2024, 3, 2, 12, 29)),
            ("unknown", datetime(2024, 3, 2, 12, 29), datetime(2024, 3, 4, 7, 57)),
            ("available", datetime(2024, 3, 4, 7, 57), None),
        ]


def test_a_transfer_closes_the_work_and_the_next_agent_gets_another(replay: Replay) -> None:
    stream = (
        conversation("c1")
        .at("13:59").end_user()
        .at("14:00:00").work("requested", "w1", team_id="support")
        .at("14:00:05").work("assigned", "w1", agent_id="hugo")
        .at("14:01:00").work("accepted", "w1", by="hugo")
        .at("14:03:00").work("transferred", "w1", by="hugo").work("requested", "w2", team_id="orders")
        .at("14:04:00").work("accepted", "w2", by="chloe").redelivered("14:05:00")
        .at("14:10:00").ended("end_user")
    )  # fmt: skip
    replay.build(raw_input(stream))
    first, second = sorted(replay.rows("fct_agent_work"), key=lambda row: str(row["work_id"]))
    told = ("agent_id", "team_id", "status", "work_reason", "speed_to_answer_seconds", "work_handle_seconds")
    assert [first[column] for column in told] == ["hugo", "support", "transferred", "first", 60, 120]
    assert [second[column] for column in told] == ["chloe", "orders", "closed", "transfer", 60, 360]
    assert (first["is_closed_by_session_end"], second["is_closed_by_session_end"]) == (False, True)


def test_three_conversations_at_once_add_up(replay: Replay) -> None:
    def work(name: str, accepted: str, closed: str) -> ConversationBuilder:
        return (
            conversation(name)
            .at("13:30").end_user()
            .at("13:50").work("requested", "w").at(accepted).work("accepted", "w", by="ana")
            .at(closed).work("closed", "w")
        )  # fmt: skip

    # What is looked at: 540, 240 and 480 seconds written in, 90 only viewed.
    one = work("one", "14:01", "14:30").at("14:01").opened("ana").agent("ana").at("14:10").agent("ana")
    two = work("two", "14:05", "14:21").at("14:10").opened("ana").agent("ana").at("14:14").agent("ana")
    three = work("three", "14:08", "14:24").at("14:14").opened("ana").agent("ana").at("14:22").agent("ana").left("ana")
    three = three.at("14:22:30").opened("ana").at("14:24").left("ana")
    ana = presence("ana").at("14:00").status("available", capacity="3").at("15:00").status("offline")
    replay.build(raw_input(one, two, three, ana))
    (day,) = replay.rows("mart_agent_by_day")
    assert (day["working_seconds"], day["handle_seconds"], day["viewing_seconds"]) == (3600, 1260, 90)
    assert (day["occupied_seconds"], day["open_work_seconds"], day["capacity_seconds"]) == (1740, 3660, 10800)
    assert day["utilisation_rate"] == 0.35
    assert [round(day[rate], 3) for rate in ("occupancy_rate", "concurrency", "capacity_utilisation_rate")] == [
        0.483,
        2.103,
        0.339,
    ]
    assert (day["handled_session_count"], day["average_handle_seconds"]) == (3, 420)


# --- what a source does not record ----------------------------------------------------------------


@pytest.fixture(scope="module")
def replay_without_focus(shared: Shared) -> Replay:
    """Replay the project's SQL for a source that does not record where an agent looks."""
    variables = GUARDS_OFF | {"unrecorded": ["focus"]}
    return Replay(
        shared("replay_without_focus", lambda place: compiled(place, ParsedDbt("", variables).run, **variables))
    )


def test_where_focus_is_not_recorded_nobody_knows_the_handle_time(replay: Replay, replay_without_focus: Replay) -> None:
    told = conversation("c1").at("10:00").end_user().agent("ann").at("10:02").agent("ann").at("11:00").ended("end_user")
    shift = presence("ann").at("09:00").status("available").at("12:00").status("offline")
    replay.build(raw_input(told, shift))
    assert _session(replay, "c1/1")["handle_seconds"] == 17 * 60
    replay_without_focus.build(raw_input(told, shift))
    assert _session(replay_without_focus, "c1/1")["handle_seconds"] is None
    assert replay_without_focus.rows("fct_visits") == []
    (day,) = replay_without_focus.rows("mart_agent_by_day")
    assert (day["online_seconds"], day["handle_seconds"], day["utilisation_rate"]) == (3 * 3600, None, None)


def test_of_a_session_whose_messages_are_not_recorded_the_platform_says_who_served_it(replay: Replay) -> None:
    """Two sessions of Ann's, one told in full and one of which the platform has the figures and not the words."""
    told = (
        conversation("told", channel_id="sms")
        .at("10:00").event("conversation_started", "end_user", origin="inbound")
        .at("10:01").end_user()
        .at("10:02").agent("ann")
        .at("10:30").ended("end_user")
    )  # fmt: skip
    untold = (
        conversation("untold", channel_id="whatsapp")
        .at("10:00").event("conversation_started", "end_user", origin="inbound", are_messages_recorded=False)
        .at("10:01").work("requested", "w").at("10:02").work("accepted", "w", "ann")
        .at("10:30").work("closed", "w", "ann").ended("end_user")
        .figure_reported("agent_type", "agent").figure_reported("agent_message_count", 4)
    )  # fmt: skip
    replay.build(raw_input(told, untold))
    ours, theirs = _session(replay, "told/1"), _session(replay, "untold/1")
    columns = ("agent_type", "is_agent_type_reported", "agent_message_count", "is_closed_conversation", "is_abandoned")
    assert [ours[column] for column in columns] == ["agent", False, 1, True, False]
    assert [theirs[column] for column in columns] == ["agent", True, None, None, None]
    metrics = {
        row["metric_type"]: (row["metric_value"], row["is_reported"])
        for row in replay.rows("fct_messaging_session_metrics")
        if row["session_id"] == "untold/1" and row["has_value"]
    }
    assert metrics == {"agent_message_count": (4, True)}
    traffic = {
        row["channel_id"]: (row["session_count"], row["agent_message_count"], row["unrecorded_session_count"])
        for row in replay.rows("mart_channel_traffic_by_day")
    }
    assert traffic == {"sms": (1, 1, 0), "whatsapp": (1, None, 1)}
    (day,) = replay.rows("mart_agent_by_day")
    assert (day["agent_message_count"], day["closed_work_count"], day["unrecorded_session_count"]) == (1, 1, 1)
    (account,) = replay.rows("mart_account_activity_by_month")
    assert (account["session_count"], account["closed_conversations"], account["bot_message_count"]) == (2, 1, None)
    outcomes = {
        row["channel_id"]: (row["ended_inbound_session_count"], row["abandoned_session_count"], row["abandonment_rate"])
        for row in replay.rows("mart_session_outcomes_by_day")
    }
    assert outcomes == {"sms": (1, 0, 0.0), "whatsapp": (1, None, None)}
    causes = {
        row["figure"]: (row["our_value"], row["reconciliation_cause"]) for row in replay.rows("mart_reconciliation")
    }
    assert set(causes.values()) == {(None, "not_recorded")}


@pytest.fixture(scope="module")
def replay_of_objects(shared: Shared) -> Replay:
    """Replay the project's SQL for a source that records nothing of what may be left out."""
    unrecorded = ["focus", "resolutions", "csat", "topics", "queues", "memberships", "proactive", "receipt"]
    unrecorded += ["work", "presence", "origins", "contacts", "delivery", "texts", "attachments"]
    variables = GUARDS_OFF | {"unrecorded": unrecorded}
    return Replay(shared("replay_of_objects", lambda place: compiled(place, ParsedDbt("", variables).run, **variables)))


def test_what_is_not_recorded_is_null_and_not_0(replay: Replay, replay_of_objects: Replay) -> None:
    """A resolve, a topic, a survey and a push: who does not record them counts none of them, and says no 0."""
    told = (
        conversation("c1")
        .at("10:00").end_user().at("10:01").agent("ann", is_proactive=True).topic_added("refund")
        .at("10:05").resolved("ann").csat_requested("s").csat_responded("s", 5)
        .at("10:30").ended("end_user")
    )  # fmt: skip
    columns = ("resolved_session_count", "agent_message_count")
    for known, (resolved, written) in ((replay, (1, 1)), (replay_of_objects, (None, 1))):
        known.build(raw_input(told))
        (day,) = known.rows("mart_agent_by_day")
        assert tuple(day[column] for column in columns) == (resolved, written)
    for mart in (
        "mart_topic_by_day",
        "mart_csat_by_day",
        "mart_resolutions_by_day",
        "exp_topics",
        "mart_efficiency_by_day",
    ):
        assert replay_of_objects.rows(mart) == []
        assert replay.rows(mart) != [] or mart == "mart_efficiency_by_day"
    session = _session(replay_of_objects, "c1/1")
    assert (session["is_closed"], session["closed_at"]) == (True, session["ended_at"])
    assert [session[column] for column in ("cycle_count", "is_reopened", "first_resolved_at", "topic_id")] == [None] * 4
    (exported,) = replay_of_objects.rows("exp_unresolved_conversations")
    assert (exported["is_resolved"], exported["requested_survey_count"]) == (None, None)
    (resolved_export,) = replay.rows("exp_resolved_conversations")
    assert (resolved_export["is_resolved"], resolved_export["requested_survey_count"]) == (True, 1)
    assert {row["proactive_messages"] for row in replay_of_objects.rows("mart_account_usage_by_period")} == {None}
    assert {row["late_event_count"] for row in replay_of_objects.rows("mart_data_quality_by_day")} == {None}


def test_where_work_and_presence_are_not_recorded_a_share_of_them_is_not_believed(
    replay: Replay, replay_of_objects: Replay
) -> None:
    """Ann passes work on, and nobody takes it: who does not record work knows of nobody who waits for it."""
    told = (
        conversation("c1")
        .at("10:00").event("conversation_started", "end_user", origin="inbound")
        .work("requested", "w").at("10:01").work("accepted", "w", "ann").at("10:02").agent("ann")
        .at("10:10").work("transferred", "w", "ann").work("requested", "v")
    )  # fmt: skip
    shift = presence("ann").at("09:00").status("available").at("11:00").status("busy")
    for known, status, is_transferred in ((replay, "waiting", True), (replay_of_objects, "active", None)):
        known.build(raw_input(told, shift))
        session = _session(known, "c1/1")
        assert (session["status"], session["is_transferred"]) == (status, is_transferred)
    columns = ("accepted_work_count", "transferred_work_count", "online_agent_count", "online_seconds")
    (day,) = replay.rows("mart_agent_by_day", ("agent_message_count", *columns))
    assert day == {"agent_message_count": 1} | dict(zip(columns, (1, 1, 1, 7200), strict=True))
    (day,) = replay_of_objects.rows("mart_agent_by_day", ("agent_message_count", *columns))
    assert day == {"agent_message_count": 1} | dict.fromkeys(columns)
    for table in ("fct_agent_work", "fct_agent_presence", "fct_agents_now", "rt_agents", "exp_user_presence"):
        assert replay.rows(table) != []
        assert replay_of_objects.rows(table) == []
    online = ("waiting_session_count", "online_agent_count", "available_agent_count", "away_agent_count")
    assert [tuple(row.values()) for row in replay.rows("rt_queues", online)] == [(1, 1, 0, 0)]
    assert [tuple(row.values()) for row in replay_of_objects.rows("rt_queues", online)] == [(None,) * 4]
    (outcome,) = replay_of_objects.rows("mart_session_outcomes_by_day", ("transferred_session_count", "transfer_rate"))
    assert outcome == {"transferred_session_count": None, "transfer_rate": None}
