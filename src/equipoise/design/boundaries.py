"""Efficacy bounds of a group-sequential test at a level, whatever the effect: z, nominal p and spent alpha by look."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equipoise.design._search import Checks, increasing_root
from equipoise.design.efficacy import (
    Efficacy,
    FixedZ,
    HaybittlePeto,
    OBrienFleming,
    Pocock,
    Spend,
    WangTsiatis,
)
from equipoise.design.spending import FloatArray
from equipoise.errors import KernelInputError, PlanError
from equipoise.kernels.group_sequential import (
    MOST_LOOKS,
    Crossing,
    crossing_curve,
    crossing_probabilities,
    upper_bounds,
)

__all__ = [
    "Boundaries",
    "Efficacy",
    "FixedZ",
    "HaybittlePeto",
    "OBrienFleming",
    "Pocock",
    "Spend",
    "WangTsiatis",
    "efficacy_boundaries",
]


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Bounds of a group-sequential test with K looks, on the z scale.

    Attributes:
        fractions: Information fractions of the looks.
        efficacy: Upper bounds; inf where efficacy is not tested.
        futility: Lower bounds; -inf where futility is not tested.
        alpha: Level of one side, as asked for.
        sides: 1, or 2 for a test that also rejects below minus the efficacy bounds.
        alpha_spent: Cumulative probability under H0 of crossing the efficacy bounds, one side. Futility is ignored
            unless it is binding.
        beta_spent: Cumulative probability under H1 of stopping for futility, or None where that was not computed.
        binding: Whether alpha counts on the futility rule being obeyed.
        efficacy_label: Name of the efficacy bounds, for people.
        futility_label: Name of the futility bounds, "none" where there are none.
    """

    fractions: tuple[float, ...]
    efficacy: tuple[float, ...]
    futility: tuple[float, ...]
    alpha: float
    sides: int
    alpha_spent: tuple[float, ...]
    beta_spent: tuple[float, ...] | None = None
    binding: bool = False
    efficacy_label: str = ""
    futility_label: str = "none"

    @property
    def looks(self) -> int:
        """Number of looks."""
        return len(self.fractions)

    @property
    def nominal_p(self) -> tuple[float, ...]:
        """One-sided P values at the efficacy bounds; 0 where efficacy is not tested."""
        from scipy.special import ndtr

        return tuple(ndtr(-np.asarray(self.efficacy)).tolist())

    @property
    def futility_p(self) -> tuple[float, ...]:
        """One-sided P values at the futility bounds; 1 where futility is not tested."""
        from scipy.special import ndtr

        return tuple(ndtr(-np.asarray(self.futility)).tolist())

    def crossing(self, mean: ArrayLike | None = None) -> Crossing:
        """Probabilities to stop above and below at each look, futility obeyed, under any effect.

        Args:
            mean: (K,) E[Z_k]; None for 0, the null hypothesis; (M, K) for M effects at once.

        Returns:
            (K,) or (M, K) probabilities.
        """
        means = np.zeros(self.looks) if mean is None else np.asarray(mean, dtype=np.float64)
        if means.ndim == 1:
            return crossing_probabilities(self.fractions, self.efficacy, self.lower(), means)
        return crossing_curve(self.fractions, self.efficacy, self.lower(), means)

    def lower(self) -> FloatArray:
        """(K,) what stops below: futility, and in a two-sided test minus the efficacy bound where that is higher."""
        low = np.asarray(self.futility)
        return np.maximum(low, -np.asarray(self.efficacy)) if self.sides == 2 else low


def efficacy_boundaries(
    fractions: Sequence[float],
    alpha: float,
    efficacy: Efficacy,
    *,
    sides: int = 1,
    active: Sequence[bool] | None = None,
    lower: ArrayLike | None = None,
    other_side: Literal["stops", "ignored"] = "stops",
    spending_time: Sequence[float] | None = None,
    final: bool = True,
) -> Boundaries:
    """Efficacy bounds at a level, without any assumption on the effect.

    Args:
        fractions: (K,) information fractions in (0, 1], increasing; the last one is 1.
        alpha: Level of one side, in (0, 0.5]: 0.025 for a two-sided test at 0.05.
        efficacy: Kind of bounds.
        sides: 1, or 2 for symmetric bounds on abs(z).
        active: (K,) False for a look where efficacy is not tested; a spending function keeps that look's alpha for the
            next one that is. The last look must be tested.
        lower: (K,) futility bounds that are counted on (binding), one-sided tests only; None for none or non-binding.
        other_side: With two sides: "stops" counts a path that crossed one side as stopped, the exact distribution of
            abs(z) (rpact, gsDesign); "ignored" gives each side the bounds of a one-sided test, which are higher by
            what paths that cross both sides would spend twice (below 1e-5 in z at 0.025, 1e-3 at 0.1).
        spending_time: (K,) fractions at which a spending function is read; None for those of information.
        final: False for the looks so far of a trial that goes on: the last fraction may be below 1, and need not be
            tested.

    Returns:
        The bounds.

    Raises:
        PlanError: Input out of range, spending that falls or exceeds alpha, or bounds that can't have the level.
    """
    t = checked_fractions(fractions, alpha, sides=sides, final=final)
    tested = _checked_kind(t, efficacy, active, lower, sides, final=final)
    time = None if spending_time is None else _checked_time(spending_time, t.size)
    low = None if lower is None else np.asarray(lower, dtype=np.float64)
    counted = sides == 2 and other_side == "stops"
    check = Checks()
    try:
        z, spent_by = efficacy_z(t, alpha, efficacy, tested, low, two_sided=counted, time=time)
    except KernelInputError as error:
        # Everything else that the kernel may refuse was checked above.
        raise PlanError(replace(error.problems[0], code="plan.bounds")) from error
    if low is not None:
        check_not_above(check, low, z)
    check.done()
    return Boundaries(
        fractions=tuple(t.tolist()),
        efficacy=tuple(z.tolist()),
        futility=(-math.inf,) * t.size if low is None else tuple(low.tolist()),
        alpha=float(alpha),
        sides=sides,
        alpha_spent=tuple(spent_by.tolist()),
        binding=low is not None,
        efficacy_label=efficacy.label,
        futility_label="none" if low is None else "given z",
    )


def efficacy_z(
    t: FloatArray,
    alpha: float,
    efficacy: Efficacy,
    tested: Sequence[bool],
    low: FloatArray | None,
    *,
    two_sided: bool,
    time: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Bounds and spent alpha, from input that was checked; a lower bound above the upper one counts as equal to it.

    Args:
        t: (K,) information fractions.
        alpha: Level of one side.
        efficacy: Kind of bounds.
        tested: (K,) whether efficacy is tested.
        low: (K,) binding lower bounds, or None.
        two_sided: Whether each side stops the other's paths.
        time: (K,) fractions at which a spending function is read; None for `t`.

    Returns:
        (K,) bounds and (K,) alpha spent by each look.
    """
    if isinstance(efficacy, Spend):
        spent = efficacy.function.cumulative(t if time is None else time, alpha)
        _check_spending(spent, alpha, efficacy.label)
        z = upper_bounds(t, spent, low, two_sided=two_sided, active=tested)
        # A bound was solved for what is spent by its look; without one nothing is added.
        return z, np.maximum.accumulate(np.where(np.isfinite(z), spent, 0.0))
    z = _shaped(t, alpha, efficacy, np.asarray(tested), low, two_sided=two_sided)
    stops = -z if two_sided else None if low is None else np.minimum(low, z)
    return z, np.cumsum(crossing_probabilities(t, z, stops).upper)


def check_not_above(check: Checks, low: FloatArray, upper: FloatArray) -> None:
    """Note where futility bounds are above the efficacy bounds.

    Args:
        check: Where problems are noted.
        low: (K,) futility bounds.
        upper: (K,) efficacy bounds.
    """
    for look in np.flatnonzero(low > upper + 1e-9):
        check("plan.futility", False, f"at look {look + 1} the futility bound is above the efficacy bound",
              "futility", f"{low[look]:.6g} above {upper[look]:.6g}", "lower the futility bound")  # fmt: skip


def checked_fractions(fractions: Sequence[float], alpha: float, *, sides: int = 1, final: bool = True) -> FloatArray:
    """Fractions as an array, and the level, once they passed all checks.

    Args:
        fractions: (K,) information fractions.
        alpha: Level of one side.
        sides: 1 or 2.
        final: Whether the last fraction must be 1.

    Raises:
        PlanError: What is wrong with them, all at once.
    """
    t = np.atleast_1d(np.asarray(fractions, dtype=np.float64))
    check = Checks()
    check("plan.looks", t.ndim == 1 and 1 <= t.size <= MOST_LOOKS, f"there must be 1 to {MOST_LOOKS} looks",
          "looks", t.size, "plan fewer looks")  # fmt: skip
    check("plan.fractions", bool(((t > 0.0) & (t <= 1.0)).all()), "information fractions must lie in (0, 1]",
          "fractions", t.tolist(), "divide the information of each look by that of the last")  # fmt: skip
    check("plan.fractions", bool((np.diff(t) > 1e-5).all()), "information fractions must increase, by more than 1e-5",
          "fractions", t.tolist(), "list the looks in order, and one look for each amount of information")  # fmt: skip
    check("plan.fractions", not final or t.size == 0 or t[-1] == 1.0, "the last information fraction must be 1",
          "fractions", t.tolist(), "add the final look, with a fraction of 1")  # fmt: skip
    check("plan.alpha", 0.0 < alpha <= 0.5, "alpha of one side must lie in (0, 0.5]", "alpha", alpha,
          "give one side's level, such as 0.025 (a two-sided 0.05)")  # fmt: skip
    check("plan.sides", sides in (1, 2), "a test has 1 or 2 sides", "sides", sides, "write 1 or 2")
    check.done()
    return t


def _checked_kind(
    t: FloatArray,
    efficacy: Efficacy,
    active: Sequence[bool] | None,
    lower: ArrayLike | None,
    sides: int,
    *,
    final: bool,
) -> tuple[bool, ...]:
    """Which looks are tested, when the kind of bounds and the looks fit."""
    k = t.size
    check = Checks()
    tested = (True,) * k if active is None else tuple(bool(flag) for flag in active)
    check("plan.active", len(tested) == k, "there must be one flag for each look", "active", active,
          "say true or false for each look")  # fmt: skip
    check("plan.active", not final or not tested or tested[-1], "efficacy must be tested at the last look", "active",
          active, "test efficacy there, or end the trial at the look before")  # fmt: skip
    check("plan.binding", sides == 1 or lower is None, "a two-sided test has no binding futility bounds", "futility",
          "", "make futility non-binding, or test one side")  # fmt: skip
    if isinstance(efficacy, FixedZ):
        good = len(efficacy.z) == k and not any(math.isnan(value) or value == -math.inf for value in efficacy.z)
        check("plan.bounds", good, "there must be one z for each look, inf where none", "efficacy", efficacy.z,
              "list one z for each look")  # fmt: skip
    if isinstance(efficacy, WangTsiatis):
        check("plan.bounds", -2.0 <= efficacy.delta <= 1.0, "delta of Wang-Tsiatis bounds must lie in -2 to 1",
              "efficacy", efficacy.delta, "0 is O'Brien-Fleming, 0.5 is Pocock")  # fmt: skip
    if isinstance(efficacy, HaybittlePeto):
        check("plan.bounds", 0.0 < efficacy.interim_z < 38.0, "the interim z must lie between 0 and 38", "efficacy",
              efficacy.interim_z, "3 is customary")  # fmt: skip
        check("plan.bounds", efficacy.final in ("solved", "unadjusted"), "the final bound is solved or unadjusted",
              "efficacy", efficacy.final, "write solved or unadjusted")  # fmt: skip
    low = np.full(k, -np.inf) if lower is None else np.asarray(lower, dtype=np.float64)
    check("plan.futility", low.shape == (k,) and not np.isnan(low).any(), "there must be one futility z for each look",
          "futility", low.tolist(), "list one z for each look, -inf where none")  # fmt: skip
    check.done()
    return tested


def _checked_time(spending_time: Sequence[float], k: int) -> FloatArray:
    time = np.asarray(spending_time, dtype=np.float64)
    check = Checks()
    good = time.shape == (k,) and bool((time > 0.0).all()) and bool((np.diff(time) >= 0.0).all())
    check("plan.fractions", good, "spending times must be above 0 and not fall, one for each look", "spending_time",
          time.tolist(), "list one for each look")  # fmt: skip
    check.done()
    return time


def _check_spending(spent: FloatArray, alpha: float, label: str) -> None:
    found = ", ".join(f"{value:.6g}" for value in spent)
    check = Checks()
    check("plan.spending", bool(np.isfinite(spent).all() and (spent >= 0.0).all() and (np.diff(spent) >= 0.0).all()),
          f"the spending function ({label}) falls", "spending", found, "spend no less at later looks")  # fmt: skip
    check("plan.spending", bool((spent <= alpha).all()), f"the spending function ({label}) exceeds {alpha:g}",
          "spending", found, "spend at most the level")  # fmt: skip
    check.done()


def _shaped(
    t: FloatArray, alpha: float, efficacy: Efficacy, tested: FloatArray, low: FloatArray | None, *, two_sided: bool
) -> FloatArray:
    """Bounds with a shape and one number to find, so that the test has its level."""
    from scipy.special import ndtri

    if isinstance(efficacy, FixedZ):
        return np.where(tested, np.asarray(efficacy.z), np.inf)
    if isinstance(efficacy, HaybittlePeto):
        z = np.where(tested, efficacy.interim_z, np.inf)
        if t[-1] < 1.0:
            return z
        if efficacy.final == "unadjusted":
            z[-1] = -float(ndtri(alpha))
            return z
        return _last_solved(t, alpha, z, low, two_sided=two_sided)
    delta = efficacy.delta if isinstance(efficacy, WangTsiatis) else 0.5 if isinstance(efficacy, Pocock) else 0.0
    shape = np.where(tested, t ** (delta - 0.5), np.inf)

    def spent(constant: float) -> float:
        z = constant * shape
        stops = -z if two_sided else None if low is None else np.minimum(low, z)
        return float(crossing_probabilities(t, z, stops).upper.sum())

    return level_constant(spent, alpha, t.size) * shape


def _last_solved(t: FloatArray, alpha: float, z: FloatArray, low: FloatArray | None, *, two_sided: bool) -> FloatArray:
    """The last bound, given the others, so that alpha is spent exactly."""
    stops = -z if two_sided else None if low is None else np.minimum(low, z)
    before = np.cumsum(crossing_probabilities(t, np.append(z[:-1], np.inf), stops).upper)
    check = Checks()
    check("plan.bounds", before[-1] < alpha, "the interim bounds alone spend more than alpha", "efficacy",
          f"{before[-1]:.6g}", f"raise the interim z, or alpha above {before[-1]:.6g}")  # fmt: skip
    check.done()
    before[-1] = alpha
    last = upper_bounds(t, before, None if two_sided else low, two_sided=two_sided)[-1]
    return np.append(z[:-1], last)


def level_constant(spent: Callable[[float], float], alpha: float, looks: int) -> float:
    """The constant c of bounds c times a shape at which the test has its level.

    Args:
        spent: Type I error of one side at a constant; falls as the constant grows.
        alpha: Level of one side.
        looks: Number of looks: the constant lies above that of one look, and below Bonferroni's.

    Raises:
        PlanError: No constant has the level.
    """
    from scipy.special import ndtri

    goal = float(ndtri(alpha))

    def gap(constant: float) -> float:
        return float(ndtri(max(spent(constant), 1e-300))) - goal

    first = -goal + 0.1 * math.log(looks)
    root = increasing_root(lambda constant: -gap(constant), first, -goal - 8.0, -goal + 8.0)
    check = Checks()
    check("plan.bounds", root is not None, "no bounds of this shape have the level", "efficacy", alpha,
          "lower the futility bounds, or make them non-binding")  # fmt: skip
    check.done()
    assert root is not None
    return root
