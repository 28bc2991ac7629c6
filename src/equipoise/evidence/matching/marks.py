"""Pages of ours: each number names its row, so it is compared with that row, and the words around it with its key."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from equipoise.evidence.document import Marked
from equipoise.evidence.facts.numbers import absent, number_of
from equipoise.evidence.matching.decisions import compared_words, decision_check
from equipoise.evidence.matching.fit import Check, number_check, p_check, row_box, value_text
from equipoise.evidence.matching.rows import Index, event_kind, line_of, misses
from equipoise.evidence.matching.words import about
from equipoise.evidence.model import Claim, Finding, Lexicon, Number, Reading
from equipoise.evidence.sought import GENERIC_CONTRAST, Sought, base_of, seek
from equipoise.results.statistic import Statistic
from equipoise.results.vocabulary import VOCABULARY
from equipoise.units import DAYS_PER_UNIT, TimeUnit, convert

__all__ = ["Marks"]

_FOLLOWS: Final = re.compile(r"\s{1,3}(day|week|month|year|percentage point)s?\b|\s?(%)")
_NUMBERS: Final = re.compile(r"[<>≤≥]?\s?[-+\u2212]?\d[\d,]*(?:\.\d+)?%?|[<>≤≥]?\s?[-+\u2212]?\.\d+")
_ABSENT: Final = re.compile(r"not reached|not evaluable|not estimable|\bNR\b|\bNE\b", re.IGNORECASE)
_DECLARED: Final = "declared"
"""Field of words of the declaration on a page: a number in them is no result."""
_PARTS: Final = ("value", "interval", "events", "denominator", "per_hundred")
"""Fields whose number is of the row, whose words must be those of its key. In tables of a dossier, whose marks have no
fields, words stand too far away."""


class Marks:
    """The marks of a page.

    Args:
        reading: The page and its claims.
        index: The rows.
        lexicon: Known names.
        names: Endpoint as texts name it → the lexicon's name.
        name: Name of the rule.
    """

    def __init__(self, reading: Reading, index: Index, lexicon: Lexicon, names: Mapping[str, str], name: str) -> None:
        self.reading, self.index, self.lexicon, self.names, self.name = reading, index, lexicon, names, name
        known = (mark for mark in reading.document.marks if _is_statistic(mark))
        self.marks = tuple(sorted(known, key=lambda mark: mark.start))
        self.starts = [mark.start for mark in self.marks]
        self.ends = list(accumulate((mark.end for mark in self.marks), max))
        self.told: set[Marked] = set()

    def of(self, claim: Claim) -> list[Marked]:
        """Marks that a claim's quote touches."""
        first, last = bisect_right(self.ends, claim.start), bisect_left(self.starts, claim.end)
        return [mark for mark in self.marks[first:last] if claim.start < mark.end]

    def findings(self, claim: Claim) -> list[Finding] | None:
        """What the marks of a claim say of it.

        Args:
            claim: The claim.

        Returns:
            One finding, none for words of the declaration; None where the claim has no mark, or one that the rows do
            not know.
        """
        if any(mark.field == _DECLARED and mark.start < claim.end and claim.start < mark.end
               for mark in self.reading.document.marks):  # fmt: skip
            return []
        own = self.of(claim)
        rows = [self.index.results.get(mark.stat) for mark in own]
        if not own or any(row is None for row in rows):
            return None
        checks: list[tuple[Statistic, Check]] = []
        wrong: list[str] = []
        for mark, row in zip(own, rows, strict=True):
            assert row is not None
            self.told.add(mark)
            checks += [(row, check) for check in self._checks(mark, row, claim)]
            if mark.field in _PARTS and _holds(mark, claim):
                wrong += [words for words in self._words(claim, row) if words not in wrong]
        return [self._finding(claim, checks, wrong)] if checks else None

    def unknown(self, claim: Claim, mine: Sequence[Finding]) -> list[Finding]:
        """What is said of a claim whose marks name rows that there are not; `mine` if it was found by what it says.

        Args:
            claim: The claim.
            mine: What comparing by meaning found.
        """
        missing = [mark for mark in self.of(claim) if self.index.results.get(mark.stat) is None]
        self.told.update(missing)
        if not missing or any(finding.verdict in ("consistent", "contradicted") for finding in mine):
            return list(mine)
        return [_no_row(self.name, missing[0], (claim.id,))]

    def rest(self) -> list[Finding]:
        """Numbers that carry a mark and are in no claim: only what is wrong is told."""
        found = []
        for mark in self.marks:
            if mark in self.told:
                continue
            row = self.index.results.get(mark.stat)
            if row is None:
                found.append(_no_row(self.name, mark, ()))
                continue
            checks = [(row, check) for check in self._checks(mark, row, None) if check.outcome == "differs"]
            if checks:
                found.append(self._finding(None, checks, []))
        return found

    def _finding(self, claim: Claim | None, checks: list[tuple[Statistic, Check]], wrong: list[str]) -> Finding:
        claims = () if claim is None else (claim.id,)
        differing = [(row, check) for row, check in checks if check.outcome == "differs"]
        rows = list(dict.fromkeys(row.id for row, _ in checks))
        steps = [f"{check.what}: the page prints {check.said}, {row.id} holds {check.found}" for row, check in checks]
        arithmetic = f"Marked as {', '.join(rows)}. " + "; ".join(steps) + "."
        if differing:
            row, check = differing[0]
            sentence = f"The page marks {check.said} as the {about(row, self.lexicon)}, which is {check.found}."
            return Finding(self.name, "contradicted", claims, sentence, arithmetic, check.found)
        if wrong:
            row = checks[0][0]
            sentence = f"The number is the {about(row, self.lexicon)}, but the words around it say {'; '.join(wrong)}."
            return Finding(self.name, "contradicted", claims, sentence, arithmetic, value_text(row, self.lexicon))
        margin = any(check.outcome == "margin" for _, check in checks)
        sentence = f"Confirmed by the marked rows: {about(checks[0][0], self.lexicon)}."
        return Finding(self.name, "remark" if margin else "consistent", claims, sentence, arithmetic)

    def _checks(self, mark: Marked, row: Statistic, claim: Claim | None) -> list[Check]:
        """The numbers under a mark against its row."""
        text = self.reading.document.text
        shown = " ".join(text[mark.start : mark.end].split())
        unit = self._unit(mark, claim, row)
        if mark.field == "decision":
            return [decision_check(text, mark, row, self.index.results, self.lexicon)]
        if mark.field in ("conf_level", "events", "denominator", "time"):
            return [self._plain(mark.field, shown, row, unit)]
        if mark.field == "interval":
            return self._limits(shown, row, unit)
        if mark.field == "per_hundred":
            return [_per_hundred(shown, row)]
        own = row_box(row)
        numbers = [number for number in map(number_of, _NUMBERS.findall(shown)) if number is not None]
        if not numbers or own is None:
            told = re.search(rf"(?<!not ){re.escape(row.text)}$", shown) if row.text else None
            same = own is None and (bool(_ABSENT.search(shown)) or told is not None)
            return [Check("value", shown, value_text(row, self.lexicon, unit), "fits" if same else "differs")]
        if VOCABULARY[row.key.statistic].display == "p":
            check = p_check(numbers[0], row)
        else:
            check = number_check("value", numbers[0], unit, own, row, self.lexicon)
        if check is not None and check.outcome == "differs" and not mark.field:
            check = _other_number(numbers[0], row) or check
        return [check] if check is not None else []

    def _unit(self, mark: Marked, claim: Claim | None, row: Statistic) -> str:
        """Unit of a marked number: the word that follows it, else that of the claim, else that of the trial."""
        found = _FOLLOWS.match(self.reading.document.text, mark.end)
        if found:
            return "%" if found[2] else f"{found[1]}s"
        if claim is not None and claim.unit in DAYS_PER_UNIT and VOCABULARY[row.key.statistic].display == "time":
            return claim.unit
        return "" if VOCABULARY[row.key.statistic].display != "time" else self.lexicon.unit

    def _plain(self, field: str, shown: str, row: Statistic, unit: str) -> Check:
        """A level, a count or a landmark."""
        number = next((number for number in map(number_of, _NUMBERS.findall(shown)) if number is not None), None)
        own: float | None = row.key.time if field == "time" else getattr(row, field)
        if field == "denominator" and own is None:
            own = self.index.size(row)
        if field == "conf_level" and own is not None:
            own *= 100
        if field == "time" and own is not None and unit in DAYS_PER_UNIT:
            own = convert(own, self.lexicon.unit, _time(unit), days_per_month=self.lexicon.days_per_month)
        what = {"conf_level": "level", "events": "count", "time": "time"}.get(field, field)
        if number is None or own is None:
            return Check(what, shown, "no number" if own is None else f"{own:.7g}", "differs")
        close = (
            abs(number.value - own) <= 0.5 * 10**-number.decimals if field == "time" else abs(number.value - own) < 1e-6
        )
        return Check(what, shown, f"{own:.10g}", "fits" if close else "differs")

    def _limits(self, shown: str, row: Statistic, unit: str) -> list[Check]:
        parts = shown.split(" to ")
        if len(parts) != 2:
            return [Check("limits", shown, value_text(row, self.lexicon, unit), "differs")]
        found = []
        for what, part, field in (("lower limit", parts[0], "lower"), ("upper limit", parts[1], "upper")):
            own = row_box(row, field)
            number = number_of(part)
            if number is None or own is None:
                same = own is None and bool(absent(part))
                found.append(Check(what, part, value_text(row, self.lexicon, unit), "fits" if same else "differs"))
            else:
                found.append(number_check(what, number, unit, own, row, self.lexicon))
        return found

    def _words(self, claim: Claim, row: Statistic) -> list[str]:
        """In which words a claim is not about the row that it names."""
        base = base_of(claim, self.lexicon, self.names)
        sought = next((one for one in seek(claim, self.lexicon, self.names) if one.key.statistic == row.key.statistic),
                      Sought(base.key, swapped=base.swapped))  # fmt: skip
        missed, _ = misses(line_of(row), sought, claim, self.lexicon, self.index)
        want, key = sought.key, row.key
        compared = compared_words(self.reading.document.text, claim.start, row, self.lexicon)
        wrong = [compared] if compared else []
        if "arm" in missed and want.arm and key.arm and (key.versus == "") == (claim.measure not in GENERIC_CONTRAST):
            wrong.append(f"arm {want.arm}" + (f" against {want.versus}" if want.versus else ""))
        if sought.swapped and key.versus:
            wrong.append(f"arm {claim.arm} against {claim.versus}")
        known = want.endpoint in self.lexicon.endpoints  # other words may be the title of a table
        if "endpoint" in missed and "grade" not in missed and known and key.endpoint:
            wrong.append(f"endpoint {want.endpoint}")
        if "time" in missed and key.time is not None and want.time is not None:
            wrong.append(f"{want.time:g} {self.lexicon.unit}")
        if "population" in missed and claim.population:
            wrong.append(f"population {claim.population}")
        graded = event_kind(row)[0] == "any"  # of "severe adverse events" no grade is said
        if missed == {"grade"} and (claim.grade or graded):
            wrong.append(f"grade {claim.grade or 'any'}")
        return wrong


def _is_statistic(mark: Marked) -> bool:
    return bool(mark.stat) and mark.field != _DECLARED and mark.start < mark.end


def _holds(mark: Marked, claim: Claim) -> bool:
    """Whether the claim's own number stands under the mark."""
    numbers: list[Number | None] = [claim.value, claim.count, claim.p.number if claim.p is not None else None]
    found = [number for number in numbers if number is not None and number.end > number.start]
    return any(mark.start <= number.start < mark.end for number in found) or not found


def _no_row(name: str, mark: Marked, claims: tuple[str, ...]) -> Finding:
    sentence = "The number names a statistic that these results do not hold."
    return Finding(name, "contradicted", claims, sentence, f"No row is called {mark.stat}.")


def _time(unit: str) -> TimeUnit:
    return unit  # type: ignore[return-value]


def _other_number(number: Number, row: Statistic) -> Check | None:
    """A number of a dossier whose mark does not say which of the row's it is: its subjects, events or degrees."""
    for name in ("n", "events", "denominator", "df"):
        own: float | None = getattr(row, name)
        if own is not None and own == number.value:
            return Check(name, number.text, f"{own:g}", "fits")
    return None


def _per_hundred(shown: str, row: Statistic) -> Check:
    """Whole people of a hundred, of a proportion."""
    found = re.search(r"\d+", shown)
    if found is None or row.value is None:
        return Check("of a hundred", shown, "no number" if row.value is None else f"{100 * row.value:.7g}", "differs")
    number, exact = int(found[0]), 100 * row.value
    if "fewer" in shown or "less" in shown:
        fits = 0 < exact < number
    elif "more" in shown:
        fits = exact > number
    else:
        fits = abs(exact - number) <= 0.5 + 1e-9
    return Check("of a hundred", shown, f"{exact:.7g} of a hundred", "fits" if fits else "differs")
