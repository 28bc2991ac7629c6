"""From a scenario of trial.yaml to the arrays that simulated patients are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from equipoise.errors import Problem, SimulationError, Where
from equipoise.kernels.sim.truth import FIXED, POISSON, UNIFORM, Truth
from equipoise.simulation.assumed import assumed_of, primary_endpoint
from equipoise.simulation.laws import Law, Table
from equipoise.simulation.places import allocation_arrays, place_rows, sites_of
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.design.plan import Plan
    from equipoise.protocol.annex import Annex
    from equipoise.protocol.protocol import Protocol
    from equipoise.protocol.scenarios import Enrollment, Scans, Scenario
    from equipoise.simulation.assumed import Assumed

__all__ = ["Endpoints", "Place", "code_of", "endpoints_of", "strata_of", "truth_arrays"]

_CODES = 65535
_ALMOST = 1.0
_MOST_SCANS = 10_000
_LEAST_DAYS = 1.0  # between scans that go on for ever
_ARRIVALS = {"uniform": UNIFORM, "poisson": POISSON, "fixed": FIXED}


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

        Raises:
            ValueError: The scenario says nothing of it.
        """
        if endpoint in self.times:
            return self.times.index(endpoint)
        return len(self.times) + self.responses.index(endpoint)


class Place(NamedTuple):
    """One stratum of simulated patients.

    Attributes:
        name: Name of the scenario's stratum; "" where it has none.
        share: Weight against the other strata that are open.
        levels: Factor → level, of all factors that the scenario mentions.
    """

    name: str
    share: float
    levels: Mapping[str, str]


def endpoints_of(protocol: Protocol, scenario: str) -> Endpoints:
    """Rows and codes of the endpoints of a scenario, in the order of the protocol.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
    """
    declared = protocol.scenarios[scenario]
    known = set(declared.endpoints)
    for course in declared.courses.values():
        known |= {course.progression_free, course.survival}
    names = [name for name in protocol.endpoints if name in known]
    kinds = {name: protocol.endpoints[name].kind for name in names}
    return Endpoints(
        times=tuple(name for name in names if kinds[name] == "time_to_event"),
        responses=tuple(name for name in names if kinds[name] == "response"),
        primary=primary_endpoint(protocol),
    )


def strata_of(protocol: Protocol, scenario: str) -> tuple[Place, ...]:
    """Strata of the simulated patients, in the order of their indices: those of the scenario, or one.

    Args:
        protocol: The declared trial.
        scenario: Name of the scenario.
    """
    declared = protocol.scenarios[scenario].strata
    found = tuple(Place(name, stratum.share, dict(stratum.levels)) for name, stratum in declared.items())
    return found or (Place("", 1.0, {}),)


def code_of(name: str, primary: str) -> int:
    """Code of an endpoint or a course in the counter of random numbers: adding others does not change it.

    Args:
        name: Its name.
        primary: The name whose code is 0.
    """
    return 0 if name == primary else 1 + crc32(name.encode("utf-8")) % _CODES


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
        vary: What is assumed otherwise: `hazard_ratio`, `control_median`, `dropout` (a hazard), `accrual` (a factor)
            and `delay` (until the effect begins), with values, times in time.unit.
        resolution: `continuous` for real numbers; as declared where absent.
        plan: Design whose number of patients is taken where it was solved for; the scenario's where absent.

    Returns:
        Arrays, all times in days.

    Raises:
        SimulationError: A scenario that can't be simulated; every problem is named.
    """
    endpoints = _checked(protocol, scenario)
    declared = protocol.scenarios[scenario]
    assumed = assumed_of(protocol, scenario, under, vary)
    enrollment = declared.enrollment
    assert enrollment is not None
    unit = days_per(protocol.time.unit, days_per_month=protocol.time.days_per_month)
    patients = _patients(enrollment, plan)
    resolved = resolution or ("continuous" if protocol.time.resolution == "continuous" else "day")
    named = sites_of(enrollment, sites)
    table = Table()
    parts = _endpoint_arrays(protocol, declared, assumed, endpoints, table)
    dropout = np.array([table.add(assumed.dropout[arm]) for arm in protocol.arms], dtype=np.int64)
    law, number, knots = table.arrays()
    return Truth(
        patients=patients,
        arms=len(protocol.arms),
        whole_days=int(resolved == "day"),
        arrivals=_ARRIVALS[enrollment.arrivals],
        wrong=float(declared.wrong_strata),
        accrual=_accrual(enrollment, patients, dict(vary).get("accrual", 1.0), unit, protocol.time.days_per_month),
        strata=place_rows(list(declared.strata.values()), unit),
        sites=place_rows(list(named.values()), unit),
        **allocation_arrays(protocol, declared, annex, tuple(named), uniform=enrollment.arrivals == "uniform"),
        law=law,
        number=number,
        knots=knots,
        dropout=dropout,
        **parts,
        **_scan_arrays(declared, endpoints, unit, scenario),
    )


def _checked(protocol: Protocol, scenario: str) -> Endpoints:
    """Rows of the endpoints of a scenario that says everything that is needed."""
    if scenario not in protocol.scenarios:
        cure = f"name one of {', '.join(protocol.scenarios)}" if protocol.scenarios else "declare `scenarios:`"
        raise SimulationError(
            Problem("simulation.scenario", "there is no such scenario", Where(path="scenarios"), scenario, cure)
        )
    declared, path = protocol.scenarios[scenario], f"scenarios.{scenario}"
    found = endpoints_of(protocol, scenario)
    problems = []
    if declared.enrollment is None:
        message = "the scenario does not say how many are enrolled, and how fast"
        problems.append(Problem("simulation.enrollment", message, Where(path=path), cure="add `enrollment:`"))
    for name, hypothesis in protocol.hypotheses.items():
        endpoint = protocol.analysis[hypothesis.analysis].endpoint
        kind = protocol.endpoints[endpoint].kind
        if kind in ("time_to_event", "response") and endpoint not in (*found.times, *found.responses):
            message = f"nothing is assumed of `{endpoint}`, which hypothesis {name} is about"
            cure = f"add `{endpoint}:` under `endpoints` or to a course"
            problems.append(Problem("simulation.endpoint", message, Where(path=f"{path}.endpoints"), endpoint, cure))
    problems += _clashes(declared, found, path)
    if problems:
        raise SimulationError(problems)
    return found


def _clashes(declared: Scenario, endpoints: Endpoints, path: str) -> list[Problem]:
    """Names that would share random numbers."""
    times = [(name, code_of(name, endpoints.primary)) for name in endpoints.times]
    courses = [(name, _course_code(declared, endpoints, name)) for name in declared.courses]
    responses = [(name, code_of(name, endpoints.primary)) for name in endpoints.responses]
    problems = []
    for named in (times + [one for one in courses if one[1]], responses):
        codes: dict[int, str] = {}
        for name, code in named:
            if code in codes:
                message = f"`{name}` and `{codes[code]}` would share random numbers: their names have the same checksum"
                problems.append(Problem("simulation.names", message, Where(path=path), name, "rename one of them"))
            codes.setdefault(code, name)
    return problems


def _course_code(declared: Scenario, endpoints: Endpoints, name: str) -> int:
    """Code of a course: 0 of that which the primary endpoint comes from."""
    course = declared.courses[name]
    return 0 if endpoints.primary in (course.progression_free, course.survival) else code_of(name, "")


def _patients(enrollment: Enrollment, plan: Plan | None) -> int:
    if plan is None or plan.solved not in ("patients", "accrual"):
        return enrollment.patients
    found = plan.information.enrolled[-1] if plan.assumptions is None else plan.assumptions.patients
    return round(found / plan.pair.share)


def _accrual(enrollment: Enrollment, patients: int, factor: float, unit: float, month: float) -> NDArray[np.float64]:
    """(3, pieces) begin, rate and number expected by then.

    The last piece goes on where rates end by rounding less than one patient too early, or are varied.
    """
    if enrollment.duration is not None:
        return np.array([[0.0], [factor * enrollment.patients / (enrollment.duration * unit)], [0.0]])
    start, total, rows = 0.0, 0.0, []
    for piece in enrollment.per_month:
        rate = factor * piece.rate / month
        rows.append((start, rate, total))
        end = math.inf if piece.until is None else piece.until * unit
        if math.isinf(end):
            break
        start, total = end, total + rate * (end - start)
    else:
        if factor == 1.0 and total <= patients - _ALMOST and patients == enrollment.patients:
            rows.append((start, 0.0, total))
    return np.ascontiguousarray(np.array(rows, dtype=np.float64).T)


def _endpoint_arrays(
    protocol: Protocol, declared: Scenario, assumed: Assumed, endpoints: Endpoints, table: Table
) -> dict[str, Any]:
    """Laws of the endpoints and courses, and rates of response."""
    arms, strata, zero = list(protocol.arms), max(1, len(declared.strata)), endpoints.primary
    endpoint = np.full((len(endpoints.times), len(arms), strata), -1, dtype=np.int64)
    for e, name in enumerate(endpoints.times):
        for a, arm in enumerate(arms):
            for s, law in enumerate(assumed.laws[name][arm] if name in assumed.laws else ()):
                endpoint[e, a, s] = table.add(law)
    courses = len(declared.courses)
    course_law = np.zeros((courses, len(arms), 2), dtype=np.int64)
    course_switch = np.zeros((courses, len(arms), 2))
    course = np.zeros((courses, 3), dtype=np.int64)
    for q, (name, one) in enumerate(declared.courses.items()):
        rows = endpoints.times.index(one.progression_free), endpoints.times.index(one.survival)
        course[q] = (*rows, _course_code(declared, endpoints, name))
        for a, arm in enumerate(arms):
            course_law[q, a] = _course_laws(assumed, name, arm, table)
            course_switch[q, a] = assumed.courses[name][arm].switching, assumed.courses[name][arm].ratio
    rate = np.zeros((len(endpoints.responses), len(arms), strata))
    for r, name in enumerate(endpoints.responses):
        for a, arm in enumerate(arms):
            rate[r, a] = assumed.rates[name][arm]
    return {
        "endpoint": endpoint,
        "endpoint_code": np.array([code_of(name, zero) for name in endpoints.times], dtype=np.int64),
        "course": course,
        "course_law": course_law,
        "course_switch": course_switch,
        "course_frailty": np.array([one.frailty for one in declared.courses.values()], dtype=np.float64),
        "rate": rate,
        "response_code": np.array([code_of(name, zero) for name in endpoints.responses], dtype=np.int64),
    }


def _course_laws(assumed: Assumed, course: str, arm: str, table: Table) -> tuple[int, int]:
    """Laws of the first of progression and death, and of death after progression."""
    from equipoise.design.assumptions import Steps

    own = assumed.courses[course][arm]
    first = tuple(a + b for a, b in zip(own.progression, own.death, strict=True))
    deaths = [b / total if total > 0.0 else 0.0 for b, total in zip(own.death, first, strict=True)]
    return table.add(Law(0, Steps(own.ends, first)), deaths), table.add(Law(0, Steps(own.ends, own.death_after)))


def _scan_arrays(declared: Scenario, endpoints: Endpoints, unit: float, scenario: str) -> dict[str, Any]:
    first, tail, missed = [0], [], []
    times: list[float] = []
    for name in endpoints.times:
        scans = declared.scans.get(name)
        nothing: tuple[list[float], float] = ([], math.inf)
        path = f"scenarios.{scenario}.scans.{name}"
        listed, after = nothing if scans is None else _schedule(scans, path)
        if after * unit < _LEAST_DAYS:
            cure = "let scans be a day apart or more; `every` is in time.unit"
            raise SimulationError(
                Problem("simulation.scans", "scans are less than a day apart", Where(path=path), f"{after:g}", cure)
            )
        times += [time * unit for time in listed]
        first.append(len(times))
        tail.append(after * unit)
        missed.append(0.0 if scans is None else scans.missed)
    return {
        "scan_first": np.array(first, dtype=np.int64),
        "scan_time": np.array(times, dtype=np.float64),
        "scan_tail": np.array(tail, dtype=np.float64),
        "scan_missed": np.array(missed, dtype=np.float64),
    }


def _schedule(scans: Scans, path: str) -> tuple[list[float], float]:
    """Times of scans, and the interval after them: each scan follows the one before by the interval in force there."""
    if scans.every is None:
        return list(scans.times), math.inf
    if isinstance(scans.every, int | float):
        return [float(scans.every)], float(scans.every)
    listed: list[float] = []
    now = 0.0
    for piece in scans.every:
        end = math.inf if piece.until is None else piece.until
        if math.isinf(end):
            return [*listed, now + piece.value], piece.value
        while now < end:
            now += piece.value
            listed.append(now)
            if len(listed) > _MOST_SCANS:
                message = f"more than {_MOST_SCANS:,} scans are listed"
                cure = "let scans be further apart"
                raise SimulationError(Problem("simulation.scans", message, Where(path=path), cure=cure))
    return listed, scans.every[-1].value
