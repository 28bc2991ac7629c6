"""What a text says against rows of results or published facts: a join on the key, at printed precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from equipoise.evidence.matching.derived import date_finding, difference_finding, level_sought
from equipoise.evidence.matching.fit import Check, checks_of, p_check, worst
from equipoise.evidence.matching.marks import Marks
from equipoise.evidence.matching.rows import Candidate, Index, candidates, index_of
from equipoise.evidence.matching.words import (
    agreed,
    contradicted,
    not_held,
    not_told,
    row_words,
)
from equipoise.evidence.model import Claim, Finding, Lexicon, Reading
from equipoise.evidence.naming import endpoint_names
from equipoise.evidence.sought import Sought, of_the_trial, seek
from equipoise.results.results import Results

__all__ = ["compare"]

Tried = tuple[Sought, Candidate, list[Check]]
_MANY_DIGITS = 3
"""A number with so many digits is seldom that of another row by chance."""


def compare(reading: Reading, results: Results, lexicon: Lexicon, *, name: str) -> tuple[Finding, ...]:
    """Compare the claims of a text with results.

    Numbers of a page of ours carry the identifiers of their rows: each is compared with that very row, and the words
    around it must agree with the row's key. All others are compared by what they say.

    Args:
        reading: The text and its claims, read with the lexicon.
        results: Rows of an analysis, or published facts as rows.
        lexicon: Names of their trial.
        name: `results` or `facts`; the name of the rule in the findings.

    Returns:
        Findings: `consistent` for a claim that a row confirms, with the row's identifier and full precision;
        `contradicted` with both values; `remark` for one that only another method, cut or population has;
        `unverifiable` for one that these rows do not hold. Claims that no row could hold have none.
    """
    reading = replace(reading, claims=of_the_trial(reading.claims, lexicon.trial))
    index = index_of(results)
    names = endpoint_names(lexicon)
    marks = Marks(reading, index, lexicon, names, name)
    found: list[Finding] = []
    for claim in reading.claims:
        own = marks.findings(claim)
        if own is not None:
            found += own
            continue
        mine = list(_of_claim(claim, index, lexicon, names, name))
        found += marks.unknown(claim, mine)
    return (*found, *marks.rest())


def _of_claim(claim: Claim, index: Index, lexicon: Lexicon, names: Mapping[str, str], name: str) -> Iterator[Finding]:
    asked = level_sought(claim, seek(claim, lexicon, names), index)
    finding = date_finding(name, claim, index)
    if finding is not None:
        yield finding
    finding = _number(claim, asked, index, lexicon, name) if asked and claim.measure != "p_value" else None
    if finding is not None:
        yield finding
    finding = _p_value(claim, index, lexicon, names, name)
    if finding is not None:
        yield finding


def _number(claim: Claim, asked: tuple[Sought, ...], index: Index, lexicon: Lexicon, name: str) -> Finding | None:
    """The finding about value, limits and counts of a claim."""
    if claim.value is None and not claim.missing and claim.interval is None and claim.count is None:
        return None
    found = _pairs(claim, asked, index, lexicon, levels=False)
    if index.level_of(claim.population) is not None:
        found += _pairs(claim, asked, index, lexicon, levels=True)
    exact = _tried(claim, [pair for pair in found if not pair[1].misses], index, lexicon)
    fitting = _best(exact)
    if fitting is not None:
        return _agreement(claim, fitting, exact, lexicon, index, name)
    if asked[0].swapped:
        straight = [(replace(one[0], swapped=False), one[1]) for one in exact]
        turned = _best(_tried(claim, straight, index, lexicon))
        if turned is not None:
            key = turned[1].row.key
            return agreed(name, claim, turned, lexicon, remark=f"{key.arm} against {key.versus}, not the reverse")
    strange = asked[0].key.endpoint not in ("", *lexicon.endpoints)  # one of another trial: nothing is near
    aside = [] if strange else [pair for pair in found if pair[1].misses]
    if exact and not claim.population:
        aside += _pairs(claim, (exact[0][0],), index, lexicon, levels=True)
    others = _tried(claim, aside, index, lexicon)
    near = _best([one for one in others if _telling(claim, one)])
    meant = exact[0][0] if exact else None  # a rate without its time is no share of those with an event
    closed = [one for one in exact if one[0] is meant and not one[1].open and worst(one[2]) == "differs"]
    closed += [one for one in exact if one[1].open and _identified(one[2])]
    if claim.measure == "sample_size" and claim.of not in ("randomized", "enrolled"):
        closed = []  # "109 patients" may be any of them
    if closed:
        return contradicted(name, claim, closed[0], lexicon, near)
    if near is not None and near[1].misses in ({"time"}, {"population"}) and not near[1].open:
        return contradicted(name, claim, near, lexicon, None)
    if exact:
        return not_told(name, claim, exact[0][1])
    derived = difference_finding(name, claim, asked, index, lexicon)
    return derived if derived is not None else not_held(name, claim, asked[0], near, lexicon)


def _pairs(
    claim: Claim, asked: tuple[Sought, ...], index: Index, lexicon: Lexicon, *, levels: bool
) -> list[tuple[Sought, Candidate]]:
    return [(one, row) for one in asked for row in candidates(index, one, claim, lexicon, levels=levels)]


def _tried(claim: Claim, pairs: Iterable[tuple[Sought, Candidate]], index: Index, lexicon: Lexicon) -> list[Tried]:
    """Rows that a claim may be about, with the comparison of its numbers."""
    found = []
    for sought, candidate in pairs:
        size = index.size(candidate.row) if sought.way == "share" else None
        checks = checks_of(claim, sought, candidate.row, lexicon, size)
        if checks:
            found.append((sought, candidate, checks))
    return found


def _best(tried: list[Tried]) -> Tried | None:
    """The first that fits, before those of which the claim does not say everything; then those rounded twice."""
    for wanted in ("fits", "margin"):
        fitting = [one for one in tried if worst(one[2]) == wanted]
        if fitting:
            return next((one for one in fitting if not one[1].open), fitting[0])
    return None


def _identified(checks: list[Check]) -> bool:
    """Whether two of a claim's numbers are those of a row, so that the claim is about it although a third differs."""
    outcomes = [check.outcome for check in checks]
    return outcomes.count("fits") > 1 and "differs" in outcomes


def _place(tried: Tried) -> tuple[object, ...]:
    """What a row is of, apart from how it was computed."""
    key = tried[1].row.key
    return tried[0].way, key.statistic, key.endpoint, key.arm, key.versus, key.time, key.groups


def _agreement(claim: Claim, fitting: Tried, exact: list[Tried], lexicon: Lexicon, index: Index, name: str) -> Finding:
    """What is said of a claim that a row confirms: more than that where it is not the row that one would expect."""
    cut = fitting[1].row.key.data_cut
    if cut != index.cut:
        return agreed(name, claim, fitting, lexicon, remark=f"the data cut {cut}, not of {index.cut}")
    alike = [one for one in exact if _place(one) == _place(fitting)]
    first = next((one for one in alike if one[1].row.value is not None), alike[0])
    other = worst(first[2]) == "differs" and first[1].row.id != fitting[1].row.id
    if other and not _names_method(claim, fitting[1]):
        return agreed(name, claim, fitting, lexicon, remark=row_words(fitting[1].row, first[1].row))
    return agreed(name, claim, fitting, lexicon)


def _names_method(claim: Claim, candidate: Candidate) -> bool:
    """Whether the text says how the number was computed, and the row was computed so."""
    said = {*claim.method, *(claim.interval.method if claim.interval else ()), *(claim.p.method if claim.p else ())}
    parts = {*candidate.row.key.method.split("."), *candidate.row.key.interval.split(".")}
    if "unstratified" in said or "unadjusted" in said:
        return not parts & {"stratified", "adjusted"}
    return bool(said & parts)


def _telling(claim: Claim, near: Tried) -> bool:
    """Whether a number that is that of another row is so by mistake, not by chance."""
    value = claim.value
    digits = len(value.text.strip("%<>= ").replace(".", "").lstrip("0")) if value is not None else 0
    return digits >= _MANY_DIGITS or len(near[2]) > 1 or near[1].misses == {"arm"}


def _p_value(claim: Claim, index: Index, lexicon: Lexicon, names: Mapping[str, str], name: str) -> Finding | None:
    """The finding about a claim's P."""
    asked = _test(claim, lexicon, names)
    if asked is None or claim.p is None or {"noninferiority", "interaction"} & set(claim.p.method):
        return None
    tried: list[Tried] = []
    for candidate in candidates(index, asked, claim, lexicon):
        check = p_check(claim.p.number, candidate.row)
        if check is not None:
            tried.append((asked, candidate, [check]))
    if claim.p.sides is None:
        tried.sort(key=lambda one: one[1].row.sides == 1)  # what is printed without its sides is two-sided
    exact = [one for one in tried if not one[1].misses]
    fitting = _best(exact)
    if fitting is not None:
        row = fitting[1].row
        if claim.p.sides is None and row.sides == 1 and any(one[1].row.sides == 2 for one in exact):
            return agreed(name, claim, fitting, lexicon, remark="a one-sided test, and the text does not say so")
        return _agreement(claim, fitting, exact, lexicon, index, name)
    near = _best([one for one in tried if one[1].misses and _telling(claim, one)])
    closed = [one for one in exact if not one[1].open]
    if closed:
        return contradicted(name, claim, closed[0], lexicon, near)
    return not_told(name, claim, exact[0][1]) if exact else not_held(name, claim, asked, near, lexicon)


def _test(claim: Claim, lexicon: Lexicon, names: Mapping[str, str]) -> Sought | None:
    """The test that a P belongs to: that of the claim's endpoint, arms and landmark."""
    found = seek(replace(claim, measure="p_value"), lexicon, names)
    return found[0] if found else None
