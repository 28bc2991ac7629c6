"""The declared plan in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.reporting.context import Context
from equipoise.results.display import format_fraction, format_level, format_plain

if TYPE_CHECKING:
    from equipoise.protocol.analysis import (
        CoxEstimate,
        FlemingHarringtonTest,
        LogRankTest,
        ResponseAnalysis,
        SafetyAnalysis,
        TimeToEventAnalysis,
    )
    from equipoise.protocol.estimand import Intercurrent

__all__ = ["analysis_words", "endpoint_words", "hypothesis_words", "intercurrent_words", "time_words"]

_INTERVALS = {
    "log_log": "log-log",
    "log": "log",
    "plain": "plain",
    "clopper_pearson": "Clopper-Pearson",
    "wilson": "Wilson",
    "miettinen_nurminen": "Miettinen-Nurminen",
    "newcombe": "Newcombe",
}


def _factors(context: Context, names: tuple[str, ...]) -> str:
    labels = [context.factor(name) for name in names]
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def _test(context: Context, test: LogRankTest | FlemingHarringtonTest) -> str:
    if test.kind == "fleming_harrington":
        weights = f"rho {format_plain(test.rho)}, gamma {format_plain(test.gamma)}"
        name = f"a Fleming-Harrington weighted log-rank test ({weights})"
    else:
        name = "a log-rank test"
    return f"{name} stratified by {_factors(context, test.strata)}" if test.strata else f"{name}, unstratified"


def _cox(context: Context, model: CoxEstimate) -> str:
    words = f"a Cox model with {model.ties.capitalize()}'s handling of ties"
    if model.strata:
        words += f", stratified by {_factors(context, model.strata)}"
    if model.covariates:
        words += f", adjusted for {_factors(context, model.covariates)}"
    return f"{words}, with {format_fraction(model.conf_level)} Wald limits"


def analysis_words(context: Context, name: str) -> str:
    """What an analysis does, in sentences.

    Args:
        context: Bundle and protocol.
        name: Name of the analysis.
    """
    analysis = context.protocol.analysis[name]
    label = context.protocol.endpoints[analysis.endpoint].label
    words = [f"Endpoint: {label}. Population: {context.population(analysis.population)}."]
    if analysis.sensitivity_to:
        probed = context.analysis_label(analysis.sensitivity_to)
        words.append(f"Sensitivity analysis of {probed}" + (f": {analysis.why}" if analysis.why else "."))
    if analysis.kind == "time_to_event":
        words += _survival(context, analysis)
    elif analysis.kind == "response":
        words += _response(context, analysis)
    else:
        words += _safety(analysis)
    if analysis.strata_as == "verified":
        words.append("Strata are taken as verified after randomization, not as randomized.")
    return " ".join(words)


def _survival(context: Context, analysis: TimeToEventAnalysis) -> list[str]:
    curve, unit = analysis.survival, context.protocol.time.unit
    level = format_fraction(curve.conf_level)
    words = [
        f"Arms are compared by {_test(context, analysis.test)}.",
        f"Hazard ratios come from {_cox(context, analysis.estimate)}; below 1 favours the experimental arm.",
        f"Survival functions are Kaplan-Meier estimates with {level} {_INTERVALS[curve.interval]} limits; "
        "quantiles use the midpoint rule.",
    ]
    if curve.times:
        times = ", ".join(format_plain(time) for time in curve.times)
        words.append(f"Landmarks: {times} {unit}; their differences have plain Greenwood limits.")
    if analysis.rmst is not None:
        horizon = analysis.rmst.horizon
        at = f"{format_plain(horizon)} {unit}" if horizon else "the smaller of the arms' largest observed times"
        words.append(f"Restricted mean survival times run to {at}.")
    if analysis.subgroups:
        words.append(
            f"Subgroups: {_factors(context, analysis.subgroups)}; levels with fewer than {analysis.subgroup_minimum} "
            "events get no hazard ratio."
        )
    also = [_cox(context, one) if one.kind == "cox" else _test(context, one) for one in analysis.also]
    if also:
        words.append(f"Supportive: {'; '.join(also)}.")
    if analysis.intercurrent:
        words.append(f"Intercurrent events: {intercurrent_words(analysis.intercurrent)}.")
    return words


def _response(context: Context, analysis: ResponseAnalysis) -> list[str]:
    level = format_fraction(analysis.conf_level)
    strata = f" stratified by {_factors(context, analysis.test.strata)}" if analysis.test.strata else ""
    return [
        f"Rates have {level} {_INTERVALS[analysis.interval]} limits,",
        f"differences {_INTERVALS[analysis.difference]} limits.",
        f"Arms are compared by a Cochran-Mantel-Haenszel test{strata}, without continuity correction.",
        "Not evaluable and missing responses count as no response.",
    ]


def _safety(analysis: SafetyAnalysis) -> list[str]:
    return [
        "A participant counts once in each row of a table.",
        f"Differences have {format_fraction(analysis.conf_level)} {_INTERVALS[analysis.difference]} limits.",
        f"Terms are listed where at least {format_fraction(analysis.list_at_least)} of an arm have them.",
    ]


def time_words(context: Context) -> str:
    """In which units times are counted and shown.

    Args:
        context: Bundle and protocol.
    """
    time = context.protocol.time
    if time.unit == time.data_unit:
        return f"Times are counted and shown in {time.unit}."
    month = f"a month is {format_plain(time.days_per_month)} days"
    return f"Times are ordered and counted in {time.data_unit} as recorded, and shown in {time.unit}; {month}."


def endpoint_words(context: Context, name: str) -> str:
    """What an endpoint measures and where it is in the data.

    Args:
        context: Bundle and protocol.
        name: Name of the endpoint.
    """
    endpoint = context.protocol.endpoints[name]
    words = [f"{endpoint.role.capitalize()}." if endpoint.role else ""]
    if endpoint.kind == "time_to_event":
        words.append(f"Time to event{': ' + endpoint.event if endpoint.event else ''}.")
    elif endpoint.kind == "response":
        confirmed = "confirmation required" if endpoint.confirmation == "required" else "confirmation not required"
        words.append(
            f"Best overall response; responders are {', '.join(endpoint.responders)}; {confirmed}; denominator: "
            f"{context.population(endpoint.denominator)}."
        )
    else:
        emergent = "Treatment-emergent adverse events" if endpoint.treatment_emergent else "All recorded adverse events"
        words.append(f"{emergent}.")
    words.append(f"Source: {_source(endpoint.source)}.")
    return " ".join(word for word in words if word)


def _source(source: object) -> str:
    first = getattr(source, "first_of", None)
    if first:
        return f"the earliest of {', '.join(first)}"
    table = getattr(source, "table", None) or getattr(source, "file", "")
    where = getattr(source, "where", None)
    code = getattr(source, "PARAMCD", None)
    detail = f", PARAMCD {code}" if code else ""
    return f"{table}{detail}{f', where {where}' if where else ''}"


def intercurrent_words(events: Mapping[str, Intercurrent]) -> str:
    """Intercurrent events with their strategies and what implements them.

    Args:
        events: Declared intercurrent events.
    """
    said = []
    for name, event in events.items():
        words = f"{event.label or name.replace('_', ' ')}: {event.strategy.replace('_', ' ')}"
        by = [
            (event.parameter, "handled in the derivation of PARAMCD {}"),
            (event.component, "{} counts as an event"),
            (event.censor_at, "censored at {}"),
            (event.event_at, "an event at {}"),
            (event.population, "population {}"),
        ]
        how = [text.format(value) for value, text in by if value]
        said.append(f"{words} ({'; '.join(how)})" if how else f"{words} (data after it are used as recorded)")
    return "; ".join(said)


def hypothesis_words(context: Context, name: str) -> str:
    """What a hypothesis claims, its level, and when it is tested.

    Args:
        context: Bundle and protocol.
        name: Name of the hypothesis.
    """
    one = context.protocol.hypotheses[name]
    arms = [one.arm] if one.arm else list(context.protocol.experimental)
    about = "; ".join(context.contrast(arm, context.protocol.control) for arm in arms)
    level = ""
    if one.alpha_one_sided is not None:
        level = f" at one-sided level {format_level(one.alpha_one_sided)}"
    elif one.alpha_two_sided is not None:
        level = f" at two-sided level {format_level(one.alpha_two_sided)}"
    elif one.after:
        level = " at the level that is passed on"
    after = f", only if rejected before: {', '.join(one.after)}" if one.after else ""
    return f"{name}: {context.analysis_label(one.analysis)}, {about}{level}{after}."
