"""The simulated centre: reproducible, full of life, and at peace with its own truth."""

import csv
import json
import os
import re
import subprocess
import sys
from bisect import bisect
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from messaging_warehouse.simulator import RAW_TABLES, TRUTH_TABLES, Rates, Simulation, default_centre, simulate, texts
from messaging_warehouse.simulator.presets import demo_centre
from messaging_warehouse.simulator.vocabulary import EVENT_KINDS
from warehouse import PROJECT

START = date(2026, 2, 1)
Records = list[dict[str, Any]]


def records(simulation: Simulation, table: str) -> Records:
    """Return a table's rows with their values as they are inside: moments and durations in milliseconds."""
    columns = list((RAW_TABLES | TRUTH_TABLES)[table])
    return [dict(zip(columns, row, strict=True)) for row in simulation.tables[table]]


@pytest.fixture(scope="module")
def month() -> Simulation:
    """A month of twenty agents, with lost log-outs."""
    return simulate(default_centre(20, sessions_per_day=220), START, 28, seed=7)


# --- reproducible -----------------------------------------------------------------------------


def test_equal_seeds_give_equal_runs() -> None:
    first, second = (simulate(default_centre(4, days=3), START, 3, seed=5) for _ in range(2))
    assert first.tables == second.tables
    assert first.as_of == second.as_of


def test_another_seed_gives_another_run() -> None:
    first, second = (simulate(default_centre(4, days=3), START, 3, seed=seed) for seed in (5, 6))
    assert first.tables["raw_conversation_events"] != second.tables["raw_conversation_events"]


def test_the_order_of_sets_has_no_say() -> None:
    """Python hashes texts anew in every process."""
    program = (
        "import datetime, hashlib\n"
        "from messaging_warehouse.simulator import default_centre, simulate\n"
        "run = simulate(default_centre(4, days=2), datetime.date(2026, 2, 2), 2, seed=5)\n"
        "print(hashlib.sha256(repr(run.tables).encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


# --- full of life -----------------------------------------------------------------------------


# A platform that logs events computes no figures.
TOLD = set(EVENT_KINDS) - {"figure_reported"}


def test_a_month_holds_every_event_type_of_the_vocabulary(month: Simulation) -> None:
    counts = Counter(row["event_type"] for row in records(month, "raw_conversation_events"))
    assert set(counts) == TOLD
    assert min(counts.values()) >= 20


def test_the_vocabulary_is_that_of_the_warehouse() -> None:
    with (PROJECT / "seeds/config/event_types.csv").open() as file:
        seeded = {
            row["event_type"]: (frozenset(row["starting_actors"].split()), row["is_activity"] == "true")
            for row in csv.DictReader(file)
        }
    assert {name: tuple(kind) for name, kind in EVENT_KINDS.items()} == seeded


def test_a_month_holds_every_kind_of_session(month: Simulation) -> None:
    sessions = records(month, "truth_sessions")
    assert {session["origin"] for session in sessions} == {"inbound", "agent_initiated", "triggered_outbound"}
    assert {session["agent_type"] for session in sessions} == {"agent", "bot", "bot_to_agent", "system"}
    assert {session["ended_by_type"] for session in sessions} == {"agent", "bot", "end_user", "system", None}
    shares = {
        flag: sum(session[flag] for session in sessions) / len(sessions)
        for flag in ("is_reopened", "is_transferred", "is_handed_off", "is_bot_resolved", "is_abandoned", "is_test")
    }
    assert 0.02 < shares["is_reopened"] < 0.2
    assert 0.02 < shares["is_transferred"] < 0.2
    assert 0.2 < shares["is_handed_off"] < 0.6
    assert 0.1 < shares["is_bot_resolved"] < 0.4
    assert 0.01 < shares["is_abandoned"] < 0.1
    assert 0 < shares["is_test"] < 0.03
    assert max(Counter(session["conversation_id"] for session in sessions).values()) >= 3


def test_a_month_holds_every_fate_of_an_offer(month: Simulation) -> None:
    works = records(month, "truth_work")
    statuses = Counter(work["status"] for work in works)
    for status in ("closed", "transferred", "declined", "declined_on_push_timeout", "canceled"):
        assert statuses[status] / len(works) > 0.004
    assert sum(work["is_closed_by_session_end"] for work in works) >= 10
    assert any(work["requested_at"] is None for work in works)
    assert {work["capacity_weight"] for work in works} == {1, 2}
    assert any(work["accepted_at"] and work["requested_at"] and work["accepted_at"] - work["requested_at"] > 600_000
               for work in works)  # fmt: skip


def test_agents_switch_read_idle_and_look_at_several_conversations(month: Simulation) -> None:
    visits = records(month, "truth_visits")
    assert 0.3 < sum(visit["is_handled"] for visit in visits) / len(visits) < 0.8
    assert sum(visit["is_idle_capped"] for visit in visits) >= 20
    days = records(month, "truth_agent_days")
    occupied = sum(day["occupied_seconds"] for day in days)
    assert sum(day["open_work_seconds"] for day in days) / occupied > 1.1
    utilisation = sum(day["handle_working_seconds"] for day in days) / sum(day["working_seconds"] for day in days)
    assert 0.05 < utilisation < 0.9


def test_messages_fail_both_ways_and_carry_emoji_files_and_nothing(month: Simulation) -> None:
    events = records(month, "raw_conversation_events")
    sent = {(e["conversation_id"], _message_id(e)): e for e in events if e["event_type"] == "message_sent"}
    failed = [(e["conversation_id"], _message_id(e)) for e in events if e["event_type"] == "message_failed"]
    assert sum(key in sent and sent[key]["actor_type"] == "agent" for key in failed) >= 10
    assert sum(key not in sent for key in failed) >= 5
    payloads = [event["payload"] for event in sent.values()]
    assert sum("👍" in payload or "❤️" in payload or "😡" in payload for payload in payloads) >= 50
    assert sum('"has_attachments": true' in payload for payload in payloads) >= 50
    assert sum('"text"' not in payload for payload in payloads) >= 20
    assert sum('"is_proactive": true' in payload for payload in payloads) >= 50


def _message_id(event: dict[str, Any]) -> str:
    return str(event["payload"]).split('"')[3]


def test_traffic_follows_the_clock(month: Simulation) -> None:
    opened = [
        datetime.fromtimestamp(session["started_at"] / 1000, UTC)
        for session in records(month, "truth_sessions")
        if session["origin"] == "inbound" and session["channel_id"] == "web"
    ]
    by_hour = Counter(moment.hour for moment in opened)
    assert by_hour[10] > 3 * by_hour[3]
    assert by_hour[10] > by_hour[12]
    by_weekday = Counter(moment.isoweekday() for moment in opened)
    assert by_weekday[1] > 1.5 * by_weekday[7]


def test_customers_give_up_as_often_as_one_would_believe(month: Simulation) -> None:
    over: Counter[str] = Counter()
    abandoned: Counter[str] = Counter()
    for session in records(month, "truth_sessions"):
        if session["origin"] == "inbound" and session["ended_at"] is not None and not session["is_test"]:
            over[session["channel_id"]] += 1
            abandoned[session["channel_id"]] += session["is_abandoned"]
    shares = {channel_id: abandoned[channel_id] / count for channel_id, count in over.items()}
    assert 0.05 < shares.pop("web") < 0.15
    assert len(shares) == 5
    assert all(0.01 < share < 0.08 for share in shares.values()), shares


def test_a_live_channel_is_reached_while_it_is_open(month: Simulation) -> None:
    """London keeps UTC in February: 8:30 to 12:30 and 13:30 to 18:00, from Monday to Friday."""
    opened = [
        datetime.fromtimestamp(session["started_at"] / 1000, UTC)
        for session in records(month, "truth_sessions")
        if session["origin"] == "inbound" and session["channel_id"] == "web"
    ]
    clock = [moment.strftime("%H:%M") for moment in opened if moment.isoweekday() <= 5]
    within = sum("08:30" <= at < "12:30" or "13:30" <= at < "18:00" for at in clock)
    assert 0.95 < within / len(opened) < 1


def test_a_short_day_is_short_for_customers_too(month: Simulation) -> None:
    """On the short Friday the website closes at noon; the app, which waits for no one, still has its evening."""
    short_day = date(2026, 2, 13)
    assert any(holiday.holiday_date == short_day for holiday in month.centre.schedules[0].holidays)
    opened = [
        (session["channel_id"], datetime.fromtimestamp(session["started_at"] / 1000, UTC))
        for session in records(month, "truth_sessions")
        if session["origin"] == "inbound"
    ]

    def count(channel_id: str, day: date) -> int:
        return sum(channel == channel_id and at.date() == day and at.hour >= 12 for channel, at in opened)

    other = date(2026, 2, 20)
    assert count("web", short_day) < 0.2 * count("web", other)
    assert 0 < count("app", short_day) < count("app", other)


# --- what they say ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def said(month: Simulation) -> dict[str, list[tuple[str, str]]]:
    """What arrived in each session, in order: who wrote it, and the text ("" for a file)."""
    failed = {
        (e["conversation_id"], _message_id(e))
        for e in records(month, "raw_conversation_events")
        if e["event_type"] == "message_failed"
    }
    starts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for session in records(month, "truth_sessions"):
        starts[session["conversation_id"]].append((session["started_at"], session["session_id"]))
    heard: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in sorted(records(month, "raw_conversation_events"), key=lambda row: row["occurred_at"]):
        conversation_id = event["conversation_id"]
        if event["event_type"] == "message_sent" and (conversation_id, _message_id(event)) not in failed:
            of_conversation = starts[conversation_id]
            number = bisect(of_conversation, (event["occurred_at"], "~")) - 1
            text = json.loads(event["payload"]).get("text", "")
            heard[of_conversation[number][1]].append((event["actor_type"], text))
    return heard


def _is_a(text: str, pattern: str) -> bool:
    """Whether a text is one of the variants, whatever the numbers in it."""
    return re.fullmatch(re.escape(pattern).replace(r"\#", r"\d{5}").replace("\\~", r"\d{5}"), text) is not None


def test_answers_fit_the_question(said: dict[str, list[tuple[str, str]]]) -> None:
    """Whatever a customer says next is an answer to what was asked, or is said to anything: more of it, a nudge."""
    questions = dict(
        question
        for subject in texts.SUBJECTS.values()
        for question in (*subject.questions, *texts.OTHER_QUESTIONS, *texts.CHECKS, texts.NUMBER_QUESTION)
        if question[0] != "Did you pay by card?"
    )
    questions["Did you pay by card?"] = (
        "Yes, by card.", "No, by bank transfer.", "No, with PayPal.", "No, by direct debit.",
    )  # fmt: skip
    to_anything = (*texts.MORE, *texts.NUDGES, "", *texts.BACK_AGAIN)
    fitting = others = 0
    for messages in said.values():
        for (asker, asked), (who, answer) in pairwise(messages):
            if asker == "agent" and who == "end_user" and asked in questions:
                is_fitting = any(_is_a(answer, reply) for reply in questions[asked])
                fitting += is_fitting
                others += not is_fitting
                assert is_fitting or any(_is_a(answer, text) for text in to_anything) or _is_late(answer), (
                    asked,
                    answer,
                )
    assert fitting > 500
    assert others < 0.1 * fitting


def _is_late(answer: str) -> bool:
    """Whether it answers a question before the last one: the agent did not wait for it."""
    return any(_is_a(answer, reply) for subject in texts.SUBJECTS.values() for _, reply_texts in subject.questions
               for reply in reply_texts) or any(_is_a(answer, reply) for _, reply_texts in texts.OTHER_QUESTIONS
                                                for reply in reply_texts)  # fmt: skip


def test_nobody_asks_twice_in_a_session(said: dict[str, list[tuple[str, str]]]) -> None:
    for session_id, messages in said.items():
        asked = Counter(text for who, text in messages if who in ("agent", "bot") and text.endswith(("?", "? 📷")))
        assert max(asked.values(), default=1) == 1, (session_id, asked)


def test_everybody_speaks_of_the_one_order(said: dict[str, list[tuple[str, str]]]) -> None:
    """Its number is what the customer said, asked for only of those who did not say it, and about orders only."""
    compared = 0
    earlier: dict[str, set[str]] = defaultdict(set)
    for session_id, messages in said.items():
        known: set[str] = set()
        before = earlier[session_id.split("/")[0]]
        for who, text in messages:
            is_bare = who == "end_user" and "customer number" not in text
            named = set(re.findall(r"\d{5}" if is_bare else r"(?i)order (\d{5})", text))
            if who == "bot" and "Hi, I'm the assistant" in text:
                assert named <= known | before
                assert ("order" not in text) or (bool(named) != ("What is the order number" in text))
                assert not (known and "What is the order number" in text)
                compared += bool(named)
            known |= named
        assert len(known) <= 1
        before |= known
    assert compared > 100


def test_most_customers_have_set_english(month: Simulation) -> None:
    locales = [str(row["locale"]) for row in month.rows("raw_messaging_users")]
    assert 0.7 < sum(locale.startswith("en") for locale in locales) / len(locales) < 0.95


def test_presence_is_lost_at_the_given_rate(month: Simulation) -> None:
    stretches = records(month, "truth_presence")
    logouts = [stretch for stretch in stretches if stretch["status"] == "offline"]
    assert 0 < sum(not stretch["is_recorded"] for stretch in logouts) < 0.06 * len(logouts)
    assert all(stretch["is_recorded"] for stretch in stretches if stretch["status"] != "offline")
    assert {stretch["status"] for stretch in stretches} == {"available", "busy", "away", "offline"}
    recorded = {row["event_id"] for row in records(month, "raw_presence_events")}
    assert recorded == {stretch["presence_event_id"] for stretch in stretches if stretch["is_recorded"]}


def test_people_have_several_addresses_and_one_agent_changes_the_team(month: Simulation) -> None:
    contacts = Counter(row["contact_id"] for row in month.rows("raw_messaging_users") if row["contact_id"])
    assert max(contacts.values()) >= 2
    memberships = Counter(row["agent_id"] for row in month.rows("raw_team_memberships"))
    assert max(memberships.values()) == 2
    channels = month.rows("raw_channels")
    assert {row["platform_type"] for row in channels} == {"standard", "enhanced"}
    assert sum(row["is_test"] == "true" for row in channels) == 1


def test_surveys_are_answered_by_some_and_liked_by_most(month: Simulation) -> None:
    surveys = records(month, "truth_csat")
    answered = [survey for survey in surveys if survey["score"] is not None]
    assert 0.2 < len(answered) / len(surveys) < 0.6
    assert 0.6 < sum(survey["is_satisfied"] for survey in answered) / len(answered) < 0.98
    assert all(1 <= survey["score"] <= survey["scale_max"] for survey in answered)


# --- at peace with itself ---------------------------------------------------------------------


def test_visits_of_one_agent_never_overlap(month: Simulation) -> None:
    by_agent = defaultdict(list)
    for visit in records(month, "truth_visits"):
        by_agent[visit["agent_id"]].append((visit["started_at"], visit["ended_at"]))
    for visits in by_agent.values():
        for (_, ended_at), (started_at, _) in pairwise(visits):
            assert ended_at is not None and ended_at <= started_at


def test_no_agent_carries_more_than_the_capacity(month: Simulation) -> None:
    capacities = {agent.agent_id: agent.capacity for agent in month.centre.agents}
    changes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for work in records(month, "truth_work"):
        if work["accepted_at"] is not None:
            end = work["closed_at"] or int(month.as_of.timestamp() * 1000)
            changes[work["agent_id"]] += [(work["accepted_at"], work["capacity_weight"])]
            changes[work["agent_id"]] += [(max(end, work["accepted_at"]), -work["capacity_weight"])]
    for agent_id, of_agent in changes.items():
        load = 0
        for _, change in sorted(of_agent):
            load += change
            assert load <= (capacities[agent_id] or 6)


def test_agents_act_while_they_are_there(month: Simulation) -> None:
    status_since = defaultdict(list)
    for stretch in records(month, "truth_presence"):
        status_since[stretch["agent_id"]].append((stretch["started_at"], stretch["status"]))
    for row in records(month, "raw_conversation_events"):
        if row["actor_type"] == "agent":
            since = status_since[row["actor_id"]]
            _, status = since[bisect(since, (row["occurred_at"], "")) - 1]
            assert status in ("available", "busy")


def test_work_is_accepted_once_and_in_order(month: Simulation) -> None:
    accepted = Counter(
        (row["conversation_id"], row["payload"])
        for row in records(month, "raw_conversation_events")
        if row["event_type"] == "work_accepted"
    )
    assert set(accepted.values()) == {1}
    for work in records(month, "truth_work"):
        moments = [work[name] for name in ("requested_at", "assigned_at", "accepted_at") if work[name] is not None]
        assert moments == sorted(moments)
        if work["accepted_at"] is not None:
            assert work["status"] in ("opened", "closed", "transferred")


def test_the_parts_of_the_truth_add_up(month: Simulation) -> None:
    sessions, handling, visits = (records(month, f"truth_{name}") for name in ("sessions", "handling", "visits"))
    total = sum(session["handle_seconds"] for session in sessions)
    assert total == sum(row["handle_seconds"] for row in handling)
    assert total == sum(visit["visit_seconds"] or 0 for visit in visits if visit["is_handled"])
    days = records(month, "truth_agent_days")
    in_days = sum(visit["visit_seconds"] for visit in visits if visit["is_handled"] and not visit["is_test"])
    assert sum(day["handle_seconds"] for day in days) == in_days
    for day in days:
        assert day["online_seconds"] + day["offline_seconds"] <= 86_400_000
        assert day["online_seconds"] == day["working_seconds"] + day["away_seconds"]


def test_nothing_happens_or_arrives_after_the_end() -> None:
    until = datetime(2026, 3, 15, 20, tzinfo=UTC)
    kettle = simulate(demo_centre(), date(2026, 2, 14), until=until, seed=58)
    last = int((until - timedelta(seconds=1)).timestamp() * 1000)
    events = records(kettle, "raw_conversation_events")
    for row in (*events, *records(kettle, "raw_presence_events")):
        assert row["occurred_at"] <= row["received_at"] <= last
    assert 3_300 <= len(events) <= 4_200
    assert {row["event_type"] for row in events} == TOLD
    received = [row["received_at"] for row in events]
    assert received == sorted(received)
    assert received[-1] > last - 6 * 3_600_000


def test_fewer_lost_logouts_change_nothing_but_what_is_told() -> None:
    centre = replace(default_centre(3, days=4), rates=Rates(logout_lost=0))
    complete = simulate(centre, START, 4, seed=2)
    assert all(stretch["is_recorded"] for stretch in records(complete, "truth_presence"))
