"""`multiplicity:`, the graph that shares one alpha among hypotheses and passes on the shares of those rejected."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from equipoise.protocol.base import FrozenDict, Name, Section, Table

__all__ = ["Multiplicity"]

Share = Annotated[float, Field(ge=0, le=1)]


class Multiplicity(Section):
    """A graph of hypotheses: shares of one alpha, and where each goes when its hypothesis is rejected.

    Bretz, Maurer, Brannath and Posch (2009, Stat Med 28:586); with looks, Maurer and Bretz (2013, Stat Biopharm Res
    5:311). Exactly one alpha is given; the hypotheses themselves have neither alpha nor `after`.
    """

    alpha_one_sided: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    alpha_two_sided: Annotated[float, Field(gt=0, lt=1)] | None = None
    weights: Annotated[Table[Name, Share], Field(min_length=1)]
    transitions: Table[Name, Table[Name, Share]] = Field(default_factory=FrozenDict)
    look_back: bool = False

    @property
    def sides(self) -> int:
        """Sides of its level."""
        return 1 if self.alpha_one_sided is not None else 2

    @property
    def alpha(self) -> float:
        """Its level, on the scale of its sides."""
        return (self.alpha_one_sided if self.alpha_one_sided is not None else self.alpha_two_sided) or 0.0
