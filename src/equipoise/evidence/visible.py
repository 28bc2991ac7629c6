"""What a reader of an HTML page sees: its text, a line a block, and the identifiers that its numbers carry."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from equipoise.evidence.document import Marked

__all__ = ["Visible", "visible_text"]

_HIDDEN = frozenset(
    ("script", "style", "template", "noscript", "svg", "math", "head", "nav", "button", "select", "iframe", "object",
     "textarea", "form", "canvas", "audio", "video", "footer")
)  # fmt: skip
_VOID = frozenset(
    ("br", "hr", "img", "input", "meta", "link", "wbr", "col", "source", "area", "base", "embed", "track")
)
_BLOCK = frozenset(
    ("p", "div", "section", "article", "header", "main", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li",
     "table", "thead", "tbody", "tfoot", "tr", "caption", "figure", "figcaption", "blockquote", "pre", "dl", "dt", "dd",
     "address", "aside", "details", "summary", "br", "hr", "body", "html")
)  # fmt: skip
_PARAGRAPH = frozenset(
    ("p", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote")
)
_SUPERSCRIPT = str.maketrans(
    "0123456789+-\u2212,", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207b\u02d2"
)
_SPACE = re.compile(r"[ \t\n\r\f\v]+")
_GONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visible:
    """The text of a page.

    Attributes:
        text: What is seen, with a line break between blocks and ` | ` between cells of a row.
        title: The page's title.
        marks: Stretches that carry `data-stat`.
    """

    text: str
    title: str = ""
    marks: tuple[Marked, ...] = ()


@dataclass(slots=True)
class _Open:
    tag: str
    hidden: bool
    start: int = -1
    stat: str = ""
    field: str = ""


@dataclass(slots=True)
class _Collected:
    parts: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[Marked] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def ends_with(self, signs: str) -> bool:
        return not self.parts or self.parts[-1][-1] in signs


class _Reader(HTMLParser):
    """Keeps what is seen. Unclosed and misnested tags are common; nothing here may fail on them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out = _Collected()
        self.title: list[str] = []
        self._stack: list[_Open] = []
        self._hidden = 0
        self._superscript = 0
        self._title_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._title_open = tag == "title" and not self.title
        if tag in _BLOCK:
            self._break(tag)
        elif tag in ("td", "th") and not self.out.ends_with("\n"):
            self.out.add(" | ")
        if tag in _VOID:
            return
        given = dict(attrs)
        hidden = (
            tag in _HIDDEN
            or "hidden" in given
            or given.get("aria-hidden") == "true"
            or bool(_GONE.search(given.get("style") or ""))
            or "skip" in (given.get("class") or "").split()
        )
        stat = given.get("data-stat") or ""
        self._stack.append(_Open(tag, hidden, self.out.length, stat, given.get("data-field") or ""))
        self._hidden += hidden
        self._superscript += tag == "sup"

    def handle_endtag(self, tag: str) -> None:
        self._title_open = False
        if any(one.tag == tag for one in self._stack[-200:]):
            while self._stack:
                one = self._stack.pop()
                self._close(one)
                if one.tag == tag:
                    break
        if tag in _BLOCK:
            self._break(tag)

    def _close(self, one: _Open) -> None:
        self._hidden -= one.hidden
        self._superscript -= one.tag == "sup"
        if one.stat and not self._hidden and self.out.length > one.start:
            self.out.marks.append(Marked(one.start, self.out.length, one.stat, one.field))

    def handle_data(self, data: str) -> None:
        if self._title_open:
            self.title.append(data)
            return
        if self._hidden:
            return
        text = _SPACE.sub(" ", data)
        if self.out.ends_with(" \n"):
            text = text.lstrip(" ")
        if not text:
            return
        if self._superscript and text.strip().translate(_SUPERSCRIPT) != text.strip():
            # A reference's number or an exponent: as such it can't be taken for the digits of the number before it.
            text = text.translate(_SUPERSCRIPT)
        self.out.add(text)

    def _break(self, tag: str) -> None:
        if self._hidden or not self.out.parts:
            return
        if self.out.ends_with("\n"):
            if tag in _PARAGRAPH and not "".join(self.out.parts[-2:]).endswith("\n\n"):
                self.out.add("\n")
            return
        self.out.add("\n\n" if tag in _PARAGRAPH else "\n")

    def finish(self) -> Visible:
        while self._stack:
            self._close(self._stack.pop())
        marks = sorted(self.out.marks, key=lambda mark: (mark.start, mark.end))
        return Visible("".join(self.out.parts), " ".join("".join(self.title).split()), tuple(marks))


def visible_text(page: str) -> Visible:
    """The visible text of a page; scripts, styles, navigation and hidden parts are not part of it.

    Args:
        page: HTML, as well or badly formed as it comes.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.finish()
