"""The declared trial: trial.yaml as a frozen value.

`load_protocol` reads the file; everything else takes the `Protocol` it returns.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.protocol.loading import load_protocol, loads_protocol, protocol_from_canonical
    from equipoise.protocol.protocol import Protocol

__all__ = ["Protocol", "load_protocol", "loads_protocol", "protocol_from_canonical"]

_HOME = {
    "Protocol": "protocol",
    "load_protocol": "loading",
    "loads_protocol": "loading",
    "protocol_from_canonical": "loading",
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
