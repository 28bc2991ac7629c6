"""Pages of designs and interim looks in a real browser: they fit, no text touches another, every sheet is marked."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

_TOUCHING = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('figure svg')) {
    const room = svg.getBoundingClientRect();
    if (!room.width) continue;
    const texts = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
    texts.forEach(([words, a], i) => {
      if (a.left < room.left - 2 || a.right > room.right + 2) found.push([svg.id, words, 'outside']);
      for (const [other, b] of texts.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 4) found.push([svg.id, words, other]);
      }
    });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser(find_chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=find_chromium, args=arguments)
        yield opened
        opened.close()


def opened(browser: Any, out: Path, width: int) -> tuple[Any, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith("file://") else None)
    page.goto((out / "dossier.html").as_uri())
    return page, [one for one in said if not one.startswith("data:")]


@pytest.mark.parametrize("name", ["designed", "blinded", "unblinded", "simulated", "simulated_twice"])
@pytest.mark.parametrize("width", [1280, 768, 390])
def test_pages_fit_and_no_text_of_a_figure_touches_another(
    browser: Any, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    page, said = opened(browser, request.getfixturevalue(name), width)
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_TOUCHING) == []
    page.close()


def test_the_mark_stays_in_view_while_an_unblinded_page_is_read(browser: Any, unblinded: Path) -> None:
    page, _ = opened(browser, unblinded, 1280)
    where = (
        "() => { const r = document.querySelector('.page-mark').getBoundingClientRect(); return [r.top, r.height]; }"
    )
    for place in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
        page.evaluate(f"() => window.scrollTo(0, {place})")
        top, height = page.evaluate(where)
        assert top == 0
        assert height > 20
    # What a link leads to is not hidden under it.
    page.evaluate("() => { location.hash = '#monitoring'; }")
    assert page.evaluate("document.querySelector('#monitoring').getBoundingClientRect().top") >= height - 2
    page.close()


def test_every_printed_sheet_of_an_unblinded_page_is_marked(browser: Any, unblinded: Path, blinded: Path) -> None:
    page, _ = opened(browser, unblinded, 1280)
    page.emulate_media(media="print")
    style = "e => { const s = getComputedStyle(e); return [s.position, s.display]; }"
    assert page.locator(".page-mark").evaluate(style) == ["fixed", "block"]
    page.emulate_media(media=None)
    # Only what is on every sheet may be counted: all else in the mark's colour goes.
    page.add_style_tag(content=".mark, .stamp, .kicker, .answer > h2, .unblinded-note { display: none !important; }")
    marked = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    sheets = len(re.findall(rb"/Type\s*/Page(?![s\w])", marked))
    assert sheets >= 3
    assert _drawn(marked) >= sheets, "the watermark and the margins are drawn on each sheet"
    page, _ = opened(browser, blinded, 1280)
    assert page.locator(".page-mark").count() == 0
    page.add_style_tag(content=".kicker, .answer > h2 { display: none !important; }")
    assert _drawn(page.pdf(format="A4", prefer_css_page_size=True)) == 0
    page.close()


def _drawn(content: bytes) -> int:
    """How many sheets fill in the mark's colour, #7a1f1f."""
    count = 0
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        count += bool(re.search(rb"\.478\d* \.12\d* \.12\d* rg", text))
    return count
