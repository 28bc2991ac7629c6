"""Designs: looks in order, bounds that fit them, and a scenario that speaks of the hypothesis' endpoint."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from equipoise.protocol.analysis import TimeToEventAnalysis
from equipoise.protocol.checks.courses import endpoints_of_courses
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.designs import (
    Alternative,
    ConditionalPowerFutility,
    Design,
    Harm,
    HazardRatioBound,
    ListedAlpha,
    Look,
    Shape,
    Spending,
    ZBound,
)
from equipoise.source import YamlPath

if TYPE_CHECKING:
    from equipoise.protocol.analysis import Hypothesis

__all__ = ["check_design"]

_PARAMETER: Final = {
    "hwang_shih_decani": (-40.0, 40.0),
    "kim_demets": (1e-9, 15.0),
    "exponential": (1e-9, 10.0),
}
_TRIGGERS: Final = ("events", "information", "at", "date", "follow_up", "same_as")


def check_design(draft: Draft) -> None:
    """Each design is of a hypothesis, assumes a scenario that speaks of its endpoint, and looks forward.

    Args:
        draft: The protocol under examination.
    """
    for name, design in draft.design.items():
        path: YamlPath = ("design", name)
        draft.refer("hypotheses", name, path)
        _assume(draft, name, design.assume, (*path, "assume"))
        _bounds(draft, design, design.looks, path)
        _looks(draft, name, design.assume, design.looks, (*path, "looks"))
        _options(draft, name, design, path)
        _sensitivity(draft, design, path)
        for other, alternative in design.alternatives.items():
            here: YamlPath = (*path, "alternatives", other)
            if other == "declared":
                draft.report("reserved_name", "`declared` is what tables call the design itself", here,
                             "give the alternative another name", on_key=True)  # fmt: skip
            assume = alternative.assume or design.assume
            if alternative.assume is not None:
                _assume(draft, name, alternative.assume, (*here, "assume"))
            _bounds(draft, alternative, alternative.looks or design.looks, here)
            if alternative.looks:
                _looks(draft, name, assume, alternative.looks, (*here, "looks"))
            _options(draft, name, alternative, here)


def _sensitivity(draft: Draft, design: Design, path: YamlPath) -> None:
    for key in ("hazard_ratio", "control_median", "dropout", "accrual"):
        values = getattr(design.sensitivity, key, ())
        for position, value in enumerate(values):
            if value in values[:position]:
                draft.report("duplicate", f"{value:g} is listed twice", (*path, "sensitivity", key, position),
                             "remove one of them", value=value)  # fmt: skip


def _hypothesis(draft: Draft, name: str) -> Hypothesis | None:
    return draft.hypotheses.get(name)


def _of_times(draft: Draft, name: str) -> bool | None:
    """Whether the hypothesis is about times; None where that can't be known."""
    hypothesis = _hypothesis(draft, name)
    analysis = draft.analysis.get(hypothesis.analysis) if hypothesis is not None else None
    return None if analysis is None else isinstance(analysis, TimeToEventAnalysis)


def _assume(draft: Draft, name: str, assume: str, path: YamlPath) -> None:
    if not draft.refer("scenarios", assume, path):
        return
    scenario = draft.scenarios.get(assume)
    hypothesis = _hypothesis(draft, name)
    analysis = draft.analysis.get(hypothesis.analysis) if hypothesis is not None else None
    if scenario is None or analysis is None:
        return
    if analysis.endpoint not in {*scenario.endpoints, *endpoints_of_courses(scenario)}:
        draft.report("assumption", f"scenario `{assume}` assumes nothing of `{analysis.endpoint}`, which "
                     f"`{name}` is about", path,
                     f"add `{analysis.endpoint}:` under `scenarios.{assume}.endpoints`")  # fmt: skip
    if scenario.enrollment is None:
        draft.report("assumption", f"scenario `{assume}` does not say how many are enrolled, and how fast", path,
                     f"add `enrollment:` under `scenarios.{assume}`")  # fmt: skip


def _options(draft: Draft, name: str, options: Design | Alternative, path: YamlPath) -> None:
    hypothesis = _hypothesis(draft, name)
    if options.power is not None and hypothesis is not None:
        alpha = hypothesis.alpha_one_sided or (hypothesis.alpha_two_sided or 0.0) / 2.0
        if options.power <= alpha:
            draft.report("power", f"the power is not above the level of `{name}`, {alpha:g} on its side",
                         (*path, "power"), "write a power such as 0.8 or 0.9")  # fmt: skip
    by_events = isinstance(options, Design) and options.looks[-1].events is not None
    decided = by_events and options.solve in ("patients", "accrual", "follow_up")
    if options.solve not in (None, "power") and options.power is None and isinstance(options, Design) and not decided:
        draft.report("power", f"to solve for {options.solve} a design needs the power it is to have",
                     (*path, "solve"), "add `power: 0.9`")  # fmt: skip
    if options.statistic is not None and _of_times(draft, name) is False:
        draft.report("kind", f"`{options.statistic.kind}` is a statistic of times, and `{name}` is not about times",
                     (*path, "statistic"), "remove it")  # fmt: skip


def _bounds(draft: Draft, options: Design | Alternative, looks: Sequence[Look], path: YamlPath) -> None:
    efficacy, futility = options.efficacy, options.futility
    for key, bound in (("efficacy", efficacy), ("futility", futility)):
        if isinstance(bound, Spending):
            _spending(draft, bound, (*path, key))
    if isinstance(efficacy, Shape):
        _shape(draft, efficacy, (*path, "efficacy"))
    elif isinstance(efficacy, ListedAlpha):
        _length(draft, efficacy.alpha, looks, (*path, "efficacy", "alpha"), without_last=False)
        if any(later < earlier for earlier, later in zip(efficacy.alpha, efficacy.alpha[1:], strict=False)):
            draft.report("spending", "the listed alpha falls from look to look", (*path, "efficacy", "alpha"),
                         "list cumulative alpha: each at least as large as the one before")  # fmt: skip
    elif isinstance(efficacy, ZBound):
        _length(draft, efficacy.z, looks, (*path, "efficacy", "z"), without_last=False)
    elif efficacy == "none" and len(looks) > 1 and futility in ("none", None) and isinstance(options, Design):
        draft.report("missing_key", f"{len(looks)} looks have neither an efficacy nor a futility bound",
                     (*path, "efficacy"), "add `efficacy: {spending: obrien_fleming}`")  # fmt: skip
    if isinstance(futility, ZBound):
        _length(draft, futility.z, looks, (*path, "futility", "z"))
    elif isinstance(futility, HazardRatioBound):
        _length(draft, futility.hazard_ratio, looks, (*path, "futility", "hazard_ratio"))
    if isinstance(futility, (Spending, ZBound, HazardRatioBound, ConditionalPowerFutility)) and len(looks) == 1:
        draft.report("looks", "a design with one look has no futility bound before it", (*path, "futility"),
                     "add a look, or write `futility: none`", value="futility")  # fmt: skip
    if options.harm is not None:
        _harm(draft, options.harm, looks, (*path, "harm"))


def _harm(draft: Draft, harm: Harm, looks: Sequence[Look], path: YamlPath) -> None:
    if (harm.z is None) == (harm.hazard_ratio is None):
        draft.report("harm", "a rule for harm takes exactly one of z and hazard_ratio", path,
                     "write `harm: {hazard_ratio: [1.2, null]}`")  # fmt: skip
    for key in ("z", "hazard_ratio"):
        values = getattr(harm, key)
        if values is not None:
            _length(draft, values, looks, (*path, key))


def _length(
    draft: Draft, values: Sequence[float | None], looks: Sequence[Look], path: YamlPath, *, without_last: bool = True
) -> None:
    allowed = {len(looks), len(looks) - 1} if without_last else {len(looks)}
    if len(values) not in allowed:
        numbers = " or ".join(str(number) for number in sorted(allowed) if number)
        draft.report("looks", f"{len(values)} values for {len(looks)} looks", path, f"list {numbers}, one a look",
                     value=len(values))  # fmt: skip


def _shape(draft: Draft, shape: Shape, path: YamlPath) -> None:
    if shape.boundary == "wang_tsiatis":
        if shape.parameter is None:
            draft.report("missing_key", "`parameter` is missing for `wang_tsiatis`", path,
                         "add `parameter:`, delta: 0 is O'Brien-Fleming, 0.5 is Pocock")  # fmt: skip
        elif not -0.5 <= shape.parameter <= 1.0:
            draft.report("spending", "delta of Wang and Tsiatis lies outside -0.5 to 1", (*path, "parameter"),
                         "write a value from 0 (O'Brien-Fleming) to 0.5 (Pocock)")  # fmt: skip
    elif shape.parameter is not None:
        draft.report("unknown_key", f"`{shape.boundary}` has no parameter", (*path, "parameter"),
                     "remove it, or choose wang_tsiatis", on_key=True)  # fmt: skip
    if shape.boundary != "haybittle_peto":
        for key in ("interim_z", "final"):
            if getattr(shape, key) is not None:
                draft.report("unknown_key", f"`{key}` belongs to haybittle_peto", (*path, key),
                             "remove it, or choose haybittle_peto", on_key=True)  # fmt: skip


def _spending(draft: Draft, spending: Spending, path: YamlPath) -> None:
    limits = _PARAMETER.get(spending.spending)
    if limits is not None and spending.parameter is None:
        draft.report("missing_key", f"`parameter` is missing for `{spending.spending}`", path,
                     "add `parameter:`, the number that shapes this spending function")  # fmt: skip
    elif limits is None and spending.parameter is not None:
        draft.report("unknown_key", f"`{spending.spending}` has no parameter", (*path, "parameter"),
                     "remove it, or choose hwang_shih_decani, kim_demets or exponential", on_key=True)  # fmt: skip
    elif limits is not None and spending.parameter is not None and not limits[0] <= spending.parameter <= limits[1]:
        draft.report("spending", f"`{spending.spending}` with this parameter does not spend alpha over the looks",
                     (*path, "parameter"),
                     f"write a value {'above 0' if limits[0] > 0 else 'from -40'} to {limits[1]:g}")  # fmt: skip


def _looks(draft: Draft, name: str, assume: str, looks: tuple[Look, ...], path: YamlPath) -> None:
    _what_counts(draft, looks, path)
    _other_looks(draft, name, looks, path)
    if _of_times(draft, name) is False:
        for position, look in enumerate(looks):
            if look.events is not None:
                draft.report("looks", "looks at an endpoint without times are not counted in events",
                             (*path, position, "events"), "write `information:`, a fraction")  # fmt: skip
    for key in ("events", "information", "at", "date", "follow_up", "latest", "latest_at"):
        before: float | datetime.date | None = None
        for position, look in enumerate(looks):
            value = getattr(look, key)
            if value is None:
                continue
            if before is not None and value <= before:
                draft.report("looks", f"`{key}` must increase from look to look; before it stands {before}",
                             (*path, position, key), "put the looks in order")  # fmt: skip
            before = value
    scenario = draft.scenarios.get(assume)
    enrollment = scenario.enrollment if scenario is not None else None
    events = looks[-1].events
    if enrollment is None:
        return
    if events is not None and events > enrollment.patients:
        who = "1 patient" if enrollment.patients == 1 else f"{enrollment.patients} patients"
        draft.report("looks", f"the last look waits for more events than the {who} can have",
                     (*path, len(looks) - 1, "events"), "enroll more, or look earlier")  # fmt: skip
    for position, look in enumerate(looks):
        for key in ("date", "latest"):
            day = getattr(look, key)
            if day is not None and enrollment.start is None and key == "date":
                draft.report("looks", f"a day can't be placed: scenario `{assume}` does not say when enrollment starts",
                             (*path, position, key), f"add `start:` under `scenarios.{assume}.enrollment`")  # fmt: skip
            elif day is not None and enrollment.start is not None and day <= enrollment.start:
                draft.report("looks", f"the look is not after the first randomization, {enrollment.start}",
                             (*path, position, key), "write a later day")  # fmt: skip


def _what_counts(draft: Draft, looks: tuple[Look, ...], path: YamlPath) -> None:
    """Each look waits for something; events and information are not mixed, and the last look has all of it."""
    kinds: set[str] = set()
    for position, look in enumerate(looks):
        here: YamlPath = (*path, position)
        given = [key for key in _TRIGGERS if getattr(look, key) is not None]
        if look.events is not None and look.information is not None:
            draft.report("looks", "this look waits for both events and information", here,
                         "give exactly one of `events` and `information`")  # fmt: skip
        elif not given:
            draft.report("looks", "this look waits for neither events nor information, nor for a time", here,
                         "give one of `events`, `information`, `at`, `date`, `follow_up`")  # fmt: skip
        elif look.same_as is not None and len(given) > 1:
            draft.report("looks", "the look of another hypothesis has its own time already", here,
                         "write `same_as` alone")  # fmt: skip
        elif look.events is not None or look.information is not None:
            kinds.add("events" if look.events is not None else "information")
        if look.whichever == "earlier" and len(given) < 2:
            draft.report("looks", "the earlier of what: this look waits for one thing", (*here, "whichever"),
                         "give two of `events`, `at`, `date`, `follow_up`, or remove it")  # fmt: skip
        if look.latest is not None and look.latest_at is not None:
            draft.report("looks", "the latest time is given twice", (*here, "latest_at"),
                         "write one of `latest` and `latest_at`", on_key=True)  # fmt: skip
    last = looks[-1].information
    if len(kinds) > 1:
        draft.report("looks", "some looks wait for events and others for information", path, "use one for all looks")
    elif last is not None and last != 1:
        draft.report("looks", "the last look does not have all the information", (*path, len(looks) - 1, "information"),
                     "write `information: 1` for the last look")  # fmt: skip
    elif "information" in kinds and last is None:
        draft.report("looks", "the last look does not say that it has all the information", (*path, len(looks) - 1),
                     "write `information: 1` for the last look")  # fmt: skip


def _other_looks(draft: Draft, name: str, looks: tuple[Look, ...], path: YamlPath) -> None:
    for position, look in enumerate(looks):
        if look.same_as is None:
            continue
        here: YamlPath = (*path, position, "same_as")
        other = look.same_as.hypothesis
        if not draft.refer("hypotheses", other, here):
            continue
        design = draft.design.get(other)
        if other == name:
            draft.report("cycle", "a look can't wait for a look of its own hypothesis", here, "name another hypothesis")
        elif design is None:
            if "design" in draft.whole:
                draft.report("looks", f"`{other}` has no design, and so no looks", here, f"add `design.{other}:`")
        elif look.same_as.look > len(design.looks):
            looks_there = "one look" if len(design.looks) == 1 else f"{len(design.looks)} looks"
            draft.report("looks", f"`{other}` has {looks_there}", (*here, "look"), "name one of them",
                         value=look.same_as.look)  # fmt: skip
        elif design.looks[look.same_as.look - 1].same_as is not None:
            draft.report("cycle", f"that look of `{other}` itself waits for another hypothesis", here,
                         "name the look that is waited for")  # fmt: skip
