"""Enrollment by site: Poisson counts with gamma rates (Anisimov and Fedorov 2007, Stat Med 26:4958).

Site s enrolls at rate r_s while it is open; r_s ~ Gamma(k, k/m), m the mean over sites, k how alike they are. (m, k)
has its own posterior on a grid, so a site that is yet to open is as uncertain as it should be; given (m, k) the rate
of a site with n patients in an exposure e is Gamma(k + n, k/m + e).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from equipoise.kernels._arrays import Floats, require
from equipoise.kernels.posterior import Grid, grid_draws, grid_posterior

__all__ = ["SiteRates", "arrival_times", "draw_rates", "site_rates"]

LIKENESS = (math.log(2.0), 1.0)
"""Mean and standard deviation of log k before the data: sites' rates vary by about 70% of their mean (k = 2), from
30% (k = 11) to 160% (k = 0.4)."""


class SiteRates(NamedTuple):
    """Posterior of sites' rates.

    Attributes:
        patients: (S,) patients of each site.
        exposure: (S,) time that each site was open until now.
        grid: Posterior of (log mean rate, log k).
    """

    patients: Floats
    exposure: Floats
    grid: Grid


def site_rates(count: Floats, exposure: Floats) -> SiteRates:
    """Fit the rates of sites.

    Args:
        count: (S,) patients enrolled by site.
        exposure: (S,) time open, 0 for sites yet to open.

    Returns:
        The posterior.

    Raises:
        KernelInputError: Lengths that differ, negative numbers, patients of a site that was never open, or none at all.
    """
    n, e = np.asarray(count, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    require(n.ndim == 1 and n.shape == e.shape and n.size > 0, "exposure", "one count and one exposure a site", n.shape)
    fine = np.isfinite(n).all() and np.isfinite(e).all() and n.min() >= 0.0 and e.min() >= 0.0
    require(fine, "exposure", "counts and exposures must be finite and not negative")
    require(not np.any((e == 0.0) & (n > 0.0)), "exposure", "a site that was never open has patients")
    require(n.sum() > 0.0, "count", "no site has a patient")
    seen = e > 0.0
    centre = math.log(n.sum() / e.sum())
    log_density = _density(n[seen], e[seen])
    grid = grid_posterior(log_density, (centre - 3.0, LIKENESS[0] - 3.0), (centre + 3.0, LIKENESS[0] + 3.0), fine=21)
    return SiteRates(n, e, grid)


def draw_rates(posterior: SiteRates, draws: int, rng: np.random.Generator) -> Floats:
    """Draws of the rates of all sites.

    Args:
        posterior: From `site_rates`.
        draws: How many.
        rng: Where the random numbers come from.

    Returns:
        (B, S) rates.
    """
    log_mean, log_k = grid_draws(posterior.grid, draws, rng)
    k = np.exp(log_k)
    prior_rate = k * np.exp(-log_mean)
    gamma = rng.standard_gamma(k[:, None] + posterior.patients[None, :])
    return np.asarray(gamma / (prior_rate[:, None] + posterior.exposure[None, :]))


def arrival_times(
    rates: Floats, opening: Floats, closing: Floats, now: float, patients: int, rng: np.random.Generator
) -> Floats:
    """Dates of the next patients of all sites together.

    Args:
        rates: (B, S) rates.
        opening: (S,) dates on which sites open.
        closing: (S,) dates on which they close, infinite for never.
        now: Date from which on.
        patients: Number of patients F.
        rng: Where the random numbers come from.

    Returns:
        (B, F) increasing dates; infinite where all sites are closed before.
    """
    start = np.maximum(opening, now)
    use = closing > start
    marks = np.unique(np.concatenate((start[use], closing[use & np.isfinite(closing)], [now])))
    change = np.zeros((rates.shape[0], marks.size))
    for s in np.flatnonzero(use):
        change[:, np.searchsorted(marks, start[s])] += rates[:, s]
        if np.isfinite(closing[s]):
            change[:, np.searchsorted(marks, closing[s])] -= rates[:, s]
    speed = np.maximum(np.cumsum(change, axis=1), 0.0)
    # Where all are closed a rest of rounding is no rate.
    speed[speed < 1e-12 * np.abs(change).sum(axis=1, keepdims=True)] = 0.0
    needed = np.cumsum(rng.standard_exponential((rates.shape[0], patients)), axis=1)
    reached = np.concatenate((np.zeros((rates.shape[0], 1)), np.cumsum(speed[:, :-1] * np.diff(marks), axis=1)), axis=1)
    at = np.zeros(needed.shape, dtype=np.intp)
    for j in range(1, marks.size):
        at += needed > reached[:, j, None]
    rows = np.arange(rates.shape[0])[:, None]
    with np.errstate(divide="ignore"):
        return np.asarray(marks[at] + (needed - reached[rows, at]) / speed[rows, at])


def _density(n: Floats, e: Floats) -> Callable[[Floats, Floats], Floats]:
    """Log density of (log m, log k): each count is negative binomial given its exposure; flat in log m."""
    from scipy.special import gammaln

    def log_density(u: Floats, v: Floats) -> Floats:
        k = np.exp(v)
        b = k[None, :] * np.exp(-u)[:, None]
        alone = (gammaln(k[:, None] + n[None, :]) - gammaln(k)[:, None]).sum(axis=1)
        shared = np.log(b[:, :, None] + e[None, None, :]) @ n
        spread = np.log1p(e[None, None, :] / b[:, :, None]).sum(axis=2) * k[None, :]
        prior = -0.5 * ((v - LIKENESS[0]) / LIKENESS[1]) ** 2
        return np.asarray(alone[None, :] + prior[None, :] - shared - spread)

    return log_density
