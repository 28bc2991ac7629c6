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
_FOOT = 40.0  # axis with its tick labels


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
    low, high = _reach(rows, null, log=log)
    ticks = log_ticks(low, high) if log else [t for t in nice_ticks(low, high) if low <= t <= high]
    scale = Scale(low, high, *columns.plot, log=log)
    step = measures.font * (1.85 if wide else 3.1)
    head = _header_height(left_headers, right_headers, measures, wide=wide)
    heights = [step if wide or row.kind != "heading" else measures.font * 1.9 for row in rows]
    bottom = head + sum(heights) + 4
    sides = _sides(favours, scale(null), measures)
    canvas = Canvas(measures.width, bottom + _FOOT + measures.small * 1.25 * len({row for row, *_ in sides}))
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
    _axis(canvas, scale, ticks, bottom, measures, percent=percent)
    for line, x, anchor, words in sides:
        y = bottom + _FOOT - 6 + measures.small * 1.25 * (line + 0.5)
        canvas.text(x, y, words, size=measures.small, anchor=anchor, color=MUTED)
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


def _reach(rows: Sequence[ForestRow], null: float, *, log: bool) -> tuple[float, float]:
    """Ends of an axis that holds all estimates and most limits: one wide interval must not squeeze the rest."""
    values = [row.value for row in rows if row.value is not None and (row.value > 0 or not log)]
    if not values:
        return (null * 0.4, null * 2.5) if log else (null - 0.5, null + 0.5)
    lowers = [row.lower for row in rows if row.lower is not None and (row.lower > 0 or not log)]
    uppers = [row.upper for row in rows if row.upper is not None and math.isfinite(row.upper)]
    least, most = min([*values, null]), max([*values, null])
    # No effect has room on both sides, so that the words under the axis have a side to stand on.
    if log:
        low, high = max(min([*lowers, least]), least / 4), min(max([*uppers, most]), most * 4)
        return min(low / 1.06, null / 1.35), max(high * 1.06, null * 1.35)
    reach = 2.5 * max(most - least, 0.05)
    low, high = max(min([*lowers, least]), least - reach), min(max([*uppers, most]), most + reach)
    pad = 0.04 * (high - low)
    return min(low - pad, null - 4 * pad), max(high + pad, null + 4 * pad)


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
    if not wide:  # white paper under the words: the reference lines pass here
        for words, at in ((text, _indent(row)), (right, measures.width - 8 - measure(right, font, weight=weight))):
            if words:
                under = measure(words, font, weight=weight) + 4
                canvas.rect(at - 1, y - font * 0.7, under, font * 1.4, fill="#ffffff")
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


def _axis(canvas: Canvas, scale: Scale, ticks: Sequence[float], y: float, measures: Sheet, *, percent: bool) -> None:
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


def _sides(favours: tuple[str, str], at: float, measures: Sheet) -> list[tuple[int, float, str, str]]:
    """Row, place, anchor and words of what each side favours.

    Each text stands on its own side of no effect, in two lines at most; where one has no room for that, each gets a
    line of the whole sheet.
    """
    size, end = measures.small, measures.width
    words = [
        "\N{LEFTWARDS ARROW} " + favours[0] if favours[0] else "",
        favours[1] + " \N{RIGHTWARDS ARROW}" if favours[1] else "",
    ]
    rooms = (at - 12, end - at - 12)
    lines = [wrap(text, size, room, lines=2) if text else [] for text, room in zip(words, rooms, strict=True)]
    if all(" ".join(rows) == text for rows, text in zip(lines, words, strict=True)):
        left = [(number, at - 8, "end", line) for number, line in enumerate(lines[0])]
        return left + [(number, at + 8, "start", line) for number, line in enumerate(lines[1])]
    whole = [shorten(text, size, end - 8) for text in words]
    return [(0, 4.0, "start", whole[0]), (1, end - 4, "end", whole[1])]
