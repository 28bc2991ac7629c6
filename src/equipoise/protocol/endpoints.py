"""`endpoints:`, what is measured, and where in the data it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from equipoise.protocol.assessments import AssessmentResponse, AssessmentTimes
from equipoise.protocol.base import FrozenDict, Label, Many, Name, Section, Table, Where, by_shape
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.data import TableName, TableSource
from equipoise.protocol.estimand import Estimand
from equipoise.units import TimeUnit

__all__ = [
    "AdamSource",
    "AdverseEventsEndpoint",
    "ClinicalBenefit",
    "Code",
    "DerivedSource",
    "Duration",
    "Endpoint",
    "ResponseEndpoint",
    "ResponseSource",
    "StatusSource",
    "TimeToEventEndpoint",
    "TimeToEventSource",
]

Role = Literal["primary", "secondary", "exploratory"]


class AdamSource(TableSource):
    """Rows of an ADaM table with one PARAMCD."""

    table: TableName


class Code(Section):
    """What a code of a status column means."""

    meaning: Annotated[Literal["event", "censored", "competing"], Field(alias="as")]
    reason: Label | None = None


def _as_text(code: object) -> object:
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else code


CodeKey = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int)]
"""A code as text, whether the file writes `1` or `"1"`."""

CodeMeaning = Annotated[
    Annotated[Code, Tag("mapping")] | Annotated[Literal["event", "censored", "competing"], Tag("word")],
    by_shape(mapping=(Mapping, Code), word=object),
]


class StatusSource(Section):
    """A time column and a status column of the user's own file; every code of the status is declared."""

    file: Annotated[str, Field(min_length=1)]
    where: Where | None = None
    subject: Annotated[str, Field(min_length=1, description="Column with the subject identifier.")]
    time: Annotated[str, Field(min_length=1)]
    time_unit: TimeUnit | None = None
    status: Annotated[str, Field(min_length=1)]
    codes: Annotated[Table[CodeKey, CodeMeaning], Field(min_length=1)]


class DerivedSource(Section):
    """The earliest event of several endpoints; without one, the earliest of their censoring times.

    An event of a competing endpoint that comes before it ends follow-up as a competing event.
    """

    first_of: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    competing: Many[Name] = ()


def _branch(value: object) -> str:
    """Which source is meant, told by its keys, so that a misspelled one is compared with the right others."""
    if isinstance(value, Mapping):
        if any(str(key).startswith("first") for key in value):
            return "first_of"
        if {"derive", "from"} & set(value):
            return "derive"
        return "file" if {"file", "subject", "time", "status", "codes"} & set(value) else "table"
    if isinstance(value, AssessmentTimes | AssessmentResponse):
        return "derive"
    return "first_of" if isinstance(value, DerivedSource) else "file" if isinstance(value, StatusSource) else "table"


def _response_branch(value: object) -> str:
    derived = isinstance(value, Mapping) and {"derive", "from"} & set(value)
    return "derive" if derived or isinstance(value, AssessmentResponse) else "table"


TimeToEventSource = Annotated[
    Annotated[AdamSource, Tag("table")]
    | Annotated[StatusSource, Tag("file")]
    | Annotated[DerivedSource, Tag("first_of")]
    | Annotated[AssessmentTimes, Tag("derive")],
    Discriminator(_branch),
]

ResponseSource = Annotated[
    Annotated[AdamSource, Tag("table")] | Annotated[AssessmentResponse, Tag("derive")],
    Discriminator(_response_branch),
]


class TimeToEventEndpoint(Section):
    """Time from randomization to an event."""

    kind: Literal["time_to_event"]
    label: Label
    role: Role | None = None
    source: TimeToEventSource
    event: Annotated[Label | None, Field(description='What the event is, in words: "progression or death".')] = None
    death: Annotated[
        bool, Field(description="The event is death from any cause: follow-up is measured here. PARAMCD OS implies it.")
    ] = False
    estimand: Estimand | None = None


class Duration(Section):
    """A length of time, `{value: 24, unit: weeks}`."""

    value: Annotated[float, Field(gt=0)]
    unit: TimeUnit


class ClinicalBenefit(Section):
    """Responders, and `stable` responses that last at least `minimum` as measured by a time-to-event endpoint."""

    stable: Many[str] = ("SD",)
    minimum: Duration
    measured_by: Annotated[Name, Field(description="Time-to-event endpoint whose time is compared with the minimum.")]


class ResponseEndpoint(Section):
    """Best overall response, and what counts as a response. Not evaluable and missing are non-responders."""

    kind: Literal["response"]
    label: Label
    role: Role | None = None
    source: ResponseSource
    value: Annotated[str, Field(description="Column with the response.")] = "AVALC"
    responders: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] = ("CR", "PR")
    order: Annotated[
        tuple[str, ...], Field(strict=False, description="All responses, best first; others in the data are an error.")
    ] = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "NA", "MISSING")
    disease_control: Many[str] | None = None
    clinical_benefit: ClinicalBenefit | None = None
    duration: Annotated[Name | None, Field(description="Time-to-event endpoint: duration among responders.")] = None
    denominator: Name
    confirmation: Literal["required", "not_required"] = "not_required"
    estimand: Estimand | None = None


class AdverseEventsEndpoint(Section):
    """Adverse events; a subject counts once per row of a table."""

    kind: Literal["adverse_events"]
    label: Label
    role: Role | None = None
    source: AdamSource
    treatment_emergent: bool = True
    grading: Annotated[
        Literal["auto", "toxicity_grade", "severity"], Field(description="AETOXGR (1-5), AESEV, or what is there.")
    ] = "auto"
    related: Annotated[
        tuple[str, ...], Field(strict=False, description="Values of AEREL that mean related (case does not matter).")
    ] = ("Y", "YES", "RELATED", "POSSIBLE", "POSSIBLY RELATED", "PROBABLE", "PROBABLY RELATED", "DEFINITE",
         "DEFINITELY RELATED", "REMOTE")  # fmt: skip
    discontinuation: Annotated[
        tuple[str, ...], Field(strict=False, description="Values of AEACN that mean treatment was discontinued.")
    ] = ("DRUG WITHDRAWN", "PERMANENTLY DISCONTINUED", "TREATMENT DISCONTINUED", "WITHDRAWN")
    of_interest: Table[Name, Where] = Field(default_factory=FrozenDict)


Endpoint = Annotated[
    TimeToEventEndpoint | ResponseEndpoint | ContinuousEndpoint | AdverseEventsEndpoint, Field(discriminator="kind")
]
