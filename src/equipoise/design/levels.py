"""The level at which each hypothesis is tested, by the declaration alone: its own, passed on, or its share of a graph.

Levels of a hierarchy are fixed before any data: `equipoise.analysis.hypotheses` says why its error is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from equipoise.protocol.analysis import Hypothesis
    from equipoise.protocol.multiplicity import Multiplicity
    from equipoise.protocol.protocol import Protocol

__all__ = ["Level", "declared_level", "design_level", "levels"]


class Level(NamedTuple):
    """At which level a hypothesis is tested, if it is reached.

    Attributes:
        alpha: The level on the scale of its sides.
        sides: 1 or 2.
        source: Where it comes from, in words.
    """

    alpha: float
    sides: int
    source: str

    @property
    def two_sided(self) -> float:
        """The same level as a two-sided number."""
        return self.alpha * (2 if self.sides == 1 else 1)

    @property
    def one_side(self) -> float:
        """The level of one side: 0.025 of a two-sided 0.05."""
        return self.alpha / self.sides


def design_level(protocol: Protocol, name: str) -> Level:
    """The level that a hypothesis is planned at.

    In a graph that is its share at the start or, where it starts with none, what it has once all others are rejected.

    Args:
        protocol: The declared trial.
        name: The hypothesis.
    """
    if protocol.multiplicity is None:
        return levels(protocol.hypotheses)[name]
    return _in_graph(protocol.multiplicity, name)


def _in_graph(declared: Multiplicity, name: str) -> Level:
    from equipoise.design.graph import Graph

    graph = Graph(declared.weights, declared.transitions)
    share = graph.weights[name]
    if share > 0.0:
        return Level(share * declared.alpha, declared.sides, "its share of the graph")
    alone = graph.only((name,))
    source = "passed on in the graph once all others are rejected"
    return Level(alone.weights[name] * declared.alpha, declared.sides, source)


def levels(hypotheses: Mapping[str, Hypothesis]) -> dict[str, Level]:
    """The level of each hypothesis of a hierarchy, predecessors first.

    Args:
        hypotheses: As declared; their `after` has no circles and no unknown names.
    """
    followers: dict[str, list[str]] = {name: [] for name in hypotheses}
    for name, hypothesis in hypotheses.items():
        for parent in hypothesis.after:
            followers[parent].append(name)
    found: dict[str, Level] = {}
    for name in _order(hypotheses):
        hypothesis = hypotheses[name]
        own = declared_level(hypothesis)
        if own is not None:
            found[name] = own
            continue
        shares = [(_share(found[parent], followers[parent], hypotheses), parent) for parent in hypothesis.after]
        if not shares:
            message = f"hypothesis {name} has neither an alpha nor predecessors"
            raise AssertionError(message)
        two_sided, parent = min(shares)
        sides = found[parent].sides
        others = len(followers[parent]) - 1
        part = f", shared with {others} other{'s' if others > 1 else ''}" if others else ""
        found[name] = Level(max(0.0, two_sided) / (2 if sides == 1 else 1), sides, f"passed on by {parent}{part}")
    return found


def declared_level(hypothesis: Hypothesis) -> Level | None:
    """The level that a hypothesis declares for itself, or None.

    Args:
        hypothesis: The hypothesis.
    """
    if hypothesis.alpha_one_sided is not None:
        return Level(hypothesis.alpha_one_sided, 1, "declared")
    if hypothesis.alpha_two_sided is not None:
        return Level(hypothesis.alpha_two_sided, 2, "declared")
    return None


def _share(parent: Level, followers: list[str], hypotheses: Mapping[str, Hypothesis]) -> float:
    """What each follower without an alpha of its own gets, as a two-sided level."""
    declared = [own.two_sided for own in (declared_level(hypotheses[name]) for name in followers) if own is not None]
    return (parent.two_sided - sum(declared)) / (len(followers) - len(declared))


def _order(hypotheses: Mapping[str, Hypothesis]) -> list[str]:
    """Names with every predecessor before its followers, otherwise as declared."""
    placed: list[str] = []
    waiting = list(hypotheses)
    while waiting:
        ready = [name for name in waiting if all(parent in placed for parent in hypotheses[name].after)]
        if not ready:
            message = f"hypotheses follow each other in a circle: {waiting}"
            raise AssertionError(message)
        placed.append(ready[0])
        waiting.remove(ready[0])
    return placed
