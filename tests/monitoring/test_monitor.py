"""Interim looks from files: what an unblinded one says, what the next one keeps, and what is refused."""

from __future__ import annotations

import datetime
import json
import math
import shutil

import numpy as np
import pytest

from equipoise.errors import DataError, EquipoiseError
from equipoise.kernels.cox import cox
from equipoise.kernels.log_rank import log_rank
from equipoise.monitoring.conditional import EffectPrior, conditional_power, predictive_power
from equipoise.monitoring.inference import final_inference
from equipoise.results.bundle import read_bundle
from equipoise.trial import Trial


@pytest.fixture(scope="module")
def chain(under_way, tmp_path_factory):
    """Two unblinded looks, the second after the first."""
    folder, dates, _ = under_way
    out = tmp_path_factory.mktemp("chain")
    trial = Trial.load(folder / "trial.yaml")
    first = trial.monitor(folder / "first", cut=dates["first"], out=out / "one", unblinded=True, draws=200)
    last = trial.monitor(
        folder / "last", cut=dates["last"], out=out / "two", after=out / "one", unblinded=True, draws=200
    )
    return out, first, last


def arrays(trial, day, time):
    """Times of the trial as the files have them: the first day is day 1."""
    inside = trial.entry <= day
    end = np.minimum(np.minimum(time, trial.lost), day - trial.entry)[inside]
    event = (time[inside] == end) & (time <= trial.lost)[inside]
    return end + 1.0, event, trial.arm[inside], trial.region[inside]


def test_statistic_and_hazard_ratio_are_those_of_the_analysis(chain, under_way):
    _, first, _ = chain
    _, _, trial = under_way
    time, event, arm, region = arrays(trial, trial.day_of(122), trial.pfs)
    z = log_rank(time, event, arm, stratum=region).z
    results = first.results
    assert results.one(statistic="z", hypothesis="h_pfs").value == pytest.approx(z, rel=1e-12)
    fit = cox(time, event, arm[:, None].astype(float), stratum=region, ties="efron")
    ratio = results.one(statistic="hazard_ratio", hypothesis="h_pfs", interval="wald.95")
    assert ratio.value == pytest.approx(math.exp(fit.coef[0]), rel=1e-10)
    by_arm = {row.key.arm: row.value for row in results.select(statistic="events", hypothesis="h_pfs") if row.key.arm}
    assert by_arm == {"new": event[arm == 1].sum(), "old": event[arm == 0].sum()}
    assert sum(by_arm.values()) == results.one(statistic="events", hypothesis="h_pfs", arm="").value


def test_every_part_of_an_unblinded_look_is_marked(chain, under_way):
    from equipoise.cli.monitor_words import report_lines

    out, first, last = chain
    folder, _, _ = under_way
    for name in ("one", "two"):
        manifest = json.loads((out / name / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["view"] == "unblinded"
        assert manifest["monitoring"]["view"] == "unblinded"
        assert json.loads((out / name / "monitoring.json").read_text(encoding="utf-8"))["view"] == "unblinded"
    for look in (first, last):
        lines = report_lines(Trial.load(folder / "trial.yaml").protocol, look)
        assert lines
        assert all(line.startswith("UNBLINDED") for line in lines)


def test_chances_are_those_of_the_functions(chain):
    _, first, _ = chain
    sight = first.sights[0]
    z = first.results.one(statistic="z", hypothesis="h_pfs").value
    assert sight.design is not None
    for under in ("h0", "design", "trend"):
        row = first.results.one(statistic="conditional_power", hypothesis="h_pfs", under=under)
        assert row.value == conditional_power(sight.design, sight.held, z, under).total
        assert row.method_text
    for method, prior in (("flat", EffectPrior()), ("normal_hr0.9_events20", EffectPrior(0.9, 20.0))):
        row = first.results.one(statistic="predictive_power", hypothesis="h_pfs", method=method)
        assert row.value == predictive_power(sight.design, sight.held, z, prior).total
        assert "prior" in row.method_text


def test_earlier_looks_stay_and_the_last_spends_all(chain):
    out, first, last = chain
    before = {
        row.id: row for row in first.results if row.key.statistic in ("efficacy_z", "spending_time", "alpha_spent")
    }
    kept = [row for row in last.results if row.id in before and row.key.look == 1 and row.key.hypothesis == "h_pfs"]
    assert {row.key.statistic for row in kept} == {"efficacy_z", "spending_time", "alpha_spent"}
    assert all(row == before[row.id] for row in kept)
    cut = last.history.cut
    final = last.results.one(statistic="efficacy_z", hypothesis="h_pfs", data_cut=cut)
    # 122 events spent at 120 of 240, 245 at the end.
    from equipoise.kernels.group_sequential import upper_bounds

    expected = upper_bounds([122.0, 245.0], [first.sights[0].look.alpha_spent, 0.025])
    assert final.value == pytest.approx(float(expected[1]), abs=1e-10)
    assert last.results.one(statistic="alpha_spent", hypothesis="h_pfs", data_cut=cut).value == pytest.approx(0.025)
    written = json.loads((out / "two" / "manifest.json").read_text(encoding="utf-8"))["monitoring"]
    assert [one["planned"] for one in written["looks"]["h_pfs"]] == [1, 2]
    assert written["rejected"] == ["h_pfs"]


def test_final_look_has_stage_wise_inference(chain):
    _, _, last = chain
    sight = last.sights[0]
    cut = last.history.cut
    z = last.results.one(statistic="z", hypothesis="h_pfs", data_cut=cut).value
    found = final_inference(sight.design, sight.held, z)
    p = last.results.one(statistic="p_value", hypothesis="h_pfs", method="stagewise")
    assert (p.value, p.sides) == (found.p_value, 1)
    ratio = last.results.one(statistic="hazard_ratio", hypothesis="h_pfs", method="stagewise")
    assert ratio.value == pytest.approx(math.exp(-2 * found.estimate))
    assert (ratio.lower, ratio.upper) == pytest.approx((math.exp(-2 * found.upper), math.exp(-2 * found.lower)))
    assert last.results.one(statistic="decision", hypothesis="h_pfs").text == "rejected"
    assert not last.results.select(statistic="conditional_power", hypothesis="h_pfs")


def test_a_companion_is_looked_at_with_its_harm_rule(chain):
    """The first look of overall survival is held with the last of PFS; PFS was rejected, so it may be tested."""
    _, _, last = chain
    sight = next(one for one in last.sights if one.plan.hypothesis == "h_os")
    assert (sight.look.planned, sight.look.final) == (1, False)
    events = sight.pooled.events
    bound = last.results.one(statistic="harm_z", hypothesis="h_os")
    assert bound.value == pytest.approx(-math.log(1.3) * math.sqrt(events) / 2)
    assert last.results.one(statistic="decision", hypothesis="h_os").text == "continue"
    level = [row for row in last.results.select(statistic="significance_level", hypothesis="h_os") if row.key.versus]
    assert [(row.value, row.sides) for row in level] == [(0.025, 1)]


def test_without_the_rejection_the_companion_is_not_tested(tmp_path):
    from interim import PROTOCOL, Simulated

    same = Simulated(seed=3, ratio=1.0)
    day = same.day_of(245)
    same.write(tmp_path / "data", day)
    (tmp_path / "trial.yaml").write_text(PROTOCOL, encoding="utf-8")
    look = Trial.load(tmp_path / "trial.yaml").monitor(
        tmp_path / "data", cut=same.date(day), final=True, unblinded=True, draws=200
    )
    assert look.results.one(statistic="decision", hypothesis="h_pfs").text == "not rejected"
    row = look.results.one(statistic="decision", hypothesis="h_os")
    assert row.text == "not tested"
    assert "h_pfs is not rejected" in row.method_text
    assert look.history.rejected == ()


def test_harm_crosses_even_where_nothing_can_be_rejected(tmp_path):
    from interim import PROTOCOL, Simulated

    worse = Simulated(seed=5, ratio=2.2)
    day = worse.day_of(242)
    worse.write(tmp_path / "data", day)
    (tmp_path / "trial.yaml").write_text(PROTOCOL, encoding="utf-8")
    look = Trial.load(tmp_path / "trial.yaml").monitor(
        tmp_path / "data", cut=worse.date(day), final=True, unblinded=True, draws=200
    )
    assert look.results.one(statistic="z", hypothesis="h_os").value < -1.5
    assert look.results.one(statistic="decision", hypothesis="h_os").text == "harm boundary crossed"


def test_an_unplanned_look_spends_at_its_fraction(under_way):
    folder, dates, _ = under_way
    look = Trial.load(folder / "trial.yaml").monitor(folder / "first", cut=dates["first"], unplanned=True, draws=200)
    held = look.sights[0].look
    assert held.planned is None
    assert held.spending_time == pytest.approx(122 / 240)


# What is refused


def refused(call, code):
    with pytest.raises(EquipoiseError) as error:
        call()
    problems = {problem.code: problem for problem in error.value.problems}
    assert code in problems, problems
    assert problems[code].cure
    assert error.value.exit_code == 2
    return problems[code]


def test_refusals_of_history(chain, under_way, tmp_path):
    out, _, _ = chain
    folder, dates, _ = under_way
    trial = Trial.load(folder / "trial.yaml")

    def look(data, cut, **more):
        return lambda: trial.monitor(folder / data, cut=dates[cut], out=tmp_path / "new", draws=200, **more)

    refused(look("early", "early", after=out / "one", unblinded=True), "monitor.history")
    refused(look("first", "first", after=out / "one", unblinded=True), "monitor.history")
    cut = dates["first"] + datetime.timedelta(days=1)
    refused(lambda: trial.monitor(folder / "first", cut=cut, after=out / "one", unblinded=True), "monitor.information")
    refused(look("last", "last", after=out / "two", unblinded=True), "monitor.history")
    refused(look("last", "last", after=out / "two", hypothesis=("h_pfs",), unblinded=True), "monitor.after_final")
    refused(look("first", "first", final=True, look=1), "monitor.options")
    refused(look("first", "first", look=3), "monitor.look")
    refused(look("last", "last", look=1), "monitor.exceeds")
    refused(look("first", "first", hypothesis=("h_orr",)), "monitor.no_design")
    refused(look("first", "first", after=folder), "bundle.missing")
    assert not (tmp_path / "new").exists()


def test_refusals_of_bundles(chain, under_way, tmp_path):
    out, _, _ = chain
    folder, dates, _ = under_way
    text = (folder / "trial.yaml").read_text(encoding="utf-8")
    for name, old, new in (("other", "id: INTERIM", "id: OTHER"), ("amended", "events: 240", "events: 250")):
        (tmp_path / f"{name}.yaml").write_text(text.replace(old, new), encoding="utf-8")

    def look(name, **more):
        trial = Trial.load(tmp_path / f"{name}.yaml")
        return lambda: trial.monitor(folder / "last", cut=dates["last"], after=out / "one", unblinded=True, **more)

    refused(look("other"), "monitor.after")
    refused(look("amended"), "monitor.after_design")
    shutil.copytree(out / "one", tmp_path / "not_monitoring")
    manifest = json.loads((tmp_path / "not_monitoring" / "manifest.json").read_text(encoding="utf-8"))
    del manifest["monitoring"]
    (tmp_path / "not_monitoring" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    trial = Trial.load(folder / "trial.yaml")
    refused(
        lambda: trial.monitor(folder / "last", cut=dates["last"], after=tmp_path / "not_monitoring"), "monitor.after"
    )


def test_an_unblinded_look_needs_an_unblinded_past(under_way, tmp_path):
    folder, dates, _ = under_way
    trial = Trial.load(folder / "trial.yaml")
    trial.monitor(folder / "first", cut=dates["first"], out=tmp_path / "one", draws=200)
    refused(
        lambda: trial.monitor(folder / "last", cut=dates["last"], after=tmp_path / "one", unblinded=True),
        "monitor.after_blinded",
    )
    one = tmp_path / "one"
    refused(lambda: trial.monitor(folder / "last", cut=dates["last"], after=one, out=one), "monitor.out_after")
    look = trial.monitor(folder / "last", cut=dates["last"], after=one, out=tmp_path / "two", draws=200)
    assert look.sights[0].look.final
    read = read_bundle(tmp_path / "two")
    assert not any(row.key.arm for row in read.results)


def test_arms_that_are_missing_are_an_error_of_the_unblinded_view(under_way, tmp_path):
    folder, dates, _ = under_way
    trial = Trial.load(folder / "trial.yaml")
    for name in ("absent", "masked"):
        with pytest.raises(DataError) as error:
            trial.monitor(folder / name, cut=dates["first"], unblinded=True, out=tmp_path / "x")
        assert any("leave --unblinded out" in problem.cure for problem in error.value.problems)
    assert not (tmp_path / "x").exists()


def test_data_that_can_not_be_monitored(under_way, tmp_path):
    import polars as pl

    folder, _, trial = under_way
    loaded = Trial.load(folder / "trial.yaml")
    shutil.copytree(folder / "first", tmp_path / "undated")
    adsl = pl.read_csv(tmp_path / "undated" / "adsl.csv", infer_schema=False)
    adsl.drop("RANDDT").write_csv(tmp_path / "undated" / "adsl.csv")
    problem = refused(lambda: loaded.monitor(tmp_path / "undated"), "monitor.no_dates")
    assert "RANDDT" in problem.cure
    before = int(trial.entry[0]) + 3
    trial.write(tmp_path / "none", before)
    refused(lambda: loaded.monitor(tmp_path / "none", cut=trial.date(before)), "monitor.no_events")


def test_a_blinded_look_has_no_place_beside_results_by_arm(under_way, tmp_path):
    folder, dates, _ = under_way
    trial = Trial.load(folder / "trial.yaml")
    trial.analyze(folder / "first", cut=dates["first"], out=tmp_path / "out")
    refused(lambda: trial.monitor(folder / "first", cut=dates["first"], out=tmp_path / "out"), "monitor.out_by_arm")
    trial.monitor(folder / "first", cut=dates["first"], out=tmp_path / "out", unblinded=True, draws=200)
    assert {row.key.stage for row in read_bundle(tmp_path / "out").results} == {"analysis", "monitoring"}


def test_designs_that_are_not_followed(under_way, tmp_path):
    folder, dates, _ = under_way
    text = (folder / "trial.yaml").read_text(encoding="utf-8")
    text = text.replace("{hazard_ratio: [1.0]}", "none")
    max_combo = text.replace("kind: log_rank, strata: [region]", "kind: max_combo")
    (tmp_path / "trial.yaml").write_text(max_combo, encoding="utf-8")
    trial = Trial.load(tmp_path / "trial.yaml")
    refused(lambda: trial.monitor(folder / "first", cut=dates["first"]), "monitor.statistic")


def test_a_cut_that_nobody_gave_is_said(under_way):
    folder, _, _ = under_way
    look = Trial.load(folder / "trial.yaml").monitor(folder / "first", draws=200)
    assert {note.code for note in look.notes} == {"monitor.cut_assumed"}
