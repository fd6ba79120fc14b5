"""The dashboard under test: warehouses built once, a server over one of them, and a browser before it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from places import Place
from raw_folders import BUILD, parsed_dbt
from warehouse import PROJECT, RAW_SCHEMA, write_raw_schema

# What two workers begin with, and what then is left, so that they end together: a file each (`make test-ui`).
ORDER = ("test_browser", "test_pages", "test_docs_site", "test_catalogue")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that lies here, and put the long files first."""
    for item in items:
        item.add_marker("ui")
    items.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else len(ORDER))


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The demo's centre, out of files of one's own; a test adds to it."""
    place = Place(tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("centre"))
    for file in sorted((PROJECT / "seeds" / "demo").glob("raw_*.csv")):
        place.add(file.stem, "until-now.csv", file.read_text())
    place.build()
    shutil.copy(place.serving, place.root / "as_it_was_serving.duckdb")
    return place


@pytest.fixture(scope="session")
def copy_of_demo(centre: Place) -> Path:
    """The serving copy as it was before anything is added."""
    return centre.root / "as_it_was_serving.duckdb"


@pytest.fixture(scope="session")
def copy_of_nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The serving copy of a warehouse to which nothing was delivered."""
    root = tmp_path_factory.mktemp("empty")
    write_raw_schema(root / "warehouse.duckdb")
    served = root / "warehouse_serving.duckdb"
    run = parsed_dbt().run(BUILD, root, f"schema:{RAW_SCHEMA}", environment={"MESSAGING_SERVING": str(served)})
    assert run.exit_code == 0, run.output
    return served


@pytest.fixture(scope="session")
def copy_of_objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The serving copy of a month told by Service Cloud's objects, of which much is not recorded."""
    root = tmp_path_factory.mktemp("objects")
    raw, served = str(PROJECT / "examples" / "service_cloud"), root / "warehouse_serving.duckdb"
    run = parsed_dbt("service_cloud").run(BUILD, root, raw, environment={"MESSAGING_SERVING": str(served)})
    assert run.exit_code == 0, run.output
    return served


@pytest.fixture(scope="session")
def server(centre: Place) -> Iterator[str]:
    """The dashboard's address, served over the centre; it looks for a newer copy each second."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "MESSAGING_DB": str(centre.root / "warehouse.duckdb"),
        "MESSAGING_DASHBOARD_REFRESH_SECONDS": "1",
        "MESSAGING_DASHBOARD_TIMEZONE": "UTC",
    }
    environment.pop("MESSAGING_SERVING", None)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the dashboard did not start"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"{url} did not answer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is needed: `apt-get install chromium`, or name one as CHROMIUM."
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()
