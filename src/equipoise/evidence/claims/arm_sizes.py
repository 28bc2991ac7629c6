"""Whole numbers that are the size of an arm or of a sample."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.groups import STATES, last_count, paired, state_of
from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["read_arm", "read_unknown"]

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
_THOSE: Final = frozenset(("whom", "these", "them", "left", "excluded", "evaluable", "lost"))
_GIVEN: Final = word_set(
    "to on in with received were got had a placebo ) given assigned who the took under receiving for respectively"
)


def read_arm(view: View) -> Claim | None:
    """A claim of the size of an arm or a sample: `261 to palbociclib`, `(14,590)`, `1802 and 1779`.

    Args:
        view: A whole number without a noun.
    """
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
    totals = [
        claim.value.value for claim in view.done[:60] if claim.measure == "sample_size" and claim.value is not None
    ]
    part = any(0.2 * total <= number.value <= 0.9 * total for total in totals)
    if part and after in ("on", "to", "with", "received", "took") and paired(view):
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
        or (after == "of" and view.word(1) == "them" and view.word(2) in ("were", "are", "was") and number.value >= 20)
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


def read_unknown(view: View) -> Claim | None:
    """A claim of an arm before a word that is its treatment: `366 of whom had A, 364 B`, `3889 A, 3876 placebo`.

    Args:
        view: A whole number before a word that is not known.
    """
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
