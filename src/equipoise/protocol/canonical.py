"""The canonical form of a protocol, and the hashes that tell whether two are the same.

A hash is SHA-256 over JSON with sorted keys and every default written out: comments, the order of keys, quotes, and
whether a default is written or left out change nothing. Each section has its own, so that one can tell what changed.

The hash of `randomization` is what an allocation list belongs to. It covers what decides an allocation and nothing
else: names, roles and ratios of the arms, names and levels of the strata factors, sites, and the procedure. Labels,
titles, notes, columns, the place of the annex and the order in which any of this is written are left out; a
randomization therefore takes arms, factors and levels in the order of their names.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from equipoise.protocol.protocol import Protocol

__all__ = ["canonical", "canonical_json", "protocol_document", "protocol_hash", "section_hashes"]


def canonical(protocol: Protocol) -> dict[str, Any]:
    """The protocol as plain JSON values, defaults written out, entries in declared order.

    Args:
        protocol: The declared trial.

    Returns:
        Section → content; `protocol_from_canonical` rebuilds the protocol.
    """
    return protocol.model_dump(mode="json", by_alias=True)


def canonical_json(content: Any) -> str:
    """Canonical text of JSON values: keys sorted, no spaces, UTF-8 characters as they are.

    Args:
        content: Plain JSON values.

    Returns:
        The text that hashes are computed from.
    """
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def section_hashes(protocol: Protocol) -> dict[str, str]:
    """One hash a section.

    Args:
        protocol: The declared trial.

    Returns:
        Section → SHA-256 in hexadecimal, in the order of the file.
    """
    content = canonical(protocol)
    content["randomization"] = _allocation(protocol)
    return {section: _sha256(part) for section, part in content.items()}


def protocol_hash(protocol: Protocol) -> str:
    """The hash of everything that is declared.

    Args:
        protocol: The declared trial.

    Returns:
        SHA-256 in hexadecimal.
    """
    return _sha256(canonical(protocol))


def protocol_document(protocol: Protocol) -> dict[str, Any]:
    """Content of protocol.json.

    Args:
        protocol: The declared trial.

    Returns:
        `hash`, `sections` and `protocol`.
    """
    return {
        "hash": protocol_hash(protocol),
        "sections": section_hashes(protocol),
        "protocol": canonical(protocol),
    }


def _allocation(protocol: Protocol) -> dict[str, Any]:
    """What decides an allocation."""
    declared = protocol.randomization
    factors = {name: protocol.factors[name] for name in (declared.strata if declared is not None else ())}
    return {
        "arms": {name: {"role": arm.role, "ratio": arm.ratio} for name, arm in protocol.arms.items()},
        "procedure": declared.procedure.model_dump(mode="json", exclude={"reason"}) if declared is not None else None,
        "strata": {name: sorted(factor.level_values) for name, factor in factors.items()},
        "sites": declared is not None and declared.sites,
    }


def _sha256(content: Any) -> str:
    return hashlib.sha256(canonical_json(content).encode("utf-8")).hexdigest()
