"""From trial.yaml to a `Protocol`: read, resolve, validate, cross-check; every problem at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.order import in_order
from equipoise.protocol.protocol import Protocol
from equipoise.protocol.resolve import Resolved, resolve
from equipoise.protocol.translate import translate
from equipoise.source import Source, YamlPath, parse_source, read_source

__all__ = ["load_protocol", "loads_protocol", "protocol_file", "protocol_from_canonical"]


def load_protocol(path: Path | str) -> Protocol:
    """Read a trial's declaration.

    Args:
        path: The protocol file, or the folder with trial.yaml in it.

    Returns:
        The declared trial, `like:` and `extends:` resolved.

    Raises:
        ProtocolError: With every problem found, in the order of lines; each has its file, line, value and cure.
    """
    file = protocol_file(Path(path))
    return _build(read_source(path if file == Path(path) else file))


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


def protocol_file(path: Path) -> Path:
    """The protocol file that a path means: itself, or trial.yaml in the folder.

    Args:
        path: A file or a folder.

    Returns:
        Path of the file, whether or not it exists.
    """
    return path / "trial.yaml" if path.is_dir() else path


def _build(source: Source) -> Protocol:
    from equipoise.protocol.checks import check
    from equipoise.protocol.checks.draft import draft_of, partial_draft

    resolved = resolve(source)
    problems = [*source.problems, *resolved.problems]
    try:
        protocol = Protocol.model_validate(resolved.root.value)
    except ValidationError as reason:
        found = _relevant(translate(reason.errors(include_url=False), resolved.root, source.file), resolved)
        bad = [*(path for path, _ in found), *resolved.unknown_kind, *resolved.broken]
        draft = partial_draft(resolved.root, source.file, bad)
        raise ProtocolError(in_order([*problems, *(problem for _, problem in found), *check(draft)])) from None
    if resolved.broken:
        problems += check(partial_draft(resolved.root, source.file, resolved.broken))
    else:
        problems += check(draft_of(protocol, root=resolved.root, file=source.file))
    if problems:
        raise ProtocolError(in_order(problems))
    return protocol


def _relevant(found: Iterable[tuple[YamlPath, Problem]], resolved: Resolved) -> list[tuple[YamlPath, Problem]]:
    """Without what an entry lacks only because what it copies, or what tells its kind, is not there."""
    out: list[tuple[YamlPath, Problem]] = []
    for path, problem in found:
        entry = tuple(path[:2])
        if problem.code == "protocol.missing_key" and entry in resolved.broken:
            continue
        if entry in resolved.unknown_kind and path[2:] != ("endpoint",):
            continue
        out.append((path, problem))
    return out
