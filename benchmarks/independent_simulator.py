"""A second simulator of survival trials, in plain numpy, to hold the compiled one against.

Written from the definitions and sharing nothing with `equipoise`: another generator of random numbers, all trials of a
batch as one array, no ties, times in months. It also knows the conventions of other programs, so that a difference can
be traced to a convention: entries evenly spaced, trials that end without rejection where the planned events do not
come, and an administrative censoring by `time <= cut - entry`, which can lose the event that set the cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

__all__ = ["Seen", "Setting", "invert", "max_combo_upper", "setting_of", "simulate"]

Array = NDArray[Any]
BATCH = 1000


@dataclass(frozen=True)
class Setting:
    """A trial and its truth; months.

    Attributes:
        patients: Number of patients.
        ratio: Experimental to control.
        accrual: Pieces (end, rate a month); the last end is infinite or where the patients are complete.
        strata: Rows (share, control pieces (end, hazard), hazard-ratio pieces (end, ratio)).
        shape: Weibull shape of the control; 1 with its pieces.
        loss: Hazard of loss of experimental and control.
        looks: Events at the looks.
        wrong: Probability that the stratum is recorded as another one, by share.
        arrivals: "uniform" or "fixed".
        subtract: Whether the censoring compares `time <= cut - entry`.
    """

    patients: int
    ratio: tuple[int, int]
    accrual: tuple[tuple[float, float], ...]
    strata: tuple[tuple[float, tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]], ...]
    shape: float
    loss: tuple[float, float]
    looks: tuple[int, ...]
    wrong: float = 0.0
    arrivals: str = "uniform"
    subtract: bool = False


class Seen(NamedTuple):
    """What a look showed: one entry a trial; z > 0 favours the experimental arm.

    Attributes:
        z: Test -> statistics.
        max_combo: Upper tail probability of the largest of several; empty where none were asked for.
        log_ratio: Cox log hazard ratio, stratified as recorded.
        cut: Months.
        events: Their number.
        reached: Whether the planned ones came.
        possible: Events that would come if nobody looked.
        enrolled: Patients at the cut.
    """

    z: dict[str, Array]
    max_combo: Array
    log_ratio: Array
    cut: Array
    events: Array
    reached: Array
    possible: Array
    enrolled: Array


def setting_of(spec: dict[str, Any], **changes: Any) -> Setting:
    """A setting from its JSON form in tests/reference/simulation_peers.json.

    Args:
        spec: The form; ends that are null are infinite.
        **changes: Fields to replace.
    """

    def pieces(rows: list[list[float | None]]) -> tuple[tuple[float, float], ...]:
        return tuple((math.inf if end is None else float(end), float(value or 0.0)) for end, value in rows)

    given = {
        "patients": spec["patients"], "ratio": tuple(spec["ratio"]), "accrual": pieces(spec["accrual"]),
        "strata": tuple((s["share"], pieces(s["hazard"]), pieces(s["hazard_ratio"])) for s in spec["strata"]),
        "shape": spec.get("shape", 1.0), "loss": tuple(spec["loss"]), "looks": tuple(spec["looks"]),
        "wrong": spec.get("wrong", 0.0),
    }  # fmt: skip
    return Setting(**(given | changes))


def invert(pieces: tuple[tuple[float, float], ...], amount: Array) -> Array:
    """Where the integral of a step function reaches an amount."""
    ends = np.array([end for end, _ in pieces])
    rates = np.array([rate for _, rate in pieces])
    starts = np.concatenate([[0.0], ends[:-1]])
    reached = np.concatenate([[0.0], np.cumsum(rates[:-1] * (ends[:-1] - starts[:-1]))])
    piece = np.searchsorted(reached, amount, side="right") - 1
    return np.asarray(starts[piece] + (amount - reached[piece]) / rates[piece])


def product(
    first: tuple[tuple[float, float], ...], second: tuple[tuple[float, float], ...]
) -> tuple[tuple[float, float], ...]:
    """The product of two step functions."""
    ends = sorted({end for end, _ in first} | {end for end, _ in second})

    def at(pieces: tuple[tuple[float, float], ...], end: float) -> float:
        return next(value for until, value in pieces if end <= until)

    return tuple((end, at(first, end) * at(second, end)) for end in ends)


class People(NamedTuple):
    """The patients of a batch: (trials, patients)."""

    arm: Array
    recorded: Array
    entry: Array
    time: Array
    loss: Array


def people(rng: np.random.Generator, s: Setting, trials: int) -> People:
    """Draw a batch."""
    shape = (trials, s.patients)
    if s.arrivals == "fixed":
        entry = np.broadcast_to(invert(s.accrual, np.arange(1.0, s.patients + 1.0)), shape)
    else:
        entry = invert(s.accrual, rng.random(shape) * s.patients)
    pattern = np.array([0] * s.ratio[1] + [1] * s.ratio[0])
    arm = np.broadcast_to(np.tile(pattern, s.patients // pattern.size + 1)[: s.patients], shape)
    shares = np.array([row[0] for row in s.strata])
    stratum = rng.choice(len(shares), size=shape, p=shares / shares.sum()) if shares.size > 1 else np.zeros(shape, int)
    recorded = stratum.copy()
    if s.wrong > 0.0:
        swap = rng.random(shape) < s.wrong
        for k in range(shares.size):
            mine = swap & (stratum == k)
            others = np.delete(np.arange(shares.size), k)
            weights = shares[others] / shares[others].sum()
            recorded[mine] = rng.choice(others, size=int(mine.sum()), p=weights)
    amount = rng.standard_exponential(shape)
    time = np.empty(shape)
    for k, (_, hazard, ratio) in enumerate(s.strata):
        for a in (0, 1):
            mine = (stratum == k) & (arm == a)
            pieces = product(hazard, ratio) if a else hazard
            if s.shape != 1.0:  # the hazard of the only piece is (1 / scale)
                times_ratio = ratio[0][1] if a else 1.0
                time[mine] = (amount[mine] / times_ratio) ** (1.0 / s.shape) / hazard[0][1]
            else:
                time[mine] = invert(pieces, amount[mine])
    rate = np.where(arm == 1, s.loss[0], s.loss[1])
    loss = rng.standard_exponential(shape) / np.where(rate > 0.0, rate, 1.0)
    return People(arm, recorded, entry, time, np.where(rate > 0.0, loss, np.inf))


def look(p: People, s: Setting, planned: int, weights: dict[str, tuple[float, float]], combo: tuple[str, ...]) -> Seen:
    """What is seen when so many events are there, or, where they never are, when nothing is left to be seen."""
    happens = np.where(p.time <= p.loss, p.entry + p.time, np.inf)
    cut = np.partition(happens, planned - 1, axis=1)[:, planned - 1]
    reached, possible = np.isfinite(cut), np.isfinite(happens).sum(axis=1)
    cut = np.where(reached, cut, (p.entry + np.minimum(p.time, p.loss)).max(axis=1))
    until = cut[:, None]
    inside = p.entry <= until
    before = p.time <= until - p.entry if s.subtract else p.entry + p.time <= until
    event = inside & (p.time <= p.loss) & before
    follow = np.where(inside, np.where(event, p.time, np.minimum(p.loss, until - p.entry)), -1.0)
    scores = {name: [0.0, 0.0] for name in weights}
    cross = np.zeros((len(combo), len(combo), cut.size))
    tables = []
    for k in range(len(s.strata)):
        mine = p.recorded == k
        x, one, zero = sorted_table(np.where(mine, follow, -1.0), event & mine, p.arm, mine)
        tables.append((x, one, zero))
        tally(x, one, zero, weights, scores, combo, cross)
    z = {name: u / np.sqrt(v) for name, (u, v) in scores.items()}
    if len(s.strata) > 1:  # the first test once more, without strata
        name, plain = next(iter(weights)), [0.0, 0.0]
        whole = sorted_table(follow, event, p.arm, np.ones_like(event))
        tally(*whole, {name: weights[name]}, {name: plain}, (), cross)
        z[f"{name} unstratified"] = plain[0] / np.sqrt(plain[1])
    upper = np.empty(0)
    if combo:
        sd = np.sqrt(np.einsum("iit->it", cross))
        upper = max_combo_upper(np.max([z[name] for name in combo], axis=0), cross / sd[:, None] / sd[None])
    return Seen(z, upper, newton(tables), cut, event.sum(axis=1), reached, possible, inside.sum(axis=1))


def sorted_table(follow: Array, event: Array, arm: Array, mine: Array) -> tuple[Array, Array, Array]:
    """Events in order of time (+1 experimental, -1 control, 0 none), and how many of each arm are at risk."""
    order = np.argsort(follow, axis=1)
    a = np.take_along_axis(arm * mine, order, axis=1)
    b = np.take_along_axis((1 - arm) * mine, order, axis=1)
    x = np.take_along_axis(np.where(event, 2 * arm - 1, 0), order, axis=1)
    return x, a[:, ::-1].cumsum(axis=1)[:, ::-1], b[:, ::-1].cumsum(axis=1)[:, ::-1]


def tally(x: Array, one: Array, zero: Array, weights: dict[str, tuple[float, float]], scores: dict[str, list[Any]],
          combo: tuple[str, ...], cross: Array) -> None:  # fmt: skip
    """Add expected less observed events of the experimental arm, and variances, of one stratum."""
    d = (x != 0).astype(float)
    n = np.maximum(one + zero, 1)
    share = one / n
    after = np.cumprod(1.0 - d / n, axis=1)
    before = np.concatenate([np.ones((x.shape[0], 1)), after[:, :-1]], axis=1)
    u, v = d * share - (x > 0), d * share * (1.0 - share)
    w = {name: before**rho * (1.0 - before) ** gamma for name, (rho, gamma) in weights.items()}
    for name in weights:
        scores[name][0] = scores[name][0] + (w[name] * u).sum(axis=1)
        scores[name][1] = scores[name][1] + (w[name] ** 2 * v).sum(axis=1)
    for i, first in enumerate(combo):
        for j, second in enumerate(combo):
            cross[i, j] += (w[first] * w[second] * v).sum(axis=1)


def newton(tables: list[tuple[Array, Array, Array]]) -> Array:
    """Log hazard ratio by Newton's method on the partial likelihood of all trials at once."""
    beta = np.zeros(tables[0][0].shape[0])
    for _ in range(25):
        slope, bend = np.zeros_like(beta), np.zeros_like(beta)
        for x, one, zero in tables:
            scaled = np.exp(beta)[:, None] * one
            share = scaled / np.maximum(scaled + zero, 1e-300)
            d = x != 0
            slope += ((x > 0) - d * share).sum(axis=1)
            bend += (d * share * (1.0 - share)).sum(axis=1)
        step = slope / bend
        beta += step
        if np.abs(step).max() < 1e-12:
            break
    return beta


def max_combo_upper(z: Array, correlation: Array, nodes: int = 20) -> Array:
    """P(max of three normals > z) by Genz's transformation and a product of Gauss-Legendre rules.

    Args:
        z: (trials,) largest statistic.
        correlation: (3, 3, trials) of full rank.
        nodes: Of each rule.
    """
    c = np.linalg.cholesky(np.moveaxis(correlation, 2, 0))
    point, weight = np.polynomial.legendre.leggauss(nodes)
    point, weight = (point + 1.0) / 2.0, weight / 2.0
    first = ndtr(z)
    total = np.zeros_like(z)
    for p, w in zip(point, weight, strict=True):
        x = ndtri(p * first)
        second = ndtr((z - c[:, 1, 0] * x) / c[:, 1, 1])
        for q, v in zip(point, weight, strict=True):
            y = ndtri(q * second)
            total += w * v * first * second * ndtr((z - c[:, 2, 0] * x - c[:, 2, 1] * y) / c[:, 2, 2])
    return np.asarray(1.0 - total)


def simulate(
    s: Setting, trials: int, seed: int, *, weights: dict[str, tuple[float, float]] | None = None,
    combo: tuple[str, ...] = (),
) -> list[Seen]:  # fmt: skip
    """Looks of many trials.

    Args:
        s: The setting.
        trials: A multiple of 1,000.
        seed: Of numpy's default generator, with the number of the batch.
        weights: Test -> (rho, gamma); the log-rank test where absent.
        combo: Which three of them make MaxCombo.
    """
    weights = weights or {"log_rank": (0.0, 0.0)}
    batches = []
    for batch in range(trials // BATCH):
        p = people(np.random.default_rng([seed, batch]), s, BATCH)
        batches.append([look(p, s, planned, weights, combo) for planned in s.looks])
    return [_joined([one[k] for one in batches]) for k in range(len(s.looks))]


def _joined(parts: list[Seen]) -> Seen:
    z = {name: np.concatenate([part.z[name] for part in parts]) for name in parts[0].z}
    rest = [np.concatenate([part[k] for part in parts]) for k in range(1, len(Seen._fields))]
    return Seen(z, *rest)
