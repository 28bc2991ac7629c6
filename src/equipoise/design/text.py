"""A design in words: a paragraph for the protocol, one for the statistical analysis plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from equipoise.design.efficacy import Spend
from equipoise.design.row_texts import efficacy_label, futility_label, number
from equipoise.design.rows import median_of, nominal_p
from equipoise.design.spending import ListedAlpha
from equipoise.results.display import format_percent, format_plain, round_half_up

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.protocol.protocol import Protocol

__all__ = ["Paragraph", "paragraphs"]


class Paragraph(NamedTuple):
    """One paragraph of a document.

    Attributes:
        hypothesis: The hypothesis that it is about.
        heading: `Protocol` or `Statistical analysis plan`.
        text: The paragraph.
    """

    hypothesis: str
    heading: str
    text: str


def paragraphs(protocol: Protocol, plan: Plan) -> tuple[Paragraph, ...]:
    """Both paragraphs of a plan.

    Args:
        protocol: The declared trial.
        plan: The plan.
    """
    said = [_aim(protocol, plan), _effect(protocol, plan), _size(plan), _timing(plan)]
    rules = [_test(plan), _bounds(plan), _changes(plan), _chances(plan)]
    return (
        Paragraph(plan.hypothesis, "Protocol", " ".join(one for one in said if one)),
        Paragraph(plan.hypothesis, "Statistical analysis plan", " ".join(one for one in rules if one)),
    )


def _aim(protocol: Protocol, plan: Plan) -> str:
    arms = protocol.arms
    hypothesis = protocol.hypotheses[plan.hypothesis]
    relation = "superior" if hypothesis.margin is None else "not inferior"
    margin = "" if hypothesis.margin is None else f" with a margin of {format_plain(hypothesis.margin)}"
    endpoint = protocol.endpoints[plan.endpoint].label
    return (
        f"The trial is to show that {arms[plan.pair.experimental].label} is {relation} to "
        f"{arms[plan.pair.control].label} in {endpoint}{margin}, at a {_level(plan)}{_source(plan)}."
    )


def _level(plan: Plan) -> str:
    sides = "one-sided" if plan.level.sides == 1 else "two-sided"
    return f"{sides} level of {format_plain(plan.level.alpha)}"


def _source(plan: Plan) -> str:
    return "" if plan.level.source == "declared" else f" ({plan.level.source})"


def _effect(protocol: Protocol, plan: Plan) -> str:
    """What is assumed, and the chance to show it."""
    power = format_percent(plan.probabilities.power)
    if plan.rates is not None:
        one, two = (format_percent(rate) for rate in (plan.rates[1], plan.rates[0]))
        return f"If the response rates are {one} and {two}, the power is {power}."
    assert plan.assumptions is not None
    ratio, unit = plan.assumptions.hazard_ratio, plan.unit
    medians = [median_of([g for g in plan.assumptions.groups if g.arm == arm]) for arm in ("control", "experimental")]
    said = ""
    if None not in medians:
        words = [number(median or 0.0) for median in medians]
        said = f" (medians of {words[1]} and {words[0]} {unit})" if all(words) else ""
    if ratio is not None:
        return f"If the hazard ratio is {_ratio(ratio)}{said}, the power is {power}."
    average = plan.information.effect[-1] if plan.ratios else None
    over = "" if average is None else f", on average {_ratio(average)} by the last look"
    label = protocol.scenarios[plan.scenario].label or plan.scenario
    return f"Under the scenario “{label}”, whose hazard ratio changes{over}{said}, the power is {power}."


def _ratio(value: float) -> str:
    return round_half_up(value, 2 if abs(round(value, 2) - value) < 1e-9 else 3)


def _size(plan: Plan) -> str:
    enrolled = number(math.ceil(plan.information.enrolled[-1] - 1e-6))
    arms = f"{plan.pair.ratios[0]}:{plan.pair.ratios[1]}"
    of_all = " in these two arms" if plan.pair.share < 1.0 else ""
    if plan.assumptions is None:
        return f"This takes {enrolled} patients{of_all}, allocated {arms}."
    events = _events(plan.information.events[-1])
    duration = plan.assumptions.accrual.duration
    return (
        f"This takes {events} among {enrolled} patients{of_all}, allocated {arms} and enrolled over "
        f"{number(min(duration, plan.information.times[-1]))} {plan.unit}."
    )


def _timing(plan: Plan) -> str:
    if not plan.information.times:
        if plan.looks == 1:
            return ""
        words = _list([number(n) for n in plan.information.enrolled])
        return f"There are {plan.looks} looks, when the response of {words} patients is known."
    parts = []
    for look, (time, events) in enumerate(zip(plan.information.times, plan.information.events, strict=True), start=1):
        day = plan.dates[look - 1]
        date = f", {day.isoformat()}" if day is not None else ""
        parts.append(f"{number(time)} {plan.unit} after the first randomization{date} ({_events(events)})")
    if plan.looks == 1:
        return f"The analysis is expected {parts[0]}."
    return f"There are {plan.looks} looks, expected {_list(parts)}."


def _test(plan: Plan) -> str:
    text = plan.information.method_text
    side = "" if plan.level.sides == 1 else f", {format_plain(plan.test.alpha)} on each side"
    return f"Hypothesis {plan.hypothesis} is tested at a {_level(plan)}{side}. Planned with: {text}."


def _bounds(plan: Plan) -> str:
    bounds = plan.probabilities.boundaries
    if plan.looks == 1:
        return f"There is one look; the hypothesis is rejected if z is at least {round_half_up(bounds.efficacy[0], 3)}."
    parts = []
    for look, z in enumerate(bounds.efficacy, start=1):
        if not math.isfinite(z):
            continue
        p = _p(nominal_p(plan, look))
        approximately = f", hazard ratio about {round_half_up(plan.hazard_ratio_at(z, look), 3)} or less" if (
            plan.ratios and plan.information.correlation is None
        ) else ""  # fmt: skip
        parts.append(f"{round_half_up(z, 3)} at look {look} (one-sided nominal P {p}{approximately})")
    text = f"The hypothesis is rejected if z is at least {_list(parts)} ({efficacy_label(plan)})."
    futile = [(look, z) for look, z in enumerate(bounds.futility[:-1], start=1) if math.isfinite(z)]
    if futile:
        listed = _list([f"{round_half_up(z, 3)} at look {look}" for look, z in futile])
        rule = (
            "the level counts on this rule being obeyed"
            if bounds.binding
            else "this rule may be overruled, and the level is kept whether it is or not"
        )
        text += f" The trial may stop for futility if z is at or below {listed} ({futility_label(plan)}); {rule}."
    if any(math.isfinite(z) for z in plan.harm):
        listed = _list([f"{round_half_up(z, 3)} at look {k}" for k, z in enumerate(plan.harm, 1) if math.isfinite(z)])
        text += (
            f" The trial stops for harm if z is at or below {listed}; this rule rejects nothing and spends no alpha."
        )
    return text


def _events(count: float) -> str:
    words = number(count)
    return f"{words} event{'' if words == '1' else 's'}"


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else round_half_up(value, 4)


def _changes(plan: Plan) -> str:
    """What happens when a look comes with other numbers than planned."""
    if plan.looks == 1:
        return ""
    efficacy = plan.test.efficacy
    if isinstance(efficacy, Spend) and not isinstance(efficacy.function, ListedAlpha):
        counts = "number of events" if plan.assumptions is not None and plan.ratios else "information"
        return (
            f"At each look the bound is computed anew from the {counts} that is there: the spending function is read "
            "at the smaller of the planned and the actual fraction, and at 1 at the last look; bounds of earlier looks "
            "do not change."
        )
    return ""


def _chances(plan: Plan) -> str:
    result = plan.probabilities
    if plan.looks == 1:
        return ""
    parts = [
        f"{format_percent(min(max(math.fsum(result.reject_h1[:look]), 0.0), 1.0))} by look {look}"
        for look in range(1, plan.looks + 1)
        if math.isfinite(result.boundaries.efficacy[look - 1])
    ]
    return f"If the assumptions are true, the hypothesis is rejected with a probability of {_list(parts)}."


def _list(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
