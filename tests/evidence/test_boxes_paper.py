"""Boxes of printed numbers, worked by hand."""

from __future__ import annotations

import math

import pytest

from equipoise.evidence.boxes import Box, box, log_box, p_box, z_of_level
from equipoise.evidence.model import Number


@pytest.mark.parametrize(
    ("number", "inner", "outer"),
    [
        (Number("0.75", 0.75, 2), (0.745, 0.755), (0.7445, 0.7555)),
        (Number("1.5", 1.5, 1), (1.45, 1.55), (1.445, 1.555)),
        (Number("52.", 52.0, 0), (51.5, 52.5), (51.45, 52.55)),
        (Number("-2·6", -2.6, 1), (-2.65, -2.55), (-2.655, -2.545)),
        (Number("80", 80.0, 0, bound=">"), (79.5, math.inf), (79.45, math.inf)),
        (Number("80", 80.0, 0, approximate=True), (72.0, 88.0), (72.0, 88.0)),
    ],
)
def test_half_the_last_digit_and_a_twentieth_of_it(number, inner, outer):
    assert box(number, margin=0.0) == pytest.approx(inner)
    assert box(number) == pytest.approx(outer)


def test_percent_becomes_a_fraction():
    assert box(Number("34.5", 34.5, 1), margin=0.0, percent=True) == pytest.approx((0.3445, 0.3455))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Number("0.02", 0.02, 2), (0.015, 0.03)),  # 0.029 cut off
        (Number(".00455", 0.00455, 5), (0.004545, 0.00456)),
        (Number("0.001", 0.001, 3, bound="<"), (0.0, 0.001)),
        (Number("0.05", 0.05, 2, bound=">"), (0.05, 1.0)),
        (Number("0.000", 0.0, 3), (0.0, 0.001)),
        (Number("7.8 x 10-22", 7.8e-22, 1), (7.3e-22, 8.8e-22)),  # its decimals are those of 7.8: see below
    ],
)
def test_p_values_are_rounded_or_cut_off(number, expected):
    found = p_box(number, margin=0.0)
    if number.value == 7.8e-22:
        assert 0.0 < found.lower < number.value < found.upper < 2e-21
    else:
        assert found == pytest.approx(expected)


def test_boxes_meet_and_subtract():
    assert Box(0.0, 1.0).meets(Box(1.0, 2.0))
    assert not Box(0.0, 1.0).meets(Box(1.1, 2.0))
    assert Box(0.0, 1.0).gap(Box(1.5, 2.0)) == pytest.approx(0.5)
    assert Box(1.0, 2.0).minus(Box(0.5, 0.7)) == pytest.approx((0.3, 1.5))
    assert Box(0.0, 1.0).both(Box(0.5, 2.0)) == (0.5, 1.0)
    assert Box(0.0, 1.0).both(Box(3.0, 4.0)) == (0.0, 1.0)


def test_logarithms_of_what_is_not_positive():
    assert log_box(Box(-0.05, 0.05)) == (-math.inf, math.log(0.05))


@pytest.mark.parametrize(("level", "z"), [(0.95, 1.959964), (0.8, 1.281552), (0.9695, 2.163536), (0.992, 2.652070)])
def test_quantiles_of_odd_levels(level, z):
    assert z_of_level(level) == pytest.approx(z, abs=2e-6)
