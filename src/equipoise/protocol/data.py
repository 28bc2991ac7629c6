"""`data:`, where the tables are: ADaM without configuration, anything else by mapping columns to ADaM names."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from equipoise.protocol.base import FrozenDict, Section, Table, Where

__all__ = ["AdamData", "DataSection", "MappedData", "MappedTable", "TableName", "TableSource"]

TableName = Literal["ADSL", "ADTTE", "ADRS", "ADAE", "ADEX"]
"""The tables that every kind of endpoint but a continuous one is read from."""

AnyTable = Annotated[str, StringConstraints(pattern=r"^AD[A-Z0-9]{1,6}$")]
"""The name of any ADaM table: AD and up to six capital letters or digits."""


class TableSource(Section):
    """Rows of any ADaM table of measurements with one PARAMCD."""

    table: AnyTable
    PARAMCD: Annotated[str | None, Field(min_length=1)] = None
    where: Where | None = None


DateOrder = Literal["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY"]


class MappedTable(Section):
    """One table of the user's own, read as an ADaM table: `columns` maps ADaM names to the file's."""

    file: Annotated[str, Field(min_length=1)]
    where: Where | None = None
    columns: Annotated[Table[str, str], Field(min_length=1)]


class AdamData(Section):
    """ADaM tables, found by name in the data folder; `files` names those that are called otherwise."""

    format: Literal["adam"] = "adam"
    files: Table[AnyTable, str] = Field(default_factory=FrozenDict)
    cut: Annotated[datetime.date | None, Field(description="The cut that the data are declared to have.")] = None
    missing_strings: Annotated[
        tuple[str, ...], Field(strict=False, description='Strings that mean "missing"; "NA" is a region unless listed.')
    ] = ("",)
    decimal: Annotated[Literal[".", ","], Field(description="Decimal sign of the CSV files.")] = "."
    dates: Annotated[DateOrder, Field(description="Order of the dates in CSV files; ISO 8601 is always read.")] = (
        "YYYY-MM-DD"
    )


class MappedData(Section):
    """Tables of any shape. ADSL is needed: one row a subject, with USUBJID and TRT01P mapped."""

    format: Literal["mapped"]
    tables: Annotated[Table[AnyTable, MappedTable], Field(min_length=1)]
    cut: Annotated[datetime.date | None, Field(description="The cut that the data are declared to have.")] = None
    missing_strings: Annotated[
        tuple[str, ...], Field(strict=False, description='Strings that mean "missing"; "NA" is a region unless listed.')
    ] = ("",)
    decimal: Annotated[Literal[".", ","], Field(description="Decimal sign of the CSV files.")] = "."
    dates: Annotated[DateOrder, Field(description="Order of the dates in CSV files; ISO 8601 is always read.")] = (
        "YYYY-MM-DD"
    )


DataSection = Annotated[AdamData | MappedData, Field(discriminator="format")]
