"""What prediction sees of a trial: entries, follow-up, sites; no arm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import PlanError, Problem, Where

__all__ = ["Observed"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """A trial at a data cut, all arms together. Dates count from the first randomization, in any one unit (days).

    Attributes:
        entry: (n,) date of randomization.
        time: (n,) time from randomization to the event, to the loss, or to the last day known to be free of it.
        event: (n,) whether the event was seen.
        dropout: (n,) whether the patient was lost before the cut, so that the event can't be seen any more; None for
            nobody.
        cut: Date of the data cut.
        planned_patients: Number of patients at which enrollment stops; None where it stopped already.
        site: (n,) site code from 0, None where sites are not known: then all patients come from one source.
        site_open: (S,) opening dates, also of sites that will open after the cut; a site without patients is known
            from here only. NaN, or None for all: not known, taken to be that of the site's first patient, who then
            tells nothing of the site's rate.
        site_close: (S,) closing dates, infinite for open ends; None for no closing.
        accrual_end: Date on which enrollment stops even if patients are missing.
        scans: Days from randomization at which events are looked for, increasing; the last step repeats. Events are
            then found at the scan that follows them. None: events are known on their day.
    """

    entry: Floats
    time: Floats
    event: Flags
    cut: float
    dropout: Flags | None = None
    planned_patients: int | None = None
    site: NDArray[np.integer[Any]] | None = None
    site_open: Floats | None = None
    site_close: Floats | None = None
    accrual_end: float = math.inf
    scans: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        found: list[Problem] = []
        for name in ("entry", "time", "site_open", "site_close"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _numbers(getattr(self, name), name, found))
        for name in ("event", "dropout"):
            flags = getattr(self, name)
            flags = np.zeros(np.size(self.entry), dtype=bool) if flags is None else _flags(flags, name, found)
            object.__setattr__(self, name, flags)
        if self.site is not None:
            object.__setattr__(self, "site", _codes(self.site, found))
        if not found:
            found = [*_patient_problems(self), *_site_problems(self), *_plan_problems(self)]
        if found:
            raise PlanError(found)

    @property
    def lost(self) -> Flags:
        """(n,) who was lost before the cut; never None."""
        assert self.dropout is not None
        return self.dropout

    @property
    def pending(self) -> Flags:
        """(n,) who is still at risk at the cut."""
        return ~(self.event | self.lost)

    @property
    def event_dates(self) -> Floats:
        """Dates of the events seen, in order."""
        return np.sort((self.entry + self.time)[self.event])

    @property
    def to_come(self) -> int:
        """How many patients are yet to enroll."""
        return 0 if self.planned_patients is None else self.planned_patients - self.entry.size


def _problem(code: str, name: str, message: str, cure: str, value: object = "") -> Problem:
    return Problem(code=code, message=message, where=Where(path=name), value=str(value), cure=cure)


def _numbers(values: ArrayLike, name: str, found: list[Problem]) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.full(1, math.nan)
    # An opening may be unknown (NaN), a closing never come (infinite).
    bad = np.isnan(array) & (name != "site_open") | np.isinf(array) & (name != "site_close")
    if array.ndim != 1 or bad.any() or np.ma.is_masked(values):
        cure = "give one finite number each"
        found.append(_problem("plan.prediction_input", name, f"{name} must be a list of finite numbers", cure))
    return array


def _flags(values: ArrayLike, name: str, found: list[Problem]) -> Flags:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        found.append(_problem("plan.prediction_input", name, f"{name} must be true or false", "use 0 and 1"))
        return np.zeros(array.size, dtype=bool)
    return array.astype(bool)


def _codes(values: ArrayLike, found: list[Problem]) -> NDArray[np.int64]:
    array = np.asarray(values)
    whole = array.ndim == 1 and array.dtype.kind in "iu" and (array.size == 0 or array.min() >= 0)
    if not whole:
        found.append(
            _problem("plan.prediction_input", "site", "sites must be whole numbers from 0", "number the sites")
        )
        return np.zeros(array.size, dtype=np.int64)
    return array.astype(np.int64)


def _patient_problems(observed: Observed) -> list[Problem]:
    out = []
    n = observed.entry.size
    if n == 0:
        cure = "predict once the first patient is in; before that `design` gives the expected dates"
        return [_problem("plan.prediction_input", "entry", "no patient was randomized yet", cure)]
    names = ("time", "event", "dropout", "site")
    lengths = {name: getattr(observed, name).size for name in names if getattr(observed, name) is not None}
    if any(size != n for size in lengths.values()):
        cure = "give one value for each patient"
        value = ", ".join(f"{name}: {size}" for name, size in {"entry": n, **lengths}.items())
        return [_problem("plan.prediction_input", "entry", "the columns are not of one length", cure, value)]
    if not math.isfinite(observed.cut) or observed.cut <= 0.0 or observed.entry.max() > observed.cut:
        cure = "take the date of the data cut, in days since the first randomization, and leave out later patients"
        message = "the data cut must lie after the first and not before the last randomization"
        out.append(_problem("plan.prediction_cut", "cut", message, cure, observed.cut))
    if observed.entry.min() < 0.0 or observed.time.min() < 0.0:
        cure = "count entries from the first randomization and times from each patient's own"
        value = min(observed.entry.min(), observed.time.min())
        out.append(_problem("plan.prediction_input", "time", "entries and times must not be negative", cure, value))
    late = observed.entry + observed.time - observed.cut
    if late.max() > 1e-6:
        cure = "cut the data first: what happened after the cut can't be known at it"
        message = f"{int((late > 1e-6).sum())} times end after the data cut"
        out.append(_problem("plan.prediction_cut", "time", message, cure, f"{late.max():g} after"))
    if (observed.event & observed.lost).any():
        cure = "a patient whose event was seen is not lost to it: dropout is false there"
        out.append(_problem("plan.prediction_input", "dropout", "a patient has the event and is lost", cure))
    if observed.time.max() == 0.0:
        cure = "check that `time` counts from each patient's randomization to the cut"
        out.append(_problem("plan.prediction_input", "time", "there is no follow-up: all times are 0", cure))
    return out


def _site_problems(observed: Observed) -> list[Problem]:
    out: list[Problem] = []
    opening, closing, site = observed.site_open, observed.site_close, observed.site
    if opening is None and closing is None:
        return out
    if site is None:
        cure = "give `site`, one code a patient, or leave the dates of sites out"
        return [_problem("plan.prediction_sites", "site_open", "dates of sites without the sites of patients", cure)]
    known = {name: dates.size for name, dates in (("site_open", opening), ("site_close", closing)) if dates is not None}
    if len(set(known.values())) > 1 or (site.size and site.max() >= min(known.values())):
        cure = "give one opening (and closing) date for each site, in the order of the codes"
        out.append(_problem("plan.prediction_sites", "site_open", "dates do not cover all sites", cure, known))
        return out
    if opening is not None and np.any(observed.entry < opening[site] - 1e-6):
        cure = "check the opening dates: they count from the first randomization"
        out.append(_problem("plan.prediction_sites", "site_open", "a patient enters before the site opens", cure))
    if opening is not None and np.isnan(np.delete(opening, np.unique(site))).any():
        cure = "give its opening date, or leave the site out"
        out.append(_problem("plan.prediction_sites", "site_open", "a site has neither patients nor a date", cure))
    if opening is not None and np.any((opening > observed.cut)[np.unique(site)]):
        cure = "give its true opening date"
        out.append(_problem("plan.prediction_sites", "site_open", "a site with patients opens after the cut", cure))
    if closing is not None and np.any(observed.entry > closing[site] + 1e-6):
        cure = "check the closing dates: they count from the first randomization"
        out.append(_problem("plan.prediction_sites", "site_close", "a patient enters after the site closed", cure))
    if opening is not None and closing is not None and np.any(closing <= opening):
        out.append(_problem("plan.prediction_sites", "site_close", "a site closes before it opens", "check its dates"))
    return out


def _plan_problems(observed: Observed) -> list[Problem]:
    out: list[Problem] = []
    planned, n = observed.planned_patients, observed.entry.size
    if planned is not None and planned < n:
        cure = "raise it to the patients enrolled, or leave it out where enrollment has stopped"
        message = f"{n} patients are enrolled, more than planned"
        out.append(_problem("plan.prediction_patients", "planned_patients", message, cure, planned))
    if math.isnan(observed.accrual_end):
        cure = "give a date, or leave it out"
        out.append(_problem("plan.prediction_input", "accrual_end", "the end of enrollment is not a number", cure))
    scans = observed.scans
    if scans is not None:
        steps = np.diff(np.concatenate(([0.0], np.asarray(scans, dtype=np.float64))))
        if steps.size == 0 or not np.isfinite(steps).all() or steps.min() <= 0.0:
            cure = "give the days of scans after randomization, such as (56, 112)"
            out.append(_problem("plan.prediction_input", "scans", "scan days must increase from above 0", cure, scans))
    return out
