"""A text cut into words and sentences once, for all that looks for arms, endpoints and populations in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from equipoise.evidence.claims.normal import normalize, sentence_of, sentences

__all__ = [
    "Mention",
    "Text",
    "Trie",
    "Word",
    "abbreviations",
    "build_trie",
    "longest",
    "read_text",
    "slug",
    "stem",
    "within",
]

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_WORD = re.compile(
    r"[A-Za-z\u00c0-\u024f\u0370-\u03ff][A-Za-z\d\u00c0-\u024f\u0370-\u03ff]*(?:'[a-z]+)?|\d+(?:[.,]\d+)*|[^\sA-Za-z\d]"
)
_SPELLINGS = (("haem", "hem"), ("oedem", "edem"), ("aemi", "emi"), ("tumour", "tumor"), ("diarrhoea", "diarrhea"),
              ("isation", "ization"), ("ise", "ize"), ("ischaem", "ischem"), ("oesoph", "esoph"), ("favour", "favor"),
              ("fibre", "fiber"), ("centre", "center"))  # fmt: skip
_KEEP_S = ("ss", "us", "is", "os", "as")
_ABBREVIATION = re.compile(r"[(\[]\s*([A-Za-z][A-Za-z\d/+-]{1,11}?)s?\s*[)\];,]")


class Word(NamedTuple):
    """A word, a number or a sign of the text: where it stands, as it stands, and its stem."""

    start: int
    end: int
    text: str
    stem: str


class Mention(NamedTuple):
    """Words of the text that name something; `name` is what they name."""

    start: int
    end: int
    name: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, ready to be looked into.

    Attributes:
        raw: Its characters.
        plain: The same after `normalize`, addresses (https://...) blanked; positions are those of `raw`.
        words: Its words and signs, in order.
        starts: Position of each word.
        spans: Its sentences.
        firsts: Indices of words with which sentences begin.
        low: `plain` in small letters: patterns that ignore case run several times faster over it.
    """

    raw: str
    plain: str
    words: tuple[Word, ...]
    starts: tuple[int, ...]
    spans: list[tuple[int, int]]
    firsts: frozenset[int]
    low: str

    def sentence(self, position: int) -> int:
        """Index of the sentence that holds a position."""
        return sentence_of(self.spans, position)


@dataclass(slots=True)
class Trie:
    """Phrases by their stems; `name` is set where a phrase ends."""

    children: dict[str, Trie] = field(default_factory=dict)
    name: str = ""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """`word` in lower case, in American spelling, without the s of a plural."""
    low = word.lower().removesuffix("'s")
    for british, american in _SPELLINGS:
        if british in low and (british != "ise" or low.endswith(("ise", "ised"))):
            low = low.replace(british, american)
    if len(low) > 5 and low.endswith(("shes", "ches", "sses", "xes")):
        return low[:-2]
    if len(low) > 3 and low.endswith("s") and not low.endswith(_KEEP_S):
        low = low[:-3] + "y" if low.endswith("ies") and len(low) > 5 else low[:-1]
    return low


def read_text(raw: str) -> Text:
    """A text cut into words and sentences.

    Args:
        raw: The text as read.
    """
    plain = _ADDRESS.sub(lambda found: " " * len(found.group()), normalize(raw))
    words = tuple([Word(*m.span(), word := m.group(), stem(word)) for m in _WORD.finditer(plain)])
    starts = tuple(word.start for word in words)
    spans = [piece for start, end in sentences(raw) for piece in _pieces(plain, start, end)]
    firsts = frozenset(bisect_left(starts, start) for start, _ in spans)
    return Text(raw, plain, words, starts, spans, firsts, _lower(plain))


def _lower(plain: str) -> str:
    """A text in small letters, as long as it was: a few capitals of other scripts become two letters."""
    low = plain.lower()
    return low if len(low) == len(plain) else "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


_LONGEST_SENTENCE = 3000  # characters; what is longer is no sentence, and is cut so that the work stays linear


def _pieces(plain: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence, cut at spaces if it is far too long to be one."""
    while end - start > _LONGEST_SENTENCE:
        cut = plain.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
        cut = cut if cut > start else start + _LONGEST_SENTENCE
        yield start, cut
        start = cut
    yield start, end


def slug(words: str) -> str:
    """Words as a slug: lower case, letters and digits, one `_` between."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def build_trie(names: Mapping[str, Iterable[str]]) -> Trie:
    """Phrases that can be found by `find`, by what they mean.

    Args:
        names: Name → phrases; hyphens and spaces are alike.
    """
    root = Trie()
    for name, phrases in names.items():
        for phrase in phrases:
            node = root
            for word in _WORD.findall(phrase):
                if word not in "-/":
                    node = node.children.setdefault(stem(word), Trie())
            if node is not root:
                node.name = node.name or name
    return root


def longest(trie: Trie, words: tuple[Word, ...], at: int) -> tuple[str, int]:
    """The longest phrase that begins at a word.

    Args:
        trie: Phrases.
        words: Words of the text.
        at: Index of the first word.

    Returns:
        Its name and the index after its last word; ("", at) where there is none.
    """
    if words[at].stem not in trie.children:
        return "", at
    node, best, end, i = trie, "", at, at
    while i < len(words):
        below = node.children.get(words[i].stem)
        if below is None:
            if i == at or words[i].text not in "-/":
                break
            i += 1
            continue
        node, i = below, i + 1
        if node.name:
            best, end = node.name, i
    return best, end


def abbreviations(text: Text) -> dict[str, str]:
    """Abbreviations that the text explains in brackets, "invasive disease-free survival (iDFS)".

    Args:
        text: A text.

    Returns:
        Abbreviation as printed → the words before it; only where their initials give it.
    """
    return dict(_abbreviations(text.plain))


@lru_cache(maxsize=1)  # arms and endpoints both ask
def _abbreviations(plain: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for match in _ABBREVIATION.finditer(plain):
        short = match[1]
        letters = [c.lower() for c in short if c.isalpha()]
        if len(letters) < 2 or sum(c.isupper() for c in short) < 2 or short in found:
            continue
        before = plain[max(0, match.start() - 90) : match.start()].rstrip()
        parts = list(re.finditer(r"[A-Za-z]+", before))
        for many in range(1, min(len(parts), len(letters) + 3) + 1):
            start = parts[-many].start()
            if re.search(r"[.;:,()|]", before[start:]):
                break
            if parts[-many].group()[0].lower() == letters[0] and _spells(parts[-many:], letters):
                found[short] = before[start:]
                break
    return tuple(found.items())


def _spells(parts: list[re.Match[str]], letters: list[str]) -> bool:
    """Whether letters can be picked from words, in order, every long word giving one and the first its first."""
    word, place, used = 0, 0, 0
    for letter in letters:
        while word < len(parts):
            at = parts[word].group().lower().find(letter, place)
            if at >= 0:
                place, used = at + 1, word
                break
            word, place = word + 1, 0
        else:
            return False
    return used == len(parts) - 1


def within(mentions: Sequence[Mention], start: int, end: int) -> Sequence[Mention]:
    """The mentions, of those in order, that lie between two places."""
    first = bisect_left(mentions, start, key=lambda m: m.start)
    last = bisect_left(mentions, end, key=lambda m: m.start)
    return mentions[first:last]
