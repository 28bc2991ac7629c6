"""The graph of hypotheses: it shares one alpha, and each hypothesis has its level from it alone."""

from __future__ import annotations

import math
from collections.abc import Mapping

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.multiplicity import Multiplicity
from equipoise.source import YamlPath

__all__ = ["check_multiplicity", "multiplicity_notes"]

_SLACK = 1e-9
"""Shares are written in decimals: three times 0.3333333333 is as good as 1."""
_AT_MOST_ONE = "make them add up to at most 1"


def check_multiplicity(draft: Draft) -> None:
    """Weights and rows add up to at most 1, every hypothesis has its level from the graph, and no edge is a loop.

    Args:
        draft: The protocol under examination.
    """
    graph = draft.multiplicity
    if graph is None:
        return
    _level(draft, graph)
    path: YamlPath = ("multiplicity", "weights")
    for name in graph.weights:
        draft.refer("hypotheses", name, (*path, name))
    _total(draft, graph.weights, path, "the weights")
    for name, row in graph.transitions.items():
        path = ("multiplicity", "transitions", name)
        _node(draft, graph, name, path)
        _total(draft, row, path, f"what `{name}` passes on")
        for to in row:
            if to == name:
                draft.report("graph", f"`{name}` points to itself", (*path, to),
                             "remove this edge: a share goes to other hypotheses")  # fmt: skip
            else:
                _node(draft, graph, to, (*path, to))
    _hypotheses(draft, graph)


def multiplicity_notes(draft: Draft) -> None:
    """Warn of alpha that no hypothesis has, and of hypotheses that no alpha can reach.

    Args:
        draft: The protocol under examination.
    """
    graph = draft.multiplicity
    if graph is None:
        return
    total = math.fsum(graph.weights.values())
    if total < 1.0 - _SLACK:
        draft.warn("graph_unused", f"the weights add up to {total:.10g}: the rest of alpha is never used",
                   ("multiplicity", "weights"), "share all of alpha, or declare a smaller one",
                   value=f"{total:.10g}")  # fmt: skip
    reached = {name for name, weight in graph.weights.items() if weight > 0}
    waiting = list(reached)
    while waiting:
        for to, edge in graph.transitions.get(waiting.pop(), {}).items():
            if edge > 0 and to not in reached:
                reached.add(to)
                waiting.append(to)
    for name in graph.weights:
        if name not in reached:
            draft.warn("graph_unreached", f"no alpha ever reaches `{name}`: it can't be rejected",
                       ("multiplicity", "weights", name), "give it a weight, or an edge that leads to it")  # fmt: skip


def _level(draft: Draft, graph: Multiplicity) -> None:
    both = graph.alpha_one_sided is not None and graph.alpha_two_sided is not None
    if both:
        draft.report("alpha", "`multiplicity` has both a one-sided and a two-sided alpha",
                     ("multiplicity", "alpha_two_sided"),
                     "keep exactly one; two-sided 0.05 is one-sided 0.025")  # fmt: skip
    elif graph.alpha_one_sided is None and graph.alpha_two_sided is None:
        draft.report("alpha", "`multiplicity` has no level", ("multiplicity",),
                     "add `alpha_one_sided: 0.025` or `alpha_two_sided: 0.05`")  # fmt: skip


def _node(draft: Draft, graph: Multiplicity, name: str, path: YamlPath) -> None:
    """An end of an edge is a hypothesis, and has a weight."""
    if draft.refer("hypotheses", name, path) and name not in graph.weights:
        draft.report("graph", f"`{name}` has an edge and no weight", path,
                     f"add `{name}: 0` under `multiplicity.weights`", value=name)  # fmt: skip


def _total(draft: Draft, shares: Mapping[str, float], path: YamlPath, what: str) -> None:
    total = math.fsum(shares.values())
    if total > 1.0 + _SLACK:
        draft.report("graph", f"{what} adds up to {total:.10g}, more than there is"
                     if what.startswith("what") else f"{what} add up to {total:.10g}, more than all of alpha",
                     path, _AT_MOST_ONE, value=f"{total:.10g}")  # fmt: skip


def _hypotheses(draft: Draft, graph: Multiplicity) -> None:
    for name in draft.names["hypotheses"]:
        if name not in graph.weights and ("multiplicity",) not in draft.repaired:
            draft.report("graph", f"`{name}` is not in the graph, so it has no level", ("hypotheses", name),
                         f"add `{name}: 0`, or a share, under `multiplicity.weights`", value=name)  # fmt: skip
    for name, hypothesis in draft.hypotheses.items():
        for key in ("alpha_one_sided", "alpha_two_sided", "after"):
            if getattr(hypothesis, key):
                draft.report("graph", f"`{name}` has `{key}` of its own beside the graph of `multiplicity`",
                             ("hypotheses", name, key), f"remove `{key}`: level and order come from the graph",
                             on_key=True)  # fmt: skip
