"""Curves that rise from 0: mean cumulative counts, and cumulative incidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.kaplan_meier import (
    _attributes,
    _axis_titles,
    _end_late,
    _left,
    _risk_height,
    _risk_table,
)
from equipoise.reporting.figures.layout import Scale, nice_ticks
from equipoise.reporting.figures.rows import AtRiskRow
from equipoise.reporting.figures.step_curves import (
    Arm,
    Frame,
    arms_of,
    axes,
    direct_labels,
    draw_band,
    draw_curve,
    label_room,
    legend,
)
from equipoise.reporting.figures.style import Width, sheet
from equipoise.results import Curve

__all__ = ["rising_curves"]

_BAND = 1.4  # limits above this multiple of the highest curve leave the plot rather than flatten it


def rising_curves(
    curves: Sequence[Curve],
    labels: Mapping[str, str],
    *,
    name: str,
    title: str,
    x_label: str,
    y_label: str,
    time_factor: float,
    ticks: Sequence[float],
    description: str = "",
    percent: bool = False,
    at_risk: Sequence[AtRiskRow] = (),
    at_risk_label: str = "No. at risk",
    width: Width = "wide",
) -> str:
    """Step curves by arm on an axis from 0 to the highest of them, with their limits as pale bands.

    Args:
        curves: One for each arm; NaN where there is no value or limit.
        labels: Label by arm name, in declared order, which also gives the colours.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        y_label: Label of the vertical axis.
        time_factor: Display time of one unit of `x`.
        ticks: Ticks of the horizontal axis in the display unit; use those of the at-risk table.
        description: Longer description for screen readers: what the curves show, in words.
        percent: The values are fractions, and the axis is in percent.
        at_risk: Numbers at risk to draw under the plot, for figures that stand alone.
        at_risk_label: Heading of these numbers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element; `axis_fractions` tells where its axis lies.
    """
    measures, wide = sheet(width), width == "wide"
    arms = arms_of(curves, labels, time_factor)
    direct = wide and _end_late(arms, ticks)
    room = label_room(arms, measures, 150) if direct else 0.0
    left = _left(measures, at_risk, labels, at_risk_label, wide=wide)
    right = measures.width - (room + 16 if direct else 14)
    above = 0.0 if direct else legend(None, arms, measures, left=8, right=measures.width - 8, top=2) + 4
    top = above + (14.0 if wide else 26.0)
    levels = _levels(arms, percent=percent)
    last = max([float(arm.x[-1]) for arm in arms if arm.x.size] + list(ticks) + [0.0]) or 1.0
    bottom = top + (370 if wide else 270)
    frame = Frame(x=Scale(0.0, last, left, right), y=Scale(0.0, levels[-1], bottom, top), sheet=measures)
    canvas = Canvas(measures.width, frame.bottom + 54 + _risk_height(measures, at_risk, labels, wide=wide))
    if not direct:
        legend(canvas, arms, measures, left=8, right=measures.width - 8, top=2)
    _axis_titles(canvas, frame, x_label, y_label, wide=wide)
    axes(canvas, frame, x_ticks=ticks, y_ticks=levels, percent=percent)
    _draw(canvas, frame, arms)
    if direct:
        direct_labels(canvas, frame, arms, room)
    _risk_table(canvas, frame, at_risk, ticks, labels, heading=at_risk_label, wide=wide)
    return canvas.svg(name=name, title=title, description=description, attributes=_attributes(frame, arms, measures))


def _draw(canvas: Canvas, frame: Frame, arms: Sequence[Arm]) -> None:
    """All bands below all curves."""
    for arm in arms:
        draw_band(canvas, frame, arm)
    for arm in arms:
        draw_curve(canvas, frame, arm, censored=False)


def _levels(arms: Sequence[Arm], *, percent: bool) -> list[float]:
    """Ticks of the vertical axis: from 0 to the highest curve, and to its limits where they are near."""
    highest = max([float(arm.y.max()) for arm in arms if arm.y.size] + [0.0])
    limits = [float(np.nanmax(arm.upper)) for arm in arms if np.isfinite(arm.upper).any()]
    most = max(highest, min(max(limits, default=0.0), _BAND * highest))
    if percent:
        most = min(most, 1.0)
    return nice_ticks(0.0, most or 1.0)
