"""What the kernels for counts share: the interval they return and the checks that they run first.

Counts are subjects or events: finite, whole and not negative. A count that breaks this, or more responders than
subjects, is a fault of the caller and raises `KernelInputError` with every offending argument at once. An empty group
is not a fault: it yields NaN and a reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import KernelInputError, Problem

__all__ = ["Interval", "Intervals", "PValue", "ScoreTest"]

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

# Beyond this, whole numbers have gaps between them as floating-point numbers.
_MOST = 2.0**53

# Wide enough for every reason below; a fixed width keeps `reason` a plain string array.
_REASON = "<U96"


class Interval(NamedTuple):
    """An estimate and its confidence limits.

    Attributes:
        estimate: Point estimate, NaN where it does not exist.
        lower: Lower limit, NaN where it does not exist.
        upper: Upper limit, NaN where it does not exist.
        reason: Why a field is NaN; "" where none is.
    """

    estimate: float
    lower: float
    upper: float
    reason: str = ""


class Intervals(NamedTuple):
    """`Interval` for many tables at once: arrays of one shape, element i belongs to table i.

    Attributes:
        estimate: Point estimates.
        lower: Lower limits.
        upper: Upper limits.
        reason: Strings, "" where nothing is missing.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    reason: Strings

    def at(self, index: int | tuple[int, ...]) -> Interval:
        """One element as an `Interval` of Python floats."""
        return Interval(
            float(self.estimate[index]), float(self.lower[index]), float(self.upper[index]), str(self.reason[index])
        )


class ScoreTest(NamedTuple):
    """A test that has a direction.

    Attributes:
        z: Positive favours arm 1 (more responders); NaN where the test does not exist.
        p_two_sided: Two-sided p-value.
        reason: Why there is no test; "" where there is one.
    """

    z: float
    p_two_sided: float
    reason: str = ""


class PValue(NamedTuple):
    """A test without direction or statistic.

    Attributes:
        p_two_sided: Two-sided p-value, NaN where the test does not exist.
        reason: Why there is no test; "" where there is one.
    """

    p_two_sided: float
    reason: str = ""


def problem(code: str, message: str, value: object, cure: str) -> Problem:
    """A `Problem` whose code starts with `kernel.` and whose value is shown short."""
    text = repr(value)
    return Problem(
        code=f"kernel.{code}", message=message, value=text if len(text) <= 60 else text[:57] + "...", cure=cure
    )


def read(**arguments: ArrayLike) -> tuple[tuple[Floats, ...], list[Problem]]:
    """Arguments as float arrays of one common shape, and what is wrong with them so far.

    Args:
        **arguments: Numbers or arrays that broadcast against each other, by the name shown to the user.

    Raises:
        KernelInputError: An argument is not numeric, or the shapes do not match; nothing further can be checked then.
    """
    arrays: list[Floats] = []
    problems: list[Problem] = []
    for name, value in arguments.items():
        raw: NDArray[Any] = np.asarray(value)
        if raw.dtype.kind not in "iuf":
            problems.append(problem("not_numeric", f"{name} is not a number", value, "give whole numbers"))
        arrays.append(raw.astype(np.float64) if raw.dtype.kind in "iuf" else np.zeros(raw.shape))
    if problems:
        raise KernelInputError(problems)
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = {name: array.shape for name, array in zip(arguments, arrays, strict=True)}
        message = "the shapes of the counts do not match"
        raise KernelInputError(problem("shape", message, shapes, "give one count per table and arm")) from None
    return tuple(np.broadcast_to(array, shape) for array in arrays), []


def check_counts(names: Sequence[str], arrays: Sequence[Floats]) -> list[Problem]:
    """What keeps each array from being counts: not finite, negative, not whole, or above 2^53."""
    found: list[Problem] = []
    for name, array in zip(names, arrays, strict=True):
        finite = np.isfinite(array)
        whole = np.where(finite, array, 0.0)
        for code, bad, message in (
            ("not_finite", ~finite, f"{name} is missing or infinite"),
            ("negative", whole < 0, f"{name} is negative"),
            ("fractional", whole != np.floor(whole), f"{name} is not a whole number"),
            ("too_large", whole > _MOST, f"{name} is too large to be a count"),
        ):
            if bad.any():
                found.append(problem(code, message, float(array[bad].flat[0]), "counts are whole numbers from 0 up"))
    return found


def read_binomial(**arguments: ArrayLike) -> tuple[Floats, ...]:
    """Responders and subjects, alternating (x, n, x, n, ...), as float arrays of one shape.

    Args:
        **arguments: `x1=..., n1=..., x0=..., n0=...` in this order.

    Raises:
        KernelInputError: A count is not finite, negative or fractional, or some x exceeds its n.
    """
    arrays, problems = read(**arguments)
    names = list(arguments)
    problems += check_counts(names, arrays)
    if not problems:
        for x_name, n_name, x, n in zip(names[::2], names[1::2], arrays[::2], arrays[1::2], strict=True):
            over = x > n
            if over.any():
                pair = f"{x[over].flat[0]:g} of {n[over].flat[0]:g}"
                cure = f"count each subject once, so that {x_name} is at most {n_name}"
                problems.append(problem("x_over_n", f"{x_name} is larger than {n_name}", pair, cure))
    if problems:
        raise KernelInputError(problems)
    return arrays


def read_strata(**arguments: ArrayLike) -> tuple[Floats, ...]:
    """As `read_binomial`, for tables over strata: one-dimensional arrays, a single table counting as one stratum.

    Args:
        **arguments: `x1=..., n1=..., x0=..., n0=...` in this order.

    Raises:
        KernelInputError: Impossible counts, or arrays of more than one dimension.
    """
    arrays = tuple(np.atleast_1d(array) for array in read_binomial(**arguments))
    if arrays[0].ndim != 1:
        cure = "give one count per stratum"
        raise KernelInputError(problem("shape", "the counts are not one-dimensional", arrays[0].shape, cure))
    return arrays


def scalar(**arguments: ArrayLike) -> None:
    """Refuse arrays where one table is meant.

    Raises:
        KernelInputError: An argument has a dimension.
    """
    bad = [name for name, value in arguments.items() if np.ndim(value) != 0]
    if bad:
        cure = "use the function of the same name that ends in _many"
        raise KernelInputError(problem("not_scalar", f"one number expected for {', '.join(bad)}", "an array", cure))


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a named convention that does not exist.

    Raises:
        KernelInputError: `value` is not among `choices`.
    """
    if value not in choices:
        cure = f"use one of {', '.join(choices)}"
        raise KernelInputError(problem("unknown_choice", f"{name} is unknown", value, cure))


def tail(conf_level: float) -> float:
    """Probability beyond each limit, (1 - conf_level) / 2.

    Raises:
        KernelInputError: `conf_level` is not strictly between 0 and 1.
    """
    if not isinstance(conf_level, (int, float, np.floating)) or not 0.0 < conf_level < 1.0:
        cure = "give a fraction such as 0.95"
        raise KernelInputError(problem("conf_level", "conf_level is not between 0 and 1", conf_level, cure))
    return (1.0 - float(conf_level)) / 2.0


def critical(conf_level: float) -> float:
    """Standard normal quantile of a two-sided interval, 1.96 at 0.95."""
    from scipy.special import ndtri

    return -float(ndtri(tail(conf_level)))


def two_sided(z: float) -> float:
    """Two-sided normal p-value of z."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def reasons(shape: tuple[int, ...], *rules: tuple[NDArray[np.bool_], str]) -> Strings:
    """String array of `shape` with the text of the first rule that holds, "" elsewhere."""
    out = np.full(shape, "", dtype=_REASON)
    for where, text in reversed(rules):
        out[where] = text
    return out


def ratio(x: Floats, n: Floats) -> Floats:
    """X / n with NaN, silently, where n is 0."""
    out = np.full(x.shape, np.nan)
    np.divide(x, n, out=out, where=n > 0)
    return out
