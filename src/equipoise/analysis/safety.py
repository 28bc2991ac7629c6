"""Safety: the overview, classes and terms, worst grades, risk differences and exposure-adjusted rates.

Arms are those of the analysis' population: the treatment that subjects actually took, where it says `arm: actual`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from equipoise.analysis.count_rows import arm_column, by_arm, count_row
from equipoise.analysis.rows import Scope
from equipoise.analysis.safety_overview import categories, category_tallies, worst_tallies
from equipoise.analysis.safety_rates import exposure_rows, rate_rows
from equipoise.analysis.safety_tables import Safety, number_needed_rows, tally_rows
from equipoise.analysis.safety_terms import term_tallies
from equipoise.units import days_per

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context, Row
    from equipoise.protocol.analysis import SafetyAnalysis
    from equipoise.protocol.endpoints import AdverseEventsEndpoint
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["SafetyStep", "safety_rows", "steps"]

# Categories for which a number needed to harm is asked.
_NEEDED = ("grade_3_plus", "severe", "serious")


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
        from equipoise.data import adverse_events, exposure, subjects

        protocol, data, population = context.protocol, context.data, self.spec.population
        people = context.shared(("subjects", population), lambda: subjects(protocol, data, population))
        events = adverse_events(protocol, data, self.spec.endpoint, population)
        days = exposure(protocol, data, population)
        return safety_rows(protocol, self.name, people, events, days)


def steps(protocol: Protocol, name: str, spec: SafetyAnalysis) -> tuple[SafetyStep, ...]:
    """The step of one analysis of adverse events.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        spec: The analysis.
    """
    return (SafetyStep(name, spec, cast("AdverseEventsEndpoint", protocol.endpoints[spec.endpoint])),)


def safety_rows(
    protocol: Protocol,
    name: str,
    people: pl.DataFrame,
    events: pl.DataFrame,
    exposure: pl.DataFrame | None = None,
    interest: Mapping[str, pl.Series] | None = None,
) -> Iterator[Statistic]:
    """All rows of a safety analysis.

    Args:
        protocol: The declared trial.
        name: Name of the analysis.
        people: One row a subject of the population: USUBJID, arm.
        events: One row an event of those subjects: USUBJID, arm, soc, term, flags, grade or severity.
        exposure: One row a subject: USUBJID, arm, days; None where exposure is not known.
        interest: For each category of special interest, which events belong to it.
    """
    spec = cast("SafetyAnalysis", protocol.analysis[name])
    safety = Safety(
        scope=Scope(name, spec.endpoint, spec.population),
        arms=tuple(protocol.arms),
        contrasts=protocol.contrasts,
        n=by_arm(arm_column(people), len(protocol.arms)),
        events=events,
        conf_level=spec.conf_level,
        difference=spec.difference,
    )
    for index, arm in enumerate(safety.arms):
        yield count_row(safety.scope.key("subjects", arm=arm), int(safety.n[index]), n=int(safety.n[index]))
    found = categories(events, interest)
    overview = category_tallies(found, len(safety.arms))
    yield from tally_rows(safety, overview)
    yield from number_needed_rows(safety, [one for one in overview if dict(one.groups)["category"] in _NEEDED])
    yield from tally_rows(safety, worst_tallies(safety), contrasts=False)
    yield from tally_rows(safety, term_tallies(safety))
    if exposure is not None:
        if "TRTSDT" in people.columns and "TRTSDT" not in exposure.columns:
            exposure = exposure.join(people.select("USUBJID", "TRTSDT"), on="USUBJID", how="left")
        yield from exposure_rows(safety, exposure)
        year = days_per("years", days_per_month=protocol.time.days_per_month)
        yield from rate_rows(safety, exposure, found, days_per_year=year)
