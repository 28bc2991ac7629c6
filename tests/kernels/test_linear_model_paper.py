"""Least squares against the certified values of NIST's Statistical Reference Datasets (linear regression).

Data and certified values: National Institute of Standards and Technology, StRD, Norris (1975, calibration of ozone
monitors), Longley (1967, J Am Stat Assoc 62:819), Wampler (1970, J Am Stat Assoc 65:549), sets 1, 3, 4 and 5.
"""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.kernels.linear_model import f_test, fit_linear, linear_functions

NORRIS = """0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3
449.1 448.6 778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6
557.7 556.0 228.3 228.1
998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0
10.2 11.1 117.6 118.3 228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5"""
LONGLEY = """60323 83.0 234289 2356 1590 107608 1947 61122 88.5 259426 2325 1456 108632 1948
60171 88.2 258054 3682 1616 109773 1949 61187 89.5 284599 3351 1650 110929 1950
63221 96.2 328975 2099 3099 112075 1951 63639 98.1 346999 1932 3594 113270 1952
64989 99.0 365385 1870 3547 115094 1953 63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955 67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957 66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959 69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961 70551 116.9 554894 4007 2827 130081 1962"""
DELTA = [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 2523,
         -2048, 2048, -2048, 759]  # fmt: skip
WAMPLER_SE = [2152.32624678170, 2363.55173469681, 779.343524331583, 101.475507550350, 5.64566512170752,
              0.112324854679312]  # fmt: skip


def numbers(text: str, width: int) -> np.ndarray:
    return np.array(text.split(), dtype=float).reshape(-1, width)


def test_norris():
    data = numbers(NORRIS, 2)
    x = np.column_stack([np.ones(36), data[:, 1]])
    fit = fit_linear(x, data[:, 0])
    found = linear_functions(fit, np.eye(2))
    assert found.estimate == pytest.approx([-0.262323073774029, 1.00211681802045], rel=1e-11)
    assert found.se == pytest.approx([0.232818234301152, 0.429796848199937e-03], rel=1e-11)
    assert np.sqrt(fit.variance) == pytest.approx(0.884796396144373, rel=1e-11)
    assert f_test(fit, np.eye(1, 2, 1)).f == pytest.approx(5436385.54079785, rel=1e-10)


def test_longley():
    data = numbers(LONGLEY, 7)
    fit = fit_linear(np.column_stack([np.ones(16), data[:, 1:]]), data[:, 0])
    found = linear_functions(fit, np.eye(7))
    certified = [-3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359,
                 -0.511041056535807e-01, 1829.15146461355]  # fmt: skip
    errors = [890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699, 0.214274163161675,
              0.226073200069370, 455.478499142212]  # fmt: skip
    assert found.estimate == pytest.approx(certified, rel=1e-8)
    assert found.se == pytest.approx(errors, rel=1e-9)
    assert (np.sqrt(fit.variance), fit.rss) == pytest.approx((304.854073561965, 836424.055505915), rel=1e-9)
    assert f_test(fit, np.eye(7)[1:]).f == pytest.approx(330.285339234588, rel=1e-9)


@pytest.mark.parametrize(("size", "close"), [(1, 1e-6), (100, 1e-6), (10_000, 1e-4)])
def test_wampler(size, close):
    t = np.arange(21.0)
    x = np.vander(t, 6, increasing=True)
    fit = fit_linear(x, x.sum(axis=1) + size * np.array(DELTA))
    found = linear_functions(fit, np.eye(6))
    # The certified coefficients are 1, beside standard errors of up to 2363 times the size of the disturbance.
    assert found.estimate == pytest.approx(np.ones(6), rel=close)
    assert found.se == pytest.approx(size * np.array(WAMPLER_SE), rel=1e-9)
    assert np.sqrt(fit.variance) == pytest.approx(size * 2360.14502379268, rel=1e-12)


def test_wampler_without_disturbance_has_no_standard_errors():
    x = np.vander(np.arange(21.0), 6, increasing=True)
    fit = fit_linear(x, x.sum(axis=1))
    found = linear_functions(fit, np.eye(6))
    assert found.estimate == pytest.approx(np.ones(6), rel=1e-7)
    assert np.isnan(found.se).all()
    assert fit.reason == "the model fits the data exactly: there is no residual variance"
