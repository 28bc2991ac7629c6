"""Data without arms: every column that says which arm a subject is in leaves before anything else is read.

A blinded look must not depend on the arms, whether they are there, masked or missing. All of the randomized are put
into one arm, the control; whoever reads such data must not speak of arms.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from equipoise.data.tables import Loaded
from equipoise.protocol.data import MappedData
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["mask_arms", "without_arms"]

_ARM = re.compile(
    r"^(ARM|ACTARM|ARMCD|ACTARMCD|ARMNRS|ACTARMUD|TRT\d*[PA]N?|TRT[PA]GR?\d*N?|TRT\d*[PA]GR?\d+N?|TRTSEQ[PA]N?|TR\d+PG\d+N?|TR\d+AG\d+N?)$"
)


def without_arms(protocol: Protocol) -> Protocol:
    """The protocol with no column mapped to an arm, so that data without such columns can be read.

    Args:
        protocol: The declared trial.
    """
    section = protocol.data
    if not isinstance(section, MappedData):
        return protocol
    tables = {
        str(name): table.model_copy(
            update={"columns": {to: source for to, source in table.columns.items() if not _ARM.match(to.upper())}}
        )
        for name, table in section.tables.items()
    }
    return protocol.model_copy(update={"data": section.model_copy(update={"tables": tables})})


def mask_arms(protocol: Protocol, tables: dict[str, Loaded]) -> dict[str, Loaded]:
    """Tables without arms; in ADSL the randomized are all in the control.

    Randomized is who has RANDFL, or without that column a date of randomization, or with neither everybody.

    Args:
        protocol: The declared trial, its arms still mapped.
        tables: Typed tables.

    Returns:
        The same tables, columns of arms gone; those that `data` maps to an arm under the file's own names too.
    """
    named: set[str] = set()
    if isinstance(protocol.data, MappedData):
        for table in protocol.data.tables.values():
            named |= {source.casefold() for to, source in table.columns.items() if _ARM.match(to.upper())}
    out: dict[str, Loaded] = {}
    for name, loaded in tables.items():
        columns = [c for c in loaded.frame.columns if _ARM.match(c.upper()) or c.casefold() in named]
        out[name] = replace(loaded, frame=loaded.frame.drop(columns))
    if "ADSL" in out:
        out["ADSL"] = replace(out["ADSL"], frame=_one_arm(protocol, out["ADSL"].frame))
    return out


def _one_arm(protocol: Protocol, adsl: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    control = protocol.arms[protocol.control]
    text = str(control.value) if control.value is not None else control.label
    if "RANDFL" in adsl.columns:
        inside = (pl.col("RANDFL") == "Y").fill_null(value=False)
    elif "RANDDT" in adsl.columns:
        inside = pl.col("RANDDT").is_not_null()
    else:
        inside = pl.lit(value=True)
    return adsl.with_columns(pl.when(inside).then(pl.lit(text)).otherwise(None).cast(pl.String).alias("TRT01P"))
