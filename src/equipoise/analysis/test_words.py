"""Declared tests and average hazard ratios in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.analysis.methods_text import listing, number_text, strata_text
from equipoise.protocol.method_names import level_text

if TYPE_CHECKING:
    from equipoise.protocol.analysis import (
        AverageHazardRatio,
        MaxComboTest,
        ModestlyWeightedTest,
        SurvivalTest,
        TrendTest,
    )
    from equipoise.protocol.protocol import Protocol

__all__ = ["average_text", "scores_of", "test_text"]


def test_text(protocol: Protocol, test: SurvivalTest | TrendTest, strata_as: str) -> str:
    """The method of a test, without its arms and sides.

    Args:
        protocol: The declared trial.
        test: The declared test.
        strata_as: `randomized` or `verified`.
    """
    within = " within each stratum" if test.strata else ""
    if test.kind == "log_rank":
        name = "Log-rank test"
    elif test.kind == "fleming_harrington":
        name = (
            f"Fleming-Harrington test with rho {number_text(test.rho)} and gamma {number_text(test.gamma)} "
            f"(weights from the left-continuous survival of all compared arms together{within})"
        )
    elif test.kind == "modestly_weighted":
        name = _modest(protocol, test, within)
    elif test.kind == "max_combo":
        name = _max_combo(test, within)
    else:
        named = [f"{protocol.arms[arm].label} {number_text(score)}" for arm, score in scores_of(protocol, test).items()]
        name = f"Log-rank test for trend (Tarone) with scores {listing(named)}"
    return name + strata_text(protocol, test.strata, strata_as)


def scores_of(protocol: Protocol, test: TrendTest) -> dict[str, float]:
    """Score of each arm, in declared order: as declared, else 0, 1, 2.

    Args:
        protocol: The declared trial.
        test: The declared test.
    """
    declared = test.scores
    return {arm: float(place) if declared is None else declared[arm] for place, arm in enumerate(protocol.arms)}


def average_text(protocol: Protocol, spec: AverageHazardRatio) -> str:
    """The method of average hazard ratios, without arms.

    Args:
        protocol: The declared trial.
        spec: What the analysis declares.
    """
    if spec.horizon is None:
        horizon = "the smaller of the two arms' largest observed times, as no horizon was declared"
    else:
        horizon = f"the declared horizon of {number_text(spec.horizon)} {protocol.time.unit}"
    return (
        f"Average hazard ratio (Kalbfleisch and Prentice) from the Kaplan-Meier curves up to {horizon}, not "
        f"stratified, with {level_text(spec.conf_level)}% limits by the delta method on the log scale"
    )


def _modest(protocol: Protocol, test: ModestlyWeightedTest, within: str) -> str:
    if test.t_star is not None:
        until = f"{number_text(test.t_star)} {protocol.time.unit}"
    else:
        until = f"S has fallen to {number_text(test.s_star or 0.0)}"
    return (
        f"Modestly weighted log-rank test with weights 1 / S(t-) until {until} and constant from then on (S of all "
        f"compared arms together{within})"
    )


def _max_combo(test: MaxComboTest, within: str) -> str:
    pairs = listing([f"({number_text(rho)}, {number_text(gamma)})" for rho, gamma in test.weights])
    return (
        f"MaxCombo test, the largest of the Fleming-Harrington statistics with (rho, gamma) {pairs} and its P from "
        f"their joint normal distribution (weights from the left-continuous survival of both arms together{within})"
    )
