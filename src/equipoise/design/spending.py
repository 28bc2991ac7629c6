"""Spending functions: how much of an error rate may be used up by a fraction of the information.

Lan and DeMets (1983, Biometrika 70:659). Each is a frozen value with `cumulative(fraction, alpha)`, which is 0 at a
fraction of 0 and exactly alpha from a fraction of 1 on. `alpha` is the level of one side, or the total of beta.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import PlanError, Problem, Where

__all__ = [
    "ExponentialType",
    "HwangShihDeCani",
    "KimDeMets",
    "ListedAlpha",
    "OBrienFlemingType",
    "PocockType",
    "SpendingFunction",
    "UserSpending",
]

FloatArray = NDArray[np.float64]
_ROUNDING = 1e-9
_NOTHING = 1e-290


class SpendingFunction(Protocol):
    """What is asked of a spending function."""

    @property
    def slug(self) -> str:
        """Short name for keys, such as `obrien_fleming_type`."""

    @property
    def label(self) -> str:
        """Name for people, with its parameter."""

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.
        """


@dataclass(frozen=True, slots=True)
class OBrienFlemingType:
    """2 - 2 Phi(z_{alpha/2} / sqrt(t)), Lan and DeMets (1983): like O'Brien and Fleming's bounds, but not the same."""

    slug = "obrien_fleming_type"
    label = "Lan-DeMets, O'Brien-Fleming type"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.

        Raises:
            PlanError: A fraction or alpha out of range.
        """
        from scipy.special import ndtr, ndtri

        t, given = _fractions(fraction, alpha)
        return _full(2.0 * ndtr(float(ndtri(0.5 * alpha)) / np.sqrt(t)), given, alpha)


@dataclass(frozen=True, slots=True)
class PocockType:
    """alpha log(1 + (e - 1) t), Lan and DeMets (1983): like Pocock's bounds, but not the same."""

    slug = "pocock_type"
    label = "Lan-DeMets, Pocock type"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.

        Raises:
            PlanError: A fraction or alpha out of range.
        """
        t, given = _fractions(fraction, alpha)
        return _full(alpha * np.log1p(math.expm1(1.0) * t), given, alpha)


@dataclass(frozen=True, slots=True)
class KimDeMets:
    """alpha t^rho, Kim and DeMets (1987, Biometrika 74:149), the power family.

    Attributes:
        rho: Above 0; 1 spends evenly, 3 spends late.
    """

    rho: float
    slug = "kim_demets"

    def __post_init__(self) -> None:
        _must(
            math.isfinite(self.rho) and self.rho > 0.0,
            "rho of a spending function is out of range",
            self.rho,
            "give a number above 0, such as 2",
        )

    @property
    def label(self) -> str:
        """Name for people, with its parameter."""
        return f"Kim-DeMets (rho {self.rho:g})"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.

        Raises:
            PlanError: A fraction or alpha out of range.
        """
        t, given = _fractions(fraction, alpha)
        return _full(alpha * t**self.rho, given, alpha)


@dataclass(frozen=True, slots=True)
class HwangShihDeCani:
    """alpha (1 - exp(-gamma t)) / (1 - exp(-gamma)), and alpha t for gamma 0.

    Hwang, Shih and De Cani (1990, Stat Med 9:1439).

    Attributes:
        gamma: Any number from -100 to 100; -4 is close to O'Brien-Fleming, 1 to Pocock.
    """

    gamma: float
    slug = "hwang_shih_decani"

    def __post_init__(self) -> None:
        _must(
            abs(self.gamma) <= 100.0,
            "gamma of a spending function is out of range",
            self.gamma,
            "give a number from -100 to 100, such as -4",
        )

    @property
    def label(self) -> str:
        """Name for people, with its parameter."""
        return f"Hwang-Shih-DeCani (gamma {self.gamma:g})"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.

        Raises:
            PlanError: A fraction or alpha out of range.
        """
        t, given = _fractions(fraction, alpha)
        # Below 1e-12 the parabola's second term is lost in rounding, and so is expm1 of a subnormal number.
        share = t if abs(self.gamma) < 1e-12 else np.expm1(-self.gamma * t) / math.expm1(-self.gamma)
        return _full(alpha * share, given, alpha)


@dataclass(frozen=True, slots=True)
class ExponentialType:
    """alpha^(t^-nu), Anderson and Clark (2010, Stat Med 29:320); nu 0.75 is close to O'Brien-Fleming.

    Attributes:
        nu: Above 0.
    """

    nu: float = 0.75
    slug = "exponential"

    def __post_init__(self) -> None:
        _must(
            math.isfinite(self.nu) and self.nu > 0.0,
            "nu of a spending function is out of range",
            self.nu,
            "give a number above 0, such as 0.75",
        )

    @property
    def label(self) -> str:
        """Name for people, with its parameter."""
        return f"Exponential (nu {self.nu:g})"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.

        Raises:
            PlanError: A fraction or alpha out of range.
        """
        t, given = _fractions(fraction, alpha)
        with np.errstate(over="ignore"):
            return _full(np.exp(math.log(alpha) * t**-self.nu), given, alpha)


@dataclass(frozen=True, slots=True)
class ListedAlpha:
    """Alpha listed by look, cumulative: the k-th look spends up to the k-th number, whatever its fraction.

    Attributes:
        spent: Cumulative error by look, not falling; the last one is all there is to spend.
    """

    spent: tuple[float, ...]
    slug = "listed"

    def __post_init__(self) -> None:
        values = np.asarray(self.spent, dtype=np.float64)
        object.__setattr__(self, "spent", tuple(values.ravel().tolist()))
        good = values.ndim == 1 and values.size > 0 and bool((values >= 0.0).all()) and bool((values < 1.0).all())
        _must(
            good and values[-1] > 0.0,
            "spent of a spending function is out of range",
            self.spent,
            "give cumulative probabilities, such as 0.001, 0.025",
        )
        _must(
            bool((np.diff(values) >= 0.0).all()),
            "spent of a spending function is out of range",
            self.spent,
            "give cumulative numbers that do not fall",
        )

    @property
    def label(self) -> str:
        """Name for people, with the numbers."""
        return "listed by look (" + ", ".join(f"{value:g}" for value in self.spent) + ")"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each look.

        Args:
            fraction: (K,) fractions of the first K looks, not below 0.
            alpha: Level of one side; must be the last of the numbers listed.

        Raises:
            PlanError: A fraction or alpha out of range, more looks than numbers, or another alpha than the last.
        """
        t, given = _fractions(fraction, alpha)
        last = self.spent[-1]
        same = abs(last - alpha) <= _ROUNDING * alpha
        _must(same, f"the last number listed is not the level {alpha:g}", last, f"end the list with {alpha:g}")
        enough = t.size <= len(self.spent)
        _must(
            enough, f"alpha is not listed for look {len(self.spent) + 1}", self.label, "list one number for each look"
        )
        return _full(np.asarray(self.spent[: t.size]), given, alpha)


@dataclass(frozen=True, slots=True)
class UserSpending:
    """A function of one's own.

    Attributes:
        function: `function(t, alpha)` for one fraction t in (0, 1]: the error spent by then. It must not fall, and
            must end with alpha at 1.
        label: Its name, for people.
    """

    function: Callable[[float, float], float]
    label: str = "user's function"
    slug = "user"

    def cumulative(self, fraction: ArrayLike, alpha: float) -> FloatArray:
        """Error spent by each fraction of the information.

        Args:
            fraction: (K,) fractions, not below 0.
            alpha: Level of one side, between 0 and 1.

        Raises:
            PlanError: A fraction or alpha out of range; or the function falls, exceeds alpha or doesn't end with it.
        """
        t, given = _fractions(fraction, alpha)
        values = np.array([float(self.function(float(part), alpha)) for part in t] + [float(self.function(1.0, alpha))])
        order = np.argsort(t, kind="stable")
        found = ", ".join(f"{value:.6g}" for value in values)
        good = bool(np.isfinite(values).all() and (values >= 0.0).all())
        _must(good, f"{self.label} gives what is no probability", found, "return a number from 0 to alpha")
        slack = _ROUNDING * alpha
        _must((values <= alpha + slack).all(), f"{self.label} exceeds {alpha:g}", found, "return at most alpha")
        rises = (np.diff(values[:-1][order]) >= -slack).all()
        _must(rises, f"{self.label} falls", found, "return numbers that do not fall as the fraction grows")
        full = abs(values[-1] - alpha) <= slack
        _must(full, f"{self.label} does not end with {alpha:g}", found, "return alpha at a fraction of 1")
        out = np.empty(t.size)
        out[order] = np.maximum.accumulate(values[:-1][order])
        return _full(out, given, alpha)


def _fractions(fraction: ArrayLike, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Fractions as an array kept above 0 and up to 1, and as they were given."""
    t = np.atleast_1d(np.asarray(fraction, dtype=np.float64))
    _must(0.0 < alpha < 1.0, "the error to spend must lie between 0 and 1", alpha, "give a level such as 0.025")
    good = t.ndim == 1 and bool((t >= 0.0).all())
    _must(good, "fractions of the information must be numbers from 0 on", t.tolist(), "give one for each look")
    return np.clip(t, 1e-300, 1.0), t


def _full(spent: FloatArray, given: FloatArray, alpha: float) -> FloatArray:
    """Exactly alpha from 1 on, and nothing where next to nothing is spent."""
    none = (given == 0.0) | (spent < _NOTHING)
    out: FloatArray = np.where(given >= 1.0, alpha, np.where(none, 0.0, np.minimum(spent, alpha)))
    return out


def _must(condition: object, message: str, value: object, cure: str) -> None:
    if not condition:
        raise PlanError(Problem("plan.spending", message, where=Where(path="spending"), value=str(value), cure=cure))
