"""Power over the effect that is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Panel, Rule, Series
from equipoise.reporting.figures.style import Width, arm_style
from equipoise.results import Curve

__all__ = ["power_curve"]


def power_curve(
    curves: Sequence[Curve],
    labels: Mapping[str, str],
    *,
    name: str,
    title: str,
    x_label: str,
    log: bool = True,
    rules: Sequence[Rule] = (),
    description: str = "",
    width: Width = "wide",
) -> str:
    """Probability to reject over the true effect, one curve for each design that is compared.

    Args:
        curves: Power over the effect.
        labels: What each curve is called, by its identifier.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axis.
        log: The effect is a ratio.
        rules: Lines of reference: the assumed effect, the power wanted.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    several = len(curves) > 1
    series = tuple(
        Series(label=labels.get(c.id, "") if several else "", x=c.x, y=c.y, style=arm_style(place), id=c.id)
        for place, c in enumerate(curves)
    )
    low = min((float(c.x.min()) for c in curves if c.x.size), default=None)
    high = max((float(c.x.max()) for c in curves if c.x.size), default=None)
    panel = Panel(
        x=Axis(label=x_label, log=log, low=low, high=high, tight=True),
        y=Axis(label="Power, %", low=0.0, high=1.0, percent=True, count=6),
        series=series,
        rules=tuple(rules),
    )
    return draw_panels([panel], name=name, title=title, description=description, width=width)
