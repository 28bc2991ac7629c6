"""A few thousand trials of the calibration of graphs agree with the integrals; the page is the full run."""

from __future__ import annotations

import importlib.util
import math
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def calibration():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        spec = importlib.util.spec_from_file_location(
            "calibration_multiplicity", ROOT / "benchmarks" / "calibration_multiplicity.py"
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def test_a_few_thousand_trials_agree(calibration):
    import json

    peer = json.loads(calibration.PEER.read_text())["errors"]
    trials = 6000
    for index, case in enumerate(calibration.CASES):
        exact = peer[case.name]
        rate = calibration.errors(index, 0, trials) / trials
        assert abs(rate - exact) <= 4.0 * math.sqrt(exact * (1 - exact) / trials), case.name


def test_patients_run(calibration):
    full, graph = calibration.patients(0, 40)
    assert 0 <= graph <= full <= 10


def test_the_frozen_page_passes_in_every_row(calibration):
    page = calibration.PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| ([\d.]+) \| ([\d.]+) \| ([\d.]*) \| (yes|no|) \|$", page, re.M)
    assert [row[0] for row in rows[: len(calibration.CASES)]] == [case.name for case in calibration.CASES]
    assert "no" not in {row[4] for row in rows}
    assert "1,000,000 simulated trials" in page
    usual, ours = rows[0], rows[1]
    assert float(usual[1]) == pytest.approx(0.042, abs=0.001)
    assert float(ours[1]) == pytest.approx(0.025, abs=0.0005)
