"""Monitoring: what an interim look says, and when the next one will come.

Names are imported on first use (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.kernels.survival_posterior import RatePrior
    from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign, next_bound, planned_rest
    from equipoise.monitoring.conditional import (
        ConditionalPower,
        EffectPrior,
        PredictivePower,
        conditional_power,
        predictive_power,
    )
    from equipoise.monitoring.inference import (
        FinalInference,
        RepeatedInterval,
        final_inference,
        repeated_interval,
        repeated_p_value,
    )
    from equipoise.monitoring.observed import Observed
    from equipoise.monitoring.prediction import EventPrediction, PredictedCount, PredictedDate, predict_events

# One line a name: the module where it lives.
_HOME = {
    "HeldLook": "equipoise.monitoring.boundaries",
    "MonitoredDesign": "equipoise.monitoring.boundaries",
    "next_bound": "equipoise.monitoring.boundaries",
    "planned_rest": "equipoise.monitoring.boundaries",
    "ConditionalPower": "equipoise.monitoring.conditional",
    "EffectPrior": "equipoise.monitoring.conditional",
    "PredictivePower": "equipoise.monitoring.conditional",
    "conditional_power": "equipoise.monitoring.conditional",
    "predictive_power": "equipoise.monitoring.conditional",
    "FinalInference": "equipoise.monitoring.inference",
    "RepeatedInterval": "equipoise.monitoring.inference",
    "final_inference": "equipoise.monitoring.inference",
    "repeated_interval": "equipoise.monitoring.inference",
    "repeated_p_value": "equipoise.monitoring.inference",
    "EventPrediction": "equipoise.monitoring.prediction",
    "Observed": "equipoise.monitoring.observed",
    "PredictedCount": "equipoise.monitoring.prediction",
    "PredictedDate": "equipoise.monitoring.prediction",
    "RatePrior": "equipoise.kernels.survival_posterior",
    "predict_events": "equipoise.monitoring.prediction",
}

__all__ = [
    "ConditionalPower",
    "EffectPrior",
    "EventPrediction",
    "FinalInference",
    "HeldLook",
    "MonitoredDesign",
    "Observed",
    "PredictedCount",
    "PredictedDate",
    "PredictivePower",
    "RatePrior",
    "RepeatedInterval",
    "conditional_power",
    "final_inference",
    "next_bound",
    "planned_rest",
    "predict_events",
    "predictive_power",
    "repeated_interval",
    "repeated_p_value",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
