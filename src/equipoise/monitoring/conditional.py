"""Given what a look shows, how likely is it that the trial will still succeed?

Conditional power holds one effect for true: none (`h0`), that of the design (`design`), or the one seen (`trend`).
Predictive power averages it over what is believed of the effect after the look, from a prior that is named. All count a
crossing of the efficacy bound at any look to come, as planned now; stopping for futility is ignored, as a bound that
does not bind may be.

Jennison and Turnbull (2000), Group Sequential Methods, section 10.2; Spiegelhalter, Freedman and Blackburn (1986,
Control Clin Trials 7:8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.errors import PlanError, Problem, Where
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, planned_rest

if TYPE_CHECKING:
    from equipoise.kernels._arrays import Floats

__all__ = [
    "ConditionalPower",
    "EffectPrior",
    "PredictivePower",
    "conditional_power",
    "predictive_power",
    "z_of_conditional_power",
]

Under = Literal["h0", "design", "trend"]
_REACH = 9.0
_FAR = 45.0
_PANELS = 24
_NODES = 16


@dataclass(frozen=True, slots=True)
class ConditionalPower:
    """Probability to reject, given z at a look.

    Attributes:
        under: The effect that was held for true: `h0`, `design`, `trend`.
        by_look: Cumulative probability by each look to come; the last is the conditional power.
        information: Information of those looks.
    """

    under: Under
    by_look: tuple[float, ...]
    information: tuple[float, ...]

    @property
    def total(self) -> float:
        """Probability to reject at any look to come."""
        return self.by_look[-1]


@dataclass(frozen=True, slots=True)
class EffectPrior:
    """A normal prior on the log hazard ratio, as if a number of events had shown a hazard ratio before.

    Attributes:
        hazard_ratio: Its median.
        events: What it is worth, in events; 0 is the flat prior.
    """

    hazard_ratio: float = 1.0
    events: float = 0.0

    def __post_init__(self) -> None:
        good = 0.0 < self.hazard_ratio < math.inf and 0.0 <= self.events < math.inf
        if not good:
            cure = "give a hazard ratio above 0, and how many events the prior is worth, 0 for a flat one"
            value = f"{self.hazard_ratio}, {self.events}"
            where = Where(path="monitoring.prior")
            raise PlanError(Problem("monitor.prior", "the prior is out of range", where, value, cure))

    @property
    def slug(self) -> str:
        """For keys: `flat`, `normal_hr0.8_events20`."""
        return "flat" if self.events == 0.0 else f"normal_hr{self.hazard_ratio:g}_events{self.events:g}"

    @property
    def label(self) -> str:
        """In words."""
        if self.events == 0.0:
            return "flat prior on the log hazard ratio"
        return f"normal prior on the log hazard ratio: median {self.hazard_ratio:g}, worth {self.events:g} events"


@dataclass(frozen=True, slots=True)
class PredictivePower:
    """Probability to reject at a look to come, averaged over the posterior of the effect.

    Attributes:
        prior: The prior.
        by_look: Cumulative probability by each look to come.
        mean: Posterior mean of the effect, E[z] at information 1.
        sd: Its posterior standard deviation.
    """

    prior: EffectPrior
    by_look: tuple[float, ...]
    mean: float
    sd: float

    @property
    def total(self) -> float:
        """Probability to reject at any look to come."""
        return self.by_look[-1]


def conditional_power(
    design: MonitoredDesign,
    held: Sequence[HeldLook],
    z: float,
    under: Under,
    rest: Sequence[HeldLook] | None = None,
) -> ConditionalPower:
    """Conditional power after the last look held.

    Args:
        design: The plan.
        held: Looks held, the last one the present.
        z: The statistic there; greater than 0 favours the experimental arm.
        under: The effect to hold for true.
        rest: Looks to come; those still planned where absent.

    Returns:
        The probabilities of crossing the upper bound at looks to come, whatever this look decides.

    Raises:
        PlanError: z is not finite, or no look is left.
    """
    rest = _rest(design, held, z, rest)
    information, upper, lower = _looks(design, held, rest)
    now = len(held) - 1
    if under == "h0":
        mean = np.zeros(information.size)
    elif under == "design":
        mean = np.asarray(design.mean_at(information.tolist()))
    else:
        mean = z / math.sqrt(information[now]) * np.sqrt(information)
    found = _crossed(information, upper, lower, now, z, mean[None, :])[0]
    return ConditionalPower(under, tuple(found.tolist()), tuple(information[now + 1 :].tolist()))


def predictive_power(
    design: MonitoredDesign,
    held: Sequence[HeldLook],
    z: float,
    prior: EffectPrior | None = None,
    rest: Sequence[HeldLook] | None = None,
) -> PredictivePower:
    """Predictive power after the last look held.

    With E[z] = theta sqrt(information) and theta normal beforehand, theta is normal after the look with precision
    I_0 + I_k and mean (I_0 theta_0 + sqrt(I_k) z) / (I_0 + I_k); conditional power is averaged over it by
    Gauss-Legendre quadrature, nine standard deviations to each side.

    Args:
        design: The plan.
        held: Looks held, the last one the present.
        z: The statistic there.
        prior: The prior; flat where absent.
        rest: Looks to come; those still planned where absent.

    Raises:
        PlanError: z is not finite, no look is left, or a prior on a hazard ratio for a statistic without one.
    """
    prior = EffectPrior() if prior is None else prior
    rest = _rest(design, held, z, rest)
    information, upper, lower = _looks(design, held, rest)
    now = len(held) - 1
    if prior.events > 0.0 and design.scale is None:
        cure = "leave `monitoring.prior` out: the flat prior is used"
        message = "a prior on the hazard ratio says nothing of this statistic"
        raise PlanError(Problem("monitor.prior", message, Where(path="monitoring.prior"), prior.label, cure))
    known = information[now]
    before = 0.0 if prior.events == 0.0 else -math.log(prior.hazard_ratio / design.null_ratio) * (design.scale or 0.0)
    precision = prior.events + known
    mean = (prior.events * before + math.sqrt(known) * z) / precision
    sd = 1.0 / math.sqrt(precision)
    nodes, weights = _nodes()
    theta = mean + sd * nodes
    total = weights @ _crossed(information, upper, lower, now, z, theta[:, None] * np.sqrt(information))
    return PredictivePower(prior, tuple(np.minimum(total, 1.0).tolist()), mean, sd)


def z_of_conditional_power(
    design: MonitoredDesign, held: Sequence[HeldLook], look: HeldLook, threshold: float, under: Under
) -> float:
    """The statistic at which conditional power equals a threshold: a futility bound.

    Args:
        design: The plan.
        held: Looks held before.
        look: The look, with its efficacy bound.
        threshold: The conditional power.
        under: The effect to hold for true.

    Returns:
        z; -infinite where conditional power is never that low, infinite where it is never that high, from -10 to 10.
    """
    from scipy.optimize import brentq

    looks = [*held, look]
    # Bounds to come follow from efficacy alone; futility of later looks would ask for them in turn.
    rest = planned_rest(replace(design, futility=None, binding=False), looks)
    if not rest:
        return -math.inf

    def excess(z: float) -> float:
        return conditional_power(design, looks, z, under, rest).total - threshold

    if excess(-10.0) >= 0.0:
        return -math.inf
    return math.inf if excess(10.0) <= 0.0 else float(brentq(excess, -10.0, 10.0, xtol=1e-12))


def _rest(
    design: MonitoredDesign, held: Sequence[HeldLook], z: float, rest: Sequence[HeldLook] | None
) -> Sequence[HeldLook]:
    if not held or not math.isfinite(z):
        cure = "give the statistic of the last look held"
        raise PlanError(Problem("monitor.z", "there is no finite z of a look", Where(path="design"), str(z), cure))
    rest = planned_rest(design, held) if rest is None else rest
    if not rest:
        cure = "conditional power speaks of looks to come: after the final one there are none"
        raise PlanError(Problem("monitor.after_final", "no look is left", Where(path="design"), "", cure))
    return rest


def _looks(
    design: MonitoredDesign, held: Sequence[HeldLook], rest: Sequence[HeldLook]
) -> tuple[Floats, Floats, Floats | None]:
    looks = [*held, *rest]
    information = np.array([one.information for one in looks])
    upper = np.array([one.efficacy_z for one in looks])
    return information, upper, -upper if design.sides == 2 else None


def _crossed(information: Floats, upper: Floats, lower: Floats | None, now: int, z: float, means: Floats) -> Floats:
    """(M, looks to come) cumulative probability to cross above, one row for each row of means.

    What is added to the score after a look is independent of what was there, with variance the information added.
    """
    from equipoise.kernels.group_sequential import crossing_curve

    root, left = np.sqrt(information), information[now + 1 :] - information[now]
    seen, root_left = z * root[now], np.sqrt(left)

    def moved(bound: Floats) -> Floats:
        out: Floats = (bound[now + 1 :] * root[now + 1 :] - seen) / root_left
        return out

    added = (root[now + 1 :] * means[:, now + 1 :] - root[now] * means[:, now : now + 1]) / root_left
    # Beyond what the integral takes, everything has crossed, or nothing.
    added = np.clip(added, -_FAR, _FAR)
    found = crossing_curve(left, moved(upper), None if lower is None else moved(lower), added)
    total: Floats = np.minimum(np.cumsum(found.upper, axis=1), 1.0)
    return total


def _nodes() -> tuple[Floats, Floats]:
    """Nodes and weights of a standard normal average."""
    x, w = np.polynomial.legendre.leggauss(_NODES)
    edges = np.linspace(-_REACH, _REACH, _PANELS + 1)
    half = 0.5 * np.diff(edges)[:, None]
    nodes = (edges[:-1, None] + half * (1.0 + x)).ravel()
    weights = (half * w).ravel() * np.exp(-0.5 * nodes**2) / math.sqrt(2.0 * math.pi)
    return nodes, weights
