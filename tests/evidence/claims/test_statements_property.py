"""Whatever the text, claims point into it, in order, and nothing raises."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from equipoise.evidence.claims.normal import normalize, sentences
from equipoise.evidence.claims.statements import find_statements

_PIECES = """
HR|hazard ratio|0.75|95% CI|(|)|[|]|,|;|P=|<0.001|.72|n=|816|patients|34.5%|12,467|\u2013|\u2212|\u00b7|NR|NE
not reached|median|months|to|of|and|vs|follow-up|age|July 21, 2023|1:1|IQR|\u00b1|SD|\u00b2|\x00|\ufffd|a third
P50.02|NNT|range|power|http://a.b/c|$5|mg|grade 3|events|-|/|=|\u2265|\U0001f600|\u0660\u0661|0,75|1e5|<td>|&lt;
"""
PIECES = [*_PIECES.strip().replace("\n", "|").split("|"), "|", "\n", "\n\n", "\t"]


@pytest.mark.parametrize("seed", range(60))
def test_claims_point_into_any_text(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(PIECES) + chance.choice(("", " ")) for _ in range(chance.randrange(1, 200)))
    claims = find_statements(text)
    assert all(0 <= claim.start < claim.end <= len(text) for claim in claims)
    assert all(claim.quote == text[claim.start : claim.end] for claim in claims)
    assert [claim.start for claim in claims] == sorted(claim.start for claim in claims)
    for claim in claims:
        for number in (claim.value, claim.count, claim.denominator):
            assert number is None or text[number.start : number.end].strip()


@pytest.mark.parametrize("seed", range(30))
def test_characters_of_any_kind_do_no_harm(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chr(chance.choice((chance.randrange(0, 128), chance.randrange(128, 0x3100)))) for _ in range(400))
    assert len(normalize(text)) == len(text)
    spans = sentences(text)
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(left[1] == right[0] for left, right in pairwise(spans))
    find_statements(text)


@pytest.mark.parametrize("text", ["", " ", "\n", ".", "\x00\x01", "no numbers at all", "\ufeff"])
def test_a_text_without_numbers_has_no_claims(text: str) -> None:
    assert find_statements(text) == ()


LONG = {
    "digits": "1", "spaced": "1 ", "brackets": "(", "levels": "95% CI ", "intervals": "HR 0.7 (95% CI 0.5-0.9) ",
    "p": "P = 0.05, ", "bars": "| 1 ", "commas": "1,234,", "medians": "median 12 months ", "sizes": "n=12 ",
    "people": "123 patients ", "slashes": "1/", "at": "a@", "tags": "<a", "words": "one hundred and ", "of": "12 of ",
    "versus": "12 vs ", "colons": "1:",
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_time_grows_no_faster_than_the_text(name: str) -> None:
    piece = LONG[name]
    took = []
    for size in (1_500, 12_000):
        text = piece * (size // len(piece))
        best = 1e9
        for _ in range(3):  # the best of three: a busy machine may hold any one of them up
            begin = time.process_time()
            find_statements(text)
            best = min(best, time.process_time() - begin)
        took.append(best)
    assert took[1] < 24 * max(took[0], 0.004)  # 8 times is linear, 64 quadratic
