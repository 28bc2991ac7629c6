"""A declared Cox model fitted to the two arms of a contrast: columns, weights, changes in time, variance, limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.events import Events, contrasts_of
from equipoise.analysis.log_rank_steps import no_subjects
from equipoise.errors import KernelInputError

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context
    from equipoise.kernels.cox import CoxFit
    from equipoise.protocol.analysis import CoxEstimate, TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = [
    "Column",
    "Design",
    "Model",
    "complete_cases",
    "covariate_columns",
    "design_of",
    "fit_model",
    "fitted_contrast",
    "why_not",
]

_NAN = float("nan")
_NO_TEST = "the covariates determine treatment, or one of them has no finite estimate"
_NO_SANDWICH = "a coefficient of the model has no finite estimate, and the robust variance needs all of them"


class Column(NamedTuple):
    """One column of covariates.

    Attributes:
        groups: What the row of its hazard ratio is about.
        words: The same in words.
        values: (n,) the column; of a time-dependent one, the time from which it is 1.
    """

    groups: tuple[tuple[str, str], ...]
    words: str
    values: NDArray[np.float64]


class Design(NamedTuple):
    """What a model is fitted to: m rows, one a subject or, with time-dependent covariates, one a stretch of time.

    Attributes:
        time: (m,) end of each row.
        event: (m,) whether the event happened at that end.
        x: (m, 1 + p) treatment, then covariates.
        entry: (m,) start of each row, or None where all rows begin at the start.
        stratum: (m,) codes, or None.
        weights: (m,) case weights, or None.
        cluster: (m,) codes of what the sandwich sums over.
    """

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    x: NDArray[np.float64]
    entry: NDArray[np.float64] | None
    stratum: NDArray[np.int64] | None
    weights: NDArray[np.float64] | None
    cluster: NDArray[np.int64]

    @property
    def options(self) -> dict[str, Any]:
        """Arguments that every kernel of Cox's model takes, those that say something."""
        given = {"entry": self.entry, "stratum": self.stratum, "weights": self.weights}
        return {name: value for name, value in given.items() if value is not None}


class Model(NamedTuple):
    """A fitted contrast; `fit` is None where there was nothing to fit. The tests are of treatment alone, 1 df.

    Attributes:
        fit: The fit, its variance and limits as declared.
        score: Chi-square of the score test; NaN with a reason.
        likelihood_ratio: Chi-square of the likelihood-ratio test.
        columns: The covariates.
        used: Subjects with complete covariates.
        left_out: Subjects without.
        reason: Why treatment has no estimate; "" when it has one.
        limits_reason: (lower, upper) why a limit of treatment does not exist although the estimate does.
        no_test: Why a test that is NaN has no value.
    """

    fit: CoxFit | None
    score: float
    likelihood_ratio: float
    columns: list[Column]
    used: Events
    left_out: int
    reason: str
    limits_reason: tuple[str, str] = ("", "")
    no_test: str = _NO_TEST


def fitted_contrast(
    context: Context, name: str, analysis: TimeToEventAnalysis, model: CoxEstimate, arm: str, versus: str
) -> Model:
    """A model of an analysis fitted to a contrast, once for all steps that read it.

    Args:
        context: What the step runs in.
        name: Name of the analysis.
        analysis: The analysis.
        model: One of its models.
        arm: Experimental arm.
        versus: Control.
    """

    def make() -> Model:
        contrasts = contrasts_of(context, name, analysis)
        one = next(contrast for contrast in contrasts if (contrast.arm, contrast.versus) == (arm, versus))
        return fit_model(context.protocol, one.pair, model, one.labels)

    return context.shared(("cox", name, model, arm, versus), make)


def fit_model(protocol: Protocol, pair: Events, model: CoxEstimate, labels: tuple[str, str]) -> Model:
    """Fit a declared model to the subjects of a contrast.

    Args:
        protocol: The declared trial.
        pair: Subjects of two arms, 1 experimental and 0 the control.
        model: The declared model.
        labels: Labels of arm 0 and arm 1.
    """
    complete = complete_cases(pair, model.covariates, model.time_dependent)
    used = pair if complete.all() else pair.take(complete)
    left_out = pair.n - used.n
    columns = [c for name in model.covariates for c in covariate_columns(protocol, used, name)]
    columns += [_changing(protocol, used, name) for name in model.time_dependent]
    empty = Model(None, _NAN, _NAN, columns, used, left_out, no_subjects(used, labels))
    if empty.reason:
        return empty
    try:
        return _fitted(empty, design_of(used, model, columns), model, labels)
    except KernelInputError as error:
        # Tied times beyond what the declared method for ties can bear: a reason, not a crash.
        if model.ties not in ("discrete", "exact"):
            raise
        return empty._replace(reason=error.problems[0].message)


def _fitted(empty: Model, design: Design, model: CoxEstimate, labels: tuple[str, str]) -> Model:
    from equipoise.kernels.cox import cox

    common: dict[str, Any] = {**design.options, "ties": model.ties}
    penalty: dict[str, Any] = {"penalty": model.penalty} if model.penalty != "none" else {}
    fit = cox(design.time, design.event, design.x, conf_level=model.conf_level, **common, **penalty)
    score, ratio = fit.score, fit.likelihood_ratio
    no_test = _NO_TEST
    if design.x.shape[1] > 1:
        # Without treatment: what the tests of treatment given the covariates compare with.
        without = cox(design.time, design.event, design.x[:, 1:], conf_level=model.conf_level, **common)
        if not (fit.converged and without.converged):
            return empty._replace(reason="the fit did not converge")
        score = _score(design, without, common) if model.penalty == "none" else _NAN
        # Of two maxima found to rounding the difference can fall just below 0.
        ratio = max(0.0, 2.0 * (fit.loglik - without.loglik)) if model.penalty == "none" else _NAN
        if fit.df == without.df:
            # Treatment is a combination of the covariates: given them there is nothing left to test.
            score = ratio = _NAN
    if model.penalty == "firth":
        score, no_test = _NAN, "not defined for a penalized likelihood"
        ratio = _penalized_ratio(design, common) if not fit.reasons[0] else _NAN
    reason = why_not(fit, empty.used, labels)
    limits = ("", "")
    if model.variance == "robust" and np.isfinite(fit.coef).any():
        # Where treatment has no estimate covariates may have one, and no other variance than the declared one.
        fit, why = _robust(fit, design, model, common)
        score, ratio, limits = _NAN, _NAN, (why, why)
        no_test = why or "assumes independent subjects: the robust Wald test stands in"
    if model.interval == "profile" and (not fit.reasons[0] or "infinite" in fit.reasons[0]):
        fit, limits = _profile(fit, design, model, {**common, **penalty})
    return empty._replace(
        fit=fit, score=score, likelihood_ratio=ratio, reason=reason, limits_reason=limits, no_test=no_test
    )


def _score(design: Design, without: CoxFit, common: dict[str, Any]) -> float:
    from equipoise.kernels.cox_score import cox_score

    if any("infinite" in why for why in without.reasons) or common["ties"] == "exact":
        return _NAN
    # A column that earlier ones determine has no coefficient; 0 is as good as any.
    null = np.append(0.0, np.nan_to_num(without.coef))
    return cox_score(design.time, design.event, design.x, null, **common)


def _robust(fit: CoxFit, design: Design, model: CoxEstimate, common: dict[str, Any]) -> tuple[CoxFit, str]:
    """The same estimates with the sandwich, rows of one subject or cluster summed; why there is none, if so."""
    from equipoise.kernels.cox_robust import robust_variance

    var, se, lower, upper = fit.var.copy(), fit.se.copy(), fit.lower.copy(), fit.upper.copy()
    if any("infinite" in why for why in fit.reasons):
        # Without its column the risk sets would be others: such a covariate takes subjects out of them.
        for part in (var, se, lower, upper):
            part[...] = np.nan
        return fit._replace(var=var, se=se, lower=lower, upper=upper, wald=_NAN), _NO_SANDWICH
    used = np.flatnonzero(np.isfinite(fit.coef))
    found = robust_variance(
        design.time,
        design.event,
        design.x[:, used],
        fit.coef[used],
        cluster=design.cluster,
        conf_level=model.conf_level,
        **common,
    )
    var[np.ix_(used, used)], se[used], lower[used], upper[used] = found.var, found.se, found.lower, found.upper
    return fit._replace(var=var, se=se, lower=lower, upper=upper, wald=found.wald), found.reason


def _profile(
    fit: CoxFit, design: Design, model: CoxEstimate, options: dict[str, Any]
) -> tuple[CoxFit, tuple[str, str]]:
    """The same estimates with limits at which the profile likelihood has lost half a chi-square quantile."""
    from equipoise.kernels.cox_profile import profile_limits

    lower, upper = fit.lower.copy(), fit.upper.copy()
    reasons = ("", "")
    for column in range(fit.coef.size):
        found = profile_limits(
            design.time, design.event, design.x, column=column, conf_level=model.conf_level, **options
        )
        lower[column], upper[column] = found.lower, found.upper
        if column == 0:
            reasons = (found.reason_lower, found.reason_upper)
    return fit._replace(lower=lower, upper=upper), reasons


def _penalized_ratio(design: Design, common: dict[str, Any]) -> float:
    """Twice the penalized log-likelihood lost by holding treatment at 0 (Heinze and Schemper 2001, section 2.2)."""
    from equipoise.kernels.cox_profile import profile_ratio

    return profile_ratio(design.time, design.event, design.x, column=0, at=0.0, penalty="firth", **common)


def design_of(used: Events, model: CoxEstimate, columns: list[Column]) -> Design:
    """Rows for the kernels; each subject's time is cut where a time-dependent covariate changes.

    A covariate is 1 after the change and 0 up to it, the time of the change included (a change at the time of an event
    came too late for it); one that changes at time 0 is 1 from the start.

    Args:
        used: Subjects with complete covariates.
        model: The declared model.
        columns: Its covariates; the last `len(model.time_dependent)` of them hold times of change.
    """
    fixed = len(columns) - len(model.time_dependent)
    stratum = used.stratum(model.strata)
    weights = used.weights[model.weights] if model.weights else None
    cluster = used.clusters[model.cluster] if model.cluster else np.arange(used.n, dtype=np.int64)
    x = np.column_stack([used.arm.astype(np.float64), *[column.values for column in columns[:fixed]]])
    row = np.arange(used.n, dtype=np.int64)
    entry = used.entries[model.entry] if model.entry else None
    if not model.time_dependent:
        return Design(used.time, used.event, x, entry, stratum, weights, cluster)
    changes = [column.values for column in columns[fixed:]]
    begin = np.zeros(used.n) if entry is None else entry
    inside = [(change > begin) & (change < used.time) for change in changes]
    owner = np.concatenate([row, *[row[cut] for cut in inside]])
    start = np.concatenate([begin, *[c[cut] for c, cut in zip(changes, inside, strict=True)]])
    pairs = np.unique(np.column_stack([owner, start]), axis=0)
    row, start = pairs[:, 0].astype(np.int64), pairs[:, 1]
    last = np.append(row[1:] != row[:-1], True)
    stop = np.where(last, used.time[row], np.append(start[1:], 0.0))
    varying = [(change[row] <= start).astype(np.float64) for change in changes]
    # A row ends after it begins: where somebody was followed for no time at all, every time moves up by 1.
    later = 0.0 if used.time.all() else 1.0
    return Design(
        time=stop + later,
        event=used.event[row] & last,
        x=np.column_stack([x[row], *varying]),
        entry=np.where(start > 0.0, start + later, 0.0),
        stratum=None if stratum is None else stratum[row],
        weights=None if weights is None else weights[row],
        cluster=cluster[row],
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


def _changing(protocol: Protocol, used: Events, name: str) -> Column:
    label = protocol.endpoints[name].label
    return Column((("covariate", name),), f"{label} (after against before, time-dependent)", used.changes[name])


def complete_cases(events: Events, covariates: Iterable[str], time_dependent: Iterable[str] = ()) -> NDArray[np.bool_]:
    """(n,) which subjects have every covariate of a model.

    Args:
        events: The subjects.
        covariates: Factors in the model.
        time_dependent: Endpoints whose events are covariates.
    """
    complete = np.ones(events.n, dtype=np.bool_)
    for name in covariates:
        complete &= np.isfinite(events.numbers[name]) if name in events.numbers else events.levels[name] >= 0
    for name in time_dependent:
        complete &= ~np.isnan(events.changes[name])
    return complete
