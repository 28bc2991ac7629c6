"""Rows of designs and of interim looks as look-ups: which designs, which looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equipoise.reporting.context import Context
from equipoise.results import Curve, Statistic

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Interim", "Planned", "designs_of", "interims_of"]

_VARIED = "vary"
_VARIANT = ("design", "alternative")


@dataclass(frozen=True, slots=True)
class Planned:
    """Rows of one design of one hypothesis.

    Attributes:
        hypothesis: Its hypothesis.
        scenario: The scenario that it assumes.
        name: Name of an alternative; "" for the declared design.
        statistics: Its rows, without those of sensitivity analyses.
        varied: Rows of sensitivity analyses.
        curves: Its curves.
    """

    hypothesis: str
    scenario: str
    name: str
    statistics: tuple[Statistic, ...]
    varied: tuple[Statistic, ...] = ()
    curves: tuple[Curve, ...] = ()

    def find(
        self, statistic: str, *, look: int | None = None, under: str | None = None, arm: str = ""
    ) -> Statistic | None:
        """The row of a name, or None.

        Args:
            statistic: Name of the statistic.
            look: Look; None for a row that is of none.
            under: `h0` or `h1`; None for the truth that the design assumes.
            arm: Arm; "" for all.
        """
        wanted = ("", "h1") if under is None else (under,)
        found = [row for row in self.statistics if _is(row, statistic, look) and row.key.under in wanted]
        # Where a trial has several experimental arms, a comparison has one in its key, and is not about that arm alone.
        for row in found:
            if row.key.arm == arm and not row.key.versus:
                return row
        return next((row for row in found if row.key.versus), None) if not arm else None

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of the looks, in order."""
        return tuple(sorted({row.key.look for row in self.statistics if row.key.look is not None}))

    def curve(self, name: str) -> list[Curve]:
        """Curves of one name.

        Args:
            name: Name of the curve.
        """
        return [one for one in self.curves if one.curve == name]

    @property
    def anchor(self) -> str:
        """Part of anchors and file names."""
        return "-".join(part for part in (self.hypothesis, self.name) if part)


def _is(row: Statistic, statistic: str, look: int | None) -> bool:
    return row.key.statistic == statistic and row.key.look == look


def _variant(groups: tuple[tuple[str, str], ...]) -> str:
    return next((level for name, level in groups if name in _VARIANT), "")


def designs_of(context: Context) -> tuple[Planned, ...]:
    """Designs that the bundle has, by hypothesis in declared order, the declared one first.

    Args:
        context: Bundle and protocol.
    """
    found: dict[tuple[str, str, str], tuple[list[Statistic], list[Statistic], list[Curve]]] = {}
    for row in context.bundle.results:
        if row.key.stage == "design":
            own = found.setdefault((row.key.hypothesis, _variant(row.key.groups), row.key.scenario), ([], [], []))
            (own[1] if row.key.group(_VARIED) else own[0]).append(row)
    for drawn in context.bundle.results.curves:
        place = (drawn.key.hypothesis, _variant(drawn.key.groups), drawn.key.scenario)
        if drawn.key.stage == "design" and place in found:
            found[place][2].append(drawn)
    made = []
    for (hypothesis, name, scenario), (rows, varied_rows, curves) in found.items():
        declared = context.protocol.design.get(hypothesis)
        other = scenario if declared is not None and scenario != declared.assume else ""
        made.append(Planned(hypothesis, scenario, name or other, tuple(rows), tuple(varied_rows), tuple(curves)))
    order = list(context.protocol.hypotheses)
    places = {name: place for place, name in enumerate(order)}
    made = [one for one in made if one.looks or one.varied or one.find("power")]
    return tuple(sorted(made, key=lambda one: (places.get(one.hypothesis, len(order)), bool(one.name))))


@dataclass(frozen=True, slots=True)
class Interim:
    """Rows of one interim look.

    Attributes:
        hypothesis: Its hypothesis.
        look: Number of the look; None for a cut at which none is planned.
        data_cut: Date of the cut.
        statistics: Rows.
        curves: Curves.
        past: Rows of its other looks in the same bundle: those held before, and what is planned of those to come.
    """

    hypothesis: str
    look: int | None
    data_cut: str
    statistics: tuple[Statistic, ...]
    curves: tuple[Curve, ...] = ()
    past: tuple[Statistic, ...] = ()

    def rows(self, statistic: str) -> list[Statistic]:
        """All rows of a name.

        Args:
            statistic: Name of the statistic.
        """
        return [row for row in self.statistics if row.key.statistic == statistic]

    def find(
        self, statistic: str, *, arm: str = "", under: str = "", method: str | None = None, interval: str | None = None
    ) -> Statistic | None:
        """The row of a name that is about all arms jointly (or about one, or a contrast), or None.

        Args:
            statistic: Name of the statistic.
            arm: Arm, without one of reference; "" for all jointly.
            under: What the number is under.
            method: Beginning of the method; None for any.
            interval: Beginning of the interval; None for any.
        """
        for row in self.rows(statistic):
            key = row.key
            if key.arm == arm and not key.versus and key.under == under and _begins(row, method, interval):
                return row
        return None

    def contrast(self, statistic: str, *, method: str | None = None, interval: str | None = None) -> Statistic | None:
        """The row of a name that compares two arms, or None.

        Args:
            statistic: Name of the statistic.
            method: Beginning of the method; None for any.
            interval: Beginning of the interval; None for any.
        """
        for row in self.rows(statistic):
            if row.key.versus and _begins(row, method, interval):
                return row
        return None

    def curve(self, name: str) -> list[Curve]:
        """Curves of one name.

        Args:
            name: Name of the curve.
        """
        return [one for one in self.curves if one.curve == name]

    @property
    def anchor(self) -> str:
        """Part of anchors and file names."""
        return f"{self.hypothesis}-look{self.look}" if self.look is not None else f"{self.hypothesis}-cut"


def _begins(row: Statistic, method: str | None, interval: str | None) -> bool:
    return (method is None or row.key.method.startswith(method)) and (
        interval is None or row.key.interval.startswith(interval)
    )


def interims_of(context: Context) -> tuple[Interim, ...]:
    """The latest interim look of each hypothesis, hypotheses in declared order.

    Args:
        context: Bundle and protocol.
    """
    rows = [row for row in context.bundle.results if row.key.stage == "monitoring"]
    curves = [curve for curve in context.bundle.results.curves if curve.key.stage == "monitoring"]
    cuts = sorted({row.key.data_cut for row in rows})
    order = list(context.protocol.hypotheses)
    names = dict.fromkeys(row.key.hypothesis for row in rows)
    out = []
    for name in sorted(names, key=lambda one: order.index(one) if one in order else len(order)):
        own = [row for row in rows if row.key.hypothesis == name]
        cut = max((row.key.data_cut for row in own), default=cuts[-1])
        look = _latest(row for row in own if row.key.data_cut == cut and row.key.statistic in _OF_THE_LOOK)
        # Rows of other looks: those held before, with their own cuts, and bounds of those to come.
        now = [row for row in own if row.key.data_cut == cut and row.key.look in (look, None)]
        there = {row.id for row in now}
        past = tuple(row for row in own if row.id not in there)
        drawn = tuple(c for c in curves if c.key.hypothesis == name and c.key.data_cut == cut)
        out.append(Interim(name, look, cut, tuple(now), drawn, past))
    return tuple(out)


# What there is only at a look that was held; bounds may also be there for looks to come.
_OF_THE_LOOK = ("events", "information_fraction", "spending_time", "z", "decision")


def _latest(rows: Iterable[Statistic]) -> int | None:
    looks = [row.key.look for row in rows if row.key.look is not None]
    return max(looks, default=None)
