"""Best overall response, stacked by arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import Scale
from equipoise.reporting.figures.rows import ResponseBar
from equipoise.reporting.figures.style import AXIS, MUTED, Sheet, Width, ink_on, response_fills, sheet
from equipoise.reporting.figures.text import measure, shorten, wrap

__all__ = ["response_bars"]


def response_bars(
    bars: Sequence[ResponseBar],
    categories: Mapping[str, str],
    *,
    name: str,
    title: str,
    x_label: str = "Subjects, %",
    description: str = "",
    width: Width = "wide",
) -> str:
    """Best overall response by arm as bars stacked from best to worst.

    Args:
        bars: One for each arm.
        categories: Label by category, best first; gives the colours. Categories that no bar has are left out.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        x_label: Label of the axis.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    wide = width == "wide"
    used = {c: text for c, text in categories.items() if any(bar.segments.get(c, 0.0) > 0 for bar in bars)}
    fills = response_fills(list(used))
    key = _key(None, used, fills, measures)
    beside = max((measure(bar.right, measures.small) for bar in bars), default=0.0) + 14 if wide else 0.0
    label = min(max((measure(bar.label, measures.font, weight="bold") for bar in bars), default=0.0), 190.0)
    start = label + 16 if wide else 4.0
    scale = Scale(0.0, 1.0, start, measures.width - max(beside, 14.0))
    step = 48.0 if wide else 74.0
    bottom = key + 8 + step * len(bars)
    canvas = Canvas(measures.width, bottom + measures.font * 3.9)
    _key(canvas, used, fills, measures)
    for number, bar in enumerate(bars):
        top = key + 8 + number * step + (0 if wide else 32)
        _labels(canvas, bar, top, scale, measures, wide=wide)
        at = 0.0
        for category in used:
            share = bar.segments.get(category, 0.0)
            if share > 0:
                _segment(canvas, bar, category, (scale(at), scale(at + share)), top, fills[category], measures)
            at += share
    _axis(canvas, scale, bottom, measures, x_label)
    return canvas.svg(name=name, title=title, description=description)


def _labels(canvas: Canvas, bar: ResponseBar, top: float, scale: Scale, measures: Sheet, *, wide: bool) -> None:
    font, small = measures.font, measures.small
    tags: dict[str, Any] = {"data_stat": bar.stat} if bar.stat else {}
    if wide:
        lines = wrap(bar.label, font, scale.start - 14, lines=2, weight="bold")
        first = top + 16 - (len(lines) - 1 + (1 if bar.left else 0)) * font * 0.6
        for number, line in enumerate(lines):
            canvas.text(0, first + number * font * 1.2, line, size=font, weight="bold")
        canvas.text(0, first + len(lines) * font * 1.2, bar.left, size=small, color=MUTED)
        canvas.text(scale.stop + 10, top + 16, bar.right, size=small, **tags)
        return
    canvas.text(4, top - 24, shorten(bar.label, font, measures.width - 8, weight="bold"), size=font, weight="bold")
    beneath = " \N{MIDDLE DOT} ".join(text for text in (bar.left, bar.right) if text)
    canvas.text(4, top - 9, shorten(beneath, small, measures.width - 8), size=small, **tags)


def _segment(
    canvas: Canvas, bar: ResponseBar, category: str, ends: tuple[float, float], top: float, fill: str, measures: Sheet,
) -> None:  # fmt: skip
    left, right = ends
    canvas.rect(
        left, top, right - left, 32, fill=fill, stroke=AXIS, class_="segment", data_arm=bar.arm, data_category=category
    )
    text = bar.texts.get(category, "")
    if text and measure(text, measures.small) + 6 <= right - left:
        canvas.text((left + right) / 2, top + 16, text, size=measures.small, color=ink_on(fill), anchor="middle")


def _axis(canvas: Canvas, scale: Scale, y: float, measures: Sheet, words: str) -> None:
    font = measures.font
    canvas.line([scale.start, scale.stop], [y, y], color=AXIS, width=1, cap="projecting")
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        canvas.line([scale(tick)] * 2, [y, y + 5], color=AXIS)
        canvas.text(scale(tick), y + 8 + font * 0.6, f"{tick * 100:.0f}", size=font, anchor="middle")
    canvas.text((scale.start + scale.stop) / 2, y + 12 + font * 1.9, words, size=font, anchor="middle")


def _key(canvas: Canvas | None, used: Mapping[str, str], fills: Mapping[str, str], measures: Sheet) -> float:
    x, leading = 4.0, measures.small * 1.7
    y = leading / 2 + 2
    for category, words in used.items():
        text = shorten(words, measures.small, measures.width - 40)
        needed = 18 + measure(text, measures.small)
        if x > 4.0 and x + needed > measures.width - 4:
            x, y = 4.0, y + leading
        if canvas is not None:
            canvas.rect(x, y - 6, 12, 12, fill=fills[category], stroke=AXIS)
            canvas.text(x + 18, y, text, size=measures.small)
        x += needed + 18
    return y + leading / 2 + 2 if used else 0.0
