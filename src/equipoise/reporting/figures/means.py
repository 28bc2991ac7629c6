"""Means by arm with their limits, at one visit or along several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.dots import arm_key, marker
from equipoise.reporting.figures.layout import Scale, nice_ticks, tick_label
from equipoise.reporting.figures.style import AXIS, GRID, MUTED, Sheet, Width, arm_style, sheet
from equipoise.reporting.figures.text import measure, shorten

__all__ = ["MeanPoint", "means"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanPoint:
    """One mean.

    Attributes:
        arm: Name of the arm, as in `labels`.
        place: The visit it stands at, one of `places`.
        value: The mean; None where there is none.
        lower: Lower limit.
        upper: Upper limit.
        stat: Identifier of the statistic.
    """

    arm: str
    place: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    stat: str = ""


def means(
    points: Sequence[MeanPoint],
    labels: Mapping[str, str],
    places: Sequence[str],
    *,
    name: str,
    title: str,
    y_label: str,
    better: str = "",
    description: str = "",
    width: Width = "wide",
) -> str:
    """Means by arm with limits, at the visits in their order; arms stand beside each other and are joined by lines.

    Args:
        points: The means, finished numbers.
        labels: Label by arm name in declared order, which also gives colours and markers.
        places: Visits from left to right.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        y_label: What is shown, with its unit.
        better: Words about the direction, "lower is better"; "" for none.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    styles = {arm: arm_style(place) for place, arm in enumerate(labels)}
    seen = [arm for arm in labels if any(point.arm == arm for point in points)]
    head = arm_key(None, seen, labels, styles, measures)
    top = head + measures.font * 1.9
    bottom = top + (260.0 if width == "wide" else 220.0)
    canvas = Canvas(measures.width, bottom + measures.font * 2.2)
    arm_key(canvas, seen, labels, styles, measures)
    words = f"{y_label}; {better}" if better else y_label
    canvas.text(0, head + measures.font * 0.7, shorten(words, measures.small, measures.width), size=measures.small,
                color=MUTED, title=words)  # fmt: skip
    scale, left = _axis(canvas, points, (top, bottom), measures)
    steps = _steps(canvas, places, (left, measures.width - 6.0), bottom, measures)
    gap = min(14.0 if len(places) > 1 else 60.0, 0.6 * steps[1] / max(len(seen), 1))
    for number, arm in enumerate(seen):
        shift = gap * (number - (len(seen) - 1) / 2)
        own = {point.place: point for point in points if point.arm == arm and point.value is not None}
        x = [steps[0] + steps[1] * i + shift for i in range(len(places))]
        # A visit without a mean lifts the pen.
        y = [scale(own[place].value or 0.0) if place in own else float("nan") for place in places]
        style = styles[arm]
        if len(own) > 1:
            canvas.line(x, y, color=style.color, width=measures.line, dash=style.dash, data_arm=arm)
        for at, place in zip(x, places, strict=True):
            if place in own:
                _mark(canvas, scale, at, own[place], style)
    stats = " ".join(point.stat for point in points if point.stat)
    return canvas.svg(name=name, title=title, description=description, attributes={"data-stats": stats})


def _axis(
    canvas: Canvas, points: Sequence[MeanPoint], room: tuple[float, float], measures: Sheet
) -> tuple[Scale, float]:
    """The vertical axis with its grid; returns its scale and where the plot begins."""
    shown = [v for point in points for v in (point.value, point.lower, point.upper) if v is not None]
    ticks = nice_ticks(min([*shown, 0.0]), max([*shown, 0.0]), 6)
    top, bottom = room
    scale = Scale(ticks[0], ticks[-1], bottom, top)
    left = max(measure(tick_label(tick), measures.font) for tick in ticks) + 10
    end = measures.width - 6.0
    canvas.segments([(left, scale(tick), end, scale(tick)) for tick in ticks], color=GRID, width=0.8)
    if scale.holds(0.0):
        canvas.line([left, end], [scale(0.0), scale(0.0)], color=AXIS, width=1, class_="null")
    for tick in ticks:
        canvas.text(left - 6, scale(tick), tick_label(tick), size=measures.font, anchor="end")
    canvas.line([left, end], [bottom, bottom], color=AXIS, width=1)
    return scale, left


def _steps(
    canvas: Canvas, places: Sequence[str], room: tuple[float, float], bottom: float, measures: Sheet
) -> tuple[float, float]:
    """Names of the visits under the axis; returns the first place and the step."""
    step = (room[1] - room[0]) / len(places)
    first = room[0] + step / 2
    for number, place in enumerate(places):
        text = shorten(place, measures.font, step - 6)
        cut: dict[str, Any] = {"title": place} if text != place else {}
        canvas.text(first + step * number, bottom + measures.font, text, size=measures.font, anchor="middle", **cut)
    return first, step


def _mark(canvas: Canvas, scale: Scale, x: float, point: MeanPoint, style: Any) -> None:
    if point.lower is not None and point.upper is not None:
        tags: dict[str, Any] = {"data_stat": point.stat} if point.stat else {}
        low, high = scale(point.lower), scale(point.upper)
        canvas.line([x, x], [low, high], color=style.color, width=1.5, class_="limits", **tags)
        canvas.segments([(x - 4, low, x + 4, low), (x - 4, high, x + 4, high)], color=style.color, width=1.5)
    marker(canvas, style, x, scale(point.value or 0.0), data_arm=point.arm)
