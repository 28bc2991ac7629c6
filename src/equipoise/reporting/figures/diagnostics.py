"""Pictures of proportional hazards: log-minus-log curves by arm, and scaled Schoenfeld residuals with their smooth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import Scale, log_ticks, nice_ticks, tick_label
from equipoise.reporting.figures.step_curves import Arm, arms_of, legend
from equipoise.reporting.figures.style import AXIS, GRID, INK, MUTED, Sheet, Width, arm_style, sheet
from equipoise.reporting.figures.text import measure, wrap
from equipoise.reporting.figures.thinning import corners
from equipoise.results import Curve

__all__ = ["log_minus_log", "schoenfeld"]

_MOST_POINTS = 2000


def log_minus_log(
    curves: Sequence[Curve],
    labels: Mapping[str, str],
    *,
    name: str,
    title: str,
    x_label: str,
    time_factor: float,
    description: str = "",
    width: Width = "wide",
) -> str:
    """log(-log S) by arm on a logarithmic time axis; parallel curves mean proportional hazards.

    Args:
        curves: One for each arm; `x` in the data's unit, positive times only are drawn, `y` finished values.
        labels: Label by arm name, in declared order, which also gives the colours.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        time_factor: Display time of one unit of `x`.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    arms = arms_of(curves, labels, time_factor)
    shown = [np.isfinite(arm.y) & (arm.x > 0.0) for arm in arms]
    x = np.concatenate([arm.x[real] for arm, real in zip(arms, shown, strict=True)] or [np.empty(0)])
    y = np.concatenate([arm.y[real] for arm, real in zip(arms, shown, strict=True)] or [np.empty(0)])
    if x.size == 0:
        x, y = np.array([1.0, 10.0]), np.array([-1.0, 1.0])
    above = legend(None, arms, measures, left=8, right=measures.width - 8, top=2) + 4
    y_ticks = nice_ticks(float(y.min()), float(y.max()))
    low, high = float(x.min()), float(x.max())
    scale_x = (low / 1.05, high * 1.05 if high > low else low * 1.2)
    plot = _Plot(measures, scale_x, (y_ticks[0], y_ticks[-1]), above, y_ticks, log=True, wide=width == "wide")
    canvas = Canvas(measures.width, plot.bottom + 54)
    legend(canvas, arms, measures, left=8, right=measures.width - 8, top=2)
    plot.axes(canvas, log_ticks(*scale_x), x_label, "log(\N{MINUS SIGN}log event-free probability)")
    for arm, real in zip(arms, shown, strict=True):
        _steps(canvas, plot, arm, real)
    return canvas.svg(
        name=name, title=title, description=description, attributes={"data-curve": " ".join(a.id for a in arms)}
    )


def schoenfeld(
    residuals: Curve,
    smooth: Curve | None,
    *,
    name: str,
    title: str,
    x_label: str,
    y_label: str,
    time_factor: float,
    estimate: float | None = None,
    description: str = "",
    width: Width = "wide",
) -> str:
    """Scaled Schoenfeld residuals over time with a smooth and its limits; a level line is the estimate.

    Args:
        residuals: Points; `x` in the data's unit, `y` on the scale of the coefficient.
        smooth: The smooth with limits, or None.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        y_label: Label of the vertical axis.
        time_factor: Display time of one unit of `x`.
        estimate: The coefficient under proportional hazards, for the dashed line.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    x, y = residuals.x * time_factor, residuals.y
    real = np.isfinite(x) & np.isfinite(y)
    x, y = x[real], y[real]
    bounds = [y] if y.size else [np.array([-1.0, 1.0])]
    if smooth is not None:
        bounds += [v[np.isfinite(v)] for v in (smooth.lower, smooth.upper, smooth.y)]
    values = np.concatenate(bounds)
    # The smooth is what is read: a handful of far residuals must not press it flat.
    inner = np.quantile(values, [0.005, 0.995])
    y_ticks = nice_ticks(float(inner[0]), float(inner[1]), 6)
    x_ticks = nice_ticks(0.0, float(x.max()) if x.size else 1.0, 6)
    plot = _Plot(measures, (0.0, x_ticks[-1]), (y_ticks[0], y_ticks[-1]), 4.0, y_ticks, wide=width == "wide")
    canvas = Canvas(measures.width, plot.bottom + 54)
    plot.axes(canvas, x_ticks, x_label, y_label)
    inside = (y >= y_ticks[0]) & (y <= y_ticks[-1])
    kept = np.flatnonzero(inside)
    kept = kept[:: max(1, -(-kept.size // _MOST_POINTS))]
    # Dots as strokes without length and with round ends: one path instead of hundreds of circles.
    dots = [(plot.x(at), plot.y(value)) for at, value in zip(x[kept].tolist(), y[kept].tolist(), strict=True)]
    canvas.segments([(a, b, a + 0.01, b) for a, b in dots], color=MUTED, width=3.0, cap="round", class_="residual")
    style = arm_style(0)
    if smooth is not None:
        _band(canvas, plot, smooth, time_factor)
        places = plot.y.many(np.clip(smooth.y, plot.y.low, plot.y.high))
        canvas.line(plot.x.many(smooth.x * time_factor), places, color=style.color, width=measures.line, class_="curve")
    if estimate is not None and plot.y.holds(estimate):
        canvas.line([plot.left, plot.right], [plot.y(estimate)] * 2, color=INK, width=1.0, dash=(5, 4), class_="level")
    ids = " ".join(curve.id for curve in (residuals, smooth) if curve is not None)
    return canvas.svg(name=name, title=title, description=description, attributes={"data-curve": ids})


class _Plot:
    """Plot area with its scales."""

    def __init__(
        self,
        measures: Sheet,
        x: tuple[float, float],
        y: tuple[float, float],
        above: float,
        y_ticks: Sequence[float],
        *,
        log: bool = False,
        wide: bool = True,
    ) -> None:
        self.measures, self.y_ticks, self.wide = measures, y_ticks, wide
        widest = max(measure(tick_label(tick), measures.font) for tick in y_ticks)
        self.left = 14 + widest + (24 if wide else 0)
        self.right = measures.width - 16
        self.top = above + (12.0 if wide else 26.0)
        self.bottom = self.top + (280 if wide else 230)
        self.x = Scale(x[0], x[1], self.left, self.right, log=log)
        self.y = Scale(y[0], y[1], self.bottom, self.top)

    def axes(self, canvas: Canvas, x_ticks: Sequence[float], x_label: str, y_label: str) -> None:
        font = self.measures.font
        lines = [(self.left, self.y(t), self.right, self.y(t)) for t in self.y_ticks]
        canvas.segments(lines, color=GRID, width=0.8)
        canvas.line([self.left, self.left, self.right], [self.top - 2, self.bottom, self.bottom], color=AXIS,
                    cap="projecting")  # fmt: skip
        ticks = [t for t in x_ticks if self.x.holds(t)]
        canvas.segments([(self.x(t), self.bottom, self.x(t), self.bottom + 5) for t in ticks], color=AXIS)
        for tick in ticks:
            canvas.text(self.x(tick), self.bottom + 8 + font * 0.6, tick_label(tick), size=font, anchor="middle")
        for tick in self.y_ticks:
            canvas.text(self.left - 9, self.y(tick), tick_label(tick), size=font, anchor="end")
        canvas.text((self.left + self.right) / 2, self.bottom + 40, x_label, size=font, anchor="middle")
        if self.wide:
            canvas.text(12, (self.top + self.bottom) / 2, y_label, size=font, anchor="middle", rotation=90)
        else:
            (line,) = wrap(y_label, font, self.right - 4, lines=1)
            canvas.text(4, self.top - 15, line, size=font)


def _steps(canvas: Canvas, plot: _Plot, arm: Arm, real: np.ndarray) -> None:
    if not real.any():
        return
    x = np.array([plot.x(float(value)) for value in arm.x[real]])
    xs, ys = corners(x, plot.y.many(arm.y[real]), float(x[-1]))
    width = plot.measures.line
    dash = tuple(length * width for length in arm.style.dash)
    canvas.line(
        xs, ys, color=arm.style.color, width=width, dash=dash, class_="curve", data_arm=arm.name, data_curve=arm.id
    )


def _band(canvas: Canvas, plot: _Plot, smooth: Curve, factor: float) -> None:
    real = np.isfinite(smooth.lower) & np.isfinite(smooth.upper)
    if real.sum() < 2:
        return
    x = plot.x.many(smooth.x[real] * factor)
    low, high = (plot.y.many(np.clip(v[real], plot.y.low, plot.y.high)) for v in (smooth.lower, smooth.upper))
    points = [*zip(x, low, strict=True), *zip(x[::-1], high[::-1], strict=True)]
    canvas.shape(points, fill=arm_style(0).color, alpha=0.15, class_="band")
