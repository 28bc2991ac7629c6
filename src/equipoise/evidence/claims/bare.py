"""Whole numbers without a noun: sizes of arms, numbers of events."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.arm_sizes import read_arm, read_unknown
from equipoise.evidence.claims.counts import noun_after
from equipoise.evidence.claims.events import read_events
from equipoise.evidence.claims.groups import EVENTS, STATES, last_count, state_of
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Number

__all__ = ["read_bare"]

_NOT_AFTER: Final = word_set(
    "youngest oldest for at by within until after than under below above day through about score level per the last age"
)
_FOLLOWERS: Final = word_set(
    """
    strong to in on under with as of and or vs versus v against were was had have got received receiving
    receive took who whom placebo control controls a an randomized randomised assigned allocated given did
    died completed for without underwent sham the standard usual after respectively whose evaluated women men
    patients more became developed experienced suffered vaccinated left occurred arose
    """
)
_SIGNS: Final = frozenset((",", ";", ")", ".", "(", "[", ":", "]"))
_YEAR: Final = word_set("in since from of until to and the by early late between")


def read_bare(view: View) -> Claim | None:
    """A claim of a whole number without a noun.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if (
        number is None
        or phrase.interval is not None
        or phrase.p is not None
        or number.bound
        or _of_a_person(view, number)
    ):
        return None
    counted = view.following
    if (
        counted is not None
        and counted.count is not None
        and view.word(0) == ","
        and counted.first - phrase.last <= 6
        and number.value >= counted.count.value
        and view.word(1) in ("i", "ie", "namely", "that", "viz")
    ):
        return view.claim("events", "events")
    listed = _labelled_list(view)
    if listed is not None:
        return listed
    if view.tables.is_row(phrase.first):
        return _cell(view)
    told = _after_colon(view, number)
    if told is not None:
        return told
    after, before = view.word(0), view.word(-1)
    if 1900 <= number.value <= 2100 and before in _YEAR:
        return None
    if before in _NOT_AFTER:
        return None
    if after and after not in _FOLLOWERS and after not in _SIGNS and not after.endswith("ed"):
        return read_unknown(view)
    return read_events(view) or read_arm(view)


def _of_a_person(view: View, number: Number) -> bool:
    """Whether a number is an age, of somebody who is named or of those who were wanted, or the word "one"."""
    if any(view.word(-k) == "ages" for k in range(1, 5)):
        return True
    if view.text.tokens[view.phrase.anchor].kind == "word" and number.value == 1:
        return True
    named = view.token(-2)
    if view.word(-1) != "," or view.word(0) not in (",", "."):
        return False
    return named is not None and named.kind == "word" and named.raw.istitle()


def _after_colon(view: View, number: Number) -> Claim | None:
    """A claim of a number that answers a label: `How many: 7868`, `Deaths on study: 31`."""
    before, after = view.word(-1), view.word(0)
    if before == ":" and view.word(-2) == "many" and number.value >= 10:
        return view.claim("sample_size", "patients", of=state_of(view))
    if before in (":", "") and after in ("and", "v", "vs", "versus", "against"):
        told = view.nearest(*EVENTS, "adverse", *STATES, within=30)
        if told in (*EVENTS, "adverse"):
            return view.claim("events", "events", of=told)
    if before != ":" or after not in ("", ".", ";", ",", ")"):
        return None
    totals = [c.value.value for c in view.done[:60] if c.measure == "sample_size" and c.value is not None]
    if after in ("", ".") and any(0.85 * total <= number.value < total for total in totals):
        return view.claim("sample_size", "patients", of=state_of(view))
    near = view.nearest(*EVENTS, *STATES, "people", within=6)
    if near in EVENTS:
        return view.claim("events", "events", of=near)
    return view.claim("sample_size", "patients", of=state_of(view)) if near and number.value >= 10 else None


def _labelled_list(view: View) -> Claim | None:
    """`(RSVPreF3 OA: 12,467; placebo: 12,499)` after a number of the same kind."""
    phrase, tokens = view.phrase, view.text.tokens
    last = last_count(view)
    if (
        last is None
        or view.word(-1) not in (":", ",", "=")
        or last.measure not in ("sample_size", "arm_size", "events")
    ):
        return None
    if view.word(-1) == ",":
        return None
    if tokens[phrase.first].start - last.end > 80:
        return None
    span = view.text.plain[last.end : tokens[phrase.first].start]
    if "." in span or view.word(0) not in (";", ")", ",", "and", "."):
        return None
    start = phrase.first
    while (
        start > view.sentence[0] and tokens[start - 1].word not in ("(", ";", ",", "and") and phrase.first - start < 8
    ):
        start -= 1
    if last.measure == "events":
        return view.claim("events", "events", start=start, of=last.of)
    return view.claim("arm_size", "patients", start=start, of=last.of)


def _cell(view: View) -> Claim | None:
    """A claim of a cell of a table that is a whole number."""
    tables, at = view.tables, view.phrase.first
    label = tables.label(at).lower()
    if view.nearest("follow", "median", "mean", "age", "hr"):
        return None
    if view.word(0) not in ("|", "", "("):
        return None
    if view.nearest(*EVENTS, "adverse") or any(
        word in label for word in ("event", "cases", "deaths", "episodes", "died")
    ):
        return view.claim("events", "events", of="events")
    words = label.replace("(", " ").replace(")", " ").split()
    if (
        "n" in words or "patients" in words or "participants" in words or "randomized" in words or "randomised" in words
    ) and noun_after(view.text.tokens, view.phrase.last, ("event",), most=1) < 0:
        return view.claim("arm_size", "patients", of=state_of(view))
    return None
