"""What all sections share: frozen, strict, and no key that nobody reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints

__all__ = ["ConfLevel", "FrozenDict", "Label", "Many", "Name", "Section", "Table", "Where", "by_shape"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]
"""A name that other sections refer to: a letter, then letters, digits or underscores."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Where = Annotated[str, Field(min_length=1, description="A condition in SQL over the columns of the table.")]
ConfLevel = Annotated[float, Field(gt=0.5, lt=1, description="Confidence level, 0.95.")]
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A YAML list; its items stay strict."""

Arms = Literal["planned", "actual"]


class FrozenDict(dict[K, V], Generic[K, V]):
    """A dictionary that can't be changed after it was made, as a declaration can't; hashable if its values are."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        msg = "a protocol is frozen: change trial.yaml and load it again"
        raise TypeError(msg)

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)

    def __copy__(self) -> FrozenDict[K, V]:
        return self

    def _repr_html_(self) -> str:
        from equipoise.protocol.notebook import section_html

        return section_html(self)

    def copy(self) -> dict[K, V]:
        """A plain dictionary with the same entries, free to change."""
        return dict(self)


Table = Annotated[Mapping[K, V], AfterValidator(FrozenDict)]
"""A YAML mapping from names to entries, frozen, in declared order."""


class Section(BaseModel):
    """A part of trial.yaml: frozen; an unknown key is an error; "1" is not 1."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    def _repr_html_(self) -> str:
        from equipoise.protocol.notebook import section_html

        return section_html(self)


def by_shape(**tags: type | tuple[type, ...]) -> Discriminator:
    """Which branch of a union a value is meant for, told by its Python type; the last tag takes all others.

    Args:
        **tags: Tag → the Python types that choose it.

    Returns:
        A discriminator for branches marked with `Tag`.
    """
    last = list(tags)[-1]

    def choose(value: Any) -> str:
        for tag, types in tags.items():
            if isinstance(value, types):
                return tag
        return last

    return Discriminator(choose)
