"""The re-randomization test: a statistic against its distribution when only the allocation is drawn again.

Patients, their order, their levels and their outcomes stay; the declared procedure allocates them anew. The test is
valid whatever the outcomes are, trends over time included (Edgington 1995, Randomization Tests; Simon and Simon 2011,
Stat Probab Lett 81:767, for restricted procedures).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import NamedTuple

from equipoise.errors import Problem, UsageError, Where
from equipoise.randomization.keyed import assign
from equipoise.randomization.law import Chain, State
from equipoise.randomization.scheme import Scheme
from equipoise.randomization.steps import allocate
from equipoise.rng import stream

__all__ = ["Rerandomization", "first_impossible", "rerandomization_test"]

_WORDS = 8
_TOLERANCE = 1e-9  # relative: a statistic computed in another order of summing is the same


class Rerandomization(NamedTuple):
    """A re-randomization test.

    Attributes:
        p: (1 + extreme) / (1 + replicates); never 0.
        error: Monte Carlo standard error of p.
        observed: The statistic of the trial as it was.
        extreme: Replicates whose statistic is at least as large.
        replicates: Allocations that were drawn.
    """

    p: float
    error: float
    observed: float
    extreme: int
    replicates: int


def rerandomization_test(
    scheme: Scheme,
    levels: Sequence[Sequence[int]],
    arms: Sequence[int],
    statistic: Callable[[Sequence[int]], float],
    *,
    replicates: int = 9999,
    seed: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Rerandomization:
    """Test with the declared procedure as the reference.

    Args:
        scheme: The procedure and its factors.
        levels: Index of each patient's level of each factor, in order of allocation; empty rows without factors.
        arms: The arm of each patient, an index of `scheme.arms`.
        statistic: From arms to a number, large where the trial speaks against the null hypothesis.
        replicates: Allocations to draw, from 19.
        seed: Seed of the streams; each replicate has its own.
        progress: Called with (label, step, steps).

    Returns:
        The test.

    Raises:
        UsageError: When the arms can't be from this procedure (the first such patient is named), lengths differ, or the
            statistic of the trial is not a number.
    """
    if len(levels) != len(arms) or not arms or replicates < 19:
        raise UsageError(
            Problem("usage.rerandomization", "there must be levels for each arm, patients, and 19 replicates or more",
                    cure="give one row of levels a patient, in the order of allocation")
        )  # fmt: skip
    impossible = first_impossible(scheme, levels, arms)
    if impossible is not None:
        raise UsageError(
            Problem("usage.rerandomization", "the declared procedure can't have allocated this patient so",
                    Where(row=impossible + 1),
                    cure="check the order of the patients, their strata, and which procedure was used")
        )  # fmt: skip
    observed = float(statistic(arms))
    if observed != observed:
        raise UsageError(
            Problem("usage.rerandomization", "the statistic of the trial is not a number", cure="check the statistic")
        )
    cells = [scheme.cell(row) for row in levels]
    least = observed - _TOLERANCE * max(1.0, abs(observed))
    extreme = 0
    for replicate in range(replicates):
        drawn = float(statistic(_again(scheme, cells, seed, replicate)))
        extreme += not drawn < least  # what is not a number counts against the trial
        if progress is not None and replicate % 100 == 99:
            progress("Allocating anew", replicate + 1, replicates)
    p = (1 + extreme) / (1 + replicates)
    return Rerandomization(p, sqrt(p * (1 - p) / (1 + replicates)), observed, extreme, replicates)


def first_impossible(scheme: Scheme, levels: Sequence[Sequence[int]], arms: Sequence[int]) -> int | None:
    """The first patient whose arm the procedure can't have given, as after a block that does not close.

    Args:
        scheme: The procedure and its factors.
        levels: Index of each patient's level of each factor, in order of allocation.
        arms: The arm of each patient.

    Returns:
        Position of the patient, from 0; None when the sequence is possible.
    """
    if scheme.rule.levels:
        return _impossible(Chain(scheme.rule), [scheme.cell(row) for row in levels], arms, range(len(arms)))
    strata: dict[tuple[int, ...], list[int]] = {}
    for position, row in enumerate(levels):
        strata.setdefault(scheme.cell(row), []).append(position)
    chain = Chain(scheme.rule)  # a stratum is a sequence of its own
    found = (_impossible(chain, [(0,)] * len(places), [arms[place] for place in places], places)
             for places in strata.values())  # fmt: skip
    return min((place for place in found if place is not None), default=None)


def _impossible(
    chain: Chain, cells: Sequence[tuple[int, ...]], arms: Sequence[int], places: Sequence[int]
) -> int | None:
    """Follow all states that the sequence can have come through."""
    states: set[State] = {chain.start}
    for cell, arm, place in zip(cells, arms, places, strict=True):
        states = {after for state in states for _, given, after in chain.branches(state, cell) if given == arm}
        if not states:
            return place
    return None


def _again(scheme: Scheme, cells: Sequence[tuple[int, ...]], seed: int, replicate: int) -> list[int]:
    source = stream(seed, "randomize", "again", replicate)
    words = source.integers(0, 2**32, (len(cells), _WORDS), dtype="uint32").tolist()
    state = scheme.start()
    arms = []
    for patient, cell in enumerate(cells):

        def supply(digest: int, patient: int = patient) -> list[int]:
            if digest == 0:
                return words[patient]  # type: ignore[no-any-return]
            more = stream(seed, "randomize", "again", replicate, patient, digest)
            return more.integers(0, 2**32, _WORDS, dtype="uint32").tolist()  # type: ignore[no-any-return]

        arms.append(assign(allocate, scheme.rule.plan, state, cell, supply)[0])
    return arms
