"""Mean cumulative counts against worked examples that are small enough to follow with a pencil."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from equipoise.kernels.mean_cumulative_count import mean_count_at, mean_count_limits, mean_cumulative_count


def test_five_people_of_dong():
    """Dong et al. (2015, Am J Epidemiol 181:532), the worked example: five people, three events of one of them, one of
    another who dies the same day, one further death. Dong-Yasui: KM before the event times events over people at risk.
    """
    count = mean_cumulative_count([8, 1, 5, 8, 3], [3, 3, 3, 4], [2, 6, 7, 3], died=[0, 0, 1, 0, 1])
    assert count.time.tolist() == [1, 2, 3, 5, 6, 7, 8]
    assert count.n_risk.tolist() == [5, 4, 4, 3, 2, 2, 2]
    assert count.survival == pytest.approx([1, 1, 3 / 4, 1 / 2, 1 / 2, 1 / 2, 1 / 2])
    # 1/4; + 1/4 (the event counts before the death of that day); + 1/2 x 1/2; + 1/2 x 1/2
    assert count.mean == pytest.approx([0, 1 / 4, 1 / 2, 1 / 2, 3 / 4, 1, 1])
    # Deaths taken for censoring would say 1/4 + 1/4 + 1/2 + 1/2: more than people have.
    assert mean_cumulative_count([8, 1, 5, 8, 3], [3, 3, 3, 4], [2, 6, 7, 3]).mean[-1] == pytest.approx(1.5)


def test_six_systems_of_nelson():
    """Nelson (1988, J Quality Technology 20:24), six systems, numbers of repairs: one over the number at risk."""
    end = [42, 33, 29, 20, 16, 12]
    repairs = [(0, 19), (0, 39), (1, 8), (1, 14), (1, 26), (2, 18), (3, 2), (3, 8), (3, 16), (5, 5), (5, 12)]
    count = mean_cumulative_count(end, [who for who, _ in repairs], [when for _, when in repairs])
    steps = {2: (1, 6), 5: (1, 6), 8: (2, 6), 12: (1, 6), 14: (1, 5), 16: (1, 5), 18: (1, 4), 19: (1, 4), 26: (1, 3),
             39: (1, 1)}  # fmt: skip
    total = Fraction(0)
    for time, step in steps.items():
        total += Fraction(*step)
        assert mean_count_at(count, time).mean[0] == pytest.approx(float(total), rel=1e-15), time
    # At 12, all six still there, the variance is that of a mean: counts 0, 1, 0, 2, 0, 2.
    counts = np.array([0, 1, 0, 2, 0, 2])
    assert mean_count_at(count, 12).std_err[0] == pytest.approx(np.sqrt(counts.var() / 6), rel=1e-14)


def test_limits_on_both_scales():
    low, high = mean_count_limits([2.0], [0.5])
    assert (low[0], high[0]) == pytest.approx((2 / np.exp(1.959963984540054 / 4), 2 * np.exp(1.959963984540054 / 4)))
    low, high = mean_count_limits([2.0], [0.5], interval="plain", conf_level=0.9)
    assert (low[0], high[0]) == pytest.approx((2 - 0.5 * 1.6448536269514722, 2 + 0.5 * 1.6448536269514722))
    assert mean_count_limits([0.3], [0.2], interval="plain")[0][0] == 0.0
