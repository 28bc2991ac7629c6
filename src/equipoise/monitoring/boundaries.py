"""Bounds of looks as they are held: spending at the planned pace, correlations of the actual information.

Lan and DeMets (1983, Biometrika 70:659; 1989, Stat Med 8:1191). What may be spent by a look is read from the spending
function at its *spending time*: at an interim look the smaller of the planned and the actual information fraction, at
the final look 1, whatever the information. How the statistics of the looks go together follows from the information
that they really had. A look that was held keeps its bound for ever; the bounds to come adapt. Neither depends on the
data by arm, so alpha is kept as long as no look is added, moved or left out because of what an earlier one showed.

Bounds that are no spending function are monitored so:

- of a fixed shape (Pocock, O'Brien-Fleming, Wang-Tsiatis) and alpha listed by look: a planned look spends what the plan
  spends by it, whatever its information; an unplanned one the plan's interpolation at its information fraction;
- Haybittle-Peto: the interim z stays; the final one is solved, or left as with one look, as declared;
- z listed by look: stay as listed; an unplanned look has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.design.efficacy import Efficacy
    from equipoise.design.futility import Futility

__all__ = ["HeldLook", "MonitoredDesign", "bounds_at_level", "next_bound", "planned_rest"]

_CLOSE = 1e-5
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True)
class MonitoredDesign:
    """What the plan says of one hypothesis, as far as its looks need it.

    Attributes:
        information: (K,) planned information of the looks, increasing: events, or another scale.
        alpha: Level of one side.
        efficacy: Efficacy bounds.
        sides: 1 or 2.
        active: (K,) whether a look may stop for efficacy; all where empty.
        futility: Futility bounds, None for none.
        futility_active: (K,) whether a look may stop for futility; all where empty.
        binding: Whether alpha counts on stopping for futility.
        mean: (K,) E[z] under the assumptions of the design; needed for futility and conditional power.
        beta: Error of the second kind that beta spending spends.
        scale: Units of z for one log hazard ratio and root of information: sqrt(r) / (1 + r) of events with r
            experimental subjects to one control (Schoenfeld 1981, Biometrika 68:316); None where there is no such.
        null_ratio: Hazard ratio of the null hypothesis: 1, or the margin.
    """

    information: tuple[float, ...]
    alpha: float
    efficacy: Efficacy
    sides: int = 1
    active: tuple[bool, ...] = ()
    futility: Futility | None = None
    futility_active: tuple[bool, ...] = ()
    binding: bool = False
    mean: tuple[float, ...] = ()
    beta: float | None = None
    scale: float | None = 0.5
    null_ratio: float = 1.0

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise PlanError(problems)

    @property
    def looks(self) -> int:
        """Planned looks."""
        return len(self.information)

    @property
    def maximum(self) -> float:
        """Planned information of the last look."""
        return self.information[-1]

    def may_stop(self, planned: int | None, *, final: bool) -> bool:
        """Whether a look may stop for efficacy.

        Args:
            planned: The planned look that it stands for, from 1, None for an unplanned one.
            final: Whether it is the last.
        """
        place = self.looks if final else planned
        return place is None or not self.active or self.active[place - 1]

    def ratio_of(self, z: float, information: float) -> float:
        """The hazard ratio at which the statistic is z.

        Args:
            z: Statistic.
            information: Its information.

        Returns:
            The ratio; NaN where the statistic is of another kind, or z is infinite.
        """
        if self.scale is None or not math.isfinite(z):
            return math.nan
        return self.null_ratio * math.exp(-z / (self.scale * math.sqrt(information)))

    def mean_at(self, information: Sequence[float]) -> tuple[float, ...]:
        """E[z] under the assumptions at any information.

        The mean of the score z sqrt(information) is taken as linear between planned looks, and beyond the last: exact
        where hazards are proportional.

        Args:
            information: Information.
        """
        if not self.mean:
            cure = "monitor a design whose power was computed"
            raise PlanError(Problem("monitor.no_drift", "the design says nothing of the effect", value="", cure=cure))
        at = np.asarray(information, dtype=np.float64)
        levels = np.array([0.0, *self.information])
        score = np.array([0.0, *(m * math.sqrt(i) for m, i in zip(self.mean, self.information, strict=True))])
        inside = np.interp(at, levels, score)
        slope = (score[-1] - score[-2]) / (levels[-1] - levels[-2])
        beyond = score[-1] + slope * (at - levels[-1])
        return tuple((np.where(at > levels[-1], beyond, inside) / np.sqrt(at)).tolist())


@dataclass(frozen=True, slots=True)
class HeldLook:
    """One look as it was held, or is about to be.

    Attributes:
        information: Actual information.
        spending_time: Fraction at which the spending function was read.
        efficacy_z: Bound, of both signs where the design has two sides; infinite where it may not stop.
        alpha_spent: Probability under the null hypothesis to have crossed by now, one side, futility ignored unless
            binding.
        futility_z: Bound, -infinite without one.
        planned: The planned look that it stands for, from 1; None for an unplanned one.
        final: Whether it is the last look.
        how: What was done, in words.
    """

    information: float
    spending_time: float
    efficacy_z: float
    alpha_spent: float
    futility_z: float = -math.inf
    planned: int | None = None
    final: bool = False
    how: str = ""


def next_bound(
    design: MonitoredDesign,
    held: Sequence[HeldLook],
    information: float,
    *,
    planned: int | None = None,
    final: bool = False,
    level: float | None = None,
) -> HeldLook:
    """The bound of the look that is about to be held; those held before stay as they are.

    Args:
        design: The plan.
        held: Looks held so far, in order.
        information: Actual information now.
        planned: The planned look that this one stands for, from 1; None for an unplanned one. Of a final look it need
            not be said.
        final: Whether it is the last look; the last planned one is.
        level: Level of one side, where it is not the design's.

    Raises:
        PlanError: Information that does not grow, a look after the final one, a look out of order, an interim look
            with all of the information or more (`monitor.*`).
    """
    final = final or planned == design.looks
    planned = design.looks if final else planned
    if problems := _look_problems(design, held, information, planned, final=final):
        raise PlanError(problems)
    alpha = design.alpha if level is None else level
    before = max((one.spending_time for one in held), default=0.0)
    fraction = information / design.maximum
    pace = fraction if planned is None else min(fraction, design.information[planned - 1] / design.maximum)
    time = 1.0 if final else max(before, pace)
    look = HeldLook(information, time, math.inf, 0.0, planned=planned, final=final)
    z, how = _efficacy(design, held, look, alpha)
    look = replace(look, efficacy_z=z, how=how)
    look = replace(look, alpha_spent=_spent(design, [*held, look])[-1])
    from equipoise.monitoring.futility import futility_bound

    return replace(look, futility_z=futility_bound(design, held, look))


def bounds_at_level(design: MonitoredDesign, held: Sequence[HeldLook], level: float) -> tuple[HeldLook, ...]:
    """Bounds that the looks held would have had at another level from the start.

    A hypothesis that takes over alpha is compared with the last of them (Maurer and Bretz 2013, Stat Biopharm Res
    5:311); spending times stay.

    Args:
        design: The plan.
        held: Looks held.
        level: Level of one side.
    """
    out: list[HeldLook] = []
    for one in held:
        z, how = _efficacy(design, out, one, level)
        look = replace(one, efficacy_z=z, how=how)
        out.append(replace(look, alpha_spent=_spent(design, [*out, look])[-1]))
    return tuple(out)


def planned_rest(design: MonitoredDesign, held: Sequence[HeldLook]) -> tuple[HeldLook, ...]:
    """The looks still planned after those held, with the bounds that they will have if they come as planned.

    A planned interim look whose information has passed is left out. A final look whose information has passed comes
    with nothing more to see: none is left then.

    Args:
        design: The plan.
        held: Looks held.
    """
    done = max((one.planned for one in held if one.planned is not None), default=0)
    if held and held[-1].final:
        return ()
    looks = list(held)
    for k in range(done + 1, design.looks + 1):
        last = looks[-1].information if looks else 0.0
        if design.information[k - 1] > last * (1.0 + _CLOSE):
            looks.append(next_bound(design, looks, design.information[k - 1], planned=k))
    return tuple(looks[len(held) :])


def _efficacy(design: MonitoredDesign, held: Sequence[HeldLook], look: HeldLook, alpha: float) -> tuple[float, str]:
    """The bound of a look after others, and what was done in words."""
    from equipoise.design.efficacy import FixedZ, HaybittlePeto

    if not design.may_stop(look.planned, final=look.final):
        return math.inf, "not tested for efficacy, as planned"
    rule = design.efficacy
    if isinstance(rule, FixedZ):
        if look.planned is None:
            return math.inf, "z listed by look: an unplanned look has none"
        return rule.z[look.planned - 1], "z as listed"
    if isinstance(rule, HaybittlePeto):
        if not look.final:
            return float(rule.interim_z), "Haybittle-Peto: z of an interim look"
        if rule.final == "unadjusted":
            from scipy.special import ndtri

            return float(-ndtri(alpha)), "Haybittle-Peto: final z as with one look"
        return _solve(design, held, look, alpha), "Haybittle-Peto: final z solved, so that alpha is kept"
    target, how = _target(design, look, alpha)
    z = _solve(design, held, look, target)
    return z, how if math.isfinite(z) else "nothing more may be spent by this look"


def _target(design: MonitoredDesign, look: HeldLook, alpha: float) -> tuple[float, str]:
    """What one side may have spent by a look."""
    from equipoise.design.boundaries import efficacy_boundaries
    from equipoise.design.efficacy import Spend
    from equipoise.design.spending import ListedAlpha

    if look.final:
        return alpha, "all of alpha, with the correlations of the actual information"
    rule = design.efficacy
    if isinstance(rule, Spend) and not isinstance(rule.function, ListedAlpha):
        spent = rule.function.cumulative(np.array([look.spending_time]), alpha)
        return float(spent[0]), "spending function at the smaller of planned and actual information fraction"
    fractions = tuple(i / design.maximum for i in design.information)
    if isinstance(rule, Spend):
        by_look = np.asarray(rule.function.cumulative(np.asarray(fractions), design.alpha)) * (alpha / design.alpha)
    else:
        made = efficacy_boundaries(fractions, alpha, rule, sides=design.sides, active=design.active or None)
        by_look = np.asarray(made.alpha_spent)
    if look.planned is not None:
        return float(by_look[look.planned - 1]), "alpha that the plan spends by this look"
    between = np.interp(look.spending_time, [0.0, *fractions], [0.0, *by_look.tolist()])
    return float(between), "alpha of the plan, interpolated at the information fraction"


def _solve(design: MonitoredDesign, held: Sequence[HeldLook], look: HeldLook, target: float) -> float:
    """The bound at which exactly the target will have been spent; infinite where nothing is left."""
    from equipoise.kernels.group_sequential import upper_bounds

    information = [*(one.information for one in held), look.information]
    spent = [*_spent(design, held), target]
    if held and target <= spent[-2] * (1.0 + _ROUNDING):
        return math.inf
    lower = _lower(design, held) if design.binding else None
    found = upper_bounds(
        information,
        spent,
        None if lower is None else [*lower, -math.inf],
        two_sided=design.sides == 2,
        active=[*(math.isfinite(one.efficacy_z) for one in held), True],
    )
    return float(found[-1])


def _spent(design: MonitoredDesign, held: Sequence[HeldLook]) -> list[float]:
    """Cumulative probability under the null to have crossed the upper bounds of looks."""
    from equipoise.kernels.group_sequential import crossing_probabilities

    if not held:
        return []
    upper = [one.efficacy_z for one in held]
    lower = _lower(design, held)
    crossed = crossing_probabilities([one.information for one in held], upper, lower)
    return [float(p) for p in np.cumsum(crossed.upper)]


def _lower(design: MonitoredDesign, held: Sequence[HeldLook]) -> list[float] | None:
    """Lower bounds that stop as far as alpha is concerned: the other side, binding futility, or none."""
    if design.sides == 2:
        return [-one.efficacy_z for one in held]
    if design.binding:
        return [min(one.futility_z, one.efficacy_z) for one in held]
    return None


def _problems(design: MonitoredDesign) -> list[Problem]:
    found = []
    information = design.information
    rising = all(b > a for a, b in zip((0.0, *information), information, strict=False))
    if not information or not rising or not all(map(math.isfinite, information)):
        message, cure = (
            "planned information does not increase from above 0",
            "list the events of each look, 165 and 330",
        )
        found.append(_problem("monitor.plan", message, information, cure))
    if not 0.0 < design.alpha <= 0.5:
        found.append(_problem("monitor.plan", "alpha is not in (0, 0.5]", design.alpha, "give the level of one side"))
    for name in ("active", "futility_active", "mean"):
        values = getattr(design, name)
        if values and len(values) != len(information):
            message = f"{name} has {len(values)} values for {len(information)} looks"
            found.append(_problem("monitor.plan", message, values, "give one a look"))
    return found


def _look_problems(
    design: MonitoredDesign, held: Sequence[HeldLook], information: float, planned: int | None, *, final: bool
) -> list[Problem]:
    found = []
    if not math.isfinite(information) or information <= 0.0:
        cure = "hold the look once there are events"
        return [_problem("monitor.no_information", "there is no information yet", information, cure)]
    if held and held[-1].final:
        cure = "the bounds are used up: analyze the data without a claim, `equipoise analyze`"
        return [_problem("monitor.after_final", "the final look was held already", len(held), cure)]
    if held and information <= held[-1].information * (1.0 + _CLOSE):
        message = f"information is not more than at the look before, {held[-1].information:g}"
        cure = "check the data cut: a later look has more events"
        found.append(_problem("monitor.information", message, f"{information:g}", cure))
    done = max((one.planned for one in held if one.planned is not None), default=0)
    if planned is not None and not 1 <= planned <= design.looks:
        message = f"there is no such look: {design.looks} are planned"
        found.append(_problem("monitor.look", message, planned, f"name look {done + 1} to {design.looks}"))
    elif planned is not None and planned <= done:
        found.append(_problem("monitor.look", "this look was held already", planned, f"the next one is {done + 1}"))
    if not final and information >= design.maximum * (1.0 - _CLOSE):
        message = f"all of the planned information, {design.maximum:g}, is there at an interim look"
        cure = "hold it as the final look (--final); if a look was held before, name its bundle in --after"
        found.append(_problem("monitor.exceeds", message, f"{information:g}", cure))
    return found


def _problem(code: str, message: str, value: object, cure: str) -> Problem:
    return Problem(code, message, Where(path="design"), str(value), cure)
