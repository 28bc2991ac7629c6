"""Scenarios: what is assumed of each endpoint in each arm, how many are enrolled, and how many are lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.endpoints import AdverseEventsEndpoint, TimeToEventEndpoint
from equipoise.protocol.scenarios import (
    ArmAssumption,
    Dropout,
    Enrollment,
    Loss,
    LossPiece,
    Piece,
    RatePiece,
    Scenario,
    StratumAssumption,
)
from equipoise.protocol.suggest import choices, known, nearest
from equipoise.source import YamlPath

__all__ = ["check_scenarios"]

_OF_TIMES: Final = ("median", "hazard", "hazard_ratio")
_ALL: Final = (*_OF_TIMES, "rate")
_SUM: Final = 1e-6  # shares written with a few decimals


def check_scenarios(draft: Draft) -> None:
    """Each scenario assumes exactly one thing of each arm, its shares add up, and its steps go forward in time.

    Args:
        draft: The protocol under examination.
    """
    for name, scenario in draft.scenarios.items():
        path: YamlPath = ("scenarios", name)
        if scenario.enrollment is not None:
            _enrollment(draft, scenario.enrollment, (*path, "enrollment"))
        if scenario.dropout is not None:
            _dropout(draft, scenario.dropout, (*path, "dropout"))
        _strata(draft, scenario, (*path, "strata"))
        for endpoint, arms in scenario.endpoints.items():
            here: YamlPath = (*path, "endpoints", endpoint)
            if draft.refer("endpoints", endpoint, here):
                _endpoint(draft, scenario, endpoint, dict(arms), here)


def _enrollment(draft: Draft, enrollment: Enrollment, path: YamlPath) -> None:
    if bool(enrollment.per_month) == (enrollment.duration is not None):
        what = "both rates and a duration say" if enrollment.per_month else "nothing says"
        draft.report("enrollment", f"{what} how fast subjects are enrolled", path,
                     "write exactly one of `per_month: [{rate: 10}]` and `duration: 24`")  # fmt: skip
    if enrollment.per_month:
        _steps(draft, enrollment.per_month, (*path, "per_month"), open_end=False)
        if not any(piece.rate for piece in enrollment.per_month):
            draft.report("steps", "nobody is ever enrolled", (*path, "per_month"), "give a rate above 0")


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
    if isinstance(loss.hazard, tuple):
        _steps(draft, loss.hazard, (*path, "hazard"), open_end=True)


def _strata(draft: Draft, scenario: Scenario, path: YamlPath) -> None:
    if not scenario.strata:
        return
    total = math.fsum(stratum.share for stratum in scenario.strata.values())
    if abs(total - 1.0) > _SUM:
        draft.report("shares", f"the shares of the strata add up to {total:g}, not to 1", path,
                     "let them add up to 1", value=f"{total:g}")  # fmt: skip
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


def _endpoint(draft: Draft, scenario: Scenario, name: str, arms: dict[str, ArmAssumption], path: YamlPath) -> None:
    endpoint = draft.endpoints.get(name)
    if isinstance(endpoint, AdverseEventsEndpoint):
        draft.report("kind", "adverse events are not simulated", path, "remove it", value=name)
        return
    if isinstance(endpoint, ContinuousEndpoint):
        draft.report("kind", "continuous endpoints are not simulated", path, "remove it", value=name)
        return
    allowed = _ALL if endpoint is None else _OF_TIMES if isinstance(endpoint, TimeToEventEndpoint) else ("rate",)
    for arm, assumption in arms.items():
        here: YamlPath = (*path, arm)
        if not draft.refer("arms", arm, here):
            continue
        if assumption.strata:
            _by_stratum(draft, scenario, arm, assumption, allowed, here)
        else:
            _assumption(draft, arm, assumption, allowed, here)
    for arm in draft.names["arms"]:
        if arm not in arms:
            draft.report("missing_key", f"nothing is assumed of arm `{arm}`", path,
                         f"add `{arm}:` with one of {choices(allowed)}", value=name)  # fmt: skip


def _by_stratum(
    draft: Draft, scenario: Scenario, arm: str, assumption: ArmAssumption, allowed: Sequence[str], path: YamlPath
) -> None:
    """An arm described stratum by stratum: each declared stratum once, and nothing beside."""
    beside = [key for key in (*_ALL, "cure") if getattr(assumption, key) is not None]
    if beside:
        draft.report("assumption", f"arm `{arm}` is described by stratum and as a whole", (*path, beside[0]),
                     "write it once: inside `strata`, or without `strata`", on_key=True)  # fmt: skip
    names = list(scenario.strata)
    for name, inner in assumption.strata.items():
        here: YamlPath = (*path, "strata", name)
        if name not in scenario.strata:
            draft.report("dangling", f"`{name}` is not declared as a stratum of this scenario", here,
                         nearest(name, names) or (known("declared under strata", names) if names else
                         "declare `strata:` with their shares in this scenario"), value=name)  # fmt: skip
        _assumption(draft, arm, inner, allowed, here)
    for name in names:
        if name not in assumption.strata:
            draft.report("missing_key", f"nothing is assumed of arm `{arm}` in stratum `{name}`", (*path, "strata"),
                         f"add `{name}:` with one of {choices(allowed)}", value=arm)  # fmt: skip


def _assumption(draft: Draft, arm: str, assumption: StratumAssumption, allowed: Sequence[str], path: YamlPath) -> None:
    given = [name for name in _ALL if getattr(assumption, name) is not None]
    if len(given) != 1:
        what = f"{len(given)} things are" if given else "nothing is"
        draft.report("assumption", f"{what} assumed of arm `{arm}`: it takes exactly one", path,
                     f"write one of {choices(allowed)}", value=", ".join(given))  # fmt: skip
        return
    key = given[0]
    declared = draft.arms.get(arm)
    if key not in allowed:
        draft.report("assumption", f"`{key}` does not describe an endpoint of this kind", (*path, key),
                     f"write {choices(allowed)}", on_key=True)  # fmt: skip
    elif key == "hazard_ratio" and declared is not None and declared.role == "control":
        draft.report("control", "the control has no hazard ratio: it is what the others are compared with",
                     (*path, key), "give its `median` or `hazard`", on_key=True)  # fmt: skip
    if assumption.cure is not None and key == "rate":
        draft.report("assumption", "`cure` does not describe an endpoint of this kind", (*path, "cure"),
                     "remove it", on_key=True)  # fmt: skip
    value = getattr(assumption, key)
    if isinstance(value, tuple):
        _steps(draft, value, (*path, key), open_end=True)


def _steps(draft: Draft, pieces: Sequence[Piece | RatePiece | LossPiece], path: YamlPath, *, open_end: bool) -> None:
    """Pieces go forward; all but the last end, and a hazard's last piece does not."""
    before = 0.0
    for position, piece in enumerate(pieces):
        last = position == len(pieces) - 1
        here: YamlPath = (*path, position)
        if piece.until is None:
            if not last:
                draft.report("steps", "only the last piece can go on for ever", here,
                             "say when it ends, `until: ...`")  # fmt: skip
            continue
        if piece.until <= before:
            draft.report("steps", f"this piece ends before it begins, at {before:g}", (*here, "until"),
                         "let `until` increase from piece to piece")  # fmt: skip
        if last and open_end:
            draft.report("steps", "nothing is said of the time after the last piece", (*here, "until"),
                         "remove `until` from the last piece, or add one without it")  # fmt: skip
        before = max(before, piece.until)
