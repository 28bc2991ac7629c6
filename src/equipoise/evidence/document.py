"""A text as it was read: its characters, into which all claims point, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Document", "Marked"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of a page of ours that carries the identifier of a statistic (`data-stat`).

    Attributes:
        start: First character in `Document.text`.
        end: One past the last.
        stat: The identifier.
        field: Which of its numbers: `value`, `interval`, ... as `data-field` says; "" where it does not.
    """

    start: int
    end: int
    stat: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text to check.

    Attributes:
        name: File as the user gave it; `-` for standard input.
        text: What a reader sees; of HTML the visible text with a line a block, of Markdown and plain text the file.
        kind: How it was read.
        title: Its first line or heading, shortened.
        marks: Identifiers that the page carries.
        notes: What was changed or guessed in reading ("decoded as windows-1252").
    """

    name: str
    text: str
    kind: Literal["text", "markdown", "html"] = "text"
    title: str = ""
    marks: tuple[Marked, ...] = ()
    notes: tuple[str, ...] = ()
