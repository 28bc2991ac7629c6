"""Newton's method for a concave log-likelihood of a few parameters, and linear algebra that never raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels._arrays import Floats

__all__ = ["Derivatives", "Maximum", "inverse", "maximize", "solve", "undetermined"]

_PIVOT_TOLERANCE = 2e-12
_EIGEN_TOLERANCE = 3e-15
_RUNAWAY_GAIN = 1e-11
_RUNAWAY_STEP = 0.05


class Derivatives(NamedTuple):
    """A log-likelihood at one point.

    Attributes:
        value: The log-likelihood.
        score: (p,) its gradient.
        information: (p, p) minus its second derivatives.
    """

    value: float
    score: Floats
    information: Floats


class Maximum(NamedTuple):
    """Where the climb ended.

    Attributes:
        at: (p,) the point.
        derivatives: The log-likelihood there.
        iterations: Newton steps taken.
        converged: The last step was below the tolerance, or the likelihood is monotone and has stopped growing.
        runaway: (p,) coordinates that grow without limit.
    """

    at: Floats
    derivatives: Derivatives
    iterations: int
    converged: bool
    runaway: NDArray[np.bool_]


def maximize(
    likelihood: Callable[[Floats], Derivatives],
    start: Derivatives,
    scale: Floats,
    *,
    tol: float,
    max_iter: int,
) -> Maximum:
    """Climb from 0 by Newton steps, halved while they lose ground.

    The climb ends when a step is below `tol` standard errors. If instead the likelihood no longer grows while a
    coordinate still moves by a sizeable part of a spread of its covariate, that coordinate has no finite maximum.

    Args:
        likelihood: The function of (p,) coordinates.
        start: Its derivatives at 0.
        scale: (p,) spread of each covariate: what one unit of a coordinate, times this, does to a log hazard.
        tol: Largest last step, in standard errors.
        max_iter: Most steps.

    Returns:
        The maximum.
    """
    at, here = np.zeros(scale.size), start
    for iteration in range(1, max_iter + 1):
        step = solve(here.information, here.score)
        gain = float(step @ here.score)
        moving = np.abs(step) * scale > _RUNAWAY_STEP
        if gain < _RUNAWAY_GAIN * (1.0 + abs(here.value)) and moving.any():
            return Maximum(at, here, iteration - 1, True, np.abs(step) * scale > 1e-3)
        there = likelihood(at + step)
        for _ in range(40):
            if np.isfinite(there.value) and there.value >= here.value - 1e-12 * (1.0 + abs(here.value)):
                break
            step = 0.5 * step
            there = likelihood(at + step)
        at, here = at + step, there
        if gain <= tol * tol:
            return Maximum(at, here, iteration, True, np.zeros(scale.size, dtype=np.bool_))
    return Maximum(at, here, max_iter, False, np.zeros(scale.size, dtype=np.bool_))


def undetermined(information: Floats, spread: Floats) -> NDArray[np.bool_]:
    """Coordinates about which the likelihood says nothing beyond what earlier ones do.

    A Cholesky decomposition in the order given; a pivot below 2e-12 of its diagonal (what R allows) marks the
    coordinate, so that of collinear columns the first ones stay.

    Args:
        information: (p, p) information at the null.
        spread: (p,) diagonal that a covariate free to vary would have; a diagonal below 1e-12 of it is rounding.

    Returns:
        (p,) True where a coordinate can't be estimated.
    """
    p = spread.size
    left = information.copy()
    out = np.zeros(p, dtype=np.bool_)
    for j in range(p):
        enough = max(_PIVOT_TOLERANCE * information[j, j], 1e-12 * spread[j])
        if not left[j, j] > enough:
            out[j] = True
            continue
        column = left[:, j] / left[j, j]
        left -= np.outer(column, left[j])
    return out


def solve(information: Floats, score: Floats) -> Floats:
    """information^- score, directions without information left at 0.

    Args:
        information: (p, p) symmetric, not negative.
        score: (p,).

    Returns:
        (p,) solution.
    """
    return inverse(information) @ score


def inverse(information: Floats) -> Floats:
    """Generalized inverse of a symmetric matrix that is not negative, by eigenvalues of its correlation form.

    Args:
        information: (p, p).

    Returns:
        (p, p) inverse; zeros for coordinates without information, NaN if the input is not finite.
    """
    size = np.sqrt(np.maximum(np.diagonal(information), 0.0))
    if not np.isfinite(information).all():
        return np.full_like(information, np.nan)
    scale = np.where(size > 0.0, size, np.inf)
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    known = values > _EIGEN_TOLERANCE * max(float(values[-1]), np.finfo(np.float64).tiny)
    half = vectors[:, known] / np.sqrt(values[known]) / scale[:, None]
    result: Floats = half @ half.T
    return result
