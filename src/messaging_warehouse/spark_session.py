"""Prepare a Spark session for a build: what must be there before one is started, and the raw files that it reads.

Where raw files lie, only a program can find out; SQL is told by temporary views:

    raw_files           one row per file of a raw table: raw_table, file (its name), extension, size and modified
    code_of_project     one row: `fingerprint`, of what computes the numbers
    raw_rows_<table>    the rows of its files with their columns as text, or of Parquet as they are typed, and `file of
                        this row`; of NDJSON each line as one column, `line`
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from messaging_warehouse.fingerprints import code_fingerprint
from messaging_warehouse.raw_input import find_problems

FORMATS = ("parquet", "csv", "ndjson")
# Characters of a path that Spark would read as a pattern.
PATTERN_CHARACTER, ESCAPED = r"([][*?{}\\])", r"\\\1"
FILE_OF_ROW = "file of this row"
# What Spark itself needs beside the memory that a setting gives to what it computes.
OVERHEAD_MB = 400
DISK_MB = 1024
JAVA = 17  # the oldest that Spark 4 runs on
# How many processes, on how many cores each, with how many MB each.
LOCAL_CLUSTER = re.compile(r"local-cluster\[\s*(\d+)\s*,\s*\d+\s*,\s*(\d+)\s*\]")
FILES_SCHEMA = "raw_table string, file string, extension string, size bigint, modified bigint"
CSV_OPTIONS = {
    "header": True,
    "quote": '"',
    "escape": '"',
    "multiLine": True,
    "mode": "FAILFAST",
    "enforceSchema": False,
}


class SparkError(Exception):
    """One sentence that says why Spark cannot be started, and the remedy."""


def refuse_bad_machine(settings: Mapping[str, Any]) -> None:
    """Stop before the session is started where Java (a new one), memory or disk are missing.

    Args:
        settings: the session's settings as the profile gives them.

    Raises:
        SparkError: one of them is missing.
    """
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else None
    if not (java.exists() if java else shutil.which("java")):
        raise SparkError(
            f"Spark needs Java 17 or newer, and {f'JAVA_HOME has no {java}' if java else 'there is no java'}; "
            "install the package openjdk-17-jre-headless (`make build-spark` does where apt-get may), or set JAVA_HOME."
        )
    if (version := java_version(str(java or "java"))) is not None and version < JAVA:
        raise SparkError(
            f"Spark needs Java {JAVA} or newer, and {java or shutil.which('java')} is Java {version}; install the "
            f"package openjdk-{JAVA}-jre-headless, or name a newer one in JAVA_HOME."
        )
    needed, free = needed_memory_mb(settings), free_memory_mb()
    if free is not None and free < needed:
        raise SparkError(
            f"Spark needs {needed} MB of memory here and {free} MB are free; free some, or give it less by "
            "MESSAGING_SPARK_MEMORY and MESSAGING_SPARK_MASTER."
        )
    place = Path(str(settings.get("spark.sql.warehouse.dir", "."))).absolute()
    while not place.exists():
        place = place.parent
    if (free_disk := shutil.disk_usage(place).free >> 20) < DISK_MB:
        raise SparkError(
            f"Spark needs {DISK_MB} MB of disk at {place} and {free_disk} MB are free; free some, or name another "
            "folder by MESSAGING_SPARK_DIR."
        )


def java_version(java: str) -> int | None:
    """Return the number of a Java, 8 of 1.8.0; null where it does not say."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def needed_memory_mb(settings: Mapping[str, Any]) -> int:
    """Return what the processes take that run on this machine: the driver, and the executors of a local cluster."""
    needed = _megabytes(str(settings.get("spark.driver.memory", "1g"))) + OVERHEAD_MB
    if cluster := LOCAL_CLUSTER.fullmatch(str(settings.get("spark.master"))):
        needed += int(cluster[1]) * (int(cluster[2]) + OVERHEAD_MB)
    return needed


def _megabytes(text: str) -> int:
    size = re.fullmatch(r"(\d+)\s*([kmgt]?)b?", text.strip().lower())
    if not size:
        raise SparkError(f"MESSAGING_SPARK_MEMORY: '{text}' is no size; write it like 2g.")
    return (int(size[1]) << {"k": 10, "": 20, "m": 20, "g": 30, "t": 40}[size[2]]) >> 20


def free_memory_mb() -> int | None:
    """Return what the system could give away; null where it does not say."""
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    except OSError:
        return None
    return int(found[1]) >> 10 if found else None


def prepare(session: Any, location: str, project: str, around: Iterable[str] = ()) -> None:
    """Give a session the functions and views that the project's SQL asks for.

    Args:
        session: the Spark session of the build.
        location: a folder as `MESSAGING_RAW` names it, of any file system that Spark knows; '' or `schema:…` is none.
        project: the folder of the dbt project.
        around: what stands around it in a project that has it as a package, see `code_fingerprint`.
    """
    code = session.createDataFrame([(code_fingerprint(project, around),)], "fingerprint string")
    code.createOrReplaceTempView("code_of_project")
    if session.sparkContext.master.startswith("local"):  # executors elsewhere have neither the package nor the folder
        session.udf.register("raw_input_problems", raw_input_problems, "string")
    files = [] if location == "" or location.startswith("schema:") else list_files(session, location)
    session.createDataFrame(files, FILES_SCHEMA).createOrReplaceTempView("raw_files")
    for table in {file[0] for file in files}:
        rows = rows_of(session, f"{location.rstrip('/')}/{table}", [file for file in files if file[0] == table])
        rows.createOrReplaceTempView(f"raw_rows_{table}")


def remove_leftovers(session: Any, error: BaseException) -> bool:
    """Remove what a killed job left where a table was to be, if that is what the error is about.

    The catalogue knows no table there, and a job that has ended says so by a file: a folder without it is half a table.

    Returns:
        whether something was removed, so that the table may be written now.
    """
    told = getattr(error, "getMessageParameters", dict)() or {}
    if "LOCATION_ALREADY_EXISTS" not in str(error) or "location" not in told:
        return False
    hadoop = session._jvm.org.apache.hadoop.fs
    folder = hadoop.Path(told["location"].strip("'"))
    system = folder.getFileSystem(session._jsc.hadoopConfiguration())
    return not system.exists(hadoop.Path(folder, "_SUCCESS")) and bool(system.delete(folder, True))


def raw_input_problems(location: str, contract: str, known: str, required_object: str) -> str:
    """Return one sentence a line for each problem of a raw folder; JSON {table: [column]} and {table: [known file]}."""
    return "\n".join(find_problems(location, json.loads(contract), json.loads(known), required_object))


def list_files(session: Any, location: str) -> list[tuple[str, str, str, int, int]]:
    """Return the files below a folder's folders, of each the first format that is there."""
    hadoop = session._jvm.org.apache.hadoop.fs
    root = hadoop.Path(location)
    system = root.getFileSystem(session._jsc.hadoopConfiguration())
    if not system.exists(root):
        return []
    files = []
    for folder in (status.getPath() for status in system.listStatus(root) if status.isDirectory()):
        found = [status for status in system.listStatus(folder) if status.isFile()]
        for extension in FORMATS:
            of_format = [status for status in found if status.getPath().getName().endswith(f".{extension}")]
            if of_format:
                files += [
                    (
                        folder.getName(),
                        status.getPath().getName(),
                        extension,
                        status.getLen(),
                        status.getModificationTime(),
                    )
                    for status in of_format
                ]
                break
    return sorted(files)


def rows_of(session: Any, folder: str, files: list[tuple[str, str, str, int, int]]) -> Any:
    """Return the rows of a table's files as a frame; files of different columns are read together by their names."""
    from pyspark.sql import functions as sf

    paths = [f"{folder}/{re.sub(PATTERN_CHARACTER, ESCAPED, name)}" for _, name, *_ in files]
    # Spark tells the name as a part of an address, in which a plus is a plus.
    file_of_row = sf.expr("url_decode(replace(_metadata.file_name, '+', '%2B'))").alias(FILE_OF_ROW)
    if files[0][2] == "parquet":
        return _in_small_letters(session.read.option("mergeSchema", True).parquet(*paths).select("*", file_of_row))
    if files[0][2] == "ndjson":
        return session.read.text(paths).select(sf.col("value").alias("line"), file_of_row).where("trim(line) != ''")
    paths_by_header: dict[tuple[str, ...], list[str]] = {}
    # Over several lines Spark reads a header by way of a pattern once more, which a name in brackets does not match.
    of_one_line = session.read.options(**CSV_OPTIONS).option("multiLine", False)
    for path in paths:
        header = of_one_line.csv(path).columns
        paths_by_header.setdefault(tuple(header), []).append(path)
    frames = [
        _in_small_letters(
            session.read.options(**CSV_OPTIONS)
            .schema(", ".join(f"`{name}` string" for name in header))
            .csv(group)
            .select("*", file_of_row)
        )
        for header, group in paths_by_header.items()
    ]
    united = frames[0]
    for frame in frames[1:]:
        united = united.unionByName(frame, allowMissingColumns=True)
    return united


def _in_small_letters(frame: Any) -> Any:
    return frame.toDF(*(name.strip().lower() for name in frame.columns))
