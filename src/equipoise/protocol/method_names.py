"""Slugs of declared methods: analysis writes them into keys, and pages look rows up by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equipoise.protocol.analysis import CoxEstimate

__all__ = ["cox_interval", "cox_method", "level_text", "limits_slug"]


def level_text(conf_level: float) -> str:
    """A confidence level as print has it: 0.95 is "95", 0.975 is "97.5".

    Args:
        conf_level: The level.
    """
    return f"{100.0 * conf_level:.6g}"


def limits_slug(name: str, conf_level: float) -> str:
    """Slug of an interval with its level: `wilson.95`; 0.975 gives `wilson.97p5`, as a dot would split the slug.

    Args:
        name: Name of the interval.
        conf_level: Its level.
    """
    return f"{name}.{level_text(conf_level).replace('.', 'p')}"


def cox_method(estimate: CoxEstimate) -> str:
    """Slug of a model: `cox.efron.stratified.adjusted`, `cox.efron.robust`.

    Args:
        estimate: The declared model.
    """
    parts: list[str] = ["cox", estimate.ties]
    parts += ["firth"] if estimate.penalty == "firth" else []
    parts += ["weighted"] if estimate.weights else []
    parts += ["clustered" if estimate.cluster else "robust"] if estimate.variance == "robust" else []
    parts += ["stratified"] if estimate.strata else []
    parts += ["adjusted"] if estimate.covariates else []
    parts += ["time_dependent"] if estimate.time_dependent else []
    return ".".join(parts)


def cox_interval(estimate: CoxEstimate) -> str:
    """Slug of a model's limits: `wald.95`, `profile.95`.

    Args:
        estimate: The declared model.
    """
    return limits_slug(estimate.interval, estimate.conf_level)
