"""Means, changes and differences of scores and measurements, rates per person-year."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["read_amount"]

_CHANGES: Final = ("reduction", "increase", "difference", "mean_difference", "mean", "change", "score", "median")
_STATES: Final = word_set("weighed averaged scored measured stood was were of by to at from reached ran")


def read_amount(view: View) -> Claim | None:
    """A claim of a rate per time at risk, of a mean or a change with its unit.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None:
        return None
    spread = phrase.interval is not None and phrase.interval.interval.kind == "sd"
    if phrase.form == "per" and phrase.unit in ("per group", "per arm", "per treatment") and not number.decimals:
        return view.claim("arm_size", "patients")
    if phrase.form == "per" and view.nearest("difference", "mean_difference", within=4) and phrase.interval is not None:
        return view.claim("mean_difference", phrase.unit)
    if phrase.form == "per":
        return view.claim("number", phrase.unit)
    if phrase.form == "points":
        return None
    if phrase.form == "amount" and phrase.unit in ("point", "points") and view.ahead("difference", within=2):
        return view.claim("risk_difference", "percentage points")
    if phrase.form == "amount":
        last = view.done[-1] if view.done else None
        if view.nearest("difference", "mean_difference", "mean", within=5).endswith("difference"):
            last = None
        if (
            last is not None
            and last.sentence == view.here
            and last.unit == phrase.unit
            and last.measure in ("mean", "mean_difference")
        ):
            return view.claim(last.measure, phrase.unit)
        if phrase.interval is not None and phrase.interval.last <= phrase.last:
            return None
        if number.bound in (">=", "<=") or view.nearest("threshold", within=8):
            return None
        if phrase.interval is not None and view.nearest("difference", "mean_difference", within=12):
            return view.claim("mean_difference", phrase.unit)
        signed = number.value < 0 or view.text.tokens[phrase.first].word == "+"
        if spread or signed or phrase.interval is not None:
            plain = spread or phrase.interval is None or view.nearest("mean", within=10)
            return view.claim("mean" if plain else "mean_difference", phrase.unit)
        if view.nearest(*_CHANGES, within=25) and (
            view.word(-1) in _STATES or phrase.borrowed or view.nearest(*_CHANGES, within=4)
        ):
            near = view.nearest("difference", "mean_difference", "mean", within=10)
            return view.claim("mean_difference" if near.endswith("difference") else "mean", phrase.unit)
        if number.decimals and view.word(-1) in _STATES:
            return view.claim("mean", phrase.unit)
        return None
    if phrase.form != "plain":
        return None
    after = view.done[-1] if view.done else None
    if spread:
        return view.claim("mean")
    changed = number.decimals and view.nearest("change", "reduction", "increase", within=6)
    follows = view.word(-1) == "to" and after is not None and after.measure == "mean"
    if changed and ((view.word(-1) == "from" and view.word(0) == "to") or follows):
        return view.claim("mean")
    if (
        number.decimals
        and phrase.interval is None
        and view.word(-1) == "by"
        and view.nearest("reduction", "increase", "change", within=10)
    ):
        return view.claim("mean")
    if (
        (
            after is not None
            and after.measure in ("mean", "mean_difference")
            and view.word(-1) in ("and", "vs", "versus", ".", "v", "with")
        )
        and tuple(after.sentence) == view.text.spans[view.text.home[phrase.first]]
        and (number.decimals or number.text[:1] in "+-")
    ):
        return view.claim("mean", after.unit)
    if phrase.interval is None and _compared(view, after):
        return view.claim("mean")
    if number.decimals and phrase.interval is None and _paired(view):
        return view.claim("number", after.unit if after is not None and after.measure == "number" else "")
    if (
        number.decimals
        and phrase.interval is None
        and view.nearest("mean", within=5)
        and not view.nearest("threshold", within=5)
    ):
        return view.claim("mean")
    if (
        number.decimals
        and view.nearest("rate", within=6) == "rate"
        and phrase.interval is None
        and view.word(-1) in ("of", "was", "and", "were", "vs")
    ):
        return view.claim("number", "per year" if view.nearest("annual") else "")
    if (
        number.decimals
        and after is not None
        and after.measure == "number"
        and not after.unit.startswith("%")
        and phrase.interval is None
    ) and (
        view.word(-1) in ("and", "vs", "versus")
        and view.phrase.first - 3 < len(view.text.tokens)
        and after.end > view.text.tokens[phrase.first].start - 12
    ):
        return view.claim("number", after.unit)
    return None


def _compared(view: View, before: Claim | None) -> bool:
    """Whether a number is one of two whose difference follows: `−6.02 vs −9.27 (difference, 3.25 ...)`."""
    number, following = view.phrase.value, view.following
    if number is None or not number.decimals or view.nearest("hr", "odds_ratio", "risk_ratio", "rate_ratio", within=6):
        return False
    if not view.ahead("difference", "mean_difference", within=9):
        return False
    if following is not None and following.form == "plain" and following.first - view.phrase.last <= 2:
        return view.word(0) in ("vs", "versus", "v", "and", "against")
    linked = view.word(-1) in ("vs", "versus", "v", "and", "against", ".")
    return linked and before is not None and before.measure == "mean" and before.sentence == view.here


def _paired(view: View) -> bool:
    """Whether a number is one of two without a unit: `: 0.10 and 0.25, respectively`."""
    following, after = view.following, view.done[-1] if view.done else None
    if following is not None and following.form == "plain" and following.first == view.phrase.last + 1:
        return view.word(-1) == ":" and view.word(0) in ("and", "vs", "versus")
    return view.word(-1) == "and" and after is not None and after.measure == "number" and after.sentence == view.here
