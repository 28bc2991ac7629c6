"""Hazard, odds, risk and rate ratios, numbers needed to treat, "twice as high"."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Measure, Number

__all__ = ["read_needed", "read_ratio"]

_MEASURES: Final[dict[str, Measure]] = {
    "hr": "hazard_ratio", "odds_ratio": "odds_ratio", "risk_ratio": "risk_ratio", "rate_ratio": "rate_ratio",
    "mean_difference": "mean_difference", "difference": "mean_difference",
}  # fmt: skip
_RATIOS: Final = ("hr", "odds_ratio", "risk_ratio", "rate_ratio")
_BETWEEN: Final = frozenset(
    (",", ":", "=", "of", "was", "[", "(", ")", "]", "is", ";", "to", "treat", "hr", "were", "or", "rr")
)
_ONE: Final = word_set("one single 1 extra")
_AVERTED: Final = word_set("averted avert fewer extra more")
_EACH: Final = word_set("treating every each treat among needed")
_SPARE: Final = word_set("put spare save prevent avoid avert benefit spared saved prevented avoided averted benefits")
_MUST: Final = word_set("to must have need needed had")
_FOLD: Final = word_set("many high likely often much common frequent large great long low")


def _label_start(view: View, tag: str) -> int | None:
    """First token of a label that stands directly before the number: `HR`, `hazard ratio,`."""
    at, tokens = view.phrase.first, view.text.tokens
    found: int | None = None
    for _ in range(8):
        at -= 1
        if at < view.sentence[0]:
            break
        token = tokens[at]
        if token.tag == tag:
            back = int(token.word in ("ratio", "ratios", "needed", "risk", "difference") and at > view.sentence[0])
            found = at - back
            at = found
        elif token.word not in _BETWEEN:
            break
    return found


def read_needed(view: View) -> Claim | None:
    """A claim of a number needed to treat: `NNT = 8`, "one event averted for every 75 women treated".

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.form not in ("plain", "people") or number.value < 1 or number.value > 100000:
        return None
    if number.value == 1 and number.decimals == 0:
        return None  # "the number needed to treat to prevent one event"
    away = next((distance for distance, tag in view.left if tag == "number_needed"), 99)
    between = [view.token(-k) for k in range(1, min(away, 12))]
    parted = any(
        token is not None
        and (token.word in (";", ")", ".") or (token.kind == "number" and token.word not in ("1", "one")))
        for token in between
    )
    if (
        away <= 12
        and (not parted or view.word(-1) in ("=", "was"))
        and not view.nearest("hr", "people", "median", within=3)
    ):
        return view.claim("number_needed", "patients", start=_label_start(view, "number_needed"))
    labelled = view.word(-1) == ":" and away <= 24 and not view.nearest("hr", "median", within=8)
    if labelled and not any(token is not None and token.word in (";", ".") for token in between):
        return view.claim("number_needed", "patients")
    if number.decimals and phrase.form == "plain":
        people = any(token.tag == "people" for token in view.text.tokens[phrase.last : phrase.last + 2])
        last = view.done[-1] if view.done else None
        again = last is not None and last.measure == "number_needed" and last.sentence == view.here
        if (people or (again and view.word(-1) in ("or", "and", "versus", "vs"))) and phrase.interval is None:
            return view.claim("number_needed", "patients")
    if number.decimals or number.value < 2:
        return None
    last = view.done[-1] if view.done else None
    if last is not None and last.measure == "number_needed" and last.sentence == view.here and view.word(-1) == "and":
        return view.claim("number_needed", "patients")
    return view.claim("number_needed", "patients") if _treated_for_one(view) else None


def _treated_for_one(view: View) -> bool:
    """Whether words say that so many are treated for one: `one case averted for every 75 women treated`."""
    phrase, tokens = view.phrase, view.text.tokens
    words = [token.word for token in tokens[max(view.sentence[0], phrase.first - 22) : phrase.first]]
    after = [token.word for token in tokens[phrase.first : min(view.sentence[1], phrase.last + 8)]]
    later = [token.word for token in tokens[phrase.last : min(view.sentence[1], phrase.last + 20)]]
    one = not _ONE.isdisjoint(words)
    averted = not _AVERTED.isdisjoint(words) or bool(view.nearest("avert", within=22))
    if one and averted and (not _EACH.isdisjoint(words[-8:]) or "treated" in after):
        return True
    if "treat" in words[-3:] and ("one" in after or "prevent" in after) and not _MUST.isdisjoint(words):
        return True
    treated = view.word(-1) in ("treat", "treating", "treated", "vaccinate", "screen")
    if "one" in later and not _SPARE.isdisjoint(later) and (treated or not _MUST.isdisjoint(later)):
        return True
    return "treated" in after and "need" in after and ("to" in after or "needed" in after)


def read_ratio(view: View) -> Claim | None:
    """A claim of a plain number that is a ratio or a multiple.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.form != "plain" or number.bound in (">=", "<="):
        return None
    if view.ahead("fold", within=2) or view.text.tokens[phrase.anchor].word.endswith("fold"):
        return view.claim("fold")
    if view.word(0) in ("times", "x") and (
        view.ahead("increase", "risk", within=8) or view.word(1) in ("as", "more", "less", "higher")
    ):
        phrase.last += 1
        if any(view.word(-k) in ("hazard", "hazards") for k in range(1, 4)):
            return view.claim("hazard_ratio")
        return view.claim("fold")
    if view.word(0) == "as" and view.text.tokens[phrase.anchor].kind == "word" and view.word(1) in _FOLD:
        return view.claim("fold")
    tag = view.nearest(*_RATIOS, "threshold", "mean_difference", "difference", "p_word")
    distance = next((d for d, t in view.left if t == tag), 99)
    if tag in _RATIOS and 0 <= number.value < 200:
        adjacent = distance <= 4
        if number.decimals and (
            phrase.interval is not None or phrase.p is not None or adjacent or (distance < 30 and _listed(view))
        ):
            return view.claim(_MEASURES[tag], start=_label_start(view, tag))
        if (adjacent and not phrase.borrowed) or phrase.interval is not None:
            return (
                view.claim(_MEASURES[tag], start=_label_start(view, tag))
                if _label_start(view, tag) is not None or phrase.interval
                else None
            )
        return None
    if tag == "p_word" and distance >= 60:
        return None
    return _unnamed(view)


def _listed(view: View) -> bool:
    """Whether a ratio is one of a list or of a table: `ratios were 0.84 for X, 0.83 for Y`."""
    if view.tables.is_row(view.phrase.first):
        return True
    last = view.done[-1] if view.done else None
    if (
        last is not None
        and last.measure in _MEASURES.values()
        and last.sentence == view.text.spans[view.text.home[view.phrase.first]]
    ):
        return True
    number, here = view.phrase.value, view.here
    told = [claim for claim in view.done[-4:] if claim.measure in _MEASURES.values() and claim.sentence == here]
    alike = number is not None and any(claim.value and claim.value.decimals == number.decimals for claim in told)
    if (
        alike
        and number is not None
        and number.value < 5
        and view.word(0) in (",", ".", ";", ")", "(", "and", "for", "")
    ):
        return True
    return (
        view.word(-1) in ("was", "were", "of", "to", "at", "is", ":", "=", "and", "reached", ",")
        or view.word(0) == "for"
    )


def _unnamed(view: View) -> Claim | None:
    """A number with an interval that has no name: that of a ratio named before, or a difference."""
    phrase, number = view.phrase, view.phrase.value
    if number is None or (phrase.interval is None and phrase.p is None):
        return None
    if phrase.interval is not None and phrase.interval.interval.kind not in ("confidence", "credible"):
        return None
    if number.value < 0 or view.nearest("mean_difference", "difference", within=12):
        if phrase.interval is None:
            return None
        tag = "mean_difference" if view.nearest("mean_difference") else "difference"
        return view.claim("mean_difference", phrase.unit, start=_label_start(view, tag))
    if not number.decimals and phrase.interval is None:
        return None
    if view.nearest("median", "survival", within=12) or number.value > 50:
        return None
    if view.word(-1) == "=" and phrase.interval is None:
        return None  # of a letter that is not known, as an effect size d
    tag = view.ahead(*_RATIOS, within=22)
    for _, one in view.before if not tag else ():
        if one in _RATIOS:
            tag = one
            break
    if view.word(-1) in ("ratio", "ratios") and view.nearest("rate", within=25) and phrase.interval is not None:
        tag = "rate_ratio"
    if not tag and phrase.interval is not None and number.decimals and 0 < number.value < 30:
        words = [view.word(-k) for k in range(1, 14)]
        tag = "odds_ratio" if "odds" in words else "hr" if "hazard" in words else ""
    if not tag and phrase.interval is None:
        return None
    if not tag:
        tag = next((claim.measure for claim in reversed(view.done[-12:]) if claim.measure in _MEASURES.values()), "")
        if tag and 0 < number.value < 20:
            return view.claim(tag)  # type: ignore[arg-type]
        return _by_words(view, number)
    return view.claim(_MEASURES[tag])


def _by_words(view: View, number: Number) -> Claim:
    """A number with an interval whose name is told by a word far away, or by the sign of its limits."""
    node, words = view.phrase.interval, view.tables.words(view.text.home[view.phrase.first])
    lower = node.interval.lower if node is not None else None
    if lower is not None and lower.value < 0:
        return view.claim("mean_difference", view.phrase.unit)
    if number.decimals and 0 < number.value < 20 and not view.nearest("mean"):
        if "odds" in words:
            return view.claim("odds_ratio")
        if "hazard" in words or "hazards" in words:
            return view.claim("hazard_ratio")
    return view.claim("mean" if view.nearest("mean") else "number")
