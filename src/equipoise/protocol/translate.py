"""What pydantic found, in our words: code, place, value and cure; nothing of its own text reaches a reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from equipoise.errors import Problem, Where
from equipoise.protocol.descriptions import DESCRIPTIONS
from equipoise.protocol.locate import Place, literals, place_of, tags_of
from equipoise.protocol.protocol import Protocol
from equipoise.protocol.suggest import choices, known, nearest
from equipoise.source import Node, YamlPath, dotted

__all__ = ["translate"]

_Group = list[tuple[ErrorDetails, Place]]

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
    "text": "write text",
    "a whole number": "write a whole number without quotes: 1",
    "a number": "write a number without quotes: 0.5",
    "`true` or `false`": "write `true` or `false` without quotes",
    "a date": "write a date as year-month-day without quotes: 2026-06-30",
    "a list": "write a list, even of one item: [a]",
    "a mapping": "write `key: value` pairs, indented below or in braces: {key: value}",
}
_BLOCKS: Final = frozenset({"block", "blocks", "block_size", "block_sizes", "sizes", "size", "blocksize", "blocksizes"})
_NO_BLOCKS: Final = "block sizes live in the annex, never in the protocol: they would let a reader guess allocations"
_NO_SEED: Final = "seeds and numbers of trials are options of a run, not of the protocol"
_ADAPTING: Final = ("estimation", "adapt", "inverse_normal", "promising_zone", "combination_test")
_NO_ADAPTING: Final = (
    "sample-size re-estimation with inverse-normal weights is not offered: fix the events before the trial, or change "
    "them blind to the effect and declare them anew"
)
_NO_KIND: Final = "leave it out: the kind of an analysis follows from its endpoint"
_NOT_OFFERED: Final = {
    "mmrm": "write `kind: ancova` for one visit; a mixed model for repeated measures with Kenward-Roger is offered by "
    "R's package mmrm and by no well-kept Python library (statsmodels, mixedlm and others were tried: docs/methods.md)",
}
"""What a reader may look for, and where it is instead."""
_LIMITS: Final = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def translate(
    errors: Iterable[ErrorDetails], root: Node, file: str, *, top: type[BaseModel] = Protocol
) -> list[tuple[YamlPath, Problem]]:
    """Errors of the models as problems, one for each place in the document.

    Args:
        errors: `ValidationError.errors(include_url=False)`.
        root: The document that was validated.
        file: Its name.
        top: Model that it was validated with.

    Returns:
        Paths and problems; several branches of one union give one problem, and a key that is missing only because it
        is misspelled gives none of its own.
    """
    groups: dict[YamlPath, _Group] = {}
    for error in errors:
        place = place_of(error, top)
        groups.setdefault(place.path, []).append((error, place))
    unknown: dict[YamlPath, list[str]] = {}
    for path, group in groups.items():
        if group[0][0]["type"] == "extra_forbidden":
            unknown.setdefault(path[:-1], []).append(str(path[-1]))
    out: list[tuple[YamlPath, Problem]] = []
    for path, group in groups.items():
        kind = group[0][0]["type"]
        if kind == "missing" and any(nearest(key, [str(path[-1])]) for key in unknown.get(path[:-1], ())):
            continue
        if kind == "too_short" and any(len(other) > len(path) and other[: len(path)] == path for other in groups):
            continue  # invalid entries were not counted: they have problems of their own
        out.append((path, _problem(path, group, root, file)))
    return out


def _problem(path: YamlPath, group: _Group, root: Node, file: str) -> Problem:
    error, place = group[0]
    kind = error["type"]
    node, _ = root.find(path)
    where = Where(file=file, line=node.at.line, path=dotted(path))
    if kind == "extra_forbidden":
        where = Where(file=file, line=node.key.line, path=dotted(path))
        return Problem("protocol.unknown_key", f"`{path[-1]}` is not a key of {_entry(path[:-1])}", where,
                       str(path[-1]), _unknown_cure(path, place.parent))  # fmt: skip
    if kind == "missing" and isinstance(path[-1], int):
        path = path[:-1]  # an entry of a pair
        node, _ = root.find(path)
        where = Where(file=file, line=node.at.line, path=dotted(path))
        return Problem("protocol.too_short", f"{_value(path)} needs more entries", where, node.text,
                       "add what is missing")  # fmt: skip
    if kind == "missing":
        return Problem("protocol.missing_key", f"`{path[-1]}` is missing in {_entry(path[:-1])}", where, "",
                       _missing_cure(str(path[-1]), place))  # fmt: skip
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _tag_problem(path, group[0], node, where)
    if "[key]" in error["loc"]:
        return _name_problem(str(path[-1]), error, Where(file=file, line=node.key.line, path=dotted(path)))
    if kind == "string_pattern_mismatch" and "Za-z0-9_" in str((error.get("ctx") or {}).get("pattern")):
        return _name_problem(str(node.content), error, where)
    return _value_problem(path, group, node, where)


def _tag_problem(path: YamlPath, entry: tuple[ErrorDetails, Place], node: Node, where: Where) -> Problem:
    error, place = entry
    key = str((error.get("ctx") or {}).get("discriminator", "'kind'")).strip("'")
    tags = tags_of(place.type)
    if not isinstance(node.content, dict):
        return Problem("protocol.wrong_type", f"{_entry(path)} must be a mapping", where, node.text or "nothing",
                       _EXAMPLE["a mapping"])  # fmt: skip
    inner = node.child(key)
    if inner is None:
        return Problem("protocol.missing_key", f"`{key}` is missing in {_entry(path)}", where, "",
                       f"add `{key}:`, one of {choices(tags)}")  # fmt: skip
    where = Where(file=where.file, line=inner.at.line, path=dotted((*path, key)))
    return Problem("protocol.choice", f"`{key}` must be {choices(tags)}", where, inner.text or "nothing",
                   nearest(inner.content, tags) or f"write {choices(tags)}")  # fmt: skip


def _value_problem(path: YamlPath, group: _Group, node: Node, where: Where) -> Problem:
    error, _ = group[0]
    kind, context = error["type"], error.get("ctx") or {}
    value = node.text or "nothing"
    noun = _value(path)
    if kind == "literal_error":
        return _choice_problem(group, node, where, noun)
    limits = next((f"{word} {(entry.get('ctx') or {})[key]:g}" for entry, _ in group
                   for key, word in [_LIMITS.get(entry["type"], ("", ""))] if key), "")  # fmt: skip
    if limits:
        return Problem("protocol.range", f"{noun} must be {limits}", where, value, _range_cure(path, node, limits))
    if kind == "string_too_short" or (kind == "too_short" and error.get("input") == ""):
        return Problem("protocol.too_short", f"{noun} is empty", where, value, "fill it in, or remove the key")
    if kind == "too_short":
        least = context.get("min_length", 1)
        return Problem("protocol.too_short", f"{noun} needs at least {least} {'entry' if least == 1 else 'entries'}",
                       where, value, "add what is missing")  # fmt: skip
    if kind == "too_long":
        return Problem("protocol.too_long", f"{noun} has more than {context.get('max_length')} entries", where, value,
                       "leave out what is too many")  # fmt: skip
    if kind == "string_too_long":
        return Problem("protocol.too_long", f"{noun} is longer than {context.get('max_length')} characters",
                       where, value, "shorten it")  # fmt: skip
    if _is_table(error):
        return Problem("protocol.choice", f"there is no table `{value}`", where, value,
                       "name an ADaM table: AD, then up to six capital letters or digits")  # fmt: skip
    if kind == "string_pattern_mismatch":
        return Problem("protocol.characters", f"{noun} holds a character that it can't have", where, value,
                       "use letters, digits, spaces and . / : - only")  # fmt: skip
    if kind == "finite_number":
        return Problem("protocol.range", f"{noun} must be a finite number", where, value, "write a number: 0.5")
    expected = list(dict.fromkeys(_EXPECTED.get(entry["type"].split("_")[0], "another kind of value")
                                  for entry, _ in group))  # fmt: skip
    return Problem("protocol.wrong_type", f"{noun} must be {' or '.join(expected)}", where, value,
                   _type_cure(path, node, expected))  # fmt: skip


def _choice_problem(group: _Group, node: Node, where: Where, noun: str) -> Problem:
    allowed = list(dict.fromkeys(item for _, place in group for item in literals(place.type)))
    if isinstance(node.content, str) and node.content in _NOT_OFFERED:
        return Problem("protocol.not_offered", f"`{node.text}` is not offered", where, node.text,
                       _NOT_OFFERED[node.content])  # fmt: skip
    words = [str(item) for item in allowed]
    if node.content is not None and not isinstance(node.content, str) and str(node.content) in allowed:
        cure = f'quote it: "{node.content}"'
    elif isinstance(node.content, str) and node.content in words:
        cure = f"write it without quotes: {node.content}"
    elif words == ["1"]:
        cure = "write 1, the only version of the format so far"
    else:
        cure = nearest(node.content, words) or f"write {choices(allowed)}"
    return Problem("protocol.choice", f"{noun} must be {choices(allowed)}", where, node.text or "nothing", cure)


def _name_problem(name: str, error: ErrorDetails, where: Where) -> Problem:
    if error["type"] == "literal_error" or _is_table(error):
        tables = ["ADSL", "ADTTE", "ADRS", "ADAE", "ADEX"]
        return Problem("protocol.choice", f"there is no table `{name}`", where, name,
                       nearest(name, tables) or known("tables", tables))  # fmt: skip
    if error["type"] == "string_type":
        return Problem("protocol.name", "a name must be text", where, name, f'quote it: "{name}"')
    cure = "begin with a letter, then use letters, digits and `_`, 40 characters at most; say the rest in `label`"
    return Problem("protocol.name", "this can't be a name that other sections refer to", where, name, cure)


def _is_table(error: ErrorDetails) -> bool:
    return str((error.get("ctx") or {}).get("pattern", "")).startswith("^AD")


def _entry(path: YamlPath) -> str:
    return f"`{dotted(path)}`" if path else "a protocol"


def _value(path: YamlPath) -> str:
    """The last key with its positions, or the whole path of an entry that has a name of its own."""
    if len(path) <= 2:
        return _entry(path)
    start = max(position for position, part in enumerate(path) if not isinstance(part, int))
    return f"`{dotted(path[start:])}`"


def _range_cure(path: YamlPath, node: Node, limits: str) -> str:
    name, value = str(path[-1]), node.content
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    fraction = limits.startswith(("less", "at most")) and float(limits.split()[-1]) <= 1
    if number is not None and 1 < number < 100 and fraction:
        what = "levels" if name.startswith(("alpha", "conf")) else "proportions"
        return f"did you mean {number / 100:g} ({number:g}%)? {what} are fractions"
    if name == "ratio":
        return "every arm receives somebody: write a whole number from 1 to 20, or remove the arm"
    return f"write a number that is {limits}"


def _type_cure(path: YamlPath, node: Node, expected: list[str]) -> str:
    content = node.content
    if path[-1] == "ratio" and isinstance(content, str):
        return "give each arm its own whole number: `ratio: 1`"
    if "text" in expected and content is not None and not isinstance(content, dict | list):
        return f'quote it: "{node.text}"'
    if expected == ["`true` or `false`"] and isinstance(content, str) and content.lower() in {"yes", "no", "on", "off"}:
        return f"write `{'true' if content.lower() in {'yes', 'on'} else 'false'}`: in YAML 1.2 `{content}` is text"
    if "a list" in expected and content is not None and not isinstance(content, dict):
        return f"write a list, even of one item: [{node.text}]"
    return "; or ".join(_EXAMPLE.get(word, "see the documentation of this key") for word in expected)


def _unknown_cure(path: YamlPath, parent: type[BaseModel] | None) -> str:
    key = str(path[-1])
    if path[0] == "randomization" and key.casefold() in _BLOCKS:
        return _NO_BLOCKS
    if key.casefold() in {"seed", "seeds", "trials"}:
        return _NO_SEED
    if path[0] == "design" and any(word in key.casefold() for word in _ADAPTING):
        return _NO_ADAPTING
    if parent is None:
        return "remove it"
    names = [info.alias or name for name, info in parent.model_fields.items()]
    if len(path) == 3 and path[0] in {"analysis", "endpoints"}:
        names = ["like", *[name for name in names if (path[0], name) != ("analysis", "kind")]]
    elif len(path) == 3 and path[0] == "scenarios":
        names = ["extends", *names]
    return nearest(key, names) or known("known keys", names)


def _missing_cure(key: str, place: Place) -> str:
    if key == "equipoise":
        return "begin the file with `equipoise: 1`, the version of the format"
    info: Any = None
    if place.parent is not None:
        info = next((item for name, item in place.parent.model_fields.items() if key in (name, item.alias)), None)
    allowed = literals(info.annotation) if info is not None else []
    if allowed:
        return f"add `{key}:`, one of {choices(allowed)}" if len(allowed) > 1 else f"add `{key}: {allowed[0]}`"
    words = DESCRIPTIONS.get(place.parent.__name__, {}).get(key, "") if place.parent is not None else ""
    said = info.description if info is not None and info.description else words
    return f"add `{key}: ...`" + (f" ({said.rstrip('.')})" if said else "")
