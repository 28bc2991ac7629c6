"""Scenarios: what is assumed of each endpoint in each arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.endpoints import AdverseEventsEndpoint, TimeToEventEndpoint
from equipoise.protocol.scenarios import ArmAssumption, Piece, RatePiece
from equipoise.protocol.suggest import choices
from equipoise.source import YamlPath

__all__ = ["check_scenarios"]

_OF_TIMES: Final = ("median", "hazard", "hazard_ratio")
_ALL: Final = (*_OF_TIMES, "rate")


def check_scenarios(draft: Draft) -> None:
    """Each scenario assumes exactly one thing of each arm, and its steps go forward in time.

    Args:
        draft: The protocol under examination.
    """
    for name, scenario in draft.scenarios.items():
        path: YamlPath = ("scenarios", name)
        if scenario.enrollment is not None:
            _steps(draft, scenario.enrollment.per_month, (*path, "enrollment", "per_month"), open_end=False)
            if not any(piece.rate for piece in scenario.enrollment.per_month):
                draft.report("steps", "nobody is ever enrolled", (*path, "enrollment", "per_month"),
                             "give a rate above 0")  # fmt: skip
        for endpoint, arms in scenario.endpoints.items():
            here: YamlPath = (*path, "endpoints", endpoint)
            if draft.refer("endpoints", endpoint, here):
                _endpoint(draft, endpoint, dict(arms), here)


def _endpoint(draft: Draft, name: str, arms: dict[str, ArmAssumption], path: YamlPath) -> None:
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
        if draft.refer("arms", arm, here):
            _assumption(draft, arm, assumption, allowed, here)
    for arm in draft.names["arms"]:
        if arm not in arms:
            draft.report("missing_key", f"nothing is assumed of arm `{arm}`", path,
                         f"add `{arm}:` with one of {choices(allowed)}", value=name)  # fmt: skip


def _assumption(draft: Draft, arm: str, assumption: ArmAssumption, allowed: Sequence[str], path: YamlPath) -> None:
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
    value = getattr(assumption, key)
    if isinstance(value, tuple):
        _steps(draft, value, (*path, key), open_end=True)


def _steps(draft: Draft, pieces: Sequence[Piece | RatePiece], path: YamlPath, *, open_end: bool) -> None:
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
