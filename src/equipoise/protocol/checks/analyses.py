"""Analyses: what they refer to, and models that could not be fitted as declared."""

from __future__ import annotations

from typing import Final

from equipoise.protocol.analysis import (
    Analysis,
    CoxEstimate,
    ResponseAnalysis,
    SafetyAnalysis,
    TimeToEventAnalysis,
)
from equipoise.protocol.checks.cox_models import check_cox
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.endpoints import circles
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.continuous import ContinuousAnalysis
from equipoise.source import YamlPath

__all__ = ["check_analyses", "strata_of"]

RESERVED: Final = frozenset({"baseline", "disposition", "follow_up"})
"""Analyses that every trial has; statistics of a declared one would carry their key."""


def check_analyses(draft: Draft) -> None:
    """Each analysis refers to what exists, and each of its models can be fitted.

    Args:
        draft: The protocol under examination.
    """
    probes: dict[str, tuple[str, ...]] = {}
    for name, analysis in draft.analysis.items():
        path: YamlPath = ("analysis", name)
        if name in RESERVED:
            draft.report("reserved_name", f"`{name}` is the name of a table that every trial has", path,
                         "choose another name for this analysis", value=name)  # fmt: skip
        draft.refer("populations", analysis.population, (*path, "population"))
        if analysis.sensitivity_to is not None:
            _sensitivity(draft, name, analysis.sensitivity_to, (*path, "sensitivity_to"))
            if analysis.sensitivity_to != name:
                probes[name] = (analysis.sensitivity_to,)
        if isinstance(analysis, TimeToEventAnalysis):
            _time_to_event(draft, analysis, path)
        elif isinstance(analysis, ResponseAnalysis):
            _categorical(draft, analysis.test.strata, (*path, "test", "strata"))
        if not isinstance(analysis, SafetyAnalysis):
            _categorical(draft, analysis.subgroups, (*path, "subgroups"))
        _verified(draft, analysis, path)
    for circle in circles(probes):
        draft.report("cycle", f"`sensitivity_to` goes in a circle: {' → '.join((*circle, circle[0]))}",
                     ("analysis", circle[0], "sensitivity_to"),
                     "one of them is the main analysis: remove it there")  # fmt: skip


def strata_of(analysis: Analysis) -> tuple[str, ...]:
    """Factors that the main test and model of an analysis are stratified by, or adjusted for.

    Args:
        analysis: Any analysis.
    """
    if isinstance(analysis, TimeToEventAnalysis):
        return tuple(dict.fromkeys((*analysis.test.strata, *analysis.estimate.strata)))
    if isinstance(analysis, ContinuousAnalysis):
        return analysis.model.covariates
    return analysis.test.strata if isinstance(analysis, ResponseAnalysis) else ()


def _sensitivity(draft: Draft, name: str, target: str, path: YamlPath) -> None:
    if target == name:
        draft.report("cycle", "an analysis can't be a sensitivity analysis of itself", path,
                     "name the analysis that it probes")  # fmt: skip
    else:
        draft.refer("analysis", target, path)


def _time_to_event(draft: Draft, analysis: TimeToEventAnalysis, path: YamlPath) -> None:
    _categorical(draft, analysis.test.strata, (*path, "test", "strata"))
    _categorical(draft, analysis.estimate.strata, (*path, "estimate", "strata"))
    check_cox(draft, analysis, analysis.estimate, (*path, "estimate"))
    for position, extra in enumerate(analysis.also):
        here: YamlPath = (*path, "also", position)
        if isinstance(extra, CoxEstimate):
            check_cox(draft, analysis, extra, here)
        _categorical(draft, getattr(extra, "strata", ()), (*here, "strata"))
    for key in ("times", "quantiles"):
        values: tuple[float, ...] = getattr(analysis.survival, key)
        each_once(draft, [f"{value:g}" for value in values], (*path, "survival", key))


def _categorical(draft: Draft, names: tuple[str, ...], path: YamlPath) -> None:
    """Names of factors with levels, for strata and subgroups."""
    each_once(draft, names, path)
    use = "subgroups" if path[-1] == "subgroups" else "strata"
    for position, name in enumerate(names):
        here: YamlPath = (*path, position)
        factor = draft.factors.get(name)
        if draft.refer("factors", name, here) and factor is not None and factor.continuous:
            draft.report("continuous", f"`{name}` is continuous and has no levels for {use}", here,
                         "declare a second factor with levels, or remove it here")  # fmt: skip


def _verified(draft: Draft, analysis: Analysis, path: YamlPath) -> None:
    if analysis.strata_as != "verified":
        return
    strata = strata_of(analysis)
    declared = [draft.factors[name] for name in strata if name in draft.factors]
    if not any(factor.verified for factor in declared) and len(declared) == len(strata):
        what = f"none of its strata ({', '.join(strata)}) has a verified level" if strata else "it has no strata"
        draft.report("verified", f"strata as verified are asked for, but {what}", (*path, "strata_as"),
                     "name the column under the factor, `verified: ...`, or remove `strata_as`")  # fmt: skip
