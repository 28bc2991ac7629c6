"""The hierarchy: levels passed on, branches that stop, and a family-wise error that stays where it was declared."""

from __future__ import annotations

import csv
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.analysis.engine import analyze
from equipoise.analysis.hypotheses import check, levels, notes
from equipoise.data import load_data
from equipoise.errors import PlanError
from equipoise.protocol.analysis import Hypothesis
from equipoise.protocol.loading import load_protocol

CHAIN = """  second: {{endpoint: pfs, population: itt, survival: {{interval: log}}}}
  third: {{endpoint: pfs, population: itt, survival: {{interval: plain}}}}
hypotheses:
  h1: {{analysis: main, {alpha}}}
  h2: {{analysis: second, after: [h1]}}
  h3: {{analysis: third, after: [h2]}}
"""


def rows_with(ratio: float, n=200, seed=5):
    """Two arms whose hazards have this ratio."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        arm = "TC"[i % 2]
        time = int(rng.exponential(300 * (1 / ratio if arm == "T" else 1))) + 1
        rows.append({"arm": arm, "time": min(time, 700), "status": int(time <= 700)})
    return rows


def decisions(results):
    return {row.key.hypothesis: row.text for row in results.select(statistic="decision")}


def confirmatory(results):
    return [row.key.hypothesis for row in results if row.key.statistic == "p_value" and row.key.hypothesis]


def test_a_chain_is_followed_while_it_is_rejected(run):
    results = run(rows_with(0.4), more=CHAIN.format(alpha="alpha_two_sided: 0.05"))
    assert decisions(results) == dict.fromkeys(("h1", "h2", "h3"), "rejected")
    assert confirmatory(results) == ["h1", "h2", "h3"]
    for row in results.select(statistic="p_value", hypothesis="h2"):
        nominal = results.one(
            statistic="p_value", analysis="second", method="log_rank.two_sided", hypothesis="", arm="trt"
        )
        assert (row.value, row.multiplicity, row.sides) == (nominal.value, "confirmatory", 2)
        assert nominal.multiplicity == "nominal"
        assert row.key.method == "log_rank.two_sided"
    assert [row.value for row in results.select(statistic="significance_level")] == [0.05, 0.05, 0.05]


def test_nothing_is_tested_below_a_primary_that_is_not_significant(run):
    results = run(rows_with(1.0), more=CHAIN.format(alpha="alpha_two_sided: 0.05"))
    assert decisions(results) == {"h1": "not rejected", "h2": "not tested", "h3": "not tested"}
    assert confirmatory(results) == ["h1"]
    assert "h1 was not rejected" in results.one(statistic="decision", hypothesis="h2").method_text
    assert "h2 was not rejected" in results.one(statistic="decision", hypothesis="h3").method_text


def test_a_significant_effect_in_the_wrong_direction_rejects_nothing(run):
    results = run(rows_with(2.5), more=CHAIN.format(alpha="alpha_two_sided: 0.05"))
    p = results.one(statistic="p_value", hypothesis="h1")
    assert p.value < 0.001
    assert decisions(results)["h1"] == "not rejected"
    assert "does not favour" in results.one(statistic="decision", hypothesis="h1").method_text
    assert confirmatory(results) == ["h1"]


@pytest.mark.parametrize("seed", range(8))
def test_one_sided_alpha_decides_as_twice_as_much_two_sided(run, seed):
    rows = rows_with(0.75, seed=seed)
    two = run(rows, more=CHAIN.format(alpha="alpha_two_sided: 0.05"))
    one = run(rows, more=CHAIN.format(alpha="alpha_one_sided: 0.025"))
    assert decisions(one) == decisions(two)
    p_one, p_two = (r.one(statistic="p_value", hypothesis="h1") for r in (one, two))
    assert (p_one.sides, p_two.sides) == (1, 2)
    assert p_one.value == pytest.approx(p_two.value / 2) or p_two.value > 0.5
    assert [r.sides for r in one.select(statistic="significance_level")] == [1, 1, 1]


def test_a_test_that_can_not_be_done_is_not_rejected(run):
    rows = [{"arm": "TC"[i % 2], "time": 10 + i, "status": 0} for i in range(10)]
    results = run(rows, more=CHAIN.format(alpha="alpha_two_sided: 0.05"))
    assert decisions(results) == {"h1": "not rejected", "h2": "not tested", "h3": "not tested"}
    p = results.one(statistic="p_value", hypothesis="h1")
    assert (p.value, p.why()) == (None, "no events")


def test_order_of_declaration_does_not_matter(run):
    reverse = """  second: {endpoint: pfs, population: itt, survival: {interval: log}}
hypotheses:
  late:  {analysis: second, after: [early]}
  early: {analysis: main, alpha_two_sided: 0.05}
"""
    assert decisions(run(rows_with(0.4), more=reverse)) == {"late": "rejected", "early": "rejected"}
    assert decisions(run(rows_with(1.0), more=reverse)) == {"late": "not tested", "early": "not rejected"}


def declare(**hypotheses):
    return {name: Hypothesis.model_validate({"analysis": "main", **fields}) for name, fields in hypotheses.items()}


class Trial:
    """As much of a protocol as levels need."""

    multiplicity = None
    design = ()

    def __init__(self, hypotheses, *, experimental=("trt",), kind="time_to_event"):
        self.hypotheses = hypotheses
        self.experimental = experimental
        self.analysis = {"main": type("Analysis", (), {"kind": kind})}


def test_followers_share_what_is_passed_on():
    declared = declare(
        a={"alpha_two_sided": 0.05}, b={"after": ["a"]}, c={"after": ["a"]}, d={"after": ["b"]}, e={"after": ["b", "c"]}
    )
    found = {name: level.two_sided for name, level in levels(declared).items()}
    # d and e share what b passes on; c passes all it has to e, but the smaller share counts.
    assert found == pytest.approx({"a": 0.05, "b": 0.025, "c": 0.025, "d": 0.0125, "e": 0.0125})
    assert not list(check(Trial(declared)))
    assert [note.message for note in notes(Trial(declared))] == [
        "a is followed by 2 hypotheses, which share its level",
        "b is followed by 2 hypotheses, which share its level",
    ]


def test_declared_alphas_come_off_before_the_rest_is_shared():
    declared = declare(
        a={"alpha_one_sided": 0.025},
        b={"after": ["a"], "alpha_one_sided": 0.02},
        c={"after": ["a"]},
        d={"after": ["c"]},
    )
    found = levels(declared)
    assert found["c"].alpha == pytest.approx(0.005)
    assert found["d"] == (pytest.approx(0.005), 1, "passed on by c")
    assert not list(check(Trial(declared)))


def test_two_followers_can_not_both_have_the_full_level():
    declared = declare(
        a={"alpha_two_sided": 0.05},
        b={"after": ["a"], "alpha_two_sided": 0.05},
        c={"after": ["a"], "alpha_two_sided": 0.05},
    )
    (problem,) = check(Trial(declared))
    assert (problem.code, problem.severity, problem.value) == ("plan.alpha_exceeds", "error", "b, c")


def test_levels_that_do_not_fit_stop_the_analysis(run):
    more = """  second: {endpoint: pfs, population: itt, survival: {interval: log}}
  third: {endpoint: pfs, population: itt, survival: {interval: plain}}
hypotheses:
  a: {analysis: main, alpha_two_sided: 0.05}
  b: {analysis: second, after: [a], alpha_two_sided: 0.04}
  c: {analysis: third, after: [a], alpha_one_sided: 0.01}
"""
    with pytest.raises(PlanError, match=r"declared after a add up to 0\.06"):
        run(rows_with(0.4), more=more)


def test_a_protocol_made_without_the_loader_is_checked_too():
    declared = declare(a={"alpha_two_sided": 0.05})
    problems = check(Trial(declared, experimental=("trt", "mid"), kind="adverse_events"))
    assert [problem.code for problem in problems] == ["plan.hypothesis_arm", "plan.no_test"]


def test_several_starts_are_noted():
    declared = declare(a={"alpha_two_sided": 0.04}, b={"alpha_two_sided": 0.01})
    (note,) = notes(Trial(declared))
    assert "at most their sum, 0.05" in note.message


@st.composite
def graphs(draw):
    """Hypotheses h0, h1, ...: each start with an alpha, each later one after some of those before it."""
    n = draw(st.integers(2, 6))
    declared = {}
    for i in range(n):
        parents = draw(st.lists(st.integers(0, i - 1), unique=True, max_size=3)) if i else []
        fields = {"after": [f"h{p}" for p in parents]}
        if not parents:
            fields["alpha_two_sided"] = draw(st.sampled_from([0.01, 0.025, 0.05]))
        elif draw(st.booleans()):
            fields["alpha_two_sided"] = draw(st.sampled_from([0.001, 0.005, 0.0125]))
        declared[f"h{i}"] = fields
    return declare(**declared)


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_levels_of_hypotheses_none_of_which_precedes_another_never_exceed_the_start(declared):
    """The bound of the family-wise error, by brute force over all such sets."""
    if list(check(Trial(declared))):
        return
    known = {name: level.two_sided for name, level in levels(declared).items()}
    start = sum(known[name] for name, hypothesis in declared.items() if not hypothesis.after)
    before = {}
    for name, hypothesis in declared.items():
        before[name] = set(hypothesis.after).union(*(before[parent] for parent in hypothesis.after))
    for size in range(1, len(declared) + 1):
        for chosen in itertools.combinations(declared, size):
            if any(a in before[b] or b in before[a] for a, b in itertools.combinations(chosen, 2)):
                continue
            assert sum(known[name] for name in chosen) <= start + 1e-12


def test_the_family_wise_error_of_a_branching_graph_is_controlled():
    """All nulls true, independent P: rejections of anything stay at the level of the start."""
    declared = declare(a={"alpha_two_sided": 0.2}, b={"after": ["a"]}, c={"after": ["a"]}, d={"after": ["b", "c"]})
    known = levels(declared)
    p = np.random.default_rng(7).random((20_000, 4))
    # `a` is false here (always rejected), so that the error is made among its followers.
    rejected_b, rejected_c = p[:, 1] < known["b"].alpha, p[:, 2] < known["c"].alpha
    rejected_d = rejected_b & rejected_c & (p[:, 3] < known["d"].alpha)
    rate = (rejected_b | rejected_c | rejected_d).mean()
    assert rate < 0.2 + 3 * np.sqrt(0.2 * 0.8 / 20_000)
    assert rate > 0.15


RESPONSE = """
equipoise: 1
trial: {{id: ADAM, title: Response}}
arms:
  trt: {{label: Treatment, role: experimental, value: T}}
  ctl: {{label: Control, role: control, value: C}}
factors: {{site: {{label: Site, column: SITE, levels: [A, B]}}}}
populations: {{itt: {{label: All, arm: planned}}}}
endpoints:
  orr: {{kind: response, label: Response, source: {{table: ADRS, PARAMCD: BOR}}, denominator: itt}}
analysis:
  orr_main: {{endpoint: orr, population: itt, test: {{strata: [{strata}]}}}}
hypotheses:
  h: {{analysis: orr_main, {alpha}}}
"""


@pytest.mark.parametrize(("strata", "method"), [("", ""), ("site", ".stratified")])
@pytest.mark.parametrize(("alpha", "sides"), [("alpha_two_sided: 0.05", "two"), ("alpha_one_sided: 0.025", "one")])
@pytest.mark.parametrize(("responders", "decision"), [((30, 10), "rejected"), ((20, 19), "not rejected")])
def test_a_hypothesis_of_response_takes_its_cochran_mantel_haenszel_p(
    tmp_path, rules, strata, method, alpha, sides, responders, decision
):
    (tmp_path / "trial.yaml").write_text(RESPONSE.format(strata=strata, alpha=alpha))
    (tmp_path / "data").mkdir()
    adsl, adrs = [["USUBJID", "TRT01P", "RANDFL", "SITE"]], [["USUBJID", "PARAMCD", "AVALC"]]
    for arm, count in zip("TC", responders, strict=True):
        for i in range(50):
            adsl.append([f"{arm}{i}", arm, "Y", "AB"[i % 2]])
            adrs.append([f"{arm}{i}", "BOR", "PR" if i < count else "PD"])
    for name, table in (("adsl", adsl), ("adrs", adrs)):
        with (tmp_path / "data" / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(table)
    protocol = load_protocol(tmp_path / "trial.yaml")
    results = analyze(protocol, load_data(protocol, tmp_path / "data"))
    rules(protocol, results)
    p = results.one(statistic="p_value", hypothesis="h")
    assert p.key.method == f"cochran_mantel_haenszel{method}.{sides}_sided"
    nominal = results.one(statistic="p_value", hypothesis="", arm="trt", method=p.key.method)
    assert (p.value, nominal.key.group("response")) == (nominal.value, "objective")
    assert results.one(statistic="decision", hypothesis="h").text == decision
