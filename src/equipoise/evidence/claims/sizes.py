"""Numbers of people and of events."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Measure

__all__ = ["read_size"]

_STATES: Final = ("randomized", "enrolled", "analyzed", "treated", "screened")
_EVENTS: Final = ("event", "death", "cases")
_SMALL: Final = word_set(
    """
    and or in of with to were was had who for at vs versus the a
    """
)


def _of(view: View) -> str:
    """What a number of people is of."""
    right = view.ahead(*_STATES, within=8)
    left = view.nearest(*_STATES, within=30)
    return right or left or ""


def _event_noun(view: View) -> str:
    """The word for events that follows a number within a few words: `47 RSV-confirmed LRTD episodes`."""
    tokens = view.text.tokens
    for at in range(view.phrase.anchor + 1, min(view.sentence[1], view.phrase.anchor + 6)):
        token = tokens[at]
        if token.kind != "word" and token.word not in ("-", "/"):
            return ""
        if token.tag in _EVENTS or (token.tag == "adverse" and token.word.endswith("s") and token.word != "pts"):
            view.phrase.last = max(view.phrase.last, at + 1)
            return token.word
        if token.word in _SMALL:
            return ""
    return ""


def _in_arm(view: View) -> bool:
    """Whether the people are those of one arm: `2549 patients in the ribociclib arm`, `816 were assigned to`."""
    tokens, last = view.text.tokens, view.phrase.last
    for at in range(last, min(view.sentence[1], last + 9)):
        token = tokens[at]
        if token.kind in ("number", "date") or token.word in (",", ";", ".", "("):
            return False
        if token.tag == "arm" and token.raw.islower():
            return any(one.word in ("in", "to", "of", "for") for one in tokens[last:at]) and not any(
                one.word in ("both", "two", "three", "either", "all", "each") for one in tokens[last:at])  # fmt: skip
    return False


def _paired(view: View) -> bool:
    """Whether another number of people joined by "and" follows or came before: `261 to A and 257 to B`."""
    tokens = view.text.tokens
    if (
        view.following is not None
        and view.following.form in ("plain", "people", "label")
        and view.following.count is None
    ):
        gap = tokens[view.phrase.last : view.following.first]
        if gap and len(gap) <= 14 and gap[-1].word in ("and", "or", ",", "vs", "versus"):
            return (
                any(one.word in ("to", "in", "received", "with", "on", "receiving", "got") for one in gap)
                or len(gap) == 1
            )
    return (
        bool(view.done)
        and view.done[-1].measure == "arm_size"
        and view.done[-1].end > tokens[view.phrase.first].start - 140
    )


def read_size(view: View) -> Claim | None:
    """A claim of a whole number that counts people or events.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or number.decimals or (number.value < 1 and number.value != 0):
        return None
    if phrase.form == "label":
        events = view.nearest(*_EVENTS, "adverse", within=6)
        if events and not view.nearest("randomized", "people", within=4):
            return view.claim("events", "events", of=events)
        return view.claim("arm_size", "patients", of=_of(view))
    if phrase.form not in ("people", "plain") or number.value > 1e8:
        return None
    noun = _event_noun(view)
    if noun:
        return view.claim("events", "events", of=noun)
    if phrase.form == "people":
        return _people(view)
    return _bare(view)


def _people(view: View) -> Claim | None:
    """A claim of people."""
    of = _of(view)
    words = view.text.tokens[view.phrase.first]
    if view.ahead("death", "event", within=2) and not of:
        return view.claim("events", "patients", of="death")
    if (
        view.word(-1) in ("in", "among")
        and view.nearest("event", "adverse", "death", within=10)
        and view.phrase.value is not None
    ):
        if view.phrase.value.value < 500 and not view.nearest("randomized", "enrolled", within=12):
            return view.claim("events", "patients")
    if words.kind == "word" and not of:
        return None
    if _in_arm(view) or (_paired(view) and of):
        return view.claim("arm_size", "patients", of=of)
    return view.claim("sample_size", "patients", of=of)


def _bare(view: View) -> Claim | None:
    """A claim of a whole number without a noun."""
    phrase, tokens = view.phrase, view.text.tokens
    number = phrase.value
    if number is None or phrase.interval is not None:
        return None
    last = view.done[-1] if view.done else None
    if last is not None and view.word(-1) == ":" and last.measure in ("sample_size", "arm_size", "events"):
        span = view.text.plain[last.end : tokens[phrase.first].start]
        if len(span) < 80 and "." not in span and view.word(0) in (";", ")", ","):
            measure: Measure = "events" if last.measure == "events" else "arm_size"
            start = phrase.first
            while (
                start > view.sentence[0] and tokens[start - 1].word not in ("(", ";", ",") and phrase.first - start < 8
            ):
                start -= 1
            return view.claim(measure, "events" if measure == "events" else "patients", start=start, of=last.of)
    if tokens[phrase.first].kind == "word" or 1900 <= number.value <= 2100:
        return None
    word = view.word(0)
    if word in ("to", "received", "were", "with", "on", "in", "receiving", "("):
        of = _of(view)
        if view.nearest("event", within=12) and word in ("with", "in", "on"):
            return view.claim("events", "events")
        if of and _paired(view):
            return view.claim("arm_size", "patients", of=of)
        if of and word in ("were", "received") and view.ahead(*_STATES, within=3):
            return view.claim("sample_size", "patients", of=of)
    if view.word(-1) in ("was", "of", "included", "comprised", "totalled", "numbered", "is") and view.nearest(
        "enrolled", "sample_size", within=4
    ):
        return view.claim("sample_size", "patients", of=_of(view))
    if word == "(" and view.nearest("people", "enrolled", within=12) and number.value >= 10:
        return view.claim("sample_size", "patients", of=_of(view))
    return None
