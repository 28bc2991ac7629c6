"""Rows of a study: power and error, what happens at each look, and what is to be expected of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from equipoise.simulation.row_maker import Maker, base_key, trial_key
from equipoise.simulation.summaries import look_moments, time_quantile, time_spread_error, trial_moments

if TYPE_CHECKING:
    from equipoise.results.curve import Curve
    from equipoise.results.statistic import Statistic
    from equipoise.simulation.accumulate import Accumulator
    from equipoise.simulation.study import Study, Tested

__all__ = ["rows_of", "statistics_of"]

_QUANTILES: Final = (0.05, 0.5, 0.95)
_REJECTED = (
    "Share of simulated trials in which the hypothesis is rejected at one of its looks, {futility}; a trial without a "
    "statistic at its last look counts as not rejected."
)
_BINNED = "{what}, interpolated in bins no wider than 0.4% of their dates."


def statistics_of(study: Study, sums: Accumulator) -> list[Statistic | Curve]:
    """Everything that is said of one study: rows, the comparison with the design's own answer, curves.

    Args:
        study: What was simulated.
        sums: Its sums.
    """
    from equipoise.simulation.compare import compared_rows
    from equipoise.simulation.curves import curves_of

    return [*rows_of(study, sums), *compared_rows(study, sums), *curves_of(study, sums)]


def rows_of(study: Study, sums: Accumulator) -> Iterator[Statistic]:
    """All rows of a study that its own sums give.

    Args:
        study: What was simulated.
        sums: Its sums, of one trial or more.
    """
    from equipoise.simulation.estimate_rows import estimate_rows

    yield from _whole(study, sums)
    for h, tested in enumerate(study.tested):
        make = Maker(study, base_key(study, tested))
        yield from _chances(make, sums, h)
        for look, k in enumerate(tested.ks, start=1):
            yield from _look(make.at(look=look), sums, tested, k)
            yield from _stopping(make.at(look=look), sums, tested, look)
        yield from _expectations(make, sums, h, tested)
        yield from estimate_rows(make, sums, h, tested)


def _whole(study: Study, sums: Accumulator) -> Iterator[Statistic]:
    """Rows of whole trials: how many, and where several hypotheses are tested, any and all of them."""
    make, n = Maker(study, trial_key(study)), sums.trials
    yield make.number("trials", float(n), None, n, "Number of simulated trials.")
    if len(study.tested) < 2:
        return
    anything, everything = (int(count) for count in sums.trial_counts[:2])
    if study.under == "h0":
        text = "Share of simulated trials in which any hypothesis is rejected when all null hypotheses are true."
        yield make.share("family_wise_error", anything, n, text, sides=1)
    else:
        text = "Share of simulated trials in which {} hypothesis is rejected, futility obeyed."
        yield make.share("disjunctive_power", anything, n, text.format("any"))
        yield make.share("conjunctive_power", everything, n, text.format("every"))
    text = "Mean over simulated trials until the last of the hypotheses is decided."
    yield make.mean("expected_patients", trial_moments(sums, "patients"), text)
    yield make.mean("expected_duration", trial_moments(sums, "duration"), text, time=True)


def _chances(make: Maker, sums: Accumulator, h: int) -> Iterator[Statistic]:
    n = sums.trials
    rejected, ignoring = sums.tests("rejected", h), sums.tests("rejected_ignoring", h)
    obeyed, ignored = (_REJECTED.format(futility=f"futility {word}") for word in ("obeyed", "ignored"))
    if make.study.under == "h0":
        yield make.share("type_one_error", rejected, n, obeyed, sides=1)
        yield make.share("type_one_error_ignoring_futility", ignoring, n, ignored, sides=1)
        text = "Share of simulated trials in which the same design, applied to -z and futility ignored, rejects."
        yield make.share("type_one_error_lower", sums.tests("rejected_below", h), n, text, sides=1)
    else:
        yield make.share("power", rejected, n, obeyed)
        yield make.share("power_ignoring_futility", ignoring, n, ignored)
    text = "Simulated trials without a statistic at the last look that was held; they count as not rejected."
    degenerate = sums.tests("degenerate", h)
    yield make.number("degenerate_trials", float(degenerate), None, n, text)
    tested = sums.tests("tested", h)
    if make.study.tested[h].after or tested != n:
        text = "Share of simulated trials in which the hypothesis is tested at all."
        yield make.share("tested_share", tested, n, text)


def _look(make: Maker, sums: Accumulator, tested: Tested, k: int) -> Iterator[Statistic]:
    """What is there when the look takes place, whatever was decided before it."""
    n, held = sums.trials, sums.count("held", k)
    yield make.share("look_held", held, n, "Share of simulated trials in which the look is before the final cut.")
    if int(make.study.triggers.events[k]) > 0:
        text = "Share of simulated trials in which the look takes place with the events that it waits for."
        yield make.share("reached_events", sums.count("reached", k), n, text)
    text = "Mean over simulated trials in which the look takes place, whatever was decided before."
    never = "the look never takes place"
    events = look_moments(sums, "events_held", "held", [k])
    yield make.mean("look_events", events, text, reason=never)
    for arm, name in ((tested.arm, "experimental"), (tested.versus, "control")):
        own = look_moments(sums, f"{name}_held", "held", [k])
        yield make.at(arm=arm, versus="").mean("look_events", own, text, reason=never)
    yield make.mean("look_patients", look_moments(sums, "patients_held", "held", [k]), text, reason=never)
    time = look_moments(sums, "time_held", "held", [k])
    since = f"{text[:-1]}; time since the start of enrollment."
    yield make.mean("look_time", time, since, time=True, reason=never)
    ends = float(sums.earliest[k]), float(sums.latest[k])
    error = time_spread_error(sums.time_bins[k], time, ends)
    yield make.spread("look_time_sd", time, f"Standard deviation{text[4:]}", days_error=error)
    words = _BINNED.format(what="Quantile over simulated trials in which the look takes place")
    for probability in _QUANTILES:
        found = time_quantile(sums.time_bins[k], probability, ends)
        yield make.quantile("look_time_quantile", probability, found, held, words)
    z = look_moments(sums, "z_held", "z_held", [k])
    yield make.mean("mean_z", z, text, reason=never)
    yield make.spread("sd_z", z, f"Standard deviation{text[4:]}")


def _stopping(make: Maker, sums: Accumulator, tested: Tested, look: int) -> Iterator[Statistic]:
    n, k = sums.trials, tested.ks[look - 1]
    text = "Share of all simulated trials in which the hypothesis {} at this look."
    yield make.share("stop_efficacy", sums.count("efficacy", k), n, text.format("is rejected"))
    if _has_futility(tested, sums) and (look < tested.looks or sums.count("futility", k)):
        yield make.share("stop_futility", sums.count("futility", k), n, text.format("stops for futility"))
    neither = sums.count("stopped", k) - sums.count("efficacy", k) - sums.count("futility", k)
    if look == tested.looks or neither:
        words = "Share of all simulated trials in which this is the last look and the hypothesis is not rejected."
        yield make.share("stop_neither", neither, n, words)
    rejected = sum(sums.count("efficacy", one) for one in tested.ks[:look])
    text = "Share of all simulated trials in which the hypothesis is rejected at this look or before."
    name, sides = ("cumulative_error", 1) if make.study.under == "h0" else ("cumulative_power", None)
    yield make.share(name, rejected, n, text, sides=sides)


def _has_futility(tested: Tested, sums: Accumulator) -> bool:
    from math import isfinite

    planned = tested.plan is not None and any(isfinite(z) for z in tested.plan.probabilities.boundaries.futility)
    return planned or any(sums.count("futility", k) for k in tested.ks)


def _expectations(make: Maker, sums: Accumulator, h: int, tested: Tested) -> Iterator[Statistic]:
    text = "Mean over simulated trials when testing of the hypothesis ends."
    if sums.tests("tested", h) < sums.trials:
        text = "Mean when testing of the hypothesis ends, over the simulated trials in which it is tested."
    ends = (min(float(sums.earliest[k]) for k in tested.ks), max(float(sums.latest[k]) for k in tested.ks))
    names = {"expected_events": "events", "expected_patients": "patients", "expected_duration": "time"}
    for statistic, name in names.items():
        found = look_moments(sums, f"{name}_stopped", "stopped", tested.ks)
        yield make.mean(statistic, found, text, time=name == "time", reason="never tested")
        if name == "time":
            error = time_spread_error(sums.stop_bins[h], found, ends)
            yield make.spread("duration_sd", found, f"Standard deviation{text[4:]}", days_error=error)
    words = _BINNED.format(what="Quantile over simulated trials of the date at which testing ends")
    for probability in _QUANTILES:
        date = time_quantile(sums.stop_bins[h], probability, ends)
        yield make.quantile("duration_quantile", probability, date, sums.tests("tested", h), words)
