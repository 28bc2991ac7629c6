"""Rows and curves of designs handed to the figures: which, in what order, with which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from equipoise.reporting.blocks import Figure
from equipoise.reporting.context import Context
from equipoise.reporting.design_tables import shown
from equipoise.reporting.design_words import design_label
from equipoise.reporting.planned import Planned

if TYPE_CHECKING:
    from equipoise.reporting.figures.boundaries import Bound, BoundScale
    from equipoise.reporting.figures.panels import Rule
    from equipoise.reporting.figures.style import Width
    from equipoise.results import Curve, Statistic

__all__ = [
    "accrual_figure",
    "bound_scales",
    "boundary_figure",
    "conditional_figure",
    "in_two_widths",
    "power_figure",
    "spending_figure",
]

_SCALES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("z", "z", {"null": 0.0}),
    ("p", "Nominal P, one-sided", {"log": True, "flip": True}),
    ("hazard_ratio", "Hazard ratio", {"log": True, "flip": True, "null": 1.0}),
    ("estimate", "Difference", {"null": 0.0}),
)


def in_two_widths(name: str, draw: Callable[[str, Width], str], **words: Any) -> Figure:
    """A figure drawn for wide and for narrow pages.

    Args:
        name: Name of the figure.
        draw: Draws it, given a name and a width.
        **words: Title, caption, description, curves and class of the figure.
    """
    return Figure(
        name=name, svg=draw(f"plot-{name}-wide", "wide"), narrow=draw(f"plot-{name}-narrow", "narrow"), **words
    )


def _places(planned: Planned) -> tuple[dict[int, float], str, bool]:
    """Where looks stand on the horizontal axis: at their events where all have some, else at their information."""
    for name, label, percent in (("planned_events", "Events", False), ("information_fraction", "Information, %", True)):
        rows = {look: planned.find(name, look=look) for look in planned.looks}
        at = {look: row.value for look, row in rows.items() if row is not None and row.value is not None}
        if at and len(at) == len(rows):
            return at, label, percent
    return {look: float(look) for look in planned.looks}, "Look", False


def bound_scales(context: Context, planned: Planned) -> tuple[tuple[BoundScale, ...], str, bool]:
    """Bounds of a design on all scales that it has, the label of the horizontal axis, and whether that is in percent.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    from equipoise.reporting.figures.boundaries import BoundScale

    at, label, percent = _places(planned)
    scales = []
    for name, words, how in _SCALES:
        bounds = [
            bound
            for side in ("efficacy", "futility", "harm")
            for look in planned.looks
            for bound in _bound(context, planned.find(f"{side}_{name}", look=look), side, at[look])
        ]
        if bounds:
            scales.append(BoundScale(label=words, bounds=tuple(bounds), **how))
    return tuple(scales), label, percent


def _bound(context: Context, row: Statistic | None, side: Any, at: float) -> list[Bound]:
    from equipoise.reporting.figures.boundaries import Bound

    if row is None or row.value is None:
        return []
    text = shown(context, row).text
    return [Bound(side=side, at=at, value=row.value, text=text, stat=row.id)]


def boundary_figure(context: Context, planned: Planned) -> Figure | None:
    """Bounds on the z, p and hazard-ratio scales; None where the design has none.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    from equipoise.reporting import figures

    scales, x_label, percent = bound_scales(context, planned)
    if not scales:
        return None
    said = []
    for look in planned.looks:
        rows = [planned.find(f"{side}_z", look=look) for side in ("efficacy", "futility", "harm")]
        words = [f"{row.key.statistic[:-2]} z {shown(context, row).text}" for row in rows if row is not None]
        said.append(f"look {look}: {', '.join(words) or 'no bound'}")
    description = "Bounds by look. " + "; ".join(said).capitalize() + ". The table of looks has all numbers."

    def draw(name: str, width: Width) -> str:
        return figures.boundaries(scales, name=name, title="Boundaries", x_label=x_label, x_percent=percent,
                                  description=description, width=width)  # fmt: skip

    two = planned.find("significance_level")
    caption = "Benefit stands above on each scale."
    if two is not None and two.sides == 2:
        caption += " Of the two sides of the test, the one in favour of the experimental arm is shown."
    return in_two_widths(
        f"boundaries-{planned.anchor}", draw, title="Boundaries.", caption=caption, description=description
    )


def spending_figure(context: Context, planned: Planned) -> Figure | None:
    """How alpha and beta are spent; None where no function spends them.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    from equipoise.reporting import figures

    alpha, beta = planned.curve("alpha_spending"), planned.curve("beta_spending")
    if not alpha and not beta:
        return None
    looks = []
    for look in planned.looks:
        fraction = planned.find("information_fraction", look=look)
        if fraction is not None and fraction.value is not None:
            for side, name in (("efficacy", "alpha_spent"), ("futility", "beta_spent")):
                looks += _bound(context, planned.find(name, look=look), side, min(fraction.value, 1.0))
    description = (
        "Cumulative alpha, and beta where futility is bounded by spending, over the fraction of the information."
    )

    def draw(name: str, width: Width) -> str:
        return figures.spending(alpha, beta, looks, name=name, title="Spending", description=description, width=width)

    curves = tuple(one.id for one in (*alpha, *beta))
    words = "What is spent by which fraction of the information; dots are the looks."
    return in_two_widths(f"spending-{planned.anchor}", draw, title="Spending.", caption=words, description=description,
                         curves=curves)  # fmt: skip


def power_figure(context: Context, designs: Sequence[Planned]) -> Figure | None:
    """Power over the true hazard ratio, of all designs of a hypothesis; None where there is no curve.

    Args:
        context: Bundle and protocol.
        designs: The designs, the declared one first.
    """
    from equipoise.reporting import figures
    from equipoise.reporting.figures.panels import Rule

    found = [(one, curve) for one in designs for curve in one.curve("power_by_hazard_ratio")[:1]]
    if not found:
        return None
    first = designs[0]
    rules: list[Rule] = []
    effect, power = first.find("assumed_hazard_ratio"), first.find("power")
    if effect is not None and effect.value is not None:
        words = f"assumed: {shown(context, effect).text}"
        rules.append(Rule(at=effect.value, label=words, vertical=True, stat=effect.id))
    if power is not None and power.value is not None:
        rules.append(Rule(at=power.value, label=shown(context, power).text, stat=power.id))
    labels = {curve.id: design_label(context, one.hypothesis, one.name) for one, curve in found}
    curves = [curve for _, curve in found]
    description = "Probability to show efficacy by the last look, over the hazard ratio that is true."

    def draw(name: str, width: Width) -> str:
        return figures.power_curve(curves, labels, name=name, title="Power", x_label="True hazard ratio", rules=rules,
                                   description=description, width=width)  # fmt: skip

    return in_two_widths(f"power-{first.hypothesis}", draw, title="Power over the true hazard ratio.",
                         description=description, curves=tuple(curve.id for curve in curves))  # fmt: skip


def accrual_figure(context: Context, planned: Planned) -> Figure | None:
    """Enrollment and events over time with the looks; None where there are no curves.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    from equipoise.reporting import figures

    enrolled, events = planned.curve("expected_enrolled"), planned.curve("expected_events")
    if not enrolled and not events:
        return None
    labels = {name: arm.label for name, arm in context.protocol.arms.items()}
    rules = look_rules(context, planned)
    unit = context.protocol.time.unit
    description = (
        "Patients enrolled and events to be expected over time. " + "; ".join(rule.label for rule in rules) + "."
    )

    def draw(name: str, width: Width) -> str:
        return figures.accrual(
            enrolled, events, labels, rules, name=name, title="Enrollment and events",
            x_label=f"Time since the first randomization, {unit}", time_factor=_factor(context, (*enrolled, *events)),
            description=description, width=width,
        )  # fmt: skip

    curves = tuple(one.id for one in (*enrolled, *events))
    return in_two_widths(f"accrual-{planned.anchor}", draw, title="Enrollment and events.",
                         caption="Expected numbers over time; upright lines are the looks.", description=description,
                         curves=curves)  # fmt: skip


def look_rules(context: Context, planned: Planned) -> list[Rule]:
    """Upright lines at the times of the looks, with their events."""
    from equipoise.reporting.figures.panels import Rule

    rules = []
    for look in planned.looks:
        time, events = planned.find("planned_time", look=look), planned.find("planned_events", look=look)
        if time is not None and time.value is not None:
            words = f"look {look}" + (f": {shown(context, events).text} events" if events is not None else "")
            at = time.value * (context.time_factor if time.unit == context.protocol.time.data_unit else 1.0)
            rules.append(Rule(at=at, label=words[0].upper() + words[1:], vertical=True, stat=time.id))
    return rules


def _factor(context: Context, curves: Sequence[Curve]) -> float:
    """Display time of one unit of the curves, which may be in the trial's unit or in the data's."""
    units = {curve.unit for curve in curves}
    time = context.protocol.time
    return context.time_factor if units == {time.data_unit} and time.data_unit != time.unit else 1.0


def _some(curves: list[Curve]) -> list[Curve]:
    """At most five of many curves, the first and the last among them: more can't be told apart."""
    last = len(curves) - 1
    return (
        curves if last < _MOST_CURVES else [curves[round(i * last / (_MOST_CURVES - 1))] for i in range(_MOST_CURVES)]
    )


_MOST_CURVES = 5


def conditional_figure(context: Context, planned: Planned) -> Figure | None:
    """Conditional power over the z of an interim look; None where there is no curve.

    Args:
        context: Bundle and protocol.
        planned: The design.
    """
    from equipoise.reporting import figures
    from equipoise.reporting.figures.panels import Rule

    curves = _some(sorted(planned.curve("conditional_power_design"), key=lambda one: one.key.look or 0))
    if not curves:
        return None
    rules = []
    for side in ("futility", "efficacy") if len(curves) == 1 else ():
        row = planned.find(f"{side}_z", look=curves[0].key.look)
        if row is not None and row.value is not None:
            words = f"{side} {shown(context, row).text}"
            rules.append(Rule(at=row.value, label=words, vertical=True, stat=row.id))
    labels = [f"Look {curve.key.look}" for curve in curves]
    description = "Probability to show efficacy at a later look, given z at an interim look and the assumed effect."

    def draw(name: str, width: Width) -> str:
        return figures.conditional_power(curves, labels, name=name, title="Conditional power", rules=rules,
                                         description=description, width=width)  # fmt: skip

    caption = "Given z at an interim look, with the assumed effect from then on."
    return in_two_widths(f"conditional-{planned.anchor}", draw, title="Conditional power.", caption=caption,
                         description=description, curves=tuple(one.id for one in curves))  # fmt: skip
