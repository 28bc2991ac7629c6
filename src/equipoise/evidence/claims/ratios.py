"""Hazard, odds, risk and rate ratios, numbers needed to treat, "twice as high"."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.model import Claim, Measure

__all__ = ["read_ratio"]

_MEASURES: Final[dict[str, Measure]] = {
    "hr": "hazard_ratio", "odds_ratio": "odds_ratio", "risk_ratio": "risk_ratio", "rate_ratio": "rate_ratio",
    "number_needed": "number_needed", "mean_difference": "mean_difference", "difference": "mean_difference",
}  # fmt: skip
_RATIOS: Final = ("hr", "odds_ratio", "risk_ratio", "rate_ratio")


def _label_start(view: View, tag: str) -> int | None:
    """First token of a label that stands directly before the number: `HR`, `hazard ratio,`."""
    at, tokens = view.phrase.first, view.text.tokens
    steps = 0
    while at > view.sentence[0] and steps < 6:
        at -= 1
        steps += 1
        token = tokens[at]
        if token.tag == tag:
            words = token.word.split("-")
            back = {"ratio": 1, "ratios": 1, "needed": 1}.get(words[-1], 0)
            return max(view.sentence[0], at - back)
        if token.word not in (",", ":", "=", "of", "was", "[", "(", ")", "]", "is", ";", "to", "treat"):
            return None
    return None


def read_ratio(view: View) -> Claim | None:
    """A claim of a plain number that is a ratio, a number needed to treat or a multiple.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.form != "plain":
        return None
    if view.ahead("fold", within=2) or (
        view.word(0) in ("times", "x") and view.ahead("increase", "risk", "reduction", within=8)
    ):
        return view.claim("fold")
    tag = view.nearest(*_RATIOS, "number_needed", "threshold", "score")
    distance = next((d for d, t in view.left if t == tag), 99)
    if tag == "number_needed":
        return view.claim("number_needed", "patients", start=_label_start(view, tag)) if distance < 9 else None
    if tag in _RATIOS and number.value < 200:
        if number.decimals or phrase.interval is not None or distance <= 3:
            return view.claim(_MEASURES[tag], start=_label_start(view, tag))
        return None
    if phrase.interval is None or phrase.interval.interval.kind not in ("confidence", "credible"):
        return None
    tag = view.ahead(*_RATIOS, within=5)
    for _, one in view.before if not tag else ():
        if one in _RATIOS:
            tag = one
            break
    if not tag and (view.anywhere("mean_difference", "difference", "mean")):
        return view.claim("mean_difference" if view.anywhere("mean_difference", "difference") else "mean")
    return view.claim(_MEASURES.get(tag, "number"))
