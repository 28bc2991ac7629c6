"""A group-sequential design: its bounds, its drift, and what happens at each look under H0 and H1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.design._search import Checks, increasing_root, near_line_root
from equipoise.design.boundaries import (
    Boundaries,
    Efficacy,
    check_not_above,
    checked_fractions,
    efficacy_boundaries,
    efficacy_z,
)
from equipoise.design.futility import (
    Futility,
    FutilityConditionalPower,
    NoFutility,
    SpendBeta,
    check_futility,
    depends_on_effect,
    futility_bounds,
)
from equipoise.design.spending import FloatArray
from equipoise.errors import KernelInputError, PlanError, Problem, Where
from equipoise.kernels.group_sequential import Crossing, crossing_curve, crossing_probabilities

__all__ = ["SequentialDesign", "sequential_design"]

_LARGEST_DRIFT = 40.0
_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class SequentialDesign:
    """A group-sequential design with K looks under H0 and under the assumed effect (H1).

    Attributes:
        boundaries: The bounds.
        mean: (K,) E[Z_k] under H1.
        reject_h1: (K,) probability under H1 of stopping above the efficacy bound at each look.
        futile_h1: (K,) probability under H1 of stopping for futility at each look.
        reject_h0: (K,) as `reject_h1`, under H0, futility obeyed.
        futile_h0: (K,) as `futile_h1`, under H0.
        power: Probability under H1 of crossing an efficacy bound, futility obeyed, in favour of experimental.
        type_one_error: The same under H0; one side's.
        type_one_error_ignoring_futility: The same when futility bounds do not exist.
        drift: E[Z_K] under H1.
        reject_low_h1: (K,) two-sided tests: probability under H1 of stopping below minus the efficacy bound at looks
            without futility (at a look with futility, that counts as futility); 0 in one-sided tests.
        reject_low_h0: (K,) the same under H0.
    """

    boundaries: Boundaries
    mean: tuple[float, ...]
    reject_h1: tuple[float, ...]
    futile_h1: tuple[float, ...]
    reject_h0: tuple[float, ...]
    futile_h0: tuple[float, ...]
    power: float
    type_one_error: float
    type_one_error_ignoring_futility: float
    drift: float
    reject_low_h1: tuple[float, ...]
    reject_low_h0: tuple[float, ...]

    @property
    def inflation_factor(self) -> float:
        """Maximum information over that of a test with one look, same level and power; 0 where power <= alpha."""
        from scipy.special import ndtri

        fixed = float(ndtri(self.power)) - float(ndtri(self.boundaries.alpha))
        return (self.drift / fixed) ** 2 if fixed > 0.0 else 0.0

    def expected_fraction(self, under: str = "h1") -> float:
        """Expected information when the trial stops, over its maximum.

        Args:
            under: "h0" or "h1".
        """
        stop = self.stopping(under)
        return float(np.dot(stop, self.boundaries.fractions))

    def stopping(self, under: str = "h1") -> tuple[float, ...]:
        """(K,) probability that the trial ends at each look, for any reason; the last look takes what is left.

        Args:
            under: "h0" or "h1".
        """
        parts = (
            (self.reject_h0, self.futile_h0, self.reject_low_h0)
            if under == "h0"
            else (self.reject_h1, self.futile_h1, self.reject_low_h1)
        )
        stop = np.sum(np.asarray(parts), axis=0)
        stop[-1] = max(1.0 - float(stop[:-1].sum()), 0.0)
        return tuple(stop.tolist())


class _Plan(NamedTuple):
    """What was asked for, checked."""

    fractions: FloatArray
    alpha: float
    efficacy: Efficacy
    futility: Futility
    binding: bool
    sides: int
    tested: tuple[bool, ...]
    futility_active: Sequence[bool] | None
    log_hazard_ratio: FloatArray | None
    fixed: Boundaries
    """Efficacy bounds when futility is ignored."""

    settled: FloatArray | None = None
    """Futility bounds that no effect changes, where alpha ignores them."""

    @property
    def ignoring(self) -> _Bounds:
        """The bounds without any futility."""
        none = np.full(self.fractions.size, -np.inf)
        return _Bounds(np.asarray(self.fixed.efficacy), np.asarray(self.fixed.alpha_spent), none)


def sequential_design(
    fractions: Sequence[float],
    alpha: float,
    *,
    power: float | None = None,
    mean: ArrayLike | None = None,
    efficacy: Efficacy,
    futility: Futility = NoFutility(),  # noqa: B008
    binding: bool = False,
    sides: int = 1,
    shape: ArrayLike | None = None,
    active: Sequence[bool] | None = None,
    futility_active: Sequence[bool] | None = None,
    log_hazard_ratio_at_bound: ArrayLike | None = None,
) -> SequentialDesign:
    """Bounds, and either the drift that has a power or the power under given means.

    Args:
        fractions: (K,) information fractions in (0, 1], increasing, the last 1.
        alpha: Level of one side, in (0, 0.5]: 0.025 for a two-sided test at 0.05.
        power: Probability of crossing an efficacy bound under H1, above alpha and below 1; or give `mean`.
        mean: (K,) E[Z_k] under H1; or give `power`.
        efficacy: Kind of efficacy bounds.
        futility: Kind of futility bounds.
        binding: Whether alpha counts on the futility rule being obeyed. If not, the efficacy bounds are computed as if
            there were no futility rule.
        sides: 1, or 2 for a test that also rejects below minus the efficacy bounds; futility is non-binding then.
        shape: (K,) E[Z_k] over E[Z_K] where power is asked for; None for sqrt(fractions), a constant effect.
        active: (K,) False for a look without an efficacy test.
        futility_active: (K,) False for a look without a futility test.
        log_hazard_ratio_at_bound: With `FutilityHazardRatio`: logarithm of the hazard ratio assumed under H1, over that
            of the null, at each look (K,) or one for all: the estimate that z = E[Z_k] stands for.

    Returns:
        The design.

    Raises:
        PlanError: Input out of range; bounds that can't have the level; a power that no drift has.
    """
    t = checked_fractions(fractions, alpha, sides=sides)
    log_ratio = _check(t.size, alpha, power, mean, shape, futility, binding, sides, futility_active,
                       log_hazard_ratio_at_bound)  # fmt: skip
    fixed = efficacy_boundaries(t.tolist(), alpha, efficacy, sides=sides, active=active)
    tested = (True,) * t.size if active is None else tuple(map(bool, active))
    plan = _Plan(t, alpha, efficacy, futility, binding and not isinstance(futility, NoFutility), sides, tested,
                 futility_active, log_ratio, fixed)  # fmt: skip
    if not plan.binding and not depends_on_effect(futility):
        plan = plan._replace(settled=_futility(plan, plan.ignoring, np.zeros(t.size), math.nan))
    if power is not None:
        form = np.sqrt(t) if shape is None else np.asarray(shape, dtype=np.float64)
        means, beta = _drift(plan, form / form[-1], power) * form / form[-1], 1.0 - power
    else:
        means = np.asarray(mean, dtype=np.float64)
        beta = _beta(plan, means)
    try:
        bounds = _bounds(plan, means, beta)
    except KernelInputError as error:
        raise PlanError(replace(error.problems[0], code="plan.bounds")) from error
    return _described(plan, bounds, means)


def _check(
    k: int,
    alpha: float,
    power: float | None,
    mean: ArrayLike | None,
    shape: ArrayLike | None,
    futility: Futility,
    binding: bool,  # noqa: FBT001
    sides: int,
    futility_active: Sequence[bool] | None,
    log_hazard_ratio: ArrayLike | None,
) -> FloatArray | None:
    check = Checks()
    check("plan.power", (power is None) != (mean is None), "exactly one of power and mean must be given", "power",
          power, "give the power to be reached, or the means of z at the looks")  # fmt: skip
    if power is not None:
        check("plan.power", alpha < power < 1.0, "power must lie above alpha and below 1", "power", power,
              "ask for a power such as 0.9")  # fmt: skip
    for name, values in (("mean", mean), ("shape", shape)):
        if values is not None:
            array = np.asarray(values, dtype=np.float64)
            good = array.shape == (k,) and bool((np.abs(array) <= 50.0).all())
            check("plan.mean", good, f"{name} must have one number from -50 to 50 for each look", name,
                  array.tolist(), "list one for each look")  # fmt: skip
            check("plan.mean", not good or name == "mean" or array[-1] > 0.0,
                  "the effect at the last look must favour experimental", name, array.tolist(),
                  "give the mean of z at each look over that at the last")  # fmt: skip
    none = isinstance(futility, NoFutility)
    check("plan.binding", sides == 1 or none or not binding, "a two-sided test has no binding futility bounds",
          "binding", binding, "make futility non-binding, or test one side")  # fmt: skip
    check_futility(check, futility, k, power, futility_active, log_hazard_ratio)
    log_ratio = None if log_hazard_ratio is None else np.asarray(log_hazard_ratio, dtype=np.float64)
    if log_ratio is not None:
        good = log_ratio.shape in ((), (k,)) and bool(np.isfinite(log_ratio).all()) and log_ratio.flat[-1] != 0.0
        check("plan.futility", good, "the assumed log hazard ratio must be finite, and not 0 at the last look",
              "log_hazard_ratio_at_bound", log_ratio.tolist(), "assume an effect: log(0.75), say")  # fmt: skip
    check.done()
    return None if log_ratio is None else np.broadcast_to(log_ratio, (k,))


class _Bounds(NamedTuple):
    """Bounds under an assumed effect.

    Attributes:
        upper: (K,) efficacy.
        spent: (K,) alpha spent by each look.
        wanted: (K,) futility as its rule says; it may be above the efficacy bounds while a drift is searched for.
    """

    upper: FloatArray
    spent: FloatArray
    wanted: FloatArray

    @property
    def lower(self) -> FloatArray:
        """(K,) futility, not above efficacy."""
        return np.minimum(self.wanted, self.upper)


def _bounds(plan: _Plan, mean: FloatArray, beta: float) -> _Bounds:
    """Efficacy and futility bounds under an assumed effect.

    With binding futility each depends on the other at earlier looks (and at later ones where a constant is searched
    for): they are computed in turn until nothing changes, after K rounds at most for spending functions.
    """
    bounds = plan.ignoring
    if plan.settled is not None:
        return bounds._replace(wanted=plan.settled)
    bounds = bounds._replace(wanted=_futility(plan, bounds, mean, beta))
    if not plan.binding:
        return bounds
    for turn in range(_ROUNDS):
        # At the last look nothing depends on a lower bound.
        counted = np.append(bounds.lower[:-1], -np.inf)
        z, spent = efficacy_z(plan.fractions, plan.alpha, plan.efficacy, plan.tested, counted, two_sided=False)
        old, bounds = bounds.wanted, _Bounds(z, spent, bounds.wanted)
        wanted = _futility(plan, bounds, mean, beta)
        if np.allclose(wanted, old, rtol=0.0, atol=1e-12):
            return bounds._replace(wanted=wanted)
        # What has not settled by then swings: half steps settle it.
        bounds = bounds._replace(wanted=wanted if turn < plan.fractions.size + 3 else 0.5 * (wanted + old))
    problem = Problem("plan.bounds", "binding futility and efficacy bounds do not settle", where=Where(path="futility"),
                      cure="make futility non-binding, or spend beta")  # fmt: skip
    raise PlanError(problem)


def _futility(plan: _Plan, bounds: _Bounds, mean: FloatArray, beta: float) -> FloatArray:
    return futility_bounds(
        plan.futility,
        plan.fractions,
        bounds.upper,
        mean,
        beta=beta,
        active=plan.futility_active,
        log_hazard_ratio=plan.log_hazard_ratio,
    )


def _stops(plan: _Plan, bounds: _Bounds) -> tuple[FloatArray, FloatArray]:
    lower = bounds.lower
    return bounds.upper, np.maximum(lower, -bounds.upper) if plan.sides == 2 else lower


def _power(plan: _Plan, bounds: _Bounds, mean: FloatArray) -> float:
    return float(crossing_probabilities(plan.fractions, *_stops(plan, bounds), mean).upper.sum())


def _drift(plan: _Plan, form: FloatArray, power: float) -> float:
    """E[Z_K] at which the design has the power."""
    from scipy.special import ndtri

    goal = float(ndtri(power))

    def gap(drift: float) -> float:
        mean = drift * form
        try:
            reached = _power(plan, _bounds(plan, mean, 1.0 - power), mean)
        except KernelInputError:
            # Binding futility bounds stop all under H0, so alpha can't be spent. Those by conditional power do so when
            # the effect is too small, the others when it is too large.
            return -3.0 if isinstance(plan.futility, FutilityConditionalPower) else 3.0
        return float(ndtri(min(max(reached, 1e-300), 1.0 - 1e-16))) - goal

    first = goal - float(ndtri(plan.alpha)) + 0.05
    largest = min(_LARGEST_DRIFT, 50.0 / float(np.abs(form).max()))
    if plan.settled is not None and first < 0.5 * largest:
        stops = _stops(plan, plan.ignoring._replace(wanted=plan.settled))

        def gaps(drifts: FloatArray) -> FloatArray:
            reached = crossing_curve(plan.fractions, *stops, drifts[:, None] * form).upper.sum(axis=1)
            return np.asarray(ndtri(np.clip(reached, 1e-300, 1.0 - 1e-16)) - goal)

        if (near := near_line_root(gaps, first)) is not None:
            return near
    root = increasing_root(gap, first, 1e-9, largest)
    if root is None:
        _bounds(plan, largest * form, 1.0 - power)  # raises where no effect is to blame: alpha can't be spent
        check = Checks()
        check("plan.power", False, "no effect, however large, has this power with these futility bounds", "power",
              power, "lower the futility bounds, or ask for less power")  # fmt: skip
        check.done()
    return float(root)  # type: ignore[arg-type]


def _beta(plan: _Plan, mean: FloatArray) -> float:
    """Total of beta to be spent when the effect is given."""
    if not isinstance(plan.futility, SpendBeta):
        return math.nan
    if plan.futility.beta is not None:
        return plan.futility.beta
    from scipy.special import ndtr, ndtri

    def gap(score: float) -> float:
        beta = float(ndtr(score))
        try:
            missed = 1.0 - _power(plan, _bounds(plan, mean, beta), mean)
        except KernelInputError:
            # So much beta stops all under H0, and alpha can't be spent.
            return 3.0
        return score - float(ndtri(min(max(missed, 1e-16), 1.0 - 1e-16)))

    least = 1.0 - _power(plan, plan.ignoring, mean)
    first = float(ndtri(min(max(least, 1e-12), 1.0 - 1e-12)))
    root = increasing_root(gap, first, -7.0, 7.0)
    check = Checks()
    check("plan.futility", root is not None, "no beta is 1 minus the power that it leaves", "futility", "",
          "state the beta to be spent")  # fmt: skip
    check.done()
    return float(ndtr(root))


def _described(plan: _Plan, bounds: _Bounds, mean: FloatArray) -> SequentialDesign:
    both = crossing_curve(plan.fractions, *_stops(plan, bounds), np.stack((mean, np.zeros(mean.size))))
    under_h1, under_h0 = Crossing(both.upper[0], both.lower[0]), Crossing(both.upper[1], both.lower[1])
    futile = np.isfinite(bounds.lower)
    parts = {
        "reject_h1": under_h1.upper,
        "reject_h0": under_h0.upper,
        "futile_h1": np.where(futile, under_h1.lower, 0.0),
        "futile_h0": np.where(futile, under_h0.lower, 0.0),
        "reject_low_h1": np.where(futile, 0.0, under_h1.lower),
        "reject_low_h0": np.where(futile, 0.0, under_h0.lower),
    }
    check = Checks()
    if not isinstance(plan.futility, SpendBeta):
        check_not_above(check, bounds.wanted, bounds.upper)
    check.done()
    ignoring = float(bounds.spent[-1])
    if plan.binding:
        ignoring = float(crossing_probabilities(plan.fractions, bounds.upper).upper.sum())
    described = replace(
        plan.fixed,
        efficacy=tuple(bounds.upper.tolist()),
        alpha_spent=tuple(bounds.spent.tolist()),
        futility=tuple(bounds.lower.tolist()),
        beta_spent=tuple(np.cumsum(parts["futile_h1"]).tolist()) if futile.any() else None,
        binding=plan.binding,
        futility_label=plan.futility.label,
    )
    return SequentialDesign(
        boundaries=described,
        mean=tuple(mean.tolist()),
        power=float(under_h1.upper.sum()),
        type_one_error=float(under_h0.upper.sum()),
        type_one_error_ignoring_futility=ignoring,
        drift=float(mean[-1]),
        **{name: tuple(values.tolist()) for name, values in parts.items()},
    )
