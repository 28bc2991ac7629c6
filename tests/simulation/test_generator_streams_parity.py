"""One trial with everything in it, against patients made by plain Python from the declared scenario and Philox."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from generated import MONTH, protocol, trials

from equipoise.kernels.philox import philox4x32
from equipoise.protocol.annex import Annex
from equipoise.randomization.scheme import scheme_of
from equipoise.randomization.steps import allocate
from equipoise.simulation.truth_arrays import truth_arrays

SCENARIO = """
enrollment:
  patients: 150
  per_month: [{until: 3, rate: 8}, {rate: 15}]
  arrivals: ARRIVALS
  sites: {a: {share: 2}, b: {share: 1, opens: 2}, c: {share: 1, closes: 6}}
dropout: {hazard: 0.01, arms: {new: {hazard: [{until: 6, value: 0.03}, {value: 0.005}]}}}
strata:
  f: {share: 0.6, levels: {sex: F}}
  m: {share: 0.4, levels: {sex: M}, opens: 1}
wrong_strata: 0.2
endpoints:
  pfs:
    old: {weibull: {shape: 1.4, median: 9}, cure: 0.1, frailty: 0.5}
    new:
      strata:
        f: {hazard_ratio: [{until: 4, value: 1.2}, {value: 0.5}]}
        m: {log_logistic: {shape: 0.8, median: 12}}
  os:
    old: {hazard: [{until: 6, value: 0.02}, {value: 0.05}]}
    new: {hazard_ratio: [{until: 9, value: 1}, {value: 0.6}]}
  orr: {old: {rate: 0.3}, new: {strata: {f: {rate: 0.6}, m: {rate: 0.4}}}}
scans: {pfs: {every: [{until: 6, value: 2}, {value: 3}], missed: 0.25}}
"""
BLOCKS = "randomization: {procedure: {kind: permuted_blocks}, strata: [age, sex], sites: true, annex: a.yaml}"
KEY, NUMBER = (0xDEADBEEF, 0x12345678), 2**33 + 5


def uniforms(patient: int, purpose: int, code: int = 0, draw: int = 0) -> tuple[float, float, float]:
    w = philox4x32(patient, purpose | draw << 8 | code << 16, NUMBER & 0xFFFFFFFF, NUMBER >> 32, *KEY)
    whole = (w[0] << 10 | w[3] >> 22, w[1] << 10 | (w[3] >> 12 & 1023), w[2] << 10 | (w[3] >> 2 & 1023))
    return tuple((one + 0.5) * 2.0**-42 for one in whole)  # type: ignore[return-value]


def code(name: str) -> int:
    return 0 if name == "pfs" else 1 + crc32(name.encode()) % 65535


def gamma(patient: int, variance: float) -> float:
    shape = 1.0 / variance
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    draw = 0
    while True:
        a, b, u = uniforms(patient, 6, 0, draw)
        draw += 1
        x, y = 2.0 * a - 1.0, 2.0 * b - 1.0
        s = x * x + y * y
        if s < 1.0:
            z = x * math.sqrt(-2.0 * math.log(s) / s)
            v = (1.0 + z / math.sqrt(9.0 * d)) ** 3
            if v > 0.0 and math.log(u) < 0.5 * z * z + d - d * v + d * math.log(v):
                break
    boost = uniforms(patient, 6, 0, draw)[0] ** variance if shape < 1.0 else 1.0
    return d * v * boost * variance


def entries(arrivals: str, n: int) -> list[float]:
    gone, found = 0.0, []
    for i in range(n):
        u = uniforms(i, 0)[2]
        gone -= math.log(u)
        expected = {"uniform": u * n, "poisson": gone, "fixed": i + 0.5}[arrivals]
        months = expected / 8 if expected < 24 else 3 + (expected - 24) / 15
        found.append(months * MONTH)
    return found


def chosen(u: float, shares: list[tuple[int, float]]) -> int:
    left = u * sum(share for _, share in shares)
    for place, share in shares:
        left -= share
        if left < 0.0:
            return place
    return shares[-1][0]


def pfs(arm: str, stratum: int, hazard: float, u: float) -> float:
    """Times in months, by hand: cumulative hazards turned around."""
    if arm == "old" or stratum == 0:
        if u < 0.1:
            return math.inf
        scale, shape = 9 / math.log(2) ** (1 / 1.4), 1.4
        if arm == "new":
            knee = (4 / scale) ** shape
            hazard = hazard / 1.2 if hazard < 1.2 * knee else knee + (hazard - 1.2 * knee) / 0.5
        return scale * hazard ** (1 / shape)
    return 12 * math.expm1(hazard) ** (1 / 0.8)


def steps(hazard: float, pieces: list[tuple[float, float]]) -> float:
    start = 0.0
    for end, value in pieces:
        if hazard <= value * (end - start):
            return start + hazard / value
        hazard -= value * (end - start)
        start = end
    raise AssertionError


def seen(i: int, raw: float) -> float:
    """The first scan from `raw` on that is attended: at months 2, 4, 6, 9, 12, ...; only the first 768 are missed."""
    if raw == math.inf:
        return raw
    k = max(0, math.floor((raw - 6.0) / 3.0))
    while True:
        scan = 2.0 * (k + 1) if k < 3 else 6.0 + 3.0 * (k - 2)
        if scan >= raw and (k >= 768 or uniforms(i, 7, 0, k // 3)[k % 3] >= 0.25):
            return scan
        k += 1


@pytest.mark.parametrize("arrivals", ["uniform", "poisson", "fixed"])
def test_one_trial_equals_plain_python(arrivals: str) -> None:
    declared = protocol(SCENARIO.replace("ARRIVALS", arrivals), randomization=BLOCKS, ratio=2)
    annex = Annex(block_sizes=(3, 6))
    truth = truth_arrays(declared, "s", annex=annex)
    found = {name: rows[0] for name, rows in trials(truth, 1, KEY, NUMBER).items()}
    n = 150
    entry = entries(arrivals, n)
    scheme = scheme_of(declared, annex=annex, sites=("a", "b", "c"))
    state = scheme.start()
    place: dict[int, tuple[int, int, int]] = {}
    arm: dict[int, str] = {}
    for i in sorted(range(n), key=lambda j: entry[j]):
        month = entry[i] / MONTH
        a, b, c = uniforms(i, 1)
        stratum = chosen(a, [(0, 0.6)] + ([(1, 0.4)] if month >= 1 else []))
        site = chosen(b, [(0, 2.0)] + ([(1, 1.0)] if month >= 2 else []) + ([(2, 1.0)] if month < 6 else []))
        recorded = 1 - stratum if c < 0.2 else stratum
        place[i] = stratum, recorded, site
        age = int(uniforms(i, 1, draw=1)[0] * 2)
        words: list[int] = []
        chosen_arm = -1
        while chosen_arm < 0:
            draw = len(words) // 4
            words += philox4x32(i, 2 | draw << 8, NUMBER & 0xFFFFFFFF, NUMBER >> 32, *KEY)
            chosen_arm, _ = allocate(scheme.rule.plan, state, scheme.cell((age, recorded, site)), words, 0)
        arm[i] = scheme.arms[chosen_arm]
    times, os_times, lost, responses = [], [], [], []
    for i in range(n):
        stratum = place[i][0]
        a, b, _ = uniforms(i, 0)
        hazard = -math.log(a)
        frail = arm[i] == "old" or stratum == 0
        raw = pfs(arm[i], stratum, hazard / gamma(i, 0.5) if frail else hazard, uniforms(i, 5)[1])
        times.append(seen(i, raw))
        slow = [(6.0, 0.02), (9.0, 0.05), (math.inf, 0.05 if arm[i] == "old" else 0.03)]
        os_times.append(steps(-math.log(uniforms(i, 5, code("os"))[0]), slow))
        early = [(6.0, 0.03), (math.inf, 0.005)] if arm[i] == "new" else [(math.inf, 0.01)]
        lost.append(steps(-math.log(b), early))
        rate = 0.3 if arm[i] == "old" else (0.6, 0.4)[stratum]
        responses.append(uniforms(i, 4, code("orr"))[0] < rate)
    np.testing.assert_allclose(found["entry"], entry, rtol=1e-12)
    assert [tuple(row) for row in zip(found["stratum"], found["recorded"], found["site"], strict=True)] == [
        place[i] for i in range(n)
    ]
    assert [("new", "old")[a] for a in found["arm"]] == [arm[i] for i in range(n)]
    np.testing.assert_allclose(found["dropout"], np.array(lost) * MONTH, rtol=1e-12)
    np.testing.assert_allclose(found["time"][1], np.array(os_times) * MONTH, rtol=1e-12)
    np.testing.assert_allclose(found["time"][0], np.array(times) * MONTH, rtol=1e-12)
    assert found["response"][0].astype(bool).tolist() == responses
    assert len(set(place.values())) == 12
