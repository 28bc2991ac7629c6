"""Whole numbers without a noun that count events."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.counts import noun_after
from equipoise.evidence.claims.groups import EVENTS, STATES, dying, in_arm, last_count
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Number

__all__ = ["read_events"]

_LINKED: Final = word_set("with in on vs versus v against and of ( , ) were had died under among . ;")
_SIZES: Final = ("sample_size", "arm_size")
_AGAINST: Final = word_set("vs versus v . against as opposed to rather than compared with")
_BECAME: Final = frozenset(("became", "developed", "died", "experienced", "suffered"))
_MANY: Final = 60  # claims from the beginning that are looked at for the largest sample


def read_events(view: View) -> Claim | None:
    """A claim of events: `842 with finerenone`, `13 with the drug against 39 with placebo`, `14 v 28`.

    Args:
        view: A whole number without a noun.
    """
    last, number = last_count(view), view.phrase.value
    if number is None:
        return None
    if last is not None and last.measure == "events":
        before = last.value.value if last.value is not None else 0.0
        many = number.value > 30 * max(5.0, before) and view.word(-1) in ("among", "of", "in")
        return view.claim("arm_size", "patients") if many else view.claim("events", "events", of=last.of)
    if last is not None and last.value is not None and number.value >= last.value.value / 5:
        return None
    near = view.nearest(*EVENTS, *STATES, "people", "adverse", "vaccine", within=25)
    after, before_word = view.word(0), view.word(-1)
    linked = after in _LINKED
    placed = before_word not in ("of", "(") or after == "and"
    if near in EVENTS and linked and placed and not view.ahead(*STATES, within=3):
        return view.claim("events", "events", of=near)
    if dying(view) and linked and near not in STATES:
        return view.claim("events", "events", of="death")
    if before_word == "whom" and after in ("withdrew", "left", "dropped", "quit", "refused", "died"):
        return view.claim("events", "patients")
    if after in _BECAME and number.value < 2000:
        return view.claim("events", "patients")
    if _beside(view, number, near, last):
        return view.claim("events", "events")
    if _few(view, number) and near not in STATES:
        return view.claim("events", "patients")
    if not near and last is None and in_arm(view) and number.value < 300:
        return view.claim("events", "events")
    return None


def _beside(view: View, number: Number, near: str, last: Claim | None) -> bool:
    """Whether another number of events stands beside it: `52 v 155`, `83 as opposed to 148`."""
    following = view.following
    if following is None or following.value is None:
        return False
    if following.count is not None:
        within = view.word(0) == "," and following.first - view.phrase.last <= 5
        return within and number.value >= following.count.value
    if following.form != "plain" or following.value.decimals:
        return False
    gap = [token.word for token in view.text.tokens[view.phrase.last : following.first]]
    told = last is not None or near in STATES
    if _event_after(view) or (0 < len(gap) <= 4 and _AGAINST.issuperset(gap) and not told):
        return True
    if gap in (["v"], ["vs"], ["versus"], ["vs", "."]):
        return True
    return gap == ["and"] and not told and not view.nearest("people", within=4) and _shared(view)


def _few(view: View, number: Number) -> bool:
    """Whether a number is far below the sample and stands as numbers of events do: `6 (vaccine), 210 (placebo)`."""
    sizes = [claim.value.value for claim in view.done[:_MANY] if claim.measure in _SIZES and claim.value is not None]
    limit = 0.2 * max(sizes, default=0.0)
    after, following = view.word(0), view.following
    if number.value >= limit:
        return False
    if after == "had" or (after == "of" and _those(view)):
        return True
    if following is None or following.form != "plain" or following.value is None or following.value.value >= limit:
        return False
    gap = [token.word for token in view.text.tokens[view.phrase.last : following.first]]
    return (after == "and" and view.word(-1) == "in") or (after == "(" and gap[-2:] == [")", ","] and len(gap) <= 7)


def _those(view: View) -> bool:
    """Whether a number is of people told before, of whom nothing but a verb of events follows."""
    if view.word(1) == "them":
        return view.word(2) in ("died", "had", "relapsed", "developed")
    return view.word(1) in ("the", "those") and view.token(2) is not None


def _event_after(view: View) -> bool:
    """Whether the number after "and" or "versus" counts events: `318 and 352 primary events`."""
    tokens, following = view.text.tokens, view.following
    if following is None or following.first - view.phrase.last > 2 or following.first == view.phrase.last:
        return False
    if tokens[view.phrase.last].word not in ("and", "vs", "versus", "v"):
        return False
    return noun_after(tokens, following.anchor + 1, EVENTS, most=3) >= 0


def _shared(view: View) -> bool:
    """Whether two numbers are said to be those of two arms."""
    words = view.tables.words(view.text.home[view.phrase.first])
    return not words.isdisjoint(("respectively", "arms", "groups"))
