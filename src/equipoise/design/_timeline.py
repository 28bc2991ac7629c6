"""Assumptions as arrays: enrolment as jumps of its rate, events and losses as rows of decaying densities.

One row is one group on one piece of follow-up time. Of a patient enrolled (any group), the density of an event at
follow-up time u on that piece is `height * exp(-rate * (u - start))`; enrolment integrates it over the time since each
jump of its rate, so that the count at a calendar time t is the sum over jumps of jump * row((t - jump time)+).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.design.assumptions import Assumptions, Group
from equipoise.kernels.piecewise import decay_integrals, decay_integrals_at

__all__ = ["Rows", "Timeline", "timeline"]

Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """R rows of decaying densities.

    Attributes:
        group: (R,) index of the group, rising.
        piece: (R,) index of the interval of the stratum on which both hazards are constant.
        start: (R, 1) where the row begins, in follow-up time.
        span: (R, 1) its length; infinite for the last of a group.
        rate: (R, 1) rate of decay.
        height: (R, 1) density at the start, per patient of all groups.
    """

    group: NDArray[np.int64]
    piece: NDArray[np.int64]
    start: Floats
    span: Floats
    rate: Floats
    height: Floats

    def limit(self) -> Floats:
        """(R,) the fraction of all patients that each row takes in the end."""
        whole = np.isinf(self.span)
        endless = np.where(self.rate > 0.0, self.height / np.where(self.rate > 0.0, self.rate, 1.0), 0.0)
        part = self.height * decay_integrals(np.where(whole, 0.0, self.span), self.rate, self.span)[0]
        out: Floats = np.where(whole, endless, part)[:, 0]
        return out


class Timeline(NamedTuple):
    """Assumptions, compiled.

    Attributes:
        at: (J,) calendar times at which the rate of enrolment jumps, from 0 to its end.
        jump: (J,) by how much.
        patients: Patients in the end.
        duration: When the last of them is in.
        events: Rows of events.
        losses: Rows of losses before an event; those of the cured are rows of their own.
        experimental: (G,) 1 for an experimental group, else 0.
        stratum: (G,) index of the stratum.
        share: (G,) fraction of patients.
        limit: Fraction of patients who have an event in the end.
        jumps: `at` and `jump` as plain numbers.
        plain: Start, span, rate and height of `events` as plain numbers.
    """

    at: Floats
    jump: Floats
    patients: float
    duration: float
    events: Rows
    losses: Rows
    experimental: Floats
    stratum: NDArray[np.int64]
    share: Floats
    limit: float
    jumps: tuple[tuple[float, float], ...]
    plain: tuple[tuple[float, float, float, float], ...]

    def enrolled(self, times: Floats) -> Floats:
        """Patients enrolled at calendar times.

        Args:
            times: (...) times.
        """
        since = np.maximum(times[..., None] - self.at, 0.0)
        # All are in after the last jump: the sum of ramps would lose digits with time.
        out: Floats = np.where(times >= self.duration, self.patients, (since * self.jump).sum(axis=-1))
        return out

    def counts(self, rows: Rows, times: Floats) -> Floats:
        """Expected numbers by row, of what has happened up to calendar times.

        Args:
            rows: `events` or `losses`.
            times: (T,) times.

        Returns:
            (R, T) numbers of patients.
        """
        return self._grown(rows, times)[0]

    def events_and_pace(self, times: Floats) -> tuple[Floats, Floats]:
        """Expected events up to calendar times, and their expected number per unit of time.

        Args:
            times: (T,) times.
        """
        count, pace = self._grown(self.events, times)
        return count.sum(axis=0), pace.sum(axis=0)

    def _grown(self, rows: Rows, times: Floats) -> tuple[Floats, Floats]:
        """(R, T) counts and their increase per unit of time.

        Once all are in, the jumps add up to 0, and x0, which every patient has behind him, is taken off first: the sum
        of ramps would lose digits long after enrolment.
        """
        x0 = np.maximum(np.maximum(times - self.duration, 0.0) - rows.start, 0.0)
        behind = np.minimum(x0, rows.span)
        decay = np.exp(-rows.rate * behind)
        level = decay_integrals(x0, rows.rate, rows.span)[0]
        since = np.maximum(times[:, None] - self.at - rows.start[:, :, None], 0.0)
        ahead = np.where(x0[:, :, None] > 0.0, self.duration - self.at, since)
        rate, rest = rows.rate[:, :, None], (rows.span - behind)[:, :, None]
        first, second = decay_integrals(ahead, rate, rest)
        count = level * (ahead * self.jump).sum(axis=-1) + decay * (second * self.jump).sum(axis=-1)
        return rows.height * count, rows.height * decay * (first * self.jump).sum(axis=-1)

    def events_and_pace_at(self, time: float) -> tuple[float, float]:
        """`events_and_pace` at one time, in plain numbers: for few rows much faster.

        Args:
            time: Calendar time.
        """
        count = pace = 0.0
        all_in = max(time - self.duration, 0.0)
        for start, span, rate, height in self.plain:
            x0 = all_in - start
            behind = min(x0, span) if x0 > 0.0 else 0.0
            decay = height * math.exp(-rate * behind)
            level = height * decay_integrals_at(x0, rate, span)[0] if x0 > 0.0 else 0.0
            for at, jump in self.jumps:
                ahead = self.duration - at if x0 > 0.0 else time - at - start
                if ahead > 0.0:
                    first, second = decay_integrals_at(ahead, rate, span - behind)
                    pace += jump * decay * first
                    count += jump * (level * ahead + decay * second)
        return count, pace

    def by_group(self, rows: Rows, counts: Floats) -> Floats:
        """(G, T) numbers of each group.

        Args:
            rows: `events` or `losses`.
            counts: (R, T) what `counts` gave for them.
        """
        out = np.zeros((self.share.size, counts.shape[1]))
        np.add.at(out, rows.group, counts)
        return out


@lru_cache(maxsize=64)
def timeline(assumptions: Assumptions) -> Timeline:
    """The assumptions as arrays.

    Args:
        assumptions: A trial in numbers.
    """
    pieces = assumptions.accrual.pieces()
    rates = [rate for _, rate in pieces]
    at = [0.0, *(end for end, _ in pieces)]
    jump = np.diff([0.0, *rates, 0.0])
    keep = jump != 0.0
    names = assumptions.strata
    cuts = {name: _cuts(pair) for name, pair in zip(names, assumptions.pairs(), strict=True)}
    events: list[tuple[float, ...]] = []
    losses: list[tuple[float, ...]] = []
    for index, group in enumerate(assumptions.groups):
        rows = _rows(index, group, cuts[group.stratum])
        events += rows[0]
        losses += rows[1]
    table = _table(events)
    return Timeline(
        at=np.array(at)[keep],
        jump=jump[keep],
        patients=assumptions.accrual.patients,
        duration=pieces[-1][0],
        events=table,
        losses=_table(losses),
        experimental=np.array([float(group.arm == "experimental") for group in assumptions.groups]),
        stratum=np.array([names.index(group.stratum) for group in assumptions.groups]),
        share=np.array([group.share for group in assumptions.groups]),
        limit=float(table.limit().sum()),
        jumps=tuple((one, by) for one, by in zip(at, jump.tolist(), strict=True) if by),
        plain=tuple((row[2], row[3], row[4], row[5]) for row in events if row[5] > 0.0),
    )


def _cuts(pair: tuple[Group, Group]) -> list[float]:
    """Ends of the intervals on which both hazards of a stratum are constant; equal neighbours are one interval."""
    ends = sorted({end for group in pair for end in group.hazard.ends})
    both = [tuple(group.hazard.at(end) for group in pair) for end in ends]
    return [end for end, one, after in zip(ends, both, [*both[1:], None], strict=True) if one != after]


def _rows(index: int, group: Group, cuts: list[float]) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """Rows of events and of losses of one group: group, piece, start, span, rate, height."""
    events: list[tuple[float, ...]] = []
    losses: list[tuple[float, ...]] = []
    start, survival, followed, piece = 0.0, 1.0, 1.0, 0
    for end in sorted({*cuts, *group.dropout.ends}):
        hazard, loss, span = group.hazard.at(end), group.dropout.at(end), end - start
        here = group.share * (1.0 - group.cure) * survival * followed
        events.append((index, piece, start, span, hazard + loss, here * hazard))
        if loss > 0.0:
            losses.append((index, piece, start, span, hazard + loss, here * loss))
            if group.cure > 0.0:
                losses.append((index, piece, start, span, loss, group.share * group.cure * followed * loss))
        if end != np.inf:
            survival *= float(np.exp(-hazard * span))
            followed *= float(np.exp(-loss * span))
        start = end
        piece += end in cuts
    return events, losses


def _table(rows: list[tuple[float, ...]]) -> Rows:
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    group, piece = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    start, span, rate, height = (table[:, column, None] for column in range(2, 6))
    return Rows(group, piece, start, span, rate, height)
