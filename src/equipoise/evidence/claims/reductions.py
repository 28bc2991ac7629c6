"""Whether a percentage says by how much a risk is smaller, and not how large it is."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Measure

__all__ = ["read_reduction"]

_LAB: Final = word_set(
    """
    ldl ldl-c cholesterol hba1c weight pressure level levels score scores triglycerides protein concentration viral
    albuminuria potassium size volume count counts pain tumor tumour density
    """
)
_RISK: Final = (
    "risk", "hr", "death", "relative_reduction", "reduction_risk", "event", "risk_ratio", "rate", "rate_ratio",
    "adverse",
)  # fmt: skip
_NAMED: Final = ("reduction_risk", "relative_reduction")
_WORDS: Final = ("reduction", "increase", "reduction_risk", "relative_reduction", "risk_difference")
_CROSS: Final = frozenset((",", ".", "and", ")", ";", "of", "vs", "versus", "in", "("))
_LINKS: Final = frozenset(("by", "of", "was", ",", ":", "=", "reaching", "is"))
_SHARES: Final = frozenset(("proportion", "rate", "adverse_event_rate"))
_FELL: Final = frozenset(("fell", "dropped", "declined"))
_SLOW: Final = frozenset(("slows", "slowed", "slowing", "slow"))


def read_reduction(view: View) -> Measure | None:
    """What a percentage beside a word of reduction measures; None where there is no such word.

    An increase, and a reduction of something that is no risk (a weight, a level in the blood), is a plain `number`.

    Args:
        view: The percentage and its surroundings.
    """
    context = bool(view.anywhere(*_RISK)) or any(tag in _RISK for _, tag in view.before)
    relative = view.word(0) == "difference" and bool(view.anywhere("rate_ratio", "hr", "risk_ratio"))
    if relative and view.phrase.interval is None:
        return "risk_reduction"
    return _ahead(view, context=context) or _behind(view, context=context)


def _ahead(view: View, *, context: bool) -> Measure | None:
    """Of a word of reduction after the number: `a 25% lower risk`."""
    node = view.phrase.interval
    if node is not None and node.interval.kind == "sd":  # "18% (SE 5) proportional reduction"
        behind = view.text.tokens[node.last : node.last + 5]
        if any(token.tag == "reduction" for token in behind) and context:
            return "risk_reduction"
    near = view.ahead(*_WORDS, within=4)
    steps = next((distance for distance, tag in view.right if tag in _WORDS), 0)
    if view.phrase.value is not None and view.phrase.value.approximate and view.ahead("avert", within=3):
        return "risk_reduction"
    if not near or any(view.word(k) in _CROSS for k in range(steps)):
        return None
    if near in _NAMED:
        return "risk_reduction"
    if near == "risk_difference" or view.ahead("absolute", within=3):
        return "risk_difference"
    if near != "reduction":
        return "number"
    if view.word(1) == "likely" or view.word(0) == "slower":
        return "risk_reduction"
    measured = any(view.word(k) in _LAB for k in range(1, 7))
    return "risk_reduction" if context and not measured else "number"


def _behind(view: View, *, context: bool) -> Measure | None:
    """Of a word of reduction before the number: `cut the risk by 25%`."""
    back = view.nearest("reduction", "increase", *_NAMED, "survival", "response", "avert", within=16)
    before, verb = view.word(-1), view.token(-1)
    if before == "of" and view.word(-2) in ("protection", "efficacy", "effectiveness"):
        return "risk_reduction"
    shares = [claim.measure in _SHARES for claim in view.done[-2:]] == [True, True]
    if before == ":" and view.nearest("reduction", within=2) and (context or shares):
        return "risk_reduction"
    if back in _NAMED and (before in _LINKS or view.nearest(back, within=2)):
        return "risk_reduction"
    if before == "by" and any(view.word(-k) in _SLOW for k in range(2, 8)):
        return "risk_reduction"
    words = view.phrase.value is not None and view.phrase.value.text[:1].isalpha()
    if before == "by" and words and view.nearest("reduction") and context:
        return "risk_reduction"
    if _again(view) or (verb is not None and verb.tag == "reduction" and verb.word in _FELL and context):
        return "risk_reduction"
    if before in (":", "=") and view.nearest("reduction", within=2) and context:
        return "risk_reduction"
    if back == "avert" and (before in ("of", "by", "away") or view.nearest("avert", within=1)):
        return "risk_reduction"
    if back in ("reduction", "increase") and before in ("by", "of"):
        measured = back == "increase" or any(view.word(-k) in _LAB for k in range(2, 9))
        counts = [claim.measure in _SHARES for claim in view.done[-2:]]
        if not measured and (context or counts == [True, True]):
            return "risk_reduction"
        return "number" if back == "reduction" or before == "by" else None
    return None


def _again(view: View) -> bool:
    """Whether reductions were told before and this is another: `by a third in ... and by one fifth in ...`."""
    told = [claim.measure == "risk_reduction" and claim.sentence == view.here for claim in view.done[-8:]]
    if view.word(-1) == "by" and any(told[-3:]):
        return True
    bracket = view.token(1) if view.word(0) == "(" else None
    return bracket is not None and bracket.percent and any(told)
