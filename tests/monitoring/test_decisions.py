"""What the bounds say of several hypotheses at one look: hierarchies, graphs, harm, futility."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.design.efficacy import Spend
from equipoise.design.futility import FutilityZ
from equipoise.design.graph import Graph
from equipoise.design.multiplicity import sequential_graph
from equipoise.design.sequential_p import SequentialHypothesis
from equipoise.design.spending import OBrienFlemingType, PocockType
from equipoise.errors import PlanError
from equipoise.monitoring.boundaries import MonitoredDesign, bounds_at_level, next_bound
from equipoise.monitoring.unblinded import Position, decide
from equipoise.protocol import loads_protocol

HEAD = """\
equipoise: 1
trial: {id: T, title: T}
arms: {a: {label: A, role: experimental}, b: {label: B, role: control}}
populations: {itt: {arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os:  {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}
  os_main:  {endpoint: os, population: itt, like: pfs_main}
"""
HIERARCHY = (
    HEAD
    + """\
hypotheses: {h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}, h_os: {analysis: os_main, after: [h_pfs]}}
"""
)
GRAPH = (
    HEAD
    + """\
hypotheses: {h_pfs: {analysis: pfs_main}, h_os: {analysis: os_main}}
multiplicity:
  alpha_one_sided: 0.025
  weights: {h_pfs: 0.8, h_os: 0.2}
  transitions: {h_pfs: {h_os: 1}, h_os: {h_pfs: 1}}
"""
)
OF, POCOCK = Spend(OBrienFlemingType()), Spend(PocockType())


def position(z, alpha=0.025, looks=1, harm=-math.inf, efficacy=OF, **more):
    design = MonitoredDesign((100.0, 200.0), alpha, efficacy, **more)
    held = []
    for number in range(1, looks + 1):
        held.append(next_bound(design, held, 100.0 * number, planned=number))
    return Position(design, held, z, harm)


def decided(text, now, rejected=()):
    found = decide(loads_protocol(text), now, rejected)
    return {name: standing.text for name, standing in found.items()}


def test_a_hierarchy_is_gone_through_in_its_order():
    first, none = position(3.1), position(1.0)
    assert decided(HIERARCHY, {"h_pfs": none, "h_os": first}) == {"h_pfs": "continue", "h_os": "not tested"}
    # Named the other way round it is the same.
    assert decided(HIERARCHY, {"h_os": first, "h_pfs": first}) == {
        "h_os": "stop for efficacy",
        "h_pfs": "stop for efficacy",
    }
    assert decided(HIERARCHY, {"h_os": first}, ["h_pfs"]) == {"h_os": "stop for efficacy"}
    assert decided(HIERARCHY, {"h_os": first}) == {"h_os": "not tested"}
    assert decided(HIERARCHY, {"h_pfs": none, "h_os": first}, ["h_pfs"])["h_pfs"] == "rejected"


def test_what_a_look_can_say():
    assert decided(HIERARCHY, {"h_pfs": position(2.5, looks=2)}) == {"h_pfs": "rejected"}
    assert decided(HIERARCHY, {"h_pfs": position(1.5, looks=2)}) == {"h_pfs": "not rejected"}
    futile = {"futility": FutilityZ((0.3,))}
    assert decided(HIERARCHY, {"h_pfs": position(0.2, **futile)}) == {"h_pfs": "futility boundary crossed"}
    assert decided(HIERARCHY, {"h_pfs": position(0.4, **futile)}) == {"h_pfs": "continue"}
    assert decided(HIERARCHY, {"h_pfs": position(-2.0, harm=-1.9)}) == {"h_pfs": "harm boundary crossed"}
    assert decided(HIERARCHY, {"h_pfs": position(-3.0, sides=2)}) == {"h_pfs": "harm boundary crossed"}
    # Harm of a hypothesis that can't be tested yet is seen all the same.
    both = {"h_pfs": position(1.0), "h_os": position(-2.0, harm=-1.9)}
    assert decided(HIERARCHY, both)["h_os"] == "harm boundary crossed"


def test_a_bound_is_crossed_when_it_is_met():
    held = position(0.0)
    exact = held._replace(z=held.held[-1].efficacy_z)
    assert decided(HIERARCHY, {"h_pfs": exact}) == {"h_pfs": "stop for efficacy"}


def test_a_graph_passes_its_shares_on_at_the_same_look():
    share, raised = position(0.0, alpha=0.005), position(0.0, alpha=0.025)
    between = 0.5 * (share.held[-1].efficacy_z + raised.held[-1].efficacy_z)
    assert raised.held[-1].efficacy_z < between < share.held[-1].efficacy_z
    low = {"h_pfs": position(0.0, alpha=0.02), "h_os": position(between, alpha=0.005)}
    assert decided(GRAPH, low) == {"h_pfs": "continue", "h_os": "continue"}
    high = {"h_pfs": position(4.0, alpha=0.02), "h_os": position(between, alpha=0.005)}
    found = decide(loads_protocol(GRAPH), high, [])
    assert found["h_os"].text == "stop for efficacy"
    assert found["h_os"].level == pytest.approx(0.025)
    assert found["h_os"].bound == pytest.approx(raised.held[-1].efficacy_z, abs=1e-9)
    # A share that came at an earlier look.
    assert decided(GRAPH, {"h_os": position(between, alpha=0.005)}, ["h_pfs"]) == {"h_os": "stop for efficacy"}


def test_graphs_decide_as_the_procedure_of_the_design_room():
    """Two looks, random z: the same rejections at the same looks as Maurer and Bretz's algorithm computed at once."""
    rng = np.random.default_rng(4)
    protocol = loads_protocol(GRAPH)
    graph = Graph({"h_pfs": 0.8, "h_os": 0.2}, {"h_pfs": {"h_os": 1.0}, "h_os": {"h_pfs": 1.0}})
    for efficacy in (OF, POCOCK):
        own = {name: SequentialHypothesis((100.0, 200.0), efficacy) for name in ("h_pfs", "h_os")}
        for _ in range(60):
            z = {name: (rng.normal(1.9, 1.0, 2)).tolist() for name in own}
            expected = sequential_graph(graph, 0.025, own, z)
            rejected: list[str] = []
            looks: list[tuple[str, int]] = []
            for look in (1, 2):
                now = {
                    name: position(z[name][look - 1], alpha=0.025 * weight, looks=look, efficacy=efficacy)
                    for name, weight in (("h_pfs", 0.8), ("h_os", 0.2))
                    if name not in rejected
                }
                if not now:
                    break
                for name, standing in decide(protocol, now, rejected).items():
                    if standing.rejected:
                        looks.append((name, look))
                rejected += [name for name, number in looks if number == look]
            assert sorted(looks) == sorted(expected.rejected)


def test_bounds_at_another_level_are_those_of_a_design_at_that_level():
    for efficacy in (OF, POCOCK):
        here = position(0.0, alpha=0.02, looks=2, efficacy=efficacy)
        there = position(0.0, alpha=0.011, looks=2, efficacy=efficacy)
        moved = bounds_at_level(here.design, here.held, 0.011)
        assert [one.efficacy_z for one in moved] == pytest.approx([one.efficacy_z for one in there.held], abs=1e-9)


def test_looking_back_is_refused():
    text = GRAPH.replace("alpha_one_sided: 0.025\n", "alpha_one_sided: 0.025\n  look_back: true\n")
    with pytest.raises(PlanError, match="look back"):
        decide(loads_protocol(text), {"h_pfs": position(1.0)}, [])
