"""Continuous endpoints in the dossier: first screen, section, figure, sensitivity, subgroups, and where P stands."""

from __future__ import annotations

import datetime
import importlib.util
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from equipoise.analysis.workflow import analyze_files
from equipoise.protocol.loading import load_protocol
from equipoise.reporting.report import write_report
from equipoise.reporting.show import headline
from equipoise.results.bundle import read_bundle

TRIAL = """\
equipoise: 1
trial: {id: SCORE-1, title: A score at week 24, phase: "2", masking: double}
arms:
  new: {label: Newdrug, role: experimental}
  std: {label: Standard, role: control}
factors:
  site: {label: Site, column: SITE, levels: [North, South, West]}
  sex:  {label: Sex, column: SEX, levels: {Female: F, Male: M}}
populations: {itt: {label: All randomized, arm: planned}}
data: {format: adam}
endpoints:
  score:
    kind: continuous
    label: Severity score
    role: primary
    source: {table: ADQS, PARAMCD: TOT, where: DTYPE IS NULL OR DTYPE = 'LOCF'}
    unit: points
    better: lower
    estimand: {population: itt, treatment: as assigned, variable: change at week 24, summary: mean_difference}
analysis:
  main:
    endpoint: score
    population: itt
    at: Week 24
    visits: [Week 12, Week 24]
    model: {covariates: [site]}
    subgroups: [sex]
  robust:
    like: main
    label: Severity score, HC3
    sensitivity_to: main
    why: Does one residual variance matter?
    model: {kind: ancova, covariates: [site], variance: hc3}
    visits: []
    subgroups: []
hypotheses:
  h: {analysis: main, alpha_two_sided: 0.05}
"""


def _snapshots() -> ModuleType:
    spec = importlib.util.spec_from_file_location("snapshot_lines", Path(__file__).parent / "test_snapshots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def write_data(folder: Path) -> None:
    rng = np.random.default_rng(24)
    adsl, adqs = ["USUBJID,TRT01P,SITE,SEX"], ["USUBJID,PARAMCD,AVISIT,AVAL,BASE,CHG,DTYPE,ADT"]
    for i in range(60):
        arm = ("Newdrug", "Standard")[i % 2]
        adsl.append(f"P{i:02d},{arm},{('North', 'South', 'West')[i // 2 % 3]},{'FM'[i // 6 % 2]}")
        base = round(float(rng.normal(30, 6)), 1)
        for visit, week in (("Week 12", 12), ("Week 24", 24)):
            change = round(float((-0.1 if arm == "Newdrug" else 0.05) * week + rng.normal(0, 2)), 1)
            day = datetime.date(2024, 1, 1) + datetime.timedelta(weeks=week)
            kind = "LOCF" if i % 20 == 3 and week == 24 else ""
            if i != 7:
                adqs.append(f"P{i:02d},TOT,{visit},{base + change:.1f},{base},{change},{kind},{day}")
    (folder / "adsl.csv").write_text("\n".join(adsl) + "\n")
    (folder / "adqs.csv").write_text("\n".join(adqs) + "\n")


def make(folder: Path, text: str) -> Path:
    folder.mkdir()
    path = folder / "trial.yaml"
    path.write_text(text)
    write_data(folder)
    analyze_files(load_protocol(path), path, data=folder, out=folder / "out")
    write_report(folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("continuous") / "t", TRIAL)


@pytest.mark.parametrize("section", ["answer", "continuous", "subgroups", "sensitivity", "hypotheses"])
def test_section(out: Path, section: str, parse: Callable[..., Any], snapshot: Callable[[str, str], None]) -> None:
    node = parse(out / "dossier.html").all("section", id=section)[0]
    snapshot(f"continuous.{section}.txt", "\n".join(_snapshots().lines(node)) + "\n")


def test_numbers_carry_their_identifiers(out: Path, parse: Callable[..., Any]) -> None:
    known = {row["id"]: row for row in json.loads((out / "results.json").read_text())["statistics"]}
    page = parse(out / "dossier.html")
    section = page.all("section", id="continuous")[0]
    shown = {node.attributes["data-stat"] for node in section.all("span", data_stat="")}
    assert shown <= set(known)
    assert {known[one]["key"]["statistic"] for one in shown} >= {
        "ls_mean",
        "ls_mean_difference",
        "mean",
        "sd",
        "subjects",
    }
    drawn = [svg.attributes["data-stats"].split() for svg in section.all("svg")]
    assert drawn
    assert all(one in known for stats in drawn for one in stats)
    assert {known[one]["key"]["statistic"] for one in drawn[0]} == {"mean"}


def test_p_only_for_the_hypothesis(out: Path, parse: Callable[..., Any], tmp_path: Path) -> None:
    page = parse(out / "dossier.html")
    assert re.search(r"P\s*[=<]", page.all("section", id="continuous")[0].text)
    silent = make(tmp_path / "t", TRIAL[: TRIAL.index("hypotheses:")])
    text = parse(silent / "dossier.html").all("section", id="continuous")[0].text
    assert not re.search(r"\bP\b", text)
    tests = {"p_value", "t", "f", "interaction_p_value"}
    for folder, pages in ((out, page), (silent, parse(silent / "dossier.html"))):
        known = {row["id"]: row for row in json.loads((folder / "results.json").read_text())["statistics"]}
        for node in pages.all("span", data_stat=""):
            key = known[node.attributes["data-stat"]]["key"]
            assert key["statistic"] not in tests or key.get("hypothesis") == "h"


def test_one_visit_draws_least_squares_means(parse: Callable[..., Any], tmp_path: Path) -> None:
    alone = make(tmp_path / "t", TRIAL.replace("    visits: [Week 12, Week 24]\n", ""))
    drawn = parse(alone / "dossier.html").all("section", id="continuous")[0].all("svg")[0]
    assert [one.split(".")[1] for one in drawn.attributes["data-stats"].split()] == ["ls_mean", "ls_mean"]


def test_show_tells_the_result(out: Path) -> None:
    said = headline(read_bundle(out))
    assert "least-squares mean change from baseline at Week 24 (lower is better) was" in said
    assert "P <0.001 (two-sided, level 0.05)" in said
