"""One page on a reconstruction: clicks against the rebuilt curves, what its analysis gives, and what was changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equipoise.evidence.reconstruct.quality import ArmMade, staircase
from equipoise.kernels.kaplan_meier import kaplan_meier
from equipoise.pages import Html, element, join, shell
from equipoise.results.display import format_estimate_ci, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equipoise.evidence.reconstruct.curve import CurveMade
    from equipoise.results import Statistic

__all__ = ["MARK", "quality_page"]

MARK = "SYNTHETIC DATA"
_COLOURS = ("#1f5c99", "#b3541e", "#3f7d3a", "#7a3f8c", "#8c6d1f", "#3b3b3b")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 860.0, 430.0, 62.0, 52.0, 34.0
_SHOWN = 400  # clicks of an arm that are drawn
_CAPTION = "Points: clicks. Lines: Kaplan-Meier estimate of the rebuilt patients."
_METHOD = (
    "Method: Guyot P, Ades AE, Ouwens MJNM, Welton NJ. BMC Med Res Methodol 2012;12:9, with the line behind the clicks"
    " found first, and numbers at risk and reported events held exactly."
)


def quality_page(made: CurveMade, source: str) -> str:
    """The page, one file that asks the network for nothing.

    Args:
        made: What was rebuilt.
        source: What from, in words.
    """
    title = f"{made.endpoint}: patients rebuilt from a curve"
    intro = (
        f"These patients were rebuilt from {source}. They are not the patients of the trial. Their Kaplan-Meier curves,"
        " medians, numbers at risk and hazard ratio are as close to the published ones as is said below; nothing"
        " else of them, such as a subgroup or a new test, means anything."
    )
    body = join(
        [
            element("p", intro),
            element("figure", _drawing(made), element("figcaption", _CAPTION)),
            element("h2", "What its own analysis gives", id="analysis"),
            _numbers(made),
            element("h2", "What was changed and supposed", id="changes"),
            _changes(made),
            element("p", _METHOD),
        ],
        Html("\n"),
    )  # fmt: skip
    header = element("h1", title)
    return shell(f"{MARK} {title}", body, header=header, description=intro, mark=MARK)


def _numbers(made: CurveMade) -> Html:
    names = {arm.name: arm.label for arm in made.arms}
    head = element("tr", *[element("th", word, scope="col") for word in ("", "Statistic", "Rebuilt", "Identifier")])
    rows = []
    for row in made.results:
        who = names[row.key.arm] + (f" against {names[row.key.versus]}" if row.key.versus else "")
        label = _label(row)
        shown = element("span", _shown(row), data_stat=row.id)
        rows.append(
            element(
                "tr",
                element("th", who, scope="row"),
                element("td", label),
                element("td", shown),
                element("td", element("code", row.id)),
            )
        )
    caption = element("caption", f"{MARK}. Hazard ratios below 1 favour the first arm; times in {made.unit}.")
    table = element("table", caption, element("thead", head), element("tbody", *rows))
    return element("div", table, cls="table", tabindex="0", role="group", aria_label="Statistics of the reconstruction")


def _label(row: Statistic) -> str:
    from equipoise.results.vocabulary import VOCABULARY

    return VOCABULARY[row.key.statistic].label


def _shown(row: Statistic) -> str:
    if row.key.statistic in ("hazard_ratio", "median"):
        return format_estimate_ci(row, unit=True)
    if row.key.statistic.startswith("curve_deviation"):
        return f"{format_value(row, digits=2)} of the axes"
    return format_value(row)


def _changes(made: CurveMade) -> Html:
    items = [element("li", note) for note in made.notes]
    for arm in made.arms:
        items += [element("li", element("b", f"{arm.label}: "), note) for note in arm.notes]
        items += [element("li", element("b", f"{arm.label}, look at this: "), doubt) for doubt in arm.doubts]
    return element("ul", *items) if items else element("p", "Nothing.")


def _drawing(made: CurveMade) -> Html:
    end = max(float(max(arm.rebuilt.time.max(), arm.time.max())) for arm in made.arms)
    step = _step(end)
    ticks = [k * step for k in range(int(end / step + 1e-9) + 1)]

    def x(time: float) -> str:
        return f"{_LEFT + time / end * (_WIDTH - _LEFT - 16.0):.2f}".rstrip("0").rstrip(".")

    def y(survival: float) -> str:
        return f"{_TOP + (1.0 - survival) * (_HEIGHT - _TOP - _BOTTOM):.2f}".rstrip("0").rstrip(".")

    parts = [
        element("title", f"{MARK}: clicks and rebuilt curves of {made.endpoint}"),
        element("rect", x="0", y="0", width=f"{_WIDTH:g}", height="24", fill="#7a1f1f"),
        element("text", MARK, x="8", y="17", fill="#ffffff", font_size="13", font_weight="bold"),
    ]
    for k in range(6):
        level = k / 5
        parts.append(element("path", d=f"M{x(0)} {y(level)}H{x(end)}", stroke="#e2e2e2"))
        parts.append(
            element("text", f"{level:.0%}", x=f"{_LEFT - 8:g}", y=y(level), text_anchor="end", font_size="12", dy="4")
        )
    for tick in ticks:
        parts.append(
            element(
                "text", f"{tick:g}", x=x(tick), y=f"{_HEIGHT - _BOTTOM + 18:g}", text_anchor="middle", font_size="12"
            )
        )
    parts.append(
        element("text", f"Time, {made.unit}", x=x(end / 2), y=f"{_HEIGHT - 12:g}", text_anchor="middle", font_size="12")
    )
    for number, arm in enumerate(made.arms):
        colour = _COLOURS[number % len(_COLOURS)]
        thin = max(1, math.ceil(arm.time.size / _SHOWN))
        clicks = zip(arm.time[::thin].tolist(), arm.survival[::thin].tolist(), strict=True)
        parts += [
            element("circle", cx=x(a), cy=y(b), r="2.4", fill="none", stroke=colour, stroke_width="0.8")
            for a, b in clicks
        ]
        parts.append(element("path", d=_path(arm, x, y), fill="none", stroke=colour, stroke_width="1.3"))
        place = {"x": f"{_WIDTH - 20:g}", "y": f"{_TOP + 16 + 18 * number:g}", "text_anchor": "end"}
        parts.append(element("text", arm.label, **place, fill=colour, font_size="13"))
    return element("svg", *parts, viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}", role="img", xmlns="http://www.w3.org/2000/svg",
                   style="width:100%;height:auto;font-family:sans-serif")  # fmt: skip


def _path(arm: ArmMade, x: object, y: object) -> str:
    rebuilt = arm.rebuilt
    times, levels = staircase(kaplan_meier(rebuilt.time, rebuilt.status), float(rebuilt.time.max()))
    pairs: Sequence[tuple[float, float]] = list(zip(times.tolist(), levels.tolist(), strict=True))
    return "M" + "L".join(f"{x(a)} {y(b)}" for a, b in pairs)  # type: ignore[operator]


def _step(end: float) -> float:
    """A round distance of ticks, six or so to the axis."""
    rough = end / 6.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((factor * power for factor in (1.0, 2.0, 2.5, 3.0, 5.0, 6.0) if factor * power >= rough), 10.0 * power)
