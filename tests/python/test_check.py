"""`messaging-warehouse check`: whether a warehouse can be trusted by the clock, and what each exit code means."""

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from messaging_warehouse.check import Limits, Share, Sighting, Verdict, Volume, describe, judge, verdict_of
from messaging_warehouse.cli import app
from warehouse import DbtRun

AT = datetime(2026, 3, 15, 22, tzinfo=UTC)
IN_TIME, STALE, BY_DEFAULT = "2026-03-15T22:00:00Z", "2026-03-16T22:00:00.001Z", timedelta(hours=26)
FINE = Sighting(
    build_state="complete",
    as_of=AT - timedelta(hours=2),
    last_received_by_log={"conversation": AT - timedelta(hours=2), "presence": AT - timedelta(hours=3)},
    last_received_by_channel={"web": AT - timedelta(hours=2)},
    last_full_day=date(2026, 3, 14),
    late=Share(5, 100),
    rejected=Share(1, 100),
)


def _judged(**seen: object) -> list[tuple[Verdict, str]]:
    """Judge what is fine but for what is given."""
    sighting = Sighting(**(FINE.__dict__ | seen))
    return [(finding.verdict, finding.sentence) for finding in judge(sighting, AT, Limits())]


# --- judging ------------------------------------------------------------------------------------


def test_what_is_on_its_limits_is_fine() -> None:
    assert judge(FINE, AT, Limits()) == []
    assert verdict_of([]) is Verdict.FINE
    oldest = dict.fromkeys(FINE.last_received_by_log, AT - BY_DEFAULT)
    assert _judged(last_received_by_log=oldest) == []


@pytest.mark.parametrize(
    ("seen", "verdict", "words"),
    [
        ({"build_state": "incomplete"}, Verdict.NOT_TO_BE_TRUSTED, "the build is incomplete"),
        ({"build_state": "building"}, Verdict.NOT_TO_BE_TRUSTED, "the build is building"),
        ({"last_received_by_log": {}}, Verdict.NOT_TO_BE_TRUSTED, "no conversation event was ever accepted"),
        (
            {"last_received_by_log": {"conversation": AT - BY_DEFAULT - timedelta(milliseconds=1)}},
            Verdict.NOT_TO_BE_TRUSTED,
            "no conversation event was received for 26.0 h",
        ),
        (
            {"last_received_by_log": {"conversation": AT, "presence": AT - timedelta(days=3)}},
            Verdict.UNUSUAL,
            "no presence event was received for 3.0 days",
        ),
        (
            {"last_received_by_log": {"conversation": AT + timedelta(minutes=6)}},
            Verdict.UNUSUAL,
            "6 min ahead of the clock",
        ),
        ({"late": Share(6, 100)}, Verdict.UNUSUAL, "6 of 100 (6.0 %) were late, more than 5 %"),
        ({"rejected": Share(3, 200)}, Verdict.UNUSUAL, "3 of 200 (1.5 %) were rejected, more than 1 %"),
        (
            {"anomalies": (Volume("sms", "silent", 0, 140),)},
            Verdict.UNUSUAL,
            "channel sms is silent: 0 events where 140 are usual",
        ),
    ],
)
def test_each_thing_that_is_not_fine_is_told_in_a_sentence(
    seen: dict[str, object], verdict: Verdict, words: str
) -> None:
    ((found, sentence),) = _judged(**seen)
    assert found is verdict
    assert words in sentence


def test_the_worst_comes_first_and_decides() -> None:
    found = judge(Sighting(**(FINE.__dict__ | {"late": Share(1, 1), "build_state": "incomplete"})), AT, Limits())
    assert [finding.verdict for finding in found] == [Verdict.NOT_TO_BE_TRUSTED, Verdict.UNUSUAL]
    assert verdict_of(found) is Verdict.NOT_TO_BE_TRUSTED


def test_a_warehouse_without_any_event_is_described() -> None:
    nothing = Sighting(build_state="complete")
    assert "data as of" in describe(nothing, judge(nothing, AT, Limits()), AT)


# --- the command --------------------------------------------------------------------------------


def _check(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments], env={"COLUMNS": "200", "MESSAGING_DB": None})
    return result.exit_code, result.output


@pytest.fixture
def touched(demo: DbtRun, tmp_path: Path) -> Path:
    """A copy of the demo's warehouse, to be changed."""
    copy = tmp_path / demo.database.name
    shutil.copy(demo.database, copy)
    return copy


def test_a_fresh_and_usual_warehouse_gives_0(demo: DbtRun) -> None:
    code, output = _check(str(demo.database), "--at", IN_TIME)
    assert (code, output.split("\n")[-2]) == (0, "fine")
    assert "on whatsapp" in output and "sandbox" not in output


def test_the_file_is_that_of_the_build_if_none_is_told(demo: DbtRun) -> None:
    result = CliRunner().invoke(app, ["check", "--at", IN_TIME], env={"MESSAGING_DB": str(demo.database)})
    assert result.exit_code == 0


def test_a_stale_warehouse_gives_4_and_the_machine_has_the_clock(demo: DbtRun) -> None:
    code, output = _check(str(demo.database), "--at", STALE)
    assert code == 4 and "not to be trusted: no conversation event" in output
    assert _check(str(demo.database))[0] == 4
    assert _check(str(demo.database), "--at", STALE, "--max-age-hours", "48")[0] == 0
    assert _check(str(demo.database), "--max-age-hours", "0", "--at", IN_TIME)[0] == 4


def test_a_heartbeat_on_a_test_channel_is_no_sign_of_life(touched: Path) -> None:
    """Of the log as a whole and of each channel only what customers may have sent counts."""
    with duckdb.connect(str(touched)) as connection:
        connection.execute(
            "update mart_data_quality_by_day set last_received_at = last_received_at - interval 5 day, "
            "rejected_delivery_count = delivery_count where not is_test_channel and event_log = 'conversation'; "
            "update mart_data_quality_by_day set delivery_count = 1000000 where is_test_channel"
        )
    code, output = _check(str(touched), "--at", IN_TIME)
    assert code == 4 and "no conversation event" in output and "were rejected" in output


def test_a_build_that_did_not_complete_gives_4(touched: Path) -> None:
    with duckdb.connect(str(touched)) as connection:
        connection.execute("update dim_build set build_state = 'incomplete'")
    code, output = _check(str(touched), "--at", IN_TIME)
    assert code == 4 and "the build is incomplete" in output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "update mart_data_quality_by_day set late_event_count = accepted_event_count "
            "where received_date = date '2026-03-14' and channel_id = 'app'",
            "were late",
        ),
        (
            "update mart_data_quality_by_day set rejected_delivery_count = 40 "
            "where received_date = date '2026-03-14' and channel_id = 'app'",
            "were rejected",
        ),
        (
            "update mart_volume_anomalies_by_day set is_anomaly = true, volume_status = 'silent', "
            "usual_event_count = 60 where volume_date = date '2026-03-14' and channel_id = 'sms'",
            "channel sms is silent: 0 events where 60 are usual",
        ),
    ],
)
def test_an_unusual_day_gives_3(touched: Path, change: str, words: str) -> None:
    with duckdb.connect(str(touched)) as connection:
        connection.execute(change)
    code, output = _check(str(touched), "--at", IN_TIME)
    assert code == 3 and words in output


def test_limits_are_told_on_the_command_line(demo: DbtRun, touched: Path) -> None:
    with duckdb.connect(str(touched)) as connection:
        connection.execute("update mart_data_quality_by_day set late_event_count = 1, rejected_delivery_count = 1")
    assert _check(str(touched), "--at", IN_TIME)[0] == 3
    generous = ("--max-late-rate", "1", "--max-rejected-rate", "1")
    assert _check(str(touched), "--at", IN_TIME, *generous)[0] == 0


def test_what_cannot_be_checked_gives_1_and_one_sentence(tmp_path: Path) -> None:
    missing, text, other = tmp_path / "missing.duckdb", tmp_path / "text.duckdb", tmp_path / "other.duckdb"
    text.write_text("not a database, and long enough to be one " * 1000)
    duckdb.connect(str(other)).close()
    for database, words in (
        (missing, "does not exist; build the warehouse first"),
        (text, "cannot be read"),
        (other, "is no warehouse that this version has built"),
    ):
        code, output = _check(str(database))
        assert code == 1 and words in output and len(output.splitlines()) == 1, output


def test_a_file_that_a_build_is_writing_cannot_be_checked(touched: Path) -> None:
    holder = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(touched)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        code, output = _check(str(touched))
        process.communicate()
    assert code == 1 and "a build may be writing it" in output


@pytest.mark.parametrize("arguments", [("--at", "yesterday"), ("--max-late-rate", "5"), ("--max-age-hours", "soon")])
def test_wrong_usage_gives_2(demo: DbtRun, arguments: tuple[str, str]) -> None:
    assert _check(str(demo.database), *arguments)[0] == 2
