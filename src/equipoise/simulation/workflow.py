"""From a protocol to what is to be expected of it: which studies are simulated, where, and into which bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from equipoise.errors import Problem, SimulationError, Where
from equipoise.results.results import Results
from equipoise.simulation import local
from equipoise.simulation.asked import Both, studies_of
from equipoise.simulation.bundle import joined, write_simulation
from equipoise.simulation.runs import How, run_all, tasks_of
from equipoise.simulation.sweep import Point, words_of
from equipoise.simulation.units import Progress, check_trials
from equipoise.source import place_problems

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study

__all__ = ["Simulated", "simulate_trial", "simulations_of_trial"]


class Simulated(NamedTuple):
    """What was simulated.

    Attributes:
        results: Statistics and curves.
        trials: Trials of each study, in the order in which they ran: scenario, hypothesis that is true, point, number.
        notes: Warnings.
        stopped: Whether the user stopped it before its end.
    """

    results: Results
    trials: tuple[tuple[str, str, str, int], ...]
    notes: tuple[Problem, ...]
    stopped: bool


def simulate_trial(
    protocol: Protocol,
    path: Path | None = None,
    *,
    trials: int,
    scenarios: Sequence[str] | None = None,
    under: Both = "both",
    seed: int = 1,
    jobs: int | None = None,
    out: Path | None = None,
    resume: bool = False,
    cluster: str | None = None,
    sweep: Sequence[Point] = (),
    declared_sweep: bool = False,
    annex: Path | None = None,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> Results:
    """Simulate a declared trial and, where `out` is given, write what was found into a bundle.

    Each scenario is run as it is (`h1`), and once more as if every experimental arm were its control (`h0`). All
    runs of a scenario share their random numbers.

    Args:
        protocol: The declared trial.
        path: Its file, for the lines of problems and for the annex of its randomization.
        trials: Trials of each run, from 1 to 1e12.
        scenarios: Names of scenarios; those that designs assume where absent, all where there is no design.
        under: `h1`, `h0` or both.
        seed: Seed of all random numbers.
        jobs: Threads; as many as there are processors where absent.
        out: Folder of the bundle; other stages of the same protocol that are there stay.
        resume: Go on where an earlier run in `out` was.
        cluster: Address of a Dask scheduler that runs the trials; this machine where absent.
        sweep: Points at which the scenario is simulated too, see `simulation.sweep`.
        declared_sweep: Whether the designs' `sensitivity` is simulated too.
        annex: File with the block sizes; what the protocol names where absent.
        progress: Called with (label, trials done, trials).
        announce: Called with what takes time before the first trial.

    Returns:
        Statistics and curves of all runs; of those that were finished, or begun, when the user stops them.

    Raises:
        UsageError: When a number makes no sense, a scenario is unknown, or no cluster answers.
        SimulationError: When a scenario can't be simulated as declared, or the cluster fails.
        BundleError: When `out` holds something else, or a simulation of another seed or protocol.
        KeyboardInterrupt: When the user stops it before anything was done.
    """
    return simulations_of_trial(
        protocol, path, trials=trials, scenarios=scenarios, under=under, seed=seed, jobs=jobs, out=out, resume=resume,
        cluster=cluster, sweep=sweep, declared_sweep=declared_sweep, annex=annex, progress=progress, announce=announce,
    ).results  # fmt: skip


def simulations_of_trial(
    protocol: Protocol,
    path: Path | None = None,
    *,
    trials: int,
    scenarios: Sequence[str] | None = None,
    under: Both = "both",
    seed: int = 1,
    jobs: int | None = None,
    out: Path | None = None,
    resume: bool = False,
    cluster: str | None = None,
    sweep: Sequence[Point] = (),
    declared_sweep: bool = False,
    annex: Path | None = None,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> Simulated:
    """As `simulate_trial`, with what was run and what was noticed; arguments and errors are the same."""
    from equipoise.simulation.curves import sweep_curves
    from equipoise.simulation.rows import statistics_of

    check_trials(trials)
    local.check_jobs(jobs)
    studies = studies_of(protocol, path, scenarios, under, seed, tuple(sweep), annex, declared=declared_sweep)
    tasks = tasks_of(protocol, studies, trials, out, resume=resume)
    try:
        ran = run_all(tasks, How(trials, jobs, cluster, progress, announce))
    except SimulationError as error:
        raise SimulationError(place_problems(error.problems, path)) from None
    if ran.stopped and not ran.found:
        raise KeyboardInterrupt
    rows = [row for study, sums in ran.found for row in statistics_of(study, sums)]
    results = Results.of([*rows, *sweep_curves(ran.found)])
    counts = tuple((study.scenario, study.under, words_of(study.vary), sums.trials) for study, sums in ran.found)
    noticed = [*_left_out(protocol, ran.found), *_not_allocated(protocol, ran.found), *ran.notes]
    notes = tuple(place_problems(noticed, path))
    if out is not None:
        asked = {"trials": trials, "seed": seed, "stopped": ran.stopped, "studies": [list(one) for one in counts]}
        write_simulation(out, protocol, path, joined(out, results), notes, asked)
    return Simulated(results, counts, notes, ran.stopped)


def _not_allocated(protocol: Protocol, found: Sequence[tuple[Study, Accumulator]]) -> Iterator[Problem]:
    """Warning: permuted blocks whose sizes nobody has told."""
    from equipoise.kernels.sim.truth import DECLARED

    if protocol.randomization is not None and any(study.truth.allocation != DECLARED for study, _ in found):
        yield Problem(
            "simulation.no_block_sizes",
            "without block sizes the declared blocks can't be simulated: the arms have exact shares in random order",
            Where(path="randomization.annex"),
            cure="name the annex: `annex:` in the protocol, or `--annex FILE`",
            severity="warning",
        )


def _left_out(protocol: Protocol, found: Sequence[tuple[Study, Accumulator]]) -> Iterator[Problem]:
    """Warnings: hypotheses that a scenario can't answer."""
    from equipoise.simulation.study import left_out

    for scenario in dict.fromkeys(study.scenario for study, _ in found):
        names = left_out(protocol, scenario)
        if names:
            yield Problem(
                "simulation.left_out",
                f"{', '.join(names)} can't be tested: the scenario says nothing of the endpoint",
                Where(path=f"scenarios.{scenario}.endpoints"),
                cure="add what is assumed of it, unless it is left out on purpose",
                severity="warning",
            )
