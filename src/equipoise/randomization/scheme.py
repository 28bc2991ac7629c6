"""From the declared randomization to a rule and the rows of its state that a patient belongs to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError, Where
from equipoise.protocol.randomization import (
    BiasedCoin,
    BigStick,
    BlockUrn,
    BrickTunnel,
    Chen,
    Complete,
    Minimization,
    PermutedBlocks,
    WeiUrn,
    exact,
)
from equipoise.randomization import rules

if TYPE_CHECKING:
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol

__all__ = ["SITE", "Scheme", "scheme_of"]

SITE = "site"
"""The name of the factor that sites make."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A declared randomization, ready to allocate. Arms, factors and levels are in the order of their names.

    Attributes:
        rule: The procedure with its numbers.
        arms: Names of the arms.
        factors: Name of each factor → its levels, the sites last.
        by_site: Whether the last factor is the site that subjects are at; a declared factor may be called `site` too.
    """

    rule: rules.Rule
    arms: tuple[str, ...]
    factors: Mapping[str, tuple[str, ...]]
    by_site: bool = False

    @property
    def strata(self) -> int:
        """Number of strata, 1 under minimization."""
        count = 1
        if not self.rule.levels:
            for levels in self.factors.values():
                count *= len(levels)
        return count

    def start(self) -> list[list[int]]:
        """The state before the first patient."""
        return self.rule.start(self.strata)

    def cell(self, levels: Sequence[int]) -> tuple[int, ...]:
        """Rows of the state that a patient belongs to.

        Args:
            levels: Index of the patient's level of each factor.

        Returns:
            The row of the stratum; under minimization the row of each level.
        """
        sizes = [len(names) for names in self.factors.values()]
        if self.rule.levels:
            begins = itertools.accumulate(sizes, initial=1)
            return tuple(begin + level for begin, level in zip(begins, levels, strict=False))
        row = 0
        for size, level in zip(sizes, levels, strict=True):
            row = row * size + level
        return (row,)

    def each_stratum(self) -> Iterator[tuple[int, ...]]:
        """Level indices of every combination, in order of the rows of the state."""
        return itertools.product(*(range(len(levels)) for levels in self.factors.values()))


def scheme_of(protocol: Protocol, *, annex: Annex | None = None, sites: Sequence[str] = ()) -> Scheme:
    """The declared randomization as a scheme.

    Args:
        protocol: The declared trial.
        annex: Its annex, which permuted blocks need.
        sites: Names of the sites, where the randomization has `sites: true`.

    Returns:
        The scheme.

    Raises:
        UsageError: When there is nothing to allocate by: no randomization, no block sizes, no sites.
    """
    declared = protocol.randomization
    if declared is None:
        raise UsageError(
            Problem("usage.randomization", "the protocol declares no randomization", Where(path="randomization"),
                    cure="add `randomization: {procedure: {kind: permuted_blocks}, annex: FILE}`")
        )  # fmt: skip
    if declared.sites and not sites:
        raise UsageError(
            Problem("usage.sites", "the randomization is by site, and no sites are given",
                    cure="add `--sites 20`, or names: `--sites Bergen,Oslo`")
        )  # fmt: skip
    if len(set(sites)) < len(sites):
        raise UsageError(Problem("usage.sites", "a site is named twice", cure="name each site once"))
    arms = tuple(sorted(protocol.arms))
    factors = {name: tuple(sorted(protocol.factors[name].level_values)) for name in sorted(declared.strata)}
    if declared.sites:
        factors[SITE] = tuple(sites)
    ratio = [protocol.arms[arm].ratio for arm in arms]
    return Scheme(_rule(protocol, ratio, factors, annex), arms, factors, declared.sites)


def _rule(
    protocol: Protocol, ratio: Sequence[int], factors: Mapping[str, Sequence[str]], annex: Annex | None
) -> rules.Rule:
    assert protocol.randomization is not None
    match protocol.randomization.procedure:
        case Complete():
            return rules.complete(ratio)
        case PermutedBlocks():
            if annex is None or annex.block_sizes is None:
                raise UsageError(
                    Problem("usage.annex", "permuted blocks need their sizes, which the annex holds",
                            Where(path="randomization.annex"),
                            cure="name the annex: `annex:` in the protocol, or `--annex FILE`")
                )  # fmt: skip
            return rules.permuted_blocks(ratio, annex.block_sizes)
        case BigStick() as stick:
            return rules.big_stick(stick.mti)
        case BiasedCoin() as coin:
            return rules.biased_coin(exact(coin.probability))
        case Chen() as coin:
            return rules.chen(exact(coin.probability), coin.mti)
        case WeiUrn() as urn:
            return rules.wei_urn(urn.alpha, urn.beta)
        case BlockUrn() as urn:
            return rules.block_urn(ratio, urn.sets)
        case BrickTunnel():
            return rules.brick_tunnel(ratio)
        case Minimization() as chosen:
            return rules.minimization(
                ratio,
                [len(levels) for levels in factors.values()],
                probability=exact(chosen.probability),
                measure=chosen.measure,
                weights=[chosen.weights.get(name, 1) for name in factors],
            )
