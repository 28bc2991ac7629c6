"""Estimands by ICH E9(R1): population, treatment, variable, intercurrent events, summary."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.base import FrozenDict, Label, Name, Section, Table

__all__ = ["Estimand", "Intercurrent", "Strategy"]

Strategy = Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment", "principal_stratum"]


class Intercurrent(Section):
    """One intercurrent event: its strategy and the one thing that implements it.

    treatment_policy needs nothing more: data after the event are used as recorded. Every other strategy names exactly
    one of `parameter`, `component`, `censor_at`, `event_at`, `rule` (or, for principal_stratum, `population`).
    """

    label: Label | None = None
    strategy: Strategy
    parameter: Annotated[str | None, Field(description="PARAMCD whose derivation handles the event already.")] = None
    component: Annotated[Name | None, Field(description="Component endpoint that counts the event.")] = None
    censor_at: Annotated[
        str | None, Field(description="Date column of ADSL: follow-up is censored there (days since the start date).")
    ] = None
    event_at: Annotated[str | None, Field(description="Date column of ADSL: the event counts there.")] = None
    rule: Annotated[
        Literal["new_therapy", "missed_visits"] | None,
        Field(description="Rule of the derivation from assessments that handles the event."),
    ] = None
    population: Annotated[Name | None, Field(description="Population that is the principal stratum.")] = None


class Estimand(Section):
    """What is to be estimated, in the five attributes of ICH E9(R1)."""

    population: Name
    treatment: Label
    variable: Label
    intercurrent: Table[Name, Intercurrent] = Field(default_factory=FrozenDict)
    summary: Literal[
        "hazard_ratio", "rmst_difference", "median_difference", "survival_difference", "risk_difference", "odds_ratio",
        "risk_ratio", "mean_difference",
    ]  # fmt: skip
