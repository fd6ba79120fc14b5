"""One Spark session at a time, for all tests of a run; what it writes is temporary."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines import SparkWarehouse


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that lies here."""
    for item in items:
        item.add_marker("spark")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkWarehouse]:
    """Build with Spark in this process, so that it is started once."""
    place: Path = tmp_path_factory.mktemp("spark")
    os.environ |= {"TZ": "UTC", "MESSAGING_SPARK_DIR": str(place), "SPARK_CONF_DIR": str(Path(__file__).parent)}
    os.environ["MESSAGING_SPARK_THREADS"] = "3"  # one more than cores: some wait for the catalogue
    time.tzset()  # rows come to Python in the time zone of its process
    warehouse = SparkWarehouse(place)
    yield warehouse
    warehouse.stop()
