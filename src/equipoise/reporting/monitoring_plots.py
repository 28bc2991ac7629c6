"""Rows and curves of an interim look handed to the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from equipoise.reporting.blocks import Figure
from equipoise.reporting.context import Context
from equipoise.reporting.design_plots import in_two_widths
from equipoise.reporting.design_tables import shown
from equipoise.reporting.planned import Interim
from equipoise.results.display import format_fraction, format_plain

if TYPE_CHECKING:
    from equipoise.reporting.figures import Bound, BoundScale, Chance, Rule
    from equipoise.reporting.figures.style import Width
    from equipoise.results import Curve, Statistic

__all__ = ["CONDITIONAL", "chance_figure", "fan_figure", "interval_level", "path_figure"]

CONDITIONAL = {
    "h0": "Conditional power if there is no effect from now on (null)",
    "null": "Conditional power if there is no effect from now on (null)",
    "design": "Conditional power if the effect is as designed",
    "h1": "Conditional power if the effect is as designed",
    "trend": "Conditional power if the current trend goes on",
}

_BRIEFLY = {
    "h0": "Conditional, no effect from now on (null)",
    "null": "Conditional, no effect from now on (null)",
    "design": "Conditional, effect as designed",
    "h1": "Conditional, effect as designed",
    "trend": "Conditional, current trend goes on",
}


def interval_level(row: Statistic | Curve) -> str:
    """The level of an interval in its key, as percent: "90%"; "" for none.

    Args:
        row: A statistic or a curve whose key has the level as the last part of its interval.
    """
    last = row.key.interval.rsplit(".", 1)[-1]
    return f"{last.replace('p', '.')}%" if last[:1].isdigit() else ""


def fan_figure(context: Context, interim: Interim, what: Literal["events", "enrolled"] = "events") -> Figure | None:
    """What was observed and the fan of what is predicted; None where there is no prediction.

    Args:
        context: Bundle and protocol.
        interim: The look.
        what: Events, or patients enrolled.
    """
    from equipoise.reporting import figures

    fans = sorted(interim.curve(f"predicted_{what}"), key=lambda c: -float(interval_level(c).rstrip("%") or 0))
    if not fans:
        return None
    observed = interim.curve(f"observed_{what}")
    pairs = [(f"{interval_level(c)} interval" if interval_level(c) else "Interval", c) for c in fans]
    rules = _targets(interim) if what == "events" else []
    if observed and observed[0].x.size:
        at = float(observed[0].x[-1]) * _factor(context, observed[0])
        rules.append(figures.Rule(at=at, label=f"data cut {interim.data_cut}".strip(), vertical=True))
    name, label, title, words = _FANS[what]
    description = f"{label} until the data cut, and the median and intervals of those predicted after it."

    def draw(name: str, width: Width) -> str:
        return figures.prediction_fan(
            observed, pairs, name=name, title=title, y_label=label,
            x_label=f"Time since the first randomization, {context.protocol.time.unit}",
            time_factor=_factor(context, fans[0]), rules=rules, description=description, width=width,
        )  # fmt: skip

    curves = tuple(c.id for c in (*observed, *fans))
    return in_two_widths(f"{name}-{interim.anchor}", draw, title=f"{title}.", caption=words, description=description,
                         curves=curves)  # fmt: skip


_FANS = {
    "events": (
        "prediction", "Events", "Prediction of events",
        "Observed until the data cut, predicted after it; level lines are events that looks wait for.",
    ),
    "enrolled": (
        "enrollment", "Patients enrolled", "Prediction of enrollment",
        "Observed until the data cut, predicted after it.",
    ),
}  # fmt: skip


def _factor(context: Context, curve: Curve) -> float:
    time = context.protocol.time
    return context.time_factor if curve.unit == time.data_unit and time.data_unit != time.unit else 1.0


def _targets(interim: Interim) -> list[Rule]:
    """Level lines at the numbers of events whose dates are predicted."""
    from equipoise.reporting.figures import Rule

    targets = {row.key.group("event") for name in ("predicted_date", "predicted_time") for row in interim.rows(name)}
    known = sorted(float(one) for one in targets if one.replace(".", "", 1).isdigit())
    return [Rule(at=number, label=f"{format_plain(number)} events") for number in known]


_PATHS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("z", "z", {"null": 0.0}),
    ("hazard_ratio", "Hazard ratio", {"log": True, "flip": True, "null": 1.0}),
)


def path_figure(context: Context, interim: Interim) -> Figure | None:
    """What was observed at the looks held, against the bounds; None where nothing is shown by arm.

    Args:
        context: Bundle and protocol.
        interim: The look.
    """
    from equipoise.reporting import figures
    from equipoise.reporting.figures import BoundScale

    if interim.contrast("z") is None and interim.find("z") is None:
        return None
    at, label = _places(interim)
    scales: list[BoundScale] = []
    for name, words, how in _PATHS:
        bounds = [*_bounds(context, interim, name, at), *_observed(context, interim, name, at)]
        if any(one.side == "observed" for one in bounds):
            scales.append(BoundScale(label=words, bounds=tuple(bounds), **how))
    if not scales:
        return None
    description = "Observed values at the looks held, against the bounds. The table has all numbers."

    def draw(name: str, width: Width) -> str:
        return figures.boundaries(
            scales, name=name, title="Observed against the bounds", x_label=label, description=description, width=width,
        )  # fmt: skip

    caption = "Benefit stands above; bounds of looks to come are as now planned."
    return in_two_widths(
        f"path-{interim.anchor}", draw, title="Observed against the bounds.", caption=caption, description=description
    )


def _places(interim: Interim) -> tuple[dict[int, float], str]:
    """Where looks stand: at their events, planned ones for looks to come; else at their information."""
    out: dict[int, float] = {}
    words = "Events"
    for row in (*interim.past, *interim.statistics):
        look, value = row.key.look, row.value
        held = look is not None and interim.look is not None and look <= interim.look
        if look is None or value is None or row.key.arm:
            continue
        if row.key.statistic == ("statistical_information" if held else "planned_events"):
            out[look] = value
            # The variance of a weighted score is no number of events.
            words = words if not held or float(value).is_integer() else "Information"
    return out, words


def _bounds(context: Context, interim: Interim, scale: str, at: Mapping[int, float]) -> list[Bound]:
    """Bounds of all looks, held and to come."""
    from equipoise.reporting.figures import Bound

    out: list[Bound] = []
    sides: tuple[Any, ...] = ("efficacy", "futility", "harm")
    for side in sides:
        rows = [r for r in (*interim.past, *interim.statistics) if r.key.statistic == f"{side}_{scale}"]
        for row in sorted(rows, key=lambda one: one.key.look or 0):
            look = row.key.look
            if look is not None and look in at and row.value is not None:
                text = shown(context, row).text
                out.append(Bound(side=side, at=at[look], value=row.value, text=text, stat=row.id))
    return out


def _observed(context: Context, interim: Interim, statistic: str, at: Mapping[int, float]) -> list[Bound]:
    """What was seen at the looks held; of several estimates of one look the first."""
    from equipoise.reporting.figures import Bound

    out, seen = [], set()
    for row in sorted((*interim.past, *interim.statistics), key=lambda one: one.key.look or 0):
        look = row.key.look
        if look is None or look not in at or look in seen:
            continue
        if row.key.statistic == statistic and row.value is not None:
            seen.add(look)
            text = context.value(row, digits=2).text
            out.append(Bound(side="observed", at=at[look], value=row.value, text=text, stat=row.id))
    return out


def chance_figure(context: Context, interim: Interim) -> Figure | None:
    """Conditional powers and predictive power on one axis; None where there are none.

    Args:
        context: Bundle and protocol.
        interim: The look.
    """
    from equipoise.reporting import figures

    rows = chance_rows(context, interim)
    if not rows:
        return None
    description = (
        "Probability to show efficacy at the last look. " + "; ".join(f"{r.label}: {r.text}" for r in rows) + "."
    )

    def draw(name: str, width: Width) -> str:
        return figures.chances(rows, name=name, title="Conditional and predictive power",
                               x_label="Probability to show efficacy in the end, %", description=description,
                               width=width)  # fmt: skip

    return in_two_widths(f"chances-{interim.anchor}", draw, title="Conditional and predictive power.",
                         description=description)  # fmt: skip


def chance_rows(context: Context, interim: Interim) -> Sequence[Chance]:
    """Conditional powers, each with what it assumes, and predictive powers."""
    from equipoise.reporting.figures import Chance

    out = []
    for row in interim.rows("conditional_power"):
        if row.value is not None:
            label = _BRIEFLY.get(row.key.under, f"Conditional, under {row.key.under}")
            out.append(Chance(label, row.value, context.value(row).text, row.id))
    for row in interim.rows("predictive_power"):
        if row.value is not None:
            label = f"Predictive, {prior_words(context, row)}"
            out.append(Chance(label, row.value, context.value(row).text, row.id))
    return out


def prior_words(context: Context, row: Statistic) -> str:
    """The prior of a predictive power.

    Args:
        context: Bundle and protocol.
        row: The predictive power; its method names the prior.
    """
    declared = context.protocol.monitoring.prior if context.protocol.monitoring is not None else None
    if row.key.method.startswith("flat") or declared is None:
        return "flat prior"
    return f"prior: hazard ratio {format_plain(declared.hazard_ratio)}, {format_plain(declared.events)} events"


def level_words(row: Statistic) -> str:
    """The level of a prediction's interval.

    Args:
        row: A prediction.
    """
    return interval_level(row) or (format_fraction(row.conf_level) if row.conf_level is not None else "")
