"""What a machine has to have before Spark is started; Spark itself is not needed to say so."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from benchmarks.spark import main as spark_benchmark

from messaging_warehouse import spark_session
from messaging_warehouse.spark_session import SparkError, needed_memory_mb, refuse_bad_machine

SETTINGS: dict[str, Any] = {
    "spark.master": "local[*]",
    "spark.driver.memory": "1g",
    "spark.sql.warehouse.dir": "/var/x/y",
}


def write_java(home: Path, version: str) -> None:
    """Write a Java that tells its version, and can do nothing else."""
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-07-16' >&2\n")
    java.chmod(0o755)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Pretend to have Java, and enough of everything."""
    (tmp_path / "bin").mkdir()
    write_java(tmp_path, "17.0.12")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(spark_session, "free_memory_mb", lambda: 64_000)
    return monkeypatch


def test_a_machine_with_all_of_it_is_not_refused(machine: pytest.MonkeyPatch) -> None:
    refuse_bad_machine(SETTINGS)


def test_without_java_the_sentence_names_the_package(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin" / "java").unlink()
    with pytest.raises(SparkError, match=r"JAVA_HOME has no .*java; install the package openjdk-17-jre-headless"):
        refuse_bad_machine(SETTINGS)
    machine.delenv("JAVA_HOME")
    machine.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkError, match="there is no java; install the package openjdk-17-jre-headless"):
        refuse_bad_machine(SETTINGS)


@pytest.mark.parametrize(("version", "told"), [("11.0.2", 11), ("1.8.0_402", 8)])
def test_an_old_java_is_told_with_its_version(
    machine: pytest.MonkeyPatch, tmp_path: Path, version: str, told: int
) -> None:
    write_java(tmp_path, version)
    with pytest.raises(SparkError, match=rf"needs Java 17 or newer, and \S+java is Java {told}; install the package"):
        refuse_bad_machine(SETTINGS)
    write_java(tmp_path, "21")
    refuse_bad_machine(SETTINGS)
    (tmp_path / "bin" / "java").write_text("says nothing")  # Spark will find out
    refuse_bad_machine(SETTINGS)


def test_too_little_memory_is_told_with_what_is_needed(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(spark_session, "free_memory_mb", lambda: 1000)
    with pytest.raises(SparkError, match="needs 1424 MB of memory here and 1000 MB are free"):
        refuse_bad_machine(SETTINGS)


def test_the_executors_of_a_local_cluster_count(machine: pytest.MonkeyPatch) -> None:
    assert needed_memory_mb(SETTINGS | {"spark.master": "local-cluster[2,1,1024]"}) == 1424 + 2 * 1424
    assert needed_memory_mb(SETTINGS | {"spark.master": "spark://elsewhere:7077"}) == 1424


def test_a_size_that_cannot_be_read_is_told(machine: pytest.MonkeyPatch) -> None:
    with pytest.raises(SparkError, match="MESSAGING_SPARK_MEMORY: 'much' is no size; write it like 2g"):
        refuse_bad_machine(SETTINGS | {"spark.driver.memory": "much"})


def test_too_little_disk_is_told_with_the_place(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1 << 40, 1 << 40, 5 << 20))
    with pytest.raises(SparkError, match=f"needs 1024 MB of disk at {tmp_path} and 5 MB are free"):
        refuse_bad_machine(SETTINGS | {"spark.sql.warehouse.dir": str(tmp_path / "warehouse" / "deep")})


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="Spark is here")
def test_the_benchmark_says_which_python_has_spark(capsys: pytest.CaptureFixture[str]) -> None:
    assert spark_benchmark(["--print"]) == 1
    assert "has no Spark; `make bench-spark` takes the environment that has" in capsys.readouterr().err
