"""The patients of one simulated trial as files that `equipoise analyze` reads with the same protocol."""

from __future__ import annotations

import datetime
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.data.simulated import MARK, put_folder, read_mark
from equipoise.errors import Problem, SimulationError, UsageError, Where
from equipoise.protocol.endpoints import AdamSource, StatusSource
from equipoise.simulation.one_trial_tables import CUT, EVENT, LOST, NOT_SIMULATED, Observed, tables
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

    from equipoise.kernels.sim.truth import Trial
    from equipoise.simulation.study import Study

__all__ = ["DEFAULT_START", "not_simulated", "write_one"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DEFAULT_START = datetime.date(2020, 1, 1)
"""Day of the first randomization where the scenario names none: dates need one."""


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
    level, there are no adverse events, and endpoints of which the scenario says nothing are censored, or responses not
    evaluable, and say so.

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
        put_folder(made, out, Path(room) / "before")
    return out


def not_simulated(study: Study) -> tuple[str, ...]:
    """Endpoints whose records `write_one` makes up: all censored, or not evaluable.

    Args:
        study: What is simulated.
    """
    stand_in = _stand_ins(study)
    return tuple(name for name in _without_truth(study) if name not in stand_in)


def _without_truth(study: Study) -> list[str]:
    """Endpoints with records of their own of which the scenario says nothing."""
    known = _rows(study)
    return [
        name
        for name, endpoint in study.protocol.endpoints.items()
        if name not in known
        and endpoint.kind in ("time_to_event", "response")
        and isinstance(endpoint.source, AdamSource | StatusSource)
    ]


def _stand_ins(study: Study) -> dict[str, str]:
    """Endpoint that takes the records of a simulated one: of the first of several, when none of them is simulated."""
    free = set(_without_truth(study))
    found: dict[str, str] = {}
    for name in _rows(study):
        parts = getattr(study.protocol.endpoints[name].source, "first_of", ())
        if parts and free.issuperset(parts) and parts[0] not in found:
            found[parts[0]] = name
    return found


def _check(study: Study, trial: int, out: Path, look: int | None) -> None:
    problems = []
    looks = study.tested[0].looks if study.tested else 0
    if not study.tested:
        cure = "declare a hypothesis about an endpoint of the scenario"
        problems.append(Problem("usage.look", "nothing is tested, so nobody looks at the trial", cure=cure))
    if not 0 <= trial < 2**63:
        problems.append(Problem("usage.trial_number", "there is no such trial", value=str(trial), cure="count from 0"))
    if study.tested and look is not None and not 1 <= look <= looks:
        cure = f"{study.tested[0].hypothesis} has {looks}, from 1"
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
    mark = read_mark(out)
    files = mark.get("files") if mark is not None else None
    return isinstance(files, list) and there <= {MARK, *(str(file) for file in files)}


def _mark(study: Study, trial: int, cut: Cut, files: list[str]) -> dict[str, Any]:
    return {
        "simulated": True, "study": study.protocol.trial.id, "scenario": study.scenario, "under": study.under,
        "seed": study.seed, "vary": dict(study.vary), "trial": trial, "look": cut.look, "cut": cut.day,
        "reached": cut.reached, "files": files, "not_simulated": list(not_simulated(study)),
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

    seen = np.flatnonzero(patients.entry <= cut)
    people = _people(study, patients, seen)
    times, responses = {}, {}
    for name, row in _rows(study).items():
        index, time, status = _records(study, patients, row, cut)
        if row >= len(patients.time):
            responses[name] = pl.DataFrame({"USUBJID": people["USUBJID"], "response": status == 1})
        else:
            code = np.where(status == 1, EVENT, np.where(time == patients.dropout[index], LOST, CUT))
            times[name] = _times(study, people, time, code)
    end = np.minimum(patients.dropout[seen], cut - patients.entry[seen] + study.truth.whole_days)
    for name in not_simulated(study):
        if study.protocol.endpoints[name].kind == "response":
            nothing = pl.lit(None, dtype=pl.Boolean).alias("response")
            responses[name] = people.select("USUBJID", nothing)
        else:
            times[name] = _times(study, people, end, np.full(seen.size, NOT_SIMULATED))
    for part, name in _stand_ins(study).items():
        times[part] = times.pop(name)
    return Observed(people, times, responses)


def _people(study: Study, patients: Trial, seen: Integers) -> pl.DataFrame:
    """One row a patient who is seen, in order of their numbers."""
    import polars as pl

    whole, n = study.truth.whole_days == 1, len(patients.entry)
    start = datetime.date.fromisoformat(study.start) if study.start else DEFAULT_START
    width = len(str(n))
    numbers = [f"{i + 1:0{width}d}" for i in seen]
    days = pl.Series("day", patients.entry[seen] if whole else np.full(seen.size, np.nan)).fill_nan(None)
    dated = pl.lit(start) + pl.duration(days=pl.col("day").cast(pl.Int64))
    enrollment = study.protocol.scenarios[study.scenario].enrollment
    sites = enrollment.sites if enrollment is not None else 1
    names = list(sites) if isinstance(sites, Mapping) else [f"{k + 1:03d}" for k in range(study.truth.sites.shape[1])]
    arms = list(study.protocol.arms)
    columns: dict[str, list[str | None]] = {
        "USUBJID": [f"{study.protocol.trial.id}-{number}" for number in numbers],
        "SUBJID": list(numbers),
        "SITEID": [names[site] for site in patients.site[seen]],
        "arm": [arms[a] for a in patients.arm[seen]],
    }
    people = pl.DataFrame(columns | _factors(study, patients, seen))
    return people.with_columns(days.to_frame().select(dated.alias("RANDDT")).to_series())


def _rows(study: Study) -> dict[str, int]:
    """Endpoint -> its row."""
    from equipoise.simulation.truth_arrays import endpoints_of

    known = endpoints_of(study.protocol, study.scenario)
    return {name: known.row(name) for name in (*known.times, *known.responses)}


def _factors(study: Study, patients: Trial, seen: Integers) -> dict[str, list[str | None]]:
    """Levels of the factors as recorded, and as they are; null of those that make no strata."""
    from equipoise.simulation.truth_arrays import strata_of

    places = strata_of(study.protocol, study.scenario)
    found: dict[str, list[str | None]] = {}
    for name in study.protocol.factors:
        levels = [place.levels.get(name) for place in places]
        for column, stratum in ((name, patients.recorded), (f"{name}__verified", patients.stratum)):
            found[column] = [levels[s] for s in stratum[seen]]
    return found


def _records(study: Study, patients: Trial, row: int, cut: float) -> tuple[Integers, Floats, NDArray[np.uint8]]:
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


def _times(study: Study, people: pl.DataFrame, time: Floats, code: Integers) -> pl.DataFrame:
    """Records of all who are seen, in the data's unit."""
    import polars as pl

    section, whole = study.protocol.time, study.truth.whole_days == 1
    per = days_per(section.data_unit, days_per_month=section.days_per_month)
    value = pl.Series("time", time.astype(np.int64) if whole and per == 1.0 else time / per)
    days = pl.Series("days", np.floor(time).astype(np.int64) - 1)
    frame = people.select("USUBJID", "RANDDT", value, days, pl.Series("code", code))
    ended = pl.col("RANDDT") + pl.duration(days=pl.col("days"))
    return frame.select("USUBJID", "time", "code", ended.alias("ADT"))


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
