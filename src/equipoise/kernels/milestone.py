"""Survival of two arms compared at given times on the scale log(-log S).

Klein, Logan, Harhoff and Andersen (2007, Stat Med 26:4505), their third statistic: of the transformations that they
compare it keeps its level best in small samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from equipoise.kernels._arrays import Floats
from equipoise.kernels._km import KaplanMeier
from equipoise.kernels._km_landmark import survival_at
from equipoise.kernels.distributions import norm_sf, two_sided_p

__all__ = ["Milestone", "milestone_log_log"]


class Milestone(NamedTuple):
    """Tests at L times.

    Attributes:
        time: (L,) the times asked for.
        z: (L,) positive favours the first arm; NaN with a reason.
        chi_square: (L,) z squared, with 1 degree of freedom.
        p_two_sided: (L,) two-sided p.
        p_one_sided: (L,) P(Z > z).
        reason: (L,) why there is no test; "" where there is.
    """

    time: Floats
    z: Floats
    chi_square: Floats
    p_two_sided: Floats
    p_one_sided: Floats
    reason: tuple[str, ...]


def milestone_log_log(first: KaplanMeier, second: KaplanMeier, times: ArrayLike) -> Milestone:
    """Test that two arms have one survival at given times.

    z is log(-log S) of the second arm less that of the first over the square root of the sum of var(log S) / (log S)^2.
    Where survival of an arm is 0 or 1, log(-log S) does not exist and there is no test.

    Args:
        first: Curve of the experimental arm.
        second: Curve of the control arm.
        times: Scalar or (L,), in the unit of the curves.

    Returns:
        The tests.

    Raises:
        KernelInputError: Times that are not finite or negative.
    """
    one, two = survival_at(first, times), survival_at(second, times)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = [np.log(at.survival) for at in (one, two)]
        relative = [
            np.where(at.survival < 1.0, at.std_err / (at.survival * log), np.nan)
            for at, log in zip((one, two), scale, strict=True)
        ]
        z = (np.log(-scale[1]) - np.log(-scale[0])) / np.hypot(*relative)
    reason = tuple(
        a or b or ("" if np.isfinite(value) else "survival is 0 or 1, where log(-log S) does not exist")
        for a, b, value in zip(one.reason, two.reason, z, strict=True)
    )
    return Milestone(one.time, z, z * z, two_sided_p(z), norm_sf(z), reason)
