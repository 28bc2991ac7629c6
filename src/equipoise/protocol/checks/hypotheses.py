"""Hypotheses: their levels, their order, and the arm that each is about."""

from __future__ import annotations

from equipoise.protocol.analysis import Hypothesis, ResponseAnalysis, SafetyAnalysis, TimeToEventAnalysis
from equipoise.protocol.checks.draft import Draft
from equipoise.protocol.checks.endpoints import circles
from equipoise.protocol.checks.subjects import each_once
from equipoise.protocol.continuous import ContinuousAnalysis
from equipoise.protocol.suggest import known, nearest
from equipoise.source import YamlPath

__all__ = ["check_hypotheses"]


def check_hypotheses(draft: Draft) -> None:
    """Each hypothesis can be tested, at a level that is known, after hypotheses that exist.

    Args:
        draft: The protocol under examination.
    """
    tested: dict[tuple[str, str | None, float | None], str] = {}
    for name, hypothesis in draft.hypotheses.items():
        path: YamlPath = ("hypotheses", name)
        analysis = draft.analysis.get(hypothesis.analysis)
        if draft.refer("analysis", hypothesis.analysis, (*path, "analysis")) and isinstance(analysis, SafetyAnalysis):
            draft.report("kind", f"`{hypothesis.analysis}` is an analysis of adverse events, which has no test",
                         (*path, "analysis"), "name an analysis of a time or a response")  # fmt: skip
        _arm(draft, name, hypothesis)
        _alpha(draft, name, hypothesis)
        _after(draft, name, hypothesis)
        _margin(draft, name, hypothesis)
        other = tested.setdefault((hypothesis.analysis, hypothesis.arm, hypothesis.margin), name)
        if other != name:
            draft.report("duplicate", f"`{other}` and `{name}` test the same thing", path,
                         "remove one: a comparison is tested once", value=name)  # fmt: skip
    edges = {name: tuple(other for other in hypothesis.after if other != name)
             for name, hypothesis in draft.hypotheses.items()}  # fmt: skip
    for circle in circles(edges):
        draft.report("cycle", f"`after` goes in a circle: {' → '.join((*circle, circle[0]))}",
                     ("hypotheses", circle[0], "after"), "some hypothesis comes first: remove its `after`")  # fmt: skip


def _arm(draft: Draft, name: str, hypothesis: Hypothesis) -> None:
    experimental = [arm for arm, content in draft.arms.items() if content.role == "experimental"]
    path: YamlPath = ("hypotheses", name, "arm")
    if hypothesis.arm is None:
        if len(experimental) > 1:
            draft.report("missing_key", f"`arm` is missing in `hypotheses.{name}`", path,
                         known("name the experimental arm that it is about", experimental))  # fmt: skip
        return
    if draft.refer("arms", hypothesis.arm, path, among=experimental, what="experimental arm"):
        arm = draft.arms.get(hypothesis.arm)
        if arm is not None and arm.role == "control":
            draft.report("control", f"`{hypothesis.arm}` is the control, which is not compared with itself", path,
                         known("name an experimental arm", experimental))  # fmt: skip


def _alpha(draft: Draft, name: str, hypothesis: Hypothesis) -> None:
    path: YamlPath = ("hypotheses", name)
    if hypothesis.alpha_one_sided is not None and hypothesis.alpha_two_sided is not None:
        draft.report("alpha", f"`hypotheses.{name}` has both a one-sided and a two-sided alpha",
                     (*path, "alpha_two_sided"), "keep exactly one; two-sided 0.05 is one-sided 0.025")  # fmt: skip
    elif (
        hypothesis.alpha_one_sided is None
        and hypothesis.alpha_two_sided is None
        and not hypothesis.after
        and draft.multiplicity is None
        and "multiplicity" in draft.whole
    ):
        draft.report("alpha", f"`hypotheses.{name}` has no level, and follows no hypothesis that would pass one on",
                     path, "add `alpha_one_sided: 0.025` or `alpha_two_sided: 0.05`, or `after: [...]`",
                     value=name)  # fmt: skip


def _after(draft: Draft, name: str, hypothesis: Hypothesis) -> None:
    path: YamlPath = ("hypotheses", name, "after")
    each_once(draft, hypothesis.after, path)
    for position, other in enumerate(hypothesis.after):
        if other == name:
            names = [each for each in draft.names["hypotheses"] if each != name]
            draft.report("cycle", "a hypothesis can't come after itself", (*path, position),
                         nearest(other, names) or known("declared under hypotheses", names))  # fmt: skip
        else:
            draft.refer("hypotheses", other, (*path, position))


def _margin(draft: Draft, name: str, hypothesis: Hypothesis) -> None:
    margin, path = hypothesis.margin, ("hypotheses", name, "margin")
    analysis = draft.analysis.get(hypothesis.analysis)
    if margin is None or analysis is None:
        return
    if isinstance(analysis, TimeToEventAnalysis) and margin <= 1.0:
        draft.report("margin", "a margin of non-inferiority is a hazard ratio above 1", path,
                     "write the largest hazard ratio that is still not inferior, 1.3")  # fmt: skip
    elif isinstance(analysis, ResponseAnalysis) and margin >= 1.0:
        draft.report("margin", "a margin of a response rate is a difference below 1", path,
                     "write the loss in the rate that is still not inferior, 0.1")  # fmt: skip
    elif isinstance(analysis, ContinuousAnalysis):
        draft.report("margin", "non-inferiority of a measurement is not available", path,
                     "remove the margin, or test a time or a response")  # fmt: skip
