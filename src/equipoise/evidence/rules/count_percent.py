"""A count of a denominator fits its percentage in whole people."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from equipoise.evidence.boxes import Box, box
from equipoise.evidence.model import Claim, Finding, Reading
from equipoise.evidence.rules._common import (
    around,
    exact,
    finding,
    near,
    num,
    planned,
    printed,
    sentence_text,
    sizes_of,
)

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check", "whole"]

NAME = "count_percent"
SENTENCE = "A percentage of N people is a whole number of them, and n of N is n/N."
REFERENCE = (
    "Brown NJL, Heathers JAJ. The GRIM test: a simple technique detects numerous anomalies in the reporting of results "
    "in psychology. Soc Psychol Personal Sci 2017;8:363-369."
)
_MEASURES = frozenset({"proportion", "adverse_event_rate", "rate"})
_OTHERS = 3  # percentages of the arm that fit its size: then one that does not is worth a word
_MOST = 0.97  # share of an arm that a population without a name (treated, evaluable) usually keeps


def whole(percent: Box, denominator: int) -> range:
    """Counts of a denominator whose percentage lies in a box.

    Args:
        percent: Box of the percentage, 0 to 100.
        denominator: People, at least 1.
    """
    low, high = percent.lower * denominator / 100.0, percent.upper * denominator / 100.0
    return range(max(0, math.ceil(low - 1e-9)), min(denominator, math.floor(high + 1e-9)) + 1)


def check(reading: Reading) -> Iterator[Finding]:
    """Percentages with a count, and without.

    With a printed denominator n/N outside the box is a contradiction. Without one, the sizes that the text gives for
    the arm are tried: any that fits will do. If none fits, it is a contradiction where the count would need more people
    than the arm has, or where the same row of another arm fits that arm's size and no number of people from 97% of the
    arm to all of it would fit; otherwise a remark. A percentage without a count is tried with a printed denominator (a
    contradiction if no whole number fits), or with the sizes of its arm (a remark, where it is the only one of several
    that does not fit: otherwise they are of other people). Percentages at a time, which come
    from survival curves, are left alone, and so are those of people that the text counts elsewhere.

    Args:
        reading: What was read.

    Yields:
        A finding for each.
    """
    sizes, lone = sizes_of(reading), defaultdict[tuple[str, str], list[Finding]](list)
    for claim in reading.claims:
        if claim.measure not in _MEASURES or claim.value is None or claim.unit not in ("%", "") or planned(claim):
            continue
        if claim.value.bound or claim.value.approximate or claim.unit == "":
            continue
        count, denominator = exact(claim.count), exact(claim.denominator)
        if count is not None and denominator:
            yield _of(claim, count, denominator)
        elif count is not None:
            known = _known(claim, sizes)
            if known and (claim.arm or any(_holds(claim, count, n) for n, _ in known)):
                found = _counted(reading, claim, count, known, sizes)
                if found is not None:
                    yield found
        elif claim.measure != "rate" and claim.time is None and claim.interval is None:
            for one in _alone(claim, denominator, sizes.get(claim.arm, [])):
                if denominator or one.verdict == "consistent":
                    yield one
                lone[claim.arm, claim.source].append(one)
    for own in lone.values():
        odd = [one for one in own if one.verdict == "remark"]
        if len(odd) == 1 and len(own) > _OTHERS:
            yield odd[0]


def _known(claim: Claim, sizes: dict[str, list[Claim]]) -> list[tuple[int, Claim]]:
    """Sizes that the text gives for a claim's arm, nearest first; of one arm's claim those of all arms don't count."""
    own = [
        (size, c)
        for c in sizes.get(claim.arm, [])
        if (size := _size(c)) and c.source == claim.source and c is not claim
    ]
    seen: dict[int, Claim] = {}
    for size, c in sorted(own, key=lambda pair: abs(pair[1].start - claim.start)):
        seen.setdefault(size, c)
    arms = {exact(c.value): c for _, c in own if c.measure == "arm_size" and c.arm}
    if len(arms) > 1:  # sizes of one arm in several trials, which a row may pool
        seen.setdefault(sum(n for n in arms if n), next(iter(arms.values())))
    return list(seen.items())[:12]


def _size(claim: Claim) -> int | None:
    return exact(claim.value if claim.measure in ("arm_size", "sample_size") else claim.denominator)


def _holds(claim: Claim, count: int, size: int) -> bool:
    return claim.value is not None and count <= size and box(claim.value, margin=0.0).holds(100.0 * count / size)


def _of(claim: Claim, count: int, denominator: int) -> Finding:
    assert claim.value is not None
    value = printed(claim.value, "%")
    share = 100.0 * count / denominator
    words = f"{count:,} of {denominator:,} is {_share(share, claim)}%"
    if count > denominator:
        return finding(NAME, "contradicted", [claim], "More people are counted than there are.",
                       f"{count:,} is more than {denominator:,}.")  # fmt: skip
    if box(claim.value, margin=0.0).holds(share):
        return finding(NAME, "consistent", [claim], "The count fits the percentage.", f"{words}; printed is {value}.")
    if box(claim.value).holds(share):
        return finding(NAME, "remark", [claim], "The count fits the percentage only if it was rounded twice.",
                       f"{words}; printed is {value}.", f"{_rounded(share, claim)}%")  # fmt: skip
    if _cut_off(share, claim):
        return finding(NAME, "remark", [claim], "The percentage was cut off, not rounded.",
                       f"{words}; printed is {value}.", f"{_rounded(share, claim)}%")  # fmt: skip
    if claim.measure == "rate" and (claim.time is not None or claim.endpoint.endswith("_survival")):
        return finding(NAME, "remark", [claim], "The percentage is not n of N: it is taken from a survival curve.",
                       f"{words}; printed is {value}, which counts those who were followed for less.")  # fmt: skip
    return finding(NAME, "contradicted", [claim], "The count is not that percentage.",
                   f"{words}; printed is {value}.{_other(claim, denominator)}",
                   f"{_rounded(share, claim)}%")  # fmt: skip


def _cut_off(share: float, claim: Claim) -> bool:
    assert claim.value is not None
    unit = 10.0**-claim.value.decimals
    return claim.value.value <= share < claim.value.value + unit


def _other(claim: Claim, denominator: int) -> str:
    """Which counts or denominators would do."""
    assert claim.value is not None
    fits = whole(box(claim.value, margin=0.0), denominator)
    out = f" {fits[0]:,} of {denominator:,} would be {printed(claim.value, '%')}." if fits else ""
    return out or f" No whole number of {denominator:,} is {printed(claim.value, '%')}."


def _share(share: float, claim: Claim) -> str:
    assert claim.value is not None
    return f"{share:.{min(claim.value.decimals + 2, 6)}f}"


def _rounded(share: float, claim: Claim) -> str:
    assert claim.value is not None
    return f"{share:.{min(claim.value.decimals, 6)}f}"


def _people(claim: Claim, count: int) -> tuple[int, int]:
    """Denominators of which a count is the percentage: from, to; (1, 0) where there is none."""
    assert claim.value is not None
    low, high = box(claim.value)
    if count == 0 or low <= 0.0:
        return (1, 10**9) if low <= 0.0 else (1, 0)
    return max(count, math.ceil(100.0 * count / high - 1e-9)), math.floor(100.0 * count / low + 1e-9)


def _others_told(reading: Reading, claim: Claim, source: Claim, least: int) -> bool:
    """Whether a number of people that is large enough stands between the size and the claim."""
    return any(
        source.end <= one.start < claim.start
        and one.measure in ("sample_size", "arm_size")
        and (_size(one) or 0) >= least
        for one in reading.claims
    )


def _counted(
    reading: Reading, claim: Claim, count: int, known: list[tuple[int, Claim]], sizes: dict[str, list[Claim]]
) -> Finding | None:
    assert claim.value is not None
    value = printed(claim.value, "%")
    for size, source in known:
        if _holds(claim, count, size):
            words = f"{count:,} of {size:,} is {_share(100.0 * count / size, claim)}%; printed is {value}."
            return finding(NAME, "consistent", [claim, source], "The count fits the percentage and the size.", words)
    size, source = known[0]
    share = 100.0 * count / size
    words = f"{count:,} of {size:,} is {_share(share, claim)}%; printed is {value}"
    if box(claim.value).holds(share) or _cut_off(share, claim):
        return finding(NAME, "remark", [claim, source], "The count fits only if it was rounded twice or cut off.",
                       words + ".", f"{_rounded(share, claim)}%")  # fmt: skip
    others = [c for arm, group in sizes.items() if arm != claim.arm for c in group if c.source == claim.source]
    if (other := next((c for c in others if _holds(claim, count, _size(c) or 0)), None)) is not None:
        if "|" in sentence_text(reading, claim):
            return None  # a cell under a header of several rows: whose it is, is not sure
        return finding(NAME, "remark", [claim, other], "The percentage is that of another arm's size.",
                       f"{words}, which {count:,} is of {_size(other):,}.", f"{_rounded(share, claim)}%")  # fmt: skip
    first, last = _people(claim, count)
    largest = max(n for n, _ in known)
    if first > last:
        return finding(NAME, "contradicted", [claim, source], "No number of people makes this count that percentage.",
                       words + ".", f"{_rounded(share, claim)}%")  # fmt: skip
    people = f"{first:,}" if first == last else f"{first:,} to {last:,}"
    words += f", which {count:,} is of {people} people"
    if first > largest and _others_told(reading, claim, source, first):
        return None  # people of another trial, or of another analysis, were told in between
    if first > largest and near(claim, source):
        return finding(NAME, "contradicted", [claim, source], "The percentage needs more people than the arm has.",
                       f"{words}; the largest number printed for the arm is {largest:,}.",
                       f"{_rounded(share, claim)}%")  # fmt: skip
    sibling = _sibling(reading, claim, sizes)
    if sibling is not None and not any(_MOST * n <= last and first <= n for n, _ in known) and len(known) == 1:
        return finding(NAME, "contradicted", [claim, source, sibling], "The count is not that percentage of the arm.",
                       f"{words}; the other arm's {sibling.quote} is of all {_text_size(sibling, sizes)} of it.",
                       f"{_rounded(share, claim)}%")  # fmt: skip
    return finding(NAME, "remark", [claim, source], "The percentage is not of a number of people that the text gives.",
                   words + ": a part of the arm, or one of the numbers is off.",
                   f"{_rounded(share, claim)}% of {size:,}")  # fmt: skip


def _sibling(reading: Reading, claim: Claim, sizes: dict[str, list[Claim]]) -> Claim | None:
    """The same count of another arm in the same row or sentence, if it is of all people of its arm."""
    for other in around(reading, claim):
        alike = other.measure == claim.measure and other.endpoint == claim.endpoint and other.term == claim.term
        if not alike or other.arm in ("", claim.arm) or other.sentence != claim.sentence or not near(other, claim):
            continue
        count = exact(other.count)
        if count is None or other.value is None or other.denominator is not None:
            continue
        if any(
            size and box(other.value, margin=0.0).holds(100.0 * count / size)
            for size in map(_size, sizes.get(other.arm, []))
        ):
            return other
    return None


def _text_size(claim: Claim, sizes: dict[str, list[Claim]]) -> str:
    count = exact(claim.count) or 0
    fits = [
        n
        for n in map(_size, sizes.get(claim.arm, []))
        if n and claim.value and box(claim.value).holds(100.0 * count / n)
    ]
    return f"{fits[0]:,}" if fits else "?"


def _alone(claim: Claim, denominator: int | None, sizes: list[Claim]) -> Iterator[Finding]:
    """A percentage without a count: is there a whole number of people?"""
    assert claim.value is not None
    if not 0.0 <= claim.value.value <= 100.0:
        return
    value, inner, outer = printed(claim.value, "%"), box(claim.value, margin=0.0), box(claim.value)
    if denominator:
        tried = [(denominator, claim)]
    else:
        own = (c for c in sizes if c.measure == "arm_size" or (c.endpoint == claim.endpoint and c.endpoint))
        tried = [(n, c) for c in own if (n := _size(c)) and c.source == claim.source and claim.arm][:12]
    if not tried:
        return
    for n, source in tried:
        fits = whole(inner, n)
        if fits:
            some = f"{fits[0]:,}" if len(fits) == 1 else f"{fits[0]:,} to {fits[-1]:,}"
            share = num(100.0 * fits[0] / n)
            yield finding(NAME, "consistent", [claim, source], "A whole number of people has that percentage.",
                          f"{some} of {n:,} is {value} ({fits[0]:,} of them {share}%).")  # fmt: skip
            return
    if claim.measure == "adverse_event_rate" and not denominator:
        return  # of those treated, whose number is seldom printed
    n, source = tried[0]
    below = math.floor(claim.value.value * n / 100.0)
    words = " and ".join(f"{k:,} of {n:,} is {_share(100.0 * k / n, claim)}%" for k in (below, below + 1) if k <= n)
    hard = denominator is not None and not whole(outer, n)
    yield finding(NAME, "contradicted" if hard else "remark", [claim, source],
                  f"No whole number of {n:,} people is {value}.",
                  words + ("." if hard else f": {value} is of other people, or of a survival curve."))  # fmt: skip
