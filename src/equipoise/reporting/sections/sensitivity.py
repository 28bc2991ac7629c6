"""Sensitivity and supportive analyses, each beside the analysis that it probes."""

from __future__ import annotations

from dataclasses import replace

from equipoise.reporting.blocks import Section, paragraph
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import interval_words, method_notes
from equipoise.reporting.plan import cox_method, responses, survivals
from equipoise.reporting.tables import Column, Row, Table

__all__ = ["sensitivity"]


def sensitivity(context: Context) -> Section | None:
    """The section; None where nothing is declared.

    Args:
        context: Bundle and protocol.
    """
    tables = [*_survival_tables(context), *_response_tables(context), *_covariate_tables(context)]
    if not tables:
        return None
    words = f"Each analysis beside the one that it probes. {NOT_ADJUSTED}"
    tests = any(one.kind != "cox" for analysis in survivals(context).values() for one in analysis.also)
    if tests:
        words += " Supportive tests have no estimate to show; their rows are in results.json."
    return Section("sensitivity", "Sensitivity analyses", (paragraph(words), *tables))


def _covariate_tables(context: Context) -> list[Table]:
    """Hazard ratios of covariates, for every model that has some."""
    tables = []
    for name, analysis in {**survivals(context), **survivals(context, sensitivity=True)}.items():
        method = cox_method(analysis.estimate)
        found = dict.fromkeys(
            r.key.groups for r in context.rows(name, "covariate_hazard_ratio") if r.key.method == method
        )
        rows = []
        for groups in found:
            stats = [
                context.find(name, "covariate_hazard_ratio", a, b, groups=groups, method=method)
                for a, b in context.protocol.contrasts
            ]
            label = dict(groups).get("level", "per unit")
            cells = tuple(context.estimate(stat) for stat in stats)
            rows.append(Row(label, cells, group=context.factor(dict(groups)["covariate"])))
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
        rows = [_ratio_row(context, name, cox_method(analysis.estimate), "As planned")]
        for also in analysis.also:
            if also.kind == "cox" and cox_method(also) != cox_method(analysis.estimate):
                rows.append(
                    _ratio_row(context, name, cox_method(also), _model_words(context, also.strata, also.covariates))
                )
        for other, probe in probing.items():
            if probe.sensitivity_to == name:
                label = probe.label or other
                rows.append(
                    _ratio_row(
                        context, other, cox_method(probe.estimate), f"{label}: {probe.why}" if probe.why else label
                    )
                )
        if len(rows) > 1:
            tables.append(_table(context, name, rows, "hazard ratios"))
    return tables


def _model_words(context: Context, strata: tuple[str, ...], covariates: tuple[str, ...]) -> str:
    parts = []
    if strata:
        parts.append("stratified by " + ", ".join(context.factor(name) for name in strata))
    if covariates:
        parts.append("adjusted for " + ", ".join(context.factor(name) for name in covariates))
    return "Supportive model, " + (" and ".join(parts) or "neither stratified nor adjusted")


def _ratio_row(context: Context, analysis: str, method: str, label: str) -> Row:
    stats = [context.find(analysis, "hazard_ratio", a, b, method=method) for a, b in context.protocol.contrasts]
    return Row(label, tuple(context.estimate(stat) for stat in stats))


def _response_tables(context: Context) -> list[Table]:
    tables = []
    groups = (("response", "objective"),)
    for name in responses(context):
        rows = []
        for other, probe in {name: responses(context)[name], **responses(context, sensitivity=True)}.items():
            if other != name and probe.sensitivity_to != name:
                continue
            label = "As planned" if other == name else f"{probe.label or other}: {probe.why or ''}".rstrip(": ")
            stats = [
                context.find(other, "risk_difference", a, b, groups=groups, interval=probe.difference)
                for a, b in context.protocol.contrasts
            ]
            rows.append(Row(label, tuple(context.estimate(stat) for stat in stats)))
        if len(rows) > 1:
            tables.append(_table(context, name, rows, "differences in percentage points"))
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
