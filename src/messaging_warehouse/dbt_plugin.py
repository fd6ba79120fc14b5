"""What dbt-duckdb loads into its connection: SQL functions that need Python.

dbt-duckdb asks a plugin for the three methods below and for nothing else, so this class implements them and the
package stays free of dbt.
"""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from messaging_warehouse.raw_input import find_problems
from messaging_warehouse.rewriting import Rewriting, RewritingError


def raw_input_problems(location: str, contract: str) -> str:
    """Return one sentence a line for each problem of a raw folder; `contract` is JSON {table: [column]}."""
    return "\n".join(find_problems(location, json.loads(contract)))


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

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Make the folder of the database, and leave out an attached file that is not there.

        Attaching would fail before anything of the project runs; left out, the raw input is refused with a sentence.
        """
        self._path = str(creds.path)
        if _is_local_file(self._path):
            Path(creds.path).absolute().parent.mkdir(parents=True, exist_ok=True)
        creds.attach = [
            attachment
            for attachment in creds.attach or []
            if not _is_local_file(attachment.path) or Path(attachment.path).exists()
        ]

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions once for the database."""
        conn.create_function("raw_input_problems", raw_input_problems, [str, str], str, side_effects=True)
        if _is_local_file(self._path):
            rewriting = Rewriting(conn, Path(self._path))
            rewriting.remove_leftovers()
            conn.create_function("rewrite_file", rewrites(rewriting), [str], str, side_effects=True)
            # Before dbt closes its connection, which it registered earlier.
            atexit.register(rewriting.put_in_place)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Leave cursors alone: functions registered on the connection are seen by each of them."""
