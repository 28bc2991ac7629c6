"""How long responses last: Kaplan-Meier among responders, by arm. Responders are not randomized: no P between arms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from equipoise.analysis.count_rows import by_arm, count_row, level_text, limits_slug, sentences
from equipoise.analysis.events import events_frame
from equipoise.analysis.response_frame import response_frame
from equipoise.analysis.rows import NOT_REACHED, Limits, Scope, estimate
from equipoise.results import Curve, Key
from equipoise.units import TimeUnit, convert

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from equipoise.analysis.steps import Context, Row
    from equipoise.kernels.kaplan_meier import KaplanMeier
    from equipoise.protocol.analysis import ResponseAnalysis
    from equipoise.protocol.endpoints import ResponseEndpoint
    from equipoise.protocol.protocol import Protocol

__all__ = ["DurationStep", "duration_rows"]

# Landmarks in the trial's unit where no analysis of the duration endpoint declares its own: about 6 and 12 months.
_LANDMARKS: dict[TimeUnit, tuple[float, float]] = {
    "days": (182.0, 365.0),
    "weeks": (26.0, 52.0),
    "months": (6.0, 12.0),
    "years": (0.5, 1.0),
}
_NO_COMPARISON = "Kaplan-Meier among responders; arms are not compared, as responders are not randomized groups"


@dataclass(frozen=True, slots=True)
class DurationStep:
    """Duration of response for one response analysis."""

    name: str
    spec: ResponseAnalysis
    endpoint: ResponseEndpoint

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: duration of response"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows and curves by arm."""
        duration = cast("str", self.endpoint.duration)
        frame = response_frame(context, self.spec, self.endpoint)
        times = events_frame(context, duration, self.spec.population)
        return duration_rows(context.protocol, self.name, frame, times)


def duration_rows(protocol: Protocol, name: str, frame: pl.DataFrame, times: pl.DataFrame) -> Iterator[Row]:
    """Rows and curves of the duration among responders.

    Args:
        protocol: The declared trial.
        name: Name of the response analysis.
        frame: One row a subject of the denominator: USUBJID, arm, response.
        times: One row a subject of the duration endpoint: USUBJID, time in the data's unit, status (1 event).

    Yields:
        By arm: responders without a record of the duration, events, median, survival at landmarks, and the curve.
    """
    spec = cast("ResponseAnalysis", protocol.analysis[name])
    endpoint = cast("ResponseEndpoint", protocol.endpoints[spec.endpoint])
    scope = Scope(name, spec.endpoint, spec.population)
    responders = frame.filter(frame["response"].is_in(list(endpoint.responders))).select("USUBJID", "arm")
    found = responders.join(times.select("USUBJID", "time", "status"), on="USUBJID", how="left")
    absent = found["time"].is_null().to_numpy()
    arm = found["arm"].to_numpy().astype(np.int64)
    lost = by_arm(arm, len(protocol.arms), where=absent)
    everyone = by_arm(arm, len(protocol.arms))
    known = found.filter(found["time"].is_not_null())
    for index, arm_name in enumerate(protocol.arms):
        yield count_row(
            scope.key("subjects", arm=arm_name, groups=(("duration", "missing"),)),
            int(lost[index]),
            denominator=int(everyone[index]),
            method_text=sentences(f"responders without a record of {endpoint.duration}, left out of its rows"),
        )
        one = known.filter(known["arm"] == index)
        outcome = one["time"].to_numpy().astype(np.float64), one["status"].to_numpy() == 1
        yield from _one_arm(protocol, spec, scope, arm_name, outcome)


def _one_arm(
    protocol: Protocol,
    spec: ResponseAnalysis,
    scope: Scope,
    arm: str,
    outcome: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> Iterator[Row]:
    from equipoise.kernels.kaplan_meier import kaplan_meier, quantile, survival_at

    time, event = outcome
    level, unit = spec.conf_level, protocol.time.data_unit
    slug = limits_slug("log_log", level)
    words = sentences(_NO_COMPARISON, f"{level_text(level)}% log-log limits")
    size: dict[str, Any] = {"n": int(time.size), "events": int(event.sum()), "method_text": words}
    events = size["events"]
    yield count_row(
        scope.key("duration_events", arm=arm), events, denominator=time.size, n=time.size, method_text=words
    )
    landmarks = _landmarks(protocol, cast("ResponseEndpoint", protocol.endpoints[scope.endpoint]))
    shared = {"arm": arm, "method": "kaplan_meier", "interval": slug}
    keys = [scope.key("duration_survival", time=landmark, **shared) for landmark in landmarks]
    median_key = scope.key("duration_median", **shared)
    if not time.size:
        nobody = Limits(np.nan, np.nan, level)
        reason = "no responders with a known duration"
        yield estimate(median_key, np.nan, limits=nobody, reason=reason, unit=unit, **size)
        for key in keys:
            yield estimate(key, np.nan, limits=nobody, reason=reason, **size)
        return
    km = kaplan_meier(time, event)
    median = quantile(km, 0.5, conf_level=level, interval="log_log")
    limits = Limits(float(median.lower[0]), float(median.upper[0]), level, NOT_REACHED)
    yield estimate(median_key, float(median.estimate[0]), limits=limits, reason=NOT_REACHED, unit=unit, **size)
    wanted = [convert(t, protocol.time.unit, unit, days_per_month=protocol.time.days_per_month) for t in landmarks]
    at = survival_at(km, wanted, conf_level=level, interval="log_log")
    for i, key in enumerate(keys):
        why = at.reason[i]
        limits = Limits(float(at.lower[i]), float(at.upper[i]), level, why or at.limits_reason[i])
        yield estimate(key, float(at.survival[i]), limits=limits, reason=why, n=int(at.n_risk[i]), method_text=words)
    yield _curve(km, scope.key("survival", arm=arm), level, unit)


def _landmarks(protocol: Protocol, endpoint: ResponseEndpoint) -> tuple[float, ...]:
    """Times in the trial's unit: those of an analysis of the duration endpoint, else about 6 and 12 months."""
    for spec in protocol.analysis.values():
        if spec.kind == "time_to_event" and spec.endpoint == endpoint.duration and spec.survival.times:
            return spec.survival.times
    return _LANDMARKS[protocol.time.unit]


def _curve(km: KaplanMeier, key: Key, level: float, unit: str) -> Curve:
    from equipoise.kernels.kaplan_meier import confidence_limits

    lower, upper = confidence_limits(km, conf_level=level, interval="log_log")
    return Curve(
        key=key,
        curve="duration_of_response",
        x=np.append(0.0, km.time),
        y=np.append(1.0, km.survival),
        lower=np.append(1.0, lower),
        upper=np.append(1.0, upper),
        n_risk=np.append(float(km.n_risk[0]), km.n_risk),
        n_event=np.append(0.0, km.n_event),
        n_censor=np.append(0.0, km.n_censor),
        unit=unit,
    )
