"""Plans from a protocol: units, arms, strata, dates, looks of other hypotheses, levels, harm, alternatives, rates."""

from __future__ import annotations

import datetime
import math

import pytest

from equipoise.design import (
    LogRank,
    MaxCombo,
    Milestone,
    ModestlyWeighted,
    OBrienFlemingType,
    RestrictedMean,
    Spend,
    plan_of,
    sequential_design,
)
from equipoise.design.expected import expected, time_of_events
from equipoise.design.rows import rows_of
from equipoise.errors import PlanError
from equipoise.protocol.loading import loads_protocol

PROTOCOL = """\
equipoise: 1
trial: {id: PLAN, title: Two new treatments}
time: {unit: weeks, data_unit: days}
arms:
  high: {label: High dose, role: experimental, ratio: 2}
  low: {label: Low dose, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
factors:
  stage: {label: Stage, column: STAGE, levels: [early, late]}
populations:
  itt: {arm: planned}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: CBOR}, denominator: itt}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [stage]}}
  pfs_late: {endpoint: pfs, population: itt, test: {kind: modestly_weighted, t_star: 12}}
  pfs_any: {endpoint: pfs, population: itt, test: {kind: max_combo}}
  os_main: {endpoint: os, population: itt}
  orr_main: {endpoint: orr, population: itt}
hypotheses:
  h_pfs: {analysis: pfs_main, arm: high, alpha_two_sided: 0.05}
  h_low: {analysis: pfs_main, arm: low, after: [h_pfs]}
  h_os: {analysis: os_main, arm: high, after: [h_pfs]}
  h_orr: {analysis: orr_main, arm: high, alpha_one_sided: 0.025, margin: 0.1}
  h_late: {analysis: pfs_late, arm: high, alpha_one_sided: 0.025}
  h_any: {analysis: pfs_any, arm: high, alpha_one_sided: 0.025}
scenarios:
  planned:
    enrollment: {patients: 400, per_month: [{until: 26, rate: 10}, {rate: 20}], start: 2026-03-02}
    dropout: {probability: 0.05, by: 52, arms: {old: {hazard: 0.002}}}
    strata:
      early: {share: 0.6, levels: {stage: early}}
      late: {share: 0.4, levels: {stage: late}}
    endpoints:
      pfs:
        old: {strata: {early: {median: 60, cure: 0.1}, late: {median: 30}}}
        high: {hazard_ratio: 0.6}
        low: {hazard_ratio: [{until: 10, value: 1}, {value: 0.7}]}
      os: {old: {median: 120}, high: {median: 170}, low: {median: 140}}
      orr: {old: {rate: 0.3}, high: {strata: {early: {rate: 0.4}, late: {rate: 0.3}}}, low: {rate: 0.3}}
  unequal:
    extends: planned
    dropout: {probability: 0.2, by: 52}
    endpoints:
      os: {high: {hazard_ratio: 0.8}, low: {hazard_ratio: 0.8}}
design:
  h_pfs:
    assume: planned
    power: 0.9
    efficacy: {spending: obrien_fleming}
    futility: {hazard_ratio: [1.0]}
    harm: {hazard_ratio: [1.3]}
    looks: [{events: 90, at: 60, efficacy: true}, {events: 150, latest: 2029-06-30}]
    alternatives:
      two_years: {looks: [{date: 2027-09-06}, {follow_up: 40}]}
      pocock: {efficacy: {boundary: pocock}, label: Pocock}
      rmst: {statistic: {kind: rmst, time: 52}, futility: {z: [0]}, harm: {z: [-1.5]}, looks: [{at: 90}, {at: 130}]}
      milestone: {statistic: {kind: milestone, time: 52}, futility: {conditional_power: 0.1},
                  looks: [{information: 0.6}, {information: 1, at: 130}]}
  h_low: {assume: planned, efficacy: {boundary: haybittle_peto}, looks: [{information: 0.5}, {information: 1, at: 120}]}
  h_os:
    assume: planned
    efficacy: {spending: hwang_shih_decani, parameter: -4}
    looks: [{same_as: {hypothesis: h_pfs, look: 2}}, {at: 180}]
  h_orr: {assume: planned, power: 0.8, rates: farrington_manning, efficacy: {boundary: pocock},
          looks: [{information: 0.5}, {information: 1}]}
  h_late:
    assume: planned
    power: 0.7
    efficacy: {spending: pocock}
    looks: [{information: 0.5}, {information: 1}]
    alternatives: {if_late: {assume: unequal, solve: power}}
  h_any: {assume: planned, efficacy: {spending: obrien_fleming}, looks: [{information: 0.5}, {information: 1, at: 120}]}
"""


@pytest.fixture(scope="module")
def protocol():
    return loads_protocol(PROTOCOL)


@pytest.fixture(scope="module")
def plan(protocol):
    return plan_of(protocol, "h_pfs")


def test_two_of_three_arms_in_weeks(plan):
    made = plan.assumptions
    assert plan.pair.ratios == (2, 1)
    assert plan.pair.share == pytest.approx(0.75)
    assert plan.pair.multiple == 3
    assert made.patients == pytest.approx(300.0)
    assert made.ratio == pytest.approx(2.0)
    # 10 a month for 26 weeks, then 20: weeks are 7 of 30.4375 days.
    weeks = 30.4375 / 7.0
    assert made.accrual.duration == pytest.approx(26.0 + (400.0 - 26.0 * 10.0 / weeks) / (20.0 / weeks))
    early, late = [group for group in made.groups if group.arm == "control"]
    assert (early.share, late.share) == pytest.approx((0.2, 0.4 / 3.0))
    assert (early.cure, late.cure) == (0.1, 0.0)
    assert early.hazard.at(5.0) == pytest.approx(math.log(2.0) / 60.0)
    assert early.dropout.at(1.0) == 0.002
    high = next(group for group in made.groups if group.arm == "experimental" and group.stratum == "early")
    assert high.cure == 0.1
    assert high.dropout.at(1.0) == pytest.approx(-math.log(0.95) / 52.0)
    # A hazard ratio among those not cured is not one for all.
    assert plan.statistic == LogRank("average_hazard_ratio", "null", True, 1.0)


def test_looks_wait_for_the_later_and_not_longer_than_the_latest(plan):
    made, info = plan.assumptions, plan.information
    assert info.times[0] == pytest.approx(max(60.0, time_of_events(made, 90)))
    latest = (datetime.date(2029, 6, 30) - datetime.date(2026, 3, 2)).days / 7.0
    assert info.times[1] == pytest.approx(min(time_of_events(made, 150), latest))
    assert plan.dates[0] == datetime.date(2026, 3, 2) + datetime.timedelta(round(info.times[0] * 7))
    assert info.events == pytest.approx(expected(made, info.times).events, rel=1e-9)


def test_two_sided_spends_half_a_side(plan):
    assert (plan.level.alpha, plan.level.sides, plan.test.alpha) == (0.05, 2, 0.025)
    bounds = plan.probabilities.boundaries
    one = sequential_design(plan.fractions, 0.025, mean=plan.information.mean, efficacy=Spend(OBrienFlemingType()))
    assert bounds.efficacy == pytest.approx(one.boundaries.efficacy, abs=1e-6)
    assert plan.probabilities.type_one_error < 0.025


def test_bounds_on_the_scale_of_the_hazard_ratio(plan):
    bounds = plan.probabilities.boundaries
    assert plan.hazard_ratio_at(bounds.futility[0], 1) == pytest.approx(1.0)
    assert plan.hazard_ratio_at(plan.harm[0], 1) == pytest.approx(1.3, rel=1e-9)
    assert plan.harm[1] == -math.inf
    rows = {(row.key.statistic, row.key.look, row.key.under): row for row in rows_of(plan)}
    assert rows["harm_hazard_ratio", 1, ""].value == pytest.approx(1.3, rel=1e-9)
    assert 0.0 < rows["stop_harm", 1, "h1"].value < rows["stop_harm", 1, "h0"].value < 0.5
    contrast = rows["power", None, "h1"].key
    assert (contrast.arm, contrast.versus) == ("high", "old")
    assert rows["planned_date", 1, ""].text.startswith("2027")


def test_levels_that_are_passed_on(protocol):
    assert plan_of(protocol, "h_os").level[:2] == (0.025, 2)
    assert "shared with 1 other" in plan_of(protocol, "h_os").level.source
    assert plan_of(protocol, "h_os").test.alpha == 0.0125


def test_a_look_of_another_hypothesis(protocol, plan):
    own = plan_of(protocol, "h_os")
    assert own.information.times[0] == plan.information.times[1]
    assert own.information.times[1] == 180.0
    assert own.solved == "power"


def test_dates_and_follow_up(protocol):
    plan = plan_of(protocol, "h_pfs", alternative="two_years")
    assert plan.dates[0] == datetime.date(2027, 9, 6)
    assert plan.information.times[1] == pytest.approx(plan.assumptions.accrual.duration + 40.0)
    # Expected when there is no effect: the looks keep their times, and more events are there.
    assert plan.null.times == pytest.approx(plan.information.times)
    assert plan.null.events[1] > plan.information.events[1]


def test_alternatives_take_what_they_do_not_say(protocol, plan):
    other = plan_of(protocol, "h_pfs", alternative="pocock")
    assert other.information == plan.information
    assert other.label == "Pocock"
    low, high = other.probabilities.boundaries.efficacy
    assert low == pytest.approx(high)
    assert other.harm == plan.harm


def test_an_alternative_can_ask_what_power_the_declared_looks_have(protocol):
    declared, other = plan_of(protocol, "h_late"), plan_of(protocol, "h_late", alternative="if_late")
    assert declared.solved == "events"
    assert other.solved == "power"
    assert other.planned.events == pytest.approx(declared.planned.events)
    assert other.fractions == pytest.approx(declared.fractions, abs=0.02)  # of its own variance
    assert other.scenario == "unequal"
    assert other.probabilities.power != pytest.approx(declared.probabilities.power, abs=0.003)


def test_other_statistics(protocol):
    rmst = plan_of(protocol, "h_pfs", alternative="rmst")
    assert rmst.statistic == RestrictedMean(52.0)
    assert not rmst.ratios
    rows = {(row.key.statistic, row.key.look): row for row in rows_of(rmst)}
    assert rows["efficacy_estimate", 2].unit == "weeks"
    assert rows["assumed_difference", None].value == pytest.approx(rmst.information.effect[-1])
    z = rmst.probabilities.boundaries.efficacy[1]
    se = 1.0 / math.sqrt(rmst.information.null_information[1])
    assert rows["efficacy_estimate", 2].value == pytest.approx(z * se)
    milestone = plan_of(protocol, "h_pfs", alternative="milestone")
    assert milestone.statistic == Milestone(52.0)
    assert milestone.fractions == pytest.approx((0.6, 1.0), abs=1e-9)
    late = plan_of(protocol, "h_late")
    assert late.statistic == ModestlyWeighted(12.0, False)
    assert late.solved == "events"
    assert late.information.events[1] == math.ceil(late.exact)
    assert late.probabilities.power == pytest.approx(0.7, abs=0.005)
    combo = plan_of(protocol, "h_any")
    assert isinstance(combo.statistic, MaxCombo)
    assert combo.probabilities.type_one_error == pytest.approx(0.025, abs=1e-4)


def test_response_rates(protocol):
    plan = plan_of(protocol, "h_orr")
    assert plan.rates == pytest.approx((0.3, 0.36))
    assert plan.solved == "patients"
    assert plan.information.enrolled[-1] % 3 == 0
    assert plan.information.enrolled[-1] - plan.exact < 3.0
    assert plan.probabilities.power == pytest.approx(0.8, abs=0.005)
    assert plan.information.null_effect == -0.1
    names = {row.key.statistic for row in rows_of(plan)}
    assert {"assumed_rate", "noninferiority_margin", "maximum_patients", "efficacy_estimate"} <= names
    assert not {"planned_events", "planned_time", "maximum_events"} & names
    with pytest.raises(PlanError, match="no `follow_up`"):
        plan_of(protocol, "h_orr", solve="follow_up")


@pytest.mark.parametrize("name", ["h_pfs", "h_low", "h_os", "h_orr", "h_late", "h_any"])
def test_all_rows_are_in_the_vocabulary_and_in_range(protocol, name):
    from equipoise.results.vocabulary import term

    plan = plan_of(protocol, name)
    rows = list(rows_of(plan))
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        known = term(row.key.statistic)
        assert row.origin == "assumed"
        if row.value is None:
            assert row.text or row.missing
            continue
        assert known.lowest is None or row.value >= known.lowest, row.id
        assert known.highest is None or row.value <= known.highest, row.id


def test_solve_is_an_argument_too(protocol):
    plan = plan_of(protocol, "h_pfs", alternative="two_years", solve="patients")
    assert plan.solved == "patients"
    assert plan.assumptions.patients % 3 == 0
    assert plan.assumptions.patients - plan.exact < 3.0
    assert plan.probabilities.power >= 0.9
    assert plan.assumptions.accrual.duration == pytest.approx(
        plan_of(protocol, "h_pfs", alternative="two_years").assumptions.accrual.duration
    )


def test_harm_beside_a_margin(protocol):
    text = PROTOCOL.replace("alpha_two_sided: 0.05}", "alpha_two_sided: 0.05, margin: 1.2}")
    plan = plan_of(loads_protocol(text), "h_pfs")
    assert plan.information.null_effect == 1.2
    assert plan.hazard_ratio_at(plan.harm[0], 1) == pytest.approx(1.3, rel=1e-6)
    assert plan.hazard_ratio_at(plan.probabilities.boundaries.futility[0], 1) == pytest.approx(1.0)
    # With the margin's slack the same trial has more power.
    assert plan.probabilities.power > plan_of(protocol, "h_pfs").probabilities.power


def test_looks_without_one_of_the_bounds(protocol):
    text = PROTOCOL.replace("{events: 90, at: 60, efficacy: true}", "{events: 90, at: 60, efficacy: false}")
    plan = plan_of(loads_protocol(text), "h_pfs")
    assert plan.probabilities.boundaries.efficacy[0] == math.inf
    assert plan.probabilities.boundaries.efficacy[1] == pytest.approx(1.959964, abs=1e-6)
    names = {(row.key.statistic, row.key.look) for row in rows_of(plan)}
    assert ("efficacy_z", 1) not in names
    assert ("futility_z", 1) in names
    text = PROTOCOL.replace("{events: 90, at: 60, efficacy: true}", "{events: 90, at: 60, futility: false}")
    plan = plan_of(loads_protocol(text), "h_pfs")
    assert plan.probabilities.boundaries.futility[0] == -math.inf
