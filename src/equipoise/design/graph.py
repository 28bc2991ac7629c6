"""Weighted graphs of hypotheses: sequentially rejective tests that hold the family-wise error.

Bretz, Maurer, Brannath and Posch (2009, Stat Med 28:586): nodes are hypotheses, each with a share of alpha; when one is
rejected its share travels along its edges to hypotheses that are left, and the graph is updated (their Algorithm 1).
Each graph is a closed test with weighted Bonferroni tests of the intersections, so the family-wise error is at most
alpha whatever the joint distribution of the P values, and the order of rejections does not change what is rejected.
Holm's, the fixed-sequence, the fallback and gatekeeping procedures are graphs.

Every level here is of one side or of two as the P values are: the graph multiplies, and does not ask.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from equipoise.errors import PlanError, Problem, Where

__all__ = ["Graph", "GraphResult", "GraphStep", "fixed_sequence", "holm"]

_SLACK = 1e-12
"""Shares such as 1/3 that add up to 1 in decimals may exceed it in binary."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Shares of alpha and the edges along which they travel.

    Attributes:
        weights: Hypothesis → its share of alpha, in [0, 1]; they add up to at most 1.
        transitions: Hypothesis → hypothesis → the fraction of its share that it passes on when it is rejected; each
            row adds up to at most 1, and nothing points to itself. What is left out is 0.

    Raises:
        PlanError: On anything else, with all such problems (`plan.graph`).
    """

    weights: Mapping[str, float]
    transitions: Mapping[str, Mapping[str, float]]

    def __post_init__(self) -> None:
        """Check and freeze."""
        if problems := _problems(self.weights, self.transitions):
            raise PlanError(problems)
        from equipoise.protocol.base import FrozenDict

        rows = {
            name: FrozenDict({to: float(g) for to, g in self.transitions.get(name, {}).items() if g > 0.0})
            for name in self.weights
        }
        object.__setattr__(self, "weights", FrozenDict({name: float(w) for name, w in self.weights.items()}))
        object.__setattr__(self, "transitions", FrozenDict(rows))

    @property
    def names(self) -> tuple[str, ...]:
        """Hypotheses that are left, in declared order."""
        return tuple(self.weights)

    def without(self, name: str) -> Graph:
        """The graph after a hypothesis was rejected (Algorithm 1 of Bretz et al. 2009).

        Weights: w_l + w_j g_jl. Edges: (g_lk + g_lj g_jk) / (1 - g_lj g_jl), 0 where g_lj g_jl is 1.

        Args:
            name: The rejected hypothesis j.

        Raises:
            PlanError: When the graph has no such hypothesis.
        """
        if name not in self.weights:
            raise PlanError(_problem(f"{name} is not a hypothesis of this graph", name, "name one that is left"))
        left = [other for other in self.weights if other != name]
        passed = self.transitions[name]
        weights = {one: min(1.0, self.weights[one] + self.weights[name] * passed.get(one, 0.0)) for one in left}
        transitions: dict[str, dict[str, float]] = {}
        for one in left:
            there = self.transitions[one].get(name, 0.0)
            back = 1.0 - there * passed.get(one, 0.0)
            transitions[one] = {
                to: (self.transitions[one].get(to, 0.0) + there * passed.get(to, 0.0)) / back if back > _SLACK else 0.0
                for to in left
                if to != one
            }
        return Graph(weights, {one: _at_most_one(row) for one, row in transitions.items()})

    def only(self, names: tuple[str, ...] | frozenset[str] | set[str]) -> Graph:
        """The graph of an intersection: all others removed, in any order. Its weights are those of the closed test.

        Args:
            names: The hypotheses of the intersection.

        Raises:
            PlanError: When the graph has no such hypothesis.
        """
        if unknown := [name for name in names if name not in self.weights]:
            raise PlanError(_problem(f"{unknown[0]} is not a hypothesis of this graph", unknown[0], "name one that is"))
        graph = self
        for name in self.weights:
            if name not in names:
                graph = graph.without(name)
        return graph

    def test(self, p_values: Mapping[str, float | None], alpha: float) -> GraphResult:
        """Test all hypotheses.

        A hypothesis is rejected when its P is at or below its weight times alpha; one without weight never is.

        Args:
            p_values: Hypothesis → P; None where there is none, which is never rejected.
            alpha: Level of the family, in (0, 1).

        Returns:
            Rejections in the order of the smallest P / weight, levels, and adjusted P values.

        Raises:
            PlanError: When alpha or a P is outside its range, or a hypothesis has no entry.
        """
        _check_test(self, p_values, alpha)
        p = {name: 1.0 if value is None else float(value) for name, value in p_values.items()}
        missing = {name for name in self.weights if p_values[name] is None}
        adjusted, order = _adjusted(self, p, missing)
        graph, steps = self, []
        for name in order:
            level = graph.weights[name] * alpha
            if name in missing or p[name] > level:
                break
            graph = graph.without(name)
            steps.append(GraphStep(name, level, graph))
        levels = {step.rejected: step.level for step in steps}
        levels |= {name: weight * alpha for name, weight in graph.weights.items()}
        return GraphResult(
            rejected=tuple(step.rejected for step in steps),
            steps=tuple(steps),
            final=graph,
            levels=tuple((name, levels[name]) for name in self.weights),
            adjusted=tuple((name, adjusted[name]) for name in self.weights),
        )


@dataclass(frozen=True, slots=True)
class GraphStep:
    """One rejection.

    Attributes:
        rejected: Name of the hypothesis.
        level: The level at which it was rejected.
        graph: What is left, updated.
    """

    rejected: str
    level: float
    graph: Graph


@dataclass(frozen=True, slots=True)
class GraphResult:
    """What a graph decided.

    Attributes:
        rejected: Rejected hypotheses, in order.
        steps: One for each of them.
        final: The graph at the end: weights of the hypotheses that are left.
        levels: Pairs (hypothesis, level at which it was finally tested), in declared order.
        adjusted: Pairs (hypothesis, adjusted P): the smallest alpha at which the graph would reject it
            (Algorithm 2 of Bretz et al. 2009); 1 where no alpha does.
    """

    rejected: tuple[str, ...]
    steps: tuple[GraphStep, ...]
    final: Graph
    levels: tuple[tuple[str, float], ...]
    adjusted: tuple[tuple[str, float], ...]


def holm(names: tuple[str, ...]) -> Graph:
    """Holm's procedure as a graph: equal shares, passed on equally.

    Args:
        names: The hypotheses.
    """
    n = len(names)
    share = dict.fromkeys(names, 1.0 / n)
    return Graph(share, {a: {b: 1.0 / (n - 1) for b in names if b != a} for a in names} if n > 1 else {})


def fixed_sequence(names: tuple[str, ...]) -> Graph:
    """A hierarchy as a graph: the first has all of alpha, each passes it whole to the next.

    Args:
        names: The hypotheses in the order of testing.
    """
    return Graph(
        {name: float(i == 0) for i, name in enumerate(names)},
        {a: {b: 1.0} for a, b in itertools.pairwise(names)},
    )


def _adjusted(graph: Graph, p: Mapping[str, float], missing: set[str]) -> tuple[dict[str, float], list[str]]:
    """Adjusted P values, and the order in which hypotheses would be rejected as alpha grows."""
    found: dict[str, float] = {}
    order: list[str] = []
    largest = 0.0
    while graph.weights:
        ratios = {
            name: p[name] / weight for name, weight in graph.weights.items() if weight > 0.0 and name not in missing
        }
        if not ratios:
            break
        name = min(ratios, key=ratios.__getitem__)
        largest = max(largest, ratios[name])
        if largest > 1.0:
            break
        found[name] = largest
        order.append(name)
        graph = graph.without(name)
    return {name: found.get(name, 1.0) for name in p}, order


def _at_most_one(row: dict[str, float]) -> dict[str, float]:
    """A row whose rounding errors do not grow from update to update."""
    total = sum(row.values())
    return {to: g / total for to, g in row.items()} if total > 1.0 else row


def _problems(weights: Mapping[str, float], transitions: Mapping[str, Mapping[str, float]]) -> list[Problem]:
    found: list[Problem] = []
    for name, weight in weights.items():
        if not 0.0 <= weight <= 1.0:
            found.append(_problem(f"the weight of {name} is not in [0, 1]", weight, "a weight is a share of alpha"))
    total = math.fsum(weight for weight in weights.values() if 0.0 <= weight <= 1.0)
    if total > 1.0 + _SLACK:
        found.append(
            _problem(f"the weights add up to {total:.10g}, more than 1", total, "share alpha among them: at most 1")
        )
    for name, row in transitions.items():
        found += _edge_problems(name, row, weights)
    return found


def _edge_problems(name: str, row: Mapping[str, float], weights: Mapping[str, float]) -> list[Problem]:
    cure = "give it a weight, 0 if it is"
    found: list[Problem] = []
    if name not in weights:
        found.append(_problem(f"edges start at {name}, which has no weight", name, cure))
    for to, g in row.items():
        if to not in weights:
            found.append(_problem(f"{name} points to {to}, which has no weight", to, cure))
        elif to == name:
            found.append(_problem(f"{name} points to itself", g, "remove this edge: a share leaves its hypothesis"))
        if not 0.0 <= g <= 1.0:
            found.append(_problem(f"the edge from {name} to {to} is not in [0, 1]", g, "it is a fraction"))
    total = math.fsum(g for g in row.values() if 0.0 <= g <= 1.0)
    if total > 1.0 + _SLACK:
        found.append(_problem(f"the edges of {name} add up to {total:.10g}", total, "a share is passed on once"))
    return found


def _check_test(graph: Graph, p_values: Mapping[str, float | None], alpha: float) -> None:
    found: list[Problem] = []
    if not 0.0 < alpha < 1.0:
        found.append(_problem("alpha is not in (0, 1)", alpha, "write the level of the family, 0.025"))
    for name in {**graph.weights, **p_values}:
        if name not in graph.weights:
            found.append(_problem(f"{name} has a P but is not in the graph", name, "remove it, or add it to the graph"))
        elif name not in p_values:
            found.append(_problem(f"{name} has no P", name, "give one, or None where there is none"))
        elif (p := p_values[name]) is not None and not 0.0 <= p <= 1.0:
            found.append(_problem(f"the P of {name} is not in [0, 1]", p, "give a probability"))
    if found:
        raise PlanError(found)


def _problem(message: str, value: object, cure: str) -> Problem:
    shown = f"{value:.10g}" if isinstance(value, float) else str(value)
    return Problem("plan.graph", message, Where(path="multiplicity"), shown, cure)
