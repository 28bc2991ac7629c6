"""Rows of the unblinded view: what was seen by arm, what the bounds say, and what would follow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from equipoise.monitoring.boundaries import bounds_at_level, planned_rest
from equipoise.monitoring.conditional import EffectPrior, conditional_power, predictive_power
from equipoise.monitoring.inference import final_inference, repeated_interval, repeated_p_value
from equipoise.protocol.method_names import limits_slug
from equipoise.results import Statistic

if TYPE_CHECKING:
    from equipoise.monitoring.boundaries import HeldLook, MonitoredDesign
    from equipoise.monitoring.rows import Sight
    from equipoise.monitoring.unblinded import Seen

__all__ = ["effect_rows"]

_UNDER = {
    "h0": "no effect from now on",
    "design": "the effect that the design assumes",
    "trend": "the effect seen at this look",
}
_LOOKS = "Probability to cross the efficacy bound at a look to come, futility ignored"


def effect_rows(sight: Sight, seen: Seen) -> list[Statistic]:
    """Rows by arm and of the contrast, in the order of a report.

    Args:
        sight: The look.
        seen: What it shows.
    """
    pair = {"arm": sight.plan.pair.experimental, "versus": sight.plan.pair.control}
    rows = list(_earlier(sight, seen, pair))
    for arm, n, events in seen.counts:
        rows.append(_row(sight, "subjects", n, "Randomized by the data cut.", arm=arm))
        rows.append(_row(sight, "events", events, "Events by the data cut.", arm=arm))
    rows.append(_row(sight, "z", seen.z, seen.method_text, method=seen.method, **pair))
    ratio = seen.hazard_ratio
    key = sight.key("hazard_ratio", method=ratio.key.method, interval=ratio.key.interval, **pair)
    rows.append(replace(ratio, key=key, multiplicity="nominal"))
    rows += _decision(sight, pair)
    if sight.look is not None and sight.design is not None:
        design, held = _at_level(sight, sight.design)
        rows += _repeated(sight, design, held, seen, pair)
        if rest := planned_rest(design, held):
            rows += _chances(sight, (design, held, rest), seen, pair)
        if sight.look.final or (sight.standing is not None and sight.standing.rejected):
            rows += _final(sight, design, held, seen, pair)
    return rows


def _earlier(sight: Sight, seen: Seen, pair: dict[str, str]) -> Iterator[Statistic]:
    """What earlier looks showed, as their bundle has it."""
    for number, past in enumerate(sight.past, start=1):
        if past.z is not None:
            here: dict[str, Any] = {"look": number, "data_cut": past.cut, "method": seen.method, **pair}
            yield _row(sight, "z", past.z, "As the look before recorded it.", **here)


def _at_level(sight: Sight, design: MonitoredDesign) -> tuple[MonitoredDesign, tuple[HeldLook, ...]]:
    """Design and looks at the level at which the hypothesis is tested now: alpha may have been passed on to it."""
    level = sight.standing.level if sight.standing is not None else 0.0
    if level <= 0.0 or math.isclose(level, design.alpha, rel_tol=1e-12):
        return design, sight.held
    return replace(design, alpha=level), bounds_at_level(design, sight.held, level)


def _row(sight: Sight, statistic: str, value: float, text: str, **fields: Any) -> Statistic:
    return Statistic(key=sight.key(statistic, **fields), value=float(value), method_text=text, multiplicity="nominal")


def _decision(sight: Sight, pair: dict[str, str]) -> Iterator[Statistic]:
    standing = sight.standing
    if standing is None:
        return
    text = "Level of one side at which the hypothesis is tested at this look, given what is rejected so far."
    key = sight.key("significance_level", **pair)
    yield Statistic(key=key, value=standing.level, sides=1, method_text=text, multiplicity="confirmatory")
    raised = sight.design is not None and not math.isclose(standing.level, sight.design.alpha, rel_tol=1e-12)
    if raised and math.isfinite(standing.bound):
        text = f"Bound of this look at a one-sided level of {standing.level:.6g}, which was passed on."
        yield _row(sight, "efficacy_z", standing.bound, text, **pair)
    level = f"at a one-sided level of {standing.level:.6g}" if standing.level else ""
    bound = f"bound {standing.bound:.6f}" if math.isfinite(standing.bound) else ""
    text = "; ".join(part for part in ("Decision by the bounds", level, bound, standing.why) if part)
    yield Statistic(
        key=sight.key("decision", **pair),
        text=standing.text,
        method_text=f"{text}.",
        multiplicity="confirmatory",
        sides=sight.plan.level.sides,
        missing=(("value", standing.why or "a decision is not a number"),),
    )


def _ratio(design: MonitoredDesign, theta: float) -> float:
    """The hazard ratio of an effect on the scale of the statistic."""
    assert design.scale is not None
    return design.null_ratio * math.exp(-theta / design.scale) if math.isfinite(theta) else math.nan


def _limits(
    sight: Sight,
    design: MonitoredDesign,
    name: str,
    theta: tuple[float, float, float],
    level: float,
    text: str,
    **pair: str,
) -> Iterator[Statistic]:
    """Estimate and limits as a hazard ratio, where the statistic speaks of one."""
    if design.scale is None:
        return
    estimate, lower, upper = _ratio(design, theta[0]), _ratio(design, theta[2]), _ratio(design, theta[1])
    finite = math.isfinite(lower) and math.isfinite(upper)
    missing = () if finite else (("lower", "the look has no bound"), ("upper", "the look has no bound"))
    yield Statistic(
        key=sight.key("hazard_ratio", method=name, interval=limits_slug(name, level), **pair),
        value=estimate,
        lower=lower if finite else None,
        upper=upper if finite else None,
        conf_level=level,
        missing=missing,
        method_text=text,
        multiplicity="nominal",
    )


def _repeated(
    sight: Sight, design: MonitoredDesign, held: Sequence[HeldLook], seen: Seen, pair: dict[str, str]
) -> Iterator[Statistic]:
    found = repeated_interval(design, held, seen.z)
    text = "Estimate from z and events; interval that holds at all looks together, z plus and minus the bound."
    values = (found.estimate, found.lower, found.upper)
    yield from _limits(sight, design, "repeated", values, found.conf_level, text, **pair)
    if math.isfinite(held[-1].efficacy_z):
        yield Statistic(
            key=sight.key("p_value", method="repeated", **pair),
            value=repeated_p_value(design, held, seen.z),
            sides=1,
            multiplicity="nominal",
            method_text="Level at which the bound of this look would just be crossed (repeated P value).",
        )


def _chances(
    sight: Sight,
    looks: tuple[MonitoredDesign, Sequence[HeldLook], Sequence[HeldLook]],
    seen: Seen,
    pair: dict[str, str],
) -> Iterator[Statistic]:
    design, held, rest = looks
    for under, words in _UNDER.items():
        if under == "h0" and design.null_ratio != 1.0:
            words = f"the hazard ratio of the null hypothesis from now on, {design.null_ratio:g}"
        found = conditional_power(design, held, seen.z, under, rest)  # type: ignore[arg-type]
        words_by_look = "; ".join(
            f"by {value:.10g}{' events' if design.scale is not None else ''}: {chance:.4f}"
            for value, chance in zip(found.information, found.by_look, strict=True)
        )
        text = f"{_LOOKS}, given {words} ({words_by_look})."
        yield _row(sight, "conditional_power", found.total, text, under=under, **pair)
    priors = [EffectPrior(), *([sight.prior] if sight.prior is not None and design.scale is not None else [])]
    for prior in priors:
        predicted = predictive_power(design, held, seen.z, prior, rest)
        text = f"{_LOOKS}, averaged over the posterior of the effect from a {prior.label}."
        yield _row(sight, "predictive_power", predicted.total, text, method=prior.slug, **pair)


def _final(
    sight: Sight, design: MonitoredDesign, held: Sequence[HeldLook], seen: Seen, pair: dict[str, str]
) -> Iterator[Statistic]:
    found = final_inference(design, held, seen.z)
    ordering = "stage-wise ordering; futility bounds that do not bind are ignored"
    yield Statistic(
        key=sight.key("p_value", method="stagewise", **pair),
        value=found.p_value,
        sides=1,
        multiplicity="confirmatory",
        method_text=f"P of an earlier crossing or a larger z at this look: {ordering}.",
    )
    values = (found.estimate, found.lower, found.upper)
    text = f"Median-unbiased estimate and interval, from z and events: {ordering}."
    yield from _limits(sight, design, "stagewise", values, found.conf_level, text, **pair)
