"""Simulated trials, analyzed and printed as an abstract prints them: the claims that claim_rules.py judges."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, Literal

import numpy as np

from equipoise.evidence.document import Document
from equipoise.evidence.model import Arm, Claim, Interval, Number, PValue, Reading
from equipoise.evidence.rules._binomial import METHODS, limits
from equipoise.kernels.cox import cox_two_arm
from equipoise.kernels.distributions import norm_cdf, norm_ppf
from equipoise.kernels.kaplan_meier import kaplan_meier, quantile, survival_at
from equipoise.kernels.log_rank import log_rank

__all__ = ["EVENTS", "LEVELS", "Style", "as_reading", "printed", "simulated_claims"]

EVENTS = (20, 30, 50, 100, 200, 400, 600)
LEVELS = (0.95, 0.95, 0.95, 0.95, 0.8, 0.9, 0.9503, 0.9695, 0.97, 0.99, 0.992)
_RATIOS = (0.4, 0.6, 0.75, 0.9, 1.0, 1.25)
_KINDS = {
    "sample_size", "arm_size", "proportion", "rate", "median", "hazard_ratio", "risk_reduction", "p_value", "follow_up",
}  # fmt: skip
_NEW, _OLD, _OS = "new", "control", "overall_survival"
Way = Literal["half_up", "half_even", "double"]


@dataclass(frozen=True)
class Style:
    """How one abstract prints.

    Attributes:
        way: Rounding of all its numbers.
        decimals: Decimals of ratios.
        level: Confidence level.
        cut_p: Whether P values are cut off instead of rounded.
        p_decimals: Their decimals.
        sides: Sides of the P value that are printed.
        one_sided: Whether it is one-sided, said or not.
        test: `log_rank` or `wald`.
        strata: Strata of interval and of P value: both, neither, or an unstratified P beside a stratified interval,
            said of both, said of the interval, or not said.
        derived: Whether reductions and differences are taken from printed numbers.
        method: Of limits of a proportion.
    """

    way: Way
    decimals: int
    level: float
    cut_p: bool
    p_decimals: int
    sides: Literal[1, 2] | None
    one_sided: bool
    test: Literal["log_rank", "wald"]
    strata: Literal["both", "neither", "crossed_said", "crossed_half", "crossed"]
    derived: bool
    method: str


def a_style(rng: np.random.Generator) -> Style:
    """A way of printing, drawn."""
    one_sided, said = bool(rng.random() < 0.25), bool(rng.random() < 0.5)
    return Style(
        way=rng.choice(["half_up", "half_even", "double"]),
        decimals=int(rng.choice([2, 2, 2, 3])),
        level=float(rng.choice(LEVELS)),
        cut_p=bool(rng.random() < 0.3),
        p_decimals=int(rng.choice([2, 3, 4])),
        sides=(1 if one_sided else 2) if said else None,
        one_sided=one_sided,
        test=rng.choice(["log_rank", "log_rank", "wald"]),
        strata=rng.choice(
            ["both", "neither", "crossed_said", "crossed_half", "crossed"], p=[0.3, 0.3, 0.15, 0.15, 0.1]
        ),
        derived=bool(rng.random() < 0.5),
        method=str(rng.choice(METHODS[:7])),
    )


def printed(value: float, decimals: int, way: Way | Literal["cut"] = "half_up") -> Number:
    """A number as print has it: rounded once, twice (by way of one more decimal), or cut off."""
    exact, unit = Decimal(repr(float(value))), Decimal(1).scaleb(-decimals)
    if way == "double":
        exact = exact.quantize(unit.scaleb(-1), ROUND_HALF_UP)
    how = {"half_even": ROUND_HALF_EVEN, "cut": ROUND_DOWN}.get(way, ROUND_HALF_UP)
    text = str(exact.quantize(unit, how))
    return Number(text, float(text), decimals)


def whole(value: int) -> Number:
    """A count."""
    return Number(f"{value:,}", float(value), 0)


def claim(measure: str, value: Number | None = None, **more: Any) -> Claim:
    """A claim of our abstract, all of one sentence."""
    more.setdefault("unit", "%" if measure in ("proportion", "rate", "risk_reduction") else "")
    quote = more.pop("quote", "" if value is None else value.text)
    kind = measure if measure in _KINDS else "other"
    return Claim(
        start=0,
        end=len(quote),
        quote=quote,
        kind=kind,  # type: ignore[arg-type]
        measure=measure,  # type: ignore[arg-type]
        value=value,
        **more,
    )


def as_reading(claims: list[Claim]) -> Reading:
    """Claims as a reading of two arms."""
    arms = (Arm(_NEW, _NEW, "experimental"), Arm(_OLD, _OLD, "control"))
    return Reading(Document("simulated", ""), tuple(replace(c, id=f"c{i}") for i, c in enumerate(claims, 1)), arms)


@dataclass(frozen=True)
class Patients:
    """Patients of a trial at its cut: time, event, arm (1 new), stratum; enrollment and cut in months."""

    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray
    enrollment: float
    cut: float
    ratio: int


def patients(rng: np.random.Generator, events: int) -> Patients:
    """A trial that is cut at so many events: two strata, exponential times in whole days, 1:1, 2:1 or 3:1."""
    ratio, effect = int(rng.choice([1, 1, 2, 3])), float(rng.choice(_RATIOS))
    n = math.ceil(events / float(rng.choice([0.35, 0.6, 0.85])))
    stratum = np.sort(rng.integers(0, 2, n))
    arm = (np.arange(n) % (ratio + 1) < ratio).astype(np.int64)  # in blocks, by stratum
    hazard = (
        math.log(2)
        / 12.0
        * np.where(arm == 1, effect, 1.0)
        * np.where(stratum == 1, float(rng.choice([1.0, 2.0, 3.5])), 1.0)
    )
    entry, t = rng.uniform(0.0, 24.0, n), rng.exponential(1.0 / hazard)
    cut = float(np.sort(entry + t)[min(events, n) - 1]) + 1e-9
    on = entry < cut
    follow = np.minimum(t, cut - entry)[on]
    days = np.ceil(follow * 30.4375)
    return Patients(days, (t <= cut - entry)[on].astype(np.int64), arm[on], stratum[on], min(24.0, cut), cut, ratio)


def simulated_claims(rng: np.random.Generator, events: int) -> tuple[list[Claim], Style] | None:
    """What an abstract says of one simulated trial, or None where it has no hazard ratio."""
    style, trial = a_style(rng), patients(rng, events)
    by_arm = [int(trial.event[trial.arm == k].sum()) for k in (0, 1)]
    if min(by_arm) < 2:
        return None
    effect = _effect(trial, style, rng)
    if not effect:
        return None
    claims = _people(trial, by_arm, style) + effect
    claims += _curves(trial, style)
    claims += _responses(trial, style, rng)
    claims += _dates(trial)
    return claims, style


def _people(trial: Patients, events: list[int], style: Style) -> list[Claim]:
    sizes = [int((trial.arm == k).sum()) for k in (0, 1)]
    out = [claim("sample_size", whole(sum(sizes)), of="randomized", unit="patients")]
    out.append(claim("randomization_ratio", quote=f"{trial.ratio}:1"))
    for name, k in ((_NEW, 1), (_OLD, 0)):
        out.append(claim("arm_size", whole(sizes[k]), arm=name, unit="patients"))
    out.append(claim("events", whole(sum(events)), endpoint="death", unit="events"))
    for name, k in ((_NEW, 1), (_OLD, 0)):
        share = printed(100.0 * events[k] / sizes[k], 1, style.way)
        of = whole(sizes[k]) if style.derived else None
        out.append(claim("proportion", share, count=whole(events[k]), denominator=of, arm=name, endpoint="death"))
    return out


def _p(p: float, style: Style, method: tuple[str, ...]) -> PValue:
    number = printed(p, style.p_decimals, "cut" if style.cut_p else style.way)
    if number.value == 0.0:
        text = f"{10.0**-style.p_decimals:.{style.p_decimals}f}"
        number = Number(text, float(text), style.p_decimals, bound="<")
    return PValue(number, style.sides, method)


def _interval(low: float, high: float, style: Style, decimals: int, method: tuple[str, ...] = ()) -> Interval:
    return Interval(
        printed(low, decimals, style.way), printed(high, decimals, style.way), style.level, True, method=method
    )


def _effect(trial: Patients, style: Style, rng: np.random.Generator) -> list[Claim]:
    """Hazard ratio, limits, P value and the reduction told beside it."""
    data, strata = (trial.time, trial.event, trial.arm), trial.stratum
    crossed = style.strata.startswith("crossed")
    fit = cox_two_arm(*data, stratum=strata if crossed or style.strata == "both" else None, conf_level=style.level)
    beta = float(fit.coef[0])
    in_test = strata if style.strata == "both" else None
    if style.test == "wald":
        other = cox_two_arm(*data, stratum=in_test)
        z = -float(other.coef[0]) / float(other.se[0])
    else:
        z = log_rank(*data, stratum=in_test).z
    if not math.isfinite(z + float(fit.lower[0]) + float(fit.upper[0])):
        return []  # no events of one arm wherever both have patients
    p = float(norm_cdf(-z)) if style.one_sided else 2.0 * float(norm_cdf(-abs(z)))
    said = style.strata in ("crossed_said", "crossed_half")
    wald = ("wald",) if style.test == "wald" and not crossed and rng.random() < 0.5 else ()
    test = _p(p, style, ("unstratified",) if style.strata == "crossed_said" else wald)
    ends = _interval(
        float(np.exp(fit.lower[0])), float(np.exp(fit.upper[0])), style, style.decimals, ("stratified",) if said else ()
    )
    ratio = printed(math.exp(beta), style.decimals, style.way)
    labels = {"endpoint": _OS, "arm": _NEW, "versus": _OLD}
    out = [claim("hazard_ratio", ratio, interval=ends, p=test, **labels)]
    reduction = 100.0 * (1.0 - (ratio.value if style.derived else math.exp(beta)))
    if reduction > 1.0:
        out.append(claim("risk_reduction", printed(reduction, 0, style.way), quote="lower hazard", **labels))
    return out


def _curves(trial: Patients, style: Style) -> list[Claim]:
    """Medians and survival at a time, their limits and differences."""
    out: list[Claim] = []
    medians, rates = [], []
    month = 30.4375
    at = round(0.5 * trial.cut)
    for name, k in ((_NEW, 1), (_OLD, 0)):
        curve = kaplan_meier(trial.time[trial.arm == k], trial.event[trial.arm == k])
        q, s = quantile(curve, conf_level=style.level), survival_at(curve, [at * month], conf_level=style.level)
        low, mid, high = (float(x[0]) / month for x in (q.lower, q.estimate, q.upper))
        if math.isfinite(mid) and math.isfinite(low):
            ends = Interval(
                printed(low, 1, style.way), printed(high, 1, style.way) if math.isfinite(high) else None, style.level
            )
            medians.append(
                (mid, claim("median", printed(mid, 1, style.way), interval=ends, unit="months", arm=name, endpoint=_OS))
            )
        if math.isfinite(s.lower[0]) and math.isfinite(s.survival[0]):
            ends = _interval(100 * float(s.lower[0]), 100 * float(s.upper[0]), style, 1)
            share = 100.0 * float(s.survival[0])
            time = {"time": whole(at), "time_unit": "months"}
            rates.append(
                (share, claim("rate", printed(share, 1, style.way), interval=ends, arm=name, endpoint=_OS, **time))
            )
    labels = {"endpoint": _OS, "arm": _NEW, "versus": _OLD}
    out += [c for _, c in (*medians, *rates)]
    if len(medians) == 2:
        out.append(claim("median_difference", _gap(medians, style), unit="months", **labels))
    if len(rates) == 2:
        gap = _gap(rates, style)
        time = {"time": whole(at), "time_unit": "months"}
        out.append(claim("risk_difference", gap, unit="percentage points", **labels, **time))
        if abs(rates[0][0] - rates[1][0]) >= 0.5:
            needed = math.ceil(100.0 / abs(rates[0][0] - rates[1][0]))
            out.append(claim("number_needed", whole(needed), unit="patients", **labels, **time))
    return out


def _gap(pair: list[tuple[float, Claim]], style: Style) -> Number:
    if style.derived:
        one, two = (c.value.value for _, c in pair if c.value is not None)
        return printed(round(one - two, 6), 1, style.way)
    return printed(pair[0][0] - pair[1][0], 1, style.way)


def _responses(trial: Patients, style: Style, rng: np.random.Generator) -> list[Claim]:
    """Responders of each arm with limits by one of the methods, their odds ratio with limits and P value."""
    sizes = [int((trial.arm == k).sum()) for k in (0, 1)]
    hits = [int(rng.binomial(sizes[k], (0.25, 0.4)[k])) for k in (0, 1)]
    out = []
    for name, k in ((_NEW, 1), (_OLD, 0)):
        low, high = limits(style.method, hits[k], sizes[k], style.level)
        share = printed(100.0 * hits[k] / sizes[k], 1, style.way)
        counts = {"count": whole(hits[k]), "denominator": whole(sizes[k])} if style.derived else {}
        ends = _interval(100.0 * low, 100.0 * high, style, 1)
        out.append(claim("proportion", share, interval=ends, arm=name, endpoint="objective_response", **counts))
    out.append(_response_difference(hits, sizes, style))
    table = np.array([[hits[1], sizes[1] - hits[1]], [hits[0], sizes[0] - hits[0]]], dtype=float)
    if table.min() < 1:
        return out
    log = math.log(table[0, 0] * table[1, 1] / table[0, 1] / table[1, 0])
    half = norm_ppf(0.5 + style.level / 2.0) * math.sqrt((1.0 / table).sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    z = math.sqrt(float(((table - expected) ** 2 / expected).sum()))
    ends = _interval(math.exp(log - half), math.exp(log + half), style, style.decimals)
    p = _p(2.0 * float(norm_cdf(-z)), replace(style, sides=None), ())
    labels = {"endpoint": "objective_response", "arm": _NEW, "versus": _OLD}
    out.append(claim("odds_ratio", printed(math.exp(log), style.decimals, style.way), interval=ends, p=p, **labels))
    return out


def _response_difference(hits: list[int], sizes: list[int], style: Style) -> Claim:
    """Wald's limits of the difference in response, in percentage points."""
    shares = [hits[k] / sizes[k] for k in (0, 1)]
    error = math.sqrt(sum(s * (1.0 - s) / n for s, n in zip(shares, sizes, strict=True)))
    half = norm_ppf(0.5 + style.level / 2.0) * error
    gap = shares[1] - shares[0]
    ends = _interval(100.0 * (gap - half), 100.0 * (gap + half), style, 1)
    labels = {"endpoint": "objective_response", "arm": _NEW, "versus": _OLD}
    points = "percentage points"
    return claim("risk_difference", printed(100.0 * gap, 1, style.way), interval=ends, unit=points, **labels)


def _dates(trial: Patients) -> list[Claim]:
    start = datetime.date(2015, 3, 1)
    days = (0.0, trial.enrollment * 30.4375, trial.cut * 30.4375)
    names = ("enrollment_start", "enrollment_end", "data_cut")
    out = [
        claim("date", of=of, date=(start + datetime.timedelta(math.ceil(d))).isoformat(), quote=of)
        for of, d in zip(names, days, strict=True)
    ]
    follow = trial.cut - trial.enrollment / 2.0
    return [*out, claim("follow_up", printed(follow, 1), unit="months")]
