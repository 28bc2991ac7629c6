"""The methods section: paragraphs generated from the protocol, so that they say what is done and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from equipoise.analysis.ancova_text import continuous_paragraph
from equipoise.analysis.count_rows import level_text
from equipoise.analysis.derivation_text import derivation_paragraphs
from equipoise.analysis.follow_up import death_endpoint
from equipoise.analysis.incidence_text import incidence_paragraph
from equipoise.analysis.methods_text import (
    cox_text,
    follow_up_text,
    kaplan_meier_text,
    labels,
    listing,
    number_text,
    of_analysis,
    rmst_text,
    strata_text,
)
from equipoise.analysis.multiplicity_text import multiplicity_paragraph
from equipoise.analysis.plan import headline_analysis
from equipoise.analysis.test_words import average_text, test_text

if TYPE_CHECKING:
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["method_paragraphs"]


def method_paragraphs(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    """Pairs (heading, paragraph), in the order of a statistical methods section.

    Args:
        protocol: The declared trial.
    """
    return tuple(_paragraphs(protocol))


def _paragraphs(protocol: Protocol) -> Iterator[tuple[str, str]]:
    yield "Time", _time(protocol)
    yield from derivation_paragraphs(protocol)
    by_text: dict[str, list[str]] = {}
    for name, analysis in protocol.analysis.items():
        label = analysis_label(protocol, name)
        if analysis.kind == "time_to_event":
            text = _time_to_event(protocol, analysis)
        elif analysis.kind == "response":
            text = _response(protocol, analysis)
        elif analysis.kind == "continuous":
            probed = analysis.sensitivity_to
            probes = analysis_label(protocol, probed) if probed is not None else ""
            text = continuous_paragraph(
                protocol, analysis, population=_population(protocol, analysis.population), probes=probes
            )
        else:
            text = _safety(protocol, analysis)
        # Analyses that are done alike (`like:`) are described once.
        by_text.setdefault(text, []).append(label)
    for text, names in by_text.items():
        yield listing(names), text
    headline = headline_analysis(protocol)
    if headline is not None:
        death = death_endpoint(protocol)
        first = headline[1]
        yield (
            "Follow-up",
            f"{follow_up_text(protocol, death or first.endpoint, first.survival, death=death is not None)}.",
        )
    if protocol.hypotheses:
        called = {name: analysis_label(protocol, h.analysis) for name, h in protocol.hypotheses.items()}
        yield "Multiplicity", multiplicity_paragraph(protocol, called)


def analysis_label(protocol: Protocol, name: str) -> str:
    """What an analysis is called: its own label, else that of its endpoint, with a mark on a sensitivity analysis.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
    """
    analysis = protocol.analysis[name]
    label = analysis.label or protocol.endpoints[analysis.endpoint].label
    return f"{label} (sensitivity: {name})" if analysis.sensitivity_to and not analysis.label else label


def _time(protocol: Protocol) -> str:
    time = protocol.time
    text = f"Times were ordered, tied and counted in {time.data_unit} as recorded"
    if time.unit != time.data_unit:
        text += f" and are shown in {time.unit}"
        if "months" in (time.unit, time.data_unit) or "years" in (time.unit, time.data_unit):
            text += f" (a month is {number_text(time.days_per_month)} days, a year twelve of them)"
    return f"{text}. Survival at a declared time counts events at or before it."


def _time_to_event(protocol: Protocol, analysis: TimeToEventAnalysis) -> str:
    sentences: list[str] = []
    if analysis.sensitivity_to is not None:
        sentences.append(of_analysis(analysis, analysis_label(protocol, analysis.sensitivity_to)))
    sentences.append(f"Population: {_population(protocol, analysis.population)}")
    sentences.append(f"{kaplan_meier_text(analysis.survival)}; quantiles by Brookmeyer and Crowley")
    sentences.append(_sentence(test_text(protocol, analysis.test, analysis.strata_as)))
    sentences.append(_sentence(cox_text(protocol, analysis.estimate, analysis.strata_as)))
    if analysis.estimate.covariates:
        sentences.append("Subjects without a value of a covariate are left out of the adjusted model and counted")
    if len(protocol.arms) > 2:
        sentences.append("Each contrast with the control uses the subjects of its two arms only")
    if analysis.rmst is not None:
        sentences.append(rmst_text(protocol, analysis.rmst))
    sentences += incidence_paragraph(protocol, analysis)
    if analysis.subgroups:
        sentences.append(
            f"Subgroups by {labels(protocol, analysis.subgroups)}: unstratified Cox model within each level, not "
            f"estimated with fewer than {analysis.subgroup_minimum} events; interaction by likelihood ratio"
        )
    for part in analysis.also:
        if part.kind == "cox":
            words = cox_text(protocol, part, analysis.strata_as)
        elif part.kind == "average_hazard_ratio":
            words = average_text(protocol, part)
        else:
            words = test_text(protocol, part, analysis.strata_as)
        sentences.append(f"Supportive: {words}")
    if analysis.intercurrent:
        strategies = [
            f"{n.replace('_', ' ')}, {i.strategy.replace('_', ' ')}" for n, i in analysis.intercurrent.items()
        ]
        sentences.append(f"Strategies for intercurrent events that differ: {listing(strategies)}")
    return " ".join(sentence if sentence.endswith(("?", ".")) else f"{sentence}." for sentence in sentences)


def _response(protocol: Protocol, analysis: Any) -> str:
    endpoint: Any = protocol.endpoints[analysis.endpoint]
    level = level_text(analysis.conf_level)
    stratified = strata_text(protocol, analysis.test.strata, analysis.strata_as)
    confirmed = "confirmed" if endpoint.confirmation == "required" else "confirmation not required"
    benefit = getattr(endpoint.source, "derive", "") == "clinical_benefit"
    responders = "clinical benefit" if benefit else listing(list(endpoint.responders))
    return (
        f"Population: {_population(protocol, analysis.population)}. Responders are subjects with "
        f"{responders} ({confirmed}); subjects who are not evaluable or have no assessment are "
        f"non-responders. Rates with {level}% Clopper-Pearson and Wilson limits; differences with Miettinen-Nurminen "
        f"and Newcombe limits. Cochran-Mantel-Haenszel test without continuity correction{stratified}."
    )


def _safety(protocol: Protocol, analysis: Any) -> str:
    endpoint: Any = protocol.endpoints[analysis.endpoint]
    emergent = "Treatment-emergent adverse events" if endpoint.treatment_emergent else "Adverse events"
    name = {"miettinen_nurminen": "Miettinen-Nurminen", "newcombe": "Newcombe"}[analysis.difference]
    return (
        f"Population: {_population(protocol, analysis.population)}. {emergent}; a subject counts once in each row. "
        f"Differences with {level_text(analysis.conf_level)}% {name} limits, without P values. Terms are listed when "
        f"{number_text(100 * analysis.list_at_least)}% of an arm have them.{_over_time(protocol, analysis)}"
    )


def _over_time(protocol: Protocol, analysis: Any) -> str:
    """What is declared about adverse events over time; "" for nothing."""
    period, counts, first = analysis.at_risk, analysis.mean_cumulative_count, analysis.first_event
    if counts is None and first is None and period == type(period)():
        return ""
    end = "the end of the study" if period.until == "study_end" else "the last dose"
    plus = f" plus {period.plus_days} days" if period.plus_days else ""
    text = (
        f" Over time, subjects are at risk from the first dose, day 1, until {end}{plus} or death: incidence rates are "
        "of first events per time at risk, with exact Poisson limits."
    )
    unit = protocol.time.unit
    if counts is not None:
        when = f" at {listing([number_text(t) for t in counts.times])} {unit}" if counts.times else ""
        text += (
            " Mean cumulative counts (Nelson; with death as terminal event, Ghosh and Lin) of "
            f"{listing(list(counts.of))}{when} have {level_text(counts.conf_level)}% {counts.interval} limits from "
            "robust standard errors."
        )
    if first is not None:
        when = f" at {listing([number_text(t) for t in first.times])} {unit}" if first.times else ""
        text += (
            f" First events of {listing(list(first.of))}{when}: Aalen-Johansen with death competing, Kaplan-Meier and "
            "Cox's model with death taken for censoring."
        )
    return text


def _population(protocol: Protocol, name: str) -> str:
    population = protocol.populations[name]
    arm = "as randomized" if population.arm == "planned" else "by the treatment actually received"
    return f"{population.label or name}, arms {arm}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
