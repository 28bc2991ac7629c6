"""Checks that collect problems before they raise, and the search for one number; shared by the room's verbs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import PlanError, Problem, Where

__all__ = ["Checks", "increasing_root", "near_line_root"]

FloatArray = NDArray[np.float64]
_FOUR = np.array([-1.0, -1.0 / 3.0, 1.0 / 3.0, 1.0])
_SAME = np.eye(4, dtype=bool)
_STEPS = 100
_TOLERANCE = 1e-12


class Checks:
    """Problems found so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def __call__(self, code: str, condition: object, message: str, path: str, value: object, cure: str) -> None:
        """Note a problem unless the condition holds.

        Args:
            code: Its code.
            condition: What must be true.
            message: One sentence.
            path: The argument.
            value: What was found.
            cure: What to do.
        """
        if not condition:
            self.problems.append(Problem(code, message, where=Where(path=path), value=str(value), cure=cure))

    def done(self) -> None:
        """End of the checks.

        Raises:
            PlanError: Problems were found.
        """
        if self.problems:
            raise PlanError(self.problems)


def increasing_root(function: Callable[[float], float], first: float, low: float, high: float) -> float | None:
    """Where a function rises through 0: by secants from a first trial, by halves where these fail.

    Args:
        function: Not falling; with a slope of about 1 the first step is a good one.
        first: First trial.
        low: Least value of the argument.
        high: Largest value of the argument.

    Returns:
        The root to about 1e-12, or None when the function has one sign between `low` and `high`.
    """
    x, value = first, function(first)
    following = min(max(x - value, low), high)
    below, over = (x, None) if value < 0.0 else (None, x)
    for _ in range(_STEPS):
        if abs(following - x) <= _TOLERANCE * max(1.0, abs(x)) and value * value < 1e-16:
            return following
        old, old_value, x = x, value, following
        value = function(x)
        if value == 0.0:
            return x
        below, over = (x, over) if value < 0.0 else (below, x)
        if (value < 0.0 and x >= high) or (value > 0.0 and x <= low):
            return None
        step = value * (x - old) / (value - old_value) if value != old_value else 0.0
        following = x - step if step else (high if value < 0.0 else low)
        left, right = low if below is None else below, high if over is None else over
        if not left < following < right:
            closed = below is not None and over is not None
            following = 0.5 * (left + right) if closed else right if value < 0.0 else left
        if below is not None and over is not None and over - below <= _TOLERANCE * max(1.0, abs(x)):
            return 0.5 * (below + over)
    return following


def near_line_root(function: Callable[[FloatArray], FloatArray], first: float) -> float | None:
    """Where a function that is nearly a straight line is 0, if that is near the first guess; None where it is not.

    The inverse is interpolated through four places at once, first far apart and then close around what was found, where
    the error of a cubic is below that of rounding: two calls instead of one for each step.

    Args:
        function: Maps (4,) increasing places, above 0, to its (4,) values.
        first: First guess.
    """
    place = first
    for width in (0.15, 0.002):
        places = place + width * _FOUR
        if not places[0] > 0.0:
            return None
        values = function(places)
        if not (np.diff(values) > 0.0).all() or not values[0] < 0.0 < values[-1]:
            return None
        # Lagrange's formula for the place whose value is 0.
        gaps = np.where(_SAME, 1.0, values[:, None] - values[None, :])
        others = np.where(_SAME, 1.0, -values[None, :])
        place = float(places @ (others / gaps).prod(axis=1))
    return place
