"""Trials on a Dask cluster that exists: the same units behind the same seam, added in the same order, to the same bits.

A task simulates several units and returns the sums of each, since sums of sums would be other sums. Few tasks are
under way at a time. No worker holds anything that would be lost with it: a task whose worker is lost, and the study
that tasks are told, are had again elsewhere, and nothing depends on who ran what.
"""

from __future__ import annotations

import hashlib
import pickle
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from equipoise.errors import Problem, SimulationError, UsageError
from equipoise.simulation.checkpoint import digest
from equipoise.simulation.units import UNIT, Keep, Progress, Seam, check_trials, fold, simulate, spans

if TYPE_CHECKING:
    from distributed import Client, Future
    from numpy.typing import NDArray

    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study

__all__ = ["connected", "run", "versions"]

Spans = tuple[tuple[int, int], ...]

_ANSWERS = 10.0  # seconds in which a scheduler answers
_WORKERS = 600.0  # seconds in which the first worker comes: a queue of batch jobs takes its time
_LOOKS = 0.5  # seconds between looks at what else happens while a task is awaited
_MOST_UNITS = 16  # units of a task: half a second to half a minute
_WAITING = 4  # tasks for each thread of the cluster
_RETRIES = 5  # times that a task is run again
_KEPT = 3  # studies that a worker keeps unpacked


class _Payload(NamedTuple):
    """What a task is told.

    Attributes:
        study: The study, pickled.
        name: Digest of it: a worker keeps what it has unpickled.
        seam: What simulates a unit, pickled.
        versions: Versions that give the same digits.
        first: Digest of the first unit's sums where they were asked for; "" not to compare.
    """

    study: bytes
    name: str
    seam: bytes
    versions: tuple[tuple[str, str], ...]
    first: str


class _OtherDigitsError(Exception):
    """A worker would compute other digits."""


def versions() -> tuple[tuple[str, str], ...]:
    """Versions of what computes digits, which must be the same everywhere."""
    from importlib.metadata import version

    import equipoise

    return (("equipoise", equipoise.__version__), *((name, version(name)) for name in ("numpy", "scipy", "numba")))


_studies: dict[str, tuple[Study, Seam]] = {}
_unpacking = threading.Lock()


def _carry(payload: _Payload) -> _Payload:
    """On a worker: what all tasks are told."""
    return payload


def _unpacked(payload: _Payload) -> tuple[Study, Seam]:
    """On a worker: study and seam, when this machine computes the digits of the one that asks.

    Raises:
        _OtherDigitsError: When it does not: some mathematical functions depend on the processor.
    """
    study, seam = pickle.loads(payload.study), pickle.loads(payload.seam)
    if payload.first and digest(seam(study, 0, UNIT)) != payload.first:
        message = f"{platform.node()} gives other digits for the first {UNIT:,} trials"
        raise _OtherDigitsError(message)
    return study, seam


def _simulate_units(payload: _Payload, units: Spans) -> dict[str, NDArray[Any]]:
    """On a worker: sums of units, each array with one more axis for them in front.

    Raises:
        _OtherDigitsError: When this worker has other versions than who asks.
    """
    import numpy as np

    own = versions()
    if own != payload.versions:
        pairs = zip(own, payload.versions, strict=True)
        message = ", ".join(f"{name} {here} instead of {there}" for (name, here), (_, there) in pairs if here != there)
        raise _OtherDigitsError(message)
    with _unpacking:
        if payload.name not in _studies:
            if len(_studies) > _KEPT:
                _studies.clear()
            _studies[payload.name] = _unpacked(payload)
    study, seam = _studies[payload.name]
    found = [seam(study, *span).to_arrays() for span in units]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


def run(
    study: Study,
    trials: int,
    *,
    client: Client,
    done: Accumulator | None = None,
    progress: Progress | None = None,
    label: str = "",
    keep: Keep | None = None,
    seam: Seam = simulate,
    kind: type[Accumulator] | None = None,
    first: str = "",
) -> Accumulator:
    """Run trials on a Dask cluster. The sums are those of a run on one machine, bit for bit.

    Args:
        study: What is simulated.
        trials: Trials of the whole run, from 1 to 1e12.
        client: What `connected` gave.
        done: Sums of the first whole units, of an earlier run.
        progress: Called with (label, trials done, trials) after each unit.
        label: What is being done.
        keep: Called with the sums of all whole units now and then, and at the end.
        seam: What simulates the trials of one unit; workers must be able to import it.
        kind: Class of the sums, whose `from_arrays` reads them; `Accumulator` where absent.
        first: Digest of the sums of the first unit, which every worker must come to before it is believed.

    Returns:
        The sums of all trials; `done` itself where it has as many or more.

    Raises:
        SimulationError: When no worker comes, workers have other versions, or tasks fail again and again.
        Interrupted: When the user stopped it; it carries the sums of the whole units so far.
    """
    check_trials(trials)
    if done is not None and done.trials >= trials:
        return done
    if kind is None:
        from equipoise.simulation.accumulate import Accumulator as kind  # noqa: N813
    assert kind is not None
    content = pickle.dumps(study, protocol=pickle.HIGHEST_PROTOCOL)
    payload = _Payload(content, hashlib.sha256(content).hexdigest(), pickle.dumps(seam), versions(), first)

    def waits(what: str) -> None:
        if progress is not None:
            progress(what, 0 if done is None else done.trials, trials)

    found = _units(client, payload, trials, 0 if done is None else done.trials, kind, waits)
    try:
        return fold(found, trials, done=done, progress=progress, label=label, keep=keep)
    finally:
        found.close()


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A connection to a Dask scheduler.

    Args:
        address: Of the scheduler, `tcp://scheduler:8786`.

    Yields:
        The client; it is closed at the end, and the cluster left as it is.

    Raises:
        UsageError: When dask is not installed, the address is none, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        problem = Problem("usage.no_dask", "a cluster needs dask and distributed, which are not installed",
                          cure='pip install "equipoise[cluster]"')  # fmt: skip
        raise UsageError(problem) from None
    try:
        client = Client(address, timeout=_ANSWERS, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        problem = Problem(
            "usage.cluster",
            f"no Dask scheduler answers there ({_words(error)})",
            value=address,
            cure="start one with `dask scheduler`, and give its address as `--cluster tcp://HOST:8786`",
        )
        raise UsageError(problem) from None
    try:
        yield client
    finally:
        with suppress(OSError):
            client.close(timeout=5)


@contextmanager
def _noticing_loss() -> Iterator[None]:
    """What a client raises in several ways when its scheduler is gone, as one error.

    Raises:
        SimulationError: When it is.
    """
    from concurrent.futures import CancelledError

    from distributed.client import ClosedClientError

    try:
        yield
    except (CancelledError, ClosedClientError, OSError) as error:  # CommClosedError is an OSError
        message = f"the connection to the cluster was lost ({_words(error)})"
        cure = "start it again, and continue with --resume"
        raise SimulationError(Problem("simulation.lost_cluster", message, cure=cure)) from None


def _words(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


def _units(
    client: Client, payload: _Payload, trials: int, done: int, kind: type[Accumulator], waits: Callable[[str], None]
) -> Generator[Accumulator, None, None]:
    """Sums of units in order, from tasks of several units."""
    waiting: deque[tuple[Spans, Future]] = deque()
    with _noticing_loss():
        threads = _wait_for_workers(client, waits)
        # A task of its own, not scattered data: when the worker that has it is lost, the scheduler makes it again.
        carried = client.submit(_carry, payload, pure=False, retries=_RETRIES)
    left = spans(trials, done)
    size = max(1, min(_MOST_UNITS, (trials - done) // (2 * UNIT * threads)))
    try:
        while True:
            with _noticing_loss():
                while len(waiting) < _WAITING * threads and (units := tuple(islice(left, size))):
                    waiting.append((units, _submit(client, carried, units)))
                if not waiting:
                    return
                units, future = waiting[0]
                stacked = _result(client, carried, units, future, waits)
                threads = max(1, sum(client.nthreads().values()))
            waiting.popleft()
            for at in range(len(units)):
                yield kind.from_arrays({name: array[at] for name, array in stacked.items()})
    finally:
        for _, future in waiting:
            future.release()
        carried.release()


def _submit(client: Client, carried: Future, units: Spans) -> Future:
    return client.submit(_simulate_units, carried, units, pure=False, retries=_RETRIES)


def _wait_for_workers(client: Client, waits: Callable[[str], None]) -> int:
    """Threads of the cluster, when it has workers.

    Raises:
        SimulationError: When none comes.
    """
    end = time.monotonic() + _WORKERS
    while not (threads := sum(client.nthreads().values())):
        if time.monotonic() > end:
            message = f"the cluster has no workers, and none came in {_WORKERS:.0f} seconds"
            cure = "start some with `dask worker tcp://HOST:8786`, or scale the cluster, and continue with --resume"
            raise SimulationError(Problem("simulation.no_workers", message, cure=cure))
        waits("Waiting for workers")
        time.sleep(_LOOKS)
    return int(threads)


def _result(
    client: Client, carried: Future, units: Spans, future: Future, waits: Callable[[str], None]
) -> dict[str, NDArray[Any]]:
    """What a task returned. One that took several workers with it is tried again: they may have been stopped.

    Raises:
        SimulationError: When it can't be had.
    """
    from distributed import wait
    from distributed.scheduler import KilledWorker

    for attempt in range(_RETRIES + 1):
        try:
            while True:
                with suppress(TimeoutError), client.as_current():
                    wait(future, timeout=_LOOKS)
                    return dict(future.result())
                _wait_for_workers(client, waits)
        except KilledWorker as error:
            if attempt == _RETRIES:
                cure = "give workers more memory, and continue with --resume"
                message = f"workers are lost again and again: {error}"
                raise SimulationError(Problem("simulation.lost_workers", message, cure=cure)) from None
            future = _submit(client, carried, units)
        except (_OtherDigitsError, ImportError, AttributeError) as error:
            message = f"a worker would compute otherwise: {error}"
            cure = "install the same versions where you are and on every worker"
            raise SimulationError(Problem("simulation.worker_versions", message, cure=cure)) from None
    raise AssertionError
