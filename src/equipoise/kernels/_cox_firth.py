"""Firth's penalty: the log-likelihood plus half the log-determinant of the information.

Firth (1993, Biometrika 80:27); Heinze and Schemper (2001, Biometrics 57:114). Its maximum is finite where the
likelihood is monotone. The score gains half the trace of I^-1 dI/dbeta, for which the third central moments of the
covariates in each risk set are needed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_general import log_hazards
from equipoise.kernels._cox_subjects import Subjects, at_risk_sums
from equipoise.kernels._newton import Derivatives, inverse

__all__ = ["penalized"]

_DIFFERENCE = 1e-4


def penalized(s: Subjects, plain: Callable[[Floats], Derivatives]) -> Callable[[Floats], Derivatives]:
    """The penalized likelihood as a function of the coefficients.

    Args:
        s: Rows sorted for Breslow's or Efron's ties, of p columns that are not collinear.
        plain: Their likelihood.

    Returns:
        The function; its `information` is minus the second derivatives of the penalized likelihood where those make a
        step uphill, else the information of the likelihood.
    """
    scale = np.abs(s.x).max(axis=0)

    def modified(beta: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(all="ignore"):
            value, score, information = plain(beta)
            sign, log_size = np.linalg.slogdet(information)
            if not sign > 0.0 or not np.isfinite(score).all():
                return -np.inf, score * np.nan, information
            return value + 0.5 * float(log_size), score + 0.5 * _skewness(s, beta, inverse(information)), information

    def likelihood(beta: Floats) -> Derivatives:
        value, score, information = modified(beta)
        if not np.isfinite(value) or not np.isfinite(score).all():
            return Derivatives(value, score, information)
        size = _DIFFERENCE / scale
        sides = [(modified(beta + step)[1] - modified(beta - step)[1]) for step in np.diag(size)]
        bend = -np.array(sides) / (2.0 * size[:, None])
        bend = 0.5 * (bend + bend.T)
        return Derivatives(value, score, bend if _uphill(bend, information) else information)

    return likelihood


def _uphill(bend: Floats, information: Floats) -> bool:
    """Whether second derivatives are those of a function that bends down as much as the likelihood does, or nearly."""
    if not np.isfinite(bend).all():
        return False
    size = np.sqrt(np.diagonal(information))
    unit = np.outer(size, size)
    least = float(np.linalg.eigvalsh(bend / unit)[0])
    return least > 0.1 * float(np.linalg.eigvalsh(information / unit)[0])


def _skewness(s: Subjects, beta: Floats, inverted: Floats) -> Floats:
    """(p,) sum over terms of E[(x - m) (x - m)' I^-1 (x - m)], x drawn from the risk set by hazard, m its mean."""
    n, p = s.x.shape
    risk = np.exp(log_hazards(s, beta))
    if s.weight is not None:
        risk = risk * s.weight
    # Moments about any point will do; x is centred within strata, which keeps the digits.
    form = np.einsum("ij,jk,ik->i", s.x, inverted, s.x)
    pairs = (s.x[:, :, None] * s.x[:, None, :]).reshape(n, p * p)
    columns = np.column_stack([np.ones(n), s.x, form, form[:, None] * s.x, pairs]) * risk[:, None]
    sums = at_risk_sums(s, columns)[s.term_group]
    if s.term_part.any():
        gone = np.add.reduceat(columns[s.tied], s.group_first, axis=0)
        sums = sums - s.term_part[:, None] * gone[s.term_group]
    moments = sums[:, 1:] / sums[:, :1]
    mean, square, cube = moments[:, :p], moments[:, p], moments[:, p + 1 : 2 * p + 1]
    second = moments[:, 2 * p + 1 :].reshape(-1, p, p)
    turned = mean @ inverted
    covariance_turned = np.einsum("tjk,tk->tj", second, turned) - mean * (mean * turned).sum(axis=1)[:, None]
    third = cube - mean * square[:, None] - 2.0 * covariance_turned
    out: Floats = s.term_times @ third
    return out
