"""From a protocol to what is to be expected of it: which studies are simulated, where, and into which bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from equipoise.errors import BundleError, Problem, UsageError, Where
from equipoise.results.results import Results
from equipoise.simulation import cluster as on_cluster
from equipoise.simulation import local
from equipoise.simulation.asked import Both, studies_of
from equipoise.simulation.bundle import check_seed, joined, write_simulation
from equipoise.simulation.checkpoint import Identity, check_others, digest, read_sums, sums_file, write_sums
from equipoise.simulation.reach import check_reached, never_reached
from equipoise.simulation.sweep import Point, words_of
from equipoise.simulation.units import UNIT, Interrupted, Progress, check_trials, simulate
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


@dataclass(frozen=True, slots=True)
class _Task:
    """One study, and what is known of it.

    Attributes:
        study: What is simulated.
        identity: Whose its sums are.
        file: Where they are kept; None without a bundle.
        done: Those of an earlier run.
        first: Digest of those of the first unit; "" before it was simulated.
    """

    study: Study
    identity: Identity
    file: Path | None
    done: Accumulator | None = None
    first: str = ""

    @property
    def label(self) -> str:
        """The study in words."""
        one = self.identity
        return ", ".join(part for part in (one.scenario, one.under.upper(), one.vary) if part)


@dataclass(frozen=True, slots=True)
class _How:
    """How trials are run.

    Attributes:
        trials: Trials of each study.
        jobs: Threads on this machine.
        cluster: Address of a scheduler; None for this machine.
        progress: Called with (label, trials done, trials), of all studies together.
        announce: Called with what takes time before the first trial.
    """

    trials: int
    jobs: int | None
    cluster: str | None
    progress: Progress | None
    announce: Callable[[str], None] | None


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
    from equipoise.simulation.rows import statistics_of

    check_trials(trials)
    local.check_jobs(jobs)
    studies = studies_of(protocol, path, scenarios, under, seed, tuple(sweep), annex, declared=declared_sweep)
    tasks = _tasks(protocol, studies, trials, out, resume=resume)
    how = _How(trials, jobs, cluster, progress, announce)
    found, notes, stopped = _run_all(tasks, how)
    if stopped and not found:
        raise KeyboardInterrupt
    results = Results.of(row for study, sums in found for row in statistics_of(study, sums))
    ran = tuple((study.scenario, study.under, words_of(study.vary), sums.trials) for study, sums in found)
    noticed = tuple(place_problems([*_left_out(protocol, found), *notes], path))
    if out is not None:
        asked = {"trials": trials, "seed": seed, "stopped": stopped, "studies": [list(one) for one in ran]}
        write_simulation(out, protocol, path, joined(out, results), noticed, asked)
    return Simulated(results, ran, noticed, stopped)


def _tasks(protocol: Protocol, studies: Sequence[Study], trials: int, out: Path | None, *, resume: bool) -> list[_Task]:
    """Studies with what is kept of them; a folder in which something would be lost is refused.

    Raises:
        BundleError: When the folder holds something else, or trials of another seed or protocol.
        UsageError: When an earlier run has more trials, and is not continued.
    """
    import equipoise
    from equipoise.protocol.canonical import protocol_hash
    from equipoise.results.bundle import check_target
    from equipoise.simulation.accumulate import Accumulator

    if out is not None:
        check_target(out)
    declared = protocol_hash(protocol)
    tasks: list[_Task] = []
    for study in studies:
        identity = Identity(
            declared, study.seed, study.scenario, study.under, words_of(study.vary), equipoise.__version__
        )  # fmt: skip
        if out is None:
            tasks.append(_Task(study, identity, None))
            continue
        if not tasks:
            check_seed(out, identity)
            check_others(out, identity)
        file = sums_file(out, identity)
        kept = read_sums(file, identity, Accumulator)
        if kept is not None and not resume and kept[0].trials > trials:
            raise UsageError(_would_lose(file, kept[0].trials))
        tasks.append(_Task(study, identity, file, *(kept if kept is not None and resume else ())))
    return tasks


def _would_lose(file: Path, trials: int) -> Problem:
    return Problem(
        "usage.more_trials_there",
        f"{trials:,} trials of the same are there, more than are asked for",
        Where(file=str(file)),
        cure="go on from there with --resume, or choose another folder for --out",
    )


def _run_all(tasks: Sequence[_Task], how: _How) -> tuple[list[tuple[Study, Accumulator]], list[Problem], bool]:
    """Sums of all studies, warnings, and whether the user stopped it."""
    found: list[tuple[Study, Accumulator]] = []
    notes: list[Problem] = []
    for number, task in enumerate(tasks):
        before = number * how.trials
        sums, stopped = _run(task, how, before, len(tasks) * how.trials)
        if sums is not None:
            found.append((task.study, sums))
            notes += _noticed(task, sums, how.trials)
        if stopped:
            done = before + (0 if sums is None else sums.trials)
            notes.append(_stopped(done, len(tasks) * how.trials, kept=task.file is not None))
            return found, notes, True
    return found, notes, False


def _run(task: _Task, how: _How, before: int, total: int) -> tuple[Accumulator | None, bool]:
    """Sums of one study, and whether the user stopped it."""
    progress = how.progress

    def tell(label: str, done: int, _trials: int) -> None:
        if progress is not None:
            progress(label, before + done, total)

    tell(task.label, 0 if task.done is None else task.done.trials, how.trials)
    if task.done is not None and task.done.trials >= how.trials:
        return task.done, False
    try:
        done, first = _first_unit(task, how)
        keep = None if task.file is None else partial(write_sums, task.file, task.identity, first=first)
        if how.cluster is not None:
            return on_cluster.run(task.study, how.trials, address=how.cluster, done=done, progress=tell,
                                  label=task.label, keep=keep, first=first), False  # fmt: skip
        return local.run(task.study, how.trials, jobs=how.jobs, done=done, progress=tell,
                         label=task.label, keep=keep), False  # fmt: skip
    except Interrupted as stopped:
        return stopped.done, True
    except KeyboardInterrupt:
        return task.done, True


def _first_unit(task: _Task, how: _How) -> tuple[Accumulator | None, str]:
    """Sums to go on from, and the digest of those of the first unit, which is simulated here in any case.

    Raises:
        BundleError: When sums are kept whose first unit comes out otherwise now.
        SimulationError: When no trial has the events that a look waits for.
    """
    if how.announce is not None and _to_compile(task.study):
        how.announce("compiling the loops, about a minute, once: they are kept for later runs")
    if how.trials < UNIT:
        return None, ""
    sums = simulate(task.study, 0, UNIT)
    first = digest(sums)
    if task.done is not None:
        if first != task.first:
            assert task.file is not None
            raise BundleError(_other_digits(task.file))
        return task.done, first
    check_reached(task.study, sums)
    if task.file is not None:
        write_sums(task.file, task.identity, sums, first)
    return sums, first


def _to_compile(study: Study) -> bool:
    """Whether the first trial will wait for the compiler."""
    from equipoise.kernels.sim.compile import is_compiled
    from equipoise.simulation.engine import loops

    return not all(is_compiled(loop) for loop in loops(study))


def _noticed(task: _Task, sums: Accumulator, trials: int) -> list[Problem]:
    """Warnings about one study."""
    if sums.trials < UNIT:
        check_reached(task.study, sums)
    notes = never_reached(task.study, sums, severity="warning")
    if task.file is not None and sums.trials > trials:
        notes.append(
            Problem(
                "simulation.more_trials",
                f"{sums.trials:,} trials of {task.label} are there, and all of them are reported",
                Where(file=str(task.file)),
                f"{trials:,}",
                severity="warning",
            )
        )
    return notes


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


def _stopped(done: int, total: int, *, kept: bool) -> Problem:
    cure = "go on with the same command and --resume" if kept else "with --out OUT, --resume can go on from there"
    return Problem("simulation.stopped", f"stopped after {done:,} of {total:,} trials; what is shown rests on these",
                   cure=cure, severity="warning")  # fmt: skip


def _other_digits(file: Path) -> Problem:
    return Problem(
        "bundle.other_digits",
        f"the first {UNIT:,} trials do not come out as they did",
        Where(file=str(file)),
        cure="choose another folder for --out: the annex, numpy or the kind of processor is another one",
    )
