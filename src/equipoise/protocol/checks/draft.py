"""A protocol under examination: entries that are valid on their own, all declared names, and where they stand."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from equipoise.errors import Problem, Where
from equipoise.protocol.analysis import Analysis, Hypothesis
from equipoise.protocol.arms import Arm, Baseline, Eligibility, Factor, Population
from equipoise.protocol.assessments import Assessments
from equipoise.protocol.data import AdamData, DataSection
from equipoise.protocol.designs import Design
from equipoise.protocol.endpoints import Endpoint
from equipoise.protocol.monitoring import Monitoring
from equipoise.protocol.multiplicity import Multiplicity
from equipoise.protocol.protocol import Protocol
from equipoise.protocol.randomization import Randomization
from equipoise.protocol.scenarios import Scenario
from equipoise.protocol.suggest import known, nearest
from equipoise.protocol.trial import TimeSection, TrialSection
from equipoise.source import Node, YamlPath, dotted

__all__ = ["NAMED", "Draft", "draft_of", "partial_draft"]

NAMED: Final = (
    "arms", "factors", "populations", "assessments", "endpoints", "analysis", "hypotheses", "scenarios", "design",
)  # fmt: skip
"""Sections that map names to entries."""

_ENTRY: Final[dict[str, Any]] = {
    "arms": Arm,
    "factors": Factor,
    "populations": Population,
    "assessments": Assessments,
    "endpoints": Endpoint,
    "analysis": Analysis,
    "hypotheses": Hypothesis,
    "scenarios": Scenario,
    "design": Design,
}
_SINGLE: Final[dict[str, Any]] = {
    "trial": TrialSection,
    "time": TimeSection,
    "baseline": Baseline,
    "data": DataSection,
    "multiplicity": Multiplicity,
    "monitoring": Monitoring,
    "randomization": Randomization,
    "eligibility": tuple[Eligibility, ...],
}

_REFERENCES: Final = frozenset({"dangling", "continuous", "condition", "cycle"})
"""Problems that do not come from something that is missing."""

_NOUN: Final = {
    "arms": "arm",
    "factors": "factor",
    "populations": "population",
    "assessments": "reader",
    "endpoints": "endpoint",
    "analysis": "analysis",
    "hypotheses": "hypothesis",
    "scenarios": "scenario",
}


@dataclass(slots=True)
class Draft:
    """What checks read: entries that the models accepted, and the names of all that were declared.

    Attributes:
        names: Section → declared names, those of invalid entries included.
        whole: Sections without an invalid entry: only there absence means anything.
        root: The document, for lines; None for a protocol that did not come from a file.
        file: Its name.
        repaired: Entries and sections that were valid only without something: of these only references are checked.
        problems: What the checks found, each with the path it stands at.
    """

    names: Mapping[str, tuple[str, ...]]
    whole: frozenset[str]
    root: Node | None
    file: str
    trial: TrialSection | None = None
    time: TimeSection = field(default_factory=TimeSection)
    arms: Mapping[str, Arm] = field(default_factory=dict)
    factors: Mapping[str, Factor] = field(default_factory=dict)
    eligibility: tuple[Eligibility, ...] = ()
    populations: Mapping[str, Population] = field(default_factory=dict)
    baseline: Baseline | None = None
    data: DataSection | None = None
    assessments: Mapping[str, Assessments] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    analysis: Mapping[str, Analysis] = field(default_factory=dict)
    hypotheses: Mapping[str, Hypothesis] = field(default_factory=dict)
    multiplicity: Multiplicity | None = None
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    design: Mapping[str, Design] = field(default_factory=dict)
    monitoring: Monitoring | None = None
    randomization: Randomization | None = None
    repaired: frozenset[YamlPath] = frozenset()
    problems: list[Problem] = field(default_factory=list)

    def report(
        self, code: str, message: str, path: YamlPath, cure: str, *, value: object = None, on_key: bool = False,
        severity: Literal["error", "warning"] = "error",
    ) -> None:  # fmt: skip
        """Note a problem.

        Args:
            code: Its slug without `protocol.`.
            message: What is wrong.
            path: Where; the nearest part that exists gives the line.
            cure: What to do.
            value: Shown instead of what is written there.
            on_key: Point at the key rather than at its value.
            severity: `error` or `warning`.
        """
        if code not in _REFERENCES and {tuple(path[:1]), tuple(path[:2])} & self.repaired:
            return
        line, text = None, ""
        if self.root is not None:
            node, found = self.root.find(path)
            line = (node.key if on_key else node.at).line
            if len(found) == len(path) and not isinstance(node.content, dict | list):
                text = node.text
        shown = text if value is None else str(value)
        where = Where(file=self.file, line=line, path=dotted(path))
        self.problems.append(Problem(f"protocol.{code}", message, where, shown, cure, severity))

    def warn(self, code: str, message: str, path: YamlPath, cure: str, *, value: object = None) -> None:
        """Note something that is allowed and probably not meant; arguments as for `report`."""
        self.report(code, message, path, cure, value=value, severity="warning")

    def refer(
        self, section: str, name: str, path: YamlPath, *, among: Iterable[str] | None = None, what: str = ""
    ) -> bool:
        """Check a reference.

        Args:
            section: The section that must declare the name.
            name: The name referred to.
            path: Where the reference stands.
            among: Names to choose from, where not all of the section can be meant.
            what: What is meant, where not any entry of the section.

        Returns:
            True when the name is declared.
        """
        if name in self.names[section]:
            return True
        names = [other for other in (self.names[section] if among is None else among) if other not in path[:2]]
        noun = what or _NOUN[section]
        article = "an" if noun[0] in "aeio" else "a"
        self.report("dangling", f"`{name}` is not declared as {article} {noun}", path,
                    nearest(name, names) or known(f"declared under {section}", names), value=name)  # fmt: skip
        return False


def draft_of(protocol: Protocol, *, root: Node | None = None, file: str = "") -> Draft:
    """The draft of a valid protocol.

    Args:
        protocol: The declared trial.
        root: Its document, where lines are wanted.
        file: Name of its file.

    Returns:
        A draft with everything in it.
    """
    content: dict[str, Any] = {name: getattr(protocol, name) for name in type(protocol).model_fields}
    del content["equipoise"]
    return Draft(
        names={section: tuple(content[section]) for section in NAMED},
        whole=frozenset(content),
        root=root,
        file=file,
        **content,
    )


def partial_draft(root: Node, file: str, bad: Iterable[YamlPath]) -> Draft:
    """The draft of a document with errors: whatever is valid on its own, or would be without what is wrong in it.

    Args:
        root: The document, resolved.
        file: Its name.
        bad: Paths of the errors.

    Returns:
        A draft without the invalid entries, whose names are kept.
    """
    wrong: dict[YamlPath, list[YamlPath]] = {}
    for path in bad:
        wrong.setdefault(tuple(path[:2]), []).append(tuple(path))
    content: dict[str, Any] = {}
    names: dict[str, tuple[str, ...]] = dict.fromkeys(NAMED, ())
    repaired: set[YamlPath] = set()
    for section, kind in _ENTRY.items():
        node = root.child(section)
        entries = content[section] = {}
        if node is None or not isinstance(node.content, dict):
            continue
        names[section] = tuple(str(name) for name in node.content)
        for name, entry in node.content.items():
            valid = _valid(kind, entry.value, [path[2:] for path in wrong.get((section, name), ())])
            if valid is not None and (section,) not in wrong:
                entries[name] = valid
                repaired |= {(section, name)} & set(wrong)
    for section, kind in _SINGLE.items():
        node = root.child(section)
        errors = [path[1:] for key, paths in wrong.items() if key[0] == section for path in paths]
        valid = None if node is None or node.content is None else _valid(kind, node.value, errors)
        if valid is not None:
            content[section] = valid
            repaired |= {(section,)} if errors else set()
    if root.child("data") is None:
        content["data"] = AdamData()
    whole = frozenset({*_ENTRY, *_SINGLE} - {path[0] for path in wrong if path})
    return Draft(names=names, whole=whole, root=root, file=file, repaired=frozenset(repaired), **content)


def _valid(kind: Any, value: Any, errors: Iterable[YamlPath]) -> Any:
    """The value of a section or entry, what is wrong in it left out; None where that is not enough."""
    from pydantic import TypeAdapter, ValidationError

    for path in errors:
        keys = list(itertools.takewhile(lambda part: not isinstance(part, int), path))  # a list goes as a whole
        inner = value
        for key in keys[:-1]:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if not keys or not isinstance(inner, dict):
            return None
        inner.pop(keys[-1], None)
    try:
        return TypeAdapter(kind).validate_python(value, strict=False if isinstance(value, list) else None)
    except ValidationError:
        return None
