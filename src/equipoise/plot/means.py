"""Means of a continuous endpoint by visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.plot.sheet import refuse, sheet_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results
    from equipoise.results.bundle import Bundle

__all__ = ["visit_means"]


def visit_means(
    source: Results | Bundle,
    analysis: str,
    *,
    measure: str = "value",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Means by arm with their limits, at the visits in their order.

    Args:
        source: Results, or a bundle.
        analysis: Name of an analysis of a continuous endpoint.
        measure: `value` (what is analyzed, the change), `observed` or `baseline`.
        protocol: For labels and colours; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such rows.
    """
    sheet = sheet_of(source, protocol, ax)
    every = [row for row in sheet.results.select(statistic="mean") if row.key.group("measure") == measure]
    rows = [row for row in every if row.key.analysis == analysis and row.value is not None]
    if not rows:
        refuse("rows", f"mean of {measure}", analysis, [row.key.analysis for row in every])
    visits = list(dict.fromkeys(row.key.group("visit") for row in rows))
    arms = list(dict.fromkeys(row.key.arm for row in rows))
    for place, arm in enumerate(arms):
        own = [row for row in rows if row.key.arm == arm]
        shift = 0.08 * (place - (len(arms) - 1) / 2)
        at = [visits.index(row.key.group("visit")) + shift for row in own]
        style = sheet.style(arm, arms)
        dash = (0, style.dash) if style.dash else "-"
        values = [row.value or 0.0 for row in own]
        sheet.axes.plot(at, values, "o", color=style.color, linestyle=dash, label=sheet.label(arm))
        for x, row in zip(at, own, strict=True):
            if row.lower is not None and row.upper is not None:
                sheet.axes.plot([x, x], [row.lower, row.upper], color=style.color, linewidth=1, label="_limits")
    sheet.axes.set_xticks(range(len(visits)), visits)
    sheet.axes.set_xlim(-0.5, len(visits) - 0.5)
    sheet.axes.set_xlabel("Visit")
    sheet.axes.set_ylabel(_label(protocol if protocol is not None else sheet.protocol, analysis))
    sheet.axes.spines[["top", "right"]].set_visible(False)
    sheet.axes.legend(frameon=False)
    return sheet.figure


def _label(protocol: Protocol | None, analysis: str) -> str:
    if protocol is None or analysis not in protocol.analysis:
        return "Mean"
    declared = protocol.analysis[analysis]
    return declared.label or protocol.endpoints[declared.endpoint].label
