"""What a figure of one or several plots side by side is made of: axes, curves, points, bands and lines of reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from equipoise.reporting.figures.layout import Scale, log_ticks, nice_ticks
from equipoise.reporting.figures.style import INK, ArmStyle

__all__ = ["Axis", "Band", "Panel", "Rule", "Series"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis; it shows at least all that is drawn along it.

    Attributes:
        label: What it measures, with its unit.
        low: A value that it must show.
        high: A value that it must show.
        log: Logarithmic.
        flip: Larger values are lower (or further to the left).
        percent: The values are fractions, printed as percent.
        ticks: Ticks with their texts; round numbers where absent.
        count: About how many round numbers.
        tight: The axis ends where the values end, not at a round number.
    """

    label: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    flip: bool = False
    percent: bool = False
    ticks: tuple[tuple[float, str], ...] = ()
    count: int = 5
    tight: bool = False

    def ends(self, values: Sequence[float]) -> tuple[float, float, list[float]]:
        """Smallest and largest value shown, and the round numbers between them.

        Args:
            values: Everything that is drawn along the axis; not finite ones are left out.
        """
        given = (v for v in (*values, self.low, self.high) if v is not None and np.isfinite(v))
        known = [v for v in given if v > 0 or not self.log]
        low, high = (min(known), max(known)) if known else (0.1, 1.0)
        if self.log:
            room = 1.0 if self.tight else (high / low) ** 0.06 if high > low else 1.25
            low, high = low / room, high * room
            # Less than half a decade: evenly spaced round numbers say more than powers of ten.
            ticks = nice_ticks(low, high, self.count + 2) if high / low < 3 else log_ticks(low, high)
            return low, high, [t for t in ticks if low * 0.9999 <= t <= high * 1.0001]
        # A span so small that ticks could not be told apart is none.
        if high - low < max(1e-9, 1e-9 * abs(high)):
            low, high = low - 0.5, high + 0.5
        ticks = nice_ticks(low, high, self.count)
        if self.tight or self.ticks:
            room = 0.0 if self.tight else 0.03 * (high - low)
            return low - room, high + room, [t for t in ticks if low - room <= t <= high + room]
        return ticks[0], ticks[-1], ticks

    def scale(self, values: Sequence[float], start: float, stop: float) -> tuple[Scale, list[float]]:
        """Scale from values to places, and where its ticks are.

        Args:
            values: As for `ends`.
            start: Place of the smallest value, of the largest where the axis is flipped.
            stop: The other end.
        """
        low, high, ticks = self.ends(values)
        first, last = (stop, start) if self.flip else (start, stop)
        return Scale(low, high, first, last, log=self.log), [t for t, _ in self.ticks] or ticks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One curve, or points joined by lines, or points alone.

    Attributes:
        label: Words of the legend; "" for none.
        x: Abscissas.
        y: Ordinates, NaN lifts the pen.
        style: Colour, dash and marker.
        line: Whether the points are joined.
        step: The curve is constant between its points (right-continuous).
        points: Whether the points are marked.
        texts: Finished text beside each point; "" for none.
        stats: Identifier of the statistic at each point.
        below: The texts are wanted below the points.
        id: Identifier of the curve.
        scale: Width of the line, in widths of a curve.
    """

    label: str
    x: Floats
    y: Floats
    style: ArmStyle
    line: bool = True
    step: bool = False
    points: bool = False
    texts: tuple[str, ...] = ()
    stats: tuple[str, ...] = ()
    below: bool = False
    id: str = ""
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """A band between two curves.

    Attributes:
        label: Words of the legend; "" for none.
        x: Abscissas.
        lower: Lower edge.
        upper: Upper edge.
        color: Fill; bands that lie in each other have darker and darker ones.
        id: Identifier of the curve.
    """

    label: str
    x: Floats
    lower: Floats
    upper: Floats
    color: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A straight line of reference across the plot.

    Attributes:
        at: Where it stands.
        label: Finished words at its end; "" for none.
        vertical: Upright, on the horizontal axis.
        color: Colour of line and words.
        dash: Lengths on and off.
        stat: Identifier of the statistic.
    """

    at: float
    label: str = ""
    vertical: bool = False
    color: str = INK
    dash: tuple[float, ...] = (4, 3)
    stat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One plot.

    Attributes:
        title: Heading above it; "" for none.
        x: Horizontal axis.
        y: Vertical axis.
        series: Curves and points, later ones on top.
        bands: Bands below them.
        rules: Lines of reference below the curves.
    """

    x: Axis
    y: Axis
    title: str = ""
    series: tuple[Series, ...] = ()
    bands: tuple[Band, ...] = ()
    rules: tuple[Rule, ...] = field(default=())

    @property
    def drawn(self) -> tuple[Series | Band, ...]:
        """Curves, points and bands, in the order of the legend."""
        return (*self.series, *self.bands)

    def values(self, axis: str) -> list[float]:
        """All that is drawn along an axis.

        Args:
            axis: `x` or `y`.
        """
        upright = axis == "x"
        found = [float(v) for one in self.series for v in (one.x if upright else one.y)]
        for band in self.bands:
            found += [float(v) for edge in ((band.x,) if upright else (band.lower, band.upper)) for v in edge]
        return found + [rule.at for rule in self.rules if rule.vertical == upright]
