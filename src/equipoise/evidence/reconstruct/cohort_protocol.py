"""The protocol beside a synthetic cohort: what was printed is analyzed, and nothing that would only look new.

No subgroups, no baseline table, no sensitivity analyses, no restricted means, and hypotheses only where their P was
printed: none of these is determined by the printed numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from equipoise.evidence.reconstruct.cohort_plan import main_analysis, strata_of

if TYPE_CHECKING:
    from equipoise.evidence.facts.read import FactsFile
    from equipoise.evidence.reconstruct.cohort_goals import Goals

__all__ = ["DURATION", "flag_of", "parameter_of", "protocol_of", "protocol_text", "response_of"]

DURATION = "duration_of_response"
"""Name of the endpoint of duration, where one is made."""

_ADAM = {"adverse_events": "ADAE", "response": "ADRS"}
_RESPONSE = ("CR", "PR", "SD", "PD", "NE")

_ID = 60
"""Characters that `trial.id` may have."""


def parameter_of(name: str) -> str:
    """PARAMCD of an endpoint: its name, at most eight characters.

    Args:
        name: Name of the endpoint.
    """
    short = "".join(part[:1] for part in name.split("_")) if len(name) > 8 else name
    return short.upper()[:8]


def flag_of(population: str) -> str:
    """Column of ADSL that says who is in a population.

    Args:
        population: Its name.
    """
    known = {"itt": "ITTFL", "safety": "SAFFL"}
    return known.get(population, population.replace("_", "").upper()[:6] + "FL")


def response_of(file: FactsFile) -> str:
    """Name of the endpoint of response, "" without one."""
    return next((name for name, one in file.endpoints.items() if one.kind == "response"), "")


def protocol_text(content: Mapping[str, Any], source: str) -> str:
    """A protocol as YAML with the mark in its first lines.

    Args:
        content: Its sections.
        source: What the patients were rebuilt from.
    """
    head = [
        f"# SYNTHETIC DATA: rebuilt from {source}, not patients.",
        "# This protocol analyzes what was printed and nothing else: no subgroups, no baseline table, no sensitivity",
        "# analyses, and only hypotheses whose P was printed: printed numbers do not determine the rest.",
    ]
    return "\n".join([*head, *_lines(content, 0)]) + "\n"


def _lines(content: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, value in content.items():
        pad = "  " * depth
        if isinstance(value, Mapping) and value and depth < 3 and any(isinstance(v, Mapping) for v in value.values()):
            yield f"{pad}{name}:"
            yield from _lines(value, depth + 1)
        else:
            yield f"{pad}{name}: {json.dumps(value, ensure_ascii=False)}"


def protocol_of(file: FactsFile, goals: Goals, source: str) -> dict[str, Any]:
    """The sections of the protocol.

    Args:
        file: The facts.
        goals: What was printed of the cut.
        source: What the patients were rebuilt from.
    """
    return {
        "equipoise": 1,
        "trial": _trial(file, source),
        "time": {"unit": goals.unit, "data_unit": "days", "resolution": "day", "days_per_month": goals.days_per_month},
        "arms": _arms(file),
        "factors": _factors(file),
        "populations": _populations(file, goals),
        "baseline": {"factors": []},
        "data": {"format": "adam"},
        "endpoints": dict(_endpoints(file, goals)),
        "analysis": dict(_analyses(file, goals)),
        "hypotheses": _hypotheses(file, goals),
    }


def _trial(file: FactsFile, source: str) -> dict[str, Any]:
    facts = file.facts
    known: dict[str, Any] = {}
    if file.protocol is not None:
        trial = file.protocol.trial
        chosen = {name: getattr(trial, name) for name in ("registry", "phase", "masking", "condition", "planned")}
        known = {name: value for name, value in chosen.items() if value is not None}
    if facts.registry:
        known["registry"] = facts.registry
    title = file.protocol.trial.title if file.protocol is not None else facts.trial
    return {
        # A fact file made of a text is called by its headline; a protocol's identifier is short.
        "id": facts.trial if len(facts.trial) <= _ID else facts.trial[:_ID].rsplit(" ", 1)[0],
        "title": f"{title} (synthetic cohort)",
        **known,
        **_reference(file),
        "notes": f"Synthetic patients, rebuilt from {source}. They are not the patients of the trial",
    }


def _reference(file: FactsFile) -> dict[str, Any]:
    """Where the rebuilt numbers were published: the source of the first data cut that is rebuilt."""
    cut = next((cut for cut in file.facts.cuts.values() if cut.use == "reconstruct"), None)
    source = file.facts.sources.get(cut.source) if cut is not None and cut.source is not None else None
    if source is None:
        return {}
    return {"reference": f"{source.cite.rstrip('.')}{f', doi {source.doi}' if source.doi else ''}"[:400]}


def _arms(file: FactsFile) -> dict[str, Any]:
    found = {}
    for name, arm in file.arms.items():
        ratio = file.protocol.arms[name].ratio if file.protocol is not None else 1
        found[name] = {"label": arm.label, "role": arm.role, "ratio": ratio}
    return found


def _factors(file: FactsFile) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in strata_of(file):
        assert file.protocol is not None
        factor = file.protocol.factors[name]
        found[name] = {"label": factor.label, "levels": list(factor.level_values), "column": factor.column}
    return found


def _populations(file: FactsFile, goals: Goals) -> dict[str, Any]:
    names = dict.fromkeys(goal.fact.population or "itt" for goal in goals.goals)
    names = dict.fromkeys(["itt", *names])
    if any(goal.fact.statistic.startswith("ae_") for goal in goals.goals):
        names["safety"] = None
    found = {}
    for name in names:
        declared = file.protocol.populations.get(name) if file.protocol is not None else None
        label = (declared.label if declared else None) or file.facts.populations.get(name)
        plain = {"itt": "All randomized", "safety": "All treated"}.get(name, name)
        actual = "actual" if name == "safety" else "planned"
        found[name] = {"label": label or plain, "arm": actual, "where": f"{flag_of(name)} = 'Y'"}
    return found


def _endpoints(file: FactsFile, goals: Goals) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, endpoint in file.endpoints.items():
        declared = file.protocol.endpoints[name] if file.protocol is not None else None
        if not _built(goals, name, endpoint.kind):
            continue
        made: dict[str, Any] = {"kind": endpoint.kind, "label": endpoint.label}
        if declared is not None and declared.role is not None:
            made["role"] = declared.role
        if endpoint.kind == "time_to_event":
            made |= {"source": {"table": "ADTTE", "PARAMCD": parameter_of(name)}}
            if endpoint.death or name == "os":
                made["death"] = True
        elif endpoint.kind == "response":
            made |= _response(file, goals, name)
        elif endpoint.kind == "adverse_events":
            made |= {"source": {"table": "ADAE"}, "grading": "toxicity_grade"}
        else:
            continue
        yield name, made
    if _durations(goals):
        label = "Duration of response"
        yield DURATION, {"kind": "time_to_event", "label": label, "source": {"table": "ADTTE", "PARAMCD": "DOR"}}


def _built(goals: Goals, name: str, kind: str) -> bool:
    """Whether records of an endpoint are made: something that they can be made from is printed of it."""
    wanted = {
        "response": ("response_rate", "clinical_benefit_rate"),
        "adverse_events": ("ae_proportion", "ae_subjects"),
    }
    for goal in goals.goals:
        mine = goal.fact.endpoint == name or (kind == "adverse_events" and not goal.fact.endpoint)
        if mine and (kind == "time_to_event" or goal.fact.statistic in wanted.get(kind, ())):
            return True
    return False


def _durations(goals: Goals) -> bool:
    return any(goal.fact.statistic.startswith("duration_") for goal in goals.goals)


def _response(file: FactsFile, goals: Goals, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "source": {"table": "ADRS", "PARAMCD": "BOR"}, "responders": ["CR", "PR"], "order": list(_RESPONSE),
        "disease_control": ["CR", "PR", "SD"],
    }  # fmt: skip
    benefit = None
    if file.protocol is not None:
        declared = file.protocol.endpoints[name]
        benefit = getattr(declared, "clinical_benefit", None)
    if any(True for _ in goals.of("clinical_benefit_rate", endpoint=name)):
        measured = benefit.measured_by if benefit is not None else _measured(file, goals)
        minimum = benefit.minimum.model_dump() if benefit is not None else {"value": 24, "unit": "weeks"}
        made["clinical_benefit"] = {"stable": ["SD"], "minimum": minimum, "measured_by": measured}
    if _durations(goals):
        made["duration"] = DURATION
    made["denominator"] = "itt"
    return made


def _measured(file: FactsFile, goals: Goals) -> str:
    """The endpoint that ends a response: the first time to event that is not death."""
    used = {goal.fact.endpoint for goal in goals.goals}
    times = [name for name, one in file.endpoints.items() if one.kind == "time_to_event" and name in used]
    return next((name for name in times if not (file.endpoints[name].death or name == "os")), times[0] if times else "")


def _analyses(file: FactsFile, goals: Goals) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, endpoint in file.endpoints.items():
        if not _built(goals, name, endpoint.kind):
            continue
        if endpoint.kind == "time_to_event":
            yield _time_analysis(file, goals, name)
        elif endpoint.kind == "response":
            yield from _response_analyses(file, goals, name)
        elif endpoint.kind == "adverse_events":
            yield "safety", {"endpoint": name, "population": "safety", "list_at_least": 0.0}


def _time_analysis(file: FactsFile, goals: Goals, name: str) -> tuple[str, dict[str, Any]]:
    spec = main_analysis(file.protocol, name)
    called = f"{name}_main"
    times = {goal.fact.time for goal in goals.of("survival", endpoint=name) if goal.fact.time}
    made: dict[str, Any] = {"endpoint": name, "population": "itt", "test": {"kind": "log_rank"}}
    estimate: dict[str, Any] = {"kind": "cox"}
    survival: dict[str, Any] = {"interval": "log_log"}
    if spec is not None:
        assert file.protocol is not None
        called = next(key for key, value in file.protocol.analysis.items() if value is spec)
        times |= set(spec.survival.times)
        survival["interval"] = spec.survival.interval
        estimate = {"kind": "cox", "ties": spec.estimate.ties}
        said = " ".join(goal.fact.method or "" for goal in goals.of("hazard_ratio", endpoint=name))
        if "unstratified" not in said:
            made["test"]["strata"] = list(getattr(spec.test, "strata", ()))
            estimate["strata"] = list(spec.estimate.strata)
    level = next((g.fact.conf_level for g in goals.of("hazard_ratio", endpoint=name)), 0.95)
    estimate["conf_level"] = level
    survival["conf_level"] = next((g.fact.conf_level for g in goals.of("median", endpoint=name)), 0.95)
    made |= {"estimate": estimate, "survival": survival | {"times": sorted(times)}, "rmst": None, "subgroups": []}
    return called, made


def _response_analyses(file: FactsFile, goals: Goals, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    called = f"{name}_main"
    if file.protocol is not None:
        mine = [key for key, value in file.protocol.analysis.items() if value.endpoint == name]
        called = mine[0] if mine else called
    where = {goal.fact.population or "itt" for goal in goals.goals if goal.fact.endpoint == name}
    for population in dict.fromkeys(["itt", *sorted(where)]):
        suffix = "" if population == "itt" else f"_{population}"
        yield f"{called}{suffix}", {"endpoint": name, "population": population}


def _hypotheses(file: FactsFile, goals: Goals) -> dict[str, Any]:
    """Hypotheses of the protocol whose P was printed, and that wait for no other."""
    found: dict[str, Any] = {}
    printed = {goal.fact.endpoint for goal in goals.of("p_value")}
    for name, one in file.protocol.hypotheses.items() if file.protocol is not None else ():
        assert file.protocol is not None
        spec = file.protocol.analysis[one.analysis]
        if (
            spec.endpoint in printed
            and spec is main_analysis(file.protocol, spec.endpoint)
            and set(one.after) <= set(found)
        ):
            found[name] = {key: _plain(value) for key, value in one.model_dump(exclude_unset=True).items()}
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
