"""What dbt-duckdb loads into its connection: SQL functions that need Python.

dbt-duckdb asks a plugin for the three methods below and for nothing else, so this class implements them and the
package stays free of dbt.
"""

from __future__ import annotations

import atexit
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from messaging_warehouse.fingerprints import code_fingerprint
from messaging_warehouse.raw_input import file_fingerprints, find_problems, folder_names
from messaging_warehouse.rewriting import Rewriting, RewritingError
from messaging_warehouse.room import (
    RoomError,
    disk_problem,
    make_room_for,
    refuse_bad_size,
    remove_spilled,
    spill_folder,
)
from messaging_warehouse.serving import Publication, PublishingError, publish

# Of all files that the engine makes. Texts are most of what is written, and from this version on it packs them in three
# quarters of the time. Drivers of May 2025 and later can read it; its own default is what drivers of 2024 can read.
STORAGE_VERSION = "v1.3.0"
# Which variable of the environment the profile takes a size from.
SIZES = {"memory_limit": "MESSAGING_MEMORY_LIMIT", "max_temp_directory_size": "MESSAGING_SPILL_LIMIT"}


def raw_input_problems(location: str, contract: str, known: str, required_object: str) -> str:
    """Return one sentence a line for each problem of a raw folder; JSON {table: [column]} and {table: [known file]}."""
    return "\n".join(find_problems(location, json.loads(contract), json.loads(known), required_object))


def raw_file_fingerprints(folder: str, extension: str) -> str:
    """Return JSON {file name: fingerprint} of the files of a local folder that have an extension."""
    return json.dumps(file_fingerprints(Path(folder), extension))


def fingerprint_of_code(project: str, around: str) -> str:
    """Return the hash of what computes the numbers; `around` is the JSON of a list, see `code_fingerprint`."""
    return code_fingerprint(project, json.loads(around))


def raw_folder_names(folder: str) -> str:
    """Return JSON [absolute path, the same with all links followed] of a local folder, which need not be there."""
    return json.dumps(folder_names(folder))


def rewrites(rewriting: Rewriting) -> Callable[[str], str]:
    """Return the SQL function that copies the warehouse; it returns one sentence where it could not, else nothing."""

    def rewrite_file(redactions: str) -> str:
        try:
            rewriting.copy(redactions)
        except RewritingError as error:
            return str(error)
        return ""

    return rewrite_file


def _is_local_file(path: str) -> bool:
    return path != ":memory:" and "://" not in path and not path.startswith("md:")


class Plugin:
    """Register the project's SQL functions on each DuckDB connection that dbt opens."""

    def __init__(self, name: str, plugin_config: dict[str, Any], credentials: Any = None) -> None:
        self.name = name
        self._path = ""
        self._spill_folder: Path | None = None
        self._spill_limit = ""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Make the folder of the database, leave out an attached file that is not there, and say how files are written.

        Attaching would fail before anything of the project runs; left out, the raw input is refused with a sentence.
        What the profile says of the storage version in `config_options` holds. A `temp_directory` there may be shared:
        each warehouse spills to a folder of its own within it.

        Raises:
            RoomError: there is no disk for a new file, or no folder to spill to, or a size is none.
        """
        for name, variable in SIZES.items():
            if name in config:
                refuse_bad_size(variable, str(config[name]))
        config.setdefault("storage_compatibility_version", STORAGE_VERSION)
        # Given with the others, the engine tells it and does not hold to it (1.5.5); it does to one that is set later.
        self._spill_limit = str(config.pop("max_temp_directory_size", ""))
        self._path = str(creds.path)
        if _is_local_file(self._path):
            path, chosen = Path(self._path), str(config.get("temp_directory", ""))
            path.absolute().parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() and (problem := disk_problem(path)):  # of one that is there, the build asks
                raise RoomError(problem)
            self._spill_folder = spill_folder(path, chosen)
            if chosen:
                make_room_for(self._spill_folder)
                config["temp_directory"] = str(self._spill_folder)
        creds.attach = [
            attachment
            for attachment in creds.attach or []
            if not _is_local_file(attachment.path) or Path(attachment.path).exists()
        ]

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions once for the database."""
        if self._spill_limit:
            limit = self._spill_limit.replace("'", "''")
            conn.execute(f"set max_temp_directory_size = '{limit}'")
        conn.create_function("code_fingerprint", fingerprint_of_code, [str, str], str, side_effects=True)

        def publish_serving_copy(location: str, build_id: str, schema: str, relations: str, last: str) -> str:
            """Return the JSON of the publication, or {"problem": sentence}; `relations` and `last` are JSON too."""
            before = Publication(**json.loads(last)) if last else None
            try:
                return json.dumps(
                    dataclasses.asdict(publish(conn, location, build_id, schema, json.loads(relations), before))
                )
            except PublishingError as error:
                return json.dumps({"problem": str(error)})

        conn.create_function("raw_file_fingerprints", raw_file_fingerprints, [str, str], str, side_effects=True)
        conn.create_function("raw_folder_names", raw_folder_names, [str], str, side_effects=True)
        conn.create_function("raw_input_problems", raw_input_problems, [str] * 4, str, side_effects=True)
        conn.create_function("publish_serving_copy", publish_serving_copy, [str] * 5, str, side_effects=True)
        if _is_local_file(self._path):
            path = Path(self._path)
            if self._spill_folder:
                remove_spilled(self._spill_folder)
            conn.create_function("disk_problem", lambda: disk_problem(path), [], str, side_effects=True)
            rewriting = Rewriting(conn, path)
            rewriting.remove_leftovers()
            conn.create_function("rewrite_file", rewrites(rewriting), [str], str, side_effects=True)
            # Before dbt closes its connection, which it registered earlier.
            atexit.register(rewriting.put_in_place)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Leave cursors alone: functions registered on the connection are seen by each of them."""
