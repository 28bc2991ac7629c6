"""Tables of one simulated trial, as the protocol expects them: ADaM, or the user's own files and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from equipoise.data.packages import is_packaged
from equipoise.data.tables import intercurrent_parameters, used_dates
from equipoise.data.writers import ENDINGS
from equipoise.errors import Problem, SimulationError, Where
from equipoise.protocol.data import AdamData
from equipoise.protocol.endpoints import AdamSource, AdverseEventsEndpoint, StatusSource, TimeToEventEndpoint
from equipoise.simulation.one_trial_conditions import Value, required, subject_columns

if TYPE_CHECKING:
    import polars as pl

    from equipoise.protocol.endpoints import ResponseEndpoint
    from equipoise.protocol.protocol import Protocol

__all__ = ["CUT", "EVENT", "LOST", "NOT_SIMULATED", "Observed", "Piece", "pieces", "tables"]

EVENT, LOST, CUT, NOT_SIMULATED = range(4)
"""CNSR of simulated records."""

_WHY = {LOST: "Lost to follow-up", CUT: "No event at the data cut", NOT_SIMULATED: "Not simulated"}

_UNIT_WORDS = {"days": "DAYS", "weeks": "WEEKS", "months": "MONTHS", "years": "YEARS"}


@dataclass(frozen=True, slots=True)
class Observed:
    """One trial as seen at a cut.

    Attributes:
        subjects: `USUBJID`, `SUBJID`, `SITEID`, `arm` (name), `RANDDT` (null without dates), and a column a factor with
            the printed level, and `<factor>__verified`.
        times: Endpoint -> `USUBJID`, `time` (in the data's unit), `code` (CNSR), `ADT` (null without dates).
        responses: Endpoint -> `USUBJID`, `response` (Boolean, null where it is not simulated).
    """

    subjects: pl.DataFrame
    times: dict[str, pl.DataFrame]
    responses: dict[str, pl.DataFrame]


class Piece(NamedTuple):
    """Some rows of a file.

    Attributes:
        file: Name of the file.
        part: Which rows of it; rows of one part are joined by subject, parts are put below each other.
        subject: Column of the subject.
        frame: The rows.
    """

    file: str
    part: str
    subject: str
    frame: pl.DataFrame


def tables(protocol: Protocol, observed: Observed) -> dict[str, pl.DataFrame]:
    """The files of a trial.

    Args:
        protocol: The declared trial.
        observed: Its patients.

    Returns:
        Name of the file -> its rows.

    Raises:
        SimulationError: The protocol asks for something that is not simulated; every such thing.
    """
    import polars as pl

    found: dict[str, dict[str, pl.DataFrame]] = {}
    subjects: dict[str, str] = {}
    for piece in pieces(protocol, observed):
        parts = found.setdefault(piece.file, {})
        column = subjects.setdefault(piece.file, piece.subject)
        frame = piece.frame.rename({piece.subject: column})
        if piece.part in parts:
            known = parts[piece.part]
            new = [c for c in frame.columns if c == column or c not in known.columns]
            parts[piece.part] = known.join(frame.select(new), on=column, how="left", maintain_order="left")
        else:
            parts[piece.part] = frame
    return {file: pl.concat(parts.values(), how="diagonal_relaxed") for file, parts in found.items()}


def pieces(protocol: Protocol, observed: Observed) -> list[Piece]:
    """The rows of each file, by what they are for.

    Args:
        protocol: The declared trial.
        observed: Its patients.

    Raises:
        SimulationError: As in `tables`.
    """
    problems = [*_unwritable(protocol), *_not_simulated(protocol, observed)]
    if problems:
        raise SimulationError(problems)
    out = [_adsl(protocol, observed)]
    seen: set[tuple[str, str]] = set()
    for name, frame in observed.times.items():
        for piece in _time_pieces(protocol, observed, name, frame):
            if (piece.file, piece.part) not in seen or isinstance(protocol.endpoints[name].source, StatusSource):
                seen.add((piece.file, piece.part))
                out.append(piece)
    for name, frame in observed.responses.items():
        endpoint = protocol.endpoints[name]
        assert endpoint.kind == "response"
        out.append(_response_piece(protocol, endpoint, frame))
    return out + [_no_adverse_events(protocol, table) for table in _adverse_tables(protocol)]


def _adverse_tables(protocol: Protocol) -> list[str]:
    return list(dict.fromkeys(e.source.table for e in protocol.endpoints.values() if e.kind == "adverse_events"))


def _unwritable(protocol: Protocol) -> Iterator[Problem]:
    """Files that nothing can be written to."""
    data = protocol.data
    named = data.files if isinstance(data, AdamData) else {name: table.file for name, table in data.tables.items()}
    places = [
        (file, f"data.files.{table}" if isinstance(data, AdamData) else f"data.tables.{table}.file")
        for table, file in named.items()
    ]
    places += [
        (endpoint.source.file, f"endpoints.{name}.source.file")
        for name, endpoint in protocol.endpoints.items()
        if isinstance(endpoint.source, StatusSource)
    ]
    for file, path in places:
        inside = not is_packaged(file) and len(PurePosixPath(file).parts) == 1
        if not inside or PurePosixPath(file).suffix.lower() not in ENDINGS.values():
            yield Problem(
                "simulation.one_file",
                "this file can't be written for a simulated trial",
                Where(path=path),
                file,
                f"name a file in the data folder that ends in {', '.join(ENDINGS.values())}",
            )


def _not_simulated(protocol: Protocol, observed: Observed) -> Iterator[Problem]:
    """Endpoints whose data the simulated trial does not have, or can't give."""
    for name, endpoint in protocol.endpoints.items():
        if isinstance(endpoint, AdverseEventsEndpoint):
            continue
        there = name in observed.times or name in observed.responses
        direct = isinstance(endpoint.source, AdamSource | StatusSource)
        parts = getattr(endpoint.source, "first_of", ())
        if there and not direct:
            yield Problem(
                "simulation.one_endpoint",
                f"the endpoint {name} is simulated, and the protocol reads it from other records",
                Where(path=f"endpoints.{name}.source"),
                cure="give it a source with its own records, {table: ADTTE, PARAMCD: ...}",
            )
        elif not there and not parts:
            yield Problem(
                "simulation.one_endpoint",
                f"records of the endpoint {name} are not simulated, and an analysis of the protocol needs them",
                Where(path=f"endpoints.{name}"),
                cure="leave it out of the protocol that is simulated",
            )


def _file_of(protocol: Protocol, table: str) -> str:
    data = protocol.data
    if isinstance(data, AdamData):
        return str(data.files.get(table, f"{table.lower()}.csv"))
    if table not in data.tables:
        problem = Problem(
            "simulation.one_file",
            f"data.tables does not map {table}, which simulated subjects need",
            Where(path="data.tables"),
            cure=f"add data.tables.{table} with its file and columns",
        )
        raise SimulationError(problem)
    return str(data.tables[table].file)


def _named(
    protocol: Protocol, table: str, frame: pl.DataFrame, constants: dict[str, Value], keep: set[str]
) -> tuple[pl.DataFrame, str]:
    """The rows under the names of the user's file, with the columns that its conditions ask for; and their part.

    Args:
        protocol: The declared trial.
        table: ADaM table.
        frame: Its rows under ADaM names.
        constants: Columns with one value.
        keep: Columns that stay under their own name.
    """
    import polars as pl

    part = table
    data = protocol.data
    if not isinstance(data, AdamData):
        mapping = data.tables[table]
        targets = {target.upper(): column for target, column in mapping.columns.items()}
        chosen = [c for c in frame.columns if c in targets or c in keep]
        frame = frame.select(chosen).rename({c: targets[c] for c in chosen if c in targets})
        if mapping.where is not None:
            constants = required(mapping.where, f"data.tables.{table}.where") | constants
            part = _part(required(mapping.where, ""))
        else:
            part = ""
    frame = frame.with_columns(pl.lit(value).alias(c) for c, value in constants.items() if c not in frame.columns)
    return frame, part


def _part(constants: dict[str, Value]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(constants.items()))


def _subject_name(protocol: Protocol, table: str) -> str:
    data = protocol.data
    if isinstance(data, AdamData):
        return "USUBJID"
    return next((c for target, c in data.tables[table].columns.items() if target.upper() == "USUBJID"), "USUBJID")


def _adsl(protocol: Protocol, observed: Observed) -> Piece:
    """One row a subject."""
    import polars as pl

    frame = observed.subjects
    written = {name: str(arm.value) if arm.value is not None else arm.label for name, arm in protocol.arms.items()}
    arm = pl.col("arm").replace_strict(written)
    columns: dict[str, pl.Expr] = {
        "STUDYID": pl.lit(protocol.trial.id), "USUBJID": pl.col("USUBJID"), "SUBJID": pl.col("SUBJID"),
        "SITEID": pl.col("SITEID"), "TRT01P": arm, "TRT01A": arm, "RANDFL": pl.lit("Y"),
    }  # fmt: skip
    if frame.get_column("RANDDT").null_count() < frame.height:
        columns |= {"RANDDT": pl.col("RANDDT"), "TRTSDT": pl.col("RANDDT")}
    taken = {*columns, "RANDDT", "TRTSDT"}
    conditions = {c.upper(): (c, value) for c, value in subject_columns(protocol, taken).items()}
    keep: set[str] = set()
    for name, factor in protocol.factors.items():
        for column, source in ((factor.column, name), (factor.verified, f"{name}__verified")):
            if column is None or column in keep:
                continue
            keep.add(column)
            known = frame.get_column(source).null_count() < frame.height
            if known:
                columns[column] = pl.col(source).replace_strict(factor.level_values, return_dtype=pl.String)
            elif column.upper() != "SITEID" or factor.levels is not None:
                first = 0 if factor.continuous else next(iter(factor.level_values.values()), "1")
                columns[column] = pl.lit(conditions.get(column.upper(), (column, first))[1])
    dates = {column for column in used_dates(protocol) if column.upper() not in taken}
    columns |= {column: pl.lit(None, dtype=pl.Date) for column in sorted(dates - keep)}
    upper = {c.upper() for c in keep | dates}
    constants = {c: value for key, (c, value) in conditions.items() if key not in upper}
    keep |= dates | set(constants)
    named, part = _named(protocol, "ADSL", frame.select(**columns), constants, keep)
    return Piece(_file_of(protocol, "ADSL"), part, _subject_name(protocol, "ADSL"), named)


def _time_pieces(protocol: Protocol, observed: Observed, name: str, frame: pl.DataFrame) -> Iterator[Piece]:
    """Records of a time-to-event endpoint, and of the parameters that stand in for it: nothing intervenes here."""
    endpoint = protocol.endpoints[name]
    assert isinstance(endpoint, TimeToEventEndpoint)
    source = endpoint.source
    if isinstance(source, StatusSource):
        yield _status_piece(source, name, frame)
        return
    assert isinstance(source, AdamSource)
    codes = [source.PARAMCD, *(c for c in intercurrent_parameters(protocol, name) if c != source.PARAMCD)]
    start = observed.subjects.select("USUBJID", "RANDDT")
    for code in codes:
        rows = _adtte(protocol, endpoint, frame.join(start, on="USUBJID", how="left", maintain_order="left"), code)
        constants: dict[str, Value] = {}
        if source.where is not None:
            constants = required(source.where, f"endpoints.{name}.source.where")
        constants = {c: value for c, value in constants.items() if c.upper() not in rows.columns}
        named, part = _named(protocol, source.table, rows, constants, set(constants))
        part = f"{part} {code} {_part(constants)}"
        yield Piece(_file_of(protocol, source.table), part, _subject_name(protocol, source.table), named)


def _adtte(protocol: Protocol, endpoint: TimeToEventEndpoint, frame: pl.DataFrame, code: str | None) -> pl.DataFrame:
    import polars as pl

    why = pl.col("code").replace_strict({EVENT: endpoint.event or "event"} | _WHY, return_dtype=pl.String)
    columns = [
        pl.lit(protocol.trial.id).alias("STUDYID"), pl.col("USUBJID"), pl.lit(code).alias("PARAMCD"),
        pl.lit(endpoint.label).alias("PARAM"), pl.col("time").alias("AVAL"),
        pl.lit(_UNIT_WORDS[protocol.time.data_unit]).alias("AVALU"),
        pl.col("code").alias("CNSR"), why.alias("EVNTDESC"),
    ]  # fmt: skip
    if frame.get_column("ADT").null_count() < frame.height:
        columns += [pl.col("RANDDT").alias("STARTDT"), pl.col("ADT")]
    return frame.select(columns if code is not None else [c for c in columns if c.meta.output_name() != "PARAMCD"])


def _status_piece(source: StatusSource, name: str, frame: pl.DataFrame) -> Piece:
    """Records of an endpoint in the user's own file."""
    import polars as pl

    codes = {
        meaning: next((code for code, d in source.codes.items() if getattr(d, "meaning", d) == meaning), None)
        for meaning in ("event", "censored")
    }
    lacking = [meaning for meaning, code in codes.items() if code is None]
    if lacking:
        problem = Problem("simulation.one_endpoint", f"no code of the status of {name} means {' or '.join(lacking)}",
                          Where(path=f"endpoints.{name}.source.codes"), cure="declare one")  # fmt: skip
        raise SimulationError(problem)
    constants = required(source.where, f"endpoints.{name}.source.where") if source.where is not None else {}
    status = pl.when(pl.col("code") == EVENT).then(pl.lit(codes["event"])).otherwise(pl.lit(codes["censored"]))
    columns = [pl.col("USUBJID").alias(source.subject), pl.col("time").alias(source.time), status.alias(source.status)]
    own = {source.subject, source.time, source.status}
    columns += [pl.lit(value).alias(column) for column, value in constants.items() if column not in own]
    return Piece(source.file, _part(constants), source.subject, frame.select(columns))


def _response_piece(protocol: Protocol, endpoint: ResponseEndpoint, frame: pl.DataFrame) -> Piece:
    """Best responses: the first of the responders, and the best of the others that is no disease control."""
    import polars as pl

    source = endpoint.source
    assert isinstance(source, AdamSource)
    controlled = {*endpoint.responders, *(endpoint.disease_control or ("SD", "NON-CR/NON-PD"))}
    without = [word for word in endpoint.order if word not in controlled]
    rest = [word for word in endpoint.order if word not in endpoint.responders]
    other = (without or rest or ["PD"])[0]
    unknown = next((word for word in ("NE", *reversed(rest)) if word in rest), other)
    word = pl.when(pl.col("response")).then(pl.lit(endpoint.responders[0])).otherwise(pl.lit(other))
    word = pl.when(pl.col("response").is_null()).then(pl.lit(unknown)).otherwise(word)
    columns = [
        pl.lit(protocol.trial.id).alias("STUDYID"), pl.col("USUBJID"), pl.lit(endpoint.label).alias("PARAM"),
        word.alias(endpoint.value),
    ]  # fmt: skip
    if source.PARAMCD is not None:
        columns.append(pl.lit(source.PARAMCD).alias("PARAMCD"))
    rows = frame.select(columns)
    constants = required(source.where, "source.where") if source.where is not None else {}
    constants = {c: value for c, value in constants.items() if c.upper() not in rows.columns}
    named, part = _named(protocol, source.table, rows, constants, {*constants, endpoint.value})
    part = f"{part} {source.PARAMCD} {_part(constants)}"
    return Piece(_file_of(protocol, source.table), part, _subject_name(protocol, source.table), named)


def _no_adverse_events(protocol: Protocol, table: str) -> Piece:
    """A table of adverse events without rows: none are simulated."""
    import polars as pl

    columns = ("STUDYID", "USUBJID", "AEBODSYS", "AEDECOD", "AESEV", "AETOXGR", "AESER", "AEREL", "AEACN", "AEOUT",
               "TRTEMFL", "ASTDT")  # fmt: skip
    named, part = _named(protocol, table, pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), {}, set())
    return Piece(_file_of(protocol, table), part, _subject_name(protocol, table), named)
