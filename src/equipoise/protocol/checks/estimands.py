"""Estimands by ICH E9(R1): each intercurrent event has a strategy, and something that implements it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from equipoise.protocol.analysis import TimeToEventAnalysis
from equipoise.protocol.assessments import AssessmentTimes, chosen_rules
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.data import TableSource
from equipoise.protocol.endpoints import (
    AdverseEventsEndpoint,
    DerivedSource,
    Endpoint,
    ResponseEndpoint,
    TimeToEventEndpoint,
)
from equipoise.protocol.estimand import Estimand, Intercurrent
from equipoise.protocol.suggest import choices, nearest
from equipoise.source import YamlPath

__all__ = ["check_estimands"]

_MEANS: Final = ("parameter", "component", "censor_at", "event_at", "rule", "population")

_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "treatment_policy": ("parameter", "rule"),
    "hypothetical": ("parameter", "censor_at", "rule"),
    "composite": ("parameter", "component", "event_at", "rule"),
    "while_on_treatment": ("parameter", "censor_at", "rule"),
    "principal_stratum": ("population",),
}
"""What can implement each strategy: a hypothetical strategy can't count the event, a composite one can't censor it."""

_IN_TIME: Final = frozenset({"component", "censor_at", "event_at", "rule"})

_CHOICE: Final[Mapping[str, str]] = {
    "treatment_policy": "ignore",
    "hypothetical": "censor",
    "while_on_treatment": "censor",
    "composite": "event",
}
"""What the rule for another therapy has to say for a strategy."""

_SUMMARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "time_to_event": ("hazard_ratio", "rmst_difference", "median_difference", "survival_difference"),
    "response": ("risk_difference", "odds_ratio", "risk_ratio"),
    "continuous": ("mean_difference",),
}


def check_estimands(draft: Draft) -> None:
    """Every intercurrent event is implemented, and every estimand is estimated.

    Args:
        draft: The protocol under examination.
    """
    for name, endpoint in draft.endpoints.items():
        if isinstance(endpoint, AdverseEventsEndpoint) or endpoint.estimand is None:
            continue
        path: YamlPath = ("endpoints", name, "estimand")
        _estimand(draft, name, endpoint, endpoint.estimand, path)
        _events(draft, endpoint, endpoint.estimand.intercurrent, {}, endpoint.estimand.population, path)
    for name, analysis in draft.analysis.items():
        target = draft.endpoints.get(analysis.endpoint)
        if isinstance(analysis, TimeToEventAnalysis) and isinstance(target, TimeToEventEndpoint):
            _own_strategies(draft, name, analysis, target)


def _own_strategies(draft: Draft, name: str, analysis: TimeToEventAnalysis, endpoint: TimeToEventEndpoint) -> None:
    """Strategies of an analysis that differ from those of the endpoint's estimand."""
    path: YamlPath = ("analysis", name)
    known = endpoint.estimand.intercurrent if endpoint.estimand is not None else None
    for event in analysis.intercurrent:
        if known is not None and event not in known:
            draft.report("dangling", f"the estimand of `{analysis.endpoint}` has no intercurrent event `{event}`",
                         (*path, "intercurrent", event), nearest(event, known) or
                         f"declare it under `endpoints.{analysis.endpoint}.estimand`",
                         value=event, on_key=True)  # fmt: skip
    _events(draft, endpoint, analysis.intercurrent, known or {}, analysis.population, path)


def _events(
    draft: Draft, endpoint: Endpoint, rules: Mapping[str, Intercurrent], inherited: Mapping[str, Intercurrent],
    population: str, path: YamlPath,
) -> None:  # fmt: skip
    """Each event is implemented, and all of them by the same records and in the same population."""
    parameters = {event: rule.parameter for event, rule in inherited.items() if rule.parameter and event not in rules}
    for event, rule in rules.items():
        here: YamlPath = (*path, "intercurrent", event)
        _intercurrent(draft, endpoint, rule, here)
        if rule.parameter is not None:
            other = next((name for name, code in parameters.items() if code != rule.parameter), None)
            if other is not None:
                draft.report("intercurrent", f"`{event}` is handled by the records of {rule.parameter}, `{other}` by "
                             f"those of {parameters[other]}: an analysis reads one parameter", (*here, "parameter"),
                             "name one parameter for all events, or declare a second endpoint")  # fmt: skip
            parameters[event] = rule.parameter
        stratum = rule.population if rule.strategy == "principal_stratum" else None
        if stratum in draft.populations and stratum != population:
            draft.report("intercurrent", f"the principal stratum is `{stratum}`, but `{population}` is analyzed",
                         (*here, "population"), f"write `population: {stratum}` for the whole")  # fmt: skip


def _estimand(draft: Draft, name: str, endpoint: Endpoint, estimand: Estimand, path: YamlPath) -> None:
    allowed = _SUMMARIES.get(endpoint.kind, ())
    if estimand.summary not in allowed:
        draft.report("summary", f"`{estimand.summary}` does not summarize an endpoint of this kind",
                     (*path, "summary"), f"write {choices(allowed)}")  # fmt: skip
    if not draft.refer("populations", estimand.population, (*path, "population")):
        return
    analyses = {key: analysis for key, analysis in draft.analysis.items() if analysis.endpoint == name}
    populations = {analysis.population for analysis in analyses.values()}
    if analyses and estimand.population not in populations and "analysis" in draft.whole:
        draft.report("estimand_population", f"no analysis of `{name}` is done in the estimand's population",
                     (*path, "population"), f"analyze `{name}` in `{estimand.population}`, or name the population of "
                     f"{choices(analyses)}")  # fmt: skip


def _intercurrent(draft: Draft, endpoint: Endpoint, rule: Intercurrent, path: YamlPath) -> None:
    given = [name for name in _MEANS if getattr(rule, name) is not None]
    allowed = _ALLOWED[rule.strategy]
    if not isinstance(endpoint, TimeToEventEndpoint):
        allowed = tuple(name for name in allowed if name not in _IN_TIME)
    if not isinstance(endpoint.source, AssessmentTimes):
        allowed = tuple(name for name in allowed if name != "rule")
        if rule.rule is not None:
            draft.report("intercurrent", "this endpoint is not derived from assessments, so that no rule handles "
                         "anything", (*path, "rule"), f"name what does: {choices(allowed)}")  # fmt: skip
            return
    event = str(path[-1])
    if not given and rule.strategy != "treatment_policy":
        draft.report("intercurrent", f"nothing implements the strategy `{rule.strategy}` for `{event}`", path,
                     f"name what does: {choices(allowed)}", value=event)  # fmt: skip
        return
    for name in given:
        if name not in allowed:
            cure = f"for this strategy name {choices(allowed)}"
            if rule.strategy == "treatment_policy":
                cure = f"remove `{name}`: this strategy uses the data after the event as recorded"
            draft.report("intercurrent", f"`{name}` can't implement the strategy `{rule.strategy}`", (*path, name),
                         cure, on_key=True)  # fmt: skip
            return
    if len(given) > 1:
        draft.report("intercurrent", f"two things implement `{event}`: {' and '.join(f'`{name}`' for name in given)}",
                     path, "keep exactly one of them", value=event)  # fmt: skip
        return
    _derived_rule(draft, endpoint, rule, path)
    if given:
        _implemented(draft, endpoint, rule, (*path, given[0]))


def _derived_rule(draft: Draft, endpoint: Endpoint, rule: Intercurrent, path: YamlPath) -> None:
    """The rules of a derivation do what the strategy says of the event that they handle."""
    source = endpoint.source
    event = rule.rule or str(path[-1])
    reader = draft.assessments.get(source.reader) if isinstance(source, AssessmentTimes) else None
    wanted = _CHOICE.get(rule.strategy)
    if reader is None or wanted is None or (rule.rule is None and rule.strategy != "treatment_policy"):
        return
    rules = chosen_rules(source.rules if isinstance(source, AssessmentTimes) and source.rules else reader.rules)
    if event == "new_therapy":
        found = rules.new_therapy
    elif event == "missed_visits":
        censors = "censor" in (rules.missed_visits.progression, rules.missed_visits.death)
        found = "censor" if censors else "ignore"
    else:
        return
    if found != wanted:
        draft.report("intercurrent", f"the strategy is `{rule.strategy}`, and the rules of the derivation {found} "
                     f"`{event}`", (*path, "strategy"), "change the strategy, or the rules from which the endpoint is "
                     "derived")  # fmt: skip


def _implemented(draft: Draft, endpoint: Endpoint, rule: Intercurrent, path: YamlPath) -> None:
    """What is named as the implementation exists and can do it for this endpoint."""
    if rule.population is not None:
        draft.refer("populations", rule.population, path)
    if rule.parameter is not None and not (isinstance(endpoint.source, TableSource) and endpoint.source.PARAMCD):
        draft.report("intercurrent", "this endpoint is not read by PARAMCD, so that no parameter implements anything",
                     path, "name a component or a date column of ADSL instead")  # fmt: skip
    declared = endpoint.source.PARAMCD if isinstance(endpoint.source, TableSource) else None
    if rule.parameter is not None and isinstance(endpoint, ResponseEndpoint) and declared not in (None, rule.parameter):
        draft.report("intercurrent", f"responses are read from {declared}, whatever {rule.parameter} holds", path,
                     f"write `parameter: {declared}`, or read the responses from {rule.parameter}")  # fmt: skip
    if rule.component is None or not draft.refer("endpoints", rule.component, path):
        return
    if isinstance(endpoint.source, DerivedSource):
        if rule.component not in endpoint.source.first_of:
            draft.report("intercurrent", f"`{rule.component}` is not a component of this endpoint", path,
                         nearest(rule.component, endpoint.source.first_of) or
                         f"name one of its components: {choices(endpoint.source.first_of)}")  # fmt: skip
    else:
        draft.report("intercurrent", "this endpoint has no components: it is read as recorded", path,
                     "name the parameter whose derivation counts the event, or derive it by `first_of`")  # fmt: skip
