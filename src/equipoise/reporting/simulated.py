"""Rows of simulations as look-ups: which hypotheses, which scenarios, under which truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from equipoise.reporting.context import Context
from equipoise.results import Curve, Statistic

__all__ = ["Kind", "Simulated", "Tests", "simulated_of", "tests_of", "whole"]

Kind = Literal["naive", "adjusted"]
_ADJUSTED = ".median_unbiased"
_Place = tuple[str, str, int | None, str, tuple[tuple[str, str], ...], bool]


@dataclass(frozen=True, slots=True)
class Simulated:
    """Rows of one hypothesis under one scenario.

    Attributes:
        hypothesis: The hypothesis.
        scenario: The scenario.
        statistics: Its rows, under the scenario and under the null hypothesis; not those of varied assumptions.
        varied: Rows of varied assumptions.
        curves: Its curves.
    """

    hypothesis: str
    scenario: str
    statistics: tuple[Statistic, ...]
    varied: tuple[Statistic, ...] = ()
    curves: tuple[Curve, ...] = ()
    _index: dict[_Place, Statistic] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for row in self.statistics:
            key = row.key
            # Where a trial has several experimental arms, a comparison has one in its key: it is not about that arm.
            arm = "" if key.versus else key.arm
            place = (key.statistic, key.under, key.look, arm, key.groups, key.method.endswith(_ADJUSTED))
            self._index.setdefault(place, row)

    def find(
        self,
        statistic: str,
        *,
        look: int | None = None,
        under: str = "h1",
        arm: str = "",
        probability: str = "",
        ended: bool = False,
        kind: Kind = "naive",
    ) -> Statistic | None:
        """The row of a name, or None.

        Args:
            statistic: Name of the statistic.
            look: Look; None for a row that is of none.
            under: `h1`, the scenario as it is, or `h0`.
            arm: Arm; "" for all.
            probability: Of a quantile.
            ended: Whether only trials are meant in which testing ended at the look.
            kind: Of estimates: as they are, or allowing for the looks.
        """
        groups = (("given", "ended"),) if ended else (("probability", probability),) if probability else ()
        return self._index.get((statistic, under, look, arm, groups, kind == "adjusted"))

    def unders(self) -> tuple[str, ...]:
        """What was simulated: `h1`, `h0` or both."""
        there = {row.key.under for row in self.statistics}
        return tuple(under for under in ("h1", "h0") if under in there)

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of the looks, in order."""
        return tuple(sorted({row.key.look for row in self.statistics if row.key.look is not None}))

    def curve(self, name: str, *, under: str = "h1") -> list[Curve]:
        """Curves of one name.

        Args:
            name: Name of the curve.
            under: `h1` or `h0`.
        """
        return [one for one in self.curves if one.curve == name and one.key.under == under]

    @property
    def anchor(self) -> str:
        """Part of anchors and file names."""
        return f"{self.hypothesis}-{self.scenario}"


@dataclass(frozen=True, slots=True)
class Tests:
    """One hypothesis under all scenarios that were simulated.

    Attributes:
        hypothesis: Its name.
        scenarios: The scenario that its design assumes first, the others as declared.
    """

    hypothesis: str
    scenarios: tuple[Simulated, ...]


def simulated_of(context: Context) -> tuple[Simulated, ...]:
    """What was simulated, by hypothesis and scenario in the order of the rows.

    Args:
        context: Bundle and protocol.
    """
    found: dict[tuple[str, str], tuple[list[Statistic], list[Statistic], list[Curve]]] = {}
    for row in context.bundle.results:
        if row.key.stage == "simulation" and row.key.hypothesis:
            rows, varied, _ = found.setdefault((row.key.hypothesis, row.key.scenario), ([], [], []))
            (varied if row.key.group("vary") else rows).append(row)
    for drawn in context.bundle.results.curves:
        place = (drawn.key.hypothesis, drawn.key.scenario)
        if drawn.key.stage == "simulation" and place in found:
            found[place][2].append(drawn)
    return tuple(
        Simulated(*place, tuple(rows), tuple(varied), tuple(curves)) for place, (rows, varied, curves) in found.items()
    )


def _place(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)


def tests_of(context: Context) -> tuple[Tests, ...]:
    """Hypotheses that were simulated, in declared order.

    Args:
        context: Bundle and protocol.
    """
    by_name: dict[str, list[Simulated]] = {}
    for one in simulated_of(context):
        by_name.setdefault(one.hypothesis, []).append(one)
    order, scenarios = list(context.protocol.hypotheses), list(context.protocol.scenarios)

    def place(name: str, one: Simulated) -> tuple[bool, int]:
        declared = context.protocol.design.get(name)
        return (declared is None or declared.assume != one.scenario, _place(one.scenario, scenarios))

    return tuple(
        Tests(name, tuple(sorted(own, key=lambda one, name=name: place(name, one))))  # type: ignore[misc]
        for name, own in sorted(by_name.items(), key=lambda item: _place(item[0], order))
    )


def whole(context: Context, statistic: str, scenario: str, under: str) -> Statistic | None:
    """A row about whole trials, of all hypotheses together.

    Args:
        context: Bundle and protocol.
        statistic: Name of the statistic.
        scenario: The scenario.
        under: `h1` or `h0`.
    """
    for row in context.bundle.results:
        key = row.key
        found = (key.stage, key.statistic, key.scenario, key.under)
        if found == ("simulation", statistic, scenario, under) and not key.hypothesis and not key.groups:
            return row
    return None
