"""Tiny random trials, in which most things can't be estimated: no crash, no number without a basis, rules kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

OPTIONS = (
    ", survival: {times: [0, 1, 2]}, subgroups: [sex, site], subgroup_minimum: 1,"
    " test: {kind: log_rank, strata: [site]}, estimate: {kind: cox, strata: [site], covariates: [age, sex]},"
    " also: [{kind: cox}, {kind: cox, ties: breslow, strata: [sex]}, {kind: log_rank},"
    " {kind: fleming_harrington, rho: 0.5, gamma: 1}, {kind: cox, covariates: [sex]}]"
)
MORE = "hypotheses: {h: {analysis: main, alpha_two_sided: 0.05}}"


def tiny(seed):
    rng = np.random.default_rng(seed)
    rows = [
        {
            "arm": "TC"[int(rng.integers(2))],
            "time": int(rng.integers(0, 8)) * 10,
            "status": int(rng.choice([0, 0, 1, 1, 2])),
            "site": "AB"[int(rng.integers(2))],
            "sex": ["F", "M", ""][int(rng.choice(3, p=[0.45, 0.45, 0.1]))],
            "age": ["", 50, 61, 72][int(rng.choice(4, p=[0.1, 0.3, 0.3, 0.3]))],
        }
        for _ in range(int(rng.integers(2, 12)))
    ]
    # A stratum may not be missing; a covariate or subgroup may.
    return [{**row, "sex": row["sex"] or "F"} if seed % 2 else {**row, "site": "A"} for row in rows]


@pytest.mark.parametrize("block", range(8))
def test_tiny_trials(run, block):
    options = OPTIONS if block % 2 else OPTIONS.replace("strata: [sex]", "strata: [site]")
    for seed in range(block, 48, 8):
        rows = tiny(seed)
        results = run(rows, options=options, more=MORE)
        n = results.one(statistic="subjects", arm="trt", analysis="main", groups=()).value
        assert n == sum(row["arm"] == "T" for row in rows)
        for row in results.select(statistic="hazard_ratio", groups=()):
            if row.value is not None:
                assert 1e-6 < row.value < 1e6, row.id
                assert math.isfinite(row.se)
        events = [results.one(statistic="events", arm=arm, analysis="main", groups=()).value for arm in ("trt", "ctl")]
        if 0 in events:
            assert results.one(statistic="hazard_ratio", method="cox.efron", groups=()).value is None
        for row in results.select(statistic="p_value"):
            assert (row.value is None) == bool(row.missing), row.id
