"""A brief as a value: paragraphs of sentences, made of words and of numbers that name their statistic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

__all__ = [
    "DECLARED",
    "SOURCE",
    "STYLES",
    "Brief",
    "Field",
    "Paragraph",
    "Part",
    "Piece",
    "Quoted",
    "Sentence",
    "Style",
    "Told",
    "Words",
    "say",
    "words_in",
]

Style = Literal["news", "lay", "abstract"]
STYLES: tuple[Style, ...] = Style.__args__  # type: ignore[attr-defined]

Field = Literal["value", "interval", "conf_level", "events", "denominator", "time", "per_hundred", "decision"]


@dataclass(frozen=True, slots=True)
class Told:
    """A number as the brief prints it.

    Attributes:
        text: Its characters.
        stat_id: The statistic that it is of.
        field: Which of the statistic's numbers: `value`, `interval`, `conf_level`, `events`, `denominator`, `time` (the
            landmark of its key), `per_hundred` (a proportion as whole people of a hundred) or `decision` (words,
            "longer", that rest on what became of a hypothesis).
    """

    text: str
    stat_id: str
    field: Field = "value"


DECLARED = "declared"
"""What a page's words of the declaration carry in place of a statistic."""
SOURCE = "Source"
"""Title of the part that says where the results are from."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of the declaration, such as a criterion of eligibility: a number in them is no result."""

    text: str


Piece = str | Told | Quoted
Words = tuple[Piece, ...]


def say(*parts: Piece | Iterable[Piece]) -> Words:
    """Words and numbers in reading order, nested ones flattened and empty ones left out.

    Args:
        *parts: Text, numbers, or several of them.
    """
    flat: list[Piece] = []
    for part in parts:
        flat += [part] if isinstance(part, str | Told | Quoted) else part
    return tuple(piece for piece in flat if piece != "")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        pieces: Words and numbers.
        spare: 0 for what has to be said; of the others the largest goes first where a text is too long.
    """

    pieces: Words
    spare: int = 0

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that belong together.

    Attributes:
        sentences: In order.
        item: Whether it is an item of a list.
        term: What the paragraph is about, printed before it in bold: an item of a structured abstract.
    """

    sentences: tuple[Sentence, ...]
    item: bool = False
    term: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Paragraphs under a heading; an empty title is the beginning of the text."""

    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """The story of a trial.

    Attributes:
        style: For whom.
        trial: Identifier of the trial.
        headline: The title.
        parts: The text.
        mark: A word that stands on every page of it: `SYNTHETIC DATA`; "" for results of patients.
        doi: DOI of the trial's publication, where one is known.
        made: What made it, and from when the results are.
    """

    style: Style
    trial: str
    headline: Sentence
    parts: tuple[Part, ...]
    mark: str = ""
    doi: str = ""
    made: str = ""

    def sentences(self) -> Iterator[Sentence]:
        """All sentences in reading order, the headline first."""
        yield self.headline
        for part in self.parts:
            for paragraph in part.paragraphs:
                yield from paragraph.sentences

    def told(self) -> Iterator[Told]:
        """All numbers in reading order."""
        for sentence in self.sentences():
            for piece in sentence.pieces:
                if isinstance(piece, Told):
                    yield piece

    def shortened(self, most: int) -> Brief:
        """The brief without its most dispensable sentences, as many as it takes to have `most` words.

        Args:
            most: Largest number of words; a brief of what has to be said may have more.
        """
        brief = self
        while words_in(brief) > most:
            spare = [one for one in brief.sentences() if one.spare]
            last = max(reversed(spare), key=lambda one: one.spare, default=None)  # of equals the last goes
            if last is None:
                break
            brief = replace(brief, parts=tuple(_without(part, last) for part in brief.parts))
        return replace(brief, parts=tuple(part for part in brief.parts if part.paragraphs))


def _without(part: Part, gone: Sentence) -> Part:
    kept = (
        replace(one, sentences=tuple(sentence for sentence in one.sentences if sentence is not gone))
        for one in part.paragraphs
    )
    return replace(part, paragraphs=tuple(one for one in kept if one.sentences))


def words_in(brief: Brief) -> int:
    """Number of words of the text; headline, headings and source are not counted.

    Args:
        brief: The brief.
    """
    text = (part for part in brief.parts if part.title != SOURCE)
    return sum(len(item.text.split()) for part in text for one in part.paragraphs for item in one.sentences)
