"""Which arm is the control, and what of its name tells an arm from the others."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Literal

from equipoise.evidence.claims.context_lists import ALONE, CONTROLS
from equipoise.evidence.claims.context_reader import Phrase
from equipoise.evidence.claims.context_words import Text, stem

__all__ = ["Role", "is_alone", "roles_of", "without_doses"]

_DOSE = re.compile(r"\s*\b\d[\d.,]*\s?-?(?:mg|g|mcg|kg|iu|ml)\b(?:/(?:kg|m2|day|d|ml)\b)?", re.IGNORECASE)
_ALONE_AFTER = re.compile(r"\s+(?:alone|only|by itself|monotherapy|without)\b", re.IGNORECASE)
Role = Literal["experimental", "control", ""]


def without_doses(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Phrases whose keys hold doses only where these tell arms apart."""
    bare = [frozenset(k for k in p.key if not k[0].isdigit()) for p in phrases]
    if all(bare) and len(set(bare)) == len(bare):
        return [
            p._replace(key=key, label=_DOSE.sub("", p.label).strip() or p.label)
            for p, key in zip(phrases, bare, strict=True)
        ]
    return list(phrases)


def is_alone(text: Text, phrase: Phrase) -> bool:
    """Whether the text says of a phrase that nothing was added to it."""
    return bool(_ALONE_AFTER.match(text.plain, phrase.end, phrase.end + 24)) or bool(
        {stem(w) for w in phrase.label.split()} & ALONE
    )


def _unlike_the_rest(phrases: Sequence[Phrase]) -> int:
    """Index of the only arm that is no dose of the drug of all others; -1 where there is none."""
    for i in range(len(phrases)):
        others = [p.key for j, p in enumerate(phrases) if j != i]
        shared = frozenset.intersection(*others) if len(others) > 1 else frozenset()
        doses = all(key - shared and not any(k[0].isalpha() for k in key - shared) for key in others)
        if doses and any(k[0].isalpha() for k in shared - phrases[i].key):
            return i
    return -1


def roles_of(phrases: Sequence[Phrase], lone: Set[frozenset[str]]) -> list[Role]:
    """Roles: the one control by its words, or by being part of the other, or by being named second of two."""
    marks = []
    for phrase in phrases:
        part = any(phrase.key < other.key and "no" not in other.key for other in phrases)
        strong = bool(phrase.key & {"placebo", "sham", "control", "observation", "comparator"}) or part
        usual = bool(phrase.key & {"usual", "standard", "soc", "routine"})
        marks.append(3 * strong + usual + 1 * bool(phrase.key & CONTROLS) + 1 * (phrase.key in lone))
    top = max(marks, default=0)
    control = marks.index(top) if top and marks.count(top) == 1 else -1
    if control < 0 and len(phrases) == 2:
        control = 1
    if control < 0:
        control = _unlike_the_rest(phrases)
    if control < 0:
        return [""] * len(phrases)
    return ["control" if i == control else "experimental" for i in range(len(phrases))]
