"""Rows and columns of tables drawn with bars or made of cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

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
        self._bars: dict[int, list[int]] = {}
        self._labels: dict[tuple[int, int], str] = {}
        self._words: dict[int, frozenset[str]] = {}
        if any(token.word == "|" for token in text.tokens):
            self._find_rows()

    def _find_rows(self) -> None:
        """Which sentences are rows, which row is the header of each, where their bars are."""
        tokens = self._text.tokens
        for index, (first, last) in enumerate(self._spans):
            bars = [at for at in range(first, last) if tokens[at].word == "|"]
            if bars:
                self._bars[index] = bars
        header = -1
        rows: list[int] = []
        for index, (first, last) in enumerate(self._spans):
            if index in self._bars:
                if header < 0:
                    self._close(rows)
                    header, rows = index, []
                self._header[index] = header
                rows.append(index)
            elif last > first and not self._continues(index):
                header = -1
        self._close(rows)

    def _close(self, rows: list[int]) -> None:
        """Leave out the bar that opens each row of a table, where all rows have it."""
        if rows and all(self._bars[row][0] == self._opening(row) for row in rows):
            for row in rows:
                self._bars[row] = self._bars[row][1:]

    def _opening(self, row: int) -> int:
        """First token of a row past tags."""
        first, last = self._spans[row]
        while first < last and self._text.tokens[first].kind == "noise":
            first += 1
        return first

    def _continues(self, index: int) -> bool:
        """Whether a line without bars is a title between the rows of a table."""
        if index - 1 not in self._bars or index + 1 not in self._bars:
            return False
        low, high = self._text.spans[index]
        return high - low < 100

    def token_span(self, sentence: int) -> tuple[int, int]:
        """First token of a sentence and one past its last.

        Args:
            sentence: Its index.
        """
        return self._spans[sentence]

    def words(self, sentence: int) -> frozenset[str]:
        """Words, and tags with a colon before them, of a sentence.

        Args:
            sentence: Its index.
        """
        found = self._words.get(sentence)
        if found is None:
            first, last = self._spans[sentence]
            tokens = self._text.tokens[first:last]
            found = frozenset(token.word for token in tokens) | {":" + token.tag for token in tokens if token.tag}
            self._words[sentence] = found
        return found

    def is_row(self, at: int) -> bool:
        """Whether a token stands in a row.

        Args:
            at: Index of the token.
        """
        return self._text.home[at] in self._header

    @property
    def any(self) -> bool:
        """Whether there are rows."""
        return bool(self._header)

    def same_row(self, at: int, other: int) -> bool:
        """Whether two tokens stand in the same row.

        Args:
            at: Index of a token.
            other: Index of the other.
        """
        return self._text.home[at] == self._text.home[other]

    def places(self, starts: list[int]) -> list[tuple[int, int, str]]:
        """Of each position its row (-1 outside tables), its column, and the first word of the row's label.

        Args:
            starts: Positions in the text.
        """
        tokens = self._text.tokens
        positions = [token.start for token in tokens]
        out = []
        for start in starts:
            at = min(bisect_left(positions, start), len(tokens) - 1)
            home = self._text.home[at]
            if home not in self._header:
                out.append((-1, 0, ""))
                continue
            first, last = self._cell(home, 0)
            out.append((home, self.column(at), tokens[first].word if last > first else ""))
        return out

    def in_label(self, at: int) -> bool:
        """Whether a token stands in the first cell of a row under a header, the row's name.

        Args:
            at: Index of the token.
        """
        home = self._text.home[at]
        return self._header.get(home, home) != home and bool(self._bars.get(home)) and self.column(at) == 0

    def in_header(self, at: int) -> bool:
        """Whether a token stands in the header of a table that has other rows.

        Args:
            at: Index of the token.
        """
        home = self._text.home[at]
        return self._header.get(home, -1) == home and self._header.get(home + 1, -1) == home

    def column(self, at: int) -> int:
        """Column of a token in its row, from 0.

        Args:
            at: Index of the token.
        """
        return bisect_right(self._bars.get(self._text.home[at], []), at)

    def _cell(self, row: int, column: int) -> tuple[int, int]:
        """Tokens of a cell, an empty range where the row has no such column."""
        first, last = self._spans[row]
        bars = self._bars.get(row, [])
        if column > len(bars):
            return first, first
        start = bars[column - 1] + 1 if column else self._opening(row)
        end = bars[column] if column < len(bars) else last
        if start < end and self._text.tokens[start].word == "|":
            start += 1
        return start, max(start, end)

    def cell_start(self, at: int) -> int:
        """First token of the cell of a token.

        Args:
            at: Index of the token.
        """
        return self._cell(self._text.home[at], self.column(at))[0]

    def _tags(self, cell: tuple[int, int]) -> list[str]:
        """Tags of the words of a cell, last first."""
        tokens = self._text.tokens
        return [tokens[index].tag for index in range(cell[1] - 1, cell[0] - 1, -1) if tokens[index].tag]

    def label_tags(self, at: int) -> list[str]:
        """Tags of the first cell of a token's row, last first; none for a token of that cell.

        Args:
            at: Index of the token.
        """
        return self._tags(self._cell(self._text.home[at], 0)) if self.column(at) else []

    def header_cell(self, at: int) -> tuple[int, int]:
        """The tokens of the header of a token's column; an empty range where it has none.

        Args:
            at: Index of the token.
        """
        home = self._text.home[at]
        row = self._header.get(home, home)
        return self._cell(row, self.column(at)) if row != home else (0, 0)

    def header_tags(self, at: int) -> list[str]:
        """Tags of the header of a token's column.

        Args:
            at: Index of the token.
        """
        return self._tags(self.header_cell(at))

    def label(self, at: int) -> str:
        """Characters of the first cell of a token's row and of its column's header; "" outside tables.

        Args:
            at: Index of the token.
        """
        home = self._text.home[at]
        if home not in self._header:
            return ""
        key = (home, self.column(at))
        if key not in self._labels:
            cells = [self._cell(home, 0) if key[1] else (0, 0), self.header_cell(at)]
            tokens, plain = self._text.tokens, self._text.plain
            self._labels[key] = " ".join(plain[tokens[a].start : tokens[b - 1].end] for a, b in cells if b > a)
        return self._labels[key]
