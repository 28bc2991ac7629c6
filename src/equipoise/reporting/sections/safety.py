"""Safety: exposure, overview, worst grade, classes and terms, and the dot plot. A participant counts once per row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.reporting.blocks import Block, Figure, Section, paragraph
from equipoise.reporting.cells import Cell
from equipoise.reporting.context import NOT_ADJUSTED, Context
from equipoise.reporting.lines import Line, arranged, method_notes
from equipoise.reporting.plan import safeties
from equipoise.reporting.plots import adverse_event_plot
from equipoise.reporting.sections.safety_time import over_time
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results.display import format_fraction

if TYPE_CHECKING:
    from equipoise.protocol.analysis import SafetyAnalysis

__all__ = ["difference_row", "harm_categories", "listed_terms", "safety"]

Groups = tuple[tuple[str, str], ...]

_CATEGORIES = {
    "any": "Any adverse event",
    "related": "Related to treatment",
    "grade_3_plus": "Grade 3 or higher",
    "grade_3": "Worst grade 3",
    "grade_4": "Worst grade 4",
    "grade_5": "Worst grade 5",
    "severe": "Severe",
    "serious": "Serious",
    "discontinuation": "Leading to discontinuation",
    "fatal": "Fatal",
}
_BRIEF = ("grade_3_plus", "severe", "serious", "discontinuation", "fatal")


def safety(context: Context) -> Section | None:
    """The section, with one part for each analysis of adverse events.

    Args:
        context: Bundle and protocol.
    """
    parts = safeties(context)
    if not parts:
        return None
    if len(parts) == 1:
        ((name, analysis),) = parts.items()
        blocks, inner = _parts(context, name, analysis)
        return Section("safety", "Safety", blocks, inner)
    made = []
    for name, analysis in parts.items():
        blocks, inner = _parts(context, name, analysis)
        flat = [*blocks, *(block for part in inner for block in part.blocks)]
        made.append(Section(f"safety-{name}", context.analysis_label(name), tuple(flat)))
    return Section("safety", "Safety", (), tuple(made))


def _parts(context: Context, name: str, analysis: SafetyAnalysis) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    first = paragraph(
        f"Population: {context.population(analysis.population)}. A participant counts once in each row. {NOT_ADJUSTED}"
    )
    inner = [Section(f"safety-{name}-overview", "Overview", _overview(context, name, analysis))]
    timed = over_time(context, name, analysis, dict(harm_categories(context, name)))
    if timed:
        inner.append(Section(f"safety-{name}-time", "Adverse events over time", timed))
    worst = _worst(context, name)
    if worst:
        inner.append(Section(f"safety-{name}-worst", "Worst grade by participant", (worst,)))
    terms = _terms(context, name, analysis)
    if terms:
        inner.append(Section(f"safety-{name}-terms", "Adverse events by class and term", terms))
    return (first,), tuple(inner)


def harm_categories(context: Context, name: str, *, brief: bool = False) -> list[tuple[str, str]]:
    """Categories of the overview that have rows, with their labels, in the usual order; events of interest last.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        brief: Only those of the first screen.
    """
    there = dict.fromkeys(
        row.key.group("category")
        for row in context.rows(name, "ae_proportion")
        if [pair[0] for pair in row.key.groups] == ["category"]
    )
    known = [(category, label) for category, label in _CATEGORIES.items() if category in there]
    if brief:
        return [item for item in known if item[0] in _BRIEF]
    known += [(category, category.replace("_", " ").capitalize()) for category in there if category not in _CATEGORIES]
    return known


def difference_row(
    context: Context,
    name: str,
    analysis: SafetyAnalysis,
    groups: Groups,
    label: str,
    *,
    group: str = "",
    counts: bool = True,
    indent: int = 0,
) -> Row:
    """One row: proportions by arm, then differences by contrast.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        groups: Groups of the rows.
        label: Label of the row.
        group: Heading that it stands under.
        counts: Whether counts stand beside percentages.
        indent: How deep the label is set in.
    """
    rates = [context.find(name, "ae_proportion", arm, groups=groups) for arm in context.protocol.arms]
    cells = [context.count_percent(one) if counts else context.value(one) for one in rates]
    for arm, versus in context.protocol.contrasts:
        stat = context.find(name, "risk_difference", arm, versus, groups=groups, interval=analysis.difference)
        cells.append(context.estimate(stat))
    return Row(label, tuple(cells), group=group, indent=indent)


def _columns(context: Context) -> tuple[Column, ...]:
    arms = [Column(context.arm(arm), "Participants, n (%)") for arm in context.protocol.arms]
    pairs = [
        Column(context.contrast(a, b), "Difference, percentage points (CI)") for a, b in context.protocol.contrasts
    ]
    return (*arms, *pairs)


def _overview(context: Context, name: str, analysis: SafetyAnalysis) -> tuple[Block, ...]:
    rows = [
        difference_row(context, name, analysis, (("category", category),), label)
        for category, label in harm_categories(context, name)
    ]
    blocks: list[Block] = []
    level = format_fraction(analysis.conf_level)
    if rows:
        blocks.append(
            Table(
                name=f"overview-{name}",
                title="Adverse events:",
                caption=f"{context.population(analysis.population)}. In parentheses, {level} confidence intervals.",
                stub="",
                columns=_columns(context),
                rows=tuple(rows),
                notes=method_notes(context, [cell for row in rows for cell in row.cells]),
            )
        )
    return (*blocks, *_exposure(context, name, analysis))


def _exposure(context: Context, name: str, analysis: SafetyAnalysis) -> tuple[Table, ...]:
    arms, lines = list(context.protocol.arms), []
    for statistic, label in (("exposure_total", "Total exposure"), ("exposure_median", "Median exposure")):
        stats = [context.find(name, statistic, arm) for arm in arms]
        if any(stats):
            lines.append(
                Line(label=label, arms=tuple(context.value(one, unit=True) for one in stats), group="Exposure")
            )
    for category, label in harm_categories(context, name):
        groups = (("category", category),)
        rates = [context.find(name, "ae_rate", arm, groups=groups) for arm in arms]
        if not any(rates):
            continue
        pairs = [context.find(name, "ae_rate_difference", a, b, groups=groups) for a, b in context.protocol.contrasts]
        units = sorted({one.unit for one in rates if one is not None and one.unit})
        there = tuple(context.estimate(one) for one in pairs) if any(pairs) else ()
        lines.append(
            Line(
                label=label,
                arms=tuple(context.estimate(one) for one in rates),
                effect="" if len(arms) == 2 else f"{label}: difference in rate",
                contrasts=there,
                group=f"Exposure-adjusted rates {', '.join(units)}; differences".strip(),
            )
        )
    if not lines:
        return ()
    shown = [one for line in lines for one in (*line.arms, *line.contrasts)]
    return arranged(
        context, lines, name=f"exposure-{name}", title="Exposure and exposure-adjusted rates:",
        caption=f"In parentheses, {format_fraction(analysis.conf_level)} confidence intervals.",
        notes=method_notes(context, shown),
    )  # fmt: skip


def _worst(context: Context, name: str) -> Table | None:
    levels = dict.fromkeys(
        row.key.group("worst_grade") for row in context.rows(name, "ae_proportion") if row.key.group("worst_grade")
    )
    if not levels:
        return None
    words = {"missing": "Grade missing", "none": "No adverse event"}
    rows = []
    for level in levels:
        groups = (("worst_grade", level),)
        stats = [context.find(name, "ae_proportion", arm, groups=groups) for arm in context.protocol.arms]
        label = words.get(level) or (f"Grade {level}" if level.isdigit() else level.capitalize())
        rows.append(Row(label, tuple(context.count_percent(one) for one in stats)))
    return Table(
        name=f"worst-{name}",
        title="Worst grade of any adverse event by participant.",
        stub="Worst grade",
        columns=tuple(Column(context.arm(arm), "Participants, n (%)") for arm in context.protocol.arms),
        rows=tuple(rows),
    )


def _highest(context: Context, name: str, groups: Groups) -> float:
    stats = [context.find(name, "ae_proportion", arm, groups=groups) for arm in context.protocol.arms]
    return max((one.value for one in stats if one is not None and one.value is not None), default=0.0)


# Longer lists belong in a file: a page of several megabytes helps nobody.
_TERMS = 400


def listed_terms(context: Context, name: str, analysis: SafetyAnalysis) -> dict[Groups, list[Groups]]:
    """Terms that reach the declared threshold in any arm, by class; both most frequent first, about 400 at most.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
    """
    classes: dict[Groups, dict[Groups, float]] = {}
    for row in context.rows(name, "ae_proportion"):
        if [pair[0] for pair in row.key.groups] != ["soc", "term"] or row.value is None:
            continue
        if row.value >= analysis.list_at_least and row.value > 0:
            below = classes.setdefault(row.key.groups[:1], {})
            below[row.key.groups] = max(row.value, below.get(row.key.groups, 0.0))
    if sum(len(terms) for terms in classes.values()) > _TERMS:
        cut = sorted((share for terms in classes.values() for share in terms.values()), reverse=True)[_TERMS - 1]
        classes = {soc: {g: x for g, x in terms.items() if x >= cut} for soc, terms in classes.items()}
        classes = {soc: terms for soc, terms in classes.items() if terms}
    order = sorted(classes, key=lambda groups: (-_highest(context, name, groups), groups))
    return {soc: sorted(classes[soc], key=lambda g: (-classes[soc][g], g)) for soc in order}


def _severe_group(context: Context, name: str) -> tuple[tuple[str, str], str] | None:
    """The group that marks severe events, `("grade", "3+")` or `("grade", "severe")`, and its heading."""
    for row in context.rows(name, "ae_proportion"):
        if [pair[0] for pair in row.key.groups] == ["soc", "term", "grade"]:
            level = row.key.group("grade")
            return ("grade", level), f"Grade {level}" if level[0].isdigit() else level.capitalize()
    return None


def _terms(context: Context, name: str, analysis: SafetyAnalysis) -> tuple[Block, ...]:
    chosen = listed_terms(context, name, analysis)
    threshold = format_fraction(analysis.list_at_least)
    if not chosen:
        return (paragraph(f"No term reached {threshold} of any arm."),) if context.rows(name, "ae_proportion") else ()
    severe = _severe_group(context, name)
    few = len(context.protocol.arms) == 2
    caption = "by class and term, most frequent first; participants, n (%)."
    first, second = _arm_columns(context, severe), _pair_columns(context)
    plot = _dots(context, name, analysis, chosen)
    by_arm = {groups: _by_arm(context, name, groups, severe) for _, groups in _flat(chosen)}
    by_pair = {groups: _by_contrast(context, name, analysis, groups) for _, groups in _flat(chosen)}
    title = f"Adverse events in at least {threshold} of an arm,"
    note = ("All terms, whether listed here or not, are in results.json and results.parquet.",)
    if few:
        cells = {groups: by_arm[groups] + by_pair[groups] for groups in by_arm}
        return (plot, _listing(f"terms-{name}", title, caption, (*first, *second), chosen, cells, note))
    return (
        plot,
        _listing(f"terms-{name}", title, caption, first, chosen, by_arm, ()),
        _listing(f"terms-{name}-contrasts", title, "differences in percentage points.", second, chosen, by_pair, note),
    )


_Chosen = dict[Groups, list[Groups]]


def _dots(context: Context, name: str, analysis: SafetyAnalysis, chosen: _Chosen) -> Figure:
    """The most frequent listed terms, whatever their class, as dots."""
    terms = [groups for below in chosen.values() for groups in below]
    top = sorted(terms, key=lambda groups: (-_highest(context, name, groups), groups))[:_DOTS]
    drawing = adverse_event_plot(context, name, [(groups[1][1], groups) for groups in top], analysis.difference)
    return Figure(
        name=f"dots-{name}",
        svg=drawing.wide,
        narrow=drawing.narrow,
        title="Most frequent adverse events by arm,",
        caption="with differences and their confidence limits.",
        description=drawing.words,
    )


_DOTS = 20


def _flat(chosen: _Chosen) -> list[tuple[str, Groups]]:
    """Classes and their terms in order, each with the class's name."""
    return [(soc[0][1], groups) for soc, terms in chosen.items() for groups in (soc, *terms)]


def _by_arm(
    context: Context, name: str, groups: Groups, severe: tuple[tuple[str, str], str] | None
) -> tuple[Cell, ...]:
    cells = []
    for arm in context.protocol.arms:
        cells.append(context.count_percent(context.find(name, "ae_proportion", arm, groups=groups)))
        if severe:
            stat = context.find(name, "ae_proportion", arm, groups=(*groups, severe[0]))
            cells.append(context.count_percent(stat, absent="not recorded"))
    return tuple(cells)


def _by_contrast(context: Context, name: str, analysis: SafetyAnalysis, groups: Groups) -> tuple[Cell, ...]:
    return tuple(
        context.estimate(context.find(name, "risk_difference", a, b, groups=groups, interval=analysis.difference))
        for a, b in context.protocol.contrasts
    )


def _arm_columns(context: Context, severe: tuple[tuple[str, str], str] | None) -> tuple[Column, ...]:
    columns = []
    for arm in context.protocol.arms:
        columns.append(Column("Any", context.arm(arm)))
        columns += [Column(severe[1], context.arm(arm))] if severe else []
    return tuple(columns)


def _pair_columns(context: Context) -> tuple[Column, ...]:
    words = "Difference in any, percentage points (CI)"
    return tuple(Column(context.contrast(a, b), words) for a, b in context.protocol.contrasts)


def _listing(
    name: str, title: str, caption: str, columns: tuple[Column, ...], chosen: _Chosen,
    cells: Mapping[Groups, tuple[Cell, ...]], notes: tuple[str, ...],
) -> Table:  # fmt: skip
    rows = []
    for soc, groups in _flat(chosen):
        label = "Any term of the class" if len(groups) == 1 else groups[1][1]
        rows.append(Row(label, cells[groups], group=soc))
    return Table(name=name, title=title, caption=caption, stub="Term", columns=columns, rows=tuple(rows), notes=notes)
