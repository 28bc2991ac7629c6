"""What must hold of the steps whatever is drawn: no bias, no word too many, nothing changed when words run out."""

from __future__ import annotations

from fractions import Fraction

import pytest

from equipoise.kernels.distributions import chi2_sf
from equipoise.randomization import rules, steps
from equipoise.randomization.law import sequence_law
from equipoise.randomization.steps import WORDS, allocate, draw, rebuilt, root

F = Fraction
RULES = [
    rules.complete((3, 2)),
    rules.permuted_blocks((1, 1), [4, 6]),
    rules.permuted_blocks((2, 1, 1), [4, 8]),
    rules.big_stick(2),
    rules.biased_coin(F(2, 3)),
    rules.chen(F(3, 4), 2),
    rules.wei_urn(1, 2),
    rules.block_urn((2, 1), 2),
    rules.brick_tunnel((3, 2)),
    rules.brick_tunnel((2, 1, 1)),
    *(rules.minimization((2, 1), [2, 3], probability=F(7, 10), measure=m, weights=(3, 1)) for m in rules.MEASURES),
]
IDS = [f"{rule.kind} {position}" for position, rule in enumerate(RULES)]


def cell_of(rule, patient):
    return (1 + patient % 2, 3 + (patient * 7 // 3) % 3) if rule.levels else (0,)


WEIGHTS = [[1, 1], [1, 2], [3, 0, 4], [1] * 7, [5, 1, 0, 0, 9], [2**30, 2**30 - 1], [0, 2, 3]]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_draw_gives_each_index_the_same_number_of_words_a_unit_of_weight(weights):
    """All 2**32 words are accounted for: unit u has those from u * 2**32 / total on, one in excess rejected or none."""
    total = sum(weights)
    owner = [index for index, weight in enumerate(weights) for _ in range(weight)] if total < 100 else None
    for unit in range(total) if owner else (0, 1, 2**30 - 1, 2**30, total - 1):
        index = owner[unit] if owner else int(unit >= weights[0])
        begin, end = -(-unit * WORDS // total), -(-(unit + 1) * WORDS // total)
        excess = end - begin - WORDS // total
        assert excess in (0, 1)
        for word in {begin + excess, (begin + excess + end) // 2, end - 1}:
            assert draw([word], 0, weights, 0, len(weights)) == (index, 1)
        if excess:
            assert draw([begin], 0, weights, 0, len(weights)) == (-1, 0)
            assert draw([begin, end - 1], 0, weights, 0, len(weights)) == (index, 2)


def test_draw_reads_from_its_position_and_needs_no_word_for_one_outcome():
    assert draw([0, WORDS - 1], 1, [9, 1, 1], 1, 2) == (1, 1)
    assert draw([], 0, [0, 3, 0], 0, 3) == (1, 0)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_without_words_the_state_stays(rule, words):
    """Asked with one word, then two, ...: the same arm as with all at once, and a refusal changes nothing."""
    state, other = rule.start(), rule.start()
    for patient in range(60):
        cell, stream = cell_of(rule, patient), words(5, patient, 8)
        arm, used = allocate(rule.plan, state, cell, stream, 0)
        for count in range(used):
            before = [list(row) for row in other[:-1]]
            assert allocate(rule.plan, other, cell, stream[:count], 0) == (-1, 0)
            assert other[:-1] == before
        assert allocate(rule.plan, other, cell, stream[:used], 0) == (arm, used)
        assert other[:-1] == state[:-1]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_counts_of_the_state_are_the_allocations(rule, words):
    state, counts = rule.start(), [0] * len(rule.ratio)
    for patient in range(50):
        arm, _ = allocate(rule.plan, state, cell_of(rule, patient), words(6, patient, 8), 0)
        counts[arm] += 1
    assert state[0][: len(counts)] == counts
    assert state[0][len(counts)] == 50


def test_laws_by_one_chi_square(words):
    """Every rule's sequences of 5, 1,500 each, against its exact law: one statistic, seed fixed."""
    statistic, df = 0.0, 0
    for which, rule in enumerate(RULES):
        cells = [cell_of(rule, patient) for patient in range(5)]
        expected = sequence_law(rule, cells)
        seen = dict.fromkeys(expected, 0)
        for run in range(1500):
            state, arms, stream, at = rule.start(), [], words(100 + which, run, 24), 0
            for cell in cells:
                arm, used = allocate(rule.plan, state, cell, stream, at)
                arms.append(arm)
                at += used
            seen[tuple(arms)] += 1  # a sequence that can't be is a KeyError
        large = [key for key, p in expected.items() if p * 1500 >= 5]
        rest = [key for key in expected if key not in large]
        groups = [[key] for key in large] + ([rest] if rest else [])
        for group in groups:
            mean = 1500 * float(sum(expected[key] for key in group))
            statistic += (sum(seen[key] for key in group) - mean) ** 2 / mean
        df += len(groups) - 1
    assert 0.001 < float(chi2_sf(statistic, df)) < 0.999, (statistic, df)


@pytest.mark.parametrize(
    "value", [0, 1, 2, 3, 4, 8, 9, 24, 25, 10**6, 2**40 + 1, 2**61, (2**30) ** 2 - 1, (2**30) ** 2]
)
def test_root(value):
    found = root(value)
    assert found * found <= value < (found + 1) ** 2


def test_ties_of_roots_and_quotients_are_found():
    """Levels (2, 0) and (0, 2) with weights 1 and 1: the arms are exactly alike, whatever the rounding."""
    for measure in rules.MEASURES:
        rule = rules.minimization((1, 1), [1, 1], measure=measure)
        state = rule.start()
        state[1][:2], state[2][:2] = [7, 2], [2, 7]
        steps.candidates(rule.plan, state, (1, 2))
        assert state[-1][:2] == [1, 1], measure


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_compiled_allocates_the_same(rule, words):
    """The same source, compiled; numba compiles lists slowly, so arrays are used as a simulation would."""
    pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
    import numpy as np

    compiled = COMPILED.setdefault("allocate", _compile())
    plan, state = np.array(rule.plan, dtype=np.int64), np.array(rule.start(), dtype=np.int64)
    plain = rule.start()
    for patient in range(300):
        cell, stream = cell_of(rule, patient), words(7, patient, 8)
        expected = allocate(rule.plan, plain, cell, stream, 0)
        found = compiled(plan, state, np.array(cell, dtype=np.int64), np.array(stream, dtype=np.uint32), 0)
        assert found == expected
        assert state[:-1].tolist() == plain[:-1]
    assert compiled(plan, state, np.array(cell_of(rule, 0)), np.array([], dtype=np.uint32), 0)[0] in (-1, 0, 1, 2)


COMPILED: dict = {}


def _compile():
    import numba

    return rebuilt(wrap=numba.njit(error_model="numpy"))["allocate"]
