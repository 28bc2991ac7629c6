"""Ways to get a graph of hypotheses, or a margin, wrong: one problem each, on its line, with a cure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import loads_protocol
from equipoise.protocol.canonical import section_hashes
from equipoise.protocol.checks import protocol_warnings
from equipoise.protocol.schema import json_schema

H_PFS = "  h_pfs: {analysis: main, alpha_two_sided: 0.05}"
H_OS = "  h_os: {analysis: os_main, after: [h_pfs]}"
WEIGHTS = "  weights: {h_pfs: 1, h_os: 0}"
EDGES = "  transitions: {h_pfs: {h_os: 1}, h_os: {h_pfs: 1}}"
LEVEL = "  alpha_one_sided: 0.025"
GRAPH = f"multiplicity:\n{LEVEL}\n{WEIGHTS}\n{EDGES}"


@pytest.fixture
def graph(edited: Callable[..., str]) -> str:
    return edited(
        (H_PFS, "  h_pfs: {analysis: main}"), (H_OS, f"  h_os: {{analysis: os_main}}\n{GRAPH}")
    )  # fmt: skip


CASES = [
    ("both levels", (LEVEL, f"{LEVEL}\n  alpha_two_sided: 0.05 #!"), "alpha", "both a one-sided", "keep exactly one"),
    ("no level", (f"multiplicity:\n{LEVEL}", "multiplicity: #!"), "alpha", "has no level", "add `alpha_one_sided"),
    ("too much alpha", (WEIGHTS, "  weights: {h_pfs: 0.8, h_os: 0.3} #!"), "graph", "add up to 1.1", "to at most"),
    ("too much passed on", (EDGES, "  transitions: {h_pfs: {h_os: 0.7, h_new: 0.7}, h_os: {h_pfs: 1}} #!!"), "graph",
     "what `h_pfs` passes on adds up to 1.4", "at most 1"),
    ("a loop", (EDGES, "  transitions: {h_pfs: {h_os: 0.5, h_pfs: 0.5}} #!"), "graph", "points to itself", "remove"),
    ("an unknown weight", (WEIGHTS, "  weights: {h_pfs: 1, h_os: 0, h_oss: 0} #!"), "dangling",
     "`h_oss` is not declared as a hypothesis", "did you mean `h_os`?"),
    ("an unknown edge", (EDGES, "  transitions: {h_pfs: {h_pfss: 1}} #!"), "dangling", "`h_pfss` is not", "h_"),
    ("an unknown start", (EDGES, "  transitions: {h_o: {h_os: 1}} #!"), "dangling", "`h_o` is not", "h_os"),
    ("left out", ("  h_os: {analysis: os_main}", "  h_os: {analysis: os_main}\n  h_orr: {analysis: response} #!"),
     "graph", "`h_orr` is not in the graph", "add `h_orr: 0`"),
    ("an alpha beside", ("  h_pfs: {analysis: main}", "  h_pfs: {analysis: main, alpha_one_sided: 0.01} #!"), "graph",
     "has `alpha_one_sided` of its own", "remove `alpha_one_sided`"),
    ("an order beside", ("  h_os: {analysis: os_main}", "  h_os: {analysis: os_main, after: [h_pfs]} #!"), "graph",
     "has `after` of its own", "remove `after`"),
    ("a share above 1", (WEIGHTS, "  weights: {h_pfs: 5, h_os: 0} #!"), "range", "must be at most 1", "fractions"),
    ("nothing shared", (WEIGHTS, "  weights: {} #!"), "too_short", "", ""),
    ("an unknown key", (EDGES, EDGES + "\n  lookback: true #!"), "unknown_key", "`lookback`", "mean `look_back`?"),
    ("a margin that is no harm", ("  h_pfs: {analysis: main}", "  h_pfs: {analysis: main, margin: 0.8} #!"), "margin",
     "a hazard ratio above 1", "1.3"),
    ("a margin in percent", ("  h_os: {analysis: os_main}", "  h_os: {analysis: response, margin: 10} #!"), "margin",
     "a difference below 1", "0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "code", "phrase", "cure"), CASES, ids=[case[0] for case in CASES])
def test_one_problem_on_its_line(name, edit, code, phrase, cure, graph):
    old, new = edit
    assert graph.count(old) == 1, name
    text = graph.replace(old, new)
    lines = [number for number, line in enumerate(text.splitlines(), 1) for _ in range(line.partition("#!")[1] != "")]
    with pytest.raises(ProtocolError) as caught:
        loads_protocol(text)
    if name == "too much passed on":  # the edge to a hypothesis that is not there is a problem of its own
        (dangling,) = [problem for problem in caught.value.problems if problem.code == "protocol.dangling"]
        assert "h_new" in dangling.message
        caught.value.problems = tuple(problem for problem in caught.value.problems if problem is not dangling)
    (problem,) = caught.value.problems
    assert problem.code == f"protocol.{code}", problem
    assert [problem.where.line] == lines
    assert phrase in problem.message
    assert cure in problem.cure


def test_a_good_graph_has_no_problem_and_a_hash(graph):
    protocol = loads_protocol(graph)
    assert protocol.multiplicity is not None
    assert (protocol.multiplicity.alpha, protocol.multiplicity.sides) == (0.025, 1)
    assert "total_alpha" not in str(protocol_warnings(protocol))
    other = loads_protocol(graph.replace("h_pfs: 1, h_os: 0", "h_pfs: 0.9, h_os: 0.1"))
    before, after = section_hashes(protocol), section_hashes(other)
    assert {name for name in before if before[name] != after[name]} == {"multiplicity"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("h_pfs: 1, h_os: 0}", "h_pfs: 0.5, h_os: 0}", "graph_unused"),
        (EDGES, "  transitions: {h_os: {h_pfs: 1}}", "graph_unreached"),
        ("alpha_one_sided: 0.025", "alpha_one_sided: 0.05", "total_alpha"),
    ],
)
def test_what_is_probably_not_meant(graph, old, new, code):
    before = {problem.code for problem in protocol_warnings(loads_protocol(graph))}
    after = protocol_warnings(loads_protocol(graph.replace(old, new)))
    (problem,) = [problem for problem in after if problem.code not in before]
    assert problem.code == f"protocol.{code}"
    assert problem.cure


def test_thirds_are_a_whole(graph):
    text = graph.replace("  h_os: {analysis: os_main}", "  h_os: {analysis: os_main}\n  h_orr: {analysis: response}")
    third = "{h_pfs: 0.3333333333, h_os: 0.3333333333, h_orr: 0.3333333334}"
    assert loads_protocol(text.replace("{h_pfs: 1, h_os: 0}", third)).multiplicity is not None


def test_the_schema_knows_the_section():
    schema = json_schema()
    assert "multiplicity" in schema["properties"]
    assert set(schema["$defs"]["Multiplicity"]["properties"]) == {
        "alpha_one_sided", "alpha_two_sided", "weights", "transitions", "look_back",
    }  # fmt: skip
    assert all("description" in entry for entry in schema["$defs"]["Multiplicity"]["properties"].values())


def test_superiority_may_follow_non_inferiority_of_the_same_analysis(edited):
    ni = "  h_ni: {analysis: main, alpha_two_sided: 0.05, margin: 1.2}\n  h_pfs: {analysis: main, after: [h_ni]}"
    protocol = loads_protocol(edited((H_PFS, ni)))
    assert protocol.hypotheses["h_ni"].margin == 1.2
