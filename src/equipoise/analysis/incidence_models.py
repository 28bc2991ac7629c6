"""Comparisons where events compete: Gray's test, Fine and Gray's model, and the hazard of the competing events."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.cox_models import Column, complete_cases, covariate_columns, fit_model
from equipoise.analysis.events import COMPETING, EVENT, Events, contrasts_of, events_of
from equipoise.analysis.hazard import hazard_ratio_row
from equipoise.analysis.incidence_text import CAUSES, fine_gray_text, gray_text
from equipoise.analysis.log_rank_steps import no_subjects
from equipoise.analysis.methods_text import arms_text, cox_text
from equipoise.analysis.rows import Limits, Scope, estimate, p_values
from equipoise.protocol.method_names import cox_interval, cox_method, fine_gray_method, gray_method, limits_slug

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.fine_gray import FineGrayFit
    from equipoise.kernels.gray import GrayTest as GrayResult
    from equipoise.protocol.analysis import FineGray, GrayTest, TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["CompetingHazardStep", "FineGrayStep", "GrayStep"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class GrayStep:
    """Gray's test of the event of interest and, as rows of their own, of the competing events."""

    name: str
    analysis: TimeToEventAnalysis
    test: GrayTest

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: Gray's test"

    def run(self, context: Context) -> Iterator[Row]:
        """z, chi-square and p by contrast; chi-square and p of all arms.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        events = events_of(context, self.name, self.analysis)
        arms = list(protocol.arms)
        for number, cause in enumerate(CAUSES, start=1):
            groups = () if cause == "event" else (("cause", cause),)
            text = gray_text(protocol, self.test, self.analysis.strata_as, cause)
            for arm, versus, pair, labels in contrasts_of(context, self.name, self.analysis):
                found, reason = self._fit(pair, 2, number)
                key = {"arm": arm, "versus": versus, "groups": groups}
                words = f"{text}, {arms_text(protocol, arm, versus)}"
                yield from self._rows(scope, key, found, no_subjects(pair, labels) or reason, words, pair, number)
            if len(arms) > 2:
                found, reason = self._fit(events, len(arms), number)
                words = f"{text}, all {len(arms)} arms jointly"
                yield from self._rows(scope, {"groups": groups}, found, reason, words, events, number)

    def _rows(
        self, scope: Scope, key: dict[str, Any], found: GrayResult | None, reason: str, text: str, used: Events,
        cause: int,
    ) -> Iterator[Row]:  # fmt: skip
        method = gray_method(self.test)
        there = found if not reason else None
        counts: dict[str, Any] = {"n": used.n, "events": int((used.status == cause).sum())}
        df = float(there.df) if there else None
        if "arm" in key:
            yield estimate(
                scope.key("z", method=method, **key),
                there.z if there else _NAN,
                reason=reason,
                multiplicity="nominal",
                method_text=f"{text}; positive favours the experimental arm: fewer events.",
                **counts,
            )
        yield estimate(
            scope.key("chi_square", method=method, **key),
            there.chi_square if there else _NAN,
            reason=reason,
            df=df,
            multiplicity="nominal",
            method_text=f"{text}.",
            **counts,
        )
        sides = [("two_sided", "two-sided")]
        sides += [("one_sided", "one-sided for the experimental arm")] if "arm" in key else []
        for name, words in sides:
            p = getattr(there, f"p_{name}") if there else _NAN
            yield from p_values(
                scope, method, reason=reason, key=key, df=df, method_text=f"{text}; {words}.", **{name: p}, **counts
            )

    def _fit(self, events: Events, arms: int, cause: int) -> tuple[GrayResult | None, str]:
        from equipoise.kernels.gray import gray_test

        if not events.n:
            return None, "no subjects"
        found = gray_test(
            events.time,
            events.status,
            events.arm,
            cause=cause,
            n_arms=arms,
            stratum=events.stratum(self.test.strata),
            rho=self.test.rho,
        )
        return found, found.reason


@dataclass(frozen=True, slots=True)
class FineGrayStep:
    """One subdistribution hazard model, fitted for each contrast to the subjects of its two arms."""

    name: str
    analysis: TimeToEventAnalysis
    model: FineGray

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: Fine and Gray's model"

    def run(self, context: Context) -> Iterator[Row]:
        """Subdistribution hazard ratio, its Wald test and covariates by contrast.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol, method = context.protocol, fine_gray_method(self.model)
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        for arm, versus, pair, labels in contrasts_of(context, self.name, self.analysis):
            complete = complete_cases(pair, self.model.covariates)
            used = pair if complete.all() else pair.take(complete)
            columns, fit, reason = self._fit(protocol, used, labels)
            text = f"{fine_gray_text(protocol, self.model)}; {arms_text(protocol, arm, versus)}"
            if self.model.covariates:
                text += f"; {used.n} subjects with complete covariates, {pair.n - used.n} without left out"
            key = {"arm": arm, "versus": versus}
            yield self._ratio(scope, key, method, fit, 0, reason, used, f"{text}.")
            yield from self._wald(scope, key, method, fit, reason, used, text)
            for j, column in enumerate(columns, start=1):
                why = reason if fit is None else fit.reasons[j]
                words = f"Subdistribution hazard ratio of {column.words}; {text}."
                yield self._ratio(scope, {**key, "groups": column.groups}, method, fit, j, why, used, words)

    def _fit(
        self, protocol: Protocol, used: Events, labels: tuple[str, str]
    ) -> tuple[list[Column], FineGrayFit | None, str]:
        from equipoise.kernels.fine_gray import fine_gray

        columns = [c for name in self.model.covariates for c in covariate_columns(protocol, used, name)]
        reason = no_subjects(used, labels)
        if reason:
            return columns, None, reason
        x = np.column_stack([used.arm.astype(np.float64), *[column.values for column in columns]])
        fit = fine_gray(used.time, used.status, x, conf_level=self.model.conf_level)
        return columns, fit, _why(fit, used, labels)

    def _ratio(
        self, scope: Scope, key: dict[str, Any], method: str, fit: FineGrayFit | None, j: int, reason: str,
        used: Events, text: str,
    ) -> Row:  # fmt: skip
        there = fit if not reason else None
        ratio, lower, upper = (_exp(v[j]) for v in (there.coef, there.lower, there.upper)) if there else (_NAN,) * 3
        return estimate(
            scope.key(
                "covariate_subdistribution_hazard_ratio" if j else "subdistribution_hazard_ratio",
                method=method,
                interval=limits_slug("wald", self.model.conf_level),
                **key,
            ),
            ratio,
            limits=Limits(lower, upper, self.model.conf_level, reason),
            se=float(there.se[j]) if there else _NAN,
            reason=reason,
            n=used.n,
            events=used.n_events,
            method_text=text,
        )

    def _wald(
        self, scope: Scope, key: dict[str, Any], method: str, fit: FineGrayFit | None, reason: str, used: Events,
        text: str,
    ) -> Iterator[Row]:  # fmt: skip
        """The Wald test of treatment, given the covariates in an adjusted model."""
        from equipoise.kernels.distributions import chi2_sf

        varies = fit is not None and not reason and bool(fit.se[0] > 0.0)
        chi_square = float(fit.coef[0] / fit.se[0]) ** 2 if fit is not None and varies else _NAN
        reason = reason or ("" if varies else "the estimated standard error is 0")
        df = 1.0 if math.isfinite(chi_square) else None
        common: dict[str, Any] = {"n": used.n, "events": used.n_events, "df": df}
        yield estimate(
            scope.key("chi_square", method=f"{method}.wald", **key),
            chi_square,
            reason=reason,
            multiplicity="nominal",
            method_text=f"Wald test of treatment; {text}.",
            **common,
        )
        yield from p_values(
            scope,
            f"{method}.wald",
            two_sided=chi2_sf(chi_square, 1.0) if df else _NAN,
            reason=reason,
            key=key,
            method_text=f"Wald test of treatment, two-sided; {text}.",
            **common,
        )


@dataclass(frozen=True, slots=True)
class CompetingHazardStep:
    """The declared Cox model with the competing events as the events: cause-specific hazards come in pairs."""

    name: str
    analysis: TimeToEventAnalysis

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: cause-specific hazard of competing events"

    def run(self, context: Context) -> Iterator[Row]:
        """One hazard ratio a contrast.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol, model = context.protocol, self.analysis.estimate
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        for arm, versus, pair, labels in contrasts_of(context, self.name, self.analysis):
            swapped = np.where(pair.status == COMPETING, EVENT, np.where(pair.status == EVENT, COMPETING, 0))
            fitted = fit_model(protocol, replace(pair, status=swapped.astype(np.int64)), model, labels)
            text = cox_text(protocol, model, self.analysis.strata_as)
            text += "; competing events as the event, events of interest treated as censored"
            key = {
                "arm": arm, "versus": versus, "groups": (("cause", "competing"),), "method": cox_method(model),
            }  # fmt: skip
            yield hazard_ratio_row(
                scope, key, fitted.fit, fitted.used, fitted.reason, model.conf_level,
                f"{text}; {arms_text(protocol, arm, versus)}.", interval=cox_interval(model),
                no_limit=next(filter(None, fitted.limits_reason), ""),
            )  # fmt: skip


def _why(fit: FineGrayFit, used: Events, labels: tuple[str, str]) -> str:
    """Why treatment has no estimate, with arms by their labels; "" when it has one."""
    if not fit.reasons[0]:
        return ""
    without = [labels[code] for code in (0, 1) if not (used.event & (used.arm == code)).any()]
    if len(without) == 2:
        return "no events"
    return f"no events in {without[0]}" if without else fit.reasons[0]


def _exp(value: float) -> float:
    """e^value, NaN where the ratio would not be a number that can be written."""
    return math.exp(value) if value < 700.0 else _NAN
