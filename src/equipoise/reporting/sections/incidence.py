"""Cumulative incidence where other events compete: curves of both causes, landmarks, differences and ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from equipoise.protocol.method_names import cox_method, fine_gray_method
from equipoise.reporting.blocks import Block, Figure, Section, Side, paragraph
from equipoise.reporting.cells import Cell, cell, listed
from equipoise.reporting.context import NOT_ADJUSTED, Context, lower_first
from equipoise.reporting.lines import Line, arranged, method_notes
from equipoise.reporting.plan import incidence_landmark
from equipoise.reporting.plots import at_risk_ticks
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_fraction, format_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equipoise.protocol.analysis import IncidenceSpec, TimeToEventAnalysis
    from equipoise.reporting.figures.style import Width
    from equipoise.results import Curve, Statistic

__all__ = ["incidence_sections"]

_EVENT, _COMPETING = (("cause", "event"),), (("cause", "competing"),)
_CAVEAT = (
    "A participant with a competing event can no longer have the event of interest, and is not counted as censored "
    "here: 1 - Kaplan-Meier, which does so, overestimates incidence. The subdistribution hazard ratio says which arm "
    "has the higher incidence; it is no ratio of hazards among those who are alive and free of the event. That is what "
    "the cause-specific hazard ratios compare, of the event and of the competing events."
)


class _Cause(NamedTuple):
    """One cause as the page shows it."""

    groups: tuple[tuple[str, str], ...]
    slug: str
    title: str
    y_label: str


_CAUSES = (
    _Cause(_EVENT, "incidence", "cumulative incidence of the event of interest", "Cumulative incidence, %"),
    _Cause(_COMPETING, "competing", "cumulative incidence of competing events", "Competing events, %"),
)


def incidence_sections(context: Context, name: str, analysis: TimeToEventAnalysis) -> tuple[Section, ...]:
    """The part about incidence, where the analysis declares it; else nothing.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
    """
    spec = analysis.incidence
    curves = [_curves(context, name, cause) for cause in _CAUSES]
    if spec is None or not any(curves):
        return ()
    blocks: list[Block] = [paragraph(_CAVEAT)]
    blocks += [paragraph(_sentence(context, name, analysis, arm, versus).html) for arm, versus in _said(context, spec)]
    figure = _figure(context, name, _CAUSES[0], curves[0], with_risk=True)
    blocks += [figure] if figure else []
    blocks += _tables(context, name, analysis, spec)
    small = _figure(context, name, _CAUSES[1], curves[1], with_risk=False)
    below = _competing_table(context, name, spec)
    blocks += [Side((small,))] if small else []
    blocks += [below] if below else []
    return (Section(f"efficacy-{name}-incidence", "Incidence with competing events", tuple(blocks)),)


def _curves(context: Context, name: str, cause: _Cause) -> list[Curve]:
    order = list(context.protocol.arms)
    found = context.bundle.results.curves_of("cumulative_incidence", analysis=name, stage="analysis")
    mine = [curve for curve in found if curve.key.groups == cause.groups and curve.key.arm in order]
    return sorted(mine, key=lambda curve: order.index(curve.key.arm))


def _said(context: Context, spec: IncidenceSpec) -> tuple[tuple[str, str], ...]:
    return tuple(context.protocol.contrasts) if spec.times or spec.regression else ()


def _sentence(context: Context, name: str, analysis: TimeToEventAnalysis, arm: str, versus: str) -> Cell:
    """One contrast: incidence at the last landmark that both arms have, and the subdistribution hazard ratio."""
    parts: list[Cell] = []
    spec = analysis.incidence
    assert spec is not None
    landmark = incidence_landmark(context, name, analysis, (arm, versus))
    if landmark is not None:
        values = [cell(context.value(stat), f" with {context.arm(stat.key.arm)}") for stat in landmark[1]]
        parts.append(cell(f"incidence by {_when(context, landmark[0])} was ", listed(values)))
    ratio = _ratio(context, name, arm, versus, spec)
    if ratio is not None and ratio.value is not None:
        parts.append(cell("subdistribution hazard ratio ", context.estimate(ratio, words=True)))
    said = listed(parts, last="; ") if parts else cell("no estimate")
    return cell(f"{context.contrast(arm, versus)}: ", said, ".")


def _ratio(context: Context, name: str, arm: str, versus: str, spec: IncidenceSpec) -> Statistic | None:
    if spec.regression is None:
        return None
    return context.find(
        name, "subdistribution_hazard_ratio", arm, versus, method=fine_gray_method(spec.regression), interval="wald"
    )


def _figure(context: Context, name: str, cause: _Cause, curves: Sequence[Curve], *, with_risk: bool) -> Figure | None:
    from equipoise.reporting import figures

    if not curves:
        return None
    ticks = at_risk_ticks(context, name)
    words = _words(context, name, cause)
    labels = {arm: one.label for arm, one in context.protocol.arms.items()}
    at_risk = [
        figures.AtRiskRow(arm, tuple(context.value(context.find(name, "at_risk", arm, time=t)).text for t in ticks))
        for arm in labels
    ]

    def draw(slug: str, width: Width) -> str:
        return figures.rising_curves(
            curves, labels, name=f"plot-{cause.slug}-{name}-{slug}",
            title=f"{context.analysis_label(name)}: {cause.title}",
            x_label=f"Time, {context.protocol.time.unit}", y_label=cause.y_label, time_factor=context.time_factor,
            ticks=ticks, description=words, percent=True, at_risk=at_risk if slug == "alone" else (), width=width,
        )  # fmt: skip

    wide, narrow = (draw("wide", "wide"), draw("narrow", "narrow")) if with_risk else (draw("small", "narrow"), "")
    table = _at_risk(context, name, ticks) if with_risk else None
    return Figure(
        name=f"{cause.slug}-{name}",
        svg=wide,
        narrow=narrow,
        alone=draw("alone", "wide") if ticks else "",
        title=f"{context.analysis_label(name)}:",
        caption=f"{cause.title}, by arm, Aalen-Johansen estimates with their limits as pale bands. "
        + ("" if with_risk else "The vertical axis is not that of the figure of the event."),
        description=words,
        curves=tuple(curve.id for curve in curves),
        table=table,
        ticks=_places(context, wide, curves, ticks) if table else (),
        ticks_narrow=_places(context, narrow, curves, ticks) if table else (),
        css="survival" if with_risk else "",
    )


def _places(context: Context, svg: str, curves: Sequence[Curve], ticks: tuple[float, ...]) -> tuple[float, ...]:
    """Where the ticks lie, as fractions of the figure's width."""
    from equipoise.reporting import figures

    last = max([float(curve.x[-1]) * context.time_factor for curve in curves if curve.x.size] + list(ticks))
    left, right = figures.axis_fractions(svg)
    return tuple(left + (right - left) * tick / last for tick in ticks) if last > 0 else ()


def _at_risk(context: Context, name: str, ticks: tuple[float, ...]) -> Table | None:
    if not ticks:
        return None
    rows = [
        Row(context.arm(arm), tuple(context.value(context.find(name, "at_risk", arm, time=t)) for t in ticks))
        for arm in context.protocol.arms
    ]
    return Table(
        name=f"at-risk-incidence-{name}",
        title="Number at risk",
        stub=context.protocol.time.unit.capitalize(),
        columns=tuple(Column(format_plain(tick), align="center") for tick in ticks),
        rows=tuple(rows),
        css="at-risk",
    )


def _when(context: Context, time: float) -> str:
    unit = context.protocol.time.unit
    return f"{format_plain(time)} {unit.removesuffix('s') if time == 1 else unit}"


def _words(context: Context, name: str, cause: _Cause) -> str:
    """What the curves show, in words: the last landmark by arm."""
    rows = [row for row in context.rows(name, "cumulative_incidence") if row.key.groups == cause.groups]
    times = [row.key.time for row in rows if row.value is not None and row.key.time is not None]
    said = ""
    if times:
        parts = [f"{context.arm(r.key.arm)}, {context.value(r).text}" for r in rows if r.key.time == max(times)]
        said = f" By {_when(context, max(times))}: {'; '.join(parts)}."
    return f"Step curves by arm that start at 0 and rise at each event.{said} The tables have limits."


def _landmark(context: Context, name: str, time: float, groups: tuple[tuple[str, str], ...], label: str) -> Line:
    arms, contrasts = context.protocol.arms, context.protocol.contrasts
    stats = [context.find(name, "cumulative_incidence", arm, groups=groups, time=time) for arm in arms]
    pairs = [context.find(name, "incidence_difference", a, b, groups=groups, time=time) for a, b in contrasts]
    at = f"at {_when(context, time)}"
    points = "percentage points"
    return Line(
        label=f"{label} {at}",
        arms=tuple(context.estimate(one) for one in stats),
        effect=f"difference, {points}" if len(arms) == 2 else f"difference in {lower_first(label)} {at}, {points}",
        contrasts=tuple(context.estimate(one) for one in pairs),
    )


def _tables(context: Context, name: str, analysis: TimeToEventAnalysis, spec: IncidenceSpec) -> tuple[Table, ...]:
    contrasts = context.protocol.contrasts
    lines = [_landmark(context, name, time, _EVENT, "Incidence") for time in dict.fromkeys(spec.times)]
    if spec.regression is not None:
        ratios = [_ratio(context, name, arm, versus, spec) for arm, versus in contrasts]
        lines.append(Line(effect="Subdistribution hazard ratio", contrasts=tuple(context.estimate(r) for r in ratios)))
    hazards = [
        context.find(name, "hazard_ratio", a, b, groups=_COMPETING, method=cox_method(analysis.estimate))
        for a, b in contrasts
    ]
    effect = "Cause-specific hazard ratio of competing events"
    lines.append(Line(effect=effect, contrasts=tuple(context.estimate(one) for one in hazards)))
    lines += _covariates(context, name)
    cells = [one for line in lines for one in (*line.arms, *line.contrasts)]
    return arranged(
        context,
        lines,
        name=f"table-incidence-{name}",
        title=f"{context.analysis_label(name)}:",
        caption=f"The event of interest. In parentheses, {format_fraction(spec.conf_level)} confidence intervals.",
        notes=(*method_notes(context, cells), NOT_ADJUSTED),
    )


def _covariates(context: Context, name: str) -> list[Line]:
    statistic = "covariate_subdistribution_hazard_ratio"
    lines = []
    for groups in dict.fromkeys(row.key.groups for row in context.rows(name, statistic)):
        about = dict(groups)
        what = context.factor(about["covariate"]) + (f", {about['level']}" if "level" in about else ", per unit")
        stats = [context.find(name, statistic, a, b, groups=groups) for a, b in context.protocol.contrasts]
        lines.append(
            Line(effect=f"Subdistribution hazard ratio of {what}", contrasts=tuple(context.estimate(s) for s in stats))
        )
    return lines


def _competing_table(context: Context, name: str, spec: IncidenceSpec) -> Table | None:
    """Competing events at the landmarks, below the small figure: arms down, landmarks across."""
    times = tuple(dict.fromkeys(spec.times))
    if not times:
        return None
    rows = []
    for arm in context.protocol.arms:
        stats = [context.find(name, "cumulative_incidence", arm, groups=_COMPETING, time=time) for time in times]
        rows.append(Row(context.arm(arm), tuple(context.estimate(one) for one in stats)))
    return Table(
        name=f"table-competing-{name}",
        title="Competing events:",
        caption=f"cumulative incidence. In parentheses, {format_fraction(spec.conf_level)} confidence intervals.",
        stub="Arm",
        columns=tuple(Column(f"At {_when(context, time)}") for time in times),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
    )
