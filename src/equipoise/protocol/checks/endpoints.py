"""Endpoints: their tables, what they are derived from, and how responses are counted."""

from __future__ import annotations

from typing import Final

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.continuous import ContinuousEndpoint
from equipoise.protocol.data import MappedData
from equipoise.protocol.endpoints import (
    AdamSource,
    AdverseEventsEndpoint,
    DerivedSource,
    Endpoint,
    ResponseEndpoint,
    StatusSource,
    TimeToEventEndpoint,
)
from equipoise.source import YamlPath

__all__ = ["check_endpoints", "circles"]

_TABLE: Final = {"time_to_event": "ADTTE", "response": "ADRS", "adverse_events": "ADAE"}
_CATEGORIES: Final = frozenset({
    "any", "related", "grade_3_plus", "grade_3", "grade_4", "grade_5", "severe", "serious", "discontinuation", "fatal",
})  # fmt: skip
"""Rows of the overview of adverse events."""
_WORDS: Final = {
    "time_to_event": "times to an event",
    "response": "responses",
    "adverse_events": "adverse events",
}


def check_endpoints(draft: Draft) -> None:
    """Each endpoint reads a table that can hold it, and refers to endpoints that exist.

    Args:
        draft: The protocol under examination.
    """
    derived: dict[str, tuple[str, ...]] = {}
    for name, endpoint in draft.endpoints.items():
        if isinstance(endpoint, ContinuousEndpoint):  # `checks.continuous` sees to it
            continue
        source = endpoint.source
        if isinstance(source, AdamSource):
            _table(draft, name, endpoint.kind, source)
        elif isinstance(source, DerivedSource):
            derived[name] = (*source.first_of, *source.competing)
            _parts(draft, name, source)
        elif isinstance(source, StatusSource):
            _codes(draft, name, source)
        if isinstance(endpoint, AdverseEventsEndpoint):
            for group in endpoint.of_interest:
                if group in _CATEGORIES:
                    draft.report("reserved_name", f"`{group}` is a category of the overview already",
                                 ("endpoints", name, "of_interest", group), "give the group another name",
                                 value=group, on_key=True)  # fmt: skip
        if isinstance(endpoint, ResponseEndpoint):
            _response(draft, name, endpoint)
    for circle in circles(derived):
        draft.report("cycle", f"`first_of` goes in a circle: {' → '.join((*circle, circle[0]))}",
                     ("endpoints", circle[0], "source", "first_of"),
                     "read one of them from a table or file")  # fmt: skip


def circles(edges: dict[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Circles of a graph of references, each once, from its first node in declared order.

    Args:
        edges: Name → names it refers to; undeclared names are ignored.

    Returns:
        The nodes of each circle found.
    """
    out: list[tuple[str, ...]] = []
    done: set[str] = set()

    def visit(node: str, chain: tuple[str, ...]) -> None:
        if node in chain:
            circle = chain[chain.index(node) :]
            first = min(circle, key=list(edges).index)
            start = circle.index(first)
            out.append(circle[start:] + circle[:start])
            return
        if node in done or node not in edges:
            return
        for target in edges[node]:
            visit(target, (*chain, node))
        done.add(node)

    for name in edges:
        visit(name, ())
    return list(dict.fromkeys(out))


def _table(draft: Draft, name: str, kind: str, source: AdamSource) -> None:
    path: YamlPath = ("endpoints", name, "source")
    expected = _TABLE[kind]
    if source.table != expected:
        draft.report("table", f"{_WORDS[kind]} are read from {expected}", (*path, "table"),
                     f"write `table: {expected}`; a file of your own can be mapped to it under `data`")  # fmt: skip
        return
    if isinstance(draft.data, MappedData) and source.table not in draft.data.tables:
        draft.report("dangling", f"`{source.table}` is not mapped under `data.tables`", (*path, "table"),
                     f"add `{source.table}:` with its file and columns under `data.tables`")  # fmt: skip
    if kind == "adverse_events" and source.PARAMCD is not None:
        draft.report("unknown_key", "ADAE has no PARAMCD", (*path, "PARAMCD"), "remove it, or use `where`")
    mapped = draft.data.tables.get(source.table) if isinstance(draft.data, MappedData) else None
    one_kind = mapped is not None and "PARAMCD" not in mapped.columns  # a table of one's own without parameters
    if kind != "adverse_events" and source.PARAMCD is None and source.where is None and not one_kind:
        draft.report("missing_key", f"`PARAMCD` is missing in `endpoints.{name}.source`", path,
                     f"{expected} can hold several parameters: add `PARAMCD:`, the one to read")  # fmt: skip


def _parts(draft: Draft, name: str, source: DerivedSource) -> None:
    path: YamlPath = ("endpoints", name, "source", "first_of")
    each_once(draft, source.first_of, path)
    for position, part in enumerate(source.first_of):
        _time_to_event(draft, part, (*path, position))


def _time_to_event(draft: Draft, name: str, path: YamlPath) -> None:
    """A reference to an endpoint that has times."""
    times = [other for other, endpoint in draft.endpoints.items() if isinstance(endpoint, TimeToEventEndpoint)]
    endpoint = draft.endpoints.get(name)
    if not draft.refer("endpoints", name, path, among=times, what="time-to-event endpoint"):
        return
    if endpoint is not None and not isinstance(endpoint, TimeToEventEndpoint):
        draft.report("kind", f"`{name}` is not a time-to-event endpoint", path,
                     "name an endpoint of `kind: time_to_event`")  # fmt: skip


def _codes(draft: Draft, name: str, source: StatusSource) -> None:
    meanings = [code if isinstance(code, str) else code.meaning for code in source.codes.values()]
    if "event" not in meanings:
        draft.report("codes", "no code of the status column means an event", ("endpoints", name, "source", "codes"),
                     "declare which code is the event: `1: event`")  # fmt: skip


def _response(draft: Draft, name: str, endpoint: ResponseEndpoint) -> None:
    path: YamlPath = ("endpoints", name)
    draft.refer("populations", endpoint.denominator, (*path, "denominator"))
    if endpoint.duration is not None:
        _time_to_event(draft, endpoint.duration, (*path, "duration"))
    _listed(draft, endpoint, endpoint.responders, (*path, "responders"))
    each_once(draft, endpoint.order, (*path, "order"))
    control = endpoint.disease_control
    if control is not None:
        _listed(draft, endpoint, control, (*path, "disease_control"))
        missing = [response for response in endpoint.responders if response not in control]
        if missing:
            draft.report("responses", f"responders are not all part of disease control: {', '.join(missing)}",
                         (*path, "disease_control"),
                         "list every response that counts, responders included")  # fmt: skip
    benefit = endpoint.clinical_benefit
    if benefit is not None:
        _time_to_event(draft, benefit.measured_by, (*path, "clinical_benefit", "measured_by"))
        stable: YamlPath = (*path, "clinical_benefit", "stable")
        _listed(draft, endpoint, benefit.stable, stable)
        for position, response in enumerate(benefit.stable):
            if response in endpoint.responders:
                draft.report("responses", f"`{response}` is a response already", (*stable, position),
                             "list only what counts once it has lasted long enough")  # fmt: skip


def _listed(draft: Draft, endpoint: Endpoint, responses: tuple[str, ...], path: YamlPath) -> None:
    from equipoise.protocol.suggest import known, nearest

    assert isinstance(endpoint, ResponseEndpoint)
    each_once(draft, responses, path)
    for position, response in enumerate(responses):
        if response not in endpoint.order:
            draft.report("responses", f"`{response}` is not one of the responses in `order`", (*path, position),
                         nearest(response, endpoint.order) or known("order", endpoint.order))  # fmt: skip
