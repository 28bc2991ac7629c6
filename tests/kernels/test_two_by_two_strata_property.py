"""Stratified tables: brute force, strata that say nothing, matched pairs, coherence of test and limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from equipoise.errors import KernelInputError
from equipoise.kernels.two_by_two import (
    cmh_general_association,
    cochran_mantel_haenszel,
    difference_miettinen_nurminen,
    difference_miettinen_nurminen_stratified,
    odds_ratio,
    score_test_difference,
)

Z = 1.959963984540054
WEIGHTS = ["miettinen_nurminen", "cochran_mantel_haenszel"]


def strata(most=5, largest=40):
    arm = st.integers(1, largest).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    table = st.tuples(arm, arm).map(lambda pair: (*pair[0], *pair[1]))
    return st.lists(table, min_size=1, max_size=most).map(lambda rows: tuple(np.array(rows).T))


def restricted(x1, n1, x0, n0, d):
    """Proportions (r1, r0) of one stratum with r1 - r0 = d, from the derivative of the log-likelihood."""
    low, high = max(0.0, -d), min(1.0, 1.0 - d)

    def slope(r):
        return (
            x0 * (1 - r) * (r + d) * (1 - r - d)
            - (n0 - x0) * r * (r + d) * (1 - r - d)
            + (x1 * (1 - r - d) * r * (1 - r) - (n1 - x1) * (r + d) * r * (1 - r))
        )

    inner_low, inner_high = low + 1e-13, high - 1e-13
    if slope(inner_low) <= 0:
        r = low
    elif slope(inner_high) >= 0:
        r = high
    else:
        r = brentq(slope, inner_low, inner_high, xtol=1e-15)
    return r + d, r


def z_by_force(tables, d, weights):
    rates = [restricted(*row, d) for row in zip(*tables, strict=True)]
    w = [n1 * n0 / (n1 + n0) for _, n1, _, n0 in zip(*tables, strict=True)]
    for _ in range(300 if weights == "miettinen_nurminen" else 0):
        mean1 = sum(a * r for a, (r, _) in zip(w, rates, strict=True)) / sum(w)
        mean0 = sum(a * r for a, (_, r) in zip(w, rates, strict=True)) / sum(w)
        # The paper's form: the ratio of the two variances, over n1, plus 1 / n0.
        ratio = mean1 * (1 - mean1) / (mean0 * (1 - mean0))
        w = [1 / (ratio / n1 + 1 / n0) for _, n1, _, n0 in zip(*tables, strict=True)]
    top = variance = 0.0
    for a, (x1, n1, x0, n0), (r1, r0) in zip(w, zip(*tables, strict=True), rates, strict=True):
        top += a * (x1 / n1 - x0 / n0 - d)
        variance += a * a * (n1 + n0) / (n1 + n0 - 1) * (r1 * (1 - r1) / n1 + r0 * (1 - r0) / n0)
    return top / math.sqrt(variance)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(
    "tables",
    [
        ([16, 12], [27, 28], [5, 7], [25, 26]),
        ([25, 34, 28, 52], [33, 50, 50, 67], [4, 17, 15, 22], [17, 25, 25, 33]),
        ([3, 4, 18], [5, 10, 35], [1, 3, 2], [15, 10, 25]),
        ([1, 0, 7], [40, 20, 300], [2, 1, 3], [15, 50, 100]),
    ],
)
def test_stratified_score_limits_by_force(tables, weights):
    ours = difference_miettinen_nurminen_stratified(*tables, weights=weights)
    for limit, expected in ((ours.lower, Z), (ours.estimate, 0.0), (ours.upper, -Z)):
        assert z_by_force(tables, limit, weights) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("weights", WEIGHTS)
@settings(deadline=None)
@given(tables=strata(most=1))
def test_one_stratum_is_the_unstratified_interval(weights, tables):
    single = difference_miettinen_nurminen(*(int(column[0]) for column in tables))
    ours = difference_miettinen_nurminen_stratified(*tables, weights=weights)
    assert ours[:3] == pytest.approx(single[:3], abs=1e-12)


@settings(deadline=None)
@given(strata())
def test_limits_with_cmh_weights_agree_with_the_cmh_test(tables):
    test = cochran_mantel_haenszel(*tables)
    ours = difference_miettinen_nurminen_stratified(*tables, weights="cochran_mantel_haenszel")
    if test.reason or abs(test.p_two_sided - 0.05) < 1e-6:
        return
    assert (ours.lower > 0 or ours.upper < 0) == (test.p_two_sided < 0.05)
    if test.mh_risk_difference.reason == "":
        assert ours.estimate == pytest.approx(test.mh_risk_difference.estimate, abs=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS)
@settings(deadline=None)
@given(tables=strata())
def test_exchanging_arms_negates_the_stratified_interval(weights, tables):
    x1, n1, x0, n0 = tables
    one = difference_miettinen_nurminen_stratified(x1, n1, x0, n0, weights=weights)
    other = difference_miettinen_nurminen_stratified(x0, n0, x1, n1, weights=weights)
    assert one[:3] == pytest.approx((-other.estimate, -other.upper, -other.lower), abs=1e-9)
    assert -1 <= one.lower <= one.estimate <= one.upper <= 1


@settings(deadline=None)
@given(strata(), st.randoms())
def test_cmh_exchanges(tables, random):
    x1, n1, x0, n0 = tables
    one, other = cochran_mantel_haenszel(x1, n1, x0, n0), cochran_mantel_haenszel(x0, n0, x1, n1)
    assert bool(one.reason) == bool(other.reason)
    if one.reason:
        assert one.strata_used == 0
        return
    assert other.z == pytest.approx(-one.z, abs=1e-9)
    failures = cochran_mantel_haenszel(n1 - x1, n1, n0 - x0, n0)
    assert failures.z == pytest.approx(-one.z, abs=1e-9)
    order = list(range(len(x1)))
    random.shuffle(order)
    shuffled = cochran_mantel_haenszel(x1[order], n1[order], x0[order], n0[order])
    assert shuffled.chi_square == pytest.approx(one.chi_square, rel=1e-9, abs=1e-12)
    if not one.mh_odds_ratio.reason and not other.mh_odds_ratio.reason:
        a, b = one.mh_odds_ratio, other.mh_odds_ratio
        assert a[:3] == pytest.approx((1 / b.estimate, 1 / b.upper, 1 / b.lower), rel=1e-9)
    assert other.mh_risk_difference.estimate == pytest.approx(-one.mh_risk_difference.estimate, abs=1e-12)


@settings(deadline=None)
@given(strata())
def test_strata_with_one_arm_or_one_outcome_say_nothing(tables):
    x1, n1, x0, n0 = tables
    one = cochran_mantel_haenszel(x1, n1, x0, n0)
    # Only arm 1; only arm 0; nobody; all respond; none respond.
    more = cochran_mantel_haenszel(
        [*x1, 3, 0, 0, 4, 0], [*n1, 7, 0, 0, 4, 6], [*x0, 0, 2, 0, 9, 0], [*n0, 0, 5, 0, 9, 3]
    )
    assert more.strata_used == one.strata_used
    assert more.reason == one.reason
    assert (more.chi_square, more.z) == pytest.approx((one.chi_square, one.z), rel=1e-12, nan_ok=True)
    assert more.mh_odds_ratio[:3] == pytest.approx(one.mh_odds_ratio[:3], rel=1e-12, nan_ok=True)


@settings(deadline=None)
@given(strata(most=1))
def test_one_stratum_gives_the_single_table_results(tables):
    table = tuple(int(column[0]) for column in tables)
    ours, score = cochran_mantel_haenszel(*table), score_test_difference(*table)
    assert ours.z == pytest.approx(score.z, rel=1e-12, abs=1e-12, nan_ok=True)
    woolf = odds_ratio(*table)
    if not woolf.reason:
        # With one stratum the Robins-Breslow-Greenland variance is Woolf's.
        assert ours.mh_odds_ratio[:3] == pytest.approx(woolf[:3], rel=1e-10)


def test_matched_pairs():
    """1:1 strata: CMH is McNemar's test, the odds ratio b / c, and Sato's variance that of a paired difference."""
    pairs = [(1, 1)] * 9 + [(1, 0)] * 14 + [(0, 1)] * 5 + [(0, 0)] * 12
    x1, x0 = np.array(pairs).T
    ones, size = np.ones(len(pairs)), len(pairs)
    ours = cochran_mantel_haenszel(x1, ones, x0, ones)
    assert ours.chi_square == pytest.approx((14 - 5) ** 2 / (14 + 5))
    assert ours.strata_used == 19
    se = math.sqrt(1 / 14 + 1 / 5)
    assert ours.mh_odds_ratio[:3] == pytest.approx(
        (14 / 5, 14 / 5 * math.exp(-Z * se), 14 / 5 * math.exp(Z * se)), rel=1e-12
    )
    d = 9 / size
    half = Z * math.sqrt((19 / size - d * d) / size)
    assert ours.mh_risk_difference[:3] == pytest.approx((d, d - half, d + half), rel=1e-12)


@settings(deadline=None)
@given(strata(most=1))
def test_greenland_robins_of_one_stratum_is_wald(tables):
    x1, n1, x0, n0 = (int(column[0]) for column in tables)
    p1, p0 = x1 / n1, x0 / n0
    ours = cochran_mantel_haenszel(x1, n1, x0, n0, variance="greenland_robins").mh_risk_difference
    se = math.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    if se == 0:
        assert ours.reason
    else:
        assert ours[:3] == pytest.approx((p1 - p0, p1 - p0 - Z * se, p1 - p0 + Z * se), rel=1e-9, abs=1e-12)


def test_both_variances_of_the_common_difference_are_calibrated():
    """Few large strata: both cover. Many strata of three subjects: only Sato's does, the other is too small."""
    rng = np.random.default_rng(11)
    held = {}
    for label, m, n, size in (("large", 60, 40, 4), ("sparse", 2, 1, 80)):
        base = rng.uniform(0.2, 0.6, size)
        count = dict.fromkeys(("sato", "greenland_robins"), 0)
        for _ in range(600):
            x1, x0 = rng.binomial(m, base + 0.15), rng.binomial(n, base)
            for kind in count:
                d = cochran_mantel_haenszel(x1, np.full(size, m), x0, np.full(size, n), variance=kind)
                count[kind] += d.mh_risk_difference.lower <= 0.15 <= d.mh_risk_difference.upper
        held[label] = {kind: value / 600 for kind, value in count.items()}
    assert held["large"]["sato"] == pytest.approx(0.95, abs=0.03)
    assert held["large"]["greenland_robins"] == pytest.approx(0.95, abs=0.03)
    assert held["sparse"]["sato"] == pytest.approx(0.95, abs=0.03)
    assert held["sparse"]["greenland_robins"] < 0.85


@settings(deadline=None)
@given(strata())
def test_two_arms_of_general_association_are_the_cmh_test(tables):
    x1, n1, x0, n0 = tables
    general = cmh_general_association(np.stack([x1, x0], axis=1), np.stack([n1, n0], axis=1))
    ours = cochran_mantel_haenszel(x1, n1, x0, n0)
    assert bool(general.reason) == bool(ours.reason)
    assert general.strata_used == ours.strata_used
    if not ours.reason:
        assert general.chi_square == pytest.approx(ours.chi_square, rel=1e-9, abs=1e-12)
        assert general.p_value == pytest.approx(ours.p_two_sided, rel=1e-9)


def test_general_association_counts_linked_arms():
    """An arm without subjects adds no degree of freedom; two pairs of arms that never meet give two tests in one."""
    x, n = np.array([[8, 3, 0], [6, 2, 0]]), np.array([[20, 20, 0], [15, 14, 0]])
    padded, plain = cmh_general_association(x, n), cmh_general_association(x[:, :2], n[:, :2])
    assert padded.df == plain.df == 1
    assert padded.chi_square == pytest.approx(plain.chi_square, rel=1e-10)
    apart = cmh_general_association([[8, 3, 0, 0], [0, 0, 6, 2]], [[20, 20, 0, 0], [0, 0, 15, 14]])
    first = cochran_mantel_haenszel(8, 20, 3, 20).chi_square
    second = cochran_mantel_haenszel(6, 15, 2, 14).chi_square
    assert apart.df == 2
    assert apart.chi_square == pytest.approx(first + second, rel=1e-10)


def test_general_association_of_one_stratum():
    """One stratum is (N - 1) / N times Pearson's chi-square of the k x 2 table, summed cell by cell."""
    x, n = np.array([12, 5, 9, 0]), np.array([30, 25, 20, 7])
    rate = x.sum() / n.sum()
    pearson = sum((x - n * rate) ** 2 / (n * rate * (1 - rate)))
    ours = cmh_general_association(x[None], n[None])
    assert ours.chi_square == pytest.approx(pearson * (n.sum() - 1) / n.sum(), rel=1e-12)
    assert ours.df == 3


def test_continuity_correction_never_changes_the_sign():
    plain = cochran_mantel_haenszel(5, 10, 5, 11)
    assert abs(plain.z) > 0
    assert cochran_mantel_haenszel(5, 10, 5, 11, continuity="half").chi_square == 0.0


def test_nothing_to_test_has_a_reason():
    nowhere = cochran_mantel_haenszel([3, 0], [5, 0], [0, 1], [0, 4])
    assert nowhere.reason == "no stratum has subjects in both arms"
    assert (nowhere.df, nowhere.strata_used) == (0, 0)
    assert math.isnan(nowhere.chi_square)
    assert math.isnan(nowhere.mh_odds_ratio.estimate)
    constant = cochran_mantel_haenszel([0, 0], [5, 4], [0, 0], [6, 4])
    assert constant.reason == "no stratum has both arms and both outcomes"
    assert constant.mh_risk_difference.estimate == 0.0
    assert constant.mh_risk_difference.reason
    assert cmh_general_association([[1, 0]], [[4, 0]]).reason
    assert difference_miettinen_nurminen_stratified([1], [4], [0], [0]).reason
    assert cochran_mantel_haenszel([], [], [], []).reason
    assert "not finite" in cochran_mantel_haenszel(5, 5, 2, 4).mh_odds_ratio.reason
    assert cochran_mantel_haenszel(0, 5, 2, 4).mh_odds_ratio.estimate == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: cochran_mantel_haenszel([1, 5], [2, 4], [1, 1], [2, 2]),
        lambda: cochran_mantel_haenszel([1, 2], [2, 4, 5], [1, 1], [2, 2]),
        lambda: cochran_mantel_haenszel([[1]], [[2]], [[1]], [[2]]),
        lambda: cochran_mantel_haenszel(1, 2, 1, 2, continuity="yates"),
        lambda: cochran_mantel_haenszel(1, 2, 1, 2, variance="wald"),
        lambda: cochran_mantel_haenszel(1, 2, 1, 2, conf_level=0),
        lambda: cmh_general_association([1, 2], [3, 4]),
        lambda: difference_miettinen_nurminen_stratified(1, 2, 1, 2, weights="equal"),
        lambda: difference_miettinen_nurminen_stratified(1, 2, 1, 2, variance_factor="n"),
        lambda: difference_miettinen_nurminen_stratified(1, 2, 1, [2.5]),
    ],
)
def test_refusals(call):
    with pytest.raises(KernelInputError):
        call()
