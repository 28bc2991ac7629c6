"""Studies whose trials are drawn here from the law of z itself: what sums and rows must say of them is known.

z at information I is normal with mean theta sqrt(I) and increments of the score are independent, so that the design's
integration is an oracle of shares, and the decisions below are plain comparisons with its bounds.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from equipoise.design.plan import plan_of
from equipoise.protocol import loads_protocol
from equipoise.simulation.outcome import Decisions, UnitOutcome
from equipoise.simulation.study import Study, Tested

TRIAL = """
equipoise: 1
trial: {id: SIM-1, title: Xenopril added to standard care in advanced disease, phase: "3", masking: open}
time: {unit: months, data_unit: days}
arms:
  xeno: {label: Xenopril + standard, role: experimental}
  std:  {label: Standard care, role: control}
populations: {itt: {label: All randomized participants, arm: planned}}
endpoints:
  pfs: {kind: time_to_event, label: Progression-free survival, role: primary, event: progression or death,
        source: {table: ADTTE, PARAMCD: PFS}}
  os: {kind: time_to_event, label: Overall survival, role: secondary, event: death, death: true,
       source: {table: ADTTE, PARAMCD: OS}}
analysis:
  pfs_main: {endpoint: pfs, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}
  os_main: {endpoint: os, population: itt, test: {kind: log_rank}, estimate: {kind: cox}}
hypotheses:
  h_pfs: {analysis: pfs_main, alpha_one_sided: 0.025}
  h_os: {analysis: os_main, after: [h_pfs]}
scenarios:
  planned:
    label: As planned
    enrollment: {patients: 518, per_month: [{until: 49, rate: 10.571}]}
    dropout: {hazard: 0.01}
    endpoints:
      pfs: {std: {median: 29.1}, xeno: {hazard_ratio: 0.75}}
      os: {std: {median: 40}, xeno: {hazard_ratio: 0.8}}
  delayed:
    extends: planned
    label: Effect after six months
    endpoints:
      pfs: {xeno: {hazard_ratio: [{until: 6, value: 1}, {value: 0.67}]}}
design:
  h_pfs:
    assume: planned
    power: 0.8
    efficacy: {spending: obrien_fleming}
    futility: {spending: hwang_shih_decani, parameter: -4}
    looks: [{events: 165}, {events: 330}]
"""
EVENTS = (165, 330)
INFORMATION = np.array(EVENTS) / 4.0
TRUE = 0.75
LATEST = 2100.0


def hypotheses_of(protocol, *, second=False):
    """Hypotheses: the first with two looks and its design; the second with one look and without."""
    plan = plan_of(protocol, "h_pfs")
    first = Tested("h_pfs", "pfs_main", "pfs", "itt", "xeno", "std", "log_rank", "log_rank", "hazard_ratio",
                   "cox.efron", None, 0.025, 1, (), 0.95, plan, (0, 1))  # fmt: skip
    other = Tested("h_os", "os_main", "os", "itt", "xeno", "std", "log_rank", "log_rank", "hazard_ratio", "cox.efron",
                   None, 0.025, 1, ("h_pfs",), 0.95, None, (2,))  # fmt: skip
    return (first, other) if second else (first,)


def study_of(scenario="planned", under="h1", vary=(), *, second=False, tested=None):
    """A study; what patients are made from is not there."""
    protocol = loads_protocol(TRIAL)
    found = tested or hypotheses_of(protocol, second=second)
    triggers = SimpleNamespace(events=np.array([*EVENTS, 0]))
    return Study(protocol, scenario, under, 1, tuple(vary), (1, 2), None, triggers, found, None)


def true_value(study, h, day):
    """In place of `simulation.truth`: the varied ratio, or the declared one."""
    ratio = 1.0 if study.under == "h0" else dict(study.vary).get("hazard_ratio", TRUE)
    return SimpleNamespace(value=math.log(ratio), reason="")


def outcome_of(start, trials, theta, *, second=False, seed=3):
    """One unit: z from the law, cuts and events from made-up ones; 4% never see the last event and end on a day."""
    rng = np.random.default_rng([seed, start])
    steps = np.diff(INFORMATION, prepend=0.0)
    score = np.cumsum(rng.normal(theta * steps, np.sqrt(steps), (trials, 2)), axis=1)
    z, estimate = score / np.sqrt(INFORMATION), -score / INFORMATION
    cut = np.cumsum(rng.normal((1000.0, 700.0), (50.0, 90.0), (trials, 2)), axis=1)
    reached = np.stack([np.ones(trials, bool), rng.random(trials) > 0.04], axis=1)
    cut[:, 1] = np.where(reached[:, 1], cut[:, 1], LATEST)
    control = rng.binomial(EVENTS, 0.53, (trials, 2))
    events = np.stack([control, np.array(EVENTS) - control], axis=2)
    enrolled = np.stack([rng.binomial(518, 0.67, trials), np.full(trials, 518)], axis=1)
    always, information = np.ones((trials, 2), bool), np.tile(INFORMATION, (trials, 1))
    arrays = [cut, always, reached, enrolled, events, z, information, estimate, 1.0 / np.sqrt(information)]
    if second:
        more = rng.normal(1.5, 1.0, (trials, 1))
        flags, fifty = always[:, 1:], np.full((trials, 1), 50.0)
        last = [cut[:, 1:] + 10.0, flags, flags, enrolled[:, 1:], events[:, 1:], more, fifty, -more / np.sqrt(fifty),
                1.0 / np.sqrt(fifty)]  # fmt: skip
        arrays = [np.concatenate(pair, axis=1) for pair in zip(arrays, last, strict=True)]
    k = arrays[0].shape[1]
    cut, held, reached, enrolled, events, z, information, estimate, se = arrays
    return UnitOutcome(start, cut, held, reached, enrolled, events, z, information, np.empty((trials, k, 0)),
                       np.empty((trials, k, 0, 0)), estimate, se)  # fmt: skip


def decide(study, outcome):
    """The declared bounds, as they are; the second hypothesis at 1.96 where the first was rejected."""
    bounds = study.tested[0].plan.probabilities.boundaries
    high, low, z = bounds.efficacy, bounds.futility, outcome.z
    up = [z[:, 0] >= high[0], z[:, 1] >= high[1]]
    futile = ~up[0] & (z[:, 0] <= low[0])
    rejected = np.where(up[0], 1, np.where(~futile & up[1], 2, 0))
    ignoring = np.where(up[0], 1, np.where(up[1], 2, 0))
    stopped = np.where(up[0] | futile, 1, 2)
    columns = [rejected, futile.astype(int), stopped, ignoring, np.isnan(z[:, 1]) & (stopped == 2)]
    tests = [[one, *_second(outcome, name, rejected, ignoring)] for one, name in zip(columns, _NAMES, strict=True)]
    bound = np.tile([*high, 1.96][: z.shape[1]], (outcome.trials, 1))
    floor = np.tile([low[0], -np.inf, -np.inf][: z.shape[1]], (outcome.trials, 1))
    made = [np.stack(one, axis=1) for one in tests]
    level = np.full(z.shape, 0.025)
    return Decisions(*(one.astype(np.int64) for one in made[:4]), made[4].astype(bool), bound, floor, level)


_NAMES = ("rejected", "futile", "stopped", "ignoring", "degenerate")


def _second(outcome, name, rejected, ignoring):
    if outcome.z.shape[1] < 3:
        return []
    z = outcome.z[:, 2]
    found = {
        "rejected": (rejected > 0) & (z >= 1.96),
        "stopped": rejected > 0,
        "ignoring": (ignoring > 0) & (z >= 1.96),
    }
    return [found.get(name, np.zeros(z.size, bool)).astype(int)]


def theta_of(ratio):
    """Drift of the score per unit of information."""
    return -math.log(ratio)


def sums_of(study, trials, theta, *, second=False, change=None):
    """Sums of a run, unit by unit; `change` may spoil an outcome."""
    from equipoise.simulation.accumulate import Accumulator

    total = None
    for start in range(0, trials, 4096):
        outcome = outcome_of(start, min(4096, trials - start), theta, second=second)
        outcome = outcome if change is None else change(outcome)
        one = Accumulator.of(study, outcome, decide(study, outcome))
        total = one if total is None else total.merged(one)
    return total
