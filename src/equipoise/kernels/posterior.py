"""Draws from a posterior of one or two parameters known on a grid.

The density is evaluated on a coarse grid over the whole range, then on a fine one over the part that holds all but a
negligible share (densities below exp(-`DEPTH`) of the largest are cut off). Draws are cells of the fine grid by their
mass, and a uniform place within the cell: exact but for the flatness of the density over a cell, whose effect shrinks
with the square of the cell's width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from equipoise.kernels._arrays import Floats

__all__ = ["Grid", "grid_draws", "grid_posterior", "systematic"]

DEPTH = 12.0


class Grid(NamedTuple):
    """A density on a rectangular grid of one or two parameters.

    Attributes:
        axes: One array of centres a parameter, evenly spaced.
        mass: Mass of the cells, one axis a parameter, summing to 1.
        log_integral: Log of the integral of the density: the marginal likelihood, where the density is likelihood
            times prior.
    """

    axes: tuple[Floats, ...]
    mass: Floats
    log_integral: float


def grid_posterior(
    log_density: Callable[..., Floats],
    lower: tuple[float, ...],
    upper: tuple[float, ...],
    *,
    coarse: int = 15,
    fine: int = 31,
) -> Grid:
    """A density on a grid that fits it.

    Args:
        log_density: Takes one array of centres a parameter, returns the log density on their product.
        lower: Lower end of each parameter's range.
        upper: Upper end of each parameter's range.
        coarse: Points a parameter of the grid that looks for the mass.
        fine: Points a parameter of the final grid.

    Returns:
        The final grid.
    """
    low, high = np.array(lower, dtype=np.float64), np.array(upper, dtype=np.float64)
    for points in (coarse, coarse):
        axes = tuple(np.linspace(a, b, points) for a, b in zip(low, high, strict=True))
        values = log_density(*axes)
        kept = np.nonzero(values > values.max() - DEPTH)
        steps = (high - low) / (points - 1)
        # One cell more on each side: the mass may begin anywhere between two points.
        first = np.array([axis[index.min()] for axis, index in zip(axes, kept, strict=True)]) - steps
        last = np.array([axis[index.max()] for axis, index in zip(axes, kept, strict=True)]) + steps
        low, high = np.maximum(low, first), np.minimum(high, last)
    axes = tuple(np.linspace(a, b, fine) for a, b in zip(low, high, strict=True))
    values = log_density(*axes)
    top = float(values.max())
    mass = np.exp(values - top)
    total = float(mass.sum())
    cell = float(np.prod((high - low) / (fine - 1)))
    return Grid(axes, mass / total, top + float(np.log(total * cell)))


def grid_draws(grid: Grid, draws: int, rng: np.random.Generator) -> tuple[Floats, ...]:
    """Draws of the parameters.

    Args:
        grid: The posterior.
        draws: How many.
        rng: Where the random numbers come from.

    Returns:
        One array of draws a parameter, in no particular order.
    """
    cells = rng.choice(grid.mass.size, size=draws, p=grid.mass.ravel())
    places = np.unravel_index(cells, grid.mass.shape)
    found = []
    for axis, place in zip(grid.axes, places, strict=True):
        step = axis[1] - axis[0]
        found.append(axis[place] + step * rng.uniform(-0.5, 0.5, draws))
    return tuple(found)


def systematic(weights: Floats, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Share draws among alternatives as their weights say, with less noise than independent choices.

    Args:
        weights: (M,) weights that sum to 1.
        draws: How many draws to share out.
        rng: Where the one random number comes from.

    Returns:
        (M,) counts that sum to `draws`, each within 1 of its expectation.
    """
    marks = (np.arange(draws) + rng.uniform()) / draws
    ends = np.searchsorted(marks, np.cumsum(weights)[:-1])
    return np.diff(np.concatenate(([0], ends, [draws])))
