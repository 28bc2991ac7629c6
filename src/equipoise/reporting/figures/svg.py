"""matplotlib's SVG made fit for a page: no prolog, no style sheet, own ids, short paths, words for screen readers.

matplotlib writes a document: a prolog, a `<style>` that would restyle the whole page, ids such as `patch_1` that
collide between two figures, six decimals a coordinate. `finish` reads that document and writes one element instead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from equipoise.reporting.figures.style import FONTS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Finish", "axis_fractions", "finish", "stamped", "standalone"]

_NUMBER: Final = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")
_MOVE: Final = re.compile(r"([MLQCZz])([^MLQCZz]*)")
_TURN: Final = re.compile(r"rotate\((-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class Finish:
    """What `finish` adds to a drawing.

    Attributes:
        name: Prefix of every id.
        title: Name for screen readers.
        description: Longer description, "" for none.
        width: Width of the viewBox.
        height: Height of the viewBox.
        tags: Attributes by the id of a group; `title` becomes a `<title>` inside the group.
        attributes: More attributes of the root.
    """

    name: str
    title: str
    description: str
    width: float
    height: float
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


def finish(document: str, done: Finish) -> str:
    """The content of matplotlib's SVG `document` as one element to be put into HTML.

    Args:
        document: SVG as matplotlib writes it, text as text, no clip paths, no markers.
        done: Names and descriptions to add.

    Returns:
        An `<svg>` element with `viewBox`, `role="img"`, `<title>` and `<desc>`; as wide as its container, and no wider
        than its natural size and a bit.
    """
    from xml.etree import ElementTree

    root = ElementTree.fromstring(document)
    name = _identifier(done.name)
    labelled = f"{name}-title" + (f" {name}-desc" if done.description else "")
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "eq-figure",
        "id": name,
        "viewBox": f"0 0 {_short(done.width)} {_short(done.height)}",
        "width": "100%",
        "role": "img",
        "aria-labelledby": labelled,
        "font-family": FONTS,
        "stroke-linejoin": "round",
        "style": f"display:block;max-width:{_short(done.width * 1.15)}px;height:auto",
        **done.attributes,
    }
    parts = [f"<svg{_attributes(attributes)}>", f'<title id="{name}-title">{escape(done.title)}</title>']
    if done.description:
        parts.append(f'<desc id="{name}-desc">{escape(done.description)}</desc>')
    for child in root:
        _write(child, done, parts)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


_STAMP: Final = 26  # height of the strip that a stamp adds above a drawing


def stamped(svg: str, mark: str) -> str:
    """A figure with a word above it, which goes wherever the drawing goes; its name for screen readers begins with it.

    Args:
        svg: An element that `finish` made.
        mark: The word, such as UNBLINDED.
    """
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if not size:
        return svg
    width, height = float(size[1]), float(size[2])
    box = f'viewBox="0 {-_STAMP} {_short(width)} {_short(height + _STAMP)}"'
    words = (
        f'<g class="stamp"><rect x="0" y="{-_STAMP}" width="{_short(width)}" height="{_STAMP - 6}" fill="#7a1f1f"/>'
        f'<text x="8" y="{10 - _STAMP + 4}" font-size="13" font-weight="bold" fill="#ffffff">{escape(mark)}</text></g>'
    )
    named = re.sub(r"(<title id=[^>]*>)", lambda found: f"{found[1]}{escape(mark)}: ", svg, count=1)
    return named.replace(size[0], box, 1).replace("</svg>", f"{words}\n</svg>", 1)


def standalone(svg: str) -> str:
    """A figure as the content of an .svg file: with a prolog, a size, and white paper behind it.

    Args:
        svg: What a function of this package returned.
    """
    size = re.search(r'viewBox="0 -?\d+ ([\d.]+) ([\d.]+)"', svg)
    width, height = size.groups() if size else ("760", "500")
    sized = svg.replace('width="100%"', f'width="{width}" height="{height}"', 1)
    sized = re.sub(r' style="display:block;[^"]*"', ' style="background:#fff"', sized, count=1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{sized}'


def axis_fractions(svg: str) -> tuple[float, float]:
    """Where the plot's horizontal axis starts and ends, as fractions of the figure's width.

    A page that sets `margin-left` and `width` of an at-risk table from these has its columns under the ticks.

    Args:
        svg: What `kaplan_meier` returned.

    Returns:
        Left and right end, each between 0 and 1; (0, 1) for a figure without such an axis.
    """
    found = re.search(r'data-axis="([\d.]+) ([\d.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (0.0, 1.0)


def _write(element: Element, done: Finish, parts: list[str]) -> None:
    """Append `element` to `parts`: groups that carry nothing vanish, definitions and style sheets too."""
    kind = element.tag.rpartition("}")[2]
    if kind == "path":
        paint = _paint(element.get("style", ""))
        parts.append(f"<path{_attributes({'d': _path(element.get('d', '')), **paint})}/>")
    elif kind == "text":
        parts.append(_text(element))
    elif kind == "g":
        tags = dict(done.tags.get(element.get("id", ""), {}))
        title = tags.pop("title", "")
        if tags or title:
            named = {key.rstrip("_").replace("_", "-"): value for key, value in tags.items()}
            parts.append(f"<g{_attributes(named)}>" + (f"<title>{escape(title)}</title>" if title else ""))
        for child in element:
            _write(child, done, parts)
        if tags or title:
            parts.append("</g>")


def _text(element: Element) -> str:
    style = _declarations(element.get("style", ""))
    attributes = {"x": _short(float(element.get("x", 0))), "y": _short(float(element.get("y", 0)))}
    place = re.match(r"translate\((-?[\d.]+) (-?[\d.]+)\)", element.get("transform", ""))
    if place:
        attributes = {"x": _short(float(place[1])), "y": _short(float(place[2]))}
    attributes["font-size"] = style.get("font-size", "12px").removesuffix("px")
    for key in ("font-weight", "text-anchor", "fill"):
        if key in style:
            attributes[key] = style[key]
    turn = _TURN.search(element.get("transform", ""))
    if turn and float(turn[1]) != 0:
        attributes["transform"] = f"rotate({_short(float(turn[1]))} {attributes['x']} {attributes['y']})"
    return f"<text{_attributes(attributes)}>{escape(element.text or '')}</text>"


def _paint(style: str) -> dict[str, str]:
    # A colour is no number: "#e6e6e6" would read as six million.
    paint = {k: v if v.startswith("#") else _round(v) for k, v in _declarations(style).items()}
    # What SVG assumes anyway, and what the root says once.
    for key, value in (("stroke-dashoffset", "0"), ("stroke-linejoin", "round"), ("stroke-linecap", "butt")):
        if paint.get(key) == value:
            del paint[key]
    if paint.get("stroke-linejoin") == "miter" and paint.get("fill") != "none":
        del paint["stroke-linejoin"]
    return paint


def _declarations(style: str) -> dict[str, str]:
    pairs = (item.partition(":") for item in style.split(";") if item.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _path(data: str) -> str:
    """The same path with two decimals, and H and V for the steps of which survival curves consist."""
    out: list[str] = []
    here = ("", "")
    for command, rest in _MOVE.findall(data):
        numbers = [_short(float(piece)) for piece in rest.split()]
        if command in "Zz":
            out.append("Z")
            continue
        there = (numbers[-2], numbers[-1])
        if command == "L" and there == here:
            continue
        if command == "L" and there[1] == here[1]:
            out.append(f"H{there[0]}")
        elif command == "L" and there[0] == here[0]:
            out.append(f"V{there[1]}")
        else:
            out.append(command + " ".join(numbers))
        here = there
    return "".join(out)


def _short(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _round(text: str) -> str:
    return _NUMBER.sub(lambda found: _short(float(found[0])), text)


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())


def _identifier(name: str) -> str:
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
    if safe != name or not safe:  # "a.b" and "a-b" must stay two names
        safe = f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
    return safe if safe[:1].isalpha() else f"figure-{safe}"
