"""Pages as trees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Node:
    """An element of a parsed page."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Node | str] = []

    def __iter__(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child

    def all(self, tag: str = "", **attributes: str) -> list[Node]:
        """Elements below with this tag and these attributes ("" for any value)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            node for node in self
            if (not tag or node.tag == tag)
            and all(name in node.attributes and value in ("", node.attributes[name]) for name, value in wanted.items())
        ]  # fmt: skip

    @property
    def text(self) -> str:
        """Text of the element, spaces collapsed; drawings and styles are left out."""
        if self.tag in ("svg", "style"):
            return ""
        parts = [child.text if isinstance(child, Node) else child for child in self.children]
        return re.sub(r"\s+", " ", "".join(parts)).strip(" ") if self.tag in ("td", "th", "p", "li") else "".join(parts)


class Page(HTMLParser):
    """A page as a tree; a tag that isn't closed is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.open = Node("", {}, None)
        self.feed(text)
        self.close()
        assert self.open is self.root, f"<{self.open.tag}> isn't closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.open)
        assert len(node.attributes) == len(attrs), f"an attribute is given twice: {attrs}"
        self.open.children.append(node)
        if tag not in VOID:
            self.open = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.children.append(Node(tag, {name: value or "" for name, value in attrs}, self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        assert self.open.parent is not None
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)
