"""Phrases that may name an arm, as the words around "versus", "assigned to", "group" and "(n=" give them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from equipoise.evidence.claims.context_lists import (
    CONTROLS,
    GROUPS,
    NO_ARMS,
    STOPS,
)
from equipoise.evidence.claims.context_reader import Phrase, Reader, index_of
from equipoise.evidence.claims.context_words import Text
from equipoise.evidence.model import Claim

__all__ = ["Naming", "namings"]


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
    r"\b(?:receiv(?:e|ed|ing)|given|gets?|got|getting|put (?:by chance )?on(?:to)?|treated with|"
    r"(?:gave|assigned|offered)\s+(?:[\d,. ]+\s+)?"
    r"(?:patients|people|adults|women|men|participants|children|volunteers)(?:\s+to)?|"
    r"gave|drawn (?:by lot )?(?:for|to get)|treatment with|use of|on|with)\b",
)
_ANY_DRUG = frozenset(
    ("shot", "pill", "drug", "jab", "medicine", "dose", "tablet", "vaccine", "injection", "blood", "help", "it")
)
_GOT = re.compile(r"(?i)receiv|g[eo]t|given$|treated with")
_HAVE = re.compile(
    r"(?i)\b(?:patients?|people|children|infants|babies|adults|women|men|those|participants|persons?)\s$"
)
_EITHER = re.compile(r" or |,or | vs?\b| versus ")
_AFTER_NUMBER = re.compile(
    r"[\s)\],%]*(?:(?:patients?|participants?|people|women|men|adults|children|of|the|those|them|whom|who|were|was|"
    r"randomly)\s+){0,5}"
    r"(?:with|on|for|to|in|under|receiving|received|taking|took|had|got|given|gets?|assigned(?: to)?|allocated to|"
    r"randomi[sz]ed to|treated with|put on|drawn for|drawn to get|allotted to)\s",
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
    yield from _summed(text, reader, claims)
    yield from _grouped(text, reader)


def _listed(text: Text, reader: Reader) -> Iterator[Naming]:
    """Arms that stand beside one another: after "assigned to", around "versus", before "or placebo"."""
    plain = text.plain
    for match in _ASSIGN.finditer(plain):
        to = _ASSIGN_TO.match(plain, match.end())
        for _ in range(4):
            if to is None:
                break
            found = reader.several(index_of(text, to.end()), _AND if to.group().endswith("between") else _OR)
            if found:
                yield Naming(found, 4.0, "assigned")
                break
            to = _ASSIGN_TO.match(plain, to.end())
    for match in _RECEIVE.finditer(text.low):
        if (
            _GOT.match(match.group())
            and (one := reader.right(index_of(text, match.end()))[0])
            and not one.key <= _ANY_DRUG
        ):
            yield Naming((one,), 1.0, "given")
        ill = match.group().lower() == "with" and _HAVE.search(plain, max(0, match.start() - 16), match.start())
        if ill or not _EITHER.search(plain, match.end(), match.end() + 100):
            continue  # what patients have is no arm: "children with eczema or egg allergy"
        found = reader.several(index_of(text, match.end()), _OR)
        if found:
            yield Naming(found, 2.5, "assigned")
    for match in _COMPARE.finditer(plain):
        found = reader.several(index_of(text, match.end()), _AND | {"with", "to"})
        if found:
            yield Naming(found[:3], 2.0, "versus")
    for match in _OPTIONAL.finditer(plain):
        i = index_of(text, match.start())
        base, (extra, _) = reader.left(i - 1), reader.right(index_of(text, match.end()))
        if base and extra:
            both = Phrase(base.start, extra.end, f"{base.label} plus {extra.label}", base.key | extra.key)
            yield Naming((both, base._replace(label=f"{base.label} alone")), 4.0, "assigned")
    for match in _DOSED.finditer(text.low) if "placebo" in text.low else ():
        if one := reader.right(index_of(text, match.start()))[0]:
            yield Naming((one,), 1.0, "given")
    yield from _around(text, reader)
    yield from _with_and_alone(text, reader)
    yield from _bettered(text, reader)


_BETTERED = re.compile(
    r"\b(?:(?:improve[sd]?|prolong(?:s|ed)|extend(?:s|ed)|reduce[sd]?|cut|lower(?:s|ed)|beat|outperform(?:s|ed)|led|"
    r"increase[sd]?|delay(?:s|ed))\b[^.;:()]{0,90}?\b(?:over|versus|vs|compared with|compared to|relative to)|"
    r"(?:was|were|is) (?:not )?(?:superior|non-?inferior|inferior|no better|more effective)"
    r"[^.;:()]{0,30}?\b(?:to|than)|"
    r"did (?:no |not )?(?:better|worse)[^.;:()]{0,30}?\bthan)\s+(?:that of |did |with |in )?",
)
_WITH_THAN = re.compile(
    r"\b(?:with|on|in|after|given)\s+(?=([^.;:()]{3,60}?)\s+than\s+(?:with|on|in|after|given|among)\s+)",
    re.IGNORECASE,
)


def _bettered(text: Text, reader: Reader) -> Iterator[Naming]:
    """A subject that did better than something, "A improved survival over B"; "fewer with A than with B"."""
    for match in _WITH_THAN.finditer(text.plain):
        left = reader.right(index_of(text, match.end()))[0]
        than = text.plain.index("than", match.end() + len(match[1]))
        right = reader.right(index_of(text, than) + 2)[0]
        if left and right and left.key != right.key and not (left.key | right.key) & NO_ARMS:
            yield Naming((left, right), 2.0, "versus")
    for match in _BETTERED.finditer(text.low):
        first = index_of(text, match.start())
        start = text.spans[text.sentence(match.start())][0]
        if not 0 < first - index_of(text, start) < 9:
            continue
        left, right = reader.left(first - 1), reader.right(index_of(text, match.end()))[0]
        if left and right and left.key != right.key and not (left.key | right.key) & NO_ARMS:
            yield Naming((left, right), 2.0, "versus")


def _with_and_alone(text: Text, reader: Reader) -> Iterator[Naming]:
    """Combinations and one of their parts "alone", wherever they stand: "A plus B", "A alone"."""
    both: list[Phrase] = []
    alone: list[Phrase] = []
    for i, word in enumerate(text.words):
        if word.stem in ("plus", "+") and len(both) < 20:
            left, (right, _) = reader.left(i - 1), reader.right(i + 1)
            if left and right:
                both.append(Phrase(left.start, right.end, f"{left.label} plus {right.label}", left.key | right.key))
        elif word.stem in ("alone", "monotherapy") and len(alone) < 20:
            one = reader.left(i - 1)
            if one:
                alone.append(one._replace(label=f"{one.label} alone"))
    for one in alone:
        for two in both:
            if one.key < two.key:
                yield Naming((two, one), 2.5, "assigned")
                break


def _around(text: Text, reader: Reader) -> Iterator[Naming]:
    """The phrases on both sides of "versus", "compared with" and "or placebo"."""
    for match in _VERSUS.finditer(text.plain):
        i, after = index_of(text, match.start()), index_of(text, match.end())
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
    r"\bn\s*=\s*\d[\d,]*|(?<![\d.,$\u20ac\u00a3-])\b\d[\d,.]*\d?\b(?![.,]?\d)(?!\s?-?(?:m?g|mcg|kg|ml|iu|weeks?|days?|months?|years?|hours?|h)\b)"
    r"(?:\s?%)?(?:\s*[(\[][^()\[\]]{0,60}[)\]])?",
)
_CONDITION = re.compile(
    r"(?i)(?:patients?|participants?|people|women|men|adults|children|those|them) (?:with|in|for) $"
)
_TO_ARM = re.compile(r"(?i)\b(?:on|to|assigned|allocated|received|receiving|got|had|drawn for|given|for)\s$")


_DOSED = re.compile(r"[a-z][a-z\d-]{5,} \(\d[\d.]* ?(?:mg|mcg|\u00b5g|\u03bcg|g|iu)\b")  # "empagliflozin (10 mg"


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
    for match in _COUNT.finditer(text.low):
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
        behind = _AFTER_NUMBER.match(text.plain, spot.end, spot.end + 120)
        if spot.size:
            phrase = _inside(text, reader, spot) or _right_of(text, reader, spot)
            told = "=" in text.plain[spot.start : spot.end]
            if phrase is None and behind and (told or not behind.group().lower().endswith((" with ", " in ", " for "))):
                phrase = reader.right(index_of(text, behind.end()))[0]
            phrase = phrase or _left_of(text, reader, spots, i)
            if phrase:
                yield Naming((phrase,), 2.0, "size")
            continue
        if behind and _CONDITION.search(behind.group()):
            continue
        phrase = reader.right(index_of(text, behind.end()))[0] if behind else _control_behind(text, reader, spot)
        if phrase is None or phrase.key & NO_ARMS:
            continue
        yield Naming((phrase,), 0.5, "number")
        people = not spot.percent and text.plain[spot.start : spot.end].replace(",", "").replace(" ", "")[:9].isdigit()
        given = behind is None or _tells_arm(behind.group().lower(), people=people)
        near = before is not None and (before[0] == i - 1 or (not spot.percent and i - before[0] < 5))
        if given and before and near and before[1] == spot.percent and before[2].key != phrase.key:
            known = bool((before[2].key | phrase.key) & CONTROLS)
            counted = not spot.percent and behind is not None and bool(_TO_ARM.search(behind.group()))
            yield Naming((before[2], phrase), 0.7 + 0.5 * known + 0.7 * counted, "numbers")
        before = (i, spot.percent, phrase) if given else None


_ARROW = re.compile(r"\s*(?:\u2192|->|:|=)\s*|\s+by\s+")
_LABELED = re.compile(r"[A-Za-z)],\s*$")


def _name_behind(text: Text, reader: Reader, claim: Claim) -> Phrase | None:
    """The name behind a size: "286 with A", "541 -> A"."""
    behind = _AFTER_NUMBER.match(text.plain, claim.end, claim.end + 120) or _ARROW.match(text.plain, claim.end)
    return reader.right(index_of(text, behind.end()))[0] if behind else None


def _name_before(text: Text, reader: Reader, claim: Claim) -> Phrase | None:
    """The name before a size: "celecoxib, 8072"."""
    if not _LABELED.search(text.plain[max(0, claim.start - 6) : claim.start]):
        return None
    return reader.left(index_of(text, claim.start) - 2)


def _summed(text: Text, reader: Reader, claims: Sequence[Claim]) -> Iterator[Naming]:
    """Names behind sizes that add up to a total: "431 patients, 286 with A and 145 with B"."""
    totals = {c.value.value for c in claims if c.measure == "sample_size" and c.value is not None}
    sizes = [c for c in claims if c.measure == "arm_size" and c.value is not None]
    for many in (2, 3):
        for first in range(len(sizes) - many + 1):
            several = sizes[first : first + many]
            if sum(c.value.value for c in several if c.value is not None) not in totals:
                continue
            for name in (_name_behind, _name_before):
                found = [name(text, reader, c) for c in several]
                if all(found):
                    break
            phrases = tuple(p for p in found if p is not None and not p.key & NO_ARMS)
            if len(phrases) == many and len({p.key for p in phrases}) == many:
                yield Naming(phrases, 2.5, "assigned")


def _tells_arm(words: str, *, people: bool) -> bool:
    """Whether words between a number and a phrase make the phrase an arm: "in" and "for" do not."""
    if words.endswith((" in ", " for ", " to ")):
        return (words.endswith(" to ") and people) or (len(words) > 5 and bool(_TO_ARM.search(words)))
    return True


def _control_behind(text: Text, reader: Reader, spot: _Spot) -> Phrase | None:
    """A control right behind a number: "4778 a placebo"."""
    if not re.match(r"\s+(?:an? |the |matching )*[a-z]", text.plain[spot.end : spot.end + 20]):
        return None
    phrase = reader.right(index_of(text, spot.end))[0]
    return phrase if phrase and phrase.key & CONTROLS and phrase.start - spot.end < 12 else None


def _right_of(text: Text, reader: Reader, claim: _Spot) -> Phrase | None:
    """The name right behind a size: "n=806 tenecteplase"."""
    if not re.match(r"[ \n][A-Za-z]", text.plain[claim.end : claim.end + 3]) or _AFTER_NUMBER.match(
        text.plain, claim.end
    ):
        return None
    phrase = reader.right(index_of(text, claim.end))[0]
    return phrase if phrase and phrase.start - claim.end < 12 else None


def _left_of(text: Text, reader: Reader, claims: Sequence[_Spot], i: int) -> Phrase | None:
    """The name before the bracket, the colon or the "n=" that a size follows."""
    claim = claims[i]
    at = back = index_of(text, claim.start) - 1
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
    first = index_of(text, phrase.start) if phrase else 0
    return None if first and reader.words[first - 1].stem in ("in", "at", "from", "among", "of") else phrase


def _inside(text: Text, reader: Reader, claim: _Spot) -> Phrase | None:
    """A name inside the quote of a size ("RSVPreF3 OA: 12,467", "N=651 darolutamide")."""
    first, last = index_of(text, claim.start), index_of(text, claim.end) - 1
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
        elif word.stem == "placebo":
            yield Naming((Phrase(word.start, word.end, word.text, frozenset(("placebo",))),), 0.5, "number")
        elif word.stem == "treated" and i > 1 and text.words[i - 1].text == "-":
            phrase = reader.left(i - 2)
            if phrase:
                yield Naming((phrase,), 1.0, "group")


def _split(text: Text, reader: Reader, phrase: Phrase, at: int) -> tuple[Phrase, ...]:
    """The names of "the palbociclib and control groups", "the A, B, and C groups"."""
    first = index_of(text, phrase.start)
    for i in range(at - 1, first - 2, -1):
        if i > 0 and text.words[i].stem in ("and", "or", "versus", "vs"):
            right = reader.left(at - 1, apart=_AND)
            found = [right] if right else []
            back = i - 1 - (text.words[i - 1].text == ",")
            while len(found) < 5 and back >= 0 and (left := reader.left(back, apart=_AND)):
                found.insert(0, left)
                back = index_of(text, left.start) - 1
                if back < 1 or text.words[back].text != ",":
                    break
                back -= 1
            return tuple(found) if len(found) > 1 and len({p.key for p in found}) == len(found) else ()
    return ()
