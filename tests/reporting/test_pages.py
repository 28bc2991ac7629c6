"""The shell, escaping and styles."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.pages import Contents, Html, element, escape, join, shell, styles, void
from equipoise.pages.html import anchor


def test_text_is_escaped_and_html_is_not() -> None:
    assert escape("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#39;"
    assert escape(Html("<b>x</b>")) == "<b>x</b>"
    assert escape(None) == ""
    assert escape(3) == "3"
    assert element("p", "<", Html("<b>x</b>"), 1) == "<p>&lt;<b>x</b>1</p>"
    assert join(["<", Html("<hr>")], " & ") == "&lt; &amp; <hr>"


def test_attributes() -> None:
    assert element("td", cls="num", data_stat='"x"', aria_label=None, hidden=True, open=False) == (
        '<td class="num" data-stat="&quot;x&quot;" hidden></td>'
    )
    assert void("meta", http_equiv="x", content="<") == '<meta http-equiv="x" content="&lt;">'
    for bad in ("on click", "x>y", ""):
        with pytest.raises(AssertionError):
            element("p", **{bad: "x"})
        with pytest.raises(AssertionError):
            element(bad)


@given(st.text())
def test_escaped_text_reads_back_and_never_opens_a_tag(parse: Callable[..., Any], text: str) -> None:
    html = element("p", text, title=text)
    root = parse(html)
    assert [node.tag for node in root] == ["p"]
    allowed = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", text)
    assert "".join(root.children[0].children) == allowed
    assert root.children[0].attributes["title"] == allowed


def test_anchor() -> None:
    assert anchor("Grade ≥3 & more") == "grade-3-more"
    assert anchor("…") == "x"


def test_shell_has_landmarks_a_skip_link_and_a_policy(parse: Callable[..., Any]) -> None:
    text = shell("T <1>", Html("<p>body</p>"), contents=[Contents("a", "A & B", (Contents("b", "C"),))])
    assert text.startswith("<!DOCTYPE html>")
    page = parse(text.removeprefix("<!DOCTYPE html>"))
    assert page.all("title")[0].text == "T <1>"
    assert page.all("a")[0].attributes == {"class": "skip", "href": "#content"}
    assert page.all("main")[0].attributes["id"] == "content"
    assert [node.attributes["href"] for node in page.all("nav")[0].all("a")] == ["#a", "#b"] * 2
    policy = next(n for n in page.all("meta") if n.attributes.get("http-equiv"))
    assert policy.attributes["content"].startswith("default-src 'none'")
    assert "nav" not in [node.tag for node in parse(shell("T", Html("")).removeprefix("<!DOCTYPE html>"))]


def test_styles_are_self_contained_and_serve_print_and_phones() -> None:
    text = styles()
    assert not re.search(r"url\(|@import|https?:", text)
    for part in ("@media print", "@media (max-width", ":focus-visible"):
        assert part in text
    assert text.count("{") == text.count("}")


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["ink", "soft", "accent", "mark"])
def test_text_colours_have_contrast_on_white(name: str) -> None:
    match = re.search(rf"--{name}: (#[0-9a-f]{{6}})", styles())
    assert match
    assert 1.05 / (_luminance(match[1]) + 0.05) >= 4.5
