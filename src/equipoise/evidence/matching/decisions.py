"""Words of a page that rest on what became of a hypothesis: what was decided, in which direction, of which arms."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from equipoise.evidence.document import Marked
from equipoise.evidence.matching.fit import Check
from equipoise.evidence.model import Lexicon
from equipoise.results.results import Results
from equipoise.results.statistic import Statistic

__all__ = ["compared_words", "decision_check"]

_TOLD: Final = {
    "did not show": "not rejected", "was not shown": "not rejected", "not tested": "not tested",
    "longer": "rejected", "shorter": "rejected", "higher": "rejected", "lower": "rejected", "differed": "rejected",
    "was shown": "rejected",
}  # fmt: skip
"""Words → what they say became of the hypothesis."""
_DENIED: Final = re.compile(r"\b(?:not|never|no)\s+$", re.IGNORECASE)
_MORE: Final = {"longer": True, "higher": True, "shorter": False, "lower": False}
_DIFFERENCES: Final = ("risk_difference", "ls_mean_difference", "mean_difference", "rmst_difference")
_END: Final = re.compile(r"\.\s|\n")


def decision_check(text: str, mark: Marked, row: Statistic, results: Results, lexicon: Lexicon) -> Check:
    """Whether words say what was decided, of these two arms, in the direction of the estimate.

    Args:
        text: The page's text.
        mark: The words.
        row: The decision.
        results: The rows, whose estimate of the same contrast has the direction.
        lexicon: Words of the arms.

    Returns:
        A check of the decision, of the arms, or of the direction: the first that differs.
    """
    said = " ".join(text[mark.start : mark.end].split()).lower()
    told = _TOLD.get(said, "")
    if told == "rejected" and _DENIED.search(text[max(0, mark.start - 12) : mark.start]):
        told = "not rejected"
    if told != row.text:
        return Check("decision", said, row.text or "no decision", "differs")
    begin, end = _sentence(text, mark)
    after = _arms(text[mark.end : end], lexicon)
    named = after if len(after) >= 2 else _arms(text[begin:end], lexicon)
    pair = (row.key.arm, row.key.versus)
    if len(named) >= 2 and row.key.arm and set(named[:2]) != set(pair):
        return Check("arms", " and ".join(named[:2]), " and ".join(pair), "differs")
    more = _direction(row, results)
    if said in _MORE and more is not None and len(named) >= 2:
        # "Shorter in the control group than in the other" says the same as "longer" the other way round.
        right = more if tuple(named[:2]) == pair else not more
        if _MORE[said] != right:
            told = f"{said} in {named[0]} than in {named[1]}"
            return Check("direction", told, _words(pair, said, more=more), "differs")
    return Check("decision", said, row.text, "fits")


def compared_words(text: str, start: int, row: Statistic, lexicon: Lexicon) -> str:
    """Which two arms a page compares ("For A compared with B, ..."), where these are not the row's, in this order.

    Args:
        text: The page's text.
        start: Where the number stands.
        row: The row of a contrast.
        lexicon: Words of the arms.

    Returns:
        Words for a finding; "" where the page compares what the row does, or does not say.
    """
    if not row.key.versus:
        return ""
    begin, _ = _sentence(text, Marked(start, start, row.id))
    said = _pairs(tuple(lexicon.arms.items()))
    found = [(match, said[0]) for match in said[1].finditer(" ".join(text[begin:start].split()))]
    if not found:
        return ""
    match, names = found[-1]
    first, second = (names[int(group[1:])] for group, words in match.groupdict().items() if words is not None)
    return "" if (first, second) == (row.key.arm, row.key.versus) else f"arm {first} against {second}"


@lru_cache(maxsize=64)
def _pairs(arms: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[list[str], re.Pattern[str]]:
    """Names of arms, twice, and where a text has "for A compared with B"."""
    words = sorted(((word, name) for name, own in arms for word in own), key=lambda pair: -len(pair[0]))
    one, two = (
        "|".join(f"(?P<a{shift + place}>{re.escape(word)})" for place, (word, _) in enumerate(words))
        for shift in (0, len(words))
    )
    pattern = f"\\bfor (?:{one}) compared with (?:{two})(?=,)" if words else r"(?!)"
    return [name for _, name in words] * 2, re.compile(pattern, re.IGNORECASE)


def _words(pair: tuple[str, str], said: str, *, more: bool) -> str:
    kind = ("longer", "shorter") if said in ("longer", "shorter") else ("higher", "lower")
    return f"{kind[0] if more else kind[1]} in {pair[0]} than in {pair[1]}"


def _sentence(text: str, mark: Marked) -> tuple[int, int]:
    before = [found.end() for found in _END.finditer(text, max(0, mark.start - 600), mark.start)]
    behind = _END.search(text, mark.end)
    return before[-1] if before else max(0, mark.start - 600), behind.start() if behind else len(text)


def _arms(text: str, lexicon: Lexicon) -> list[str]:
    """Arms that a stretch names as groups, in order of appearance, each once."""
    names, pattern = _groups(tuple((name, words) for name, words in lexicon.arms.items()))
    found = (names[int((match.lastgroup or "a0")[1:])] for match in pattern.finditer(" ".join(text.split())))
    return list(dict.fromkeys(found))


@lru_cache(maxsize=64)
def _groups(arms: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[list[str], re.Pattern[str]]:
    """Names of arms, and where a text has their words before "group", the longest first."""
    words = sorted(((word, name) for name, own in arms for word in own), key=lambda pair: -len(pair[0]))
    parts = [f"(?P<a{place}>{re.escape(word)})" for place, (word, _) in enumerate(words)]
    pattern = f"(?<=the )(?:{'|'.join(parts)})(?= (?:group|arm)\\b)" if parts else r"(?!)"
    return [name for _, name in words], re.compile(pattern, re.IGNORECASE)


def _direction(row: Statistic, results: Results) -> bool | None:
    """Whether the first arm has the longer time or the higher value; None where the rows do not tell."""
    key = row.key
    ratios: list[bool] = []
    differences: list[bool] = []
    for one in results:
        own = one.key
        if (own.analysis, own.arm, own.versus) != (key.analysis, key.arm, key.versus) or one.value is None:
            continue
        if own.stage != key.stage or any(name in ("factor", "cause", "visit") for name, _ in own.groups):
            continue
        if own.statistic == "hazard_ratio":
            ratios.append(one.value < 1)
        elif own.statistic in _DIFFERENCES:
            differences.append(one.value > 0)
    signs = ratios or differences
    if not signs or len(set(signs)) > 1:
        return None
    competing = any(one.key.analysis == key.analysis and one.key.statistic == "incidence_difference" for one in results)
    return signs[0] != (competing and bool(ratios))
