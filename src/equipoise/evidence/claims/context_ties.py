"""How words tie a number to the name of an arm, and which numbers and names stand side by side."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from equipoise.evidence.claims.context_words import Mention, Text, within
from equipoise.evidence.model import Claim

__all__ = [
    "CHANGES",
    "CONTRASTS",
    "PER_ARM",
    "POST",
    "SHARES",
    "THAN",
    "Ties",
    "attached",
    "ends_plural",
    "gap_between",
    "lists_of",
    "numbers_beside",
    "without_brackets",
]

CONTRASTS = frozenset((
    "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_reduction", "risk_difference", "median_difference",
    "mean_difference", "number_needed", "p_value", "fold",
))  # fmt: skip
"""Measures of one arm against another."""
PER_ARM = frozenset((
    "arm_size", "events", "proportion", "rate", "adverse_event_rate", "median", "mean", "follow_up", "age", "duration",
    "number",
))  # fmt: skip
"""Measures that can be of one arm."""
SHARES = frozenset(("rate", "proportion", "adverse_event_rate"))
"""Measures of which a text can mean one by another's words."""

CHANGES = frozenset(("risk_difference", "mean_difference", "median_difference"))
"""Contrasts that can also be what changed in one arm."""

_FAR = 160  # characters between a number and a name that are not read as a tie
_PEOPLE = (
    r"(?:patients?|participants?|people|persons?|subjects|men|women|adults|children|infants|recipients|those|"
    r"individuals|volunteers|mothers|eyes|events?|deaths?|cases?|infections?|months?|years?|who|which|that)"
)
_GIVEN = (
    r"(?:given|receiving|received|taking|took|swallowed|treated|assigned|allocated|randomi[sz]ed|randomly|drawn|put|having|had|got|"
    r"getting|were|was|under|using)"
)
# Each word must end at a space or a hyphen: else a row of numbers could be read in exponentially many ways.
POST = re.compile(
    rf"[\s)\]%]*(?:(?:{_PEOPLE}|{_GIVEN}|\d[\d,.]*|at risk)\s+)*"
    rf"(?:of|in|with|without|after|on|for|among|to|under|from|by|{_GIVEN}|{_PEOPLE})\s+"
    rf"(?:(?:of|in|with|on|for|to|receive|the|an?|{_PEOPLE}|{_GIVEN}|\d[\d,.]*|oral|daily|weekly|monthly|once|twice|"
    rf"single|dose|bolus|course|shot|m?g|up|new|extended|release)[\s-]+)*$",
    re.IGNORECASE,
)
_ARROW = re.compile(r"\s*(?:\u2192|->|:|=)\s*(?:the\s+)?")
_APPOSED = re.compile(rf"\s*(?:{_PEOPLE}\s*)?,\s+(?:the|our)\s+$", re.IGNORECASE)
_POST_WORDS = re.compile(
    r"[\s)\]%]*(?:(?!(?:than|versus|vs|compared|and|or|to|against|over|but|while)\b)[a-z-]+\s+){1,5}(?:with|on|in|"
    r"for|of|under|given|receiving)\s+(?:the\s+)?$"
)
_LEADS = re.compile(r"\s*(?:[:=]|\(?n\s*=|,\s*n\s*=)\s*\(?\d", re.IGNORECASE)
_PREPOSITION = re.compile(r"\s+(?:on|with|in|for|given|receiving)\s", re.IGNORECASE)
_POST_BRACKET = re.compile(r"[\s%]*[\[(]\s*(?:the\s+)?$")
_BARE = re.compile(r"[\s)\]]*(?:(?:the|an?|matching)\s+)*$")
_PRE = re.compile(
    rf"[\s)\]]*(?:[:,(\[=|-]|n\s*=|was|were|had|is|are|has|have|at|{_PEOPLE}|a|the|median|mean|of|it|only|just|"
    rf"about|nearly|reached|achieved|experienced|reported|in|by|ran to|came to|\s)*$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\([^()]{0,160}\)|\[[^\[\]]{0,160}\]")
_AND = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
_COUNTED = (
    r"(?:(?:of )?(?:patients|participants|people|women|men|children|at risk|cases|events|episodes|infections)\b)?"
)
_AND_ONLY = re.compile(
    rf"^[\s,)%]*{_COUNTED}\s*(?:(?:and|or)(?:\s+(?:to|with|on|in|for))?|,)?"
    r"(?:\s+(?:an?|the|only|just|median|of|was|were|at))*\s*$",
    re.IGNORECASE,
)
_VS_ONLY = re.compile(
    rf"^[\s,)%\]]*{_COUNTED}\s*(?:and\s+)?(?:vs\.?|versus|v\.?|(?:as )?compared (?:with|to)|as opposed to|"
    r"against|rather than|than|relative to)(?:\s+(?:an?|the|only|just|median|of|with|in|for))*\s*$",
    re.IGNORECASE,
)
THAN = re.compile(
    r"(?:than|versus|vs\.?|compared (?:with|to)|against|over|relative to|without|minus)\s+(?:the|a|an|that of|"
    r"in the|in|on|with|among|those on|those given)?\s*$",
    re.IGNORECASE,
)


def without_brackets(gap: str) -> str:
    """Text without what stands in brackets, two deep.

    Args:
        gap: Text, normalized.
    """
    for _ in range(2):
        gap = _BRACKETED.sub(" ", gap)
    return gap


def gap_between(text: Text, start: int, end: int) -> str:
    """Text between two places without what stands in brackets.

    Args:
        text: The text.
        start: First character.
        end: One past the last.
    """
    return without_brackets(text.plain[start:end])


def _same_kind(a: Claim, b: Claim) -> bool:
    if a.measure != b.measure and not {a.measure, b.measure} <= SHARES:
        return False
    return (
        a.unit == b.unit or a.measure == "events" or (a.measure not in ("number", "mean") and not (a.unit and b.unit))
    )


def numbers_beside(text: Text, out: list[Claim], numbers: list[int], mentions: Sequence[Mention]) -> list[list[int]]:
    """Numbers of one measure side by side: "35% vs. 60%", "8.1% and 8.7%", with or without names between.

    Where "versus" links some of a row, it is parted at its commas: "35% vs. 60%, 34% vs. 38%" are two pairs. Commas
    alone make no row: "of 170 cases, 162".

    Args:
        text: The text.
        out: Claims.
        numbers: Indices of numbers of a sentence, in order.
        mentions: Names of arms in the sentence.

    Returns:
        Indices, those side by side together; every number is in one.
    """
    groups: list[list[int]] = []
    links: list[list[str]] = []  # for each group what links its numbers
    for i in numbers:
        if groups and out[i].start >= out[groups[-1][-1]].end and _same_kind(out[groups[-1][-1]], out[i]):
            gap = _gap_without_names(text, out[groups[-1][-1]].end, out[i].start, mentions)
            link = "versus" if _VS_ONLY.match(gap) else "and" if _AND.search(gap) else ","
            if link == "versus" or _AND_ONLY.match(gap):
                groups[-1].append(i)
                links[-1].append(link)
                continue
        groups.append([i])
        links.append([])
    parted: list[list[int]] = []
    for group, row in zip(groups, links, strict=True):
        parted.append(group[:1])
        for i, word in zip(group[1:], row, strict=True):
            if word == "versus" or (word == "and" and "versus" not in row) or (word == "," and "and" in row):
                parted[-1].append(i)
            else:
                parted.append([i])
    return parted


_PREPOSITIONS = re.compile(
    r"(?i)^[\s,)\]%]*(?:\b(?:of|in|with|on|for|among|to|under|from|by|the|patients?|participants?|given|receiving|"
    r"those|treated|assigned|allocated|allotted|drawn|put|who|received|taking|people)\b\s*)+$"
)


def _gap_without_names(text: Text, start: int, end: int, mentions: Sequence[Mention]) -> str:
    """Text between two numbers without brackets and without "with placebo", "in the palbociclib group"."""
    if end - start > 400:
        return "?" * 10
    parts, place = [], start
    for mention in within(mentions, start, end):
        if mention.end <= end:
            part = gap_between(text, place, mention.start)
            parts.append(" " if _PREPOSITIONS.match(part) else part)
            place = mention.end
    parts.append(gap_between(text, place, end))
    return " ".join(parts)


_PLURAL = re.compile(r"[\s]*(?:groups|arms|recipients|rings|cohorts)\b|[^.;]{0,30}\brespectively", re.IGNORECASE)


def lists_of(text: Text, own: Sequence[Mention], starts: Sequence[int]) -> list[tuple[Mention, ...]]:
    """Mentions of different arms side by side: "the palbociclib and control groups", "X vs Y"."""
    lists: list[list[Mention]] = []
    for mention in own:
        if lists:
            last = lists[-1][-1]
            gap = gap_between(text, last.end, mention.start)
            names = {m.name for m in lists[-1]}
            numbered = bisect_left(starts, last.end) < bisect_left(starts, mention.start)
            if (
                not numbered
                and mention.name not in names
                and (_VS_ONLY.match(gap) or _AND_ONLY.match(gap))
                and ";" not in gap
            ):
                lists[-1].append(mention)
                continue
        lists.append([mention])
    return [tuple(several) for several in lists if len(several) > 1]


@dataclass(slots=True)
class Ties:
    """Which mentions of a sentence can be tied to single numbers.

    Attributes:
        firsts: Starts of mentions that begin a list of several numbers' names.
        ends: Starts of mentions that end a list of names.
        tied: Starts of mentions that are tied to a number before them.
    """

    firsts: set[int]
    ends: set[int]
    tied: set[int] = field(default_factory=set)


def attached(
    text: Text, claim: Claim, others: Sequence[Claim], mentions: Sequence[Mention], ties: Ties, *, grouped: bool
) -> str:
    """The arm that words tie to a number: inside its quote, behind it, or before it."""
    inside = {m.name for m in mentions if claim.start <= m.start and m.end <= claim.end}
    if len(inside) == 1:
        return inside.pop()
    behind = next((m for m in mentions if m.start >= claim.end), None)
    before = next((m for m in reversed(mentions) if m.end <= claim.start), None)
    if (
        behind
        and not any(claim.end <= o.start < behind.start and not _set_aside(text, claim, o, behind) for o in others)
        and _ties_back(text, claim, behind, before, grouped=grouped)
    ):
        if behind.start in ties.firsts:
            return ""
        ties.tied.add(behind.start)
        return behind.name
    if before is None or any(before.end <= o.start < claim.start for o in others):
        return ""
    gap = gap_between(text, before.end, claim.start)
    if len(gap) > _FAR or claim.measure in CHANGES:
        return ""
    if before.start in ties.tied and not re.search(r"[:=(]", gap):
        return ""
    if "," in gap and _PREPOSITION.match(text.plain, claim.end, claim.end + 20):
        return ""  # "243 on intensive treatment, 319 on standard": what stands behind is the arm, if it were known
    if (grouped and "(" in gap and claim.measure != "arm_size") or ("," in gap and before.start in ties.ends):
        return ""
    opened = claim.measure == "arm_size" and re.match(r"\s*\([^()\d]*\d[^()]*,\s*$", gap)
    if (_PRE.match(gap) or opened) and not THAN.search(text.plain[max(0, before.start - 30) : before.start]):
        return before.name
    return ""


def _set_aside(text: Text, claim: Claim, other: Claim, behind: Mention) -> bool:
    """Whether another number stands in its own bracket before a name: "80% (based on 94 events) in the A group"."""
    if other.measure == claim.measure:
        return False
    opened = text.plain.find("(", claim.end, other.start)
    return (
        opened >= 0
        and ")" not in text.plain[claim.end : other.start]
        and text.plain.find(")", other.start, behind.start) >= 0
    )


def _ties_back(text: Text, claim: Claim, behind: Mention, before: Mention | None, *, grouped: bool) -> bool:
    """Whether the words between a number and the name behind it tie the two."""
    gap = gap_between(text, claim.end, behind.start)
    if len(gap) > _FAR:
        return False
    size = claim.measure == "arm_size"
    if size and _BARE.match(gap) and (before is None or not _PRE.match(text.plain[before.end : claim.start])):
        return True
    if _LEADS.match(text.plain, behind.end, behind.end + 24):
        return False
    if size and _ARROW.fullmatch(gap):
        return True
    closed = grouped and gap.lstrip()[:1] in (")", "]")  # "gallstones (2.2% vs 1.2%) were seen more often with A"
    if before and _BARE.match(gap) and "," in text.plain[before.end : claim.start]:
        return True  # "25% gave up alpelisib, 4.2% the placebo"
    return bool(
        POST.match(gap)
        or (size and behind.form == "group" and _APPOSED.match(gap))
        or _POST_BRACKET.match(gap)
        or (size and _BARE.match(gap) and not (before and _PRE.match(text.plain[before.end : claim.start])))
        or (not size and not closed and claim.measure not in CHANGES and _POST_WORDS.match(gap))
    )


def ends_plural(text: Text, last: Mention) -> bool:
    """Whether "groups" or "respectively" stands behind a list of names: it is of several numbers then."""
    return text.plain[last.start : last.end].lower().endswith("s") or bool(
        _PLURAL.match(text.plain, last.end, last.end + 60)
    )
