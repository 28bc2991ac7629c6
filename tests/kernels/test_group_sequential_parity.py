"""Crossing probabilities against multivariate normal integrals, which know nothing of looks; bounds against rpact.

The frozen answers are from R (tests/reference/group_sequential.R): TVPACK for up to three looks, Miwa beyond.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from equipoise.kernels.group_sequential import (
    conditional_crossing,
    crossing_curve,
    crossing_probabilities,
    upper_bounds,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "group_sequential.json"
FROZEN: dict[str, Any] = json.loads(REFERENCE.read_text())
MONITORING: list[dict[str, Any]] = json.loads((REFERENCE.parent / "monitoring.json").read_text())["peers"]
CROSSINGS = {case["name"]: case for case in FROZEN["crossings"]}
LISTED = {case["name"]: case for case in FROZEN["listed"]}


def numbers(values):
    """R writes infinities as texts, and arrays of one as numbers."""
    return np.array([float(value) for value in np.atleast_1d(np.array(values, dtype=object))])


@pytest.mark.parametrize("name", CROSSINGS)
def test_multivariate_normal(name):
    case = CROSSINGS[name]
    information, upper, lower, mean = (numbers(case[part]) for part in ("information", "upper", "lower", "mean"))
    found = crossing_probabilities(information, upper, lower, mean)
    # TVPACK promises 1e-14; Miwa's grid was seen to be good to 3e-11.
    allowed = 2e-14 if information.size <= 3 else 1e-10
    np.testing.assert_allclose(found.upper, numbers(case["above"]), rtol=0, atol=allowed)
    np.testing.assert_allclose(found.lower, numbers(case["below"]), rtol=0, atol=allowed)
    scaled = crossing_curve(information * 317.0, upper, lower, mean[None, :])
    np.testing.assert_allclose(scaled.upper[0], found.upper, rtol=0, atol=1e-14)


def test_bounds_from_listed_alpha():
    case = LISTED["none at first"]
    spent = numbers(case["spent"])
    # rpact's own zero is 7e-16.
    spent[0] = 0.0
    found = upper_bounds(numbers(case["fractions"]), spent)
    np.testing.assert_allclose(found, numbers(case["upper"]), rtol=0, atol=1e-6)


def simpson(information, upper, points):
    """P(first exit above, by look) on the scale of the score, by Simpson's rule on a grid of one fineness."""
    step, out = np.diff(information, prepend=0.0), [ndtr(-upper[0])]
    x, mass = np.zeros(1), np.ones(1)
    weights = np.ones(points)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    for k, level in enumerate(information):
        if k:
            out.append(mass @ ndtr((x - upper[k] * np.sqrt(level)) / np.sqrt(step[k])))
        y = np.linspace(-8.0 * np.sqrt(level), upper[k] * np.sqrt(level), points)
        density = np.exp(-0.5 * (y[:, None] - x) ** 2 / step[k]) @ mass
        x, mass = y, density * weights * (y[1] - y[0]) / 3.0 / np.sqrt(2.0 * np.pi * step[k])
    return np.array(out)


def test_twenty_looks():
    """Against Simpson's rule; rpact's bounds spend 1.1e-6 too much by the twentieth look, so they are 4e-5 lower."""
    case = LISTED["twenty looks"]
    t, spent = numbers(case["fractions"]), numbers(case["spent"])
    found = upper_bounds(t, spent)
    np.testing.assert_allclose(np.cumsum(simpson(t, found, 801)), spent, rtol=0, atol=1e-9)
    theirs = numbers(case["upper"])
    assert 1e-6 < simpson(t, theirs, 801).sum() - spent[-1] < 1.3e-6
    np.testing.assert_allclose(found, theirs, rtol=0, atol=5e-5)
    np.testing.assert_allclose(found[:9], theirs[:9], rtol=0, atol=1e-6)


@pytest.mark.parametrize("case", FROZEN["two_sided"], ids=lambda case: case["name"])
def test_bounds_of_both_sides(case):
    """rpact lists what both sides spend together; here alpha is one side's."""
    spent = numbers(case["spent"]) / 2.0
    found = upper_bounds(numbers(case["fractions"]), spent, two_sided=True)
    np.testing.assert_allclose(found, numbers(case["upper"]), rtol=0, atol=2e-7)
    one = upper_bounds(numbers(case["fractions"]), spent)
    assert (one >= found - 1e-12).all(), "paths that crossed the other side leave less to spend"


@pytest.mark.parametrize("name", ["gscp_i1_z2.5", "gscp_i1_z0.5"])
def test_conditional_on_an_interim_z(name):
    """Against gsDesign's gsCP, whose grid is good to about 1e-7: the current trend, none, and the design's effect."""
    case = next(case for case in MONITORING if case["id"] == name)
    wanted, z = case["outputs"], case["inputs"]["z"]
    root = np.sqrt(wanted["original_n.I"])
    for column, theta in enumerate(wanted["theta"]):
        found = conditional_crossing(root**2, wanted["original_upper"], 0, z, theta * root)
        np.testing.assert_allclose(found.upper, np.array(wanted["upper_prob"])[:, column], rtol=0, atol=2e-7)
