"""Looks of other tests, margins, sides, arms and shapes of data."""

from __future__ import annotations

import datetime
import math
import shutil

import numpy as np
import polars as pl
import pytest

from equipoise.errors import EquipoiseError
from equipoise.kernels.log_rank import log_rank
from equipoise.trial import Trial


@pytest.fixture
def held(under_way, tmp_path):
    """A function: hold the first look with pieces of the protocol replaced."""
    folder, dates, _ = under_way
    text = (folder / "trial.yaml").read_text(encoding="utf-8")

    def hold(*pieces, data="first", **more):
        changed = text
        for old, new in pieces:
            assert old in changed, old
            changed = changed.replace(old, new)
        (tmp_path / "trial.yaml").write_text(changed, encoding="utf-8")
        place = data if hasattr(data, "exists") else folder / data
        return Trial.load(tmp_path / "trial.yaml").monitor(place, cut=dates["first"], **{"draws": 200, **more})

    return hold


WEIGHTED = (
    ("kind: log_rank, strata: [region]", "kind: fleming_harrington, rho: 0, gamma: 0.5, strata: [region]"),
    ("    futility: {hazard_ratio: [1.0]}\n", ""),
    ("    harm: {hazard_ratio: [1.3]}\n", ""),
)


def test_information_of_a_weighted_test_is_its_variance(held, under_way):
    from test_monitor import arrays

    _, _, trial = under_way
    look = held(*WEIGHTED, unblinded=True)
    time, event, arm, region = arrays(trial, trial.day_of(122), trial.pfs)
    expected = log_rank(time, event, arm, stratum=region, gamma=0.5)
    sight = look.sights[0]
    assert sight.look.information == pytest.approx(expected.variance[1, 1], rel=1e-12)
    assert look.results.one(statistic="z", hypothesis="h_pfs").value == pytest.approx(expected.z, rel=1e-12)
    # Planned and actual information are on one scale: late events weigh more, so half of them are less than half.
    fraction = look.results.one(statistic="information_fraction", hypothesis="h_pfs").value
    assert 0.2 < fraction < 0.45
    assert not look.results.select(statistic="efficacy_hazard_ratio", hypothesis="h_pfs")


def test_hazard_ratios_of_a_weighted_test_stay_as_planned(held):
    look = held(WEIGHTED[0], unblinded=True)
    plan = look.sights[0].plan
    row = look.results.one(statistic="futility_z", hypothesis="h_pfs", look=1)
    assert row.value == plan.probabilities.boundaries.futility[0] == 0.0


def test_a_blinded_view_of_a_weighted_test_has_no_bound_and_says_why(held):
    look = held(*WEIGHTED)
    row = look.results.one(statistic="efficacy_z", hypothesis="h_pfs")
    assert row.value is None
    assert "needs the arms" in row.why()
    assert look.results.select(statistic="predicted_date", hypothesis="h_pfs")
    assert look.history.of("h_pfs") == ()


def test_non_inferiority_is_tested_against_its_margin(held):
    look = held(("h_pfs: {analysis: pfs_main, alpha", "h_pfs: {analysis: pfs_main, margin: 1.3, alpha"), unblinded=True)
    ratio = look.results.one(statistic="hazard_ratio", hypothesis="h_pfs", interval="wald.95")
    z = look.results.one(statistic="z", hypothesis="h_pfs")
    assert z.value == pytest.approx((math.log(1.3) - math.log(ratio.value)) / ratio.se)
    bound = look.results.one(statistic="efficacy_z", hypothesis="h_pfs", look=1).value
    at = look.results.one(statistic="efficacy_hazard_ratio", hypothesis="h_pfs", look=1)
    assert at.value == pytest.approx(1.3 * math.exp(-2 * bound / math.sqrt(122)))
    null = look.results.one(statistic="conditional_power", hypothesis="h_pfs", under="h0")
    assert "1.3" in null.method_text


def test_two_sided_005_is_one_sided_0025(held):
    one = held(unblinded=True)
    two = held(("alpha_one_sided: 0.025", "alpha_two_sided: 0.05"), unblinded=True)
    for statistic in ("efficacy_z", "alpha_spent"):
        first, second = (look.results.one(statistic=statistic, hypothesis="h_pfs", look=1).value for look in (one, two))
        assert first == pytest.approx(second, rel=1e-9)
    assert two.results.one(statistic="significance_level", hypothesis="h_pfs", arm="").sides == 2


def test_a_shape_spends_by_look(held):
    from equipoise.design.boundaries import efficacy_boundaries
    from equipoise.design.efficacy import Pocock

    shape = "h_pfs:\n    assume: planned\n    efficacy: {boundary: pocock}"
    look = held(("h_pfs:\n    assume: planned\n    efficacy: {spending: obrien_fleming}", shape))
    planned = efficacy_boundaries([0.5, 1.0], 0.025, Pocock())
    row = look.results.one(statistic="efficacy_z", hypothesis="h_pfs", look=1)
    assert row.value == pytest.approx(planned.efficacy[0], abs=1e-9)
    assert "plan spends" in row.method_text


THREE = (
    ("  old: {label: Old", "  other: {label: Other, role: experimental, ratio: 1}\n  old: {label: Old"),
    ("h_pfs: {analysis: pfs_main,", "h_pfs: {analysis: pfs_main, arm: new,"),
    ("h_os:  {analysis: os_main,", "h_os:  {analysis: os_main, arm: new,"),
    ("new: {hazard_ratio: 0.67}}", "new: {hazard_ratio: 0.67}, other: {hazard_ratio: 0.9}}"),
    ("new: {hazard_ratio: 0.8}}", "new: {hazard_ratio: 0.8}, other: {hazard_ratio: 0.9}}"),
    ("{events: 120}, {events: 240}", "{events: 80}, {events: 160}"),
    ("{events: 230}", "{events: 150}"),
)


def test_of_three_arms_a_look_reads_two(held, under_way, tmp_path):
    folder, _, _ = under_way
    shutil.copytree(folder / "first", tmp_path / "three")
    adsl = pl.read_csv(tmp_path / "three" / "adsl.csv", infer_schema=False)
    third = np.arange(adsl.height) % 3 == 0
    arm = np.where(third, "Other", adsl.get_column("TRT01P").to_numpy())
    adsl.with_columns(pl.Series("TRT01P", arm), pl.Series("TRT01A", arm)).write_csv(tmp_path / "three" / "adsl.csv")
    look = held(*THREE, data=tmp_path / "three", unblinded=True)
    results = look.results
    by_arm = [row.value for row in results.select(statistic="events", hypothesis="h_pfs") if row.key.arm]
    assert len(by_arm) == 2
    assert sum(by_arm) == results.one(statistic="events", hypothesis="h_pfs", arm="").value < 122
    assert results.one(statistic="subjects", hypothesis="h_pfs", arm="").value == (~third).sum()
    with pytest.raises(EquipoiseError, match="without the arms"):
        held(*THREE, data=tmp_path / "three")


MAPPED = """\
data:
  format: mapped
  tables:
    ADSL: {file: people.csv, columns: {USUBJID: id, TRT01P: treatment, RANDFL: randomized, RANDDT: day, REGION: area}}
    ADTTE: {file: times.csv, columns: {USUBJID: id, PARAMCD: what, AVAL: days, CNSR: censored, STARTDT: from, ADT: to}}
endpoints:
"""


def test_mapped_data_need_no_column_of_arms(held, under_way, tmp_path):
    folder, _, _ = under_way
    names = {"RANDDT": "day", "USUBJID": "id", "TRT01P": "treatment", "RANDFL": "randomized", "REGION": "area"}
    times = {"USUBJID": "id", "PARAMCD": "what", "AVAL": "days", "CNSR": "censored", "STARTDT": "from", "ADT": "to"}
    rows = {}
    for arms in ("first", "absent"):
        place = tmp_path / f"mapped_{arms}"
        place.mkdir()
        adsl = pl.read_csv(folder / arms / "adsl.csv", infer_schema=False)
        kept = {old: new for old, new in names.items() if old in adsl.columns}
        adsl.select(list(kept)).rename(kept).write_csv(place / "people.csv")
        adtte = pl.read_csv(folder / arms / "adtte.csv", infer_schema=False)
        adtte.select(list(times)).rename(times).write_csv(place / "times.csv")
        look = held(("endpoints:\n  pfs", MAPPED + "  pfs"), ("  site: SITEID\n", ""), data=place)
        rows[arms] = look.results.statistics
        assert [note.code for note in look.notes] == ["monitor.lost_unknown"]
    assert rows["first"] == rows["absent"]


def test_who_is_lost_is_declared_or_known(held, under_way, tmp_path):
    folder, _, trial = under_way
    known = held().sights[0].pooled.observed
    day = trial.day_of(122)
    inside = trial.entry <= day
    lost = (trial.entry + trial.lost <= day) & (trial.lost < trial.os)
    event = (trial.entry + trial.pfs <= day) & (trial.pfs <= trial.lost)
    assert known.lost.sum() == (lost & ~event & inside).sum()
    shutil.copytree(folder / "first", tmp_path / "reasons")
    adsl = pl.read_csv(tmp_path / "reasons" / "adsl.csv", infer_schema=False)
    gone = set(adsl.filter(pl.col("EOSSTT") == "DISCONTINUED").get_column("USUBJID"))
    adsl.drop("EOSSTT").write_csv(tmp_path / "reasons" / "adsl.csv")
    adtte = pl.read_csv(tmp_path / "reasons" / "adtte.csv", infer_schema=False)
    text = pl.when(pl.col("USUBJID").is_in(sorted(gone)) & (pl.col("CNSR") == "1")).then(pl.lit("Withdrew"))
    adtte.with_columns(text.otherwise(pl.col("EVNTDESC")).alias("EVNTDESC")).write_csv(
        tmp_path / "reasons" / "adtte.csv"
    )
    look = held(("  site: SITEID\n", "  site: SITEID\n  lost: [Withdrew]\n"), data=tmp_path / "reasons")
    assert (look.sights[0].pooled.observed.lost == known.lost).all()
    assert look.notes == ()


def test_sites_to_come_and_the_end_of_enrollment(held, under_way):
    folder, dates, trial = under_way
    opens = dates["early"] + datetime.timedelta(days=60)
    ends = dates["early"] + datetime.timedelta(days=200)
    more = f"  site: SITEID\n  sites: [{{opens: {opens}, number: 4}}]\n  enrollment_ends: {ends}\n"
    scans = "  prediction: {scans: {pfs: [2, 4, 6, 9]}}\n"
    (folder / "sites.yaml").write_text(
        (folder / "trial.yaml").read_text(encoding="utf-8").replace("  site: SITEID\n", more + scans), encoding="utf-8"
    )
    look = Trial.load(folder / "sites.yaml").monitor(folder / "early", cut=dates["early"], unplanned=True, draws=200)
    seen = look.sights[0].pooled.observed
    assert (seen.site_open > seen.cut).sum() == 4
    assert seen.accrual_end == 240 + 200
    assert seen.scans == pytest.approx([30.4375 * time for time in (2, 4, 6, 9)])
    assert look.sights[1].pooled.observed.scans is None
    assert trial.n == seen.planned_patients


def test_times_without_dates_are_counted_from_randomization(held, under_way, tmp_path):
    """Records in days without ADT: the day of randomization and the length tell the same."""
    folder, _, _ = under_way
    known = held().sights[0].pooled.observed
    shutil.copytree(folder / "first", tmp_path / "undated")
    adtte = pl.read_csv(tmp_path / "undated" / "adtte.csv", infer_schema=False)
    length = (pl.col("AVAL").cast(pl.Int64) - 1).cast(pl.String)
    adtte.with_columns(length.alias("AVAL")).drop("ADT", "STARTDT").write_csv(tmp_path / "undated" / "adtte.csv")
    seen = held(data=tmp_path / "undated").sights[0].pooled.observed
    assert (seen.time == known.time).all()
    assert (seen.event == known.event).all()
