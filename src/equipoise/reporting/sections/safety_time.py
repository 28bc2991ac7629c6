"""Adverse events over time: incidence rates, mean cumulative counts and first events, with their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from equipoise.reporting.blocks import Block, Figure, paragraph
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import Line, arranged, method_notes
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_fraction, format_plain
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.protocol.analysis import AtRiskPeriod, SafetyAnalysis
    from equipoise.results import Curve

__all__ = ["over_time"]

Groups = tuple[tuple[str, str], ...]
Labels = Mapping[str, str]


class _Kind(NamedTuple):
    """One kind of curve: where it is found, and its words."""

    curve: str
    method: str
    at_risk: str
    slug: str
    y_label: str
    title: str
    caption: str
    percent: bool


_COUNT = _Kind(
    "mean_cumulative_count", "mean_cumulative_count", "mean_cumulative_count", "mcc", "Mean number of events",
    "mean cumulative count", "Mean number of events per participant, with pointwise confidence limits.", False,
)  # fmt: skip
_FIRST = _Kind(
    "cumulative_incidence", "aalen_johansen", "first_event", "first", "Participants with an event, %",
    "time to the first event", "Cumulative incidence (Aalen-Johansen, death competing), with pointwise confidence "
    "limits.", True,
)  # fmt: skip


def over_time(context: Context, name: str, analysis: SafetyAnalysis, labels: Labels) -> tuple[Block, ...]:
    """The blocks of one analysis; none where it has no rows over time.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        labels: Label of each category of the overview, in the usual order.
    """
    blocks: list[Block] = list(_rates(context, name, analysis, labels))
    counts, first = analysis.mean_cumulative_count, analysis.first_event
    for kind, spec in ((_COUNT, counts), (_FIRST, first)):
        for category in spec.of if spec else ():
            figure = _figure(context, name, category, _label(labels, category), kind)
            blocks += [figure] if figure else []
        if spec is not None:
            table = _counts if kind is _COUNT else _firsts
            blocks += table(context, name, analysis, labels)
    if not blocks:
        return ()
    return (paragraph(f"{_period(analysis.at_risk)} {NOT_ADJUSTED}"), *blocks)


def _period(period: AtRiskPeriod) -> str:
    """When participants are at risk, in words."""
    end = "the end of the study" if period.until == "study_end" else "the last dose"
    if period.plus_days:
        end += f" and {period.plus_days} day{'s' if period.plus_days > 1 else ''} more"
    return (
        f"Participants are at risk from the day of the first dose, day 1, until {end}, and not beyond death. "
        "Events before or after that are in the other tables and not here."
    )


def _label(labels: Labels, category: str) -> str:
    return labels.get(category, category.replace("_", " ").capitalize())


def _rates(context: Context, name: str, analysis: SafetyAnalysis, labels: Labels) -> tuple[Table, ...]:
    """Incidence rates over the time at risk, their differences and ratios."""
    lines = []
    for category, label in labels.items():
        groups = (("category", category),)
        rates = [context.find(name, "ae_incidence_rate", arm, groups=groups) for arm in context.protocol.arms]
        if not any(rates):
            continue
        unit = next((one.unit for one in rates if one is not None and one.unit), "")
        for statistic, words in (("difference", "difference in rate"), ("ratio", "ratio of rates")):
            found = [
                context.find(name, f"ae_incidence_rate_{statistic}", a, b, groups=groups)
                for a, b in context.protocol.contrasts
            ]
            first = statistic == "difference"
            lines.append(
                Line(
                    label=label if first else "",
                    arms=tuple(context.estimate(one) for one in rates) if first else (),
                    effect=words if len(context.protocol.arms) == 2 else f"{label}: {words}",
                    contrasts=tuple(context.estimate(one) for one in found),
                    group=f"First events {unit} at risk",
                )
            )
    return _arranged(context, lines, f"incidence-rates-{name}", "Incidence rates by time at risk:", analysis.conf_level)


def _arranged(context: Context, lines: Sequence[Line], name: str, title: str, level: float) -> tuple[Table, ...]:
    if not lines:
        return ()
    shown = [one for line in lines for one in (*line.arms, *line.contrasts)]
    caption = f"In parentheses, {format_fraction(level)} confidence intervals."
    return arranged(context, lines, name=name, title=title, caption=caption, notes=method_notes(context, shown))


def _counts(context: Context, name: str, analysis: SafetyAnalysis, labels: Labels) -> tuple[Table, ...]:
    """Mean cumulative counts at the landmarks."""
    spec = analysis.mean_cumulative_count
    assert spec is not None
    unit, lines = context.protocol.time.unit, []
    for category in spec.of:
        groups = (("category", category),)
        for time in dict.fromkeys(spec.times):
            means = [context.find(name, "mean_count", arm, groups=groups, time=time) for arm in context.protocol.arms]
            pairs = [
                context.find(name, "mean_count_difference", a, b, groups=groups, time=time)
                for a, b in context.protocol.contrasts
            ]
            at = f"by {format_plain(time)} {unit}"
            lines.append(
                Line(
                    label=f"Events per participant {at}",
                    arms=tuple(context.estimate(one) for one in means),
                    effect="difference" if len(context.protocol.arms) == 2 else f"difference in events {at}",
                    contrasts=tuple(context.estimate(one) for one in pairs),
                    group=_label(labels, category),
                )
            )
    return _arranged(context, lines, f"mean-counts-{name}", "Mean cumulative counts:", spec.conf_level)


def _firsts(context: Context, name: str, analysis: SafetyAnalysis, labels: Labels) -> tuple[Table, ...]:
    """Incidence of first events at the landmarks by both methods, and hazard ratios."""
    spec = analysis.first_event
    assert spec is not None
    unit, arms, lines = context.protocol.time.unit, list(context.protocol.arms), []
    methods = (("aalen_johansen", "With an event"), ("kaplan_meier", "1 \N{MINUS SIGN} Kaplan-Meier"))
    for category in spec.of:
        groups, label = (("category", category),), _label(labels, category)
        for statistic, words in (("events", "Participants with an event"), ("competing_events", "Died without one")):
            stats = [context.find(name, statistic, arm, groups=groups) for arm in arms]
            if any(stats):
                lines.append(Line(label=words, arms=tuple(context.value(one) for one in stats), group=label))
        for method, words in methods:
            for time in dict.fromkeys(spec.times):
                stats = [
                    context.find(name, "cumulative_incidence", arm, groups=groups, time=time, method=method)
                    for arm in arms
                ]
                cells = tuple(context.estimate(one) for one in stats)
                lines.append(Line(label=f"{words} by {format_plain(time)} {unit}", arms=cells, group=label))
        ratios = [
            context.find(name, "hazard_ratio", a, b, groups=groups, method="cox.efron")
            for a, b in context.protocol.contrasts
        ]
        lines.append(Line(effect="Hazard ratio", contrasts=tuple(context.estimate(one) for one in ratios), group=label))
    return _arranged(context, lines, f"first-events-{name}", "Time to the first event:", spec.conf_level)


def _figure(context: Context, name: str, category: str, label: str, kind: _Kind) -> Figure | None:
    """The curves of one category, by arm, with numbers at risk."""
    groups = (("category", category),)
    order = list(context.protocol.arms)
    found = [
        curve
        for curve in context.bundle.results.curves_of(kind.curve, analysis=name, stage="analysis")
        if curve.key.groups == groups and curve.key.method == kind.method and curve.key.arm in order
    ]
    curves = sorted(found, key=lambda curve: order.index(curve.key.arm))
    if not curves:
        return None
    at = () if kind is _COUNT else groups
    ticks = tuple(
        sorted({row.key.time for row in context.rows(name, "at_risk")
                if row.key.time is not None and row.key.groups == at and row.key.method == kind.at_risk})
    )  # fmt: skip
    drawn = _draw(context, name, category, label, kind, curves, ticks)
    return Figure(
        name=f"{kind.slug}-{name}-{category}",
        svg=drawn[0],
        narrow=drawn[1],
        alone=drawn[2],
        title=f"{label}: {kind.title}.",
        caption=kind.caption,
        description=_words(context, name, groups, kind),
        curves=tuple(curve.id for curve in curves),
        table=_risk_table(context, name, category, kind, at, ticks),
        ticks=_places(drawn[0], curves, ticks, _factor(context)),
        ticks_narrow=_places(drawn[1], curves, ticks, _factor(context)),
        css="survival",
    )


def _factor(context: Context) -> float:
    """Trial units in a day."""
    time = context.protocol.time
    return 1.0 / days_per(time.unit, days_per_month=time.days_per_month)


def _draw(
    context: Context,
    name: str,
    category: str,
    label: str,
    kind: _Kind,
    curves: Sequence[Curve],
    ticks: tuple[float, ...],
) -> tuple[str, str, str]:
    from equipoise.reporting import figures

    groups = () if kind is _COUNT else (("category", category),)
    rows = [
        figures.AtRiskRow(
            arm,
            tuple(
                context.value(context.find(name, "at_risk", arm, groups=groups, time=t, method=kind.at_risk)).text
                for t in ticks
            ),
        )
        for arm in context.protocol.arms
    ]
    description = _words(context, name, (("category", category),), kind)
    names = {arm: one.label for arm, one in context.protocol.arms.items()}
    wide, narrow, alone = (
        figures.rising_curves(
            curves, names, name=f"plot-{kind.slug}-{name}-{category}-{slug}", title=f"{label}: {kind.title}",
            x_label=f"Time since first dose, {context.protocol.time.unit}", y_label=kind.y_label,
            time_factor=_factor(context), ticks=ticks, description=description, percent=kind.percent,
            at_risk=rows if slug == "alone" else (), width="narrow" if slug == "narrow" else "wide",
        )
        for slug in ("wide", "narrow", "alone")
    )  # fmt: skip
    return wide, narrow, alone


def _places(svg: str, curves: Sequence[Curve], ticks: tuple[float, ...], factor: float) -> tuple[float, ...]:
    """Where the ticks lie, as fractions of the figure's width."""
    from equipoise.reporting import figures

    last = max([float(curve.x[-1]) * factor for curve in curves if curve.x.size] + list(ticks) + [0.0])
    left, right = figures.axis_fractions(svg)
    return tuple(left + (right - left) * tick / last for tick in ticks) if last > 0 else ()


def _risk_table(
    context: Context, name: str, category: str, kind: _Kind, groups: Groups, ticks: tuple[float, ...]
) -> Table | None:
    if not ticks:
        return None
    rows = []
    for arm in context.protocol.arms:
        stats = [context.find(name, "at_risk", arm, groups=groups, time=t, method=kind.at_risk) for t in ticks]
        rows.append(Row(context.arm(arm), tuple(context.value(one) for one in stats)))
    return Table(
        name=f"at-risk-{kind.slug}-{name}-{category}",
        title="Number at risk",
        stub=context.protocol.time.unit.capitalize(),
        columns=tuple(Column(format_plain(tick), align="center") for tick in ticks),
        rows=tuple(rows),
        css="at-risk",
    )


def _words(context: Context, name: str, groups: Groups, kind: _Kind) -> str:
    """What the curves show, in words: the last declared landmark by arm."""
    statistic = "mean_count" if kind is _COUNT else "cumulative_incidence"
    rows = [
        row
        for row in context.rows(name, statistic)
        if row.key.groups == groups and row.key.method == kind.method and row.key.time is not None
    ]
    times = [row.key.time for row in rows if row.value is not None and row.key.time is not None]
    what = "events per participant" if kind is _COUNT else "of participants with an event"
    parts = [
        f"{context.arm(row.key.arm)}: {context.value(row).text} {what}"
        for row in rows
        if times and row.key.time == max(times)
    ]
    said = f" By {format_plain(max(times))} {context.protocol.time.unit}: {'; '.join(parts)}." if parts else ""
    return f"Each curve starts at 0 and steps up at events.{said} The table below the figure has the numbers."
