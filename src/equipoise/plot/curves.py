"""Curves over time by arm: survival, cumulative incidence, mean cumulative count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from equipoise.plot.sheet import Sheet, refuse, sheet_of
from equipoise.results import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results
    from equipoise.results.bundle import Bundle

__all__ = ["cumulative_incidence", "kaplan_meier", "mean_cumulative_count"]


def kaplan_meier(
    source: Results | Bundle,
    analysis: str,
    *,
    protocol: Protocol | None = None,
    ax: Axes | None = None,
    limits: bool = False,
    censored: bool = True,
) -> Figure:
    """Kaplan-Meier curves by arm.

    Args:
        source: Results, or a bundle.
        analysis: Name of the analysis.
        protocol: For labels, colours and the unit of time; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.
        limits: Draw confidence limits as bands.
        censored: Mark censored times.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curves.
    """
    sheet = sheet_of(source, protocol, ax)
    curves = sheet.curves("kaplan_meier", analysis)
    _draw(sheet, curves, limits=limits, censored=censored)
    sheet.axes.set_ylim(0.0, 1.02)
    sheet.axes.set_ylabel(_label(sheet, analysis, "Event-free probability"))
    return sheet.figure


def cumulative_incidence(
    source: Results | Bundle,
    analysis: str,
    *,
    cause: str = "event",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
    limits: bool = False,
) -> Figure:
    """Aalen-Johansen cumulative incidence by arm.

    Args:
        source: Results, or a bundle.
        analysis: Name of the analysis.
        cause: `event` or `competing`.
        protocol: For labels, colours and the unit of time; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.
        limits: Draw confidence limits as bands.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curves.
    """
    sheet = sheet_of(source, protocol, ax)
    curves = [c for c in sheet.curves("cumulative_incidence", analysis) if c.key.group("cause") in (cause, "")]
    if not curves:
        refuse("curve", f"cumulative_incidence of {cause}", analysis, [])
    _draw(sheet, curves, limits=limits, censored=False)
    sheet.axes.set_ylim(bottom=0.0)
    sheet.axes.set_ylabel(_label(sheet, analysis, "Cumulative incidence"))
    return sheet.figure


def mean_cumulative_count(
    source: Results | Bundle,
    analysis: str,
    *,
    category: str = "any",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
    limits: bool = False,
) -> Figure:
    """Mean number of adverse events per subject over time, by arm.

    Args:
        source: Results, or a bundle.
        analysis: Name of the analysis of adverse events.
        category: Category of events.
        protocol: For labels, colours and the unit of time; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.
        limits: Draw confidence limits as bands.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curves.
    """
    sheet = sheet_of(source, protocol, ax)
    curves = [c for c in sheet.curves("mean_cumulative_count", analysis) if c.key.group("category") == category]
    if not curves:
        refuse("curve", f"mean_cumulative_count of {category}", analysis, [])
    _draw(sheet, curves, limits=limits, censored=False)
    sheet.axes.set_ylim(bottom=0.0)
    sheet.axes.set_ylabel("Mean number of events per subject")
    return sheet.figure


def _label(sheet: Sheet, analysis: str, plain: str) -> str:
    if sheet.protocol is None or analysis not in sheet.protocol.analysis:
        return plain
    declared = sheet.protocol.analysis[analysis]
    return f"{plain}: {declared.label or sheet.protocol.endpoints[declared.endpoint].label}"


def _draw(sheet: Sheet, curves: Sequence[Curve], *, limits: bool, censored: bool) -> None:
    axes, names = sheet.axes, [curve.key.arm for curve in curves]
    label = "Time"
    for curve in curves:
        factor, label = sheet.time(curve.unit)
        style = sheet.style(curve.key.arm, names)
        dash = (0, style.dash) if style.dash else "-"
        x = curve.x * factor
        axes.step(x, curve.y, where="post", color=style.color, linestyle=dash, label=sheet.label(curve.key.arm))
        if limits and curve.lower.size:
            axes.fill_between(
                x, curve.lower, curve.upper, step="post", color=style.color, alpha=0.15, linewidth=0, label="_limits"
            )
        if censored and curve.n_censor.size:
            marks = curve.n_censor > 0
            axes.plot(x[marks], curve.y[marks], "|", color=style.color, markersize=6, label="_censored")
    last = max((float(np.nanmax(curve.x)) * sheet.time(curve.unit)[0] for curve in curves if curve.x.size), default=1.0)
    axes.set_xlim(0.0, last * 1.02 or 1.0)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
