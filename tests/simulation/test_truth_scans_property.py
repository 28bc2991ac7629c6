"""True values of what scans see, against patients who are looked at scan by scan."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from truth_studies import COURSE, INF, LOSSES, course_patients, draw, steps, study_of

from equipoise.kernels.cox import cox_two_arm
from equipoise.kernels.sim.cox import BRESLOW, EFRON
from equipoise.simulation.truth import _at_risk, true_value

SCANS, TAIL = (40.0, 80.0, 130.0), 60.0


def looked_at(rng, progression, death, seen_until, missed):
    """Time and event as data have them: patient by patient, scan by scan."""
    n = progression.size
    first, last = np.full(n, INF), np.zeros(n)
    times = [*SCANS, *(SCANS[-1] + TAIL * k for k in range(1, 40))]
    for scan in times:
        here = rng.random(n) >= missed
        first = np.where(here & (progression <= scan) & (first == INF), scan, first)
        last = np.where(here & (scan <= seen_until), scan, last)
    time = np.minimum(first, death)
    event = time <= seen_until
    return np.where(event, time, last), event


def beside_scans(missed, ties=EFRON):
    return {"scans": SCANS, "tail": TAIL, "missed": missed, "ties": ties}


@pytest.mark.parametrize("missed", [0.0, 0.3])
@pytest.mark.parametrize("ties", [EFRON, BRESLOW])
def test_hazard_ratios_of_what_scans_see(missed, ties):
    rng = np.random.default_rng(21)
    n, cut = 300_000, 700.0
    laws = [[steps(0.004)], [steps(0.004, 0.0015, ends=(90.0,))]]
    losses = (steps(0.001), steps(0.0005))
    entry, arm = rng.uniform(0.0, 400.0, n), rng.integers(0, 2, n)
    time = np.where(arm == 0, draw(rng, laws[0][0], n), draw(rng, laws[1][0], n))
    seen_until = np.minimum(rng.exponential(size=n) / np.array([0.001, 0.0005])[arm], cut - entry)
    seen, event = looked_at(rng, time, np.full(n, INF), seen_until, missed)
    fit = cox_two_arm(seen, event, arm, ties="efron" if ties == EFRON else "breslow")
    study = study_of(laws, losses=losses, **beside_scans(missed, ties))
    assert abs(fit.coef[0] - true_value(study, 0, cut)) < 3.0 * fit.se[0]
    # the way with ties can be told, and so can the scans
    other = study_of(laws, losses=losses, **beside_scans(missed, EFRON + BRESLOW - ties))
    assert abs(true_value(study, 0, cut) - true_value(other, 0, cut)) > 3.0 * fit.se[0]


@pytest.mark.parametrize("missed", [0.0, 0.3])
def test_scans_of_a_course_with_deaths_on_their_day(missed):
    rng = np.random.default_rng(22)
    n, cut = 200_000, 800.0
    time, event, arm = [], [], []
    whole = []
    for a, own in enumerate(COURSE):
        progression, death = course_patients(rng, own, n)
        seen_until = np.minimum(rng.exponential(1000.0, n), cut - rng.uniform(0.0, 400.0, n))
        seen, happened = looked_at(rng, progression, death, seen_until, missed)
        everything, _ = looked_at(rng, progression, death, np.full(n, 1e9), missed)
        time, event, arm = [*time, seen], [*event, happened], [*arm, np.full(n, a)]
        whole.append(everything)
    fit = cox_two_arm(np.concatenate(time), np.concatenate(event), np.concatenate(arm))
    beside = {"losses": (steps(0.001), steps(0.001)), "course": (COURSE, 0), **beside_scans(missed)}
    assert abs(fit.coef[0] - true_value(study_of(None, **beside), 0, cut)) < 3.0 * fit.se[0]
    for horizon in (100.0, 250.0):
        found = [np.minimum(one, horizon).mean() for one in whole]
        study = study_of(None, name="rmst_difference", horizon=horizon, **beside)
        error = math.sqrt(sum(np.minimum(one, horizon).var() / n for one in whole))
        assert abs(true_value(study, 0, cut) - (found[1] - found[0])) < 3.0 * error
        study = study_of(None, name="survival_difference", horizon=horizon, **beside)
        later = [(one > horizon).mean() for one in whole]
        assert abs(true_value(study, 0, cut) - (later[1] - later[0])) < 3.0 * math.sqrt(0.5 / n)


def test_scans_so_close_that_they_see_at_once():
    study = study_of(None, course=(COURSE, 0))
    close = study_of(None, course=(COURSE, 0), scans=(0.5,), tail=0.5, missed=0.0)
    assert true_value(close, 0, 500.0) == pytest.approx(true_value(study, 0, 500.0), abs=2e-4)


def test_everybody_leaves():
    """Events, deaths and censorings at scans add up to those enrolled."""
    for missed in (0.0, 0.4):
        study = study_of(None, course=(COURSE, 0), losses=LOSSES, **beside_scans(missed))
        found = _at_risk(study, 0, (0, 1), np.ones((1, 1)), 600.0)
        assert found.number[:, 0, -1, -1] == pytest.approx([0.0, 0.0], abs=1e-6 * found.number.max())
        assert (np.diff(found.tied_number, axis=2) < 0.0).all()
