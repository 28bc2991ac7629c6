"""Conditional power: over the z that an interim look may show, and as computed at a look that was held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.dots import marker
from equipoise.reporting.figures.layout import Scale
from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Panel, Rule, Series
from equipoise.reporting.figures.style import AXIS, GRID, Width, arm_style, sheet
from equipoise.reporting.figures.text import measure, wrap
from equipoise.results import Curve

__all__ = ["Chance", "chances", "conditional_power"]


def conditional_power(
    curves: Sequence[Curve],
    labels: Sequence[str],
    *,
    name: str,
    title: str,
    rules: Sequence[Rule] = (),
    description: str = "",
    width: Width = "wide",
) -> str:
    """Conditional power at a look over the z seen there, one curve for each look.

    Args:
        curves: Conditional power over z.
        labels: What each is called.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        rules: Lines of reference: bounds at the look.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    several = len(curves) > 1
    series = tuple(
        Series(label=label if several else "", x=c.x, y=c.y, style=arm_style(place), id=c.id)
        for place, (c, label) in enumerate(zip(curves, labels, strict=True))
    )
    low, high = (
        (min(float(np.nanmin(c.x)) for c in curves), max(float(np.nanmax(c.x)) for c in curves))
        if curves
        else (-1.0, 4.0)
    )
    panel = Panel(
        x=Axis(label="z at the look (positive favours the experimental arm)", low=low, high=high, tight=True, count=7),
        y=Axis(label="Conditional power, %", low=0.0, high=1.0, percent=True, count=6),
        series=series,
        rules=tuple(rules),
    )
    return draw_panels([panel], name=name, title=title, description=description, width=width)


class Chance:
    """A probability with its words.

    Attributes:
        label: What it is the probability under.
        value: The probability.
        text: Finished text.
        stat: Identifier of the statistic.
    """

    __slots__ = ("label", "stat", "text", "value")

    def __init__(self, label: str, value: float, text: str, stat: str = "") -> None:
        self.label, self.value, self.text, self.stat = label, value, text, stat


def chances(
    rows: Sequence[Chance], *, name: str, title: str, x_label: str, description: str = "", width: Width = "wide"
) -> str:
    """Probabilities as dots on one axis from 0 to 100%, each under its words.

    Args:
        rows: The probabilities, from top to bottom.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the axis.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures, wide = sheet(width), width == "wide"
    font = measures.font
    room = max((measure(row.label, font) for row in rows), default=0.0) if wide else 0.0
    left = min(room, 320.0) + 22.0 if wide else 10.0
    scale = Scale(0.0, 1.0, left, measures.width - 70.0)
    step = font * (2.2 if wide else 3.4)
    bottom = 8.0 + step * len(rows)
    canvas = Canvas(measures.width, bottom + font * 3.8)
    ticks = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    canvas.segments([(scale(t), 4, scale(t), bottom) for t in ticks], color=GRID, width=0.8)
    canvas.line([scale.start, scale.stop], [bottom, bottom], color=AXIS)
    for tick in ticks:
        canvas.text(scale(tick), bottom + font, f"{round(100 * tick)}", size=font, anchor="middle")
    canvas.text((scale.start + scale.stop) / 2, bottom + font * 2.7, x_label, size=font, anchor="middle")
    for place, row in enumerate(rows):
        top = 8.0 + step * place
        y = top + step / 2 if wide else top + font * 2.3
        for number, line in enumerate(wrap(row.label, font, 320.0 if wide else measures.width - 10, lines=1)):
            canvas.text(2.0, (y if wide else top + font * 0.8) + number * font, line, size=font)
        tags: dict[str, Any] = {"data_stat": row.stat} if row.stat else {}
        canvas.line([scale(0.0), scale(row.value)], [y, y], color=arm_style(0).color, width=2.0)
        marker(canvas, arm_style(0), scale(row.value), y, **tags)
        canvas.text(scale(row.value) + 10, y, row.text, size=font, weight="bold")
    stats = " ".join(row.stat for row in rows if row.stat)
    return canvas.svg(name=name, title=title, description=description, attributes={"data-stats": stats})
