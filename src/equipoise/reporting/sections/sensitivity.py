"""Sensitivity and supportive analyses, each beside the analysis that it probes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from equipoise.protocol.method_names import limits_slug
from equipoise.reporting.blocks import Section, paragraph
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import interval_words, method_notes
from equipoise.reporting.plan import continuous, ratio_of, responses, survivals
from equipoise.reporting.tables import Column, Row, Table
from equipoise.reporting.words import test_words

if TYPE_CHECKING:
    from equipoise.protocol.analysis import AverageHazardRatio, CoxEstimate, ResponseAnalysis, TimeToEventAnalysis
    from equipoise.protocol.continuous import ContinuousAnalysis

__all__ = ["sensitivity"]


def sensitivity(context: Context) -> Section | None:
    """The section; None where nothing is declared.

    Args:
        context: Bundle and protocol.
    """
    tables = [*_survival_tables(context), *_response_tables(context), *_continuous_tables(context)]
    tables += _covariate_tables(context)
    if not tables:
        return None
    words = f"Each analysis beside the one that it probes. {NOT_ADJUSTED}"
    declared = [one for analysis in survivals(context).values() for one in analysis.also]
    tests = dict.fromkeys(
        test_words(context, one) for one in declared if one.kind != "cox" and one.kind != "average_hazard_ratio"
    )
    if tests:
        named = "; ".join(tests)
        words += f" Supportive tests ({named}) have no estimate to show; their rows are in results.json."
    return Section("sensitivity", "Sensitivity analyses", (paragraph(words), *tables))


def _covariate_tables(context: Context) -> list[Table]:
    """Hazard ratios of covariates, for every model that has some."""
    tables = []
    for name, analysis in {**survivals(context), **survivals(context, sensitivity=True)}.items():
        key = ratio_of(analysis.estimate)
        found = dict.fromkeys(
            r.key.groups
            for r in context.rows(name, "covariate_hazard_ratio")
            if (r.key.method, r.key.interval) == (key["method"], key["interval"])
        )
        rows = []
        for groups in found:
            stats = [
                context.find(name, "covariate_hazard_ratio", a, b, groups=groups, **key)
                for a, b in context.protocol.contrasts
            ]
            label = dict(groups).get("level", "per unit")
            cells = tuple(context.estimate(stat) for stat in stats)
            rows.append(Row(label, cells, group=context.covariate(dict(groups)["covariate"])))
        if rows:
            label = context.analysis_label(name)
            title = f"{label}, {name}:" if analysis.sensitivity_to else f"{label}:"
            table = _table(context, name, rows, "hazard ratios of the covariates in the adjusted models")
            tables.append(replace(table, name=f"covariates-{name}", title=title, stub="Covariate", notes=()))
    return tables


def _survival_tables(context: Context) -> list[Table]:
    probing = survivals(context, sensitivity=True)
    tables = []
    for name, analysis in survivals(context).items():
        rows = [_ratio_row(context, name, analysis.estimate, "As planned")]
        for also in analysis.also:
            if also.kind == "cox" and ratio_of(also) != ratio_of(analysis.estimate):
                rows.append(_ratio_row(context, name, also, _model_words(context, also)))
            elif also.kind == "average_hazard_ratio":
                rows.append(_average_row(context, name, also))
        for other, probe in probing.items():
            if probe.sensitivity_to == name:
                rows.append(_ratio_row(context, other, probe.estimate, _asked(other, probe)))
        if len(rows) > 1:
            tables.append(_table(context, name, rows, "hazard ratios"))
    return tables


def _average_row(context: Context, analysis: str, spec: AverageHazardRatio) -> Row:
    until = f"up to {spec.horizon:g} {context.protocol.time.unit}" if spec.horizon else "up to the last common time"
    interval = limits_slug("wald", spec.conf_level)
    stats = [
        context.find(analysis, "average_hazard_ratio", a, b, time=spec.horizon, interval=interval)
        for a, b in context.protocol.contrasts
    ]
    return Row(f"Average hazard ratio, {until}", tuple(context.estimate(stat) for stat in stats))


_TIES = {"breslow": "Breslow ties", "discrete": "discrete ties", "exact": "exact ties"}


def _model_words(context: Context, model: CoxEstimate) -> str:
    parts = []
    if model.strata:
        parts.append("stratified by " + ", ".join(context.factor(name) for name in model.strata))
    if model.covariates:
        parts.append("adjusted for " + ", ".join(context.factor(name) for name in model.covariates))
    if not parts:
        parts.append("neither stratified nor adjusted")
    if model.time_dependent:
        names = ", ".join(context.covariate(name) for name in model.time_dependent)
        parts.append(f"with {names} as it happens")
    if model.weights:
        parts.append(f"weighted by {model.weights}")
    if model.entry:
        parts.append(f"delayed entry after {model.entry}")
    if model.variance == "robust":
        parts.append(f"robust variance by {model.cluster}" if model.cluster else "robust variance")
    if model.penalty == "firth":
        parts.append("Firth's penalty")
    if model.interval == "profile":
        parts.append("profile-likelihood limits")
    if model.ties in _TIES:
        parts.append(_TIES[model.ties])
    return "Supportive model, " + ", ".join(parts[:-1]) + " and " * bool(parts[1:]) + parts[-1]


def _asked(name: str, probe: TimeToEventAnalysis | ResponseAnalysis | ContinuousAnalysis) -> str:
    """What a sensitivity analysis is called: its label and its question; its name only where it has neither."""
    return ": ".join(part for part in (probe.label, probe.why) if part) or name


def _ratio_row(context: Context, analysis: str, model: CoxEstimate, label: str) -> Row:
    key = ratio_of(model)
    stats = [context.find(analysis, "hazard_ratio", a, b, **key) for a, b in context.protocol.contrasts]
    return Row(label, tuple(context.estimate(stat) for stat in stats))


def _response_tables(context: Context) -> list[Table]:
    tables = []
    groups = (("response", "objective"),)
    for name in responses(context):
        rows = []
        for other, probe in {name: responses(context)[name], **responses(context, sensitivity=True)}.items():
            if other != name and probe.sensitivity_to != name:
                continue
            label = "As planned" if other == name else _asked(other, probe)
            stats = [
                context.find(other, "risk_difference", a, b, groups=groups, interval=probe.difference)
                for a, b in context.protocol.contrasts
            ]
            rows.append(Row(label, tuple(context.estimate(stat) for stat in stats)))
        if len(rows) > 1:
            tables.append(_table(context, name, rows, "differences in percentage points"))
    return tables


def _continuous_tables(context: Context) -> list[Table]:
    tables = []
    for name, planned in continuous(context).items():
        rows = []
        for other, probe in {name: planned, **continuous(context, sensitivity=True)}.items():
            if other != name and probe.sensitivity_to != name:
                continue
            label = "As planned" if other == name else _asked(other, probe)
            stats = [
                context.find(other, "ls_mean_difference", a, b, method=probe.method)
                for a, b in context.protocol.contrasts
            ]
            rows.append(Row(label, tuple(context.estimate(stat) for stat in stats)))
        if len(rows) > 1:
            tables.append(_table(context, name, rows, "differences in least-squares means"))
    return tables


def _table(context: Context, name: str, rows: list[Row], what: str) -> Table:
    return Table(
        name=f"sensitivity-{name}",
        title=f"{context.analysis_label(name)}:",
        caption=f"{what}. In parentheses, {interval_words(rows)}.",
        stub="Analysis",
        columns=tuple(Column(context.contrast(a, b)) for a, b in context.protocol.contrasts),
        rows=tuple(rows),
        notes=method_notes(context, [one for row in rows for one in row.cells]),
    )
