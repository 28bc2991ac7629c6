"""Medians, means, follow-up, ages, durations: numbers with a unit of time."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["read_missing", "read_time"]

_OPENING: Final = word_set(
    """
    in over across after during at through with
    """
)
_LANDMARK: Final = word_set(
    """
    at by within after in over through to for every first last until before from past during than
    since next up additional each initial previous prior between and
    """
)


def _age(view: View) -> bool:
    """Whether a number of years is an age."""
    if view.phrase.unit not in ("years", "") or view.phrase.form not in ("time", "plain"):
        return False
    return (
        view.nearest("age", "survival", "follow", "duration", "response", "hr", within=14) == "age"
        or view.text.tokens[view.phrase.last - 1].tag == "age"
        or view.ahead("age", within=3) == "age"
    )


def read_time(view: View) -> Claim | None:
    """A claim of a number with a unit of time, or of one whose row or following number says the unit.

    Args:
        view: The number and its surroundings.
    """
    phrase = view.phrase
    unit = phrase.unit
    if phrase.form not in ("time", "plain") or phrase.value is None:
        return None
    if _age(view):
        return view.claim("age", "years")
    if phrase.form == "plain":
        unit = _borrowed(view)
        if not unit:
            return None
    opening = view.sentence[0]
    near = view.nearest("median", "mean", "follow", "duration", "survival", "difference", "response", "hr", "adverse")
    lately = view.nearest("median", "mean", within=12)
    if view.nearest("follow", within=12) or view.ahead("follow", within=4):
        if lately or view.nearest("follow", within=6) or view.ahead("follow", within=2):
            return view.claim("follow_up", unit)
    if lately == "median":
        words = [token.word for token in view.text.tokens[opening : phrase.first]]
        if len(words) <= 6 and words and words[0] in _OPENING and not view.nearest("survival", "duration", "response"):
            return view.claim("follow_up", unit)
    if view.word(0) in ("longer", "shorter", "later", "earlier", "more") or near == "difference":
        return view.claim("median_difference", unit)
    if view.word(-1) in ("extra", "additional", "further"):
        return view.claim("duration", unit)
    if view.word(-1) == "by" and view.nearest("reduction", "duration", "increase", within=12):
        return view.claim("median_difference", unit)
    if view.nearest("median", "follow") == "median" and not _landmark(view):
        return view.claim("median", unit)
    if lately == "mean":
        return view.claim("mean", unit)
    if near in ("survival", "duration", "response") and not _landmark(view):
        if phrase.interval is not None or view.word(-1) in ("was", "were", "of", "is", "reached", ":", "=", ",", "("):
            return view.claim("median", unit)
    return None


def _landmark(view: View) -> bool:
    """Whether a time is the one at which something is looked at."""
    if view.phrase.interval is not None:
        return False
    if view.text.tokens[view.phrase.last - 1].start == view.text.tokens[view.phrase.anchor].end + 1 and "-" in view.text.plain[
        view.text.tokens[view.phrase.anchor].end : view.text.tokens[view.phrase.last - 1].start
    ]:  # fmt: skip
        return True
    word = view.word(-1)
    return word in _LANDMARK and not (word in ("to", "from", "and", "than") and view.nearest("median", within=25))


def _borrowed(view: View) -> str:
    """The unit of a number that has none: of the number after it (`44.3 vs 29.1 months`), of the row, of the header."""
    following = view.following
    if (
        following is not None
        and following.form == "time"
        and view.nearest("median", "mean", "survival", "follow", "duration")
    ):
        gap = view.text.tokens[view.phrase.last : following.first]
        if len(gap) <= 10 and any(
            token.word in ("vs", "versus", "and", "compared", "v", "or", "against") for token in gap
        ):
            return following.unit
    if view.nearest("median", "mean", "follow"):
        label = view.tables.label(view.phrase.first).lower()
        for word, unit in (
            ("month", "months"),
            (" mo", "months"),
            ("year", "years"),
            ("yr", "years"),
            ("week", "weeks"),
            ("day", "days"),
        ):
            if word in label:
                return unit
        if label and view.nearest("survival"):
            return "months"
    return ""


def read_missing(view: View) -> Claim | None:
    """A median that was not reached.

    Args:
        view: The words and their surroundings.
    """
    if view.phrase.form != "missing":
        return None
    near = view.nearest("median", within=70)
    if not near and view.phrase.interval is None:
        return None
    if not near and not view.nearest("survival", "duration"):
        return None
    label = view.tables.label(view.phrase.first).lower()
    unit = view.phrase.interval.unit if view.phrase.interval else ""
    return view.claim("median", unit or ("months" if "month" in label else ""))
