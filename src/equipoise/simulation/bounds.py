"""Bounds of simulated looks, with the information that each trial really had: those that monitoring would apply.

The rules are those of `equipoise.monitoring.boundaries`: spending at the smaller of the planned and the actual
information fraction, at the last look all of alpha that is left, correlations of the actual information; looks that
are not held are skipped. Here they are followed in many trials at once. Two things that monitoring refuses happen to
simulated trials, and have an answer here:

- an interim look with all of the planned information or more is held like any other: it spends what the plan lets it;
- a look that adds nothing to the one before (no more than 0.001% of information) tests nothing; where it is the last,
  its bound is as if the look before had not been held, since both see the same.

What information is: events for the log-rank test and for its hazard ratio against a margin; the variance of the score
for weighted tests; 1 / se^2 for differences of restricted means, milestones and response rates. MaxCombo has the bounds
of its plan, by the correlations assumed there, whatever the trial shows; without a design there is one look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import Problem, SimulationError, Where
from equipoise.monitoring.boundaries import MonitoredDesign
from equipoise.simulation.spending import cumulative, spent_by_look

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.protocol.designs import Harm
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.outcome import UnitOutcome
    from equipoise.simulation.study import Tested

__all__ = [
    "Bounds",
    "LookInformation",
    "Rules",
    "bounds_of",
    "efficacy_of_level",
    "information_of",
    "rules_of",
    "solved",
    "spending_time",
    "wanted",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_CLOSE = 1e-5


@dataclass(frozen=True, slots=True)
class Rules:
    """What the looks of one hypothesis go by.

    Attributes:
        design: The plan, as monitoring reads it.
        counted: Whether information is events.
        largest: Whether the statistic is the largest of several, with the bounds of the plan.
        plan: The plan; None for one look without a design.
        harm: The declared rule for harm; None for none.
    """

    design: MonitoredDesign
    counted: bool
    largest: bool
    plan: Plan | None
    harm: Harm | None

    @property
    def two_sided(self) -> bool:
        """Whether a trial also stops below minus the efficacy bound."""
        return self.design.sides == 2 and not self.largest

    @property
    def stops_below(self) -> bool:
        """Whether there is a bound for futility or harm."""
        from equipoise.design.futility import NoFutility

        return self.harm is not None or not isinstance(self.design.futility, NoFutility | None)


@dataclass(frozen=True, slots=True)
class LookInformation:
    """Information at the looks of one hypothesis.

    Attributes:
        information: (T, L) as observed; 0 where the look is not used.
        usable: (T, L) whether the look was held and gave a statistic.
    """

    information: Floats
    usable: Flags


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds on the z scale at the level of the plan.

    Attributes:
        efficacy: (T, L) infinite for a look without.
        futility: (T, L) -infinite for a look without; rules for harm are not in it.
    """

    efficacy: Floats
    futility: Floats


def rules_of(protocol: Protocol, tested: Tested) -> Rules:
    """What the looks of a hypothesis go by.

    Args:
        protocol: The declared trial.
        tested: The hypothesis.

    Raises:
        SimulationError: Several looks without a design.
    """
    plan = tested.plan
    largest = tested.kind == "max_combo"
    if plan is None:
        from equipoise.design.efficacy import Spend
        from equipoise.design.spending import PocockType

        if tested.looks != 1:
            message = f"{tested.hypothesis} has {tested.looks} looks and no design"
            where = Where(path=f"design.{tested.hypothesis}")
            raise SimulationError(
                Problem("simulation.no_design", message, where, cure="declare the design of its looks")
            )
        one = MonitoredDesign((1.0,), min(tested.level, 0.5) or 0.5, Spend(PocockType()), tested.sides, scale=None)
        return Rules(one, counted=False, largest=largest, plan=None, harm=None)
    declared = protocol.design.get(tested.hypothesis)
    counted = tested.kind == "log_rank"
    return Rules(_design(tested, plan), counted, largest, plan, None if declared is None else declared.harm)


def _design(tested: Tested, plan: Plan) -> MonitoredDesign:
    if tested.kind in ("log_rank", "fleming_harrington", "modestly_weighted"):
        from equipoise.monitoring.looks import monitored_design

        return monitored_design(plan)
    from equipoise.design.futility import FutilityHazardRatio, FutilityZ

    test, chances = plan.test, plan.probabilities
    futility = test.futility
    if isinstance(futility, FutilityHazardRatio):
        futility = FutilityZ(chances.boundaries.futility)
    # Restricted means are differences of times: in days here, in the protocol's unit there.
    unit = plan.days_per_unit**-2.0 if tested.kind == "rmst" else 1.0
    spent = chances.boundaries.beta_spent
    return MonitoredDesign(
        information=tuple(one * unit for one in plan.information.null_information),
        alpha=test.alpha,
        efficacy=test.efficacy,
        sides=test.sides,
        active=test.active or (),
        futility=futility,
        futility_active=test.futility_active or (),
        binding=test.binding,
        mean=tuple(chances.mean),
        beta=spent[-1] if spent else 1.0 - chances.power,
        scale=None,
    )


def information_of(rules: Rules, tested: Tested, outcome: UnitOutcome) -> LookInformation:
    """The information of the looks of a hypothesis, as observed.

    Args:
        rules: Its rules.
        tested: The hypothesis.
        outcome: A unit of trials.
    """
    ks = list(tested.ks)
    if rules.counted:
        found = outcome.events[:, ks].sum(axis=2).astype(np.float64)
    elif rules.plan is None or rules.largest:
        found = np.broadcast_to(np.asarray(rules.design.information), (outcome.trials, len(ks)))
    else:
        found = outcome.information[:, ks]
    with np.errstate(invalid="ignore"):
        usable = outcome.held[:, ks] & np.isfinite(outcome.z[:, ks]) & np.isfinite(found) & (found > 0.0)
    last = np.zeros(outcome.trials)
    for look in range(len(ks) - 1):
        usable[:, look] &= found[:, look] > last * (1.0 + _CLOSE)
        last = np.where(usable[:, look], found[:, look], last)
    return LookInformation(np.where(usable, found, 0.0), usable)


def bounds_of(rules: Rules, seen: LookInformation) -> Bounds:
    """Efficacy and futility bounds at the level of the plan.

    Args:
        rules: Rules of the hypothesis.
        seen: (T, L) information as observed.
    """
    some, back = _distinct(rules, seen)
    upper, lower = _both(rules, some)
    return Bounds(upper[back], lower[back])


def efficacy_of_level(rules: Rules, seen: LookInformation, level: float, futility: Floats | None = None) -> Floats:
    """Efficacy bounds that the looks have at any level from the start, such as one that was passed on.

    Args:
        rules: Rules of the hypothesis.
        seen: (T, L) information as observed.
        level: Level of one side.
        futility: (T, L) futility bounds at the level of the plan; needed where they are binding.

    Returns:
        (T, L) bounds, infinite for a look without.
    """
    if rules.largest:
        from equipoise.simulation.largest import largest_bounds

        z = np.asarray(largest_bounds(rules, level))
        return np.where(seen.usable, z, np.inf)
    if rules.design.binding:
        assert futility is not None
        return _efficacy(rules.design, seen, level, futility)
    some, back = _distinct(rules, seen)
    return _efficacy(rules.design, some, level, None)[back]


def _distinct(rules: Rules, seen: LookInformation) -> tuple[LookInformation, NDArray[np.int64]]:
    """The distinct rows where information is counted, since events that a look waits for are the same in most."""
    trials = seen.information.shape[0]
    if not rules.counted or trials < 2:
        return seen, np.arange(trials)
    key = np.zeros(trials, dtype=np.int64)
    base = np.int64(seen.information.max()) + 2
    if float(base) ** seen.information.shape[1] >= 2.0**62:
        return seen, np.arange(trials)
    for column, usable in zip(seen.information.T, seen.usable.T, strict=True):
        key = key * base + np.where(usable, column.astype(np.int64) + 1, 0)
    _, first, back = np.unique(key, return_index=True, return_inverse=True)
    return LookInformation(seen.information[first], seen.usable[first]), back.reshape(-1)


def _both(rules: Rules, seen: LookInformation) -> tuple[Floats, Floats]:
    """Efficacy and futility, each of which may depend on the other at earlier looks."""
    from equipoise.design.futility import NoFutility
    from equipoise.simulation.futility import futility_at
    from equipoise.simulation.largest import largest_bounds

    design = rules.design
    low = np.full(seen.information.shape, -np.inf)
    if rules.largest:
        return np.where(seen.usable, np.asarray(largest_bounds(rules, design.alpha)), np.inf), low
    upper = _efficacy(design, seen, design.alpha, low)
    if design.futility is None or isinstance(design.futility, NoFutility):
        return upper, low
    for look in range(design.looks - 1):
        low[:, look] = futility_at(design, seen, upper, low, look)
        if design.binding:
            upper = _efficacy(design, seen, design.alpha, low)
    return upper, low


def spending_time(design: MonitoredDesign, seen: LookInformation) -> Floats:
    """Fractions at which a spending function is read: 1 at the last look, at others the smaller of plan and fact.

    Args:
        design: The plan.
        seen: (T, L) information as observed.

    Returns:
        (T, L) fractions, which do not fall.
    """
    planned = np.asarray(design.information) / design.maximum
    pace = np.minimum(seen.information / design.maximum, planned)
    pace[:, -1] = 1.0
    time: Floats = np.maximum.accumulate(np.where(seen.usable, pace, 0.0), axis=1)
    return time


def _efficacy(design: MonitoredDesign, seen: LookInformation, level: float, lower: Floats | None) -> Floats:
    """(T, L) bounds at a level; `lower` counts where it is binding."""
    given, target = wanted(design, seen, level)
    low = np.full(given.shape, -np.inf)
    if design.binding and lower is not None:
        low = lower
    return solved(seen, given, target, low, np.zeros(given.shape), sides=design.sides)


def solved(
    seen: LookInformation,
    given: Floats,
    target: Floats,
    stop: Floats,
    mean: Floats,
    *,
    sides: int = 1,
    capped: bool = False,
) -> Floats:
    """Upper bounds of many trials; see `equipoise.kernels.sim.sequential.solve_rows`.

    Args:
        seen: (T, L) information as observed.
        given: (T, L) bounds that are as they are, NaN where they are solved.
        target: (T, L) cumulative probability of an exit above.
        stop: (T, L) lower bounds that stop too.
        mean: (T, L) E[z] under which the probability is spent.
        sides: 1 or 2.
        capped: Whether a bound below `stop` is raised to it.

    Returns:
        (T, L) bounds, infinite for a look without.
    """
    from equipoise.kernels.sim.sequential import gauss_legendre, solve_rows

    shape = seen.information.shape
    bound, spent = np.empty(shape), np.empty(shape)
    arrays = [np.ascontiguousarray(np.broadcast_to(one, shape)) for one in (given, target, stop, mean)]
    usable = np.ascontiguousarray(seen.usable, dtype=np.uint8)
    solve_rows(np.ascontiguousarray(seen.information), usable, *arrays, sides, int(capped), gauss_legendre(), bound,
               spent)  # fmt: skip
    return bound


def wanted(design: MonitoredDesign, seen: LookInformation, level: float) -> tuple[Floats, Floats]:
    """What the bounds are to be at a level.

    Args:
        design: The plan.
        seen: (T, L) information as observed.
        level: Level of one side.

    Returns:
        (T, L) bounds that are given, NaN where they are solved, and (T, L) what one side may have spent by each look.
    """
    from equipoise.design.efficacy import FixedZ, HaybittlePeto, Spend
    from equipoise.design.spending import ListedAlpha

    shape = seen.information.shape
    rule = design.efficacy
    given, target = np.full(shape, np.nan), np.full(shape, level)
    if isinstance(rule, FixedZ):
        given[:] = rule.z
    elif isinstance(rule, HaybittlePeto):
        given[:, :-1] = rule.interim_z
        if rule.final == "unadjusted":
            from equipoise.kernels.sim.normal import tail_quantile

            given[:, -1] = tail_quantile(level)
    elif isinstance(rule, Spend) and not isinstance(rule.function, ListedAlpha):
        time = spending_time(design, seen)[:, :-1]
        if time.size:
            target[:, :-1] = cumulative(rule.function, time, level)
    else:
        target[:, :-1] = spent_by_look(design, level)[:-1]
    for look in range(shape[1]):
        if not design.may_stop(look + 1, final=look == shape[1] - 1):
            given[:, look] = np.inf
    return given, target
