"""Competing risks as counts: checked outcomes on a grid of distinct times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, check_codes, check_outcome, require
from equipoise.kernels._ordering import sort_times, tie_breaks

__all__ = ["Causes", "check_cause", "check_causes", "left_of"]


class Causes(NamedTuple):
    """Times with a cause that passed the checks, n subjects on T distinct times.

    Attributes:
        grid: (T,) distinct times, ascending; where times tie by tolerance, the smallest of them.
        position: (n,) index of each subject's time in the grid.
        status: (n,) 0 censored, 1..K the cause of the event.
        causes: K.
    """

    grid: Floats
    position: NDArray[np.int64]
    status: NDArray[np.int64]
    causes: int


def check_causes(time: ArrayLike, status: ArrayLike, *, causes: int | None = None) -> Causes:
    """Times and causes as arrays that the kernels can trust.

    Args:
        time: (n,) times from 0, any one unit.
        status: (n,) 0 censored, 1..K the cause of the event.
        causes: K, where causes may be absent; default the largest code, at least 1.

    Returns:
        The arrays, with times that differ only in the last bits made one.

    Raises:
        KernelInputError: No subjects, bad times, or codes that are not integers from 0 to K.
    """
    require(causes is None or causes >= 1, "causes", "the number of causes must be at least 1", causes)
    require(not np.ma.is_masked(status), "status", "status must not have masked values")
    raw = np.asarray(status)
    outcome = check_outcome(time, np.zeros(np.shape(time), dtype=np.bool_))
    codes, levels = check_codes(raw, outcome.time.size, None if causes is None else causes + 1, "status")
    assert codes is not None
    order, ordered = sort_times(outcome.time)
    breaks = tie_breaks(ordered)
    position = np.empty(order.size, dtype=np.int64)
    position[order] = np.cumsum(breaks) - 1
    return Causes(ordered[breaks], position, codes.astype(np.int64), max(levels - 1, 1))


def check_cause(cause: int, causes: int) -> None:
    """Raise unless the cause is one of 1..K.

    Args:
        cause: The cause of interest.
        causes: K.

    Raises:
        KernelInputError: It is not.
    """
    whole = isinstance(cause, int | np.integer) and not isinstance(cause, bool)
    require(whole and cause >= 1, "cause", "the cause of interest must be a code from 1", cause)
    require(cause <= causes, "cause", f"the cause of interest is beyond the number of causes, {causes}", cause)


def left_of(values: Floats, first: float) -> Floats:
    """Left limits of right-continuous values: each value moved to the next time.

    Args:
        values: (..., T) values from each time on.
        first: Value before the first time.

    Returns:
        (..., T) values just before each time.
    """
    out = np.empty_like(values)
    out[..., 0] = first
    out[..., 1:] = values[..., :-1]
    return out
