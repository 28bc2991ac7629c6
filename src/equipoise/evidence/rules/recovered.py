"""The count and the method behind a printed percentage with limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from equipoise.evidence.boxes import Box, box, z_of_level
from equipoise.evidence.model import Claim, Finding, Number, Reading
from equipoise.evidence.rules._binomial import METHODS, fits_method, limits
from equipoise.evidence.rules._common import NOT_WALD, exact, finding, interval_text, planned, printed, sizes_of
from equipoise.evidence.rules.count_percent import whole

__all__ = ["NAME", "REFERENCE", "SENTENCE", "Candidate", "check", "nearest", "recover"]

NAME = "recovered_counts"
SENTENCE = "A percentage with limits comes from a whole count of a denominator by a usual method."
REFERENCE = (
    "Newcombe RG. Two-sided confidence intervals for the single proportion: comparison of seven methods. Stat Med "
    "1998;17:857-872."
)
_WORDS = {
    "clopper_pearson": "Clopper-Pearson", "wilson": "Wilson", "wald": "Wald",
    "wilson_cc": "Wilson with continuity correction",
    "agresti_coull": "Agresti-Coull", "jeffreys": "Jeffreys", "mid_p": "mid-P", "logit": "Wald on the logit scale",
    "arcsine": "arcsine",
}  # fmt: skip
_LARGEST, _TRIED = 3000, 400  # denominators tried that are not declared: beyond, too many fit to tell
_LISTED = 5
_EXACT = ("clopper_pearson", "jeffreys", "mid_p")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A count, denominator and method that give a printed percentage and its limits.

    Attributes:
        count: People with the feature.
        denominator: All people.
        method: One of `METHODS`.
        declared: Whether the denominator is one that was given.
        twice: Whether it fits only with the margin for double rounding.
        level: Confidence level.
    """

    count: int
    denominator: int
    method: str
    declared: bool
    twice: bool
    level: float = 0.95

    @property
    def limits(self) -> tuple[float, float]:
        """Its limits in percent."""
        low, high = limits(self.method, self.count, self.denominator, self.level)
        return 100.0 * low, 100.0 * high


def recover(
    percent: Number,
    lower: Number,
    upper: Number,
    level: float = 0.95,
    denominators: Iterable[int] = (),
    *,
    largest: int | None = None,
) -> tuple[Candidate, ...]:
    """Counts, denominators and methods that give a printed percentage and its limits, the likeliest first.

    Declared denominators come first, then all others up to the largest declared one (or 1,000). Within each, those that
    fit without the margin for double rounding come first, then the more usual methods (Clopper-Pearson, Wilson, Wald,
    ...), then larger denominators. Nothing is chosen: all are returned.

    Args:
        percent: The percentage as printed (32.9).
        lower: Its lower limit, in percent.
        upper: Its upper limit, in percent.
        level: Confidence level.
        denominators: Numbers of people that the text gives.
        largest: Largest denominator to try that is not declared; 0 for declared ones only.

    Returns:
        Candidates in that order; none if no count and no method gives them.
    """
    declared = tuple(dict.fromkeys(n for n in denominators if n >= 1))
    inner = tuple(box(x, margin=0.0, percent=True) for x in (percent, lower, upper))
    outer = tuple(box(x, percent=True) for x in (percent, lower, upper))
    most = min(_LARGEST, max(declared, default=1000) if largest is None else largest)
    first, last = _range(percent, lower, upper, level)
    last = min(most, last)
    others = (n for n in range(max(1, first, last - _TRIED), last + 1) if n not in declared)
    found: list[tuple[tuple[int, int, int, int], Candidate]] = []
    for group, numbers in ((0, declared), (1, others)):
        for n in numbers:
            for k in whole(Box(100.0 * outer[0].lower, 100.0 * outer[0].upper), n)[:50]:
                if not _plausible(k, n, outer[1], outer[2], level):
                    continue
                for rank, method in enumerate(METHODS):
                    if not fits_method(method, k, n, outer[1], outer[2], level):
                        continue
                    once = inner[0].holds(k / n) and fits_method(method, k, n, inner[1], inner[2], level)
                    one = Candidate(k, n, method, group == 0, not once, level)
                    found.append(((group, int(not once), rank, -n), one))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def _plausible(k: int, n: int, lower: Box, upper: Box, level: float) -> bool:
    """Whether Wilson's limits come near: methods differ by z^2/(2n), more for few people, and 15% of half the width."""
    low, high = limits("wilson", k, n, level)
    room = 0.15 * (high - low) / 2.0 + (0.5 if min(k, n - k) >= 5 else 1.1) * z_of_level(level) ** 2 / n
    return lower.lower - room <= low <= lower.upper + room and upper.lower - room <= high <= upper.upper + room


def _range(percent: Number, lower: Number, upper: Number, level: float) -> tuple[int, int]:
    """Denominators whose intervals can have about that width, by inverting Wilson's limits, with room on both sides."""
    z, sizes = z_of_level(level), []
    p = percent.value / 100.0
    for end in (lower, upper):
        at = box(end, percent=True)
        for limit in at:
            limit = min(1.0, max(0.0, limit))
            gap = abs(p - limit)
            if gap > 0.0 and 0.0 < limit < 1.0:
                sizes.append(z * z * limit * (1.0 - limit) / (gap * gap))
    if not sizes:
        return 1, _LARGEST
    low, high = (0.6, 1.6) if 0.05 < p < 0.95 else (0.3, 2.0)  # near 0 and 1 methods differ more
    return math.floor(low * min(sizes)) - 5, math.ceil(high * max(sizes)) + 10


def nearest(
    percent: Number, lower: Number, upper: Number, level: float, denominators: Sequence[int]
) -> Candidate | None:
    """The count, denominator and method whose limits come nearest to printed ones that none gives.

    Args:
        percent: The percentage as printed.
        lower: Its lower limit, in percent.
        upper: Its upper limit, in percent.
        level: Confidence level.
        denominators: Numbers of people to try.
    """
    at, tried = box(percent), []
    closed = tuple(m for m in METHODS if m not in _EXACT)
    for n in dict.fromkeys(denominators):
        for k in list(whole(at, n))[:5] or [round(percent.value * n / 100.0)]:
            tried += [_off(percent, lower, upper, Candidate(k, n, m, True, False, level)) for m in closed]
    tried.sort(key=_first)
    for _, one in tried[:2]:  # exact limits lie near: those of the best counts are enough
        if one.denominator <= _LARGEST:
            more = [Candidate(one.count, one.denominator, m, True, False, level) for m in _EXACT]
            tried += [_off(percent, lower, upper, other) for other in more]
    return min(tried, key=_first)[1] if tried else None


def _first(pair: tuple[float, Candidate]) -> float:
    return pair[0]


def _off(percent: Number, lower: Number, upper: Number, one: Candidate) -> tuple[float, Candidate]:
    """How far a candidate's numbers lie from the printed ones; the percentage itself counts ten times."""
    share = 100.0 * one.count / one.denominator
    far = 10.0 * box(percent).gap(Box(share, share))
    low, high = one.limits
    return max(abs(low - lower.value), abs(high - upper.value), far), one


def check(reading: Reading) -> Iterator[Finding]:
    """Percentages of people with confidence limits; not those at a time, which come from survival curves.

    What fits is listed with its rank; a declared denominator and a usual method is consistent, a fit by double
    rounding, by another denominator or by no count at all is a remark. Never a contradiction, with one exception: a
    printed count and denominator of which every method gives one limit as printed and the other one far off.

    Args:
        reading: What was read.

    Yields:
        A finding for each.
    """
    sizes = sizes_of(reading)
    for claim in reading.claims:
        if claim.measure not in ("proportion", "adverse_event_rate") or claim.value is None or claim.time is not None:
            continue
        interval = claim.interval
        if interval is None or interval.lower is None or interval.upper is None or interval.kind != "confidence":
            continue
        usual = planned(claim) or claim.value.approximate or bool(claim.value.bound) or claim.unit != "%"
        if usual or not (0.0 <= interval.lower.value <= claim.value.value <= interval.upper.value <= 100.0):
            continue
        if not (NOT_WALD - {"exact"}).isdisjoint({*interval.method, *claim.method}):
            continue
        own = [n for n in map(_size, sizes.get(claim.arm, [])) if n]
        everyone = [n for group in sizes.values() for n in map(_size, group) if n]
        sized = [n for group in sizes.values() for c in group if c.measure != "proportion" and (n := _size(c))]
        most = max(sized, default=1000)
        yield _judge(claim, (claim.value, interval.lower, interval.upper), own, everyone, most)


def _size(claim: Claim) -> int | None:
    return exact(claim.value if claim.measure in ("arm_size", "sample_size") else claim.denominator)


def _judge(
    claim: Claim, numbers: tuple[Number, Number, Number], own: list[int], everyone: list[int], most: int
) -> Finding:
    assert claim.interval is not None
    value, lower, upper = numbers
    level = claim.interval.level
    text = f"{printed(value, '%')} ({interval_text(claim.interval)})"
    count, denominator = exact(claim.count), exact(claim.denominator)
    declared = [denominator] if denominator else own or everyone
    known = recover(value, lower, upper, level, declared, largest=0)
    if count is not None:
        known = tuple(c for c in known if c.count == count)
    if known and not known[0].twice:
        return finding(NAME, "consistent", [claim], "A count of people that the text gives has these limits.",
                       f"{text}: {_list(known)}.")  # fmt: skip
    if count is not None and denominator:
        return _of_count(claim, count, denominator, lower, upper, known, text)
    every = (*known, *recover(value, lower, upper, level, (), largest=most))
    if every:
        ranked = tuple(sorted(every, key=lambda c: (c.twice, not c.declared)))
        what = "the size of its arm" if own else "a number of people that the text gives"
        why = f"not of {what} without rounding twice" if known else f"of no {what[what.index(' ') + 1 :]}"
        return finding(NAME, "remark", [claim], f"The limits come from a count, but {why}.",
                       f"{text}: {_list((*known[:1], *(c for c in ranked if c not in known[:1])))}.",
                       _short(every[0]))  # fmt: skip
    close = nearest(value, lower, upper, level, [*declared, *_some(value, lower, upper, level, most)])
    tail = (
        ""
        if close is None
        else f" Nearest comes {_one(close)}, which would be {close.limits[0]:.2f} to {close.limits[1]:.2f}."
    )
    return finding(NAME, "remark", [claim], "No count and no usual method gives this percentage with these limits.",
                   f"{text}: no count of {most:,} people or fewer, by {_methods()}.{tail}",
                   "" if close is None else f"{close.limits[0]:.1f} to {close.limits[1]:.1f}")  # fmt: skip


def _some(value: Number, lower: Number, upper: Number, level: float, most: int) -> range:
    """Denominators that may come near: not more than 200."""
    first, last = _range(value, lower, upper, level)
    low, high = max(1, first), max(1, min(most, last))
    return range(low, high + 1, max(1, (high - low) // 200))


def _of_count(
    claim: Claim, count: int, denominator: int, lower: Number, upper: Number, known: tuple[Candidate, ...], text: str
) -> Finding:
    """Limits of a printed count that no method gives, or only with the margin."""
    assert claim.interval is not None
    assert claim.value is not None
    of = f"{count:,} of {denominator:,}"
    if known:
        return finding(NAME, "remark", [claim], "The limits fit the count only if they were rounded twice.",
                       f"{text}: {_list(known)}.")  # fmt: skip
    ends, level = (box(lower, percent=True), box(upper, percent=True)), claim.interval.level
    own = next((m for m in METHODS if fits_method(m, count, denominator, *ends, level)), "")
    if own:  # the percentage is another one: a finding of its own says so
        one = Candidate(count, denominator, own, declared=True, twice=False, level=level)
        return finding(NAME, "consistent", [claim], "The limits are those of the count, whatever the percentage.",
                       f"{text}: {_one(one)} has {one.limits[0]:.2f} to {one.limits[1]:.2f}.")  # fmt: skip
    tried: list[tuple[str, float, float]] = []
    for usual in METHODS[:7]:
        at = limits(usual, count, denominator, level)
        tried.append((usual, 100.0 * at[0], 100.0 * at[1]))
    method, low, high = min(tried, key=lambda t: max(abs(t[1] - lower.value), abs(t[2] - upper.value)))
    words = f"{text}: {of} has {low:.2f} to {high:.2f} by {_WORDS[method]}, and no usual method gives these limits."
    half = max((high - low) / 2.0, 1e-9)
    off = [
        min(box(lower).gap(Box(low, low)) for _, low, _ in tried) / half,
        min(box(upper).gap(Box(high, high)) for _, _, high in tried) / half,
    ]
    if (
        min(off) <= 0.1
        and max(off) >= 0.6
        and claim.interval.stated
        and box(claim.value).holds(100.0 * count / denominator)
    ):
        return finding(NAME, "contradicted", [claim], "One of the limits can't be that of the count.", words,
                       f"{low:.{lower.decimals}f} to {high:.{upper.decimals}f}")  # fmt: skip
    return finding(NAME, "remark", [claim], "No usual method gives these limits of the count.", words,
                   f"{low:.{lower.decimals}f} to {high:.{upper.decimals}f}")  # fmt: skip


def _methods() -> str:
    return ", ".join(_WORDS.values())


def _one(one: Candidate) -> str:
    return f"{one.count:,} of {one.denominator:,} by {_WORDS[one.method]}"


def _short(one: Candidate) -> str:
    return f"{one.count}/{one.denominator}"


def _list(found: tuple[Candidate, ...]) -> str:
    """Candidates by rank: "76 of 231 by Clopper-Pearson (26.88 to 39.37)"."""
    unique: dict[tuple[int, int], list[Candidate]] = {}
    for one in found:
        unique.setdefault((one.count, one.denominator), []).append(one)
    parts = []
    for same in list(unique.values())[:_LISTED]:
        first = same[0]
        others = list(dict.fromkeys(_WORDS[c.method] for c in same if c.method != first.method))[:2]
        more = f" (also {', '.join(others)})" if others else ""
        twice = ", rounded twice" if first.twice else ""
        parts.append(f"{_one(first)} ({first.limits[0]:.2f} to {first.limits[1]:.2f}{twice}){more}")
    left = len(unique) - _LISTED
    tail = f"; {left:,} more" if left > 0 else ""
    return "; ".join(f"{i}. {part}" for i, part in enumerate(parts, 1)) + tail if len(parts) > 1 else parts[0]
