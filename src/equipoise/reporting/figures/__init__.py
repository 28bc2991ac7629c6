"""Figures: finished numbers and strings in, SVG elements out. No statistic is computed here."""

from equipoise.reporting.figures.accrual import accrual
from equipoise.reporting.figures.bars import response_bars
from equipoise.reporting.figures.boundaries import Bound, BoundScale, boundaries, spending
from equipoise.reporting.figures.conditional import Chance, chances, conditional_power
from equipoise.reporting.figures.diagnostics import log_minus_log, schoenfeld
from equipoise.reporting.figures.dots import ae_dot_plot
from equipoise.reporting.figures.forest import forest
from equipoise.reporting.figures.kaplan_meier import kaplan_meier, mini_kaplan_meier
from equipoise.reporting.figures.means import MeanPoint, means
from equipoise.reporting.figures.panels import Rule
from equipoise.reporting.figures.power import power_curve
from equipoise.reporting.figures.prediction import prediction_fan
from equipoise.reporting.figures.rising import rising_curves
from equipoise.reporting.figures.rows import AtRiskRow, Difference, DotRow, ForestRow, ResponseBar
from equipoise.reporting.figures.simulated import (
    Point,
    StopBar,
    estimates_by_look,
    look_dates,
    power_points,
    power_sweep,
    stopping_bars,
)
from equipoise.reporting.figures.svg import axis_fractions, stamped, standalone

__all__ = [
    "AtRiskRow",
    "Bound",
    "BoundScale",
    "Chance",
    "Difference",
    "DotRow",
    "ForestRow",
    "MeanPoint",
    "Point",
    "ResponseBar",
    "Rule",
    "StopBar",
    "accrual",
    "ae_dot_plot",
    "axis_fractions",
    "boundaries",
    "chances",
    "conditional_power",
    "estimates_by_look",
    "forest",
    "kaplan_meier",
    "log_minus_log",
    "look_dates",
    "means",
    "mini_kaplan_meier",
    "power_curve",
    "power_points",
    "power_sweep",
    "prediction_fan",
    "response_bars",
    "rising_curves",
    "schoenfeld",
    "spending",
    "stamped",
    "standalone",
    "stopping_bars",
]
