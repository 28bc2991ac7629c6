"""The dossier in a real browser: quiet, asks for nothing, fits a phone, prints."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def _absent(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; continuous integration needs it")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        _absent("Chromium is not installed (Debian: apt-get install chromium; or set CHROMIUM)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("playwright is not installed (pip install playwright)")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


class Visit:
    """A page opened at a width, with what it said and asked for."""

    def __init__(self, browser: Any, path: Path, width: int) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.console: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())


@pytest.fixture(params=["two_arms", "three_arms", "colon", "oncology"])
def path(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param) / "dossier.html"


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_quiet_alone_and_no_wider_than_the_screen(browser: Any, path: Path, width: int) -> None:
    visit = Visit(browser, path, width)
    assert visit.console == []
    assert [url for url in visit.requests if not url.startswith(("file://", "data:"))] == []
    assert len([url for url in visit.requests if url.startswith("file://")]) == 1
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    # Text is not cut: whatever is wider than its frame can be scrolled to, or is small enough.
    cut = visit.page.evaluate(
        """() => [...document.querySelectorAll('main p, main li, h1, h2, h3, dd, figcaption')]
             .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
             .filter(e => !e.closest('.table')).map(e => e.textContent.slice(0, 60))"""
    )
    assert cut == []
    visit.page.close()


def test_anchors_lead_to_their_headings(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, 1280)
    links = visit.page.locator("nav .listing a")
    count = links.count()
    assert count > 8
    for place in range(count):
        target = links.nth(place).get_attribute("href")
        links.nth(place).click()
        top = visit.page.evaluate("id => document.querySelector(id).getBoundingClientRect().top", target)
        bottom = visit.page.evaluate(
            "document.documentElement.scrollHeight - window.innerHeight - Math.ceil(window.scrollY)"
        )
        assert abs(top) <= 2 or (bottom <= 2 and top < 900), target
    visit.page.close()


def test_skip_link_is_first_and_moves_the_focus(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, 1280)
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "skip"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "content"
    visit.page.close()


def test_figures_tables_and_regions_have_names(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, 1280)
    tree = visit.page.evaluate(
        """() => {
             const name = e => (e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') || '').split(' ')
               .map(id => document.getElementById(id)?.textContent || '').join(' ')).trim();
             return [...document.querySelectorAll('figure, svg[role=img], [role=region], [role=group], nav')]
               .map(e => [e.tagName, e.id, name(e)]);
           }"""
    )
    assert len(tree) > 8
    assert [one for one in tree if not one[2]] == []
    visit.page.close()


def test_wide_screens_and_phones_get_their_own_drawing(browser: Any, two_arms: Path) -> None:
    shown = {}
    for width in (1280, 390):
        visit = Visit(browser, two_arms / "dossier.html", width)
        shown[width] = [visit.page.locator(f"#km-pfs_main .plot.{kind}").is_visible() for kind in ("wide", "narrow")]
        listing = [visit.page.locator(f"nav .{kind}").is_visible() for kind in ("listing", "folded")]
        assert listing == ([True, False] if width == 1280 else [False, True])
        visit.page.close()
    assert shown == {1280: [True, False], 390: [False, True]}


def test_the_answer_stands_on_the_first_screen(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, 1280)
    bottom = visit.page.evaluate("document.querySelector('.answer .lead').getBoundingClientRect().bottom")
    assert bottom < 450
    assert visit.page.evaluate("document.querySelector('#answer-figure').getBoundingClientRect().top") < 700
    visit.page.close()


def test_prints_to_a_pdf_of_a_sensible_length(browser: Any, two_arms: Path) -> None:
    visit = Visit(browser, two_arms / "dossier.html", 1280)
    content = visit.page.pdf(format="A4")
    assert content.startswith(b"%PDF")
    assert 4 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") + content.count(b"/Type /Page>") <= 40
    visit.page.close()
