"""Dot plot of adverse events: percentages by arm on the left, risk differences with limits on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import Scale, nice_ticks, tick_label
from equipoise.reporting.figures.rows import DotRow
from equipoise.reporting.figures.style import AXIS, GRID, INK, ArmStyle, Sheet, Width, arm_style, sheet
from equipoise.reporting.figures.text import measure, shorten

__all__ = ["ae_dot_plot", "arm_key", "marker"]


def ae_dot_plot(
    rows: Sequence[DotRow],
    labels: Mapping[str, str],
    *,
    name: str,
    title: str,
    left_title: str = "Subjects, %",
    right_title: str = "Risk difference, percentage points",
    description: str = "",
    width: Width = "wide",
) -> str:
    """Adverse events by arm: a dot for each arm's percentage, and beside it each contrast's difference with limits.

    On a phone the term stands on a line of its own above its marks.

    Args:
        rows: From top to bottom, as sorted by the caller.
        labels: Label by arm name in declared order, which also gives colours and markers.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        left_title: Title of the left panel.
        right_title: Title of the right panel.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    wide = width == "wide"
    styles = {arm: arm_style(place) for place, arm in enumerate(labels)}
    seen = [arm for arm in labels if any(row.proportions.get(arm) is not None for row in rows)]
    contrasts = max((len(row.differences) for row in rows), default=0)
    step = measures.font * (1.55 + 0.35 * max(0, contrasts - 1)) if wide else measures.font * (2.6 + 0.5 * contrasts)
    key = arm_key(None, seen, labels, styles, measures)
    head = key + measures.font * 1.9
    bottom = head + step * len(rows) + 4
    canvas = Canvas(measures.width, bottom + measures.font * 2.2)
    arm_key(canvas, seen, labels, styles, measures)
    left, right = _scales(rows, measures, wide=wide)
    for scale, words in ((left, left_title), (right, right_title)):
        _panel(canvas, scale, head, bottom, measures, words)
    canvas.line([right(0.0)] * 2, [head, bottom], color=AXIS, width=1, class_="null")
    for number, row in enumerate(rows):
        top = head + number * step
        middle = top + step / 2 if wide else top + measures.font * 1.5 + (step - measures.font * 1.5) / 2
        _term(canvas, row, middle if wide else top + measures.font * 0.9, left.start, measures, wide=wide)
        if row.kind == "row":
            _dots(canvas, row, left, middle, styles)
            _differences(canvas, row, right, middle, styles)
    stats = " ".join(d.stat for row in rows for d in row.differences if d.stat)
    return canvas.svg(name=name, title=title, description=description, attributes={"data-stats": stats})


def _scales(rows: Sequence[DotRow], measures: Sheet, *, wide: bool) -> tuple[Scale, Scale]:
    """Scales of both panels; they share the room that the terms leave."""
    font, end = measures.font, measures.width - 12
    if wide:
        start = min(max((measure(row.label, font) for row in rows), default=0.0), 260.0) + 18
    else:
        start = 12.0
    room = end - start - 34
    shares = [v for row in rows for v in row.proportions.values() if v is not None]
    limits = [v for row in rows for d in row.differences for v in (d.lower, d.upper, d.value) if v is not None]
    ticks = nice_ticks(0.0, max([*shares, 0.05]), 5)
    spans = nice_ticks(min([*limits, 0.0, -0.02]), max([*limits, 0.0, 0.02]), 5)
    split = start + room * 0.5
    return Scale(0.0, ticks[-1], start, split), Scale(spans[0], spans[-1], split + 34, end)


def _panel(canvas: Canvas, scale: Scale, top: float, bottom: float, measures: Sheet, words: str) -> None:
    font = measures.font
    ticks = [t for t in nice_ticks(scale.low, scale.high, 5) if scale.holds(t)]
    canvas.segments([(scale(t), top, scale(t), bottom) for t in ticks], color=GRID, width=0.8)
    canvas.line([scale.start, scale.stop], [bottom, bottom], color=AXIS, width=1)
    last = float("-inf")
    for tick in ticks:
        text = tick_label(round(tick * 100, 9))
        half = measure(text, font) / 2
        if scale(tick) - half > last + 3:
            canvas.text(scale(tick), bottom + 6 + font * 0.6, text, size=font, anchor="middle")
            last = scale(tick) + half
    centre = (scale.start + scale.stop) / 2
    short = shorten(words, measures.small, scale.stop - scale.start + 28, weight="bold")
    cut: dict[str, Any] = {"title": words} if short != words else {}
    canvas.text(centre, top - font * 0.8, short, size=measures.small, weight="bold", anchor="middle", **cut)


def _term(canvas: Canvas, row: DotRow, y: float, edge: float, measures: Sheet, *, wide: bool) -> None:
    weight = "bold" if row.kind == "heading" else "normal"
    room = edge - 14 if wide else measures.width - 8
    size = measures.font if measure(row.label, measures.font, weight=weight) <= room else measures.small - 1
    text = shorten(row.label, size, room, weight=weight)
    cut: dict[str, Any] = {"title": row.label} if text != row.label else {}
    canvas.text(0, y, text, size=size, weight=weight, **cut)


def _dots(canvas: Canvas, row: DotRow, scale: Scale, y: float, styles: Mapping[str, ArmStyle]) -> None:
    shown = [(scale(v), arm) for arm, v in row.proportions.items() if v is not None]
    if len(shown) > 1:
        canvas.line([min(shown)[0], max(shown)[0]], [y, y], color=GRID, width=3)
    shifts = _dodge([x for x, _ in shown])
    for (x, arm), shift in zip(shown, shifts, strict=True):
        marker(canvas, styles[arm], x, y + shift, data_arm=arm)


def _dodge(places: Sequence[float], *, near: float = 8.5, gap: float = 7.5) -> list[float]:
    """Vertical shifts that keep markers of nearly equal percentages from hiding each other, in the order given."""
    shifts, cluster = [0.0] * len(places), list[int]()
    order = sorted(range(len(places)), key=lambda i: places[i])
    for rank, i in enumerate(order):
        cluster.append(i)
        if rank + 1 == len(order) or places[order[rank + 1]] - places[i] > near:
            for k, member in enumerate(sorted(cluster)):
                shifts[member] = gap * (k - (len(cluster) - 1) / 2)
            cluster = []
    return shifts


def _differences(canvas: Canvas, row: DotRow, scale: Scale, y: float, styles: Mapping[str, ArmStyle]) -> None:
    gap = 6.5
    first = y - gap * (len(row.differences) - 1) / 2
    for number, difference in enumerate(row.differences):
        if difference.value is None:
            continue
        at, style = first + number * gap, styles[difference.arm]
        low = scale.low if difference.lower is None else max(difference.lower, scale.low)
        high = scale.high if difference.upper is None else min(difference.upper, scale.high)
        tags: dict[str, Any] = {"data_stat": difference.stat} if difference.stat else {}
        canvas.line([scale(low), scale(high)], [at, at], color=style.color, width=1.4, class_="limits", **tags)
        marker(canvas, style, scale(difference.value), at, size=3.4, data_arm=difference.arm)


def marker(canvas: Canvas, style: ArmStyle, x: float, y: float, *, size: float = 4.6, **tags: Any) -> None:
    """The marker of an arm: shape and colour, so that grey print still tells arms apart.

    Args:
        canvas: Where to draw.
        style: Style of the arm.
        x: Centre.
        y: Centre.
        size: Radius.
        **tags: Attributes of the mark.
    """
    paint: dict[str, Any] = {"fill": style.color, "stroke": "#ffffff", "outline": 0.7, "class_": "dot", **tags}
    if style.marker == "square":
        canvas.shape([(x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size)], **paint)
    elif style.marker == "triangle":
        tall = size * 1.25
        canvas.shape([(x - tall, y + size), (x + tall, y + size), (x, y - tall)], **paint)
    elif style.marker == "diamond":
        wide = size * 1.35
        canvas.shape([(x - wide, y), (x, y - wide), (x + wide, y), (x, y + wide)], **paint)
    elif style.marker == "ring":
        canvas.circle(x, y, size * 0.85, **{**paint, "fill": "#ffffff", "stroke": style.color, "outline": 2.0})
    elif style.marker == "cross":
        pieces = [(x - size, y - size, x + size, y + size), (x - size, y + size, x + size, y - size)]
        canvas.segments(pieces, color=style.color, width=2.2, **{"class_": "dot", **tags})
    else:
        canvas.circle(x, y, size, **paint)


def arm_key(
    canvas: Canvas | None,
    arms: Sequence[str],
    labels: Mapping[str, str],
    styles: Mapping[str, ArmStyle],
    measures: Sheet,
) -> float:
    """Markers with labels, flowing from left to right. Without a canvas it only measures.

    Args:
        canvas: Where to draw.
        arms: Names of arms, in order.
        labels: Label by arm name.
        styles: Style by arm name.
        measures: Measures of the figure.

    Returns:
        Height.
    """
    x, leading = 6.0, measures.font * 1.5
    y = leading / 2 + 2
    for arm in arms:
        text = shorten(labels[arm], measures.font, measures.width - 30, weight="bold")
        needed = 14 + measure(text, measures.font, weight="bold")
        if x > 6.0 and x + needed > measures.width - 4:
            x, y = 6.0, y + leading
        if canvas is not None:
            marker(canvas, styles[arm], x, y)
            canvas.text(x + 10, y, text, size=measures.font, weight="bold", color=styles[arm].color or INK)
        x += needed + 22
    return y + leading / 2 + 2 if arms else 0.0
