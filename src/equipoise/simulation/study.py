"""What is simulated: one protocol under one scenario, compiled into numbers once, as a value that every trial reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from equipoise.errors import Problem, SimulationError, Where

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.kernels.sim.looks import Triggers
    from equipoise.kernels.sim.patients import Truth
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.program import Asked, Program

__all__ = ["Kind", "Study", "Tested", "Under", "left_out", "study_of"]

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


def study_of(
    protocol: Protocol,
    *,
    scenario: str | None = None,
    under: Under = "h1",
    seed: int = 1,
    vary: tuple[tuple[str, float], ...] = (),
    annex: Annex | None = None,
    resolution: Literal["day", "continuous"] | None = None,
) -> Study:
    """Compile a protocol under one scenario. Hypotheses about endpoints that the scenario leaves out are not tested.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario; the one that the first design assumes, or the first, where absent.
        under: `h0`: every experimental arm is as its control, but for margins of non-inferiority.
        seed: Seed of all random numbers.
        vary: What is assumed otherwise: pairs (what, value), see `simulation.sweep`.
        annex: Annex of the randomization; permuted blocks without one are exact shares in random order.
        resolution: Whole days or real numbers, in place of what the protocol declares.

    Returns:
        The study.

    Raises:
        SimulationError: What can't be simulated as declared; every problem is named.
    """
    from equipoise.rng import key64
    from equipoise.simulation.looks_of_plan import plans_of, triggers_of
    from equipoise.simulation.program import program_of
    from equipoise.simulation.truth_arrays import endpoints_of, strata_of, truth_arrays

    name = _scenario(protocol, scenario)
    endpoints = endpoints_of(protocol, name)
    simulated = _simulated(protocol, name, (*endpoints.times, *endpoints.responses))
    plans = plans_of(simulated)
    leading = next(iter(plans.values()), None)
    strata = [place.levels for place in strata_of(simulated, name)]
    questions = program_of(simulated, name, strata=strata)
    truth = truth_arrays(
        simulated, name, under=under, annex=annex, vary=vary, resolution=resolution, plan=leading
    )  # fmt: skip
    triggers = triggers_of(simulated, plans, endpoints, name)
    enrollment = protocol.scenarios[name].enrollment
    start = None if enrollment is None else enrollment.start
    return Study(
        protocol=simulated,
        scenario=name,
        under=under,
        seed=seed,
        vary=tuple(vary),
        key=key64(seed, "simulation", name),
        truth=truth,
        triggers=triggers,
        tested=tuple(_tested(simulated, asked, plans, triggers) for asked in questions.asked),
        program=questions.program,
        start="" if start is None else start.isoformat(),
    )


def left_out(protocol: Protocol, scenario: str) -> tuple[str, ...]:
    """Hypotheses that a simulation of a scenario does not test: it says nothing of their endpoints, or of those before.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
    """
    from equipoise.simulation.truth_arrays import endpoints_of

    endpoints = endpoints_of(protocol, scenario)
    known = {*endpoints.times, *endpoints.responses}
    out: list[str] = []
    again = True
    while again:
        again = False
        for name, hypothesis in protocol.hypotheses.items():
            there = protocol.analysis[hypothesis.analysis].endpoint in known
            if name not in out and not (there and not set(hypothesis.after) & set(out)):
                out.append(name)
                again = True
    return tuple(name for name in protocol.hypotheses if name in out)


def _scenario(protocol: Protocol, asked: str | None) -> str:
    if asked is None:
        assumed = [design.assume for design in protocol.design.values()]
        asked = next((name for name in (*assumed, *protocol.scenarios)), "")
    if asked in protocol.scenarios:
        return asked
    cure = f"name one of {', '.join(protocol.scenarios)}" if protocol.scenarios else "declare `scenarios:`"
    raise SimulationError(
        Problem("simulation.scenario", "there is no such scenario", Where(path="scenarios"), asked, cure)
    )


def _simulated(protocol: Protocol, scenario: str, known: tuple[str, ...]) -> Protocol:
    """The protocol with the hypotheses that the scenario can answer, and their designs."""
    from equipoise.protocol.base import FrozenDict

    out = left_out(protocol, scenario)
    if not out:
        return protocol
    kept = {name: one for name, one in protocol.hypotheses.items() if name not in out}
    graph = protocol.multiplicity is not None
    if not kept or graph:
        why = "a graph tests all of its hypotheses, and" if graph and kept else "nothing can be tested:"
        said = f"it says something of {', '.join(known)}" if known else "it says nothing of any endpoint"
        raise SimulationError(
            Problem(
                "simulation.endpoint",
                f"{why} the scenario says nothing of the endpoint of {', '.join(out)}",
                Where(path=f"scenarios.{scenario}.endpoints"),
                cure=f"add what is assumed of it ({said})",
            )
        )
    designs = {name: one for name, one in protocol.design.items() if name in kept}
    return protocol.model_copy(update={"hypotheses": FrozenDict(kept), "design": FrozenDict(designs)})


def _tested(protocol: Protocol, asked: Asked, plans: dict[str, Plan], triggers: Triggers) -> Tested:
    from equipoise.design.levels import design_level

    name = asked.hypothesis
    analysis = protocol.analysis[asked.analysis]
    level = design_level(protocol, name)
    position = list(protocol.hypotheses).index(name)
    ks = tuple(int(k) for k in (triggers.hypothesis == position).nonzero()[0])
    return Tested(
        hypothesis=name,
        analysis=asked.analysis,
        endpoint=analysis.endpoint,
        population=analysis.population,
        arm=asked.arm,
        versus=asked.versus,
        method=asked.method,
        kind=asked.kind,
        estimate_name=asked.estimate_name,
        estimate_method=asked.estimate_method,
        margin=asked.margin,
        level=level.one_side,
        sides=level.sides,
        after=tuple(protocol.hypotheses[name].after),
        conf_level=asked.conf_level,
        plan=plans.get(name),
        ks=ks,
    )
