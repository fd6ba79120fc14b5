"""What people do, in a real browser: click through, filter, download, read a definition, and see what is new."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, Request, TimeoutError, ViewportSize, expect

from places import PATIENCE_MS, Place

PATHS = ("", "performance", "service-level", "satisfaction", "traffic", "now")
# A row of Streamlit's table, and its header, in pixels.
ROW = 35
# How often somebody tries who sees a page move under the hand.
ATTEMPTS = 6


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A new visitor, whose browser asks nobody but the dashboard."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True, timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    strangers: list[str] = []

    def hear(request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https", "ws") and not request.url.startswith(server):
            strangers.append(request.url)

    page.on("request", hear)
    yield page
    context.close()
    assert not strangers, "the dashboard asked somebody else"


def _open(page: Page, server: str, path: str) -> None:
    page.goto(f"{server}/{path}")
    _settled(page)


def _settled(page: Page) -> None:
    """Wait until the page is drawn."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached()


def _panel(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-panel-{name}")


def _click_row(page: Page, panel: str, row: int) -> None:
    """Click into a row of a panel's table, which is painted and has no elements to click at."""
    table = _panel(page, panel).get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 150, "y": ROW * (row + 1) + ROW // 2})


def _type_choice(page: Page, box: str, begin: str, option: str) -> None:
    """Choose by the keyboard alone, at the pace of somebody who looks at what is offered."""
    page.get_by_role("combobox", name=box).focus()
    page.keyboard.type(begin)
    expect(page.get_by_role("option", name=option)).to_be_visible()
    page.keyboard.press("Enter")


def _click_choice(page: Page, box: str, option: str) -> None:
    """Choose by the mouse, as a person does: whoever misses what is being drawn anew looks, and presses again."""
    chosen = page.locator(".st-key-filters").get_by_text(option, exact=True)
    for _ in range(ATTEMPTS):
        offered = page.get_by_role("option", name=option)
        if not offered.is_visible():
            page.get_by_role("combobox", name=box).click()
        offered.click()
        try:  # Who presses a key before it stands there takes it back.
            expect(chosen).to_be_visible(timeout=PATIENCE_MS / ATTEMPTS)
        except AssertionError:
            continue
        return
    expect(chosen).to_be_visible()


def _figure(page: Page, label: str) -> Locator:
    metric = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
    return metric.get_by_test_id("stMetricValue")


def test_a_click_on_a_user_leads_to_conversations_and_a_click_on_one_to_messages(page: Page, server: str) -> None:
    _open(page, server, "now")
    expect(_panel(page, "now_conversations")).to_contain_text("No user is chosen")
    _click_row(page, "now_agents", 2)  # Ana, Lucia, Femi, Dev
    expect(_panel(page, "now_conversations")).to_contain_text("Conversations of Femi Adeyemi")
    expect(_panel(page, "now_messages")).to_contain_text("No conversation is chosen")
    _click_row(page, "now_conversations", 0)
    expect(_panel(page, "now_messages")).to_contain_text("Can I swap one bag for the Lima?")
    address = parse_qs(urlsplit(page.url).query)
    assert address == {"agent": ["Femi Adeyemi"], "session": ["answer-due-at-as-of"]}
    page.reload()
    expect(_panel(page, "now_messages")).to_contain_text("Can I swap one bag for the Lima?")


@pytest.mark.parametrize(("path", "panel"), [("performance", "performance_agents"), ("now", "now_queues")])
@pytest.mark.parametrize("has_touch", [False, True])
def test_a_tables_own_buttons_leave_the_download_free(
    browser: Browser, server: str, path: str, panel: str, has_touch: bool
) -> None:
    """They appear once the mouse is over the table, from where people come to the download."""
    size: ViewportSize = {"width": 390, "height": 850} if has_touch else {"width": 1600, "height": 1000}
    context = browser.new_context(viewport=size, has_touch=has_touch, is_mobile=has_touch, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    _open(page, server, path)
    for _ in range(ATTEMPTS):
        place = _in_sight(_panel(page, panel))
        try:
            with page.expect_download(timeout=PATIENCE_MS / ATTEMPTS) as download:
                _press(page, _panel(page, panel), has_touch)
        except TimeoutError:
            # Whoever misses a button because the page above it is still being drawn tries again. It stood still: no.
            assert _in_sight(_panel(page, panel)) != place, "something lies over the download"
        else:
            assert download.value.suggested_filename.startswith(panel)
            break
    else:
        raise AssertionError("the page does not come to rest")
    context.close()


def _download_of(panel: Locator) -> Locator:
    return panel.get_by_test_id("stDownloadButton").get_by_role("button").first


def _in_sight(panel: Locator) -> FloatRect:
    """Scroll a panel's download into sight, and return where it then is."""
    button = _download_of(panel)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    return box


def _press(page: Page, panel: Locator, has_touch: bool) -> None:
    """Press the download at its place, whatever lies there, as a hand does that was over the table below just now."""
    table = panel.get_by_test_id("stDataFrame").first
    box = table.bounding_box()
    assert box
    (table.tap if has_touch else table.hover)(position={"x": box["width"] - 25, "y": 60})  # which may scroll
    box = _download_of(panel).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if has_touch:
        page.touchscreen.tap(x, y)
    else:
        page.mouse.move(x, y, steps=25)
        page.mouse.click(x, y)


AGENTS = ("Ana", "Lucia", "Femi", "Dev")  # as the table has them


def _expect_conversations_of(page: Page, name: str | None) -> None:
    """Expect somebody's conversations, and an address that says so without a further run."""
    panel = _panel(page, "now_conversations")
    expect(panel).to_contain_text(f"Conversations of {name}" if name else "No user is chosen")
    _expect_address(page, "agent", name or "")
    _settled(page)


def _expect_address(page: Page, kind: str, begin: str) -> None:
    """Expect the page's address to tell what was chosen; nothing for an empty beginning."""
    page.wait_for_function(
        "([kind, begin]) => { const told = new URLSearchParams(location.search).get(kind);"
        " return begin ? (told || '').startsWith(begin) : told === null; }",
        arg=[kind, begin],
    )


def _tick_row(page: Page, panel: str, row: int) -> None:
    table = _panel(page, panel).get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 15, "y": ROW * (row + 1) + ROW // 2})


def test_every_click_is_heard_however_a_user_was_chosen_before(page: Page, server: str) -> None:
    _open(page, server, "now?agent=Femi+Adeyemi")
    for name in ("Ana", "Femi", "Ana", "Lucia"):
        _click_row(page, "now_agents", AGENTS.index(name))
        _expect_conversations_of(page, name)
    _type_choice(page, "Choose a user", "Femi", "Femi Adeyemi")
    _expect_conversations_of(page, "Femi")
    _click_row(page, "now_agents", AGENTS.index("Lucia"))  # whose cell was the last that was clicked
    _expect_conversations_of(page, "Lucia")
    for name in ("Dev", "Femi"):
        _tick_row(page, "now_agents", AGENTS.index(name))
        _expect_conversations_of(page, name)
    _click_row(page, "now_agents", AGENTS.index("Ana"))
    _expect_conversations_of(page, "Ana")
    _tick_row(page, "now_agents", AGENTS.index("Femi"))
    _expect_conversations_of(page, "Femi")
    _tick_row(page, "now_agents", AGENTS.index("Femi"))  # and off: nobody, and not who was clicked before
    _expect_conversations_of(page, None)
    _click_row(page, "now_agents", AGENTS.index("Lucia"))
    _expect_conversations_of(page, "Lucia")


def test_another_conversation_or_user_can_be_clicked_while_one_is_open(page: Page, server: str) -> None:
    _open(page, server, "now?agent=Femi+Adeyemi&session=answer-due-at-as-of")
    expect(_panel(page, "now_messages")).to_contain_text("Can I swap one bag for the Lima?")
    for row, conversation in ((1, "paused-at-as-of"), (0, "answer-due-at-as-of"), (2, "active-at-as-of")):
        _click_row(page, "now_conversations", row)
        _expect_address(page, "session", conversation)
        _settled(page)
        expect(_panel(page, "now_conversations").get_by_role("combobox")).to_have_value(conversation)
    _click_row(page, "now_agents", AGENTS.index("Lucia"))
    _expect_conversations_of(page, "Lucia")
    expect(_panel(page, "now_messages")).to_contain_text("No conversation is chosen")
    _expect_address(page, "session", "")


def test_who_has_no_mouse_gets_there_as_well(page: Page, server: str) -> None:
    _open(page, server, "now")
    _type_choice(page, "Choose a user", "Femi", "Femi Adeyemi")
    expect(_panel(page, "now_conversations")).to_contain_text("Conversations of Femi Adeyemi")
    _settled(page)
    _type_choice(page, "Choose a conversation", "answer", "answer-due-at-as-of")
    expect(_panel(page, "now_messages")).to_contain_text("Can I swap one bag for the Lima?")


def test_a_filter_stands_in_the_address_and_goes_along_to_the_next_page(page: Page, server: str) -> None:
    _open(page, server, "traffic")
    everything = _figure(page, "Sessions").inner_text()
    _click_choice(page, "Channels", "Website chat")
    page.keyboard.press("Escape")
    expect(_figure(page, "Sessions")).not_to_have_text(everything)
    of_the_website = _figure(page, "Sessions").inner_text()
    assert parse_qs(urlsplit(page.url).query) == {"channel": ["Website chat"]}
    page.get_by_role("link", name="Service level").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Service level")
    _settled(page)
    assert parse_qs(urlsplit(page.url).query) == {"channel": ["Website chat"]}
    expect(page.locator(".st-key-filters")).to_contain_text("Website chat")
    _open(page, server, "traffic?channel=Website+chat")  # sent to a colleague
    expect(_figure(page, "Sessions")).to_have_text(of_the_website)


def test_what_is_shown_can_be_taken_along(page: Page, server: str) -> None:
    _open(page, server, "traffic")
    button = page.locator(".st-key-download-traffic_channels button").first  # beside it, that for small screens
    with page.expect_download() as taken:
        button.click()
    assert taken.value.suggested_filename == "traffic_channels_2026-02-16_2026-03-15.csv"
    rows = list(csv.DictReader(io.StringIO(Path(taken.value.path()).read_text("utf-8-sig"))))
    assert sum(int(row["session_count"]) for row in rows) == int(_figure(page, "Sessions").inner_text())


def test_a_figure_says_what_it_means(page: Page, server: str) -> None:
    _open(page, server, "satisfaction")
    metric = page.get_by_test_id("stMetric").filter(has=page.get_by_text("Customer satisfaction", exact=True))
    metric.get_by_test_id("stTooltipIcon").hover()
    expect(page.get_by_test_id("stTooltipContent")).to_contain_text("valid")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 420)])
def test_every_page_fits_and_is_drawn(browser: Browser, server: str, scheme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    for path in PATHS:
        _open(page, server, path)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        too_wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth > innerWidth")
        assert not too_wide, path
    context.close()


def test_new_events_appear_by_themselves(page: Page, server: str, centre: Place) -> None:
    _open(page, server, "now?agent=Femi+Adeyemi&session=answer-due-at-as-of")
    messages = _panel(page, "now_messages")
    expect(messages).to_contain_text("Can I swap one bag for the Lima?")
    page.evaluate("window.neverReloaded = true")
    payload = json.dumps({"message_id": "m5", "text": "One <b>more</b> ![thing](http://example.com/x.png)"})
    quoted = payload.replace('"', '""')
    centre.add(
        "raw_conversation_events",
        "later.csv",
        "event_id,event_type,occurred_at,received_at,conversation_id,channel_id,messaging_user_id,actor_type,actor_id,"
        "payload\nlater-1,message_sent,2026-03-15T20:01:00.000Z,2026-03-15T20:01:01.000Z,answer-due-at-as-of,whatsapp,"
        f'mu-diego-whatsapp,end_user,,"{quoted}"\n',
    )
    centre.build()
    # As it was written, letter for letter: what a customer sends is shown, and neither run nor fetched.
    expect(messages).to_contain_text("One <b>more</b> ![thing](http://example.com/x.png)")
    expect(page.locator(".st-key-told")).to_contain_text("15 Mar 2026, 20:01")
    expect(_panel(page, "now_conversations")).to_contain_text("Conversations of Femi Adeyemi")
    # What is clicked in the new tables is heard as well.
    _settled(page)
    for name in ("Ana", "Lucia", "Femi"):
        _click_row(page, "now_agents", AGENTS.index(name))
        _expect_conversations_of(page, name)
    assert page.evaluate("window.neverReloaded") is True


def test_a_choice_that_a_page_is_not_told_by_is_told_of(page: Page, server: str) -> None:
    """Who chose a team and goes on to a page without teams reads that its figures are of all."""
    _open(page, server, "satisfaction?team=Customer+Support")
    page.get_by_role("link", name="Usage", exact=False).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("usage", ignore_case=True)
    _settled(page)
    expect(page.locator("body")).to_contain_text("Of all teams: this page is not told by Customer Support.")
