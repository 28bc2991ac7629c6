"""Graphs of hypotheses against Mediana's chain procedure, and against procedures with closed forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from equipoise.design.graph import Graph, fixed_sequence, holm
from equipoise.errors import PlanError

CASES = json.loads((Path(__file__).parents[1] / "reference" / "multiplicity_graphs.json").read_text())["cases"]


def graph_of(case):
    names = [f"h{i}" for i in range(len(case["p"]))]
    rows = {a: dict(zip(names, row, strict=True)) for a, row in zip(names, case["transitions"], strict=True)}
    rows = {a: {b: g for b, g in row.items() if a != b} for a, row in rows.items()}
    return Graph(dict(zip(names, case["weights"], strict=True)), rows), dict(zip(names, case["p"], strict=True))


@pytest.mark.parametrize("case", CASES, ids=[f"{i}_{case['name']}" for i, case in enumerate(CASES)])
def test_adjusted_p_values_are_those_of_another_program(case):
    graph, p = graph_of(case)
    found = dict(graph.test(p, 0.025).adjusted)
    assert list(found.values()) == pytest.approx(case["adjusted"], rel=1e-12)
    for alpha in (0.01, 0.025, 0.1, 0.2):
        rejected = {name for name, adjusted in zip(found, case["adjusted"], strict=True) if adjusted <= alpha}
        assert set(graph.test(p, alpha).rejected) == rejected


def test_there_are_many_graphs():
    assert len(CASES) == 44
    assert {len(case["p"]) for case in CASES} == {2, 3, 4, 5, 6}


def test_holm_is_holm():
    result = holm(("a", "b", "c")).test({"a": 0.02, "b": 0.005, "c": 0.03}, 0.05)
    assert dict(result.adjusted) == pytest.approx({"a": 0.04, "b": 0.015, "c": 0.04})
    assert result.rejected == ("b", "a", "c")
    assert [step.level for step in result.steps] == pytest.approx([0.05 / 3, 0.025, 0.05])


def test_a_fixed_sequence_stops_where_it_fails():
    result = fixed_sequence(("a", "b", "c")).test({"a": 0.01, "b": 0.03, "c": 0.001}, 0.025)
    assert result.rejected == ("a",)
    assert dict(result.adjusted) == {"a": 0.01, "b": 0.03, "c": 0.03}
    assert dict(result.levels) == {"a": 0.025, "b": 0.025, "c": 0.0}
    assert dict(result.final.weights) == {"b": 1.0, "c": 0.0}


def test_a_weight_of_nothing_rejects_nothing_and_no_p_is_no_rejection():
    graph = Graph({"a": 0.0, "b": 1.0}, {"b": {"a": 1.0}})
    assert graph.test({"a": 0.0, "b": 0.5}, 0.05).rejected == ()
    assert graph.test({"a": 0.0, "b": None}, 0.05).rejected == ()
    assert dict(graph.test({"a": 0.0, "b": None}, 0.05).adjusted) == {"a": 1.0, "b": 1.0}
    assert graph.test({"a": None, "b": 0.01}, 0.05).rejected == ("b",)


def test_a_graph_is_a_value():
    import pickle

    graph = holm(("a", "b"))
    assert graph == Graph({"a": 0.5, "b": 0.5}, {"a": {"b": 1}, "b": {"a": 1}})
    assert hash(graph) == hash(holm(("a", "b")))
    assert pickle.loads(pickle.dumps(graph)) == graph
    with pytest.raises(TypeError):
        graph.weights["a"] = 1.0


@pytest.mark.parametrize(
    ("weights", "transitions", "messages"),
    [
        ({"a": 0.6, "b": 0.6}, {}, ["add up to 1.2"]),
        ({"a": -0.1, "b": float("nan")}, {}, ["weight of a", "weight of b"]),
        ({"a": 1, "b": 0}, {"a": {"b": 0.7, "a": 0.2}, "c": {"a": 1}}, ["points to itself", "edges start at c"]),
        ({"a": 1, "b": 0}, {"a": {"c": 0.5}, "b": {"a": 1.5}}, ["points to c", "edge from b to a"]),
        ({"a": 1, "b": 0, "c": 0}, {"a": {"b": 0.7, "c": 0.7}}, ["edges of a add up to 1.4"]),
    ],
)
def test_what_is_no_graph(weights, transitions, messages):
    with pytest.raises(PlanError) as caught:
        Graph(weights, transitions)
    assert len(caught.value.problems) == len(messages)
    for problem, message in zip(caught.value.problems, messages, strict=True):
        assert message in problem.message
        assert problem.code == "plan.graph"
        assert problem.cure


@pytest.mark.parametrize(
    ("p", "alpha", "message"),
    [
        ({"a": 0.1, "b": 0.1}, 0.0, "alpha"),
        ({"a": 0.1, "b": 0.1}, float("nan"), "alpha"),
        ({"a": 0.1, "b": -0.1}, 0.05, "P of b"),
        ({"a": float("nan"), "b": 0.1}, 0.05, "P of a"),
        ({"a": 0.1}, 0.05, "b has no P"),
        ({"a": 0.1, "b": 0.2, "c": 0.1}, 0.05, "c has a P"),
    ],
)
def test_what_can_not_be_tested(p, alpha, message):
    with pytest.raises(PlanError, match=message):
        holm(("a", "b")).test(p, alpha)


def test_only_hypotheses_of_the_graph_are_removed():
    with pytest.raises(PlanError, match="c is not a hypothesis"):
        holm(("a", "b")).without("c")
    with pytest.raises(PlanError, match="c is not a hypothesis"):
        holm(("a", "b")).only({"a", "c"})
