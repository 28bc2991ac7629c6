"""Hazard ratios within the levels of a factor, and whether they differ.

An interaction is tested by the likelihood ratio of the model with treatment, level and their product against the model
with treatment and level, unstratified, in the two arms of the contrast. That a subgroup's own interval crosses 1 says
nothing about interaction, which is why the test stands beside the ratios.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.cox_models import why_not
from equipoise.analysis.events import COMPETING, Events, contrasts_of, events_of
from equipoise.analysis.hazard import hazard_ratio_row
from equipoise.analysis.log_rank_steps import no_subjects
from equipoise.analysis.methods_text import arms_text, competing_text, subgroup_text
from equipoise.analysis.rows import Scope, estimate

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import TimeToEventAnalysis

__all__ = ["SubgroupStep"]

MISSING = "missing"
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class SubgroupStep:
    """One factor: counts by level and arm, hazard ratios by level, interaction."""

    name: str
    analysis: TimeToEventAnalysis
    factor: str

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: subgroups by {self.factor}"

    def run(self, context: Context) -> Iterator[Row]:
        """Rows of every declared level, also of those that nobody has; subjects without a level are counted apart.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        events = events_of(context, self.name, self.analysis)
        levels = dict(enumerate(protocol.factors[self.factor].level_values))
        codes = events.levels[self.factor]
        if (codes < 0).any():
            levels[-1] = MISSING if MISSING not in levels.values() else f"({MISSING})"
        for code, level in levels.items():
            groups = (("factor", self.factor), ("level", level))
            for index, arm in enumerate(protocol.arms):
                mine = (events.arm == index) & (codes == code)
                n, happened = int(mine.sum()), int((mine & events.event).sum())
                about = f"{protocol.factors[self.factor].label}: {level}."
                subjects, with_event = f"Subjects with {about}", f"Subjects with an event, {about}"
                yield estimate(scope.key("subjects", arm=arm, groups=groups), n, n=n, method_text=subjects)
                yield estimate(scope.key("events", arm=arm, groups=groups), happened, n=n, method_text=with_event)
        text = subgroup_text(protocol, self.factor, self.analysis.estimate)
        for arm, versus, pair, labels in contrasts_of(context, self.name, self.analysis):
            arms = arms_text(protocol, arm, versus)
            words = arms + _competing(pair)
            contrast = {"arm": arm, "versus": versus}
            for code, level in levels.items():
                if code >= 0:
                    yield self._level(scope, pair, code, level, contrast, labels, f"{text}; {arms}")
            test = f"Likelihood-ratio test of treatment by {protocol.factors[self.factor].label}, unstratified; {words}"
            yield from self._interaction(scope, pair, contrast, test)

    def _level(
        self,
        scope: Scope,
        pair: Events,
        code: int,
        level: str,
        contrast: dict[str, str],
        labels: tuple[str, str],
        text: str,
    ) -> Row:
        from equipoise.kernels.cox import cox_two_arm

        model, minimum = self.analysis.estimate, self.analysis.subgroup_minimum
        own = pair.take(pair.levels[self.factor] == code)
        fit, reason = None, no_subjects(own, labels) if own.n else "no subjects"
        if not reason and own.n_events < minimum:
            reason = f"fewer than {minimum} events"
        if not reason:
            fit = cox_two_arm(own.time, own.event, own.arm, ties=model.ties, conf_level=model.conf_level)
            reason = why_not(fit, own, labels)
        key: dict[str, Any] = {
            **contrast,
            "groups": (("factor", self.factor), ("level", level)),
            "method": f"cox.{model.ties}",
        }
        return hazard_ratio_row(scope, key, fit, own, reason, model.conf_level, f"{text}{_competing(own)}.")

    def _interaction(self, scope: Scope, pair: Events, contrast: dict[str, str], text: str) -> Iterator[Row]:
        from equipoise.kernels.distributions import chi2_sf

        codes = pair.levels[self.factor]
        with_events = [int(code) for code in np.unique(codes[pair.event]) if code >= 0]
        # The hazard of a level without events is estimated as 0: leaving the level out changes no likelihood ratio.
        used = pair.take(np.isin(codes, with_events))
        chi_square, df, reason = self._likelihood_ratio(used, with_events)
        method = f"cox.{self.analysis.estimate.ties}.likelihood_ratio"
        without = int((codes < 0).sum())
        if without:
            text += f"; {without} subjects without a level left out"
        common: dict[str, Any] = {
            "reason": reason,
            "df": float(df) if not reason else None,
            "n": used.n,
            "events": used.n_events,
            "multiplicity": "nominal",
        }
        key = {**contrast, "groups": (("factor", self.factor),), "method": method}
        yield estimate(scope.key("interaction_chi_square", **key), chi_square, method_text=f"{text}.", **common)
        p = _NAN if reason else chi2_sf(chi_square, float(df))
        yield estimate(scope.key("interaction_p_value", **key), p, sides=2, method_text=f"{text}, two-sided.", **common)

    def _likelihood_ratio(self, used: Events, levels: list[int]) -> tuple[float, int, str]:
        from equipoise.kernels.cox import cox

        ties = self.analysis.estimate.ties
        codes = used.levels[self.factor]
        # A level with one arm has a hazard of its own, but no treatment effect that could differ.
        both = [code for code in levels if np.unique(used.arm[codes == code]).size == 2]
        if len(both) < 2:
            return _NAN, 0, "fewer than two levels have events and subjects in both arms"
        others = both[1:] + [code for code in levels if code not in both]
        dummies = np.column_stack([codes == code for code in others]).astype(np.float64)
        arm = used.arm.astype(np.float64)[:, None]
        additive = cox(used.time, used.event, np.hstack([arm, dummies]), ties=ties)
        products = arm * dummies[:, : len(both) - 1]
        full = cox(used.time, used.event, np.hstack([arm, dummies, products]), ties=ties)
        df = full.df - additive.df
        reason = additive.reason or full.reason
        if not reason and df < 1:
            reason = "no information about the interaction"
        if reason:
            return _NAN, df, reason
        # Of two maxima found to rounding the difference can fall just below 0.
        return max(0.0, 2.0 * (full.loglik - additive.loglik)), df, ""


def _competing(events: Events) -> str:
    return competing_text(int((events.status == COMPETING).sum()))
