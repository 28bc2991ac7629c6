"""Test statistics that a trial can be planned with, and what is known of one before: its mean and information.

Every statistic is standardized as its test does it, and positive values favour the experimental arm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FlemingHarrington",
    "Information",
    "LogRank",
    "MaxCombo",
    "Milestone",
    "ModestlyWeighted",
    "RateDifference",
    "RestrictedMean",
    "Statistic",
]

LogRankMethod = Literal[
    "schoenfeld",
    "freedman",
    "hsieh_freedman",
    "average_hazard_ratio",
    "score",
    "lachin_foulkes",
    "bernstein_lagakos",
]


@dataclass(frozen=True, slots=True)
class LogRank:
    """The log-rank test (or Cox's model), with a named way to foresee it.

    Attributes:
        method: `schoenfeld`, `freedman`, `hsieh_freedman`, `lachin_foulkes` and `bernstein_lagakos` need proportional
            hazards; `average_hazard_ratio` weights log hazard ratios by expected events; `score` integrates the mean
            and variance of the log-rank score itself.
        information: Of `average_hazard_ratio`: `null` (events times the allocation shares), `alternative` (from
            expected events by arm), or `mixed` (null for the bounds, alternative for the power).
        strata: Whether the test is stratified by the strata of the assumptions (`average_hazard_ratio`, `score`).
        margin: Hazard ratio of the null hypothesis: 1, or above 1 for non-inferiority.
    """

    method: LogRankMethod = "schoenfeld"
    information: Literal["null", "alternative", "mixed"] = "null"
    strata: bool = True
    margin: float = 1.0


@dataclass(frozen=True, slots=True)
class FlemingHarrington:
    """The weighted log-rank test with weights S^rho (1 - S)^gamma, S the survival of both arms together.

    Attributes:
        rho: Weight on early differences, at least 0.
        gamma: Weight on late differences, at least 0.
        strata: Whether the test is stratified.
    """

    rho: float
    gamma: float
    strata: bool = True


@dataclass(frozen=True, slots=True)
class ModestlyWeighted:
    """The modestly weighted log-rank test: weights 1 / max(S, S(t_star)), S the survival of both arms together.

    Attributes:
        t_star: Follow-up time after which weights stop growing, above 0.
        strata: Whether the test is stratified.
    """

    t_star: float
    strata: bool = True


@dataclass(frozen=True, slots=True)
class MaxCombo:
    """The largest of several Fleming-Harrington statistics.

    Attributes:
        weights: Pairs (rho, gamma), 1 to 8.
        strata: Whether each is stratified.
    """

    weights: tuple[tuple[float, float], ...] = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    strata: bool = True


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The difference of restricted mean survival times, arms not stratified.

    Attributes:
        time: The horizon, in follow-up time.
        margin: Difference (experimental less control) of the null hypothesis: 0, or below 0 for non-inferiority.
    """

    time: float
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Milestone:
    """The difference of Kaplan-Meier survival at a time, arms not stratified.

    Attributes:
        time: The milestone, in follow-up time.
        margin: Difference (experimental less control) of the null hypothesis: 0, or below 0 for non-inferiority.
    """

    time: float
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class RateDifference:
    """The difference of two response rates.

    Attributes:
        method: Variance of the test: `pooled` (no margin), `unpooled`, or `farrington_manning`, at the rates that are
            most likely under the null hypothesis.
        margin: Difference (experimental less control) of the null hypothesis: 0, or below 0 for non-inferiority.
    """

    method: Literal["pooled", "unpooled", "farrington_manning"] = "pooled"
    margin: float = 0.0


Statistic = LogRank | FlemingHarrington | ModestlyWeighted | MaxCombo | RestrictedMean | Milestone


@dataclass(frozen=True, slots=True)
class Information:
    """What is expected of a statistic at K looks.

    Z at look k is taken as normal with mean `mean[k]` and standard deviation `spread[k]`, and the correlation of looks
    i < j is sqrt(I_i / I_j). Where `spread` is not 1 the test is standardized by the variance of its null hypothesis
    and varies by that of the assumptions: P(Z_k > c) = P(N(mean / spread, 1) > c / spread).

    Attributes:
        times: Calendar times of the looks; empty for rates, which have no time.
        events: Expected events (responders for rates) at each look.
        enrolled: Expected patients at each look.
        mean: E Z_k under the assumptions; of MaxCombo, the largest mean of its statistics.
        information: Information under the assumptions, on the scale that `scale` names.
        null_information: Information as the test's own variance has it, same scale: bounds go by it.
        effect: The effect at each look, named by `effect_name`.
        effect_name: `hazard_ratio`, `average_hazard_ratio`, `weighted_hazard_ratio`, `rmst_difference`,
            `survival_difference` or `rate_difference`.
        null_effect: The effect under the null hypothesis: 1, 0 or the margin.
        scale: What the information is, in words.
        method: Slug of the method, `log_rank.schoenfeld`.
        method_text: The method in a sentence.
        spread: Standard deviation of Z_k under the assumptions.
        components: Of MaxCombo: its statistics by look, looks first: `G(0,1)` of look 1 and so on; else empty.
        component_mean: Of MaxCombo: the mean of each of `components`; else empty.
        correlation: Of MaxCombo: (K m, K m) correlation of `components`, read-only; else None.
    """

    times: tuple[float, ...]
    events: tuple[float, ...]
    enrolled: tuple[float, ...]
    mean: tuple[float, ...]
    information: tuple[float, ...]
    null_information: tuple[float, ...]
    effect: tuple[float, ...]
    effect_name: str
    null_effect: float
    scale: str
    method: str
    method_text: str
    spread: tuple[float, ...]
    components: tuple[str, ...] = ()
    component_mean: tuple[float, ...] = ()
    correlation: NDArray[np.float64] | None = field(default=None, compare=False)

    @property
    def looks(self) -> int:
        """Number of looks."""
        return len(self.mean)

    @property
    def fractions(self) -> tuple[float, ...]:
        """Information at each look out of that at the last, as the bounds take it (of the null hypothesis)."""
        return tuple(one / self.null_information[-1] for one in self.null_information)

    @property
    def standard_mean(self) -> tuple[float, ...]:
        """Mean of Z_k / spread_k, whose standard deviation is 1; bounds must be divided by `spread` as well."""
        return tuple(mean / spread for mean, spread in zip(self.mean, self.spread, strict=True))
