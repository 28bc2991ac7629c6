"""Phrases that may name an arm, as the words around "versus", "assigned to", "group" and "(n=" give them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from equipoise.evidence.claims.context_lists import (
    CONNECTORS,
    CONTROLS,
    DETERMINERS,
    DOSES,
    FILLERS,
    GROUPS,
    MEASURES,
    NO_ARMS,
    SCHEDULE,
    SHORT_FORMS,
    STOPS,
)
from equipoise.evidence.claims.context_words import Text, Word, stem
from equipoise.evidence.model import Claim

__all__ = ["Naming", "Phrase", "key_of", "namings", "phrase_of"]

_LONGEST = 9  # words in the name of a treatment


class Phrase(NamedTuple):
    """Words that may name an arm: where they stand, and the stems that tell them from other arms."""

    start: int
    end: int
    label: str
    key: frozenset[str]


class Naming(NamedTuple):
    """Phrases that a text puts beside one another as arms, and how sure that is.

    Attributes:
        phrases: The phrases, in order.
        weight: How strongly their place says that they are arms.
        form: `assigned`, `versus`, `or_control`, `table`, or of single ones `size`, `group`, `number`.
    """

    phrases: tuple[Phrase, ...]
    weight: float
    form: str


def key_of(words: Sequence[str], short: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """The stems among words that tell one arm from another, abbreviations written out.

    Args:
        words: Words.
        short: Stem of an abbreviation → stems that it stands for.
    """
    stems: list[str] = []
    for i, word in enumerate(words):
        one = stem(word)
        if one[0].isdigit():
            unit = stem(words[i + 1]) if i + 1 < len(words) else ""
            if unit in DOSES:
                stems.append(one + unit)
            elif i and words[i - 1] == "-":
                stems.append(one)
        else:
            stems += short.get(one) or SHORT_FORMS.get(one) or (one,)
    return frozenset(s for s in stems if s not in FILLERS and s[0].isalnum())


def phrase_of(words: Sequence[Word], short: dict[str, tuple[str, ...]], plain: str) -> Phrase | None:
    """The phrase that words make; None where none of them tells anything."""
    key = key_of([w.text for w in words], short)
    if not key or not any(c.isalpha() for k in key for c in k) or len(key) > _LONGEST:
        return None
    shown = [w for w in words if w.stem not in ("matching", "matched", "identical", "new", "(", ")")] or words
    start, end = shown[0].start, words[-1].end
    return Phrase(start, end, " ".join(plain[start:end].split()), key)


class Reader:
    """Reads phrases to the right and to the left of a word."""

    def __init__(self, text: Text, short: dict[str, tuple[str, ...]]) -> None:
        self.text, self.short, self.words = text, short, text.words

    def _closing(self, at: int) -> int:
        """Index after the bracket that closes the one at `at`; `at` where it does not close soon."""
        depth = 0
        for i in range(at, min(len(self.words), at + 40)):
            depth += (self.words[i].text in "([") - (self.words[i].text in ")]")
            if depth == 0:
                return i + 1
        return at

    def _takes(self, word: Word, *, joined: bool) -> bool:
        """Whether a word can be part of a name."""
        if word.text[0].isdigit():
            return joined
        if word.text in "nN" and self.text.plain[word.end : word.end + 2].strip()[:1] == "=":
            return False
        return word.text[0].isalpha() and word.stem not in STOPS and word.stem not in GROUPS

    def right(self, at: int, *, joint_and: bool = True) -> tuple[Phrase | None, int]:
        """The phrase that begins at a word, and the index after it and after what stands in brackets behind it."""
        words, i = self.words, self._begins(at)
        first, last = i, i
        while i < len(words) and i - first < 2 * _LONGEST:
            word = words[i]
            if i > first and i in self.text.firsts:
                break
            if self._takes(word, joined=self._is_dose(i)):
                i += 1
                last = i
            elif word.text in "([" and last > first:
                i = self._closing(i)
                if i == last or i >= len(words) or not self._joins(i, joint_and=joint_and):
                    return self._made(first, last), i
            elif i > first and (step := self._joins(i, joint_and=joint_and)):
                i += step
            else:
                break
        return self._made(first, last), last

    def _begins(self, at: int) -> int:
        """Index of the first word of a name, behind articles and "a 1-g bolus of"."""
        words, i = self.words, at
        for j in range(at, min(at + 7, len(words) - 1)):
            if words[j].stem == "of" and words[j - 1].stem in MEASURES and j > at:
                i = j + 1
            if words[j].text in ".;,:":
                break
        while i < len(words) and i < at + 12 and words[i].stem in DETERMINERS:
            i += 1
        return i

    def _is_dose(self, at: int) -> bool:
        """Whether a number is part of a name: `2.4 mg`, `mRNA-1273`."""
        words = self.words
        if at + 1 < len(words) and words[at + 1].stem in DOSES:
            return True
        if at < 2 or words[at - 1].text != "-" or not words[at - 2].text[0].isalpha():
            return False
        return words[at - 1].end == words[at].start and words[at - 2].end == words[at - 1].start

    def opening(self, at: int) -> int:
        """Index before the bracket that is open at a word; -1 where none is."""
        for i in range(at, max(-1, at - 14), -1):
            if self.words[i].text in ")];.":
                return -1
            if self.words[i].text in "([":
                return i - 1
        return -1

    def _joins(self, at: int, *, joint_and: bool) -> int:
        """How many words from `at` on join two names of one combination; 0 where they don't."""
        words = self.words
        i = at
        while i < len(words) and i < at + 4 and words[i].stem in CONNECTORS and words[i].text not in "()":
            if words[i].stem == "and" and not joint_and:
                return 0
            i += 1
        joiners = {w.stem for w in words[at:i]}
        if not joiners & {"plus", "+", "-", "/", "and", "with", "add", "top", "added"}:
            return 0
        return i - at if i < len(words) and self._takes(words[i], joined=words[i - 1].text == "-") else 0

    def left(self, at: int, *, joint_and: bool = True) -> Phrase | None:
        """The phrase that ends with the word at `at`, what stands in brackets there left out."""
        words, i = self.words, at
        if i >= 0 and words[i].text in ")]":
            depth, back = 0, i
            while back >= max(0, i - 40):
                depth += (words[back].text in ")]") - (words[back].text in "([")
                if depth == 0:
                    break
                back -= 1
            i = back - 1
        i = last = self._before_schedule(i)
        while i >= 0 and last - i < _LONGEST:
            word = words[i]
            if i < last and i + 1 in self.text.firsts:
                break
            joiner = word.text in "+-/" or word.stem in ("plus", "and", "with", "combination")
            joiner = joiner or (word.stem == "in" and words[i + 1].stem == "combination" if i < last else False)
            if word.stem == "and" and not joint_and:
                break
            if self._takes(word, joined=self._is_dose(i)) or (joiner and i < last):
                i -= 1
            else:
                break
        first = i + 1
        while first <= last and not self._takes(words[first], joined=self._is_dose(first)):
            first += 1
        return self._made(first, last + 1)

    def _before_schedule(self, at: int) -> int:
        """Index of the last word of a name before "every two weeks"; `at` where none stands there."""
        i = at
        while i >= max(0, at - 7) and (self.words[i].stem in SCHEDULE or self.words[i].text.isdigit()):
            i -= 1
        return i if i >= 0 and i < at and self._takes(self.words[i], joined=self._is_dose(i)) else at

    def _made(self, first: int, last: int) -> Phrase | None:
        return phrase_of(self.words[first:last], self.short, self.text.plain) if last > first else None

    def several(self, at: int, separators: frozenset[str]) -> tuple[Phrase, ...]:
        """Phrases from a word on that separators and commas stand between; () where there is only one."""
        found: list[Phrase] = []
        words, i = self.words, at
        while len(found) < 6:
            phrase, after = self.right(i, joint_and="and" not in separators)
            if phrase is None:
                break
            found.append(phrase)
            i = after
            comma = i < len(words) and words[i].text == ","
            i += comma
            named = i < len(words) and words[i].stem in separators
            i += named
            if i < len(words) and words[i].text == "." and named:
                i += 1
            if not named and not (comma and self._lists_on(i, separators)):
                break
            while i < len(words) and words[i].stem in ("to", "with", "receive"):
                i += 1
        return tuple(found) if len(found) > 1 else ()

    def _lists_on(self, at: int, separators: frozenset[str]) -> bool:
        """Whether after a comma a list goes on to a separator ("A, B, or C")."""
        _, after = self.right(at, joint_and="and" not in separators)
        words = self.words
        after += after < len(words) and words[after].text == ","
        return after > at and after < len(words) and words[after].stem in separators


_OR = frozenset(("or", "versus", "vs", "v"))
_AND = frozenset(("and", "or", "versus", "vs"))
_ASSIGN = re.compile(
    r"\b(?:assign(?:ed|ment)?|allotted|randomi[sz](?:ed|ation)?|allocat(?:ed|ion)|randomly|split|divided)\b"
)
_ASSIGN_TO = re.compile(r"[^.;|]{0,70}?\b(?:to receive|to|received?|between|either|into)\b(?! an?\b \d)", re.I)
_COMPARE = re.compile(r"\bcompar(?:ed?|ing|ison of|ison between)\b|\bbetween\b", re.I)
_VERSUS = re.compile(
    r"\b(?:versus|vs|v)\b\.?|\bcompared (?:with|to)\b|\bagainst\b|\brelative to\b|\bor\b|\bcomparable to\b", re.I
)
_OPTIONAL = re.compile(r"\bwith or without\b|\bwith and without\b|\bwith vs\.? without\b|\bwith versus without\b", re.I)
_RECEIVE = re.compile(
    r"\b(?:receiv(?:e|ed|ing)|given|gave|gets?|got|getting|put (?:by chance )?on(?:to)?|treated with|"
    r"drawn (?:by lot )?(?:for|to get)|treatment with|use of|on|with)\b",
    re.IGNORECASE,
)
_AFTER_NUMBER = re.compile(
    r"[\s)\],%]*(?:(?:patients?|participants?|people|women|men|adults|children|of|the|those|them|whom|who|were|was|randomly)\s+){0,5}"
    r"(?:with|on|for|to|in|under|receiving|received|taking|took|had|got|given|gets?|assigned(?: to)?|allocated to|randomi[sz]ed to|treated with|put on|drawn for|drawn to get|allotted to)\s",
    re.IGNORECASE,
)


def namings(text: Text, claims: Sequence[Claim], short: dict[str, tuple[str, ...]]) -> Iterator[Naming]:
    """All phrases of a text that may name arms.

    Args:
        text: The text.
        claims: Its numeric claims; sizes of arms and numbers are what names stand beside.
        short: Stem of an abbreviation → stems that it stands for.
    """
    reader = Reader(text, short)
    yield from _listed(text, reader)
    yield from _sized(text, reader, claims)
    yield from _grouped(text, reader)


def _index(text: Text, position: int) -> int:
    """Index of the first word at or after a position."""
    from bisect import bisect_left

    return bisect_left(text.starts, position)


def _listed(text: Text, reader: Reader) -> Iterator[Naming]:
    """Arms that stand beside one another: after "assigned to", around "versus", before "or placebo"."""
    plain = text.plain
    for match in _ASSIGN.finditer(plain):
        to = _ASSIGN_TO.match(plain, match.end())
        for _ in range(4):
            if to is None:
                break
            found = reader.several(_index(text, to.end()), _AND if to.group().endswith("between") else _OR)
            if found:
                yield Naming(found, 4.0, "assigned")
                break
            to = _ASSIGN_TO.match(plain, to.end())
    for match in _RECEIVE.finditer(plain):
        found = reader.several(_index(text, match.end()), _OR)
        if found:
            yield Naming(found, 2.5, "assigned")
    for match in _COMPARE.finditer(plain):
        found = reader.several(_index(text, match.end()), _AND | {"with", "to"})
        if found:
            yield Naming(found[:3], 2.0, "versus")
    for match in _OPTIONAL.finditer(plain):
        i = _index(text, match.start())
        base, (extra, _) = reader.left(i - 1), reader.right(_index(text, match.end()))
        if base and extra:
            both = Phrase(base.start, extra.end, f"{base.label} plus {extra.label}", base.key | extra.key)
            yield Naming((both, base._replace(label=f"{base.label} alone")), 4.0, "assigned")
    yield from _around(text, reader)


def _around(text: Text, reader: Reader) -> Iterator[Naming]:
    """The phrases on both sides of "versus", "compared with" and "or placebo"."""
    for match in _VERSUS.finditer(text.plain):
        i, after = _index(text, match.start()), _index(text, match.end())
        if i == 0 or after >= len(text.words):
            continue
        comma = reader.words[i - 1].text == ","
        left = reader.left(i - 1 - comma)
        right, _ = reader.right(after)
        alternative = match.group().lower() == "or"
        if right is None or (alternative and (left is None or (not right.key & CONTROLS and not left.key & CONTROLS))):
            continue
        if left is None or left.key == right.key:
            yield Naming((right,), 0.5, "number")
        else:
            yield Naming((left, right), 3.0 if alternative else 2.0, "or_control" if alternative else "versus")


_COUNT = re.compile(
    r"\b[nN]\s*=\s*\d[\d,]*|(?<![\d.,$\u20ac\u00a3-])\b\d[\d,.]*\d?\b(?:\s?%)?(?:\s*[(\[][^()\[\]]{0,60}[)\]])?"
)
_CONDITION = re.compile(
    r"(?i)(?:patients?|participants?|people|women|men|adults|children|those|them) (?:with|in|for) $"
)
_TO_ARM = re.compile(r"(?i)\b(?:on|to|assigned|allocated|received|receiving|got|had|drawn for|given|for)\s$")


class _Spot(NamedTuple):
    """A number beside which an arm may be named; `size` where it looks like a number of people."""

    start: int
    end: int
    size: bool
    percent: bool


def _spots(text: Text, claims: Sequence[Claim]) -> list[_Spot]:
    """The numbers of a text: those that were claimed, and others that look like sizes or shares."""
    spots: dict[int, _Spot] = {}
    for claim in claims:
        if claim.measure not in _NO_SPOT:
            spots[claim.start] = _Spot(claim.start, claim.end, claim.measure == "arm_size", claim.unit == "%")
    ends = iter(sorted((c.start, c.end) for c in claims))
    taken = next(ends, None)
    for match in _COUNT.finditer(text.plain):
        while taken is not None and taken[1] <= match.start():
            taken = next(ends, None)
        if taken is None or match.end() <= taken[0]:
            spots[match.start()] = _Spot(match.start(), match.end(), match.group()[0] in "nN", "%" in match.group())
    return [spots[start] for start in sorted(spots)]


_NO_SPOT = frozenset(("date", "age", "design_value", "threshold", "randomization_ratio"))


def _sized(text: Text, reader: Reader, claims: Sequence[Claim]) -> Iterator[Naming]:
    """Phrases beside the size of an arm, and behind other numbers."""
    spots = _spots(text, claims)
    before: tuple[int, bool, Phrase] | None = None
    for i, spot in enumerate(spots):
        behind = _AFTER_NUMBER.match(text.plain, spot.end)
        if spot.size:
            phrase = _inside(text, reader, spot) or _right_of(text, reader, spot)
            if phrase is None and behind and not behind.group().lower().endswith((" with ", " in ", " for ")):
                phrase = reader.right(_index(text, behind.end()))[0]
            phrase = phrase or _left_of(text, reader, spots, i)
            if phrase:
                yield Naming((phrase,), 2.0, "size")
            continue
        if behind and _CONDITION.search(behind.group()):
            continue
        phrase = reader.right(_index(text, behind.end()))[0] if behind else _control_behind(text, reader, spot)
        if phrase is None or phrase.key & NO_ARMS:
            continue
        yield Naming((phrase,), 0.5, "number")
        given = behind is None or not text.plain[behind.start() : behind.end()].lower().endswith(
            (" in ", " for ", " to ")
        ) or bool(behind and _TO_ARM.search(behind.group()) and len(behind.group()) > 5)
        near = before is not None and (before[0] == i - 1 or (not spot.percent and i - before[0] < 5))
        if given and before and near and before[1] == spot.percent and before[2].key != phrase.key:
            known = bool((before[2].key | phrase.key) & CONTROLS)
            counted = not spot.percent and behind is not None and bool(_TO_ARM.search(behind.group()))
            yield Naming((before[2], phrase), 0.7 + 0.5 * known + 0.7 * counted, "numbers")
        before = (i, spot.percent, phrase) if given else None


def _control_behind(text: Text, reader: Reader, spot: _Spot) -> Phrase | None:
    """A control right behind a number: "4778 a placebo"."""
    if not re.match(r"\s+(?:an? |the |matching )*[a-z]", text.plain[spot.end : spot.end + 20]):
        return None
    phrase = reader.right(_index(text, spot.end))[0]
    return phrase if phrase and phrase.key & CONTROLS and phrase.start - spot.end < 12 else None


def _right_of(text: Text, reader: Reader, claim: _Spot) -> Phrase | None:
    """The name right behind a size: "n=806 tenecteplase"."""
    if not re.match(r"[ \n][A-Za-z]", text.plain[claim.end : claim.end + 3]) or _AFTER_NUMBER.match(
        text.plain, claim.end
    ):
        return None
    phrase = reader.right(_index(text, claim.end))[0]
    return phrase if phrase and phrase.start - claim.end < 12 else None


def _left_of(text: Text, reader: Reader, claims: Sequence[_Spot], i: int) -> Phrase | None:
    """The name before the bracket, the colon or the "n=" that a size follows."""
    claim = claims[i]
    at = back = _index(text, claim.start) - 1
    while back >= 0 and reader.words[back].text in tuple("([:=,nN"):
        back -= 1
    signs = {word.text for word in reader.words[back + 1 : at + 1]}
    quote = text.plain[claim.start : claim.end]
    counted = "=" in signs or "=" in quote[:4]
    if not signs & set("([:=") and quote[:1] not in "([" and not counted:
        back = -1
    if back == at or (signs <= {",", "n", "N", "="} and counted):
        named = reader.left(back) if back >= 0 and reader.words[back + 1].text == "," else None
        if counted and not (named and any(k[0].isalpha() for k in named.key)):
            inner = reader.opening(at)
            back = inner if inner >= 0 else back
    if back < 0 or (i and claims[i - 1].start > reader.words[back].start):
        return None
    phrase = reader.left(back)
    first = _index(text, phrase.start) if phrase else 0
    return None if first and reader.words[first - 1].stem in ("in", "at", "from", "among", "of") else phrase


def _inside(text: Text, reader: Reader, claim: _Spot) -> Phrase | None:
    """A name inside the quote of a size ("RSVPreF3 OA: 12,467", "N=651 darolutamide")."""
    first, last = _index(text, claim.start), _index(text, claim.end) - 1
    for i in range(first, last + 1):
        word = reader.words[i]
        if word.text[0].isalpha() and word.stem not in STOPS and not re.match(r"[nN]\d*$", word.text):
            return reader.right(i)[0]
    return None


def _grouped(text: Text, reader: Reader) -> Iterator[Naming]:
    """Phrases before "group" and "arm", and the name before "-treated patients"."""
    for i, word in enumerate(text.words):
        if word.stem in GROUPS and i:
            phrase = reader.left(i - 1)
            if phrase is None or phrase.key & NO_ARMS:
                continue
            if word.text.endswith("s") and (split := _split(text, reader, phrase, i)):
                yield Naming(split, 2.5, "versus")
            else:
                yield Naming((phrase,), 1.0, "group")
        elif word.stem == "treated" and i > 1 and text.words[i - 1].text == "-":
            phrase = reader.left(i - 2)
            if phrase:
                yield Naming((phrase,), 1.0, "group")


def _split(text: Text, reader: Reader, phrase: Phrase, at: int) -> tuple[Phrase, ...]:
    """The two names of "the palbociclib and control groups"."""
    first = _index(text, phrase.start)
    for i in range(at - 1, first, -1):
        if text.words[i].stem in ("and", "or", "versus", "vs"):
            left, right = reader.left(i - 1), reader.left(at - 1, joint_and=False)
            if left and right and left.key != right.key:
                return left, right
    return ()
