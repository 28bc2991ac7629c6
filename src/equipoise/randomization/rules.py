"""Rules: a procedure with its numbers, as the plan that the steps read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import Final

from equipoise.protocol.randomization import FINEST
from equipoise.randomization import steps
from equipoise.randomization.tunnel import tunnel_table

__all__ = [
    "MEASURES",
    "Rule",
    "biased_coin",
    "big_stick",
    "block_urn",
    "brick_tunnel",
    "chen",
    "complete",
    "minimization",
    "permuted_blocks",
    "reduced",
    "wei_urn",
]

MEASURES: Final = {
    "range": steps.RANGE,
    "variance": steps.VARIANCE,
    "sd": steps.SD,
    "marginal": steps.MARGINAL,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A procedure with its numbers.

    Attributes:
        kind: Name of the procedure, as in trial.yaml.
        ratio: Allocation ratio of the arms, without a common divisor.
        plan: What `steps.allocate` reads.
        width: Length of a row of state.
        levels: Minimization: number of levels of each factor; else empty.
    """

    kind: str
    ratio: tuple[int, ...]
    plan: tuple[int, ...]
    width: int
    levels: tuple[int, ...] = ()

    def start(self, strata: int = 1) -> list[list[int]]:
        """The state before the first patient.

        Args:
            strata: Number of strata; minimization has none.

        Returns:
            Rows of zeros: one a stratum (minimization: one of all patients and one a level), and one of scratch.
        """
        rows = 1 + sum(self.levels) if self.levels else strata
        return [[0] * self.width for _ in range(rows + 1)]


def reduced(ratio: Sequence[int]) -> tuple[int, ...]:
    """A ratio without common divisor.

    Args:
        ratio: Whole numbers from 1.
    """
    divisor = reduce(gcd, ratio)
    return tuple(share // divisor for share in ratio)


def complete(ratio: Sequence[int]) -> Rule:
    """Every allocation on its own.

    Args:
        ratio: Whole numbers from 1, an arm each.
    """
    return _rule("complete", steps.COMPLETE, ratio, (), 0)


def permuted_blocks(ratio: Sequence[int], sizes: Sequence[int]) -> Rule:
    """Permuted blocks, of one size or of sizes drawn with equal chances when a block begins.

    Args:
        ratio: Whole numbers from 1, an arm each.
        sizes: Multiples of the sum of the reduced ratio; a size listed twice is drawn twice as often.

    Raises:
        ValueError: When a size is no such multiple, or there is none.
    """
    shares = reduced(ratio)
    if not sizes or any(size < sum(shares) or size % sum(shares) for size in sizes):
        message = f"block sizes must be multiples of {sum(shares)}"
        raise ValueError(message)
    multiples = [size // sum(shares) for size in sizes]
    options = (len(multiples), *[1] * len(multiples), *multiples)
    return _rule("permuted_blocks", steps.BLOCKS, ratio, options, len(shares) + 1)


def big_stick(mti: int) -> Rule:
    """A fair coin until one arm is ahead by the largest imbalance that is tolerated; two arms 1:1.

    Args:
        mti: That imbalance, from 1.
    """
    return _coin("big_stick", Fraction(1, 2), mti)


def biased_coin(probability: Fraction) -> Rule:
    """Efron's biased coin; two arms 1:1.

    Args:
        probability: Of the arm behind.
    """
    return _coin("biased_coin", probability, 0)


def chen(probability: Fraction, mti: int) -> Rule:
    """Efron's biased coin with a largest imbalance; two arms 1:1.

    Args:
        probability: Of the arm behind.
        mti: The largest imbalance that is tolerated, from 1.
    """
    return _coin("chen", probability, mti)


def wei_urn(alpha: int = 0, beta: int = 1) -> Rule:
    """Wei's urn; two arms 1:1.

    Args:
        alpha: Balls of each arm at the start; with none the first allocation is a fair coin.
        beta: Balls of the other arm added after an allocation, from 1.
    """
    return _rule("wei_urn", steps.URN, (1, 1), (alpha, beta), 0)


def block_urn(ratio: Sequence[int], sets: int) -> Rule:
    """Block urn design.

    Args:
        ratio: Whole numbers from 1, an arm each.
        sets: Balanced sets of balls that the urn starts with, from 1 (1: a permuted block of the smallest size).
    """
    return _rule("block_urn", steps.BLOCK_URN, ratio, (sets,), 0)


def brick_tunnel(ratio: Sequence[int]) -> Rule:
    """Brick tunnel.

    Args:
        ratio: Whole numbers from 1; two or three arms.

    Raises:
        ValueError: With more than three arms, whose walk the ratio does not determine.
    """
    if len(ratio) > 3:
        message = "a brick tunnel is defined for two or three arms"
        raise ValueError(message)
    return _rule("brick_tunnel", steps.TUNNEL, ratio, tunnel_table(reduced(ratio)), 1)


def minimization(
    ratio: Sequence[int],
    levels: Sequence[int],
    *,
    probability: Fraction = Fraction(4, 5),
    measure: str = "range",
    weights: Sequence[int] | None = None,
) -> Rule:
    """Minimization over equal pseudo-arms.

    Args:
        ratio: Whole numbers from 1, an arm each.
        levels: Number of levels of each factor.
        probability: Of the favoured pseudo-arm.
        measure: Imbalance at a level: `range`, `variance`, `sd` or `marginal`.
        weights: Whole numbers from 1, a factor each; all 1 where absent.
    """
    shares = reduced(ratio)
    arms = [arm for arm, share in enumerate(shares) for _ in range(share)]
    chosen = tuple(weights) if weights is not None else (1,) * len(levels)
    code = MEASURES[measure]
    tolerance = sum(chosen) - 1 if code in (steps.SD, steps.MARGINAL) else 0
    _check(probability)
    others = probability.denominator - probability.numerator
    coin = (probability.numerator * (len(arms) - 1), others)
    options = (len(arms), *arms, *[1] * len(arms), code, *coin, tolerance, len(levels), *chosen)
    rule = _rule("minimization", steps.MINIMIZATION, ratio, options, 0)
    return Rule(rule.kind, rule.ratio, rule.plan, max(len(arms), len(shares) + 1), tuple(levels))


def _coin(kind: str, probability: Fraction, mti: int) -> Rule:
    _check(probability)
    ahead = probability.denominator - probability.numerator
    return _rule(kind, steps.COIN, (1, 1), (probability.numerator, ahead, mti), 0)


def _check(probability: Fraction) -> None:
    """Weights must add up to 2**31 at most, or `draw` could not use a word."""
    if not 0 < probability <= 1 or probability.denominator > FINEST:
        message = f"{probability} is no probability with a denominator up to {FINEST}"
        raise ValueError(message)


def _rule(kind: str, code: int, ratio: Sequence[int], options: Sequence[int], more: int) -> Rule:
    shares = reduced(ratio)
    return Rule(kind, shares, (code, len(shares), *shares, *options), len(shares) + 1 + more)
