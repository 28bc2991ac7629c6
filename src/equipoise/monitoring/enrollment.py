"""Patients yet to come: posterior draws of when they will be randomized."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from equipoise.errors import PlanError, Problem, Where
from equipoise.kernels.site_rates import arrival_times, draw_rates, site_rates
from equipoise.monitoring.observed import Floats, Observed

__all__ = ["Enrollment", "draw_enrollment"]


class Enrollment(NamedTuple):
    """Draws of the enrollment to come.

    Attributes:
        entry: (B, F) increasing dates of the patients to come, infinite for those who never come.
        rate: (B,) patients a unit of time, of the sites that are open at the cut.
    """

    entry: Floats
    rate: Floats


def draw_enrollment(observed: Observed, draws: int, rng: np.random.Generator) -> Enrollment:
    """Draw the entries of the patients to come, up to the planned number.

    With sites, each has its own rate, gamma distributed over sites, Poisson in time (Anisimov and Fedorov 2007); sites
    that open after the cut draw theirs from that distribution. Without, all patients come from one source.

    Args:
        observed: The trial at the cut.
        draws: Number of draws B.
        rng: Where the random numbers come from.

    Returns:
        The draws.

    Raises:
        PlanError: Sites without opening dates, none of which has two patients.
    """
    cut, patients = observed.cut, observed.to_come
    if patients == 0:
        return Enrollment(np.empty((draws, 0)), np.zeros(draws))
    if observed.site is None:
        # The first patient is day 0 by definition, and says nothing of the rate.
        rates = rng.standard_gamma(observed.entry.size - 0.5, (draws, 1)) / cut
        opening, closing = np.zeros(1), np.full(1, math.inf)
    else:
        count, opening, closing = _sites(observed)
        exposure = np.maximum(np.minimum(closing, cut) - opening, 0.0)
        # A site that opened on the day of the cut, or with its last patient, does not tell how fast it is.
        count = np.where(exposure > 0.0, count, 0.0)
        if count.sum() == 0.0:
            cure = "give `site_open`, or leave the sites out until one of them has two patients"
            message = "no site shows how fast it enrolls"
            raise PlanError(Problem("plan.prediction_sites", message, Where(path="site"), cure=cure))
        rates = draw_rates(site_rates(count, exposure), draws, rng)
    entry = arrival_times(rates, opening, closing, cut, patients, rng)
    entry[entry > observed.accrual_end] = math.inf
    return Enrollment(entry, rates @ ((opening <= cut) & (closing > cut)).astype(np.float64))


def _sites(observed: Observed) -> tuple[Floats, Floats, Floats]:
    """Patients that tell of the rate, opening and closing date of each site."""
    assert observed.site is not None
    known = [dates.size for dates in (observed.site_open, observed.site_close) if dates is not None]
    size = known[0] if known else int(observed.site.max()) + 1
    count = np.bincount(observed.site, minlength=size).astype(np.float64)
    closing = np.full(size, math.inf) if observed.site_close is None else observed.site_close
    opening = np.full(size, math.nan) if observed.site_open is None else observed.site_open
    first = np.full(size, observed.cut)
    np.minimum.at(first, observed.site, observed.entry)
    # A site that opened with its first patient: that patient tells nothing of the rate.
    unknown = np.isnan(opening)
    return np.maximum(count - unknown, 0.0), np.where(unknown, first, opening), closing
