"""The MaxCombo test, by contrast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.analysis.events import contrasts_of
from equipoise.analysis.log_rank_steps import competing_of, no_subjects
from equipoise.analysis.methods_text import arms_text, competing_text, number_text
from equipoise.analysis.rows import Scope, estimate, p_values
from equipoise.analysis.test_words import test_text
from equipoise.protocol.method_names import test_method, weight_slug

if TYPE_CHECKING:
    from equipoise.analysis.events import Events
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.max_combo import MaxCombo
    from equipoise.protocol.analysis import MaxComboTest, TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["MaxComboStep"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class MaxComboStep:
    """One declared MaxCombo test; each contrast uses the subjects of its two arms and no others."""

    name: str
    analysis: TimeToEventAnalysis
    test: MaxComboTest

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: MaxCombo test"

    def run(self, context: Context) -> Iterator[Row]:
        """The largest z with its one- and two-sided p, and the z of each weight, by contrast.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        text = test_text(protocol, self.test, self.analysis.strata_as)
        for arm, versus, pair, _ in contrasts_of(context, self.name, self.analysis):
            words = f"{text}, {arms_text(protocol, arm, versus)}" + competing_text(competing_of(pair))
            yield from self._contrast(protocol, scope, pair, {"arm": arm, "versus": versus}, words)

    def _contrast(
        self, protocol: Protocol, scope: Scope, pair: Events, key: dict[str, str], text: str
    ) -> Iterator[Row]:
        labels = (protocol.arms[key["versus"]].label, protocol.arms[key["arm"]].label)
        found = self._fit(pair) if pair.n else None
        reason = no_subjects(pair, labels) or (found.reason if found else "no subjects")
        method = test_method(self.test)
        counts: dict[str, Any] = {"n": pair.n, "events": pair.n_events}
        fits = found is not None and not reason
        yield estimate(
            scope.key("z", method=method, **key),
            found.z_max if found and fits else _NAN,
            reason=reason,
            multiplicity="nominal",
            method_text=f"{text}; the statistic most in favour of the experimental arm, positive favours it.",
            **counts,
        )
        for j, (rho, gamma) in enumerate(self.test.weights):
            yield estimate(
                scope.key("z", method=method, groups=(("weights", weight_slug(rho, gamma)),), **key),
                float(found.z[j]) if found and fits else _NAN,
                reason=reason,
                multiplicity="nominal",
                method_text=f"{text}; the statistic with rho {number_text(rho)} and gamma {number_text(gamma)}.",
                **counts,
            )
        for name, words in (("two_sided", "two-sided"), ("one_sided", "one-sided for the experimental arm")):
            yield from p_values(
                scope,
                method,
                reason=reason,
                key=key,
                method_text=f"{text}; {words}.",
                **{name: getattr(found, f"p_{name}") if fits else _NAN},
                **counts,
            )

    def _fit(self, pair: Events) -> MaxCombo:
        from equipoise.kernels.max_combo import max_combo

        stratum = pair.stratum(self.test.strata)
        return max_combo(pair.time, pair.event, pair.arm, stratum=stratum, weights=self.test.weights)
