"""Log-rank tests, weighted or not, by contrast and, with more than two arms, of all arms jointly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.analysis.events import COMPETING, Events, contrasts_of, events_of
from equipoise.analysis.methods_text import arms_text, competing_text
from equipoise.analysis.rows import Scope, estimate, p_values
from equipoise.analysis.survival import in_data_unit
from equipoise.analysis.test_words import test_text
from equipoise.protocol.method_names import test_method

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.log_rank import LogRank
    from equipoise.protocol.analysis import (
        FlemingHarringtonTest,
        LogRankTest,
        ModestlyWeightedTest,
        TimeToEventAnalysis,
    )
    from equipoise.protocol.protocol import Protocol

__all__ = ["LogRankStep", "competing_of", "no_subjects"]


@dataclass(frozen=True, slots=True)
class LogRankStep:
    """One declared test.

    A pairwise contrast uses the subjects of its two arms and no others, in the risk sets, in the strata and in the
    weights; the joint test of k arms is a row of its own.
    """

    name: str
    analysis: TimeToEventAnalysis
    test: LogRankTest | FlemingHarringtonTest | ModestlyWeightedTest

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: {test_method(self.test).replace('_', '-').replace('.', ' ')} test"

    def run(self, context: Context) -> Iterator[Row]:
        """z, chi-square and p by contrast; chi-square and p of all arms.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        events = events_of(context, self.name, self.analysis)
        text = test_text(protocol, self.test, self.analysis.strata_as)
        arms = list(protocol.arms)
        for arm, versus, pair, _ in contrasts_of(context, self.name, self.analysis):
            words = f"{text}, {arms_text(protocol, arm, versus)}" + competing_text(competing_of(pair))
            yield from self._contrast(protocol, scope, pair, {"arm": arm, "versus": versus}, words)
        if len(arms) > 2:
            words = f"{text}, all {len(arms)} arms jointly" + competing_text(competing_of(events))
            yield from self._joint(protocol, scope, events, words)

    def _contrast(
        self, protocol: Protocol, scope: Scope, pair: Events, key: dict[str, str], text: str
    ) -> Iterator[Row]:
        found, reason = self.fit(protocol, pair, 2)
        labels = (protocol.arms[key["versus"]].label, protocol.arms[key["arm"]].label)
        reason = no_subjects(pair, labels) or reason
        z, chi_square, df = (found.z, found.chi_square, found.df) if found and not reason else (float("nan"),) * 3
        method = test_method(self.test)
        counts: dict[str, Any] = {"n": pair.n, "events": pair.n_events}
        yield estimate(
            scope.key("z", method=method, **key),
            z,
            reason=reason,
            multiplicity="nominal",
            method_text=f"{text}; positive favours the experimental arm.",
            **counts,
        )
        yield estimate(
            scope.key("chi_square", method=method, **key),
            chi_square,
            reason=reason,
            df=None if reason else float(df),
            multiplicity="nominal",
            method_text=f"{text}.",
            **counts,
        )
        for name, words in (("two_sided", "two-sided"), ("one_sided", "one-sided for the experimental arm")):
            p = getattr(found, f"p_{name}") if found and not reason else float("nan")
            yield from p_values(
                scope,
                method,
                reason=reason,
                key=key,
                method_text=f"{text}; {words}.",
                **{name: p},
                **counts,
            )

    def _joint(self, protocol: Protocol, scope: Scope, events: Events, text: str) -> Iterator[Row]:
        found, reason = self.fit(protocol, events, len(protocol.arms))
        method = test_method(self.test)
        counts: dict[str, Any] = {"n": events.n, "events": events.n_events}
        nan = float("nan")
        yield estimate(
            scope.key("chi_square", method=method),
            found.chi_square if found and not reason else nan,
            reason=reason,
            df=float(found.df) if found and not reason else None,
            multiplicity="nominal",
            method_text=f"{text}.",
            **counts,
        )
        yield from p_values(
            scope,
            method,
            two_sided=found.p_two_sided if found and not reason else nan,
            reason=reason,
            key={},
            df=float(found.df) if found and not reason else None,
            method_text=f"{text}; chi-square test, two-sided.",
            **counts,
        )

    def fit(self, protocol: Protocol, events: Events, arms: int) -> tuple[LogRank | None, str]:
        """The test itself, and why there is none; "" where there is one.

        Args:
            protocol: The declared trial.
            events: Subjects.
            arms: Number of arms.
        """
        from equipoise.kernels.log_rank import log_rank, modestly_weighted

        if not events.n:
            return None, "no subjects"
        test = self.test
        data = (events.time, events.event, events.arm)
        stratum = events.stratum(test.strata)
        if test.kind == "modestly_weighted":
            t_star = None if test.t_star is None else in_data_unit(protocol, test.t_star)
            found = modestly_weighted(*data, n_arms=arms, stratum=stratum, t_star=t_star, s_star=test.s_star)
        elif test.kind == "fleming_harrington":
            found = log_rank(*data, n_arms=arms, stratum=stratum, rho=test.rho, gamma=test.gamma)
        else:
            found = log_rank(*data, n_arms=arms, stratum=stratum)
        return found, found.reason


def no_subjects(pair: Events, labels: tuple[str, str]) -> str:
    """Why nothing can be compared: an arm without subjects; "" when both have some.

    Args:
        pair: Subjects of a contrast.
        labels: Labels of arm 0 (control) and arm 1 (experimental).
    """
    for code in (1, 0):
        if not (pair.arm == code).any():
            return f"no subjects in {labels[code]}"
    return ""


def competing_of(events: Events) -> int:
    """Competing events, which these tests treat as censored.

    Args:
        events: Subjects of a test.
    """
    return int((events.status == COMPETING).sum())
