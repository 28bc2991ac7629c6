"""Writes the parts of the pages that are made from the code; `--check` only compares.

    python docs/_generate.py [--check]

A page marks such a part with `<!-- generated: KIND NAME -->` and `<!-- end -->`. tests/docs holds that the pages are as
this script would write them.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- generated: (\w+) ?(\S*) -->\n)(.*?)(<!-- end -->)", re.S)
WORDED = {("Factor", "levels"): "list of values, or printed level → value in the data"}


def main() -> int:
    stale = []
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = generate(before)
        if before != after:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(after, encoding="utf-8")
    print(f"{'stale' if '--check' in sys.argv else 'written'}: {', '.join(stale) or 'nothing'}")
    return int("--check" in sys.argv and bool(stale))


def generate(text: str) -> str:
    """The page with each generated part as the code says now."""
    return PART.sub(lambda found: f"{found[1]}\n{MAKERS[found[2]](found[3]).strip()}\n\n{found[5]}", text)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# trial.yaml ---------------------------------------------------------------------------------------------------------


@cache
def schema() -> dict[str, Any]:
    from equipoise.protocol.schema import json_schema

    return json_schema()


@cache
def definitions() -> dict[str, Any]:
    """Schemas by the names of models: those of trial.yaml and of facts.yaml."""
    from equipoise.evidence.facts.model import Facts

    facts = Facts.model_json_schema()
    return {**schema()["$defs"], "Protocol": schema(), **facts.pop("$defs"), "Facts": facts}


def model(name: str) -> str:
    """The keys of one part of trial.yaml or facts.yaml."""
    entry = definitions()[name]
    required = set(entry.get("required", ()))
    rows = []
    for key, content in entry["properties"].items():
        default = "**required**" if key in required else _default(content)
        rows.append((f"`{key}`", WORDED.get((name, key)) or kind_of(content), default, content.get("description", "")))
    return f"({_target(name)})=\n\n" + table(("key", "type", "default", "meaning"), rows)


def _target(name: str) -> str:
    return f"keys-{name.lower()}"


def _words(name: str) -> str:
    """`StatusSource` → `status source`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Section")).lower()


def _default(content: dict[str, Any]) -> str:
    if "default" not in content:
        return ""
    value = content["default"]
    if isinstance(value, dict):
        said = next((f"`{{{key}: {value[key]}}}`" for key in ("kind", "format") if key in value), "its defaults")
        return said if value else "none"
    return f"`{_written(value)}`" if value is not None else ""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    if value == "":
        return '""'
    return f"{value:g}" if isinstance(value, float) and value != 30.4375 else str(value)


def kind_of(content: dict[str, Any]) -> str:
    """The type of a value in words, from its JSON Schema."""
    if "$ref" in content:
        name = content["$ref"].rsplit("/", 1)[-1].removesuffix("Partial")
        target = definitions()[name]
        return f"[{_words(name)}](#{_target(name)})" if "properties" in target else kind_of(target)
    if "const" in content:
        return f"`{_written(content['const'])}`"
    if "enum" in content:
        return ", ".join(f"`{_written(item)}`" for item in content["enum"])
    for union in ("anyOf", "oneOf"):
        if union in content:
            kinds = [kind_of(branch) for branch in content[union] if branch.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "then" in content:
        return kind_of(content["else"])
    kind = content.get("type")
    if "prefixItems" in content:
        return f"pair of {kind_of(content['prefixItems'][0])}"
    if kind == "array":
        least = f", at least {content['minItems']}" if content.get("minItems", 0) > 1 else ""
        return f"list of {kind_of(content['items'])}{least}"
    if kind == "object":
        inner = [*content.get("patternProperties", {}).values()]
        values = inner[0] if inner else content.get("additionalProperties", {})
        return f"name → {kind_of(values)}" if values else "mapping"
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + _limits(content)
    words = {"string": "date" if content.get("format") == "date" else "text", "boolean": "true or false"}
    return words.get(str(kind), "")


def _limits(content: dict[str, Any]) -> str:
    low = next((f"{word} {content[key]:g}" for key, word in (("exclusiveMinimum", "above"), ("minimum", "from"))
                if key in content), "")  # fmt: skip
    high = next((f"{word} {content[key]:g}" for key, word in (("exclusiveMaximum", "below"), ("maximum", "to"))
                 if key in content), "")  # fmt: skip
    return f", {' '.join(part for part in (low, high) if part)}" if low or high else ""


# Results ------------------------------------------------------------------------------------------------------------


def vocabulary(_: str) -> str:
    """Names of statistics."""
    from equipoise.results.vocabulary import VOCABULARY

    def bounds(low: float | None, high: float | None) -> str:
        if low is None and high is None:
            return ""
        return f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}".strip()

    rows = [(f"`{term.name}`", term.label, term.display, bounds(term.lowest, term.highest))
            for term in VOCABULARY.values()]  # fmt: skip
    return table(("statistic", "in print", "display", "range"), rows)


def attributes(name: str) -> str:
    """The fields of a public class, from its docstring."""
    return table(("field", "meaning"), [(f"`{field}`", words) for field, words in _fields(public(name))])


def _fields(item: Any) -> list[tuple[str, str]]:
    doc = inspect.getdoc(item) or ""
    block = doc.split("Attributes:\n", 1)[1] if "Attributes:\n" in doc else ""
    fields: list[tuple[str, str]] = []
    for line in block.splitlines():
        start = re.match(r"    (\w+): (.*)", line)
        if start:
            fields.append((start[1], start[2]))
        elif line.startswith("     ") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif line and not line.startswith(" "):
            break
    return fields


def public(name: str) -> Any:
    """A name of `equipoise.__all__`."""
    import equipoise

    return getattr(equipoise, name)


# Python -------------------------------------------------------------------------------------------------------------


def api(_: str) -> str:
    """Every exported name with its docstring."""
    import equipoise

    return "\n\n".join(_entry(name) for name in equipoise.__all__ if name != "__version__")


def _entry(name: str) -> str:
    item = public(name)
    lines = [f"### {name}", ""]
    if inspect.isfunction(item):
        return "\n".join([*lines, *_function(name, item)])
    base = item.__bases__[0]
    if issubclass(item, Exception):
        lines += [f"*Exception, a kind of `{base.__name__}`.*", ""]
    lines += [_prose(item)]
    fields = _fields(item)
    if fields:
        lines += ["", table(("field", "meaning"), [(f"`{field}`", words) for field, words in fields])]
    for member, content in vars(item).items():
        function = content.__func__ if isinstance(content, classmethod | staticmethod) else content
        if isinstance(function, property) and not member.startswith("_") and inspect.getdoc(function):
            lines += ["", f"`{name}.{member}`: {_first(function)}"]
        elif inspect.isfunction(function) and not member.startswith("_") and inspect.getdoc(function):
            lines += ["", *_function(f"{name}.{member}", function)]
    return "\n".join(lines)


def _function(name: str, function: Callable[..., Any]) -> list[str]:
    signature = inspect.signature(function)
    names = [value for value in signature.parameters.values() if value.name not in ("self", "cls")]
    shown = str(signature.replace(parameters=names)).replace("'", "")
    return ["```text", f"{name}{shown}", "```", "", *_sections(inspect.getdoc(function) or "")]


def _sections(doc: str) -> list[str]:
    head, *rest = re.split(r"^(Args|Returns|Raises|Yields):\n", doc, flags=re.M)
    lines = [" ".join(head.split())]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        items: list[str] = []
        for line in inspect.cleandoc(body).splitlines():
            if line.startswith(" ") and items:
                items[-1] += f" {line.strip()}"
            elif line:
                items.append(re.sub(r"^(\**\w+): ", r"`\1`: ", line))
        lines += ["", f"*{title}*", "", *(f"- {item}" for item in items)]
    return lines


def _first(item: Any) -> str:
    return " ".join((inspect.getdoc(item) or "").split("\n\n")[0].split())


def _prose(item: Any) -> str:
    doc = (inspect.getdoc(item) or "").split("Attributes:\n", 1)[0].split("Raises:\n", 1)[0]
    return "\n\n".join(" ".join(part.split()) for part in doc.strip().split("\n\n"))


# Command line -------------------------------------------------------------------------------------------------------


def command(name: str) -> str:
    """What `--help` says."""
    from importlib import import_module

    import click

    from equipoise.cli.app import app

    top, *inner = name.split(".")
    item: click.Command = app if name == "equipoise" else import_module(f"equipoise.cli.{top}").command
    for part in inner:
        assert isinstance(item, click.Group)
        item = item.commands[part]
    settings: Any = {"help_option_names": app.context_settings["help_option_names"]}
    parent = None if name == "equipoise" else click.Context(app, info_name="equipoise", **settings)
    context = click.Context(
        item, parent=parent, info_name=name.replace(".", " "), terminal_width=96, max_content_width=96, **settings
    )
    return f"```text\n{item.get_help(context)}\n```"


MAKERS: dict[str, Callable[[str], str]] = {
    "model": model,
    "vocabulary": vocabulary,
    "attributes": attributes,
    "api": api,
    "command": command,
}

if __name__ == "__main__":
    sys.exit(main())
