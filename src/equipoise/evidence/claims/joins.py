"""Intervals and P values given to the numbers that they belong to."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Final

from equipoise.evidence.claims.intervals import IntervalNode
from equipoise.evidence.claims.p_values import PNode
from equipoise.evidence.claims.phrases import Phrase
from equipoise.evidence.claims.tables import Tables
from equipoise.evidence.claims.texts import Text
from equipoise.evidence.claims.vocabulary import word_set
from equipoise.evidence.model import Claim

__all__ = ["attach_intervals", "attach_near_p", "attach_p", "attach_row_p", "join_cells"]

_CONTRASTS: Final = word_set(
    """
    hazard_ratio odds_ratio risk_ratio rate_ratio risk_reduction risk_difference median_difference mean_difference
    number_needed number
    """
)
_DIFFERENCES: Final = word_set("risk_reduction risk_difference median_difference mean_difference")
_RATIOS: Final = word_set("hazard_ratio odds_ratio risk_ratio rate_ratio")


def attach_intervals(text: Text, phrases: list[Phrase], nodes: list[IntervalNode]) -> None:
    """Give each interval to the number before it that it fits.

    Args:
        text: The text.
        phrases: Its numbers, in order.
        nodes: Its intervals that say what they are, in order.
    """
    at = 0
    for node in nodes:
        while at < len(phrases) and phrases[at].last <= node.first:
            at += 1
        for phrase in reversed(phrases[max(0, at - 4) : at]):
            if text.home[phrase.first] != text.home[node.first] or node.first - phrase.last > 25:
                break
            gap = text.tokens[phrase.last : node.first]
            if any(one.word == ";" for one in gap) and sum(one.kind == "word" for one in gap) > 2:
                break
            if phrase.interval is not None or phrase.form in ("people", "label") or not _fits(phrase, node):
                if node.first - phrase.last <= 2:
                    break
                continue
            phrase.interval = node
            node.taken = True
            break


def _fits(phrase: Phrase, node: IntervalNode) -> bool:
    """Whether an interval can be that of a number by its form."""
    if node.percent and phrase.form not in ("percent", "points") and node.interval.kind != "sd":
        return False
    if node.unit and phrase.form not in ("time", "plain", "missing"):
        return False
    if phrase.value is None:
        return phrase.form == "missing" or phrase.count is not None
    if node.interval.kind == "sd":
        return node.first - phrase.last <= 3
    if node.interval.kind in ("range", "iqr") and node.first - phrase.last > 3:
        low, high = node.interval.lower, node.interval.upper  # of something else: "others ranged from 9% to 12%"
        if (low and phrase.value.value < low.value) or (high and phrase.value.value > high.value):
            return False
    if phrase.form in ("percent", "time") or node.first - phrase.last <= 3:
        return True
    lower, upper, value = node.interval.lower, node.interval.upper, phrase.value.value
    return (lower is None or lower.value <= value * 1.5) and (upper is None or upper.value >= value / 1.5)


def join_cells(phrases: list[Phrase], tables: Tables) -> list[Phrase]:
    """Numbers of a table whose limits stand in the next cell: `| 0.75 | 0.59-0.96 |`.

    Args:
        phrases: The numbers, in order.
        tables: Rows and columns.

    Returns:
        The numbers without those that were limits.
    """
    out: list[Phrase] = []
    for phrase in phrases:
        node = phrase.interval
        last = out[-1] if out else None
        if (
            last is not None and node is not None and node.interval.kind == "range"
            and phrase.form in ("plain", "percent")
            and last.form in ("plain", "percent", "time") and last.interval is None and last.count is None
            and tables.is_row(phrase.first) and tables.same_row(last.first, phrase.first)
            and tables.column(phrase.first) == tables.column(last.first) + 1 and last.value is not None
        ):  # fmt: skip
            last.interval = IntervalNode(
                phrase.first, phrase.last, replace(node.interval, kind="confidence"), node.unit, node.percent
            )  # fmt: skip
            continue
        out.append(phrase)
    return out


def attach_near_p(text: Text, phrases: list[Phrase], nodes: list[PNode]) -> None:
    """Give a bare number the P value that stands directly behind it: `0.77 (P = .0020)`.

    Args:
        text: The text.
        phrases: Its numbers.
        nodes: Its P values.
    """
    starts = {node.first: node for node in nodes}
    for phrase in phrases:
        if phrase.form == "plain" and phrase.interval is None and phrase.last < len(text.tokens):
            step = int(text.tokens[phrase.last].word in ("(", "[", ",", ";"))
            phrase.p = starts.get(phrase.last + step)


def attach_p(text: Text, claims: list[Claim], ends: list[tuple[int, int, int]], nodes: list[PNode]) -> list[Claim]:
    """Give each P value to the contrast before it in the same sentence, where only signs and few words are between.

    Args:
        text: The text.
        claims: Its claims.
        ends: First token, one past the last, and index of each claim, in order.
        nodes: The P values.

    Returns:
        The claims with their P values; a P value that was given is marked.
    """
    out = list(claims)
    lasts = [last for _, last, _ in ends]
    for node in nodes:
        at = bisect_right(lasts, node.first) - 1
        if at < 0:
            continue
        first, last, index = ends[at]
        if text.home[first] != text.home[node.first] or node.first - last > 6:
            continue
        claim = out[index]
        gap = text.tokens[last : node.first]
        if any(token.word in ("|", "and", "but", "respectively") for token in gap):
            continue
        alone = len(gap) == 1 and gap[0].word == "(" and claim.interval is None
        if claim.measure not in _CONTRASTS or claim.p is not None or (alone and claim.measure in _DIFFERENCES):
            continue
        final = text.tokens[node.last - 1]
        end = final.start if final.word == ")" else final.end
        out[index] = replace(claim, p=node.p, end=end, quote=text.raw[claim.start : end])
        node.taken = True
    return out


def attach_row_p(claims: list[Claim], rows: list[tuple[int, int, str]]) -> list[Claim]:
    """Give a ratio of a table the P value that stands in another cell of its row, or in the row below.

    Args:
        claims: The claims, in order.
        rows: Of each claim the row (a negative number outside tables), its column and the first word of its label.

    Returns:
        The claims; that of the P value stays.
    """
    out = list(claims)
    for index, claim in enumerate(claims):
        row, column, label = rows[index]
        if claim.measure != "p_value" or row < 0:
            continue
        for back in range(index - 1, max(-1, index - 8), -1):
            other, (place, beside, name) = out[back], rows[back]
            if place < 0 or row - place > 1:
                break
            below = place == row - 1 and beside == column and name == label and bool(label)
            if (
                (other.measure in _RATIOS or other.measure == "risk_reduction")
                and other.p is None
                and (place == row or below)
            ):
                out[back] = replace(other, p=claim.p)
                break
    return out
