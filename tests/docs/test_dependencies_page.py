"""docs/dependencies.md names what pyproject.toml asks for, and architecture.md the rooms that exist."""

from __future__ import annotations

import re
import tomllib

import pytest


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements):
    return {re.split(r"[\[<>=~! ]", item, maxsplit=1)[0] for item in requirements}


def test_runtime_dependencies(root, project):
    page = (root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z.-]+) \| [0-9.]+ \|", page, re.M)
    assert set(rows) == names(project["dependencies"])


def test_extras(root, project):
    page = (root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `\[(\w+)\]` \| ([^|]+) \|", page, re.M))
    found = {extra: {name.strip() for name in listed.split(",")} for extra, listed in rows.items()}
    assert found == {extra: names(asked) for extra, asked in project["optional-dependencies"].items()}


def test_rooms(root):
    page = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("| room |")[1].split("\n\n")[0]
    listed = {
        name.rstrip("/") for row in re.findall(r"^\| (.*?) \|", table, re.M) for name in re.findall(r"`([^`]+)`", row)
    }
    package = root / "src" / "equipoise"
    rooms = {path.name for path in package.iterdir() if not path.name.startswith("__") and path.name != "py.typed"}
    assert listed == rooms
    for path in re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", page):
        assert (package / path).is_file(), path
