"""From designs to what the looks of simulated trials wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.kernels.sim.looks import Triggers
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.truth_arrays import Endpoints

__all__ = ["plans_of", "triggers_of"]


def plans_of(protocol: Protocol) -> dict[str, Plan]:
    """The designs in numbers, each under the scenario that it assumes itself: a trial is designed once.

    Args:
        protocol: The declared trial.
    """
    raise NotImplementedError


def triggers_of(protocol: Protocol, plans: Mapping[str, Plan], endpoints: Endpoints, scenario: str = "") -> Triggers:
    """What the looks of all hypotheses wait for, hypotheses in the order of the protocol, looks in order.

    Args:
        protocol: The declared trial.
        plans: Hypothesis → its design in numbers.
        endpoints: Rows of the endpoints.
        scenario: Scenario that is simulated: declared dates of looks count from the start of its enrolment.
    """
    raise NotImplementedError
