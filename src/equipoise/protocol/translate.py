"""What pydantic found, in our words: code, place, value and cure; nothing of its own text reaches a reader."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic_core import ErrorDetails

from equipoise.errors import Problem, Where
from equipoise.protocol.protocol import Protocol
from equipoise.protocol.suggest import choices, known, nearest
from equipoise.source import Node, YamlPath, dotted

__all__ = ["Place", "place_of", "translate"]


class Place(NamedTuple):
    """Where in the document an error of a model belongs.

    Attributes:
        path: Path in the document, without the tags of unions.
        parent: The model that has the field or the unknown key; None inside lists of scalars.
        type: Type that is expected there, None for an unknown key.
    """

    path: YamlPath
    parent: type[BaseModel] | None
    type: Any


def translate(errors: Iterable[ErrorDetails], root: Node, file: str) -> list[tuple[YamlPath, Problem]]:
    """Errors of the models as problems, one for each place in the document.

    Args:
        errors: `ValidationError.errors(include_url=False)`.
        root: The document that was validated.
        file: Its name.

    Returns:
        Paths and problems; several branches of one union give one problem.
    """
    groups: dict[YamlPath, list[tuple[ErrorDetails, Place]]] = {}
    for error in errors:
        place = place_of(error)
        groups.setdefault(place.path, []).append((error, place))
    return [(path, _problem(path, group, root, file)) for path, group in groups.items()]


def place_of(error: ErrorDetails) -> Place:
    """Where an error belongs.

    Args:
        error: One error of a model.

    Returns:
        Its place: the error's location with the tags of unions left out.
    """
    path: list[Any] = []
    parent: type[BaseModel] | None = None
    current: Any = Protocol
    for part in error["loc"]:
        if part == "[key]":
            current = str
            continue
        current, parent, consumed = _step(current, part, parent)
        if consumed:
            path.append(part)
    return Place(tuple(path), parent, current)


def _step(current: Any, part: str | int, parent: type[BaseModel] | None) -> tuple[Any, type[BaseModel] | None, bool]:
    current = _bare(current)
    branches = _branches(current)
    if branches:
        tagged = [branch for branch in branches if part in _tags(branch)]
        if tagged:
            return tagged[0], parent, False
        models = [branch for branch in branches if _is_container(_bare(branch))]
        if len(models) != 1:
            return None, parent, False  # a branch of a union of scalars: `str`, `int`
        return _step(models[0], part, parent)
    if isinstance(current, type) and issubclass(current, BaseModel):
        for name, info in current.model_fields.items():
            if part in (name, info.alias):
                annotation = info.annotation
                return (Annotated[annotation, *info.metadata] if info.metadata else annotation), current, True
        return None, current, True
    origin, arguments = get_origin(current), get_args(current)
    if origin is tuple:
        return arguments[0], parent, True
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1], None, True
    return None, parent, False


def _bare(current: Any) -> Any:
    while get_origin(current) is Annotated:
        current = get_args(current)[0]
    return current


def _branches(current: Any) -> tuple[Any, ...]:
    """Branches of a union, nested unions opened, None left out."""
    if get_origin(current) not in (Union, types.UnionType):
        return ()
    out: list[Any] = []
    for branch in get_args(current):
        if branch is type(None):
            continue
        inner = _branches(_bare(branch))
        out.extend(inner if inner and not _tags(branch) else [branch])
    return tuple(out)


def _tags(branch: Any) -> set[Any]:
    if get_origin(branch) is Annotated:
        tags = {item.tag for item in get_args(branch)[1:] if isinstance(item, Tag)}
        if tags:
            return tags
        branch = _bare(branch)
    if isinstance(branch, type) and issubclass(branch, BaseModel):
        for name in ("kind", "format"):
            info = branch.model_fields.get(name)
            if info is not None and get_origin(info.annotation) is Literal:
                return set(get_args(info.annotation))
    return set()


def _is_container(current: Any) -> bool:
    origin = get_origin(current)
    return (isinstance(current, type) and issubclass(current, BaseModel)) or origin is tuple or (
        isinstance(origin, type) and issubclass(origin, Mapping)
    )


# ------------------------------------------------------------------------------------------------- the words

_EXPECTED: Final = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "date": "a date",
    "tuple": "a list",
    "list": "a list",
    "mapping": "a mapping",
    "dict": "a mapping",
    "model": "a mapping",
}
_EXAMPLE: Final = {
    "text": 'write text, in quotes where it looks like a number: "3"',
    "a whole number": "write a whole number without quotes: 1",
    "a number": "write a number without quotes: 0.5",
    "`true` or `false`": "write `true` or `false` without quotes",
    "a date": "write a date without quotes: 2026-06-30",
    "a list": "write a list, even of one item: [a]",
    "a mapping": "write `key: value` pairs, indented below or in braces: {key: value}",
}
_FORBIDDEN: Final = {
    "block_size": "block sizes live in the annex, never in the protocol: they would let a reader guess allocations",
    "seed": "seeds are options of a run, not of the protocol",
    "kind": "leave it out: the kind of an analysis follows from its endpoint",
}
_BLOCKS: Final = frozenset({"block", "blocks", "block_size", "block_sizes", "sizes", "size", "blocksize", "blocksizes"})


def _problem(path: YamlPath, group: list[tuple[ErrorDetails, Place]], root: Node, file: str) -> Problem:
    error, place = group[0]
    kind = error["type"]
    node, found = root.find(path)
    where = Where(file=file, line=node.at.line, path=dotted(path))
    if kind == "extra_forbidden":
        where = Where(file=file, line=node.key.line, path=dotted(path))
        return Problem("protocol.unknown_key", f"`{path[-1]}` is not a key of {_noun(path[:-1])}", where,
                       str(path[-1]), _unknown_cure(path, place.parent))  # fmt: skip
    if kind == "missing":
        return Problem("protocol.missing_key", f"`{path[-1]}` is missing in {_noun(path[:-1])}", where, "",
                       _missing_cure(str(path[-1]), place))  # fmt: skip
    if kind == "union_tag_not_found":
        key = str((error.get("ctx") or {}).get("discriminator", "'kind'")).strip("'")
        if not isinstance(node.content, dict):
            return Problem("protocol.wrong_type", f"{_noun(path)} must be a mapping", where, node.text,
                           _EXAMPLE["a mapping"])  # fmt: skip
        listed = choices(sorted(tag for branch in _branches(_bare(place.type)) for tag in _tags(branch)))
        return Problem("protocol.missing_key", f"`{key}` is missing in {_noun(path)}", where, "",
                       f"add `{key}:`, one of {listed}")  # fmt: skip
    if kind == "union_tag_invalid":
        key = str((error.get("ctx") or {}).get("discriminator", "'kind'")).strip("'")
        tags = sorted(tag for branch in _branches(_bare(place.type)) for tag in _tags(branch))
        inner = node.child(key) or node
        where = Where(file=file, line=inner.at.line, path=dotted((*path, key)))
        return Problem("protocol.choice", f"there is no such {key}", where, inner.text,
                       f"{nearest(inner.content, tags)} {known('choices', tags)}".strip())  # fmt: skip
    if len(found) < len(path):  # a key of a mapping that is itself wrong
        where = Where(file=file, line=node.at.line, path=dotted(path))
    return _value_problem(path, group, node, where)


def _value_problem(path: YamlPath, group: list[tuple[ErrorDetails, Place]], node: Node, where: Where) -> Problem:
    error, _ = group[0]
    kind, context = error["type"], error.get("ctx") or {}
    if "[key]" in error["loc"] or kind == "string_pattern_mismatch" and "Za-z0-9_" in str(context.get("pattern")):
        where = Where(file=where.file, line=(node.key if "[key]" in error["loc"] else node.at).line, path=where.path)
        return _name_problem(path, error, node, where)
    value = node.text or "nothing"
    if kind == "literal_error":
        allowed = [item for entry, place in group for item in _literals(place.type)] or ["?"]
        return Problem("protocol.choice", f"{_noun(path)} must be {choices(allowed)}", where, value,
                       nearest(node.content, [str(item) for item in allowed]) or f"write {choices(allowed)}")  # fmt: skip
    limits = _limits(group)
    if limits:
        return Problem("protocol.range", f"{_noun(path)} must be {limits}", where, value, _range_cure(path, node, limits))
    if kind in {"too_short", "string_too_short"}:
        least = context.get("min_length", 1)
        what = "text" if kind == "string_too_short" else "entry" if least == 1 else "entries"
        return Problem("protocol.too_short", f"{_noun(path)} needs at least {least} {what}", where, value,
                       "fill it in, or remove the key")  # fmt: skip
    if kind == "string_too_long":
        return Problem("protocol.too_long", f"{_noun(path)} is longer than {context.get('max_length')} characters",
                       where, value, "shorten it")  # fmt: skip
    if kind == "string_pattern_mismatch":
        return Problem("protocol.characters", f"{_noun(path)} holds a character that it can't have", where, value,
                       "use letters, digits, spaces and ./:-")  # fmt: skip
    if kind == "finite_number":
        return Problem("protocol.range", f"{_noun(path)} must be a finite number", where, value, "write a number: 0.5")
    expected = list(dict.fromkeys(_expected(entry["type"]) for entry, _ in group))
    return Problem("protocol.wrong_type", f"{_noun(path)} must be {' or '.join(expected)}", where, value,
                   _type_cure(path, node, expected))  # fmt: skip


def _expected(kind: str) -> str:
    return _EXPECTED.get(kind.split("_")[0], "another kind of value")


def _noun(path: YamlPath) -> str:
    return f"`{dotted(path)}`" if path else "a protocol"


def _literals(expected: Any) -> list[Any]:
    bare = _bare(expected)
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    return [item for branch in _branches(bare) for item in _literals(branch)]


def _limits(group: list[tuple[ErrorDetails, Place]]) -> str:
    words = {"greater_than": ("gt", "more than"), "greater_than_equal": ("ge", "at least"),
             "less_than": ("lt", "less than"), "less_than_equal": ("le", "at most")}  # fmt: skip
    for error, _ in group:
        if error["type"] in words:
            key, word = words[error["type"]]
            return f"{word} {(error.get('ctx') or {})[key]:g}"
    return ""


def _range_cure(path: YamlPath, node: Node, limits: str) -> str:
    name, value = str(path[-1]), node.content
    if isinstance(value, int | float) and 1 <= value < 100 and (name.startswith("alpha") or name == "conf_level"):
        return f"did you mean {value / 100:g} ({value:g}%)? levels are fractions"
    if name == "ratio":
        return "every arm receives somebody: write a whole number from 1 to 20, or remove the arm"
    if isinstance(value, int | float) and 1 <= value <= 100 and limits.startswith(("less", "at most")):
        return f"did you mean {value / 100:g} ({value:g}%)? proportions are fractions"
    return f"write a number that is {limits}"


def _type_cure(path: YamlPath, node: Node, expected: list[str]) -> str:
    content = node.content
    if path[-1] == "ratio" and isinstance(content, str):
        return "give each arm its own whole number: `ratio: 1`"
    if expected == ["text"] and content is not None and not isinstance(content, dict | list):
        return f'quote it: "{node.text}"'
    if expected == ["a date"] and isinstance(content, str):
        return "write a date as year-month-day without quotes: 2026-06-30"
    if expected == ["`true` or `false`"] and isinstance(content, str) and content.lower() in {"yes", "no", "on", "off"}:
        return f"write `{'true' if content.lower() in {'yes', 'on'} else 'false'}`: in YAML 1.2 `{content}` is text"
    if expected == ["a list"] and content is not None and not isinstance(content, dict):
        return f"write a list, even of one item: [{node.text}]"
    return "; or ".join(_EXAMPLE.get(word, "see the documentation of this key") for word in expected)


def _name_problem(path: YamlPath, error: ErrorDetails, node: Node, where: Where) -> Problem:
    name = str(path[-1]) if "[key]" in error["loc"] else str(node.content)
    if not isinstance(error.get("input"), str):
        return Problem("protocol.name", "a name must be a word", where, name, f"quote it, or call it `n{name}`")
    if error["type"] == "literal_error":
        allowed = (error.get("ctx") or {}).get("expected", "")
        return Problem("protocol.choice", f"there is no table `{name}`", where, name, f"choose from {allowed}")
    cure = "begin with a letter, then use letters, digits and `_`, 40 characters at most; say the rest in `label`"
    return Problem("protocol.name", "this can't be a name that other sections refer to", where, name, cure)


def _unknown_cure(path: YamlPath, parent: type[BaseModel] | None) -> str:
    key = str(path[-1])
    if path[0] == "randomization" and key.casefold() in _BLOCKS:
        return _FORBIDDEN["block_size"]
    if key.casefold() in {"seed", "seeds", "trials"}:
        return _FORBIDDEN["seed"]
    if path[0] == "analysis" and len(path) == 3 and key == "kind":
        return _FORBIDDEN["kind"]
    if parent is None:
        return "remove it"
    names = [info.alias or name for name, info in parent.model_fields.items()]
    if path[0] == "analysis" and len(path) == 3:
        names = ["like", *[name for name in names if name != "kind"]]
    elif path[0] in {"endpoints", "scenarios"} and len(path) == 3:
        names = ["like" if path[0] == "endpoints" else "extends", *names]
    return nearest(key, names) or known("known keys", names)


def _missing_cure(key: str, place: Place) -> str:
    info = None
    if place.parent is not None:
        info = next((item for name, item in place.parent.model_fields.items() if key in (name, item.alias)), None)
    literals = _literals(info.annotation) if info is not None else []
    if key == "equipoise":
        return "begin the file with `equipoise: 1`, the version of the format"
    if literals:
        return f"add `{key}:`, one of {choices(literals)}" if len(literals) > 1 else f"add `{key}: {literals[0]}`"
    said = f" ({info.description.rstrip('.')})" if info is not None and info.description else ""
    return f"add `{key}:`{said}"
