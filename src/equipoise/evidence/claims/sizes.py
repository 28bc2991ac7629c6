"""Numbers of people and of events."""

from __future__ import annotations

import re
from typing import Final

from equipoise.evidence.claims.bare import read_bare
from equipoise.evidence.claims.groups import EVENTS, STATES, VERBS, dying, in_arm, last_count, paired, state_of
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim, Number

__all__ = ["read_size"]

_TRIAL: Final = re.compile(r"[A-Z]{4,}-[A-Z]")
_SHARES: Final = ("proportion", "rate", "adverse_event_rate")
_SMALL: Final = word_set("and or in of with to were was had who for at vs versus the a v than on by as")
_NOT_AFTER: Final = word_set(
    "for at by within until after than under below above day through about score level per the last age"
)
_ROUND: Final = (100, 1000, 10000, 100000)
_SIZES: Final = ("sample_size", "arm_size")
_HAPPENED: Final = word_set(
    "occurred reported seen observed developed noted found happened recorded arose appeared documented"
)


def _event_noun(view: View) -> str:
    """The word for events that follows a number within a few words: `47 RSV-confirmed LRTD episodes`."""
    tokens = view.text.tokens
    for at in range(view.phrase.anchor + 1, min(view.sentence[1], view.phrase.anchor + 8)):
        token = tokens[at]
        before = tokens[at - 1]
        graded = before.word in ("grade", "grades") or (
            before.word in ("-", "/", "or", "to") and tokens[at - 2].kind == "number"
        )
        if token.kind != "word" and token.word not in ("-", "/", "+") and not (token.kind == "number" and graded):
            return ""
        if token.tag in EVENTS or (token.tag == "adverse" and token.word.endswith("s") and token.word != "aes"):
            view.phrase.last = max(view.phrase.last, at + 1)
            return token.word
        if token.word in _SMALL and not (
            graded or (token.word in ("or", "to") and tokens[at + 1 : at + 2] and tokens[at + 1].kind == "number")
        ):
            return ""
    return ""


def read_size(view: View) -> Claim | None:
    """A claim of a whole number that counts people or events.

    Args:
        view: The number and its surroundings.
    """
    phrase, number = view.phrase, view.phrase.value
    if number is None or number.decimals or number.value < 0 or number.value > 1e8:
        return None
    if phrase.form == "label":
        return _label(view)
    if phrase.form not in ("people", "plain") or (phrase.interval is not None and phrase.interval.last <= phrase.last):
        return None
    if number.bound in ("<", "<=") and number.value < 10:
        return None
    noun = _event_noun(view)
    if noun:
        one = view.text.tokens[phrase.anchor].kind == "word" and number.value <= 1
        counted = view.word(-1) in ("was", "were", "only", "just", "with", "had", "saw") and number.value == 1
        return None if one and not counted and number.value else view.claim("events", "events", of=noun)
    if phrase.form == "people":
        return _people(view)
    return read_bare(view)


def _label(view: View) -> Claim:
    """A claim of `n = 816`."""
    at = view.phrase.first
    named = view.text.tokens[at - 2].raw if view.word(-1) == "(" else ""
    if view.tables.is_row(at) and _TRIAL.match(named):
        return view.claim("sample_size", "patients", of=state_of(view))
    alone = view.text.tokens[view.phrase.first].raw == "N" and view.following is None and last_count(view) is None
    if alone and not view.tables.is_row(view.phrase.first) and not view.done:
        return view.claim("sample_size", "patients", of=state_of(view))
    events = view.nearest(*EVENTS, "adverse", within=6)
    number = view.phrase.value
    small = number is not None and any(
        claim.measure in ("arm_size", "sample_size")
        and claim.value is not None
        and claim.value.value > 6 * number.value
        for claim in view.done[:6]
    )  # fmt: skip
    if (
        small
        and not view.nearest(*STATES, "people", "arm", within=25)
        and not view.ahead(*STATES, "people", "arm", within=4)
    ):
        return view.claim("events", "events")
    if events and not view.nearest("randomized", "people", "arm", within=4):
        return view.claim("events", "events", of=events)
    if view.nearest("screened", within=4) or (
        view.nearest("people", within=3) and view.nearest("arm", within=10) == ""
    ):
        return view.claim("sample_size", "patients", of=state_of(view))
    return view.claim("arm_size", "patients", of=state_of(view))


def _people(view: View) -> Claim | None:
    """A claim of people."""
    phrase, number = view.phrase, view.phrase.value
    of, last = state_of(view), last_count(view)
    single = number is not None and number.value == 1 and view.word(-1) in ("for", "of", "to", "extra")
    if number is None or view.word(-1) == "every" or single:
        return None
    if view.word(-1) == "of" and view.word(0) in ("who", "treated", "taking", "given") and number.value in _ROUND:
        return None  # "of ten thousand women who take it"
    if _few(view, number, of):
        return view.claim("events", "patients")
    if _similar(view) and not dying(view):
        return view.claim("arm_size", "patients", of=of)
    if phrase.paired and not of and _link(view) == "vs":
        return view.claim("events", "patients")
    if _struck(view, number):
        return view.claim("events", "patients", of="death")
    if last is not None and last.measure == "events" and view.word(-1) in ("in", "among", "of"):
        return view.claim("sample_size", "patients", of=of)
    if view.text.tokens[phrase.anchor].kind == "word" and number.value < 10 and last is None and not phrase.paired:
        return None
    if last is not None and last.measure == "events" and view.word(-1) in ("and", "versus", "vs", "v"):
        return view.claim("events", "patients", of=last.of)
    if phrase.paired:
        shares = bool(view.done) and view.done[-1].measure in ("proportion", "rate", "adverse_event_rate")
        died = view.word(0) == ")" and bool(view.nearest("death", "event", within=8))
        events = died or (number.value < 30 and shares)
        return view.claim("events" if events else "arm_size", "patients", of="death" if died else of)
    leads = last is None and view.nearest("enrolled", within=4) and not view.ahead("arm", within=8)
    beside = paired(view, strict=True) and (of or view.word(0) in ("in", "on", "who", "with"))
    if not leads and (in_arm(view) or beside):
        return view.claim("arm_size", "patients", of=of)
    return view.claim("sample_size", "patients", of=of)


def _few(view: View, number: Number, of: str) -> bool:
    """Whether people are far fewer than the sample and stand where numbers of events do."""
    sizes = [claim.value.value for claim in view.done[:60] if claim.measure in _SIZES and claim.value is not None]
    if number.value > 0.15 * max(sizes, default=0.0) or of or view.word(0) == "whose":
        return False
    placed = view.word(-1) in ("in", ":") or view.phrase.paired or view.word(0) in ("against", "vs", "versus")
    return placed and not view.ahead(*STATES, within=5)


def _struck(view: View, number: Number) -> bool:
    """Whether people are those who died or had an event: `73 patients had died`, `occurred in 30 participants`."""
    before = view.word(-1)
    if view.ahead("death", "event", within=2) and view.word(0) not in (":", ",", ";", "("):
        return True
    if view.word(0) in VERBS or (dying(view) and not view.ahead(*STATES, within=3)):
        return True
    if before in ("struck", "befell", "hit", "affected") or (before == "to" and view.word(-2) == "came"):
        return not view.nearest("randomized", within=6)
    if before == "in" and view.word(-2) in _HAPPENED:
        return not view.nearest("randomized", within=12)
    unsized = not view.nearest("randomized", "enrolled", within=12)
    last = view.done[-1] if view.done else None
    share = last is not None and last.measure in _SHARES and last.count is None and last.sentence == view.here
    if share and before == "(" and view.word(0) == ")":
        return True  # "2.3% with the scan (48 patients)"
    if before == ":" and view.nearest("event", "death", "adverse", "cases", within=6):
        return unsized
    if view.word(0) == "had" and view.word(1) in ("one", "a", "an"):
        return unsized and (view.word(2) in (".", ";", ",") or bool(view.nearest("people", "event", within=40)))
    told = before in ("in", "among", "by") and bool(view.nearest("event", "adverse", "death", "response", within=10))
    return told and number.value < 500 and not view.nearest("randomized", "enrolled", within=12)


def _similar(view: View) -> bool:
    """Whether a number alike follows that has no noun: `525 men received A and 527 a placebo`."""
    number, following = view.phrase.value, view.following
    if (
        number is None
        or following is None
        or following.value is None
        or following.count is not None
        or number.value < 50
    ):
        return view.word(0) == "in" and view.word(1) == "each"
    alike = following.form in ("plain", "people") and not following.value.decimals
    near = following.first - view.phrase.last <= 22 and 0.8 <= following.value.value / number.value <= 1.25
    return (alike and near) or (view.word(0) == "in" and view.word(1) == "each")


def _link(view: View) -> str:
    """The word between two numbers of people: "vs" or "and", whichever side the other is."""
    tokens, first, last = view.text.tokens, view.phrase.first, view.phrase.last
    words = [token.word for token in tokens[max(0, first - 2) : first]] + [
        token.word for token in tokens[last : last + 1]
    ]
    return "vs" if any(word in ("vs", "versus", "v", "against") for word in words) else "and"
