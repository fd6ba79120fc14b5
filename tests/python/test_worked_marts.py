"""Worked examples of marts: on which day, and in which row, a thing counts."""

from datetime import date

from builders import conversation, messaging_user, raw_input, sandbox_channel
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
