"""What all sections share: frozen, strict, and no key that nobody reads."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["ConfLevel", "Label", "Many", "Name", "Section", "Where"]

T = TypeVar("T")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]
"""A name that other sections refer to: a letter, then letters, digits or underscores."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Where = Annotated[str, Field(min_length=1, description="A condition in SQL over the columns of the table.")]
ConfLevel = Annotated[float, Field(gt=0.5, lt=1, description="Confidence level, 0.95.")]
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A YAML list; its items stay strict."""

Arms = Literal["planned", "actual"]


class Section(BaseModel):
    """A part of trial.yaml: frozen; an unknown key is an error; "1" is not 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
