"""What the looks of simulated trials are asked, compiled from the protocol into numbers.

Each hypothesis brings the test and the estimate that its analysis declares, or the statistic that its design names
instead. What a compiled kernel can't do is an error here, before any trial is simulated, all of it at once; supportive
tests and estimates (`also`) are not simulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import Problem, SimulationError, Where
from equipoise.kernels.sim import look_statistics as look
from equipoise.kernels.sim.cox import BRESLOW, EFRON
from equipoise.kernels.sim.look_statistics import Program
from equipoise.kernels.sim.ordering import MOST_WEIGHTS
from equipoise.protocol.method_names import cox_method, test_method
from equipoise.units import convert

if TYPE_CHECKING:
    from equipoise.protocol.analysis import CoxEstimate, Hypothesis, ResponseAnalysis, TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.study import Kind

__all__ = ["Asked", "Program", "Questions", "program_of"]

Levels = Mapping[str, str]
"""Factor → level of one stratum."""

_KINDS: Final = {
    "log_rank": look.LOG_RANK,
    "fleming_harrington": look.FLEMING_HARRINGTON,
    "modestly_weighted": look.MODEST,
    "max_combo": look.MAX_COMBO,
    "rmst": look.RMST,
    "milestone": look.MILESTONE,
    "rate": look.RATE,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is computed for one hypothesis, in words; the numbers stand in the program.

    Attributes:
        hypothesis: Its name.
        analysis: Name of its analysis.
        arm: Experimental arm.
        versus: Control arm.
        kind: Kind of the test.
        method: Slug of the test, as in the rows of an analysis.
        estimate_name: `hazard_ratio`, `rmst_difference`, `survival_difference` or `risk_difference`.
        estimate_method: Slug of the estimate.
        conf_level: Level of the interval of the estimate.
        margin: Of non-inferiority, as declared; None of superiority.
        weights: Pairs (rho, gamma) of a test by several weights or by one, else ().
        strata: Factors of the test.
        estimate_strata: Factors of the estimate.
        constant: Factors among them that the scenario says nothing of: they divide no simulated trial.
        verified: Whether strata are those verified later, and not those recorded at randomization.
    """

    hypothesis: str
    analysis: str
    arm: str
    versus: str
    kind: Kind
    method: str
    estimate_name: str
    estimate_method: str
    conf_level: float
    margin: float | None = None
    weights: tuple[tuple[float, float], ...] = ()
    strata: tuple[str, ...] = ()
    estimate_strata: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Questions:
    """A program, and what it computes in words.

    Attributes:
        program: Numbers, for `kernels.sim.look_statistics`.
        asked: Hypotheses, in the order of the program.
        strata: Most strata of a test or model, for `new_scratch`.
        weights: W, most weights of a test.
    """

    program: Program
    asked: tuple[Asked, ...]
    strata: int
    weights: int


def program_of(
    protocol: Protocol,
    scenario: str,
    hypotheses: Sequence[str] | None = None,
    *,
    strata: Sequence[Levels] | None = None,
) -> Questions:
    """Compile tests and estimates of hypotheses.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario, whose strata tests and models group.
        hypotheses: Names; all in declared order where absent.
        strata: Factor → level of each stratum of the simulated patients; those of the scenario where absent.

    Raises:
        SimulationError: All that can't be simulated as declared.
    """
    names = tuple(protocol.hypotheses if hypotheses is None else hypotheses)
    problems = [problem for name in names for problem in _problems(protocol, name)]
    if scenario not in protocol.scenarios:
        cure = "declare it, or name one of " + ", ".join(protocol.scenarios)
        problems.append(
            Problem("simulation.scenario", "there is no such scenario", Where(path="scenarios"), scenario, cure)
        )
    if problems:
        raise SimulationError(problems)
    declared = [stratum.levels for stratum in protocol.scenarios[scenario].strata.values()] or [{}]
    truth = declared if strata is None else list(strata)
    asked = tuple(_asked(protocol, name, truth) for name in names)
    program = _blank(len(asked), len(truth))
    for q, one in enumerate(asked):
        _fill(program, q, one, protocol, truth)
    return Questions(program, asked, int(program.strata.max(initial=1)), int(program.weights.max(initial=0)))


def _problems(protocol: Protocol, name: str) -> Iterator[Problem]:
    hypothesis = protocol.hypotheses[name]
    analysis = protocol.analysis[hypothesis.analysis]
    if analysis.kind not in ("time_to_event", "response"):
        message = f"{name} rests on an analysis of a kind that is not simulated"
        cure = "simulate a protocol whose hypotheses are about times to an event and response rates"
        yield Problem("simulation.analysis", message, Where(path=f"hypotheses.{name}"), analysis.kind, cure)
    elif analysis.kind == "time_to_event" and _statistic(protocol, name) is None:
        yield from _model_problems(f"analysis.{hypothesis.analysis}.estimate", analysis.estimate)


def _model_problems(path: str, model: CoxEstimate) -> Iterator[Problem]:
    """What is declared of a model and is not simulated, where it is not as it would be without being written."""
    wrong: tuple[tuple[str, bool, str], ...] = (
        ("ties", model.ties not in ("efron", "breslow"), "efron or breslow ties"),
        ("covariates", bool(model.covariates), "a model without covariates: scenarios say nothing of them"),
        ("time_dependent", bool(model.time_dependent), "a model without covariates that change in time"),
        ("variance", model.variance != "model", "the variance of the model"),
        ("cluster", model.cluster is not None, "a model without clusters"),
        ("weights", model.weights is not None, "a model without case weights"),
        ("entry", model.entry is not None, "a model without delayed entry"),
        ("penalty", model.penalty != "none", "a model without penalty"),
        ("interval", model.interval != "wald", "Wald limits"),
    )
    for key, there, instead in wrong:
        if there:
            value = getattr(model, key)
            found = ", ".join(value) if isinstance(value, tuple) else str(value)
            message = f"`{key}` of a Cox model is not simulated"
            cure = f"for a simulation declare {instead}, and this under `also`"
            yield Problem("simulation.estimate", message, Where(path=f"{path}.{key}"), found, cure)


def _statistic(protocol: Protocol, name: str) -> tuple[str, float] | None:
    """Kind and time of the statistic that a design names instead of the analysis' test."""
    design = protocol.design.get(name)
    if design is None or design.statistic is None:
        return None
    return design.statistic.kind, design.statistic.time


def _asked(protocol: Protocol, name: str, truth: Sequence[Levels]) -> Asked:
    hypothesis = protocol.hypotheses[name]
    analysis = protocol.analysis[hypothesis.analysis]
    arms = (hypothesis.arm or protocol.experimental[0], protocol.control)
    if analysis.kind == "response":
        return _of_rate(name, hypothesis, analysis, arms, truth)
    times = cast("TimeToEventAnalysis", analysis)
    statistic = _statistic(protocol, name)
    if statistic is not None:
        rmst = statistic[0] == "rmst"
        return Asked(
            name,
            hypothesis.analysis,
            *arms,
            kind="rmst" if rmst else "milestone",
            method="kaplan_meier.rmst" if rmst else "kaplan_meier.difference",
            estimate_name="rmst_difference" if rmst else "survival_difference",
            estimate_method="kaplan_meier.rmst" if rmst else "kaplan_meier",
            conf_level=times.survival.conf_level if not rmst or times.rmst is None else times.rmst.conf_level,
        )
    test, model = times.test, times.estimate
    weights: tuple[tuple[float, float], ...] = ()
    if test.kind == "max_combo":
        weights = tuple(test.weights)
    elif test.kind == "fleming_harrington":
        weights = ((test.rho, test.gamma),)
    method = cox_method(model)
    return Asked(
        name,
        hypothesis.analysis,
        *arms,
        kind=test.kind,
        method=test_method(test) if hypothesis.margin is None else f"{method}.wald.noninferiority",
        estimate_name="hazard_ratio",
        estimate_method=method,
        conf_level=model.conf_level,
        margin=hypothesis.margin,
        weights=weights,
        strata=tuple(test.strata),
        estimate_strata=tuple(model.strata),
        constant=_constant((*test.strata, *model.strata), truth),
        verified=analysis.strata_as == "verified",
    )


def _of_rate(
    name: str, hypothesis: Hypothesis, analysis: ResponseAnalysis, arms: tuple[str, str], truth: Sequence[Levels]
) -> Asked:
    stratified = ".stratified" if analysis.test.strata else ""
    strata = tuple(analysis.test.strata)
    return Asked(
        name,
        hypothesis.analysis,
        *arms,
        kind="rate",
        method=f"cochran_mantel_haenszel{stratified}"
        if hypothesis.margin is None
        else f"farrington_manning{stratified}.noninferiority",
        estimate_name="risk_difference",
        estimate_method="mantel_haenszel" if strata else "wald",
        conf_level=analysis.conf_level,
        margin=hypothesis.margin,
        strata=strata,
        estimate_strata=strata,
        constant=_constant(strata, truth),
        verified=analysis.strata_as == "verified",
    )


def _constant(factors: Sequence[str], truth: Sequence[Levels]) -> tuple[str, ...]:
    described = {factor for levels in truth for factor in levels}
    return tuple(factor for factor in dict.fromkeys(factors) if factor not in described)


def _codes(factors: Sequence[str], truth: Sequence[Levels]) -> tuple[NDArray[np.int64], int]:
    """The stratum that each stratum of a scenario belongs to: those alike in all named factors are one."""
    levels = [tuple(known.get(factor) for factor in factors) for known in truth]
    place = {found: code for code, found in enumerate(dict.fromkeys(levels))}
    return np.array([place[one] for one in levels], dtype=np.int64), len(place)


def _blank(hypotheses: int, strata: int) -> Program:
    nan = np.full(hypotheses, math.nan)
    none = np.zeros(hypotheses, dtype=np.int64)
    return Program(
        kind=none,
        weights=none.copy(),
        rho=np.zeros((hypotheses, MOST_WEIGHTS)),
        gamma=np.zeros((hypotheses, MOST_WEIGHTS)),
        t_star=nan,
        s_star=nan.copy(),
        horizon=nan.copy(),
        margin=nan.copy(),
        ties=none.copy(),
        strata=np.ones((hypotheses, 2), dtype=np.int64),
        code=np.zeros((hypotheses, 2, strata), dtype=np.int64),
        alike=none.copy(),
        verified=none.copy(),
    )


def _fill(program: Program, q: int, one: Asked, protocol: Protocol, truth: Sequence[Levels]) -> None:
    program.kind[q] = _KINDS[one.kind]
    program.verified[q] = one.verified
    for part, factors in enumerate((one.strata, one.estimate_strata)):
        program.code[q, part], program.strata[q, part] = _codes(factors, truth)
    if one.margin is not None and one.kind == "rate":
        program.margin[q] = one.margin
    elif one.margin is not None:
        # Against a margin it is the model that is tested, in its own strata.
        program.kind[q], program.margin[q] = look.WALD, math.log(one.margin)
        program.code[q, 0], program.strata[q, 0] = program.code[q, 1], program.strata[q, 1]
    program.alike[q] = np.array_equal(program.code[q, 0], program.code[q, 1])
    statistic = _statistic(protocol, one.hypothesis)
    if one.kind in ("rmst", "milestone") and statistic is not None:
        program.horizon[q] = _days(protocol, statistic[1])
    analysis = protocol.analysis[one.analysis]
    if analysis.kind != "time_to_event" or program.kind[q] in (look.RMST, look.MILESTONE):
        return
    program.ties[q] = BRESLOW if analysis.estimate.ties == "breslow" else EFRON
    if program.kind[q] == look.MAX_COMBO:
        program.weights[q] = len(one.weights)
    for j, (rho, gamma) in enumerate(one.weights):
        program.rho[q, j], program.gamma[q, j] = rho, gamma
    test = analysis.test
    if test.kind == "modestly_weighted":
        program.t_star[q] = math.nan if test.t_star is None else _days(protocol, test.t_star)
        program.s_star[q] = math.nan if test.s_star is None else test.s_star


def _days(protocol: Protocol, time: float) -> float:
    return convert(time, protocol.time.unit, "days", days_per_month=protocol.time.days_per_month)
