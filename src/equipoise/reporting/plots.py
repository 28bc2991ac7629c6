"""Statistics and curves handed to the figures: which, in what order, with which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from equipoise.reporting.context import Context
from equipoise.results.display import format_plain

if TYPE_CHECKING:
    from equipoise.results import Curve

__all__ = ["Drawing", "at_risk_ticks", "small_survival_plot", "survival_plot"]


class Drawing(NamedTuple):
    """A figure for wide and for narrow pages, its description, and where its axis has ticks."""

    wide: str
    narrow: str
    words: str
    ticks: tuple[float, ...] = ()


def at_risk_ticks(context: Context, analysis: str, statistic: str = "at_risk") -> tuple[float, ...]:
    """Times at which numbers at risk were counted, in the trial's unit: the ticks of plot and table.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        statistic: Name of the counts.
    """
    return tuple(sorted({row.key.time for row in context.rows(analysis, statistic) if row.key.time is not None}))


def _axis(context: Context, analysis: str, curves: Sequence[Curve]) -> tuple[float, ...]:
    ticks = at_risk_ticks(context, analysis)
    if ticks:
        return ticks
    last = max((float(curve.x[-1]) for curve in curves if curve.x.size), default=0.0) * context.time_factor
    return (0.0, last)


def _labels(context: Context) -> dict[str, str]:
    return {name: arm.label for name, arm in context.protocol.arms.items()}


def survival_plot(context: Context, analysis: str, curves: Sequence[Curve]) -> Drawing:
    """The large Kaplan-Meier figure of an analysis.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        curves: Its curves, one for each arm.
    """
    from equipoise.reporting import figures

    declared = context.protocol.analysis[analysis]
    label = context.protocol.endpoints[declared.endpoint].label
    ticks = _axis(context, analysis, curves)
    words = describe_curves(context, analysis, curves)
    found = {c.key.arm: context.find(analysis, "median", c.key.arm, method="kaplan_meier") for c in curves}
    medians = {arm: row.value for arm, row in found.items() if row is not None and row.value is not None}
    drawn = [
        figures.kaplan_meier(
            curves,
            _labels(context),
            name=f"plot-{analysis}-{width}",
            title=f"Kaplan-Meier curves: {context.analysis_label(analysis)}",
            x_label=f"Time, {context.protocol.time.unit}",
            y_label=f"{label}, %",
            time_factor=context.time_factor,
            ticks=ticks,
            description=words,
            medians=medians,
            width=width,
        )
        for width in ("wide", "narrow")
    ]
    left, right = figures.axis_fractions(drawn[0])
    last = max([float(curve.x[-1]) * context.time_factor for curve in curves if curve.x.size] + list(ticks))
    places = tuple(left + (right - left) * tick / last for tick in ticks) if last > 0 else ()
    return Drawing(drawn[0], drawn[1], words, places)


def small_survival_plot(context: Context, analysis: str, curves: Sequence[Curve]) -> Drawing:
    """The small Kaplan-Meier figure of the first screen.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        curves: Its curves, one for each arm.
    """
    from equipoise.reporting import figures

    words = describe_curves(context, analysis, curves)
    drawn = figures.mini_kaplan_meier(
        curves,
        _labels(context),
        name=f"answer-plot-{analysis}",
        title=f"Kaplan-Meier curves: {context.analysis_label(analysis)}",
        x_label=f"Time, {context.protocol.time.unit}",
        time_factor=context.time_factor,
        ticks=_axis(context, analysis, curves)[::2],
        description=words,
    )
    return Drawing(drawn, "", words)


def describe_curves(context: Context, analysis: str, curves: Sequence[Curve]) -> str:
    """What survival curves show, in words: median and landmarks by arm.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        curves: Its curves.
    """
    declared = context.protocol.analysis[analysis]
    times = declared.survival.times if declared.kind == "time_to_event" else ()
    unit = context.protocol.time.unit
    parts = []
    for curve in curves:
        arm = curve.key.arm
        said = []
        median = context.find(analysis, "median", arm, method="kaplan_meier")
        if median is not None:
            said.append(f"median {context.value(median, unit=True).text}")
        for time in times:
            row = context.find(analysis, "survival", arm, time=time, method="kaplan_meier")
            if row is not None:
                said.append(f"{context.value(row).text} event-free at {format_plain(time)} {unit}")
        parts.append(f"{context.arm(arm)}: {', '.join(said)}" if said else context.arm(arm))
    return "Each curve starts at 100% and steps down at events. " + "; ".join(parts) + "."
