"""Posterior of a survival curve by three models: exponential, Weibull, and Weibull with a cured fraction.

All three are one cumulative hazard,

    H(t) = c (1 - exp(-(t/s)^a)),    a shape, s scale, c ceiling,

with S(inf) = exp(-c) the cured fraction: the bounded cumulative hazard model (Yakovlev and Tsodikov 1996, Stochastic
Models of Tumor Latency; Chen, Ibrahim and Sinha 1999, JASA 94:909). As c grows with c/s^a held, H becomes the
Weibull's (t/s)^a, and with a = 1 the exponential's. Unlike the mixture of a cured and an uncured Weibull population,
its ceiling has a conjugate gamma posterior given the rest, and so has the Weibull's rate given its shape: what is left
is a grid over one or two parameters, no Markov chain.

Priors, in units of time u = follow-up per event: rate of the exponential and Weibull ~ Gamma(w, w) (mean one event a
unit, worth w events), log shape ~ N(0, SHAPE_SD^2), log scale under cure ~ N(0, SCALE_SD^2), ceiling ~ Gamma(1, 1/3),
which makes the cured fraction Beta(1/3, 1), with median one in eight. A uniform one would expect far more cure than
trials have, and early data would not correct it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from equipoise.kernels._arrays import Floats, check_outcome, require
from equipoise.kernels.posterior import Grid, grid_draws, grid_posterior

__all__ = [
    "MODELS",
    "RatePrior",
    "SurvivalDraws",
    "SurvivalPosterior",
    "conditional_times",
    "cumulative_hazard",
    "draw_survival",
    "survival_posterior",
]

MODELS = ("exponential", "weibull", "cure")
SHAPE_SD = 0.5
SCALE_SD = 1.5
WEIGHT = 0.5
CEILING = (1.0, 1.0 / 3.0)
_TINY = 1e-300


class RatePrior(NamedTuple):
    """What is believed of the rate before the data. Under cure it only sets the unit in which the scale is expected.

    Attributes:
        mean_time: Time per event that is expected, in the unit of the data: median / log 2 of an exponential.
        events: How many events the belief is worth.
    """

    mean_time: float
    events: float


class SurvivalPosterior(NamedTuple):
    """A fitted model.

    Attributes:
        model: `exponential`, `weibull` or `cure`.
        unit: The time that the model counts as 1.
        events: Number of events.
        total: Follow-up in units (what the exponential's rate is estimated from).
        log_time: (n,) log times, in units.
        grid: Posterior of log shape (and log scale under cure); None for the exponential.
        log_marginal: Log marginal likelihood, comparable between models on the same data and unit.
        weight: Events that the prior of the rate is worth.
    """

    model: str
    unit: float
    events: int
    total: float
    log_time: Floats
    grid: Grid | None
    log_marginal: float
    weight: float


class SurvivalDraws(NamedTuple):
    """Draws of survival curves.

    Attributes:
        shape: (B,) shape a.
        scale: (B,) scale s, in the unit of the data.
        ceiling: (B,) ceiling c; infinite without a cured fraction.
    """

    shape: Floats
    scale: Floats
    ceiling: Floats


def survival_posterior(
    time: Floats, event: np.ndarray, model: str, *, prior: RatePrior | None = None
) -> SurvivalPosterior:
    """Fit one model to right-censored times.

    Args:
        time: (n,) times from 0, one unit; an event at 0 counts as at half the smallest positive time.
        event: (n,) True for an event.
        model: One of `MODELS`.
        prior: Belief about the rate; None for one worth half an event, centred at the data.

    Returns:
        The posterior.

    Raises:
        KernelInputError: Bad times or codes, an unknown model, no event without a prior, or no follow-up at all.
    """
    require(model in MODELS, "model", f"the model must be one of {', '.join(MODELS)}", model)
    times, events, largest = check_outcome(time, event)
    d = int(events.sum())
    require(largest > 0.0, "time", "there is no follow-up: all times are 0")
    require(d > 0 or prior is not None, "event", "without an event a prior of the rate is needed")
    if prior is not None:
        fine = 0.0 < prior.mean_time < math.inf and 0.0 < prior.events < math.inf
        require(fine, "prior", "time per event and events of a prior must be finite and above 0", prior)
    unit = float(times.sum()) / d if prior is None else prior.mean_time
    weight = WEIGHT if prior is None else prior.events
    smallest = float(times[times > 0.0].min())
    with np.errstate(divide="ignore"):
        log_time = np.log(np.where((times == 0.0) & events, 0.5 * smallest, times) / unit)
    total = float(np.exp(log_time).sum())
    known = (unit, d, total, log_time)
    if model == "exponential":
        return SurvivalPosterior(model, *known, None, float(_gamma_marginal(d, total, (weight, weight))), weight)
    at = log_time[events]
    if model == "weibull":
        grid = grid_posterior(
            lambda u: _weibull_density(u, log_time, at, weight), (-3 * SHAPE_SD,), (3 * SHAPE_SD,), fine=81
        )
    else:
        wide = 4.0 * SCALE_SD
        grid = grid_posterior(
            lambda u, v: _cure_density(u, v, log_time, at), (-3 * SHAPE_SD, -wide), (3 * SHAPE_SD, wide), fine=25
        )
    return SurvivalPosterior(model, *known, grid, grid.log_integral, weight)


def draw_survival(posterior: SurvivalPosterior, draws: int, rng: np.random.Generator) -> SurvivalDraws:
    """Draws of the survival curve.

    Args:
        posterior: From `survival_posterior`.
        draws: How many.
        rng: Where the random numbers come from.

    Returns:
        The draws.
    """
    d, unit, weight = posterior.events, posterior.unit, posterior.weight
    never = np.full(draws, math.inf)
    if posterior.grid is None:
        rate = rng.standard_gamma(weight + d, draws) / (weight + posterior.total)
        return SurvivalDraws(np.ones(draws), unit / np.maximum(rate, _TINY), never)
    if posterior.model == "weibull":
        (u,) = grid_draws(posterior.grid, draws, rng)
        shape = np.exp(u)
        rate = rng.standard_gamma(weight + d, draws) / (weight + _sum_powers(shape, posterior.log_time))
        return SurvivalDraws(shape, unit * np.maximum(rate, _TINY) ** (-1.0 / shape), never)
    u, v = grid_draws(posterior.grid, draws, rng)
    shape = np.exp(u)
    powers = np.exp(shape[:, None] * (posterior.log_time[None, :] - v[:, None]))
    reached = -np.expm1(-powers).sum(axis=1)
    ceiling = rng.standard_gamma(CEILING[0] + d, draws) / (CEILING[1] + reached)
    return SurvivalDraws(shape, unit * np.exp(v), np.maximum(ceiling, _TINY))


def cumulative_hazard(draws: SurvivalDraws, times: Floats) -> Floats:
    """H(t) of every draw at every time.

    Args:
        draws: (B,) draws.
        times: (P,) times from 0, in the unit of the data.

    Returns:
        (B, P).
    """
    with np.errstate(divide="ignore"):
        x = np.exp(draws.shape[:, None] * (np.log(times)[None, :] - np.log(draws.scale)[:, None]))
    bounded = np.isfinite(draws.ceiling)
    if bounded.any():
        x[bounded] = -np.expm1(-x[bounded]) * draws.ceiling[bounded, None]
    return np.asarray(x)


def conditional_times(draws: SurvivalDraws, after: Floats, exponential: Floats) -> Floats:
    """Event times of subjects known to be free of the event until some time: H(T) = H(after) + E.

    Args:
        draws: (B,) draws.
        after: (P,) times until which the subjects are free of the event, 0 for those yet to come.
        exponential: (B, P) standard exponential numbers E.

    Returns:
        (B, P) times from entry, infinite for the cured.
    """
    x = exponential if not np.any(after) else cumulative_hazard(draws, after) + exponential
    bounded = np.isfinite(draws.ceiling)
    with np.errstate(divide="ignore"):
        if bounded.any():
            x = x.copy()
            x[bounded] = -np.log1p(-np.minimum(x[bounded] / draws.ceiling[bounded, None], 1.0))
        return np.exp(np.log(x) / draws.shape[:, None]) * draws.scale[:, None]


def _gamma_marginal(events: int, total: Floats | float, prior: tuple[float, float]) -> Floats | float:
    """Log of the integral of rate^events exp(-rate total) against a gamma prior given by shape and rate."""
    shape, rate = prior
    constant = math.lgamma(shape + events) - math.lgamma(shape) + shape * math.log(rate)
    return constant - (shape + events) * np.log(rate + total)


def _normal(x: Floats, sd: float) -> Floats:
    return np.asarray(-0.5 * (x / sd) ** 2 - math.log(sd * math.sqrt(2.0 * math.pi)))


def _sum_powers(shape: Floats, log_time: Floats) -> Floats:
    return np.asarray(np.exp(shape[:, None] * log_time[None, :]).sum(axis=1))


def _weibull_density(u: Floats, log_time: Floats, at: Floats, weight: float) -> Floats:
    """Log density of u = log shape, the rate integrated out. Events contribute log(a) + (a - 1) log t + log rate."""
    shape = np.exp(u)
    likelihood = (
        at.size * u
        + (shape - 1.0) * at.sum()
        + _gamma_marginal(at.size, _sum_powers(shape, log_time), (weight, weight))
    )
    return np.asarray(likelihood + _normal(u, SHAPE_SD))


def _cure_density(u: Floats, v: Floats, log_time: Floats, at: Floats) -> Floats:
    """Log density of log shape u and log scale v, the ceiling integrated out.

    An event contributes log c + log f(t), every subject -c F(t), F the latent Weibull distribution.
    """
    shape = np.exp(u)
    out = np.empty((u.size, v.size))
    for i, a in enumerate(shape):
        z = np.exp(a * log_time)[None, :] * np.exp(-a * v)[:, None]
        reached = -np.expm1(-z).sum(axis=1)
        inside = np.exp(a * at).sum() * np.exp(-a * v)
        out[i] = at.size * (u[i] - a * v) + (a - 1.0) * at.sum() - inside
        out[i] += _gamma_marginal(at.size, reached, CEILING)
    return out + _normal(u, SHAPE_SD)[:, None] + _normal(v, SCALE_SD)[None, :]
