"""Curves of simulations: estimates and stopping by look, when looks take place, and power over what is assumed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from equipoise.errors import EquipoiseError
from equipoise.results.curve import Curve
from equipoise.simulation.histograms import time_edges
from equipoise.simulation.measures import measures_of
from equipoise.simulation.row_maker import Maker, base_key
from equipoise.simulation.summaries import quantile_of, time_quantile

if TYPE_CHECKING:
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.histograms import Floats, Integers
    from equipoise.simulation.study import Study, Tested

__all__ = ["curves_of", "sweep_curves"]

_BANDS: Final = (("quantile.90", 0.05, 0.95), ("quantile.50", 0.25, 0.75))
_BARS: Final = {"days": 15.0, "weeks": 2.0, "months": 0.5, "years": 1.0 / 24.0}  # widths of bars of dates
_MOST_BARS: Final = 600
_LEFT_OUT: Final = 0.002
_GRID: Final = 31  # of an analytic curve
_WIDTH: Final = 1.959963984540054


def curves_of(study: Study, sums: Accumulator) -> Iterator[Curve]:
    """Curves of one study; of a point of a sweep none, as they are those of the whole sweep.

    Args:
        study: What was simulated.
        sums: Its sums.
    """
    if study.vary:
        return
    for h, tested in enumerate(study.tested):
        make = Maker(study, base_key(study, tested))
        yield from _stopping(make, sums, tested)
        yield from _estimates(make, sums, h, tested)
        for look, k in enumerate(tested.ks, start=1):
            if sums.count("held", k):
                yield _dates(make.at(look=look), sums, k)


def _stopping(make: Maker, sums: Accumulator, tested: Tested) -> Iterator[Curve]:
    """Share of trials stopped by each look."""
    looks = np.arange(1.0, tested.looks + 1.0)
    for name in ("efficacy", "futility"):
        counts = np.array([sums.count(name, k) for k in tested.ks], dtype=np.float64)
        if counts.any() or name == "efficacy":
            key = replace(make.key, statistic=f"stop_{name}")
            yield Curve(key=key, curve="stopping", kind="points", x=looks, y=counts / sums.trials, unit="look")


def _estimates(make: Maker, sums: Accumulator, h: int, tested: Tested) -> Iterator[Curve]:
    """Median and outer quantiles of the estimate at each look, whatever was decided before it."""
    edges = measures_of(make.study)[h].bins.edges
    scale = make.days if tested.estimate_name == "rmst_difference" else 1.0

    def at(k: int, probability: float) -> float:
        found = quantile_of(sums.estimate_bins[k], edges, probability)
        if found is None:
            return math.nan
        return math.exp(found.value) if tested.ratio else found.value / scale

    x = np.arange(1.0, tested.looks + 1.0)
    for interval, low, high in _BANDS:
        y, lower, upper = (np.array([at(k, p) for k in tested.ks]) for p in (0.5, low, high))
        key = replace(make.key, statistic=tested.estimate_name, method=tested.estimate_method, interval=interval)
        yield Curve(key=key, curve="estimate_by_look", kind="points", x=x, y=y, lower=lower, upper=upper, unit="look")


def _dates(make: Maker, sums: Accumulator, k: int) -> Curve:
    """Share of the trials in which a look takes place, by its date: bars as a step curve that ends at 0.

    All bars are half a month wide and begin at multiples of it, so that looks and scenarios can be compared. Bars
    beyond the dates that all but 1 in 500 trials lie between, on each side, are left out.
    """
    width = _BARS[make.unit]
    counts, first, last = sums.time_bins[k], float(sums.earliest[k]), float(sums.latest[k])
    edges = np.clip(time_edges(), first, last) / make.days
    low, high = (_date(counts, p, (first, last)) / make.days / width for p in (_LEFT_OUT, 1.0 - _LEFT_OUT))
    start = math.floor(low)
    grid = np.asarray(width * np.arange(start, min(math.floor(high) + 1, start + _MOST_BARS) + 1), dtype=np.float64)
    # Within a bin dates are taken as evenly spread.
    shares = np.diff(np.interp(grid, edges, np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])))
    if first == last:
        shares[:] = 1.0
    key = replace(make.key, statistic="look_time")
    return Curve(key=key, curve="calendar_time", kind="step", x=grid, y=np.append(shares, 0.0), unit=make.unit)


def _date(counts: Integers, probability: float, ends: tuple[float, float]) -> float:
    found = time_quantile(counts, probability, ends)
    assert found is not None, "a look that takes place has dates"
    return found.value


def sweep_curves(points: Sequence[tuple[Study, Accumulator]]) -> Iterator[Curve]:
    """Power over an assumption that was varied, with limits of its Monte Carlo error, and the design's own curve.

    Args:
        points: Studies that differ in the value of one varied assumption, and their sums.
    """
    swept: dict[tuple[str, str, str], list[tuple[Study, Accumulator]]] = {}
    for study, sums in points:
        if len(study.vary) == 1:
            swept.setdefault((study.scenario, study.under, study.vary[0][0]), []).append((study, sums))
    for (_, _, what), found in swept.items():
        ordered = sorted(found, key=lambda one: one[0].vary[0][1])
        x = np.array([study.vary[0][1] for study, _ in ordered])
        first = ordered[0][0]
        for h, tested in enumerate(first.tested):
            key = replace(base_key(replace(first, vary=()), tested), statistic="power")
            y = np.array([sums.tests("rejected", h) / sums.trials for _, sums in ordered])
            n = np.array([float(sums.trials) for _, sums in ordered])
            lower, upper = _wilson(y, n)
            yield Curve(key=key, curve=f"simulated_power_by_{what}", kind="line", x=x, y=y, lower=lower, upper=upper)
            if what == "hazard_ratio" and first.under == "h1" and tested.plan is not None:
                yield from _analytic(first, tested, x)


def _wilson(p: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Wilson's (1927) limits of shares, of level 95%."""
    z = _WIDTH
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def _analytic(study: Study, tested: Tested, x: Floats) -> Iterator[Curve]:
    from equipoise.simulation.compare import analytic_power

    known = []
    for ratio in np.linspace(x.min(), x.max(), _GRID if x.size > 1 else 1):
        try:
            known.append((float(ratio), analytic_power(study, tested, (("hazard_ratio", float(ratio)),))))
        except EquipoiseError:
            continue
    if known:
        key = replace(base_key(replace(study, vary=()), tested), statistic="power")
        at, y = np.array(known, dtype=np.float64).T
        yield Curve(key=key, curve="analytic_power_by_hazard_ratio", kind="line", x=at, y=y)
