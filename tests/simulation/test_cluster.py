"""A Dask cluster of two workers, one of which is killed in the middle: complete, and the same to the last bit."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from pathlib import Path

import pytest

distributed = pytest.importorskip("distributed", reason="needs distributed, of the extra [cluster]")

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)
from fake_study import FakeStudy, FakeSums, fake_unit, same  # noqa: E402

from equipoise.errors import SimulationError, UsageError  # noqa: E402
from equipoise.simulation import cluster as clusters  # noqa: E402
from equipoise.simulation import local  # noqa: E402
from equipoise.simulation.checkpoint import digest  # noqa: E402
from equipoise.simulation.units import Interrupted  # noqa: E402
from equipoise.simulation.workflow import simulate_trial  # noqa: E402
from equipoise.trial import Trial  # noqa: E402

# Processes and event loops of dask close some sockets when they end.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


TRIAL = """\
equipoise: 1
trial: {id: REFERENCE, title: The trial that others are timed with}
time: {unit: months, data_unit: days, resolution: continuous}
arms: {new: {label: New, role: experimental}, old: {label: Old, role: control}}
populations: {itt: {arm: planned}}
endpoints: {pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}}
analysis: {main: {endpoint: pfs, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}}
hypotheses: {h: {analysis: main, alpha_one_sided: 0.025}}
scenarios:
  planned:
    enrollment: {patients: 518, duration: 49}
    dropout: {hazard: 0.01}
    endpoints: {pfs: {old: {median: 29.1}, new: {hazard_ratio: 0.75}}}
design: {h: {assume: planned, looks: [{events: 330}]}}
"""


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as made:
            yield made


def run(study, trials, address, **rest):
    with clusters.connected(address) as client:
        return clusters.run(study, trials, client=client, seam=fake_unit, kind=FakeSums, **rest)


def test_a_run_goes_on_and_no_other_digits_are_believed(cluster):
    first = local.run(FakeStudy(), 5 * 4096, jobs=2, seam=fake_unit)
    kept = []
    found = run(FakeStudy(), 30_000, cluster.scheduler_address, done=first, keep=kept.append)
    assert same(found, local.run(FakeStudy(), 30_000, jobs=1, seam=fake_unit))
    assert kept[-1].trials == 28_672
    assert run(FakeStudy(), 4096, cluster.scheduler_address, done=first) is first
    with pytest.raises(SimulationError, match="other digits"):
        run(FakeStudy(seed=2), 30_000, cluster.scheduler_address, first=digest(first))
    with pytest.raises(TypeError):
        run(FakeStudy(seconds="a"), 30_000, cluster.scheduler_address)


def test_versions_are_compared(cluster, monkeypatch):
    monkeypatch.setattr(
        clusters, "versions", lambda: (("equipoise", "99"), ("numpy", "1"), ("scipy", "1"), ("numba", "1"))
    )
    with pytest.raises(SimulationError, match="instead of 99"):
        run(FakeStudy(), 5000, cluster.scheduler_address)


def test_stopping_keeps_what_is_done(cluster):
    def watch(_label, done, _trials):
        if done > 3 * 4096:
            raise KeyboardInterrupt

    kept = []
    with pytest.raises(Interrupted) as stopped:
        run(FakeStudy(seconds=0.01), 100 * 4096, cluster.scheduler_address, progress=watch, keep=kept.append)
    assert same(stopped.value.done, local.run(FakeStudy(), 4 * 4096, seam=fake_unit))
    assert kept[-1] is stopped.value.done


def _allow(failures, dask_scheduler):
    dask_scheduler.allowed_failures = failures


@pytest.mark.parametrize("failures", [0, 3])
def test_a_worker_is_killed_in_the_middle(cluster, failures, monkeypatch):
    """A scheduler runs lost tasks again, and gives up on those that were lost too often: these are asked for again."""
    study, trials = FakeStudy(seconds=0.01), 70 * 4096 + 100
    alone = local.run(FakeStudy(), trials, jobs=1, seam=fake_unit)
    cluster.wait_for_workers(2, timeout=30)
    with distributed.Client(cluster, set_as_default=False) as client:
        client.run_on_scheduler(_allow, failures)
        workers = list(client.run(os.getpid).values())
    killed, asked, submit = [], [], clusters._submit
    monkeypatch.setattr(clusters, "_MOST_UNITS", 2)
    monkeypatch.setattr(clusters, "_submit", lambda *args: asked.append(args[-1]) or submit(*args))

    def watch(_label, done, _trials):
        if done > 15 * 4096 and not killed:
            os.kill(workers[0], signal.SIGKILL)
            killed.append(done)

    found = run(study, trials, cluster.scheduler_address, progress=watch, first=digest(fake_unit(study, 0, 4096)))
    assert killed
    assert killed[0] < trials / 2
    assert found.trials == trials
    assert same(found, alone)
    assert len(set(asked)) == 36
    assert (len(asked) > 36) == (failures == 0)


def test_a_declared_trial_on_a_cluster_that_loses_a_worker(cluster, tmp_path):
    """The same through the whole of a simulation: every row."""
    (tmp_path / "trial.yaml").write_text(TRIAL)
    protocol = Trial.load(tmp_path).protocol
    alone = simulate_trial(protocol, trials=40_000, under="h1", jobs=2)
    cluster.wait_for_workers(2, timeout=30)
    with distributed.Client(cluster, set_as_default=False) as client:
        workers = list(client.run(os.getpid).values())
    killed = []

    def watch(_label, done, _trials):
        if done > 3 * 4096 and not killed:
            os.kill(workers[0], signal.SIGKILL)
            killed.append(done)

    found = simulate_trial(protocol, trials=40_000, under="h1", cluster=cluster.scheduler_address, progress=watch)
    assert killed
    assert [row.to_dict() for row in found] == [row.to_dict() for row in alone]
    assert found.one(statistic="trials").value == 40_000


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:9", "tcp://no.such.host.invalid:8786", ""]
)
def test_nobody_answers(address, monkeypatch):
    monkeypatch.setattr(clusters, "_ANSWERS", 0.5)
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        run(FakeStudy(), 5000, address)


def test_no_worker_comes(monkeypatch):
    monkeypatch.setattr(clusters, "_WORKERS", 0.2)
    monkeypatch.setattr(clusters, "_LOOKS", 0.1)
    said = []
    with (
        distributed.LocalCluster(
            n_workers=0, processes=False, protocol="tcp", dashboard_address=":0", silence_logs=50
        ) as made,
        pytest.raises(SimulationError, match="no workers"),
    ):
        run(FakeStudy(), 5000, made.scheduler_address, progress=lambda *words: said.append(words))
    assert said[0] == ("Waiting for workers", 0, 5000)


def test_a_scheduler_goes_away():
    made = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=":0", silence_logs=50
    )
    kept = []

    def watch(_label, done, _trials):
        if done == 3 * 4096:
            made.close()

    with pytest.raises(SimulationError, match="connection to the cluster was lost"):
        run(FakeStudy(seconds=0.005), 500 * 4096, made.scheduler_address, progress=watch, keep=kept.append)
    assert same(kept[-1], local.run(FakeStudy(), kept[-1].trials, seam=fake_unit))
    assert kept[-1].trials >= 3 * 4096


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"equipoise\[cluster\]"):
        run(FakeStudy(), 5000, "tcp://127.0.0.1:9")
