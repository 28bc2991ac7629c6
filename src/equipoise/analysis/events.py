"""Times to an event as arrays: what the time-to-event steps share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.model_columns import case_weights, change_times, cluster_codes, entry_times
from equipoise.errors import PlanError, Problem

if TYPE_CHECKING:
    import polars as pl

    from equipoise.analysis.steps import Context
    from equipoise.protocol.analysis import TimeToEventAnalysis
    from equipoise.protocol.arms import Factor

__all__ = ["Contrast", "Events", "contrasts_of", "events_frame", "events_of", "factors_used", "strata_used"]

EVENT, COMPETING = 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Times of one endpoint in one population, n subjects.

    Attributes:
        subject: (n,) identifiers.
        time: (n,) times in the data's own unit.
        status: (n,) 0 censored, 1 event, 2 competing event (which counts as censored in every cause-specific method).
        arm: (n,) index of the arm among the declared arms; in a pair 1 is experimental and 0 the control.
        reason: (n,) why follow-up ended, in words.
        levels: Categorical factor → (n,) index of the declared level, -1 where missing.
        numbers: Continuous factor → (n,) value, NaN where missing.
        strata: Categorical factor → the same as `levels`, as randomized or as verified by what the analysis declares.
        weights: Column of ADSL → (n,) case weights.
        entries: Column of ADSL → (n,) times after which a subject is at risk.
        clusters: Column of ADSL → (n,) codes of clusters.
        changes: Time-to-event endpoint → (n,) time of its event, infinite without one, NaN without a record.
    """

    subject: NDArray[Any]
    time: NDArray[np.float64]
    status: NDArray[np.int64]
    arm: NDArray[np.int64]
    reason: NDArray[Any]
    levels: Mapping[str, NDArray[np.int64]]
    numbers: Mapping[str, NDArray[np.float64]]
    strata: Mapping[str, NDArray[np.int64]]
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    clusters: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    changes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    entries: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Subjects."""
        return int(self.time.size)

    @property
    def event(self) -> NDArray[np.bool_]:
        """(n,) whether the event of interest happened."""
        happened: NDArray[np.bool_] = self.status == EVENT
        return happened

    @property
    def n_events(self) -> int:
        """Events."""
        return int(self.event.sum())

    def take(self, where: NDArray[np.bool_]) -> Events:
        """Some of the subjects.

        Args:
            where: (n,) which.
        """
        return Events(
            self.subject[where],
            self.time[where],
            self.status[where],
            self.arm[where],
            self.reason[where],
            {name: codes[where] for name, codes in self.levels.items()},
            {name: values[where] for name, values in self.numbers.items()},
            {name: codes[where] for name, codes in self.strata.items()},
            {name: values[where] for name, values in self.weights.items()},
            {name: codes[where] for name, codes in self.clusters.items()},
            {name: values[where] for name, values in self.changes.items()},
            {name: values[where] for name, values in self.entries.items()},
        )

    def pair(self, experimental: int, control: int) -> Events:
        """The subjects of two arms, coded 1 and 0: a pairwise contrast knows nothing of other arms.

        Args:
            experimental: Index of the experimental arm.
            control: Index of the control.
        """
        two = self.take((self.arm == experimental) | (self.arm == control))
        return replace(two, arm=(two.arm == experimental).astype(np.int64))

    def stratum(self, names: Iterable[str]) -> NDArray[np.int64] | None:
        """(n,) codes from 0 of the strata that these factors form, or None for no factors.

        Missing strata are errors before any step runs, so every subject has one.

        Args:
            names: Factors.
        """
        codes: NDArray[np.int64] | None = None
        for name in names:
            own = self.strata[name]
            codes = own if codes is None else codes * (int(own.max(initial=0)) + 1) + own
        if codes is None:
            return None
        _, dense = np.unique(codes, return_inverse=True)
        return np.asarray(dense, dtype=np.int64)


def strata_used(analysis: TimeToEventAnalysis) -> tuple[str, ...]:
    """Factors by which the analysis stratifies anything, in order of mention.

    Args:
        analysis: The declared analysis.
    """
    parts = (analysis.test, analysis.estimate, *analysis.also)
    incidence = analysis.incidence.test if analysis.incidence is not None else None
    names = [name for part in (*parts, incidence) for name in getattr(part, "strata", ())]
    return tuple(dict.fromkeys(names))


def factors_used(analysis: TimeToEventAnalysis) -> tuple[str, ...]:
    """Factors that are covariates or subgroups of the analysis, in order of mention.

    Args:
        analysis: The declared analysis.
    """
    incidence = analysis.incidence.regression if analysis.incidence is not None else None
    parts = (analysis.estimate, *analysis.also, incidence)
    covariates = [name for part in parts for name in getattr(part, "covariates", ())]
    return tuple(dict.fromkeys((*covariates, *analysis.subgroups)))


def events_frame(
    context: Context, endpoint: str, population: str, *, analysis: TimeToEventAnalysis | None = None
) -> pl.DataFrame:
    """The frame of an endpoint in a population, read once for all steps.

    Args:
        context: What the step runs in.
        endpoint: Name of a time-to-event endpoint.
        population: Name of a population.
        analysis: Analysis whose strategies for intercurrent events replace the endpoint's, if it has any.
    """
    from equipoise.data import time_to_event

    intercurrent = (analysis.intercurrent or None) if analysis is not None else None
    key = ("time_to_event", endpoint, population, repr(intercurrent))
    return context.shared(
        key,
        lambda: time_to_event(context.protocol, context.data, endpoint, population, intercurrent=intercurrent),
    )


def events_of(context: Context, name: str, analysis: TimeToEventAnalysis) -> Events:
    """The arrays of an analysis, made once for all its steps.

    Args:
        context: What the step runs in.
        name: Name of the analysis.
        analysis: The declared analysis.
    """
    return context.shared(("events", name), lambda: _read(context, analysis))


class Contrast(NamedTuple):
    """An experimental arm against the control.

    Attributes:
        arm: Experimental arm.
        versus: Control.
        pair: The subjects of these two arms and no others, 1 experimental and 0 the control.
        labels: Labels of arm 0 and arm 1.
    """

    arm: str
    versus: str
    pair: Events
    labels: tuple[str, str]


def contrasts_of(context: Context, name: str, analysis: TimeToEventAnalysis) -> tuple[Contrast, ...]:
    """The contrasts of an analysis in declared order, made once for all its steps.

    Args:
        context: What the step runs in.
        name: Name of the analysis.
        analysis: The declared analysis.
    """

    def make() -> tuple[Contrast, ...]:
        events, arms = events_of(context, name, analysis), context.protocol.arms
        place = {arm: number for number, arm in enumerate(arms)}
        return tuple(
            Contrast(arm, versus, events.pair(place[arm], place[versus]), (arms[versus].label, arms[arm].label))
            for arm, versus in context.protocol.contrasts
        )

    return context.shared(("contrasts", name), make)


def _read(context: Context, analysis: TimeToEventAnalysis) -> Events:
    frame = events_frame(context, analysis.endpoint, analysis.population, analysis=analysis)
    factors = context.protocol.factors
    used = factors_used(analysis)
    models = [part for part in (analysis.estimate, *analysis.also) if part.kind == "cox"]
    problems: list[Problem] = []
    weights = {m.weights: case_weights(context.data, frame, m.weights) for m in models if m.weights}
    clusters = {m.cluster: cluster_codes(context.data, frame, m.cluster) for m in models if m.cluster}
    entries = {m.entry: entry_times(context.data, frame, m.entry, problems) for m in models if m.entry}
    endpoints = dict.fromkeys(name for m in models for name in m.time_dependent)
    changes = {name: change_times(frame, events_frame(context, name, analysis.population)) for name in endpoints}
    if problems:
        raise PlanError(problems)
    suffix = "__verified" if analysis.strata_as == "verified" else ""
    return Events(
        subject=frame["USUBJID"].to_numpy(),
        time=frame["time"].to_numpy().astype(np.float64),
        status=frame["status"].to_numpy().astype(np.int64),
        arm=frame["arm"].to_numpy().astype(np.int64),
        reason=frame["reason"].fill_null("").to_numpy(),
        levels={f: _codes(frame[f], factors[f]) for f in used if not factors[f].continuous},
        numbers={
            f: frame[f].to_numpy().astype(np.float64)  # null comes out as NaN
            for f in used
            if factors[f].continuous
        },
        strata={f: _codes(frame[f + suffix], factors[f]) for f in strata_used(analysis)},
        weights=weights,
        clusters=clusters,
        changes=changes,
        entries=entries,
    )


def _codes(column: pl.Series, factor: Factor) -> NDArray[np.int64]:
    """Index of each declared level; -1 for a missing one. The data room lets no undeclared level through."""
    import polars as pl

    index = {level: i for i, level in enumerate(factor.level_values)}
    codes = column.replace_strict(index, return_dtype=pl.Int64)
    return codes.fill_null(-1).to_numpy().astype(np.int64)
