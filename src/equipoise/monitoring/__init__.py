"""Monitoring: what an interim look says, and when the next one will come.

Names are imported on first use (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.kernels.survival_posterior import RatePrior
    from equipoise.monitoring.observed import Observed
    from equipoise.monitoring.prediction import EventPrediction, PredictedCount, PredictedDate, predict_events

# One line a name: the module where it lives.
_HOME = {
    "EventPrediction": "equipoise.monitoring.prediction",
    "Observed": "equipoise.monitoring.observed",
    "PredictedCount": "equipoise.monitoring.prediction",
    "PredictedDate": "equipoise.monitoring.prediction",
    "RatePrior": "equipoise.kernels.survival_posterior",
    "predict_events": "equipoise.monitoring.prediction",
}

__all__ = ["EventPrediction", "Observed", "PredictedCount", "PredictedDate", "RatePrior", "predict_events"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
