"""From a study to what its trials show: the plain two-arm way where it holds, the general way everywhere else.

Both make the same trials of the same random numbers; a test holds what they show equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.simulation.outcome import UnitOutcome

if TYPE_CHECKING:
    from equipoise.kernels.sim.two_arms import TwoArms
    from equipoise.simulation.study import Study

__all__ = ["loops", "reason_general", "unit"]

_BLOCK = 8


def unit(study: Study, start: int, stop: int, *, general: bool = False) -> UnitOutcome:
    """Simulate some trials.

    Args:
        study: What is simulated.
        start: Number of the first trial, from 0.
        stop: Number after the last.
        general: Whether to go the general way in any case.

    Returns:
        What they show, a row a trial; it depends on nothing but the study and the trial's number.
    """
    if general or reason_general(study):
        return _general(study, start, stop)
    return _two_arms(study, start, stop)


def loops(study: Study) -> tuple[Any, ...]:
    """The compiled functions that a study calls, to see whether they are compiled already.

    Args:
        study: What is simulated.
    """
    several: tuple[Any, ...] = ()
    if study.pairs > len(study.tested):
        from equipoise.kernels.sim.sequential import solve_rows
        from equipoise.kernels.sim.sequential_inference import theta_rows

        several = (solve_rows, theta_rows)
    if reason_general(study):
        from equipoise.kernels.sim.trials import run_trials

        return (run_trials, *several)
    from equipoise.kernels.sim.two_arms import two_arm_unit

    return (two_arm_unit, *several)


def reason_general(study: Study) -> str:
    """Why a study needs the general way; "" where the plain two-arm way holds.

    Args:
        study: What is simulated.
    """
    from equipoise.kernels.sim.look_statistics import LOG_RANK
    from equipoise.kernels.sim.truth import PATTERN, STEPS, UNIFORM

    truth, triggers, program = study.truth, study.triggers, study.program
    rows = np.unique(triggers.endpoint)
    reasons = {
        "more than two arms": truth.arms != 2,
        "patients whose number needs more than 16 bits": truth.patients >= 65_000,
        "arrivals that are not independent": truth.arrivals != UNIFORM,
        "a declared allocation": truth.allocation != PATTERN,
        "strata or sites that open or close": any(
            (places[1] > 0.0).any() or (places[2] < np.inf).any() for places in (truth.strata, truth.sites)
        ),
        "several hypotheses": len(study.tested) != 1,
        "a test that is not the log-rank test": bool((program.kind != LOG_RANK).any()),
        "strata in the analysis": bool((program.strata > 1).any()),
        "looks of other hypotheses": bool((triggers.same >= 0).any()),
        "another endpoint than the primary one": rows.size != 1
        or rows[0] >= truth.endpoint_code.size
        or truth.endpoint_code[rows[0]] != 0,
    }
    found = next((reason for reason, holds in reasons.items() if holds), "")
    if found:
        return found
    row = int(rows[0])
    laws = truth.endpoint[row]
    if (laws < 0).any():
        return "a course of disease"
    if (laws != laws[:, :1]).any():
        return "strata that differ"
    used = np.unique(np.concatenate([laws.ravel(), truth.dropout]))
    if (truth.law[used, 0] != STEPS).any() or truth.number[used, 2:].any():
        return "times that are not piecewise exponential"
    if truth.scan_first[row + 1] > truth.scan_first[row]:
        return "scans"
    return ""


def _general(study: Study, start: int, stop: int) -> UnitOutcome:
    from equipoise.kernels.sim.trials import new_outcomes, new_room, run_trials

    truth, triggers, program = study.truth, study.triggers, study.program
    out = new_outcomes(stop - start, triggers.events.size, int(program.weights.max(initial=0)))
    room = new_room(truth, triggers, program)
    run_trials(truth, triggers, program, study.key[0], study.key[1], start, stop, room, out)
    return UnitOutcome(
        start=start,
        cut=out.cut,
        held=out.held.astype(np.bool_),
        reached=out.reached.astype(np.bool_),
        enrolled=out.enrolled,
        events=out.events,
        z=np.ascontiguousarray(out.values[:, :, 0]),
        information=np.ascontiguousarray(out.values[:, :, 1]),
        components=out.components,
        covariance=out.covariance,
        estimate=np.ascontiguousarray(out.values[:, :, 2]),
        se=np.ascontiguousarray(out.values[:, :, 3]),
    )


def _two_arms(study: Study, start: int, stop: int) -> UnitOutcome:
    from equipoise.kernels.sim.two_arms import two_arm_unit
    from equipoise.kernels.sim.two_arms_spec import new_looks

    trials, looks = stop - start, study.triggers.events.size
    out = new_looks(trials, looks)
    two_arm_unit(_plain(study), start, stop, out)
    known = out.variance > 0.0
    variance = np.where(known, out.variance, np.nan)
    return UnitOutcome(
        start=start,
        cut=out.cut,
        held=out.held.astype(np.bool_),
        reached=out.reached.astype(np.bool_),
        enrolled=out.enrolled.sum(axis=2),
        events=out.events,
        z=-out.score / np.sqrt(variance),
        information=variance,
        components=np.empty((trials, looks, 0)),
        covariance=np.empty((trials, looks, 0, 0)),
        estimate=out.estimate,
        se=out.se,
    )


def _plain(study: Study) -> TwoArms:
    """A study as the plain two-arm way takes it."""
    from equipoise.kernels.sim.cox import EFRON
    from equipoise.kernels.sim.two_arms import TwoArms
    from equipoise.kernels.sim.two_arms_patients import StepInverse

    truth, triggers = study.truth, study.triggers
    size = -(-truth.patients // _BLOCK) * _BLOCK
    arms = np.resize(truth.pattern, truth.patients)
    arm = np.zeros(size, dtype=np.uint8)
    arm[: truth.patients] = arms == triggers.experimental[0]
    order = (int(triggers.control[0]), int(triggers.experimental[0]))
    begin, rate, expected = truth.accrual[:, truth.accrual[2] < truth.patients * (1.0 - 1e-12)]
    with np.errstate(divide="ignore"):
        # Of a piece without enrollment the inverse is infinite: who is not enrolled by then never is.
        shares = (expected / truth.patients, begin, truth.patients / rate)
    laws = truth.endpoint[int(triggers.endpoint[0])][:, 0]
    return TwoArms(
        key=np.array(study.key, dtype=np.int64),
        n=truth.patients,
        arm=arm,
        arrival=StepInverse(*(np.ascontiguousarray(values[:, None]) for values in shares)),
        event=_columns(study, [int(laws[one]) for one in order], arm),
        dropout=_columns(study, [int(truth.dropout[one]) for one in order], arm),
        events=triggers.events,
        at=triggers.at,
        follow_up=triggers.follow_up,
        earlier=triggers.earlier,
        latest=triggers.latest,
        estimate=1,
        whole_days=truth.whole_days,
        efron=int(study.program.ties[0] == EFRON),
    )


def _columns(study: Study, laws: list[int], arm: np.ndarray[Any, np.dtype[np.uint8]]) -> Any:
    """The inverse cumulative hazard of each patient's arm: both arms on the knots of the one that has more."""
    from equipoise.kernels.sim.two_arms_patients import StepInverse

    truth = study.truth
    pieces = [truth.knots[:3, truth.law[one, 1] : truth.law[one, 2]] for one in laws]
    most = max(piece.shape[1] for piece in pieces)
    rows = np.empty((3, most, 2))
    for which, (before, begin, slope) in enumerate(pieces):
        with np.errstate(divide="ignore"):
            known = np.stack([before, begin, 1.0 / slope])
        # a piece that begins at infinity is never entered
        missing = most - known.shape[1]
        rows[:, :, which] = np.pad(known, ((0, 0), (0, missing)))
        rows[:, most - missing :, which] = np.array([np.inf, 0.0, 0.0])[:, None]
    return StepInverse(*(np.ascontiguousarray(row[:, arm]) for row in rows))
