"""A stand-in for trials: sums of random numbers whose order of addition shows in their last digits."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FakeStudy:
    """What is simulated: streams of a seed, and how long a unit takes."""

    seed: int = 1
    seconds: float = 0.0


@dataclass(frozen=True)
class FakeSums:
    """Sums of one or more units."""

    trials: int
    sums: np.ndarray
    counts: np.ndarray

    def merged(self, other):
        return FakeSums(self.trials + other.trials, self.sums + other.sums, self.counts + other.counts)

    def to_arrays(self):
        return {"trials": np.array([self.trials]), "sums": self.sums, "counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays):
        return cls(int(arrays["trials"][0]), np.array(arrays["sums"]), np.array(arrays["counts"]))


def fake_unit(study, start, stop):
    """Sums over trials, each with a stream of its own."""
    time.sleep(study.seconds * (1 + start // 4096 % 3))
    draws = np.random.Generator(np.random.Philox(key=[study.seed, start])).random((stop - start, 5))
    values = np.exp(30.0 * (draws - 0.5))
    return FakeSums(stop - start, values.sum(axis=0), (draws > 0.5).sum(axis=0))


def same(one, other):
    """Whether sums are the same to the last bit."""
    first, second = one.to_arrays(), other.to_arrays()
    return list(first) == list(second) and all(first[name].tobytes() == second[name].tobytes() for name in first)
