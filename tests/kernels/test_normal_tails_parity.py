"""Upper tails of the largest of several normal variables, down to 1e-12, against integrals of another kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.kernels._normal_tails import max_tails

REFERENCE = Path(__file__).parents[1] / "reference" / "normal_tails.json"
CASES: list[dict[str, Any]] = json.loads(REFERENCE.read_text())
NAMES = list(dict.fromkeys(case["name"] for case in CASES))


def test_the_reference_reaches_from_common_to_1e_12() -> None:
    smallest = {name: min(case["one_sided"] for case in CASES if case["name"] == name) for name in NAMES}
    assert len(NAMES) >= 15
    assert max(smallest.values()) < 1e-11
    assert max(case["one_sided"] for case in CASES) > 0.2
    assert {len(case["correlation"]) for case in CASES} == {2, 3, 4, 6, 8}


@pytest.mark.parametrize("name", NAMES)
def test_relative_error_is_below_a_percent(name: str) -> None:
    for case in CASES:
        if case["name"] != name:
            continue
        found = max_tails(np.array(case["correlation"]), case["c"], case["c"])
        # The reference's own Monte Carlo error is allowed for; where it is an integral there is none.
        allowed = 0.005 + 4.0 * case["relative_error"]
        np.testing.assert_allclose(found, (case["one_sided"], case["two_sided"]), rtol=allowed, err_msg=str(case["c"]))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("two")])
def test_two_variables_need_one_dimension_and_are_all_but_exact(name: str) -> None:
    for case in CASES:
        if case["name"] == name and case["correlation"][0][1] < 0.9999:
            found = max_tails(np.array(case["correlation"]), case["c"], case["c"])
            np.testing.assert_allclose(found, (case["one_sided"], case["two_sided"]), rtol=2e-4)
