"""Best responses and how long they last: each response begins before its progression and lasts until it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.evidence.reconstruct.cohort_arm import ArmGoals, Course, Shape, course
from equipoise.evidence.reconstruct.cohort_contrast import golden
from equipoise.evidence.reconstruct.cohort_people import ArmPeople, Record
from equipoise.evidence.reconstruct.cohort_times import Window

__all__ = ["FIRST_LOOK", "ResponseGoals", "Responses", "responses"]

Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST_LOOK = 56
"""Day of the first assessment: no response is seen before."""
_LATEST_RESPONSE = 730
_TRIES = 60
_SPREADS = (240, 120, 40, 0)  # days over which first responses are spread, the widest that works


@dataclass(frozen=True, slots=True)
class ResponseGoals:
    """What is printed of the responses of an arm.

    Attributes:
        evaluable: Subjects of the denominator of response.
        responders: Responders.
        complete: Complete responses among them; None where that is not printed.
        benefit: Subjects with clinical benefit; None where that is not printed.
        minimum: Days that a stable disease must last to be a benefit.
        controlled: Subjects with disease control; None where that is not printed.
        duration: Printed duration of response; `n` is the responders.
    """

    evaluable: int
    responders: int
    complete: int | None = None
    benefit: int | None = None
    minimum: float = 168.0
    controlled: int | None = None
    duration: ArmGoals | None = None


class Responses(NamedTuple):
    """Responses of the subjects of an arm.

    Attributes:
        word: (n,) best response.
        evaluable: (n,) whether in the denominator of response.
        began: (n,) day of the first response, 0 without one.
        missed: What could not be done, in sentences.
    """

    word: NDArray[np.str_]
    evaluable: Bools
    began: Integers
    missed: tuple[str, ...]


class _Chosen(NamedTuple):
    subject: Integers
    began: Integers
    missed: tuple[str, ...]


def responses(
    people: ArmPeople, measured: Record, goals: ResponseGoals, window: Window, turn: float, able: Bools
) -> Responses:
    """Responses of an arm.

    Args:
        people: Its subjects.
        measured: The endpoint that ends a response.
        goals: What is printed.
        window: Follow-up of those who stay.
        turn: Where spreading sequences begin.
        able: (n,) who may lie outside the denominator, where there are enough of them.
    """
    chosen = _responders(measured, goals, window, turn)
    n = people.n
    word = np.full(n, "SD", dtype="<U16")
    early = measured.day < FIRST_LOOK
    word[early & measured.event] = "PD"
    word[early & ~measured.event] = "NE"
    missed = list(chosen.missed)
    responder = np.zeros(n, dtype=np.bool_)
    responder[chosen.subject] = True
    _benefit(word, responder, measured, goals, missed)
    complete = goals.complete if goals.complete is not None else round(0.25 * turn * goals.responders)
    order = chosen.subject[np.argsort(-measured.day[chosen.subject], kind="stable")]
    word[order] = "PR"
    word[order[:complete]] = "CR"
    evaluable = np.ones(n, dtype=np.bool_)
    outside = n - goals.evaluable
    if outside > 0:
        others = np.flatnonzero(~responder & able)
        others = others if others.size >= outside else np.flatnonzero(~responder)
        # Who is outside is spread over all times of those without a response, more or less of them the shorter ones.
        ranked = others[np.argsort(measured.day[others], kind="stable")]
        shares = ((np.arange(outside) + 0.5) / outside) ** (2.0 ** (2.0 * turn - 0.6))
        places = np.floor(shares * ranked.size).astype(np.int64)
        places = np.maximum.accumulate(places - np.arange(outside)) + np.arange(outside)  # each of them once
        last = ranked.size - np.arange(outside, 0, -1)
        evaluable[ranked[np.minimum(places, last)]] = False
    began = np.zeros(n, dtype=np.int64)
    began[chosen.subject] = chosen.began
    return Responses(word, evaluable, began, tuple(missed))


def _benefit(
    word: NDArray[np.str_], responder: Bools, measured: Record, goals: ResponseGoals, missed: list[str]
) -> None:
    """Benefit for as many as printed: stable disease past its minimum; others are not evaluable."""
    if goals.benefit is None:
        return
    lasting = (measured.day >= goals.minimum) & ~responder
    stable = np.flatnonzero(lasting)
    surplus = int(responder.sum()) + stable.size - goals.benefit
    if surplus < 0:
        missed.append(
            f"clinical benefit of {goals.benefit}: {int(responder.sum())} responders and {stable.size} others who are "
            f"followed for {goals.minimum:g} days are {-surplus} too few"
        )
        return
    ranked = stable[np.argsort(measured.day[stable], kind="stable")]
    word[ranked[:surplus]] = "NE"


def _responders(measured: Record, goals: ResponseGoals, window: Window, turn: float) -> _Chosen:
    """Who responds, and when: by the printed duration, else spread over those who are followed long enough."""
    count = goals.responders
    if goals.duration is not None and count:
        best = _by_duration(measured, goals, window, turn, 0)
        for number in range(1, _TRIES):
            if not best.missed:
                break
            one = _by_duration(measured, goals, window, turn, number)
            best = one if len(one.missed) < len(best.missed) else best
        return best
    able = np.flatnonzero(measured.day > FIRST_LOOK + 28)
    missed: tuple[str, ...] = ()
    if able.size < count:
        missed = (f"{count} responders: only {able.size} are followed past the first assessment",)
        count = able.size
    lasting = able[measured.day[able] >= (0.0 if goals.benefit is None else goals.minimum)]
    able = lasting if lasting.size >= count else able
    ranked = able[np.argsort(measured.day[able], kind="stable")]
    # Long responders more often: the upper two thirds of the times, spread evenly.
    low = min(ranked.size - count, ranked.size // 3)
    places = low + np.floor((np.arange(count) + 0.5) * (ranked.size - low) / max(count, 1)).astype(np.int64)
    subject = ranked[places]
    latest = np.minimum(measured.day[subject] - 28, 240)
    began = FIRST_LOOK + np.floor(golden(count, turn) * np.maximum(1, latest - FIRST_LOOK)).astype(np.int64)
    return _Chosen(subject, np.minimum(began, measured.day[subject] - 1), missed)


def _by_duration(measured: Record, goals: ResponseGoals, window: Window, turn: float, number: int) -> _Chosen:
    """Responders whose durations are the course of the printed median."""
    tails = (0.7, 0.4, 1.0, 0.2)
    leavers = (0.2, 0.35, 0.1, 0.5, 0.05)
    bends = (0.0, -0.3, 0.3)
    tail, leave, bend = tails[number % 4], leavers[(number // 4) % 5], bends[(number // 20) % 3]
    shape = Shape(max(1.0, window.first - 150), window.last - 150, leave, 0.0, bend + 0.2 * (turn - 0.5), tail)
    assert goals.duration is not None
    made = course(goals.duration, shape)
    least = 0.0 if goals.benefit is None else goals.minimum
    for spread in _SPREADS:
        subject, began, lacking = _paired(made, measured, spread, turn, least)
        if not lacking:
            break
    missed = made.missed
    if lacking:
        missed += (f"{lacking} of {goals.responders} durations belong to nobody who progressed or left at such a time",)
    return _Chosen(subject, began, missed)


def _paired(made: Course, measured: Record, spread: int, turn: float, least: float) -> tuple[Integers, Integers, int]:
    """A subject for each duration: one whose time less a plausible first response is the duration, of the same kind.

    Where clinical benefit is printed, responders are of those who are followed for its minimum, if there are any.
    """
    pools = {}
    for kind in (True, False):
        ranks = np.flatnonzero(measured.event == kind)
        ranks = ranks[np.argsort(measured.day[ranks], kind="stable")]
        pools[kind] = [(int(measured.day[k]), int(k)) for k in ranks]
    subject, began, lacking = [], [], 0
    waits = (FIRST_LOOK + spread * golden(made.day.size, turn)).tolist()
    longest = sorted(zip(made.day.tolist(), made.event.tolist(), strict=True), reverse=True)
    for (day, event), wait in zip(longest, waits, strict=True):
        pool = pools[event]
        room = [i for i, (end, _) in enumerate(pool) if FIRST_LOOK <= end - day <= _LATEST_RESPONSE]
        room = [i for i in room if pool[i][0] >= least] or room
        if day < 2 or not room:
            lacking += 1
            continue
        # the first end that leaves the wanted time before the response, else the one that leaves most
        place = next((i for i in room if pool[i][0] - day >= wait), room[-1])
        end, who = pool.pop(place)
        subject.append(who)
        began.append(end - day + 1)
    return np.array(subject, dtype=np.int64), np.array(began, dtype=np.int64), lacking
