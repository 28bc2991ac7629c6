"""What the data room hands on: the subjects, the tables, the event records, and what was learned about them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equipoise.errors import Problem

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ROW", "Convention", "Datasets", "Finding", "InputFile"]

ROW = "_row"
"""Column of every table: 1-based data row of the file as read."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that was read.

    Attributes:
        path: Name of the file relative to the data folder.
        sha256: Hash of its bytes.
        rows: Data rows as read.
        table: Tables that were made of it, comma-separated: `ADSL`, `ADSL, endpoint death`.
        format: `csv`, `parquet`, `xpt`, `dataset-json`.
    """

    path: str
    sha256: str
    rows: int
    table: str
    format: str

    def to_dict(self) -> dict[str, object]:
        """As plain JSON values."""
        return {"path": self.path, "sha256": self.sha256, "rows": self.rows, "table": self.table, "format": self.format}


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact that was learned from the data and is printed: `AVAL = ADT - STARTDT + 1 (254 of 254 rows)`."""

    text: str
    table: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.text}" if self.table else self.text


@dataclass(frozen=True, slots=True)
class Convention:
    """How a set of event records turns dates into times.

    Attributes:
        plus_one: Days between the dates plus one; `None` where no row has both dates.
        source: What was learned it from, for messages.
    """

    plus_one: bool | None
    source: str = ""

    @property
    def offset(self) -> int:
        """Days added to the difference of two dates: 1 or 0 (0 where unknown)."""
        return 1 if self.plus_one else 0


@dataclass(frozen=True, slots=True)
class Datasets:
    """Checked data of one trial, under ADaM names.

    Attributes:
        adsl: One row a subject, screen failures included. Flags stay `Y`, `N` or null (null means No). Besides the
            file's columns: `_row`; `_planned` and `_actual`, index of the arm in `list(protocol.arms)` or null;
            `_randomized`; `_relevant`, randomized or in a population.
        tables: `ADRS`, `ADAE`, `ADEX`, `ADTTE`, those that the protocol uses; rows of subjects that were not
            randomized are still there. With a cut, `ADTTE` is left out: `records` has its re-censored rows.
        records: Event records by endpoint name (`name@PARAMCD` for a parameter that an intercurrent event names):
            columns `USUBJID`, `time` (unit of the data), `status` (0 censored, 1 event, 2 competing), `reason`,
            `STARTDT`, `ADT`, `_row`; one row a subject.
        conventions: For each key of `records`, how dates become times.
        files: What was read.
        notes: Warnings, to be printed and recorded.
        findings: Facts learned from the data.
        cut: The date that `--cut` gave.
        derived: Endpoints derived from tumor assessments: one row a subject, with the rule and the decision in words.
    """

    adsl: pl.DataFrame
    tables: Mapping[str, pl.DataFrame]
    records: Mapping[str, pl.DataFrame]
    conventions: Mapping[str, Convention]
    files: tuple[InputFile, ...] = ()
    notes: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    cut: datetime.date | None = None
    derived: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether any of the subjects was rebuilt from what was published: statistics of them are synthetic too."""
        return any(note.code == "data.synthetic" for note in self.notes)
