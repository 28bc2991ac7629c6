"""Medians, means, follow-up, ages, durations: numbers with a unit of time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from equipoise.evidence.claims.ages import is_age
from equipoise.evidence.claims.follow_ups import read_follow
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import TIME_UNITS, word_set
from equipoise.evidence.model import Claim

__all__ = ["read_missing", "read_time"]

_STANDS: Final = word_set("was were of is reached ( : = vs versus v against to averaged lasted stood totaled totalled")
_LANDMARK: Final = word_set(
    """
    at by within after in over through to for every first last until before from past during than since next up each
    initial previous prior between and two the
    """
)
_TIMES: Final = frozenset(TIME_UNITS.values()) | {""}
_GAINS: Final = word_set("advantage gain benefit improvement difference extension prolongation delay longer")
_EXPOSURE: Final = word_set("exposure exposed treatment-duration")
_LIVED: Final = word_set("alive lived living live survived progressed relapsed")
_BEYOND: Final = word_set("beyond past longer than")
_OLDER: Final = frozenset(("older", "younger", "more", "above", "over"))
_UNITS: Final = (
    ("month", "months"),
    (" mo", "months"),
    ("year", "years"),
    ("yr", "years"),
    ("week", "weeks"),
    ("day", "days"),
)


def read_time(view: View) -> Claim | None:
    """A claim of a number with a unit of time, or of one whose row says the unit.

    Args:
        view: The number and its surroundings.
    """
    phrase = view.phrase
    if phrase.form == "amount" and phrase.unit == "m" and view.nearest("median", "survival", within=12):
        phrase.form, phrase.unit = "time", "months"
    if phrase.form not in ("time", "plain") or phrase.value is None:
        return None
    if is_age(view):
        unit = "years" if phrase.unit in ("", "years") else phrase.unit
        between = view.word(-1) == "between" or view.word(-3) == "between" or view.word(-5) == "between"
        wanted = (
            phrase.value.bound or between or (view.word(0) == "or" and view.word(1) in _OLDER) or view.word(3) in _OLDER
        )
        spread = phrase.interval.interval.kind if phrase.interval is not None else ""
        inside = phrase.interval is not None and phrase.interval.last <= phrase.last
        criterion = bool(wanted) or (spread == "range" and inside)
        return replace(view.claim("threshold" if criterion else "age", unit), kind="age")
    if view.word(-1) in ("maximum", "minimum", "max", "min", "longest"):
        return None
    if _hyphen(view) and not view.ahead("follow", within=3):
        gained = not _GAINS.isdisjoint([view.word(k) for k in range(4)]) and phrase.unit in (
            "months",
            "years",
            "weeks",
            "days",
        )
        return view.claim("median_difference", phrase.unit) if gained else None
    unit = phrase.unit or _row_unit(view)
    last = view.done[-1] if view.done else None
    if (
        not unit
        and last is not None
        and last.measure == "median"
        and last.unit
        and phrase.value.decimals
        and view.word(-1) == "at"
        and any(view.word(-k) == "half" for k in range(2, 12))
    ):
        return view.claim("median", last.unit)
    if not unit and phrase.form == "plain":
        return _unitless(view)
    if not unit or (
        phrase.interval is not None and phrase.interval.last <= phrase.last and phrase.interval.interval.kind == "range"
    ):
        return None
    return read_follow(view, unit) or _difference(view, unit) or _average(view, unit)


def _unitless(view: View) -> Claim | None:
    """A median whose unit stands before it or not at all: `ICU-free days: median 21 (IQR, 14 to 25)`."""
    phrase, last = view.phrase, view.done[-1] if view.done else None
    if view.tables.is_row(phrase.first) or phrase.value is None:
        return None
    if last is not None and _inside(view, last):
        return view.claim("median", last.unit)
    linked = last is not None and last.measure in ("median", "mean") and last.sentence == view.here and (
        view.word(-1) in ("v", "vs", "versus", "and", ".", "against")
        or view.word(-2) in ("v", "vs", "versus", "and", "against")
        or (view.word(-2), view.word(-1)) in (("rather", "than"), ("compared", "with"), ("compared", "to"))
        or (view.word(-2), view.word(-1)) in (("instead", "of"), ("opposed", "to"))
    )  # fmt: skip
    halves = last is not None and last.measure == "median" and last.sentence == view.here and (
        view.word(-1) == "at" and any(view.word(-k).startswith("half") for k in range(2, 12))
    )  # fmt: skip
    linked = linked or halves
    timed = last is not None and last.unit in _TIMES
    if linked and timed and last is not None and (phrase.interval is not None or phrase.value.decimals):
        return view.claim(last.measure, last.unit)
    if (
        phrase.interval is None
        or view.nearest("median", "hr", "odds_ratio", "risk_ratio", "age", within=12) != "median"
    ):
        return None
    words = [view.word(-k) for k in range(1, 9)]
    return view.claim("median", next((TIME_UNITS[word] for word in words if len(word) > 2 and word in TIME_UNITS), ""))


def _inside(view: View, last: Claim) -> bool:
    """Whether a number is the first of two in brackets behind what they differ by: `by 6.3 months (18.7 vs 12.4)`."""
    following, number = view.following, view.phrase.value
    if last.measure != "median_difference" or last.sentence != view.here or number is None or following is None:
        return False
    close = view.text.tokens[view.phrase.first].start - last.end <= 3 and view.word(-1) == "("
    return close and number.decimals > 0 and following.first - view.phrase.last <= 2


def _difference(view: View, unit: str) -> Claim | None:
    """By how much a time is longer."""
    near = view.nearest("median", "mean", "follow", "duration", "survival", "difference", "response", "hr", "adverse")
    moved = view.word(-1) == "by" and view.nearest("reduction", "increase", "duration", within=3)
    if _landmark(view) and not moved:
        return None
    if view.word(0) == "in" and view.word(1) == "between":
        return view.claim("median_difference", unit)
    if view.word(-1) == "of" and view.word(-2) in ("gain", "benefit", "advantage", "prolongation", "extension"):
        return view.claim("median_difference", unit)
    limits = view.phrase.interval.interval if view.phrase.interval is not None else None
    if limits is not None and limits.lower is not None and limits.lower.value < 0 and limits.kind == "confidence":
        return view.claim("mean_difference", unit)
    if view.word(0) in ("in", "on", "out", "later") and view.word(1) in (",", ":", ""):
        return None
    following = view.following
    if view.word(-1) == "(" and following is not None and following.form == "time" and (
        following.first - view.phrase.last <= 2
    ):  # fmt: skip
        return None  # "no difference (18.9 months vs. 18.1 months)": the parts
    near_difference = next((d for d, t in view.left if t == "difference"), 99)
    if near_difference <= 9 and "(" not in [view.word(-k) for k in range(1, near_difference)]:
        return view.claim("median_difference", unit)
    if view.word(0) in ("longer", "shorter", "later", "earlier", "more", "sooner", "faster") or (
        near == "difference" and near_difference <= 4
    ):
        return view.claim("median_difference", unit) if view.word(0) not in ("later", "earlier") else None
    if view.word(-1) in ("extra", "additional", "further"):
        return view.claim("duration", unit)
    if view.word(-1) in ("by", "of") and view.nearest("reduction", "increase", within=3):
        return view.claim("median_difference", unit)
    if view.word(-1) == "by" and view.nearest("reduction", "duration", "increase", within=12):
        return view.claim("median_difference", unit)
    return None


def _average(view: View, unit: str) -> Claim | None:
    """Medians and means."""
    phrase, last = view.phrase, view.done[-1] if view.done else None
    before = view.word(-2) if view.word(-1) == "." else view.word(-1)
    compared = view.word(-1) in ("to", "with") and view.word(-2) in ("compared", "opposed")
    half = view.word(-1) == "at" and any(view.word(-k) == "half" for k in range(2, 16))
    decimals = phrase.value is not None and phrase.value.decimals > 0
    if half or (phrase.paired and view.word(-1) in ("after", "than") and decimals):
        return view.claim("median", unit)
    linked = (compared or before in ("and", "vs", "versus", "v", "against", "with")) and not _hyphen(view)
    if linked and last is not None and last.measure == "median" and last.unit == unit and last.sentence == view.here:
        return view.claim("median", unit)
    means = last is not None and last.measure == "mean" and last.unit == "" and last.sentence == view.here
    if linked and compared and means and phrase.value is not None and phrase.value.decimals:
        return view.claim("mean", unit)
    if _half(view):
        return view.claim("median", unit)
    if not _EXPOSURE.isdisjoint([view.word(-k) for k in range(1, 10)]) and not view.nearest("survival", "response"):
        return view.claim("duration", unit)
    following = view.following
    compared = view.word(0) in ("rather", "versus", "vs", "against", "instead", "compared") and following is not None
    if compared and view.nearest("mean", within=14) and decimals:
        return view.claim("mean", unit)
    if _hyphen(view) or _landmark(view):
        return None
    near = view.nearest("median", "mean", "follow", "hr", "duration", "survival", "response", "adverse")
    if decimals and view.ahead("hr", within=25) and not view.nearest("hr", within=6):
        return view.claim("median", unit)
    if view.nearest("median", "mean", "follow", "hr", "odds_ratio") == "median":
        return view.claim("median", unit)
    if view.nearest("mean", within=12):
        return view.claim("mean", unit)
    if phrase.paired and decimals and near not in ("mean", "follow") and not view.anywhere("age", "treated"):
        return view.claim("median", unit)
    if near not in ("survival", "duration", "response"):
        if last is not None and last.measure == "median" and last.unit == unit and phrase.interval is not None:
            return view.claim("median", unit)
        return None
    if phrase.interval is not None or phrase.borrowed:
        return view.claim("median", unit)
    if view.word(-1) in _STANDS:
        return view.claim("median", unit)
    return None


def _half(view: View) -> bool:
    """Whether half of some people lived that long: `half of the men were alive at 57.6 months`."""
    number = view.phrase.value
    words = [view.word(-k) for k in range(1, 22)]
    if number is None or ("half" not in words and not any(word.startswith("half ") for word in words)):
        return False
    long = number.decimals > 0 or not _BEYOND.isdisjoint(words[:3])
    return long and bool(view.nearest("death", "survival", within=20) or not _LIVED.isdisjoint(words))


def _hyphen(view: View) -> bool:
    """Whether number and unit are joined: `48-month`."""
    tokens = view.text.tokens
    return (
        any(token.word == "-" for token in tokens[view.phrase.anchor + 1 : view.phrase.last])
        and view.phrase.interval is None
    )


def _landmark(view: View) -> bool:
    """Whether a time is the one at which something is looked at."""
    if view.phrase.interval is not None or view.phrase.borrowed:
        return False
    word = view.word(-1)
    if word in ("to", "from", "and", "than", "in"):
        median = view.nearest("median", within=25)
        return not median or (word == "in" and view.nearest("median", within=3) == "")
    return word in _LANDMARK


def _row_unit(view: View) -> str:
    """The unit of a number that has none: of the row, of the header."""
    if not view.nearest("median", "mean", "follow"):
        return ""
    label = view.tables.label(view.phrase.first).lower()
    for word, unit in _UNITS:
        if word in label:
            return unit
    return "months" if label and view.nearest("survival") and view.nearest("median") else ""


def read_missing(view: View) -> Claim | None:
    """A median that was not reached.

    Args:
        view: The words and their surroundings.
    """
    if view.phrase.form != "missing":
        return None
    near = view.nearest("median")
    if not near and (view.phrase.interval is None or not view.nearest("survival", "duration")):
        return None
    label = view.tables.label(view.phrase.first).lower()
    unit = view.phrase.interval.unit if view.phrase.interval else ""
    return view.claim("median", unit or ("months" if "month" in label else ""))
