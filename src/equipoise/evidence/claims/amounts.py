"""Means, changes and differences of scores and measurements, rates per person-year."""

from __future__ import annotations

import re
from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Number

__all__ = ["read_amount"]

_CHANGES: Final = ("reduction", "increase", "difference", "mean_difference", "mean", "change", "score", "median")
_NO_RATES: Final = word_set("liter litre deciliter decilitre day dose cycle kilogram kg dl l hour square tablet visit")
_INDEX: Final = word_set("bmi index score scale lvef hemoglobin haemoglobin")
_RATIOS: Final = ("hr", "odds_ratio", "risk_ratio", "rate_ratio")
_MORE: Final = word_set("higher lower more less greater fewer better worse heavier lighter")
_MEANS: Final = ("mean", "mean_difference")
_STATES: Final = word_set("weighed averaged scored measured stood was were of by to at from reached ran")


def read_amount(view: View) -> Claim | None:
    """A claim of a rate per time at risk, of a mean or a change with its unit.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None:
        return None
    if phrase.form == "per":
        return _rate(view, number)
    if phrase.form == "amount":
        return _amount(view, number)
    return _plain(view, number) if phrase.form == "plain" else None


def _rate(view: View, number: Number) -> Claim | None:
    """A claim of a number per something: `2.02 per 100 person-years`."""
    phrase = view.phrase
    limits = phrase.interval
    if phrase.unit.removeprefix("per ").split(" ")[0] in _NO_RATES and (
        limits is None or limits.interval.kind == "range"
    ):
        averaged = view.nearest("mean", within=3) and not number.bound and phrase.unit != "per day"
        return view.claim("mean", phrase.unit) if averaged and limits is None else None
    if phrase.unit in ("per group", "per arm", "per treatment") and not number.decimals:
        return view.claim("arm_size", "patients") if number.value >= 10 else None
    differs = phrase.interval is not None and view.nearest("difference", "mean_difference", within=4)
    return view.claim("mean_difference" if differs else "number", phrase.unit)


def _amount(view: View, number: Number) -> Claim | None:
    """A claim of a number with a unit of measurement: `a mean of 1.21 points`."""
    phrase, last = view.phrase, view.done[-1] if view.done else None
    unit, limits = phrase.unit, phrase.interval
    shares = [claim.unit == "%" and claim.sentence == view.here for claim in view.done[-2:]]
    gap = unit in ("point", "points") and shares == [True, True] and view.nearest("difference", within=6)
    if gap or (unit in ("point", "points") and view.ahead("difference", within=2)):
        return view.claim("risk_difference", "percentage points")
    differs = view.nearest("difference", "mean_difference", "mean", within=5).endswith("difference")
    if last is not None and last.sentence == view.here and last.unit == unit and not differs and last.measure in _MEANS:
        return view.claim(last.measure, unit)
    if limits is not None and limits.last <= phrase.last:
        return None
    if number.bound in (">=", "<=") or view.nearest("threshold", within=8):
        return None
    if _than(view):
        return view.claim("mean_difference", unit)
    if limits is not None and view.nearest("difference", "mean_difference", within=12):
        return view.claim("mean_difference", unit)
    spread = limits is not None and limits.interval.kind == "sd"
    if limits is not None or number.value < 0 or view.text.tokens[phrase.first].word == "+":
        plain = spread or limits is None or view.nearest("mean", within=10)
        return view.claim("mean" if plain else "mean_difference", unit)
    pair = view.word(0) in ("/", "v", "vs", "versus", "and", "against")
    if number.decimals and pair and unit.partition("/")[2] in ("dl", "ml", "l") and not number.bound:
        return view.claim("mean", unit)
    if number.decimals and unit in ("mmHg", "mmhg", "mmol/l", "kg") and view.word(-1) in (":", ",", "(", "was", "to"):
        return view.claim("mean", unit)
    if view.ahead("increase", "reduction", within=8) and number.decimals < 3 and view.word(0) == "(":
        return view.claim("mean_difference", unit)
    near = view.nearest(*_CHANGES, within=4) or (
        view.nearest(*_CHANGES, within=25) and (view.word(-1) in _STATES or phrase.borrowed)
    )
    if near:
        told = view.nearest("difference", "mean_difference", "mean", within=10)
        return view.claim("mean_difference" if told.endswith("difference") else "mean", unit)
    printed = view.word(-1) in _STATES or (view.word(-1) == ":" and unit not in ("m", "points", "point"))
    return view.claim("mean", unit) if number.decimals and printed else None


def _than(view: View) -> bool:
    """Whether an amount says how much more there was: `2 mm Hg (P<.001) higher with the drug`."""
    tokens, at = view.text.tokens, view.phrase.last
    if at < view.sentence[1] and tokens[at].word in ("(", "["):
        while at < view.sentence[1] and tokens[at].word not in (")", "]") and at - view.phrase.last < 14:
            at += 1
        at += 1
    return at < view.sentence[1] and tokens[at].word in _MORE


def _plain(view: View, number: Number) -> Claim | None:
    """A claim of a number without a unit that is a mean, a change, or a rate."""
    phrase, last = view.phrase, view.done[-1] if view.done else None
    if phrase.interval is not None:
        return view.claim("mean") if phrase.interval.interval.kind == "sd" else None
    before = last if last is not None and last.sentence == view.here else None
    if _continues(view, number, before):
        return view.claim("mean", before.unit if before is not None else "")
    if _compared(view, before):
        return view.claim("mean")
    if not number.decimals:
        return None
    if _before_ratio(view, before):
        return view.claim("number", before.unit if before is not None and before.measure == "number" else "")
    moved = view.nearest("change", "reduction", "increase", within=6)
    follows = view.word(-1) == "to" and last is not None and last.measure == "mean"
    if moved and ((view.word(-1) == "from" and view.word(0) == "to") or follows):
        return view.claim("mean")
    again = before is not None and before.measure == "mean" and view.word(-1) == "by"
    went = view.word(-2) in ("down", "up") or view.nearest("reduction", "increase", "change", within=10)
    if view.word(-1) == "by" and (went or again):
        return view.claim("mean")
    if _paired(view):
        return view.claim("number", last.unit if last is not None and last.measure == "number" else "")
    if view.nearest("mean", within=5) and not view.nearest("threshold", within=5):
        return view.claim("mean")
    if view.word(-1) in ("of", "was", ":", "averaged") and not _INDEX.isdisjoint([view.word(-k) for k in range(2, 5)]):
        return view.claim("mean") if not number.bound else None
    if view.nearest("rate", within=6) and view.word(-1) in ("of", "was", "and", "were", "vs"):
        return view.claim("number", "per year" if view.nearest("annual") else "")
    if last is not None and last.measure == "number" and not last.unit.startswith("%"):
        close = last.end > view.text.tokens[phrase.first].start - (60 if last.unit else 12)
        listed = view.word(-1) in (",", ";") and view.word(0) in ("with", "in", "for", "on", "among", "under", "and")
        if close and (listed or view.word(-1) in ("and", "vs", "versus", "v", "against", "to", "with")):
            return view.claim("number", last.unit)
    return None


def _before_ratio(view: View, before: Claim | None) -> bool:
    """Whether a number is one of two rates whose ratio follows in brackets: `0.77 and 1.36 (hazard ratio ...`."""
    following = view.following
    if (
        following is not None
        and following.form == "plain"
        and following.first - view.phrase.last <= 2
        and view.word(0) in ("and", "vs", "versus", "v")
        and following.interval is None
    ):
        end = view.text.tokens[following.last : following.last + 4]
        opens = bool(end) and end[0].word == "("
        return opens and any(one.tag in _RATIOS or one.kind == "number" for one in end)
    linked = view.word(-1) in ("and", "vs", "versus", "v", ".") and view.word(0) == "("
    return linked and before is not None and before.measure == "number"


def _continues(view: View, number: Number, before: Claim | None) -> bool:
    """Whether a number stands beside a mean: `−55.48 centiloids vs. +3.64`."""
    if before is None or before.measure not in _MEANS:
        return False
    gap = view.text.tokens[max(0, view.phrase.first - 2)]
    if gap.word == "," and gap.end <= before.end + 1 and number.decimals and view.token(-1) is not None:
        return True
    if view.word(-1) == "," and view.word(0) in ("on", "in", "with", "for", "among") and number.decimals:
        return True
    same = before.value is not None and before.value.decimals == number.decimals > 0
    between = view.text.plain[before.end : view.text.tokens[view.phrase.first].start]
    if same and re.fullmatch(r"[,;] (?:[A-Za-z]+ ){1,3}", between) and view.word(-1) not in ("p", "of", "by"):
        return True  # "real 21.7 points, sham 23.3"
    return bool(number.decimals or number.text[:1] in "+-") and view.word(-1) in (
        "and",
        "vs",
        "versus",
        ".",
        "v",
        "with",
    )


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
