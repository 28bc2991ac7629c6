"""Tails of the normal and chi-square distributions, each computed from its own side.

An upper tail is never `1 - P`: at z = 9 that is 0 where the answer is 1e-19. `scipy.special` takes 0.4 s to import,
so each function imports what it needs when it is called.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["chi2_sf", "norm_cdf", "norm_isf", "norm_ppf", "norm_sf", "two_sided_p", "z_of_level"]

Floats = NDArray[np.float64]


@overload
def norm_cdf(z: float) -> float: ...
@overload
def norm_cdf(z: Floats) -> Floats: ...
def norm_cdf(z: ArrayLike) -> float | Floats:
    """P(Z <= z) of a standard normal Z.

    Args:
        z: Scalar or array of any shape; NaN stays NaN.
    """
    from scipy.special import ndtr

    return _plain(ndtr(z))


@overload
def norm_sf(z: float) -> float: ...
@overload
def norm_sf(z: Floats) -> Floats: ...
def norm_sf(z: ArrayLike) -> float | Floats:
    """P(Z > z) of a standard normal Z, to full relative precision.

    Args:
        z: Scalar or array of any shape; NaN stays NaN.
    """
    from scipy.special import ndtr

    return _plain(ndtr(np.negative(z)))


@overload
def norm_ppf(p: float) -> float: ...
@overload
def norm_ppf(p: Floats) -> Floats: ...
def norm_ppf(p: ArrayLike) -> float | Floats:
    """The z with P(Z <= z) = p.

    Args:
        p: Scalar or array in [0, 1]; 0 and 1 give the infinities, anything outside NaN.
    """
    from scipy.special import ndtri

    return _plain(ndtri(p))


@overload
def norm_isf(p: float) -> float: ...
@overload
def norm_isf(p: Floats) -> Floats: ...
def norm_isf(p: ArrayLike) -> float | Floats:
    """The z with P(Z > z) = p, precise for tiny p.

    Args:
        p: Scalar or array in [0, 1].
    """
    from scipy.special import ndtri

    return _plain(np.negative(ndtri(p)))


@overload
def chi2_sf(x: float, df: float) -> float: ...
@overload
def chi2_sf(x: Floats, df: float) -> Floats: ...
def chi2_sf(x: ArrayLike, df: float) -> float | Floats:
    """P(X > x) of a chi-square X with `df` degrees of freedom.

    Args:
        x: Scalar or array, at least 0; NaN stays NaN.
        df: Degrees of freedom; 0 or less gives NaN (nothing was tested).
    """
    if not df > 0:
        return _plain(np.full(np.shape(x), np.nan))
    from scipy.special import chdtrc

    return _plain(chdtrc(df, x))


@overload
def two_sided_p(z: float) -> float: ...
@overload
def two_sided_p(z: Floats) -> Floats: ...
def two_sided_p(z: ArrayLike) -> float | Floats:
    """P(abs(Z) > abs(z)) of a standard normal Z.

    Args:
        z: Scalar or array of any shape; NaN stays NaN.
    """
    from scipy.special import ndtr

    return _plain(2.0 * ndtr(-np.abs(z)))


def z_of_level(conf_level: float) -> float:
    """The half-width of a two-sided normal interval in standard errors: 1.96 for 0.95.

    Args:
        conf_level: Confidence level, 0 < conf_level < 1.

    Raises:
        KernelInputError: The level is outside (0, 1).
    """
    from equipoise.kernels._arrays import require

    require(0.0 < conf_level < 1.0, "conf_level", "the confidence level must lie between 0 and 1", conf_level)
    return norm_isf(0.5 * (1.0 - conf_level))


def _plain(value: object) -> float | Floats:
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
