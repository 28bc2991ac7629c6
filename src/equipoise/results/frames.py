"""Statistics and curves as polars frames, the schema that Parquet files share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.results.curve import COLUMNS, Curve
from equipoise.results.key import Key
from equipoise.results.statistic import Statistic

if TYPE_CHECKING:
    import polars as pl

__all__ = ["curves_frame", "curves_from_frame", "statistics_frame"]

_KEY_TEXT = (
    "stage", "analysis", "statistic", "endpoint", "population", "arm", "versus", "groups",
    "hypothesis", "scenario", "data_cut", "under", "method", "interval",
)  # fmt: skip
_FLOATS = ("value", "lower", "upper", "conf_level", "se", "denominator", "df")
_INTS = ("n", "events", "sides")
_TEXTS = ("text", "unit", "method_text", "multiplicity", "origin")


def _key_columns(keys: list[Key]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for name in _KEY_TEXT:
        if name == "groups":
            columns[name] = [json.dumps([list(pair) for pair in key.groups]) if key.groups else "" for key in keys]
        else:
            columns[name] = [getattr(key, name) for key in keys]
    columns["time"] = [key.time for key in keys]
    columns["look"] = [key.look for key in keys]
    return columns


def _key_schema() -> dict[str, Any]:
    import polars as pl

    return {**dict.fromkeys(_KEY_TEXT, pl.String), "time": pl.Float64, "look": pl.Int64}


def statistics_frame(statistics: Iterable[Statistic]) -> pl.DataFrame:
    """One row per statistic: `id`, the key's columns, then the values; `groups` and `missing` are JSON text.

    Args:
        statistics: Statistics in the wanted order.
    """
    import polars as pl

    rows = list(statistics)
    columns: dict[str, list[Any]] = {"id": [row.id for row in rows], **_key_columns([row.key for row in rows])}
    for name in (*_FLOATS, *_INTS, *_TEXTS):
        columns[name] = [getattr(row, name) for row in rows]
    columns["missing"] = [json.dumps(dict(row.missing)) if row.missing else "" for row in rows]
    columns["printed"] = [row.printed.characters if row.printed else "" for row in rows]
    columns["source"] = [row.printed.source if row.printed else "" for row in rows]
    schema = {"id": pl.String, **_key_schema()}
    schema |= dict.fromkeys(_FLOATS, pl.Float64) | dict.fromkeys(_INTS, pl.Int64) | dict.fromkeys(_TEXTS, pl.String)
    schema |= {"missing": pl.String, "printed": pl.String, "source": pl.String}
    return pl.DataFrame(columns, schema=schema)


def curves_frame(curves: Iterable[Curve]) -> pl.DataFrame:
    """One long table: key columns, `curve`, `kind`, `unit`, then x, y, limits and counts (null where absent).

    Args:
        curves: Curves in the wanted order.
    """
    import polars as pl

    schema = {"id": pl.String, **_key_schema(), "curve": pl.String, "kind": pl.String, "unit": pl.String}
    schema |= dict.fromkeys(COLUMNS, pl.Float64)
    frames = [pl.DataFrame(schema=schema)]
    for curve in curves:
        size = len(curve.x)
        head = {"id": [curve.id], **_key_columns([curve.key])}
        head |= {"curve": [curve.curve], "kind": [curve.kind], "unit": [curve.unit]}
        columns: dict[str, Any] = {name: content * size for name, content in head.items()}
        for name in COLUMNS:
            values = getattr(curve, name)
            columns[name] = np.asarray(values, dtype=float) if len(values) else [None] * size
        frames.append(pl.DataFrame(columns, schema=schema).with_columns(pl.col(COLUMNS).fill_nan(None)))
    return pl.concat(frames)


def curves_from_frame(frame: pl.DataFrame) -> tuple[Curve, ...]:
    """The curves that `curves_frame` wrote.

    Args:
        frame: A frame in that schema.
    """
    curves = []
    for part in frame.partition_by("id", maintain_order=True):
        first = part.row(0, named=True)
        content = {name: first[name] for name in (*_KEY_TEXT, "time", "look") if first[name] not in ("", None)}
        if "groups" in content:
            content["groups"] = json.loads(content["groups"])
        arrays: dict[str, Any] = {}
        for name in COLUMNS:
            column = part[name]
            absent = name not in ("x", "y") and column.null_count() == len(column)
            arrays[name] = np.empty(0) if absent else column.fill_null(np.nan).to_numpy()
        curves.append(
            Curve(key=Key.from_dict(content), curve=first["curve"], kind=first["kind"], unit=first["unit"], **arrays)
        )
    return tuple(curves)
