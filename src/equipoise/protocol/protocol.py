"""The declared trial as one frozen value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.analysis import Analysis, Hypothesis
from equipoise.protocol.arms import Arm, Baseline, Eligibility, Factor, Population
from equipoise.protocol.base import FrozenDict, Many, Name, Section, Table
from equipoise.protocol.data import AdamData, DataSection
from equipoise.protocol.endpoints import Endpoint
from equipoise.protocol.scenarios import Design, Randomization, Scenario
from equipoise.protocol.trial import TimeSection, TrialSection

__all__ = ["Protocol"]


class Protocol(Section):
    """All sections of trial.yaml, with `like:` and `extends:` resolved.

    Make one with `equipoise.protocol.load_protocol`, which gives every problem its file, line, value and cure.
    """

    equipoise: Literal[1]
    trial: TrialSection
    time: TimeSection = TimeSection()
    arms: Annotated[Table[Name, Arm], Field(min_length=2)]
    factors: Table[Name, Factor] = FrozenDict()
    eligibility: Many[Eligibility] = ()
    populations: Annotated[Table[Name, Population], Field(min_length=1)]
    baseline: Baseline = Baseline()
    data: DataSection = AdamData()
    endpoints: Table[Name, Endpoint] = FrozenDict()
    analysis: Table[Name, Analysis] = FrozenDict()
    hypotheses: Table[Name, Hypothesis] = FrozenDict()
    scenarios: Table[Name, Scenario] = FrozenDict()
    design: Table[Name, Design] = FrozenDict()
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
