"""Courses of disease and schedules of scans: endpoints that can be, and each arm described in exactly one way."""

from __future__ import annotations

from typing import Final

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.steps import check_steps
from equipoise.protocol.endpoints import TimeToEventEndpoint
from equipoise.protocol.scenarios import Course, CourseArm, Scans, Scenario
from equipoise.source import YamlPath

__all__ = ["check_courses", "check_scans", "endpoints_of_courses"]

_HAZARDS: Final = ("progression", "death", "death_after")
_MEDIANS: Final = ("progression_free_median", "survival_median", "deaths_first")
_WAYS: Final = (
    "write the hazards `progression`, `death` and `death_after`; or `progression_free_median`, `survival_median` and "
    "`deaths_first`"
)


def endpoints_of_courses(scenario: Scenario) -> frozenset[str]:
    """Names of the endpoints that come from a course of disease.

    Args:
        scenario: The scenario.
    """
    return frozenset(name for one in scenario.courses.values() for name in (one.progression_free, one.survival))


def check_courses(draft: Draft, scenario: Scenario, path: YamlPath) -> None:
    """Each course makes two endpoints that nothing else makes, and describes every arm in exactly one way.

    Args:
        draft: The protocol under examination.
        scenario: The scenario.
        path: Where it stands.
    """
    made: dict[str, str] = {}
    for name, course in scenario.courses.items():
        here: YamlPath = (*path, "courses", name)
        for key in ("progression_free", "survival"):
            _endpoint(draft, scenario, getattr(course, key), made, (*here, key))
            made.setdefault(getattr(course, key), name)
        if course.progression_free == course.survival:
            draft.report("course", "progression-free survival and survival are the same endpoint", (*here, "survival"),
                         "name the endpoint of death")  # fmt: skip
        _arms(draft, course, name, here)


def check_scans(draft: Draft, scenario: Scenario, path: YamlPath) -> None:
    """Each schedule is of a time to an event that scans can see, and goes forward in time.

    Args:
        draft: The protocol under examination.
        scenario: The scenario.
        path: Where it stands.
    """
    for name, scans in scenario.scans.items():
        here: YamlPath = (*path, "scans", name)
        if not draft.refer("endpoints", name, here):
            continue
        endpoint = draft.endpoints.get(name)
        if endpoint is not None and not isinstance(endpoint, TimeToEventEndpoint):
            draft.report("kind", f"`{name}` is no time to an event, which scans could see", here, "remove it",
                         value=name)  # fmt: skip
        elif name in {one.survival for one in scenario.courses.values() if one.progression_free != name}:
            draft.report("scans", f"`{name}` is death here, which is known on its day and needs no scan", here,
                         "name the endpoint of progression", value=name)  # fmt: skip
        elif name not in scenario.endpoints and name not in endpoints_of_courses(scenario):
            draft.report("assumption", f"nothing is assumed of `{name}`, which the scans are to see", here,
                         "assume it under `endpoints` or `courses`, or remove the scans", value=name)  # fmt: skip
        _schedule(draft, scans, here)


def _endpoint(draft: Draft, scenario: Scenario, name: str, made: dict[str, str], path: YamlPath) -> None:
    if not draft.refer("endpoints", name, path):
        return
    endpoint = draft.endpoints.get(name)
    if endpoint is not None and not isinstance(endpoint, TimeToEventEndpoint):
        draft.report("kind", f"`{name}` is not a time-to-event endpoint", path,
                     "name an endpoint with `kind: time_to_event`")  # fmt: skip
    elif name in scenario.endpoints:
        draft.report("course", f"`{name}` is assumed twice: as part of a course, and under `endpoints`", path,
                     f"remove `{name}:` under `endpoints`")  # fmt: skip
    elif name in made and made[name] != path[3]:
        draft.report("course", f"`{name}` is part of two courses: `{made[name]}` too", path,
                     "name another endpoint, or remove one of the courses")  # fmt: skip


def _arms(draft: Draft, course: Course, name: str, path: YamlPath) -> None:
    for arm, assumed in course.arms.items():
        here: YamlPath = (*path, "arms", arm)
        if draft.refer("arms", arm, here):
            _arm(draft, arm, assumed, here)
    for arm in draft.names["arms"]:
        if arm not in course.arms:
            draft.report("missing_key", f"nothing is assumed of arm `{arm}`", (*path, "arms"),
                         f"add `{arm}:`, with `hazard_ratio` or hazards of its own", value=name)  # fmt: skip


def _arm(draft: Draft, arm: str, assumed: CourseArm, path: YamlPath) -> None:
    """One way to describe the arm, and all of it."""
    declared = draft.arms.get(arm)
    control = declared is not None and declared.role == "control"
    ways = _WAYS if control else f"{_WAYS}; or `hazard_ratio`, against the control's hazards"
    hazards = [key for key in _HAZARDS if getattr(assumed, key) is not None]
    medians = [key for key in _MEDIANS if getattr(assumed, key) is not None]
    ratio = ["hazard_ratio"] if assumed.hazard_ratio is not None else []
    given = [group for group in (hazards, medians, ratio) if group]
    if len(given) != 1:
        what = f"{len(given)} ways are used to describe" if given else "nothing is assumed of"
        draft.report("course", f"{what} arm `{arm}`: it takes exactly one", path, ways,
                     value=", ".join(key for group in given for key in group))  # fmt: skip
        return
    for needed, found in ((_HAZARDS, hazards), (_MEDIANS, medians)):
        missing = [key for key in needed if key not in found]
        if found and missing:
            words = " and ".join(f"`{key}`" for key in missing)
            draft.report("missing_key", f"{words} {'are' if len(missing) > 1 else 'is'} missing for arm `{arm}`", path,
                         f"add {words}, or describe the arm in another way", value=", ".join(found))  # fmt: skip
    if ratio and control:
        draft.report("control", "the control has no hazard ratio: it is what the others are compared with",
                     (*path, "hazard_ratio"), ways, on_key=True)  # fmt: skip
    if None not in (assumed.progression_free_median, assumed.survival_median):
        _medians(draft, assumed, path)
    for key in _HAZARDS:
        check_steps(draft, getattr(assumed, key), (*path, key))


def _medians(draft: Draft, assumed: CourseArm, path: YamlPath) -> None:
    """What can be seen at once; which medians of survival a share of deaths allows is solved when it is simulated."""
    assert assumed.progression_free_median is not None
    assert assumed.survival_median is not None
    if assumed.survival_median <= assumed.progression_free_median:
        draft.report("course", "nobody progresses after death: the median of survival must be above that of "
                     f"progression-free survival, {assumed.progression_free_median:g}", (*path, "survival_median"),
                     "write a longer median")  # fmt: skip


def _schedule(draft: Draft, scans: Scans, path: YamlPath) -> None:
    if (scans.every is None) == (not scans.times):
        what = "both an interval and times say" if scans.times else "nothing says"
        draft.report("scans", f"{what} when the scans are", path,
                     "write exactly one of `every: 2` and `times: [2, 4, 8]`")  # fmt: skip
    check_steps(draft, scans.every, (*path, "every"))
    before = 0.0
    for position, time in enumerate(scans.times):
        if time <= before:
            draft.report("scans", f"the times of scans must increase; before it stands {before:g}",
                         (*path, "times", position), "put them in order, each once")  # fmt: skip
        before = max(before, time)
