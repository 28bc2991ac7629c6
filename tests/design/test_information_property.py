"""Information of planned statistics: written out again with scipy's quadrature, identities, limits, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from equipoise.design.assumptions import Accrual, Assumptions, Group, Steps
from equipoise.design.expected import expected
from equipoise.design.information import (
    FlemingHarrington,
    LogRank,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    RestrictedMean,
    information,
    require_effect,
)
from equipoise.errors import PlanError

INF = math.inf
ACCRUAL = Accrual(Steps((4.0, 9.0, 20.0), (6.0, 0.0, 15.0)), 189.0)
HAZARDS = (Steps((3.0, 10.0, INF), (0.09, 0.06, 0.03)), Steps((5.0, INF), (0.08, 0.03)))
STRATA = Assumptions(
    ACCRUAL,
    (
        Group("control", "a", 0.3, HAZARDS[0], 0.1, Steps.constant(0.01)),
        Group("experimental", "b", 0.15, Steps.constant(0.1), 0.0, Steps((6.0, INF), (0.0, 0.02))),
        Group("experimental", "a", 0.4, HAZARDS[1], 0.2, Steps.constant(0.03)),
        Group("control", "b", 0.15, Steps.constant(0.14)),
    ),
)
PLAIN = Assumptions(
    ACCRUAL, (Group("control", "", 0.5, HAZARDS[0]), Group("experimental", "", 0.5, HAZARDS[0].times(0.7)))
)
ALL = [
    LogRank(),
    LogRank("freedman"),
    LogRank("hsieh_freedman"),
    LogRank("lachin_foulkes"),
    LogRank("bernstein_lagakos"),
    LogRank("average_hazard_ratio", "mixed"),
    LogRank("score"),
    FlemingHarrington(0.5, 1.0),
    ModestlyWeighted(8.0),
    MaxCombo(),
    RestrictedMean(12.0),
    Milestone(12.0),
]
GENERAL = ALL[5:]


class Truth:
    """The limits of a trial with strata, cure and losses, as functions of follow-up time, by plain loops."""

    def __init__(self, made, time, names):
        self.made, self.time, self.names = made, time, names
        self.knots = sorted(
            {0.0, 5.5, *(e for g in made.groups for s in (g.hazard, g.dropout) for e in s.ends if e < time)}
            | {time - e for e in (0.0, *made.accrual.rate.ends) if time - e > 0}
        )

    @staticmethod
    def sum_to(steps, u):
        starts = (0.0, *steps.ends)
        return sum(v * (min(u, e) - s) for s, e, v in zip(starts, steps.ends, steps.values, strict=False) if s < u)

    def enrolled(self, s):
        rate = self.made.accrual.rate
        return sum(
            r * max(min(e, s) - b, 0.0) for b, e, r in zip((0.0, *rate.ends), rate.ends, rate.values, strict=False)
        )

    def at(self, u, arm):
        """Numbers at risk per patient enrolled, and events per unit of time, of the strata named."""
        n = d = 0.0
        for g in self.made.groups:
            if g.arm == arm and g.stratum in self.names:
                uncured = (1 - g.cure) * math.exp(-self.sum_to(g.hazard, u))
                left = g.share * math.exp(-self.sum_to(g.dropout, u))
                n += left * (g.cure + uncured)
                d += left * uncured * g.hazard.at(u)
        return n, d

    def integral(self, f, until):
        seams = [k for k in self.knots if k < until] + [until]
        return sum(quad(f, a, b, epsabs=0, epsrel=1e-11)[0] for a, b in pairwise(seams))

    def pooled(self, u):
        def hazard(v):
            (n1, d1), (n0, d0) = self.at(v, "experimental"), self.at(v, "control")
            return (d1 + d0) / (n1 + n0)

        return math.exp(-self.integral(hazard, u))

    def curve(self, arm, u):
        return math.exp(-self.integral(lambda v: self.at(v, arm)[1] / self.at(v, arm)[0], u)) if u > 0 else 1.0


def score_by_quadrature(time, names, weight, margin):
    truth = Truth(STRATA, time, names)

    def parts(u):
        (n1, d1), (n0, d0) = truth.at(u, "experimental"), truth.at(u, "control")
        share = margin * n1 / (margin * n1 + n0)
        w = weight(truth, u)
        return truth.enrolled(time - u) * w * (d1 - share * (d1 + d0)), truth.enrolled(time - u) * w**2 * share * (
            1 - share
        ) * (d1 + d0)

    return [truth.integral(lambda u, k=k: parts(u)[k], time) for k in (0, 1)]


def check_score(statistic, weight, *, stratified, rel=1e-9, margin=1.0):
    time = 26.0
    names = [("a",), ("b",)] if stratified else [("a", "b")]
    score, variance = np.sum([score_by_quadrature(time, one, weight, margin) for one in names], axis=0)
    found = information(STRATA, statistic, time)
    assert found.information[0] == pytest.approx(variance, rel=rel)
    assert found.mean[0] == pytest.approx(-score / math.sqrt(variance), rel=rel)
    assert found.spread == (1.0,)
    assert found.events[0] == pytest.approx(expected(STRATA, time).events[0], rel=1e-11)


@pytest.mark.parametrize("stratified", [True, False])
def test_the_score_written_out_again(stratified):
    check_score(LogRank("score", strata=stratified), lambda truth, u: 1.0, stratified=stratified)


@pytest.mark.parametrize("margin", [0.8, 1.3])
def test_the_score_of_a_margin_written_out_again(margin):
    check_score(LogRank("score", margin=margin), lambda truth, u: 1.0, stratified=True, margin=margin)


def test_modest_weights_that_never_stop_growing():
    one, two = (information(STRATA, ModestlyWeighted(t), (16.0, 30.0)) for t in (30.0, 90.0))
    assert one.mean == pytest.approx(two.mean, rel=1e-10)
    assert one.information == pytest.approx(two.information, rel=1e-10)


def test_late_weights_written_out_again():
    check_score(FlemingHarrington(0, 1, strata=False), lambda truth, u: 1 - truth.pooled(u), stratified=False, rel=1e-8)


def test_modest_weights_written_out_again():
    def weight(truth, u):
        return 1 / truth.pooled(min(u, 5.5))

    check_score(ModestlyWeighted(5.5, strata=False), weight, stratified=False, rel=1e-8)


@pytest.mark.parametrize(("time", "horizon"), [(26.0, 15.0), (26.0, 25.9), (30.0, 8.0)])
def test_curves_written_out_again(time, horizon):
    truth = Truth(STRATA, time, ("a", "b"))
    difference = greenwood = 0.0
    for arm, sign in (("experimental", 1), ("control", -1)):

        def increment(u, arm=arm):
            n, d = truth.at(u, arm)
            return d / (n * n * truth.enrolled(time - u))

        survival = truth.curve(arm, horizon)
        difference += sign * survival
        greenwood += survival**2 * truth.integral(increment, horizon)
    found = information(STRATA, Milestone(horizon), time)
    assert found.effect[0] == pytest.approx(difference, rel=1e-9)
    assert found.information[0] == pytest.approx(1 / greenwood, rel=1e-8)


def test_restricted_means_written_out_again():
    time, horizon = 26.0, 14.0
    truth = Truth(PLAIN, time, ("",))
    difference = variance = 0.0
    for arm, sign in (("experimental", 1), ("control", -1)):

        def area(u, arm=arm):
            return truth.integral(lambda v: truth.at(v, arm)[0] / 0.5, horizon) - (
                truth.integral(lambda v: truth.at(v, arm)[0] / 0.5, u) if u > 0 else 0.0
            )

        def increment(u, arm=arm, area=area):
            n, d = truth.at(u, arm)
            return area(u) ** 2 * d / (n * n * truth.enrolled(time - u))

        difference += sign * area(0.0)
        variance += truth.integral(increment, horizon)
    found = information(PLAIN, RestrictedMean(horizon), time)
    assert found.effect[0] == pytest.approx(difference, rel=1e-10)
    assert found.information[0] == pytest.approx(1 / variance, rel=1e-8)


@pytest.mark.parametrize("statistic", GENERAL, ids=lambda s: type(s).__name__)
def test_the_unit_of_time_does_not_matter(statistic):
    scale = 30.4375

    def longer(steps):
        return Steps(tuple(e * scale for e in steps.ends), tuple(v / scale for v in steps.values))

    groups = tuple(replace(g, hazard=longer(g.hazard), dropout=longer(g.dropout)) for g in STRATA.groups)
    days = Assumptions(Accrual(longer(ACCRUAL.rate), ACCRUAL.patients), groups, "days")
    stretched = {
        ModestlyWeighted: lambda s: ModestlyWeighted(s.t_star * scale),
        RestrictedMean: lambda s: RestrictedMean(s.time * scale),
        Milestone: lambda s: Milestone(s.time * scale),
    }.get(type(statistic), lambda s: s)(statistic)
    one, two = (
        information(m, s, t)
        for m, s, t in ((STRATA, statistic, (16.0, 30.0)), (days, stretched, (16.0 * scale, 30.0 * scale)))
    )
    assert two.mean == pytest.approx(one.mean, rel=1e-10)
    assert two.fractions == pytest.approx(one.fractions, rel=1e-10)


@pytest.mark.parametrize("statistic", ALL, ids=lambda s: getattr(s, "method", type(s).__name__))
def test_patients_scale_information_and_the_null_has_mean_0(statistic):
    times = (16.0, 30.0)
    one, two = (information(m, statistic, times) for m in (PLAIN, PLAIN.with_intensity(4 * 189.0)))
    assert two.mean == pytest.approx(np.multiply(one.mean, 2.0), rel=1e-9)
    assert two.information == pytest.approx(np.multiply(one.information, 4.0), rel=1e-9)
    null = information(PLAIN.under_null(), statistic, times)
    assert null.mean == pytest.approx((0.0, 0.0), abs=1e-10)
    assert null.information == pytest.approx(null.null_information, rel=1e-10)
    assert null.spread == pytest.approx((1.0, 1.0), rel=1e-10)
    assert all(math.isfinite(x) for values in (one.mean, one.information, one.effect) for x in values)
    assert one.information[0] < one.information[1]
    assert one.mean[1] > 0.0
    assert one.method_text
    assert one.looks == 2


def test_exchanging_the_arms_changes_the_sign():
    other = {"control": "experimental", "experimental": "control"}
    swapped = replace(STRATA, groups=tuple(replace(g, arm=other[g.arm]) for g in STRATA.groups))
    for statistic in GENERAL[1:]:
        one, two = (information(m, statistic, 26.0) for m in (STRATA, swapped))
        if isinstance(statistic, MaxCombo):
            assert two.component_mean == pytest.approx(np.negative(one.component_mean), rel=1e-10)
        else:
            assert two.mean == pytest.approx(np.negative(one.mean), rel=1e-10)
        assert two.information == pytest.approx(one.information, rel=1e-10)


def test_weights_of_one_are_the_log_rank_test():
    score = information(STRATA, LogRank("score"), (16.0, 30.0))
    for statistic in (FlemingHarrington(0, 0), ModestlyWeighted(1e-9), MaxCombo(((0.0, 0.0),))):
        found = information(STRATA, statistic, (16.0, 30.0))
        assert found.mean == pytest.approx(score.mean, rel=1e-8)
        assert found.information == pytest.approx(score.information, rel=1e-8)


def test_small_effects_meet_schoenfeld():
    # Equal losses and allocation: the score tends to Schoenfeld's mean as the hazard ratio tends to 1.
    gaps = []
    for hr in (0.9, 0.99):
        made = PLAIN.with_hazard_ratio(hr)
        one, two = (information(made, LogRank(method), 26.0) for method in ("schoenfeld", "score"))
        gaps.append(abs(two.mean[0] / one.mean[0] - 1))
        assert two.effect[0] == pytest.approx(hr, rel=1e-9)
    assert gaps[1] < 0.15 * gaps[0] < 0.001


def test_two_strata_alike_are_one():
    groups = tuple(replace(g, stratum=name, share=0.5 * g.share) for name in "ab" for g in PLAIN.groups)
    split = replace(PLAIN, groups=groups)
    for statistic in ALL:
        one, two = (information(m, statistic, (16.0, 30.0)) for m in (PLAIN, split))
        assert two.mean == pytest.approx(one.mean, rel=1e-9)
        assert two.information == pytest.approx(one.information, rel=1e-9)


def test_a_superfluous_step_changes_nothing():
    def cut(steps):
        return Steps((1.7, *steps.ends), (steps.values[0], *steps.values))

    split = replace(PLAIN, groups=tuple(replace(g, hazard=cut(g.hazard), dropout=cut(g.dropout)) for g in PLAIN.groups))
    for statistic in ALL:
        one, two = (information(m, statistic, (16.0, 30.0)) for m in (PLAIN, split))
        assert two.mean == pytest.approx(one.mean, rel=1e-10)
        assert two.information == pytest.approx(one.information, rel=1e-10)


def test_average_hazard_ratio_by_steps_and_by_quadrature_agree():
    piecewise = information(replace(STRATA, groups=tuple(replace(g, cure=0.0) for g in STRATA.groups)),
                            LogRank("average_hazard_ratio"), (16.0, 30.0))  # fmt: skip
    curing = information(replace(STRATA, groups=tuple(replace(g, cure=1e-13) for g in STRATA.groups)),
                         LogRank("average_hazard_ratio"), (16.0, 30.0))  # fmt: skip
    assert curing.effect == pytest.approx(piecewise.effect, rel=1e-9)
    assert curing.mean == pytest.approx(piecewise.mean, rel=1e-9)
    assert information(STRATA, LogRank("average_hazard_ratio", strata=False), 30.0).effect[0] != pytest.approx(
        information(STRATA, LogRank("average_hazard_ratio"), 30.0).effect[0], rel=1e-3
    )


def test_information_under_the_alternative_adds_up_intervals():
    made, time, total = replace(STRATA, groups=tuple(replace(g, cure=0.0) for g in STRATA.groups)), 26.0, 0.0
    for name, cuts in (("a", (0.0, 3.0, 5.0, 10.0, time)), ("b", (0.0, time))):
        truth = Truth(made, time, (name,))

        def events(u, arm, truth=truth):
            return truth.enrolled(time - u) * truth.at(u, arm)[1]

        for start, end in pairwise(cuts):
            inverse = 0.0
            for arm in ("control", "experimental"):
                until = [truth.integral(lambda u, a=arm: events(u, a), t) if t else 0.0 for t in (start, end)]
                inverse += 1 / (until[1] - until[0])
            total += 1 / inverse
    found = information(made, LogRank("average_hazard_ratio", "mixed"), time)
    assert found.information[0] == pytest.approx(total, rel=1e-9)
    by_arm = [expected(made, time).events_control[0], expected(made, time).events_experimental[0]]
    pooled = information(made, LogRank("average_hazard_ratio", "alternative", strata=False), time)
    assert pooled.information[0] == pytest.approx(1 / sum(1 / one for one in by_arm), rel=1e-9)


def test_margins_of_non_inferiority():
    for method in ("schoenfeld", "lachin_foulkes", "bernstein_lagakos", "average_hazard_ratio", "score"):
        statistic = LogRank(method, margin=1.3)
        assert information(PLAIN.under_null(1.3), statistic, 26.0).mean[0] == pytest.approx(0.0, abs=1e-9)
        equal = information(PLAIN.under_null(), statistic, 26.0)
        assert equal.mean[0] > 0.0
        assert equal.null_effect == 1.3
        require_effect(equal, sizing=True)
        with pytest.raises(PlanError, match=r"null hypothesis, 1\.3"):
            require_effect(information(PLAIN.under_null(1.3), statistic, 26.0))
    better = information(PLAIN.under_null(), LogRank(margin=1.3), 26.0)
    events = better.events[0]
    assert better.mean[0] == pytest.approx(math.log(1.3) * math.sqrt(events / 4), rel=1e-12)
    plain = information(PLAIN, Milestone(12.0), 26.0)
    lost = information(PLAIN, Milestone(12.0, margin=-0.1), 26.0)
    assert lost.mean[0] / plain.mean[0] == pytest.approx((plain.effect[0] + 0.1) / plain.effect[0], rel=1e-12)
    assert information(PLAIN, RestrictedMean(12.0, margin=-1.0), 26.0).mean[0] > information(
        PLAIN, RestrictedMean(12.0), 26.0
    ).mean[0]  # fmt: skip


def test_no_effect_is_an_error_where_power_is_asked():
    null = information(PLAIN.under_null(), LogRank(), 26.0)
    with pytest.raises(PlanError, match="is that of the null hypothesis, 1"):
        require_effect(null)
    harm = information(PLAIN.with_hazard_ratio(1.2), LogRank(), 26.0)
    require_effect(harm)
    with pytest.raises(PlanError, match="wrong side"):
        require_effect(harm, sizing=True)
