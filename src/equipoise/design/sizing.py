"""Three verbs: `info` knows no alpha, `power` knows no search, and `design` calls both until the unknown is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.design.efficacy import Efficacy
from equipoise.design.futility import Futility, FutilityHazardRatio, NoFutility
from equipoise.design.information import information, require_effect
from equipoise.design.sequential import SequentialDesign, sequential_design
from equipoise.design.statistics import Information, Statistic
from equipoise.design.timing import LookRule, bound_fractions, check_looks, look_times
from equipoise.errors import PlanError, Problem

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions

__all__ = ["Sized", "Test", "design", "info", "power"]

_LARGEST_MEAN = 50.0  # of z: what lies further out has no probability in doubles

Unknown = Literal["events", "patients", "accrual", "follow_up", "power", "hazard_ratio"]


@dataclass(frozen=True, slots=True)
class Test:
    """How a hypothesis is tested: level and bounds. It knows no effect.

    Attributes:
        alpha: Level of one side, 0.025 of a two-sided 0.05.
        efficacy: Kind of efficacy bounds.
        futility: Kind of futility bounds.
        binding: Whether alpha counts on futility.
        sides: 1 or 2.
        active: Looks at which efficacy is tested; all where None.
        futility_active: Looks at which futility is tested; all where None.
    """

    __test__ = False  # no test of pytest

    alpha: float
    efficacy: Efficacy
    futility: Futility = field(default_factory=NoFutility)
    binding: bool = False
    sides: int = 1
    active: tuple[bool, ...] | None = None
    futility_active: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sized:
    """A design in numbers: looks, information and probabilities under one set of assumptions.

    Attributes:
        assumptions: The trial in numbers, the solved unknown put in.
        statistic: The statistic.
        rules: What the looks wait for, the solved unknown put in.
        information: What is expected of the statistic at the looks.
        fractions: Information fractions that the bounds go by.
        probabilities: Bounds, and what happens at each look.
        solved: The unknown that was found; "power" where nothing was searched.
        exact: Its value before rounding; for power, the power.
    """

    assumptions: Assumptions
    statistic: Statistic
    rules: tuple[LookRule, ...]
    information: Information
    fractions: tuple[float, ...]
    probabilities: SequentialDesign
    solved: Unknown
    exact: float


def info(
    assumptions: Assumptions,
    statistic: Statistic,
    *,
    times: Sequence[float] | None = None,
    events: Sequence[float] | None = None,
) -> Information:
    """Mean and information of a statistic at looks, given by their times or by their events.

    Args:
        assumptions: The trial in numbers.
        statistic: The statistic.
        times: Calendar times since the first enrolment.
        events: Numbers of events, whose times are found.

    Raises:
        PlanError: When not exactly one of times and events is given; and as `information` does.
    """
    if (times is None) == (events is None):
        message = "exactly one of times and events must be given"
        raise PlanError(Problem("plan.look_times", message, cure="give the looks by their times, or by their events"))
    if times is None:
        times = look_times(assumptions, statistic, [LookRule(events=d) for d in events or ()])
    return information(assumptions, statistic, times)


def power(found: Information, test: Test, *, fractions: Sequence[float] | None = None) -> SequentialDesign:
    """Bounds at the looks, and the probability to stop at each under both hypotheses.

    Args:
        found: What is expected of the statistic, from `info`.
        test: Level and bounds.
        fractions: Information fractions that the bounds go by; those of `found` where absent.

    Raises:
        PlanError: Bounds that can't have the level, or that this statistic can't have.
    """
    parts = tuple(found.fractions if fractions is None else fractions)
    _check_size(found)
    if found.correlation is not None:
        from equipoise.design.max_combo_design import max_combo_design

        return max_combo_design(found, test, parts)
    result = sequential_design(
        parts,
        test.alpha,
        mean=found.mean,
        efficacy=test.efficacy,
        futility=futility_for(test.futility, found),
        binding=test.binding,
        sides=test.sides,
        active=test.active,
        futility_active=test.futility_active,
        log_hazard_ratio_at_bound=log_effect(test.futility, found),
    )
    return _with_variances(result, found)


def _check_size(found: Information) -> None:
    """Refuse effects beyond what probabilities can tell apart: they are slips of the hand."""
    largest = max(found.mean, key=abs)
    if abs(largest) > _LARGEST_MEAN:
        message = f"the assumed {found.effect_name.replace('_', ' ')} is so large that z of {largest:.4g} is expected"
        cure = "check what is assumed, and its units"
        raise PlanError(Problem("plan.mean", message, value=f"{found.effect[-1]:g}", cure=cure))


def drift_for(found: Information, test: Test, parts: Sequence[float], target: float) -> float:
    """Factor on the information of all looks with which the test has a power; arguments as for `reached`.

    Args:
        found: What is expected of the statistic.
        test: Level and bounds.
        parts: Information fractions that the bounds go by.
        target: The power.
    """
    return reached(found, test, parts, target)[0]


def reached(
    found: Information, test: Test, parts: Sequence[float], target: float
) -> tuple[float, SequentialDesign | None]:
    """Factor on the information of all looks with which the test has a power, and the design there if it is known.

    Args:
        found: What is expected of the statistic; its means grow with the root of the information.
        test: Level and bounds.
        parts: Information fractions that the bounds go by.
        target: The power.
    """
    plain = found.correlation is None and all(abs(one - 1.0) < 1e-12 for one in found.spread)
    # A test that varies otherwise than its null hypothesis says, or that is the largest of several, is searched.
    if not plain or not same_fractions(found, parts):
        return _factor(found, test, parts, target), None
    result = sequential_design(
        parts,
        test.alpha,
        power=target,
        efficacy=test.efficacy,
        futility=futility_for(test.futility, found),
        binding=test.binding,
        sides=test.sides,
        shape=np.asarray(found.mean) / found.mean[-1],
        active=test.active,
        futility_active=test.futility_active,
        log_hazard_ratio_at_bound=log_effect(test.futility, found),
    )
    return (result.drift / found.mean[-1]) ** 2, result


def scaled(found: Information, factor: float) -> Information:
    """The same with all information multiplied, as by that many more patients.

    Args:
        found: What is expected of the statistic.
        factor: Above 0.
    """
    root = math.sqrt(factor)
    return replace(
        found,
        events=tuple(one * factor for one in found.events),
        enrolled=tuple(one * factor for one in found.enrolled),
        mean=tuple(one * root for one in found.mean),
        information=tuple(one * factor for one in found.information),
        null_information=tuple(one * factor for one in found.null_information),
        component_mean=tuple(one * root for one in found.component_mean),
    )


def _factor(found: Information, test: Test, parts: Sequence[float], target: float) -> float:
    from scipy.optimize import brentq

    def gap(log_factor: float) -> float:
        return probit(power(scaled(found, math.exp(log_factor)), test, fractions=parts).power) - probit(target)

    # The drift of one look is near enough to start from.
    start = 2.0 * math.log((probit(target) - probit(test.alpha)) / found.mean[-1])
    low, high = start - 0.7, start + 0.7
    for _ in range(20):
        if gap(low) < 0.0:
            break
        low -= 1.0
    for _ in range(20):
        if gap(high) > 0.0:
            break
        high += 1.0
    return math.exp(float(brentq(gap, low, high, xtol=1e-13, rtol=1e-13)))


def same_fractions(found: Information, parts: Sequence[float]) -> bool:
    """Whether the statistic's information grows as the fractions that the bounds go by.

    Args:
        found: What is expected of the statistic.
        parts: Those fractions.
    """
    own = [one / found.information[-1] for one in found.information]
    return all(abs(one - two) < 1e-9 for one, two in zip(own, parts, strict=True))


def futility_for(futility: Futility, found: Information) -> Futility:
    """The futility bounds as they apply to a statistic: hazard ratios are taken over the null hypothesis'.

    Args:
        futility: Kind of futility bounds.
        found: What is expected of the statistic.

    Raises:
        PlanError: Hazard ratios for a statistic that estimates none.
    """
    if not isinstance(futility, FutilityHazardRatio):
        return futility
    if not found.effect_name.endswith("hazard_ratio"):
        message = f"the statistic estimates a {found.effect_name.replace('_', ' ')}, not a hazard ratio"
        cure = "bound futility by z, beta spending or conditional power"
        raise PlanError(Problem("plan.futility", message, cure=cure))
    ratios = futility.hazard_ratio
    if isinstance(ratios, tuple):
        return FutilityHazardRatio(tuple(one / found.null_effect for one in ratios))
    return FutilityHazardRatio(ratios / found.null_effect)


def log_effect(futility: Futility, found: Information) -> tuple[float, ...] | None:
    """Log hazard ratios, over the null hypothesis', that the means stand for; None where no bound needs them.

    Args:
        futility: Kind of futility bounds.
        found: What is expected of the statistic.
    """
    if not isinstance(futility, FutilityHazardRatio):
        return None
    require_effect(found)
    return tuple(-mean / math.sqrt(one) for mean, one in zip(found.mean, found.null_information, strict=True))


def probit(probability: float) -> float:
    """The normal quantile of a probability, finite at 0 and 1.

    Args:
        probability: From 0 to 1.
    """
    from scipy.special import ndtri

    return float(ndtri(min(max(probability, 1e-300), 1.0 - 1e-16)))


def _with_variances(result: SequentialDesign, found: Information) -> SequentialDesign:
    """The design where the statistic varies otherwise under the assumptions than the test thinks.

    Z / spread has variance 1, and its looks are correlated by the information under the assumptions.
    """
    bounds = result.boundaries
    own = np.asarray(found.information) / found.information[-1]
    spread = np.asarray(found.spread)
    if np.allclose(spread, 1.0, atol=1e-12) and np.allclose(own, bounds.fractions, atol=1e-12):
        return result
    from equipoise.kernels.group_sequential import crossing_probabilities

    upper, lower = np.asarray(bounds.efficacy), bounds.lower()
    under = crossing_probabilities(own, upper / spread, lower / spread, np.asarray(found.mean) / spread)
    futile = np.isfinite(np.asarray(bounds.futility))
    stopped = np.where(futile, under.lower, 0.0)
    return replace(
        result,
        reject_h1=tuple(under.upper.tolist()),
        futile_h1=tuple(stopped.tolist()),
        reject_low_h1=tuple(np.where(futile, 0.0, under.lower).tolist()),
        power=float(under.upper.sum()),
        boundaries=replace(bounds, beta_spent=tuple(np.cumsum(stopped).tolist()) if futile.any() else None),
    )


def design(
    assumptions: Assumptions,
    statistic: Statistic,
    looks: Sequence[LookRule],
    test: Test,
    *,
    target: float | None = None,
    solve: Unknown = "power",
    multiple: int | None = None,
) -> Sized:
    """One unknown, the others given: its value, the looks, and what happens at each.

    Args:
        assumptions: The trial in numbers.
        statistic: The statistic.
        looks: What each look waits for.
        test: Level and bounds.
        target: Power that the design is to have; needed unless the power is what is asked.
        solve: The unknown.
        multiple: Round: events up to whole ones, patients up to multiples of this number. None leaves them as found.

    Raises:
        PlanError: When the unknown has no value, with what can be reached instead.
    """
    from equipoise.design.solve import solve_for

    return solve_for(assumptions, statistic, tuple(looks), test, target=target, solve=solve, multiple=multiple)


def evaluate(
    assumptions: Assumptions,
    statistic: Statistic,
    looks: Sequence[LookRule],
    test: Test,
    *,
    last: float | None = None,
    solved: Unknown = "power",
    exact: float | None = None,
) -> Sized:
    """The design as it is, nothing searched.

    Args:
        assumptions: The trial in numbers.
        statistic: The statistic.
        looks: What each look waits for.
        test: Level and bounds.
        last: Time of the last look, where its rule does not decide.
        solved: What was found before.
        exact: Its value before rounding.

    Raises:
        PlanError: Looks that are never reached or not in order, and bounds that can't be.
    """
    times = look_times(assumptions, statistic, looks, last=last)
    found = information(assumptions, statistic, times)
    # Looks at whole events are looks at whole events, whatever their times have been rounded to.
    found = replace(found, events=tuple(_whole(one) for one in found.events))
    check_looks(assumptions, found, looks)
    parts = bound_fractions(statistic, found)
    result = power(found, test, fractions=parts)
    value = result.power if exact is None else exact
    return Sized(assumptions, statistic, tuple(looks), found, parts, result, solved, value)


def _whole(number: float) -> float:
    nearest = float(round(number))
    return nearest if abs(number - nearest) <= 1e-9 * number else number
