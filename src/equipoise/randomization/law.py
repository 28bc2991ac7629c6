"""Exact laws of the procedures: the steps themselves, with every draw followed to each of its outcomes.

Nothing is drawn and no formula is used: `steps.rebuilt` takes the very source that allocates, with a `draw` that is
told its outcome and remembers its weights. Probabilities are fractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from equipoise.randomization.rules import Rule
from equipoise.randomization.steps import rebuilt

__all__ = ["Chain", "State", "arm_probabilities", "sequence_law"]

State = tuple[tuple[int, ...], ...]
Cell = tuple[int, ...]


class _MoreError(Exception):
    """A draw beyond those whose outcome was told; carries its weights."""

    def __init__(self, weights: list[int]) -> None:
        self.weights = weights


def _told(words: Any, position: int, weights: Any, first: int, count: int) -> tuple[int, int]:
    """In place of `steps.draw`: `words` are outcomes."""
    here = [weights[i] for i in range(first, first + count)]
    if max(here) == sum(here):
        return here.index(max(here)), 0
    if position < len(words):
        return words[position], 1
    raise _MoreError(here)


_allocate = rebuilt(replace={"draw": _told})["allocate"]


class Chain:
    """A rule as a Markov chain: what can happen next, from each state.

    Args:
        rule: The rule.
        strata: Number of strata; minimization has none.
    """

    def __init__(self, rule: Rule, strata: int = 1) -> None:
        self._plan = rule.plan
        self._width = rule.width
        self.start: State = tuple(tuple(row) for row in rule.start(strata)[:-1])

    def branches(self, state: State, cell: Cell = (0,)) -> tuple[tuple[Fraction, int, State], ...]:
        """What the next allocation can be.

        Args:
            state: Rows of strata or levels, without scratch.
            cell: The patient's rows.

        Returns:
            Probability, arm and next state of each outcome; the probabilities add up to 1.
        """
        return tuple(self._follow(state, cell))

    def _follow(self, state: State, cell: Cell) -> Iterator[tuple[Fraction, int, State]]:
        waiting: list[tuple[list[int], Fraction]] = [([], Fraction(1))]
        while waiting:
            told, probability = waiting.pop()
            rows = [*(list(row) for row in state), [0] * self._width]
            try:
                arm, _ = _allocate(self._plan, rows, cell, told, 0)
            except _MoreError as more:
                total = sum(more.weights)
                waiting += [([*told, i], probability * Fraction(weight, total))
                            for i, weight in enumerate(more.weights) if weight]  # fmt: skip
                continue
            yield probability, arm, tuple(tuple(row) for row in rows[:-1])


def sequence_law(rule: Rule, cells: Sequence[Cell], strata: int = 1) -> dict[tuple[int, ...], Fraction]:
    """Probability of every sequence of arms.

    Args:
        rule: The rule.
        cells: Rows of each patient, in order of arrival.
        strata: Number of strata.

    Returns:
        Sequence → probability, for those that can happen; the probabilities add up to 1.
    """
    chain = Chain(rule, strata)
    law: dict[tuple[tuple[int, ...], State], Fraction] = {((), chain.start): Fraction(1)}
    for cell in cells:
        later: dict[tuple[tuple[int, ...], State], Fraction] = {}
        for (arms, state), before in law.items():
            for probability, arm, after in chain.branches(state, cell):
                key = ((*arms, arm), after)
                later[key] = later.get(key, Fraction(0)) + before * probability
        law = later
    out: dict[tuple[int, ...], Fraction] = {}
    for (arms, _), probability in law.items():
        out[arms] = out.get(arms, Fraction(0)) + probability
    return out


def arm_probabilities(rule: Rule, cells: Sequence[Cell], strata: int = 1) -> list[list[Fraction]]:
    """Unconditional probability of each arm at each position.

    Args:
        rule: The rule.
        cells: Rows of each patient, in order of arrival.
        strata: Number of strata.

    Returns:
        A list of arms for each position.
    """
    chain = Chain(rule, strata)
    law: dict[State, Fraction] = {chain.start: Fraction(1)}
    out: list[list[Fraction]] = []
    for cell in cells:
        later: dict[State, Fraction] = {}
        chances = [Fraction(0)] * len(rule.ratio)
        for state, before in law.items():
            for probability, arm, after in chain.branches(state, cell):
                chances[arm] += before * probability
                later[after] = later.get(after, Fraction(0)) + before * probability
        law = later
        out.append(chances)
    return out
