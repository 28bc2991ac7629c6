"""Designs and interim looks: boundaries, spending, power, enrollment and events, conditional power, prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np

from equipoise.errors import Problem, UsageError
from equipoise.plot.sheet import Sheet, sheet_of
from equipoise.reporting.figures.style import ARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Curve, Results, Statistic
    from equipoise.results.bundle import Bundle

__all__ = ["accrual", "boundaries", "conditional_power", "power_curve", "prediction", "spending"]

Scale = Literal["z", "p", "hazard_ratio", "estimate"]
_SCALES = {"z": "z", "p": "Nominal P, one-sided", "hazard_ratio": "Hazard ratio", "estimate": "Difference"}
_SIDES = {
    "efficacy": ("Efficacy", ARMS[0], "o"),
    "futility": ("Futility", ARMS[1], "s"),
    "harm": ("Harm", ARMS[3], "D"),
}


def boundaries(
    source: Results | Bundle,
    hypothesis: str | None = None,
    *,
    scale: Scale = "z",
    design: str = "",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Bounds of a design by look, over the events (over the information fraction where looks have no events).

    Args:
        source: Results, or a bundle.
        hypothesis: Name of the hypothesis; may be left out where there is one.
        scale: `z`, `p` (one-sided nominal P), `hazard_ratio` or `estimate` (a difference).
        design: Name of an alternative; "" for the declared design.
        protocol: The protocol; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such bounds.
    """
    sheet = sheet_of(source, protocol, ax)
    rows = _rows(sheet, hypothesis, design)
    at, label = _places(rows)
    axes, drawn = sheet.axes, False
    for side, (words, style, marker) in _SIDES.items():
        own = [row for row in rows if row.key.statistic == f"{side}_{scale}" and row.value is not None]
        points = [(at[row.key.look], row.value) for row in own if row.key.look in at]
        if points:
            x, y = zip(*points, strict=True)
            dash = (0, style.dash) if style.dash else "-"
            axes.plot(x, y, marker=marker, color=style.color, linestyle=dash, label=words)
            drawn = True
    if not drawn:
        _refuse(f"bounds on the scale {scale}", hypothesis, [row.key.hypothesis for row in rows])
    if scale in ("p", "hazard_ratio"):
        axes.set_yscale("log")
        # Benefit stands above, as it does for z.
        axes.invert_yaxis()
    axes.set_xlim(left=0.0)
    return _finished(sheet, label, _SCALES[scale])


def spending(
    source: Results | Bundle,
    hypothesis: str | None = None,
    *,
    kind: Literal["alpha", "beta"] = "alpha",
    design: str = "",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Alpha or beta spent over the fraction of the information.

    Args:
        source: Results, or a bundle.
        hypothesis: Name of the hypothesis; may be left out where there is one.
        kind: `alpha` or `beta`.
        design: Name of an alternative; "" for the declared design.
        protocol: The protocol; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curve.
    """
    sheet = sheet_of(source, protocol, ax)
    style = ARMS[0] if kind == "alpha" else ARMS[1]
    for curve in _curves(sheet, f"{kind}_spending", hypothesis, design):
        drawstyle = "steps-post" if curve.kind == "step" else "default"
        sheet.axes.plot(curve.x, curve.y, color=style.color, drawstyle=drawstyle, label=f"{kind} spent")
    return _finished(sheet, "Information fraction", f"{kind.capitalize()} spent, cumulative", legend=False)


def power_curve(
    source: Results | Bundle,
    hypothesis: str | None = None,
    *,
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Power over the true hazard ratio, of the declared design and of its alternatives.

    Args:
        source: Results, or a bundle.
        hypothesis: Name of the hypothesis; may be left out where there is one.
        protocol: The protocol; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curve.
    """
    sheet = sheet_of(source, protocol, ax)
    curves = _curves(sheet, "power_by_hazard_ratio", hypothesis, None)
    for place, curve in enumerate(curves):
        style = ARMS[place % len(ARMS)]
        dash = (0, style.dash) if style.dash else "-"
        words = curve.key.group("design") or "as declared"
        sheet.axes.plot(curve.x, curve.y, color=style.color, linestyle=dash, label=words)
    sheet.axes.set_ylim(0.0, 1.02)
    return _finished(sheet, "True hazard ratio", "Power", legend=len(curves) > 1)


def accrual(
    source: Results | Bundle,
    hypothesis: str | None = None,
    *,
    design: str = "",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Expected enrollment and events over time, with the planned looks.

    Args:
        source: Results, or a bundle.
        hypothesis: Name of the hypothesis; may be left out where there is one.
        design: Name of an alternative; "" for the declared design.
        protocol: For labels and colours; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curves.
    """
    sheet = sheet_of(source, protocol, ax)
    enrolled = _curves(sheet, "expected_enrolled", hypothesis, design)
    events = _curves(sheet, "expected_events", hypothesis, design)
    label = "Time"
    for curve in (*enrolled, *events):
        factor, label = sheet.time(curve.unit)
        arm = "" if curve.key.versus else curve.key.arm
        color = "#333333" if curve in enrolled else sheet.style(arm, []).color if arm else ARMS[0].color
        words = "Enrolled" if curve in enrolled else f"Events, {sheet.label(arm)}" if arm else "Events"
        sheet.axes.plot(curve.x * factor, curve.y, color=color, label=words, linewidth=1.0 if arm else 2.0)
    for row in _rows(sheet, hypothesis, design):
        if row.key.statistic == "planned_time" and row.value is not None:
            sheet.axes.axvline(row.value * sheet.time(row.unit)[0], color="#444444", linestyle=":", linewidth=1.0)
    sheet.axes.set_xlim(left=0.0)
    sheet.axes.set_ylim(bottom=0.0)
    return _finished(sheet, label, "Number")


def conditional_power(
    source: Results | Bundle,
    hypothesis: str | None = None,
    *,
    design: str = "",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Conditional power over the z of an interim look, one curve a look.

    Args:
        source: Results, or a bundle.
        hypothesis: Name of the hypothesis; may be left out where there is one.
        design: Name of an alternative; "" for the declared design.
        protocol: The protocol; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such curve.
    """
    sheet = sheet_of(source, protocol, ax)
    for place, curve in enumerate(_curves(sheet, "conditional_power_design", hypothesis, design)):
        style = ARMS[place % len(ARMS)]
        sheet.axes.plot(curve.x, curve.y, color=style.color, label=f"Look {curve.key.look}")
    sheet.axes.set_ylim(0.0, 1.02)
    return _finished(sheet, "z at the look", "Conditional power, as designed")


def prediction(
    source: Results | Bundle,
    hypothesis: str | None = None,
    *,
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Events observed until the data cut, and the fan of those predicted after it.

    Args:
        source: Results, or a bundle.
        hypothesis: Name of the hypothesis; may be left out where there is one.
        protocol: For the unit of time; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no prediction.
    """
    sheet = sheet_of(source, protocol, ax)
    fans = _curves(sheet, "predicted_events", hypothesis, None)
    fans.sort(key=lambda c: -float(c.lower.size and np.nanmean(c.upper - c.lower)))
    label = "Time"
    for place, curve in enumerate(fans):
        factor, label = sheet.time(curve.unit)
        if curve.lower.size:
            words = f"{curve.key.interval.rsplit('.', 1)[-1]}% interval" if curve.key.interval else "Interval"
            sheet.axes.fill_between(curve.x * factor, curve.lower, curve.upper, color=ARMS[0].color,
                                    alpha=0.15 + 0.1 * place, linewidth=0, label=words)  # fmt: skip
    factor = sheet.time(fans[0].unit)[0]
    sheet.axes.plot(fans[0].x * factor, fans[0].y, "--", color=ARMS[0].color, label="Median")
    for curve in sheet.results.curves_of("observed_events", stage="monitoring", hypothesis=fans[0].key.hypothesis):
        sheet.axes.step(curve.x * sheet.time(curve.unit)[0], curve.y, where="post", color="#1a1a1a", label="Observed")
    sheet.axes.set_xlim(left=0.0)
    sheet.axes.set_ylim(bottom=0.0)
    return _finished(sheet, label, "Events")


def _rows(sheet: Sheet, hypothesis: str | None, design: str) -> list[Statistic]:
    rows = [row for row in sheet.results if row.key.stage == "design" and not row.key.group("vary")]
    known = list(dict.fromkeys(row.key.hypothesis for row in rows))
    name = _only(known) if hypothesis is None else hypothesis
    found = [row for row in rows if row.key.hypothesis == name and row.key.group("design") == design]
    if not found:
        _refuse("design", hypothesis, known)
    return found


def _curves(sheet: Sheet, curve: str, hypothesis: str | None, design: str | None) -> list[Curve]:
    found = sheet.results.curves_of(curve)
    known = list(dict.fromkeys(one.key.hypothesis for one in found))
    name = _only(known) if hypothesis is None else hypothesis
    own = [c for c in found if c.key.hypothesis == name and design in (None, c.key.group("design"))]
    if not own:
        _refuse(f"curve {curve}", hypothesis, known)
    return own


def _only(names: Sequence[str]) -> str:
    """The only hypothesis; where there are several one has to be named."""
    if len(names) > 1:
        cure = f"name one of {', '.join(names)}"
        raise UsageError(Problem("usage.plot", "the results have designs of several hypotheses", cure=cure))
    return names[0] if names else ""


def _places(rows: Sequence[Statistic]) -> tuple[dict[int | None, float], str]:
    """Where looks stand: at their events where all have some, else at their information fraction."""
    looks = {row.key.look for row in rows if row.key.look is not None}
    for statistic, label in (("planned_events", "Events"), ("information_fraction", "Information fraction")):
        own = [row for row in rows if row.key.statistic == statistic and (row.key.versus or not row.key.arm)]
        at: dict[int | None, float] = {row.key.look: row.value for row in own if row.value is not None}
        if looks and looks <= set(at):
            return at, label
    return {look: float(look) for look in looks}, "Look"


def _refuse(what: str, hypothesis: str | None, known: Sequence[str]) -> NoReturn:
    there = ", ".join(dict.fromkeys(name for name in known if name))
    cure = f"hypotheses that have it: {there}" if there else "run `equipoise design` or `equipoise monitor` with --out"
    message = f"the results have no {what}" + (" for this hypothesis" if hypothesis else "")
    raise UsageError(Problem("usage.plot", message, value=hypothesis or "", cure=cure))


def _finished(sheet: Sheet, x_label: str, y_label: str, *, legend: bool = True) -> Figure:
    axes: Any = sheet.axes
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(frameon=False)
    return sheet.figure
