"""What stands around a number of people: what became of them, which arm, another number beside it."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import VERBS, word_set
from equipoise.evidence.model import Claim

__all__ = ["EVENTS", "STATES", "VERBS", "dying", "in_arm", "last_count", "paired", "state_of"]

STATES: Final = ("randomized", "enrolled", "analyzed", "treated", "screened")
EVENTS: Final = ("event", "death", "cases")
_HANDED: Final = word_set(
    "to in received with on receiving got had given assigned ) of a took allocated under underwent"
)
_JOINS: Final = frozenset(("and", "or", "vs", "versus", "v", "against", "."))


def state_of(view: View) -> str:
    """What a number of people is of."""
    right = view.ahead(*STATES, within=8)
    left = view.nearest(*STATES, within=30)
    return right or left


def in_arm(view: View) -> bool:
    """Whether the people are those of one arm: `2549 patients in the ribociclib arm`."""
    tokens, last = view.text.tokens, view.phrase.last
    for at in range(last, min(view.sentence[1], last + 9)):
        token = tokens[at]
        if token.kind in ("number", "date") or token.word in (",", ";", ".", "("):
            return False
        if token.tag == "arm" and not token.raw.isupper():
            words = [one.word for one in tokens[last:at]]
            several = any(word in ("both", "two", "three", "either", "all", "each", "four") for word in words)
            return any(word in ("in", "to", "of", "for", "on") for word in words) and not several
    return False


def last_count(view: View) -> Claim | None:
    """The claim of people or events before, if it is of the same sentence."""
    here = view.here
    for claim in reversed(view.done[-12:]):
        if claim.sentence != here:
            return None
        if claim.measure in ("sample_size", "arm_size", "events"):
            return claim
    return None


def paired(view: View, *, strict: bool = False) -> bool:
    """Whether another number of people follows, parted by few words and "and": `261 to A and 257 to B`."""
    tokens, following = view.text.tokens, view.following
    if (
        following is not None
        and following.form in ("plain", "people", "label")
        and following.count is None
        and following.value
    ):
        own = view.phrase.value
        gap = tokens[view.phrase.last : following.first]
        words = {one.word for one in gap}
        compared = len(gap) > 1 and gap[-1].word in ("with", "to") and gap[-2].word == "compared"
        close = own is not None and own.value and 0.2 <= following.value.value / own.value <= 5
        if strict and (words & {":", ";", "(", "of", "."} or (gap and gap[-1].word not in _JOINS and not compared)):
            close = False
        if (
            close
            and gap
            and len(gap) <= 26
            and (compared or words & {"and", "or", ",", "vs", "versus", "v", ";", "against"})
        ):
            return len(gap) <= 2 or bool(words & _HANDED)
    last = last_count(view)
    return last is not None and last.measure == "arm_size" and last.end > tokens[view.phrase.first].start - 160


def dying(view: View) -> bool:
    """Whether the sentence goes on to say that the people died or had an event."""
    tokens, last = view.text.tokens, view.phrase.last
    for at in range(last, min(view.sentence[1], last + 20)):
        if tokens[at].word in (".", ";", "(", ","):
            return False
        if tokens[at].word in ("not", "no", "without", "never", "whose"):
            return False  # "518 patients whose cancer had not progressed"
        if tokens[at].word in VERBS:
            return True
    return False
