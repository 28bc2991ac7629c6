"""From declared designs to what looks wait for, and scenarios that can't be simulated."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from generated import MONTH, protocol

from equipoise.errors import SimulationError
from equipoise.protocol import loads_protocol
from equipoise.protocol.protocol import Protocol
from equipoise.simulation.looks_of_plan import plans_of, triggers_of
from equipoise.simulation.truth_arrays import code_of, endpoints_of, strata_of, truth_arrays

TEXT = """
equipoise: 1
trial: {id: PLANS, title: Plans}
arms:
  low: {label: Low, role: experimental}
  control: {label: Control, role: control}
  high: {label: High, role: experimental, ratio: 2}
populations: {itt: {label: All}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
  orr: {kind: response, label: ORR, source: {table: ADRS, PARAMCD: OVR}, denominator: itt}
analysis:
  orr_main: {endpoint: orr, population: itt}
  os_main: {endpoint: os, population: itt}
  pfs_main: {endpoint: pfs, population: itt}
hypotheses:
  h_orr: {analysis: orr_main, arm: high, alpha_one_sided: 0.005}
  h_os: {analysis: os_main, arm: high, alpha_one_sided: 0.01}
  h_pfs: {analysis: pfs_main, arm: high, alpha_one_sided: 0.005}
  h_low: {analysis: pfs_main, arm: low, alpha_one_sided: 0.005}
scenarios:
  planned:
    enrollment: {patients: 400, duration: 20, start: 2026-01-01}
    endpoints:
      pfs: {control: {median: 8}, low: {hazard_ratio: 0.9}, high: {hazard_ratio: 0.7}}
      os: {control: {median: 20}, low: {hazard_ratio: 0.9}, high: {hazard_ratio: 0.75}}
      orr: {control: {rate: 0.3}, low: {rate: 0.3}, high: {rate: 0.5}}
  later: {extends: planned, enrollment: {patients: 400, duration: 20, start: 2026-01-11}}
design:
  h_orr: {assume: planned, efficacy: {spending: pocock}, looks: [{information: 0.5}, {information: 1}]}
  h_os:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks:
      - {same_as: {hypothesis: h_pfs, look: 2}}
      - {events: 150, at: 40, whichever: earlier, latest_at: 50}
      - {follow_up: 30, latest: 2031-01-01}
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{date: 2027-06-30}, {events: 180, at: 22}]
"""


@pytest.fixture(scope="module")
def declared() -> Protocol:
    return loads_protocol(TEXT)


def test_looks(declared: Protocol) -> None:
    found = triggers_of(declared, plans_of(declared), endpoints_of(declared, "planned"), "planned")
    nan, inf = math.nan, math.inf
    # h_orr: 300 patients of the two arms; then h_os, h_pfs, and h_low at the last look of the first that has one
    assert found.events.tolist() == [150, 300, 0, 150, 0, 0, 180, 0]
    np.testing.assert_allclose(found.at, [nan, nan, nan, 40 * MONTH, nan, 545, 22 * MONTH, nan], rtol=1e-12)
    np.testing.assert_allclose(found.follow_up, [nan, nan, nan, nan, 30 * MONTH, nan, nan, nan])
    np.testing.assert_allclose(found.latest, [inf, inf, inf, 50 * MONTH, 1826, inf, inf, inf], rtol=1e-12)
    assert found.earlier.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert found.same.tolist() == [-1, -1, 6, -1, -1, -1, -1, 1]
    assert found.hypothesis.tolist() == [0, 0, 1, 1, 1, 2, 2, 3]
    assert found.look.tolist() == [1, 2, 1, 2, 3, 1, 2, 1]
    assert found.final.tolist() == [0, 1, 0, 0, 1, 0, 1, 1]
    assert found.endpoint.tolist() == [2, 2, 1, 1, 1, 0, 0, 0]  # rows: pfs, os, orr
    assert found.experimental.tolist() == [2, 2, 2, 2, 2, 2, 2, 0]
    assert found.control.tolist() == [1] * 8
    kinds = [column.dtype for column in found]
    assert {str(kind) for kind in kinds} == {"int64", "float64", "uint8"}


def test_dates_count_from_where_the_scenario_begins(declared: Protocol) -> None:
    found = triggers_of(declared, plans_of(declared), endpoints_of(declared, "later"), "later")
    assert found.at[5] == 535.0
    assert found.latest[4] == 1816.0
    assert found.at[3] == pytest.approx(40 * MONTH)


def test_a_date_and_a_time() -> None:
    """Of both, the later or the earlier; only the date moves with the start."""
    for whichever, scenario, expected in (
        ("later", "planned", 18 * MONTH),
        ("later", "later", 18 * MONTH),
        ("earlier", "planned", 545.0),
        ("earlier", "later", 535.0),
    ):
        look = f"{{date: 2027-06-30, at: 18, whichever: {whichever}}}"
        trial = loads_protocol(TEXT.replace("{date: 2027-06-30}", look))
        found = triggers_of(trial, plans_of(trial), endpoints_of(trial, scenario), scenario)
        assert found.at[5] == pytest.approx(expected)


def test_fractions_of_information_are_events_that_the_design_found() -> None:
    text = TEXT[: TEXT.index("design:")] + (
        "design: {h_os: {assume: planned, power: 0.2, efficacy: {spending: obrien_fleming}, "
        "looks: [{information: 0.5}, {information: 1}]}}"
    )
    trial = loads_protocol(text)
    plans = plans_of(trial)
    found = triggers_of(trial, plans, endpoints_of(trial, "planned"), "planned")
    total = plans["h_os"].information.events[-1]
    k = int(np.flatnonzero(found.hypothesis == 1)[0])
    assert found.events[k : k + 2].tolist() == [math.ceil(total / 2), total]
    assert found.same.tolist() == [k + 1, -1, -1, k + 1, k + 1]


def test_no_design() -> None:
    trial = loads_protocol(TEXT[: TEXT.index("design:")])
    with pytest.raises(SimulationError) as raised:
        triggers_of(trial, plans_of(trial), endpoints_of(trial, "planned"))
    assert raised.value.problems[0].code == "simulation.no_design"


def test_patients_that_a_design_was_solved_for() -> None:
    """As many as the design found, of all arms, at the declared rate."""
    text = TEXT[: TEXT.index("design:")] + (
        "design: {h_os: {assume: planned, power: 0.8, solve: patients, looks: [{follow_up: 20}]}}"
    )
    trial = loads_protocol(text)
    plan = plans_of(trial)["h_os"]
    assert plan.assumptions is not None
    truth = truth_arrays(trial, "planned", plan=plan)
    assert truth.patients == round(plan.assumptions.patients * 4 / 3) != 400
    assert truth.accrual.shape == (3, 1)
    assert truth.accrual[1, 0] == pytest.approx(400 / (20 * MONTH))


def test_codes_do_not_depend_on_what_else_is_declared(declared: Protocol) -> None:
    truth = truth_arrays(declared, "planned")
    assert truth.endpoint_code.tolist() == [code_of("pfs", ""), 0]  # the first hypothesis about a time is on os
    assert truth.response_code.tolist() == [code_of("orr", "")]
    assert truth.whole_days == 1
    assert truth.pattern.tolist() == [0, 1, 2, 2]


def test_strata_by_index() -> None:
    body = (
        "enrollment: {patients: 9, duration: 1}\nendpoints: {pfs: {old: {median: 4}, new: {median: 4}}}\n"
        "strata: {f: {share: 0.4, levels: {sex: F}}, m: {share: 0.6, levels: {sex: M}, opens: 3, closes: 9}}"
    )
    found = protocol(body)
    assert [(place.name, place.share, dict(place.levels)) for place in strata_of(found, "s")] == [
        ("f", 0.4, {"sex": "F"}),
        ("m", 0.6, {"sex": "M"}),
    ]
    np.testing.assert_allclose(
        truth_arrays(found, "s").strata, [[0.4, 0.6], [0, 3 * MONTH], [np.inf, 9 * MONTH], [0.4, 1.0]]
    )


BASE = """enrollment: {patients: 9, duration: 1}
endpoints: {pfs: {old: {median: 4}, new: {weibull: {shape: 2, median: 9}}}}"""
CURED = BASE.replace("{median: 4}", "{median: 4, cure: 0.6}")


@pytest.mark.parametrize(
    ("body", "options", "codes"),
    [
        (BASE, {"vary": (("size", 3.0), ("dropout", -1.0), ("hazard_ratio", 0.0))}, ["simulation.vary"] * 3),
        (BASE, {"vary": (("accrual", math.inf),)}, ["simulation.vary"]),
        (BASE, {"vary": (("delay", 3.0),)}, ["simulation.vary"]),
        (CURED, {"vary": (("control_median", 3.0),)}, ["simulation.vary"]),
        ("dropout: {hazard: 0.01}", {}, ["simulation.enrollment", "simulation.endpoint"]),
        (
            "enrollment: {patients: 9, duration: 1}\ncourses: {orr: {progression_free: pfs, survival: os, arms: "
            "{old: {progression: 1, death: 1, death_after: 1}, new: {hazard_ratio: {}}}}}\n"
            "endpoints: {orr: {old: {rate: 0.1}, new: {rate: 0.1}}}",
            {"vary": (("delay", -1.0),)},  # a course may be called as an endpoint of another kind
            ["simulation.vary"],
        ),
        (BASE + "\nscans: {pfs: {every: [{until: 12000, value: 1}, {value: 2}]}}", {}, ["simulation.scans"]),
    ],
)
def test_what_can_not_be_simulated(body: str, options: dict[str, Any], codes: list[str]) -> None:
    trial = protocol(body)
    with pytest.raises(SimulationError) as raised:
        truth_arrays(trial, "s", **options)
    assert [problem.code for problem in raised.value.problems] == codes
    assert all(problem.cure for problem in raised.value.problems)


def test_unknown_scenario() -> None:
    with pytest.raises(SimulationError, match="no such scenario") as raised:
        truth_arrays(protocol(BASE), "other")
    assert raised.value.problems[0].cure == "name one of s, plan"


def test_null_of_margins() -> None:
    """Hazards are the control's times the margin; a rate below 0 is refused."""
    text = TEXT.replace("h_os: {analysis: os_main, arm: high,", "h_os: {analysis: os_main, arm: high, margin: 1.25,")
    text = text.replace("h_orr: {analysis: orr_main, arm: high,", "h_orr: {analysis: orr_main, arm: high, margin: 0.1,")
    text = text[: text.index("design:")]
    truth = truth_arrays(loads_protocol(text), "planned", under="h0")
    slopes = truth.knots[2, truth.law[truth.endpoint[:, :, 0], 1]]
    np.testing.assert_allclose(slopes[0], slopes[0, 1])
    np.testing.assert_allclose(slopes[1] / slopes[1, 1], [1.0, 1.0, 1.25])
    np.testing.assert_allclose(truth.rate[0, :, 0], [0.3, 0.3, 0.2])
    with pytest.raises(SimulationError) as raised:
        truth_arrays(loads_protocol(text.replace("margin: 0.1", "margin: 0.4")), "planned", under="h0")
    assert raised.value.problems[0].code == "simulation.null"


def test_names_that_share_random_numbers() -> None:
    """plumless and buckeroo have the same CRC-32; a time and a course of the same name share a code, too."""
    text = TEXT[: TEXT.index("design:")].replace("  os:", "  buckeroo:").replace("endpoint: os", "endpoint: buckeroo")
    text = text.replace("      os:", "      buckeroo:")
    before = "  h_orr:"
    first = (
        text.replace(
            "  pfs: {kind", "  main: {kind: time_to_event, label: M, source: {table: ADTTE, PARAMCD: M}}\n  pfs: {kind"
        )
        .replace("  pfs_main:", "  main_main: {endpoint: main, population: itt}\n  pfs_main:")
        .replace(before, "  h_main: {analysis: main_main, arm: high, alpha_one_sided: 0.001}\n" + before)
        .replace(
            "      orr: {control",
            "      main: {control: {median: 9}, low: {median: 9}, high: {median: 9}}\n      orr: {control",
        )
    )
    truth_arrays(loads_protocol(first), "planned")
    clash = first.replace("  pfs:", "  plumless:").replace("endpoint: pfs", "endpoint: plumless")
    with pytest.raises(SimulationError) as raised:
        truth_arrays(loads_protocol(clash), "planned")
    assert [problem.code for problem in raised.value.problems] == ["simulation.names"]
