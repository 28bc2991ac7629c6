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

Scans: the times are those at which events are seen, and those who are not seen to have one are censored at their last
scan, as in the data; only medians are of times as they happen.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.piecewise import panels
from equipoise.simulation.cox_limit import AtRisk, cox_limit, same_ratio
from equipoise.simulation.distributions import Curve, crossing
from equipoise.simulation.population import (
    Enrolment,
    arm_shares,
    curve_of,
    dropout_of,
    enrolment_of,
    recorded_as,
)
from equipoise.simulation.scanned import Seen, has_scans, scan_panels, scan_times, seen_numbers, unseen

if TYPE_CHECKING:
    from collections.abc import Callable

    from equipoise.kernels.piecewise import Panels
    from equipoise.kernels.sim.truth import Truth
    from equipoise.simulation.study import Study

__all__ = ["TrueValue", "explained_true_value", "mixed_survival", "true_medians", "true_value"]

Floats = NDArray[np.float64]

_FIRST_HALVINGS = 60
_HALVINGS = 16
_EVER = 1e12
_HARDLY = 1e-11


class TrueValue(NamedTuple):
    """A true value, or why there is none.

    Attributes:
        value: On the scale of the estimates of an outcome: logarithm of a hazard ratio, days, a difference of
            fractions. None where there is none.
        reason: Why there is none; "" where there is.
    """

    value: float | None
    reason: str = ""


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
    truth, name = study.truth, study.tested[h].estimate_name
    row, arms = _compared(study, h)
    if name == "risk_difference":
        rate = truth.rate[row - truth.endpoint_code.size]
        shares = _shares(enrolment_of(truth))
        return TrueValue(float(rate[arms[1]] @ shares - rate[arms[0]] @ shares))
    if name == "hazard_ratio":
        return _hazard_ratio(study, h, time_days)
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
    row, arms = _compared(study, h)

    def median(arm: int) -> float:
        return crossing(lambda time: float(mixed_survival(study, row, arm, np.array([time]))[0]), 0.5)

    return median(arms[0]), median(arms[1])


def mixed_survival(study: Study, row: int, arm: int, time: Floats, *, seen: bool = False) -> Floats:
    """Probability of a longer time to an event in one arm, strata mixed as they are enrolled.

    Args:
        study: What is simulated.
        row: Row of the endpoint.
        arm: Index of the arm.
        time: Days since randomization.
        seen: Whether the time is that at which the event is seen, where there are scans; else it is when it happens.
    """
    truth, shares = study.truth, _shares(enrolment_of(study.truth))
    if seen and has_scans(truth, row):
        parts = [unseen(truth, row, arm, s, time) for s in range(shares.size)]
    else:
        parts = [curve_of(truth, row, arm, s).survival(time) for s in range(shares.size)]
    return np.asarray(sum(share * part for share, part in zip(shares, parts, strict=True)))


def _compared(study: Study, h: int) -> tuple[int, tuple[int, int]]:
    """Row of the endpoint, and indices of control and experimental arm."""
    k, triggers = study.tested[h].ks[0], study.triggers
    return int(triggers.endpoint[k]), (int(triggers.control[k]), int(triggers.experimental[k]))


def _shares(enrolment: Enrolment) -> Floats:
    """(S,) fraction of all patients by true stratum: where strata open late or close early not the declared one."""
    last = enrolment.enrolled[:, -1]
    return np.asarray(last / last.sum())


def _indicator(codes: NDArray[np.int64]) -> Floats:
    """(S, J) 1 where a stratum of patients belongs to one of the model."""
    return np.asarray(codes[:, None] == np.unique(codes), dtype=np.float64)


def _difference_part(study: Study, row: int, arm: int, name: str, horizon: float) -> float:
    """Survival at the horizon, or its integral up to there, of times as they are analyzed."""
    truth, whole, day = study.truth, study.truth.whole_days == 1, math.floor(horizon)
    if name == "survival_difference":
        return float(mixed_survival(study, row, arm, np.array([float(day) if whole else horizon]), seen=True)[0])
    if whole:
        # A time rounded up exceeds x where the time itself exceeds the whole days of x.
        days = mixed_survival(study, row, arm, np.arange(day + 1.0), seen=True)
        return float(days[:-1].sum() + (horizon - day) * days[-1])
    cuts = [cut for s in range(truth.strata.shape[1]) for cut in curve_of(truth, row, arm, s).cuts]
    scanned = has_scans(truth, row)
    grid = scan_panels(scan_times(truth, row, horizon), cuts, horizon) if scanned else _panels(cuts, horizon)
    return float((mixed_survival(study, row, arm, grid.x, seen=True) * grid.weight).sum())


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


def _hazard_ratio(study: Study, h: int, time: float) -> TrueValue:
    codes, count = study.program.code[h, 1], study.truth.strata.shape[1]
    if codes.size % count:
        return TrueValue(None, "the strata of the model are not those of the patients")
    recorded = np.eye(count) if study.program.verified[h] else recorded_as(study.truth)
    # Levels that are drawn beside, and matter to nobody's time, divide each stratum evenly.
    each = codes.size // count
    member = np.repeat(recorded, each, axis=1) @ _indicator(codes) / each
    found = _at_risk(study, *_compared(study, h), member, time)
    if found is None:
        return TrueValue(None, "nobody is expected to be enrolled by the data cut")
    if not (found.totals > 0.0).all():
        return TrueValue(None, "an arm is expected to have no event")
    log_ratio = same_ratio(found)
    if log_ratio is None:
        from equipoise.kernels.sim.cox import EFRON

        log_ratio = cox_limit(found, efron=int(study.program.ties[h]) == EFRON)
    return TrueValue(log_ratio) if math.isfinite(log_ratio) else TrueValue(None, "the hazard ratio runs away")


def _at_risk(study: Study, row: int, arms: tuple[int, int], member: Floats, time: float) -> AtRisk | None:
    """Numbers at risk and events by stratum of the model.

    Args:
        study: What is simulated.
        row: Row of the endpoint.
        arms: Indices of control and experimental arm.
        member: (S, J) probability that a patient of a true stratum is in each stratum of the model.
        time: Day of the data cut.
    """
    truth, enrolment = study.truth, enrolment_of(study.truth)
    strata = range(member.shape[0])
    losses: list[Curve] = [dropout_of(truth, arm) for arm in arms]
    curves = [curve_of(truth, row, arm, s) for arm in arms for s in strata]
    if has_scans(truth, row):  # a cut after the last event is as good as one later, and has fewer of them
        time = min(time, float(enrolment.edges[-1]) + max(_last_event(curve) for curve in curves))
    horizon = time - enrolment.first
    if not 0.0 < horizon < math.inf:
        return None
    every = [*curves, *losses]
    cuts = [*(cut for curve in every for cut in curve.cuts), *(time - enrolment.edges).tolist()]
    scans = scan_times(truth, row, horizon) if has_scans(truth, row) else np.zeros(0)
    grid = scan_panels(scans, cuts, horizon) if has_scans(truth, row) else _panels(cuts, horizon)
    shares, sizes = arm_shares(truth), enrolment.enrolled[:, -1]
    known: dict[tuple[int, Curve, bytes], Seen] = {}
    rows: list[tuple[Seen, float]] = []
    for arm, loss in zip(arms, losses, strict=True):
        for s in strata:

            def followed(at: Floats, s: int = s, loss: Curve = loss) -> Floats:
                return np.asarray(loss.survival(at) * enrolment.before(time - at)[s] / max(sizes[s], _HARDLY))

            # Strata with the same times, enrolled at the same pace, are worked out once.
            pace = np.round(enrolment.enrolled[s] / max(sizes[s], _HARDLY), 12).tobytes()
            key = (arm, curve_of(truth, row, arm, s), pace)
            if key not in known:
                known[key] = _numbers(truth, row, (arm, s), grid, scans, followed)
            rows.append((known[key], shares[arm] * sizes[s]))

    def mixed(field: int) -> Floats:
        stacked = np.stack([by * one[field] for one, by in rows])
        stacked = stacked.reshape(2, len(strata), *stacked.shape[1:])
        return np.asarray(np.einsum("sj,as...->aj...", member, stacked))

    return AtRisk(mixed(0), mixed(1), grid.weight, mixed(2), mixed(3))


@lru_cache(maxsize=64)
def _last_event(curve: Curve) -> float:
    """Time after which hardly anybody has the event."""
    left = float(curve.survival(_EVER)) + _HARDLY
    return crossing(lambda time: float(curve.survival(time)), left)


def _numbers(
    truth: Truth, row: int, who: tuple[int, int], grid: Panels, scans: Floats, followed: Callable[[Floats], Floats]
) -> Seen:
    if has_scans(truth, row):
        return seen_numbers(truth, row, *who, grid, scans, followed)
    curve, present = curve_of(truth, row, *who), followed(grid.x)
    return Seen(curve.survival(grid.x) * present, curve.density(grid.x) * present, np.zeros(0), np.zeros(0))
