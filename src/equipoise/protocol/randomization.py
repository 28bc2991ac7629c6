"""`randomization:`, how subjects are allocated. What would let a reader foresee it is in the annex (`annex.py`)."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, Tag

from equipoise.protocol.base import FrozenDict, Label, Many, Name, Section, Table, by_shape

FINEST = 100_000
"""The largest denominator of a probability: five decimals."""

__all__ = [
    "FINEST",
    "BiasedCoin",
    "BigStick",
    "BlockUrn",
    "BrickTunnel",
    "Chance",
    "Chen",
    "Complete",
    "Minimization",
    "PermutedBlocks",
    "Procedure",
    "Randomization",
    "WeiUrn",
    "exact",
]

Chance = Annotated[
    Annotated[Annotated[str, Field(pattern=r"^[0-9]{1,9}[/.]?[0-9]{0,9}$")], Tag("text")]
    | Annotated[Annotated[float, Field(gt=0, le=1)], Tag("number")],
    by_shape(text=str, number=object),
]
"""A probability as a decimal, or exactly as a fraction in quotes, "2/3"."""

Imbalance = Annotated[int, Field(ge=1, le=1000, description="Largest difference between the arms that is tolerated.")]


def exact(chance: Chance) -> Fraction:
    """A declared probability as the fraction that its digits say.

    Args:
        chance: 0.8 or "2/3".
    """
    return Fraction(str(chance))


class Complete(Section):
    """Every subject on its own, by the ratio of the arms."""

    kind: Literal["complete"]


class PermutedBlocks(Section):
    """Permuted blocks, of one size or of sizes drawn when a block begins. The sizes live in the annex, never here."""

    kind: Literal["permuted_blocks"]


class BigStick(Section):
    """A fair coin until one of two arms is ahead by `mti`; then the other."""

    kind: Literal["big_stick"]
    mti: Imbalance = 3


class BiasedCoin(Section):
    """Efron's biased coin: the one of two arms that is behind is favoured."""

    kind: Literal["biased_coin"]
    probability: Annotated[Chance, Field(description='Of the arm that is behind: 0.7, or "2/3".')] = "2/3"


class Chen(Section):
    """Efron's biased coin, with a largest imbalance."""

    kind: Literal["chen"]
    probability: Annotated[Chance, Field(description='Of the arm that is behind: 0.7, or "2/3".')] = "2/3"
    mti: Imbalance = 3


class WeiUrn(Section):
    """Wei's urn: balls of the other of two arms are added after each allocation."""

    kind: Literal["wei_urn"]
    alpha: Annotated[int, Field(ge=0, le=100, description="Balls of each arm at the start.")] = 0
    beta: Annotated[int, Field(ge=1, le=100, description="Balls of the other arm added each time.")] = 1


class BlockUrn(Section):
    """Block urn design: balls are drawn without being put back, but complete balanced sets return to the urn."""

    kind: Literal["block_urn"]
    sets: Annotated[int, Field(ge=1, le=100, description="Balanced sets of balls that the urn starts with.")] = 2


class BrickTunnel(Section):
    """Brick tunnel: each arm stays within one subject of its share, and the ratio holds at every position."""

    kind: Literal["brick_tunnel"]


class Minimization(Section):
    """Minimization (Pocock and Simon): the arm that would leave the subject's levels most alike is favoured."""

    kind: Literal["minimization"]
    probability: Annotated[Chance, Field(description="Of the favoured arm; 1 needs a `reason`.")] = 0.8
    measure: Annotated[
        Literal["range", "variance", "sd", "marginal"], Field(description="Imbalance of the arms at a level.")
    ] = "range"
    weights: Annotated[
        Table[Name, Annotated[int, Field(ge=1, le=100)]],
        Field(description="Factor, or `site`, → its weight; 1 where absent."),
    ] = Field(default_factory=FrozenDict)
    reason: Annotated[
        Label | None, Field(description="Why every allocation may be foreseen, where the probability is 1.")
    ] = None


Procedure = Annotated[
    Complete | PermutedBlocks | BigStick | BiasedCoin | Chen | WeiUrn | BlockUrn | BrickTunnel | Minimization,
    Field(discriminator="kind"),
]
"""An allocation procedure. Block sizes and keys live in the annex, never here."""


class Randomization(Section):
    """How subjects are allocated."""

    procedure: Procedure
    strata: Many[Name] = ()
    sites: Annotated[
        bool,
        Field(description="Whether each site is a stratum of its own; under minimization, whether site is a factor."),
    ] = False
    annex: str | None = None
