"""The declared trial: trial.yaml as a frozen value.

`load_protocol` reads the file; everything else takes the `Protocol` it returns.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.protocol.canonical import protocol_document, protocol_hash, section_hashes
    from equipoise.protocol.checks import protocol_warnings
    from equipoise.protocol.loading import load_protocol, loads_protocol, protocol_from_canonical
    from equipoise.protocol.protocol import Protocol
    from equipoise.protocol.schema import json_schema

__all__ = [
    "Protocol",
    "json_schema",
    "load_protocol",
    "loads_protocol",
    "protocol_document",
    "protocol_from_canonical",
    "protocol_hash",
    "protocol_warnings",
    "section_hashes",
]

_HOME = {
    "Protocol": "protocol",
    "json_schema": "schema",
    "load_protocol": "loading",
    "loads_protocol": "loading",
    "protocol_document": "canonical",
    "protocol_from_canonical": "loading",
    "protocol_hash": "canonical",
    "protocol_warnings": "checks",
    "section_hashes": "canonical",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
