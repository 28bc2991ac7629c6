"""Randomization: its strata and its procedure."""

from __future__ import annotations

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.source import YamlPath

__all__ = ["check_randomization"]


def check_randomization(draft: Draft) -> None:
    """Strata of the randomization are factors with levels, and the procedure can use them.

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
    kind = randomization.procedure.kind
    if kind == "minimization" and not randomization.strata:
        draft.report("randomization", "minimization balances factors, but none is named",
                     ("randomization", "procedure"), "add `strata: [...]`", value=kind)  # fmt: skip
    if kind == "complete" and randomization.strata:
        draft.report("randomization", "complete randomization does not use strata", path,
                     "remove `strata`, or choose another procedure", value=kind)  # fmt: skip
