"""`scenarios:` and `design:` and `randomization:`: what is assumed, when to look, how arms are allocated.

Strict in what they accept; the rooms that read them come later.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Tag

from equipoise.protocol.base import FrozenDict, Many, Name, Section, Table, by_shape

__all__ = ["Design", "Dropout", "Enrollment", "Look", "Piece", "Randomization", "Scenario"]

Positive = Annotated[float, Field(gt=0)]


class Piece(Section):
    """One piece of a step function of time: constant `value` until `until` (the last piece has none)."""

    until: Positive | None = None
    value: Positive


Steps = Annotated[
    Annotated[Annotated[tuple[Piece, ...], Field(strict=False, min_length=1)], Tag("pieces")]
    | Annotated[Positive, Tag("number")],
    by_shape(pieces=(list, tuple, Mapping), number=object),
]
"""A constant, or a list of pieces."""


class RatePiece(Section):
    """One piece of an enrollment rate, per month."""

    until: Positive | None = None
    rate: Annotated[float, Field(ge=0)]


class Enrollment(Section):
    """How many are enrolled, and how fast."""

    patients: Annotated[int, Field(gt=0)]
    per_month: Annotated[tuple[RatePiece, ...], Field(strict=False, min_length=1)]


class Dropout(Section):
    """Loss to follow-up: a hazard per unit of time."""

    hazard: Annotated[float, Field(ge=0)]


class ArmAssumption(Section):
    """What is assumed of one endpoint in one arm: exactly one of these."""

    median: Positive | None = None
    hazard: Steps | None = None
    hazard_ratio: Steps | None = None
    rate: Annotated[float, Field(gt=0, lt=1)] | None = None


class Scenario(Section):
    """A possible truth. `extends:` copies another scenario; `loading` resolves it."""

    enrollment: Enrollment | None = None
    dropout: Dropout | None = None
    endpoints: Table[Name, Table[Name, ArmAssumption]] = Field(default_factory=FrozenDict)


class Look(Section):
    """One analysis of a group-sequential design."""

    events: Annotated[int | None, Field(gt=0)] = None
    information: Annotated[float | None, Field(gt=0, le=1)] = None
    latest: datetime.date | None = None


class Spending(Section):
    """A spending function."""

    spending: Literal["obrien_fleming", "pocock", "hwang_shih_decani", "kim_demets"]
    parameter: float | None = None


Boundary = Annotated[
    Annotated[Spending, Tag("mapping")] | Annotated[Literal["none"], Tag("word")],
    by_shape(mapping=(Mapping, Spending), word=object),
]


class Design(Section):
    """Looks and boundaries for one hypothesis."""

    assume: Name
    efficacy: Boundary
    futility: Boundary = "none"
    looks: Annotated[tuple[Look, ...], Field(strict=False, min_length=1)]


class Procedure(Section):
    """An allocation procedure. Block sizes and keys live in the annex, never here."""

    kind: Literal["complete", "permuted_blocks", "big_stick", "minimization", "biased_coin"]


class Randomization(Section):
    """How subjects are allocated."""

    procedure: Procedure
    strata: Many[Name] = ()
    annex: str | None = None
