"""Enrollment and events over calendar time, with the looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Panel, Rule, Series
from equipoise.reporting.figures.style import ARMS, ArmStyle, Width, arm_style
from equipoise.results import Curve

__all__ = ["accrual"]

_ENROLLED: Final = ArmStyle("#333333", (5, 2), "circle")


def accrual(
    enrolled: Sequence[Curve],
    events: Sequence[Curve],
    labels: Mapping[str, str],
    looks: Sequence[Rule],
    *,
    name: str,
    title: str,
    x_label: str,
    time_factor: float = 1.0,
    description: str = "",
    width: Width = "wide",
) -> str:
    """Expected numbers of patients and of events since the first randomization, and when the looks are.

    Args:
        enrolled: Patients enrolled over time.
        events: Events over time, of all arms (no arm) and by arm.
        labels: Label by arm name, in declared order, which also gives the colours.
        looks: Upright lines at the looks.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        time_factor: Display time of one unit of `x`.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    series = [
        Series(label="Enrolled", x=c.x * time_factor, y=c.y, style=_ENROLLED, id=c.id)
        for c in enrolled
        if c.key.versus or not c.key.arm
    ]
    places = list(labels)
    for curve in events:
        # All of a comparison is the sum, not its arm.
        arm = "" if curve.key.versus else curve.key.arm
        # Arms keep their colours; the sum of all is the thick line, in the colour of what decides about looks.
        style = arm_style(places.index(arm) + 1) if arm in labels else ArmStyle(ARMS[0].color, (), "circle")
        words = f"Events, {labels[arm]}" if arm in labels else "Events"
        series.append(
            Series(label=words, x=curve.x * time_factor, y=curve.y, style=style, id=curve.id, scale=0.6 if arm else 1.2)
        )
    panel = Panel(
        x=Axis(label=x_label, low=0.0, count=7, tight=True),
        y=Axis(label="Number", low=0.0),
        series=tuple(sorted(series, key=lambda one: (one.scale == 0.6, one.label == "Events"))),
        rules=tuple(looks),
    )
    return draw_panels([panel], name=name, title=title, description=description, width=width)
