"""A page drawn without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

PAGES = ("usage", "performance", "service_level", "satisfaction", "traffic", "realtime")
_SCRIPT = """
from dashboard import serving
from dashboard.views import {page} as page
with serving.opened() as copy:
    page.show(copy)
"""
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


def figures(test: AppTest) -> dict[str, str]:
    """Return the headline figures of a page by their labels."""
    return {each.label: each.value for each in test.metric}
