"""Curves: the same key as a statistic, with arrays. All stages share one long table on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equipoise.results.key import Key, slug

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Curve"]

COLUMNS = ("x", "y", "lower", "upper", "n_risk", "n_event", "n_censor")


def _none() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One curve; every array is empty or has the length of `x`. NaN marks a value that does not exist.

    Attributes:
        key: What the curve is about.
        curve: Name of the curve, `kaplan_meier`, `cumulative_incidence`.
        kind: `step` (right-continuous), `line` or `points`.
        x: Abscissa; times in the data's own unit.
        y: Value.
        lower: Lower limit of `y`.
        upper: Upper limit of `y`.
        n_risk: At risk just before `x`.
        n_event: Events at `x`.
        n_censor: Censored at `x`.
        unit: Unit of `x`.
    """

    key: Key
    curve: str
    kind: str = "step"
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lower: NDArray[np.float64] = field(default_factory=_none)
    upper: NDArray[np.float64] = field(default_factory=_none)
    n_risk: NDArray[np.float64] = field(default_factory=_none)
    n_event: NDArray[np.float64] = field(default_factory=_none)
    n_censor: NDArray[np.float64] = field(default_factory=_none)
    unit: str = ""

    def _repr_html_(self) -> str:
        from equipoise.results.notebook import curve_html

        return curve_html(self)

    @property
    def id(self) -> str:
        """Identifier of the curve: its key's id (whose statistic is usually empty) and its name."""
        return f"{self.key.id}.{slug(self.curve)}"
