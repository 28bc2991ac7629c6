"""The trial at a data cut, all arms together: enrollment, follow-up, events, and when more will come.

No arm is read here. With `load_data(..., blinded=True)` none was there to be read.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.errors import DataError, PlanError, Problem, Where
from equipoise.monitoring.observed import Observed
from equipoise.monitoring.prediction import EventPrediction, predict_events

if TYPE_CHECKING:
    import polars as pl

    from equipoise.data import Datasets
    from equipoise.design.plan import Plan
    from equipoise.monitoring.observed import Floats
    from equipoise.protocol.protocol import Protocol

__all__ = ["Forecast", "Pooled", "data_cut", "forecast", "narrowed", "pooled"]

_ENDED = "DISCONTINUED"
_FAN = 48
"""Points of a fan."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """One endpoint in one population at a cut, arms together. Dates count in days from the first randomization.

    Attributes:
        observed: What prediction reads.
        first: Day of the first randomization.
        cut: Day of the data cut.
        notes: What was assumed for want of data, as warnings.
    """

    observed: Observed
    first: datetime.date
    cut: datetime.date
    notes: tuple[Problem, ...] = ()

    @property
    def events(self) -> int:
        """Events seen."""
        return int(self.observed.event.sum())

    @property
    def enrolled(self) -> int:
        """Patients randomized."""
        return int(self.observed.entry.size)

    def day(self, days: float) -> datetime.date:
        """The day so many days after the first randomization.

        Args:
            days: Days.
        """
        return self.first + datetime.timedelta(days=round(days))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come.

    Attributes:
        prediction: Dates of events, and numbers on dates.
        targets: Numbers of events that looks wait for.
        times: Days from the first randomization on which looks are planned.
        grid: Days of the fan.
    """

    prediction: EventPrediction
    targets: tuple[int, ...]
    times: tuple[float, ...]
    grid: tuple[float, ...]


def narrowed(protocol: Protocol, hypotheses: Sequence[str], *, arms: bool = True) -> Protocol:
    """The protocol with what some hypotheses read, and nothing else: data of other endpoints need not be there.

    Args:
        protocol: The declared trial.
        hypotheses: Their names.
        arms: Whether tests and models will be read; without them factors need not be there either.
    """
    analyses = {protocol.hypotheses[name].analysis: None for name in hypotheses}
    kept = {name: protocol.analysis[name].model_copy(update={"subgroups": (), "also": ()}) for name in analyses}
    endpoints: dict[str, None] = {}
    factors: set[str] = set()
    waiting = [analysis.endpoint for analysis in kept.values()]
    for analysis in kept.values():
        parts = [getattr(analysis, "test", None), getattr(analysis, "estimate", None)]
        waiting += [name for part in parts for name in getattr(part, "time_dependent", ())]
        factors |= {name for part in parts for key in ("strata", "covariates") for name in getattr(part, key, ())}
    while waiting:
        name = waiting.pop(0)
        if name not in endpoints:
            endpoints[name] = None
            source = protocol.endpoints[name].source
            waiting += [*getattr(source, "first_of", ()), *getattr(source, "competing", ())]
    used = {analysis.population for analysis in kept.values()}
    return protocol.model_copy(
        update={
            "endpoints": {name: item for name, item in protocol.endpoints.items() if name in endpoints},
            "analysis": kept,
            "populations": {name: item for name, item in protocol.populations.items() if name in used},
            "factors": {name: item for name, item in protocol.factors.items() if arms and name in factors},
            "eligibility": (),
        }
    )


def data_cut(protocol: Protocol, data: Datasets) -> tuple[datetime.date, tuple[Problem, ...]]:
    """The day of the data cut: as given, as declared, or the last day of any record, with a warning.

    Args:
        protocol: The declared trial.
        data: Its data.

    Raises:
        DataError: No record has a date (`monitor.no_dates`).
    """
    if data.cut is not None:
        return data.cut, ()
    if protocol.data.cut is not None:
        return protocol.data.cut, ()
    days = [frame.get_column("ADT").max() for frame in data.records.values() if "ADT" in frame.columns]
    days += [data.adsl.get_column("RANDDT").max()] if "RANDDT" in data.adsl.columns and any(days) else []
    known = [day for day in days if isinstance(day, datetime.date)]
    if not known:
        cure = "give --cut DATE, and ADT with the records"
        raise DataError(
            Problem("monitor.no_dates", "nothing says when the data were cut", Where(table="ADTTE"), cure=cure)
        )
    last = max(known)
    message = f"nothing says when the data were cut: the last day of any record is taken, {last}"
    cure = "give --cut DATE, or `cut` under `data`"
    return last, (Problem("monitor.cut_assumed", message, Where(table="ADTTE"), str(last), cure, "warning"),)


def pooled(
    protocol: Protocol,
    data: Datasets,
    plan: Plan,
    *,
    arms: tuple[int, int] | None = None,
) -> Pooled:
    """Enrollment and follow-up of the population of a plan.

    Args:
        protocol: The declared trial.
        data: Its data.
        plan: The plan.
        arms: Codes of two arms, to count those alone; None for everybody.

    Raises:
        DataError: A randomized subject without a date of randomization (`monitor.no_dates`).
    """
    import polars as pl

    from equipoise.data import subjects, time_to_event

    analysis = protocol.analysis[plan.analysis]
    intercurrent = getattr(analysis, "intercurrent", None) or None
    people = subjects(protocol, data, plan.population)
    times = time_to_event(protocol, data, plan.endpoint, plan.population, intercurrent=intercurrent)
    if arms is not None:
        people = people.filter(pl.col("arm").is_in(list(arms)))
    frame = people.select("USUBJID", *(c for c in ("RANDDT", "EOSSTT", "EOSDT") if c in people.columns)).join(
        times.select("USUBJID", "time", "status", "reason", "STARTDT", "ADT"),
        on="USUBJID",
        how="left",
        maintain_order="left",
    )
    first, entry = _entries(frame)
    cut, assumed = data_cut(protocol, data)
    known = frame.select(pl.col("ADT")).to_series()
    # Dates, not times: those may count the first day as day 1.
    ended = _days(known, first)
    follow = np.where(np.isnan(ended), 0.0, np.maximum(ended - entry, 0.0))
    undated = np.isnan(ended) & frame.get_column("time").is_not_null().to_numpy()
    if undated.any():
        follow = np.where(undated, _recorded(protocol, data, plan, frame), follow).clip(0.0)
    event = (frame.get_column("status") == 1).fill_null(value=False).to_numpy()
    at_cut = float((cut - first).days)
    lost, notes = _lost(protocol, frame, plan)
    follow = np.minimum(follow, at_cut - entry)
    observed = _observed(protocol, data, plan, frame, (entry, follow, event, lost & ~event), at_cut, first)
    return Pooled(observed, first, cut, (*assumed, *notes))


def _entries(frame: pl.DataFrame) -> tuple[datetime.date, Floats]:
    lacking = "RANDDT" not in frame.columns or frame.get_column("RANDDT").null_count() > 0
    if lacking:
        where = Where(table="ADSL", column="RANDDT")
        cure = "give RANDDT in ADSL for every randomized subject"
        message = "prediction needs the date of randomization of every subject"
        if "RANDDT" in frame.columns:
            import polars as pl

            undated = frame.filter(pl.col("RANDDT").is_null())
            where = Where(table="ADSL", column="RANDDT", subject=str(undated.get_column("USUBJID")[0]))
        raise DataError(Problem("monitor.no_dates", message, where, cure=cure))
    days = frame.get_column("RANDDT")
    first = days.min()
    assert isinstance(first, datetime.date)
    return first, _days(days, first)


def _days(dates: pl.Series, first: datetime.date) -> Floats:
    """Days from the first randomization, NaN where there is no date."""
    import polars as pl

    return (dates - pl.Series([first])).dt.total_days().cast(pl.Float64).fill_null(math.nan).to_numpy().copy()


def _recorded(protocol: Protocol, data: Datasets, plan: Plan, frame: pl.DataFrame) -> Floats:
    """Days from randomization by the recorded times, which may count the first day as 1."""
    from equipoise.data.frames import records_of
    from equipoise.units import days_per

    per = days_per(protocol.time.data_unit, days_per_month=protocol.time.days_per_month)
    offset = records_of(protocol, data, plan.endpoint, None)[1].offset
    days: Floats = frame.get_column("time").fill_null(0.0).to_numpy() * per - offset
    return days


def _lost(protocol: Protocol, frame: pl.DataFrame, plan: Plan) -> tuple[np.ndarray, tuple[Problem, ...]]:
    """(n,) who can't be seen to have the event any more, and what was assumed."""
    import polars as pl

    declared = protocol.monitoring.lost if protocol.monitoring is not None else ()
    reasons = {reason.strip().casefold() for reason in declared}
    reasons |= _censoring_labels(protocol, plan)
    said = frame.get_column("reason").fill_null("").str.strip_chars().str.to_lowercase()
    lost = said.is_in(sorted(reasons)) | (frame.get_column("status") == 2).fill_null(value=False)
    notes: tuple[Problem, ...] = ()
    if "EOSSTT" in frame.columns:
        ended = frame.select((pl.col("EOSSTT").str.strip_chars().str.to_uppercase() == _ENDED).fill_null(value=False))
        lost = lost | ended.to_series()
    elif not declared:
        message = "nothing says who is lost to follow-up: everybody without the event counts as still followed"
        cure = "give EOSSTT in ADSL, or name the reasons of censoring under `monitoring.lost`"
        where = Where(table="ADSL", column="EOSSTT")
        notes = (Problem("monitor.lost_unknown", message, where, cure=cure, severity="warning"),)
    return lost.to_numpy(), notes


def _censoring_labels(protocol: Protocol, plan: Plan) -> set[str]:
    """Reasons of those whom an intercurrent event censors: their event won't be counted later."""
    estimand = getattr(protocol.endpoints[plan.endpoint], "estimand", None)
    events = dict(estimand.intercurrent) if estimand else {}
    events.update(getattr(protocol.analysis[plan.analysis], "intercurrent", None) or {})
    return {
        (event.label or name.replace("_", " ")).strip().casefold()
        for name, event in events.items()
        if event.censor_at is not None
    }


def _observed(
    protocol: Protocol,
    data: Datasets,
    plan: Plan,
    frame: pl.DataFrame,
    columns: tuple[Floats, Floats, np.ndarray, np.ndarray],
    cut: float,
    first: datetime.date,
) -> Observed:
    declared = protocol.monitoring
    entry, follow, event, lost = columns
    enrollment = protocol.scenarios[plan.scenario].enrollment
    planned = None if enrollment is None else round(enrollment.patients * plan.pair.share)
    ends = math.inf
    if declared is not None and declared.enrollment_ends is not None:
        ends = float((declared.enrollment_ends - first).days)
    site, opening = _sites(protocol, data, frame, cut, first)
    return Observed(
        entry=entry,
        time=follow,
        event=event,
        cut=cut,
        dropout=lost,
        planned_patients=None if planned is None or planned <= entry.size or ends <= cut else planned,
        site=site,
        site_open=opening,
        accrual_end=ends,
        scans=_scans(protocol, plan.endpoint),
    )


def _scans(protocol: Protocol, endpoint: str) -> tuple[float, ...] | None:
    from equipoise.units import days_per

    declared = protocol.monitoring
    if declared is None or endpoint not in declared.prediction.scans:
        return None
    per = days_per(protocol.time.unit, days_per_month=protocol.time.days_per_month)
    return tuple(time * per for time in declared.prediction.scans[endpoint])


def _sites(
    protocol: Protocol, data: Datasets, frame: pl.DataFrame, cut: float, first: datetime.date
) -> tuple[np.ndarray | None, Floats | None]:
    """Codes of sites, and their openings where some are yet to come."""
    from equipoise.data.columns import find_column, missing_column

    declared = protocol.monitoring
    if declared is None or declared.site is None:
        return None, None
    column = find_column(declared.site, data.adsl.columns)
    if column is None:
        message, cure = missing_column(declared.site, data.adsl.columns, "monitoring.site")
        where = Where(table="ADSL", column=declared.site, path="monitoring.site")
        raise DataError(Problem("data.missing_column", message, where, cure=cure))
    names = frame.select("USUBJID").join(
        data.adsl.select("USUBJID", column), on="USUBJID", how="left", maintain_order="left"
    )
    texts = names.get_column(column).cast(str).fill_null("").to_numpy()
    known, codes = np.unique(texts, return_inverse=True)
    coming = [float((one.opens - first).days) for one in declared.sites for _ in range(one.number)]
    coming = [day for day in coming if day > cut]
    if not coming:
        return codes.astype(np.int64), None
    # Openings of sites that have patients are not declared: not a number, so prediction takes their first patients.
    return codes.astype(np.int64), np.append(np.full(known.size, math.nan), coming)


def forecast(
    protocol: Protocol,
    plan: Plan,
    seen: Pooled,
    targets: Sequence[int],
    planned: Sequence[float],
    *,
    seed: int,
    draws: int,
) -> Forecast | None:
    """Dates of the events that looks wait for, and numbers on the planned days and over time.

    Args:
        protocol: The declared trial.
        plan: The plan.
        seen: The trial at the cut.
        targets: Events of the looks to come.
        planned: Days from the first randomization on which looks are planned.
        seed: Of the draws.
        draws: Number of posterior draws.

    Returns:
        The forecast; None where nothing is left to predict.

    Raises:
        PlanError: No events yet.
    """
    if seen.events == 0:
        cure = "predict once there are events; until then `equipoise design` gives the expected dates"
        raise PlanError(Problem("monitor.no_events", "there are no events yet", Where(table=plan.endpoint), "0", cure))
    model = "average" if protocol.monitoring is None else protocol.monitoring.prediction.model
    most = seen.enrolled + seen.observed.to_come
    # A target beyond all patients is never reached; it is asked for all the same where it can be.
    wanted = tuple(sorted({k for k in targets if seen.events < k <= most}))
    days = tuple(sorted({day for day in planned if day >= seen.observed.cut}))
    if not wanted and not days:
        return None
    dates = predict_events(seen.observed, targets=wanted, model=model, draws=draws, seed=seed)
    ends = [one.upper[-1] if math.isfinite(one.upper[-1]) else one.median for one in dates.dates]
    ends = [day for day in (*ends, *days) if math.isfinite(day)]
    until = max(ends, default=1.5 * seen.observed.cut) + 30.0
    grid = tuple(np.linspace(seen.observed.cut, until, _FAN).tolist())
    whole = predict_events(seen.observed, targets=wanted, times=(*days, *grid), model=model, draws=draws, seed=seed)
    return Forecast(whole, wanted, days, grid)
