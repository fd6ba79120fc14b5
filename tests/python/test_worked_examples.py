"""Worked examples of the decision records that need a whole build: marts, several moments, a late starter."""

from datetime import date, datetime

import pytest

from builders import conversation, messaging_user, raw_input
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
