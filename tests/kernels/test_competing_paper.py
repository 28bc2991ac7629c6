"""Numbers printed by Therneau, Crowson and Atkinson, Multi-state models and competing risks (vignette of survival 3.5).

Monoclonal gammopathy (`mgus2`): progression to a plasma cell malignancy, death without it competing; times in months.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from equipoise.kernels.aalen_johansen import AalenJohansen, aalen_johansen_by_arm
from equipoise.kernels.cox import cox
from equipoise.kernels.fine_gray import fine_gray

MGUS = json.loads((Path(__file__).parents[1] / "reference" / "cmprsk.json").read_text())["mgus2"]
TIME, STATUS, MALE = (np.array(MGUS[field], dtype=float) for field in ("time", "status", "arm"))


@pytest.fixture(scope="module")
def by_sex() -> tuple[AalenJohansen, ...]:
    return aalen_johansen_by_arm(TIME, STATUS, MALE)


@pytest.mark.parametrize(
    ("sex", "cause", "events", "years"),
    [(0, 1, 59, 1.323284), (1, 1, 56, 1.064693), (0, 2, 370, 8.823108), (1, 2, 490, 10.260294)],
)
def test_mean_years_in_each_state_of_twenty(by_sex, sex, cause, events, years) -> None:
    """The area under an incidence curve up to 20 years, page 6."""
    curve = by_sex[sex]
    assert curve.n_event[cause - 1].sum() == events
    steps = np.append(curve.time[curve.time < 240.0], 240.0)
    heights = curve.incidence[cause - 1][: steps.size - 1]
    assert float((heights * np.diff(steps)).sum()) / 12.0 == pytest.approx(years, abs=1e-6)


def test_years_without_any_event(by_sex) -> None:
    for curve, years in zip(by_sex, (9.853608, 8.675012), strict=True):
        steps = np.concatenate(([0.0], curve.time[curve.time < 240.0], [240.0]))
        heights = np.append(1.0, curve.event_free)[: steps.size - 1]
        assert float((heights * np.diff(steps)).sum()) / 12.0 == pytest.approx(years, abs=1e-6)


@pytest.mark.parametrize(("cause", "coef", "robust"), [(1, -0.2290, 0.1813), (2, 0.23349, 0.06427)])
def test_subdistribution_hazard_of_men(cause, coef, robust) -> None:
    """Pages 19 and 20. There ties are Efron's, censoring follows events of its day, and the error takes G as known."""
    found = fine_gray(TIME, STATUS, MALE, cause=cause)
    assert found.coef[0] == pytest.approx(coef, abs=0.001)
    assert found.se[0] == pytest.approx(robust, rel=0.07)


def test_cause_specific_hazard_is_another_question() -> None:
    """Page 14 (adjusted) finds men's hazard of progression no lower: their incidence is, because more of them die."""
    cause_specific = cox(TIME, STATUS == 1, np.column_stack([MALE, MGUS["x"]]))
    assert abs(cause_specific.coef[0]) < 0.15
    assert fine_gray(TIME, STATUS, MALE).coef[0] < -0.2
