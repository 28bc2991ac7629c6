"""What makes a file unreadable, in words that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from equipoise.errors import Problem, Where

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

__all__ = ["character_problem", "syntax_problem", "tab_problems"]


def tab_problems(text: str, file: str) -> list[Problem]:
    """Lines indented with tabs: reported only where parsing fails, since a tab may stand inside a block of text.

    Args:
        text: Content of the file.
        file: Its name.
    """
    return [
        Problem("yaml.tab", "the line is indented with a tab", Where(file=file, line=number), "",
                 "indent with spaces")
        for number, line in enumerate(text.splitlines(), start=1)
        if "\t" in line[: len(line) - len(line.lstrip())] and line.strip() and not line.lstrip().startswith("#")
    ]  # fmt: skip


def character_problem(reason: Exception, text: str, file: str) -> Problem:
    """A character that YAML forbids.

    Args:
        reason: What the reader raised.
        text: Content of the file.
        file: Its name.
    """
    position = getattr(reason, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
    found = getattr(reason, "character", None)
    value = f"U+{found:04X}" if isinstance(found, int) else ""
    return Problem("yaml.character", "the file holds a character that YAML forbids", Where(file=file, line=line),
                    value, "remove the invisible control character")  # fmt: skip


_SYNTAX: Final[tuple[tuple[str, str, str], ...]] = (
    ("mapping values are not allowed", "a colon stands where no key can be",
     "quote a text that contains `: `, and indent keys of one section alike"),
    ("mapping keys are not allowed", "a key stands where none can be", "indent keys of one section alike"),
    ("sequence entries are not allowed", "a list item stands where none can be",
     "put `- ` on a line of its own, indented under its key"),
    ("could not find expected ':'", "a line is neither `key: value` nor a list item",
     "add the colon, or quote a text that runs over several lines"),
    ("cannot start any token", "an unquoted value can't begin with this character", 'quote the value, "..."'),
    ("undefined alias", "an alias `*name` has no anchor `&name` before it",
     "define the anchor, or quote a text with `*`"),
    ("but found another document", "the file holds more than one document", "keep one, without `---` in between"),
    ("expected ',' or", "a bracket is not closed, or a comma is missing",
     "close the bracket, and put commas between items"),
    ("expected the node content", "a bracket is not closed, or an item is missing", "close the bracket"),
    ("unexpected end of stream", "a quoted text is not closed", "add the closing quote"),
    ("unknown escape character", "a backslash in double quotes begins an escape that does not exist",
     "use single quotes for a text with backslashes"),
    ("expected <block end>", "the indentation does not fit the lines above", "indent keys of one section alike"),
    ("unacceptable character", "a character stands where YAML forbids it", "remove it, or quote the text"),
)  # fmt: skip


def syntax_problem(reason: MarkedYAMLError, file: str) -> Problem:
    """What broke the syntax, and on which line.

    Args:
        reason: What the parser raised.
        file: Name of the file.
    """
    said = f"{reason.problem or ''} {reason.context or ''}"
    mark = reason.problem_mark or reason.context_mark
    line = mark.line + 1 if mark is not None else None
    message, cure = "this is not valid YAML", "check indentation, quotes and brackets on this line and the one above"
    for phrase, words, advice in _SYNTAX:
        if phrase in said:
            message, cure = words, advice
            break
    opened = reason.context_mark
    if opened is not None and line is not None and opened.line + 1 < line:
        message += f" (it begins on line {opened.line + 1})"
    return Problem("yaml.syntax", message, Where(file=file, line=line), "", cure)
