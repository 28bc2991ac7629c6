"""What simulated trials show: power by scenario, stopping by look, dates of looks, estimates by look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Band, Panel, Rule, Series
from equipoise.reporting.figures.style import ARMS, INK, MUTED, ArmStyle, Width, arm_style
from equipoise.reporting.figures.text import shorten
from equipoise.results import Curve

__all__ = ["Point", "StopBar", "estimates_by_look", "look_dates", "power_points", "power_sweep", "stopping_bars"]

_FORMULA: Final = ArmStyle(INK, (5, 3), "cross")
_WITHIN: Final = {"wide": 230.0, "narrow": 150.0}  # room for names of scenarios
_BAR: Final = 0.32
_FILLS: Final = {"efficacy": "#0b6bb0", "futility": "#d9935f", "other": "#e2e2e2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value with its interval, at a name or at a look.

    Attributes:
        label: Name of the line; "" where the place says it.
        value: The value.
        lower: Lower end of its interval; NaN for none.
        upper: Upper end.
        text: Finished text of the value.
        stat: Identifier of its statistic.
        beside: Another value to compare it with; NaN for none.
        beside_stat: Identifier of that one's statistic.
    """

    label: str
    value: float
    lower: float = float("nan")
    upper: float = float("nan")
    text: str = ""
    stat: str = ""
    beside: float = float("nan")
    beside_stat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopBar:
    """How trials end at one look.

    Attributes:
        label: The look.
        efficacy: Share of trials.
        futility: Share of trials.
        rest: Share of trials that end there with neither, at the last look.
        stats: Identifiers of the statistics.
    """

    label: str
    efficacy: float
    futility: float = 0.0
    rest: float = 0.0
    stats: tuple[str, ...] = ()


def power_points(
    points: Sequence[Point],
    *,
    name: str,
    title: str,
    rules: Sequence[Rule] = (),
    description: str = "",
    width: Width = "wide",
) -> str:
    """Power by scenario, from top to bottom: simulated with its limits, and by the design's formula.

    Args:
        points: One for each scenario.
        name: Prefix of the ids in the SVG; unique on the page.
        title: Name for screen readers.
        rules: Upright lines of reference: the power wanted.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    places = np.arange(len(points), 0.0, -1.0)
    font = 13.0 if width == "wide" else 12.0
    ticks = tuple((float(at), shorten(p.label, font, _WITHIN[width])) for at, p in zip(places, points, strict=True))
    values = np.array([p.value for p in points])
    beside = np.array([p.beside for p in points])
    series = [
        _whiskers(values, places, np.array([p.lower for p in points]), np.array([p.upper for p in points])),
        Series(label="Simulated", x=values, y=places, style=ARMS[0], line=False, points=True,
               texts=tuple(p.text for p in points), stats=tuple(p.stat for p in points)),
    ]  # fmt: skip
    if np.isfinite(beside).any():
        series.append(
            Series(label="By the design's formula", x=beside, y=places - 0.22, style=_FORMULA, line=False, points=True,
                   stats=tuple(p.beside_stat for p in points))
        )  # fmt: skip
    panel = Panel(
        x=Axis(label="Power, %", low=0.0, high=1.0, percent=True, count=6),
        y=Axis(label="", low=0.4, high=len(points) + 0.6, ticks=ticks, tight=True),
        series=tuple(series),
        rules=tuple(rules),
    )
    height = 34.0 + 44.0 * len(points)
    return draw_panels([panel], name=name, title=title, description=description, width=width, heights=(height, height))


def _whiskers(x: np.ndarray, y: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Series:
    """Level lines from lower to upper through each point: one path whose pen is lifted between them."""
    gap = np.full(x.size, np.nan)
    xs = np.stack([lower, upper, gap], axis=1).ravel()
    ys = np.stack([y, y, gap], axis=1).ravel()
    return Series(label="", x=xs, y=ys, style=ArmStyle(ARMS[0].color, (), "circle"))


def power_sweep(
    simulated: Sequence[tuple[str, Curve]],
    analytic: Sequence[tuple[str, Curve]],
    *,
    name: str,
    title: str,
    x_label: str,
    log: bool = True,
    rules: Sequence[Rule] = (),
    description: str = "",
    width: Width = "wide",
) -> str:
    """Power over an assumption that is varied: simulated with its limits, and by the design's formula.

    Args:
        simulated: Label and curve of each scenario.
        analytic: Label and curve by formula.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axis.
        log: The horizontal axis is logarithmic.
        rules: Lines of reference.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    pale = ("#cfe0ef", "#f3d9c6", "#cde5de", "#e6d3e1", "#dddddd", "#e6dfc8")
    bands = tuple(
        Band(label="", x=c.x, lower=c.lower, upper=c.upper, color=pale[place % len(pale)], id=c.id)
        for place, (_, c) in enumerate(simulated)
        if c.lower.size
    )
    lines = [
        Series(label=words, x=c.x, y=c.y, style=_solid(place), points=c.x.size <= _MARKED, id=c.id)
        for place, (words, c) in enumerate(simulated)
    ]
    dashed = [
        Series(label=words, x=c.x, y=c.y, style=ArmStyle(_solid(place).color if len(analytic) > 1 else INK, (5, 3), ""),
               id=c.id, scale=0.7)
        for place, (words, c) in enumerate(analytic)
    ]  # fmt: skip
    every = [c for _, c in (*simulated, *analytic) if c.x.size]
    low, high = (min(float(c.x.min()) for c in every), max(float(c.x.max()) for c in every)) if every else (None, None)
    panel = Panel(
        x=Axis(label=x_label, log=log, low=low, high=high, tight=True),
        y=Axis(label="Power, %", low=0.0, high=1.0, percent=True, count=6),
        series=(*dashed, *lines),
        bands=bands,
        rules=tuple(rules),
    )
    return draw_panels([panel], name=name, title=title, description=description, width=width)


_MARKED: Final = 25  # points of a sweep that can be told apart


def _solid(place: int) -> ArmStyle:
    base = arm_style(place)
    return ArmStyle(base.color, (), base.marker)


def stopping_bars(
    panels: Sequence[tuple[str, Sequence[StopBar]]],
    *,
    name: str,
    title: str,
    description: str = "",
    width: Width = "wide",
) -> str:
    """Share of trials by how and at which look they end, one plot for each truth.

    Args:
        panels: Heading and bars of each plot.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    made = []
    for heading, bars in panels:
        places = np.arange(1.0, len(bars) + 1.0)
        bands, tops = [], np.zeros(len(bars))
        for part, words in (
            ("efficacy", "Efficacy"),
            ("futility", "Futility"),
            ("rest", "Last look, efficacy not shown"),
        ):
            heights = np.array([getattr(bar, part) for bar in bars])
            fill = _FILLS.get(part, _FILLS["other"])
            for at, base, height in zip(places, tops, heights, strict=True):
                if height > 0.0:
                    x = np.array([at - _BAR, at + _BAR])
                    level = np.array([base, base])
                    bands.append(Band(label=words, x=x, lower=level, upper=level + height, color=fill))
            tops = tops + heights
        # Points without marks carry the identifiers of the statistics.
        marks = Series(label="", x=places, y=tops, style=ARMS[0], line=False, stats=_joined(bars))
        ticks = tuple((float(at), bar.label) for at, bar in zip(places, bars, strict=True))
        made.append(
            Panel(
                title=heading,
                x=Axis(label="", low=0.4, high=len(bars) + 0.6, ticks=ticks, tight=True),
                y=Axis(label="Share of trials, %", low=0.0, high=1.0, percent=True),
                series=(marks,),
                bands=tuple(bands),
            )
        )
    return draw_panels(made, name=name, title=title, description=description, width=width, heights=(230.0, 190.0))


def _joined(bars: Sequence[StopBar]) -> tuple[str, ...]:
    return tuple(stat for bar in bars for stat in bar.stats)


def look_dates(
    panels: Sequence[tuple[str, Sequence[tuple[str, Curve]]]],
    *,
    name: str,
    title: str,
    x_label: str,
    y_label: str,
    description: str = "",
    width: Width = "wide",
) -> str:
    """When looks take place: shares of trials in bars of equal width, one plot for each scenario.

    Args:
        panels: Heading, and label and curve of each look.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        x_label: Label of the horizontal axes.
        y_label: Label of the vertical axes.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    every = [c for _, curves in panels for _, c in curves]
    low, high = min(float(c.x.min()) for c in every), max(float(c.x.max()) for c in every)
    top = max(float(c.y.max()) for c in every)
    made = []
    for heading, curves in panels:
        series = tuple(
            Series(label=words, x=np.append(c.x[:1], c.x), y=np.append(0.0, c.y), style=_solid(place), step=True,
                   id=c.id, scale=0.8)
            for place, (words, c) in enumerate(curves)
        )  # fmt: skip
        made.append(
            Panel(
                title=heading,
                x=Axis(label=x_label, low=low, high=high, tight=True, count=6),
                y=Axis(label=y_label, low=0.0, high=top, percent=True),
                series=series,
            )
        )
    return draw_panels(made, name=name, title=title, description=description, width=width, heights=(230.0, 190.0))


def estimates_by_look(
    wide_band: Curve,
    narrow_band: Curve | None,
    ended: Sequence[tuple[str, Sequence[Point]]],
    *,
    name: str,
    title: str,
    y_label: str,
    log: bool,
    rules: Sequence[Rule] = (),
    description: str = "",
    width: Width = "wide",
) -> str:
    """The estimate at each look: its middle and spread over all trials, and its mean where testing ends there.

    Args:
        wide_band: Median, and the quantiles that 90% of estimates lie between, over numbers of looks.
        narrow_band: The same of 50%.
        ended: Label and points, one a look, of means where testing ends.
        name: Prefix of the ids in the SVG.
        title: Name for screen readers.
        y_label: What is estimated.
        log: The vertical axis is logarithmic.
        rules: Level lines of reference: the true value.
        description: Longer description for screen readers.
        width: `wide` or `narrow`.

    Returns:
        An `<svg>` element.
    """
    bands = []
    for curve, fill, words, half in (
        (wide_band, "#dbe8f3", "90% of estimates", 0.16), (narrow_band, "#a9cbe6", "50% of estimates", 0.16),
    ):  # fmt: skip
        for at, low, high in zip(curve.x, curve.lower, curve.upper, strict=True) if curve is not None else ():
            x = np.array([at - half, at + half])
            bands.append(Band(label=words, x=x, lower=np.full(2, low), upper=np.full(2, high), color=fill,
                              id=curve.id if curve is not None else ""))  # fmt: skip
    middle = ArmStyle(ARMS[0].color, (), "circle")
    series = [Series(label="Median of all", x=wide_band.x, y=wide_band.y, style=middle, line=False, points=True,
                     id=wide_band.id)]  # fmt: skip
    for place, (words, points) in enumerate(ended):
        base = arm_style(place + 1)
        shift = 0.32 + 0.14 * place
        series.append(
            Series(label=words, x=wide_band.x + shift, y=np.array([p.value for p in points]),
                   style=ArmStyle(base.color, (), base.marker), line=False, points=True,
                   texts=tuple(p.text for p in points) if place == 0 else (), stats=tuple(p.stat for p in points))
        )  # fmt: skip
    ticks = tuple((float(at), f"Look {at:.0f}") for at in wide_band.x)
    panel = Panel(
        x=Axis(label="", low=0.5, high=float(wide_band.x[-1]) + 0.75, ticks=ticks, tight=True),
        y=Axis(label=y_label, log=log),
        series=tuple(series),
        bands=tuple(bands),
        rules=tuple(rules) or (Rule(at=1.0 if log else 0.0, color=MUTED),),
    )
    return draw_panels([panel], name=name, title=title, description=description, width=width, heights=(300.0, 250.0))
