"""Rows that a claim may be about: those of its key, and those that differ from it in one respect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from equipoise.evidence.model import Claim, Lexicon
from equipoise.evidence.sought import Sought
from equipoise.results.results import Results
from equipoise.results.statistic import Statistic

__all__ = [
    "Candidate",
    "Index",
    "Line",
    "Respect",
    "candidates",
    "event_kind",
    "index_of",
    "levels_of",
    "line_of",
    "misses",
]

Respect = Literal["endpoint", "arm", "time", "population", "grade"]

_STAGES: Final = ("analysis", "published")
_SAME_TIME: Final = 0.005
"""Landmarks within half a percent are the same: 208 weeks and 4 years, 52 weeks and 12 months."""
_NO_MATTER: Final = frozenset({"flow", "population", "cause", "response", "category", "soc", "term", "grade"})
"""Groups that say what a row is of; others (a factor and its level) say of whom."""
UNREAD: Final = "unread"
"""In the name of a population: the text tells two numbers apart by words that were not understood."""
_SETS: Final = frozenset({"safety", "per_protocol", "efficacy", "exposed", "immunogenicity"})
"""Sets of analysis as texts name them, apart from that of everybody randomized."""
_SEXES: Final = {**dict.fromkeys(("women", "woman", "females", "girls"), "female"),
                 **dict.fromkeys(("men", "man", "males", "boys"), "male")}  # fmt: skip
_NEVER: Final = frozenset({"worst_grade", "covariate"})
_OTHERS: Final = _NEVER | {"category", "soc", "term", "grade", "reason", "visit"}
"""Groups of rows that only claims about adverse events can be about, or none."""
_ALL_ARMS: Final = ("subjects", "follow_up_median", "baseline_median", "baseline_mean", "baseline_proportion")
"""Statistics that a text may give for the whole trial."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row, and in which respects it is not what the claim says.

    Attributes:
        row: The row.
        misses: Respects in which key and claim differ.
        open: Respects in which the claim says nothing, and rows differ.
    """

    row: Statistic
    misses: frozenset[Respect]
    open: frozenset[Respect]


@dataclass(frozen=True, slots=True)
class Line:
    """A row with what comparisons ask of its key again and again.

    Attributes:
        row: The row.
        groups: Its groups.
        levels: Those that say of whom it is.
        population: Its population.
        kind: Of adverse events: category, term, grade.
    """

    row: Statistic
    groups: Mapping[str, str]
    levels: tuple[tuple[str, str], ...]
    population: str
    kind: tuple[str, str, str]


class Index:
    """Rows by their statistic.

    Args:
        results: All rows; the data cut of the first one is the main one.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.cut = next((row.key.data_cut for row in results if row.key.stage in _STAGES), "")
        self.by_name: dict[str, list[Line]] = {}
        self.of_levels: dict[str, list[Line]] = {}
        self.levels: dict[str, tuple[str, str]] = {}
        for row in results:
            if row.key.stage not in _STAGES:
                continue
            line = line_of(row)
            group = self.of_levels if line.levels else self.by_name
            group.setdefault(row.key.statistic, []).append(line)
            if "factor" in line.groups and "level" in line.groups:
                pair = (line.groups["factor"], line.groups["level"])
                self.levels.setdefault(_slug(pair[1]), pair)
                self.levels.setdefault(_slug(f"{pair[0]} {pair[1]}"), pair)

    def lines(self, statistic: str, *, levels: bool = False) -> list[Line]:
        """Rows of a statistic, in the order of the results: the declared estimate of an analysis comes first.

        Args:
            statistic: Name of the statistic.
            levels: Rows of subgroups instead of the others.
        """
        return (self.of_levels if levels else self.by_name).get(statistic, [])

    def level_of(self, words: str) -> tuple[str, str] | None:
        """Factor and level that words of a text mean; None where they mean none."""
        return self.levels.get(words) or self.levels.get(_SEXES.get(words, ""))

    def size(self, row: Statistic) -> float | None:
        """Subjects of whom a row counts: its own denominator, or the size of its arm in the same data cut."""
        if row.denominator or row.n:
            return row.denominator or float(row.n or 0)
        for one in self.lines("subjects"):
            key = one.row.key
            same = key.arm == row.key.arm and key.data_cut == row.key.data_cut
            if same and one.groups.get("flow", "randomized") == "randomized" and not one.levels:
                return one.row.value
        return None


_LATEST: list[Index] = []


def index_of(results: Results) -> Index:
    """The index of results; that of the last ones is kept, since many texts are compared with the same.

    Args:
        results: All rows.
    """
    for known in _LATEST:
        if known.results is results:
            return known
    found = Index(results)
    _LATEST[:] = [found, *_LATEST[:3]]
    return found


def line_of(row: Statistic) -> Line:
    """A row with what comparisons ask of its key."""
    groups = dict(row.key.groups)
    return Line(row, groups, levels_of(row), groups.get("population") or row.key.population, event_kind(row))


@lru_cache(maxsize=4096)
def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def levels_of(row: Statistic) -> tuple[tuple[str, str], ...]:
    """Groups of a row that say of whom it is: `(("factor", "sex"), ("level", "Female"))`."""
    groups = row.key.groups
    if row.key.statistic.startswith("baseline_"):
        return ()  # factor and level are what it is of
    return tuple(pair for pair in groups if pair[0] not in _NO_MATTER)


def candidates(
    index: Index, sought: Sought, claim: Claim, lexicon: Lexicon, *, levels: bool = False
) -> list[Candidate]:
    """Rows that a claim may be about.

    Args:
        index: The rows.
        sought: What the claim states.
        claim: The claim.
        lexicon: Known names.
        levels: Rows of subgroups instead of the others.

    Returns:
        Rows of the statistic that differ from the claim in no respect or in one, in the order of the results.
    """
    found = []
    for line in index.lines(sought.key.statistic, levels=levels):
        if not _comparable(line, sought, claim):
            continue
        missed, unsaid = misses(line, sought, claim, lexicon, index)
        if len(missed) <= 1:
            found.append(Candidate(line.row, missed, unsaid))
    return found


def _comparable(line: Line, sought: Sought, claim: Claim) -> bool:
    key, own = line.row.key, line.groups
    if any(own.get(name) not in (None, level) for name, level in sought.key.groups):
        return False
    if key.statistic == "response_rate" and own.get("response") != dict(sought.key.groups).get("response"):
        return False
    if own and not _OTHERS.isdisjoint(own) and (sought.kind is None or not _NEVER.isdisjoint(own)):
        return False
    if key.statistic == "p_value":
        return _comparable_p(line, sought, claim)
    if key.time is not None and sought.key.time is None and key.statistic not in ("survival", "cumulative_incidence"):
        return key.statistic in ("survival_difference", "incidence_difference", "number_needed")
    return own.get("cause") != "competing"


def _comparable_p(line: Line, sought: Sought, claim: Claim) -> bool:
    row, method = line.row, line.row.key.method
    if "proportional_hazards" in method or "interaction" in method or "cause" in line.groups:
        return False
    if row.key.time is not None and sought.key.time != row.key.time:
        return False
    sides = claim.p.sides if claim.p is not None else None
    return sides is None or row.sides is None or row.sides == sides


def misses(
    line: Line, sought: Sought, claim: Claim, lexicon: Lexicon, index: Index
) -> tuple[frozenset[Respect], frozenset[Respect]]:
    """In which respects a row is not what a claim says, and in which the claim says nothing.

    Args:
        line: The row.
        sought: What the claim states.
        claim: The claim.
        lexicon: Known names.
        index: All rows, for the levels of factors.

    Returns:
        Respects that differ, and respects that are open.
    """
    key, want = line.row.key, sought.key
    missed: set[Respect] = set()
    unsaid: set[Respect] = set()
    if sought.kind is not None:
        _miss_kind(line, sought.kind, missed)
        if not sought.kind[0]:
            unsaid.add("endpoint")
    elif want.statistic not in _ALL_ARMS:
        if not want.endpoint:
            unsaid.add("endpoint")
        elif key.endpoint != want.endpoint:
            alike = _alike(lexicon.endpoints.get(key.endpoint, ()), lexicon.endpoints.get(want.endpoint, ()))
            (unsaid if alike else missed).add("endpoint")
    _miss_arm(line.row, sought, claim, missed, unsaid)
    if want.statistic == "p_value":
        pass  # rows of other landmarks were left out
    elif key.time is not None and want.time is None:
        unsaid.add("time")
    elif want.time is not None and (key.time is None or abs(key.time - want.time) > _SAME_TIME * want.time):
        missed.add("time")
    if UNREAD in claim.population:
        unsaid.add("population")
    if _population_missed(line, claim, lexicon, index):
        missed.add("population")
    return frozenset(missed), frozenset(unsaid)


@lru_cache(maxsize=1024)
def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two endpoints share a word: an incidence of relapse, and the time to relapse."""
    return any(_begins(left, right) or _begins(right, left) for left in one for right in other)


def _begins(words: str, other: str) -> bool:
    """Whether words are others, or begin with them: "Recurrence, death competing" and "recurrence"."""
    words, other = words.lower(), other.lower()
    return words.startswith(other) and words[len(other) : len(other) + 1] in ("", " ", ",", "(", ":")


def _miss_arm(row: Statistic, sought: Sought, claim: Claim, missed: set[Respect], unsaid: set[Respect]) -> None:
    key, want = row.key, sought.key
    if want.versus or key.versus:
        if not want.arm and key.arm:
            unsaid.add("arm")
        elif key.arm != want.arm or (key.versus and want.versus and key.versus != want.versus):
            missed.add("arm")
    elif not want.arm and (want.statistic not in _ALL_ARMS or claim.measure == "arm_size"):
        unsaid.add("arm")  # a text names the arm elsewhere, and seldom gives such a number for all together
    elif not want.arm and key.arm and claim.measure == "sample_size":
        unsaid.add("arm")
    elif key.arm != want.arm and not (not want.arm and not key.arm):
        missed.add("arm")


def event_kind(row: Statistic) -> tuple[str, str, str]:
    """Of a row about adverse events: category, term as slug, grade ("3", "3+"), each "" for any."""
    if not row.key.groups:
        return "any", "", ""
    groups = dict(row.key.groups)
    category, grade = groups.get("category", "any"), groups.get("grade", "")
    found = re.fullmatch(r"grade_(\d)(_plus)?", category)
    if found:
        category, grade = "any", f"{found[1]}{'+' if found[2] else ''}"
    return category, _slug(groups.get("term", groups.get("soc", ""))), "" if grade == "any" else grade


def _miss_kind(line: Line, kind: tuple[str, str, str], missed: set[Respect]) -> None:
    category, term, grade = line.kind
    if not kind[0]:
        return
    unsaid = kind == ("any", "", "") and not term and not grade
    if kind[1] != term or (kind[0] != category and not term and not unsaid):
        missed |= {"endpoint", "grade"}  # another event altogether: no near miss
    elif unsaid and category != "any":
        missed.add("grade")  # "fatal adverse events", of which the first word was not read
    elif kind[2] != grade:
        missed.add("grade")


def _population_missed(line: Line, claim: Claim, lexicon: Lexicon, index: Index) -> bool:
    """Whether a row is of others than those that a claim is about.

    A text's words for the patients of the trial look like those for a subgroup of them. Only names of populations and
    levels of factors that the results know tell them apart; other words are taken for the whole.
    """
    levels, words, own = line.levels, claim.population, line.population
    if not words:
        return bool(levels)
    if words in lexicon.populations:
        return bool(levels) or (bool(own) and own != words)
    if words in _SETS:  # one that the trial does not declare
        return bool(levels) or (bool(own) and own in lexicon.populations)
    known = index.level_of(words)
    if known is not None:
        return dict(levels).get("factor") != known[0] or dict(levels).get("level") != known[1]
    return bool(levels)
