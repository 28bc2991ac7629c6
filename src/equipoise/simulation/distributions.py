"""Distributions of times by arm and stratum, in numbers: the plain statement of what the generator of patients does.

Survival, density, hazard and quantiles for hazards by steps, Weibull and log-logistic times, multiplied by steps of
hazard ratios, with cured patients and a gamma frailty. Among those not cured and with cumulative hazard H,

    S(t) = (1 + v H(t))^(-1/v),    exp(-H(t)) where the variance v of the frailty is 0

(Vaupel, Manton and Stallard 1979, Demography 16:439). Everything is a closed form. Times are in one unit throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from equipoise.protocol.scenarios import ArmAssumption, StratumAssumption
    from equipoise.protocol.scenarios import Steps as DeclaredSteps

__all__ = ["Curve", "Law", "laplace", "law_of", "quantile"]

Floats = NDArray[np.float64]
Family = Literal["steps", "weibull", "log_logistic"]

_HALVINGS = 200


class Curve(Protocol):
    """A distribution of a time from 0 on, some of which may be infinite."""

    def survival(self, time: ArrayLike) -> Floats:
        """Probability of a longer time."""

    def density(self, time: ArrayLike) -> Floats:
        """Density."""

    @property
    def cuts(self) -> tuple[float, ...]:
        """Times above 0 at which the density is not smooth."""

    def __hash__(self) -> int:
        """Equal distributions are one key."""


class Law(NamedTuple):
    """A distribution of a time to an event.

    Attributes:
        family: Base hazard. `steps`: 1, so that slopes are hazards.
        shape: Of Weibull and log-logistic times; 1 of steps.
        scale: Of Weibull times the scale, of log-logistic times the median; 1 of steps.
        ends: Ends of the pieces, increasing; the last is infinite.
        slopes: Factor of the base hazard on each piece.
        cure: Fraction who never have the event.
        frailty: Variance of the gamma factor of each patient's hazard.
    """

    family: Family
    shape: float
    scale: float
    ends: tuple[float, ...]
    slopes: tuple[float, ...]
    cure: float = 0.0
    frailty: float = 0.0

    @property
    def cuts(self) -> tuple[float, ...]:
        """Times above 0 at which the density is not smooth."""
        return self.ends[:-1]

    @property
    def plain(self) -> bool:
        """Neither cured patients nor a frailty: where hazards of patients are proportional, those of groups are."""
        return self.cure == 0.0 and self.frailty == 0.0

    def cumulative(self, time: ArrayLike) -> Floats:
        """Cumulative hazard of a patient who is not cured and has a frailty of 1.

        Args:
            time: Times from 0.
        """
        at = np.asarray(time, dtype=np.float64)
        total, before = np.zeros(at.shape), 0.0
        for end, slope in zip(self.ends, self.slopes, strict=True):
            start = self._base(np.asarray(before))
            total += slope * np.maximum(self._base(np.minimum(at, end)) - start, 0.0) if slope > 0.0 else 0.0
            before = end
        return total

    def conditional_hazard(self, time: ArrayLike) -> Floats:
        """Hazard of a patient who is not cured and has a frailty of 1.

        Args:
            time: Times above 0.
        """
        at = np.asarray(time, dtype=np.float64)
        slope = np.asarray(self.slopes)[np.searchsorted(np.asarray(self.ends[:-1]), at, side="left")]
        if self.family == "steps":
            return np.asarray(slope * np.ones(at.shape))
        ratio = at / self.scale
        rise = self.shape / self.scale * ratio ** (self.shape - 1.0)
        return np.asarray(slope * (rise if self.family == "weibull" else rise / (1.0 + ratio**self.shape)))

    def survival(self, time: ArrayLike) -> Floats:
        """Probability of a longer time, the cured included.

        Args:
            time: Times from 0.
        """
        return np.asarray(self.cure + (1.0 - self.cure) * laplace(self.cumulative(time), self.frailty))

    def density(self, time: ArrayLike) -> Floats:
        """Density; its integral is 1 less the fraction cured.

        Args:
            time: Times above 0.
        """
        at = np.asarray(time, dtype=np.float64)
        rest = laplace(self.cumulative(at), self.frailty, derivative=True)
        return np.asarray((1.0 - self.cure) * self.conditional_hazard(at) * rest)

    def hazard(self, time: ArrayLike) -> Floats:
        """Hazard of those who are left, the cured included.

        Args:
            time: Times above 0.
        """
        left = self.survival(time)
        return np.asarray(np.divide(self.density(time), left, out=np.zeros_like(left), where=left > 0.0))

    def quantile(self, probability: ArrayLike) -> Floats:
        """Time by which a fraction of all, the cured included, has had the event; infinite where it never has.

        Args:
            probability: Fractions from 0 to 1.
        """
        left = (1.0 - np.asarray(probability, dtype=np.float64) - self.cure) / (1.0 - self.cure)
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log(np.maximum(left, 0.0))
            hazard = -log if self.frailty == 0.0 else np.expm1(-self.frailty * log) / self.frailty
        return self.reached(hazard)

    def reached(self, cumulative: ArrayLike) -> Floats:
        """Time at which a cumulative hazard is reached; infinite where it never is.

        Args:
            cumulative: Numbers from 0.
        """
        hazard = np.asarray(cumulative, dtype=np.float64)
        out, reached, before = np.full(hazard.shape, np.inf), 0.0, 0.0
        for end, slope in zip(self.ends, self.slopes, strict=True):
            start = float(self._base(np.asarray(before)))
            grown = slope * (float(self._base(np.asarray(end))) - start) if slope > 0.0 else 0.0
            here = (hazard >= reached) & (hazard < reached + grown)
            out = np.where(here, self._base_inverse(start + np.maximum(hazard - reached, 0.0) / (slope or 1.0)), out)
            reached, before = reached + grown, end
        return out

    def _base(self, time: Floats) -> Floats:
        if self.family == "steps":
            return time
        power = np.asarray((time / self.scale) ** self.shape)
        return power if self.family == "weibull" else np.asarray(np.log1p(power))

    def _base_inverse(self, hazard: Floats) -> Floats:
        if self.family == "steps":
            return hazard
        with np.errstate(over="ignore"):
            power = hazard if self.family == "weibull" else np.expm1(hazard)
        return np.asarray(self.scale * power ** (1.0 / self.shape))


def laplace(hazard: Floats, variance: float, *, derivative: bool = False) -> Floats:
    """The mean of exp(-V h) over a gamma variable V with mean 1, or of V exp(-V h).

    Args:
        hazard: Numbers from 0.
        variance: Of V; 0 where V is 1.
        derivative: Take the mean of V exp(-V h).
    """
    if variance == 0.0:
        return np.asarray(np.exp(-hazard))
    power = 1.0 / variance + (1.0 if derivative else 0.0)
    return np.asarray(np.exp(-power * np.log1p(variance * hazard)))


def law_of(arms: Mapping[str, ArmAssumption], arm: str, control: str, stratum: str = "", *, unit: float = 1.0) -> Law:
    """The distribution that a scenario assumes of an endpoint in one arm of one stratum.

    An arm with a hazard ratio has the fraction cured and the frailty of the control, unless it says its own.

    Args:
        arms: What is assumed of the endpoint, by arm.
        arm: The arm.
        control: Name of the control.
        stratum: The stratum, where there are several.
        unit: Length of time.unit in the unit of the result; 30.4375 for months in days.
    """
    own, base = _inside(arms[arm], stratum), _inside(arms[control], stratum)
    cure, frailty = own.cure, own.frailty
    if own.hazard_ratio is not None:
        cure = base.cure if cure is None else cure
        frailty = base.frailty if frailty is None else frailty
        family, shape, scale, of_base = _base_of(base, unit)
        ends, slopes = _product(of_base, _steps(own.hazard_ratio, unit))
    else:
        family, shape, scale, (ends, slopes) = _base_of(own, unit)
    return Law(family, shape, scale, ends, slopes, cure or 0.0, frailty or 0.0)


def quantile(curve: Curve, probability: float) -> float:
    """Time by which a fraction has had the event, by bisection; infinite where it never has.

    Args:
        curve: The distribution.
        probability: Above 0 and below 1.
    """
    return crossing(lambda time: float(curve.survival(time)), 1.0 - probability)


def crossing(survival: Callable[[float], float], level: float) -> float:
    """Where a falling function reaches a level.

    Args:
        survival: From 1 at time 0.
        level: Below 1.

    Returns:
        The time; infinite where it stays above.
    """
    high = 1.0
    while survival(high) > level:
        high *= 2.0
        if high > 1e15:
            return math.inf
    low = 0.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if survival(middle) > level else (low, middle)
    return high


def _inside(arm: ArmAssumption, stratum: str) -> StratumAssumption:
    return arm.strata[stratum] if arm.strata else arm


Pieces = tuple[tuple[float, ...], tuple[float, ...]]


def _base_of(assumed: StratumAssumption, unit: float) -> tuple[Family, float, float, Pieces]:
    whole = (math.inf,)
    if assumed.weibull is not None:
        shape, median = assumed.weibull.shape, assumed.weibull.median
        scale = assumed.weibull.scale if median is None else median * math.log(2.0) ** (-1.0 / shape)
        return "weibull", shape, (scale or 0.0) * unit, (whole, (1.0,))
    if assumed.log_logistic is not None:
        return "log_logistic", assumed.log_logistic.shape, assumed.log_logistic.median * unit, (whole, (1.0,))
    if assumed.median is not None:
        return "steps", 1.0, 1.0, (whole, (math.log(2.0) / (assumed.median * unit),))
    assert assumed.hazard is not None, "an arm without times passed the checks of the protocol"
    ends, values = _steps(assumed.hazard, unit)
    return "steps", 1.0, 1.0, (ends, tuple(value / unit for value in values))


def _steps(declared: DeclaredSteps, unit: float) -> Pieces:
    """Ends in the new unit, and values as they are."""
    if isinstance(declared, int | float):
        return (math.inf,), (float(declared),)
    ends = tuple(math.inf if piece.until is None else piece.until * unit for piece in declared)
    return ends, tuple(piece.value for piece in declared)


def _product(one: Pieces, two: Pieces) -> Pieces:
    ends = tuple(sorted({*one[0], *two[0]}))
    return ends, tuple(_at(one, end) * _at(two, end) for end in ends)


def _at(pieces: Pieces, time: float) -> float:
    return next(value for end, value in zip(*pieces, strict=True) if time <= end)
