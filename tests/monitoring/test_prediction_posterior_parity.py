"""The posterior of survival curves and of sites' rates against integration by brute force, a walk, and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.errors import KernelInputError
from equipoise.kernels import survival_posterior as sp
from equipoise.kernels.posterior import grid_draws, grid_posterior, systematic
from equipoise.kernels.site_rates import arrival_times, draw_rates, site_rates

TIME = np.array([3.0, 5.0, 5.0, 8.0, 9.5, 12.0, 12.0, 14.0, 15.0, 17.0, 21.0, 22.0, 26.0, 30.0, 31.0])
EVENT = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0], dtype=bool)
UNIT = TIME.sum() / EVENT.sum()
DRAWS = 40_000


def rng(number=0):
    return np.random.Generator(np.random.Philox(key=[4, number]))


def gamma_log(x, shape, rate):
    return (shape - 1) * np.log(x) - rate * x + shape * math.log(rate) - math.lgamma(shape)


def normal_log(x, sd):
    return -0.5 * (x / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi))


def likelihood(density, survival):
    """Straight from the definition: densities of events, survival of the others, in units of time per event."""
    t = TIME / UNIT
    return sum(np.log(density(x)) if e else np.log(survival(x)) for x, e in zip(t, EVENT, strict=True))


def weighted_quantile(x, weight, p):
    order = np.argsort(x)
    return np.interp(p, np.cumsum(weight[order]) / weight.sum(), x[order])


def test_exponential_is_conjugate():
    from scipy.special import gammaincinv

    posterior = sp.survival_posterior(TIME, EVENT, "exponential")
    d, w = EVENT.sum(), sp.WEIGHT
    marginal = math.lgamma(w + d) - math.lgamma(w) + w * math.log(w) - (w + d) * math.log(w + d)
    assert posterior.log_marginal == pytest.approx(marginal, rel=1e-12)
    rate = 1 / sp.draw_survival(posterior, DRAWS, rng()).scale
    for p in (0.05, 0.5, 0.95):
        exact = gammaincinv(w + d, p) / (w + d) / UNIT
        assert np.quantile(rate, p) == pytest.approx(exact, rel=0.015)


def brute_weibull():
    """A dense grid over log shape and log rate, no integral done by hand."""
    u = np.linspace(-1.4, 1.4, 281)[:, None]
    lam = np.exp(np.linspace(-5, 3, 401))[None, :]
    a = np.exp(u)
    log = likelihood(lambda t: lam * a * t ** (a - 1) * np.exp(-lam * t**a), lambda t: np.exp(-lam * t**a))
    log = log + normal_log(u, sp.SHAPE_SD) + gamma_log(lam, sp.WEIGHT, sp.WEIGHT) + np.log(lam)
    cell = (2.8 / 280) * (8 / 400)
    weight = np.exp(log - log.max())
    return a + 0 * lam, lam + 0 * a, weight, log.max() + math.log(weight.sum() * cell)


def test_weibull_against_brute_force():
    shape, rate, weight, marginal = brute_weibull()
    posterior = sp.survival_posterior(TIME, EVENT, "weibull")
    assert posterior.log_marginal == pytest.approx(marginal, abs=1e-3)
    draws = sp.draw_survival(posterior, DRAWS, rng(1))
    at = np.array([5.0, 25.0, 60.0])
    survival = np.exp(-sp.cumulative_hazard(draws, at))
    for j, t in enumerate(at):
        exact = np.exp(-rate * (t / UNIT) ** shape).ravel()
        for p in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert np.quantile(survival[:, j], p) == pytest.approx(
                weighted_quantile(exact, weight.ravel(), p), abs=0.012
            )


def test_weibull_against_a_random_walk():
    """Metropolis, 30,000 steps, on log shape and log scale."""

    def log_density(u, v):
        a, s = math.exp(u), math.exp(v)
        z = (TIME / UNIT / s) ** a
        lam = s**-a
        events = np.log(a / s * (TIME / UNIT / s) ** (a - 1))[EVENT].sum()
        # Rate to log scale: the derivative is a lam.
        return events - z.sum() + normal_log(u, sp.SHAPE_SD) + gamma_log(lam, sp.WEIGHT, sp.WEIGHT) + math.log(a * lam)

    source, at, found = np.random.default_rng(3), (0.2, 0.2), []
    value = log_density(*at)
    for step in source.normal(scale=(0.35, 0.35), size=(30_000, 2)):
        to = (at[0] + step[0], at[1] + step[1])
        new = log_density(*to)
        if math.log(source.uniform()) < new - value:
            at, value = to, new
        found.append(at)
    walk = np.exp(np.array(found[1000:]))
    draws = sp.draw_survival(sp.survival_posterior(TIME, EVENT, "weibull"), DRAWS, rng(2))
    for p in (0.1, 0.5, 0.9):
        assert np.quantile(draws.shape, p) == pytest.approx(np.quantile(walk[:, 0], p), rel=0.05)
        assert np.quantile(draws.scale / UNIT, p) == pytest.approx(np.quantile(walk[:, 1], p), rel=0.06)


def test_cure_against_brute_force():
    """A grid over all three parameters, the ceiling too."""
    reach = 4 * sp.SCALE_SD
    u = np.linspace(-1.5, 1.5, 41)[:, None, None]
    v = np.linspace(-2.5, reach, 101)[None, :, None]
    c = np.exp(np.linspace(-3, 4, 101))[None, None, :]
    a, s = np.exp(u), np.exp(v)
    latent = lambda t: 1 - np.exp(-((t / s) ** a))  # noqa: E731
    density = lambda t: c * a / s * (t / s) ** (a - 1) * np.exp(-((t / s) ** a)) * np.exp(-c * latent(t))  # noqa: E731
    with np.errstate(divide="ignore"):
        log = likelihood(density, lambda t: np.exp(-c * latent(t)))
    log = log + normal_log(u, sp.SHAPE_SD) + normal_log(v, sp.SCALE_SD) + gamma_log(c, *sp.CEILING) + np.log(c)
    weight = np.exp(log - log.max())
    marginal = log.max() + math.log(weight.sum() * (3 / 40) * ((reach + 2.5) / 100) * (7 / 100))
    posterior = sp.survival_posterior(TIME, EVENT, "cure")
    assert posterior.log_marginal == pytest.approx(marginal, abs=0.02)
    draws = sp.draw_survival(posterior, DRAWS, rng(3))
    assert np.exp(-draws.ceiling).mean() == pytest.approx((np.exp(-c) * weight).sum() / weight.sum(), abs=0.01)
    far = np.exp(-sp.cumulative_hazard(draws, np.array([60.0])))[:, 0]
    exact = np.broadcast_to(np.exp(-c * latent(60.0 / UNIT)), weight.shape).ravel()
    for p in (0.1, 0.5, 0.9):
        assert np.quantile(far, p) == pytest.approx(weighted_quantile(exact, weight.ravel(), p), abs=0.015)


def test_cure_becomes_weibull():
    """As the ceiling grows with c / s^a held, the cumulative hazard becomes the Weibull's, and so do the times."""
    a, c = np.array([1.3]), np.array([1e9])
    weibull = sp.SurvivalDraws(a, np.array([10.0]), np.array([math.inf]))
    bounded = sp.SurvivalDraws(a, 10.0 * c ** (1 / a), c)
    at, e = np.array([1.0, 7.0, 40.0]), np.array([[0.1, 1.0, 3.0]])
    assert sp.cumulative_hazard(bounded, at) == pytest.approx(sp.cumulative_hazard(weibull, at), rel=1e-6)
    assert sp.conditional_times(bounded, at, e) == pytest.approx(sp.conditional_times(weibull, at, e), rel=1e-6)


def test_conditional_times_invert_the_hazard():
    draws = sp.SurvivalDraws(np.array([0.7, 1.0, 1.8]), np.array([20.0, 9.0, 12.0]), np.array([2.0, math.inf, 0.4]))
    after, e = np.array([0.0, 3.0, 11.0]), np.full((3, 3), 0.3)
    times = sp.conditional_times(draws, after, e)
    for b in range(3):
        one = sp.SurvivalDraws(*(x[b : b + 1] for x in draws))
        for p in range(3):
            before = sp.cumulative_hazard(one, after[p : p + 1])[0, 0]
            if math.isfinite(times[b, p]):
                assert sp.cumulative_hazard(one, times[b, p : p + 1])[0, 0] == pytest.approx(before + 0.3, rel=1e-9)
            else:
                assert before + 0.3 >= one.ceiling[0]
    assert np.isinf(times).any()


def test_units_do_not_matter():
    for model in sp.MODELS:
        days = sp.survival_posterior(TIME, EVENT, model)
        months = sp.survival_posterior(TIME / 30.4375, EVENT, model)
        assert months.log_marginal == pytest.approx(days.log_marginal, rel=1e-9)
        one, two = sp.draw_survival(days, 50, rng(5)), sp.draw_survival(months, 50, rng(5))
        assert two.scale * 30.4375 == pytest.approx(one.scale, rel=1e-7)
        assert two.shape == pytest.approx(one.shape, rel=1e-7)


def test_prior_alone():
    """Without an event the prior speaks: time per event 20, worth 4 events, and 60 units of time without one."""
    prior = sp.RatePrior(20.0, 4.0)
    posterior = sp.survival_posterior(np.array([10.0, 20.0, 30.0]), np.zeros(3, dtype=bool), "exponential", prior=prior)
    rate = 1 / sp.draw_survival(posterior, DRAWS, rng(6)).scale
    assert rate.mean() == pytest.approx(4 / (4 * 20 + 60), rel=0.02)


def test_refusals():
    none = np.zeros(15, dtype=bool)
    for arguments in (
        (TIME, EVENT, "gompertz"),
        (TIME, none, "weibull"),
        (0 * TIME, EVENT, "weibull"),
        (-TIME, EVENT, "cure"),
    ):
        with pytest.raises(KernelInputError):
            sp.survival_posterior(*arguments)
    with pytest.raises(KernelInputError):
        sp.survival_posterior(TIME, EVENT, "weibull", prior=sp.RatePrior(0.0, 1.0))
    for count, exposure in (([1.0], [0.0]), ([0.0], [1.0]), ([1.0, 2.0], [1.0]), ([-1.0, 3.0], [1.0, 1.0])):
        with pytest.raises(KernelInputError):
            site_rates(np.array(count), np.array(exposure))


def test_an_event_on_the_first_day_and_one_event():
    time = TIME.copy()
    time[0] = 0.0
    for model in sp.MODELS:
        draws = sp.draw_survival(sp.survival_posterior(time, EVENT, model), 200, rng(7))
        assert np.isfinite(draws.scale).all()
        single = np.arange(15) == 4
        draws = sp.draw_survival(sp.survival_posterior(time, single, model), 200, rng(7))
        assert (draws.scale > 0).all()


def test_grid_of_a_normal():
    """Two correlated normal parameters, far from the middle of the range."""

    def density(u, v):
        x, y = (u[:, None] - 3.0) / 0.2, (v[None, :] + 1.0) / 0.05
        return -0.5 * (x**2 - 2 * 0.6 * x * y + y**2) / (1 - 0.36) + 5.0

    grid = grid_posterior(density, (-10.0, -10.0), (10.0, 10.0), coarse=41, fine=41)
    assert grid.log_integral == pytest.approx(5.0 + math.log(2 * math.pi * 0.2 * 0.05 * 0.8), abs=1e-3)
    u, v = grid_draws(grid, DRAWS, rng(8))
    assert (u.mean(), v.mean()) == pytest.approx((3.0, -1.0), abs=0.005)
    assert (u.std(), v.std(), np.corrcoef(u, v)[0, 1]) == pytest.approx((0.2, 0.05, 0.6), rel=0.03)


def test_systematic_shares():
    counts = systematic(np.array([0.5, 0.3, 0.2, 0.0]), 10, rng(9))
    assert counts.sum() == 10
    assert counts == pytest.approx([5, 3, 2, 0], abs=1)


def test_site_rates_against_brute_force():
    """Integrate (m, k) on a dense grid, with the negative binomial written out by a recursion-free product."""
    n, e = np.array([12.0, 3.0, 0.0, 25.0, 7.0, 0.0]), np.array([200.0, 150.0, 90.0, 220.0, 60.0, 0.0])
    m = np.exp(np.linspace(math.log(n.sum() / e.sum()) - 3, math.log(n.sum() / e.sum()) + 3, 241))[:, None]
    k = np.exp(np.linspace(math.log(2) - 3, math.log(2) + 3, 121))[None, :]
    log = -0.5 * (np.log(k / 2.0)) ** 2
    for count, time in zip(n, e, strict=True):
        p = 1 / (1 + m * time / k)  # chance of "no patient" in each of k rounds
        log = log + k * np.log(p) + sum(np.log(k + i) for i in range(int(count))) + count * np.log(1 - p + 1e-300)
    weight = np.exp(log - log.max())
    mean = [np.average((k + count) / (k / m + time), weights=weight) for count, time in zip(n, e, strict=True)]
    draws = draw_rates(site_rates(n, e), DRAWS, rng(10))
    error = draws.std(axis=0) / math.sqrt(DRAWS)
    assert (abs(draws.mean(axis=0) - mean) < 5 * error + 0.01 * np.array(mean)).all()
    # A site not yet open is the least known of those with its mean.
    assert draws[:, 5].std() / draws[:, 5].mean() > 2 * draws[:, 3].std() / draws[:, 3].mean()


def test_arrivals_against_a_day_by_day_walk():
    """Counts on dates are Poisson with the rates that are open; closing sites leave patients that never come."""
    rates = np.tile([0.10, 0.05, 0.20], (20_000, 1))
    opening, closing = np.array([-50.0, 130.0, 0.0]), np.array([math.inf, 400.0, 160.0])
    dates = arrival_times(rates, opening, closing, 100.0, 80, rng(11))
    assert (np.diff(dates, axis=1) > 0).all()
    for t in (120.0, 150.0, 300.0):
        open_for = [max(0.0, min(t, b) - max(100.0, a)) for a, b in zip(opening, closing, strict=True)]
        mean = float(np.dot(rates[0], open_for))
        count = (dates <= t).sum(axis=1)
        assert count.mean() == pytest.approx(mean, rel=0.02)
        assert count.var() == pytest.approx(mean, rel=0.05)
    closed = arrival_times(rates, opening, np.array([110.0, 140.0, 120.0]), 100.0, 30, rng(12))
    assert np.isinf(closed[:, -1]).all()
    assert closed[np.isfinite(closed)].max() <= 140.0
    assert not np.isnan(closed).any()
    assert np.isinf(arrival_times(rates[:5], opening, np.full(3, 90.0), 100.0, 4, rng(13))).all()
