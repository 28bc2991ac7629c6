"""Results as sentences, made of statistics and constant words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.reporting.cells import EMPTY, Cell, Piece, cell, listed
from equipoise.reporting.context import Context, lower_first
from equipoise.reporting.plan import competes, hypotheses_of, incidence_landmark, ratio_of, tested
from equipoise.results import Statistic
from equipoise.results.display import format_plain, sides_words

if TYPE_CHECKING:
    from equipoise.protocol.analysis import ResponseAnalysis, TimeToEventAnalysis
    from equipoise.protocol.continuous import ContinuousAnalysis, ContinuousEndpoint

__all__ = [
    "continuous_sentence",
    "p_cell",
    "p_phrase",
    "response_sentence",
    "survival_sentence",
    "value_words",
    "verdict",
]

_NB = "\u00a0"


def p_phrase(context: Context, hypothesis: str) -> Cell:
    """A P with its sides and level, "P = 0.02 (two-sided, level 0.05)"; empty where the hypothesis was not reached.

    Args:
        context: Bundle and protocol.
        hypothesis: Its name.
    """
    rows = tested(context, hypothesis)
    value = context.p(rows.p, level=rows.level)
    if rows.p is None or not value.parts:
        return EMPTY
    if rows.p.value is None:
        return cell("no P (", value, ")")
    shown = cell(f"P{_NB}" if value.text[0] in "<>" else f"P{_NB}={_NB}", value)
    sides = sides_words(rows.p.sides)
    level = cell("level ", context.value(rows.level)) if rows.level else EMPTY
    words = [cell(text) for text in (margin_words(context, hypothesis), sides) if text]
    inside = listed([part for part in (*words, level) if part.parts], last=", ")
    return cell(shown, " (", inside, ")") if inside.parts else shown


def p_cell(context: Context, analysis: str, arm: str) -> Cell:
    """P values of a contrast for a table: "0.02 (two-sided, level 0.05)", or what was decided without one.

    Args:
        context: Bundle and protocol.
        analysis: Name of the analysis.
        arm: Experimental arm.

    Returns:
        Empty where no hypothesis is about the contrast.
    """
    parts: list[str | Piece | Cell] = []
    for name in hypotheses_of(context, analysis, arm):
        rows = tested(context, name)
        value = context.p(rows.p, level=rows.level)
        if parts:
            parts.append("; ")
        if value.parts and rows.p is not None:
            level = cell(", level ", context.value(rows.level)) if rows.level else EMPTY
            claim = margin_words(context, name)
            parts += [value, f" ({claim}{', ' if claim else ''}{sides_words(rows.p.sides)}", level, ")"]
        elif rows.decision is not None:
            parts.append(context.value(rows.decision))
    return cell(*parts)


def margin_words(context: Context, hypothesis: str) -> str:
    """What tells a hypothesis of non-inferiority: "non-inferiority, margin 1.3"; "" for one of superiority.

    Args:
        context: Bundle and protocol.
        hypothesis: Its name.
    """
    margin = context.protocol.hypotheses[hypothesis].margin
    return "" if margin is None else f"non-inferiority, margin {format_plain(margin)}"


def _phrases(context: Context, analysis: str, arm: str) -> list[Cell]:
    found = []
    for name in hypotheses_of(context, analysis, arm):
        phrase = p_phrase(context, name)
        if phrase.parts:
            found.append(phrase)
    return found


def survival_sentence(context: Context, name: str, analysis: TimeToEventAnalysis, arm: str, versus: str) -> Cell:
    """The result of one contrast: medians (a landmark where one was not reached), hazard ratio, P if it may be said.

    Where other events compete it is the incidence instead of medians: 1 - Kaplan-Meier would overestimate it.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        arm: Experimental arm.
        versus: Control.
    """
    label = lower_first(context.protocol.endpoints[analysis.endpoint].label)
    ratio = context.find(name, "hazard_ratio", arm, versus, **ratio_of(analysis.estimate))
    estimate = context.estimate(ratio, words=True)
    lacks = ratio is not None and ratio.value is None
    parts: list[str | Cell] = [
        _levels(context, name, analysis, label, arm, versus),
        "; cause-specific hazard ratio " if competes(context, name) else "; hazard ratio ",
        cell("not estimable (", estimate, ")") if lacks else estimate,
    ]
    for phrase in _phrases(context, name, arm):
        parts += [", ", phrase]
    return cell(*parts, ".")


def _levels(context: Context, name: str, analysis: TimeToEventAnalysis, label: str, arm: str, versus: str) -> Cell:
    incidence = incidence_landmark(context, name, analysis, (arm, versus)) if competes(context, name) else None
    if incidence is not None:
        when = f"by {format_plain(incidence[0])}{_NB}{context.protocol.time.unit}"
        subject = context.analysis_label(name)
        return cell(f"{subject}: cumulative incidence {when} was ", _both(context, list(incidence[1]), arm, versus))
    medians = [context.find(name, "median", one, method="kaplan_meier") for one in (arm, versus)]
    # All contrasts of a trial in one measure: a median that any arm did not reach gives way to a landmark for all.
    others = [context.find(name, "median", one, method="kaplan_meier") for one in context.protocol.arms]
    if any(row is None for row in medians) or any(row is not None and row.value is None for row in others):
        at, landmarks = _last_landmark(context, name, analysis, arm, versus)
    else:
        at = None
    if at is not None:
        unit = context.protocol.time.unit
        when = f"at {format_plain(at)}{_NB}{unit}"
        both = _both(context, landmarks, arm, versus)
        if "survival" in label.lower():
            return cell(f"{label[0].upper()}{label[1:]} {when} was ", both)
        free = f" were free of the {label[8:]}" if label.startswith("time to ") else f" had had no event ({label})"
        return cell(f"A{when[1:]}, ", both, free)
    subject = label if _is_a_time(label) else f"time to event ({label})"
    return cell(f"Median {subject} was ", _both(context, medians, arm, versus))


def _last_landmark(
    context: Context, name: str, analysis: TimeToEventAnalysis, arm: str, versus: str
) -> tuple[float | None, list[Statistic | None]]:
    # The latest that both arms were followed to: a sentence of two missing values says nothing.
    for at in sorted(analysis.survival.times, reverse=True):
        rows = [context.find(name, "survival", one, time=at, method="kaplan_meier") for one in (arm, versus)]
        if all(row is not None and row.value is not None for row in rows):
            return at, rows
    return None, []


def _is_a_time(label: str) -> bool:
    # An acronym, PFS or DFS, is one too.
    return label.isupper() or any(word in label.lower() for word in ("survival", "time", "duration"))


def _both(context: Context, rows: list[Statistic | None], arm: str, versus: str) -> Cell:
    shown = [_level(context, row) for row in rows]
    # Labels of arms as declared: a trade name must not lose its capital letter.
    return cell(shown[0], f" with {context.arm(arm)} and ", shown[1], f" with {context.arm(versus)}")


def _level(context: Context, row: Statistic | None) -> Cell:
    if row is not None and row.key.statistic == "median" and row.why() == "not_reached":
        return cell("not reached (", context.value(row), ")")
    return context.value(row, unit=True)


def response_sentence(context: Context, name: str, analysis: ResponseAnalysis, arm: str, versus: str) -> Cell:
    """The result of one contrast of an analysis of response.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        arm: Experimental arm.
        versus: Control.
    """
    label = context.protocol.endpoints[analysis.endpoint].label
    rates = [context.find(name, "response_rate", one, interval=analysis.interval) for one in (arm, versus)]
    groups = (("response", "objective"),)
    difference = context.find(name, "risk_difference", arm, versus, groups=groups, interval=analysis.difference)
    parts: list[str | Cell] = [f"{label}: ", _both(context, rates, arm, versus), "; difference "]
    parts.append(context.estimate(difference, words=True, unit=True))
    for phrase in _phrases(context, name, arm):
        parts += [", ", phrase]
    return cell(*parts, ".")


def value_words(endpoint: ContinuousEndpoint) -> str:
    """What a continuous endpoint analyzes, in the middle of a sentence.

    Args:
        endpoint: The endpoint.
    """
    words = {"CHG": "change from baseline", "PCHG": "percent change from baseline"}
    return words.get(endpoint.value.upper(), "value")


def continuous_sentence(context: Context, name: str, analysis: ContinuousAnalysis, arm: str, versus: str) -> Cell:
    """The result of one contrast of a continuous endpoint: least-squares means, their difference, P if it may be said.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
        analysis: The analysis.
        arm: Experimental arm.
        versus: Control.
    """
    endpoint = context.protocol.endpoints[analysis.endpoint]
    assert endpoint.kind == "continuous"
    means = [context.find(name, "ls_mean", one, method=analysis.method) for one in (arm, versus)]
    difference = context.find(name, "ls_mean_difference", arm, versus, method=analysis.method)
    parts: list[str | Cell] = [
        f"{endpoint.label}: least-squares mean {value_words(endpoint)} at {analysis.at} ",
        f"({endpoint.better} is better) was ",
        _both(context, means, arm, versus),
        "; difference ",
        context.estimate(difference, words=True, unit=True),
    ]
    for phrase in _phrases(context, name, arm):
        parts += [", ", phrase]
    return cell(*parts, ".")


def verdict(context: Context, hypothesis: str) -> Cell:
    """What became of a hypothesis, in a sentence.

    Args:
        context: Bundle and protocol.
        hypothesis: Its name.
    """
    declared = context.protocol.hypotheses[hypothesis]
    rows = tested(context, hypothesis)
    arms = [declared.arm] if declared.arm else list(context.protocol.experimental)
    about = ", ".join(context.contrast(arm, context.protocol.control) for arm in arms)
    claim = margin_words(context, hypothesis)
    start = f"{context.analysis_label(declared.analysis)}, {about}{', ' if claim else ''}{claim}: "
    if rows.decision is None:
        return cell(start, "no decision in these results.")
    sides = sides_words(rows.level.sides) if rows.level else ""
    at = cell(f" at {sides} level ".replace("  ", " "), context.value(rows.level)) if rows.level else EMPTY
    words = {"rejected": "null hypothesis rejected", "not rejected": "null hypothesis not rejected"}
    said = words.get(rows.decision.text)
    if said:
        return cell(start, _as(context, rows.decision, said), at, ".")
    if context.protocol.multiplicity is not None:
        why = ", because no share of alpha reached it" if rows.level is None or rows.level.value is None else ""
        return cell(start, _as(context, rows.decision, rows.decision.text), why, ".")
    before = ", ".join(context.analysis_label(context.protocol.hypotheses[a].analysis) for a in declared.after)
    because = f", because a hypothesis before it was not rejected ({before})" if before else ""
    return cell(start, _as(context, rows.decision, rows.decision.text), because, ".")


def _as(context: Context, stat: Statistic, text: str) -> Cell:
    assert context.value(stat).parts
    return cell(Piece(text, stat))
