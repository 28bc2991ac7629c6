"""Whatever is read, judging ends, names only known claims, and is the same twice."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.evidence.document import Document
from equipoise.evidence.model import Arm, Claim, Interval, Number, PValue, Reading
from equipoise.evidence.rules import RULES, judge

MEASURES = [
    "sample_size", "arm_size", "randomization_ratio", "events", "proportion", "rate", "adverse_event_rate", "median",
    "mean", "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_reduction", "risk_difference",
    "median_difference", "mean_difference", "number_needed", "p_value", "follow_up", "age", "date", "duration",
    "design_value", "threshold", "fold", "number",
]  # fmt: skip
FINITE = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1.0, 100.0, 0.05, 1e-300, 1e300, 5e-324, 42.0]),
)
NUMBERS = st.builds(
    lambda value, decimals, bound, about: Number(repr(value), value, decimals, bound=bound, approximate=about),
    FINITE, st.integers(0, 12), st.sampled_from(["", "<", "<=", ">", ">="]), st.booleans(),
)  # fmt: skip
MAYBE = st.none() | NUMBERS
INTERVALS = st.none() | st.builds(
    Interval, MAYBE, MAYBE, st.sampled_from([0.5, 0.8, 0.95, 0.999]), st.booleans(),
    st.sampled_from(["confidence", "credible", "iqr", "range", "sd"]),
)  # fmt: skip
CLAIMS = st.builds(
    Claim, start=st.integers(0, 50), end=st.integers(50, 90), quote=st.sampled_from(["2:1", "x", "99:0"]),
    kind=st.just("other"), measure=st.sampled_from(MEASURES), value=MAYBE, interval=INTERVALS,
    unit=st.sampled_from(["", "%", "months", "weeks", "years", "parsecs"]),
    p=st.none() | st.builds(PValue, NUMBERS, st.sampled_from([None, 1, 2])),
    count=MAYBE, denominator=MAYBE, arm=st.sampled_from(["", "a", "b", "c"]), versus=st.sampled_from(["", "b"]),
    endpoint=st.sampled_from(["", "overall_survival", "death", "female", "male"]), time=MAYBE,
    date=st.sampled_from(["", "2020", "2020-02-30", "0000", "2020-02"]),
    of=st.sampled_from(["", "enrollment_start", "enrollment_end", "data_cut", "randomized"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(CLAIMS, max_size=9))
def test_judging_never_fails(claims):
    from dataclasses import replace

    numbered = tuple(replace(c, id=f"c{i}") for i, c in enumerate(claims, 1))
    reading = Reading(
        Document("x", "Some text. " * 10), numbered, (Arm("a", "A", "experimental"), Arm("b", "B", "control"))
    )
    for rule in RULES:  # not hidden by the net under them
        findings = list(rule.check(reading))
        for one in findings:
            assert one.rule == rule.NAME
            assert set(one.claims) <= {c.id for c in numbered}
            assert one.sentence
            assert one.arithmetic
    assert judge(reading) == judge(reading)


def test_rules_say_what_they_are():
    assert len({rule.NAME for rule in RULES}) == len(RULES) == 15
    for rule in RULES:
        assert rule.SENTENCE.endswith(".")
        assert rule.SENTENCE.count(". ") == 0
        assert any(char.isdigit() for char in rule.REFERENCE)
        assert rule.check.__doc__


def many(n):
    def number(text):
        return Number(text, float(text), len(text.partition(".")[2]))

    out = []
    for i in range(n):
        labels = {"id": f"c{i + 1}", "start": 40 * i, "end": 40 * i + 20, "quote": "q", "arm": "ab"[i % 2]}
        if i % 3 == 0:
            ends = Interval(number("0.59"), number("0.96"))
            one = Claim(kind="hazard_ratio", measure="hazard_ratio", value=number("0.75"), interval=ends,
                        p=PValue(number("0.02")), endpoint=f"e{i % 7}", **labels)  # fmt: skip
        elif i % 3 == 1:
            one = Claim(kind="proportion", measure="proportion", value=number("32.9"), unit="%", count=number("76"),
                        denominator=number("231"), endpoint=f"e{i % 7}", **labels)  # fmt: skip
        else:
            one = Claim(
                kind="other", measure="risk_difference", value=number("8.2"), unit="%", endpoint=f"e{i % 7}", **labels
            )
        out.append(one)
    return Reading(Document("long", "x" * 40 * n), tuple(out), (Arm("a", "a"), Arm("b", "b")))


def test_time_grows_no_faster_than_the_text():
    def cost(n):
        reading = many(n)
        best = math.inf
        for _ in range(3):
            start = time.process_time()
            judge(reading)
            best = min(best, time.process_time() - start)
        return best

    small, large = cost(700), cost(2800)
    assert large < 12.0 * small + 0.05  # 4 times is linear, 16 quadratic


@pytest.mark.parametrize("n", [0, 1, 20])
def test_an_abstract_takes_milliseconds(n):
    reading = many(n)
    judge(reading)
    start = time.process_time()
    for _ in range(20):
        judge(reading)
    assert (time.process_time() - start) / 20 < 0.02  # 1 ms on a quiet machine


def test_a_rule_that_fails_is_told_and_the_others_are_applied(monkeypatch):
    def broken(_):
        raise ZeroDivisionError("of nothing")

    reading = many(3)
    before = judge(reading)
    monkeypatch.setattr(RULES[0], "check", broken)
    told, *others = judge(reading)
    assert (told.rule, told.verdict, told.claims) == (RULES[0].NAME, "unverifiable", ())
    assert told.arithmetic == "ZeroDivisionError: of nothing"
    assert tuple(others) == tuple(one for one in before if one.rule != RULES[0].NAME)
