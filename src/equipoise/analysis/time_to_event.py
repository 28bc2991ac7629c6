"""The steps of a time-to-event analysis, and what must hold of the data before any of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equipoise.analysis.average_hazard_steps import AverageHazardRatioStep
from equipoise.analysis.events import Events, events_of, strata_used
from equipoise.analysis.hazard import CoxStep
from equipoise.analysis.incidence import incidence_steps
from equipoise.analysis.incidence import notes as incidence_notes
from equipoise.analysis.log_rank_steps import LogRankStep
from equipoise.analysis.max_combo_steps import MaxComboStep
from equipoise.analysis.proportional_hazards import ProportionalHazardsStep
from equipoise.analysis.rmst import RmstStep
from equipoise.analysis.subgroups import SubgroupStep
from equipoise.analysis.survival import CountsStep, KaplanMeierStep, SurvivalDifferenceStep
from equipoise.analysis.trend_steps import TrendStep
from equipoise.errors import PlanError, Problem, Where
from equipoise.protocol.method_names import cox_interval, cox_method, test_method

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Step
    from equipoise.protocol.analysis import CoxEstimate, SurvivalTest, TimeToEventAnalysis, TrendTest
    from equipoise.protocol.protocol import Protocol

__all__ = ["check", "notes", "steps"]

_NAMED = 10
_FEW_CLUSTERS = 20


def steps(protocol: Protocol, name: str, analysis: TimeToEventAnalysis) -> tuple[Step, ...]:
    """Compile an analysis: counts, curves, the declared test and model, then what supports them.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        analysis: The analysis.
    """
    del protocol  # the interface of all rooms' steps; nothing in it changes what a time-to-event analysis does
    found: list[Step] = [CountsStep(name, analysis), KaplanMeierStep(name, analysis)]
    if analysis.survival.times:
        found.append(SurvivalDifferenceStep(name, analysis))
    found += [_test_step(name, analysis, analysis.test), CoxStep(name, analysis, analysis.estimate)]
    found += _supportive(name, analysis)
    if analysis.rmst is not None:
        found.append(RmstStep(name, analysis, analysis.rmst))
    if analysis.proportional_hazards is not None:
        found.append(ProportionalHazardsStep(name, analysis, analysis.proportional_hazards))
    found += incidence_steps(name, analysis)
    found += [SubgroupStep(name, analysis, factor) for factor in dict.fromkeys(analysis.subgroups)]
    return tuple(found)


def _supportive(name: str, analysis: TimeToEventAnalysis) -> list[Step]:
    """`also`, without what has been given: one method has one row in an analysis."""
    found: list[Step] = []
    given = {_identity(analysis.test)}
    models = {cox_method(analysis.estimate): {cox_interval(analysis.estimate)}}
    for part in analysis.also:
        if part.kind != "cox":
            if _identity(part) not in given:
                given.add(_identity(part))
                if part.kind == "average_hazard_ratio":
                    found.append(AverageHazardRatioStep(name, analysis, part))
                else:
                    found.append(_test_step(name, analysis, part))
            continue
        limits = models.get(cox_method(part), set())
        if cox_interval(part) not in limits:
            found.append(CoxStep(name, analysis, part, tests=not limits))
        models[cox_method(part)] = limits | {cox_interval(part)}
    return found


def _test_step(name: str, analysis: TimeToEventAnalysis, test: SurvivalTest | TrendTest) -> Step:
    if test.kind == "max_combo":
        return MaxComboStep(name, analysis, test)
    if test.kind == "trend":
        return TrendStep(name, analysis, test)
    return LogRankStep(name, analysis, test)


def _identity(part: object) -> tuple[object, ...]:
    """What tells the rows of one test or estimate from another's: `also` that yields the same rows is left out."""
    return (_method(part), getattr(part, "horizon", None), getattr(part, "conf_level", None))


def check(context: Context, name: str, analysis: TimeToEventAnalysis) -> Iterator[Problem]:
    """Errors: what makes the analysis impossible as declared.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        analysis: The analysis.
    """
    protocol, where = context.protocol, Where(path=f"analysis.{name}")
    factors = protocol.factors
    fine = True
    for role, names in (("a stratum", strata_used(analysis)), ("a subgroup", analysis.subgroups)):
        for factor in names:
            if factors[factor].continuous:
                fine = False
                yield Problem(
                    code="plan.continuous_factor",
                    message=f"{factor} is continuous and can't be {role}",
                    where=where,
                    value=factor,
                    cure="declare a factor with levels that groups its values",
                )
    yield from _principal_strata(protocol, analysis, where)
    if analysis.strata_as == "verified":
        for factor in strata_used(analysis):
            if factors[factor].verified is None:
                fine = False
                yield Problem(
                    code="plan.not_verified",
                    message=f"the analysis uses strata as verified, but {factor} names no verified column",
                    where=where,
                    value=factor,
                    cure=f"add `verified: COLUMN` to factors.{factor}, or leave it out of the strata",
                )
    if fine:
        try:
            events = events_of(context, name, analysis)
        except PlanError as error:
            # Not raised at once: all problems of all analyses are shown together.
            yield from error.problems
        else:
            yield from _check_events(events, analysis, where)


def _principal_strata(protocol: Protocol, analysis: TimeToEventAnalysis, where: Where) -> Iterator[Problem]:
    """A principal stratum is implemented by analyzing its population and in no other way."""
    endpoint = protocol.endpoints[analysis.endpoint]
    rules = dict(analysis.intercurrent)
    if analysis.sensitivity_to is None and endpoint.kind == "time_to_event" and endpoint.estimand is not None:
        rules = {**endpoint.estimand.intercurrent, **rules}
    for event, rule in rules.items():
        if rule.strategy == "principal_stratum" and rule.population != analysis.population:
            yield Problem(
                code="plan.principal_stratum",
                message=f"the strategy for {event} is the principal stratum {rule.population}, but the analysis is "
                f"done in {analysis.population}",
                where=where,
                value=analysis.population,
                cure=f"write `population: {rule.population}`",
            )


def _check_events(events: Events, analysis: TimeToEventAnalysis, where: Where) -> Iterator[Problem]:
    if not events.n:
        yield Problem(
            code="plan.nobody",
            message=f"nobody in population {analysis.population} has a record of endpoint {analysis.endpoint}",
            where=where,
            cure="check the population's condition and the endpoint's source",
        )
    for factor, codes in events.strata.items():
        without = codes < 0
        if without.any():
            yield Problem(
                code="plan.missing_stratum",
                message=f"{int(without.sum())} subjects have no level of {factor}, a stratum of this analysis",
                where=where,
                value=_subjects(events, without),
                cure=f"complete {factor} in the data, or declare an analysis that is not stratified by it",
            )


def notes(context: Context, name: str, analysis: TimeToEventAnalysis) -> Iterator[Problem]:
    """Warnings: what the reader of the results should know and that stops nothing.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        analysis: The analysis.
    """
    events, where = events_of(context, name, analysis), Where(path=f"analysis.{name}")
    models = [analysis.estimate, *(part for part in analysis.also if part.kind == "cox")]
    covariates = dict.fromkeys(factor for model in models for factor in model.covariates)
    for factor in covariates:
        without = ~np.isfinite(events.numbers[factor]) if factor in events.numbers else events.levels[factor] < 0
        if without.any():
            yield Problem(
                code="plan.missing_covariate",
                message=f"{int(without.sum())} subjects have no value of {factor} and are left out of the models "
                "adjusted for it",
                where=where,
                value=_subjects(events, without),
                severity="warning",
            )
    for factor in dict.fromkeys(analysis.subgroups):
        without = events.levels[factor] < 0
        if without.any():
            yield Problem(
                code="plan.missing_subgroup",
                message=f"{int(without.sum())} subjects have no level of {factor} and are in none of its subgroups",
                where=where,
                value=_subjects(events, without),
                severity="warning",
            )
    yield from _few_clusters(events, models, where)
    yield from _repeated(analysis, where)
    yield from incidence_notes(events, analysis, where)


def _few_clusters(events: Events, models: list[CoxEstimate], where: Where) -> Iterator[Problem]:
    """The sandwich is a large-sample variance: of few clusters it is too small."""
    for column in dict.fromkeys(model.cluster for model in models if model.cluster):
        clusters = int(np.unique(events.clusters[column]).size)
        if clusters < _FEW_CLUSTERS:
            yield Problem(
                code="plan.few_clusters",
                message=f"{column} makes {clusters} clusters: a robust variance of fewer than {_FEW_CLUSTERS} tends to "
                "be too small, and its limits too narrow",
                where=where,
                value=column,
                cure="cluster by something finer, or stratify by it",
                severity="warning",
            )


def _repeated(analysis: TimeToEventAnalysis, where: Where) -> Iterator[Problem]:
    """Parts of `also` that have the name of another part's method although they are not the same."""
    for i, part in enumerate(analysis.also):
        earlier = (analysis.test, analysis.estimate, *analysis.also[:i])
        for other in earlier:
            if _identity(other) == _identity(part) and other != part:
                yield Problem(
                    code="plan.same_method",
                    message="a supportive test or model is not computed: another one of this analysis has its method, "
                    "with other strata, covariates or scores",
                    where=Where(path=f"{where.path}.also.{i}"),
                    value=_method(part),
                    cure="declare it in an analysis of its own (`like:` copies this one)",
                    severity="warning",
                )
                break


def _method(part: object) -> str:
    kind = getattr(part, "kind", "")
    if kind == "average_hazard_ratio":
        return str(kind)
    return cox_method(part) if kind == "cox" else test_method(part)  # type: ignore[arg-type]


def _subjects(events: Events, which: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    named = [str(subject) for subject in events.subject[which]]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more
