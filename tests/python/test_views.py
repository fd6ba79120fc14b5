"""Views belong to their file: whoever copies, renames or attaches it reads them as before."""

import shutil
from pathlib import Path

import duckdb

from warehouse import DbtRun


def test_views_are_read_from_a_copy_under_any_name(demo: DbtRun, tmp_path: Path) -> None:
    copy = tmp_path / "a copy.duckdb"
    shutil.copy(demo.database, copy)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{copy}' as elsewhere (read_only)")
        views = connection.execute(
            "select view_name from duckdb_views() where database_name = 'elsewhere' and schema_name = 'main' "
            "and not internal"
        ).fetchall()
        assert len(views) > 10
        for (view,) in views:
            connection.execute(f"select count(*) from elsewhere.main.{view}").fetchall()
