"""Analyses of adverse events over time: categories that exist, and periods at risk that make sense."""

from __future__ import annotations

from typing import Final

from equipoise.protocol.analysis import SafetyAnalysis
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.endpoints import AdverseEventsEndpoint
from equipoise.source import YamlPath

__all__ = ["TIMED", "check_safety"]

TIMED: Final = ("any", "serious", "related", "grade_3_plus", "severe")
"""Categories of which every trial may ask rates and counts over time; `of_interest` adds its own."""

_OTHER_SCALE: Final = {"grade_3_plus": ("severity", "severe"), "severe": ("toxicity_grade", "grade_3_plus")}


def check_safety(draft: Draft) -> None:
    """Each category of an analysis over time exists on the endpoint's scale, once, and landmarks are not repeated.

    Args:
        draft: The protocol under examination.
    """
    for name, analysis in draft.analysis.items():
        if not isinstance(analysis, SafetyAnalysis):
            continue
        path: YamlPath = ("analysis", name)
        endpoint = draft.endpoints.get(analysis.endpoint)
        for key in ("mean_cumulative_count", "first_event"):
            asked = getattr(analysis, key)
            if asked is None:
                continue
            each_once(draft, [f"{value:g}" for value in asked.times], (*path, key, "times"))
            each_once(draft, asked.of, (*path, key, "of"))
            if isinstance(endpoint, AdverseEventsEndpoint):
                for position, category in enumerate(asked.of):
                    _category(draft, endpoint, analysis.endpoint, category, (*path, key, "of", position))
        if analysis.at_risk.until == "study_end" and analysis.at_risk.plus_days:
            draft.report("at_risk", "nothing is seen after the end of the study, and `plus_days` asks for it",
                         (*path, "at_risk", "plus_days"),
                         "remove `plus_days`, or write `until: treatment_end`",
                         value=str(analysis.at_risk.plus_days))  # fmt: skip


def _category(draft: Draft, endpoint: AdverseEventsEndpoint, name: str, category: str, path: YamlPath) -> None:
    from equipoise.protocol.suggest import known, nearest

    scale, instead = _OTHER_SCALE.get(category, ("", ""))
    if scale and endpoint.grading == scale:
        words = "severities" if scale == "severity" else "toxicity grades"
        draft.report("category", f"`{category}` does not exist: events of `{name}` have {words}", path,
                     f"write `{instead}`", value=category)  # fmt: skip
        return
    choices = [one for one in (*TIMED, *endpoint.of_interest) if _OTHER_SCALE.get(one, ("",))[0] != endpoint.grading]
    if category not in choices:
        draft.report("category", f"`{category}` is no category of `{name}`", path,
                     nearest(category, choices) or known("categories", choices), value=category)  # fmt: skip
