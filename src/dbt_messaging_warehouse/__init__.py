"""What dbt loads by the first letters of this package's name: it makes dbt-spark's session fit for the project.

Where dbt-spark is not installed it does nothing. Where it is, and the profile's method is `session`:

- a session is prepared before the first query, and refused with a sentence where it cannot be;
- one model at a time writes into the journal, since two that append to one table take away each other's files;
- what a killed build left where a table is to be is removed;
- Python models run in it. dbt-spark runs them on a Databricks cluster alone; here they run where the SQL runs, so that
  what they return stays in the engine, and its executors compute it.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

from dbt.plugins.manager import dbtPlugin

SESSION = "session"
PROJECT = "messaging_warehouse"
# What marks the adapter's class, which outlives a run of dbt, as changed.
KNOWN = "knows_sessions"
# dbt opens a connection for each of its threads.
STARTING = threading.Lock()
# {session: the build and the raw input that it is prepared for}
prepared_for: dict[int, tuple[str, str]] = {}
WRITING = threading.Lock()
WRITES_JOURNAL = re.compile(r"\binsert into journal\.", re.IGNORECASE)


class SparkSessions(dbtPlugin):
    """Register both with the adapter, once."""

    def initialize(self) -> None:
        """Change the adapter's class, where there is one."""
        try:
            from dbt.adapters.spark.connections import SparkConnectionManager
            from dbt.adapters.spark.impl import SparkAdapter
            from dbt.adapters.spark.session import Cursor
        except ImportError:
            return
        if getattr(SparkAdapter, KNOWN, False):
            return
        setattr(SparkAdapter, KNOWN, True)
        _let_python_models_run(SparkAdapter)
        _let_sessions_be_prepared(SparkConnectionManager)
        _let_tables_be_written(Cursor)


def _is_session(credentials: Any) -> bool:
    return bool(credentials.method == SESSION)


def _let_python_models_run(adapter_class: Any) -> None:
    known = adapter_class.python_submission_helpers.fget
    default = adapter_class.default_python_submission_method.fget
    adapter_class.python_submission_helpers = property(lambda adapter: {**known(adapter), SESSION: SessionPythonJob})
    adapter_class.default_python_submission_method = property(
        lambda adapter: SESSION if _is_session(adapter.connections.profile.credentials) else default(adapter)
    )


def _let_sessions_be_prepared(manager_class: Any) -> None:
    from dbt_common.exceptions import DbtRuntimeError

    from messaging_warehouse.spark_session import SparkError

    open_connection = manager_class.open.__func__

    def open_prepared(cls: Any, connection: Any) -> Any:
        if _is_session(connection.credentials):
            try:
                start_session(connection.credentials.server_side_parameters)
            except SparkError as error:
                raise DbtRuntimeError(str(error)) from error
        return open_connection(cls, connection)

    manager_class.open = classmethod(open_prepared)


def _let_tables_be_written(cursor_class: Any) -> None:
    execute = cursor_class.execute

    def execute_alone(cursor: Any, sql: str, *parameters: Any) -> None:
        with WRITING if WRITES_JOURNAL.search(sql) else contextlib.nullcontext():
            _without_leftovers(lambda: execute(cursor, sql, *parameters))

    cursor_class.execute = execute_alone


def _without_leftovers(write: Callable[[], None]) -> None:
    """Write, and once more where a job that was killed stands in the way."""
    from pyspark.sql import SparkSession

    from messaging_warehouse.spark_session import remove_leftovers

    try:
        write()
    except Exception as error:  # dbt wraps what Spark says
        if not remove_leftovers(SparkSession.active(), error.__cause__ or error):
            raise
        write()


def start_session(settings: dict[str, Any]) -> None:
    """Start the session of this process where there is none, and prepare it for the raw input that is named now."""
    from dbt.adapters.factory import get_adapter_by_type
    from dbt_common.invocation import get_invocation_id
    from pyspark.sql import SparkSession

    from messaging_warehouse.spark_session import prepare, refuse_bad_machine

    location = os.environ.get("MESSAGING_RAW", "")
    build = (get_invocation_id(), location)
    with STARTING:
        session = SparkSession.getActiveSession() or SparkSession._instantiatedSession
        if session is None:
            refuse_bad_machine(settings)
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            builder = SparkSession.builder.enableHiveSupport()
            for setting, value in settings.items():
                builder = builder.config(setting, value)
            session = builder.getOrCreate()
        if prepared_for.get(id(session)) != build:  # between two builds files have come, or code has changed
            adapter: Any = get_adapter_by_type
            prepare(session, location, *places_of_code(adapter("spark").config))
            prepared_for.clear()
            prepared_for[id(session)] = build


def places_of_code(root: Any) -> tuple[str, list[str]]:
    """Return the project's folder, and what stands around it, as the macro of that name says.

    Args:
        root: the configuration of the project that dbt runs, which may have this one as a package.
    """
    if root.project_name == PROJECT:
        return str(root.project_root), []
    around = [f"{root.project_root}/{path}" for path in ("dbt_project.yml", *root.macro_paths)]
    return str(root.load_dependencies()[PROJECT].project_root), around


class SessionPythonJob:
    """Run the code of a Python model in this process, with `spark` as the session of the build."""

    def __init__(self, parsed_model: dict[str, Any], credentials: Any) -> None:
        self._name = parsed_model["alias"]

    def submit(self, compiled_code: str) -> None:
        """Run the code."""
        from pyspark.sql import SparkSession

        names = {"__name__": self._name, "spark": SparkSession.active()}
        _without_leftovers(lambda: exec(compile(compiled_code, self._name, "exec"), names))


plugins = [SparkSessions]
