"""What one sequence of a rule gives away and how balanced it is, exactly: every state is followed, none simulated.

The guesser follows the convergence strategy of Blackwell and Hodges (1957, Ann Math Stat 28:449): the next patient
gets the arm that has fallen behind its share; among several a coin decides (with unequal shares, among those of the
largest share).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import lcm, sqrt
from typing import NamedTuple

from equipoise.randomization.law import Chain, State
from equipoise.randomization.rules import Rule

__all__ = ["OneSequence", "behind", "imbalance", "one_sequence"]

_MOST_STATES = 4000


class OneSequence(NamedTuple):
    """What a sequence of n allocations gives away.

    Attributes:
        guess: Probability that a guess is correct, mean over positions. forced: Share of allocations that the
        procedure decides with probability 1. mean: Mean of the final imbalance. sd: Root of the mean square of the
        final imbalance; with two arms 1:1 the standard deviation of their difference. largest: Largest imbalance that
        can be at any time. ratio_gap: Largest absolute difference between the probability of an arm at a position and
        its share.
    """

    guess: float
    forced: float
    mean: float
    sd: float
    largest: float
    ratio_gap: float


def behind(counts: Sequence[int], ratio: Sequence[int]) -> list[int]:
    """The arms to guess: those with the least n / share, of several those with the largest share.

    Args:
        counts: Allocated to each arm, as far as the guesser knows.
        ratio: Shares of the arms.
    """
    unit = lcm(*ratio)
    scaled = [count * (unit // share) for count, share in zip(counts, ratio, strict=True)]
    low = min(scaled)
    tied = [arm for arm, value in enumerate(scaled) if value == low]
    most = max(ratio[arm] for arm in tied)
    return [arm for arm in tied if ratio[arm] == most]


def imbalance(counts: Sequence[int], ratio: Sequence[int]) -> float:
    """Largest difference between two arms in patients per unit of the ratio; with 1:1 the difference.

    Args:
        counts: Allocated to each arm.
        ratio: Shares of the arms, without common divisor.
    """
    taken = [count / share for count, share in zip(counts, ratio, strict=True)]
    return max(taken) - min(taken)


def one_sequence(rule: Rule, n: int, progress: Callable[[str, int, int], None] | None = None) -> OneSequence | None:
    """Follow a rule through n allocations.

    Args:
        rule: A rule other than minimization.
        n: Number of allocations, from 1.
        progress: Called with (label, step, steps).

    Returns:
        What it gives away; None where there are too many states to follow.
    """
    chain, arms = Chain(rule), range(len(rule.ratio))
    shares = [share / sum(rule.ratio) for share in rule.ratio]
    law: dict[State, float] = {chain.start: 1.0}
    guess = forced = largest = gap = 0.0
    for position in range(n):
        later: dict[State, float] = {}
        overall = [0.0] * len(rule.ratio)
        for state, weight in law.items():
            chances = [0.0] * len(rule.ratio)
            for probability, arm, after in chain.branches(state):
                chances[arm] += float(probability)
                later[after] = later.get(after, 0.0) + weight * float(probability)
            guessed = behind(state[0][: len(rule.ratio)], rule.ratio)
            guess += weight * sum(chances[arm] for arm in guessed) / len(guessed)
            forced += weight * (sum(chance > 0 for chance in chances) == 1)
            overall = [before + weight * chance for before, chance in zip(overall, chances, strict=True)]
        law = later
        largest = max(largest, *(imbalance(state[0][: len(rule.ratio)], rule.ratio) for state in law))
        gap = max(gap, *(abs(overall[arm] - shares[arm]) for arm in arms))
        if len(law) > _MOST_STATES:
            return None
        if progress is not None:
            progress("Following every state", position + 1, n)
    final = [(weight, imbalance(state[0][: len(rule.ratio)], rule.ratio)) for state, weight in law.items()]
    mean = sum(weight * value for weight, value in final)
    square = sum(weight * value**2 for weight, value in final)
    return OneSequence(guess / n, forced / n, mean, sqrt(square), largest, gap if gap > 1e-9 else 0.0)
