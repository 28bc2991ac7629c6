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

__all__ = ["Line", "drawn_line", "monotone"]

Floats = NDArray[np.float64]

_MOST = 300  # points that are smoothed as they are; of more, neighbours are averaged first
_EXACT = 4e-4  # share of the axes: smaller errors are not worth smoothing
_NOISE = np.array(
    [2e-4, 4e-4, 8e-4, 1.2e-3, 1.6e-3, 2e-3, 2.5e-3, 3.2e-3, 4e-3, 5e-3, 6.5e-3, 8e-3, 1e-2, 1.5e-2, 2e-2]
)
_TRENDS = (1e-1, 1.0, 1e1, 1e2)
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


def drawn_line(times: ArrayLike, survival: ArrayLike, *, patients: int) -> Line:
    """The line that clicks are of.

    Args:
        times: (m,) times of the clicks, from 0, any one unit, in any order.
        survival: (m,) survival, between 0 and 1.
        patients: Subjects at time 0.

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
        noise, v = _smooth(t - s, t + s, patients)
        if noise > _EXACT:
            u = t - s
            t, s, smoothed = (u + v) / 2.0, (v - u) / 2.0, True
    t, s = np.clip(monotone(t), 0.0, None), np.clip(-monotone(-s), 0.0, 1.0)
    t, s = t - t[0], s / s[0]
    feet = not smoothed and _is_feet(t, s, patients)
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


def _smooth(u: Floats, v: Floats, patients: int) -> tuple[float, Floats]:
    """Error of the clicks as a share of the axes, and v without it; the first point has none."""
    x, y = u - u[0], v - v[0]
    slope = _slopes(x, y)
    steep = (1.0 - slope) / (1.0 + slope)  # ds/dt of the curve in the box
    # Each event moves the point by (j / steep, -j), j = 1 / n, and the gaps between events are exponential.
    walk = _WALK * 4.0 * steep / (1.0 + steep) ** 3 / patients
    walked = np.cumsum((walk[1:] + walk[:-1]) / 2.0 * np.diff(x))
    x, y, error = x[1:], y[1:], 2.0 * (1.0 + slope[1:] ** 2)
    low, high = np.minimum.outer(x, x), np.maximum.outer(x, x)
    fixed = np.minimum.outer(walked, walked) + 4.0 * np.outer(x, x)
    bend = low * low * (3.0 * high - low) / 6.0
    best = (-np.inf, 0.0, y)
    for trend in _TRENDS:
        best = max(best, _likeliest(fixed + trend * bend, error, y), key=lambda found: found[0])
    _, noise, smooth = best
    return noise, np.concatenate([[v[0]], v[0] + smooth])


def _likeliest(signal: Floats, error: Floats, y: Floats) -> tuple[float, float, Floats]:
    """Largest normal log-likelihood of y over the sizes of the error, with that size, and the signal expected then."""
    root = np.sqrt(error)
    try:
        values, vectors = np.linalg.eigh(signal / np.outer(root, root))
    except np.linalg.LinAlgError:
        return -np.inf, 0.0, y
    values, scores = np.clip(values, 0.0, None), vectors.T @ (y / root)
    variance = values + _NOISE[:, None] ** 2
    fits = -0.5 * (scores**2 / variance + np.log(variance)).sum(axis=1)
    k = int(np.argmax(fits))
    return float(fits[k]), float(_NOISE[k]), root * (vectors @ (values / variance[k] * scores))


def _slopes(x: Floats, y: Floats) -> Floats:
    """Local slope of y in x, between -1 and 1, by weighted least squares in a window of 6% of the length."""
    width = 0.06 * max(float(x[-1]), 0.3)
    weight = np.exp(-0.5 * ((x[:, None] - x[None, :]) / width) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    mean_x, mean_y = weight @ x, weight @ y
    spread = weight @ (x * x) - mean_x**2
    along = weight @ (x * y) - mean_x * mean_y
    return np.clip(np.where(spread > 1e-12, along / np.maximum(spread, 1e-12), 0.0), -0.98, 0.98)
