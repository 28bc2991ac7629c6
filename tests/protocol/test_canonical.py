"""Hashes: what moves which; and the canonical form says everything that was declared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import load_protocol, loads_protocol, protocol_from_canonical
from equipoise.protocol.canonical import (
    canonical,
    canonical_json,
    protocol_document,
    protocol_hash,
    section_hashes,
)

MOVES = [
    ("a label of an arm", ("label: New treatment", "label: Better treatment"), {"arms"}),
    ("a label of a stratum", ("label: Stage,", "label: Stage of disease,"), {"factors"}),
    ("a column of a stratum", ("column: STAGE", "column: STG"), {"factors"}),
    ("the title", ("title: A demonstration", "title: Another one"), {"trial"}),
    ("the unit of display", ("time: {unit: months", "time: {unit: years"), {"time"}),
    ("a note", ('phase: "3"}', 'phase: "3", notes: Something}'), {"trial"}),
    ("text of a criterion", ("text: Adults", "text: Grown-ups"), {"eligibility"}),
    ("a condition", ("AGE >= 18", "AGE >= 21"), {"eligibility"}),
    ("a level of another factor", ("levels: {Female: F, Male: M}", "levels: {Woman: F, Male: M}"), {"factors"}),
    ("a landmark", ("times: [12, 24]", "times: [12, 36]"), {"analysis"}),
    ("an alpha", ("alpha_two_sided: 0.05", "alpha_two_sided: 0.04"), {"hypotheses"}),
    ("a scenario", ("{hazard: 0.005}", "{hazard: 0.006}"), {"scenarios"}),
    ("a look", ("{events: 140}", "{events: 141}"), {"design"}),
    ("the place of the annex", ("private/annex.yaml", "elsewhere/annex.yaml"), set()),
    ("the ratio", ("role: experimental}", "role: experimental, ratio: 2}"), {"arms", "randomization"}),
    ("a level of a stratum", ("levels: [III, IV]", "levels: [III, IVa, IVb]"), {"factors", "randomization"}),
    ("the procedure", ("kind: permuted_blocks", "kind: big_stick"), {"randomization"}),
    ("the strata", ("strata: [stage], annex", "strata: [stage, sex], annex"), {"randomization"}),
]


@pytest.mark.parametrize(("what", "edit", "moved"), MOVES, ids=[what for what, _, _ in MOVES])
def test_what_moves_which_hash(
    what: str, edit: tuple[str, str], moved: set[str], good: str, edited: Callable[..., str]
) -> None:
    before, after = loads_protocol(good), loads_protocol(edited(edit))
    old, new = section_hashes(before), section_hashes(after)
    assert list(old) == list(new)
    assert {section for section in old if old[section] != new[section]} == moved
    assert protocol_hash(before) != protocol_hash(after)


def test_a_renamed_arm_moves_the_randomization(good: str) -> None:
    renamed = good.replace("  new:", "  newest:").replace("new: {", "newest: {").replace("newestest", "newest")
    old, new = section_hashes(loads_protocol(good)), section_hashes(loads_protocol(renamed))
    assert {section for section in old if old[section] != new[section]} == {"arms", "randomization", "scenarios"}


@pytest.mark.parametrize(
    "edit",
    [
        ("arms:\n", "arms: # a comment\n"),
        ('phase: "3"}', "phase: '3'}"),
        ("time: {unit: months, data_unit: days}", "time: {data_unit: days, unit: months}"),
        ("data: {format: adam}\n", ""),
        ("data: {format: adam}\n", "data: {format: adam, missing_strings: ['']}\nbaseline: {}\n"),
        ("role: control}", "role: control, ratio: 1}"),
        ("survival: {times: [12, 24]}", "survival: {times: [12.0, 24], interval: log_log}\n    rmst: {}"),
        ("  safety: {arm: actual}\n", ""),
    ],
    ids=["comment", "quotes", "order", "default left out", "default written", "ratio", "number", "moved"],
)
def test_what_moves_no_hash(edit: tuple[str, str], good: str, edited: Callable[..., str]) -> None:
    text = edited(edit)
    if "safety: {arm: actual}" not in text:  # the same entry at another place
        text = text.replace("populations:\n", "populations:\n  safety: {arm: actual}\n")
    before, after = loads_protocol(good), loads_protocol(text)
    assert section_hashes(before) == section_hashes(after)
    assert protocol_hash(before) == protocol_hash(after)


def test_writing_a_copy_out_moves_no_hash(good: str, edited: Callable[..., str]) -> None:
    out = """  os_main:
    endpoint: os
    population: itt
    test: {kind: log_rank, strata: [stage]}
    estimate: {kind: cox, strata: [stage]}
    survival: {times: [12, 24]}
    subgroups: [stage, sex]"""
    text = edited(("  os_main: {like: main, endpoint: os}", out))
    assert protocol_hash(loads_protocol(good)) == protocol_hash(loads_protocol(text))


@pytest.mark.parametrize("name", ["colon", "patina"])
def test_canonical_round_trip(name: str, examples: Path) -> None:
    trial = load_protocol(examples / name / "trial.yaml")
    document = protocol_document(trial)
    assert set(document) == {"hash", "sections", "protocol"}
    for content in (document, document["protocol"], json.loads(json.dumps(document))):
        again = protocol_from_canonical(content)
        assert again == trial
        assert [list(getattr(again, part)) for part in ("arms", "factors", "endpoints", "analysis")] == [
            list(getattr(trial, part)) for part in ("arms", "factors", "endpoints", "analysis")
        ]
        assert protocol_document(again) == document
    assert len(document["hash"]) == 64
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'


@pytest.mark.parametrize("name", ["colon", "patina"])
def test_the_canonical_form_is_a_protocol_file_with_every_default_written(name: str, examples: Path) -> None:
    trial = load_protocol(examples / name / "trial.yaml")
    content = canonical(trial)
    for analysis in content["analysis"].values():
        del analysis["kind"]  # it follows from the endpoint
    again = loads_protocol(json.dumps(content))  # JSON is YAML
    assert again == trial
    assert protocol_hash(again) == protocol_hash(trial)


@pytest.mark.parametrize("content", [{}, {"equipoise": 1}, {"hash": "x", "protocol": {"arms": 1}}, {"a": object()}])
def test_what_is_no_canonical_form(content: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="not the canonical form"):
        protocol_from_canonical(content)
