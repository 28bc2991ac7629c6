"""The fan of a prediction: events seen so far, and how many more are to be expected when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Band, Panel, Rule, Series
from equipoise.reporting.figures.style import ARMS, INK, MUTED, ArmStyle, Width
from equipoise.results import Curve

__all__ = ["prediction_fan"]

# From the widest to the narrowest; solid fills, so that overlapping bands do not add up.
_FILLS: Final = ("#dbe8f3", "#b3d0e7", "#7fb0d8")


def prediction_fan(
    observed: Sequence[Curve],
    fans: Sequence[tuple[str, Curve]],
    *,
    name: str,
    title: str,
    x_label: str,
    time_factor: float,
    y_label: str = "Events",
    rules: Sequence[Rule] = (),
    ticks: Sequence[tuple[float, str]] = (),
    description: str = "",
    width: Width = "wide",
) -> str:
    """Numbers observed over time, and predicted ones with their intervals.

    Args:
        observed: Cumulative numbers observed.
        fans: Predictions, each with the words of its interval ("90% interval"); the widest first.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axis, with its unit.
        time_factor: Display time of one unit of `x`.
        y_label: Label of the vertical axis.
        rules: Lines of reference: targets (level) and the data cut (upright).
        ticks: Ticks of the horizontal axis with their texts; round numbers where absent.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    bands = [
        Band(label=words, x=curve.x * time_factor, lower=curve.lower, upper=curve.upper, color=fill, id=curve.id)
        for (words, curve), fill in zip(fans, _FILLS[-len(fans) :] if fans else (), strict=False)
        if curve.lower.size
    ]
    series = [
        Series(label="Observed", x=c.x * time_factor, y=c.y, style=ArmStyle(INK, (), "circle"), step=c.kind == "step",
               id=c.id)
        for c in observed
    ]  # fmt: skip
    middle = next((curve for _, curve in fans if np.isfinite(curve.y).any()), None)
    if middle is not None:
        style = ArmStyle(ARMS[0].color, (5, 2), "circle")
        series.append(Series(label="Median", x=middle.x * time_factor, y=middle.y, style=style, id=middle.id))
    panel = Panel(
        x=Axis(label=x_label, low=0.0, ticks=tuple(ticks), count=7, tight=True),
        y=Axis(label=y_label, low=0.0),
        series=tuple(series),
        bands=tuple(bands),
        rules=tuple(rules) or (Rule(at=0.0, color=MUTED),),
    )
    return draw_panels([panel], name=name, title=title, description=description, width=width)
