"""Times that are seen at scans: the expected numbers at risk and seen, and the distribution of the time that is seen.

A progression is seen at the first scan after it that is attended, or on the day of a death before that; whoever is not
seen to have the event is censored at the last scan attended before loss or data cut. Scans are missed independently
with probability m. A patient who has progressed in the interval of scans before scan i and is not seen by scan k has
missed k - i + 1 scans; one who was last seen at scan j and is not lost before the interval of scan l missed l - j.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.piecewise import panels
from equipoise.simulation.course_curves import CourseCurve, progressed
from equipoise.simulation.population import curve_of

if TYPE_CHECKING:
    from equipoise.kernels.piecewise import Panels
    from equipoise.kernels.sim.truth import Truth
    from equipoise.simulation.distributions import Curve

__all__ = ["Seen", "has_scans", "scan_panels", "scan_times", "seen_numbers", "unseen"]

Floats = NDArray[np.float64]

_NEVER = 1e-11
"""Probability of missing so many scans in a row that nothing depends on it."""
_HALVINGS = 24
_CLOSE = 1e-12


class Seen(NamedTuple):
    """Patients of one arm and stratum by time since randomization, per patient that is ever enrolled.

    Attributes:
        number: (P, NODES) at risk at the nodes of panels.
        events: (P, NODES) deaths per day that are events there.
        at_scan: (J,) at risk at each scan.
        found: (J,) seen at each scan to have the event.
    """

    number: Floats
    events: Floats
    at_scan: Floats
    found: Floats


class _Process(NamedTuple):
    """Progression and death of one arm and stratum; without a course nobody dies."""

    curve: Curve

    def free(self, at: Floats) -> Floats:
        return self.curve.survival(at)

    def between(self, since: Floats, until: Floats, at: Floats) -> Floats:
        """Probability of the event in an interval, and of living at a time after it."""
        if isinstance(self.curve, CourseCurve):
            return progressed(self.curve.hazards, since, until, at)
        return np.asarray(self.curve.survival(since) - self.curve.survival(until))

    def dying(self, since: Floats, until: Floats, at: Floats) -> Floats:
        """Density of death at a time of those who progressed in an interval before."""
        if isinstance(self.curve, CourseCurve):
            own = self.curve.hazards
            piece = np.searchsorted(np.asarray(own.ends[:-1]), at, side="left")
            return np.asarray(np.asarray(own.death_after)[piece] * progressed(own, since, until, at, 1))
        return np.zeros(at.shape)

    def dying_free(self, at: Floats) -> Floats:
        """Density of death before progression."""
        if isinstance(self.curve, CourseCurve):
            own = self.curve.hazards
            piece = np.searchsorted(np.asarray(own.ends[:-1]), at, side="left")
            leaving = np.asarray(own.death)[piece] + np.asarray(own.progression)[piece]
            share = np.divide(np.asarray(own.death)[piece], leaving, out=np.zeros(at.shape), where=leaving > 0.0)
            return np.asarray(share * self.curve.density(at))
        return np.zeros(at.shape)


def has_scans(truth: Truth, row: int) -> bool:
    """Whether an endpoint is seen at scans.

    Args:
        truth: What patients are made from.
        row: Row of the endpoint.
    """
    return bool(truth.scan_first[row + 1] > truth.scan_first[row])


def scan_times(truth: Truth, row: int, horizon: float) -> Floats:
    """(J,) days since randomization of the scans up to a horizon.

    Args:
        truth: What patients are made from.
        row: Row of the endpoint.
        horizon: Days.
    """
    listed = truth.scan_time[truth.scan_first[row] : truth.scan_first[row + 1]]
    tail = float(truth.scan_tail[row])
    more = max(math.ceil((horizon - listed[-1]) / tail), 0) if math.isfinite(tail) else 0
    times = np.concatenate([listed, listed[-1] + tail * np.arange(1.0, more + 1.0)]) if more else listed
    if truth.whole_days == 1:
        times = np.maximum(1.0, np.ceil(times))
    out: Floats = np.unique(times[times < horizon * (1.0 - _CLOSE)])
    return out


def scan_panels(scans: Floats, cuts: list[float], horizon: float) -> Panels:
    """Panels that end at scans and wherever something else changes.

    Args:
        scans: (J,) times of scans.
        cuts: Other times.
        horizon: The last.
    """
    first = float(scans[0]) if scans.size else horizon
    small = min(first, horizon) * 0.5 ** np.arange(1.0, _HALVINGS)
    inner = np.unique(np.concatenate([scans, small, np.asarray(cuts, dtype=np.float64)]))
    inner = inner[(inner > 0.0) & (inner < horizon * (1.0 - _CLOSE))]
    # A scan is an edge exactly; what lies next to it by rounding is not another.
    near = np.full(inner.size, 1.0)
    if scans.size:
        after = np.searchsorted(scans, inner)
        beside = (scans[np.clip(after + step, 0, scans.size - 1)] for step in (-1, 0))
        near = np.minimum(*(np.abs(inner - scan) for scan in beside))
    inner = inner[(near == 0.0) | (near > _CLOSE * horizon)]
    inner = inner[np.diff(inner, prepend=0.0) > _CLOSE * first]
    return panels(np.concatenate([[0.0], inner, [horizon]]))


def unseen(truth: Truth, row: int, arm: int, stratum: int, time: Floats) -> Floats:
    """Probability that neither the event was seen nor death came by a time since randomization.

    Args:
        truth: What patients are made from.
        row: Row of the endpoint.
        arm: Index of the arm.
        stratum: Index of the true stratum.
        time: Days.
    """
    process = _Process(curve_of(truth, row, arm, stratum))
    scans = scan_times(truth, row, float(time.max(initial=0.0)) * (1.0 + 1e-9) + 1.0)
    begin = np.concatenate([[0.0], scans])
    last = np.searchsorted(scans, time, side="right")
    missed = float(truth.scan_missed[row])
    out = process.free(time) + process.between(begin[last], time, time)
    for lag in range(1, _lags(missed, scans.size) + 1):
        known = last >= lag
        at = time[known]
        before = last[known] - lag
        out[known] += missed**lag * process.between(begin[before], begin[before + 1], at)
    return out


def seen_numbers(
    truth: Truth, row: int, arm: int, stratum: int, grid: Panels, scans: Floats, followed: Callable[[Floats], Floats]
) -> Seen:
    """Numbers at risk and events as they are seen.

    Args:
        truth: What patients are made from.
        row: Row of the endpoint.
        arm: Index of the arm.
        stratum: Index of the true stratum.
        grid: P panels that end at each scan.
        scans: (J,) times of scans.
        followed: Patients who are enrolled and not lost so long after randomization, by time; 0 at the last edge.
    """
    process, missed = _Process(curve_of(truth, row, arm, stratum)), float(truth.scan_missed[row])
    begin = np.concatenate([[0.0], scans])
    last = np.searchsorted(scans, grid.edges[:-1], side="right")
    lags = np.arange(_lags(missed, scans.size) + 1)[:, None]
    by = missed ** lags.astype(np.float64)
    # (lags, P, NODES): those who were last seen, or had progressed, so many scans before.
    before = last - lags
    known = (before >= 0)[..., None]
    since, until = (begin[np.clip(before + ahead, 0, scans.size)][..., None] for ahead in (0, 1))
    x = np.broadcast_to(grid.x, (lags.size, *grid.x.shape))
    rho = process.dying_free(grid.x) + process.dying(since, x, x)
    late = np.where(known[1:], process.dying(since[1:], until[1:], x[1:]), 0.0)
    events = (rho[0] + np.einsum("l,lpn->pn", by[1:, 0], late)) * followed(grid.x)
    lost = (rho * (followed(grid.x) * grid.weight)).sum(axis=-1)
    found = (1.0 - missed) * _found(process, begin, lags, by) * followed(scans)
    censored = _censored(process, begin, float(grid.edges[-1]), (lags, by), followed)
    np.subtract.at(censored, before[known[..., 0]], (by * lost)[known[..., 0]])
    censored[1:] *= 1.0 - missed
    return _counted(grid, last, events, np.concatenate([[0.0], found]), censored, float(followed(begin[:1])[0]))


def _found(process: _Process, begin: Floats, lags: NDArray[np.int64], by: Floats) -> Floats:
    """(J,) probability of progression that was missed until a scan, and of living then, by that scan."""
    from_scan = np.arange(begin.size - 1) - lags
    known = from_scan >= 0
    since, until = (np.where(known, begin[np.maximum(from_scan, 0) + ahead], 0.0) for ahead in (0, 1))
    part = process.between(since, until, np.broadcast_to(begin[1:], since.shape))
    return np.asarray((by * np.where(known, part, 0.0)).sum(axis=0))


def _censored(
    process: _Process, begin: Floats, horizon: float, spread: tuple[NDArray[np.int64], Floats],
    followed: Callable[[Floats], Floats],
) -> Floats:  # fmt: skip
    """(J + 1,) those last seen at each scan, or never, who leave while living, and those who die unseen beside."""
    lags, by = spread
    leaving = np.arange(begin.size) + lags
    known = leaving < begin.size
    end = np.append(begin[1:], horizon)
    total = np.zeros(leaving.shape)
    for sign, edge in ((1.0, begin), (-1.0, end)):
        at = np.where(known, edge[np.minimum(leaving, begin.size - 1)], begin)
        alive = process.free(at) + process.between(np.broadcast_to(begin, at.shape), at, at)
        total += sign * alive * followed(at)
    return np.asarray((by * np.where(known, total, 0.0)).sum(axis=0))


def _counted(
    grid: Panels, last: NDArray[np.int64], events: Floats, found: Floats, censored: Floats, start: float
) -> Seen:
    """Numbers at risk: those at the start less all who have left, as deaths, as seen or as censored."""
    whole = (events * grid.weight).sum(axis=1)
    deaths = np.bincount(last, weights=whole, minlength=found.size)
    left = np.cumsum(found + censored)
    died = np.concatenate([[0.0], np.cumsum(deaths)])
    number = start - left[last][:, None] - grid.cumulative(events)
    at_scan = start - left[:-1] - died[1:-1]
    return Seen(np.maximum(number, 0.0), events, np.maximum(at_scan, 0.0), found[1:])


def _lags(missed: float, scans: int) -> int:
    """Scans missed in a row that matter."""
    return min(math.ceil(math.log(_NEVER) / math.log(missed)), scans) if missed > 0.0 else 0
