"""Tests against a margin: rpact's Farrington-Manning statistic, restricted rates by force, and Wald's limits."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from equipoise.analysis.engine import analyze
from equipoise.analysis.method_paragraphs import method_paragraphs
from equipoise.data import load_data
from equipoise.errors import ProtocolError
from equipoise.protocol import loads_protocol

CASES = json.loads((Path(__file__).parents[1] / "reference" / "farrington_manning.json").read_text())["cases"]
TRIAL = """
equipoise: 1
trial: {id: T, title: A trial}
time: {unit: months, data_unit: days}
arms:
  new: {label: New, role: experimental, value: N}
  old: {label: Old, role: control, value: O}
factors: {site: {label: Site, column: SITE, levels: [A, B, C]}}
populations: {itt: {arm: planned}}
endpoints:
  orr: {kind: response, label: Response, source: {table: ADRS, PARAMCD: BOR}, denominator: itt}
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
analysis:
  orr_main: {endpoint: orr, population: itt, conf_level: 0.95STRATA}
  pfs_main: {endpoint: pfs, population: itt}
hypotheses:
HYPOTHESES
"""


def analyzed(tmp_path, rules, tables, hypotheses, *, strata="", ratio=1.0):
    """Tables: (x1, n1, x0, n0) by site."""
    rng = np.random.default_rng(3)
    adsl, adrs, adtte, k = ["USUBJID,TRT01P,SITE"], ["USUBJID,PARAMCD,AVALC"], ["USUBJID,PARAMCD,AVAL,CNSR"], 0
    for site, (x1, n1, x0, n0) in zip("ABC", tables, strict=False):
        for arm, x, n in (("N", x1, n1), ("O", x0, n0)):
            for i in range(int(n)):
                k += 1
                adsl.append(f"{k},{arm},{site}")
                adrs.append(f"{k},BOR,{'PR' if i < x else 'PD'}")
                time = rng.exponential(300 / (ratio if arm == "N" else 1.0))
                adtte.append(f"{k},PFS,{int(min(time, 500)) + 1},{int(time > 500)}")
    for name, lines in (("adsl", adsl), ("adrs", adrs), ("adtte", adtte)):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    text = TRIAL.replace("STRATA", strata).replace("HYPOTHESES", "\n".join(f"  {line}" for line in hypotheses))
    protocol = loads_protocol(text)
    results = analyze(protocol, load_data(protocol, tmp_path))
    rules(protocol, results)
    return results


@pytest.mark.parametrize("case", CASES)
def test_farrington_and_manning_by_rpact(case, tmp_path, rules):
    table = tuple(case[key] for key in ("x1", "n1", "x0", "n0"))
    results = analyzed(
        tmp_path, rules, [table], [f"h: {{analysis: orr_main, alpha_one_sided: 0.025, margin: {case['margin']}}}"]
    )
    method = "farrington_manning.noninferiority"
    assert results.one(statistic="z", method=method).value == pytest.approx(case["z"], rel=1e-9)
    p = results.one(statistic="p_value", hypothesis="h")
    assert p.value == pytest.approx(case["p"], rel=1e-9)
    assert (p.key.method, p.sides, p.multiplicity) == (f"{method}.one_sided", 1, "confirmatory")
    decision = results.one(statistic="decision", hypothesis="h")
    assert decision.text == ("rejected" if case["p"] < 0.025 else "not rejected")
    assert f"Non-inferiority of New to Old (margin: {case['margin']:g} of the response rate)" in decision.method_text


def restricted(x1, n1, x0, n0, d):
    """Rates with r1 - r0 = d and the largest likelihood, by a fine search in r0."""
    low, high = max(0.0, -d), min(1.0, 1.0 - d)
    for _ in range(12):
        grid = np.linspace(low, high, 2001)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = [
                k * np.log(p)
                for k, p in ((x1, grid + d), (n1 - x1, 1 - grid - d), (x0, grid), (n0 - x0, 1 - grid))
                if k
            ]
        best = int(np.nanargmax(sum(terms)))
        step = (high - low) / 2000
        low, high = max(low, grid[best] - 2 * step), min(high, grid[best] + 2 * step)
    return grid[best] + d, grid[best]


def test_strata_are_weighted_as_cochran_mantel_and_haenszel_do(tmp_path, rules):
    tables = [(20, 40, 25, 42), (30, 50, 20, 30), (9, 20, 12, 25)]
    hypotheses = ["h: {analysis: orr_main, alpha_two_sided: 0.05, margin: 0.15}"]
    results = analyzed(tmp_path, rules, tables, hypotheses, strata=", test: {strata: [site]}")
    top = bottom = 0.0
    for x1, n1, x0, n0 in tables:
        r1, r0 = restricted(x1, n1, x0, n0, -0.15)
        w = n1 * n0 / (n1 + n0)
        top += w * (x1 / n1 - x0 / n0 + 0.15)
        bottom += w**2 * (r1 * (1 - r1) / n1 + r0 * (1 - r0) / n0)
    z = results.one(statistic="z", method="farrington_manning.stratified.noninferiority").value
    assert z == pytest.approx(top / math.sqrt(bottom), rel=1e-6)
    p = results.one(statistic="p_value", hypothesis="h")
    assert p.value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=1e-12)
    assert p.key.method.endswith(".two_sided")


def test_wald_against_the_margin_goes_with_the_limit(tmp_path, rules):
    hypotheses = [
        "ni: {analysis: pfs_main, alpha_one_sided: 0.025, margin: 1.3}",
        "strict: {analysis: pfs_main, after: [ni], margin: 1.1}",
        "sup: {analysis: pfs_main, after: [strict]}",
    ]
    results = analyzed(tmp_path, rules, [(50, 220, 50, 220)], hypotheses, ratio=0.9)
    ratio = results.one(statistic="hazard_ratio", analysis="pfs_main", method="cox.efron")
    se = (math.log(ratio.upper) - math.log(ratio.lower)) / (2 * 1.959963984540054)
    found = [row for row in results.select(statistic="z") if row.key.method == "cox.efron.wald.noninferiority"]
    margins = {float(row.key.group("margin")): row.value for row in found}
    assert set(margins) == {1.3, 1.1}
    for margin, z in margins.items():
        assert z == pytest.approx((math.log(margin) - math.log(ratio.value)) / se, rel=1e-9)
    decisions = {row.key.hypothesis: row.text for row in results.select(statistic="decision")}
    assert (decisions["ni"] == "rejected") == (ratio.upper < 1.3)
    assert decisions["ni"] == "rejected"
    assert decisions["strict"] == ("rejected" if ratio.upper < 1.1 else "not rejected")
    p = results.one(statistic="p_value", hypothesis="ni")
    assert p.key.method == "cox.efron.wald.noninferiority.one_sided"
    assert p.value == pytest.approx(0.5 * math.erfc(margins[1.3] / math.sqrt(2)), rel=1e-12)
    assert "margin: hazard ratio 1.3" in results.one(statistic="decision", hypothesis="ni").method_text


def test_an_arm_that_is_much_worse_is_not_declared_not_inferior_by_a_small_two_sided_p(tmp_path, rules):
    hypotheses = ["h: {analysis: pfs_main, alpha_two_sided: 0.05, margin: 1.2}"]
    results = analyzed(tmp_path, rules, [(50, 150, 50, 150)], hypotheses, ratio=3.0)
    assert results.one(statistic="p_value", hypothesis="h").value < 1e-4
    assert results.one(statistic="decision", hypothesis="h").text == "not rejected"


def test_no_events_give_a_reason(run):
    rows = [{"arm": "TC"[i % 2], "time": 10 + i, "status": 0} for i in range(10)]
    results = run(rows, more="hypotheses: {h: {analysis: main, alpha_one_sided: 0.025, margin: 1.3}}\n")
    p = results.one(statistic="p_value", hypothesis="h")
    assert (p.value, p.why()) == (None, "no events")
    assert results.one(statistic="decision", hypothesis="h").text == "not rejected"


def test_the_methods_say_it():
    text = TRIAL.replace("STRATA", "").replace(
        "HYPOTHESES", "  h: {analysis: pfs_main, alpha_one_sided: 0.025, margin: 1.3}"
    )
    words = dict(method_paragraphs(loads_protocol(text)))["Multiplicity"]
    assert "h (PFS, New, non-inferiority, margin: hazard ratio 1.3) at a one-sided level of 0.025" in words
    assert "Non-inferiority was tested against the margin by the Wald statistic of the declared Cox model." in words


@pytest.mark.parametrize(
    ("analysis", "margin"), [("pfs_main", 0.8), ("pfs_main", 1.0), ("orr_main", 1.0), ("orr_main", -0.1)]
)
def test_what_is_no_margin(analysis, margin):
    text = TRIAL.replace("STRATA", "").replace(
        "HYPOTHESES", f"  h: {{analysis: {analysis}, alpha_one_sided: 0.025, margin: {margin}}}"
    )
    with pytest.raises(ProtocolError, match="margin"):
        loads_protocol(text)
