"""Differences of response rates: sizes and powers of rpact, closed forms, the likelihood by brute force."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from equipoise.design.information import RateDifference, rate_information
from equipoise.errors import PlanError

DATA = json.loads((Path(__file__).parents[1] / "reference" / "design_rates.json").read_text())


def power(info, alpha):
    return float(ndtr((info.mean[-1] - ndtri(1 - alpha)) / info.spread[-1]))


def of(case):
    method = "farrington_manning" if case["null"] else "pooled"
    statistic = RateDifference(method, margin=case["null"])
    return rate_information(case["control"], case["experimental"], case["ratio"], case["n"], statistic)


@pytest.mark.parametrize("case", DATA["sizes"])
def test_sizes_of_rpact_have_their_power(case):
    assert power(of(case), case["alpha"]) == pytest.approx(1 - case["beta"], abs=1e-7)


@pytest.mark.parametrize("case", DATA["powers"])
def test_powers_of_rpact(case):
    assert power(of(case), case["alpha"]) == pytest.approx(case["power"], abs=1e-7)


@pytest.mark.parametrize("case", DATA["sizes"])
def test_without_margin_the_most_likely_rates_are_the_pooled(case):
    one, two = (
        rate_information(case["control"], case["experimental"], case["ratio"], (100, 400), RateDifference(method))
        for method in ("pooled", "farrington_manning")
    )
    assert one.mean == pytest.approx(two.mean, rel=1e-12)
    assert one.information == two.information
    assert one.fractions == pytest.approx((0.25, 1.0))


@pytest.mark.parametrize("case", [one for one in DATA["sizes"] if one["null"]])
def test_the_null_variance_is_at_the_maximum_of_the_likelihood(case):
    share = case["ratio"] / (1 + case["ratio"])

    def loss(control):
        experimental = control + case["null"]
        return -(
            (1 - share) * (case["control"] * math.log(control) + (1 - case["control"]) * math.log(1 - control))
            + share
            * (case["experimental"] * math.log(experimental) + (1 - case["experimental"]) * math.log(1 - experimental))
        )

    low, high = max(0.0, -case["null"]) + 1e-9, min(1.0, 1.0 - case["null"]) - 1e-9
    control = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    experimental = control + case["null"]
    variance = control * (1 - control) / (1 - share) + experimental * (1 - experimental) / share
    assert case["n"] / of(case).null_information[0] == pytest.approx(variance, rel=1e-6)


def test_unpooled_by_hand():
    info = rate_information(0.3, 0.45, 2.0, 300, RateDifference("unpooled", margin=-0.05))
    variance = 0.3 * 0.7 / 100 + 0.45 * 0.55 / 200
    assert info.mean[0] == pytest.approx(0.2 / math.sqrt(variance), rel=1e-12)
    assert info.spread == (1.0,)
    assert info.information[0] == pytest.approx(1 / variance)
    assert info.null_effect == -0.05
    assert info.events[0] == pytest.approx(120.0)


def test_power_by_counting_all_outcomes():
    # 2 x 40 patients: the exact distribution of both counts, the test with Farrington and Manning's variance.
    from scipy.special import gammaln

    from equipoise.kernels.miettinen_nurminen import score_variance

    n, p0, p1, margin = 200, 0.6, 0.6, 0.15
    k = np.arange(n + 1)
    log_choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    chance = [np.exp(log_choose + k * math.log(p) + (n - k) * math.log(1 - p)) for p in (p0, p1)]
    x0, x1 = (array.astype(float) for array in np.meshgrid(k, k, indexing="ij"))
    size = np.full(x0.shape, float(n))
    variance = score_variance(x1, size, x0, size, np.full(x0.shape, -margin), variance_factor="none")
    z = ((x1 - x0) / n + margin) / np.sqrt(np.where(variance > 0, variance, np.inf))
    truth = (np.outer(*chance) * (z > ndtri(0.975))).sum()
    info = rate_information(p0, p1, 1.0, 2 * n, RateDifference("farrington_manning", margin=-margin))
    assert power(info, 0.025) == pytest.approx(truth, abs=0.006)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((0.0, 0.3, 1.0, 100), "plan.rates"),
        ((0.3, 1.0, 1.0, 100), "plan.rates"),
        ((0.3, 30.0, 1.0, 100), "plan.rates"),
        ((math.nan, 0.3, 1.0, 100), "plan.rates"),
        ((0.2, 0.3, 0.0, 100), "plan.ratio"),
        ((0.2, 0.3, -1.0, 100), "plan.ratio"),
        ((0.2, 0.3, 1.0, 0), "plan.patients"),
        ((0.2, 0.3, 1.0, ()), "plan.patients"),
        ((0.2, 0.3, 1.0, (100, 90)), "plan.patients"),
        ((0.2, 0.3, 1.0, math.inf), "plan.patients"),
    ],
)
def test_bad_input(arguments, code):
    with pytest.raises(PlanError) as error:
        rate_information(*arguments, RateDifference())
    assert [problem.code for problem in error.value.problems] == [code]


@pytest.mark.parametrize(
    "statistic",
    [
        RateDifference("pooled", margin=-0.1),
        RateDifference("farrington_manning", margin=10.0),
        RateDifference("unpooled", margin=math.nan),
        RateDifference("exact"),  # type: ignore[arg-type]
    ],
)
def test_bad_statistics(statistic):
    with pytest.raises(PlanError):
        rate_information(0.2, 0.3, 1.0, 100, statistic)
