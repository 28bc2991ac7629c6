"""Pictures of proportional hazards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.plot.sheet import refuse, sheet_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results
    from equipoise.results.bundle import Bundle

__all__ = ["log_minus_log", "schoenfeld"]


def log_minus_log(
    source: Results | Bundle, analysis: str, *, protocol: Protocol | None = None, ax: Axes | None = None
) -> Figure:
    """log(-log S) by arm on a logarithmic time axis; proportional hazards keep the curves at one distance.

    Args:
        source: Results, or a bundle.
        analysis: Name of an analysis that declares `proportional_hazards`.
        protocol: For labels, colours and the unit of time; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curves.
    """
    sheet = sheet_of(source, protocol, ax)
    curves = sheet.curves("log_minus_log", analysis)
    names = [curve.key.arm for curve in curves]
    label = "Time"
    for curve in curves:
        factor, label = sheet.time(curve.unit)
        style = sheet.style(curve.key.arm, names)
        real = curve.x > 0.0
        dash = (0, style.dash) if style.dash else "-"
        sheet.axes.step(
            curve.x[real] * factor, curve.y[real], where="post", color=style.color, linestyle=dash,
            label=sheet.label(curve.key.arm),
        )  # fmt: skip
    sheet.axes.set_xscale("log")
    sheet.axes.set_xlabel(f"{label} (logarithmic)")
    sheet.axes.set_ylabel("log(\N{MINUS SIGN}log event-free probability)")
    sheet.axes.spines[["top", "right"]].set_visible(False)
    sheet.axes.legend(frameon=False)
    return sheet.figure


def schoenfeld(
    source: Results | Bundle,
    analysis: str,
    *,
    arm: str | None = None,
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Scaled Schoenfeld residuals of treatment over time with a smooth and its 95% limits.

    Args:
        source: Results, or a bundle.
        analysis: Name of an analysis that declares `proportional_hazards`.
        arm: Experimental arm; needed where there is more than one.
        protocol: For labels and the unit of time; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curves, or several contrasts and no arm was named.
    """
    sheet = sheet_of(source, protocol, ax)
    fields = {} if arm is None else {"arm": arm}
    points = sheet.curves("scaled_schoenfeld", analysis, **fields)
    if len(points) > 1:
        refuse("single curve", "scaled_schoenfeld", f"{analysis}; name one `arm`", [c.key.arm for c in points])
    (residuals,) = points
    factor, label = sheet.time(residuals.unit)
    style = sheet.style(residuals.key.arm, [residuals.key.arm])
    sheet.axes.plot(
        residuals.x * factor, residuals.y, "o", color="#5a5a5a", markersize=3, fillstyle="none", label="residual"
    )
    for smooth in sheet.results.curves_of("schoenfeld_smooth", analysis=analysis, arm=residuals.key.arm):
        x = smooth.x * factor
        sheet.axes.plot(x, smooth.y, color=style.color, label="smooth")
        sheet.axes.fill_between(x, smooth.lower, smooth.upper, color=style.color, alpha=0.15, linewidth=0)
    model = residuals.key.method.partition(".proportional_hazards")[0]
    for row in sheet.results.select(analysis=analysis, statistic="hazard_ratio", arm=residuals.key.arm, method=model):
        if not row.key.groups and row.value:
            level = float(np.log(row.value))
            sheet.axes.axhline(level, color="#1a1a1a", linestyle="--", linewidth=1, label="estimate")
            break
    sheet.axes.set_xlabel(label)
    sheet.axes.set_ylabel("Log hazard ratio over time")
    sheet.axes.spines[["top", "right"]].set_visible(False)
    sheet.axes.legend(frameon=False)
    return sheet.figure
