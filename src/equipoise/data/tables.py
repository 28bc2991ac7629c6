"""From files to typed tables under ADaM names, each file read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.data.columns import cast_table, find_column, missing_column
from equipoise.data.conditions import condition
from equipoise.data.csv_numerals import AS_IS, Numerals
from equipoise.data.locate import find_tables, named_file
from equipoise.data.model import ROW, InputFile
from equipoise.data.readers import RawTable, read_table
from equipoise.data.report import Report, did_you_mean
from equipoise.errors import DataError, Where
from equipoise.protocol.assessments import AssessmentResponse, AssessmentTimes
from equipoise.protocol.data import AdamData, MappedData, MappedTable, TableSource
from equipoise.protocol.endpoints import DerivedSource, StatusSource
from equipoise.protocol.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

RAW_TIME = "_raw_time"
RAW_STATUS = "_raw_status"
"""Columns of a mapped endpoint under names that no file has."""

__all__ = ["Loaded", "Reader", "read_tables", "used_dates", "used_tables"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A typed table and the name of its file."""

    frame: pl.DataFrame
    file: str


@dataclass(slots=True)
class Reader:
    """Reads files of a data folder, each once, and remembers what it read."""

    data: Path
    missing: tuple[str, ...]
    report: Report
    numerals: Numerals = AS_IS
    _raw: dict[Path, RawTable | None] = field(default_factory=dict)
    _uses: dict[Path, list[str]] = field(default_factory=dict)

    def read(self, path: Path, use: str) -> RawTable | None:
        """Reads one file.

        Args:
            path: The file.
            use: What it is read for, `ADSL`.

        Returns:
            The table, or `None` with its problems reported.
        """
        self._uses.setdefault(path, []).append(use)
        if path not in self._raw:
            try:
                raw = read_table(path, missing=self.missing, numerals=self.numerals)
                self.report.extend(raw.notes)
                self._raw[path] = raw
            except DataError as error:
                self.report.extend(error.problems)
                self._raw[path] = None
        return self._raw[path]

    def frames(self) -> tuple[pl.DataFrame, ...]:
        """Tables as read, with all their columns."""
        return tuple(raw.frame for raw in self._raw.values() if raw is not None)

    def files(self) -> tuple[InputFile, ...]:
        """What was read, in the order of reading."""
        out: list[InputFile] = []
        for path, raw in self._raw.items():
            if raw is not None:
                name = path.relative_to(self.data).as_posix() if path.is_relative_to(self.data) else path.name
                if not path.is_relative_to(self.data):  # inside an installed package
                    name = f"{path.parent.name}/{path.name}"
                name = path.name if name == "." else name
                uses = ", ".join(dict.fromkeys(self._uses[path]))
                out.append(InputFile(name, raw.sha256, raw.frame.height, uses, raw.format))
        return tuple(out)


def used_tables(protocol: Protocol) -> tuple[set[str], set[str]]:
    """The tables that the endpoints need, and those that are taken where they are there.

    Args:
        protocol: The declared trial.

    Returns:
        Needed, optional.
    """
    needed = {"ADSL"}
    optional: set[str] = set()
    for name, endpoint in protocol.endpoints.items():
        if isinstance(endpoint.source, TableSource):
            needed.add(endpoint.source.table)
        if isinstance(endpoint.source, AssessmentTimes | AssessmentResponse):
            needed.add("ADRS")
        if endpoint.kind == "adverse_events":
            optional.add("ADEX")
        if isinstance(endpoint.source, DerivedSource) and intercurrent_parameters(protocol, name):
            needed.add("ADTTE")
    return needed, optional


def intercurrent_parameters(protocol: Protocol, endpoint: str) -> list[str]:
    """PARAMCDs that intercurrent events of an endpoint or of its analyses name.

    Args:
        protocol: The declared trial.
        endpoint: Name of a time-to-event endpoint.

    Returns:
        The codes, in order, each once.
    """
    estimand = getattr(protocol.endpoints[endpoint], "estimand", None)
    events = list(estimand.intercurrent.values()) if estimand else []
    for analysis in protocol.analysis.values():
        if analysis.endpoint == endpoint and analysis.kind == "time_to_event":
            events += analysis.intercurrent.values()
    return list(dict.fromkeys(event.parameter for event in events if event.parameter))


def used_dates(protocol: Protocol) -> dict[str, str]:
    """Date columns of ADSL that intercurrent events, periods at risk and assessments name.

    Args:
        protocol: The declared trial.

    Returns:
        Column → its place in the protocol.
    """
    out: dict[str, str] = {}
    for name, endpoint in protocol.endpoints.items():
        estimand = getattr(endpoint, "estimand", None)
        for event, declared in (estimand.intercurrent if estimand else {}).items():
            for key in ("censor_at", "event_at"):
                if column := getattr(declared, key):
                    out.setdefault(column, f"endpoints.{name}.estimand.intercurrent.{event}.{key}")
    for name, analysis in protocol.analysis.items():
        if analysis.kind == "time_to_event":
            for event, declared in analysis.intercurrent.items():
                for key in ("censor_at", "event_at"):
                    if column := getattr(declared, key):
                        out.setdefault(column, f"analysis.{name}.intercurrent.{event}.{key}")
        elif analysis.kind == "adverse_events" and analysis.at_risk.column is not None:
            out.setdefault(analysis.at_risk.column, f"analysis.{name}.at_risk.column")
    for name, reader in protocol.assessments.items():
        derived = [e.source for e in protocol.endpoints.values() if getattr(e.source, "reader", None) == name]
        if reader.new_therapy and derived:
            out.setdefault(reader.new_therapy, f"assessments.{name}.new_therapy")
        if any(getattr(source, "derive", "") == "overall_survival" for source in derived):
            out.setdefault(reader.last_alive, f"assessments.{name}.last_alive")
    return out


def read_tables(protocol: Protocol, reader: Reader) -> dict[str, Loaded]:
    """Reads the tables that the protocol uses.

    Args:
        protocol: The declared trial.
        reader: Reads files and takes the problems.

    Returns:
        Table → typed frame under ADaM names. A table with problems may be missing.
    """
    needed, optional = used_tables(protocol)
    section = protocol.data
    report = reader.report
    if isinstance(section, AdamData):
        standard = ("ADSL", "ADTTE", "ADRS", "ADAE", "ADEX")
        order = [*(t for t in standard if t in needed), *sorted(needed.difference(standard))]
        named = {str(table): file for table, file in section.files.items()}
        others = [e.source.file for e in protocol.endpoints.values() if isinstance(e.source, StatusSource)]
        paths = find_tables(reader.data, named, order, sorted(optional), report, others=others)
        tables = {table: _adam(reader, table, path) for table, path in paths.items()}
    else:
        tables = _mapped(section, reader, needed, optional)
    dates = set(used_dates(protocol))
    out: dict[str, Loaded] = {}
    for table, loaded in tables.items():
        if loaded is not None:
            read = dates if table == "ADSL" else {r.date for r in protocol.assessments.values() if table == r.table}
            extra = {find_column(d, loaded.frame.columns) or d for d in read}
            out[table] = Loaded(cast_table(loaded.frame, table, loaded.file, report, dates=extra), loaded.file)
    return out


def _adam(reader: Reader, table: str, path: Path) -> Loaded | None:
    """An ADaM table: column names in upper case."""
    raw = reader.read(path, table)
    if raw is None:
        return None
    names: dict[str, str] = {}
    for column in raw.frame.columns:
        upper = column if column.startswith("_") else column.upper()
        if upper in names.values():
            reader.report.error(
                "data.duplicate_column",
                f"two columns of {table} are {upper} but for upper and lower case",
                "rename or delete one of them",
                where=Where(file=raw.name, table=table, column=column),
                value=repr(column),
            )
            return None
        names[column] = upper
    return Loaded(raw.frame.rename(names), raw.name)


def _mapped(section: MappedData, reader: Reader, needed: set[str], optional: set[str]) -> dict[str, Loaded | None]:
    out: dict[str, Loaded | None] = {}
    for table in sorted(needed - set(section.tables)):
        reader.report.error(
            "data.missing_table",
            f"{table} is needed and data.tables does not map it",
            f"add data.tables.{table} with its file and columns",
            where=Where(path="data.tables", table=table),
        )
    for table, mapping in section.tables.items():
        if table in needed or table in optional:
            path = named_file(reader.data, mapping.file, f"data.tables.{table}.file", reader.report)
            raw = reader.read(path, table) if path is not None else None
            out[table] = _map_table(raw, mapping, table, reader.report) if raw is not None else None
    return out


def _map_table(raw: RawTable, mapping: MappedTable, table: str, report: Report) -> Loaded | None:
    """Adds each mapped column under its ADaM name; the file's own names stay."""
    import polars as pl

    frame = raw.frame
    path = f"data.tables.{table}"
    copies: list[pl.Expr] = []
    failed = False
    for target, source in mapping.columns.items():
        column = find_column(source, frame.columns)
        if column is None:
            message, cure = missing_column(source, frame.columns, f"{path}.columns.{target}")
            report.error(
                "data.unknown_column",
                message,
                cure,
                value=repr(source),
                where=Where(file=raw.name, table=table, column=source, path=f"{path}.columns.{target}"),
            )
            failed = True
        else:
            copies.append(pl.col(column).alias(target.upper()))
    if failed:
        return None
    if mapping.where is not None:
        try:
            kept = condition(frame, mapping.where, path=f"{path}.where", table=table, file=raw.name)
        except DataError as error:
            report.extend(error.problems)
            return None
        report.find(f"{kept.sum():,} of {frame.height:,} rows of {raw.name} where {mapping.where}", table)
        frame = frame.filter(kept)
    return Loaded(frame.with_columns(copies), raw.name)


def status_rows(source: StatusSource, endpoint: str, reader: Reader) -> Loaded | None:
    """Rows of the file of a mapped endpoint: `USUBJID` as text, `RAW_TIME`, `RAW_STATUS`, and dates where it has them.

    Args:
        source: The declaration.
        endpoint: Name of the endpoint.
        reader: Reads the file and takes the problems.

    Returns:
        The rows that its condition picks, or `None` with problems reported.
    """
    import polars as pl

    from equipoise.data.columns import as_text

    path = f"endpoints.{endpoint}.source"
    report = reader.report
    file = named_file(reader.data, source.file, f"{path}.file", report)
    raw = reader.read(file, f"endpoint {endpoint}") if file is not None else None
    if raw is None:
        return None
    frame = raw.frame
    columns = {key: find_column(getattr(source, key), frame.columns) for key in ("subject", "time", "status")}
    for key, column in columns.items():
        if column is None:
            name = getattr(source, key)
            message, cure = missing_column(name, frame.columns, f"endpoint {endpoint}")
            report.error(
                "data.unknown_column",
                message,
                cure,
                value=repr(name),
                where=Where(file=raw.name, path=f"{path}.{key}", column=name),
            )
    if None in columns.values():
        return None
    if source.where is not None:
        try:
            kept = condition(frame, source.where, path=f"{path}.where", table=f"endpoint {endpoint}", file=raw.name)
        except DataError as error:
            report.extend(error.problems)
            return None
        frame = frame.filter(kept)
    subject = str(columns["subject"])
    dates = {
        found: name
        for name in ("STARTDT", "ADT")
        if name not in frame.columns and (found := find_column(name, frame.columns))
    }
    frame = frame.rename(dates)
    kept_columns = [
        pl.col(ROW),
        as_text(subject, frame.schema[subject]).alias("USUBJID"),
        pl.col(str(columns["time"])).alias(RAW_TIME),
        pl.col(str(columns["status"])).alias(RAW_STATUS),
        *(pl.col(name) for name in ("STARTDT", "ADT") if name in frame.columns),
    ]
    typed = cast_table(frame.select(kept_columns), f"endpoint {endpoint}", raw.name, report)
    return Loaded(typed, raw.name)


def parameter_hint(code: str, codes: list[str]) -> str:
    """A cure for a PARAMCD that no row has.

    Args:
        code: The declared one.
        codes: Those in the table.

    Returns:
        Which there are, and the closest.
    """
    hint = did_you_mean(code, codes)
    return f"{hint + ' ' if hint else ''}the table has {', '.join(codes[:20]) or 'none'}"
