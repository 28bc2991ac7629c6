"""facts.yaml: what has been published of a trial; each number as it was printed, with its source and data cut."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from equipoise.protocol.base import FrozenDict, Label, Many, Name, Section, Table

__all__ = ["Cut", "Fact", "FactArm", "FactEndpoint", "Facts", "Printed", "Source"]

Printed = int | float | str
"""A number as printed: `0.75`, `46.5%`, `<0.001`, `NR`. `facts.read` takes its characters from the file."""

Version = Annotated[Literal[1], Field(description="Version of this format.")]


def _as_text(level: object) -> object:
    return str(level) if isinstance(level, int) and not isinstance(level, bool) else level


Level = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int)]
"""A level of a group as text, whether the file writes `3` or `"3"`."""


class Source(Section):
    """Where a number was read."""

    cite: Annotated[Label, Field(description="The reference, as a list of references has it.")]
    kind: Annotated[
        Literal["paper", "abstract", "registry", "label", "news", "press_release", "conference", "other"],
        Field(description="What it is."),
    ] = "paper"
    doi: Annotated[str | None, Field(pattern=r"^10\.\d{4,9}/\S+$", description="DOI, without https://doi.org/.")] = None
    url: Annotated[str | None, Field(pattern=r"^https?://\S+$", description="Address.")] = None
    date: Annotated[datetime.date | int | None, Field(description="Day or year of publication.")] = None


class Cut(Section):
    """One cut of the data: numbers of different cuts are never mixed."""

    label: Annotated[Label, Field(description="What print calls it.")]
    date: Annotated[
        datetime.date | str | None, Field(description="Day of the cut, or what is known of it (2024-08).")
    ] = None
    source: Annotated[Name | None, Field(description="Source of its facts that name none.")] = None
    use: Annotated[
        Literal["reconstruct", "compare"],
        Field(description="`compare`: its facts are shown beside others and never rebuilt."),
    ] = "reconstruct"


class FactArm(Section):
    """An arm, where no protocol declares it."""

    label: Annotated[Label, Field(description="What print calls it.")]
    role: Annotated[Literal["experimental", "control"], Field(description="Its role.")]
    names: Annotated[Many[Label], Field(description="Other words that texts use.")] = ()


class FactEndpoint(Section):
    """An endpoint, where no protocol declares it."""

    label: Annotated[Label, Field(description="What print calls it.")]
    kind: Annotated[
        Literal["time_to_event", "response", "adverse_events", "continuous"], Field(description="What is observed.")
    ] = "time_to_event"
    death: Annotated[bool, Field(description="Whether its event is death.")] = False
    names: Annotated[Many[Label], Field(description="Other words that texts use.")] = ()


class Fact(Section):
    """One published number: what it is of, as in the key of a statistic, and what was printed."""

    statistic: Annotated[str, Field(description="Name from the vocabulary of statistics, `hazard_ratio`.")]
    endpoint: Annotated[Name | None, Field(description="Endpoint.")] = None
    arm: Annotated[Name | None, Field(description="Arm; of a contrast the experimental one.")] = None
    versus: Annotated[Name | None, Field(description="Arm of reference of a contrast; the control where absent.")] = (
        None
    )
    population: Annotated[Name | None, Field(description="Population.")] = None
    time: Annotated[float | None, Field(gt=0, description="Landmark in the unit of time.")] = None
    groups: Annotated[
        Table[Name, Level],
        Field(description="What else tells it apart: {grade: 3}, {term: Neutropenia}, {response: objective}."),
    ] = Field(default_factory=FrozenDict)
    value: Annotated[Printed | None, Field(description="The number as printed; NR for not reached.")] = None
    text: Annotated[str | None, Field(description="What is no number: a date, a decision.")] = None
    lower: Annotated[Printed | None, Field(description="Lower limit as printed.")] = None
    upper: Annotated[Printed | None, Field(description="Upper limit as printed; NE or NR where there is none.")] = None
    conf_level: Annotated[float, Field(gt=0.5, lt=1, description="Confidence level of the limits.")] = 0.95
    sides: Annotated[Literal[1, 2] | None, Field(description="Sides of a P value.")] = None
    n: Annotated[int | None, Field(ge=0, description="Subjects that the number rests on.")] = None
    events: Annotated[int | None, Field(ge=0, description="Events, or subjects with the feature.")] = None
    unit: Annotated[str | None, Field(description="Unit of the number where it is not that of `time`.")] = None
    method: Annotated[str | None, Field(description="How it was computed, as a dotted slug: `cox.stratified`.")] = None
    source: Annotated[Name | None, Field(description="Where it was read; the source of the cut where absent.")] = None
    via: Annotated[Name | None, Field(description="The source through which we know it, where that is another.")] = None
    cut: Annotated[Name | None, Field(description="Data cut; the first one where absent.")] = None
    note: Annotated[str | None, Field(description="Anything a reader should know.")] = None


class Facts(Section):
    """What has been published of one trial."""

    equipoise_facts: Version
    trial: Annotated[Label, Field(description="Name of the trial.")]
    registry: Annotated[str | None, Field(description="Number in a registry.")] = None
    protocol: Annotated[str | None, Field(description="Path of trial.yaml, from this file.")] = None
    unit: Annotated[Literal["days", "weeks", "months", "years"], Field(description="Unit of times and landmarks.")] = (
        "months"
    )
    sources: Annotated[Table[Name, Source], Field(min_length=1, description="Where numbers were read.")]
    cuts: Annotated[Table[Name, Cut], Field(min_length=1, description="Data cuts, the first one first.")]
    arms: Annotated[Table[Name, FactArm], Field(description="Arms, where no protocol names them.")] = Field(
        default_factory=FrozenDict
    )
    endpoints: Annotated[Table[Name, FactEndpoint], Field(description="Endpoints, where no protocol names them.")] = (
        Field(default_factory=FrozenDict)
    )
    populations: Annotated[
        Table[Name, Label], Field(description="Populations that no protocol declares: name → what print calls them.")
    ] = Field(default_factory=FrozenDict)
    facts: Annotated[Many[Fact], Field(min_length=1, description="The numbers.")]
