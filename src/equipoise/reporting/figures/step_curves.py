"""Step curves on a percent axis: the drawing that large and small Kaplan-Meier figures share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import Scale, spread, tick_label
from equipoise.reporting.figures.style import AXIS, GRID, INK, MUTED, ArmStyle, Sheet, arm_style
from equipoise.reporting.figures.text import measure, wrap
from equipoise.reporting.figures.thinning import corners, spaced, thin_steps
from equipoise.results import Curve

__all__ = ["Arm", "Frame", "arms_of", "axes", "direct_labels", "draw_band", "draw_curve", "label_room", "legend"]

_CENSOR_GAP = 1.6  # two ticks closer than this would be one blot
_CENSOR_MANY = 150  # with more ticks than this they would hide the curve: thinned to
_CENSOR_WIDE = 6.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot area and its scales.

    Attributes:
        x: Scale of time, display unit.
        y: Scale of fractions.
        sheet: Measures.
    """

    x: Scale
    y: Scale
    sheet: Sheet

    @property
    def left(self) -> float:
        """Left edge of the plot."""
        return self.x.start

    @property
    def right(self) -> float:
        """Right edge of the plot."""
        return self.x.stop

    @property
    def top(self) -> float:
        """Upper edge of the plot."""
        return self.y.stop

    @property
    def bottom(self) -> float:
        """Lower edge of the plot."""
        return self.y.start


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One curve, ready to draw.

    Attributes:
        name: Name of the arm.
        label: What print calls it.
        style: Colour and dash.
        x: Times in the display unit, increasing, `(n,)`; empty where the arm has no curve.
        y: Fractions, `(n,)`.
        lower: Lower limits, `(n,)` or empty.
        upper: Upper limits, `(n,)` or empty.
        censored: Times with censored subjects.
        id: Identifier of the curve.
    """

    name: str
    label: str
    style: ArmStyle
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    censored: NDArray[np.float64]
    id: str

    def at(self, time: float) -> float:
        """Fraction at `time`; NaN outside the curve.

        Args:
            time: Time in the display unit.
        """
        if self.x.size == 0 or time < self.x[0] or time > self.x[-1]:
            return float("nan")
        return float(self.y[np.searchsorted(self.x, time, side="right") - 1])


def arms_of(curves: Sequence[Curve], labels: Mapping[str, str], time_factor: float) -> list[Arm]:
    """Curves with label and style, in the order of `labels`, which also decides the colours.

    Args:
        curves: Curves by arm; points whose abscissa or value is NaN are not drawn.
        labels: Label by arm; arms without a label follow under their own name.
        time_factor: Display time of one unit of `Curve.x`.
    """
    order = {arm: place for place, arm in enumerate(labels)}
    for curve in curves:
        order.setdefault(curve.key.arm, len(order))
    out = []
    for curve in sorted(curves, key=lambda c: order[c.key.arm]):
        real = np.isfinite(curve.x) & np.isfinite(curve.y)
        x = curve.x[real] * time_factor
        limits = [v[real] if v.size == curve.x.size else np.empty(0) for v in (curve.lower, curve.upper)]
        censored = x[curve.n_censor[real] > 0] if curve.n_censor.size == curve.x.size else np.empty(0)
        label = labels.get(curve.key.arm, curve.key.arm)
        if x.size == 0:
            label = f"{label} (no data)"
        style = arm_style(order[curve.key.arm])
        out.append(Arm(curve.key.arm, label, style, x, curve.y[real], limits[0], limits[1], censored, curve.id))
    return out


def draw_band(canvas: Canvas, frame: Frame, arm: Arm) -> None:
    """Confidence limits as a light band, where both exist.

    Args:
        canvas: Where to draw.
        frame: Plot area.
        arm: The curve.
    """
    if arm.lower.size == 0 or arm.upper.size == 0:
        return
    real = np.isfinite(arm.lower) & np.isfinite(arm.upper)
    x = frame.x.many(arm.x)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], real, [False])).astype(int)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):  # stretches without NaN
        end = float(x[min(stop, x.size - 1)])
        sides = []
        for limit in (arm.lower, arm.upper):
            y = frame.y.many(np.clip(limit[start:stop], frame.y.low, frame.y.high))
            kept = thin_steps(y)
            sides.append(corners(x[start:stop][kept], y[kept], end))
        (low_x, low_y), (high_x, high_y) = sides
        points = [*zip(low_x, low_y, strict=True), *zip(high_x[::-1], high_y[::-1], strict=True)]
        canvas.shape(points, fill=arm.style.color, alpha=0.12, class_="band")


def draw_curve(canvas: Canvas, frame: Frame, arm: Arm, *, censored: bool = True) -> None:
    """One curve with its censoring ticks; it ends at the last follow-up.

    Args:
        canvas: Where to draw.
        frame: Plot area.
        arm: The curve.
        censored: Draw the ticks.
    """
    if arm.x.size == 0:
        return
    x, y = frame.x.many(arm.x), frame.y.many(arm.y)
    kept = thin_steps(y)
    xs, ys = corners(x[kept], y[kept], float(x[-1]))
    width = frame.sheet.line
    dash = tuple(length * width for length in arm.style.dash)
    tags = {"class_": "curve", "data_arm": arm.name, "data_curve": arm.id}
    canvas.line(xs, ys, color=arm.style.color, width=width, dash=dash, **tags)
    if not censored:
        return
    marks = frame.x.many(np.unique(arm.censored))
    marks = marks[spaced(marks, _CENSOR_GAP)]
    if marks.size > _CENSOR_MANY:
        marks = marks[spaced(marks, _CENSOR_WIDE)]
    levels = y[np.searchsorted(x, marks + 1e-9, side="right") - 1]
    half = 3.2 if width >= 2 else 2.6
    canvas.segments(
        [(m, v - half, m, v + half) for m, v in zip(marks.tolist(), levels.tolist(), strict=True)],
        color=arm.style.color, width=0.8, class_="censored", data_arm=arm.name,
    )  # fmt: skip


def axes(
    canvas: Canvas, frame: Frame, *, x_ticks: Sequence[float], y_ticks: Sequence[float], percent: bool, sign: str = ""
) -> None:
    """Axis lines, ticks, tick labels, and pale lines across.

    Args:
        canvas: Where to draw.
        frame: Plot area.
        x_ticks: Times in the display unit.
        y_ticks: Fractions.
        percent: Label them in percent.
        sign: Follows each of their labels.
    """
    font = frame.sheet.font
    inside = [t for t in y_ticks if t > 0]
    canvas.segments([(frame.left, frame.y(t), frame.right, frame.y(t)) for t in inside], color=GRID, width=0.8)
    canvas.line(
        [frame.left, frame.left, frame.right], [frame.top - 2, frame.bottom, frame.bottom],
        color=AXIS, width=1, cap="projecting",
    )  # fmt: skip
    canvas.segments([(frame.x(t), frame.bottom, frame.x(t), frame.bottom + 5) for t in x_ticks], color=AXIS)
    canvas.segments([(frame.left - 5, frame.y(t), frame.left, frame.y(t)) for t in y_ticks], color=AXIS)
    for tick in x_ticks:
        canvas.text(frame.x(tick), frame.bottom + 8 + font * 0.6, tick_label(tick), size=font, anchor="middle")
    for tick in y_ticks:
        text = tick_label(tick * 100 if percent else tick) + sign
        canvas.text(frame.left - 9, frame.y(tick), text, size=font, anchor="end")


def label_room(arms: Sequence[Arm], sheet: Sheet, most: float) -> float:
    """Width that the labels at the lines' ends need.

    Args:
        arms: Curves.
        sheet: Measures.
        most: Where labels wrap.
    """
    lines = [line for arm in arms for line in wrap(arm.label, sheet.font, most, weight="bold")]
    return max((measure(line, sheet.font, weight="bold") for line in lines), default=0.0)


def direct_labels(canvas: Canvas, frame: Frame, arms: Sequence[Arm], room: float) -> None:
    """Labels at the right of the lines' ends, moved apart where lines end close to each other.

    Args:
        canvas: Where to draw.
        frame: Plot area.
        arms: Curves.
        room: Width for the labels.
    """
    font = frame.sheet.font
    leading = font * 1.2
    texts = [wrap(arm.label, font, room + 0.5, weight="bold") for arm in arms]
    ends = [frame.y(float(arm.y[-1])) if arm.y.size else frame.bottom for arm in arms]
    middles = spread(ends, [len(t) * leading + 5 for t in texts], frame.top - 12, frame.bottom + 8)
    for arm, lines, end, middle in zip(arms, texts, ends, middles, strict=True):
        start = frame.x(float(arm.x[-1])) if arm.x.size else frame.right
        if arm.x.size and (frame.right - start > 6 or abs(middle - end) > leading / 2):
            canvas.line(
                [start + 3, max(start + 4, frame.right + 1), frame.right + 9], [end, end, middle],
                color=MUTED, width=0.7, dash=(1.5, 2), class_="leader",
            )  # fmt: skip
        first = middle - (len(lines) - 1) * leading / 2
        cut: dict[str, Any] = {"title": arm.label} if "\N{HORIZONTAL ELLIPSIS}" in lines[-1] else {}
        for row, line in enumerate(lines):
            canvas.text(
                frame.right + 12, first + row * leading, line, size=font, weight="bold", color=arm.style.color,
                data_arm=arm.name, **({} if row else cut),
            )  # fmt: skip


def legend(canvas: Canvas | None, arms: Sequence[Arm], sheet: Sheet, *, left: float, right: float, top: float) -> float:
    """Line samples with labels above the plot, flowing from left to right.

    Args:
        canvas: Where to draw; None only to learn the height.
        arms: Curves.
        sheet: Measures.
        left: Left edge.
        right: Right edge.
        top: Upper edge.

    Returns:
        Height that it takes.
    """
    sample, leading = 30.0, sheet.font * 1.5
    x, y = left, top + leading / 2
    for arm in arms:
        (text,) = wrap(arm.label, sheet.font, right - left - sample - 8, lines=1, weight="bold")
        needed = sample + 8 + measure(text, sheet.font, weight="bold") + 18
        if x > left and x + needed - 18 > right:
            x, y = left, y + leading
        if canvas is not None:
            dash = tuple(length * sheet.line for length in arm.style.dash)
            canvas.line([x, x + sample], [y, y], color=arm.style.color, width=sheet.line, dash=dash, class_="key")
            cut: dict[str, Any] = {"title": arm.label} if text != arm.label else {}
            canvas.text(x + sample + 6, y, text, size=sheet.font, weight="bold", color=arm.style.color, **cut)
        x += needed
    return y + leading / 2 - top if arms else 0.0


def note_place(
    frame: Frame, arms: Sequence[Arm], box: tuple[float, float], lines: Sequence[float]
) -> tuple[float, float]:
    """Upper left corner for a box of text where it covers no curve, if there is such a place.

    Args:
        frame: Plot area.
        arms: Curves to keep clear of.
        box: Width and height.
        lines: Abscissas of vertical lines in the lower half (medians).

    Returns:
        Left and top.
    """
    width, height = box
    xs = (frame.left + 14, frame.right - width - 6)
    ys = (frame.bottom - height - 8, frame.top + 2)
    best, least = (xs[0], ys[0]), np.inf
    for x, y in ((xs[0], ys[0]), (xs[1], ys[1]), (xs[1], ys[0]), (xs[0], ys[1])):
        columns = np.linspace(x - 6, x + width + 6, 25)
        times = frame.x.low + (columns - frame.x.start) / (frame.x.stop - frame.x.start) * (frame.x.high - frame.x.low)
        hits = 0
        for arm in arms:
            levels = np.array([frame.y(v) for v in (arm.at(float(t)) for t in times)])
            hits += int(np.sum((levels > y - 8) & (levels < y + height + 8)))
            hits += int(np.any(levels[:-1] < y) and np.any(levels[1:] > y + height))
        if y + height > frame.y(0.5):
            hits += sum(x - 4 < line < x + width + 4 for line in lines)
        if hits < least:
            best, least = (x, y), hits
    return best


def note(canvas: Canvas, frame: Frame, arms: Sequence[Arm], texts: Sequence[str], lines: Sequence[float]) -> None:
    """Lines of text inside the plot, in a free corner.

    Args:
        canvas: Where to draw.
        frame: Plot area.
        arms: Curves to keep clear of.
        texts: The lines.
        lines: Abscissas of the medians' lines.
    """
    size = frame.sheet.font
    room = (frame.right - frame.left) * 0.9
    rows = [row for text in texts if text for row in wrap(text, size, room, lines=2)]
    if not rows:
        return
    width, leading = max(measure(row, size) for row in rows), size * 1.35
    left, top = note_place(frame, arms, (width, leading * len(rows)), lines)
    canvas.rect(left - 4, top - 2, width + 8, leading * len(rows) + 4, fill="#ffffff", alpha=0.85)
    for number, row in enumerate(rows):
        canvas.text(left, top + leading * (number + 0.5), row, size=size, color=INK, class_="note")
