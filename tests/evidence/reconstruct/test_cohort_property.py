"""What holds for every synthetic patient: one story each, inside the dates; and the same bytes every time."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from equipoise.evidence.facts.read import load_facts
from equipoise.evidence.reconstruct.cohort import reconstruct_facts
from equipoise.evidence.reconstruct.cohort_arm import Course
from equipoise.evidence.reconstruct.cohort_build import build
from equipoise.evidence.reconstruct.cohort_contrast import Model, estimate
from equipoise.evidence.reconstruct.cohort_goals import goals_of
from equipoise.evidence.reconstruct.cohort_match import partners
from equipoise.evidence.reconstruct.cohort_protocol import protocol_of

FACTS = Path(__file__).parents[3] / "examples" / "patina" / "facts.yaml"


@pytest.fixture(scope="module", params=[0, 1, 7, 15])
def cohort(request):
    file = load_facts(FACTS)
    goals = goals_of(file)
    return build(file, goals, protocol_of(file, goals, "test"), request.param)


def wide(cohort) -> pl.DataFrame:
    times = cohort.tables["ADTTE"]
    frame = cohort.tables["ADSL"]
    for code in ("PFS", "OS", "DOR"):
        mine = times.filter(pl.col("PARAMCD") == code).select(
            "USUBJID", pl.col("AVAL").alias(code), pl.col("CNSR").alias(f"{code}_C"),
            pl.col("STARTDT").alias(f"{code}_S"), pl.col("ADT").alias(f"{code}_E"),
        )  # fmt: skip
        frame = frame.join(mine, on="USUBJID", how="left")
    return frame.join(cohort.tables["ADRS"].select("USUBJID", "AVALC"), on="USUBJID", how="left")


def test_nobody_dies_before_progression_or_is_lost_before(cohort):
    frame = wide(cohort)
    assert (frame["OS"] >= frame["PFS"]).all()
    # a death on the day of progression is the event of both
    assert frame.filter((pl.col("OS") == pl.col("PFS")) & (pl.col("OS_C") == 0) & (pl.col("PFS_C") == 1)).is_empty()
    assert frame.filter(pl.col("OS_C") == 0)["DTHDT"].equals(frame.filter(pl.col("OS_C") == 0)["OS_E"])
    assert frame.filter(pl.col("OS_C") == 1)["DTHDT"].null_count() == frame.filter(pl.col("OS_C") == 1).height


def test_responses_begin_before_progression_and_last_until_it(cohort):
    frame = wide(cohort)
    responders = frame.filter(pl.col("AVALC").is_in(["CR", "PR"]))
    assert responders["DOR"].null_count() == 0
    assert frame.filter(~pl.col("AVALC").is_in(["CR", "PR"]))["DOR"].null_count() == frame.height - responders.height
    assert (responders["DOR_S"] > responders["RANDDT"]).all()
    assert (responders["DOR_S"] < responders["PFS_E"]).all()
    assert responders["DOR_E"].equals(responders["PFS_E"])
    assert responders["DOR_C"].equals(responders["PFS_C"])
    assert ((responders["DOR_S"] - responders["RANDDT"]).dt.total_days() >= 55).all()


def test_clinical_benefit_lasts_its_minimum(cohort):
    frame = wide(cohort)
    benefit = frame.filter(pl.col("AVALC").is_in(["CR", "PR"]) | ((pl.col("AVALC") == "SD") & (pl.col("PFS") >= 168)))
    assert benefit["PFS"].min() >= 168  # responders too
    counts = {row["TRT01P"]: row["len"] for row in benefit.group_by("TRT01P").len().to_dicts()}
    assert counts == {"Palbociclib + maintenance": 232, "Maintenance": 208}


def test_dates_lie_in_the_enrollment_and_before_the_cut(cohort):
    frame = wide(cohort)
    assert frame["RANDDT"].min() >= datetime.date(2017, 6, 1)
    assert frame["RANDDT"].max() <= datetime.date(2021, 7, 31)
    times = cohort.tables["ADTTE"]
    assert times["ADT"].max() <= cohort.dates.cut
    assert ((times["ADT"] - times["STARTDT"]).dt.total_days() + 1 == times["AVAL"]).all()
    assert frame["SITEID"].n_unique() == 109


def test_adverse_events_come_after_the_first_dose_and_never_after_death(cohort):
    events = cohort.tables["ADAE"].join(wide(cohort), on="USUBJID", how="left")
    assert events["SAFFL"].unique().to_list() == ["Y"]
    assert (events["ASTDT"] >= events["TRTSDT"]).all()
    assert (events["ASTDT"] <= events["OS_E"]).all()
    fatal = events.filter(pl.col("AETOXGR") == 5)
    assert (fatal["OS_C"] == 0).all()
    assert fatal["ASTDT"].equals(fatal["DTHDT"])


def test_who_was_not_treated_has_no_response_and_no_death(cohort):
    out = wide(cohort).filter(pl.col("SAFFL") == "N")
    assert out.height == 9
    assert out["TRT01A"].null_count() == 9
    assert not out["AVALC"].is_in(["CR", "PR"]).any()


def test_the_same_facts_give_the_same_bytes(tmp_path):
    first, second = (reconstruct_facts(FACTS, tmp_path / name, cohorts=0).out for name in ("a", "b"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) >= 8
    for path in files:
        assert (first / path).read_bytes() == (second / path).read_bytes(), path


@pytest.mark.parametrize("days", [20, 300, 2500])
def test_the_fast_fit_is_that_of_the_kernel(days):
    rng = np.random.default_rng(days)
    arms = [Course(np.sort(rng.integers(1, days, n)), rng.uniform(size=n) < 0.5, ()) for n in (150, 170)]
    codes = tuple(rng.integers(0, 7, arm.day.size) for arm in arms)
    for stratified in (True, False):
        model = Model("efron", cox_strata=stratified, test_strata=stratified)
        slow = estimate(*arms, codes, model)
        fast = estimate(*arms, codes, model, test=False)
        assert abs(slow.log_ratio - fast.log_ratio) < 1e-10
        assert abs(slow.error - fast.error) < 1e-10


def test_partners_are_a_permutation_in_the_order_of_time():
    rng = np.random.default_rng(3)
    early = np.sort(rng.integers(1, 900, 300))
    late = np.sort(early + rng.integers(0, 400, 300))
    first = Course(early, rng.uniform(size=300) < 0.6, ())
    second = Course(late, rng.uniform(size=300) < 0.3, ())
    strata = rng.integers(0, 5, 300)
    found = partners(second, first, strata, rng.permutation(strata))
    assert sorted(found.tolist()) == list(range(300))
    assert (early[found] <= late).all()


@pytest.mark.parametrize("interval", ["log_log", "log", "plain"])
def test_bands_are_those_of_the_kernel(interval):
    from equipoise.evidence.reconstruct.cohort_bands import curve_of
    from equipoise.evidence.reconstruct.cohort_sequence import Sequence
    from equipoise.kernels.kaplan_meier import confidence_limits, kaplan_meier

    event = np.random.default_rng(9).uniform(size=80) < 0.6
    day = np.arange(1.0, 81.0)
    found = curve_of(Sequence(day, event), 0.9, interval)
    km = kaplan_meier(day, event)
    lower, upper = confidence_limits(km, conf_level=0.9, interval=interval)
    for one, other in ((found.survival, km.survival), (found.lower, lower), (found.upper, upper)):
        np.testing.assert_allclose(one, other, rtol=1e-12)
