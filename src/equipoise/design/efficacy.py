"""Kinds of efficacy bounds.

The exact bounds of Pocock, O'Brien and Fleming, and Wang and Tsiatis have a shape and one constant; bounds by spending
have a function and no shape. O'Brien and Fleming's bounds and the spending function named after them are two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from equipoise.design.spending import SpendingFunction

__all__ = ["Efficacy", "FixedZ", "HaybittlePeto", "OBrienFleming", "Pocock", "Spend", "WangTsiatis"]


@dataclass(frozen=True, slots=True)
class Spend:
    """Bounds by a spending function.

    Attributes:
        function: Its value, such as `OBrienFlemingType()`.
    """

    function: SpendingFunction

    @property
    def slug(self) -> str:
        """Short name for keys."""
        return self.function.slug

    @property
    def label(self) -> str:
        """Name for people."""
        return self.function.label


@dataclass(frozen=True, slots=True)
class Pocock:
    """One constant at all looks: z_k >= c (Pocock 1977, Biometrika 64:191)."""

    slug = "pocock"
    label = "Pocock"


@dataclass(frozen=True, slots=True)
class OBrienFleming:
    """z_k >= c / sqrt(t_k), the exact bounds (O'Brien and Fleming 1979, Biometrics 35:549), t_k the fraction."""

    slug = "obrien_fleming"
    label = "O'Brien-Fleming (exact)"


@dataclass(frozen=True, slots=True)
class WangTsiatis:
    """z_k >= c t_k^(delta - 1/2) (Wang and Tsiatis 1987, Biometrics 43:193).

    Attributes:
        delta: 0 is O'Brien-Fleming, 0.5 Pocock; -2 to 1.
    """

    delta: float
    slug = "wang_tsiatis"

    @property
    def label(self) -> str:
        """Name for people, with its parameter."""
        return f"Wang-Tsiatis (delta {self.delta:g})"


@dataclass(frozen=True, slots=True)
class HaybittlePeto:
    """One high bound at the interim looks (Haybittle 1971, Br J Radiol 44:793; Peto et al 1976, Br J Cancer 34:585).

    Attributes:
        interim_z: Bound at the interim looks.
        final: "solved": the last bound spends what is left of alpha, exactly. "unadjusted": it is that of one look,
            1.96 at 0.025, left alone; the test then exceeds alpha by about what the interim looks spend.
    """

    interim_z: float = 3.0
    final: Literal["solved", "unadjusted"] = "solved"

    @property
    def slug(self) -> str:
        """Short name for keys."""
        return "haybittle_peto" if self.final == "solved" else "haybittle_peto_unadjusted"

    @property
    def label(self) -> str:
        """Name for people, with its parameters."""
        last = "final bound solved" if self.final == "solved" else "final bound unadjusted"
        return f"Haybittle-Peto (interim z {self.interim_z:g}, {last})"


@dataclass(frozen=True, slots=True)
class FixedZ:
    """Bounds given on the z scale; they spend what they spend.

    Attributes:
        z: One a look; inf for a look without an efficacy test.
    """

    z: tuple[float, ...]
    slug = "fixed_z"
    label = "fixed z"

    def __post_init__(self) -> None:
        object.__setattr__(self, "z", tuple(float(value) for value in self.z))


Efficacy = Spend | Pocock | OBrienFleming | WangTsiatis | HaybittlePeto | FixedZ
