"""Rows and columns of tables drawn with bars."""

from __future__ import annotations

from bisect import bisect_left

from equipoise.evidence.claims.texts import Text

__all__ = ["Tables"]


class Tables:
    """The sentences of a text as ranges of tokens, and those that are rows of a table with their header.

    Args:
        text: The text.
    """

    def __init__(self, text: Text) -> None:
        self._text = text
        starts = [token.start for token in text.tokens]
        self._spans = [(bisect_left(starts, low), bisect_left(starts, high)) for low, high in text.spans]
        self._header: dict[int, int] = {}
        header = -1
        for index, (first, last) in enumerate(self._spans):
            if any(text.tokens[at].word == "|" for at in range(first, last)):
                header = index if header < 0 else header
                self._header[index] = header
            elif last > first and not self._continues(index):
                header = -1

    def _continues(self, index: int) -> bool:
        """Whether a line without bars is a title between the rows of a table."""
        if index == 0 or index + 1 >= len(self._spans) or index - 1 not in self._header:
            return False
        first, last = self._spans[index + 1]
        low, high = self._text.spans[index]
        return high - low < 100 and any(self._text.tokens[at].word == "|" for at in range(first, last))

    def token_span(self, sentence: int) -> tuple[int, int]:
        """First token of a sentence and one past its last.

        Args:
            sentence: Its index.
        """
        return self._spans[sentence]

    def is_row(self, at: int) -> bool:
        """Whether a token stands in a row."""
        return self._text.home[at] in self._header

    def column(self, at: int) -> int:
        """Column of a token in its row, from 0."""
        first, _ = self._spans[self._text.home[at]]
        return sum(self._text.tokens[index].word == "|" for index in range(first, at) if index > first)

    def cell_start(self, at: int) -> int:
        """First token of the cell of a token."""
        first, _ = self._spans[self._text.home[at]]
        while at > first and self._text.tokens[at - 1].word != "|":
            at -= 1
        return at

    def _opening(self, first: int, last: int) -> int:
        """First token of a row past bars and tags that open it."""
        while first < last and (self._text.tokens[first].word == "|" or self._text.tokens[first].kind == "noise"):
            first += 1
        return first

    def label_tags(self, at: int) -> list[str]:
        """Tags of the first cell of a token's row, last first; none for a token of that cell."""
        first, last = self._spans[self._text.home[at]]
        tokens = self._text.tokens
        start = self._opening(first, last)
        end = next((index for index in range(start, last) if tokens[index].word == "|"), last)
        return [tokens[index].tag for index in range(end - 1, start - 1, -1) if tokens[index].tag] if end <= at else []

    def header_cell(self, at: int) -> tuple[int, int]:
        """The tokens of the header of a token's column; an empty range where it has none."""
        home = self._text.home[at]
        row = self._header.get(home, home)
        if row == home:
            return 0, 0
        wanted, column = self.column(at), 0
        first, last = self._spans[row]
        start = first
        for index in range(first, last):
            if self._text.tokens[index].word == "|" and index > first:
                if column == wanted:
                    return start, index
                column, start = column + 1, index + 1
        return (start, last) if column == wanted else (0, 0)

    def header_tags(self, at: int) -> list[str]:
        """Tags of the header of a token's column."""
        first, last = self.header_cell(at)
        return [
            self._text.tokens[index].tag for index in range(last - 1, first - 1, -1) if self._text.tokens[index].tag
        ]

    def label(self, at: int) -> str:
        """Characters of the first cell of a token's row and of its column's header; "" outside tables."""
        home = self._text.home[at]
        if home not in self._header:
            return ""
        tokens = self._text.tokens
        first, last = self._spans[home]
        first = self._opening(first, last)
        end = next((index for index in range(first, last) if tokens[index].word == "|"), last)
        low, high = self.header_cell(at)
        plain = self._text.plain
        label = plain[tokens[first].start : tokens[end - 1].end] if first < end <= at else ""
        return label + (" " + plain[tokens[low].start : tokens[high - 1].end] if high > low else "")
