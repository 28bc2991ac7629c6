"""From a scenario of trial.yaml to the arrays that simulated patients are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.kernels.sim.truth import Truth
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol

__all__ = ["Endpoints", "Place", "endpoints_of", "strata_of", "truth_arrays"]


class Endpoints(NamedTuple):
    """Endpoints that a scenario says something of.

    Attributes:
        times: Names of the time-to-event endpoints, in order of their rows.
        responses: Names of the response endpoints; row r of them is E + r for looks.
        primary: Name of the endpoint whose code is 0; "" where there is none.
    """

    times: tuple[str, ...]
    responses: tuple[str, ...]
    primary: str

    def row(self, endpoint: str) -> int:
        """Row of an endpoint as looks count them.

        Args:
            endpoint: Its name.
        """
        if endpoint in self.times:
            return self.times.index(endpoint)
        return len(self.times) + self.responses.index(endpoint)


class Place(NamedTuple):
    """One stratum of simulated patients.

    Attributes:
        name: Name of the scenario's stratum; "" where it has none.
        share: Fraction of the patients while all strata are open.
        levels: Factor → level, of all factors that are known of it.
    """

    name: str
    share: float
    levels: Mapping[str, str]


def endpoints_of(protocol: Protocol, scenario: str) -> Endpoints:
    """Rows and codes of the endpoints of a scenario.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
    """
    raise NotImplementedError


def strata_of(protocol: Protocol, scenario: str, *, annex: Annex | None = None) -> tuple[Place, ...]:
    """Strata of the simulated patients, in the order of their indices; those of the scenario, each divided evenly by
    factors that the randomization needs and the scenario does not mention.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
        annex: Annex of the randomization: without it permuted blocks are not applied, and divide nothing.
    """
    raise NotImplementedError


def truth_arrays(
    protocol: Protocol,
    scenario: str,
    *,
    under: Literal["h1", "h0"] = "h1",
    annex: Annex | None = None,
    sites: Sequence[str] = (),
    vary: Sequence[tuple[str, float]] = (),
    resolution: Literal["day", "continuous"] | None = None,
    plan: Plan | None = None,
) -> Truth:
    """What patients are made from.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
        under: `h0`: every experimental arm is as its control, but for margins of non-inferiority.
        annex: Annex of the randomization; permuted blocks without one are exact shares in random order.
        sites: Names of equal sites, in place of the scenario's.
        vary: What is assumed otherwise: `hazard_ratio`, `control_median`, `dropout`, `accrual`, `delay`, with values.
        resolution: In place of the declared one.
        plan: Design whose enrolment is taken where its patients or rates were solved for; the scenario's where absent.

    Raises:
        SimulationError: A scenario that can't be simulated; every problem is named.
    """
    raise NotImplementedError
