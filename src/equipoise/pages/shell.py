"""The frame of a page: landmarks, skip link, table of contents, styles. No scripts and no requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from equipoise.pages.html import Html, element, join, void

__all__ = ["Contents", "shell", "styles"]

_NOTHING = Html("")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


@dataclass(frozen=True, slots=True)
class Contents:
    """One entry of the table of contents.

    Attributes:
        anchor: Identifier of the heading that it points to.
        title: Its words.
        inner: Entries below it.
    """

    anchor: str
    title: str
    inner: tuple[Contents, ...] = ()


@cache
def styles() -> str:
    """The style sheet of all pages: screen, phone and print; system fonts only."""
    return resources.files("equipoise.pages").joinpath("style.css").read_text(encoding="utf-8")


def shell(
    title: str,
    body: Html,
    *,
    header: Html = _NOTHING,
    footer: Html = _NOTHING,
    contents: Sequence[Contents] = (),
    description: str = "",
    language: str = "en",
    mark: str = "",
) -> str:
    """A complete page.

    Args:
        title: What the browser's tab says.
        body: Content of `main`.
        header: Content of the page's header; holds its only h1.
        footer: Content of the page's footer.
        contents: Table of contents; none where empty.
        description: One sentence for `<meta name="description">`.
        language: Language of the text.
        mark: A word that stands on top of the page, stays there while it is read, and is on every printed sheet.

    Returns:
        HTML text that starts with its document type.
    """
    head = join(
        [
            void("meta", charset="utf-8"),
            void("meta", name="viewport", content="width=device-width, initial-scale=1"),
            # Belt and braces: even a defect could not make the page ask the network for anything.
            void("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            void("meta", name="description", content=description) if description else "",
            void("meta", name="generator", content="equipoise"),
            void("link", rel="icon", href="data:,"),
            element("title", title),
            # CSS is ours and constant; escaping it would break it.
            Html(f"<style>\n{styles()}</style>"),
            _sheet_mark(mark),
        ],
        Html("\n"),
    )
    page = join(
        [
            element("a", "Skip to the content", cls="skip", href="#content"),
            element("p", mark, cls="page-mark") if mark else "",
            element("header", header, cls="page-header"),
            element("div", _navigation(contents), element("main", body, id="content", tabindex="-1"), cls="page"),
            element("footer", footer, cls="page-footer"),
        ],
        Html("\n"),
    )
    css = ' class="has-mark"' if mark else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"{css}>\n<head>\n{head}\n</head>\n<body>\n{page}\n</body>\n</html>\n'
    )


def _sheet_mark(mark: str) -> Html:
    """The mark in the margins of every printed sheet, where a browser knows such boxes; others print a watermark."""
    letters = "".join(one for one in mark if one.isalnum() or one in " :-")
    box = f'content: "{letters}"; font: bold 11pt sans-serif; color: #7a1f1f; letter-spacing: 0.1em'
    return (
        Html(f"<style>\n@page {{ @top-center {{ {box}; }} @bottom-center {{ {box}; }} }}\n</style>")
        if mark
        else Html("")
    )


def _navigation(contents: Sequence[Contents]) -> Html:
    if not contents:
        return Html("")
    # Twice, as there is no script: the style sheet shows the list on wide screens and the folded one on narrow ones.
    listing = element("div", element("p", "Contents"), _entries(contents), cls="listing")
    folded = element("details", element("summary", "Contents"), _entries(contents), cls="folded")
    return element("nav", listing, folded, cls="contents", aria_label="Contents")


def _entries(contents: Sequence[Contents]) -> Html:
    items = []
    for entry in contents:
        link = element("a", entry.title, href=f"#{entry.anchor}")
        items.append(element("li", link, _entries(entry.inner) if entry.inner else ""))
    return element("ul", *items)
