"""Subjects as ADaM tables: ADSL, ADTTE, ADRS, ADAE, as the protocol beside them asks for."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_contrast import golden
from equipoise.evidence.reconstruct.cohort_harms import Harms
from equipoise.evidence.reconstruct.cohort_people import ArmPeople
from equipoise.evidence.reconstruct.cohort_plan import Calendar
from equipoise.evidence.reconstruct.cohort_protocol import flag_of, parameter_of
from equipoise.evidence.reconstruct.cohort_response import Responses

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ArmCohort", "tables_of"]

Integers = NDArray[np.int64]

_ACTIONS = {None: None, True: "DRUG WITHDRAWN", False: "DOSE NOT CHANGED"}


@dataclass(frozen=True, slots=True)
class ArmCohort:
    """Everything of the subjects of an arm.

    Attributes:
        people: Their times.
        entered: (n,) day of randomization, in days after the first one.
        responses: Their responses, None where no response is printed.
        measured: Endpoint that ends a response.
        harms: Their adverse events, None where none are printed.
    """

    people: ArmPeople
    entered: Integers
    responses: Responses | None = None
    measured: str = ""
    harms: Harms | None = None


def tables_of(
    content: dict[str, Any],
    cohort: tuple[ArmCohort, ...],
    dates: Calendar,
    sites: int,
    levels: tuple[dict[str, str], ...],
) -> dict[str, pl.DataFrame]:
    """The tables of a cohort.

    Args:
        content: Sections of the protocol beside it.
        cohort: The arms.
        dates: Enrollment and cut.
        sites: Number of sites; 0 where it is not known.
        levels: Stratum → level of each factor.

    Returns:
        Name of the table → rows, in the order of randomization.
    """
    import polars as pl

    rows = _subjects(content, cohort, dates, sites, levels)
    order = sorted(range(len(rows)), key=lambda k: (rows[k]["RANDDT"], rows[k]["_arm"], rows[k]["_k"]))
    width = len(str(len(rows)))
    ids: dict[tuple[int, int], str] = {}
    for number, k in enumerate(order, start=1):
        rows[k]["SUBJID"] = f"{number:0{width}d}"
        rows[k]["USUBJID"] = ids[rows[k]["_arm"], rows[k]["_k"]] = f"SYNTHETIC-{rows[k]['SUBJID']}"
    adsl = pl.DataFrame([rows[k] for k in order], infer_schema_length=None)
    keep = [
        "STUDYID",
        "USUBJID",
        "SUBJID",
        *[c for c in adsl.columns if c[0] != "_" and c not in ("STUDYID", "USUBJID", "SUBJID")],
    ]
    found = {
        "ADSL": adsl.select(keep),
        "ADTTE": pl.DataFrame(_times(content, cohort, dates, ids), infer_schema_length=None),
    }
    if any(one.responses is not None for one in cohort):
        found["ADRS"] = pl.DataFrame(_responses(content, cohort, ids), infer_schema_length=None)
    if any(one.harms is not None for one in cohort):
        found["ADAE"] = _harms(content, cohort, dates, ids)
    return {
        name: frame if name == "ADSL" else frame.sort("USUBJID", maintain_order=True) for name, frame in found.items()
    }


def _date(dates: Calendar, entered: int, day: int = 1) -> datetime.date:
    """Date of a day of a subject, whose day 1 is that of randomization."""
    return dates.start + datetime.timedelta(days=entered + day - 1)


def _subjects(
    content: dict[str, Any],
    cohort: tuple[ArmCohort, ...],
    dates: Calendar,
    sites: int,
    levels: tuple[dict[str, str], ...],
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    death = any(endpoint.get("death") for endpoint in content["endpoints"].values())
    columns = {name: factor["column"] for name, factor in content["factors"].items()}
    others = [name for name in content["populations"] if name not in ("itt", "safety")]
    for number, one in enumerate(cohort):
        people = one.people
        label = content["arms"][people.arm]["label"]
        place = np.floor(golden(people.n, 0.11 + 0.5 * number) * max(sites, 1)).astype(np.int64)
        for k in range(people.n):
            treated = one.harms is None or bool(one.harms.treated[k])
            entered = int(one.entered[k])
            row: dict[str, Any] = {
                "_arm": number, "_k": k, "STUDYID": content["trial"]["id"],
                **({"SITEID": f"{int(place[k]) + 1:03d}"} if sites else {}),
                "TRT01P": label, "TRT01A": label if treated else None, "RANDFL": "Y", "ITTFL": "Y",
                "SAFFL": "Y" if treated else "N", "RANDDT": _date(dates, entered),
                "TRTSDT": _date(dates, entered) if treated else None,
            }  # fmt: skip
            for name in others:
                inside = one.responses is None or bool(one.responses.evaluable[k])
                row[flag_of(name)] = "Y" if inside else "N"
            if death:
                died = bool(people.died[k])
                row |= {
                    "DTHFL": "Y" if died else None,
                    "DTHDT": _date(dates, entered, int(people.last[k])) if died else None,
                }
            row |= {columns[name]: level for name, level in levels[int(people.stratum[k])].items()} if columns else {}
            rows.append(row)
    return rows


def _times(
    content: dict[str, Any], cohort: tuple[ArmCohort, ...], dates: Calendar, ids: dict[tuple[int, int], str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(cohort):
        for name, record in one.people.times.items():
            endpoint = content["endpoints"][name]
            for k in range(one.people.n):
                entered, day, event = int(one.entered[k]), int(record.day[k]), bool(record.event[k])
                died = event and bool(one.people.died[k]) and day == int(one.people.last[k])
                words = "Death" if died or endpoint.get("death") else "Progression or other event"
                why = words if event else _why(dates, entered, day)
                record_of = _Record(parameter_of(name), endpoint["label"], entered, day, event, why)
                rows.append(_row(content, ids[number, k], dates, record_of))
        rows += _durations(content, one, number, dates, ids)
    return rows


def _why(dates: Calendar, entered: int, day: int) -> str:
    return "No event at the data cut" if _date(dates, entered, day) >= dates.cut else "Last contact before the data cut"


class _Record(NamedTuple):
    """A time of a subject: when it began, in days after the first randomization, its days, and how it ended."""

    code: str
    label: str
    start: int
    day: int
    event: bool
    why: str


def _row(content: dict[str, Any], subject: str, dates: Calendar, one: _Record) -> dict[str, Any]:
    return {
        "STUDYID": content["trial"]["id"], "USUBJID": subject, "PARAMCD": one.code, "PARAM": one.label,
        "AVAL": one.day, "AVALU": "DAYS", "CNSR": 0 if one.event else 1, "EVNTDESC": one.why,
        "STARTDT": _date(dates, one.start), "ADT": _date(dates, one.start, one.day),
    }  # fmt: skip


def _durations(
    content: dict[str, Any], one: ArmCohort, number: int, dates: Calendar, ids: dict[tuple[int, int], str]
) -> list[dict[str, Any]]:
    if one.responses is None or not any("duration" in endpoint for endpoint in content["endpoints"].values()):
        return []
    record, rows = one.people.times[one.measured], []
    for k in np.flatnonzero(one.responses.began > 0).tolist():
        began, end, event = int(one.responses.began[k]), int(record.day[k]), bool(record.event[k])
        start = int(one.entered[k]) + began - 1
        why = "Response ended" if event else "Response goes on at the last assessment"
        lasted = _Record("DOR", "Duration of response", start, end - began + 1, event, why)
        rows.append(_row(content, ids[number, k], dates, lasted))
    return rows


def _responses(
    content: dict[str, Any], cohort: tuple[ArmCohort, ...], ids: dict[tuple[int, int], str]
) -> list[dict[str, Any]]:
    return [
        {
            "STUDYID": content["trial"]["id"], "USUBJID": ids[number, k], "PARAMCD": "BOR",
            "PARAM": "Best overall response", "AVALC": str(one.responses.word[k]),
        }
        for number, one in enumerate(cohort) if one.responses is not None
        for k in range(one.people.n)
    ]  # fmt: skip


def _harms(
    content: dict[str, Any], cohort: tuple[ArmCohort, ...], dates: Calendar, ids: dict[tuple[int, int], str]
) -> pl.DataFrame:
    import polars as pl

    rows = []
    for number, one in enumerate(cohort):
        for event in one.harms.events if one.harms is not None else ():
            rows.append(
                {
                    "STUDYID": content["trial"]["id"], "USUBJID": ids[number, event.subject],
                    "AEBODSYS": "Not published", "AEDECOD": event.term or "Name not published",
                    "AETOXGR": event.grade, "TRTEMFL": "Y",
                    "ASTDT": _date(dates, int(one.entered[event.subject]), event.day),
                    "AESER": _flag(event.serious), "AEREL": _flag(event.related),
                    "AEACN": _ACTIONS[event.stopped],
                    "AEOUT": "FATAL" if event.grade == 5 else None,
                }
            )  # fmt: skip
    frame = pl.DataFrame(rows, infer_schema_length=None)
    # A column nobody printed anything of is left out: what is not recorded must not look like none.
    empty = [c for c in ("AESER", "AEREL", "AEACN", "AEOUT") if frame.height and frame[c].null_count() == frame.height]
    return frame.drop(empty)


def _flag(value: bool | None) -> str | None:  # noqa: FBT001
    return None if value is None else "Y" if value else "N"
