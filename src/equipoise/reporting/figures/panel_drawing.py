"""Drawing of plots side by side on wide pages, below each other on narrow ones, under one legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.dots import marker
from equipoise.reporting.figures.layout import Scale, spread, tick_label
from equipoise.reporting.figures.panels import Axis, Band, Floats, Panel, Rule, Series
from equipoise.reporting.figures.style import AXIS, GRID, MUTED, Sheet, Width, sheet
from equipoise.reporting.figures.text import measure, shorten, wrap
from equipoise.reporting.figures.thinning import corners

__all__ = ["draw_panels"]

_GAP = 20.0
_MOST_TEXTS = 8
Box = tuple[float, float, float, float]


def draw_panels(
    panels: Sequence[Panel],
    *,
    name: str,
    title: str,
    description: str = "",
    width: Width = "wide",
    heights: tuple[float, float] = (300.0, 240.0),
) -> str:
    """Plots with one legend above them: beside each other on wide pages, below each other on narrow ones.

    Args:
        panels: The plots.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        description: What is shown, in words, for screen readers.
        width: `wide` or `narrow`.
        heights: Height of a plot on wide and on narrow pages.

    Returns:
        An `<svg>` element.
    """
    measures, wide = sheet(width), width == "wide"
    columns = len(panels) if wide else 1
    each = (measures.width - _GAP * (columns - 1)) / columns
    above = _legend(None, panels, measures)
    tops, plots, bottom = above, [], above
    for number, panel in enumerate(panels):
        plot = _Plot(panel, measures, left=(each + _GAP) * number if wide else 0.0, room=each, top=tops,
                     height=heights[0] if wide else heights[1])  # fmt: skip
        plots.append(plot)
        bottom = max(bottom, plot.end)
        tops = tops if wide else plot.end + 10.0
    canvas = Canvas(measures.width, bottom)
    _legend(canvas, panels, measures)
    for plot in plots:
        plot.draw(canvas)
    drawn = [one for panel in panels for one in panel.drawn]
    curves = [one.id for one in drawn if one.id]
    stats = [stat for panel in panels for one in panel.series for stat in one.stats if stat]
    stats += [rule.stat for panel in panels for rule in panel.rules if rule.stat]
    found = {"data-curve": " ".join(dict.fromkeys(curves)), "data-stats": " ".join(dict.fromkeys(stats))}
    attributes = {key: value for key, value in found.items() if value}
    return canvas.svg(name=name, title=title, description=description, attributes=attributes)


def _legend(canvas: Canvas | None, panels: Sequence[Panel], measures: Sheet) -> float:
    """Samples with words, flowing from left to right; without a canvas it only measures."""
    entries: dict[str, Series | Band] = {}
    for one in (item for panel in panels for item in panel.drawn):
        if one.label:
            entries.setdefault(one.label, one)
    if len(entries) < 2 and not any(len(panel.series) + len(panel.bands) > 1 for panel in panels):
        return 0.0
    sample, leading, left = 28.0, measures.font * 1.55, 4.0
    x, y = left, leading / 2 + 2
    for label, item in entries.items():
        text = shorten(label, measures.font, measures.width - sample - 16)
        needed = sample + 7 + measure(text, measures.font)
        if x > left and x + needed > measures.width - 4:
            x, y = left, y + leading
        if canvas is not None:
            _sample(canvas, item, x, y, sample, measures)
            cut: dict[str, Any] = {"title": label} if text != label else {}
            canvas.text(x + sample + 6, y, text, size=measures.font, **cut)
        x += needed + 20
    return y + leading / 2 + 6 if entries else 0.0


def _sample(canvas: Canvas, item: Series | Band, x: float, y: float, length: float, measures: Sheet) -> None:
    if isinstance(item, Band):
        canvas.rect(x, y - 6, length, 12, fill=item.color, class_="key")
        return
    width = measures.line * item.scale
    if item.line:
        dash = tuple(part * width for part in item.style.dash)
        canvas.line([x, x + length], [y, y], color=item.style.color, width=width, dash=dash, class_="key")
    if item.points:
        marker(canvas, item.style, x + length / 2, y, class_="key")


class _Plot:
    """One plot with its scales and the places that its texts take."""

    def __init__(self, panel: Panel, measures: Sheet, *, left: float, room: float, top: float, height: float) -> None:
        self.panel, self.measures = panel, measures
        self.outer, self.edge = left, left + room
        small = measures.small
        rules = any(rule.vertical and rule.label for rule in panel.rules)
        self.head = top + (small * 1.9 if panel.title else 0.0)
        self.top = self.head + small * 1.7 + (small * 1.6 if rules else 0.0)
        self.bottom = self.top + height
        self.end = self.bottom + 52.0
        self.y, self.y_ticks = panel.y.scale(panel.values("y"), self.bottom, self.top)
        widest = max((measure(_tick(panel.y, t), measures.font) for t in self.y_ticks), default=0.0)
        self.left, self.right = left + widest + 12.0, self.edge - 14.0
        self.x, self.x_ticks = panel.x.scale(panel.values("x"), self.left, self.right)
        self.taken: list[Box] = []

    def draw(self, canvas: Canvas) -> None:
        self._axes(canvas)
        for band in self.panel.bands:
            self._band(canvas, band)
        self._rules(canvas)
        for one in self.panel.series:
            self._series(canvas, one)
        for one in self.panel.series:
            self._texts(canvas, one)

    def _axes(self, canvas: Canvas) -> None:
        panel, font, small = self.panel, self.measures.font, self.measures.small
        if panel.title:
            text = shorten(panel.title, font, self.edge - self.outer, weight="bold")
            canvas.text(self.outer + 2, self.head - small * 0.7, text, size=font, weight="bold")
        label = shorten(panel.y.label, small, self.edge - self.outer)
        canvas.text(self.outer + 2, self.head + small * 0.6, label, size=small, color=MUTED)
        grid = [(self.left, self.y(t), self.right, self.y(t)) for t in self.y_ticks if self.y.holds(t)]
        canvas.segments(grid, color=GRID, width=0.8)
        for tick in self.y_ticks:
            canvas.text(self.left - 8, self.y(tick), _tick(panel.y, tick), size=font, anchor="end")
        canvas.line([self.left, self.left, self.right], [self.top, self.bottom, self.bottom], color=AXIS,
                    cap="projecting")  # fmt: skip
        ticks = [t for t in self.x_ticks if self.x.holds(t)]
        canvas.segments([(self.x(t), self.bottom, self.x(t), self.bottom + 5) for t in ticks], color=AXIS)
        last = float("-inf")
        for tick in sorted(ticks, key=self.x):
            text = _tick(panel.x, tick)
            half = measure(text, font) / 2
            if self.x(tick) - half > last + 6 and self.x(tick) + half <= self.edge + 10:
                canvas.text(self.x(tick), self.bottom + 8 + font * 0.6, text, size=font, anchor="middle")
                last = self.x(tick) + half
        (words,) = wrap(panel.x.label, font, self.edge - self.outer, lines=1)
        middle = min((self.left + self.right) / 2, self.edge - measure(words, font) / 2)
        canvas.text(max(middle, self.outer + measure(words, font) / 2), self.bottom + 40, words, size=font,
                    anchor="middle")  # fmt: skip

    def _band(self, canvas: Canvas, band: Band) -> None:
        real = np.isfinite(band.x) & np.isfinite(band.lower) & np.isfinite(band.upper)
        if real.sum() < 2:
            return
        x = _places(self.x, band.x[real])
        low, high = (_places(self.y, edge[real]) for edge in (band.lower, band.upper))
        points = [*zip(x, low, strict=True), *zip(x[::-1], high[::-1], strict=True)]
        tags: dict[str, Any] = {"data_curve": band.id} if band.id else {}
        canvas.shape(points, fill=band.color, class_="band", **tags)

    def _rules(self, canvas: Canvas) -> None:
        upright = [rule for rule in self.panel.rules if rule.vertical and self.x.holds(rule.at)]
        level = [rule for rule in self.panel.rules if not rule.vertical and self.y.holds(rule.at)]
        for rule in (*upright, *level):
            ends = ([self.x(rule.at)] * 2, [self.top, self.bottom])
            if not rule.vertical:
                ends = ([self.left, self.right], [self.y(rule.at)] * 2)
            tags: dict[str, str] = {"data_stat": rule.stat} if rule.stat else {}
            canvas.line(*ends, color=rule.color, width=1.0, dash=rule.dash, class_="rule", **tags)
        self._upright_labels(canvas, [rule for rule in upright if rule.label])
        self._level_labels(canvas, [rule for rule in level if rule.label])

    def _upright_labels(self, canvas: Canvas, rules: Sequence[Rule]) -> None:
        """Above the plot, moved aside where they would touch; of many, only as many as there is room for."""
        small = self.measures.small
        widths = [measure(rule.label, small) + 10 for rule in rules]
        room = self.edge - self.outer
        while rules and sum(widths) > room:
            keep = sorted({0, len(rules) - 1, *range(0, len(rules), 2)}) if len(rules) > 2 else [len(rules) - 1]
            if len(keep) == len(rules):
                keep = [0, len(rules) - 1]
            if len(rules) == 1:
                break
            rules, widths = [rules[i] for i in keep], [widths[i] for i in keep]
        middles = spread([self.x(rule.at) for rule in rules], widths, self.outer, self.edge)
        for rule, middle in zip(rules, middles, strict=True):
            canvas.text(middle, self.top - small * 1.05, rule.label, size=small, color=rule.color, anchor="middle")

    def _level_labels(self, canvas: Canvas, rules: Sequence[Rule]) -> None:
        """Inside, above the line at its left end, lower where two would touch."""
        small = self.measures.small
        wanted = [self.y(rule.at) - small * 0.75 for rule in rules]
        middles = spread(wanted, [small * 1.25] * len(rules), self.top, self.bottom)
        for rule, middle in zip(rules, middles, strict=True):
            text = shorten(rule.label, small, self.right - self.left - 8)
            canvas.text(self.left + 5, middle, text, size=small, color=rule.color)
            self.taken.append(
                (self.left, middle - small * 0.6, self.left + 5 + measure(text, small), middle + small * 0.6)
            )

    def _series(self, canvas: Canvas, one: Series) -> None:
        x, y = _places(self.x, one.x), _places(self.y, one.y)
        width = self.measures.line * one.scale
        tags: dict[str, str] = {"data_curve": one.id} if one.id else {}
        if one.line and x.size > 1:
            dash = tuple(length * width for length in one.style.dash)
            xs, ys = corners(x, y, float(x[-1])) if one.step else (x.tolist(), y.tolist())
            canvas.line(xs, ys, color=one.style.color, width=width, dash=dash, class_="curve", **tags)
        if not one.points:
            return
        for place, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
            if np.isfinite(a) and np.isfinite(b):
                stat = one.stats[place] if place < len(one.stats) else ""
                named: dict[str, Any] = {"data_stat": stat} if stat else {}
                marker(canvas, one.style, a, b, **named)
                self.taken.append((a - 5, b - 5, a + 5, b + 5))

    def _texts(self, canvas: Canvas, one: Series) -> None:
        """Texts at the points: the last and the first first, the others where nothing stands yet."""
        size = self.measures.small
        ends = (0, len(one.texts) - 1)
        order = sorted(range(len(one.texts)), key=lambda i: (i not in ends, i))
        # Of very many the ends are said, and the rest is read off the axis.
        for place in order if len(order) <= _MOST_TEXTS else ends:
            text = one.texts[place]
            a, b = _places(self.x, one.x[place : place + 1])[0], _places(self.y, one.y[place : place + 1])[0]
            if not text or not (np.isfinite(a) and np.isfinite(b)):
                continue
            box = self._free(float(a), float(b), measure(text, size), size, below=one.below)
            if box is not None:
                canvas.text(box[0], (box[1] + box[3]) / 2, text, size=size, color=one.style.color)
                self.taken.append(box)

    def _free(self, x: float, y: float, wide: float, size: float, *, below: bool) -> Box | None:
        half, up, down = size * 0.6, y - 7 - size * 0.6, y + 7 + size * 0.6
        first, second = (down, up) if below else (up, down)
        tries = [(x - wide / 2, first), (x + 8, first), (x - wide - 8, first), (x + 9, y), (x - wide - 9, y),
                 (x - wide / 2, second), (x + 9, y - 9), (x + 9, y + 9), (x - wide - 9, y + 9)]  # fmt: skip
        for left, middle in tries:
            box = (left, middle - half, left + wide, middle + half)
            inside = (
                box[0] >= self.left + 2 and box[2] <= self.edge and self.top - 9 <= box[1] and box[3] <= self.bottom - 2
            )
            if inside and not any(_touch(box, other) for other in self.taken) and not self._crossed(box):
                return box
        return None

    def _crossed(self, box: Box) -> bool:
        """Whether a line passes through the box."""
        for rule in self.panel.rules:
            at = self.x(rule.at) if rule.vertical else self.y(rule.at)
            low, high = (box[0], box[2]) if rule.vertical else (box[1], box[3])
            if low < at < high:
                return True
        for one in self.panel.series:
            if not one.line or one.x.size < 2:
                continue
            x, y = _places(self.x, one.x), _places(self.y, one.y)
            if one.step:
                ends = [array.tolist() for array in (x[:-1], x[1:], y[:-1], y[1:])]
                if any(
                    a < box[2] and b > box[0] and box[1] < level < box[3] for a, b, level, _ in zip(*ends, strict=True)
                ):
                    return True
                if any(
                    box[0] < b < box[2] and min(u, v) < box[3] and max(u, v) > box[1]
                    for _, b, u, v in zip(*ends, strict=True)
                ):
                    return True
                continue
            across = np.linspace(box[0], box[2], 9)
            order = np.argsort(x)
            level = np.interp(across, x[order], y[order], left=np.nan, right=np.nan)
            if ((level > box[1]) & (level < box[3])).any():
                return True
        return False


def _places(scale: Scale, values: Floats) -> Floats:
    """Places of values; NaN for what is not finite or outside the scale."""
    values = np.asarray(values, dtype=np.float64)
    out = np.full(values.shape, np.nan)
    real = np.isfinite(values) & ((values > 0) if scale.log else True)
    if scale.log:
        log = Scale(float(np.log(scale.low)), float(np.log(scale.high)), scale.start, scale.stop)
        out[real] = log.many(np.log(values[real]))
    else:
        out[real] = scale.many(values[real])
    low, high = sorted((scale.start, scale.stop))
    out[(out < low - 1) | (out > high + 1)] = np.nan
    return out


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _tick(axis: Axis, value: float) -> str:
    for at, text in axis.ticks:
        if at == value:
            return text
    if axis.percent:
        return tick_label(round(value * 100, 9))
    return f"{value:.9f}".rstrip("0") if axis.log and 1e-9 <= value < 1e-4 else tick_label(value)
