"""Derived endpoints take their place among the records of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from equipoise.data.model import ROW, Convention, Datasets
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["with_derived"]


def with_derived(protocol: Protocol, data: Datasets, derived: Mapping[str, pl.DataFrame]) -> Datasets:
    """Adds derived endpoints to data.

    Args:
        protocol: The declared trial.
        data: Data without them, cut where a cut was given.
        derived: What `derive_endpoints` gave for the same cut.

    Returns:
        The data: times among `records`, all of them with rules and decisions under `derived`, for subjects of ADSL.
    """
    kept = {
        name: frame.join(data.adsl.select("USUBJID"), on="USUBJID", how="semi", maintain_order="left")
        for name, frame in derived.items()
    }
    records, conventions = dict(data.records), dict(data.conventions)
    for name, frame in kept.items():
        if "time" in frame.columns:
            records[name] = frame.select("USUBJID", "time", "status", "reason", "STARTDT", "ADT", ROW)
            reader = protocol.assessments[protocol.endpoints[name].source.reader]  # type: ignore[union-attr]
            conventions[name] = Convention(plus_one=reader.first_day == 1, source=f"derived endpoint {name}")
    return replace(data, records=records, conventions=conventions, derived=kept)
