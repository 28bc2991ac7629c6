"""The re-randomization test: against exact distributions, its size under a trend, and sequences that can't be."""

from __future__ import annotations

from fractions import Fraction
from math import nan

import pytest

from equipoise.errors import UsageError
from equipoise.randomization import rules
from equipoise.randomization.law import sequence_law
from equipoise.randomization.rerandomization import first_impossible, rerandomization_test
from equipoise.randomization.scheme import Scheme
from equipoise.randomization.steps import allocate
from equipoise.rng import stream


def plain(rule):
    return Scheme(rule, ("A", "B"), {})


OUTCOMES = [3.1, 0.2, 5.0, 1.7, 2.2, 8.4, 0.9, 4.4]


def difference(outcomes):
    def statistic(arms):
        groups = [[y for y, arm in zip(outcomes, arms, strict=True) if arm == which] for which in (0, 1)]
        means = [sum(group) / len(group) if group else 0.0 for group in groups]
        return means[0] - means[1]

    return statistic


@pytest.mark.parametrize(
    "rule",
    [rules.permuted_blocks((1, 1), [4]), rules.big_stick(2), rules.biased_coin(Fraction(2, 3)), rules.wei_urn()],
    ids=lambda rule: rule.kind,
)
def test_against_the_exact_distribution(rule):
    statistic = difference(OUTCOMES)
    arms = [0, 1, 0, 1, 1, 0, 1, 0]
    law = sequence_law(rule, [(0,)] * len(arms))
    exact = float(sum(p for sequence, p in law.items() if statistic(sequence) >= statistic(arms) - 1e-9))
    found = rerandomization_test(plain(rule), [()] * len(arms), arms, statistic, replicates=1999, seed=2)
    assert found.p == pytest.approx(exact, abs=4 * found.error + 1 / 2000)
    assert found.p == (1 + found.extreme) / 2000


def test_size_under_a_trend():
    """Outcomes grow over time; the null hypothesis is true: P <= 0.05 in 5% of trials (and 2 of 40 is exactly 5%)."""
    scheme, n, rejected, trials = plain(rules.big_stick(3)), 20, 0, 250
    for trial in range(trials):
        random = stream(17, "size", trial)
        outcomes = [position / 4 + noise for position, noise in enumerate(random.standard_normal(n).tolist())]
        state, arms = scheme.start(), []
        for words in random.integers(0, 2**32, (n, 8)).tolist():
            arms.append(allocate(scheme.rule.plan, state, (0,), words, 0)[0])
        found = rerandomization_test(scheme, [()] * n, arms, difference(outcomes), replicates=39, seed=trial)
        rejected += found.p <= 0.05
    assert abs(rejected / trials - 0.05) < 3 * (0.05 * 0.95 / trials) ** 0.5


def test_strata_are_allocated_on_their_own():
    """Within strata of 2 in blocks of 2 the arms of a pair always differ: a statistic of the pairs can't vary."""
    scheme = Scheme(rules.permuted_blocks((1, 1), [2]), ("A", "B"), {"stage": ("1", "2", "3")})
    levels = [(0,), (1,), (0,), (2,), (1,), (2,)]
    arms = [0, 1, 1, 0, 0, 1]

    def pairs(given):
        return float(sum(given[i] != given[j] for i, j in ((0, 2), (1, 4), (3, 5))))

    found = rerandomization_test(scheme, levels, arms, pairs, replicates=99)
    assert (found.p, found.extreme, found.observed) == (1.0, 99, 3.0)


def test_sequences_that_cannot_be():
    blocks = plain(rules.permuted_blocks((1, 1), [4, 6]))
    assert first_impossible(blocks, [()] * 6, [0, 0, 0, 1, 1, 1]) is None
    assert first_impossible(blocks, [()] * 4, [0, 0, 0, 0]) == 3
    # after A A B B either a block of 4 is over or one of 6 goes on: three A more can't be, two can
    assert first_impossible(blocks, [()] * 6, [0, 0, 1, 1, 0, 0]) is None
    assert first_impossible(plain(rules.permuted_blocks((1, 1), [4])), [()] * 5, [0, 0, 1, 0, 1]) == 3
    stick = Scheme(rules.big_stick(2), ("A", "B"), {"stage": ("1", "2")})
    assert first_impossible(stick, [(0,), (1,), (0,), (0,), (1,), (1,)], [0, 1, 0, 0, 1, 1]) == 3
    decided = Scheme(rules.minimization((1, 1), [2], probability=Fraction(1)), ("A", "B"), {"stage": ("1", "2")})
    assert first_impossible(decided, [(0,), (1,), (0,)], [0, 1, 0]) == 2
    assert first_impossible(decided, [(0,), (1,), (0,)], [0, 1, 1]) is None


def test_bad_input():
    scheme, statistic = plain(rules.permuted_blocks((1, 1), [4])), difference(OUTCOMES)
    with pytest.raises(UsageError, match="can't have allocated this patient") as refused:
        rerandomization_test(scheme, [()] * 8, [0, 0, 0, 1, 1, 1, 0, 1], statistic)
    assert refused.value.problems[0].where.row == 3
    for levels, arms, replicates in (([()] * 3, [0, 1], 99), ([], [], 99), ([()] * 2, [0, 1], 18)):
        with pytest.raises(UsageError, match="levels for each arm"):
            rerandomization_test(scheme, levels, arms, statistic, replicates=replicates)
    with pytest.raises(UsageError, match="not a number"):
        rerandomization_test(scheme, [()] * 2, [0, 1], lambda _: nan)
