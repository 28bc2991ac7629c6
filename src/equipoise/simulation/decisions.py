"""What the declared design decides in simulated trials: bounds as observed, hierarchy or graph, futility, in bulk.

Each trial goes through its data cuts in order of time. At a cut the hypotheses that are looked at there, that are open
and were not stopped, are compared with the bounds of their present level; what is rejected opens others or passes its
share of alpha on, and those looked at *at the same cut* are compared again (Maurer and Bretz 2013, Stat Biopharm Res
5:311, Algorithm 1; `equipoise.design.multiplicity`). So a hypothesis that comes after another is tested at the cut at
which that one is rejected, if it is looked at there, and at its later cuts; results of earlier cuts are not used again,
unless a graph declares `look_back`. Its bounds are those of all of its own looks at its level, as if it had been open
from the start: looks at which it was not tested have their share of alpha.

At an interim look a hypothesis that is tested and not rejected stops at or below its futility bound, or that of a rule
for harm; in a two-sided test also at or below minus its efficacy bound, which is neither. It is not tested again, and
what follows it never is. A hypothesis that is not open is not stopped either. Futility is that of the level of the plan
whatever level is passed on, as in `equipoise monitor`.

A look without a statistic rejects nothing, and spends nothing unless it is the last. Trials whose last look has none
are degenerate and count as not rejected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.bounds import (
    Bounds,
    LookInformation,
    Rules,
    bounds_of,
    efficacy_of_level,
    information_of,
    rules_of,
)
from equipoise.simulation.futility import harm_of
from equipoise.simulation.largest import largest_by_correlation
from equipoise.simulation.outcome import Decisions

if TYPE_CHECKING:
    from equipoise.simulation.outcome import UnitOutcome
    from equipoise.simulation.study import Study, Tested

__all__ = ["decide", "level_of"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Level = Callable[[int, int], float]
_SAME = 1e-12


def decide(study: Study, outcome: UnitOutcome) -> Decisions:
    """What the design decides in each trial of a unit.

    Args:
        study: What is simulated.
        outcome: What the trials showed.

    Raises:
        SimulationError: A hypothesis with several looks and no design.
    """
    looked = [_Looked(study, tested, outcome) for tested in study.tested]
    level = level_of(study)
    back = study.protocol.multiplicity is not None and study.protocol.multiplicity.look_back
    steps = list(_steps(outcome, study.tested))
    found = _Run(outcome, looked, level, obey=True, look_back=back)
    found.go(steps, np.ones(outcome.trials, dtype=np.bool_))
    rejected_ignoring = found.rejected.copy()
    stopped: Flags = np.any(found.futile > 0, axis=1)
    if stopped.any():
        # Nothing changes in other trials.
        ignoring = _Run(outcome, looked, level, obey=False, look_back=back)
        ignoring.go(steps, stopped)
        rejected_ignoring[stopped] = ignoring.rejected[stopped]
    last = [one.ks[-1] for one in looked]
    missing = ~np.isfinite(outcome.z[:, last])
    return Decisions(
        rejected=found.rejected,
        futile=found.futile,
        stopped=found.stopped,
        rejected_ignoring=rejected_ignoring,
        degenerate=missing & (found.rejected == 0) & ~found.closed,
        bound=found.bound,
        futility_bound=found.futility_bound,
        level=found.level,
    )


def level_of(study: Study) -> Level:
    """The level of one side of a hypothesis, by what is rejected.

    Args:
        study: What is simulated.

    Returns:
        Function of the hypothesis' position and of a number whose bit h says that hypothesis h is rejected; 0 where the
        hypothesis is not open.
    """
    names = [one.hypothesis for one in study.tested]
    declared = study.protocol.multiplicity
    if declared is None:
        before = [[names.index(name) if name in names else -1 for name in one.after] for one in study.tested]

        def in_order(h: int, rejected: int) -> float:
            there = all(parent >= 0 and rejected >> parent & 1 for parent in before[h])
            return study.tested[h].level if there else 0.0

        return in_order
    from equipoise.design.graph import Graph

    graphs = {0: Graph(declared.weights, declared.transitions)}
    alpha = declared.alpha / declared.sides

    def graph_of(rejected: int) -> Graph:
        if rejected not in graphs:
            top = rejected.bit_length() - 1
            graphs[rejected] = graph_of(rejected & ~(1 << top)).without(names[top])
        return graphs[rejected]

    def in_graph(h: int, rejected: int) -> float:
        return graph_of(rejected).weights.get(names[h], 0.0) * alpha

    return in_graph


class _Looked:
    """The looks of one hypothesis: what was seen there, and bounds at the levels that are asked for."""

    def __init__(self, study: Study, tested: Tested, outcome: UnitOutcome) -> None:
        self.ks = list(tested.ks)
        self.places = np.asarray(self.ks)
        self.rules: Rules = rules_of(study.protocol, tested)
        self.seen: LookInformation = information_of(self.rules, tested, outcome)
        self.covariance = outcome.covariance[:, self.ks[0]]
        self.z = np.where(self.seen.usable, outcome.z[:, self.ks], np.nan)
        shape = self.z.shape
        self.harm: Floats = harm_of(self.rules, self.seen)
        # Efficacy and futility are found together where there is futility.
        self.both = self.rules.plan is not None and (self.rules.stops_below or self.rules.design.binding)
        self.bounds = Bounds(np.full(shape, np.inf), np.full(shape, -np.inf))
        self.bounded = np.full(shape[0], not self.both)
        self.known: dict[float, tuple[Floats, Flags]] = {}

    def lower(self, rows: Integers, look: Integers) -> Floats:
        """(n,) bounds for futility or harm, whichever is higher, of some trials at a look of each."""
        if not self.rules.stops_below:
            return np.full(rows.size, -np.inf)
        self._bound(rows)
        return np.maximum(self.harm[rows, look], self.bounds.futility[rows, look])

    def upper(self, level: float, rows: Integers) -> Floats:
        """(T, L) efficacy bounds at a level; those of some trials that were not asked for before are found now."""
        self._bound(rows)
        if self.both and math.isclose(level, self.rules.design.alpha, rel_tol=_SAME):
            return self.bounds.efficacy
        if level not in self.known:
            self.known[level] = np.full(self.z.shape, np.inf), np.zeros(self.z.shape[0], dtype=np.bool_)
        found, done = self.known[level]
        new = rows[~done[rows]]
        if new.size:
            found[new] = self._found(level, new)
            done[new] = True
        return found

    def _found(self, level: float, rows: Integers) -> Floats:
        if self.rules.largest and self.rules.plan is None:
            return largest_by_correlation(self.covariance[rows], self.z[rows, 0], level)[:, None]
        return efficacy_of_level(self.rules, self._part(rows), level, self.bounds.futility[rows])

    def _bound(self, rows: Integers) -> None:
        new = rows[~self.bounded[rows]]
        if new.size:
            found = bounds_of(self.rules, self._part(new))
            self.bounds.efficacy[new], self.bounds.futility[new] = found.efficacy, found.futility
            self.bounded[new] = True

    def _part(self, rows: Integers) -> LookInformation:
        return LookInformation(self.seen.information[rows], self.seen.usable[rows])


def _steps(outcome: UnitOutcome, tested: tuple[Tested, ...]) -> Iterator[Integers]:
    """Cut after cut, in each trial's own order: (H, T) the look, from 0, that a hypothesis has there; -1 for none."""
    trials = outcome.trials
    if len(tested) == 1:
        for look, k in enumerate(tested[0].ks):
            yield np.where(outcome.held[:, k], look, -1)[None, :]
        return
    cut = np.where(outcome.held, outcome.cut, np.inf)
    order = np.argsort(cut, axis=1, kind="stable")
    ranked = np.take_along_axis(cut, order, axis=1)
    # Cuts that are the same date are one step.
    rank = np.zeros(cut.shape, dtype=np.int64)
    rank[:, 1:] = np.cumsum(ranked[:, 1:] > ranked[:, :-1], axis=1)
    place = np.empty_like(rank)
    np.put_along_axis(place, order, rank, axis=1)
    place[~outcome.held] = -1
    for step in range(int(place.max(initial=-1)) + 1):
        here = np.full((len(tested), trials), -1, dtype=np.int64)
        for h, one in enumerate(tested):
            for look, k in enumerate(one.ks):
                here[h, place[:, k] == step] = look
        yield here


@dataclass
class _Run:
    """All trials of a unit on their way through their cuts."""

    outcome: UnitOutcome
    looked: list[_Looked]
    level_at: Level
    obey: bool
    look_back: bool
    gone: Integers = field(init=False)  # (T,) bits of the hypotheses rejected
    last: Integers = field(init=False)  # (H, T) the last look seen, from 0; -1 for none

    def __post_init__(self) -> None:
        trials, pairs = self.outcome.z.shape
        shape = trials, len(self.looked)
        self.gone = np.zeros(trials, dtype=np.int64)
        self.last = np.full((len(self.looked), trials), -1, dtype=np.int64)
        self.rejected, self.futile, self.stopped = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        self.closed = np.zeros(shape, dtype=np.bool_)
        self.bound = np.full((trials, pairs), np.inf)
        self.futility_bound = np.full((trials, pairs), -np.inf)
        self.level = np.zeros((trials, pairs))

    def go(self, steps: list[Integers], some: Flags) -> None:
        """Some trials through all of their cuts."""
        for here in steps:
            self.last = np.maximum(self.last, here)
            waiting = some
            while waiting.any():
                changed = np.zeros(self.gone.size, dtype=np.bool_)
                for h in range(len(self.looked)):
                    at = self.last[h] if self.look_back else here[h]
                    self._compare(h, at, here[h] >= 0, waiting & ~changed, changed)
                waiting = changed if len(self.looked) > 1 else np.zeros_like(changed)
            for h in range(len(self.looked)):
                self._stop(h, here[h], some)

    def _open(self, h: int, some: Flags) -> Iterator[tuple[float, Integers]]:
        """Of some trials, those in which a hypothesis is open, by its level."""
        rows = np.flatnonzero(some & ~self.closed[:, h] & (self.rejected[:, h] == 0))
        if len(self.looked) == 1:
            yield self.level_at(h, 0), rows
            return
        gone = self.gone[rows]
        for one in np.unique(gone):
            level = self.level_at(h, int(one))
            if level > 0.0:
                yield level, rows[gone == one]

    def _compare(self, h: int, at: Integers, here: Flags, some: Flags, changed: Flags) -> None:
        """Compare a hypothesis with its bounds, in some trials that have one of its looks."""
        one = self.looked[h]
        for level, rows in self._open(h, some & (at >= 0)):
            upper = one.upper(level, rows)
            look = at[rows]
            bound = upper[rows, look]
            if self.look_back:
                crossed = ((one.z[rows] >= upper[rows]) & (np.arange(len(one.ks)) <= look[:, None])).any(axis=1)
                self.stopped[rows[crossed], h] = look[crossed] + 1
            else:
                crossed = one.z[rows, look] >= bound
            hit = rows[crossed]
            self.rejected[hit, h] = look[crossed] + 1
            self.gone[hit] |= np.int64(1 << h)
            changed[hit] = True
            if self.look_back:
                now = here[rows]
                rows, look, bound = rows[now], look[now], bound[now]
            ks = one.places[look]
            self.level[rows, ks] = level
            self.bound[rows, ks] = bound
            self.stopped[rows, h] = look + 1
            if self.obey and one.rules.stops_below:
                self.futility_bound[rows, ks] = one.lower(rows, look)

    def _stop(self, h: int, look: Integers, some: Flags) -> None:
        """Stop hypotheses that were tested at this cut and not rejected, where a lower bound is crossed."""
        one = self.looked[h]
        if not (one.rules.two_sided or one.rules.stops_below):
            return
        for _, rows in self._open(h, some & (look >= 0) & (look < len(one.ks) - 1)):
            at = look[rows]
            z, ks = one.z[rows, at], one.places[at]
            futile = z <= self.futility_bound[rows, ks]
            self.futile[rows[futile], h] = at[futile] + 1
            other = (z <= -self.bound[rows, ks]) if one.rules.two_sided else futile
            self.closed[rows, h] = futile | other
