"""Predictions keep to what must hold whatever the data, and to exact answers where there are any."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from equipoise.errors import PlanError
from equipoise.kernels.survival_posterior import RatePrior
from equipoise.monitoring.event_model import draw_dropout, fit_event_model, found_at, scan_before
from equipoise.monitoring.observed import Observed
from equipoise.monitoring.prediction import predict_events
from equipoise.rng import stream


def trial(n=120, cut=400.0, seed=1, **more):
    source = np.random.default_rng(seed)
    entry = np.sort(source.uniform(0, 380, n))
    entry[0] = 0.0
    event, loss = source.weibull(1.2, n) * 350, source.exponential(2500, n)
    time = np.minimum(np.minimum(event, loss), cut - entry)
    found = {"entry": entry, "time": time, "event": event == time, "dropout": loss == time, "cut": cut}
    return Observed(**{**found, "planned_patients": 200, **more})


def numbers(value):
    if is_dataclass(value):
        for field in fields(value):
            yield from numbers(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, int | float):
        yield value


def codes(error):
    return {problem.code for problem in error.value.problems}


def test_same_seed_same_digits_whatever_is_asked():
    observed = trial()
    once = predict_events(observed, targets=[80, 120], times=[500], draws=300, seed=7)
    again = predict_events(observed, targets=[120], times=[700, 500], draws=300, seed=7)
    assert once.dates[1] == again.dates[0]
    assert once.counts[0] == again.counts[1]
    assert once != predict_events(observed, targets=[80, 120], times=[500], draws=300, seed=8)


@pytest.mark.parametrize("model", ["average", "exponential", "weibull", "cure"])
def test_order_and_no_nan(model):
    site = np.arange(120) % 7
    observed = trial(site=site, site_open=np.r_[np.zeros(7), 450.0, 500.0], scans=(56.0,))
    if model == "exponential":
        observed = trial(site=site)
    targets = list(range(int(observed.event.sum()) + 1, 200, 20))
    found = predict_events(observed, targets=targets, times=[400, 600, 900], model=model, draws=400)
    assert not any(math.isnan(x) for x in numbers(found))
    medians = [date.median for date in found.dates]
    assert medians == sorted(medians)
    for part in (*found.dates, *found.counts, *found.enrollment):
        ends = [*part.lower[::-1], part.median, *part.upper]
        assert ends == sorted(ends)
    assert all(date.lower[2] >= observed.cut for date in found.dates)
    assert [c.mean for c in found.counts] == sorted(c.mean for c in found.counts)
    assert found.counts[0].mean == found.events or observed.scans is not None
    assert found.enrollment[-1].upper[2] <= 200
    assert sum(weight for _, weight in found.models) == pytest.approx(1)


def test_date_and_number_say_the_same():
    """At the median date of event k, the number of events is at least k with probability one half."""
    found = predict_events(trial(), targets=[100], draws=2000)
    at = found.dates[0].median
    count = predict_events(trial(), times=[at, at - 1e-6], draws=2000).counts
    assert count[0].median >= 100 - 1
    assert count[1].median <= 100


def test_reached_targets_are_known():
    observed = trial()
    dates = np.sort((observed.entry + observed.time)[observed.event])
    found = predict_events(observed, targets=[1, dates.size], draws=100)
    assert [d.median for d in found.dates] == pytest.approx([dates[0], dates[-1]])
    assert found.dates[0].lower == found.dates[0].upper == (found.dates[0].median,) * 3
    assert found.dates[0].never == 0


def test_what_can_not_come_is_never():
    full = trial(planned_patients=None)
    most = full.entry.size - int(full.lost.sum())
    found = predict_events(full, targets=[most, full.entry.size], draws=200)
    assert found.dates[1].never == 1
    assert found.dates[1].median == math.inf
    assert 0 < found.dates[0].never <= 1
    assert predict_events(trial(), targets=[200], draws=200).dates[0].never == 1  # some are lost already


def test_units_do_not_matter():
    days = trial(accrual_end=700.0)
    k = 30.4375
    months = replace(days, entry=days.entry / k, time=days.time / k, cut=days.cut / k, accrual_end=700.0 / k)
    one = predict_events(days, targets=[100], draws=300).dates[0]
    two = predict_events(months, targets=[100], draws=300).dates[0]
    assert two.median * k == pytest.approx(one.median, rel=1e-6)
    assert np.multiply(two.upper, k) == pytest.approx(one.upper, rel=1e-6)


def test_known_rate_gives_the_poisson_binomial():
    """With the rate pinned by a strong prior and nobody lost or to come, the number of events is a known sum."""
    source = np.random.default_rng(5)
    entry = np.r_[0.0, np.sort(source.uniform(0, 99, 59))]
    observed = Observed(entry=entry, time=100.0 - entry, event=np.zeros(60, dtype=bool), cut=100.0)
    rate = 1 / 80
    found = predict_events(
        observed, targets=[20], times=[140], model="exponential", draws=20_000, prior=RatePrior(1 / rate, 1e9)
    )
    # Jeffreys' prior leaves a small rate of loss: average over its gamma posterior.
    loss = draw_dropout(observed, 4000, stream(1, "prediction", "dropout"))
    p = np.mean(rate / (rate + loss) * -np.expm1(-(rate + loss) * 40.0))
    law = np.array([math.comb(60, j) * p**j * (1 - p) ** (60 - j) for j in range(61)])
    assert found.counts[0].mean == pytest.approx(60 * p, rel=0.01)
    for end, tail in ((found.counts[0].lower[2], 0.05), (found.counts[0].upper[2], 0.95)):
        assert end == pytest.approx(int(np.searchsorted(np.cumsum(law), tail)), abs=1)
    # Event 20 of 60 exponential times: a sum of spacings.
    mean = sum(1 / (rate * (60 - j)) for j in range(20))
    assert found.dates[0].median - 100.0 == pytest.approx(mean, rel=0.03)


def test_losses_delay_and_caps_bind():
    calm, lossy = trial(), trial()
    lost = lossy.pending & (np.arange(120) % 3 == 0)
    lossy = replace(lossy, dropout=lossy.lost | lost)
    dates = [predict_events(o, targets=[100], draws=500).dates[0].median for o in (calm, lossy)]
    assert dates[1] > dates[0] + 10
    capped = predict_events(trial(accrual_end=450.0), targets=[100], times=[3000], draws=500)
    assert capped.enrollment[0].upper[2] < 200
    assert capped.dates[0].median > dates[0]


def test_sites_that_open_late_bring_patients():
    site = np.arange(120) % 6
    few = predict_events(trial(site=site, site_open=np.zeros(6)), times=[600], draws=500)
    more = predict_events(trial(site=site, site_open=np.r_[np.zeros(6), np.full(12, 420.0)]), times=[470], draws=500)
    less = predict_events(trial(site=site, site_open=np.zeros(6)), times=[470], draws=500)
    assert more.enrollment[0].mean > less.enrollment[0].mean + 10
    assert few.enrollment[0].upper[2] <= 200
    closed = trial(site=site, site_open=np.zeros(6), site_close=np.full(6, 410.0))
    assert predict_events(closed, times=[900], draws=200).enrollment[0].mean < 130


def test_few_patients_a_site():
    """Nobody knows how fast sites of one patient are, unless it is known since when they are open."""
    entry = np.array([0.0, 40.0, 90.0])
    one = Observed(entry=entry, time=100.0 - entry, event=[1, 0, 0], cut=100.0, site=np.arange(3), planned_patients=20)
    with pytest.raises(PlanError) as error:
        predict_events(one, targets=[5])
    assert codes(error) == {"plan.prediction_sites"}
    known = replace(one, site_open=np.array([0.0, 30.0, 60.0, 100.0]))
    assert predict_events(known, targets=[5], draws=200).dates[0].lower[2] > 100
    assert predict_events(replace(one, site=None), targets=[5], draws=200).dates[0].lower[2] > 100
    new = replace(known, site_open=np.array([0.0, 30.0, 90.0]), entry=np.array([0.0, 40.0, 100.0]), time=[9.0, 9.0, 0])
    assert predict_events(replace(new, site_open=np.array([0.0, 30.0, 100.0])), targets=[5], draws=200).pending == 2


def test_openings_that_are_not_known():
    site = np.arange(120) % 7
    none, nan = trial(site=site), trial(site=site, site_open=np.full(7, np.nan))
    dates = [predict_events(o, targets=[100], draws=300).dates[0] for o in (none, nan)]
    assert dates[0] == dates[1]
    first = np.array([none.entry[site == s].min() for s in range(7)])
    given = predict_events(trial(site=site, site_open=first), targets=[100], draws=300)
    # 120 patients counted instead of 113 in the same time: rates too high.
    unknown = predict_events(nan, targets=[100], draws=300)
    assert given.enrollment_rate / unknown.enrollment_rate == pytest.approx(120 / 113, rel=0.02)


def test_summaries():
    """Of exponential times with many events: the median by the closed form, nobody cured."""
    found = predict_events(trial(), targets=[60], model="exponential", draws=4000)
    observed = trial()
    hazard = observed.event.sum() / observed.time.sum()
    assert found.median_time[0] == pytest.approx(math.log(2) / hazard, rel=0.02)
    assert found.median_time[1] < found.median_time[0] < found.median_time[2]
    assert found.cured == 0
    assert 0 < predict_events(trial(), targets=[60]).cured < 0.5
    assert found.dropout_rate == pytest.approx((observed.lost.sum() + 0.5) / observed.time.sum(), rel=0.05)
    assert found.enrollment_rate == pytest.approx(119.5 / 400, rel=0.02)


def test_scans_find_events_on_their_days():
    days = np.array([0.0, 1.0, 56.0, 57.0, 200.0, math.inf])
    assert found_at(days, (56.0,)).tolist() == [0, 56, 56, 112, 224, math.inf]
    assert found_at(days, (42.0, 84.0, 168.0)).tolist() == [0, 42, 84, 84, 252, math.inf]
    finite = days[:-1]
    assert scan_before(finite, (56.0,)).tolist() == [0, 0, 56, 56, 168]
    assert scan_before(finite, (56.0,), strictly=True).tolist() == [0, 0, 0, 56, 168]
    entry = np.zeros(40)
    observed = Observed(entry=entry, time=np.full(40, 100.0), event=np.arange(40) < 10, cut=100.0, scans=(30.0,))
    found = predict_events(observed, targets=[15, 25], draws=400)
    assert all(date.median % 30 == 0 for date in found.dates)


def test_events_at_scans_count_from_half_way():
    """Scans move the events of the fit, not those that are counted."""
    entry = np.zeros(40)
    observed = Observed(entry=entry, time=np.full(40, 120.0), event=np.arange(40) < 10, cut=120.0, scans=(60.0,))
    plain = fit_event_model(replace(observed, scans=None), "exponential").posteriors[0]
    fit = fit_event_model(observed, "exponential").posteriors[0]
    assert fit.unit == pytest.approx((10 * 90 + 30 * 120) / 10)
    assert plain.unit == pytest.approx(480)


def test_no_event_needs_a_prior():
    none = trial(event=np.zeros(120, dtype=bool), dropout=None)
    with pytest.raises(PlanError) as error:
        predict_events(none, targets=[50])
    assert codes(error) == {"plan.prediction_no_event"}
    found = predict_events(none, targets=[50], prior=RatePrior(500.0, 5.0), draws=200)
    assert found.dates[0].median > none.cut


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cut": 200.0}, "plan.prediction_cut"),
        ({"cut": math.nan}, "plan.prediction_cut"),
        ({"cut": 395.0}, "plan.prediction_cut"),
        ({"time": -np.ones(120)}, "plan.prediction_input"),
        ({"time": np.full(120, np.nan)}, "plan.prediction_input"),
        ({"time": np.ones(119)}, "plan.prediction_input"),
        ({"time": np.zeros(120)}, "plan.prediction_input"),
        ({"time": ["a"] * 120}, "plan.prediction_input"),
        ({"event": np.full(120, 2)}, "plan.prediction_input"),
        ({"dropout": np.ones(120, dtype=bool)}, "plan.prediction_input"),
        ({"entry": np.array([])}, "plan.prediction_input"),
        ({"scans": (56.0, 56.0)}, "plan.prediction_input"),
        ({"accrual_end": math.nan}, "plan.prediction_input"),
        ({"planned_patients": 100}, "plan.prediction_patients"),
        ({"site_open": np.zeros(3)}, "plan.prediction_sites"),
        ({"site": np.full(120, 0.5)}, "plan.prediction_input"),
        ({"site": np.arange(120) % 4, "site_open": np.zeros(3)}, "plan.prediction_sites"),
        ({"site": np.zeros(120, dtype=int), "site_open": np.array([10.0])}, "plan.prediction_sites"),
        ({"site": np.zeros(120, dtype=int), "site_open": np.array([500.0])}, "plan.prediction_sites"),
        ({"site": np.zeros(120, dtype=int), "site_close": np.array([10.0])}, "plan.prediction_sites"),
        ({"site": np.zeros(120, dtype=int), "site_open": np.array([0.0, np.nan])}, "plan.prediction_sites"),
        ({"site": np.zeros(120, dtype=int), "site_open": np.array([np.inf])}, "plan.prediction_input"),
    ],
)
def test_bad_trials_are_refused(change, code):
    whole = trial()
    with pytest.raises(PlanError) as error:
        replace(whole, **change)
    assert code in codes(error)
    assert all(problem.cure for problem in error.value.problems)


def test_bad_questions_are_refused_together():
    with pytest.raises(PlanError) as error:
        predict_events(trial(), targets=[0, 500], times=[10.0], draws=5)
    assert codes(error) == {"plan.prediction_target", "plan.prediction_time", "plan.prediction_draws"}
    assert len(error.value.problems) == 4
    with pytest.raises(PlanError) as error:
        predict_events(trial(), targets=[100], model="gompertz")
    assert codes(error) == {"plan.prediction_model"}


def test_streams_are_named():
    assert stream(1, "a").uniform() == stream(1, "a").uniform()
    assert len({stream(*name).uniform() for name in ((1, "a"), (2, "a"), (1, "b"), (1, "a", 0), (1, "a", 1))}) == 5
