"""Several studies, one after another: what is kept of each, its first unit here, and the rest wherever it is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.errors import BundleError, Problem, UsageError, Where
from equipoise.simulation import cluster as on_cluster
from equipoise.simulation import local
from equipoise.simulation.bundle import check_seed
from equipoise.simulation.checkpoint import (
    Identity,
    check_others,
    digest,
    read_sums,
    sums_file,
    trials_there,
    write_sums,
)
from equipoise.simulation.reach import check_reached, never_reached
from equipoise.simulation.sweep import words_of
from equipoise.simulation.units import UNIT, Interrupted, Progress, simulate

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study

__all__ = ["How", "Ran", "Task", "run_all", "tasks_of"]


@dataclass(frozen=True, slots=True)
class Task:
    """One study, and what is known of it.

    Attributes:
        study: What is simulated.
        identity: Whose its sums are.
        file: Where they are kept; None without a bundle.
        done: Those of an earlier run, or of the first unit.
        first: Digest of those of the first unit; "" before it was simulated.
        begun: Whether the first unit was simulated in this run.
    """

    study: Study
    identity: Identity
    file: Path | None
    done: Accumulator | None = None
    first: str = ""
    begun: bool = False

    @property
    def label(self) -> str:
        """The study in words."""
        one = self.identity
        return ", ".join(part for part in (one.scenario, one.under.upper(), one.vary) if part)


@dataclass(frozen=True, slots=True)
class How:
    """How trials are run.

    Attributes:
        trials: Trials of each study.
        jobs: Threads on this machine.
        cluster: Address of a scheduler; None for this machine.
        progress: Called with (label, trials done, trials), of all studies together.
        announce: Called with what takes time before the first trial.
    """

    trials: int
    jobs: int | None = None
    cluster: str | None = None
    progress: Progress | None = None
    announce: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What was run.

    Attributes:
        found: Studies and their sums, in the order in which they ran.
        notes: Warnings.
        stopped: Whether the user stopped it.
    """

    found: tuple[tuple[Study, Accumulator], ...]
    notes: tuple[Problem, ...]
    stopped: bool


def tasks_of(
    protocol: Protocol, studies: Sequence[Study], trials: int, out: Path | None, *, resume: bool
) -> tuple[Task, ...]:
    """Studies with what is kept of them; a folder in which something would be lost is refused.

    Args:
        protocol: The declared trial.
        studies: What is to be simulated.
        trials: Trials of each.
        out: Folder of the bundle.
        resume: Whether to go on where an earlier run was.

    Raises:
        BundleError: When the folder holds something else, or trials of another seed or protocol.
        UsageError: When an earlier run has more trials, and is not continued.
    """
    import equipoise
    from equipoise.protocol.canonical import protocol_hash
    from equipoise.results.bundle import check_target
    from equipoise.simulation.accumulate import Accumulator

    declared, version = protocol_hash(protocol), equipoise.__version__
    tasks = [
        Task(one, Identity(declared, one.seed, one.scenario, one.under, words_of(one.vary), version), None)
        for one in studies
    ]
    if out is None:
        return tuple(tasks)
    check_target(out)
    check_seed(out, tasks[0].identity)
    check_others(out, tasks[0].identity)
    known: list[Task] = []
    for task in tasks:
        file = sums_file(out, task.identity)
        there = trials_there(file, task.identity)
        if there > trials and not resume:
            raise UsageError(_would_lose(file, there))
        kept = read_sums(file, task.identity, Accumulator) if resume else None
        done, first = kept or (None, "")
        known.append(replace(task, file=file, done=done, first=first))
    return tuple(known)


def _would_lose(file: Path, trials: int) -> Problem:
    return Problem(
        "usage.more_trials_there",
        f"{trials:,} trials of the same are there, more than are asked for",
        Where(file=str(file)),
        cure="go on from there with --resume, or choose another folder for --out",
    )


def run_all(tasks: Sequence[Task], how: How) -> Ran:
    """Run all studies, until the user stops it.

    Args:
        tasks: The studies. The first units of those in which nothing is varied are simulated before anything is
            written, so that a scenario that makes no sense is refused at once.
        how: How trials are run.

    Raises:
        BundleError: When trials are to be added to some that come out otherwise now.
        SimulationError: When no trial has the events that a look waits for, or the cluster fails.
        UsageError: When no cluster answers.
        KeyboardInterrupt: When the user stops it before anything was done.
    """
    found: list[tuple[Study, Accumulator]] = []
    notes: list[Problem] = []
    total = len(tasks) * how.trials
    with nullcontext() if how.cluster is None else on_cluster.connected(how.cluster) as client:
        opened = [task if task.study.vary else _begun(task, how) for task in tasks]
        for number, task in enumerate(opened):
            sums, stopped = _run(task, how, client, (number * how.trials, total))
            if sums is not None:
                found.append((task.study, sums))
                notes += _noticed(task, sums, how.trials)
            if stopped:
                done = number * how.trials + (0 if sums is None else sums.trials)
                return Ran(tuple(found), (*notes, _stopped(done, total, kept=task.file is not None)), stopped=True)
    return Ran(tuple(found), tuple(notes), stopped=False)


def _begun(task: Task, how: How) -> Task:
    """A study whose first unit is simulated, and is what it was where there are sums to go on from.

    Raises:
        BundleError: When it is not.
        SimulationError: When no trial has the events that a look waits for.
    """
    if task.begun or (task.done is not None and task.done.trials >= how.trials):
        return task
    if how.announce is not None and _to_compile(task.study):
        how.announce("compiling the loops, about a minute, once: they are kept for later runs")
    sums = simulate(task.study, 0, min(UNIT, how.trials))
    check_reached(task.study, sums)
    if how.trials < UNIT:
        return replace(task, begun=True)
    first = digest(sums)
    if task.done is not None and first != task.first:
        assert task.file is not None
        raise BundleError(_other_digits(task.file))
    return replace(task, done=task.done or sums, first=first, begun=True)


def _to_compile(study: Study) -> bool:
    """Whether the first trial will wait for the compiler."""
    from equipoise.kernels.sim.compile import is_compiled
    from equipoise.simulation.engine import loops

    return not all(is_compiled(loop) for loop in loops(study))


def _other_digits(file: Path) -> Problem:
    return Problem(
        "bundle.other_digits",
        f"the first {UNIT:,} trials do not come out as they did",
        Where(file=str(file)),
        cure="choose another folder for --out: the annex, numpy or the kind of processor is another one",
    )


def _run(task: Task, how: How, client: Any, place: tuple[int, int]) -> tuple[Accumulator | None, bool]:
    """Sums of one study, and whether the user stopped it; its place is trials before it, and of all studies."""

    def tell(label: str, done: int, _trials: int) -> None:
        if how.progress is not None:
            how.progress(label, place[0] + done, place[1])

    tell(task.label, 0 if task.done is None else task.done.trials, how.trials)
    if task.done is not None and task.done.trials > how.trials:
        return task.done, False
    try:
        task = _begun(task, how)
        keep = None if task.file is None else partial(write_sums, task.file, task.identity, first=task.first)
        if keep is not None and task.done is not None:
            keep(task.done)
        if client is not None:
            return on_cluster.run(task.study, how.trials, client=client, done=task.done, progress=tell,
                                  label=task.label, keep=keep, first=task.first), False  # fmt: skip
        return local.run(task.study, how.trials, jobs=how.jobs, done=task.done, progress=tell,
                         label=task.label, keep=keep), False  # fmt: skip
    except Interrupted as stopped:
        return stopped.done, True
    except KeyboardInterrupt:
        return task.done, True


def _noticed(task: Task, sums: Accumulator, trials: int) -> list[Problem]:
    """Warnings about one study."""
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


def _stopped(done: int, total: int, *, kept: bool) -> Problem:
    cure = "go on with the same command and --resume" if kept else "with --out OUT, --resume can go on from there"
    return Problem("simulation.stopped", f"stopped after {done:,} of {total:,} trials; what is shown rests on these",
                   cure=cure, severity="warning")  # fmt: skip
