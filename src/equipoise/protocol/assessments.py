"""`assessments:`, visit-level tumor responses of one reader, and the rules by which endpoints are derived from them.

Every convention is a named choice. `rules: fda` and `rules: ema` are presets of these choices, written out in
`PRESETS`; a mapping changes some of them. What concerns response (RECIST 1.1, Eisenhauer et al. 2009, Eur J Cancer
45:228) is declared under `response`, whatever the rules of censoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, Tag

from equipoise.protocol.base import FrozenDict, Label, Name, Section, Table, Where, by_shape
from equipoise.protocol.scenarios import Steps
from equipoise.units import TimeUnit

__all__ = [
    "PRESETS",
    "RESPONSES",
    "AssessmentResponse",
    "AssessmentTimes",
    "Assessments",
    "MissedVisits",
    "ResponseRules",
    "Rules",
    "RulesSpec",
    "Schedule",
    "chosen_rules",
    "derived_code",
]

TumorResponse = Literal["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "NA", "ND"]
RESPONSES: Final = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "NA", "ND")
"""Overall responses of one visit; the last three (not evaluable, not applicable, not done) say nothing of the tumor."""

Days = Annotated[int, Field(ge=0)]


class MissedVisits(Section):
    """What counts after several scheduled assessments in a row without an adequate one."""

    at_least: Annotated[int | None, Field(ge=1, description="Number of missed assessments from which it applies.")] = (
        None
    )
    progression: Annotated[
        Literal["censor", "event"] | None, Field(description="Progression that is seen after them.")
    ] = None
    death: Annotated[Literal["censor", "event"] | None, Field(description="Death after them.")] = None
    counted_by: Annotated[
        Literal["schedule", "gap"] | None,
        Field(description="By closed windows of the schedule, or by the length of the gap."),
    ] = None


class Rules(Section):
    """Who is censored, and when: a preset, and the choices that differ from it; without a preset every choice."""

    preset: Literal["fda", "ema"] | None = None
    missed_visits: MissedVisits = MissedVisits()
    new_therapy: Annotated[
        Literal["censor", "ignore", "event"] | None,
        Field(description="Another anticancer therapy before progression: censor before it, ignore it, count it."),
    ] = None
    no_baseline: Annotated[
        Literal["censor", "ignore"] | None, Field(description="Subjects without an adequate baseline assessment.")
    ] = None
    progression_date: Annotated[
        Literal["earliest", "latest"] | None, Field(description="Date of a progression whose visit has several dates.")
    ] = None
    assessment_date: Annotated[
        Literal["earliest", "latest"] | None, Field(description="Date of any other visit that has several dates.")
    ] = None


PRESETS: Final[Mapping[str, Rules]] = {
    "fda": Rules(
        preset="fda",
        missed_visits=MissedVisits(at_least=2, progression="censor", death="censor", counted_by="schedule"),
        new_therapy="censor",
        no_baseline="censor",
        progression_date="earliest",
        assessment_date="latest",
    ),
    "ema": Rules(
        preset="ema",
        missed_visits=MissedVisits(at_least=2, progression="event", death="event", counted_by="schedule"),
        new_therapy="ignore",
        no_baseline="ignore",
        progression_date="earliest",
        assessment_date="latest",
    ),
}
"""Both conventions as choices; docs/derive.md names the sections of the guidances."""

RulesSpec = Annotated[
    Annotated[Rules, Tag("mapping")] | Annotated[Literal["fda", "ema"], Tag("word")],
    by_shape(mapping=(Mapping, Rules), word=object),
]


def chosen_rules(spec: Rules | str) -> Rules:
    """The rules with every choice filled in from the preset.

    Args:
        spec: A preset's name, or a mapping of choices.

    Returns:
        Rules without a preset keep what they leave open as `None`; the checks of the protocol refuse them.
    """
    if isinstance(spec, str):
        return PRESETS[spec]
    if spec.preset is None:
        return spec
    base = PRESETS[spec.preset]
    written = {name: value for name, value in spec if value is not None and name != "missed_visits"}
    missed = {name: value for name, value in spec.missed_visits if value is not None}
    return base.model_copy(update={**written, "missed_visits": base.missed_visits.model_copy(update=missed)})


class Schedule(Section):
    """When assessments were planned, counted from randomization or from the first treatment."""

    every: Annotated[
        Steps, Field(description="Interval, or pieces: `[{until: 48, value: 8}, {value: 12}]`, in `unit`.")
    ]
    unit: TimeUnit = "weeks"
    window_days: Annotated[Days, Field(description="How many days early or late an assessment may be.")] = 7
    anchor: Annotated[
        Literal["randomization", "treatment"], Field(alias="from", description="Day from which visits are planned.")
    ] = "randomization"


class ResponseRules(Section):
    """How the best overall response comes from the responses of visits."""

    confirmation_days: Annotated[
        Days, Field(description="Days from a response to the assessment that confirms it, at least.")
    ] = 28
    not_evaluable_between: Annotated[
        int, Field(ge=0, description="NE (NA, ND) visits that may lie between a response and its confirmation.")
    ] = 1
    stable_between: Annotated[
        int, Field(ge=0, description="SD visits that may lie between a PR and its confirmation.")
    ] = 0
    stable_days: Annotated[Days, Field(description="Days from the start after which stable disease counts.")] = 42
    after_complete: Annotated[
        Literal["as_recorded", "progression", "partial"],
        Field(description="Disease seen after a CR: as recorded, a progression then, or the CR was a PR."),
    ] = "as_recorded"
    after_new_therapy: Annotated[
        Literal["exclude", "include"], Field(description="Whether responses after another anticancer therapy count.")
    ] = "exclude"


class Assessments(Section):
    """Overall responses of one reader, a row a visit (or several rows, one a scan date)."""

    label: Label | None = None
    table: Annotated[Literal["ADRS"], Field(description="The table; `data.files` says in which file it is.")] = "ADRS"
    PARAMCD: Annotated[str | None, Field(min_length=1)] = None
    where: Where | None = None
    value: Annotated[str, Field(min_length=1, description="Column with the response of the visit.")] = "AVALC"
    date: Annotated[str, Field(min_length=1, description="Column with the date of the assessment.")] = "ADT"
    visit: Annotated[
        str | None, Field(min_length=1, description="Column whose equal values make one visit; else each date is one.")
    ] = None
    codes: Table[str, TumorResponse] = Field(
        default_factory=FrozenDict, description="How the data write a response → which of RECIST's it is."
    )
    start: Annotated[
        Literal["randomization", "treatment"], Field(description="Day on which times begin: RANDDT or TRTSDT of ADSL.")
    ] = "randomization"
    first_day: Annotated[
        Literal[0, 1], Field(description="Number of the day on which times begin; ADaM counts it as day 1.")
    ] = 1
    baseline: Annotated[
        str | None, Field(min_length=1, description="Column of ADSL: Y where the baseline assessment is adequate.")
    ] = None
    new_therapy: Annotated[
        str | None, Field(min_length=1, description="Date column of ADSL: start of another anticancer therapy.")
    ] = None
    last_alive: Annotated[
        str, Field(min_length=1, description="Date column of ADSL: last day known alive, for overall survival.")
    ] = "LSTALVDT"
    schedule: Schedule | None = None
    rules: RulesSpec
    response: ResponseRules = ResponseRules()


Confirmation = Literal["required", "not_required"]
DerivedCode = Annotated[
    str, Field(min_length=1, max_length=8, description="PARAMCD of the derived table; else made of the name.")
]


class AssessmentTimes(Section):
    """A time that is derived from tumor assessments."""

    derive: Literal[
        "progression_free_survival",
        "time_to_progression",
        "duration_of_response",
        "time_to_response",
        "overall_survival",
    ]
    reader: Annotated[Name, Field(alias="from", description="Entry of `assessments` that it is derived from.")]
    rules: RulesSpec | None = None
    confirmation: Confirmation = "not_required"
    among: Annotated[
        Literal["responders", "all"],
        Field(description="Time to response: of responders, or of all with progression and death as competing events."),
    ] = "responders"
    code: DerivedCode | None = None


class AssessmentResponse(Section):
    """A response that is derived from tumor assessments."""

    derive: Literal["best_response", "clinical_benefit"]
    reader: Annotated[Name, Field(alias="from", description="Entry of `assessments` that it is derived from.")]
    rules: RulesSpec | None = None
    minimum_days: Annotated[
        Days | None, Field(description="Clinical benefit: days from the start that stable disease has to last.")
    ] = None
    code: DerivedCode | None = None


def derived_code(name: str, source: AssessmentTimes | AssessmentResponse) -> str:
    """PARAMCD of a derived endpoint in the tables that are written: as declared, else made of its name.

    Args:
        name: Name of the endpoint.
        source: Its source.

    Returns:
        At most eight capital letters and digits: `pfs_ema` gives PFSEMA.
    """
    return source.code or name.replace("_", "").upper()[:8]
