"""One statistic: one row of results, with everything needed to print it, trace it and compare it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from equipoise.results.key import Key

__all__ = ["Multiplicity", "Origin", "Printed", "Statistic"]

Multiplicity = Literal["confirmatory", "nominal", "descriptive"]
Origin = Literal["observed", "simulated", "synthetic", "published", "assumed"]


@dataclass(frozen=True, slots=True)
class Printed:
    """How a published number was printed: its characters, and where."""

    characters: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One key, plus its value and what belongs to it.

    A field that could exist but has no value is None and its reason is in `missing`.

    Attributes:
        key: What the number is about.
        value: The number. Proportions are fractions; times are in `unit`, which is the data's own unit of time.
        text: The content of a statistic that is not a number (a date, a decision).
        lower: Lower confidence limit.
        upper: Upper confidence limit.
        conf_level: Confidence level of the limits, 0.95.
        se: Standard error: of sampling, or Monte Carlo. For ratios it is on the log scale.
        n: Subjects that the statistic rests on.
        events: Events, or subjects with the feature counted.
        denominator: Denominator of a proportion, or exposure of a rate.
        df: Degrees of freedom of a test.
        sides: 1 or 2, for p-values and levels.
        unit: Unit of `value`, `lower` and `upper`; "" for plain numbers.
        method_text: The method in a sentence, from the plan.
        multiplicity: Whether the number may carry a confirmatory claim.
        missing: Pairs (field, reason): why a field has no value.
        origin: How the number came to be.
        printed: Published facts only.
    """

    key: Key
    value: float | None = None
    text: str = ""
    lower: float | None = None
    upper: float | None = None
    conf_level: float | None = None
    se: float | None = None
    n: int | None = None
    events: int | None = None
    denominator: float | None = None
    df: float | None = None
    sides: int | None = None
    unit: str = ""
    method_text: str = ""
    multiplicity: Multiplicity = "descriptive"
    missing: tuple[tuple[str, str], ...] = ()
    origin: Origin = "observed"
    printed: Printed | None = None

    def __post_init__(self) -> None:
        # A bundle is JSON: NaN and infinity have no place in it, and each null must say why.
        for name in ("value", "lower", "upper", "se", "denominator", "df"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                message = f"{self.key.id}: {name} is {number}; pass None and say why in `missing`"
                raise AssertionError(message)

    def _repr_html_(self) -> str:
        from equipoise.results.notebook import statistic_html

        return statistic_html(self)

    @property
    def id(self) -> str:
        """Identifier of the statistic, derived from its key."""
        return self.key.id

    def why(self, field: str = "value") -> str:
        """Why `field` has no value; "" where no reason is recorded."""
        return dict(self.missing).get(field, "")

    def to_dict(self) -> dict[str, Any]:
        """The statistic as plain JSON values; empty fields are left out, `value` never is."""
        out: dict[str, Any] = {"id": self.id, "key": self.key.to_dict(), "value": self.value}
        for item in fields(self):
            content = getattr(self, item.name)
            if item.name in ("key", "value") or content in (None, "", ()):
                continue
            if item.name == "missing":
                content = dict(content)
            elif item.name == "printed":
                content = {"characters": content.characters, "source": content.source}
            out[item.name] = content
        return out

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Statistic:
        """The statistic that `to_dict` wrote.

        Args:
            content: One entry of `statistics` in a results file.
        """
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in content.items() if name in known}
        values["key"] = Key.from_dict(content["key"])
        values["missing"] = tuple((str(a), str(b)) for a, b in dict(content.get("missing", {})).items())
        if content.get("printed"):
            values["printed"] = Printed(**content["printed"])
        return cls(**values)
