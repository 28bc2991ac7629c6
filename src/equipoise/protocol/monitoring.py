"""`monitoring:`, what interim looks need beyond the design: sites, when events are found, what was believed before."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.base import FrozenDict, Label, Many, Name, Section, Table

__all__ = ["MonitorPrior", "Monitoring", "Prediction", "SiteOpening"]

Positive = Annotated[float, Field(gt=0)]


class Prediction(Section):
    """How events are predicted."""

    model: Annotated[
        Literal["average", "exponential", "weibull", "cure"],
        Field(description="One model of the times, or the three averaged by what the data say of them."),
    ] = "average"
    scans: Annotated[
        Table[Name, Annotated[tuple[Positive, ...], Field(strict=False, min_length=1)]],
        Field(description="Endpoint → times of scans after randomization, in time.unit; the last step repeats."),
    ] = Field(default_factory=FrozenDict)


class MonitorPrior(Section):
    """What predictive power believes of the hazard ratio beforehand: as if `events` had shown `hazard_ratio`."""

    hazard_ratio: Positive = 1.0
    events: Annotated[float, Field(gt=0, description="What the prior is worth, in events.")]


class SiteOpening(Section):
    """Sites that are planned to open on a day."""

    opens: datetime.date
    number: Annotated[int, Field(gt=0, description="How many sites open then.")] = 1


class Monitoring(Section):
    """What interim looks need beyond the design."""

    site: Annotated[str | None, Field(min_length=1, description="Column of ADSL with the site.")] = None
    sites: Annotated[Many[SiteOpening], Field(description="Sites yet to open.")] = ()
    enrollment_ends: Annotated[
        datetime.date | None, Field(description="Day on which enrollment ends, even if patients are missing.")
    ] = None
    lost: Annotated[
        Many[Label],
        Field(description="Reasons of censoring that mean lost to follow-up; EOSSTT tells where it is absent."),
    ] = ()
    prediction: Prediction = Prediction()
    prior: MonitorPrior | None = None
