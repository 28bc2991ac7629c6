"""Scenarios: what is assumed of each endpoint in each arm, how many are enrolled, and how many are lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from equipoise.protocol.checks.courses import check_courses, check_scans
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.enrollment import check_enrollment
from equipoise.protocol.checks.steps import check_steps
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.endpoints import AdverseEventsEndpoint, TimeToEventEndpoint
from equipoise.protocol.scenarios import ArmAssumption, Scenario, StratumAssumption
from equipoise.protocol.suggest import choices, known, nearest
from equipoise.source import YamlPath

__all__ = ["check_scenarios"]

_OF_TIMES: Final = ("median", "hazard", "weibull", "log_logistic", "hazard_ratio")
_ALL: Final = (*_OF_TIMES, "rate")
_BESIDE: Final = ("cure", "frailty")
"""What is said beside the times."""


def check_scenarios(draft: Draft) -> None:
    """Each scenario assumes exactly one thing of each arm, its shares add up, and its steps go forward in time.

    Args:
        draft: The protocol under examination.
    """
    for name, scenario in draft.scenarios.items():
        path: YamlPath = ("scenarios", name)
        check_enrollment(draft, scenario, path)
        for endpoint, arms in scenario.endpoints.items():
            here: YamlPath = (*path, "endpoints", endpoint)
            if draft.refer("endpoints", endpoint, here):
                _endpoint(draft, scenario, endpoint, dict(arms), here)
        check_courses(draft, scenario, path)
        check_scans(draft, scenario, path)


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
    beside = [key for key in (*_ALL, *_BESIDE) if getattr(assumption, key) is not None]
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
    for beside in _BESIDE:
        if getattr(assumption, beside) is not None and key == "rate":
            draft.report("assumption", f"`{beside}` does not describe an endpoint of this kind", (*path, beside),
                         "remove it", on_key=True)  # fmt: skip
    weibull = assumption.weibull
    if weibull is not None and (weibull.median is None) == (weibull.scale is None):
        what = "2 things are" if weibull.scale is not None else "nothing is"
        draft.report("assumption", f"{what} said of how long Weibull times are: it takes exactly one",
                     (*path, "weibull"), "write one of `median` and `scale`, beside `shape`")  # fmt: skip
    check_steps(draft, getattr(assumption, key), (*path, key))
