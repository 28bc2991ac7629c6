"""Who is enrolled and who is lost in a scenario: rates, sites, strata, dropout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.steps import check_steps
from equipoise.protocol.scenarios import Dropout, Enrollment, Loss, Scenario, Site, Stratum
from equipoise.protocol.suggest import known, nearest
from equipoise.source import YamlPath
from equipoise.units import convert

__all__ = ["check_enrollment"]

_SUM: Final = 1e-6  # shares written with a few decimals
_ROUNDING: Final = 1e-3
"""Relative part of the time of enrollment that rates written with a few decimals can make up."""


def check_enrollment(draft: Draft, scenario: Scenario, path: YamlPath) -> None:
    """Enrollment, sites, strata and losses of a scenario can be.

    Args:
        draft: The protocol under examination.
        scenario: The scenario.
        path: Where it stands.
    """
    if scenario.enrollment is not None:
        _enrollment(draft, scenario.enrollment, (*path, "enrollment"))
    if scenario.dropout is not None:
        _dropout(draft, scenario.dropout, (*path, "dropout"))
    _strata(draft, scenario, (*path, "strata"))
    if scenario.wrong_strata > 0.0 and len(scenario.strata) < 2:
        draft.report("wrong_strata", "a stratum can be recorded as another one only if there are two",
                     (*path, "wrong_strata"), "declare `strata:` with their shares, or remove it")  # fmt: skip


def _enrollment(draft: Draft, enrollment: Enrollment, path: YamlPath) -> None:
    if bool(enrollment.per_month) == (enrollment.duration is not None):
        what = "both rates and a duration say" if enrollment.per_month else "nothing says"
        draft.report("enrollment", f"{what} how fast subjects are enrolled", path,
                     "write exactly one of `per_month: [{rate: 10}]` and `duration: 24`")  # fmt: skip
    if enrollment.per_month:
        check_steps(draft, enrollment.per_month, (*path, "per_month"), open_end=False)
        if not any(piece.rate for piece in enrollment.per_month):
            draft.report("steps", "nobody is ever enrolled", (*path, "per_month"), "give a rate above 0")
    if isinstance(enrollment.sites, int):
        return
    if not enrollment.sites:
        draft.report("sites", "there is no site", (*path, "sites"), "name one, or write their number", value="{}")
    _open(draft, enrollment.sites, "site", enrollment, (*path, "sites"))


def _open(
    draft: Draft, entries: Mapping[str, Site] | Mapping[str, Stratum], noun: str, enrollment: Enrollment | None,
    path: YamlPath,
) -> None:  # fmt: skip
    """Each opens before it closes, and somebody is open as long as subjects are enrolled."""
    for name, one in entries.items():
        if one.closes is not None and one.closes <= one.opens:
            draft.report("opens", f"{noun} `{name}` closes before it opens, at {one.opens:g}",
                         (*path, name, "closes"), "write a later time, or remove it")  # fmt: skip
            return
    until = 0.0
    for start, end in sorted((one.opens, math.inf if one.closes is None else one.closes) for one in entries.values()):
        if start > until:
            break
        until = max(until, end)
    needed = _end(draft, enrollment)
    if entries and (until == 0.0 or until < needed * (1.0 - _ROUNDING)):
        when = "at the start" if until == 0.0 else f"at {until:g}"
        draft.report("opens", f"no {noun} is open {when}, and subjects are still to be enrolled", path,
                     f"let a {noun} be open whenever subjects are enrolled", value=f"{until:g}")  # fmt: skip


def _end(draft: Draft, enrollment: Enrollment | None) -> float:
    """When the last subject is expected, in time.unit; 0 where that can't be told."""
    if enrollment is None:
        return 0.0
    if enrollment.duration is not None:
        return enrollment.duration
    unit, days = draft.time.unit, draft.time.days_per_month
    enrolled = start = 0.0
    for piece in enrollment.per_month:
        rate = piece.rate / convert(1.0, "months", unit, days_per_month=days)
        missing = enrollment.patients - enrolled
        end = math.inf if piece.until is None else piece.until
        if rate > 0.0 and missing <= rate * (end - start):
            return start + missing / rate
        enrolled, start = enrolled + (rate * (end - start) if rate > 0.0 else 0.0), end
    return start if math.isfinite(start) else 0.0


def _dropout(draft: Draft, dropout: Dropout, path: YamlPath) -> None:
    if not dropout.arms or dropout.hazard is not None or dropout.probability is not None or dropout.by is not None:
        _loss(draft, dropout, path)
    for arm, loss in dropout.arms.items():
        if draft.refer("arms", arm, (*path, "arms", arm)):
            _loss(draft, loss, (*path, "arms", arm))


def _loss(draft: Draft, loss: Loss, path: YamlPath) -> None:
    if (loss.hazard is None) == (loss.probability is None):
        what = "both a hazard and a probability" if loss.hazard is not None else "nothing"
        draft.report("dropout", f"{what} is given of those who are lost", path,
                     "write `hazard: 0.01`, or `probability: 0.05` with `by: 12`")  # fmt: skip
    elif (loss.probability is None) != (loss.by is None):
        draft.report("dropout", "a probability of loss belongs to a time", path,
                     "write both `probability: 0.05` and `by: 12`")  # fmt: skip
    check_steps(draft, loss.hazard, (*path, "hazard"))


def _strata(draft: Draft, scenario: Scenario, path: YamlPath) -> None:
    if not scenario.strata:
        return
    total = math.fsum(stratum.share for stratum in scenario.strata.values())
    if abs(total - 1.0) > _SUM:
        draft.report("shares", f"the shares of the strata add up to {total:g}, not to 1", path,
                     "let them add up to 1", value=f"{total:g}")  # fmt: skip
    _open(draft, scenario.strata, "stratum", scenario.enrollment, path)
    for name, stratum in scenario.strata.items():
        for factor, level in stratum.levels.items():
            here: YamlPath = (*path, name, "levels", factor)
            declared = draft.factors.get(factor)
            if not draft.refer("factors", factor, here) or declared is None:
                continue
            levels = list(declared.level_values)
            if level not in levels:
                draft.report("level", f"`{factor}` has no such level", here,
                             nearest(level, levels) or known("declared", levels))  # fmt: skip
