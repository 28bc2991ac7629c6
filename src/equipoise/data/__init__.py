"""Patient data: read, checked against the protocol and themselves, and handed to the analysis in one shape.

data = load_data(protocol, Path("data"))                          raises DataError with all problems at once
subjects(protocol, data, "itt")                                   one row a subject: arm and factors
time_to_event(protocol, data, "pfs", "itt")                       + time, status, reason
responses(protocol, data, "orr", "itt")                           + response
adverse_events(protocol, data, "ae", "safety")                    one row an event
continuous(protocol, data, "adas", "itt", "Week 24")              + value, baseline, observed
exposure(protocol, data, "safety")                                days on treatment
at_risk(protocol, data, analysis)                                 days at risk, and events on their days
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equipoise.data.events import adverse_events, exposure, grading, responses
    from equipoise.data.frames import subjects, time_to_event
    from equipoise.data.load import load_data, validate_data
    from equipoise.data.measurements import continuous
    from equipoise.data.model import Convention, Datasets, Finding, InputFile
    from equipoise.data.periods import AtRisk, at_risk
    from equipoise.data.writers import write_table

__all__ = [
    "AtRisk",
    "Convention",
    "Datasets",
    "Finding",
    "InputFile",
    "adverse_events",
    "at_risk",
    "continuous",
    "exposure",
    "grading",
    "load_data",
    "responses",
    "subjects",
    "time_to_event",
    "validate_data",
    "write_table",
]

_HOME = {
    "AtRisk": "periods",
    "at_risk": "periods",
    "adverse_events": "events",
    "continuous": "measurements",
    "exposure": "events",
    "grading": "events",
    "responses": "events",
    "subjects": "frames",
    "time_to_event": "frames",
    "load_data": "load",
    "validate_data": "load",
    "Convention": "model",
    "Datasets": "model",
    "Finding": "model",
    "InputFile": "model",
    "write_table": "writers",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        import importlib

        return getattr(importlib.import_module(f"equipoise.data.{_HOME[name]}"), name)
    msg = f"module 'equipoise.data' has no attribute {name!r}"
    raise AttributeError(msg)
