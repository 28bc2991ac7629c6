"""Response: best overall response, rates by arm, their contrasts and a test.

Subjects only, and every subject of the denominator: one who could not be evaluated or has no record is a non-responder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from equipoise.analysis.count_rows import (
    Bools,
    Ints,
    arm_column,
    by_arm,
    count_row,
    level_text,
    limits_slug,
    many,
    row,
    sentences,
)
from equipoise.analysis.events import events_frame
from equipoise.analysis.response_frame import response_frame
from equipoise.analysis.response_subgroups import response_subgroups
from equipoise.analysis.response_tests import response_tests, strata_column, tables_of
from equipoise.analysis.rows import Scope
from equipoise.errors import Problem, Where
from equipoise.units import convert

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context, Row, Step
    from equipoise.protocol.analysis import ResponseAnalysis
    from equipoise.protocol.endpoints import ClinicalBenefit, ResponseEndpoint
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["Outcome", "ResponseStep", "check", "outcomes", "response_rows", "steps"]

_RATES = {
    "objective": "response_rate",
    "disease_control": "disease_control_rate",
    "clinical_benefit": "clinical_benefit_rate",
}
_NON_RESPONDERS = "not evaluable and missing are non-responders"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A way of responding, for every subject of the denominator.

    Attributes:
        name: `objective`, `disease_control` or `clinical_benefit`.
        hit: (n,) who responded so.
        definition: What counts, in words.
    """

    name: str
    hit: Bools
    definition: str


@dataclass(frozen=True, slots=True)
class ResponseStep:
    """Everything about one response analysis except how long responses last."""

    name: str
    spec: ResponseAnalysis
    endpoint: ResponseEndpoint

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: response"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows of the analysis."""
        frame = response_frame(context, self.spec, self.endpoint)
        benefit = self.endpoint.clinical_benefit
        times = None if benefit is None else events_frame(context, benefit.measured_by, self.spec.population)
        return response_rows(context.protocol, self.name, frame, times)


def steps(protocol: Protocol, name: str, spec: ResponseAnalysis) -> tuple[Step, ...]:
    """The steps of one response analysis: response, and how long it lasts where the endpoint declares a duration.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        spec: The analysis.
    """
    from equipoise.analysis.response_duration import DurationStep

    endpoint = cast("ResponseEndpoint", protocol.endpoints[spec.endpoint])
    found: list[Step] = [ResponseStep(name, spec, endpoint)]
    if endpoint.duration is not None:
        found.append(DurationStep(name, spec, endpoint))
    return tuple(found)


def check(context: Context, name: str, spec: ResponseAnalysis) -> Iterator[Problem]:
    """Errors: what makes the analysis impossible as declared.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        spec: The analysis.
    """
    factors, where = context.protocol.factors, Where(path=f"analysis.{name}")
    fine = True
    if spec.strata_as == "verified":
        for factor in spec.test.strata:
            if factors[factor].verified is None:
                fine = False
                message = f"the analysis uses strata as verified, but {factor} names no verified column"
                cure = f"add `verified: COLUMN` to factors.{factor}, or leave it out of the strata"
                yield Problem("plan.not_verified", message, where, factor, cure)
    if not fine:
        return
    endpoint = cast("ResponseEndpoint", context.protocol.endpoints[spec.endpoint])
    frame = response_frame(context, spec, endpoint)
    for factor in spec.test.strata:
        without = frame.filter(frame[strata_column(factor, spec.strata_as)].is_null())["USUBJID"]
        if without.len():
            message = f"{many(without.len(), 'subject')} without a level of {factor}, a stratum of this analysis"
            cure = f"complete {factor} in the data, or declare an analysis that is not stratified by it"
            yield Problem("plan.missing_stratum", message, where, ", ".join(without.head(5)), cure)


def notes(context: Context, name: str, spec: ResponseAnalysis) -> Iterator[Problem]:
    """Warnings: subjects of the population who are not in the denominator, and responders without a duration.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        spec: The analysis.
    """
    where = Where(path=f"analysis.{name}")
    endpoint = cast("ResponseEndpoint", context.protocol.endpoints[spec.endpoint])
    frame = response_frame(context, spec, endpoint)
    if endpoint.denominator != spec.population:
        from equipoise.data import subjects

        outside = subjects(context.protocol, context.data, spec.population).height - frame.height
        if outside:
            message = f"{many(outside, 'subject')} of {spec.population} not in the denominator, {endpoint.denominator}"
            cure = "nothing, if the rates are meant to leave them out"
            yield Problem("plan.denominator", message, where, str(outside), cure, "warning")
    if endpoint.duration is not None:
        times = events_frame(context, endpoint.duration, spec.population)
        responders = frame.filter(frame["response"].is_in(list(endpoint.responders)))["USUBJID"]
        without = responders.filter(~responders.is_in(times["USUBJID"].implode()))
        if without.len():
            message = (
                f"{many(without.len(), 'responder')} without a record of {endpoint.duration}, left out of durations"
            )
            cure = f"complete {endpoint.duration} in the data"
            yield Problem("plan.no_duration", message, where, ", ".join(without.head(5)), cure, "warning")


def outcomes(
    protocol: Protocol, endpoint: ResponseEndpoint, frame: pl.DataFrame, times: pl.DataFrame | None
) -> tuple[Outcome, ...]:
    """The ways of responding that the endpoint declares.

    Args:
        protocol: The declared trial.
        endpoint: The response endpoint.
        frame: One row a subject: USUBJID, arm, response.
        times: One row a subject of the endpoint that clinical benefit is measured by: USUBJID, time (in the data's
            unit); None where no clinical benefit is declared.

    Returns:
        Objective response first.
    """

    def among(names: Iterable[str]) -> Bools:
        return cast("Bools", frame["response"].is_in(list(names)).to_numpy())

    objective = among(endpoint.responders)
    listed = ", ".join(endpoint.responders)
    found = [Outcome("objective", objective, f"objective response: {listed}; {_NON_RESPONDERS}")]
    if endpoint.disease_control is not None:
        listed = ", ".join(endpoint.disease_control)
        found.append(Outcome("disease_control", among(endpoint.disease_control), f"disease control: {listed}"))
    benefit = endpoint.clinical_benefit
    if benefit is not None and times is not None:
        lasting, unmeasured = _lasting(protocol, benefit, frame, times)
        stable = among(benefit.stable)
        short = int((stable & unmeasured).sum())
        words = (
            f"clinical benefit: {', '.join(endpoint.responders)}, or {', '.join(benefit.stable)} with at least "
            f"{benefit.minimum.value:g} {benefit.minimum.unit} by {benefit.measured_by}"
        )
        if short:
            words += f"; {short} stable without a record of {benefit.measured_by} count as no benefit"
        found.append(Outcome("clinical_benefit", objective | (stable & lasting), words))
    return tuple(found)


def _lasting(
    protocol: Protocol, benefit: ClinicalBenefit, frame: pl.DataFrame, times: pl.DataFrame
) -> tuple[Bools, Bools]:
    """Whose time is at least the declared minimum, and who has no time."""
    unit = protocol.time.data_unit
    minimum = convert(benefit.minimum.value, benefit.minimum.unit, unit, days_per_month=protocol.time.days_per_month)
    time = frame.select("USUBJID").join(
        times.select("USUBJID", "time"), on="USUBJID", how="left", maintain_order="left"
    )
    values = time["time"].to_numpy().astype(np.float64)
    # Exactly the minimum counts; the tolerance is for minima that are not whole in the data's unit.
    with np.errstate(invalid="ignore"):
        return values >= minimum * (1.0 - 1e-12), np.isnan(values)


def response_rows(
    protocol: Protocol, name: str, frame: pl.DataFrame, times: pl.DataFrame | None = None
) -> Iterator[Statistic]:
    """All rows of a response analysis.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        frame: One row a subject of the denominator: USUBJID, arm (index of the arm), response, strata and subgroups.
        times: Times of the endpoint that clinical benefit is measured by.
    """
    spec = cast("ResponseAnalysis", protocol.analysis[name])
    endpoint = cast("ResponseEndpoint", protocol.endpoints[spec.endpoint])
    scope = Scope(name, spec.endpoint, spec.population)
    arm = arm_column(frame)
    n = by_arm(arm, len(protocol.arms))
    yield from _best(protocol, endpoint, frame, scope, arm, n)
    for outcome in outcomes(protocol, endpoint, frame, times):
        x = by_arm(arm, len(protocol.arms), where=outcome.hit)
        yield from _rates(protocol, spec, outcome, scope, x, n)
        yield from _contrasts(protocol, spec, outcome, scope, x, n)
        yield from response_tests(protocol, spec, scope, outcome.name, tables_of(protocol, spec, outcome.hit, frame))
        if outcome.name == "objective":
            yield from response_subgroups(protocol, spec, scope, outcome.hit, frame, definition=outcome.definition)


def _best(
    protocol: Protocol, endpoint: ResponseEndpoint, frame: pl.DataFrame, scope: Scope, arm: Ints, n: Ints
) -> Iterator[Statistic]:
    """Subjects and best overall response by arm; every declared response has a row, also with nobody."""
    levels = list(endpoint.order)
    levels += [level for level in frame["response"].unique(maintain_order=True) if level not in levels]
    confirmed = "confirmed responses" if endpoint.confirmation == "required" else "responses need not be confirmed"
    text = sentences(f"best overall response of each subject of {endpoint.denominator}", confirmed)
    counts = {
        level: by_arm(arm, len(n), where=cast("Bools", (frame["response"] == level).to_numpy())) for level in levels
    }
    for index, name in enumerate(protocol.arms):
        size = int(n[index])
        yield count_row(scope.key("subjects", arm=name), size, n=size, method_text=text)
        for level in levels:
            own = scope.key("best_response", arm=name, groups=(("response", level),))
            yield count_row(own, int(counts[level][index]), denominator=size, n=size, method_text=text)


def _rates(
    protocol: Protocol, spec: ResponseAnalysis, outcome: Outcome, scope: Scope, x: Ints, n: Ints
) -> Iterator[Statistic]:
    from equipoise.kernels.proportions import clopper_pearson_many, wilson_many

    level = spec.conf_level
    methods = {
        "clopper_pearson": (clopper_pearson_many(x, n, conf_level=level), "Clopper-Pearson (exact)"),
        "wilson": (wilson_many(x, n, conf_level=level), "Wilson (score)"),
    }
    for slug, (intervals, print_name) in methods.items():
        words = sentences(f"rates with {level_text(level)}% {print_name} limits", outcome.definition)
        for index, arm in enumerate(protocol.arms):
            yield row(
                scope.key(_RATES[outcome.name], arm=arm, interval=limits_slug(slug, level)),
                intervals.at(index),
                conf_level=level,
                n=int(n[index]),
                events=int(x[index]),
                denominator=float(n[index]),
                method_text=words,
            )


def _contrasts(
    protocol: Protocol, spec: ResponseAnalysis, outcome: Outcome, scope: Scope, x: Ints, n: Ints
) -> Iterator[Statistic]:
    """Difference, ratios and number needed of each contrast, strata aside."""
    from equipoise.kernels.two_by_two import (
        difference_miettinen_nurminen,
        difference_newcombe,
        number_needed,
        odds_ratio,
        risk_ratio,
    )

    level, names = spec.conf_level, list(protocol.arms)
    for experimental, control in protocol.contrasts:
        i, j = names.index(experimental), names.index(control)
        table = int(x[i]), int(n[i]), int(x[j]), int(n[j])
        score = difference_miettinen_nurminen(*table, conf_level=level)
        hybrid = difference_newcombe(*table, conf_level=level)
        declared = score if spec.difference == "miettinen_nurminen" else hybrid
        rows = (
            ("risk_difference", "miettinen_nurminen", score, "differences with {}% Miettinen-Nurminen limits, N/(N-1)"),
            ("risk_difference", "newcombe", hybrid, "differences with {}% Newcombe limits, hybrid of Wilson's"),
            (
                "odds_ratio",
                "wald",
                odds_ratio(*table, conf_level=level),
                "odds ratios with {}% Wald limits on the log scale",
            ),
            (
                "risk_ratio",
                "wald",
                risk_ratio(*table, conf_level=level),
                "ratios of proportions with {}% Wald limits on the log scale",
            ),
            (
                "number_needed",
                spec.difference,
                number_needed(declared),
                "numbers needed with {}% limits, those of the difference inverted",
            ),
        )
        for statistic, slug, interval, words in rows:
            key = scope.key(
                statistic,
                arm=experimental,
                versus=control,
                groups=(("response", outcome.name),),
                interval=limits_slug(slug, level),
            )
            text = sentences(words.format(level_text(level)), outcome.definition)
            size = {"n": table[1] + table[3], "events": table[0] + table[2]}
            yield row(key, interval, conf_level=level, method_text=text, **size)
