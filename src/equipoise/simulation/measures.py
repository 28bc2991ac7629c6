"""What is measured against: true values over the date of a cut, quantiles of intervals, and bins. Once for a study."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from equipoise.simulation.histograms import Floats, LinearBins, estimate_bins
from equipoise.units import days_per

if TYPE_CHECKING:
    from equipoise.simulation.study import Study, Tested

__all__ = ["Measure", "horizon_of", "measures_of"]

_KEPT: Final = 16
_LONGEST: Final = 1024.0


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """What the estimates of one hypothesis are measured against.

    Attributes:
        dates: (D,) days since the start of enrollment.
        true: (D,) true value for a cut at these dates, on the scale of the estimates; NaN where there is none.
        width: Standard errors on each side of the interval.
        bins: Bins of estimates and of their deviations.
        reason: Why there is no true value; "" where there is one.
    """

    dates: Floats
    true: Floats
    width: float
    bins: LinearBins
    reason: str = ""

    def at(self, cut: Floats) -> Floats:
        """True value for cuts at these dates: linear between dates, constant before the first and after the last.

        Args:
            cut: (n,) days.
        """
        if self.true.size == 1 or self.true.min() == self.true.max():
            return np.full(cut.shape, self.true[0])
        return np.interp(cut, self.dates, self.true)


_known: OrderedDict[int, tuple[Study, tuple[Measure, ...]]] = OrderedDict()
_lock = threading.Lock()


def measures_of(study: Study) -> tuple[Measure, ...]:
    """Measures of all hypotheses of a study, computed once and kept as long as the study is in use.

    Args:
        study: What is simulated.
    """
    with _lock:
        # The study is kept with them, so that its identity is not another's.
        found = _known.get(id(study))
        if found is None:
            found = (study, tuple(_measure(study, place, one) for place, one in enumerate(study.tested)))
            _known[id(study)] = found
            while len(_known) > _KEPT:
                _known.popitem(last=False)
        else:
            _known.move_to_end(id(study))
        return found[1]


def _measure(study: Study, place: int, tested: Tested) -> Measure:
    from equipoise.simulation.true_curve import true_curve

    level = NormalDist().inv_cdf(0.5 + tested.conf_level / 2.0)
    dates, true, reason = true_curve(study, place)
    return Measure(dates, true, level, estimate_bins(tested.estimate_name, _horizon(study, tested)), reason)


def horizon_of(study: Study, tested: Tested) -> float | None:
    """The time up to or at which a difference is taken, in the trial's unit; None of other effects.

    Args:
        study: What is simulated.
        tested: The hypothesis.
    """
    design = study.protocol.design.get(tested.hypothesis)
    statistic = None if design is None else design.statistic
    return None if statistic is None or tested.kind not in ("rmst", "milestone") else statistic.time


def _horizon(study: Study, tested: Tested) -> float:
    horizon, time = horizon_of(study, tested), study.protocol.time
    return _LONGEST if horizon is None else horizon * days_per(time.unit, days_per_month=time.days_per_month)
