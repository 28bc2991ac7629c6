"""What a text says against rows of results or published facts: a join on the key, at printed precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from equipoise.evidence.matching.derived import date_finding, difference_finding, level_sought
from equipoise.evidence.matching.fit import Check, checks_of, p_check, worst
from equipoise.evidence.matching.marks import Marks
from equipoise.evidence.matching.rows import Candidate, Index, candidates, index_of
from equipoise.evidence.matching.words import agreed, contradicted, not_held, not_told, row_words
from equipoise.evidence.model import Claim, Finding, Lexicon, Reading
from equipoise.evidence.naming import endpoint_names
from equipoise.evidence.sought import Sought, of_the_trial, seek
from equipoise.results.key import Key
from equipoise.results.results import Results

__all__ = ["compare"]

Tried = tuple[Sought, Candidate, list[Check]]
_MANY_DIGITS = 3
"""A number with so many digits is seldom that of another row by chance."""
_ABOUT = 0.1
"""How far a total may be from the sum of the arms to be taken for it."""


@dataclass(frozen=True, slots=True)
class _Against:
    """What claims are compared with.

    Attributes:
        index: The rows.
        lexicon: Names of their trial.
        names: Endpoint as texts name it → the lexicon's name.
        name: Name of the rule.
        parts: Claims of a size that may be of a part: all but the largest total, and but the first of each arm.
    """

    index: Index
    lexicon: Lexicon
    names: Mapping[str, str]
    name: str
    parts: frozenset[str]


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
    index, names = index_of(results), endpoint_names(lexicon)
    to = _Against(index, lexicon, names, name, _parts(reading.claims))
    marks = Marks(reading, index, lexicon, names, name)
    found: list[Finding] = []
    for claim in reading.claims:
        own = marks.findings(claim)
        if own is not None:
            found += own
            continue
        found += marks.unknown(claim, list(_of_claim(claim, to)))
    return (*found, *marks.rest())


def _parts(claims: Iterable[Claim]) -> frozenset[str]:
    """Sizes that a text may give of a part of the trial or of an arm without saying so: "109 patients"."""
    sizes = [claim for claim in claims if claim.measure in ("sample_size", "arm_size") and claim.value is not None]
    arms: dict[str, Claim] = {}
    for claim in sizes:
        if claim.measure == "arm_size":
            arms.setdefault(claim.arm, claim)
    together = sum(_size(claim) for claim in arms.values()) if len(arms) > 1 else 0.0
    # A total that is not said to be one is about what the arms have together.
    totals = [
        claim
        for claim in sizes
        if claim.measure == "sample_size"
        and (claim.of in ("randomized", "enrolled")
             or (not claim.of and abs(_size(claim) - together) <= _ABOUT * together))
    ]  # fmt: skip
    whole = {claim.id for claim in arms.values()} | {max(totals, key=_size).id for _ in totals[:1]}
    return frozenset(claim.id for claim in sizes if claim.id not in whole)


def _size(claim: Claim) -> float:
    return claim.value.value if claim.value is not None else 0.0


def _of_claim(claim: Claim, to: _Against) -> Iterator[Finding]:
    asked = level_sought(claim, seek(claim, to.lexicon, to.names), to.index)
    number = _number(claim, asked, to) if asked and claim.measure != "p_value" else None
    for finding in (date_finding(to.name, claim, to.index), number, _p_value(claim, to)):
        if finding is not None:
            yield finding


def _number(claim: Claim, asked: tuple[Sought, ...], to: _Against) -> Finding | None:
    """The finding about value, limits and counts of a claim."""
    if claim.value is None and not claim.missing and claim.interval is None and claim.count is None:
        return None
    found = _pairs(claim, asked, to, levels=False)
    if to.index.level_of(claim.population) is not None:
        found += _pairs(claim, asked, to, levels=True)
    exact = _tried(claim, [pair for pair in found if not pair[1].misses], to)
    fitting = _best(exact)
    if fitting is not None:
        return _agreement(claim, fitting, exact, to)
    if asked[0].swapped:
        turned = _best(_tried(claim, [(replace(one[0], swapped=False), one[1]) for one in exact], to))
        if turned is not None:
            key = turned[1].row.key
            return agreed(to.name, claim, turned, to.lexicon, remark=f"{key.arm} against {key.versus}, not the reverse")
    near = _near(claim, asked, exact, [pair for pair in found if pair[1].misses], to)
    return _disagreement(claim, asked, exact, near, to)


def _near(
    claim: Claim,
    asked: tuple[Sought, ...],
    exact: list[Tried],
    aside: list[tuple[Sought, Candidate]],
    to: _Against,
) -> Tried | None:
    """A row that differs from a claim in one respect only, and has its numbers."""
    if asked[0].key.endpoint not in ("", *to.lexicon.endpoints):
        aside = []  # an endpoint of another trial: nothing is near
    if exact and not claim.population:
        aside = aside + _pairs(claim, (exact[0][0],), to, levels=True)
    return _best([one for one in _tried(claim, aside, to) if _telling(claim, one)])


def _disagreement(
    claim: Claim, asked: tuple[Sought, ...], exact: list[Tried], near: Tried | None, to: _Against
) -> Finding:
    """What is said of a claim that no row confirms."""
    meant = exact[0][0] if exact else None  # a rate without its time is no share of those with an event
    closed = [one for one in exact if one[0] is meant and not one[1].open and worst(one[2]) == "differs"]
    closed += [one for one in exact if one[1].open and _identified(one[2])]
    if near is not None and near[1].misses == {"grade"} and not (claim.grade or claim.term):
        remark = "those of a kind or grade that was not read in the text"
        return agreed(to.name, claim, near, to.lexicon, remark=remark)
    if closed and claim.id not in to.parts:
        return contradicted(to.name, claim, closed[0], to.lexicon, near)
    if near is not None and near[1].misses in ({"time"}, {"population"}) and not near[1].open:
        return contradicted(to.name, claim, near, to.lexicon, None)
    if exact:
        return not_told(to.name, claim, exact[0][1])
    derived = difference_finding(to.name, claim, asked, to.index, to.lexicon)
    return derived if derived is not None else not_held(to.name, claim, asked[0], near, to.lexicon)


def _pairs(claim: Claim, asked: tuple[Sought, ...], to: _Against, *, levels: bool) -> list[tuple[Sought, Candidate]]:
    return [(one, row) for one in asked for row in candidates(to.index, one, claim, to.lexicon, levels=levels)]


def _tried(claim: Claim, pairs: Iterable[tuple[Sought, Candidate]], to: _Against) -> list[Tried]:
    """Rows that a claim may be about, with the comparison of its numbers."""
    found = []
    for sought, candidate in pairs:
        size = to.index.size(candidate.row) if sought.way == "share" else None
        checks = checks_of(claim, sought, candidate.row, to.lexicon, size)
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


def _agreement(claim: Claim, fitting: Tried, exact: list[Tried], to: _Against) -> Finding:
    """What is said of a claim that a row confirms: more than that where it is not the row that one would expect."""
    cut, main = fitting[1].row.key.data_cut, to.index.cut
    if cut != main:
        return agreed(to.name, claim, fitting, to.lexicon, remark=f"the data cut {cut}, not of {main}")
    alike = [one for one in exact if _place(one) == _place(fitting)]
    first = next((one for one in alike if one[1].row.value is not None), alike[0])
    other = worst(first[2]) == "differs" and first[1].row.id != fitting[1].row.id
    if other and not _names_method(claim, fitting[1]):
        return agreed(to.name, claim, fitting, to.lexicon, remark=row_words(fitting[1].row, first[1].row))
    return agreed(to.name, claim, fitting, to.lexicon)


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
    plain = near[1].misses == {"arm"} or (near[1].misses == {"grade"} and not claim.grade and not claim.term)
    return digits >= _MANY_DIGITS or len(near[2]) > 1 or plain


def _order_of_test(key: Key, sides: int | None, claim: Claim) -> tuple[bool, bool, bool]:
    """What a printed P is of first: two-sided where nothing is said, the hypothesis, the declared test before Cox's."""
    one_sided = sides == 1 and (claim.p is None or claim.p.sides is None)
    return one_sided, not key.hypothesis, key.method.startswith("cox")


def _p_value(claim: Claim, to: _Against) -> Finding | None:
    """The finding about a claim's P: that of the test of its endpoint, arms and landmark."""
    if claim.p is None or {"noninferiority", "interaction"} & set(claim.p.method):
        return None
    asked = next(iter(seek(replace(claim, measure="p_value"), to.lexicon, to.names)), None)
    if asked is None:
        return None
    checked = [(row, p_check(claim.p.number, row.row)) for row in candidates(to.index, asked, claim, to.lexicon)]
    tried: list[Tried] = [(asked, row, [check]) for row, check in checked if check is not None]
    tried.sort(key=lambda one: _order_of_test(one[1].row.key, one[1].row.sides, claim))
    exact = [one for one in tried if not one[1].misses]
    fitting = _best(exact)
    if fitting is not None:
        if claim.p.sides is None and fitting[1].row.sides == 1 and any(one[1].row.sides == 2 for one in exact):
            remark = "a one-sided test, and the text does not say so"
            return agreed(to.name, claim, fitting, to.lexicon, remark=remark)
        return _agreement(claim, fitting, exact, to)
    near = _best([one for one in tried if one[1].misses and _telling(claim, one)])
    closed = [one for one in exact if not one[1].open]
    if closed:
        return contradicted(to.name, claim, closed[0], to.lexicon, near)
    return not_told(to.name, claim, exact[0][1]) if exact else not_held(to.name, claim, asked, near, to.lexicon)
