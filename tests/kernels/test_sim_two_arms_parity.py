"""The compiled two-arm trial beside the same trial made again patient by patient, with the kernels of one data set."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: nothing is compiled")
from equipoise.kernels.cox import cox
from equipoise.kernels.log_rank import log_rank
from equipoise.kernels.philox import philox4x32
from equipoise.kernels.sim.two_arms import two_arm_unit
from equipoise.kernels.sim.two_arms_spec import new_looks, two_arms

NAN, INF = math.nan, math.inf
MONTH = 30.4375


def _steps(median, *, ratio=1.0, delay=0.0):
    hazard = math.log(2.0) / median / MONTH
    return ((delay * MONTH, INF), (hazard, ratio * hazard)) if delay else ((INF,), (ratio * hazard,))


def _constant(hazard):
    return ((INF,), (hazard / MONTH,))


NONE = ((INF,), (0.0,))
REFERENCE = {
    "key": (20261123, 7),
    "n": 518,
    "pattern": (0, 1),
    "arrival": ((49 * MONTH,), (518 / 49 / MONTH,)),
    "event": (_steps(29.1), _steps(29.1, ratio=0.75)),
    "dropout": (_constant(0.01), _constant(0.01)),
    "events": (165, 330),
}
TRIALS = {
    "reference": REFERENCE,
    "two to one, delayed effect, dropout by arm": {
        **REFERENCE,
        "n": 301,
        "pattern": (0, 1, 1),
        "arrival": ((6 * MONTH, 9 * MONTH, 30 * MONTH), (8.0 / MONTH, 0.0, 253 / 21 / MONTH)),
        "event": (_steps(12.0), _steps(12.0, ratio=0.5, delay=4.0)),
        "dropout": (_constant(0.005), ((MONTH, 3 * MONTH, INF), (0.0, 0.05 / MONTH, 0.01 / MONTH))),
        "events": (80, 120, 160),
        "latest": (20 * MONTH, INF, 44.4 * MONTH),
    },
    "calendar, follow-up, the earlier and the later": {
        **REFERENCE,
        "n": 90,
        "events": (20, 0, 60, 0, 70),
        "at": (NAN, 700.25, 900.5, NAN, NAN),
        "follow_up": (NAN, NAN, NAN, 60.75, 400.0),
        "earlier": (0, 0, 1, 0, 1),
    },
    "nobody is lost, many are cured": {
        **REFERENCE,
        "n": 77,
        "event": (((200.0, INF), (0.004, 0.0)), ((300.0, INF), (0.002, 0.0))),
        "dropout": (NONE, NONE),
        "events": (30, 50),
    },
}


def _cumulative(steps, hazard):
    """The time at which a cumulative hazard is reached, piece by piece."""
    at = start = 0.0
    for end, rate in zip(*steps, strict=True):
        piece = rate * (end - start) if rate else 0.0
        if hazard <= at + piece and rate:
            return start + (hazard - at) / rate
        at, start = at + piece, end
    return INF


def _patients(trial, number, whole):
    n = trial["n"]
    i = np.arange(n)
    words = philox4x32(i, 0 * i, 0 * i + (number & 0xFFFFFFFF), 0 * i + (number >> 32), *trial["key"])
    tails = [(words[3] >> shift) & 1023 for shift in (22, 12, 2)]
    u = [((word << 10 | tail) + 0.5) * 2.0**-42 for word, tail in zip(words[:3], tails, strict=True)]
    arm = np.resize(trial["pattern"], n)
    time = np.array([_cumulative(trial["event"][a], -math.log(x)) for a, x in zip(arm, u[0], strict=True)])
    lost = np.array([_cumulative(trial["dropout"][a], -math.log(x)) for a, x in zip(arm, u[1], strict=True)])
    entry = np.array([_cumulative(trial["arrival"], n * x) for x in u[2]])
    if whole:
        entry, time, lost = np.floor(entry), np.maximum(1.0, np.ceil(time)), np.maximum(1.0, np.ceil(lost))
    return arm, entry, time, lost


def _cut(trial, k, entry, time, lost, whole):
    rounded = math.floor if whole else float
    seen = np.sort((entry + time - whole)[(time <= lost) & (entry + time < INF)])
    given, when = [], -INF
    if events := trial["events"][k]:
        when = seen[events - 1] if events <= seen.size else INF
        given.append(when)
    if not math.isnan(at := trial.get("at", [NAN] * 9)[k]):
        given.append(rounded(at))
    if not math.isnan(after := trial.get("follow_up", [NAN] * 9)[k]):
        given.append(entry[entry < INF].max() + rounded(after))
    cut = (min if trial.get("earlier", [0] * 9)[k] else max)(given)
    latest = trial.get("latest", [INF] * 9)[k]
    cut = min(cut, latest if math.isinf(latest) else rounded(latest))
    if math.isinf(cut):
        ends = entry + np.minimum(time, lost) - whole
        return ends[ends < INF].max(), not trial["events"][k]
    return cut, when <= cut


def _same(out, row, k, cut, patients, whole):
    arm, entry, time, lost = patients
    enrolled = entry <= cut
    event = (time <= lost) & (entry + time - whole <= cut)
    seen = np.where(event, time, np.minimum(lost, cut - entry + whole))[enrolled]
    arm, event = arm[enrolled], event[enrolled]
    assert out.enrolled[row, k].tolist() == [int((arm == a).sum()) for a in (0, 1)]
    assert out.events[row, k].tolist() == [int(event[arm == a].sum()) for a in (0, 1)]
    test = log_rank(seen, event, arm, n_arms=2)
    np.testing.assert_allclose(out.score[row, k], test.score[1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(out.variance[row, k], test.variance[1, 1], rtol=1e-10, atol=1e-12)
    model = cox(seen, event, arm, tol=1e-12)
    np.testing.assert_allclose(out.estimate[row, k], model.coef[0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(out.se[row, k], model.se[0], rtol=1e-10)


@pytest.mark.parametrize("whole", [0, 1], ids=["continuous", "days"])
@pytest.mark.parametrize("name", TRIALS)
def test_every_look_of_trials_made_again(name, whole):
    trial, start, trials = TRIALS[name], 5, 25
    looks = len(trial["events"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spec = two_arms(**trial, estimate=True, whole_days=bool(whole))
    out = new_looks(trials, looks)
    two_arm_unit(spec, start, start + trials, out)
    held = 0
    for row in range(trials):
        patients = _patients(trial, start + row, whole)
        cuts = [_cut(trial, k, *patients[1:], whole) for k in range(looks)]
        before = -INF
        for k, (cut, reached) in enumerate(cuts):
            if k < looks - 1 and not before < cut < cuts[-1][0]:
                assert not out.held[row, k]
                assert math.isnan(out.cut[row, k])
                assert math.isnan(out.score[row, k])
                assert not out.enrolled[row, k].any()
                continue
            before = cut
            held += 1
            assert out.held[row, k] == 1
            assert out.cut[row, k] == pytest.approx(cut, rel=1e-12)
            assert out.reached[row, k] == reached
            _same(out, row, k, cut, patients, whole)
    assert held > trials


def test_times_too_near_to_be_told_apart_are_tied():
    # Trial 740 of this key has two times closer than 1.5e-8 of the mean: the kernels of one data set take them as one.
    trial = {**REFERENCE, "key": (1, 2), "events": (330,)}
    out = new_looks(1, 1)
    two_arm_unit(two_arms(**trial, estimate=True), 740, 741, out)
    patients = _patients(trial, 740, 0)
    cut, _ = _cut(trial, 0, *patients[1:], 0)
    times = np.sort(np.minimum(np.minimum(patients[2], patients[3]), cut - patients[1]))
    assert np.diff(times).min() < 1.5e-8 * times.mean()
    _same(out, 0, 0, cut, patients, 0)


def test_trials_beyond_32_bits_are_others():
    spec = two_arms(**REFERENCE)
    out = new_looks(1, 2)
    number = 2**32 + 5
    two_arm_unit(spec, number, number + 1, out)
    patients = _patients(REFERENCE, number, 0)
    assert out.cut[0, 1] == pytest.approx(_cut(REFERENCE, 1, *patients[1:], 0)[0], rel=1e-12)
    assert out.cut[0, 1] != pytest.approx(_cut(REFERENCE, 1, *_patients(REFERENCE, 5, 0)[1:], 0)[0], rel=1e-9)
