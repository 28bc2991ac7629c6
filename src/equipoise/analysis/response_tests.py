"""The Cochran-Mantel-Haenszel test of a response, over the declared strata, with the common effects that go with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.analysis.count_rows import Bools, Ints, arm_column, by_arm, limits_slug, row
from equipoise.analysis.rows import Scope, estimate, p_values

if TYPE_CHECKING:
    import polars as pl

    from equipoise.kernels.mantel_haenszel import MantelHaenszel
    from equipoise.protocol.analysis import ResponseAnalysis
    from equipoise.protocol.protocol import Protocol
    from equipoise.results import Statistic

__all__ = ["Tables", "response_tests", "strata_column", "tables_of"]

METHOD = "cochran_mantel_haenszel"


@dataclass(frozen=True, slots=True)
class Tables:
    """Counts by stratum and arm.

    Attributes:
        x: (strata, arms) responders.
        n: (strata, arms) subjects.
        words: The test in words.
        stratified: Whether the protocol declares strata.
    """

    x: Ints
    n: Ints
    words: str
    stratified: bool

    @property
    def method(self) -> str:
        """Slug of the test."""
        return f"{METHOD}.stratified" if self.stratified else METHOD


def tables_of(protocol: Protocol, spec: ResponseAnalysis, hit: Bools, frame: pl.DataFrame) -> Tables:
    """Responders and subjects by stratum and arm.

    A stratum without a level would be an error before any step runs, so every subject has one.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        hit: (n,) who responded.
        frame: One row a subject: arm and strata.
    """
    import polars as pl

    arm, arms = arm_column(frame), len(protocol.arms)
    words = "Cochran-Mantel-Haenszel test without continuity correction"
    factors = spec.test.strata
    if not factors or not frame.height:
        x, n = by_arm(arm, arms, where=hit), by_arm(arm, arms)
        return Tables(x[None, :], n[None, :], f"{words}.", bool(factors))
    columns = [strata_column(factor, spec.strata_as) for factor in factors]
    words += f", stratified by {', '.join(protocol.factors[factor].label for factor in factors)} ({spec.strata_as})"
    levels = [pl.col(name).cast(pl.String) for name in columns]
    joined = frame.select(pl.concat_str(levels, separator="\x1f").alias("stratum"))["stratum"]
    _, code = np.unique(joined.to_numpy().astype(str), return_inverse=True)
    strata = int(code.max()) + 1
    cell = code * arms + arm
    n = np.bincount(cell, minlength=strata * arms).reshape(strata, arms).astype(np.int64)
    x = np.bincount(cell[hit], minlength=strata * arms).reshape(strata, arms).astype(np.int64)
    return Tables(x, n, f"{words}.", stratified=True)


def strata_column(factor: str, strata_as: str) -> str:
    """Column of a stratum in the frames of the data room.

    Args:
        factor: Name of the factor.
        strata_as: `randomized` or `verified`.
    """
    return f"{factor}__verified" if strata_as == "verified" else factor


def response_tests(
    protocol: Protocol, spec: ResponseAnalysis, scope: Scope, outcome: str, tables: Tables
) -> Iterator[Statistic]:
    """Rows of the test for each contrast and, with more than two arms, for all arms at once.

    Args:
        protocol: The declared trial.
        spec: The analysis.
        scope: What its keys share.
        outcome: Name of the way of responding.
        tables: Its counts.
    """
    from equipoise.kernels.two_by_two import cochran_mantel_haenszel

    names = list(protocol.arms)
    groups = (("response", outcome),)
    for experimental, control in protocol.contrasts:
        pair = [names.index(experimental), names.index(control)]
        x, n = tables.x[:, pair], tables.n[:, pair]
        test = cochran_mantel_haenszel(x[:, 0], n[:, 0], x[:, 1], n[:, 1], conf_level=spec.conf_level)
        key: dict[str, Any] = {"arm": experimental, "versus": control, "groups": groups}
        yield from _contrast(scope, test, tables, key, n=int(n.sum()), events=int(x.sum()))
        if tables.stratified:
            yield from _common(spec, scope, test, tables, key, pair)
    if len(names) > 2:
        yield from _all_arms(scope, tables, groups)


def _contrast(
    scope: Scope, test: MantelHaenszel, tables: Tables, key: dict[str, Any], *, n: int, events: int
) -> Iterator[Statistic]:
    from equipoise.kernels.distributions import norm_sf

    common: dict[str, Any] = {"n": n, "events": events, "method_text": tables.words}
    for name, value, df in (("z", test.z, None), ("chi_square", test.chi_square, 1.0)):
        yield estimate(
            scope.key(name, method=tables.method, **key),
            value,
            reason=test.reason,
            df=None if test.reason else df,
            multiplicity="nominal",
            **common,
        )
    yield from p_values(
        scope,
        tables.method,
        two_sided=test.p_two_sided,
        one_sided=float(norm_sf(np.asarray(test.z))),
        reason=test.reason,
        key=key,
        **common,
    )


def _common(
    spec: ResponseAnalysis,
    scope: Scope,
    test: MantelHaenszel,
    tables: Tables,
    key: dict[str, Any],
    pair: list[int],
) -> Iterator[Statistic]:
    """Common effects over strata, under intervals of their own: they stand beside the unstratified ones."""
    from equipoise.kernels.stratified_difference import difference_miettinen_nurminen_stratified
    from equipoise.kernels.two_by_two import Interval

    x, n, level = tables.x[:, pair], tables.n[:, pair], spec.conf_level
    score = difference_miettinen_nurminen_stratified(x[:, 0], n[:, 0], x[:, 1], n[:, 1], conf_level=level)
    interval = Interval(score.estimate, score.lower, score.upper, score.reason)
    # Sato's limits are a normal approximation on the scale of the difference and may leave its range.
    sato = test.mh_risk_difference
    sato = sato._replace(lower=float(np.clip(sato.lower, -1.0, 1.0)), upper=float(np.clip(sato.upper, -1.0, 1.0)))
    rows = (
        ("odds_ratio", "mantel_haenszel", test.mh_odds_ratio, "Mantel-Haenszel, limits by Robins, Breslow, Greenland"),
        ("risk_difference", "mantel_haenszel", sato, "Mantel-Haenszel, limits by Sato, cut at -1 and 1"),
        ("risk_difference", "miettinen_nurminen_stratified", interval, "Miettinen-Nurminen over strata"),
    )
    for statistic, slug, found, how in rows:
        yield row(
            scope.key(statistic, interval=limits_slug(slug, level), **key),
            found,
            conf_level=level,
            n=int(n.sum()),
            events=int(x.sum()),
            method_text=f"Common effect over strata: {how}. {tables.words}",
        )


def _all_arms(scope: Scope, tables: Tables, groups: tuple[tuple[str, str], ...]) -> Iterator[Statistic]:
    from equipoise.kernels.two_by_two import cmh_general_association

    test = cmh_general_association(tables.x, tables.n)
    common: dict[str, Any] = {
        "n": int(tables.n.sum()),
        "events": int(tables.x.sum()),
        "df": None if test.reason else float(test.df),
        "method_text": f"Any difference among the arms (general association). {tables.words}",
    }
    key = scope.key("chi_square", method=tables.method, groups=groups)
    yield estimate(key, test.chi_square, reason=test.reason, multiplicity="nominal", **common)
    yield from p_values(
        scope, tables.method, two_sided=test.p_value, reason=test.reason, key={"groups": groups}, **common
    )
