"""Worked examples of marts: on which day, and in which row, a thing counts."""

from datetime import date
from decimal import Decimal

from builders import conversation, membership, messaging_user, presence, raw_input, sandbox_channel
from warehouse import Replay, Row


def _rows(replay: Replay, mart: str, *keys: str) -> dict[tuple[object, ...], Row]:
    """Return a mart's rows by its keys."""
    return {tuple(row[key] for key in keys): row for row in replay.rows(mart)}


def test_a_message_counts_on_the_day_it_was_sent_and_an_orphan_on_that_of_its_first_receipt(replay: Replay) -> None:
    stream = (
        conversation()
        .at("2024-03-04 23:58").end_user(message_id="in")
        .at("2024-03-04 23:59").agent("a1", message_id="out").agent("a1", message_id="lost").bot(message_id="untold")
        .at("2024-03-05 00:01").delivered("out").failed("lost", "408")
        .at("2024-03-05 00:02").failed("never seen", "500")
        .at("2024-03-06 00:02").failed("never seen", "501")
    )  # fmt: skip
    replay.build(raw_input(stream))
    first, second = date(2024, 3, 4), date(2024, 3, 5)
    failures = _rows(replay, "mart_delivery_failures_by_day", "message_date", "direction", "actor_type", "status_code")
    assert {key: (row["recorded_message_count"], row["failed_message_count"]) for key, row in failures.items()} == {
        (first, "inbound", "end_user", "(none)"): (1, 0),
        (first, "outbound", "agent", "(none)"): (1, 0),
        (first, "outbound", "agent", "408"): (1, 1),
        (first, "outbound", "bot", "(none)"): (1, 0),
        (second, "(unknown)", "(unknown)", "501"): (1, 1),
    }
    reports = _rows(replay, "mart_delivery_reports_by_day", "message_date", "actor_type")
    assert {key: (row["report_coverage_rate"], row["reported_failure_rate"]) for key, row in reports.items()} == {
        (first, "end_user"): (0, None),  # nobody reported: nobody knows
        (first, "agent"): (1, 0.5),
        (first, "bot"): (0, None),
        (second, "(unknown)"): (1, 1),
    }
    assert reports[(first, "agent")]["p95_delivery_seconds"] == 120


def test_every_address_beside_the_tests_stands_under_its_account_with_or_without_a_session(replay: Replay) -> None:
    heard = conversation("heard", messaging_user_id="heard").at("10:00").end_user().at("10:01").agent("a1")
    stranger = conversation("stranger", messaging_user_id="stranger").at("10:00").end_user()
    tried = conversation("tried", channel_id="try", messaging_user_id="tried").at("10:00").end_user()
    nobody = conversation("nobody", channel_id="try", messaging_user_id="tester").at("10:00").end_user()
    both = [
        conversation(f"both-{c}", channel_id=c, messaging_user_id="both").at("11:00").end_user() for c in ("try", "ch1")
    ]
    users = [
        messaging_user("heard", account_id="acme"),
        messaging_user("silent", account_id="acme"),
        {**messaging_user("tester", account_id="acme"), "channel_id": "try"},
        {**messaging_user("both", account_id="acme"), "channel_id": "try"},
    ]
    raw = raw_input(
        heard, stranger, tried, nobody, *both, messaging_users=users, channels=[sandbox_channel("try")]
    )  # fmt: skip
    replay.build(raw)
    found = _rows(replay, "mart_messaging_users_by_account", "account_id", "messaging_user_id")
    assert {key: (row["session_count"], row["message_count"]) for key, row in found.items()} == {
        ("acme", "heard"): (1, 2),
        ("acme", "silent"): (0, 0),
        ("acme", "both"): (1, 1),  # on a test channel, and spoken to elsewhere
        ("(none)", "stranger"): (1, 1),  # no reference table knows them, and no account
    }
    months = _rows(replay, "mart_account_activity_by_month", "month_start", "account_id")
    assert {key: row["session_count"] for key, row in months.items()} == {
        (date(2024, 3, 1), "acme"): 2,
        (date(2024, 3, 1), "(none)"): 1,
    }


def test_an_answer_counts_for_the_team_that_gave_it_and_an_exact_minute_is_within_it(replay: Replay) -> None:
    stream = (
        conversation()
        .at("10:00:00").end_user().at("10:00:30").end_user().at("10:00:31").bot()
        .at("10:00:40").end_user().at("10:01:00").agent("ana")
        .at("10:02:00").end_user().at("10:07:00.001").agent("ben")
    )  # fmt: skip
    memberships = [membership("ana", "web", "2024-01-01")]
    replay.build(raw_input(stream, team_memberships=memberships))
    found = _rows(replay, "mart_response_times_by_day", "team_id")
    web, none = found[("web",)], found[("(none)",)]
    assert (web["first_response_count"], web["max_first_response_seconds"]) == (1, 60)
    assert (web["first_response_within_1_min_count"], web["first_response_within_1_min_rate"]) == (1, 1)
    assert (web["agent_response_count"], web["agent_wait_sum_seconds"]) == (1, 20)
    # Ben is in no team, and neither are bots and customers; 300.001 s are not within five minutes.
    assert (none["agent_response_count"], none["agent_wait_within_5_min_count"]) == (1, 0)
    assert none["agent_wait_within_15_min_rate"] == 1
    assert (none["bot_response_count"], none["p50_bot_response_seconds"]) == (1, 1)
    assert (none["end_user_response_count"], none["end_user_response_sum_seconds"]) == (2, 69)
    assert none["first_response_count"] == 0 and none["average_first_response_seconds"] is None


def test_first_and_last_resolution_count_on_their_days_with_their_topics_and_teams(replay: Replay) -> None:
    stream = (
        conversation()
        .at("2024-03-04 10:00").end_user().topic_added("billing")
        .at("2024-03-04 11:00").resolved("ana")
        .at("2024-03-05 09:00").end_user().topic_added("refund")
        .at("2024-03-05 10:00").resolved("bot-1")
        .at("2024-03-06 09:00").resolved("bot-1")
    )  # fmt: skip
    replay.build(raw_input(stream, team_memberships=[membership("ana", "web", "2024-01-01")]))
    keys = ("resolved_date", "team_id", "topic_id")
    found = _rows(replay, "mart_resolution_times_by_day", *keys)
    hour = 3600
    figures = ("resolution_sum_seconds", "first_resolution_sum_seconds", "last_resolution_sum_seconds")
    assert {key: tuple(row[figure] for figure in figures) for key, row in found.items()} == {
        (date(2024, 3, 4), "web", "billing"): (hour, hour, None),
        (date(2024, 3, 5), "(none)", "refund"): (hour, None, None),
        (date(2024, 3, 6), "(none)", "refund"): (None, None, 47 * hour),  # resolved again: the last, and no cycle
    }


def test_sentiment_speaks_for_what_has_a_score(replay: Replay) -> None:
    felt = conversation("felt").at("23:59").end_user("😡😡").end_user("well").agent("ana", "❤")
    felt.at("2024-03-05 00:01").end_user("❤️👍🏽")
    silent = conversation("silent", messaging_user_id="mu2").at("10:00").end_user("hello")
    replay.build(raw_input(felt, silent))
    found = _rows(replay, "mart_emoji_sentiment_by_day", "sentiment_date")
    first, second = found[(date(2024, 3, 4),)], found[(date(2024, 3, 5),)]
    assert (first["end_user_message_count"], first["scored_message_count"], first["negative_message_count"]) == (
        3,
        1,
        1,
    )
    assert (first["message_sentiment_average"], second["message_sentiment_average"]) == (-0.95, 0.825)
    assert (first["session_count"], first["scored_session_count"], first["neutral_session_count"]) == (2, 1, 1)
    assert (first["session_sentiment_average"], first["sentiment_shift_average"]) == (-0.0625, 1.775)
    assert (second["session_count"], second["scored_session_rate"]) == (0, None)


def test_deliveries_count_on_the_day_of_their_receipt_by_what_became_of_them(replay: Replay) -> None:
    talk = (
        conversation(channel_id="web")
        .at("2024-03-04 23:50").end_user()
        .at("2024-03-04 23:50").agent("ana").received("2024-03-05 00:05").redelivered("2024-03-06 09:00")
        .at("2024-03-04 23:51").agent("ana").received("2024-03-05 00:06:00.001")
        .at("2024-03-05 00:10:02").end_user().received("2024-03-05 00:10")
        .at("2024-03-05 00:11").event("telepathy").received("2024-03-06 10:00")
        .at("2024-03-05 00:12").end_user().altered(received_at="soon")
    )  # fmt: skip
    unheard = conversation("unheard", channel_id=None).at("2024-03-05 10:00").handoff()
    shift = presence("ana").at("2024-03-04 09:00").status("available").received("2024-03-04 09:00:01")
    replay.build(raw_input(talk, unheard, shift))
    found = _rows(replay, "mart_data_quality_by_day", "received_date", "event_log", "channel_id")
    monday, tuesday, wednesday = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)
    outcomes = ("delivery_count", "accepted_event_count", "exact_redelivery_count", "rejected_delivery_count")
    assert {key: tuple(row[figure] for figure in outcomes) for key, row in found.items()} == {
        (monday, "conversation", "web"): (1, 1, 0, 0),
        (monday, "presence", "(none)"): (1, 1, 0, 0),
        (tuesday, "conversation", "web"): (3, 3, 0, 0),
        (tuesday, "conversation", "(none)"): (1, 0, 0, 1),
        (wednesday, "conversation", "web"): (2, 0, 1, 1),  # what came again is no event of the day, and never late
        (None, "conversation", "web"): (1, 0, 0, 1),  # nobody can read when it came, and it is not lost
    }
    late = found[(tuesday, "conversation", "web")]
    assert (late["late_event_count"], late["restating_event_count"], late["clock_anomaly_event_count"]) == (1, 2, 1)
    assert (late["measured_delay_count"], late["p50_delay_seconds"], late["delay_sum_seconds"]) == (
        2,
        900,  # a quarter of an hour is in time
        Decimal("1800.001"),
    )
    assert found[(wednesday, "conversation", "web")]["late_event_rate"] is None
    rejections = _rows(replay, "mart_rejections_by_day", "received_date", "channel_id", "rejection_reason")
    assert {key: row["rejected_delivery_count"] for key, row in rejections.items()} == {
        (tuesday, "(none)", "no_session"): 1,
        (wednesday, "web", "unknown_event_type"): 1,
        (None, "web", "invalid_timestamp"): 1,
    }


def test_a_channel_that_falls_silent_is_an_anomaly_and_the_day_of_as_of_is_not_judged(replay: Replay) -> None:
    streams = []
    days = ("2024-03-04", "2024-03-11", "2024-03-18", "2024-03-25", "2024-04-01")
    for channel_id, mondays in {
        "dead": (60, 60, 60, 60, 0),
        "quiet": (49, 49, 49, 49, 0),  # silence where less than 50 are usual is no news
        "lively": (60, 70, 50, 65, 111),
        "alive": (60, 70, 50, 65, 109),  # fewer than 50 from the usual are not worth a look
        "young": (0, 60, 60, 60, 0),
    }.items():
        for day, event_count in zip(days, mondays, strict=True):
            talk = conversation(f"{channel_id} on {day}", channel_id=channel_id).at(f"{day} 10:00")
            for _ in range(event_count):
                talk.end_user()
            streams.append(talk)
    # On the Tuesday after, in the morning, as_of: the last Monday is over, Tuesday is not.
    streams.append(conversation("now", channel_id="dead").at("2024-04-02 09:00").end_user())
    replay.build(raw_input(*streams))
    found = _rows(replay, "mart_volume_anomalies_by_day", "channel_id", "volume_date")
    judged = date(2024, 4, 1)
    figures = ("day_event_count", "compared_week_count", "usual_event_count", "usual_distance", "volume_status")
    assert {
        channel_id: tuple(row[figure] for figure in figures)
        for (channel_id, day), row in found.items()
        if day == judged
    } == {
        "dead": (0, 4, 60, 0, "silent"),
        "quiet": (0, 4, 49, 0, "usual"),
        "lively": (111, 4, 60, 5, "high"),
        "alive": (109, 4, 60, 5, "usual"),
        "young": (0, 3, 60, 0, "unjudged"),
    }
    assert {row["volume_status"] for (_, day), row in found.items() if day == date(2024, 4, 2)} == {"incomplete"}
    assert {key for key, row in found.items() if row["is_anomaly"]} == {("dead", judged), ("lively", judged)}
