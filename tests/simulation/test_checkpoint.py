"""Sums that are kept: read as they were written, and only by whom they belong to."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fake_study import FakeStudy, FakeSums, fake_unit, same

from equipoise.errors import BundleError
from equipoise.simulation.checkpoint import (
    Identity,
    check_others,
    digest,
    read_sums,
    sums_file,
    trials_there,
    write_sums,
)

WHOSE = Identity(protocol="a" * 64, seed=1, scenario="planned", under="h1", vary="", version="1.0")


@pytest.fixture
def sums():
    return fake_unit(FakeStudy(), 0, 4096)


@pytest.fixture
def kept(tmp_path, sums):
    path = sums_file(tmp_path, WHOSE)
    write_sums(path, WHOSE, sums, digest(sums))
    return path


def test_read_as_written(kept, sums):
    found, first = read_sums(kept, WHOSE, FakeSums)
    assert same(found, sums)
    assert first == digest(sums)
    assert [path.name for path in kept.parent.iterdir()] == ["planned.h1.npz"]


def test_nothing_kept(tmp_path):
    assert read_sums(tmp_path / "x.npz", WHOSE, FakeSums) is None


def test_a_file_for_each_study(tmp_path):
    varied = replace(WHOSE, under="h0", vary="dropout=0.02,hazard_ratio=0.7")
    assert sums_file(tmp_path, varied).name == "planned.h0.dropout-0.02.hazard_ratio-0.7.npz"


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"protocol": "b" * 64}, {"scenario": "late"}, {"under": "h0"}, {"version": "2.0"}]
)
def test_of_another(kept, change):
    with pytest.raises(BundleError, match=f"trials of another {next(iter(change))}"):
        read_sums(kept, replace(WHOSE, **change), FakeSums)


def test_other_scenarios_of_the_same_seed_and_protocol_may_be_there(kept, tmp_path):
    check_others(tmp_path, replace(WHOSE, scenario="late", under="h0"))
    for change in ({"seed": 2}, {"protocol": "b" * 64}):
        with pytest.raises(BundleError, match="trials of another"):
            check_others(tmp_path, replace(WHOSE, scenario="late", **change))


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04 half a file"])
def test_damaged(kept, tmp_path, content):
    kept.write_bytes(content)
    with pytest.raises(BundleError, match="can't read"):
        read_sums(kept, WHOSE, FakeSums)
    with pytest.raises(BundleError, match="can't read"):
        check_others(tmp_path, WHOSE)


def test_half_a_file(kept):
    kept.write_bytes(kept.read_bytes()[:-200])
    with pytest.raises(BundleError, match="can't read"):
        read_sums(kept, WHOSE, FakeSums)


def test_a_failed_write_leaves_the_old_file(kept, sums, monkeypatch):
    import numpy as np

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        write_sums(kept, WHOSE, sums.merged(sums), digest(sums))
    monkeypatch.undo()
    assert same(read_sums(kept, WHOSE, FakeSums)[0], sums)
    assert len(list(kept.parent.iterdir())) == 1


def test_digest_sees_the_last_bit(sums):
    import numpy as np

    other = replace(sums, sums=np.nextafter(sums.sums, np.inf))
    assert digest(other) != digest(sums)


def test_trials_that_can_be_gone_on_from(kept, tmp_path):
    assert trials_there(kept, WHOSE) == 4096
    assert trials_there(kept, replace(WHOSE, version="2.0")) == 0
    assert trials_there(tmp_path / "absent.npz", WHOSE) == 0
