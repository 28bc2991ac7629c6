"""The compiled statistics of a look against the kernels that analyze one data set, on many random data sets."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from equipoise.kernels.cox import cox_two_arm
from equipoise.kernels.distributions import norm_sf
from equipoise.kernels.kaplan_meier import kaplan_meier_by_arm, quantile, survival_difference
from equipoise.kernels.log_rank import log_rank, modestly_weighted
from equipoise.kernels.mantel_haenszel import cochran_mantel_haenszel
from equipoise.kernels.max_combo import DEFAULT_WEIGHTS, max_combo
from equipoise.kernels.miettinen_nurminen import score_variance
from equipoise.kernels.risk_table import risk_table
from equipoise.kernels.rmst import rmst, rmst_contrast
from equipoise.kernels.sim import look_statistics as look
from equipoise.kernels.sim.cox import BRESLOW, EFRON
from equipoise.kernels.sim.kaplan_meier import curve, median
from equipoise.kernels.sim.ordering import new_scratch, sort_rows

NAN = math.nan
PAIRS = (*DEFAULT_WEIGHTS, (0.5, 0.5), (0.0, 0.5), (2.0, 0.3))
DATA_SETS = 200


def data_sets():
    """Times heavy with ties and without, with one to four strata (some empty), and what leaves nothing to compute."""
    rng = np.random.default_rng(20261123)
    for number in range(DATA_SETS):
        n = int(rng.choice([2, 4, 12, 40, 90, 150, 400]))
        strata = int(rng.integers(1, 5))
        arm = (rng.random(n) < rng.choice([0.5, 0.33, 0.9])).astype(np.uint8)
        time = rng.weibull(rng.choice([0.6, 1.0, 1.5]), n) * np.where(arm, 130.0, 100.0) ** rng.choice([0.0, 1.0])
        if number % 3 == 0:  # whole days, down to a handful of them
            time = np.maximum(1.0, np.ceil(time / time.max() * rng.choice([4.0, 60.0, 900.0])))
        status = (rng.random(n) < rng.choice([0.2, 0.6, 1.0])).astype(np.uint8)
        stratum = np.sort(rng.choice([0, 1, 3][: max(strata - 1, 1)], n))  # stratum 2 is always empty
        rng.shuffle(stratum)
        special = number % 20
        if special == 1:
            status[arm == 1] = 0
        elif special == 2:
            status[:] = 0
        elif special == 4:
            arm[:] = 1
        elif special == 5:
            status[:] = 1
            time[np.argmax(time)] *= 1e6  # one value that no bucket expects
        elif special == 7:
            time[:] = 30.0
        elif special == 8:
            time[arm == 1] += time.max()  # every event of the control first: monotone
        yield time, status, arm, stratum.astype(np.int64), 4


DATA = tuple(data_sets())


def program(kind, strata, *, stratified=True, weights=(), t_star=NAN, s_star=NAN, horizon=NAN, margin=NAN, ties=EFRON):
    pairs = np.zeros((1, 2, 8))
    pairs[0, :, : len(weights)] = np.array(weights).T.reshape(2, len(weights))
    code = np.arange(strata) if stratified else np.zeros(strata, dtype=np.int64)
    many = strata if stratified else 1
    return look.Program(
        kind=np.array([kind]),
        weights=np.array([len(weights)]),
        rho=np.ascontiguousarray(pairs[:, 0]),
        gamma=np.ascontiguousarray(pairs[:, 1]),
        t_star=np.array([t_star]),
        s_star=np.array([s_star]),
        horizon=np.array([horizon]),
        margin=np.array([margin]),
        ties=np.array([ties]),
        strata=np.array([[many, many]]),
        code=np.ascontiguousarray(np.array([[code, code]], dtype=np.int64)),
        alike=np.array([1]),
        verified=np.array([0]),
    )


SCRATCH = new_scratch(400, 4)


def computed(asked, data):
    time, status, arm, stratum, _ = data
    # Rows beyond the first m must not count.
    more = (np.append(time, 1.0), np.append(status, 1), np.append(arm, 1), np.append(stratum, 0))
    values, components, covariance = np.zeros(look.VALUES), np.zeros(8), np.zeros((8, 8))
    arrays = (more[0], more[1].astype(np.uint8), more[2].astype(np.uint8), more[3])
    look.statistics_of_look(asked, 0, *arrays, time.size, SCRATCH, values, components, covariance)
    return values, components, covariance


def same(found, expected, scale=1.0):
    return np.allclose(found, expected, rtol=1e-10, atol=1e-10 * scale, equal_nan=True)


@cache
def cox_of(place, stratified, ties="efron"):
    time, status, arm, stratum, _ = DATA[place]
    fit = cox_two_arm(time, status, arm, stratum=stratum if stratified else None, ties=ties)
    return float(fit.coef[0]), float(fit.se[0])


def as_pair(found):
    return (found.z, found.variance[1, 1] if math.isfinite(found.z) else NAN)


def expected_log_rank(data, stratified, **options):
    time, status, arm, stratum, _ = data
    return as_pair(log_rank(time, status, arm, n_arms=2, stratum=stratum if stratified else None, **options))


def expected_modest(data, stratified, **options):
    time, status, arm, stratum, _ = data
    return as_pair(modestly_weighted(time, status, arm, n_arms=2, stratum=stratum if stratified else None, **options))


SCORE_TESTS = {
    "log_rank": (look.LOG_RANK, {}, expected_log_rank, {}),
    **{
        f"fleming_harrington {rho} {gamma}": (
            look.FLEMING_HARRINGTON, {"weights": ((rho, gamma),)}, expected_log_rank, {"rho": rho, "gamma": gamma},
        )
        for rho, gamma in PAIRS[1:]
    },
    "modest until a time": (look.MODEST, {"t_star": 30.0}, expected_modest, {"t_star": 30.0}),
    "modest until a survival": (look.MODEST, {"s_star": 0.6}, expected_modest, {"s_star": 0.6}),
}  # fmt: skip


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("name", SCORE_TESTS)
def test_score_tests_and_hazard_ratio(name, stratified):
    kind, options, kernel, kernel_options = SCORE_TESTS[name]
    some = 0
    for place, data in enumerate(DATA):
        values = computed(program(kind, data[4], stratified=stratified, **options), data)[0]
        z, variance = kernel(data, stratified, **kernel_options)
        assert same(values[0], z)
        assert same(values[1], variance, scale=1e-3)
        assert same(values[2:4], cox_of(place, stratified))
        assert tuple(values[4:]) == tuple(float(data[1][data[2] == which].sum()) for which in (0, 1))
        some += math.isfinite(z) and math.isfinite(values[2])
    assert some > DATA_SETS / 3


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize(("ties", "name"), [(EFRON, "efron"), (BRESLOW, "breslow")])
def test_hazard_ratio_against_a_margin(ties, name, stratified):
    for place, data in enumerate(DATA):
        asked = program(look.WALD, data[4], stratified=stratified, margin=math.log(1.3), ties=ties)
        values = computed(asked, data)[0]
        coefficient, se = cox_of(place, stratified, name)
        assert same(values[2:4], (coefficient, se))
        assert same(values[:2], ((math.log(1.3) - coefficient) / se, 1.0 / se**2), scale=10.0)


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("pairs", [DEFAULT_WEIGHTS, PAIRS, PAIRS[1:3]])
def test_several_weights(pairs, stratified):
    k = len(pairs)
    for data in DATA:
        asked = program(look.MAX_COMBO, data[4], stratified=stratified, weights=pairs)
        values, components, covariance = computed(asked, data)
        time, status, arm, stratum, _ = data
        found = max_combo(time, status, arm, stratum=stratum if stratified else None, weights=pairs)
        assert same(values[0], found.z_max)
        assert same(components[:k], found.z)
        assert np.isnan(components[k:]).all()
        scale = np.sqrt(np.diagonal(covariance[:k, :k]))
        assert same(covariance[:k, :k] / np.outer(scale, scale), found.correlation)
        assert same(values[1], covariance[0, 0])
        if math.isfinite(found.z_max):
            rho, gamma = pairs[0]
            assert same(values[1], expected_log_rank(data, stratified, rho=rho, gamma=gamma)[1])


@pytest.mark.parametrize("horizon", [1.0, 3.0, 40.0, 300.0])
@pytest.mark.parametrize("kind", ["rmst", "milestone"])
def test_differences_of_curves(kind, horizon):
    number = 0
    for time, status, arm, stratum, strata in DATA:
        asked = program(look.RMST if kind == "rmst" else look.MILESTONE, strata, horizon=horizon)
        values = computed(asked, (time, status, arm, stratum, strata))[0]
        control, experimental = kaplan_meier_by_arm(risk_table(time, status, arm, n_arms=2))
        if kind == "rmst":
            found = rmst_contrast(rmst(experimental, horizon), rmst(control, horizon))
            z, estimate, se = found.z, found.difference, found.difference_std_err or NAN
        else:
            at = survival_difference(experimental, control, horizon)
            z, estimate, se = at.z[0], at.estimate[0], at.std_err[0]
        assert same(values[[0, 2, 3]], (z, estimate, se))
        assert same(values[1] * se**2, 1.0 if math.isfinite(se) else NAN)
        number += math.isfinite(z)
    assert number > DATA_SETS / 12


def test_medians():
    for time, status, arm, _, _ in DATA:
        sort_rows(time, time.size, SCRATCH)
        for which, km in enumerate(kaplan_meier_by_arm(risk_table(time, status, arm, n_arms=2))):
            found = median(curve(status, arm, which, time.size, SCRATCH), SCRATCH.time, SCRATCH.before)
            assert same(found, quantile(km).estimate[0])


def tables(data, stratified):
    _, response, arm, stratum, strata = data
    code = stratum if stratified else np.zeros_like(stratum)
    cells = [[(arm == which) & (code == s) for s in range(strata)] for which in (1, 0)]
    (x1, n1), (x0, n0) = [
        (np.array([response[c].sum() for c in own], dtype=float), np.array([c.sum() for c in own], dtype=float))
        for own in cells
    ]
    return x1, n1, x0, n0


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("margin", [NAN, 0.05, 0.2])
def test_rates(margin, stratified):
    for data in DATA:
        values = computed(program(look.RATE, data[4], stratified=stratified, margin=margin), data)[0]
        x1, n1, x0, n0 = tables(data, stratified)
        found = cochran_mantel_haenszel(x1, n1, x0, n0, conf_level=0.95)
        z, both = found.z, (n1 > 0) & (n0 > 0)
        a, m, b, n = (one[both] for one in (x1, n1, x0, n0))
        if not math.isnan(margin):
            weight = m * n / (m + n)
            spread = (weight**2 * score_variance(a, m, b, n, np.full(a.shape, -margin), variance_factor="none")).sum()
            z = (weight * (a / m - b / n + margin)).sum() / math.sqrt(spread) if spread > 0.0 else NAN
        assert same(values[0], z)
        assert same(values[2], found.mh_risk_difference.estimate)
        if stratified:
            upper = found.mh_risk_difference.upper - found.mh_risk_difference.estimate
            assert same(values[3] * 1.959963984540054, upper)
        elif both.any():
            p, q = a / m, b / n
            assert same(values[3], np.sqrt(p * (1 - p) / m + q * (1 - q) / n)[0] or NAN)


KINDS = {
    "log_rank": (look.LOG_RANK, {}),
    "fleming_harrington": (look.FLEMING_HARRINGTON, {"weights": ((0.0, 0.5),)}),
    "modest": (look.MODEST, {"t_star": 30.0}),
    "rmst": (look.RMST, {"horizon": 30.0}),
    "milestone": (look.MILESTONE, {"horizon": 30.0}),
    "rate": (look.RATE, {}),
}


@pytest.mark.parametrize("name", KINDS)
def test_arms_exchanged_and_another_unit_of_time(name):
    kind, options = KINDS[name]
    for data in DATA:
        time, status, arm, stratum, strata = data
        values = computed(program(kind, strata, **options), data)[0]
        exchanged = computed(program(kind, strata, **options), (time, status, 1 - arm, stratum, strata))[0]
        assert same(exchanged[[0, 2]], -values[[0, 2]])
        assert same(exchanged[[1, 3]], values[[1, 3]])
        longer = {key: 30.4375 * value if key in ("t_star", "horizon") else value for key, value in options.items()}
        scaled = computed(program(kind, strata, **longer), (30.4375 * time, status, arm, stratum, strata))[0]
        assert same(scaled[0], values[0])


def test_times_that_differ_in_their_last_bits_are_one_time():
    rng = np.random.default_rng(3)
    time = np.ceil(rng.exponential(40.0, 200))
    status, arm = (rng.random(200) < 0.7).astype(np.uint8), (rng.random(200) < 0.5).astype(np.uint8)
    stratum = np.zeros(200, dtype=np.int64)
    asked = program(look.LOG_RANK, 1)
    whole = computed(asked, (time, status, arm, stratum, 1))[0]
    near = time * (1.0 + rng.uniform(-1e-10, 1e-10, 200))
    assert same(computed(asked, (near, status, arm, stratum, 1))[0], whole)
    assert same(whole[0], log_rank(near, status, arm).z)


def test_no_order_of_times_is_wrong():
    rng = np.random.default_rng(4)
    for n in (1, 2, 3, 17, 400):
        scales = (0.0, 1.0, 1e-300, 1e15)
        # Nearly all times in one bucket: too many for insertion.
        far = np.where(np.arange(n) % 80 == 7, 1e9, 1e-9) * rng.random(n)
        for time in (
            far,
            rng.lognormal(0.0, 6.0, n),
            np.arange(n)[::-1] * 1.0,
            *(scale * rng.random(n) for scale in scales),
        ):
            sort_rows(time, n, SCRATCH)
            assert np.array_equal(SCRATCH.ordered[:n], np.sort(time))
            assert np.array_equal(time[SCRATCH.order[:n]], np.sort(time))


def test_calibrated_under_the_null():
    rng = np.random.default_rng(5)
    asked, z = program(look.LOG_RANK, 1), []
    for _ in range(500):
        time, arm = rng.exponential(1.0, 100), (np.arange(100) % 2).astype(np.uint8)
        z.append(computed(asked, (time, np.ones(100, dtype=np.uint8), arm, np.zeros(100, dtype=np.int64), 1))[0][0])
    assert abs(np.mean(norm_sf(np.array(z)) < 0.5) - 0.5) < 3 * math.sqrt(0.25 / 500)
    assert abs(np.std(z) - 1.0) < 0.1
