"""`equipoise.plot`: finished numbers on the caller's axes, and clear errors."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from equipoise import UsageError, plot


def _line(axes, label):
    (found,) = [line for line in axes.get_lines() if line.get_label() == label]
    return found


@pytest.mark.parametrize("name", ["kaplan_meier", "log_minus_log", "schoenfeld", "forest", "cumulative_incidence"])
def test_each_plot_draws_on_new_axes_and_on_given_ones(bundle, name):
    draw = getattr(plot, name)
    figure = draw(bundle, "main")
    assert isinstance(figure, Figure)
    assert figure.axes[0].get_xlabel()
    mine = Figure()
    left, right = mine.subplots(1, 2)
    assert draw(bundle, "main", ax=right) is mine
    assert right.has_data()
    assert not left.has_data()


def test_a_curve_has_the_numbers_of_the_results_in_the_trials_unit(bundle):
    axes = plot.kaplan_meier(bundle, "main", limits=True).axes[0]
    curve = next(c for c in bundle.results.curves_of("kaplan_meier", analysis="main") if c.key.arm == "new")
    line = _line(axes, "New & improved")
    np.testing.assert_array_equal(line.get_ydata(), curve.y)
    np.testing.assert_allclose(line.get_xdata(), curve.x / 30.4375, rtol=1e-12)
    assert axes.get_xlabel() == "Time, months"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Old treatment", "New & improved"]


def test_results_without_a_protocol_have_names_and_the_datas_unit(bundle):
    axes = plot.kaplan_meier(bundle.results, "main").axes[0]
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"old", "new"}
    assert axes.get_xlabel() == "Time, days"


def test_forest_has_every_level_with_its_numbers(bundle):
    axes = plot.forest(bundle, "main").axes[0]
    assert [label.get_text().strip() for label in axes.get_yticklabels()] == ["Sex", "F", "M"]
    rows = [r for r in bundle.results.select(analysis="main", statistic="hazard_ratio") if r.key.group("factor")]
    drawn = [line for line in axes.get_lines() if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"]
    assert [tuple(line.get_xdata()) for line in drawn] == [(row.lower, row.upper) for row in rows]


def test_schoenfeld_draws_the_estimate(bundle):
    axes = plot.schoenfeld(bundle, "main", arm="new").axes[0]
    row = bundle.results.one(analysis="main", statistic="hazard_ratio", arm="new", method="cox.efron", groups=())
    assert _line(axes, "estimate").get_ydata()[0] == pytest.approx(np.log(row.value), rel=1e-14)


def test_figures_show_themselves_in_a_notebook_without_pyplot(bundle):
    assert plot.kaplan_meier(bundle, "main")._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("call", "words", "cure"),
    [
        (lambda b: plot.kaplan_meier(b, "nonsense"), "no curve kaplan_meier", "analyses that have one: main"),
        (lambda b: plot.mean_cumulative_count(b, "main"), "no curve mean_cumulative_count", "declare it"),
        (lambda b: plot.forest(b, "main", statistic="risk_difference"), "no subgroup rows risk_difference", "declare"),
        (lambda b: plot.cumulative_incidence(b, "main", cause="other"), "cumulative_incidence of other", "declare"),
        (lambda b: plot.forest(b, "main", arm="nwe"), "no such arm", "its arms are new"),
        (lambda b: plot.kaplan_meier(b, "main", ax=3), "no axes to draw on", "matplotlib axes"),
        (lambda b: plot.kaplan_meier([1, 2], "main"), "made from results or a bundle", "Trial.analyze"),
    ],
)
def test_errors_say_what_there_is(bundle, call, words, cure):
    with pytest.raises(UsageError, match=words) as caught:
        call(bundle)
    assert cure in caught.value.problems[0].cure


def test_importing_the_room_does_not_import_matplotlib():
    code = "import sys, equipoise; equipoise.plot; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    with pytest.raises(AttributeError, match="nonsense"):
        plot.nonsense
    assert dir(plot) == sorted(plot.__all__)


def test_visit_means_draws_the_means_with_their_limits():
    from equipoise.results import Key, Results, Statistic

    def row(arm, visit, value):
        groups = (("visit", visit), ("measure", "value"))
        key = Key(analysis="a", statistic="mean", arm=arm, groups=groups)
        return Statistic(key=key, value=value, lower=value - 1.0, upper=value + 1.0, conf_level=0.95)

    rows = tuple(
        row(arm, visit, shift + number)
        for arm, shift in (("new", 0.0), ("old", 5.0))
        for number, visit in enumerate(("Week 4", "Week 8"))
    )
    axes = plot.visit_means(Results(rows), "a").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Week 4", "Week 8"]
    assert list(_line(axes, "old").get_ydata()) == [5.0, 6.0]
    limits = [tuple(line.get_ydata()) for line in axes.get_lines() if line.get_label() == "_limits"]
    assert limits == [(-1.0, 1.0), (0.0, 2.0), (4.0, 6.0), (5.0, 7.0)]
    with pytest.raises(UsageError, match="mean of baseline"):
        plot.visit_means(Results(rows), "a", measure="baseline")


def test_a_curve_in_days_is_shown_in_the_trials_unit_whatever_the_datas_unit_is(trial):
    from equipoise.results import Curve, Key, Results

    protocol = trial.protocol.model_copy(update={"time": trial.protocol.time.model_copy(update={"data_unit": "weeks"})})
    key = Key(analysis="safe", statistic="mean_count", arm="new", groups=(("category", "any"),))
    x = np.array([0.0, 30.4375, 60.875])
    results = Results(
        (), (Curve(key=key, curve="mean_cumulative_count", x=x, y=np.array([0.0, 1.0, 2.0]), unit="days"),)
    )
    axes = plot.mean_cumulative_count(results, "safe", protocol=protocol).axes[0]
    np.testing.assert_allclose(_line(axes, "New & improved").get_xdata(), [0.0, 1.0, 2.0])
    assert axes.get_xlabel() == "Time, months"
