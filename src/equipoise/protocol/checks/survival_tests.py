"""Tests of times to an event: parameters that the models can't see to be too few, too many or of no use."""

from __future__ import annotations

from equipoise.protocol.analysis import (
    MaxComboTest,
    ModestlyWeightedTest,
    TimeToEventAnalysis,
    TrendTest,
)
from equipoise.protocol.checks.draft import Draft
from equipoise.source import YamlPath

__all__ = ["check_survival_tests"]

_FEWEST = 3


def check_survival_tests(draft: Draft) -> None:
    """Each weighted test has weights that can be computed, each test for trend has something to follow.

    Args:
        draft: The protocol under examination.
    """
    for name, analysis in draft.analysis.items():
        if not isinstance(analysis, TimeToEventAnalysis):
            continue
        path: YamlPath = ("analysis", name)
        _test(draft, analysis.test, (*path, "test"))
        for position, extra in enumerate(analysis.also):
            _test(draft, extra, (*path, "also", position))


def _test(draft: Draft, test: object, path: YamlPath) -> None:
    if isinstance(test, ModestlyWeightedTest):
        _modest(draft, test, path)
    elif isinstance(test, MaxComboTest):
        _combination(draft, test, path)
    elif isinstance(test, TrendTest):
        _trend(draft, test, path)


def _modest(draft: Draft, test: ModestlyWeightedTest, path: YamlPath) -> None:
    given = [key for key in ("t_star", "s_star") if getattr(test, key) is not None]
    if len(given) == 2:
        draft.report("t_star", "a modestly weighted test has one of `t_star` and `s_star`, not both",
                     (*path, "s_star"), "remove one: either a time or a survival at which the weights stop growing",
                     on_key=True)  # fmt: skip
    elif not given:
        draft.report("t_star", "a modestly weighted test needs `t_star` or `s_star`", path,
                     "add `t_star: 12` (in time.unit) or `s_star: 0.5`: where the weights stop growing",
                     value="neither")  # fmt: skip


def _combination(draft: Draft, test: MaxComboTest, path: YamlPath) -> None:
    seen: set[tuple[float, float]] = set()
    for position, pair in enumerate(test.weights):
        if pair in seen:
            draft.report("duplicate", f"the weight [{pair[0]:g}, {pair[1]:g}] is listed twice",
                         (*path, "weights", position), "keep one: it would change nothing",
                         value=f"[{pair[0]:g}, {pair[1]:g}]")  # fmt: skip
        seen.add(pair)


def _trend(draft: Draft, test: TrendTest, path: YamlPath) -> None:
    arms = draft.names["arms"]
    if len(arms) < _FEWEST:
        draft.report("trend", f"a test for trend needs three or more arms, and there are {len(arms)}", path,
                     "remove it: with two arms it is the log-rank test", value=", ".join(arms))  # fmt: skip
        return
    if test.scores is None:
        return
    known = [draft.refer("arms", arm, (*path, "scores", arm)) for arm in test.scores]
    missing = [arm for arm in arms if arm not in test.scores]
    if missing and all(known):
        draft.report("trend", f"no score is declared for {', '.join(f'`{arm}`' for arm in missing)}",
                     (*path, "scores"), "give every arm a score, or leave `scores` out for 0, 1, 2 in declared order",
                     value=", ".join(test.scores))  # fmt: skip
    elif not missing and len(set(test.scores.values())) < 2:
        draft.report("trend", "all arms have one score: there is no trend to follow", (*path, "scores"),
                     "give the arms different scores, as doses have",
                     value=f"{next(iter(test.scores.values())):g}")  # fmt: skip
