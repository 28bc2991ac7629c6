"""Follow-up, in all the words for it."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.claims.views import View
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["read_follow"]

_OPENING: Final = word_set("in over across after during at through with")
_ELAPSED: Final = word_set("went passed elapsed later")
_WATCHED: Final = word_set("watched followed observed tracked monitored")
_AVERAGES: Final = word_set("median mean average medians")
_ONWARD: Final = frozenset(("for", "after", "over", "to", "until", "through"))


def read_follow(view: View, unit: str) -> Claim | None:
    """A claim of follow-up.

    Args:
        view: A number with a unit of time and its surroundings.
        unit: The unit.
    """
    last = view.done[-1] if view.done else None
    if last is not None and last.measure == "follow_up" and last.sentence == view.here and view.phrase.paired:
        return None  # "follow-up of 20.5 months, 14.7 months v 9.6 months at the median"
    row = view.tables.is_row(view.phrase.first)
    near = view.nearest("follow", "survival", "duration", "response", "hr", within=45 if row else 14) == "follow"
    if near and view.word(-1) in ("at", "by", "within") and not view.nearest("median", "mean", within=4):
        return None
    if (near and _named(view, row=row)) or _opens(view):
        return view.claim("follow_up", unit)
    node = view.phrase.interval
    if node is not None and node.interval.kind == "confidence" and not near:
        return None
    told = (near and view.ahead("median", within=9)) or view.ahead("follow", within=4)
    return view.claim("follow_up", unit) if told or _by_words(view) or _on_average(view, unit) else None


def _named(view: View, *, row: bool) -> bool:
    """Whether the word for follow-up that stands before is that of this number."""
    said = view.word(-1) in ("was", "of", ":", "is", "reached") and view.nearest("follow", within=12)
    return bool(view.nearest("median", "mean", within=12) or view.nearest("follow", within=6) or row or said)


def _opens(view: View) -> bool:
    """Whether the sentence opens with follow-up: `Follow-up at the time of this analysis was 50 months`."""
    opening = any(token.tag == "follow" for token in view.text.tokens[view.sentence[0] : view.sentence[0] + 3])
    near = view.phrase.first - view.sentence[0] <= 14
    return opening and near and not view.nearest("survival", "response", "hr")


def _by_words(view: View) -> bool:
    """Whether other words say that people were looked at for so long: `watched for`, `3.5 years on (median)`."""
    before, after = view.word(-1), view.word(0)
    if after == "(" and view.word(1) in _AVERAGES and before in ("after", "at", "over", "for"):
        return True
    if after in ("on", "later") and view.word(1) == "(" and view.word(2) in _AVERAGES:
        return True
    if before in _WATCHED:
        return True
    return before == "after" and any(view.word(-k) in ("ended", "stopped", "halted") for k in range(2, 5))


def _on_average(view: View, unit: str) -> bool:
    """Whether a time on average is one of nothing else: `after a median of 5.1 years`, `three years on average`."""
    phrase, value = view.phrase, view.phrase.value
    lately, steps = view.nearest("median", "mean", within=12), phrase.first - view.sentence[0]
    told = view.nearest("survival", "duration", "response", "hr", "age", "event", "death", within=60)
    limits = phrase.interval.interval.kind if phrase.interval is not None else "range"
    beside = "median" in (view.word(-1), view.word(-2)) and view.word(-2) != ":"  # "Control: median 3 years" is another
    if lately == "median" and not told and limits in ("range", "iqr") and unit in ("years", "months") and beside:
        return True
    if view.word(0) in _ELAPSED and (lately or view.ahead("mean", "median", within=7)):
        return True
    if lately and 0 < steps <= 6 and view.word(-steps) in _OPENING and not view.nearest(
        "survival", "duration", "response"
    ):  # fmt: skip
        return True
    looked = view.word(0) == "on" and view.word(1) == "average" and value is not None and value.value < 16
    if looked and unit == "years" and not view.anywhere("survival", "duration", "response"):
        return True
    words = [token.word for token in view.text.tokens[max(view.sentence[0], phrase.first - 6) : phrase.first]]
    averaged = bool(lately) and words[-2:-1] in (["mean"], ["median"]) and not _ONWARD.isdisjoint(words)
    return averaged and not view.nearest("duration", "survival", "response", within=14)
