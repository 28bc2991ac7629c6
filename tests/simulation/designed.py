"""Trials made of their statistics alone: scores as Brownian motion in information, without any patient."""

from __future__ import annotations

import itertools
import math
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from equipoise.design.levels import design_level
from equipoise.design.plan import plan_of
from equipoise.protocol import loads_protocol
from equipoise.simulation.outcome import UnitOutcome
from equipoise.simulation.study import Tested

HEAD = """\
equipoise: 1
trial: {id: T, title: T}
time: {unit: months, data_unit: days}
arms: {a: {label: A, role: experimental}, b: {label: B, role: control}}
populations: {itt: {arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: PFS, source: {table: ADTTE, PARAMCD: PFS}}
  os:  {kind: time_to_event, label: OS, source: {table: ADTTE, PARAMCD: OS}}
  ttr: {kind: time_to_event, label: TTR, source: {table: ADTTE, PARAMCD: TTR}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}
  os_main:  {endpoint: os, population: itt, like: pfs_main}
  ttr_main: {endpoint: ttr, population: itt, like: pfs_main}
scenarios:
  planned:
    enrollment: {patients: 500, per_month: [{rate: 20}]}
    dropout: {hazard: 0.005}
    endpoints:
      pfs: {b: {median: 9}, a: {hazard_ratio: 0.75}}
      os:  {b: {median: 20}, a: {hazard_ratio: 0.8}}
      ttr: {b: {median: 15}, a: {hazard_ratio: 0.8}}
"""
HIERARCHY = (
    HEAD
    + """\
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
  h_os: {analysis: os_main, after: [h_pfs]}
  h_ttr: {analysis: ttr_main, after: [h_os]}
design:
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    futility: {hazard_ratio: [1.0]}
    looks: [{events: 165}, {events: 330}]
  h_os:
    assume: planned
    efficacy: {spending: pocock}
    futility: {conditional_power: 0.05}
    harm: {hazard_ratio: [1.3, 1.2]}
    looks: [{same_as: {hypothesis: h_pfs, look: 1}}, {same_as: {hypothesis: h_pfs, look: 2}}, {events: 300}]
  h_ttr:
    assume: planned
    efficacy: {boundary: obrien_fleming}
    looks: [{events: 150}, {events: 310}]
"""
)
GRAPH = (
    HEAD
    + """\
hypotheses: {h_pfs: {analysis: pfs_main}, h_os: {analysis: os_main}, h_ttr: {analysis: ttr_main}}
multiplicity:
  alpha_one_sided: 0.025
  look_back: BACK
  weights: {h_pfs: 0.6, h_os: 0.4, h_ttr: 0}
  transitions: {h_pfs: {h_os: 0.5, h_ttr: 0.5}, h_os: {h_pfs: 0.7, h_ttr: 0.3}, h_ttr: {h_pfs: 0.5, h_os: 0.5}}
design:
  h_pfs:
    assume: planned
    efficacy: {spending: obrien_fleming}
    looks: [{events: 165}, {events: 330}]
  h_os:
    assume: planned
    efficacy: {spending: pocock}
    looks: [{same_as: {hypothesis: h_pfs, look: 1}}, {same_as: {hypothesis: h_pfs, look: 2}}, {events: 300}]
  h_ttr:
    assume: planned
    efficacy: {spending: hwang_shih_decani, parameter: -2}
    looks: [{events: 150}, {events: 310}]
"""
)


@cache
def study_of(text: str) -> Any:
    """A protocol and its hypotheses, as a study has them."""
    protocol = loads_protocol(text)
    tested, first = [], 0
    for name, hypothesis in protocol.hypotheses.items():
        plan = plan_of(protocol, name) if name in protocol.design else None
        looks = 1 if plan is None else plan.looks
        level = design_level(protocol, name)
        kind = protocol.analysis[hypothesis.analysis].test.kind  # type: ignore[union-attr]
        tested.append(
            Tested(
                hypothesis=name, analysis=hypothesis.analysis, endpoint="", population="itt", arm="a", versus="b",
                method=kind, kind=kind, estimate_name="hazard_ratio", estimate_method="cox", margin=None,
                level=level.one_side, sides=level.sides, after=tuple(hypothesis.after), conf_level=0.95, plan=plan,
                ks=tuple(range(first, first + looks)),
            )
        )  # fmt: skip
        first += looks
    return SimpleNamespace(protocol=protocol, tested=tuple(tested))


def outcome_of(
    study: Any, trials: int, *, seed: int = 1, drift: float = 0.0, jitter: float = 0.0, lost: float = 0.0
) -> UnitOutcome:
    """Trials whose events differ from the plan by a share `jitter`, hypotheses being correlated.

    Args:
        study: Of `study_of`.
        trials: How many.
        seed: Of the random numbers.
        drift: E[z] at the last look of each hypothesis.
        jitter: Largest relative difference of events from those planned.
        lost: Share of looks that are not held, and again of those without a statistic.
    """
    rng = np.random.default_rng(seed)
    pairs = sum(one.looks for one in study.tested)
    cut, held = np.zeros((trials, pairs)), np.ones((trials, pairs), dtype=bool)
    events, z = np.zeros((trials, pairs, 2), dtype=np.int64), np.full((trials, pairs), np.nan)
    common = rng.normal(size=(trials, 40))
    for one in study.tested:
        ks = list(one.ks)
        planned = np.round(one.plan.information.events) if one.plan else np.array([100.0])
        seen = np.round(planned * (1.0 + jitter * rng.uniform(-1.0, 1.0, (trials, len(ks)))))
        seen = np.maximum.accumulate(seen, axis=1) + np.arange(len(ks)) * (jitter > 0.0)
        steps = np.sqrt(np.diff(seen, axis=1, prepend=0.0))
        noise = np.sqrt(0.5) * (rng.normal(size=steps.shape) + common[:, : len(ks)])
        score = np.cumsum(steps * noise, axis=1)
        z[:, ks] = score / np.sqrt(seen) + drift * np.sqrt(seen / seen[:, -1:])
        events[:, ks, 0] = (seen // 2).astype(int)
        events[:, ks, 1] = (seen - seen // 2).astype(int)
        times = one.plan.information.times if one.plan else (40.0,)
        cut[:, ks] = 30.4375 * np.asarray(times) * (1.0 + 0.05 * rng.uniform(-1, 1, (trials, 1)))
        # Another hypothesis' look at the same cut.
        looks = study.protocol.design[one.hypothesis].looks if one.plan else ()
        for k, look in zip(ks, looks, strict=False):
            if look.same_as is not None:
                other = next(o for o in study.tested if o.hypothesis == look.same_as.hypothesis)
                cut[:, k] = cut[:, other.ks[look.same_as.look - 1]]
        held[:, ks[:-1]] = rng.random((trials, len(ks) - 1)) >= lost
        held[:, ks[:-1]] &= cut[:, ks[:-1]] < cut[:, ks[-1:]]
        for before, k in itertools.pairwise(ks[:-1]):
            held[:, k] &= cut[:, k] > cut[:, before]
    z[~held | (rng.random(z.shape) < lost)] = np.nan
    total = events.sum(axis=2).astype(float)
    se = 2.0 / np.sqrt(total)
    return UnitOutcome(
        start=0, cut=cut, held=held, reached=held.copy(), enrolled=np.full((trials, pairs), 500), events=events, z=z,
        information=0.25 * total, components=np.empty((trials, pairs, 0)), covariance=np.empty((trials, pairs, 0, 0)),
        estimate=-z * se, se=se,
    )  # fmt: skip


def close(value: float) -> float:
    """Three Monte Carlo errors of a probability of 0.025 among so many trials."""
    return 3.0 * math.sqrt(0.025 * 0.975 / value)
