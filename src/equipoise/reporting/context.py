"""What every section reads: the bundle, the protocol, and both put into words. Nothing here computes a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equipoise.reporting.cells import EMPTY, Cell, Piece, cell, why
from equipoise.results import Curve, Statistic
from equipoise.results import display as d
from equipoise.results.lookup import only
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.results.bundle import Bundle

__all__ = ["NOT_ADJUSTED", "Context", "lower_first"]

NOT_ADJUSTED = "Limits are not adjusted for multiplicity."
_Place = tuple[str, str, str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Context:
    """A bundle and its protocol, with look-ups that refuse ambiguity and cells in the trial's unit of time.

    Attributes:
        bundle: The bundle as read.
        protocol: The protocol rebuilt from it.
    """

    bundle: Bundle
    protocol: Protocol
    _index: dict[_Place, list[Statistic]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for row in self.bundle.results:
            if row.key.stage == "analysis":
                key = row.key
                place = (key.analysis, key.statistic, key.arm, key.versus, key.groups)
                self._index.setdefault(place, []).append(row)

    @property
    def analyzed(self) -> bool:
        """Whether the bundle holds results of an analysis; else it is about a design, or an interim look."""
        return bool(self._index)

    # Look-ups

    def find(
        self,
        analysis: str,
        statistic: str,
        arm: str = "",
        versus: str = "",
        *,
        groups: tuple[tuple[str, str], ...] = (),
        time: float | None = None,
        method: str | None = None,
        interval: str | None = None,
        hypothesis: str = "",
    ) -> Statistic | None:
        """The statistic with exactly these key fields, or None.

        Args:
            analysis: Name of the analysis.
            statistic: Name of the statistic.
            arm: Arm, "" for all jointly.
            versus: Arm of reference.
            groups: Groups, exactly.
            time: Landmark; None for a row without one.
            method: Method, exactly; None for any.
            interval: First words of the interval's slug; None for any.
            hypothesis: Hypothesis, exactly.

        Raises:
            BundleError: When several match.
        """
        rows = self._index.get((analysis, statistic, arm, versus, groups), ())
        return only(rows, room="cell of the report", time=time, method=method, interval=interval, hypothesis=hypothesis)

    def rows(self, analysis: str, statistic: str) -> list[Statistic]:
        """All statistics of one name in one analysis, in order.

        Args:
            analysis: Name of the analysis.
            statistic: Name of the statistic.
        """
        return [row for place, rows in self._index.items() if place[:2] == (analysis, statistic) for row in rows]

    def curves(self, analysis: str, curve: str) -> list[Curve]:
        """Curves of an analysis in the order of the declared arms.

        Args:
            analysis: Name of the analysis.
            curve: Name of the curve.
        """
        found = self.bundle.results.curves_of(curve, analysis=analysis, stage="analysis")
        order = list(self.protocol.arms)
        return sorted(
            (item for item in found if item.key.arm in order and not item.key.groups),
            key=lambda item: order.index(item.key.arm),
        )

    # Cells

    @property
    def time_style(self) -> dict[str, Any]:
        """Arguments of `results.display` that put times in the trial's unit."""
        return {"time_unit": self.protocol.time.unit, "days_per_month": self.protocol.time.days_per_month}

    @property
    def time_factor(self) -> float:
        """Trial units in one data unit, for axes."""
        time = self.protocol.time
        length = days_per(time.unit, days_per_month=time.days_per_month)
        return days_per(time.data_unit, days_per_month=time.days_per_month) / length

    def value(self, stat: Statistic | None, *, unit: bool = False, digits: int | None = None, absent: str = "") -> Cell:
        """A statistic's value.

        Args:
            stat: The statistic.
            unit: Whether its unit follows.
            digits: Decimals, where the default does not suit.
            absent: What to say where there is no such row.
        """
        if stat is None:
            return why(absent or "not computed")
        self._guard(stat)
        return cell(Piece(d.format_value(stat, unit=unit, digits=digits, **self.time_style), stat))

    def estimate(
        self,
        stat: Statistic | None,
        *,
        words: bool = False,
        unit: bool = False,
        digits: int | None = None,
        absent: str = "",
    ) -> Cell:
        """A statistic's value and limits.

        Args:
            stat: The statistic.
            words: Whether the level of the interval is named.
            unit: Whether the unit follows the value.
            digits: Decimals, where the default does not suit.
            absent: What to say where there is no such row.
        """
        if stat is None:
            return why(absent or "not computed")
        self._guard(stat)
        text = d.format_estimate_ci(stat, words=words, unit=unit, digits=digits, **self.time_style)
        return cell(Piece(text, stat))

    def count_percent(self, stat: Statistic | None, *, absent: str = "") -> Cell:
        """A proportion as count and percent.

        Args:
            stat: A proportion with `events`.
            absent: What to say where there is no such row.
        """
        return why(absent or "not computed") if stat is None else cell(Piece(d.format_count_percent(stat), stat))

    def p(self, stat: Statistic | None, *, level: Statistic | None = None) -> Cell:
        """A P value, "0.02", only where it may carry a claim; empty for any other row.

        Args:
            stat: A P value.
            level: The level that it was compared with.
        """
        if stat is None or not confirmatory(stat):
            return EMPTY
        if stat.value is None:
            return cell(Piece(d.format_missing(stat.why()), stat))
        return cell(Piece(d.format_p(stat.value, level=level.value if level else None), stat))

    def interim_p(self, stat: Statistic) -> Cell:
        """The P of an unblinded interim look, for the section of that look and for no other place.

        Args:
            stat: A P value of the stage monitoring.
        """
        if stat.key.stage != "monitoring":
            message = f"{stat.id}: print a P of the analysis with Context.p"
            raise AssertionError(message)
        return cell(Piece(d.format_value(stat, digits=4), stat))

    def _guard(self, stat: Statistic) -> None:
        # The rule about P is held here, so that no section can break it by mistake.
        if stat.key.statistic in ("p_value", "interaction_p_value"):
            message = f"{stat.id}: print a P with Context.p"
            raise AssertionError(message)

    # Words

    def arm(self, name: str) -> str:
        """Label of an arm; "All" for none.

        Args:
            name: Name of the arm.
        """
        return self.protocol.arms[name].label if name in self.protocol.arms else name or "All"

    def contrast(self, arm: str, versus: str, *, sign: str = " vs ") -> str:
        """A contrast in words.

        Args:
            arm: Experimental arm.
            versus: Arm of reference.
            sign: What stands between them.
        """
        return f"{self.arm(arm)}{sign}{self.arm(versus)}"

    def factor(self, name: str) -> str:
        """Label of a factor.

        Args:
            name: Its name.
        """
        return self.protocol.factors[name].label if name in self.protocol.factors else name

    def covariate(self, name: str) -> str:
        """Label of a covariate: of a factor, or of the endpoint whose event a time-dependent one waits for.

        Args:
            name: Its name.
        """
        endpoint = self.protocol.endpoints.get(name)
        return endpoint.label if endpoint is not None and name not in self.protocol.factors else self.factor(name)

    def population(self, name: str) -> str:
        """Label of a population.

        Args:
            name: Its name.
        """
        found = self.protocol.populations.get(name)
        return (found.label if found else None) or name

    def analysis_label(self, name: str) -> str:
        """What an analysis is called: its own label, else its endpoint's.

        Args:
            name: Its name.
        """
        analysis = self.protocol.analysis.get(name)
        if analysis is None:
            return name
        return analysis.label or self.protocol.endpoints[analysis.endpoint].label


def confirmatory(stat: Statistic) -> bool:
    """Whether a P may be shown: it belongs to a hypothesis that the hierarchy reached.

    Args:
        stat: A P value.
    """
    return bool(stat.key.hypothesis) and stat.multiplicity == "confirmatory"


def lower_first(text: str) -> str:
    """Text for the middle of a sentence: the first letter small, unless the word is an acronym or a name of letters.

    Args:
        text: A label.
    """
    if len(text) < 2 or not text[1].islower():
        return text
    return text[0].lower() + text[1:]
