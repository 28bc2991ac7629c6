"""Sentences that rows of a design carry: the formula, the bounds, what was solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.design.efficacy import Spend
from equipoise.design.futility import FutilityHazardRatio
from equipoise.design.spending import ListedAlpha
from equipoise.results.display import format_percent, format_plain, round_half_up

if TYPE_CHECKING:
    from equipoise.design.plan import Plan

__all__ = ["bound_text", "efficacy_label", "expected_text", "number", "solved_text", "statistic_text"]


def statistic_text(plan: Plan) -> str:
    """The statistic and its formula.

    Args:
        plan: The plan.
    """
    text = plan.information.method_text
    return f"{text[:1].upper()}{text[1:]}."


def bound_text(plan: Plan) -> str:
    """How efficacy is bounded.

    Args:
        plan: The plan.
    """
    side = "one side of a two-sided test" if plan.level.sides == 2 else "one side"
    label = efficacy_label(plan)
    if plan.looks == 1:
        return f"One look at {format_plain(plan.test.alpha)} on {side}."
    return f"Efficacy: {label}, {format_plain(plan.test.alpha)} on {side}."


def efficacy_label(plan: Plan) -> str:
    """The kind of efficacy bounds; the test at the last look alone is a list of alpha with zeros before its end.

    Args:
        plan: The plan.
    """
    efficacy = plan.test.efficacy
    if (
        isinstance(efficacy, Spend)
        and isinstance(efficacy.function, ListedAlpha)
        and not any(efficacy.function.spent[:-1])
    ):
        return "tested at the last look only"
    return plan.probabilities.boundaries.efficacy_label


def futility_label(plan: Plan) -> str:
    """The kind of futility bounds; hazard ratios as they were declared, not over the margin as bounds count them.

    Args:
        plan: The plan.
    """
    futility = plan.test.futility
    return futility.label if isinstance(futility, FutilityHazardRatio) else plan.probabilities.boundaries.futility_label


def expected_text(plan: Plan) -> str:
    """What times and numbers are.

    Args:
        plan: The plan.
    """
    return f"Expected under scenario {plan.scenario}."


def solved_text(plan: Plan) -> str:
    """Which unknown was found, and its value: before rounding too, where that differs.

    Args:
        plan: The plan.
    """
    power = format_percent(plan.probabilities.power)
    if plan.solved == "power":
        asked = f"; asked for were {format_percent(plan.target)}" if plan.target is not None else ""
        return f"power: {power}{asked}"
    if plan.solved == "events":
        return f"events: {number(plan.information.events[-1])}{_before(plan)}, with a power of {power}"
    if plan.solved == "patients":
        return f"patients: {number(plan.information.enrolled[-1])}{_before(plan)}, with a power of {power}"
    if plan.solved == "hazard_ratio":
        return f"hazard ratio: {round_half_up(plan.exact, 4)} is detected with a power of {power}"
    if plan.solved == "accrual":
        patients = number(plan.information.enrolled[-1])
        duration = plan.assumptions.accrual.duration if plan.assumptions is not None else plan.exact
        return f"duration of enrollment: {number(duration)} {plan.unit} ({patients} patients), with a power of {power}"
    return f"follow-up after the last randomization: {number(plan.exact)} {plan.unit}, with a power of {power}"


def _before(plan: Plan) -> str:
    final = plan.information.events[-1] if plan.solved == "events" else plan.information.enrolled[-1]
    return f" ({number(plan.exact)} before rounding)" if abs(final - plan.exact) > 1e-6 else ""


def number(value: float) -> str:
    """A number of a design in prose: whole ones as they are, others with one decimal.

    Args:
        value: The number.
    """
    return round_half_up(value, 0 if abs(value - round(value)) < 1e-6 else 1)
