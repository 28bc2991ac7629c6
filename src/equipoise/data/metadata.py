"""What a file says about a table besides its values: labels, keys, display formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ColumnMetadata", "TableMetadata"]


@dataclass(frozen=True, slots=True)
class ColumnMetadata:
    """What is known about one column.

    Attributes:
        label: A few words; "" where the file has none.
        length: Planned length of a text in characters.
        format: SAS display format, `DATE9.`; "" where none is given.
        key: 1-based place among the keys of the table; `None` for a column that is no key.
        oid: Identifier of the variable (`IT.ADSL.AGE`); "" where the file has none.
    """

    label: str = ""
    length: int | None = None
    format: str = ""
    key: int | None = None
    oid: str = ""


@dataclass(frozen=True, slots=True)
class TableMetadata:
    """What is known about one table. CSV and Parquet know nothing of it.

    Attributes:
        name: Name of the table, `ADSL`; "" where the file does not say.
        label: A few words about it.
        columns: Column → what is known.
        study: Identifier of the study; "" where the file has none.
    """

    name: str = ""
    label: str = ""
    columns: Mapping[str, ColumnMetadata] = field(default_factory=dict)
    study: str = ""

    def column(self, name: str) -> ColumnMetadata:
        """What is known about a column; nothing, where the file did not say.

        Args:
            name: The column.
        """
        return self.columns.get(name, ColumnMetadata())
