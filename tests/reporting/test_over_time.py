"""The dossier's adverse events over time: figures, numbers at risk, tables and words, on page and as files."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.reporting.figures import axis_fractions, rising_curves
from equipoise.results import Curve, Key


def section(page: Any) -> Any:
    (found,) = page.all("section", id="safety-ae_main-time")
    return found


def test_section_has_figures_tables_and_the_convention(oncology: Path, parse: Callable[..., Any]) -> None:
    part = section(parse(oncology / "dossier.html"))
    text = " ".join(part.text.split())
    assert "at risk from the day of the first dose, day 1, until the last dose and 30 days more" in text
    assert "not beyond death" in text
    for words in ("Any adverse event: mean cumulative count.", "Serious: mean cumulative count.",
                  "Severe: time to the first event.", "Incidence rates by time at risk:", "Mean cumulative counts:",
                  "Time to the first event:", "Number at risk", "death competing", "Kaplan-Meier"):  # fmt: skip
        assert words in text, words
    assert ". in parentheses" not in text
    assert not re.search(r"\bP\s*[=<]", text), "a P that belongs to no hypothesis"


def test_figures_are_named_described_and_files_of_their_own(oncology: Path, parse: Callable[..., Any]) -> None:
    part = section(parse(oncology / "dossier.html"))
    drawn = [node for node in part.all("svg") if "plot-" in str(node.attributes)]
    assert len(drawn) == 8  # four figures, wide and narrow
    for name in ("mcc-ae_main-any", "mcc-ae_main-serious", "first-ae_main-any", "first-ae_main-severe"):
        svg = (oncology / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert svg.startswith("<?xml")
        assert "No. at risk" in svg
        title = re.search(r"<title[^>]*>([^<]+)</title>", svg)
        description = re.search(r"<desc[^>]*>([^<]+)</desc>", svg)
        assert title
        assert description
        assert "Each curve starts at 0" in description.group(1)
        assert "By " in description.group(1)


def test_tables_are_files_whose_numbers_are_statistics(oncology: Path) -> None:
    statistics = {row["id"]: row for row in json.loads((oncology / "results.json").read_text())["statistics"]}
    seen = set()
    for name in ("incidence-rates", "mean-counts", "first-events"):
        for file in oncology.glob(f"tables/{name}-ae_main*.csv"):
            for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
                key = statistics[row["id"]]["key"]
                assert key["statistic"] == row["statistic"]
                assert row["statistic"] not in ("p_value", "z")
                seen.add(row["statistic"])
    assert seen == {
        "ae_incidence_rate", "ae_incidence_rate_difference", "ae_incidence_rate_ratio", "mean_count",
        "mean_count_difference", "events", "competing_events", "cumulative_incidence", "hazard_ratio",
    }  # fmt: skip


def test_tests_are_rows_and_nominal(oncology: Path) -> None:
    statistics = json.loads((oncology / "results.json").read_text())["statistics"]
    found = [row for row in statistics if row["key"]["analysis"] == "ae_main" and row["key"]["statistic"] == "p_value"]
    assert {row["key"]["method"] for row in found} == {
        "mean_cumulative_count.difference.two_sided",
        "log_rank.two_sided",
    }
    assert {row["multiplicity"] for row in found} == {"nominal"}


def test_an_analysis_without_times_at_risk_has_no_such_section(two_arms: Path, parse: Callable[..., Any]) -> None:
    assert not parse(two_arms / "dossier.html").all("section", id="safety-safety-time")


def curve(arm: str, **values: Any) -> Curve:
    given = {name: np.array(value, dtype=float) for name, value in values.items()}
    return Curve(key=Key(analysis="a", endpoint="e", population="p", statistic="mean_count", arm=arm),
                 curve="mean_cumulative_count", unit="days", **given)  # fmt: skip


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_axis_holds_the_highest_curve_and_far_limits_leave_it(width: Any) -> None:
    one = curve("x", x=[0, 10, 20], y=[0, 2, 8], lower=[np.nan, 1, 4], upper=[np.nan, 4, 900])
    svg = rising_curves([one], {"x": "Arm <x>"}, name="n", title="T", x_label="Days", y_label="Mean", time_factor=1.0,
                        ticks=(0, 10, 20), width=width)  # fmt: skip
    labels = [float(text) for text in re.findall(r">(\d+(?:\.\d+)?)</text>", svg)]
    assert 10 <= max(value for value in labels if value not in (10, 20)) <= 15 or 10 in labels
    assert 900 not in labels
    assert "Arm &lt;x&gt;" in svg
    left, right = axis_fractions(svg)
    assert 0 < left < right < 1


def test_curves_without_events_or_subjects_are_drawn_flat_or_not_at_all() -> None:
    flat = curve("x", x=[0, 30], y=[0, 0], lower=[np.nan] * 2, upper=[np.nan] * 2)
    none = curve("y", x=[], y=[], lower=[], upper=[])
    svg = rising_curves([flat, none], {"x": "X", "y": "Y"}, name="n", title="T", x_label="Days", y_label="Mean",
                        time_factor=1.0, ticks=(0, 10, 20, 30))  # fmt: skip
    assert "Y (no data)" in svg
    assert "nan" not in svg.lower()
