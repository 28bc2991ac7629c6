"""Safety: the overview, classes and terms, worst grades, risk differences and exposure-adjusted rates.

Arms are those of the analysis' population: the treatment that subjects actually took, where it says `arm: actual`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from equipoise.analysis.count_rows import arm_column, by_arm, count_row
from equipoise.analysis.rows import Scope
from equipoise.analysis.safety_counts import MeanCountStep
from equipoise.analysis.safety_first import FirstEventStep
from equipoise.analysis.safety_incidence import IncidenceRateStep
from equipoise.analysis.safety_overview import categories, category_tallies, worst_tallies
from equipoise.analysis.safety_rates import exposure_rows, rate_rows
from equipoise.analysis.safety_tables import Safety, Scale, number_needed_rows, tally_rows
from equipoise.analysis.safety_terms import term_tallies
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context, Row, Step
    from equipoise.protocol.analysis import SafetyAnalysis
    from equipoise.protocol.endpoints import AdverseEventsEndpoint
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["SafetyStep", "partly_recorded", "safety_rows", "steps"]

# Categories for which a number needed to harm is asked.
_NEEDED = ("grade_3_plus", "severe", "serious")
_PEOPLE = "Subjects of the population, with or without events."
# Columns whose missing values count as no. (A flag, AESER, says no by being empty.)
_SOURCES = {"related": "AEREL", "discontinuation": "AEACN"}
_NOT = {"related": "related", "discontinuation": "leading to discontinuation"}


@dataclass(frozen=True, slots=True)
class SafetyStep:
    """Everything about one analysis of adverse events."""

    name: str
    spec: SafetyAnalysis
    endpoint: AdverseEventsEndpoint

    @property
    def label(self) -> str:
        """What the step does, for progress."""
        return f"{self.name}: adverse events"

    def run(self, context: Context) -> Iterable[Row]:
        """Rows of the analysis."""
        from equipoise.data import adverse_events, exposure, grading, subjects

        protocol, data, population = context.protocol, context.data, self.spec.population
        people = context.shared(("subjects", population), lambda: subjects(protocol, data, population))
        events = adverse_events(protocol, data, self.spec.endpoint, population)
        notes = partly_recorded(data.tables[self.endpoint.source.table])
        scale: Scale = "grade" if grading(protocol, data, self.spec.endpoint) == "toxicity_grade" else "severity"
        days = exposure(protocol, data, population)
        return safety_rows(protocol, self.name, people, events, scale=scale, exposure=days, notes=notes)


def steps(protocol: Protocol, name: str, spec: SafetyAnalysis) -> tuple[Step, ...]:
    """The steps of one analysis of adverse events: its tables, and what happens over time.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        spec: The analysis.
    """
    endpoint = cast("AdverseEventsEndpoint", protocol.endpoints[spec.endpoint])
    found: list[Step] = [SafetyStep(name, spec, endpoint), IncidenceRateStep(name, spec)]
    if spec.mean_cumulative_count is not None:
        found.append(MeanCountStep(name, spec, spec.mean_cumulative_count))
    if spec.first_event is not None:
        found.append(FirstEventStep(name, spec, spec.first_event))
    return tuple(found)


def partly_recorded(table: pl.DataFrame) -> dict[str, str]:
    """What is to be said of flags that some records lack: the data room reads those as no.

    Args:
        table: ADAE.

    Returns:
        A clause for each flag that has values and lacks some.
    """
    found = {}
    for flag, column in _SOURCES.items():
        missing = table[column].null_count() if column in table.columns else 0
        if 0 < missing < table.height:
            found[flag] = (
                f"{missing} of {table.height} records of events have no {column} and count as not {_NOT[flag]}"
            )
    return found


def safety_rows(
    protocol: Protocol,
    name: str,
    people: pl.DataFrame,
    events: pl.DataFrame,
    *,
    scale: Scale,
    exposure: pl.DataFrame | None = None,
    notes: Mapping[str, str] | None = None,
) -> Iterator[Statistic]:
    """All rows of a safety analysis.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        people: One row a subject of the population: USUBJID, arm.
        events: One row an event of those subjects: USUBJID, arm, soc, term, flags (null where not recorded), grade or
            severity_rank and severity, start, `of_interest__NAME`.
        scale: What the events are graded by.
        exposure: One row a subject: USUBJID, arm, days; None where exposure is not known.
        notes: What is to be said of a flag.
    """
    spec = cast("SafetyAnalysis", protocol.analysis[name])
    safety = Safety(
        scope=Scope(name, spec.endpoint, spec.population),
        arms=tuple(protocol.arms),
        contrasts=protocol.contrasts,
        n=by_arm(arm_column(people), len(protocol.arms)),
        events=events,
        scale=scale,
        conf_level=spec.conf_level,
        difference=spec.difference,
    )
    for index, arm in enumerate(safety.arms):
        size = int(safety.n[index])
        yield count_row(safety.scope.key("subjects", arm=arm), size, n=size, method_text=_PEOPLE)
    found = categories(events, scale, notes)
    overview = category_tallies(found, len(safety.arms))
    yield from tally_rows(safety, overview)
    yield from number_needed_rows(safety, [one for one in overview if dict(one.groups)["category"] in _NEEDED])
    yield from tally_rows(safety, worst_tallies(safety), contrasts=False)
    yield from tally_rows(safety, term_tallies(safety))
    if exposure is not None:
        if "TRTSDT" in people.columns:
            exposure = exposure.join(people.select("USUBJID", "TRTSDT"), on="USUBJID", how="left")
        yield from exposure_rows(safety, exposure)
        year = days_per("years", days_per_month=protocol.time.days_per_month)
        yield from rate_rows(safety, exposure, found, days_per_year=year)
