"""Endpoints as a text names them: known ones by their words and abbreviations, others by the text's own words."""

from __future__ import annotations

import re
from itertools import pairwise

from equipoise.evidence.claims.context_lists import bag
from equipoise.evidence.claims.context_names import ENDPOINTS, TERMS
from equipoise.evidence.claims.context_words import (
    Mention,
    Text,
    Trie,
    Word,
    abbreviations,
    build_trie,
    longest,
    slug,
    stem,
    within,
)
from equipoise.evidence.model import Lexicon

__all__ = ["ENDPOINTS", "endpoint_mentions", "lexicon_names", "terms"]

_KNOWN: Trie = build_trie(ENDPOINTS)
_TERMS: Trie = build_trie({slug(term): (term,) for term in TERMS})
_FIRSTS = frozenset((*_KNOWN.children, *_TERMS.children))
_CAPITALS = frozenset(("os", "mi", "cr", "pr", "sd", "ae", "arr", "ich", "mace", "dor", "mfs", "aria"))
_FREE = frozenset(("free",))
_DEFINES = re.compile(
    r"(?i)\b(?:co-?)?(?:primary|main|principal) (?:efficacy )?(?:end ?points?|outcomes?)(?: measure)?(?:,| was|"
    r" were|:| is| of|,? defined as)\s+(?:the |an? )?"
)
_COMPOSITE = re.compile(r"(?i)\bcomposite (?:end ?point |outcome )?(?:of|was|comprising|included|\()[^.;:)]{3,220}")
_COMMA = re.compile(r"\s*,\s*(?:an? |the |from |for )?$")
_JOIN_OR = re.compile(r"\s*,?\s*(?:or|and/or)\s+(?:an? |the |from |for )?(?:[a-z-]+ )?$")


def endpoint_mentions(text: Text, lexicon: Lexicon | None = None) -> list[Mention]:
    """Where a text names endpoints, in order; of overlapping ones the longest.

    Abbreviations that the text explains mean what it says; "X or Y" is one composite of both; the words "primary
    endpoint" mean the endpoint that the text says is primary.

    Args:
        text: The text.
        lexicon: Known endpoints; its words come first.
    """
    own, explained = _trie_of(text, lexicon)
    found: list[Mention] = []
    i, words = 0, text.words
    firsts = set(_FIRSTS)
    for trie in (own, explained):
        firsts.update(trie.children if trie is not None else ())
    while i < len(words):
        if words[i].stem not in firsts:
            i += 1
            continue
        name, end, form = _best_at(words, i, own, explained)
        if name:
            found.append(Mention(words[i].start, words[end - 1].end, name, form))
            i = end
        else:
            i += 1
    found = [_related(text, m) if m.name == "adverse_events" and not m.form else m for m in found]
    return _with_primary(text, _composites(text, _free_survivals(text, _causes(text, found))))


def _best_at(words: tuple[Word, ...], at: int, own: Trie | None, explained: Trie | None) -> tuple[str, int, str]:
    """The longest name of an endpoint that begins at a word, the index after it, and where it is from."""
    best, end, form = "", at, ""
    known, after = longest(_KNOWN, words, at)
    if known and _meant(words, at, after):
        best, end = known, after
    for trie, kind in ((explained, ""), (own, "lexicon"), (_TERMS, "term")):
        if trie is not None:
            name, after = longest(trie, words, at)
            if name and after > end:
                best, end, form = name, after, kind
    return best, end, form


def lexicon_names(lexicon: Lexicon | None) -> dict[str, str]:
    """Slugs of endpoints → names that a lexicon gives them, where one of its endpoints has words that mean the slug.

    Args:
        lexicon: Known endpoints.
    """
    out: dict[str, set[str]] = {}
    if lexicon is not None:
        for name, several in lexicon.endpoints.items():
            for words in (*several, name.replace("_", " ")):
                bare = words.split("(")[0].strip()
                for phrase in (words, bare):
                    out.setdefault(_slug_of(phrase), set()).add(name)
            if lexicon.kinds.get(name) == "adverse_events":
                out.setdefault("adverse_events", set()).add(name)
    return {slug: names.pop() for slug, names in out.items() if slug and len(names) == 1}


def terms(text: Text) -> list[Mention]:
    """Where a text names terms of adverse events."""
    return [m for m in endpoint_mentions(text) if m.form == "term"]


def _meant(words: tuple[Word, ...], first: int, end: int) -> bool:
    """Whether words that mean an endpoint do so here: abbreviations in capitals, no "control" of a disease, no age."""
    word = words[first]
    if word.text == "SD" and end < len(words) and words[end].text[0].isdigit():
        return False  # a standard deviation
    if end == first + 1 and word.stem in _CAPITALS:
        return bool(word.text[:2].isupper() or word.text[-1:].isupper())
    before = words[first - 1].stem if first else ""
    if word.stem == "survival" and end == first + 1:
        return before != "free" and not (before == "-" and first > 1)
    return not (word.stem == "weight" and before in ("birth", "low"))


def _trie_of(text: Text, lexicon: Lexicon | None) -> tuple[Trie | None, Trie | None]:
    """Words of a lexicon, and abbreviations that the text explains."""
    own = None
    if lexicon is not None and lexicon.endpoints:
        own = build_trie({name: (*words, name.replace("_", " ")) for name, words in lexicon.endpoints.items()})
    explained: dict[str, list[str]] = {}
    for short, phrase in abbreviations(text).items():
        low = stem(short)
        if low in _KNOWN.children or (own is not None and low in own.children):
            continue
        explained.setdefault(_slug_of(phrase), []).append(short)
    for name, several in list(explained.items()):
        explained[name] = [*several, name.replace("_", " ")]
    return own, build_trie(explained) if explained else None


def _slug_of(phrase: str) -> str:
    """The endpoint that a phrase names, or its own slug."""
    from equipoise.evidence.claims.context_words import read_text

    words = read_text(phrase).words
    name, end = longest(_KNOWN, words, 0)
    return name if name and end == len(words) else slug(phrase)


_RELATED_BEFORE = re.compile(r"(?i)\b(treatment|drug|therapy|regimen)[- ]related\b[^.;:,()]{0,30}$")
_SERIOUS_BEFORE = re.compile(r"(?i)\bserious\b[^.;:,()]{0,20}$")
_RELATED_AFTER = re.compile(
    r"(?i)[^.;:,()]{0,30}?\b(?:related|attributed|attributable|laid|tied|linked|due) to (?:the |study |trial |"
    r"any )*(?:treatment|drug|therapy|regimen|medication)\b"
)


def _related(text: Text, mention: Mention) -> Mention:
    """Adverse events as those related to treatment, or serious ones, where the words around them say so."""
    before = text.plain[max(0, mention.start - 50) : mention.start]
    if _RELATED_BEFORE.search(before) or _RELATED_AFTER.match(text.plain, mention.end, mention.end + 90):
        return mention._replace(name="treatment_related_adverse_events")
    if _SERIOUS_BEFORE.search(before):
        return mention._replace(name="serious_adverse_events")
    return mention


_CAUSE = re.compile(
    r"\s+(?:from|due to|caused by|attributed to|related to|laid to|of)\s+(?:the |"
    r"an? )?((?:[A-Za-z][\w-]*)(?:\s(?!(?:or|and|in|at|was|were|came|had|befell|occurred|with|by|on|"
    r"as)\b)[a-z][\w-]*)?)"
)
_BEFORE_DEATH = re.compile(
    r"\b(cardiac|cancer|cancer-specific|sudden(?: cardiac)?|maternal|neonatal|perinatal|stroke|heart|coronary|"
    r"vascular|in-hospital|early|malaria|covid-19|"
    r"[a-z]+[- ]related|[a-z]+[- ]specific|non-?cardiovascular|other|infection|on-treatment|unexplained|toxic)\s+$",
    re.IGNORECASE,
)
_ANY_CAUSE = bag("any all whatever disease")
_NO_CAUSE = bag("patients participants people those the in on with adults children women men hospital which whom")


def _causes(text: Text, found: list[Mention]) -> list[Mention]:
    """With deaths of a named cause as endpoints of their own: "death from the heart" is not death."""
    out: list[Mention] = []
    for mention in found:
        if mention.name == "death" and not mention.form:
            after = _CAUSE.match(text.plain, mention.end, mention.end + 90)
            before = _BEFORE_DEATH.search(text.plain, max(0, mention.start - 30), mention.start)
            if after and after[1].split()[0].lower() not in _ANY_CAUSE | _NO_CAUSE:
                out.append(Mention(mention.start, after.end(), slug(f"death from {after[1]}")))
                continue
            if before:
                out.append(Mention(before.start(), mention.end, slug(f"{before[1]} death")))
                continue
        out.append(mention)
    return out


_FREE_SURVIVAL = re.compile(r"[- ]free[- ]survival\b", re.IGNORECASE)
_THREE_WORDS = re.compile(r"(?:\b[a-z]+ ){0,2}\b[a-z]+$", re.IGNORECASE)
_NO_MODIFIER = bag(
    """
    the of in and median less better longer for improved more worse shorter to an a on as was were with higher
    lower year month rate rates or estimated secondary primary endpoint had at by from their than superior
    significantly
    """
)


def _free_survivals(text: Text, found: list[Mention]) -> list[Mention]:
    """With every "...-free survival" that is not known, by its own words."""
    new: list[Mention] = []
    dropped: set[Mention] = set()
    for match in _FREE_SURVIVAL.finditer(text.plain):
        before = _THREE_WORDS.search(text.plain, max(0, match.start() - 60), match.start())
        if before is None:
            continue
        start = before.start()
        over = [m for m in within(found, start, match.end()) if m.name != "overall_survival"]
        known = [m for m in over if m.name.endswith("survival")]
        if (known and known[0].name != "event_free_survival") or any(m.form == "lexicon" for m in over):
            continue
        words = before.group().split()
        while words and any(word.lower() in _NO_MODIFIER for word in words):
            words = words[1:]
        if not words or (known and words == ["event"]):
            continue
        dropped.update(within(found, start, match.end()))
        new.append(Mention(start, match.end(), slug(" ".join(words) + " free survival")))
    return sorted([*(m for m in found if m not in dropped), *new]) if new else found


def _composites(text: Text, found: list[Mention]) -> list[Mention]:
    """With "X, Y, or Z" as one mention of all, and the parts of "a composite of ..." as none."""
    inside = [(m.start(), m.end()) for m in _COMPOSITE.finditer(text.plain)]
    listed = _in_brackets(text, found)
    kept: list[Mention] = []
    place = 0
    heads = [Mention(a, a + 9, "primary_endpoint") for a, _ in inside]
    for mention in sorted([*(m for m in found if m not in listed), *heads, *set(listed.values())]):
        while place < len(inside) and inside[place][1] < mention.end:
            place += 1
        within = place < len(inside) and inside[place][0] < mention.start
        if kept and mention.start < kept[-1].end:
            continue
        if not within or mention.name == "primary_endpoint":
            kept.append(mention)
    out: list[Mention] = []
    i = 0
    while i < len(kept):
        end = _list_end(text, kept, i)
        if end == i and not kept[i].form and kept[i].name not in _WHOLE and not kept[i].name.endswith("survival"):
            out.append(_with_unknown(text, kept[i]))
        elif end > i:
            out.append(
                Mention(kept[i].start, kept[end].end, "_or_".join(dict.fromkeys(m.name for m in kept[i : end + 1])))
            )
        else:
            out.append(kept[i])
        i = end + 1
    return out


_WHOLE = frozenset(("primary_endpoint", "adverse_events", "female", "male", "objective_response"))
_OR_BEFORE = re.compile(r"\b((?:[A-Za-z][\w-]* )?[A-Za-z][\w-]*),? (?:or|and/or) (?:an? |the |from |any )?$")
_OR_AFTER = re.compile(r"\s(?:or|and/or) (?:an? |the |any )?([a-z][\w-]*(?: [a-z][\w-]*)?)")
_NO_PART = bag(
    """
    the a an of in at on with by for from to and more less fewer higher lower better greater both either not
    no without those patients one two three four grade months years days was were is are had has any all other
    whether after before later earlier even placebo usual standard increased reduced less-than so as
    """
)


def _with_unknown(text: Text, mention: Mention) -> Mention:
    """A known endpoint with the words that "or" joins to it: "a second attack or death" is not death."""
    before = _OR_BEFORE.search(text.plain, max(0, mention.start - 50), mention.start)
    if before:
        parts = [w for w in before[1].split() if w.lower() not in _NO_PART]
        if parts and parts[-1] == before[1].split()[-1] and not parts[-1][0].isdigit():
            name = slug(" ".join(parts))
            return Mention(before.start(1), mention.end, f"{name}_or_{mention.name}")
    after = _OR_AFTER.match(text.plain, mention.end)
    if after and after[1].split()[0] not in _NO_PART:
        parts = [w for w in after[1].split() if w not in _NO_PART]
        return Mention(mention.start, mention.end, f"{mention.name}_or_{slug(' '.join(parts))}")
    return mention


_BRACKET_LIST = re.compile(r"\([^()\d%]{40,300}\bor [^()\d%]{3,120}\)")


def _in_brackets(text: Text, found: list[Mention]) -> dict[Mention, Mention]:
    """Parts of a composite that brackets list \u2192 the composite: "a first event (death, stroke, or angina)"."""
    out: dict[Mention, Mention] = {}
    for match in _BRACKET_LIST.finditer(text.plain):
        parts = within(found, match.start(), match.end())
        if len(parts) < 2:
            continue
        before = within(found, match.start() - 40, match.start())
        named = before and not text.plain[before[-1].end : match.start()].strip()
        whole = before[-1] if named else Mention(match.start(), match.end(), "composite")
        out.update(dict.fromkeys(parts, whole))
    return out


def _list_end(text: Text, found: list[Mention], first: int) -> int:
    """Index of the last mention of a list that ends with "or"; `first` where there is no list."""
    i, last = first, first
    while i + 1 < len(found) and i - first < 5 and not found[i].form:
        if "primary_endpoint" in (found[i].name, found[i + 1].name):
            break
        gap = text.plain[found[i].end : found[i + 1].start]
        if _JOIN_OR.match(gap):
            last = i + 1
        elif not _COMMA.match(gap):
            break
        i += 1
    return last


_APPOSITION = re.compile(
    r"\s*[,(]\s*(?:which (?:was|is) |that is,? |also )?(?:the |its )?(?:trial's |study's )?$", re.IGNORECASE
)


def _with_primary(text: Text, found: list[Mention]) -> list[Mention]:
    """With "primary endpoint" as the endpoint that the text says is primary, if it says one."""
    names: list[str] = []
    for match in _DEFINES.finditer(text.plain):
        after = [m for m in within(found, match.end(), match.end() + 26) if m.name != "primary_endpoint"]
        if after and not after[0].form and "composite" not in text.plain[match.end() : after[0].start]:
            names.append(after[0].name)
    for one, two in pairwise(found):
        if two.name == "primary_endpoint" and not one.form and _APPOSITION.match(text.plain[one.end : two.start]):
            names.append(one.name)
    if len(set(names)) != 1:
        return found
    return [m._replace(name=names[0]) if m.name == "primary_endpoint" else m for m in found]
