"""Randomization: its strata and its procedure."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import gcd

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.randomization import FINEST, BiasedCoin, Chance, Chen, Minimization, Randomization, exact
from equipoise.source import YamlPath

__all__ = ["check_randomization"]

_TWO_ARMS = ("big_stick", "biased_coin", "chen", "wei_urn")
_PATH: YamlPath = ("randomization", "procedure")


def check_randomization(draft: Draft) -> None:
    """Strata of the randomization are factors with levels, and the procedure can use them and the ratio.

    Args:
        draft: The protocol under examination.
    """
    randomization = draft.randomization
    if randomization is None:
        return
    path: YamlPath = ("randomization", "strata")
    each_once(draft, randomization.strata, path)
    for position, name in enumerate(randomization.strata):
        factor = draft.factors.get(name)
        if draft.refer("factors", name, (*path, position)) and factor is not None and factor.continuous:
            draft.report("continuous", f"`{name}` is continuous and has no levels for strata", (*path, position),
                         "declare a second factor with levels, or remove it here")  # fmt: skip
        if name == "site" and randomization.sites:
            draft.report("randomization", "`site` is a factor here, and `sites: true` makes sites strata too",
                         (*path, position), "keep one of the two, or rename the factor")  # fmt: skip
    _strata(draft, randomization)
    _ratio(draft, randomization)
    procedure = randomization.procedure
    if isinstance(procedure, BiasedCoin | Chen | Minimization) and not _is_chance(procedure.probability):
        draft.report("randomization", "this is no probability of at most five decimals", (*_PATH, "probability"),
                     'write 0.8; or exactly, as a fraction in quotes: "2/3"')  # fmt: skip
        return
    if isinstance(procedure, BiasedCoin | Chen) and not Fraction(1, 2) < exact(procedure.probability) < 1:
        draft.report("randomization", "the arm that is behind must be favoured, and not decided",
                     (*_PATH, "probability"), "write a probability between 0.5 and 1; `big_stick` with `mti` decides "
                     "at a limit only")  # fmt: skip
    if isinstance(procedure, Minimization):
        _minimization(draft, randomization, procedure)


def _is_chance(chance: Chance) -> bool:
    try:
        return 0 < exact(chance) <= 1 and exact(chance).denominator <= FINEST
    except (ValueError, ZeroDivisionError):
        return False


def _strata(draft: Draft, randomization: Randomization) -> None:
    kind = randomization.procedure.kind
    if kind == "minimization" and not randomization.strata and not randomization.sites:
        draft.report("randomization", "minimization balances factors, but none is named", _PATH,
                     "add `strata: [...]`", value=kind)  # fmt: skip
    if kind == "complete" and randomization.strata:
        draft.report("randomization", "complete randomization does not use strata", ("randomization", "strata"),
                     "remove `strata`, or choose another procedure", value=kind)  # fmt: skip
    if kind == "complete" and randomization.sites:
        draft.report("randomization", "complete randomization does not use sites", ("randomization", "sites"),
                     "remove `sites`, or choose another procedure", value=kind)  # fmt: skip


def _ratio(draft: Draft, randomization: Randomization) -> None:
    if "arms" not in draft.whole or not draft.arms:
        return
    kind = randomization.procedure.kind
    shares = [arm.ratio for arm in draft.arms.values()]
    shown = ":".join(str(share // reduce(gcd, shares)) for share in shares)
    if kind in _TWO_ARMS and shown != "1:1":
        draft.report("randomization", f"`{kind}` is for two arms 1:1; the arms are {shown}", (*_PATH, "kind"),
                     "choose `brick_tunnel`, `block_urn`, `permuted_blocks` or `minimization`: they take any ratio",
                     value=kind)  # fmt: skip
    if kind == "brick_tunnel" and len(shares) > 3:
        draft.report("randomization", f"a brick tunnel is defined for two or three arms; there are {len(shares)}",
                     (*_PATH, "kind"), "choose `block_urn` or `permuted_blocks`", value=kind)  # fmt: skip


def _minimization(draft: Draft, randomization: Randomization, procedure: Minimization) -> None:
    chance = exact(procedure.probability)
    if chance == 1 and procedure.reason is None:
        draft.report("randomization", "with probability 1 every allocation can be foreseen", (*_PATH, "probability"),
                     "write 0.8, or give a `reason:` that a reviewer reads", value=procedure.probability)  # fmt: skip
    if "arms" in draft.whole and draft.arms:
        shares = [arm.ratio for arm in draft.arms.values()]
        equal = Fraction(reduce(gcd, shares), sum(shares))
        if chance <= equal:
            draft.report("randomization", f"the favoured arm would not be favoured: {equal} is what it has anyway",
                         (*_PATH, "probability"), f"write a probability above {equal}: 0.8")  # fmt: skip
    for name in procedure.weights:
        if name not in randomization.strata and not (name == "site" and randomization.sites):
            named = [*randomization.strata, *(["site"] if randomization.sites else [])]
            draft.report("randomization", f"`{name}` has a weight and is not balanced", (*_PATH, "weights", name),
                         f"weigh {', '.join(named)}" if named else "add it to `strata`", value=name,
                         on_key=True)  # fmt: skip
