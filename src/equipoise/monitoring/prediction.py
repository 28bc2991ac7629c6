"""Event prediction: when the k-th event will come, and how many there will be on a date, by posterior draws.

Each draw takes a survival curve, a dropout rate and a rate of every site from their posteriors, then lets the trial go
on: patients at risk have their event given how long they were free of it, patients to come enter and are followed,
and some of both are lost. The date of the k-th event in each draw is one draw of the answer. A plug-in fit that goes
on from one best curve leaves out that the curve is not known, which is why its intervals are far too short.

All patients are one population: arms are not read, so the prediction is fit for blinded use. Reports that arrive late
are not modelled: an event counts on its day, or on the day of the scan that finds it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.errors import PlanError, Problem, Where
from equipoise.kernels.survival_posterior import RatePrior, SurvivalDraws, conditional_times
from equipoise.monitoring.enrollment import draw_enrollment
from equipoise.monitoring.event_model import (
    ModelName,
    draw_dropout,
    draw_event_model,
    fit_event_model,
    found_at,
    scan_before,
)
from equipoise.monitoring.observed import Floats, Observed
from equipoise.rng import stream

__all__ = ["LEVELS", "EventPrediction", "PredictedCount", "PredictedDate", "predict_events"]

_MOST_DRAWS = 100_000  # each holds a time for every patient

LEVELS = (0.5, 0.8, 0.9)
"""Probabilities of the intervals, in the order of `lower` and `upper`."""


@dataclass(frozen=True, slots=True)
class PredictedDate:
    """The date of one event.

    Attributes:
        event: Its number k.
        median: Median date, infinite where the event is more likely never to come.
        lower: Lower ends of the 50, 80 and 90% intervals.
        upper: Upper ends, infinite where the event may never come.
        never: Probability that it never comes.
    """

    event: int
    median: float
    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    never: float


@dataclass(frozen=True, slots=True)
class PredictedCount:
    """A number of events, or of patients, on one date.

    Attributes:
        time: The date, since the first randomization.
        mean: Mean number.
        median: Median number.
        lower: Lower ends of the 50, 80 and 90% intervals.
        upper: Upper ends.
    """

    time: float
    mean: float
    median: float
    lower: tuple[float, float, float]
    upper: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class EventPrediction:
    """What is to be expected of a trial after a data cut.

    Attributes:
        cut: Date of the cut.
        enrolled: Patients enrolled.
        events: Events seen.
        lost: Patients lost.
        pending: Patients at risk.
        dates: Date of each event that was asked for.
        counts: Number of events on each date that was asked for.
        enrollment: Number of patients enrolled on those dates.
        models: Models with their probabilities given the data.
        median_time: Posterior median of the median time to the event, and its 90% limits; all arms together, infinite
            where more than half may never have it.
        cured: Posterior mean of the fraction that never has the event.
        dropout_rate: Mean rate of loss a unit of time.
        enrollment_rate: Mean number of patients a unit of time, of the sites open at the cut.
        draws: Number of draws.
        seed: The seed.
        method: Slug, `average.posterior`.
        method_text: The method in words.
    """

    cut: float
    enrolled: int
    events: int
    lost: int
    pending: int
    dates: tuple[PredictedDate, ...]
    counts: tuple[PredictedCount, ...]
    enrollment: tuple[PredictedCount, ...]
    models: tuple[tuple[str, float], ...]
    median_time: tuple[float, float, float]
    cured: float
    dropout_rate: float
    enrollment_rate: float
    draws: int
    seed: int
    method: str
    method_text: str


def predict_events(
    observed: Observed,
    *,
    targets: Sequence[int] = (),
    times: Sequence[float] = (),
    model: ModelName = "average",
    draws: int = 2000,
    seed: int = 1,
    prior: RatePrior | None = None,
) -> EventPrediction:
    """Predict dates of events and numbers on dates.

    Args:
        observed: The trial at a data cut.
        targets: Numbers k of events whose dates are wanted. One that was reached already gets its known date.
        times: Dates, not before the cut, on which the numbers of events and of patients are wanted.
        model: `average` (exponential, Weibull and cure, weighted by the data), or one of them.
        draws: Number of posterior draws.
        seed: Same seed, same digits; targets and times do not change each other's.
        prior: Belief about the event rate; needed only before the first event.

    Returns:
        The prediction.

    Raises:
        PlanError: Targets that are not positive, more than all patients, or times before the cut; too few draws; no
            event and no prior.
    """
    _check(observed, targets, times, draws)
    fitted = fit_event_model(observed, model, prior)
    curves = draw_event_model(fitted, draws, stream(seed, "prediction", "curves"))
    dropout = draw_dropout(observed, draws, stream(seed, "prediction", "dropout"))
    coming = draw_enrollment(observed, draws, stream(seed, "prediction", "enrollment"))
    future = future_dates(observed, curves, dropout, coming.entry, seed)
    return EventPrediction(
        cut=float(observed.cut),
        enrolled=observed.entry.size,
        events=int(observed.event.sum()),
        lost=int(observed.lost.sum()),
        pending=int(observed.pending.sum()),
        dates=event_dates(observed, future, targets),
        counts=_counts(future, int(observed.event.sum()), times),
        enrollment=_counts(coming.entry, observed.entry.size, times),
        models=tuple((p.model, float(w)) for p, w in zip(fitted.posteriors, fitted.weights, strict=True)),
        median_time=_median_time(curves),
        cured=float(np.exp(-curves.ceiling).mean()),
        dropout_rate=float(dropout.mean()),
        enrollment_rate=float(coming.rate.mean()),
        draws=draws,
        seed=seed,
        method=f"{model}.posterior",
        method_text=_words(observed, model, draws),
    )


def _check(observed: Observed, targets: Sequence[int], times: Sequence[float], draws: int) -> None:
    found = []
    most = observed.entry.size + observed.to_come
    for k in targets:
        if k != int(k) or not 1 <= k <= most:
            cure = f"ask for events 1 to {most}: each patient has one at most"
            message = "no such event can come"
            found.append(Problem("plan.prediction_target", message, Where(path="targets"), str(k), cure))
    for time in times:
        if not math.isfinite(time) or time < observed.cut:
            cure = f"ask for dates from the cut on, {observed.cut:g}: what lies before is observed"
            message = "a date to predict lies before the data cut"
            found.append(Problem("plan.prediction_time", message, Where(path="times"), str(time), cure))
    if draws < 100:
        cure = "use at least 100, better 2,000: the ends of a 90% interval need them"
        found.append(Problem("plan.prediction_draws", "too few draws", Where(path="draws"), str(draws), cure))
    if draws > _MOST_DRAWS:
        cure = f"use at most {_MOST_DRAWS:,}: with 10,000 the ends of an interval hardly move"
        found.append(Problem("plan.prediction_draws", "too many draws", Where(path="draws"), str(draws), cure))
    if found:
        raise PlanError(found)


def future_dates(observed: Observed, curves: SurvivalDraws, dropout: Floats, entry: Floats, seed: int) -> Floats:
    """(B, P + F) dates of the events of patients at risk and to come, infinite for those never seen."""
    rng = stream(seed, "prediction", "patients")
    pending = observed.pending
    start, scans = observed.entry[pending], observed.scans
    free = observed.time[pending] if scans is None else scan_before(observed.time[pending], scans)
    size = (dropout.size, free.size)
    with np.errstate(divide="ignore"):
        here = conditional_times(curves, free, rng.standard_exponential(size))
        if scans is not None:
            here = found_at(here, scans)
        here = np.maximum(start + here, observed.cut)
        loss = rng.standard_exponential(size) / dropout[:, None]
        here[here - observed.cut > loss] = math.inf
        if entry.shape[1] == 0:
            return here
        # Draws of the patients to come have a stream of their own: their number does not move those at risk.
        rng = stream(seed, "prediction", "future patients")
        there = conditional_times(curves, np.zeros(entry.shape[1]), rng.standard_exponential(entry.shape))
        if scans is not None:
            there = found_at(there, scans)
        there[there > rng.standard_exponential(entry.shape) / dropout[:, None]] = math.inf
    return np.concatenate((here, entry + there), axis=1)


def event_dates(observed: Observed, future: Floats, targets: Sequence[int]) -> tuple[PredictedDate, ...]:
    known = observed.event_dates
    ahead = sorted({int(k) - known.size - 1 for k in targets if k > known.size})
    reachable = [place for place in ahead if place < future.shape[1]]
    ordered = np.partition(future, reachable, axis=1) if reachable else future
    out = []
    for k in targets:
        place = int(k) - known.size - 1
        if place < 0:
            dates = np.full(1, known[int(k) - 1])
        elif place < future.shape[1]:
            dates = ordered[:, place]
        else:
            dates = np.full(1, math.inf)
        median, lower, upper = _quantiles(dates)
        out.append(PredictedDate(int(k), median, lower, upper, float(np.isinf(dates).mean())))
    return tuple(out)


def _counts(future: Floats, already: int, times: Sequence[float]) -> tuple[PredictedCount, ...]:
    out = []
    for time in times:
        number = already + np.count_nonzero(future <= time, axis=1).astype(np.float64)
        out.append(PredictedCount(float(time), float(number.mean()), *_quantiles(number)))
    return tuple(out)


def _quantiles(values: Floats) -> tuple[float, tuple[float, float, float], tuple[float, float, float]]:
    """Median and ends of the intervals: order statistics, so infinity stays infinity and counts stay whole."""
    ordered = np.sort(values)
    tails = [0.5, *((1.0 - level) / 2.0 for level in LEVELS)]
    # The draw at place ceil(p (B + 1)) from below, and as far from above: a new draw lies between both ends with
    # probability (at least) the level.
    place = [max(int(p * (values.size + 1)) - 1, 0) for p in tails]
    low, high = ordered[place], ordered[values.size - 1 - np.array(place)]
    median, *lower = (float(x) for x in low)
    return median, (lower[0], lower[1], lower[2]), (float(high[1]), float(high[2]), float(high[3]))


def _median_time(curves: SurvivalDraws) -> tuple[float, float, float]:
    half = conditional_times(curves, np.zeros(1), np.full((curves.shape.size, 1), math.log(2.0)))[:, 0]
    median, lower, upper = _quantiles(half)
    return median, lower[2], upper[2]


def _words(observed: Observed, model: str, draws: int) -> str:
    curve = {
        "average": "an exponential, a Weibull and a Weibull model with a cured fraction, averaged by their marginal "
        "likelihoods",
        "exponential": "an exponential model",
        "weibull": "a Weibull model",
        "cure": "a Weibull model with a cured fraction",
    }[model]
    sites = "gamma-Poisson rates of sites" if observed.site is not None else "one Poisson rate of enrollment"
    scans = ", events counted at the scans that find them" if observed.scans is not None else ""
    return (
        f"{draws:,} posterior draws, all arms pooled: {curve}; {sites}; a constant rate of loss to follow-up{scans}; "
        "no delay of reports"
    )
