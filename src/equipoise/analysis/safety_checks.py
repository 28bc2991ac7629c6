"""What must hold of the data before adverse events can be followed over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from equipoise.errors import PlanError, Problem, Where

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context
    from equipoise.protocol.analysis import SafetyAnalysis

__all__ = ["check", "notes"]

_OTHER = {"grade_3_plus": ("severity", "severe"), "severe": ("toxicity_grade", "grade_3_plus")}
_SCALES = {"severity": "severities (AESEV)", "toxicity_grade": "toxicity grades (AETOXGR)"}


def check(context: Context, name: str, analysis: SafetyAnalysis) -> Iterator[Problem]:
    """Errors: what makes counts and first events over time impossible as declared.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        analysis: The analysis.
    """
    from equipoise.data import at_risk, grading

    asked = {
        key: spec for key in ("mean_cumulative_count", "first_event") if (spec := getattr(analysis, key)) is not None
    }
    where = f"analysis.{name}"
    scale = grading(context.protocol, context.data, analysis.endpoint)
    for key, spec in asked.items():
        for position, category in enumerate(spec.of):
            if _OTHER.get(category, ("",))[0] == scale:
                yield Problem(
                    code="plan.category",
                    message=f"{category} does not exist: the events of {analysis.endpoint} have {_SCALES[scale]}",
                    where=Where(path=f"{where}.{key}.of.{position}"),
                    value=category,
                    cure=f"write {_OTHER[category][1]}",
                )
    try:
        risk = at_risk(context.protocol, context.data, analysis)
    except PlanError as error:
        yield from error.problems
        return
    if asked and (risk is None or risk.people.is_empty()):
        end = analysis.at_risk.column or ("TRTEDT" if analysis.at_risk.until == "treatment_end" else "EOSDT")
        yield Problem(
            code="plan.no_time_at_risk",
            message=f"nobody's time at risk is known: {' and '.join(asked)} need the first dose (TRTSDT) and its end "
            f"({end})",
            where=Where(path=f"{where}.at_risk"),
            value=end,
            cure="add both dates to ADSL, or name the column that ends the time at risk: `at_risk: {column: ...}`",
        )


def notes(context: Context, name: str, analysis: SafetyAnalysis) -> Iterator[Problem]:
    """Warnings: none besides those of the data room.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        analysis: The analysis.
    """
    del context, name, analysis
    return iter(())
