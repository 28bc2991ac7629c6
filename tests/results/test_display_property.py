"""What holds for every printed number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from equipoise.results.display import MINUS, format_p, format_percent, format_time, round_half_up

finite = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)
fractions = st.floats(min_value=0, max_value=1)
digits = st.integers(0, 4)


def parse(text: str) -> float:
    return float(text.replace(MINUS, "-").replace(",", "").strip("%<>"))


@given(finite, digits)
def test_rounding_stays_within_half_a_unit(value: float, places: int) -> None:
    text = round_half_up(value, places)
    assert abs(parse(text) - value) <= 0.5 * 10.0**-places * (1 + 1e-9) + abs(value) * 1e-12
    assert "-" not in text


@given(finite, digits)
def test_sign_is_symmetric_and_zero_has_none(value: float, places: int) -> None:
    text = round_half_up(value, places)
    assert round_half_up(-value, places).lstrip(MINUS) == text.lstrip(MINUS)
    if parse(text) == 0:
        assert MINUS not in text


@given(finite, finite, digits)
def test_rounding_keeps_order(a: float, b: float, places: int) -> None:
    low, high = sorted((a, b))
    assert parse(round_half_up(low, places)) <= parse(round_half_up(high, places))


@given(fractions, st.sampled_from([None, 0.05, 0.025, 0.01, 0.0001]))
def test_p_is_never_zero_or_one_and_keeps_its_side_of_the_level(value: float, level: float | None) -> None:
    text = format_p(value, level=level)
    shown = parse(text)
    assert 0 < shown < 1
    if level is not None and abs(value - level) > 1e-6 and not text.startswith("<"):
        assert (shown < level) == (value < level) or text.startswith(">")
        assert shown != level
    if text.startswith("<"):
        assert value < shown


@given(fractions)
def test_percent_tells_none_from_few_and_all_from_most(value: float) -> None:
    text = format_percent(value)
    assert (text == "0.0%") == (value == 0)
    # Beyond the thirteenth digit a number is 1 for print.
    assert (text == "100.0%") == (value > 1 - 5e-14)


@given(st.floats(min_value=0, max_value=1e6), st.sampled_from(["days", "weeks", "months", "years"]))
def test_converting_to_the_same_unit_changes_nothing(value: float, unit: str) -> None:
    assert format_time(value, unit, time_unit=unit) == format_time(value, unit)  # type: ignore[arg-type]
