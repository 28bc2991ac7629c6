"""Flow of participants after CONSORT 2025: boxes of HTML, so that text wraps, prints and can be read aloud."""

from __future__ import annotations

from equipoise.pages import Html, element, join
from equipoise.reporting.blocks import Block, Section, paragraph
from equipoise.reporting.cells import Cell, cell
from equipoise.reporting.context import Context
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic

__all__ = ["flow", "flow_table"]

_A = "disposition"
# Steps by arm, under the heading of CONSORT that they belong to.
_ALLOCATION = (
    ("treated", "Received treatment"),
    ("not_treated", "Did not receive treatment"),
    ("arm_differs", "Received another arm's treatment"),
)
_FOLLOW_UP = (
    ("treatment_ongoing", "Treatment ongoing"),
    ("treatment_completed", "Completed treatment"),
    ("treatment_discontinued", "Discontinued treatment"),
    ("study_ongoing", "In follow-up"),
    ("study_completed", "Completed the study"),
    ("study_discontinued", "Discontinued the study"),
    ("died", "Died"),
)
_LABELS = {
    "screened": "Assessed for eligibility",
    "screen_failure": "Excluded",
    "randomized": "Randomized",
    **dict(_ALLOCATION),
    **dict(_FOLLOW_UP),
    "analyzed": "Analyzed",
}


def flow(context: Context) -> Section | None:
    """The section: the diagram and the same numbers as a table.

    Args:
        context: Bundle and protocol.
    """
    table = flow_table(context)
    if table is None:
        return None
    blocks: list[Block] = [_diagram(context), table]
    if not context.rows(_A, "subjects") or _one(context, "screened", "") is None:
        blocks.insert(0, paragraph("The data do not record who was assessed for eligibility.", css="note"))
    return Section("participants", "Participants", tuple(blocks))


def _one(context: Context, step: str, arm: str, **more: str) -> Statistic | None:
    return context.find(_A, "subjects", arm, groups=(("flow", step), *more.items()))


def _reasons(context: Context, step: str) -> list[str]:
    found = [r.key.group("reason") for r in context.rows(_A, "subjects") if r.key.group("flow") == step]
    return [reason for reason in dict.fromkeys(found) if reason]


def _populations(context: Context) -> list[str]:
    found = {r.key.group("population") for r in context.rows(_A, "subjects") if r.key.group("flow") == "analyzed"}
    return [name for name in context.protocol.populations if name in found]


def _line(context: Context, label: str, stat: Statistic | None) -> Cell | None:
    if stat is None:
        return None
    return cell(f"{label} (n\u00a0=\u00a0", context.value(stat), ")")


def _with_reasons(context: Context, step: str, arm: str, label: str) -> Html:
    line = _line(context, label, _one(context, step, arm))
    if line is None:
        return Html("")
    below = []
    for reason in _reasons(context, step):
        stat = _one(context, step, arm, reason=reason)
        if stat is not None and stat.value:
            below.append(element("li", cell(f"{reason} (n\u00a0=\u00a0", context.value(stat), ")").html))
    return element("li", line.html, element("ul", *below) if below else "")


def _box(title: str, items: list[Html], *, css: str = "") -> Html:
    shown = [item for item in items if item]
    body = element("ul", *shown) if shown else Html("")
    return element("div", element("p", title, cls="box-title") if title else "", body, cls=f"box {css}".strip())


def _diagram(context: Context) -> Html:
    top = []
    screened = _line(context, _LABELS["screened"], _one(context, "screened", ""))
    if screened is not None:
        excluded = _with_reasons(context, "screen_failure", "", _LABELS["screen_failure"])
        side = element("div", _box("", [excluded]), cls="side") if excluded else Html("")
        top.append(element("div", _box("Enrollment", [element("li", screened.html)]), side, cls="enrolled"))
    randomized = _line(context, _LABELS["randomized"], _one(context, "randomized", ""))
    if randomized is not None:
        title = "" if top else "Enrollment"
        top.append(_box(title, [element("li", randomized.html)], css="randomized"))
    arms = [element("div", *_arm(context, arm), cls="arm") for arm in context.protocol.arms]
    style = f"--arms: {len(arms)}"
    lanes = element("div", *arms, cls="arms", style=style)
    return element("div", join(top), lanes, cls="flow", role="group", aria_label="Flow of participants")


def _arm(context: Context, arm: str) -> list[Html]:
    allocated = _line(context, "Allocated", _one(context, "randomized", arm))
    first = [element("li", allocated.html)] if allocated else []
    first += [_with_reasons(context, step, arm, label) for step, label in _ALLOCATION if _said(context, step, arm)]
    boxes = [_box(context.arm(arm), first, css="allocation")]
    follow = [_with_reasons(context, step, arm, label) for step, label in _follow_up(context)]
    if any(follow):
        boxes.append(_box("Follow-up", follow))
    analyzed = []
    for name in _populations(context):
        line = _line(context, context.population(name), _one(context, "analyzed", arm, population=name))
        if line is not None:
            analyzed.append(element("li", line.html))
    if analyzed:
        boxes.append(_box("Analysis", analyzed))
    return boxes


def _said(context: Context, step: str, arm: str) -> bool:
    """Whether a step of the allocation is worth a line: nobody with another arm's treatment is not."""
    stat = _one(context, step, arm)
    return stat is not None and (step != "arm_differs" or bool(stat.value))


def _follow_up(context: Context) -> list[tuple[str, str]]:
    """Steps of the follow-up that anybody reached, in any arm."""
    found = []
    for step, label in _FOLLOW_UP:
        stats = [_one(context, step, arm) for arm in context.protocol.arms]
        if any(stat is not None and stat.value for stat in stats):
            found.append((step, label))
    return found


def flow_table(context: Context) -> Table | None:
    """The numbers of the diagram, one row a step; None where there are none.

    Args:
        context: Bundle and protocol.
    """
    arms = (*context.protocol.arms, "")
    rows: list[Row] = []
    for step, label in _LABELS.items():
        if step == "analyzed":
            continue
        rows += _steps(context, label, arms, (("flow", step),))
        for reason in _reasons(context, step):
            rows += _steps(context, reason, arms, (("flow", step), ("reason", reason)), indent=1)
    for name in _populations(context):
        groups = (("flow", "analyzed"), ("population", name))
        rows += _steps(context, f"Analyzed: {context.population(name)}", arms, groups)
    if not rows:
        return None
    return Table(
        name="table-flow",
        title="Flow of participants in numbers.",
        stub="Step",
        columns=tuple(Column(context.arm(arm)) for arm in arms),
        rows=tuple(rows),
        css="compact",
    )


def _steps(
    context: Context, label: str, arms: tuple[str, ...], groups: tuple[tuple[str, str], ...], indent: int = 0
) -> list[Row]:
    stats = [context.find(_A, "subjects", arm, groups=groups) for arm in arms]
    if not any(stat is not None for stat in stats):
        return []
    cells = tuple(cell() if stat is None else context.value(stat) for stat in stats)
    return [Row(label, cells, indent=indent)]
