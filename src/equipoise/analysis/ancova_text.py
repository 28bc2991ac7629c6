"""Analyses of covariance in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equipoise.analysis.count_rows import level_text
from equipoise.analysis.methods_text import labels, listing, number_text, of_analysis

if TYPE_CHECKING:
    from equipoise.protocol.continuous import ContinuousAnalysis
    from equipoise.protocol.protocol import Protocol

__all__ = ["ancova_text", "continuous_paragraph", "margins_text", "measure_label", "trend_text"]


def measure_label(protocol: Protocol, endpoint: str) -> str:
    """What is analyzed, in words: "change from baseline (CHG)".

    Args:
        protocol: The declared trial.
        endpoint: Name of a continuous endpoint.
    """
    entry: Any = protocol.endpoints[endpoint]
    words = {"CHG": "change from baseline", "PCHG": "percent change from baseline", "AVAL": "value"}
    return f"{words.get(entry.value.upper(), 'value')} ({entry.value})"


def ancova_text(protocol: Protocol, spec: ContinuousAnalysis) -> str:
    """The model, without its arms.

    Args:
        protocol: The declared trial.
        spec: The analysis.
    """
    terms = ["treatment", *(protocol.factors[factor].label for factor in spec.model.covariates)]
    if spec.model.baseline:
        terms.append("the value at baseline")
    name = "Analysis of covariance" if len(terms) > 1 else "Analysis of variance"
    verified = " (as verified)" if spec.strata_as == "verified" and spec.model.covariates else ""
    variance = "" if spec.model.variance == "model" else ", HC3 variance"
    what = measure_label(protocol, spec.endpoint)
    return f"{name} of the {what} at {spec.at} with {listing(terms)}{verified}, all arms in one model{variance}"


def margins_text(protocol: Protocol, spec: ContinuousAnalysis) -> str:
    """How least-squares means average over covariates.

    Args:
        protocol: The declared trial.
        spec: The analysis.
    """
    numbers = [name for name in spec.model.covariates if protocol.factors[name].continuous]
    classes = [name for name in spec.model.covariates if name not in numbers]
    parts = []
    if classes:
        how = "with equal weights" if spec.model.margins == "equal" else "as often as they are observed"
        parts.append(f"levels of {labels(protocol, classes)} {how}")
    if numbers or spec.model.baseline:
        named = [protocol.factors[name].label for name in numbers] + ["baseline"] * spec.model.baseline
        parts.append(f"{listing(named)} at the mean of the subjects analyzed")
    return f"Least-squares means: {', '.join(parts)}" if parts else "Least-squares means are the arms' means"


def trend_text(protocol: Protocol, spec: ContinuousAnalysis) -> str:
    """The slope over dose.

    Args:
        protocol: The declared trial.
        spec: The analysis.
    """
    doses = [f"{protocol.arms[arm].label} {number_text(dose)}" for arm, dose in (spec.trend or {}).items()]
    return f"{ancova_text(protocol, spec)}; dose as a number ({', '.join(doses)}) in place of the arms"


def continuous_paragraph(protocol: Protocol, spec: ContinuousAnalysis, *, population: str, probes: str) -> str:
    """The paragraph of the methods section.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        population: The population in words.
        probes: What a sensitivity analysis probes; "" for none.
    """
    entry: Any = protocol.endpoints[spec.endpoint]
    sentences = [of_analysis(spec, probes)] if probes else []
    sentences.append(f"Population: {population}")
    sentences.append(f"Measurement: {entry.label}, {entry.better} is better")
    conditions = [text for text in (entry.source.where, spec.where) if text]
    if conditions:
        sentences.append(f"Records used: {' and '.join(conditions)}")
    if not any("DTYPE" in text.upper() for text in conditions):
        sentences.append("Imputed records (DTYPE is filled) are not used")
    sentences.append(ancova_text(protocol, spec))
    sentences.append("Subjects without a value at the visit, at baseline or of a covariate are left out and counted")
    sentences.append(margins_text(protocol, spec))
    sentences.append(f"{level_text(spec.conf_level)}% limits and tests by t with the residual degrees of freedom")
    if len(protocol.arms) > 2 or spec.model.covariates:
        sentences.append("Terms are tested jointly by F (type III: each given all others)")
    if spec.trend is not None:
        sentences.append(f"Dose response: {trend_text(protocol, spec)}")
    if spec.subgroups:
        sentences.append(
            f"Subgroups by {labels(protocol, spec.subgroups)}: the model within each level; interaction by F"
        )
    return " ".join(sentence if sentence.endswith(("?", ".")) else f"{sentence}." for sentence in sentences)
