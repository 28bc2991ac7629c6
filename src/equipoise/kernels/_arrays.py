"""Checks that kernels make on the arrays they are given, with as few passes over them as will do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import KernelInputError, Problem, Where

__all__ = ["Floats", "Integers", "Outcome", "check_codes", "check_outcome", "check_weights", "require"]

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]


_LARGEST = 1e150


class Outcome(NamedTuple):
    """Right-censored times that passed the checks.

    Attributes:
        time: (n,) float64, finite, at least 0, in any one unit.
        event: (n,) bool, True for an event, False for censored.
        largest: The largest time.
    """

    time: Floats
    event: NDArray[np.bool_]
    largest: float


def require(condition: object, name: str, message: str, value: object = "") -> None:
    """Raise `KernelInputError` unless the condition holds.

    Args:
        condition: What must be true.
        name: The argument that is wrong.
        message: One sentence.
        value: The offending value.

    Raises:
        KernelInputError: The condition is false.
    """
    if not condition:
        code = "kernel." + name
        raise KernelInputError(Problem(code=code, message=message, where=Where(path=name), value=str(value)))


def check_outcome(time: ArrayLike, event: ArrayLike) -> Outcome:
    """Times and event codes as arrays that the kernels can trust.

    Args:
        time: (n,) times from 0, any one unit.
        event: (n,) 1 or True for an event, 0 or False for censored.

    Returns:
        The arrays; `time` is not copied when it is float64 already.

    Raises:
        KernelInputError: Empty input, lengths that differ, a time that is negative, infinite, not a number or not
            below 1e150, a code other than 0 and 1, or masked values.
    """
    times = _numbers(time, "time")
    require(times.size > 0, "time", "there is no subject to analyze")
    # NaN propagates through min and max, so these two passes find every kind of bad time.
    smallest, largest = float(times.min()), float(times.max())
    require(np.isfinite(smallest) and np.isfinite(largest), "time", "times must be finite numbers", _bad(times))
    require(smallest >= 0.0, "time", "times must not be negative", smallest)
    # Beyond, sums and squares of times overflow, and a mean that is infinite would make all times one.
    require(largest < _LARGEST, "time", "times must be below 1e150", largest)
    require(not np.ma.is_masked(event), "event", "event must not have masked values")
    codes = np.asarray(event)
    require(
        codes.ndim == 1 and codes.shape == times.shape, "event", "times and events must be of one length", codes.shape
    )
    return Outcome(times, _as_flags(codes), largest)


def check_codes(codes: ArrayLike | None, n: int, size: int | None, name: str) -> tuple[Integers | None, int]:
    """Integer codes from 0 with their number of levels; None stands for a single level.

    Args:
        codes: (n,) integer codes from 0, or None.
        n: Number of subjects.
        size: Number of levels, or None for the largest code plus 1. Levels without subjects are allowed.
        name: Name of the argument, for the message.

    Returns:
        The codes (None when there is one level) and the number of levels.

    Raises:
        KernelInputError: Codes that are not integers, negative, beyond `size`, or not one per subject.
    """
    require(size is None or size >= 1, name, f"the number of levels of {name} must be at least 1", size)
    if codes is None:
        return None, size or 1
    array = np.asarray(codes)
    require(array.ndim == 1 and array.size == n, name, f"{name} must have one code for each subject", array.shape)
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    elif array.dtype.kind == "f":
        whole = array.astype(np.int64) if np.isfinite(array).all() else None
        require(whole is not None and np.array_equal(whole, array), name, f"{name} must hold integer codes from 0")
        assert whole is not None
        array = whole
    require(array.dtype.kind in "iu", name, f"{name} must hold integer codes from 0", array.dtype)
    smallest, largest = int(array.min()), int(array.max())
    require(smallest >= 0, name, f"{name} must hold integer codes from 0", smallest)
    levels = largest + 1 if size is None else size
    require(largest < levels, name, f"{name} has a code beyond its number of levels, {levels}", largest)
    return array, levels


def check_weights(weights: ArrayLike | None, n: int) -> Floats | None:
    """Case weights, finite and positive, or None.

    Args:
        weights: (n,) weights, or None for 1 each.
        n: Number of subjects.

    Returns:
        The weights as float64, or None.

    Raises:
        KernelInputError: Wrong length, or a weight that is not finite and positive.
    """
    if weights is None:
        return None
    array = _numbers(weights, "weights")
    require(array.size == n, "weights", "there must be one weight for each subject", array.shape)
    require(
        np.isfinite(array).all() and array.min() > 0.0, "weights", "weights must be finite and above 0", _bad(array)
    )
    return array


def _numbers(values: ArrayLike, name: str) -> Floats:
    require(not np.ma.is_masked(values), name, f"{name} must not have masked values")
    array = np.asarray(values)
    require(array.dtype.kind in "fiub", name, f"{name} must be numbers", array.dtype)
    require(array.ndim == 1, name, f"{name} must have one dimension", array.shape)
    return array.astype(np.float64, copy=False)


def _as_flags(codes: NDArray[np.generic]) -> NDArray[np.bool_]:
    if codes.dtype == np.bool_:
        return codes.astype(np.bool_, copy=False)
    require(codes.dtype.kind in "fiu", "event", "event codes must be 0 or 1", codes.dtype)
    flags = codes.astype(np.bool_)
    wrong = codes != flags
    require(not wrong.any(), "event", "event codes must be 0 or 1", codes[wrong][:1])
    return flags


def _bad(values: Floats) -> str:
    wrong = values[~np.isfinite(values)]
    return str(wrong[0]) if wrong.size else str(values.min()) if values.size else ""
