"""Futility bounds: kinds, and the z that each means at a look once an effect is assumed.

Futility rules do not reject anything: a trial that goes on below a non-binding one keeps its level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equipoise.design._search import Checks, increasing_root
from equipoise.design.spending import FloatArray, SpendingFunction
from equipoise.kernels.group_sequential import conditional_crossing, lower_bounds

__all__ = [
    "Futility",
    "FutilityConditionalPower",
    "FutilityHazardRatio",
    "FutilityZ",
    "NoFutility",
    "SpendBeta",
    "futility_bounds",
]


@dataclass(frozen=True, slots=True)
class NoFutility:
    """No futility bound at any look."""

    slug = "none"
    label = "none"


@dataclass(frozen=True, slots=True)
class SpendBeta:
    """Bounds by spending the type II error (Pampallona, Tsiatis and Kim 2001, Drug Inf J 35:1113).

    At the last look the bound is the efficacy bound: who does not reject, has failed.

    Attributes:
        function: Spending function, read at the total of beta.
        beta: Total to be spent when the effect is given and not solved for; None spends 1 minus the power reached.
            Where power is asked for, beta is 1 minus that, and this must be None or the same.
    """

    function: SpendingFunction
    beta: float | None = None

    @property
    def slug(self) -> str:
        """Short name for keys."""
        return "beta_" + self.function.slug

    @property
    def label(self) -> str:
        """Name for people."""
        return "beta spending, " + self.function.label


@dataclass(frozen=True, slots=True)
class FutilityZ:
    """Bounds given on the z scale.

    Attributes:
        z: One for each look but the last (or for each look); -inf for a look without.
    """

    z: tuple[float, ...]
    slug = "futility_z"
    label = "given z"

    def __post_init__(self) -> None:
        object.__setattr__(self, "z", tuple(float(value) for value in self.z))


@dataclass(frozen=True, slots=True)
class FutilityHazardRatio:
    """Stop where the estimated hazard ratio is not below a given one.

    Attributes:
        hazard_ratio: One for all looks but the last, or one for each of these; inf for a look without.
    """

    hazard_ratio: float | tuple[float, ...]
    slug = "futility_hazard_ratio"

    @property
    def label(self) -> str:
        """Name for people, with the values."""
        values = self.hazard_ratio if isinstance(self.hazard_ratio, tuple) else (self.hazard_ratio,)
        return "hazard ratio " + ", ".join(f"{value:g}" for value in values if math.isfinite(value))


@dataclass(frozen=True, slots=True)
class FutilityConditionalPower:
    """Stop where the conditional power, of crossing an efficacy bound at any later look, is below a threshold.

    Lan, Simon and Halperin (1982, Sequential Analysis 1:207). Futility at later looks is ignored.

    Attributes:
        threshold: Between 0 and 1.
        under: Effect in the rest of the trial: "design" (or "alternative", the same) as assumed, "trend" as estimated
            at the look, "null" none.
    """

    threshold: float
    under: Literal["design", "trend", "null", "alternative"] = "design"
    slug = "futility_conditional_power"

    @property
    def label(self) -> str:
        """Name for people, with the threshold."""
        under = {"trend": "the current trend", "null": "the null"}.get(self.under, "the design alternative")
        return f"conditional power below {self.threshold:g} under {under}"


Futility = NoFutility | SpendBeta | FutilityZ | FutilityHazardRatio | FutilityConditionalPower


def depends_on_effect(futility: Futility) -> bool:
    """Whether the z of the bounds depends on the effect assumed under H1.

    Args:
        futility: Kind of bounds.
    """
    if isinstance(futility, FutilityConditionalPower):
        return futility.under in ("design", "alternative")
    return isinstance(futility, SpendBeta | FutilityHazardRatio)


def futility_bounds(
    futility: Futility,
    fractions: FloatArray,
    upper: FloatArray,
    mean: FloatArray,
    *,
    beta: float = math.nan,
    active: Sequence[bool] | None = None,
    log_hazard_ratio: FloatArray | None = None,
) -> FloatArray:
    """Futility bounds on the z scale, under an assumed effect.

    Args:
        futility: Kind of bounds; checked by `check_futility` before.
        fractions: (K,) information fractions.
        upper: (K,) efficacy bounds.
        mean: (K,) E[Z_k] under the assumed effect.
        beta: Total to be spent by `SpendBeta`.
        active: (K,) False for a look without; its beta goes to the next look with one.
        log_hazard_ratio: (K,) logarithm of the assumed hazard ratio (over that of the null) that gives `mean`; may be
            0 at looks before the last, where there is no effect yet.

    Returns:
        (K,) bounds, -inf for a look without. Only those by z, hazard ratio and conditional power can be above the
        efficacy bounds.
    """
    k = fractions.size
    flags = np.ones(k, dtype=bool) if active is None else np.asarray(active, dtype=bool)
    low = np.full(k, -np.inf)
    if isinstance(futility, NoFutility):
        return low
    if isinstance(futility, SpendBeta):
        if k > 1:
            spent = futility.function.cumulative(fractions, beta)[:-1]
            low[:-1] = lower_bounds(fractions[:-1], spent, upper[:-1], mean[:-1], active=flags[:-1].tolist())
        # What is not rejected at the end is accepted there; beta is spent when the effect is such that this adds up.
        low[-1] = upper[-1]
    elif isinstance(futility, FutilityZ):
        low[: len(futility.z)] = futility.z
    elif isinstance(futility, FutilityHazardRatio):
        assert log_hazard_ratio is not None
        # z is -log(hazard ratio) times the root of the information, which the assumed effect shows: at the last look
        # where there is none at this one.
        seen = np.where(log_hazard_ratio == 0.0, log_hazard_ratio[-1], log_hazard_ratio)
        root = np.where(log_hazard_ratio == 0.0, mean[-1] * np.sqrt(fractions), mean) / seen
        low[:-1] = np.log(np.asarray(futility.hazard_ratio)) * root[:-1]
    else:
        for look in range(k - 1):
            if flags[look]:
                low[look] = _conditional(futility, fractions, upper, mean, look)
    return np.where(flags, low, -np.inf)


def _conditional(
    futility: FutilityConditionalPower, fractions: FloatArray, upper: FloatArray, mean: FloatArray, look: int
) -> float:
    """The z at which the conditional power is the threshold."""
    from scipy.special import ndtri

    goal = float(ndtri(futility.threshold))

    def gap(z: float) -> float:
        rest = mean
        if futility.under == "trend":
            # Beyond 50 the kernel sees no difference, and refuses.
            rest = np.clip(z * np.sqrt(fractions / fractions[look]), -50.0, 50.0)
        elif futility.under == "null":
            rest = np.zeros(fractions.size)
        power = float(conditional_crossing(fractions, upper, look, z, rest).upper.sum())
        return float(ndtri(min(max(power, 1e-300), 1.0 - 1e-16))) - goal

    root = increasing_root(gap, 0.5, -30.0, 30.0)
    check = Checks()
    check("plan.futility", root is not None, f"no z at look {look + 1} has that conditional power", "futility",
          futility.threshold, "choose a threshold closer to 0.2")  # fmt: skip
    check.done()
    assert root is not None
    return root


def check_futility(
    check: Checks,
    futility: Futility,
    k: int,
    power: float | None,
    active: Sequence[bool] | None,
    log_hazard_ratio: ArrayLike | None,
) -> None:
    """Note what is wrong with futility bounds.

    Args:
        check: Where problems are noted.
        futility: Kind of bounds.
        k: Number of looks.
        power: The power asked for, if it was.
        active: (K,) flags, or None.
        log_hazard_ratio: Assumed effect, or None.
    """
    check("plan.active", active is None or len(active) == k, "there must be one flag for each look",
          "futility_active", active, "say true or false for each look")  # fmt: skip
    if isinstance(futility, SpendBeta) and futility.beta is not None:
        check("plan.futility", 0.0 < futility.beta < 1.0, "beta must lie between 0 and 1", "futility", futility.beta,
              "give the type II error, such as 0.1")  # fmt: skip
        check("plan.futility", power is None or abs(futility.beta - (1.0 - power)) < 1e-9,
              "beta to be spent is not 1 minus the power", "futility", futility.beta, "leave beta out")  # fmt: skip
    if isinstance(futility, FutilityZ):
        good = len(futility.z) in (k - 1, k) and all(value < math.inf for value in futility.z)
        check("plan.futility", good, "there must be one futility z for each look (the last may be left out)",
              "futility", futility.z, "list them, -inf for a look without")  # fmt: skip
    if isinstance(futility, FutilityHazardRatio):
        ratios = np.asarray(futility.hazard_ratio, dtype=np.float64)
        good = ratios.shape in ((), (k - 1,)) and bool((ratios > 0.0).all())
        check("plan.futility", good, "hazard ratios must be above 0, one in all or one for each look but the last",
              "futility", futility.hazard_ratio, "such as 1.0")  # fmt: skip
        check("plan.futility", log_hazard_ratio is not None, "a futility hazard ratio needs the assumed one",
              "log_hazard_ratio_at_bound", "", "give the logarithm of the assumed hazard ratio")  # fmt: skip
    if isinstance(futility, FutilityConditionalPower):
        check("plan.futility", 0.0 < futility.threshold < 1.0, "conditional power must lie between 0 and 1",
              "futility", futility.threshold, "such as 0.2")  # fmt: skip
        check("plan.futility", futility.under in ("design", "trend", "null", "alternative"),
              "the effect of a conditional power is design, trend or null", "futility", futility.under,
              "write design")  # fmt: skip
