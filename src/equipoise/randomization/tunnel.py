"""The brick tunnel: a walk within one allocation of the ray of the ratio, which keeps the ratio at every position.

Kuznetsova and Tymofyeyev (2011, Stat Med 30:812). After i allocations each arm has its expected number i * r / R,
rounded down or up; the probabilities of the nodes are those with which the expected numbers are exact. With two arms
the walk follows from them. With three it does where the nodes of a position and the next are joined like a tree;
where they are joined in a ring, one probability is free, and the middle of what is possible is taken (1:1:1: a
permuted block of 3).
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

__all__ = ["nodes_of", "tunnel_table", "walk"]

Node = tuple[int, ...]
Flow = dict[tuple[Node, Node], Fraction]


def nodes_of(ratio: Node, position: int) -> dict[Node, Fraction]:
    """Where the walk can be after some allocations.

    Args:
        ratio: Whole numbers, two or three.
        position: Number of allocations.

    Returns:
        Counts by arm → probability.
    """
    total = sum(ratio)
    base = tuple(position * share // total for share in ratio)
    rest = [Fraction(position * share, total) - low for share, low in zip(ratio, base, strict=True)]
    arms = range(len(ratio))
    missing = sum(rest)
    if missing == 0:
        return {base: Fraction(1)}
    if missing == 1:
        return {_plus(base, [arm]): rest[arm] for arm in arms if rest[arm]}
    return {_plus(base, [other for other in arms if other != arm]): 1 - rest[arm] for arm in arms}


def walk(ratio: Node, position: int) -> Flow:
    """How the walk goes on from one position to the next.

    Args:
        ratio: Whole numbers, two or three.
        position: Number of allocations so far.

    Returns:
        (node, next node) → probability of both.
    """
    here, there = nodes_of(ratio, position), nodes_of(ratio, position + 1)
    steps = [(node, _plus(node, [arm])) for node in here for arm in range(len(ratio)) if _plus(node, [arm]) in there]
    rest = {**{("from", node): share for node, share in here.items()},
            **{("to", node): share for node, share in there.items()}}  # fmt: skip
    flow: Flow = {}
    while len(flow) < len(steps):
        open_ = [step for step in steps if step not in flow]
        ends = {end: [step for step in open_ if end in (("from", step[0]), ("to", step[1]))] for end in rest}
        end = next((end for end, joined in ends.items() if len(joined) == 1), None)
        step = open_[0] if end is None else ends[end][0]
        flow[step] = _middle_of_ring(open_, rest) if end is None else rest[end]
        rest["from", step[0]] -= flow[step]
        rest["to", step[1]] -= flow[step]
    return flow


def tunnel_table(ratio: Node) -> list[int]:
    """The walk as whole numbers.

    Args:
        ratio: Whole numbers without a common divisor, two or three.

    Returns:
        Length of a period, where the nodes of each position begin (counted from the start of the plan, which has two
        entries and the ratio before), and the nodes: weights of the arms, index of the node that each arm leads to.
    """
    period, arms = sum(ratio), len(ratio)
    begin = 2 + arms + 1 + period
    starts: list[int] = []
    content: list[int] = []
    for position in range(period):
        starts.append(begin + len(content))
        flow, later = walk(ratio, position), list(nodes_of(ratio, position + 1))
        for node, share in nodes_of(ratio, position).items():
            chances = [flow.get((node, _plus(node, [arm])), Fraction(0)) / share for arm in range(arms)]
            unit = lcm(*(chance.denominator for chance in chances))
            content += [int(chance * unit) for chance in chances]
            content += [later.index(_plus(node, [arm])) if chances[arm] else 0 for arm in range(arms)]
    return [period, *starts, *content]


def _middle_of_ring(steps: list[tuple[Node, Node]], rest: dict[tuple[str, Node], Fraction]) -> Fraction:
    """The middle of what the first of the steps can carry when all of them form one ring."""
    low, high = Fraction(0), min(rest["from", steps[0][0]], rest["to", steps[0][1]])
    step, offset, sign, side = steps[0], Fraction(0), 1, 1
    ring = [step]
    while len(ring) < len(steps):
        end = ("from", step[0]) if side == 0 else ("to", step[1])
        step = next(other for other in steps if other not in ring and end in (("from", other[0]), ("to", other[1])))
        offset, sign, side = rest[end] - offset, -sign, 1 - side  # carries offset + sign * what the first carries
        low, high = (max(low, -offset), high) if sign > 0 else (low, min(high, offset))
        ring.append(step)
    return (low + high) / 2


def _plus(node: Node, arms: list[int]) -> Node:
    return tuple(count + (arm in arms) for arm, count in enumerate(node))
