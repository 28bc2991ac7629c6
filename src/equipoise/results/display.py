"""How a statistic is printed: the only home of rounding, percent signs, rules for P, "NR" and units of time.

Rules, with their reasons:

* Rounding is half up (away from zero) on the decimal text of the number, so that 0.125 prints as 0.13 on every machine;
  a tie that floating-point arithmetic missed by its last bits is a tie. Minus is U+2212 and zero has no sign.
* A number never rounds onto a value that means something else: a proportion above 0 is never "0.0%", below 1 never
  "100.0%"; limits of ratios are not "1.00", nor those of differences "0.0", while one decimal more tells them apart;
  a P is never "0.000" or "1.00", and is printed on its own side of its level.
* A missing limit or quantile that was not reached is "NR"; any other missing number prints its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from equipoise.results.statistic import Statistic
from equipoise.results.vocabulary import Display, term
from equipoise.units import DAYS_PER_MONTH, DAYS_PER_UNIT, TimeUnit, days_per

__all__ = [
    "MINUS",
    "NE",
    "NR",
    "RANGE",
    "display_of",
    "format_count",
    "format_count_percent",
    "format_estimate_ci",
    "format_fraction",
    "format_interval",
    "format_level",
    "format_missing",
    "format_p",
    "format_percent",
    "format_plain",
    "format_time",
    "format_value",
    "full_precision",
    "number_digits",
    "printed_unit",
    "round_half_up",
    "sides_words",
]

MINUS = "\u2212"
NR = "NR"
NE = "NE"
RANGE = "range"
"""Why a statistic has no value where its limits are the range of equally fitting ones (`analysis.ranges`)."""
# Doubles carry 15 to 17 significant digits; what differs beyond the thirteenth is arithmetic, not data.
_SIGNIFICANT = 13
_LEVEL_DIGITS = 6  # nobody declares a level with more
_DEFAULT_LEVELS = (0.05, 0.025)


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.{_SIGNIFICANT}g}")


def _round(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _signed(value: Decimal) -> str:
    text = f"{abs(value):,f}" if abs(value) >= 10_000 else f"{abs(value):f}"
    return f"{MINUS}{text}" if value < 0 else text


def round_half_up(value: float, digits: int) -> str:
    """`value` with `digits` decimals, half up; commas from 10,000; minus is U+2212; zero has no sign.

    Args:
        value: A finite number.
        digits: Decimals, 0 or more.
    """
    return _signed(_round(_decimal(value), digits))


def full_precision(value: float | None) -> str:
    """The shortest text that reads back as the same double; "" for None.

    Args:
        value: Any number.
    """
    return "" if value is None else repr(float(value))


def format_plain(value: float) -> str:
    """A number that somebody declared (a landmark, a horizon, a threshold), as short as it was written.

    Args:
        value: Any finite number.
    """
    return _signed(Decimal(f"{value:.10g}")) if value else "0"


def format_count(value: float) -> str:
    """A count, with commas from 10,000.

    Args:
        value: A whole number.
    """
    return round_half_up(value, 0)


def format_percent(value: float, *, digits: int = 1, sign: bool = True) -> str:
    """A fraction as percent; "<0.1%" and ">99.9%" instead of rounding onto 0 or 100.

    Args:
        value: The fraction. Outside 0 to 1 (a change in hazard) it is rounded only.
        digits: Decimals.
        sign: Whether to print the percent sign.
    """
    exact = _decimal(value) * 100
    rounded, step = _round(exact, digits), Decimal(1).scaleb(-digits)
    text = _signed(rounded)
    if exact > 0 and rounded == 0:
        text = f"<{step:f}"
    elif exact < 100 and rounded == 100:
        text = f">{100 - step:f}"
    return f"{text}%" if sign else text


def format_fraction(value: float) -> str:
    """A declared fraction (a confidence level, a threshold) as percent, as short as it was written: "95%", "97.5%".

    Args:
        value: The fraction.
    """
    return f"{format_plain(float(_decimal(value) * 100))}%"


def format_time(
    value: float,
    unit: str,
    *,
    time_unit: TimeUnit | None = None,
    days_per_month: float = DAYS_PER_MONTH,
    digits: int | None = None,
) -> str:
    """A duration converted from `unit` to `time_unit`, without the unit's name.

    Args:
        value: The duration.
        unit: Its unit; a unit that is not one of time (patient-years) is printed unconverted.
        time_unit: Unit of display; None for `unit` itself.
        days_per_month: Declared length of a month.
        digits: Decimals; None for two of years, one of months and weeks, and of days where they are not whole.
    """
    exact = _decimal(value)
    shown = time_unit or unit
    if digits is None:
        digits = 2 if shown == "years" else 0 if shown == "days" and exact == exact.to_integral_value() else 1
    if time_unit is not None and unit != time_unit and unit in DAYS_PER_UNIT:
        have = Decimal(repr(days_per(cast("TimeUnit", unit), days_per_month=days_per_month)))
        exact = exact * have / Decimal(repr(days_per(time_unit, days_per_month=days_per_month)))
        exact = Decimal(f"{exact:.{_SIGNIFICANT}g}")
    return _signed(_round(exact, digits))


def format_p(value: float, *, level: float | None = None) -> str:
    """A P value: "<0.001", three decimals below 0.01, else two, ">0.99"; more where two would hide a decision.

    Args:
        value: The P value, 0 to 1.
        level: The level that it is compared with; 0.05 and 0.025 where None.
    """
    exact = _decimal(value)
    floor = Decimal("0.001")
    while level is not None and _decimal(level) <= floor:
        floor /= 10
    if exact < floor:
        return f"<{floor:f}"
    digits = 2 if exact >= Decimal("0.01") else -int(cast("int", floor.as_tuple().exponent))
    levels = [_decimal(item) for item in ((level,) if level is not None else _DEFAULT_LEVELS)]
    while digits < _SIGNIFICANT and any(_hides(exact, _round(exact, digits), item) for item in levels):
        digits += 1
    text = _round(exact, digits)
    return ">0.99" if text >= 1 else f"{text:f}"


def _hides(exact: Decimal, rounded: Decimal, level: Decimal) -> bool:
    """Whether rounding moves `exact` onto or across `level`."""
    return (exact < level, exact == level) != (rounded < level, rounded == level)


def format_level(value: float) -> str:
    """A significance level as declared: 0.05, 0.025, 0.0125; four digits of one that was computed, 0.02448."""
    plain = format_plain(value)
    return plain if len(plain.strip("0.")) <= _LEVEL_DIGITS else f"{Decimal(f'{value:.4g}'):f}"


def sides_words(sides: int | None) -> str:
    """Words for the sides of a test: "one-sided", "two-sided", or "" where sides do not apply.

    Args:
        sides: 1, 2 or None.
    """
    return {1: "one-sided", 2: "two-sided"}.get(sides or 0, "")


def number_digits(values: Iterable[float | None]) -> int:
    """Decimals that suit a group of measurements: 0 where all are whole, else 1 (2 below 10, 3 below 1).

    Args:
        values: The numbers that are to be printed alike; None is skipped.
    """
    known = [abs(value) for value in values if value is not None]
    if all(value == int(value) for value in known):
        return 0
    largest = max(known)
    return 1 if largest >= 10 else 2 if largest >= 1 else 3


def display_of(stat: Statistic) -> Display:
    """How the vocabulary says that a statistic is displayed.

    Args:
        stat: A statistic whose name is in the vocabulary.
    """
    return term(stat.key.statistic).display


def format_missing(reason: str) -> str:
    """What print says where a number is missing.

    Args:
        reason: The recorded reason, a slug or words.
    """
    if reason == "not_reached":
        return NR
    return reason.replace("_", " ") if reason else "not estimable"


def printed_unit(stat: Statistic, *, time_unit: TimeUnit | None = None) -> str:
    """Unit that follows a printed value: "%", "percentage points", "months", or "".

    Args:
        stat: The statistic.
        time_unit: Unit of display for times.
    """
    display = display_of(stat)
    if display == "percent":
        return "%"
    if display == "points":
        return "percentage points"
    if display == "time" and stat.unit in DAYS_PER_UNIT:
        return time_unit or stat.unit
    return stat.unit


def _ratio_digits(value: float, *, limit: bool) -> int:
    size = abs(value)
    if size >= 10:
        return 0 if size >= 100 else 1
    if 0 < size < 0.1:
        return 3
    # An upper limit of 0.997 is not "1.00".
    if limit and _round(_decimal(value), 2) == 1 and _round(_decimal(value), 3) != 1:
        return 3
    return 2


def _ratio(value: float, digits: int | None, *, limit: bool) -> str:
    if digits is None and value > 0 and _round(_decimal(value), 3) == 0:
        return "<0.001"
    return round_half_up(value, _ratio_digits(value, limit=limit) if digits is None else digits)


def _beside_zero(exact: Decimal, digits: int, *, limit: bool) -> int:
    """Decimals of a difference: of a limit that would round onto 0, one more."""
    return digits + 1 if limit and exact != 0 and _round(exact, digits) == 0 else digits


def _number(
    stat: Statistic, value: float, *, time_unit: TimeUnit | None, days_per_month: float, digits: int | None, limit: bool
) -> str:
    """One number of `stat` (its value or a limit), without its unit."""
    display = display_of(stat)
    if display == "count":
        return format_count(value)
    if display == "percent":
        return format_percent(value, digits=1 if digits is None else digits, sign=False)
    if display == "points":
        exact = _decimal(value) * 100
        return _signed(_round(exact, _beside_zero(exact, 1, limit=limit) if digits is None else digits))
    if display == "ratio":
        return _ratio(value, digits, limit=limit)
    if display == "time":
        return format_time(value, stat.unit, time_unit=time_unit, days_per_month=days_per_month, digits=digits)
    if display == "p" and digits is not None:  # of a design: a bound, or alpha that is spent
        return round_half_up(value, digits) if value >= 0.5 * 10**-digits else f"<{Decimal(1).scaleb(-digits):f}"
    if display == "p":
        return format_level(value) if stat.key.statistic == "significance_level" else format_p(value)
    places = (2 if abs(value) < 10 else 1) if digits is None else digits
    return round_half_up(value, _beside_zero(_decimal(value), places, limit=limit))


def format_value(
    stat: Statistic,
    *,
    time_unit: TimeUnit | None = None,
    days_per_month: float = DAYS_PER_MONTH,
    digits: int | None = None,
    unit: bool = False,
) -> str:
    """The value of a statistic as print shows it; its reason where it has none.

    Args:
        stat: The statistic.
        time_unit: Unit in which times are printed; None for the data's own.
        days_per_month: Declared length of a month.
        digits: Decimals, where the default for the kind of number does not suit.
        unit: Whether the unit follows the number. A percent sign always does.
    """
    if stat.value is None and stat.why() == RANGE:
        return _range(stat, time_unit=time_unit, days_per_month=days_per_month, digits=digits)
    if stat.value is None:
        return stat.text or format_missing(stat.why())
    text = _number(stat, stat.value, time_unit=time_unit, days_per_month=days_per_month, digits=digits, limit=False)
    name = printed_unit(stat, time_unit=time_unit)
    if name == "%":
        return f"{text}%"
    return f"{text} {name}" if unit and name else text


def _range(stat: Statistic, *, time_unit: TimeUnit | None, days_per_month: float, digits: int | None) -> str:
    """The smallest and the largest of equally fitting values, "78.2% to 84.1%"; one of them where print shows one."""
    sign = "%" if printed_unit(stat) == "%" else ""
    shown = [
        f"{_number(stat, value, time_unit=time_unit, days_per_month=days_per_month, digits=digits, limit=False)}{sign}"
        if value is not None
        else NR
        for value in (stat.lower, stat.upper)
    ]
    return shown[0] if shown[0] == shown[1] else " to ".join(shown)


def format_interval(
    stat: Statistic,
    *,
    time_unit: TimeUnit | None = None,
    days_per_month: float = DAYS_PER_MONTH,
    digits: int | None = None,
) -> str:
    """The limits as "0.59 to 0.96", "25.0 to NR", "NE"; "" for a statistic that has none and records no reason.

    Args:
        stat: The statistic.
        time_unit: Unit in which times are printed; None for the data's own.
        days_per_month: Declared length of a month.
        digits: Decimals, where the default for the kind of number does not suit.
    """
    if stat.value is None and stat.why() == RANGE:
        return ""
    shown = []
    for name in ("lower", "upper"):
        value: float | None = getattr(stat, name)
        if value is not None:
            text = _number(stat, value, time_unit=time_unit, days_per_month=days_per_month, digits=digits, limit=True)
            shown.append(text)
        elif stat.why(name):
            shown.append(NR if stat.why(name) == "not_reached" else NE)
        else:
            shown.append("")
    if not any(shown):
        return ""
    shown = [text or NE for text in shown]
    return NE if shown == [NE, NE] else " to ".join(shown)


def format_estimate_ci(
    stat: Statistic,
    *,
    time_unit: TimeUnit | None = None,
    days_per_month: float = DAYS_PER_MONTH,
    digits: int | None = None,
    words: bool = True,
    unit: bool = False,
) -> str:
    """Value and limits: "0.75 (95% CI, 0.59 to 0.96)", or "0.75 (0.59 to 0.96)" where a heading says which interval.

    Args:
        stat: The statistic.
        time_unit: Unit in which times are printed; None for the data's own.
        days_per_month: Declared length of a month.
        digits: Decimals, where the default for the kind of number does not suit.
        words: Whether the level of the interval is named.
        unit: Whether the unit follows the value.
    """
    value = format_value(stat, time_unit=time_unit, days_per_month=days_per_month, digits=digits, unit=unit)
    if stat.value is None and stat.why() != "not_reached":
        return value
    limits = format_interval(stat, time_unit=time_unit, days_per_month=days_per_month, digits=digits)
    if not limits or (stat.value is None and limits == f"{NR} to {NR}"):
        return value
    if not words:
        return f"{value} ({limits})"
    level = "CI" if stat.conf_level is None else f"{format_fraction(stat.conf_level)} CI"
    return f"{value} ({level}, {limits})"


def format_count_percent(stat: Statistic, *, digits: int = 1) -> str:
    """A proportion as its count and percent: "12 (4.3%)", "0 (0%)".

    Args:
        stat: A proportion with `events`.
        digits: Decimals of the percentage.
    """
    if stat.value is None or stat.events is None:
        return format_value(stat, digits=digits)
    if stat.events == 0:
        return "0 (0%)"
    return f"{format_count(stat.events)} ({format_percent(stat.value, digits=digits)})"
