"""Mean and information of the difference of two response rates.

Farrington and Manning (1990, Stat Med 9:1447): the test is standardized by the variance at the rates that are most
likely under the null hypothesis; the power comes from both variances. With a margin of 0 that is the pooled variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from equipoise.design.statistics import Information, RateDifference
from equipoise.errors import PlanError, Problem

__all__ = ["rate_information"]

Floats = NDArray[np.float64]

_TEXT = {
    "pooled": "variance of the test at the pooled rate",
    "unpooled": "variance of the test at the rates of each arm",
    "farrington_manning": "variance of the test at the maximum-likelihood rates under the null hypothesis "
    "(Farrington and Manning)",
}


def rate_information(
    rate_control: float,
    rate_experimental: float,
    ratio: float,
    patients: float | Sequence[float],
    statistic: RateDifference,
) -> Information:
    """Mean and information of a difference of response rates at looks; a response is a benefit.

    Args:
        rate_control: Expected rate of the control arm, between 0 and 1.
        rate_experimental: Expected rate of the experimental arm.
        ratio: Patients of the experimental arm for each of the control arm.
        patients: Patients whose response is known at each look, both arms, increasing.
        statistic: The test.

    Returns:
        What is expected of the statistic; `spread` is the standard deviation of Z, the ratio of both variances' roots.

    Raises:
        PlanError: Rates outside (0, 1), a ratio or numbers not above 0, a margin outside (-1, 1), a margin with the
            pooled variance; every problem is named.
    """
    n = np.atleast_1d(np.asarray(patients, dtype=np.float64))
    _check(rate_control, rate_experimental, ratio, n, statistic)
    share = ratio / (1.0 + ratio)
    own = _variance(rate_control, rate_experimental, share)
    null = _null_variance(rate_control, rate_experimental, share, statistic)
    difference = rate_experimental - rate_control
    if not null > 0.0:
        message = "under the null hypothesis nobody or everybody responds: the test has no variance"
        raise PlanError(Problem("plan.rates", message, value=f"{statistic.margin:g}", cure="use the unpooled variance"))
    mean_z = (difference - statistic.margin) * np.sqrt(n / null)
    text = f"difference of response rates, {_TEXT[statistic.method]}"
    if statistic.margin:
        text += f"; null difference {statistic.margin:g}"
    return Information(
        times=(),
        events=tuple((n * ((1.0 - share) * rate_control + share * rate_experimental)).tolist()),
        enrolled=tuple(n.tolist()),
        mean=tuple(mean_z.tolist()),
        information=tuple((n / own).tolist()),
        null_information=tuple((n / null).tolist()),
        effect=(difference,) * n.size,
        effect_name="rate_difference",
        null_effect=statistic.margin,
        scale="inverse of the variance of the difference",
        method=f"rate_difference.{statistic.method}",
        method_text=text,
        spread=(math.sqrt(own / null),) * n.size,
    )


def _null_variance(control: float, experimental: float, share: float, statistic: RateDifference) -> float:
    """Variance of the difference as the test has it, for one patient in all."""
    if statistic.method == "unpooled":
        return _variance(control, experimental, share)
    if statistic.method == "pooled":
        mean = (1.0 - share) * control + share * experimental
        return _variance(mean, mean, share)
    from equipoise.kernels.miettinen_nurminen import restricted_rates

    # One patient in all: the likelihood depends on the shares and rates only.
    table = [[share * experimental], [share], [(1.0 - share) * control], [1.0 - share]]
    x1, n1, x0, n0 = np.array(table)
    one, two = restricted_rates(x1, n1, x0, n0, np.array([statistic.margin]))
    return _variance(float(two[0]), float(one[0]), share)


def _variance(control: float, experimental: float, share: float) -> float:
    """Variance of the difference for one patient in all."""
    return control * (1.0 - control) / (1.0 - share) + experimental * (1.0 - experimental) / share


def _check(control: float, experimental: float, ratio: float, patients: Floats, statistic: RateDifference) -> None:
    found: list[Problem] = []
    for name, rate in (("control", control), ("experimental", experimental)):
        if not 0.0 < rate < 1.0:
            message, cure = f"the rate of the {name} arm must lie between 0 and 1", "give a fraction, not percent"
            found.append(Problem("plan.rates", message, value=str(rate), cure=cure))
    if not 0.0 < ratio < math.inf:
        message = "the allocation ratio must be above 0"
        found.append(Problem("plan.ratio", message, value=str(ratio), cure="give experimental for each of control"))
    if not patients.size or not (patients > 0.0).all() or not np.isfinite(patients).all():
        found.append(Problem("plan.patients", "numbers of patients must be above 0", value=str(patients.tolist())))
    elif not (np.diff(patients) > 0.0).all():
        message = "numbers of patients must increase from look to look"
        found.append(Problem("plan.patients", message, value=str(patients.tolist())))
    if statistic.method not in _TEXT:
        message = f"the method is one of {', '.join(_TEXT)}"
        found.append(Problem("plan.statistic", message, value=str(statistic.method)))
    if not -1.0 < statistic.margin < 1.0:
        message = "the margin of a difference of rates must lie between -1 and 1"
        found.append(Problem("plan.margin", message, value=str(statistic.margin), cure="give a fraction, not percent"))
    elif statistic.margin and statistic.method == "pooled":
        message = "the pooled variance is that of equal rates, which a margin contradicts"
        cure = "use farrington_manning or unpooled"
        found.append(Problem("plan.margin", message, value=str(statistic.margin), cure=cure))
    if found:
        raise PlanError(found)
