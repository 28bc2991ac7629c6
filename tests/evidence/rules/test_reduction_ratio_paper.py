"""Reductions against ratios."""

from __future__ import annotations

import pytest

from equipoise.evidence.rules import reduction_ratio

SAME = {"endpoint": "progression_free_survival", "arm": "a", "versus": "b"}


@pytest.mark.parametrize(
    ("reduction", "ratio", "expected"),
    [
        ("25", "0.75", "consistent"),
        ("25.4", "0.75", "consistent"),
        ("25.53", "0.75", "remark"),  # only through 0.7447, 0.745
        ("25.6", "0.75", "remark"),
        ("25.7", "0.75", "contradicted"),
        ("35", "0.75", "contradicted"),
        ("68", "0.42", "contradicted"),  # CheckMate 76K as it was changed
        ("50", "1.5", "consistent"),
        ("33", "1.5", "remark"),  # 1 - 1/1.5
        ("~30", "0.72", "consistent"),
        ("~50", "0.72", "remark"),
    ],
)
def test_reduction_and_ratio(claim, verdict, reduction, ratio, expected):
    told = claim("risk_reduction", reduction, quote="lower hazard", **SAME)
    assert verdict(reduction_ratio, told, claim("hazard_ratio", ratio, **SAME)) == expected


def test_a_hazard_told_as_a_risk(claim, found):
    text = "a 28% lower risk of death (hazard ratio 0.72)"
    place = {"sentence": (0, len(text)), **SAME}
    (one,) = found(
        reduction_ratio,
        claim("risk_reduction", "28", quote="28% lower risk", start=2, **place),
        claim("hazard_ratio", "0.72", start=26, **place),
        text=text,
    )
    assert one.verdict == "remark"
    assert "told as a reduction of risk" in one.sentence
    text = "a 28% reduction in the hazard of death (HR 0.72)"
    place = {"sentence": (0, len(text)), **SAME}
    (one,) = found(
        reduction_ratio,
        claim("risk_reduction", "28", quote="28%", start=2, **place),
        claim("hazard_ratio", "0.72", start=26, **place),
        text=text,
    )
    assert one.verdict == "consistent"


def test_a_risk_ratio_may_be_told_as_a_risk(claim, verdict):
    one = claim("risk_reduction", "28", quote="28% lower risk", **SAME)
    assert verdict(reduction_ratio, one, claim("risk_ratio", "0.72", **SAME)) == "consistent"


def test_the_proportions_may_have_given_it(claim, verdict):
    parts = [claim("proportion", "14.1", endpoint="e", arm="a"), claim("proportion", "17.2", endpoint="e", arm="b")]
    ratio = claim("hazard_ratio", "0.85", endpoint="e")
    assert verdict(reduction_ratio, claim("risk_reduction", "18", endpoint="e"), ratio, *parts) == "remark"
    assert verdict(reduction_ratio, claim("risk_reduction", "28", endpoint="e"), ratio, *parts) == "contradicted"


def test_only_beside_it(claim, verdict):
    far = claim("hazard_ratio", "0.75", start=900, sentence=(900, 1000), **SAME)
    near = claim("risk_reduction", "35", sentence=(0, 100), **SAME)
    assert verdict(reduction_ratio, near, far) == "remark"
    other = claim("hazard_ratio", "0.75", endpoint="overall_survival")
    assert verdict(reduction_ratio, claim("risk_reduction", "35", **SAME), other) == ""


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (("4", "41"), "consistent"),
        (("4", "42"), "consistent"),
        (("4", "43"), "contradicted"),
        (("8", "41"), "contradicted"),
    ],
)
def test_limits_of_an_efficacy(claim, verdict, limits, expected):
    ratio = claim("rate_ratio", "0.75", ci=("0.59", "0.96"), **SAME)
    assert verdict(reduction_ratio, claim("risk_reduction", "25", ci=limits, **SAME), ratio) == expected


def test_several_ratios_of_a_sentence(claim, verdict):
    ratios = [claim("hazard_ratio", "0.75", **SAME), claim("hazard_ratio", "0.86", **SAME)]
    assert verdict(reduction_ratio, claim("risk_reduction", "14", quote="14%", **SAME), *ratios) == "consistent"
    assert verdict(reduction_ratio, claim("risk_reduction", "30", quote="30%", **SAME), *ratios) == "remark"
