"""Events against the width of a hazard ratio's interval."""

from __future__ import annotations

import math

import pytest

from equipoise.evidence.rules import events_width

OS = {"endpoint": "overall_survival", "arm": "a", "versus": "b"}


def limits(ratio, error, digits=3):
    z = 1.959964
    return tuple(f"{ratio * math.exp(sign * z * error):.{digits}f}" for sign in (-1, 1))


def deaths(claim, a, b):
    return [claim("events", str(n), endpoint="death", arm=arm) for arm, n in (("a", a), ("b", b))]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.9, "contradicted"),
        (0.96, "contradicted"),
        (0.98, "consistent"),
        (1.2, "consistent"),
        (1.29, "consistent"),
        (1.32, "remark"),
    ],
)
@pytest.mark.parametrize("by_arm", [True, False])
def test_bounds(claim, verdict, share, expected, by_arm):
    least = math.sqrt(1 / 120 + 1 / 150) if by_arm else math.sqrt(4 / 270)
    ratio = claim("hazard_ratio", "0.800", ci=limits(0.8, share * least), **OS)
    counted = deaths(claim, 120, 150) if by_arm else [claim("events", "270", endpoint="death")]
    assert verdict(events_width, ratio, *counted) == expected


@pytest.mark.parametrize(
    ("value", "ci", "counts", "expected"),
    [
        ("0.86", ("0.61", "1.23"), (60, 63), "consistent"),  # PATINA
        ("0.92", ("0.80", "1.06"), (67, 74), "contradicted"),
        ("0.34", ("0.18", "0.62"), (13, 39), "consistent"),  # HPTN 083: 0.985 of the bound
        (".72", (".57", ".92"), (167, 108), "consistent"),  # MONALEESA-3, 2:1
    ],
)
def test_published(claim, verdict, value, ci, counts, expected):
    assert verdict(events_width, claim("hazard_ratio", value, ci=ci, **OS), *deaths(claim, *counts)) == expected


@pytest.mark.parametrize("method", ["adjusted", "weighted"])
def test_not_of_other_models(claim, verdict, method):
    ratio = claim("hazard_ratio", "0.92", ci=("0.80", "1.06"), method=(method,), **OS)
    assert verdict(events_width, ratio, *deaths(claim, 67, 74)) == ""


def test_not_of_rate_ratios_with_recurrent_events(claim, verdict):
    ratio = claim("rate_ratio", "0.92", ci=("0.90", "0.94"), **OS)
    assert verdict(events_width, ratio, *deaths(claim, 67, 74)) == ""


@pytest.mark.parametrize(
    "other",
    [
        {"endpoint": "progression_free_survival"},
        {"population": "stage_iii"},
        {"source": "other"},
        {"time": "3", "time_unit": "months"},
    ],
)
def test_not_with_events_of_something_else(claim, verdict, other):
    ratio = claim("hazard_ratio", "0.92", ci=("0.80", "1.06"), **OS)
    counted = [
        claim("events", "67", **{"endpoint": "death", "arm": "a"} | other),
        claim("events", "74", **{"endpoint": "death", "arm": "b"} | other),
    ]
    assert verdict(events_width, ratio, *counted) == ""


def test_two_analyses_of_one_endpoint_can_not_be_told_apart(claim, verdict):
    ratio = claim("hazard_ratio", "0.92", ci=("0.80", "1.06"), **OS)
    final = claim("hazard_ratio", "0.90", ci=("0.70", "1.16"), **OS)
    assert verdict(events_width, ratio, final, *deaths(claim, 67, 74)) == ""


def test_far_apart_in_the_text_is_a_remark(claim, verdict):
    ratio = claim("hazard_ratio", "0.92", ci=("0.80", "1.06"), start=5000, sentence=(5000, 5100), **OS)
    assert verdict(events_width, *deaths(claim, 67, 74), ratio) == "remark"


def test_counts_of_proportions(claim, verdict):
    ratio = claim("hazard_ratio", "0.92", ci=("0.80", "1.06"), **OS)
    counted = [
        claim("proportion", "21.7", count=67, denominator=309, endpoint="death", arm="a"),
        claim("proportion", "24.2", count=74, denominator=306, endpoint="death", arm="b"),
    ]
    assert verdict(events_width, ratio, *counted) == "contradicted"
    alive = [claim("proportion", "21.7", count=67, denominator=309, endpoint="overall_survival", arm="a")]
    assert verdict(events_width, ratio, *alive) == ""
