"""Relative links lead somewhere, anchors included; the site's pages are all in its table of contents."""

from __future__ import annotations

import re

import pytest

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*src=\"([^\"]+)\"|href=\"([^\"]+)\"")
FENCED = re.compile(r"^```.*?^```", re.S | re.M)


def pages(root):
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").glob("*.md")),
            *sorted((root / "examples").rglob("*.md"))]  # fmt: skip


def links(page):
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found = [next(part for part in match if part) for match in LINK.findall(text)]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def slugs(page):
    """Anchors as GitHub and MyST make them, and explicit ones."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.+)$", text, flags=re.M)
    made = {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
    return made | set(re.findall(r"^\(([\w-]+)\)=$", text, flags=re.M))


def test_there_are_links_to_check(root):
    assert sum(len(links(page)) for page in pages(root)) > 50


def test_relative_links_resolve(root):
    broken = []
    for page in pages(root):
        for link in links(page):
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or not target.is_relative_to(root) or (anchor and anchor not in slugs(target)):
                broken.append(f"{page.relative_to(root)}: {link}")
    assert broken == []


@pytest.mark.parametrize(
    ("text", "links_found"),
    [
        ("[a](b.md#c)", ["b.md#c"]),
        ("![a](b.png)", ["b.png"]),
        ("[a](https://b.org)", []),
        ("```\n[a](b)\n```", []),
        ('<img src="a.png">', ["a.png"]),
    ],
)
def test_links_are_found(tmp_path, text, links_found):
    page = tmp_path / "page.md"
    page.write_text(text)
    assert links(page) == links_found


def test_every_page_is_in_the_table_of_contents(root):
    index = (root / "docs" / "index.md").read_text(encoding="utf-8")
    listed = {line for block in re.findall(r"```\{toctree\}(.*?)```", index, re.S) for line in block.split()}
    assert {page.stem for page in (root / "docs").glob("*.md")} - {"index"} <= listed
