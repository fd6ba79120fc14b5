"""Guards stop a build with one sentence before core changes, and `as_of` says what exists."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from builders import RawRowDict, conversation, presence
from conftest import Shared, compiled
from raw_folders import BUILD, assert_same, contents, parsed_dbt, without_rejections, write_csv_folder
from reference import RawInput
from warehouse import DbtRun, Replay

EVENTS = "raw_conversation_events"
PRESENCE = "raw_presence_events"


# --- the limits, on the compiled SQL in memory --------------------------------------------------


@pytest.fixture(scope="module")
def guarded(shared: Shared) -> Replay:
    """The project's SQL with the guards as they are by default."""
    return Replay(shared("guarded", lambda place: compiled(place, parsed_dbt().run)))


def _events(good: int, bad: int = 0) -> list[RawRowDict]:
    """Deliveries of one minute, good ones and ones without a conversation."""
    story = conversation().at("10:00")
    for _ in range(good):
        story.end_user("hi")
    for _ in range(bad):
        story.end_user("hi").altered(conversation_id=None)
    return story.rows


def _presence(good: int, bad: int = 0) -> list[RawRowDict]:
    story = presence("a1").at("10:00")
    for _ in range(good):
        story.status("available")
    for _ in range(bad):
        story.status("lunch")
    return story.rows


def _received(when: str) -> RawRowDict:
    (row,) = conversation("c2").at("10:00").end_user("hi").received(when).rows
    return row


def _agent_received(when: str) -> RawRowDict:
    (row,) = presence("a2").at("10:00").status("busy").received(when).rows
    return row


@pytest.mark.parametrize(
    ("events", "presence_events"),
    [
        ((19, 1), (0, 0)),
        ((38, 2), (0, 0)),
        ((1, 0), (19, 1)),
        ((19, 1), (19, 1)),
        ((0, 0), (19, 1)),
        ((0, 0), (0, 0)),
    ],
)
def test_a_share_of_five_percent_builds(
    guarded: Replay, events: tuple[int, int], presence_events: tuple[int, int]
) -> None:
    guarded.build_only(
        RawInput(conversation_events=_events(*events), presence_events=_presence(*presence_events)),
        None,
        ["rejected_events", "rejected_presence_events", "fct_conversation_events"],
    )
    assert len(guarded.rows("rejected_events")) == events[1]
    assert len(guarded.rows("rejected_presence_events")) == presence_events[1]
    assert len(guarded.rows("fct_conversation_events")) == events[0]


@pytest.mark.parametrize(
    ("events", "presence_events", "sentence"),
    [
        ((37, 2), (0, 0), "2 of 39 deliveries were rejected, .* 0.05 .* see rejection_reason in rejected_events, .*"),
        ((0, 1), (0, 0), "1 of 1 deliveries were rejected, .* see rejection_reason in rejected_events, .*"),
        # One log's good deliveries do not make up for the other's bad ones.
        ((37, 2), (500, 0), "2 of 39 deliveries were rejected, .* see rejection_reason in rejected_events, .*"),
        ((500, 0), (37, 2), "2 of 39 deliveries .* see rejection_reason in rejected_presence_events, .*"),
    ],
)
def test_more_than_five_percent_stops(
    guarded: Replay, events: tuple[int, int], presence_events: tuple[int, int], sentence: str
) -> None:
    with pytest.raises(duckdb.Error, match=sentence):
        guarded.build(RawInput(conversation_events=_events(*events), presence_events=_presence(*presence_events)))


def test_what_only_the_conversation_shows_counts_as_rejected(guarded: Replay) -> None:
    """Deliveries without a session and conflicting ones are usable alone."""
    rows = _events(37)
    conflict = conversation().at("10:00").end_user("hi").redelivered("10:05", channel_id="another").rows[1]
    lost = conversation("never-started").at("10:00").read("m1").rows
    guarded.build(RawInput(conversation_events=[*rows, conflict]))
    with pytest.raises(duckdb.Error, match="2 of 39 deliveries were rejected"):
        guarded.build(RawInput(conversation_events=[*rows, conflict, *lost]))


@pytest.mark.parametrize(
    ("newest", "as_of"),
    [
        ([_received("2024-03-11 10:00")], datetime(2024, 3, 11, 10)),
        ([_agent_received("2024-03-11 10:00")], datetime(2024, 3, 11, 10)),
        # Both logs together: either's next newest bridges the other's gap.
        ([_received("2024-03-17 00:00"), _agent_received("2024-03-10 23:00")], datetime(2024, 3, 17)),
        # Two that agree are no jump, and one that cannot be used moves no clock.
        ([_received("2024-04-30 10:00"), _agent_received("2024-04-30 10:00")], datetime(2024, 4, 30, 10)),
        ([_received("2024-04-30 10:00") | {"payload": "["}], datetime(2024, 3, 4, 10)),
    ],
)
def test_a_clock_gap_of_seven_days_builds(guarded: Replay, newest: list[RawRowDict], as_of: datetime) -> None:
    guarded.build_only(
        RawInput(
            conversation_events=[*_events(20), *(row for row in newest if "conversation_id" in row)],
            presence_events=[row for row in newest if "agent_id" in row],
        ),
        None,
        ["dim_build"],
    )
    (build,) = guarded.rows("dim_build", ["as_of"])
    assert build["as_of"] == as_of


@pytest.mark.parametrize("log", ["conversation_events", "presence_events"])
def test_a_clock_gap_of_more_than_seven_days_stops(guarded: Replay, log: str) -> None:
    raw = RawInput(conversation_events=_events(20))
    received = {"conversation_events": _received, "presence_events": _agent_received}[log]
    getattr(raw, log).append(received("2024-03-11 10:00:00.001"))
    with pytest.raises(
        duckdb.Error,
        match=r"The newest received_at, 2024-03-11 10:00:00.001, lies more than 7 days \(max_clock_gap_days\) "
        "after the next, 2024-03-04 10:00:00: one bad clock .*; mend that delivery in its file, .*, or give as_of",
    ):
        guarded.build(raw)


def test_as_of_is_the_latest_receipt_of_a_usable_delivery(guarded: Replay) -> None:
    """Of either log; a rejected delivery that came later is kept all the same."""
    rows = _events(20)
    late = conversation("c2").at("10:00").end_user("hi").received("12:00").altered(actor_type="robot").rows
    raw = RawInput(conversation_events=[*rows, *late], presence_events=[_agent_received("11:00")])
    guarded.build(raw)
    (build,) = guarded.rows("dim_build", ["as_of"])
    assert build["as_of"] == datetime(2024, 3, 4, 11)
    (rejected,) = guarded.rows("rejected_events", ["received_at"])
    assert rejected["received_at"] == "2024-03-04T12:00:00.000Z"


# --- as_of given, and whole builds ----------------------------------------------------------------

STORY = [
    *_events(40),
    *conversation("late-starter").at("11:00").work("requested", "w1").rows,
    *conversation("late-starter").at("10:59").end_user("hi").received("2024-03-06 10:00").altered(event_id="s").rows,
    *conversation("bad-clock").at("11:00").end_user("hi").received("2024-05-01 10:00").rows,
    *conversation("bad-clock").at("11:00").end_user("hi").received("2024-05-01 10:00").altered(event_id=None).rows,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An event log in which a conversation's start comes two days late and a clock goes wrong."""
    return write_csv_folder(tmp_path_factory.mktemp("story") / "exports", {EVENTS: STORY})


@pytest.fixture(scope="module")
def before_the_starter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """Built as of a moment at which the late start had not come."""
    as_of = {"as_of": "2024-03-06T10:59:59.999+01:00"}
    run = parsed_dbt().run(BUILD, tmp_path_factory.mktemp("before"), raw=str(folder), variables=as_of)
    assert run.exit_code == 0, run.output
    return run


@pytest.fixture
def copy_of_good(before_the_starter: DbtRun, tmp_path: Path) -> DbtRun:
    """A good warehouse to build over."""
    copy = tmp_path / before_the_starter.database.name
    shutil.copy(before_the_starter.database, copy)
    return DbtRun(0, "", copy, tmp_path / "target")


def _told(run: DbtRun) -> Iterator[object]:
    """What a build says of its moment and of the two conversations that depend on it."""
    with run.connect() as connection:
        yield connection.execute("select as_of from dim_build").fetchall()
        yield connection.execute("select conversation_id, rejection_reason from rejected_events order by 1").fetchall()
        yield connection.execute(
            "select distinct conversation_id from fct_conversation_events where conversation_id <> 'c1' order by 1"
        ).fetchall()


def test_what_came_after_as_of_does_not_exist(before_the_starter: DbtRun) -> None:
    """Good or bad: neither the late start, nor the bad clock, which stops nothing, nor what was rejected beside it."""
    as_of, rejected, accepted = _told(before_the_starter)
    assert as_of == [(datetime(2024, 3, 6, 9, 59, 59, 999000),)]
    assert rejected == [("late-starter", "no_session")]
    assert accepted == []


@pytest.mark.deep
def test_a_late_starter_takes_its_conversation_back(copy_of_good: DbtRun, folder: Path, tmp_path: Path) -> None:
    """In the same folder, over the same file, a millisecond later."""
    run = parsed_dbt().run(BUILD, tmp_path, raw=str(folder), variables={"as_of": "2024-03-06 10:00:00"})
    assert run.exit_code == 0, run.output
    as_of, rejected, accepted = _told(run)
    assert as_of == [(datetime(2024, 3, 6, 10),)]
    assert rejected == []
    assert accepted == [("late-starter",)]


def test_now_is_the_moment_of_the_run(folder: Path, tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    variables = {"as_of": "now"}
    command = ["build", "--select", "+dim_build", "--exclude", "resource_type:unit_test", "resource_type:test"]
    run = parsed_dbt().run(command, tmp_path, raw=str(folder), variables=variables)
    assert run.exit_code == 0, run.output
    with run.connect() as connection:
        ((as_of,),) = connection.execute("select as_of from dim_build").fetchall()
    assert before - timedelta(milliseconds=1) <= as_of <= datetime.now(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("bad", "sentence", "rejected_count"),
    [
        (
            [*_events(40), _received("2024-05-01 10:00")],
            "The newest received_at, 2024-05-01 10:00:00, lies more than 7 days (max_clock_gap_days) after the next, "
            "2024-03-04 10:00:00: one bad clock would end every session; mend that delivery in its file, under the "
            "same name, or in its table with --full-refresh, or give as_of.",
            1,  # as it was
        ),
        (
            _events(20, bad=2),
            "2 of 22 deliveries were rejected, more than the share of 0.05 that max_rejected_rate allows: see "
            "rejection_reason in rejected_events, mend the source or raise the var.",
            2,
        ),
    ],
)
def test_a_guard_leaves_core_as_it_was(
    copy_of_good: DbtRun, tmp_path: Path, bad: list[RawRowDict], sentence: str, rejected_count: int
) -> None:
    """Where too many were rejected, these alone are new: they are there to be looked at."""
    root = write_csv_folder(tmp_path / "exports", {EVENTS: bad, "raw_teams": [{"team_id": "t1", "team_name": "New"}]})
    before = without_rejections(contents(copy_of_good))

    run = parsed_dbt().run(BUILD, tmp_path, raw=str(root))

    assert run.exit_code != 0
    assert [line.split("Error: ")[-1].strip() for line in run.output.splitlines()].count(sentence) == 1
    assert "Traceback" not in run.output
    assert_same(without_rejections(contents(run)), before)
    with run.connect() as connection:
        rejected = connection.execute("select count(*) from rejected_events").fetchall()
    assert rejected == [(rejected_count,)]
