"""An interim look: blinded, pooled over arms, with the bound to apply and when events are to come; or unblinded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equipoise.pages import element
from equipoise.reporting.blinding import MARK, is_unblinded
from equipoise.reporting.blocks import Block, Section, paragraph
from equipoise.reporting.cells import EMPTY, Cell, Piece, cell, plain
from equipoise.reporting.context import Context
from equipoise.reporting.design_tables import shown
from equipoise.reporting.design_words import hypothesis_label
from equipoise.reporting.monitoring_plots import (
    CONDITIONAL,
    chance_figure,
    fan_figure,
    level_words,
    path_figure,
    prior_words,
)
from equipoise.reporting.planned import Interim, interims_of
from equipoise.reporting.tables import Column, Row, Table
from equipoise.results import Statistic
from equipoise.results.display import format_fraction, format_interval, format_time

__all__ = ["BLINDED", "monitoring", "monitoring_answer", "monitoring_sentence"]

BLINDED = "Blinded: pooled over arms. Nothing on this page is shown by treatment."


def monitoring(context: Context) -> Section | None:
    """The section; None where the bundle holds no interim look.

    Args:
        context: Bundle and protocol.
    """
    looks = interims_of(context)
    if not looks:
        return None
    parts = tuple(_look(context, one) for one in looks)
    # The first screen of a bundle without results has the banner.
    banner = (_banner(context),) if context.analyzed else ()
    if len(parts) == 1:
        return Section("monitoring", "Interim look", (*banner, *parts[0].blocks), parts[0].inner)
    return Section("monitoring", "Interim look", banner, parts)


def _banner(context: Context) -> Block:
    if is_unblinded(context.bundle):
        words = "This page shows results by treatment. It is for those who may see them, and for nobody else."
        return element("p", element("b", f"{MARK}."), f" {words}", cls="unblinded-note")
    return element("p", BLINDED, cls="blinded-note")


def _look(context: Context, interim: Interim) -> Section:
    # The first screen of a bundle without results has said it.
    blocks: list[Block] = [paragraph(monitoring_sentence(context, interim).html)] if context.analyzed else []
    for made in (_status(context, interim), _bound(context, interim)):
        blocks += [made] if made is not None else []
    inner = []
    effect = [block for block in (path_figure(context, interim), _effects(context, interim)) if block is not None]
    if effect:
        inner.append(Section(f"monitoring-{interim.hypothesis}-effect", "Effect and decision", tuple(effect)))
    chance = [block for block in (chance_figure(context, interim), _chances(context, interim)) if block is not None]
    if chance:
        inner.append(Section(f"monitoring-{interim.hypothesis}-chances", "If the trial goes on", tuple(chance)))
    found = (fan_figure(context, interim), _dates(context, interim), fan_figure(context, interim, "enrolled"),
             _numbers(context, interim))  # fmt: skip
    dates = [block for block in found if block is not None]
    if dates:
        inner.append(Section(f"monitoring-{interim.hypothesis}-prediction", "When events are to come", tuple(dates)))
    title = hypothesis_label(context, interim.hypothesis)
    return Section(f"monitoring-{interim.hypothesis}", title, tuple(blocks), tuple(inner))


def monitoring_sentence(context: Context, interim: Interim) -> Cell:
    """An interim look in a sentence: how much information, the bound, and what was decided where it is shown.

    Args:
        context: Bundle and protocol.
        interim: The look.
    """
    events, fraction = interim.find("events"), interim.find("information_fraction")
    bound, ratio = interim.find("efficacy_z"), interim.find("efficacy_hazard_ratio")
    when = f", data cut {interim.data_cut}" if interim.data_cut else ""
    where = f"Look {interim.look}" if interim.look is not None else "Not looked at"
    parts: list[str | Cell] = [f"{hypothesis_label(context, interim.hypothesis)}. {where}{when}: "]
    if events is not None:
        parts += [context.value(events), " events"]
        parts += [", ", context.value(fraction), " of the information"] if fraction is not None else []
        parts.append(". ")
    if bound is not None and bound.value is not None:
        parts += ["Efficacy is shown if z is at least ", shown(context, bound)]
        if ratio is not None and ratio.value is not None:
            parts += [" (a hazard ratio of about ", shown(context, ratio), " or less)"]
        parts.append(". ")
    elif bound is not None:
        parts += ["No bound: ", context.value(bound), ". "]
    decision = _decision(interim)
    if decision is not None:
        parts += ["Decision by the bounds: ", _decided(context, decision), "."]
    return cell(*parts)


def _decided(context: Context, row: Statistic) -> Cell:
    words = {"rejected": "null hypothesis rejected", "not rejected": "null hypothesis not rejected"}.get(row.text)
    return cell(Piece(words, row)) if words else context.value(row)


def _decision(interim: Interim) -> Statistic | None:
    return next(iter(interim.rows("decision")), None)


_STATUS: tuple[tuple[str, str], ...] = (
    ("Randomized", "subjects"),
    ("Enrolled", "enrolled"),
    ("Events", "events"),
    ("Events planned for this look", "planned_events"),
)
_GROUPS = {"When": "When", "Efficacy": "Efficacy is shown if", "Futility": "Futility if", "Harm": "Harm if"}
_BOUNDS: tuple[tuple[str, str, str], ...] = (
    ("When", "Planned events", "planned_events"),
    ("When", "Information fraction", "information_fraction"),
    ("When", "Spending time", "spending_time"),
    ("Efficacy", "z is at least", "efficacy_z"),
    ("Efficacy", "one-sided nominal P is at most", "efficacy_p"),
    ("Efficacy", "hazard ratio is at most (approximately)", "efficacy_hazard_ratio"),
    ("Efficacy", "Alpha spent up to then", "alpha_spent"),
    ("Futility", "z is at or below", "futility_z"),
    ("Futility", "one-sided nominal P is at least", "futility_p"),
    ("Futility", "hazard ratio is at least (approximately)", "futility_hazard_ratio"),
    ("Harm", "z is at or below", "harm_z"),
    ("Harm", "hazard ratio is at or above", "harm_hazard_ratio"),
)


def _table(
    interim: Interim, name: str, title: str, rows: Sequence[Row], columns: Sequence[Column], **more: Any
) -> Table:
    return Table(name=f"{name}-{interim.anchor}", title=title, columns=tuple(columns), rows=tuple(rows), **more)


def _status(context: Context, interim: Interim) -> Table | None:
    """How much is known, pooled, and by arm where the look is unblinded."""
    arms = [arm for arm in context.protocol.arms if interim.find("events", arm=arm) is not None]
    rows = []
    for label, name in _STATUS:
        row = interim.find(name)
        if row is None or (name == "enrolled" and interim.find("subjects") is not None):
            continue
        by_arm = [interim.find(name, arm=arm) for arm in arms]
        rows.append(Row(label, (shown(context, row), *(shown(context, one) for one in by_arm))))
    if not rows:
        return None
    columns = [Column("All arms"), *(Column(context.arm(arm)) for arm in arms)]
    return _table(interim, "status", "What has been seen.", rows, columns)


def _bound(context: Context, interim: Interim) -> Table | None:
    """The bounds of this look beside those of looks held before, which never change, and of looks to come."""
    every = (*interim.past, *interim.statistics)
    by_look: dict[int, dict[str, Statistic]] = {}
    for row in every:
        if row.key.look is not None and not row.key.arm and not row.key.groups and row.key.time is None:
            by_look.setdefault(row.key.look, {})[row.key.statistic] = row
    looks = [look for look in sorted(by_look) if "efficacy_z" in by_look[look]]
    now = interim.look or 0
    rows = []
    for group, label, name in _BOUNDS:
        found = [by_look[look].get(name) for look in looks]
        if any(row is not None and row.value is not None for row in found):
            cells = [shown(context, one) if one is not None and one.value is not None else _DASH for one in found]
            rows.append(Row(label, tuple(cells), group=_GROUPS[group]))
    if not rows:
        return None
    cuts = [plain(by_look[look]["efficacy_z"].key.data_cut) if look <= now else _DASH for look in looks]
    first = Row("Data cut", tuple(cuts), group=_GROUPS["When"])
    columns = [
        Column(f"Look {look}, {'held' if look < now else 'now' if look == now else 'to come'}") for look in looks
    ]
    title = "Bounds to be applied." if interim.look is not None else "Bounds of looks to come."
    return _table(interim, "bounds", title, [first, *rows] if any(look <= now for look in looks) else rows, columns)


_DASH = plain("\u2013")
_P_WORDS = {"stagewise": "P, stage-wise ordering", "repeated": "Repeated P"}


def _effects(context: Context, interim: Interim) -> Table | None:
    """The estimate with its intervals, z, its P and the decision; only an unblinded look has them."""
    rows = []
    z, decision = interim.contrast("z") or interim.find("z"), _decision(interim)
    if z is not None:
        rows.append(Row("z (positive favours the experimental arm)", (context.value(z, digits=3),)))
    for row in interim.rows("p_value"):
        words = _P_WORDS.get(row.key.method, "P, not adjusted for the looks")
        rows.append(Row(f"{words}, one-sided" if row.sides == 1 else words, (context.interim_p(row),)))
    for name, label in (("hazard_ratio", "Hazard ratio"), ("rmst_difference", "Difference in restricted mean"),
                        ("survival_difference", "Difference in event-free probability"),
                        ("risk_difference", "Difference in proportions")):  # fmt: skip
        for row in interim.rows(name):
            rows.append(Row(f"{label}, {_interval_words(row)}", (context.estimate(row),)))
    if decision is not None:
        rows.append(Row("Decision by the bounds", (_decided(context, decision),)))
    if not rows:
        return None
    pair = next(iter(context.protocol.contrasts), ("", ""))
    return _table(interim, "effect", "Effect at this look.", rows, [Column(context.contrast(*pair))])


def _interval_words(row: Statistic) -> str:
    level = format_fraction(row.conf_level) if row.conf_level is not None else ""
    kind = row.key.interval.split(".", 1)[0]
    words = {
        "repeated": "repeated confidence interval",
        "stagewise": "median unbiased, stage-wise confidence interval",
    }.get(kind, "confidence interval not adjusted for the looks")
    return f"{level} {words}".strip()


def _chances(context: Context, interim: Interim) -> Table | None:
    rows = []
    notes: dict[str, None] = {}
    for name in ("conditional_power", "predictive_power"):
        for row in interim.rows(name):
            label = CONDITIONAL.get(row.key.under, f"Conditional power under {row.key.under}")
            label = label if name == "conditional_power" else f"Predictive power ({prior_words(context, row)})"
            rows.append(Row(label, (context.value(row),)))
            notes.setdefault(row.method_text)
    if not rows:
        return None
    made = _table(interim, "conditional", "Probability to show efficacy in the end.", rows, [Column("Probability")])
    return Table(name=made.name, title=made.title, columns=made.columns, rows=made.rows,
                 notes=tuple(note for note in notes if note))  # fmt: skip


def _dates(context: Context, interim: Interim) -> Table | None:
    """When a number of events will be reached: date with its limits, one line a number."""
    events = dict.fromkeys(row.key.group("event") for row in interim.rows("predicted_date"))
    levels = dict.fromkeys(level_words(row) for row in interim.rows("predicted_date") if level_words(row))
    rows = []
    for event in events:
        own = [row for row in interim.rows("predicted_date") if row.key.group("event") == event]
        middle = next((row for row in own if not level_words(row)), None)
        cells = [context.value(middle) if middle is not None else EMPTY]
        for level in levels:
            found = next((row for row in own if level_words(row) == level), None)
            cells.append(context.value(found) if found is not None else plain("\u2013"))
        never = next((row for row in interim.rows("probability_never") if row.key.group("event") == event), None)
        cells.append(context.value(never) if never is not None else EMPTY)
        rows.append(Row(f"{event} events", tuple(cells)))
    if not rows:
        return None
    columns = [Column("Median"), *(Column(f"{level} interval") for level in levels), Column("Never reached")]
    return _table(interim, "dates", "When events will be reached.", rows, columns, stub="Number")


def _numbers(context: Context, interim: Interim) -> Table | None:
    """How many events, and how many enrolled, there will be at a time."""
    unit = context.protocol.time.unit
    found = [row for name in ("predicted_events", "predicted_enrolled") for row in interim.rows(name)]
    levels = sorted({level_words(row) for row in found if level_words(row)}, key=lambda one: float(one.rstrip("%")))
    rows = []
    for name, label in (("predicted_events", "Events"), ("predicted_enrolled", "Enrolled")):
        for time in dict.fromkeys(row.key.time for row in found if row.key.statistic == name):
            own = {level_words(row): row for row in found if row.key.statistic == name and row.key.time == time}
            cells = [context.value(next(iter(own.values())), digits=0)]
            for level in levels:
                row = own.get(level)
                cells.append(cell(Piece(format_interval(row, digits=0), row)) if row is not None else plain("\u2013"))
            when = f"{label} at {format_time(time, unit)} {unit}" if time is not None else label
            rows.append(Row(when, tuple(cells)))
    if not rows:
        return None
    columns = [Column("Median"), *(Column(f"{level} interval") for level in levels)]
    caption = "Times are those planned for the looks to come, since the first randomization."
    return _table(interim, "numbers", "How many there will be.", rows, columns, caption=caption, stub="Number")


def monitoring_answer(context: Context) -> Section | None:
    """The first screen of a bundle whose news is an interim look; None where it holds none.

    Args:
        context: Bundle and protocol.
    """
    looks = interims_of(context)
    if not looks:
        return None
    lead = element("div", *[paragraph(monitoring_sentence(context, one).html) for one in looks], cls="lead")
    return Section("answer", "In brief", (lead, _banner(context)))
