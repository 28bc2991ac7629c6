"""Percentages and counts: rates, proportions, reductions, differences, adverse events."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.reductions import read_reduction
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Measure

__all__ = ["plain_kind", "read_percent"]

_TRAIT: Final = word_set(
    """
    fraction hba1c expression hematocrit haematocrit ef lvef saturation spo2 fev1 intensity purity tps cps
    hemoglobin haemoglobin
    """
)
_MONEY: Final = word_set("shares share stock stocks sales revenue shareholders")
_GOALS: Final = word_set(
    """
    lost loss reduction improvement decrease decline drop reduced improved achieved achieving decreased fall
    fell lose losing
    """
)
_SEX: Final = word_set("women men female male females males girls boys woman")


def _skipped(view: View) -> bool:
    """Whether a percentage is a level of confidence, or a trait of a patient."""
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.count is not None or phrase.denominator is not None:
        return False
    if any(view.word(-k) in _MONEY for k in range(1, 5)):
        return True
    return bool(
        view.word(0) in ("confidence", "ci", "cri", "cis", "credible", "limits", "significance") or number.value > 1000
    )


def _threshold(view: View) -> bool:
    """Whether a percentage is a limit: `50% or greater`, `at least 20%` of a trait, `>= 75%`."""
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.count is not None or phrase.interval is not None:
        return False
    if view.word(0) == "or" and view.word(1) in (
        "greater",
        "more",
        "higher",
        "less",
        "lower",
        "above",
        "below",
        "over",
        "better",
    ):
        return True
    if view.text.tokens[phrase.first].word in ("\u2265", "\u2264"):
        return True
    back = [view.word(-k) for k in range(1, 7)]
    if number.bound == ">=" and any(word in _GOALS for word in back):
        return True
    scored = phrase.form == "percent" and not number.decimals and any(word in ("score", "expression") for word in back)
    return bool(number.bound) and (scored or any(word in _TRAIT for word in back))


def read_percent(view: View) -> Claim | None:
    """A claim of a percentage, or of people counted among others.

    Args:
        view: The number and its surroundings.
    """
    phrase = view.phrase
    if phrase.form == "points":
        near = view.nearest("difference", "mean_difference", "mean", "risk_difference", "hr", "change", "survival")
        last = view.done[-1] if view.done else None
        linked = (
            last is not None
            and last.measure == "mean"
            and last.sentence == view.here
            and view.word(-1) in (",", "and", "by", "vs")
        )
        moved = (
            view.word(-1) == "by"
            and view.nearest("reduction", "increase", "change", within=4)
            and view.phrase.interval is None
        )
        if (linked or moved) and not view.anywhere(
            "risk", "death", "event", "survival", "response", "rate", "difference"
        ):
            return view.claim("mean", "percentage points")
        if near == "mean_difference":
            return view.claim("mean_difference", "percentage points")
        return view.claim("risk_difference", "percentage points")
    if phrase.form != "percent" or _skipped(view) or _half_alive(view):
        return None
    if phrase.count is None:
        if phrase.interval is not None and phrase.interval.interval.kind == "sd" and read_reduction(view) is None:
            return view.claim("mean", "%")
        if _yearly(view):
            return view.claim("number", "% per year")
        spread = phrase.interval is not None and phrase.interval.interval.kind == "sd"
        if spread and view.nearest("mean", "survival", "rate", "response") == "mean":
            return view.claim("mean", "%")
        if _threshold(view):
            return view.claim("threshold", "%")
        if phrase.value is not None and phrase.value.text[:1] in "+-\u2212\u2013" and not view.nearest("vaccine"):
            near = view.nearest("risk_difference", "difference", "absolute", within=10)
            return view.claim("risk_difference" if near else "mean", "percentage points" if near else "%")
        if any(view.word(-k) in _TRAIT for k in range(1, 5)) and phrase.interval is None:
            return view.claim("mean", "%") if phrase.value is not None and phrase.value.decimals else None
        contrast = _contrast(view)
        if contrast is not None:
            return contrast
    return view.claim(plain_kind(view), "%")


def _half_alive(view: View) -> bool:
    """Whether half of some people tells a median: `half of the men were alive at 57.6 months`."""
    phrase, following, number = view.phrase, view.following, view.phrase.value
    if number is None or not number.text.lower().startswith("half") or following is None or following.value is None:
        return False
    gap = [token.word for token in view.text.tokens[phrase.last : following.first]]
    last = gap[-1] if gap else ""
    return len(gap) <= 16 and following.value.decimals > 0 and last in ("at", "beyond", "than", "past", "for")


def _yearly(view: View) -> bool:
    """Whether a percentage is a rate per year: `per year that is 1.65% against 2.19%`."""
    back = [view.word(-k) for k in range(1, 9)]
    for step, word in enumerate(back):
        if word in ("year", "annum") and back[step + 1 : step + 2] == ["per"]:
            return True
        if word in (".", ",", ";", ")"):
            break
    if view.word(0) in ("annually", "yearly"):
        return True
    last = view.done[-1] if view.done else None
    if last is None or last.unit != "% per year" or last.sentence != view.here:
        return False
    near = view.text.tokens[view.phrase.first].start - last.end
    return near <= 60 and view.word(-1) in ("and", "vs", "versus", "v", "against", "with", "to", ".")


def _contrast(view: View) -> Claim | None:
    """Efficacy of a vaccine, a reduction of risk, a difference of risks."""
    if view.ahead("design", within=2) or view.word(0) == "power":
        return view.claim("design_value", "%")
    if view.word(-1) == "of" and view.word(-2) in ("protection", "efficacy", "effectiveness"):
        return view.claim("risk_reduction", "%")
    if view.word(0) in ("effective", "efficacious", "protection", "protective", "efficacy", "effectiveness"):
        return view.claim("risk_reduction", "%")
    near = view.nearest("vaccine", "survival", "adverse", "response", "hr")
    if near == "vaccine" and not view.ahead("people", within=3) and not view.ahead("adverse", within=4):
        return view.claim("risk_reduction", "%")
    if phrase_linked(view) and view.done[-1].measure in ("risk_reduction", "risk_difference"):
        return view.claim(view.done[-1].measure, view.done[-1].unit)
    row = view.tables.is_row(view.phrase.first) and view.phrase.interval is not None and bool(view.done)
    if row and view.done[-1].measure == "risk_reduction" and view.done[-1].sentence == view.here:
        return view.claim("risk_reduction", "%")
    vaccinated = any(claim.measure == "risk_reduction" and claim.unit == "%" for claim in view.done[-2:])
    if vaccinated and view.nearest("vaccine", within=60) and view.phrase.interval is not None:
        return view.claim("risk_reduction", "%")
    if _vaccine_again(view):
        return view.claim("risk_reduction", "%")
    told = view.anywhere("survival", "response", "adverse", "event", "death", "hr")
    lately = [claim.measure == "risk_reduction" and claim.interval is not None for claim in view.done[-4:]]
    if not told and view.phrase.interval is not None and any(lately):
        return view.claim("risk_reduction", "%")
    if not told and view.phrase.interval is not None and any(tag == "vaccine" for _, tag in view.before):
        return view.claim("risk_reduction", "%")
    following = view.following
    parts = (
        view.word(-1) == "(" and following is not None and following.form == "percent"
        and following.first - view.phrase.last <= 2
    )  # fmt: skip
    parts = parts or (phrase_linked(view) and view.done[-1].measure in ("proportion", "rate", "adverse_event_rate"))
    if parts and view.phrase.interval is None:
        return None  # "the gap had closed (74% and 72%)": the parts
    if view.nearest("risk_difference", "relative_reduction", "reduction_risk", within=8) == "risk_difference" or (
        view.nearest("difference", "event", "death", "survival", within=6) == "difference" and not _two(view)
    ):  # fmt: skip
        return view.claim("risk_difference", "percentage points")
    last = view.done[-1] if view.done else None
    differs = last is not None and last.measure == "mean_difference" and last.unit == "%" and last.sentence == view.here
    comparative = view.word(-1) == "by" and view.word(-2).endswith("er") and not view.token(-2).tag  # type: ignore[union-attr]
    if comparative or (differs and view.word(-1) == "and"):
        return view.claim("mean_difference", "%")
    measure = read_reduction(view)
    return view.claim(measure, "%") if measure is not None else None


def _vaccine_again(view: View) -> bool:
    """Whether a percentage is another efficacy: `97.2% efficacy. In the fifties 96.6%, in the sixties 97.4%`."""
    last = next((claim for claim in reversed(view.done[-4:]) if claim.measure == "risk_reduction"), None)
    number = view.phrase.value
    if last is None or number is None or last.value is None:
        return False
    home = view.text.home[view.phrase.first]
    near = last.sentence in view.text.spans[max(0, home - 1) : home + 1]
    vaccine = view.nearest("vaccine") or any(tag == "vaccine" for _, tag in view.before)
    again = last.sentence == view.here and last.interval is None and view.word(-1) == ","
    alike = number.decimals == last.value.decimals and abs(number.value - last.value.value) <= 12
    told = view.anywhere("people", "adverse", "event", "response", "survival")
    again = again or (last.interval is not None and view.phrase.interval is not None and last.value.value >= 50)
    return near and bool(vaccine or again) and alike and not told


def _two(view: View) -> bool:
    """Whether another percentage follows at once: `(74% and 72%)`."""
    after = view.following
    return after is not None and after.form == "percent" and after.first - view.phrase.last == 1


def phrase_linked(view: View) -> bool:
    """Whether only words that link stand between the percentage and one before: `75% and 67%`."""
    tokens, last = view.text.tokens, view.done[-1] if view.done else None
    if (
        last is None
        or last.unit not in ("%", "percentage points")
        or last.sentence != view.here
        or last.interval is not None
    ):
        return False
    first = view.phrase.first
    gap = first
    while gap > view.sentence[0] and tokens[gap - 1].start >= last.end and first - gap < 5:
        gap -= 1
    words = [token.word for token in tokens[gap:first]]
    return (
        tokens[gap - 1].end <= last.end
        and bool(words)
        and all(word in ("and", "vs", "versus", "v", ",", ".", "or") for word in words)
    )


def plain_kind(view: View) -> Measure:
    """Proportion, rate or rate of an adverse event.

    Args:
        view: A percentage and its surroundings.
    """
    phrase = view.phrase
    near = view.nearest("survival", "response", "adverse", "grade", "death", "event", within=40)
    after = view.ahead("adverse", "survival", "response", "death", within=7)
    harm = after == "adverse" or view.ahead("grade", "adverse", within=11)
    if view.nearest("grade", within=6):
        return "adverse_event_rate"
    if near in ("adverse", "grade") or (harm and near not in ("survival", "response")):
        return "adverse_event_rate"
    if phrase.count is not None or phrase.denominator is not None:
        return "proportion"
    if any(view.word(k) in _SEX for k in range(3)):
        return "proportion"
    if not near and not after and _adverse_before(view):
        return "adverse_event_rate"
    if near == "survival" or after == "survival" or (phrase.interval is not None and near != "response"):
        return "rate"
    if near == "response" or after == "response":
        return "proportion"
    return "rate" if view.anywhere("hr") or (near in ("death", "event") and view.nearest("rate")) else "proportion"


def _adverse_before(view: View) -> bool:
    """Whether the sentence goes on about harm: that before is, and this names nothing else."""
    return any(tag == "adverse" for _, tag in view.before) and not view.anywhere("survival", "response", "death", "hr")
