"""Strata, sites and allocation of simulated patients, as arrays."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equipoise.kernels.sim.truth import BLOCK, DECLARED, PATTERN

if TYPE_CHECKING:
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol
    from equipoise.protocol.scenarios import Enrollment, Scenario, Site, Stratum
    from equipoise.randomization.scheme import Scheme

__all__ = ["allocation_arrays", "allocation_is_declared", "place_rows", "sites_of"]


def sites_of(enrollment: Enrollment, names: Sequence[str] = ()) -> Mapping[str, Site]:
    """Sites of a scenario by name.

    Args:
        enrollment: The scenario's.
        names: Equal sites in place of them.
    """
    from equipoise.protocol.scenarios import Site

    if names:
        return dict.fromkeys(names, Site())
    if isinstance(enrollment.sites, int):
        digits = len(str(enrollment.sites))
        return {f"{site:0{digits}d}": Site() for site in range(1, enrollment.sites + 1)}
    return dict(enrollment.sites)


def place_rows(places: Sequence[Site] | Sequence[Stratum], unit: float) -> NDArray[np.float64]:
    """`strata` or `sites` of `Truth`.

    Args:
        places: Strata or sites; one that is always open where there are none.
        unit: Days in the declared unit of time.
    """
    if not places:
        return np.array([[1.0], [0.0], [math.inf], [1.0]])
    share = np.array([place.share for place in places], dtype=np.float64)
    opens = np.array([place.opens * unit for place in places], dtype=np.float64)
    closes = np.array([math.inf if place.closes is None else place.closes * unit for place in places])
    return np.stack([share, opens, closes, np.cumsum(share)])


def allocation_is_declared(protocol: Protocol, annex: Annex | None) -> bool:
    """Whether simulated patients are allocated by the declared procedure; permuted blocks need the annex for that.

    Args:
        protocol: The declared trial.
        annex: Its annex.
    """
    if protocol.randomization is None:
        return False
    return protocol.randomization.procedure.kind != "permuted_blocks" or (
        annex is not None and annex.block_sizes is not None
    )


def allocation_arrays(
    protocol: Protocol, declared: Scenario, annex: Annex | None, sites: tuple[str, ...], *, uniform: bool
) -> dict[str, Any]:
    """Fields of `Truth` that say which arm a patient gets.

    Args:
        protocol: The declared trial.
        declared: The scenario.
        annex: Annex of the randomization.
        sites: Names of the sites.
        uniform: Whether arrivals are uniform, so that the number of a patient says nothing of the order.
    """
    arms = list(protocol.arms)
    if not allocation_is_declared(protocol, annex):
        pattern = [a for a, arm in enumerate(protocol.arms.values()) for _ in range(arm.ratio)]
        return {
            "allocation": PATTERN if uniform else BLOCK,
            "fillers": 1,
            "pattern": np.array(pattern, dtype=np.int64),
            "plan": np.zeros(1, dtype=np.int64),
            "cells": np.zeros((1, 1), dtype=np.int64),
            "state": np.zeros((2, len(arms)), dtype=np.int64),
        }
    from equipoise.randomization.scheme import scheme_of

    scheme = scheme_of(protocol, annex=annex, sites=sites)
    cells, fillers = _cells(scheme, declared, len(sites))
    return {
        "allocation": DECLARED,
        "fillers": fillers,
        "pattern": np.array([arms.index(arm) for arm in scheme.arms], dtype=np.int64),
        "plan": np.array(scheme.rule.plan, dtype=np.int64),
        "cells": cells,
        "state": np.array(scheme.start(), dtype=np.int64),
    }


def _cells(scheme: Scheme, declared: Scenario, sites: int) -> tuple[NDArray[np.int64], int]:
    """Rows of the procedure's state for every stratum of the scenario, open levels and site, in this order.

    Levels of factors that some stratum leaves open are as many equally likely fillers.
    """
    factors = [name for place, name in enumerate(scheme.factors) if not (scheme.by_site and place == _last(scheme))]
    strata = [stratum.levels for stratum in declared.strata.values()] or [{}]
    open_ = [name for name in factors if any(name not in levels for levels in strata)]
    fillers = list(itertools.product(*(range(len(scheme.factors[name])) for name in open_)))
    rows = []
    for levels in strata:
        for filler in fillers:
            drawn = dict(zip(open_, filler, strict=True))
            own = [scheme.factors[n].index(levels[n]) if n in levels else drawn[n] for n in factors]
            for site in range(sites):
                rows.append(scheme.cell([*own, site] if scheme.by_site else own))
    width = max(len(row) for row in rows)
    return np.array([[*row, *[0] * (width - len(row))] for row in rows], dtype=np.int64).reshape(-1, max(1, width)), (
        len(fillers)
    )


def _last(scheme: Scheme) -> int:
    return len(scheme.factors) - 1
