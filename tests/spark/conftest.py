"""One Spark session for all tests of a run; its executors are processes, and what they write is temporary."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines import CLUSTER, SparkWarehouse


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that lies here."""
    for item in items:
        item.add_marker("spark")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkWarehouse]:
    """Build with Spark in this process, so that the session is started once."""
    place: Path = tmp_path_factory.mktemp("spark")
    os.environ |= {"TZ": "UTC", "MESSAGING_SPARK_DIR": str(place), "MESSAGING_SPARK_MASTER": CLUSTER}
    time.tzset()  # rows come to Python in the time zone of its process
    warehouse = SparkWarehouse(place)
    yield warehouse
    warehouse.stop()
