"""To which arm each number belongs, sentence by sentence."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from equipoise.evidence.claims.arms import Names
from equipoise.evidence.claims.context_mentions import ALL, BOTH
from equipoise.evidence.claims.context_words import Mention, Text, within
from equipoise.evidence.model import Claim

__all__ = ["CONTRASTS", "PER_ARM", "assign_arms"]

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

_PEOPLE = r"(?:patients?|participants?|people|persons?|subjects|men|women|adults|children|infants|recipients|those|individuals|volunteers|mothers|eyes|events?|deaths?|cases?|infections?|months?|years?|who|which|that)"
_GIVEN = r"(?:given|receiving|received|taking|took|treated|assigned|allocated|randomi[sz]ed|randomly|put|having|had|got|getting|were|was|under|using)"
_POST = re.compile(
    rf"[\s)\]%]*(?:(?:{_PEOPLE}|{_GIVEN}|\d[\d ,.]*\d|\d)\s+|(?:at risk)\s+)*"
    rf"(?:of|in|with|on|for|among|to|under|from|by|{_GIVEN}|{_PEOPLE})\s+(?:(?:of|in|with|on|for|to|receive|the|a|an|{_PEOPLE}|{_GIVEN}|\d[\d ,.]*\d|oral|daily|weekly|monthly|once|twice|-|single|dose|up)\s*)*$",
    re.IGNORECASE,
)
_POST_WORDS = re.compile(
    r"[\s)\]%]*(?:(?!(?:than|versus|vs|compared|and|or|to|against|over|but|while)\b)[a-z-]+\s+){1,5}(?:with|on|in|for|of|under|given|receiving)\s+(?:the\s+)?$"
)
_LEADS = re.compile(r"\s*(?:[:=]|\(?n\s*=|,\s*n\s*=)\s*\(?\d", re.IGNORECASE)
_POST_BRACKET = re.compile(r"[\s%]*[\[(]\s*(?:the\s+)?$")
_BARE = re.compile(r"[\s)\]]*(?:the\s+)?$")
_PRE = re.compile(
    rf"[\s)\]]*(?:[:,(\[=|-]|n\s*=|was|were|had|is|are|has|have|at|{_PEOPLE}|a|the|median|mean|of|it|only|just|about|nearly|reached|achieved|experienced|reported|in|by|ran to|came to|\s)*$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\([^()]{0,160}\)|\[[^\[\]]{0,160}\]")
_VS = re.compile(
    r"(?:^|[\s,;)%])(?:vs\.?|versus|v\.?|(?:as )?compared (?:with|to)|against|rather than|than|relative to|and only|as opposed to)(?:$|[\s(,])",
    re.IGNORECASE,
)
_AND = re.compile(r"(?:^|[\s,)%])(?:and|or|to|but|while|whereas)(?:$|[\s(])|^[\s%)]*,\s*$", re.IGNORECASE)
_AND_ONLY = re.compile(
    r"^[\s,)%]*(?:and|or|;|,)?(?:\s+(?:an?|the|only|just|median|of|was|were|at))*\s*$", re.IGNORECASE
)
_VS_ONLY = re.compile(
    r"^[\s,)%\]]*(?:and\s+)?(?:vs\.?|versus|v\.?|(?:as )?compared (?:with|to)|against|rather than|than|relative to)(?:\s+(?:an?|the|only|just|median|of|with|in|for))*\s*$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[\s)\]%]*,?\s*and\s+$")
_RESPECTIVELY = re.compile(r"\brespective(?:ly)?\b", re.IGNORECASE)
_THAN = re.compile(
    r"(?:than|versus|vs\.?|compared (?:with|to)|against|over|relative to|without|minus)\s+(?:the|a|an|that of|in the|in|on|with|among|those on|those given)?\s*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Sentence:
    """What stands in a sentence: indices of claims, mentions of arms, and what was assigned."""

    start: int
    end: int
    claims: list[int] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)


@dataclass(slots=True)
class _Order:
    """The order in which the two arms were last named side by side."""

    pair: tuple[str, ...] = ()


def assign_arms(
    text: Text, claims: Sequence[Claim], names: Names, mentions: Sequence[Mention], skip: frozenset[int]
) -> list[Claim]:
    """Claims with the arm, the contrast, or the mark that they are of both arms.

    A number belongs to the arm that a preposition ties to it ("5.5% of the colchicine group"), to the one whose name
    leads to it ("placebo: 40"), by its place in a list ("44.3 vs 29.1", "respectively"), or to the only arm that its
    clause is about. Where none of these decides, the arm stays empty.

    Args:
        text: The text.
        claims: Its claims in order.
        names: Its arms.
        mentions: Where the arms are mentioned.
        skip: Indices of claims that have their arm already, from the header of a table.
    """
    out = list(claims)
    if not names.arms:
        return out
    order = _Order(_first_order(names))
    for sentence in _sentences(text, claims, mentions, skip):
        _assign_sentence(text, out, sentence, names, order)
    return out


def _first_order(names: Names) -> tuple[str, ...]:
    if len(names.arms) != 2:
        return tuple(arm.name for arm in names.arms)
    roles = [arm.role for arm in names.arms]
    both = [arm.name for arm in names.arms]
    return tuple(reversed(both)) if roles == ["control", "experimental"] else tuple(both)


def _sentences(
    text: Text, claims: Sequence[Claim], mentions: Sequence[Mention], skip: frozenset[int]
) -> list[_Sentence]:
    found: dict[int, _Sentence] = {}
    for i, claim in enumerate(claims):
        if i not in skip:
            at = text.sentence(claim.start)
            found.setdefault(at, _Sentence(*text.spans[at])).claims.append(i)
    for mention in mentions:
        at = text.sentence(mention.start)
        found.setdefault(at, _Sentence(*text.spans[at])).mentions.append(mention)
    return [found[at] for at in sorted(found)]


def _assign_sentence(text: Text, out: list[Claim], sentence: _Sentence, names: Names, order: _Order) -> None:
    own = [m for m in sentence.mentions if not m.name.startswith("*")]
    numbers = [i for i in sentence.claims if out[i].measure in PER_ARM and not out[i].arm]
    given: dict[int, str] = {}
    groups = _groups(text, out, numbers, sentence.mentions)
    lists = _lists(text, own, [out[i].start for i in numbers])
    for group in groups:
        if len(group) > 1:
            _from_list(text, out, group, lists, given)
    ties = _Ties({m.start for several in lists for m in several[:-1] if _ends_plural(text, several[-1])},
                 {several[-1].start for several in lists})  # fmt: skip
    beside = {i for group in groups if len(group) > 1 for i in group}
    for i in numbers:
        if i not in given:
            name = _attached(
                text, out[i], [out[j] for j in numbers if j != i], sentence.mentions, ties, grouped=i in beside
            )
            if name:
                given[i] = name
    for group in groups:
        _complete(text, out, group, given, names)
        if len(group) == len(names.arms) and not any(i in given for i in group) and len(group) > 1:
            _by_order(text, out, group, sentence, given, own, order)
    for i, j in zip(numbers, numbers[1:], strict=False):
        if i not in given and j in given and _counts_in(text, out[i], out[j]):
            given[i] = given[j]
    for i in numbers:
        if i not in given and out[i].measure not in ("age", "follow_up", "duration"):
            name = _carried(text, out, i, sentence, lists)
            if name:
                given[i] = name
    for i, name in given.items():
        if name == BOTH:
            out[i] = replace(out[i], of=out[i].of or "both_arms")
        elif name != ALL:
            out[i] = replace(out[i], arm=name)
    for i in sentence.claims:
        if out[i].measure in CONTRASTS and not out[i].arm:
            out[i] = _contrast(text, out[i], names, sentence.mentions, lists)
    _remember(own, lists, names, order)


def _remember(own: Sequence[Mention], lists: Sequence[tuple[Mention, ...]], names: Names, order: _Order) -> None:
    """Keep the order in which a sentence names all arms."""
    seen = tuple(dict.fromkeys(m.name for m in own))
    if len(seen) == len(names.arms) and len(seen) > 1:
        order.pair = seen
    for several in lists:
        if len(several) == len(names.arms):
            order.pair = tuple(m.name for m in several)


def _bare(text: Text, start: int, end: int) -> str:
    """Text between two places without what stands in brackets."""
    gap = text.plain[start:end]
    for _ in range(2):
        gap = _BRACKETED.sub(" ", gap)
    return gap


def _same_kind(a: Claim, b: Claim) -> bool:
    return a.measure == b.measure and (a.unit == b.unit or not a.unit or not b.unit)


def _groups(text: Text, out: list[Claim], numbers: list[int], mentions: Sequence[Mention]) -> list[list[int]]:
    """Numbers of one measure side by side: "35% vs. 60%", "8.1% and 8.7%", with or without names between."""
    groups: list[list[int]] = []
    for i in numbers:
        if groups:
            last = groups[-1][-1]
            gap = _gap_without_names(text, out[last].end, out[i].start, mentions)
            if (
                _same_kind(out[last], out[i])
                and out[i].start >= out[last].end
                and (_VS_ONLY.match(gap) or _AND_ONLY.match(gap))
            ):
                groups[-1].append(i)
                continue
        groups.append([i])
    return groups


_PREPOSITIONS = re.compile(
    r"(?i)^[\s,)\]%]*(?:\b(?:of|in|with|on|for|among|to|under|from|by|the|patients?|participants?|given|receiving|those|treated|assigned|who|received|taking|people)\b\s*)+$"
)


def _gap_without_names(text: Text, start: int, end: int, mentions: Sequence[Mention]) -> str:
    """Text between two numbers without brackets and without "with placebo", "in the palbociclib group"."""
    if end - start > 400:
        return "?" * 10
    parts, place = [], start
    for mention in within(mentions, start, end):
        if mention.end <= end:
            part = _bare(text, place, mention.start)
            parts.append(" " if _PREPOSITIONS.match(part) else part)
            place = mention.end
    parts.append(_bare(text, place, end))
    return " ".join(parts)


_PLURAL = re.compile(r"[\s]*(?:groups|arms|recipients|rings|cohorts)\b|[^.;]{0,30}\brespectively", re.IGNORECASE)


def _lists(text: Text, own: Sequence[Mention], starts: Sequence[int]) -> list[tuple[Mention, ...]]:
    """Mentions of different arms side by side: "the palbociclib and control groups", "X vs Y"."""
    lists: list[list[Mention]] = []
    for mention in own:
        if lists:
            last = lists[-1][-1]
            gap = _bare(text, last.end, mention.start)
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


def _from_list(
    text: Text, out: list[Claim], group: list[int], lists: Sequence[tuple[Mention, ...]], given: dict[int, str]
) -> None:
    """Numbers in the order of names beside them: behind ("44.3 and 29.1 in A and B") or before ("A vs B: 44.3, 29.1")."""
    start, end = out[group[0]].start, out[group[-1]].end
    if any(start < m.start < end for several in lists for m in several):
        return
    best: tuple[int, tuple[Mention, ...]] | None = None
    for several in lists:
        if len(several) != len(group):
            continue
        if several[0].start >= end:
            gap = _bare(text, end, several[0].start)
            if _POST.match(gap) or len(gap) < 40:
                distance = len(gap)
            else:
                continue
        else:
            distance = len(_bare(text, several[-1].end, start)) + 30
        if best is None or distance < best[0]:
            best = (distance, several)
    if best is not None:
        for i, mention in zip(group, best[1], strict=True):
            given[i] = mention.name


@dataclass(slots=True)
class _Ties:
    """Which mentions of a sentence can be tied to single numbers.

    Attributes:
        firsts: Starts of mentions that begin a list of several numbers' names.
        ends: Starts of mentions that end a list of names.
        tied: Starts of mentions that are tied to a number before them.
    """

    firsts: set[int]
    ends: set[int]
    tied: set[int] = field(default_factory=set)


def _attached(
    text: Text, claim: Claim, others: Sequence[Claim], mentions: Sequence[Mention], ties: _Ties, *, grouped: bool
) -> str:
    """The arm that words tie to a number: inside its quote, behind it, or before it."""
    inside = {m.name for m in mentions if claim.start <= m.start and m.end <= claim.end}
    if len(inside) == 1:
        return inside.pop()
    behind = next((m for m in mentions if m.start >= claim.end), None)
    before = next((m for m in reversed(mentions) if m.end <= claim.start), None)
    if (
        behind
        and not any(claim.end <= o.start < behind.start for o in others)
        and _ties_back(text, claim, behind, before)
    ):
        if behind.start in ties.firsts:
            return ""
        ties.tied.add(behind.start)
        return behind.name
    if before is None or any(before.end <= o.start < claim.start for o in others):
        return ""
    gap = _bare(text, before.end, claim.start)
    if before.start in ties.tied and not re.search(r"[:=(]", gap):
        return ""
    if (grouped and "(" in gap) or ("," in gap and before.start in ties.ends):
        return ""
    opened = claim.measure == "arm_size" and re.match(r"\s*\([^()\d]*\d[^()]*,\s*$", gap)
    if (_PRE.match(gap) or opened) and not _THAN.search(text.plain[max(0, before.start - 30) : before.start]):
        return before.name
    return ""


def _ties_back(text: Text, claim: Claim, behind: Mention, before: Mention | None) -> bool:
    """Whether the words between a number and the name behind it tie the two."""
    gap = _bare(text, claim.end, behind.start)
    size = claim.measure == "arm_size"
    if size and _BARE.match(gap) and (before is None or not _PRE.match(text.plain[before.end : claim.start])):
        return True
    if _LEADS.match(text.plain, behind.end):
        return False
    if before and _BARE.match(gap) and "," in text.plain[before.end : claim.start]:
        return True  # "25% gave up alpelisib, 4.2% the placebo"
    return bool(
        _POST.match(gap)
        or _POST_BRACKET.match(gap)
        or (size and _BARE.match(gap))
        or (not size and _POST_WORDS.match(gap))
    )


def _counts_in(text: Text, events: Claim, people: Claim) -> bool:
    """Whether events are those of the people counted behind them ("1083 events struck 624 of 3003 patients")."""
    gap = text.plain[events.end : people.start]
    return (
        events.measure == "events" and people.measure == "proportion" and bool(re.match(r"(?:\s+[a-z]+){1,4}\s+$", gap))
    )


def _ends_plural(text: Text, last: Mention) -> bool:
    """Whether "groups" or "respectively" stands behind a list of names: it is of several numbers then."""
    return text.plain[last.start : last.end].lower().endswith("s") or bool(_PLURAL.match(text.plain, last.end))


def _complete(text: Text, out: list[Claim], group: list[int], given: dict[int, str], names: Names) -> None:
    """The other of two numbers side by side is of the other of two arms."""
    if len(group) != 2 or len(names.arms) != 2:
        return
    known = [i for i in group if given.get(i) and not given[i].startswith("*")]
    if len(known) != 1:
        return
    other = group[0] if known[0] == group[1] else group[1]
    gap = text.plain[out[group[0]].end : out[group[1]].start]
    if other not in given and (_VS.search(gap) or _AND.search(gap)):
        given[other] = next(arm.name for arm in names.arms if arm.name != given[known[0]])


def _by_order(
    text: Text,
    out: list[Claim],
    group: list[int],
    sentence: _Sentence,
    given: dict[int, str],
    own: Sequence[Mention],
    order: _Order,
) -> None:
    """Numbers side by side without a name, in the order in which the arms were last named."""
    gap = text.plain[out[group[0]].end : out[group[1]].start]
    versus = bool(_VS.search(_bare(text, out[group[0]].end, out[group[1]].start)))
    tail = text.plain[out[group[-1]].end : min(sentence.end, out[group[-1]].end + 60)]
    ended = not own and re.match(r"[\s%]*(?:[.;()\[]|,\s|$)", tail) and _LISTED.match(gap)
    if not versus and not ended and not _RESPECTIVELY.search(tail) and not _RESPECTIVELY.search(gap):
        return
    named = tuple(dict.fromkeys(m.name for m in own if m.end <= out[group[0]].start))
    pair = named if len(named) == len(group) else order.pair
    if len(pair) == len(group):
        for i, name in zip(group, pair, strict=True):
            given[i] = name


def _carried(text: Text, out: list[Claim], i: int, sentence: _Sentence, lists: Sequence[tuple[Mention, ...]]) -> str:
    """The arm that the clause before a number is about: the last one named, if it was not named for comparison."""
    claim = out[i]
    before = [m for m in sentence.mentions if m.end <= claim.start]
    if not before:
        return ""
    last = before[-1]
    gap = text.plain[last.end : claim.start]
    if last.name.startswith("*") or any(last in several for several in lists) or ";" in gap or len(gap) > 200:
        return ""
    if _THAN.search(text.plain[max(0, last.start - 30) : last.start]) or _VS.search(gap):
        return ""
    if last.form not in ("group", "general") and len({m.name for m in sentence.mentions}) > 1:
        return ""
    return last.name


def _contrast(
    text: Text, claim: Claim, names: Names, near: Sequence[Mention], lists: Sequence[tuple[Mention, ...]]
) -> Claim:
    """A contrast with its arms: those that its sentence compares, else the experimental against the control arm."""
    if claim.p is not None and "interaction" in claim.p.method:
        return claim
    experimental, control = names.role("experimental"), names.role("control")
    if len(names.arms) == 2:
        if experimental is None or control is None:
            return claim
        return replace(claim, arm=names.arms[experimental].name, versus=names.arms[control].name)
    pairs = [p for p in lists if len(p) == 2 and _VS.search(text.plain[p[0].end : p[1].start])]
    if len(pairs) == 1:
        return replace(claim, arm=pairs[0][0].name, versus=pairs[0][1].name)
    if control is None or pairs:
        return claim
    others = {m.name for m in near if not m.name.startswith("*")} - {names.arms[control].name}
    return replace(claim, arm=others.pop(), versus=names.arms[control].name) if len(others) == 1 else claim
