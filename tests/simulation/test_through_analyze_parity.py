"""Simulated trials written as data and analyzed: z and effects are those of the loops, to 1e-10.

A few trials of each kind; `benchmarks/validate` does it with 1,000.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CASES = {
    "whole days, stratified": 4,
    "whole days": 2,
    "continuous time, stratified": 4,
    "continuous time": 2,
    "whole days, log-rank test alone": 4,
    "continuous time, log-rank test alone": 4,
    "whole days, progression seen at scans, death": 3,
    "continuous time, progression seen at scans, death": 3,
    "responses, stratified": 4,
    "responses": 2,
}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    name = "simulated_through_analysis"
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_all_cases_are_tried(script: ModuleType) -> None:
    assert set(script.CASES) == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_loops_find_what_the_analysis_finds(script: ModuleType, case: str) -> None:
    study = script.study(case)
    count = 0
    for name, ours, theirs in script.compared(study, 11, CASES[case]):
        count += 1
        assert not math.isnan(theirs), name
        assert ours == pytest.approx(theirs, rel=1e-10, abs=1e-13), name
    assert count == 2 * len(study.tested) * CASES[case]
