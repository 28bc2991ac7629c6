"""Graphs of hypotheses that are looked at several times: each spends its share of alpha on its own information.

Maurer and Bretz (2013, Stat Biopharm Res 5:311), Algorithm 1. At each look of the trial every hypothesis that is left
is compared with the bound, at this look, that belongs to its present level; when one is rejected the graph passes its
share on, and the others are compared again *at this look* with the bounds of their raised levels. A hypothesis that
takes over alpha after another was rejected still pays for its own looks: testing it at the full level at each of them
is the usual error (Hung, Wang and O'Neill 2007, J Biopharm Stat 17:1201; Glimm, Maurer and Bretz 2010, Stat
Med 29:219).

Whether a raised level may reach back to statistics of *earlier* looks is declared. Both answers hold the family-wise
error, since a rejection without looking back is one with it. Looking back is the graph on sequential P values (Liu and
Anderson 2008, J Am Stat Assoc 103:1621).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from equipoise.design.graph import Graph
from equipoise.design.sequential_p import SequentialHypothesis, bounds_at
from equipoise.errors import PlanError, Problem, Where

__all__ = ["GraphDecision", "LookDecision", "Rejection", "sequential_graph"]


class Rejection(NamedTuple):
    """One hypothesis rejected.

    Attributes:
        hypothesis: Its name.
        level: Level of one side at which it was rejected.
        look: Its own look, from 1, whose z crossed; an earlier one only where levels look back.
        z: That z.
        bound: The bound that it crossed.
    """

    hypothesis: str
    level: float
    look: int
    z: float
    bound: float


@dataclass(frozen=True, slots=True)
class LookDecision:
    """What one look of the trial decided.

    Attributes:
        look: Look of the trial, from 1.
        rejected: Rejections in the order in which they were made.
        levels: Pairs (hypothesis that is left, its level of one side after this look).
        bounds: Triples (hypothesis, level, bound) of those compared at this look, at the last level they had here.
    """

    look: int
    rejected: tuple[Rejection, ...]
    levels: tuple[tuple[str, float], ...]
    bounds: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class GraphDecision:
    """What a group-sequential graph decided, look by look.

    Attributes:
        looks: One decision a look of the trial.
        final: The graph of what is left.
    """

    looks: tuple[LookDecision, ...]
    final: Graph

    @property
    def rejected(self) -> tuple[tuple[str, int], ...]:
        """Pairs (hypothesis, look of the trial at which it was rejected), in order."""
        return tuple((one.hypothesis, look.look) for look in self.looks for one in look.rejected)


def sequential_graph(
    graph: Graph,
    alpha: float,
    hypotheses: Mapping[str, SequentialHypothesis],
    z: Mapping[str, Sequence[float | None]],
    *,
    look_back: bool = False,
) -> GraphDecision:
    """Test hypotheses of a graph at the looks of a trial.

    Args:
        graph: Shares of alpha and edges.
        alpha: Level of the family, of one side, in (0, 0.5].
        hypotheses: Each one's own looks and bounds.
        z: Each one's z at the looks of the trial held so far, None where it is not analyzed at that look; those that
            are there belong to its own looks in order. Greater than 0 favours the experimental arm.
        look_back: Whether a raised level may be compared with z of earlier looks.

    Returns:
        Decisions by look.

    Raises:
        PlanError: When names differ, a z is not finite, there are more z than looks, or alpha is outside its range.
    """
    _check(graph, alpha, hypotheses, z)
    looks: list[LookDecision] = []
    for now in range(max(len(values) for values in z.values())):
        seen = {name: [value for value in z[name][: now + 1] if value is not None] for name in graph.weights}
        here = {name for name in seen if now < len(z[name]) and z[name][now] is not None}
        rejected: list[Rejection] = []
        bounds: dict[str, tuple[float, float]] = {}
        again = True
        while again:
            again = False
            for name, weight in graph.weights.items():
                if weight <= 0.0 or not seen[name] or not (look_back or name in here):
                    continue
                level = weight * alpha
                known = bounds_at(hypotheses[name], level)
                last = len(seen[name]) - 1
                bounds[name] = (level, known[last])
                first = 0 if look_back else last
                crossed = next((k for k in range(first, last + 1) if seen[name][k] >= known[k]), None)
                if crossed is not None:
                    rejected.append(Rejection(name, level, crossed + 1, seen[name][crossed], known[crossed]))
                    graph, again = graph.without(name), True
                    break
        levels = tuple((name, weight * alpha) for name, weight in graph.weights.items())
        used = tuple((name, *pair) for name, pair in bounds.items() if name in here)
        looks.append(LookDecision(now + 1, tuple(rejected), levels, used))
    return GraphDecision(tuple(looks), graph)


def _check(
    graph: Graph,
    alpha: float,
    hypotheses: Mapping[str, SequentialHypothesis],
    z: Mapping[str, Sequence[float | None]],
) -> None:
    found: list[Problem] = []
    if not 0.0 < alpha <= 0.5:
        found.append(_problem("alpha is not in (0, 0.5]", alpha, "write the level of the family of one side, 0.025"))
    for what, given in (("looks", hypotheses), ("z", z)):
        if set(given) != set(graph.weights):
            found.append(
                _problem(f"the hypotheses with {what} are not those of the graph", ", ".join(given),
                         f"give one entry for each of {', '.join(graph.weights)}")
            )  # fmt: skip
    for name, values in z.items():
        there = [value for value in values if value is not None]
        if not all(math.isfinite(value) for value in there):
            found.append(_problem(f"a z of {name} is not finite", list(values), "None where it is not analyzed"))
        if name in hypotheses and len(there) > hypotheses[name].looks:
            found.append(
                _problem(f"{name} has {len(there)} z and {hypotheses[name].looks} looks", list(values),
                         "give at most one z a look")
            )  # fmt: skip
    if not any(z.values()):
        found.append(_problem("no look was held", "", "give the z of at least one look"))
    if found:
        raise PlanError(found)


def _problem(message: str, value: object, cure: str) -> Problem:
    return Problem("plan.graph_looks", message, Where(path="multiplicity"), str(value), cure)
