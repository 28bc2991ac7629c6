"""Problems collected on the way: at most twenty of one kind are listed, and the rest is counted."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from equipoise.data.model import ROW, Finding
from equipoise.errors import DataError, Problem, Where

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LISTED", "Report", "Rule", "did_you_mean", "show"]

LISTED = 20
"""Rows of one kind that are listed; more are counted."""


def show(value: object) -> str:
    """A value as a message shows it: text quoted, dates as ISO, whole numbers without a point, null as `missing`.

    Args:
        value: A cell of a table.

    Returns:
        The text.
    """
    if value is None:
        return "missing"
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A hint at the closest of `names`, "" where none is close.

    Args:
        name: What was written.
        names: What exists.

    Returns:
        `did you mean 'X'?`, or "".
    """
    choices = {str(n).casefold(): str(n) for n in names}
    close = difflib.get_close_matches(name.strip().casefold(), list(choices), n=1, cutoff=0.6)
    return f"did you mean {choices[close[0]]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of problem with rows. `message` and `cure` are templates over the columns of the offending rows.

    Attributes:
        code: Stable slug.
        table: Name of the table.
        column: Column at fault.
        message: Sentence; `{NAME}` is the row's value of column NAME.
        cure: Sentence, same.
        severity: `error` or `warning`.
        value: Column whose value is shown; `column` where empty.
        file: Name of the file.
    """

    code: str
    table: str
    column: str
    message: str
    cure: str
    severity: Literal["error", "warning"] = "error"
    value: str = ""
    file: str = ""


@dataclass(slots=True)
class Report:
    """Collects problems and findings; `raise_errors` ends it."""

    problems: list[Problem] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Adds one problem.

        Args:
            problem: It.
        """
        self.problems.append(problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        """Adds problems.

        Args:
            problems: Them.
        """
        self.problems.extend(problems)

    def error(self, code: str, message: str, cure: str = "", *, where: Where | None = None, value: str = "") -> None:
        """Adds an error that no single row shows.

        Args:
            code: Stable slug.
            message: One sentence.
            cure: One sentence.
            where: The place.
            value: The offending value.
        """
        self.add(Problem(code, message, where or Where(), value, cure))

    def warn(self, code: str, message: str, cure: str = "", *, where: Where | None = None, value: str = "") -> None:
        """Adds a warning.

        Args:
            code: Stable slug.
            message: One sentence.
            cure: One sentence.
            where: The place.
            value: The value.
        """
        self.add(Problem(code, message, where or Where(), value, cure, "warning"))

    def find(self, text: str, table: str = "") -> None:
        """Adds a finding.

        Args:
            text: One sentence.
            table: Table that shows it.
        """
        self.findings.append(Finding(text, table))

    def rows(self, bad: pl.DataFrame, rule: Rule) -> None:
        """Adds a problem for each row of `bad`, up to `LISTED`, and one that counts when there are more.

        Args:
            bad: Offending rows, with `_row` and, where known, `USUBJID`.
            rule: What is wrong with them.
        """
        if bad.is_empty():
            return
        shown = bad.sort(ROW).head(LISTED) if ROW in bad.columns else bad.head(LISTED)
        for row in shown.iter_rows(named=True):
            self.add(_row_problem(row, rule))
        if bad.height > LISTED:
            place = Where(file=rule.file, table=rule.table, column=rule.column)
            problem = "have this problem" if "{" in rule.message else f"in all: {rule.message}"
            message = f"{bad.height:,} rows {problem}; the first {LISTED} are listed"
            self.add(Problem(rule.code, message, place, "", _first_sentence(rule.cure), rule.severity))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that stop the work."""
        return tuple(p for p in self.problems if p.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that are only printed."""
        return tuple(p for p in self.problems if p.severity == "warning")

    def raise_errors(self) -> None:
        """Raises `DataError` with all errors and, after them, the warnings, if there is an error."""
        if self.errors:
            raise DataError((*self.errors, *self.warnings))


def _row_problem(row: Mapping[str, Any], rule: Rule) -> Problem:
    shown = {name: show(value) for name, value in row.items()}
    number = row.get(ROW)
    place = Where(
        file=rule.file,
        table=rule.table,
        row=int(number) if number is not None else None,
        column=rule.column,
        subject=str(row.get("USUBJID") or ""),
    )
    value = shown.get(rule.value or rule.column, "")
    return Problem(rule.code, rule.message.format(**shown), place, value, rule.cure.format(**shown), rule.severity)


def _first_sentence(cure: str) -> str:
    return "" if "{" in cure else cure
