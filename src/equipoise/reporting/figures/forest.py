"""Forest plots: estimates with limits by row, on a ratio or a difference scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import Scale, log_ticks, nice_ticks, tick_label
from equipoise.reporting.figures.rows import ForestRow
from equipoise.reporting.figures.style import ARMS, AXIS, GRID, INK, MUTED, Sheet, Width, sheet
from equipoise.reporting.figures.text import measure, shorten, wrap

__all__ = ["forest"]

_MARK = ARMS[0].color
_GAP = 14.0  # between columns


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where columns stand: label's right edge, right edges of the left cells, plot, left edges of the right cells."""

    label: float
    left: tuple[float, ...]
    plot: tuple[float, float]
    right: tuple[float, ...]


def forest(
    rows: Sequence[ForestRow],
    *,
    name: str,
    title: str,
    left_headers: Sequence[str] = (),
    right_headers: Sequence[str] = (),
    favours: tuple[str, str] = ("", ""),
    null: float = 1.0,
    log: bool = True,
    percent: bool = False,
    description: str = "",
    width: Width = "wide",
) -> str:
    """A forest plot: a square with limits for each row, a diamond for the overall estimate.

    Limits that leave the axis end in an arrow. A row without an estimate prints its reason. On a phone each row takes
    two lines, label and right cells above the mark; the left cells are left to the table.

    Args:
        rows: From top to bottom.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        left_headers: Headers of the cells between label and plot.
        right_headers: Headers of the cells right of the plot.
        favours: What estimates left and right of `null` favour.
        null: Value of no effect.
        log: Logarithmic axis, for ratios.
        percent: Label the axis in percentage points, for differences given as fractions.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    wide = width == "wide"
    columns = _columns(rows, left_headers, right_headers, measures, wide=wide)
    ticks = _ticks(rows, null, log=log)
    scale = Scale(ticks[0], ticks[-1], *columns.plot, log=log)
    step = measures.font * (1.85 if wide else 3.1)
    head = _header_height(left_headers, right_headers, measures, wide=wide)
    heights = [step if wide or row.kind != "heading" else measures.font * 1.9 for row in rows]
    bottom = head + sum(heights) + 4
    canvas = Canvas(measures.width, bottom + (58 if any(favours) else 40))
    if wide:
        _headers(canvas, columns, left_headers, right_headers, measures, head)
    _reference(canvas, scale, rows, null, (head, bottom))
    heaviest = max((row.weight or 0.0 for row in rows if row.kind != "overall"), default=0.0)
    top = head
    for row, height in zip(rows, heights, strict=True):
        middle = top + height / 2 if wide else top + measures.font * 0.9
        _texts(canvas, columns, row, middle, measures, wide=wide)
        mark = middle if wide else top + measures.font * 2.25
        if row.kind != "heading":
            _mark(canvas, scale, row, mark, heaviest, measures)
        top += height
    _axis(canvas, scale, ticks, bottom, measures, favours=favours, null=null, percent=percent)
    return canvas.svg(
        name=name,
        title=title,
        description=description,
        attributes={"data-stats": " ".join(row.stat for row in rows if row.stat)},
    )


def _columns(
    rows: Sequence[ForestRow], left: Sequence[str], right: Sequence[str], measures: Sheet, *, wide: bool
) -> _Columns:
    if not wide:
        return _Columns(measures.width, (), (10.0, measures.width - 10.0), ())
    font = measures.font

    def widest(cells: Sequence[str], header: str) -> float:
        words = max(
            (measure(line, measures.small, weight="bold") for line in wrap(header, measures.small, 92)), default=0
        )
        return max([measure(cell, font) for cell in cells] + [float(words)])

    lefts = [widest([row.left[i] for row in rows if len(row.left) > i], h) for i, h in enumerate(left)]
    rights = [widest([row.right[i] for row in rows if len(row.right) > i], h) for i, h in enumerate(right)]
    label = (
        min(
            max(
                (measure(row.label, font, weight="bold") + _indent(row) for row in rows if row.kind != "heading"),
                default=0.0,
            ),
            230.0,
        )
        + 4
    )
    edges, at = [], label
    for size in lefts:
        at += _GAP + size
        edges.append(at)
    starts, end = [0.0] * len(rights), measures.width - 4
    for i in range(len(rights) - 1, -1, -1):
        starts[i] = end - rights[i]
        end -= rights[i] + _GAP
    return _Columns(label, tuple(edges), (at + _GAP + 8, max(end - 4, at + _GAP + 120)), tuple(starts))


def _indent(row: ForestRow) -> float:
    return 14.0 if row.kind == "level" else 0.0


def _header_height(left: Sequence[str], right: Sequence[str], measures: Sheet, *, wide: bool) -> float:
    if not wide:
        return 6.0
    lines = [len(wrap(text, measures.small, 92)) for text in (*left, *right)]
    return measures.small * 1.25 * max(lines, default=0) + 12


def _headers(
    canvas: Canvas, columns: _Columns, left: Sequence[str], right: Sequence[str], measures: Sheet, height: float
) -> None:
    size = measures.small
    placed = [(x, text, "end") for x, text in zip(columns.left, left, strict=True)]
    placed += [(x, text, "start") for x, text in zip(columns.right, right, strict=True)]
    for x, text, anchor in placed:
        lines = wrap(text, size, 92)
        for number, line in enumerate(lines):
            y = height - 8 - (len(lines) - number - 0.5) * size * 1.25
            canvas.text(x, y, line, size=size, weight="bold", anchor=anchor)
    canvas.line([0, measures.width], [height - 4, height - 4], color=GRID, width=1)


def _ticks(rows: Sequence[ForestRow], null: float, *, log: bool) -> list[float]:
    """Ticks that hold all estimates and most limits: one wide interval must not squeeze the rest."""
    values = [row.value for row in rows if row.value is not None and (row.value > 0 or not log)]
    lowers = [row.lower for row in rows if row.lower is not None and (row.lower > 0 or not log)]
    uppers = [row.upper for row in rows if row.upper is not None and math.isfinite(row.upper)]
    if not values:
        return [0.5, 1.0, 2.0] if log else nice_ticks(null - 0.5, null + 0.5)
    least, most = min([*values, null]), max([*values, null])
    if log:
        return log_ticks(max(min([*lowers, least]), least / 4), min(max([*uppers, most]), most * 4))
    reach = 2.5 * max(most - least, 0.05)
    return nice_ticks(max(min([*lowers, least]), least - reach), min(max([*uppers, most]), most + reach))


def _reference(canvas: Canvas, scale: Scale, rows: Sequence[ForestRow], null: float, ends: tuple[float, float]) -> None:
    canvas.line([scale(null)] * 2, [ends[0], ends[1]], color=AXIS, width=1, class_="null")
    overall = [row.value for row in rows if row.kind == "overall" and row.value is not None]
    for value in overall:
        if scale.holds(value):
            canvas.line([scale(value)] * 2, list(ends), color=_MARK, width=0.9, dash=(3, 3), class_="overall")


def _texts(canvas: Canvas, columns: _Columns, row: ForestRow, y: float, measures: Sheet, *, wide: bool) -> None:
    font = measures.font
    weight = "bold" if row.kind in ("heading", "overall") else "normal"
    right = "" if wide or row.value is None else " ".join(row.right[:1])
    edge = columns.plot[0] if wide and row.kind == "heading" else columns.label
    room = edge - _indent(row) - (measure(right, font, weight=weight) + 12 if right else 0)
    text = shorten(row.label, font, room, weight=weight)
    cut: dict[str, Any] = {"title": row.label} if text != row.label else {}
    canvas.text(_indent(row), y, text, size=font, weight=weight, **cut)
    if not wide:
        canvas.text(measures.width - 4, y, right, size=font, anchor="end", weight=weight)
        return
    for x, cell in zip(columns.left, row.left, strict=False):
        canvas.text(x, y, cell, size=font, anchor="end", weight=weight)
    for x, cell in zip(columns.right, row.right, strict=False):
        canvas.text(x, y, cell, size=font, weight=weight, color=INK if row.value is not None else MUTED)


def _mark(canvas: Canvas, scale: Scale, row: ForestRow, y: float, heaviest: float, measures: Sheet) -> None:
    start, stop = scale.start, scale.stop
    if row.value is None or (scale.log and row.value <= 0):
        reason = shorten(row.reason or "Not estimable", measures.small, stop - start)
        half = measure(reason, measures.small) / 2 + 3
        canvas.rect((start + stop) / 2 - half, y - measures.small * 0.7, 2 * half, measures.small * 1.4, fill="#ffffff")
        canvas.text((start + stop) / 2, y, reason, size=measures.small, color=MUTED, anchor="middle", class_="reason")
        return
    tags: dict[str, Any] = {"data_stat": row.stat} if row.stat else {}
    low = start if row.lower is None or (scale.log and row.lower <= 0) else scale(row.lower)
    high = stop if row.upper is None else scale(row.upper)
    clipped = (low < start - 0.5 or row.lower is None, high > stop + 0.5 or row.upper is None)
    low, high = max(low, start), min(high, stop)
    x = min(max(scale(row.value), start), stop)
    if row.kind == "overall" and not any(clipped):
        half = measures.font * 0.5
        canvas.shape([(low, y), (x, y - half), (high, y), (x, y + half)], fill=_MARK, class_="diamond", **tags)
        return
    canvas.line([low, high], [y, y], color=INK, width=1.2, class_="limits", **tags)
    for off, at, way in ((clipped[0], low, 1), (clipped[1], high, -1)):
        if off:
            canvas.shape([(at, y), (at + way * 7, y - 4), (at + way * 7, y + 4)], fill=INK, class_="arrow")
        else:
            canvas.line([at, at], [y - 3, y + 3], color=INK, width=1.2)
    share = math.sqrt(row.weight / heaviest) if row.weight and heaviest else 0.45
    half = max(2.2, 6.2 * min(share, 1.0))
    if scale.holds(row.value):
        canvas.rect(x - half, y - half, 2 * half, 2 * half, fill=_MARK, class_="estimate", **tags)


def _axis(
    canvas: Canvas, scale: Scale, ticks: Sequence[float], y: float, measures: Sheet,
    *, favours: tuple[str, str], null: float, percent: bool,
) -> None:  # fmt: skip
    font = measures.font
    canvas.line([scale.start, scale.stop], [y, y], color=AXIS, width=1, cap="projecting")
    canvas.segments([(scale(t), y, scale(t), y + 5) for t in ticks], color=AXIS)
    right_of_last = -math.inf
    for tick in ticks:
        text = tick_label(tick * 100 if percent else tick)
        half = measure(text, font) / 2
        if scale(tick) - half > right_of_last + 3:
            canvas.text(scale(tick), y + 8 + font * 0.6, text, size=font, anchor="middle")
            right_of_last = scale(tick) + half
    at = scale(null)
    arrows = ("\N{LEFTWARDS ARROW} ", " \N{RIGHTWARDS ARROW}")
    for side, text in enumerate(favours):
        if text:
            # Each text may reach out to the edge of the sheet on its own side of no effect.
            room = at - 12 if side == 0 else measures.width - at - 12
            words = arrows[0] + text if side == 0 else text + arrows[1]
            short = shorten(words, measures.small, room)
            x, anchor = (at - 8, "end") if side == 0 else (at + 8, "start")
            canvas.text(x, y + 16 + font * 1.9, short, size=measures.small, anchor=anchor, color=MUTED)
