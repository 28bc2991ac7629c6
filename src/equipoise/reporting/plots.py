"""Statistics and curves handed to the figures: which, in what order, with which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from equipoise.reporting.context import Context
from equipoise.results.display import format_plain

if TYPE_CHECKING:
    from equipoise.reporting.figures import AtRiskRow
    from equipoise.reporting.figures.style import Width
    from equipoise.results import Curve, Statistic

__all__ = [
    "Drawing",
    "adverse_event_plot",
    "at_risk_ticks",
    "duration_plot",
    "response_plot",
    "small_survival_plot",
    "survival_plot",
]


class Drawing(NamedTuple):
    """A figure for wide and for narrow pages, its description, where its axis has ticks, and as a file of its own."""

    wide: str
    narrow: str
    words: str
    ticks: tuple[float, ...] = ()
    ticks_narrow: tuple[float, ...] = ()
    alone: str = ""


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
    at_risk = [
        figures.AtRiskRow(arm, tuple(context.value(context.find(analysis, "at_risk", arm, time=t)).text for t in ticks))
        for arm in context.protocol.arms
    ]

    def draw(name: str, width: Width, rows: Sequence[AtRiskRow] = ()) -> str:
        return figures.kaplan_meier(
            curves,
            _labels(context),
            name=f"plot-{analysis}-{name}",
            title=f"Kaplan-Meier curves: {context.analysis_label(analysis)}",
            x_label=f"Time, {context.protocol.time.unit}",
            y_label=f"{label}, %",
            time_factor=context.time_factor,
            ticks=ticks,
            description=words,
            medians=medians,
            at_risk=rows,
            width=width,
        )

    wide, narrow = draw("wide", "wide"), draw("narrow", "narrow")
    alone = draw("alone", "wide", at_risk) if at_risk_ticks(context, analysis) else ""
    last = max([float(curve.x[-1]) * context.time_factor for curve in curves if curve.x.size] + list(ticks))
    places = []
    for svg in (wide, narrow):
        left, right = figures.axis_fractions(svg)
        places.append(tuple(left + (right - left) * tick / last for tick in ticks) if last > 0 else ())
    return Drawing(wide, narrow, words, places[0], places[1], alone)


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


def duration_plot(context: Context, analysis: str, curves: Sequence[Curve]) -> Drawing:
    """Duration of response among responders, by arm.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis of response.
        curves: Its curves, one for each arm.
    """
    from equipoise.reporting import figures

    ticks = _nice_ticks(
        max((float(curve.x[-1]) for curve in curves if curve.x.size), default=0.0) * context.time_factor
    )
    words = "Fraction of responders whose response lasts, by arm; the table below the figure has medians."
    drawn = [
        figures.kaplan_meier(
            curves, _labels(context), name=f"plot-duration-{analysis}-{width}", title="Duration of response",
            x_label=f"Time since response, {context.protocol.time.unit}", y_label="Still responding, %",
            time_factor=context.time_factor, ticks=ticks, description=words, width=width,
        )
        for width in ("wide", "narrow")
    ]  # fmt: skip
    return Drawing(drawn[0], drawn[1], words)


def _nice_ticks(last: float) -> tuple[float, ...]:
    """At most nine ticks from 0 in steps of 1, 2, 3, 5, 6 or 12 times a power of ten, up to `last`."""
    steps = (step * 10.0**power for power in range(-2, 5) for step in (1, 2, 3, 5, 6))
    step = next((one for one in sorted({*steps, 12.0, 120.0}) if last / one <= 8), max(last, 1.0))
    return tuple(number * step for number in range(int(last / step) + 1))


def response_plot(
    context: Context, name: str, analysis: str, levels: Sequence[str], rates: Sequence[Statistic | None]
) -> Drawing:
    """Best responses as stacked bars.

    Args:
        context: Bundle and protocol.
        name: Name of the figure.
        analysis: Name of the analysis.
        levels: Responses, best first.
        rates: Objective response rate by arm, in declared order.
    """
    from equipoise.reporting import figures

    bars = []
    for arm, rate in zip(context.protocol.arms, rates, strict=True):
        found = {one: context.find(analysis, "best_response", arm, groups=(("response", one),)) for one in levels}
        # Lengths of bars, not printed numbers: the counts stand in the bars and in the table.
        lengths = {
            one: row.value / row.denominator
            for one, row in found.items()
            if row is not None and row.value is not None and row.denominator
        }
        texts = {one: context.value(found[one]).text for one in lengths}
        right = f"Response {context.estimate(rate).text}" if rate is not None else ""
        shown: dict[str, Any] = {"segments": lengths, "texts": texts, "right": right}
        shown["stat"] = rate.id if rate is not None else ""
        bars.append(figures.ResponseBar(arm=arm, label=context.arm(arm), **shown))
    words = "Best overall response by arm, best first; numbers in the bars are participants."
    drawn = [
        figures.response_bars(
            bars, {one: one for one in levels}, name=f"plot-{name}-{width}", title="Best overall response",
            x_label="Participants, %", description=words, width=width,
        )
        for width in ("wide", "narrow")
    ]  # fmt: skip
    return Drawing(drawn[0], drawn[1], words)


def adverse_event_plot(
    context: Context, analysis: str, rows: Sequence[tuple[str, tuple[tuple[str, str], ...]]], interval: str
) -> Drawing:
    """Proportions of adverse events by arm as dots, beside their differences with limits.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        rows: Label and groups of each line, from top to bottom.
        interval: First words of the slug of the differences' interval.
    """
    from equipoise.reporting import figures

    drawn_rows = []
    for label, groups in rows:
        shares = {arm: context.find(analysis, "ae_proportion", arm, groups=groups) for arm in context.protocol.arms}
        differences = []
        for arm, versus in context.protocol.contrasts:
            row = context.find(analysis, "risk_difference", arm, versus, groups=groups, interval=interval)
            if row is not None:
                differences.append(
                    figures.Difference(arm=arm, value=row.value, lower=row.lower, upper=row.upper, stat=row.id)
                )
        proportions = {arm: row.value for arm, row in shares.items() if row is not None}
        drawn_rows.append(figures.DotRow(label=label, proportions=proportions, differences=tuple(differences)))
    words = (
        f"The {len(drawn_rows)} most frequent terms: percentage of participants by arm, and differences with their "
        "limits. The table below the figure has the numbers."
    )
    drawn = [
        figures.ae_dot_plot(
            drawn_rows, _labels(context), name=f"plot-events-{analysis}-{width}", title="Adverse events by arm",
            left_title="Participants, %", right_title="Difference, percentage points", description=words, width=width,
        )
        for width in ("wide", "narrow")
    ]  # fmt: skip
    return Drawing(drawn[0], drawn[1], words)


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
            if row is not None and row.value is not None:
                said.append(f"{context.value(row).text} event-free at {format_plain(time)} {unit}")
        parts.append(f"{context.arm(arm)}: {', '.join(said)}" if said else context.arm(arm))
    return "Each curve starts at 100% and steps down at events. " + "; ".join(parts) + "."
