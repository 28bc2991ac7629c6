"""What figures are made of: thinning, scales, labels, colours; and that drawing leaves no trace in matplotlib."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.reporting.figures import AtRiskRow, ForestRow, ResponseBar, forest, kaplan_meier, response_bars
from equipoise.reporting.figures.canvas import Canvas
from equipoise.reporting.figures.layout import log_ticks, nice_ticks, spread
from equipoise.reporting.figures.style import ARMS, RESPONSES, arm_style, ink_on, response_fills
from equipoise.reporting.figures.text import clean, measure, shorten, wrap
from equipoise.reporting.figures.thinning import TOLERANCE, corners, spaced, thin_steps
from equipoise.results import Curve, Key


def words(svg: str) -> list[str]:
    return ["".join(item.itertext()) for item in ElementTree.fromstring(svg).iter() if item.tag.endswith("text")]


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def level_at(times: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return y[np.searchsorted(x, times, side="right") - 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6000), st.booleans())
def test_a_thinned_curve_deviates_by_less_than_half_a_pixel(seed, n, falls):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 600, n))
    y = np.cumsum(rng.exponential(400 / n, n)) if falls else np.cumsum(rng.normal(0, 400 / n, n))
    kept = thin_steps(y, full=10)
    assert kept[0] == 0
    assert np.max(np.abs(level_at(x, x[kept], y[kept]) - y)) <= TOLERANCE < 0.5


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 2.0001]), min_size=1, max_size=80))
def test_a_small_curve_keeps_every_step(levels):
    y = np.array(levels)
    x = np.arange(float(y.size))
    kept = thin_steps(y)
    np.testing.assert_array_equal(level_at(x, x[kept], y[kept]), y)
    assert kept.size == 1 + np.count_nonzero(np.diff(y))


def test_no_steps():
    assert thin_steps(np.empty(0)).size == 0
    assert spaced(np.empty(0), 2.0).size == 0


def test_corners_of_two_steps_drawn_by_hand():
    assert corners(np.array([0.0, 2.0]), np.array([10.0, 30.0]), 5.0) == (
        [0.0, 2.0, 2.0, 5.0],
        [10.0, 10.0, 30.0, 30.0],
    )


@given(st.lists(st.floats(0, 500), max_size=200), st.floats(0.5, 20))
def test_spaced_marks_are_apart_and_cover(places, gap):
    x = np.sort(np.array(places))
    kept = x[spaced(x, gap)]
    assert np.all(np.diff(kept) >= gap)
    assert all(np.min(np.abs(kept - place)) < gap for place in x)


@given(st.lists(st.tuples(st.floats(-50, 450), st.floats(10, 40)), min_size=1, max_size=8))
def test_spread_labels_never_overlap_and_stay_inside_where_they_fit(boxes):
    wanted, heights = [w for w, _ in boxes], [h for _, h in boxes]
    middles = spread(wanted, heights, 0.0, 400.0)
    edges = sorted((m - h / 2, m + h / 2) for m, h in zip(middles, heights, strict=True))
    assert all(upper[1] <= lower[0] + 1e-6 for upper, lower in pairwise(edges))
    assert edges[0][0] >= -1e-6
    assert edges[-1][1] <= 400 + 1e-6


def test_spread_leaves_labels_with_room_where_they_are():
    assert spread([300.0, 20.0, 100.0], [10, 10, 10], 0, 400) == [300.0, 20.0, 100.0]
    assert spread([50.0, 50.0], [10, 10], 0, 400) == [45.0, 55.0]


@given(st.floats(0.001, 5), st.floats(1.82, 5000))
def test_log_ticks_are_few_inside_and_increasing(low, ratio):
    ticks = log_ticks(low, low * ratio)
    assert 2 <= len(ticks) <= 12
    assert all(low * 0.999 <= tick <= low * ratio * 1.001 for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_ticks_read_as_a_statistician_would_choose_them():
    assert log_ticks(0.38, 1.8) == [0.5, 0.7, 1.0, 1.5]
    assert log_ticks(0.16, 1.4) == [0.2, 0.5, 1.0]
    assert log_ticks(0.05, 20) == [0.1, 0.3, 1.0, 3.0, 10.0]
    assert nice_ticks(0.0, 0.33) == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_arms_can_be_read_and_told_apart():
    assert all(contrast(style.color, "#ffffff") >= 4.5 for style in ARMS)
    assert len({style.dash for style in ARMS}) == len({style.marker for style in ARMS}) == len(ARMS) == 6
    assert arm_style(6) != arm_style(0)


def test_neighbouring_responses_differ_in_grey_and_carry_readable_text():
    usual = response_fills(["CR", "PR", "SD", "PD", "NE"])
    assert all(contrast(a, b) > 1.4 for a, b in pairwise(usual.values()))
    assert all(contrast(ink_on(fill), fill) >= 4.0 for fill in RESPONSES.values())


def test_a_response_keeps_its_colour_when_others_are_absent():
    assert response_fills(["PR", "PD"])["PD"] == response_fills(["CR", "PR", "SD", "PD"])["PD"]
    unknown = response_fills(["sCR", "VGPR", "PD"])
    assert len(set(unknown.values())) == 3
    many = response_fills([f"level {n}" for n in range(12)])
    assert len(many) == 12


@settings(deadline=None)  # the first text loads a font
@given(st.text(max_size=60), st.floats(20, 300))
def test_any_text_is_measured_and_fits_its_room(text, room):
    line = clean(text)
    short = shorten(line, 12, room)
    assert measure(short, 12) <= max(room, measure("W\N{HORIZONTAL ELLIPSIS}", 12) + 12)
    assert len(wrap(text, 12, room, lines=2)) <= 2
    assert "\n" not in line


@settings(max_examples=40, deadline=None)  # drawing imports matplotlib
@given(st.text(max_size=40))
def test_any_label_gives_well_formed_xml_with_that_label(text):
    canvas = Canvas(100, 50)
    canvas.text(5, 25, text, size=10, title=text)
    svg = canvas.svg(name="n", title=text, description=text)
    assert words(svg) == ([clean(text)] if clean(text) else [])


def test_formulas_and_scripts_without_glyphs_stay_plain_text():
    canvas = Canvas(300, 50)
    for number, label in enumerate(("$5 and $6", r"\alpha", "\u6cbb\u7642", "\U0001f600")):
        canvas.text(5, 10 * number, label, size=10)
    assert words(canvas.svg(name="n", title="t")) == ["$5 and $6", r"\alpha", "\u6cbb\u7642", "\U0001f600"]


@pytest.mark.parametrize("color", ["#e6e6e6", "#1e5000", "#00e100", "#123e45"])
def test_colours_survive_the_rounding_of_numbers(color):
    canvas = Canvas(10, 10)
    canvas.line([0, 1], [0, 1], color=color)
    canvas.rect(0, 0, 5, 5, fill=color)
    assert canvas.svg(name="n", title="t").count(color) == 2


def test_drawing_changes_no_global_state():
    before = dict(matplotlib.rcParams)
    canvas = Canvas(10, 10)
    canvas.text(1, 5, "x", size=9)
    canvas.svg(name="n", title="t")
    assert dict(matplotlib.rcParams) == before


def test_names_that_look_alike_give_other_ids():
    canvas = Canvas(10, 10)
    names = ("a.b", "a-b", "a b", "1", "<x>", "")
    ids = [ElementTree.fromstring(canvas.svg(name=name, title="t")).get("id") for name in names]
    assert all(one != other for one, other in combinations(ids, 2))
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", one) for one in ids)


def step_curve(arm: str, x, y, **more) -> Curve:
    return Curve(
        key=Key(analysis="p", statistic="survival", arm=arm), curve="kaplan_meier", x=np.array(x), y=np.array(y), **more
    )


def plot(curves, **options) -> str:
    settings = {"title": "t", "x_label": "Days", "y_label": "%", "time_factor": 1.0, "ticks": (0, 50, 100), **options}
    return kaplan_meier(curves, {"a": "A", "b": "B"}, name="k", **settings)


def test_each_event_is_one_step_down():
    x, y = [0.0, 10.0, 20.0, 30.0, 90.0], [1.0, 0.8, 0.6, 0.6, 0.6]
    svg = plot([step_curve("a", x, y)])
    path = re.search(r'class="curve"[^>]*>\s*<path d="([^"]+)"', svg)[1]
    assert path.count("V") == 2
    assert path.startswith("M")
    # It ends at the last follow-up, not at the last event and not at the axis' end.
    left, right = (float(v) * 760 for v in re.search(r'data-axis="([\d.]+) ([\d.]+)"', svg).groups())
    assert float(path.rpartition("H")[2]) == pytest.approx(left + 0.9 * (right - left), abs=0.05)


def test_bands_stop_where_limits_do_not_exist():
    x, y = np.arange(0.0, 100.0, 10.0), np.linspace(1, 0.5, 10)
    lower, upper = y - 0.1, y + 0.05
    lower[4] = upper[7] = np.nan
    svg = plot([step_curve("a", x, y, lower=lower, upper=upper)], show_limits=True)
    assert svg.count('class="band"') == 3
    assert "nan" not in svg
    assert 'class="band"' not in plot([step_curve("a", x, y, lower=lower, upper=upper)])


def test_lines_that_end_early_are_named_in_a_legend():
    late, early = step_curve("a", [0.0, 95.0], [1.0, 0.5]), step_curve("b", [0.0, 30.0], [1.0, 0.8])
    assert 'class="key"' not in plot([late])
    assert plot([late, early]).count('class="key"') == 2


def test_medians_that_were_not_reached_have_no_line():
    curves = [step_curve("a", [0.0, 95.0], [1.0, 0.4]), step_curve("b", [0.0, 95.0], [1.0, 0.8])]
    svg = plot(curves, medians={"a": 95.0, "b": float("nan")})
    assert svg.count('class="median"') == 2  # across at 50%, and down at A's median


def test_numbers_at_risk_stand_under_their_ticks():
    curve, risk = step_curve("a", [0.0, 95.0], [1.0, 0.4]), AtRiskRow("a", ("120", "61", "7"))
    svg = plot([curve], ticks=(10, 30, 70), at_risk=[risk])
    place = {text: x for x, text in re.findall(r'<text x="([\d.]+)"[^>]*>([^<]+)</text>', svg)}
    assert [place[cell] for cell in ("120", "61", "7")] == [place[tick] for tick in ("10", "30", "70")]
    assert "No. at risk" in place


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_what_each_side_favours_is_printed_whole(width):
    rows = [ForestRow(label="All", value=0.3, lower=0.2, upper=0.5)]
    favours = ("Fewer events with levamisole and fluorouracil", "Fewer events with observation")
    printed = " ".join(words(forest(rows, name="f", title="t", favours=favours, width=width)))
    assert all(text in printed for text in favours)


def test_no_effect_always_lies_on_the_axis():
    for value in (0.02, 0.9, 30.0):
        svg = forest([ForestRow(label="A", value=value, lower=value / 1.2, upper=value * 1.2)], name="f", title="t")
        x = float(re.search(r'class="null">\s*<path d="M([\d.]+) ', svg)[1])
        assert 0 < x < 760
        assert 'class="arrow"' not in svg


def test_a_square_has_the_area_of_its_information():
    rows = [ForestRow(label=str(w), value=1.0, lower=0.8, upper=1.25, weight=w) for w in (100.0, 25.0)]
    svg = forest(rows, name="f", title="t")
    sides = []
    for path in re.findall(r'class="estimate"[^>]*>\s*<path d="([^"]+)"', svg):
        left, right = float(re.match(r"M([\d.]+)", path)[1]), float(re.search(r"H([\d.]+)", path)[1])
        sides.append(abs(right - left))
    assert sides[0] / sides[1] == pytest.approx(2.0, abs=0.02)


def test_bars_fill_their_shares():
    bars = [ResponseBar(arm="a", label="A", segments={"CR": 0.25, "PD": 0.75})]
    svg = response_bars(bars, {"CR": "CR", "PD": "PD"}, name="b", title="t")
    widths = []
    for path in re.findall(r'class="segment"[^>]*>\s*<path d="([^"]+)"', svg):
        widths.append(float(re.search(r"H([\d.]+)", path)[1]) - float(re.match(r"M([\d.]+)", path)[1]))
    assert widths[1] / widths[0] == pytest.approx(3.0, abs=0.01)


def test_log_ticks_over_many_decades_leave_some_out():
    assert len(log_ticks(1e-23, 1.0)) <= 12
    assert log_ticks(0.001, 0.5) == [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
