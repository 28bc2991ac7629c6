"""What pages take from the code is what the code says."""

from __future__ import annotations

import pytest

PAGES = ("protocol.md", "results.md", "cli.md", "python.md")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_as_generated(name, root, generator):
    page = (root / "docs" / name).read_text(encoding="utf-8")
    assert generator.PART.search(page), f"{name} has no generated part"
    assert generator.generate(page) == page, f"stale: run `python docs/_generate.py` and look at docs/{name}"


def test_stale_page_is_noticed(root, generator):
    page = (root / "docs" / "results.md").read_text(encoding="utf-8")
    assert generator.generate(page.replace("Hazard ratio", "Hazard rate")) == page
