"""Context of claims: which arm, endpoint, population, time and source each number of a text belongs to."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from equipoise.evidence.claims.arms import Names, arms_of
from equipoise.evidence.claims.context_arms import assign_arms
from equipoise.evidence.claims.context_changes import changed
from equipoise.evidence.claims.context_endpoints import assign_endpoints, without_unread
from equipoise.evidence.claims.context_literal import outside_labels
from equipoise.evidence.claims.context_mentions import arm_mentions
from equipoise.evidence.claims.context_own import clean_label, fresh_words
from equipoise.evidence.claims.context_tables import Cell, header_phrase, of_studies, tables
from equipoise.evidence.claims.context_ties import CONTRASTS, PER_ARM
from equipoise.evidence.claims.context_words import Mention, Text, read_text, slug, within
from equipoise.evidence.claims.endpoints import endpoint_mentions, lexicon_names
from equipoise.evidence.claims.populations import population_mentions, sources
from equipoise.evidence.document import Document
from equipoise.evidence.model import Arm, Claim, Lexicon, Number, Reading

__all__ = ["place"]

_UNITS = {
    "d": "days",
    "day": "days",
    "week": "weeks",
    "wk": "weeks",
    "month": "months",
    "mo": "months",
    "mos": "months",
    "year": "years",
    "yr": "years",
    "h": "hours",
    "hour": "hours",
}
_TIME = re.compile(
    r"(?<![\d.,])(\d+(?:\.\d+)?)([ -])(?:several )?(days?|d|weeks?|wk|months?|mos?|years?|yrs?|h|hours?)\b",
    re.IGNORECASE,
)
_BEFORE_TIME = re.compile(
    r"\b(?:at|within|by|through|after|to|until|before|in)\s+(?:the )?(?:first |day |week |month |year )?$",
    re.IGNORECASE,
)
_UNIT_FIRST = re.compile(r"\b(?:at|by|through|to|until) (day|week|month|year) (\d+)\b", re.IGNORECASE)
_WORDED = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve)[ -](days?|weeks?|months?|years?)\b"
    r"(?![ -]old| study| trial| follow| period| course)"
)
_NUMBERS = {
    w: i
    for i, w in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}
_LANDMARKS = frozenset(
    (
        "rate",
        "proportion",
        "adverse_event_rate",
        "number_needed",
        "risk_difference",
        "events",
        "risk_ratio",
        "odds_ratio",
        "mean",
        "mean_difference",
    )
)
_FOLLOWED = re.compile(r"(?:follow-?up|median|mean|lasting|for|every|of|over)\s+(?:of |time of )?$", re.IGNORECASE)
_GRADE = re.compile(
    r"\bgrades?\s*(?:of\s*)?(?P<sign>\u2265|>=|>|at least )?\s*(?P<low>[1-5]|III|IV|V)(?:\s*(?P<join>or|and|to|-|/|"
    r"through)\s*(?P<high>[1-5]|IV|V|higher|worse|greater|above|more|over)|(?P<plus>\+))?",
    re.IGNORECASE,
)
_ROMAN = {"iii": "3", "iv": "4", "v": "5"}
_GRADED = frozenset(
    ("adverse_events", "treatment_related_adverse_events", "serious_adverse_events", "immune_mediated_adverse_events")
)


def place(document: Document, claims: Sequence[Claim], lexicon: Lexicon | None = None) -> Reading:
    """Claims with all that the text around them tells, and the arms of the text.

    Args:
        document: The text.
        claims: Its claims as `find_statements` gives them: numbers without arm, endpoint and population.
        lexicon: Names that are known, from a protocol or a facts file.

    Returns:
        Claims in the order of the text, called c1, c2, ...; what can't be told is left empty.
    """
    text = read_text(document.text)
    ordered = sorted(outside_labels(text, lexicon, claims), key=lambda claim: (claim.start, claim.end))
    names = arms_of(text, ordered, lexicon)
    arms = arm_mentions(text, names)
    endpoints = [m for m in endpoint_mentions(text, lexicon) if not _inside(m, arms)]
    placed, done = _from_tables(text, ordered, names, endpoints)
    placed = assign_arms(text, placed, names, arms, done)
    placed = assign_endpoints(text, placed, endpoints, arms, done)
    placed = _with_populations(text, placed, population_mentions(text, arms, lexicon), arms)
    placed = without_unread(placed)
    placed = _with_sources(text, placed, arms)
    placed = _with_times(text, placed)
    placed = _told_apart(text, _with_grades(text, placed))
    known = lexicon_names(lexicon)
    out = tuple(
        changed(
            claim,
            endpoint=known.get(claim.endpoint, claim.endpoint),
            id=f"c{i}",
            sentence=text.spans[text.sentence(claim.start)] if text.spans else (0, 0),
        )
        for i, claim in enumerate(placed, 1)
    )
    return Reading(document, out, tuple(_with_sizes(names.arms, out)))


def _told_apart(text: Text, claims: Sequence[Claim]) -> list[Claim]:
    """Claims of one sentence that seem to be the same number twice, with different values, as of populations unread.

    A sentence hardly ever gives one number two values: what tells the two apart was not understood.
    """
    out = list(claims)
    seen: dict[tuple[object, ...], Claim] = {}
    count = 1
    for i, claim in enumerate(out):
        if claim.value is None or not claim.endpoint or claim.measure in ("p_value", "events", "number"):
            continue
        at = None if claim.time is None else claim.time.value
        ground = (text.sentence(claim.start), claim.measure, claim.unit, claim.arm, claim.versus, claim.endpoint,
                  claim.term, claim.population, at, claim.grade, claim.source)  # fmt: skip
        other = seen.setdefault(ground, claim)
        if other is not claim and other.value is not None and other.value.value != claim.value.value:
            count += 1
            out[i] = changed(claim, population=f"{claim.population}_unread_{count}".strip("_"))
    return out


def _inside(mention: Mention, arms: Sequence[Mention]) -> bool:
    """Whether a mention is part of the name of an arm: "ET" of "ET alone" is no endpoint."""
    return any(m.end >= mention.end and m.name[0] != "*" for m in within(arms, mention.start - 120, mention.start + 1))


def _with_sizes(arms: Iterable[Arm], claims: Sequence[Claim]) -> Iterable[Arm]:
    """Arms with the claims that give their sizes."""
    sizes: dict[str, list[str]] = {}
    for claim in claims:
        if claim.measure == "arm_size" and claim.arm:
            sizes.setdefault(claim.arm, []).append(claim.id)
    return [replace(arm, size=tuple(sizes.get(arm.name, ()))) for arm in arms]


def _from_tables(
    text: Text, claims: Sequence[Claim], names: Names, endpoints: Sequence[Mention]
) -> tuple[list[Claim], frozenset[int]]:
    """Claims in tables with the arm of their column and the endpoint of their row; and their indices."""
    out = list(claims)
    done: set[int] = set()
    for table in tables(text):
        columns = [_column(text, cell, names) for cell in table.rows[0]]
        studies = of_studies(text, table)
        if studies:
            columns = [""] * len(columns)
        section = ""
        starts = [claim.start for claim in out]
        for row in table.rows:
            first, last = bisect_left(starts, row[0].start), bisect_left(starts, row[-1].end)
            named = list(within(endpoints, row[0].start, row[0].end))
            if first == last:
                section = named[0].name if named else ""
            empty = [
                columns[k]
                for k, cell in enumerate(row[: len(columns)])
                if columns[k] and not any(cell.start <= s < cell.end for s in starts[first:last])
            ]
            for i in range(first, last):
                j = next((k for k, cell in enumerate(row) if cell.start - 2 <= _where(out[i]) < max(cell.end, 1)), None)
                if j is None or not (any(columns) or studies):
                    continue
                done.add(i)
                claim = _arm_in_cell(out[i], columns[j] if len(row) == len(columns) and j else "", empty, names)
                if studies and len(row) == len(table.rows[0]) and j:
                    claim = changed(claim, source=slug(re.split(r"[(,]", text.plain[slice(*table.rows[0][j])])[0]))
                out[i] = _endpoint_in_row(text, claim, row[0], named, section) if j else claim
    return out, frozenset(done)


def _where(claim: Claim) -> int:
    """Where the number of a claim stands; its quote can begin in the row's header."""
    return claim.value.start if claim.value is not None and claim.value.start >= claim.start else claim.start


def _column(text: Text, cell: Cell, names: Names) -> str:
    """The arm that the header of a column names; "" where none."""
    phrase = header_phrase(text, cell, dict(names.short))
    which = names.resolve(phrase.key) if phrase else None
    return "" if which is None else names.arms[which].name


def _arm_in_cell(claim: Claim, column: str, empty: Sequence[str], names: Names) -> Claim:
    """A claim with the arm of its column; a contrast with the control, or with the only arm whose cell is empty."""
    if claim.measure in PER_ARM:
        return changed(claim, arm=column)
    experimental, control = names.role("experimental"), names.role("control")
    if claim.measure not in CONTRASTS:
        return claim
    if experimental is not None and control is not None and len(names.arms) == 2:
        return changed(claim, arm=names.arms[experimental].name, versus=names.arms[control].name)
    if column and len(empty) == 1 and empty[0] != column:
        return changed(claim, arm=column, versus=empty[0])
    return claim


def _endpoint_in_row(text: Text, claim: Claim, header: Cell, named: Sequence[Mention], section: str) -> Claim:
    """A claim with the endpoint that its row is about, or the heading above it."""
    if claim.endpoint or claim.measure in ("arm_size", "sample_size", "age", "follow_up"):
        return claim
    if named:
        first = named[0]
        if section and first.name == "death" and section != "death":
            return changed(claim, endpoint=f"{section}_death")
        term = first.name if first.form == "term" and claim.kind == "adverse_event_rate" else ""
        return changed(claim, endpoint="adverse_events" if term else first.name, term=claim.term or term)
    label = clean_label(text.plain[header.start : header.end])
    return changed(claim, endpoint="_".join(part for part in (section, label) if part)[:80])


def _with_populations(
    text: Text, claims: Sequence[Claim], mentions: Sequence[Mention], arms: Sequence[Mention]
) -> list[Claim]:
    """Claims with the population that their clause names: behind them if close, before them otherwise."""
    out = list(claims)
    for i, mention in _nearby(text, claims, mentions):
        out[i] = changed(out[i], population=out[i].population or mention.name)
    del arms
    return out


def _nearby(text: Text, claims: Sequence[Claim], mentions: Sequence[Mention]) -> Iterable[tuple[int, Mention]]:
    """For each claim the mention in its sentence that it belongs to."""
    per: dict[int, list[Mention]] = {}
    for mention in mentions:
        per.setdefault(text.sentence(mention.start), []).append(mention)
    for i, claim in enumerate(claims):
        named = per.get(text.sentence(claim.start), [])
        if not named:
            continue
        inside = next((m for m in named if claim.start <= m.start and m.end <= claim.end), None)
        behind = next((m for m in named if m.start >= claim.end), None)
        before = next((m for m in reversed(named) if m.end <= claim.start), None)
        following = claims[i + 1].start if i + 1 < len(claims) else len(text.plain)
        if inside:
            yield i, inside
        elif (
            behind
            and behind.start - claim.end < 25
            and behind.start < following
            and ";" not in text.plain[claim.end : behind.start]
        ):
            yield i, behind
        elif before:
            yield i, before
        elif behind and behind.start - claim.end < 120 and ";" not in text.plain[claim.end : behind.start]:
            yield i, behind


def _with_sources(text: Text, claims: Sequence[Claim], arms: Sequence[Mention]) -> list[Claim]:
    """Claims of another study, or of another analysis, marked as such.

    A contrast of another study has no arms of this one, unless its sentence names them.
    """
    named = sources(text, [claim.start for claim in claims], arms)
    told = {text.sentence(m.start) for m in arms}
    told |= {text.sentence(c.start) for c in claims if c.arm and not c.versus}
    out = []
    for claim, name in zip(claims, named, strict=True):
        placed = changed(claim, source=claim.source or name) if name else claim
        other = placed.source and not placed.source.endswith("_analysis") and text.sentence(claim.start) not in told
        out.append(changed(placed, arm="", versus="") if other and claim.measure in CONTRASTS else placed)
    return out


class _Landmark:
    """A time that numbers can be at."""

    def __init__(self, start: int, end: int, number: Number, unit: str) -> None:
        self.start, self.end, self.number, self.unit = start, end, number, unit


def _landmarks(text: Text) -> list[_Landmark]:
    """The times that a text gives: "at 48 months", "48-month", "at week 24", "two years"."""
    plain, found = text.plain, []
    for match in _TIME.finditer(plain):
        before = plain[max(0, match.start() - 30) : match.start()]
        lead = _BEFORE_TIME.search(before)
        if (match[2] == "-" or lead) and not _FOLLOWED.search(before):
            start = match.start() - len(before) + lead.start() if lead else match.start()
            decimals = len(match[1].partition(".")[2])
            number = Number(match[1], float(match[1]), decimals, match.start(1), match.end(1))
            found.append(_Landmark(start, match.end(), number, _unit(match[3])))
    for match in _UNIT_FIRST.finditer(plain):
        number = Number(match[2], float(match[2]), 0, match.start(2), match.end(2))
        found.append(_Landmark(match.start(), match.end(), number, _unit(match[1])))
    for match in _WORDED.finditer(text.low):
        if not _FOLLOWED.search(plain[max(0, match.start(1) - 22) : match.start(1)]):
            word = plain[match.start(1) : match.end(1)]
            number = Number(word, float(_NUMBERS[match[1]]), 0, match.start(1), match.end(1))
            found.append(_Landmark(match.start(), match.end(), number, _unit(match[2])))
    return sorted(found, key=lambda one: one.start)


def _unit(word: str) -> str:
    low = word.lower()
    return _UNITS.get(low) or _UNITS.get(low.removesuffix("s"), low)


def _with_times(text: Text, claims: Sequence[Claim]) -> list[Claim]:
    """Claims with the landmark that their sentence names before them, or right behind them."""
    out = list(claims)
    per: dict[int, list[_Landmark]] = {}
    for landmark in _landmarks(text):
        per.setdefault(text.sentence(landmark.start), []).append(landmark)
    for i, claim in enumerate(claims):
        if claim.time is not None or claim.measure not in _LANDMARKS:
            continue
        named = per.get(text.sentence(claim.start), [])
        inside = next((m for m in named if claim.start <= m.start and m.end <= claim.end), None)
        behind = next((m for m in named if m.start >= claim.end and m.start - claim.end < 40), None)
        before = next((m for m in reversed(named) if m.end <= claim.start), None)
        chosen = inside or before or behind
        if chosen is not None:
            out[i] = changed(claim, time=chosen.number, time_unit=chosen.unit)
    return out


def _with_grades(text: Text, claims: Sequence[Claim]) -> list[Claim]:
    """Claims about adverse events with the grade that their clause names."""
    out = list(claims)
    found = [(m.start(), m.end(), _grade(m)) for m in _GRADE.finditer(text.plain)]
    if not found:
        return out
    per: dict[int, list[tuple[int, int, str]]] = {}
    for grade in found:
        per.setdefault(text.sentence(grade[0]), []).append(grade)
    for i, claim in enumerate(claims):
        if claim.grade or not (
            _graded_events(claim) or claim.kind == "adverse_event_rate" or claim.endpoint in _GRADED or claim.term
        ):
            continue
        named = per.get(text.sentence(claim.start), [])
        before = [g for g in named if g[1] <= claim.end]
        behind = [g for g in named if g[0] >= claim.end and g[0] - claim.end < 30]
        chosen = before[-1:] or behind[:1]
        if chosen:
            bare = _graded_events(claim) or (
                not claim.endpoint and not claim.term and claim.unit == "%" and _of_any_kind(text, chosen[0], claim)
            )
            out[i] = changed(claim, grade=chosen[0][2], endpoint="adverse_events" if bare else claim.endpoint)
    return out


def _graded_events(claim: Claim) -> bool:
    """Whether a number counts events of a grade, "608 grade 3-4 events"."""
    return claim.measure == "events" and not claim.endpoint and bool(_GRADE.search(claim.quote))


def _of_any_kind(text: Text, grade: tuple[int, int, str], claim: Claim) -> bool:
    """Whether a clause says of events nothing but their grade: "Grade 3 or higher: 34%"."""
    start = max(text.plain.rfind(sign, 0, grade[0]) for sign in ".;:\n")
    words = text.plain[start + 1 : grade[0]] + ", " + text.plain[grade[1] : max(grade[1], claim.start)]
    return "unread" not in claim.population and fresh_words(words) is None


def _grade(match: re.Match[str]) -> str:
    """A grade as `3`, `3+` or `3-4`."""
    low = _ROMAN.get(match["low"].lower(), match["low"])
    high = (match["high"] or "").lower()
    if match["sign"] == ">":
        return f"{int(low) + 1}+"
    if match["sign"] or match["plus"] or (high and not high.isdigit() and high not in _ROMAN):
        return f"{low}+"
    return f"{low}-{_ROMAN.get(high, high)}" if high else low
