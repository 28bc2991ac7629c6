"""A document as nodes: plain values, each with the place it was read from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from equipoise.errors import Problem

__all__ = ["Node", "Place", "Scalar", "Source", "YamlPath", "dotted"]

Scalar = str | int | float | bool | datetime.date | datetime.datetime | None
YamlPath = tuple[Any, ...]
"""Keys and 0-based list positions from the top of a document, `("arms", "palbo", "ratio")`."""


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


def _places(node: Node, path: YamlPath) -> Iterator[tuple[YamlPath, Place]]:
    yield path, node.at
    if isinstance(node.content, dict):
        for key, child in node.content.items():
            yield from _places(child, (*path, key))
    elif isinstance(node.content, list):
        for position, child in enumerate(node.content):
            yield from _places(child, (*path, position))
