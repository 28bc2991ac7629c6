"""The allocation procedures, each once, as integer functions of random words.

A step reads a plan (what was declared, constant), a row of state (what has happened in one stratum) and 32-bit words,
and gives the arm and how many words it took: `step(plan, row, scratch, words, position) -> (arm, used)`. When the
words run out it gives (-1, 0) and leaves the state as it was, so that the caller can ask again with more of the same
words. An arm is drawn in one place only, `draw`, from whole-number weights.

Everything is integer arithmetic on lists or int64 arrays, without Python objects: `rebuilt` makes the same source
compile with numba, or run with another `draw` that enumerates instead of drawing. Plans are made in `rules.py`.

    plan   [kind, arms A, ratio of each arm, then what the kind needs]
    row    [allocated to each arm, allocated in all, then what the kind needs]
    state  rows of strata (minimization: one of all patients, then one a level of each factor), last a row of scratch
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from types import FunctionType
from typing import Any

__all__ = [
    "BLOCKS",
    "BLOCK_URN",
    "COIN",
    "COMPLETE",
    "MARGINAL",
    "MASK",
    "MINIMIZATION",
    "RANGE",
    "ROOT_BITS",
    "SD",
    "TUNNEL",
    "URN",
    "VARIANCE",
    "WORDS",
    "allocate",
    "candidates",
    "draw",
    "rebuilt",
    "spread",
]

Plan = Sequence[int]
Row = MutableSequence[int]

WORDS = 4294967296  # 2**32, how many values a word can have
MASK = WORDS - 1
COMPLETE, BLOCKS, COIN, URN, BLOCK_URN, TUNNEL, MINIMIZATION = 0, 1, 2, 3, 4, 5, 6
RANGE, VARIANCE, SD, MARGINAL = 0, 1, 2, 3
ROOT_BITS = 16  # binary places of what is no whole number: square roots and quotients


def draw(words: Sequence[int], position: int, weights: Plan, first: int, count: int) -> tuple[int, int]:
    """An index with probability proportional to its weight, exactly: as many words for each unit of weight.

    A word times the sum of the weights, its upper 32 bits, says which unit; words in excess are rejected (Lemire 2019,
    ACM Trans Model Comput Simul 29:3).

    Args:
        words: Random words in [0, 2**32): Python's whole numbers, or an array of uint32 or int64 when compiled.
        position: The first word to use.
        weights: Whole numbers from 0; their sum is at most 2**31.
        first: Where the weights begin.
        count: How many there are.

    Returns:
        Index from 0 and number of words used (none when only one index is possible); (-1, 0) when the words run out.
    """
    total = top = last = 0
    for i in range(count):
        weight = weights[first + i]
        total += weight
        if weight > top:
            top, last = weight, i
    if top == total:
        return last, 0
    used = 0
    while position + used < len(words):
        product = words[position + used] * total
        used += 1
        # total words or fewer are in excess: the division is done only where it can matter
        if (product & MASK) >= total or (product & MASK) >= WORDS % total:
            value = product >> 32
            i = 0
            while value >= weights[first + i]:
                value -= weights[first + i]
                i += 1
            return i, used
    return -1, 0


def complete(plan: Plan, row: Row, scratch: Row, words: Sequence[int], position: int) -> tuple[int, int]:  # noqa: ARG001
    """Every allocation on its own, by the ratio."""
    return draw(words, position, plan, 2, plan[1])


def blocks(plan: Plan, row: Row, scratch: Row, words: Sequence[int], position: int) -> tuple[int, int]:  # noqa: ARG001
    """Permuted blocks: a size is drawn when a block begins, then arms without replacement from what is left of it.

    Plan after the ratio: number of sizes, their weights, their multiples of the ratio. Row after the counts: what is
    left of each arm, and of the block.
    """
    arms = plan[1]
    sizes, left, open_ = 2 + arms, arms + 1, 2 * arms + 1
    used = 0
    begins = row[open_] == 0
    if begins:
        choice, used = draw(words, position, plan, sizes + 1, plan[sizes])
        if choice < 0:
            return -1, 0
        multiple = plan[sizes + 1 + plan[sizes] + choice]
        for arm in range(arms):
            row[left + arm] = plan[2 + arm] * multiple
            row[open_] += plan[2 + arm] * multiple
    chosen, more = draw(words, position + used, row, left, arms)
    if chosen < 0:
        if begins:
            row[open_] = 0
            for arm in range(arms):
                row[left + arm] = 0
        return -1, 0
    row[left + chosen] -= 1
    row[open_] -= 1
    return chosen, used + more


def coin(plan: Plan, row: Row, scratch: Row, words: Sequence[int], position: int) -> tuple[int, int]:
    """Two arms: a coin that favours the one behind, and decides at the largest imbalance that is tolerated.

    Efron (1971, Biometrika 58:403) without a limit; Soares and Wu (1983, Commun Stat Theory Methods 12:2017) with a
    fair coin and a limit, the big stick; Chen (1999, Biometrics 55:1078) with both. Plan after the ratio: weight of
    the arm behind, weight of the other, limit (0: none).
    """
    behind = 0 if row[0] < row[1] else 1
    difference = abs(row[0] - row[1])
    if difference == 0:
        scratch[0] = 1
        scratch[1] = 1
    elif plan[6] > 0 and difference >= plan[6]:
        scratch[behind] = 1
        scratch[1 - behind] = 0
    else:
        scratch[behind] = plan[4]
        scratch[1 - behind] = plan[5]
    return draw(words, position, scratch, 0, 2)


def urn(plan: Plan, row: Row, scratch: Row, words: Sequence[int], position: int) -> tuple[int, int]:
    """Wei's urn (1978, JASA 73:559): `alpha` balls an arm, and `beta` of the other arm after each allocation.

    An empty urn, before the first allocation of alpha = 0, is a fair coin.
    """
    empty = 1 if plan[4] + row[2] == 0 else 0
    scratch[0] = plan[4] + plan[5] * row[1] + empty
    scratch[1] = plan[4] + plan[5] * row[0] + empty
    return draw(words, position, scratch, 0, 2)


def block_urn(plan: Plan, row: Row, scratch: Row, words: Sequence[int], position: int) -> tuple[int, int]:
    """Block urn design (Zhao and Weng 2011, Contemp Clin Trials 32:953): complete balanced sets return to the urn.

    Plan after the ratio: number of balanced sets that the urn starts with.
    """
    arms = plan[1]
    sets = row[0] // plan[2]
    for arm in range(1, arms):
        sets = min(sets, row[arm] // plan[2 + arm])
    for arm in range(arms):
        scratch[arm] = plan[2 + arm] * (plan[2 + arms] + sets) - row[arm]
    return draw(words, position, scratch, 0, arms)


def tunnel(plan: Plan, row: Row, scratch: Row, words: Sequence[int], position: int) -> tuple[int, int]:  # noqa: ARG001
    """Brick tunnel (Kuznetsova and Tymofyeyev 2011, Stat Med 30:812): a walk along the ray of the ratio.

    Plan after the ratio: length of a period; for each of its positions where its nodes begin; the nodes, each with
    weights of the arms and the node that each arm leads to. Row after the counts: the node.
    """
    arms = plan[1]
    start = plan[3 + arms + row[arms] % plan[2 + arms]] + row[arms + 1] * 2 * arms
    chosen, used = draw(words, position, plan, start, arms)
    if chosen >= 0:
        row[arms + 1] = plan[start + arms + chosen]
    return chosen, used


def root(value: int) -> int:
    """The largest whole number whose square is at most `value` (from 0, below 2**62)."""
    if value < 2:
        return value
    guess = 1
    while guess * guess <= value:
        guess *= 2
    better = (guess + value // guess) // 2
    while better < guess:
        guess = better
        better = (guess + value // guess) // 2
    return guess


def spread(counts: Plan, extra: int, units: Plan, first: int, arms: int, measure: int) -> int:
    """How unequal the arms are, were the next patient in arm `extra`; a whole number.

    A count is taken by `units`, a common multiple of the ratio divided by the arm's share, so that (n + 1) / ratio is
    compared exactly. Variance is arms * sum of squares - square of the sum; SD its root and the marginal balance of
    Han, Enas and McEntegart (2009, Stat Med 28:3157) a quotient, both with ROOT_BITS binary places, rounded down.

    Args:
        counts: Allocated to each arm so far.
        extra: The arm that gets one more; -1 for none.
        units: Factors of the counts, from index `first`.
        first: Where they begin.
        arms: Number of arms; counts up to some 30,000 are safe in 64 bits.
        measure: RANGE, VARIANCE, SD or MARGINAL.

    Returns:
        The imbalance; 0 for equal arms.
    """
    low = high = (counts[0] + (1 if extra == 0 else 0)) * units[first]
    total = squares = apart = 0
    for i in range(arms):
        x = (counts[i] + (1 if extra == i else 0)) * units[first + i]
        low, high = min(low, x), max(high, x)
        total += x
        squares += x * x
        for j in range(i):
            apart += abs(x - (counts[j] + (1 if extra == j else 0)) * units[first + j])
    if measure == RANGE:
        return high - low
    if measure == MARGINAL:
        return 0 if total == 0 else (apart << ROOT_BITS) // ((arms - 1) * total)
    variance = arms * squares - total * total
    return variance if measure == VARIANCE else root(variance << (2 * ROOT_BITS))


def candidates(plan: Plan, state: Sequence[Row], cell: Sequence[int]) -> None:
    """Which pseudo-arms minimization would favour: 1 for each of them in the row of scratch, 0 for the others.

    Those are the arms with the least sum of weighted imbalances over the patient's levels; ties are several.
    """
    arms = plan[1]
    pseudo = plan[2 + arms]
    ones = 3 + arms + pseudo
    options = ones + pseudo
    scratch = state[len(state) - 1]
    best = -1
    for candidate in range(pseudo):
        score = 0
        for factor in range(plan[options + 4]):
            imbalance = spread(state[cell[factor]], candidate, plan, ones, pseudo, plan[options])
            score += plan[options + 5 + factor] * imbalance
        scratch[candidate] = score
        best = score if best < 0 else min(best, score)
    for candidate in range(pseudo):
        scratch[candidate] = 1 if scratch[candidate] <= best + plan[options + 3] else 0


def minimize(
    plan: Plan, state: Sequence[Row], cell: Sequence[int], words: Sequence[int], position: int
) -> tuple[int, int]:
    """Minimization (Pocock and Simon 1975, Biometrics 31:103) over equal pseudo-arms.

    An arm of ratio k is k pseudo-arms, so that by symmetry each patient has the declared ratio as probabilities
    (Kuznetsova and Tymofyeyev 2012, Stat Med 31:701). One of the candidates is favoured, by chance where there are
    several, and gets the patient with the declared probability; else one of the other pseudo-arms does. Plan after
    the ratio: number of pseudo-arms, the arm of each, ones, measure, weight of the favoured, weight of the others,
    tolerance of a tie, number of factors, their weights.
    """
    arms = plan[1]
    pseudo = plan[2 + arms]
    options = 3 + arms + 2 * pseudo
    scratch = state[len(state) - 1]
    candidates(plan, state, cell)
    favoured, used = draw(words, position, scratch, 0, pseudo)
    if favoured < 0:
        return -1, 0
    for candidate in range(pseudo):
        scratch[candidate] = plan[options + 2]
    scratch[favoured] = plan[options + 1]
    chosen, more = draw(words, position + used, scratch, 0, pseudo)
    if chosen < 0:
        return -1, 0
    for factor in range(plan[options + 4]):
        state[cell[factor]][chosen] += 1
    arm = plan[3 + arms + chosen]
    state[0][arm] += 1
    state[0][arms] += 1
    return arm, used + more


def allocate(
    plan: Plan, state: Sequence[Row], cell: Sequence[int], words: Sequence[int], position: int
) -> tuple[int, int]:
    """The next patient's arm by any procedure, and the state moved on.

    Args:
        plan: The rule's plan.
        state: (rows, width) its state, changed in place.
        cell: Row of the patient's stratum; under minimization the row of each of the patient's levels.
        words: Random words in [0, 2**32).
        position: The first word to use.

    Returns:
        Arm from 0 and number of words used; (-1, 0), and the state as it was, when the words run out.
    """
    kind = plan[0]
    if kind == MINIMIZATION:
        return minimize(plan, state, cell, words, position)
    row = state[cell[0]]
    scratch = state[len(state) - 1]
    if kind == BLOCKS:
        arm, used = blocks(plan, row, scratch, words, position)
    elif kind == COIN:
        arm, used = coin(plan, row, scratch, words, position)
    elif kind == URN:
        arm, used = urn(plan, row, scratch, words, position)
    elif kind == BLOCK_URN:
        arm, used = block_urn(plan, row, scratch, words, position)
    elif kind == TUNNEL:
        arm, used = tunnel(plan, row, scratch, words, position)
    else:
        arm, used = complete(plan, row, scratch, words, position)
    if arm >= 0:
        row[arm] += 1
        row[plan[1]] += 1
    return arm, used


_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    draw, complete, blocks, coin, urn, block_urn, tunnel, root, spread, candidates, minimize, allocate
)  # fmt: skip
"""In an order in which each calls only those before it."""


def rebuilt(
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    replace: Mapping[str, Callable[..., Any]] | None = None,
) -> dict[str, Callable[..., Any]]:
    """The same source again, each function wrapped, or one of them replaced.

    Args:
        wrap: Applied to each function before another one calls it: `numba.njit`.
        replace: Functions to take in place of those of the same name, by name.

    Returns:
        Name → function; `allocate` is the one to call.
    """
    space = dict(globals())
    for function in _FUNCTIONS:
        name = function.__name__
        if replace is not None and name in replace:
            space[name] = replace[name]
            continue
        assert isinstance(function, FunctionType)
        again = FunctionType(function.__code__, space, name)
        space[name] = again if wrap is None else wrap(again)
    return {function.__name__: space[function.__name__] for function in _FUNCTIONS}
