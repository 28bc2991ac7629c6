"""Simulated numbers in print: with their Monte Carlo standard errors, and as many decimals as these allow."""

from __future__ import annotations

import math

from equipoise.reporting.cells import EMPTY, Cell, Piece, cell, plain
from equipoise.reporting.context import Context
from equipoise.results import Statistic
from equipoise.results.display import display_of, format_percent, format_time, format_value, round_half_up

__all__ = ["DASH", "bare", "span", "with_error", "with_spread"]

DASH = plain("\u2013")
_DIGITS = {
    "mean_estimate": 3, "true_value": 3, "sd_estimate": 3, "bias": 4, "median_bias": 4, "mean_z": 3, "sd_z": 3,
    "type_one_error": 4, "type_one_error_lower": 4, "type_one_error_ignoring_futility": 4, "cumulative_error": 4,
    "family_wise_error": 4, "analytic_type_one_error": 4,
}  # fmt: skip


def bare(context: Context, row: Statistic | None) -> Cell:
    """A simulated number without its error; a dash where there is no such row.

    Args:
        context: Bundle and protocol.
        row: The statistic.
    """
    if row is None:
        return DASH
    return cell(Piece(_text(context, row), row))


def with_error(context: Context, row: Statistic | None) -> Cell:
    """A simulated number and, in parentheses, its Monte Carlo standard error in the same unit.

    Args:
        context: Bundle and protocol.
        row: The statistic.
    """
    if row is None:
        return DASH
    text, error = _text(context, row), _error(context, row)
    return cell(Piece(f"{text} ({error})" if error else text, row))


def with_spread(context: Context, mean: Statistic | None, sd: Statistic | None) -> Cell:
    """A mean and, in parentheses, the standard deviation over trials.

    Args:
        context: Bundle and protocol.
        mean: The mean.
        sd: The standard deviation.
    """
    if mean is None or mean.value is None or sd is None or sd.value is None:
        return bare(context, mean)
    return cell(bare(context, mean), " (", bare(context, sd), ")")


def span(context: Context, low: Statistic | None, high: Statistic | None) -> Cell:
    """Two quantiles, "30.2 to 35.6".

    Args:
        context: Bundle and protocol.
        low: The lower one.
        high: The higher one.
    """
    if low is None or high is None or low.value is None or high.value is None:
        return EMPTY if low is None else bare(context, low)
    return cell(bare(context, low), " to ", bare(context, high))


def _text(context: Context, row: Statistic) -> str:
    if display_of(row) == "percent" and row.value in (0.0, 1.0):
        return format_percent(row.value, digits=0)
    digits = _DIGITS.get(row.key.statistic)
    if display_of(row) == "points":
        digits = 2
    elif display_of(row) == "number" and digits is None:
        digits = 1
    elif display_of(row) == "percent" and row.se is not None and row.se < _FINE:
        digits = 2
    return format_value(row, digits=digits, **context.time_style)


_ROUNDING = 1e-9  # of the number: an error below it is that of adding equal numbers, the same in every trial
_FINE = 0.0005  # of a share: below it a second decimal of the percentage means something


def _error(context: Context, row: Statistic) -> str:
    """The error in the unit of the number; of ratios it is on the log scale, and so is said for small ones."""
    if row.se is None or row.value is None or row.se <= _ROUNDING * abs(row.value):
        return ""
    kind = display_of(row)
    if kind in ("percent", "points"):
        return format_percent(row.se, digits=_decimals(100.0 * row.se), sign=False)
    if kind == "time":
        return format_time(row.se, row.unit, digits=_decimals(row.se), **context.time_style)
    return round_half_up(row.se, _decimals(row.se))


def _decimals(error: float) -> int:
    """Decimals that show two digits of an error, at least 1 and at most 5."""
    if error <= 0.0:
        return 1
    return min(max(1 - math.floor(math.log10(error)), 1), 5)
