"""YAML 1.2 with a place for every value: plain Python values and, for each path, file, line and column.

Declarations are read through ruamel.yaml's round-trip composer, whose nodes carry marks; scalars are turned into Python
values here, by the YAML 1.2 rules: `yes` and `1:1` are text, `2026-06-30` is a date. Duplicate keys are all reported,
never silently resolved. `ruamel.yaml` is imported on first use.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from equipoise.errors import EquipoiseError, Problem, ProtocolError, Where

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

__all__ = ["Node", "Place", "Source", "YamlPath", "dotted", "parse_source", "read_source"]

Scalar = str | int | float | bool | datetime.date | datetime.datetime | None
YamlPath = tuple[Any, ...]
"""Keys and 0-based list positions from the top of a document, `("arms", "palbo", "ratio")`."""

MAX_NODES = 100_000  # aliases can name the same content exponentially often
_SHOWN = 60


class Place(NamedTuple):
    """A place in a text file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document.

    Attributes:
        content: A scalar, a mapping of nodes, or a list of nodes.
        place: Where the value begins.
        key: Where its key stands; the value's own place for list items and the document.
        text: The value as written, quotes included, shortened where long.
    """

    content: Scalar | dict[Any, Node] | list[Node]
    place: Place
    key: Place
    text: str

    @property
    def value(self) -> Any:
        """The node as plain Python values."""
        if isinstance(self.content, dict):
            return {key: node.value for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.value for node in self.content]
        return self.content

    @property
    def at(self) -> Place:
        """Where a reader should look: the key of a mapping, a list or nothing, else the value itself."""
        return self.key if isinstance(self.content, dict | list) or not self.text else self.place

    def child(self, key: Any) -> Node | None:
        """The entry or item under `key`, None where there is none."""
        if isinstance(self.content, dict):
            return self.content.get(key)
        if isinstance(self.content, list) and isinstance(key, int) and 0 <= key < len(self.content):
            return self.content[key]
        return None

    def find(self, path: YamlPath) -> tuple[Node, YamlPath]:
        """The deepest node that exists on the way to `path`, and the part of the path that was found."""
        node: Node = self
        for depth, key in enumerate(path):
            child = node.child(key)
            if child is None:
                return node, path[:depth]
            node = child
        return node, path


@dataclass(frozen=True, slots=True)
class Source:
    """A document that was read: its nodes, and problems that did not stop the reading (duplicate keys).

    Attributes:
        file: Name of the file as the user gave it.
        root: The document.
        problems: Duplicate keys, impossible dates and the like.
    """

    file: str
    root: Node
    problems: tuple[Problem, ...] = ()

    @property
    def value(self) -> Any:
        """The document as plain Python values."""
        return self.root.value

    @property
    def places(self) -> Mapping[YamlPath, Place]:
        """Path → place, for the document and everything in it."""
        return dict(_places(self.root, ()))


def dotted(path: YamlPath) -> str:
    """A path for people: `analysis.pfs_main.test.strata[0]`."""
    out = ""
    for part in path:
        if isinstance(part, int) and not isinstance(part, bool):
            out += f"[{part}]"
        else:
            out += f".{part}" if out else str(part)
    return out


def read_source(path: Path | str, *, error: type[EquipoiseError] = ProtocolError) -> Source:
    """Read a YAML file.

    Args:
        path: The file.
        error: Class of the error to raise.

    Returns:
        The document; `problems` lists what is wrong without making it unreadable.

    Raises:
        EquipoiseError: When the file is missing, empty, not UTF-8, not YAML, or not one mapping.
    """
    file = str(path)
    try:
        data = Path(path).read_bytes()
    except IsADirectoryError:
        raise error(Problem("yaml.not_a_file", "this is a folder, not a file", Where(file=file), "",
                             "name the protocol file itself, such as trial.yaml")) from None  # fmt: skip
    except FileNotFoundError:
        raise error(Problem("yaml.no_file", "there is no such file", Where(file=file), "",
                             "check the path; `equipoise init` writes a first protocol file")) from None  # fmt: skip
    except OSError as reason:
        said = f"the file can't be read: {reason.strerror}"
        raise error(Problem("yaml.unreadable", said, Where(file=file))) from None
    return parse_source(_decode(data, file, error), file=file, error=error)


def parse_source(text: str, *, file: str = "<text>", error: type[EquipoiseError] = ProtocolError) -> Source:
    """Parse YAML text; see `read_source`.

    Args:
        text: One YAML document, a mapping at top level.
        file: Name shown in problems.
        error: Class of the error to raise.

    Returns:
        The document.

    Raises:
        EquipoiseError: When the text is empty, not YAML, or not one mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = text.removeprefix("\ufeff")
    tabs = _tabs(text, file)
    yaml = YAML(typ="rt")
    try:
        top = yaml.compose(text)
        if top is None:
            raise error(Problem("yaml.empty", "the file holds no declaration", Where(file=file, line=1), "",
                                 "start from the file that `equipoise init` writes"))  # fmt: skip
        reader = _Reader(file, text)
        root = reader.node(top, None, ())
    except MarkedYAMLError as reason:
        raise error(tabs or [_syntax(reason, file)]) from None
    except YAMLError as reason:  # the reader's own: control characters
        raise error(tabs or [_character(reason, text, file)]) from None
    except RecursionError:
        raise error(Problem("yaml.too_deep", "the file is nested too deeply, or an alias contains itself",
                             Where(file=file), "", "write the content out instead of an alias")) from None  # fmt: skip
    if reader.nodes > MAX_NODES:
        raise error(Problem("yaml.too_large", "aliases repeat more than a protocol can need", Where(file=file)))
    if not isinstance(root.content, dict):
        kind = "a list" if isinstance(root.content, list) else "a single value"
        raise error(Problem("yaml.not_a_mapping", f"the file holds {kind} at its top level",
                             Where(file=file, line=root.place.line), root.text,
                             "write sections as `name:` lines, beginning with `equipoise: 1`"))  # fmt: skip
    return Source(file=file, root=root, problems=tuple(reader.problems))


class _Reader:
    """Turns composed nodes into `Node`s and collects problems on the way."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.problems: list[Problem] = []
        self.nodes = 0
        self._open: set[int] = set()

    def node(self, raw: Any, key: Place | None, path: YamlPath) -> Node:
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        self.nodes += 1
        if id(raw) in self._open:
            raise RecursionError
        place = self._place(raw.start_mark)
        content: Any
        if self.nodes > MAX_NODES:
            content = None
        elif isinstance(raw, MappingNode | SequenceNode):
            self._open.add(id(raw))
            self._check_tag(raw, place, path)
            if isinstance(raw, MappingNode):
                content = self._mapping(raw, path)
            else:
                content = [self.node(item, None, (*path, position)) for position, item in enumerate(raw.value)]
            self._open.discard(id(raw))
        else:
            content = self._scalar(raw, place, path)
        return Node(content=content, place=place, key=key or place, text=self._written(raw))

    def _mapping(self, raw: Any, path: YamlPath) -> dict[Any, Node]:
        out: dict[Any, Node] = {}
        lines: dict[Any, list[int]] = {}
        for raw_key, raw_value in raw.value:
            place = self._place(raw_key.start_mark)
            key = self._key(raw_key, place, path)
            if key is _BAD:
                continue
            lines.setdefault(key, []).append(place.line)
            if key in out:
                first = lines[key][0]
                message = f"the key `{key}` is given twice; it is first on line {first}"
                cure = f"keep one of the lines {first} and {place.line}"
                self._report("yaml.duplicate_key", message, place, (*path, key), str(key), cure)
                continue
            out[key] = self.node(raw_value, place, (*path, key))
        return out

    def _key(self, raw: Any, place: Place, path: YamlPath) -> Any:
        from ruamel.yaml.nodes import ScalarNode

        if not isinstance(raw, ScalarNode):
            self._report("yaml.key", "a key must be a single word or number", place, path, self._written(raw),
                         "quote it if it is meant as text")  # fmt: skip
            return _BAD
        if str(raw.tag).endswith(":merge"):
            self._report("yaml.merge_key", "`<<` merge keys are not part of YAML 1.2 and not read", place, path, "<<",
                         "copy an analysis or endpoint with `like:`, a scenario with `extends:`")  # fmt: skip
            return _BAD
        return self._scalar(raw, place, path)

    def _scalar(self, raw: Any, place: Place, path: YamlPath) -> Scalar:
        text: str = raw.value
        if raw.style in ("'", '"', "|", ">"):
            # ruamel marks the folds of `>` blocks with a bell character, so that it could write them back.
            return text.replace("\a", "") if raw.style == ">" else text
        tag = raw.tag.rsplit(":", 1)[-1]
        if not raw.tag.startswith("tag:yaml.org,2002:"):
            self._check_tag(raw, place, path)
            return text
        try:
            return _convert(tag, text)
        except _LeadingZeroError:
            self._report("yaml.leading_zero", "a number with a leading zero would be read without it", place, path,
                         text, f'quote it, "{text}", to keep it as written')  # fmt: skip
        except ValueError:
            what = "date" if tag == "timestamp" else "number"
            cure = "write a date that exists, 2026-06-30" if what == "date" else f'quote it, "{text}", if it is text'
            self._report(f"yaml.{what}", f"this is not a {what} that exists", place, path, text, cure)
        return text

    def _check_tag(self, raw: Any, place: Place, path: YamlPath) -> None:
        tag = str(raw.tag or "")
        if tag and not tag.startswith("tag:yaml.org,2002:"):
            self._report("yaml.tag", "tags are not read in a protocol", place, path, tag, f"remove `{tag}`")

    def _report(self, code: str, message: str, place: Place, path: YamlPath, value: str, cure: str) -> None:
        where = Where(file=self.file, line=place.line, path=dotted(path))
        self.problems.append(Problem(code, message, where, value, cure))

    def _place(self, mark: Any) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _written(self, raw: Any) -> str:
        text = self.text[raw.start_mark.index : raw.end_mark.index].strip()
        text = re.sub(r"\s+", " ", text)
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_BAD = object()


class _LeadingZeroError(Exception):
    pass


def _convert(tag: str, text: str) -> Scalar:
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            digits = text.lstrip("+-").replace("_", "")
            if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
                raise _LeadingZeroError
            return int(text.replace("_", ""), 0)
        case "float":
            return float(text.replace("_", "").replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf")
                         .replace(".nan", "nan").replace(".NaN", "nan").replace(".NAN", "nan"))  # fmt: skip
        case "timestamp":
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                return datetime.date.fromisoformat(text)
            return datetime.datetime.fromisoformat(text)
        case _:
            return text


def _places(node: Node, path: YamlPath) -> Iterator[tuple[YamlPath, Place]]:
    yield path, node.at
    if isinstance(node.content, dict):
        for key, child in node.content.items():
            yield from _places(child, (*path, key))
    elif isinstance(node.content, list):
        for position, child in enumerate(node.content):
            yield from _places(child, (*path, position))


def _decode(data: bytes, file: str, error: type[EquipoiseError]) -> str:
    cure = "save the file as UTF-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise error(Problem("yaml.encoding", "the file is UTF-16, not UTF-8", Where(file=file, line=1), "", cure))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as reason:
        line = data.count(b"\n", 0, reason.start) + 1
        where, value = Where(file=file, line=line), f"byte 0x{data[reason.start]:02x}"
        raise error(Problem("yaml.encoding", "the file is not UTF-8", where, value, cure)) from None


def _tabs(text: str, file: str) -> list[Problem]:
    """Lines indented with tabs: reported only where parsing fails, since a tab may stand inside a block of text."""
    return [
        Problem("yaml.tab", "the line is indented with a tab", Where(file=file, line=number), "",
                 "indent with spaces")
        for number, line in enumerate(text.splitlines(), start=1)
        if "\t" in line[: len(line) - len(line.lstrip())] and line.strip() and not line.lstrip().startswith("#")
    ]  # fmt: skip


def _character(reason: Exception, text: str, file: str) -> Problem:
    position = getattr(reason, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
    found = getattr(reason, "character", None)
    value = f"U+{found:04X}" if isinstance(found, int) else ""
    return Problem("yaml.character", "the file holds a character that YAML forbids", Where(file=file, line=line),
                    value, "remove the invisible control character")  # fmt: skip


_SYNTAX: tuple[tuple[str, str, str], ...] = (
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


def _syntax(reason: MarkedYAMLError, file: str) -> Problem:
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
