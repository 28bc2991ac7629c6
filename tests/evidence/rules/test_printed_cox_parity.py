"""A hundred trials that R analyzed and printed: no rule contradicts a number of theirs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equipoise.evidence.model import Reading
from equipoise.evidence.rules import (
    events_width,
    interval_contains,
    interval_symmetric,
    judge,
    p_value,
    reduction_ratio,
)

TRIALS: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "reference/printed_cox.json").read_text())[
    "trials"
]
RULES = {r.NAME for r in (p_value, interval_contains, interval_symmetric, events_width, reduction_ratio)}


def told(trial: dict[str, Any], claim: Callable[..., Any], reading: Callable[..., Reading], **changed: Any) -> Reading:
    """Hazard ratio, limits, P and events of a trial, and its reduction of the hazard, in one sentence."""
    trial = {**trial, **changed}
    place = {"endpoint": "overall_survival", "sentence": (0, 300)}
    ratio = claim("hazard_ratio", trial["hr"], ci=(trial["lower"], trial["upper"]), p=trial["p"], start=60,
                  level=trial["level"], sides=trial["sides"], **place)  # fmt: skip
    events = [
        claim("events", str(n), arm=arm, start=start, **place)
        for arm, n, start in zip(("new", "old"), trial["events"], (150, 180), strict=True)
    ]
    fall = [] if trial["reduction"].startswith("-") else [claim("risk_reduction", trial["reduction"], **place)]
    return reading(*fall, ratio, *events, text="the hazard fell".ljust(300), arms=("new", "old"))


@pytest.mark.parametrize("trial", TRIALS, ids=range(len(TRIALS)))
def test_no_number_that_was_right_is_contradicted(trial: dict[str, Any], claim: Any, reading: Any) -> None:
    found = judge(told(trial, claim, reading))
    assert [f for f in found if f.verdict == "contradicted"] == []
    assert {f.rule for f in found} >= RULES - {"reduction_ratio"}


def test_most_are_called_consistent(claim: Any, reading: Any) -> None:
    verdicts = Counter((f.rule, f.verdict) for trial in TRIALS for f in judge(told(trial, claim, reading)))
    for rule in ("interval_contains", "interval_symmetric", "reduction_ratio"):
        assert verdicts[rule, "remark"] == 0, rule
    assert verdicts["reduction_ratio", "consistent"] > 60
    assert verdicts["events_width", "consistent"] >= 90
    assert verdicts["p_value", "consistent"] >= 80  # P of another test than Wald's may differ: a remark


def test_wald_p_values_always_fit(claim: Any, reading: Any) -> None:
    wald = [trial for trial in TRIALS if trial["test"] == "wald"]
    assert len(wald) > 25
    for trial in wald:
        (one,) = (f for f in judge(told(trial, claim, reading)) if f.rule == "p_value")
        assert one.verdict == "consistent", (trial, one)


def test_numbers_of_another_trial_are_found(claim: Any, reading: Any) -> None:
    """The rules can contradict: an upper limit that is 30% lower, or a third of the events, is mostly noticed."""
    moved = [judge(told(t, claim, reading, upper=f"{float(t['upper']) * 0.7:.2f}")) for t in TRIALS]
    fewer = [judge(told(t, claim, reading, events=[-(-n // 3) for n in t["events"]])) for t in TRIALS]
    assert sum(any(f.verdict == "contradicted" for f in found) for found in moved) >= 60
    assert sum(any(f.rule == "events_width" and f.verdict == "contradicted" for f in found) for found in fewer) >= 80
