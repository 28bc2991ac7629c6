"""Group-sequential graphs: the usual error and how it is avoided, the family-wise error, and a closed test by force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.design.boundaries import Pocock, Spend
from equipoise.design.graph import Graph, fixed_sequence, holm
from equipoise.design.multiplicity import sequential_graph
from equipoise.design.sequential_p import SequentialHypothesis, bounds_at, sequential_p_value
from equipoise.design.spending import HwangShihDeCani, OBrienFlemingType, PocockType
from equipoise.errors import PlanError

OBF = Spend(OBrienFlemingType())
PFS = SequentialHypothesis((200.0,), OBF)
OS = SequentialHypothesis((150.0, 300.0), OBF)
LEVEL_196 = -1.959963984540054


def upper(z):
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def either(first, second, correlation):
    """P(Z1 >= first or Z2 >= second), by one integral over Z1 (Gauss-Legendre)."""
    x, w = np.polynomial.legendre.leggauss(400)
    low = -9.0
    at = low + (first - low) * (x + 1) / 2
    inside = [1 - upper((second - correlation * t) / math.sqrt(1 - correlation**2)) for t in at]
    density = np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    return 1.0 - float((first - low) / 2 * (w * density) @ np.array(inside))


def joint(rng, n, effect_pfs, correlation=0.5):
    """z of PFS at look 1, and of OS at looks 1 and 2 under its null; both z of look 1 hang together."""
    increments = rng.standard_normal((n, 2))
    os_1 = increments[:, 0]
    os_2 = (os_1 + increments[:, 1]) / math.sqrt(2.0)
    pfs = correlation * os_1 + math.sqrt(1 - correlation**2) * rng.standard_normal(n) + effect_pfs
    return pfs, os_1, os_2


def test_the_usual_error_and_what_the_graph_makes_of_it():
    """PFS with a hazard ratio of 0.5 and 200 events, OS without effect, looked at when PFS is final and at its end.

    OS at the full 0.025 at both looks has an error of 0.042; OS that spends 0.025 on its own information, of 0.025.
    """
    full = either(-LEVEL_196, -LEVEL_196, math.sqrt(0.5))
    assert full == pytest.approx(0.042, abs=5e-4)
    bounds = bounds_at(OS, 0.025)
    assert either(*bounds, math.sqrt(0.5)) == pytest.approx(0.025, abs=1e-10)
    n = 15_000
    pfs, os_1, os_2 = joint(np.random.default_rng(11), n, -math.log(0.5) * math.sqrt(200 / 4))
    passed = pfs >= -LEVEL_196
    assert passed.mean() > 0.995
    wrong = (passed & ((os_1 >= -LEVEL_196) | (os_2 >= -LEVEL_196))).mean()
    assert wrong == pytest.approx(full, abs=3 * math.sqrt(full * (1 - full) / n) + 0.005 * full)
    graph = fixed_sequence(("pfs", "os"))
    ours = 0
    for one, two, three in zip(pfs.tolist(), os_1.tolist(), os_2.tolist(), strict=True):
        decision = sequential_graph(graph, 0.025, {"pfs": PFS, "os": OS}, {"pfs": (one, None), "os": (two, three)})
        ours += any(name == "os" for name, _ in decision.rejected)
    error = 3 * math.sqrt(0.025 * 0.975 / n)
    assert 0.025 - error - 0.0005 < ours / n < 0.025 + error


def simulated(rng, n, looks, share):
    """z of several hypotheses under their nulls at the looks, with independent increments and a common part."""
    information = np.array(looks)
    steps = np.sqrt(np.diff(np.concatenate([[0.0], information])))
    common = rng.standard_normal((n, 1, len(looks)))
    own = rng.standard_normal((n, 3, len(looks)))
    increments = (math.sqrt(share) * common + math.sqrt(1 - share) * own) * steps
    return np.cumsum(increments, axis=2) / np.sqrt(information)


GRAPHS = [
    holm(("a", "b", "c")),
    Graph(
        {"a": 0.5, "b": 0.5, "c": 0}, {"a": {"b": 0.5, "c": 0.5}, "b": {"a": 0.5, "c": 0.5}, "c": {"a": 0.5, "b": 0.5}}
    ),
    Graph({"a": 1, "b": 0, "c": 0}, {"a": {"b": 0.6, "c": 0.4}, "b": {"c": 1}, "c": {"b": 1}}),
]


@pytest.mark.parametrize("look_back", [False, True])
@pytest.mark.parametrize("graph", GRAPHS, ids=["holm", "gate", "tree"])
def test_the_family_wise_error_is_held(graph, look_back):
    """All nulls true, then one of them false and at once rejected."""
    n, alpha, looks = 4000, 0.05, (0.4, 0.7, 1.0)
    families = {"a": OBF, "b": Spend(PocockType()), "c": Spend(HwangShihDeCani(-2))}
    declared = {name: SequentialHypothesis(looks, families[name]) for name in graph.names}
    z = simulated(np.random.default_rng(7), n, looks, 0.3)
    for false in (0.0, 6.0):
        shifted = z + np.array([false, 0.0, 0.0])[None, :, None]
        errors = 0
        for trial in shifted.tolist():
            given_z = dict(zip(graph.names, trial, strict=True))
            made = sequential_graph(graph, alpha, declared, given_z, look_back=look_back).rejected
            errors += any(name != "a" or not false for name, _ in made)
        assert errors / n <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / n)
        assert errors / n > alpha / 3


def closed_by_force(graph, alpha, declared, z, now):
    """Hypotheses all of whose intersections are rejected by some member's bound at any look so far."""
    rejected = set(graph.names)
    for size in range(1, len(graph.names) + 1):
        for kept in itertools.combinations(graph.names, size):
            shares = graph.only(kept).weights
            hit = any(
                shares[name] > 0 and value >= bound
                for name in kept
                if shares[name] > 0
                for value, bound in zip(z[name][:now], bounds_at(declared[name], shares[name] * alpha), strict=False)
            )
            if not hit:
                rejected -= set(kept)
    return rejected


values = st.lists(st.floats(0.5, 3.5), min_size=3, max_size=3)


@given(st.sampled_from(GRAPHS), values, values, values)
@settings(max_examples=60, deadline=None)
def test_looking_back_is_the_closed_test_and_not_looking_back_rejects_no_more(graph, a, b, c):
    declared = {name: SequentialHypothesis((0.4, 0.7, 1.0), OBF) for name in graph.names}
    z = dict(zip(graph.names, (a, b, c), strict=True))
    back = sequential_graph(graph, 0.05, declared, z, look_back=True)
    for now in (1, 2, 3):
        there = {name for name, look in back.rejected if look <= now}
        assert there == closed_by_force(graph, 0.05, declared, z, now)
    ahead = sequential_graph(graph, 0.05, declared, z)
    assert {name for name, _ in ahead.rejected} <= {name for name, _ in back.rejected}


@given(st.sampled_from(GRAPHS), values, values, values)
@settings(max_examples=8, deadline=None)
def test_looking_back_is_the_graph_on_sequential_p_values(graph, a, b, c):
    declared = {name: SequentialHypothesis((0.4, 0.7, 1.0), OBF) for name in graph.names}
    z = dict(zip(graph.names, (a, b, c), strict=True))
    back = sequential_graph(graph, 0.05, declared, z, look_back=True)
    for now in (1, 3):
        p = {name: sequential_p_value(declared[name], z[name][:now]) for name in graph.names}
        assert {name for name, look in back.rejected if look <= now} == set(graph.test(p, 0.05).rejected)


def test_a_raised_level_reaches_back_only_where_that_is_declared():
    """OS had 4.2 at its first look, which is enough at the level that it gets at look 2, when it has fallen again."""
    graph = Graph({"pfs": 0.8, "os": 0.2}, {"pfs": {"os": 1}, "os": {"pfs": 1}})
    declared = {"pfs": SequentialHypothesis((100, 200), OBF), "os": SequentialHypothesis((60, 100, 200), OBF)}
    z = {"pfs": (1.0, 2.6, None), "os": (4.2, 2.0, 1.0)}
    assert bounds_at(declared["os"], 0.025)[0] < 4.2 < bounds_at(declared["os"], 0.005)[0]
    assert sequential_graph(graph, 0.025, declared, z).rejected == (("pfs", 2),)
    back = sequential_graph(graph, 0.025, declared, z, look_back=True)
    assert back.rejected == (("pfs", 2), ("os", 2))
    (_, os) = back.looks[1].rejected
    assert (os.look, os.z, os.level) == (1, 4.2, 0.025)
    assert os.bound == bounds_at(declared["os"], 0.025)[0]


def test_levels_and_bounds_of_each_look():
    graph = Graph({"pfs": 0.8, "os": 0.2}, {"pfs": {"os": 1}, "os": {"pfs": 1}})
    declared = {"pfs": SequentialHypothesis((100, 200), OBF), "os": OS}
    decision = sequential_graph(graph, 0.025, declared, {"pfs": (1.0, 2.6), "os": (None, 2.0)})
    first, second = decision.looks
    assert first.rejected == ()
    assert dict(first.levels) == pytest.approx({"pfs": 0.02, "os": 0.005})
    assert first.bounds == (("pfs", pytest.approx(0.02), bounds_at(declared["pfs"], 0.02)[0]),)
    assert [one.hypothesis for one in second.rejected] == ["pfs"]
    assert dict(second.levels) == {"os": 0.025}
    assert ("os", 0.025, bounds_at(OS, 0.025)[0]) in second.bounds  # its first look, at the second of the trial
    assert dict(decision.final.weights) == {"os": 1.0}


def test_shapes_serve_as_families_too():
    declared = {"a": SequentialHypothesis((1.0, 2.0), Pocock()), "b": SequentialHypothesis((1.0, 2.0), Pocock())}
    z = {"a": (2.3, 0.0), "b": (1.0, 2.2)}
    assert sequential_graph(holm(("a", "b")), 0.05, declared, z).rejected == (("a", 1), ("b", 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"z": {"pfs": (1.0,)}}, "with z are not those"),
        ({"z": {"pfs": (1.0,), "os": (float("nan"),)}}, "z of os is not finite"),
        ({"z": {"pfs": (1.0, 2.0), "os": ()}}, "pfs has 2 z and 1 looks"),
        ({"z": {"pfs": (), "os": ()}}, "no look was held"),
        ({"hypotheses": {"pfs": PFS}}, "with looks are not those"),
    ],
)
def test_what_can_not_be_tested(change, message):
    arguments = {"alpha": 0.025, "hypotheses": {"pfs": PFS, "os": OS}, "z": {"pfs": (1.0,), "os": (1.0,)}} | change
    with pytest.raises(PlanError, match=message):
        sequential_graph(fixed_sequence(("pfs", "os")), **arguments)
