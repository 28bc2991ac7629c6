"""The JSON Schema: it accepts what loads, describes every key, and refuses nothing that loads."""

from __future__ import annotations

import copy
import datetime
import json
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import ProtocolError
from equipoise.protocol import Protocol, loads_protocol
from equipoise.protocol.descriptions import DESCRIPTIONS
from equipoise.protocol.schema import json_schema
from equipoise.protocol.template import TEMPLATE
from equipoise.source import parse_source

jsonschema = pytest.importorskip("jsonschema")
HERE = Path(__file__).parent
BAD = runpy.run_path(str(HERE / "test_bad_protocols.py"))["BAD"]
GOOD: str = runpy.run_path(str(HERE / "conftest.py"))["GOOD"]


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(validator: Any, text: str) -> list[str]:
    return [error.json_path for error in validator.iter_errors(as_json(parse_source(text).value))]


def test_what_loads_is_accepted(validator: Any, examples: Path) -> None:
    texts = [path.read_text() for path in examples.glob("*/trial.yaml")]
    for text in [*texts, GOOD, TEMPLATE, (HERE / "design_page.yaml").read_text()]:
        assert complaints(validator, text) == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("fase", "fase", "$.trial"),
        ("role: control", "role: controll", "$.arms.old.role"),
        ("role: control", "role: control, ratio: 0", "$.arms.old.ratio"),
        ("role: control", "role: control, ratio: 1:1", "$.arms.old.ratio"),
        ("  old: {", "  old arm: {", "$.arms"),
        ("data_unit: days", "data_unit: day", "$.time.data_unit"),
        ("alpha_two_sided: 0.05", "alpha_two_sided: 5", "$.hypotheses.h_pfs.alpha_two_sided"),
        ("  harm: {", "  harm: {kind: adverse_events, ", "$.analysis.harm"),
        ("like: main, endpoint: os", "like: main, subgroup: stage", "$.analysis.os_main"),
        ("strata: [stage]}\n    survival", "strata: stage}\n    survival", "$.analysis.main"),
        ("procedure: {kind: permuted_blocks}", "procedure: {kind: permuted_blocks, sizes: [4]}",
        "$.randomization"),
    ],
)  # fmt: skip
def test_mistakes_that_an_editor_shows(validator: Any, old: str, new: str, path: str) -> None:
    text = GOOD.replace("title: A demonstration", "fase: A demonstration") if old == "fase" else GOOD.replace(old, new)
    assert text != GOOD
    assert any(place.startswith(path) for place in complaints(validator, text))
    with pytest.raises(ProtocolError):
        loads_protocol(text)


@pytest.mark.parametrize("bad", BAD, ids=[bad.id for bad in BAD])
def test_what_the_schema_refuses_the_loader_refuses(bad: Any, validator: Any, edited: Callable[..., str]) -> None:
    """The loader refuses all of these; most schema mistakes (not references) are seen by an editor too."""
    seen = complaints(validator, edited(*bad.edits))
    structural = {"protocol.unknown_key", "protocol.choice", "protocol.wrong_type", "protocol.name"}
    blind = {"quoted date", "number as name", "time of day for date"}  # JSON knows neither dates nor other keys
    blind |= {"key of another kind of analysis"}  # which kind it is only the loader knows
    if bad.code in structural and bad.id not in blind:
        assert seen


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


CONTENT = as_json(parse_source(GOOD).value)
PLACES = sorted(places(CONTENT), key=str)
JUNK: list[Any] = [None, 0, -1, 1.5, 95, "", "x", "none", "stage", "1", True, [], ["x"], {}, {"x": 1}, {"kind": "cox"}]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(["remove", "add", *range(len(JUNK))]))
def test_no_change_is_refused_by_the_schema_alone(place: tuple[Any, ...], change: str | int) -> None:
    content = copy.deepcopy(CONTENT)
    target = content
    for key in place[:-1]:
        target = target[key]
    if change == "remove":
        del target[place[-1]]
    elif change == "add" and isinstance(target, dict):
        target["zz"] = target[place[-1]]
    elif isinstance(change, int):
        target[place[-1]] = JUNK[change]
    try:
        loads_protocol(json.dumps(content))
    except ProtocolError as error:
        problems = error.problems
    else:
        assert list(VALIDATOR.iter_errors(content)) == []
        return
    assert all(problem.cure and problem.where.line for problem in problems)


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_every_key_is_described_and_no_description_is_stale() -> None:
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    for name, content in {"Protocol": schema, **schema["$defs"]}.items():
        for key, field in content["properties"].items():
            assert field.get("description"), (name, key)
    known = {"Protocol": Protocol.model_json_schema(by_alias=True)["properties"]}
    known |= {name: part["properties"] for name, part in Protocol.model_json_schema(by_alias=True)["$defs"].items()}
    for name, words in DESCRIPTIONS.items():
        assert set(words) <= set(known[name]), name


def test_kind_and_like_are_as_in_the_file() -> None:
    definitions = json_schema()["$defs"]
    assert "kind" not in definitions["TimeToEventAnalysis"]["properties"]
    assert "like" in definitions["TimeToEventAnalysisPartial"]["properties"]
    assert "kind" in definitions["TimeToEventEndpoint"]["required"]
    assert "extends" in definitions["ScenarioPartial"]["properties"]
