"""A cell: printed text that remembers which statistics it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from equipoise.pages import Html, element, escape, join
from equipoise.results import Statistic

__all__ = ["EMPTY", "Cell", "Piece", "cell", "listed", "plain", "why"]


_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def _together(found: re.Match[str]) -> str:
    # A day is not broken at its hyphens where a column is narrow.
    return element("span", found[0], cls="nowrap")


@dataclass(frozen=True, slots=True)
class Piece:
    """A statistic as printed.

    Attributes:
        text: Its printed form.
        stat: The statistic.
    """

    text: str
    stat: Statistic

    @property
    def absent(self) -> bool:
        """Whether the text is the reason for a missing number."""
        return self.stat.value is None and not self.stat.text and self.stat.why() != "not_reached"

    @property
    def html(self) -> Html:
        """The text in a span that carries the statistic's identifier; a missing number is set softly."""
        shown = _DATE.sub(_together, escape(self.text)) if self.stat.text else self.text
        return element(
            "span", Html(shown) if self.stat.text else shown, data_stat=self.stat.id, cls="why" if self.absent else None
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """Text and statistics in reading order.

    Attributes:
        parts: Pieces and the plain text between them.
        soft: Whether the text only says why there is no number.
    """

    parts: tuple[str | Piece, ...] = ()
    soft: bool = False

    @property
    def html(self) -> Html:
        """The cell as HTML, statistics in spans with `data-stat`."""
        content = join(part.html if isinstance(part, Piece) else escape(part) for part in self.parts)
        return element("span", content, cls="why") if self.soft else content

    @property
    def text(self) -> str:
        """The cell as plain text."""
        return "".join(part.text if isinstance(part, Piece) else part for part in self.parts)

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The statistics that the cell shows."""
        return tuple(part.stat for part in self.parts if isinstance(part, Piece))

    def __add__(self, other: Cell | str) -> Cell:
        more = (other,) if isinstance(other, str) else other.parts
        return Cell(self.parts + more, soft=self.soft)


EMPTY = Cell()


def cell(*parts: str | Piece | Cell) -> Cell:
    """A cell from text, pieces and other cells.

    Args:
        *parts: What it is made of, in order.
    """
    flat: list[str | Piece] = []
    for part in parts:
        flat += part.parts if isinstance(part, Cell) else (part,)
    return Cell(tuple(flat))


def plain(text: str) -> Cell:
    """A cell of words.

    Args:
        text: The words.
    """
    return Cell((text,))


def why(text: str) -> Cell:
    """A cell that says why there is no number.

    Args:
        text: The reason.
    """
    return Cell((text,), soft=True)


def listed(cells: Iterable[Cell], *, last: str = " and ") -> Cell:
    """Cells as a list in a sentence: "a, b and c".

    Args:
        cells: The cells.
        last: What stands before the last.
    """
    items = list(cells)
    out: list[str | Piece | Cell] = []
    for number, item in enumerate(items):
        if number:
            out.append(last if number == len(items) - 1 else ", ")
        out.append(item)
    return cell(*out)
