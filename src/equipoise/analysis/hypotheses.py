"""The hierarchy of hypotheses: which P values may carry a claim, each against its level.

A hypothesis without `after` starts with the alpha that it declares. One with `after` is reached when *all* of those
hypotheses have been rejected; only then does its P exist. It is tested at its own declared alpha, or else at what its
predecessors pass on: a predecessor divides its level equally among the hypotheses that follow it (after taking off what
some of them declare for themselves), and of several predecessors the smallest share counts.

Why the family-wise error stays below the sum of the alphas at the start. Levels are fixed by the declaration, before
any data. If a true null hypothesis is rejected, then there is a first one, all of whose predecessors are false; so the
error is at most the sum of the levels of true hypotheses none of which comes before another. Let each hypothesis point
to one predecessor: that makes a forest in which the levels of the followers of one hypothesis never add up to more than
its own level (equal shares, or declared alphas that fit), so levels over any set of which none precedes another add up
to at most the levels at the start. One chain gives the fixed-sequence test (Maurer, Hothorn and Lehmacher 1995, in
Biometrie in der chemisch-pharmazeutischen Industrie 6:3); with branches it is a sequentially rejective graph (Bretz,
Maurer, Brannath and Posch 2009, Stat Med 28:586) that never returns a level, hence a little conservative.

A two-sided hypothesis at 0.05 is rejected when its two-sided P is below 0.05 *and* the effect favours the experimental
arm: it spends 0.025 on that side. Levels pass between hypotheses as two-sided numbers, so that a one-sided 0.025 and a
two-sided 0.05 are one level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from equipoise.analysis.decisions import Outcome, contrast, decide, not_tested, tests_of
from equipoise.analysis.final_look import planned_looks
from equipoise.analysis.methods_text import number_text
from equipoise.analysis.noninferiority import margin_words, noninferiority_rows
from equipoise.design.graph import Graph
from equipoise.design.levels import Level, declared_level, levels
from equipoise.errors import PlanError, Problem, Where
from equipoise.results import Key, Statistic

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.multiplicity import Multiplicity
    from equipoise.protocol.protocol import Protocol

__all__ = ["HypothesesStep", "Level", "check", "levels", "notes"]

Judge = Callable[[str, Level], Outcome]
_SLACK = 1e-12  # alphas that add up to the level in decimal may exceed it in binary


def check(protocol: Protocol) -> Iterator[Problem]:
    """Errors: tests that no row answers, alphas that add up to more than can be passed on, looks that have no level.

    Args:
        protocol: The declared trial.
    """
    for name, hypothesis in protocol.hypotheses.items():
        where = Where(path=f"hypotheses.{name}")
        if hypothesis.arm is None and len(protocol.experimental) > 1:
            yield Problem(
                code="plan.hypothesis_arm",
                message=f"{name} does not say which of {len(protocol.experimental)} experimental arms it is about",
                where=where,
                cure=f"add `arm:`, one of {', '.join(protocol.experimental)}",
            )
        if protocol.analysis[hypothesis.analysis].kind == "adverse_events":
            yield Problem(
                code="plan.no_test",
                message=f"{name} rests on an analysis of adverse events, which has no test",
                where=where,
                value=hypothesis.analysis,
                cure="name an analysis of a time-to-event or response endpoint",
            )
    yield from _not_planned(protocol)
    if protocol.multiplicity is not None:
        yield from _fixed_bounds(protocol)
        return
    known = levels(protocol.hypotheses)
    for parent in protocol.hypotheses:
        declared = {
            name: known[name].two_sided
            for name, hypothesis in protocol.hypotheses.items()
            if parent in hypothesis.after and declared_level(hypothesis) is not None
        }
        total, limit = sum(declared.values()), known[parent].two_sided
        if total > limit + _SLACK:
            yield Problem(
                code="plan.alpha_exceeds",
                message=f"the alphas declared after {parent} add up to {number_text(total)} (two-sided), more than the "
                f"{number_text(limit)} that {parent} can pass on, so the family-wise error would not be controlled",
                where=Where(path=f"hypotheses.{parent}"),
                value=", ".join(declared),
                cure="leave their alphas out (they share what is passed on), or make them smaller",
            )


def _not_planned(protocol: Protocol) -> Iterator[Problem]:
    """Designs with several looks that can't be computed, so that nobody knows what the last look may use."""
    for name in protocol.design:
        try:
            planned_looks(protocol, name)
        except PlanError as error:
            yield from error.problems


def _fixed_bounds(protocol: Protocol) -> Iterator[Problem]:
    """Bounds that belong to one level, of hypotheses whose level changes as others are rejected."""
    from equipoise.protocol.designs import ZBound

    for name, design in protocol.design.items():
        if isinstance(design.efficacy, ZBound) and len(design.looks) > 1:
            yield Problem(
                code="plan.level_family",
                message=f"the bounds of {name} are listed as z, which belong to one level; the graph changes levels",
                where=Where(path=f"design.{name}.efficacy"),
                cure="choose a spending function, or a boundary of a shape",
            )


def notes(protocol: Protocol) -> Iterator[Problem]:
    """Warnings: a level that is divided, levels at the start that add up, and levels of 0.

    Args:
        protocol: The declared trial.
    """
    if protocol.multiplicity is not None:
        return
    known = levels(protocol.hypotheses)
    for parent in protocol.hypotheses:
        heirs = [
            name
            for name, hypothesis in protocol.hypotheses.items()
            if parent in hypothesis.after and declared_level(hypothesis) is None
        ]
        if len(heirs) > 1:
            shares = ", ".join(f"{name} {number_text(known[name].alpha)}" for name in heirs)
            yield _warning(parent, f"{parent} is followed by {len(heirs)} hypotheses, which share its level", shares)
    starts = [name for name, hypothesis in protocol.hypotheses.items() if not hypothesis.after]
    if len(starts) > 1:
        total = number_text(sum(known[name].two_sided for name in starts))
        yield _warning(
            starts[1],
            f"{len(starts)} hypotheses start with levels of their own: the family-wise error is at most their sum, "
            f"{total} (two-sided)",
            ", ".join(starts),
        )
    for name, level in known.items():
        if level.alpha <= 0.0:
            yield _warning(name, f"no level is left for {name}: it can't be rejected", "")


@dataclass(frozen=True, slots=True)
class HypothesesStep:
    """Goes through the hypotheses in order and stops each branch where it ends."""

    label: str = "Hypotheses"

    def run(self, context: Context) -> Iterator[Row]:
        """Tests against margins; level and decision of each hypothesis; P of those reached.

        Args:
            context: Protocol, data and earlier rows, among them those of the tests.

        Raises:
            PlanError: When a design with several looks can't be computed.
        """
        protocol = context.protocol
        margins: dict[Key, Statistic] = {}
        for hypothesis in protocol.hypotheses.values():
            if hypothesis.margin is not None:  # two of the same margin may stand at different levels of a graph
                margins |= {row.key: row for row in noninferiority_rows(context, hypothesis)}
        yield from margins.values()
        tests = tests_of(context.rows) | margins
        planned = {name: planned_looks(protocol, name) for name in protocol.hypotheses}

        def judge(name: str, level: Level) -> Outcome:
            return decide(protocol, protocol.hypotheses[name], level, tests, planned[name])

        outcomes = (
            _hierarchy(protocol, judge) if protocol.multiplicity is None else _graph(protocol.multiplicity, judge)
        )
        for name in protocol.hypotheses:
            yield from _rows(protocol, name, outcomes[name])


def _hierarchy(protocol: Protocol, judge: Judge) -> dict[str, Outcome]:
    """In order, each branch until it ends."""
    outcomes: dict[str, Outcome] = {}
    for name, level in levels(protocol.hypotheses).items():
        stopped = [parent for parent in protocol.hypotheses[name].after if not outcomes[parent].rejected]
        outcomes[name] = not_tested(level, f"{stopped[0]} was not rejected") if stopped else judge(name, level)
    return outcomes


def _graph(declared: Multiplicity, judge: Judge) -> dict[str, Outcome]:
    """By shares of one alpha, which rejected hypotheses pass on; each at the last level that it had.

    Of several that can be rejected, the one with the smallest P for its level goes first: what is rejected does not
    depend on the order, the levels do.
    """
    graph = Graph(declared.weights, declared.transitions)
    outcomes: dict[str, Outcome] = {}
    before: list[str] = []
    while True:
        for name, weight in graph.weights.items():
            source = f"from the graph, {number_text(weight)} of {number_text(declared.alpha)}"
            source += f" after rejection of {' and '.join(before)}" if before else " at the start"
            level = Level(weight * declared.alpha, declared.sides, source)
            outcomes[name] = judge(name, level) if weight > 0.0 else not_tested(level, "no share of alpha reached it")
        rejected = {name: _ratio(outcomes[name]) for name in graph.weights if outcomes[name].rejected}
        if not rejected:
            return outcomes
        before.append(min(rejected, key=rejected.__getitem__))
        graph = graph.without(before[-1])


def _ratio(outcome: Outcome) -> float:
    p = outcome.p.value if outcome.p is not None else None
    return (p or 0.0) / outcome.level.alpha


def _rows(protocol: Protocol, name: str, outcome: Outcome) -> Iterator[Statistic]:
    hypothesis, level = protocol.hypotheses[name], outcome.level
    analysis = protocol.analysis[hypothesis.analysis]
    arm, versus = contrast(protocol, hypothesis)
    key = Key(
        analysis=hypothesis.analysis,
        statistic="significance_level",
        endpoint=analysis.endpoint,
        population=analysis.population,
        arm=arm,
        versus=versus,
        hypothesis=name,
    )
    sides = "one-sided" if level.sides == 1 else "two-sided"
    names = protocol.arms[arm].label, protocol.arms[versus].label
    if hypothesis.margin is None:
        what = f"Superiority of {names[0]} over {names[1]}"
    else:
        what = f"Non-inferiority of {names[0]} to {names[1]} ({margin_words(protocol, hypothesis)})"
    text = f"{what}, {sides} level {level.source}"
    if hypothesis.after:
        text += f"; tested only after rejection of {' and '.join(hypothesis.after)}"
    text += f"; {outcome.words}" if outcome.words else ""
    yield Statistic(
        key=key,
        value=level.alpha or None,
        sides=level.sides,
        multiplicity="confirmatory",
        method_text=f"{text}.",
        missing=() if level.alpha else (("value", outcome.why),),
    )
    yield Statistic(
        key=replace(key, statistic="decision"),
        text=outcome.text,
        sides=level.sides,
        multiplicity="confirmatory",
        method_text=f"{text}{f' ({outcome.why})' if outcome.why else ''}.",
        missing=(("value", outcome.why or "a decision is not a number"),),
    )
    if outcome.p is not None:
        yield replace(
            outcome.p,
            key=replace(key, statistic="p_value", method=outcome.p.key.method),
            multiplicity="confirmatory",
        )


def _warning(name: str, message: str, value: str) -> Problem:
    return Problem(
        code="plan.alpha_shared",
        message=message,
        where=Where(path=f"hypotheses.{name}"),
        value=value,
        severity="warning",
    )
