"""Forest plots of subgroups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.errors import Problem, UsageError
from equipoise.plot.sheet import Sheet, refuse, sheet_of
from equipoise.results.display import format_estimate_ci

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Results, Statistic
    from equipoise.results.bundle import Bundle

__all__ = ["forest"]


def forest(
    source: Results | Bundle,
    analysis: str,
    *,
    arm: str | None = None,
    statistic: str = "hazard_ratio",
    protocol: Protocol | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Effects by subgroup with their limits.

    Args:
        source: Results, or a bundle.
        analysis: Name of an analysis with subgroups.
        arm: Experimental arm; needed where there is more than one.
        statistic: `hazard_ratio`, or `risk_difference` of an analysis of response.
        protocol: For labels; a bundle brings its own.
        ax: Axes to draw on; new ones where absent.

    Returns:
        The figure.

    Raises:
        UsageError: The results have no such rows, or several contrasts and no arm was named.
    """
    sheet = sheet_of(source, protocol, ax)
    every = [
        row
        for row in sheet.results.select(analysis=analysis, statistic=statistic)
        if row.key.group("factor") and arm in (None, row.key.arm)
    ]
    # A statistic with several intervals (Miettinen-Nurminen, Newcombe) is drawn with its first.
    rows = list({(row.key.arm, row.key.groups): row for row in reversed(every)}.values())[::-1]
    if not rows:
        _known_arm(sheet, statistic, analysis, arm)
        refuse("subgroup rows", statistic, analysis, _analyses(sheet, statistic))
    if len({row.key.arm for row in rows}) > 1:
        refuse("single contrast", statistic, f"{analysis}; name one `arm`", sorted({r.key.arm for r in rows}))
    _draw(sheet, rows, ratio=statistic.endswith("ratio"))
    return sheet.figure


def _known_arm(sheet: Sheet, statistic: str, analysis: str, arm: str | None) -> None:
    there = sorted({row.key.arm for row in sheet.results.select(analysis=analysis, statistic=statistic)} - {""})
    if arm is not None and there and arm not in there:
        cure = f"its arms are {', '.join(there)}"
        raise UsageError(Problem("usage.plot", "the analysis has no such arm", value=arm, cure=cure))


def _analyses(sheet: Sheet, statistic: str) -> list[str]:
    return [row.key.analysis for row in sheet.results if row.key.statistic == statistic and row.key.group("factor")]


def _draw(sheet: Sheet, rows: list[Statistic], *, ratio: bool) -> None:
    axes = sheet.axes
    texts, place = [], 0.0
    previous = ""
    for row in rows:
        factor = row.key.group("factor")
        if factor != previous:
            place += 1.0 if previous else 0.0
            texts.append((place, _factor(sheet, factor), "bold"))
            place, previous = place + 1.0, factor
        texts.append((place, f"   {row.key.group('level')}", "normal"))
        value, lower, upper = row.value, row.lower, row.upper
        if value is not None and lower is not None and upper is not None:
            axes.plot([lower, upper], [place, place], color="#1a1a1a", linewidth=1.2)
            axes.plot([value], [place], "s", color="#0b6bb0", markersize=6)
        words = format_estimate_ci(row) if value is not None else row.why().replace("_", " ")
        axes.annotate(words, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize="small")
        place += 1.0
    axes.axvline(1.0 if ratio else 0.0, color="#5a5a5a", linewidth=0.8, linestyle="--")
    if ratio:
        axes.set_xscale("log")
        _plain_ticks(axes)
    axes.set_ylim(place, -1.0)
    axes.set_yticks([at for at, _, _ in texts], [text for _, text, _ in texts])
    for tick, (_, _, weight) in zip(axes.get_yticklabels(), texts, strict=True):
        tick.set_fontweight(weight)
        tick.set_horizontalalignment("left")
    axes.tick_params(axis="y", length=0, pad=_pad(texts))
    axes.set_xlabel("Hazard ratio" if ratio else "Difference")
    axes.spines[["top", "right", "left"]].set_visible(False)


def _plain_ticks(axes: Axes) -> None:
    """0.5, 1, 2 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(base=10.0, subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _pad(texts: list[tuple[float, str, str]]) -> float:
    return 6.0 * max(len(text) for _, text, _ in texts)


def _factor(sheet: Sheet, name: str) -> str:
    if sheet.protocol is None or name not in sheet.protocol.factors:
        return name
    return sheet.protocol.factors[name].label
