"""Who comes: how often the strata of a scenario and its sites occur among the patients."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError, Where
from equipoise.randomization.scheme import SITE, Scheme
from equipoise.rng import stream

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol

__all__ = ["Mix", "mix_of", "site_names"]


@dataclass(frozen=True, slots=True)
class Mix:
    """How often levels and sites occur.

    Attributes:
        site_shares: Weight of each site.
        cells: Levels of the factors (but site) that each stratum of the scenario describes, in the scheme's order;
            None for a level that it leaves open, which is then drawn with equal chances.
        shares: Weight of each of these strata; () where the scenario has none.
    """

    site_shares: tuple[float, ...]
    cells: tuple[tuple[int | None, ...], ...] = ()
    shares: tuple[float, ...] = ()

    def sites(self, n: int, seed: int, trial: int) -> list[int]:
        """The site of each patient of a trial.

        Args:
            n: Patients.
            seed: Seed of the streams.
            trial: Number of the trial.
        """
        if len(set(self.site_shares)) == 1:
            return stream(seed, "randomize", "site", trial).integers(0, len(self.site_shares), n).tolist()  # type: ignore[no-any-return]
        return _chosen(stream(seed, "randomize", "site", trial).random(n).tolist(), self.site_shares)

    def levels(self, scheme: Scheme, n: int, seed: int, trial: int) -> list[list[int]]:
        """The level of each patient, a column for each factor of the scheme but its site.

        Args:
            scheme: The procedure and its strata.
            n: Patients.
            seed: Seed of the streams.
            trial: Number of the trial.
        """
        names = [name for name in scheme.factors if not (scheme.by_site and name == SITE)]
        columns: list[list[int]] = [
            stream(seed, "randomize", "level", name, trial).integers(0, len(scheme.factors[name]), n).tolist()
            for name in names
        ]
        if self.shares:
            strata = _chosen(stream(seed, "randomize", "stratum", trial).random(n).tolist(), self.shares)
            for column, position in zip(columns, range(len(names)), strict=True):
                for patient, stratum in enumerate(strata):
                    level = self.cells[stratum][position]
                    if level is not None:
                        column[patient] = level
        return columns


def mix_of(protocol: Protocol, scheme: Scheme, sites: int, scenario: str | None) -> Mix:
    """How often levels and sites occur in a scenario; with equal chances where none is named.

    Args:
        protocol: The declared trial.
        scheme: Its procedure and strata.
        sites: Number of sites.
        scenario: Name of the scenario, or None.

    Raises:
        UsageError: When there is no such scenario.
    """
    equal = (1.0,) * sites
    if scenario is None:
        return Mix(equal)
    if scenario not in protocol.scenarios:
        known = ", ".join(protocol.scenarios) or "none is declared"
        raise UsageError(
            Problem(
                "usage.scenario", "there is no such scenario", Where(path="scenarios"), scenario, f"name one: {known}"
            )
        )
    declared = protocol.scenarios[scenario]
    table = None if declared.enrollment is None else declared.enrollment.sites
    shares = equal
    if not isinstance(table, int | None) and len(table) == sites:
        shares = tuple(site.share for site in table.values())
    names = [name for name in scheme.factors if not (scheme.by_site and name == SITE)]
    cells = tuple(
        tuple(_index(scheme.factors[name], stratum.levels.get(name)) for name in names)
        for stratum in declared.strata.values()
    )
    return Mix(shares, cells, tuple(stratum.share for stratum in declared.strata.values()))


def site_names(protocol: Protocol, scenario: str | None) -> tuple[str, ...]:
    """Names of the sites of a scenario: its own, or 1 to their number; () where no scenario is named.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario, or None.
    """
    named = None if scenario is None else protocol.scenarios.get(scenario)
    enrollment = None if named is None else named.enrollment
    if enrollment is None:
        return ()
    sites = enrollment.sites
    if isinstance(sites, int):
        return tuple(f"{site:0{len(str(sites))}d}" for site in range(1, sites + 1)) if sites > 1 else ()
    return tuple(sites)


def _index(levels: Sequence[str], level: str | None) -> int | None:
    return None if level is None else levels.index(level)


def _chosen(uniforms: Sequence[float], shares: Sequence[float]) -> list[int]:
    """The index that each uniform number falls to, shares one after another."""
    edges = list(accumulate(shares))
    whole = edges[-1]
    return [min(bisect_right(edges, u * whole), len(edges) - 1) for u in uniforms]
