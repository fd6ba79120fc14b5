"""The documentation site in a real browser: an overview that leads to pages, and asks nobody else."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from messaging_warehouse.docs_site import embed_pictures
from places import PATIENCE_MS, Place
from warehouse import PROJECT

OVERVIEW = PROJECT / "models" / "glossary" / "overview.md"


@pytest.fixture(scope="session")
def site(centre: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of `make docs`, over a warehouse of the demo, alone in a folder."""
    target = tmp_path_factory.mktemp("docs")
    process = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), "docs", "generate", "--static", "--target-path", str(target),
            "--log-path", str(target),
        ],
        cwd=PROJECT, env=centre.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    assert "[WARNING]" not in process.stdout
    page = tmp_path_factory.mktemp("site") / "index.html"
    page.write_bytes((target / "static_index.html").read_bytes())
    assert embed_pictures(page, PROJECT / "docs" / "images", PROJECT) == 1
    return page


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    """A reader at the overview; the page asks for nothing but itself."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page, strangers = context.new_page(), list[str]()

    def hear(request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            strangers.append(request.url)

    page.on("request", hear)
    page.goto(site.as_uri())
    expect(page.get_by_role("heading", name="Messaging warehouse", level=1)).to_be_visible()
    yield page
    context.close()
    assert not strangers, "the site asked somebody else"


def test_the_overview_shows_how_events_flow(page: Page) -> None:
    picture = page.locator("img[alt^='Raw deliveries'][src^='data:image/svg']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 500


def test_every_link_of_the_overview_leads_to_a_page(page: Page) -> None:
    links = set(re.findall(r"\]\((#!/[^)]+)\)", OVERVIEW.read_text()))
    assert len(links) > 40
    for link in sorted(links):
        page.evaluate("address => { window.location.hash = address }", link.removeprefix("#"))
        expect(page.get_by_role("heading", name="Messaging warehouse", level=1)).to_be_hidden()
        expect(page.locator("body")).to_contain_text(link.rsplit(".", 1)[-1])


def test_a_reader_goes_from_a_metric_to_a_column(page: Page) -> None:
    page.get_by_role("link", name="Average first response time", exact=True).click()
    expect(page.locator("body")).to_contain_text("Mean first response time")
    page.go_back()
    page.get_by_role("link", name="mart_response_times_by_day", exact=True).first.click()
    expect(page.locator("h1").filter(has_text="mart_response_times_by_day")).to_be_visible()
    expect(page.locator("body")).to_contain_text("average_first_response_seconds")


def test_each_page_of_the_dashboard_and_each_export_is_an_exposure(page: Page) -> None:
    for name, told in (
        ("dashboard_traffic", "mart_channel_traffic_by_day"),
        ("export_messages", "exp_messages"),
    ):
        page.evaluate(
            "address => { window.location.hash = address }", f"!/exposure/exposure.messaging_warehouse.{name}"
        )
        expect(page.locator("body")).to_contain_text(told)
