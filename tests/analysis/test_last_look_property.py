"""The level of the last look is the bound that monitoring gives when the interim looks were held as planned."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.analysis.final_look import final_look, planned_looks
from equipoise.design.levels import Level
from equipoise.design.plan import plan_of
from equipoise.monitoring.boundaries import MonitoredDesign, next_bound
from equipoise.protocol import loads_protocol

PROTOCOL = """
equipoise: 1
trial: {{id: T, title: A trial}}
time: {{unit: months, data_unit: days}}
arms: {{new: {{label: New, role: experimental}}, old: {{label: Old, role: control}}}}
populations: {{itt: {{arm: planned}}}}
endpoints: {{pfs: {{kind: time_to_event, label: PFS, source: {{table: ADTTE, PARAMCD: PFS}}}}}}
analysis: {{main: {{endpoint: pfs, population: itt}}}}
hypotheses: {{h: {{analysis: main, {level}}}}}
scenarios:
  planned:
    enrollment: {{patients: 700, per_month: [{{rate: 25}}]}}
    endpoints: {{pfs: {{old: {{median: 12}}, new: {{hazard_ratio: 0.7}}}}}}
design: {{h: {{assume: planned, efficacy: {bounds}, looks: [{looks}]}}}}
"""
BOUNDS = ["{spending: obrien_fleming}", "{spending: pocock}", "{spending: hwang_shih_decani, parameter: -4}",
          "{boundary: pocock}", "{boundary: obrien_fleming}", "{boundary: wang_tsiatis, parameter: 0.2}",
          "{boundary: haybittle_peto}", "{boundary: haybittle_peto, final: unadjusted}"]  # fmt: skip


def z_of(level):
    from scipy.special import ndtri

    return -float(ndtri(level.one_side))


@given(
    st.sampled_from(BOUNDS), st.sampled_from([1, 2]), st.lists(st.integers(40, 120), min_size=2, max_size=4),
    st.integers(-15, 60),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_as_monitoring_has_it(bounds, sides, steps, over):
    events = [sum(steps[: k + 1]) for k in range(len(steps))]
    alpha = "alpha_one_sided: 0.025" if sides == 1 else "alpha_two_sided: 0.05"
    text = PROTOCOL.format(level=alpha, bounds=bounds, looks=", ".join(f"{{events: {d}}}" for d in events))
    protocol = loads_protocol(text)
    plan = plan_of(protocol, "h")
    design = MonitoredDesign(tuple(map(float, events)), 0.025, plan.test.efficacy, sides=sides)
    held = []
    for look, count in enumerate(events[:-1], start=1):
        held.append(next_bound(design, held, float(count), planned=look))
    last = next_bound(design, held, float(events[-1] + over), final=True)
    found = final_look(planned_looks(protocol, "h"), Level(0.025 * sides, sides, ""), events[-1] + over)
    assert not found.why
    assert z_of(found.level) == pytest.approx(last.efficacy_z, abs=1e-9)
    if over == 0:
        assert z_of(found.level) == pytest.approx(plan.probabilities.boundaries.efficacy[-1], abs=1e-9)
