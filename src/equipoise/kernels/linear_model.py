"""Linear models by least squares: coefficients, linear functions with t limits, F tests of terms.

The design is factored once, QR with column pivoting on columns of unit length, so that a design without full rank is
seen and not divided by. A linear function of the coefficients is estimable when it vanishes on the null space of the
design (Searle 1971, Linear Models, section 5.4); one that does not has no value, whatever coding was chosen.

Variances are s2 (X'X)^- or, with `variance="hc3"`, MacKinnon and White's (1985, J Econometrics 29:305) HC3, each
residual divided by one less its leverage. Both are referred to t with n - rank degrees of freedom.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.kernels._arrays import Floats, require

__all__ = ["FTest", "Functions", "LinearFit", "f_test", "fit_linear", "linear_functions", "term_functions"]

Variance = Literal["model", "hc3"]

_RANK = 1e-10
"""A column that adds less than this fraction of its length to the span of the others adds nothing."""
_EXACT = 1e-24
"""Residual sum of squares, as a fraction of the sum of squares, below which only rounding is left."""
_NO_DF = "no degrees of freedom are left for the residual variance"
_NO_RESIDUAL = "the model fits the data exactly: there is no residual variance"
_LEVERAGE = "a subject is fitted exactly by a coefficient of its own: HC3 has no value"
_NO_SPREAD = "the residuals that its variance rests on are all 0"
_NOT_ESTIMABLE = "not estimable: the design does not separate it from other terms"


class LinearFit(NamedTuple):
    """A fitted linear model.

    Attributes:
        coef: (p,) coefficients in the order of the columns; NaN for a column that the others span.
        rank: Rank of the design.
        n: Observations.
        df: Residual degrees of freedom, n - rank.
        rss: Residual sum of squares, weighted.
        variance: Residual variance rss / df; NaN without degrees of freedom.
        reason: Why there are no standard errors; "" where there are.
        scale: (p,) lengths of the columns.
        kept: (rank,) columns that span the design, those of `coef` that are not NaN.
        solution: (rank,) their coefficients, of columns of unit length.
        root: (rank, rank) inverse of R in X = QR, for columns of unit length.
        meat: (rank, rank) covariance of Q'y.
        null: (p, p - rank) a basis of the null space, for columns of unit length.
        span: (n, rank) orthonormal basis of the design, Q.
    """

    coef: Floats
    rank: int
    n: int
    df: int
    rss: float
    variance: float
    reason: str
    scale: Floats
    kept: NDArray[np.intp]
    solution: Floats
    root: Floats
    meat: Floats
    null: Floats
    span: Floats


class Functions(NamedTuple):
    """Linear functions of the coefficients.

    Attributes:
        estimate: (k,) estimates, NaN where not estimable.
        se: (k,) standard errors.
        lower: (k,) lower confidence limits, by t.
        upper: (k,) upper confidence limits.
        t: (k,) estimate / se.
        p_two_sided: (k,) two-sided P of the function being 0.
        p_upper: (k,) P(T >= t), small where the function is above 0.
        p_lower: (k,) P(T <= t), small where the function is below 0.
        df: Degrees of freedom of t.
        reasons: (k,) why an estimate or its standard error does not exist, "" where both do.
    """

    estimate: Floats
    se: Floats
    lower: Floats
    upper: Floats
    t: Floats
    p_two_sided: Floats
    p_upper: Floats
    p_lower: Floats
    df: int
    reasons: tuple[str, ...]


class FTest(NamedTuple):
    """A joint test of linear functions.

    Attributes:
        f: The statistic; NaN where the test can't be done.
        df: Numerator degrees of freedom: how many of the functions are independent.
        residual_df: Denominator degrees of freedom.
        p: P(F >= f).
        reason: Why the test can't be done, "" where it can.
    """

    f: float
    df: int
    residual_df: int
    p: float
    reason: str = ""


def fit_linear(
    x: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None, variance: Variance = "model"
) -> LinearFit:
    """Fit y on the columns of x by (weighted) least squares.

    Args:
        x: (n, p) design; an intercept is a column of ones, and none is added.
        y: (n,) values, any unit.
        weights: (n,) positive weights, inversely proportional to variances; all one where absent.
        variance: `model` or `hc3`.

    Returns:
        The fit. Without residual degrees of freedom, or where the fit is exact, it has estimates and no standard error.

    Raises:
        KernelInputError: Arrays that are empty, not finite or not of one length, or a weight that is not positive.
    """
    require(variance in ("model", "hc3"), "variance", "the variance must be `model` or `hc3`", variance)
    design, values = _design(x), _values(y, "y")
    n, p = design.shape
    require(n == values.size, "y", "design and values must have one row for each observation", values.size)
    if weights is not None:
        root = _values(weights, "weights")
        require(root.size == n, "weights", "there must be one weight for each observation", root.size)
        require(root.min() > 0.0, "weights", "weights must be positive", root.min())
        root = np.sqrt(root)
        design, values = design * root[:, None], values * root
    scale = np.sqrt((design * design).sum(axis=0))
    scale[scale == 0.0] = 1.0
    span, upper, order, rank = _factor(design / scale)
    kept, rest = order[:rank], order[rank:]
    projected = span.T @ values
    residual = values - span @ projected
    # One step of refinement: what the rounding of Q left in the residual goes back into the solution.
    projected += span.T @ residual
    residual = values - span @ projected
    inverse = _inverse(upper[:, :rank])
    solution = inverse @ projected
    coef = np.full(p, np.nan)
    coef[kept] = solution / scale[kept]
    null = np.zeros((p, p - rank))
    null[kept] = -inverse @ upper[:, rank:]
    null[rest, np.arange(p - rank)] = 1.0
    rss, df = float(residual @ residual), n - rank
    spread, meat, reason = _meat(span, residual, rss, df, float(values @ values), variance)
    return LinearFit(
        coef, rank, n, df, rss, spread, reason, scale, kept, solution, inverse, meat, null, span
    )  # fmt: skip


def linear_functions(fit: LinearFit, rows: ArrayLike, *, conf_level: float = 0.95) -> Functions:
    """Estimates, t limits and t tests of linear functions of the coefficients.

    Args:
        fit: The model.
        rows: (k, p) a function a row.
        conf_level: Confidence level, 0 < conf_level < 1.

    Raises:
        KernelInputError: Rows of another width, or a level outside (0, 1).
    """
    require(0.0 < conf_level < 1.0, "conf_level", "the confidence level must lie between 0 and 1", conf_level)
    scaled, estimable = _scaled(fit, rows)
    estimate = np.where(estimable, scaled[:, fit.kept] @ fit.solution, np.nan)
    half = scaled[:, fit.kept] @ fit.root
    variance = np.einsum("ij,jk,ik->i", half, fit.meat, half)
    se = np.sqrt(np.maximum(variance, 0.0))
    # By HC3 a function of subjects who are all fitted exactly has a variance of 0, which is rounding and no precision.
    empty = se <= 1e-10 * math.sqrt(fit.variance) * np.sqrt((half * half).sum(axis=1)) if not fit.reason else se < 0.0
    se = np.where(estimable & (fit.reason == "") & ~empty, se, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / se
    t[~np.isfinite(t)] = np.nan
    reach = se * _t_quantile(0.5 + 0.5 * conf_level, fit.df)
    lower_tail, upper_tail = _t_cdf(t, fit.df), _t_cdf(-t, fit.df)
    reasons = tuple(
        _NOT_ESTIMABLE if not ok else fit.reason or (_NO_SPREAD if zero else "")
        for ok, zero in zip(estimable, empty, strict=True)
    )
    return Functions(
        estimate, se, estimate - reach, estimate + reach, t, 2.0 * _t_cdf(-np.abs(t), fit.df),
        upper_tail, lower_tail, fit.df, reasons,
    )  # fmt: skip


def f_test(fit: LinearFit, rows: ArrayLike) -> FTest:
    """F test that several linear functions are 0 together (Wald's form, exact for the model's variance).

    Args:
        fit: The model.
        rows: (k, p) a function a row; dependent ones lower the degrees of freedom.

    Raises:
        KernelInputError: Rows of another width.
    """
    from scipy.special import fdtrc

    scaled, estimable = _scaled(fit, rows)
    nothing = FTest(math.nan, 0, fit.df, math.nan)
    if not scaled.shape[0]:
        return nothing._replace(reason="there is nothing to test")
    if not estimable.all():
        return nothing._replace(reason=_NOT_ESTIMABLE)
    if fit.reason:
        return nothing._replace(reason=fit.reason)
    half = scaled[:, fit.kept] @ fit.root
    left, sizes, _ = np.linalg.svd(half, full_matrices=False)
    q = int(np.count_nonzero(sizes > sizes[0] * 1e-9)) if sizes.size and sizes[0] > 0.0 else 0
    if q == 0:
        return nothing._replace(reason="the functions are constant: there is nothing to test")
    basis = left[:, :q].T
    value = basis @ (scaled[:, fit.kept] @ fit.solution)
    spread = basis @ half @ fit.meat @ half.T @ basis.T
    sizes = np.linalg.eigvalsh(spread)
    if sizes[0] <= 1e-12 * max(float(sizes[-1]), 0.0):
        return nothing._replace(reason=_NO_SPREAD)
    f = float(value @ np.linalg.solve(spread, value)) / q
    return FTest(f, q, fit.df, float(fdtrc(q, fit.df, f)))


def term_functions(x: ArrayLike, columns: ArrayLike) -> Floats:
    """The functions that a type III test of a term is about: its columns, less what all others explain of them.

    For a model without interactions these are the estimable functions of type III, and dropping the term gives the same
    F. They are estimable in any design, also in one without full rank.

    Args:
        x: (n, p) design.
        columns: (k,) indices of the term's columns.

    Returns:
        (q, p) functions, q the degrees of freedom of the term; q = 0 where the other columns span it.

    Raises:
        KernelInputError: A design that is empty or not finite, or a column that it does not have.
    """
    design = _design(x)
    chosen = np.atleast_1d(np.asarray(columns, dtype=np.intp))
    inside = chosen.size > 0 and chosen.min() >= 0 and chosen.max() < design.shape[1]
    require(inside, "columns", "the design does not have these columns", chosen.tolist())
    scale = np.sqrt((design * design).sum(axis=0))
    scale[scale == 0.0] = 1.0
    scaled = design / scale
    own, others = scaled[:, chosen], np.delete(scaled, chosen, axis=1)
    if others.shape[1]:
        span, _, _, _ = _factor(others)
        for _ in range(2):  # twice is enough to be orthogonal to rounding
            own = own - span @ (span.T @ own)
    left, sizes, _ = np.linalg.svd(own, full_matrices=False)
    basis = left[:, sizes > _RANK]
    out: Floats = basis.T @ design
    out[:, np.setdiff1d(np.arange(design.shape[1]), chosen)] = 0.0
    return out


def _factor(scaled: Floats) -> tuple[Floats, Floats, NDArray[np.intp], int]:
    """Orthonormal basis (n, rank), R (rank, p) in pivoted order, that order, and the rank."""
    from scipy.linalg import qr

    q, r, order = qr(scaled, mode="economic", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diagonal(r))
    rank = int(np.count_nonzero(diagonal > _RANK * max(float(diagonal[0]), 1e-300))) if diagonal.size else 0
    return q[:, :rank], r[:rank], np.asarray(order, dtype=np.intp), rank


def _inverse(upper: Floats) -> Floats:
    from scipy.linalg import solve_triangular

    if not upper.size:
        return np.zeros((0, 0))
    out: Floats = solve_triangular(upper, np.eye(upper.shape[0]), check_finite=False)
    return out


def _meat(
    span: Floats, residual: Floats, rss: float, df: int, total: float, variance: Variance
) -> tuple[float, Floats, str]:
    """Residual variance, covariance of Q'y, and why there is none."""
    rank = span.shape[1]
    nothing = np.zeros((rank, rank))
    if df <= 0:
        return math.nan, nothing, _NO_DF
    spread = rss / df
    if rss <= _EXACT * total or total == 0.0:
        return spread, nothing, _NO_RESIDUAL
    if variance == "model":
        return spread, spread * np.eye(rank), ""
    rest = 1.0 - (span * span).sum(axis=1)
    if rest.min() < 1e-10:
        return spread, nothing, _LEVERAGE
    scores = span * (residual / rest)[:, None]
    return spread, scores.T @ scores, ""


def _scaled(fit: LinearFit, rows: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Functions of coefficients of columns of unit length, and which of them are estimable."""
    functions = np.atleast_2d(np.asarray(rows, dtype=np.float64))
    fine = functions.ndim == 2 and functions.shape[1] == fit.scale.size and bool(np.isfinite(functions).all())
    require(fine, "rows", "a function needs one finite number for each column of the design", functions.shape)
    scaled = functions / fit.scale
    size = np.sqrt((scaled * scaled).sum(axis=1))
    off = np.abs(scaled @ fit.null).max(axis=1) if fit.null.shape[1] else np.zeros(size.size)
    return scaled, off <= 1e-8 * np.maximum(size, 1e-300)


def _design(x: ArrayLike) -> Floats:
    require(not np.ma.is_masked(x), "x", "the design must not have masked values")
    raw = np.asarray(x)
    require(raw.dtype.kind in "fiub", "x", "the design must be numbers", raw.dtype)
    require(raw.ndim == 2 and raw.size > 0, "x", "the design needs rows and columns", raw.shape)
    array: Floats = raw.astype(np.float64)
    require(bool(np.isfinite(array).all()), "x", "the design must be finite")
    return array


def _values(y: ArrayLike, name: str) -> Floats:
    require(not np.ma.is_masked(y), name, f"{name} must not have masked values")
    raw = np.asarray(y)
    require(raw.dtype.kind in "fiub" and raw.ndim == 1, name, f"{name} must be a row of numbers", raw.dtype)
    array: Floats = raw.astype(np.float64)
    require(array.size > 0 and bool(np.isfinite(array).all()), name, f"{name} must be finite numbers")
    require(float(np.abs(array).max()) < 1e150, name, f"{name} must be below 1e150")
    return array


def _t_quantile(p: float, df: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, p)) if df > 0 else math.nan


def _t_cdf(t: Floats, df: int) -> Floats:
    from scipy.special import stdtr

    out: Floats = np.asarray(stdtr(df, t) if df > 0 else np.full(t.shape, np.nan), dtype=np.float64)
    return out
