"""Plots with axes: ticks, what is drawn, what is left out, and texts that do not touch."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.reporting.figures import (
    Bound,
    BoundScale,
    Chance,
    Rule,
    accrual,
    boundaries,
    chances,
    conditional_power,
    power_curve,
    prediction_fan,
    spending,
    stamped,
    standalone,
)
from equipoise.reporting.figures.panel_drawing import draw_panels
from equipoise.reporting.figures.panels import Axis, Panel, Series
from equipoise.reporting.figures.style import ARMS, arm_style
from equipoise.reporting.figures.text import measure
from equipoise.results import Curve, Key

TEXT = re.compile(r'<text x="([-\d.]+)" y="([-\d.]+)" font-size="([\d.]+)"([^>]*)>([^<]*)</text>')


def boxes(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Upright texts with the room that they take."""
    out = []
    for x, y, size, rest, content in TEXT.findall(svg):
        if "rotate" in rest:
            continue
        width = measure(content.replace("&lt;", "<"), float(size), weight="bold" if "bold" in rest else "normal")
        anchor = re.search(r'text-anchor="(\w+)"', rest)
        left = float(x) - {"middle": width / 2, "end": width}.get(anchor[1] if anchor else "", 0.0)
        out.append((content, left, float(y) - 0.7 * float(size), left + width, float(y)))
    return out


def touching(svg: str) -> list[tuple[str, str]]:
    return [
        (a[0], b[0])
        for a, b in combinations(boxes(svg), 2)
        if a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5 and a[2] < b[4] - 0.5 and b[2] < a[4] - 0.5
    ]


def curve(name: str, x: object, y: object, **fields: object) -> Curve:
    arrays = {key: np.asarray(fields.pop(key), float) for key in ("lower", "upper") if key in fields}
    kind = str(fields.pop("kind", "line"))
    key = Key(stage="design", hypothesis="h", **fields)  # type: ignore[arg-type]
    return Curve(key=key, curve=name, kind=kind, x=np.asarray(x, float), y=np.asarray(y, float), **arrays)


def test_axes_show_all_values_and_round_numbers() -> None:
    assert Axis(label="n").ends([3.0, 517.0]) == (0.0, 600.0, [0.0, 200.0, 400.0, 600.0])
    low, high, ticks = Axis(label="p", log=True).ends([0.0, 0.0001, 0.3])
    assert low < 0.0001 < 0.3 < high
    assert ticks == [0.0001, 0.001, 0.01, 0.1]
    low, high, ticks = Axis(label="hr", log=True, tight=True).ends([0.55, 1.1])
    assert (low, high) == (0.55, 1.1)
    assert ticks == [0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
    low, high, _ = Axis(label="x").ends([2.0, 2.0])
    assert low < 2.0 < high
    assert Axis(label="x", flip=True).scale([0.0, 1.0], 0.0, 100.0)[0](1.0) == 0.0
    assert Axis(label="x").ends([float("nan"), float("inf")])[0] < 1.0


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_bounds_on_three_scales(width: str) -> None:
    values = {"efficacy": (3.71, 2.511, 1.993), "futility": (0.05, 1.14, 1.993)}
    bounds = tuple(
        Bound(side=side, at=127.0 * (place + 1), value=value, text=f"{value:.3f}", stat=f"{side}{place}")
        for side, three in values.items()
        for place, value in enumerate(three)
    )
    scales = [BoundScale(label="z", bounds=bounds, null=0.0), BoundScale(label="Hazard ratio", bounds=bounds, log=True,
                                                                       flip=True, null=1.0)]  # fmt: skip
    svg = boundaries(scales, name="b", title="Boundaries", x_label="Events", width=width)  # type: ignore[arg-type]
    assert svg.count('class="dot" data-stat="efficacy') == 6
    assert svg.count(">1.993<") == 2, "the bounds of the last look meet and are said once a scale"
    assert 'data-stats="efficacy0 efficacy1 efficacy2 futility0 futility1 futility2"' in svg
    assert touching(svg) == []
    assert "nan" not in svg.lower()
    assert svg == boundaries(scales, name="b", title="Boundaries", x_label="Events", width=width)  # type: ignore[arg-type]


def test_a_flipped_scale_has_small_values_above() -> None:
    bounds = (Bound(side="efficacy", at=1.0, value=0.5), Bound(side="efficacy", at=2.0, value=0.8))
    svg = boundaries([BoundScale(label="HR", bounds=bounds, log=True, flip=True)], name="b", title="B", x_label="n")
    dots = re.findall(r'<g class="dot">\s*<path d="M[-\d.]+ ([-\d.]+)', svg)
    assert float(dots[0]) < float(dots[1])


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(-4.0, 6.0), min_size=1, max_size=20),
    st.lists(st.floats(-4.0, 6.0), min_size=1, max_size=20),
    st.sampled_from(["wide", "narrow"]),
)
def test_whatever_the_bounds_their_numbers_do_not_touch(first: list[float], second: list[float], width: str) -> None:
    bounds = tuple(
        Bound(side=side, at=10.0 * (place + 1), value=value, text=f"{value:.3f}")  # type: ignore[arg-type]
        for side, values in (("efficacy", first), ("harm", second))
        for place, value in enumerate(values)
    )
    scales = [BoundScale(label=label, bounds=bounds) for label in ("z", "y", "x")]
    svg = boundaries(scales, name="b", title="B", x_label="Events", width=width)  # type: ignore[arg-type]
    assert touching(svg) == []
    right = 760 if width == "wide" else 380
    assert [box for box in boxes(svg) if box[1] < -1 or box[3] > right + 12] == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.0, 80.0), min_size=1, max_size=12), st.sampled_from(["wide", "narrow"]))
def test_whenever_the_looks_are_their_labels_do_not_touch(times: list[float], width: str) -> None:
    x = np.linspace(0.0, 80.0, 41)
    rules = [Rule(at=at, label=f"Look {place}: {place * 31} events", vertical=True) for place, at in enumerate(times)]
    svg = accrual(
        [curve("expected_enrolled", x, np.minimum(x * 10, 500.0))], [curve("expected_events", x, 4 * x)], {}, rules,
        name="a", title="A", x_label="Time", width=width,  # type: ignore[arg-type]
    )  # fmt: skip
    assert touching(svg) == []
    assert f"Look {len(times) - 1}:" in svg, "the last look keeps its label"


def test_accrual_tells_arms_from_their_sum() -> None:
    x = [0.0, 40.0]
    events = [
        curve("expected_events", x, [0.0, 300.0], arm="new", versus="old"),
        curve("expected_events", x, [0.0, 140.0], arm="new"),
        curve("expected_events", x, [0.0, 160.0], arm="old"),
    ]
    enrolled = [curve("expected_enrolled", x, [0.0, 500.0], arm="new", versus="old")]
    svg = accrual(enrolled, events, {"new": "New", "old": "Old"}, (), name="a", title="A", x_label="Time, months")
    words = [content for content, *_ in boxes(svg)]
    assert {"Enrolled", "Events", "Events, New", "Events, Old"} <= set(words)
    assert svg.count('class="curve"') == 4


def test_spending_power_conditional_and_fan_have_their_curves() -> None:
    t = np.linspace(0.0, 1.0, 11)
    alpha, beta = curve("alpha_spending", t, 0.025 * t), curve("beta_spending", t, 0.2 * t, kind="step")
    looks = [Bound(side="efficacy", at=0.5, value=0.0125, text="0.0125", stat="s")]
    svg = spending([alpha], [beta], looks, name="s", title="S")
    assert f'data-curve="{alpha.id} {beta.id}"' in svg
    assert ">0.0125<" in svg
    only = spending([alpha], [], looks, name="s", title="S")
    assert "Beta spent" not in only
    one, two = curve("power", t + 0.5, 1 - t), curve("power", t + 0.5, 1 - t / 2, scenario="b")
    assert "<text" in power_curve([one], {one.id: "A"}, name="p", title="P", x_label="HR")
    both = power_curve([one, two], {one.id: "A", two.id: "B"}, name="p", title="P", x_label="HR")
    assert [name in [b[0] for b in boxes(both)] for name in ("A", "B")] == [True, True]
    both = conditional_power([one, two], ["Look 1", "Look 2"], name="c", title="C")
    assert both.count('class="curve"') == 2
    fan = curve("predicted_events", t, t, lower=t - 0.1, upper=t + 0.1)
    seen = curve("observed_events", t, t, kind="step")
    drawn = prediction_fan([seen], [("90% interval", fan)], name="f", title="F", x_label="Time", time_factor=2.0,
                           rules=[Rule(at=0.8, label="the target")])  # fmt: skip
    assert drawn.count('class="band"') == 1
    assert "the target" in drawn
    assert "90% interval" in drawn


def test_values_that_do_not_exist_are_not_drawn() -> None:
    gap = Series(label="", x=np.array([0.0, 1.0, 2.0]), y=np.array([1.0, np.nan, 3.0]), style=arm_style(0), points=True,
                 texts=("a", "b", "c"))  # fmt: skip
    svg = draw_panels([Panel(x=Axis(label="x"), y=Axis(label="y"), series=(gap,))], name="g", title="G")
    assert svg.count('class="dot"') == 2
    assert ">b<" not in svg
    assert "nan" not in svg.lower()
    empty = draw_panels([Panel(x=Axis(label="x"), y=Axis(label="y"))], name="e", title="E")
    assert empty.startswith("<svg")


def test_chances_stand_at_their_value_with_their_words() -> None:
    rows = [Chance("Conditional, null", 0.0, "<0.1%", "a"), Chance("Predictive", 1.0, ">99.9%", "b")]
    for width in ("wide", "narrow"):
        svg = chances(rows, name="c", title="C", x_label="Probability, %", width=width)  # type: ignore[arg-type]
        assert touching(svg) == []
        assert 'data-stats="a b"' in svg
        assert "&lt;0.1%" in svg


def test_a_stamp_goes_with_the_drawing_and_keeps_its_content() -> None:
    plain = chances([Chance("A", 0.5, "50%")], name="c", title="C & D", x_label="x", description="What it shows.")
    svg = stamped(plain, "UNBLINDED")
    width, height = (float(v) for v in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plain).groups())  # type: ignore[union-attr]
    assert f'viewBox="0 -26 {width:g} {height + 26:g}"' in svg
    assert ">UNBLINDED: C &amp; D</title>" in svg
    assert svg.count(">UNBLINDED</text>") == 1
    alone = standalone(svg)
    assert f'width="{width:g}" height="{height + 26:g}"' in alone
    assert stamped("<svg></svg>", "X") == "<svg></svg>"


def test_colours_are_those_that_the_colour_blind_tell_apart() -> None:
    svg = boundaries(
        [BoundScale(label="z", bounds=tuple(Bound(side=side, at=1.0, value=float(at))  # type: ignore[arg-type]
                                           for at, side in enumerate(("efficacy", "futility", "harm"))))],
        name="b", title="B", x_label="n",
    )  # fmt: skip
    assert all(ARMS[place].color in svg for place in (0, 1, 3))
