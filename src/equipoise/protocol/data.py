"""`data:`, where the tables are: ADaM without configuration, anything else by mapping columns to ADaM names."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.base import FrozenDict, Section, Table, Where

__all__ = ["AdamData", "DataSection", "MappedData", "MappedTable", "TableName"]

TableName = Literal["ADSL", "ADTTE", "ADRS", "ADAE", "ADEX"]


class MappedTable(Section):
    """One table of the user's own, read as an ADaM table: `columns` maps ADaM names to the file's."""

    file: Annotated[str, Field(min_length=1)]
    where: Where | None = None
    columns: Annotated[Table[str, str], Field(min_length=1)]


class AdamData(Section):
    """ADaM tables, found by name in the data folder; `files` names those that are called otherwise."""

    format: Literal["adam"] = "adam"
    files: Table[TableName, str] = Field(default_factory=FrozenDict)
    cut: Annotated[datetime.date | None, Field(description="The cut that the data are declared to have.")] = None
    missing_strings: Annotated[
        tuple[str, ...], Field(strict=False, description='Strings that mean "missing"; "NA" is a region unless listed.')
    ] = ("",)


class MappedData(Section):
    """Tables of any shape. ADSL is needed: one row a subject, with USUBJID and TRT01P mapped."""

    format: Literal["mapped"]
    tables: Annotated[Table[TableName, MappedTable], Field(min_length=1)]
    cut: Annotated[datetime.date | None, Field(description="The cut that the data are declared to have.")] = None
    missing_strings: Annotated[
        tuple[str, ...], Field(strict=False, description='Strings that mean "missing"; "NA" is a region unless listed.')
    ] = ("",)


DataSection = Annotated[AdamData | MappedData, Field(discriminator="format")]
