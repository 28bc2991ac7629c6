"""Endpoints, intercurrent events and tests in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.protocol.method_names import usual_max_combo
from equipoise.reporting.context import Context

if TYPE_CHECKING:
    from equipoise.protocol.analysis import SurvivalTest, TrendTest
    from equipoise.protocol.estimand import Intercurrent

__all__ = ["endpoint_words", "intercurrent_words", "test_words"]


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
        kind = f"Best overall response; responders are {', '.join(endpoint.responders)}"
        if getattr(endpoint.source, "derive", "") == "clinical_benefit":
            kind = "Clinical benefit"
        words.append(f"{kind}; {confirmed}; denominator: {context.population(endpoint.denominator)}.")
    elif endpoint.kind == "continuous":
        unit = f", {endpoint.unit}" if endpoint.unit else ""
        words.append(f"Continuous{unit}; {endpoint.better} is better; analyzed: {endpoint.value}.")
    else:
        emergent = "Treatment-emergent adverse events" if endpoint.treatment_emergent else "All recorded adverse events"
        words.append(f"{emergent}.")
    words.append(f"Source: {_source(endpoint.source)}.")
    return " ".join(word for word in words if word)


def _source(source: object) -> str:
    derive = getattr(source, "derive", None)
    if derive:
        words = f"{derive.replace('_', ' ')} derived from the assessments of {getattr(source, 'reader', '')}"
        rules = getattr(source, "rules", None)
        return f"{words}, rules {rules}" if isinstance(rules, str) else f"{words}, rules of its own" if rules else words
    first = getattr(source, "first_of", None)
    if first:
        others = getattr(source, "competing", ())
        return f"the earliest of {', '.join(first)}" + (f"; {', '.join(others)} competing" if others else "")
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
            (event.rule, "rule {} of the derivation"),
            (event.population, "population {}"),
        ]
        how = [text.format(value) for value, text in by if value]
        said.append(f"{words} ({'; '.join(how)})" if how else f"{words} (data after it are used as recorded)")
    return "; ".join(said)


def test_words(context: Context, test: SurvivalTest | TrendTest) -> str:
    """A test of times to an event in few words, for a label: "log-rank, stratified".

    Args:
        context: Bundle and protocol.
        test: The declared test.
    """
    if test.kind == "log_rank":
        name = "log-rank"
    elif test.kind == "fleming_harrington":
        name = f"Fleming-Harrington, rho {test.rho:g}, gamma {test.gamma:g}"
    elif test.kind == "modestly_weighted":
        until = f"t* {test.t_star:g} {context.protocol.time.unit}" if test.t_star else f"s* {test.s_star:g}"
        name = f"modestly weighted log-rank, {until}"
    elif test.kind == "max_combo":
        weights = ", ".join(f"FH({rho:g}, {gamma:g})" for rho, gamma in test.weights)
        name = "MaxCombo" if usual_max_combo(test) else f"MaxCombo of {weights}"
    else:
        name = "log-rank test for trend"
    return name + ", stratified" * bool(test.strata)
