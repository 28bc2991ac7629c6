"""Competing events: which endpoints compete, and whether an analysis of incidence has anything that could."""

from __future__ import annotations

from collections.abc import Mapping

from equipoise.protocol.analysis import IncidenceSpec, TimeToEventAnalysis
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.endpoints import DerivedSource, Endpoint, StatusSource, TimeToEventEndpoint
from equipoise.source import YamlPath

__all__ = ["check_incidence"]


def check_incidence(draft: Draft) -> None:
    """Each competing endpoint has times, and each analysis of incidence has competing events that could occur.

    Args:
        draft: The protocol under examination.
    """
    for name, endpoint in draft.endpoints.items():
        if isinstance(endpoint.source, DerivedSource):
            _competing(draft, endpoint.source, ("endpoints", name, "source", "competing"))
    for name, analysis in draft.analysis.items():
        if isinstance(analysis, TimeToEventAnalysis) and analysis.incidence is not None:
            path: YamlPath = ("analysis", name, "incidence")
            _possible(draft, analysis.endpoint, path)
            _spec(draft, analysis.incidence, path)


def _competing(draft: Draft, source: DerivedSource, path: YamlPath) -> None:
    each_once(draft, source.competing, path)
    times = [name for name, endpoint in draft.endpoints.items() if isinstance(endpoint, TimeToEventEndpoint)]
    for position, name in enumerate(source.competing):
        here: YamlPath = (*path, position)
        endpoint = draft.endpoints.get(name)
        if not draft.refer("endpoints", name, here, among=times, what="time-to-event endpoint"):
            continue
        if endpoint is not None and not isinstance(endpoint, TimeToEventEndpoint):
            draft.report("kind", f"`{name}` is not a time-to-event endpoint", here,
                         "name an endpoint of `kind: time_to_event`")  # fmt: skip
        if name in source.first_of:
            draft.report("competing", f"`{name}` is part of the event and competes with it", here,
                         "name it under `first_of` or under `competing`, not under both")  # fmt: skip


def _possible(draft: Draft, name: str, path: YamlPath) -> None:
    """Whether any record of the endpoint can be a competing event."""
    endpoint = draft.endpoints.get(name)
    if not isinstance(endpoint, TimeToEventEndpoint) or _has_competing(draft.endpoints, name, frozenset()):
        return
    if isinstance(endpoint.source, StatusSource):
        cure = f"declare a code of {endpoint.source.status} as `competing`, or remove `incidence`"
    elif isinstance(endpoint.source, DerivedSource):
        cure = "add `competing: [...]` to its source: the endpoints whose events compete, or remove `incidence`"
    else:
        cure = (
            f"declare an endpoint with `source: {{first_of: [{name}], competing: [...]}}` and analyze that, or remove "
            "`incidence`"
        )
    draft.report("no_competing", f"nothing competes with the event of `{name}`, so that it has no incidence of its own",
                 path, cure, value=name, on_key=True)  # fmt: skip


def _has_competing(endpoints: Mapping[str, Endpoint], name: str, seen: frozenset[str]) -> bool:
    """Whether an endpoint has competing codes or parts; one that is not valid itself is given the benefit of doubt."""
    endpoint = endpoints.get(name)
    if endpoint is None:
        return True
    source = endpoint.source
    if isinstance(source, StatusSource):
        meanings = [code if isinstance(code, str) else code.meaning for code in source.codes.values()]
        return "competing" in meanings
    if not isinstance(source, DerivedSource) or name in seen:
        return False
    return bool(source.competing) or any(_has_competing(endpoints, part, seen | {name}) for part in source.first_of)


def _spec(draft: Draft, spec: IncidenceSpec, path: YamlPath) -> None:
    each_once(draft, [f"{time:g}" for time in spec.times], (*path, "times"))
    if spec.test is not None:
        strata: YamlPath = (*path, "test", "strata")
        each_once(draft, spec.test.strata, strata)
        for position, name in enumerate(spec.test.strata):
            factor = draft.factors.get(name)
            if draft.refer("factors", name, (*strata, position)) and factor is not None and factor.continuous:
                draft.report("continuous", f"`{name}` is continuous and has no levels for strata", (*strata, position),
                             "declare a second factor with levels, or remove it here")  # fmt: skip
    if spec.regression is not None:
        covariates: YamlPath = (*path, "regression", "covariates")
        each_once(draft, spec.regression.covariates, covariates)
        for position, name in enumerate(spec.regression.covariates):
            draft.refer("factors", name, (*covariates, position))
