"""Units of 4,096 trials: the one seam `(study, start, stop) -> sums` behind which trials run, and how sums are added.

A sum of floating-point numbers depends on the order of its terms. So the terms are always the same, whole units of
4,096 trials counted from the first, and they are always added from the left in order of the units, whoever computed
them and when: threads, processes, workers, a run that was stopped and continued. Every digit is then the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError

if TYPE_CHECKING:
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study

__all__ = ["KEEP_SECONDS", "MOST_TRIALS", "UNIT", "Interrupted", "Seam", "check_trials", "fold", "simulate", "spans"]

UNIT = 4096
MOST_TRIALS = 10**12
KEEP_SECONDS = 15.0

Seam = Callable[["Study", int, int], "Accumulator"]
"""What simulates the trials from one number to before another, and returns their sums."""
Progress = Callable[[str, int, int], None]
Keep = Callable[["Accumulator"], None]


class Interrupted(KeyboardInterrupt):
    """The user stopped a run; what was done is not lost.

    Attributes:
        done: Sums of the whole units so far; None where not even one was finished.
    """

    def __init__(self, done: Accumulator | None) -> None:
        super().__init__()
        self.done = done


def simulate(study: Study, start: int, stop: int) -> Accumulator:
    """Simulate some trials of one unit: patients and looks, what is decided, and sums of both.

    Args:
        study: What is simulated.
        start: Number of the first trial, from 0.
        stop: Number after the last.
    """
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.decisions import decide
    from equipoise.simulation.engine import unit

    outcome = unit(study, start, stop)
    return Accumulator.of(study, outcome, decide(study, outcome))


def check_trials(trials: int) -> None:
    """Refuse a number of trials that is none, or more than anyone can run.

    Args:
        trials: How many are asked for.

    Raises:
        UsageError: When it is not between 1 and 1e12.
    """
    if not 1 <= trials <= MOST_TRIALS:
        raise UsageError(
            Problem(
                "usage.trials",
                "a simulation has from 1 to 1e12 trials",
                value=f"{trials:,}",
                cure="write `--trials 1e6`: its error of a power of 0.9 is 0.0003",
            )
        )


def spans(trials: int, done: int = 0) -> Iterator[tuple[int, int]]:
    """The units of a run in their order: number of the first trial, and the number after the last.

    Args:
        trials: Trials of the whole run.
        done: Trials that are done, whole units.
    """
    for start in range(done, trials, UNIT):
        yield start, min(start + UNIT, trials)


def fold(
    found: Iterable[Accumulator],
    trials: int,
    *,
    done: Accumulator | None = None,
    progress: Progress | None = None,
    label: str = "",
    keep: Keep | None = None,
) -> Accumulator:
    """Add the sums of units from the left, in their order.

    Args:
        found: Sums of each unit after those that are done, in the order of `spans`.
        trials: Trials of the whole run, 1 or more.
        done: Sums of the units that are done.
        progress: Called with (label, trials done, trials).
        label: What is being done.
        keep: Called with the sums of all whole units every 15 seconds and at the end, whatever ended it.

    Returns:
        The sums of all trials.

    Raises:
        Interrupted: When the user stopped it; it carries the sums of the whole units so far.
    """
    total = whole = kept = done
    last = time.monotonic()
    try:
        for one in found:
            total = one if total is None else total.merged(one)
            if total.trials % UNIT == 0:
                whole = total
            if progress is not None:
                progress(label, total.trials, trials)
            if keep is not None and whole is not None and time.monotonic() - last >= KEEP_SECONDS:
                keep(whole)
                kept, last = whole, time.monotonic()
    except KeyboardInterrupt:
        raise Interrupted(whole) from None
    finally:
        if keep is not None and whole is not None and whole is not kept:
            keep(whole)
    assert total is not None
    return total
