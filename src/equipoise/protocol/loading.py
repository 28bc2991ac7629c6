"""From trial.yaml to a `Protocol`: read, resolve, validate, cross-check; every problem at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.protocol import Protocol
from equipoise.protocol.resolve import Resolved, resolve
from equipoise.protocol.translate import translate
from equipoise.source import Source, YamlPath, parse_source, read_source

__all__ = ["load_protocol", "loads_protocol", "protocol_from_canonical"]


def load_protocol(path: Path | str) -> Protocol:
    """Read a trial's declaration.

    Args:
        path: The protocol file, trial.yaml.

    Returns:
        The declared trial, `like:` and `extends:` resolved.

    Raises:
        ProtocolError: With every problem found, in the order of lines; each has its file, line, value and cure.
    """
    return _build(read_source(path))


def loads_protocol(text: str, *, file: str = "trial.yaml") -> Protocol:
    """Read a trial's declaration from text.

    Args:
        text: Content of a protocol file.
        file: Name shown in problems.

    Returns:
        The declared trial.

    Raises:
        ProtocolError: As `load_protocol`.
    """
    return _build(parse_source(text, file=file))


def protocol_from_canonical(document: Mapping[str, Any]) -> Protocol:
    """Rebuild a protocol from its canonical form, as a bundle keeps it.

    Args:
        document: The canonical form, or the content of protocol.json that holds it under `protocol`.

    Returns:
        The declared trial, equal to the one that was written.

    Raises:
        ProtocolError: When the content is not a canonical protocol.
    """
    content = document["protocol"] if "hash" in document and "protocol" in document else document
    try:
        return Protocol.model_validate_json(json.dumps(content))
    except (ValidationError, TypeError) as reason:
        count = reason.error_count() if isinstance(reason, ValidationError) else 1
        raise ProtocolError(
            Problem("protocol.canonical", f"this is not the canonical form of a protocol: {count} entries do not fit",
                    cure="load the protocol file again and write a new bundle")
        ) from None  # fmt: skip


def _build(source: Source) -> Protocol:
    resolved = resolve(source)
    found: list[tuple[YamlPath, Problem]] = []
    protocol: Protocol | None = None
    try:
        protocol = Protocol.model_validate(resolved.root.value)
    except ValidationError as reason:
        found = translate(reason.errors(include_url=False), resolved.root, source.file)
    problems = _sorted([*source.problems, *resolved.problems, *_relevant(found, resolved)])
    if problems or protocol is None:
        raise ProtocolError(problems)
    return protocol


def _relevant(found: Iterable[tuple[YamlPath, Problem]], resolved: Resolved) -> list[Problem]:
    """Problems of the models, without what an entry lacks only because what it copies is not there."""
    return [
        problem
        for path, problem in found
        if not (problem.code == "protocol.missing_key" and tuple(path[:2]) in resolved.broken)
    ]


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    """In the order of lines, each once: copied content would repeat its problems."""
    seen: dict[tuple[Any, ...], Problem] = {}
    for problem in sorted(problems, key=lambda item: (item.where.line or 0, item.where.path)):
        seen.setdefault((problem.code, problem.where.file, problem.where.line, problem.value, problem.cure), problem)
    return list(seen.values())
