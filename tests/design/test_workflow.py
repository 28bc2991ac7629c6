"""From a protocol to a bundle: rows, curves, words, stages of one protocol beside each other, and the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from equipoise import Key, Results, Statistic, Trial, read_bundle
from equipoise.cli import main
from equipoise.design import plan_of
from equipoise.errors import BundleError
from equipoise.protocol.canonical import protocol_document
from equipoise.results.bundle import read_manifest, write_bundle

FUTURE = Path(__file__).parents[2] / "examples" / "patina" / "future.yaml"


@pytest.fixture(scope="module")
def trial():
    return Trial.load(FUTURE)


@pytest.fixture(scope="module")
def results(trial):
    return trial.design()


def cli(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(one) for one in args])
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def test_the_illustration(trial):
    """Two looks, 80% power, hazard ratio 0.75, nobody lost: 380.8 events by Schoenfeld, 386.0 by Freedman."""
    assert plan_of(trial.protocol, "h_pfs").exact == pytest.approx(380.8, abs=0.05)
    assert plan_of(trial.protocol, "h_pfs", alternative="freedman").exact == pytest.approx(386.0, abs=0.05)
    with pytest.raises(Exception, match=r"518 patients yield at most 348.5"):
        plan_of(trial.protocol, "h_pfs", assume="lost")


def test_rows_of_sensitivity(results):
    own = {"stage": "design", "hypothesis": "h_pfs", "scenario": "planned"}
    ratio = {"vary": "hazard_ratio", "value": "0.75"}
    alone = [row for row in results.select(statistic="power", groups=ratio, **own) if len(row.key.groups) == 2]
    declared = results.select(statistic="power", under="h1", groups=(), **own)
    assert alone[0].value == pytest.approx(declared[0].value, rel=1e-12)
    pair = {"vary": "hazard_ratio", "value": "0.8", "vary_2": "accrual", "value_2": "0.8"}
    both = results.one(statistic="power", groups=pair, under="h1", **own)
    only = results.select(statistic="power", groups={"vary": "hazard_ratio", "value": "0.8"}, under="h1", **own)
    # The number of events decides the power, not how fast they come.
    assert both.value == pytest.approx(only[0].value, rel=1e-9)
    slow = results.one(statistic="planned_time", look=2, groups=pair, **own)
    fast = results.one(statistic="planned_time", look=2, groups={**pair, "value_2": "1.2"}, **own)
    assert slow.value > fast.value


def test_curves_agree_with_the_rows(results):
    own = {"hypothesis": "h_pfs", "scenario": "planned", "groups": ()}
    power = results.one(stage="design", statistic="power", under="h1", **own).value
    curve = results.curves_of("power_by_hazard_ratio", **own)[0]
    assert np.interp(0.75, curve.x, curve.y) == pytest.approx(power, abs=2e-3)
    assert (np.diff(curve.y) < 0).all()
    assert np.interp(1.0, curve.x, curve.y) == pytest.approx(0.025, abs=1e-3)
    spent = results.curves_of("alpha_spending", **own)[0]
    first = results.one(stage="design", statistic="alpha_spent", look=1, **own).value
    fraction = results.one(stage="design", statistic="information_fraction", look=1, **own).value
    assert np.interp(fraction, spent.x, spent.y) == pytest.approx(first, rel=1e-2)
    events = next(c for c in results.curves_of("expected_events", **own) if not c.key.arm)
    arms = [c for c in results.curves_of("expected_events", **own) if c.key.arm]
    assert sum(c.y for c in arms) == pytest.approx(events.y)
    time = results.one(stage="design", statistic="planned_time", look=2, **own).value
    assert np.interp(time, events.x, events.y) == pytest.approx(381.0, rel=1e-9)
    conditional = results.curves_of("conditional_power_design", look=1, **{k: own[k] for k in own})[0]
    assert (np.diff(conditional.y) > 0).all()


def test_a_bundle_that_reads_back(trial, tmp_path):
    out = tmp_path / "out"
    made = trial.design(out=out)
    bundle = read_bundle(out)
    assert {row.id: row.value for row in bundle.results} == {row.id: row.value for row in made}
    assert {curve.id for curve in bundle.results.curves} == {curve.id for curve in made.curves}
    headings = [one["heading"] for one in bundle.manifest["design_texts"]]
    assert headings == ["Protocol", "Statistical analysis plan"]
    assert "381 events among 518 patients" in bundle.manifest["design_texts"][0]["text"]


def test_stages_of_one_protocol_live_together(trial, tmp_path):
    out = tmp_path / "out"
    document = protocol_document(trial.protocol)
    analysis = Results((Statistic(key=Key(analysis="pfs_main", statistic="subjects"), value=518.0),))
    facts = {"protocol_hash": document["hash"], "notes": [], "data": [{"path": "adsl.csv"}], "cut": "2026-06-30"}
    write_bundle(out, protocol=document, manifest=facts, results=analysis)
    trial.design(out=out)
    trial.design(out=out)
    bundle = read_bundle(out)
    assert {row.key.stage for row in bundle.results} == {"analysis", "design"}
    assert bundle.manifest["cut"] == "2026-06-30"
    assert bundle.manifest["data"] == [{"path": "adsl.csv"}]
    assert len(bundle.manifest["design_texts"]) == 2
    before = len(bundle.results.curves)
    write_bundle(out, protocol=document, manifest={**facts, "cut": "2027-06-30"}, results=analysis)
    again = read_bundle(out)
    assert len(again.results.curves) == before
    assert again.manifest["cut"] == "2027-06-30"
    assert set(again.manifest["stages"]) == {"design", "results"}


def test_results_of_another_protocol_are_not_destroyed(trial, tmp_path):
    out = tmp_path / "out"
    other = {"hash": "other", "protocol": {}}
    analysis = Results((Statistic(key=Key(analysis="pfs_main", statistic="subjects"), value=518.0),))
    write_bundle(out, protocol=other, manifest={"protocol_hash": "other"}, results=analysis)
    with pytest.raises(BundleError, match="another protocol"):
        trial.design(out=out)
    assert read_manifest(out)["protocol_hash"] == "other"


def test_an_analysis_of_a_changed_protocol_drops_the_design(trial, tmp_path):
    out = tmp_path / "out"
    trial.design(out=out)
    other = {"hash": "other", "protocol": {}}
    analysis = Results((Statistic(key=Key(analysis="pfs_main", statistic="subjects"), value=518.0),))
    write_bundle(out, protocol=other, manifest={"protocol_hash": "other"}, results=analysis)
    assert not (out / "design.json").exists()
    assert len(read_bundle(out).results) == 1


def test_the_command_reads_like_a_protocol(capsys):
    code, out, err = cli(capsys, "design", FUTURE)
    assert (code, err) == (0, "")
    for words in (
        "This takes 381 events among 518 patients", "one-sided level of 0.025", "2.958", "Solved for",
        "380.8 before rounding", "For the statistical analysis plan", "hazard ratio 0.65",
    ):  # fmt: skip
        assert words in out
    assert max(len(line) for line in out.splitlines()) <= 110
    assert "nan" not in out.lower().split()


def test_designs_side_by_side(capsys, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(FUTURE.read_text().replace("power: 0.8", "power: 0.9"))
    code, out, _ = cli(capsys, "design", FUTURE, "--compare", other)
    assert code == 0
    head = next(line for line in out.splitlines() if "freedman" in line)
    assert "future: declared" in head
    assert "other: declared" in head
    assert "other: lost" in head


def test_rows_as_json(capsys):
    code, out, _ = cli(capsys, "design", FUTURE, "--json")
    assert code == 0
    content = json.loads(out)
    assert content["ok"]
    ids = {row["id"]: row for row in content["statistics"]}
    found = ids["design.pfs_main.maximum_events.h_pfs.planned.log_rank.schoenfeld"]
    assert found["value"] == 381.0
    assert found["origin"] == "assumed"


def test_problems_as_json(capsys, tmp_path):
    (tmp_path / "trial.yaml").write_text(FUTURE.read_text().replace("power: 0.8", "power: 0.99"))
    code, out, _ = cli(capsys, "design", tmp_path, "--json")
    assert code == 2
    content = json.loads(out)
    assert not content["ok"]
    assert content["problems"][0]["code"] == "plan.events_unreached"
    assert content["problems"][0]["where"]["line"] > 30


def test_solve_at_the_command_line(capsys):
    code, out, _ = cli(capsys, "design", FUTURE, "--solve", "follow_up")
    assert code == 0
    assert re.search(
        r"Solved for +follow-up after the last randomization: 42\.[12] months, with a power of 80\.0%", out
    )


def test_an_average_over_unequal_arms_is_warned_of(capsys, tmp_path):
    text = FUTURE.read_text().partition("    alternatives:")[0].replace("role: control}", "role: control, ratio: 2}")
    late = tmp_path / "late.yaml"
    late.write_text(text.replace("    assume: planned\n", "    assume: delayed\n"))
    code, _, err = cli(capsys, "design", late)
    assert code == 0
    assert "rough guide" in " ".join(err.split())
    assert "write `method: score`" in err
    late.write_text(late.read_text().replace("    power: 0.8\n", "    power: 0.8\n    method: score\n"))
    assert "rough guide" not in " ".join(cli(capsys, "design", late)[2].split())
