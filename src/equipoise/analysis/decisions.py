"""What becomes of one hypothesis at one level: the row of its test, the level of its last look, and the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from equipoise.analysis.final_look import FinalLook, PlannedLooks, final_look
from equipoise.analysis.noninferiority import noninferiority_method
from equipoise.design.levels import Level
from equipoise.protocol.method_names import test_method
from equipoise.results import Key, Statistic

if TYPE_CHECKING:
    from equipoise.protocol.analysis import Hypothesis
    from equipoise.protocol.protocol import Protocol

__all__ = ["Outcome", "contrast", "decide", "not_tested", "tests_of"]

_SIDES = {1: "one_sided", 2: "two_sided"}


class Outcome(NamedTuple):
    """What became of a hypothesis.

    Attributes:
        rejected: Whether its null hypothesis was.
        text: rejected, not rejected, or not tested.
        why: Why, where that is not plain.
        p: The row of its test, when it was reached.
        level: The level that P was compared with; the whole level of one that was not reached.
        words: What is special about that level.
    """

    rejected: bool
    text: str
    why: str
    p: Statistic | None
    level: Level
    words: str = ""


def not_tested(level: Level, why: str) -> Outcome:
    """A hypothesis that was not reached.

    Args:
        level: The level that it would have had.
        why: Why it was not.
    """
    return Outcome(False, "not tested", why, None, level)


def decide(
    protocol: Protocol,
    hypothesis: Hypothesis,
    level: Level,
    tests: Mapping[Key, Statistic],
    planned: PlannedLooks | None,
) -> Outcome:
    """Compare a hypothesis that was reached with its level.

    Args:
        protocol: The declared trial.
        hypothesis: The hypothesis.
        level: The level for all of its looks.
        tests: Rows of tests, by key.
        planned: Its planned looks, None for one look.
    """
    key = _test_key(protocol, hypothesis)
    p = tests.get(replace(key, statistic="p_value", method=f"{key.method}.{_SIDES[level.sides]}"))
    z = tests.get(key)
    if p is None or z is None:
        message = f"{key.id}: the analysis gave no row of this test"
        raise AssertionError(message)
    look = FinalLook(level)
    if planned is not None:
        look = final_look(planned, level, p.events if planned.what == "events" else p.n)
    if look.why:
        return not_tested(level, look.why)

    def outcome(text: str, why: str = "") -> Outcome:
        return Outcome(text == "rejected", text, why, p, look.level, look.text)

    if p.value is None or z.value is None:
        return outcome("not rejected", f"the test can't be done: {p.why() or z.why()}")
    if p.value >= look.level.alpha:
        return outcome("not rejected")
    sign = _direction(protocol, hypothesis)
    if sign * z.value <= 0 or (level.sides == 2 and _opposed(key, sign * z.value, sign, tests)):
        return outcome("not rejected", "the effect does not favour the experimental arm")
    return outcome("rejected")


def _opposed(key: Key, z: float, sign: float, tests: Mapping[Key, Statistic]) -> bool:
    """Of several statistics (MaxCombo) the two-sided P is that of the one furthest from 0, on either side."""
    if key.group("margin"):
        return False
    parts = [sign * row.value for other, row in tests.items() if replace(other, groups=key.groups) == key and row.value]
    return -min([*parts, 0.0]) > z


def _test_key(protocol: Protocol, hypothesis: Hypothesis) -> Key:
    """The key of the z, or of the t, of the analysis' declared test, or of the test against the margin."""
    analysis = protocol.analysis[hypothesis.analysis]
    arm, versus = contrast(protocol, hypothesis)
    groups: tuple[tuple[str, str], ...] = ()
    if hypothesis.margin is not None:
        method = noninferiority_method(protocol, hypothesis)
        groups = (("margin", f"{hypothesis.margin:.10g}"),)
    elif analysis.kind == "time_to_event":
        method = test_method(analysis.test)
    elif analysis.kind == "continuous":
        method = analysis.method
    else:
        test = getattr(analysis, "test", None)
        method = f"{getattr(test, 'kind', '')}{'.stratified' if getattr(test, 'strata', ()) else ''}"
        groups = (("response", "objective"),)
    return Key(
        analysis=hypothesis.analysis,
        statistic="t" if analysis.kind == "continuous" else "z",
        endpoint=analysis.endpoint,
        population=analysis.population,
        arm=arm,
        versus=versus,
        groups=groups,
        method=method,
    )


def _direction(protocol: Protocol, hypothesis: Hypothesis) -> float:
    """1 where a positive statistic favours the experimental arm, -1 where a negative one does."""
    endpoint = protocol.endpoints[protocol.analysis[hypothesis.analysis].endpoint]
    return -1.0 if endpoint.kind == "continuous" and endpoint.better == "lower" else 1.0


def tests_of(rows: list[Statistic]) -> dict[Key, Statistic]:
    """Rows of tests by key, data cut aside.

    Args:
        rows: Statistics of earlier steps; the engine may have put a data cut on their keys.
    """
    return {replace(row.key, data_cut=""): row for row in rows if row.key.statistic in ("z", "t", "p_value")}


def contrast(protocol: Protocol, hypothesis: Hypothesis) -> tuple[str, str]:
    """The arms of a hypothesis: experimental, control.

    Args:
        protocol: The declared trial.
        hypothesis: The hypothesis.
    """
    return hypothesis.arm or protocol.experimental[0], protocol.control
