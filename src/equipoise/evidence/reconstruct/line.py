"""The line behind the clicks: a falling curve from points that miss it in both directions.

A click misses the drawn line by about as much to the side as up or down. Seen along the direction in which a falling
curve runs in the box of its axes, u = t - s, its other coordinate, v = t + s, never changes faster than u itself, so
steep and flat parts of the curve are alike. There the clicks are put in order and smoothed: v is a smooth trend, plus
the random walk that whole events at random times make of a smooth hazard (its variance is known: each event is a step
of 1 / n), plus the error of the clicks, whose size is estimated from the clicks themselves by maximum likelihood. Then
times and survival are each made monotone (pool adjacent violators; Barlow and others, 1972).

Clicks without error come back as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.evidence.reconstruct.trend import Seen, expected, likeliest

__all__ = ["Line", "drawn_line", "monotone"]

Floats = NDArray[np.float64]

_MOST = 300  # points that are smoothed as they are; of more, neighbours are averaged first
_EXACT = 4e-4  # share of the axes: smaller errors are not worth smoothing
_NOISE = np.array(
    [2e-4, 4e-4, 8e-4, 1.2e-3, 1.6e-3, 2e-3, 2.5e-3, 3.2e-3, 4e-3, 5e-3, 6.5e-3, 8e-3, 1e-2, 1.5e-2, 2e-2]
)
_BENDS = np.array([1e-1, 1.0, 1e1, 1e2])
_BETWEEN = 4  # points of the smoothed curve from one click to the next: it is no polygon
# Half of the walk's variance: a click falls anywhere on a step, and the line goes through its middle.
_WALK = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A falling line from (0, 1).

    Attributes:
        time: (m,) times, never falling, from 0.
        survival: (m,) survival, never rising, from 1.
        noise: Standard deviation of the clicks as a share of each axis, estimated.
        smoothed: Whether the clicks were smoothed.
        feet: Whether each click was taken as the foot of a step.
    """

    time: Floats
    survival: Floats
    noise: float
    smoothed: bool
    feet: bool


def drawn_line(times: ArrayLike, survival: ArrayLike, *, risk_times: ArrayLike, at_risk: ArrayLike) -> Line:
    """The line that clicks are of.

    Args:
        times: (m,) times of the clicks, from 0, any one unit, in any order.
        survival: (m,) survival, between 0 and 1.
        risk_times: (k,) times of numbers at risk, from 0, which tell how high a step is.
        at_risk: (k,) the numbers.

    Returns:
        The line; its points are the clicks, moved.
    """
    x, y = np.asarray(times, dtype=np.float64), np.asarray(survival, dtype=np.float64)
    span = float(x.max(initial=0.0)) or 1.0
    t, s = np.concatenate([[0.0], x / span]), np.concatenate([[1.0], y])
    inside = np.argsort(t - s, kind="stable")
    t, s = t[inside], s[inside]
    start = int(np.flatnonzero((t == 0.0) & (s == 1.0))[0])
    t, s = t[start:], s[start:]  # what lies before (0, 1) is a second reading of it
    ordered = bool(np.all(np.diff(t) >= 0.0) and np.all(np.diff(s) <= 0.0))
    if t.size > _MOST and not ordered:
        t, s = _averaged(t, s)
    noise, smoothed = 0.0, False
    if t.size > 5 and not ordered:  # clicks with errors worth smoothing cross each other where the curve is flat
        noise, u, v = _smooth(t - s, t + s, _steps(t * span, s, risk_times, at_risk))
        if noise > _EXACT:
            t, s, smoothed = (u + v) / 2.0, (v - u) / 2.0, True
    t, s = np.clip(monotone(t), 0.0, None), np.clip(-monotone(-s), 0.0, 1.0)
    t, s = t - t[0], s / s[0]
    feet = not smoothed and _is_feet(t, s, int(np.ravel(at_risk)[0]))
    if feet:
        t, s = np.repeat(t, 2)[1:], np.repeat(s, 2)[:-1]
    return Line(t * span, s, noise, smoothed, feet)


def monotone(values: ArrayLike) -> Floats:
    """The never falling sequence that is closest to `values` in least squares (pool adjacent violators).

    Args:
        values: (m,) values.
    """
    means: list[float] = []
    sizes: list[int] = []
    for value in np.asarray(values, dtype=np.float64).tolist():
        mean, size = value, 1
        while means and means[-1] > mean:
            mean = (means[-1] * sizes[-1] + mean * size) / (sizes[-1] + size)
            size += sizes.pop()
            means.pop()
        means.append(mean)
        sizes.append(size)
    return np.repeat(np.array(means), sizes)


def _is_feet(t: Floats, s: Floats, patients: int) -> bool:
    """Whether clicks stand for steps, one a step: then each is lower than the one before, mostly by a single event."""
    drops = -np.diff(s)
    if drops.size < 3 or np.any(np.diff(t) <= 0.0):
        return False
    lower = drops > 0.4 / patients
    single = s[:-1] / np.maximum(patients * s[:-1], 1.0)
    return bool(lower[:-1].all() and np.median(drops[lower] / single[lower]) < 2.5 and np.mean(drops) < 3.0 / patients)


def _averaged(t: Floats, s: Floats) -> tuple[Floats, Floats]:
    """Means of neighbours along the line; the first point, which is no click, stays."""
    u = (t - s)[1:]
    cell = np.minimum(((u - u[0]) / max(u[-1] - u[0], 1e-12) * (_MOST - 1)).astype(np.int64), _MOST - 2)
    counts = np.bincount(cell)
    used = counts > 0
    means = [np.bincount(cell, weights=w)[used] / counts[used] for w in (t[1:], s[1:])]
    return np.concatenate([[0.0], means[0]]), np.concatenate([[1.0], means[1]])


def _steps(t: Floats, s: Floats, risk_times: ArrayLike, at_risk: ArrayLike) -> Floats:
    """Height of the step of one event at each point: survival divided by the number at risk."""
    times, numbers = np.asarray(risk_times, dtype=np.float64), np.asarray(at_risk, dtype=np.float64)
    # After the last number nobody knows; as if from then on nobody was censored.
    there = np.interp(t, times, numbers)
    late = t > times[-1]
    there[late] = numbers[-1] * s[late] / max(float(np.interp(times[-1], np.maximum.accumulate(t), s)), 1e-9)
    return np.clip(s, 1e-3, 1.0) / np.maximum(there, 1.0)


def _smooth(u: Floats, v: Floats, step: Floats) -> tuple[float, Floats, Floats]:
    """Error of the clicks as a share of the axes, and the curve (u, v) without it, at the clicks and between them."""
    x, y = u - u[0], v - v[0]
    slope = _slopes(x, y)
    steep = (1.0 - slope) / (1.0 + slope)  # ds/dt of the curve in the box
    # Each event moves the point by (j / steep, -j), j the height of its step; the gaps between events are exponential.
    walk = _WALK * 4.0 * steep / (1.0 + steep) ** 3 * step
    walked = np.concatenate([[0.0], np.cumsum((walk[1:] + walk[:-1]) / 2.0 * np.diff(x))])
    error = 2.0 * (1.0 + slope[1:] ** 2)
    noise, bend = likeliest(Seen(np.diff(x), np.diff(walked), error, y[1:]), _NOISE, _BENDS)
    between = (np.arange(1, _BETWEEN + 1) / _BETWEEN)[None, :]
    fine = (x[:-1, None] + between * np.diff(x)[:, None]).ravel()
    wide, value = np.full(fine.size, np.inf), np.zeros(fine.size)
    wide[_BETWEEN - 1 :: _BETWEEN], value[_BETWEEN - 1 :: _BETWEEN] = error, y[1:]
    steps = np.diff(np.interp(fine, x, walked), prepend=0.0)
    smooth = expected(Seen(np.diff(fine, prepend=0.0), steps, wide, value), noise, bend)
    return noise, u[0] + np.concatenate([[0.0], fine]), v[0] + np.concatenate([[0.0], smooth])


def _slopes(x: Floats, y: Floats) -> Floats:
    """Local slope of y in x, between -1 and 1, by weighted least squares in a window of 6% of the length."""
    width = 0.06 * max(float(x[-1]), 0.3)
    weight = np.exp(-0.5 * ((x[:, None] - x[None, :]) / width) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    mean_x, mean_y = weight @ x, weight @ y
    spread = weight @ (x * x) - mean_x**2
    along = weight @ (x * y) - mean_x * mean_y
    return np.clip(np.where(spread > 1e-12, along / np.maximum(spread, 1e-12), 0.0), -0.98, 0.98)
