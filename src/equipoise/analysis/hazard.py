"""Cox models: the hazard ratio of treatment, what it says of the reduction in hazard, its tests, and covariates.

The hazard ratio of a contrast comes from a model of its two arms only, as its log-rank test does. (One joint model of
all k arms is another convention: there the strata and covariates of the third arm's subjects change the estimate.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equipoise.analysis.cox_models import Model, fitted_contrast
from equipoise.analysis.events import COMPETING, Events, contrasts_of
from equipoise.analysis.methods_text import arms_text, competing_text, cox_text
from equipoise.analysis.rows import Limits, Scope, estimate, p_values
from equipoise.protocol.method_names import cox_interval, cox_method, limits_slug

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.cox import CoxFit
    from equipoise.protocol.analysis import CoxEstimate, TimeToEventAnalysis
    from equipoise.results import Statistic

__all__ = ["CoxStep", "hazard_ratio_row"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class CoxStep:
    """One declared Cox model, fitted for each contrast.

    Attributes:
        name: Name of the analysis.
        analysis: The analysis.
        model: The declared model.
        tests: Whether rows of tests are wanted: not when a model with the same method has given them.
    """

    name: str
    analysis: TimeToEventAnalysis
    model: CoxEstimate
    tests: bool = True

    @property
    def label(self) -> str:
        """What the step does."""
        return f"{self.name}: {cox_method(self.model).replace('.', ' ').capitalize()} model"

    def run(self, context: Context) -> Iterator[Row]:
        """Hazard ratio, reduction in hazard, tests and covariates by contrast.

        Args:
            context: Protocol, data and earlier rows.
        """
        protocol = context.protocol
        scope = Scope(self.name, self.analysis.endpoint, self.analysis.population)
        for arm, versus, pair, _ in contrasts_of(context, self.name, self.analysis):
            model = fitted_contrast(context, self.name, self.analysis, self.model, arm, versus)
            text = cox_text(protocol, self.model, self.analysis.strata_as)
            text += f"; {arms_text(protocol, arm, versus)}" + competing_text(int((pair.status == COMPETING).sum()))
            if self.model.covariates or self.model.time_dependent:
                text += f"; {model.used.n} subjects with complete covariates, {model.left_out} without left out"
            key = {"arm": arm, "versus": versus, "method": cox_method(self.model)}
            yield from self._hazard(scope, key, model, text)
            if self.tests:
                yield from self._tests(scope, key, model, text)
            yield from self._covariates(scope, key, model, text)

    def _hazard(self, scope: Scope, key: dict[str, Any], model: Model, text: str) -> Iterator[Statistic]:
        row = self._ratio(scope, key, model, text)
        yield row
        reduction, lower, upper = (
            _NAN if ratio is None else 1.0 - ratio for ratio in (row.value, row.upper, row.lower)
        )
        why_no_limit = dict(row.missing).get("lower") or dict(row.missing).get("upper") or model.reason
        yield estimate(
            scope.key("hazard_reduction", interval=row.key.interval, **key),
            reduction,
            limits=Limits(lower, upper, self.model.conf_level, why_no_limit),
            reason=model.reason,
            n=row.n,
            events=row.events,
            method_text=f"1 - hazard ratio; {text}.",
        )

    def _ratio(self, scope: Scope, key: dict[str, Any], model: Model, text: str) -> Statistic:
        interval, level = cox_interval(self.model), self.model.conf_level
        bounded = any(model.limits_reason) or (self.model.interval == "profile" and model.reason)
        if model.fit is None or not bounded:
            return hazard_ratio_row(
                scope, key, model.fit, model.used, model.reason, level, f"{text}.", interval=interval
            )
        # Where the estimate is infinite, a profile likelihood still bounds the ratio on one side.
        return estimate(
            scope.key("hazard_ratio", interval=interval, **key),
            _NAN if model.reason else _exp(model.fit.coef[0]),
            limits=Limits(
                _exp(model.fit.lower[0]), _exp(model.fit.upper[0]), level, next(filter(None, model.limits_reason), "")
            ),
            se=_NAN if model.reason else float(model.fit.se[0]),
            reason=model.reason,
            n=model.used.n,
            events=model.used.n_events,
            method_text=f"{text}.",
        )

    def _tests(self, scope: Scope, key: dict[str, Any], model: Model, text: str) -> Iterator[Statistic]:
        """Tests of the treatment effect, 1 df each; in an adjusted model given the covariates."""
        from equipoise.kernels.distributions import chi2_sf

        wald = _NAN
        if model.fit is not None and not model.reason:
            wald = float(model.fit.coef[0] / model.fit.se[0]) ** 2
        tests = (
            ("wald", "Wald test", wald),
            ("score", "Score test", model.score),
            ("likelihood_ratio", "Likelihood-ratio test", model.likelihood_ratio),
        )
        for slug, name, chi_square in tests:
            method = f"{key['method']}.{slug}"
            contrast = {"arm": key["arm"], "versus": key["versus"]}
            df = 1.0 if math.isfinite(chi_square) else None
            reason = model.reason or model.no_test
            common: dict[str, Any] = {"n": model.used.n, "events": model.used.n_events, "df": df}
            yield estimate(
                scope.key("chi_square", method=method, **contrast),
                chi_square,
                reason=reason,
                multiplicity="nominal",
                method_text=f"{name} of treatment; {text}.",
                **common,
            )
            yield from p_values(
                scope,
                method,
                two_sided=chi2_sf(chi_square, 1.0) if df else _NAN,
                reason=reason,
                key=contrast,
                method_text=f"{name} of treatment, two-sided; {text}.",
                **common,
            )

    def _covariates(self, scope: Scope, key: dict[str, Any], model: Model, text: str) -> Iterator[Statistic]:
        fit = model.fit
        for j, column in enumerate(model.columns, start=1):
            reason = model.reason if fit is None else _why(fit, j)
            no_limit = reason or (model.limits_reason[0] if self.model.variance == "robust" else "")
            ratio, lower, upper, se = (
                (_NAN,) * 4
                if fit is None
                else (_exp(fit.coef[j]), _exp(fit.lower[j]), _exp(fit.upper[j]), float(fit.se[j]))
            )
            yield estimate(
                scope.key(
                    "covariate_hazard_ratio",
                    groups=column.groups,
                    interval=cox_interval(self.model),
                    **key,
                ),
                ratio,
                limits=Limits(lower, upper, self.model.conf_level, no_limit),
                se=se,
                reason=reason,
                n=model.used.n,
                events=model.used.n_events,
                method_text=f"Hazard ratio of {column.words}; {text}.",
            )


def hazard_ratio_row(
    scope: Scope,
    key: dict[str, Any],
    fit: CoxFit | None,
    used: Events,
    reason: str,
    conf_level: float,
    text: str,
    *,
    interval: str = "",
    no_limit: str = "",
) -> Statistic:
    """The hazard ratio of treatment, coefficient 0 of a fit.

    Args:
        scope: The analysis.
        key: Further fields of the key.
        fit: The fit, None where there was nothing to fit.
        used: Subjects of the fit.
        reason: Why there is no estimate; "" when there is one.
        conf_level: Level of the limits.
        text: The method.
        interval: Slug of the limits; Wald limits of this level where absent.
        no_limit: Why there are no limits where there is an estimate.
    """
    numbers = (
        (_NAN,) * 4
        if fit is None or reason
        else (_exp(fit.coef[0]), _exp(fit.lower[0]), _exp(fit.upper[0]), float(fit.se[0]))
    )
    return estimate(
        scope.key("hazard_ratio", interval=interval or limits_slug("wald", conf_level), **key),
        numbers[0],
        limits=Limits(numbers[1], numbers[2], conf_level, reason or no_limit),
        se=numbers[3],
        reason=reason,
        n=used.n,
        events=used.n_events,
        method_text=text,
    )


def _why(fit: CoxFit, column: int) -> str:
    """Why a covariate has no estimate; a kernel that took its indicator for an arm speaks of arms."""
    return "monotone likelihood: the estimate is infinite" if "in arm" in fit.reasons[column] else fit.reasons[column]


def _exp(value: float) -> float:
    """e^value, NaN where the ratio would not be a number that can be written."""
    return math.exp(value) if value < 700.0 else _NAN
