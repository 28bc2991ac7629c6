"""YAML 1.2 with places: plain values, lines and columns, and what can be wrong with a file."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from equipoise.errors import DataError, ProtocolError
from equipoise.source import dotted, parse_source, read_source


def test_values_by_the_rules_of_yaml_1_2() -> None:
    source = parse_source(
        """
ratio: 1:1
flags: [yes, No, on, off, y, true, False]
numbers: [1, -2, 0x1F, 0o17, 1_000, 1e3, .5, -1.5, .inf]
dates: [2026-06-30, 2026-06-30T12:30:00Z, "2026-06-30"]
nothing: [null, ~, ]
text: [a, 'b', "c", 1:30, 12e, 'null', NaNa]
block: |
  two
  lines
shared: &x {a: 1}
again: *x
1: number as key
"""
    )
    assert source.problems == ()
    assert source.value == {
        "ratio": "1:1",
        "flags": ["yes", "No", "on", "off", "y", True, False],
        "numbers": [1, -2, 31, 15, 1000, 1000.0, 0.5, -1.5, float("inf")],
        "dates": [
            datetime.date(2026, 6, 30),
            datetime.datetime(2026, 6, 30, 12, 30, tzinfo=datetime.UTC),
            "2026-06-30",
        ],
        "nothing": [None, None],
        "text": ["a", "b", "c", "1:30", "12e", "null", "NaNa"],
        "block": "two\nlines\n",
        "shared": {"a": 1},
        "again": {"a": 1},
        1: "number as key",
    }
    assert isinstance(source.value["numbers"][5], float)


def test_every_value_has_a_place() -> None:
    source = parse_source("a: 1\nb:\n  c: [x,\n    yy]\n  d:\n    e: 2\n  f:\n", file="t.yaml")
    places = source.places
    assert places["a",] == ("t.yaml", 1, 4)
    assert places["b",] == ("t.yaml", 2, 1)  # a mapping: its key
    assert places["b", "c"] == ("t.yaml", 3, 3)
    assert places["b", "c", 0] == ("t.yaml", 3, 7)
    assert places["b", "c", 1] == ("t.yaml", 4, 5)
    assert places["b", "d", "e"] == ("t.yaml", 6, 8)
    assert places["b", "f"] == ("t.yaml", 7, 3)  # nothing: its key
    assert dotted(("b", "c", 1)) == "b.c[1]"


def test_all_duplicate_keys_with_both_lines() -> None:
    source = parse_source("a: 1\nb: {x: 1, y: 2,\n  x: 3}\na: 2\nc: [{k: 1, k: 2}]\na: 4\n")
    assert [(problem.code, problem.where.line, problem.value) for problem in source.problems] == [
        ("yaml.duplicate_key", 3, "x"),
        ("yaml.duplicate_key", 4, "a"),
        ("yaml.duplicate_key", 5, "k"),
        ("yaml.duplicate_key", 6, "a"),
    ]
    assert "first on line 2" in source.problems[0].message
    assert "lines 1 and 6" in source.problems[3].cure


@pytest.mark.parametrize(
    ("text", "code", "line", "phrase"),
    [
        ("a: 01\n", "yaml.leading_zero", 1, "leading zero"),
        ("a: 1\nb: 2026-02-30\n", "yaml.date", 2, "not a date that exists"),
        ("a: !secret x\n", "yaml.tag", 1, "tags are not read"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "yaml.merge_key", 3, "merge keys"),
        ("[a, b]: 1\n", "yaml.key", 1, "single word or number"),
    ],
)
def test_what_can_be_read_and_is_wrong(text: str, code: str, line: int, phrase: str) -> None:
    (problem,) = parse_source(text).problems
    assert (problem.code, problem.where.line) == (code, line)
    assert phrase in problem.message
    assert problem.cure


@pytest.mark.parametrize(
    ("text", "code", "line", "phrase"),
    [
        ("", "yaml.empty", 1, "no declaration"),
        ("# only a comment\n", "yaml.empty", 1, "no declaration"),
        ("- a\n- b\n", "yaml.not_a_mapping", 1, "a list"),
        ("just words\n", "yaml.not_a_mapping", 1, "a single value"),
        ("a: 1\nb: c: d\n", "yaml.syntax", 2, "a colon stands"),
        ("a: [1, 2\nb: 3\n", "yaml.syntax", 2, "begins on line 1"),
        ("a: {b: 1\n", "yaml.syntax", 2, "bracket is not closed"),
        ("a: 'x\nb: 2\n", "yaml.syntax", 3, "quoted text is not closed"),
        ("a:\n  b: 1\n c: 2\n", "yaml.syntax", 3, "indentation"),
        ("a: *nobody\n", "yaml.syntax", 1, "no anchor"),
        ("a: @x\n", "yaml.syntax", 1, "can't begin with this character"),
        ("a: %x\n", "yaml.syntax", 1, "can't begin with this character"),
        ('a: "\\q"\n', "yaml.syntax", 1, "backslash"),
        ("a: - b\n", "yaml.syntax", 1, "list item"),
        ("a: 1\n---\nb: 2\n", "yaml.syntax", 2, "more than one document"),
        ("a: &x [*x]\n", "yaml.too_deep", None, "contains itself"),
        ("a: 1\nb: x\x07y\n", "yaml.character", 2, "forbids"),
    ],
)  # fmt: skip
def test_what_can_not_be_read(text: str, code: str, line: int | None, phrase: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_source(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.line) == (code, line)
    assert phrase in problem.message
    assert problem.cure


def test_escaped_characters_beyond_the_first_plane() -> None:
    assert parse_source('a: "\\ud83d\\ude00"\nb: "\\U0001F600"\n').value == {"a": "😀", "b": "😀"}
    (problem,) = parse_source('a: "\\ud83d"\n').problems
    assert (problem.code, problem.where.path, problem.value) == ("yaml.character", "a", "\\ud83d")


def test_all_tabs_at_once() -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_source("a:\n\tb: 1\n\tc: 2\n  # \tfine\nd:\n \te: 3\n")
    assert [(problem.code, problem.where.line) for problem in caught.value.problems] == [
        ("yaml.tab", 2),
        ("yaml.tab", 3),
        ("yaml.tab", 6),
    ]


def test_a_tab_inside_a_block_of_text_is_no_problem() -> None:
    assert parse_source("a: |\n  x\n  \ty\n").value == {"a": "x\n\ty\n"}


def test_aliases_can_not_blow_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ProtocolError, match="aliases repeat"):
        parse_source("\n".join(lines))


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")  # BOM and Windows line ends
    source = read_source(path)
    assert source.value == {"a": 1, "b": 2}
    assert source.places["b",].line == 2

    cases = {
        b"a: 1\nb: caf\xe9\n": ("yaml.encoding", 2, "byte 0xe9"),
        "a: 1\n".encode("utf-16"): ("yaml.encoding", 1, ""),
    }
    for content, (code, line, value) in cases.items():
        path.write_bytes(content)
        with pytest.raises(ProtocolError) as caught:
            read_source(path)
        (problem,) = caught.value.problems
        assert (problem.code, problem.where.line, problem.value) == (code, line, value)
        assert problem.cure == "save the file as UTF-8"

    with pytest.raises(DataError, match="no such file"):
        read_source(tmp_path / "nothing.yaml", error=DataError)
    with pytest.raises(ProtocolError, match="folder"):
        read_source(tmp_path)
