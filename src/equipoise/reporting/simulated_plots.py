"""Rows and curves of simulations handed to the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Figure
from equipoise.reporting.context import Context, lower_first
from equipoise.reporting.design_plots import in_two_widths
from equipoise.reporting.design_words import scenario_label
from equipoise.reporting.simulated import Kind, Simulated, Tests
from equipoise.reporting.simulated_cells import bare
from equipoise.results.vocabulary import term

if TYPE_CHECKING:
    from equipoise.reporting.figures.panels import Rule
    from equipoise.reporting.figures.simulated import Point, StopBar
    from equipoise.reporting.figures.style import Width
    from equipoise.results import Curve, Statistic

__all__ = ["dates_figure", "effect_label", "estimates_figure", "scenarios_figure", "stopping_figure", "sweep_figures"]

_NAN = float("nan")
_MOST_SCENARIOS = 20
_LIMITS = 1.96  # standard errors on each side
_RATIOS = ("hazard_ratio",)


def scenarios_figure(context: Context, tests: Tests) -> Figure | None:
    """Power over scenarios; None of fewer than two.

    Args:
        context: Bundle and protocol.
        tests: A hypothesis under its scenarios.
    """
    from equipoise.reporting import figures

    points = [made for one in tests.scenarios[:_MOST_SCENARIOS] for made in _power_point(context, one)]
    if len(points) < 2:
        return None
    said = "; ".join(f"{point.label} {point.text}" for point in points)
    description = f"Share of simulated trials in which efficacy is shown, by scenario: {said}."
    formula = any(point.beside_stat for point in points)
    rules = _wanted(context, tests.hypothesis)

    def draw(name: str, width: Width) -> str:
        return figures.power_points(points, name=name, title="Power by scenario", rules=rules,
                                    description=description, width=width)  # fmt: skip

    words = "Lines are 95% limits of the Monte Carlo error."
    words += " Crosses are the design's own formula." if formula else ""
    return in_two_widths(f"simulated-power-{tests.hypothesis}", draw, title="Power by scenario.", caption=words,
                         description=description)  # fmt: skip


def _power_point(context: Context, one: Simulated) -> list[Point]:
    from equipoise.reporting.figures import Point

    row, formula = one.find("power"), one.find("analytic_power")
    if row is None or row.value is None:
        return []
    lower, upper = _limits(row)
    known = formula is not None and formula.value is not None
    return [
        Point(
            label=scenario_label(context, one.scenario),
            value=row.value,
            lower=lower,
            upper=upper,
            text=bare(context, row).text,
            stat=row.id,
            beside=formula.value if known and formula is not None and formula.value is not None else _NAN,
            beside_stat=formula.id if known and formula is not None else "",
        )
    ]


def _limits(row: Statistic) -> tuple[float, float]:
    """Where the line through a point ends: two standard errors, drawn and not said."""
    if row.value is None or row.se is None:
        return _NAN, _NAN
    return max(row.value - _LIMITS * row.se, 0.0), min(row.value + _LIMITS * row.se, 1.0)


def _wanted(context: Context, hypothesis: str) -> list[Rule]:
    from equipoise.reporting.figures import Rule
    from equipoise.results.display import format_fraction

    declared = context.protocol.design.get(hypothesis)
    if declared is None or declared.power is None:
        return []
    return [Rule(at=declared.power, label=f"wanted: {format_fraction(declared.power)}", vertical=True)]


_SWEPT = {
    "hazard_ratio": "True hazard ratio", "control_median": "Median of the control", "dropout": "Hazard of dropout",
    "accrual": "Enrollment rate, times", "delay": "Time before the effect",
}  # fmt: skip


_TIMES = ("control_median", "delay")


def sweep_figures(context: Context, tests: Tests) -> tuple[Figure, ...]:
    """Power over assumptions that were varied.

    Args:
        context: Bundle and protocol.
        tests: A hypothesis under its scenarios.
    """
    prefix = "simulated_power_by_"
    names = dict.fromkeys(
        curve.curve for one in tests.scenarios for curve in one.curves if curve.curve.startswith(prefix)
    )
    made = (_sweep(context, tests, name, name.removeprefix(prefix)) for name in names)
    return tuple(figure for figure in made if figure is not None)


def _sweep(context: Context, tests: Tests, name: str, what: str) -> Figure | None:
    from equipoise.reporting import figures

    several = sum(bool(one.curve(name)) for one in tests.scenarios) > 1
    simulated: list[tuple[str, Curve]] = []
    analytic: list[tuple[str, Curve]] = []
    for one in tests.scenarios:
        label = scenario_label(context, one.scenario)
        simulated += [(label if several else "Simulated", curve) for curve in one.curve(name)[:1]]
        found = one.curve(f"analytic_power_by_{what}")[:1] if one.curve(name) else []
        analytic += [(f"{label}, formula" if several else "By the design's formula", curve) for curve in found]
    drawn = [curve for _, curve in simulated if curve.x.size > 1]
    if not drawn:
        return None
    label = _SWEPT.get(what, what.replace("_", " ").capitalize())
    axis = f"{label}, {context.protocol.time.unit}" if what in _TIMES else label
    description = (
        f"Share of simulated trials in which efficacy is shown, over the {lower_first(label)}; with 95% limits."
    )

    def draw(name: str, width: Width) -> str:
        return figures.power_sweep(simulated, analytic, name=name, title="Power", x_label=axis,
                                   log=what == "hazard_ratio", description=description, width=width)  # fmt: skip

    curves = tuple(curve.id for _, curve in (*simulated, *analytic))
    return in_two_widths(
        f"simulated-power-{what}-{tests.hypothesis}", draw, title=f"Power over the {lower_first(label)}.",
        caption="Bands are 95% limits of the Monte Carlo error; all points share their random numbers.",
        description=description, curves=curves,
    )  # fmt: skip


def stopping_figure(context: Context, one: Simulated) -> Figure | None:
    """How trials end at each look; None of a test with one look.

    Args:
        context: Bundle and protocol.
        one: A hypothesis under a scenario.
    """
    from equipoise.reporting import figures

    if len(one.looks) < 2:
        return None
    headings = {"h1": "If the scenario is true", "h0": "If the null hypothesis is true"}
    panels = [(headings[under], _stop_bars(one, under)) for under in one.unders()]
    said = []
    for under in one.unders():
        shares = [f"look {look} {bare(context, one.find('stop_efficacy', look=look, under=under)).text}"
                  for look in one.looks]  # fmt: skip
        said.append(f"{headings[under]} trials end for efficacy: {', '.join(shares)}")
    description = ". ".join(said) + "."

    def draw(name: str, width: Width) -> str:
        return figures.stopping_bars(panels, name=name, title="How trials end", description=description, width=width)

    curves = tuple(curve.id for under in one.unders() for curve in one.curve("stopping", under=under))
    return in_two_widths(f"simulated-stopping-{one.anchor}", draw, title="How trials end.", description=description,
                         curves=curves)  # fmt: skip


def _stop_bars(one: Simulated, under: str) -> list[StopBar]:
    from equipoise.reporting.figures import StopBar

    bars = []
    for look in one.looks:
        rows = [one.find(f"stop_{how}", look=look, under=under) for how in ("efficacy", "futility", "neither")]
        values = [row.value if row is not None and row.value is not None else 0.0 for row in rows]
        stats = tuple(row.id for row in rows if row is not None)
        bars.append(StopBar(label=f"Look {look}", efficacy=values[0], futility=values[1], rest=values[2], stats=stats))
    return bars


def dates_figure(one: Simulated) -> Figure | None:
    """When the looks take place; None where no look has a curve.

    Args:
        one: A hypothesis under a scenario.
    """
    from equipoise.reporting import figures

    headings = {"h1": "If the scenario is true", "h0": "If the null hypothesis is true"}
    panels = []
    for under in one.unders():
        found = sorted(one.curve("calendar_time", under=under), key=lambda curve: curve.key.look or 0)
        if found:
            heading = headings[under] if len(one.unders()) > 1 else ""
            panels.append((heading, [(f"Look {curve.key.look}", curve) for curve in found]))
    curves = [curve for _, own in panels for _, curve in own]
    # Looks at fixed dates would be single bars.
    if not any(curve.x.size > _FEW_BARS for curve in curves):
        return None
    unit = curves[0].unit
    description = "Shares of simulated trials by the date of each look. The table of looks has means and quantiles."

    def draw(name: str, width: Width) -> str:
        return figures.look_dates(
            panels, name=name, title="When looks take place", x_label=f"Time since the start of enrollment, {unit}",
            y_label=f"Share of trials, % in {_BARS.get(unit, 'a bar')}", description=description, width=width,
        )  # fmt: skip

    caption = "Whatever was decided before; but for 1 in 500 of the trials on each side."
    return in_two_widths(f"simulated-dates-{one.anchor}", draw, title="When looks take place.", caption=caption,
                         description=description, curves=tuple(curve.id for curve in curves))  # fmt: skip


_BARS = {"days": "15 days", "weeks": "2 weeks", "months": "half a month", "years": "half a month"}
_FEW_BARS = 4


def effect_label(one: Simulated) -> str:
    """What is estimated: the vocabulary's words.

    Args:
        one: A hypothesis under a scenario.
    """
    curve = next(iter(one.curve("estimate_by_look", under=one.unders()[0])), None)
    return term(curve.key.statistic).label if curve is not None else "Estimate"


def estimates_figure(context: Context, one: Simulated, *, under: str) -> Figure | None:
    """The estimate at each look, and where testing ends there; None of a test with one look.

    Args:
        context: Bundle and protocol.
        one: A hypothesis under a scenario.
        under: `h1` or `h0`.
    """
    from equipoise.reporting import figures
    from equipoise.reporting.figures import Rule

    by_interval = {curve.key.interval: curve for curve in one.curve("estimate_by_look", under=under)}
    wide_band, inner = by_interval.get("quantile.90"), by_interval.get("quantile.50")
    if wide_band is None or len(one.looks) < 2:
        return None
    true = one.find("true_value", look=one.looks[-1], under=under)
    rules = []
    if true is not None and true.value is not None:
        rules.append(Rule(at=true.value, label=f"true: {bare(context, true).text}", stat=true.id))
    kinds: tuple[tuple[Kind, str], ...] = (
        ("naive", "Mean where testing ends"), ("adjusted", "Mean where it ends, median-unbiased"),
    )  # fmt: skip
    ended = [(words, _ended(context, one, under, kind)) for kind, words in kinds]
    there = [(words, points) for words, points in ended if any(point.stat for point in points)]
    said = "; ".join(f"look {look} {point.text}" for look, point in zip(one.looks, ended[0][1], strict=True))
    description = f"The estimate at each look over all trials, and its mean where testing ends there: {said}."
    label = effect_label(one)

    def draw(name: str, width: Width) -> str:
        return figures.estimates_by_look(
            wide_band, inner, there, name=name, title="Estimates by look", y_label=label,
            log=wide_band.key.statistic in _RATIOS, rules=rules, description=description, width=width,
        )  # fmt: skip

    caption = "Bands: all trials, whatever was decided before. Means: trials in which testing ends at the look."
    curves = tuple(curve.id for curve in (wide_band, inner) if curve is not None)
    return in_two_widths(f"simulated-estimates-figure-{one.anchor}", draw, title="The estimate at each look.",
                         caption=caption, description=description, curves=curves)  # fmt: skip


def _ended(context: Context, one: Simulated, under: str, kind: Kind) -> list[Point]:
    from equipoise.reporting.figures import Point

    points = []
    for look in one.looks:
        row = one.find("mean_estimate", look=look, under=under, ended=True, kind=kind)
        known = row is not None and row.value is not None
        points.append(
            Point(
                label="",
                value=row.value if known and row is not None and row.value is not None else _NAN,
                text=bare(context, row).text if known else "",
                stat=row.id if known and row is not None else "",
            )
        )
    return points
