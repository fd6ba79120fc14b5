"""Each page, drawn without a browser: over the demo, over nothing, and over no copy at all."""

import importlib
import inspect
import re
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from dashboard import charts, formats, panels, serving, sources
from dashboard.filters import Filters, Period, period_of
from dashboard.serving import Build, Copy
from dashboard.views import performance, service_level, traffic, usage
from playwright.sync_api import Browser, expect
from streamlit.testing.v1 import AppTest

import looking
from looking import PAGES, downloads, figures, look
from places import PATIENCE_MS
from warehouse import PROJECT

# The choices that make a page read all that it can.
EVERYTHING: dict[str, list[dict[str, str | Sequence[str]]]] = {
    "usage": [{}, {"channel": ["Website chat", "WhatsApp"]}],
    "performance": [{}, {"who": "Teams"}],
    "service_level": [{}, {"topic": ["Delivery"]}],
    "realtime": [{"agent": "Femi Adeyemi", "session": "answer-due-at-as-of"}],
}

# Headline figures that objects tell nothing of: where an agent looked, who resolved what, who answered surveys.
NOT_IN_OBJECTS = (
    "Utilisation", "Sessions handled", "Average handle time", "Sessions resolved", "Customer satisfaction",
    "Survey response rate", "Valid answers", "Average resolution time",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_what_it_knows_and_what_that_is_worth(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, page: str
) -> None:
    test = look(monkeypatch, page, copy_of_demo)
    told = " ".join(each.value for each in test.markdown)
    assert "As of 15 Mar 2026, 20:00" in told
    assert re.search(r"Late events [\d.]+ %", told) and re.search(r"Coverage [\d.]+ %", told)
    assert len(test.metric) >= 4
    for metric in test.metric:
        assert len(metric.help) > 10, f"{metric.label} has no definition"
        assert metric.value != formats.NOTHING, metric.label
    assert len(test.get("download_button")) >= 3


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_has_its_definition_and_a_download(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, page: str
) -> None:
    """Headline figures, each figure of a chart, each column of a table, and what the numbers are worth."""
    definitions: dict[str, set[str]] = {}
    with duckdb.connect(str(copy_of_demo), read_only=True) as connection:
        for name, comment in connection.execute("select column_name, comment from duckdb_columns()").fetchall():
            definitions.setdefault(name, set()).add(comment)
    for choices in EVERYTHING.get(page, [{}]):
        test = look(monkeypatch, page, copy_of_demo, choices)
        drawn = looking.panels(test)
        assert test.get(looking.CHART) or page == "realtime"
        assert sum(len(panel.charts) + len(panel.tables) for panel in drawn) >= 3
        for panel in drawn:
            assert panel.has_download, panel.name
            assert len(panel.meaning) > 10, panel.name
            for shown, _ in panel.charts:
                for name in shown:
                    assert any(each in panel.meaning for each in definitions[name]), f"{panel.name}: {name}"
            for columns in panel.tables:
                unknown = [name for name, told in columns.items() if len(told.get("help") or "") <= 10]
                assert columns and not unknown, f"{panel.name}: {unknown}"
        downloads = {each.proto.id.rpartition("-download-")[2] for each in test.get("download_button")}
        names = {"realtime": "now"}.get(page, page)
        headline = {f"usage_{each}" for each in usage.METRICS} if page == "usage" else {f"{names}_figures"}
        assert {"worth", *headline} <= downloads
        charted = [each.label for each in test.metric if each.proto.chart_data]
        assert f"{names}_over_time" in downloads or not charted, charted


def test_a_share_of_nought_is_drawn(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    """A promise that was due and broken, and an answer that came late, are no absence of either."""
    for day, label, panel in (
        ("2026-03-01", "First response kept", "service_level_attainment"),
        ("2026-03-02", "Share of first responses within 5 minutes", "service_level_within"),
    ):
        chosen = {"period": "Days of my own", "days": [day, day], "channel": ["WhatsApp"]}
        test = look(monkeypatch, "service_level", copy_of_demo, chosen)
        assert figures(test)[label] == "0.0 %"
        assert [len(each.charts) for each in looking.panels(test) if each.name == panel] == [1], panel


@pytest.mark.parametrize(
    ("name", "values", "of", "is_empty"),
    [
        ("session_count", [0, 0], (), True), ("session_count", [0, 2], (), False), ("csat_rate", [0.0], (), False),
        ("csat_rate", [None], (), True), ("average_handle_seconds", [0.0], (), False), ("web", [0], (), True),
        ("first_response", [0.0], ("sla_attainment_rate",), False), ("web", [0], ("session_count",), True),
        ("first_response", [None], ("sla_attainment_rate",), True), ("message_sentiment_average", [0.0], (), False),
    ],
)  # fmt: skip
def test_nought_is_nothing_only_where_it_is_counted(
    name: str, values: list[float | None], of: tuple[str, ...], is_empty: bool
) -> None:
    assert panels.is_empty(pd.DataFrame({name: values}), [name], of) == is_empty


def test_users_at_a_glance_say_what_they_are_not_told_by(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    chosen = {"channel": ["WhatsApp"], "topic": ["Delivery"], "team": ["Billing"]}
    for who, name in {"Users": "agents", "Teams": "teams"}.items():
        test = look(monkeypatch, "performance", copy_of_demo, chosen | {"who": who})
        told = looking.captions(test, f"performance_{name}")
        assert "Of all channels and topics: these figures are not told by them." in told


def test_a_bar_of_answered_within_means_its_own_time(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    test = look(monkeypatch, "service_level", copy_of_demo)
    panel = next(each for each in looking.panels(test) if each.name == "service_level_within")
    ((shown, chart),) = panel.charts
    assert "meaning" in [each["field"].removesuffix(":N") for each in chart["layer"][0]["encoding"]["tooltip"]]
    rows = downloads(monkeypatch, "service_level", copy_of_demo)["service_level_within"]
    assert list(rows["figure"]) == shown and len(shown) == 8
    for row in rows.itertuples():
        minutes = re.sub(r"\D", "", str(row.within))
        assert re.search(rf"\b{minutes} minutes? at most", str(row.meaning)), row
        assert str(row.meaning) in panel.meaning


def test_the_whole_that_a_text_tells_is_in_the_download(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    """The averages over all channels, and the codes of failures."""
    taken = downloads(monkeypatch, "performance", copy_of_demo)["performance_efficiency"]
    whole = taken[taken["channel"] == "(all)"].iloc[0]
    assert int(whole["closed_handled_session_count"]) == taken["closed_handled_session_count"].iloc[1:].sum() > 0
    with duckdb.connect(str(copy_of_demo), read_only=True) as connection:
        ((served, handled),) = connection.execute(
            "select avg(served_seconds), avg(handle_seconds) from fct_messaging_sessions "
            "where is_closed_handled and not is_test_channel and closed_date > date '2026-03-15' - 28"
        ).fetchall()
        codes = connection.execute(
            "select status_code, count(*) from fct_messages where delivery_status = 'failed' and not is_test_channel "
            "and message_date > date '2026-03-15' - 28 group by status_code order by status_code"
        ).fetchall()
    assert whole["average_served_seconds"] == pytest.approx(float(served), abs=0.001)
    assert whole["average_session_handle_seconds"] == pytest.approx(float(handled), abs=0.001)
    failures = downloads(monkeypatch, "traffic", copy_of_demo)["traffic_failures"]
    assert len(codes) > 1
    assert failures.groupby("status_code")["failed_message_count"].sum().astype(int).to_dict() == dict(codes)


def test_who_can_be_chosen_is_of_the_chosen_teams(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    everybody = look(monkeypatch, "realtime", copy_of_demo).selectbox(key="agent").options
    assert set(everybody) == {"Ana Castillo", "Dev Patel", "Femi Adeyemi", "Lucia Ramos"}
    test = look(monkeypatch, "realtime", copy_of_demo, {"team": ["Customer Support"]})
    assert set(test.selectbox(key="agent").options) == {"Ana Castillo", "Lucia Ramos"}
    assert not _told_of_whom(test)


@pytest.mark.parametrize("by_address", [True, False])
def test_who_was_chosen_and_is_of_another_team_is_told_of(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, by_address: bool
) -> None:
    """Whether the address names both, or the team is chosen after the user."""
    chosen = {"agent": "Femi Adeyemi", "session": "answer-due-at-as-of"}
    if by_address:
        test = look(monkeypatch, "realtime", copy_of_demo, chosen | {"team": ["Customer Support"]})
    else:
        test = look(monkeypatch, "realtime", copy_of_demo, chosen)
        assert not _told_of_whom(test)
        test.multiselect(key="team").select("support").run()
    for _ in range(2):  # also when the page renews itself
        assert _told_of_whom(test) == [
            ":material/info: Femi Adeyemi was chosen before and is not of Customer Support. "
            "Choose somebody else, or other teams."
        ]
        assert test.selectbox(key="agent").value is None
        assert any("No user is chosen" in each.proto.body for each in test.get("html"))
        test.run()
    test.multiselect(key="team").select("orders").run()
    assert test.selectbox(key="agent").value == "agent-femi" and not _told_of_whom(test)
    test.multiselect(key="team").unselect("orders").run()
    test.selectbox(key="agent").select("agent-ana").run()
    assert not _told_of_whom(test)
    test.multiselect(key="team").set_value([]).run()
    assert test.selectbox(key="agent").value == "agent-ana"


def _told_of_whom(test: AppTest) -> list[str]:
    return [each.value for each in test.caption if "was chosen before" in each.value]


def test_conversations_are_told_by_channel_and_topic(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    chosen = {"agent": "Femi Adeyemi", "channel": ["WhatsApp"]}
    test = look(monkeypatch, "realtime", copy_of_demo, chosen)
    assert len(test.selectbox(key="session").options) == 3
    assert [each.value for each in test.caption if each.value.startswith("Of all channels")]
    assert all("Of all channels" in each.help for each in test.metric)
    elsewhere = look(monkeypatch, "realtime", copy_of_demo, chosen | {"channel": ["Website chat"]})
    assert any("Owns no conversation of these channels" in each.proto.body for each in elsewhere.get("html"))
    test = look(
        monkeypatch, "realtime", copy_of_demo, {"agent": "Femi Adeyemi", "topic": ["Damaged, wrong or missing goods"]}
    )
    assert test.selectbox(key="session").options == ["active-at-as-of"]


def test_promises_are_told_by_topic(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    everything = figures(look(monkeypatch, "service_level", copy_of_demo))
    test = look(monkeypatch, "service_level", copy_of_demo, {"topic": ["Delivery"]})
    with duckdb.connect(str(copy_of_demo), read_only=True) as connection:
        rows = connection.execute(
            "select metric, count(*) filter (where is_met) / count(*) filter (where is_met or is_breached) "
            "from fct_sla_outcomes where topic_id = 'delivery' and not is_test_channel "
            "and started_date > date '2026-03-15' - 28 group by metric"
        ).fetchall()
    told = figures(test)
    assert rows and told != everything
    for metric, kept in rows:
        assert told[f"{service_level.PROMISES[metric]} kept"] == formats.share(kept)
    limited = {each.label for each in test.metric if "Of all topics" not in each.help}
    assert limited == {
        "First response kept", "Next responses kept", "Resolution kept", "Average first response time",
        "Share of first responses within 5 minutes",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_page_offers_what_its_figures_can_be_told_by(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, page: str
) -> None:
    """What its sources know; on Traffic, teams are known of a mean handle time alone, beside which all is of all."""
    test = look(monkeypatch, page, copy_of_demo)
    offered = {each.key for each in test.multiselect}
    view = importlib.import_module(f"dashboard.views.{page}")
    named = set(re.findall(r"\bsources\.([A-Z_]+)", inspect.getsource(view)))
    known = {kind for name in named for kind in getattr(sources, name).columns} | {"channel"}
    assert offered == (known - {"agent"} - ({"team"} if page == "traffic" else set()))
    periods = [each.key for each in test.selectbox if each.key == "period"]
    assert periods == ([] if page == "realtime" else ["period"])


def test_amounts_are_told_without_needless_noughts(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    test = look(monkeypatch, "realtime", copy_of_demo)
    table = next(each for each in test.dataframe if "capacity" in each.value)
    assert sorted(table.value["capacity"]) == [3, 3, 4, 4]
    (columns,) = next(each.tables for each in looking.panels(test) if each.name == "now_agents")
    assert columns["capacity"]["type_config"]["format"] == "localized"
    rows = look(monkeypatch, "performance", copy_of_demo).dataframe[0].value
    assert list(rows["concurrency"]) == [round(each, 2) for each in rows["concurrency"]] != [1] * len(rows)
    assert set(rows["availability_rate"]) - set(rows["availability_rate"].round(2))  # a share has a form of its own


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (None, "–"), (3.0, "3"), (2.5, "2.5"), (2.25, "2.25"), (1.999, "2"), (10.0, "10"), (1200, "1,200"),
        (1234.5, "1,234.5"), (-0.001, "0"), (-2.5, "-2.5"),
    ],
)  # fmt: skip
def test_an_amount_has_the_digits_that_it_needs(amount: float | None, told: str) -> None:
    assert formats.number(amount) == told


@pytest.mark.parametrize("page", PAGES)
def test_a_page_over_an_empty_warehouse_says_that_there_is_nothing(
    monkeypatch: pytest.MonkeyPatch, copy_of_nothing: Path, page: str
) -> None:
    test = look(monkeypatch, page, copy_of_nothing)
    assert "No data yet" in " ".join(each.value for each in test.markdown)
    assert not test.get(looking.CHART)
    assert sum("nothing" in each.proto.body for each in test.get("html")) >= 2


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_recorded_is_not_0(monkeypatch: pytest.MonkeyPatch, copy_of_objects: Path, page: str) -> None:
    """Where an agent looked, who resolved and what customers answered, objects do not tell: no page does."""
    told = figures(look(monkeypatch, page, copy_of_objects))
    unknown = {label: value for label, value in told.items() if label in NOT_IN_OBJECTS}
    assert set(unknown.values()) <= {formats.NOTHING}, unknown
    assert len(unknown) == {"performance": 4, "satisfaction": 4}.get(page, 0), told
    assert set(told.values()) > set(unknown.values()), told


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_reads_is_what_its_exposure_says(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, page: str
) -> None:
    queries: list[tuple[set[str], str]] = []
    rows = Copy.rows

    def heard(self: Copy, relations: Sequence[str], query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        queries.append((set(relations), query))
        return rows(self, relations, query, parameters)

    monkeypatch.setattr(Copy, "rows", heard)
    serving.READ.clear()
    for choices in EVERYTHING.get(page, [{}]):
        look(monkeypatch, page, copy_of_demo, choices)
    for relations, query in queries:
        steps = set(re.findall(r"(\w+) as \(", query))
        assert set(re.findall(r"(?:from|join)\s+(\w+)", query)) - steps == relations, query
    exposures = yaml.safe_load((PROJECT / "models" / "exposures" / "dashboard.yml").read_text())["exposures"]
    exposed = next(each["depends_on"] for each in exposures if each["name"] == f"dashboard_{page}")
    assert {reference.removeprefix("ref('").removesuffix("')") for reference in exposed} == serving.READ


def test_a_filter_limits_what_is_told(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    with duckdb.connect(str(copy_of_demo), read_only=True) as connection:
        sessions = connection.execute(
            "select count(*), count(*) filter (where channel_id = 'web') from fct_messaging_sessions "
            "where not is_test_channel and started_date > date '2026-03-15' - 28"
        ).fetchone()
    assert sessions is not None and sessions[0] > sessions[1] > 0
    assert figures(look(monkeypatch, "traffic", copy_of_demo))["Sessions"] == str(sessions[0])
    web = look(monkeypatch, "traffic", copy_of_demo, {"channel": ["Website chat"]})
    assert figures(web)["Sessions"] == str(sessions[1])


def test_what_a_figure_is_not_told_by_is_said(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    test = look(monkeypatch, "satisfaction", copy_of_demo, {"team": ["Billing"]})
    sentiment = next(each for each in test.metric if each.label == "Average sentiment of messages")
    assert "Of all teams" in sentiment.help
    assert any("Of all teams" in each.value for each in test.caption)


def test_figures_of_several_channels_count_people_once(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    query = {"by": "Month", "period": "All days", "channel": ["Website chat", "WhatsApp", "Kettle app"]}
    several = figures(look(monkeypatch, "usage", copy_of_demo, query))
    with duckdb.connect(str(copy_of_demo), read_only=True) as connection:
        contacts, added = connection.execute(
            "select count(distinct active_contact_key), (select sum(unique_contacts) from mart_account_usage_by_period "
            "where period_type = 'month' and period_start = '2026-03-01' and channel_id in ('web', 'whatsapp', 'app')) "
            "from fct_messages where sent_date >= '2026-03-01' and channel_id in ('web', 'whatsapp', 'app')"
        ).fetchall()[0]
    assert contacts < added
    assert several["Unique contacts"] == str(contacts)


def test_usage_tells_of_silent_periods_too(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    """A channel with messages on three days: each day has a bar, and the headline is of the day of `as_of`."""
    for channels in (["LINE Japan"], ["LINE Japan", "Coffee kiosk"]):
        test = look(monkeypatch, "usage", copy_of_demo, {"channel": channels, "by": "Day"})
        assert "**15 Mar 2026** so far" in [each.value for each in test.markdown]
        assert {label: figures(test)[label] for label in ("Unique contacts", "Proactive messages")} == {
            "Unique contacts": "0", "Proactive messages": "0"
        }  # fmt: skip
        assert {each.delta for each in test.metric} == {"0 on 14 Mar 2026"}
        ((_, chart),) = next(each.charts for each in looking.panels(test) if each.name == "usage_unique_contacts")
        assert chart["encoding"]["y"]["axis"]["tickMinStep"] == 1
        assert any("By channel: 15 Mar 2026" in each.value for each in test.markdown)
        assert any("0 on each of these days" in each.proto.body for each in test.get("html"))
    with serving.opened(copy_of_demo) as copy:
        line = Filters(Period(date(2026, 2, 16), date(2026, 3, 16)), ("line",))
        days = usage.usage_by_period(copy, line, "day")
        assert list(days["period_start"].dt.date) == [date(2026, 2, 16) + timedelta(days=n) for n in range(28)]
        told = copy.connection.execute(
            "select period_start, unique_contacts from mart_account_usage_by_period "
            "where period_type = 'day' and channel_id = 'line' and period_start >= '2026-02-16'"
        ).fetchall()
        assert {
            (each.period_start.date(), each.unique_contacts) for each in days.itertuples() if each.unique_contacts
        } == {each for each in told if each[1]}


@pytest.mark.parametrize("channels", [(), ("line",), ("web", "whatsapp")])
def test_usage_that_is_not_recorded_is_not_0(copy_of_demo: Path, tmp_path: Path, channels: tuple[str, ...]) -> None:
    path = Path(shutil.copy(copy_of_demo, tmp_path / "serving.duckdb"))
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update dim_build set build_id = 'unrecorded'; "
            "update mart_account_usage_by_period set active_agents = null, proactive_messages = null; "
            "update mart_account_usage_by_period set unique_contacts = null where period_start = '2026-03-09'"
        )
    with serving.opened(path) as copy:
        chosen = Filters(Period(date(2026, 2, 16), date(2026, 3, 16)), channels)
        weeks = usage.usage_by_period(copy, chosen, "week").set_index("period_start")
    assert len(weeks) == 4
    assert weeks[["active_agents", "proactive_messages"]].isna().all(axis=None)
    assert list(weeks["unique_contacts"].isna()) == [False, False, False, True]
    assert weeks["closed_conversations"].notna().all()


def test_a_quarter_has_its_name_below_its_bar(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    test = look(monkeypatch, "usage", copy_of_demo, {"by": "Quarter"})
    ((_, chart),) = next(each.charts for each in looking.panels(test) if each.name == "usage_unique_contacts")
    assert chart["encoding"]["x"]["sort"] == ["Q1 2026"]


def test_nothing_is_drawn_before_the_first_day(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    """Whose week begins on Monday, 9 February: the weeks before are not known to have had no survey."""
    test = look(monkeypatch, "satisfaction", copy_of_demo, {"period": "Last 90 days"})
    ((_, chart),) = next(each.charts for each in looking.panels(test) if each.name == "satisfaction_surveys")
    mondays = [date(2026, 2, 9) + timedelta(days=7 * n) for n in range(5)]
    ticks = chart["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert [date(each["year"], each["month"], each["date"]) for each in ticks] == mondays


def test_ticks_of_weeks_are_mondays_and_not_too_many() -> None:
    mondays = pd.date_range("2025-03-03", periods=52, freq="W-MON")
    chart = charts.over_time(pd.DataFrame({"day": mondays, "x": 1}), {"x": "X"}, "count", "week").to_dict()
    ticks = chart["layer"][0]["encoding"]["x"]["axis"]["values"]
    told = [date(each["year"], each["month"], each["date"]) for each in ticks]
    assert len(told) == 8 and set(told) <= set(mondays.date)


def test_a_ranking_says_that_it_leaves_out_some(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    monkeypatch.setattr(performance, "FIRST", 2)
    test = look(monkeypatch, "performance", copy_of_demo)
    taken = downloads(monkeypatch, "performance", copy_of_demo)
    for name, value in (("handle_time", "handle_seconds"), ("topics", "resolution_count")):
        count = (taken[f"performance_{name}"][value] > 0).sum()
        assert count > 2
        assert looking.captions(test, f"performance_{name}") == [f"The first 2 of {count}; the download has all."]


def test_the_whole_of_chosen_channels_is_called_that(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    for channels, name in (([], "All channels"), (["WhatsApp", "Website chat"], "All chosen channels")):
        test = look(monkeypatch, "performance", copy_of_demo, {"channel": channels})
        table = next(each.value for each in test.dataframe if "carried_ratio" in each.value)
        assert table["name"].iloc[0] == name


@pytest.mark.parametrize(
    ("now", "before", "unit", "told"),
    [
        (6, 4, "count", "+50 %"), (44, 4, "count", "+1000 %"), (4860, 4, "count", "×1,215"), (1, 4, "count", "-75 %"),
        (4860, 4, "seconds", "×1,215"), (0.5, 0.25, "rate", "+25.0 points"), (1, 0, "count", None),
    ],
)  # fmt: skip
def test_what_grew_out_of_all_proportion_is_told_by_how_many_times(
    now: float, before: float, unit: str, told: str | None
) -> None:
    assert formats.change(now, before, unit) == told


def test_days_of_two_years_have_bars_of_their_own() -> None:
    days = pd.DataFrame({"day": pd.to_datetime(["2025-03-01", "2026-03-01"]), "x": [1, 2]})
    chart = charts.over_time(days, {"x": "X"}, "count", "day", "bar").to_dict()
    assert chart["encoding"]["x"]["sort"] == ["1 Mar 2025", "1 Mar 2026"]


def test_a_course_says_0_of_a_silent_day_and_nothing_of_one_that_was_not_recorded() -> None:
    week = Filters(Period(date(2026, 3, 2), date(2026, 3, 9)), first_day=date(2026, 3, 3))
    days = [date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 7)]
    daily = pd.DataFrame({"day": days, "x": [3, None, 2]})
    counted = panels._course(daily, "x", True, week)
    assert dict(zip(counted["day"], counted["value"], strict=True)) == {
        date(2026, 3, 3): 3, date(2026, 3, 4): 0, date(2026, 3, 5): 0, date(2026, 3, 7): 2, date(2026, 3, 8): 0,
    }  # fmt: skip
    assert panels._course(daily, "x", False, week)["value"].tolist() == [3, 2]
    assert panels._course(daily.assign(x=None), "x", True, week).empty


def test_what_is_left_of_several_parts_keeps_its_colour_and_its_name() -> None:
    ends = {"agent": "Agent", "bot": "Bot", "system": "System"}
    chart = charts.shares(pd.DataFrame({"name": ["Kiosk"], "system": [3]}), "name", ends).to_dict()
    assert chart["encoding"]["color"]["scale"]["domain"] == list(ends.values())
    assert chart["encoding"]["color"]["legend"] is not None


def test_nobody_knows_who_ended_some_sessions_and_they_are_drawn_all_the_same(copy_of_demo: Path) -> None:
    with serving.opened(copy_of_demo) as copy:
        found = {row[0] for row in copy.connection.execute(
            "select distinct ended_by_type from mart_session_outcomes_by_day"
        ).fetchall()}  # fmt: skip
    assert found <= set(traffic._ENDED_BY) and "(unknown)" in traffic._ENDED_BY


def test_a_count_of_nothing_is_0_where_such_things_are_recorded(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, tmp_path: Path
) -> None:
    query = {"channel": "telegram", "period": "Days of my own", "days": ["2026-02-16", "2026-02-17"]}
    told = figures(look(monkeypatch, "traffic", copy_of_demo, query))
    assert (told["Sessions"], told["Messages"], told["Abandonment rate"]) == ("0", "0", "–")
    path = Path(shutil.copy(copy_of_demo, tmp_path / "serving.duckdb"))
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update dim_build set build_id = 'unrecorded'; update mart_channel_traffic_by_day set message_count = null"
        )
    told = figures(look(monkeypatch, "traffic", path, query))
    assert (told["Sessions"], told["Messages"]) == ("0", "–")


def test_usage_of_a_few_days_says_that_whole_weeks_are_told(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path
) -> None:
    query = {"period": "Days of my own", "days": ["2026-03-10", "2026-03-12"]}
    test = look(monkeypatch, "usage", copy_of_demo, query)
    assert any("Whole weeks, in which the chosen days lie: 9 Mar – 15 Mar 2026." in each.value for each in test.caption)
    with serving.opened(copy_of_demo) as copy:
        days = Filters(Period(date(2026, 3, 10), date(2026, 3, 13)))
        told = usage._whole_periods(usage.usage_by_period(copy, days, "week"), days, "week")
    assert told.period == Period(date(2026, 3, 9), date(2026, 3, 16))
    whole = look(monkeypatch, "usage", copy_of_demo, query | {"days": ["2026-03-09", "2026-03-15"]})
    assert not any("Whole weeks" in each.value for each in whole.caption)


def test_headline_figures_of_more_than_was_chosen_are_named(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path
) -> None:
    test = look(monkeypatch, "performance", copy_of_demo, {"topic": "Refund"})
    (said,) = [each.value for each in test.caption if "because not told by them" in each.value]
    assert "topics" in said and "Agents online" in said and "Sessions resolved" not in said


def test_an_hour_in_which_nobody_came_is_0_and_a_day_beyond_the_period_is_none() -> None:
    rows = pd.DataFrame({"iso_weekday": [2], "hour_of_day": [9], "inbound_session_count": [3]})
    hours = traffic._hours_of(Filters(Period(date(2026, 3, 9), date(2026, 3, 11))), rows)
    assert sorted(set(hours["iso_weekday"])) == [1, 2] and len(hours) == 48
    assert hours["inbound_session_count"].sum() == 3 and hours["inbound_session_count"].notna().all()


def test_a_line_is_drawn_where_most_days_are_told(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    rare = look(monkeypatch, "traffic", copy_of_demo, {"channel": "Coffee kiosk"})
    lines = {each.label: len(each.proto.chart_data) for each in rare.metric}
    assert lines["Sessions"] == 28 and lines["Repeat contact rate"] == 0


def test_a_click_is_remembered_by_who_was_clicked(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    test = look(monkeypatch, "realtime", copy_of_demo, {"agent": "Femi Adeyemi"})
    assert any("Conversations of Femi Adeyemi" in each.value for each in test.markdown)
    test.selectbox(key="session").select("answer-due-at-as-of/1").run()
    said = next(each.proto.body for each in test.get("html") if "talk" in each.proto.body and "said" in each.proto.body)
    assert "Can I swap one bag for the Lima?" in said
    test.selectbox(key="agent").select("agent-ana").run()
    assert any("Owns no conversation" in each.proto.body for each in test.get("html"))


def test_without_a_copy_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MESSAGING_SERVING", str(tmp_path / "none_yet.duckdb"))
    test = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not test.exception and "make build" in test.info[0].value
    (tmp_path / "none_yet.duckdb").write_text("no database")
    told = test.run().info[0].value
    assert "cannot be read" in told and "`make build` publishes one" in told


@pytest.mark.parametrize(
    "change",
    [
        "drop table mart_account_usage_by_period", "drop table dim_dates",
        "alter table mart_account_usage_by_period drop column active_agents",
    ],
)  # fmt: skip
def test_a_copy_of_another_version_is_told_of_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path, tmp_path: Path, change: str
) -> None:
    path = Path(shutil.copy(copy_of_demo, tmp_path / "serving.duckdb"))
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"update dim_build set build_id = '{change}'; {change}")
    monkeypatch.setenv("MESSAGING_SERVING", str(path))
    test = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not test.exception
    (told,) = [each.value for each in test.info]
    assert "by another version of this project" in told and "anew (`make build`)" in told


def test_the_first_page_is_found_under_its_name_too(browser: Browser, server: str) -> None:
    with browser.new_context(timezone_id="UTC") as context:
        page = context.new_page()
        page.goto(f"{server}/usage")
        expect(page.get_by_role("heading", level=1)).to_have_text("Account usage", timeout=PATIENCE_MS)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        expect(page.get_by_test_id("stTopNavLink").get_by_text("Usage", exact=True)).to_have_count(1)


def test_right_now_coverage_is_of_sessions_that_could_end(monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path) -> None:
    worth = downloads(monkeypatch, "realtime", copy_of_demo)["worth"].set_index("figure")
    days = {"from": date(2026, 3, 8), "to": date(2026, 3, 14)}
    assert worth.loc["coverage_rate", ["from", "to"]].to_dict() == days
    assert worth.loc["late_event_rate", "from"] == worth.loc["late_event_rate", "to"] == date(2026, 3, 15)
    with duckdb.connect(str(copy_of_demo), read_only=True) as connection:
        ((rate,),) = connection.execute(
            "select sum(covered_session_count) / sum(session_count) from mart_session_metrics_by_day "
            "where metric_type = 'agent_message_count' and session_date between '2026-03-08' and '2026-03-14'"
        ).fetchall()
    assert worth.loc["coverage_rate", "value"] == pytest.approx(rate) and rate > 0
    test = look(monkeypatch, "realtime", copy_of_demo)
    (told,) = [each for each in test.markdown if "Coverage" in each.value]
    assert "Of the last 7 full days, 8 Mar – 14 Mar 2026: sessions of 15 Mar 2026 still go on." in told.help


def test_a_look_sees_one_build_and_keeps_nobody_from_the_next(copy_of_demo: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(copy_of_demo, tmp_path / "serving.duckdb"))
    newer = Path(shutil.copy(copy_of_demo, tmp_path / "newer.duckdb"))
    newer.chmod(0o644)
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update dim_build set build_id = 'newer'")
    with serving.opened(path) as old:
        newer.replace(path)
        with serving.opened(path) as new:
            assert new.build.build_id == "newer" != old.build.build_id
        assert old.rows(["dim_build"], "select build_id from dim_build")["build_id"][0] == old.build.build_id
    with duckdb.connect(str(path)) as connection:  # nobody holds it
        assert connection.execute("select build_id from dim_build").fetchall() == [("newer",)]


def test_a_look_can_neither_write_nor_open_other_files(copy_of_demo: Path, tmp_path: Path) -> None:
    with serving.opened(copy_of_demo) as copy:
        for statement in ("delete from dim_build", f"copy dim_build to '{tmp_path}/x.csv'", "attach 'other.duckdb'"):
            with pytest.raises(duckdb.Error):
                copy.connection.execute(statement)


def test_a_download_opens_cleanly() -> None:
    rows = pd.DataFrame({"who": ["Ana", "=1+1", " @x", "＝1", None], "count": [1, -2, 3, 5, 4]})
    rows["sent_at"] = pd.to_datetime(["2026-03-01 10:00", None, None, None, None])
    lines = panels.as_csv(rows, "Asia/Kolkata").decode("utf-8-sig").splitlines()
    assert lines == [
        "who,count,sent_at",
        "Ana,1,2026-03-01T15:30:00.000+05:30",
        "'=1+1,-2,",
        "' @x,3,",
        "'＝1,5,",
        ",4,",
    ]


def test_the_end_of_a_day_is_that_of_the_warehouses_day() -> None:
    """Of hours that are stored in UTC, where the warehouse cuts days at five in the morning of UTC."""
    hours = pd.date_range("2026-03-01 05:00", periods=48, freq="h")
    rows = pd.DataFrame({
        "hour_started_at": hours, "activity_date": (hours - pd.Timedelta(hours=5)).date, "open_session_count": range(48)
    })  # fmt: skip
    days = traffic.end_of_days(rows)
    assert list(days["day"].dt.date) == [date(2026, 3, 1), date(2026, 3, 2)]
    assert list(days["open_session_count"]) == [23, 47]


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({}, "warehouse_serving.duckdb"), ({"MESSAGING_DB": "/a/w.duckdb"}, "/a/w_serving.duckdb"),
        ({"MESSAGING_DB": "/a/w.db"}, "/a/w.db_serving.duckdb"), ({"MESSAGING_SERVING": "/b/c.duckdb"}, "/b/c.duckdb"),
        ({"MESSAGING_SERVING": ""}, "none"), ({"MESSAGING_SERVING": "none"}, "none"),
    ],
)  # fmt: skip
def test_the_copy_is_looked_for_where_builds_publish_it(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], place: str
) -> None:
    for name in ("MESSAGING_DB", "MESSAGING_SERVING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert serving.location() == Path(place)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "–"), (0, "0 s"), (1.25, "1.2 s"), (45, "45 s"), (252, "4 min 12 s"), (3600, "1 h"), (183_600, "2 d 3 h")],
)
def test_durations_are_told_in_two_units(seconds: float | None, told: str) -> None:
    assert formats.duration(seconds) == told


@pytest.mark.parametrize(
    ("choice", "period"),
    [
        ("7d", Period(date(2026, 3, 9), date(2026, 3, 16))),
        ("month", Period(date(2026, 3, 1), date(2026, 3, 16))),
        ("last-month", Period(date(2026, 2, 1), date(2026, 3, 1))),
        ("quarter", Period(date(2026, 1, 1), date(2026, 3, 16))),
        ("all", Period(date(2026, 2, 14), date(2026, 3, 16))),
    ],
)
def test_a_period_ends_with_the_day_of_as_of(choice: str, period: Period) -> None:
    build = Build("b", datetime(2026, 3, 15, 20), date(2026, 2, 14), date(2026, 3, 15), datetime(2026, 3, 15))
    assert period_of(choice, build) == period


def test_names_from_outside_are_no_markup() -> None:
    assert formats.plain("**[x](y)** :red[z]") == r"\*\*\[x\]\(y\)\*\* \:red\[z\]"


def test_a_column_that_stands_still_leaves_a_telephone_room(
    monkeypatch: pytest.MonkeyPatch, copy_of_demo: Path
) -> None:
    def pinned(page: str, panel: str) -> set[str]:
        shown = next(each for each in looking.panels(look(monkeypatch, page, copy_of_demo)) if each.name == panel)
        return {name for name, told in shown.tables[0].items() if told.get("pinned")}

    assert pinned("service_level", "service_level_policies") == set()  # long names, which would hide the figures
    assert pinned("realtime", "now_agents") == {"name"}
