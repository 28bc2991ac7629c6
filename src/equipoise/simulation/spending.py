"""What is spent by the looks of many trials, and by planned looks: the same digits on every machine.

Spending functions at observed information are compiled. Shapes and listed alpha spend what the plan spends: these few
numbers come from searches whose last digits are a machine's own, and are rounded to 36 bits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from equipoise.design.efficacy import Efficacy
    from equipoise.design.spending import SpendingFunction
    from equipoise.monitoring.boundaries import MonitoredDesign

__all__ = ["cumulative", "rounded", "spent_by_look"]

Floats = NDArray[np.float64]
_BITS = 36


def cumulative(function: SpendingFunction, time: Floats, total: float) -> Floats:
    """Error spent by fractions of the information.

    Args:
        function: The spending function.
        time: Fractions from 0, any shape.
        total: All there is to spend.

    Returns:
        Of the shape of `time`.

    Raises:
        PlanError: A function of the user's own that falls or does not end with all there is.
    """
    from equipoise.design.spending import ExponentialType, HwangShihDeCani, KimDeMets, OBrienFlemingType, PocockType
    from equipoise.kernels.sim import spending as compiled

    parameter = 0.0
    if isinstance(function, OBrienFlemingType):
        kind = compiled.OBRIEN_FLEMING
    elif isinstance(function, PocockType):
        kind = compiled.POCOCK
    elif isinstance(function, KimDeMets):
        kind, parameter = compiled.KIM_DEMETS, function.rho
    elif isinstance(function, HwangShihDeCani):
        kind, parameter = compiled.HWANG_SHIH_DECANI, function.gamma
    elif isinstance(function, ExponentialType):
        kind, parameter = compiled.EXPONENTIAL, function.nu
    else:
        return np.asarray(function.cumulative(time.ravel(), total)).reshape(time.shape)
    out = np.empty(time.size)
    compiled.spent_by(kind, float(parameter), float(total), np.ascontiguousarray(time).ravel(), out)
    return out.reshape(time.shape)


def spent_by_look(design: MonitoredDesign, level: float) -> Floats:
    """What the plan spends by each look at a level: of listed alpha in proportion, of a shape as it then has.

    Args:
        design: The plan.
        level: Level of one side.

    Returns:
        (L,) cumulative.
    """
    from equipoise.design.efficacy import Spend

    fractions = tuple(one / design.maximum for one in design.information)
    if isinstance(design.efficacy, Spend):
        found = design.efficacy.function.cumulative(np.asarray(fractions), design.alpha)
        return np.asarray(found) * (level / design.alpha)
    return np.asarray(_shape_spent(fractions, level, design.efficacy, design.sides, design.active or None))


@lru_cache(maxsize=256)
def _shape_spent(
    fractions: tuple[float, ...], level: float, efficacy: Efficacy, sides: int, active: tuple[bool, ...] | None
) -> tuple[float, ...]:
    from equipoise.design.boundaries import efficacy_boundaries

    spent = efficacy_boundaries(fractions, level, efficacy, sides=sides, active=active).alpha_spent
    return tuple(rounded(one) for one in spent)


def rounded(value: float) -> float:
    """A number to 36 bits.

    Args:
        value: Finite.
    """
    mantissa, power = math.frexp(value)
    return math.ldexp(round(math.ldexp(mantissa, _BITS)), power - _BITS)
