"""`trial:` and `time:`, what the trial is called and how it counts time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.base import Label, Section
from equipoise.units import DAYS_PER_MONTH, TimeUnit

__all__ = ["TimeSection", "TrialSection"]


class TrialSection(Section):
    """Identity of the trial, as a registry would list it."""

    id: Annotated[str, Field(min_length=1, max_length=60)]
    title: Label
    registry: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ./:-]+$")] | None = None
    phase: Literal["1", "1/2", "2", "2/3", "3", "4", "na"] | None = None
    masking: Literal["open", "single", "double", "triple", "quadruple"] | None = None
    condition: Label | None = None
    planned: Annotated[int, Field(gt=0, description="Subjects planned to be randomized.")] | None = None
    sponsor: Label | None = None
    reference: Label | None = None
    notes: Label | None = None


class TimeSection(Section):
    """Unit of display, unit of the data, and the length of a month."""

    unit: TimeUnit = "months"
    data_unit: TimeUnit = "days"
    resolution: Annotated[
        Literal["day", "week", "month", "continuous"],
        Field(description="Steps in which times are counted; simulated times are whole days, or `continuous`."),
    ] = "day"
    days_per_month: Annotated[float, Field(ge=28, le=31)] = DAYS_PER_MONTH
