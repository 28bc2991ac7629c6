"""How the randomization reads in a report: the procedure and the strata, never a block size or a key."""

from __future__ import annotations

from functools import reduce
from math import gcd
from typing import TYPE_CHECKING

from equipoise.protocol.randomization import (
    BiasedCoin,
    BigStick,
    BlockUrn,
    Chen,
    Minimization,
    WeiUrn,
    exact,
)

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol

__all__ = ["method_sentence", "procedure_text"]

_MEASURES = {
    "range": "range",
    "variance": "variance",
    "sd": "standard deviation",
    "marginal": "marginal balance",
}


def procedure_text(protocol: Protocol) -> str:
    """The procedure in some words: `permuted blocks, 2:1, by Stage and site`.

    Args:
        protocol: A trial that declares its randomization.
    """
    assert protocol.randomization is not None
    balanced = [protocol.factors[name].label for name in protocol.randomization.strata]
    balanced += ["site"] if protocol.randomization.sites else []
    by = f", by {_and(balanced)}" if balanced else ""
    arms = sorted(protocol.arms)
    return " ".join(f"{_procedure(protocol)}, {_ratio(protocol, arms)} ({', '.join(arms)}){by}".split())


def method_sentence(protocol: Protocol) -> str:
    """The sentence for the methods section of a report. Block sizes are not in it, and can't be.

    Args:
        protocol: The declared trial.

    Returns:
        The sentence; empty where no randomization is declared.
    """
    declared = protocol.randomization
    if declared is None:
        return ""
    arms = list(protocol.arms)
    labels = [protocol.arms[arm].label for arm in arms]
    balanced = [protocol.factors[name].label for name in declared.strata] + (["site"] if declared.sites else [])
    verb = "balancing" if isinstance(declared.procedure, Minimization) else "stratified by"
    how = f", {verb} {_and(balanced)}" if balanced else ""
    return f"Patients were randomized {_ratio(protocol, arms)} to {_and(labels)} by {_procedure(protocol)}{how}."


def _ratio(protocol: Protocol, arms: list[str]) -> str:
    shares = [protocol.arms[arm].ratio for arm in arms]
    return ":".join(str(share // reduce(gcd, shares)) for share in shares)


def _procedure(protocol: Protocol) -> str:
    assert protocol.randomization is not None
    procedure = protocol.randomization.procedure
    match procedure:
        case BigStick():
            return f"the big stick design with a tolerated imbalance of {procedure.mti}"
        case BiasedCoin():
            return f"Efron's biased coin with probability {exact(procedure.probability)}"
        case Chen():
            return (
                f"Chen's biased coin with probability {exact(procedure.probability)} and a tolerated imbalance "
                f"of {procedure.mti}"
            )
        case WeiUrn():
            return f"Wei's urn ({procedure.alpha}, {procedure.beta})"
        case BlockUrn():
            return f"a block urn of {procedure.sets} balanced {'set' if procedure.sets == 1 else 'sets'}"
        case Minimization():
            weights = ", weighted" if len(set(procedure.weights.values()) | {1}) > 1 else ""
            chance = float(exact(procedure.probability))
            return f"minimization ({_MEASURES[procedure.measure]}{weights}, probability {chance:g})"
    return {"complete": "complete randomization", "permuted_blocks": "permuted blocks"}.get(
        procedure.kind, "the brick tunnel design"
    )


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
