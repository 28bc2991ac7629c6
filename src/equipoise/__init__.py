"""A randomized trial as code: declare it once, then analyze, report and check it.

    from equipoise import Trial

    trial = Trial.load("trial.yaml")
    results = trial.analyze("data", out="out")   # one statistic per row
    trial.report("out")                          # out/dossier.html
    results.to_polars()

Names are imported on first use (PEP 562), so `import equipoise` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.errors import (
        BundleError,
        DataError,
        EquipoiseError,
        KernelInputError,
        PlanError,
        Problem,
        ProtocolError,
        SimulationError,
        UsageError,
        Where,
    )
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Curve, Key, Results, Statistic
    from equipoise.results.bundle import Bundle, read_bundle
    from equipoise.trial import Trial

__version__ = "0.1.0"

_HOME = {
    "BundleError": "equipoise.errors",
    "DataError": "equipoise.errors",
    "EquipoiseError": "equipoise.errors",
    "KernelInputError": "equipoise.errors",
    "PlanError": "equipoise.errors",
    "Problem": "equipoise.errors",
    "ProtocolError": "equipoise.errors",
    "SimulationError": "equipoise.errors",
    "UsageError": "equipoise.errors",
    "Where": "equipoise.errors",
    "Protocol": "equipoise.protocol.protocol",
    "Curve": "equipoise.results",
    "Key": "equipoise.results",
    "Results": "equipoise.results",
    "Statistic": "equipoise.results",
    "Bundle": "equipoise.results.bundle",
    "read_bundle": "equipoise.results.bundle",
    "Trial": "equipoise.trial",
}

__all__ = [
    "Bundle",
    "BundleError",
    "Curve",
    "DataError",
    "EquipoiseError",
    "KernelInputError",
    "Key",
    "PlanError",
    "Problem",
    "Protocol",
    "ProtocolError",
    "Results",
    "SimulationError",
    "Statistic",
    "Trial",
    "UsageError",
    "Where",
    "__version__",
    "read_bundle",
]


def __getattr__(name: str) -> Any:
    if name == "plot":
        return import_module("equipoise.plot")
    if name not in _HOME:
        message = f"module 'equipoise' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
