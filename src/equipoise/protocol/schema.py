"""JSON Schema of trial.yaml as it is written: with `like:` and `extends:`, and without the kind of an analysis.

It is made from the models, so that an editor knows every key, its description and its choices. What only the loader can
see (references, circles, contradictions) is not in it: whatever the schema refuses the loader refuses too, and more.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from equipoise.protocol.descriptions import DESCRIPTIONS

__all__ = ["json_schema"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COPYING: Final = {
    "endpoints": (
        "like",
        "Name of another endpoint; what is not written here is copied from it, except label and role.",
    ),
    "analysis": (
        "like",
        "Name of another analysis; what is not written here is copied from it, except label, sensitivity_to and why. A "
        "mapping that names its own `kind` replaces the copied one.",
    ),
    "scenarios": ("extends", "Name of another scenario; what is not written here is copied from it."),
}
_PARTIAL: Final = "Partial"
_NAME: Final = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$", "maxLength": 40}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a protocol file.

    Returns:
        The schema as plain JSON values.
    """
    from pydantic.json_schema import GenerateJsonSchema

    from equipoise.protocol.protocol import Protocol

    class Generator(GenerateJsonSchema):
        ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    raw = Protocol.model_json_schema(by_alias=True, schema_generator=Generator, mode="validation")
    definitions: dict[str, Any] = raw.pop("$defs")
    raw = _describe("Protocol", _tidy(raw, top=True))
    definitions = {name: _describe(name, _tidy(content, top=True)) for name, content in definitions.items()}
    for name in list(definitions):
        definitions[name + _PARTIAL] = _partial(definitions[name])
    for section, (key, words) in _COPYING.items():
        _allow_copying(raw["properties"][section], definitions, section, key, words)
    used = _reachable(raw, definitions)
    return {
        "$schema": _DIALECT,
        "title": "trial.yaml",
        "description": "A randomized trial, declared once for equipoise.",
        **{key: value for key, value in raw.items() if key not in {"title", "description"}},
        "$defs": {name: definitions[name] for name in sorted(used)},
    }


def _tidy(node: Any, *, top: bool = False) -> Any:
    """Without generated titles and `discriminator` (OpenAPI), and with names of entries checked."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            out[key] = {name: _tidy(content) for name, content in value.items()}
        elif key == "discriminator" or (key == "title" and isinstance(value, str)):
            continue
        elif key == "description" and top:
            out[key] = " ".join(value.split())
        elif key == "default" and value is None:
            continue
        else:
            out[key] = _tidy(value)
    if "patternProperties" in out:
        out["additionalProperties"] = False
    return out


def _describe(name: str, content: dict[str, Any]) -> dict[str, Any]:
    words = DESCRIPTIONS.get(name, {})
    for key, field in content.get("properties", {}).items():
        if "description" not in field:
            branches = [item["description"] for item in field.get("anyOf", ()) if "description" in item]
            said = [words[key]] if key in words else branches
            if said:
                field["description"] = said[0]
    return content


def _partial(node: Any) -> Any:
    """The same content with nothing required: what is missing is copied. Items of lists are never merged: they stay."""
    if isinstance(node, list):
        return [_partial(item) for item in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "required":
            continue
        if key == "$ref":
            out[key] = value + _PARTIAL
        elif key in {"items", "const", "enum", "default"}:
            out[key] = copy.deepcopy(value)
        elif key == "oneOf":  # without required keys several branches can fit
            out["anyOf"] = _partial(value)
        elif key in {"properties", "patternProperties"}:
            out[key] = {name: _partial(content) for name, content in value.items()}
        else:
            out[key] = _partial(value)
    return out


def _allow_copying(section: dict[str, Any], definitions: dict[str, Any], name: str, key: str, words: str) -> None:
    """Entries of a section may copy another: then nothing is required of them."""
    (pattern,) = section["patternProperties"]
    entry = section["patternProperties"][pattern]
    branches = [branch["$ref"].rsplit("/", 1)[-1] for branch in entry.get("oneOf", [entry])]
    for branch in branches:
        for form in (branch, branch + _PARTIAL):
            content = definitions[form] = copy.deepcopy(definitions[form])
            if name == "analysis":
                del content["properties"]["kind"]
                content["required"] = [item for item in content.get("required", []) if item != "kind"]
            content["properties"] = {key: {**_NAME, "description": words}, **content["properties"]}
        if name == "endpoints":
            definitions[branch + _PARTIAL]["required"] = ["label"]
    section["patternProperties"][pattern] = {
        "if": {"type": "object", "required": [key]},
        "then": {"anyOf": [{"$ref": f"#/$defs/{branch}{_PARTIAL}"} for branch in branches]},
        "else": {"anyOf": [{"$ref": f"#/$defs/{branch}"} for branch in branches]},
    }


def _reachable(root: Any, definitions: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                name = reference.rsplit("/", 1)[-1]
                if name not in found:
                    found.add(name)
                    waiting.append(definitions[name])
            waiting.extend(value for key, value in node.items() if key != "$ref")
    return found
