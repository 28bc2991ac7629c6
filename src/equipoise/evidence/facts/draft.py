"""A facts file under examination: what is valid of it, all declared names, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from equipoise.errors import Problem, Where
from equipoise.evidence.facts.model import Cut, Fact, FactArm, FactEndpoint, Facts, Source
from equipoise.evidence.facts.numbers import is_percent, number_of
from equipoise.evidence.model import Number
from equipoise.protocol.protocol import Protocol
from equipoise.protocol.translate import translate
from equipoise.source import Node, YamlPath, dotted

__all__ = ["NUMBERS", "Draft", "draft_of", "model_problems"]

M = TypeVar("M", bound=BaseModel)

NUMBERS: Final = ("value", "lower", "upper")
"""Fields of a fact that hold printed numbers."""

_ENTRY: Final[dict[str, type[BaseModel]]] = {
    "sources": Source, "cuts": Cut, "arms": FactArm, "endpoints": FactEndpoint,
}  # fmt: skip
_CODES: Final = {
    "protocol.unknown_key": "facts.unknown_key", "protocol.missing_key": "facts.missing_key",
    "protocol.too_short": "facts.too_short", "protocol.too_long": "facts.too_long",
    "protocol.wrong_type": "facts.wrong_type", "protocol.choice": "facts.choice", "protocol.name": "facts.name",
    "protocol.characters": "facts.characters", "protocol.range": "facts.range",
}  # fmt: skip
"""The same mistakes in a facts file as in trial.yaml, by names of their own."""


@dataclass(slots=True)
class Draft:
    """What checks read: valid entries, declared names, and numbers as printed.

    Attributes:
        root: The document.
        file: Its name.
        unit: Unit of time.
        protocol: The declared trial, where the file names one that can be read.
        sources: Declared sources that are valid.
        cuts: Declared cuts that are valid, in order.
        arms: Arms of the protocol, then of the file.
        endpoints: Endpoints of the protocol, then of the file.
        names: Section → all declared names, those of invalid entries included; None for a section that is no mapping.
        facts: Valid facts by position.
        printed: (position, field) → the number with its characters.
        problems: What was found.
    """

    root: Node
    file: str
    unit: str = "months"
    protocol: Protocol | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    arms: dict[str, FactArm] = field(default_factory=dict)
    endpoints: dict[str, FactEndpoint] = field(default_factory=dict)
    names: dict[str, list[str] | None] = field(default_factory=dict)
    facts: dict[int, Fact] = field(default_factory=dict)
    printed: dict[tuple[int, str], Number] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def experimental(self) -> list[str]:
        """Names of the experimental arms, in order."""
        return [name for name, arm in self.arms.items() if arm.role == "experimental"]

    @property
    def control(self) -> str:
        """Name of the control arm, "" where there is not one."""
        found = [name for name, arm in self.arms.items() if arm.role == "control"]
        return found[0] if len(found) == 1 else ""

    @property
    def first_cut(self) -> str:
        """Name of the first cut."""
        return next(iter(self.names.get("cuts") or self.cuts), "")

    def cut_of(self, fact: Fact) -> str:
        """Name of the cut of a fact."""
        return fact.cut or self.first_cut

    def source_of(self, fact: Fact) -> str:
        """Name of the source of a fact: its own, that of its cut, or the only one; "" where none can be told."""
        cut = self.cuts.get(self.cut_of(fact))
        only = list(self.sources)
        return fact.source or (cut.source if cut and cut.source else "") or (only[0] if len(only) == 1 else "")

    def node(self, *path: Any) -> Node:
        """The deepest node on the way to `path`."""
        return self.root.find(path)[0]

    def where(self, *path: Any) -> Where:
        """Where `path` stands."""
        return Where(file=self.file, line=self.node(*path).at.line, path=dotted(path))

    def report(
        self,
        code: str,
        message: str,
        path: YamlPath,
        cure: str,
        value: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Notes a problem at `path`; its value is what is written there unless said otherwise."""
        node, found = self.root.find(path)
        shown = value if value is not None else node.text if found == path else ""
        self.problems.append(Problem(code, message, self.where(*path), shown, cure, severity))


def draft_of(root: Node, file: str, protocol: Protocol | None) -> Draft:
    """The valid entries of a document, whether or not all of it is valid.

    Args:
        root: The document.
        file: Its name.
        protocol: The declared trial.

    Returns:
        The draft; its `problems` are empty.
    """
    draft = Draft(root, file, protocol=protocol)
    unit = root.child("unit")
    if unit is not None and unit.content in ("days", "weeks", "months", "years"):
        draft.unit = str(unit.content)
    if protocol is not None:
        for name, arm in protocol.arms.items():
            names = (arm.treatment,) if arm.treatment else ()
            draft.arms[name] = FactArm(label=arm.label, role=arm.role, names=names)
        for name, endpoint in protocol.endpoints.items():
            death = endpoint.kind == "time_to_event" and endpoint.death
            draft.endpoints[name] = FactEndpoint(label=endpoint.label, kind=endpoint.kind, death=death)
    for section, model in _ENTRY.items():
        _fill(draft, section, model)
    facts = root.child("facts")
    if facts is not None and isinstance(facts.content, list):
        for position, node in enumerate(facts.content):
            fact = _valid(Fact, node)
            if fact is not None:
                draft.facts[position] = fact
                draft.printed |= {(position, name): number for name, number in _numbers(node)}
    return draft


def _fill(draft: Draft, section: str, model: type[BaseModel]) -> None:
    node = draft.root.child(section)
    target: dict[str, Any] = getattr(draft, section)
    if node is not None and not isinstance(node.content, dict):
        draft.names[section] = None
        return
    entries = node.content if node is not None and isinstance(node.content, dict) else {}
    draft.names[section] = list(dict.fromkeys([*target, *(str(name) for name in entries)]))
    for name, content in entries.items():
        entry = _valid(model, content)
        if entry is None:
            continue
        known = target.get(name)
        # Beside a protocol a facts file adds words to its arms and endpoints; their roles and kinds are the protocol's.
        if isinstance(known, FactArm | FactEndpoint) and isinstance(entry, FactArm | FactEndpoint):
            names = tuple(dict.fromkeys([*known.names, entry.label, *entry.names]))
            entry = known.model_copy(update={"names": names})
        target[name] = entry


def _valid(model: type[M], node: Node) -> M | None:
    try:
        return model.model_validate(node.value)
    except ValidationError:
        return None


def _numbers(node: Node) -> list[tuple[str, Number]]:
    """Numbers of a fact with the characters that are written: `0.60` keeps its decimals.

    Limits beside a percentage are percentages: print gives the sign once, "32.9% (26.9-39.4)".
    """
    out: list[tuple[str, Number]] = []
    for name in NUMBERS:
        child = node.child(name)
        if child is None:
            continue
        number = number_of(child.content if isinstance(child.content, str) else child.text)
        if number is not None:
            sign = bool(out) and out[0][0] == "value" and is_percent(out[0][1]) and not is_percent(number)
            out.append((name, replace(number, text=f"{number.text}%") if sign else number))
    return out


def model_problems(reason: ValidationError, root: Node, file: str) -> list[Problem]:
    """What the models refuse, in the words of a facts file.

    Args:
        reason: What validation raised.
        root: The document.
        file: Its name.
    """
    out = []
    for _, problem in translate(reason.errors(include_url=False), root, file, top=Facts):
        message = problem.message.replace("a protocol", "a facts file")
        cure = problem.cure.replace("`like`, ", "")
        out.append(replace(problem, code=_CODES.get(problem.code, problem.code), message=message, cure=cure))
    return out
