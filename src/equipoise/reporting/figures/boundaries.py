"""Boundaries of a group-sequential design on the scales they are read on, and how alpha and beta are spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Panel, Rule, Series
from equipoise.reporting.figures.style import ARMS, MUTED, ArmStyle, Width
from equipoise.results import Curve

__all__ = ["Bound", "BoundScale", "boundaries", "side_style", "spending"]

Side = Literal["efficacy", "futility", "harm", "observed"]
_STYLES: Final[dict[str, ArmStyle]] = {
    "efficacy": ARMS[0],
    "futility": ARMS[1],
    "harm": ARMS[3],
    "observed": ArmStyle("#1a1a1a", (), "ring"),
}
_LABELS: Final = {"efficacy": "Efficacy", "futility": "Futility", "harm": "Harm", "observed": "Observed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A bound, or an observed value, at one look.

    Attributes:
        side: Which bound, or `observed`.
        at: Place on the horizontal axis: events, or the information fraction.
        value: Its value on the scale.
        text: Finished text of the value.
        stat: Identifier of the statistic.
    """

    side: Side
    at: float
    value: float
    text: str = ""
    stat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundScale:
    """A scale with its bounds.

    Attributes:
        label: What the scale is.
        bounds: Bounds of all looks, in the order of looks.
        log: Logarithmic.
        flip: Smaller values are better, and stand above.
        null: The value of no effect; None for none.
    """

    label: str
    bounds: tuple[Bound, ...]
    log: bool = False
    flip: bool = False
    null: float | None = None


def side_style(side: Side) -> ArmStyle:
    """Colour, dash and marker of a bound.

    Args:
        side: Which bound.
    """
    return _STYLES[side]


def boundaries(
    scales: Sequence[BoundScale],
    *,
    name: str,
    title: str,
    x_label: str,
    x_percent: bool = False,
    description: str = "",
    width: Width = "wide",
) -> str:
    """Bounds by look, one plot for each scale; benefit stands above on all of them.

    Args:
        scales: Scales with their bounds.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        x_label: Label of the horizontal axes.
        x_percent: The horizontal axis holds fractions.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    panels = []
    for scale in scales:
        at = [bound.at for bound in scale.bounds]
        last = max(at, default=1.0)
        x = Axis(label=x_label, low=0.0, high=last * 1.24, percent=x_percent, count=4, tight=True)
        y = Axis(label="", log=scale.log, flip=scale.flip)
        rules = () if scale.null is None else (Rule(at=scale.null, color=MUTED, dash=(1.5, 2.5)),)
        panels.append(Panel(title=scale.label, x=x, y=y, series=_series(scale.bounds), rules=rules))
    return draw_panels(panels, name=name, title=title, description=description, width=width, heights=(300.0, 220.0))


def _series(bounds: Sequence[Bound]) -> tuple[Series, ...]:
    out = []
    for side in _STYLES:
        own = [bound for bound in bounds if bound.side == side]
        # Where two bounds meet, as at the last look, the value is said once.
        said = {(bound.at, bound.text) for bound in bounds if bound.side == "efficacy" and side == "futility"}
        if own:
            out.append(
                Series(
                    label=_LABELS[side],
                    x=np.array([bound.at for bound in own]),
                    y=np.array([bound.value for bound in own]),
                    style=_STYLES[side],
                    points=True,
                    texts=tuple("" if (bound.at, bound.text) in said else bound.text for bound in own),
                    stats=tuple(bound.stat for bound in own),
                    below=side != "efficacy",
                )
            )
    return tuple(out)


def spending(
    alpha: Sequence[Curve],
    beta: Sequence[Curve],
    looks: Sequence[Bound],
    *,
    name: str,
    title: str,
    x_label: str = "Information, %",
    description: str = "",
    width: Width = "wide",
) -> str:
    """How much of alpha, and of beta, is spent by which fraction of the information.

    Args:
        alpha: Curves of alpha spent over the fraction.
        beta: Curves of beta spent.
        looks: What is spent at the looks; `efficacy` on alpha's plot, `futility` on beta's.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axes.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    panels = []
    for curves, side, heading in ((alpha, "efficacy", "Alpha spent"), (beta, "futility", "Beta spent")):
        own = [look for look in looks if look.side == side]
        if not curves and not own:
            continue
        style = _STYLES[side]
        series = [Series(label="", x=c.x, y=c.y, style=style, step=c.kind == "step", id=c.id) for c in curves]
        series += [
            Series(label="", x=np.array([p.at for p in own]), y=np.array([p.value for p in own]), style=style,
                   line=False, points=True, texts=tuple(p.text for p in own), stats=tuple(p.stat for p in own))
        ]  # fmt: skip
        panels.append(
            Panel(
                title=heading,
                x=Axis(label=x_label, low=0.0, high=1.0, percent=True),
                y=Axis(label="Cumulative, one side", low=0.0),
                series=tuple(one for one in series if one.x.size),
            )
        )
    return draw_panels(panels, name=name, title=title, description=description, width=width, heights=(230.0, 200.0))
