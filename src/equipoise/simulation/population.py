"""What simulated patients are made from, read back as distributions: times by arm and stratum, losses, enrolment.

The arrays of a `Truth` are written for the compiled generator; here they are functions of time again, for integrals.
Everything is in days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.simulation.course_curves import CourseCurve, CourseHazards
from equipoise.simulation.distributions import Curve, Family, Law

if TYPE_CHECKING:
    from equipoise.kernels.sim.truth import Truth

__all__ = ["Enrolment", "arm_shares", "curve_of", "dropout_of", "enrolment_of", "recorded_as"]

Floats = NDArray[np.float64]

_FAMILIES: tuple[Family, ...] = ("steps", "weibull", "log_logistic")


class Enrolment(NamedTuple):
    """Expected enrolment.

    Attributes:
        edges: (J + 1,) days at which its rate changes, from 0 to its end.
        enrolled: (S, J + 1) patients of each stratum expected by then: straight lines between.
    """

    edges: Floats
    enrolled: Floats

    @property
    def first(self) -> float:
        """Day on which it begins."""
        started = self.enrolled.sum(axis=0) > 0.0
        return float(self.edges[max(int(np.argmax(started)) - 1, 0)]) if started.any() else np.inf

    def before(self, time: Floats) -> Floats:
        """(S, ...) patients of each stratum expected before days.

        Args:
            time: (...) days; nobody comes before day 0.
        """
        flat = np.stack([np.interp(time.ravel(), self.edges, row, left=0.0) for row in self.enrolled])
        return flat.reshape(self.enrolled.shape[0], *time.shape)


def curve_of(truth: Truth, row: int, arm: int, stratum: int) -> Curve:
    """Distribution of the time of an endpoint as it happens, which scans see later.

    Args:
        truth: What patients are made from.
        row: Row of the endpoint.
        arm: Index of the arm.
        stratum: Index of the true stratum.
    """
    if truth.endpoint[row, arm, stratum] >= 0:
        return _law(truth, int(truth.endpoint[row, arm, stratum]))
    for q, (free, survival, _) in enumerate(truth.course):
        if row in (free, survival):
            return CourseCurve(_course(truth, q, arm), death=row == survival)
    message = "an endpoint without a law belongs to no course"
    raise AssertionError(message)


def dropout_of(truth: Truth, arm: int) -> Law:
    """Distribution of the time to loss.

    Args:
        truth: What patients are made from.
        arm: Index of the arm.
    """
    return _law(truth, int(truth.dropout[arm]))


def enrolment_of(truth: Truth) -> Enrolment:
    """Expected enrolment by true stratum: at each time the shares are those of the strata that are open.

    Args:
        truth: What patients are made from.
    """
    begin, rate, expected = truth.accrual
    last = int(np.searchsorted(expected, truth.patients, side="left")) - 1
    # Without a rate the pieces have ended before all are in.
    missing = truth.patients - expected[last]
    end = float(begin[last] + (missing / rate[last] if rate[last] > 0.0 else 0.0))
    changes = [begin, truth.strata[1:3].ravel(), truth.sites[1:3].ravel(), np.array([end])]
    inner = np.unique(np.concatenate(changes))
    edges = np.concatenate([[0.0], inner[(inner > 0.0) & (inner <= end)]])
    middle = 0.5 * (edges[1:] + edges[:-1])
    pace = rate[np.maximum(np.searchsorted(begin, middle, side="right") - 1, 0)]
    share, opens, closes = (row[:, None] for row in truth.strata[:3])
    weight = np.where((opens <= middle) & (middle < closes), share, 0.0)
    total = weight.sum(axis=0)
    open_sites = ((truth.sites[1][:, None] <= middle) & (middle < truth.sites[2][:, None])).any(axis=0)
    part = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0) * open_sites
    grown = np.cumsum(part * pace * np.diff(edges), axis=1)
    return Enrolment(edges, np.concatenate([np.zeros((grown.shape[0], 1)), grown], axis=1))


def recorded_as(truth: Truth) -> Floats:
    """(S, S) probability that a patient of each true stratum (row) is recorded in each stratum (column).

    Args:
        truth: What patients are made from.
    """
    share = truth.strata[0]
    other = np.broadcast_to(share, (share.size, share.size)).copy()
    np.fill_diagonal(other, 0.0)
    total = other.sum(axis=1, keepdims=True)
    wrong = truth.wrong if share.size > 1 else 0.0
    out: Floats = wrong * other / np.where(total > 0.0, total, 1.0) + (1.0 - wrong) * np.eye(share.size)
    return out


def arm_shares(truth: Truth) -> Floats:
    """(A,) fraction of the patients that each arm is allocated.

    Args:
        truth: What patients are made from.
    """
    counts = np.bincount(truth.pattern, minlength=truth.arms)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _law(truth: Truth, one: int) -> Law:
    family = _FAMILIES[int(truth.law[one, 0])]
    inverse_shape, scale, cure, frailty = truth.number[one].tolist()
    _, base, slope = truth.knots[:3, truth.law[one, 1] : truth.law[one, 2]]
    # Pieces begin where the base hazard has grown so far; the law wants times.
    plain = Law(family, 1.0 / inverse_shape if family != "steps" else 1.0, scale if family != "steps" else 1.0,
                (np.inf,), (1.0,))  # fmt: skip
    ends = (*(float(plain.reached(float(begin))) for begin in base[1:]), np.inf)
    return plain._replace(ends=ends, slopes=tuple(slope.tolist()), cure=cure, frailty=frailty)


def _course(truth: Truth, q: int, arm: int) -> CourseHazards:
    first, later = (truth.knots[:, truth.law[one, 1] : truth.law[one, 2]] for one in truth.course_law[q, arm].tolist())
    begins = np.unique(np.concatenate([first[1], later[1]]))
    leaving, share = (_at(first[1], first[row], begins) for row in (2, 3))
    probability, ratio = truth.course_switch[q, arm].tolist()
    return CourseHazards(
        ends=(*begins[1:].tolist(), np.inf),
        progression=tuple((leaving * (1.0 - share)).tolist()),
        death=tuple((leaving * share).tolist()),
        death_after=tuple(_at(later[1], later[2], begins).tolist()),
        switching=probability,
        ratio=ratio,
        frailty=float(truth.course_frailty[q]),
    )


def _at(begin: Floats, value: Floats, time: Floats) -> Floats:
    out: Floats = value[np.searchsorted(begin, time, side="right") - 1]
    return out
