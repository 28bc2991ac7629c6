"""Tests against a margin: Wald's of a hazard ratio, Farrington and Manning's of a difference in response rates.

A hypothesis of non-inferiority is that the experimental arm is not worse by the margin or more. z is greater than 0
where the estimate lies on the better side of the margin, and a one-sided P below the level goes with a confidence limit
of that side that excludes the margin: exactly for Wald's limits of the same model, nearly for the limits of Miettinen
and Nurminen, which have a factor N / (N - 1) that the test has not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from equipoise.analysis.rows import Scope, estimate, p_values
from equipoise.protocol.method_names import cox_interval, cox_method

if TYPE_CHECKING:
    from equipoise.analysis.steps import Context
    from equipoise.protocol.analysis import Hypothesis, ResponseAnalysis
    from equipoise.protocol.endpoints import ResponseEndpoint
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["margin_words", "noninferiority_method", "noninferiority_rows"]

_NAN = float("nan")


class _Test(NamedTuple):
    """One test against a margin: z (NaN with a reason), subjects, events, words."""

    z: float
    reason: str
    n: int | None
    events: int | None
    text: str


def noninferiority_method(protocol: Protocol, hypothesis: Hypothesis) -> str:
    """Slug of the test: `cox.efron.stratified.wald.noninferiority`, `farrington_manning.noninferiority`.

    Args:
        protocol: The declared trial.
        hypothesis: A hypothesis with a margin.
    """
    analysis = protocol.analysis[hypothesis.analysis]
    if analysis.kind == "time_to_event":
        return f"{cox_method(analysis.estimate)}.wald.noninferiority"
    stratified = analysis.kind == "response" and analysis.test.strata
    return f"farrington_manning{'.stratified' if stratified else ''}.noninferiority"


def margin_words(protocol: Protocol, hypothesis: Hypothesis) -> str:
    """The margin in words: "margin: hazard ratio 1.3", "margin: 0.1 of the response rate".

    Args:
        protocol: The declared trial.
        hypothesis: A hypothesis with a margin.
    """
    kind = protocol.analysis[hypothesis.analysis].kind
    value = f"{hypothesis.margin:.10g}"
    return f"margin: hazard ratio {value}" if kind == "time_to_event" else f"margin: {value} of the response rate"


def noninferiority_rows(context: Context, hypothesis: Hypothesis) -> Iterator[Statistic]:
    """Rows of z and P values of a hypothesis of non-inferiority, none of which carries a claim by itself.

    Args:
        context: Protocol, data and earlier rows, among them those of the declared model.
        hypothesis: A hypothesis with a margin.
    """
    from equipoise.kernels.distributions import norm_sf, two_sided_p

    protocol = context.protocol
    analysis = protocol.analysis[hypothesis.analysis]
    scope = Scope(hypothesis.analysis, analysis.endpoint, analysis.population)
    arm, versus = hypothesis.arm or protocol.experimental[0], protocol.control
    test = _wald(context, hypothesis, arm, versus) if analysis.kind == "time_to_event" else _score(
        context, hypothesis, arm, versus
    )  # fmt: skip
    key: dict[str, Any] = {"arm": arm, "versus": versus, "groups": (("margin", f"{hypothesis.margin:.10g}"),)}
    common: dict[str, Any] = {"n": test.n, "events": test.events, "method_text": test.text, "reason": test.reason}
    method = noninferiority_method(protocol, hypothesis)
    yield estimate(scope.key("z", method=method, **key), test.z, multiplicity="nominal", **common)
    yield from p_values(
        scope, method, two_sided=float(two_sided_p(test.z)), one_sided=float(norm_sf(test.z)), key=key, **common
    )


def _wald(context: Context, hypothesis: Hypothesis, arm: str, versus: str) -> _Test:
    """Of the declared model, z = (log margin - log hazard ratio) / se."""
    analysis: Any = context.protocol.analysis[hypothesis.analysis]
    wanted = {"method": cox_method(analysis.estimate), "interval": cox_interval(analysis.estimate)}
    wanted |= {"analysis": hypothesis.analysis, "statistic": "hazard_ratio", "arm": arm, "versus": versus}
    row = next(
        row
        for row in context.rows
        if not row.key.groups and all(getattr(row.key, name) == value for name, value in wanted.items())
    )
    words = f"Wald test of non-inferiority, {margin_words(context.protocol, hypothesis)}; {row.method_text}"
    if row.value is None or not row.se:
        return _Test(_NAN, row.why() or "no standard error", row.n, row.events, words)
    z = (math.log(float(hypothesis.margin or 1.0)) - math.log(row.value)) / row.se
    return _Test(z, "", row.n, row.events, words)


def _score(context: Context, hypothesis: Hypothesis, arm: str, versus: str) -> _Test:
    """The difference against minus the margin, variance at the rates restricted to it; over strata where declared.

    Farrington and Manning (1990, Stat Med 9:1447); strata with weights n1 n0 / (n1 + n0).
    """
    from equipoise.analysis.response import outcomes
    from equipoise.analysis.response_frame import response_frame
    from equipoise.analysis.response_tests import tables_of
    from equipoise.kernels.miettinen_nurminen import score_variance

    protocol = context.protocol
    spec = cast("ResponseAnalysis", protocol.analysis[hypothesis.analysis])
    endpoint = cast("ResponseEndpoint", protocol.endpoints[spec.endpoint])
    frame = response_frame(context, spec, endpoint)
    objective = outcomes(protocol, endpoint, frame, None)[0]
    tables = tables_of(protocol, spec, objective.hit, frame)
    names = list(protocol.arms)
    pair = [names.index(arm), names.index(versus)]
    x, n = tables.x[:, pair].astype(float), tables.n[:, pair].astype(float)
    words = f"Test of non-inferiority by Farrington and Manning, {margin_words(protocol, hypothesis)}"
    words += ", over strata with Cochran-Mantel-Haenszel weights" if tables.stratified else ""
    words += f"; {objective.definition}."
    there = (n > 0).all(axis=1)
    total, events = int(n.sum()), int(x.sum())
    if not there.any():
        return _Test(_NAN, "an arm has no subjects", total, events, words)
    (a, b), (m, k) = x[there].T, n[there].T
    margin = np.full(a.shape, -float(hypothesis.margin or 0.0))
    weight = m * k / (m + k)
    variance = float((weight**2 * score_variance(a, m, b, k, margin, variance_factor="none")).sum())
    if variance <= 0.0:
        return _Test(_NAN, "no variation: every subject has the same outcome", total, events, words)
    return _Test(float((weight * (a / m - b / k - margin)).sum()) / math.sqrt(variance), "", total, events, words)
