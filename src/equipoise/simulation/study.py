"""What is simulated: one protocol under one scenario, compiled into numbers once, as a value that every trial reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.kernels.sim.looks import Triggers
    from equipoise.kernels.sim.patients import Truth
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.program import Program

__all__ = ["Kind", "Study", "Tested", "Under"]

Under = Literal["h1", "h0"]
Kind = Literal["log_rank", "fleming_harrington", "modestly_weighted", "max_combo", "rmst", "milestone", "rate"]


@dataclass(frozen=True, slots=True)
class Tested:
    """One hypothesis as it is tested in each simulated trial.

    Attributes:
        hypothesis: Its name.
        analysis: Name of its analysis.
        endpoint: Name of the endpoint.
        population: Name of the population.
        arm: Experimental arm.
        versus: Control arm.
        method: Slug of the test, as in the rows of an analysis.
        kind: Kind of the test.
        estimate_name: Name of the effect that is estimated: `hazard_ratio`, `rmst_difference`, `survival_difference`
            or `risk_difference`. Of hazard ratios, outcomes hold the logarithm.
        estimate_method: Slug of the estimate, as in the rows of an analysis.
        margin: Of non-inferiority; None of superiority.
        level: Declared level of one side; of a graph its share at the start.
        sides: 1 or 2.
        after: Hypotheses that come before it.
        conf_level: Of the interval of the estimate.
        plan: Its design in numbers; None where it has none and is tested once.
        ks: Its (hypothesis, look) pairs, in order of its looks.
    """

    hypothesis: str
    analysis: str
    endpoint: str
    population: str
    arm: str
    versus: str
    method: str
    kind: Kind
    estimate_name: str
    estimate_method: str
    margin: float | None
    level: float
    sides: int
    after: tuple[str, ...]
    conf_level: float
    plan: Plan | None
    ks: tuple[int, ...]

    @property
    def looks(self) -> int:
        """Number of its looks."""
        return len(self.ks)

    @property
    def ratio(self) -> bool:
        """Whether the estimate is a ratio, kept as a logarithm."""
        return self.estimate_name == "hazard_ratio"


@dataclass(frozen=True, slots=True)
class Study:
    """A protocol under one scenario, ready to be simulated.

    Attributes:
        protocol: The declared trial.
        scenario: Name of the scenario.
        under: `h1`, the scenario as it is, or `h0`: every experimental arm is as its control.
        seed: Seed of all random numbers.
        vary: What is assumed otherwise than the scenario says: pairs (what, value); () as declared.
        key: Key of the random numbers, of seed and scenario: what is varied shares them.
        truth: What patients are made from.
        triggers: When the looks are held.
        tested: The hypotheses.
        program: What is computed at the looks.
        start: Day of the first randomization as ISO date; "" where none is declared.
    """

    protocol: Protocol
    scenario: str
    under: Under
    seed: int
    vary: tuple[tuple[str, float], ...]
    key: tuple[int, int]
    truth: Truth
    triggers: Triggers
    tested: tuple[Tested, ...]
    program: Program
    start: str = ""

    @property
    def pairs(self) -> int:
        """K, number of (hypothesis, look) pairs."""
        return sum(one.looks for one in self.tested)

    def index(self, hypothesis: str) -> int:
        """Position of a hypothesis among those tested.

        Args:
            hypothesis: Its name.

        Raises:
            KeyError: When it is not tested.
        """
        for position, one in enumerate(self.tested):
            if one.hypothesis == hypothesis:
                return position
        raise KeyError(hypothesis)
