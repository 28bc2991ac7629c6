"""What a look shows by arm, and what the bounds say of it.

The test and the hazard ratio are those of the declared analysis, made by the same steps on the same data; only the
bound is the look's own. A decision here is what the bounds say: whether to stop is for those who monitor the trial.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from equipoise.errors import PlanError, Problem, Where
from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, bounds_at_level

if TYPE_CHECKING:
    from equipoise.analysis.events import Contrast
    from equipoise.analysis.steps import Context
    from equipoise.design.plan import Plan
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["Seen", "Standing", "decide", "harm_bound", "see"]

EFFICACY, FUTILITY = "stop for efficacy", "futility boundary crossed"
CONTINUE, HARM = "continue", "harm boundary crossed"
REJECTED, NOT_REJECTED, NOT_TESTED = "rejected", "not rejected", "not tested"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look shows of one hypothesis.

    Attributes:
        z: The statistic of the declared test; greater than 0 favours the experimental arm.
        method: Its slug.
        method_text: It in words.
        hazard_ratio: Row of the declared model.
        information: Events, or the variance of a weighted score.
        counts: Arm → (subjects, events), the experimental arm first.
    """

    z: float
    method: str
    method_text: str
    hazard_ratio: Statistic
    information: float
    counts: tuple[tuple[str, int, int], ...]

    @property
    def events(self) -> int:
        """Events of both arms."""
        return sum(events for _, _, events in self.counts)


class Standing(NamedTuple):
    """Where a hypothesis stands after a look.

    Attributes:
        level: Level of one side at which it is tested now; 0 where it is not.
        bound: The bound that belongs to this level; infinite where there is none.
        text: Decision by the bounds.
        why: Why it is not tested, or what crossed.
        rejected: Whether it is rejected now.
    """

    level: float
    bound: float
    text: str
    why: str
    rejected: bool


def see(context: Context, plan: Plan) -> Seen:
    """The declared test and model on the data of a look.

    Args:
        context: Protocol and data, arms read.
        plan: The plan of the hypothesis.

    Raises:
        PlanError: When the test can't be done, with the reason (`monitor.no_test`).
    """
    from equipoise.analysis.events import contrasts_of

    protocol = context.protocol
    analysis = protocol.analysis[plan.analysis]
    assert analysis.kind == "time_to_event"
    contrasts = contrasts_of(context, plan.analysis, analysis)
    pair = plan.pair
    one = next(c for c in contrasts if (c.arm, c.versus) == (pair.experimental, pair.control))
    counts = tuple(
        (arm, int((one.pair.arm == code).sum()), int(one.pair.event[one.pair.arm == code].sum()))
        for arm, code in ((one.arm, 1), (one.versus, 0))
    )
    ratio = _hazard_ratio(context, plan.analysis, analysis, one)
    margin = protocol.hypotheses[plan.hypothesis].margin
    if margin is not None:
        z, method, text = _against_margin(context, plan, ratio)
        return Seen(z, method, text, ratio, float(one.pair.n_events), counts)
    z, method, text, variance = _test(context, plan, analysis, one)
    weighted = method != "log_rank" and not method.startswith("log_rank.")
    return Seen(z, method, text, ratio, variance if weighted else float(one.pair.n_events), counts)


def _test(context: Context, plan: Plan, analysis: TimeToEventAnalysis, one: Contrast) -> tuple[float, str, str, float]:
    from equipoise.analysis.log_rank_steps import LogRankStep
    from equipoise.protocol.method_names import test_method
    from equipoise.results import Statistic

    test = analysis.test
    where = Where(path=f"analysis.{plan.analysis}.test")
    if test.kind == "max_combo":
        cure = "analyze the data with `equipoise analyze`"
        raise PlanError(
            Problem("monitor.statistic", "looks of a MaxCombo test can't be monitored", where, test.kind, cure)
        )
    step = LogRankStep(plan.analysis, analysis, test)
    method = test_method(test)
    row = next(
        row
        for row in step.run(context)
        if isinstance(row, Statistic) and (row.key.statistic, row.key.arm, row.key.versus) == ("z", one.arm, one.versus)
    )
    if row.value is None:
        cure = "hold the look when both arms have been followed and there are events"
        message = f"the test of {plan.hypothesis} can't be done: {row.why()}"
        raise PlanError(Problem("monitor.no_test", message, where, cure=cure))
    found, _ = step.fit(context.protocol, one.pair, 2)
    assert found is not None
    return row.value, method, row.method_text, float(found.variance[1, 1])


def _hazard_ratio(context: Context, name: str, analysis: TimeToEventAnalysis, one: Contrast) -> Statistic:
    from equipoise.analysis.hazard import CoxStep
    from equipoise.results import Statistic

    return next(
        row
        for row in CoxStep(name, analysis, analysis.estimate, tests=False).run(context)
        if isinstance(row, Statistic)
        and (row.key.statistic, row.key.arm, row.key.versus) == ("hazard_ratio", one.arm, one.versus)
    )


def _against_margin(context: Context, plan: Plan, ratio: Statistic) -> tuple[float, str, str]:
    """Of non-inferiority: the Wald statistic of the declared model against the margin."""
    from equipoise.analysis.noninferiority import noninferiority_rows

    context.rows.append(ratio)
    row = next(iter(noninferiority_rows(context, context.protocol.hypotheses[plan.hypothesis])))
    if row.value is None:
        cure = "hold the look when there are events in both arms"
        where = Where(path=f"analysis.{plan.analysis}.estimate")
        message = f"the test of {plan.hypothesis} can't be done: {row.why()}"
        raise PlanError(Problem("monitor.no_test", message, where, cure=cure))
    return row.value, row.key.method, row.method_text


def harm_bound(protocol: Protocol, plan: Plan, design: MonitoredDesign, look: HeldLook) -> float:
    """The z at or below which the rule for harm stops at a look; -infinite where there is none.

    A hazard ratio is put on the z scale with the events that the look really has; of a weighted test, whose statistic
    has no hazard ratio of its own, what the plan made of it stays.

    Args:
        protocol: The declared trial.
        plan: The plan of the hypothesis.
        design: What monitoring reads of it.
        look: The look.
    """
    rule = protocol.design[plan.hypothesis].harm
    place = design.looks if look.final else look.planned
    if rule is None or place is None:
        return -math.inf
    values = rule.z if rule.z is not None else rule.hazard_ratio or ()
    value = values[place - 1] if place <= len(values) else None
    if value is None:
        return -math.inf
    if rule.z is not None:
        return value
    if design.scale is None:
        return plan.harm[place - 1]
    return math.log(design.null_ratio / value) * design.scale * math.sqrt(look.information)


class Position(NamedTuple):
    """What `decide` reads of a hypothesis that is looked at now.

    Attributes:
        design: Its design.
        held: Its looks, the last one now.
        z: The statistic.
        harm: Bound for harm.
    """

    design: MonitoredDesign
    held: Sequence[HeldLook]
    z: float
    harm: float


def decide(protocol: Protocol, now: Mapping[str, Position], rejected: Sequence[str]) -> dict[str, Standing]:
    """What the bounds say of every hypothesis that is looked at, in the declared order of testing.

    In a hierarchy a hypothesis is tested once all before it are rejected, now or earlier. In a graph the shares of
    those rejected are passed on, and the others are compared again, at this look, with the bounds of their raised
    levels (Maurer and Bretz 2013, Stat Biopharm Res 5:311). Results of earlier looks are not used again.

    Args:
        protocol: The declared trial.
        now: Hypotheses looked at.
        rejected: Hypotheses rejected at earlier looks.

    Raises:
        PlanError: The graph is declared to look back at earlier looks (`monitor.look_back`).
    """
    out: dict[str, Standing] = {}
    gone = list(rejected)
    again = True
    while again:
        again = False
        shares = _levels(protocol, gone)
        for name, position in now.items():
            if name in gone:
                continue
            level, why = shares[name]
            out[name] = _stand(position, level, why)
            if out[name].rejected:
                gone.append(name)
                again = True
                break
    for name in now:
        if name in rejected:
            out[name] = Standing(0.0, math.inf, REJECTED, "rejected at an earlier look", rejected=False)
    return {name: out[name] for name in now}


def _levels(protocol: Protocol, gone: Sequence[str]) -> dict[str, tuple[float, str]]:
    """Level of one side of each hypothesis, given those rejected, and why it is 0."""
    declared = protocol.multiplicity
    if declared is None:
        from equipoise.design.levels import levels

        known = levels(protocol.hypotheses)
        out = {}
        for name, hypothesis in protocol.hypotheses.items():
            waiting = [parent for parent in hypothesis.after if parent not in gone]
            level = 0.0 if waiting else known[name].one_side
            out[name] = (level, f"{waiting[0]} is not rejected" if waiting else "")
        return out
    if declared.look_back:
        cure = "declare `look_back: false`, or compute with equipoise.design.multiplicity.sequential_graph"
        message = "monitoring does not look back at earlier looks with a raised level"
        raise PlanError(Problem("monitor.look_back", message, Where(path="multiplicity.look_back"), "true", cure))
    from equipoise.design.graph import Graph

    graph = Graph(declared.weights, declared.transitions)
    for name in gone:
        graph = graph.without(name)
    level = declared.alpha / declared.sides
    return {
        name: (share * level, "" if share > 0.0 else "it has no share of alpha")
        for name, share in graph.weights.items()
    }


def _stand(position: Position, level: float, why: str) -> Standing:
    design, look, z = position.design, position.held[-1], position.z
    if z <= position.harm:
        return Standing(level, math.inf, HARM, f"z is at or below {position.harm:.4g}", rejected=False)
    if level <= 0.0:
        return Standing(0.0, math.inf, NOT_TESTED, why, rejected=False)
    same = math.isclose(level, design.alpha, rel_tol=1e-12)
    bound = look.efficacy_z if same else bounds_at_level(design, position.held, level)[-1].efficacy_z
    if z >= bound:
        return Standing(level, bound, REJECTED if look.final else EFFICACY, "", rejected=True)
    if design.sides == 2 and z <= -bound:
        return Standing(level, bound, HARM, "the lower bound of the two-sided test was crossed", rejected=False)
    if look.final:
        return Standing(level, bound, NOT_REJECTED, "", rejected=False)
    if z <= look.futility_z:
        return Standing(level, bound, FUTILITY, f"z is at or below {look.futility_z:.4g}", rejected=False)
    return Standing(level, bound, CONTINUE, "", rejected=False)
