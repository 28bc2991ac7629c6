"""From designs to what the looks of simulated trials wait for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equipoise.errors import Problem, SimulationError, Where
from equipoise.kernels.sim.looks import Triggers

if TYPE_CHECKING:
    import datetime

    from equipoise.design.plan import Plan
    from equipoise.design.timing import LookRule
    from equipoise.protocol.designs import Look
    from equipoise.protocol.protocol import Protocol
    from equipoise.simulation.truth_arrays import Endpoints

__all__ = ["plans_of", "triggers_of"]

_WHOLE = 1e-9


class _Row(NamedTuple):
    """One look; times in days."""

    events: int = 0
    at: float = math.nan
    follow_up: float = math.nan
    earlier: bool = False
    latest: float = math.inf
    same: tuple[str, int] | None = None


def plans_of(protocol: Protocol) -> dict[str, Plan]:
    """The designs in numbers, each under the scenario that it assumes itself: a trial is designed once.

    Args:
        protocol: The declared trial.

    Raises:
        PlanError: A design that can't be computed.
    """
    from equipoise.design.plan import plan_of

    return {name: plan_of(protocol, name) for name in protocol.hypotheses if name in protocol.design}


def triggers_of(protocol: Protocol, plans: Mapping[str, Plan], endpoints: Endpoints, scenario: str = "") -> Triggers:
    """What the looks of all hypotheses wait for, hypotheses in the order of the protocol, looks in order.

    A hypothesis without a design is tested once, at the last look of the first that has one.

    Args:
        protocol: The declared trial.
        plans: Hypothesis → its design in numbers.
        endpoints: Rows of the endpoints.
        scenario: Scenario that is simulated: dates count from the start of its enrolment, where it says another one
            than that of the design.

    Raises:
        SimulationError: No hypothesis has a design, so that nothing says when the data are looked at.
    """
    designed = [name for name in protocol.hypotheses if name in plans]
    if not designed:
        message = "no hypothesis has a design, so that nothing says when the data are looked at"
        cure = "declare `design:` with the looks of one hypothesis"
        raise SimulationError(Problem("simulation.no_design", message, Where(path="design"), cure=cure))
    rows: dict[str, list[_Row]] = {name: _rows(protocol, plans[name], scenario) for name in designed}
    last = (designed[0], len(rows[designed[0]]))
    places: dict[tuple[str, int], int] = {}
    for name in protocol.hypotheses:
        rows.setdefault(name, [_Row(same=last)])
        for look in range(1, len(rows[name]) + 1):
            places[name, look] = len(places)
    every = [rows[name][look - 1] for name, look in places]
    same = [_root(place, rows, places) for place in places]
    arms = list(protocol.arms)
    pairs = {name: _arms(protocol, name) for name in protocol.hypotheses}
    order = list(protocol.hypotheses)
    return Triggers(
        events=np.array([row.events for row in every], dtype=np.int64),
        at=np.array([row.at for row in every], dtype=np.float64),
        follow_up=np.array([row.follow_up for row in every], dtype=np.float64),
        earlier=np.array([row.earlier for row in every], dtype=np.uint8),
        latest=np.array([row.latest for row in every], dtype=np.float64),
        hypothesis=np.array([order.index(name) for name, _ in places], dtype=np.int64),
        look=np.array([look for _, look in places], dtype=np.int64),
        final=np.array([look == len(rows[name]) for name, look in places], dtype=np.uint8),
        same=np.array(same, dtype=np.int64),
        endpoint=np.array([endpoints.row(_endpoint(protocol, name)) for name, _ in places], dtype=np.int64),
        experimental=np.array([arms.index(pairs[name][0]) for name, _ in places], dtype=np.int64),
        control=np.array([arms.index(pairs[name][1]) for name, _ in places], dtype=np.int64),
    )


def _endpoint(protocol: Protocol, hypothesis: str) -> str:
    return protocol.analysis[protocol.hypotheses[hypothesis].analysis].endpoint


def _arms(protocol: Protocol, hypothesis: str) -> tuple[str, str]:
    from equipoise.design.assumed import pair_of

    pair = pair_of(protocol, hypothesis)
    return pair.experimental, pair.control


def _root(place: tuple[str, int], rows: Mapping[str, list[_Row]], places: Mapping[tuple[str, int], int]) -> int:
    """The look whose cut is taken, through as many as point to another; -1 where the look has its own."""
    same = rows[place[0]][place[1] - 1].same
    if same is None:
        return -1
    seen = {place}
    while same not in seen:
        seen.add(same)
        beyond = rows[same[0]][same[1] - 1].same
        if beyond is None:
            return places[same]
        same = beyond
    message = "these looks wait for each other"
    raise SimulationError(
        Problem("simulation.looks", message, Where(path=f"design.{place[0]}.looks"), cure="give one of them a time")
    )


def _rows(protocol: Protocol, plan: Plan, scenario: str) -> list[_Row]:
    if plan.assumptions is None:
        return _of_rates(plan)
    looks = protocol.design[plan.hypothesis].looks
    return [_row(protocol, plan, rule, look, scenario) for rule, look in zip(plan.held, looks, strict=True)]


def _of_rates(plan: Plan) -> list[_Row]:
    """Looks at rates wait for patients of the two arms, whose responses are then known; the last for all of them."""
    counts = [math.ceil(n - _WHOLE) for n in plan.information.enrolled]
    return [_Row(events=count) for count in counts]


def _row(protocol: Protocol, plan: Plan, rule: LookRule, look: Look, scenario: str) -> _Row:
    if look.same_as is not None:
        return _Row(same=(look.same_as.hypothesis, look.same_as.look))
    days = plan.days_per_unit
    at = math.nan if rule.at is None else rule.at * days
    latest = math.inf if rule.latest is None else rule.latest * days
    # Dates are days of the calendar: counted from where the simulated scenario begins.
    start = _start(protocol, plan, scenario)
    if look.date is not None and start is not None:
        at = float((look.date - start).days)
        if look.at is not None:
            at = (min if rule.earlier else max)(at, look.at * days)
    if look.latest is not None and start is not None:
        latest = float((look.latest - start).days)
    return _Row(
        events=0 if rule.events is None else math.ceil(rule.events - _WHOLE),
        at=_days(at),
        follow_up=math.nan if rule.follow_up is None else _days(rule.follow_up * days),
        earlier=rule.earlier,
        latest=_days(latest),
    )


def _days(time: float) -> float:
    """A time in days; one that is whole but for rounding is whole."""
    whole = round(time) if math.isfinite(time) else time
    return float(whole) if abs(time - whole) < 1e-6 else time


def _start(protocol: Protocol, plan: Plan, scenario: str) -> datetime.date | None:
    enrollment = protocol.scenarios[scenario].enrollment if scenario else None
    own = None if enrollment is None else enrollment.start
    return own or plan.start
