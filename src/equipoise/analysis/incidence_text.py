"""Methods of competing events in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.analysis.count_rows import level_text
from equipoise.analysis.methods_text import labels, number_text, strata_text

if TYPE_CHECKING:
    from equipoise.protocol.analysis import FineGray, GrayTest, IncidenceSpec, TimeToEventAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["CAUSES", "fine_gray_text", "gray_text", "incidence_paragraph", "incidence_text"]

CAUSES = {"event": "the event of interest", "competing": "competing events"}
"""Causes as the groups of rows name them, in the order of their codes 1 and 2."""

_ERRORS = {
    "aalen": "Aalen's standard error (1978)",
    "infinitesimal_jackknife": "the infinitesimal jackknife standard error",
}
_SCALES = {"log_log": "log(-log F)", "log": "log F", "plain": "F"}


def incidence_text(spec: IncidenceSpec, cause: str) -> str:
    """The method of curves and landmarks.

    Args:
        spec: What the analysis declares.
        cause: `event` or `competing`.
    """
    return (
        f"Aalen-Johansen estimate of the cumulative incidence of {CAUSES[cause]}, {level_text(spec.conf_level)}% "
        f"limits on the scale of {_SCALES[spec.interval]} with {_ERRORS[spec.se]}"
    )


def gray_text(protocol: Protocol, test: GrayTest, strata_as: str, cause: str = "event") -> str:
    """Gray's test.

    Args:
        protocol: The declared trial.
        test: The declared test.
        strata_as: `randomized` or `verified`.
        cause: `event` or `competing`.
    """
    weight = f" with weight (1 - F)^{number_text(test.rho)}" if test.rho else ""
    return (
        f"Gray's test of the cumulative incidence of {CAUSES[cause]}{weight}"
        f"{strata_text(protocol, test.strata, strata_as)}"
    )


def fine_gray_text(protocol: Protocol, model: FineGray) -> str:
    """Fine and Gray's model.

    Args:
        protocol: The declared trial.
        model: The declared model.
    """
    adjusted = f", adjusted for {labels(protocol, model.covariates)}" if model.covariates else ""
    return (
        f"Fine and Gray's model of the subdistribution hazard{adjusted}; censoring by Kaplan-Meier of the arms "
        f"compared together, ties by Breslow, {level_text(model.conf_level)}% Wald limits by the sandwich "
        "that allows for the estimated censoring"
    )


def incidence_paragraph(protocol: Protocol, analysis: TimeToEventAnalysis) -> list[str]:
    """Sentences of the methods section; none where no incidence is declared.

    Args:
        protocol: The declared trial.
        analysis: The analysis.
    """
    spec = analysis.incidence
    if spec is None:
        return []
    said = [incidence_text(spec, "event")]
    if spec.test is not None:
        said.append(gray_text(protocol, spec.test, analysis.strata_as))
    if spec.regression is not None:
        said.append(fine_gray_text(protocol, spec.regression))
    said.append(
        "The cause-specific hazard of competing events was modelled as that of the event, events of interest censored"
    )
    return said
