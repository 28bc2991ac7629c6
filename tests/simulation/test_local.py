"""Units of 4,096 trials, whoever computes them: the same sums to the last bit; what is done is kept."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fake_study import FakeStudy, FakeSums, fake_unit, same

from equipoise.errors import UsageError
from equipoise.simulation import local, units

run = functools.partial(local.run, seam=fake_unit)


def test_spans():
    assert list(units.spans(10_000)) == [(0, 4096), (4096, 8192), (8192, 10_000)]
    assert list(units.spans(8192)) == [(0, 4096), (4096, 8192)]
    assert list(units.spans(10_000, done=8192)) == [(8192, 10_000)]
    assert list(units.spans(1)) == [(0, 1)]


def test_any_number_of_threads_gives_the_same_bits():
    trials = 30 * 4096 + 17
    one = run(FakeStudy(), trials, jobs=1)
    assert one.trials == trials
    for jobs in (2, 3, 7):
        assert same(run(FakeStudy(seconds=0.001), trials, jobs=jobs), one)
    # Another order of addition is another sum: the test above can fail.
    parts = [fake_unit(FakeStudy(), *span) for span in units.spans(trials)]
    assert not same(functools.reduce(FakeSums.merged, reversed(parts)), one)


def test_a_run_goes_on_where_it_was():
    first = run(FakeStudy(), 5 * 4096, jobs=2)
    assert same(run(FakeStudy(), 50_000, jobs=2, done=first), run(FakeStudy(), 50_000, jobs=1))
    assert run(FakeStudy(), 4096, done=first) is first


def test_few_units_are_under_way():
    running, most, lock = set(), [0], threading.Lock()

    def counted(study, start, stop):
        with lock:
            running.add(start)
            # The first unit takes longest: those after it wait to be added, and few may.
            most[0] = max(most[0], start // 4096)
        if start == 0:
            time.sleep(0.2)
            assert most[0] <= 8
        return fake_unit(study, start, stop)

    local.run(FakeStudy(), 60 * 4096, jobs=2, seam=counted)
    assert len(running) == 60


def test_kept_are_whole_units(monkeypatch):
    monkeypatch.setattr(units, "KEEP_SECONDS", 0.0)
    kept = []
    run(FakeStudy(), 3 * 4096 + 5, jobs=2, keep=kept.append)
    assert [one.trials for one in kept] == [4096, 8192, 3 * 4096, 3 * 4096]
    kept.clear()
    run(FakeStudy(), 5, keep=kept.append)
    assert kept == []


def test_progress_counts_trials():
    said = []
    run(FakeStudy(), 10_000, progress=lambda *words: said.append(words), label="planned")
    assert said == [("planned", 4096, 10_000), ("planned", 8192, 10_000), ("planned", 10_000, 10_000)]


@pytest.fixture
def interruptible():
    """A process that was started in the background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_stopping_keeps_what_is_done():
    kept = []

    def stopping(study, start, stop):
        if start == 6 * 4096:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
        return fake_unit(study, start, stop)

    before = threading.active_count()
    with pytest.raises(units.Interrupted) as stopped:
        local.run(FakeStudy(seconds=0.01), 10_000_000, jobs=1, keep=kept.append, seam=stopping)
    done = stopped.value.done
    assert done.trials % 4096 == 0
    assert 0 < done.trials <= 7 * 4096
    assert kept[-1] is done
    assert same(done, run(FakeStudy(), done.trials, jobs=2))
    assert threading.active_count() == before


def test_an_error_in_a_unit_ends_the_run_and_keeps_the_units_before():
    kept = []

    def wrong(study, start, stop):
        if start == 3 * 4096:
            raise ZeroDivisionError
        return fake_unit(study, start, stop)

    with pytest.raises(ZeroDivisionError):
        local.run(FakeStudy(), 100 * 4096, jobs=2, keep=kept.append, seam=wrong)
    assert kept[-1].trials == 3 * 4096


@pytest.mark.parametrize("trials", [0, -1, 10**12 + 1, 10**15])
def test_trials_out_of_range(trials):
    with pytest.raises(UsageError, match="from 1 to 1e12 trials"):
        run(FakeStudy(), trials)


@pytest.mark.parametrize("jobs", [0, -2, 5000])
def test_jobs_out_of_range(jobs):
    with pytest.raises(UsageError, match="threads"):
        run(FakeStudy(), 1, jobs=jobs)
