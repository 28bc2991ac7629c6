"""What every analysis declares, whatever its endpoint is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.base import Label, Name, Section

__all__ = ["AnalysisBase"]


class AnalysisBase(Section):
    """The endpoint and population of an analysis, and what it probes if it is a sensitivity analysis."""

    endpoint: Name
    population: Name
    label: Label | None = None
    sensitivity_to: Annotated[Name | None, Field(description="The analysis that this one probes.")] = None
    why: Annotated[Label | None, Field(description="What the sensitivity analysis asks, in words.")] = None
    strata_as: Literal["randomized", "verified"] = "randomized"
