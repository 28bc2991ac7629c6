"""What a trial is assumed to be like: enrolment, hazards and dropout, in numbers.

All times are in one unit (months, as a rule), hazards and rates per that unit. The values are frozen; a change makes a
new value, and every value is checked when it is made.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Accrual", "Assumptions", "Group", "Steps"]

_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Steps:
    """A function of time that is constant by pieces, from 0 on.

    Attributes:
        ends: End of each piece, increasing; the last is infinite (of an enrolment: may be the end).
        values: The value on each piece: `values[i]` after `ends[i - 1]` up to `ends[i]`.
    """

    ends: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        # Lists are taken too; a tuple is needed to remember what has been computed.
        object.__setattr__(self, "ends", tuple(self.ends))
        object.__setattr__(self, "values", tuple(self.values))

    @classmethod
    def constant(cls, value: float) -> Steps:
        """One value for all times.

        Args:
            value: The value.
        """
        return cls((math.inf,), (value,))

    def at(self, time: float) -> float:
        """The value at a time; after the last end that of the last piece.

        Args:
            time: A time above 0 (0 belongs to the first piece).
        """
        return self.values[min(bisect_left(self.ends, time), len(self.values) - 1)]

    def times(self, factor: float) -> Steps:
        """All values multiplied.

        Args:
            factor: The factor.
        """
        return Steps(self.ends, tuple(value * factor for value in self.values))


NO_DROPOUT = Steps.constant(0.0)


@dataclass(frozen=True, slots=True)
class Group:
    """Patients of one arm and stratum.

    Attributes:
        arm: `control` or `experimental`.
        stratum: Name of the stratum; "" where there is one only.
        share: Fraction of all patients, above 0; the shares of all groups add up to 1.
        hazard: Hazard of the event among those who are not cured, by time since enrolment.
        cure: Fraction who never have the event, from 0 to below 1.
        dropout: Hazard of leaving before the event, by time since enrolment, cured or not.
    """

    arm: Literal["control", "experimental"]
    stratum: str
    share: float
    hazard: Steps
    cure: float = 0.0
    dropout: Steps = NO_DROPOUT


@dataclass(frozen=True, slots=True)
class Accrual:
    """Enrolment.

    Attributes:
        rate: Patients per unit of time, by time since the first enrolment. If its last end is finite, that is where
            enrolment ends at the latest.
        patients: Enrolment stops when so many are in.
    """

    rate: Steps
    patients: float

    @property
    def duration(self) -> float:
        """Time at which the last patient is in; infinite where the rates never enroll them."""
        return self.pieces()[-1][0] if self.rate.values else math.inf

    def pieces(self) -> tuple[tuple[float, float], ...]:
        """The pieces that are used, as pairs of end and rate; the last end is that of enrolment."""
        out: list[tuple[float, float]] = []
        enrolled, start = 0.0, 0.0
        for end, rate in zip(self.rate.ends, self.rate.values, strict=False):
            missing = self.patients - enrolled
            needed = missing / rate if rate > 0.0 else math.inf
            # An end that is missed by the rounding of a file is still the end.
            if needed <= (end - start) * (1.0 + 1e-9):
                return (*out, (start + needed, rate))
            out.append((end, rate))
            enrolled, start = enrolled + rate * (end - start) if rate > 0.0 else enrolled, end
        return (*out, (math.inf, 0.0))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """A trial in numbers.

    Attributes:
        accrual: Enrolment.
        groups: One for every arm of every stratum.
        unit: Name of the unit of time.

    Raises:
        PlanError: Steps that do not increase, negative or infinite rates and hazards, rates that enroll nobody or too
            few, a cure fraction outside [0, 1), shares that do not add up to 1, a stratum without one of the arms, or
            no hazard at all; every problem is named.
    """

    accrual: Accrual
    groups: tuple[Group, ...]
    unit: str = "months"

    def __post_init__(self) -> None:
        from equipoise.design._assumption_checks import check

        object.__setattr__(self, "groups", tuple(self.groups))
        check(self)

    @property
    def patients(self) -> float:
        """Patients to be enrolled."""
        return self.accrual.patients

    @property
    def strata(self) -> tuple[str, ...]:
        """Names of the strata, in the order of the groups."""
        return tuple(dict.fromkeys(group.stratum for group in self.groups))

    @property
    def ratio(self) -> float:
        """Patients of the experimental arm for each of the control arm."""
        shares = {arm: sum(g.share for g in self.groups if g.arm == arm) for arm in ("control", "experimental")}
        return shares["experimental"] / shares["control"]

    @property
    def hazard_ratio(self) -> float | None:
        """The hazard ratio, experimental over control, if it is one number for all times and strata; else None."""
        found: float | None = None
        for control, experimental in self.pairs():
            one = _constant_ratio(control, experimental)
            if one is None or (found is not None and abs(one - found) > _SAME * found):
                return None
            found = one
        return found

    @property
    def proportional(self) -> bool:
        """Whether the hazard ratio is one number for all times and strata."""
        return self.hazard_ratio is not None

    def pairs(self) -> tuple[tuple[Group, Group], ...]:
        """Control and experimental group of every stratum."""
        found = {(group.stratum, group.arm): group for group in self.groups}
        return tuple((found[name, "control"], found[name, "experimental"]) for name in self.strata)

    def with_patients(self, patients: float) -> Assumptions:
        """As many patients, enrolled at the same rates: it takes longer or less long.

        Where the rates end, the last one goes on for as long as it takes.

        Args:
            patients: Patients, above 0.
        """
        rate = Steps((*self.accrual.rate.ends[:-1], math.inf), self.accrual.rate.values)
        return replace(self, accrual=Accrual(rate, patients))

    def with_intensity(self, patients: float) -> Assumptions:
        """As many patients in the same time: all rates are multiplied.

        Args:
            patients: Patients, above 0.
        """
        rate = self.accrual.rate.times(patients / self.accrual.patients)
        return replace(self, accrual=Accrual(rate, patients))

    def with_hazard_ratio(self, hazard_ratio: float) -> Assumptions:
        """The experimental hazard is the control's of the same stratum, multiplied; the cure fraction is the control's.

        Args:
            hazard_ratio: Experimental over control, above 0.

        Raises:
            PlanError: The hazard ratio is not a number above 0.
        """
        if not 0.0 < hazard_ratio < math.inf:
            from equipoise.errors import PlanError, Problem

            message, way = "a hazard ratio must be above 0", "give the hazard of experimental over that of control"
            raise PlanError(Problem("plan.hazard_ratio", message, value=str(hazard_ratio), cure=way))
        hazard = {control.stratum: control.hazard.times(hazard_ratio) for control, _ in self.pairs()}
        cure = {control.stratum: control.cure for control, _ in self.pairs()}
        groups = tuple(
            g if g.arm == "control" else replace(g, hazard=hazard[g.stratum], cure=cure[g.stratum]) for g in self.groups
        )
        return replace(self, groups=groups)

    def under_null(self, margin: float = 1.0) -> Assumptions:
        """The trial if the null hypothesis is just true. Dropout stays that of each arm.

        Args:
            margin: Hazard ratio of the null hypothesis: 1, or the margin of non-inferiority.
        """
        return self.with_hazard_ratio(margin)


def _constant_ratio(control: Group, experimental: Group) -> float | None:
    """The ratio of two hazards that are proportional, or None; of cured fractions, only equal groups are."""
    ratios = []
    for time in sorted({*control.hazard.ends, *experimental.hazard.ends}):
        one, two = experimental.hazard.at(time), control.hazard.at(time)
        if one > 0.0 or two > 0.0:
            ratios.append(one / two if two > 0.0 else math.inf)
    if not ratios or not min(ratios) > 0.0 or not max(ratios) - min(ratios) <= _SAME * min(ratios):
        return None
    if control.cure == experimental.cure == 0.0:
        return ratios[0]
    same = control.cure == experimental.cure and abs(ratios[0] - 1.0) <= _SAME
    return 1.0 if same else None
