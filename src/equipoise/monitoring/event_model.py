"""When patients have their event or are lost: models of the pooled population, averaged."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np

from equipoise.errors import PlanError, Problem, Where
from equipoise.kernels.posterior import systematic
from equipoise.kernels.survival_posterior import (
    MODELS,
    RatePrior,
    SurvivalDraws,
    SurvivalPosterior,
    draw_survival,
    survival_posterior,
)
from equipoise.monitoring.observed import Floats, Observed

__all__ = ["EventModel", "ModelName", "draw_dropout", "draw_event_model", "fit_event_model", "found_at", "scan_before"]

ModelName = Literal["average", "exponential", "weibull", "cure"]

PRIOR_WEIGHTS: Final = {"exponential": 0.2, "weibull": 0.6, "cure": 0.2}
"""How likely each model is before the data, when models are averaged."""

DROPOUT_EVENTS: Final = 0.5
"""Shape of the gamma prior of the dropout rate (Jeffreys): losses are possible where none was seen."""


class EventModel(NamedTuple):
    """Fitted models and how far each is believed.

    Attributes:
        posteriors: The models.
        weights: (M,) their probabilities given the data, summing to 1.
    """

    posteriors: tuple[SurvivalPosterior, ...]
    weights: Floats


def fit_event_model(observed: Observed, model: ModelName = "average", prior: RatePrior | None = None) -> EventModel:
    """Fit the models that are asked for to all patients together.

    Args:
        observed: The trial at the cut.
        model: One model, or `average` for all three weighted by their marginal likelihoods.
        prior: Belief about the event rate, needed where no event was seen yet.

    Returns:
        The models.

    Raises:
        PlanError: No event and no prior, or an unknown model.
    """
    names = MODELS if model == "average" else (model,)
    if any(name not in MODELS for name in names):
        cure = f"use average, {', '.join(MODELS)}"
        problem = Problem("plan.prediction_model", "there is no such model of events", Where(path="model"), model, cure)
        raise PlanError(problem)
    if not observed.event.any() and prior is None:
        cure = "give a prior: the time per event that is expected, and how many events that belief is worth"
        raise PlanError(Problem("plan.prediction_no_event", "no event was seen yet", Where(path="event"), cure=cure))
    time = observed.time
    if observed.scans is not None:
        # An event found at a scan happened since the one before, on average half way.
        before = scan_before(time, observed.scans)
        time = np.where(observed.event, 0.5 * (scan_before(time, observed.scans, strictly=True) + time), before)
    posteriors = tuple(survival_posterior(time, observed.event, name, prior=prior) for name in names)
    log = np.array([p.log_marginal + np.log(PRIOR_WEIGHTS[p.model]) for p in posteriors])
    weights = np.exp(log - log.max())
    return EventModel(posteriors, weights / weights.sum())


def draw_event_model(model: EventModel, draws: int, rng: np.random.Generator) -> SurvivalDraws:
    """Draws of the survival curve, each model as often as it is believed.

    Args:
        model: From `fit_event_model`.
        draws: Number of draws B.
        rng: Where the random numbers come from.

    Returns:
        The draws, model by model.
    """
    counts = systematic(model.weights, draws, rng)
    parts = [draw_survival(p, int(count), rng) for p, count in zip(model.posteriors, counts, strict=True) if count]
    return SurvivalDraws(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def draw_dropout(observed: Observed, draws: int, rng: np.random.Generator) -> Floats:
    """Draws of a constant rate of loss, from its gamma posterior.

    Args:
        observed: The trial at the cut.
        draws: Number of draws B.
        rng: Where the random numbers come from.

    Returns:
        (B,) rates.
    """
    return np.asarray(rng.standard_gamma(DROPOUT_EVENTS + observed.lost.sum(), draws) / observed.time.sum())


def scan_before(time: Floats, scans: tuple[float, ...], *, strictly: bool = False) -> Floats:
    """The last scan at or before each time (0 where there is none).

    Args:
        time: Times from randomization, any shape.
        scans: Scan days; the last step repeats.
        strictly: Only scans before the time.

    Returns:
        Scan days, same shape.
    """
    days = _schedule(float(time.max(initial=0.0)), scans)
    side: Literal["left", "right"] = "left" if strictly else "right"
    return np.asarray(days[np.maximum(np.searchsorted(days, time, side=side) - 1, 0)])


def found_at(time: Floats, scans: tuple[float, ...]) -> Floats:
    """The scan that finds an event: the first at or after it.

    Args:
        time: Event times from randomization, any shape, infinite for never.
        scans: Scan days; the last step repeats.

    Returns:
        Scan days, same shape.
    """
    first = np.concatenate(([0.0], scans))
    last, step = first[-1], first[-1] - first[-2]
    late = last + step * np.ceil((time - last) / step)
    early = first[np.minimum(np.searchsorted(first, time), first.size - 1)]
    return np.where(time > last, late, early)


def _schedule(until: float, scans: tuple[float, ...]) -> Floats:
    first = np.concatenate(([0.0], scans))
    step = first[-1] - first[-2]
    more = first[-1] + step * np.arange(1, max(int(np.ceil((until - first[-1]) / step)), 0) + 2)
    return np.concatenate((first, more))
