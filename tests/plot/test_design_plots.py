"""Plots of designs and predictions: finished numbers on the caller's axes, and clear errors."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib.figure import Figure

from equipoise import UsageError, plot
from equipoise.protocol import loads_protocol


def _rows() -> ModuleType:
    name = "plot_tests_planned_rows"
    if name not in sys.modules:
        place = Path(__file__).parents[1] / "reporting" / "planned_rows.py"
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="module")
def protocol():
    return loads_protocol(_rows().TRIAL)


@pytest.fixture(scope="module")
def results(protocol):
    made = _rows().Plans(protocol)
    made.design()
    made.design(groups=(("design", "pocock"),))
    made.monitoring()
    return made.results


@pytest.mark.parametrize(
    "name", ["boundaries", "spending", "power_curve", "accrual", "conditional_power", "prediction"]
)
def test_each_plot_draws_on_new_axes_and_on_given_ones(results, protocol, name):
    draw = getattr(plot, name)
    figure = draw(results, "h_pfs", protocol=protocol)
    assert isinstance(figure, Figure)
    assert figure.axes[0].get_xlabel()
    assert figure.axes[0].get_ylabel()
    mine = Figure()
    left, right = mine.subplots(1, 2)
    assert draw(results, ax=right) is mine, "the only hypothesis needs no name"
    assert right.has_data()
    assert not left.has_data()


def test_bounds_are_those_of_the_rows_with_benefit_above(results):
    axes = plot.boundaries(results, scale="hazard_ratio").axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    rows = results.select(stage="design", statistic="efficacy_hazard_ratio", groups=())
    np.testing.assert_array_equal(lines["Efficacy"].get_ydata(), [row.value for row in rows])
    np.testing.assert_array_equal(lines["Efficacy"].get_xdata(), [190.0, 380.0])
    assert set(lines) == {"Efficacy", "Futility"}
    assert axes.get_yaxis().get_inverted()
    assert axes.get_yscale() == "log"
    assert not plot.boundaries(results).axes[0].get_yaxis().get_inverted()


def test_alternatives_stand_beside_the_declared_design(results):
    axes = plot.power_curve(results).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["as declared", "pocock"]


def test_accrual_has_arms_in_words_and_the_looks(results, protocol):
    axes = plot.accrual(results, protocol=protocol).axes[0]
    words = {text.get_text() for text in axes.get_legend().get_texts()}
    assert words == {"Enrolled", "Events", "Events, Xenopril + standard", "Events, Standard care"}
    uprights = [line.get_xdata()[0] for line in axes.get_lines() if list(line.get_ydata()) == [0, 1]]
    assert uprights == [33.62, 57.91]
    assert axes.get_xlabel() == "Time, months"


def test_a_prediction_is_in_the_trials_unit(results, protocol):
    axes = plot.prediction(results, protocol=protocol).axes[0]
    (median,) = [line for line in axes.get_lines() if line.get_label() == "Median"]
    curve = results.curves_of("predicted_events")[0]
    np.testing.assert_allclose(median.get_xdata(), curve.x / 30.4375, rtol=1e-12)
    assert {"50% interval", "80% interval", "90% interval", "Observed"} <= {
        text.get_text() for text in axes.get_legend().get_texts()
    }


@pytest.mark.parametrize(
    ("call", "words", "cure"),
    [
        (lambda r: plot.boundaries(r, "nonsense"), "no design", "hypotheses that have it: h_pfs"),
        (lambda r: plot.boundaries(r, scale="estimate"), "no bounds on the scale estimate", "h_pfs"),
        (lambda r: plot.power_curve(r, "nonsense"), "no curve power_by_hazard_ratio", "h_pfs"),
        (lambda r: plot.accrual(r, design="nonsense"), "no curve expected_enrolled", "h_pfs"),
        (lambda r: plot.prediction(type(r)()), "no curve predicted_events", "equipoise monitor"),
    ],
)
def test_errors_say_what_there_is(results, call, words, cure):
    with pytest.raises(UsageError, match=words) as caught:
        call(results)
    assert cure in caught.value.problems[0].cure


def test_of_several_hypotheses_one_has_to_be_named(protocol):
    made = _rows().Plans(protocol)
    for name in ("h_pfs", "h_os"):
        made.add("efficacy_z", 2.0, stage="design", hypothesis=name, scenario="planned", look=1)
        made.add("planned_events", 100.0, stage="design", hypothesis=name, scenario="planned", look=1)
    with pytest.raises(UsageError, match="several hypotheses") as caught:
        plot.boundaries(made.results)
    assert caught.value.problems[0].cure == "name one of h_pfs, h_os"
    assert plot.boundaries(made.results, "h_os").axes[0].has_data()
