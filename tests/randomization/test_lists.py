"""Sealed lists: from a key alone, replayed to the row, never overwritten, never half-written."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat

import pytest

from equipoise.errors import UsageError
from equipoise.protocol import load_protocol
from equipoise.protocol.annex import load_annex
from equipoise.randomization.keyed import fingerprint, keyed_words, make_key, read_key
from equipoise.randomization.lists import make_list, read_list, verify_list, write_list

KEY = bytes(range(32))


@pytest.fixture
def parts(trial):
    def load(*args, **words):
        path = trial(*args, **words)
        protocol = load_protocol(path)
        return protocol, load_annex(path.parent / "private" / "annex.yaml", protocol)

    return load


def test_words_are_hmac_of_what_they_are_for():
    """Written down again from RFC 2104 and the canonical form, so that somebody else can replay a list."""
    text = '["equipoise.randomization/1","list","abc",{"site":"7","stage":"IV"},12,0]'
    digest = hmac.new(KEY, text.encode(), hashlib.sha256).digest()
    assert json.loads(text)[4] == 12
    expected = [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 32, 4)]
    assert keyed_words(KEY, "list", "abc", {"stage": "IV", "site": "7"}, 12, 0) == expected


def test_a_list_is_balanced_in_every_stratum_and_the_same_again(parts):
    protocol, annex = parts()
    made = make_list(protocol, key=KEY, n=60, annex=annex)
    assert made == make_list(protocol, key=KEY, n=60, annex=annex)
    assert [row.number for row in made.rows] == list(range(1, 121))
    for level in ("III", "IV"):
        arms = [row.arm for row in made.rows if row.levels == (level,)]
        assert len(arms) == 60
        differences = [arms[:n].count("new") - arms[:n].count("old") for n in range(1, 61)]
        assert max(map(abs, differences)) <= 3
    sequences = {level: tuple(row.arm for row in made.rows if row.levels == (level,)) for level in ("III", "IV")}
    assert sequences["III"] != sequences["IV"]


def test_another_key_and_another_n(parts):
    protocol, annex = parts()
    made = make_list(protocol, key=KEY, n=40, annex=annex)
    other = make_list(protocol, key=bytes(32), n=40, annex=annex)
    assert [row.arm for row in made.rows] != [row.arm for row in other.rows]
    longer = make_list(protocol, key=KEY, n=60, annex=annex)
    for level in ("III", "IV"):  # a longer list begins with the shorter one
        short, long = ([row.arm for row in one.rows if row.levels == (level,)] for one in (made, longer))
        assert long[:40] == short


def test_sites_are_strata(parts):
    section = "randomization: {procedure: {kind: permuted_blocks}, sites: true, strata: [sex, stage], annex: a.yaml}"
    protocol, annex = parts(section)
    made = make_list(protocol, key=KEY, n=8, annex=annex, sites=("Bergen", "Oslo"))
    assert made.factors == ("sex", "stage", "site")
    assert len({row.levels for row in made.rows}) == 8
    assert len(made.rows) == 64
    with pytest.raises(UsageError, match="no sites are given"):
        make_list(protocol, key=KEY, n=8, annex=annex)
    with pytest.raises(UsageError, match="named twice"):
        make_list(protocol, key=KEY, n=8, annex=annex, sites=("Oslo", "Oslo"))


def test_nothing_secret_is_in_the_head(parts, tmp_path):
    protocol, annex = parts(annex="block_sizes: [4, 10]\n")
    made = make_list(protocol, key=KEY, n=10, annex=annex)
    head = json.dumps(dict(made.head))
    assert KEY.hex() not in head
    assert fingerprint(KEY) in head
    assert "4, 10" not in head
    assert "[4" not in head


def test_written_once_and_read_back(parts, tmp_path):
    protocol, annex = parts()
    made = make_list(protocol, key=KEY, n=12, annex=annex)
    path = tmp_path / "list.csv"
    write_list(made, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_list(path) == made
    content = path.read_bytes()
    with pytest.raises(UsageError, match="not overwritten"):
        write_list(made, path)
    assert path.read_bytes() == content
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".list")]


def test_a_list_is_verified(parts, tmp_path):
    protocol, annex = parts()
    path = tmp_path / "list.csv"
    write_list(make_list(protocol, key=KEY, n=12, annex=annex), path)
    assert verify_list(read_list(path), protocol, key=KEY, annex=annex) == ()


def swap(text, number):
    row = next(line for line in text.splitlines() if line.startswith(f"{number},"))
    other = row.replace(",new", ",?").replace(",old", ",new").replace(",?", ",old")
    return text.replace(row, other), text.splitlines().index(row) + 1


@pytest.mark.parametrize("number", [1, 7, 24])
def test_the_first_row_that_differs_is_named(parts, tmp_path, number):
    protocol, annex = parts()
    path = tmp_path / "list.csv"
    write_list(make_list(protocol, key=KEY, n=12, annex=annex), path)
    text, line = swap(path.read_text(), number)
    path.write_text(text)
    (difference,) = verify_list(read_list(path), protocol, key=KEY, annex=annex)
    assert difference.line == line
    assert f"row {number} " in difference.what
    assert "new" not in difference.what
    assert "old" not in difference.what


def test_a_row_that_is_missing_or_too_many(parts, tmp_path):
    protocol, annex = parts()
    path = tmp_path / "list.csv"
    write_list(make_list(protocol, key=KEY, n=12, annex=annex), path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    (short,) = verify_list(read_list(path), protocol, key=KEY, annex=annex)
    assert short.what == "row 24 is missing"
    path.write_text("".join([*lines, "25,IV,13,new\n"]))
    (long,) = verify_list(read_list(path), protocol, key=KEY, annex=annex)
    assert (long.what, long.line) == ("row 25 is one too many", len(lines) + 1)


def test_another_key_protocol_or_annex_is_said(parts, tmp_path):
    protocol, annex = parts()
    found = make_list(protocol, key=KEY, n=12, annex=annex)
    (other_key,) = verify_list(found, protocol, key=bytes(32), annex=annex)[:1]
    assert "key" in other_key.what
    changed, same = parts(edits=(("role: experimental", "role: experimental, ratio: 2"),), annex="block_sizes: [3]\n")
    assert any("arms" in difference.what for difference in verify_list(found, changed, key=KEY, annex=same))
    protocol, sizes = parts(annex="block_sizes: [4, 8]\n")
    (blocks,) = verify_list(found, protocol, key=KEY, annex=sizes)
    assert blocks.what == "the block sizes of the annex are others"


def test_a_label_changes_no_list(parts):
    protocol, annex = parts()
    made = make_list(protocol, key=KEY, n=12, annex=annex)
    relabelled, annex = parts(edits=(("label: New treatment", "label: Another name"),))
    assert make_list(relabelled, key=KEY, n=12, annex=annex).rows == made.rows


def test_minimization_has_no_list(parts):
    protocol, _ = parts("randomization: {procedure: {kind: minimization}, strata: [stage]}", annex="key: k\n")
    with pytest.raises(UsageError, match="minimization has no list"):
        make_list(protocol, key=KEY, n=12)


@pytest.mark.parametrize("n", [0, -3, 3_000_000])
def test_lengths_that_make_no_sense(parts, n):
    protocol, annex = parts()
    with pytest.raises(UsageError, match="can't be listed"):
        make_list(protocol, key=KEY, n=n, annex=annex)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "# format: other\nnumber,position,arm\n", "\x00\xff"])
def test_files_that_are_no_list(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match="not a list that equipoise wrote"):
        read_list(path)
    with pytest.raises(UsageError, match="no such list"):
        read_list(tmp_path / "absent.csv")


def test_a_damaged_row_is_named(parts, tmp_path):
    protocol, annex = parts()
    path = tmp_path / "list.csv"
    write_list(make_list(protocol, key=KEY, n=4, annex=annex), path)
    lines = path.read_text().splitlines()
    lines[12] = "3,III"
    path.write_text("\n".join(lines))
    with pytest.raises(UsageError) as refused:
        read_list(path)
    assert refused.value.problems[0].where.line == 13


def test_keys(tmp_path):
    path = tmp_path / "key"
    key = make_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path) == key
    with pytest.raises(UsageError, match="not overwritten"):
        make_key(path)
    assert read_key(path) == key
    with pytest.raises(UsageError, match="no such key file"):
        read_key(tmp_path / "none")
    for content in ("", "abc", "00" * 31, "zz" * 32):
        path.write_text(content)
        with pytest.raises(UsageError, match="not a key") as refused:
            read_key(path)
        assert not content or content not in str(refused.value)
