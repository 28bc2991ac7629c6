"""`arms:`, `factors:`, `eligibility:`, `populations:` and `baseline:`: who is in the trial, and how described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Tag

from equipoise.protocol.base import Label, Many, Name, Section, Table, Where, by_shape

__all__ = ["Arm", "Baseline", "Eligibility", "Factor", "Population"]


class Arm(Section):
    """One arm. Exactly one arm of a trial is the control."""

    label: Label
    role: Literal["experimental", "control"]
    ratio: Annotated[int, Field(ge=1, le=20)] = 1
    value: Annotated[
        str | int | None, Field(description="How the data write this arm; the label, or the arm's name, where absent.")
    ] = None
    treatment: Label | None = None


Levels = Annotated[
    Annotated[Table[str, str | int | float | bool], Tag("mapping")] | Annotated[Many[str | int | bool], Tag("list")],
    by_shape(mapping=Mapping, list=object),
]


class Factor(Section):
    """A baseline characteristic, declared once; strata, subgroups, covariates and randomization name it.

    Either categorical, with `levels` (a list, or a mapping from what print calls a level to what the data call it), or
    continuous, with a `unit`.
    """

    label: Label
    column: Annotated[str, Field(min_length=1)]
    levels: Levels | None = None
    continuous: bool = False
    unit: str | None = None
    verified: Annotated[
        str | None, Field(description="Column with the level as verified later, for sensitivity analyses.")
    ] = None

    @property
    def level_values(self) -> dict[str, str]:
        """Printed level → how the data write it, both as text, in declared order; empty for a continuous factor."""
        if self.levels is None:
            return {}
        if isinstance(self.levels, Mapping):
            return {name: _text(value) for name, value in self.levels.items()}
        return {_text(level): _text(level) for level in self.levels}


class Eligibility(Section):
    """One criterion, in words and, where the data can tell, as a condition on ADSL."""

    text: Label
    where: Where | None = None


class Population(Section):
    """An analysis population: whose arm counts and who is in it."""

    label: Label | None = None
    arm: Literal["planned", "actual"] = "planned"
    where: Annotated[Where | None, Field(description="Condition on ADSL; everybody randomized where absent.")] = None


class Baseline(Section):
    """The baseline table: every declared factor in the first population unless said otherwise."""

    population: Name | None = None
    factors: Many[Name] | None = None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
