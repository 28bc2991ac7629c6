"""What is told of a claim and the row that it was compared with."""

from __future__ import annotations

from typing import Final

from equipoise.evidence.matching.fit import Check, number_check, row_box, value_text, worst
from equipoise.evidence.matching.rows import Candidate, event_kind, levels_of
from equipoise.evidence.model import Claim, Finding, Lexicon
from equipoise.evidence.sought import Sought
from equipoise.results.display import format_p, format_plain, format_value
from equipoise.results.statistic import Statistic
from equipoise.results.vocabulary import VOCABULARY
from equipoise.units import DAYS_PER_UNIT

__all__ = ["about", "agreed", "contradicted", "not_held", "not_told", "printed", "row_words"]

Tried = tuple[Sought, Candidate, list[Check]]

_HOLDS: Final = {"results": "the results", "facts": "the published facts"}
_OPEN: Final = {
    "endpoint": "which endpoint", "arm": "which arm", "time": "at what time", "population": "of whom",
    "grade": "of what grade",
}  # fmt: skip


def _whose(name: str) -> str:
    return _HOLDS.get(name, name)


def about(row: Statistic, lexicon: Lexicon) -> str:
    """What a row is of, in words: "hazard ratio (pfs, palbo against standard)".

    Args:
        row: The row.
        lexicon: Known names, with the unit of time.
    """
    key = row.key
    what = VOCABULARY[key.statistic].label
    what = what if what.isupper() or what == "P" else what[:1].lower() + what[1:]
    category, _, grade = event_kind(row)
    events = key.statistic.startswith("ae_")
    groups = dict(key.groups)
    parts = [
        key.endpoint,
        f"{key.arm} against {key.versus}" if key.versus else key.arm,
        f"at {format_plain(key.time)} {lexicon.unit}" if key.time is not None else "",
        groups.get("term", "") if events else "",
        f"grade {grade}" if events and grade else "",
        category if events and category != "any" else "",
        ", ".join(f"{one} {level}" for one, level in levels_of(row) if one != "factor"),
        groups.get("population", "") or key.population,
    ]
    return f"{what} ({', '.join(part for part in parts if part)})" if any(parts) else what


def printed(row: Statistic, lexicon: Lexicon, unit: str = "") -> str:
    """A row as print would show it, short.

    Args:
        row: The row.
        lexicon: Known names, with the unit of time.
        unit: The text's unit of time.
    """
    if row.printed is not None:
        return f"{row.printed.characters} {row.unit}".strip()
    told = unit if unit in DAYS_PER_UNIT else lexicon.unit
    if row.key.statistic == "p_value":
        return f"P {format_p(row.value)}" if row.value is not None else ""
    return format_value(row, time_unit=told, days_per_month=lexicon.days_per_month, unit=True)  # type: ignore[arg-type]


def _said(checks: list[Check], outcome: str = "") -> str:
    told = [check.said if check.what in ("value", "P") else f"{check.what} {check.said}" for check in checks
            if not outcome or check.outcome == outcome]  # fmt: skip
    return ", ".join(told)


def _steps(checks: list[Check], row: Statistic) -> str:
    """The comparison, number by number."""
    words = {"fits": "agrees", "margin": "agrees only if it was rounded twice or cut off", "differs": "differs",
             "open": "no such number to compare with"}  # fmt: skip
    lines = [f"{check.what}: the text prints {check.said}, the row holds {check.found}: {words[check.outcome]}"
             for check in checks]  # fmt: skip
    return f"{row.id}. " + "; ".join(lines) + "."


def agreed(name: str, claim: Claim, fitting: Tried, lexicon: Lexicon, *, remark: str = "") -> Finding:
    """A claim that a row confirms.

    Args:
        name: Name of the rule.
        claim: The claim.
        fitting: The row, and the comparison.
        lexicon: Known names.
        remark: What is special: of another method or data cut than the one expected.
    """
    _, candidate, checks = fitting
    row = candidate.row
    what = about(row, lexicon)
    sentence = f"Confirmed by {_whose(name)}: {what}."
    margin = worst(checks) == "margin"
    if remark:
        sentence = f"This is the {what}, but of {remark}."
    elif margin:
        sentence = f"This fits the {what} only if the number was rounded twice or cut off."
    if candidate.open:
        sentence += f" The text does not say {_listed([_OPEN[one] for one in sorted(candidate.open)])}."
    verdict = "remark" if remark or margin else "consistent"
    return Finding(name, verdict, (claim.id,), sentence, _steps(checks, row))  # type: ignore[arg-type]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def contradicted(name: str, claim: Claim, differing: Tried, lexicon: Lexicon, near: Tried | None) -> Finding:
    """A claim that a row contradicts, with the row that it may have been taken from.

    Args:
        name: Name of the rule.
        claim: The claim.
        differing: The row that the claim is about, and the comparison.
        lexicon: Known names.
        near: A row that differs from the claim's in one respect, and has its numbers.
    """
    sought, candidate, checks = differing
    row = candidate.row
    expected = printed(row, lexicon, claim.unit)
    if sought.way in ("complement", "reduction", "share") or sought.swapped:
        expected = next((check.found for check in checks if check.what == "value"), expected)
    if candidate.misses:
        where = _near_words(candidate, lexicon, claim).removeprefix("that is the value ")
        where += ", not at the time that the text names" if candidate.misses == {"time"} else ""
        sentence = f"{_cap(_whose(name))} hold this value {where}."
    else:
        wrong = _said(checks, "differs")
        sentence = f"{_cap(_whose(name))} hold another number: {about(row, lexicon)} is {expected}, not {wrong}."
    hint = _unit_hint(claim, row, lexicon)
    if near is not None:
        hint = f" {_cap(_near_words(near[1], lexicon, claim))}."
    arithmetic = _steps(checks, row)
    if near is not None:
        arithmetic += (
            f" The number in the text is that of {near[1].row.id}: {value_text(near[1].row, lexicon, claim.unit)}."
        )
    return Finding(name, "contradicted", (claim.id,), sentence + hint, arithmetic, expected)


def _cap(words: str) -> str:
    return words[:1].upper() + words[1:]


def _unit_hint(claim: Claim, row: Statistic, lexicon: Lexicon) -> str:
    """Whether a time would be right in another unit: 44.3 weeks for 44.3 months."""
    own = row_box(row)
    if claim.value is None or own is None or VOCABULARY[row.key.statistic].display != "time":
        return ""
    for unit in DAYS_PER_UNIT:
        if unit != claim.unit and number_check("value", claim.value, unit, own, row, lexicon).outcome == "fits":
            return f" The number is right in {unit}."
    return ""


def _near_words(candidate: Candidate, lexicon: Lexicon, claim: Claim) -> str:
    """What else the text's number is: "that is the value of standard"."""
    row = candidate.row
    respect = next(iter(candidate.misses))
    if respect == "arm":
        versus = f" against {row.key.versus}" if row.key.versus else ""
        return (
            f"that is the value of {row.key.arm}{versus}" if row.key.arm else "that is the value of all arms together"
        )
    if respect == "time":
        return (
            f"that is the value at {format_plain(row.key.time or 0.0)} {lexicon.unit}"
            if row.key.time
            else "that is the value of no time"
        )
    if respect == "endpoint":
        return f"that is the value of {row.key.endpoint}"
    if respect == "grade":
        return f"that is the value of grade {event_kind(row)[2] or 'any'}"
    level = ", ".join(f"{one} {level}" for one, level in levels_of(row) if one != "factor")
    whole = row.key.population or dict(row.key.groups).get("population") or "the whole trial"
    return f"that is the value in {level or whole}" + (f", not in {claim.population}" if claim.population else "")


def not_told(name: str, claim: Claim, candidate: Candidate) -> Finding:
    """A claim that does not say enough to be compared.

    Args:
        name: Name of the rule.
        claim: The claim.
        candidate: A row that it could be about.
    """
    unsaid = _listed([_OPEN[one] for one in sorted(candidate.open)]) if candidate.open else "enough"
    sentence = f"Not compared: the text does not say {unsaid}, and none of the numbers that it could mean agrees."
    return Finding(name, "unverifiable", (claim.id,), sentence, f"One of them is {candidate.row.id}.")


def not_held(name: str, claim: Claim, sought: Sought, near: Tried | None, lexicon: Lexicon) -> Finding:
    """A claim that the rows do not hold.

    Args:
        name: Name of the rule.
        claim: The claim.
        sought: What it states.
        near: A row that differs from the claim's in one respect, and has its numbers.
        lexicon: Known names.
    """
    what = VOCABULARY[sought.key.statistic].label.lower()
    sentence = f"Not computed: {_whose(name)} hold no such number ({what})."
    if near is None:
        return Finding(name, "unverifiable", (claim.id,), sentence, f"Looked for {sought.key.id}.")
    row = near[1].row
    sentence += f" {_cap(_near_words(near[1], lexicon, claim))}."
    arithmetic = f"Looked for {sought.key.id}; {row.id} holds {value_text(row, lexicon, claim.unit)}."
    return Finding(name, "remark", (claim.id,), sentence, arithmetic)


def row_words(row: Statistic, first: Statistic) -> str:
    """What tells a row from the one that would be expected: its method, interval, analysis or population.

    Args:
        row: The row.
        first: The row that would be expected.
    """
    for field in ("population", "method", "interval", "analysis"):
        own, other = getattr(row.key, field), getattr(first.key, field)
        if own != other:
            return f"the {field} {own or '(none)'}, not {other or '(none)'}"
    return f"{row.id}, not {first.id}"
