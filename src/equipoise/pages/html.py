"""HTML as values: text is escaped unless it is already `Html`, so a forgotten escape can't be written."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Html", "anchor", "element", "escape", "join", "void"]

_TAG = re.compile(r"^[a-z][a-z0-9]*$")
_ATTRIBUTE = re.compile(r"^[a-zA-Z][a-zA-Z-]*$")
_REPLACE = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
# Control characters are not allowed in HTML, not even as references.
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\ufffd")


class Html(str):
    """Text that is HTML already. Only this module, and code that writes constant markup, makes it."""

    __slots__ = ()


def escape(content: object) -> Html:
    """`content` as text that HTML shows as it is; `Html` passes unchanged.

    Args:
        content: Anything with a text form; None is nothing.
    """
    if isinstance(content, Html):
        return content
    if content is None:
        return Html("")
    return Html(str(content).translate(_REPLACE | _CONTROL))


def join(parts: Iterable[object], separator: object = "") -> Html:
    """Parts, each escaped unless `Html`, with a separator between them.

    Args:
        parts: The parts.
        separator: What stands between two parts.
    """
    return Html(escape(separator).join(escape(part) for part in parts))


def _attributes(attributes: dict[str, str | bool | None]) -> str:
    shown = []
    for name, value in attributes.items():
        # `cls`, `for_` and `aria_label` are Python's spelling of class, for and aria-label.
        plain = "class" if name == "cls" else name.rstrip("_").replace("_", "-")
        if not _ATTRIBUTE.match(plain):
            message = f"not the name of an attribute: {name!r}"
            raise AssertionError(message)
        if value is True:
            shown.append(f" {plain}")
        elif value is not None and value is not False:
            shown.append(f' {plain}="{escape(str(value))}"')
    return "".join(shown)


def element(tag: str, /, *children: object, **attributes: str | bool | None) -> Html:
    """One element with its children, each escaped unless `Html`.

    Args:
        tag: Name of the element.
        *children: Its content.
        **attributes: Attributes; `cls` is class, a trailing `_` is dropped, other `_` become `-`; None and False are
            left out, True gives an attribute without value.
    """
    if not _TAG.match(tag):
        message = f"not the name of an element: {tag!r}"
        raise AssertionError(message)
    return Html(f"<{tag}{_attributes(attributes)}>{join(children)}</{tag}>")


def void(tag: str, /, **attributes: str | bool | None) -> Html:
    """An element that has no content: `br`, `hr`, `meta`.

    Args:
        tag: Name of the element.
        **attributes: As for `element`.
    """
    return Html(f"<{tag}{_attributes(attributes)}>")


def anchor(text: str) -> str:
    """`text` as an identifier for anchors: lower-case letters, digits and hyphens, never empty.

    Args:
        text: Any text.
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"
