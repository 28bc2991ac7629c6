"""From a file to a document, through ruamel.yaml's round-trip composer, imported on first use."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

from equipoise.errors import EquipoiseError, Problem, ProtocolError, Where
from equipoise.source.nodes import Node, Place, Scalar, Source, YamlPath, dotted
from equipoise.source.syntax import character_problem, syntax_problem, tab_problems

__all__ = ["parse_source", "read_source"]

MAX_NODES = 100_000  # aliases can name the same content exponentially often
_SHOWN = 60


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
        raise error(Problem("yaml.unreadable", said, Where(file=file), cure="check its permissions")) from None
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
    tabs = tab_problems(text, file)
    yaml = YAML(typ="rt")
    try:
        top = yaml.compose(text)
        if top is None:
            raise error(Problem("yaml.empty", "the file holds no declaration", Where(file=file, line=1), "",
                                 "start from the file that `equipoise init` writes"))  # fmt: skip
        reader = _Reader(file, text)
        root = reader.node(top, None, ())
    except MarkedYAMLError as reason:
        raise error(tabs or [syntax_problem(reason, file)]) from None
    except YAMLError as reason:  # the reader's own: control characters
        raise error(tabs or [character_problem(reason, text, file)]) from None
    except RecursionError:
        raise error(Problem("yaml.too_deep", "the file is nested too deeply, or an alias contains itself",
                             Where(file=file), "", "write the content out instead of an alias")) from None  # fmt: skip
    if reader.nodes > MAX_NODES:
        raise error(Problem("yaml.too_large", "aliases repeat more than a protocol can need", Where(file=file),
                            cure="write the content out instead of an alias"))  # fmt: skip
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
        text = self._whole(raw.value, place, path)
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

    def _whole(self, text: str, place: Place, path: YamlPath) -> str:
        """Text with escaped surrogate pairs, as JSON writes them, put together."""
        if not any("\ud800" <= character <= "\udfff" for character in text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            shown = text.encode("ascii", "backslashreplace").decode("ascii")
            self._report("yaml.character", "half a character is escaped here", place, path, shown,
                         "write the character itself")  # fmt: skip
            return shown

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
