"""Whatever a number was, and however it was rounded, its box holds it."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from equipoise.evidence.boxes import box, p_box
from equipoise.evidence.model import Number

VALUES = st.decimals(min_value=-200, max_value=200, places=7, allow_nan=False, allow_infinity=False)


def as_printed(value: Decimal, decimals: int, how: str) -> Number:
    unit = Decimal(1).scaleb(-decimals)
    if how == "double":
        value = value.quantize(unit.scaleb(-1), ROUND_HALF_UP)
    ways = {"even": ROUND_HALF_EVEN, "cut": ROUND_DOWN}
    text = str(value.quantize(unit, ways.get(how, ROUND_HALF_UP)))
    return Number(text, float(text), decimals)


@given(VALUES, st.integers(0, 5), st.sampled_from(["up", "even"]))
def test_inner_boxes_hold_what_was_rounded_once(value, decimals, how):
    number = as_printed(value, decimals, how)
    if number.value == 0 or abs(number.value) >= 10.0**-decimals:
        assert box(number, margin=0.0).holds(float(value))


@given(VALUES, st.integers(0, 5), st.sampled_from(["up", "even", "double"]))
def test_boxes_hold_what_was_rounded_twice(value, decimals, how):
    assert box(as_printed(value, decimals, how)).holds(float(value))


@given(
    st.decimals(min_value=0, max_value=1, places=7), st.integers(1, 5), st.sampled_from(["up", "even", "double", "cut"])
)
def test_boxes_of_p_values_hold_what_was_cut_off(value, decimals, how):
    assert p_box(as_printed(value, decimals, how)).holds(float(value))


@given(VALUES, st.integers(0, 4))
def test_a_box_is_no_wider_than_it_has_to_be(value, decimals):
    inner, outer = (box(as_printed(value, decimals, "up"), margin=m) for m in (0.0, 0.05))
    unit = 10.0**-decimals
    assert abs((inner.upper - inner.lower) - unit) < 1e-9
    assert abs((outer.upper - outer.lower) - 1.1 * unit) < 1e-9
