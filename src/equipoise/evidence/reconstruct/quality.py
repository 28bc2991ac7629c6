"""How good a reconstruction is: how far it lies from the clicks, and what its own analysis gives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.guyot import Rebuilt
from equipoise.kernels.cox import CoxFit, cox_two_arm
from equipoise.kernels.kaplan_meier import KaplanMeier, kaplan_meier, quantile
from equipoise.results import Key, Results, Statistic

if TYPE_CHECKING:
    from equipoise.units import TimeUnit

__all__ = ["ArmMade", "distances", "quality_rows", "staircase"]

Floats = NDArray[np.float64]
ANALYSIS = "reconstruction"
_LEVEL = 0.95


class ArmMade(NamedTuple):
    """One arm and what it was rebuilt from.

    Attributes:
        name: Name in trial.yaml.
        label: Its words.
        time: (m,) times of the clicks.
        survival: (m,) survival at these.
        rebuilt: The subjects.
        notes: What was changed or supposed, in order.
        doubts: What a reader should look at.
    """

    name: str
    label: str
    time: Floats
    survival: Floats
    rebuilt: Rebuilt
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def quality_rows(arms: Sequence[ArmMade], control: str, endpoint: str, unit: TimeUnit) -> Results:
    """Statistics of a reconstruction; all are of synthetic origin.

    Args:
        arms: The arms.
        control: Name of the one that others are compared with.
        endpoint: Name of the endpoint.
        unit: Unit of all times.
    """
    rows: list[Statistic] = []
    for arm in arms:
        rows += _of_arm(arm, endpoint, unit)
    reference = next(arm for arm in arms if arm.name == control)
    for arm in arms:
        if arm.name != control:
            rows += _contrast(arm, reference, endpoint)
    return Results(tuple(rows))


def staircase(km: KaplanMeier, end: float) -> tuple[Floats, Floats]:
    """Corners of an estimate as it is drawn, from (0, 1) to its end.

    Args:
        km: The estimate.
        end: Last time.
    """
    events = km.n_event > 0
    time = np.concatenate([[0.0], np.repeat(km.time[events], 2), [end]])
    level = np.concatenate([[1.0], km.survival[events]])
    return time, np.repeat(level, 2)


def distances(time: Floats, survival: Floats, km: KaplanMeier, end: float) -> Floats:
    """(m,) distances of points from a drawn estimate, as shares of the axes: on a steep part, to the side.

    Args:
        time: (m,) times.
        survival: (m,) survival.
        km: The estimate.
        end: Last time of the axis.
    """
    x, y = staircase(km, end)
    a, b = np.column_stack([x[:-1] / end, y[:-1]]), np.column_stack([x[1:] / end, y[1:]])
    points = np.column_stack([time / end, survival])
    along = b - a
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    out = np.empty(points.shape[0])
    for start in range(0, points.shape[0], 256):  # in pieces: the memory is clicks times steps
        piece = points[start : start + 256, None, :] - a[None]
        share = np.clip((piece * along).sum(axis=2) / length, 0.0, 1.0)
        out[start : start + 256] = np.sqrt(((piece - share[..., None] * along) ** 2).sum(axis=2).min(axis=1))
    return out


def _of_arm(arm: ArmMade, endpoint: str, unit: TimeUnit) -> Iterator[Statistic]:
    rebuilt = arm.rebuilt
    km = kaplan_meier(rebuilt.time, rebuilt.status)
    end = float(max(rebuilt.time.max(), arm.time.max()))
    away = distances(arm.time, arm.survival, km, end)
    yield _row("subjects", endpoint, arm.name, value=float(rebuilt.time.size))
    yield _row("events", endpoint, arm.name, value=float(rebuilt.events), n=rebuilt.time.size)
    yield _median(arm, km, endpoint, unit)
    text = "Distance of the clicks from the rebuilt curve, as a share of the axes."
    yield _row("curve_deviation", endpoint, arm.name, value=float(np.sqrt((away**2).mean())), method_text=text)
    yield _row("curve_deviation_max", endpoint, arm.name, value=float(away.max()), method_text=text)
    got = np.array([(rebuilt.time >= t).sum() for t in rebuilt.risk_times])
    worst = float(np.abs(got - rebuilt.at_risk).max(initial=0))
    text = "Largest difference between rebuilt and reported numbers at risk."
    yield _row("at_risk_mismatch", endpoint, arm.name, value=worst, method_text=text)


def _median(arm: ArmMade, km: KaplanMeier, endpoint: str, unit: TimeUnit) -> Statistic:
    found = quantile(km, 0.5, conf_level=_LEVEL, interval="log_log")
    plain = [float(np.ravel(number)[0]) for number in (found.estimate, found.lower, found.upper)]
    value, lower, upper = (number if math.isfinite(number) else None for number in plain)
    names = zip(("value", "lower", "upper"), (value, lower, upper), strict=True)
    missing = tuple((name, "not_reached") for name, number in names if number is None)
    key = _key("median", endpoint, arm.name, method="kaplan_meier", interval="log_log.95")
    return Statistic(
        key=key,
        value=value,
        lower=lower,
        upper=upper,
        conf_level=_LEVEL,
        unit=unit,
        missing=missing,
        origin="synthetic",
    )


def _contrast(arm: ArmMade, reference: ArmMade, endpoint: str) -> Iterator[Statistic]:
    pair = (reference.rebuilt, arm.rebuilt)
    time, status = (np.concatenate([getattr(one, name) for one in pair]) for name in ("time", "status"))
    fit = cox_two_arm(time, status, np.repeat([0, 1], [one.time.size for one in pair]), conf_level=_LEVEL)
    key = _key("hazard_ratio", endpoint, arm.name, reference.name, method="cox.efron", interval="wald.95")
    yield _hazard_ratio(key, fit, int(status.sum()), time.size)


def _hazard_ratio(key: Key, fit: CoxFit, events: int, n: int) -> Statistic:
    numbers = [float(one[0]) for one in (fit.coef, fit.lower, fit.upper, fit.se)]
    if not all(math.isfinite(one) for one in numbers):
        reason = fit.reason or "no finite estimate"
        missing = tuple((name, reason) for name in ("value", "lower", "upper", "se"))
        return Statistic(key=key, conf_level=_LEVEL, events=events, n=n, missing=missing, origin="synthetic")
    value, lower, upper = (math.exp(one) for one in numbers[:3])
    text = "Cox model, Efron's ties, unstratified."
    return Statistic(
        key=key, value=value, lower=lower, upper=upper, se=numbers[3], conf_level=_LEVEL, events=events, n=n,
        method_text=text, origin="synthetic",
    )  # fmt: skip


def _key(statistic: str, endpoint: str, arm: str, versus: str = "", *, method: str = "", interval: str = "") -> Key:
    return Key(analysis=ANALYSIS, statistic=statistic, endpoint=endpoint, arm=arm, versus=versus, method=method,
               interval=interval)  # fmt: skip


def _row(
    statistic: str, endpoint: str, arm: str, *, value: float, n: int | None = None, method_text: str = ""
) -> Statistic:
    return Statistic(key=_key(statistic, endpoint, arm), value=value, n=n, method_text=method_text, origin="synthetic")
