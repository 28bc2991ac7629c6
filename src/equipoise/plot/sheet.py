"""What all plots share: where numbers come from, which axes to draw on, colours by arm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, cast

from equipoise.errors import Problem, UsageError
from equipoise.reporting.figures.style import ArmStyle, arm_style
from equipoise.results import Curve, Results
from equipoise.units import DAYS_PER_UNIT, TimeUnit, days_per

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equipoise.protocol.protocol import Protocol
    from equipoise.results.bundle import Bundle

__all__ = ["Sheet", "refuse", "sheet_of"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Results, protocol if known, and axes.

    Attributes:
        results: Statistics and curves.
        protocol: The protocol; None where none was given: arms then have their names, times the data's unit.
        axes: Where to draw.
        figure: The figure that the axes are on.
    """

    results: Results
    protocol: Protocol | None
    axes: Axes
    figure: Figure

    def label(self, arm: str) -> str:
        """Label of an arm.

        Args:
            arm: Its name.
        """
        if self.protocol is None or arm not in self.protocol.arms:
            return arm
        return self.protocol.arms[arm].label

    def style(self, arm: str, among: list[str]) -> ArmStyle:
        """Colour and dash of an arm.

        Args:
            arm: Its name.
            among: Names of the arms that are drawn, for results without a protocol.
        """
        order = list(self.protocol.arms) if self.protocol is not None else among
        return arm_style(order.index(arm) if arm in order else len(order))

    def time(self, unit: str) -> tuple[float, str]:
        """Display time of one unit of a curve, and the axis label.

        Args:
            unit: Unit of the curve.
        """
        if self.protocol is None or not unit:
            return 1.0, f"Time, {unit}" if unit else "Time"
        declared = self.protocol.time
        if unit not in DAYS_PER_UNIT:
            return 1.0, f"Time, {unit}"
        # Curves of adverse events are in days whatever the unit of the data is.
        length = days_per(cast("TimeUnit", unit), days_per_month=declared.days_per_month)
        return length / days_per(declared.unit, days_per_month=declared.days_per_month), f"Time, {declared.unit}"

    def curves(self, curve: str, analysis: str, **fields: Any) -> list[Curve]:
        """Curves of an analysis, arms in declared order.

        Args:
            curve: Name of the curve.
            analysis: Name of the analysis.
            **fields: Further key fields.

        Raises:
            UsageError: There are none; the message names what there is.
        """
        found = self.results.curves_of(curve, analysis=analysis, **fields)
        if not found:
            refuse("curve", curve, analysis, [c.key.analysis for c in self.results.curves if c.curve == curve])
        order = list(self.protocol.arms) if self.protocol is not None else []
        return sorted(found, key=lambda c: order.index(c.key.arm) if c.key.arm in order else len(order))


def sheet_of(source: Results | Bundle, protocol: Protocol | None, ax: Axes | None) -> Sheet:
    """What a plot draws from and on.

    Args:
        source: Results, or a bundle.
        protocol: The protocol; a bundle brings its own.
        ax: The caller's axes; None for new ones, on a figure that no other library keeps.

    Raises:
        UsageError: The source is neither results nor a bundle.
    """
    results = source if isinstance(source, Results) else getattr(source, "results", None)
    if not isinstance(results, Results):
        raise UsageError(
            Problem(
                "usage.plot_source",
                "a plot is made from results or a bundle",
                value=type(source).__name__,
                cure="give what `Trial.analyze` or `read_bundle` returned",
            )
        )
    if protocol is None and not isinstance(source, Results):
        from equipoise.protocol.loading import protocol_from_canonical

        protocol = protocol_from_canonical(source.protocol)
    if ax is None:
        figure = _figure_type()(figsize=(7.2, 4.6), layout="constrained")
        return Sheet(results, protocol, figure.add_subplot(), figure)
    if not hasattr(ax, "figure"):
        cure = "give matplotlib axes, or leave `ax` out for new ones"
        raise UsageError(Problem("usage.plot_axes", "`ax` is no axes to draw on", value=type(ax).__name__, cure=cure))
    return Sheet(results, protocol, ax, ax.figure)  # type: ignore[arg-type]


def refuse(what: str, name: str, analysis: str, known: list[str]) -> NoReturn:
    """Say that the results do not have something.

    Args:
        what: What was looked for: a curve, rows.
        name: Its name.
        analysis: Analysis that was asked for.
        known: Analyses that have it.

    Raises:
        UsageError: Always.
    """
    there = ", ".join(dict.fromkeys(known))
    cure = f"analyses that have one: {there}" if there else "declare it in trial.yaml and analyze again"
    raise UsageError(
        Problem("usage.plot", f"the results have no {what} {name} for this analysis", value=analysis, cure=cure)
    )


@cache
def _figure_type() -> type[Figure]:
    """A figure that a notebook shows although pyplot, with its global state, was never imported."""
    import io

    from matplotlib.figure import Figure

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            from matplotlib.backends.backend_agg import FigureCanvasAgg

            stream = io.BytesIO()
            FigureCanvasAgg(self).print_png(stream)  # type: ignore[no-untyped-call]
            return stream.getvalue()

    return Shown
