"""Methods in words, generated from the plan: one sentence for each row, and paragraphs for the methods section.

Nothing here reads data: what is said is what was declared. Where the data decide (how many had complete covariates,
which horizon was used), the step completes the sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.analysis.count_rows import level_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from equipoise.protocol.analysis import (
        CoxEstimate,
        RmstSpec,
        SurvivalSpec,
        TimeToEventAnalysis,
    )
    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = [
    "arms_text",
    "competing_text",
    "cox_text",
    "follow_up_text",
    "kaplan_meier_text",
    "labels",
    "listing",
    "number_text",
    "of_analysis",
    "rmst_text",
    "strata_text",
    "subgroup_text",
]

_INTERVALS = {"log_log": "log-log", "log": "log", "plain": "plain"}


def listing(items: Sequence[str]) -> str:
    """Items as prose: "a", "a and b", "a, b and c".

    Args:
        items: What to list.
    """
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def number_text(value: float) -> str:
    """A declared number as prose has it, 24 and not 24.0.

    Args:
        value: The number.
    """
    return f"{value:.10g}"


def labels(protocol: Protocol, factors: Iterable[str]) -> str:
    """Labels of factors as prose.

    Args:
        protocol: The declared trial.
        factors: Names of factors.
    """
    return listing([protocol.factors[name].label for name in factors])


def strata_text(protocol: Protocol, strata: Sequence[str], strata_as: str) -> str:
    """What follows "stratified": the factors and which of their values; "" without strata.

    Args:
        protocol: The declared trial.
        strata: Names of factors.
        strata_as: `randomized` or `verified`.
    """
    if not strata:
        return ""
    source = "as verified after randomization" if strata_as == "verified" else "as recorded at randomization"
    return f" stratified by {labels(protocol, strata)} ({source})"


def arms_text(protocol: Protocol, arm: str, versus: str) -> str:
    """Which arms a contrast uses; where there are more than two, that the others play no part.

    Args:
        protocol: The declared trial.
        arm: Experimental arm.
        versus: Control.
    """
    pair = f"{protocol.arms[arm].label} against {protocol.arms[versus].label}"
    return pair if len(protocol.arms) == 2 else f"{pair}, using these two arms only"


def competing_text(competing: int) -> str:
    """What is said where competing events are treated as censored; "" without any.

    Args:
        competing: Competing events in the data.
    """
    if not competing:
        return ""
    return f"; cause-specific: {competing} competing event{'s' if competing > 1 else ''} treated as censored"


def kaplan_meier_text(spec: SurvivalSpec) -> str:
    """The method of curves, medians and landmarks.

    Args:
        spec: What the analysis declares.
    """
    scale = _INTERVALS[spec.interval]
    return f"Kaplan-Meier estimate with {level_text(spec.conf_level)}% {scale} limits and Greenwood's variance"


_TIES = {
    "efron": "Efron's method for ties",
    "breslow": "Breslow's method for ties",
    "discrete": "the discrete (conditional logistic) likelihood for ties",
    "exact": "Kalbfleisch and Prentice's exact likelihood for ties",
}


def cox_text(protocol: Protocol, estimate: CoxEstimate, strata_as: str) -> str:
    """The method of a model, without its arms.

    Args:
        protocol: The declared trial.
        estimate: The declared model.
        strata_as: `randomized` or `verified`.
    """
    text = f"Cox's proportional hazards model, {_TIES[estimate.ties]},"
    if estimate.penalty == "firth":
        text += " Firth's penalized likelihood,"
    if estimate.weights:
        text += f" cases weighted by {estimate.weights},"
    if estimate.entry:
        text += f" subjects at risk only after {estimate.entry} (delayed entry),"
    if estimate.covariates:
        text += f" adjusted for {labels(protocol, estimate.covariates)},"
    if estimate.time_dependent:
        events = listing([protocol.endpoints[name].label for name in estimate.time_dependent])
        text += f" with {events} as a time-dependent covariate,"
    text += strata_text(protocol, estimate.strata, strata_as)
    return f"{text.rstrip(',')}, {_limits_text(estimate)}"


def _limits_text(estimate: CoxEstimate) -> str:
    level = level_text(estimate.conf_level)
    if estimate.interval == "profile":
        return f"{level}% profile-likelihood limits"
    if estimate.variance == "model":
        return f"{level}% Wald limits"
    cluster = f"clusters by {estimate.cluster}" if estimate.cluster else "each subject on its own"
    return f"{level}% Wald limits with the robust (sandwich) variance, {cluster}"


def rmst_text(protocol: Protocol, spec: RmstSpec) -> str:
    """The method of restricted means.

    Args:
        protocol: The declared trial.
        spec: What the analysis declares.
    """
    if spec.horizon is None:
        horizon = "the smallest of the arms' largest observed times, as no horizon was declared"
    else:
        horizon = f"the declared horizon of {number_text(spec.horizon)} {protocol.time.unit}"
    return (
        f"Restricted mean survival time, the area under the Kaplan-Meier curve up to {horizon}, "
        f"with {level_text(spec.conf_level)}% normal limits"
    )


def subgroup_text(protocol: Protocol, factor: str, estimate: CoxEstimate) -> str:
    """The method of hazard ratios in subgroups.

    Args:
        protocol: The declared trial.
        factor: Name of the factor.
        estimate: The analysis' declared model, whose ties and level are used.
    """
    return (
        f"Unstratified Cox model with treatment alone within each level of {protocol.factors[factor].label}, "
        f"{_TIES[estimate.ties]}, {level_text(estimate.conf_level)}% Wald limits"
    )


def follow_up_text(protocol: Protocol, endpoint: str, spec: SurvivalSpec, *, death: bool) -> str:
    """The method of median follow-up.

    Args:
        protocol: The declared trial.
        endpoint: Endpoint on which follow-up is measured.
        spec: Interval and level.
        death: Whether the endpoint is death from any cause.
    """
    label = protocol.endpoints[endpoint].label
    if death:
        what = f"reverse Kaplan-Meier on {label}: deaths are censored and the end of follow-up is the event"
    else:
        what = (
            f"reverse Kaplan-Meier on {label}, as no endpoint is declared to be death: its events are censored and "
            "the end of follow-up is the event"
        )
    return f"Median follow-up by {what}; {level_text(spec.conf_level)}% {_INTERVALS[spec.interval]} limits"


def of_analysis(analysis: TimeToEventAnalysis | ContinuousAnalysis, label: str) -> str:
    """A sentence that says what a sensitivity analysis asks; "" for others.

    Args:
        analysis: The declared analysis.
        label: Label of the analysis that it probes.
    """
    if analysis.sensitivity_to is None:
        return ""
    return f"Sensitivity analysis of {label}: {analysis.why or 'see its declaration'}"
