"""Cox models: the hazard ratio of treatment, what it says of the reduction in hazard, its tests, and covariates.

The hazard ratio of a contrast comes from a model of its two arms only, as its log-rank test does. (One joint model of
all k arms is another convention: there the strata and covariates of the third arm's subjects change the estimate.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.count_rows import limits_slug
from equipoise.analysis.events import COMPETING, Events, events_of
from equipoise.analysis.log_rank_steps import no_subjects
from equipoise.analysis.methods_text import arms_text, competing_text, cox_method, cox_text
from equipoise.analysis.rows import Limits, Scope, estimate, p_values

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.cox import CoxFit
    from equipoise.protocol.analysis import CoxEstimate, TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["Column", "CoxStep", "covariate_columns", "hazard_ratio_row", "why_not"]

_NAN = float("nan")


class Column(NamedTuple):
    """One column of covariates.

    Attributes:
        groups: What the row of its hazard ratio is about.
        words: The same in words.
        values: (n,) the column.
    """

    groups: tuple[tuple[str, str], ...]
    words: str
    values: NDArray[np.float64]


class _Model(NamedTuple):
    """A fitted contrast; `fit` is None where there was nothing to fit. The tests are of treatment alone, 1 df."""

    fit: CoxFit | None
    score: float
    likelihood_ratio: float
    columns: list[Column]
    used: Events
    left_out: int
    reason: str


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
        events = events_of(context, self.name, self.analysis)
        arms = list(protocol.arms)
        for arm, versus in protocol.contrasts:
            pair = events.pair(arms.index(arm), arms.index(versus))
            model = self._fit(protocol, pair, (protocol.arms[versus].label, protocol.arms[arm].label))
            text = cox_text(protocol, self.model, self.analysis.strata_as)
            text += f"; {arms_text(protocol, arm, versus)}" + competing_text(int((pair.status == COMPETING).sum()))
            if self.model.covariates:
                text += f"; {model.used.n} subjects with complete covariates, {model.left_out} without left out"
            key = {"arm": arm, "versus": versus, "method": cox_method(self.model)}
            yield from self._hazard(scope, key, model, text)
            if self.tests:
                yield from self._tests(scope, key, model, text)
            yield from self._covariates(scope, key, model, text)

    def _fit(self, protocol: Protocol, pair: Events, labels: tuple[str, str]) -> _Model:
        from equipoise.kernels.cox import cox, cox_two_arm
        from equipoise.kernels.cox_score import cox_score

        complete = _complete(pair, self.model.covariates)
        used = pair if complete.all() else pair.take(complete)
        left_out = pair.n - used.n
        columns = [c for name in self.model.covariates for c in covariate_columns(protocol, used, name)]
        reason = no_subjects(used, labels)
        if reason:
            return _Model(None, _NAN, _NAN, columns, used, left_out, reason)
        stratum = used.stratum(self.model.strata)
        options: dict[str, Any] = {"ties": self.model.ties, "stratum": stratum, "conf_level": self.model.conf_level}
        if not columns:
            fit = cox_two_arm(used.time, used.event, used.arm, **options)
            return _Model(fit, fit.score, fit.likelihood_ratio, columns, used, left_out, why_not(fit, used, labels))
        others = np.column_stack([column.values for column in columns])
        # Treatment comes first: of collinear columns the kernel keeps the first ones.
        fit = cox(used.time, used.event, np.column_stack([used.arm, others]), **options)
        without = cox(used.time, used.event, others, **options)
        score = _NAN
        if not any("monotone" in why for why in without.reasons):
            # A column that earlier ones determine has no coefficient; 0 is as good as any.
            null = np.append(0.0, np.nan_to_num(without.coef))
            score = cox_score(
                used.time, used.event, np.column_stack([used.arm, others]), null, stratum=stratum, ties=self.model.ties
            )
        # Of two maxima found to rounding the difference can fall just below 0.
        ratio = max(0.0, 2.0 * (fit.loglik - without.loglik))
        if fit.df == without.df:
            # Treatment is a combination of the covariates: given them there is nothing left to test.
            score = ratio = _NAN
        if not (fit.converged and without.converged):
            return _Model(None, _NAN, _NAN, columns, used, left_out, "the fit did not converge")
        return _Model(fit, score, ratio, columns, used, left_out, why_not(fit, used, labels))

    def _hazard(self, scope: Scope, key: dict[str, Any], model: _Model, text: str) -> Iterator[Statistic]:
        row = hazard_ratio_row(scope, key, model.fit, model.used, model.reason, self.model.conf_level, f"{text}.")
        yield row
        reduction, lower, upper = (
            _NAN if ratio is None else 1.0 - ratio for ratio in (row.value, row.upper, row.lower)
        )
        yield estimate(
            scope.key("hazard_reduction", interval=row.key.interval, **key),
            reduction,
            limits=Limits(lower, upper, self.model.conf_level, model.reason),
            reason=model.reason,
            n=row.n,
            events=row.events,
            method_text=f"1 - hazard ratio; {text}.",
        )

    def _tests(self, scope: Scope, key: dict[str, Any], model: _Model, text: str) -> Iterator[Statistic]:
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
            reason = model.reason or "the covariates determine treatment, or one of them has no finite estimate"
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

    def _covariates(self, scope: Scope, key: dict[str, Any], model: _Model, text: str) -> Iterator[Statistic]:
        fit = model.fit
        for j, column in enumerate(model.columns, start=1):
            reason = model.reason if fit is None else fit.reasons[j]
            ratio, lower, upper, se = (
                (_NAN,) * 4
                if fit is None
                else (_exp(fit.coef[j]), _exp(fit.lower[j]), _exp(fit.upper[j]), float(fit.se[j]))
            )
            yield estimate(
                scope.key(
                    "covariate_hazard_ratio",
                    groups=column.groups,
                    interval=limits_slug("wald", self.model.conf_level),
                    **key,
                ),
                ratio,
                limits=Limits(lower, upper, self.model.conf_level, reason),
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
    """
    numbers = (
        (_NAN,) * 4
        if fit is None or reason
        else (_exp(fit.coef[0]), _exp(fit.lower[0]), _exp(fit.upper[0]), float(fit.se[0]))
    )
    return estimate(
        scope.key("hazard_ratio", interval=limits_slug("wald", conf_level), **key),
        numbers[0],
        limits=Limits(numbers[1], numbers[2], conf_level, reason),
        se=numbers[3],
        reason=reason,
        n=used.n,
        events=used.n_events,
        method_text=text,
    )


def why_not(fit: CoxFit, used: Events, labels: tuple[str, str]) -> str:
    """Why treatment has no estimate, with arms by their labels; "" when it has one.

    Args:
        fit: A fit whose first coefficient is treatment.
        used: Its subjects.
        labels: Labels of arm 0 (control) and arm 1 (experimental).
    """
    if not fit.reasons[0]:
        return "" if fit.converged else "the fit did not converge"
    without = [labels[code] for code in (0, 1) if not (used.event & (used.arm == code)).any()]
    if len(without) == 2:
        return "no events"
    return f"no events in {without[0]}" if without else fit.reasons[0]


def covariate_columns(protocol: Protocol, used: Events, name: str) -> list[Column]:
    """A continuous factor as it is; a categorical one as indicators against its first level that occurs.

    Args:
        protocol: The declared trial.
        used: Subjects with complete covariates.
        name: Name of the factor.
    """
    factor = protocol.factors[name]
    if factor.continuous:
        unit = f"one unit ({factor.unit})" if factor.unit else "one unit"
        return [Column((("covariate", name),), f"{unit} of {factor.label}", used.numbers[name])]
    codes, labels = used.levels[name], list(factor.level_values)
    present = [int(code) for code in np.unique(codes)]
    return [
        Column(
            (("covariate", name), ("level", labels[code])),
            f"{factor.label} {labels[code]} against {labels[present[0]]}",
            (codes == code).astype(np.float64),
        )
        for code in present[1:]
    ]


def _complete(events: Events, covariates: tuple[str, ...]) -> NDArray[np.bool_]:
    complete = np.ones(events.n, dtype=np.bool_)
    for name in covariates:
        if name in events.numbers:
            complete &= np.isfinite(events.numbers[name])
        else:
            complete &= events.levels[name] >= 0
    return complete


def _exp(value: float) -> float:
    """e^value, NaN where the ratio would not be a number that can be written."""
    return math.exp(value) if value < 700.0 else _NAN
