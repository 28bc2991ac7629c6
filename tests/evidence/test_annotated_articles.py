"""The annotated articles are what their README says: quotes stand where they are said to, and there are enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from equipoise.evidence.model import KINDS

ROOT = Path(__file__).resolve().parents[1] / "reference" / "articles"
PATHS = sorted(path for name in ("reference", "development", "held_back") for path in (ROOT / name).glob("*.txt"))
LISTS = ("contradictions", "arguable", "remarks")


def annotation(path: Path) -> tuple[str, dict[str, Any]]:
    """A text and its annotation as an object, whichever way the file has it."""
    content = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if isinstance(content, list):
        said = json.loads((path.parent / "contradictions.json").read_text(encoding="utf-8"))[path.stem]
        content = {"claims": content, **said}
    return path.read_text(encoding="utf-8"), content


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_quotes_stand_where_they_are_said_to(path: Path) -> None:
    text, content = annotation(path)
    assert text.startswith("http")
    end = 0
    for claim in content["claims"]:
        assert text[claim["start"] : claim["end"]] == claim["quote"]
        assert claim["kind"] in KINDS
        assert claim["start"] >= end, "claims overlap or are out of order"
        assert claim["ci"] is None or len(claim["ci"]) == 2
        end = claim["end"]
    for name in LISTS:
        for said in content[name]:
            assert said["rule"]
            assert said["why"]
            assert said["quotes"]
            assert all(quote in text for quote in said["quotes"])


@pytest.mark.parametrize(
    ("name", "texts", "claims"), [("reference", 8, 117), ("development", 85, 1500), ("held_back", 32, 550)]
)
def test_there_are_enough(name: str, texts: int, claims: int) -> None:
    contents = [annotation(path)[1] for path in PATHS if path.parent.name == name]
    assert len(contents) >= texts
    assert sum(len(content["claims"]) for content in contents) >= claims
    wrong = sum(bool(content["contradictions"]) for content in contents)
    assert 0.15 <= wrong / len(contents) <= 0.5


def test_no_trial_stands_in_two_sets() -> None:
    sources = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in PATHS]
    assert len(sources) == len(set(sources))
