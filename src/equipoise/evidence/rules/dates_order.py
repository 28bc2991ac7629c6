"""Dates come in order, and follow-up fits between them."""

from __future__ import annotations

import calendar
import datetime
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from equipoise.evidence.model import Claim, Finding, Reading, Verdict
from equipoise.evidence.rules._common import finding, near, num, planned, printed, sentence_text

__all__ = ["NAME", "REFERENCE", "SENTENCE", "check", "months_of"]

NAME = "dates_order"
SENTENCE = "Enrollment starts before it ends, ends before the data are cut, and nobody is followed longer than that."
REFERENCE = (
    "Hopewell S, Clarke M, Moher D, et al. CONSORT for reporting randomized controlled trials in journal and "
    "conference abstracts. PLoS Med 2008;5:e20."
)
_ORDER = ("enrollment_start", "enrollment_end", "data_cut", "publication")
_WORDS = {
    "enrollment_start": "enrollment started", "enrollment_end": "enrollment ended", "data_cut": "the data were cut off",
    "publication": "it was published",
}  # fmt: skip
_SYNONYMS = {
    "enrolment_start": "enrollment_start", "enrolment_end": "enrollment_end",
    "data_cutoff": "data_cut", "cutoff": "data_cut",
    "published": "publication", "randomization_start": "enrollment_start", "randomization_end": "enrollment_end",
}  # fmt: skip
_INTERIM = re.compile(r"\binterim\b|\bfirst (?:look|analysis)\b|\bearlier\b|\bprevious", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}
_ROOM = 31.0  # days granted to a follow-up that was rounded, or counted from first visits


class _Day(NamedTuple):
    """First and last day that a printed date may be."""

    first: datetime.date
    last: datetime.date
    claim: Claim


def months_of(claim: Claim) -> tuple[datetime.date, datetime.date] | None:
    """First and last day of a claim's date, which may be a day, a month or a year.

    Args:
        claim: A claim with an ISO date.
    """
    match = _ISO.match(claim.date)
    if match is None:
        return None
    year, month, day = (int(g) if g else 0 for g in match.groups())
    try:
        first = datetime.date(year, month or 1, day or 1)
        if day:
            return first, first
        last = month or 12
        return first, datetime.date(year, last, calendar.monthrange(year, last)[1])
    except ValueError:
        return None


def check(reading: Reading) -> Iterator[Finding]:
    """Dates of one trial in order; follow-up against the time from the first enrollment to the cut.

    A date that is before its forerunner by every reading of both is a contradiction; a remark where the passage tells
    of an interim look, whose cut may come before the last enrollment.

    Args:
        reading: What was read.

    Yields:
        A finding for each pair of neighbours, and for each follow-up that can be held against them.
    """
    by_source: dict[str, dict[str, list[_Day]]] = {}
    for claim in reading.claims:
        of = _SYNONYMS.get(claim.of, claim.of)
        days = months_of(claim) if claim.measure == "date" and of in _ORDER and not planned(claim) else None
        if days is not None:
            by_source.setdefault(claim.source, {}).setdefault(of, []).append(_Day(*days, claim))
    for source, dates in by_source.items():
        known = [of for of in _ORDER if of in dates]
        for before, after in itertools.pairwise(known):
            yield _order(reading, before, after, dates[before], dates[after])
        yield from _follow_up(reading, source, dates)


def _order(reading: Reading, before: str, after: str, early: list[_Day], late: list[_Day]) -> Finding:
    """The best pair decides: with several cuts the last one counts."""
    one = min(early, key=lambda d: d.first)
    two = max(late, key=lambda d: d.last)
    claims = [two.claim, one.claim]
    words = f"{_WORDS[before]} {_text(one)}, {_WORDS[after]} {_text(two)}"
    if one.first <= two.last:
        return finding(NAME, "consistent", claims, "The dates are in order.", f"{words[0].upper()}{words[1:]}.")
    by = (one.first - two.last).days
    arithmetic = f"{words[0].upper()}{words[1:]}, {by} day{'s' if by > 1 else ''} earlier."
    interim = any("interim" in c.method or _INTERIM.search(sentence_text(reading, c)) for c in claims)
    verdict: Verdict = "remark" if interim else "contradicted"
    return finding(
        NAME, verdict, claims, f"{_WORDS[after][0].upper()}{_WORDS[after][1:]} before {_WORDS[before]}.", arithmetic
    )


def _text(day: _Day) -> str:
    return day.claim.date if day.claim.date else day.claim.quote


def _follow_up(reading: Reading, source: str, dates: dict[str, list[_Day]]) -> Iterator[Finding]:
    """No follow-up is longer than from the first enrollment to the cut (or to the publication)."""
    ends = dates.get("data_cut") or dates.get("publication")
    if "enrollment_start" not in dates or not ends:
        return
    start = min(dates["enrollment_start"], key=lambda d: d.first)
    end = max(ends, key=lambda d: d.last)
    most = (end.last - start.first).days
    if most < 0:
        return
    for claim in reading.claims:
        length = _days(claim)
        if length is None or claim.source != source:
            continue
        unit, value = (claim.unit, claim.value) if claim.measure == "follow_up" else (claim.time_unit, claim.time)
        assert value is not None
        claims = [claim, start.claim, end.claim]
        span = f"from {_text(start)} to {_text(end)} are {num(most / _DAYS[unit], 3)} {unit}"
        what = "follow-up" if claim.measure == "follow_up" else "a percentage at"
        text = f"{what} {printed(value, unit)}; {span}."
        if length > most + _ROOM:
            # far from the date of the cut it may be the follow-up of a later one
            hard = claim.measure == "follow_up" and near(claim, end.claim)
            verdict: Verdict = "contradicted" if hard else "remark"
            yield finding(NAME, verdict, claims, "Nobody can have been followed that long.",
                          f"{text[0].upper()}{text[1:]}")  # fmt: skip
        elif claim.measure == "follow_up":
            yield finding(NAME, "consistent", claims, "The follow-up fits between the dates.",
                          f"{text[0].upper()}{text[1:]}")  # fmt: skip


def _days(claim: Claim) -> float | None:
    """Length of a follow-up, or the time of a percentage, in days."""
    if planned(claim):
        return None
    if claim.measure == "follow_up":
        value, unit = claim.value, claim.unit
    elif claim.measure == "rate":
        value, unit = claim.time, claim.time_unit
    else:
        return None
    if value is None or value.bound in ("<", "<=") or value.approximate or unit not in _DAYS:
        return None
    return (value.value - 0.5 * 10.0**-value.decimals) * _DAYS[unit]
