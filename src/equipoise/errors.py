"""Everything that equipoise can refuse, as one tree.

    EquipoiseError                 carries Problems; exit code 2 unless said otherwise
    ├── ProtocolError              trial.yaml is not a valid declaration
    ├── DataError                  the data contradict the declaration or themselves
    ├── PlanError                  protocol and data are fine, but an analysis can't be done as declared
    ├── SimulationError            a scenario can't be simulated as declared, or a simulation not carried out
    ├── EvidenceError              a text, published facts or a printed curve can't be used
    ├── BundleError                a results bundle is missing, damaged or belongs to another protocol
    ├── UsageError                 a command or function was called wrongly
    └── KernelInputError           arrays given to a kernel break its stated limits

A `Problem` says what is wrong, where, with which value, and what would cure it. Checks collect every problem before
they raise, so one run shows all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "BundleError",
    "DataError",
    "EquipoiseError",
    "EvidenceError",
    "KernelInputError",
    "PlanError",
    "Problem",
    "Problems",
    "ProtocolError",
    "SimulationError",
    "UsageError",
    "Where",
]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file or a table; empty fields are unknown or do not apply.

    Attributes:
        file: Path of the file, as the user gave it.
        line: 1-based line in a text file.
        path: Dotted path inside a protocol, `arms.palbo.ratio`.
        table: Name of a data table, `ADTTE`.
        row: 1-based data row of the table as read (the header is not counted).
        column: Column of the table.
        subject: Subject identifier of the row.
    """

    file: str = ""
    line: int | None = None
    path: str = ""
    table: str = ""
    row: int | None = None
    column: str = ""
    subject: str = ""

    def __str__(self) -> str:
        parts: list[str] = []
        if self.file:
            parts.append(f"{self.file}:{self.line}" if self.line else self.file)
        if self.path:
            parts.append(self.path)
        if self.table:
            parts.append(self.table)
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(self.column)
        if self.subject:
            parts.append(f"subject {self.subject}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, the offending value and the cure.

    Attributes:
        code: Stable slug that the documentation explains, `protocol.unknown_key`.
        message: One sentence.
        where: The place.
        value: The offending value as the user wrote it, shown with `repr`-like quoting; "" where there is none.
        cure: One sentence that says what to do.
        severity: `error` stops the work; `warning` is printed and recorded.
    """

    code: str
    message: str
    where: Where = field(default_factory=Where)
    value: str = ""
    cure: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = str(self.where)
        text = f"{place}: {self.message}" if place else self.message
        if self.value:
            text += f" (found: {self.value})"
        if self.cure:
            text += f"\n    cure: {self.cure}"
        return text

    def to_dict(self) -> dict[str, Any]:
        """The problem as plain JSON values, empty fields left out."""
        place: dict[str, Any] = {}
        for name in ("file", "line", "path", "table", "row", "column", "subject"):
            content = getattr(self.where, name)
            if content not in ("", None):
                place[name] = content
        out: dict[str, Any] = {"code": self.code, "severity": self.severity, "message": self.message, "where": place}
        if self.value:
            out["value"] = self.value
        if self.cure:
            out["cure"] = self.cure
        return out

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Problem:
        """The problem that `to_dict` wrote.

        Args:
            content: Its plain JSON values.
        """
        return cls(**{**content, "where": Where(**content.get("where", {}))})


class Problems(tuple[Problem, ...]):
    """Several problems: a tuple that a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from html import escape

        if not self:
            return "<p>no problems</p>"
        style = ' style="text-align:left;vertical-align:top"'
        rows = []
        for problem in self:
            cells = (problem.severity, str(problem.where), problem.message, problem.value, problem.cure)
            rows.append("<tr>" + "".join(f"<td{style}>{escape(cell)}</td>" for cell in cells) + "</tr>")
        head = "".join(f'<th scope="col"{style}>{name}</th>' for name in ("", "Where", "Problem", "Found", "Cure"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


class EquipoiseError(Exception):
    """Root of the tree. `problems` holds at least one `Problem`; `exit_code` is what the command line returns."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = Problem(code=f"{_slug(type(self))}.general", message=problems)
        self.problems: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def _render_traceback_(self) -> list[str]:
        # A notebook shows the problems instead of the frames that noticed them.
        count = len(self.problems)
        head = f"{type(self).__name__}: {count} problem{'s' if count > 1 else ''}"
        return [head, *[f"  {line}" for problem in self.problems for line in str(problem).splitlines()]]


class ProtocolError(EquipoiseError):
    """The protocol file is not a valid declaration of a trial."""


class DataError(EquipoiseError):
    """The data contradict the declaration, a standard, or themselves."""


class PlanError(EquipoiseError):
    """The declaration and the data are readable, but an analysis can't be done as declared."""


class SimulationError(EquipoiseError):
    """A scenario can't be simulated as declared, or a simulation can't be carried out or continued."""


class EvidenceError(EquipoiseError):
    """A text, published facts or a printed curve can't be read, or contradict themselves."""


class BundleError(EquipoiseError):
    """A results bundle is missing, damaged, or was made from another protocol."""


class UsageError(EquipoiseError):
    """A command or a function was called in a way that has no meaning."""


class KernelInputError(EquipoiseError):
    """Arrays given to a kernel break its stated limits (shape, sign, finiteness)."""


def _slug(cls: type) -> str:
    name = cls.__name__.removesuffix("Error")
    return "".join(("_" if i and c.isupper() else "") + c.lower() for i, c in enumerate(name))
