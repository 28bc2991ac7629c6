"""From facts.yaml to facts that were checked: every problem at once, each with its file, line, value and cure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from equipoise.errors import EquipoiseError, EvidenceError, Problem
from equipoise.evidence.facts.agreement import check_agreement
from equipoise.evidence.facts.checks import check_facts, check_head
from equipoise.evidence.facts.draft import Draft, draft_of, model_problems
from equipoise.evidence.facts.model import Fact, FactArm, FactEndpoint, Facts
from equipoise.evidence.facts.notes import notes_of
from equipoise.evidence.facts.rows import characters, cut_word, fact_key, statistics_of
from equipoise.evidence.model import Number
from equipoise.protocol.loading import load_protocol
from equipoise.protocol.order import in_order
from equipoise.protocol.protocol import Protocol
from equipoise.results.key import Key
from equipoise.source import Source, parse_source, read_source

__all__ = ["FactsFile", "load_facts", "loads_facts", "statistics_of"]

_CURES: Final = {
    "yaml.not_a_file": "name the facts file itself, such as facts.yaml",
    "yaml.no_file": "check the path; `equipoise facts article.txt` writes a first facts file",
    "yaml.empty": "start from the file that `equipoise facts article.txt` writes",
    "yaml.not_a_mapping": "write sections as `name:` lines, beginning with `equipoise_facts: 1`",
}
"""What helps with a facts file, where the reader of YAML speaks of protocols."""


@dataclass(frozen=True, slots=True)
class FactsFile:
    """A facts file that was read and checked.

    Attributes:
        facts: Its content.
        path: The file.
        protocol: The declared trial, where the file names one.
        printed: (position of the fact, `value` | `lower` | `upper`) → the number with its characters as written in the
            file, so that 0.60 keeps two decimals; percent stays percent (46.5 of "46.5%"). NR and NE are not in it.
        lines: Position of a fact → its line.
        arms: Name → arm: those of the protocol, with words that the file adds, or those of the file.
        endpoints: Name → endpoint, likewise.
        notes: Warnings: what the rules of `equipoise check` say of the printed numbers.
    """

    facts: Facts
    path: Path
    protocol: Protocol | None
    printed: Mapping[tuple[int, str], Number]
    lines: Mapping[int, int]
    arms: Mapping[str, FactArm]
    endpoints: Mapping[str, FactEndpoint]
    notes: tuple[Problem, ...] = ()

    @property
    def control(self) -> str:
        """Name of the control arm, "" where none is declared."""
        return next((name for name, arm in self.arms.items() if arm.role == "control"), "")

    @property
    def experimental(self) -> tuple[str, ...]:
        """Names of the experimental arms, in order."""
        return tuple(name for name, arm in self.arms.items() if arm.role == "experimental")

    def cut_of(self, fact: Fact) -> str:
        """Name of the data cut of a fact."""
        return fact.cut or next(iter(self.facts.cuts))

    def source_of(self, fact: Fact) -> str:
        """Name of the source of a fact: its own, or that of its cut."""
        return fact.source or self.facts.cuts[self.cut_of(fact)].source or next(iter(self.facts.sources))

    def characters(self, position: int) -> str:
        """Value and limits of a fact as they are written: "0.75 (0.59 to 0.96)"."""
        return characters(self, position)

    def key_of(self, fact: Fact) -> Key:
        """The key of a fact, of stage `published`."""
        name = self.cut_of(fact)
        cut = cut_word(name, self.facts.cuts[name])
        return fact_key(fact, experimental=list(self.experimental), control=self.control, cut=cut)


def load_facts(path: Path | str) -> FactsFile:
    """Read published facts.

    Args:
        path: The facts file.

    Returns:
        The facts, checked, with the protocol that the file names.

    Raises:
        EvidenceError: With every problem found, in the order of lines; those of the protocol come with its own lines.
    """
    try:
        source = read_source(path, error=EvidenceError)
    except EvidenceError as reason:
        raise _spoken(reason) from None
    return _build(source, Path(path))


def loads_facts(text: str, *, file: str = "facts.yaml") -> FactsFile:
    """Read published facts from text.

    Args:
        text: Content of a facts file.
        file: Its name; `protocol:` is relative to it.

    Raises:
        EvidenceError: As `load_facts`.
    """
    try:
        source = parse_source(text, file=file, error=EvidenceError)
    except EvidenceError as reason:
        raise _spoken(reason) from None
    return _build(source, Path(file))


def _spoken(reason: EvidenceError) -> EvidenceError:
    return EvidenceError([replace(one, cure=_CURES.get(one.code, one.cure)) for one in reason.problems])


def _build(source: Source, path: Path) -> FactsFile:
    problems = list(source.problems)
    protocol, of_protocol = _protocol(source, path)
    draft = draft_of(source.root, source.file, protocol)
    facts = None
    try:
        facts = Facts.model_validate(source.root.value)
    except ValidationError as reason:
        problems += model_problems(reason, source.root, source.file)
    # Where the protocol can't be read, what it declares can't be missed here.
    if not of_protocol:
        check_head(draft)
        check_facts(draft)
        if not draft.problems:
            check_agreement(draft)
    places = {problem.where.path for problem in problems if problem.where.path}
    found = in_order([*problems, *(problem for problem in draft.problems if problem.where.path not in places)])
    errors = [problem for problem in found if problem.severity == "error"]
    if errors or of_protocol or facts is None:
        raise EvidenceError([*errors, *of_protocol])
    return _file(facts, draft, path, tuple(found))


def _protocol(source: Source, path: Path) -> tuple[Protocol | None, list[Problem]]:
    node = source.root.child("protocol")
    if node is None or not isinstance(node.content, str):
        return None, []
    try:
        return load_protocol(path.parent / node.content), []
    except EquipoiseError as reason:
        return None, list(reason.problems)


def _file(facts: Facts, draft: Draft, path: Path, notes: tuple[Problem, ...]) -> FactsFile:
    lines = {position: draft.node("facts", position).place.line for position in range(len(facts.facts))}
    file = FactsFile(facts, path, draft.protocol, draft.printed, lines, draft.arms, draft.endpoints, notes)
    return replace(file, notes=tuple(in_order([*notes, *notes_of(file)])))
