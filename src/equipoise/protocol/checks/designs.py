"""Designs and randomization."""

from __future__ import annotations

import datetime
from typing import Final

from equipoise.protocol.analysis import TimeToEventAnalysis
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.scenarios import Design, Look, Spending
from equipoise.source import YamlPath

__all__ = ["check_design", "check_randomization"]

_PARAMETER: Final = frozenset({"hwang_shih_decani", "kim_demets"})


def check_design(draft: Draft) -> None:
    """Each design is of a hypothesis, assumes a scenario that speaks of its endpoint, and looks forward.

    Args:
        draft: The protocol under examination.
    """
    for name, design in draft.design.items():
        path: YamlPath = ("design", name)
        draft.refer("hypotheses", name, path)
        _assume(draft, name, design, (*path, "assume"))
        for key in ("efficacy", "futility"):
            boundary = getattr(design, key)
            if isinstance(boundary, Spending):
                _spending(draft, boundary, (*path, key))
        _looks(draft, name, design, (*path, "looks"))


def check_randomization(draft: Draft) -> None:
    """Strata of the randomization are factors with levels, and the procedure can use them.

    Args:
        draft: The protocol under examination.
    """
    randomization = draft.randomization
    if randomization is None:
        return
    path: YamlPath = ("randomization", "strata")
    each_once(draft, randomization.strata, path)
    for position, name in enumerate(randomization.strata):
        factor = draft.factors.get(name)
        if draft.refer("factors", name, (*path, position)) and factor is not None and factor.continuous:
            draft.report("continuous", f"`{name}` is continuous and has no levels for strata", (*path, position),
                         "declare a second factor with levels, or remove it here")  # fmt: skip
    kind = randomization.procedure.kind
    if kind == "minimization" and not randomization.strata:
        draft.report("randomization", "minimization balances factors, but none is named",
                     ("randomization", "procedure"), "add `strata: [...]`", value=kind)  # fmt: skip
    if kind == "complete" and randomization.strata:
        draft.report("randomization", "complete randomization does not use strata", path,
                     "remove `strata`, or choose another procedure", value=kind)  # fmt: skip


def _assume(draft: Draft, name: str, design: Design, path: YamlPath) -> None:
    if not draft.refer("scenarios", design.assume, path):
        return
    scenario = draft.scenarios.get(design.assume)
    hypothesis = draft.hypotheses.get(name)
    analysis = draft.analysis.get(hypothesis.analysis) if hypothesis is not None else None
    if scenario is None or analysis is None:
        return
    if analysis.endpoint not in scenario.endpoints:
        draft.report("assumption", f"scenario `{design.assume}` assumes nothing of `{analysis.endpoint}`, which "
                     f"`{name}` is about", path,
                     f"add `{analysis.endpoint}:` under `scenarios.{design.assume}.endpoints`")  # fmt: skip


def _spending(draft: Draft, spending: Spending, path: YamlPath) -> None:
    needed = spending.spending in _PARAMETER
    if needed and spending.parameter is None:
        draft.report("missing_key", f"`parameter` is missing for `{spending.spending}`", path,
                     "add `parameter:`, the number that shapes this spending function")  # fmt: skip
    if not needed and spending.parameter is not None:
        draft.report("unknown_key", f"`{spending.spending}` has no parameter", (*path, "parameter"),
                     "remove it, or choose hwang_shih_decani or kim_demets", on_key=True)  # fmt: skip


def _looks(draft: Draft, name: str, design: Design, path: YamlPath) -> None:
    _what_counts(draft, design.looks, path)
    hypothesis = draft.hypotheses.get(name)
    analysis = draft.analysis.get(hypothesis.analysis) if hypothesis is not None else None
    if analysis is not None and not isinstance(analysis, TimeToEventAnalysis):
        for position, look in enumerate(design.looks):
            if look.events is not None:
                draft.report("looks", "looks at an endpoint without times are not counted in events",
                             (*path, position, "events"), "write `information:`, a fraction")  # fmt: skip
    for key in ("events", "information", "latest"):
        before: float | datetime.date | None = None
        for position, look in enumerate(design.looks):
            value = getattr(look, key)
            if value is None:
                continue
            if before is not None and value <= before:
                draft.report("looks", f"`{key}` must increase from look to look; before it stands {before}",
                             (*path, position, key), "put the looks in order")  # fmt: skip
            before = value
    scenario = draft.scenarios.get(design.assume)
    enrollment = scenario.enrollment if scenario is not None else None
    events = design.looks[-1].events
    if enrollment is not None and events is not None and events > enrollment.patients:
        draft.report("looks", f"the last look waits for more events than the {enrollment.patients} patients can have",
                     (*path, len(design.looks) - 1, "events"), "enroll more, or look earlier")  # fmt: skip


def _what_counts(draft: Draft, looks: tuple[Look, ...], path: YamlPath) -> None:
    """Each look waits for events or for information, all looks for the same; the last has all of it."""
    kinds: set[str] = set()
    for position, look in enumerate(looks):
        here: YamlPath = (*path, position)
        if (look.events is None) == (look.information is None):
            what = "both events and information" if look.events is not None else "neither events nor information"
            draft.report("looks", f"this look waits for {what}", here, "give exactly one of `events` and `information`")
        else:
            kinds.add("events" if look.events is not None else "information")
    last = looks[-1].information
    if len(kinds) > 1:
        draft.report("looks", "some looks wait for events and others for information", path, "use one for all looks")
    elif last is not None and last != 1:
        draft.report("looks", "the last look does not have all the information", (*path, len(looks) - 1, "information"),
                     "write `information: 1` for the last look")  # fmt: skip
