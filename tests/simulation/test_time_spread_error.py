"""Monte Carlo errors of the spread of dates, where dates are nothing like normal."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.simulation.histograms import time_bins
from equipoise.simulation.summaries import Moments, time_spread_error

SOURCE = np.random.default_rng(20261123)


def two_looks(n):
    """Most trials end at a first look, in month 12, the others in month 24."""
    return np.where(SOURCE.random(n) < 0.5, SOURCE.normal(365.0, 12.0, n), SOURCE.normal(730.0, 20.0, n))


def nearly_one_day(n):
    """All but one in fifty on the latest date."""
    return np.where(SOURCE.random(n) < 0.02, SOURCE.uniform(1300.0, 1500.0, n), 1521.0)


def normal(n):
    return SOURCE.normal(800.0, 60.0, n)


@pytest.mark.parametrize(("dates", "of_normal"), [(two_looks, 0.1), (nearly_one_day, 4.0), (normal, 1.0)])
def test_error_is_the_spread_between_runs(dates, of_normal):
    runs, n = 400, 1000
    spreads, errors, as_normal = [], [], []
    for _ in range(runs):
        x = dates(n)
        found = Moments(n, float(x.mean()), float(x.std(ddof=1)))
        counts = time_bins(x)
        spreads.append(found.sd)
        errors.append(time_spread_error(counts, found, (float(x.min()), float(x.max()))))
        as_normal.append(found.sd_se)
    between = float(np.std(spreads))
    assert np.mean(errors) == pytest.approx(between, rel=0.15)
    assert between / np.mean(as_normal) == pytest.approx(of_normal, rel=0.6)


def test_dates_in_one_bin_are_taken_as_normal():
    x = SOURCE.normal(1525.0, 0.2, 1000)
    found = Moments(1000, float(x.mean()), float(x.std(ddof=1)))
    assert time_spread_error(time_bins(x), found, (float(x.min()), float(x.max()))) == found.sd_se


def test_dates_that_are_all_one_have_no_error():
    counts = time_bins(np.full(10, 700.0))
    assert time_spread_error(counts, Moments(10, 700.0, 0.0), (700.0, 700.0)) == 0.0
