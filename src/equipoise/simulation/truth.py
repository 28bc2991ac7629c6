"""The true value of what a simulated trial estimates, by integration.

A hazard ratio that does not change is itself. Else the estimate of Cox's model tends to the root of the limit of its
score (Struthers and Kalbfleisch 1986, Biometrika 73:363), which depends on who is followed how long: with numbers at
risk n_a(u) = p_a S_a(u) G_a(u) A(c - u) and events e_a(u) du of arm a at follow-up time u, stratum by stratum as the
model is stratified, theta solves

    sum over strata of the integral of e_1(u) - theta n_1 / (theta n_1 + n_0) (e_1 + e_0) du = 0,

with p the share of the arm, S survival, G the probability of not being lost, A(c - u) those enrolled u before the cut.
Strata that are pooled, or recorded wrong, are mixtures. Differences of restricted means, of survival at a time and of
response rates are those of mixtures over the strata of all patients who are expected to be enrolled, whatever the cut.

Whole days: differences are those of times rounded up to days, as they are analyzed; of the hazard ratio rounding is
neglected (ties of a day shift it by less than 1e-3 where medians are a month or more).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.piecewise import panels
from equipoise.simulation.distributions import Curve, crossing
from equipoise.simulation.population import (
    Enrolment,
    arm_shares,
    curve_of,
    dropout_of,
    enrolment_of,
    recorded_as,
)

if TYPE_CHECKING:
    from equipoise.kernels.piecewise import Panels
    from equipoise.simulation.study import Study

__all__ = ["TrueValue", "explained_true_value", "mixed_survival", "true_medians", "true_value"]

Floats = NDArray[np.float64]

_NEWTON_STEPS = 100
_DONE = 1e-12
_FIRST_HALVINGS = 60
_HALVINGS = 16
_RUNAWAY = 30.0
_SAME = 1e-9
_AT_RISK = 1e-12
"""Share of the patients at risk, below which nothing depends on a ratio of hazards any more."""


class TrueValue(NamedTuple):
    """A true value, or why there is none.

    Attributes:
        value: On the scale of the estimates of an outcome: logarithm of a hazard ratio, days, a difference of
            fractions. None where there is none.
        reason: Why there is none; "" where there is.
    """

    value: float | None
    reason: str = ""


class _AtRisk(NamedTuple):
    """Both arms of the J strata of a model at the nodes of panels, control first.

    Attributes:
        number: (2, J, P, NODES) expected patients at risk.
        events: (2, J, P, NODES) expected events per day of follow-up.
        weight: (P, NODES) weights of the nodes.
    """

    number: Floats
    events: Floats
    weight: Floats


def true_value(study: Study, h: int, time_days: float) -> float | None:
    """The true value of the estimate of a hypothesis.

    Args:
        study: What is simulated.
        h: Index of the hypothesis among `study.tested`.
        time_days: Day of the data cut, which a hazard ratio that changes over time depends on.

    Returns:
        On the scale of the estimates: logarithm of a hazard ratio, days, a difference of fractions, to about 1e-8;
        None where there is none.
    """
    return explained_true_value(study, h, time_days).value


def explained_true_value(study: Study, h: int, time_days: float) -> TrueValue:
    """`true_value`, with the reason where there is none.

    Args:
        study: What is simulated.
        h: Index of the hypothesis among `study.tested`.
        time_days: Day of the data cut.
    """
    truth, tested, k = study.truth, study.tested[h], study.tested[h].ks[0]
    row = int(study.triggers.endpoint[k])
    arms = (int(study.triggers.control[k]), int(study.triggers.experimental[k]))
    name = tested.estimate_name
    if name == "risk_difference":
        rate = truth.rate[row - truth.endpoint_code.size]
        shares = _shares(enrolment_of(truth))
        return TrueValue(float(rate[arms[1]] @ shares - rate[arms[0]] @ shares))
    if truth.scan_first[row + 1] > truth.scan_first[row]:
        return TrueValue(None, "events are seen at scans, later than they happen")
    if name == "hazard_ratio":
        codes, count = study.program.code[h, 1], truth.strata.shape[1]
        if codes.size % count:
            return TrueValue(None, "the strata of the model are not those of the patients")
        recorded = np.eye(count) if study.program.verified[h] else recorded_as(truth)
        # Levels that are drawn beside, and matter to nobody's time, divide each stratum evenly.
        each = codes.size // count
        member = np.repeat(recorded, each, axis=1) @ _indicator(codes) / each
        return _hazard_ratio(study, row, arms, member, time_days)
    horizon = float(study.program.horizon[h])
    values = [_difference_part(study, row, arm, name, horizon) for arm in arms]
    return TrueValue(values[1] - values[0])


def true_medians(study: Study, h: int) -> tuple[float, float]:
    """Medians of the control and of the experimental arm of a hypothesis about times, strata mixed as enrolled.

    Args:
        study: What is simulated.
        h: Index of the hypothesis among `study.tested`.

    Returns:
        Days, of times as they happen; infinite where more than half never have the event.
    """
    k = study.tested[h].ks[0]
    row = int(study.triggers.endpoint[k])

    def median(arm: int) -> float:
        return crossing(lambda time: float(mixed_survival(study, row, arm, np.array([time]))[0]), 0.5)

    return median(int(study.triggers.control[k])), median(int(study.triggers.experimental[k]))


def mixed_survival(study: Study, row: int, arm: int, time: Floats) -> Floats:
    """Probability of a longer time to an event in one arm, strata mixed as they are enrolled.

    Args:
        study: What is simulated.
        row: Row of the endpoint.
        arm: Index of the arm.
        time: Days since randomization.
    """
    shares = _shares(enrolment_of(study.truth))
    curves = [curve_of(study.truth, row, arm, s) for s in range(shares.size)]
    return np.asarray(sum(share * curve.survival(time) for share, curve in zip(shares, curves, strict=True)))


def _shares(enrolment: Enrolment) -> Floats:
    """(S,) fraction of all patients by true stratum: where strata open late or close early not the declared one."""
    last = enrolment.enrolled[:, -1]
    return np.asarray(last / last.sum())


def _indicator(codes: NDArray[np.int64]) -> Floats:
    """(S, J) 1 where a stratum of patients belongs to one of the model."""
    return np.asarray(codes[:, None] == np.unique(codes), dtype=np.float64)


def _difference_part(study: Study, row: int, arm: int, name: str, horizon: float) -> float:
    """Survival at the horizon, or its integral up to there, of times as they are analyzed."""
    whole = study.truth.whole_days == 1
    day = math.floor(horizon)
    if name == "survival_difference":
        return float(mixed_survival(study, row, arm, np.array([float(day) if whole else horizon]))[0])
    if whole:
        # A time rounded up exceeds x where the time itself exceeds the whole days of x.
        days = mixed_survival(study, row, arm, np.arange(day + 1.0))
        return float(days[:-1].sum() + (horizon - day) * days[-1])
    curves = [curve_of(study.truth, row, arm, s) for s in range(study.truth.strata.shape[1])]
    grid = _panels([cut for curve in curves for cut in curve.cuts], horizon)
    return float((mixed_survival(study, row, arm, grid.x) * grid.weight).sum())


def _panels(cuts: list[float], horizon: float) -> Panels:
    """Panels that shrink towards the beginning of each smooth piece, where an exponential falls fastest."""
    inner = np.unique([cut for cut in cuts if 0.0 < cut < horizon])
    inner = inner[np.diff(inner, prepend=0.0) > 1e-12 * horizon]
    inner = inner[horizon - inner > 1e-12 * horizon]
    starts, ends = np.concatenate([[0.0], inner]), np.concatenate([inner, [horizon]])
    edges = [np.array([0.0])]
    for start, end in zip(starts, ends, strict=True):
        halvings = _FIRST_HALVINGS if start == 0.0 else _HALVINGS
        edges.append(start + (end - start) * 0.5 ** np.arange(halvings, -1.0, -1.0))
        edges.append(np.array([end]))
    return panels(np.unique(np.concatenate(edges)))


def _hazard_ratio(study: Study, row: int, arms: tuple[int, int], member: Floats, time: float) -> TrueValue:
    found = _at_risk(study, row, arms, member, time)
    if found is None:
        return TrueValue(None, "nobody is expected to be enrolled by the data cut")
    control, experimental = found.number
    # Where hazards are proportional nothing is left to be averaged.
    both = np.minimum(control, experimental) > _AT_RISK * found.number.max()
    happen = found.events > 0.0
    seen = both & happen.all(axis=0)
    if not all((found.events[arm] * found.weight).sum() > 0.0 for arm in (0, 1)):
        return TrueValue(None, "an arm is expected to have no event")
    if seen.any() and not (both & (happen[0] != happen[1])).any():
        ratio = (found.events[1] * control)[seen] / (found.events[0] * experimental)[seen]
        low, high = float(ratio.min()), float(ratio.max())
        if high - low <= _SAME * low:
            return TrueValue(math.log(float(np.median(ratio))))
    log_ratio = _cox_limit(found)
    return TrueValue(log_ratio) if math.isfinite(log_ratio) else TrueValue(None, "the hazard ratio runs away")


def _cox_limit(found: _AtRisk) -> float:
    """Root of the limit of the score, by Newton's method; NaN where it runs away."""
    control, experimental = found.number
    first, total = found.events[1], found.events.sum(axis=0)
    log_ratio = 0.0
    for _ in range(_NEWTON_STEPS):
        weighed = math.exp(log_ratio) * experimental
        at_risk = weighed + control
        share = np.divide(weighed, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0.0)
        score = float(((first - share * total) * found.weight).sum())
        slope = float((share * (1.0 - share) * total * found.weight).sum())
        if not slope > 0.0:
            return math.nan
        step = min(max(score / slope, -1.0), 1.0)
        log_ratio += step
        if abs(log_ratio) > _RUNAWAY:
            return math.nan
        if abs(step) < _DONE:
            return log_ratio
    return math.nan


def _at_risk(study: Study, row: int, arms: tuple[int, int], member: Floats, time: float) -> _AtRisk | None:
    """Numbers at risk and events by stratum of the model.

    Args:
        study: What is simulated.
        row: Row of the endpoint.
        arms: Indices of control and experimental arm.
        member: (S, J) probability that a patient of a true stratum is in each stratum of the model.
        time: Day of the data cut.
    """
    truth, enrolment = study.truth, enrolment_of(study.truth)
    horizon = time - enrolment.first
    if not 0.0 < horizon < math.inf:
        return None
    curves = [[curve_of(truth, row, arm, s) for s in range(member.shape[0])] for arm in arms]
    losses: list[Curve] = [dropout_of(truth, arm) for arm in arms]
    cuts = [cut for own in [*curves, losses] for curve in own for cut in curve.cuts]
    grid = _panels([*cuts, *(time - enrolment.edges).tolist()], horizon)
    enrolled = enrolment.before(time - grid.x)
    shares = arm_shares(truth)
    number, events = [], []
    for arm, own, loss in zip(arms, curves, losses, strict=True):
        followed = shares[arm] * loss.survival(grid.x) * enrolled
        alive = np.stack([curve.survival(grid.x) for curve in own]) * followed
        falls = np.stack([curve.density(grid.x) for curve in own]) * followed
        number.append(np.einsum("sj,spn->jpn", member, alive))
        events.append(np.einsum("sj,spn->jpn", member, falls))
    return _AtRisk(np.stack(number), np.stack(events), grid.weight)
