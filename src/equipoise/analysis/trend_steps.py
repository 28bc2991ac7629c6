"""The log-rank test for trend, of all arms jointly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.analysis.events import events_of
from equipoise.analysis.log_rank_steps import competing_of
from equipoise.analysis.methods_text import competing_text
from equipoise.analysis.rows import Scope, estimate, p_values
from equipoise.analysis.test_words import scores_of, test_text
from equipoise.protocol.method_names import test_method

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import TimeToEventAnalysis, TrendTest

__all__ = ["TrendStep"]


@dataclass(frozen=True, slots=True)
class TrendStep:
    """One declared test for trend; its rows belong to no pair of arms."""

    name: str
    analysis: TimeToEventAnalysis
    test: TrendTest

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: log-rank test for trend"

    def run(self, context: Context) -> Iterator[Row]:
        """z, chi-square and p of all arms.

        Args:
            context: Protocol, data and earlier rows.
        """
        from equipoise.kernels.trend import log_rank_trend

        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        events = events_of(context, self.name, self.analysis)
        text = test_text(protocol, self.test, self.analysis.strata_as) + competing_text(competing_of(events))
        scores = list(scores_of(protocol, self.test).values())
        method = test_method(self.test)
        stratum = events.stratum(self.test.strata)
        found = log_rank_trend(events.time, events.event, events.arm, scores, stratum=stratum) if events.n else None
        reason = found.reason if found else "no subjects"
        nan = float("nan")
        shared: dict[str, Any] = {"reason": reason, "n": events.n, "events": events.n_events}
        yield estimate(
            scope.key("z", method=method),
            found.z if found else nan,
            multiplicity="nominal",
            method_text=f"{text}; positive when hazards fall as the score rises.",
            **shared,
        )
        yield estimate(
            scope.key("chi_square", method=method),
            found.chi_square if found else nan,
            df=None if reason else 1.0,
            multiplicity="nominal",
            method_text=f"{text}.",
            **shared,
        )
        for name, words in (
            ("two_sided", "two-sided"),
            ("one_sided", "one-sided for hazards that fall with the score"),
        ):
            p: dict[str, Any] = {name: getattr(found, f"p_{name}") if found else nan}
            yield from p_values(scope, method, key={}, method_text=f"{text}; {words}.", **p, **shared)
