"""A blinded look is the same whatever the arms are, and no file of it says anything by arm."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import polars as pl
import pytest

from equipoise.monitoring.rows import rows_of
from equipoise.trial import Trial

FORBIDDEN = ("hazard_ratio", "z", "p_value", "decision", "conditional_power", "predictive_power")


def files(out):
    """Everything that a bundle says, without the hashes and names of the input, its time and its command."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for key in ("data", "created", "command"):
        del manifest[key]
    curves = pl.read_parquet(out / "curves.parquet")
    return manifest, (out / "monitoring.json").read_bytes(), curves


@pytest.fixture(scope="module")
def looks(under_way, tmp_path_factory):
    folder, dates, _ = under_way
    out = tmp_path_factory.mktemp("blinded")
    trial = Trial.load(folder / "trial.yaml")
    made = {}
    for arms in ("first", "permuted", "masked", "absent"):
        made[arms] = trial.monitor(folder / arms, cut=dates["first"], out=out / arms, draws=200)
    return out, made


@pytest.mark.parametrize("arms", ["permuted", "masked", "absent"])
def test_arms_change_nothing(looks, arms):
    out, made = looks
    assert files(out / arms)[:2] == files(out / "first")[:2]
    assert files(out / arms)[2].equals(files(out / "first")[2])
    assert made[arms].results.statistics == made["first"].results.statistics


def test_nothing_is_said_by_arm(looks):
    out, made = looks
    for row in made["first"].results:
        assert not row.key.arm
        assert not row.key.versus
        assert row.key.statistic not in FORBIDDEN
    for curve in made["first"].results.curves:
        assert not curve.key.arm
    text = (out / "first" / "monitoring.json").read_text(encoding="utf-8")
    manifest = (out / "first" / "manifest.json").read_text(encoding="utf-8")
    for word in (r"\bNew\b", r"\bOld\b", r"\bnew\b", r"\bold\b", "unblinded", '"z"', "rejected"):
        assert not re.search(word, text), word
        # Names of the arms are in the paragraphs about methods, which the protocol alone makes.
        assert not re.search(word, json.dumps(json.loads(manifest)["monitoring"])), word
    assert json.loads(manifest)["view"] == "blinded"


def test_counts_are_those_of_the_trial(looks, under_way):
    _, made = looks
    _, _, trial = under_way
    day = trial.day_of(122)
    inside = trial.entry <= day
    for hypothesis, time in (("h_pfs", trial.pfs), ("h_os", trial.os)):
        seen = inside & (trial.entry + time <= day) & (time <= trial.lost)
        row = made["first"].results.one(statistic="events", hypothesis=hypothesis)
        assert row.value == seen.sum()
        drawn = made["first"].results.curves_of("observed_events", hypothesis=hypothesis)[0]
        assert drawn.y[-1] == seen.sum()
        assert drawn.x[-1] == day
        assert (np.diff(drawn.y) >= 0).all()
    assert made["first"].results.one(statistic="enrolled", hypothesis="h_pfs").value == inside.sum()


def test_follow_up_is_counted_in_days_from_the_first_randomization(looks, under_way):
    """AVAL counts the first day as 1; prediction counts dates."""
    _, made = looks
    _, _, trial = under_way
    day = trial.day_of(122)
    seen = made["first"].sights[0].pooled.observed
    inside = trial.entry <= day
    assert (seen.entry == trial.entry[inside]).all()
    end = np.minimum(np.minimum(trial.pfs, trial.lost), day - trial.entry)[inside]
    assert (seen.time == end).all()
    assert seen.cut == day
    assert seen.site is not None
    assert seen.site.size == inside.sum()


def test_bound_of_the_look(looks):
    _, made = looks
    found = {
        row.key.statistic: row
        for row in made["first"].results.select(hypothesis="h_pfs", look=1)
        if not row.key.groups and row.key.time is None
    }
    assert found["efficacy_z"].value == pytest.approx(2.962588, abs=1e-6)
    assert found["spending_time"].value == 0.5
    assert found["information_fraction"].value == pytest.approx(122 / 240)
    assert found["efficacy_hazard_ratio"].value == pytest.approx(math.exp(-2 * 2.9625880427 / math.sqrt(122)))
    assert found["futility_z"].value == 0.0
    assert found["alpha_spent"].value == pytest.approx(0.0015253227579, abs=1e-9)
    ahead = made["first"].results.one(statistic="efficacy_z", hypothesis="h_pfs", look=2)
    assert ahead.value == pytest.approx(1.96831, abs=1e-5)


def test_prediction_rows_agree_with_each_other(looks):
    _, made = looks
    results = made["first"].results
    levels = ["posterior.50", "posterior.80", "posterior.90"]
    times = [results.one(statistic="predicted_time", hypothesis="h_pfs", interval=level) for level in levels]
    assert all(row.unit == "days" for row in times)
    assert times[0].lower > times[1].lower > times[2].lower
    assert times[0].upper < times[1].upper < times[2].upper
    date = results.one(statistic="predicted_date", hypothesis="h_pfs", interval="")
    assert date.text == made["first"].sights[0].pooled.day(times[0].value).isoformat()
    fan = [c for c in results.curves_of("predicted_events", hypothesis="h_pfs") if c.key.interval == "posterior.90"]
    assert len(fan) == 1
    assert (fan[0].lower <= fan[0].y).all()
    assert (fan[0].y <= fan[0].upper).all()
    assert fan[0].y[0] == 122


def test_while_it_enrolls_enrollment_is_predicted_too(under_way):
    folder, dates, trial = under_way
    look = Trial.load(folder / "trial.yaml").monitor(folder / "early", cut=dates["early"], unplanned=True, draws=200)
    names = {curve.curve for curve in look.results.curves}
    assert {"predicted_enrolled", "observed_enrolled", "predicted_events", "observed_events"} <= names
    assert look.sights[0].pooled.observed.to_come == 320 - int((trial.entry <= 240).sum())
    assert look.results.select(statistic="predicted_enrolled")
    assert rows_of(look.sights[0])
    assert look.sights[0].look.planned is None


def test_a_data_path_without_arms_is_asked_for(under_way):
    from equipoise.data import load_data
    from equipoise.errors import DataError

    folder, dates, _ = under_way
    protocol = Trial.load(folder / "trial.yaml").protocol
    with pytest.raises(DataError):
        load_data(protocol, folder / "absent", cut=dates["first"])
    data = load_data(protocol, folder / "masked", cut=dates["first"], blinded=True)
    assert set(data.adsl.get_column("TRT01P").to_list()) == {"Old"}
    assert "TRT01A" not in data.adsl.columns
    assert all("TRTP" not in frame.columns for frame in data.tables.values())


def test_columns_that_tell_the_arm_and_those_that_do_not():
    from equipoise.data.blind import _ARM

    telling = ["TRT01P", "TRT01A", "TRT01PN", "TRT02AN", "TRTP", "TRTA", "TRTPN", "TRTAN", "ARM", "ACTARM", "ARMCD"]
    telling += ["ACTARMCD", "TRTSEQP", "TRTSEQAN", "TR01PG1", "TR01AG2N", "TRT01PG1", "ARMNRS"]
    kept = ["TRTSDT", "TRTEDT", "TRTEMFL", "TRTDURD", "RANDDT", "RANDFL", "SITEID", "ARMS", "TRT", "STRATA", "AVAL"]
    assert [name for name in telling if not _ARM.match(name)] == []
    assert [name for name in kept if _ARM.match(name)] == []
