"""Measurements by visit: one a subject and visit, each a number, and the visits that analyses name are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.data.basis import members
from equipoise.data.columns import as_number, as_text, find_column, missing_column
from equipoise.data.measurements import IMPUTED, at_visit, continuous, imputed, picked
from equipoise.data.model import Datasets
from equipoise.data.records import source_rows
from equipoise.data.report import Report, Rule, did_you_mean
from equipoise.data.tables import Loaded
from equipoise.errors import DataError, Where
from equipoise.protocol.continuous import ContinuousAnalysis, ContinuousEndpoint
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_continuous", "count_without_measurement"]


def check_continuous(protocol: Protocol, name: str, table: Loaded, adsl: pl.DataFrame, report: Report) -> None:
    """Checks the rows of one continuous endpoint, for each analysis of it.

    Args:
        protocol: The declared trial.
        name: Name of the endpoint.
        table: Its table.
        adsl: ADSL with `_relevant`.
        report: Takes the problems.
    """
    import polars as pl

    endpoint = protocol.endpoints[name]
    assert isinstance(endpoint, ContinuousEndpoint)
    rows = source_rows(table, endpoint.source, f"endpoints.{name}.source", report)
    if rows is None or not _has_columns(protocol, name, endpoint, rows, table.file, report):
        return
    relevant = adsl.filter(pl.col("_relevant")).select("USUBJID")
    rows = rows.join(relevant, on="USUBJID", how="semi", maintain_order="left")
    _numbers(rows, name, endpoint, table.file, report)
    seen: set[tuple[str | None, str]] = set()
    for key, analysis in _analyses(protocol, name).items():
        place = f"analysis.{key}.where"
        try:
            used = picked(rows, endpoint, analysis.where, path=f"endpoints.{name}.source.where", own=place,
                          file=table.file)  # fmt: skip
        except DataError as error:
            report.extend(error.problems)
            continue
        for visit in dict.fromkeys((analysis.at, *analysis.visits)):
            here = at_visit(used, endpoint, visit)
            _visit_exists(rows, here, endpoint, key, visit, table.file, report)
            if (analysis.where, visit) not in seen:
                seen.add((analysis.where, visit))
                _once(here, name, visit, endpoint, table.file, report)
    _change(rows, endpoint, table.file, report)


def count_without_measurement(protocol: Protocol, data: Datasets, report: Report) -> None:
    """Counts, for each analysis, who has no measurement at its visit, and imputed records that are used or left out.

    Args:
        protocol: The declared trial.
        data: Its data.
        report: Takes a warning for each.
    """
    import polars as pl

    for key, analysis in protocol.analysis.items():
        endpoint = protocol.endpoints[analysis.endpoint]
        if not isinstance(analysis, ContinuousAnalysis) or not isinstance(endpoint, ContinuousEndpoint):
            continue
        frame = continuous(protocol, data, analysis.endpoint, analysis.population, analysis.at, where=analysis.where)
        without = frame.filter(pl.col("value").is_null())
        place = Where(table=endpoint.source.table, path=f"analysis.{key}")
        if without.height:
            report.warn(
                "data.missing_measurement",
                f"{without.height:,} of {frame.height:,} subjects of {analysis.population} have no {endpoint.value} of "
                f"{analysis.endpoint} at {analysis.at}, and are not in {key}",
                "nothing, if so it was: an analysis at one visit has nothing to say about them",
                where=Where(table=place.table, path=place.path, subject=without.get_column("USUBJID")[0]),
                value=str(without.height),
            )
        _count_imputed(protocol, data, key, analysis, endpoint, report)


def _count_imputed(
    protocol: Protocol, data: Datasets, key: str, analysis: ContinuousAnalysis, endpoint: ContinuousEndpoint,
    report: Report,
) -> None:  # fmt: skip
    """Imputed records at the visit: a finding where they are used, a warning where they are left out."""
    import polars as pl

    table = data.tables[endpoint.source.table]
    column = find_column(IMPUTED, table.columns)
    if column is None:
        return
    source = endpoint.source
    inside = data.adsl.filter(members(protocol, data.adsl, analysis.population)).select("USUBJID")
    loose = table if source.PARAMCD is None else table.filter(pl.col("PARAMCD") == source.PARAMCD)
    from equipoise.data.conditions import condition

    for text in (source.where, analysis.where):
        if text is not None:
            loose = loose.filter(condition(loose, text, path=f"analysis.{key}.where", table=source.table))
    here = at_visit(loose, endpoint, analysis.at).join(inside, on="USUBJID", how="semi", maintain_order="left")
    filled = here.filter(pl.col(column).is_not_null())
    if filled.is_empty():
        return
    kinds = ", ".join(sorted(filled.get_column(column).cast(pl.String).unique().to_list()))
    if imputed(here, source.where, analysis.where).any():
        report.warn(
            "data.imputed_left_out",
            f"{filled.height:,} imputed records of {analysis.endpoint} at {analysis.at} (DTYPE {kinds}) are left out "
            f"of {key}",
            "to use them, say so in a condition: DTYPE IS NULL OR DTYPE = 'LOCF'; to be rid of this, DTYPE IS NULL",
            where=Where(table=source.table, column=column, row=filled.get_column("_row")[0], path=f"analysis.{key}"),
            value=str(filled.height),
        )
    else:
        report.find(f"{key}: {filled.height:,} of {here.height:,} records at {analysis.at} are imputed (DTYPE {kinds})",
                    source.table)  # fmt: skip


def _analyses(protocol: Protocol, endpoint: str) -> dict[str, ContinuousAnalysis]:
    return {
        key: analysis
        for key, analysis in protocol.analysis.items()
        if isinstance(analysis, ContinuousAnalysis) and analysis.endpoint == endpoint
    }


def _has_columns(
    protocol: Protocol, name: str, endpoint: ContinuousEndpoint, rows: pl.DataFrame, file: str, report: Report
) -> bool:
    """Whether the columns that the analyses need are there."""
    needed = {"USUBJID": "", "visit": endpoint.visit, "value": endpoint.value}
    if endpoint.baseline is not None and any(a.model.baseline for a in _analyses(protocol, name).values()):
        needed["baseline"] = endpoint.baseline
    fine = True
    for key, wanted in needed.items():
        column = wanted or key
        if find_column(column, rows.columns) is None:
            fine = False
            message, cure = missing_column(column, rows.columns, f"endpoint {name}")
            path = f"endpoints.{name}.{key}" if wanted else ""
            report.error("data.missing_column", message, cure,
                         where=Where(file=file, table=endpoint.source.table, column=column, path=path))  # fmt: skip
    return fine


def _numbers(rows: pl.DataFrame, name: str, endpoint: ContinuousEndpoint, file: str, report: Report) -> None:
    import polars as pl

    named = [find_column(one, rows.columns) for one in (endpoint.value, endpoint.baseline, endpoint.observed) if one]
    for column in dict.fromkeys(named):
        if column is None:
            continue
        number = as_number(column, rows.schema[column])
        bad = rows.filter(pl.col(column).is_not_null() & ~number.is_finite().fill_null(value=False))
        report.rows(
            bad,
            Rule(
                "data.not_a_number",
                endpoint.source.table,
                column,
                f"{column} of {name} is {{{column}}}, not a number",
                "write a number with a decimal point, or name the string in data.missing_strings",
                file=file,
            ),
        )


def _visit_exists(
    rows: pl.DataFrame, here: pl.DataFrame, endpoint: ContinuousEndpoint, key: str, visit: str, file: str,
    report: Report,
) -> None:  # fmt: skip
    """A visit that no row has is misspelled; one whose rows are all left out has nothing to analyze."""
    if not here.is_empty():
        return
    column = str(find_column(endpoint.visit, rows.columns))
    text = rows.select(as_text(column, rows.schema[column]).str.strip_chars()).to_series()
    names = text.drop_nulls().unique(maintain_order=True).to_list()
    place = Where(file=file, table=endpoint.source.table, column=column, path=f"analysis.{key}")
    if visit.strip() in names:
        report.error("data.no_visit", f"no record at {visit!r} is left for {key}",
                     "correct the conditions; imputed records count only where one speaks of DTYPE",
                     where=place, value=repr(visit))  # fmt: skip
        return
    hint = did_you_mean(visit, names)
    cure = f"{hint + ' ' if hint else ''}{column} has {', '.join(names[:20])}"
    report.error("data.no_visit", f"no row has the visit {visit!r}", cure,
                 where=place, value=repr(visit))  # fmt: skip


def _once(
    here: pl.DataFrame, name: str, visit: str, endpoint: ContinuousEndpoint, file: str, report: Report
) -> None:  # fmt: skip
    import polars as pl

    first = here.filter(pl.col("USUBJID").is_first_distinct()).select("USUBJID", pl.col("_row").alias("_first"))
    report.rows(
        here.filter(~pl.col("USUBJID").is_first_distinct()).join(
            first, on="USUBJID", how="left", maintain_order="left"
        ),
        Rule(
            "data.duplicate_record",
            endpoint.source.table,
            "USUBJID",
            f"a second record of the subject for {name} at {visit}; the first is row {{_first}}",
            "keep one record a subject and visit, or say which by `where`: ANL01FL = 'Y'",
            file=file,
        ),
    )


def _change(rows: pl.DataFrame, endpoint: ContinuousEndpoint, file: str, report: Report) -> None:
    """Prints whether the value is the observed value less the baseline."""
    import polars as pl

    names = (endpoint.value, endpoint.observed, endpoint.baseline)
    columns = [find_column(name, rows.columns) if name else None for name in names]
    if None in columns or len(set(columns)) < 3:
        return
    value, observed, baseline = (as_number(str(c), rows.schema[str(c)]) for c in columns)
    known = rows.select("_row", "USUBJID", value.alias("v"), observed.alias("o"), baseline.alias("b")).drop_nulls(
        ["v", "o", "b"]
    )
    if known.is_empty():
        return
    scale = pl.max_horizontal(pl.col("o").abs(), pl.col("b").abs(), pl.lit(1.0))
    same = (pl.col("v") - (pl.col("o") - pl.col("b"))).abs() <= 1e-8 * scale
    alike, other = known.filter(same).height, known.filter(~same).sort("_row").head(1)
    if 2 * alike > known.height:
        text = f"{columns[0]} = {columns[1]} - {columns[2]} ({alike:,} of {known.height:,} rows)"
        report.find(text, endpoint.source.table)
        if alike < known.height:
            report.warn(
                "data.change",
                f"{known.height - alike:,} of {known.height:,} rows have a {columns[0]} other than {columns[1]} less "
                f"{columns[2]}",
                "correct the change or its baseline; the change is analyzed as recorded",
                where=Where(
                    file=file,
                    table=endpoint.source.table,
                    column=str(columns[0]),
                    row=other["_row"][0],
                    subject=str(other["USUBJID"][0]),
                ),
                value=str(known.height - alike),
            )
