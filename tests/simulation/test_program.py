"""What is asked of simulated looks: by the protocol's words, in days, in the strata that a scenario describes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.analysis.events import Events
from equipoise.analysis.log_rank_steps import LogRankStep
from equipoise.errors import SimulationError
from equipoise.kernels.cox import cox_two_arm
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.kernels.max_combo import max_combo
from equipoise.kernels.rmst import rmst, rmst_contrast
from equipoise.kernels.sim import look_statistics as look
from equipoise.kernels.sim.cox import BRESLOW, EFRON
from equipoise.kernels.sim.ordering import new_scratch
from equipoise.protocol.loading import loads_protocol
from equipoise.simulation.program import program_of

PROTOCOL = """\
equipoise: 1
trial: {id: ASKED, title: Three arms}
time: {unit: weeks, data_unit: days}
arms:
  high: {label: High dose, role: experimental, ratio: 2}
  low: {label: Low dose, role: experimental, ratio: 1}
  old: {label: Old, role: control, ratio: 1}
factors:
  stage: {label: Stage, column: STAGE, verified: STAGEV, levels: [early, late]}
  region: {label: Region, column: REGION, levels: [north, south]}
  sex: {label: Sex, column: SEX, levels: [f, m]}
  age: {label: Age, column: AGE, continuous: true, unit: years}
populations:
  itt: {arm: planned}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  therapy: {kind: time_to_event, label: New therapy, source: {table: ADTTE, PARAMCD: NEXT}}
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: CBOR}, denominator: itt}
analysis:
  main: {endpoint: pfs, population: itt, test: {kind: log_rank, strata: [stage, region]},
         estimate: {kind: cox, ties: breslow, strata: [stage, sex], conf_level: 0.9},
         also: [{kind: trend}, {kind: cox, ties: exact, covariates: [age]}]}
  late: {endpoint: pfs, population: itt, strata_as: verified,
         test: {kind: modestly_weighted, t_star: 12, strata: [stage]}}
  again: {like: main}
  low_s: {endpoint: pfs, population: itt, test: {kind: modestly_weighted, s_star: 0.4}}
  any: {endpoint: pfs, population: itt, test: {kind: max_combo, weights: [[0, 0], [0, 0.5], [1, 1]]}}
  fh: {endpoint: pfs, population: itt, test: {kind: fleming_harrington, rho: 0, gamma: 0.5}}
  rates: {endpoint: orr, population: itt, test: {strata: [region]}}
hypotheses:
  h_main: {analysis: main, arm: high, alpha_one_sided: 0.025}
  h_late: {analysis: late, arm: low, alpha_one_sided: 0.025}
  h_low_s: {analysis: low_s, arm: low, alpha_one_sided: 0.025}
  h_any: {analysis: any, arm: high, alpha_one_sided: 0.025}
  h_fh: {analysis: fh, arm: high, alpha_one_sided: 0.025}
  h_rmst: {analysis: again, arm: high, alpha_one_sided: 0.025}
  h_milestone: {analysis: late, arm: high, alpha_one_sided: 0.025}
  h_margin: {analysis: main, arm: low, alpha_one_sided: 0.025, margin: 1.3}
  h_rate: {analysis: rates, arm: high, alpha_one_sided: 0.025}
  h_rate_margin: {analysis: rates, arm: low, alpha_one_sided: 0.025, margin: 0.1}
scenarios:
  planned:
    enrollment: {patients: 400, duration: 52}
    strata:
      en: {share: 0.3, levels: {stage: early, region: north}}
      es: {share: 0.3, levels: {stage: early, region: south}}
      ln: {share: 0.2, levels: {stage: late, region: north}}
      ls: {share: 0.2, levels: {stage: late, region: south}}
    endpoints: &all
      pfs: {old: {median: 60}, high: {hazard_ratio: 0.6}, low: {hazard_ratio: 0.7}}
      orr: {old: {rate: 0.3}, high: {rate: 0.4}, low: {rate: 0.3}}
  plain:
    enrollment: {patients: 400, duration: 52}
    endpoints:
      pfs: {old: {median: 60}, high: {hazard_ratio: 0.6}, low: {hazard_ratio: 0.7}}
      orr: {old: {rate: 0.3}, high: {rate: 0.4}, low: {rate: 0.3}}
design:
  h_rmst: {assume: planned, statistic: {kind: rmst, time: 52}, looks: [{at: 100}]}
  h_milestone: {assume: planned, statistic: {kind: milestone, time: 26}, looks: [{at: 100}]}
""".replace("&all", "")


@pytest.fixture(scope="module")
def protocol():
    return loads_protocol(PROTOCOL)


@pytest.fixture(scope="module")
def found(protocol):
    questions = program_of(protocol, "planned")
    return questions, {one.hypothesis: (q, one) for q, one in enumerate(questions.asked)}


def test_kinds_names_and_methods_are_those_of_an_analysis(found):
    _, asked = found
    words = {
        name: (one.kind, one.method, one.estimate_name, one.estimate_method, one.arm, one.conf_level)
        for name, (_, one) in asked.items()
    }
    hazard, efron = "hazard_ratio", "cox.efron"
    assert words == {
        "h_main": ("log_rank", "log_rank.stratified", hazard, "cox.breslow.stratified", "high", 0.9),
        "h_late": ("modestly_weighted", "modestly_weighted.t12.stratified", hazard, efron, "low", 0.95),
        "h_low_s": ("modestly_weighted", "modestly_weighted.s0p4", hazard, efron, "low", 0.95),
        "h_any": ("max_combo", "max_combo.r0g0_r0g0p5_r1g1", hazard, efron, "high", 0.95),
        "h_fh": ("fleming_harrington", "fleming_harrington.r0.g0p5", hazard, efron, "high", 0.95),
        "h_rmst": ("rmst", "kaplan_meier.rmst", "rmst_difference", "kaplan_meier.rmst", "high", 0.95),
        "h_milestone": (
            "milestone", "kaplan_meier.difference", "survival_difference", "kaplan_meier", "high", 0.95,
        ),
        "h_margin": (
            "log_rank", "cox.breslow.stratified.wald.noninferiority", hazard, "cox.breslow.stratified", "low", 0.9,
        ),
        "h_rate": (
            "rate", "cochran_mantel_haenszel.stratified", "risk_difference", "mantel_haenszel", "high", 0.95,
        ),
        "h_rate_margin": (
            "rate", "farrington_manning.stratified.noninferiority", "risk_difference", "mantel_haenszel", "low", 0.95,
        ),
    }  # fmt: skip


def test_strata_alike_in_the_named_factors_are_one(found):
    questions, asked = found
    program = questions.program
    q = asked["h_main"][0]
    assert program.code[q].tolist() == [[0, 1, 2, 3], [0, 0, 1, 1]]  # the model: stage; the scenario has no sexes
    assert program.strata[q].tolist() == [4, 2]
    assert program.alike[q] == 0
    assert asked["h_main"][1].constant == ("sex",)
    q = asked["h_rate"][0]
    assert program.code[q, 0].tolist() == [0, 1, 0, 1]
    q = asked["h_fh"][0]
    assert program.code[q].tolist() == [[0, 0, 0, 0]] * 2
    assert program.alike[q] == 1
    assert (questions.strata, questions.weights) == (4, 3)
    assert [bool(flag) for flag in program.verified] == [name == "h_late" for name in asked]


def test_without_strata_in_the_scenario_nothing_is_divided(protocol):
    questions = program_of(protocol, "plain", ["h_main", "h_rate"])
    assert questions.program.code.tolist() == [[[0], [0]]] * 2
    assert questions.strata == 1
    assert questions.asked[0].constant == ("stage", "region", "sex")
    assert questions.weights == 0


def test_numbers_are_in_days(found):
    questions, asked = found
    program, at = questions.program, {name: q for name, (q, _) in asked.items()}
    assert program.t_star[at["h_late"]] == 84.0
    assert math.isnan(program.s_star[at["h_late"]])
    assert program.s_star[at["h_low_s"]] == 0.4
    assert math.isnan(program.t_star[at["h_low_s"]])
    assert program.horizon[at["h_rmst"]] == 364.0
    assert program.horizon[at["h_milestone"]] == 182.0
    assert program.kind[at["h_margin"]] == look.WALD
    assert program.margin[at["h_margin"]] == math.log(1.3)
    assert program.code[at["h_margin"], 0].tolist() == [0, 0, 1, 1]
    assert program.margin[at["h_rate_margin"]] == 0.1
    assert math.isnan(program.margin[at["h_rate"]])
    assert [int(program.ties[at[name]]) for name in ("h_main", "h_fh")] == [BRESLOW, EFRON]
    assert program.rho[at["h_any"], :3].tolist() == [0.0, 0.0, 1.0]
    assert program.gamma[at["h_any"], :3].tolist() == [0.0, 0.5, 1.0]
    assert program.gamma[at["h_fh"], 0] == 0.5
    assert program.weights.tolist() == [3 if name == "h_any" else 0 for name in at]
    kinds = {array.dtype for array in program} - {np.dtype(np.float64), np.dtype(np.int64)}
    assert not kinds
    assert all(array.flags.c_contiguous for array in program)


def test_all_that_is_not_simulated_is_said_at_once():
    text = PROTOCOL.replace(
        "estimate: {kind: cox, ties: breslow, strata: [stage, sex], conf_level: 0.9}",
        "estimate: {kind: cox, ties: exact, covariates: [age, sex], interval: profile}",
    )
    protocol = loads_protocol(text)
    with pytest.raises(SimulationError) as caught:
        program_of(protocol, "nowhere", ["h_main", "h_rmst", "h_any"])
    problems = {(problem.code, problem.where.path, problem.value) for problem in caught.value.problems}
    assert problems == {
        ("simulation.estimate", "analysis.main.estimate.ties", "exact"),
        ("simulation.estimate", "analysis.main.estimate.covariates", "age, sex"),
        ("simulation.estimate", "analysis.main.estimate.interval", "profile"),
        ("simulation.scenario", "scenarios", "nowhere"),
    }
    assert all(problem.cure for problem in caught.value.problems)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("time_dependent", "time_dependent: [therapy]"),
        ("cluster", "variance: robust, cluster: SITEID"),
        ("weights", "weights: IPTW"),
        ("entry", "entry: ENTRY"),
        ("penalty", "penalty: firth"),
        ("interval", "interval: profile"),
    ],
)
def test_each_option_of_a_model(key, written):
    old = "fh: {endpoint: pfs, population: itt,"
    text = PROTOCOL.replace(old, f"{old} estimate: {{kind: cox, {written}}},")
    with pytest.raises(SimulationError) as caught:
        program_of(loads_protocol(text), "planned", ["h_fh"])
    assert f"analysis.fh.estimate.{key}" in {problem.where.path for problem in caught.value.problems}


def test_means_are_not_simulated():
    text = PROTOCOL.replace(
        "  orr: {kind: response",
        "  score: {kind: continuous, label: Score, source: {table: ADQS, PARAMCD: S}, better: lower}\n"
        "  orr: {kind: response",
    )
    text = text.replace(
        "  rates: {endpoint: orr", "  mean: {endpoint: score, population: itt, at: Week 4}\n  rates: {endpoint: orr"
    ).replace("h_fh: {analysis: fh,", "h_fh: {analysis: mean,")
    with pytest.raises(SimulationError) as caught:
        program_of(loads_protocol(text), "planned", ["h_fh"])
    assert [problem.code for problem in caught.value.problems] == ["simulation.analysis"]


@pytest.fixture(scope="module")
def patients():
    """Two arms in the strata of the scenario: times in days, recorded strata, and what an analysis would read."""
    rng = np.random.default_rng(12)
    n = 300
    recorded = rng.choice(4, n, p=[0.3, 0.3, 0.2, 0.2])
    arm = (rng.random(n) < 2 / 3).astype(np.uint8)
    time = np.ceil(rng.exponential(400.0, n) * np.where(recorded < 2, 1.5, 0.7))
    status = (rng.random(n) < 0.8).astype(np.uint8)
    levels = {"stage": recorded // 2, "region": recorded % 2, "sex": np.zeros(n, dtype=np.int64)}
    none = np.array([""] * n)
    events = Events(none, time, status.astype(np.int64), arm.astype(np.int64), none, levels, {}, levels)
    return time, status, arm, recorded.astype(np.int64), events


def looked_at(found, patients, name):
    questions, asked = found
    time, status, arm, recorded, _ = patients
    values, components, covariance = np.zeros(look.VALUES), np.zeros(3), np.zeros((3, 3))
    look.statistics_of_look(
        questions.program, asked[name][0], time, status, arm, recorded, time.size,
        new_scratch(time.size, questions.strata), values, components, covariance,
    )  # fmt: skip
    return values, components


@pytest.mark.parametrize("name", ["h_main", "h_late", "h_low_s", "h_fh", "h_any", "h_margin", "h_rmst"])
def test_a_look_is_analyzed_as_data_are(protocol, found, patients, name):
    values, components = looked_at(found, patients, name)
    events = patients[4]
    declared = protocol.analysis[protocol.hypotheses[name].analysis]
    model = declared.estimate
    strata = None if name == "h_rmst" else events.stratum(model.strata)
    fit = cox_two_arm(events.time, events.event, events.arm, stratum=strata, ties=model.ties)
    expected = [float(fit.coef[0]), float(fit.se[0])]
    if name == "h_any":
        several = max_combo(events.time, events.event, events.arm, weights=declared.test.weights)
        z = several.z_max
        assert components == pytest.approx(several.z, rel=1e-10)
    elif name == "h_rmst":
        means = [rmst(kaplan_meier(events.time[events.arm == a], events.event[events.arm == a]), 364.0) for a in (1, 0)]
        difference = rmst_contrast(*means)
        z, expected = difference.z, [difference.difference, difference.difference_std_err]
    elif name == "h_margin":
        z = (math.log(1.3) - expected[0]) / expected[1]
    else:
        step = LogRankStep("any", declared, declared.test)
        z = step.fit(protocol, events, 2)[0].z
    assert values[:1] == pytest.approx([z], rel=1e-10)
    assert values[2:4] == pytest.approx(expected, rel=1e-10)
    # Which strata are used matters: all three groupings give another number.
    if name == "h_main":
        others = [
            LogRankStep("any", declared, declared.test.model_copy(update={"strata": s})) for s in ((), ("stage",))
        ]
        assert all(abs(step.fit(protocol, events, 2)[0].z - z) > 1e-3 for step in others)
