"""The figure of means: what it draws, what it leaves out, and that the same input gives the same bytes."""

from __future__ import annotations

import re

import pytest

from equipoise.reporting.figures import MeanPoint, means

LABELS = {"new": "New", "std": "Standard <care>"}
VISITS = ("Week 4", "Week 8", "Week 12")


def point(arm: str, place: str, value: float | None, spread: float | None = 1.0) -> MeanPoint:
    known = value is not None and spread is not None
    lower, upper = (value - spread, value + spread) if known else (None, None)
    return MeanPoint(arm=arm, place=place, value=value, lower=lower, upper=upper, stat=f"{arm}.{place}")


POINTS = [point(arm, visit, i + 10.0 * (arm == "new")) for arm in LABELS for i, visit in enumerate(VISITS)]


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_every_mean_has_a_mark_and_its_limits(width: str) -> None:
    svg = means(
        POINTS, LABELS, VISITS, name="m", title="Means", y_label="Change", better="lower is better", width=width
    )
    assert svg.count('class="dot"') == len(POINTS) + len(LABELS)  # and one in the key for each arm
    assert svg.count('class="limits"') == len(POINTS)
    assert re.search(r'data-stats="new\.Week 4 ', svg)
    assert "Standard &lt;care&gt;" in svg
    assert "Change; lower is better" in svg
    assert svg == means(POINTS, LABELS, VISITS, name="m", title="Means", y_label="Change", better="lower is better",
                        width=width)  # fmt: skip


def test_a_missing_mean_lifts_the_pen_and_missing_limits_are_not_drawn() -> None:
    points = [point("new", "Week 4", 1.0, None), point("new", "Week 8", None), point("new", "Week 12", -2.0)]
    svg = means(points, LABELS, VISITS, name="m", title="Means", y_label="Change")
    assert svg.count('class="limits"') == 1
    assert svg.count('class="dot"') == 2 + 1
    assert "nan" not in svg.lower()


@pytest.mark.parametrize("value", [0.0, 1e-9, -1e12, 0.3])
def test_any_size_can_be_drawn(value: float) -> None:
    svg = means([point("new", "V", value, 0.0)], LABELS, ("V",), name="m", title="Means", y_label="Change")
    assert svg.count('class="dot"') == 2
    assert "inf" not in re.sub(r"[a-z-]*info[a-z]*", "", svg)
