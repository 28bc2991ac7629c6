"""The first screen: who was studied, the result in a sentence and a picture, benefit beside harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.pages import Html, element, escape, join
from equipoise.reporting.blocks import Block, Figure, Section, Side, paragraph
from equipoise.reporting.cells import Cell, cell, listed
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import interval_words
from equipoise.reporting.plan import (
    competes,
    continuous,
    hypotheses_of,
    incidence_landmark,
    order_of_hypotheses,
    primary_analysis,
    ratio_of,
    responses,
    safeties,
    survivals,
)
from equipoise.reporting.plots import small_survival_plot
from equipoise.reporting.sections.continuous import mean_figure
from equipoise.reporting.sections.response import response_figure
from equipoise.reporting.sections.safety import difference_row, harm_categories
from equipoise.reporting.sentences import continuous_sentence, response_sentence, survival_sentence, verdict
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_plain

if TYPE_CHECKING:
    from equipoise.protocol.continuous import ContinuousAnalysis

__all__ = ["answer", "headline_sentences", "identity"]

_MASKING = {"open": "open label", "single": "single masked", "double": "double masked", "triple": "triple masked",
            "quadruple": "quadruple masked"}  # fmt: skip


def identity(context: Context) -> Html:
    """The page's header: what the trial is called and what kind of trial it is.

    Args:
        context: Bundle and protocol.
    """
    trial = context.protocol.trial
    phase = f"Phase {trial.phase}" if trial.phase and trial.phase != "na" else ""
    facts = [
        f"{phase} randomized trial".strip().capitalize() if phase else "Randomized trial",
        _MASKING.get(trial.masking or "", ""),
        f"{len(context.protocol.arms)} arms",
        f"Registry: {trial.registry}" if trial.registry else "",
        f"Sponsor: {trial.sponsor}" if trial.sponsor else "",
    ]
    meta = element("p", *[element("span", fact) for fact in facts if fact], cls="meta")
    return join([element("p", trial.id, cls="kicker"), element("h1", trial.title), meta])


def headline_sentences(context: Context) -> list[Cell]:
    """The primary result, a sentence for each contrast that the primary hypothesis is about first.

    Args:
        context: Bundle and protocol.
    """
    name = primary_analysis(context)
    analysis = context.protocol.analysis.get(name)
    contrasts = sorted(context.protocol.contrasts, key=lambda pair: _place(context, name, pair[0]))
    if analysis is None:
        return [cell("This bundle has no analysis of efficacy.")]
    if analysis.kind == "time_to_event":
        return [survival_sentence(context, name, analysis, arm, versus) for arm, versus in contrasts]
    if analysis.kind == "response":
        return [response_sentence(context, name, analysis, arm, versus) for arm, versus in contrasts]
    if analysis.kind == "continuous":
        return [continuous_sentence(context, name, analysis, arm, versus) for arm, versus in contrasts]
    return []


def _place(context: Context, analysis: str, arm: str) -> int:
    order = order_of_hypotheses(context)
    return min((order.index(name) for name in hypotheses_of(context, analysis, arm)), default=len(order))


def answer(context: Context) -> Section:
    """The first screen.

    Args:
        context: Bundle and protocol.
    """
    lead = element("div", *[paragraph(one.html) for one in headline_sentences(context)], cls="lead")
    decided = [paragraph(verdict(context, name).html, css="verdict") for name in order_of_hypotheses(context)]
    if not decided:
        decided = [paragraph(f"The protocol declares no hypothesis: no P is shown. {NOT_ADJUSTED}", css="verdict")]
    who = paragraph(_who(context).html, css="who")
    notes = context.protocol.trial.notes
    words = [*([paragraph(notes, css="who")] if notes else []), *decided, who]
    plot, table = _picture(context), _balance(context)
    blocks: list[Block] = [lead]
    if plot is None or plot.css != "narrow":
        blocks += [*words, plot, table] if plot else [*words, table]
    elif len(context.protocol.arms) == 2:
        blocks += [*words, Side((plot, table))]
    else:
        # The table of many arms needs the width; the words stand beside the picture.
        blocks += [Side((plot, element("div", *words))), table]
    no_harm = _no_harm(context)
    if no_harm:
        blocks.append(no_harm)
    return Section("answer", "Result", tuple(blocks))


def _who(context: Context) -> Cell:
    """Who was studied: eligibility, how many were randomized to what, how long they were followed."""
    protocol = context.protocol
    parts: list[str | Cell] = []
    condition = protocol.trial.condition
    said = {note.get("code") for note in _notes(context) if isinstance(note, dict)}
    if "data.simulated" in said:
        parts.append("These are simulated data, not those of a trial. ")
    if "data.synthetic" in said:
        parts.append("These are synthetic data, rebuilt from what was published: they are not patients. ")
    total = context.find("disposition", "subjects", groups=(("flow", "randomized"),))
    by_arm = [
        (arm, context.find("disposition", "subjects", arm, groups=(("flow", "randomized"),))) for arm in protocol.arms
    ]
    if total is not None:
        arms = [cell(context.value(row), f" to {context.arm(arm)}") for arm, row in by_arm if row is not None]
        parts += [context.value(total), " participants were randomized"]
        parts += [": ", listed(arms)] if arms else []
        parts.append(". ")
    if condition:
        parts.append(f"Condition: {condition.rstrip('.')}. ")
    if context.bundle.manifest.get("cut"):
        parts.append(f"Data cut: {context.bundle.manifest['cut']}. ")
    analysis = protocol.analysis.get(primary_analysis(context))
    if analysis is not None:
        parts.append(f"Analysis population: {context.population(analysis.population)}. ")
    follow_up = context.find("follow_up", "follow_up_median") or context.find("follow_up", "follow_up_median", "")
    if follow_up is not None and follow_up.value is not None:
        parts += ["Median follow-up (reverse Kaplan-Meier) was ", context.value(follow_up, unit=True), "."]
    return cell(*parts)


def _notes(context: Context) -> list[object]:
    """Warnings of the data checks, as the manifest has them."""
    found = context.bundle.manifest.get("notes", [])
    return found if isinstance(found, list) else []


def _picture(context: Context) -> Figure | None:
    name = primary_analysis(context)
    if name in responses(context):
        return response_figure(context, name, responses(context)[name], anchor="answer-figure")
    if name in continuous(context):
        return mean_figure(context, name, continuous(context)[name], anchor="answer-figure")
    curves = context.curves(name, "kaplan_meier")
    if not curves:
        return None
    drawing = small_survival_plot(context, name, curves)
    return Figure(
        name="answer-figure",
        svg=drawing.wide,
        title=f"{context.analysis_label(name)}.",
        caption="Kaplan-Meier estimates by arm."
        + (" Competing events are censored." if competes(context, name) else ""),
        description=drawing.words,
        curves=tuple(curve.id for curve in curves),
        css="narrow",
    )


def _balance(context: Context) -> Table:
    arms = list(context.protocol.arms)
    rows = [*_benefit(context), *_harm(context)]
    return Table(
        name="answer-table",
        title="Benefit beside harm.",
        caption=f"In parentheses, {interval_words(rows)}, not adjusted for multiplicity.",
        stub="",
        columns=(
            *(Column(context.arm(arm)) for arm in arms),
            *(Column(context.contrast(a, b)) for a, b in context.protocol.contrasts),
        ),
        rows=tuple(rows),
        css="compact",
    )


def _benefit(context: Context) -> list[Row]:
    rows = []
    arms, contrasts = list(context.protocol.arms), context.protocol.contrasts
    unit = context.protocol.time.unit
    for name, analysis in survivals(context).items():
        label = context.analysis_label(name)
        medians = [context.value(context.find(name, "median", arm, method="kaplan_meier")) for arm in arms]
        key = ratio_of(analysis.estimate)
        ratios = [context.estimate(context.find(name, "hazard_ratio", a, b, **key)) for a, b in contrasts]
        group = _group(context, analysis.endpoint)
        incidence = incidence_landmark(context, name, analysis, arms) if competes(context, name) else None
        what, hazards = f"median, {unit}", "cause-specific hazard ratio" if competes(context, name) else "hazard ratio"
        if incidence is not None:
            what = f"cumulative incidence by {format_plain(incidence[0])} {unit}"
            medians = [context.value(row) for row in incidence[1]]
        rows.append(Row(f"{label}: {what}; {hazards}", (*medians, *ratios), group=group))
        time = max(analysis.survival.times, default=None)
        if time is not None and name == primary_analysis(context):
            stats = [context.value(context.find(name, "survival", a, time=time, method="kaplan_meier")) for a in arms]
            pairs = [
                context.estimate(context.find(name, "survival_difference", a, b, time=time, method="kaplan_meier"))
                for a, b in contrasts
            ]
            label = f"Event-free at {format_plain(time)} {unit}; difference, percentage points"
            rows.append(Row(label, (*stats, *pairs), group=group))
    for name, response in responses(context).items():
        rates = [context.value(context.find(name, "response_rate", a, interval=response.interval)) for a in arms]
        groups = (("response", "objective"),)
        pairs = [
            context.estimate(context.find(name, "risk_difference", a, b, groups=groups, interval=response.difference))
            for a, b in contrasts
        ]
        label = f"{context.analysis_label(name)}; difference, percentage points"
        rows.append(Row(label, (*rates, *pairs), group=_group(context, response.endpoint)))
    rows += [_mean_row(context, name, measured) for name, measured in continuous(context).items()]
    # Groups have to be contiguous.
    return sorted(rows, key=lambda row: row.group != "Benefit")


def _mean_row(context: Context, name: str, analysis: ContinuousAnalysis) -> Row:
    """Least-squares means and their differences."""
    means = [context.find(name, "ls_mean", arm, method=analysis.method) for arm in context.protocol.arms]
    pairs = [
        context.find(name, "ls_mean_difference", a, b, method=analysis.method) for a, b in context.protocol.contrasts
    ]
    endpoint = context.protocol.endpoints[analysis.endpoint]
    unit = f", {endpoint.unit}" if endpoint.kind == "continuous" and endpoint.unit else ""
    label = f"{context.analysis_label(name)}: least-squares mean at {analysis.at}{unit}; difference"
    cells = (*(context.value(one) for one in means), *(context.estimate(one) for one in pairs))
    return Row(label, cells, group=_group(context, analysis.endpoint))


def _group(context: Context, endpoint: str) -> str:
    """An endpoint without a role may well be a harm: it isn't called a benefit."""
    return "Benefit" if context.protocol.endpoints[endpoint].role else "Endpoints without a declared role"


def _harm(context: Context) -> list[Row]:
    group = "Harm: participants with at least one adverse event, %; difference, percentage points"
    rows = []
    for name, analysis in list(safeties(context).items())[:1]:
        for category, label in harm_categories(context, name, brief=True):
            groups = (("category", category),)
            if context.rows(name, "ae_proportion"):
                rows.append(difference_row(context, name, analysis, groups, label, group=group, counts=False))
    return rows


def _no_harm(context: Context) -> Html:
    if safeties(context):
        return Html("")
    text = "The protocol declares no analysis of adverse events: this dossier can't set benefit against harm."
    if any(one.kind == "adverse_events" for one in context.protocol.analysis.values()):
        text = "No adverse-event results are in this bundle: it can't set benefit against harm."
    return element("p", escape(text), cls="warn")
