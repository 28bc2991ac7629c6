"""Whole numbers without a noun: sizes of arms, numbers of events."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.counts import noun_after
from equipoise.evidence.claims.groups import EVENTS, STATES, dying, in_arm, last_count, paired, state_of
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["read_bare"]

_NOT_AFTER: Final = word_set(
    "youngest oldest for at by within until after than under below above day through about score level per the last age"
)
_FOLLOWERS: Final = word_set(
    """
    strong to in on under with as of and or vs versus v against were was had have got received receiving receive took who whom
    placebo control controls a an randomized randomised assigned allocated given did died completed for
    without underwent sham the standard usual after respectively whose evaluated women men patients more
    became developed experienced suffered vaccinated left occurred arose
    """
)
_LINKED: Final = word_set("with in on vs versus v against and of ( , ) were had died under among . ;")
_COUNTS: Final = word_set(
    "was were included comprised totalled totaled numbered enrolled randomized randomised recruited of"
)
_STATED: Final = frozenset(
    (
        "(",
        "randomized",
        "randomised",
        "vaccinated",
        "enrolled",
        "evaluated",
        "analyzed",
        "analysed",
        "assessed",
        "screened",
    )
)
_SIZES: Final = ("sample_size", "arm_size")
_AGAINST: Final = word_set("vs versus v . against as opposed to rather than compared with")
_THOSE: Final = frozenset(("whom", "these", "them", "left", "excluded", "evaluable", "lost"))
_GIVEN: Final = word_set(
    "to on in with received were got had a placebo ) given assigned who the took under receiving for respectively"
)


def read_bare(view: View) -> Claim | None:
    """A claim of a whole number without a noun."""
    phrase, number = view.phrase, view.phrase.value
    if number is None or phrase.interval is not None or phrase.p is not None or number.bound:
        return None
    if any(view.word(-k) == "ages" for k in range(1, 5)):
        return None
    if view.text.tokens[phrase.anchor].kind == "word" and number.value == 1:
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
    if view.word(-1) == ":" and view.word(-2) == "many" and number.value >= 10:
        return view.claim("sample_size", "patients", of=state_of(view))
    if view.word(-1) in (":", "") and view.word(0) in ("and", "v", "vs", "versus", "against"):
        told = view.nearest(*EVENTS, "adverse", *STATES, within=30)
        if told in (*EVENTS, "adverse"):
            return view.claim("events", "events", of=told)
    if view.word(-1) == ":" and view.word(0) in ("", "."):
        totals = [
            claim.value.value for claim in view.done if claim.measure == "sample_size" and claim.value is not None
        ]
        if any(0.85 * total <= number.value < total for total in totals):
            return view.claim("sample_size", "patients", of=state_of(view))
    if view.word(-1) == ":" and view.word(0) in ("", ".", ";", ",", ")"):
        near = view.nearest(*EVENTS, *STATES, "people", within=6)
        if near in EVENTS:
            return view.claim("events", "events", of=near)
        if near and number.value >= 10:
            return view.claim("sample_size", "patients", of=state_of(view))
    after, before = view.word(0), view.word(-1)
    named = view.token(-2)
    if before == "," and after in (",", ".") and named is not None and named.kind == "word" and named.raw.istitle():
        return None  # the age of somebody who is named
    if 1900 <= number.value <= 2100 and before in (
        "in",
        "since",
        "from",
        "of",
        "until",
        "to",
        "and",
        "the",
        "by",
        "early",
        "late",
        "between",
    ):
        return None
    if before in _NOT_AFTER or (
        after
        and after not in _FOLLOWERS
        and not after.endswith("ed")
        and after not in (",", ";", ")", ".", "(", "[", ":", "]")
    ):
        return None if before in _NOT_AFTER else _unknown_noun(view)
    return _events(view) or _arm(view)


def _unknown_noun(view: View) -> Claim | None:
    """A claim of an arm before a word that is its treatment: `366 of whom had A, 364 B`, `3889 A, 3876 placebo`."""
    number, last, following = view.phrase.value, last_count(view), view.following
    if (
        number is not None
        and number.value >= 30
        and view.word(-1) == "("
        and view.word(1) == ","
        and following is not None
    ):
        other = following.value.value if following.form == "plain" and following.value is not None else 0.0
        if 0.5 <= other / number.value <= 2 and following.first - view.phrase.last == 2:
            return view.claim("arm_size", "patients", of=state_of(view))
    if number is None or last is None or last.value is None or number.value < 20 or not last.value.value:
        return None
    near = view.text.tokens[view.phrase.first].start - last.end
    if last.measure == "arm_size":
        alike = 0.3 <= number.value / last.value.value <= 3 and near <= 60
        return view.claim("arm_size", "patients", of=last.of) if alike else None
    if last.measure != "sample_size" or following is None or following.value is None or following.form != "plain":
        return None
    if abs(number.value + following.value.value - last.value.value) <= 0.05 * last.value.value:
        return view.claim("arm_size", "patients", of=last.of)
    return None


def _events(view: View) -> Claim | None:
    """A claim of events: `842 with finerenone`, `13 with the drug against 39 with placebo`, `14 v 28`."""
    last, number, following = last_count(view), view.phrase.value, view.following
    if number is None:
        return None
    near = view.nearest(*EVENTS, *STATES, "people", "adverse", "vaccine", within=25)
    if last is not None and last.measure == "events":
        if (
            last.value is not None
            and number.value > 30 * max(5.0, last.value.value)
            and view.word(-1) in ("among", "of", "in")
        ):
            return view.claim("arm_size", "patients")
        return view.claim("events", "events", of=last.of)
    after = view.word(0)
    if (
        last is not None
        and last.measure != "events"
        and last.value is not None
        and number.value >= last.value.value / 5
    ):
        return None
    linked = after in _LINKED
    if (
        near in EVENTS
        and linked
        and not view.ahead(*STATES, within=3)
        and (view.word(-1) not in ("of", "(") or after == "and")
    ):
        return view.claim("events", "events", of=near)
    if dying(view) and linked and near not in STATES:
        return view.claim("events", "events", of="death")
    if after in ("became", "developed", "died", "experienced", "suffered") and number.value < 2000:
        return view.claim("events", "patients")
    if (
        following is not None
        and following.value is not None
        and not following.value.decimals
        and following.form == "plain"
    ):
        if _event_after(view):
            return view.claim("events", "events")
        gap = [token.word for token in view.text.tokens[view.phrase.last : following.first]]
        if (
            0 < len(gap) <= 4
            and _AGAINST.issuperset(gap)
            and gap[-1] != "and"
            and not (last is not None or near in STATES)
        ):
            return view.claim("events", "events")
        sized = last is not None or near in STATES or view.nearest("people", within=4)
        if gap in (["v"], ["vs"], ["versus"], ["vs", "."]) or (gap == ["and"] and not sized and _shared(view)):
            return view.claim("events", "events")
    if (
        following is not None
        and following.count is not None
        and after == ","
        and following.first - view.phrase.last <= 5
    ):
        return view.claim("events", "events") if number.value >= following.count.value else None
    limit = max((claim.value.value for claim in view.done if claim.measure in _SIZES and claim.value), default=0.0)
    if after == "and" and view.word(-1) == "in" and following is not None and following.value is not None:
        if following.form == "plain" and max(number.value, following.value.value) < 0.2 * limit:
            return view.claim("events", "events")
    if after == "had" and number.value < 0.2 * limit and near not in STATES:
        return view.claim("events", "patients")
    if after == "(" and following is not None and following.form == "plain" and following.value is not None:
        gap = [token.word for token in view.text.tokens[view.phrase.last : following.first]]
        if gap[-2:] == [")", ","] and len(gap) <= 7 and max(number.value, following.value.value) < 0.2 * limit:
            return view.claim("events", "events")
    those = after == "of" and view.word(1) in ("the", "those", "them") and view.token(2) is not None
    largest = max((claim.value.value for claim in view.done if claim.measure in _SIZES and claim.value), default=0.0)
    if those and near not in STATES and number.value < 0.2 * largest:
        return view.claim("events", "patients")
    if not near and last is None and in_arm(view) and number.value < 300:
        return view.claim("events", "events")
    return None


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


def _arm(view: View) -> Claim | None:
    """A claim of the size of an arm or a sample: `261 to palbociclib`, `(14,590)`, `1802 and 1779`."""
    number, of = view.phrase.value, state_of(view)
    if number is None or number.value < 8 or _trial_name(view):
        return None
    sample = _sample(view, of)
    if sample is not None:
        return sample
    last, after = last_count(view), view.word(0)
    sized = last if last is not None and last.measure in ("sample_size", "arm_size") else None
    if (
        view.word(-1) == ","
        and after in (";", ")")
        and sized is not None
        and sized.value is not None
        and 0.15 * sized.value.value <= number.value <= 2 * sized.value.value
    ):
        return view.claim("arm_size", "patients", of=of)
    if _twins(view) or (paired(view) and (of or sized) and after != "."):
        return view.claim("arm_size", "patients", of=of)
    if sized is not None and sized.value is not None and sized.value.value / 50 < number.value < sized.value.value * 5:
        ends = (
            sized.measure == "arm_size"
            and after in (".", "")
            and view.text.tokens[view.phrase.first].start - sized.end < 90
        )
        if (
            after in _GIVEN
            or after.endswith("ed")
            or (ends and number.value >= 20 and view.word(-1) not in ("of", ":", "="))
        ):
            return view.claim("arm_size", "patients", of=of)
    if not of or after not in ("to", "received", "were", "got", "on", "took", "had"):
        return None
    if not view.ahead(*STATES, within=3) and after not in ("to", "on"):
        return None
    whole = any(
        claim.measure == "sample_size" and claim.value is not None and claim.value.value > 1.25 * number.value
        for claim in view.done[:12]
    )
    return view.claim("sample_size" if after == "were" and not whole else "arm_size", "patients", of=of)


def _sample(view: View, of: str) -> Claim | None:
    """A claim of a sample that is told as such: `the population was 1577`, `457 underwent randomization`."""
    number, after, before = view.phrase.value, view.word(0), view.word(-1)
    if number is None:
        return None
    pair = paired(view)
    near = view.left[0] if view.left else (99, "")
    state = view.ahead(*STATES, within=2)
    last = last_count(view)
    sized = last is not None and last.measure in ("sample_size", "arm_size")
    told = (
        (before in _COUNTS and bool(view.nearest("enrolled", "sample_size", "randomized", within=4)))
        or (near[0] == 1 and near[1] in STATES and after in (";", ",", ".", ")", "") and not pair)
        or (after == "," and view.word(1) == "of" and view.word(2) == "whom")
        or (after == "who" and before in (":", "(", ",", "") and number.value >= 50)
        or (before == "(" and after == "aged")
        or (after == "strong" and number.value >= 20)
        or (after == "whose" and before == "the" and number.value >= 20)
        or (after == "took" and view.word(1) == "part")
        or (after == "underwent" and bool(view.ahead("randomized", within=3)))
        or (after in _STATED and bool(of) and number.value >= 20 and before != "(")
        or (before == "(" and after in ("randomized", "randomised", "patients", "enrolled", "participants"))
        or (before == "of" and after in (",", "were", "who") and bool(view.nearest("people", within=4)))
        or (before == "of" and after in ("whose", "who") and number.value >= 20)
    )
    if told:
        return view.claim("sample_size", "patients", of=near[1] if near[0] == 1 and near[1] in STATES else of)
    if sized and after in ("of", "were", "was") and view.word(1) in _THOSE:
        return view.claim("sample_size" if not pair else "arm_size", "patients", of=of)
    if after == "were" and state and not pair and not any(view.word(k) in ("to", "receive") for k in range(1, 5)):
        return view.claim("sample_size", "patients", of=state)
    return None


def _twins(view: View) -> bool:
    """Whether a number is one of two alike that stand by themselves: `; 453 and 453;`, `(231 and 225)`."""
    tokens, following, number = view.text.tokens, view.following, view.phrase.value
    ends = (";", ")", ",", ".", "]", "patients")
    if following is not None and following.form == "plain" and following.value is not None and number is not None:
        gap = [token.word for token in tokens[view.phrase.last : following.first]]
        after = tokens[following.last].word if following.last < len(tokens) else "."
        alike = min(number.value, following.value.value) >= 30 and 0.4 <= following.value.value / number.value <= 2.5
        return (
            gap == ["and"]
            and view.word(-1) in (":", ",", "(", ";")
            and after in ends
            and alike
            and not following.value.decimals
        )
    last = last_count(view)
    return (
        last is not None and last.measure == "arm_size" and view.word(-1) == "and" and view.word(0) in ends
        and last.end > tokens[view.phrase.first].start - 8
    )  # fmt: skip


def _trial_name(view: View) -> bool:
    """Whether the number ends the name of a trial: `DAPA ACT HF-TIMI 68`, `CheckMate 067`."""
    before, number = view.token(-1), view.phrase.value
    if before is None or before.kind != "word" or number is None:
        return False
    if number.text.startswith("0"):
        return True
    return len(before.raw) > 2 and before.raw[1:] != before.raw[1:].lower() and not before.tag


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
