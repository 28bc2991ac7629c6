"""Exported names, `__all__` and the page about Python agree."""

from __future__ import annotations

import re

import equipoise


def test_exported_names_all_and_page_agree(root):
    page = (root / "docs" / "python.md").read_text(encoding="utf-8")
    documented = re.findall(r"^### (\w+)$", page, flags=re.M)
    assert documented == [name for name in equipoise.__all__ if name != "__version__"]
    assert {*documented, "__version__"} == set(equipoise.__all__)
    assert "`equipoise.__version__`" in page
    assert set(dir(equipoise)) == set(equipoise.__all__)
    for name in equipoise.__all__:
        assert getattr(equipoise, name) is not None


def test_every_exported_name_and_its_methods_are_explained(generator):
    for name in equipoise.__all__:
        item = getattr(equipoise, name)
        if name == "__version__":
            continue
        assert item.__doc__, name
        for member, content in vars(item).items():
            if not member.startswith("_") and callable(content) and not isinstance(content, type):
                assert content.__doc__, f"{name}.{member}"


def test_every_command_is_on_the_page(root):
    from equipoise.cli.app import app

    page = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^## ([a-z]+)$", page, flags=re.M) == app.list_commands(None)
    assert re.findall(r"generated: command (\w+) -->", page) == ["equipoise", *app.list_commands(None)]
