"""Continuous endpoints and their analyses, and the names of the tables that only they are read from."""

from __future__ import annotations

import difflib
from typing import Final

from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.continuous import ContinuousAnalysis, ContinuousEndpoint
from equipoise.protocol.data import AdamData, MappedData
from equipoise.protocol.suggest import known, nearest
from equipoise.source import YamlPath

__all__ = ["check_continuous"]

_STANDARD: Final = ("ADSL", "ADTTE", "ADRS", "ADAE", "ADEX")
_COLUMNS: Final = ("value", "baseline", "observed")


def check_continuous(draft: Draft) -> None:
    """Each continuous endpoint reads a table of measurements, and each of its analyses can be done.

    Args:
        draft: The protocol under examination.
    """
    tables: dict[str, None] = {}
    for name, endpoint in draft.endpoints.items():
        if isinstance(endpoint, ContinuousEndpoint):
            tables.setdefault(endpoint.source.table)
            _endpoint(draft, name, endpoint)
    _unused_tables(draft, tuple(tables))
    for factor in _COLUMNS if tables else ():
        if factor in draft.names["factors"]:
            draft.report("reserved_name", f"`{factor}` is a column of the analysis of a continuous endpoint",
                         ("factors", factor), "give the factor another name", value=factor, on_key=True)  # fmt: skip
    for name, analysis in draft.analysis.items():
        if isinstance(analysis, ContinuousAnalysis):
            _analysis(draft, name, analysis)


def _endpoint(draft: Draft, name: str, endpoint: ContinuousEndpoint) -> None:
    path: YamlPath = ("endpoints", name, "source")
    source = endpoint.source
    if source.table in _STANDARD:
        draft.report("table", f"{source.table} is not a table of measurements by visit", (*path, "table"),
                     "name the table that holds them: ADQS, ADLB, ADVS")  # fmt: skip
        return
    mapped = draft.data.tables.get(source.table) if isinstance(draft.data, MappedData) else None
    if isinstance(draft.data, MappedData) and mapped is None:
        draft.report("dangling", f"`{source.table}` is not mapped under `data.tables`", (*path, "table"),
                     f"add `{source.table}:` with its file and columns under `data.tables`")  # fmt: skip
    one_kind = mapped is not None and "PARAMCD" not in mapped.columns  # a table of one's own without parameters
    if source.PARAMCD is None and source.where is None and not one_kind:
        draft.report("missing_key", f"`PARAMCD` is missing in `endpoints.{name}.source`", path,
                     f"{source.table} can hold several parameters: add `PARAMCD:`, the one to read")  # fmt: skip
    for event, rule in (endpoint.estimand.intercurrent if endpoint.estimand is not None else {}).items():
        if rule.parameter is not None and rule.parameter != source.PARAMCD:
            draft.report("intercurrent", f"`{event}` is handled by the records of {rule.parameter}, which this "
                         "endpoint does not read", ("endpoints", name, "estimand", "intercurrent", event, "parameter"),
                         "name it as the PARAMCD of `source`, or declare a second endpoint")  # fmt: skip
    if endpoint.baseline is not None and endpoint.baseline == endpoint.value:
        draft.report("duplicate", f"`{endpoint.value}` is both the value and its baseline",
                     ("endpoints", name, "value"), "name the column of the change as `value`: CHG")  # fmt: skip


def _unused_tables(draft: Draft, read: tuple[str, ...]) -> None:
    """A table that no endpoint is read from is a misspelled one."""
    if isinstance(draft.data, AdamData):
        path: YamlPath = ("data", "files")
        names = tuple(draft.data.files)
    elif isinstance(draft.data, MappedData):
        path, names = ("data", "tables"), tuple(draft.data.tables)
    else:
        return
    tables = (*_STANDARD, *read)
    for table in names:
        # An endpoint that is not valid itself may be the one that reads the table.
        misspelled = difflib.get_close_matches(table, _STANDARD, n=1, cutoff=0.8)
        if table not in tables and (misspelled or "endpoints" in draft.whole):
            cure = nearest(table, tables) or known("tables", tables)
            draft.report("choice", f"there is no table `{table}`", (*path, table), cure,
                         value=table, on_key=True)  # fmt: skip


def _analysis(draft: Draft, name: str, analysis: ContinuousAnalysis) -> None:
    path: YamlPath = ("analysis", name)
    endpoint = draft.endpoints.get(analysis.endpoint)
    model: YamlPath = (*path, "model")
    if isinstance(endpoint, ContinuousEndpoint) and endpoint.baseline is None and analysis.model.baseline:
        draft.report("missing_key", f"`{analysis.endpoint}` names no column with the value at baseline, which the "
                     "model uses", model, f"name it under `endpoints.{analysis.endpoint}.baseline`, or write "
                     "`model: {baseline: false}`", value=analysis.endpoint)  # fmt: skip
    each_once(draft, analysis.model.covariates, (*model, "covariates"))
    for position, factor in enumerate(analysis.model.covariates):
        draft.refer("factors", factor, (*model, "covariates", position))
    each_once(draft, analysis.visits, (*path, "visits"))
    _trend(draft, analysis, (*path, "trend"))
    _compare(draft, analysis, (*path, "compare"))


def _trend(draft: Draft, analysis: ContinuousAnalysis, path: YamlPath) -> None:
    if analysis.trend is None:
        return
    for arm in analysis.trend:
        draft.refer("arms", arm, (*path, arm))
    for arm in draft.names["arms"]:
        if arm not in analysis.trend:
            draft.report("missing_key", f"`trend` gives no dose for arm `{arm}`", path,
                         f"add `{arm}:` with its dose; the control's may be 0", value=arm)  # fmt: skip
    if len(set(analysis.trend.values())) < 2:
        draft.report("trend", "all arms have the same dose: there is no slope over dose", path,
                     "give each arm the dose that it receives",
                     value=", ".join(f"{one:g}" for one in analysis.trend.values()))  # fmt: skip


def _compare(draft: Draft, analysis: ContinuousAnalysis, path: YamlPath) -> None:
    experimental = [arm for arm, content in draft.arms.items() if content.role == "experimental"]
    seen: set[frozenset[str]] = set()
    for position, pair in enumerate(analysis.compare):
        here: YamlPath = (*path, position)
        fine = [draft.refer("arms", arm, (*here, place)) for place, arm in enumerate(pair)]
        if not all(fine):
            continue
        if pair[0] == pair[1]:
            draft.report("duplicate", f"`{pair[0]}` is compared with itself", here, "name two arms",
                         value=pair[0])  # fmt: skip
        elif not set(pair) <= set(experimental) and "arms" in draft.whole:
            draft.report("control", "each arm is compared with the control anyway", here,
                         "name two experimental arms here", value=", ".join(pair))  # fmt: skip
        elif frozenset(pair) in seen:
            draft.report("duplicate", f"`{pair[0]}` and `{pair[1]}` are compared twice", here,
                         "keep one of them")  # fmt: skip
        seen.add(frozenset(pair))
