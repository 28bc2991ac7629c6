"""What trial.yaml and the annex may declare; each refusal with its line and cure."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import load_protocol, protocol_from_canonical
from equipoise.protocol.annex import load_annex
from equipoise.protocol.canonical import canonical_json, protocol_document, section_hashes
from equipoise.protocol.randomization_text import method_sentence, procedure_text
from equipoise.randomization import rules
from equipoise.randomization.scheme import scheme_of

THREE = (("role: control}", "role: control}\n  mid: {label: Middle, role: experimental}"),)
FOUR = (("role: control}", "role: control}\n  b: {label: B, role: experimental}\n  c: {label: C, role: experimental}"),)
TWO_ONE = (("role: experimental}", "role: experimental, ratio: 2}"),)


def declare(procedure, more=""):
    return f"randomization: {{procedure: {{{procedure}}}{more}}}"


GOOD = [
    ("kind: complete", "complete randomization"),
    ("kind: big_stick", "the big stick design with a tolerated imbalance of 3"),
    ("kind: biased_coin", "Efron's biased coin with probability 2/3"),
    ("kind: biased_coin, probability: 0.7", "Efron's biased coin with probability 7/10"),
    ("kind: chen, mti: 4", "Chen's biased coin with probability 2/3 and a tolerated imbalance of 4"),
    ("kind: wei_urn", "Wei's urn (0, 1)"),
    ("kind: block_urn, sets: 1", "a block urn of 1 balanced set"),
    ("kind: brick_tunnel", "the brick tunnel design"),
]


@pytest.mark.parametrize(("procedure", "words"), GOOD)
def test_procedures_and_their_sentence(trial, procedure, words):
    protocol = load_protocol(trial(declare(procedure)))
    assert method_sentence(protocol) == f"Patients were randomized 1:1 to New treatment and Old treatment by {words}."
    rule = scheme_of(protocol).rule
    assert rule.kind == protocol.randomization.procedure.kind
    assert rule.ratio == (1, 1)
    again = protocol_from_canonical(protocol_document(protocol))
    assert again == protocol


def test_minimization_says_what_it_balances(trial):
    section = declare("kind: minimization, measure: sd, weights: {site: 2}", ", strata: [stage, sex], sites: true")
    protocol = load_protocol(trial(section, edits=TWO_ONE))
    assert method_sentence(protocol) == (
        "Patients were randomized 2:1 to New treatment and Old treatment by minimization (standard deviation, "
        "weighted, probability 0.8), balancing Stage, Sex and site."
    )
    scheme = scheme_of(protocol, sites=("1", "2", "3"))
    assert scheme.factors == {"sex": ("F", "M"), "stage": ("III", "IV"), "site": ("1", "2", "3")}
    assert scheme.strata == 1
    assert len(scheme.start()) == 1 + 2 + 2 + 3 + 1
    assert scheme.cell((1, 0, 2)) == (2, 3, 7)
    assert scheme.rule.plan[-3:] == (1, 1, 2)  # weights in the order of the factors


def test_block_sizes_are_in_no_text_and_no_hash(trial):
    path = trial(annex="block_sizes: [14, 26]\n")
    protocol = load_protocol(path)
    annex = load_annex(path.parent / "private" / "annex.yaml", protocol)
    assert annex.block_sizes == (14, 26)
    everywhere = canonical_json(protocol_document(protocol)) + method_sentence(protocol) + procedure_text(protocol)
    assert "block_sizes" not in everywhere
    assert "26" not in method_sentence(protocol) + procedure_text(protocol)
    assert method_sentence(protocol).endswith("by permuted blocks, stratified by Stage.")


def test_the_reason_decides_no_allocation(trial):
    first = declare("kind: minimization, probability: 1, reason: A phase 1 trial", ", strata: [stage]")
    second = first.replace("A phase 1 trial", "Another reason")
    hashes = [section_hashes(load_protocol(trial(section)))["randomization"] for section in (first, second)]
    assert hashes[0] == hashes[1]
    third = first.replace("probability: 1", "probability: 0.9")
    assert section_hashes(load_protocol(trial(third)))["randomization"] != hashes[0]
    sites = first.replace("strata: [stage]", "strata: [stage], sites: true")
    assert section_hashes(load_protocol(trial(sites)))["randomization"] != hashes[0]


BAD = [
    (declare("kind: big_stick"), TWO_ONE, "`big_stick` is for two arms 1:1; the arms are 2:1", "brick_tunnel"),
    (declare("kind: wei_urn"), THREE, "`wei_urn` is for two arms 1:1; the arms are 1:1:1", "block_urn"),
    (declare("kind: biased_coin"), THREE, "`biased_coin` is for two arms 1:1", "permuted_blocks"),
    (declare("kind: chen"), TWO_ONE, "`chen` is for two arms 1:1", "minimization"),
    (declare("kind: brick_tunnel"), FOUR, "two or three arms; there are 4", "block_urn"),
    (declare("kind: biased_coin, probability: 1"), (), "must be favoured, and not decided", "between 0.5 and 1"),
    (declare("kind: chen, probability: 0.5"), (), "must be favoured, and not decided", "between 0.5 and 1"),
    (declare('kind: biased_coin, probability: "3/0"'), (), "this is no probability", '"2/3"'),
    (declare("kind: biased_coin, probability: 0.6666667"), (), "at most five decimals", '"2/3"'),
    (declare('kind: biased_coin, probability: "5/3"'), (), "this is no probability", '"2/3"'),
    (declare("kind: minimization, probability: 1", ", strata: [stage]"), (), "can be foreseen", "reason"),
    (declare("kind: minimization, probability: 0.5", ", strata: [stage]"), (), "would not be favoured", "above 1/2"),
    (declare('kind: minimization, probability: "1/3"', ", strata: [stage]"), TWO_ONE, "favoured", "above 1/3"),
    (declare("kind: minimization, weights: {sex: 2}", ", strata: [stage]"), (), "is not balanced", "weigh stage"),
    (declare("kind: minimization, weights: {site: 2}", ", strata: [stage]"), (), "is not balanced", "weigh stage"),
    (declare("kind: minimization"), (), "none is named", "strata"),
    (declare("kind: complete", ", sites: true"), (), "does not use sites", "remove `sites`"),
    (declare("kind: big_stick, mti: 0"), (), "must be at least 1", "at least 1"),
    (declare("kind: block_urn, sets: 0"), (), "must be at least 1", "at least 1"),
    (declare("kind: permuted_blocks, block_sizes: [4]"), (), "`block_sizes` is not a key", "live in the annex"),
    (declare("kind: urn"), (), "`kind` must be", "wei_urn"),
    (declare("kind: minimization, measure: entropy", ", strata: [stage]"), (), "must be", "range"),
]


@pytest.mark.parametrize(("section", "edits", "message", "cure"), BAD)
def test_bad_declarations(trial, section, edits, message, cure):
    path = trial(section, edits=edits)
    with pytest.raises(ProtocolError) as refused:
        load_protocol(path)
    (problem,) = (found for found in refused.value.problems if "randomization" in found.where.path)
    assert message in problem.message
    assert cure in problem.cure
    assert problem.where.line == path.read_text().splitlines().index(section) + 1


def test_a_rule_refuses_what_a_declaration_refuses():
    for wrong in (Fraction(0), Fraction(3, 2), Fraction(1, 10**6)):
        with pytest.raises(ValueError, match="no probability"):
            rules.biased_coin(wrong)
        with pytest.raises(ValueError, match="no probability"):
            rules.minimization((1, 1), [2], probability=wrong)
    with pytest.raises(ValueError, match="multiples of 3"):
        rules.permuted_blocks((2, 1), [4])
    with pytest.raises(ValueError, match="two or three arms"):
        rules.brick_tunnel((1, 1, 1, 1))


def test_the_design_in_a_dossier_says_how_and_not_with_which_blocks(trial):
    from equipoise.reporting.sections.methods import _design

    protocol = load_protocol(trial(annex="block_sizes: [14, 26]\n"))
    text = str(_design(SimpleNamespace(protocol=protocol, population=lambda name: name)))
    assert "by permuted blocks, stratified by Stage." in text
    assert "26" not in text


def test_a_factor_called_site_and_sites(trial):
    edits = (("sex: {label: Sex", "site: {label: Site"),)
    with pytest.raises(ProtocolError, match="`site` is a factor here"):
        load_protocol(trial(declare("kind: permuted_blocks", ", strata: [site], sites: true"), edits=edits))


ANNEX = [
    ("block_sizes: [4, 7]\n", "multiple of 2", 1),
    ("block_sizes: [0]\n", "whole numbers from 2", 1),
    ("block_sizes: 4\n", "in a list", 1),
    ("block_sizes: []\n", "in a list", 1),
    ('key: k\nblock_sizes: ["4"]\n', "whole numbers", 2),
    ("block_sizes: [4]\nsizes: [6]\n", "`sizes` is not a key of an annex", 2),
    ("key: 7\nblock_sizes: [4]\n", "must be text", 1),
    ("key: k\n", "no sizes are given", None),
]


@pytest.mark.parametrize(("annex", "message", "line"), ANNEX)
def test_bad_annexes(trial, annex, message, line):
    path = trial(annex=annex)
    with pytest.raises(ProtocolError) as refused:
        load_annex(path.parent / "private" / "annex.yaml", load_protocol(path))
    (problem,) = refused.value.problems
    assert problem.code == "protocol.annex"
    assert message in problem.message
    assert problem.where.line == line
    assert "7" not in problem.value


def test_an_annex_with_blocks_for_a_procedure_without(trial):
    path = trial(declare("kind: big_stick"))
    with pytest.raises(ProtocolError, match="block sizes are given, but the procedure is big_stick"):
        load_annex(path.parent / "private" / "annex.yaml", load_protocol(path))
