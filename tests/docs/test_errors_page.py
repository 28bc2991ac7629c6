"""Every code that the source can give is explained, and no other."""

from __future__ import annotations

import ast
import re

import pytest

CODE = re.compile(
    r"(?:yaml|protocol|data|plan|monitor|bundle|results|report|usage|show|kernel|xpt|export|simulation|evidence|facts|curve)"
    r"\.[a-z][a-z_0-9]*"
)
# How codes that are put together begin. Callers of two functions give the rest, which codes_of reads there.
MADE = {
    "yaml.": {"yaml.date", "yaml.number"},
    "usage.unknown_": {"usage.unknown_endpoint", "usage.unknown_population"},
    "kernel.": set(),
    "protocol.": set(),
}
MAKERS = ("Problem", "Rule", "rule", "warn", "error", "report")
START = re.compile(r"(yaml|plan|bundle|usage|kernel|protocol|data)\.[a-z_]*")
MARK = re.compile(r"\*warning\.?\*", re.I)


def name_of(call):
    return ast.unparse(call.func).rsplit(".", 1)[-1]


def texts_of(nodes):
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def starts_of(tree):
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return [text for node in strings for text in texts_of(node.values[:1]) if START.fullmatch(text)]


def codes_of(tree, path):
    """Texts that are codes, wherever they stand; places in a protocol (`data.files`) are none."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    places = {part for call in calls if name_of(call) == "Where" for part in ast.walk(call)}
    places |= {part for call in calls for word in call.keywords if word.arg == "path" for part in ast.walk(word)}
    places |= {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for start in starts_of(tree):
        yield from MADE[start]
    for text in texts_of(node for node in ast.walk(tree) if node not in places):
        if CODE.fullmatch(text) and not text.endswith((".json", ".parquet", ".yaml")):
            yield text
    for call in calls:
        if path.parts[-3:-1] == ("protocol", "checks") and name_of(call) in ("report", "warn"):
            yield from (f"protocol.{text}" for text in texts_of(call.args[:1]))
        if path.parent.name == "kernels" and name_of(call) in ("problem", "require", "check_codes"):
            yield from (f"kernel.{text}" for text in texts_of(call.args)[:1] if text.isidentifier())


@pytest.fixture(scope="module")
def trees(root):
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in (root / "src").rglob("*.py")}


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_code_is_explained_and_no_other(trees, page):
    raised = {code for path, tree in trees.items() for code in codes_of(tree, path)}
    terms = re.findall(r"^`([a-z_]+\.[a-z_0-9]+)`\n: ", page, flags=re.M)
    assert len(terms) == len(set(terms)), "a code is explained twice"
    assert raised - set(terms) == set(), "not explained in docs/errors.md"
    assert set(terms) - raised == set(), "explained, but the source can't give it"
    assert len(terms) > 150


def test_no_other_code_is_put_together(trees):
    """Else the test above would miss it."""
    assert {start for tree in trees.values() for start in starts_of(tree)} == set(MADE)


def test_warnings_are_marked(trees, page):
    """A code that only ever warns is marked so."""
    entries = dict(re.findall(r"^`([a-z_]+\.[a-z_0-9]+)`\n: (.*?)(?=\n\n|\Z)", page, flags=re.M | re.S))
    warned, refused = set(), set()
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or name_of(node) not in (
                "Problem",
                "Rule",
                "rule",
                "warn",
                "error",
                "report",
            ):
                continue
            warns = name_of(node) == "warn" or "warning" in texts_of(
                [*node.args, *(word.value for word in node.keywords)]
            )
            for code in codes_of(ast.Expression(node), path):
                (warned if warns else refused).add(code)
    for code in warned:
        assert MARK.search(entries[code]), code
    for code in refused - warned:
        assert not MARK.search(entries[code]), code
    assert len(warned) > 30
    assert len(refused - warned) > 80
