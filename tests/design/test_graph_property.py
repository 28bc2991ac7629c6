"""A graph is a closed test: all intersections, with weights from another formula, decide the same."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equipoise.design.graph import Graph


def intersection_weights(weights, transitions, kept):
    """Shares that end in `kept` when each share of the others walks along the edges until it is there.

    An absorbing Markov chain: w_J + w_R (I - G_RR)^-1 G_RJ, R what is left of the others after those from which no
    path leads to J were taken out, whose shares are lost.
    """
    m = len(weights)
    gone = [i for i in range(m) if i not in kept]
    reach = {i for i in gone if any(transitions[i][j] > 0 for j in kept)}
    for _ in gone:
        reach |= {i for i in gone if any(transitions[i][j] > 0 for j in reach)}
    gone = sorted(reach)
    if not gone:
        return weights[list(kept)]
    inner = transitions[np.ix_(gone, gone)]
    return weights[list(kept)] + weights[gone] @ np.linalg.solve(
        np.eye(len(gone)) - inner, transitions[np.ix_(gone, kept)]
    )


def closed_test(weights, transitions, p):
    """Adjusted P values: for each hypothesis the largest weighted Bonferroni P of the intersections that hold it."""
    m = len(weights)
    adjusted = np.zeros(m)
    for size in range(1, m + 1):
        for kept in itertools.combinations(range(m), size):
            shares = intersection_weights(weights, transitions, kept)
            whole = min((p[j] / share for j, share in zip(kept, shares, strict=True) if share > 1e-12), default=1.0)
            for j in kept:
                adjusted[j] = max(adjusted[j], min(1.0, whole))
    return adjusted


@st.composite
def graphs(draw):
    m = draw(st.integers(2, 5))
    share = st.one_of(st.just(0.0), st.floats(0.05, 1.0))
    weights = np.array(draw(st.lists(share, min_size=m, max_size=m)))
    assume(weights.sum() > 0)
    weights = weights / max(weights.sum(), 1.0) * draw(st.sampled_from([1.0, 0.9]))
    rows = np.array(draw(st.lists(st.lists(share, min_size=m, max_size=m), min_size=m, max_size=m)))
    np.fill_diagonal(rows, 0.0)
    total = rows.sum(axis=1, keepdims=True)
    rows = np.where(total > 0, rows / np.where(total > 0, total, 1.0), 0.0) * draw(st.sampled_from([1.0, 0.8]))
    p = np.array(draw(st.lists(st.floats(1e-6, 0.2), min_size=m, max_size=m)))
    return weights, rows, p


def as_graph(weights, rows):
    names = [f"h{i}" for i in range(len(weights))]
    edges = {a: {b: g for b, g in zip(names, row, strict=True) if b != a} for a, row in zip(names, rows, strict=True)}
    return Graph(dict(zip(names, weights, strict=True)), edges), names


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_the_graph_decides_as_the_closed_test(case):
    weights, rows, p = case
    graph, names = as_graph(weights, rows)
    result = graph.test(dict(zip(names, p, strict=True)), 0.05)
    oracle = closed_test(weights, rows, p)
    assert [adjusted for _, adjusted in result.adjusted] == pytest.approx(oracle.tolist(), rel=1e-9)
    near = np.abs(oracle - 0.05) < 1e-9
    assert {name for name, yes, edge in zip(names, oracle <= 0.05, near, strict=True) if yes and not edge} <= set(
        result.rejected
    )
    assert not {name for name, yes, edge in zip(names, oracle > 0.05, near, strict=True) if yes and not edge} & set(
        result.rejected
    )


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_removal_does_not_matter_and_alpha_is_never_made(case, random):
    weights, rows, _ = case
    graph, names = as_graph(weights, rows)
    kept = names[: max(1, len(names) // 2)]
    gone = [name for name in names if name not in kept]
    random.shuffle(gone)
    other = graph
    for name in gone:
        other = other.without(name)
    one = graph.only(set(kept))
    assert list(one.weights.values()) == pytest.approx(list(other.weights.values()), abs=1e-12)
    oracle = intersection_weights(weights, rows, [names.index(name) for name in kept])
    assert list(one.weights.values()) == pytest.approx(oracle.tolist(), abs=1e-9)
    assert sum(one.weights.values()) <= 1.0 + 1e-12


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_more_evidence_rejects_no_less(case):
    weights, rows, p = case
    graph, names = as_graph(weights, rows)
    before = set(graph.test(dict(zip(names, p, strict=True)), 0.05).rejected)
    assert before <= set(graph.test(dict(zip(names, p / 2, strict=True)), 0.05).rejected)
    assert before <= set(graph.test(dict(zip(names, p, strict=True)), 0.1).rejected)


def test_the_error_of_a_random_graph_is_held():
    """All nulls true, P values that hang together: any rejection at most alpha."""
    rng = np.random.default_rng(4)
    n, alpha = 4000, 0.05
    rows = np.array([[0, 0.6, 0.4], [0.5, 0, 0.5], [1.0, 0, 0]])
    graph, names = as_graph(np.array([0.5, 0.3, 0.2]), rows)
    z = rng.standard_normal((n, 3)) * np.sqrt(0.5) + rng.standard_normal((n, 1)) * np.sqrt(0.5)
    from scipy.special import ndtr

    p = ndtr(-z)
    errors = sum(bool(graph.test(dict(zip(names, row, strict=True)), alpha).rejected) for row in p.tolist())
    assert errors / n <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / n)
    assert errors / n > 0.02
