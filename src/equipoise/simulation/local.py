"""Trials on this machine: a few threads, since compiled loops run without the interpreter's lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError
from equipoise.simulation.units import Interrupted, Keep, Progress, Seam, check_trials, fold, simulate, spans

if TYPE_CHECKING:
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study

__all__ = ["processors", "run"]

_WAITING = 4  # units for each thread that are computed or wait to be added


def processors() -> int:
    """How many threads can run at once here: the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    study: Study,
    trials: int,
    *,
    jobs: int | None = None,
    done: Accumulator | None = None,
    progress: Progress | None = None,
    label: str = "",
    keep: Keep | None = None,
    seam: Seam = simulate,
) -> Accumulator:
    """Run trials in threads. The sums are the same for any number of threads, bit for bit.

    Args:
        study: What is simulated.
        trials: Trials of the whole run, from 1 to 1e12.
        jobs: Threads; as many as there are processors where absent.
        done: Sums of the first whole units, of an earlier run.
        progress: Called with (label, trials done, trials) after each unit.
        label: What is being done.
        keep: Called with the sums of all whole units now and then, and at the end.
        seam: What simulates the trials of one unit.

    Returns:
        The sums of all trials; `done` itself where it has as many or more.

    Raises:
        UsageError: When the number of trials or of threads makes no sense.
        Interrupted: When the user stopped it; it carries the sums of the whole units so far.
    """
    check_trials(trials)
    threads = check_jobs(jobs)
    if done is not None and done.trials >= trials:
        return done
    found = _units(study, spans(trials, 0 if done is None else done.trials), threads, seam)
    try:
        return fold(found, trials, done=done, progress=progress, label=label, keep=keep)
    except Interrupted:
        with suppress(KeyboardInterrupt):  # of a user who does not wait for the units that have begun
            found.close()
        raise
    finally:
        found.close()


def check_jobs(jobs: int | None) -> int:
    """The number of threads that is meant.

    Args:
        jobs: What was asked for; None for all processors.

    Raises:
        UsageError: When it is not between 1 and 1,024.
    """
    if jobs is None:
        return processors()
    if not 1 <= jobs <= 1024:
        problem = Problem("usage.jobs", "there are from 1 to 1,024 threads", value=str(jobs),
                          cure=f"leave `--jobs` out for one thread a processor ({processors()} here)")  # fmt: skip
        raise UsageError(problem)
    return jobs


def _units(
    study: Study, left: Iterator[tuple[int, int]], threads: int, seam: Seam
) -> Generator[Accumulator, None, None]:
    """Sums of units in order. Few are under way at any time, so that memory does not grow with the number of trials."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="simulate")
    waiting: deque[Future[Accumulator]] = deque()
    try:
        while True:
            while len(waiting) < _WAITING * threads and (span := next(left, None)) is not None:
                waiting.append(pool.submit(seam, study, *span))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        # Whatever ended it: units that have begun are waited for, so that no thread outlives the run.
        pool.shutdown(wait=True, cancel_futures=True)
