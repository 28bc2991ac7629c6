"""Time to a subject's first adverse event of a category: Kaplan-Meier, Aalen-Johansen, log-rank and Cox.

Kaplan-Meier takes death without an event for censoring, and its complement is the risk if nobody died. Aalen-Johansen
has death compete, and is the fraction of subjects who have an event.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from equipoise.analysis.count_rows import Bools, level_text, limits_slug, many, sentences
from equipoise.analysis.methods_text import arms_text
from equipoise.analysis.rows import Limits, estimate, p_values
from equipoise.analysis.safety_counts import risk_ticks
from equipoise.analysis.safety_time import Floats, Timed, TimedEvents, first_days, landmarks, timed
from equipoise.results import Curve

if TYPE_CHECKING:
    from equipoise.analysis.count_rows import Ints
    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import FirstEventSpec, SafetyAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["FirstEventStep", "first_event_rows"]

_NOBODY = "no subjects at risk"
_METHODS = {
    "kaplan_meier": "1 - Kaplan-Meier of the time to the first event, death before it taken for censoring; "
    "{level}% log-log limits",
    "aalen_johansen": "Aalen-Johansen incidence of the first event, death before it competing; {level}% limits on the "
    "scale log(-log F) from Aalen's variance",
}


class _Incidence(NamedTuple):
    """An arm's incidence by one method, at the landmarks and along its curve."""

    at: tuple[Floats, Floats, Floats, Floats]  # (L,) value, standard error, lower, upper
    reason: tuple[str, ...]
    limits_reason: tuple[str, ...]
    curve: tuple[Floats, Floats, Floats, Floats]  # (T,) time, value, lower, upper


@dataclass(frozen=True, slots=True)
class FirstEventStep:
    """First events of the declared categories."""

    name: str
    spec: SafetyAnalysis
    first: FirstEventSpec

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: time to the first event"

    def run(self, context: Context) -> Iterator[Row]:
        """Counts, incidences by arm and landmark, tests and hazard ratios by contrast, curves.

        Args:
            context: Protocol, data and earlier rows.
        """
        found = timed(context, self.name, self.spec)
        if found is not None:
            yield from first_event_rows(context.protocol, found, self.first)


def first_event_rows(protocol: Protocol, timed: Timed, spec: FirstEventSpec) -> Iterator[Row]:
    """Rows and curves of all declared categories.

    Args:
        protocol: The declared trial.
        timed: The analysis in time.
        spec: Categories, landmarks and level.
    """
    for category in spec.of:
        one = timed.events.get(category)
        if one is None:
            continue
        time, status = first_days(timed, one)
        yield from _counts(protocol, timed, one, time, status)
        for index in range(len(timed.arms)):
            yield from _arm(protocol, timed, one, index, (time, status), spec)
        for arm, versus in timed.contrasts:
            yield from _contrast(protocol, timed, one, (arm, versus), (time, status), spec)


def _counts(protocol: Protocol, timed: Timed, one: TimedEvents, time: Floats, status: Ints) -> Iterator[Row]:
    for index, arm in enumerate(timed.arms):
        mine = timed.of(index)
        key = {"arm": arm, "groups": one.groups}
        for code, statistic, words in (
            (1, "events", "Subjects with an event of the category while at risk"),
            (2, "competing_events", "Subjects who died at risk without an event of the category"),
        ):
            value = np.nan if one.unknown else int((mine & (status == code)).sum())
            text = sentences(words, timed.period, one.note, timed.left_out)
            yield estimate(
                timed.scope.key(statistic, **key), value, reason=one.unknown, n=int(mine.sum()), method_text=text
            )
        for tick, day in zip(*risk_ticks(protocol, timed), strict=True):
            number = int((mine & (time >= day)).sum())
            yield estimate(
                timed.scope.key("at_risk", time=tick, method="first_event", **key),
                np.nan if one.unknown else number,
                reason=one.unknown,
                n=number,
                method_text="Subjects at risk of a first event at this time.",
            )


def _arm(
    protocol: Protocol, timed: Timed, one: TimedEvents, index: int, outcome: tuple[Floats, Ints], spec: FirstEventSpec
) -> Iterator[Row]:
    declared, days, words = landmarks(protocol, spec.times)
    mine, arm = timed.of(index), timed.arms[index]
    time, status = outcome[0][mine], outcome[1][mine]
    known = bool(mine.any()) and not one.unknown
    for method, said in _METHODS.items():
        found = _incidence(method, time, status, days, spec.conf_level) if known else None
        for k, landmark in enumerate(declared):
            key = timed.scope.key(
                "cumulative_incidence", arm=arm, groups=one.groups, time=landmark, method=method,
                interval=limits_slug("log_log", spec.conf_level),
            )  # fmt: skip
            level = level_text(spec.conf_level)
            text = sentences(f"{said.format(level=level)}; {words[k]}", timed.period, one.note, timed.left_out)
            if found is None:
                none = Limits(np.nan, np.nan, spec.conf_level)
                yield estimate(key, np.nan, limits=none, reason=one.unknown or _NOBODY, method_text=text)
                continue
            value, se, lower, upper = (float(part[k]) for part in found.at)
            yield estimate(
                key, value, limits=Limits(lower, upper, spec.conf_level, found.limits_reason[k]), se=se,
                reason=found.reason[k], n=int((time >= days[k] - 1e-9).sum()),
                events=int(((status == 1) & (time <= days[k] + 1e-9)).sum()), method_text=text,
            )  # fmt: skip
        if found is not None:
            yield _curve(timed, one, arm, method, found, (time, status))


def _incidence(method: str, time: Floats, status: Ints, days: Floats, level: float) -> _Incidence:
    from equipoise.kernels.aalen_johansen import aalen_johansen
    from equipoise.kernels.kaplan_meier import confidence_limits, kaplan_meier, survival_at

    if method == "kaplan_meier":
        km = kaplan_meier(time, status == 1)
        s = survival_at(km, days, conf_level=level)
        lower, upper = confidence_limits(km, conf_level=level)
        return _Incidence(
            (1.0 - s.survival, s.std_err, 1.0 - s.upper, 1.0 - s.lower),
            s.reason,
            s.limits_reason,
            (km.time, 1.0 - km.survival, 1.0 - upper, 1.0 - lower),
        )
    aj = aalen_johansen(time, status, causes=2, conf_level=level)
    at = aj.at(days)
    return _Incidence(
        (at.incidence[0], at.std_err[0], at.lower[0], at.upper[0]),
        at.reason,
        at.limits_reason[0],
        (aj.time, aj.incidence[0], aj.lower[0], aj.upper[0]),
    )


def _curve(
    timed: Timed, one: TimedEvents, arm: str, method: str, found: _Incidence, outcome: tuple[Floats, Ints]
) -> Curve:
    time, status = outcome
    x, y, lower, upper = found.curve
    place = np.searchsorted(x, time)
    leaving, events = np.bincount(place, minlength=x.size), np.bincount(place[status == 1], minlength=x.size)
    risk = leaving[::-1].cumsum()[::-1]
    return Curve(
        key=timed.scope.key("cumulative_incidence", arm=arm, groups=one.groups, method=method),
        curve="cumulative_incidence",
        x=np.append(0.0, x),
        y=np.append(0.0, y),
        lower=np.append(0.0, lower),
        upper=np.append(0.0, upper),
        n_risk=np.append(float(time.size), risk.astype(np.float64)),
        n_event=np.append(0.0, events.astype(np.float64)),
        n_censor=np.append(0.0, (leaving - events).astype(np.float64)),
        unit="days",
    )


def _contrast(
    protocol: Protocol,
    timed: Timed,
    one: TimedEvents,
    pair: tuple[str, str],
    outcome: tuple[Floats, Ints],
    spec: FirstEventSpec,
) -> Iterator[Row]:
    arm, versus = pair
    i, j = timed.arms.index(arm), timed.arms.index(versus)
    two = timed.of(i) | timed.of(j)
    time, event, code = outcome[0][two], outcome[1][two] == 1, (timed.arm[two] == i).astype(np.int64)
    empty = [protocol.arms[name].label for name, index in ((arm, i), (versus, j)) if not timed.of(index).any()]
    reason = one.unknown or (f"no subjects at risk in {empty[0]}" if empty else "")
    deaths = many(int((outcome[1][two] == 2).sum()), "death")
    about = (
        f"{arms_text(protocol, arm, versus)}; {deaths} before an event taken for censoring",
        timed.period,
        one.note,
        timed.left_out,
    )
    key: dict[str, Any] = {"arm": arm, "versus": versus, "groups": one.groups}
    shared: dict[str, Any] = {"n": int(two.sum()), "events": 0 if one.unknown else int(event.sum())}
    labels = (protocol.arms[versus].label, protocol.arms[arm].label)
    ratio, limits, se = _hazard_ratio(time, event, code, reason, labels, spec.conf_level)
    level = level_text(spec.conf_level)
    text = sentences(f"Cox model of the time to the first event, ties by Efron, {level}% Wald limits", *about)
    yield estimate(
        timed.scope.key("hazard_ratio", method="cox.efron", interval=limits_slug("wald", spec.conf_level), **key),
        ratio,
        limits=limits,
        se=se,
        reason=limits.reason,
        method_text=text,
        **shared,
    )
    yield from _log_rank(timed, (time, event, code), reason, key, about, shared)


def _hazard_ratio(
    time: Floats, event: Bools, code: Ints, reason: str, labels: tuple[str, str], level: float
) -> tuple[float, Limits, float]:
    """Ratio, limits (with the reason where there is none) and standard error of its log."""
    from equipoise.kernels.cox import cox_two_arm

    none = Limits(math.nan, math.nan, level, reason)
    if reason:
        return math.nan, none, math.nan
    without = [labels[arm] for arm in (0, 1) if not event[code == arm].any()]
    if without:
        why = "no events" if len(without) == 2 else f"no events in {without[0]}"
        return math.nan, none._replace(reason=why), math.nan
    fit = cox_two_arm(time, event, code, conf_level=level)
    why = fit.reasons[0] or ("" if fit.converged else "the fit did not converge")
    if why:
        return math.nan, none._replace(reason=why), math.nan
    ratio, lower, upper = (math.exp(float(part[0])) for part in (fit.coef, fit.lower, fit.upper))
    return ratio, Limits(lower, upper, level), float(fit.se[0])


def _log_rank(
    timed: Timed,
    outcome: tuple[Floats, Bools, Ints],
    reason: str,
    key: dict[str, Any],
    about: tuple[str, ...],
    shared: dict[str, Any],
) -> Iterator[Row]:
    from equipoise.kernels.log_rank import log_rank

    found = None if reason else log_rank(*outcome, n_arms=2)
    none = reason or (found.reason if found else "")
    text = sentences("Log-rank test of the time to the first event, unstratified", *about)
    z, p = (found.z, found.p_two_sided) if found and not none else (math.nan, math.nan)
    yield estimate(
        timed.scope.key("z", method="log_rank", **key),
        z,
        reason=none,
        multiplicity="nominal",
        method_text=f"{text} Positive where the experimental arm has fewer events.",
        **shared,
    )
    yield from p_values(
        timed.scope, "log_rank", two_sided=p, reason=none, key=key, method_text=f"{text} Two-sided.", **shared
    )
