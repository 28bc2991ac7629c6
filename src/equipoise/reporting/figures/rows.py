"""What figures draw beside curves: rows of finished strings and plain numbers. Nothing here computes a statistic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["AtRiskRow", "Difference", "DotRow", "ForestRow", "ResponseBar"]


@dataclass(frozen=True, slots=True)
class AtRiskRow:
    """Numbers at risk of one arm, for figures that carry them inside.

    Attributes:
        arm: Name of the arm, as in `labels`.
        cells: One text for each tick.
    """

    arm: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One line of a forest plot.

    Attributes:
        label: What the line is about.
        value: Estimate, None where there is none.
        lower: Lower limit; None where it is infinite or does not exist.
        upper: Upper limit; None where it is infinite or does not exist.
        weight: Information, in any unit; the area of the square is proportional to it. None: a small square.
        left: Cells left of the plot, finished text, one for each of `left_headers`.
        right: Cells right of the plot, finished text, one for each of `right_headers`.
        kind: `heading` (a factor: bold, no mark), `level` (indented under it), `row` (stands alone) or `overall`
            (a diamond, and a reference line through all rows).
        reason: Printed in the plot where there is no estimate: "Fewer than 10 events".
        stat: Identifier of the statistic.
    """

    label: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    weight: float | None = None
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    kind: Literal["heading", "level", "row", "overall"] = "row"
    reason: str = ""
    stat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference in proportions of one contrast.

    Attributes:
        arm: The experimental arm, as in `labels`; gives the colour.
        value: Difference as a fraction; None where it does not exist.
        lower: Lower limit as a fraction.
        upper: Upper limit as a fraction.
        stat: Identifier of the statistic.
    """

    arm: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    stat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DotRow:
    """One adverse event of a dot plot.

    Attributes:
        label: Its term.
        proportions: Fraction of subjects by arm; None where there is none.
        differences: One for each contrast.
        kind: `heading` for a line without marks (a class above its terms).
    """

    label: str
    proportions: Mapping[str, float | None] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    kind: Literal["heading", "row"] = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBar:
    """One arm's bar of best responses.

    Attributes:
        arm: Name of the arm.
        label: What print calls it.
        segments: Fraction by category, in the order of the categories.
        texts: Finished text by category, printed where it fits: "45%".
        left: Small text under the label: "n = 244".
        right: Finished text at the end of the bar: "ORR 45.1% (38.7 to 51.5)".
        stat: Identifier of the statistic in `right`.
    """

    arm: str
    label: str
    segments: Mapping[str, float]
    texts: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    right: str = ""
    stat: str = ""
