"""Hazards of progression and death from the medians that are published: progression-free survival, overall survival.

Illness-death model with constant hazards (Fix and Neyman 1951, Human Biology 23:205; in oncology Meller, Beyersmann and
Rufibach 2019, Stat Med 38:4270): progression a, death before progression b, death after progression c, all by time
since randomization. With L = a + b

    S_PFS(t) = exp(-L t),    S_OS(t) = exp(-L t) + a (exp(-c t) - exp(-L t)) / (L - c).

The median of progression-free survival gives L, the share of deaths among its events splits it, and the median of
overall survival gives c, which S_OS decreases in.
"""

from __future__ import annotations

import math

from equipoise.errors import Problem, SimulationError, Where

__all__ = ["course_hazards", "survival_medians"]

_LN2 = math.log(2.0)
_HALVINGS = 64
"""Of a bracket that spans a factor of 2: more than doubles can tell apart."""
_FASTEST = 2.0**40
"""Largest hazard of death after progression, as a multiple of the hazard of progression-free survival."""


def course_hazards(
    progression_free_median: float, survival_median: float, deaths_first: float, *, path: str = ""
) -> tuple[float, float, float]:
    """Constant hazards that have these medians.

    Args:
        progression_free_median: Median of the time to progression or death, above 0, any one unit.
        survival_median: Median of the time to death, in the same unit.
        deaths_first: Share of the events of progression-free survival that are deaths, from 0 to below 1.
        path: Where in trial.yaml this is assumed, for the message.

    Returns:
        (progression, death, death_after): hazards per unit of time, to about 1e-14 relative where the medians determine
        them so well. `death_after` equals `progression + death` where death after progression is as fast as all
        events were; that is no case of its own.

    Raises:
        SimulationError: Numbers outside their range, or a median of survival that no hazard of death after progression
            leads to; the message names the medians that are possible.
    """
    wrong = [
        _problem(f"{name} must be a number above 0", value, path, "give a median in time.unit")
        for name, value in (
            ("the median of progression-free survival", progression_free_median),
            ("the median of overall survival", survival_median),
        )
        if not 0.0 < value < math.inf
    ]
    if not 0.0 <= deaths_first < 1.0:
        message = "the share of deaths among the events of progression-free survival must be from 0 to below 1"
        wrong.append(_problem(message, deaths_first, path, "give a fraction such as 0.2"))
    if wrong:
        raise SimulationError(wrong)
    leaving = _LN2 / progression_free_median
    progression, death = (1.0 - deaths_first) * leaving, deaths_first * leaving
    after = _death_after(survival_median, progression, death)
    if after is None:
        lowest, highest = survival_medians(progression_free_median, deaths_first)
        possible = f"above {lowest:.10g}" + (f" and below {highest:.10g}" if math.isfinite(highest) else "")
        message = (
            f"no hazard of death after progression gives a median of overall survival of {survival_median:.10g}: with "
            f"a median of {progression_free_median:.10g} until progression or death, and {deaths_first:.10g} of these "
            f"events deaths, it is {possible}"
        )
        cure = f"assume a median of overall survival {possible}, or another share of deaths"
        raise SimulationError(_problem(message, survival_median, path, cure))
    return progression, death, after


def survival_medians(progression_free_median: float, deaths_first: float) -> tuple[float, float]:
    """The medians of overall survival that can be: those strictly between the two.

    At the lowest everybody dies on progression, at the highest nobody dies after it.

    Args:
        progression_free_median: Median of the time to progression or death, above 0.
        deaths_first: Share of these events that are deaths, from 0 to below 1.

    Returns:
        Lowest and highest; the latter infinite where half or more progress before they die.
    """
    if deaths_first <= 0.5:
        return progression_free_median, math.inf
    leaving = _LN2 / progression_free_median
    # If nobody dies after progression, deaths_first * (1 - exp(-leaving t)) have died by t.
    return progression_free_median, -math.log1p(-0.5 / deaths_first) / leaving


def _death_after(median: float, progression: float, death: float) -> float | None:
    """The hazard at which survival at the median is 1/2; None where there is none."""
    leaving = progression + death
    free = math.exp(-leaving * median)

    def excess(after: float) -> float:
        return free - 0.5 + progression * _had_and_lived(median, leaving, after)

    high = leaving
    if excess(high) > 0.0:
        while excess(high) > 0.0:
            high *= 2.0
            if high > _FASTEST * leaving:
                return None
        low = 0.5 * high
    else:
        low = high
        while excess(low) <= 0.0:
            low *= 0.5
            if low * _FASTEST < leaving:
                return None
        high = 2.0 * low
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


def _had_and_lived(time: float, leaving: float, after: float) -> float:
    """The integral over u from 0 to t of exp(-leaving u - after (t - u)), whether or not the two are equal."""
    slow, gap = min(leaving, after), abs(leaving - after) * time
    mean = -math.expm1(-gap) / gap if gap > 0.0 else 1.0
    return time * math.exp(-slow * time) * mean


def _problem(message: str, value: float, path: str, cure: str) -> Problem:
    return Problem("simulation.course", message, Where(path=path), f"{value:.10g}", cure)
