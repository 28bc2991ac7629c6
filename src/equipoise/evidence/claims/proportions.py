"""Percentages and counts: rates, proportions, reductions, differences, adverse events."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Measure

__all__ = ["read_percent"]

_TRAIT: Final = word_set(
    """
    fraction hba1c expression score hematocrit haematocrit ef lvef saturation spo2 fev1 bmi dose
    intensity purity tps cps
    """
)
_OUTCOMES: Final = ("survival", "response", "vaccine", "adverse", "grade", "rate", "death", "event")


def _reduction(view: View) -> Measure | None:
    """Whether a percentage says by how much a risk is smaller."""
    near = view.ahead("reduction", "increase", "reduction_risk", "relative_reduction", within=3)
    context = view.anywhere(
        "risk", "hr", "death", "relative_reduction", "reduction_risk", "event", "risk_ratio", "rate", "rate_ratio"
    )
    if near in ("reduction_risk", "relative_reduction"):
        return "risk_reduction"
    if near == "reduction" and context:
        return "risk_difference" if view.anywhere("absolute") and view.phrase.interval is None else "risk_reduction"
    if near:
        return "number"
    back = view.nearest(
        "reduction", "increase", "reduction_risk", "relative_reduction", "survival", "response", within=14
    )
    by = view.word(-1) in ("by", "of", "was", ",", ":", "=", "about", "reaching", "is") or view.nearest(
        "relative_reduction", within=4
    )
    if back in ("relative_reduction", "reduction_risk") and by:
        return "risk_reduction"
    if back == "reduction" and view.word(-1) in ("by", "of") and context:
        return "risk_reduction"
    if back in ("reduction", "increase") and view.word(-1) == "by":
        return "number"
    return None


def _skipped(view: View) -> bool:
    """Whether a percentage is a criterion, a level, a trait of a patient."""
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.count is not None or phrase.denominator is not None:
        return False
    if view.word(0) in ("confidence", "ci", "cri", "cis", "credible", "limits") or number.value > 1000:
        return True
    if number.bound in (">=", "<=") and view.text.tokens[phrase.first].word in ("\u2265", "\u2264"):
        return True
    if view.word(0) == "or" and view.word(1) in ("greater", "more", "higher", "less", "lower", "above", "below"):
        return True
    back = [view.word(-k) for k in range(1, 7)]
    return any(word in _TRAIT for word in back) and phrase.interval is None


def read_percent(view: View) -> Claim | None:
    """A claim of a percentage, or of people counted among others.

    Args:
        view: The number and its surroundings.
    """
    phrase = view.phrase
    if phrase.form != "percent" or _skipped(view):
        return None
    if phrase.count is None:
        if view.ahead("design", within=2) or (
            view.nearest("design", within=5) and view.nearest("design") == "design" and view.word(-1) in ("power", "of")
        ):
            return view.claim("design_value", "%")
        vaccine = view.nearest("vaccine", "survival", "adverse", "response", "hr", within=60)
        if vaccine == "vaccine" and not view.ahead("people", within=3):
            return view.claim("risk_reduction", "%")
        if view.ahead("points", within=1) or view.text.tokens[phrase.last - 1].tag == "points":
            return view.claim("risk_difference", "percentage points")
        if view.nearest("risk_difference", within=8) or view.nearest("difference", within=6):
            return view.claim("risk_difference", "percentage points")
        measure = _reduction(view)
        if measure is not None:
            return view.claim(measure, "%" if measure == "risk_reduction" else "%")
    return view.claim(_plain_kind(view), "%")


def _plain_kind(view: View) -> Measure:
    """Proportion, rate or rate of an adverse event."""
    phrase = view.phrase
    near = view.nearest("survival", "response", "adverse", "grade", "sex", "death", "event")
    after = view.ahead("adverse", "sex", "survival", "response", within=8)
    if near in ("adverse", "grade") or (after == "adverse" and near not in ("survival", "response")):
        return "adverse_event_rate"
    if phrase.count is not None or phrase.denominator is not None:
        return "proportion"
    if after == "sex" or near in ("response", "sex"):
        return "proportion"
    if not near and any(tag == "adverse" for _, tag in view.before) and not view.anywhere(*_OUTCOMES):
        return "adverse_event_rate"
    return "rate"
