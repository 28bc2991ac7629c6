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
    found.go(steps)
    ignoring = found
    if any(one.rules.stops_below for one in looked):
        ignoring = _Run(outcome, looked, level, obey=False, look_back=back)
        ignoring.go(steps)
    last = [one.ks[-1] for one in looked]
    missing = ~np.isfinite(outcome.z[:, last])
    return Decisions(
        rejected=found.rejected,
        futile=found.futile,
        stopped=found.stopped,
        rejected_ignoring=ignoring.rejected.copy(),
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
        self.rules: Rules = rules_of(study.protocol, tested)
        self.seen: LookInformation = information_of(self.rules, tested, outcome)
        self.covariance = outcome.covariance[:, self.ks[0]]
        self.z = np.where(self.seen.usable, outcome.z[:, self.ks], np.nan)
        shape = self.z.shape
        self.harm: Floats = harm_of(self.rules, self.seen)
        self.both = self.rules.plan is not None and (self.rules.stops_below or self.rules.design.binding)
        self.bounds = Bounds(np.full(shape, np.inf), np.full(shape, -np.inf))
        self.bounded = np.full(shape[0], not self.both)
        self.known: dict[float, tuple[Floats, Flags]] = {}

    def lower(self, rows: Integers) -> Floats:
        """(n, L) bounds for futility or harm, whichever is higher, of some trials."""
        self._bound(rows)
        return np.maximum(self.harm[rows], self.bounds.futility[rows])

    def upper(self, level: float, rows: Integers) -> Floats:
        """(n, L) efficacy bounds of some trials at a level; those not asked for before are found now."""
        design = self.rules.design
        if self.rules.largest and self.rules.plan is None:
            return largest_by_correlation(self.covariance[rows], self.z[rows, 0], level)[:, None]
        self._bound(rows)
        if self.both and math.isclose(level, design.alpha, rel_tol=_SAME):
            return self.bounds.efficacy[rows]
        if level not in self.known:
            self.known[level] = np.full(self.z.shape, np.inf), np.zeros(self.z.shape[0], dtype=np.bool_)
        found, done = self.known[level]
        new = rows[~done[rows]]
        if new.size:
            found[new] = efficacy_of_level(self.rules, self._part(new), level, self.bounds.futility[new])
            done[new] = True
        return found[rows]

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

    def go(self, steps: list[Integers]) -> None:
        """Through all cuts."""
        for here in steps:
            self.last = np.maximum(self.last, here)
            waiting = np.ones(self.gone.size, dtype=np.bool_)
            while waiting.any():
                changed = np.zeros(self.gone.size, dtype=np.bool_)
                for h in range(len(self.looked)):
                    at = self.last[h] if self.look_back else here[h]
                    self._compare(h, at, here[h] >= 0, waiting & ~changed, changed)
                waiting = changed if len(self.looked) > 1 else np.zeros_like(changed)
            for h in range(len(self.looked)):
                self._stop(h, here[h])

    def _open(self, h: int, some: Flags) -> Iterator[tuple[float, Integers]]:
        """Of some trials, those in which a hypothesis is open, by its level."""
        rows = np.flatnonzero(some & ~self.closed[:, h] & (self.rejected[:, h] == 0))
        for gone in np.unique(self.gone[rows]):
            level = self.level_at(h, int(gone))
            if level > 0.0:
                yield level, rows[self.gone[rows] == gone]

    def _compare(self, h: int, at: Integers, here: Flags, some: Flags, changed: Flags) -> None:
        """Compare a hypothesis with its bounds, in some trials that have one of its looks."""
        one = self.looked[h]
        for level, rows in self._open(h, some & (at >= 0)):
            upper = one.upper(level, rows)
            look = at[rows]
            ks = np.asarray(one.ks)[look]
            z, bound = one.z[rows], upper[np.arange(rows.size), look]
            if self.look_back:
                crossed = ((z >= upper) & (np.arange(z.shape[1]) <= look[:, None])).any(axis=1)
            else:
                crossed = z[np.arange(rows.size), look] >= bound
            now = here[rows]
            self.level[rows[now], ks[now]] = level
            self.bound[rows[now], ks[now]] = bound[now]
            if self.obey:
                self.futility_bound[rows[now], ks[now]] = one.lower(rows)[np.arange(rows.size), look][now]
            self.stopped[rows, h] = np.where(now | crossed, look + 1, self.stopped[rows, h])
            hit = rows[crossed]
            self.rejected[hit, h] = look[crossed] + 1
            self.gone[hit] |= np.int64(1 << h)
            changed[hit] = True

    def _stop(self, h: int, look: Integers) -> None:
        """Stop hypotheses that were tested at this cut and not rejected, where a lower bound is crossed."""
        one = self.looked[h]
        if not (one.rules.two_sided or one.rules.stops_below):
            return
        some = (look >= 0) & (look < len(one.ks) - 1)
        for _, rows in self._open(h, some):
            at = look[rows]
            k = np.asarray(one.ks)[at]
            z = one.z[rows, at]
            low = one.lower(rows)[np.arange(rows.size), at] if self.obey else np.full(rows.size, -np.inf)
            futile = z <= low
            self.futile[rows[futile], h] = at[futile] + 1
            other = (z <= -self.bound[rows, k]) if one.rules.two_sided else futile
            self.closed[rows, h] = futile | other
