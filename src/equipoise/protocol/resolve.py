"""`like:` and `extends:` become plain content before anything is validated.

An entry that copies another is merged over it, key by key. A nested mapping that names its own `kind` is complete in
itself and replaces the copied one; so does what a scenario assumes of one arm, a site, and a schedule of scans. What a
scenario assumes of an endpoint is not copied where it makes this endpoint from a course of disease. What tells two
entries apart (label, role, what a sensitivity analysis probes and why) is never copied. Copied content keeps its own
places, so that a problem points at the line where the text stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from equipoise.errors import Problem, Where
from equipoise.protocol.suggest import known, nearest
from equipoise.source import Node, Place, Source, YamlPath, dotted

__all__ = ["COPYING", "Resolved", "resolve"]


@dataclass(frozen=True, slots=True)
class _Rule:
    key: str
    noun: str
    personal: frozenset[str] = frozenset()


COPYING: Final = {
    "endpoints": _Rule("like", "endpoint", frozenset({"label", "role"})),
    "analysis": _Rule("like", "analysis", frozenset({"label", "sensitivity_to", "why"})),
    "scenarios": _Rule("extends", "scenario"),
}

KINDS: Final = ("time_to_event", "response", "continuous", "adverse_events")
_NOWHERE: Final = Place("", 1, 1)
_ANY_KIND: Final = Node("time_to_event", _NOWHERE, _NOWHERE, "")


@dataclass(slots=True)
class Resolved:
    """The document with all copying done.

    Attributes:
        root: The document, `kind` added to each analysis.
        file: Its name.
        problems: Dangling and circular references of `like` and `extends`.
        broken: Entries (section, name) that could not be completed: what they lack is not their fault.
        unknown_kind: Analyses of an endpoint that does not exist or has no valid kind itself.
    """

    root: Node
    file: str = ""
    problems: list[Problem] = field(default_factory=list)
    broken: set[tuple[str, str]] = field(default_factory=set)
    unknown_kind: set[tuple[str, str]] = field(default_factory=set)


def resolve(source: Source) -> Resolved:
    """Carry out `like:` and `extends:`, and give each analysis the kind of its endpoint.

    Args:
        source: The document as read.

    Returns:
        The document as meant, with the problems found.
    """
    out = Resolved(root=source.root, file=source.file)
    if not isinstance(source.root.content, dict):
        return out
    sections = dict(source.root.content)
    for name, rule in COPYING.items():
        section = sections.get(name)
        if section is not None and isinstance(section.content, dict):
            sections[name] = replace(section, content=_Section(name, rule, section.content, out, source.file).all())
    _add_kinds(sections, out)
    out.root = replace(source.root, content=sections)
    return out


class _Section:
    def __init__(self, name: str, rule: _Rule, entries: dict[Any, Node], out: Resolved, file: str) -> None:
        self.name = name
        self.rule = rule
        self.entries = entries
        self.out = out
        self.file = file
        self.done: dict[Any, Node] = {}

    def all(self) -> dict[Any, Node]:
        return {key: self.entry(key, ()) for key in self.entries}

    def entry(self, key: Any, chain: tuple[Any, ...]) -> Node:
        if key in self.done:
            return self.done[key]
        node = self.entries[key]
        base = self._base(key, node, chain)
        if base is not None:
            own = _without(node, {self.rule.key})
            node = _merge(_given_way(base, own) if self.name == "scenarios" else base, own, (self.name,))
        elif isinstance(node.content, dict) and self.rule.key in node.content:
            node = _without(node, {self.rule.key})
            self.out.broken.add((self.name, str(key)))
        self.done[key] = node
        return node

    def _base(self, key: Any, node: Node, chain: tuple[Any, ...]) -> Node | None:
        """The completed entry that `node` copies; None where it copies none, or none that exists."""
        reference = node.child(self.rule.key) if isinstance(node.content, dict) else None
        if reference is None:
            return None
        target = reference.content
        if not isinstance(target, str) or target not in self.entries:
            names = [str(name) for name in self.entries if name != key]
            self._report("protocol.dangling", f"there is no {self.rule.noun} of this name", key, reference,
                         nearest(target, names) or known(f"declared under {self.name}", names))  # fmt: skip
            return None
        if target == key or target in chain:
            circle = " → ".join([str(part) for part in (*chain, key)] + [str(target)])
            self._report("protocol.cycle", f"`{self.rule.key}` goes in a circle: {circle}", key, reference,
                         f"write one of them out without `{self.rule.key}`")  # fmt: skip
            return None
        base = self.entry(target, (*chain, key))
        if (self.name, target) in self.out.broken:
            self.out.broken.add((self.name, str(key)))
        if not isinstance(base.content, dict):
            self.out.broken.add((self.name, str(key)))
            return None
        return _without(base, self.rule.personal)

    def _report(self, code: str, message: str, key: Any, node: Node, cure: str) -> None:
        path: YamlPath = (self.name, key, self.rule.key)
        where = Where(file=self.file, line=node.at.line, path=dotted(path))
        self.out.problems.append(Problem(code=code, message=message, where=where, value=node.text, cure=cure))


def _without(node: Node, keys: set[str] | frozenset[str]) -> Node:
    if not isinstance(node.content, dict):
        return node
    return replace(node, content={key: child for key, child in node.content.items() if key not in keys})


def _merge(base: Node, over: Node, path: YamlPath) -> Node:
    if not isinstance(base.content, dict) or not isinstance(over.content, dict) or _complete(path, over.content):
        return over
    merged = dict(base.content)
    for key, child in over.content.items():
        merged[key] = _merge(merged[key], child, (*path, key)) if key in merged else child
    return replace(over, content=merged)


def _complete(path: YamlPath, content: dict[Any, Node]) -> bool:
    """Whether a mapping says all of what it is about, `path` being the section and the keys inside the entry."""
    if len(path) > 1 and "kind" in content:
        return True
    if path[0] != "scenarios" or len(path) < 3:
        return False
    if path[1] == "courses":
        return len(path) == 5  # one arm
    return len(path) == 4 or (path[1] == "scans" and bool({"every", "times"} & content.keys()))


def _given_way(base: Node, over: Node) -> Node:
    """The copied scenario without what it assumes of endpoints that the copy makes from a course of disease."""
    endpoints, courses = base.child("endpoints"), over.child("courses")
    if endpoints is None or not isinstance(endpoints.content, dict):
        return base
    if courses is None or not isinstance(courses.content, dict) or not isinstance(base.content, dict):
        return base
    parts = [one.child(key) for one in courses.content.values() if isinstance(one.content, dict)
             for key in ("progression_free", "survival")]  # fmt: skip
    made = {part.content for part in parts if part is not None and isinstance(part.content, str)}
    return replace(base, content={**base.content, "endpoints": _without(endpoints, made)})


def _add_kinds(sections: dict[Any, Node], out: Resolved) -> None:
    """Each analysis gets the kind of its endpoint; one whose endpoint can't tell is left out of validation."""
    analyses, endpoints = sections.get("analysis"), sections.get("endpoints")
    if analyses is None or not isinstance(analyses.content, dict):
        return
    content: dict[Any, Node] = {}
    for name, node in analyses.content.items():
        content[name] = node
        if not isinstance(node.content, dict):
            continue
        written = node.content.get("kind")
        if written is not None:
            out.problems.append(
                Problem("protocol.unknown_key", f"`kind` is not a key of `analysis.{name}`",
                        Where(out.file, written.key.line, dotted(("analysis", name, "kind"))), "kind",
                        "leave it out: the kind of an analysis follows from its endpoint")
            )  # fmt: skip
        reference = node.content.get("endpoint")
        endpoint = None
        if endpoints is not None and reference is not None and isinstance(reference.content, str):
            endpoint = endpoints.child(reference.content)
        kind = endpoint.child("kind") if endpoint is not None else None
        if kind is not None and kind.content in KINDS:
            content[name] = replace(node, content={**node.content, "kind": kind})
            continue
        out.unknown_kind.add(("analysis", str(name)))
        content[name] = replace(node, content={**node.content, "kind": _ANY_KIND})
        if endpoint is None and reference is not None and isinstance(reference.content, str):
            names = list(endpoints.content) if endpoints is not None and isinstance(endpoints.content, dict) else []
            out.problems.append(
                Problem("protocol.dangling", f"`{reference.content}` is not declared as an endpoint",
                        Where(out.file, reference.at.line, dotted(("analysis", name, "endpoint"))), reference.content,
                        nearest(reference.content, names) or known("declared under endpoints", names))
            )  # fmt: skip
    sections["analysis"] = replace(analyses, content=content)
