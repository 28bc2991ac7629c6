"""Kaplan-Meier figures: the large one of a results section and the small one of a first screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import Scale
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
    note,
)
from equipoise.reporting.figures.style import INK, MUTED, Sheet, Width, arm_style, sheet
from equipoise.reporting.figures.text import measure, wrap
from equipoise.results import Curve

__all__ = ["kaplan_meier", "mini_kaplan_meier"]

_FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_HALVES = (0.0, 0.5, 1.0)


def kaplan_meier(
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
    medians: Mapping[str, float] | None = None,
    annotation: Sequence[str] = (),
    show_limits: bool = False,
    percent: bool = True,
    at_risk: Sequence[AtRiskRow] = (),
    at_risk_label: str = "No. at risk",
    width: Width = "wide",
) -> str:
    """Kaplan-Meier curves by arm, or any other step curves of fractions.

    Curves end at the last follow-up. Arms are told apart by colour, dash and a label at the line's end; where lines end
    early, or on a phone, by a legend above the plot. Curves with very many steps are thinned to what can be seen.

    Args:
        curves: One for each arm; `x` in the data's unit, `y` fractions, NaN where there is no value.
        labels: Label by arm name, in declared order, which also gives the colours.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        y_label: Label of the vertical axis.
        time_factor: Display time of one unit of `x` (1/365.25 for days shown in years).
        ticks: Ticks of the horizontal axis in the display unit; use those of the at-risk table.
        description: Longer description for screen readers: what the curves show, in words.
        medians: Median by arm in the data's unit, for the lines at 50%; arms without one are left out.
        annotation: Finished lines of text for a free corner of the plot.
        show_limits: Draw confidence limits as pale bands.
        percent: Label the vertical axis in percent.
        at_risk: Numbers at risk to draw under the plot, for figures that stand alone.
        at_risk_label: Heading of these numbers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element; `axis_fractions` tells where its axis lies.
    """
    measures = sheet(width)
    arms = arms_of(curves, labels, time_factor)
    wide = width == "wide"
    direct = wide and _end_late(arms, ticks)
    room = label_room(arms, measures, 150) if direct else 0.0
    left = _left(measures, at_risk, labels, at_risk_label, wide=wide)
    right = measures.width - (room + 16 if direct else 14)
    above = 0.0 if direct else legend(None, arms, measures, left=8, right=measures.width - 8, top=2) + 4
    heading = 14.0 if wide else 26.0
    top = above + heading
    frame = _frame(measures, arms, ticks, (left, right), (top, top + (370 if wide else 270)))
    canvas = Canvas(measures.width, frame.bottom + 54 + _risk_height(measures, at_risk, labels, wide=wide))
    if not direct:
        legend(canvas, arms, measures, left=8, right=measures.width - 8, top=2)
    _axis_titles(canvas, frame, x_label, y_label, wide=wide)
    axes(canvas, frame, x_ticks=ticks, y_ticks=_FIFTHS, percent=percent)
    dropped = _medians(canvas, frame, arms, medians or {}, time_factor)
    _draw(canvas, frame, arms, limits=show_limits)
    if direct:
        direct_labels(canvas, frame, arms, room)
    note(canvas, frame, arms, annotation, dropped)
    _risk_table(canvas, frame, at_risk, ticks, labels, heading=at_risk_label, wide=wide)
    return canvas.svg(name=name, title=title, description=description, attributes=_attributes(frame, arms, measures))


def mini_kaplan_meier(
    curves: Sequence[Curve],
    labels: Mapping[str, str],
    *,
    name: str,
    title: str,
    x_label: str,
    time_factor: float,
    ticks: Sequence[float],
    description: str = "",
    width: Width = "narrow",
) -> str:
    """A small Kaplan-Meier figure for a first screen: curves, three levels, labels; no censoring ticks.

    Args:
        curves: As for `kaplan_meier`.
        labels: As for `kaplan_meier`.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        time_factor: Display time of one unit of `x`.
        ticks: Ticks of the horizontal axis in the display unit.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    measures = sheet(width)
    arms = arms_of(curves, labels, time_factor)
    above = legend(None, arms, measures, left=4, right=measures.width - 4, top=2)
    top = above + 16
    left = 9 + 5 + measure("100%", measures.font)
    frame = _frame(measures, arms, ticks, (left, measures.width - 14), (top, top + 0.42 * measures.width))
    canvas = Canvas(measures.width, frame.bottom + 50)
    legend(canvas, arms, measures, left=4, right=measures.width - 4, top=2)
    middle = (frame.left + frame.right) / 2
    canvas.text(middle, frame.bottom + 38, x_label, size=measures.font, anchor="middle")
    axes(canvas, frame, x_ticks=ticks, y_ticks=_HALVES, percent=True, sign="%")
    for arm in arms:
        draw_curve(canvas, frame, arm, censored=False)
    return canvas.svg(name=name, title=title, description=description, attributes=_attributes(frame, arms, measures))


def _end_late(arms: Sequence[Arm], ticks: Sequence[float]) -> bool:
    """Whether all curves come close to the right edge, so that a label there is plainly theirs."""
    last = max([*ticks] + [float(arm.x[-1]) for arm in arms if arm.x.size] + [0.0])
    return bool(arms) and all(arm.x.size > 0 and arm.x[-1] >= 0.7 * last for arm in arms)


def _frame(
    measures: Sheet, arms: Sequence[Arm], ticks: Sequence[float], sides: tuple[float, float], ends: tuple[float, float]
) -> Frame:
    last = max([float(arm.x[-1]) for arm in arms if arm.x.size] + list(ticks) + [0.0]) or 1.0
    return Frame(x=Scale(0.0, last, *sides), y=Scale(0.0, 1.0, ends[1], ends[0]), sheet=measures)


def _left(
    measures: Sheet, at_risk: Sequence[AtRiskRow], labels: Mapping[str, str], heading: str, *, wide: bool
) -> float:
    """Room left of the plot: tick labels and the axis title, or the names of the at-risk rows."""
    plain = 9 + 5 + measure("100", measures.font) + (24 if wide else 0)
    if not at_risk or not wide:
        return plain
    names = [line for row in at_risk for line in wrap(labels.get(row.arm, row.arm), measures.small, 130, lines=2)]
    widest = max([measure(text, measures.small) for text in names] + [measure(heading, measures.small, weight="bold")])
    first = max(measure(row.cells[0], measures.small) for row in at_risk if row.cells) / 2
    return max(plain, widest + first + 14)


def _axis_titles(canvas: Canvas, frame: Frame, x_label: str, y_label: str, *, wide: bool) -> None:
    font = frame.sheet.font
    canvas.text((frame.left + frame.right) / 2, frame.bottom + 40, x_label, size=font, anchor="middle")
    if wide:
        x = frame.left - 9 - measure("100", font) - 16
        lines = wrap(y_label, font, frame.bottom - frame.top, lines=2)
        for row, line in enumerate(reversed(lines)):
            middle = (frame.top + frame.bottom) / 2
            canvas.text(x - row * font * 1.2, middle, line, size=font, anchor="middle", rotation=90)
    else:
        (line,) = wrap(y_label, font, frame.right - 4, lines=1)
        canvas.text(4, frame.top - 15, line, size=font)


def _medians(
    canvas: Canvas, frame: Frame, arms: Sequence[Arm], medians: Mapping[str, float], factor: float
) -> list[float]:
    """Lines at 50% and down to the medians; returns their abscissas."""
    known = [(arm, medians[arm.name] * factor) for arm in arms if np.isfinite(medians.get(arm.name, np.nan))]
    if not known:
        return []
    half = frame.y(0.5)
    style: dict[str, Any] = {"color": MUTED, "width": 0.9, "dash": (3, 3)}
    canvas.line([frame.left, frame.x(max(m for _, m in known))], [half, half], class_="median", **style)
    for arm, median in known:
        x = frame.x(median)
        style["color"] = arm.style.color
        canvas.line([x, x], [half, frame.bottom], class_="median", data_arm=arm.name, **style)
    return [frame.x(median) for _, median in known]


def _draw(canvas: Canvas, frame: Frame, arms: Sequence[Arm], *, limits: bool) -> None:
    if limits:
        for arm in arms:
            draw_band(canvas, frame, arm)
    for arm in arms:
        draw_curve(canvas, frame, arm)


def _risk_names(
    measures: Sheet, at_risk: Sequence[AtRiskRow], labels: Mapping[str, str], *, wide: bool
) -> list[list[str]]:
    room = 130.0 if wide else measures.width - 8
    return [wrap(labels.get(row.arm, row.arm), measures.small, room, lines=2 if wide else 1) for row in at_risk]


def _risk_steps(names: Sequence[Sequence[str]], measures: Sheet, *, wide: bool) -> list[float]:
    """Height of each at-risk row; on a phone each arm's name stands on a line of its own."""
    return [measures.small * ((2.7 if len(lines) > 1 else 1.8) if wide else 2.9) for lines in names]


def _risk_height(measures: Sheet, at_risk: Sequence[AtRiskRow], labels: Mapping[str, str], *, wide: bool) -> float:
    if not at_risk:
        return 0.0
    return measures.small * 1.6 + sum(
        _risk_steps(_risk_names(measures, at_risk, labels, wide=wide), measures, wide=wide)
    )


def _risk_table(
    canvas: Canvas, frame: Frame, at_risk: Sequence[AtRiskRow], ticks: Sequence[float], labels: Mapping[str, str],
    *, heading: str, wide: bool,
) -> None:  # fmt: skip
    """Numbers at risk under the ticks."""
    if not at_risk:
        return
    size = frame.sheet.small
    top = frame.bottom + 54 + size * 1.6
    canvas.text(4, top - size * 0.8, heading, size=size, weight="bold")
    places = {arm: place for place, arm in enumerate(labels)}
    names = _risk_names(frame.sheet, at_risk, labels, wide=wide)
    for row, lines, step in zip(at_risk, names, _risk_steps(names, frame.sheet, wide=wide), strict=True):
        color = arm_style(places.get(row.arm, len(places))).color
        middle = top + (step / 2 if wide else size * 0.75)
        for number, line in enumerate(lines):
            shift = (number - (len(lines) - 1) / 2) * size * 1.15
            canvas.text(4, middle + shift, line, size=size, color=color)
        for tick, cell in zip(ticks, row.cells, strict=False):
            y = middle if wide else top + size * 2.1
            canvas.text(frame.x(tick), y, cell, size=size, anchor="middle", color=INK)
        top += step


def _attributes(frame: Frame, arms: Sequence[Arm], measures: Sheet) -> dict[str, str]:
    return {
        "data-curve": " ".join(arm.id for arm in arms),
        "data-axis": f"{frame.left / measures.width:.5f} {frame.right / measures.width:.5f}",
    }
