"""A hypothesis that is looked at several times: its bounds at any level, and its sequential P values.

The sequential P value at look k is the smallest level at which the hypothesis would have been rejected by then, each
level with the bounds that belong to it: Liu and Anderson (2008, J Am Stat Assoc 103:1621). It can be compared with any
level, adjusted by any graph, and grows with no look. It rests on bounds that fall at every look when the level rises
(the condition of Maurer and Bretz 2013, Stat Biopharm Res 5:311, section 2), which the families here do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.design.boundaries import Efficacy

__all__ = ["SequentialHypothesis", "bounds_at", "sequential_p_value", "sequential_p_values"]

_LARGEST = 0.5
"""Levels above are not looked at: a P that is not below is of no use, and 1 is a P value too."""
_FAR = 1e3
_SMALLEST = 1e-12
"""A sequential P below it is reported as it: bounds at smaller levels are beyond what the integral resolves."""


@dataclass(frozen=True, slots=True)
class SequentialHypothesis:
    """One hypothesis' looks and its own family of bounds.

    Attributes:
        information: Statistical information at its looks (events, or any scale), increasing, greater than 0. A look
            at which it can't be rejected is left out, and has no z.
        efficacy: Its bounds, as `efficacy_boundaries` takes them; at another level the same family is used, and alpha
            listed by look is spent in the same proportions.
        spending_time: Fractions at which a spending function is read; the information fractions where empty. At the
            last look it is 1 where the hypothesis is finished there, whatever the information.
        sides: 1, or 2 where the family has a level of two sides; levels are of one side all the same.
    """

    information: tuple[float, ...]
    efficacy: Efficacy
    spending_time: tuple[float, ...] = ()
    sides: int = 1

    def __post_init__(self) -> None:
        """Check."""
        found: list[Problem] = []
        if not self.information or not _rises(self.information) or self.information[0] <= 0:
            found.append(
                _problem("information must be greater than 0 and increase from look to look", self.information,
                         "list the information at each look, 165 and 330 events")
            )  # fmt: skip
        if self.spending_time and (
            len(self.spending_time) != len(self.information)
            or not _rises(self.spending_time)
            or not self.spending_time[0] > 0
            or not self.spending_time[-1] <= 1
        ):
            found.append(
                _problem("spending times must be fractions in (0, 1] that increase, one a look", self.spending_time,
                         "leave them out, or list one a look")
            )  # fmt: skip
        if self.sides not in (1, 2):
            found.append(_problem("sides must be 1 or 2", self.sides, "write 1 or 2"))
        if found:
            raise PlanError(found)

    @property
    def looks(self) -> int:
        """How many looks."""
        return len(self.information)


def bounds_at(hypothesis: SequentialHypothesis, level: float) -> tuple[float, ...]:
    """Its efficacy bounds when it is tested at a level from the start.

    Args:
        hypothesis: The hypothesis.
        level: Level of one side, in (0, 0.5].

    Returns:
        One z a look; infinite where it can't be rejected.

    Raises:
        PlanError: When the level is outside its range, or its bounds are fixed and belong to one level only
            (`plan.level_family`).
    """
    if not 0.0 < level <= _LARGEST:
        raise PlanError(_problem("a level is not in (0, 0.5]", level, "give the level of one side"))
    return _bounds(hypothesis, level)


@lru_cache(maxsize=4096)
def _bounds(hypothesis: SequentialHypothesis, level: float) -> tuple[float, ...]:
    from equipoise.design.boundaries import FixedZ, Spend, efficacy_boundaries
    from equipoise.design.spending import ListedAlpha

    efficacy = hypothesis.efficacy
    fractions = [value / hypothesis.information[-1] for value in hypothesis.information]
    if isinstance(efficacy, Spend) and isinstance(efficacy.function, ListedAlpha):
        listed = efficacy.function.spent
        efficacy = Spend(ListedAlpha(tuple(value * (level / listed[-1]) for value in listed)))
    if isinstance(efficacy, FixedZ):
        raise _no_family(efficacy.label)
    return efficacy_boundaries(
        fractions,
        level,
        efficacy,
        sides=hypothesis.sides,
        spending_time=hypothesis.spending_time or None,
        final=False,
    ).efficacy


def sequential_p_values(hypothesis: SequentialHypothesis, z: Sequence[float]) -> tuple[float, ...]:
    """Sequential P values of one side by look: at each, the smallest level that would have rejected by then.

    Args:
        hypothesis: Its looks and bounds.
        z: z of the looks held so far, in order; greater than 0 favours the experimental arm.

    Returns:
        One a look, never rising; 1 where no level up to 0.5 rejects.

    Raises:
        PlanError: When z are not finite, or more than the looks; or when the bounds are fixed (`plan.level_family`).
    """
    _require_family(hypothesis)
    values = [float(value) for value in z]
    if not values or len(values) > hypothesis.looks or not all(math.isfinite(value) for value in values):
        raise PlanError(
            _problem(f"z must be finite, one a look held, at most {hypothesis.looks}", values, "give them in order")
        )
    found, smallest = [], 1.0
    for look, value in enumerate(values):
        smallest = min(smallest, _level_of(hypothesis, look, value, smallest))
        found.append(smallest)
    return tuple(found)


def sequential_p_value(hypothesis: SequentialHypothesis, z: Sequence[float]) -> float:
    """The sequential P value at the last look held; arguments as for `sequential_p_values`."""
    return sequential_p_values(hypothesis, z)[-1]


def _level_of(hypothesis: SequentialHypothesis, look: int, z: float, known: float) -> float:
    """The level whose bound at this look is z; `known` where that is not below what earlier looks gave."""
    from scipy.optimize import brentq

    def above(log_level: float) -> float:
        try:
            bound = bounds_at(hypothesis, math.exp(log_level))[look]
        except PlanError:  # Haybittle-Peto: the interim bounds alone spend more than so small a level
            bound = math.inf
        return min(bound, _FAR) - z

    top = min(known, _LARGEST)
    if above(math.log(top)) > 0.0:
        return known
    if above(math.log(_SMALLEST)) <= 0.0:
        return _SMALLEST
    return float(math.exp(brentq(above, math.log(_SMALLEST), math.log(top), xtol=1e-13, rtol=1e-13)))


def _require_family(hypothesis: SequentialHypothesis) -> None:
    """Bounds that keep their level, whatever it is: interim bounds of 3 with a last one left alone do not."""
    from equipoise.design.boundaries import FixedZ, HaybittlePeto

    kind = hypothesis.efficacy
    if isinstance(kind, FixedZ) or (isinstance(kind, HaybittlePeto) and kind.final == "unadjusted"):
        raise _no_family(kind.label)


def _no_family(label: str) -> PlanError:
    message = "these bounds belong to one level: there are none that keep another"
    cure = "choose a spending function, or a boundary of a shape"
    return PlanError(Problem("plan.level_family", message, Where(path="design"), label, cure))


def _rises(values: Sequence[float]) -> bool:
    return all(math.isfinite(value) for value in values) and all(b > a for a, b in itertools.pairwise(values))


def _problem(message: str, value: object, cure: str) -> Problem:
    return Problem("plan.sequential_p", message, Where(path="design"), str(value), cure)
