"""What all analyses of adverse events over time share: who is at risk, for how long, and which events count when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.count_rows import Bools, Ints, arm_column, by_arm, many
from equipoise.analysis.rows import Scope
from equipoise.analysis.safety_overview import INTEREST, Category, categories
from equipoise.analysis.survival import in_data_unit
from equipoise.protocol.checks.safety import TIMED

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.safety_tables import Scale
    from equipoise.analysis.steps import Context
    from equipoise.data import AtRisk
    from equipoise.protocol.analysis import SafetyAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["Timed", "TimedEvents", "first_days", "landmarks", "timed", "timed_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TimedEvents:
    """Events of one category in time.

    Attributes:
        name: Name of the category.
        subject: (m,) index of the subject among those at risk.
        day: (m,) day on which the event starts, 1 the day of the first dose.
        note: What is counted, in words.
        unknown: Why nothing can be counted; "" where it can.
    """

    name: str
    subject: Ints
    day: Floats
    note: str
    unknown: str

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """Groups of the keys of its rows."""
        return (("category", self.name),)


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """An analysis of adverse events in time, n subjects at risk.

    Attributes:
        scope: What its keys share.
        arms: Names of the arms, in declared order.
        contrasts: Pairs (experimental, control).
        population: (arms,) subjects of the population, at risk or not.
        arm: (n,) index of each subject's arm.
        days: (n,) number of the last day at risk; the first is 1.
        died: (n,) whether death ended the time at risk.
        events: Category → its events.
        period: The period at risk in a sentence, without its full stop.
        left_out: What is left out, in a sentence; "" for nothing.
    """

    scope: Scope
    arms: tuple[str, ...]
    contrasts: tuple[tuple[str, str], ...]
    population: Ints
    arm: Ints
    days: Floats
    died: Bools
    events: dict[str, TimedEvents]
    period: str
    left_out: str

    def of(self, index: int) -> Bools:
        """(n,) the subjects of an arm.

        Args:
            index: Its index.
        """
        mine: Bools = self.arm == index
        return mine


def timed(context: Context, name: str, spec: SafetyAnalysis) -> Timed | None:
    """The analysis in time, made once for all its steps; None where nobody's time at risk can be known.

    Args:
        context: Protocol and data.
        name: Name of the analysis.
        spec: The analysis.
    """
    return context.shared(("timed", name), lambda: _timed(context, name, spec))


def _timed(context: Context, name: str, spec: SafetyAnalysis) -> Timed | None:
    from equipoise.analysis.safety import partly_recorded
    from equipoise.data import at_risk, grading, subjects

    protocol, data = context.protocol, context.data
    risk = at_risk(protocol, data, spec)
    if risk is None:
        return None
    people = context.shared(("subjects", spec.population), lambda: subjects(protocol, data, spec.population))
    scale: Scale = "grade" if grading(protocol, data, spec.endpoint) == "toxicity_grade" else "severity"
    notes = partly_recorded(data.tables[protocol.endpoints[spec.endpoint].source.table])  # type: ignore[union-attr]
    return timed_of(protocol, name, people, risk, categories(risk.events, scale, notes))


def timed_of(protocol: Protocol, name: str, people: pl.DataFrame, risk: AtRisk, found: list[Category]) -> Timed:
    """The arrays of an analysis.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        people: The subjects of the population: USUBJID, arm.
        risk: Their times at risk and the events in them.
        found: Rows of the overview, made of those events.
    """
    spec = protocol.analysis[name]
    place = {subject: i for i, subject in enumerate(risk.people["USUBJID"].to_list())}
    events = {}
    for one in found:
        # Of the overview's rows, those that rates and counts over time are asked of.
        if one.name not in TIMED and INTEREST + one.name not in risk.events.columns:
            continue
        who = np.array([place[subject] for subject in one.events["USUBJID"].to_list()], dtype=np.int64)
        day = one.events["day"].to_numpy().astype(np.float64)
        events[one.name] = TimedEvents(one.name, who, day, one.note, one.unknown)
    return Timed(
        scope=Scope(name, spec.endpoint, spec.population),
        arms=tuple(protocol.arms),
        contrasts=protocol.contrasts,
        population=by_arm(arm_column(people), len(protocol.arms)),
        arm=arm_column(risk.people),
        days=risk.people["days"].to_numpy().astype(np.float64),
        died=risk.people["died"].to_numpy().astype(np.bool_),
        events=events,
        period=f"At risk from the first dose, day 1, until {risk.until} or death",
        left_out=_left_out(risk),
    )


def _left_out(risk: AtRisk) -> str:
    """What is not in the numbers, and what was taken as it is, of the events of all categories together."""
    out = [
        (risk.no_period, "subject", "without a known period at risk"),
        (risk.unplaced, "event", "of subjects without one"),
        (risk.undated, "event", "without a date of start"),
        (risk.early, "event", "before the first dose"),
        (risk.late, "event", "after the end of the period"),
    ]
    parts = [f"{many(count, noun)} {words}" for count, noun, words in out if count]
    said = f"Left out of all events: {', '.join(parts)}. " if parts else ""
    if risk.imputed:
        said += f"{many(risk.imputed, 'event')} on the day that was imputed. "
    if risk.deaths_of_events:
        said += f"{many(risk.deaths_of_events, 'death')} dated by a fatal event, as ADSL has no date. "
    if risk.deaths_undated:
        said += f"{many(risk.deaths_undated, 'death')} without a date, taken as an end of follow-up. "
    return said.strip()


def first_days(timed: Timed, events: TimedEvents) -> tuple[Floats, Ints]:
    """Time to each subject's first event.

    Args:
        timed: The analysis.
        events: The events of a category.

    Returns:
        (n,) day of the first event, else the last day at risk; (n,) status: 1 event, 2 death without an event before
        or on that day, 0 neither.
    """
    first = np.full(timed.days.size, np.inf)
    np.minimum.at(first, events.subject, events.day)
    happened = np.isfinite(first)
    status = np.where(happened, 1, np.where(timed.died, 2, 0)).astype(np.int64)
    return np.where(happened, first, timed.days), status


def landmarks(protocol: Protocol, times: tuple[float, ...]) -> tuple[list[float], Floats, list[str]]:
    """Declared times, the same in days, and in words.

    Args:
        protocol: The declared trial.
        times: Times in the trial's unit.
    """
    from equipoise.units import convert

    unit = protocol.time
    declared = list(dict.fromkeys(times))
    days = [
        convert(in_data_unit(protocol, t), unit.data_unit, "days", days_per_month=unit.days_per_month) for t in declared
    ]
    words = []
    for t, d in zip(declared, days, strict=True):
        same = "" if unit.unit == "days" else f" = {d:.10g} days"
        words.append(f"at {t:.10g} {unit.unit}{same}, events at or before count")
    return declared, np.array(days, dtype=np.float64), words
