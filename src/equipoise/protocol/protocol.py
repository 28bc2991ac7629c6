"""The declared trial as one frozen value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from equipoise.protocol.analysis import Analysis, Hypothesis
from equipoise.protocol.arms import Arm, Baseline, Eligibility, Factor, Population
from equipoise.protocol.assessments import Assessments
from equipoise.protocol.base import FrozenDict, Many, Name, Section, Table
from equipoise.protocol.data import AdamData, DataSection
from equipoise.protocol.designs import Design
from equipoise.protocol.endpoints import Endpoint
from equipoise.protocol.monitoring import Monitoring
from equipoise.protocol.multiplicity import Multiplicity
from equipoise.protocol.randomization import Randomization
from equipoise.protocol.scenarios import Scenario
from equipoise.protocol.trial import TimeSection, TrialSection

__all__ = ["Protocol"]


def _only_int(value: object) -> object:
    return value if type(value) is int else str(value)  # True and 1.0 equal 1


Version = Annotated[Literal[1], BeforeValidator(_only_int, json_schema_input_type=Literal[1])]


class Protocol(Section):
    """All sections of trial.yaml, with `like:` and `extends:` resolved.

    Make one with `equipoise.protocol.load_protocol`, which gives every problem its file, line, value and cure.
    """

    equipoise: Version
    trial: TrialSection
    time: TimeSection = TimeSection()
    arms: Annotated[Table[Name, Arm], Field(min_length=2)]
    factors: Table[Name, Factor] = Field(default_factory=FrozenDict)
    eligibility: Many[Eligibility] = ()
    populations: Annotated[Table[Name, Population], Field(min_length=1)]
    baseline: Baseline = Baseline()
    data: DataSection = AdamData()
    assessments: Table[Name, Assessments] = Field(default_factory=FrozenDict)
    endpoints: Table[Name, Endpoint] = Field(default_factory=FrozenDict)
    analysis: Table[Name, Analysis] = Field(default_factory=FrozenDict)
    hypotheses: Table[Name, Hypothesis] = Field(default_factory=FrozenDict)
    multiplicity: Multiplicity | None = None
    scenarios: Table[Name, Scenario] = Field(default_factory=FrozenDict)
    design: Table[Name, Design] = Field(default_factory=FrozenDict)
    monitoring: Monitoring | None = None
    randomization: Randomization | None = None

    @property
    def control(self) -> str:
        """Name of the control arm."""
        return next(name for name, arm in self.arms.items() if arm.role == "control")

    @property
    def experimental(self) -> tuple[str, ...]:
        """Names of the experimental arms, in declared order."""
        return tuple(name for name, arm in self.arms.items() if arm.role == "experimental")

    @property
    def contrasts(self) -> tuple[tuple[str, str], ...]:
        """Pairs (experimental arm, control), in declared order."""
        return tuple((arm, self.control) for arm in self.experimental)
