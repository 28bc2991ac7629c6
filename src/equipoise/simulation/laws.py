"""Laws of times in numbers, per day: what a scenario assumes of one endpoint in one arm of one stratum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.design.assumed import product
from equipoise.design.assumptions import Steps
from equipoise.kernels.sim.truth import LOG_LOGISTIC, STEPS, WEIBULL

if TYPE_CHECKING:
    from equipoise.protocol.scenarios import Dropout, LossSteps, StratumAssumption
    from equipoise.protocol.scenarios import Steps as DeclaredSteps

__all__ = ["ONE", "Law", "Table", "law_of", "loss_of", "steps_of"]

ONE = Steps.constant(1.0)
_LN2 = math.log(2.0)


@dataclass(frozen=True, slots=True)
class Law:
    """The distribution of a time in days.

    Attributes:
        family: STEPS, WEIBULL or LOG_LOGISTIC.
        hazard: Hazard by steps; of another family what multiplies its hazard.
        shape: Of the other families.
        scale: Of Weibull the time by which the cumulative hazard is 1, of log-logistic the median.
        cure: Fraction who never have the event.
        frailty: Variance of a gamma variable with mean 1 that multiplies the hazard.
    """

    family: int
    hazard: Steps
    shape: float = 1.0
    scale: float = 1.0
    cure: float = 0.0
    frailty: float = 0.0

    def times(self, ratio: Steps) -> Law:
        """The law with its hazard multiplied.

        Args:
            ratio: By what, by time in days.
        """
        return replace(self, hazard=product(self.hazard, ratio))

    def base(self, time: float) -> float:
        """What the pieces of `hazard` are measured by: the time, or the family's own cumulative hazard.

        Args:
            time: Days, from 0 to infinity.
        """
        if self.family == STEPS or time == 0.0 or math.isinf(time):
            return time
        own = (time / self.scale) ** self.shape
        return own if self.family == WEIBULL else math.log1p(own)

    def cumulative(self, time: float) -> float:
        """Cumulative hazard at a time, of those who are not cured and have a frailty of 1.

        Args:
            time: Days.
        """
        total, start = 0.0, 0.0
        for end, value in zip(self.hazard.ends, self.hazard.values, strict=True):
            total += value * (self.base(min(end, time)) - self.base(start))
            if end >= time:
                break
            start = end
        return total

    def survival(self, time: float, factor: float = 1.0) -> float:
        """Probability of a longer time.

        Args:
            time: Days.
            factor: Of the hazard.
        """
        hazard = factor * self.cumulative(time)
        alive = math.exp(-hazard) if self.frailty == 0.0 else (1.0 + self.frailty * hazard) ** (-1.0 / self.frailty)
        return self.cure + (1.0 - self.cure) * alive


@dataclass(slots=True)
class Table:
    """Laws as rows of `Truth`; equal laws are one row."""

    index: dict[tuple[Law, tuple[float, ...]], int] = field(default_factory=dict)
    law: list[tuple[int, int, int]] = field(default_factory=list)
    number: list[tuple[float, float, float, float]] = field(default_factory=list)
    knots: list[tuple[float, float, float, float]] = field(default_factory=list)

    def add(self, law: Law, deaths: Sequence[float] = ()) -> int:
        """Row of a law.

        Args:
            law: The law.
            deaths: Share of deaths among the events of each piece.
        """
        key = (law, tuple(deaths))
        if key in self.index:
            return self.index[key]
        first, total, start = len(self.knots), 0.0, 0.0
        for piece, (end, value) in enumerate(zip(law.hazard.ends, law.hazard.values, strict=True)):
            share = deaths[piece] if deaths else 0.0
            self.knots.append((total, law.base(start), value, share))
            if math.isfinite(end):
                total += value * (law.base(end) - law.base(start))
            start = end
        self.law.append((law.family, first, len(self.knots)))
        self.number.append((1.0 / law.shape, law.scale, law.cure, law.frailty))
        self.index[key] = len(self.law) - 1
        return self.index[key]

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """`law`, `number` and `knots` of `Truth`."""
        return (
            np.array(self.law, dtype=np.int64).reshape(-1, 3),
            np.array(self.number, dtype=np.float64).reshape(-1, 4),
            np.ascontiguousarray(np.array(self.knots, dtype=np.float64).reshape(-1, 4).T),
        )


def steps_of(declared: DeclaredSteps | LossSteps, unit: float, *, rate: bool) -> Steps:
    """Declared steps by time in days.

    Args:
        declared: A number, or pieces.
        unit: Days in the declared unit of time.
        rate: Whether the values are hazards, per unit of time, and not numbers without one.
    """
    by = unit if rate else 1.0
    if isinstance(declared, int | float):
        return Steps.constant(float(declared) / by)
    ends = tuple(math.inf if piece.until is None else piece.until * unit for piece in declared)
    return Steps(ends, tuple(piece.value / by for piece in declared))


def law_of(assumed: StratumAssumption, control: Law | None, unit: float) -> Law:
    """The law of what is assumed.

    A hazard ratio takes over the control's cure and frailty where it does not say others.

    Args:
        assumed: Of one arm in one stratum.
        control: The control's there, where it is known.
        unit: Days in the declared unit of time.
    """
    cure, frailty = assumed.cure or 0.0, assumed.frailty or 0.0
    if assumed.median is not None:
        return Law(STEPS, Steps.constant(_LN2 / (assumed.median * unit)), cure=cure, frailty=frailty)
    if assumed.hazard is not None:
        return Law(STEPS, steps_of(assumed.hazard, unit, rate=True), cure=cure, frailty=frailty)
    if assumed.weibull is not None:
        shape, scale = assumed.weibull.shape, assumed.weibull.scale
        if scale is None:
            assert assumed.weibull.median is not None, "a Weibull without scale passed the checks of the protocol"
            scale = assumed.weibull.median / _LN2 ** (1.0 / shape)
        return Law(WEIBULL, ONE, shape, scale * unit, cure, frailty)
    if assumed.log_logistic is not None:
        return Law(LOG_LOGISTIC, ONE, assumed.log_logistic.shape, assumed.log_logistic.median * unit, cure, frailty)
    assert assumed.hazard_ratio is not None, "an arm of which nothing is assumed passed the checks of the protocol"
    assert control is not None, "a control with a hazard ratio passed the checks of the protocol"
    found = control.times(steps_of(assumed.hazard_ratio, unit, rate=False))
    return replace(
        found,
        cure=found.cure if assumed.cure is None else assumed.cure,
        frailty=found.frailty if assumed.frailty is None else assumed.frailty,
    )


def loss_of(dropout: Dropout | None, arm: str, unit: float) -> Law:
    """The law of loss to follow-up in one arm.

    Args:
        dropout: As declared; None for nobody.
        arm: Name of the arm.
        unit: Days in the declared unit of time.
    """
    if dropout is None:
        return Law(STEPS, Steps.constant(0.0))
    loss = dropout.arms.get(arm, dropout)
    if loss.hazard is not None:
        return Law(STEPS, steps_of(loss.hazard, unit, rate=True))
    if loss.probability is not None and loss.by is not None:
        return Law(STEPS, Steps.constant(-math.log1p(-loss.probability) / (loss.by * unit)))
    return Law(STEPS, Steps.constant(0.0))
