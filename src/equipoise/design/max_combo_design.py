"""A MaxCombo test at several looks as a group-sequential design: bounds by spending, and no futility."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equipoise.design.boundaries import Boundaries
from equipoise.design.efficacy import FixedZ, Spend
from equipoise.design.futility import NoFutility
from equipoise.design.max_combo_information import max_combo_bounds, max_combo_power
from equipoise.design.sequential import SequentialDesign
from equipoise.errors import PlanError, Problem

if TYPE_CHECKING:
    from equipoise.design.sizing import Test
    from equipoise.design.statistics import Information

__all__ = ["max_combo_design"]


def max_combo_design(found: Information, test: Test, fractions: Sequence[float]) -> SequentialDesign:
    """Bounds of the largest statistic at each look, and the probabilities to cross them.

    Args:
        found: Means and correlation of all statistics at all looks.
        test: Level and bounds: by spending, or listed.
        fractions: Information fractions at which the spending function is read.

    Raises:
        PlanError: Futility bounds, or efficacy bounds of a shape: their joint distribution is another.
    """
    if not isinstance(test.futility, NoFutility):
        message = "futility bounds of a MaxCombo test are not available"
        raise PlanError(Problem("plan.max_combo", message, cure="write `futility: none`"))
    looks = found.looks
    if isinstance(test.efficacy, Spend):
        spent = test.efficacy.function.cumulative(np.asarray(fractions), test.alpha)
        upper = _bounds(found, spent.tolist(), test.active or (True,) * looks)
    elif isinstance(test.efficacy, FixedZ):
        upper = test.efficacy.z
    else:
        message = f"bounds of the shape {test.efficacy.label} are not available for a MaxCombo test"
        raise PlanError(Problem("plan.max_combo", message, cure="use a spending function"))
    result = max_combo_power(found, upper)
    none = (0.0,) * looks
    bounds = Boundaries(
        fractions=tuple(fractions),
        efficacy=upper,
        futility=(-math.inf,) * looks,
        alpha=test.alpha,
        sides=test.sides,
        alpha_spent=tuple(np.cumsum(result.reject_h0).tolist()),
        efficacy_label=test.efficacy.label,
    )
    return SequentialDesign(
        boundaries=bounds,
        mean=found.mean,
        reject_h1=result.reject_h1,
        futile_h1=none,
        reject_h0=result.reject_h0,
        futile_h0=none,
        power=result.power,
        type_one_error=result.type_one_error,
        type_one_error_ignoring_futility=result.type_one_error,
        drift=found.mean[-1],
        reject_low_h1=none,
        reject_low_h0=none,
    )


def _bounds(found: Information, spent: Sequence[float], active: Sequence[bool]) -> tuple[float, ...]:
    """Bounds at the looks that spend something; infinite at the others."""
    assert found.correlation is not None
    m = len(found.components) // found.looks
    before, tested, levels = 0.0, [], []
    for look, (level, on) in enumerate(zip(spent, active, strict=True)):
        if on and level > before:
            tested.append(look)
            levels.append(level)
            before = level
    rows = [look * m + j for look in tested for j in range(m)]
    part = replace(
        found,
        mean=tuple(found.mean[look] for look in tested),
        components=tuple(found.components[row] for row in rows),
        component_mean=tuple(found.component_mean[row] for row in rows),
        correlation=found.correlation[np.ix_(rows, rows)],
    )
    solved = iter(max_combo_bounds(part, levels))
    return tuple(next(solved) if look in tested else math.inf for look in range(found.looks))
