"""Arms, and what is counted by arm, sum to their total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.model import Claim, Finding, Reading, Verdict
from equipoise.evidence.rules._common import (
    around,
    exact,
    finding,
    grouped,
    near,
    num,
    planned,
    printed,
    same_place,
    span_text,
    time_of,
)

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check"]

NAME = "arms_total"
SENTENCE = "Arms sum to those randomized, events by arm to all events, and men and women to everyone."
REFERENCE = "Hopewell S, Chan AW, Collins GS, et al. CONSORT 2025 statement. BMJ 2025;389:e081123."
_SPLIT = re.compile(
    r"randomi[sz]ed|randomly|assigned|allocated|allotted|split|divided|shared out|arms?\b|1 ?: ?1|2 ?: ?1|"
    r"[\w-]+ groups?\b"
)
_FEWER = re.compile(
    r"analy[sz]ed|evaluable|assessable|treated|received|excluded|withdrew|of whom|of these|of which|complet|safety|"
    r"screened|eligible"
)
_EQUAL = frozenset({"", "randomized", "assigned", "allocated", "enrolled"})
_SEXES = {"female": 0, "females": 0, "women": 0, "woman": 0, "girls": 0, "male": 1, "males": 1, "men": 1, "boys": 1}


def check(reading: Reading) -> Iterator[Finding]:
    """Sizes of arms of one population with its total; events by arm with all events; percentages of the sexes.

    Sums that differ are a contradiction only where the text says of the total that it was split between these arms;
    people enrolled, screened, treated or analyzed are different people, and arms that are not all told are not summed.

    Args:
        reading: What was read.

    Yields:
        A finding for each total with all its parts.
    """
    yield from _sizes(reading)
    yield from _events(reading)
    yield from _sexes(reading)


def _sizes(reading: Reading) -> Iterator[Finding]:
    sizes = [
        c for c in reading.claims if c.measure in ("arm_size", "sample_size") and exact(c.value) and not planned(c)
    ]
    expected = _arms_said(reading)
    for own in grouped((c for c in sizes if not c.grade and not c.term), "population", "source").values():
        by_arm = _arms(own, expected)
        told = {c.arm for claims in by_arm for c in claims}
        if len(by_arm) < 2 or (expected and expected != len(by_arm)):
            continue
        if not own[0].population and "" not in told and any(a.size and a.name not in told for a in reading.arms):
            continue
        total = sum(exact(claims[0].value) or 0 for claims in by_arm)
        least = max(exact(c.value) or 0 for claims in by_arm for c in claims)
        wholes = [
            c
            for c in own
            if not c.arm
            and (exact(c.value) or 0) >= least  # fewer than one arm has are a part, not the whole
            and (c.measure == "sample_size" or exact(c.value) == total)
        ]
        if wholes:
            yield from _sum(reading, wholes, by_arm)


def _arms(own: list[Claim], expected: int) -> list[list[Claim]]:
    """Sizes by arm; where one of two arms of a sentence has no name, its size counts as the other one's."""
    by_arm = list(grouped((c for c in own if c.arm and c.measure == "arm_size"), "arm").values())
    unnamed = [c for c in own if not c.arm and c.measure == "arm_size"]
    if unnamed and expected in (0, 2) and len(by_arm) + len(unnamed) == 2:
        both = [*(claims[0] for claims in by_arm), *unnamed]
        if both[0].sentence == both[1].sentence:
            return [[c] for c in both]
    return by_arm


def _arms_said(reading: Reading) -> int:
    """Arms that a printed ratio of randomization has; 0 where none is printed."""
    said = [c.quote.count(":") + 1 for c in reading.claims if c.measure == "randomization_ratio" and ":" in c.quote]
    return said[0] if said else 0


def _sum(reading: Reading, wholes: list[Claim], arms: list[list[Claim]]) -> Iterator[Finding]:
    ways = list(product(*(claims[:4] for claims in arms[:6])))[:256]
    done: set[str] = set()
    for whole in wholes[:20]:
        total = exact(whole.value)
        for way in ways:
            parts = [exact(c.value) or 0 for c in way]
            if sum(parts) == total:
                done.update(c.id for c in (whole, *way))
                yield finding(NAME, "consistent", [whole, *way], "The arms sum to the total.", f"{_plus(parts)}.")
                break
    if done or any(len({exact(c.value) for c in claims}) > 1 for claims in arms):
        return  # another total, or several sizes an arm: of different people, as far as is known
    first = [claims[0] for claims in arms]
    parts = [exact(c.value) or 0 for c in first]
    whole = min(wholes, key=lambda c: abs((exact(c.value) or 0) - sum(parts)))
    total = exact(whole.value) or 0
    words = f"{_plus(parts)}, not {total:,}"
    hard = _was_split(reading, whole, first, sum(parts) - total)
    sentence = "The arms do not sum to the total." if hard else "The arms do not sum to the number that the text gives."
    yield finding(NAME, "contradicted" if hard else "remark", [whole, *first], sentence,
                  words + ("." if hard else ": it may be of other people."), f"{sum(parts):,}")  # fmt: skip


def _plus(parts: list[int]) -> str:
    return f"{' + '.join(f'{n:,}' for n in parts)} = {sum(parts):,}"


def _was_split(reading: Reading, whole: Claim, way: list[Claim], excess: int) -> bool:
    """Whether the text says that these arms are all of the total."""
    if not all(near(whole, c) for c in way) or whole.value is None or whole.value.approximate or whole.value.bound:
        return False
    of = {c.of for c in way} | {whole.of}
    if not of <= _EQUAL or whole.method != way[0].method:
        return False
    if excess > 0.15 * (exact(whole.value) or 0):
        return False  # far too many for a misprint: one of them is a part of everyone, not an arm
    last = max(way, key=lambda c: c.end)
    text = span_text(reading, whole, last)
    if not text:
        return True
    if excess < 0 and (_FEWER.search(text) or abs(excess) > 0.2 * (exact(whole.value) or 0)):
        return False  # some are missing: treated or analyzed ones, or an arm that was not told
    return whole.of == "randomized" or _SPLIT.search(text) is not None


def _events(reading: Reading) -> Iterator[Finding]:
    """Events by arm with all events of the same endpoint."""
    for total in reading.claims:
        whole = _events_of(total)
        if total.arm or total.measure != "events" or total.denominator is not None or planned(total) or total.grade:
            continue
        if whole is None:
            continue
        parts: dict[str, tuple[Claim, int]] = {}
        clash = False
        for other in around(reading, total):
            count = _events_of(other)
            if count is None or not other.arm or not same_place(other, total) or planned(other) or other.grade:
                continue
            if time_of(other) != time_of(total) or other.term != total.term:
                continue
            joined = other.sentence == total.sentence or (other.endpoint == total.endpoint != "" and near(other, total))
            if not joined or (other.endpoint and total.endpoint and not _alike(other.endpoint, total.endpoint)):
                continue
            clash |= other.arm in parts and parts[other.arm][1] != count
            parts.setdefault(other.arm, (other, count))
        if len(parts) < 2 or len(parts) != max(2, len(reading.arms)) or clash:
            continue
        if max(count for _, count in parts.values()) > whole:
            continue  # what has more than the whole is no part of it: it is the whole, and this is one of its parts
        yield _judge_events(total, whole, list(parts.values()))


def _alike(one: str, two: str) -> bool:
    return one == two or {one, two} <= {"overall_survival", "death"}


def _events_of(claim: Claim) -> int | None:
    if claim.measure == "events":
        return exact(claim.value)
    return exact(claim.count) if claim.measure == "proportion" else None


def _judge_events(total: Claim, whole: int, parts: list[tuple[Claim, int]]) -> Finding:
    claims = [total, *(c for c, _ in parts)]
    words = _plus([n for _, n in parts])
    if sum(n for _, n in parts) == whole:
        return finding(NAME, "consistent", claims, "The events of the arms sum to all events.", words + ".")
    beside = all(c.sentence == total.sentence and c.endpoint == total.endpoint for c, _ in parts)
    hard = beside and total.value is not None and not total.value.approximate and not total.value.bound
    return finding(NAME, "contradicted" if hard else "remark", claims,
                   "The events of the arms do not sum to all events.", f"{words}, not {whole:,}.",
                   f"{sum(n for _, n in parts):,}")  # fmt: skip


def _sexes(reading: Reading) -> Iterator[Finding]:
    """Percentages and counts of women and men."""
    shares = [c for c in reading.claims if c.measure == "proportion" and c.value is not None and _sex(c) is not None]
    for own in grouped(shares, "arm", "population", "source", "sentence").values():
        pair = {_sex(c): c for c in own}
        if len(own) != 2 or len(pair) != 2:
            continue
        one, two = own
        assert one.value is not None
        assert two.value is not None
        total = box(one.value).plus(box(two.value))
        words = f"{printed(one.value, '%')} + {printed(two.value, '%')} = {num(one.value.value + two.value.value)}%"
        if total.meets(Box(100.0, 100.0)):
            yield finding(NAME, "consistent", own, "Men and women sum to everyone.", words + ".")
        else:
            verdict: Verdict = "contradicted" if total.lower > 100.0 else "remark"
            yield finding(NAME, verdict, own, "Men and women do not sum to everyone.", words + ", not 100%.")


def _sex(claim: Claim) -> int | None:
    for word in (claim.endpoint, claim.of, claim.term):
        if word in _SEXES:
            return _SEXES[word]
    return None
