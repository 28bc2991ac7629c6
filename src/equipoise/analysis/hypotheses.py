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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from equipoise.analysis.methods_text import number_text
from equipoise.design.levels import Level, declared_level, levels
from equipoise.errors import Problem, Where
from equipoise.protocol.method_names import test_method
from equipoise.results import Key, Statistic

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import Hypothesis
    from equipoise.protocol.protocol import Protocol

__all__ = ["HypothesesStep", "Level", "check", "levels", "notes"]

_SIDES = {1: "one_sided", 2: "two_sided"}
_SLACK = 1e-12  # alphas that add up to the level in decimal may exceed it in binary


class _Outcome(NamedTuple):
    """What became of a hypothesis: a decision, and its test's rows when it was reached."""

    rejected: bool
    text: str
    why: str
    p: Statistic | None


def check(protocol: Protocol) -> Iterator[Problem]:
    """Errors: tests that no row answers, and alphas after a hypothesis that add up to more than it can pass on.

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


def notes(protocol: Protocol) -> Iterator[Problem]:
    """Warnings: a level that is divided, levels at the start that add up, and levels of 0.

    Args:
        protocol: The declared trial.
    """
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
        """Level and decision of each hypothesis; P of those reached.

        Args:
            context: Protocol, data and earlier rows, among them those of the tests.
        """
        protocol = context.protocol
        known = levels(protocol.hypotheses)
        tests = _tests(context.rows)
        outcomes: dict[str, _Outcome] = {}
        for name in known:
            hypothesis = protocol.hypotheses[name]
            stopped = [parent for parent in hypothesis.after if not outcomes[parent].rejected]
            if stopped:
                outcomes[name] = _Outcome(False, "not tested", f"{stopped[0]} was not rejected", None)
            else:
                outcomes[name] = _decide(protocol, hypothesis, known[name], tests)
        for name in protocol.hypotheses:
            yield from _rows(protocol, name, known[name], outcomes[name])


def _rows(protocol: Protocol, name: str, level: Level, outcome: _Outcome) -> Iterator[Statistic]:
    hypothesis = protocol.hypotheses[name]
    analysis = protocol.analysis[hypothesis.analysis]
    arm, versus = _contrast(protocol, hypothesis)
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
    text = f"Superiority of {protocol.arms[arm].label} over {protocol.arms[versus].label}, {sides} level {level.source}"
    if hypothesis.after:
        text += f"; tested only after rejection of {' and '.join(hypothesis.after)}"
    yield Statistic(key=key, value=level.alpha, sides=level.sides, multiplicity="confirmatory", method_text=f"{text}.")
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


def _decide(protocol: Protocol, hypothesis: Hypothesis, level: Level, tests: Mapping[Key, Statistic]) -> _Outcome:
    """Compare a hypothesis that was reached with its level."""
    key = _test_key(protocol, hypothesis)
    p = tests.get(replace(key, statistic="p_value", method=f"{key.method}.{_SIDES[level.sides]}"))
    z = tests.get(key)
    if p is None or z is None:
        message = f"{key.id}: the analysis gave no row of this test"
        raise AssertionError(message)
    if p.value is None or z.value is None:
        return _Outcome(False, "not rejected", f"the test can't be done: {p.why() or z.why()}", p)
    if p.value >= level.alpha:
        return _Outcome(False, "not rejected", "", p)
    # Of several statistics (MaxCombo) the two-sided P is that of the one furthest from 0, on either side.
    sign = _direction(protocol, hypothesis)
    parts = [sign * row.value for other, row in tests.items() if replace(other, groups=key.groups) == key and row.value]
    opposed = level.sides == 2 and -min([*parts, 0.0]) > sign * z.value
    if sign * z.value <= 0 or opposed:
        return _Outcome(False, "not rejected", "the effect does not favour the experimental arm", p)
    return _Outcome(True, "rejected", "", p)


def _test_key(protocol: Protocol, hypothesis: Hypothesis) -> Key:
    """The key of the z, or of the t, of the analysis' declared test."""
    analysis = protocol.analysis[hypothesis.analysis]
    arm, versus = _contrast(protocol, hypothesis)
    groups: tuple[tuple[str, str], ...] = ()
    if analysis.kind == "time_to_event":
        method = test_method(analysis.test)
    elif analysis.kind == "continuous":
        method = analysis.method
    else:
        test = getattr(analysis, "test", None)
        method = f"{getattr(test, 'kind', '')}{'.stratified' if getattr(test, 'strata', ()) else ''}"
        groups = (("response", "objective"),)
    return Key(
        analysis=hypothesis.analysis,
        statistic="t" if analysis.kind == "continuous" else "z",
        endpoint=analysis.endpoint,
        population=analysis.population,
        arm=arm,
        versus=versus,
        groups=groups,
        method=method,
    )


def _direction(protocol: Protocol, hypothesis: Hypothesis) -> float:
    """1 where a positive statistic favours the experimental arm, -1 where a negative one does."""
    endpoint = protocol.endpoints[protocol.analysis[hypothesis.analysis].endpoint]
    return -1.0 if endpoint.kind == "continuous" and endpoint.better == "lower" else 1.0


def _tests(rows: list[Statistic]) -> dict[Key, Statistic]:
    # The engine may have put a data cut on the keys; here they are compared without.
    return {replace(row.key, data_cut=""): row for row in rows if row.key.statistic in ("z", "t", "p_value")}


def _contrast(protocol: Protocol, hypothesis: Hypothesis) -> tuple[str, str]:
    return hypothesis.arm or protocol.experimental[0], protocol.control


def _warning(name: str, message: str, value: str) -> Problem:
    return Problem(
        code="plan.alpha_shared",
        message=message,
        where=Where(path=f"hypotheses.{name}"),
        value=value,
        severity="warning",
    )
