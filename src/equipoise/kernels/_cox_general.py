"""Partial likelihood of a model with any covariates, with strata, case weights and delayed entry.

Sums over risk sets are cumulative sums over rows sorted by stratum and falling time, or sums over intervals of event
times when rows enter late. The second derivatives need no sum of products at each event time: exchanging the order of
summation turns them into two weighted Gram matrices.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equipoise.kernels._arrays import Floats
from equipoise.kernels._cox_circle import discrete_ties
from equipoise.kernels._cox_exact import exact_ties
from equipoise.kernels._cox_subjects import Subjects, at_risk_sums, lived_sums, sort_subjects
from equipoise.kernels._newton import Derivatives

__all__ = ["Subjects", "general_likelihood", "likelihood_of", "log_hazards", "sort_subjects"]

_SMALLEST = 1e-280
_MOST_CELLS = 4_000_000


def likelihood_of(s: Subjects, ties: str) -> Callable[[Floats], Derivatives]:
    """The likelihood for these ties as a function of the coefficients.

    Args:
        s: Rows sorted for the same ties.
        ties: `breslow`, `efron`, `discrete` or `exact`.

    Returns:
        The function of (p,) coordinates.

    Raises:
        KernelInputError: The discrete likelihood would take too long.
    """
    apart = general_likelihood(s)
    if ties in ("breslow", "efron") or not (s.deaths > 1).any():
        return apart
    together = discrete_ties(s) if ties == "discrete" else exact_ties(s)

    def likelihood(beta: Floats) -> Derivatives:
        one, other = apart(beta), together(log_hazards(s, beta))
        return Derivatives(one.value + other.value, one.score + other.score, one.information + other.information)

    return likelihood


def log_hazards(s: Subjects, beta: Floats) -> Floats:
    """Log hazards of the rows; within a stratum the largest is 0, so that nothing overflows.

    Args:
        s: Sorted rows.
        beta: (p,) coefficients.

    Returns:
        (n,) log hazards.
    """
    risk: Floats = s.x @ beta
    # The likelihood does not notice what is taken off within a stratum.
    top = np.maximum.reduceat(risk, s.stratum_first)
    risk -= top[s.stratum]
    return risk


def general_likelihood(s: Subjects) -> Callable[[Floats], Derivatives]:
    """The likelihood of Breslow's or Efron's terms; Efron's is equation 5.5 of Efron (1977, JASA 72:557).

    With weights, a term counts for the mean weight of the events tied at its time, and sums over risk sets are
    weighted (Therneau and Grambsch 2000, Modeling Survival Data, section 3.3).

    Args:
        s: Sorted rows.

    Returns:
        The function of (p,) coordinates.
    """
    x_events = s.x[s.tied]
    own_weight = None if s.weight is None else s.weight[s.tied]
    x_sum = x_events.sum(axis=0) if own_weight is None else own_weight @ x_events

    def likelihood(beta: Floats) -> Derivatives:
        risk = log_hazards(s, beta)
        linear = float(risk[s.tied].sum() if own_weight is None else own_weight @ risk[s.tied])
        np.exp(risk, out=risk)
        if s.weight is not None:
            risk *= s.weight
        dying = risk[s.tied]
        at_risk = at_risk_sums(s, risk)[s.term_group]
        leaving = np.add.reduceat(dying, s.group_first)[s.term_group]
        total = at_risk - s.term_part * leaving
        if not total.min() > _SMALLEST and total.size * risk.size < _MOST_CELLS:
            return _term_by_term(s, log_hazards(s, beta), x_sum)
        # Where hazards differ beyond all floating-point numbers, what comes out is not finite and the caller sees that.
        with np.errstate(all="ignore"):
            value = linear - float(s.term_times @ np.log(total))
            rate = s.term_times / total
            score, information = _derivatives(s, risk, dying, rate, total)
        return Derivatives(value, x_sum - score, information)

    return likelihood


def _derivatives(s: Subjects, risk: Floats, dying: Floats, rate: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Sum over terms of the mean of x in the risk set, and of its variance."""
    # Hazard that each row has lived through: all terms while at risk, less the part after leaving at its event.
    steps = np.bincount(s.term_group, rate, minlength=s.last.size).astype(np.float64, copy=False)
    lived = risk * lived_sums(s, steps)
    part = np.bincount(s.term_group, rate * s.term_part, minlength=s.last.size)
    lived[s.tied] -= dying * part[s.group]
    score = lived @ s.x
    products = s.x.T @ (lived[:, None] * s.x)
    weighted = risk[:, None] * s.x
    ahead = at_risk_sums(s, weighted)
    means = ahead[s.term_group]
    if s.term_part.any():
        gone = np.add.reduceat(weighted[s.tied], s.group_first, axis=0)
        means = means - s.term_part[:, None] * gone[s.term_group]
    means /= total[:, None]
    return score, products - means.T @ (s.term_times[:, None] * means)


def _term_by_term(s: Subjects, log_hazard: Floats, x_sum: Floats) -> Derivatives:
    """The same with the largest hazard of each term as its unit.

    On the way to an infinite estimate the late risk sets may hold nothing but hazards that are 0 beside the early ones.
    """
    part = s.term_part[:, None]
    own = np.zeros((s.tied.size, s.event.size))
    own[np.arange(s.tied.size), s.tied] = 1.0
    tied = np.add.reduceat(own, s.group_first, axis=0)
    size = (lived_sums(s, np.eye(s.last.size)).T)[s.term_group] - part * tied[s.term_group]
    if s.weight is not None:
        size *= s.weight
    top = np.where(size > 0.0, log_hazard, -np.inf).max(axis=1)
    share = size * np.exp(np.minimum(log_hazard - top[:, None], 0.0))
    total = share.sum(axis=1)
    share /= total[:, None]
    mass = s.event * (1.0 if s.weight is None else s.weight)
    value = float(mass @ log_hazard - s.term_times @ (top + np.log(total)))
    means = share @ s.x
    products = s.x.T @ ((s.term_times @ share)[:, None] * s.x)
    information = products - means.T @ (s.term_times[:, None] * means)
    return Derivatives(value, x_sum - s.term_times @ means, information)
