"""Arms that are doses of one drug: "tirzepatide (5 mg, 10 mg, or 15 mg)"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from equipoise.evidence.claims.context_reader import Phrase, Reader, index_of, phrase_of
from equipoise.evidence.claims.context_words import Text

__all__ = ["dose_arms"]

_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_UNIT = r"(?:mg|mcg|\u00b5g|\u03bcg|g|IU|mg/kg)"
_LIST = re.compile(
    rf"\b{_NUMBER}(?:[ -]?{_UNIT}\b)?(?:(?:, or |, and |, | or | and |/){_NUMBER}(?:[ -]?{_UNIT}\b)?){{1,4}}"
)
_ONE = re.compile(rf"({_NUMBER})(?:[ -]?({_UNIT})\b)?")
_SKIPPED = re.compile(r"(?:\(|,|\b(?:at|a|of|doses?|either|once|twice|weekly|daily|or|with)\b|\s)+$")
_PLACEBO = re.compile(r"\bplacebo\b", re.IGNORECASE)
_OF = re.compile(r"\s+(?:doses? )?of\s+(?=[A-Za-z])")


def dose_arms(text: Text, short: dict[str, tuple[str, ...]], chosen: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """The arms, a drug that the text gives at several doses parted by them.

    Doses are arms of their own where the text names each of them again ("the 5-mg dose"); else they are one arm's.

    Args:
        text: The text.
        short: Stem of an abbreviation \u2192 stems that it stands for.
        chosen: The arms as found without a look at doses.
    """
    for match in _LIST.finditer(text.plain):
        parts = _ONE.findall(match.group())
        unit = parts[-1][1]
        doses = [f"{number} {own or unit}" for number, own in parts]
        if not unit or len(set(doses)) != len(parts) or not _again(text, match, [number for number, _ in parts], unit):
            continue
        drug = _drug(text, short, match) or Phrase(match.start(), match.end(), "", frozenset())
        parted = tuple(
            Phrase(drug.start + i, drug.end, f"{drug.label} {dose}".strip(), drug.key | {dose.replace(" ", "").lower()})
            for i, dose in enumerate(doses)
        )
        rest = tuple(p for p in chosen if not p.key & drug.key and any(k[0].isalpha() for k in p.key))
        if not rest and (placebo := _PLACEBO.search(text.plain)):
            rest = (Phrase(*placebo.span(), placebo.group(), frozenset(("placebo",))),)
        return (*parted, *rest) if rest else tuple(chosen)
    return tuple(chosen)


def _again(text: Text, listed: re.Match[str], numbers: Sequence[str], unit: str) -> bool:
    """Whether each dose is named again outside of the list."""
    rest = text.plain[: listed.start()] + " | " + text.plain[listed.end() :]
    return all(re.search(rf"(?<![\d.]){re.escape(number)}[ -]?{re.escape(unit)}\b", rest) for number in numbers)


def _drug(text: Text, short: dict[str, tuple[str, ...]], listed: re.Match[str]) -> Phrase | None:
    """The drug that is given at listed doses: named before the list, or behind it with "of"."""
    reader = Reader(text, short)
    behind = _OF.match(text.plain, listed.end())
    if behind:
        found = reader.right(index_of(text, behind.end()))[0]
    else:
        before = _SKIPPED.search(text.plain, max(0, listed.start() - 40), listed.start())
        at = index_of(text, before.start() if before else listed.start())
        found = reader.left(at - 1) if at else None
    if found is None:
        return None
    words = [w for w in text.words[index_of(text, found.start) : index_of(text, found.end)] if w.text[0].isalpha()]
    return phrase_of(words[:3], short, text.plain) if words else None
