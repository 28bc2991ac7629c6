"""From curve.csv and risk.csv to a folder of synthetic patients that `equipoise analyze` and `equipoise run` accept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.errors import EvidenceError, Problem, Where
from equipoise.evidence.reconstruct.cells import is_missing, number_of, read_grid
from equipoise.evidence.reconstruct.cleaning import Cleaned, Kind, clean_curves
from equipoise.evidence.reconstruct.curve_arms import RiskTable, match_name, risk_tables
from equipoise.evidence.reconstruct.curve_input import ARM, read_curves
from equipoise.evidence.reconstruct.guyot import Rebuilt, reconstruct_curve
from equipoise.evidence.reconstruct.quality import ArmMade, quality_rows
from equipoise.evidence.reconstruct.risk_input import read_risks

if TYPE_CHECKING:
    from equipoise.results import Results
    from equipoise.units import TimeUnit

__all__ = ["CurveMade", "CurveOptions", "reconstruct_curves"]

_CONTROL = re.compile(
    r"control|placebo|observation|(?<![a-z])obs(?![a-z])|standard|(?<![a-z])soc(?![a-z])|usual|untreated", re.I
)
SCHEMA = "equipoise.reconstruction/1"


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """What is known besides the curves; all of it may be unknown.

    Attributes:
        events: Reported events by arm; under "" a total over arms.
        patients: Subjects at time 0 by arm; under "" of the only arm.
        unit: Unit of time of the curves, where their header does not say it.
        kind: What the curves show.
        axis: Survival at the ends of an axis that was read as 0 to 1.
        control: Arm of reference; guessed from the names, else the last one.
        endpoint: Words for the endpoint.
        censored: File with times of censoring, by arm.
    """

    events: Mapping[str, int] = field(default_factory=dict)
    patients: Mapping[str, int] = field(default_factory=dict)
    unit: TimeUnit | None = None
    kind: Kind = "auto"
    axis: tuple[float, float] = (0.0, 1.0)
    control: str = ""
    endpoint: str = "Time to event"
    censored: Path | None = None


@dataclass(frozen=True, slots=True)
class CurveMade:
    """What was rebuilt and written.

    Attributes:
        out: The folder.
        arms: The arms, as in the curves.
        control: Name of the arm of reference.
        endpoint: Words for the endpoint.
        unit: Unit of time.
        results: Statistics of the reconstruction.
        notes: What was supposed of all arms.
    """

    out: Path
    arms: tuple[ArmMade, ...]
    control: str
    endpoint: str
    unit: TimeUnit
    results: Results
    notes: tuple[str, ...] = ()


def reconstruct_curves(
    curves: Sequence[Path], at_risk: Path | None, out: Path, options: CurveOptions | None = None
) -> CurveMade:
    """Rebuild patients from digitized curves and write them.

    Args:
        curves: Files with points of the curves, all of one figure.
        at_risk: File with numbers at risk.
        out: Folder to make; one that holds earlier synthetic patients is replaced.
        options: What else is known.

    Returns:
        What was written.

    Raises:
        EvidenceError: Files that can't be read or contradict each other; all problems at once.
        UsageError: The folder holds something else.
    """
    from equipoise.evidence.reconstruct.curve_tables import curve_protocol, curve_table, tables_of
    from equipoise.evidence.reconstruct.folder import check_folder, write_folder
    from equipoise.evidence.reconstruct.quality_page import quality_page

    options = options or CurveOptions()
    out = Path(out)
    check_folder(out)
    made = _rebuilt([Path(one) for one in curves], at_risk, out, options)
    names = ", ".join(Path(one).name for one in curves)
    source = f"a published Kaplan-Meier curve ({names})"
    texts = {
        "quality.json": json.dumps(
            _document(made, [*curves, *([at_risk] if at_risk else [])]), indent=1, ensure_ascii=False
        )
        + "\n",
        "quality.html": quality_page(made, source),
        "curves.csv": curve_table(made),
    }
    if len(made.arms) > 1:
        texts["trial.yaml"] = curve_protocol(made, source)
    write_folder(out, tables_of(made), texts, source=source, made={"method": "Guyot 2012, modified"})
    return made


def _rebuilt(curves: Sequence[Path], at_risk: Path | None, out: Path, options: CurveOptions) -> CurveMade:
    clicks, notes, problems = read_curves(curves)
    rows, more, wrong = read_risks(at_risk) if at_risk is not None else ([], [], [])
    marks, wrong_marks = _marks(options.censored)
    notes, problems = [*notes, *more], [*problems, *wrong, *wrong_marks]
    if problems or not clicks:
        raise EvidenceError(problems)
    units = {one.unit for one in clicks if one.unit}
    if len(units) > 1:
        said = f"curves of one figure are in one unit, and the headers name {' and '.join(sorted(units))}"
        raise EvidenceError(Problem("curve.units", said, Where(file=clicks[0].file, line=1)))
    unit = options.unit or (units.pop() if units else None)
    cleaned, wrong = clean_curves(clicks, kind=options.kind, axis=options.axis)
    if wrong:
        raise EvidenceError(wrong)
    names = [one.arm for one in cleaned]
    patients, events = (
        _given(options.patients, names, "patients", problems),
        _given(options.events, names, "events", problems),
    )
    tables, wrong = risk_tables(cleaned, rows, patients, unit)
    problems += wrong
    if not wrong:  # else they may be there, and be wrong
        problems += [_no_patients(one) for one in cleaned if one.arm not in tables and one.arm not in patients]
    problems += _too_many(cleaned, tables, patients, events)
    if problems:
        raise EvidenceError(problems)
    rebuilt = _each(cleaned, tables, patients, events, marks)
    if "" in events and len(names) > 1:
        rebuilt = _shared(cleaned, tables, patients, events[""], marks, rebuilt)
        notes.append(f"{events['']} events are a total over arms; they were shared as the curves have them")
    if unit is None:
        notes.append("the unit of time is not said: months were supposed (--unit)")
    arms = _arms(cleaned, tables, rebuilt)
    control = _control(arms, options.control, notes)
    results = quality_rows(arms, control, _slug(options.endpoint), unit or "months")
    return CurveMade(out, arms, control, options.endpoint, unit or "months", results, tuple(notes))


def _given(numbers: Mapping[str, int], names: Sequence[str], what: str, problems: list[Problem]) -> dict[str, int]:
    """Numbers by arm, under the arms' names in the curves."""
    found: dict[str, int] = {}
    for name, number in numbers.items():
        own = (names[0] if len(names) == 1 else "") if not name else match_name(name, names)
        if own is None:
            cure = (
                f"curves are of {', '.join(repr(one) for one in names)}" if any(names) else f"write --{what} {number}"
            )
            problems.append(Problem("curve.arms", f"{what} of an arm that no curve is of", value=repr(name), cure=cure))
        elif not own and names[0] and what == "patients":
            cure = f"write --patients {names[0]!r}=N, once for each arm"
            problems.append(Problem("curve.arms", "patients are needed by arm", value=str(number), cure=cure))
        else:
            found[own] = number
    return found


def _no_patients(curve: Cleaned) -> Problem:
    said = f"neither numbers at risk nor patients are given{' of ' + curve.arm if curve.arm else ''}"
    cure = "name a file with --at-risk, or the patients with --patients"
    return Problem("curve.patients", said, Where(file=curve.file), cure=cure)


def _too_many(
    curves: Sequence[Cleaned], tables: Mapping[str, RiskTable], patients: Mapping[str, int], events: Mapping[str, int]
) -> list[Problem]:
    """Events of an arm that has not so many patients, and patients who are fewer than those at risk."""
    problems = []
    total = 0
    for one in curves:
        table = tables.get(one.arm)
        first = int(table.count[0]) if table is not None else 0
        known = patients.get(one.arm, first if table is not None and table.time[0] == 0.0 else None)
        total += known or 0
        of = f" of {one.arm}" if one.arm else ""
        if (
            table is not None
            and one.arm in patients
            and (patients[one.arm] < first or (table.time[0] == 0.0 and patients[one.arm] != first))
        ):
            said = f"{patients[one.arm]} patients{of} are given, and {first} are at risk at {table.time[0]:g}"
            problems.append(Problem("curve.patients", said, Where(file=one.file), cure="correct one of the two"))
        if known is not None and events.get(one.arm, 0) > known:
            said = f"{events[one.arm]} events{of} are reported, of {known} patients"
            problems.append(Problem("curve.events", said, Where(file=one.file), cure="compare them with the report"))
    if len(curves) > 1 and total and events.get("", 0) > total:
        said = f"{events['']} events are reported, of {total} patients"
        problems.append(Problem("curve.events", said, Where(file=curves[0].file), cure="compare them with the report"))
    return problems


def _each(
    curves: Sequence[Cleaned], tables: Mapping[str, RiskTable], patients: Mapping[str, int], events: Mapping[str, int],
    marks: Mapping[str, list[float]],
) -> list[Rebuilt]:  # fmt: skip
    out = []
    for one in curves:
        table = tables.get(one.arm)
        time, count = (table.time, table.count) if table is not None else (np.empty(0), np.empty(0, dtype=np.int64))
        own = None if table is not None and table.time[0] == 0.0 else patients.get(one.arm)
        name = match_name(one.arm, list(marks)) if marks else None
        out.append(
            reconstruct_curve(
                one.time, one.survival, time, count, patients=own,
                events=events.get(one.arm) if one.arm or len(curves) == 1 else None,
                censored=marks[name] if name is not None else None,
            )
        )  # fmt: skip
    return out


def _shared(
    curves: Sequence[Cleaned], tables: Mapping[str, RiskTable], patients: Mapping[str, int], total: int,
    marks: Mapping[str, list[float]], rebuilt: Sequence[Rebuilt],
) -> list[Rebuilt]:  # fmt: skip
    """Reported events of all arms together: each arm's share is that of its curve."""
    found = np.array([one.events for one in rebuilt], dtype=np.float64)
    most = np.array([one.time.size for one in rebuilt])
    raw = total * found / max(found.sum(), 1.0)
    whole = np.minimum(np.floor(raw).astype(np.int64), most)
    for j in [*np.argsort(whole - raw, kind="stable"), *range(len(rebuilt))]:
        whole[j] += max(min(int(total - whole.sum()), 1 if raw[j] < most[j] else 0), 0)
    for j in range(len(rebuilt)):
        whole[j] += max(min(int(total - whole.sum()), int(most[j] - whole[j])), 0)
    return _each(curves, tables, patients, {one.arm: int(n) for one, n in zip(curves, whole, strict=True)}, marks)


def _marks(path: Path | None) -> tuple[dict[str, list[float]], list[Problem]]:
    """Times of censoring by arm: the first column, or that called time; and an arm where there is one."""
    if path is None:
        return {}, []
    grid, problems = read_grid(path)
    found: dict[str, list[float]] = {}
    if grid is None:
        return found, problems
    arm = next((k for k, name in enumerate(grid.names) if k and ARM.match(name)), 1 if len(grid.names) == 2 else -1)
    for row in grid.rows:
        time = number_of(row[0].text)
        if time is None and not is_missing(row[0].text):
            problems.append(Problem("curve.value", "this is no number", grid.where(row[0].line), repr(row[0].text)))
        elif time is not None and time >= 0.0:
            found.setdefault(row[arm].text if arm > 0 else "", []).append(time)
    return found, problems


def _arms(
    curves: Sequence[Cleaned], tables: Mapping[str, RiskTable], rebuilt: Sequence[Rebuilt]
) -> tuple[ArmMade, ...]:
    arms: list[ArmMade] = []
    for one, subjects in zip(curves, rebuilt, strict=True):
        label = one.arm or "All patients"
        name = _slug(label)
        if name in {arm.name for arm in arms}:
            name = f"{name}_{len(arms) + 1}"
        notes = (*one.changes, *(tables[one.arm].notes if one.arm in tables else ()), *subjects.notes)
        arms.append(ArmMade(name, label, one.time, one.survival, subjects, notes, one.doubts))
    return tuple(arms)


def _slug(words: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:40].strip("_") or "x"
    return plain if plain[0].isalpha() else f"arm_{plain}"


def _control(arms: Sequence[ArmMade], asked: str, notes: list[str]) -> str:
    if asked:
        label = match_name(asked, [arm.label for arm in arms])
        if label is None:
            cure = f"curves are of {', '.join(repr(arm.label) for arm in arms)}"
            raise EvidenceError(
                Problem("curve.arms", "the control is no arm of the curves", value=repr(asked), cure=cure)
            )
        return next(arm.name for arm in arms if arm.label == label)
    likely = [arm for arm in arms if _CONTROL.search(arm.label)]
    chosen = likely[0] if len(likely) == 1 else arms[-1]
    if len(arms) > 1:
        why = "by its name" if len(likely) == 1 else "as the last one"
        notes.append(f"{chosen.label} was taken as the control, {why} (--control)")
    return chosen.name


def _document(made: CurveMade, files: Sequence[Path]) -> dict[str, Any]:
    paths = [Path(one) for one in files]
    return {
        "schema": SCHEMA,
        "mark": "SYNTHETIC DATA",
        "about": "Patients rebuilt from a published Kaplan-Meier curve; they are not the patients of the trial.",
        "files": [{"path": one.name, "sha256": hashlib.sha256(one.read_bytes()).hexdigest()} for one in paths],
        "unit": made.unit,
        "notes": list(made.notes),
        "arms": [
            {
                "arm": arm.name, "label": arm.label, "clicks": int(arm.time.size), "noise": arm.rebuilt.line.noise,
                "smoothed": arm.rebuilt.line.smoothed, "changes": list(arm.notes), "doubts": list(arm.doubts),
            }
            for arm in made.arms
        ],
        "statistics": [row.to_dict() for row in made.results],
    }  # fmt: skip
