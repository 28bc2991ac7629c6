"""Mean and information of the log-rank test at looks, by seven named methods.

Schoenfeld (1981, Biometrika 68:316); Freedman (1982, Stat Med 1:121); Hsieh (1992, Stat Med 11:1), Freedman's formula
carried to unequal allocation as rpact has it under the name Hsieh-Freedman; Lachin and Foulkes (1986, Biometrics
42:507); Bernstein and Lagakos (1978, J Stat Comput Simul 8:65) with both variances, as gsDesign has it; average hazard
ratio weighted by expected events (Mukhopadhyay et al. 2022, J Biopharm Stat 32:90, as in gsDesign2); and the mean and
variance of the score itself (Tsiatis 1982, JASA 77:855, as in lrstat).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from equipoise.design._risk import risk
from equipoise.design._timeline import Timeline, timeline
from equipoise.design._weighted_score import cox_limit, score_moments
from equipoise.design.assumptions import Assumptions
from equipoise.design.statistics import Information, LogRank
from equipoise.errors import PlanError, Problem

__all__ = ["log_rank_information"]

Floats = NDArray[np.float64]

_TEXT = {
    "schoenfeld": "log-rank test with the mean and variance of Schoenfeld's approximation",
    "freedman": "log-rank test with the mean of Freedman's approximation",
    "hsieh_freedman": "log-rank test with the mean of Freedman's approximation, carried to unequal allocation (Hsieh)",
    "lachin_foulkes": "difference of log hazards by Lachin and Foulkes: variances under both hypotheses, the null "
    "hazards chosen so that the average hazard is that of the alternative",
    "bernstein_lagakos": "difference of log hazards with variances under both hypotheses, the null hazard of the "
    "control arm being that of the alternative (Bernstein and Lagakos)",
    "average_hazard_ratio": "log-rank test with the average hazard ratio, weighted by expected events on the log scale",
    "score": "log-rank test with the asymptotic mean and variance of its score",
}
_SCALE = {
    "null": "expected events times the shares of both arms",
    "alternative": "inverse of the variance of the log hazard ratio, from expected events by arm",
    "score": "variance of the score",
}


def log_rank_information(assumptions: Assumptions, statistic: LogRank, times: Floats) -> Information:
    """Mean and information of the log-rank test.

    Args:
        assumptions: The trial in numbers.
        statistic: The test and the method.
        times: (K,) increasing calendar times of the looks.

    Raises:
        PlanError: See `information`.
    """
    _check(assumptions, statistic)
    if statistic.method == "score":
        return _by_score(assumptions, statistic, times)
    line = timeline(assumptions)
    rows = line.counts(line.events, times)
    groups = line.by_group(line.events, rows)
    events = groups.sum(axis=0)
    if not events[0] > 0.0:
        raise PlanError(no_events(times))
    if statistic.method == "average_hazard_ratio":
        return _by_average(assumptions, statistic, times, rows)
    ratio = assumptions.hazard_ratio
    assert ratio is not None
    shares = _null_information(line, groups)
    spread = np.ones(times.size)
    if statistic.method == "schoenfeld":
        mean = math.log(statistic.margin / ratio) * np.sqrt(shares)
        info, null = shares, shares
    elif statistic.method in ("freedman", "hsieh_freedman"):
        mean = _freedman(ratio, assumptions.ratio, statistic.method) * np.sqrt(events)
        info, null = shares, shares
    else:
        null = _rate_information(assumptions, statistic, ratio, times)
        info = _both_arms(line.experimental, groups)
        mean = math.log(statistic.margin / ratio) * np.sqrt(null)
        spread = np.sqrt(null / info)
    effect = np.full(times.size, ratio)
    scale = _SCALE["alternative" if statistic.method in ("lachin_foulkes", "bernstein_lagakos") else "null"]
    return _value(assumptions, statistic, times, events, mean, (info, null), effect, scale, spread)


def no_events(times: Floats) -> Problem:
    """The problem of a look before any event.

    Args:
        times: (K,) times of the looks.
    """
    message = f"no event is expected by the look at {times[0]:g}"
    return Problem("plan.no_events", message, value=f"{times[0]:g}", cure="look later")


def _check(assumptions: Assumptions, statistic: LogRank) -> None:
    found: list[Problem] = []
    method, margin = statistic.method, statistic.margin
    if method not in _TEXT:
        found.append(Problem("plan.statistic", f"the method is one of {', '.join(_TEXT)}", value=str(method)))
    if statistic.information not in ("null", "alternative", "mixed"):
        cure = "the information is null, alternative or mixed"
        found.append(Problem("plan.statistic", "unknown kind of information", value=statistic.information, cure=cure))
    if not 0.0 < margin < math.inf:
        message = "the margin of a hazard ratio must be above 0"
        found.append(Problem("plan.margin", message, value=str(margin), cure="give 1 for superiority"))
    elif margin != 1.0 and method in ("freedman", "hsieh_freedman"):
        message = "Freedman's formula is for a null hazard ratio of 1"
        found.append(Problem("plan.margin", message, value=str(margin), cure="use the method schoenfeld"))
    if method not in ("average_hazard_ratio", "score") and not assumptions.proportional:
        message = f"the method {method} needs one hazard ratio for all times and strata"
        cure = "use the method average_hazard_ratio or score"
        found.append(Problem("plan.not_proportional", message, value=str(method), cure=cure))
    if found:
        raise PlanError(found)


def _null_information(line: Timeline, groups: Floats) -> Floats:
    """(K,) expected events of each stratum times the shares of both arms in it, added up."""
    total = np.zeros(groups.shape[1])
    for stratum in range(int(line.stratum.max()) + 1):
        here = line.stratum == stratum
        share = line.share[here]
        total += groups[here].sum(axis=0) * share[0] * share[1] / share.sum() ** 2
    return total


def _freedman(hazard_ratio: float, ratio: float, method: str) -> float:
    """Mean of Z for one event."""
    if method == "freedman":
        return (1.0 - hazard_ratio) * math.sqrt(ratio) / (1.0 + ratio * hazard_ratio)
    return 2.0 * (1.0 - hazard_ratio) * math.sqrt(ratio) / ((1.0 + ratio) * (1.0 + hazard_ratio))


def _both_arms(experimental: Floats, groups: Floats) -> Floats:
    """(K,) inverse of the sum of the inverse expected events of the arms."""
    one, two = experimental @ groups, (1.0 - experimental) @ groups
    return np.asarray(one * two / (one + two), dtype=np.float64)


def _rate_information(assumptions: Assumptions, statistic: LogRank, hazard_ratio: float, times: Floats) -> Floats:
    """(K,) information on the log hazard ratio under the null hypothesis of Lachin-Foulkes or Bernstein-Lagakos."""
    null = assumptions.under_null(statistic.margin)
    if statistic.method == "lachin_foulkes":
        ratio = assumptions.ratio
        factor = (1.0 + ratio * hazard_ratio) / (1.0 + ratio * statistic.margin)
        groups = tuple(replace(group, hazard=group.hazard.times(factor)) for group in null.groups)
        null = Assumptions(null.accrual, groups, null.unit)
    line = timeline(null)
    return _both_arms(line.experimental, line.by_group(line.events, line.counts(line.events, times)))


def _by_score(assumptions: Assumptions, statistic: LogRank, times: Floats) -> Information:
    grid = risk(assumptions, times, horizon=float(times[-1]), stratified=statistic.strata)
    found = score_moments(grid, times, margin=statistic.margin)
    variance = found.variance[:, 0, 0]
    if not variance[0] > 0.0:
        raise PlanError(no_events(times))
    mean = -found.score[:, 0] / np.sqrt(variance)
    first = math.log(statistic.margin) + found.one_step()
    effect = np.exp(cox_limit(grid, times, first))
    both, ones = (variance, variance), np.ones(times.size)
    return _value(assumptions, statistic, times, found.events, mean, both, effect, _SCALE["score"], ones)


def _by_average(assumptions: Assumptions, statistic: LogRank, times: Floats, rows: Floats) -> Information:
    line = timeline(assumptions)
    groups = line.by_group(line.events, rows)
    events = groups.sum(axis=0)
    by_piece = _by_interval(line, rows)
    stratified = statistic.strata or len(assumptions.strata) == 1
    if stratified and not any(group.cure for group in assumptions.groups):
        log_ratio = _piecewise_average(assumptions, by_piece)
    else:
        log_ratio = _continuous_average(assumptions, times, stratified=stratified)
    total = by_piece.sum(axis=0)
    if stratified:
        product = by_piece[0] * by_piece[1]
        other = np.divide(product, total, out=np.zeros_like(total), where=total > 0.0).sum(axis=0)
    else:
        other = _both_arms(line.experimental, groups)
    shares = _null_information(line, groups)
    info = shares if statistic.information == "null" else other
    null = other if statistic.information == "alternative" else shares
    if not (info > 0.0).all():
        raise PlanError(no_events(times))
    mean = (math.log(statistic.margin) - log_ratio) * np.sqrt(info)
    scale = _SCALE["null" if statistic.information == "null" else "alternative"]
    ones = np.ones(times.size)
    return _value(assumptions, statistic, times, events, mean, (info, null), np.exp(log_ratio), scale, ones)


def _by_interval(line: Timeline, rows: Floats) -> Floats:
    """(2, intervals, K) expected events by arm, control first, of every stratum and interval of constant hazards."""
    events = line.events
    pieces = int(events.piece.max()) + 1
    interval = line.stratum[events.group] * pieces + events.piece
    out = np.zeros((2, (int(line.stratum.max()) + 1) * pieces, rows.shape[1]))
    np.add.at(out, (line.experimental[events.group].astype(np.int64), interval), rows)
    return out


def _piecewise_average(assumptions: Assumptions, by_piece: Floats) -> Floats:
    """(K,) log hazard ratios of intervals, weighted by expected events."""
    line = timeline(assumptions)
    pieces = int(line.events.piece.max()) + 1
    hazard = np.zeros((2, by_piece.shape[1]))
    ends = line.events.start[:, 0] + 0.5 * np.minimum(line.events.span[:, 0], 1.0)
    for row, (group, piece) in enumerate(zip(line.events.group, line.events.piece, strict=True)):
        one = assumptions.groups[group]
        interval = line.stratum[group] * pieces + piece
        hazard[int(one.arm == "experimental"), interval] = one.hazard.at(float(ends[row]))
    events = by_piece.sum(axis=0)
    lacking = (events > 0.0).any(axis=1) & ~(hazard > 0.0).all(axis=0)
    if lacking.any():
        raise PlanError(_no_ratio())
    log_ratio = np.log(np.where(hazard > 0.0, hazard, 1.0))
    return np.asarray((log_ratio[1] - log_ratio[0]) @ events / events.sum(axis=0), dtype=np.float64)


def _continuous_average(assumptions: Assumptions, times: Floats, *, stratified: bool) -> Floats:
    """`_piecewise_average` by quadrature, where hazard ratios change continuously: with cure, or strata pooled."""
    grid = risk(assumptions, times, horizon=float(times[-1]), stratified=stratified)
    events = (grid.at_risk * grid.hazard).sum(axis=0)
    hazard = grid.hazard
    if ((events > 0.0) & ~(hazard > 0.0).all(axis=0)).any():
        raise PlanError(_no_ratio())
    log_ratio = np.log(np.where(hazard > 0.0, hazard, 1.0))
    enrolled = grid.enrolled_before(times)
    weighted = ((log_ratio[1] - log_ratio[0]) * events).sum(axis=0)
    return np.asarray(grid.integral(enrolled * weighted) / grid.integral(enrolled * events.sum(axis=0)))


def _no_ratio() -> Problem:
    message = "the hazard of one arm is 0 while the other has events: there is no average of log hazard ratios"
    return Problem("plan.not_proportional", message, cure="use the method score")


def _value(
    assumptions: Assumptions,
    statistic: LogRank,
    times: Floats,
    events: Floats,
    mean: Floats,
    info: tuple[Floats, Floats],
    effect: Floats,
    scale: str,
    spread: Floats,
) -> Information:
    averaged = statistic.method in ("average_hazard_ratio", "score")
    return Information(
        times=tuple(times.tolist()),
        events=tuple(events.tolist()),
        enrolled=tuple(timeline(assumptions).enrolled(times).tolist()),
        mean=tuple(mean.tolist()),
        information=tuple(info[0].tolist()),
        null_information=tuple(info[1].tolist()),
        effect=tuple(effect.tolist()),
        effect_name="average_hazard_ratio" if averaged else "hazard_ratio",
        null_effect=statistic.margin,
        scale=scale,
        method=f"log_rank.{statistic.method}",
        method_text=_text(statistic),
        spread=tuple(spread.tolist()),
    )


def _text(statistic: LogRank) -> str:
    text = _TEXT[statistic.method]
    if statistic.method == "average_hazard_ratio":
        kinds = {
            "null": "information under the null hypothesis",
            "alternative": "information under the alternative",
            "mixed": "information under the null hypothesis for bounds, under the alternative for power",
        }
        text += f"; {kinds[statistic.information]}"
    if statistic.margin != 1.0:
        text += f"; null hazard ratio {statistic.margin:g}"
    return text
