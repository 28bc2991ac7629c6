"""The patients of one simulated trial as files that `equipoise analyze` reads with the same protocol."""

from __future__ import annotations

import datetime
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from equipoise.errors import Problem, SimulationError, UsageError, Where
from equipoise.simulation.one_trial_tables import Observed, tables
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

    from equipoise.kernels.sim.truth import Trial
    from equipoise.simulation.study import Study

__all__ = ["DEFAULT_START", "MARK", "write_one"]

DEFAULT_START = datetime.date(2020, 1, 1)
"""Day of the first randomization where the scenario names none: dates need one."""

MARK = ".equipoise-simulated.json"
"""The file that says what a folder of a simulated trial holds; a folder without it is never replaced."""


class Cut(NamedTuple):
    """Where the trial is looked at.

    Attributes:
        look: Number of the look, from 1.
        day: Days since the start of enrollment.
        reached: Whether the events that it waits for came.
    """

    look: int
    day: float
    reached: bool


def write_one(study: Study, trial: int, out: Path, *, look: int | None = None) -> Path:
    """Write the patients of one simulated trial as seen at a look.

    In whole days with dates, AVAL = ADT - STARTDT + 1; in continuous time as real numbers and without dates. What is
    not simulated is as plain as can be: everybody is in all populations, factors that are no strata have their first
    level, there are no adverse events.

    Args:
        study: What is simulated.
        trial: Number of the trial, from 0.
        out: Folder to make. One that holds an earlier simulated trial is replaced.
        look: Look of the first hypothesis, from 1; the last that was held where absent.

    Returns:
        The folder.

    Raises:
        UsageError: A number that makes no sense, or a folder that holds something else.
        SimulationError: The look was not held in this trial, or the protocol asks for data that are not simulated.
    """
    out = Path(out)
    _check(study, trial, out, look)
    patients, cut = _generated(study, trial, look)
    files = tables(study.protocol, _observed(study, patients, cut.day))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as room:
        made = Path(room) / "made"
        _write(study, files, made)
        _accepted(study, made)
        (made / MARK).write_text(json.dumps(_mark(study, trial, cut, sorted(files)), indent=1), encoding="utf-8")
        if out.exists():
            out.rename(Path(room) / "before")
        made.rename(out)
    return out


def _check(study: Study, trial: int, out: Path, look: int | None) -> None:
    problems = []
    looks = study.tested[0].looks if study.tested else 0
    if not 0 <= trial < 2**63:
        problems.append(Problem("usage.trial_number", "there is no such trial", value=str(trial), cure="count from 0"))
    if look is not None and not 1 <= look <= looks:
        cure = f"{study.tested[0].hypothesis} has {looks}, from 1" if looks else "declare a hypothesis"
        problems.append(Problem("usage.look", "there is no such look", value=str(look), cure=cure))
    if out.exists() and not _ours(out):
        problems.append(
            Problem(
                "usage.folder_taken",
                "the folder exists and holds something else than a simulated trial",
                Where(file=str(out)),
                cure="name a new folder with --out",
            )
        )
    if problems:
        raise UsageError(problems)


def _ours(out: Path) -> bool:
    """Whether a folder is empty, or holds just the files of an earlier simulated trial."""
    if not out.is_dir():
        return False
    there = {path.name for path in out.iterdir()}
    if not there:
        return True
    try:
        files = json.loads((out / MARK).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(files, list) and there <= {MARK, *(str(file) for file in files)}


def _mark(study: Study, trial: int, cut: Cut, files: list[str]) -> dict[str, Any]:
    return {
        "simulated": True, "study": study.protocol.trial.id, "scenario": study.scenario, "under": study.under,
        "seed": study.seed, "vary": dict(study.vary), "trial": trial, "look": cut.look, "cut": cut.day,
        "reached": cut.reached, "files": files,
    }  # fmt: skip


def _generated(study: Study, trial: int, look: int | None) -> tuple[Trial, Cut]:
    """The patients, and where they are looked at."""
    from equipoise.kernels.sim.looks import cuts
    from equipoise.kernels.sim.patients import generate
    from equipoise.kernels.sim.truth import new_trial

    patients = new_trial(study.truth)
    generate(study.truth, *study.key, trial, patients)
    cut = np.zeros(study.pairs)
    held, reached = np.zeros(study.pairs, dtype=np.uint8), np.zeros(study.pairs, dtype=np.uint8)
    cuts(study.truth, study.triggers, patients, cut, held, reached)
    ks = study.tested[0].ks
    there = [number for number, k in enumerate(ks, start=1) if held[k]]
    chosen = there[-1] if look is None else look
    if chosen not in there:
        listed = ", ".join(str(number) for number in there)
        problem = Problem(
            "simulation.look_not_held",
            f"trial {trial} did not hold look {chosen} of {study.tested[0].hypothesis}",
            value=str(chosen),
            cure=f"it held {listed}: choose one of these, or another trial",
        )
        raise SimulationError(problem)
    k = ks[chosen - 1]
    return patients, Cut(chosen, float(cut[k]), bool(reached[k]))


def _observed(study: Study, patients: Trial, cut: float) -> Observed:
    """What is seen of all arms."""
    import polars as pl

    whole = study.truth.whole_days == 1
    seen = np.flatnonzero(patients.entry <= cut)
    start = datetime.date.fromisoformat(study.start) if study.start else DEFAULT_START
    width = len(str(len(patients.entry)))
    ids = np.array([f"{study.protocol.trial.id}-{i + 1:0{width}d}" for i in range(len(patients.entry))])
    days = pl.Series("day", patients.entry[seen] if whole else np.full(seen.size, np.nan)).fill_nan(None)
    dated = pl.lit(start) + pl.duration(days=pl.col("day").cast(pl.Int64))
    entered = days.to_frame().select(dated.alias("RANDDT")).to_series()
    arms = list(study.protocol.arms)
    columns = {
        "USUBJID": ids[seen],
        "SUBJID": np.array([f"{i + 1:0{width}d}" for i in seen]),
        "SITEID": np.array([f"{site + 1:03d}" for site in patients.site[seen]]),
        "arm": np.array([arms[a] for a in patients.arm[seen]]),
    }
    factors = _factors(study, patients, seen)
    subjects = pl.DataFrame(columns | factors).with_columns(entered)
    times, responses = {}, {}
    for name, row in _rows(study).items():
        index, time, status = _records(study, patients, row, cut)
        if row >= len(patients.time):
            responses[name] = pl.DataFrame({"USUBJID": ids[index], "response": status == 1})
        else:
            times[name] = _times(study, patients, (index, time, status), ids, entered.rename("RANDDT"), seen)
    return Observed(subjects, times, responses)


def _rows(study: Study) -> dict[str, int]:
    """Endpoint -> its row."""
    from equipoise.simulation.truth_arrays import endpoints_of

    known = endpoints_of(study.protocol, study.scenario)
    return {name: known.row(name) for name in (*known.times, *known.responses)}


def _factors(study: Study, patients: Trial, seen: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, list[str | None]]:
    """Levels of the factors as recorded, and as they are; null of those that make no strata."""
    from equipoise.simulation.truth_arrays import strata_of

    places = strata_of(study.protocol, study.scenario)
    found: dict[str, list[str | None]] = {}
    for name in study.protocol.factors:
        levels = [place.levels.get(name) for place in places]
        for column, stratum in ((name, patients.recorded), (f"{name}__verified", patients.stratum)):
            found[column] = [levels[s] for s in stratum[seen]]
    return found


def _records(
    study: Study, patients: Trial, row: int, cut: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Index, time in days and status of all who are seen, in order of the patients' numbers."""
    from equipoise.kernels.sim.looks import observe

    n = study.truth.patients
    time, status, arm = np.zeros(n), np.zeros(n, dtype=np.uint8), np.zeros(n, dtype=np.uint8)
    stratum, index = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    times, statuses = np.full(n, np.nan), np.zeros(n, dtype=np.uint8)
    for other in range(1, study.truth.arms):  # two arms at a time: the first with each other one
        m = observe(study.truth, patients, row, cut, other, 0, time, status, arm, stratum, index)
        times[index[:m]], statuses[index[:m]] = time[:m], status[:m]
    there = np.flatnonzero(~np.isnan(times))
    return there, times[there], statuses[there]


def _times(
    study: Study,
    patients: Trial,
    record: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]],
    ids: np.ndarray[Any, Any],
    entered: pl.Series,
    seen: np.ndarray[Any, np.dtype[np.int64]],
) -> pl.DataFrame:
    import polars as pl

    index, time, status = record
    section, whole = study.protocol.time, study.truth.whole_days == 1
    per = days_per(section.data_unit, days_per_month=section.days_per_month)
    frame = pl.DataFrame({
        "USUBJID": ids[index],
        "time": time.astype(np.int64) if whole and per == 1.0 else time / per,
        "event": status == 1,
        "lost": (status == 0) & (time == patients.dropout[index]),
        "days": pl.Series(time.astype(np.int64)) - 1,
    })  # fmt: skip
    by_patient = pl.DataFrame({"USUBJID": ids[seen], "RANDDT": entered})
    joined = frame.join(by_patient, on="USUBJID", how="left", maintain_order="left")
    return joined.with_columns((pl.col("RANDDT") + pl.duration(days="days")).alias("ADT")).drop("days", "RANDDT")


def _write(study: Study, files: dict[str, pl.DataFrame], folder: Path) -> None:
    """Write all files; numbers in CSV with the declared decimal sign, and all their digits."""
    import polars as pl
    import polars.selectors as cs

    from equipoise.data.writers import write_table

    folder.mkdir()
    for name, frame in files.items():
        table = frame
        if Path(name).suffix.lower() == ".csv" and study.protocol.data.decimal == ",":
            table = frame.with_columns(cs.float().cast(pl.String).str.replace(".", ",", literal=True))
        write_table(table, folder / name)


def _accepted(study: Study, folder: Path) -> None:
    """Hold the files against the protocol, as an analysis would."""
    from equipoise.data import validate_data

    wrong = [problem for problem in validate_data(study.protocol, folder) if problem.severity == "error"]
    if wrong:
        message = "the protocol asks for something that simulated patients do not have"
        cure = "take it out of the protocol that is simulated, or put it into the scenario"
        raise SimulationError([Problem("simulation.one_data", message, cure=cure), *wrong])
