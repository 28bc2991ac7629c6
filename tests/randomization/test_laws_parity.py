"""Exact laws, as fractions: the steps that allocate against the procedures written down again."""

from __future__ import annotations

import ast
import inspect
from fractions import Fraction

import pytest

from equipoise.randomization import law, rules, steps
from equipoise.randomization.law import Chain, arm_probabilities, sequence_law

RATIOS = [(1, 1), (2, 1), (3, 2), (1, 1, 1), (2, 1, 1)]
N = 12
ONE = [(0,)]
F = Fraction


def cases():
    """Name, rule, and how to get its law from the oracle: (function, arguments, n)."""
    for ratio in RATIOS:
        total, two = sum(ratio), len(ratio) == 2
        name = ":".join(map(str, ratio))
        yield f"complete {name}", rules.complete(ratio), ("complete", (ratio, N if two else 7), N if two else 7)
        for sizes in ([total], [2 * total], [total, 2 * total]):
            n = N if two or sizes == [total] else 7
            yield f"blocks {name} {sizes}", rules.permuted_blocks(ratio, sizes), ("blocks", (ratio, sizes, n), n)
        for sets in (1, 2):
            n = N if two else 7
            yield f"block urn {name} {sets}", rules.block_urn(ratio, sets), ("block_urn", (ratio, sets, n), n)
    yield "blocks of 4 or 6", rules.permuted_blocks((1, 1), [4, 6]), ("blocks", ((1, 1), [4, 6], N), N)
    for mti in (1, 2, 3):
        yield f"big stick {mti}", rules.big_stick(mti), ("coin", (N, F(1, 2), mti), N)
        yield f"Chen {mti}", rules.chen(F(2, 3), mti), ("coin", (N, F(2, 3), mti), N)
    for p in (F(2, 3), F(4, 5)):
        yield f"Efron {p}", rules.biased_coin(p), ("coin", (N, p, 0), N)
    for alpha, beta in ((0, 1), (1, 3)):
        yield f"Wei {alpha} {beta}", rules.wei_urn(alpha, beta), ("wei", (N, alpha, beta), N)


CASES = {name: (rule, expected) for name, rule, expected in cases()}


@pytest.mark.parametrize("name", CASES)
def test_law_of_the_sequence(name, oracle):
    rule, (function, arguments, n) = CASES[name]
    expected = getattr(oracle, function)(*arguments)
    found = sequence_law(rule, ONE * n)
    assert sum(found.values()) == 1
    assert found == expected


def test_brick_tunnel_by_hand():
    """2:1 is a permuted block of 3; 3:2 from the probabilities .6 .2 .8 .4 0 of the upper node after 1, ..., 5."""
    third = F(1, 3)
    assert sequence_law(rules.brick_tunnel((2, 1)), ONE * 3) == {(0, 0, 1): third, (0, 1, 0): third, (1, 0, 0): third}
    a, b = F(15, 100), F(1, 10)
    by_hand = {"BAAAB": a, "BAABA": a, "BABAA": b, "ABAAB": a, "ABABA": a, "ABBAA": b, "AABAB": b, "AABBA": b}
    expected = {tuple("AB".index(letter) for letter in key): p for key, p in by_hand.items()}
    assert sequence_law(rules.brick_tunnel((3, 2)), ONE * 5) == expected


def test_brick_tunnel_of_three_arms_is_a_block_where_shares_are_equal(oracle):
    assert sequence_law(rules.brick_tunnel((1, 1, 1)), ONE * 6) == oracle.blocks((1, 1, 1), [3], 6)


MINIMIZED = [((1, 1), 7), ((2, 1), 5), ((1, 1, 1), 5)]
PATIENTS = [(0, 0), (1, 0), (0, 1), (0, 0), (1, 1), (0, 1), (1, 0)]


@pytest.mark.parametrize("measure", rules.MEASURES)
@pytest.mark.parametrize(("ratio", "n"), MINIMIZED)
def test_law_of_minimization(oracle, ratio, n, measure):
    weights = (1, 2)
    rule = rules.minimization(ratio, [2, 2], probability=F(4, 5), measure=measure, weights=weights)
    cells = [(1 + first, 3 + second) for first, second in PATIENTS[:n]]
    found = sequence_law(rule, cells)
    assert sum(found.values()) == 1
    assert found == oracle.minimization(ratio, PATIENTS[:n], F(4, 5), measure, weights)


def everything(ratio):
    total = sum(ratio)
    out = [rules.complete(ratio), rules.permuted_blocks(ratio, [total]),
           rules.permuted_blocks(ratio, [total, 2 * total]), rules.brick_tunnel(ratio)]  # fmt: skip
    if ratio == (1, 1):
        out += [rules.big_stick(3), rules.biased_coin(F(2, 3)), rules.chen(F(2, 3), 3), rules.wei_urn()]
    if len(set(ratio)) == 1:
        out.append(rules.block_urn(ratio, 2))
    return out


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_ratio_holds_at_every_position(ratio):
    shares = [F(share, sum(ratio)) for share in ratio]
    for rule in everything(ratio):
        assert arm_probabilities(rule, ONE * N) == [shares] * N, rule.kind


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("measure", ["range", "variance"])
def test_the_ratio_holds_at_every_position_of_minimization(ratio, measure):
    n = 7 if sum(ratio) < 4 else 5
    cells = [(1 + first, 3 + second) for first, second in PATIENTS[:n]]
    rule = rules.minimization(ratio, [2, 2], probability=F(9, 10), measure=measure)
    assert arm_probabilities(rule, cells) == [[F(share, sum(ratio)) for share in ratio]] * n


def test_a_block_urn_with_unequal_shares_keeps_the_ratio_only_at_first(oracle):
    """2:1, two sets: exact until a set can have returned and the urn is mixed; the preview warns of it."""
    found = arm_probabilities(rules.block_urn((2, 1), 2), ONE * 7)
    assert found[:4] == [[F(2, 3), F(1, 3)]] * 4
    assert found[4] != [F(2, 3), F(1, 3)]
    by_balls = oracle.block_urn((2, 1), 2, 5)
    assert found[4][0] == sum(p for sequence, p in by_balls.items() if sequence[4] == 0)


def reachable(rule, n):
    chain = Chain(rule)
    states = {chain.start}
    for _ in range(n):
        states = {after for state in states for _, _, after in chain.branches(state)}
        yield states


@pytest.mark.parametrize(
    ("rule", "bound"),
    [
        *((rules.big_stick(mti), mti) for mti in (1, 2, 3, 5)),
        *((rules.chen(F(3, 4), mti), mti) for mti in (2, 4)),
        (rules.permuted_blocks((1, 1), [4, 6]), 3),
        (rules.permuted_blocks((1, 1), [8]), 4),
        (rules.block_urn((1, 1), 3), 3),
    ],
)
def test_bounds_hold_in_every_state_and_are_reached(rule, bound):
    most = [max(abs(state[0][0] - state[0][1]) for state in states) for states in reachable(rule, 40)]
    assert max(most) == bound


@pytest.mark.parametrize("ratio", [*RATIOS, (5, 3), (7, 2), (3, 2, 1), (4, 4, 1), (5, 3, 3)])
def test_a_brick_tunnel_stays_within_one_of_the_shares(ratio):
    for position, states in enumerate(reachable(rules.brick_tunnel(ratio), 2 * sum(ratio)), 1):
        for state in states:
            for count, share in zip(state[0][: len(ratio)], ratio, strict=True):
                assert abs(count - F(position * share, sum(ratio))) < 1
    shares = [F(share, sum(ratio)) for share in ratio]
    assert arm_probabilities(rules.brick_tunnel(ratio), ONE * 2 * sum(ratio)) == [shares] * (2 * sum(ratio))


# Planted defects: each changes one line of the source, and what is tested above must notice.


def planted(monkeypatch, function, old, new):
    source = inspect.getsource(getattr(steps, function))
    assert source.count(old) == 1
    space = {**vars(steps), "draw": law._told}
    exec(compile(ast.parse(source.replace(old, new)), function, "exec"), space)
    again = steps.rebuilt(replace={"draw": law._told, function: space[function]})
    monkeypatch.setattr(law, "_allocate", again["allocate"])


def test_a_block_size_drawn_for_each_patient_is_noticed(monkeypatch, oracle):
    planted(monkeypatch, "blocks", "begins = row[open_] == 0\n", "begins = True\n    row[open_] = 0\n")
    rule = rules.permuted_blocks((1, 1), [4, 6])
    assert sequence_law(rule, ONE * 8) != oracle.blocks((1, 1), [4, 6], 8)
    assert max(abs(s[0][0] - s[0][1]) for states in reachable(rule, 12) for s in states) > 3


def test_a_block_size_not_drawn_again_is_noticed(monkeypatch, oracle):
    planted(monkeypatch, "blocks", "+ choice]", "+ 0 * choice]")
    rule = rules.permuted_blocks((1, 1), [4, 6])
    assert sequence_law(rule, ONE * 8) != oracle.blocks((1, 1), [4, 6], 8)


def test_a_favoured_arm_without_pseudo_arms_loses_the_ratio(monkeypatch):
    """The (n + 1) / r of the arms themselves, the best of them favoured by p: 2:1 is not kept at the first patient."""
    rule = rules.minimization((1, 1), [2], probability=F(4, 5))
    units = list(rule.plan)
    assert units[7:9] == [1, 1]
    units[7:9] = [1, 2]  # lcm / ratio of 2:1
    unequal = rules.Rule(rule.kind, rule.ratio, tuple(units), rule.width, rule.levels)
    assert arm_probabilities(unequal, [(1,)])[0] == [F(4, 5), F(1, 5)]


def scores(counts, measure=steps.RANGE):
    """Range of n / r at 2:1 with the next patient in the first arm, and in the second."""
    return [F(steps.spread(counts, arm, [1, 2], 0, 2, measure), 2) for arm in (0, 1)]


def test_imbalance_of_unequal_shares():
    """4 and 2 at 2:1, next patient: 5/2 - 2/1 = 0.5 in the first arm, 3/1 - 4/2 = 1 in the second."""
    assert scores([4, 2]) == [F(1, 2), 1]


def test_n_over_r_plus_one_is_noticed(monkeypatch):
    source = inspect.getsource(steps.spread)
    old = "x = (counts[i] + (1 if extra == i else 0)) * units[first + i]"
    assert source.count(old) == 1
    space = dict(vars(steps))
    # n / r + 1, in whole numbers n * unit + lcm
    new = "x = counts[i] * units[first + i] + (2 if extra == i else 0)"
    source = source.replace(old, new).replace("(counts[0] + (1 if extra == 0 else 0)) * units[first]",
                                              "counts[0] * units[first] + (2 if extra == 0 else 0)")  # fmt: skip
    exec(compile(ast.parse(source), "spread", "exec"), space)
    monkeypatch.setattr(steps, "spread", space["spread"])
    assert scores([4, 2]) == [1, 1]  # a tie that is none
