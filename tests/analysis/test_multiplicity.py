"""Graphs and looks in an analysis: which level each hypothesis has, and what is said of those not reached."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from equipoise.analysis.final_look import final_look, planned_looks
from equipoise.analysis.method_paragraphs import method_paragraphs
from equipoise.design.graph import Graph
from equipoise.design.levels import Level
from equipoise.errors import PlanError
from equipoise.protocol import loads_protocol

MORE = """  late: {{endpoint: pfs, population: itt, test: {{kind: fleming_harrington, rho: 0, gamma: 1}}}}
  early: {{endpoint: pfs, population: itt, test: {{kind: fleming_harrington, rho: 1, gamma: 0}}}}
hypotheses:
  h1: {{analysis: main}}
  h2: {{analysis: late}}
  h3: {{analysis: early}}
multiplicity:
  {alpha}
  weights: {weights}
  transitions: {transitions}
"""
WEIGHTS = {"h1": 0.6, "h2": 0.4, "h3": 0.0}
TRANSITIONS = {"h1": {"h2": 0.5, "h3": 0.5}, "h2": {"h1": 1.0}, "h3": {"h1": 1.0}}


def declared(alpha="alpha_one_sided: 0.025", weights=WEIGHTS, transitions=TRANSITIONS):
    return MORE.format(alpha=alpha, weights=weights, transitions=transitions).replace("'", "")


def rows_with(ratio: float, n=200, seed=5):
    """Two arms whose hazards have this ratio."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        arm = "TC"[i % 2]
        time = int(rng.exponential(300 * (1 / ratio if arm == "T" else 1))) + 1
        rows.append({"arm": arm, "time": min(time, 700), "status": int(time <= 700)})
    return rows


METHODS = {
    "h1": ("main", "log_rank"), "h2": ("late", "fleming_harrington.r0.g1"), "h3": ("early", "fleming_harrington.r1.g0"),
}  # fmt: skip


def nominal(results, sides):
    return {
        name: results.one(
            statistic="p_value", analysis=analysis, method=f"{method}.{sides}", hypothesis="", arm="trt"
        ).value
        for name, (analysis, method) in METHODS.items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_graph_decides_and_levels_are_those_at_the_end(run, seed):
    results = run(rows_with(0.72, seed=seed), more=declared())
    answer = Graph(WEIGHTS, TRANSITIONS).test(nominal(results, "one_sided"), 0.025)
    decisions = {row.key.hypothesis: row.text for row in results.select(statistic="decision")}
    assert {name for name, text in decisions.items() if text == "rejected"} == set(answer.rejected)
    shown = {row.key.hypothesis: row for row in results.select(statistic="p_value") if row.key.hypothesis}
    for name, level in answer.levels:
        row = results.one(statistic="significance_level", hypothesis=name)
        if level > 0:
            assert row.value == pytest.approx(level, rel=1e-12)
            assert shown[name].value == nominal(results, "one_sided")[name]
            assert shown[name].multiplicity == "confirmatory"
            assert decisions[name] in ("rejected", "not rejected")
        else:
            assert (row.value, row.why()) == (None, "no share of alpha reached it")
            assert name not in shown
            assert decisions[name] == "not tested"


def test_different_seeds_end_differently(run):
    ends = {
        tuple(row.text for row in run(rows_with(0.72, seed=s), more=declared()).select(statistic="decision"))
        for s in range(6)
    }
    assert len(ends) >= 3


@pytest.mark.parametrize("seed", range(4))
def test_a_two_sided_level_decides_as_half_of_it_on_one_side(run, seed):
    rows = rows_with(0.72, seed=seed)
    one, two = (run(rows, more=declared(alpha)) for alpha in ("alpha_one_sided: 0.025", "alpha_two_sided: 0.05"))
    texts = [[row.text for row in results.select(statistic="decision")] for results in (one, two)]
    assert texts[0] == texts[1]
    for name in METHODS:
        a, b = (results.one(statistic="significance_level", hypothesis=name) for results in (one, two))
        assert (a.sides, b.sides) == (1, 2)
        assert b.value == (None if a.value is None else pytest.approx(2 * a.value))


def test_an_effect_in_the_wrong_direction_passes_nothing_on(run):
    results = run(rows_with(2.5), more=declared("alpha_two_sided: 0.05"))
    assert results.one(statistic="p_value", hypothesis="h1").value < 0.001
    assert [row.text for row in results.select(statistic="decision")] == ["not rejected", "not rejected", "not tested"]
    assert "does not favour" in results.one(statistic="decision", hypothesis="h1").method_text


def test_the_level_says_where_it_comes_from(run):
    results = run(rows_with(0.4), more=declared())
    texts = [results.one(statistic="significance_level", hypothesis=name).method_text for name in METHODS]
    assert sum("at the start" in text for text in texts) == 1
    assert sum("after rejection of h" in text for text in texts) == 2
    assert all("one-sided level from the graph, " in text for text in texts)
    words = dict(method_paragraphs(loads_protocol(PROTOCOL)))["Multiplicity"]
    assert "shared a one-sided level of 0.025 in a graph" in words
    assert "from h_pfs 1 to h_os" in words
    assert "h_pfs and h_os: the level at the last look" in words


# ---- looks

PROTOCOL = """
equipoise: 1
trial: {id: T, title: A trial}
time: {unit: months, data_unit: days}
arms: {new: {label: New, role: experimental}, old: {label: Old, role: control}}
populations: {itt: {arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
analysis:
  pfs_main: {endpoint: pfs, population: itt}
  os_main: {endpoint: os, population: itt}
hypotheses: {h_pfs: {analysis: pfs_main}, h_os: {analysis: os_main}}
multiplicity:
  alpha_one_sided: 0.025
  weights: {h_pfs: 1, h_os: 0}
  transitions: {h_pfs: {h_os: 1}}
scenarios:
  planned:
    enrollment: {patients: 600, per_month: [{rate: 20}]}
    endpoints:
      pfs: {old: {median: 12}, new: {hazard_ratio: 0.7}}
      os: {old: {median: 24}, new: {hazard_ratio: 0.8}}
design:
  h_pfs: {assume: planned, efficacy: {spending: obrien_fleming}, looks: [{events: 165}, {events: 330}]}
  h_os: {assume: planned, efficacy: {spending: obrien_fleming}, looks: [{events: 100}, {events: 180}, {events: 300}]}
"""
NODES = np.polynomial.legendre.leggauss(200)
ONE_SIDE = Level(0.025, 1, "declared")


def z_of(level):
    from scipy.special import ndtri

    return -float(ndtri(level.one_side))


def crossing(first, second, correlation):
    """P(Z1 >= first or Z2 >= second) by one integral (Gauss-Legendre)."""
    x, w = NODES
    at = -9.0 + (first + 9.0) * (x + 1) / 2
    below = [0.5 * math.erfc(-(second - correlation * t) / math.sqrt(2 * (1 - correlation**2))) for t in at]
    density = np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    return 1.0 - float((first + 9.0) / 2 * (w * density) @ np.array(below))


def looks_of(text=PROTOCOL, name="h_pfs", edits=()):
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return planned_looks(loads_protocol(text), name)


def test_the_last_level_follows_the_events():
    planned = looks_of()
    assert z_of(final_look(planned, ONE_SIDE, 330).level) == pytest.approx(1.968596, abs=1e-6)
    assert z_of(final_look(planned, ONE_SIDE, None).level) == pytest.approx(1.968596, abs=1e-6)
    found = final_look(planned, ONE_SIDE, 345)
    assert z_of(found.level) == pytest.approx(1.969346, abs=1e-6)
    first = 2.962588042727548
    for events in (260, 300, 345, 500):
        z = z_of(final_look(planned, ONE_SIDE, events).level)
        assert crossing(first, z, math.sqrt(165 / events)) == pytest.approx(0.025, abs=1e-10)
    assert "345 events of this look (330 planned)" in found.text
    assert "assumed held as planned, at 165 events" in found.text


def test_a_two_sided_level_spends_half_of_it_on_each_side():
    found = final_look(looks_of(), Level(0.05, 2, "declared"), 345)
    assert found.level.sides == 2
    assert z_of(found.level) == pytest.approx(1.969346, abs=1e-5)
    assert found.level.alpha == pytest.approx(2 * final_look(looks_of(), ONE_SIDE, 345).level.alpha, rel=1e-5)


def test_three_looks():
    """R 4.2.2, mvtnorm: O'Brien-Fleming type at 0.5, 0.75 and 1 of the information (gsDesign's grid gives 2.014080)."""
    edits = [("[{events: 100}, {events: 180}, {events: 300}]", "[{events: 200}, {events: 300}, {events: 400}]")]
    level = final_look(looks_of(name="h_os", edits=edits), ONE_SIDE, 400).level
    assert z_of(level) == pytest.approx(2.01408366824052, abs=1e-9)


@pytest.mark.parametrize(("events", "look"), [(100, 1), (165, 1), (240, 1)])
def test_data_of_an_interim_look_are_not_tested_as_if_it_were_the_last(events, look):
    found = final_look(looks_of(), ONE_SIDE, events)
    assert f"as at the planned look {look} of 2" in found.why
    assert "equipoise monitor" in found.why


@pytest.mark.parametrize(
    ("bounds", "z"),
    [
        ("{boundary: pocock}", None),
        ("{boundary: obrien_fleming}", None),
        ("{boundary: haybittle_peto}", None),
        ("{boundary: haybittle_peto, final: unadjusted}", 1.959963984540054),
        ("{z: [3, 2.1]}", 2.1),
        ("{alpha: [0.005, 0.025]}", None),
        ("none", 1.959963984540054),
    ],
)
def test_other_bounds(bounds, z):
    alone = "h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}"
    graph = PROTOCOL[PROTOCOL.index("multiplicity:") : PROTOCOL.index("scenarios:")]
    single = [("h_pfs: {analysis: pfs_main}, h_os: {analysis: os_main}", alone), (graph, "")]
    single.append((PROTOCOL[PROTOCOL.index("  h_os: {assume") :], ""))
    more = ", futility: {z: [0]}" if bounds == "none" else ""
    planned = looks_of(edits=[*single, ("efficacy: {spending: obrien_fleming}", f"efficacy: {bounds}{more}")])
    found = z_of(final_look(planned, ONE_SIDE, 345).level)
    if z is not None:
        assert found == pytest.approx(z, abs=1e-9)
        return
    # the first bound is the planned one, whatever the events; what is spent altogether is alpha
    at_plan = z_of(final_look(planned, ONE_SIDE, 330).level)
    low, high = 1.5, 4.5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if crossing(middle, at_plan, math.sqrt(0.5)) > 0.025 else (low, middle)
    assert crossing(low, found, math.sqrt(165 / 345)) == pytest.approx(0.025, abs=1e-9)


def test_listed_alpha_is_spent_in_proportion_at_a_share_of_it():
    planned = looks_of(edits=[("h_pfs: {assume: planned, efficacy: {spending: obrien_fleming}",
                               "h_pfs: {assume: planned, efficacy: {alpha: [0.005, 0.025]}")])  # fmt: skip
    from scipy.special import ndtri

    z = z_of(final_look(planned, Level(0.0125, 1, "a share"), 330).level)
    assert crossing(-float(ndtri(0.0025)), z, math.sqrt(0.5)) == pytest.approx(0.0125, abs=1e-10)


def test_a_largest_statistic_is_tested_at_what_the_interim_looks_left():
    edits = [
        (
            "pfs_main: {endpoint: pfs, population: itt}",
            "pfs_main: {endpoint: pfs, population: itt, test: {kind: max_combo}}",
        )
    ]
    found = final_look(looks_of(edits=edits), ONE_SIDE, 330)
    assert 0.02 < found.level.alpha < 0.025
    assert "Bonferroni" in found.text


def test_one_look_has_the_whole_level():
    edits = [("looks: [{events: 165}, {events: 330}]", "looks: [{events: 330}]")]
    assert looks_of(edits=edits) is None


def test_looks_by_time_take_what_is_expected():
    planned = looks_of(edits=[("[{events: 165}, {events: 330}]", "[{at: 24}, {events: 330}]")])
    assert planned.counts[1] == 330
    assert 100 < planned.counts[0] < 330
    assert planned.fractions == (planned.counts[0] / 330, 1.0)
    assert z_of(final_look(planned, ONE_SIDE, 330).level) > 1.96


def trial_with(looks, alpha="alpha_one_sided: 0.025"):
    return f"""hypotheses: {{h: {{analysis: main, {alpha}}}}}
scenarios:
  planned:
    enrollment: {{patients: 400, per_month: [{{rate: 20}}]}}
    endpoints: {{pfs: {{ctl: {{median: 10}}, trt: {{hazard_ratio: 0.7}}}}}}
design:
  h: {{assume: planned, efficacy: {{boundary: pocock}}, looks: {looks}}}
"""


def test_a_p_between_both_levels_is_not_enough(run):
    rows = rows_with(0.72, seed=9)
    events = sum(row["status"] for row in rows)
    plain = run(rows, more="hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}\n")
    looked = run(rows, more=trial_with([{"events": events // 2}, {"events": events}]).replace("'", ""))
    p = plain.one(statistic="p_value", hypothesis="h").value
    level = looked.one(statistic="significance_level", hypothesis="h")
    assert level.value == pytest.approx(0.0147, abs=5e-4)  # Pocock's constant of two looks is 2.178
    assert looked.one(statistic="p_value", hypothesis="h").value == p
    assert level.value < p < 0.025
    assert plain.one(statistic="decision", hypothesis="h").text == "rejected"
    assert looked.one(statistic="decision", hypothesis="h").text == "not rejected"
    assert re.search(r"the last of 2 looks \(Pocock\).*without stopping", level.method_text)


def test_no_p_of_data_that_are_an_interim_look(run):
    rows = rows_with(0.4)
    events = sum(row["status"] for row in rows)
    looks = str([{"events": events}, {"events": 2 * events}]).replace("'", "")
    results = run(rows, more=trial_with(looks))
    assert results.one(statistic="decision", hypothesis="h").text == "not tested"
    assert not [row for row in results.select(statistic="p_value") if row.key.hypothesis]
    assert "interim looks are read by" in results.one(statistic="decision", hypothesis="h").method_text


def test_bounds_listed_as_z_have_no_place_in_a_graph(run):
    more = declared() + trial_with("[{events: 10}, {events: 20}]").split("\n", 1)[1].replace("h: {", "h1: {").replace(
        "boundary: pocock", "z: [3, 2]"
    )
    with pytest.raises(PlanError, match="listed as z"):
        run(rows_with(0.5, n=60), more=more)


def test_a_design_that_can_not_be_computed_is_a_problem_before_anything_runs(run):
    # the last look would be held before the first
    more = trial_with("[{at: 12}, {events: 399, latest_at: 10}]")
    with pytest.raises(PlanError) as caught:
        run(rows_with(0.5, n=60), more=more)
    assert all(problem.where.path.startswith("design.h") for problem in caught.value.problems)


RESPONSE = """
equipoise: 1
trial: {id: T, title: A trial}
arms: {new: {label: New, role: experimental}, old: {label: Old, role: control}}
populations: {itt: {arm: planned}}
endpoints: {orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}}
analysis: {orr_main: {endpoint: orr, population: itt}}
hypotheses: {h: {analysis: orr_main, alpha_one_sided: 0.025}}
scenarios:
  planned:
    enrollment: {patients: 200, per_month: [{rate: 20}]}
    endpoints: {orr: {old: {rate: 0.3}, new: {rate: 0.5}}}
design:
  h: {assume: planned, efficacy: {boundary: pocock}, looks: [{information: 0.5}, {information: 1}]}
"""


def test_looks_at_responses_are_counted_in_patients():
    planned = planned_looks(loads_protocol(RESPONSE), "h")
    assert (planned.counts, planned.what, planned.follows) == ((100.0, 200.0), "patients", "planned")
    assert z_of(final_look(planned, ONE_SIDE, 210).level) == pytest.approx(2.178272, abs=1e-5)  # Pocock's constant
    assert "as at the planned look 1 of 2" in final_look(planned, ONE_SIDE, 120).why


def test_a_graph_that_would_look_back_says_that_it_did_not():
    text = PROTOCOL.replace("  weights:", "  look_back: true\n  weights:")
    words = dict(method_paragraphs(loads_protocol(text)))["Multiplicity"]
    assert "were not looked back at" in words
    assert "looked back" not in dict(method_paragraphs(loads_protocol(PROTOCOL)))["Multiplicity"]
