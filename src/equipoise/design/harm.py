"""A rule that stops a trial, or an arm, for harm: how often it would, whatever the truth.

Overall survival is often looked at when progression-free survival is final, not to claim a benefit but to make sure
that there is no harm. Such a rule stops when z lies below a bound, or the hazard ratio above a value. It gives no
chance to reject, so it spends no alpha: with it the error for efficacy is at most what it is without.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.errors import PlanError, Problem, Where

__all__ = ["HarmHazardRatio", "HarmProbabilities", "HarmZ", "harm_bounds", "harm_probabilities"]


@dataclass(frozen=True, slots=True)
class HarmZ:
    """Stop where z is at or below a bound.

    Attributes:
        z: One a look, None for a look without the rule; z < 0 is harm.
    """

    z: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class HarmHazardRatio:
    """Stop where the estimated hazard ratio is at or above a value.

    Attributes:
        hazard_ratio: One a look, None for a look without the rule.
    """

    hazard_ratio: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class HarmProbabilities:
    """How often a trial stops for harm.

    Attributes:
        z: The bounds, -inf for a look without.
        stop: Probability to stop for harm at each look, not having stopped before.
        efficacy: Probability to stop for efficacy at each look, the harm rule obeyed; 0 without efficacy bounds.
    """

    z: tuple[float, ...]
    stop: tuple[float, ...]
    efficacy: tuple[float, ...]

    @property
    def total(self) -> float:
        """Probability to stop for harm at any look."""
        return math.fsum(self.stop)


def harm_bounds(rule: HarmZ | HarmHazardRatio, events: Sequence[float], ratio: float = 1.0) -> tuple[float, ...]:
    """The bounds of a rule on the z scale.

    A hazard ratio h at d events corresponds to z = -log(h) sqrt(d r) / (1 + r), the null information of the log-rank
    test with r experimental subjects to one control (Schoenfeld 1981, Biometrika 68:316).

    Args:
        rule: The rule, with one entry a look.
        events: Events at the looks; of HarmZ only their number is used.
        ratio: Allocation, experimental to control.

    Returns:
        One z a look, -inf where the rule does not look.

    Raises:
        PlanError: When entries and looks differ in number, or a value is outside its range (`plan.harm`).
    """
    found: list[Problem] = []
    entries = rule.z if isinstance(rule, HarmZ) else rule.hazard_ratio
    if len(entries) != len(events):
        found.append(_problem(f"the harm rule has {len(entries)} values for {len(events)} looks", entries,
                              "give one a look, null for a look without"))  # fmt: skip
    if any(one is not None and not math.isfinite(one) for one in entries):
        found.append(_problem("a bound for harm is not finite", entries, "give numbers, null for a look without"))
    if isinstance(rule, HarmHazardRatio):
        if any(one is not None and not one > 0 for one in entries):
            found.append(_problem("a hazard ratio is not greater than 0", entries, "harm is a hazard ratio above 1"))
        if not ratio > 0 or not math.isfinite(ratio):
            found.append(_problem("the allocation ratio is not greater than 0", ratio, "experimental to control: 1, 2"))
        if any(not one > 0 or not math.isfinite(one) for one in events):
            found.append(_problem("events are not greater than 0", tuple(events), "give the events of each look"))
    if found:
        raise PlanError(found)
    if isinstance(rule, HarmZ):
        return tuple(-math.inf if one is None else float(one) for one in entries)
    return tuple(
        -math.inf if one is None else -math.log(one) * math.sqrt(d * ratio) / (1.0 + ratio)
        for one, d in zip(entries, events, strict=True)
    )


def harm_probabilities(
    information: Sequence[float],
    harm: Sequence[float],
    mean: Sequence[float] | None = None,
    efficacy: Sequence[float] | None = None,
) -> HarmProbabilities:
    """Probability to stop for harm at each look.

    Args:
        information: Statistical information at the looks, increasing, any scale (events).
        harm: Bounds on the z scale, as `harm_bounds` gives them.
        mean: E(z) at the looks under the truth that is asked about; 0 where absent. For a hazard ratio h with the null
            information i it is -log(h) sqrt(i).
        efficacy: Efficacy bounds that may stop the trial first; none where absent.

    Returns:
        Probabilities by look.

    Raises:
        PlanError: When lengths differ or a bound for harm is not below the efficacy bound.
        KernelInputError: When information or mean are outside their limits.
    """
    import numpy as np

    from equipoise.kernels.group_sequential import crossing_probabilities

    looks = len(information)
    upper = (math.inf,) * looks if efficacy is None else tuple(efficacy)
    found = [
        _problem(f"{what} has {len(values)} values for {looks} looks", tuple(values), "give one a look")
        for what, values in (("harm", harm), ("mean", mean or (0.0,) * looks), ("efficacy", upper))
        if len(values) != looks
    ]
    found += [
        _problem(f"at look {k} the bound for harm is not below the efficacy bound", low, "make harm a z below 0")
        for k, (low, high) in enumerate(zip(harm, upper, strict=False), start=1)
        if not low < high
    ]
    if found:
        raise PlanError(found)
    crossing = crossing_probabilities(
        np.asarray(information, dtype=np.float64),
        np.asarray(upper, dtype=np.float64),
        np.asarray(harm, dtype=np.float64),
        None if mean is None else np.asarray(mean, dtype=np.float64),
    )
    return HarmProbabilities(
        tuple(map(float, harm)), tuple(map(float, crossing.lower)), tuple(map(float, crossing.upper))
    )


def _problem(message: str, value: object, cure: str) -> Problem:
    return Problem("plan.harm", message, Where(path="design"), str(value), cure)
