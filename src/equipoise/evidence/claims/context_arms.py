"""To which arm each number belongs, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from equipoise.evidence.claims.arms import Names
from equipoise.evidence.claims.context_changes import changed
from equipoise.evidence.claims.context_names import ALL, BOTH
from equipoise.evidence.claims.context_ties import (
    CHANGES,
    CONTRASTS,
    PER_ARM,
    POST,
    THAN,
    Ties,
    attached,
    ends_plural,
    gap_between,
    lists_of,
    numbers_beside,
)
from equipoise.evidence.claims.context_words import Mention, Text, within
from equipoise.evidence.model import Claim

__all__ = ["assign_arms"]
_VS = re.compile(
    r"(?:^|[\s,;)%])(?:vs\.?|versus|v\.?|(?:as )?compared (?:with|to)|against|rather than|than|relative to|and only|"
    r"as opposed to)(?:$|[\s(,])",
    re.IGNORECASE,
)
_AND = re.compile(r"(?:^|[\s,)%])(?:and|or|to|but|while|whereas)(?:$|[\s(])|^[\s%)]*,\s*$", re.IGNORECASE)
_LISTED = re.compile(r"[\s)\]%]*,?\s*and\s+$")
_RESPECTIVELY = re.compile(r"\brespective(?:ly)?\b", re.IGNORECASE)


_FAR = 400  # characters in which brackets are looked at
_FOR_PAIR = re.compile(r"[\s,)\]]*(?:for|with|in|of|,)\s+(?:the\s+)?$", re.IGNORECASE)
_NOT_CARRIED = CHANGES | {"arm_size", "age", "follow_up", "duration"}


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
    numbers = [i for i in sentence.claims if out[i].measure in PER_ARM | CHANGES and not out[i].arm]
    given: dict[int, str] = {}
    groups = numbers_beside(text, out, numbers, sentence.mentions)
    lists = lists_of(text, own, [out[i].start for i in numbers])
    for group in groups:
        if len(group) > 1:
            _from_list(text, out, group, lists, given)
    ties = Ties({m.start for several in lists for m in several[:-1] if ends_plural(text, several[-1])},
                 {several[-1].start for several in lists})  # fmt: skip
    beside = {i for group in groups if len(group) > 1 for i in group}
    for i in numbers:
        if i not in given:
            name = attached(
                text, out[i], [out[j] for j in numbers if j != i], sentence.mentions, ties, grouped=i in beside
            )
            if name:
                given[i] = name
    for group in groups:
        _complete(text, out, group, given, names)
        if len(group) == len(names.arms) and not any(i in given for i in group) and len(group) > 1:
            _by_order(text, out, group, sentence, given, own, order)
    for i, j in pairwise(numbers):
        if i not in given and j in given and _counts_in(text, out[i], out[j]):
            given[i] = given[j]
    for i in numbers:
        if i not in given and i not in beside and out[i].measure not in _NOT_CARRIED:
            name = _carried(text, out, i, sentence, lists)
            if name:
                given[i] = name
    for i, name in given.items():
        if name == BOTH:
            out[i] = changed(out[i], of=out[i].of or "both_arms")
        elif name != ALL:
            out[i] = changed(out[i], arm=name)
    _unless_parted(text, out, sentence)
    after = sentence.start
    for i in sentence.claims:
        if out[i].measure in CONTRASTS and not out[i].arm:
            out[i] = _contrast(text, out[i], names, sentence.mentions, lists, after)
            after = out[i].end
    _remember(own, lists, names, order)


_AT = re.compile(r"\s+(?:patients\s+)?(?:at|on|to|in|with)\s", re.IGNORECASE)


def _unless_parted(text: Text, out: list[Claim], sentence: _Sentence) -> None:
    """Take sizes back where a further one is of an arm unread: "1455 on A at 5 mg, 1456 at 10 mg"."""
    sizes = [i for i in sentence.claims if out[i].measure == "arm_size" and out[i].value is not None]
    known = [n.value for i in sizes if out[i].arm and (n := out[i].value) is not None]
    if not known:
        return
    for i in sizes:
        number = out[i].value
        if out[i].arm or number is None or not _AT.match(text.plain, out[i].end, out[i].end + 30):
            continue
        if 0.4 * max(known) <= number.value <= 1.25 * max(known):
            for j in sizes:
                out[j] = changed(out[j], arm="")
            return


def _remember(own: Sequence[Mention], lists: Sequence[tuple[Mention, ...]], names: Names, order: _Order) -> None:
    """Keep the order in which a sentence names all arms."""
    seen = tuple(dict.fromkeys(m.name for m in own))
    if len(seen) == len(names.arms) and len(seen) > 1:
        order.pair = seen
    for several in lists:
        if len(several) == len(names.arms):
            order.pair = tuple(m.name for m in several)


def _from_list(
    text: Text, out: list[Claim], group: list[int], lists: Sequence[tuple[Mention, ...]], given: dict[int, str]
) -> None:
    """Numbers in the order of names behind them ("44.3 and 29.1 in A and B") or before ("A vs B: 44.3, 29.1")."""
    start, end = out[group[0]].start, out[group[-1]].end
    if any(start < m.start < end for several in lists for m in several):
        return
    best: tuple[int, tuple[Mention, ...]] | None = None
    for several in lists:
        if len(several) != len(group):
            continue
        if several[0].start >= end:
            gap = gap_between(text, end, several[0].start)
            if POST.match(gap) or len(gap) < 40:
                distance = len(gap)
            else:
                continue
        else:
            distance = len(gap_between(text, several[-1].end, start)) + 30
        if best is None or distance < best[0]:
            best = (distance, several)
    if best is not None:
        for i, mention in zip(group, best[1], strict=True):
            given[i] = mention.name


def _counts_in(text: Text, events: Claim, people: Claim) -> bool:
    """Whether events are those of the people counted behind them ("1083 events struck 624 of 3003 patients")."""
    gap = text.plain[events.end : people.start]
    return (
        events.measure == "events" and people.measure == "proportion" and bool(re.match(r"(?:\s+[a-z]+){1,4}\s+$", gap))
    )


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
    versus = bool(_VS.search(gap_between(text, out[group[0]].end, out[group[1]].start)))
    tail = text.plain[out[group[-1]].end : min(sentence.end, out[group[-1]].end + 60)]
    first = out[group[0]].start
    before = [m for m in own if m.end <= first and (first - m.end > _FAR or not _closed(text, m.end, first))]
    told = re.match(r"[\s%]*(?:[.;()\[]|,\s|$)", tail) or all(out[i].count is not None for i in group)
    ended = not before and bool(told and _LISTED.match(gap))
    head = text.plain[sentence.start : out[group[0]].start]
    if _RESPECTIVELY.search(head) and any(m.name == BOTH for m in sentence.mentions):
        ended = bool(_LISTED.match(gap))  # "in the two groups, respectively, stroke struck 5% and 7%"
    named = tuple(dict.fromkeys(m.name for m in own if m.end <= out[group[0]].start))
    if len(named) == len(group) and _LISTED.match(gap) and _alone_in_brackets(text, out[group[0]], out[group[-1]]):
        ended = True  # "0.7% of those on A and 0.8% of those on B died (six and seven people)"
    if not versus and not ended and not _RESPECTIVELY.search(tail) and not _RESPECTIVELY.search(gap):
        return
    pair = named if len(named) == len(group) else order.pair
    if len(named) == 1 and len(pair) == 2 and before:
        # "Less common with A (4% v 6%)", "less than with A (4% v 6%)": A's is the first, and the second.
        one = before[-1]
        compared = THAN.search(text.plain[max(0, one.start - 30) : one.start])
        pair = tuple(sorted(pair, key=lambda name: (name == one.name) == bool(compared)))
    if len(pair) == len(group):
        given.update(zip(group, pair, strict=True))


def _closed(text: Text, start: int, end: int) -> bool:
    """Whether a bracket that was open at a place is closed before another: "(hazard ratio for A, 0.56) 5% and 7%"."""
    depth = 0
    for sign in text.plain[start:end]:
        depth += (sign in "([") - (sign in ")]")
        if depth < 0:
            return True
    return False


_BRACKET_ENDS = re.compile(r"\s*(?:patients|participants|people|persons|women|men|deaths|events|cases)?\s*[)\];,]")


def _alone_in_brackets(text: Text, first: Claim, last: Claim) -> bool:
    """Whether two numbers open a bracket and nothing but people or events stands behind them in it."""
    opened = text.plain[max(0, first.start - 3) : first.start].rstrip().endswith(("(", "["))
    return opened and bool(_BRACKET_ENDS.match(text.plain, last.end, last.end + 24))


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
    if THAN.search(text.plain[max(0, last.start - 30) : last.start]) or _VS.search(gap):
        return ""
    if last.form not in ("group", "general") and len({m.name for m in sentence.mentions}) > 1:
        return ""
    return last.name


def _contrast(
    text: Text, claim: Claim, names: Names, near: Sequence[Mention], lists: Sequence[tuple[Mention, ...]], after: int
) -> Claim:
    """A contrast with its arms: those that its sentence compares, else the experimental against the control arm.

    Args:
        text: The text.
        claim: The contrast.
        names: The arms.
        near: Where its sentence names them.
        lists: Names side by side in its sentence.
        after: End of the contrast before it in the sentence.
    """
    if claim.p is not None and "interaction" in claim.p.method:
        return claim
    experimental, control = names.role("experimental"), names.role("control")
    if len(names.arms) == 2:
        if experimental is None or control is None:
            return claim
        return changed(claim, arm=names.arms[experimental].name, versus=names.arms[control].name)
    pairs = [p for p in lists if len(p) == 2 and _VS.search(text.plain[p[0].end : p[1].start])]
    tied = [p for p in pairs if claim.end <= p[0].start and _FOR_PAIR.match(gap_between(text, claim.end, p[0].start))]
    if tied or len(pairs) == 1:
        pair = (tied or pairs)[0]
        return changed(claim, arm=pair[0].name, versus=pair[1].name)
    if control is None or pairs:
        return claim
    for window in (within(near, after, claim.start), near):
        others = {m.name for m in window if not m.name.startswith("*")} - {names.arms[control].name}
        if len(others) == 1:
            return changed(claim, arm=others.pop(), versus=names.arms[control].name)
    return claim
