"""Figures: what is drawn is what was given, in SVG that can stand in any page."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from equipoise.reporting.figures import (
    Difference,
    DotRow,
    ForestRow,
    ResponseBar,
    ae_dot_plot,
    axis_fractions,
    forest,
    kaplan_meier,
    mini_kaplan_meier,
    response_bars,
    standalone,
)
from equipoise.results import Curve, Key

WIDTHS = ("wide", "narrow")
LABELS = {"a": "Palbociclib + standard", "b": 'Standard <maintenance> & "more"', "c": "Third"}


def curve(arm: str, steps: int = 20, last: float = 1000.0) -> Curve:
    x = np.linspace(0, last, steps + 1)
    y = np.linspace(1, 0.3, steps + 1)
    censor = np.zeros(steps + 1)
    censor[steps // 2] = 2
    return Curve(
        key=Key(analysis="pfs", statistic="survival", arm=arm),
        curve="kaplan_meier",
        x=x,
        y=y,
        lower=np.where(np.arange(steps + 1) == 3, np.nan, y - 0.1),
        upper=np.minimum(y + 0.1, 1),
        n_risk=np.arange(steps + 1, 0, -1.0),
        n_event=np.ones(steps + 1),
        n_censor=censor,
        unit="days",
    )


def km(arms="ab", *, name="km", width="wide", **options) -> str:
    settings = {
        "title": "Curves",
        "x_label": "Time, months",
        "y_label": "Progression-free survival, %",
        "time_factor": 1 / 30.4375,
        "ticks": (0, 10, 20, 30),
        **options,
    }
    return kaplan_meier([curve(a) for a in arms], LABELS, name=name, width=width, **settings)


FOREST = [
    ForestRow(label="Sex", kind="heading"),
    ForestRow(
        label="F",
        value=0.7,
        lower=0.5,
        upper=0.98,
        weight=80,
        left=("40/100", "50/99"),
        right=("0.70",),
        kind="level",
        stat="s.f",
    ),
    ForestRow(
        label="M", value=0.9, lower=0.02, upper=44.0, weight=10, left=("4/10", "5/9"), right=("0.90",), kind="level"
    ),
    ForestRow(label="X", reason="Fewer than 10 events", left=("1/2", "0/3"), right=("–",), kind="level"),
    ForestRow(label="All", value=0.75, lower=0.59, upper=0.96, right=("0.75",), kind="overall"),
]
DOTS = [
    DotRow(label="SKIN DISORDERS", kind="heading"),
    DotRow(
        label="Neutropenia & a very long term that cannot possibly fit into the room there is for it",
        proportions={"a": 0.6, "b": 0.1},
        differences=(Difference(arm="a", value=0.5, lower=0.4, upper=0.6, stat="d.1"),),
    ),
    DotRow(label="Nausea", proportions={"a": 0.2, "b": None}, differences=(Difference(arm="a"),)),
]
BARS = [
    ResponseBar(
        arm="a", label=LABELS["a"], segments={"CR": 0.2, "PR": 0.5, "PD": 0.3}, texts={"CR": "20%"}, right="70%"
    ),
    ResponseBar(arm="b", label=LABELS["b"], segments={"CR": 0.1, "PR": 0.0, "PD": 0.9}, left="n = 9"),
]


def drawn(width: str, name: str = "fig") -> dict[str, str]:
    return {
        "km": km(name=f"{name}-km", width=width, show_limits=True, medians={"a": 500.0}, annotation=("HR 0.75",)),
        "mini": mini_kaplan_meier([curve("a")], LABELS, name=f"{name}-mini", title="Small", x_label="Months",
                                  time_factor=0.03, ticks=(0, 15, 30), width=width),
        "forest": forest(FOREST, name=f"{name}-forest", title="Subgroups", left_headers=("A", "B"),
                         right_headers=("HR",), favours=("A better", "B better"), width=width),
        "dots": ae_dot_plot(DOTS, LABELS, name=f"{name}-dots", title="Adverse events", width=width),
        "bars": response_bars(BARS, {"CR": "Complete", "PR": "Partial", "SD": "Stable", "PD": "Progression"},
                              name=f"{name}-bars", title="Best response", width=width),
    }  # fmt: skip


def words(svg: str) -> list[str]:
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_each_is_one_accessible_element(width):
    for name, svg in drawn(width).items():
        root = ElementTree.fromstring(svg)
        assert svg.startswith("<svg"), name
        assert root.get("role") == "img"
        ids = {element.get("id") for element in root.iter()}
        assert set(root.get("aria-labelledby").split()) <= ids
        assert "<style" not in svg
        assert not re.search(r'(href|src)="http', svg)


@pytest.mark.parametrize("width", WIDTHS)
def test_ids_of_two_figures_never_collide(width):
    ids = [i for n in ("one", "two") for svg in drawn(width, n).values() for i in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_two_renders_and_two_processes_are_identical():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_figures as t, hashlib;"
        "print(hashlib.sha256(''.join(t.drawn('wide').values()).encode()).hexdigest())"
    )
    folder = __file__.rsplit("/", 1)[0]
    digests = {
        subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(digests) == 1
    assert drawn("wide") == drawn("wide")


def test_labels_are_text_and_escaped():
    text = " ".join(words(km()))
    assert LABELS["a"].split()[0] in text
    assert "<maintenance>" in text
    assert "<maintenance>" not in km()


def test_kaplan_meier_has_the_ticks_that_the_table_uses():
    svg = km(ticks=(0, 10, 20, 30))
    assert {"0", "10", "20", "30", "100"} <= set(words(svg))
    left, right = axis_fractions(svg)
    assert 0 < left < right <= 1
    assert 'data-curve="pfs.survival.a.kaplan_meier pfs.survival.b.kaplan_meier"' in svg


def test_censoring_ticks_are_drawn_for_each_arm():
    svg = km("abc")
    assert {arm for arm in "abc" if re.search(f'class="censored"[^>]*data-arm="{arm}"', svg)} == set("abc")


@pytest.mark.parametrize("width", WIDTHS)
def test_many_arms_and_empty_curves(width):
    empty = Curve(
        key=Key(analysis="x", statistic="survival", arm="z"), curve="kaplan_meier", x=np.array([]), y=np.array([])
    )
    one = Curve(
        key=Key(analysis="x", statistic="survival", arm="y"), curve="kaplan_meier", x=np.array([0.0]), y=np.array([1.0])
    )
    arms = {**{c: f"Arm {c}" for c in "abcdef"}, "z": "Nobody", "y": "One"}
    curves = [curve(a) for a in "abcdef"] + [empty, one]
    svg = kaplan_meier(
        curves, arms, name="k", title="t", x_label="x", y_label="y", time_factor=1.0, ticks=(0, 500, 1000), width=width
    )
    assert all(f"Arm {c}" in words(svg) for c in "abcdef")
    assert "nan" not in svg.lower().replace("maintenance", "")


def test_a_large_curve_is_thinned_to_what_can_be_seen():
    rng = np.random.default_rng(1)
    n = 100_000
    big = Curve(
        key=Key(analysis="x", statistic="survival", arm="a"), curve="kaplan_meier", x=np.sort(rng.uniform(0, 1000, n)),
        y=np.linspace(1, 0.2, n), n_censor=(rng.uniform(size=n) < 0.3).astype(float), unit="days",
    )  # fmt: skip
    svg = kaplan_meier([big], LABELS, name="k", title="t", x_label="x", y_label="y", time_factor=1.0, ticks=(0, 1000))
    assert len(svg) < 300_000


def test_forest_prints_reasons_arrows_and_the_overall_diamond():
    svg = drawn("wide")["forest"]
    assert "Fewer than 10 events" in words(svg)
    assert svg.count('class="arrow"') == 2  # the row with limits 0.02 to 44
    assert svg.count('class="diamond"') == 1
    assert svg.count('class="estimate"') == 2
    assert any(word.endswith("A better") for word in words(svg))
    assert 'data-stats="s.f"' in svg


def test_forest_without_any_estimate_is_still_a_figure():
    svg = forest([ForestRow(label="F", reason="No events")], name="f", title="t")
    assert "No events" in words(svg)


def test_forest_of_differences_is_linear_in_percentage_points():
    rows = [ForestRow(label="All", value=0.1, lower=-0.05, upper=0.25)]
    svg = forest(rows, name="f", title="t", null=0.0, log=False, percent=True)
    assert "0" in words(svg)
    assert any(word in words(svg) for word in ("20", "25"))


def test_dot_plot_draws_what_exists_and_no_more():
    svg = drawn("wide")["dots"]
    assert len(re.findall(r'class="dot"', svg)) >= 3 + 1  # three proportions, one difference
    assert len(re.findall(r'class="limits"', svg)) == 1
    assert "SKIN DISORDERS" in words(svg)
    assert "cannot possibly fit" in svg  # the whole term, as a tooltip


def test_bars_leave_out_unused_categories_and_narrow_texts():
    text = words(drawn("wide")["bars"])
    assert "Stable" not in text
    assert {"Complete", "Partial", "Progression", "20%", "70%", "n = 9"} <= set(text)


def test_standalone_is_a_document_with_a_size():
    document = standalone(km())
    root = ElementTree.fromstring(document.encode())
    assert float(root.get("width")) > 0
    assert document.startswith("<?xml")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_leaves_the_sheet(width):
    for name, svg in drawn(width).items():
        _, _, wide, high = map(float, ElementTree.fromstring(svg).get("viewBox").split())
        for x, y in re.findall(r'<text[^>]*? x="([-\d.]+)" y="([-\d.]+)"', svg):
            assert -1 <= float(x) <= wide + 1, name
            assert -1 <= float(y) <= high + 1, name
