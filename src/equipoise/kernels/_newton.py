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
_LAST_GAIN = 1e-6
_STEEP = 1e-4
_STRIDE = 10.0


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
        flat: (p,) other coordinates about which the likelihood says nothing once those have run away.
    """

    at: Floats
    derivatives: Derivatives
    iterations: int
    converged: bool
    runaway: NDArray[np.bool_]
    flat: NDArray[np.bool_]


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
    at, here, none = np.zeros(scale.size), start, np.zeros(scale.size, dtype=np.bool_)
    for iteration in range(1, max_iter + 1):
        step = _step(here, scale)
        gain = float(step @ here.score)
        moving = np.abs(step) * scale > _RUNAWAY_STEP
        nothing = _RUNAWAY_GAIN * (1.0 + abs(here.value))
        if gain < nothing and moving.any():
            runaway = np.abs(step) * scale > 1e-3
            flat = _flat(here.information, scale, nothing / _RUNAWAY_STEP**2) & ~runaway
            return Maximum(at, here, iteration - 1, True, runaway, flat)
        whole, there = step, likelihood(at + step)
        for _ in range(40):
            # Far out on a monotone likelihood sums underflow, and a value may be finite where its derivatives are not.
            if _no_worse(there, here):
                break
            step = 0.5 * step
            there = likelihood(at + step)
        else:
            # Nothing ahead can be computed. On the tail of a monotone likelihood what it still gains is about `gain`.
            ended = gain < _LAST_GAIN * (1.0 + abs(here.value)) and bool(moving.any())
            runaway = (np.abs(whole) * scale > 1e-3) & ended
            return Maximum(at, here, iteration, ended, runaway, none)
        at, here = at + step, there
        if gain <= tol * tol:
            return Maximum(at, here, iteration, True, none, none)
    return Maximum(at, here, max_iter, False, none, none)


def _step(here: Derivatives, scale: Floats) -> Floats:
    """Newton's step; uphill where the likelihood has a slope and, to rounding, no curvature, as far from its top."""
    step = solve(here.information, here.score)
    steep = (here.score - here.information @ step) / scale
    largest = float(np.abs(steep).max())
    if largest > _STEEP:
        step = step + _STRIDE * steep / (largest * scale)
    return step


def _no_worse(there: Derivatives, here: Derivatives) -> bool:
    known = np.isfinite(there.value) and np.isfinite(there.score).all() and np.isfinite(there.information).all()
    return bool(known and there.value >= here.value - 1e-12 * (1.0 + abs(here.value)))


def _flat(information: Floats, scale: Floats, limit: float) -> NDArray[np.bool_]:
    """Coordinates that take part in a direction in which the likelihood has no curvature left.

    Where some coordinates run away, the subjects who told others apart may no longer count: those have a point at
    which the climb stopped, and no estimate.
    """
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    return np.asarray((np.abs(vectors[:, values < limit]) > 1e-3).any(axis=1), dtype=np.bool_)


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
