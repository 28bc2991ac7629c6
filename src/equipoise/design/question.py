"""What a design of trial.yaml asks: looks, test and unknown, with what an alternative leaves unsaid filled in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from equipoise.design.assumed import pair_of
from equipoise.design.levels import Level, design_level
from equipoise.design.sizing import Test, Unknown
from equipoise.design.specs import bounds_of
from equipoise.errors import PlanError, Problem, Where
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.protocol.designs import Design, DesignOptions, Efficacy, Futility, Look
    from equipoise.protocol.protocol import Protocol

__all__ = ["Question", "question_of"]


class Question(NamedTuple):
    """Everything of a plan but its numbers.

    Attributes:
        plan: Fields of `Plan` that the protocol gives as they are.
        options: The design, or the alternative to it.
        looks: Declared looks.
        test: Level and bounds.
        path: Place of the design in the protocol.
        unknown: What is to be found.
        target: Power asked for.
        days_per_unit: Days in the unit of time.
        start: Day of the first randomization.
        keeps_events: Whether the looks are those that the declared design was found to have: an alternative that asks
            for its power, with looks by information alone, has no events of its own.
    """

    plan: Mapping[str, object]
    options: DesignOptions
    looks: tuple[Look, ...]
    test: Test
    path: str
    unknown: Unknown
    target: float | None
    days_per_unit: float
    start: datetime.date | None
    keeps_events: bool = False


def question_of(
    protocol: Protocol,
    name: str,
    *,
    assume: str | None = None,
    alternative: str | None = None,
    solve: Unknown | None = None,
) -> Question:
    """What a design asks, with what an alternative to it does not say filled in; arguments as for `plan_of`.

    Args:
        protocol: The declared trial.
        name: The hypothesis.
        assume: Scenario.
        alternative: Name of an alternative.
        solve: The unknown.

    Raises:
        PlanError: When there is no such design.
    """
    asked = _asked(protocol, name, alternative)
    scenario = assume or asked.scenario
    if scenario not in protocol.scenarios:
        cure = f"name one of {', '.join(protocol.scenarios)}"
        raise PlanError(Problem("plan.scenario", "there is no such scenario", Where(path=asked.path), scenario, cure))
    hypothesis = protocol.hypotheses[name]
    analysis = protocol.analysis[hypothesis.analysis]
    level = design_level(protocol, name)
    if not level.one_side > 0.0:
        message = f"no level is left for {name}: it can't be planned"
        cure = "give it an alpha of its own, or let a hypothesis before it pass its alpha on"
        raise PlanError(Problem("plan.no_level", message, Where(path=asked.path), cure=cure))
    enrollment = protocol.scenarios[scenario].enrollment
    unknown = solve or _unknown(asked.options, asked.looks)
    by_information = all(_triggers(look) <= {"information"} for look in asked.looks)
    fields = {
        "hypothesis": name, "alternative": alternative or "", "label": asked.options.label or "", "scenario": scenario,
        "analysis": hypothesis.analysis, "endpoint": analysis.endpoint, "population": analysis.population,
        "pair": pair_of(protocol, name), "level": level, "unit": protocol.time.unit,
    }  # fmt: skip
    return Question(
        plan=fields,
        options=asked.options,
        looks=asked.looks,
        test=_test(asked, level),
        path=asked.path,
        unknown=unknown,
        target=asked.options.power,
        days_per_unit=days_per(protocol.time.unit, days_per_month=protocol.time.days_per_month),
        start=None if enrollment is None else enrollment.start,
        keeps_events=alternative is not None and unknown == "power" and by_information,
    )


def _triggers(look: Look) -> set[str]:
    """What a look waits for."""
    every = ("events", "information", "at", "date", "follow_up", "same_as")
    return {key for key in every if getattr(look, key) is not None}


class _Asked(NamedTuple):
    """A design or an alternative to it, as declared."""

    options: DesignOptions
    efficacy: Efficacy
    futility: Futility
    looks: tuple[Look, ...]
    scenario: str
    path: str


def _asked(protocol: Protocol, name: str, alternative: str | None) -> _Asked:
    declared, path = _declared(protocol, name), f"design.{name}"
    if alternative is None:
        return _Asked(declared, declared.efficacy, declared.futility, declared.looks, declared.assume, path)
    if alternative not in declared.alternatives:
        message = f"the design of {name} has no alternative of this name"
        cure = f"name one of {', '.join(declared.alternatives) or 'none'}"
        raise PlanError(Problem("plan.no_design", message, Where(path=path), alternative, cure))
    other = declared.alternatives[alternative]
    return _Asked(
        _merged(declared, other),
        other.efficacy or declared.efficacy,
        other.futility or declared.futility,
        other.looks or declared.looks,
        other.assume or declared.assume,
        f"{path}.alternatives.{alternative}",
    )


def _test(asked: _Asked, level: Level) -> Test:
    bounds = bounds_of(asked.efficacy, asked.futility, asked.looks, level.one_side, asked.path)
    return Test(level.one_side, bounds.efficacy, bounds.futility, bounds.binding, level.sides, bounds.active,
                bounds.futility_active)  # fmt: skip


def _declared(protocol: Protocol, name: str) -> Design:
    if name in protocol.design:
        return protocol.design[name]
    message = f"{name} has no design" if name in protocol.hypotheses else f"there is no hypothesis {name}"
    known = ", ".join(protocol.design)
    cure = f"designs are declared for {known}" if known else "declare `design:` in the protocol"
    raise PlanError(Problem("plan.no_design", message, Where(path="design"), name, cure))


def _merged(declared: Design, other: DesignOptions) -> DesignOptions:
    """The alternative, with the declared design's options where it has its defaults."""
    from equipoise.protocol.designs import DesignOptions as Options

    fields = {
        key: getattr(other, key) if getattr(other, key) != info.default else getattr(declared, key)
        for key, info in Options.model_fields.items()
        if key != "label"
    }
    return other.model_copy(update=fields)


def _unknown(options: DesignOptions, looks: tuple[Look, ...]) -> Unknown:
    """What the declared looks leave open: the power, or what is needed for it."""
    if options.solve is not None:
        return options.solve
    last = looks[-1]
    placed = (last.events, last.at, last.date, last.follow_up, last.same_as)
    return "power" if any(one is not None for one in placed) or options.power is None else "events"
