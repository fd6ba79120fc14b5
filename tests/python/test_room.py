"""Too little memory or disk: it is said in one sentence, readers keep their copy, and the next build makes it good."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from benchmarks.generate import generate

from messaging_warehouse.dbt_plugin import Plugin
from messaging_warehouse.room import DISK_MB, RoomError, disk_problem, remove_spilled, spill_folder
from raw_folders import BUILD, Contents, assert_same, contents, parsed_dbt
from warehouse import PROJECT, DbtRun, run_dbt


def _free(monkeypatch: pytest.MonkeyPatch, megabytes: int) -> None:
    usage = shutil._ntuple_diskusage(1 << 40, 1 << 40, megabytes << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)


def _configured(database: Path, **options: Any) -> dict[str, Any]:
    """Return what the plugin makes of the profile's `config_options`."""
    Plugin("plugin", {}).update_connection_config(SimpleNamespace(path=str(database), attach=None), options)
    return options


# --- before a build -------------------------------------------------------------------------------


def test_a_disk_that_is_all_but_full_is_told_with_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database = tmp_path / "not" / "yet" / "warehouse.duckdb"
    _free(monkeypatch, DISK_MB)
    assert disk_problem(database) == ""
    _free(monkeypatch, DISK_MB - 1)
    assert disk_problem(database) == (
        f"A build needs 64 MB of disk at least, and at {tmp_path} 63 MB are free; free some, or put "
        "MESSAGING_DB elsewhere."
    )


def test_no_new_file_is_begun_on_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _free(monkeypatch, 0)
    with pytest.raises(RoomError, match="0 MB are free"):
        _configured(tmp_path / "new.duckdb")
    (tmp_path / "old.duckdb").touch()
    _configured(tmp_path / "old.duckdb")  # who only reads needs no room


# --- where to spill to ----------------------------------------------------------------------------


def test_each_warehouse_spills_to_a_folder_of_its_own(tmp_path: Path) -> None:
    fast = tmp_path / "fast"
    one, other = (tmp_path / name / "warehouse.duckdb" for name in ("one", "other"))
    folders = [Path(_configured(database, temp_directory=str(fast))["temp_directory"]) for database in (one, other)]
    assert folders == [spill_folder(one, str(fast)), spill_folder(other, str(fast))]
    assert len(set(folders)) == 2 and {folder.parent for folder in folders} == {fast} and fast.is_dir()
    assert "temp_directory" not in _configured(one)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RoomError, match=r"MESSAGING_SPILL_DIR: \S+/file/here cannot be made \(Not a directory\); name"):
        _configured(tmp_path / "warehouse.duckdb", temp_directory=str(tmp_path / "file" / "here"))


def test_a_folder_in_which_none_can_be_made_is_told(tmp_path: Path) -> None:
    """Where the folder is there and refuses what is put into it: /proc does, whoever asks."""
    with pytest.raises(RoomError, match=r"MESSAGING_SPILL_DIR: /proc/\S+\.duckdb\.tmp cannot be made \(.+\); name"):
        _configured(tmp_path / "warehouse.duckdb", temp_directory="/proc")
    assert not (spill := spill_folder(tmp_path / "warehouse.duckdb", str(tmp_path))).exists()
    _configured(tmp_path / "warehouse.duckdb", temp_directory=str(tmp_path))
    assert not spill.exists(), "the engine removes what it has made itself"


@pytest.mark.parametrize(
    ("option", "variable"),
    [("memory_limit", "MESSAGING_MEMORY_LIMIT"), ("max_temp_directory_size", "MESSAGING_SPILL_LIMIT")],
)
def test_a_size_that_is_none_is_told_with_its_variable(tmp_path: Path, option: str, variable: str) -> None:
    with pytest.raises(RoomError, match=f"{variable}: 'much' is no size; write it like 4GB"):
        _configured(tmp_path / "warehouse.duckdb", **{option: "much"})
    _configured(tmp_path / "warehouse.duckdb", **{option: "1.5 GiB"})


@pytest.mark.parametrize("is_chosen", [False, True])
def test_what_a_killed_process_has_spilled_is_removed(tmp_path: Path, is_chosen: bool) -> None:
    database = tmp_path / "warehouse.duckdb"
    options: dict[str, Any] = {"temp_directory": str(tmp_path / "spill")} if is_chosen else {}
    with duckdb.connect(str(database)) as connection:
        (told,) = connection.execute("select current_setting('temp_directory')").fetchone() or ("",)
    folder = spill_folder(database, options.get("temp_directory", ""))
    assert is_chosen or folder == Path(told), "where the engine spills by itself"
    folder.mkdir(parents=True)
    for name in ("duckdb_temp_storage_DEFAULT-0.tmp", "duckdb_temp_block-4611686018427388163.block", "notes.txt"):
        (folder / name).touch()
    plugin = Plugin("plugin", {})
    plugin.update_connection_config(SimpleNamespace(path=str(database), attach=None), options)
    with duckdb.connect(str(database), config=options) as connection:
        plugin.configure_connection(connection)
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]
    remove_spilled(tmp_path / "none")


@pytest.mark.deep
def test_a_build_that_has_no_disk_begins_nothing(tmp_path: Path) -> None:
    """The machine's disk is not full, so dbt is told that it is."""
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    told = "import shutil; shutil.disk_usage = lambda place: shutil._ntuple_diskusage(0, 0, 0)"
    command = [sys.executable, "-c", f"{told}; from dbt.cli.main import cli; cli()", "seed"]
    command += ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")]
    environ = {**os.environ, "MESSAGING_DB": str(tmp_path / "warehouse.duckdb")}
    run = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False)
    assert (run.returncode, f"at {tmp_path} 0 MB are free" in run.stdout) == (2, True), run.stdout + run.stderr
    assert "loaded seed file" not in run.stdout


# --- while it runs --------------------------------------------------------------------------------


@pytest.mark.deep
def test_too_little_memory_is_told_with_the_setting(tmp_path: Path) -> None:
    run = run_dbt(["seed"], tmp_path, environment={"MESSAGING_MEMORY_LIMIT": "8MB"})
    assert run.exit_code == 1
    (told,) = re.findall(r"Too little memory: .*", run.output)
    assert "than the engine may hold (8MB); allow more by MESSAGING_MEMORY_LIMIT" in told


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of texts that are long enough to be spilled: two files, in the order of their receipt."""
    folder = tmp_path_factory.mktemp("log")
    generate(folder, 20_000, weeks=4)
    whole = folder / "raw_conversation_events" / "part-0.parquet"
    long_text = "(select string_agg(md5(event_id || n), ' ') from range(200) as numbers(n))"
    payload = f"""case when event_type = 'message_sent' and payload like '{{%"}}'
        then payload[:-2] || ', "note": "' || {long_text} || '"}}' else payload end"""
    with duckdb.connect() as connection:
        connection.execute(
            f"create table told as select * replace ({payload} as payload), "
            f"ntile(2) over (order by received_at) as half from '{whole}'"
        )
        whole.unlink()
        for half in (1, 2):
            file = folder / f"half-{half}.parquet"
            connection.execute(f"copy (select * exclude (half) from told where half = {half}) to '{file}'")
    return folder


def _arrives(log: Path, half: int, raw: Path) -> None:
    shutil.copy2(log / f"half-{half}.parquet", raw / "raw_conversation_events")


def _build(place: Path, raw: Path, file_limit: int | None = None, **environment: str) -> DbtRun:
    serving = {"MESSAGING_SERVING": str(place / "serving.duckdb")}
    return parsed_dbt().run(BUILD, place, raw=str(raw), environment=serving | environment, file_limit=file_limit)


@pytest.fixture(scope="module")
def of_one_half(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The place of a warehouse that was built and published out of the first half."""
    place = tmp_path_factory.mktemp("half")
    shutil.copytree(log, place / "raw")
    _arrives(log, 1, place / "raw")
    built = _build(place, place / "raw")
    assert built.exit_code == 0, built.output
    return place


@pytest.fixture(scope="module")
def of_everything(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The tables of a warehouse that was built of both halves at once."""
    place = tmp_path_factory.mktemp("whole")
    shutil.copytree(log, place / "raw")
    for half in (1, 2):
        _arrives(log, half, place / "raw")
    built = _build(place, place / "raw")
    assert built.exit_code == 0, built.output
    return contents(built)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("environment", "file_limit", "sentence"),
    [
        ({"MESSAGING_MEMORY_LIMIT": "100MB"}, None, r"Too little memory: .* \(100MB\)"),
        (
            {"MESSAGING_MEMORY_LIMIT": "200MB", "MESSAGING_SPILL_LIMIT": "1MB"},
            None,
            # Mostly the former; the latter where what is in use cannot be spilled at that moment.
            r"Too little (room to spill: .* \(200MB\) .* \S+/warehouse.duckdb.tmp, either|memory: .* \(200MB\))",
        ),
        ({}, 10_000_000, r"The disk is full: \S+/warehouse\.duckdb\S* could not grow"),
        (
            {"MESSAGING_MEMORY_LIMIT": "200MB", "MESSAGING_SPILL_DIR": "spilled/here"},
            1_000_000,
            r"The disk is full: \S+ could not grow|Too little memory: .* \(200MB\)",
        ),
    ],
    ids=["memory", "spill", "file", "spilled file"],
)
def test_what_there_was_no_room_for_is_told_and_made_good(
    log: Path,
    of_one_half: Path,
    of_everything: Contents,
    tmp_path: Path,
    environment: dict[str, str],
    file_limit: int | None,
    sentence: str,
) -> None:
    place = tmp_path / "place"
    shutil.copytree(of_one_half, place)
    _arrives(log, 2, place / "raw")
    published = (place / "serving.duckdb").read_bytes()
    environment = {name: value.replace("spilled", str(tmp_path / "spilled")) for name, value in environment.items()}
    failed = _build(place, place / "raw", file_limit, **environment)
    told = re.findall(f"(?:{sentence}).*, and build again: ", failed.output)
    assert (failed.exit_code, len(told)) == (1, 1), failed.output
    assert (place / "serving.duckdb").read_bytes() == published
    assert not [*place.glob("*.tmp"), *tmp_path.glob("spilled/here/*")]
    build = "select build_id, build_state from dim_build"
    with duckdb.connect(str(place / "serving.duckdb"), read_only=True) as copy, failed.connect() as warehouse:
        # Either nothing of core was begun, and the last build stands as it was, or it says that it is none.
        stands = warehouse.execute(build).fetchall()
        assert stands == copy.execute(build).fetchall() or stands[0][1] in ("building", "incomplete")
    recovered = _build(place, place / "raw")
    assert recovered.exit_code == 0, recovered.output
    assert_same(contents(recovered), of_everything)
    with duckdb.connect(str(place / "serving.duckdb"), read_only=True) as copy, recovered.connect() as warehouse:
        assert copy.execute(build).fetchall() == warehouse.execute(build).fetchall()
