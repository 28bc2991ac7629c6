"""How several hypotheses were tested, as a paragraph of a methods section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equipoise.analysis.methods_text import listing, number_text
from equipoise.analysis.noninferiority import margin_words
from equipoise.design.levels import levels

if TYPE_CHECKING:
    from equipoise.protocol.multiplicity import Multiplicity
    from equipoise.protocol.protocol import Protocol

__all__ = ["multiplicity_paragraph"]

_SIDES = {1: "one-sided", 2: "two-sided"}
_REJECTED = (
    "A hypothesis is rejected when its P is below its level and the effect favours the experimental arm; P values are "
    "given for hypotheses that were reached and for no others. All other intervals are not adjusted for multiplicity."
)


def multiplicity_paragraph(protocol: Protocol, analyses: Mapping[str, str]) -> str:
    """Order, levels, graph, looks and margins of the hypotheses.

    Args:
        protocol: The declared trial, with hypotheses.
        analyses: Hypothesis → what its analysis is called.
    """
    if protocol.multiplicity is None:
        parts: list[str] = []
        for name, level in levels(protocol.hypotheses).items():
            hypothesis = protocol.hypotheses[name]
            after = f" once {listing(list(hypothesis.after))} had been rejected" if hypothesis.after else ""
            at = f"at a {_SIDES[level.sides]} level of {number_text(level.alpha)}{after}"
            parts.append(f"{name} ({_about(protocol, name, analyses)}) {at}")
        first = f"Hypotheses were tested in the declared order: {'; '.join(parts)}."
    else:
        first = _graph(protocol, protocol.multiplicity, analyses)
    return " ".join([first, *_margins(protocol), *_looks(protocol), _REJECTED])


def _about(protocol: Protocol, name: str, analyses: Mapping[str, str]) -> str:
    hypothesis = protocol.hypotheses[name]
    arm = hypothesis.arm or protocol.experimental[0]
    margin = f", non-inferiority, {margin_words(protocol, hypothesis)}" if hypothesis.margin is not None else ""
    return f"{analyses[name]}, {protocol.arms[arm].label}{margin}"


def _graph(protocol: Protocol, declared: Multiplicity, analyses: Mapping[str, str]) -> str:
    shares = [
        f"{name} ({_about(protocol, name, analyses)}) {number_text(weight)}"
        for name, weight in declared.weights.items()
    ]
    edges = [
        f"from {name} {listing([f'{number_text(edge)} to {to}' for to, edge in row.items() if edge > 0.0])}"
        for name, row in declared.transitions.items()
        if any(row.values())
    ]
    passed = f" The share of a rejected hypothesis went on, {'; '.join(edges)}." if edges else ""
    return (
        f"Hypotheses shared a {_SIDES[declared.sides]} level of {number_text(declared.alpha)} in a graph (Bretz, "
        f"Maurer, Brannath and Posch 2009), at the start: {'; '.join(shares)}.{passed}"
    )


def _margins(protocol: Protocol) -> list[str]:
    kinds = {protocol.analysis[h.analysis].kind for h in protocol.hypotheses.values() if h.margin is not None}
    by = {
        "time_to_event": "the Wald statistic of the declared Cox model",
        "response": "the score statistic of Farrington and Manning",
    }
    tests = [words for kind, words in by.items() if kind in kinds]
    return [f"Non-inferiority was tested against the margin by {listing(tests)}."] if tests else []


def _looks(protocol: Protocol) -> list[str]:
    names = [name for name in protocol.hypotheses if name in protocol.design and len(protocol.design[name].looks) > 1]
    if not names:
        return []
    back = protocol.multiplicity is not None and protocol.multiplicity.look_back
    return [
        f"{listing(names)}: the level at the last look is that of the last planned group-sequential bound, interim "
        "looks taken as held as planned; for a log-rank test it follows the events that there are, at a spending time "
        "of 1." + (" Results of interim looks are not part of these data and were not looked back at." if back else "")
    ]
