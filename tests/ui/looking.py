"""A page drawn without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dashboard import panels as drawing
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

PAGES = ("usage", "performance", "service_level", "satisfaction", "traffic", "realtime")
_SCRIPT = """
from dashboard import serving
from dashboard.views import {page} as page
with serving.opened() as copy:
    page.show(copy)
"""
CHART = "vega_lite_chart"
Query = Mapping[str, str | Sequence[str]]


def look(monkeypatch: pytest.MonkeyPatch, page: str, copy: Path, query: Query | None = None) -> AppTest:
    """Draw a page over a serving copy, as the address says; nothing may go wrong."""
    monkeypatch.setenv("MESSAGING_SERVING", str(copy))
    monkeypatch.setenv("MESSAGING_DASHBOARD_TIMEZONE", "UTC")
    test = AppTest.from_string(_SCRIPT.format(page=page), default_timeout=120)
    for name, value in (query or {}).items():
        test.query_params[name] = value if isinstance(value, str) else list(value)
    test.run()
    assert not test.exception, [each.message for each in test.exception]
    return test


@dataclass(frozen=True)
class Panel:
    """A panel as it is drawn.

    Attributes:
        name: of the panel, and of the file that it offers.
        meaning: what its title says on hover.
        has_download: whether its rows can be taken along.
        charts: of each chart the figures that it shows, and its specification.
        tables: of each table its columns, and how each is written.
    """

    name: str
    meaning: str
    has_download: bool
    charts: list[tuple[list[str], dict[str, Any]]]
    tables: list[dict[str, Any]]


def panels(test: AppTest) -> list[Panel]:
    """Return the panels of a page; every chart and table has to stand in one."""
    found = [panel for block in _blocks(test.main) if (panel := _panel(block))]
    assert sum(len(panel.charts) for panel in found) == len(test.get(CHART)), "a chart stands in no panel"
    assert sum(len(panel.tables) for panel in found) == len(test.dataframe), "a table stands in no panel"
    return found


def _blocks(block: Block) -> Iterator[Block]:
    for child in block.children.values():
        if isinstance(child, Block):
            yield child
            yield from _blocks(child)


def _panel(block: Block) -> Panel | None:
    key = getattr(block.proto, "id", "").rpartition("-panel-")
    if not key[1] or not key[2]:
        return None
    specifications = [json.loads(chart.proto.spec) for chart in block.get(CHART)]
    return Panel(
        key[2], block.markdown[0].help, bool(block.get("download_button")),
        [(each["usermeta"]["figures"], each) for each in specifications],
        [
            {name: told for name, told in json.loads(table.proto.columns).items() if name != "_index"}
            for table in block.dataframe
        ],
    )  # fmt: skip


def captions(test: AppTest, name: str) -> list[str]:
    """Return what is said in small letters in the panel of that name."""
    (block,) = (
        each
        for each in _blocks(test.main)
        if getattr(each.proto, "id", "").rpartition("-panel-")[1:] == ("-panel-", name)
    )
    return [each.value for each in block.caption]


def downloads(monkeypatch: pytest.MonkeyPatch, page: str, copy: Path) -> dict[str, pd.DataFrame]:
    """Return what a page offers to take along, by name."""
    taken: dict[str, pd.DataFrame] = {}
    write = drawing._download

    def take(data: pd.DataFrame, name: str, *more: Any) -> None:
        taken[name] = data
        write(data, name, *more)

    with monkeypatch.context() as patch:
        patch.setattr(drawing, "_download", take)
        look(patch, page, copy)
    return taken


def figures(test: AppTest) -> dict[str, str]:
    """Return the headline figures of a page by their labels."""
    return {each.label: each.value for each in test.metric}
